//! The user's editor on a payload: a private file for the time being, and a child that has the terminal meanwhile.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process};

/// Lambda takes 6 MB; what is larger was meant for something else.
const LARGEST: u64 = 16 << 20;
/// Folders of other editings that may be there already.
const TRIES: u32 = 100;

/// What is under way, for an end that does not come back here: the folder to remove and the editor to end.
static UNDER_WAY: Mutex<Option<(PathBuf, Option<u32>)>> = Mutex::new(None);

/// Is the terminal lent to an editor?
pub fn is_open() -> bool {
    lock().is_some()
}

fn lock() -> MutexGuard<'static, Option<(PathBuf, Option<u32>)>> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The program ends from within: nothing of the payload stays behind, and nobody sits at the terminal that is given back.
pub fn abandon() {
    let Ok(mut under_way) = UNDER_WAY.try_lock() else { return };
    let Some((folder, child)) = under_way.take() else { return };
    if let Some(child) = child.and_then(|id| Pid::from_raw(id.cast_signed())) {
        let _ = kill_process(child, Signal::TERM);
    }
    let _ = fs::remove_dir_all(folder);
}

/// The program and its arguments, from the words of `VISUAL` or `EDITOR`.
///
/// # Errors
/// A sentence: there is none, or the words can't be told apart.
pub fn command(variable: Option<&str>) -> Result<(String, Vec<String>), String> {
    let mut words = words(variable.unwrap_or_default())?.into_iter();
    let program = words.next().ok_or("No editor: neither VISUAL nor EDITOR is set")?;
    Ok((program, words.collect()))
}

/// Runs the editor on a text until it ends. `None` where the text is as it was.
///
/// # Errors
/// A sentence: it did not start or did not end well, or what it left can't be a payload.
pub fn edit(command: &(String, Vec<String>), text: &str, temporary: &Path) -> Result<Option<String>, String> {
    let (program, arguments) = command;
    let folder = Folder::new(temporary)
        .map_err(|error| format!("Not edited: no private file in {}: {error}", temporary.display()))?;
    *lock() = Some((folder.0.clone(), None));
    let path = folder.0.join("payload.json");
    let failed = |error: io::Error| format!("Not edited: {}: {error}", path.display());
    write(&path, text).map_err(failed)?;
    let child = Command::new(program).args(arguments).arg(&path).spawn();
    let mut child =
        child.map_err(|error| format!("The editor `{program}` did not start: {error}; the payload is as it was"))?;
    let status = wait(&mut child, &folder.0).map_err(failed)?;
    if !status.success() {
        return Err(format!("The editor `{program}` ended with {}; the payload is as it was", how(status)));
    }
    let edited = read(&path).map_err(|why| format!("The payload is as it was: the editor left {why}"))?;
    let edited = edited.strip_suffix('\n').unwrap_or(&edited);
    Ok((edited != text).then(|| edited.to_string()))
}

fn wait(child: &mut Child, folder: &Path) -> io::Result<ExitStatus> {
    *lock() = Some((folder.to_path_buf(), Some(child.id())));
    let status = child.wait();
    // Its number may be another process's from now on.
    *lock() = Some((folder.to_path_buf(), None));
    status
}

fn how(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("status {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no status".into(),
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")
}

/// What the editor left; some write a new file in the place of the old one.
fn read(path: &Path) -> Result<String, String> {
    let file = File::open(path).map_err(|error| format!("no file: {error}"))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("more than {LARGEST} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "what is no UTF-8".into())
}

/// A folder that only its owner may enter; it goes with all that is in it, what editors leave beside the file included.
struct Folder(PathBuf);

impl Folder {
    fn new(temporary: &Path) -> io::Result<Folder> {
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for n in 0..TRIES {
            let path = temporary.join(format!("slsdash-{}-{n}", std::process::id()));
            // One that is there already, whoever made it, is never taken.
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Folder(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
        *lock() = None;
    }
}

/// The words of a command line: blanks part them, quotes and backslashes keep together. No variable, pattern or
/// substitution: nothing of it is run.
fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => {
                let next = characters.next().ok_or("No editor: its command line ends in a backslash")?;
                word.get_or_insert_default().push(next);
            }
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("No editor: a quote in its command line does not end".into());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// An editor that is a line of shell; the file is `$1`.
    fn editor(folder: &Path, script: &str) -> String {
        let path = folder.join("an editor");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        format!("'{}'", path.display())
    }

    fn run(variable: Option<&str>, text: &str, temporary: &Path) -> Result<Option<String>, String> {
        edit(&command(variable)?, text, temporary)
    }

    fn left(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn what_the_editor_saves_comes_back_and_nothing_stays_behind() {
        let (home, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let seen = home.path().join("seen");
        let script = format!(
            "stat -c %a \"$1\" \"$(dirname \"$1\")\" > '{0}'; cat \"$1\" >> '{0}'; echo '{{\"b\": 2}}' > \"$1\"; touch \"$1~\"",
            seen.display()
        );
        let edited = run(Some(&editor(home.path(), &script)), "{\"a\": 1}", temporary.path());
        assert_eq!(edited, Ok(Some("{\"b\": 2}".into())));
        assert_eq!(fs::read_to_string(&seen).unwrap(), "600\n700\n{\"a\": 1}\n");
        assert_eq!(left(temporary.path()), 0);
    }

    #[test]
    fn what_is_as_it_was_is_no_edit_and_the_words_of_the_variable_are_arguments() {
        let (home, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let script = "[ \"$1\" = '--wait for $HOME' ] && [ $# = 2 ]";
        let line = format!("{} \"--wait for \\$HOME\"", editor(home.path(), script));
        assert_eq!(run(Some(&line), "{}", temporary.path()), Ok(None));
        let replaced = editor(home.path(), "mv \"$1\" \"$1.old\"; printf '[1]' > \"$1\"");
        assert_eq!(run(Some(&replaced), "{}", temporary.path()), Ok(Some("[1]".into())));
        assert_eq!(left(temporary.path()), 0);
    }

    #[test]
    fn an_editor_that_is_missing_or_fails_is_said() {
        let (home, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let told = |command: Option<&str>| run(command, "{\"secret\": 1}", temporary.path()).unwrap_err();
        assert!(told(None).contains("neither VISUAL nor EDITOR"));
        assert!(told(Some("  ")).contains("neither VISUAL nor EDITOR"));
        assert!(told(Some("no-such-editor --wait")).contains("`no-such-editor` did not start"));
        assert!(told(Some("vi 'x")).contains("quote"));
        let cases = [
            ("exit 3", "status 3"),
            ("kill -9 $$", "signal 9"),
            ("rm \"$1\"", "no file"),
            ("printf '\\377' > \"$1\"", "no UTF-8"),
        ];
        for (script, why) in cases {
            let told = told(Some(&editor(home.path(), script)));
            assert!(told.contains(why) && told.contains("as it was") && !told.contains("secret"), "{told}");
        }
        assert_eq!(left(temporary.path()), 0);
        let nowhere = run(Some("true"), "{}", Path::new("/dev/null")).unwrap_err();
        assert!(nowhere.contains("/dev/null"), "{nowhere}");
    }

    #[test]
    fn a_folder_that_is_there_already_is_never_taken() {
        let (home, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let trap = temporary.path().join(format!("slsdash-{}-0", std::process::id()));
        fs::create_dir(&trap).unwrap();
        let line = editor(home.path(), "echo \"[2]\" > \"$1\"");
        assert_eq!(run(Some(&line), "{}", temporary.path()), Ok(Some("[2]".into())));
        assert_eq!(left(&trap), 0);
        assert_eq!(left(temporary.path()), 1);
    }
}
