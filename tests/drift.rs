//! What is written twice is held together here: the README's generated blocks, the help, the themes' names.
//!
//! `UPDATE=1 cargo test drift` writes the blocks anew.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use slsdash::aws::permissions;
use slsdash::cli;
use slsdash::config::{DEFAULT_TEXT, Theme};

fn readme() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// Compares what stands between `<!-- name -->` and `<!-- /name -->` in the README with what it is made from.
fn block(name: &str, made: &str) {
    // Several blocks stand in one file, and tests run side by side.
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let text = std::fs::read_to_string(readme()).expect("there is a README.md");
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let from = text.find(&begin).unwrap_or_else(|| panic!("README.md has no {begin}")) + begin.len();
    let to = from + text[from..].find(&end).unwrap_or_else(|| panic!("README.md has no {end} after {begin}"));
    let wanted = format!("\n{}\n", made.trim());
    if text[from..to] == wanted {
        return;
    }
    assert!(
        std::env::var_os("UPDATE").is_some(),
        "README.md: what stands between {begin} and {end} has drifted; `UPDATE=1 cargo test drift` mends it.\nIt is to read:\n{wanted}"
    );
    std::fs::write(readme(), format!("{}{wanted}{}", &text[..from], &text[to..])).expect("README.md can be written");
}

#[test]
fn the_readme_has_the_keys_of_the_table_of_commands() {
    block("keys", &cli::keys::markdown());
}

#[test]
fn the_readme_has_the_policy_of_the_table_of_permissions() {
    let policy = serde_json::to_string_pretty(&permissions::policy(true, "aws")).unwrap();
    block("policy", &format!("```json\n{policy}\n```"));
}

#[test]
fn the_readme_has_the_commands_and_options_of_the_command_line() {
    let definition = cli::definition();
    let mut made = String::from("```text\n");
    for command in definition.get_subcommands() {
        writeln!(made, "slsdash {:<12} {}", command.get_name(), command.get_about().unwrap()).unwrap();
    }
    made.push('\n');
    for option in definition.get_arguments().filter(|argument| argument.get_long().is_some()) {
        let value = option.get_value_names().filter(|_| option.get_action().takes_values());
        let value = value.and_then(|names| names.first()).map(|name| format!(" {name}")).unwrap_or_default();
        let flag = format!("--{}{value}", option.get_long().unwrap());
        writeln!(made, "  {flag:<20} {}", option.get_help().unwrap()).unwrap();
    }
    made.push_str("```");
    block("options", &made);
}

#[test]
fn themes_are_named_alike_in_help_and_defaults() {
    let names: Vec<&str> = Theme::names().collect();
    let listed = names.join(", ");
    let help = cli::definition().render_long_help().to_string();
    assert!(help.contains(&listed), "--theme does not list {listed}");
    assert!(DEFAULT_TEXT.contains(&listed), "default.toml does not list {listed}");
    let files = std::fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/themes")).unwrap();
    let files: BTreeSet<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(files, names.iter().map(|name| format!("{name}.toml")).collect());
}

#[test]
fn every_help_reads_as_it_did() {
    let mut all = String::new();
    let mut definition = cli::definition().term_width(100);
    definition.build();
    writeln!(all, "{}", definition.render_long_help()).unwrap();
    for command in definition.get_subcommands_mut() {
        writeln!(all, "----------------------------------------\n{}", command.render_help()).unwrap();
    }
    insta::assert_snapshot!(all);
}
