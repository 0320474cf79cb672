//! Licences: SPDX expressions (PEP 639) and the classifiers that came before them.

/// A licence under the names that `BUILD` files give it.
struct Known {
    spdx: &'static str,
    names: &'static [&'static str],
    classifier: &'static str,
}

const KNOWN: &[Known] = &[
    Known {
        spdx: "MIT",
        names: &["MIT"],
        classifier: "License :: OSI Approved :: MIT License",
    },
    Known {
        spdx: "Apache-2.0",
        names: &[
            "Apache 2.0",
            "Apache License 2.0",
            "Apache License, Version 2.0",
        ],
        classifier: "License :: OSI Approved :: Apache Software License",
    },
    Known {
        spdx: "BSD-3-Clause",
        names: &["BSD", "BSD 3-Clause"],
        classifier: "License :: OSI Approved :: BSD License",
    },
    Known {
        spdx: "BSD-2-Clause",
        names: &["BSD 2-Clause"],
        classifier: "License :: OSI Approved :: BSD License",
    },
    Known {
        spdx: "LGPL-3.0-or-later",
        names: &["LGPLv3", "LGPLv3+"],
        classifier: "License :: OSI Approved :: GNU Lesser General Public License v3 or later (LGPLv3+)",
    },
    Known {
        spdx: "LGPL-3.0-only",
        names: &[],
        classifier: "License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)",
    },
    Known {
        spdx: "GPL-3.0-or-later",
        names: &["GPLv3", "GPLv3+"],
        classifier: "License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)",
    },
    Known {
        spdx: "AGPL-3.0-or-later",
        names: &["AGPLv3", "AGPLv3+"],
        classifier: "License :: OSI Approved :: GNU Affero General Public License v3 or later (AGPLv3+)",
    },
    Known {
        spdx: "MPL-2.0",
        names: &["MPL 2.0", "MPLv2"],
        classifier: "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)",
    },
    Known {
        spdx: "ISC",
        names: &[],
        classifier: "License :: OSI Approved :: ISC License (ISCL)",
    },
    Known {
        spdx: "PSF-2.0",
        names: &[],
        classifier: "License :: OSI Approved :: Python Software Foundation License",
    },
];

/// The classifier for a licence with a known name, from SPDX or colloquial.
pub fn license_classifier(name: &str) -> Option<&'static str> {
    find(name).map(|known| known.classifier)
}

/// The SPDX expression for a licence: itself if it parses as one, or that of a
/// colloquial name that is known (`LGPLv3` is `LGPL-3.0-or-later`).
pub fn license_expression(name: &str) -> Option<String> {
    match find(name) {
        Some(known) => Some(known.spdx.to_owned()),
        None => check_expression(name).is_ok().then(|| name.to_owned()),
    }
}

fn find(name: &str) -> Option<&'static Known> {
    let same = |known: &&str| known.eq_ignore_ascii_case(name.trim());
    KNOWN
        .iter()
        .find(|known| same(&known.spdx) || known.names.iter().any(same))
}

/// Checks the syntax of an SPDX licence expression
/// (<https://spdx.github.io/spdx-spec/v3.0.1/annexes/spdx-license-expressions/>).
/// Whether an identifier is on the list of licences is not checked.
pub(crate) fn check_expression(expression: &str) -> Result<(), String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut depth = 0_usize;
    let mut want_licence = true;
    for (at, token) in tokens.iter().enumerate() {
        let operator = matches!(*token, "AND" | "OR" | "WITH");
        match (*token, want_licence) {
            ("(", true) => depth += 1,
            (")", false) => {
                depth = depth
                    .checked_sub(1)
                    .ok_or("a parenthesis is closed that was not opened")?
            }
            ("(" | ")", _) => return Err(format!("`{token}` is out of place")),
            (_, true) if operator => return Err(format!("`{token}` needs a licence before it")),
            (_, false) if !operator => return Err(missing_operator(tokens[at - 1], token)),
            (_, true) => want_licence = check_identifier(token)?,
            (_, false) => want_licence = true,
        }
    }
    match (want_licence, depth) {
        (true, _) => Err("it ends where a licence is needed".to_owned()),
        (false, 0) => Ok(()),
        (false, _) => Err("a parenthesis is not closed".to_owned()),
    }
}

fn missing_operator(before: &str, token: &str) -> String {
    let upper = token.to_ascii_uppercase();
    if matches!(upper.as_str(), "AND" | "OR" | "WITH") {
        return format!("operators are written in capitals: `{upper}`");
    }
    format!("`AND`, `OR` or `WITH` is needed between `{before}` and `{token}`")
}

/// Gives whether a licence must still follow.
fn check_identifier(token: &str) -> Result<bool, String> {
    let id = token.strip_suffix('+').unwrap_or(token);
    let valid = !id.is_empty()
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    if valid {
        Ok(false)
    } else {
        Err(format!("`{token}` is not a licence identifier"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, expect: &str) {
        let got = check_expression(expression).err().unwrap_or_default();
        assert_eq!(got, expect, "{expression}");
    }

    #[test]
    fn expressions() {
        check("MIT", "");
        check(
            "GPL-2.0+ WITH Classpath-exception-2.0 OR (MIT AND LicenseRef-Mine)",
            "",
        );
        check("", "it ends where a licence is needed");
        check("MIT OR", "it ends where a licence is needed");
        check("AND MIT", "`AND` needs a licence before it");
        check("MIT or ISC", "operators are written in capitals: `OR`");
        check(
            "MIT ISC",
            "`AND`, `OR` or `WITH` is needed between `MIT` and `ISC`",
        );
        check("(MIT", "a parenthesis is not closed");
        check("MIT)", "a parenthesis is closed that was not opened");
        check("MIT/X", "`MIT/X` is not a licence identifier");
    }

    #[test]
    fn colloquial_names() {
        assert_eq!(license_expression("LGPLv3").unwrap(), "LGPL-3.0-or-later");
        assert_eq!(license_expression("Apache 2.0").unwrap(), "Apache-2.0");
        assert_eq!(license_expression("MIT OR ISC").unwrap(), "MIT OR ISC");
        assert_eq!(license_expression("Commercial, ask us"), None);
        assert!(license_classifier("LGPLv3").unwrap().ends_with("(LGPLv3+)"));
        assert_eq!(license_classifier("Proprietary"), None);
    }
}
