//! The `Requires-Dist` of a distribution: what its code requires, and the other distributions of the
//! repository that it needs.

use model::{RequirementError, RequiresDist, Version};

use workspace::settings::FirstPartyRequirements;

/// The requirements in the order of METADATA: those without a marker first, sorted by their text.
pub(crate) fn requires_dist(
    third_party: &[RequiresDist],
    first_party: Vec<RequiresDist>,
) -> Vec<RequiresDist> {
    let mut all: Vec<RequiresDist> = third_party.iter().cloned().chain(first_party).collect();
    all.sort_by_cached_key(|required| (required.has_marker(), required.to_string()));
    all.dedup();
    all
}

/// The requirement on another distribution of the repository at this version.
///
/// The version keeps the spelling of the repository.
pub(super) fn on_first_party(
    name: &str,
    version: &VersionText,
    how: FirstPartyRequirements,
) -> Result<RequiresDist, RequirementError> {
    // Only `==` can be followed by a local version (PEP 440).
    let public = version.text.split('+').next().unwrap_or_default();
    match how {
        FirstPartyRequirements::Any => name.parse(),
        FirstPartyRequirements::Exact => format!("{name}=={}", version.text).parse(),
        FirstPartyRequirements::Minimum => format!("{name}>={public}").parse(),
        // `~=1` is not valid: PEP 440 requires two parts.
        FirstPartyRequirements::Compatible if version.version.release().len() < 2 => {
            format!("{name}>={public}").parse()
        }
        FirstPartyRequirements::Compatible => format!("{name}~={public}").parse(),
    }
}

/// A version with its spelling.
#[derive(Debug, Clone)]
pub(super) struct VersionText {
    pub text: String,
    pub version: Version,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_with_markers_come_last() {
        let third_party = [
            "uvloop; sys_platform != 'win32'",
            "yarl",
            "PyYAML~=6.0",
            "yarl",
        ];
        let all = requires_dist(
            &third_party.map(|text| text.parse().unwrap()),
            vec!["backend.ai-cli==24.09.0".parse().unwrap()],
        );
        let all: Vec<String> = all.iter().map(ToString::to_string).collect();
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
        let check = |text: &str, how| {
            on_first_party("x", &version(text), how)
                .unwrap()
                .to_string()
        };
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
        assert_eq!(check("24.9", FirstPartyRequirements::Any), "x");
        let local = "24.9+cuda.1";
        assert_eq!(
            check(local, FirstPartyRequirements::Exact),
            "x==24.9+cuda.1"
        );
        assert_eq!(check(local, FirstPartyRequirements::Minimum), "x>=24.9");
        assert_eq!(check(local, FirstPartyRequirements::Compatible), "x~=24.9");
    }
}
