//! From flags and environment to the account.

use super::failure::Failure;
use super::occasion::Occasion;
use crate::aws::{Account, Settings};

/// How often a headless command asks a question before it fails: nobody is there to press `r`.
const ATTEMPTS: u32 = 3;

impl Occasion {
    /// Which account to go to, and how.
    pub fn settings(&self) -> Settings {
        Settings {
            profile: self.global.profile.clone(),
            environment_profile: self.environment.aws_profile.clone(),
            region: self.global.region.clone(),
            endpoint_url: self.global.endpoint_url.clone(),
            ca_bundle: self.environment.aws_ca_bundle.clone(),
            ..Settings::chain(self.clock.clone())
        }
    }

    /// The account, for a headless command. Errors: no region, a broken endpoint or CA bundle.
    pub async fn connect(&self) -> Result<Account, Failure> {
        Ok(Account::connect(Settings { attempts: ATTEMPTS, ..self.settings() }).await?)
    }
}
