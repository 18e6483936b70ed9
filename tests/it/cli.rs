//! The binary as a person runs it: in a fresh folder, with nothing of the surroundings, whole output compared.

mod afterwards;
mod breaking;
mod cli_fixture;
mod first_day;
mod help;
mod input;
mod live_run;
mod monitoring;
mod program;
mod running;
mod secrecy;
mod served;
mod steering;
mod streams;
mod wire;

use program::Program;
