//! The columns of the function table: what each is called, what it reads, and which series it takes.

use std::borrow::Cow;

use super::known::{Facts, Known};
use crate::model::function::{Function, ProvisionedStatus};
use crate::model::series::{Metric, SeriesKey, Statistic, Subject};

/// A column. The function's name stands before all others, always.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // `Column::about` has a sentence for each
pub enum Column {
    Name,
    Invocations,
    ErrorShare,
    Errors,
    Throttles,
    P50,
    P90,
    P99,
    Maximum,
    OfTimeout,
    Concurrency,
    Reserved,
    Provisioned,
    Cold,
    Used,
    Memory,
    Timeout,
    Runtime,
    Architecture,
    CodeSize,
    Modified,
    State,
    Stack,
    Api,
    Trend,
    /// The value of a tag.
    Tag(String),
}

/// Those without a parameter: column, name in the configuration and the chooser, heading, width, sentence.
static TABLE: [(Column, &str, &str, u16, &str); 25] = [
    (Column::Name, "name", "function", 0, "FunctionName"),
    (Column::Invocations, "invocations", "inv", 6, "invocations over the window"),
    (Column::ErrorShare, "error-share", "err%", 5, "errors per invocation"),
    (Column::Errors, "errors", "err", 5, "errors over the window"),
    (Column::Throttles, "throttles", "thr", 5, "throttled attempts over the window"),
    (Column::P50, "p50", "p50", 6, "duration that half of the invocations stay below"),
    (Column::P90, "p90", "p90", 6, "duration that 90% of the invocations stay below"),
    (Column::P99, "p99", "p99", 6, "duration that 99% of the invocations stay below"),
    (Column::Maximum, "max", "max", 6, "longest duration"),
    (Column::OfTimeout, "of-timeout", "of t/o", 6, "p99 of the time-out"),
    (Column::Concurrency, "concurrency", "conc", 4, "most executions at once"),
    (Column::Reserved, "reserved", "resv", 4, "reserved concurrency; off is 0"),
    (Column::Provisioned, "provisioned", "prov", 5, "provisioned concurrency that is there, of functions opened"),
    (Column::Cold, "cold", "cold%", 5, "cold starts of the invocations read, of functions opened"),
    (Column::Used, "used", "used%", 5, "most memory used of its size, of functions opened"),
    (Column::Memory, "memory", "mem", 5, "memory size, MB"),
    (Column::Timeout, "timeout", "t/o", 4, "time-out, s"),
    (Column::Runtime, "runtime", "runtime", 13, "runtime, or the package where there is none"),
    (Column::Architecture, "architecture", "arch", 6, "arm64 or x86_64"),
    (Column::CodeSize, "code-size", "code", 8, "size of the code"),
    (Column::Modified, "modified", "age", 5, "time since the last change"),
    (Column::State, "state", "state", 8, "state, of functions opened: ListFunctions leaves it out"),
    (Column::Stack, "stack", "stack", 16, "CloudFormation stack, by its tag"),
    (Column::Api, "api", "API", 16, "APIs that lead to it"),
    (Column::Trend, "trend", "invocations", 24, "invocations in time"),
];

/// The tag that CloudFormation puts on what belongs to a stack.
pub const STACK_TAG: &str = "aws:cloudformation:stack-name";

/// What a column reads of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading<'a> {
    /// Not known (yet): not measured, not asked for, denied.
    Unknown,
    /// Known to have none.
    Absent,
    /// In the column's unit: a count, a share of 1, ms, MB, s, bytes.
    Number(f64),
    /// A text.
    Text(Cow<'a, str>),
}

impl<'a> Reading<'a> {
    fn number(value: Option<f64>) -> Reading<'a> {
        value.map_or(Reading::Absent, Reading::Number)
    }

    fn text(value: Option<&'a str>) -> Reading<'a> {
        value.filter(|text| !text.is_empty()).map_or(Reading::Absent, |text| Reading::Text(Cow::Borrowed(text)))
    }
}

impl Column {
    /// Every column without a parameter, the name first.
    pub fn all() -> impl Iterator<Item = Column> {
        TABLE.iter().map(|(column, ..)| column.clone())
    }

    /// The column of a name, as `p99` or `tag.team`.
    pub fn named(name: &str) -> Option<Column> {
        if let Some(key) = name.strip_prefix("tag.").filter(|key| !key.is_empty()) {
            return Some(if key == STACK_TAG { Column::Stack } else { Column::Tag(key.to_string()) });
        }
        TABLE.iter().find(|(_, known, ..)| *known == name).map(|(column, ..)| column.clone())
    }

    fn row(&self) -> Option<&'static (Column, &'static str, &'static str, u16, &'static str)> {
        TABLE.iter().find(|(column, ..)| column == self)
    }

    /// Its name in the configuration and on the screen.
    pub fn name(&self) -> Cow<'static, str> {
        match self {
            Column::Tag(key) => Cow::Owned(format!("tag.{key}")),
            _ => Cow::Borrowed(self.row().map_or("", |row| row.1)),
        }
    }

    /// What stands above it.
    pub fn heading(&self) -> Cow<'static, str> {
        match self {
            Column::Tag(key) => Cow::Owned(key.clone()),
            _ => Cow::Borrowed(self.row().map_or("", |row| row.2)),
        }
    }

    /// Its width on the screen.
    pub fn width(&self) -> u16 {
        match self {
            Column::Tag(key) => u16::try_from(crate::text::width(key)).unwrap_or(12).clamp(8, 16),
            _ => self.row().map_or(0, |row| row.3),
        }
    }

    /// What it shows, in a sentence.
    pub fn about(&self) -> &'static str {
        self.row().map_or("value of this tag", |row| row.4)
    }

    /// It is a text: pushed to the left, and sorted by the alphabet.
    pub fn is_text(&self) -> bool {
        use Column::{Api, Architecture, Name, Runtime, Stack, State, Tag, Trend};
        matches!(self, Name | Runtime | Architecture | State | Stack | Api | Trend | Tag(_))
    }

    /// Sorted by it, the least comes first: texts, and the youngest change.
    pub fn is_ascending(&self) -> bool {
        self.is_text() && *self != Column::Trend || *self == Column::Modified
    }

    /// It takes the tags of all functions.
    pub fn needs_tags(&self) -> bool {
        matches!(self, Column::Stack | Column::Tag(_))
    }

    /// The series that it takes, besides those that every row takes ([`base`]).
    pub fn series(&self) -> &'static [(Metric, Statistic)] {
        match self {
            Column::P50 => &[(Metric::Duration, Statistic::Percentile(50))],
            Column::P90 => &[(Metric::Duration, Statistic::Percentile(90))],
            Column::P99 | Column::OfTimeout => &[(Metric::Duration, Statistic::Percentile(99))],
            Column::Maximum => &[(Metric::Duration, Statistic::Maximum)],
            Column::Concurrency => &[(Metric::ConcurrentExecutions, Statistic::Maximum)],
            _ => &[],
        }
    }

    /// What it reads of a function.
    pub fn read<'a>(&self, function: &'a Function, facts: &Facts, known: &'a Known) -> Reading<'a> {
        let figures = &facts.figures;
        let measured = figures.invocations.is_some();
        let from_figures = |value: Option<f64>| if measured { Reading::number(value) } else { Reading::Unknown };
        match self {
            Column::Name => Reading::Text(Cow::Borrowed(&function.name)),
            Column::Invocations | Column::Trend => from_figures(figures.invocations),
            Column::ErrorShare => from_figures(Some(figures.error_share())),
            Column::Errors => from_figures(Some(figures.errors)),
            Column::Throttles => from_figures(Some(figures.throttles)),
            Column::P50 => from_figures(figures.p50),
            Column::P90 => from_figures(figures.p90),
            Column::P99 => from_figures(figures.p99),
            Column::Maximum => from_figures(figures.maximum),
            Column::OfTimeout => {
                let timeout = f64::from(function.timeout_s) * 1000.0;
                from_figures(figures.p99.filter(|_| timeout > 0.0).map(|p99| p99 / timeout))
            }
            Column::Concurrency => from_figures(figures.concurrency),
            Column::Reserved => match function.reserved {
                None => Reading::Unknown,
                Some(reserved) => Reading::number(reserved.map(f64::from)),
            },
            Column::Provisioned => known.detail(&function.name).map_or(Reading::Unknown, |detail| {
                let ready = detail.provisioned.iter().filter(|one| one.status != ProvisionedStatus::InProgress);
                let allocated: u32 = ready.map(|one| one.allocated).sum();
                Reading::number((!detail.provisioned.is_empty()).then_some(f64::from(allocated)))
            }),
            Column::Cold => known.cold_share(&function.name).map_or(Reading::Unknown, Reading::Number),
            Column::Used => known.memory_used(function).map_or(Reading::Unknown, Reading::Number),
            Column::Memory => Reading::Number(f64::from(function.memory_mb)),
            Column::Timeout => Reading::Number(f64::from(function.timeout_s)),
            Column::Runtime => {
                Reading::text(Some(if function.runtime.is_empty() { &function.package } else { &function.runtime }))
            }
            Column::Architecture => Reading::text(Some(&function.architecture)),
            Column::CodeSize => Reading::Number(function.code_size as f64),
            Column::Modified => {
                let age = function.last_modified.map(|at| (known.now - at).num_seconds().max(0) as f64);
                age.map_or(Reading::Unknown, Reading::Number)
            }
            Column::State => {
                let opened = known.detail(&function.name).and_then(|detail| detail.state.as_deref());
                match opened.or(function.state.as_deref()) {
                    Some(state) => Reading::text(Some(state)),
                    None => Reading::Unknown,
                }
            }
            Column::Stack => known.tag(function, STACK_TAG),
            Column::Tag(key) => known.tag(function, key),
            Column::Api => known.apis_of(&function.name),
        }
    }
}

/// The series that every row takes: its mark, and what weighs percentiles.
pub fn base() -> &'static [(Metric, Statistic)] {
    &[(Metric::Invocations, Statistic::Sum), (Metric::Errors, Statistic::Sum), (Metric::Throttles, Statistic::Sum)]
}

/// The keys of these series for one function.
pub fn keys<'a>(
    function: &'a str,
    series: impl IntoIterator<Item = (Metric, Statistic)> + 'a,
) -> impl Iterator<Item = SeriesKey> + 'a {
    let key = move |(metric, statistic)| SeriesKey::new(Subject::Function(function.to_string()), metric, statistic);
    series.into_iter().map(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_found_by_its_name_and_the_configuration_knows_them_all() {
        for column in Column::all() {
            assert_eq!(Column::named(&column.name()), Some(column.clone()));
            assert!(!column.heading().is_empty() && !column.about().is_empty());
        }
        assert_eq!(Column::named("tag.team"), Some(Column::Tag("team".into())));
        assert_eq!(Column::named("tag.aws:cloudformation:stack-name"), Some(Column::Stack));
        assert_eq!(Column::named("tag."), None);
        assert_eq!(Column::named("nonsense"), None);
        let names: Vec<String> = Column::all().map(|column| column.name().into_owned()).collect();
        assert_eq!(names, crate::config::FUNCTION_COLUMNS);
    }

    #[test]
    fn statistics_of_one_metric_are_all_of_duration() {
        let of: Vec<_> = [Column::P50, Column::P90, Column::P99, Column::Maximum].map(|c| c.series()[0].0).into();
        assert!(of.iter().all(|metric| *metric == Metric::Duration));
    }
}
