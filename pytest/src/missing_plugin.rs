//! Which plug-in a run of pytest lacked, read from what it printed.

/// What tells of a plug-in that is missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MissingPlugin {
    /// An option that no plug-in has: `--timeout`.
    Option(String),
    /// A requirement of `required_plugins`: `pytest-asyncio>=0.23`.
    Required(String),
    /// A module that `-p` or `pytest_plugins` names.
    Module(String),
}

/// The plug-ins that pytest's output says are missing, each once, sorted.
#[must_use]
pub fn missing_plugins(output: &str) -> Vec<MissingPlugin> {
    let mut found = Vec::new();
    for line in output.lines() {
        if let Some((_, words)) = line.split_once("error: unrecognized arguments: ") {
            // What follows an option is its value or one of the modules.
            let options = words
                .split_whitespace()
                .filter(|word| word.starts_with('-'));
            let names = options.map(|word| word.split('=').next().unwrap_or(word).to_owned());
            found.extend(names.map(MissingPlugin::Option));
        } else if let Some((_, required)) = line.split_once("Missing required plugins: ") {
            let required = required.split(',').map(|text| text.trim().to_owned());
            found.extend(required.map(MissingPlugin::Required));
        } else if let Some((_, rest)) = line.split_once("Error importing plugin \"") {
            let named = rest.split_once('"');
            let absent = named.filter(|(name, why)| {
                let top = name.split('.').next().unwrap_or(name);
                why.contains(&format!("No module named '{top}"))
            });
            found.extend(absent.map(|(name, _)| MissingPlugin::Module(name.to_owned())));
        }
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_in_output() {
        let option = |name: &str| MissingPlugin::Option(name.to_owned());
        let unrecognized = "ERROR: usage: -c [options]\n-c: error: unrecognized arguments: --timeout=3 -n test_a.py\n  inifile: None\n";
        assert_eq!(
            missing_plugins(unrecognized),
            [option("--timeout"), option("-n")]
        );
        let required = "ERROR: Missing required plugins: pytest-a>=2, pytest-b\n";
        assert_eq!(
            missing_plugins(required),
            ["pytest-a>=2", "pytest-b"].map(|text| MissingPlugin::Required(text.to_owned()))
        );
        let imported = "ImportError: Error importing plugin \"a.b\": No module named 'a'\nERROR: Error importing plugin \"own\": No module named 'of_another'\n";
        assert_eq!(
            missing_plugins(imported),
            [MissingPlugin::Module("a.b".to_owned())]
        );
        assert_eq!(missing_plugins("1 passed"), []);
    }
}
