//! Workflow commands of GitHub, which become annotations of a pull request.
//!
//! Source: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>.

/// A command, such as `::error file=a.py,line=1::message`. Properties without a value are left out.
#[must_use]
pub fn workflow_command(name: &str, properties: &[(&str, String)], message: &str) -> String {
    let properties = properties.iter().filter(|(_, value)| !value.is_empty());
    let properties: Vec<String> = properties
        .map(|(key, value)| {
            let value = escaped(value).replace(':', "%3A").replace(',', "%2C");
            format!("{key}={value}")
        })
        .collect();
    let space = match properties.is_empty() {
        true => "",
        false => " ",
    };
    format!(
        "::{name}{space}{}::{}",
        properties.join(","),
        escaped(message)
    )
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_is_escaped() {
        let properties = [("file", "a,b.py".to_owned()), ("line", String::new())];
        assert_eq!(
            workflow_command("error", &properties, "50%\n: x"),
            "::error file=a%2Cb.py::50%25%0A: x"
        );
        assert_eq!(workflow_command("notice", &[], "x"), "::notice::x");
    }
}
