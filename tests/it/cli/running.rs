//! Runs on servers that answer, each in its own way.

mod already_running;
mod another_plan;
mod counted;
mod elsewhere;
mod many;
mod missed_slots;
mod odd_answers;
mod pages;
mod pauses;
mod rations;
mod run;
mod slots;
mod start;
mod unlisted;
mod waiting;
