//! Makes output the same on every machine: paths, ports and times are replaced by words in
//! brackets.

/// Replaces what is different from run to run.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    texts: Vec<(String, String)>,
}

impl Filter {
    /// Adds a text to replace, such as the path of a temporary folder by `[REPO]`.
    #[must_use]
    pub fn replace(mut self, text: &str, by: &str) -> Self {
        self.texts.push((text.to_owned(), by.to_owned()));
        self
    }

    /// The text with everything replaced: the added texts, codes of errors by nothing, ports of 127.0.0.1 by `[PORT]`, hashes
    /// by `[HASH]`, and times such as `1.25s` or `3 ms` by `[TIME]`.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (from, to) in &self.texts {
            text = text.replace(from.as_str(), to);
        }
        hide_times(&hide_hashes(&hide_ports(&hide_codes(&text))))
    }
}

/// `error[X101]: …` as `error: …`: codes have a test of their own.
fn hide_codes(text: &str) -> String {
    const START: &str = "error[X";
    let mut parts = text.split(START);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        let (start, rest) = match rest.strip_prefix("]: ") {
            Some(rest) => ("error: ", rest),
            None => (START, part),
        };
        shown += start;
        shown += rest;
    }
    shown
}

fn hide_ports(text: &str) -> String {
    const HOST: &str = "127.0.0.1:";
    let mut parts = text.split(HOST);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        shown += HOST;
        shown += if rest.len() < part.len() {
            "[PORT]"
        } else {
            ""
        };
        shown += rest;
    }
    shown
}

/// Replaces hashes and parts of them: words of 20 or more hexadecimal digits.
fn hide_hashes(text: &str) -> String {
    let of_word = |c: char| c.is_ascii_alphanumeric();
    let mut shown = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|c| !of_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        let digest = length >= 20 && word.chars().all(|c| c.is_ascii_hexdigit());
        shown += if digest { "[HASH]" } else { word };
        let gap = after.find(of_word).unwrap_or(after.len());
        shown += &after[..gap];
        rest = &after[gap..];
    }
    shown
}

fn hide_times(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let after = number.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let unit = ["ms", " ms", "s", " s"].into_iter().find(|unit| {
            let follows = after.strip_prefix(unit);
            follows.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        });
        let word_before = before.ends_with(|c: char| c.is_ascii_alphanumeric() || "-_".contains(c));
        shown += before;
        match unit.filter(|_| !word_before) {
            Some(unit) => {
                shown += "[TIME]";
                rest = &after[unit.len()..];
            }
            None => {
                shown += &number[..number.len() - after.len()];
                rest = after;
            }
        }
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let filter = Filter::default().replace("/tmp/x1", "[REPO]");
        assert_eq!(filter.apply(text), expect);
    }

    #[test]
    fn paths_ports_and_times() {
        check("/tmp/x1/BUILD:3:4", "[REPO]/BUILD:3:4");
        check(
            "http://127.0.0.1:4711/simple/",
            "http://127.0.0.1:[PORT]/simple/",
        );
        check(
            &format!("sha256:{} a1", "0a".repeat(32)),
            "sha256:[HASH] a1",
        );
        check("done in 1.25s, 3 ms of it", "done in [TIME], [TIME] of it");
    }

    #[test]
    fn versions_and_counts_stay() {
        check(
            "a 1.0 and 2 sdists, 3 packages, py3",
            "a 1.0 and 2 sdists, 3 packages, py3",
        );
    }
}
