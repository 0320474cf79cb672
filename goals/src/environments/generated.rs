//! Code that is generated for an environment: `[export] py_generated_sources_in_resolve`.

use crate::error::GoalError;
use crate::graph::BuildFiles;
use crate::session::Session;

/// Refuses an environment that is to have generated code, where there is any: it cannot be made yet, and
/// an environment without it would not be what was asked for.
///
/// # Errors
/// A target of the resolve is one of which code is generated.
pub(super) fn refuse(session: &Session, resolve: &str) -> Result<(), GoalError> {
    let wanted = &session.settings.export.py_generated_sources_in_resolve;
    if !wanted.iter().any(|one| one == resolve) {
        return Ok(());
    }
    let files = BuildFiles::load(session)?;
    let graph = files.graph()?;
    for id in graph.all() {
        let of_resolve = graph.resolve_name(id).is_none_or(|its| its == resolve);
        if let Some(what) = graph.generated_code(id).filter(|_| of_resolve) {
            let address = &graph.target(id).address;
            return Err(GoalError::failure(format!(
                "cannot export `{resolve}` with {what}, to be generated of `{address}`: code is not generated yet"
            ))
            .at(graph.place(id, "name"))
            .hint(format!(
                "generate the files and keep them in the repository, or take `{resolve}` out of `py_generated_sources_in_resolve` in `[export]`"
            )));
        }
    }
    Ok(())
}
