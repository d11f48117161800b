//! Laying the four layers over each other, and telling everything that is wrong with them at once.
//!
//! A wrong entry is left out and the rest counts, so that the dashboard starts in any case. One thing is stricter:
//! a file that is broken anywhere might have meant to forbid changes, so changes are refused until it is mended.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::environment::{Colours, Environment};
use super::problem::Problem;
use super::quantity::nearest;
use super::theme::Theme;
use super::{Config, DEFAULT_TEXT, ProfileRule, Writes};

/// A configuration file is short; anything longer is the wrong file.
const LONGEST_FILE: u64 = 1 << 20;

/// What the command line has to say about the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--config`: this file and no other.
    pub file: Option<PathBuf>,
    /// `--theme`.
    pub theme: Option<String>,
    /// `--ascii`.
    pub ascii: bool,
    /// `--since`: the length of the time window.
    pub since: Option<std::time::Duration>,
    /// The profile in use, for its rule.
    pub profile: Option<String>,
}

/// The configuration that counts, and what was wrong on the way to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The theme that counts, after `NO_COLOR` and the profile's rule.
    pub theme: Theme,
    /// The file that was read, or would be.
    pub path: Option<PathBuf>,
    /// What is wrong, in the order of its place.
    pub problems: Vec<Problem>,
    /// Whether and how changes may be made, and what says so.
    pub writes: (Writes, String),
    source: Source,
}

/// The text of the file and where its entries stand.
#[derive(Clone, Debug, Default, PartialEq)]
struct Source {
    name: String,
    text: String,
    spans: BTreeMap<Vec<String>, Range<usize>>,
}

impl Loaded {
    /// Lays defaults, file, environment and flags over each other.
    pub fn read(environment: &Environment, flags: &Flags) -> Loaded {
        let path = flags.file.clone().or_else(|| environment.config_dir.as_ref().map(|dir| dir.join("config.toml")));
        let mut layers = Layers::new();
        let read = path.as_deref().map_or(Ok(None), |path| read_file(path, flags.file.is_some()));
        match (read, &path) {
            (Ok(Some(text)), Some(path)) => layers.file(&path.display().to_string(), &text),
            (Err(problem), _) => layers.problems.push(*problem),
            _ => {}
        }
        let broken_file = !layers.problems.is_empty();
        layers.environment(environment);
        let mut config = Config::deserialize(layers.table).expect("every entry was tried on its own");
        if let Some(theme) = &flags.theme {
            config.ui.theme.clone_from(theme);
        }
        if let Some(since) = flags.since {
            config.ui.window = since;
        }
        config.ui.ascii |= flags.ascii || !environment.utf8;

        let mut problems = layers.problems;
        let rule =
            config.profile_rule(flags.profile.as_deref()).map(|(pattern, rule)| (pattern.to_string(), rule.clone()));
        let theme = match choose_theme(&config, rule.as_ref(), environment, flags) {
            Ok(theme) => theme,
            Err(wrong) => {
                problems.extend(wrong.into_iter().map(|problem| layers.source.place_theme(problem)));
                Theme::default()
            }
        };
        let writes = if broken_file {
            (Writes::Never, "the configuration file has errors, and might have meant to forbid it".to_string())
        } else {
            let name = flags.profile.as_deref().unwrap_or("default");
            match rule.and_then(|(pattern, rule)| Some((pattern, rule.writes?))) {
                Some((pattern, writes)) => {
                    (writes, format!("[profiles.\"{pattern}\"] of the configuration, for profile `{name}`"))
                }
                None => (Writes::default(), String::new()),
            }
        };
        Loaded { config, theme, path, problems, writes, source: layers.source }
    }

    /// A problem with an entry that only another room can judge, such as the name of an action or a key.
    /// `path` is the way to the entry, as `["keys", "quit"]`.
    pub fn problem_with(&self, path: &[&str], message: &str, remedy: &str) -> Problem {
        self.source.problem(path, message, remedy)
    }
}

fn choose_theme(
    config: &Config,
    rule: Option<&(String, ProfileRule)>,
    environment: &Environment,
    flags: &Flags,
) -> Result<Theme, Vec<Problem>> {
    let folder = environment.config_dir.as_ref().map(|dir| dir.join("themes"));
    let find = |name: &str| Theme::find(name, folder.as_deref());
    // A theme asked for on the command line wins over everything, NO_COLOR included.
    if let Some(name) = &flags.theme {
        return find(name);
    }
    if environment.no_color || environment.dumb() {
        return find("mono");
    }
    let name = rule.and_then(|(_, rule)| rule.theme.as_deref()).unwrap_or(&config.ui.theme);
    let theme = find(name)?;
    // Sixteen colours can't show an embedded theme's shades; the terminal's own palette can.
    if environment.colours == Colours::Ansi && matches!(name, "night" | "day") { find("ansi") } else { Ok(theme) }
}

/// The file's text; `None` where there is none and nobody asked for it by name.
fn read_file(path: &Path, asked_for: bool) -> Result<Option<String>, Box<Problem>> {
    let name = path.display().to_string();
    let problem = |message: String, remedy: &str| Err(Box::new(Problem::new(name.clone(), message, remedy)));
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !asked_for => return Ok(None),
        Err(error) => return problem(format!("can't be read: {error}"), "check the path and its permissions"),
        Ok(metadata) if metadata.is_dir() => {
            return problem("is a folder".into(), "name the file: --config FOLDER/config.toml");
        }
        Ok(metadata) if metadata.len() > LONGEST_FILE => {
            return problem("is larger than 1 MiB".into(), "this is hardly a configuration; name another file");
        }
        Ok(_) => {}
    }
    match std::fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => Ok(Some(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_string))),
        Ok(Err(_)) => problem("is not UTF-8 text".into(), "save it as UTF-8"),
        Err(error) => problem(format!("can't be read: {error}"), "check the path and its permissions"),
    }
}

struct Layers {
    defaults: Table,
    table: Table,
    problems: Vec<Problem>,
    source: Source,
}

impl Layers {
    fn new() -> Layers {
        let defaults: Table = DEFAULT_TEXT.parse().expect("the embedded default.toml is TOML");
        Layers { table: defaults.clone(), defaults, problems: Vec::new(), source: Source::default() }
    }

    fn file(&mut self, name: &str, text: &str) {
        self.source = Source { name: name.to_string(), text: text.to_string(), spans: BTreeMap::new() };
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            let remedy = "an entry reads: key = \"text\", key = 1 or key = true";
            self.problems.push(Problem::at(name, text, &span, error.message(), remedy));
        }
        if !errors.is_empty() {
            // What a broken line meant can't be known, nor what the lines after it belong to.
            return;
        }
        for (section, value) in document.get_ref().iter() {
            self.section(section, value);
        }
        self.problems.sort_by_key(|problem| problem.place.as_ref().map(|place| (place.line, place.column)));
    }

    fn section(&mut self, section: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) {
        let name = section.get_ref().as_ref();
        if !self.defaults.contains_key(name) {
            let known: Vec<&str> = self.defaults.keys().map(String::as_str).collect();
            let home = self.defaults.iter().find(|(_, table)| table.get(name).is_some()).map(|(home, _)| home);
            let remedy = match (nearest(name, known.iter().copied()), home) {
                (Some(guess), _) => format!("did you mean `[{guess}]`?"),
                (None, Some(home)) => format!("`{name}` stands in `[{home}]`"),
                (None, None) => format!("the sections are {}", known.join(", ")),
            };
            return self.problem(section.span(), &format!("no section is called `{name}`"), &remedy);
        }
        let Some(entries) = value.get_ref().as_table() else {
            return self.problem(
                value.span(),
                &format!("`{name}` is a section"),
                &format!("write `[{name}]` and the entries below it"),
            );
        };
        for (key, value) in entries.iter() {
            let path = vec![name.to_string(), key.get_ref().to_string()];
            match (name, value.get_ref()) {
                ("profiles", DeValue::Table(rule)) => {
                    for (field, value) in rule.iter() {
                        let path = [path.clone(), vec![field.get_ref().to_string()]].concat();
                        if matches!(field.get_ref().as_ref(), "writes" | "theme") {
                            self.entry(&path, value);
                        } else {
                            let remedy = "a profile has `writes` and `theme`";
                            self.problem(field.span(), &format!("no entry is called `{}`", field.get_ref()), remedy);
                        }
                    }
                }
                ("profiles", _) => self.problem(
                    value.span(),
                    "a profile is a table",
                    "write `[profiles.\"NAME\"]` and `writes = \"never\"` below it",
                ),
                ("keys", _) => self.entry(&path, value),
                _ if self.defaults[name].get(path[1].as_str()).is_some() => self.entry(&path, value),
                _ => {
                    let known = self.defaults[name].as_table().into_iter().flat_map(Table::keys).map(String::as_str);
                    let known: Vec<&str> = known.collect();
                    let remedy = match nearest(&path[1], known.iter().copied()) {
                        Some(guess) => format!("did you mean `{guess}`?"),
                        None => format!("the entries of [{name}] are {}", known.join(", ")),
                    };
                    self.problem(key.span(), &format!("no entry of [{name}] is called `{}`", path[1]), &remedy);
                }
            }
        }
    }

    /// An entry of the file: taken over if the configuration reads with it.
    fn entry(&mut self, path: &[String], value: &Spanned<DeValue<'_>>) {
        let span = value.span();
        self.source.spans.insert(path.to_vec(), span.clone());
        let parsed = self.source.text[span.clone()].parse::<Value>();
        let result = match parsed {
            Ok(Value::String(key)) if path[0] == "keys" => self.lay(path, Value::Array(vec![Value::String(key)])),
            Ok(value) => self.lay(path, value),
            // Cut out of its place a table in several parts doesn't read; no entry is one.
            Err(_) => Err("a table has no place here".into()),
        };
        if let Err(message) = result {
            let example = self.example(path);
            self.problem(span, &message, &example);
        }
    }

    fn environment(&mut self, environment: &Environment) {
        for ((section, key), (variable, text)) in &environment.overrides {
            let path = vec![section.clone(), key.clone()];
            let unknown = matches!(section.as_str(), "profiles" | "keys")
                || self.defaults.get(section).is_none_or(|s| s.get(key).is_none());
            if unknown {
                self.problems.push(Problem::new(
                    variable,
                    "means nothing to slsdash",
                    "the name reads SLSDASH_SECTION_ENTRY, as SLSDASH_POLL_METRICS",
                ));
                continue;
            }
            // A variable has no quotes: whatever the entry's kind is, this is how it would be written.
            let value = match &self.defaults[section][key] {
                Value::String(_) => Value::String(text.clone()),
                Value::Float(_) => text.parse().map_or_else(|_| Value::String(text.clone()), Value::Float),
                _ => text.parse().unwrap_or_else(|_| Value::String(text.clone())),
            };
            if let Err(message) = self.lay(&path, value) {
                let example = self.example(&path);
                self.problems.push(Problem::new(variable, message, example));
            }
        }
        for variable in &environment.unknown {
            self.problems.push(Problem::new(
                variable,
                "means nothing to slsdash",
                "the name reads SLSDASH_SECTION_ENTRY, as SLSDASH_POLL_METRICS",
            ));
        }
    }

    /// Lays `value` at `path`, if the whole still reads and lies within its bounds.
    fn lay(&mut self, path: &[String], value: Value) -> Result<(), String> {
        let mut candidate = self.table.clone();
        let mut at = &mut candidate;
        for step in &path[..path.len() - 1] {
            at = at
                .entry(step.clone())
                .or_insert_with(|| Value::Table(Table::new()))
                .as_table_mut()
                .ok_or_else(|| format!("`{step}` is no table"))?;
        }
        // A share may be written 0 or 1.
        let value = match (at.get(&path[path.len() - 1]), value) {
            (Some(Value::Float(_)), Value::Integer(whole)) => Value::Float(whole as f64),
            (_, value) => value,
        };
        at.insert(path[path.len() - 1].clone(), value);
        let config = Config::deserialize(candidate.clone()).map_err(|error| first_line(error.message()))?;
        bounds(&config, path)?;
        self.table = candidate;
        Ok(())
    }

    fn problem(&mut self, span: Range<usize>, message: &str, remedy: &str) {
        self.problems.push(Problem::at(self.source.name.clone(), &self.source.text, &span, message, remedy));
    }

    /// How the default writes an entry.
    fn example(&self, path: &[String]) -> String {
        match (path[0].as_str(), path.last().map(String::as_str)) {
            ("keys", _) => "keys are written [\"ctrl-r\", \"f5\"]".into(),
            ("profiles", Some("writes")) => "choose \"confirm\", \"confirm-by-name\" or \"never\"".into(),
            ("profiles", _) => "write the name of a theme".into(),
            (section, Some(key)) => format!("the default is {key} = {}", self.defaults[section][key]),
            _ => String::new(),
        }
    }
}

impl Source {
    fn problem(&self, path: &[&str], message: &str, remedy: &str) -> Problem {
        let path: Vec<String> = path.iter().map(ToString::to_string).collect();
        match self.spans.get(&path) {
            Some(span) => Problem::at(self.name.clone(), &self.text, span, message, remedy),
            None => Problem::new(path.join("."), message, remedy),
        }
    }

    /// A theme that can't be found is a mistake at the place that names it.
    fn place_theme(&self, problem: Problem) -> Problem {
        let named = self.spans.iter().find(|(path, span)| {
            path.last().is_some_and(|key| key == "theme")
                && problem.source == "theme"
                && problem.message.contains(&format!("`{}`", self.text[(*span).clone()].trim_matches(['"', '\''])))
        });
        match named {
            Some((_, span)) => Problem::at(self.name.clone(), &self.text, span, problem.message, problem.remedy),
            None => problem,
        }
    }
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_string()
}

/// The name of a column of the function table.
fn column(name: &str) -> Result<(), String> {
    if super::FUNCTION_COLUMNS.contains(&name) || name.strip_prefix("tag.").is_some_and(|key| !key.is_empty()) {
        return Ok(());
    }
    let guess = nearest(name, super::FUNCTION_COLUMNS.iter().copied());
    let guess = guess.map(|guess| format!("did you mean `{guess}`? ")).unwrap_or_default();
    Err(format!("no column is called `{name}`: {guess}there are {}, tag.NAME", super::FUNCTION_COLUMNS.join(", ")))
}

/// Numbers that read well and mean nothing good.
fn bounds(config: &Config, path: &[String]) -> Result<(), String> {
    let at: Vec<&str> = path.iter().map(String::as_str).collect();
    let (poll, t) = (&config.poll, &config.thresholds);
    let seconds = |at_least: u64, span: std::time::Duration, why: &str| {
        (span.as_secs_f64() >= at_least as f64).then_some(()).ok_or_else(|| format!("at least {at_least} s: {why}"))
    };
    let share = |share: f64| {
        (0.0..=1.0).contains(&share).then_some(()).ok_or_else(|| "a share lies between 0 and 1".to_string())
    };
    match at.as_slice() {
        ["ui", "window"] if config.ui.window.as_secs() > 86_400 => Err("a window is at most 24h long".into()),
        ["ui", "window"] => seconds(60, config.ui.window, "CloudWatch counts by the minute"),
        ["poll", "metrics"] => seconds(10, poll.metrics, "CloudWatch bills every metric asked for"),
        ["poll", "inventory"] => {
            seconds(10, poll.inventory, "Lambda answers 15 requests a second for the whole account")
        }
        ["poll", "detail"] => seconds(5, poll.detail, "Lambda answers 15 requests a second for the whole account"),
        ["poll", "alarms"] => {
            seconds(10, poll.alarms, "CloudWatch answers 9 such requests a second for the whole account")
        }
        ["poll", "tail"] => seconds(1, poll.tail, "CloudWatch Logs answers 5 such requests a second in some regions"),
        ["poll", "traces"] => seconds(5, poll.traces, "X-Ray bills every trace scanned"),
        ["poll", "apis"] => seconds(30, poll.apis, "API Gateway answers 10 requests a second for the whole account"),
        ["poll", "stages"] => {
            seconds(10, poll.stages, "API Gateway answers 10 requests a second for the whole account")
        }
        ["poll", "budget_dollars_per_hour"]
            if poll.budget_dollars_per_hour.is_nan() || poll.budget_dollars_per_hour < 0.0 =>
        {
            Err("a budget is not below nothing".into())
        }
        ["functions", "columns"] => config.functions.columns.iter().try_for_each(|name| column(name)),
        ["functions", "sort"] if config.functions.sort == "worst" => Ok(()),
        ["functions", "sort"] => column(&config.functions.sort),
        ["logs", "cap"] if config.logs.cap < 1 << 20 => Err("at least 1 MiB: a single event may have that size".into()),
        ["invoke", "cap"] if config.invoke.cap < 64 << 10 => Err("at least 64 KiB: smaller holds no answer".into()),
        ["invoke", "cap"] if config.invoke.cap > 256 << 20 => Err("at most 256 MiB: the file is read whole".into()),
        ["traces", "cap"] if config.traces.cap == 0 => Err("at least 1".into()),
        ["thresholds", "error_share"] => share(t.error_share),
        ["thresholds", "error_share_critical"] => share(t.error_share_critical),
        ["thresholds", "fault_share"] => share(t.fault_share),
        ["thresholds", "fault_share_critical"] => share(t.fault_share_critical),
        ["thresholds", "throttle_share"] => share(t.throttle_share),
        ["thresholds", "timeout_share"] => share(t.timeout_share),
        ["thresholds", "forecast"] if t.forecast.as_secs() > 7200 => {
            Err("at most 2h: nobody can say how things are later than that".into())
        }
        ["thresholds", "duration_of_timeout"] => share(t.duration_of_timeout),
        ["thresholds", "memory_of_size"] => share(t.memory_of_size),
        ["thresholds", "memory_low"] => share(t.memory_low),
        ["thresholds", "cold_share"] => share(t.cold_share),
        ["thresholds", "provisioned_low"] => share(t.provisioned_low),
        ["thresholds", "concurrency_of_limit"] => share(t.concurrency_of_limit),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use std::time::Duration;

    fn variables(variables: &[(&str, &str)]) -> Environment {
        let read =
            Environment::from(variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))));
        Environment { colours: Colours::True, ..read }
    }

    fn load(text: &str) -> Loaded {
        load_with(text, &[], Flags::default())
    }

    fn load_with(text: &str, environment: &[(&str, &str)], flags: Flags) -> Loaded {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        let loaded = Loaded::read(&variables(environment), &Flags { file: Some(path.clone()), ..flags });
        let mut loaded = loaded;
        for problem in &mut loaded.problems {
            problem.source = problem.source.replace(&path.display().to_string(), "config.toml");
        }
        loaded
    }

    #[test]
    fn layers_lie_over_each_other_in_order() {
        let text = "[poll]\nmetrics = \"30s\"\ntail = \"5s\"\n[thresholds]\ncold_share = 1\n[keys]\nquit = \"x\"";
        let environment = [("SLSDASH_POLL_TAIL", "9s"), ("SLSDASH_UI_MOUSE", "false"), ("SLSDASH_UI_THEME", "day")];
        let flags = Flags { theme: Some("ansi".into()), since: Some(Duration::from_secs(300)), ..Flags::default() };
        let loaded = load_with(text, &environment, flags);
        assert_eq!(loaded.problems, []);
        assert_eq!(loaded.config.poll.metrics.as_secs(), 30);
        assert_eq!(loaded.config.poll.tail.as_secs(), 9);
        assert_eq!(loaded.config.poll.alarms, Config::default().poll.alarms);
        assert!(!loaded.config.ui.mouse);
        assert_eq!(loaded.theme.name, "ansi");
        assert_eq!(loaded.config.ui.window.as_secs(), 300);
        assert_eq!(loaded.config.keys["quit"], ["x"]);
    }

    #[test]
    fn everything_wrong_is_told_at_once_with_its_place_and_remedy() {
        let text = "[ui]\ntheme = 7\nwindow = \"90\"\n[poll]\nmettrics = \"5s\"\nmetrics = \"1s\"\n[logs]\ncap = \"lots\"\n[polls]\n[profiles.x]\nwrites = \"sometimes\"\nread = 1\n";
        let loaded = load(text);
        let told: Vec<String> = loaded.problems.iter().map(Problem::sentence).collect();
        let expected = [
            ("config.toml:2:9:", "expected a string"),
            ("config.toml:3:10:", "write `90s`"),
            ("config.toml:5:1:", "did you mean `metrics`"),
            ("config.toml:6:11:", "at least 10 s"),
            ("config.toml:8:7:", "512 MiB"),
            ("config.toml:9:2:", "did you mean `[poll]`"),
            ("config.toml:11:10:", "choose \"confirm\""),
            ("config.toml:12:1:", "`writes` and `theme`"),
        ];
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for ((place, part), told) in expected.iter().zip(&told) {
            assert!(told.starts_with(place) && told.contains(part), "{place} {part}: {told}");
        }
        let config = Config { profiles: loaded.config.profiles.clone(), ..Config::default() };
        assert_eq!(loaded.config, config, "wrong entries leave the defaults");
    }

    #[test]
    fn columns_of_the_function_table_are_those_that_there_are() {
        let loaded = load("[functions]\ncolumns = [\"p90\", \"tag.team\"]\nsort = \"p90\"\n");
        assert_eq!(loaded.problems, []);
        assert_eq!(loaded.config.functions.columns, ["p90", "tag.team"]);
        let loaded = load("[functions]\ncolumns = [\"p90\", \"throtles\"]\nsort = \"tag.\"\n");
        let told: Vec<String> = loaded.problems.iter().map(Problem::sentence).collect();
        assert_eq!(told.len(), 2, "{told:#?}");
        assert!(told[0].starts_with("config.toml:2:11:") && told[0].contains("did you mean `throttles`?"), "{told:#?}");
        assert!(told[1].contains("no column is called `tag.`"), "{told:#?}");
        assert_eq!(loaded.config.functions, Config::default().functions);
    }

    #[test]
    fn a_broken_line_is_shown_with_a_caret() {
        let loaded = load("[ui]\ntheme = night\n");
        let told = loaded.problems[0].to_string();
        assert!(told.starts_with("config.toml:2:9:"), "{told}");
        assert!(told.contains("theme = night\n"), "{told}");
        assert!(told.contains("^"), "{told}");
    }

    #[test]
    fn a_broken_file_forbids_changes() {
        assert_eq!(load("[ui]\nthem = \"day\"\n").writes.0, Writes::Never);
        assert_eq!(load("nonsense").writes.0, Writes::Never);
        assert_eq!(load("").writes.0, Writes::Confirm);
        let flags = Flags { profile: Some("shop-prod".into()), ..Flags::default() };
        assert_eq!(load_with("", &[], flags.clone()).writes.0, Writes::ConfirmByName);
        let loaded = load_with("[profiles.\"*prod*\"]\nwrites = \"never\"\ntheme = \"day\"", &[], flags);
        assert_eq!((loaded.writes.0, loaded.theme.name.as_str()), (Writes::Never, "day"));
        assert!(loaded.writes.1.contains("*prod*"), "{}", loaded.writes.1);
    }

    #[test]
    fn an_unknown_theme_is_shown_where_it_is_named() {
        let loaded = load("[ui]\ntheme = \"nigth\"\n");
        assert!(loaded.problems[0].sentence().starts_with("config.toml:2:9: no theme is called `nigth`"));
        assert_eq!(loaded.theme.name, "night");
    }

    #[test]
    fn no_colour_means_mono_unless_a_theme_is_asked_for() {
        assert_eq!(load_with("", &[("NO_COLOR", "1")], Flags::default()).theme.name, "mono");
        assert_eq!(load_with("", &[("TERM", "dumb")], Flags::default()).theme.name, "mono");
        let flags = Flags { theme: Some("day".into()), ..Flags::default() };
        assert_eq!(load_with("", &[("NO_COLOR", "1")], flags).theme.name, "day");
        let sixteen = Environment { colours: Colours::Ansi, ..variables(&[]) };
        assert_eq!(Loaded::read(&sixteen, &Flags::default()).theme.name, "ansi");
    }

    #[test]
    fn a_file_that_is_missing_matters_only_when_it_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment { config_dir: Some(folder.path().into()), ..variables(&[]) };
        assert_eq!(Loaded::read(&environment, &Flags::default()).problems, []);
        let flags = Flags { file: Some(folder.path().join("none.toml")), ..Flags::default() };
        assert!(Loaded::read(&environment, &flags).problems[0].message.contains("can't be read"));
        let flags = Flags { file: Some(folder.path().into()), ..Flags::default() };
        assert!(Loaded::read(&environment, &flags).problems[0].message.contains("is a folder"));
        let path = folder.path().join("config.toml");
        std::fs::write(&path, b"\xff\xfe").unwrap();
        assert!(Loaded::read(&environment, &Flags::default()).problems[0].message.contains("UTF-8"));
        std::fs::write(&path, "\u{feff}[ui]\r\ntheme = \"day\"\r\n").unwrap();
        assert_eq!(Loaded::read(&environment, &Flags::default()).theme.name, "day");
    }

    #[test]
    fn variables_are_judged_like_entries() {
        let environment = [
            ("SLSDASH_POLL_METRICS", "1s"),
            ("SLSDASH_COLOUR", "x"),
            ("SLSDASH_UI_MUOSE", "true"),
            ("SLSDASH_UI_ASCII", "yes"),
        ];
        let loaded = load_with("", &environment, Flags::default());
        let told: Vec<String> = loaded.problems.iter().map(Problem::sentence).collect();
        assert_eq!(told.len(), 4, "{told:#?}");
        assert!(told.iter().any(|t| t.starts_with("SLSDASH_POLL_METRICS: at least 10 s")), "{told:#?}");
        assert_eq!(loaded.writes.0, Writes::Confirm);
    }

    #[test]
    fn the_file_of_the_defaults_is_a_valid_configuration() {
        assert_eq!(load(DEFAULT_TEXT).problems, []);
    }
}
