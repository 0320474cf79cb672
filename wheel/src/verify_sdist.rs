//! Reads a source distribution back strictly, and compares it with its name and its metadata.
//!
//! Format: <https://packaging.python.org/en/latest/specifications/source-distribution-format/>.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;

use flate2::read::MultiGzDecoder;
use model::{Metadata, SdistFilename};
use tar::EntryType;

use crate::core_checks;
use crate::finding::WheelFinding;
use crate::path::{FoldedPath, check_contained};

/// The findings about a source distribution with this file name.
pub fn verify_sdist(file_name: &str, input: impl Read) -> Vec<WheelFinding> {
    let mut sdist = Sdist {
        findings: Vec::new(),
        names: BTreeSet::new(),
        pkg_info: None,
        root: file_name
            .strip_suffix(".tar.gz")
            .unwrap_or_default()
            .to_owned(),
    };
    if sdist.root.is_empty() {
        sdist.findings.push(WheelFinding::FileName {
            problem: "it does not end in `.tar.gz`".to_owned(),
        });
        return sdist.findings;
    }
    if let Err(error) = sdist.read(input) {
        sdist.findings.push(WheelFinding::Archive {
            problem: error.to_string(),
        });
        return sdist.findings;
    }
    sdist.judge(file_name);
    sdist.findings
}

struct Sdist {
    findings: Vec<WheelFinding>,
    names: BTreeSet<String>,
    pkg_info: Option<Vec<u8>>,
    root: String,
}

impl Sdist {
    fn read(&mut self, input: impl Read) -> std::io::Result<()> {
        let mut archive = tar::Archive::new(MultiGzDecoder::new(input));
        let mut folded: HashMap<FoldedPath, String> = HashMap::new();
        let mut count = 0;
        for entry in archive.entries()? {
            let mut entry = entry?;
            count += 1;
            let bytes = entry.path_bytes().into_owned();
            let Ok(name) = String::from_utf8(bytes) else {
                self.findings.push(WheelFinding::Archive {
                    problem: "a name is not UTF-8".to_owned(),
                });
                continue;
            };
            let name = name.trim_end_matches('/').to_owned();
            if let Err(problem) = check_contained(&name) {
                self.findings
                    .push(WheelFinding::UnsafeName { name, problem });
                continue;
            }
            let top = name.split('/').next().unwrap_or_default();
            if top != self.root {
                self.findings.push(WheelFinding::Archive {
                    problem: format!("`{name}` is not below `{}/`", self.root),
                });
            }
            let kind = entry.header().entry_type();
            if kind == EntryType::Directory {
                continue;
            }
            if matches!(kind, EntryType::Symlink | EntryType::Link) {
                let target = entry.link_name_bytes().unwrap_or_default();
                let target = String::from_utf8_lossy(&target).into_owned();
                if target.starts_with('/') || target.split('/').any(|part| part == "..") {
                    self.findings
                        .push(WheelFinding::Symlink { name: name.clone() });
                }
            } else if !matches!(kind, EntryType::Regular | EntryType::Continuous) {
                self.findings.push(WheelFinding::Archive {
                    problem: format!("`{name}` is neither a file nor a folder"),
                });
            }
            if let Some(first) = folded.insert(FoldedPath::of(&name), name.clone()) {
                self.findings.push(WheelFinding::CaseClash {
                    first,
                    second: name.clone(),
                });
            }
            if name == format!("{}/PKG-INFO", self.root) {
                let mut text = Vec::new();
                entry.read_to_end(&mut text)?;
                self.pkg_info = Some(text);
            } else {
                std::io::copy(&mut entry, &mut std::io::sink())?;
            }
            self.names.insert(name);
        }
        if count == 0 {
            return Err(std::io::Error::other("the archive is empty"));
        }
        Ok(())
    }

    fn judge(&mut self, file_name: &str) {
        let root = &self.root;
        let in_root = |name: &str| self.names.contains(&format!("{root}/{name}"));
        if !in_root("pyproject.toml") && !in_root("setup.py") {
            self.findings.push(WheelFinding::Missing {
                name: format!("{root}/pyproject.toml"),
            });
        }
        let Some(bytes) = &self.pkg_info else {
            self.findings.push(WheelFinding::Missing {
                name: format!("{root}/PKG-INFO"),
            });
            return;
        };
        let text = String::from_utf8_lossy(bytes).into_owned();
        let Ok(metadata) = Metadata::parse(&text) else {
            return self.findings.extend(core_checks::judge(&text, in_root));
        };
        match SdistFilename::parse(file_name, &metadata.name) {
            Ok(named) if named.version == metadata.version => {
                let normal = format!(
                    "{}-{}.tar.gz",
                    metadata.name.as_file_name(),
                    metadata.version
                );
                if normal != file_name {
                    self.findings.push(WheelFinding::FileNameNotNormal {
                        given: file_name.to_owned(),
                        normal,
                    });
                }
            }
            _ => self.findings.push(WheelFinding::Disagreement {
                file: "PKG-INFO",
                field: "Name and Version",
                found: format!("{} {}", metadata.name, metadata.version),
                expected: root.clone(),
            }),
        }
        self.findings.extend(core_checks::judge(&text, in_root));
    }
}
