//! The `Requires-Dist` of a distribution, from requirements as they are written.
//!
//! Names, extras and versions stay as they are spelt but for `_` in names, which becomes `-`, spacing,
//! the order of specifiers and the quotes in markers: as setuptools writes them.

use model::Version;

use crate::settings::FirstPartyRequirements;

/// The requirements in the order of METADATA: those without a marker first, sorted by their text.
pub(super) fn requires_dist(third_party: &[String], first_party: Vec<String>) -> Vec<String> {
    let mut all: Vec<String> = third_party
        .iter()
        .map(|text| normal(text))
        .chain(first_party)
        .collect();
    all.sort();
    all.dedup();
    all.sort_by_key(|text| text.contains(';'));
    all
}

/// The requirement on another distribution of the repository at this version.
///
/// The version is spelt as the repository spells it.
pub(super) fn on_first_party(
    name: &str,
    version: &VersionText,
    how: FirstPartyRequirements,
) -> String {
    match how {
        FirstPartyRequirements::Exact => format!("{name}=={}", version.text),
        FirstPartyRequirements::Minimum => format!("{name}>={}", version.text),
        // `~=1` is not valid: PEP 440 needs two parts.
        FirstPartyRequirements::Compatible if version.version.release().len() < 2 => {
            format!("{name}>={}", version.text)
        }
        FirstPartyRequirements::Compatible => format!("{name}~={}", version.text),
    }
}

/// A version and how it is spelt.
#[derive(Debug, Clone)]
pub(super) struct VersionText {
    pub text: String,
    pub version: Version,
}

fn normal(text: &str) -> String {
    let (requirement, marker) = match text.split_once(" @ ") {
        // In a URL a marker starts with a space.
        Some(_) => text.split_once(" ;").unwrap_or((text, "")),
        None => text.split_once(';').unwrap_or((text, "")),
    };
    let requirement = if requirement.contains(" @ ") {
        requirement.trim().to_owned()
    } else {
        normal_specifiers(&requirement.replace([' ', '(', ')'], ""))
    };
    match marker.trim() {
        "" => requirement,
        marker => format!("{requirement}; {}", marker.replace('\'', "\"")),
    }
}

fn normal_specifiers(requirement: &str) -> String {
    let name_end = requirement
        .find(['[', '=', '<', '>', '!', '~'])
        .unwrap_or(requirement.len());
    let (name, rest) = requirement.split_at(name_end);
    let extras_end = rest.find(']').map_or(0, |at| at + 1);
    let (extras, specifiers) = rest.split_at(extras_end);
    let mut specifiers: Vec<&str> = specifiers.split(',').filter(|it| !it.is_empty()).collect();
    specifiers.sort_unstable();
    format!("{}{extras}{}", name.replace('_', "-"), specifiers.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(normal(text), expect);
    }

    #[test]
    fn spelling_stays_spacing_does_not() {
        check("attrs >= 24.2", "attrs>=24.2");
        check("aiohttp_cors~=0.7", "aiohttp-cors~=0.7");
        check(
            "SQLAlchemy[postgresql_asyncpg]~=1.4.54",
            "SQLAlchemy[postgresql_asyncpg]~=1.4.54",
        );
        check("a >=1, <2", "a<2,>=1");
        check(
            "uvloop~=0.20.0; sys_platform != 'Windows'",
            "uvloop~=0.20.0; sys_platform != \"Windows\"",
        );
        check(
            "a @ https://files.example/a;v=1.whl ; python_version < '4'",
            "a @ https://files.example/a;v=1.whl; python_version < \"4\"",
        );
        check("types-six", "types-six");
    }

    #[test]
    fn requirements_with_markers_come_last() {
        let third_party = [
            "uvloop; sys_platform != 'win32'",
            "yarl",
            "PyYAML~=6.0",
            "yarl",
        ];
        let all = requires_dist(
            &third_party.map(str::to_owned),
            vec!["backend.ai-cli==24.09.0".into()],
        );
        assert_eq!(
            all,
            [
                "PyYAML~=6.0",
                "backend.ai-cli==24.09.0",
                "yarl",
                "uvloop; sys_platform != \"win32\""
            ]
        );
    }

    #[test]
    fn first_party_requirements() {
        let version = |text: &str| VersionText {
            text: text.into(),
            version: text.parse().unwrap(),
        };
        let check = |text: &str, how| on_first_party("x", &version(text), how);
        assert_eq!(
            check("24.09.0", FirstPartyRequirements::Exact),
            "x==24.09.0"
        );
        assert_eq!(
            check("24.09.0", FirstPartyRequirements::Minimum),
            "x>=24.09.0"
        );
        assert_eq!(
            check("24.09.0", FirstPartyRequirements::Compatible),
            "x~=24.09.0"
        );
        assert_eq!(check("24", FirstPartyRequirements::Compatible), "x>=24");
    }
}
