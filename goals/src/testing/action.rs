//! A batch as an action: pytest's command line, its environment, its inputs and outputs.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use engine::{Action, Location, Shutdown, Streams, Template};
use pytest::{CoverageArguments, JunitArguments, OutputColor, PytestCommand};

use super::fork_server::{CODE_VARIABLE, ServerChoice};
use super::inputs::{EXTRA_OUTPUT, TestInputs};
use super::plan::TestBatch;
use super::preparation::Preparation;
use super::slot::SlotVariable;
use crate::environments::CachedEnvironment;
use crate::session::Session;

/// The name of the data file of coverage.
pub(super) const COVERAGE_DATA: &str = ".coverage";

/// What pytest leaves where it ended well; `pytest_main.py` makes it.
pub(super) const ENDED: &str = ".pytest-ended";

/// Names of locations of this machine.
pub(super) const ENVIRONMENT: &str = "environment";
pub(super) const ROOT: &str = "root";
pub(super) const PROCESSES: &str = "processes";

/// What stands for the root in values of variables.
const BUILD_ROOT: &str = "%(buildroot)s";

/// The program that runs pytest.
pub(super) const PROGRAM: &str = concat!(
    include_str!("kept_code.py"),
    include_str!("pytest_main.py"),
    include_str!("run_pytest.py")
);

/// The folder of the cache with compiled code of the repository's modules.
const CODE: &str = "code-1";

/// A batch with what it sees.
#[derive(Debug, Clone)]
pub(super) struct PlannedBatch {
    pub(super) batch: TestBatch,
    pub(super) environment: Arc<CachedEnvironment>,
    /// What its fork server has of that.
    pub(super) shared: Arc<CachedEnvironment>,
    pub(super) inputs: TestInputs,
}

impl PlannedBatch {
    /// The name of its junit report.
    pub(super) fn junit_name(&self) -> String {
        format!("{}.xml", self.batch.report_name())
    }

    /// What is to be run, with `arguments` of the user.
    pub(super) fn action(&self, session: &Session, arguments: &[String]) -> Action {
        let settings = &session.settings;
        let python = Template::location(ENVIRONMENT).then("/bin/python");
        let mut line: Vec<Template> = vec![python];
        if settings.test.debug_adapter {
            // Python's own modules as files, which a debugger can stop in.
            line.push("-Xfrozen_modules=off".into());
        }
        line.extend(["-s", "-E", "-c", PROGRAM].map(Template::from));
        line.extend(self.pytest_line(session, arguments));
        let environment = &self.environment.environment;
        let identity = self.environment.identity.to_string();
        let description = format!("test {}", self.batch.title());
        let mut action = Action::new(description, line)
            .inputs(self.inputs.tree.clone())
            .location(ENVIRONMENT, Location::new(identity, environment.root()))
            .optional_output(EXTRA_OUTPUT);
        action.timeout = self.batch.timeout;
        let grace = settings.test_grace();
        action.shutdown = Shutdown::First { grace };
        action = action.passed("XTASK_GRACE", grace.as_secs().to_string());
        if settings.test.is_interactive() {
            action.streams = Streams::Terminal;
        } else {
            action = action.output(ENDED);
            action = action.optional_output(&self.junit_name());
        }
        if self.inputs.coverage.is_some() {
            action = action.optional_output(COVERAGE_DATA);
        }
        if let Some(processes) = self.batch.xdist {
            let location = Location::new(PROCESSES, processes.to_string());
            action = action.location(PROCESSES, location);
        }
        if let Some(variable) = &settings.pytest.execution_slot_var {
            action.spawner = Some(Arc::new(SlotVariable(variable.clone())));
        }
        if settings.test.debug_adapter {
            action = action.passed("XTASK_DEBUG_ADAPTER", debug_adapter_address(session));
        }
        self.with_variables(session, action)
    }

    /// Whether it may run as a fork of an interpreter that others share.
    pub(super) fn may_be_forked(&self, session: &Session) -> bool {
        let settings = &session.settings.test;
        settings.fork
            && !settings.is_interactive()
            && self.batch.xdist.is_none()
            && !self.batch.is_alone
    }

    /// Whether pytest may be prepared for it and others together: not where what is measured begins with that.
    pub(super) fn may_be_prepared(&self) -> bool {
        self.batch.files.len() == 1 && self.inputs.coverage.is_none()
    }

    /// How pytest is prepared for it.
    pub(super) fn preparation(&self) -> Preparation {
        let environment = &self.environment.identity;
        let (variables, roots) = (&self.batch.variables, &self.inputs.roots);
        let surroundings = format!("{environment} {variables:?} {roots:?}");
        let module = self.batch.files.concat();
        Preparation::new(&module, self.inputs.tree.clone(), surroundings)
    }

    /// The servers that it may be forked of: the first that has imported nothing else than its own would have.
    pub(super) fn server_choices(&self) -> Vec<ServerChoice> {
        let mut environments = vec![&self.shared, &self.environment];
        environments.dedup_by_key(|one| one.identity);
        let choice = |environment: &&Arc<CachedEnvironment>| ServerChoice {
            key: format!("{} {:?}", environment.identity, self.batch.variables),
            environment: environment.environment.root().to_owned(),
            variables: self.batch.variables.keys().cloned().collect(),
            remaining: AtomicUsize::new(0),
        };
        environments.iter().map(choice).collect()
    }

    /// pytest's own command line.
    fn pytest_line(&self, session: &Session, arguments: &[String]) -> Vec<Template> {
        let settings = &session.settings;
        let junit = self.junit_name();
        let configuration = settings.pytest.config.as_ref().map(|path| path.as_str());
        let reported = !settings.test.is_interactive();
        let command = PytestCommand {
            arguments,
            configuration,
            processes: self.batch.xdist,
            color: reported.then_some(OutputColor::Plain),
            junit: reported.then_some(JunitArguments {
                path: &junit,
                family: &settings.pytest.junit_family,
            }),
            coverage: self
                .inputs
                .coverage
                .as_ref()
                .map(|measured| CoverageArguments {
                    configuration: &measured.configuration,
                    sources: &measured.sources,
                }),
            files: &self.batch.files,
        };
        let mut line: Vec<Template> = command.line().iter().map(Template::from).collect();
        // How many processes there are says nothing of the result.
        if self.batch.xdist.is_some() {
            let given = arguments.len() + 2 * usize::from(configuration.is_some());
            line[given + 1] = Template::location(PROCESSES);
        }
        line
    }

    fn with_variables(&self, session: &Session, mut action: Action) -> Action {
        let variables = &self.batch.variables;
        let environment = Template::location(ENVIRONMENT);
        let roots = self.inputs.roots.join(":");
        let mut unasked = vec!["HOME", "TMPDIR"];
        unasked.retain(|name| !variables.contains_key(*name));
        action = action
            .variable("VIRTUAL_ENV", environment)
            .variable("PWD", Template::sandbox())
            .variable("PEX_EXTRA_SYS_PATH", roots)
            .variable("XTASK_UNASKED", unasked.join(" "))
            .location(ROOT, Location::new(ROOT, session.root()));
        if let Some(path) = session.environment.get("PATH") {
            action = action.passed("PATH", path.clone());
        }
        // A debugger goes by the code that it sees compiled.
        if let Ok(cache) = session.cache()
            && !session.settings.test.is_interactive()
        {
            action = action.passed(CODE_VARIABLE, cache.join(CODE).into_string());
        }
        for (name, value) in variables {
            let mut parts = value.split(BUILD_ROOT);
            let mut template = Template::from(parts.next().unwrap_or_default());
            for part in parts {
                template = template.then_location(ROOT).then(part);
            }
            if name == "PATH" {
                action.passed.remove(name);
            }
            action = action.variable(name, template);
        }
        action
    }
}

/// Where a module waits for an editor's debugger.
pub(super) fn debug_adapter_address(session: &Session) -> String {
    let adapter = &session.settings.debug_adapter;
    format!("{}:{}", adapter.host, adapter.port)
}
