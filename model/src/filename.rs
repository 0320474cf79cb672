//! File names of wheels and source distributions, and what they say.

use std::fmt;
use std::str::FromStr;

use pep440_rs::Version;

use crate::name::PackageName;
use crate::tag::Tag;
use crate::version::VersionRange;

/// A file name that is neither a wheel's nor a source distribution's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{filename}` is not the file name of a {expected}: {reason}")]
pub struct FilenameError {
    /// The name as it was given.
    pub filename: String,
    /// `wheel` or `source distribution`.
    pub expected: &'static str,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// The file name of a wheel: `{distribution}-{version}(-{build})?-{python}-{abi}-{platform}.whl`.
///
/// Source: <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WheelFilename {
    /// The distribution, normalised.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// The build tag, where there is one.
    pub build: Option<String>,
    /// `cp312`, or `py2.py3`.
    pub python_tag: String,
    /// `abi3`, `none`, or several joined by `.`.
    pub abi_tag: String,
    /// `any`, or several platforms joined by `.`.
    pub platform_tag: String,
}

/// The tags in the file name of a wheel: several joined by `.` each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilenameTags<'n> {
    /// `cp312`, or `py2.py3`.
    pub python: &'n str,
    /// `abi3`, or `none`.
    pub abi: &'n str,
    /// `any`, or `manylinux_2_17_x86_64.manylinux2014_x86_64`.
    pub platform: &'n str,
}

impl<'n> FilenameTags<'n> {
    /// The tags at the end of a wheel's file name; nothing else of the name is looked at. `None` if
    /// it is no name of a wheel.
    #[must_use]
    pub fn of_filename(filename: &'n str) -> Option<Self> {
        let mut parts = filename.strip_suffix(".whl")?.rsplit('-');
        Some(Self {
            platform: parts.next()?,
            abi: parts.next()?,
            python: parts.next()?,
        })
    }

    /// Whether every Python 3 on every platform can use the wheel.
    #[must_use]
    pub fn is_for_everyone(&self) -> bool {
        self.platform == "any"
            && self.abi == "none"
            && self.python.split('.').any(|tag| tag == "py3")
    }
}

impl WheelFilename {
    /// Every combination of the Python, ABI and platform tags in the name.
    pub fn tags(&self) -> impl Iterator<Item = Tag> + '_ {
        self.python_tag.split('.').flat_map(move |python| {
            self.abi_tag.split('.').flat_map(move |abi| {
                self.platform_tag.split('.').map(move |platform| Tag {
                    python: python.to_owned(),
                    abi: abi.to_owned(),
                    platform: platform.to_owned(),
                })
            })
        })
    }

    /// Whether at least one Python version in `pythons` can use the wheel, by its Python and ABI
    /// tags. Wheels for implementations other than CPython and PyPy never fit.
    ///
    /// Source: <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>.
    #[must_use]
    pub fn fits_pythons(&self, pythons: &VersionRange) -> bool {
        self.python_tag.split('.').any(|tag| {
            self.abi_tag
                .split('.')
                .any(|abi| pair_fits(tag, abi, pythons))
        })
    }

    /// The same tags, unsplit.
    #[must_use]
    pub fn wheel_tags(&self) -> FilenameTags<'_> {
        FilenameTags {
            python: &self.python_tag,
            abi: &self.abi_tag,
            platform: &self.platform_tag,
        }
    }

    /// Whether the wheel is for PyPy alone.
    #[must_use]
    pub fn is_for_pypy(&self) -> bool {
        self.python_tag.split('.').all(|tag| tag.starts_with("pp"))
    }
}

/// Whether a file of the project `name` is a wheel, and the spelling of its version; `None` if it
/// is neither a wheel nor a source distribution of the project. No tag is read.
#[must_use]
pub fn split_filename<'f>(filename: &'f str, name: &PackageName) -> Option<(bool, &'f str)> {
    if let Some(stem) = filename.strip_suffix(".whl") {
        let (project, rest) = stem.split_once('-')?;
        let parts = rest.split('-').count();
        let version = rest.split('-').next()?;
        return ((parts == 4 || parts == 5) && is_spelling_of(project, name))
            .then_some((true, version));
    }
    let stem = SDIST_EXTENSIONS
        .into_iter()
        .find_map(|extension| filename.strip_suffix(extension))?;
    // The name may contain `-`, and so may an old version. The right split is the one that can be
    // read.
    stem.match_indices('-')
        .filter(|&(at, _)| is_spelling_of(&stem[..at], name))
        .map(|(at, _)| &stem[at + 1..])
        .find(|version| version.parse::<Version>().is_ok())
        .map(|version| (false, version))
}

fn is_spelling_of(spelt: &str, name: &PackageName) -> bool {
    let mut expected = name.as_str().bytes();
    let mut bytes = spelt.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let folded = match byte {
            b'-' | b'_' | b'.' => {
                while bytes.next_if(|b| matches!(b, b'-' | b'_' | b'.')).is_some() {}
                b'-'
            }
            byte => byte.to_ascii_lowercase(),
        };
        if expected.next() != Some(folded) {
            return false;
        }
    }
    expected.next().is_none()
}

/// Whether a Python tag and an ABI tag may be combined, and a version in `pythons` supports both.
fn pair_fits(tag: &str, abi: &str, pythons: &VersionRange) -> bool {
    let digits = tag.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let implementation = &tag[..tag.len() - digits.len()];
    let (Some(major), minor) = tag_version(digits) else {
        return false;
    };
    let low = Version::new([major, minor.unwrap_or(0)]);
    let from = VersionRange::from_range_bounds(low.clone()..Version::new([major + 1]));
    let range = match (implementation, abi, minor) {
        // `py3`, `py36`: this minor version and later ones. `cp37-abi3` and `cp37-none` too.
        ("py", "none", _) | ("cp", "none" | "abi3", _) => from,
        ("cp", abi, Some(minor)) if abi.starts_with("cp") => {
            VersionRange::from_range_bounds(low..Version::new([major, minor + 1]))
        }
        ("py", abi, _) if abi.starts_with("cp") => from,
        ("pp", _, Some(minor)) => {
            VersionRange::from_range_bounds(low..Version::new([major, minor + 1]))
        }
        _ => return false,
    };
    !range.is_disjoint(pythons)
}

fn tag_version(digits: &str) -> (Option<u64>, Option<u64>) {
    let digits = digits.trim_end_matches(|c: char| !c.is_ascii_digit());
    if !digits.is_ascii() || digits.is_empty() {
        return (None, None);
    }
    let (major, minor) = digits.split_at(1);
    (major.parse().ok(), minor.parse().ok())
}

impl FromStr for WheelFilename {
    type Err = FilenameError;

    fn from_str(filename: &str) -> Result<Self, FilenameError> {
        let error = |reason| FilenameError {
            filename: filename.to_owned(),
            expected: "wheel",
            reason,
        };
        let stem = filename
            .strip_suffix(".whl")
            .ok_or_else(|| error("it does not end in `.whl`"))?;
        let parts: Vec<&str> = stem.split('-').collect();
        let (name, version, build, tags) = match parts[..] {
            [name, version, ref tags @ ..] if tags.len() == 3 => (name, version, None, tags),
            [name, version, build, ref tags @ ..] if tags.len() == 3 => {
                (name, version, Some(build), tags)
            }
            _ => return Err(error("it has not five or six parts joined by `-`")),
        };
        if tags.iter().any(|tag| tag.is_empty()) {
            return Err(error("a tag is empty"));
        }
        if build.is_some_and(|build| !build.starts_with(|c: char| c.is_ascii_digit())) {
            return Err(error("the build tag does not start with a digit"));
        }
        Ok(Self {
            name: name.parse().map_err(|_| error("the name is not valid"))?,
            version: version
                .parse()
                .map_err(|_| error("the version is not valid (PEP 440)"))?,
            build: build.map(str::to_owned),
            python_tag: tags[0].to_owned(),
            abi_tag: tags[1].to_owned(),
            platform_tag: tags[2].to_owned(),
        })
    }
}

impl fmt::Display for WheelFilename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.to_string().replace('-', "_");
        write!(f, "{}-{version}", self.name.as_file_name())?;
        if let Some(build) = &self.build {
            write!(f, "-{build}")?;
        }
        write!(
            f,
            "-{}-{}-{}.whl",
            self.python_tag, self.abi_tag, self.platform_tag
        )
    }
}

/// The file name of a source distribution: `{name}-{version}.tar.gz`, or another kind of archive
/// that old releases have.
///
/// Source: <https://packaging.python.org/en/latest/specifications/source-distribution-format/>.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SdistFilename {
    /// The distribution, normalised.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// The extension as it is in the name: `.tar.gz`, `.zip`, ….
    pub extension: &'static str,
}

const SDIST_EXTENSIONS: [&str; 8] = [
    ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar.Z", ".tar", ".tbz",
];

impl SdistFilename {
    /// Reads the file name of a source distribution of the project `name`.
    ///
    /// Names of old releases may contain `-`, so the file name alone does not tell where the
    /// project's name ends: the caller says which project it is.
    ///
    /// # Errors
    /// Where the name is not one of that project's source distributions.
    pub fn parse(filename: &str, name: &PackageName) -> Result<Self, FilenameError> {
        let error = |reason| FilenameError {
            filename: filename.to_owned(),
            expected: "source distribution",
            reason,
        };
        let (stem, extension) = SDIST_EXTENSIONS
            .into_iter()
            .find_map(|extension| Some((filename.strip_suffix(extension)?, extension)))
            .ok_or_else(|| error("it does not end in `.tar.gz` or `.zip`"))?;
        // The name is compared in its normal form, so its length in the file name is unknown.
        for (at, _) in stem.match_indices('-') {
            let Ok(prefix) = stem[..at].parse::<PackageName>() else {
                continue;
            };
            if &prefix != name {
                continue;
            }
            if let Ok(version) = stem[at + 1..].parse() {
                return Ok(Self {
                    name: prefix,
                    version,
                    extension,
                });
            }
        }
        Err(error("it is not `name-version` of this project"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_wheel(filename: &str, expect: Option<(&str, &str, usize)>) {
        let wheel = filename.parse::<WheelFilename>().ok();
        let got = wheel
            .as_ref()
            .map(|w| (w.name.as_str(), w.version.to_string(), w.tags().count()));
        assert_eq!(got, expect.map(|(n, v, t)| (n, v.to_owned(), t)));
    }

    #[test]
    fn wheels() {
        check_wheel(
            "six-1.16.0-py2.py3-none-any.whl",
            Some(("six", "1.16.0", 2)),
        );
        check_wheel(
            "a_b-1.0-2-cp312-abi3-linux_x86_64.whl",
            Some(("a-b", "1.0", 1)),
        );
        check_wheel("six-1.16.0-none-any.whl", None);
        check_wheel("six-1.16.0-x-py3-none-any.whl", None);
        check_wheel("six-1.16.0.tar.gz", None);
    }

    #[track_caller]
    fn check_sdist(filename: &str, name: &str, expect: Option<&str>) {
        let sdist = SdistFilename::parse(filename, &name.parse().unwrap()).ok();
        assert_eq!(sdist.map(|s| s.version.to_string()).as_deref(), expect);
    }

    #[test]
    fn sdists() {
        check_sdist(
            "zope.interface-5.0-1.tar.gz",
            "zope-interface",
            Some("5.0.post1"),
        );
        check_sdist(
            "backend.ai-client-24.9.0.tar.gz",
            "backend-ai-client",
            Some("24.9.0"),
        );
        check_sdist("a-b-1.0.zip", "a-b", Some("1.0"));
        check_sdist("a-b-1.0.zip", "a", None);
    }

    #[track_caller]
    fn check_pythons(filename: &str, constraint: &str, expect: bool) {
        let pythons = crate::InterpreterConstraints::parse(&[constraint])
            .unwrap()
            .range();
        assert_eq!(
            filename
                .parse::<WheelFilename>()
                .unwrap()
                .fits_pythons(&pythons),
            expect,
            "{filename}"
        );
    }

    #[test]
    fn wheels_fit_pythons() {
        check_pythons("a-1-py3-none-any.whl", ">=3.12", true);
        check_pythons("a-1-py2-none-any.whl", ">=3.12", false);
        check_pythons("a-1-py2.py3-none-any.whl", ">=3.12", true);
        check_pythons("a-1-cp39-cp39-manylinux2014_x86_64.whl", "==3.12.*", false);
        check_pythons("a-1-cp312-cp312-win_amd64.whl", "==3.12.*", true);
        check_pythons("a-1-cp37-abi3-win_amd64.whl", "==3.12.*", true);
        check_pythons("a-1-cp313-abi3-win_amd64.whl", "==3.12.*", false);
        check_pythons("a-1-cp37-none-win_amd64.whl", "==3.12.*", true);
        check_pythons("a-1-pp310-pypy310_pp73-win_amd64.whl", "==3.12.*", false);
        check_pythons("a-1-py310-none-any.whl", "==3.9.*", false);
        check_pythons("a-1-py3-graalpy240_310_native-any.whl", "==3.12.*", false);
        check_pythons("a-1-py3-any-macosx_10_0_ppc64.whl", "==3.12.*", false);
        check_pythons("a-1-py2.py3-none-any.whl", "==3.12.*", true);
        check_pythons("a-1-cp313-cp313t-win_amd64.whl", "==3.13.*", true);
    }
}
