//! `slsdash keys`: the table of commands with the keys that count, yours among them.

use super::failure::{Failure, OK};
use super::occasion::Occasion;
use super::output::{Output, complain};
use super::table::Table;
use crate::app::command::{COMMANDS, Command, Place};
use crate::app::keymap::Keymap;

/// Prints it.
pub fn run(occasion: &Occasion) -> Result<u8, Failure> {
    let (keymap, clashes) = Keymap::with(&occasion.loaded.config.keys);
    clashes.iter().for_each(|clash| complain(clash));
    let mut output = Output::new();
    let mut table = Table::new(&["COMMAND", "KEYS", "WHERE", "WHAT IT DOES"]);
    for command in COMMANDS {
        let keys = keymap.chords(command.action).join(" ");
        table.row(vec![command.name.into(), keys, places(command), command.sentence.into()]);
    }
    output.table(&table)?;
    output.flush()?;
    Ok(OK)
}

/// The table of the README, with the default keys.
pub fn markdown() -> String {
    let keymap = Keymap::defaults();
    let mut lines = vec!["| keys | command | where | |".to_string(), "|---|---|---|---|".to_string()];
    for command in COMMANDS {
        let keys: Vec<String> = keymap.chords(command.action).iter().map(|key| format!("`{key}`")).collect();
        lines.push(format!("| {} | {} | {} | {} |", keys.join(" "), command.name, places(command), command.sentence));
    }
    lines.join("\n")
}

fn places(command: &Command) -> String {
    let name = |place: &Place| match place {
        Place::Anywhere => "everywhere",
        Place::Overview => "overview",
        Place::Functions => "functions",
        Place::Columns => "columns",
        Place::Function => "one function",
        Place::Logs => "logs",
        Place::Invocations => "invocations",
        Place::Errors => "errors",
        Place::Insights => "insights",
        Place::Histogram => "histograms",
        Place::Traces => "traces",
        Place::Trace => "one trace",
        Place::ServiceMap => "the service map",
        Place::TraceStatistics => "trace statistics",
        Place::Sampling => "sampling",
        Place::Apis => "apis",
        Place::Popup => "popups",
        Place::Line => "one log line",
        Place::Prompt => "prompts",
        Place::Form => "forms",
        Place::Payload => "the payload editor",
        Place::Payloads => "lists of payloads",
        Place::Answer => "an answer",
        Place::Answers => "lists of answers",
        Place::Confirmation => "confirmations",
    };
    if command.places.contains(&Place::Anywhere) {
        return "everywhere".into();
    }
    let tabs = [
        Place::Overview,
        Place::Functions,
        Place::Function,
        Place::Logs,
        Place::Invocations,
        Place::Errors,
        Place::Insights,
        Place::Traces,
        Place::Trace,
        Place::ServiceMap,
        Place::TraceStatistics,
        Place::Apis,
    ];
    if tabs.iter().all(|place| command.places.contains(place)) {
        return "all tabs".into();
    }
    command.places.iter().map(name).collect::<Vec<_>>().join(", ")
}
