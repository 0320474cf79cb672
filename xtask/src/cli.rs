//! What can be typed: one variant a command, the arguments of each beside its code.

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand};

use crate::commands::{
    check_export, check_visibility, dependencies, export, filedeps, generate_lockfiles,
    install_merge_driver, linked_packages, list, lock, merge_lockfile, package, paths, peek,
    resolves, run, tree, why,
};
use crate::graph::InferArguments;

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

    #[command(flatten)]
    pub(crate) infer: InferArguments,
}

/// A command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lock the third-party requirements of each resolve
    #[command(name = "generate-lockfiles")]
    GenerateLockfiles(generate_lockfiles::Arguments),
    /// Make environments of locks, or print a lock in another format
    Export(export::Arguments),
    /// Run Python or a console script in the environment of a resolve
    Run(run::Arguments),
    /// List the resolves
    Resolves(resolves::Arguments),
    /// Say which environments no longer match their lock
    #[command(name = "check-export")]
    CheckExport(check_export::Arguments),
    /// Compare locks, check them
    #[command(subcommand)]
    Lock(lock::Arguments),
    /// Why a package is locked: the chains from requirements to it
    Why(why::Arguments),
    /// A lock as a tree
    Tree(tree::Arguments),
    /// Merge two lockfiles, as git's merge driver
    #[command(name = "merge-lockfile")]
    MergeLockfile(merge_lockfile::Arguments),
    /// Let git merge lockfiles by `merge-lockfile`
    #[command(name = "install-merge-driver")]
    InstallMergeDriver(install_merge_driver::Arguments),
    /// Build wheels and source distributions
    Package(package::Arguments),
    /// The targets that specs name
    List(list::Arguments),
    /// What targets need
    Dependencies(dependencies::Arguments),
    /// Who needs targets
    #[command(alias = "dependees")]
    Dependents(dependencies::Arguments),
    /// The files that targets consist of
    Filedeps(filedeps::Arguments),
    /// All that is known of targets, as JSON
    Peek(peek::Arguments),
    /// Why one target depends on another
    Paths(paths::Arguments),
    /// The source roots
    Roots,
    /// Dependencies that rules in BUILD files forbid
    CheckVisibility(check_visibility::Arguments),
    /// First-party folders to mount or link for targets
    LinkedPackages(linked_packages::Arguments),
}
