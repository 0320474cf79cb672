//! What `wheel_config_settings` says of a wheel that is written here: the options of setuptools' `bdist_wheel`.

use buildfile::Data;
use targets::TargetId;

use super::WheelOptions;
use super::artifact::FieldMistake;
use super::describe::Describer;
use crate::error::GoalError;

/// Options of `bdist_wheel` that change nothing in a wheel that is written here.
const WITHOUT_EFFECT: [&str; 9] = [
    "--keep-temp",
    "--quiet",
    "--relative",
    "--skip-build",
    "--verbose",
    "-k",
    "-q",
    "-v",
    "bdist_wheel",
];

/// The same, with a value. A limited API is one of extension modules, which a backend compiles.
const VALUES_WITHOUT_EFFECT: [&str; 10] = [
    "--bdist-dir",
    "--compression",
    "--dist-dir",
    "--group",
    "--owner",
    "--py-limited-api",
    "-b",
    "-d",
    "-g",
    "-u",
];

impl Describer<'_> {
    /// `wheel_config_settings={"--global-option": ["--python-tag", "py37.py38"]}`
    pub(super) fn wheel_options(&self, id: TargetId) -> Result<WheelOptions, GoalError> {
        let settings = self.graph.field(id, "wheel_config_settings");
        let lists = ["--global-option", "--build-option"].map(|key| settings?.get(key));
        let texts = lists.into_iter().flatten().flat_map(Data::strings);
        // An option and its value are two texts, or one with `=`.
        let mut words = texts.flat_map(|text| text.splitn(2, '='));
        let mut found = WheelOptions::default();
        let mut ignored = None;
        while let Some(option) = words.next() {
            let field = match option {
                "--python-tag" => &mut found.python_tag,
                "--plat-name" | "-p" => &mut found.platform_tag,
                "--build-number" => &mut found.build,
                _ if WITHOUT_EFFECT.contains(&option) => continue,
                _ if VALUES_WITHOUT_EFFECT.contains(&option) => &mut ignored,
                other => {
                    let mistake = FieldMistake::new(format!(
                        "`{other}` in `wheel_config_settings` is an option that only a build backend knows"
                    ));
                    return Err(self
                        .mistaken(id, "wheel_config_settings", mistake)
                        .hint("known are --python-tag, --plat-name and --build-number"));
                }
            };
            let value = words.next().ok_or_else(|| {
                let mistake = FieldMistake::new(format!(
                    "`{option}` in `wheel_config_settings` has no value"
                ));
                self.mistaken(id, "wheel_config_settings", mistake)
                    .hint(format!("write its value behind it: `\"{option}\", \"VALUE\"` or `\"{option}=VALUE\"`"))
            })?;
            *field = Some(value.to_owned());
        }
        found.platform_tag = found.platform_tag.map(|name| name.replace(['-', '.'], "_"));
        Ok(found)
    }
}
