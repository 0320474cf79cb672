//! Environment markers (PEP 508) as sets of environments, with the algebra a resolver needs.
//!
//! The sets and their canonical form come from `pep508_rs`. It does not know how the variables of
//! one platform depend on each other: that `sys_platform == 'win32'` implies `os_name == 'nt'`.
//! [`Marker::known_platforms`] adds this knowledge, and [`Marker::simplify_within`] uses it. Nor
//! does it order `platform_release` by versions, which [`marker_text`] adds, or know that `'linux' in
//! sys_platform` depends on `sys_platform`, which [`marker_part`] adds.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::str::FromStr;
use std::sync::LazyLock;

use pep508_rs::{
    ExtraOperator, MarkerEnvironment, MarkerExpression, MarkerOperator, MarkerTree, MarkerTreeKind,
    MarkerValueExtra, MarkerValueString, MarkerValueVersion, VerbatimUrl,
};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use pep440_rs::VersionSpecifier;

use crate::marker_part;
use crate::marker_text;
use crate::name::ExtraName;
use crate::version::VersionRange;

/// A set of environments.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Marker(
    // Interned by `pep508_rs`: equal nodes are the same set, but one set may have several nodes.
    MarkerTree,
);

/// A text that is no marker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{marker}` is not an environment marker (PEP 508): {reason}")]
pub struct MarkerError {
    /// The text as it was given.
    pub marker: String,
    /// What the parser says.
    pub reason: String,
}

impl Marker {
    /// Every environment.
    pub const TRUE: Self = Self(MarkerTree::TRUE);
    /// No environment.
    pub const FALSE: Self = Self(MarkerTree::FALSE);

    /// Wraps a tree of `pep508_rs`. What it writes for no environment is read as that, so that a lock
    /// says what it said.
    #[must_use]
    pub fn from_tree(tree: MarkerTree) -> Self {
        static NOWHERE: LazyLock<Option<MarkerTree>> =
            LazyLock::new(|| MarkerTree::parse_str::<VerbatimUrl>("python_version < '0'").ok());
        match NOWHERE.as_ref() == Some(&tree) {
            true => Self::FALSE,
            false => Self(marker_part::decided(tree)),
        }
    }

    /// The tree of `pep508_rs`.
    #[must_use]
    pub fn tree(&self) -> MarkerTree {
        self.0.clone()
    }

    /// Whether every environment is in the set.
    #[must_use]
    pub fn is_true(&self) -> bool {
        self.0.is_true()
    }

    /// Whether no environment is in the set.
    #[must_use]
    pub fn is_false(&self) -> bool {
        self.0.is_false()
    }

    /// The environments in both sets.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut tree = self.0.clone();
        tree.and(other.0.clone());
        Self(tree)
    }

    /// The environments in either set.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut tree = self.0.clone();
        tree.or(other.0.clone());
        Self(tree)
    }

    /// The environments that are not in the set.
    #[must_use]
    pub fn negate(&self) -> Self {
        Self(self.0.negate())
    }

    /// Whether no environment is in both sets.
    #[must_use]
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.0.is_disjoint(&other.0)
    }

    /// Whether every environment of this set is in the other.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.is_disjoint(&other.negate())
    }

    /// Whether both sets hold the same environments. `==` compares only how they are stored.
    #[must_use]
    pub fn is_same_set(&self, other: &Self) -> bool {
        self == other || (self.is_subset(other) && other.is_subset(self))
    }

    /// Whether `environment` is in the set if `extras` are asked for.
    #[must_use]
    pub fn evaluate(&self, environment: &MarkerEnvironment, extras: &[ExtraName]) -> bool {
        let decided = self.with_extras(extras);
        if !decided.compares_platform_release() {
            return decided.0.evaluate(environment, &[]);
        }
        decided.clauses().into_iter().any(|clause| {
            clause.into_iter().all(|one| match &one {
                one if marker_text::is_concerned(one) => marker_text::holds(one, environment),
                _ => Self::literal(one).0.evaluate(environment, &[]),
            })
        })
    }

    /// Whether the marker has a condition on `platform_release` or `platform_version`.
    fn compares_platform_release(&self) -> bool {
        let here = |key: &MarkerValueString| {
            matches!(
                key,
                MarkerValueString::PlatformRelease | MarkerValueString::PlatformVersion
            )
        };
        let below = |tree| Self(tree).compares_platform_release();
        match self.0.kind() {
            MarkerTreeKind::True | MarkerTreeKind::False => false,
            MarkerTreeKind::Extra(m) => m.children().any(|(_, t)| below(t)),
            MarkerTreeKind::Version(m) => m.edges().any(|(_, t)| below(t)),
            MarkerTreeKind::String(m) => here(m.key()) || m.children().any(|(_, t)| below(t)),
            MarkerTreeKind::In(m) => here(m.key()) || m.children().any(|(_, t)| below(t)),
            MarkerTreeKind::Contains(m) => here(m.key()) || m.children().any(|(_, t)| below(t)),
        }
    }

    /// Whether the marker has a condition on an extra.
    #[must_use]
    pub fn has_extra(&self) -> bool {
        match self.0.kind() {
            MarkerTreeKind::True | MarkerTreeKind::False => false,
            MarkerTreeKind::Extra(_) => true,
            MarkerTreeKind::Version(m) => m.edges().any(|(_, t)| Self(t).has_extra()),
            MarkerTreeKind::String(m) => m.children().any(|(_, t)| Self(t).has_extra()),
            MarkerTreeKind::In(m) => m.children().any(|(_, t)| Self(t).has_extra()),
            MarkerTreeKind::Contains(m) => m.children().any(|(_, t)| Self(t).has_extra()),
        }
    }

    /// Whether there is an environment for the marker if exactly `extras` are asked for.
    fn may_hold(&self, extras: &[ExtraName]) -> bool {
        match self.0.kind() {
            MarkerTreeKind::True => true,
            MarkerTreeKind::False => false,
            MarkerTreeKind::Extra(m) => Self(m.edge(asks_for(m.name(), extras))).may_hold(extras),
            MarkerTreeKind::Version(m) => m.edges().any(|(_, t)| Self(t).may_hold(extras)),
            MarkerTreeKind::String(m) => m.children().any(|(_, t)| Self(t).may_hold(extras)),
            MarkerTreeKind::In(m) => m.children().any(|(_, t)| Self(t).may_hold(extras)),
            MarkerTreeKind::Contains(m) => m.children().any(|(_, t)| Self(t).may_hold(extras)),
        }
    }

    /// The marker with its conditions on extras decided: exactly `extras` are asked for.
    #[must_use]
    pub fn with_extras(&self, extras: &[ExtraName]) -> Self {
        if !self.has_extra() {
            return self.clone();
        }
        // A release may have hundreds of requirements, each for one of many extras.
        if !self.may_hold(extras) {
            return Self::FALSE;
        }
        let is_asked = |name: &pep508_rs::ExtraName| {
            let name: &str = name.as_ref();
            extras.iter().any(|extra| extra.as_str() == name)
        };
        match Self(self.0.clone().simplify_extras_with(is_asked)) {
            decided if !decided.has_extra() => decided,
            rest => rest.without_other_extras(extras),
        }
    }

    /// The marker with its conditions on extras decided, clause by clause.
    fn without_other_extras(&self, extras: &[ExtraName]) -> Self {
        self.clauses()
            .into_iter()
            .filter_map(|clause| {
                clause
                    .into_iter()
                    .try_fold(Self::TRUE, |all, literal| match literal {
                        MarkerExpression::Extra { operator, name } => {
                            let asked = asks_for(&name, extras);
                            let holds = asked == (operator == ExtraOperator::Equal);
                            holds.then_some(all)
                        }
                        other => Some(all.and(&Self::literal(other))),
                    })
            })
            .fold(Self::FALSE, |all, one| all.or(&one))
    }

    /// The marker `extra == 'NAME'`.
    #[must_use]
    pub fn extra(name: &ExtraName) -> Self {
        // The name is normalised, so it is valid there as well.
        match pep508_rs::ExtraName::from_str(name.as_str()) {
            Ok(name) => Self::literal(MarkerExpression::Extra {
                operator: ExtraOperator::Equal,
                name: MarkerValueExtra::Extra(name),
            }),
            Err(_) => Self::FALSE,
        }
    }

    /// The environments with `variable == 'value'`, where `value` is a plain word.
    #[must_use]
    pub fn string_equals(variable: MarkerValueString, value: &str) -> Self {
        Self::literal(MarkerExpression::String {
            key: variable,
            operator: MarkerOperator::Equal,
            value: value.to_owned(),
        })
    }

    /// The environments whose `python_full_version` lies in `range`.
    #[must_use]
    pub fn python_range(range: &VersionRange) -> Self {
        range
            .iter()
            .map(|(low, high)| {
                VersionSpecifier::from_release_only_bounds((&low.cloned(), &high.cloned()))
                    .map(|specifier| {
                        Self::literal(MarkerExpression::Version {
                            key: MarkerValueVersion::PythonFullVersion,
                            specifier,
                        })
                    })
                    .fold(Self::TRUE, |all, one| all.and(&one))
            })
            .fold(Self::FALSE, |all, one| all.or(&one))
    }

    /// One range from the lowest Python version of the set to the highest, if there is one.
    #[must_use]
    pub fn python_versions(&self) -> VersionRange {
        let mut seen = FxHashMap::default();
        self.collect_python_versions(&mut seen)
    }

    fn collect_python_versions(&self, seen: &mut FxHashMap<Self, VersionRange>) -> VersionRange {
        if let Some(range) = seen.get(self) {
            return range.clone();
        }
        let union = |children: Vec<Self>, seen: &mut _| {
            children
                .into_iter()
                .map(|child| child.collect_python_versions(seen))
                .fold(VersionRange::empty(), |all, one| all.union(&one))
        };
        let range = match self.0.kind() {
            MarkerTreeKind::True => VersionRange::full(),
            MarkerTreeKind::False => VersionRange::empty(),
            MarkerTreeKind::Version(m) if *m.key() == MarkerValueVersion::PythonFullVersion => m
                .edges()
                .map(|(range, tree)| {
                    let range: VersionRange =
                        range.iter().map(|(a, b)| (a.clone(), b.clone())).collect();
                    range.intersection(&Self(tree).collect_python_versions(seen))
                })
                .collect::<Vec<_>>()
                .into_iter()
                .fold(VersionRange::empty(), |all, one| all.union(&one)),
            MarkerTreeKind::Version(m) => union(m.edges().map(|(_, t)| Self(t)).collect(), seen),
            MarkerTreeKind::String(m) => union(m.children().map(|(_, t)| Self(t)).collect(), seen),
            MarkerTreeKind::In(m) => union(m.children().map(|(_, t)| Self(t)).collect(), seen),
            MarkerTreeKind::Contains(m) => {
                union(m.children().map(|(_, t)| Self(t)).collect(), seen)
            }
            MarkerTreeKind::Extra(m) => union(m.children().map(|(_, t)| Self(t)).collect(), seen),
        };
        seen.insert(self.clone(), range.clone());
        range
    }

    /// The environments that can exist, given how the variables of Linux, macOS and Windows depend
    /// on each other.
    #[must_use]
    pub fn known_platforms() -> Self {
        static KNOWN: LazyLock<Marker> = LazyLock::new(Marker::consistent_platforms);
        KNOWN.clone()
    }

    fn consistent_platforms() -> Self {
        let implies = |a: Self, b: Self| a.negate().or(&b);
        let sys = |v| Self::string_equals(MarkerValueString::SysPlatform, v);
        let os = |v| Self::string_equals(MarkerValueString::OsName, v);
        let system = |v| Self::string_equals(MarkerValueString::PlatformSystem, v);
        let implementation = |v| Self::string_equals(MarkerValueString::ImplementationName, v);
        let python = |v| Self::string_equals(MarkerValueString::PlatformPythonImplementation, v);
        let mut all = Self::TRUE;
        for (s, o, p) in [
            ("linux", "posix", "Linux"),
            ("darwin", "posix", "Darwin"),
            ("win32", "nt", "Windows"),
        ] {
            all = all.and(&implies(sys(s), os(o).and(&system(p))));
            all = all.and(&implies(system(p), sys(s)));
        }
        for (i, p) in [("cpython", "CPython"), ("pypy", "PyPy")] {
            all = all.and(&implies(implementation(i), python(p)));
            all = all.and(&implies(python(p), implementation(i)));
        }
        all
    }

    /// A shorter marker that holds the same environments of `universe`.
    ///
    /// Drops each literal and each clause that `universe` makes superfluous.
    #[must_use]
    pub fn simplify_within(&self, universe: &Self) -> Self {
        Self(marker_part::decided(self.shortened(universe).0))
    }

    /// The same with conditions on parts of a text as they are, which may be asked of usual values.
    fn shortened(&self, universe: &Self) -> Self {
        let wanted = self.and(universe);
        if wanted.is_false() {
            return Self::FALSE;
        }
        if universe.is_subset(self) {
            return Self::TRUE;
        }
        let clauses = self.clauses().into_iter().map(|clause| {
            let literals = clause.into_iter();
            let usual = literals.map(|one| Self::literal(usual_variable(one, universe)));
            usual.collect::<Vec<_>>()
        });
        let mut clauses: Vec<Self> = clauses
            .filter(|clause| !Self::all(clause).is_disjoint(universe))
            .map(|mut clause| {
                let mut at = 0;
                while at < clause.len() {
                    let literal = clause.remove(at);
                    if !Self::all(&clause).and(universe).is_subset(&wanted) {
                        clause.insert(at, literal);
                        at += 1;
                    }
                }
                Self::all(&clause)
            })
            .collect();
        let mut at = 0;
        while at < clauses.len() && clauses.len() > 1 {
            let clause = clauses.remove(at);
            if !wanted.is_subset(&Self::any(&clauses)) {
                clauses.insert(at, clause);
                at += 1;
            }
        }
        let simple = Self::any(&clauses);
        debug_assert!(simple.and(universe).is_same_set(&wanted));
        simple
    }

    fn clauses(&self) -> Vec<Vec<MarkerExpression>> {
        self.0.to_dnf()
    }

    fn all(markers: &[Self]) -> Self {
        markers.iter().fold(Self::TRUE, |all, one| all.and(one))
    }

    fn any(markers: &[Self]) -> Self {
        markers.iter().fold(Self::FALSE, |all, one| all.or(one))
    }

    fn literal(expression: MarkerExpression) -> Self {
        Self(MarkerTree::expression(expression))
    }
}

/// Replaces a condition on `platform_system` by one on `sys_platform`, where both mean the same.
fn usual_variable(literal: MarkerExpression, universe: &Marker) -> MarkerExpression {
    let MarkerExpression::String {
        key: MarkerValueString::PlatformSystem,
        operator: operator @ (MarkerOperator::Equal | MarkerOperator::NotEqual),
        value,
    } = &literal
    else {
        return literal;
    };
    let sys_platform = match value.as_str() {
        "Linux" => "linux",
        "Darwin" => "darwin",
        "Windows" => "win32",
        _ => return literal,
    };
    let usual = MarkerExpression::String {
        key: MarkerValueString::SysPlatform,
        operator: *operator,
        value: sys_platform.to_owned(),
    };
    let within = |one: &MarkerExpression| Marker::literal(one.clone()).and(universe);
    if within(&usual).is_same_set(&within(&literal)) {
        usual
    } else {
        literal
    }
}

fn asks_for(name: &MarkerValueExtra, extras: &[ExtraName]) -> bool {
    match name {
        MarkerValueExtra::Extra(name) => extras.iter().any(|e| e.as_str() == name.as_ref()),
        MarkerValueExtra::Arbitrary(_) => false,
    }
}

thread_local! {
    // A lock has thousands of markers, which are few sets: to read one and to find its shortest text is
    // slow.
    static READ: RefCell<FxHashMap<String, Marker>> = RefCell::default();
    static TEXTS: RefCell<FxHashMap<Marker, Rc<str>>> = RefCell::default();
}

impl FromStr for Marker {
    type Err = MarkerError;

    fn from_str(marker: &str) -> Result<Self, MarkerError> {
        if let Some(known) = READ.with_borrow(|read| read.get(marker).cloned()) {
            return Ok(known);
        }
        let read = Self::read(marker)?;
        READ.with_borrow_mut(|known| known.insert(marker.to_owned(), read.clone()));
        Ok(read)
    }
}

impl Marker {
    fn read(marker: &str) -> Result<Self, MarkerError> {
        if marker.trim().is_empty() {
            return Ok(Self::TRUE);
        }
        let error = |reason: String| MarkerError {
            marker: marker.to_owned(),
            reason,
        };
        // PEP 508's grammar is ASCII, and `pep508_rs` may panic on more.
        if let Some(c) = marker.chars().find(|c| !c.is_ascii()) {
            return Err(error(format!("`{c}` is not an ASCII character")));
        }
        if marker.contains(marker_text::SIGNS) {
            return Err(error("it has a control character".to_owned()));
        }
        MarkerTree::parse_str::<VerbatimUrl>(&marker_text::encoded(marker))
            .map(Self::from_tree)
            .map_err(|failed| error(failed.message.to_string()))
    }

    /// The canonical form; `None` for the set of all environments.
    fn text(&self) -> Option<Rc<str>> {
        if let Some(known) = TEXTS.with_borrow(|texts| texts.get(self).cloned()) {
            return Some(known);
        }
        let part = marker_part::consistent(&self.0).map(|consistent| {
            let short = self.shortened(&Self(consistent));
            debug_assert!(Self(marker_part::decided(short.tree())).is_same_set(self));
            short
        });
        let contents = part.as_ref().unwrap_or(self).0.contents()?;
        let text: Rc<str> = marker_text::decoded(&contents.to_string()).into();
        TEXTS.with_borrow_mut(|texts| texts.insert(self.clone(), Rc::clone(&text)));
        Some(text)
    }
}

/// The canonical form; an empty text for the set of all environments.
impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_deref().unwrap_or_default())
    }
}

impl fmt::Debug for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_deref().unwrap_or("true"))
    }
}

impl Serialize for Marker {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Marker {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(text: &str) -> Marker {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check_simplified(input: &str, universe: &str, expect: &str) {
        let universe = marker(universe).and(&Marker::known_platforms());
        assert_eq!(marker(input).simplify_within(&universe).to_string(), expect);
    }

    #[test]
    fn simplifies_within_a_universe() {
        check_simplified(
            "sys_platform == 'win32' and os_name == 'nt'",
            "",
            "sys_platform == 'win32'",
        );
        check_simplified(
            "python_full_version >= '3.8' and sys_platform == 'linux'",
            "python_full_version >= '3.12'",
            "sys_platform == 'linux'",
        );
        check_simplified(
            "sys_platform == 'linux' or python_full_version < '3.10'",
            "python_full_version >= '3.12'",
            "sys_platform == 'linux'",
        );
        check_simplified("python_version >= '3.8'", "python_version >= '3.12'", "");
        check_simplified(
            "platform_system == 'Windows'",
            "",
            "sys_platform == 'win32'",
        );
        check_simplified("platform_system == 'Java'", "", "platform_system == 'Java'");
        check_simplified(
            "sys_platform == 'linux' and os_name == 'nt'",
            "",
            "python_version < '0'",
        );
    }

    #[test]
    fn no_environment_is_read_back() {
        let nowhere = marker("sys_platform == 'linux' and sys_platform == 'darwin'");
        assert!(nowhere.is_false());
        assert_eq!(marker(&nowhere.to_string()), nowhere);
    }

    #[test]
    fn platform_variables_bind_each_other() {
        let known = Marker::known_platforms();
        let both = marker("platform_system == 'Windows' and sys_platform == 'linux'");
        assert!(both.is_disjoint(&known));
        assert!(!marker("sys_platform == 'cygwin' and os_name == 'posix'").is_disjoint(&known));
    }

    #[test]
    fn extras_are_decided() {
        let m = marker("extra == 'a' and sys_platform == 'linux'");
        assert!(m.with_extras(&[]).is_false());
        let a = "A".parse().unwrap();
        assert_eq!(m.with_extras(&[a]), marker("sys_platform == 'linux'"));
        assert!(marker("extra != 'a'").with_extras(&[]).is_true());
    }

    #[test]
    fn platform_release_is_compared_as_packaging_does() {
        let environment = |release: &'static str| {
            MarkerEnvironment::try_from(pep508_rs::MarkerEnvironmentBuilder {
                implementation_name: "cpython",
                implementation_version: "3.12.1",
                os_name: "posix",
                platform_machine: "x86_64",
                platform_python_implementation: "CPython",
                platform_release: release,
                platform_system: "Darwin",
                platform_version: release,
                python_full_version: "3.12.1",
                python_version: "3.12",
                sys_platform: "darwin",
            })
            .unwrap()
        };
        let check = |text: &str, release, expect| {
            let holds = marker(text).evaluate(&environment(release), &[]);
            assert_eq!(holds, expect, "{text} on {release}");
        };
        let middle = "platform_release >= '9.0' and platform_release < '18.0'";
        for (release, expect) in [
            ("8.11.1", false),
            ("9", true),
            ("17.7.0", true),
            ("18.0.0", false),
            ("6.1.0-13-amd64", false),
        ] {
            check(middle, release, expect);
            check(&middle.replace("release", "version"), release, expect);
        }
        check("platform_release != '9.0'", "6.1.0-13-amd64", true);
        check("platform_release == '9.0'", "9", true);
        check("platform_release ~= '9.1' or os_name == 'nt'", "9.4", true);
        check("platform_release == '9.*'", "10.1", false);
        check("'cloud' in platform_release", "6.1.0-cloud-amd64", true);
        check("platform_release == '6.1-cloud'", "6.1-cloud", true);
        check(&format!("{middle} and os_name == 'nt'"), "10", false);
    }

    #[test]
    fn python_versions_of_a_marker() {
        let range = marker(
            "(python_full_version >= '3.9' and sys_platform == 'linux') or python_full_version >= '3.11'",
        )
        .python_versions();
        assert!(range.contains(&"3.9".parse().unwrap()));
        assert!(!range.contains(&"3.8.9".parse().unwrap()));
        assert_eq!(
            Marker::python_range(&range),
            marker("python_full_version >= '3.9'")
        );
    }

    #[test]
    fn a_part_is_decided_by_the_value() {
        let check = |text: &str, other: &str| {
            assert!(marker(text).is_disjoint(&marker(other)), "{text}, {other}");
            let negated = marker(text).negate();
            assert!(marker(other).is_subset(&negated), "{text}, {other}");
        };
        check("'linux' in sys_platform", "sys_platform == 'darwin'");
        check("'win32' not in sys_platform", "sys_platform == 'win32'");
        check(
            "platform_machine in 'x86_64 AMD64'",
            "platform_machine == 'arm64'",
        );
        check(
            "platform_machine not in 'x86_64 AMD64'",
            "platform_machine == 'AMD64'",
        );
        check(
            "'x' in os_name and 'linux' in sys_platform",
            "os_name == 'nt'",
        );
        check("'Win' in platform_system", "platform_system == 'Linux'");
        // It is in `darwin`, too.
        assert!(marker("sys_platform == 'darwin'").is_subset(&marker("'win' in sys_platform")));
        // Other values are not known.
        let bsd = marker("'bsd' in sys_platform");
        assert!(!bsd.is_disjoint(&marker("sys_platform == 'freebsd14'")));
        assert!(!marker("sys_platform == 'freebsd14'").is_subset(&bsd));
    }

    #[test]
    fn a_part_is_written_as_it_was_read() {
        for text in [
            "'linux' in sys_platform",
            "'linux' not in sys_platform",
            "'bsd' in sys_platform",
            "sys_platform in 'linux darwin'",
            "platform_machine not in 'x86_64 AMD64'",
            "'a' in platform_release",
            "python_full_version >= '3.12' and 'win' in sys_platform",
        ] {
            let read = marker(text);
            assert_eq!(read.to_string(), text);
            assert_eq!(marker(&read.to_string()), read);
        }
        let nowhere = "'linux' in sys_platform and sys_platform == 'win32'";
        assert!(marker(nowhere).is_false());
        assert_eq!(
            marker("'linux' in sys_platform and sys_platform == 'linux'"),
            marker("sys_platform == 'linux'")
        );
    }

    #[test]
    fn what_a_universe_makes_shorter_is_read_back() {
        let known = Marker::known_platforms();
        let long = "os_name == 'nt' or implementation_name == 'cpython' or 'linux' in sys_platform";
        for text in [long, "'win' in sys_platform and os_name == 'nt'"] {
            let simple = marker(text).simplify_within(&known);
            assert_eq!(marker(&simple.to_string()), simple, "{text}");
        }
    }

    #[test]
    fn any_combination_is_read_back() {
        let literals = [
            "'linux' in sys_platform",
            "'win' not in sys_platform",
            "sys_platform in 'linux darwin'",
            "sys_platform == 'win32'",
            "'n' in os_name",
            "python_full_version >= '3.12'",
            "extra == 'x'",
        ];
        for a in literals {
            for b in literals {
                for c in literals {
                    for text in [
                        format!("{a} and ({b} or {c})"),
                        format!("{a} or {b} and {c}"),
                    ] {
                        let read = marker(&text);
                        assert_eq!(marker(&read.to_string()), read, "{text}");
                        let negated = read.negate();
                        assert_eq!(marker(&negated.to_string()), negated, "not {text}");
                    }
                }
            }
        }
    }
}
