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

/// An SPDX licence expression in the spelling of its list: identifiers without regard to case,
/// operators in capitals. Nothing is guessed: `LGPLv3` and `BSD` are no identifiers.
///
/// # Errors
/// Where it is no expression, or an identifier is not on the list
/// (<https://packaging.python.org/en/latest/specifications/license-expression/>).
pub fn license_expression(text: &str) -> Result<String, String> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut words = Vec::new();
    let mut is_exception = false;
    for token in spaced.split_whitespace() {
        let upper = token.to_ascii_uppercase();
        let word = match upper.as_str() {
            "AND" | "OR" | "WITH" | "(" | ")" => upper,
            _ if is_exception => listed_exception(token)?,
            _ => listed_license(token)?,
        };
        is_exception = word == "WITH";
        words.push(word);
    }
    let expression = words.join(" ").replace("( ", "(").replace(" )", ")");
    check_expression(&expression).map(|()| expression)
}

/// A licence as the list spells it. Identifiers that begin with `LicenseRef-` are not on it.
fn listed_license(token: &str) -> Result<String, String> {
    const REFERENCE: &str = "licenseref-";
    let start = token.get(..REFERENCE.len()).unwrap_or_default();
    if start.eq_ignore_ascii_case(REFERENCE) && token.len() > REFERENCE.len() {
        return Ok(format!("LicenseRef-{}", &token[REFERENCE.len()..]));
    }
    let (id, plus) = match token.strip_suffix('+') {
        Some(id) => (id, "+"),
        None => (token, ""),
    };
    let mut listed = spdx::identifiers::LICENSES
        .iter()
        .map(|license| license.name);
    match listed.find(|known| known.eq_ignore_ascii_case(id)) {
        Some(known) if known != "NOASSERTION" => Ok(format!("{known}{plus}")),
        _ => Err(format!("`{token}` is not on SPDX' list of licences")),
    }
}

fn listed_exception(token: &str) -> Result<String, String> {
    let mut listed = spdx::identifiers::EXCEPTIONS
        .iter()
        .map(|exception| exception.name);
    let known = listed.find(|known| known.eq_ignore_ascii_case(token));
    known
        .map(str::to_owned)
        .ok_or_else(|| format!("`{token}` is not on SPDX' list of exceptions"))
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
    fn expressions_are_spelled_as_the_list_spells_them() {
        let check = |text: &str| license_expression(text).unwrap_or_else(|problem| problem);
        insta::assert_snapshot!(
            [
                check("MIT"),
                check("mit or apache-2.0"),
                check("(mit OR isc)and  GPL-2.0+ with classpath-exception-2.0"),
                check("LICENSEREF-Mine"),
                check("LGPLv3"),
                check("BSD"),
                check("Proprietary"),
                check("Apache 2.0"),
                check("MIT WITH MIT"),
                check("MIT AND"),
                check(""),
            ]
            .join("\n"),
            @"
        MIT
        MIT OR Apache-2.0
        (MIT OR ISC) AND GPL-2.0+ WITH Classpath-exception-2.0
        LicenseRef-Mine
        `LGPLv3` is not on SPDX' list of licences
        `BSD` is not on SPDX' list of licences
        `Proprietary` is not on SPDX' list of licences
        `Apache` is not on SPDX' list of licences
        `MIT` is not on SPDX' list of exceptions
        it ends where a licence is needed
        it ends where a licence is needed
        "
        );
    }

    #[test]
    fn colloquial_names() {
        assert!(license_classifier("LGPLv3").unwrap().ends_with("(LGPLv3+)"));
        assert_eq!(license_classifier("Proprietary"), None);
    }
}
