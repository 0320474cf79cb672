//! Builds of source distributions and of repositories at a commit as actions: what was built before, here or on
//! another machine of the team, is not built again.

use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use engine::{Action, Digest, InputFile, InputOrigin, InputTree, TreeNode};
use install::build::{
    BuildExecutor, BuildOrigin, BuildProblem, BuildTask, MadeFile, SourceIdentity,
};

use crate::actions::{ActionOptions, ActionRunner, KeptFile, OUTPUT, OwnWork, WorkWorth};
use crate::error::GoalError;
use crate::session::Session;

/// Stands for the way in which backends are called. Another one stands for other results.
const BUILDER: &str = "1";

/// Variables of the user that backends, and the compilers that they call, heed.
pub const COMPILER_VARIABLES: &[&str] = &[
    "ARCHFLAGS",
    "AR",
    "CC",
    "CFLAGS",
    "CPP",
    "CPPFLAGS",
    "CXX",
    "CXXFLAGS",
    "LDFLAGS",
    "LDSHARED",
    "MACOSX_DEPLOYMENT_TARGET",
    "RUSTFLAGS",
    "SOURCE_DATE_EPOCH",
];

/// Runs builds as actions, in an engine that there is from the first one on.
pub struct BuildActions<'a> {
    session: &'a Session,
    runner: OnceLock<Result<ActionRunner<'a>, GoalError>>,
}

impl<'a> BuildActions<'a> {
    /// The builds of a session.
    pub fn new(session: &'a Session) -> Self {
        Self {
            session,
            runner: OnceLock::new(),
        }
    }

    fn runner(&self) -> Result<&ActionRunner<'a>, GoalError> {
        let runner = self.runner.get_or_init(|| {
            let options = ActionOptions::default();
            ActionRunner::new(self.session, &options)
        });
        runner.as_ref().map_err(Clone::clone)
    }

    fn action(&self, build: &BuildTask<'_>) -> Result<Action, GoalError> {
        let source = build.source;
        let name = source.name();
        let mut arguments = vec!["cargo-xtask", "build-source", BUILDER, build.product];
        let mut inputs = InputTree::default();
        let failed = |error: &dyn std::fmt::Display| GoalError::failure(error.to_string());
        match &source.identity {
            SourceIdentity::Archive {
                sha256,
                subdirectory,
            } => {
                let metadata = fs_err::metadata(&source.path).map_err(|error| failed(&error))?;
                let archive = InputFile {
                    digest: Digest::new(sha256.0, metadata.len()),
                    executable: false,
                    origin: InputOrigin::Disk(Arc::from(source.path.as_std_path())),
                };
                let nodes = [(name.clone(), TreeNode::File(archive))];
                inputs = InputTree::of_nodes(nodes).map_err(|error| failed(&error))?;
                arguments.extend(subdirectory.as_deref());
            }
            SourceIdentity::Commit {
                commit,
                subdirectory,
            } => {
                arguments.push(commit);
                arguments.extend(subdirectory.as_deref());
            }
            SourceIdentity::Folder => {}
        }
        let description = format!("build {name}: {}", build.product);
        let mut action = Action::new(description, arguments)
            .inputs(inputs)
            .variable("MADE_WITH", build.made_with.join(" "))
            .optional_output(OUTPUT);
        for name in COMPILER_VARIABLES {
            if let Some(value) = self.session.environment.get(*name) {
                action = action.variable(name, value);
            }
        }
        Ok(action)
    }

    fn run(
        &self,
        build: &BuildTask<'_>,
        problem: &Mutex<Option<BuildProblem>>,
    ) -> Result<Option<MadeFile>, GoalError> {
        let runner = self.runner()?;
        let work = OwnWork {
            action: self.action(build)?,
            work: Box::new(|folder| {
                let folder = folder.join(OUTPUT);
                let made = fs_err::create_dir_all(&folder).map_err(BuildProblem::from);
                match made.and_then(|()| (build.work)(&folder)) {
                    Ok(BuildOrigin::Declared) => Ok(WorkWorth::Kept),
                    Ok(BuildOrigin::Further) => Ok(WorkWorth::Once),
                    Err(error) => {
                        let text = error.to_string();
                        *problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                        Err(GoalError::failure(text))
                    }
                }
            }),
        };
        let mut built = Ok(None);
        for outcome in runner.run_own(&[work]) {
            let store = runner.engine().store();
            let kept = outcome.map(|outcome| KeptFile::of(&outcome, store));
            built = kept.and_then(|kept| kept.map(made_file).transpose());
        }
        built
    }
}

fn made_file(kept: KeptFile<'_>) -> Result<MadeFile, GoalError> {
    let path = kept.path();
    let path = path.map_err(|error| GoalError::failure(error.to_string()))?;
    let name = kept.name;
    Ok(MadeFile { name, path })
}

impl BuildExecutor for BuildActions<'_> {
    fn execute(&self, build: &BuildTask<'_>) -> Result<Option<MadeFile>, BuildProblem> {
        let problem = Mutex::new(None);
        self.run(build, &problem).map_err(|error| {
            let problem = problem.into_inner().unwrap_or_else(PoisonError::into_inner);
            problem.unwrap_or_else(|| io::Error::other(error.to_string()).into())
        })
    }
}

impl Drop for BuildActions<'_> {
    fn drop(&mut self) {
        if let Some(Ok(runner)) = self.runner.get() {
            // No trace was asked for, which is all that can fail.
            let _ = runner.finish();
        }
    }
}
