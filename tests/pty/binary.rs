//! The real binary on the embedded account, as a user has it.

use std::time::Duration;

use rustix::process::Signal;

use super::Terminal;

fn demo(columns: u16, rows: u16) -> Terminal {
    let terminal = Terminal::start(&["demo"], columns, rows, &[]);
    terminal.wait_for("Overview");
    terminal
}

#[test]
fn the_demo_starts_shows_data_and_quits() {
    let mut terminal = demo(120, 40);
    terminal.wait_for("eu-west-1");
    terminal.send("q");
    terminal.assert_ends(0);
}

#[test]
fn each_tab_is_a_key_away_and_quitting_works_from_all_of_them() {
    for (key, word) in [("1", "Worst functions"), ("2", "Functions"), ("3", "Logs"), ("4", "Traces"), ("5", "APIs")] {
        let mut terminal = demo(120, 40);
        terminal.send(key);
        terminal.wait_for(word);
        terminal.send("q");
        terminal.assert_ends(0);
    }
}

#[test]
fn signals_put_everything_back_in_the_real_binary_too() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let terminal = demo(80, 24);
        terminal.signal(signal);
        terminal.assert_ends(128 + signal.as_raw().unsigned_abs());
    }
}

#[test]
fn a_terminal_that_goes_ends_the_real_binary_too() {
    let mut terminal = demo(80, 24);
    terminal.vanish();
    let end = terminal.wait_end();
    assert_eq!((end.code, end.killed_by), (129, None));
    assert!(end.after < Duration::from_secs(2), "{:?}", end.after);
}

#[test]
fn every_tab_survives_every_size() {
    let mut terminal = demo(80, 24);
    for key in ["1", "2", "3", "4", "5"] {
        for (columns, rows) in [(1, 1), (2, 40), (300, 1), (20, 5), (500, 100), (80, 24)] {
            terminal.resize(columns, rows);
            terminal.send(key);
        }
        // The size is right, and so it is drawn again.
        terminal.wait_for("Overview");
    }
    terminal.send("q");
    terminal.assert_ends(0);
}

#[test]
fn a_jq_expression_runs_beside_the_screen_and_is_ended_when_it_does_not_end() {
    let mut terminal = demo(200, 40);
    terminal.send("2");
    terminal.wait_for("checkout-api");
    terminal.send("/checkout-api\r");
    terminal.send("l");
    terminal.wait_for("platform.start");
    terminal.send("J");
    terminal.send("select(.level) | .level, .service\r");
    terminal.wait("answers", |screen| screen.contains("JSON lines") && !screen.contains("platform.start"));
    terminal.send("\u{1b}");
    terminal.wait_for("platform.start");
    terminal.send("J");
    terminal.send("def f: f; f\r");
    terminal.wait_for("did not end within 1 s on the line of ");
    terminal.send("q");
    terminal.assert_ends(0);
}

#[test]
fn without_a_terminal_it_does_not_start() {
    let home = crate::servers::Home::new();
    let output = crate::servers::slsdash(&home).arg("demo").output().expect("the binary under test was built");
    assert_ne!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(!output.stderr.is_empty());
}
