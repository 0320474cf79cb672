//! A wheel and a source distribution as data, and how their members are made from it, in order and
//! with RECORD last.

use std::collections::{BTreeMap, BTreeSet};

use model::{PackageName, WheelFilename};

use crate::entry_points::EntryPoints;
use crate::error::ArchiveError;
use crate::member::{Member, MemberDigest, MemberWriter, arrange};
use crate::metadata::{CoreMetadata, MetadataVersion};
use crate::path::MemberPath;
use crate::pyproject::pyproject;
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

/// The contents of one source distribution.
#[derive(Clone, Debug)]
pub struct SdistContents {
    /// The content of PKG-INFO.
    pub metadata: CoreMetadata,
    /// Entry points, for the tool that builds it.
    pub entry_points: EntryPoints,
    /// Code and resources of every platform, in any order, under their paths
    /// in a wheel.
    pub members: Vec<Member>,
    /// Licence files and other files for its root, such as the readme.
    pub root_files: Vec<Member>,
    /// The files of the root that are licences.
    pub license_files: Vec<String>,
}

impl WheelContents {
    /// The name of the wheel's file.
    pub fn filename(&self) -> Result<WheelFilename, ArchiveError> {
        Ok(self.tags.filename(&self.metadata)?)
    }

    /// Writes the wheel. Gives the written members, without RECORD.
    pub fn write(&self, writer: &mut impl MemberWriter) -> Result<Vec<MemberDigest>, ArchiveError> {
        let filename = self.filename()?;
        let dist_info = format!("{}.dist-info", root_name(&filename.name, &self.metadata));
        let metadata = self.dist_info(&filename, &dist_info)?;
        let members = self.members.iter().cloned().chain(metadata).collect();
        write_wheel(members, &dist_info, writer)
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
        let license_files: Vec<String> = self
            .license_files
            .iter()
            .map(|m| m.path.to_string())
            .collect();
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
        let metadata = self.metadata.render(&self.license_files)?;
        let own = [
            ("PKG-INFO", metadata),
            (
                "pyproject.toml",
                pyproject(&self.metadata, &self.entry_points, &self.packages()),
            ),
        ];
        let mut members = Vec::new();
        for (name, text) in own {
            members.push(Member::bytes(
                member_path(&format!("{root}/{name}"))?,
                text.into_bytes(),
            ));
        }
        for member in self.members.iter().chain(&self.root_files) {
            let path = member_path(&format!("{root}/{}", member.path))?;
            members.push(Member {
                path,
                ..member.clone()
            });
        }
        write_sdist(members, writer)
    }

    fn root(&self) -> Result<String, ArchiveError> {
        Ok(root_name(&self.metadata.package_name()?, &self.metadata))
    }

    /// Packages as folders, each with the relative paths of its files. The top folder is "".
    ///
    /// A file that is no code belongs to the nearest folder above it that has code.
    fn packages(&self) -> BTreeMap<String, Vec<String>> {
        let code = self
            .members
            .iter()
            .filter(|m| m.path.file_name().ends_with(".py"));
        let code: BTreeSet<&str> = code.filter_map(|m| m.path.parent()).collect();
        let mut packages: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for member in &self.members {
            let path = member.path.as_str();
            let mut above = path.rmatch_indices('/').map(|(at, _)| &path[..at]);
            let folder = above
                .find(|folder| code.contains(folder))
                .or(path.split_once('/').map(|(top, _)| top))
                .unwrap_or_default();
            let relative = path[folder.len()..].trim_start_matches('/');
            packages
                .entry(folder.to_owned())
                .or_default()
                .push(relative.to_owned());
        }
        packages
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
    let mut members = arrange(members)?;
    members.sort_by_key(|member| member.path.top_level() == dist_info);
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
    MemberPath::parse(name).map_err(|problem| ArchiveError::UnsafePath {
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
    use crate::member::FileMode;
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
        -   830 my_x-1.2.dist-info/RECORD
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
        let WheelContents {
            metadata,
            entry_points,
            members,
            license_files,
            ..
        } = wheel();
        let sdist = SdistContents {
            metadata,
            entry_points,
            members,
            root_files: license_files,
            license_files: vec!["LICENSE".into()],
        };
        assert_eq!(sdist.filename().unwrap(), "my_x-1.2.tar.gz");
        let mut writer = MemoryWriter::default();
        sdist.write(&mut writer).unwrap();
        insta::assert_snapshot!(writer.listing(), @"
        -     6 my_x-1.2/LICENSE
        -    68 my_x-1.2/PKG-INFO
        -    16 my_x-1.2/ns/x/cli.py
        x    10 my_x-1.2/ns/x/run.sh
        -   324 my_x-1.2/pyproject.toml
        -     0 my_x-1.2/top.py
        ");
        insta::assert_snapshot!(writer.text("my_x-1.2/pyproject.toml").unwrap(), @r#"
        [build-system]
        requires = ["setuptools>=61"]
        build-backend = "setuptools.build_meta"

        [project]
        name = "My.X"
        version = "1.2"
        dependencies = []

        [project.scripts]
        x = "ns.x.cli:main"

        [tool.setuptools]
        packages = ["ns.x"]
        py-modules = ["top"]
        include-package-data = false

        [tool.setuptools.package-data]
        "ns.x" = ["run.sh"]
        "#);
    }
}
