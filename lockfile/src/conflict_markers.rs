//! The markers that git leaves around lines that it cannot merge.
//!
//! They have as many characters as the attribute `conflict-marker-size` says, seven without it. No
//! line of a lock begins with one of these characters, so the size of the first marker is known by
//! reading it, and the others must have the same.

/// The offset of the first conflict marker.
pub(crate) fn first_marker(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if opening(line).is_some() {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// The size of the marker before our side; `None` for another line.
fn opening(line: &str) -> Option<usize> {
    let size = line.len() - line.trim_start_matches('<').len();
    (size > 0 && ends_marker(&line[size..])).then_some(size)
}

/// Whether a line is a marker of this character and size.
fn is_marker(line: &str, character: char, size: usize) -> bool {
    let rest = line.trim_start_matches(character);
    line.len() - rest.len() == size && ends_marker(rest)
}

/// A marker has a label behind a space, or nothing.
fn ends_marker(rest: &str) -> bool {
    rest.starts_with(' ') || rest.trim_end().is_empty()
}

/// The texts of our side and of their side.
pub(crate) fn sides(text: &str) -> (String, String) {
    #[derive(Clone, Copy)]
    enum Within {
        Both,
        Ours(usize),
        Base(usize),
        Theirs(usize),
    }
    let (mut ours, mut theirs) = (String::new(), String::new());
    let mut within = Within::Both;
    for line in text.split_inclusive('\n') {
        within = match within {
            Within::Both => match opening(line) {
                Some(size) => Within::Ours(size),
                None => {
                    ours.push_str(line);
                    theirs.push_str(line);
                    within
                }
            },
            Within::Ours(size) if is_marker(line, '|', size) => Within::Base(size),
            Within::Ours(size) | Within::Base(size) if is_marker(line, '=', size) => {
                Within::Theirs(size)
            }
            Within::Theirs(size) if is_marker(line, '>', size) => Within::Both,
            Within::Ours(_) => {
                ours.push_str(line);
                within
            }
            Within::Theirs(_) => {
                theirs.push_str(line);
                within
            }
            Within::Base(_) => within,
        };
    }
    (ours, theirs)
}

/// Both texts as one conflict, with markers of so many characters.
pub(crate) fn as_conflict(ours: &str, theirs: &str, size: usize) -> String {
    let marker = |character: &str| character.repeat(size);
    let line = |text: &str| match text.is_empty() || text.ends_with('\n') {
        true => text.to_owned(),
        false => format!("{text}\n"),
    };
    format!(
        "{} ours\n{}{}\n{}{} theirs\n",
        marker("<"),
        line(ours),
        marker("="),
        line(theirs),
        marker(">")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_of_any_size() {
        for size in [1, 7, 8, 32] {
            let text = format!("# head\n{}# tail\n", as_conflict("a\n", "b\n", size));
            assert_eq!(first_marker(&text), Some(7), "{text}");
            assert_eq!(
                sides(&text),
                ("# head\na\n# tail\n".into(), "# head\nb\n# tail\n".into())
            );
        }
        // A line of another size is a line of the side.
        let text = "<<<<<<<< x\na\n=======\n========\nb\n>>>>>>>> y\n";
        assert_eq!(sides(text), ("a\n=======\n".into(), "b\n".into()));
        assert_eq!(first_marker("# <<<<<<< x\n"), None);
    }
}
