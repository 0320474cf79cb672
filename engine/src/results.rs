//! Outcomes as the Remote Execution API's `ActionResult`, which caches keep, and back.

use std::time::Duration;

use prost::Message;
use remote::Digest;
use remote::messages::{
    self, ActionResult, ExecutedActionMetadata, OutputDirectory, OutputFile, OutputSymlink, Tree,
};

use crate::action::Action;
use crate::error::StoreError;
use crate::outcome::{KeptOutput, Outcome, Provenance};
use crate::process::ProcessEnd;
use crate::store::BlobStore;
use crate::tree::{InputFile, InputTree, TreeNode};

/// The message of an outcome. Folders among the outputs become blobs of the store.
///
/// # Errors
/// Where these cannot be written.
pub(crate) fn result_message(
    action: &Action,
    outcome: &Outcome,
    store: &BlobStore,
) -> Result<ActionResult, StoreError> {
    let mut result = ActionResult {
        exit_code: match outcome.end {
            ProcessEnd::Exit(code) => code,
            // As a shell says it.
            ProcessEnd::Signal(signal) => 128 + signal,
            ProcessEnd::TimeLimit | ProcessEnd::OutputLimit => 124,
            ProcessEnd::Interrupt => 130,
        },
        execution_metadata: Some(ExecutedActionMetadata {
            virtual_execution_duration: Some(messages::Duration {
                seconds: outcome.elapsed.as_secs().cast_signed(),
                nanos: outcome.elapsed.subsec_nanos().cast_signed(),
            }),
            ..ExecutedActionMetadata::default()
        }),
        ..ActionResult::default()
    };
    (result.stdout_raw, result.stdout_digest) = stream_message(&outcome.stdout);
    (result.stderr_raw, result.stderr_digest) = stream_message(&outcome.stderr);
    let mut outputs: Vec<_> = action.outputs.iter().map(|output| &output.path).collect();
    outputs.sort();
    outputs.dedup();
    for path in outputs {
        add_output(path, &outcome.outputs, (&mut result, store))?;
    }
    Ok(result)
}

fn stream_message(stream: &KeptOutput) -> (Vec<u8>, Option<messages::Digest>) {
    match stream.digest() {
        Some(digest) => (Vec::new(), Some(digest.to_message())),
        None => (stream.bytes().unwrap_or_default(), None),
    }
}

fn add_output(
    path: &str,
    outputs: &InputTree,
    (result, store): (&mut ActionResult, &BlobStore),
) -> Result<(), StoreError> {
    let path = path.to_owned();
    let folder = outputs.below(&path);
    match outputs.get(&path) {
        Some(TreeNode::File(file)) => result.output_files.push(OutputFile {
            path,
            digest: Some(file.digest.to_message()),
            is_executable: file.executable,
            ..OutputFile::default()
        }),
        Some(TreeNode::Symlink(target)) => result.output_symlinks.push(OutputSymlink {
            path,
            target,
            node_properties: None,
        }),
        None if folder.is_empty() => {}
        Some(TreeNode::EmptyFolder) | None => {
            let tree = store.put(&folder.tree_message().encode_to_vec())?;
            result.output_directories.push(OutputDirectory {
                path,
                tree_digest: Some(tree.to_message()),
                ..OutputDirectory::default()
            });
        }
    }
    Ok(())
}

/// The outcome that a message of a cache describes, if all of its blobs are in the store, and right.
pub(crate) fn outcome_of(
    action: Digest,
    result: &ActionResult,
    (store, provenance): (&BlobStore, Provenance),
) -> Option<Outcome> {
    let stream = |raw: &[u8], digest: Option<&messages::Digest>| match digest {
        Some(digest) if raw.is_empty() => {
            let digest = Digest::from_message(Some(digest)).ok()?;
            let is_there = digest.size() == 0 || store.verify(&digest);
            is_there.then(|| KeptOutput::stored_or_empty(store, digest))
        }
        _ => Some(KeptOutput::of(raw)),
    };
    Some(Outcome {
        action,
        end: ProcessEnd::Exit(result.exit_code),
        stdout: stream(&result.stdout_raw, result.stdout_digest.as_ref())?,
        stderr: stream(&result.stderr_raw, result.stderr_digest.as_ref())?,
        outputs: outputs_of(result, store)?,
        elapsed: elapsed_of(result),
        provenance,
    })
}

fn outputs_of(result: &ActionResult, store: &BlobStore) -> Option<InputTree> {
    let mut nodes = Vec::new();
    for file in &result.output_files {
        let digest = Digest::from_message(file.digest.as_ref()).ok()?;
        let stored = InputFile {
            executable: file.is_executable,
            ..InputFile::stored(digest)
        };
        nodes.push((file.path.clone(), TreeNode::File(stored)));
    }
    for link in &result.output_symlinks {
        nodes.push((link.path.clone(), TreeNode::Symlink(link.target.clone())));
    }
    let mut outputs = InputTree::of_nodes(nodes).ok()?;
    for folder in &result.output_directories {
        let digest = Digest::from_message(folder.tree_digest.as_ref()).ok()?;
        let tree = Tree::decode(store.read(&digest).ok()?.as_slice()).ok()?;
        let tree = InputTree::of_tree_message(&tree).ok()?;
        outputs = outputs.with(&folder.path, TreeNode::EmptyFolder).ok()?;
        outputs = outputs.merge(&tree.prefix(&folder.path).ok()?).ok()?;
    }
    let all_there = outputs.nodes().iter().all(|(_, node)| match node {
        TreeNode::File(file) => store.verify(&file.digest),
        _ => true,
    });
    all_there.then_some(outputs)
}

/// Whether an outcome has all that its action has to write, and nothing but what it may: what another machine or a
/// server says need not be so.
pub(crate) fn is_whole(action: &Action, outcome: &Outcome) -> bool {
    let outputs = &outcome.outputs;
    let is_there = |path: &str| outputs.get(path).is_some() || !outputs.below(path).is_empty();
    let mut needed = action.outputs.iter().filter(|output| !output.optional);
    let declared = |path: &str| {
        let below = |output: &str| {
            path.strip_prefix(output)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        action.outputs.iter().any(|output| below(&output.path))
    };
    let stays = |path: &str, node: &TreeNode| match node {
        TreeNode::Symlink(target) => stays_inside(&action.working_directory, path, target),
        TreeNode::File(_) | TreeNode::EmptyFolder => true,
    };
    needed.all(|output| is_there(&output.path))
        && outputs
            .nodes()
            .iter()
            .all(|(path, node)| declared(path) && stays(path, node))
}

/// Whether a link leads to somewhere within the root of the inputs, by its text.
fn stays_inside(working_directory: &str, path: &str, target: &str) -> bool {
    let names = |text: &str| {
        text.split('/')
            .filter(|name| !["", "."].contains(name))
            .count()
    };
    let mut depth = names(working_directory) + names(path).saturating_sub(1);
    for name in target.split('/') {
        match name {
            "" | "." => {}
            ".." if depth == 0 => return false,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    !target.starts_with('/')
}

fn elapsed_of(result: &ActionResult) -> Duration {
    let metadata = result.execution_metadata.as_ref();
    let duration = metadata.and_then(|metadata| metadata.virtual_execution_duration.as_ref());
    duration.map_or(Duration::ZERO, |duration| {
        let seconds = Duration::from_secs(duration.seconds.max(0).cast_unsigned());
        seconds + Duration::from_nanos(u64::from(duration.nanos.max(0).cast_unsigned()))
    })
}
