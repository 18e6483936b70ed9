//! Runs that something breaks: signals, kills, outages, broken connections.

mod batches;
mod broken;
mod interrupted;
mod killed;
mod outages;
mod signals;
mod strangers;
