//! The first day: from an empty folder with nothing but the binary to a green run, and what the program says of itself.

mod book;
mod completions;
mod explain;
mod import;
mod init;
mod pages;
mod shell_blocks;
mod slips;
mod surroundings;
