//! The command line: one variant for each command. The arguments of a command are beside its code.

use clap::{Parser, Subcommand};

use crate::arguments::GlobalArguments;
use crate::commands::{
    backport, changed_distributions, changelog, check_export, check_visibility, checks, clean,
    completions, count_loc, dependencies, doctor, explain, export, filedeps, generate_lockfiles,
    help, import, init, install_hooks, install_merge_driver, install_plugin, linked_packages, list,
    lock, merge_lockfile, migrate, module_mapping, outdated, own, package, paths, peek, publish,
    py_constraints, release, resolves, roots, run, tailor, test, tree, update_build_files, vendor,
    why, why_not,
};

/// Lock, build, package and release a Python monorepo.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArguments,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a repository ready for its first lock: asks nothing, writes the least
    Init(init::InitArguments),
    /// Lock the third-party requirements of each resolve
    #[command(name = "generate-lockfiles")]
    GenerateLockfiles(generate_lockfiles::GenerateLockfilesArguments),
    /// Make environments of locks, or print a lock in another format
    Export(export::ExportArguments),
    /// Run Python or a console script in the environment of a resolve
    Run(run::RunArguments),
    /// List the resolves
    Resolves(resolves::ResolvesArguments),
    /// Check which environments no longer match their lock
    #[command(name = "check-export")]
    CheckExport(check_export::CheckExportArguments),
    /// Clone a plug-in into `plugins/`
    #[command(name = "install-plugin")]
    InstallPlugin(install_plugin::InstallPluginArguments),
    /// Remove caches, environments, and files of interrupted runs
    Clean(clean::CleanArguments),
    /// Find what is wrong with the set-up, and the command that mends it
    Doctor(doctor::DoctorArguments),
    /// About this program itself
    #[command(name = "self", subcommand)]
    Own(own::OwnCommand),
    /// Compare or check locks
    #[command(subcommand)]
    Lock(lock::LockCommand),
    /// Why a package is locked: the chains from requirements to it
    Why(why::WhyArguments),
    /// What prevents a version of a package, in the resolver's words
    #[command(name = "why-not")]
    WhyNot(why_not::WhyNotArguments),
    /// Newer versions of locked packages, and which of them the requirements admit
    Outdated(outdated::OutdatedArguments),
    /// Lock with the pins of another tool's lock
    Import(import::ImportArguments),
    /// Copy every file of a lock to one folder, for sites without a network
    Vendor(vendor::VendorArguments),
    /// A lock as a tree
    Tree(tree::TreeArguments),
    /// Merge two lockfiles, as git's merge driver
    #[command(name = "merge-lockfile")]
    MergeLockfile(merge_lockfile::MergeLockfileArguments),
    /// Make git merge lockfiles with `merge-lockfile`
    #[command(name = "install-merge-driver")]
    InstallMergeDriver(install_merge_driver::InstallMergeDriverArguments),
    /// Look at what is staged before each commit, as a hook of git
    #[command(name = "install-hooks")]
    InstallHooks(install_hooks::InstallHooksArguments),
    /// Run tests
    Test(test::TestArguments),
    /// Build wheels and source distributions
    Package(package::PackageArguments),
    /// Find mistakes with the linters that the settings choose
    Lint(checks::CheckArguments),
    /// Format files with the formatters that the settings choose
    Fmt(checks::CheckArguments),
    /// Fix and format files
    Fix(checks::CheckArguments),
    /// Check types
    Check(checks::CheckArguments),
    /// Add the targets that files lack to BUILD files
    Tailor(tailor::TailorArguments),
    /// Format BUILD files, and replace old names in them
    #[command(name = "update-build-files")]
    UpdateBuildFiles(update_build_files::UpdateBuildFilesArguments),
    /// The targets that specs name
    List(list::ListArguments),
    /// What targets depend on
    Dependencies(dependencies::DependenciesArguments),
    /// Which targets depend on targets
    #[command(alias = "dependees")]
    Dependents(dependencies::DependenciesArguments),
    /// The files that targets consist of
    Filedeps(filedeps::FiledepsArguments),
    /// All fields of targets, as JSON
    Peek(peek::PeekArguments),
    /// The chains of dependencies between two targets
    Paths(paths::PathsArguments),
    /// Which requirement provides which modules, and where that is said
    ModuleMapping(module_mapping::ModuleMappingArguments),
    /// Which Pythons targets and all that they depend on are for
    #[command(name = "py-constraints")]
    PyConstraints(py_constraints::PyConstraintsArguments),
    /// How many lines of which language files have
    #[command(name = "count-loc")]
    CountLoc(count_loc::CountLocArguments),
    /// The source roots
    Roots(roots::RootsArguments),
    /// Dependencies that rules in BUILD files forbid
    CheckVisibility(check_visibility::CheckVisibilityArguments),
    /// First-party folders to mount or link for targets
    LinkedPackages(linked_packages::LinkedPackagesArguments),
    /// Make a release, or only show what it would do
    Release(release::ReleaseArguments),
    /// Turn news fragments into a release's notes
    Changelog(changelog::ChangelogArguments),
    /// Upload distributions to an index
    Publish(publish::PublishArguments),
    /// Apply commits to another branch
    Backport(backport::BackportArguments),
    /// The distributions whose contents a release changes
    #[command(name = "changed-distributions")]
    ChangedDistributions(changed_distributions::ChangedDistributionsArguments),
    /// What the code of an error stands for
    Explain(explain::ExplainArguments),
    /// What of a repository of Pants works as it is, and a trial beside it
    Migrate(migrate::MigrateArguments),
    /// Help for a command, a section of settings, a target type, or variables
    Help(help::HelpArguments),
    /// Print a script with which a shell completes words
    Completions(completions::CompletionsArguments),
    /// Print a page of the manual for `man`, or write them all
    Man(completions::ManArguments),
    /// The version of this program
    Version,
}
