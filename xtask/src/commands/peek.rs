//! `peek`: all fields of targets, as JSON.

use buildfile::Data;
use clap::Args;
use serde_json::{Map, Value, json};
use targets::query::Peek;

use crate::arguments::SelectionArguments;
use crate::outcome::CommandOutcome;
use goals::error::GoalError;
use goals::graph::{BuildFiles, NoSpecs};
use goals::session::Session;

/// The arguments of `peek`.
#[derive(Debug, Args)]
pub(crate) struct PeekArguments {
    #[command(flatten)]
    selection: SelectionArguments,

    /// Leave out fields that are not set
    #[arg(long)]
    exclude_defaults: bool,
}

/// Prints the targets as a JSON list, sorted by address.
pub(crate) fn run(
    session: &Session,
    arguments: &PeekArguments,
) -> Result<CommandOutcome, GoalError> {
    let workspace = BuildFiles::load(session)?;
    let graph = workspace.graph()?;
    let mut selected =
        arguments
            .selection
            .selection(session)?
            .of(session, &graph, NoSpecs::Refused)?;
    selected.sort_by_key(|id| &graph.target(*id).address);
    let mut all = Vec::with_capacity(selected.len());
    for id in selected {
        all.push(json(&Peek::at(&graph, id)?, arguments));
    }
    crate::json::print(&all)?;
    workspace.finish(session, &graph);
    Ok(CommandOutcome::Done)
}

fn json(peek: &Peek, arguments: &PeekArguments) -> Value {
    let mut object = Map::new();
    object.insert("address".to_owned(), json!(&*peek.address));
    object.insert("target_type".to_owned(), json!(&*peek.target_type));
    let texts = |list: &[std::sync::Arc<str>]| list.iter().map(|text| json!(&**text)).collect();
    object.insert(
        "dependencies".to_owned(),
        Value::Array(texts(&peek.dependencies)),
    );
    if !peek.sources.is_empty() {
        object.insert("sources".to_owned(), Value::Array(texts(&peek.sources)));
    }
    for (name, value) in &peek.fields {
        if !(arguments.exclude_defaults && matches!(value, Data::None)) {
            object.insert(name.clone(), field(value));
        }
    }
    Value::Object(object)
}

fn field(data: &Data) -> Value {
    match data {
        Data::None => Value::Null,
        Data::Bool(value) => json!(value),
        Data::Int(value) => json!(value),
        Data::Float(value) => json!(value),
        Data::Str(text) | Data::Symbol(text) => json!(&**text),
        Data::List(items) => Value::Array(items.iter().map(field).collect()),
        Data::Dict(pairs) => {
            let key = |data: &Data| match data {
                Data::Str(text) => text.to_string(),
                other => other.to_string(),
            };
            Value::Object(
                pairs
                    .iter()
                    .map(|(name, value)| (key(name), field(value)))
                    .collect(),
            )
        }
        Data::Object(object) => {
            let named = object.arguments.iter();
            Value::Object(
                named
                    .map(|(name, value)| (name.to_string(), field(value)))
                    .collect(),
            )
        }
        Data::Parametrize(_) => json!(data.to_string()),
    }
}
