//! What an upload sends: a form (RFC 7578) with the metadata and the file.

use std::io::Write as _;

use tokio::io::AsyncWriteExt as _;

use super::archive::DistributionArchive;

/// A form in a file on disk, so that a file of any size needs no memory and the length is known.
pub(super) struct UploadForm {
    pub(super) body: tokio::fs::File,
    pub(super) length: u64,
    pub(super) content_type: String,
}

impl UploadForm {
    pub(super) async fn new(file: &DistributionArchive) -> std::io::Result<Self> {
        let boundary = format!("xtask-{}", &file.sha256.to_string()[..32]);
        let head = head(file, &boundary)?;
        let mut body = tokio::fs::File::from_std(tempfile::tempfile()?);
        body.write_all(&head).await?;
        let mut content = tokio::fs::File::open(&file.path).await?;
        let copied = tokio::io::copy(&mut content, &mut body).await?;
        let tail = format!("\r\n--{boundary}--\r\n");
        body.write_all(tail.as_bytes()).await?;
        body.flush().await?;
        tokio::io::AsyncSeekExt::rewind(&mut body).await?;
        Ok(Self {
            body,
            length: head.len() as u64 + copied + tail.len() as u64,
            content_type: format!("multipart/form-data; boundary={boundary}"),
        })
    }
}

/// Everything before the file's bytes.
fn head(file: &DistributionArchive, boundary: &str) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    for (name, value) in file.fields() {
        write!(
            head,
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )?;
    }
    let name = file.file_name().replace('"', "%22");
    write!(
        head,
        "--{boundary}\r\nContent-Disposition: form-data; name=\"content\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )?;
    Ok(head)
}
