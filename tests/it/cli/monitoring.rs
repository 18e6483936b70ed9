//! What is seen of runs from outside: the board in a browser, metrics, logs for machines.

mod board;
mod driven;
mod http;
mod large;
mod logs;
mod metrics;
mod pages;
#[cfg(feature = "otlp")]
mod traces;
