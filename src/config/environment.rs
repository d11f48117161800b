//! The environment, read once and handed on: no other place of the program asks for a variable.
//!
//! The AWS SDK reads its own variables by itself; those in here are for messages and for what the SDK does not read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use etcetera::BaseStrategy;

/// What the environment says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// Folder of `config.toml` and `themes`: `SLSDASH_CONFIG_DIR`, or `slsdash` in the XDG folder. `None` without a home.
    pub config_dir: Option<PathBuf>,
    /// Folder of the log and the audit file: `slsdash` in the XDG folder. `None` without a home.
    pub state_dir: Option<PathBuf>,
    /// Folder of payloads and answers of invokes: `slsdash` in the XDG folder. `None` without a home.
    pub data_dir: Option<PathBuf>,
    /// The editor's command line: `VISUAL`, or `EDITOR`.
    pub editor: Option<String>,
    /// `SLSDASH_<SECTION>_<KEY>` by (section, key), in lower case, with the variable's name.
    pub overrides: BTreeMap<(String, String), (String, String)>,
    /// `SLSDASH_` variables that mean nothing.
    pub unknown: Vec<String>,
    /// Colours that the terminal has.
    pub colours: Colours,
    /// `NO_COLOR` is set to something.
    pub no_color: bool,
    /// `TERM`.
    pub term: Option<String>,
    /// The locale speaks UTF-8.
    pub utf8: bool,
    /// Within an SSH connection.
    pub ssh: bool,
    /// Within tmux.
    pub tmux: bool,
    /// `AWS_PROFILE`, or `AWS_DEFAULT_PROFILE`.
    pub aws_profile: Option<String>,
    /// `AWS_REGION`, or `AWS_DEFAULT_REGION`.
    pub aws_region: Option<String>,
    /// `AWS_ENDPOINT_URL`.
    pub aws_endpoint_url: Option<String>,
    /// `AWS_CA_BUNDLE`: the SDK does not read it.
    pub aws_ca_bundle: Option<PathBuf>,
    /// `AWS_ACCESS_KEY_ID` is set.
    pub aws_keys: bool,
}

/// How many colours a terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colours {
    /// None: `NO_COLOR`, `TERM=dumb`, no terminal.
    #[default]
    None,
    /// The sixteen of ANSI.
    Ansi,
    /// 256.
    Indexed,
    /// 16 million.
    True,
}

impl Environment {
    /// Reads the environment of this process.
    #[allow(clippy::disallowed_methods)] // the only reader of the environment
    pub fn read() -> Environment {
        let mut environment = Environment::from(std::env::vars_os());
        if let Ok(folders) = etcetera::choose_base_strategy() {
            environment.config_dir.get_or_insert_with(|| folders.config_dir().join("slsdash"));
            environment.data_dir = Some(folders.data_dir().join("slsdash"));
            environment.state_dir = folders.state_dir().map(|folder| folder.join("slsdash"));
        }
        environment.colours = match supports_color::on(supports_color::Stream::Stdout) {
            Some(level) if level.has_16m => Colours::True,
            Some(level) if level.has_256 => Colours::Indexed,
            Some(_) => Colours::Ansi,
            None => Colours::None,
        };
        environment
    }

    /// Reads these variables; folders and colours need more than variables and stay empty.
    pub fn from(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Environment {
        // An empty variable counts as unset, as everywhere in AWS's own tools.
        let variables: BTreeMap<String, String> = variables
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let get = |name: &str| variables.get(name).cloned();
        let locale = get("LC_ALL").or_else(|| get("LC_CTYPE")).or_else(|| get("LANG"));
        let mut environment = Environment {
            config_dir: get("SLSDASH_CONFIG_DIR").map(PathBuf::from),
            no_color: variables.contains_key("NO_COLOR"),
            editor: get("VISUAL").or_else(|| get("EDITOR")),
            term: get("TERM"),
            // Without any locale the terminal is far more often UTF-8 than not: containers and ssh drop the variables.
            utf8: locale.is_none_or(|locale| is_utf8(&locale)),
            ssh: variables.contains_key("SSH_CONNECTION") || variables.contains_key("SSH_TTY"),
            tmux: variables.contains_key("TMUX"),
            aws_profile: get("AWS_PROFILE").or_else(|| get("AWS_DEFAULT_PROFILE")),
            aws_region: get("AWS_REGION").or_else(|| get("AWS_DEFAULT_REGION")),
            aws_endpoint_url: get("AWS_ENDPOINT_URL"),
            aws_ca_bundle: get("AWS_CA_BUNDLE").map(PathBuf::from),
            aws_keys: variables.contains_key("AWS_ACCESS_KEY_ID"),
            ..Environment::default()
        };
        for (name, value) in &variables {
            let Some(rest) = name.strip_prefix("SLSDASH_") else { continue };
            if rest == "CONFIG_DIR" {
                continue;
            }
            match rest.to_ascii_lowercase().split_once('_') {
                Some((section, key)) => {
                    let at = (section.to_string(), key.to_string());
                    environment.overrides.insert(at, (name.clone(), value.clone()));
                }
                None => environment.unknown.push(name.clone()),
            }
        }
        environment
    }

    /// The terminal can't be drawn on.
    pub fn dumb(&self) -> bool {
        self.term.as_deref() == Some("dumb")
    }
}

fn is_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Environment {
        Environment::from(variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))))
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let environment = of(&[("AWS_PROFILE", ""), ("NO_COLOR", ""), ("AWS_DEFAULT_PROFILE", "shop")]);
        assert_eq!(environment.aws_profile.as_deref(), Some("shop"));
        assert!(!environment.no_color);
    }

    #[test]
    fn the_locale_decides_about_utf8() {
        assert!(of(&[]).utf8);
        assert!(of(&[("LANG", "de_DE.UTF-8")]).utf8);
        assert!(!of(&[("LANG", "C")]).utf8);
        assert!(!of(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "POSIX")]).utf8);
    }

    #[test]
    fn variables_of_ours_name_section_and_key() {
        let environment = of(&[("SLSDASH_POLL_IDLE_AFTER", "1m"), ("SLSDASH_CONFIG_DIR", "/c"), ("SLSDASH_X", "1")]);
        let at = ("poll".to_string(), "idle_after".to_string());
        assert_eq!(environment.overrides[&at], ("SLSDASH_POLL_IDLE_AFTER".to_string(), "1m".to_string()));
        assert_eq!(environment.config_dir, Some(PathBuf::from("/c")));
        assert_eq!(environment.unknown, ["SLSDASH_X"]);
    }
}
