//! Where a trace, or the selected part of it, leads: its function, its invocation.

use serde_json::Value;

use super::Traces;
use crate::app::selected::Selected;
use crate::store::Store;
use crate::time::Moment;

impl Traces {
    /// What is selected.
    pub fn selected(&self, store: &Store) -> Selected {
        let Some(id) = &self.open else {
            let summary = self.order.get(self.cursor.row).and_then(|&at| store.traces.all().get(at));
            let Some(summary) = summary else { return Selected::default() };
            let function = summary.services.iter().find(|name| store.functions.get(name).is_some());
            return Selected {
                title: summary.id.clone(),
                trace_id: Some(summary.id.clone()),
                function: function.cloned(),
                at: summary.start,
                copy: Some(("trace id".into(), summary.id.clone())),
                ..Selected::default()
            };
        };
        let mut selected = Selected {
            title: id.clone(),
            trace_id: Some(id.clone()),
            copy: Some(("trace id".into(), id.clone())),
            ..Selected::default()
        };
        let Some(waterfall) = self.waterfall(store) else { return selected };
        let mut at = self.rows(waterfall).get(self.span.row).copied();
        // A subsegment belongs to the function around it; its own request id is that of the service it called. Of the two
        // segments of a function that of the service (AWS::Lambda) has the request id, the outer one.
        while let Some(span) = at.and_then(|at| waterfall.spans.get(at)) {
            if span.origin.starts_with("AWS::Lambda") {
                if selected.function.get_or_insert_with(|| span.name.clone()) != &span.name {
                    break;
                }
                selected.at = Moment::from_timestamp_millis((span.start * 1000.0) as i64);
                selected.request_id =
                    span.document.pointer("/aws/request_id").and_then(Value::as_str).map(str::to_string);
                if selected.request_id.is_some() {
                    break;
                }
            }
            at = span.parent;
        }
        selected
    }
}
