//! Which extras and dependency groups of a repository's requirements an export has.

use std::collections::BTreeSet;

use model::{ExtraName, Lock, Place, Requirement, nearest};
use targets::requirements::RequirementGroup;

use crate::error::GoalError;
use crate::locking::{IndexChoice, PackageIndexes, ResolveDeclaration};
use crate::session::Session;

/// Which extras and dependency groups are meant; the default is all that the lock has, of groups those that
/// the settings name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupSelection {
    /// Of the extras only these, where any are named.
    pub extras: Vec<ExtraName>,
    /// Extras that are left out.
    pub no_extras: Vec<ExtraName>,
    /// Of the groups only these, where any are named.
    pub groups: Vec<ExtraName>,
    /// Groups that are left out.
    pub no_groups: Vec<ExtraName>,
    /// Nothing but these groups, where any are named.
    pub only_groups: Vec<ExtraName>,
    /// Whether the group `dev` is left out, where there is one.
    pub no_dev: bool,
    /// Whether all groups are meant where none are named, and not only those of the settings.
    pub all_groups: bool,
}

/// What tools call the group of developers.
const DEVELOPMENT: &str = "dev";

impl GroupSelection {
    /// Whether everything is meant.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Whether all that the lock of `resolve` has is meant.
    pub(super) fn means_all(&self, session: &Session, resolve: &str) -> bool {
        self.is_all() && self.default_groups(session, resolve).is_none()
    }

    /// The groups of the settings, where they count.
    fn default_groups<'s>(&self, session: &'s Session, resolve: &str) -> Option<&'s [ExtraName]> {
        let groups = session.settings.export.default_groups.get(resolve);
        groups.filter(|_| !self.all_groups).map(Vec::as_slice)
    }

    /// The part of the lock of `resolve` that the selection means.
    ///
    /// # Errors
    /// It names a group that there is not, or the requirements cannot be read.
    pub fn of(
        &self,
        session: &Session,
        choice: &IndexChoice,
        lock: Lock,
    ) -> Result<Lock, GoalError> {
        let resolve = &lock.resolve;
        if self.means_all(session, resolve) {
            return Ok(lock);
        }
        let defaults = self.default_groups(session, resolve);
        let repository = workspace::load(session.root(), session.target_options())?;
        let indexes = PackageIndexes::new(session, choice.clone())?;
        let name_of = |source: &_| indexes.name_of(source, resolve);
        let declared = ResolveDeclaration::collect(session, &repository, resolve, name_of)?;
        self.check(&declared)?;
        let chosen = self.chosen(&declared, defaults);
        let chosen: Vec<Requirement> = declared
            .grouped
            .into_iter()
            .filter(|(_, groups)| match groups.is_empty() {
                true => self.only_groups.is_empty(),
                false => groups.iter().any(|group| chosen.contains(group)),
            })
            .map(|(requirement, _)| requirement)
            .collect();
        Ok(lockfile::export::for_requirements(&lock, &chosen))
    }

    /// Sees that there is what is named.
    fn check(&self, declared: &ResolveDeclaration) -> Result<(), GoalError> {
        let known = declared.groups.iter().map(|(group, _)| group);
        let known: BTreeSet<&RequirementGroup> = known.collect();
        let extras = self.extras.iter().chain(&self.no_extras);
        let groups = self.groups.iter().chain(&self.no_groups);
        let groups = groups.chain(&self.only_groups);
        let mut named = extras
            .cloned()
            .map(RequirementGroup::Extra)
            .chain(groups.cloned().map(RequirementGroup::Group));
        if let Some(group) = named.find(|group| !known.contains(group)) {
            let (what, name) = title(&group);
            let others = known.iter().map(|other| title(other));
            let others: Vec<&str> = others
                .filter(|(other, _)| *other == what)
                .map(|(_, name)| name)
                .collect();
            let place = declared
                .declarations
                .first()
                .map(|(_, place)| place.clone());
            let error = GoalError::misuse(format!(
                "the requirements of `{}` have no {what} `{name}`",
                declared.resolve
            ))
            .at(place.unwrap_or_else(|| Place::file("BUILD")));
            return Err(match (nearest(name, others.iter().copied()), &others[..]) {
                (Some(near), _) => error.hint(format!("did you mean `{near}`?")),
                (None, []) => error.hint(
                    "groups are those of `[dependency-groups]` (PEP 735) and of Poetry, extras those of `[project.optional-dependencies]`",
                ),
                (None, others) => error.hint(format!("there is `{}`", others.join("`, `"))),
            });
        }
        Ok(())
    }

    /// The groups that are meant, with those that they include.
    fn chosen(
        &self,
        declared: &ResolveDeclaration,
        defaults: Option<&[ExtraName]>,
    ) -> BTreeSet<RequirementGroup> {
        let means = |group: &RequirementGroup| match group {
            RequirementGroup::Extra(name) => {
                self.only_groups.is_empty()
                    && !self.no_extras.contains(name)
                    && (self.extras.is_empty() || self.extras.contains(name))
            }
            RequirementGroup::Group(name) if !self.only_groups.is_empty() => {
                self.only_groups.contains(name)
            }
            RequirementGroup::Group(name) => {
                let is_left_out = self.no_dev && name.as_str() == DEVELOPMENT;
                !is_left_out
                    && !self.no_groups.contains(name)
                    && match (&self.groups[..], defaults) {
                        ([], None) => true,
                        ([], Some(defaults)) => defaults.contains(name),
                        (named, _) => named.contains(name),
                    }
            }
        };
        let all = declared.groups.iter().map(|(group, _)| group);
        let mut pending: Vec<RequirementGroup> = all.filter(|one| means(one)).cloned().collect();
        let mut chosen = BTreeSet::new();
        while let Some(group) = pending.pop() {
            let included = declared.groups.iter().filter(|(of, _)| *of == group);
            let included = included.flat_map(|(_, included)| included.iter().cloned());
            if !chosen.contains(&group) {
                pending.extend(included);
                chosen.insert(group);
            }
        }
        chosen
    }
}

fn title(group: &RequirementGroup) -> (&'static str, &str) {
    match group {
        RequirementGroup::Extra(name) => ("extra", name.as_str()),
        RequirementGroup::Group(name) => ("dependency group", name.as_str()),
    }
}
