//! A Python virtual environment per requirements file, under `target/python/`: made once, by whoever comes first, and kept.

use super::{python_source, tail};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// A virtual environment that holds exactly what its requirements file pins.
#[derive(Debug)]
pub struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// moto, and boto3 for seeding and for reading `slsdash sim`.
    pub fn moto() -> &'static Environment {
        static MADE: OnceLock<Environment> = OnceLock::new();
        MADE.get_or_init(|| Environment::make("moto"))
    }

    /// MiniStack, which pins another botocore than boto3 wants.
    pub fn ministack() -> &'static Environment {
        static MADE: OnceLock<Environment> = OnceLock::new();
        MADE.get_or_init(|| Environment::make("ministack"))
    }

    /// The interpreter of this environment on one of our own scripts, with nothing of the user's: no credentials, no configuration.
    pub fn script(&self, name: &str) -> Command {
        let mut command = clean(&self.python());
        command.arg(python_source(name)).stdin(Stdio::null());
        command
    }

    fn python(&self) -> PathBuf {
        self.folder.join("bin/python")
    }

    fn make(name: &str) -> Environment {
        let requirements = python_source(&format!("{name}.txt"));
        let pins = fs::read(&requirements).expect("the requirements file is in the tree");
        let mut hasher = DefaultHasher::new();
        pins.hash(&mut hasher);
        let base = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target/tmp has a parent").join("python");
        fs::create_dir_all(&base).expect("the target directory is ours to write to");
        let folder = base.join(format!("{name}-{:016x}", hasher.finish()));
        // Several test processes may come at once: the first one makes it, the others wait at the lock.
        let lock = File::create(folder.with_extension("lock")).expect("the target directory is ours to write to");
        lock.lock().expect("a file lock can be waited for");
        let made = Environment { folder };
        if !made.works() {
            made.fill(&requirements);
        }
        made
    }

    /// Complete, and its interpreter still starts (a system upgrade may have taken the one it links to).
    fn works(&self) -> bool {
        self.complete().exists()
            && clean(&self.python()).args(["-c", "pass"]).status().is_ok_and(|status| status.success())
    }

    fn complete(&self) -> PathBuf {
        self.folder.join("complete")
    }

    fn fill(&self, requirements: &Path) {
        let _ = fs::remove_dir_all(&self.folder);
        let made = clean(Path::new("python3")).args(["-m", "venv"]).arg(&self.folder).output();
        must(
            "`python3 -m venv` failed: these tests need Python 3.10 or newer with its venv module (Debian: apt install python3-venv)",
            made,
        );
        let installed = clean(&self.python())
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-compile",
                "--no-input",
                "--disable-pip-version-check",
                "-r",
            ])
            .arg(requirements)
            .output();
        must(
            &format!(
                "`pip install -r {}` failed: these tests need a package index that pip can reach",
                requirements.display()
            ),
            installed,
        );
        File::create(self.complete()).expect("the environment is ours to write to");
    }
}

/// A command of which the outcome is in what was asked, not in the user's shell: pip's own settings (its index, a proxy) stay.
fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("AWS_") || text.starts_with("MOTO_") || text.starts_with("PYTHON") || text == "BOTO_CONFIG"
        {
            command.env_remove(&name);
        }
    }
    command
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        // Servers on loopback are asked directly, also where a proxy is set.
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1");
    command
}

fn must(what_and_remedy: &str, outcome: std::io::Result<Output>) {
    match outcome {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!(
            "{what_and_remedy} ({})\n{}\n{}",
            output.status,
            tail(&String::from_utf8_lossy(&output.stdout), 10),
            tail(&String::from_utf8_lossy(&output.stderr), 20)
        ),
        Err(error) => panic!("{what_and_remedy} ({error})"),
    }
}
