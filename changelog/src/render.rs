//! One release's notes, rendered.

use minijinja::ErrorKind;
use minijinja::value::Value;
use regex::Regex;

use super::entries::{self, NotesSection, TypeEntries};
use super::error::ChangelogError;
use super::fragment::Fragment;
use super::heading::ReleaseHeading;
use super::settings::{Bullets, ChangelogSettings, EntryContent, TemplateSource, Title};
use super::template::Builtin;
use super::towncrier_version::TowncrierVersion;
use super::wrap::LineBreaks;
use super::{jinja, python, wrap};

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
    let mut body = layout.wrapped(&body);
    let version = settings.towncrier;
    if version < TowncrierVersion::of(23, 10) {
        body = format!("{}\n", python::rstrip(&body));
    }
    let Title::Format(pattern) = &settings.title else {
        return Ok(ReleaseNotes {
            title: String::new(),
            text: body,
        });
    };
    let title = settings.fill("title_format", pattern, release)?;
    let text = if version == TowncrierVersion::of(21, 3) {
        // A mistake of that version: the title also stands before what the template makes.
        format!("{title}{body}")
    } else if layout.title_is_the_templates() {
        body
    } else if layout.markdown && version >= TowncrierVersion::of(24, 7) {
        format!("{title}\n{body}")
    } else {
        let line = settings.underlines[0].repeat(title.chars().count());
        format!("{title}\n{line}\n{body}")
    };
    Ok(ReleaseNotes { title, text })
}

fn template_error(layout: &Layout<'_>, error: &minijinja::Error) -> ChangelogError {
    let detail = error.detail().map_or_else(
        || error.kind().to_string(),
        |detail| format!("{}: {detail}", error.kind()),
    );
    let detail = match error.kind() {
        ErrorKind::TemplateNotFound => {
            format!("{detail} (notes have one template, in towncrier too)")
        }
        _ => detail,
    };
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

    /// From 21.3 to 21.9 the template alone wrote the title, also one that the settings form.
    fn title_is_the_templates(&self) -> bool {
        let versions = TowncrierVersion::of(21, 3)..=TowncrierVersion::of(21, 9);
        versions.contains(&self.settings.towncrier)
    }

    /// The title that towncrier's own layouts write themselves; empty for none.
    fn own_title(&self, release: &ReleaseHeading<'_>) -> String {
        let settings = self.settings;
        let version = settings.towncrier;
        let name = match settings.name.as_str() {
            "" => String::new(),
            name => format!("{name} "),
        };
        let own = format!("{name}{} ({})", release.version, release.date);
        let is_plain = matches!(
            &settings.template,
            TemplateSource::Builtin(Builtin::ReStructuredText)
        );
        match &settings.title {
            _ if version < TowncrierVersion::of(19, 9) => String::new(),
            Title::Format(pattern) if self.title_is_the_templates() && is_plain => settings
                .fill("title_format", pattern, release)
                .unwrap_or(own),
            _ if version < TowncrierVersion::of(22, 8) => own,
            Title::InTemplate => own,
            Title::Format(_) | Title::None => String::new(),
        }
    }

    fn context(&self, sections: &[NotesSection], release: &ReleaseHeading<'_>) -> Value {
        let settings = self.settings;
        let own_title = self.own_title(release);
        let is_relative = settings.towncrier >= TowncrierVersion::of(25, 8);
        let heads_nameless = settings.towncrier >= TowncrierVersion::of(24, 7);
        let mark = match heads_nameless || !settings.name.is_empty() {
            true => "#".repeat(self.header_level().max(1)) + " ",
            false => String::new(),
        };
        let top_line = match &settings.title {
            Title::Format(pattern) if self.title_is_the_templates() => settings
                .fill("title_format", pattern, release)
                .unwrap_or_default(),
            _ => String::new(),
        };
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
            ("own_title", Value::from(own_title)),
            ("own_mark", Value::from(mark)),
            ("relative_headings", Value::from(is_relative)),
            // Earlier versions wrote an entry without a text, without issues, or without either
            // like any other.
            ("empty_entries", Value::from(!is_relative)),
            (
                "empty_texts",
                Value::from(settings.towncrier < TowncrierVersion::of(24, 7)),
            ),
            (
                "empty_issues",
                Value::from(settings.towncrier < TowncrierVersion::of(22, 12)),
            ),
            ("top_line", Value::from(top_line)),
            ("sections", by_section(sections, entries)),
            ("issues_by_category", by_section(sections, issues)),
            ("definitions", self.definitions()),
            ("underlines", Value::from(settings.underlines[1..].to_vec())),
            ("top_underline", Value::from(settings.underlines[0].clone())),
            ("versiondata", Value::from_pairs(versiondata)),
            (
                "header_prefix",
                match is_relative {
                    true => Value::from("#".repeat(self.header_level())),
                    false => Value::UNDEFINED,
                },
            ),
            ("own_level", Value::from(self.header_level())),
            (
                "get_indent",
                Value::from_function(move |text: String| indent(bullets, &text)),
            ),
        ])
    }

    fn definitions(&self) -> Value {
        let mut types: Vec<_> = self.settings.types.iter().collect();
        if self.settings.layout_sorts() {
            types.sort_by_key(|kind| kind.directory.to_lowercase());
        }
        Value::from_pairs(types.into_iter().map(|kind| {
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
        if self.settings.towncrier < TowncrierVersion::of(25, 8) {
            return 1;
        }
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
        let breaks = match self.settings.towncrier < TowncrierVersion::of(17, 8) {
            true => LineBreaks::WITHIN_WORDS,
            false => LineBreaks::BETWEEN_WORDS,
        };
        let wrap = |line| wrap::fill(line, (width, breaks), indent(self.settings.bullets, line));
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
