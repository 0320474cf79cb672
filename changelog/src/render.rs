//! One release's notes, rendered.

use minijinja::value::Value;
use regex::Regex;

use super::entries::{self, NotesSection, TypeEntries};
use super::error::ChangelogError;
use super::fragment::Fragment;
use super::heading::ReleaseHeading;
use super::settings::{Bullets, ChangelogSettings, EntryContent, TemplateSource, Title};
use super::{jinja, wrap};

/// A release's notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseNotes {
    /// The heading that `title_format` made; empty when the template or nobody writes one.
    pub title: String,
    /// Everything that goes into the news file.
    pub text: String,
}

/// Renders the notes of a release.
///
/// `template` is the text of the template's file; ignored for towncrier's own templates.
///
/// # Errors
/// A broken template, or a format string of the settings with an unknown field.
pub fn render(
    settings: &ChangelogSettings,
    template: &str,
    fragments: &[Fragment],
    release: &ReleaseHeading<'_>,
) -> Result<ReleaseNotes, ChangelogError> {
    let sections = entries::sections(settings, fragments)?;
    let layout = Layout::new(settings, template);
    let body = jinja::render(
        &layout.name,
        layout.source,
        layout.context(&sections, release),
    )
    .map_err(|error| template_error(&layout, &error))?;
    let body = layout.wrapped(&body);
    match &settings.title {
        Title::InTemplate | Title::None => Ok(ReleaseNotes {
            title: String::new(),
            text: body,
        }),
        Title::Format(pattern) => {
            let title = settings.fill("title_format", pattern, release)?;
            let text = match layout.markdown {
                true => format!("{title}\n{body}"),
                false => {
                    let line = settings.underlines[0].repeat(title.chars().count());
                    format!("{title}\n{line}\n{body}")
                }
            };
            Ok(ReleaseNotes { title, text })
        }
    }
}

fn template_error(layout: &Layout<'_>, error: &minijinja::Error) -> ChangelogError {
    let detail = error.detail().map_or_else(
        || error.kind().to_string(),
        |detail| format!("{}: {detail}", error.kind()),
    );
    ChangelogError::Template {
        template: layout.name.clone(),
        line: error.line().unwrap_or(1),
        message: detail,
    }
}

struct Layout<'a> {
    settings: &'a ChangelogSettings,
    name: String,
    source: &'a str,
    markdown: bool,
}

impl<'a> Layout<'a> {
    fn new(settings: &'a ChangelogSettings, template: &'a str) -> Self {
        match &settings.template {
            TemplateSource::Builtin(builtin) => Self {
                settings,
                name: builtin.name().to_owned(),
                source: builtin.source(),
                markdown: builtin.is_markdown(),
            },
            TemplateSource::File(path) => Self {
                settings,
                name: path.to_string(),
                source: template,
                markdown: path
                    .extension()
                    .is_some_and(|ending| ending.eq_ignore_ascii_case("md")),
            },
        }
    }

    fn context(&self, sections: &[NotesSection], release: &ReleaseHeading<'_>) -> Value {
        let settings = self.settings;
        let bullets = settings.bullets;
        let versiondata = [
            ("name", settings.name.as_str()),
            ("version", release.version),
            ("date", release.date),
        ];
        let entries = |kind: &TypeEntries| Value::from_pairs(kind.entries.clone());
        let issues = |kind: &TypeEntries| Value::from(kind.issues.clone());
        Value::from_pairs([
            (
                "render_title",
                Value::from(settings.title == Title::InTemplate),
            ),
            ("sections", by_section(sections, entries)),
            ("issues_by_category", by_section(sections, issues)),
            ("definitions", self.definitions()),
            ("underlines", Value::from(settings.underlines[1..].to_vec())),
            ("top_underline", Value::from(settings.underlines[0].clone())),
            ("versiondata", Value::from_pairs(versiondata)),
            (
                "header_prefix",
                Value::from("#".repeat(self.header_level())),
            ),
            (
                "get_indent",
                Value::from_function(move |text: String| indent(bullets, &text)),
            ),
        ])
    }

    fn definitions(&self) -> Value {
        Value::from_pairs(self.settings.types.iter().map(|kind| {
            let definition = Value::from_pairs([
                ("name", Value::from(kind.name.clone())),
                (
                    "showcontent",
                    Value::from(kind.content == EntryContent::Shown),
                ),
                ("check", Value::from(kind.check)),
            ]);
            (kind.directory.clone(), definition)
        }))
    }

    /// The level of the release's own heading: that of `title_format` in Markdown.
    fn header_level(&self) -> usize {
        match (&self.settings.title, self.markdown) {
            (_, false) | (Title::InTemplate, true) => 1,
            (Title::None, true) => 0,
            (Title::Format(pattern), true) => Regex::new(r"(?m)^(#+)\s")
                .ok()
                .and_then(|heading| heading.captures(pattern).map(|found| found[1].len()))
                .unwrap_or(0),
        }
    }

    fn wrapped(&self, body: &str) -> String {
        let Some(width) = self.settings.wrap else {
            return body.to_owned();
        };
        let wrap = |line| wrap::fill(line, width, indent(self.settings.bullets, line));
        body.split('\n').map(wrap).collect::<Vec<_>>().join("\n")
    }
}

fn by_section(sections: &[NotesSection], value: impl Fn(&TypeEntries) -> Value) -> Value {
    Value::from_pairs(sections.iter().map(|section| {
        let types = section
            .types
            .iter()
            .map(|kind| (kind.kind.clone(), value(kind)));
        (section.name.clone(), Value::from_pairs(types))
    }))
}

/// The indent that continues a line: under the text of its bullet.
fn indent(bullets: Bullets, text: &str) -> &'static str {
    if bullets == Bullets::Template || text.starts_with("- ") || text.starts_with("* ") {
        "  "
    } else if text.starts_with("#. ") {
        "   "
    } else {
        ""
    }
}
