//! Logs Insights queries that were run, and findings that are snoozed, kept from one run of the program to the next.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Name of the file, in the folder of the program's state.
pub const FILE: &str = "insights-queries.json";
/// The same of the snoozed findings.
pub const SNOOZES: &str = "snoozed-findings.json";
/// A file beyond this is none of ours.
const LARGEST: u64 = 4 << 20;

/// The queries, the newest first; none where there is no such file, or something else in it.
pub fn read(path: &Path) -> Vec<String> {
    let is_small = fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= LARGEST);
    let text = if is_small { fs::read_to_string(path).unwrap_or_default() } else { String::new() };
    let mut queries: Vec<String> = serde_json::from_str(&text).unwrap_or_default();
    queries.truncate(crate::app::tabs::logs::insights::REMEMBERED);
    queries
}

/// Replaces them, whole or not at all. A query may name what is confidential: only its owner reads the file.
///
/// # Errors
/// Those of the file system.
pub fn keep(path: &Path, queries: &[String]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let draft = path.with_extension(format!("{}.part", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    let written = file.write_all(&serde_json::to_vec(queries)?).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_read_again_and_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state").join(FILE);
        assert!(read(&path).is_empty());
        let queries = vec!["fields @message\n| limit 1".to_string(), "stats count(*)".to_string()];
        keep(&path, &queries).expect("written");
        keep(&path, &queries[..1]).expect("written again");
        assert_eq!(read(&path), queries[..1]);
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path().join("state")).expect("there").count(), 1);
        fs::write(&path, "{broken").expect("written");
        assert!(read(&path).is_empty());
        assert!(keep(Path::new("/dev/null/x.json"), &queries).is_err());
    }
}
