//! The dashboard over the embedded account, without a terminal: real pollers, keys, and the frame that they make.
//!
//! The clock stands still, so that it does not matter when a poller asks: the answer is the same.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::DateTime;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use slsdash::app::effect::{Change, Effect, Outcome};
use slsdash::app::keymap::Keymap;
use slsdash::app::message::{Message, Traffic};
use slsdash::app::{App, Origin};
use slsdash::aws::changes;
use slsdash::config::{Config, Theme};
use slsdash::poll::Pace;
use slsdash::runtime::payloads::{Cabinet, Task};
use slsdash::sim::faults::Fault;
use slsdash::time::Clock;
use slsdash::view::{self, look::Depth, look::Look};

use crate::embedded::{self, Embedded, Polling};

/// A dashboard, its account and its pollers.
pub struct Scene {
    pub app: App,
    embedded: Embedded,
    polling: Polling,
    time: Arc<AtomicI64>,
    /// Payloads and answers of invokes, where the scene keeps any.
    pub invokes: Cabinet,
}

impl Scene {
    /// A dashboard that has just started on a scenario, and knows nothing yet.
    pub async fn of(scenario: &str, size: (u16, u16)) -> Scene {
        let time = Arc::new(AtomicI64::new(embedded::origin().timestamp_millis()));
        let clock = Clock::reading({
            let time = time.clone();
            move || DateTime::from_timestamp_millis(time.load(Ordering::Relaxed)).expect("a moment of this century")
        });
        let embedded = Embedded::at(scenario, 0, clock.clone()).await;
        let (keymap, _) = Keymap::with(&Config::default().keys);
        let origin = Origin { region: "eu-west-1".into(), demo: Some(scenario.into()), ..Origin::default() };
        let app = App::new(Config::default(), keymap, origin, clock, size);
        let polling = embedded.poll(app.interests(), Pace::default());
        Scene { app, embedded, polling, time, invokes: Cabinet::default() }
    }

    /// The same with a folder for payloads and answers.
    pub async fn keeping(scenario: &str, size: (u16, u16), folder: &Path) -> Scene {
        let mut scene = Scene::of(scenario, size).await;
        scene.invokes = Cabinet::new(Some(folder.into()));
        scene.app.invokes.on_disk = true;
        scene
    }

    /// Carries out what concerns those files, as the runtime does. Returns the other effects.
    pub fn file(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let mut rest = Vec::new();
        for effect in effects {
            match effect {
                Effect::ReadInvokes(drawer) => self.invokes.ask(Task::Read(drawer)),
                Effect::KeepInvoke { drawer, entry, limits } => self.invokes.ask(Task::Keep(drawer, entry, limits)),
                other => {
                    rest.push(other);
                    continue;
                }
            }
            if let Some(outcome) = self.invokes.work() {
                let more = self.app.update(Message::Performed(outcome));
                rest.extend(self.file(more));
            }
        }
        rest
    }

    /// The same in an account that grants nothing.
    pub async fn denied(scenario: &str, size: (u16, u16)) -> Scene {
        let scene = Scene::of(scenario, size).await;
        scene.embedded.sim.faults().inject("*", Fault::Deny);
        scene
    }

    /// The account that it looks at.
    pub fn sim(&self) -> &slsdash::sim::Sim {
        &self.embedded.sim
    }

    /// Lets time pass, and the pollers tell what they learn meanwhile.
    pub async fn wait(&mut self, time: Duration) {
        let wanted = self.app.interests();
        self.polling.want(|interests| *interests = wanted);
        for news in self.polling.news_for(time).await {
            self.app.update(Message::News(news));
        }
        self.second();
    }

    /// Lets the pollers ask until they have nothing new to tell: what is found makes more worth asking.
    pub async fn settle(&mut self) {
        for _ in 0..3 {
            let wanted = self.app.interests();
            self.polling.want(|interests| *interests = wanted);
            for news in self.polling.news_for(Duration::from_secs(5)).await {
                self.app.update(Message::News(news));
            }
            self.second();
        }
    }

    /// A second of the dashboard, with what polling costs as a run has it after some minutes.
    fn second(&mut self) {
        let traffic =
            Traffic { calls_per_minute: 11, calls: 96, metrics: 1_240, dollars_per_hour: 0.11, ..Traffic::default() };
        let now = DateTime::from_timestamp_millis(self.time.load(Ordering::Relaxed)).expect("a moment of this century");
        self.app.update(Message::Second(now, traffic));
    }

    /// Lets what takes long come to its end.
    pub fn read_all(&mut self) {
        while self.app.is_busy() {
            self.app.update(Message::Slice);
        }
        self.second();
    }

    /// Presses keys: `enter`, `esc`, `tab`, `down`, `ctrl-s`, else each character for itself.
    pub fn press(&mut self, keys: &[&str]) -> Vec<Effect> {
        let none = KeyModifiers::NONE;
        let mut effects = Vec::new();
        for key in keys {
            let events = match *key {
                "enter" => vec![KeyEvent::new(KeyCode::Enter, none)],
                "esc" => vec![KeyEvent::new(KeyCode::Esc, none)],
                "tab" => vec![KeyEvent::new(KeyCode::Tab, none)],
                "down" => vec![KeyEvent::new(KeyCode::Down, none)],
                "left" => vec![KeyEvent::new(KeyCode::Left, none)],
                "right" => vec![KeyEvent::new(KeyCode::Right, none)],
                "up" => vec![KeyEvent::new(KeyCode::Up, none)],
                "home" => vec![KeyEvent::new(KeyCode::Home, none)],
                "end" => vec![KeyEvent::new(KeyCode::End, none)],
                "space" => vec![KeyEvent::new(KeyCode::Char(' '), none)],
                "delete-line" => vec![KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL)],
                "backspace" => vec![KeyEvent::new(KeyCode::Backspace, none)],
                "delete" => vec![KeyEvent::new(KeyCode::Delete, none)],
                "f3" => vec![KeyEvent::new(KeyCode::F(3), none)],
                ctrl if ctrl.len() == 6 && ctrl.starts_with("ctrl-") => {
                    let letter = ctrl.chars().last().expect("six characters");
                    vec![KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)]
                }
                text => text
                    .chars()
                    .map(|c| {
                        let shift = if c.is_ascii_uppercase() { KeyModifiers::SHIFT } else { none };
                        KeyEvent::new(KeyCode::Char(c), shift)
                    })
                    .collect(),
            };
            for event in events {
                effects.extend(self.app.update(Message::Key(event)));
            }
        }
        effects
    }

    /// Opens the detail of a function.
    pub async fn open_function(&mut self, name: &str) {
        self.press(&["2"]);
        self.settle().await;
        self.press(&["/", name, "enter", "enter"]);
        self.settle().await;
    }

    /// Presses the confirmation's other button, once it listens, and lets the change happen.
    pub async fn confirm(&mut self) {
        self.time.fetch_add(1000, Ordering::Relaxed);
        let effects = self.press(&["tab", "enter"]);
        for effect in self.file(effects) {
            let Effect::Change(change) = effect else { panic!("a confirmation makes a change, not {effect:?}") };
            // The account's dice are cast by the number of the request: one that nobody has asked anything yet.
            let fresh = Embedded::at("outage", 0, self.embedded.clock.clone()).await;
            let (mut outcome, _) = changes::perform_on_record(&fresh.account, change).await;
            // Measured by a clock that nobody can stop.
            if let Outcome::Invoked { result: Ok(answer), .. } = &mut outcome {
                answer.round_trip_ms = 1_071;
            }
            let effects = self.app.update(Message::Performed(outcome));
            assert_eq!(self.file(effects), []);
        }
        self.second();
    }

    /// Presses the confirmation's other button, once it listens, and makes the change in the very account that is looked at.
    /// Says what was changed; what became of it stands on the screen.
    pub async fn go(&mut self) -> Change {
        self.time.fetch_add(1000, Ordering::Relaxed);
        let effects = self.press(&["tab", "enter"]);
        let [Effect::Change(change)] = effects.as_slice() else {
            panic!("a confirmation makes a change, not {effects:?}:\n{}", self.text())
        };
        let outcome = changes::perform(&self.embedded.account, change.clone()).await;
        self.app.update(Message::Performed(outcome));
        self.second();
        change.clone()
    }

    /// Lets the clock go on, and the pollers tell what they learn meanwhile.
    pub async fn pass(&mut self, seconds: i64) {
        for _ in 0..(seconds / 5).max(1) {
            self.time.fetch_add(5_000, Ordering::Relaxed);
            self.wait(Duration::from_secs(5)).await;
        }
    }

    /// The account, as the pollers see it.
    pub fn account(&self) -> &slsdash::aws::Account {
        &self.embedded.account
    }

    /// What is on the screen.
    pub fn frame(&self) -> Buffer {
        let look = Look::new(&Theme::default(), Depth::True, false);
        let (columns, rows) = self.app.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a buffer is a terminal");
        terminal.draw(|frame| view::draw(&self.app, &look, frame)).expect("a buffer takes any frame");
        terminal.backend().buffer().clone()
    }

    /// Another size of the terminal.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.app.update(Message::Resize(columns, rows));
        self.second();
    }

    /// The text on the screen, a line each row.
    pub fn text(&self) -> String {
        let frame = self.frame();
        let width = usize::from(frame.area.width);
        let rows = frame.content.chunks(width).map(|row| {
            let mut line = String::new();
            let mut hidden = 0;
            for cell in row {
                if hidden == 0 {
                    line.push_str(cell.symbol());
                    hidden = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
                } else {
                    hidden -= 1;
                }
            }
            line.trim_end().to_string()
        });
        rows.collect::<Vec<_>>().join("\n")
    }
}
