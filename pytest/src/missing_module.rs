//! Which modules a test did not find, read from what pytest printed.

/// The modules in messages of `ModuleNotFoundError`, each once, in the order of the output.
#[must_use]
pub fn missing_modules(output: &str) -> Vec<String> {
    const START: &str = "No module named ";
    let mut found: Vec<String> = Vec::new();
    for (at, _) in output.match_indices(START) {
        let rest = &output[at + START.len()..];
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
            continue;
        };
        let Some((module, _)) = rest[1..].split_once(quote) else {
            continue;
        };
        let is_module = !module.is_empty()
            && module
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
        if is_module && !found.iter().any(|known| known == module) {
            found.push(module.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_in_output() {
        let output = "E   ModuleNotFoundError: No module named 'p.hidden'\nModuleNotFoundError: No module named 'colors'\nNo module named 'p.hidden'; 'p' is not a package\nNo module named p\n";
        assert_eq!(missing_modules(output), ["p.hidden", "colors"]);
        assert_eq!(missing_modules("1 passed"), [""; 0]);
    }
}
