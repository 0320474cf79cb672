//! Which forge a remote is on, and where its API is.

use git::Git;
use model::Url;
use release::backport::repository_of;

use super::api::ForgeApi;
use super::proposal::{ForgeRelease, PullRequest};
use super::{github, gitlab};
use crate::error::GoalError;
use crate::session::Session;

/// A repository on a forge.
pub struct Forge {
    kind: ForgeKind,
    api: ForgeApi,
    /// `owner/name`, and on GitLab `group/subgroup/name`.
    repository: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ForgeKind {
    /// GitHub, and Forgejo and Gitea, which follow it.
    GitHub,
    GitLab,
}

/// The variables that may hold the token, in order.
const TOKENS: [&str; 4] = ["FORGE_TOKEN", "GH_TOKEN", "GITHUB_TOKEN", "GITLAB_TOKEN"];

/// The variables that may say where the API is, in order.
const APIS: [&str; 3] = ["FORGE_API_URL", "GITHUB_API_URL", "CI_API_V4_URL"];

/// The variables that may name the repository, in order.
const REPOSITORIES: [&str; 3] = ["FORGE_REPOSITORY", "GITHUB_REPOSITORY", "CI_PROJECT_PATH"];

impl Forge {
    /// The forge of a remote. Variables say where its API is and which repository is meant, where the remote's URL does
    /// not.
    ///
    /// # Errors
    /// The repository is on no forge, or there is no token.
    pub fn of(session: &Session, remote: &str) -> Result<Self, GoalError> {
        let variable = |names: &[&str]| {
            let values = names
                .iter()
                .filter_map(|name| session.environment.get(*name));
            let mut values = values.filter(|text| !text.is_empty());
            values.next().cloned()
        };
        let url = Git::at(session.root()).maybe(&["remote", "get-url", remote])?;
        let repository = variable(&REPOSITORIES).or_else(|| repository_of(url.as_deref()?));
        let repository = repository.ok_or_else(|| {
            GoalError::failure(format!(
                "cannot tell which repository `{remote}` is on a forge"
            ))
            .hint("set FORGE_REPOSITORY to OWNER/NAME")
        })?;
        let api = variable(&APIS).or_else(|| usual_api(url.as_deref()?));
        let api = api.ok_or_else(|| {
            GoalError::failure(format!(
                "cannot tell where the API of the forge of `{remote}` is"
            ))
            .hint("set FORGE_API_URL")
        })?;
        let api = api.trim_end_matches('/');
        let kind = match api.ends_with(GITLAB_API) {
            true => ForgeKind::GitLab,
            false => ForgeKind::GitHub,
        };
        let base = match kind {
            ForgeKind::GitHub => format!("{api}/repos/{}/", owner_and_name(&repository)),
            ForgeKind::GitLab => format!("{api}/projects/{}/", gitlab::encoded(&repository)),
        };
        let base: Url = base
            .parse()
            .map_err(|_| GoalError::failure(format!("`{api}` is no URL of a forge's API")))?;
        let token = variable(&TOKENS).ok_or_else(|| {
            GoalError::failure("there is no token for the forge").hint(format!(
                "set {}; in a workflow: `GH_TOKEN: ${{{{ github.token }}}}`",
                TOKENS.join(" or ")
            ))
        })?;
        Ok(Self {
            kind,
            api: ForgeApi::new(base, token)?,
            repository,
        })
    }

    /// Asks the forge for the repository, before anything leaves this machine.
    ///
    /// # Errors
    /// The forge does not answer, or not with this token.
    pub fn check(&self) -> Result<(), GoalError> {
        self.api.check()
    }

    /// Makes the release, or adds the files that it lacks. Gives its page.
    ///
    /// # Errors
    /// The forge refuses, or has another file of the same name.
    pub fn publish(&self, release: &ForgeRelease) -> Result<String, GoalError> {
        match self.kind {
            ForgeKind::GitHub => github::publish(&self.api, release),
            ForgeKind::GitLab => gitlab::publish(&self.api, &self.repository, release),
        }
    }

    /// Opens the pull request or, where there is one between these branches, brings title and text
    /// up to date. Gives its page.
    ///
    /// # Errors
    /// The forge refuses.
    pub fn propose(&self, pull: &PullRequest) -> Result<String, GoalError> {
        match self.kind {
            ForgeKind::GitHub => {
                let repository = owner_and_name(&self.repository);
                let (owner, _) = repository.split_once('/').unwrap_or_default();
                github::propose(&self.api, owner, pull)
            }
            ForgeKind::GitLab => gitlab::propose(&self.api, pull),
        }
    }
}

/// The last two parts of a path: Forgejo and Gitea may be below a path of their host.
fn owner_and_name(repository: &str) -> &str {
    let mut slashes = repository.rmatch_indices('/').map(|(at, _)| at);
    slashes
        .nth(1)
        .map_or(repository, |at| &repository[at + 1..])
}

/// Forges are asked over TLS alone.
const SCHEME: &str = "https://";

/// What the URL of GitLab's API ends with.
const GITLAB_API: &str = "/api/v4";

/// Where the API is beside a remote's URL: GitHub's has a host of its own, that of the others is below theirs. GitLab
/// is known by its host's name.
fn usual_api(remote: &str) -> Option<String> {
    let host = match remote.split_once("://") {
        Some((_, rest)) => rest.split('/').next()?,
        None => remote.split(':').next()?,
    };
    let host = host.rsplit('@').next()?.split(':').next()?;
    Some(match host.split_once('.') {
        Some(("github", "com")) => format!("{SCHEME}api.{host}"),
        _ if host.split('.').any(|part| part == "gitlab") => format!("{SCHEME}{host}{GITLAB_API}"),
        _ => format!("{SCHEME}{host}/api/v1"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_apis_are() {
        let check = |remote: &str, expect: &str| {
            let expect = format!("{SCHEME}{expect}");
            assert_eq!(usual_api(remote), Some(expect), "{remote}");
        };
        check("git@github.com:a/b.git", "api.github.com");
        check("git@gitlab.com:group/sub/b.git", "gitlab.com/api/v4");
        check(
            "https://x:y@gitlab.acme.example/g/b",
            "gitlab.acme.example/api/v4",
        );
        check("ssh://git@code.example:22/a/b", "code.example/api/v1");
        assert_eq!(owner_and_name("gitea/acme/jobs"), "acme/jobs");
        assert_eq!(owner_and_name("acme/jobs"), "acme/jobs");
    }
}
