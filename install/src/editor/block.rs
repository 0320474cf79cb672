//! A block of lines of this tool, between two marks in a file of the user.

/// `text` with the lines between `marks` replaced by `lines`. If there are no marks, the block is
/// added at the end.
pub(super) fn set(text: &str, (begin, end): (&str, &str), lines: &str) -> String {
    let block = format!("{begin}\n{lines}{end}\n");
    let there = text
        .find(begin)
        .and_then(|start| Some((start, start + text[start..].find(end)? + end.len())));
    match there {
        Some((start, stop)) => {
            let rest = text[stop..].strip_prefix('\n').unwrap_or(&text[stop..]);
            format!("{}{block}{rest}", &text[..start])
        }
        None if text.is_empty() => block,
        None => format!("{}\n\n{block}", text.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_added_and_replaced() {
        let marks = ("-- begin", "-- end");
        let once = set("-- mine\n", marks, "a\n");
        assert_eq!(once, "-- mine\n\n-- begin\na\n-- end\n");
        let more = format!("{once}-- after\n");
        assert_eq!(
            set(&more, marks, "b\n"),
            "-- mine\n\n-- begin\nb\n-- end\n-- after\n"
        );
    }
}
