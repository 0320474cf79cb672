//! The arguments and variables of a process of a tool.

use crate::tool::CheckTool;

/// Whether a tool may change files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallMode {
    /// It looks.
    Check,
    /// A linter says what it would fix.
    CheckFix,
    /// It may change files.
    Write,
}

/// What stands for the names in braces of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invocation {
    /// Name, as `cores`, and value.
    pub values: Vec<(&'static str, String)>,
    /// Its configuration file, where the settings name one.
    pub config: Option<String>,
    /// Whether it looks for no configuration file itself.
    pub is_isolated: bool,
    /// What its configuration files say, to see whether a word is in it.
    pub configuration: String,
    /// Whether it is to print a line for each finding.
    pub is_plain: bool,
    /// Further arguments of the user, before the files.
    pub arguments: Vec<String>,
}

impl Invocation {
    /// The arguments before the files; `None` where the tool has no such mode.
    #[must_use]
    pub fn arguments_of(&self, tool: &CheckTool, mode: CallMode) -> Option<Vec<String>> {
        let own = match mode {
            CallMode::Check => tool.check.as_ref()?,
            CallMode::CheckFix => tool.check_fix.as_ref()?,
            CallMode::Write => tool.write.as_ref()?,
        };
        let own = own.iter().flat_map(|argument| self.repeated(argument));
        let is_said = |word: &str| {
            let mut arguments = self.arguments.iter();
            let spelled = word.replace('_', "-");
            self.configuration.contains(word) || arguments.any(|one| one.contains(&spelled))
        };
        let defaults = tool.unless_configured.iter();
        let defaults = defaults.filter(|(word, _)| !is_said(word));
        let own = own.chain(defaults.map(|(_, argument)| self.filled(argument)));
        let plain: &[String] = match self.is_plain {
            true => &tool.plain,
            false => &[],
        };
        // How findings look is asked once only.
        let option = |argument: &str| argument.split('=').next().unwrap_or_default().to_owned();
        let is_asked = |argument: &&String| {
            argument.contains('=') && plain.iter().any(|own| option(own) == option(argument))
        };
        let further = self.arguments.iter().filter(|argument| !is_asked(argument));
        Some(
            own.chain(self.configuration(tool))
                .chain(plain.iter().cloned())
                .chain(further.cloned())
                .collect(),
        )
    }

    /// The arguments that say where its configuration is, or that it has none.
    fn configuration(&self, tool: &CheckTool) -> Vec<String> {
        match (&self.config, &tool.config) {
            (Some(config), Some(argument)) => vec![argument.replace("{config}", config)],
            (None, _) if self.is_isolated => tool.isolated.clone(),
            _ => Vec::new(),
        }
    }

    /// The variables of its process.
    pub fn variables_of<'t>(&self, tool: &'t CheckTool) -> impl Iterator<Item = (&'t str, String)> {
        let variables = tool.environment.iter();
        variables.map(|(name, value)| (name.as_str(), self.filled(value)))
    }

    /// An argument, or one for each source root.
    fn repeated(&self, argument: &str) -> Vec<String> {
        const SOURCE_ROOT: &str = "source_root";
        let place = format!("{{{SOURCE_ROOT}}}");
        if !argument.contains(&place) {
            return vec![self.filled(argument)];
        }
        let roots = self.values.iter().filter(|(name, _)| *name == SOURCE_ROOT);
        let of_root = |(_, root): &(_, String)| self.filled(&argument.replace(&place, root));
        roots.map(of_root).collect()
    }

    fn filled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in &self.values {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }
}

/// The most bytes of the names of files on one command line: systems take at least twice that.
const MOST_BYTES: usize = 512 * 1024;

/// The files in as few parts as command lines allow. A name that looks like an option, or like a file
/// with arguments, gets `./` in front.
#[must_use]
pub fn batches(files: &[String]) -> Vec<Vec<String>> {
    let mut batches = vec![Vec::new()];
    let mut bytes = 0;
    for file in files {
        let file = match file.starts_with(['-', '@']) {
            true => format!("./{file}"),
            false => file.clone(),
        };
        let size = file.len() + 1 + size_of::<usize>();
        if bytes + size > MOST_BYTES && bytes > 0 {
            batches.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(last) = batches.last_mut() {
            last.push(file);
        }
    }
    batches.retain(|batch| !batch.is_empty());
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ToolTable;

    #[test]
    fn arguments_of_a_row() {
        let table = ToolTable::shipped();
        let invocation = Invocation {
            values: vec![("cores", "2".to_owned())],
            arguments: vec!["--line-length=30".to_owned()],
            ..Invocation::default()
        };
        let of = |mode| {
            invocation
                .arguments_of(table.get("black").unwrap(), mode)
                .unwrap()
        };
        assert_eq!(
            of(CallMode::Check),
            ["--check", "--workers=2", "--line-length=30"]
        );
        assert_eq!(of(CallMode::Write), ["--workers=2", "--line-length=30"]);
        assert_eq!(
            invocation.arguments_of(table.get("flake8").unwrap(), CallMode::Write),
            None
        );
    }

    #[test]
    fn findings_are_asked_for_in_one_form() {
        let table = ToolTable::shipped();
        let ruff = table.get("ruff-check").unwrap();
        let mut invocation = Invocation {
            arguments: vec!["--output-format=full".to_owned(), "--preview".to_owned()],
            ..Invocation::default()
        };
        let as_is = invocation.arguments_of(ruff, CallMode::Check).unwrap();
        assert_eq!(as_is[3..], ["--output-format=full", "--preview"]);
        invocation.is_plain = true;
        let plain = invocation.arguments_of(ruff, CallMode::Check).unwrap();
        assert_eq!(plain[3..], ["--output-format=concise", "--preview"]);
    }

    #[test]
    fn an_argument_is_repeated_for_each_source_root() {
        let invocation = Invocation {
            values: ["src", "."]
                .map(|root| ("source_root", root.to_owned()))
                .to_vec(),
            ..Invocation::default()
        };
        assert_eq!(
            invocation.repeated("--path={source_root}"),
            ["--path=src", "--path=."]
        );
        assert_eq!(invocation.repeated("--all"), ["--all"]);
    }

    #[test]
    fn thirty_thousand_files_are_split() {
        let files: Vec<String> = (0..30_000).map(|n| format!("src/{n:0>60}.py")).collect();
        let split = batches(&files);
        assert!(split.len() > 1 && split.concat() == files);
        assert_eq!(batches(&["-a.py".to_owned()]), [["./-a.py"]]);
        assert!(batches(&[]).is_empty());
    }
}
