//! The tools that a repository formats and checks its code with, as its editors should use them.

use camino::Utf8Path;
use install::editor::Tool;
use install::environment::Environment;
use model::Version;

use super::folders;
use crate::session::Session;

/// The tools of the repository: which it uses is said by its back ends of Pants, and where they are
/// by what was exported.
pub struct RepositoryTools<'a> {
    session: &'a Session,
    /// With its resolve and its Python.
    environments: Vec<(Environment, String, Option<Version>)>,
}

impl<'a> RepositoryTools<'a> {
    /// Finds what was exported.
    pub fn of(session: &'a Session) -> Self {
        let exported = folders::environments(session).into_iter().map(|owned| {
            let resolve = owned.path.parent().and_then(Utf8Path::file_name);
            let resolve = resolve.unwrap_or_default().to_owned();
            let version = owned.path.file_name().and_then(|name| name.parse().ok());
            (Environment::at(owned.path), resolve, version)
        });
        Self {
            session,
            environments: exported.collect(),
        }
    }

    /// The first of these tools, each with the ends of its back ends' names. Where the settings name
    /// no back end that checks or formats Python, what was exported decides.
    pub fn first(&self, tools: &[(&str, &[&str])]) -> Option<Tool> {
        let backends = &self.session.settings.global.backend_packages;
        let decided = backends.iter().any(|backend| {
            backend.contains(".python.lint.") || backend.contains(".python.typecheck.")
        });
        tools
            .iter()
            .filter(|(_, ends)| {
                !decided
                    || ends
                        .iter()
                        .any(|end| backends.iter().any(|backend| backend.ends_with(end)))
            })
            .find_map(|(name, _)| self.tool(name))
    }

    /// Where the tool is: in the environment of its own resolve, as a program alone, or in any
    /// environment; of several Pythons the newest.
    fn tool(&self, name: &str) -> Option<Tool> {
        let own = self.session.settings.tools.get(name);
        let own = own.map_or(name, String::as_str);
        let found = |of_own: bool| {
            self.environments
                .iter()
                .filter(|(environment, resolve, _)| {
                    (resolve == own) == of_own && environment.scripts().join(name).is_file()
                })
                .max_by_key(|(_, _, version)| version)
                .map(|(environment, _, _)| environment)
        };
        let program = self.session.root().join(folders::BIN).join(name);
        let alone = || {
            let link = program.read_link_utf8();
            let of_environment = link.is_ok_and(|to| to.as_str().contains("/virtualenvs/"));
            (self.is_brought(name) || program.is_file() && !of_environment).then(|| Tool {
                name: name.to_owned(),
                script: program.clone(),
                python: None,
                server: None,
            })
        };
        let of = |environment: &Environment| {
            let server = environment.scripts().join(format!("{name}-lsp"));
            Tool {
                name: name.to_owned(),
                script: environment.scripts().join(name),
                python: Some(environment.python()),
                server: server.is_file().then_some(server),
            }
        };
        found(true)
            .map(of)
            .or_else(alone)
            .or_else(|| found(false).map(of))
    }

    /// Whether settings are for a program that each export brings, also where they are only shown.
    fn is_brought(&self, name: &str) -> bool {
        let settings = &self.session.settings;
        let program = settings.programs.get(name);
        settings.export.bin.iter().any(|one| one == name)
            && program.is_some_and(|program| !program.known_versions.is_empty())
    }
}
