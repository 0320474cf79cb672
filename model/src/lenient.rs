//! Repairs of requirements and specifiers that the metadata of old releases has and PEP 508
//! refuses.
//!
//! Only known misspellings are mended. What cannot be read even then stays an error of that
//! release.

/// `input` with the well-known misspellings of old metadata mended.
///
/// - `>=1.0.*`, `<2.*`, `~=3.0.*`: the star means nothing to these operators and is dropped;
/// - `>=1.0<2.0`: a missing comma;
/// - `>=1.0,` and `,>=1.0`: a superfluous comma;
/// - `>='1.0'`: quotes around a version.
pub(crate) fn mend_specifiers(input: &str) -> String {
    let unquoted: String = input.chars().filter(|c| !matches!(c, '"' | '\'')).collect();
    clauses(&unquoted)
        .into_iter()
        .map(mend_clause)
        .collect::<Vec<_>>()
        .join(",")
}

/// Splits specifiers at commas, and where an operator follows a version without a comma.
fn clauses(input: &str) -> Vec<&str> {
    let mut out = Vec::new();
    for part in input.split(',') {
        let mut start = 0;
        let mut in_version = false;
        for (at, c) in part.char_indices() {
            let operator = matches!(c, '<' | '>' | '=' | '!' | '~');
            if operator && in_version {
                out.push(&part[start..at]);
                start = at;
            }
            in_version = !operator && (in_version || !c.is_whitespace());
        }
        out.push(&part[start..]);
    }
    out.retain(|clause| !clause.trim().is_empty());
    out
}

fn mend_clause(clause: &str) -> String {
    let clause = clause.trim();
    let version = clause.trim_start_matches(['<', '>', '=', '!', '~', ' ']);
    let operator = clause[..clause.len() - version.len()].trim();
    match (operator, version.strip_suffix(".*")) {
        ("==" | "!=" | "===", _) | (_, None) => format!("{operator}{version}"),
        (_, Some(version)) => format!("{operator}{version}"),
    }
}

/// `input`, a requirement that PEP 508 refuses, with its specifiers mended; the marker and a
/// URL are left alone.
pub(crate) fn mend_requirement(input: &str) -> String {
    let (head, marker) = match input.split_once(';') {
        Some((head, marker)) => (head, Some(marker)),
        None => (input, None),
    };
    if head.contains('@') {
        return input.to_owned();
    }
    let name_end = head
        .find(['<', '>', '=', '!', '~', '('])
        .unwrap_or(head.len());
    let (name, specifiers) = head.split_at(name_end);
    let specifiers = specifiers
        .trim()
        .trim_start_matches('(')
        .trim_end_matches(')');
    let mended = format!("{}{}", name.trim(), mend_specifiers(specifiers));
    match marker {
        Some(marker) => format!("{mended} ; {marker}"),
        None => mended,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, expect: &str) {
        assert_eq!(mend_requirement(input), expect);
    }

    #[test]
    fn mends() {
        check("a>=1.0.*", "a>=1.0");
        check("a[x] (>=1.0<2.0)", "a[x]>=1.0,<2.0");
        check("a>=1.0,", "a>=1.0");
        check(
            "a>='1.0' ; python_version > '3'",
            "a>=1.0 ;  python_version > '3'",
        );
        check("a==1.*,!=1.2.*", "a==1.*,!=1.2.*");
        check("a >= 1 , < 2.*", "a>=1,<2");
    }
}
