//! Writes a conflict for the user: the requirement lines, the chain that clashes, and hints.

use model::{IndexRole, PackageName, Requirement, Version, VersionSpecifiers};
use resolve::{Explanation, Hint, Premise, Reason};
use targets::requirements::{IndexOption, IndexOptionKind};

use super::inputs::ResolveDeclaration;
use super::provider::IndexProvider;
use crate::codes::ErrorCode;
use crate::error::GoalError;

/// The error for a conflict in a resolve.
pub(super) fn command_error(
    explanation: &Explanation,
    declared: &ResolveDeclaration,
    provider: &IndexProvider<'_>,
) -> GoalError {
    let resolve = &declared.resolve;
    let mut message = match &declared.asked {
        Some(asked) => format!("`{asked}` cannot be had in `{resolve}`"),
        None => format!("cannot lock `{resolve}`: no versions satisfy all requirements"),
    };
    let clash = explanation.clash.to_string();
    if !clash.is_empty() {
        message.push_str(&format!(" {clash}"));
    }
    let mut error = GoalError::failure(message).code(ErrorCode::Conflict);
    if let Some(place) = explanation
        .premises
        .iter()
        .find_map(|premise| match premise {
            Premise::Required(requirement) => declared.place(requirement),
            _ => None,
        })
    {
        error = error.at(place.clone());
    }
    for premise in &explanation.premises {
        let hidden = hidden(premise, provider).unwrap_or_default();
        error = error.because(text(premise, declared) + &hidden);
    }
    let elsewhere = explanation.premises.iter();
    for hint in elsewhere.filter_map(|premise| elsewhere_hint(premise, provider)) {
        error = error.hint(hint);
    }
    if let Some(hint) = explanation.premises.iter().find_map(hint_of_pants) {
        error = error.hint(hint);
    }
    // A requirement that the user only asks about is not to be loosened.
    let asks_less = |hint: &&Hint| match hint {
        Hint::Loosen { requirement, .. } => Some(requirement) == declared.asked.as_ref(),
        _ => false,
    };
    for hint in explanation.hints.iter().filter(|hint| !asks_less(hint)) {
        error = error.hint(hint_text(hint, declared));
    }
    error
}

/// A premise in the words of `resolve`, with the places of requirements, which `resolve` does not
/// know.
fn text(premise: &Premise, declared: &ResolveDeclaration) -> String {
    match premise {
        Premise::Required(requirement) => match declared.place(requirement) {
            Some(place) => format!("{}:{} requires {requirement}", place.path, place.line),
            None if declared.asked.as_ref() == Some(requirement) => {
                format!("you ask for {requirement}")
            }
            None => premise.to_string(),
        },
        Premise::Unusable {
            why: Reason::Constraint(at),
            ..
        } => {
            let constraint = declared.inputs.constraints.get(*at);
            match constraint.map(|constraint| (constraint, declared.place(constraint))) {
                Some((constraint, Some(place))) => {
                    format!("{premise}: {}:{} says {constraint}", place.path, place.line)
                }
                Some((constraint, None)) => format!("{premise}: {constraint}"),
                None => premise.to_string(),
            }
        }
        // The requirements are premises themselves, and the constraints that name a place are not.
        Premise::Unusable {
            name,
            why: Reason::Direct(_),
            ..
        } => said(premise, declared, |constraint| constraint.name == *name),
        Premise::TwoPlaces(one, other) => said(premise, declared, |constraint| {
            let source = constraint.source.to_string();
            source.ends_with(one.as_str()) || source.ends_with(other.as_str())
        }),
        premise => premise.to_string(),
    }
}

/// A premise with the constraints that name a place and are meant, and where they stand.
fn said(
    premise: &Premise,
    declared: &ResolveDeclaration,
    is_meant: impl Fn(&Requirement) -> bool,
) -> String {
    let constraints = declared.inputs.constraints.iter();
    let named = constraints.filter(|one| one.specifiers().is_none() && is_meant(one));
    let said: Vec<String> = named
        .filter_map(|one| {
            let place = declared.place(one)?;
            Some(format!("{}:{} says {one}", place.path, place.line))
        })
        .collect();
    match said.is_empty() {
        true => premise.to_string(),
        false => format!("{premise}: {}", said.join(", ")),
    }
}

/// The project of which a premise says that some versions do not exist, and which these are.
fn missing(premise: &Premise) -> Option<(&PackageName, impl Fn(&Version) -> bool)> {
    let Premise::NoVersions { name, versions, .. } = premise else {
        return None;
    };
    let ranges = versions.split(" or ").map(str::parse);
    let ranges: Vec<VersionSpecifiers> = ranges.collect::<Result<_, _>>().ok()?;
    let is_missing = move |version: &Version| ranges.iter().any(|range| range.contains(version));
    Some((name, is_missing))
}

/// How to have versions that only a later index has.
fn elsewhere_hint(premise: &Premise, provider: &IndexProvider<'_>) -> Option<String> {
    let (name, is_missing) = missing(premise)?;
    let (role, version) = provider.elsewhere(name, is_missing)?;
    let index = match role {
        IndexRole::Primary => "the first index".to_owned(),
        IndexRole::Further(nth) => format!("index {nth}"),
        IndexRole::FindLinks => "a `find_links` folder".to_owned(),
    };
    Some(format!(
        "{index} has {name} {version}, but a package comes from the first index that has it: \
         `first_index_exceptions = [\"{name}\"]` in `[index]` makes this one come from all of them"
    ))
}

/// Where Pants' own packages are, which plug-ins require.
fn hint_of_pants(premise: &Premise) -> Option<String> {
    let (name, _) = missing(premise)?;
    let is_pants = ["pantsbuild-pants", "pantsbuild-pants-testutil"].contains(&name.as_str());
    is_pants.then(|| {
        "since 2.18 Pants has its packages in a place of its own, which its documentation of plug-ins names: \
         add that to `[python-repos] find_links`"
            .to_owned()
    })
}

/// The versions that a premise misses because of a cut-off.
fn hidden(premise: &Premise, provider: &IndexProvider<'_>) -> Option<String> {
    let (name, is_missing) = missing(premise)?;
    let (cutoff, hidden) = provider.hidden(name)?;
    let mut wanted = hidden.iter().filter(|version| is_missing(version));
    let highest = wanted.next()?;
    let more = match wanted.count() {
        0 => format!("{highest} is"),
        more => format!("{highest} and {more} more are"),
    };
    Some(format!(
        "; {more} hidden by `exclude_newer`, which shows no file uploaded after {cutoff}"
    ))
}

fn hint_text(hint: &Hint, declared: &ResolveDeclaration) -> String {
    let resolve = &declared.resolve;
    let at = |place: Option<&model::Place>| {
        place.map_or_else(String::new, |p| format!(" at {}:{}", p.path, p.line))
    };
    match hint {
        Hint::Loosen { requirement, .. } => {
            format!("{hint}{}", at(declared.place(requirement)))
        }
        Hint::LoosenConstraint { constraint, .. } => {
            let constraint = declared.inputs.constraints.get(*constraint);
            let place = constraint.and_then(|constraint| declared.place(constraint));
            format!("{hint}{}", at(place))
        }
        Hint::Misspelt(name) => misspelt_text(hint, name, declared),
        Hint::Prerelease(_) => {
            format!("{hint}: `resolves_to_prereleases = {{ {resolve} = \"allow\" }}` in `[python]`")
        }
        Hint::Platform(..) => format!("{hint}: `resolves_to_platforms` in `[python]`"),
        Hint::Python(name, _) | Hint::PythonEnd(name, _) => {
            format!("{hint}: {}", where_pythons_stand(name, declared))
        }
        Hint::Yanked(..) | Hint::Sdist(_) | Hint::Wheel(_) => hint.to_string(),
    }
}

/// What may be wrong with the name of a project that no index has, or with the indexes.
fn misspelt_text(hint: &Hint, name: &PackageName, declared: &ResolveDeclaration) -> String {
    let mut options = declared.indexes.iter();
    let no_index = options.find(|option| option.kind == IndexOptionKind::NoIndex);
    match (no_index, declared.place_of(name)) {
        (Some(IndexOption { place, .. }), _) => format!(
            "`--no-index` at {}:{} leaves every index out: remove it, or name a folder that has {name} by `--find-links`",
            place.path, place.line
        ),
        (None, Some(place)) => format!("{hint} See {}:{}", place.path, place.line),
        (None, None) => match meant(name, declared) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("check that `{name}` is on one of the indexes of `[python-repos]`"),
        },
    }
}

/// Where the Pythons of a resolve are said: in the settings, or in a project from which these follow. No line of such a
/// declaration was written by anybody.
fn where_pythons_stand(name: &PackageName, declared: &ResolveDeclaration) -> String {
    let mut declarations = declared.declarations.iter();
    let inferred = declarations.find(|(_, place)| place.line == 0);
    let Some((_, place)) = inferred else {
        return "`interpreter_constraints` in `[python]`".to_owned();
    };
    let path = &declared.place_of(name).unwrap_or(place).path;
    match path.ends_with("pyproject.toml") {
        true => format!("`requires-python` in {path}, or Poetry's `python`"),
        false => "`interpreter_constraints` in `[python]`".to_owned(),
    }
}

/// The required project whose name is similar to the one that was asked for.
fn meant<'a>(name: &PackageName, declared: &'a ResolveDeclaration) -> Option<&'a str> {
    declared
        .asked
        .as_ref()
        .filter(|asked| asked.name == *name)?;
    let required = declared.inputs.requirements.iter();
    let others = required.map(|requirement| requirement.name.as_str());
    model::nearest(
        name.as_str(),
        others.filter(|other| *other != name.as_str()),
    )
}
