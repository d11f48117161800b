//! What the filter of the function table knows of a function, by name.

use super::columns::{Column, Reading};
use super::known::{Facts, Known};
use crate::model::function::Function;

/// An attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// What a column shows, compared as a number in this unit, or as a text.
    Column(Column, Unit),
    /// Something of the configuration that is no column.
    Field(Field),
    /// A tag.
    Tag(String),
}

/// In which unit a number is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// No number at all.
    Text,
    /// A count.
    Count,
    /// Per cent; a share of 1 in the column.
    Percent,
    /// Milliseconds; `1.5s` and `2m` too.
    Millis,
    /// Seconds; `5m` too.
    Seconds,
    /// Megabytes; `1gb` too.
    Megabytes,
    /// Bytes; `50mb` too.
    Bytes,
    /// Days; `12h` and `2w` too. Seconds in the column.
    Days,
}

/// Something of the configuration that is no column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the table below has a sentence for each
pub enum Field {
    Package,
    Update,
    Layer,
    Vpc,
    Url,
    DeadLetter,
    Traced,
    SnapStart,
    Handler,
    Role,
    Description,
    LogGroup,
    Variable,
    Arn,
}

/// Names (the first is the one that is told), and what they mean.
type Row = (&'static [&'static str], Attribute, &'static str);

/// Every attribute but tags.
pub static ATTRIBUTES: [Row; 36] = {
    use Attribute::{Column as C, Field as F};
    [
        (&["name"], C(Column::Name, Unit::Text), "a part of the name; name=orders-api is the whole of it"),
        (&["err", "error-share"], C(Column::ErrorShare, Unit::Percent), "errors of the invocations, per cent: err>1"),
        (&["errors"], C(Column::Errors, Unit::Count), "number of errors"),
        (&["inv", "invocations"], C(Column::Invocations, Unit::Count), "number of invocations: inv>1000"),
        (&["thr", "throttles"], C(Column::Throttles, Unit::Count), "number of throttled attempts"),
        (&["p50"], C(Column::P50, Unit::Millis), "duration, ms: p50>200"),
        (&["p90"], C(Column::P90, Unit::Millis), "duration, ms, or p90>1.5s"),
        (&["p99"], C(Column::P99, Unit::Millis), "duration, ms: p99>500"),
        (&["max"], C(Column::Maximum, Unit::Millis), "longest duration, ms"),
        (&["of-timeout"], C(Column::OfTimeout, Unit::Percent), "p99 of the time-out, per cent"),
        (&["conc", "concurrency"], C(Column::Concurrency, Unit::Count), "most executions at once"),
        (
            &["reserved"],
            C(Column::Reserved, Unit::Count),
            "reserved concurrency: reserved>0, reserved=0, reserved=none",
        ),
        (&["provisioned"], C(Column::Provisioned, Unit::Count), "provisioned concurrency, of functions opened"),
        (&["cold"], C(Column::Cold, Unit::Percent), "cold starts, per cent, of functions opened"),
        (&["used"], C(Column::Used, Unit::Percent), "memory used of its size, per cent, of functions opened"),
        (&["mem", "memory"], C(Column::Memory, Unit::Megabytes), "memory size, MB: mem<512"),
        (&["timeout"], C(Column::Timeout, Unit::Seconds), "time-out, s: timeout>=30"),
        (&["size", "code-size"], C(Column::CodeSize, Unit::Bytes), "size of the code: size>50mb"),
        (&["modified", "age"], C(Column::Modified, Unit::Days), "time since the last change: modified<7d, age>30d"),
        (&["runtime"], C(Column::Runtime, Unit::Text), "runtime:nodejs18"),
        (&["arch", "architecture"], C(Column::Architecture, Unit::Text), "arch:arm64"),
        (&["state"], C(Column::State, Unit::Text), "state:failed, of functions opened"),
        (&["stack"], C(Column::Stack, Unit::Text), "CloudFormation stack: stack:orders"),
        (&["api"], C(Column::Api, Unit::Text), "an API that leads to it: api:shop"),
        (&["package"], F(Field::Package), "package:image or package:zip"),
        (&["update"], F(Field::Update), "last update, as update:failed, of functions opened"),
        (&["layer"], F(Field::Layer), "layer:datadog, or layer alone for any"),
        (&["vpc"], F(Field::Vpc), "in a VPC; vpc:vpc-0a1b in this one"),
        (&["url"], F(Field::Url), "has an address of its own, of functions opened"),
        (&["dlq"], F(Field::DeadLetter), "has a target for dead letters"),
        (&["traced"], F(Field::Traced), "X-Ray tracing is Active"),
        (&["snapstart"], F(Field::SnapStart), "SnapStart is on"),
        (&["handler"], F(Field::Handler), "handler:index"),
        (&["role"], F(Field::Role), "role:admin"),
        (&["group"], F(Field::LogGroup), "log group"),
        (&["env"], F(Field::Variable), "name of an environment variable: env:TABLE"),
    ]
};

/// Attributes that are found by their name and not listed.
static UNLISTED: [(&str, Field); 3] =
    [("arn", Field::Arn), ("desc", Field::Description), ("description", Field::Description)];

impl Attribute {
    /// The attribute of a name.
    pub fn named(name: &str) -> Option<Attribute> {
        if let Some(key) = name.strip_prefix("tag.").filter(|key| !key.is_empty()) {
            return Some(Attribute::Tag(key.to_string()));
        }
        let lower = name.to_lowercase();
        let listed = ATTRIBUTES.iter().find(|(names, ..)| names.contains(&lower.as_str()));
        let unlisted = || UNLISTED.iter().find(|(known, _)| *known == lower);
        listed.map(|(_, attribute, _)| attribute.clone()).or_else(|| unlisted().map(|(_, f)| Attribute::Field(*f)))
    }

    /// In which unit it is compared.
    pub fn unit(&self) -> Unit {
        match self {
            Attribute::Column(_, unit) => *unit,
            _ => Unit::Text,
        }
    }

    /// A word of its own means that a function has it.
    pub fn is_flag(&self) -> bool {
        use Field::{DeadLetter, Layer, SnapStart, Traced, Url, Vpc};
        matches!(self, Attribute::Tag(_) | Attribute::Field(Layer | Vpc | Url | DeadLetter | Traced | SnapStart))
    }

    /// It takes the tags of all functions.
    pub fn needs_tags(&self) -> bool {
        matches!(self, Attribute::Tag(_) | Attribute::Column(Column::Stack, _))
    }

    /// Its value as a number, in the column's unit.
    pub fn number(&self, function: &Function, facts: &Facts, known: &Known) -> Reading<'static> {
        let Attribute::Column(column, _) = self else { return Reading::Absent };
        match column.read(function, facts, known) {
            Reading::Number(value) => Reading::Number(value),
            Reading::Unknown => Reading::Unknown,
            _ => Reading::Absent,
        }
    }

    /// Whether one of its texts is as wanted; what a function has not is the empty text. None where it is not known.
    pub fn any(
        &self,
        function: &Function,
        facts: &Facts,
        known: &Known,
        wanted: impl Fn(&str) -> bool,
    ) -> Option<bool> {
        let is = |reading: Reading| match reading {
            Reading::Unknown => None,
            Reading::Absent => Some(wanted("")),
            Reading::Text(text) => Some(wanted(&text)),
            Reading::Number(_) => Some(false),
        };
        let one_of = |mut all: std::slice::Iter<'_, String>| {
            if all.len() == 0 { Some(wanted("")) } else { Some(all.any(|one| wanted(one))) }
        };
        let yes = |set: bool| Some(wanted(if set { "yes" } else { "" }));
        let field = match self {
            Attribute::Tag(key) => return is(known.tag(function, key)),
            Attribute::Column(column, _) => return is(column.read(function, facts, known)),
            Attribute::Field(field) => field,
        };
        match field {
            Field::Package => Some(wanted(&function.package)),
            Field::Update => {
                let opened = known.detail(&function.name).and_then(|detail| detail.last_update.as_deref());
                opened.or(function.last_update.as_deref()).map(wanted)
            }
            Field::Layer => one_of(function.layers.iter()),
            Field::Vpc => Some(wanted(function.vpc.as_deref().unwrap_or_default())),
            Field::Url => known.detail(&function.name).map(|detail| wanted(detail.url.as_deref().unwrap_or_default())),
            Field::DeadLetter => Some(wanted(function.dead_letter.as_deref().unwrap_or_default())),
            Field::Traced => yes(function.traced),
            Field::SnapStart => yes(function.snap_start),
            Field::Handler => Some(wanted(&function.handler)),
            Field::Role => Some(wanted(&function.role)),
            Field::Description => Some(wanted(&function.description)),
            Field::LogGroup => Some(wanted(&function.log_group)),
            Field::Variable => Some(function.environment.iter().any(|(name, _)| wanted(name))),
            Field::Arn => Some(wanted(&function.arn)),
        }
    }
}

impl Unit {
    /// A number as it is typed, in the unit of the column. None where it is none.
    pub fn read(self, text: &str) -> Option<f64> {
        let text = text.to_lowercase();
        let digits = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_'))).unwrap_or(text.len());
        let number: f64 = text[..digits].replace('_', "").parse().ok()?;
        const DAY: f64 = 86_400.0;
        let scale = match (self, &text[digits..]) {
            (Unit::Text, _) => return None,
            (Unit::Count, "") => 1.0,
            (Unit::Count, "k") => 1e3,
            (Unit::Count, "m") => 1e6,
            (Unit::Percent, "" | "%") => 0.01,
            (Unit::Millis, "" | "ms") => 1.0,
            (Unit::Millis, "s") => 1e3,
            (Unit::Millis, "m" | "min") => 6e4,
            (Unit::Seconds, "" | "s") => 1.0,
            (Unit::Seconds, "m" | "min") => 60.0,
            (Unit::Megabytes, "" | "m" | "mb" | "mib") => 1.0,
            (Unit::Megabytes, "g" | "gb" | "gib") => 1024.0,
            (Unit::Bytes, "" | "b") => 1.0,
            (Unit::Bytes, "k" | "kb" | "kib") => 1024.0,
            (Unit::Bytes, "m" | "mb" | "mib") => 1024.0 * 1024.0,
            (Unit::Bytes, "g" | "gb" | "gib") => 1024.0 * 1024.0 * 1024.0,
            (Unit::Days, "" | "d") => DAY,
            (Unit::Days, "w") => 7.0 * DAY,
            (Unit::Days, "h") => 3600.0,
            (Unit::Days, "m" | "min") => 60.0,
            (Unit::Days, "s") => 1.0,
            _ => return None,
        };
        Some(number * scale)
    }

    /// How one is typed.
    pub fn example(self) -> &'static str {
        match self {
            Unit::Text => "a text",
            Unit::Count => "a count, as 100",
            Unit::Percent => "per cent, as 1.5",
            Unit::Millis => "ms, as 500, or 1.5s",
            Unit::Seconds => "seconds, as 30",
            Unit::Megabytes => "MB, as 512",
            Unit::Bytes => "a size, as 50mb",
            Unit::Days => "a span, as 7d or 12h",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_the_unit_of_their_column() {
        for (unit, text, value) in [
            (Unit::Percent, "1.5", Some(0.015)),
            (Unit::Percent, "1%", Some(0.01)),
            (Unit::Millis, "500", Some(500.0)),
            (Unit::Millis, "1.5s", Some(1500.0)),
            (Unit::Megabytes, "1GB", Some(1024.0)),
            (Unit::Days, "7d", Some(604_800.0)),
            (Unit::Days, "2w", Some(1_209_600.0)),
            (Unit::Count, "10_000", Some(10_000.0)),
            (Unit::Count, "7d", None),
            (Unit::Count, "", None),
            (Unit::Count, "-1", None),
            (Unit::Count, "nan", None),
        ] {
            assert_eq!(unit.read(text), value, "{text}");
        }
    }

    #[test]
    fn no_name_means_two_attributes() {
        let names: Vec<&str> = ATTRIBUTES.iter().flat_map(|(names, ..)| *names).copied().collect();
        let once: std::collections::BTreeSet<&&str> = names.iter().collect();
        assert_eq!(once.len(), names.len());
        for name in names {
            assert!(Attribute::named(&name.to_uppercase()).is_some(), "{name}");
        }
    }
}
