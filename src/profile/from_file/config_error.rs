//! What is wrong in a config file, at its place.

use serde_yaml::Location;

/// One sentence about a place of the file.
pub(super) struct ConfigError(pub(super) Location, pub(super) String);
