//! Event source mappings: on and off.

use super::form::{Field, Form, Purpose, Wish};
use crate::app::effect::Change;
use crate::model::function::{EventSourceMapping, FunctionDetail};

/// The mappings of a function.
#[derive(Clone, Debug)]
pub struct Sources {
    /// FunctionName.
    pub function: String,
    /// Its mappings.
    pub mappings: Vec<EventSourceMapping>,
}

/// A source in a few words, as `queue orders` or `stream clickstream`.
pub fn source(mapping: &EventSourceMapping) -> String {
    let kind = match mapping.service() {
        "sqs" => "queue",
        "kinesis" => "stream",
        "dynamodb" => "table stream",
        "kafka" => "topic",
        other => other,
    };
    format!("{kind} {}", mapping.source_name()).trim().to_string()
}

impl Sources {
    /// Those of a function. Errors: it has none.
    pub fn of(function: &str, detail: &FunctionDetail) -> Result<Sources, String> {
        if detail.mappings.is_empty() {
            return Err(format!("{function} has no event source mapping"));
        }
        Ok(Sources { function: function.to_string(), mappings: detail.mappings.clone() })
    }

    /// The form: which, and on or off.
    pub fn form(self) -> Form {
        let option =
            |mapping: &EventSourceMapping| (format!("{} ({})", source(mapping), mapping.state), mapping.uuid.clone());
        let options: Vec<(String, String)> = self.mappings.iter().map(option).collect();
        let first = self.mappings.first().is_some_and(EventSourceMapping::enabled);
        let fields =
            vec![Field::choice("mapping", options, "", ""), Field::switch("enabled", !first, "what it shall be")];
        let title = format!("Event sources of {}", self.function);
        Form::new(Purpose::Source(self), title, vec![], fields)
    }

    pub(super) fn wish(&self, values: &[&str]) -> Result<Wish, String> {
        let Some(mapping) = self.mappings.iter().find(|mapping| mapping.uuid == values[0]) else {
            return Err("choose a mapping".into());
        };
        let enabled = values[1] == "true";
        if enabled == mapping.enabled() {
            return Err(format!("the mapping of {} is {} already", source(mapping), mapping.state));
        }
        let busy = mapping
            .in_transition()
            .then(|| format!("it is {} just now: Lambda refuses changes until that is over", mapping.state));
        let change = Change::SwitchEventSource {
            function: self.function.clone(),
            uuid: mapping.uuid.clone(),
            source: source(mapping),
            enabled,
        };
        let wish = Wish::of(change).warn(busy);
        Ok(match (enabled, mapping.service()) {
            (true, "sqs") => wish.note("what has gathered in the queue is worked off at once"),
            (true, _) => wish.note("it goes on where it stopped, as far as the stream still has it"),
            (false, "sqs") => wish.note("messages gather in the queue, and are lost after its retention period"),
            (false, _) => wish.note("records gather in the stream, and are lost after its retention period"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_switched_the_other_way_only() {
        let mapping = EventSourceMapping {
            uuid: "u1".into(),
            source: "arn:aws:sqs:eu-west-1:123456789012:orders".into(),
            state: "Enabled".into(),
            ..EventSourceMapping::default()
        };
        let detail = FunctionDetail { mappings: vec![mapping], ..FunctionDetail::default() };
        let sources = Sources::of("worker", &detail).expect("there is one");
        let form = sources.clone().form();
        assert_eq!((form.fields[0].value(), form.fields[1].value()), ("u1", "false"));
        let wish = form.wish().expect("a switch");
        assert_eq!(wish.change.sentence(), "Disable the event source mapping of queue orders to worker");
        assert!(sources.wish(&["u1", "true"]).is_err());
        assert!(Sources::of("worker", &FunctionDetail::default()).is_err());
    }
}
