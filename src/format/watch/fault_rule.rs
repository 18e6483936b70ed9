//! `fault-classes`: an author's own rules for why a robot job faulted.
//!
//! In: an item of `fault-classes`. Out: the class, and the node of the condition. Never: evaluates it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::format::field::{Field, Fixed};
use crate::format::key::keyed;
use crate::format::shape::keys;
use crate::outcome::FaultClass;

keyed! {
    /// A rule that is asked before the built-in ones.
    #[derive(Clone, Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(transform = keys)]
    pub struct FaultRule {
        /// The class of faults for which the condition is true.
        #[schemars(required)]
        pub class: Option<Fixed<FaultClass>> => Fixed,
        /// The condition, over `fault.info`, `fault.code`, `fault.title`, `fault.detail`, `fault.category`, `fault.state`,
        /// `fault.sub_state`, `fault.started` and `fault.release`.
        #[schemars(required, extend("examples" = ["${{ \"RDP handshake\" in fault.info }}"]))]
        pub when: Option<Field<bool>> => Fault,
    }
}
