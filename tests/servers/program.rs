//! The real binary, with nothing of the user's around it: no credentials, no configuration, no proxy, a home of its own.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A user's home that lasts as long as this value.
#[derive(Debug)]
pub struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    /// Empty but for an empty AWS configuration.
    pub fn new() -> Home {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        std::fs::write(folder.path().join("aws-config"), "").expect("the folder is ours to write to");
        std::fs::create_dir(folder.path().join("run")).expect("the folder is ours to write to");
        Home { folder }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where the audit file and the log go.
    pub fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    /// The whole environment of a program that runs in this home, with credentials that any emulator takes.
    pub fn environment(&self) -> Vec<(String, String)> {
        let under = |name: &str| self.path().join(name).display().to_string();
        let mut all = vec![
            ("PATH".to_owned(), std::env::var("PATH").unwrap_or_default()),
            ("HOME".to_owned(), self.path().display().to_string()),
            ("XDG_CONFIG_HOME".to_owned(), under("config")),
            ("XDG_STATE_HOME".to_owned(), under("state")),
            ("XDG_DATA_HOME".to_owned(), under("data")),
            ("XDG_CACHE_HOME".to_owned(), under("cache")),
            ("XDG_RUNTIME_DIR".to_owned(), under("run")),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("TZ".to_owned(), "UTC".to_owned()),
            ("TERM".to_owned(), "xterm-256color".to_owned()),
            ("AWS_CONFIG_FILE".to_owned(), under("aws-config")),
            ("AWS_SHARED_CREDENTIALS_FILE".to_owned(), under("aws-credentials")),
            ("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned()),
        ];
        for (name, value) in
            [("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing"), ("AWS_REGION", "us-east-1")]
        {
            all.push((name.to_owned(), value.to_owned()));
        }
        all
    }
}

/// The binary under test in that home. Arguments and pipes are the caller's.
pub fn slsdash(home: &Home) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slsdash"));
    command.env_clear().envs(home.environment());
    command
}

/// What a headless run said, ready to be asserted on: every failure shows the command line, the exit code and both outputs.
#[derive(Debug)]
pub struct Answer {
    line: String,
    output: Output,
}

impl Answer {
    /// Runs the binary against a server to its end.
    pub fn of(url: &str, arguments: &[&str]) -> Answer {
        let home = Home::new();
        Answer::within(&home, url, arguments)
    }

    /// The same, in a home that the caller looks into afterwards.
    pub fn within(home: &Home, url: &str, arguments: &[&str]) -> Answer {
        let output = slsdash(home)
            .args(["--endpoint-url", url])
            .args(arguments)
            .stdin(std::process::Stdio::null())
            .output()
            .expect("the binary under test was built");
        Answer { line: format!("slsdash --endpoint-url {url} {}", arguments.join(" ")), output }
    }

    /// The exit code; 0 is success, 254 an error of the service.
    pub fn code(&self) -> i32 {
        self.output.status.code().unwrap_or_else(|| panic!("ended by a signal: {self}"))
    }

    /// stdout as text.
    pub fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap_or_else(|_| panic!("stdout is not UTF-8: {self}"))
    }

    /// stderr as text.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// stdout as one JSON document of a run that succeeded.
    pub fn json(&self) -> Value {
        assert_eq!(self.code(), 0, "{self}");
        serde_json::from_str(&self.stdout()).unwrap_or_else(|error| panic!("stdout is not JSON ({error}): {self}"))
    }

    /// stdout as one JSON document per line of a run that succeeded.
    pub fn json_lines(&self) -> Vec<Value> {
        assert_eq!(self.code(), 0, "{self}");
        let line = |text: &str| {
            serde_json::from_str(text).unwrap_or_else(|error| panic!("the line {text:?} is not JSON ({error}): {self}"))
        };
        self.stdout().lines().map(line).collect()
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "\n$ {}\n{}", self.line, self.output.status)?;
        let clipped = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().take(6000).collect::<String>();
        write!(f, "stdout:\n{}\nstderr:\n{}", clipped(&self.output.stdout), clipped(&self.output.stderr))
    }
}
