//! What `export` writes: the lines that are shown.

use super::{Logs, Panel};
use crate::app::export::{Contents, Export, file_name};
use crate::app::tabs::Context;
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
            _ => self.shown_lines(cx),
        };
        if contents.rows() == 0 { Err("no row is shown".into()) } else { Ok(Export { path, contents }) }
    }

    fn shown_lines(&self, cx: &Context) -> Contents {
        let store = &cx.store.logs;
        let lines = (0..self.rows(store)).filter_map(|row| store.line(self.place_at(row, store)?));
        let rows = lines.map(|line| {
            let at = Moment::from_timestamp_millis(line.timestamp).unwrap_or_default();
            let at = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            [at, line.group.to_string(), line.stream.to_string(), line.text.trim_end().to_string()].map(Some).into()
        });
        let columns = ["timestamp", "logGroupName", "logStreamName", "message"].map(str::to_string).into();
        Contents::Table { columns, rows: rows.collect() }
    }
}
