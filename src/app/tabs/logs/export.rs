//! What `export` writes: the lines that are shown.

use super::{Logs, Panel};
use crate::app::export::{Contents, Export, Format, file_name};
use crate::app::tabs::Context;
use crate::store::logs::Line;
use crate::time::Moment;

impl Logs {
    /// The name that a file is given unless the user wants another.
    pub fn export_path(&self, cx: &Context) -> String {
        let name = match self.panel {
            Panel::Insights => file_name("insights", cx.now, "csv"),
            _ => file_name("logs", cx.now, "log"),
        };
        format!("{}/{name}", cx.config.logs.exports.trim_end_matches('/'))
    }

    /// What is shown, to be written there.
    ///
    /// # Errors
    /// Why there is nothing to write, or nowhere to write it to.
    pub fn export(&self, path: &str, cx: &Context) -> Result<Export, String> {
        let path = path.trim().to_string();
        if path.is_empty() || path.ends_with('/') {
            return Err("that is no name of a file".into());
        }
        let contents = match self.panel {
            Panel::Insights => self.insights.contents(),
            _ => self.shown_lines(Format::of(&path), cx),
        };
        if contents.rows() == 0 { Err("no row is shown".into()) } else { Ok(Export { path, contents }) }
    }

    fn shown_lines(&self, format: Format, cx: &Context) -> Contents {
        let store = &cx.store.logs;
        let lines = (0..self.rows(store)).filter_map(|row| store.line(self.place_at(row, store)?));
        let time = |line: &Line| {
            let at = Moment::from_timestamp_millis(line.timestamp).unwrap_or_default();
            at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
        };
        if format == Format::Text {
            // One text, and not four for each of a million lines.
            let (mut rows, mut text) = (0, String::new());
            for line in lines {
                for part in [&time(&line), "\t", line.group, "\t", line.stream, "\t", line.text.trim_end(), "\n"] {
                    text.push_str(part);
                }
                rows += 1;
            }
            return Contents::Text { rows, text };
        }
        let rows = lines.map(|line| {
            let at = time(&line);
            [at, line.group.to_string(), line.stream.to_string(), line.text.trim_end().to_string()].map(Some).into()
        });
        let columns = ["timestamp", "logGroupName", "logStreamName", "message"].map(str::to_string).into();
        Contents::Table { columns, rows: rows.collect() }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use crate::app::effect::Effect;
    use crate::app::export::{Contents, Format};
    use crate::app::keymap::Keymap;
    use crate::app::message::{Message, News};
    use crate::app::{App, Origin};
    use crate::config::Config;
    use crate::model::function::Function;
    use crate::model::log::LogEvent;
    use crate::time::Clock;

    fn press(app: &mut App, keys: &str) -> Vec<Effect> {
        let code = |c| if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
        let shift = |c: char| if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
        let events = keys.chars().map(|c| KeyEvent::new(code(c), shift(c)));
        events.flat_map(|event| app.update(Message::Key(event))).collect()
    }

    #[test]
    fn the_lines_that_are_shown_are_written_as_the_name_asks() {
        let clock = Clock::system();
        let mut app = App::new(Config::default(), Keymap::defaults(), Origin::default(), clock.clone(), (120, 40));
        let function = Function { name: "a".into(), log_group: "/aws/lambda/a".into(), ..Function::default() };
        app.update(Message::News(News::FunctionsPage { functions: vec![function], page: 0, last: true }));
        press(&mut app, "2l");
        let event = |n: i64| LogEvent {
            id: n.to_string(),
            group: "/aws/lambda/a".into(),
            stream: "s".into(),
            timestamp: 1_795_230_720_000 + n,
            message: format!("line {n}"),
            ..LogEvent::default()
        };
        let news = News::LogEvents {
            tail: app.logs.generation(),
            events: (0..3).map(event).collect(),
            read_to: clock.now(),
            caught_up: true,
        };
        app.update(Message::News(news));
        let mut written = |keys: &str, format| {
            let effects = press(&mut app, keys);
            let [Effect::Export(export)] = effects.as_slice() else { panic!("{effects:?}") };
            assert_eq!(Format::of(&export.path), format);
            let mut bytes = Vec::new();
            export.contents.write(format, &mut bytes).expect("a vector takes everything");
            (matches!(export.contents, Contents::Text { rows: 3, .. }), String::from_utf8(bytes).expect("text"))
        };
        let (is_text, text) = written("X\n", Format::Text);
        assert!(is_text);
        assert_eq!(text.lines().last(), Some("2026-11-21T03:12:00.002Z\t/aws/lambda/a\ts\tline 2"));
        let (_, csv) = written("X.csv\n", Format::Csv);
        assert_eq!(csv.lines().nth(1), Some("2026-11-21T03:12:00.000Z,/aws/lambda/a,s,line 0"));
    }
}
