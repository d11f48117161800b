//! `slsdash policy`: the least IAM policy, as a document for `aws iam create-policy`.

use super::failure::{Failure, OK};
use super::occasion::Occasion;
use super::output::Output;
use crate::aws::permissions;
use crate::model::identity::partition;

/// Prints it.
pub fn run(occasion: &Occasion, write: bool) -> Result<u8, Failure> {
    let mut output = Output::new();
    output.document(&permissions::policy(write, partition(&occasion.origin().region)))?;
    output.flush()?;
    Ok(OK)
}
