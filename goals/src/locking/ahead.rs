//! Looks ahead of the resolver while it works: fetches what it will most likely ask for, and builds
//! source distributions whose metadata only a build can tell.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

use camino::Utf8PathBuf;
use index::{FilePolicy, Forecast, Index, IndexError};
use model::{DistFile, LockInputs, PackageName, Sha256, Version};
use resolve::Problem;

use super::existing::PreferredVersions;
use crate::supply::{Builds, Sdist};

/// The largest number of such builds at the same time.
const BUILDERS: usize = 2;

/// A source distribution to build, or the end.
enum Job {
    Build {
        name: PackageName,
        version: Version,
        file: Box<DistFile>,
        path: Utf8PathBuf,
        sha256: Sha256,
    },
    Stop,
}

/// What looking ahead needs.
pub struct Lookahead<'a> {
    pub index: &'a Index,
    pub builds: &'a Builds<'a>,
    pub preferred: &'a PreferredVersions,
}

impl Lookahead<'_> {
    /// Does `work`, and looks ahead meanwhile.
    pub fn during<T>(&self, problem: &Problem, work: impl FnOnce() -> T) -> T {
        let (sender, receiver) = channel();
        self.foresee(problem, sender.clone());
        let receiver = Mutex::new(receiver);
        std::thread::scope(|scope| {
            for _ in 0..BUILDERS {
                scope.spawn(|| self.build(&receiver));
            }
            let done = work();
            for _ in 0..BUILDERS {
                // The builders hold the other end until they have stopped.
                let _ = sender.send(Job::Stop);
            }
            done
        })
    }

    fn foresee(&self, problem: &Problem, jobs: Sender<Job>) {
        let inputs = problem.inputs.clone();
        self.index.foresee(Forecast {
            requirements: problem.inputs.requirements.clone(),
            within: problem.inputs.universe(),
            preferred: self.preferred.clone(),
            told: problem.inputs.metadata.clone(),
            policy: Box::new(move |name| file_policy(&inputs, name)),
            unbuilt: Box::new(move |error| {
                if let Some(job) = job(error) {
                    // Nobody receives any more after the work is done.
                    let _ = jobs.send(job);
                }
            }),
        });
    }

    /// Builds source distributions. A failed build is reported when the resolver asks for it.
    fn build(&self, jobs: &Mutex<Receiver<Job>>) {
        loop {
            let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(Job::Build {
                name,
                version,
                file,
                path,
                sha256,
            }) = job
            else {
                return;
            };
            let _ = self.builds.metadata(&Sdist {
                name: &name,
                version: &version,
                file: &file,
                path: &path,
                sha256,
            });
        }
    }
}

fn job(error: &IndexError) -> Option<Job> {
    match error {
        IndexError::NeedsBuild {
            name,
            version,
            file,
            path,
            sha256,
        } => Some(Job::Build {
            name: name.clone(),
            version: version.clone(),
            file: file.clone(),
            path: path.clone(),
            sha256: *sha256,
        }),
        _ => None,
    }
}

/// The files of a package that may be used.
pub fn file_policy(inputs: &LockInputs, name: &PackageName) -> FilePolicy {
    match (inputs.allows_wheels(name), inputs.allows_sdists(name)) {
        (false, _) => FilePolicy::NoBinary,
        (true, false) => FilePolicy::OnlyBinary,
        (true, true) => FilePolicy::Any,
    }
}
