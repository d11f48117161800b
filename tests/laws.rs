//! The laws of the architecture, held to by reading the source.
//!
//! They keep the one way round: things happen and become messages, a message becomes state and effects, state becomes a frame
//! and interests. A law that has to give way is changed here, with its reason, and not passed by.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Which room may import which: its own, and those named. `app::message` opens that door only.
///
/// `aws` and `poll` speak in messages because that is what they answer with; the traffic and the changes are data of `app`.
/// `cli` chooses the account, and so is the one room that sees `sim`.
/// `sim` sees nothing of ours, so that it can't share a misreading through shared code.
const IMPORTS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("jq", &[]),
    ("time", &[]),
    ("model", &["text", "time"]),
    ("store", &["model", "text", "time"]),
    ("config", &["text", "time", "model"]),
    ("app", &["config", "store", "model", "text", "time"]),
    ("view", &["app", "config", "store", "model", "text", "time"]),
    ("aws", &["app::message", "app::effect", "model", "text", "time"]),
    ("poll", &["aws", "app::message", "app::interests", "config", "model", "text", "time"]),
    ("term", &["time"]),
    ("runtime", &["term", "view", "app", "aws", "poll", "config", "store", "model", "text", "time", "jq"]),
    (
        "cli",
        &[
            "runtime", "term", "view", "app", "aws", "poll", "config", "store", "model", "text", "time", "jq", "sim",
            "cli",
        ],
    ),
    ("sim", &[]),
];

/// Files longer than this are about more than one thing, unless said why here.
const LONGEST: usize = 450;
const LONG_FILES: &[(&str, &str)] = &[("src/sim/services/xray/filter.rs", "one grammar")];

/// A source file without its tests.
struct Source {
    /// As `src/view/pen.rs`.
    path: String,
    /// As `view`; `main` and `lib` for the two roots.
    room: String,
    /// The file as it is, but for the tests at its end.
    text: String,
    /// The same without comments and without what stands in strings, line for line.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    files.sort();
    files.iter().filter_map(|file| source(&root, file)).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn source(root: &Path, file: &Path) -> Option<Source> {
    let path = file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    if path.ends_with("/tests.rs") || path.contains("/tests/") {
        return None;
    }
    let whole = fs::read_to_string(file).unwrap();
    let end = whole.find("#[cfg(test)]\nmod ").unwrap_or(whole.len());
    let text = whole[..end].to_owned();
    let room = path.trim_start_matches("src/").split('/').next().unwrap().trim_end_matches(".rs").to_owned();
    let code = bare(&text);
    Some(Source { path, room, text, code })
}

/// Rust without comments and the contents of strings. It knows as much of the language as this tree uses.
fn bare(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut bare = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if let Some(raw) = raw_string(rest) {
            bare.extend(rest[..raw].matches('\n'));
            at += raw;
        } else if rest.starts_with('"') {
            let mut end = 1;
            while end < rest.len() && bytes[at + end] != b'"' {
                end += if bytes[at + end] == b'\\' { 2 } else { 1 };
            }
            bare.extend(rest[..(end + 1).min(rest.len())].matches('\n'));
            at += end + 1;
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") || rest.starts_with("b'\"'") {
            at += rest.find("\"'").unwrap() + 2;
        } else {
            let c = rest.chars().next().unwrap();
            bare.push(c);
            at += c.len_utf8();
        }
    }
    bare
}

/// Length of the raw string that the text begins with.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.bytes().take_while(|byte| *byte == b'#').count();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(1 + hashes + 1 + body.find(&end)? + end.len())
}

/// Each place where the code of a file says one of these words, unless the file may.
fn breaches(words: &[&str], may: impl Fn(&Source) -> bool) -> String {
    let mut found = String::new();
    for source in sources().iter().filter(|source| !may(source)) {
        for (number, line) in source.code.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                writeln!(found, "{}:{}: {}", source.path, number + 1, line.trim()).unwrap();
            }
        }
    }
    found
}

#[track_caller]
fn law(law: &str, breaches: &str) {
    assert!(breaches.is_empty(), "{law}. Against it:\n{breaches}");
}

fn in_room(rooms: &'static [&'static str]) -> impl Fn(&Source) -> bool {
    move |source| rooms.contains(&source.room.as_str())
}

#[test]
fn imports_point_one_way() {
    let mut found = String::new();
    for source in sources() {
        if source.room == "main" || source.room == "lib" {
            continue;
        }
        let Some((_, may)) = IMPORTS.iter().find(|(room, _)| *room == source.room) else {
            writeln!(found, "{}: the room {} is not in the table", source.path, source.room).unwrap();
            continue;
        };
        for (at, _) in source.code.match_indices("crate::") {
            let line = source.code[..at].lines().count();
            for path in imported(&source.code[at + "crate::".len()..]) {
                let own = path == source.room || path.starts_with(&format!("{}::", source.room));
                let allowed = may.iter().any(|room| path == *room || path.starts_with(&format!("{room}::")));
                if !own && !allowed {
                    writeln!(found, "{}:{line}: {} imports {path}", source.path, source.room).unwrap();
                }
            }
        }
    }
    law("Imports point one way, by the table IMPORTS", &found);
}

/// The paths after `crate::`: one, or those in braces.
fn imported(text: &str) -> Vec<String> {
    let path = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
    let Some(list) = text.strip_prefix('{') else { return vec![path(text)] };
    let mut depth = 0;
    let mut items = vec![String::new()];
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => items.push(String::new()),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                items.last_mut().unwrap().push(c);
            }
        }
    }
    items.iter().map(|item| path(item.trim())).filter(|item: &String| !item.is_empty()).collect()
}

#[test]
fn the_sdk_is_named_in_aws_only() {
    law(
        "`aws_sdk_*` and `aws_config` stand in src/aws only",
        &breaches(&["aws_sdk_", "aws_config"], in_room(&["aws"])),
    );
    let smithy = breaches(&["aws_smithy", "aws_credential_types"], in_room(&["aws", "sim"]));
    law("the SDK's inner crates stand in src/aws, and in src/sim which speaks their protocols", &smithy);
}

#[test]
fn widgets_and_layout_are_the_views() {
    law(
        "`ratatui::widgets` stands in src/view only",
        &breaches(&["ratatui::widgets", "widgets::"], in_room(&["view"])),
    );
    // Its solver can hang for ever with some twenty constraints, as one per row soon are; regions are plain arithmetic.
    law("ratatui's Layout is not used", &breaches(&["Layout", "Constraint::"], |_| false));
}

#[test]
fn colours_are_named_by_the_theme_and_keys_by_the_table_of_commands() {
    law(
        "`Color::` stands in src/view/look.rs only",
        &breaches(&["Color::"], |source| source.path == "src/view/look.rs"),
    );
    let keys = breaches(&["KeyCode::"], |source| {
        source.room == "term"
            || (source.room == "app"
                && ["keymap", "keys", "pointer", "completion", "changes", "query"]
                    .iter()
                    .any(|file| source.path.contains(file)))
    });
    law("a key is named in src/term, which reads it, and in app's keymap and editors", &keys);
}

#[test]
fn tasks_begin_where_time_passes() {
    let found =
        breaches(&["tokio::spawn", "task::spawn", "spawn_blocking", "thread::spawn", "thread::Builder"], |source| {
            ["poll", "runtime", "sim"].contains(&source.room.as_str()) || source.path == "src/term/input.rs"
        });
    law("tasks and threads are started in poll, runtime and sim only, and the thread of the keys in term", &found);
}

#[test]
fn state_and_view_never_wait() {
    let pure = ["model", "store", "app", "view", "config", "text", "time"];
    let found =
        breaches(&["async fn", ".await", "async move", "async {"], |source| !pure.contains(&source.room.as_str()));
    law("nothing in model, store, app, view, config, text and time is async", &found);
    let found =
        breaches(&["thread::sleep", "blocking_lock", "block_on"], |source| !pure.contains(&source.room.as_str()));
    law("nothing there blocks either", &found);
}

#[test]
fn escapes_are_written_by_term_only() {
    let mut found = String::new();
    for source in sources().iter().filter(|source| !["term", "sim"].contains(&source.room.as_str())) {
        for (number, line) in source.text.lines().enumerate() {
            let line = line.trim();
            if !line.starts_with("//")
                && ["\\x1b", "\\u{1b}", "\\x9b", "\\u{9b}", "\\e["].iter().any(|escape| line.contains(escape))
            {
                writeln!(found, "{}:{}: {line}", source.path, number + 1).unwrap();
            }
        }
    }
    law("escape sequences stand in src/term only", &found);
    law(
        "crossterm's commands are not used at all",
        &breaches(&["execute!", "queue!", "crossterm::terminal", "crossterm::cursor"], |_| false),
    );
}

#[test]
fn channels_are_bounded() {
    law("channels are bounded", &breaches(&["unbounded", "mpsc::channel()"], |_| false));
}

#[test]
fn nothing_is_left_for_later() {
    law("no to-dos in the code", &breaches(&["todo!", "unimplemented!", "dbg!"], |_| false));
    let mut found = String::new();
    for source in sources() {
        for (number, line) in source.text.lines().enumerate() {
            if ["TODO", "FIXME", "XXX", "HACK"].iter().any(|word| line.contains(word)) {
                writeln!(found, "{}:{}: {}", source.path, number + 1, line.trim()).unwrap();
            }
        }
    }
    law("no to-dos in the comments", &found);
}

#[test]
fn a_file_says_what_it_is_for_and_is_read_in_one_sitting() {
    let mut found = String::new();
    for source in sources() {
        if !source.text.starts_with("//! ") {
            writeln!(found, "{}: does not begin with what it is for", source.path).unwrap();
        }
        let lines = source.text.lines().count();
        let excused = LONG_FILES.iter().any(|(path, _)| *path == source.path);
        if lines > LONGEST && !excused {
            writeln!(found, "{}: {lines} lines without its tests", source.path).unwrap();
        }
        if lines <= LONGEST && excused {
            writeln!(found, "{}: {lines} lines need no excuse any more", source.path).unwrap();
        }
    }
    law("A file is about one thing", &found);
}

#[test]
fn modules_are_named_by_nouns_of_the_domain() {
    let mut found = String::new();
    for source in sources() {
        let name =
            source.path.trim_end_matches("/mod.rs").trim_end_matches(".rs").rsplit('/').next().unwrap().to_owned();
        let vague = ["util", "utils", "helper", "helpers", "common", "misc", "types", "manager", "managers"];
        if vague.contains(&name.as_str()) {
            writeln!(found, "{}", source.path).unwrap();
        }
    }
    law("A module is named by a noun of the domain", &found);
}

#[test]
fn the_reading_of_rust_here_is_good_enough() {
    let text = "let a = \"crate::sim // no\"; // crate::sim\nlet b = r#\"tokio::spawn \"x\" \"#; let c = '\"'; crate::app::x();\n";
    assert_eq!(imported("{app, aws::{Account, logs},\n    text};"), ["app", "aws::", "text"]);
    assert_eq!(imported("view::draw(a)"), ["view::draw"]);
    assert_eq!(bare(text), "let a = ; \nlet b = ; let c = ; crate::app::x();\n");
}
