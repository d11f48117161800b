//! Programs that end badly, on the real runtime: this test binary runs itself in a pseudo-terminal to be one of them.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::Frame;
use ratatui::style::Style;
use slsdash::app::effect::{Change, Effect, Outcome};
use slsdash::app::interests::Interests;
use slsdash::app::message::{Message, Traffic};
use slsdash::runtime::{Browser, Program, Remote, Setup, Wires, Writes, dashboard};
use slsdash::time::{Clock, Moment};

use super::Terminal;

/// Shows what it was told last; its keys are calamities.
#[derive(Default)]
struct Doomed {
    told: String,
    size: (u16, u16),
    falls_in_draw: bool,
    hangs_in_draw: bool,
    fills: bool,
    frames: Cell<u64>,
}

impl Program for Doomed {
    fn update(&mut self, message: Message) -> Vec<Effect> {
        match message {
            Message::Key(key) => {
                self.told = format!("key {:?}", key.code);
                let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
                match key.code {
                    KeyCode::Char('q') => return vec![Effect::Quit],
                    KeyCode::Char('z') if ctrl => return vec![Effect::Suspend],
                    KeyCode::Char('y') => return vec![Effect::Copy { what: "word".into(), text: "word".into() }],
                    KeyCode::Char('m') => return vec![Effect::CaptureMouse(false)],
                    KeyCode::Char('c') => {
                        let (function, qualifier) = ("checkout".into(), "live".into());
                        return vec![Effect::Change(Change::RemoveProvisionedConcurrency {
                            function,
                            qualifier,
                            from: 1,
                        })];
                    }
                    KeyCode::Char('e') => return vec![Effect::Edit("{\"typed\": 1}".into())],
                    KeyCode::Char('u') => panic!("in update \x1b[31m"),
                    KeyCode::Char('d') => self.falls_in_draw = true,
                    KeyCode::Char('n') => self.fills = true,
                    KeyCode::Char('h') => self.hangs_in_draw = true,
                    KeyCode::Char('t') => drop(std::thread::spawn(|| panic!("in a thread"))),
                    KeyCode::Char('2') => {
                        for _ in 0..2 {
                            std::thread::spawn(|| panic!("in one of two threads"));
                        }
                    }
                    KeyCode::Char('D') => {
                        struct Falling;
                        impl Drop for Falling {
                            fn drop(&mut self) {
                                panic!("while falling");
                            }
                        }
                        let _falling = Falling;
                        panic!("in the first place");
                    }
                    _ => {}
                }
            }
            Message::Resize(columns, rows) => self.size = (columns, rows),
            Message::Paste(text) => self.told = format!("paste {text}"),
            Message::Performed(Outcome::Failed(sentence)) => self.told = sentence,
            Message::Performed(Outcome::Copied { bytes, .. }) => self.told = format!("copied {bytes}"),
            Message::Performed(Outcome::Changed { result, .. }) => self.told = format!("changed {}", result.is_ok()),
            Message::Performed(Outcome::Edited(result)) => self.told = format!("edited {result:?}"),
            Message::Notice(notice) => self.told = notice,
            Message::Focus(here) => self.told = format!("focus {here}"),
            Message::Mouse(mouse) => self.told = format!("mouse {} {}", mouse.column, mouse.row),
            _ => {}
        }
        Vec::new()
    }

    fn interests(&self) -> Interests {
        Interests::default()
    }

    fn draw(&self, frame: &mut Frame<'_>) {
        assert!(!self.falls_in_draw, "in draw");
        if self.hangs_in_draw {
            loop {
                std::hint::spin_loop();
            }
        }
        self.frames.set(self.frames.get() + 1);
        let (columns, rows) = self.size;
        let width = usize::from(frame.area().width);
        if self.fills {
            let noise = ["#", "="][usize::from(self.frames.get().is_multiple_of(2))].repeat(width);
            for row in 0..frame.area().height {
                frame.buffer_mut().set_stringn(0, row, &noise, width, Style::new());
            }
        }
        let lines = [format!("here {columns}x{rows}"), self.told.clone(), format!("frame {}", self.frames.get())];
        for (line, row) in lines.iter().zip(0..frame.area().height) {
            frame.buffer_mut().set_stringn(0, row, line, width, Style::new());
        }
    }
}

/// Answers a change never.
#[derive(Clone)]
struct Silent;

impl Remote for Silent {
    async fn carry_out(&self, change: Change) -> (Outcome, Option<String>) {
        std::future::pending::<()>().await;
        (Outcome::Changed { change, result: Ok(()) }, None)
    }

    fn traffic(&self, _: Moment) -> Traffic {
        Traffic::default()
    }
}

/// A folder for what a scene leaves behind.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

/// Puts this test binary into a terminal, to run one of the ignored tests below. Its folder is of our process.
pub fn start(scene: &str, folder: &Path) -> Terminal {
    let terminal = shell(&format!("exec \"$0\" --ignored --exact --nocapture pty::scenes::{scene}"), folder);
    terminal.wait_for("connected");
    terminal
}

/// The same under a shell, in which `$0` is this test binary. It may not have drawn yet.
pub fn shell(script: &str, folder: &Path) -> Terminal {
    let binary = std::env::current_exe().expect("a test knows where it is");
    let binary = binary.to_str().expect("the target directory has a plain name");
    let environment: Vec<(String, String)> = vec![
        ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
        ("TERM".into(), "xterm-256color".into()),
        ("SCENE_FOLDER".into(), folder.display().to_string()),
    ];
    Terminal::program(Path::new("/bin/sh"), &["-c", script, binary], 60, 12, &environment)
}

fn play(falls_in_a_task: bool) {
    let folder = std::env::var_os("SCENE_FOLDER").map(PathBuf::from).expect("a scene is started by a test");
    let setup = Setup {
        clock: Clock::system(),
        mouse: true,
        writes: Writes::Allowed,
        browser: Browser::Here,
        audit: Some(folder.join("audit.jsonl")),
        queries: None,
        invokes: None,
        editor: std::env::var("EDITOR").ok(),
        crashes: Some(folder),
    };
    let connect = move |wires: Wires| async move {
        if falls_in_a_task {
            tokio::spawn(async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                panic!("in a task");
            });
        }
        let _ = wires.messages.send(Message::Notice("connected".into())).await;
        Some(Silent)
    };
    let ending = dashboard(Doomed::default(), setup, connect).expect("the scene has a terminal");
    std::process::exit(ending.exit_code().into());
}

#[test]
#[ignore = "a scene: the tests of terminal manners start it in a terminal"]
fn doomed() {
    play(false);
}

#[test]
#[ignore = "a scene: the tests of terminal manners start it in a terminal"]
fn doomed_by_a_task() {
    play(true);
}
