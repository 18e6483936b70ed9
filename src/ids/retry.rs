//! How retries of a launch are called. Source: `docs/ids.md`.

use super::{LaunchId, Reference};

impl LaunchId {
    /// That of retry number `number` of the launch, from 2 on. No value holds a bare `#`.
    #[must_use]
    pub fn retry(&self, number: u32) -> Self {
        Self(format!("{}#{number}", self.0).into())
    }
}

impl Reference {
    /// The same for `retry`, a retry of the launch that this is the Reference of: only the last 16 digits differ.
    #[must_use]
    pub fn of_retry(&self, retry: &LaunchId) -> Self {
        let kept = self.0.len().saturating_sub(16);
        Self(format!("{}{:016x}", self.0.get(..kept).unwrap_or_default(), retry.fingerprint()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::RunId;

    #[test]
    fn a_retry_has_its_launchs_name_a_number_and_a_reference_of_its_own() {
        let (run, launch) = (RunId::from_bytes([7; 16]), LaunchId::new("load", ["INV-7", "a#b"]));
        let retry = launch.retry(2);
        assert_eq!(retry.as_str(), "load/INV-7,a%23b#2");
        assert_eq!((retry.job(), LaunchId::from("load#2").job()), ("load", "load"));
        for author in [None, Some("pay")] {
            let of_retry = Reference::new(author, run, &launch).of_retry(&retry);
            assert_eq!(of_retry, Reference::new(author, run, &retry));
        }
    }
}
