//! Files that are generated of targets: the version of a `vcs_version` target, in its template. They are never
//! written into the tree; archives and tests have them at the path that the target names.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use buildfile::{Data, MethodArguments, call_method};
use git::{Git, GitError};
use jiff::Timestamp;
use model::Version;
use release::vcs_version::{VcsState, VcsVersionRules};
use targets::{TargetGraph, TargetId};

use crate::error::GoalError;
use crate::session::Session;

/// Takes the place of what git says, as it does for setuptools-scm.
pub const PRETENDED_VERSION: &str = "SETUPTOOLS_SCM_PRETEND_VERSION";

/// Contents by paths, which are relative to the root.
pub type GeneratedFiles = BTreeMap<String, Arc<[u8]>>;

/// The files that are generated of some targets.
///
/// # Errors
/// No git repository, no version in its tags, or a field that says nothing of use.
pub(crate) fn generated_files(
    session: &Session,
    graph: &TargetGraph<'_>,
    targets: impl IntoIterator<Item = TargetId>,
) -> Result<GeneratedFiles, GoalError> {
    let mut files = GeneratedFiles::new();
    for id in targets {
        if let Some(path) = graph.generated_file(id) {
            let content = content(session, graph, id)?;
            files.insert(path.to_owned(), content.into_bytes().into());
        }
    }
    Ok(files)
}

fn content(session: &Session, graph: &TargetGraph<'_>, id: TargetId) -> Result<String, GoalError> {
    let text = |field: &str| graph.field(id, field).and_then(Data::as_str);
    let template = text("template").unwrap_or_default();
    let arguments = MethodArguments {
        positional: Vec::new(),
        named: vec![(
            Rc::from("version"),
            Data::Str(version(session, graph, id)?.into()),
        )],
    };
    let failed = |reason: String| {
        GoalError::failure(format!(
            "`template` of {} cannot be filled in",
            graph.target(id).address
        ))
        .at(graph.place(id, "template"))
        .because(reason)
        .hint("it is a format of Python with `{version}` in it; other braces are doubled")
    };
    match call_method(&Data::Str(template.into()), "format", &arguments) {
        Ok(Data::Str(text)) => Ok(text.to_string()),
        Ok(_) => Err(failed("it is not a text".to_owned())),
        Err(exception) => Err(failed(exception.to_string())),
    }
}

fn version(session: &Session, graph: &TargetGraph<'_>, id: TargetId) -> Result<String, GoalError> {
    if let Some(version) = session.environment.get(PRETENDED_VERSION) {
        return Ok(version.clone());
    }
    let address = &graph.target(id).address;
    let text = |field: &str| graph.field(id, field).and_then(Data::as_str);
    let failed = |field: &str, reason: String| {
        GoalError::failure(format!("cannot tell the version for {address}"))
            .at(graph.place(id, field))
            .because(reason)
    };
    let rules = VcsVersionRules::new(
        text("tag_regex"),
        text("version_scheme"),
        text("local_scheme"),
    );
    let rules = rules.map_err(|error| failed(error.field(), error.to_string()))?;
    let git = Git::at(session.root());
    let is_repository = git.maybe(&["rev-parse", "--git-dir"])?.is_some();
    if !is_repository {
        let reason = "this is not in a git repository".to_owned();
        return Err(failed("name", reason).hint(format!(
            "`export {PRETENDED_VERSION}=VERSION` where there is none"
        )));
    }
    if git.is_shallow()? {
        session.warn(format_args!(
            "the version for {address} may be wrong, since this clone is shallow: `git fetch --unshallow --tags`"
        ));
    }
    let version = rules.version(&state(&git)?, now(session)?);
    version.map_err(|error| {
        failed(error.field(), error.to_string()).hint(format!(
            "make a tag that has one, or `export {PRETENDED_VERSION}=VERSION`"
        ))
    })
}

/// The release that git's tags tell: the last one, or the next after it where there are commits since.
pub(crate) fn tagged_release(session: &Session) -> Option<String> {
    let rules = VcsVersionRules::new(None, None, None).ok()?;
    let state = state(&Git::at(session.root())).ok()?;
    let version = rules.version(&state, now(session).ok()?).ok()?;
    let version: Version = version.parse().ok()?;
    let release: Vec<String> = version.release().iter().map(u64::to_string).collect();
    Some(release.join("."))
}

/// What git says of the work tree.
fn state(git: &Git) -> Result<VcsState, GitError> {
    let describe = [
        "describe", "--dirty", "--tags", "--long", "--match", "*[0-9]*",
    ];
    let described = git.maybe(&describe)?;
    let described = described.as_deref().and_then(|text| {
        let (text, dirty) = match text.strip_suffix("-dirty") {
            Some(text) => (text, true),
            None => (text, false),
        };
        let mut parts = text.rsplitn(3, '-');
        let (node, distance, tag) = (parts.next()?, parts.next()?, parts.next()?);
        let tag = (tag.to_owned(), distance.parse().ok()?);
        Some((tag, node.to_owned(), dirty))
    });
    let date = git.maybe(&["log", "-n", "1", "--format=%cI", "HEAD"])?;
    let branch = match git.maybe(&["rev-parse", "--abbrev-ref", "HEAD"])? {
        Some(branch) => Some(branch),
        None => git.maybe(&["symbolic-ref", "--short", "HEAD"])?,
    };
    let date = date.and_then(|date| date.split('T').next()?.parse().ok());
    let common = VcsState {
        tag: None,
        node: None,
        commits: 0,
        dirty: false,
        branch,
        date,
    };
    if let Some((tag, node, dirty)) = described {
        return Ok(VcsState {
            tag: Some(tag),
            node: Some(node),
            dirty,
            ..common
        });
    }
    let node = git.maybe(&["rev-parse", "--verify", "--quiet", "HEAD"])?;
    let commits = git.maybe(&["rev-list", "--count", "HEAD"])?;
    let edited = git.text(&["status", "--porcelain", "--untracked-files=no"])?;
    Ok(VcsState {
        node: node.map(|node| format!("g{}", node.get(..7).unwrap_or(&node))),
        commits: commits.and_then(|count| count.parse().ok()).unwrap_or(0),
        dirty: !edited.is_empty(),
        ..common
    })
}

/// `SOURCE_DATE_EPOCH`, or the present time.
fn now(session: &Session) -> Result<Timestamp, GoalError> {
    let Some(epoch) = session.environment.get("SOURCE_DATE_EPOCH") else {
        return Ok(Timestamp::now());
    };
    let seconds = epoch.parse().ok();
    let moment = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.ok_or_else(|| {
        GoalError::failure(format!(
            "SOURCE_DATE_EPOCH is `{epoch}`, not a number of seconds"
        ))
    })
}
