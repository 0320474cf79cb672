//! Tries wheels before they get their names: each is installed in a clean environment with those
//! that it requires, and its entry points are loaded.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use install::python::PythonRequest;
use model::{InterpreterConstraints, Place, WheelFilename};

use crate::environments::{
    ExportOptions, Exporter, LoadFailure, Trial, TrialObstacle, TrialVerdict, TrialWheel,
};
use crate::error::GoalError;
use crate::locking::IndexChoice;
use crate::packaging::{BuiltArchive, NOT_KEPT, PackagedDistribution, PlatformRequest};
use crate::session::Session;

/// How wheels are tried.
#[derive(Debug, Clone, Default)]
pub struct TrialOptions {
    /// Where packages come from.
    pub index: IndexChoice,
    /// The Python to use, where one was named.
    pub python: Option<PythonRequest>,
}

/// Tries the wheels among `built`. Those that fail become errors. The wheels in `required` are
/// installed if others require them, but their results are ignored.
///
/// Wheels that cannot be tried here are reported and kept. Those for a platform that has a Python
/// of its own in the settings are tried with that.
pub fn try_wheels(
    session: &Session,
    options: &TrialOptions,
    built: &mut [Result<BuiltArchive<'_>, GoalError>],
    required: &[BuiltArchive<'_>],
) -> Result<(), GoalError> {
    let mut notes = Notes::default();
    let others = &session.settings.package.verify_pythons;
    let mut requests = Vec::new();
    for (platform, python) in others {
        let request: PlatformRequest = platform.parse().map_err(|problem: String| {
            GoalError::failure(problem).at(Place::file(session.settings.file.as_str()))
        })?;
        requests.push(request.clone());
        let chosen = |name: &WheelFilename| {
            name.platform_tag != "any" && request.accepts(&name.platform_tag)
        };
        let python = Some(PythonRequest::Path(python.clone()));
        let exporter = exporter(session, options, python)?;
        notes.collect(&exporter, &chosen, built, required);
    }
    let chosen = |name: &WheelFilename| {
        let of_other = requests
            .iter()
            .any(|request| request.accepts(&name.platform_tag));
        name.platform_tag == "any" || !of_other
    };
    let exporter = exporter(session, options, options.python.clone())?;
    notes.collect(&exporter, &chosen, built, required);
    notes.say(session);
    Ok(())
}

fn exporter<'a>(
    session: &'a Session,
    options: &TrialOptions,
    python: Option<PythonRequest>,
) -> Result<Exporter<'a>, GoalError> {
    let options = ExportOptions {
        index: options.index.clone(),
        python,
        ..ExportOptions::default()
    };
    Exporter::new(session, options)
}

type Group = (Option<String>, Vec<String>);

/// The positions of the wheels that can be in one environment: of one resolve and for the same
/// Pythons.
fn groups(
    built: &[Result<BuiltArchive<'_>, GoalError>],
    chosen: &impl Fn(&WheelFilename) -> bool,
) -> BTreeMap<Group, Vec<usize>> {
    let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
    for (at, one) in built.iter().enumerate() {
        if let Ok(one) = one
            && trial_wheel(one).is_some_and(|wheel| chosen(&wheel.filename))
        {
            let distribution = one.distribution;
            let constraints = distribution.interpreter_constraints.iter();
            let constraints = constraints
                .flat_map(|constraints| constraints.iter())
                .collect();
            let key = (distribution.resolve.clone(), constraints);
            groups.entry(key).or_default().push(at);
        }
    }
    groups
}

fn trial_wheel<'b>(built: &'b BuiltArchive<'_>) -> Option<TrialWheel<'b>> {
    Some(TrialWheel {
        filename: built.name().parse::<WheelFilename>().ok()?,
        path: Utf8Path::from_path(built.pending.beside())?,
    })
}

/// The reports about wheels that were not tried. Each reason is given once.
#[derive(Default)]
struct Notes(BTreeMap<TrialObstacle, BTreeSet<String>>);

impl Notes {
    /// Tries the chosen wheels with one Python. Those that fail become errors.
    fn collect(
        &mut self,
        exporter: &Exporter<'_>,
        chosen: &impl Fn(&WheelFilename) -> bool,
        built: &mut [Result<BuiltArchive<'_>, GoalError>],
        required: &[BuiltArchive<'_>],
    ) {
        let any = InterpreterConstraints::any_recent();
        for ((resolve, _), positions) in groups(built, chosen) {
            let tried: Vec<&BuiltArchive<'_>> = positions
                .iter()
                .filter_map(|at| built[*at].as_ref().ok())
                .collect();
            let distribution = tried[0].distribution;
            let belongs = |one: &&BuiltArchive<'_>| one.distribution.resolve == resolve;
            let all = tried.iter().copied().chain(required.iter().filter(belongs));
            let trial = Trial {
                resolve: resolve.as_deref(),
                interpreter_constraints: distribution
                    .interpreter_constraints
                    .as_ref()
                    .unwrap_or(&any),
                wheels: all.filter_map(trial_wheel).collect(),
            };
            let verdicts = exporter.try_wheels(&trial);
            for (at, verdict) in positions.into_iter().zip(verdicts) {
                let refused = built[at]
                    .as_ref()
                    .ok()
                    .and_then(|one| self.judge(one, verdict));
                if let Some(error) = refused {
                    built[at] = Err(error);
                }
            }
        }
    }

    /// The error for a wheel that fails.
    fn judge(&mut self, built: &BuiltArchive<'_>, verdict: TrialVerdict) -> Option<GoalError> {
        match verdict {
            TrialVerdict::Loads => None,
            TrialVerdict::Fails(failures) => Some(does_not_load(built, &failures)),
            TrialVerdict::Refused(error) => {
                let place = built.distribution.place.clone();
                Some(error.at(place).hint(NOT_KEPT))
            }
            TrialVerdict::TrialObstacle(why) => {
                let wheels = self.0.entry(why).or_default();
                wheels.insert(built.name().to_owned());
                None
            }
        }
    }

    fn say(&self, session: &Session) {
        for (why, wheels) in &self.0 {
            let wheels: Vec<&str> = wheels.iter().map(String::as_str).collect();
            let wheels = wheels.join(", ");
            match why {
                TrialObstacle::OtherPlatform => session.say(format_args!(
                    "verified without being installed, since for another platform: {wheels}"
                )),
                TrialObstacle::Because(why) => session.warn(format_args!(
                    "verified without being installed: {wheels}: {why}"
                )),
            }
        }
    }
}

fn does_not_load(built: &BuiltArchive<'_>, failures: &[LoadFailure]) -> GoalError {
    let message = match failures {
        [one] => format!(
            "the entry point `{}` of {} does not load",
            one.name,
            built.name()
        ),
        _ => format!(
            "{} entry points of {} do not load",
            failures.len(),
            built.name()
        ),
    };
    let distribution: &PackagedDistribution = built.distribution;
    let mut error = GoalError::failure(message).at(distribution.entry_points_place.clone());
    for LoadFailure {
        group,
        name,
        value,
        what,
        place,
    } in failures
    {
        let place = place
            .as_ref()
            .map(|place| format!(" ({place})"))
            .unwrap_or_default();
        error = error.because(format!("`{name} = {value}` of `{group}`: {what}{place}"));
    }
    if failures
        .iter()
        .any(|failure| failure.what.starts_with("ModuleNotFoundError"))
    {
        error = error
            .hint("add what provides the module to the `dependencies` of the code that imports it");
    }
    error.hint(NOT_KEPT)
}
