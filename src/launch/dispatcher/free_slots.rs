//! Which kinds of questions could be asked now, since none of their kind is under way.
//!
//! In: nothing. Out: [`FreeSlots`]. Never: asks.

/// Which kinds of questions about robot jobs could be asked now.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "one for each kind, and none follows from another")]
pub(in crate::launch) struct FreeSlots {
    pub(in crate::launch) lists: bool,
    pub(in crate::launch) look_ups: bool,
    pub(in crate::launch) questions: bool,
    pub(in crate::launch) logs: bool,
    pub(in crate::launch) releases: bool,
}
