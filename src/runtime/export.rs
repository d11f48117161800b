//! Files of the user's own: whole or not at all, and never over one that is there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::app::effect::Outcome;
use crate::app::export::{Contents, Export, Format};

/// Names that are tried beside the one that was asked for.
const NUMBERS: usize = 1000;

/// Writes it; blocks.
pub fn write(export: &Export) -> Outcome {
    match place(Path::new(&export.path), Format::of(&export.path), &export.contents) {
        Ok((path, bytes)) => {
            Outcome::Exported { rows: export.contents.rows(), bytes, path: path.to_string_lossy().into_owned() }
        }
        Err(error) => Outcome::Failed(format!("{} was not written: {}", export.path, why(&error))),
    }
}

fn why(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full".into(),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "its folder can't be written to".into(),
        ErrorKind::NotFound | ErrorKind::NotADirectory => "there is no such folder".into(),
        _ => error.to_string(),
    }
}

/// Written beside its place under another name, on the disk, and then given its name.
fn place(path: &Path, format: Format, contents: &Contents) -> io::Result<(PathBuf, u64)> {
    let name = path.file_name().ok_or_else(|| io::Error::other("that is no name of a file"))?.to_string_lossy();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let draft = Draft(folder.join(format!(".{name}.{}.part", std::process::id())));
    // Log lines may hold secrets: nobody else reads them.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft.0)?;
    let mut writer = BufWriter::new(file);
    contents.write(format, &mut writer)?;
    writer.flush()?;
    let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    let bytes = file.metadata()?.len();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let extension = path.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
    for number in 1..=NUMBERS {
        let name = if number == 1 { format!("{stem}{extension}") } else { format!("{stem}-{number}{extension}") };
        let target = folder.join(name);
        match name_it(&draft.0, &target) {
            Ok(()) => {
                // The name itself is on the disk only with its folder.
                let _ = File::open(folder).and_then(|folder| folder.sync_all());
                return Ok((target, bytes));
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other(format!("{NUMBERS} files of that name are there already")))
}

/// A link is refused where the name is taken, a renaming would take it over. Where there are no links the name is taken
/// first.
fn name_it(draft: &Path, target: &Path) -> io::Result<()> {
    match fs::hard_link(draft, target) {
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(target)?;
            fs::rename(draft, target)
        }
        linked => linked,
    }
}

/// A file that is not finished; gone when dropped.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(path: &Path) -> Export {
        let row = |n: usize| vec![Some(n.to_string()), None];
        let contents = Contents::Table { columns: vec!["n".into(), "b".into()], rows: (0..3).map(row).collect() };
        Export { path: path.to_string_lossy().into_owned(), contents }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("the folder is there")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_whole_private_and_never_takes_the_place_of_another() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows.csv");
        let first = write(&export(&path));
        assert_eq!(first, Outcome::Exported { rows: 3, bytes: 13, path: path.to_string_lossy().into_owned() });
        fs::write(&path, "mine").expect("written");
        let Outcome::Exported { path: second, .. } = write(&export(&path)) else { panic!("the second is written") };
        assert!(second.ends_with("rows-2.csv"));
        assert_eq!(fs::read_to_string(&path).expect("read"), "mine");
        assert_eq!(fs::read_to_string(&second).expect("read"), "n,b\n0,\n1,\n2,\n");
        assert_eq!(fs::metadata(&second).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(names(folder.path()), ["rows-2.csv", "rows.csv"]);
    }

    #[test]
    fn what_can_not_be_written_is_told_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, why) in [
            (folder.path().join("nowhere/x.csv"), "there is no such folder"),
            (PathBuf::from("/proc/x.csv"), "there is no such folder"),
            (PathBuf::from("/"), "no name"),
        ] {
            let Outcome::Failed(sentence) = write(&export(&path)) else { panic!("{}", path.display()) };
            assert!(sentence.contains(why), "{sentence}");
        }
        assert!(names(folder.path()).is_empty());
    }
}
