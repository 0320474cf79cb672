//! Overrides: requirements that replace what packages require.

use std::fmt;
use std::str::FromStr;

use crate::{PackageName, Requirement, RequirementError};

/// A requirement that replaces every requirement of packages on a project: its extras, its
/// specifiers, its marker, or the project itself.
///
/// Written as pex writes it (`--override`): `cowsay==5.0`, or `cowsay=my-cowsay>2` for another
/// project. What the user requires directly is not overridden.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Override {
    /// The project whose requirements are replaced.
    pub name: PackageName,
    /// What is required instead.
    pub requirement: Requirement,
}

impl FromStr for Override {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, RequirementError> {
        let replaced = text.split_once('=').and_then(|(name, requirement)| {
            let name = name.trim().parse::<PackageName>().ok()?;
            (!requirement.starts_with('=')).then_some((name, requirement))
        });
        let (name, requirement) = match replaced {
            Some((name, requirement)) => (Some(name), requirement.parse::<Requirement>()?),
            None => (None, text.parse::<Requirement>()?),
        };
        Ok(Self {
            name: name.unwrap_or_else(|| requirement.name.clone()),
            requirement,
        })
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name != self.requirement.name {
            write!(f, "{}=", self.name)?;
        }
        self.requirement.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: &str, requirement: &str) {
        let parsed: Override = text.parse().unwrap();
        assert_eq!(parsed.name.as_str(), name);
        assert_eq!(parsed.requirement.to_string(), requirement);
        assert_eq!(parsed.to_string().parse::<Override>().unwrap(), parsed);
    }

    #[test]
    fn of_a_project_and_by_another() {
        check("cowsay==5.0", "cowsay", "cowsay==5.0");
        check("cowsay===5", "cowsay", "cowsay===5");
        check("cowsay[x]>=5,!=6", "cowsay", "cowsay[x]>=5,!=6");
        check("Cow_Say=my-cowsay>2", "cow-say", "my-cowsay>2");
        check("cowsay=my-cowsay==2", "cowsay", "my-cowsay==2");
        check("cowsay", "cowsay", "cowsay");
        check("cowsay ~= 5.0", "cowsay", "cowsay~=5.0");
        assert!("cowsay=".parse::<Override>().is_err());
    }
}
