//! What to run, as data, and what it is known by.
//!
//! The key is the digest of the Remote Execution API's `Action` message, which has those of `Command` and of the
//! input root. Everything in it is sorted and says nothing of this machine: locations have names, what is only
//! passed is left out.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;
use remote::Digest;
use remote::messages::{self, Command, Platform, command, platform};

use crate::process::Spawner;
use crate::template::{SANDBOX, Template};
use crate::tree::InputTree;

/// A program, its declared inputs and its outputs.
#[derive(Clone, Debug)]
pub struct Action {
    /// What a reader calls it: `test src/a_test.py`. No part of the key, but what earlier runs are found by.
    pub description: String,
    /// The program and its arguments. A program without a slash is looked for in the action's `PATH`, one with a
    /// slash and no leading one in its working directory.
    pub arguments: Vec<Template>,
    /// Variables that are part of the key. `PATH`, `HOME` and `TMPDIR` are set where they are not named here.
    pub environment: BTreeMap<String, Template>,
    /// Variables that are passed and not keyed: a change of one does not run the action again. They beat those of
    /// the same name in `environment`.
    pub passed: BTreeMap<String, Template>,
    /// What it sees.
    pub inputs: InputTree,
    /// What it writes, from its working directory.
    pub outputs: Vec<OutputPath>,
    /// Where it starts, from the root of its inputs; `""` is the root.
    pub working_directory: String,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Properties of the machine that its result depends on, which a server chooses its workers by. Those of this
    /// machine by default.
    pub platform: BTreeMap<String, String>,
    /// Paths of this machine by the names that `arguments` and the environment have for them.
    pub locations: BTreeMap<String, Location>,
    /// Where it runs. No part of the key.
    pub workplace: Workplace,
    /// Whose its output is. No part of the key.
    pub streams: Streams,
    /// What the caches are asked. No part of the key.
    pub cache: CacheUse,
    /// How far its result goes. No part of the key.
    pub reach: ResultReach,
    /// How its program is asked to end. No part of the key.
    pub shutdown: Shutdown,
    /// What starts its program, where that is not a fork of this process. No part of the key.
    pub spawner: Option<Arc<dyn Spawner>>,
    /// What a server's workers run in its place, where it needs things of this machine. No part of the key.
    pub on_workers: Option<Arc<dyn WorkerForm>>,
}

/// An action as a server's workers can run it: with what of this machine it needs among its inputs.
pub trait WorkerForm: fmt::Debug + Send + Sync {
    /// What is run in the place of `action`, and has its result; none if workers cannot.
    fn form(&self, action: &Action) -> Option<Action>;
}

/// A path of this machine that is an input by what it is, not by where it is: an interpreter, an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// What it is: the same text where it is the same, on any machine. Part of the key.
    pub identity: String,
    /// Where it is here.
    pub path: Utf8PathBuf,
    /// What it is called on a server's workers, if they have it. Without it the action runs here only.
    pub remote: Option<String>,
}

impl Location {
    /// A location with its identity and its path here.
    pub fn new(identity: impl Into<String>, path: impl Into<Utf8PathBuf>) -> Self {
        Self {
            identity: identity.into(),
            path: path.into(),
            remote: None,
        }
    }
}

/// A file, link or folder that an action writes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutputPath {
    /// From the working directory.
    pub path: String,
    /// Whether an action that ends well may leave it out.
    pub optional: bool,
}

/// Where an action runs.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Workplace {
    /// In a folder with its inputs and nothing else.
    #[default]
    Sandbox,
    /// In a folder with nothing: for work that this process does itself. Its inputs are its key only.
    Empty,
    /// In this folder, as it is: for tools that keep caches beside what they read. Its inputs are its key only.
    Tree(Utf8PathBuf),
}

/// Whose an action's output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Streams {
    /// Kept as a whole, and part of the result.
    #[default]
    Keep,
    /// The terminal's, its input too. Nothing is kept; not cached.
    Terminal,
}

/// How far the result of an action goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ResultReach {
    /// To all who share a cache, from whom it is also taken.
    #[default]
    Team,
    /// Not beyond this machine: it may come of more than its inputs.
    Machine,
}

/// How a program is asked to end: when the user interrupts the run, and when its time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Shutdown {
    /// With all that it started, by the signal that this process got. It has the engine's grace period.
    #[default]
    Group,
    /// It alone, by SIGINT: what it started is its own to end.
    First {
        /// How long it has for that.
        grace: Duration,
    },
}

/// What the caches are asked for an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CacheUse {
    /// Results are read and written.
    #[default]
    ReadWrite,
    /// Runs in any case; its result is kept.
    Write,
    /// Neither.
    None,
}

impl Action {
    /// An action with its description, program and arguments, which runs in a sandbox without inputs.
    pub fn new<T: Into<Template>>(
        description: impl Into<String>,
        arguments: impl IntoIterator<Item = T>,
    ) -> Self {
        Self {
            description: description.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment: BTreeMap::new(),
            passed: BTreeMap::new(),
            inputs: InputTree::default(),
            outputs: Vec::new(),
            working_directory: String::new(),
            timeout: None,
            platform: this_platform(),
            locations: BTreeMap::new(),
            workplace: Workplace::default(),
            streams: Streams::default(),
            cache: CacheUse::default(),
            reach: ResultReach::default(),
            shutdown: Shutdown::default(),
            spawner: None,
            on_workers: None,
        }
    }

    /// Sets a variable that is part of the key.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<Template>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Sets a variable that is passed and not keyed.
    #[must_use]
    pub fn passed(mut self, name: &str, value: impl Into<Template>) -> Self {
        self.passed.insert(name.to_owned(), value.into());
        self
    }

    /// Sets what it sees.
    #[must_use]
    pub fn inputs(mut self, inputs: InputTree) -> Self {
        self.inputs = inputs;
        self
    }

    /// Adds an output that is there whenever it ends well.
    #[must_use]
    pub fn output(mut self, path: &str) -> Self {
        let path = path.to_owned();
        let optional = false;
        self.outputs.push(OutputPath { path, optional });
        self
    }

    /// Adds an output that may be left out.
    #[must_use]
    pub fn optional_output(mut self, path: &str) -> Self {
        let path = path.to_owned();
        let optional = true;
        self.outputs.push(OutputPath { path, optional });
        self
    }

    /// Adds a location.
    #[must_use]
    pub fn location(mut self, name: &str, location: Location) -> Self {
        self.locations.insert(name.to_owned(), location);
        self
    }

    /// Its key: the digest of its `Action` message.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let (command, _) = Digest::of_message(&self.command_message());
        Digest::of_message(&self.action_message(command)).0
    }

    /// Its `Command` message.
    #[must_use]
    #[allow(deprecated, reason = "servers of version 2.1 read the platform here")]
    pub fn command_message(&self) -> Command {
        let text = |template: &Template| template.render(|name| self.name_of(name));
        let variables = self.environment.iter();
        let mut outputs: Vec<_> = self
            .outputs
            .iter()
            .map(|output| output.path.clone())
            .collect();
        outputs.sort();
        outputs.dedup();
        Command {
            arguments: self.arguments.iter().map(text).collect(),
            environment_variables: variables
                .map(|(name, value)| command::EnvironmentVariable {
                    name: name.clone(),
                    value: text(value),
                })
                .collect(),
            output_paths: outputs,
            platform: self.platform_message(),
            working_directory: self.working_directory.clone(),
            ..Command::default()
        }
    }

    /// Its `Action` message, with the digest of its `Command`.
    #[must_use]
    pub fn action_message(&self, command: Digest) -> messages::Action {
        messages::Action {
            command_digest: Some(command.to_message()),
            input_root_digest: Some(self.inputs.digest().to_message()),
            timeout: self.timeout.map(|timeout| messages::Duration {
                seconds: timeout.as_secs().cast_signed(),
                nanos: timeout.subsec_nanos().cast_signed(),
            }),
            do_not_cache: false,
            salt: self.salt(),
            platform: self.platform_message(),
        }
    }

    /// Whether a server's workers can run it: they have its locations.
    #[must_use]
    pub fn runs_elsewhere(&self) -> bool {
        let known = self
            .locations
            .values()
            .all(|location| location.remote.is_some());
        known
            && self.workplace == Workplace::Sandbox
            && self.streams == Streams::Keep
            && self.spawner.is_none()
    }

    /// What a location is called in the key.
    fn name_of(&self, name: &str) -> String {
        let remote = self
            .locations
            .get(name)
            .and_then(|location| location.remote.clone());
        match remote {
            Some(remote) => remote,
            None if name == SANDBOX => ".".to_owned(),
            None => format!("{{{name}}}"),
        }
    }

    /// Which texts are names of locations, and what each location is. Without it `{python}` as a text and as a
    /// location would have one key.
    fn salt(&self) -> Vec<u8> {
        let mut salt = Vec::new();
        for (name, location) in &self.locations {
            for text in [name.as_str(), &location.identity] {
                salt.extend_from_slice(&(text.len() as u64).to_le_bytes());
                salt.extend_from_slice(text.as_bytes());
            }
        }
        let values = self.environment.values();
        for (at, template) in self.arguments.iter().chain(values).enumerate() {
            for name in template.places() {
                salt.extend_from_slice(format!("\0{at} {name}").as_bytes());
            }
        }
        salt
    }

    fn platform_message(&self) -> Option<Platform> {
        let properties = self
            .platform
            .iter()
            .map(|(name, value)| platform::Property {
                name: name.clone(),
                value: value.clone(),
            });
        let properties: Vec<_> = properties.collect();
        (!properties.is_empty()).then_some(Platform { properties })
    }
}

/// This machine's properties, in the words of the Remote Execution API's platform lexicon.
fn this_platform() -> BTreeMap<String, String> {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "x86-64",
        "aarch64" => "arm-a64",
        other => other,
    };
    let properties = [("OSFamily", std::env::consts::OS), ("ISA", architecture)];
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    properties.map(owned).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action() -> Action {
        let inputs = InputTree::of_literals([("src/a.py".to_owned(), "a")]).unwrap();
        let python = Template::location("python").then("/bin/python");
        Action::new("run a.py", [python, "src/a.py".into()])
            .variable("LANG", "C.UTF-8")
            .inputs(inputs)
            .output("b")
            .output("a")
            .location("python", Location::new("CPython 3.12", "/opt/python"))
    }

    /// The key is part of what is shared with other machines and versions: it changes on purpose only.
    #[test]
    fn the_key_is_the_same_on_every_machine() {
        let mut action = action();
        action.platform = [("OSFamily".to_owned(), "linux".to_owned())].into();
        insta::assert_snapshot!(action.digest(), @"3dd127a26b5cccaa7265c68062eea8b4cb173ca544c3e0812f86009c8b2b86bf/208");
    }

    #[test]
    fn what_says_nothing_of_the_result_is_not_keyed() {
        let base = action();
        let mut other = action().passed("BUILD_ROOT", "/home/somebody");
        other.description = "another name".to_owned();
        other.outputs.reverse();
        other
            .locations
            .insert("python".to_owned(), Location::new("CPython 3.12", "/usr"));
        other.workplace = Workplace::Tree("/repository".into());
        other.cache = CacheUse::Write;
        other.reach = ResultReach::Machine;
        assert_eq!(other.digest(), base.digest());
    }

    #[test]
    fn what_can_change_the_result_is_keyed() {
        let base = action();
        let others = [
            Action {
                arguments: vec!["true".into()],
                ..action()
            },
            action().variable("LANG", "C"),
            action().variable("OTHER", ""),
            action().inputs(InputTree::default()),
            action().output("c"),
            Action {
                working_directory: "src".to_owned(),
                ..action()
            },
            Action {
                timeout: Some(Duration::from_millis(1500)),
                ..action()
            },
            Action {
                platform: BTreeMap::new(),
                ..action()
            },
            action().location("python", Location::new("CPython 3.13", "/opt/python")),
            action().location("other", Location::new("", "/")),
        ];
        let mut digests: Vec<_> = others.iter().map(Action::digest).collect();
        digests.push(base.digest());
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), others.len() + 1);
    }

    #[test]
    fn a_text_with_braces_is_no_location() {
        let mut text = action();
        text.arguments[0] = "{python}/bin/python".into();
        assert_eq!(text.command_message(), action().command_message());
        assert_ne!(text.digest(), action().digest());
    }
}
