//! The wheel tags that an interpreter can use, best first, computed from its facts.
//!
//! Sources: PEP 425, PEP 600 (manylinux), PEP 656 (musllinux) and the rules of
//! <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>; the order
//! is that of `packaging.tags.sys_tags`.

use model::{Tag, WheelFilename};
use rustc_hash::FxHashMap;

use super::interpreter::{BuildFacts, Interpreter};

/// The tags of the wheels that an interpreter can use.
#[derive(Debug, Clone)]
pub struct CompatibleTags {
    // Invariant: `ranks[tags[n]] == n`.
    tags: Vec<Tag>,
    ranks: FxHashMap<Tag, usize>,
}

impl CompatibleTags {
    /// Those of an interpreter.
    #[must_use]
    pub fn of(python: &Interpreter) -> Self {
        let platforms = platforms(python);
        let mut tags = Vec::with_capacity(platforms.len() * 60);
        let (major, minor) = python.major_minor();
        let interpreter = match python.implementation() {
            "CPython" => {
                cpython_tags(&mut tags, (python, &platforms));
                format!("cp{major}{minor}")
            }
            "PyPy" => {
                let interpreter = format!("pp{major}{minor}");
                pypy_tags(&mut tags, (&python.facts().build, &interpreter, &platforms));
                "pp3".to_owned()
            }
            other => format!("{}{major}{minor}", other.to_ascii_lowercase()),
        };
        let generic = generic_pythons((major, minor));
        push_all(&mut tags, &generic, (&["none".to_owned()], &platforms));
        tags.push(tag(&interpreter, "none", "any"));
        tags.extend(generic.iter().map(|python| tag(python, "none", "any")));
        Self::from_list(tags)
    }

    fn from_list(list: Vec<Tag>) -> Self {
        let mut tags = Vec::with_capacity(list.len());
        let mut ranks = FxHashMap::default();
        for tag in list {
            if !ranks.contains_key(&tag) {
                ranks.insert(tag.clone(), tags.len());
                tags.push(tag);
            }
        }
        Self { tags, ranks }
    }

    /// Every tag, best first.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// How well a wheel fits: the lower, the better; `None` where it cannot be used.
    #[must_use]
    pub fn rank(&self, wheel: &WheelFilename) -> Option<usize> {
        wheel
            .tags()
            .filter_map(|tag| self.ranks.get(&tag).copied())
            .min()
    }
}

fn tag(python: &str, abi: &str, platform: &str) -> Tag {
    Tag {
        python: python.to_owned(),
        abi: abi.to_owned(),
        platform: platform.to_owned(),
    }
}

fn push_all(tags: &mut Vec<Tag>, pythons: &[String], rest: (&[String], &[String])) {
    let (abis, platforms) = rest;
    for python in pythons {
        for abi in abis {
            tags.extend(platforms.iter().map(|platform| tag(python, abi, platform)));
        }
    }
}

/// `cp312-cp312`, then `cp312-abi3`, `cp312-none`, then `abi3` of every older version.
fn cpython_tags(tags: &mut Vec<Tag>, (python, platforms): (&Interpreter, &[String])) {
    let (major, minor) = python.major_minor();
    let build = &python.facts().build;
    let pythons = [format!("cp{major}{minor}")];
    let mut abis = cpython_abis(build, (major, minor));
    let stable_abi = !build.gil_disabled && (major, minor) >= (3, 2);
    if stable_abi {
        abis.push("abi3".to_owned());
    }
    abis.push("none".to_owned());
    push_all(tags, &pythons, (&abis, platforms));
    if stable_abi {
        let older: Vec<String> = (2..minor).rev().map(|m| format!("cp{major}{m}")).collect();
        push_all(tags, &older, (&["abi3".to_owned()], platforms));
    }
}

fn cpython_abis(build: &BuildFacts, (major, minor): (u64, u64)) -> Vec<String> {
    let flag = |on: bool, letter| if on { letter } else { "" };
    let threads = flag(build.gil_disabled, "t");
    let debug = flag(build.debug, "d");
    let pymalloc = flag((major, minor) < (3, 8) && build.pymalloc, "m");
    let version = format!("cp{major}{minor}{threads}");
    let mut abis = vec![format!("{version}{debug}{pymalloc}")];
    if build.debug && (major, minor) >= (3, 8) {
        // A debug build also loads extensions of an ordinary one.
        abis.push(version);
    }
    abis
}

/// `pp310-pypy310_pp73`, the ABI as in `.pypy310-pp73-x86_64-linux-gnu.so`.
fn pypy_tags(tags: &mut Vec<Tag>, facts: (&BuildFacts, &str, &[String])) {
    let (build, interpreter, platforms) = facts;
    let mut abis = Vec::new();
    let suffix = build.ext_suffix.as_deref().unwrap_or_default();
    let mut parts = suffix.trim_start_matches('.').split('-');
    if let (Some(pypy), Some(abi)) = (parts.next(), parts.next()) {
        abis.push(format!("{pypy}_{abi}"));
    }
    abis.push("none".to_owned());
    push_all(tags, &[interpreter.to_owned()], (&abis, platforms));
}

/// `py312`, `py3`, `py311`, …, `py30`.
fn generic_pythons((major, minor): (u64, u64)) -> Vec<String> {
    let mut pythons = vec![format!("py{major}{minor}"), format!("py{major}")];
    pythons.extend((0..minor).rev().map(|m| format!("py{major}{m}")));
    pythons
}

fn platforms(python: &Interpreter) -> Vec<String> {
    let build = &python.facts().build;
    match python.sys_platform() {
        "linux" => linux_platforms(build),
        "darwin" => macos_platforms(build),
        _ => vec![build.platform.replace(['-', '.'], "_")],
    }
}

fn linux_platforms(build: &BuildFacts) -> Vec<String> {
    let machine = build
        .platform
        .strip_prefix("linux-")
        .unwrap_or(&build.platform);
    let machine = match (machine, build.pointer_bits) {
        ("x86_64", 32) => "i686",
        ("aarch64", 32) => "armv8l",
        (machine, _) => machine,
    };
    let machines: &[&str] = match machine {
        "armv8l" => &["armv8l", "armv7l"],
        machine => &[machine],
    };
    let mut platforms = Vec::new();
    if let Some((2, glibc)) = build.glibc.as_deref().and_then(major_minor) {
        for machine in machines {
            manylinux(&mut platforms, machine, glibc);
        }
    }
    if let Some((major, minor)) = build.musl.as_deref().and_then(major_minor) {
        for machine in machines {
            let tag = |m: u32| format!("musllinux_{major}_{m}_{machine}");
            platforms.extend((0..=minor).rev().map(tag));
        }
    }
    platforms.extend(machines.iter().map(|machine| format!("linux_{machine}")));
    platforms
}

/// `manylinux_2_36` down to the oldest glibc that such wheels are made for; each old name
/// follows the new one that means the same.
fn manylinux(platforms: &mut Vec<String>, machine: &str, glibc: u32) {
    let oldest = if matches!(machine, "x86_64" | "i686") {
        5
    } else {
        17
    };
    for minor in (oldest..=glibc).rev() {
        platforms.push(format!("manylinux_2_{minor}_{machine}"));
        let old_name = match minor {
            17 => "manylinux2014",
            12 => "manylinux2010",
            5 => "manylinux1",
            _ => continue,
        };
        platforms.push(format!("{old_name}_{machine}"));
    }
}

fn macos_platforms(build: &BuildFacts) -> Vec<String> {
    let machine = match build.platform.rsplit_once('-').map(|(_, machine)| machine) {
        Some("universal2") | None if cfg!(target_arch = "aarch64") => "arm64",
        Some("universal2") | None => "x86_64",
        Some(machine) => machine,
    };
    let Some((major, minor)) = build.macos.as_deref().and_then(major_minor) else {
        return Vec::new();
    };
    let formats: &[&str] = match machine {
        "arm64" => &["arm64", "universal2"],
        _ => &[
            "x86_64",
            "intel",
            "fat64",
            "fat32",
            "universal2",
            "universal",
        ],
    };
    let mut platforms = Vec::new();
    for major in (11..=major).rev() {
        platforms.extend(
            formats
                .iter()
                .map(|format| format!("macosx_{major}_0_{format}")),
        );
    }
    let formats = if machine == "arm64" {
        &["universal2"]
    } else {
        formats
    };
    let newest = if major >= 11 { 16 } else { minor };
    for minor in (4..=newest).rev() {
        platforms.extend(
            formats
                .iter()
                .map(|format| format!("macosx_10_{minor}_{format}")),
        );
    }
    platforms
}

fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split(['.', '-', '+']);
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next().unwrap_or("0").parse().ok()?;
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::super::interpreter::tests::invented;
    use super::*;

    #[track_caller]
    fn check(python: &Interpreter, better: &str, worse: &str) {
        let tags = CompatibleTags::of(python);
        let rank = |wheel: &str| tags.rank(&wheel.parse().unwrap());
        assert!(rank(better).is_some(), "{better} does not fit");
        let better = rank(better).unwrap();
        assert!(rank(worse).is_none_or(|worse| better < worse));
    }

    #[track_caller]
    fn check_unfit(python: &Interpreter, wheel: &str) {
        assert_eq!(
            CompatibleTags::of(python).rank(&wheel.parse().unwrap()),
            None
        );
    }

    #[test]
    fn the_most_specific_wheel_is_best() {
        let linux = invented(|_| ());
        let abi = "a-1-cp312-cp312-manylinux_2_17_x86_64.whl";
        check(&linux, abi, "a-1-cp312-abi3-manylinux_2_17_x86_64.whl");
        check(&linux, abi, "a-1-py3-none-any.whl");
        check(
            &linux,
            "a-1-cp38-abi3-manylinux2014_x86_64.whl",
            "a-1-py3-none-any.whl",
        );
        check(&linux, "a-1-py3-none-any.whl", "a-1-py2-none-any.whl");
        check(
            &linux,
            "a-1-py2.py3-none-any.whl",
            "a-1-cp313-cp313-linux_x86_64.whl",
        );
    }

    #[test]
    fn a_newer_glibc_is_preferred_and_a_too_new_one_refused() {
        let linux = invented(|_| ());
        check(
            &linux,
            "a-1-py3-none-manylinux_2_28_x86_64.whl",
            "a-1-py3-none-manylinux2014_x86_64.whl",
        );
        check_unfit(&linux, "a-1-py3-none-manylinux_2_37_x86_64.whl");
        check_unfit(&linux, "a-1-py3-none-manylinux_2_17_aarch64.whl");
        check_unfit(&linux, "a-1-py3-none-musllinux_1_1_x86_64.whl");
    }

    #[test]
    fn musl() {
        let alpine = invented(|facts| {
            facts["build"]["glibc"] = serde_json::Value::Null;
            facts["build"]["musl"] = "1.2.3".into();
        });
        check(
            &alpine,
            "a-1-py3-none-musllinux_1_2_x86_64.whl",
            "a-1-py3-none-musllinux_1_1_x86_64.whl",
        );
        check_unfit(&alpine, "a-1-py3-none-manylinux2014_x86_64.whl");
    }

    #[test]
    fn macos_and_windows() {
        let mac = invented(|facts| {
            facts["marker_environment"]["sys_platform"] = "darwin".into();
            facts["build"]["platform"] = "macosx-11.0-arm64".into();
            facts["build"]["macos"] = "14.2".into();
        });
        check(
            &mac,
            "a-1-py3-none-macosx_14_0_arm64.whl",
            "a-1-py3-none-macosx_11_0_arm64.whl",
        );
        check(
            &mac,
            "a-1-py3-none-macosx_10_9_universal2.whl",
            "a-1-py3-none-any.whl",
        );
        check_unfit(&mac, "a-1-py3-none-macosx_15_0_arm64.whl");
        check_unfit(&mac, "a-1-py3-none-macosx_10_9_x86_64.whl");
        let windows = invented(|facts| {
            facts["marker_environment"]["sys_platform"] = "win32".into();
            facts["build"]["platform"] = "win-amd64".into();
        });
        check(
            &windows,
            "a-1-cp312-cp312-win_amd64.whl",
            "a-1-py3-none-any.whl",
        );
        check_unfit(&windows, "a-1-cp312-cp312-win32.whl");
    }

    #[test]
    fn free_threaded_builds_have_no_stable_abi() {
        let free = invented(|facts| facts["build"]["gil_disabled"] = true.into());
        check(
            &free,
            "a-1-cp312-cp312t-linux_x86_64.whl",
            "a-1-py3-none-any.whl",
        );
        check_unfit(&free, "a-1-cp312-cp312-linux_x86_64.whl");
        check_unfit(&free, "a-1-cp312-abi3-linux_x86_64.whl");
    }

    #[test]
    fn pypy() {
        let pypy = invented(|facts| {
            facts["marker_environment"]["platform_python_implementation"] = "PyPy".into();
            facts["build"]["ext_suffix"] = ".pypy312-pp73-x86_64-linux-gnu.so".into();
        });
        check(
            &pypy,
            "a-1-pp312-pypy312_pp73-manylinux2014_x86_64.whl",
            "a-1-py3-none-any.whl",
        );
        check_unfit(&pypy, "a-1-cp312-cp312-linux_x86_64.whl");
    }
}
