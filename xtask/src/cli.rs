//! What can be typed: one variant a command, the arguments of each beside its code.

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand};

use crate::commands::{export, generate_lockfiles, lock, package, tree, why};

/// Lock, build, package and release a Python monorepo.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The repository; without it the nearest folder upwards with settings
    #[arg(short = 'C', long = "root", value_name = "DIR", global = true)]
    pub(crate) root: Option<Utf8PathBuf>,

    /// Say more: settings that are not used, what is fetched
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

/// A command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lock the third-party requirements of each resolve
    #[command(name = "generate-lockfiles")]
    GenerateLockfiles(generate_lockfiles::Arguments),
    /// Print a lock in another format
    Export(export::Arguments),
    /// Compare locks, check them
    #[command(subcommand)]
    Lock(lock::Arguments),
    /// Why a package is locked: the chains from requirements to it
    Why(why::Arguments),
    /// A lock as a tree
    Tree(tree::Arguments),
    /// Build wheels and source distributions
    Package(package::Arguments),
}
