//! The terms of a launch that outlive its plan: the ledger keeps them with each attempt. And how a robot job is stopped.

use serde::{Deserialize, Serialize};

use crate::words::words;

/// How many robot jobs an answer must name to be whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectedJobs {
    /// This number: the robots of `Specific`, the count of every other strategy but `All`.
    Exactly(u32),
    /// `All`: only the server knows how many robots there are.
    AtLeastOne,
}

words! {
    /// What to do when a lost launch is proved to have no robot job.
    #[derive(Default)]
    #[schemars(rename = "OnAmbiguous")]
    pub enum AmbiguityPolicy {
        /// Send again; the default.
        #[default]
        Resend = "resend",
        /// Leave it `unknown` for a person to decide: for launches that move money.
        Hold = "hold",
    }
}

words! {
    /// How a robot job is stopped, as the API spells it.
    pub enum StopStrategy {
        /// Ask the robot job to stop at its next safe point.
        SoftStop = "SoftStop",
        /// Kill the robot job.
        Kill = "Kill",
    }
}
