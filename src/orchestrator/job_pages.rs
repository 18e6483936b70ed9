//! Pages of the lists of robot jobs: what is asked for, and what they hold.

mod by_id;
mod changed;
mod page;
mod window;

pub use by_id::{JobsById, MAX_IDS};
pub use changed::{ChangeFilter, ChangedJobs};
pub use page::{JobFields, JobPage, ListedJob};
pub use window::JobWindow;
pub(super) use window::{job_query, list_query};
