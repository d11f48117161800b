//! `slsdash completions` and `slsdash man`: made from the definition of the command line.

use super::definition;
use super::failure::{Failure, OK};
use super::output::Output;

/// Prints the completions of a shell.
pub fn completions(shell: clap_complete::Shell) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut definition(), "slsdash", &mut script);
    print(&script)
}

/// Prints the manual page.
pub fn page() -> Result<u8, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(definition()).render(&mut page)?;
    print(&page)
}

fn print(text: &[u8]) -> Result<u8, Failure> {
    let mut output = Output::new();
    output.plain(&String::from_utf8_lossy(text))?;
    output.flush()?;
    Ok(OK)
}
