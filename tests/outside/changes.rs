//! Every action that moto supports, through the keys of the real binary; boto3 says what became of it.

use serde_json::{Value, json};

use super::dashboard::{confirm, dashboard, leave, select};
use crate::pty::Terminal;
use crate::servers::{Environment, Seeded, moto_to_change};

/// What boto3 says of everything that can be changed.
fn told(server: &Seeded) -> Value {
    let output = Environment::moto().script("told.py").arg(&server.url).output().expect("Python starts");
    assert!(output.status.success(), "told.py: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("told.py prints JSON")
}

/// The APIs tab with one stage in the table, and so selected.
fn select_stage(terminal: &mut Terminal, words: &str, stage: &str) {
    terminal.send("5");
    terminal.wait_for("shop-public");
    terminal.send("/");
    terminal.send(words);
    terminal.send("\r");
    let title = format!("stages 1, /{words} ");
    terminal.wait("one stage", |screen| screen.contains(&title) && screen.contains(stage));
}

/// Undoes the last change, and waits until the account is as it was.
fn undo(terminal: &mut Terminal, server: &Seeded, before: &Value, part: &str) {
    terminal.send("U");
    confirm(terminal, "Confirm");
    terminal.wait_for("accepted");
    assert_eq!(told(server)[part], before[part], "the undo restores what was");
}

#[test]
fn functions_of_moto_are_changed_through_the_keys_and_as_they_were_after_the_undo() {
    let server = moto_to_change();
    let before = told(server);
    let mut terminal = dashboard(server, &[]);
    select(&mut terminal, "shop-dev-canary");
    terminal.send("R");
    terminal.wait_for("Reserved concurrency of shop-dev-canary");
    terminal.send("7\r");
    confirm(&mut terminal, "Set reserved concurrency of shop-dev-canary from none to 7");
    terminal.wait_for("accepted");
    assert_eq!(told(server)["reserved"], 7);
    undo(&mut terminal, server, &before, "reserved");
    terminal.send("K");
    confirm(&mut terminal, "Switch shop-dev-canary off");
    terminal.wait_for("accepted");
    assert_eq!(told(server)["reserved"], 0);
    terminal.send("U");
    confirm(&mut terminal, "on again");
    terminal.wait_gone("Confirm");
    leave(terminal);
    // The alias of this function: `live` leads to version 1 and has a tenth for version 2.
    let mut terminal = dashboard(server, &[]);
    select(&mut terminal, "shop-dev-canary");
    terminal.send("\r");
    terminal.wait_for("1 90%, 2 10%");
    terminal.send("B");
    // Neither of the two is selected.
    let screen = terminal.wait("the question which", |screen| screen.contains("Which alias"));
    if !screen.lines().any(|line| line.contains("live, now version") && line.contains('▶')) {
        terminal.send("j");
    }
    terminal.send("\r");
    confirm(&mut terminal, "Move shop-dev-canary:live from version 1 90%, 2 10% to version 1");
    terminal.wait_for("accepted");
    assert_eq!(told(server)["alias"], json!({"version": "1", "weights": {}}));
    undo(&mut terminal, server, &before, "alias");
    leave(terminal);
}

#[test]
fn stages_of_moto_are_changed_through_the_keys_and_as_they_were_after_the_undo() {
    let server = moto_to_change();
    let before = told(server);
    let mut terminal = dashboard(server, &[]);
    select_stage(&mut terminal, "shop-public stage:dev", "dev");
    terminal.send("E");
    terminal.wait_for("Settings of all methods in shop-public dev");
    terminal.send("\x153");
    terminal.wait_for("Change rate of all methods");
    terminal.send("\r");
    confirm(&mut terminal, "op=replace,path=/*/*/throttling/rateLimit,value=3");
    terminal.wait_for("accepted");
    assert_eq!(told(server)["stages"]["dev"]["settings"]["*/*"]["throttlingRateLimit"], 3.0);
    undo(&mut terminal, server, &before, "stages");
    terminal.send("T");
    confirm(&mut terminal, "Change X-Ray tracing of shop-public dev from off to on");
    terminal.wait_for("accepted");
    assert_eq!(told(server)["stages"]["dev"]["tracing"], true);
    undo(&mut terminal, server, &before, "stages");
    terminal.send("C");
    terminal.wait_for("Cache of shop-public dev");
    terminal.send("\x1b[C");
    terminal.wait_for("from off to 0.5 GB");
    terminal.send("\r");
    confirm(&mut terminal, "op=replace,path=/cacheClusterEnabled,value=true");
    terminal.wait_for("accepted");
    assert_eq!(told(server)["stages"]["dev"]["cache"], true);
    leave(terminal);
}
