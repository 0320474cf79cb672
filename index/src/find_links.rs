//! `find_links`: folders and pages with files of many packages.

use std::sync::Arc;
use std::time::SystemTime;

use camino::Utf8Path;
use model::PackageName;
use rustc_hash::FxHashMap;
use tokio::sync::Mutex;
use transport::{Activity, Get, TransportError, What, redacted};
use url::Url;

use crate::cache;
use crate::compact::{Compact, Origin};
use crate::encode::{ListedFile, Page, encode, split_filename};
use crate::error::Error;
use crate::fetch::{Core, Requests, read_page};
use crate::options::FindLinks;

/// All files of each place, read once a run.
#[derive(Default)]
pub(crate) struct Links(Mutex<FxHashMap<FindLinks, Arc<[ListedFile<'static>]>>>);

impl Links {
    /// The files of `name` at `place`; `None` where that takes a request that may not be made.
    pub(crate) async fn of(
        &self,
        core: &Core,
        place: &FindLinks,
        name: &PackageName,
        requests: Requests,
    ) -> Result<Option<Compact>, Error> {
        let mut known = match requests {
            Requests::Made | Requests::Anew => self.0.lock().await,
            // A request of someone else is under way.
            Requests::None => match self.0.try_lock() {
                Ok(known) => known,
                Err(_) => return Ok(None),
            },
        };
        let files = match (known.get(place), place) {
            (Some(files), _) => files.clone(),
            (None, FindLinks::Folder(folder)) => folder_files(folder)?.into(),
            (None, FindLinks::Page(_)) if core.is_offline() => Vec::new().into(),
            (None, FindLinks::Page(_)) if requests == Requests::None => return Ok(None),
            (None, FindLinks::Page(url)) => page_files(core, url).await?.into(),
        };
        known.entry(place.clone()).or_insert_with(|| files.clone());
        drop(known);
        let mut page = Page {
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
        let bytes = encode(name, &page, Origin::default());
        Ok(Compact::from_bytes(bytes, SystemTime::now()))
    }
}

fn folder_files(folder: &Utf8Path) -> Result<Vec<ListedFile<'static>>, Error> {
    let error = |source| Error::file("read the find_links folder", folder)(source);
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
            files.push(ListedFile {
                filename: filename.into(),
                url: String::from(url).into(),
                ..ListedFile::default()
            });
        }
    }
    files.sort_by(|a, b| a.filename.cmp(&b.filename));
    Ok(files)
}

fn add_digest(folder: &Utf8Path, file: &mut ListedFile<'_>) -> Result<(), Error> {
    let path = folder.join(file.filename.as_ref());
    let bytes = fs_err::read(&path).map_err(Error::file("read", &path))?;
    file.sha256 = Some(cache::sha256(&bytes).0);
    file.size = Some(bytes.len() as u64);
    Ok(())
}

async fn page_files(core: &Core, url: &Url) -> Result<Vec<ListedFile<'static>>, Error> {
    let what = What {
        activity: Activity::Listing,
        subject: redacted(url),
    };
    let get = Get {
        what: &what,
        url,
        headers: Vec::new(),
        resume: None,
    };
    let answer = core.http()?.fetch(&get).await?;
    let page = read_page(&answer).map_err(|reason| TransportError::BadAnswer {
        what: what.clone(),
        url: redacted(url),
        reason,
    })?;
    let owned = |file: ListedFile<'_>| ListedFile {
        filename: file.filename.into_owned().into(),
        url: answer
            .url
            .join(&file.url)
            .map_or_else(|_| file.url.clone().into_owned(), String::from)
            .into(),
        requires_python: file.requires_python.map(|text| text.into_owned().into()),
        yanked: file.yanked.map(|text| text.into_owned().into()),
        sha256: file.sha256,
        size: file.size,
        uploaded: file.uploaded,
        core_metadata: file.core_metadata,
    };
    Ok(page.files.into_iter().map(owned).collect())
}
