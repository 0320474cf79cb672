//! `find_links`: folders and pages with files of many packages.

use std::time::SystemTime;

use camino::Utf8Path;
use model::PackageName;
use transport::{RequestKind, RequestPurpose, TransportError, redacted};
use url::Url;

use crate::cache;
use crate::compact::{Compact, PageOrigin};
use crate::core::Core;
use crate::encode::{encode, split_filename};
use crate::error::IndexError;
use crate::fetch::RequestPolicy;
use crate::options::FindLinks;
use crate::page::{ListingPage, PageFile};
use crate::simple_api;

impl Core {
    /// The files of the project `name` in `place`; `None` if that needs a request and none is
    /// allowed.
    pub(crate) async fn links_of(
        &self,
        place: &FindLinks,
        name: &PackageName,
        requests: RequestPolicy,
    ) -> Result<Option<Compact>, IndexError> {
        let mut known = match requests {
            RequestPolicy::Made | RequestPolicy::Anew => self.links.lock().await,
            // Another task may be making the request.
            RequestPolicy::None => match self.links.try_lock() {
                Ok(known) => known,
                Err(_) => return Ok(None),
            },
        };
        let files = match (known.get(place), place) {
            (Some(files), _) => files.clone(),
            (None, FindLinks::Folder(folder)) => folder_files(folder)?.into(),
            (None, FindLinks::Page(_)) if self.is_offline() => Vec::new().into(),
            (None, FindLinks::Page(_)) if requests == RequestPolicy::None => return Ok(None),
            (None, FindLinks::Page(url)) => self.page_files(url).await?.into(),
        };
        known.entry(place.clone()).or_insert_with(|| files.clone());
        drop(known);
        let mut page = ListingPage {
            files: files
                .iter()
                .filter(|file| split_filename(&file.filename, name).is_some())
                .cloned()
                .collect(),
        };
        if let FindLinks::Folder(folder) = place {
            for file in &mut page.files {
                add_digest(folder, file)?;
            }
        }
        let bytes = encode(name, &page, PageOrigin::default());
        let bytes = bytes.map_err(|_| TransportError::BadAnswer {
            what: simple_api::purpose(name),
            url: place.to_string(),
            reason: "it is longer than 4 GiB".to_owned(),
        })?;
        Ok(Compact::from_bytes(bytes, SystemTime::now()))
    }

    async fn page_files(&self, url: &Url) -> Result<Vec<PageFile<'static>>, IndexError> {
        let what = RequestPurpose {
            kind: RequestKind::Listing,
            subject: redacted(url),
        };
        let http = self.http()?;
        Ok(simple_api::fetch_files(http, &what, url).await?)
    }
}

fn folder_files(folder: &Utf8Path) -> Result<Vec<PageFile<'static>>, IndexError> {
    let error = |source| IndexError::file("read the find_links folder", folder)(source);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let absolute = folder.canonicalize_utf8().map_err(error)?;
    let mut files = Vec::new();
    for entry in fs_err::read_dir(&absolute).map_err(error)? {
        let Ok(filename) = entry.map_err(error)?.file_name().into_string() else {
            continue;
        };
        if let Ok(url) = Url::from_file_path(absolute.join(&filename)) {
            files.push(PageFile {
                filename: filename.into(),
                url: String::from(url).into(),
                ..PageFile::default()
            });
        }
    }
    files.sort_by(|a, b| a.filename.cmp(&b.filename));
    Ok(files)
}

fn add_digest(folder: &Utf8Path, file: &mut PageFile<'_>) -> Result<(), IndexError> {
    let path = folder.join(file.filename.as_ref());
    let bytes = fs_err::read(&path).map_err(IndexError::file("read", &path))?;
    file.sha256 = Some(cache::sha256(&bytes).0);
    file.size = Some(bytes.len() as u64);
    Ok(())
}
