//! Wheels for tests: good ones, and ones that no honest tool would write.

use model::Sha256;
use wheel::RecordWriter;

/// One member of an archive, stored.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
    pub(crate) mode: u32,
    /// The declared size, if it is wrong.
    pub(crate) declared: Option<u32>,
    /// The name in the local header, if it is another.
    pub(crate) local_name: Option<String>,
    /// The checksum in the local header, if it is another.
    pub(crate) local_crc: Option<u32>,
    /// General purpose bits.
    pub(crate) flags: u16,
    /// The declared method of compression.
    pub(crate) method: u16,
}

impl Member {
    pub(crate) fn new(name: &str, content: &str) -> Self {
        Self {
            name: name.to_owned(),
            content: content.as_bytes().to_vec(),
            mode: 0o100_644,
            declared: None,
            local_name: None,
            local_crc: None,
            flags: 0,
            method: 0,
        }
    }
}

/// A wheel under construction. It is good unless a test changes that.
pub(crate) struct WheelBuilder {
    dist_info: String,
    members: Vec<Member>,
    record: Vec<(String, Vec<u8>)>,
    lines: Vec<String>,
    without: Vec<String>,
    metadata: String,
    wheel: String,
}

impl WheelBuilder {
    pub(crate) fn new(name: &str, version: &str) -> Self {
        Self {
            dist_info: format!("{name}-{version}.dist-info"),
            members: Vec::new(),
            record: Vec::new(),
            lines: Vec::new(),
            without: Vec::new(),
            metadata: format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"),
            wheel: "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n".to_owned(),
        }
    }

    /// A file that RECORD lists.
    pub(crate) fn file(&mut self, name: &str, content: &str) {
        self.member(Member::new(name, content));
        self.recorded_as(name, content);
    }

    /// A member that RECORD does not list.
    pub(crate) fn member(&mut self, member: Member) {
        self.members.push(member);
    }

    /// What RECORD says of a file.
    pub(crate) fn recorded_as(&mut self, name: &str, content: &str) {
        self.record.retain(|(other, _)| other != name);
        self.record
            .push((name.to_owned(), content.as_bytes().to_vec()));
    }

    pub(crate) fn record_line(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }

    pub(crate) fn without(&mut self, file: &str) {
        self.without.push(file.to_owned());
    }

    pub(crate) fn metadata(&mut self, text: &str) {
        self.metadata = text.to_owned();
    }

    pub(crate) fn wheel(&mut self, text: &str) {
        self.wheel = text.to_owned();
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut members = self.members.clone();
        let mut record = RecordWriter::default();
        let mut push = |name: &str, content: &[u8]| {
            record.push(name, &Sha256::of(content).0, content.len() as u64);
        };
        for (name, content) in &self.record {
            push(name, content);
        }
        for (file, text) in [("METADATA", &self.metadata), ("WHEEL", &self.wheel)] {
            if !self.without.iter().any(|without| without == file) {
                let name = format!("{}/{file}", self.dist_info);
                push(&name, text.as_bytes());
                members.push(Member::new(&name, text));
            }
        }
        if !self.without.iter().any(|without| without == "RECORD") {
            let name = format!("{}/RECORD", self.dist_info);
            record.push_unhashed(&name);
            let mut text = record.finish();
            for line in &self.lines {
                text.push_str(line);
                text.push('\n');
            }
            members.push(Member::new(&name, &text));
        }
        zip(&members)
    }
}

/// A zip archive of stored members.
pub(crate) fn zip(members: &[Member]) -> Vec<u8> {
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for member in members {
        let offset = out.len() as u32;
        let length = member.content.len() as u32;
        let declared = member.declared.unwrap_or(length);
        let local = member.local_name.as_ref().unwrap_or(&member.name);
        let mut crc = flate2::Crc::new();
        crc.update(&member.content);
        let crc = crc.sum();
        let how = [member.flags.to_le_bytes(), member.method.to_le_bytes()].concat();
        out.extend(b"PK\x03\x04\x14\0");
        out.extend(&how);
        out.extend([0; 4]);
        out.extend(member.local_crc.unwrap_or(crc).to_le_bytes());
        out.extend(length.to_le_bytes());
        out.extend(declared.to_le_bytes());
        out.extend((local.len() as u16).to_le_bytes());
        out.extend([0; 2]);
        out.extend(local.as_bytes());
        out.extend(&member.content);
        list.extend(b"PK\x01\x02\x14\x03\x14\0");
        list.extend(&how);
        list.extend([0; 4]);
        list.extend(crc.to_le_bytes());
        list.extend(length.to_le_bytes());
        list.extend(declared.to_le_bytes());
        list.extend((member.name.len() as u16).to_le_bytes());
        list.extend([0; 8]);
        list.extend((member.mode << 16).to_le_bytes());
        list.extend(offset.to_le_bytes());
        list.extend(member.name.as_bytes());
    }
    let count = (members.len() as u16).to_le_bytes();
    let (size, offset) = (list.len() as u32, out.len() as u32);
    out.extend(list);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count);
    out.extend(count);
    out.extend(size.to_le_bytes());
    out.extend(offset.to_le_bytes());
    out.extend([0; 2]);
    out
}
