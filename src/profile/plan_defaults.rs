//! What a profile means to a plan, before anything connects: offline, without its secrets.

use super::choice::{ProfileChoice, choose};
use super::connection::ProfileConnectionError;
use super::environment::Environment;
use super::error::ProfileError;
use super::settings::Profile;
use crate::ids::FolderRef;
use crate::orchestrator::base_url::BaseUrl;
use crate::policy::PolicyText;
use crate::spec::LargeArguments;

/// What the profile adds to a plan; all of it empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileDefaults {
    /// The profile's name.
    pub profile: String,
    /// Scheme, host and port.
    pub origin: String,
    /// The tenant.
    pub tenant: String,
    /// What a ledger knows the tenant by; empty where there is none.
    pub tenant_identity: String,
    /// The folder for launches that name none.
    pub folder: Option<FolderRef>,
    /// What happens to arguments above the API's limit.
    pub large_arguments: Option<LargeArguments>,
    /// The rules that every launch must keep: no input of the plan, for they may change from one day to the next.
    pub policies: Vec<PolicyText>,
}

/// The profile that a plan is made for; `None` if nothing says where to connect, which a plan can do without.
pub fn for_plan(
    choice: &ProfileChoice,
    environment: &Environment,
) -> Result<Option<(Profile, BaseUrl)>, ProfileConnectionError> {
    match choose(choice, environment) {
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
    pub fn of(profile: &Profile, base: &BaseUrl) -> Self {
        let tenant = base.tenant().map(str::to_owned).or_else(|| profile.tenant.clone());
        Self {
            profile: profile.name.clone(),
            origin: base.origin().to_string(),
            tenant: tenant.unwrap_or_default(),
            tenant_identity: base.tenant_identity(profile.tenant.as_deref()).as_str().to_owned(),
            folder: profile.folder.clone(),
            large_arguments: Some(profile.large_arguments),
            policies: profile.policies.clone(),
        }
    }
}
