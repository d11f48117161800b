//! What `export` writes: what the panel on screen shows, all of it.

use super::{Logs, Panel};
use crate::app::effect::Effect;
use crate::app::export::{Contents, Export, Format, file_name};
use crate::app::step::Step;
use crate::app::tabs::Context;
use crate::store::logs::LogStore;
use crate::text;
use crate::time::Moment;

/// A file that is to be written once all that goes into it has been found.
#[derive(Debug)]
pub(super) struct Pending {
    path: String,
    panel: Panel,
    /// The rows are not those any more that were to be written.
    outdated: bool,
}

impl Pending {
    /// What is shown now is something else.
    pub(super) fn of_other_rows(self) -> Pending {
        Pending { outdated: true, ..self }
    }
}

impl Logs {
    /// The name that a file is given unless the user wants another.
    pub fn export_path(&self, cx: &Context) -> String {
        let name = match self.panel {
            Panel::Insights => file_name("insights", cx.now, "csv"),
            Panel::Invocations => file_name("invocations", cx.now, "csv"),
            Panel::Errors => file_name("errors", cx.now, "csv"),
            Panel::Lines => file_name("logs", cx.now, "log"),
        };
        format!("{}/{name}", cx.config.logs.exports.trim_end_matches('/'))
    }

    /// Writes what is shown to that file: at once, or when all of it has been found.
    ///
    /// # Errors
    /// Why there is nothing to write, or nowhere to write it to.
    pub fn export(&mut self, path: &str, cx: &Context) -> Result<Vec<Step>, String> {
        let path = path.trim().to_string();
        if path.is_empty() || path.ends_with('/') {
            return Err("that is no name of a file".into());
        }
        self.exporting = None;
        match self.unfinished(self.panel, cx) {
            Some(what) => {
                let text = format!("{path} is written when all is found: {what}");
                self.exporting = Some(Pending { path, panel: self.panel, outdated: false });
                Ok(vec![Step::Say(text)])
            }
            None => Ok(vec![self.file(path, self.panel, cx)?]),
        }
    }

    /// Writes what had to wait, if it has not to any more.
    pub fn export_on(&mut self, cx: &Context) -> Vec<Step> {
        let Some(pending) = self.exporting.take() else { return vec![] };
        if !pending.outdated && self.unfinished(pending.panel, cx).is_some() {
            self.exporting = Some(pending);
            return vec![];
        }
        if pending.outdated {
            return vec![Step::Say(format!("{} was not written: something else is shown now", pending.path))];
        }
        match pending.panel {
            Panel::Invocations => self.invocations.arrange(cx),
            Panel::Errors => self.errors.arrange(cx),
            Panel::Lines | Panel::Insights => {}
        }
        let not_written = |why| Step::Say(format!("{} was not written: {why}", pending.path));
        vec![self.file(pending.path.clone(), pending.panel, cx).unwrap_or_else(not_written)]
    }

    /// Other rows are shown than those that are to be written.
    pub(super) fn exports_other_rows(&mut self) {
        if let Some(pending) = self.exporting.take() {
            self.exporting = Some(if pending.panel == Panel::Lines { pending.of_other_rows() } else { pending });
        }
    }

    /// What keeps a panel from showing all that it will.
    fn unfinished(&self, panel: Panel, cx: &Context) -> Option<String> {
        let searched = || {
            let share = self.shown.progress(&cx.store.logs)?;
            Some(format!("{} of the lines have been searched", text::percent(share)))
        };
        let answered = || {
            let lines = self.lens.as_ref().map(super::jq::Lens::unanswered).filter(|lines| *lines > 0)?;
            Some(format!("jq has yet to look at {lines} lines"))
        };
        let unread = || Some(cx.store.logs.unread()).filter(|lines| *lines > 0);
        match panel {
            Panel::Lines => searched().or_else(answered),
            Panel::Invocations | Panel::Errors => unread().map(|lines| format!("{lines} lines are yet to be read")),
            Panel::Insights => None,
        }
    }

    fn file(&self, path: String, panel: Panel, cx: &Context) -> Result<Step, String> {
        let contents = match panel {
            Panel::Insights => self.insights.contents(),
            Panel::Invocations => self.invocations.contents(cx.store),
            Panel::Errors => self.errors.contents(cx.store),
            Panel::Lines => self.shown_lines(Format::of(&path), cx),
        };
        if contents.rows() == 0 {
            return Err("no row is shown".into());
        }
        Ok(Step::Do(Effect::Export(Box::new(Export { path, contents }))))
    }

    /// The lines that are shown, and those that are folded into them.
    fn places(&self, store: &LogStore) -> impl Iterator<Item = usize> {
        let wants = self.shown.wants();
        let rows = (0..self.rows(store)).filter_map(|row| self.place_at(row, store));
        rows.flat_map(move |place| {
            let folded = if wants.folded { store.followers(place) } else { 0 };
            let frames = (place + 1..=place + folded).filter(|frame| wants.hides(*frame, store));
            std::iter::once(place).chain(frames)
        })
    }

    fn shown_lines(&self, format: Format, cx: &Context) -> Contents {
        let store = &cx.store.logs;
        let lines = self.places(store).filter_map(|place| {
            let line = store.line(place)?;
            // What jq makes of a line stands in its place here too.
            let made = self.lens.as_ref().and_then(|lens| lens.text(place, store));
            Some((line, made.unwrap_or(line.text).trim_end()))
        });
        if format == Format::Text {
            // One text, and not four for each of a million lines.
            let (mut rows, mut written) = (0, String::new());
            for (line, said) in lines {
                for part in [&time(line.timestamp), "\t", line.group, "\t", line.stream, "\t", said, "\n"] {
                    written.push_str(part);
                }
                rows += 1;
            }
            return Contents::Text { rows, text: written };
        }
        let rows = lines.map(|(line, said)| {
            [time(line.timestamp), line.group.to_string(), line.stream.to_string(), said.to_string()].map(Some).into()
        });
        let last = if self.lens.is_some() { "jq" } else { "message" };
        let columns = ["timestamp", "logGroupName", "logStreamName", last].map(str::to_string).into();
        Contents::Table { columns, rows: rows.collect() }
    }
}

/// A moment, ms since 1970, as it is written.
pub(super) fn time(ms: i64) -> String {
    let at = Moment::from_timestamp_millis(ms).unwrap_or_default();
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
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
