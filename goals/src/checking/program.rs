//! Where the program of a tool comes from: the resolve that the settings name, the program that they
//! pin, the folders that they name, or a lock that is kept in the cache.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use camino::Utf8PathBuf;
use checks::{CallMode, CheckTool, Invocation, Partitioning};
use engine::Location;
use model::{InterpreterConstraints, PackageName, Place, Requirement, Sha256};
use targets::query::Specs;
use targets::{TargetGraph, TargetId};
use workspace::settings::ToolOptions;

use super::code_environment::{
    CheckedCode, CodeEnvironment, cache_name, python_files, source_roots,
};
use super::look::anywhere;
use super::partition::FilePartition;
use super::process::{ToolCall, ToolProgram};
use super::request::CheckRequest;
use crate::environments::{ExportOptions, Exporter, LockedClosure};
use crate::error::GoalError;
use crate::session::Session;

/// The folder of tools' own caches. A new layout gets a new name.
const FOLDER: &str = "tools-1";

/// The folder that arguments name for reports.
const REPORTS: &str = "reports";

/// The Pythons of tools where the settings name none.
const ANY_PYTHON: &str = "CPython>=3.9";

/// Variables that a tool sees as the caller has them.
const PASSED: &[&str] = &[
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// The variable of the folders at which Python's imports start.
const PYTHON_PATH: &str = "PYTHONPATH";

/// The code of the repository that a tool imports.
#[derive(Debug, Default)]
struct SourcePlugins {
    /// The folders at which its imports start, relative to the root.
    roots: Vec<String>,
    /// Its files.
    files: Vec<String>,
    /// A name of what is in them, if there are any.
    contents: Option<String>,
}

/// All that is needed to call tools.
pub(super) struct ToolBox<'a> {
    pub(super) session: &'a Session,
    pub(super) request: &'a CheckRequest,
    pub(super) graph: &'a TargetGraph<'a>,
    exporter: Exporter<'a>,
    cache: Utf8PathBuf,
    /// Programs by section and constraints.
    found: Mutex<BTreeMap<(String, String), ToolProgram>>,
}

impl<'a> ToolBox<'a> {
    /// Prepares to find programs; nothing is brought yet.
    pub(super) fn new(
        session: &'a Session,
        graph: &'a TargetGraph<'a>,
        request: &'a CheckRequest,
    ) -> Result<Self, GoalError> {
        let options = ExportOptions {
            index: request.index.clone(),
            ..ExportOptions::default()
        };
        Ok(Self {
            exporter: Exporter::new(session, options)?,
            cache: cache_folder(session)?,
            found: Mutex::default(),
            session,
            request,
            graph,
        })
    }

    /// The folder that a run which changes files locks.
    pub(super) fn lock_folder(&self) -> Utf8PathBuf {
        self.cache.join("lock")
    }

    /// The call of a tool for a partition; `None` if it has no such mode.
    pub(super) fn call<'p>(
        &self,
        (tool, mode): (&'p CheckTool, CallMode),
        program: &'p ToolProgram,
        partition: &FilePartition,
    ) -> Result<Option<ToolCall<'p>>, GoalError> {
        let options = self.options(tool);
        let mut cache = self.cache.join(tool.section()).join(&program.identity);
        if tool.partition == Partitioning::Resolve {
            cache.push(cache_name(partition));
        }
        let plugins = self.plugins(&options)?;
        // What a tool keeps may come of the plug-ins that it had.
        if let Some(contents) = &plugins.contents {
            cache.push(contents);
        }
        fs_err::create_dir_all(&cache).map_err(|error| GoalError::file("make", &cache, &error))?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut locations = vec![
            (
                "program",
                Location::new(
                    format!("{} {}", tool.program(), program.identity),
                    &*program.program,
                ),
            ),
            ("cores", anywhere("cores", cores.to_string())),
            ("cache", anywhere("cache", &*cache)),
        ];
        let mut values = Vec::new();
        let mut sees = Vec::new();
        if tool.partition == Partitioning::Resolve {
            let stubs = self.requirements(tool, &options.extra_type_stubs)?;
            let exporter = (self.session, &self.exporter);
            let checked = CheckedCode {
                partition,
                stubs: &stubs,
            };
            let code = CodeEnvironment::of(exporter, self.graph, checked)?;
            let located = |path| Location::new(code.identity.as_str(), path);
            locations.push(("python_executable", located(code.python.clone())));
            locations.push(("site_packages", located(code.site_packages.clone())));
            values.push(("python_version", code.python_version));
            values.push(("source_roots", code.source_roots.join(":")));
            let roots = code.source_roots.iter();
            values.extend(roots.map(|root| ("source_root", root.clone())));
            sees = code.files;
        }
        let config = self.config(tool, &options)?;
        let invocation = Invocation {
            values,
            configuration: self.configuration(tool, config.as_deref(), &options),
            config,
            is_isolated: !options.config_discovery,
            is_plain: self.request.wants_findings,
            arguments: [options.args.0.clone(), self.request.arguments.clone()].concat(),
        };
        let Some(mut arguments) = invocation.arguments_of(tool, mode) else {
            return Ok(None);
        };
        self.place_reports(tool, &mut arguments)?;
        let own = invocation.variables_of(tool);
        let mut variables: BTreeMap<String, String> =
            own.map(|(name, value)| (name.to_owned(), value)).collect();
        sees.extend(options.config.iter().map(ToString::to_string));
        if plugins.contents.is_some() {
            let own = variables.remove(PYTHON_PATH);
            let roots: Vec<String> = plugins.roots.into_iter().chain(own).collect();
            variables.insert(PYTHON_PATH.to_owned(), roots.join(":"));
            // What it compiles does not lie beside the team's code.
            variables.insert(
                "PYTHONPYCACHEPREFIX".to_owned(),
                "{cache}/pycache".to_owned(),
            );
            sees.extend(plugins.files);
        }
        Ok(Some(ToolCall {
            tool,
            mode,
            cache,
            passed: self.passed(&program.identity),
            locations,
            source_roots: self
                .graph
                .source_roots()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            sees,
            program,
            arguments,
            variables,
        }))
    }

    /// The code of the repository that a tool imports.
    fn plugins(&self, options: &ToolOptions) -> Result<SourcePlugins, GoalError> {
        if options.source_plugins.is_empty() {
            return Ok(SourcePlugins::default());
        }
        let addresses = options.source_plugins.iter().map(String::as_str);
        let selected = Specs::parse(addresses, "").select(self.graph)?;
        let generated = selected.iter().flat_map(|id| self.graph.generated(*id));
        let all: Vec<_> = generated.chain(selected.iter().copied()).collect();
        let reached = self.graph.transitive_dependencies(&all)?;
        let targets: BTreeSet<TargetId> = reached.into_iter().chain(all).collect();
        let files = python_files(self.graph, &targets);
        let texts = files
            .iter()
            .map(|file| fs_err::read_to_string(self.session.root().join(file)).unwrap_or_default());
        let contents: Vec<String> = texts.collect();
        Ok(SourcePlugins {
            roots: source_roots(self.graph, &targets),
            files: files.into_iter().map(str::to_owned).collect(),
            contents: Some(short(&contents.join("\0"))),
        })
    }

    /// The text of the files that configure a tool.
    fn configuration(
        &self,
        tool: &CheckTool,
        config: Option<&str>,
        options: &ToolOptions,
    ) -> String {
        let read = |name: &str| fs_err::read_to_string(self.session.root().join(name)).ok();
        match config {
            Some(config) => read(config).unwrap_or_default(),
            None if !options.config_discovery => String::new(),
            None => {
                let found = tool.config_files.iter().filter_map(|file| {
                    let (name, text) = file.split_once('#').unwrap_or((file, ""));
                    read(name).filter(|content| content.contains(text))
                });
                found.collect::<Vec<_>>().join("\n")
            }
        }
    }

    /// Replaces the folder `reports` in arguments by that of the tool's reports below `dist`, as Pants
    /// gives what is written to it.
    fn place_reports(&self, tool: &CheckTool, arguments: &mut [String]) -> Result<(), GoalError> {
        let folder = format!("dist/{}/{}", self.request.goal.name(), tool.id());
        for argument in arguments {
            let start = argument.find('=').map_or(0, |equals| equals + 1);
            let Some(rest) = argument[start..].strip_prefix(REPORTS) else {
                continue;
            };
            if rest.is_empty() || rest.starts_with('/') {
                let whole = self.session.root().join(&folder);
                fs_err::create_dir_all(&whole)
                    .map_err(|error| GoalError::file("make", &whole, &error))?;
                *argument = format!("{}{folder}{rest}", &argument[..start]);
                self.session
                    .say(format_args!("{} writes reports to {folder}", tool.label()));
            }
        }
        Ok(())
    }

    /// Variables that a tool sees as the caller has them. Its home is its own, so that no settings of the
    /// user count.
    fn passed(&self, identity: &str) -> BTreeMap<String, String> {
        let passed = PASSED.iter().filter_map(|name| {
            let value = self.session.environment.get(*name)?;
            Some(((*name).to_owned(), value.clone()))
        });
        let home = self.cache.join("home").join(identity);
        passed
            .chain([("HOME".to_owned(), home.into_string())])
            .collect()
    }

    fn options(&self, tool: &CheckTool) -> ToolOptions {
        let options = self.session.settings.tool_options.get(tool.section());
        options.cloned().unwrap_or_default()
    }

    /// The configuration file of the settings, which must be there.
    fn config(&self, tool: &CheckTool, options: &ToolOptions) -> Result<Option<String>, GoalError> {
        let Some(config) = &options.config else {
            return Ok(None);
        };
        if !self.session.root().join(config).is_file() {
            return Err(GoalError::misuse(format!(
                "there is no file `{config}`, which `[{}] config` names",
                tool.section()
            )));
        }
        Ok(Some(config.to_string()))
    }

    /// The program of a tool for files of a partition.
    pub(super) fn program(
        &self,
        tool: &CheckTool,
        partition: &FilePartition,
    ) -> Result<ToolProgram, GoalError> {
        let constraints = partition.constraints.as_ref();
        let text: Vec<String> = constraints
            .into_iter()
            .flat_map(InterpreterConstraints::iter)
            .collect();
        let key = (tool.program().to_owned(), text.join(" "));
        // One that is brought is not brought a second time by a tool that runs at the same time.
        let mut found = self
            .found
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = found.get(&key) {
            return Ok(known.clone());
        }
        let program = self.find(tool, constraints)?;
        found.insert(key, program.clone());
        Ok(program)
    }

    fn find(
        &self,
        tool: &CheckTool,
        constraints: Option<&InterpreterConstraints>,
    ) -> Result<ToolProgram, GoalError> {
        let section = tool.section();
        let options = self.options(tool);
        if let Some(resolve) = self.session.settings.tools.get(section) {
            return self.of_resolve(tool, (resolve, &options), constraints);
        }
        if let Some(program) = self.exporter.program(section)? {
            let program = program.canonicalize_utf8().unwrap_or(program);
            return Ok(ToolProgram {
                identity: short(program.as_str()),
                program,
            });
        }
        let folders = &self.session.settings.checks.search_path;
        match folders.is_empty() {
            true => self.of_kept_lock(tool, &options, constraints),
            false => self.in_folders(tool, folders),
        }
    }

    fn of_resolve(
        &self,
        tool: &CheckTool,
        (resolve, options): (&str, &ToolOptions),
        constraints: Option<&InterpreterConstraints>,
    ) -> Result<ToolProgram, GoalError> {
        let settings = &self.session.settings;
        let section = tool.section();
        if !settings.python.resolves.contains_key(resolve) {
            let error = GoalError::failure(format!(
                "there is no resolve `{resolve}`, which `[{section}] install_from_resolve` names"
            ));
            let known: Vec<&str> = settings
                .python
                .resolves
                .keys()
                .map(String::as_str)
                .collect();
            return Err(match model::nearest(resolve, known.iter().copied()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("there are `{}`", known.join("`, `"))),
            });
        }
        let lock = self.exporter.lock_of(resolve)?;
        let named = self.requirements(tool, &options.requirements)?;
        let missing = named
            .iter()
            .find(|one| !lock.packages.iter().any(|package| package.name == one.name));
        if let Some(missing) = missing {
            return Err(GoalError::failure(format!(
                "`[{section}] requirements` names {}, which the resolve `{resolve}` does not have",
                missing.name
            ))
            .hint(format!("add it to the requirements of `{resolve}`, then `cargo xtask generate-lockfiles --resolve {resolve}`")));
        }
        let own = &lock.inputs.interpreter_constraints;
        let python = match constraints {
            Some(constraints) => self.exporter.interpreter_for(constraints, tool.label())?,
            None => self.exporter.interpreter_for(own, tool.label())?,
        };
        let python = match own.contains(python.version()) {
            true => python,
            // The lock has no files for the Python of the code.
            false => self.exporter.interpreter_for(own, tool.label())?,
        };
        let roots: BTreeSet<PackageName> = named.into_iter().map(|one| one.name).collect();
        let closure = LockedClosure {
            lock: &lock,
            roots: (!roots.is_empty()).then_some(&roots),
        };
        let cached = self.exporter.cached(closure, &python)?;
        let program = cached.environment.scripts().join(tool.program());
        if !program.is_file() {
            return Err(GoalError::failure(format!(
                "the resolve `{resolve}`, which `[{section}] install_from_resolve` names, has no program `{}`",
                tool.program()
            ))
            .hint(format!("add `{}` to its requirements, then `cargo xtask generate-lockfiles --resolve {resolve}`", tool.package())));
        }
        Ok(ToolProgram {
            program,
            identity: short(&cached.identity.to_string()),
        })
    }

    fn of_kept_lock(
        &self,
        tool: &CheckTool,
        options: &ToolOptions,
        constraints: Option<&InterpreterConstraints>,
    ) -> Result<ToolProgram, GoalError> {
        let own = match (options.requirements.as_slice(), &options.version) {
            ([], Some(version)) if version.starts_with(|first: char| first.is_ascii_digit()) => {
                vec![format!("{}=={version}", tool.package())]
            }
            ([], Some(version)) => vec![version.clone()],
            ([], None) => tool.requirements.clone(),
            (named, _) => named.to_vec(),
        };
        let named: Vec<String> = own
            .iter()
            .chain(&options.extra_requirements)
            .cloned()
            .collect();
        let requirements = self.requirements(tool, &named)?;
        let settings = &self.session.settings;
        let usual = || {
            let of_default = settings.interpreter_constraints(&settings.python.default_resolve);
            of_default
                .cloned()
                .or_else(|_| InterpreterConstraints::parse(&[ANY_PYTHON]))
        };
        let constraints = match constraints {
            Some(constraints) => constraints.clone(),
            None => usual().map_err(|error| GoalError::failure(error.to_string()))?,
        };
        let python = self.exporter.interpreter_for(&constraints, tool.label())?;
        let lock = self.exporter.tool_lock(&requirements, &python)?;
        let closure = LockedClosure {
            lock: &lock,
            roots: None,
        };
        let cached = self.exporter.cached(closure, &python)?;
        let program = cached.environment.scripts().join(tool.program());
        if !program.is_file() {
            return Err(GoalError::failure(format!(
                "`{}`, which is locked for {}, has no program `{}`",
                named.join("`, `"),
                tool.label(),
                tool.program()
            )));
        }
        Ok(ToolProgram {
            program,
            identity: short(&cached.identity.to_string()),
        })
    }

    fn in_folders(&self, tool: &CheckTool, folders: &[String]) -> Result<ToolProgram, GoalError> {
        let path = self
            .session
            .environment
            .get("PATH")
            .map_or("", String::as_str);
        let folders = folders.iter().flat_map(|folder| match folder.as_str() {
            "<PATH>" => path.split(':').collect(),
            folder => vec![folder],
        });
        let mut programs = folders
            .filter(|folder| !folder.is_empty())
            .map(|folder| self.session.root().join(folder).join(tool.program()));
        let Some(program) = programs.find(|program| program.is_file()) else {
            let settings = self.session.settings.file.as_str();
            return Err(GoalError::failure(format!(
                "there is no program `{}` in the folders of `[checks] search_path`",
                tool.program()
            ))
            .at(Place::file(settings))
            .hint(format!(
                "install {}, or name the resolve that has it: `install_from_resolve` in `[{}]`",
                tool.package(),
                tool.section()
            )));
        };
        let changed = program.metadata().and_then(|found| found.modified()).ok();
        Ok(ToolProgram {
            identity: short(&format!("{program} {changed:?}")),
            program,
        })
    }

    /// Requirements, which may be named by the addresses of their targets.
    fn requirements(
        &self,
        tool: &CheckTool,
        named: &[String],
    ) -> Result<Vec<Requirement>, GoalError> {
        let mut requirements = Vec::new();
        for text in named {
            if text.starts_with("//") || text.contains(":") && !text.contains(" ") {
                requirements.extend(self.required_by(text)?);
                continue;
            }
            let requirement: Requirement =
                text.parse().map_err(|error: model::RequirementError| {
                    GoalError::failure(format!("`[{}] requirements` has `{text}`", tool.section()))
                        .because(error.to_string())
                })?;
            requirements.push(requirement);
        }
        Ok(requirements)
    }

    fn required_by(&self, address: &str) -> Result<Vec<Requirement>, GoalError> {
        let specs = Specs::parse([address], "");
        let mut requirements = Vec::new();
        for id in specs.select(self.graph)? {
            let all = self.graph.generated(id).chain([id]);
            let lines = all.flat_map(|id| self.graph.required_by(id));
            requirements.extend(lines.filter_map(|line| line.specifier.requirement().cloned()));
        }
        Ok(requirements)
    }
}

/// The folder of the caches of tools for a repository.
pub(super) fn cache_folder(session: &Session) -> Result<Utf8PathBuf, GoalError> {
    let root = Sha256::of(session.root().as_str().as_bytes()).to_string();
    Ok(session.cache()?.join(FOLDER).join(&root[..16]))
}

/// A short name for what is long.
fn short(text: &str) -> String {
    Sha256::of(text.as_bytes()).to_string()[..16].to_owned()
}
