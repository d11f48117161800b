//! What handlers say of their work, and how errors are printed in the language of the function.

use super::Teller;
use crate::sim::world::Millis;
use crate::sim::world::invocation::Outcome;

impl Teller<'_> {
    /// What the handler says, each with its level; a failing one gets half way only.
    pub(super) fn says(&mut self) -> Vec<(Millis, &'static str, String)> {
        let all = self.function.character.says;
        let count = if self.invocation.outcome == Outcome::Success { all.len() } else { all.len() / 2 };
        let mut said = Vec::new();
        for (place, template) in all.iter().take(count).enumerate() {
            let part = (place as f64 + 0.5) / all.len() as f64 * 0.9;
            let at = self.invocation.start + (self.invocation.duration_ms * part) as Millis;
            let ms = (self.invocation.duration_ms * part).max(1.0) as u64;
            let id = self.dice.hex16();
            let text = template
                .replace("{n}", &(1 + self.dice.below(60)).to_string())
                .replace("{id}", &id[..8])
                .replace("{ms}", &ms.to_string());
            said.push((at, "INFO", text));
        }
        if let Some(downstream) = self.function.character.downstream.first()
            && self.dice.chance(0.03)
        {
            let at = said.last().map_or(self.invocation.start, |(at, ..)| *at);
            said.push((at, "WARN", format!("{} of {} is slow, tried again", downstream.operation, downstream.name)));
        }
        said
    }

    /// The error as the language of the function prints where it came from.
    pub(super) fn stack(&self, kind: &str, message: &str) -> Vec<String> {
        let runtime = self.function.runtime.as_str();
        let file = self.function.name.replace('-', "_");
        let first = format!("{kind}: {message}");
        if runtime.starts_with("python") {
            let place = format!("  File \"/var/task/{file}.py\", line 48, in handler");
            vec![
                "Traceback (most recent call last):".to_owned(),
                place,
                format!("    raise {kind}(\"{message}\")"),
                first,
            ]
        } else if runtime.starts_with("nodejs") {
            vec![first, "    at Runtime.handler (file:///var/task/dist/index.mjs:31:11)".to_owned()]
        } else if runtime.starts_with("java") {
            vec![first, "\tat shop.Handler.handleRequest(Handler.java:57)".to_owned()]
        } else if runtime.starts_with("dotnet") {
            vec![first, "   at Shop.Function.FunctionHandler() in /src/Function.cs:line 41".to_owned()]
        } else {
            vec![first, "main.handle".to_owned(), "\t/build/main.go:63".to_owned()]
        }
    }
}
