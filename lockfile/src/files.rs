//! The files of a package: read as TOML or, if they are written as [`write`] writes them, quickly
//! line by line.
//!
//! Files are nine tenths of a lock. A TOML parser builds a tree for each of them, which is not
//! necessary for lines that this tool wrote. If a line differs in any way from what it writes, the
//! TOML parser reads the whole lock instead. So there is one definition of the format and one place
//! that words errors.
//!
//! [`write`]: crate::write()

use jiff::Timestamp;
use model::DistFile;

use crate::error::ReadFault;
use crate::fields::TomlFields;

/// The files that stand at the end of a package's text.
pub(crate) struct PackageFiles {
    pub(crate) sdist: Option<DistFile>,
    pub(crate) wheels: Vec<DistFile>,
}

/// Splits the text below a `[[packages]]` line into the package's own keys and its files.
pub(crate) fn split(text: &str) -> (&str, &str) {
    let at = text
        .find("\nsdist = {")
        .or_else(|| text.find("\nwheels = ["));
    at.map_or((text, ""), |at| text.split_at(at + 1))
}

/// Reads files that are written as `write` writes them; `None` if they are written in another way.
pub(crate) fn read_lines(text: &str) -> Option<PackageFiles> {
    let mut lines = text.trim_end().lines();
    let mut files = PackageFiles {
        sdist: None,
        wheels: Vec::new(),
    };
    let mut line = lines.next();
    if let Some(sdist) = line.and_then(|line| line.strip_prefix("sdist = ")) {
        files.sdist = Some(read_line(sdist)?);
        line = lines.next();
    }
    if line.is_none() {
        return Some(files);
    }
    if line? != "wheels = [" {
        return None;
    }
    for line in lines.by_ref() {
        if line == "]" {
            return lines.next().is_none().then_some(files);
        }
        let wheel = line.strip_prefix("    ")?.strip_suffix(',')?;
        files.wheels.push(read_line(wheel)?);
    }
    None
}

fn read_line(line: &str) -> Option<DistFile> {
    // A line with an escape is rare and is left to the TOML parser.
    if line.contains('\\') {
        return None;
    }
    let (filename, mut rest) = line.strip_prefix("{ name = \"")?.split_once('"')?;
    if !is_name(filename) {
        return None;
    }
    let mut file = DistFile {
        filename: filename.to_owned(),
        sha256: None,
        size: None,
        upload_time: None,
        requires_python: None,
        yanked: None,
    };
    if let Some(tail) = rest.strip_prefix(", upload-time = ") {
        let (time, tail) = tail.split_at(tail.find([',', ' '])?);
        file.upload_time = Some(time.parse().ok()?);
        rest = tail;
    }
    if let Some(tail) = rest.strip_prefix(", size = ") {
        let (size, tail) = tail.split_at(tail.find([',', ' '])?);
        file.size = Some(size.parse().ok()?);
        rest = tail;
    }
    if let Some(tail) = rest.strip_prefix(", hashes = { sha256 = \"") {
        let (sha256, tail) = tail.split_once("\" }")?;
        file.sha256 = Some(sha256.parse().ok()?);
        rest = tail;
    }
    if let Some(tail) = rest.strip_prefix(", requires-python = \"") {
        let (python, tail) = tail.split_once('"')?;
        file.requires_python = Some(python.parse().ok()?);
        rest = tail;
    }
    if let Some(tail) = rest.strip_prefix(", yanked = \"") {
        let (reason, tail) = tail.split_once('"')?;
        file.yanked = Some(reason.to_owned());
        rest = tail;
    }
    (rest == " }").then_some(file)
}

/// Whether a file name is only a name: a file is stored under it, so it must not lead to another
/// folder.
fn is_name(filename: &str) -> bool {
    let leads_away = filename.contains(|c: char| matches!(c, '/' | '\\') || c.is_control());
    !leads_away && !filename.is_empty() && !filename.starts_with('.')
}

/// Reads one file's table.
pub(crate) fn read_table(fields: &TomlFields<'_>) -> Result<DistFile, ReadFault> {
    fields.only(&[
        "name",
        "upload-time",
        "size",
        "hashes",
        "requires-python",
        "yanked",
    ])?;
    let size = fields.integer("size")?;
    let size = size
        .map(|size| u64::try_from(size).map_err(|_| fields.invalid("size", "it is negative")))
        .transpose()?;
    let sha256 = match fields.table("hashes")? {
        None => None,
        Some(hashes) => {
            hashes.only(&["sha256"])?;
            hashes.parsed("sha256")?
        }
    };
    let filename: String = fields.required("name")?;
    if !is_name(&filename) {
        return Err(fields.invalid("name", "it is not the name of a file in a folder"));
    }
    Ok(DistFile {
        filename,
        sha256,
        size,
        upload_time: upload_time(fields)?,
        requires_python: fields.parsed("requires-python")?,
        yanked: fields.parsed("yanked")?,
    })
}

/// Reads `upload-time`: a date and time with an offset, as a TOML value or as a string.
pub(crate) fn upload_time(fields: &TomlFields<'_>) -> Result<Option<Timestamp>, ReadFault> {
    let Some(item) = fields.item("upload-time") else {
        return Ok(None);
    };
    let text = match (item.as_datetime(), item.as_str()) {
        (Some(time), _) => time.to_string(),
        (None, Some(time)) => time.to_owned(),
        (None, None) => return Err(fields.invalid("upload-time", "expected a date and time")),
    };
    let time = text.parse();
    time.map(Some)
        .map_err(|error: jiff::Error| fields.invalid("upload-time", error))
}
