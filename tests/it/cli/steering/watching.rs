//! What a run tells while it goes on: on request, by `-v`, and to programs.

mod events;
mod several;
mod snapshots;
mod stand_in;
