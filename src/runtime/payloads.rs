//! Payloads and answers of invokes on disk: a file per function, below account and region, for its owner's eyes only.
//!
//! What is not ours stays as it is: a file that is broken, that another program or a newer slsdash wrote, or that belongs to
//! another function, is named and never written over. Nothing of the contents goes into a message or the log.

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{FlockOperation, OFlags, flock};
use serde::{Deserialize, Serialize};

use crate::app::effect::Outcome;
use crate::app::invoke::library::{Drawer, Entry, Library, Limits};

/// Name of the folder, in that of the program's data.
pub const FOLDER: &str = "invokes";
/// What every file of ours begins with.
const FORMAT: &str = "slsdash invokes";
/// Raised when a file of before would be misread.
const VERSION: u32 = 1;
/// A file beyond this is none of ours: the largest answers that may be kept, each byte of them escaped, and payloads.
const LARGEST: u64 = 2 << 30;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<L> {
    format: String,
    version: u32,
    of: Drawer,
    kept: L,
}

/// What a file of any version says about itself.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

/// Reads what is kept of a function; none where there is no file.
///
/// # Errors
/// A sentence: the file can't be read, or is not ours.
pub fn read(folder: &Path, drawer: &Drawer) -> Result<Option<Library>, String> {
    let path = path(folder, drawer);
    let refused = |why: &str| format!("Kept invokes not used, the file {why}, and left alone: {}", path.display());
    // A pipe in its place must not be waited for, nor a link followed to somebody else's file.
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
    let file = match OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(&format!("can't be read: {error}"))),
    };
    let metadata = file.metadata().map_err(|error| refused(&format!("can't be read: {error}")))?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(refused("is no file of ours"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| refused(&format!("can't be read: {error}")))?;
    let head: Head = serde_json::from_slice(&bytes).map_err(|error| refused(&broken(&error)))?;
    if head.format != FORMAT {
        return Err(refused("is no file of ours"));
    }
    if head.version > VERSION {
        return Err(refused("was written by a newer slsdash"));
    }
    let document: Document<Library> = serde_json::from_slice(&bytes).map_err(|error| refused(&broken(&error)))?;
    if document.of != *drawer {
        return Err(refused(&format!("belongs to {} in {}", document.of.function, document.of.region)));
    }
    Ok(Some(document.kept))
}

/// Where it breaks; not what serde makes of it, which may quote the contents.
fn broken(error: &serde_json::Error) -> String {
    format!("is not as we write it (line {}, column {})", error.line(), error.column())
}

/// Keeps one thing more: reads, changes and replaces the file, whole or not at all, and alone among all who do.
///
/// # Errors
/// A sentence: what was there is not ours, or the file system does not take it.
pub fn keep(folder: &Path, drawer: &Drawer, entry: Entry, limits: Limits) -> Result<(), String> {
    let path = path(folder, drawer);
    let failed = |error: io::Error| format!("Not kept of {}: {}: {error}", drawer.function, path.display());
    let home = path.parent().unwrap_or(folder);
    DirBuilder::new().recursive(true).mode(0o700).create(home).map_err(failed)?;
    // Another slsdash may be at the same function: the folder is a lock that leaves nothing behind.
    let lock = File::open(home).map_err(failed)?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|error| failed(error.into()))?;
    let mut kept = read(folder, drawer)?.unwrap_or_default();
    kept.take(entry, limits);
    let document = Document { format: FORMAT.into(), version: VERSION, of: drawer.clone(), kept: &kept };
    let bytes = serde_json::to_vec(&document).map_err(|error| failed(error.into()))?;
    replace(&path, &bytes).map_err(failed)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.part", std::process::id()));
    // What a process of the same number has left behind may have been opened to others.
    let _ = fs::remove_file(&draft);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

/// `FOLDER/ACCOUNT/REGION/FUNCTION.json`.
fn path(folder: &Path, drawer: &Drawer) -> PathBuf {
    folder
        .join(sanitized(&drawer.account))
        .join(sanitized(&drawer.region))
        .join(format!("{}.json", sanitized(&drawer.function)))
}

/// A name as a file can have it, different for different names: letters, digits, `-` and `_` as they are, everything else as
/// `%` and its bytes. Servers that speak Lambda's protocol may call a function anything.
fn sanitized(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            safe.push(char::from(byte));
        } else {
            safe.push_str(&format!("%{byte:02X}"));
        }
    }
    match safe.len() {
        0 => "%".into(),
        // File names have 255 bytes at most. Two names that begin alike are told apart by what stands in the file.
        201.. => format!("{}%+", &safe[..200]),
        _ => safe,
    }
}

/// What is asked of the files, one after the other in the order in which it was asked.
#[derive(Clone, Debug, Default)]
pub struct Cabinet {
    folder: Option<PathBuf>,
    waiting: Arc<Mutex<VecDeque<Task>>>,
    /// Held while one is carried out.
    turn: Arc<Mutex<()>>,
}

/// Something asked of a file.
#[derive(Debug)]
pub enum Task {
    /// Read it.
    Read(Drawer),
    /// Keep something in it.
    Keep(Drawer, Box<Entry>, Limits),
}

impl Cabinet {
    /// A cabinet in that folder; without one nothing is kept.
    pub fn new(folder: Option<PathBuf>) -> Cabinet {
        Cabinet { folder, ..Cabinet::default() }
    }

    /// Asks for something; [`Cabinet::work`] must follow, once for each, on a thread that may wait.
    pub fn ask(&self, task: Task) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back(task);
    }

    /// Carries out what was asked first. Returns what there is to tell.
    pub fn work(&self) -> Option<Outcome> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let task = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()?;
        match (task, &self.folder) {
            (Task::Read(drawer), Some(folder)) => {
                let result = read(folder, &drawer);
                Some(Outcome::InvokesRead { drawer, result })
            }
            (Task::Read(drawer), None) => Some(Outcome::InvokesRead { drawer, result: Ok(None) }),
            (Task::Keep(drawer, entry, limits), Some(folder)) => {
                keep(folder, &drawer, *entry, limits).err().map(Outcome::Failed)
            }
            (Task::Keep(..), None) => None,
        }
    }

    /// Carries out all that was asked and not done yet: at the end of the program.
    pub fn finish(&self) {
        while !self.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            self.work();
        }
        // One that another thread has begun.
        drop(self.turn.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::app::invoke::library::Saved;
    use crate::time::Moment;

    const LIMITS: Limits = Limits { answers: 10, bytes: 1 << 20 };

    fn drawer(function: &str) -> Drawer {
        Drawer { account: "111122223333".into(), region: "eu-west-1".into(), function: function.into() }
    }

    fn saved(name: &str, text: &str) -> Entry {
        Entry::Saved(Saved { name: name.into(), text: text.into(), at: Moment::default() })
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder.join("111122223333/eu-west-1")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn what_was_kept_is_read_again_and_is_private() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("data").join(FOLDER);
        assert_eq!(read(&folder, &drawer("checkout")), Ok(None));
        keep(&folder, &drawer("checkout"), Entry::Last("{\"é\":1}".into()), LIMITS).unwrap();
        keep(&folder, &drawer("checkout"), saved("refund", "[]"), LIMITS).unwrap();
        let library = read(&folder, &drawer("checkout")).unwrap().unwrap();
        assert_eq!((library.last.as_deref(), library.saved.len()), (Some("{\"é\":1}"), 1));
        let files = files(&folder);
        assert_eq!(files, [folder.join("111122223333/eu-west-1/checkout.json")]);
        assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
        for part in ["", "111122223333", "111122223333/eu-west-1"] {
            assert_eq!(fs::metadata(folder.join(part)).unwrap().permissions().mode() & 0o777, 0o700);
        }
        assert_eq!(read(&folder, &drawer("Checkout-2")), Ok(None));
    }

    #[test]
    fn what_is_not_ours_is_said_and_left_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        keep(folder, &drawer("checkout"), saved("a", "1"), LIMITS).unwrap();
        let path = files(folder).remove(0);
        let ours = fs::read_to_string(&path).unwrap();
        let newer = ours.replace("\"version\":1", "\"version\":2,\"more\":true");
        let others = ours.replace("\"function\":\"checkout\"", "\"function\":\"Checkout\"");
        let foreign = [
            ("{broken secret", "not as we write it"),
            ("", "not as we write it"),
            ("[1,2]", "not as we write it"),
            (r#"{"format":"other","version":1}"#, "no file of ours"),
            (&newer, "newer slsdash"),
            (&others, "belongs to Checkout"),
        ];
        for (text, why) in foreign {
            fs::write(&path, text).unwrap();
            let told = read(folder, &drawer("checkout")).unwrap_err();
            assert!(told.contains(why) && told.contains("checkout.json") && !told.contains("secret"), "{told}");
            assert!(keep(folder, &drawer("checkout"), saved("b", "2"), LIMITS).unwrap_err().contains(why));
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        // Nor is a link followed, or a folder taken for a file.
        let elsewhere = home.path().join("elsewhere");
        fs::write(&elsewhere, &ours).unwrap();
        fs::remove_file(&path).unwrap();
        symlink(&elsewhere, &path).unwrap();
        assert!(keep(folder, &drawer("checkout"), saved("b", "2"), LIMITS).is_err());
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), ours);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(read(folder, &drawer("checkout")).unwrap_err().contains("no file of ours"));
        assert!(keep(Path::new("/dev/null"), &drawer("checkout"), saved("b", "2"), LIMITS).is_err());
    }

    #[test]
    fn names_stay_within_the_folder_and_apart() {
        let hostile = ["../../etc/passwd", "..", ".", "", "a/b", "a%2Fb", "é", "a:b", &"n".repeat(300), "nul\0"];
        let names: Vec<String> = hostile.iter().map(|name| sanitized(name)).collect();
        for name in &names {
            assert!(!name.is_empty() && !name.contains(['/', '.', '\0']) && name.len() < 240, "{name}");
        }
        let apart: std::collections::HashSet<&String> = names.iter().collect();
        assert_eq!(apart.len(), names.len());
        assert_eq!(sanitized("checkout-api_2"), "checkout-api_2");
        let home = tempfile::tempdir().unwrap();
        for name in hostile {
            keep(home.path(), &drawer(name), Entry::Last(name.into()), LIMITS).unwrap();
        }
        for name in hostile {
            assert_eq!(read(home.path(), &drawer(name)).unwrap().unwrap().last.as_deref(), Some(name));
        }
        // Two that begin alike for so long would share a file: the second is refused.
        assert!(keep(home.path(), &drawer(&"n".repeat(301)), Entry::Last(String::new()), LIMITS).is_err());
    }

    #[test]
    fn those_who_write_at_once_lose_nothing_of_each_other() {
        let home = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let folder = home.path();
                scope.spawn(move || {
                    for n in 0..10 {
                        // As of different processes: their drafts have different names.
                        let entry = saved(&format!("{writer}-{n}"), "{}");
                        keep(folder, &drawer("checkout"), entry, LIMITS).unwrap();
                    }
                });
            }
        });
        assert_eq!(read(home.path(), &drawer("checkout")).unwrap().unwrap().saved.len(), 40);
    }

    #[test]
    fn what_is_asked_is_done_in_its_order_and_failures_are_told() {
        let home = tempfile::tempdir().unwrap();
        let cabinet = Cabinet::new(Some(home.path().into()));
        cabinet.ask(Task::Keep(drawer("checkout"), Box::new(Entry::Last("1".into())), LIMITS));
        cabinet.ask(Task::Keep(drawer("checkout"), Box::new(Entry::Last("2".into())), LIMITS));
        cabinet.ask(Task::Read(drawer("checkout")));
        assert_eq!((cabinet.work(), cabinet.work()), (None, None));
        let Some(Outcome::InvokesRead { result: Ok(Some(library)), .. }) = cabinet.work() else {
            panic!("it was kept")
        };
        assert_eq!(library.last.as_deref(), Some("2"));
        cabinet.ask(Task::Keep(drawer("checkout"), Box::new(Entry::Last("3".into())), LIMITS));
        cabinet.finish();
        assert_eq!(read(home.path(), &drawer("checkout")).unwrap().unwrap().last.as_deref(), Some("3"));
        let nowhere = Cabinet::new(Some("/dev/null".into()));
        nowhere.ask(Task::Keep(drawer("checkout"), Box::new(Entry::Last("1".into())), LIMITS));
        assert!(matches!(nowhere.work(), Some(Outcome::Failed(why)) if why.contains("/dev/null")));
    }
}
