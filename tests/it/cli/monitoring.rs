//! What is seen of runs from outside: the board in a browser, metrics, logs for machines.

mod board;
mod http;
mod pages;
