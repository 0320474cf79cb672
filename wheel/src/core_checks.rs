//! Judges core metadata as an index does before it takes a file: the values of headers, and whether
//! the description can be shown.
//!
//! Sources: <https://packaging.python.org/en/latest/specifications/core-metadata/> and the forms of
//! Warehouse; what `twine check --strict` complains about is here too.

use std::collections::BTreeSet;

use model::{Metadata, RequiresDist, VersionSpecifiers};

use crate::finding::WheelFinding;
use crate::license::license_expression;
use crate::rst;

/// Known classifiers, one a line: those of the project trove-classifiers.
const CLASSIFIERS: &str = include_str!("classifiers.txt");

/// The headers of core metadata in order, with folded lines joined, and the description.
pub(crate) struct RawMetadata {
    headers: Vec<(String, String)>,
    body: String,
}

impl RawMetadata {
    /// Reads the text of METADATA or PKG-INFO.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in head.lines() {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = headers.last_mut() {
                    value.push('\n');
                    value.push_str(line.trim_start());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        // What older setuptools writes for what it was not told, and indexes leave out.
        headers.retain(|(name, value)| value != "UNKNOWN" || matches!(&**name, "name" | "version"));
        Self {
            headers,
            body: body.to_owned(),
        }
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.headers.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }

    fn one<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }
}

/// The findings about a text of core metadata. `has_file` says whether the archive has a licence
/// file, by its path.
pub(crate) fn judge(text: &str, has_file: impl Fn(&str) -> bool) -> Vec<WheelFinding> {
    let raw = RawMetadata::parse(text);
    let mut check = Check {
        raw: &raw,
        findings: Vec::new(),
    };
    check.versions();
    check.texts();
    check.urls();
    check.license(has_file);
    check.classifiers();
    check.requirements();
    check.description();
    let is_refused = |finding: &WheelFinding| matches!(finding, WheelFinding::Metadata { .. });
    if let Err(error) = Metadata::parse(text)
        && !check.findings.iter().any(is_refused)
    {
        check.refused("core metadata", error.to_string());
    }
    check.findings
}

struct Check<'a> {
    raw: &'a RawMetadata,
    findings: Vec<WheelFinding>,
}

impl Check<'_> {
    /// No index takes it.
    fn refused(&mut self, field: &str, problem: String) {
        self.findings.push(WheelFinding::Metadata {
            field: field.to_owned(),
            problem,
        });
    }

    /// A public index does not take it, or nobody is served by it.
    fn doubtful(&mut self, field: &str, problem: String) {
        self.findings.push(WheelFinding::MetadataAdvice {
            field: field.to_owned(),
            problem,
        });
    }

    fn versions(&mut self) {
        const KNOWN: [&str; 9] = [
            "1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "2.3", "2.4", "2.5",
        ];
        match self.raw.one("metadata-version") {
            Some(version) if !KNOWN.contains(&version) => {
                self.refused(
                    "Metadata-Version",
                    format!("`{version}` is not a known version"),
                );
            }
            _ => {}
        }
        let once = [
            "metadata-version",
            "name",
            "version",
            "summary",
            "description-content-type",
            "keywords",
            "home-page",
            "download-url",
            "author",
            "author-email",
            "maintainer",
            "maintainer-email",
            "license",
            "license-expression",
            "requires-python",
        ];
        for name in once {
            if self.raw.all(name).count() > 1 {
                self.refused(name, "it is there more than once".to_owned());
            }
        }
        if let Some(version) = self.raw.one("version")
            && version.contains('+')
        {
            self.doubtful(
                "Version",
                format!("`{version}` is a local version, which public indexes refuse"),
            );
        }
    }

    fn texts(&mut self) {
        if let Some(summary) = self.raw.one("summary") {
            if summary.contains('\n') {
                self.refused("Summary", "it has more than one line".to_owned());
            }
            if summary.chars().count() > 512 {
                self.refused("Summary", "it is longer than 512 characters".to_owned());
            }
        }
        for field in ["author-email", "maintainer-email"] {
            let Some(value) = self.raw.one(field) else {
                continue;
            };
            let mut addresses = value
                .split(',')
                .map(str::trim)
                .filter(|part| part.contains('@'));
            let is_address = |part: &str| {
                let address = match part.rsplit_once('<') {
                    Some((_, rest)) => rest.strip_suffix('>').unwrap_or(""),
                    None => part,
                };
                let (user, host) = address.split_once('@').unwrap_or(("", ""));
                !user.is_empty()
                    && host.contains('.')
                    && !address.contains(char::is_whitespace)
                    && !host.contains('@')
                    && !host.ends_with('.')
                    && !host.starts_with('.')
            };
            if !value.contains('@') || !addresses.all(is_address) {
                self.refused(field, format!("`{value}` is not an e-mail address"));
            }
        }
    }

    fn urls(&mut self) {
        let is_url = |text: &str| {
            let rest = ["https://", "http://"]
                .iter()
                .find_map(|start| text.strip_prefix(start));
            rest.is_some_and(|rest| {
                let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
                !host.is_empty() && !rest.contains(char::is_whitespace)
            })
        };
        for field in ["home-page", "download-url"] {
            if let Some(value) = self.raw.one(field)
                && !is_url(value)
            {
                self.refused(field, format!("`{value}` is not a URL of the web"));
            }
        }
        let mut labels = BTreeSet::new();
        let mut wrong = Vec::new();
        for value in self.raw.all("project-url") {
            let Some((label, url)) = value.split_once(',') else {
                wrong.push(format!("`{value}` has no label"));
                continue;
            };
            let label = label.trim();
            if label.is_empty() || label.chars().count() > 32 {
                wrong.push(format!("the label `{label}` must have 1 to 32 characters"));
            }
            if !is_url(url.trim()) {
                wrong.push(format!("`{}` is not a URL of the web", url.trim()));
            }
            if !labels.insert(label.to_owned()) {
                wrong.push(format!("the label `{label}` is there more than once"));
            }
        }
        for problem in wrong {
            self.refused("Project-URL", problem);
        }
    }

    fn license(&mut self, has_file: impl Fn(&str) -> bool) {
        if let Some(expression) = self.raw.one("license-expression") {
            match license_expression(expression) {
                Err(problem) => self.refused("License-Expression", problem),
                Ok(normal) if normal != expression => self.refused(
                    "License-Expression",
                    format!("`{expression}` is not in its normal form: `{normal}`"),
                ),
                Ok(_) => {}
            }
            if self.raw.one("license").is_some() {
                self.refused(
                    "License",
                    "it stands beside License-Expression (PEP 639)".to_owned(),
                );
            }
            let beside = self
                .raw
                .all("classifier")
                .find(|text| text.starts_with("License ::"));
            if let Some(classifier) = beside {
                let problem = format!("`{classifier}` stands beside License-Expression (PEP 639)");
                self.refused("Classifier", problem);
            }
            if self.is_before("2.4") {
                self.refused(
                    "License-Expression",
                    "it needs metadata version 2.4".to_owned(),
                );
            }
        }
        let missing: Vec<String> = self
            .raw
            .all("license-file")
            .filter(|path| !has_file(path))
            .map(str::to_owned)
            .collect();
        for path in missing {
            self.refused("License-File", format!("`{path}` is not in the archive"));
        }
        if self.is_before("2.4") && self.raw.one("license-file").is_some() {
            self.doubtful("License-File", "it needs metadata version 2.4".to_owned());
        }
    }

    fn is_before(&self, version: &str) -> bool {
        let own = self.raw.one("metadata-version").unwrap_or_default();
        own < version
    }

    fn classifiers(&mut self) {
        let known: BTreeSet<&str> = CLASSIFIERS.lines().collect();
        let unknown: Vec<String> = self
            .raw
            .all("classifier")
            .filter(|text| !known.contains(text))
            .map(|text| match text.starts_with("Private ::") {
                true => format!("public indexes refuse `{text}`, as it is meant to be"),
                false => match model::nearest(text, known.iter().copied()) {
                    Some(near) => format!("`{text}` is not known: did you mean `{near}`?"),
                    None => format!("`{text}` is not known"),
                },
            })
            .collect();
        for problem in unknown {
            self.doubtful("Classifier", problem);
        }
    }

    fn requirements(&mut self) {
        if let Some(value) = self.raw.one("requires-python")
            && let Err(error) = value.parse::<VersionSpecifiers>()
        {
            self.refused("Requires-Python", format!("`{value}`: {error}"));
        }
        let mut problems = Vec::new();
        let mut direct = Vec::new();
        for value in self.raw.all("requires-dist") {
            match value.parse::<RequiresDist>() {
                Ok(required) if required.to_string().contains(" @ ") => {
                    direct.push(value.to_owned());
                }
                Ok(_) => {}
                Err(error) => problems.push(format!("`{value}`: {error}")),
            }
        }
        for extra in self.raw.all("provides-extra") {
            if extra.parse::<model::ExtraName>().is_err() {
                problems.push(format!("`{extra}` is not the name of an extra"));
            }
        }
        for problem in problems {
            self.refused("Requires-Dist", problem);
        }
        for value in direct {
            let problem = format!("`{value}` is a direct reference, which public indexes refuse");
            self.doubtful("Requires-Dist", problem);
        }
    }

    fn description(&mut self) {
        let body = match self.raw.one("description") {
            Some(text) => text.to_owned(),
            None => self.raw.body.clone(),
        };
        if body.trim().is_empty() || body.trim() == "UNKNOWN" {
            return self.doubtful("Description", "there is none".to_owned());
        }
        let Some(content_type) = self.raw.one("description-content-type") else {
            self.doubtful(
                "Description-Content-Type",
                "there is none, so the description is taken for reStructuredText".to_owned(),
            );
            return self.rendered(&body);
        };
        let mut parts = content_type.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        if !["text/plain", "text/markdown", "text/x-rst"].contains(&kind.as_str()) {
            let problem =
                format!("`{content_type}` is none of text/plain, text/markdown, text/x-rst");
            self.refused("Description-Content-Type", problem);
        }
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let is_known = match name.to_ascii_lowercase().as_str() {
                "charset" => value.eq_ignore_ascii_case("utf-8"),
                "variant" => matches!(value, "CommonMark" | "GFM"),
                _ => false,
            };
            if !is_known {
                let problem = format!("`{part}` in `{content_type}` is not known");
                self.refused("Description-Content-Type", problem);
            }
        }
        if kind == "text/x-rst" {
            self.rendered(&body);
        }
    }

    /// reStructuredText with a mistake is shown nowhere.
    fn rendered(&mut self, body: &str) {
        if let Some(mistake) = rst::first_mistake(body) {
            self.refused(
                "Description",
                format!("line {} does not render: {}", mistake.line, mistake.problem),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in metadata with these further headers and this body.
    fn check(headers: &str, body: &str) -> String {
        let text = format!("Metadata-Version: 2.4\nName: a\nVersion: 1\n{headers}\n{body}");
        let findings = judge(&text, |path| path == "LICENSE");
        let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
        shown.join("\n")
    }

    const MARKDOWN: &str = "Description-Content-Type: text/markdown\n";

    #[test]
    fn what_is_well() {
        let headers = format!(
            "Summary: x\nAuthor-email: A B <a@b.example>, c@d.example\nHome-page: https://a.example\n\
             Project-URL: Home, https://a.example/x\nLicense-Expression: MIT\nLicense-File: LICENSE\n\
             Classifier: Programming Language :: Python :: 3\nRequires-Dist: b>1; extra == \"x\"\n\
             Provides-Extra: x\nRequires-Python: >=3.8\n{MARKDOWN}"
        );
        assert_eq!(check(&headers, "# A\n"), "");
    }

    /// As setuptools before 58 wrote it.
    #[test]
    fn what_was_not_told_is_not_judged() {
        let headers = "Summary: x\nHome-page: UNKNOWN\nAuthor-email: UNKNOWN\nLicense: UNKNOWN\n\
             License-Expression: MIT\nPlatform: UNKNOWN\n";
        assert_eq!(check(headers, "UNKNOWN\n"), "Description: there is none");
    }

    #[test]
    fn what_an_index_refuses() {
        let headers = format!(
            "Author-email: nobody\nHome-page: a.example\nProject-URL: https://a.example\nLicense-Expression: mit\n\
             License: x\nLicense-File: NOTICE\nClassifier: License :: OSI Approved\nClassifier: Programming Language :: Pyton\n\
             Classifier: Private :: Do Not Upload\nRequires-Dist: b @ https://files.example/b.whl\nRequires-Dist: c=1\n{MARKDOWN}"
        );
        insta::assert_snapshot!(check(&headers, "x"), @r#"
        author-email: `nobody` is not an e-mail address
        home-page: `a.example` is not a URL of the web
        Project-URL: `https://a.example` has no label
        License-Expression: `mit` is not in its normal form: `MIT`
        License: it stands beside License-Expression (PEP 639)
        Classifier: `License :: OSI Approved` stands beside License-Expression (PEP 639)
        License-File: `NOTICE` is not in the archive
        Classifier: `Programming Language :: Pyton` is not known: did you mean `Programming Language :: Python`?
        Classifier: public indexes refuse `Private :: Do Not Upload`, as it is meant to be
        Requires-Dist: `c=1`: `c=1` is not a requirement (PEP 508): no such comparison operator "=", must be one of ~= == != <= >= < > ===
        Requires-Dist: `b @ https://files.example/b.whl` is a direct reference, which public indexes refuse
        "#);
    }

    #[test]
    fn descriptions() {
        insta::assert_snapshot!(check("", ""), @"Description: there is none");
        insta::assert_snapshot!(check("", "A\n=\n"), @"Description-Content-Type: there is none, so the description is taken for reStructuredText");
        insta::assert_snapshot!(check("Description-Content-Type: text/markdown; variant=Foo\n", "x"), @"Description-Content-Type: `variant=Foo` in `text/markdown; variant=Foo` is not known");
        insta::assert_snapshot!(check("Description-Content-Type: text/html\n", "x"), @"Description-Content-Type: `text/html` is none of text/plain, text/markdown, text/x-rst");
        insta::assert_snapshot!(check("Description-Content-Type: text/x-rst\n", "Title\n===\n\n**x\n"), @"Description: line 4 does not render: strong begins with `**` and does not end");
    }
}
