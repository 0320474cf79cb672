//! Components in the project files of PyCharm, which are small XML texts that it writes itself.

use super::request::MergeProblem;

const EMPTY: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<project version=\"4\">\n</project>\n";

/// `text` with the component `name` replaced by `element`, or added.
pub(super) fn set_component(text: &str, name: &str, element: &str) -> Result<String, MergeProblem> {
    let text = if text.trim().is_empty() { EMPTY } else { text };
    let element: String = element.lines().map(|line| format!("  {line}\n")).collect();
    if let Some((start, end)) = component(text, name) {
        return Ok(format!(
            "{}{}{}",
            &text[..start],
            element.trim(),
            &text[end..]
        ));
    }
    let close = text.rfind("</project>").ok_or(MergeProblem::NoProject)?;
    Ok(format!("{}{element}{}", &text[..close], &text[close..]))
}

/// Where the component is. Comments are skipped.
fn component(text: &str, name: &str) -> Option<(usize, usize)> {
    let attribute = format!("name=\"{name}\"");
    let mut at = 0;
    while let Some(next) = text[at..].find('<').map(|n| at + n) {
        if text[next..].starts_with("<!--") {
            at = next + text[next..].find("-->")? + 3;
            continue;
        }
        let close = next + text[next..].find('>')?;
        let tag = &text[next..close];
        if tag.starts_with("<component") && tag.contains(&attribute) {
            if tag.ends_with('/') {
                return Some((next, close + 1));
            }
            let end = "</component>";
            return Some((next, next + text[next..].find(end)? + end.len()));
        }
        at = close + 1;
    }
    None
}

/// A text as it is written in an attribute.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_added_and_replaced() {
        let once = set_component("", "Black", "<component name=\"Black\" a=\"1\" />").unwrap();
        insta::assert_snapshot!(once, @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <project version="4">
          <component name="Black" a="1" />
        </project>
        "#);
        let text = once.replace(
            "  <component",
            "  <!-- <component name=\"Black\"> is mine -->\n  <component",
        );
        let element = "<component name=\"Black\">\n  <option />\n</component>";
        insta::assert_snapshot!(set_component(&text, "Black", element).unwrap(), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <project version="4">
          <!-- <component name="Black"> is mine -->
          <component name="Black">
            <option />
          </component>
        </project>
        "#);
        assert_eq!(
            set_component("<x/>", "Black", element),
            Err(MergeProblem::NoProject)
        );
    }
}
