//! `release`: plans a release, shows the plan, runs it step by step, resumes it, or takes it back.

use std::io::{BufRead, IsTerminal, Write};

use ::release::facts::{Locks, ReleaseFacts, StaleLock};
use ::release::next::NextVersion;
use ::release::plan::{
    Decision, ForgeRequest, Plan, Publishing, Pushing, RefusedRelease, ReleasePurpose,
    ReleaseRequest, ReleaseStep, plan, show,
};
use ::release::settings::{CommitOn, ReleaseSettings, StepKind};
use ::release::version::ReleaseVersion;
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use crate::commands::{package, publish};
use crate::error;
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::packaging::{PRETENDED_VERSION, ReleasedDistributions};
use goals::publishing;
use goals::releasing;
use goals::releasing::forge::{Forge, ForgeRelease, PullRequest};
use goals::releasing::gather::gather;
use goals::releasing::run::{JournalFolder, ReleaseGoals, RunError, Runner, Watch};
use goals::session::Session;

/// How many of the files that hooks changed are named.
const SHOWN: usize = 10;

/// The arguments of `release`.
#[derive(Debug, Args)]
pub(crate) struct ReleaseArguments {
    /// The version as it is written in the tag and the changelog, such as `24.09.0`
    #[arg(value_name = "VERSION", required_unless_present_any = ["next", "resume", "abort"])]
    version: Option<String>,

    /// The version after the last one; `fragments` asks the news fragments, `dev` begins the next
    /// development version
    #[arg(long, value_name = "WHICH", conflicts_with = "version")]
    next: Option<Next>,

    /// Write the version and commit, without notes, wheels and a tag: development of it begins
    #[arg(long)]
    development: bool,

    /// Release this distribution alone, which has a version and tags of its own
    #[arg(long, value_name = "NAME")]
    distribution: Option<String>,

    /// Propose the release as a pull request, or bring the one that is open up to date
    #[arg(long, conflicts_with_all = ["publish", "development"])]
    pull_request: bool,

    /// Make a release with notes and wheels on the forge too
    #[arg(long, requires = "push")]
    forge_release: bool,

    /// Show the plan and do nothing
    #[arg(long, alias = "draft")]
    dry_run: bool,

    /// The date in the changelog; without it today
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    date: Option<String>,

    /// Push the commit and the tag, both or none
    #[arg(long)]
    push: bool,

    /// Publish the wheels, to this index or to the one of the settings
    #[arg(long, value_name = "INDEX", num_args = 0..=1)]
    publish: Option<Option<String>>,

    /// Continue a release that stopped
    #[arg(long, conflicts_with_all = ["abort", "dry_run"])]
    resume: bool,

    /// Take back a release that stopped, as long as nothing was pushed
    #[arg(long, conflicts_with = "dry_run")]
    abort: bool,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// The version that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Next {
    Patch,
    Minor,
    Major,
    Rc,
    Final,
    Dev,
    Fragments,
}

impl Next {
    fn of_version(self) -> Option<NextVersion> {
        match self {
            Self::Patch => Some(NextVersion::Patch),
            Self::Minor => Some(NextVersion::Minor),
            Self::Major => Some(NextVersion::Major),
            Self::Rc => Some(NextVersion::Candidate),
            Self::Final => Some(NextVersion::Final),
            Self::Dev => Some(NextVersion::Development),
            Self::Fragments => None,
        }
    }
}

/// The branch of a release that is proposed, whatever its version.
const PROPOSED: &str = "release/next";

fn date(text: &str) -> Result<String, String> {
    let date: jiff::civil::Date = text.parse().map_err(|_| "expected YYYY-MM-DD".to_owned())?;
    Ok(date.to_string())
}

/// The version without the `v` that belongs into tags only.
fn typed_version(text: &str) -> Result<ReleaseVersion, GoalError> {
    let version = releasing::version(text)?;
    match text.trim().strip_prefix(['v', 'V']) {
        None => Ok(version),
        Some(bare) => Err(GoalError::misuse(format!(
            "`{text}` begins with a `v`, which is no part of a version"
        ))
        .hint(format!(
            "`cargo xtask release {bare}`; where tags have a `v`, the settings say so: `[release] tag_name = \"v{{version}}\"`"
        ))),
    }
}

/// The version that is meant: the named one, the next one, or that of the run under way.
fn asked_version(
    session: &Session,
    arguments: &ReleaseArguments,
    settings: &ReleaseSettings,
) -> Result<ReleaseVersion, GoalError> {
    if let Some(text) = &arguments.version {
        return typed_version(text);
    }
    if let Some(next) = arguments.next {
        return releasing::next_version(session, settings, next.of_version());
    }
    let folder = JournalFolder::of(&::git::Git::at(session.root()))?;
    match folder.read()? {
        Some(journal) => Ok(journal.plan.version),
        None => Err(RunError::NothingUnderWay.into()),
    }
}

/// Plans the release and shows it. Runs it if it is asked to.
pub(crate) fn run(
    session: &Session,
    arguments: &ReleaseArguments,
) -> Result<CommandOutcome, GoalError> {
    let mut settings = releasing::settings_of(session, arguments.distribution.as_deref())?;
    if arguments.pull_request {
        let own = settings.own_branch(&releasing::version("0.0")?);
        if own.is_none() {
            settings.commit_on = CommitOn::Branch(PROPOSED.to_owned());
        }
    }
    let version = asked_version(session, arguments, &settings)?;
    let mut goals = OtherGoals {
        session,
        distribution: arguments.distribution.clone(),
    };
    let mut terminal = Terminal { session };
    let mut runner = Runner::new(session.root(), &mut goals, &mut terminal)?;
    if arguments.abort {
        let report = runner.abort(&version)?;
        session.say(format_args!("took back the release of {}", report.version));
        for path in &report.kept {
            session.say(format_args!("kept {path}, which is not the release's"));
        }
        for path in report.disturbed.iter().take(SHOWN) {
            session.say(format_args!(
                "{path} changed while a hook ran and was not the release's: git has no earlier state of it"
            ));
        }
        if let Some(more @ 1..) = report.disturbed.len().checked_sub(SHOWN) {
            session.say(format_args!("so did {more} more"));
        }
        return Ok(CommandOutcome::Done);
    }
    releasing::refuse_settings_of_this_run(session)?;
    if arguments.resume {
        runner.resume(&version)?;
        session.say(format_args!("released {version}"));
        return Ok(CommandOutcome::Done);
    }
    let request = ReleaseRequest {
        version,
        date: arguments
            .date
            .clone()
            .map_or_else(|| releasing::today(session), Ok)?,
        forge: ForgeRequest {
            release: arguments.forge_release,
            pull_request: arguments.pull_request,
        },
        purpose: match arguments.development || arguments.next == Some(Next::Dev) {
            true => ReleasePurpose::Development,
            false => ReleasePurpose::Release,
        },
        push: match arguments.push || arguments.pull_request {
            true => Pushing::Yes,
            false => Pushing::No,
        },
        publish: match &arguments.publish {
            None => Publishing::No,
            Some(index) => Publishing::To(
                index
                    .clone()
                    .or_else(|| session.settings.release.index.clone()),
            ),
        },
    };
    if let Publishing::To(index) = &request.publish {
        publishing::check_index(session, index.as_deref())?;
    }
    if request.forge != ForgeRequest::default() {
        Forge::of(session, &settings.remote)?.check()?;
    }
    let decision = decide(session, &settings, &request)?
        .map_err(|reasons| refused(reasons, arguments.dry_run))?;
    match decision {
        Decision::AlreadyReleased { tag, commit } => {
            session.say(format_args!(
                "{} is released already: the tag {tag} names {commit}",
                request.version
            ));
            Ok(CommandOutcome::Done)
        }
        Decision::AwaitingMerge { branch } => {
            session.say(format_args!(
                "{} waits for the merge of {branch}; then run the same command on the branch that it went into",
                request.version
            ));
            Ok(CommandOutcome::Done)
        }
        Decision::Go(plan) => {
            terminal::print(crate::called::named(&show(&plan)));
            if arguments.dry_run {
                return Ok(CommandOutcome::Done);
            }
            go(session, arguments, plan, &mut runner)
        }
    }
}

fn go(
    session: &Session,
    arguments: &ReleaseArguments,
    plan: Plan,
    runner: &mut Runner<'_>,
) -> Result<CommandOutcome, GoalError> {
    if !arguments.yes && !confirmed(session)? {
        session.say("nothing was done");
        return Ok(CommandOutcome::Found);
    }
    let version = plan.version.clone();
    runner.start(plan)?;
    session.say(format_args!("released {version}"));
    Ok(CommandOutcome::Done)
}

fn confirmed(session: &Session) -> Result<bool, GoalError> {
    if !std::io::stdin().is_terminal() {
        return Err(
            GoalError::misuse("cannot ask whether to go on: this is no terminal")
                .hint("`--yes` goes on without asking, `--dry-run` only shows the plan"),
        );
    }
    session.say("\nGo on? [y/N]");
    let mut answer = String::new();
    let _ = std::io::stderr().flush();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| GoalError::failure(format!("cannot read the answer: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Gathers the facts and plans.
fn decide(
    session: &Session,
    settings: &ReleaseSettings,
    request: &ReleaseRequest,
) -> Result<Result<Decision, RefusedRelease>, GoalError> {
    JournalFolder::of(&::git::Git::at(session.root()))?.refuse_when_under_way()?;
    let mut facts = gather(session.root(), settings, request)?;
    facts.locks = locks(session, settings, &facts)?;
    Ok(plan(settings, &facts, request))
}

/// Prints all reasons except the last, which becomes the error. With `--dry-run` the plan is shown
/// too.
fn refused(refused: RefusedRelease, dry_run: bool) -> GoalError {
    if let Some(plan) = refused.plan.filter(|_| dry_run) {
        terminal::print(crate::called::named(&show(&plan)));
    }
    let mut errors: Vec<GoalError> = refused.reasons.into_iter().map(GoalError::from).collect();
    let last = errors.pop();
    errors.iter().for_each(error::print);
    last.unwrap_or_else(|| GoalError::failure("the release is refused"))
}

/// The locks that are stale.
fn locks(
    session: &Session,
    settings: &ReleaseSettings,
    facts: &ReleaseFacts,
) -> Result<Locks, GoalError> {
    let mut lockfiles = session.settings.python.resolves.values();
    let has_locks = lockfiles.any(|path| facts.tracked.contains(&**path));
    if settings.without.contains(&StepKind::Locks) || !has_locks {
        return Ok(Locks::Unchecked);
    }
    let stale = goals::locking::stale_locks(session)?;
    let stale = stale.into_iter().map(|summary| StaleLock {
        resolve: summary.resolve,
        lockfile: summary.lockfile.into(),
        reasons: summary.reasons,
    });
    let stale: Vec<StaleLock> = stale.collect();
    Ok(match stale.is_empty() {
        true => Locks::Fresh,
        false => Locks::Stale(stale),
    })
}

/// The goals that a release needs. Each reads the repository as it is at that moment.
struct OtherGoals<'a> {
    session: &'a Session,
    /// The distribution that is released alone.
    distribution: Option<String>,
}

impl OtherGoals<'_> {
    fn session(&self) -> Result<Session, GoalError> {
        Ok(self.session.at(self.session.root())?)
    }
}

impl ReleaseGoals for OtherGoals<'_> {
    fn check_locks(&mut self) -> Result<(), GoalError> {
        let stale = goals::locking::stale_locks(&self.session()?)?;
        let Some(first) = stale.first() else {
            return Ok(());
        };
        let error = GoalError::failure(format!("{} is stale", first.lockfile));
        let error = first
            .reasons
            .iter()
            .fold(error, |error, reason| error.because(reason));
        Err(error.hint("`cargo xtask generate-lockfiles`, then commit"))
    }

    fn package(
        &mut self,
        root: &Utf8Path,
        version: &ReleaseVersion,
        out_dir: &Utf8Path,
    ) -> Result<(), GoalError> {
        let shown = self.session.root().to_owned();
        let released = match &self.distribution {
            Some(name) => ReleasedDistributions::Alone(name.clone()),
            None => ReleasedDistributions::Together,
        };
        let arguments = package::PackageArguments::of_release(out_dir.to_owned(), shown);
        let arguments = arguments.only(released);
        // The tag is made when the archives are there.
        let session = self
            .session
            .at(root)?
            .with_variable(PRETENDED_VERSION, version.as_str());
        package::run(&session, &arguments).map(drop)
    }

    fn forge_release(&mut self, remote: &str, release: &ForgeRelease) -> Result<(), GoalError> {
        let page = Forge::of(self.session, remote)?.publish(release)?;
        self.session.say(format_args!("made {page}"));
        Ok(())
    }

    fn pull_request(&mut self, remote: &str, pull: &PullRequest) -> Result<(), GoalError> {
        let page = Forge::of(self.session, remote)?.propose(pull)?;
        self.session.say(format_args!("proposed as {page}"));
        Ok(())
    }

    fn publish(&mut self, index: Option<&str>, files: &[Utf8PathBuf]) -> Result<(), GoalError> {
        let root = self.session.root();
        let files = files.iter().map(|file| root.join(file)).collect();
        let arguments = publish::PublishArguments::of_release(index.map(str::to_owned), files);
        publish::run(&self.session()?, &arguments).map(drop)
    }
}

/// Prints which step runs.
struct Terminal<'a> {
    session: &'a Session,
}

impl Watch for Terminal<'_> {
    fn step(&mut self, number: usize, total: usize, step: &ReleaseStep) {
        self.session
            .say(format_args!("[{number}/{total}] {}", step.title()));
    }
}
