//! The targets that files of other languages lack, as the backends of Pants propose them: a table.

use targets::{Glob, TargetGraph};
use workspace::settings::Settings;

use super::putative::PutativeTarget;
use super::search::SearchedFiles;
use crate::session::Session;

/// What a backend proposes.
struct LanguageRule {
    /// The backend: `a.*` stands for those below `a` that generate code.
    backends: &'static [&'static str],
    /// Whether the settings want it.
    is_wanted: fn(&Settings) -> bool,
    /// Its files.
    files: &'static [&'static str],
    /// The type of targets for those of the files that these types own: tests.
    tests: &'static [&'static str],
    /// The type of targets for the rest.
    sources: &'static str,
    /// The names of both, where they are not that of the folder.
    names: (Option<&'static str>, Option<&'static str>),
    /// Whether each file gets a target of its own.
    is_by_file: bool,
}

const RULE: LanguageRule = LanguageRule {
    backends: &[],
    is_wanted: |_| true,
    files: &[],
    tests: &[],
    sources: "",
    names: (Some("tests"), None),
    is_by_file: false,
};

const RULES: &[LanguageRule] = &[
    LanguageRule {
        backends: &["pants.backend.shell"],
        is_wanted: |settings| settings.shell_setup.tailor_sources,
        files: &["*.sh"],
        tests: &["shunit2_tests"],
        sources: "shell_sources",
        ..RULE
    },
    LanguageRule {
        backends: &["pants.backend.docker", "pants.backend.experimental.docker"],
        is_wanted: |settings| settings.docker.tailor,
        files: &["*Dockerfile*"],
        sources: "docker_image",
        names: (None, Some("docker")),
        is_by_file: true,
        ..RULE
    },
    LanguageRule {
        backends: &[
            "pants.backend.codegen.protobuf.*",
            "pants.backend.experimental.codegen.protobuf.*",
        ],
        is_wanted: |settings| settings.protoc.tailor,
        files: &["*.proto"],
        sources: "protobuf_sources",
        ..RULE
    },
    LanguageRule {
        backends: &[
            "pants.backend.codegen.thrift.*",
            "pants.backend.experimental.codegen.thrift.*",
        ],
        files: &["*.thrift"],
        sources: "thrift_sources",
        ..RULE
    },
    LanguageRule {
        backends: &["pants.backend.experimental.codegen.avro.*"],
        files: &["*.avsc", "*.avpr", "*.avdl"],
        sources: "avro_sources",
        ..RULE
    },
    LanguageRule {
        backends: &["pants.backend.experimental.java"],
        files: &["*.java"],
        tests: &["junit_tests"],
        sources: "java_sources",
        ..RULE
    },
    LanguageRule {
        backends: &["pants.backend.experimental.kotlin"],
        files: &["*.kt"],
        tests: &["kotlin_junit_tests"],
        sources: "kotlin_sources",
        names: (None, None),
        ..RULE
    },
    LanguageRule {
        backends: &["pants.backend.experimental.scala"],
        files: &["*.scala"],
        tests: &["scalatest_tests", "scala_junit_tests"],
        sources: "scala_sources",
        names: (None, None),
        ..RULE
    },
    LanguageRule {
        backends: &["pants.backend.experimental.cc"],
        files: &["*.h", "*.c", "*.hpp", "*.cpp"],
        sources: "cc_sources",
        ..RULE
    },
    LanguageRule {
        backends: &["pants.backend.experimental.sql"],
        files: &["*.sql"],
        sources: "sql_sources",
        names: (None, Some("sql")),
        ..RULE
    },
    LanguageRule {
        backends: &["pants.backend.experimental.terraform"],
        files: &["*.tf"],
        sources: "terraform_module",
        ..RULE
    },
    LanguageRule {
        backends: &["pants.backend.experimental.helm"],
        files: &["Chart.yaml", "Chart.yml"],
        sources: "helm_chart",
        ..RULE
    },
    LanguageRule {
        backends: &["pants.backend.experimental.javascript"],
        files: &["*.js", "*.cjs", "*.mjs"],
        tests: &["javascript_tests"],
        sources: "javascript_sources",
        ..RULE
    },
    LanguageRule {
        backends: &["pants.backend.experimental.typescript"],
        files: &["*.ts", "*.tsx", "*.cts", "*.mts"],
        tests: &["typescript_tests"],
        sources: "typescript_sources",
        ..RULE
    },
];

/// Backends that propose targets in Pants and have no rule here.
const WITHOUT_RULE: &[&str] = &[
    "pants.backend.experimental.go",
    "pants.backend.experimental.openapi",
    "pants.backend.experimental.rust",
    "pants.backend.experimental.swift",
];

/// The targets that are missing.
pub(super) fn missing(
    session: &Session,
    graph: &TargetGraph<'_>,
    searched: &SearchedFiles,
) -> Vec<PutativeTarget> {
    let settings = &session.settings;
    let backends = &settings.global.backend_packages;
    for without in WITHOUT_RULE {
        if backends.iter().any(|backend| backend == without) {
            session.warn(format_args!(
                "`tailor` does not know which targets `{without}` needs"
            ));
        }
    }
    let chosen = RULES.iter().filter(|rule| rule.is_chosen(backends));
    let known = |kind: &str| graph.repository().options().target_type(kind).is_some();
    let chosen = chosen.filter(|rule| known(rule.sources));
    chosen
        .flat_map(|rule| rule.missing(settings, searched))
        .collect()
}

impl LanguageRule {
    fn is_chosen(&self, backends: &[String]) -> bool {
        let is_meant = |backend: &String| {
            self.backends.iter().any(|own| match own.strip_suffix('*') {
                Some(start) => backend.starts_with(start) && !backend.contains(".lint."),
                None => backend == own,
            })
        };
        backends.iter().any(is_meant)
    }

    fn missing(&self, settings: &Settings, searched: &SearchedFiles) -> Vec<PutativeTarget> {
        let mut missing = Vec::new();
        for (folder, mut names) in searched.unowned(self.files) {
            let (of_tests, of_sources) = self.names;
            for kind in self.tests {
                let target = PutativeTarget::new(kind, folder);
                let (tests, rest): (Vec<_>, Vec<_>) =
                    names.into_iter().partition(|name| target.would_own(name));
                names = rest;
                let is_wanted =
                    *kind != "shunit2_tests" || settings.shell_setup.tailor_shunit2_tests;
                if !tests.is_empty() && is_wanted {
                    missing.push(renamed(target, of_tests).of_files(tests));
                }
            }
            if names.is_empty() || !(self.is_wanted)(settings) {
                continue;
            }
            let target = renamed(PutativeTarget::new(self.sources, folder), of_sources);
            if !self.is_by_file {
                missing.push(target.of_files(names));
                continue;
            }
            for name in names {
                let is_usual = target
                    .sources
                    .iter()
                    .any(|usual| Glob::new(usual).is_match(&name));
                let own = match is_usual {
                    true => target.clone(),
                    false => target.clone().with("source", &name),
                };
                missing.push(own.of_files(vec![name]));
            }
        }
        missing
    }
}

fn renamed(target: PutativeTarget, name: Option<&str>) -> PutativeTarget {
    match name {
        Some(name) => target.named(name),
        None => target,
    }
}
