//! Where credentials come from: the same places as for every AWS tool, looked at anew whenever they are needed.
//!
//! The SDK's own chain keeps what it read of the shared configuration, and remembers a profile that could not be used;
//! somebody who has mended it, or signed in again, would have to start the program anew.

use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::credentials::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result, future};

/// Where there is no instance metadata service, nobody answers: how long to wait for that.
pub(super) const METADATA: Duration = Duration::from_millis(700);

/// The places, in the order in which they are looked at.
#[derive(Debug)]
pub(super) struct Places {
    /// The profile that was asked for by name; none is that of `AWS_PROFILE`, or the default one.
    pub(super) profile: Option<String>,
    pub(super) config: ProviderConfig,
}

impl ProvideCredentials for Places {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.look())
    }
}

impl Places {
    async fn look(&self) -> Result {
        // Keys of the environment may be of any account: not when a profile was asked for.
        if self.profile.is_none()
            && let Some(found) = found(EnvironmentVariableCredentialsProvider::new()).await
        {
            return found;
        }
        let mut profile = ProfileFileCredentialsProvider::builder().configure(&self.config);
        if let Some(name) = &self.profile {
            profile = profile.profile_name(name);
        }
        match profile.build().provide_credentials().await {
            Err(error @ CredentialsError::CredentialsNotLoaded(_)) => {
                // A profile that is not there, or names another that is not: nothing further on is meant by it.
                let why = cause(&error);
                if why.contains("was not defined") {
                    let short = why.split(": could not find").next().unwrap_or_default().to_string();
                    return Err(CredentialsError::invalid_configuration(short));
                }
            }
            found => return found,
        }
        if let Some(found) = found(WebIdentityTokenCredentialsProvider::builder().configure(&self.config).build()).await
        {
            return found;
        }
        if let Some(found) = found(EcsCredentialsProvider::builder().configure(&self.config).build()).await {
            return found;
        }
        let metadata = imds::Client::builder()
            .configure(&self.config)
            .connect_timeout(METADATA)
            .read_timeout(METADATA)
            .max_attempts(1)
            .build();
        let instance = ImdsCredentialsProvider::builder().configure(&self.config).imds_client(metadata).build();
        // Whatever the metadata service has to say: on a machine that is no instance it means that there are none.
        instance.provide_credentials().await.map_err(|_| CredentialsError::not_loaded_no_source())
    }
}

/// What this place has, or why it can't be had; none where it has nothing to say.
async fn found(place: impl ProvideCredentials) -> Option<Result> {
    match place.provide_credentials().await {
        Err(CredentialsError::CredentialsNotLoaded(_)) => None,
        found => Some(found),
    }
}

fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.last().map(ToString::to_string).unwrap_or_default()
}
