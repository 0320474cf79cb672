//! Writes the compact form of an answer: files are grouped by version and sorted.

use std::num::TryFromIntError;

use model::{PackageName, Version};
use rustc_hash::FxHashMap;

use crate::cache::checksum;
use crate::compact::{
    CompactHeader, CompactRow, DIFFER, MAGIC, PREAMBLE, PageOrigin, Requires, StoredFile,
    UNKNOWN_TIME,
};
use crate::page::{ListingPage, PageFile};

/// The compact form of `page`. Files whose name has no version of the project `name` are left out.
///
/// # Errors
/// Where it is longer than 4 GiB.
pub(crate) fn encode(
    name: &PackageName,
    page: &ListingPage<'_>,
    origin: PageOrigin,
) -> Result<Vec<u8>, TryFromIntError> {
    let sorted = sort(name, &page.files);
    let prefix = common_prefix(&page.files);
    let mut pythons = Pythons::default();
    let (mut texts, mut rows, mut blobs) = (String::new(), Vec::new(), Vec::new());
    for group in sorted.groups.chunk_by(|a, b| a.rank == b.rank) {
        let start = blobs.len();
        let mut row = CompactRow {
            text_end: 0,
            blob_end: 0,
            crc: 0,
            yanked: true,
            wheel_since: None,
            sdist_since: None,
            requires_python: Requires::Nothing,
        };
        for (nth, member) in group.iter().enumerate() {
            let file = &page.files[member.file];
            let time = file.uploaded.unwrap_or(UNKNOWN_TIME);
            let since = if member.wheel {
                &mut row.wheel_since
            } else {
                &mut row.sdist_since
            };
            *since = Some(since.map_or(time, |since| since.min(time)));
            row.yanked &= file.yanked.is_some();
            let python = file.requires_python.as_deref().map(|text| pythons.at(text));
            let requires = python.map_or(Requires::Nothing, Requires::Same);
            if nth == 0 {
                row.requires_python = requires;
            } else if row.requires_python != requires {
                row.requires_python = Requires::Differ;
            }
            let stored = StoredFile {
                filename: &file.filename,
                url: file.url[prefix.len()..]
                    .strip_suffix(file.filename.as_ref())
                    .filter(|folder| folder.ends_with('/'))
                    .unwrap_or(&file.url[prefix.len()..]),
                sha256: file.sha256,
                size: file.size,
                uploaded: file.uploaded,
                requires_python: python,
                yanked: file.yanked.as_deref(),
                core_metadata: file.core_metadata,
            };
            // Writing to memory cannot fail for these types.
            if let Ok(longer) = postcard::to_extend(&stored, std::mem::take(&mut blobs)) {
                blobs = longer;
            }
        }
        texts.push_str(group[0].text);
        row.text_end = u32::try_from(texts.len())?;
        row.blob_end = u32::try_from(blobs.len())?;
        row.crc = checksum(&blobs[start..]);
        row.write(&mut rows);
    }
    let head = CompactHeader {
        origin,
        prefix,
        requires_python: pythons.texts,
        texts: &texts,
        unreadable: sorted.unreadable,
        untimed: page.files.iter().filter(|f| f.uploaded.is_none()).count() as u64,
    };
    let mut head = postcard::to_stdvec(&head).unwrap_or_default();
    let head_length = head.len();
    head.extend_from_slice(&rows);
    let total = PREAMBLE + head.len() + blobs.len();
    let mut bytes = Vec::with_capacity(total);
    bytes.extend(MAGIC);
    bytes.extend((total as u64).to_le_bytes());
    bytes.extend(u32::try_from(head_length)?.to_le_bytes());
    bytes.extend(u32::try_from(rows.len())?.to_le_bytes());
    bytes.extend(checksum(&head).to_le_bytes());
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(&blobs);
    Ok(bytes)
}

#[derive(Default)]
struct Pythons<'a> {
    known: FxHashMap<&'a str, u16>,
    texts: Vec<&'a str>,
}

impl<'a> Pythons<'a> {
    /// The position of the text in the table. After tens of thousands of different texts, it is
    /// that of the last.
    fn at(&mut self, text: &'a str) -> u16 {
        *self.known.entry(text).or_insert_with(|| {
            self.texts.push(text);
            u16::try_from(self.texts.len() - 1).unwrap_or(DIFFER - 2)
        })
    }
}

struct Sorted<'a> {
    /// The files by version, highest first; those of one version keep the order of the page.
    groups: Vec<Member<'a>>,
    unreadable: u64,
}

struct Member<'a> {
    rank: u32,
    file: usize,
    wheel: bool,
    text: &'a str,
}

fn sort<'a>(name: &PackageName, files: &'a [PageFile<'_>]) -> Sorted<'a> {
    let mut known: FxHashMap<&str, usize> = FxHashMap::default();
    let mut versions: Vec<Option<Version>> = Vec::new();
    let mut members = Vec::with_capacity(files.len());
    for (file, listed) in files.iter().enumerate() {
        let Some((wheel, text)) = split_filename(&listed.filename, name) else {
            continue;
        };
        let spelt = *known.entry(text).or_insert_with(|| {
            versions.push(text.parse().ok());
            versions.len() - 1
        });
        if versions[spelt].is_some() {
            members.push((spelt, file, wheel, text));
        }
    }
    let mut order: Vec<usize> = (0..versions.len()).collect();
    order.sort_by(|&a, &b| versions[b].cmp(&versions[a]));
    let mut ranks = vec![0; versions.len()];
    let mut rank = 0;
    for pair in 0..order.len() {
        // Two spellings of one version (`1.0`, `1.0.0`) have the same rank.
        if pair > 0 && versions[order[pair]] != versions[order[pair - 1]] {
            rank += 1;
        }
        ranks[order[pair]] = rank;
    }
    let mut groups: Vec<Member<'_>> = members
        .into_iter()
        .map(|(spelt, file, wheel, text)| Member {
            rank: ranks[spelt],
            file,
            wheel,
            text,
        })
        .collect();
    groups.sort_by_key(|member| (member.rank, member.file));
    Sorted {
        unreadable: (files.len() - groups.len()) as u64,
        groups,
    }
}

/// Whether a file of the project `name` is a wheel, and the spelling of its version; `None` if it
/// is neither a wheel nor a source distribution of the project.
pub(crate) fn split_filename<'f>(filename: &'f str, name: &PackageName) -> Option<(bool, &'f str)> {
    model::split_filename(filename, name).filter(|_| is_plain(filename))
}

/// Whether a file name is only a name, without a path that leads elsewhere.
pub(crate) fn is_plain(filename: &str) -> bool {
    !filename.contains(['/', '\\', '\0']) && !matches!(filename, "" | "." | "..")
}

fn common_prefix<'a>(files: &'a [PageFile<'_>]) -> &'a str {
    let Some(first) = files.first() else {
        return "";
    };
    let mut prefix: &str = &first.url;
    for file in files {
        let shared = prefix
            .bytes()
            .zip(file.url.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        prefix = &prefix[..prefix.floor_char_boundary(shared)];
    }
    // The prefix ends with a `/`, so that what is left of each URL is whole parts of a path.
    prefix.rfind('/').map_or("", |at| &prefix[..=at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(filename: &str, expect: Option<(bool, &str)>) {
        assert_eq!(split_filename(filename, &"a-b".parse().unwrap()), expect);
    }

    #[test]
    fn files_of_the_package() {
        check("A.B-1.0.tar.gz", Some((false, "1.0")));
        check("a-b-1.0-1.zip", Some((false, "1.0-1")));
        check("a_b-1.0-py3-none-any.whl", Some((true, "1.0")));
        check("a__b-1.0-2-py3-none-any.whl", Some((true, "1.0")));
    }

    #[test]
    fn other_files() {
        check("a-1.0.tar.gz", None);
        check("a_b_c-1.0.tar.gz", None);
        check("a_b-1.0.exe", None);
        check("a_b-1.0-py3-none.whl", None);
        check("a_b-latest.tar.gz", None);
        check("", None);
    }

    #[test]
    fn names_that_lead_out_of_the_folder() {
        check("a_b-1.0-py3-none-any/../../x.whl", None);
        check("../a_b-1.0.tar.gz", None);
        check("a_b-1.0-py3-none-any\\x.whl", None);
    }
}
