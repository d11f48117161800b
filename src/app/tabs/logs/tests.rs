//! The tab by its keys and by what pollers tell it.

use crate::app::keymap::Keymap;
use crate::app::message::{Message, News};
use crate::app::{App, Origin};
use crate::config::Config;
use crate::model::function::Function;
use crate::model::log::LogEvent;
use crate::time::Clock;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

fn press(app: &mut App, key: char) {
    app.update(Message::Key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE)));
}

#[test]
fn the_log_of_the_selected_function_is_tailed_and_shown() {
    let mut app = App::new(Config::default(), Keymap::defaults(), Origin::default(), Clock::system(), (120, 40));
    let function = Function { name: "a".into(), log_group: "/aws/lambda/a".into(), ..Function::default() };
    app.update(Message::News(News::FunctionsPage { functions: vec![function], page: 0, last: true }));
    press(&mut app, '2');
    press(&mut app, 'l');
    let tail = app.interests().tail.expect("a tail is wanted");
    assert_eq!(tail.groups[0].name, "/aws/lambda/a");
    assert!(tail.follow);
    let now = app.now;
    let event = LogEvent { timestamp: now.timestamp_millis(), message: "hello".into(), ..LogEvent::default() };
    let news = News::LogEvents { tail: tail.generation, events: vec![event], read_to: now };
    app.update(Message::News(news.clone()));
    assert_eq!(app.store.logs.len(), 1);
    let News::LogEvents { events, read_to, .. } = news else { return };
    app.update(Message::News(News::LogEvents { tail: tail.generation + 1, events, read_to }));
    assert_eq!(app.store.logs.len(), 1, "lines of another tail are not shown in this one");
}
