//! What may help against a conflict, tried: a hint that is given has a solution.

use std::fmt;

use model::{
    InterpreterConstraints, Marker, PackageName, PackageSet, Platform, PrereleasePolicy,
    Requirement, RequirementSource, Specifiers, Version,
};

use crate::conflict::Conflict;
use crate::explain::Explanation;
use crate::fact::Fact;
use crate::package::Reason;
use crate::problem::Problem;
use crate::provider::Provider;
use crate::resolver::{ResolveError, Resolved, resolve};

/// How many changes to a problem are tried at most: each is a resolution.
const MOST_TRIALS: usize = 12;

/// What may help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// The project may be misspelt, or missing on the indexes.
    Misspelt(PackageName),
    /// Other versions than this requirement admits would do.
    Loosen {
        /// The requirement as it went into the problem.
        requirement: Requirement,
        /// The version that would be chosen, where it was tried.
        version: Option<Version>,
    },
    /// Other versions than a constraint admits would do.
    LoosenConstraint {
        /// Index into those of the inputs, which the bounds follow.
        constraint: usize,
        /// The version that would be chosen, where it was tried.
        version: Option<Version>,
    },
    /// Pre-releases of this project would do.
    Prerelease(PackageName),
    /// This version was yanked; `==` asks for it all the same.
    Yanked(PackageName, Version),
    /// The project requires a later Python: raising the lower bound of the interpreter
    /// constraints would do.
    Python(PackageName, String),
    /// Leaving out this platform, which the project has no file for, would do.
    Platform(PackageName, Platform),
    /// Source distributions of this project would do.
    Sdist(PackageName),
    /// Wheels of this project would do.
    Wheel(PackageName),
}

impl Conflict {
    /// Tells the conflict, with hints that were tried: each change is resolved.
    ///
    /// # Errors
    /// Where the provider fails.
    pub fn explain_with<P: Provider>(
        &self,
        problem: &Problem,
        provider: &P,
    ) -> Result<Explanation, P::Error> {
        let mut explanation = self.explain(problem);
        let mut hints = Vec::new();
        for (hint, changed) in self.trials(problem).into_iter().take(MOST_TRIALS) {
            match resolve(&changed, provider) {
                Ok(resolved) => {
                    let hint = self.with_version(hint, &resolved, problem);
                    if !hints.contains(&hint) {
                        hints.push(hint);
                    }
                }
                Err(ResolveError::Conflict(_)) => {}
                Err(ResolveError::Provider(error)) => return Err(error),
            }
        }
        if !hints.is_empty() {
            let misspelt = |hint: &Hint| matches!(hint, Hint::Misspelt(_));
            explanation.hints.retain(misspelt);
            explanation.hints.extend(hints);
        }
        Ok(explanation)
    }

    /// The changes that are worth a try, the least first.
    fn trials(&self, problem: &Problem) -> Vec<(Hint, Problem)> {
        let facts = self.facts();
        let mut trials = Vec::new();
        for fact in &facts {
            if let Fact::Unusable(name, versions, why) = fact {
                let mut changed = problem.clone();
                let hint = match why {
                    Reason::Prerelease => {
                        changed.inputs.prereleases = PrereleasePolicy::IfNecessary;
                        Hint::Prerelease(name.clone())
                    }
                    Reason::Yanked => {
                        let Some(version) = self.highest(name, versions) else {
                            continue;
                        };
                        changed.inputs.requirements.push(exactly(name, &version));
                        Hint::Yanked(name.clone(), version)
                    }
                    Reason::RequiresPython(python) => {
                        let lower = python.iter().filter(|s| s.has_lower_bound());
                        let lower: Vec<String> = lower.map(ToString::to_string).collect();
                        let lower = lower.join(",");
                        let raised = raised(&problem.inputs.interpreter_constraints, &lower);
                        let Some(raised) = raised else {
                            continue;
                        };
                        changed.inputs.interpreter_constraints = raised;
                        Hint::Python(name.clone(), lower)
                    }
                    Reason::Platform(platform) if problem.inputs.platforms.len() > 1 => {
                        changed.inputs.platforms.retain(|p| p != platform);
                        Hint::Platform(name.clone(), *platform)
                    }
                    Reason::NoWheel => {
                        changed.inputs.require_wheels = false;
                        changed.inputs.only_binary = PackageSet::default();
                        Hint::Sdist(name.clone())
                    }
                    Reason::NoSdist => {
                        changed.inputs.no_binary = PackageSet::default();
                        Hint::Wheel(name.clone())
                    }
                    Reason::Constraint(at) => {
                        if let Some(constraint) = changed.constraint_mut(*at) {
                            constraint.source = any_version();
                        }
                        Hint::LoosenConstraint {
                            constraint: *at,
                            version: None,
                        }
                    }
                    _ => continue,
                };
                trials.push((hint, changed));
            }
        }
        for fact in &facts {
            if let Fact::Required(requirement) = fact
                && requirement.specifiers().is_some_and(|s| !s.is_empty())
            {
                let mut changed = problem.clone();
                for other in &mut changed.inputs.requirements {
                    if other == requirement {
                        other.source = any_version();
                    }
                }
                let hint = Hint::Loosen {
                    requirement: requirement.clone(),
                    version: None,
                };
                trials.push((hint, changed));
            }
        }
        trials
    }

    fn highest(&self, name: &PackageName, versions: &model::VersionRange) -> Option<Version> {
        let known = self.versions.get(name)?;
        let mut known = known.iter().rev();
        known.find(|version| versions.contains(version)).cloned()
    }

    /// The hint with the version that the changed problem chooses where it clashed.
    fn with_version(&self, mut hint: Hint, resolved: &Resolved, problem: &Problem) -> Hint {
        let chosen = |name: &PackageName| {
            let here = |node: &&model::Node| {
                node.name == *name && !node.marker.is_disjoint(&self.environments)
            };
            let mut nodes = resolved.resolution.nodes.iter().filter(here);
            nodes.next_back().map(|node| node.version.clone())
        };
        match &mut hint {
            Hint::Loosen {
                requirement,
                version,
            } => *version = chosen(&requirement.name),
            Hint::LoosenConstraint {
                constraint,
                version,
            } => {
                let constraint = problem.constraints().nth(*constraint);
                *version = constraint.and_then(|constraint| chosen(&constraint.name));
            }
            _ => {}
        }
        hint
    }
}

/// What may help, by the look of it.
pub(crate) fn untried(facts: &[Fact]) -> Vec<Hint> {
    let mut hints = Vec::new();
    for fact in facts {
        let hint = match fact {
            Fact::Unusable(name, _, why) => match why {
                Reason::NotFound => Hint::Misspelt(name.clone()),
                Reason::Prerelease => Hint::Prerelease(name.clone()),
                Reason::RequiresPython(python) => Hint::Python(name.clone(), python.to_string()),
                Reason::Platform(platform) => Hint::Platform(name.clone(), *platform),
                _ => continue,
            },
            _ => continue,
        };
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    hints
}

fn any_version() -> RequirementSource {
    RequirementSource::Index(Specifiers::default())
}

fn exactly(name: &PackageName, version: &Version) -> Requirement {
    let specifier = model::VersionSpecifier::equals_version(version.clone());
    Requirement {
        name: name.clone(),
        extras: Vec::new(),
        source: RequirementSource::Index(Specifiers(specifier.into())),
        marker: Marker::TRUE,
    }
}

/// The constraints with a further lower bound, where that leaves any Python.
fn raised(constraints: &InterpreterConstraints, lower: &str) -> Option<InterpreterConstraints> {
    let with = |constraint: String| {
        let comma = if constraint.contains(['=', '<', '>', '~', '!']) {
            ","
        } else {
            ""
        };
        format!("{constraint}{comma}{lower}")
    };
    let raised: Vec<String> = constraints.iter().map(with).collect();
    let raised = InterpreterConstraints::parse(&raised).ok()?;
    let is_less = raised.range() != constraints.range() && !raised.range().is_empty();
    is_less.then_some(raised)
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misspelt(name) => write!(f, "is `{name}` spelt right?"),
            Self::Loosen {
                requirement,
                version,
            } => match version {
                Some(version) => {
                    let name = &requirement.name;
                    write!(
                        f,
                        "with {name} {version} there is a solution: loosen `{requirement}`"
                    )
                }
                None => write!(f, "without it there is a solution: loosen `{requirement}`"),
            },
            Self::LoosenConstraint { version, .. } => match version {
                Some(version) => write!(
                    f,
                    "with {version} there is a solution: loosen the constraint"
                ),
                None => f.write_str("there is a solution without the constraint"),
            },
            Self::Prerelease(name) => write!(f, "a pre-release of {name} is a solution: allow it"),
            Self::Yanked(name, version) => {
                write!(
                    f,
                    "{name} {version} is a solution, though it was yanked: require it by `==`"
                )
            }
            Self::Python(name, python) => {
                write!(
                    f,
                    "{name} is for Python {python}: raise the lower bound of the interpreter constraints"
                )
            }
            Self::Platform(name, platform) => {
                write!(
                    f,
                    "{name} has nothing for {platform}: leave that platform out"
                )
            }
            Self::Sdist(name) => {
                write!(f, "a source distribution of {name} is a solution: allow it")
            }
            Self::Wheel(name) => write!(f, "a wheel of {name} is a solution: allow it"),
        }
    }
}
