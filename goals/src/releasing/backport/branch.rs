//! Finds the branch of a backport, here or on a remote.

use git::Git;
use release::backport::Backport;

use super::error::BackportError;

/// The branch that commits are applied to.
pub(super) struct Branch {
    pub(super) name: String,
    /// The commit that it is at.
    pub(super) tip: String,
    /// The branch of a remote that it is to be made from.
    pub(super) upstream: Option<String>,
}

impl Branch {
    /// A branch that is here or on a remote, whatever the remote is called.
    pub(super) fn find(git: &Git, job: &Backport) -> Result<Self, BackportError> {
        let name = &job.onto;
        let tip_of = |full: &str| git.commit(full);
        if let Some(tip) = tip_of(&format!("refs/heads/{name}"))? {
            return Ok(Self {
                name: name.clone(),
                tip,
                upstream: None,
            });
        }
        let remotes = git.remotes()?;
        let mut found = Vec::new();
        for remote in &remotes {
            if job
                .remote
                .as_deref()
                .is_some_and(|named| named != remote.as_str())
            {
                continue;
            }
            // `upstream/24.03` names the remote too.
            let branch = name.strip_prefix(&format!("{remote}/"));
            for branch in branch.into_iter().chain([name.as_str()]) {
                let upstream = format!("{remote}/{branch}");
                if let Some(tip) = tip_of(&format!("refs/remotes/{upstream}"))? {
                    found.push(Self {
                        name: branch.to_owned(),
                        tip,
                        upstream: Some(upstream),
                    });
                }
            }
        }
        if found.len() > 1 {
            let names = found.iter().filter_map(|branch| branch.upstream.clone());
            return Err(BackportError::SeveralBranches(names.collect()));
        }
        let branch = found.pop().ok_or_else(|| BackportError::NoBranch {
            branch: name.clone(),
            remotes,
        })?;
        // `upstream/24.03` where 24.03 is here already.
        if tip_of(&format!("refs/heads/{}", branch.name))?.is_some() {
            let onto = Backport {
                onto: branch.name,
                ..job.clone()
            };
            return Self::find(git, &onto);
        }
        Ok(branch)
    }

    pub(super) fn switch(&self, git: &Git) -> Result<(), BackportError> {
        match &self.upstream {
            None => git.text(&["switch", "--quiet", "--no-guess", &self.name])?,
            Some(upstream) => {
                let command = ["switch", "--quiet", "--create", &self.name, "--track"];
                git.text(&[&command[..], &[upstream]].concat())?
            }
        };
        Ok(())
    }
}
