//! What a program owes to its terminal, held to by every way of ending and of being interrupted.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Terminal, scenes};

/// The program in the place of the shell: it leads the session, and nobody could continue it.
const LEADING: &str = "exec \"$0\" --ignored --exact --nocapture pty::scenes::doomed";
/// The program under a shell that stays.
const FOLLOWING: &str = "\"$0\" --ignored --exact --nocapture pty::scenes::doomed; exit $?";

/// Starts the made-up program, of which nothing is kept.
fn start() -> Terminal {
    scenes::start("doomed", Path::new("/dev/null"))
}

#[test]
fn quitting_puts_everything_back() {
    let mut terminal = start();
    assert!(terminal.bytes().windows(8).any(|window| window == b"\x1b[?1049h"));
    terminal.send("q");
    terminal.assert_ends(0);
}

#[test]
fn quitting_does_not_wait_for_calls_and_the_audit_file_says_what_was_left() {
    let folder = scenes::folder();
    let mut terminal = scenes::start("doomed", folder.path());
    terminal.send("c");
    let audit = folder.path().join("audit.jsonl");
    terminal.wait("the intent in the audit file", |_| {
        std::fs::read_to_string(&audit).is_ok_and(|lines| lines.contains("\"intent\""))
    });
    terminal.send("q");
    terminal.assert_ends(0);
    let lines = std::fs::read_to_string(&audit).unwrap();
    assert!(lines.contains("the program ended before there was an answer"), "{lines}");
}

#[test]
fn each_signal_that_ends_puts_everything_back() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let terminal = start();
        terminal.signal(signal);
        terminal.assert_ends(128 + signal.as_raw().unsigned_abs());
        // Also with the very first frame: from then on the terminal is not as it was.
        let terminal = scenes::shell(LEADING, Path::new("/dev/null"));
        terminal.wait_for("here 60x12");
        terminal.signal(signal);
        terminal.assert_ends(128 + signal.as_raw().unsigned_abs());
    }
}

#[test]
fn a_signal_ends_a_program_that_hangs_too() {
    let mut terminal = start();
    terminal.send("h");
    // It draws for ever now; nothing on the screen can say so, but its clock of used time does.
    let before = terminal.ticks();
    while terminal.ticks() < before + 5 {
        std::thread::yield_now();
    }
    terminal.signal(Signal::TERM);
    terminal.assert_ends(128 + 15);
}

#[test]
fn a_terminal_that_takes_nothing_more_does_not_keep_the_program() {
    let mut terminal = start();
    terminal.resize(400, 100);
    terminal.wait_for("here 400x100");
    terminal.stop_reading();
    // Each is a screen of 40 kB, and a pseudo-terminal holds less than two.
    for _ in 0..20 {
        terminal.send("n");
    }
    terminal.signal(Signal::TERM);
    let end = terminal.wait_end();
    assert_eq!((end.code, end.killed_by), (128 + 15, None));
    terminal.assert_modes();
}

#[test]
fn a_panic_anywhere_puts_everything_back_and_leaves_a_report() {
    let scenes = [("u", "in update"), ("d", "in draw"), ("t", "in a thread"), ("2", "in one of two threads")];
    for (key, word) in scenes {
        let folder = scenes::folder();
        let mut terminal = scenes::start("doomed", folder.path());
        terminal.send(key);
        terminal.assert_ends(101);
        let screen = terminal.wait_for(word);
        assert!(screen.contains("has failed at"), "{screen}");
        let reports: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(reports.len(), 1, "{reports:?}");
        assert!(std::fs::read_to_string(&reports[0]).unwrap().contains(word));
        assert_eq!(std::fs::metadata(&reports[0]).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_a_panic_quotes_reaches_the_terminal_spelt_out() {
    let mut terminal = start();
    terminal.send("u");
    terminal.assert_ends(101);
    terminal.wait_for("\\u{1b}[31m");
}

#[test]
fn a_panic_while_falling_from_another_ends_at_the_first() {
    let mut terminal = start();
    terminal.send("D");
    terminal.assert_ends(101);
    terminal.wait_for("in the first place");
}

#[test]
fn a_panic_in_a_task_puts_everything_back() {
    let terminal = scenes::start("doomed_by_a_task", Path::new("/dev/null"));
    terminal.assert_ends(101);
    terminal.wait_for("in a task");
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_going_on_takes_it_again() {
    let mut terminal = scenes::shell(FOLLOWING, Path::new("/dev/null"));
    terminal.wait_for("connected");
    for _ in 0..2 {
        terminal.send("\x1a");
        terminal.wait_state('T');
        terminal.assert_restored();
        terminal.resize(50, 10);
        terminal.signal_group(Signal::CONT);
        terminal.wait_for("here 50x10");
        assert!(terminal.screen().starts_with("here"), "{}", terminal.screen());
        terminal.resize(60, 12);
        terminal.wait_for("here 60x12");
    }
    terminal.send("q");
    terminal.assert_ends(0);
}

#[test]
fn a_stop_from_outside_is_the_same() {
    let mut terminal = scenes::shell(FOLLOWING, Path::new("/dev/null"));
    terminal.wait_for("connected");
    terminal.signal_group(Signal::TSTP);
    terminal.wait_state('T');
    terminal.assert_restored();
    terminal.signal_group(Signal::CONT);
    terminal.send("k");
    terminal.wait_for("key Char('k')");
    terminal.send("q");
    terminal.assert_ends(0);
}

#[test]
fn a_stop_without_a_shell_is_refused() {
    let mut terminal = start();
    terminal.send("\x1a");
    terminal.wait_for("Not suspended: there is no shell to go back to");
    terminal.send("q");
    terminal.assert_ends(0);
}

#[test]
fn after_a_stop_that_could_not_be_caught_the_terminal_is_taken_again() {
    let mut terminal = start();
    terminal.signal(Signal::STOP);
    terminal.wait_state('T');
    terminal.signal(Signal::CONT);
    terminal.wait_for_times(2, b"\x1b[?1049h");
    terminal.send("k");
    terminal.wait_for("key Char('k')");
    terminal.send("q");
    terminal.assert_ends(0);
}

#[test]
fn a_terminal_that_goes_takes_the_program_with_it() {
    // With the signal, and without: under nohup or sudo nobody is told.
    for script in [LEADING.to_owned(), format!("trap '' HUP; {FOLLOWING}")] {
        let mut terminal = scenes::shell(&script, Path::new("/dev/null"));
        terminal.wait_for("connected");
        terminal.send("k");
        terminal.wait_for("key Char('k')");
        terminal.vanish();
        let gone = Instant::now();
        let end = terminal.wait_end();
        assert_eq!((end.code, end.killed_by), (129, None), "{script}");
        // It is to be gone in 200 ms; a machine under load gets more, a program that stays gets caught.
        assert!(end.at.saturating_duration_since(gone) < Duration::from_secs(2), "{:?}", end.after);
    }
}

#[test]
fn any_size_is_survived() {
    let mut terminal = start();
    for (columns, rows) in [(1, 1), (2, 1), (1, 2), (3, 3), (500, 200), (20, 5)] {
        terminal.resize(columns, rows);
    }
    terminal.wait_for("here 20x5");
    // A terminal that does not know its size.
    terminal.resize(0, 0);
    terminal.send("k");
    terminal.resize(60, 12);
    terminal.wait_for("here 60x12");
    terminal.resize(65_535, 65_535);
    terminal.resize(60, 12);
    terminal.wait_for("here 60x12");
    terminal.send("q");
    terminal.assert_ends(0);
}

#[test]
fn what_is_typed_in_one_go_arrives_whole_however_long() {
    let mut terminal = start();
    terminal.send(&"x".repeat(3000));
    terminal.send("k");
    terminal.wait_for("key Char('k')");
    terminal.send("\x1b[200~two\rlines\x1b[201~");
    terminal.wait_for("paste two");
    terminal.send("\x1b");
    terminal.wait_for("key Esc");
    terminal.send("\x1b[<0;7;3M");
    terminal.wait_for("mouse 6 2");
    terminal.send("\x1b[O");
    terminal.wait_for("focus false");
    terminal.send("q");
    terminal.assert_ends(0);
}

#[test]
fn the_clipboard_and_the_mouse_are_told_to_the_terminal() {
    let mut terminal = start();
    terminal.send("y");
    terminal.wait_for("copied 4");
    terminal.wait_for_times(1, b"\x1b]52;c;d29yZA==\x1b\\");
    terminal.send("m");
    terminal.wait_for_times(1, b"\x1b[?1000l");
    terminal.send("q");
    terminal.assert_ends(0);
}

/// The made-up program with an editor that is a line of shell.
fn start_with_editor(folder: &Path, script: &str) -> Terminal {
    let editor = folder.join("editor");
    std::fs::write(&editor, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o700)).unwrap();
    let (editor, folder_name) = (editor.display(), folder.display());
    let script = format!("EDITOR='{editor}' TMPDIR='{folder_name}'; export EDITOR TMPDIR; {LEADING}");
    let terminal = scenes::shell(&script, folder);
    terminal.wait_for("connected");
    terminal
}

fn editings(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("slsdash-")).count()
}

#[test]
fn an_editor_has_the_terminal_as_it_was_found_and_every_key_until_it_ends() {
    let folder = scenes::folder();
    let script = "stty -a | grep -o ' icanon' > \"$0.modes\"; printf 'editing'; read -r a; read -r b; \
                  echo \"[\\\"$a\\\", \\\"$b\\\"]\" > \"$1\"";
    let mut terminal = start_with_editor(folder.path(), script);
    terminal.send("e");
    terminal.wait_for("editing");
    assert_eq!(editings(folder.path()), 1);
    // `q` would quit.
    terminal.send("q\rqq\r");
    terminal.wait_for("edited Ok(Some(\"[\\\"q\\\", \\\"qq\\\"]\"))");
    assert_eq!(std::fs::read_to_string(folder.path().join("editor.modes")).unwrap().trim(), "icanon");
    assert_eq!(editings(folder.path()), 0);
    // And the program has its terminal again.
    terminal.send("k");
    terminal.wait_for("key Char('k')");
    terminal.send("q");
    terminal.assert_ends(0);
}

#[test]
fn ctrl_c_in_an_editor_ends_the_editor_only() {
    let folder = scenes::folder();
    let mut terminal = start_with_editor(folder.path(), "printf 'editing'; sleep 60");
    terminal.send("e");
    terminal.wait_for("editing");
    terminal.send("\u{3}");
    terminal.wait_for("edited Err(\"The editor");
    assert_eq!(editings(folder.path()), 0);
    terminal.send("q");
    terminal.assert_ends(0);
}

#[test]
fn a_signal_while_an_editor_is_open_leaves_nothing_behind() {
    let folder = scenes::folder();
    let mut terminal = start_with_editor(folder.path(), "printf 'editing'; exec sleep 60");
    terminal.send("e");
    terminal.wait_for("editing");
    terminal.signal(Signal::TERM);
    let end = terminal.wait_end();
    assert_eq!((end.code, end.killed_by), (128 + 15, None));
    assert_eq!(editings(folder.path()), 0);
}
