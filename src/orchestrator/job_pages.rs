//! What lists and single answers tell of robot jobs, and how lists are asked for.

mod by_id;
mod changed;
mod page;
mod release_details;
mod standstill;
mod window;

pub use by_id::{JobsById, MAX_IDS};
pub use changed::{ChangeFilter, ChangedJobs};
pub use page::{JobPage, ListedJob, ShownFields};
pub use release_details::ReleaseDetails;
pub use standstill::{PendingReasons, WaitEvent};
pub use window::JobWindow;
pub(super) use window::{job_query, list_query};
