//! What is seen through a jq expression, and what is asked for.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{Journey, NOW, line};
use crate::app::effect::{Effect, JqResult, Outcome};
use crate::app::export::Contents;
use crate::app::message::{Message, News};
use crate::app::overlay::Overlay;
use crate::model::log::{Gap, Missed};

type Lines = Vec<(u64, String)>;

impl Journey {
    fn jq(&mut self, expression: &str) -> Vec<Effect> {
        self.keys("J");
        for key in expression.chars() {
            self.press(KeyCode::Char(key));
        }
        self.0.update(Message::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)))
    }

    fn answer(&mut self, generation: u64, lines: &Lines, says: impl Fn(&str) -> JqResult) -> Vec<Effect> {
        let results = lines.iter().map(|(number, text)| (*number, says(text))).collect();
        self.0.update(Message::Performed(Outcome::Jq { generation, results, trouble: None }))
    }

    /// Answers until nothing is asked for; how many lines each batch had.
    fn answer_all(&mut self, mut effects: Vec<Effect>, says: impl Fn(&str) -> JqResult) -> Vec<usize> {
        let mut batches = Vec::new();
        while let [Effect::Jq { generation, lines, .. }] = effects.as_slice() {
            batches.push(lines.len());
            effects = self.answer(*generation, lines, &says);
        }
        assert_eq!(effects, []);
        batches
    }
}

fn number(n: i64) -> String {
    format!(r#"{{"n":{n}}}"#)
}

fn even(text: &str) -> JqResult {
    let n: i64 = text[5..text.len() - 1].parse().expect("a number");
    Ok((n % 2 == 0).then(|| format!("even {n}")))
}

#[test]
fn what_is_copied_is_the_line_under_the_cursor() {
    let mut journey = Journey::with(3);
    journey.told((0..6).map(|n| line(NOW + n, &number(n))).collect());
    let effects = journey.jq("even");
    journey.answer_all(effects, even);
    journey.press(KeyCode::Up);
    assert_eq!(journey.0.logs.line(&journey.0.store).map(|line| line.text.to_string()), Some(number(2)));
    journey.keys("Y");
    assert!(matches!(journey.0.overlays.last(), Some(Overlay::Copies(_))));
}

#[test]
fn marks_of_gaps_stay_and_a_file_has_what_is_shown() {
    let mut journey = Journey::with(3);
    journey.told((0..6).map(|n| line(NOW + n * 10, &number(n))).collect());
    let tail = journey.tail().generation;
    let gap = Gap { group: None, from: NOW + 25, to: NOW + 29, why: Missed::Sampled };
    journey.news(News::LogGap { tail, gap: gap.clone() });
    let effects = journey.jq("even");
    journey.answer_all(effects, even);
    let store = &journey.0.store.logs;
    assert_eq!(journey.0.logs.rows(store), 4);
    assert_eq!(journey.0.logs.place_at(2, store).and_then(|place| store.gap_at(place)), Some(&gap));
    let lens = journey.0.logs.lens.as_ref().expect("a lens");
    assert_eq!((lens.said(), lens.looked_at()), (3, 6));

    journey.keys("X.csv");
    let effects = journey.0.update(Message::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)));
    let [Effect::Export(export)] = effects.as_slice() else { panic!("{effects:?}") };
    let Contents::Table { columns, rows } = &export.contents else { panic!("{export:?}") };
    let said: Vec<&str> = rows.iter().filter_map(|row| row[3].as_deref()).collect();
    assert_eq!((columns[3].as_str(), said.len(), said[0], said[1], said[3]), ("jq", 4, "even 0", "even 2", "even 4"));

    // A gap that comes later, and one that is filled.
    let later = Gap { from: NOW + 45, to: NOW + 46, ..gap.clone() };
    journey.news(News::LogGap { tail, gap: later });
    journey.news(News::LogsFetched { tail, asked: gap, events: vec![], rest: None });
    assert_eq!(journey.0.logs.rows(&journey.0.store.logs), 4);
    assert_eq!(journey.0.logs.place_at(3, &journey.0.store.logs), Some(8));
}

#[test]
fn a_batch_is_bounded_in_bytes_and_in_lines() {
    let mut journey = Journey::with(0);
    let long = format!(r#"{{"long":"{}"}}"#, "x".repeat(300_000));
    let longer = format!(r#"{{"long":"{}"}}"#, "x".repeat(1_100_000));
    journey.told((0..5).map(|n| line(NOW + n, &long)).collect());
    journey.told(vec![line(NOW + 5, &longer)]);
    journey.told((10..3_000).map(|n| line(NOW + n, &number(n))).collect());
    let effects = journey.jq(".");
    assert_eq!(journey.answer_all(effects, |_| Ok(None)), [2_000, 990, 1, 3, 2]);
}

#[test]
fn what_comes_and_goes_under_a_lens_leaves_what_is_right() {
    let mut journey = Journey::with(0);
    journey.0.store.logs = crate::store::logs::LogStore::new(60_000);
    journey.told((0..200).map(|n| line(NOW + n * 10, &number(n))).collect());
    let effects = journey.jq("even");
    journey.answer_all(effects, even);
    let (mut seed, mut asked) = (7u64, Vec::new());
    for round in 0..60 {
        let events = (0..40).map(|k| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let late = (seed >> 33) as i64 % 3_000;
            line(NOW + 2_000 + (round * 40 + k) * 10 - late, &number(round * 40 + k))
        });
        let tail = journey.tail().generation;
        let (events, read_to) = (events.collect(), journey.0.now);
        asked.extend(journey.0.update(Message::News(News::LogEvents { tail, events, read_to, caught_up: true })));
        // Some of the batches are answered only when others have come.
        if round % 3 == 2 {
            journey.answer_all(std::mem::take(&mut asked), even);
        }
        if round == 30 {
            journey.keys("/1").press(KeyCode::Enter);
        }
    }
    journey.answer_all(asked, even);
    journey.work();
    let (logs, store) = (&journey.0.logs, &journey.0.store.logs);
    assert!(store.dropped > 500);
    let rows: Vec<usize> = (0..logs.rows(store)).filter_map(|row| logs.place_at(row, store)).collect();
    let is_row = |place: &usize| {
        let text = store.line(*place).expect("a line").text;
        text.contains('1') && even(text).is_ok_and(|made| made.is_some())
    };
    assert_eq!(logs.lens.as_ref().map(crate::app::tabs::logs::jq::Lens::unanswered), Some(0));
    assert_eq!(rows, (0..store.len()).filter(is_row).collect::<Vec<_>>());
}

#[test]
fn a_line_costs_the_same_however_many_have_been_looked_at() {
    let mut journey = Journey::with(0);
    journey.told((0..60_000).map(|n| line(NOW + n, &number(n))).collect());
    let effects = journey.jq("even");
    journey.answer_all(effects, even);
    let start = crate::time::monotonic();
    for n in 60_000..60_300 {
        journey.told(vec![line(NOW + n, &number(n))]);
    }
    assert!(start.elapsed().as_secs() < 3, "{:?} for 300 lines", start.elapsed());
}
