//! Hints that were tried: each proposed change to the problem is resolved first.

use model::{
    InterpreterConstraints, Marker, PackageName, PackageSet, PrereleasePolicy, Requirement,
    RequirementSource, Specifiers, Version,
};

use crate::conflict::Conflict;
use crate::explanation::Explanation;
use crate::fact::Fact;
use crate::hint::{GapRemedy, Hint};
use crate::problem::Problem;
use crate::provider::Provider;
use crate::reason::Reason;
use crate::resolver::{ResolveError, ResolveReport, resolve};

/// The largest number of changes that are tried. Each costs a resolution.
const MOST_TRIALS: usize = 12;

impl Conflict {
    /// Explains the conflict, with hints that were tried by resolving the changed problem.
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

    /// The changes to try, the smallest first.
    fn trials(&self, problem: &Problem) -> Vec<(Hint, Problem)> {
        let facts = self.facts();
        let allowing = facts.iter().filter_map(|fact| match fact {
            Fact::Unusable(name, versions, reason) => {
                let mut changed = problem.clone();
                let hint = match reason {
                    Reason::Yanked => {
                        let version = self.highest(name, versions)?;
                        let yanked = exactly(name, &version);
                        changed.inputs.requirements.push(yanked);
                        Hint::Yanked(name.clone(), version)
                    }
                    reason => allow(&mut changed, name, reason)?,
                };
                Some((hint, changed))
            }
            _ => None,
        });
        let loosening = facts.iter().filter_map(|fact| match fact {
            Fact::Required(requirement) => loosened(problem, requirement),
            _ => None,
        });
        allowing.chain(loosening).collect()
    }

    fn highest(&self, name: &PackageName, versions: &model::VersionRange) -> Option<Version> {
        let known = self.versions.get(name)?;
        let mut known = known.iter().rev();
        known.find(|version| versions.contains(version)).cloned()
    }

    /// The hint with the version that the changed problem chooses in the environments of the clash.
    fn with_version(&self, mut hint: Hint, resolved: &ResolveReport, problem: &Problem) -> Hint {
        let chosen = |name: &PackageName| {
            let here = |node: &&model::ResolutionNode| {
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

/// Changes the problem so that `reason` no longer makes versions of a project unusable. `None` if
/// the user cannot decide that.
fn allow(problem: &mut Problem, name: &PackageName, reason: &Reason) -> Option<Hint> {
    let inputs = &mut problem.inputs;
    Some(match reason {
        Reason::Prerelease => {
            inputs.prereleases = PrereleasePolicy::IfNecessary;
            Hint::Prerelease(name.clone())
        }
        Reason::RequiresPython(python) => {
            let lower = python.iter().filter(|s| s.has_lower_bound());
            let lower: Vec<String> = lower.map(ToString::to_string).collect();
            let lower = lower.join(",");
            inputs.interpreter_constraints = narrowed(&inputs.interpreter_constraints, &lower)?;
            Hint::Python(name.clone(), lower)
        }
        Reason::NoFile(gap) => {
            let remedy = GapRemedy::of(gap)?;
            match &remedy {
                GapRemedy::WithoutPlatform(platform) => {
                    inputs.platforms.retain(|other| other != platform);
                    if inputs.platforms.is_empty() {
                        return None;
                    }
                }
                GapRemedy::EndBefore(python) => {
                    let bound = format!("<{python}");
                    inputs.interpreter_constraints =
                        narrowed(&inputs.interpreter_constraints, &bound)?;
                }
                GapRemedy::BeginWith(python) => {
                    let bound = format!(">={python}");
                    inputs.interpreter_constraints =
                        narrowed(&inputs.interpreter_constraints, &bound)?;
                }
            }
            remedy.hint(name)
        }
        Reason::NoWheel => {
            inputs.require_wheels = false;
            inputs.only_binary = PackageSet::default();
            Hint::Sdist(name.clone())
        }
        Reason::NoSdist => {
            inputs.no_binary = PackageSet::default();
            Hint::Wheel(name.clone())
        }
        Reason::Constraint(at) => {
            problem.constraint_mut(*at)?.source = any_version();
            Hint::LoosenConstraint {
                constraint: *at,
                version: None,
            }
        }
        _ => return None,
    })
}

/// The problem without the version bounds of one requirement; `None` if it has none.
fn loosened(problem: &Problem, requirement: &Requirement) -> Option<(Hint, Problem)> {
    requirement.specifiers().filter(|s| !s.is_empty())?;
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
    Some((hint, changed))
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

/// The constraints with another bound; `None` if no Python is left.
fn narrowed(constraints: &InterpreterConstraints, bound: &str) -> Option<InterpreterConstraints> {
    let with = |constraint: String| {
        let comma = if constraint.contains(['=', '<', '>', '~', '!']) {
            ","
        } else {
            ""
        };
        format!("{constraint}{comma}{bound}")
    };
    let narrowed: Vec<String> = constraints.iter().map(with).collect();
    let narrowed = InterpreterConstraints::parse(&narrowed).ok()?;
    let is_less = narrowed.range() != constraints.range() && !narrowed.range().is_empty();
    is_less.then_some(narrowed)
}
