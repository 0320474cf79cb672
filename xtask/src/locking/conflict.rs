//! A conflict as the user reads it: the requirement lines, the chain that clashes, and hints.

use resolve::{ExplainedReason, Explanation, Hint, Reason};

use crate::error::{CommandError, Place};
use crate::locking::Declared;

/// The error for a conflict in a resolve.
pub(crate) fn command_error(explanation: &Explanation, declared: &Declared) -> CommandError {
    let mut message = format!(
        "cannot lock `{}`: no versions satisfy all requirements",
        declared.resolve
    );
    if !explanation.environments.is_true() {
        message.push_str(&format!(" where {}", explanation.environments));
    }
    let mut error = CommandError::failure(message);
    if let Some(place) = explanation.reasons.iter().find_map(|reason| match reason {
        ExplainedReason::Required(requirement) => declared.place(requirement),
        _ => None,
    }) {
        error = error.at(Place::from(place));
    }
    for reason in &explanation.reasons {
        error = error.because(text(reason, declared));
    }
    for hint in &explanation.hints {
        error = error.hint(hint_text(hint, declared));
    }
    error
}

fn text(reason: &ExplainedReason, declared: &Declared) -> String {
    let versions = |name: &str, versions: &str| match versions {
        "" => format!("every version of {name}"),
        versions if versions.starts_with("==") && !versions.contains(' ') => {
            format!("{name} {}", &versions[2..])
        }
        versions => format!("{name} {versions}"),
    };
    match reason {
        ExplainedReason::Required(requirement) => match declared.place(requirement) {
            Some(place) => format!("{}:{} requires {requirement}", place.path, place.line),
            None => format!("{requirement} is required"),
        },
        ExplainedReason::Depends {
            package,
            versions: range,
            requirement,
        } => format!("{} requires {requirement}", versions(package, range)),
        ExplainedReason::NoVersions {
            name,
            versions: range,
            highest,
        } => {
            let found = match highest {
                Some(highest) => format!(" (the highest is {highest})"),
                None => String::new(),
            };
            match range.as_str() {
                "" => format!("there is no version of {name}"),
                range => format!("there is no version of {name} that is {range}{found}"),
            }
        }
        ExplainedReason::Unusable {
            name,
            versions: range,
            why,
        } => match why {
            Reason::NotFound => format!("there is no project {name} in the package index"),
            Reason::Constraint(at) => {
                let constraint = declared.inputs.constraints.get(*at);
                let place = constraint
                    .and_then(|constraint| declared.place(constraint))
                    .map(|place| format!(" at {}:{}", place.path, place.line))
                    .unwrap_or_default();
                let constraint = constraint.map(ToString::to_string).unwrap_or_default();
                format!(
                    "{} is excluded by the constraint {constraint}{place}",
                    versions(name.as_str(), range)
                )
            }
            why => format!("{} cannot be used: {why}", versions(name.as_str(), range)),
        },
    }
}

fn hint_text(hint: &Hint, declared: &Declared) -> String {
    let resolve = &declared.resolve;
    match hint {
        Hint::Prerelease(name) => format!(
            "only pre-releases of {name} satisfy: allow them with \
             `resolves_to_prereleases = {{ {resolve} = \"allow\" }}` in `[python]`"
        ),
        Hint::Misspelt(name) => match declared.place_of(name) {
            Some(place) => format!(
                "check the spelling of `{name}` at {}:{}",
                place.path, place.line
            ),
            None => format!("check that `{name}` is on one of the indexes of `[python-repos]`"),
        },
        Hint::Python(name, python) => format!(
            "{name} requires Python {python}: raise the lower bound of `interpreter_constraints`, \
             or require an older {name}"
        ),
        Hint::Platform(name, platform) => format!(
            "leave {platform} out of `resolves_to_platforms`, or give the requirement that leads \
             to {name} a marker"
        ),
        Hint::Loosen(name) => match declared.place_of(name) {
            Some(place) => format!(
                "loosen the requirement on {name} at {}:{}",
                place.path, place.line
            ),
            None => format!("loosen a requirement that leads to {name}"),
        },
    }
}
