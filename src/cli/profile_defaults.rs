//! What a profile means to a plan, before anything connects: offline, without its secrets.

use crate::cli::args::ConnectionArgs;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::inputs::ProfileDefaults;
use crate::cli::profile::{self, Profile, ProfileError};
use crate::orchestrator::base_url::BaseUrl;

/// The profile that a plan is made for; `None` if nothing says where to connect, which a plan can do without.
pub(crate) fn for_plan(
    flags: &ConnectionArgs,
    environment: &Environment,
) -> Result<Option<(Profile, BaseUrl)>, Failure> {
    match profile::choose(flags, environment) {
        Ok(profile) => {
            let base = profile.base()?;
            Ok(Some((profile, base)))
        }
        Err(ProfileError::Nowhere { .. } | ProfileError::Incomplete { .. }) => Ok(None),
        Err(
            error @ (ProfileError::Unknown { .. }
            | ProfileError::NoDefault { .. }
            | ProfileError::Unreadable { .. }
            | ProfileError::NotAFile { .. }
            | ProfileError::Invalid { .. }
            | ProfileError::Environment { .. }),
        ) => Err(error.into()),
    }
}

impl ProfileDefaults {
    /// What `profile`, whose address is `base`, adds to a plan.
    pub(crate) fn of(profile: &Profile, base: &BaseUrl) -> Self {
        let tenant = base.tenant().map(str::to_owned).or_else(|| profile.tenant.clone());
        Self {
            profile: profile.name.clone(),
            origin: base.origin().to_string(),
            tenant: tenant.unwrap_or_default(),
            folder: profile.folder.clone(),
            large_arguments: Some(profile.large_arguments),
        }
    }
}
