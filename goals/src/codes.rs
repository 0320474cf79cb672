//! Codes of errors: what `explain CODE` says of each, and the manual with it.
//!
//! A code stands for a kind of error, not for its words, and is never used for another kind.

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $Name:ident = $id:literal, $title:literal;)+) => {
        /// A kind of error.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $Name,)+
        }

        impl ErrorCode {
            /// All of them, in the order of their names.
            pub const ALL: &'static [Self] = &[$(Self::$Name,)+];

            /// The code: `X101`.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$Name => $id,)+
                }
            }

            /// What it stands for, in one line.
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$Name => $title,)+
                }
            }

            /// What happened, why, and what helps, as lines.
            pub fn explanation(self) -> &'static [&'static str] {
                match self {
                    $(Self::$Name => &[$($doc,)+],)+
                }
            }

            /// The code with this name, in any case.
            pub fn named(id: &str) -> Option<Self> {
                let mut all = Self::ALL.iter();
                all.find(|code| code.id().eq_ignore_ascii_case(id)).copied()
            }
        }
    };
}

codes! {
    /// A word of the command line is no command, or an option is no option of it.
    ///
    /// `cargo xtask help` lists the commands in groups, `cargo xtask help COMMAND` the options of one. A goal of
    /// Pants that has no counterpart names what to type in its place. A word behind a goal is a target: a
    /// path, or an address with `:`.
    CommandLine = "X001", "the command line cannot be meant";

    /// No folder here or above has settings.
    ///
    /// A repository is found by its `pants.toml`, or by a `Cargo.toml` with `[workspace.metadata.xtask]`.
    /// Go to a folder of the repository, or name its root with `-C DIR`.
    NoRepository = "X101", "there is no repository here";

    /// A settings file is not valid TOML, or cannot be read.
    ///
    /// The place says where the parser stopped: a bracket or a quote before it is missing, or a key stands
    /// twice. During a merge a file may have conflict markers.
    SettingsFile = "X102", "a settings file cannot be read";

    /// A section or a key does not exist.
    ///
    /// `cargo xtask help settings` lists the sections, `cargo xtask help SECTION` their keys. What Pants knows and
    /// nothing here uses is no error: `-v` lists it.
    UnknownSetting = "X103", "a setting does not exist";

    /// A setting has a value of another type, or one that it does not take.
    ///
    /// `cargo xtask help SECTION` says what each key takes. Lists and tables may be written as TOML, as a Python
    /// literal or as JSON; `key.add` and `key.remove`, or a text such as `+['a']`, change what an earlier
    /// file or the default gave.
    SettingValue = "X104", "a setting has a wrong value";

    /// A text of the settings has `%(name)s` with a name that stands for nothing.
    ///
    /// Known are `%(buildroot)s`, `%(homedir)s`, `%(user)s`, `%(pants_workdir)s`, `%(pants_distdir)s`, `%(env.NAME)s`
    /// for variables that are set, the keys of `[DEFAULT]`, and those of the same section.
    Placeholder = "X105", "a placeholder stands for nothing";

    /// A resolve is named that `[python] resolves` does not have.
    ///
    /// `cargo xtask resolves` lists the resolves. A requirement names one by `resolve=` in its BUILD file, a tool
    /// by `install_from_resolve` in its section.
    UnknownResolve = "X106", "a resolve does not exist";

    /// A BUILD file cannot be evaluated.
    ///
    /// BUILD files are Python without imports, classes and input: the place says which expression it was. A
    /// type or field that does not exist names the nearest one; `cargo xtask help targets` lists the types,
    /// `cargo xtask help TYPE` the fields. Types of plug-ins are declared in `[targets] types`.
    BuildFile = "X201", "a BUILD file cannot be evaluated";

    /// A target is named that is not there.
    ///
    /// `cargo xtask list FOLDER:` lists the targets of a folder. A file is named by its path, a target by
    /// `FOLDER:NAME`, a generated one by `FOLDER:NAME#PART`.
    UnknownTarget = "X202", "a target does not exist";

    /// The requirements cannot hold together.
    ///
    /// The chain of reasons names the requirement lines. `cargo xtask why-not 'NAME>=VERSION'` tries a version;
    /// `[python] resolves_to_overrides` replaces what a package requires of another, and `exclude_newer`
    /// may hide what would help.
    Conflict = "X301", "there is no solution";

    /// There is no lock, or none of this tool.
    ///
    /// `cargo xtask generate-lockfiles` makes it. Locks of Pants, pex and uv are read for their pins.
    NoLock = "X302", "a lock is missing";

    /// A lock cannot be read.
    ///
    /// It was edited by hand, or a merge left markers in it: `cargo xtask generate-lockfiles` makes it anew, and keeps
    /// the pins of both sides. `cargo xtask install-merge-driver` keeps git from leaving markers.
    LockFile = "X303", "a lock cannot be read";

    /// git could not do what it was asked.
    ///
    /// The words are git's own. Much needs a repository of git, and a commit or a branch that is there.
    Git = "X401", "git failed";

    /// Nothing of what was named can be packaged.
    ///
    /// `cargo xtask list --filter-target-type=python_distribution ::` lists what can be. Binaries and images are not
    /// built here.
    NothingToPackage = "X501", "there is nothing to package";

    /// The build of a package or distribution failed.
    ///
    /// Its backend ran in an environment of its own, with what `[build-system]` requires: its output is above.
    /// `[build] extra_dependencies` adds what it misses, `[build] dependency_metadata` says what it requires so
    /// that it need not be built to be locked.
    Build = "X502", "a build failed";

    /// A file or folder cannot be read or written.
    ///
    /// The reason is the system's: no permission, no space, no such folder. What was there before is as it was:
    /// files are replaced as a whole.
    File = "X601", "a file cannot be read or written";

    /// A package index gives no answer.
    ///
    /// `[python-repos] indexes` names the indexes, else pip's configuration does; `cargo xtask doctor` asks them.
    /// Logins come from the URL, netrc, the variables of the index or the keyring. Where the network is not to be
    /// had, `--offline` uses what is in the cache.
    IndexAnswer = "X701", "an index gives no answer";

    /// No index has what is needed: a package, a version or a file of it.
    ///
    /// The indexes that were asked are named. A package comes from the first index that has it;
    /// `[index] packages` names another. Listings count for ten minutes: `--refresh` asks again, and
    /// `[python] exclude_newer` hides what is newer.
    NotOnIndex = "X702", "an index does not have it";

    /// A file that was downloaded is not what it should be.
    ///
    /// Its hash differs from that of the lock or the index, or its metadata cannot be read. Nothing of it was used.
    /// Find out who replaced it before you lock again.
    IndexFile = "X703", "a downloaded file is wrong";

    /// An index takes no upload.
    ///
    /// The words are those of the index. A version that is there already is never replaced; a login that is
    /// missing or may not upload is said.
    Upload = "X704", "an upload failed";

    /// No Python on this machine fits.
    ///
    /// Those that were found, and why they do not fit, are listed. `[python-bootstrap] search_path` says where
    /// interpreters are, `--python` names one; `cargo xtask doctor` tries each resolve.
    Interpreter = "X801", "no Python fits";

    /// An environment cannot be made of a lock.
    ///
    /// The lock is for other platforms, a package has no file for this Python, a wheel cannot be unpacked, or
    /// something of yours lies where the environment belongs. What was there before is as it was.
    Environment = "X802", "an environment cannot be made";

    /// A release cannot begin, or cannot go on as it is.
    ///
    /// Every objection is listed at once, and nothing was changed. `cargo xtask release VERSION --dry-run` shows the
    /// plan without doing it.
    ReleaseRefused = "X901", "a release is refused";

    /// A release stopped at a step, or none is under way.
    ///
    /// A journal says how far it came: `cargo xtask release VERSION --resume` goes on, `--abort` takes back what can
    /// be taken back, which is everything before the push.
    ReleaseStopped = "X902", "a release stopped";

    /// Notes cannot be made of news fragments.
    ///
    /// The place names the fragment, the template or the setting of towncrier. `cargo xtask changelog --check` judges
    /// fragments.
    Changelog = "X903", "a changelog cannot be made";
}
