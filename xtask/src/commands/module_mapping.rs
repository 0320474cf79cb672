//! `module-mapping`: which requirement provides which modules, and where that is said. Also finds
//! rows that are unnecessary or wrong, imports without a requirement, and requirements without an
//! import.

use std::fmt::Write as _;

use clap::Args;
use model::{DistFile, PackageName, Version};
use targets::modules::modules_of_wheel;
use targets::query::{
    MappingReport, MappingRow, MappingSource, MappingVerdict, WheelModules, mapping_report,
};

use crate::arguments::IndexArguments;
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::graph::BuildFiles;
use goals::locking::{LockPath, PackageIndexes};
use goals::session::Session;

/// The arguments of `module-mapping`.
#[derive(Debug, Args)]
pub(crate) struct ModuleMappingArguments {
    /// The resolve; without it the default one
    #[arg(long, value_name = "NAME")]
    resolve: Option<String>,

    /// Exit with 1 if a row contradicts its wheel, or nothing provides an import
    #[arg(long)]
    check: bool,

    #[command(flatten)]
    index: IndexArguments,
}

/// Prints the mapping and what is wrong with it.
pub(crate) fn run(
    session: &Session,
    arguments: &ModuleMappingArguments,
) -> Result<CommandOutcome, GoalError> {
    let resolve = arguments
        .resolve
        .as_deref()
        .unwrap_or(&session.settings.python.default_resolve);
    let path = LockPath::of(session, resolve)?;
    let workspace = BuildFiles::load(session)?;
    let graph = workspace.graph()?;
    let wheels = wheels(session, resolve, &path, arguments)?;
    let report = mapping_report(&graph, resolve, &wheels)?;
    workspace.keep(session);
    terminal::print(text(&report));
    let wrong = report.rows.iter().any(|row| {
        matches!(
            row.verdict,
            MappingVerdict::Contradicts(_) | MappingVerdict::Missing
        )
    }) || !report.unprovided.is_empty();
    Ok(match arguments.check && wrong {
        true => CommandOutcome::Found,
        false => CommandOutcome::Done,
    })
}

/// The modules in the locked wheels, as far as the wheels are available.
fn wheels(
    session: &Session,
    resolve: &str,
    path: &LockPath,
    arguments: &ModuleMappingArguments,
) -> Result<WheelModules, GoalError> {
    let mut modules = WheelModules::new();
    let lock = match path.lock(resolve) {
        Ok(lock) => lock,
        Err(_) => {
            session.say(format_args!(
                "there is no lock of ours at {}: what wheels contain is not known",
                path.relative
            ));
            return Ok(modules);
        }
    };
    let asked: Vec<(PackageName, Version, DistFile)> = lock
        .packages
        .iter()
        .filter_map(|package| {
            // The wheels for all platforms have the same modules. A pure wheel is the smallest to
            // read.
            let pure = package
                .wheels
                .iter()
                .find(|wheel| wheel.filename.ends_with("-none-any.whl"));
            let wheel = pure.or(package.wheels.first())?;
            Some((package.name.clone(), package.version.clone(), wheel.clone()))
        })
        .collect();
    let index = PackageIndexes::new(session, arguments.index.choice())?.index_of(resolve)?;
    let mut unknown = Vec::new();
    for (answer, (name, ..)) in index.records(&asked).into_iter().zip(&asked) {
        match answer {
            Ok(record) => {
                let files = wheel::recorded_paths(&record);
                let files = files.iter().map(String::as_str);
                modules.insert(name.clone(), modules_of_wheel(files));
            }
            Err(_) => unknown.push(name.to_string()),
        }
    }
    if !unknown.is_empty() {
        session.warn(format_args!(
            "what these wheels contain is not known: {}",
            unknown.join(", ")
        ));
    }
    Ok(modules)
}

fn text(report: &MappingReport) -> String {
    let mut text = String::new();
    for row in &report.rows {
        let _infallible = writeln!(
            text,
            "{}\t{}\t{}",
            row.project,
            row.modules.join(", "),
            source(row)
        );
    }
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _infallible = write!(text, "\n{title}\n");
            for line in lines {
                let _infallible = writeln!(text, "  {line}");
            }
        }
    };
    let rows = |pick: &dyn Fn(&MappingRow) -> Option<String>| -> Vec<String> {
        report.rows.iter().filter_map(pick).collect()
    };
    section(
        "Rows that can be deleted: the same holds without them",
        rows(&|row| (row.verdict == MappingVerdict::Redundant).then(|| row.project.clone())),
    );
    section(
        "Rows for projects that are not required",
        report
            .idle
            .iter()
            .map(|(project, target)| format!("{project} in {target}"))
            .collect(),
    );
    section(
        "Rows that the wheel contradicts",
        rows(&|row| match &row.verdict {
            MappingVerdict::Contradicts(modules) => Some(format!(
                "{}: no {} in the wheel, which has {}",
                row.project,
                modules.join(", "),
                row.wheel.as_deref().unwrap_or_default().join(", ")
            )),
            _ => None,
        }),
    );
    section(
        "Rows that are missing: the wheel contains something else",
        rows(&|row| {
            (row.verdict == MappingVerdict::Missing).then(|| {
                let modules = row.wheel.as_deref().unwrap_or_default();
                format!("\"{}\": [\"{}\"],", row.project, modules.join("\", \""))
            })
        }),
    );
    section(
        "Imports that nothing provides",
        report
            .unprovided
            .iter()
            .map(|(module, place)| format!("{module} at {place}"))
            .collect(),
    );
    section(
        "Requirements that nothing depends on",
        report.unused.iter().map(ToString::to_string).collect(),
    );
    text
}

fn source(row: &MappingRow) -> &'static str {
    match (row.source, &row.wheel) {
        (MappingSource::Explicit, _) => "BUILD",
        (MappingSource::Default, Some(_)) if row.verdict == MappingVerdict::Fine => {
            "name, as in the wheel"
        }
        (MappingSource::Default, _) => "name",
    }
}
