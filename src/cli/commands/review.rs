//! What a reviewer asks of manifests: what a change would start otherwise, and whether it is as its tests expect.

pub(in crate::cli) mod diff;
pub(in crate::cli) mod test;
