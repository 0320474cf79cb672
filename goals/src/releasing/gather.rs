//! Gathers the facts about a work tree.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use changelog::{ChangelogSource, ChangelogSourceError, FileTree, ReleaseHeading};
use git::{Git, GitError};
use globset::{Glob, GlobSetBuilder};
use release::facts::{
    CandidateFacts, CommitObstacle, GitHead, GitHistory, Locks, NewsFile, ReleaseFacts,
    RemoteBranch, RemoteFacts, TagFact,
};
use release::plan::{Pushing, ReleaseRequest, proposal_ref};
use release::settings::{CandidateNotes, ReleaseSettings, StepKind, TagKind};
use thiserror::Error;

use super::trees::{CommitTree, WorkTree};
use super::uncommitted::uncommitted;

/// Why facts cannot be gathered.
#[derive(Debug, Error)]
pub enum ReleaseFactsError {
    /// git failed: this is not a repository, or has no commit.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// The files of the changelog are wrong.
    #[error(transparent)]
    Changelog(#[from] ChangelogSourceError),
    /// A branch without a commit.
    #[error("this repository has no commit yet")]
    NoCommit,
    /// A file that names the version is not text.
    #[error("{0}: not UTF-8")]
    NotUtf8(Utf8PathBuf),
}

/// Looks at the repository at `root`. Nothing is changed. The remote is asked, but nothing is
/// fetched.
///
/// Locks are left [`Locks::Unchecked`]. The caller checks them, if it can.
///
/// # Errors
/// No git repository, or files that cannot be read.
pub fn gather(
    root: &Utf8Path,
    settings: &ReleaseSettings,
    request: &ReleaseRequest,
) -> Result<ReleaseFacts, ReleaseFactsError> {
    let git = Git::at(root);
    let tree = WorkTree::new(root);
    // A folder without git is another error than a repository without a commit.
    git.text(&["rev-parse", "--git-dir"])?;
    if git.commit("HEAD")?.is_none() {
        return Err(ReleaseFactsError::NoCommit);
    }
    let head = head(&git, &settings.remote)?;
    let tag = format!("refs/tags/{}", settings.tag_of(&request.version));
    let mut obstacles = match git.commit(&tag)? {
        None => obstacles(&git, settings)?,
        Some(_) => Vec::new(),
    };
    obstacles.extend(bad_names(&git, settings, request)?);
    let tracked = tracked(&git)?;
    let changelog = of_release(&tree, settings, ChangelogSource::read(&tree)?)?;
    let tags = tags(&git)?;
    let candidates = match &changelog {
        Some(source) => candidates(
            &git,
            settings,
            request,
            &Tagged {
                source,
                tags: &tags,
            },
        )?,
        None => Vec::new(),
    };
    let news_file = news_file(&tree, settings, request, changelog.as_ref())?;
    let mut facts = ReleaseFacts {
        dirty: lines(&git.text(&["status", "--porcelain"])?),
        version_file: text(&tree, &settings.version_file)?,
        version_commit: version_commit(root, &settings.version_file, &git)?,
        uncommitted: BTreeMap::new(),
        history: history(&git)?,
        obstacles,
        version_links: links(root, &settings.version_file, &git)?,
        tags,
        candidates,
        remote: remote(&git, &head, settings, request)?,
        other_remotes: other_remotes(&git, &settings.remote)?,
        locks: Locks::Unchecked,
        files: files(&tree, settings, &tracked)?,
        branches: branches(&git)?,
        changelog,
        news_file,
        tracked,
        head,
    };
    facts.uncommitted = uncommitted(&git, &facts, &settings.version_file)?;
    Ok(facts)
}

fn head(git: &Git, remote: &str) -> Result<GitHead, GitError> {
    Ok(GitHead {
        commit: git.text(&["rev-parse", "HEAD"])?,
        branch: git.maybe(&["symbolic-ref", "--quiet", "--short", "HEAD"])?,
        subject: git.text(&["log", "-1", "--format=%s"])?,
        branches: branches_with_head(git, remote)?,
    })
}

/// The source of the changelog, with the folder of fragments that the settings of releases name.
pub(crate) fn of_release(
    tree: &dyn FileTree,
    settings: &ReleaseSettings,
    source: Option<ChangelogSource>,
) -> Result<Option<ChangelogSource>, ReleaseFactsError> {
    match (source, &settings.fragment_folder) {
        (Some(source), Some(folder)) => {
            let settings = source.settings.with_folder(folder);
            Ok(Some(ChangelogSource::read_with(tree, settings)?))
        }
        (source, _) => Ok(source),
    }
}

/// The tags, and how the fragments at each are read.
struct Tagged<'a> {
    source: &'a ChangelogSource,
    tags: &'a [TagFact],
}

/// What the commits of the candidates of a final release removed from the fragments.
fn candidates(
    git: &Git,
    settings: &ReleaseSettings,
    request: &ReleaseRequest,
    tagged: &Tagged<'_>,
) -> Result<Vec<CandidateFacts>, ReleaseFactsError> {
    let Tagged { source, tags } = tagged;
    if settings.candidates == CandidateNotes::Kept || request.version.is_prerelease() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for tag in tags.iter().filter(|tag| tag.in_head) {
        let Some(version) = settings.version_of(&tag.name) else {
            continue;
        };
        if !version.is_prerelease_of(&request.version) {
            continue;
        }
        let tree = |revision: String| {
            let tree = CommitTree::new(git.clone(), revision);
            ChangelogSource::read_with(&tree, source.settings.clone())
        };
        let after = tree(tag.commit.clone())?.fragments;
        let mut fragments = tree(format!("{}^", tag.commit))?.fragments;
        fragments.retain(|fragment| !after.iter().any(|kept| kept.path == fragment.path));
        found.push((
            version.clone(),
            CandidateFacts {
                version: version.as_str().to_owned(),
                fragments,
            },
        ));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found.into_iter().map(|(_, facts)| facts).collect())
}

/// The names of the release's tag and branch that git would not take.
fn bad_names(
    git: &Git,
    settings: &ReleaseSettings,
    request: &ReleaseRequest,
) -> Result<Vec<CommitObstacle>, GitError> {
    let mut names = vec![("tags", settings.tag_of(&request.version))];
    names.extend(
        settings
            .own_branch(&request.version)
            .map(|name| ("heads", name)),
    );
    let mut bad = Vec::new();
    for (kind, name) in names {
        let full = format!("refs/{kind}/{name}");
        // A name that begins with a hyphen is an option.
        if name.starts_with('-') || git.maybe(&["check-ref-format", &full])?.is_none() {
            bad.push(CommitObstacle::BadName(name));
        }
    }
    Ok(bad)
}

/// Why git would not make the commit or the tag of a release.
fn obstacles(
    git: &Git,
    settings: &ReleaseSettings,
) -> Result<Vec<CommitObstacle>, ReleaseFactsError> {
    let commits = !settings.without.contains(&StepKind::Commit);
    let tags = !settings.without.contains(&StepKind::Tag) && settings.tag == TagKind::Annotated;
    if commits || tags {
        for name in ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"] {
            if let Err(GitError::Failed { message, .. }) = git.text(&["var", name]) {
                return Ok(vec![CommitObstacle::NoIdentity(message)]);
            }
        }
    }
    let is_set = |name: &str| -> Result<bool, GitError> {
        let value = git.maybe(&["config", "--type=bool", "--get", name])?;
        Ok(value.as_deref() == Some("true"))
    };
    let signs = commits && is_set("commit.gpgSign")?
        || tags && (is_set("tag.gpgSign")? || is_set("tag.forceSignAnnotated")?);
    if !signs {
        return Ok(Vec::new());
    }
    // A commit that goes to a folder of its own, and is thrown away with it.
    let folder = tempfile::tempdir()?;
    let folder = Utf8Path::from_path(folder.path()).unwrap_or(Utf8Path::new("."));
    let trial = ["commit-tree", "-S", "-m", "trial", "HEAD^{tree}"];
    match git.clone().with_objects(folder)?.text(&trial) {
        Err(GitError::Failed { message, .. }) => Ok(vec![CommitObstacle::CannotSign(message)]),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(Vec::new()),
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn text(tree: &dyn FileTree, path: &Utf8Path) -> Result<Option<String>, ReleaseFactsError> {
    let utf8 =
        |bytes| String::from_utf8(bytes).map_err(|_| ReleaseFactsError::NotUtf8(path.to_owned()));
    tree.read(path)?.map(utf8).transpose()
}

fn tracked(git: &Git) -> Result<BTreeSet<Utf8PathBuf>, GitError> {
    let listed = git.text(&["ls-files", "-z"])?;
    Ok(git::paths(&listed).collect())
}

fn branches(git: &Git) -> Result<BTreeSet<String>, GitError> {
    let listed = git.text(&["for-each-ref", "--format=%(refname:strip=2)", "refs/heads"])?;
    Ok(listed.lines().map(str::to_owned).collect())
}

/// The branches that contain `HEAD`, those of the remote by their names there.
fn branches_with_head(git: &Git, remote: &str) -> Result<BTreeSet<String>, GitError> {
    let remote = format!("refs/remotes/{remote}");
    let arguments = ["for-each-ref", "--contains=HEAD", "--format=%(refname)"];
    let listed = git.text(&[&arguments[..], &["refs/heads", &remote]].concat())?;
    let prefixes = ["refs/heads/", &format!("{remote}/")];
    let name = |line: &str| {
        prefixes
            .iter()
            .find_map(|prefix| line.strip_prefix(prefix))
            .map(str::to_owned)
    };
    Ok(listed.lines().filter_map(name).collect())
}

fn history(git: &Git) -> Result<GitHistory, GitError> {
    let answer = git.text(&["rev-parse", "--is-shallow-repository"])?;
    Ok(match answer == "true" {
        true => GitHistory::Shallow,
        false => GitHistory::Whole,
    })
}

/// The last commit on the way of first parents that changed the version file. The last commit of a
/// shallow clone has every file as new, which says nothing.
fn version_commit(
    root: &Utf8Path,
    version_file: &Utf8Path,
    git: &Git,
) -> Result<Option<String>, ReleaseFactsError> {
    let real = root.join(version_file).canonicalize_utf8();
    let real = real.unwrap_or_else(|_| root.join(version_file));
    let arguments = [
        "--literal-pathspecs",
        "log",
        "-1",
        "--first-parent",
        "-m",
        "--format=%H %P",
    ];
    let found = git.text(&[&arguments[..], &["--", real.as_str()]].concat());
    let Ok(found) = found else {
        return Ok(None); // outside the repository
    };
    let mut words = found.split_whitespace();
    let commit = words.next().map(str::to_owned);
    match (history(git)?, words.next()) {
        (GitHistory::Shallow, None) => Ok(None),
        _ => Ok(commit),
    }
}

/// The tracked symbolic links that lead to the version file.
fn links(
    root: &Utf8Path,
    version_file: &Utf8Path,
    git: &Git,
) -> Result<Vec<Utf8PathBuf>, GitError> {
    let Ok(target) = root.join(version_file).canonicalize_utf8() else {
        return Ok(Vec::new());
    };
    let listed = git.text(&["ls-files", "--stage", "-z"])?;
    let links = listed
        .split('\0')
        .filter(|entry| entry.starts_with("120000 "));
    let paths = links
        .filter_map(|entry| entry.split_once('\t'))
        .map(|(_, path)| Utf8PathBuf::from(path));
    let leads = |path: &Utf8PathBuf| {
        root.join(path)
            .canonicalize_utf8()
            .is_ok_and(|real| real == target)
    };
    Ok(paths.filter(leads).collect())
}

fn tags(git: &Git) -> Result<Vec<TagFact>, GitError> {
    let merged = git.text(&["tag", "--merged", "HEAD"])?;
    let merged: BTreeSet<&str> = merged.lines().collect();
    let format = "--format=%(refname:strip=2) %(objectname) %(*objectname)";
    let listed = git.text(&["for-each-ref", format, "refs/tags"])?;
    let tag = |line: &str| {
        let mut words = line.split(' ');
        let name = words.next()?;
        let object = words.next()?;
        let commit = words
            .next()
            .filter(|peeled| !peeled.is_empty())
            .unwrap_or(object);
        Some(TagFact {
            name: name.to_owned(),
            commit: commit.to_owned(),
            in_head: merged.contains(name),
        })
    };
    Ok(listed.lines().filter_map(tag).collect())
}

fn remote(
    git: &Git,
    head: &GitHead,
    settings: &ReleaseSettings,
    request: &ReleaseRequest,
) -> Result<Option<RemoteFacts>, GitError> {
    let name = &settings.remote;
    if !git.remotes()?.contains(name) {
        return Ok(None);
    }
    let branch = head.branch.as_deref().unwrap_or("HEAD");
    let branch_ref = format!("refs/heads/{branch}");
    let tag_ref = format!("refs/tags/{}", settings.tag_of(&request.version));
    let peeled = format!("{tag_ref}^{{}}");
    let mut facts = RemoteFacts {
        name: name.clone(),
        branch: RemoteBranch::Unknown,
        tag: None,
        tags: Vec::new(),
        own_branch: None,
        foreign: Vec::new(),
        refuses_push: None,
    };
    let own = settings.own_branch(&request.version);
    let proposes = request.forge.pull_request;
    let proposal = own.as_deref().filter(|_| proposes).map(proposal_ref);
    let own = own.map(|branch| format!("refs/heads/{branch}"));
    let mut asked = vec!["ls-remote", name, &branch_ref, "refs/tags/*"];
    asked.extend(own.as_deref());
    asked.extend(proposal.as_deref());
    let listed = match git.text(&asked) {
        Ok(listed) => listed,
        Err(GitError::Failed { message, .. }) => {
            facts.refuses_push = Some(message);
            return Ok(Some(facts));
        }
        Err(error) => return Err(error),
    };
    let refs: BTreeMap<&str, &str> = listed
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(commit, name)| (name, commit))
        .collect();
    let tag = refs
        .get(peeled.as_str())
        .or_else(|| refs.get(tag_ref.as_str()));
    facts.tag = tag.map(|&commit| commit.to_owned());
    facts.tags = missing_tags(git, &refs)?;
    let own_tip = own.as_deref().and_then(|own| refs.get(own).copied());
    facts.own_branch = own_tip.map(str::to_owned);
    let base = refs.get(branch_ref.as_str()).copied();
    facts.branch = relation(git, &head.commit, base)?;
    if let Some((own, tip)) = own.as_deref().zip(own_tip).filter(|_| proposes) {
        let of_ref = |name| {
            refs.get_key_value(name)
                .map(|(&name, &commit)| (name, commit))
        };
        let last = proposal.as_deref().and_then(of_ref);
        let known = [
            Some(head.commit.as_str()),
            base,
            last.map(|(_, commit)| commit),
        ];
        let proposed = ProposedBranch {
            remote: name,
            tip,
            refs: [Some((own, tip)), last, of_ref(&branch_ref)],
            known: known.into_iter().flatten().collect(),
        };
        facts.foreign = foreign_commits(git, &proposed)?;
    }
    if request.push == Pushing::Yes && facts.branch != RemoteBranch::MovedOn {
        let pushed = head.branch.as_ref().map_or(&tag_ref, |_| &branch_ref);
        let refspec = format!("HEAD:{pushed}");
        // No hook runs: it may do more than look.
        let command = ["push", "--dry-run", "--no-verify", "--porcelain"];
        let asked = git.text(&[&command[..], &[name, &refspec]].concat());
        facts.refuses_push = match asked {
            Err(GitError::Failed { message, .. }) => Some(message),
            _ => None,
        };
    }
    Ok(Some(facts))
}

/// A branch of the remote that proposes a release.
struct ProposedBranch<'a> {
    remote: &'a str,
    tip: &'a str,
    /// The refs of the remote that are looked at, with their commits: the branch, what was proposed last, and the
    /// branch that it is to be merged into.
    refs: [Option<(&'a str, &'a str)>; 3],
    /// Commits that are nobody's edits of what is proposed.
    known: Vec<&'a str>,
}

/// The commits of what is proposed that no release made, with their subjects. A merge is such a commit if git alone
/// would have merged otherwise.
fn foreign_commits(git: &Git, proposed: &ProposedBranch<'_>) -> Result<Vec<String>, GitError> {
    let mut missing = Vec::new();
    for (name, commit) in proposed.refs.into_iter().flatten() {
        if git.commit(commit)?.is_none() {
            missing.push(name);
        }
    }
    if !missing.is_empty() {
        let fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"];
        git.text(&[&fetch[..], &[proposed.remote], &missing].concat())?;
    }
    let log = ["log", "--format=%T %P%x09%h %s", proposed.tip, "--not"];
    let listed = git.text(&[&log[..], &proposed.known].concat())?;
    let mut foreign = Vec::new();
    for (objects, shown) in listed.lines().filter_map(|line| line.split_once('\t')) {
        let objects: Vec<&str> = objects.split(' ').collect();
        if let [tree, ours, theirs] = objects[..] {
            let merged = git.maybe(&["merge-tree", "--write-tree", ours, theirs])?;
            if merged.as_deref() == Some(tree) {
                continue;
            }
        }
        foreign.push(shown.to_owned());
    }
    Ok(foreign)
}

fn other_remotes(git: &Git, name: &str) -> Result<Vec<String>, GitError> {
    let remotes = git.remotes()?.into_iter();
    Ok(remotes.filter(|remote| remote != name).collect())
}

/// The remote's tags that are not here.
fn missing_tags(git: &Git, refs: &BTreeMap<&str, &str>) -> Result<Vec<TagFact>, GitError> {
    let here = git.text(&["for-each-ref", "--format=%(refname)", "refs/tags"])?;
    let here: BTreeSet<&str> = here.lines().collect();
    let missing: Vec<(&str, &str)> = refs
        .iter()
        .filter(|(name, _)| name.starts_with("refs/tags/") && !name.ends_with("^{}"))
        .filter(|(name, _)| !here.contains(*name))
        .map(|(name, object)| {
            let peeled = format!("{name}^{{}}");
            (*name, *refs.get(peeled.as_str()).unwrap_or(object))
        })
        .collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let history = git.text(&["rev-list", "HEAD"])?;
    let history: BTreeSet<&str> = history.lines().collect();
    let tag = |(name, commit): (&str, &str)| TagFact {
        name: name.trim_start_matches("refs/tags/").to_owned(),
        commit: commit.to_owned(),
        in_head: history.contains(commit),
    };
    Ok(missing.into_iter().map(tag).collect())
}

fn relation(git: &Git, head: &str, remote: Option<&str>) -> Result<RemoteBranch, GitError> {
    let Some(remote) = remote else {
        return Ok(RemoteBranch::Missing);
    };
    if remote == head {
        return Ok(RemoteBranch::Same);
    }
    let ancestor = git.maybe(&["merge-base", "--is-ancestor", remote, head])?;
    Ok(match ancestor {
        Some(_) => RemoteBranch::Behind,
        None => RemoteBranch::MovedOn,
    })
}

fn news_file(
    tree: &dyn FileTree,
    settings: &ReleaseSettings,
    request: &ReleaseRequest,
    changelog: Option<&ChangelogSource>,
) -> Result<Option<NewsFile>, ReleaseFactsError> {
    let Some(source) = changelog else {
        return Ok(None);
    };
    let release = ReleaseHeading {
        version: request.version.as_str(),
        date: &request.date,
    };
    let path = match settings.news_file_of(&request.version) {
        Some(path) => path,
        None => source
            .settings
            .news_file(&release)
            .map_err(ChangelogSourceError::from)?,
    };
    let content = tree.read(&path)?;
    Ok(Some(NewsFile { path, content }))
}

/// The files that the patterns of the settings may change. An invalid pattern matches nothing here,
/// and the plan refuses it.
fn files(
    tree: &dyn FileTree,
    settings: &ReleaseSettings,
    tracked: &BTreeSet<Utf8PathBuf>,
) -> Result<BTreeMap<Utf8PathBuf, String>, ReleaseFactsError> {
    let mut globs = GlobSetBuilder::new();
    for glob in settings
        .files
        .iter()
        .filter_map(|edit| Glob::new(&edit.path).ok())
    {
        globs.add(glob);
    }
    let globs = globs.build().unwrap_or_default();
    let mut files = BTreeMap::new();
    for path in tracked.iter().filter(|path| globs.is_match(path.as_str())) {
        if let Some(text) = text(tree, path)? {
            files.insert(path.clone(), text);
        }
    }
    Ok(files)
}
