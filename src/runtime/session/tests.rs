//! The loop on a scripted terminal, under a paused clock.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use chrono::TimeZone;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::backend::TestBackend;

use super::*;
use crate::app::effect::Change;

/// Remembers what it was told; keys are its commands.
#[derive(Default)]
struct Diary {
    messages: Vec<Message>,
    seconds: usize,
    /// Slices of work that are left; the key `b` makes some.
    slices: usize,
    frames: Cell<usize>,
}

impl Diary {
    fn notices(&self) -> usize {
        self.messages.iter().filter(|message| matches!(message, Message::Notice(_))).count()
    }
}

impl Program for Diary {
    fn update(&mut self, message: Message) -> Vec<Effect> {
        let effects = match &message {
            Message::Key(key) => match key.code {
                KeyCode::Char('q') => vec![Effect::Quit],
                KeyCode::Char('b') => {
                    self.slices = 1000;
                    vec![]
                }
                KeyCode::Char('y') => vec![Effect::Copy { what: "name".into(), text: "checkout".into() }],
                KeyCode::Char('c') => vec![Effect::Change(change())],
                KeyCode::Char('z') => vec![Effect::Suspend],
                _ => vec![],
            },
            _ => vec![],
        };
        match message {
            Message::Second(..) => self.seconds += 1,
            Message::Slice => self.slices -= 1,
            _ => self.messages.push(message),
        }
        effects
    }

    fn interests(&self) -> Interests {
        Interests { refresh: self.notices() as u64, ..Interests::default() }
    }

    fn is_busy(&self) -> bool {
        self.slices > 0
    }

    fn draw(&self, frame: &mut Frame<'_>) {
        self.frames.set(self.frames.get() + 1);
        let text = format!("{} messages", self.messages.len());
        let area = frame.area();
        frame.buffer_mut().set_stringn(0, 0, text, area.width.into(), ratatui::style::Style::new());
    }
}

fn change() -> Change {
    Change::RemoveProvisionedConcurrency { function: "checkout".into(), qualifier: "live".into(), from: 5 }
}

#[derive(Clone, Default)]
struct Ledger {
    performed: Rc<RefCell<Vec<Effect>>>,
    parted: Rc<Cell<bool>>,
}

impl World for Ledger {
    fn perform(&mut self, effect: Effect) -> Option<Outcome> {
        self.performed.borrow_mut().push(effect);
        Some(Outcome::Failed("not here".into()))
    }

    fn traffic(&self) -> Traffic {
        Traffic { calls: 7, ..Traffic::default() }
    }

    fn part(&mut self) {
        self.parted.set(true);
    }
}

/// A loop with the other ends of its wires.
struct Bench {
    session: Session<Diary, TestBackend>,
    hear: mpsc::Sender<Input>,
    inputs: Option<mpsc::Receiver<Input>>,
    tell: mpsc::Sender<Message>,
    messages: Option<mpsc::Receiver<Message>>,
    world: Ledger,
    interests: watch::Receiver<Interests>,
    publish: Option<watch::Sender<Interests>>,
}

impl Bench {
    fn new() -> Bench {
        let clock = Clock::from(chrono::Utc.with_ymd_and_hms(2026, 3, 1, 3, 0, 0).unwrap());
        let terminal = Terminal::new(TestBackend::new(40, 2)).unwrap();
        let mut session = Session::new(Diary::default(), terminal, clock);
        session.begin();
        let (hear, inputs) = mpsc::channel(1024);
        let (tell, messages) = mpsc::channel(64);
        let (publish, interests) = watch::channel(Interests::default());
        Bench {
            session,
            hear,
            inputs: Some(inputs),
            tell,
            messages: Some(messages),
            world: Ledger::default(),
            interests,
            publish: Some(publish),
        }
    }

    fn key(&self, c: char) {
        let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        self.hear.try_send(Input::Key(key)).unwrap();
    }

    async fn run(&mut self) -> Ending {
        let (inputs, messages) = (self.inputs.take().unwrap(), self.messages.take().unwrap());
        self.session.run(inputs, messages, self.publish.take().unwrap(), self.world.clone()).await
    }

    fn frames(&self) -> usize {
        self.session.program().frames.get()
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_frame_comes_before_anything_runs() {
    let bench = Bench::new();
    assert_eq!(bench.frames(), 1);
    assert_eq!(bench.session.program().messages, [Message::Resize(40, 2)]);
    assert_eq!(bench.session.program().seconds, 1);
}

#[tokio::test(start_paused = true)]
async fn keys_that_piled_up_are_taken_in_before_one_frame() {
    let mut bench = Bench::new();
    for _ in 0..100 {
        bench.key('j');
    }
    bench.key('q');
    assert_eq!(bench.run().await, Ending::Quit);
    assert_eq!(bench.session.program().messages.len(), 1 + 101);
    assert!(bench.frames() <= 2, "{} frames", bench.frames());
    assert!(bench.world.parted.get());
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_data_is_drawn_thirty_times_a_second_and_a_key_at_once() {
    let mut bench = Bench::new();
    let (tell, hear) = (bench.tell.clone(), bench.hear.clone());
    let before = time::instant();
    let flood = async {
        for n in 0..3000 {
            tell.send(Message::Notice(n.to_string())).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        hear.send(Input::Key(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE))).await.unwrap();
        std::future::pending::<()>().await;
    };
    let ending = tokio::select! { ending = bench.run() => ending, () = flood => unreachable!() };
    assert_eq!(ending, Ending::Quit);
    let seconds = before.elapsed().as_secs_f64();
    assert!(bench.session.program().notices() == 3000);
    let rate = bench.frames() as f64 / seconds;
    assert!((15.0..=31.0).contains(&rate), "{rate} frames a second");
}

#[tokio::test(start_paused = true)]
async fn there_is_one_message_a_second_with_the_cost_of_polling_and_nothing_else() {
    let mut bench = Bench::new();
    let hear = bench.hear.clone();
    let wait = async {
        tokio::time::sleep(Duration::from_millis(10_500)).await;
        hear.send(Input::Gone).await.unwrap();
        std::future::pending::<()>().await;
    };
    let ending = tokio::select! { ending = bench.run() => ending, () = wait => unreachable!() };
    assert_eq!(ending, Ending::Gone);
    assert_eq!(bench.session.program().seconds, 1 + 10);
    assert_eq!(bench.frames(), 1 + 10);
}

#[tokio::test(start_paused = true)]
async fn what_takes_long_is_done_in_slices_and_keys_and_news_go_first() {
    let mut bench = Bench::new();
    bench.key('b');
    for n in 0..20 {
        bench.tell.try_send(Message::Notice(n.to_string())).unwrap();
    }
    let hear = bench.hear.clone();
    let wait = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        hear.send(Input::Key(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE))).await.unwrap();
        std::future::pending::<()>().await;
    };
    let ending = tokio::select! { ending = bench.run() => ending, () = wait => unreachable!() };
    assert_eq!(ending, Ending::Quit);
    assert_eq!(bench.session.program().slices, 0, "a paused clock moves on only when nothing is left to do");
    assert_eq!(bench.session.program().notices(), 20);
    assert!(bench.frames() < 30, "{} frames", bench.frames());
}

#[tokio::test(start_paused = true)]
async fn of_many_sizes_the_last_counts() {
    let mut bench = Bench::new();
    for columns in [1, 200, 90] {
        bench.hear.try_send(Input::Resize(columns, 1)).unwrap();
    }
    bench.key('j');
    let hear = bench.hear.clone();
    let wait = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        hear.send(Input::Terminate(15)).await.unwrap();
        std::future::pending::<()>().await;
    };
    let ending = tokio::select! { ending = bench.run() => ending, () = wait => unreachable!() };
    assert_eq!(ending, Ending::Signal(15));
    assert_eq!(ending.exit_code(), 143);
    let messages = &bench.session.program().messages;
    let sizes: Vec<_> = messages.iter().filter(|message| matches!(message, Message::Resize(..))).collect();
    assert_eq!(sizes, [&Message::Resize(40, 2), &Message::Resize(90, 1)]);
}

#[tokio::test(start_paused = true)]
async fn effects_of_the_screen_are_done_here_and_the_others_by_the_world() {
    let mut bench = Bench::new();
    bench.key('y');
    bench.key('c');
    bench.key('q');
    bench.run().await;
    assert_eq!(*bench.world.performed.borrow(), [Effect::Change(change())]);
    let messages = &bench.session.program().messages;
    assert!(messages.contains(&Message::Performed(Outcome::Copied { what: "name".into(), bytes: 8 })));
    assert!(messages.contains(&Message::Performed(Outcome::Failed("not here".into()))));
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_everything_is_drawn_anew() {
    let mut bench = Bench::new();
    bench.key('z');
    bench.hear.try_send(Input::Continued).unwrap();
    bench.key('j');
    let hear = bench.hear.clone();
    let wait = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        hear.send(Input::Gone).await.unwrap();
        std::future::pending::<()>().await;
    };
    tokio::select! { _ = bench.run() => (), () = wait => unreachable!() };
    let sizes =
        bench.session.program().messages.iter().filter(|message| matches!(message, Message::Resize(..))).count();
    assert_eq!(sizes, 1 + 1);
    let row = bench.session.terminal().backend().buffer().content()[..10]
        .iter()
        .map(ratatui::buffer::Cell::symbol)
        .collect::<String>();
    assert_eq!(row, "4 messages");
}

#[tokio::test(start_paused = true)]
async fn interests_are_published_when_they_change() {
    let mut bench = Bench::new();
    let (tell, hear) = (bench.tell.clone(), bench.hear.clone());
    let mut interests = bench.interests.clone();
    let watch = async {
        tell.send(Message::Notice("one".into())).await.unwrap();
        interests.changed().await.unwrap();
        let seen = interests.borrow_and_update().refresh;
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(!interests.has_changed().unwrap());
        hear.send(Input::Gone).await.unwrap();
        seen
    };
    let (_, seen) = tokio::join!(bench.run(), watch);
    assert_eq!(seen, 1);
}
