//! Flags and subcommands: what the user typed, and which file answers it.
//!
//! Standard output is data, standard error is messages. Exit codes are those of the AWS CLI, see [`failure`].

mod account;
mod apis;
mod configuration;
mod dashboard;
mod doctor;
pub mod failure;
mod invoke;
mod journal;
mod jq;
pub mod keys;
mod line;
mod logs;
mod manual;
mod occasion;
mod output;
mod policy;
mod sim;
mod table;
mod top;
mod trace;
mod traces;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::config::Environment;
use crate::config::quantity::parse_span;
use crate::runtime::jq::SUBCOMMAND;
use crate::sim::world::scenario::Scenario;
use crate::time::Clock;
use failure::{Failure, USAGE};
use occasion::Occasion;

/// One pane of glass for an AWS serverless system: functions, logs, traces and APIs, correlated, in the terminal.
///
/// Without a command it opens the dashboard on the account that the AWS credential chain finds. `slsdash demo` opens the
/// same dashboard on an account made up inside the program: it needs neither credentials nor a network.
#[derive(Debug, Parser)]
#[command(name = "slsdash", version, max_term_width = 110, after_help = EXIT_CODES)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 ok, 130 interrupted, 252 usage, 253 credentials or environment, \
254 the service answered an error (or the invoked function did), 255 anything else.";

/// Flags that every command takes.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Profile of the shared AWS configuration
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,
    /// AWS region
    #[arg(long, global = true, value_name = "NAME")]
    region: Option<String>,
    /// Ask this endpoint instead of AWS: an emulator, or `slsdash sim`
    #[arg(long, global = true, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Refuse every change of the account, invokes included
    #[arg(long, global = true)]
    read_only: bool,
    /// How far back to look, as 15m, 1h or 1h30m
    #[arg(long, global = true, value_name = "SPAN", value_parser = parse_span)]
    since: Option<Duration>,
    /// Read this configuration file and no other
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Theme: night, day, ansi, mono, or one of your own
    #[arg(long, global = true, value_name = "NAME")]
    theme: Option<String>,
    /// Draw with ASCII characters only
    #[arg(long, global = true)]
    ascii: bool,
    /// Write a log of this detail to slsdash.log in the state folder
    #[arg(long, global = true, value_name = "LEVEL")]
    log: Option<journal::Level>,
}

/// The commands.
#[derive(Debug, Subcommand)]
enum Command {
    /// Open the dashboard on an account made up inside the program
    Demo(Embedded),
    /// Serve that account on a local port to any AWS client
    Sim(SimArgs),
    /// Print the table of functions with their numbers over the window
    Top(TopArgs),
    /// Print log events in time order
    Logs(LogsArgs),
    /// List traces, newest first
    Traces(TracesArgs),
    /// Print one trace with its segments
    Trace(TraceArgs),
    /// List APIs and their stages with cache, throttle and logging settings
    Apis(TableOutput),
    /// Invoke a function, once, and print its answer and its log
    Invoke(InvokeArgs),
    /// Check credentials, region, clock, permissions and terminal
    Doctor,
    /// Print the least IAM policy that slsdash needs
    Policy {
        /// Grant its changes too: invoking, provisioned concurrency
        #[arg(long)]
        write: bool,
    },
    /// Print, check or find the configuration
    Config {
        #[command(subcommand)]
        what: ConfigWhat,
    },
    /// Print every command of the dashboard with its keys
    Keys,
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// How to make the embedded account.
#[derive(Clone, Debug, Args)]
struct Embedded {
    /// What goes on in it
    #[arg(long, value_name = "NAME", default_value = "shop", value_parser = PossibleValuesParser::new(Scenario::names()))]
    scenario: String,
    /// The same seed makes the same account
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// How many functions it has at least
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = functions)]
    functions: usize,
}

#[derive(Debug, Args)]
struct SimArgs {
    /// Port on 127.0.0.1; 0 is any free one
    #[arg(long, default_value_t = 4566)]
    port: u16,
    #[command(flatten)]
    account: Embedded,
}

/// A table for people or a document for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TableFormat {
    Table,
    Json,
}

/// Text for people or a document for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TextFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
struct TableOutput {
    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: TableFormat,
}

#[derive(Debug, Args)]
struct TextOutput {
    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: TextFormat,
}

#[derive(Debug, Args)]
struct TopArgs {
    /// Print it once instead of again and again
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    output: TableOutput,
}

#[derive(Debug, Args)]
struct LogsArgs {
    /// Functions, log groups, APIs (or API/STAGE): by name, by a part of it, or with `*` and `?`
    #[arg(required = true, value_name = "PATTERN")]
    patterns: Vec<String>,
    /// Go on with what comes
    #[arg(short, long)]
    follow: bool,
    /// Filter pattern that CloudWatch Logs applies
    #[arg(long, value_name = "PATTERN")]
    filter: Option<String>,
    /// Print what this jq expression makes of JSON lines, and no other lines
    #[arg(long, value_name = "EXPRESSION", allow_hyphen_values = true)]
    jq: Option<String>,
    #[command(flatten)]
    output: TextOutput,
}

#[derive(Debug, Args)]
struct TracesArgs {
    /// Filter expression that X-Ray applies, as `fault = true`
    #[arg(long, value_name = "EXPRESSION")]
    filter: Option<String>,
    #[command(flatten)]
    output: TableOutput,
}

#[derive(Debug, Args)]
struct TraceArgs {
    /// Trace id, as 1-68f0a1b2-0123456789abcdef01234567
    id: String,
    #[command(flatten)]
    output: TextOutput,
}

#[derive(Debug, Args)]
struct InvokeArgs {
    /// Name or ARN of the function
    function: String,
    /// JSON, @FILE, or - for standard input
    #[arg(long, value_name = "JSON|@FILE|-", default_value = "{}", allow_hyphen_values = true)]
    payload: String,
    /// Alias or version; $LATEST without one
    #[arg(long)]
    qualifier: Option<String>,
    /// Wait for the answer, queue it, or only check that it could be done
    #[arg(long = "type", value_name = "TYPE", default_value = "request")]
    kind: InvokeKind,
    #[command(flatten)]
    output: TextOutput,
}

/// InvocationType in words of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum InvokeKind {
    Request,
    Event,
    DryRun,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
enum ConfigWhat {
    /// Print the defaults, a file to start from
    Default,
    /// Check your file, the environment and your theme
    Check,
    /// Print where your file is, or would be
    Path,
}

fn functions(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count <= 100_000 => Ok(count),
        _ => Err("a number of functions is at most 100000".into()),
    }
}

/// The definition of the command line, for completions, manual and tests.
pub fn definition() -> clap::Command {
    Cli::command()
}

/// Does what the arguments say and returns the exit code. Prints; reads the environment.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // Not a command: nobody types it, so neither help nor completions know it.
    if let [_, worker, expression] = arguments.as_slice()
        && worker == SUBCOMMAND
    {
        return jq::serve(&expression.to_string_lossy());
    }
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { USAGE } else { 0 };
            // Nobody may be listening any more; there is nobody to tell.
            let _ = error.print();
            return code;
        }
    };
    match answer(cli) {
        Ok(code) => code,
        Err(failure) => {
            output::complain(&failure.message);
            failure.code
        }
    }
}

fn answer(cli: Cli) -> Result<u8, Failure> {
    let environment = Environment::read();
    let clock = Clock::system();
    if let Some(level) = cli.global.log {
        journal::start(level, environment.state_dir.as_deref())?;
    }
    let occasion = Occasion::new(cli.global, environment, clock);
    match cli.command {
        None => dashboard::real(occasion),
        Some(Command::Demo(account)) => dashboard::demo(occasion, &account),
        Some(Command::Sim(arguments)) => sim::serve(&occasion, &arguments),
        Some(Command::Top(arguments)) => occasion.headless(async |occasion| top::run(occasion, &arguments).await),
        Some(Command::Logs(arguments)) => occasion.headless(async |occasion| logs::run(occasion, &arguments).await),
        Some(Command::Traces(arguments)) => occasion.headless(async |occasion| traces::run(occasion, &arguments).await),
        Some(Command::Trace(arguments)) => occasion.headless(async |occasion| trace::run(occasion, &arguments).await),
        Some(Command::Apis(arguments)) => occasion.headless(async |occasion| apis::run(occasion, &arguments).await),
        Some(Command::Invoke(arguments)) => occasion.headless(async |occasion| invoke::run(occasion, &arguments).await),
        Some(Command::Doctor) => occasion.headless(async |occasion| doctor::run(occasion).await),
        Some(Command::Policy { write }) => policy::run(&occasion, write),
        Some(Command::Config { what }) => configuration::run(&occasion, what),
        Some(Command::Keys) => keys::run(&occasion),
        Some(Command::Completions { shell }) => manual::completions(shell),
        Some(Command::Man) => manual::page(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        definition().debug_assert();
    }

    #[test]
    fn flags_stand_before_or_after_the_command() {
        for line in [["slsdash", "--since", "15m", "top", "--once"], ["slsdash", "top", "--once", "--since", "15m"]] {
            let cli = Cli::try_parse_from(line).unwrap();
            assert_eq!(cli.global.since, Some(Duration::from_secs(900)), "{line:?}");
        }
    }
}
