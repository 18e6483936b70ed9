//! Which questions about robot jobs could be asked now.

/// Which kinds of questions about robot jobs could be asked now.
#[derive(Clone, Copy, Debug)]
pub(in crate::launch) struct FreeSlots {
    pub(in crate::launch) lists: bool,
    pub(in crate::launch) look_ups: bool,
    pub(in crate::launch) questions: bool,
}
