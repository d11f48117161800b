//! `slsdash config default`, `check` and `path`.

use super::ConfigWhat;
use super::failure::{ENVIRONMENT, Failure, OK};
use super::occasion::Occasion;
use super::output::Output;
use crate::app::keymap::Keymap;
use crate::config::{DEFAULT_TEXT, Problem};

/// Prints the defaults, what is wrong with the user's, or where that is.
pub fn run(occasion: &Occasion, what: ConfigWhat) -> Result<u8, Failure> {
    let mut output = Output::new();
    let loaded = &occasion.loaded;
    let code = match what {
        ConfigWhat::Default => {
            output.plain(DEFAULT_TEXT)?;
            OK
        }
        ConfigWhat::Path => match &loaded.path {
            Some(path) => {
                output.line(&path.display().to_string())?;
                OK
            }
            None => return Err(Failure::environment("there is no home folder; set XDG_CONFIG_HOME or use --config")),
        },
        ConfigWhat::Check => {
            let mut problems = loaded.problems.clone();
            let (_, clashes) = Keymap::with(&loaded.config.keys);
            problems.extend(clashes.into_iter().map(|clash| key_problem(occasion, &clash)));
            for problem in &problems {
                output.line(&problem.to_string())?;
            }
            let file = loaded.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
            let exists = loaded.path.as_ref().is_some_and(|path| path.exists());
            match (problems.len(), exists) {
                (0, true) => output.line(&format!("{file}: fine"))?,
                (0, false) => output.line(&format!("{file}: not there; the defaults count"))?,
                (1, _) => output.line("1 problem")?,
                (count, _) => output.line(&format!("{count} problems"))?,
            }
            if problems.is_empty() { OK } else { ENVIRONMENT }
        }
    };
    output.flush()?;
    Ok(code)
}

/// What the keymap says of `[keys] name: …`, at the place where it is written.
fn key_problem(occasion: &Occasion, clash: &str) -> Problem {
    let rest = clash.strip_prefix("[keys] ").unwrap_or(clash);
    let name = rest.split([' ', ':']).next().unwrap_or_default();
    occasion.loaded.problem_with(&["keys", name], rest, "`slsdash keys` lists the commands and their keys")
}
