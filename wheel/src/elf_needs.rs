//! What an ELF file needs of the system that loads it, and whether a platform tag promises that.
//!
//! Sources: PEP 600 (manylinux), PEP 656 (musllinux), and the policies of
//! <https://github.com/pypa/auditwheel>.

use std::collections::BTreeSet;

use elf::ElfBytes;
use elf::abi::{DT_NEEDED, DT_SONAME};
use elf::endian::AnyEndian;

/// What an ELF file needs: versions of symbols, and libraries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ElfNeeds {
    /// Versions of symbols, such as `GLIBC_2.34`, each with its library.
    pub versions: BTreeSet<(String, String)>,
    /// Names of libraries.
    pub libraries: BTreeSet<String>,
    /// Its own name as a library.
    pub soname: Option<String>,
}

/// Something that a file needs and a platform tag does not promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnmetNeed {
    /// A version of a symbol, and the tag that promises it if there is one.
    Version {
        /// Such as `GLIBC_2.34`.
        version: String,
        /// The library that has it.
        library: String,
        /// The tag that is true.
        true_tag: Option<String>,
    },
    /// A library.
    Library(String),
}

/// A Linux with the libraries that a tag promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Promise {
    /// glibc of this version.
    Glibc(u32, u32),
    /// musl.
    Musl,
}

/// The versions that come with a glibc in the distributions of its time.
struct Policy {
    glibc: (u32, u32),
    glibcxx: &'static [u32],
    cxxabi: &'static [u32],
    gcc: &'static [u32],
    zlib: &'static [u32],
}

const POLICIES: &[Policy] = &[
    Policy {
        glibc: (2, 5),
        glibcxx: &[3, 4, 8],
        cxxabi: &[1, 3, 1],
        gcc: &[4, 2, 0],
        zlib: &[],
    },
    Policy {
        glibc: (2, 12),
        glibcxx: &[3, 4, 13],
        cxxabi: &[1, 3, 3],
        gcc: &[4, 3, 0],
        zlib: &[1, 2, 2, 4],
    },
    Policy {
        glibc: (2, 17),
        glibcxx: &[3, 4, 19],
        cxxabi: &[1, 3, 7],
        gcc: &[4, 8, 0],
        zlib: &[1, 2, 5, 2],
    },
    Policy {
        glibc: (2, 24),
        glibcxx: &[3, 4, 22],
        cxxabi: &[1, 3, 10],
        gcc: &[4, 8, 0],
        zlib: &[1, 2, 5, 2],
    },
    Policy {
        glibc: (2, 26),
        glibcxx: &[3, 4, 22],
        cxxabi: &[1, 3, 10],
        gcc: &[7, 0, 0],
        zlib: &[1, 2, 5, 2],
    },
    Policy {
        glibc: (2, 27),
        glibcxx: &[3, 4, 24],
        cxxabi: &[1, 3, 11],
        gcc: &[7, 0, 0],
        zlib: &[1, 2, 9],
    },
    Policy {
        glibc: (2, 31),
        glibcxx: &[3, 4, 28],
        cxxabi: &[1, 3, 12],
        gcc: &[7, 0, 0],
        zlib: &[1, 2, 9],
    },
    Policy {
        glibc: (2, 34),
        glibcxx: &[3, 4, 29],
        cxxabi: &[1, 3, 13],
        gcc: &[11, 0],
        zlib: &[1, 2, 9],
    },
    Policy {
        glibc: (2, 35),
        glibcxx: &[3, 4, 30],
        cxxabi: &[1, 3, 13],
        gcc: &[12, 0, 0],
        zlib: &[1, 2, 9],
    },
    Policy {
        glibc: (2, 37),
        glibcxx: &[3, 4, 30],
        cxxabi: &[1, 3, 13],
        gcc: &[12, 0, 0],
        zlib: &[1, 2, 12],
    },
    Policy {
        glibc: (2, 39),
        glibcxx: &[3, 4, 33],
        cxxabi: &[1, 3, 15],
        gcc: &[14, 0, 0],
        zlib: &[1, 2, 12],
    },
];

/// Libraries that every manylinux has.
const LIBRARIES: &[&str] = &[
    "libGL.so.1",
    "libICE.so.6",
    "libSM.so.6",
    "libX11.so.6",
    "libXext.so.6",
    "libXrender.so.1",
    "libanl.so.1",
    "libatomic.so.1",
    "libc.so.6",
    "libdl.so.2",
    "libexpat.so.1",
    "libgcc_s.so.1",
    "libglib-2.0.so.0",
    "libgobject-2.0.so.0",
    "libgthread-2.0.so.0",
    "libm.so.6",
    "libmvec.so.1",
    "libnsl.so.1",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libstdc++.so.6",
    "libutil.so.1",
    "libz.so.1",
];

impl ElfNeeds {
    /// What a file needs; `None` if it is not an ELF file that can be read.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let file = ElfBytes::<AnyEndian>::minimal_parse(bytes).ok()?;
        let mut needs = Self::default();
        needs.read_libraries(&file);
        needs.read_versions(&file);
        Some(needs)
    }

    fn read_libraries(&mut self, file: &ElfBytes<'_, AnyEndian>) {
        let (Ok(Some(dynamic)), Ok(common)) = (file.dynamic(), file.find_common_data()) else {
            return;
        };
        let Some(names) = common.dynsyms_strs else {
            return;
        };
        for entry in dynamic.iter() {
            let name = || {
                let at = usize::try_from(entry.d_val()).ok()?;
                names.get(at).ok().map(str::to_owned)
            };
            match entry.d_tag {
                DT_NEEDED => self.libraries.extend(name()),
                DT_SONAME => self.soname = name(),
                _ => {}
            }
        }
    }

    fn read_versions(&mut self, file: &ElfBytes<'_, AnyEndian>) {
        let (Ok(Some(table)), Ok(Some((symbols, _)))) =
            (file.symbol_version_table(), file.dynamic_symbol_table())
        else {
            return;
        };
        for at in 0..symbols.len() {
            if let Ok(Some(required)) = table.get_requirement(at) {
                let version = (required.name.to_owned(), required.file.to_owned());
                self.versions.insert(version);
            }
        }
    }

    /// What it needs and a platform tag does not promise. `shipped` says whether the wheel itself
    /// has a library.
    pub fn unmet(&self, platform_tag: &str, shipped: impl Fn(&str) -> bool) -> Vec<UnmetNeed> {
        let Some(promise) = Promise::of(platform_tag) else {
            return Vec::new();
        };
        let mut unmet = Vec::new();
        let is_met = |needed: (u32, u32)| match promise {
            Promise::Glibc(major, minor) => needed <= (major, minor),
            Promise::Musl => false,
        };
        let needed = self.versions.iter().filter_map(|version| {
            let glibc = glibc_of(&version.0)?;
            (!is_met(glibc)).then_some((glibc, version))
        });
        if let Some(((major, minor), (version, library))) = needed.max() {
            unmet.push(UnmetNeed::Version {
                version: version.clone(),
                library: library.clone(),
                true_tag: machine(platform_tag)
                    .filter(|_| major != u32::MAX)
                    .map(|machine| format!("manylinux_{major}_{minor}_{machine}")),
            });
        }
        let unknown = self.libraries.iter().filter(|name| {
            let is_loader = name.starts_with("ld-") || name.starts_with("ld64");
            let is_promised = match promise {
                Promise::Glibc(..) => LIBRARIES.contains(&name.as_str()),
                Promise::Musl => name.starts_with("libc.") || name.starts_with("libc.musl-"),
            };
            !is_loader && !is_promised && !shipped(name)
        });
        unmet.extend(unknown.map(|name| UnmetNeed::Library(name.clone())));
        unmet
    }
}

impl Promise {
    fn of(platform_tag: &str) -> Option<Self> {
        if platform_tag.starts_with("musllinux_") {
            return Some(Self::Musl);
        }
        let rest = platform_tag.strip_prefix("manylinux")?;
        for (start, promise) in [
            ("1_", Self::Glibc(2, 5)),
            ("2010_", Self::Glibc(2, 12)),
            ("2014_", Self::Glibc(2, 17)),
        ] {
            if rest.starts_with(start) {
                return Some(promise);
            }
        }
        let mut parts = rest.strip_prefix('_')?.split('_');
        let mut number = || parts.next()?.parse::<u32>().ok();
        Some(Self::Glibc(number()?, number()?))
    }
}

/// The processor at the end of a tag of Linux.
fn machine(platform_tag: &str) -> Option<&str> {
    let rest = platform_tag.split_once("linux")?.1;
    let start = rest.find(|c: char| c.is_ascii_alphabetic())?;
    Some(&rest[start..])
}

/// The oldest glibc whose time has a version of a symbol; `None` if the version is not one of those
/// that policies speak of.
fn glibc_of(version: &str) -> Option<(u32, u32)> {
    const NEVER: (u32, u32) = (u32::MAX, 0);
    let (name, number) = version.split_once('_')?;
    if number == "PRIVATE" {
        return Some(NEVER);
    }
    if version == "GLIBC_ABI_DT_RELR" {
        return Some((2, 36));
    }
    let parts: Option<Vec<u32>> = number.split('.').map(|part| part.parse().ok()).collect();
    let parts = parts?;
    if name == "GLIBC" {
        return Some((*parts.first()?, parts.get(1).copied().unwrap_or(0)));
    }
    let limit = |policy: &'static Policy| match name {
        "GLIBCXX" => Some(policy.glibcxx),
        "CXXABI" => Some(policy.cxxabi),
        "GCC" => Some(policy.gcc),
        "ZLIB" => Some(policy.zlib),
        _ => None,
    };
    limit(&POLICIES[0])?;
    let mut fits = POLICIES
        .iter()
        .filter(|policy| limit(policy).is_some_and(|limit| parts.as_slice() <= limit));
    Some(fits.next().map_or(NEVER, |policy| policy.glibc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(versions: &[&str], libraries: &[&str]) -> ElfNeeds {
        let text = |text: &&str| (*text).to_owned();
        ElfNeeds {
            versions: versions
                .iter()
                .map(|version| (text(version), "libc.so.6".to_owned()))
                .collect(),
            libraries: libraries.iter().map(text).collect(),
            soname: None,
        }
    }

    fn check(versions: &[&str], libraries: &[&str], tag: &str) -> String {
        let unmet = needs(versions, libraries).unmet(tag, |name| name == "libown.so");
        let shown = unmet.into_iter().map(|need| match need {
            UnmetNeed::Version {
                version, true_tag, ..
            } => format!("{version}: {}", true_tag.unwrap_or_default()),
            UnmetNeed::Library(name) => name,
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn versions_and_tags() {
        let versions = ["GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.17", "GLIBCXX_3.4.19"];
        let tag = "manylinux2014_x86_64";
        assert_eq!(
            check(&versions, &[], tag),
            "GLIBC_2.34: manylinux_2_34_x86_64"
        );
        assert_eq!(check(&versions, &[], "manylinux_2_34_x86_64"), "");
        assert_eq!(check(&versions[2..], &[], tag), "");
        assert_eq!(
            check(&["GLIBCXX_3.4.29"], &[], tag),
            "GLIBCXX_3.4.29: manylinux_2_34_x86_64"
        );
        assert_eq!(check(&["GLIBC_PRIVATE"], &[], tag), "GLIBC_PRIVATE: ");
        assert_eq!(check(&["OTHER_1"], &[], tag), "");
        assert_eq!(
            check(&versions[..1], &[], "musllinux_1_2_x86_64"),
            "GLIBC_2.2.5: manylinux_2_2_x86_64"
        );
        assert_eq!(check(&versions, &[], "linux_x86_64"), "");
        assert_eq!(
            check(&["GLIBC_2.12"], &[], "manylinux1_i686"),
            "GLIBC_2.12: manylinux_2_12_i686"
        );
    }

    #[test]
    fn libraries_and_tags() {
        let libraries = [
            "libc.so.6",
            "ld-linux-x86-64.so.2",
            "libown.so",
            "libssl.so.3",
        ];
        assert_eq!(
            check(&[], &libraries, "manylinux2014_x86_64"),
            "libssl.so.3"
        );
        let musl = ["libc.musl-x86_64.so.1", "libstdc++.so.6"];
        assert_eq!(check(&[], &musl, "musllinux_1_2_x86_64"), "libstdc++.so.6");
    }

    #[test]
    fn of_a_program_of_this_machine() {
        let Ok(bytes) = fs_err::read("/bin/sh") else {
            return;
        };
        if cfg!(all(target_os = "linux", target_env = "gnu")) {
            let needs = ElfNeeds::of(&bytes).unwrap();
            assert!(needs.libraries.contains("libc.so.6"), "{needs:?}");
            assert!(
                needs
                    .versions
                    .iter()
                    .any(|(version, _)| version.starts_with("GLIBC_2."))
            );
        }
        assert_eq!(ElfNeeds::of(b"\x7fELF"), None);
        assert_eq!(ElfNeeds::of(b"#!/bin/sh\n"), None);
    }
}
