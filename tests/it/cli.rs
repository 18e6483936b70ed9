//! The binary as a person runs it: in a fresh folder, with nothing of the surroundings, whole output compared.

mod again;
mod another_plan;
mod broken;
mod canary;
mod connection;
mod data;
mod desk;
mod elsewhere;
mod help;
mod killed;
mod leaving;
mod ledgers;
mod logins;
mod many;
mod odd_answers;
mod outages;
mod own_reports;
mod params;
mod pauses;
mod places;
mod program;
mod rations;
mod run;
mod secrets;
mod served;
mod signals;
mod slots;
mod spared;
mod start;
mod streams;
mod tenants;
mod unlisted;
mod validate_and_plan;
mod wire;

use program::Program;
