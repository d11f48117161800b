//! Themes: the roles that text plays on the screen, each with its look as a string.
//!
//! A look reads `[COLOUR] [on COLOUR] [bold] [dim] [italic] [underlined] [reversed] [crossed-out]`. A colour is `default`
//! (the terminal's own), one of ANSI's sixteen by name, a number of the 256, or `#rrggbb`. A file of the user may leave
//! roles out and name a `base` that has them.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;

use super::problem::Problem;
use super::quantity::nearest;

/// Names and texts of the embedded themes.
const EMBEDDED: [(&str, &str); 4] = [
    ("night", include_str!("../../config/themes/night.toml")),
    ("day", include_str!("../../config/themes/day.toml")),
    ("ansi", include_str!("../../config/themes/ansi.toml")),
    ("mono", include_str!("../../config/themes/mono.toml")),
];

/// The roles, each with what it is for.
pub const ROLES: [(&str, &str); 43] = [
    ("text", "what is not anything else"),
    ("dim", "labels, units, what matters less"),
    ("strong", "numbers and names that matter"),
    ("accent", "the program's own colour: tabs and marks"),
    ("title", "title of a panel"),
    ("border", "frame of a panel"),
    ("border-focus", "frame of the panel that has the keys"),
    ("header", "the header line"),
    ("header-label", "labels within the header line"),
    ("tab", "a tab"),
    ("tab-active", "the tab in front"),
    ("footer", "the footer line"),
    ("footer-key", "a key in the footer and in the help"),
    ("table-header", "column titles"),
    ("selection", "the selected row"),
    ("match", "what a search or filter has found"),
    ("input", "text being typed"),
    ("placeholder", "what an empty input suggests"),
    ("popup", "ground of popups"),
    ("popup-border", "frame of popups"),
    ("danger", "frame of a confirmation, of a production profile, of a refusal"),
    ("good", "fine"),
    ("notice", "worth knowing"),
    ("warning", "will hurt"),
    ("critical", "hurts now"),
    ("stale", "old numbers"),
    ("provisional", "buckets that are not complete yet"),
    ("cold", "cold starts"),
    ("throttle", "throttles"),
    ("link", "ids that lead somewhere"),
    ("level-error", "log lines: ERROR"),
    ("level-warn", "log lines: WARN"),
    ("level-info", "log lines: INFO"),
    ("level-debug", "log lines: DEBUG and TRACE"),
    ("level-platform", "log lines: START, END, REPORT"),
    ("chart-1", "first series of a chart, and the only one"),
    ("chart-2", "second series"),
    ("chart-3", "third series"),
    ("chart-4", "fourth series"),
    ("chart-axis", "axes and grid"),
    ("chart-limit", "the line of a limit"),
    ("span", "bar of a trace"),
    ("span-inferred", "bar of a segment that X-Ray inferred"),
];

const ANSI_NAMES: [&str; 19] = [
    "default",
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "dark-gray",
    "light-red",
    "light-green",
    "light-yellow",
    "light-blue",
    "light-magenta",
    "light-cyan",
    "white",
    "grey",
    "dark-grey",
];
const MODIFIERS: [&str; 6] = ["bold", "dim", "italic", "underlined", "reversed", "crossed-out"];

/// A theme: the look of each role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    roles: BTreeMap<String, String>,
}

impl Default for Theme {
    fn default() -> Theme {
        Theme::embedded("night").expect("night is embedded")
    }
}

impl Theme {
    /// Names of the embedded themes, the default first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// An embedded theme.
    pub fn embedded(name: &str) -> Option<Theme> {
        let (name, text) = EMBEDDED.iter().find(|(known, _)| *known == name)?;
        let roles = toml::from_str(text).expect("embedded themes are checked by a test");
        Some(Theme { name: (*name).to_string(), roles })
    }

    /// The look of a role, one of [`ROLES`].
    pub fn look(&self, role: &str) -> &str {
        debug_assert!(ROLES.iter().any(|(known, _)| *known == role), "no role {role}");
        self.roles.get(role).map_or("", String::as_str)
    }

    /// Every role with its look.
    pub fn looks(&self) -> impl Iterator<Item = (&str, &str)> {
        self.roles.iter().map(|(role, look)| (role.as_str(), look.as_str()))
    }

    /// Finds a theme: `NAME.toml` in `folder`, or an embedded one. Errors: everything that is wrong with it.
    pub fn find(name: &str, folder: Option<&Path>) -> Result<Theme, Vec<Problem>> {
        // A name is not a path: themes come from one folder only.
        let file = folder.filter(|_| !name.contains(['/', '\\', '.'])).map(|f| f.join(format!("{name}.toml")));
        if let Some(file) = file
            && let Ok(text) = std::fs::read_to_string(&file)
        {
            return Theme::parse(name, &file.display().to_string(), &text);
        }
        Theme::embedded(name).ok_or_else(|| {
            let known: Vec<&str> = Theme::names().collect();
            let place = folder.map(|f| format!(", or write {}/{name}.toml", f.display())).unwrap_or_default();
            vec![Problem::new(
                "theme",
                format!("no theme is called `{name}`"),
                format!("choose one of {}{place}", known.join(", ")),
            )]
        })
    }

    /// Reads a theme of the user, laid over its `base` (default `night`).
    pub fn parse(name: &str, source: &str, text: &str) -> Result<Theme, Vec<Problem>> {
        let entries: BTreeMap<Spanned<String>, Spanned<toml::Value>> = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            vec![Problem::at(source, text, &span, error.message(), "a line reads: role = \"look\"")]
        })?;
        let mut problems = Vec::new();
        let mut theme = Theme { name: name.into(), ..Theme::default() };
        let base = entries.iter().find(|(key, _)| key.get_ref() == "base");
        if let Some((_, value)) = base {
            match value.get_ref().as_str().and_then(Theme::embedded) {
                Some(base) => theme.roles = base.roles,
                None => problems.push(Problem::at(
                    source,
                    text,
                    &value.span(),
                    "the base of a theme is an embedded one",
                    format!("choose one of {}", Theme::names().collect::<Vec<_>>().join(", ")),
                )),
            }
        }
        for (role, value) in entries.iter().filter(|(key, _)| key.get_ref() != "base") {
            let (span, role) = (role.span(), role.get_ref());
            if !ROLES.iter().any(|(known, _)| known == role) {
                let guess = nearest(role, ROLES.iter().map(|(known, _)| *known));
                let remedy =
                    guess.map_or("the embedded themes show the roles".into(), |g| format!("did you mean `{g}`?"));
                problems.push(Problem::at(source, text, &span, format!("no role is called `{role}`"), remedy));
                continue;
            }
            match value.get_ref().as_str().map(check_look) {
                Some(Ok(())) => {
                    theme.roles.insert(role.clone(), value.get_ref().as_str().unwrap_or_default().to_string());
                }
                Some(Err(message)) => problems.push(Problem::at(source, text, &value.span(), message, LOOK)),
                None => problems.push(Problem::at(source, text, &value.span(), "a look is a string", LOOK)),
            }
        }
        if problems.is_empty() { Ok(theme) } else { Err(problems) }
    }
}

const LOOK: &str =
    "a look reads \"red on #1a1b26 bold\": colours are default, the sixteen ANSI names, 0 to 255 or #rrggbb";

fn check_look(look: &str) -> Result<(), String> {
    let mut words = look.split_whitespace().peekable();
    let mut seen_foreground = false;
    while let Some(word) = words.next() {
        if word == "on" {
            match words.next() {
                Some(colour) if is_colour(colour) => {}
                Some(other) => return Err(format!("`{other}` is no colour")),
                None => return Err("`on` wants a colour after it".into()),
            }
        } else if is_colour(word) && !seen_foreground {
            seen_foreground = true;
        } else if !MODIFIERS.contains(&word) {
            return Err(format!("`{word}` is neither a colour nor one of {}", MODIFIERS.join(", ")));
        }
    }
    Ok(())
}

fn is_colour(word: &str) -> bool {
    if let Some(hex) = word.strip_prefix('#') {
        return hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    ANSI_NAMES.contains(&word) || word.parse::<u8>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_themes_have_every_role_and_no_other() {
        for name in Theme::names() {
            let theme = Theme::embedded(name).unwrap();
            for (role, _) in ROLES {
                assert!(theme.roles.contains_key(role), "{name} lacks {role}");
            }
            assert_eq!(theme.roles.len(), ROLES.len(), "{name}");
            for (role, look) in theme.looks() {
                assert_eq!(check_look(look), Ok(()), "{name}: {role}");
            }
        }
    }

    #[test]
    fn mono_names_no_colour_and_ansi_only_the_terminals_own() {
        for (role, look) in Theme::embedded("mono").unwrap().looks() {
            assert!(look.split_whitespace().all(|word| MODIFIERS.contains(&word)), "{role}: {look}");
        }
        for (role, look) in Theme::embedded("ansi").unwrap().looks() {
            assert!(!look.contains('#') && !look.contains(|c: char| c.is_ascii_digit()), "{role}: {look}");
        }
    }

    #[test]
    fn a_theme_of_the_user_lies_over_its_base() {
        let theme = Theme::parse("mine", "mine.toml", "base = \"day\"\ntext = \"#ffffff on 16 bold\"\n").unwrap();
        assert_eq!(theme.look("text"), "#ffffff on 16 bold");
        assert_eq!(theme.look("critical"), Theme::embedded("day").unwrap().look("critical"));
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let text = "txet = \"red\"\ndim = \"reddish\"\ngood = 7\nbase = \"sunset\"\n";
        let problems = Theme::parse("mine", "mine.toml", text).unwrap_err();
        let told: Vec<String> = problems.iter().map(Problem::sentence).collect();
        assert_eq!(told.len(), 4, "{told:#?}");
        assert!(told.iter().any(|t| t.contains("mine.toml:1:1") && t.contains("did you mean `text`")));
        assert!(told.iter().any(|t| t.contains("mine.toml:2:7") && t.contains("`reddish`")));
    }

    #[test]
    fn an_unknown_theme_is_told_the_known_ones() {
        let problems = Theme::find("nigth", None).unwrap_err();
        assert!(problems[0].sentence().contains("night, day, ansi, mono"));
        assert!(Theme::find("../../etc/passwd", Some(Path::new("/tmp"))).is_err());
    }
}
