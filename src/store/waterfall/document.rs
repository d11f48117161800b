//! What a span's document says beyond the waterfall: found again in the trace's text when somebody looks at it.

use crate::model::json::{Document, Kind, Label};
use crate::model::trace::{Span, Trace};

/// The JSON of a span as it came, with all that is below it in the same document.
pub fn document(trace: &Trace, span: &Span) -> Option<String> {
    let (_, text) = trace.documents.get(span.document)?;
    let document = Document::read(text).ok()?;
    for at in 0..document.len() {
        let node = document.node(at);
        let is_id = node.kind == Kind::String
            && matches!(document.label(at), Label::Key(key) if key == "id" || key == "spanId")
            && document.plain(at) == span.id.as_str();
        // Exceptions and links have ids too.
        let holder = node.parent as usize;
        let above = document.node(holder).parent as usize;
        if is_id && (holder == 0 || matches!(document.label(above), Label::Key(key) if key == "subsegments")) {
            return Some(document.raw(holder).to_string());
        }
    }
    None
}
