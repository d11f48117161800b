//! What the filter of the function table takes.

use crate::model::function::Function;
use crate::store::metrics::Figures;

/// A filter: words that must all be met. `runtime:nodejs18`, `err>1` (per cent), `p99>500` (ms), `inv>0`, `thr>0`, `mem>512`,
/// anything else is part of the name.
pub(super) struct Filter<'a> {
    words: Vec<Word<'a>>,
}

enum Word<'a> {
    Name(String),
    Not(String),
    Attribute(&'a str, String),
    Number(&'a str, bool, f64),
}

impl<'a> Filter<'a> {
    pub(super) fn read(text: &'a str) -> Filter<'a> {
        let words = text.split_whitespace().map(|word| {
            if let Some((name, value)) = word.split_once(':').filter(|(_, value)| !value.is_empty()) {
                return Word::Attribute(name, value.to_lowercase());
            }
            for (sign, more) in [('>', true), ('<', false)] {
                if let Some((name, number)) = word.split_once(sign)
                    && let Ok(number) = number.parse()
                {
                    return Word::Number(name, more, number);
                }
            }
            match word.strip_prefix('!') {
                Some(rest) if !rest.is_empty() => Word::Not(rest.to_lowercase()),
                _ => Word::Name(word.to_lowercase()),
            }
        });
        Filter { words: words.collect() }
    }

    pub(super) fn takes(&self, function: &Function, figures: &Figures) -> bool {
        self.words.iter().all(|word| match word {
            Word::Name(part) => function.name.to_lowercase().contains(part.as_str()),
            Word::Not(part) => !function.name.to_lowercase().contains(part.as_str()),
            Word::Attribute(name, value) => match *name {
                "runtime" => function.runtime.contains(value.as_str()),
                "arch" => function.architecture.contains(value.as_str()),
                "package" => function.package.to_lowercase() == *value,
                "state" => function.state.as_deref().unwrap_or("").to_lowercase().contains(value.as_str()),
                _ => false,
            },
            Word::Number(name, more, number) => {
                let value = match *name {
                    "err" => Some(figures.error_share() * 100.0),
                    "thr" => Some(figures.throttles),
                    "inv" => figures.invocations,
                    "p50" => figures.p50,
                    "p99" => figures.p99,
                    "conc" => figures.concurrency,
                    "mem" => Some(f64::from(function.memory_mb)),
                    "timeout" => Some(f64::from(function.timeout_s)),
                    _ => None,
                };
                value.is_some_and(|value| if *more { value > *number } else { value < *number })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_read_names_attributes_and_numbers() {
        let function =
            Function { name: "orders-api".into(), runtime: "nodejs18.x".into(), memory_mb: 512, ..Function::default() };
        let figures = Figures { invocations: Some(100.0), errors: 2.0, ..Figures::default() };
        for (text, takes) in [
            ("ord", true),
            ("runtime:nodejs18 err>1", true),
            ("err>3", false),
            ("!orders", false),
            ("mem<1024 ord", true),
            ("p99>10", false),
            ("nonsense:x", false),
            ("", true),
        ] {
            assert_eq!(Filter::read(text).takes(&function, &figures), takes, "{text}");
        }
    }
}
