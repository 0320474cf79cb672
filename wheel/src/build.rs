//! A wheel and a source distribution as data, and how their members are made from it, in order and
//! with RECORD last.

use std::collections::{BTreeMap, BTreeSet};

use model::{PackageName, WheelFilename};
use serde::Serialize;

use crate::entry_points::EntryPoints;
use crate::error::ArchiveError;
use crate::member::{FileMode, Member, MemberDigest, MemberWriter, arrange};
use crate::metadata::{CoreMetadata, MetadataVersion};
use crate::path::MemberPath;
use crate::record::RecordWriter;
use crate::wheel_file::{WheelFile, WheelTags};

/// The contents of one wheel.
#[derive(Clone, Debug)]
pub struct WheelContents {
    /// The content of METADATA.
    pub metadata: CoreMetadata,
    /// The tags of WHEEL and the file name.
    pub tags: WheelTags,
    /// The name of the tool for WHEEL: `name (version)`.
    pub generator: String,
    /// The content of entry_points.txt, which is left out if it is empty.
    pub entry_points: EntryPoints,
    /// Code and resources, in any order.
    pub members: Vec<Member>,
    /// Files for folders of the environment, under their path in the `.data` folder.
    pub data_files: Vec<Member>,
    /// Licence files, under their paths relative to the distribution's root.
    pub license_files: Vec<Member>,
    /// Bills of materials (PEP 770): name and bytes.
    pub sboms: Vec<(String, Vec<u8>)>,
    /// Whether to add the files that setuptools adds.
    pub setuptools_files: SetuptoolsFiles,
}

/// `top_level.txt` and `namespace_packages.txt`. No specification has them, but some tools read
/// them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetuptoolsFiles {
    /// Neither.
    None,
    /// Both, with these packages declared as namespaces by `pkg_resources`
    /// (usually none).
    Written {
        /// The names, with dots.
        namespace_packages: Vec<String>,
    },
}

/// The contents of one source distribution. It builds itself: its own backend packs the wheels that
/// are described here, so that they are those that are built from the repository.
#[derive(Clone, Debug)]
pub struct SdistContents {
    /// The wheels that it builds, of one release.
    pub wheels: Vec<SdistWheel>,
    /// Licence files and other files for its root, such as the readme.
    pub root_files: Vec<Member>,
}

/// A wheel that a source distribution builds.
#[derive(Clone, Debug)]
pub struct SdistWheel {
    /// The platform that it is built on, such as `linux_x86_64`; `None` for any.
    pub platform: Option<String>,
    /// What is in it.
    pub contents: WheelContents,
}

/// The folder of a source distribution with its backend.
const BACKEND_FOLDER: &str = "_build_backend";
/// Packs the members of a wheel.
const BACKEND: &str = include_str!("sdist_backend.py");
const PYPROJECT: &str = "\
[build-system]
requires = []
build-backend = \"sdist_backend\"
backend-path = [\"_build_backend\"]
";

impl WheelContents {
    /// The name of the wheel's file.
    pub fn filename(&self) -> Result<WheelFilename, ArchiveError> {
        Ok(self.tags.filename(&self.metadata)?)
    }

    /// Writes the wheel. Gives the written members, without RECORD.
    pub fn write(&self, writer: &mut impl MemberWriter) -> Result<Vec<MemberDigest>, ArchiveError> {
        let (members, dist_info) = self.all_members()?;
        write_wheel(members, &dist_info, writer)
    }

    /// Every member but RECORD, and the name of the `.dist-info` folder.
    fn all_members(&self) -> Result<(Vec<Member>, String), ArchiveError> {
        let filename = self.filename()?;
        let root = root_name(&filename.name, &self.metadata);
        let dist_info = format!("{root}.dist-info");
        let metadata = self.dist_info(&filename, &dist_info)?;
        let mut members = self.members.clone();
        for file in &self.data_files {
            members.push(Member {
                path: member_path(&format!("{root}.data/{}", file.path))?,
                ..file.clone()
            });
        }
        members.extend(metadata);
        Ok((members, dist_info))
    }

    fn dist_info(
        &self,
        filename: &WheelFilename,
        dist_info: &str,
    ) -> Result<Vec<Member>, ArchiveError> {
        let file = |name: &str, bytes: Vec<u8>| -> Result<Member, ArchiveError> {
            Ok(Member::bytes(
                member_path(&format!("{dist_info}/{name}"))?,
                bytes,
            ))
        };
        let license_files = self.license_names();
        let mut out = vec![
            file(
                "METADATA",
                self.metadata.render(&license_files)?.into_bytes(),
            )?,
            file(
                "WHEEL",
                WheelFile::of(filename).render(&self.generator).into_bytes(),
            )?,
        ];
        if !self.entry_points.is_empty() {
            out.push(file(
                "entry_points.txt",
                self.entry_points.render().into_bytes(),
            )?);
        }
        if let SetuptoolsFiles::Written { namespace_packages } = &self.setuptools_files {
            out.push(file(
                "top_level.txt",
                lines(&top_level(&self.members)).into_bytes(),
            )?);
            out.push(file(
                "namespace_packages.txt",
                lines(namespace_packages).into_bytes(),
            )?);
        }
        for (name, bytes) in &self.sboms {
            out.push(file(&format!("sboms/{name}"), bytes.clone())?);
        }
        for license in &self.license_files {
            out.push(self.license_member(dist_info, license)?);
        }
        Ok(out)
    }

    fn license_names(&self) -> Vec<String> {
        let files = self.license_files.iter();
        files.map(|member| member.path.to_string()).collect()
    }

    /// PEP 639 gives licences a folder. Before, they were beside METADATA.
    fn license_member(&self, dist_info: &str, license: &Member) -> Result<Member, ArchiveError> {
        let path = if self.metadata.metadata_version >= MetadataVersion::V2_4 {
            format!("{dist_info}/licenses/{}", license.path)
        } else {
            format!("{dist_info}/{}", license.path.file_name())
        };
        Ok(Member {
            path: member_path(&path)?,
            ..license.clone()
        })
    }
}

impl SdistContents {
    /// The name of the file: `name-version.tar.gz`, normalised (PEP 625).
    pub fn filename(&self) -> Result<String, ArchiveError> {
        Ok(format!("{}.tar.gz", self.root()?))
    }

    /// Writes the source distribution.
    pub fn write(&self, writer: &mut impl MemberWriter) -> Result<Vec<MemberDigest>, ArchiveError> {
        let root = self.root()?;
        let mut members: BTreeMap<String, Member> = BTreeMap::new();
        let mut manifest = BTreeMap::new();
        for wheel in &self.wheels {
            let platform = wheel.platform.as_deref().unwrap_or("any");
            manifest.insert(platform, WheelManifest::of(wheel, platform, &mut members)?);
        }
        // Maps and texts cannot fail to serialise.
        let manifest = serde_json::to_string_pretty(&manifest).unwrap_or_default();
        let own = [
            ("PKG-INFO".to_owned(), self.pkg_info()?),
            ("pyproject.toml".to_owned(), PYPROJECT.to_owned()),
            (
                format!("{BACKEND_FOLDER}/sdist_backend.py"),
                BACKEND.to_owned(),
            ),
            (format!("{BACKEND_FOLDER}/wheels.json"), manifest + "\n"),
        ];
        let mut all: Vec<Member> = members.into_values().collect();
        for (name, text) in own {
            all.push(Member::bytes(member_path(&name)?, text.into_bytes()));
        }
        all.extend(self.root_files.iter().cloned());
        for member in &mut all {
            member.path = member_path(&format!("{root}/{}", member.path))?;
        }
        write_sdist(all, writer)
    }

    fn first(&self) -> Result<&WheelContents, ArchiveError> {
        let first = self.wheels.first().map(|wheel| &wheel.contents);
        first.ok_or_else(|| std::io::Error::other("a source distribution of no wheel").into())
    }

    /// What all wheels say.
    fn pkg_info(&self) -> Result<String, ArchiveError> {
        let first = self.first()?;
        Ok(first.metadata.render(&first.license_names())?)
    }

    fn root(&self) -> Result<String, ArchiveError> {
        let metadata = &self.first()?.metadata;
        Ok(root_name(&metadata.package_name()?, metadata))
    }
}

/// How a wheel is packed from the files of a source distribution.
#[derive(Serialize)]
struct WheelManifest {
    filename: String,
    dist_info: String,
    members: Vec<PackedMember>,
}

#[derive(Serialize)]
struct PackedMember {
    /// In the wheel.
    path: String,
    /// In the source distribution.
    source: String,
    executable: bool,
}

impl WheelManifest {
    /// Describes a wheel, and adds its files to those of the source distribution.
    fn of(
        wheel: &SdistWheel,
        platform: &str,
        files: &mut BTreeMap<String, Member>,
    ) -> Result<Self, ArchiveError> {
        let (members, dist_info) = wheel.contents.all_members()?;
        let mut packed = Vec::new();
        for member in arranged(members, &dist_info)? {
            let path = member.path.as_str();
            let is_own = path
                .strip_prefix(&*dist_info)
                .and_then(|rest| rest.strip_prefix('/'));
            // What is made here differs between platforms, and is no source.
            let source = match is_own {
                Some(name) => format!("{BACKEND_FOLDER}/{platform}/{name}"),
                None => path.to_owned(),
            };
            packed.push(PackedMember {
                path: path.to_owned(),
                source: source.clone(),
                executable: member.mode == FileMode::Executable,
            });
            let path = member_path(&source)?;
            files.insert(source, Member { path, ..member });
        }
        Ok(Self {
            filename: wheel.contents.filename()?.to_string(),
            dist_info,
            members: packed,
        })
    }
}

/// Writes a wheel of members in any order: first the content, then `.dist-info`, and RECORD last.
/// Gives the written members, without RECORD.
///
/// `dist_info` is the name of that folder. RECORD is not among the members.
pub fn write_wheel(
    members: Vec<Member>,
    dist_info: &str,
    writer: &mut impl MemberWriter,
) -> Result<Vec<MemberDigest>, ArchiveError> {
    let members = arranged(members, dist_info)?;
    let written = writer.write(&members)?;
    let path = member_path(&format!("{dist_info}/RECORD"))?;
    let mut record = RecordWriter::with_capacity(written.len());
    for member in &written {
        record.push(member.path.as_str(), &member.sha256, member.size);
    }
    record.push_unhashed(path.as_str());
    writer.write(&[Member::bytes(path, record.finish().into_bytes())])?;
    writer.finish()?;
    Ok(written)
}

/// Members in the order of a wheel, which RECORD has too: first the content, then `.dist-info`.
fn arranged(members: Vec<Member>, dist_info: &str) -> Result<Vec<Member>, ArchiveError> {
    let mut members = arrange(members)?;
    members.sort_by_key(|member| member.path.top_level() == dist_info);
    Ok(members)
}

/// Writes a source distribution of members in any order.
pub fn write_sdist(
    members: Vec<Member>,
    writer: &mut impl MemberWriter,
) -> Result<Vec<MemberDigest>, ArchiveError> {
    let written = writer.write(&arrange(members)?)?;
    writer.finish()?;
    Ok(written)
}

fn root_name(name: &PackageName, metadata: &CoreMetadata) -> String {
    format!(
        "{}-{}",
        name.as_file_name(),
        metadata.version.to_string().replace('-', "_")
    )
}

fn member_path(name: &str) -> Result<MemberPath, ArchiveError> {
    // The members that are given have been judged by what the archive is for.
    MemberPath::parse_contained(name).map_err(|problem| ArchiveError::UnsafePath {
        name: name.to_owned(),
        problem,
    })
}

fn lines(items: &[String]) -> String {
    let mut out = items.join("\n");
    out.push('\n');
    out
}

/// Packages and modules at the top: what can be imported.
fn top_level(members: &[Member]) -> Vec<String> {
    let names: BTreeSet<&str> = members
        .iter()
        .filter_map(|member| match member.path.parent() {
            Some(_) => Some(member.path.top_level()),
            None => member.path.file_name().strip_suffix(".py"),
        })
        .collect();
    names.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryWriter;

    fn bytes(path: &str, text: &str) -> Member {
        Member::bytes(MemberPath::parse(path).unwrap(), text.as_bytes())
    }

    fn wheel() -> WheelContents {
        let mut entry_points = EntryPoints::default();
        entry_points
            .insert("console_scripts", "x", "ns.x.cli:main")
            .unwrap();
        WheelContents {
            metadata: CoreMetadata::new("My.X", "1.02".parse().unwrap()),
            tags: WheelTags::any(),
            generator: "xtask (0.1)".into(),
            entry_points,
            members: vec![
                Member {
                    mode: FileMode::Executable,
                    ..bytes("ns/x/run.sh", "#!/bin/sh\n")
                },
                bytes("ns/x/cli.py", "def main(): ...\n"),
                bytes("top.py", ""),
            ],
            data_files: vec![bytes("scripts/tool", "#!python\n")],
            license_files: vec![bytes("LICENSE", "Free.\n")],
            sboms: vec![("x.cdx.json".into(), b"{}\n".to_vec())],
            setuptools_files: SetuptoolsFiles::Written {
                namespace_packages: Vec::new(),
            },
        }
    }

    fn check(change: impl FnOnce(&mut WheelContents)) -> Result<MemoryWriter, ArchiveError> {
        let mut wheel = wheel();
        change(&mut wheel);
        let mut writer = MemoryWriter::default();
        wheel.write(&mut writer)?;
        assert!(writer.finished);
        Ok(writer)
    }

    #[test]
    fn a_wheel_holds_its_content_then_dist_info_then_record() {
        insta::assert_snapshot!(check(|_| {}).unwrap().listing(), @"
        -     9 my_x-1.2.data/scripts/tool
        -    16 ns/x/cli.py
        x    10 ns/x/run.sh
        -     0 top.py
        -    68 my_x-1.2.dist-info/METADATA
        -    82 my_x-1.2.dist-info/WHEEL
        -    36 my_x-1.2.dist-info/entry_points.txt
        -     6 my_x-1.2.dist-info/licenses/LICENSE
        -     1 my_x-1.2.dist-info/namespace_packages.txt
        -     3 my_x-1.2.dist-info/sboms/x.cdx.json
        -     7 my_x-1.2.dist-info/top_level.txt
        -   910 my_x-1.2.dist-info/RECORD
        ");
    }

    #[test]
    fn record_names_every_member() {
        let writer = check(|_| {}).unwrap();
        let record =
            crate::record::parse_record(writer.text("my_x-1.2.dist-info/RECORD").unwrap()).unwrap();
        let in_record: Vec<&str> = record.iter().map(|line| line.path.as_str()).collect();
        let members: Vec<&str> = writer
            .members
            .iter()
            .map(|(path, _, _)| path.as_str())
            .collect();
        assert_eq!(in_record, members);
    }

    #[test]
    fn the_order_of_members_does_not_matter() {
        let members = check(|wheel| wheel.members.reverse()).unwrap().members;
        assert_eq!(members, check(|_| {}).unwrap().members);
    }

    #[test]
    fn older_metadata_keeps_licences_beside_it() {
        let writer = check(|w| w.metadata.metadata_version = MetadataVersion::V2_1).unwrap();
        assert_eq!(writer.text("my_x-1.2.dist-info/LICENSE"), Some("Free.\n"));
    }

    #[test]
    fn files_that_setuptools_adds() {
        let writer = check(|_| {}).unwrap();
        assert_eq!(
            writer.text("my_x-1.2.dist-info/top_level.txt"),
            Some("ns\ntop\n")
        );
        assert_eq!(
            writer.text("my_x-1.2.dist-info/namespace_packages.txt"),
            Some("\n")
        );
    }

    #[test]
    fn content_that_would_be_metadata() {
        let error =
            check(|w| w.members.push(bytes("my_x-1.2.dist-info/METADATA", ""))).unwrap_err();
        insta::assert_snapshot!(error, @"two files would be `my_x-1.2.dist-info/METADATA` in the archive: generated and generated");
    }

    #[test]
    fn a_source_distribution() {
        let contents = wheel();
        let sdist = SdistContents {
            root_files: contents.license_files.clone(),
            wheels: vec![SdistWheel {
                platform: None,
                contents,
            }],
        };
        assert_eq!(sdist.filename().unwrap(), "my_x-1.2.tar.gz");
        let mut writer = MemoryWriter::default();
        sdist.write(&mut writer).unwrap();
        insta::assert_snapshot!(writer.listing(), @"
        -     6 my_x-1.2/LICENSE
        -    68 my_x-1.2/PKG-INFO
        -    68 my_x-1.2/_build_backend/any/METADATA
        -    82 my_x-1.2/_build_backend/any/WHEEL
        -    36 my_x-1.2/_build_backend/any/entry_points.txt
        -     6 my_x-1.2/_build_backend/any/licenses/LICENSE
        -     1 my_x-1.2/_build_backend/any/namespace_packages.txt
        -     3 my_x-1.2/_build_backend/any/sboms/x.cdx.json
        -     7 my_x-1.2/_build_backend/any/top_level.txt
        -  5075 my_x-1.2/_build_backend/sdist_backend.py
        -  1647 my_x-1.2/_build_backend/wheels.json
        -     9 my_x-1.2/my_x-1.2.data/scripts/tool
        -    16 my_x-1.2/ns/x/cli.py
        x    10 my_x-1.2/ns/x/run.sh
        -    95 my_x-1.2/pyproject.toml
        -     0 my_x-1.2/top.py
        ");
        insta::assert_snapshot!(writer.text("my_x-1.2/pyproject.toml").unwrap(), @r#"
        [build-system]
        requires = []
        build-backend = "sdist_backend"
        backend-path = ["_build_backend"]
        "#);
    }
}
