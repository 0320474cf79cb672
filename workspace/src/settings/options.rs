//! The settings as the rooms take them: each room has its own type of options, and is told here
//! what the repository says.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use engine::EngineOptions;
use index::{IndexOptions, IndexRule};
use targets::kinds::TargetType;
use targets::{GraphOptions, LockfileTargets, Resolves, Switch, UseGitignore};

use super::Settings;
use super::kinds::FirstPartyRequirements;
use super::limits::Parallelism;

/// How long tests have to release what they hold: `docker stop` alone may take ten seconds for each container.
const TEST_GRACE: Duration = Duration::from_secs(30);

impl Settings {
    /// What shapes the target graph. `environment` is what `env()` in BUILD files sees.
    pub fn target_options(&self, environment: &BTreeMap<String, String>) -> GraphOptions {
        let settings = self;
        let (global, python, infer) = (&settings.global, &settings.python, &settings.python_infer);
        let switch = |on: bool| if on { Switch::On } else { Switch::Off };
        // Ours is meant wherever resolves are named: only Pants has a switch for it.
        let enabled = python.enable_resolves
            || (!settings.file.ends_with("pants.toml") && !python.resolves.is_empty());
        GraphOptions {
            pants_version: global.pants_version.clone().unwrap_or_default(),
            backend_packages: global.backend_packages.clone(),
            declared_types: settings
                .targets
                .types
                .iter()
                .map(|(name, declaration)| TargetType::declared(name, declaration))
                .collect(),
            pants_ignore: global.pants_ignore.clone(),
            use_gitignore: if global.pants_ignore_use_gitignore {
                UseGitignore::Yes
            } else {
                UseGitignore::No
            },
            build_patterns: global.build_patterns.clone(),
            build_ignore: global.build_ignore.clone(),
            plugin_folders: self.plugin_folders(),
            build_file_prelude_globs: global.build_file_prelude_globs.clone(),
            unmatched_build_file_globs: global.unmatched_build_file_globs,
            root_patterns: settings.source.root_patterns.clone(),
            marker_filenames: settings.source.marker_filenames.clone(),
            enable_resolves: if enabled {
                Resolves::Enabled
            } else {
                Resolves::Disabled
            },
            default_resolve: python.default_resolve.clone(),
            resolves: python
                .resolves
                .iter()
                .map(|(name, path)| (name.clone(), path.to_string()))
                .collect::<BTreeMap<_, _>>(),
            lockfile_targets: match python.enable_lockfile_targets {
                true => LockfileTargets::Enabled,
                false => LockfileTargets::Disabled,
            },
            interpreter_constraints: python
                .interpreter_constraints
                .iter()
                .flat_map(model::InterpreterConstraints::iter)
                .collect(),
            infer: targets::Infer {
                imports: switch(infer.imports),
                string_imports: switch(infer.string_imports),
                string_imports_min_dots: infer.string_imports_min_dots,
                assets: switch(infer.assets),
                assets_min_slashes: infer.assets_min_slashes,
                init_files: infer.init_files,
                conftests: switch(infer.conftests),
                entry_points: switch(infer.entry_points),
                unowned: infer.unowned_dependency_behavior,
                ignored_unowned: infer.ignored_unowned_imports.clone(),
                ambiguity: infer.ambiguity_resolution,
            },
            generate_setup_default: match settings.setup_py_generation.generate_setup_default {
                true => targets::SetupGeneration::Generated,
                false => targets::SetupGeneration::Own,
            },
            env: environment.clone(),
            platform: this_platform(),
            inferred: settings.inferred.clone(),
        }
    }

    /// The folders of plug-ins, relative to the root.
    fn plugin_folders(&self) -> Vec<String> {
        let folders = self.global.pythonpath.iter().map(Utf8Path::new);
        let within = folders.filter_map(|folder| match folder.is_absolute() {
            true => folder.strip_prefix(&self.root).ok(),
            false => Some(folder),
        });
        within
            .map(|folder| folder.as_str().trim_end_matches('/').to_owned())
            .collect()
    }

    /// How a distribution requires another one of the repository.
    pub fn first_party_requirements(&self) -> FirstPartyRequirements {
        let pants = self
            .setup_py_generation
            .first_party_dependency_version_scheme;
        self.package.first_party_requirements.unwrap_or(pants)
    }

    /// How long tests have after Ctrl+C and after their time, to release what their fixtures hold.
    pub fn test_grace(&self) -> Duration {
        self.grace().unwrap_or(TEST_GRACE)
    }

    /// How long programs have for their own clean-up, where the settings say it.
    fn grace(&self) -> Option<Duration> {
        let seconds = self.global.process_execution_graceful_shutdown_timeout;
        seconds.map(Duration::from_secs)
    }

    /// How actions are run, with what is kept in `cache`.
    pub fn engine_options(&self, cache: Utf8PathBuf) -> EngineOptions {
        let global = &self.global;
        let mut options = EngineOptions::new(cache);
        if let Some(Parallelism(jobs)) = global.process_execution_local_parallelism {
            options.jobs = jobs.get();
        }
        if let Some(total) = global.process_total_child_memory_usage {
            let fit = total.parts(global.process_per_child_memory_usage);
            options.jobs = options.jobs.min(fit.get());
        }
        if let Some(folder) = &global.local_execution_root_dir {
            options.sandboxes = Some(self.root.join(folder).join("cargo-xtask-sandboxes"));
        }
        options.keep = global.keep_sandboxes;
        if let Some(grace) = self.grace() {
            options.grace = grace;
        }
        options.local_cache = global.local_cache;
        options.remote = self.remote_options();
        options
    }

    /// How indexes are asked, with what is kept in `cache`. Which indexes those are depends on
    /// the resolve.
    pub fn index_options(&self, cache: Utf8PathBuf) -> IndexOptions {
        let mut options = IndexOptions::new(cache);
        let rules = self.index.first_index_exceptions.iter();
        options.rules = rules.map(|name| (name.clone(), IndexRule::Every)).collect();
        options.freshness = Duration::from_secs(self.index.freshness_seconds);
        options.http.limits.read_timeout = Duration::from_secs(self.index.timeout_seconds);
        options.exclude_newer = self.python.exclude_newer.map(|cutoff| cutoff.0);
        options
    }
}

/// This machine's platform, as `platform_resources` targets name it.
fn this_platform() -> String {
    let architecture = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    };
    format!("{}_{architecture}", std::env::consts::OS)
}
