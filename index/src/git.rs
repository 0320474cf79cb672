//! Git repositories at a commit, by the `git` command. The cache has a store with the commits of
//! each repository, and a checkout of each commit.

use camino::{Utf8Path, Utf8PathBuf};
use git::{Git, GitError};
use transport::{NetworkAccess, RequestKind, RequestPurpose, TransportError, redacted};
use url::Url;

use crate::cache::{Cache, url_key};
use crate::error::IndexError;

/// A repository at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitCheckout {
    /// The commit, in full.
    pub commit: String,
    /// The work tree. Every run shares it, so nothing may be written to it.
    pub path: Utf8PathBuf,
}

/// Checks out `revision` of the repository at `url`: a branch, a tag or a commit. `None` means the
/// default branch.
pub(crate) fn checkout(
    cache: &Cache,
    url: &Url,
    revision: Option<&str>,
    access: NetworkAccess,
) -> Result<GitCheckout, IndexError> {
    let root = cache.git();
    let repository = Repository {
        store: root.join("stores").join(url_key(url)),
        checkouts: root.join("checkouts").join(url_key(url)),
        url,
        revision: revision.unwrap_or("HEAD"),
    };
    if let Some(commit) = revision.filter(|revision| is_commit(revision))
        && let Some(checkout) = repository.existing(commit)
    {
        return Ok(checkout);
    }
    if access == NetworkAccess::Offline {
        return Err(TransportError::Offline {
            what: RequestPurpose {
                kind: RequestKind::Download,
                subject: format!("{} at {}", redacted(url), repository.revision),
            },
        }
        .into());
    }
    let commit = repository.resolve()?;
    match repository.existing(&commit) {
        Some(checkout) => Ok(checkout),
        None => repository.check_out(commit),
    }
}

/// Whether `revision` is a full commit hash.
fn is_commit(revision: &str) -> bool {
    matches!(revision.len(), 40 | 64) && revision.bytes().all(|b| b.is_ascii_hexdigit())
}

struct Repository<'a> {
    store: Utf8PathBuf,
    checkouts: Utf8PathBuf,
    url: &'a Url,
    revision: &'a str,
}

impl Repository<'_> {
    fn existing(&self, commit: &str) -> Option<GitCheckout> {
        let path = self.checkouts.join(commit);
        path.exists().then(|| GitCheckout {
            commit: commit.to_owned(),
            path,
        })
    }

    /// The commit that the revision means now.
    fn resolve(&self) -> Result<String, IndexError> {
        if is_commit(self.revision) {
            return Ok(self.revision.to_ascii_lowercase());
        }
        let refs = self.git(None, &["ls-remote", self.url.as_str()])?;
        let commit_of = |name: &str| {
            refs.lines()
                .filter_map(|line| line.split_once('\t'))
                .find(|(_, reference)| *reference == name)
                .map(|(commit, _)| commit.to_owned())
        };
        let revision = self.revision;
        [
            revision.to_owned(),
            // An annotated tag is an object itself; `^{}` is the commit that it points to.
            format!("refs/tags/{revision}^{{}}"),
            format!("refs/tags/{revision}"),
            format!("refs/heads/{revision}"),
        ]
        .iter()
        .find_map(|name| commit_of(name))
        .map_or_else(|| self.resolve_abbreviated(), Ok)
    }

    /// Finds an abbreviated commit, for which the whole history is needed.
    fn resolve_abbreviated(&self) -> Result<String, IndexError> {
        let plausible = (7..40).contains(&self.revision.len())
            && self.revision.bytes().all(|b| b.is_ascii_hexdigit());
        if !plausible {
            return Err(self.error("there is no such branch, tag or commit"));
        }
        let _lock = self.open_store()?;
        self.fetch_all()?;
        let commit = format!("{}^{{commit}}", self.revision);
        self.git(Some(&self.store), &["rev-parse", "--verify", &commit])
            .map_err(|_| self.error("there is no such branch, tag or commit"))
    }

    fn fetch_all(&self) -> Result<(), IndexError> {
        let fetch = [
            "fetch",
            "--quiet",
            "--force",
            self.url.as_str(),
            "+refs/heads/*:refs/heads/*",
            "+refs/tags/*:refs/tags/*",
        ];
        self.git(Some(&self.store), &fetch).map(drop)
    }

    /// Opens the store, which is made if it is missing, and locks it.
    fn open_store(&self) -> Result<fs_err::File, IndexError> {
        let error = |source| IndexError::file("write the cache folder", &self.store)(source);
        fs_err::create_dir_all(&self.store).map_err(error)?;
        let lock = fs_err::File::create(self.store.with_extension("lock")).map_err(error)?;
        lock.lock().map_err(error)?;
        if !self.store.join("HEAD").exists() {
            self.git(None, &["init", "--quiet", "--bare", self.store.as_str()])?;
        }
        Ok(lock)
    }

    fn check_out(&self, commit: String) -> Result<GitCheckout, IndexError> {
        let _lock = self.open_store()?;
        if let Some(checkout) = self.existing(&commit) {
            return Ok(checkout);
        }
        let store = Some(self.store.as_path());
        let kept = format!("refs/kept/{commit}");
        let refspec = format!("+{commit}:{kept}");
        let shallow = ["fetch", "--quiet", "--depth=1", self.url.as_str(), &refspec];
        if self.git(store, &shallow).is_err() {
            // Some servers give out branches and tags only, not single commits.
            self.fetch_all()?;
            self.git(store, &["update-ref", &kept, &commit])
                .map_err(|_| self.error("there is no such commit"))?;
        }
        let error = |source| IndexError::file("write the cache folder", &self.checkouts)(source);
        fs_err::create_dir_all(&self.checkouts).map_err(error)?;
        let work = tempfile::tempdir_in(&self.checkouts).map_err(error)?;
        let folder = Utf8Path::from_path(work.path()).ok_or_else(|| self.error("no UTF-8 path"))?;
        let source = self.store.as_str();
        self.git(
            None,
            &[
                "clone",
                "--quiet",
                "--no-checkout",
                "--shared",
                source,
                folder.as_str(),
            ],
        )?;
        self.git(
            Some(folder),
            &["fetch", "--quiet", source, &format!("{kept}:{kept}")],
        )?;
        self.git(Some(folder), &["checkout", "--quiet", "--detach", &commit])?;
        self.git(
            Some(folder),
            &["remote", "set-url", "origin", self.url.as_str()],
        )?;
        if folder.join(".gitmodules").exists() {
            let update = [
                "submodule",
                "update",
                "--quiet",
                "--init",
                "--recursive",
                "--depth=1",
            ];
            self.git(Some(folder), &update)?;
        }
        let path = self.checkouts.join(&commit);
        fs_err::rename(work.keep(), &path).map_err(error)?;
        Ok(GitCheckout { commit, path })
    }

    /// Runs git and gives its output.
    fn git(&self, folder: Option<&Utf8Path>, arguments: &[&str]) -> Result<String, IndexError> {
        let git = match folder {
            Some(folder) => Git::at(folder),
            None => Git::nowhere(),
        };
        match git.text(arguments) {
            Ok(text) => Ok(text.trim().to_owned()),
            Err(GitError::Failed { message, .. }) => Err(self.error(&message)),
            Err(error) => Err(self.error(&error.to_string())),
        }
    }

    fn error(&self, reason: &str) -> IndexError {
        let shown = redacted(self.url);
        IndexError::Git {
            revision: self.revision.to_owned(),
            // Git's message contains the URL with the password.
            reason: reason.replace(self.url.as_str(), &shown),
            url: shown,
        }
    }
}
