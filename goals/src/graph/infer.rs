//! `--python-infer-…`: settings of `[python-infer]` on the command line, as Pants takes them.

use clap::{Args, ValueEnum};

/// Settings of `[python-infer]` for one run.
#[derive(Debug, Clone, Default, Args)]
pub struct InferArguments {
    /// Which ancestor `__init__.py` files are dependencies
    #[arg(
        long = "python-infer-init-files",
        value_name = "WHICH",
        global = true,
        hide = true
    )]
    init_files: Option<InitFiles>,

    /// What decides between several targets that provide a module
    #[arg(
        long = "python-infer-ambiguity-resolution",
        value_name = "HOW",
        global = true,
        hide = true
    )]
    ambiguity: Option<Ambiguity>,

    /// Whether texts that look like paths count
    #[arg(
        long = "python-infer-assets",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        global = true,
        hide = true
    )]
    assets: Option<bool>,

    /// Whether texts that look like modules count
    #[arg(
        long = "python-infer-string-imports",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        global = true,
        hide = true
    )]
    string_imports: Option<bool>,

    /// Whether imports count
    #[arg(
        long = "python-infer-imports",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        global = true,
        hide = true
    )]
    imports: Option<bool>,

    /// What to do about imports that nothing provides
    #[arg(
        long = "python-infer-unowned-dependency-behavior",
        value_name = "WHAT",
        global = true,
        hide = true
    )]
    unowned: Option<Unowned>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum InitFiles {
    Always,
    ContentOnly,
    Never,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Ambiguity {
    None,
    BySourceRoot,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Unowned {
    Ignore,
    Warning,
    Error,
}

impl InferArguments {
    /// Puts what was said in place of what the settings say.
    pub fn apply(&self, infer: &mut targets::Infer) {
        let switch = |on: bool| match on {
            true => targets::Switch::On,
            false => targets::Switch::Off,
        };
        if let Some(which) = self.init_files {
            infer.init_files = match which {
                InitFiles::Always => targets::InitFiles::Always,
                InitFiles::ContentOnly => targets::InitFiles::ContentOnly,
                InitFiles::Never => targets::InitFiles::Never,
            };
        }
        if let Some(how) = self.ambiguity {
            infer.ambiguity = match how {
                Ambiguity::None => targets::Ambiguity::None,
                Ambiguity::BySourceRoot => targets::Ambiguity::BySourceRoot,
            };
        }
        if let Some(what) = self.unowned {
            infer.unowned = match what {
                Unowned::Ignore => targets::Behavior::Ignore,
                Unowned::Warning => targets::Behavior::Warn,
                Unowned::Error => targets::Behavior::Error,
            };
        }
        infer.assets = self.assets.map_or(infer.assets, switch);
        infer.string_imports = self.string_imports.map_or(infer.string_imports, switch);
        infer.imports = self.imports.map_or(infer.imports, switch);
    }
}
