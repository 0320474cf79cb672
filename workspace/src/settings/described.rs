//! Every section of settings with its keys, for help and for the manual.

use super::Settings;
use super::description::SectionDescription;
use super::keys::{Section, Sections, ToolOptions};

impl Settings {
    /// Every section with its keys, and their values in this repository. The last one has no name: its
    /// keys are those of each tool's section.
    pub fn descriptions(&self) -> Vec<SectionDescription> {
        describe(self.sections.clone())
    }

    /// Every section with its keys and defaults.
    pub fn default_descriptions() -> Vec<SectionDescription> {
        describe(Sections::default())
    }
}

fn describe(mut sections: Sections) -> Vec<SectionDescription> {
    let of = |name, section: &dyn Section| SectionDescription {
        name,
        about: section.about(),
        settings: section.descriptions(),
    };
    let named = Sections::NAMES.iter().filter_map(|name| {
        let section: &dyn Section = sections.get_mut(name)?;
        Some(of(name, section))
    });
    let mut all: Vec<_> = named.collect();
    all.push(of("", &ToolOptions::default()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_described() {
        for section in Settings::default_descriptions() {
            assert!(!section.about.is_empty(), "[{}]", section.name);
            for setting in &section.settings {
                let name = format!("[{}] {}", section.name, setting.key);
                assert!(!setting.about.is_empty(), "{name}");
                assert_eq!(setting.default, setting.value, "{name}");
            }
        }
    }

    #[test]
    fn values_as_in_files() {
        let all = Settings::default_descriptions();
        let default = |section: &str, key: &str| {
            let section = all.iter().find(|known| known.name == section).unwrap();
            let setting = section
                .settings
                .iter()
                .find(|known| known.key == key)
                .unwrap();
            format!("{}: {}", setting.kind(), setting.default)
        };
        assert_eq!(
            default("GLOBAL", "build_patterns"),
            r#"list: ["BUILD", "BUILD.*"]"#
        );
        assert_eq!(default("GLOBAL", "colors"), "switch: none");
        assert_eq!(
            default("GLOBAL", "session_end_tasks_timeout"),
            "seconds: none"
        );
        assert_eq!(default("python-infer", "init_files"), "text: content_only");
        assert_eq!(default("test", "batch_size"), "number: 128");
        assert_eq!(default("", "args"), "list: []");
        assert_eq!(default("python", "resolves"), "table: {}");
    }
}
