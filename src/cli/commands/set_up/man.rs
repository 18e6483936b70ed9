//! `sortie man`: the manual's pages, made of the same texts as `--help`.
//!
//! In: the grammar of the command line. Out: roff. Never: a date, so that the same program writes the same pages.

use std::fs;
use std::io;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use crate::cli::args::{Args, ManArgs};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;

pub(crate) fn run(context: &CommandContext, flags: &ManArgs) -> Result<ExitStatus, Failure> {
    let mut command = Args::command();
    command.build();
    let Some(folder) = &flags.dir else {
        context.console.form(&page(&command))?;
        return Ok(ExitStatus::Success);
    };
    let pages = write_all(&command, folder).map_err(|error| {
        Failure::with_message(ExitStatus::Fault, format!("`{}` cannot be written: {error}", folder.display()))
    })?;
    context.tell(&format!("{pages} pages are in {}", escape(&folder.display().to_string())));
    Ok(ExitStatus::Success)
}

/// Writes the page of `command` and of every verb below it; returns how many.
fn write_all(command: &Command, folder: &Path) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    let mut written = 1;
    fs::write(folder.join(Man::new(command.clone()).get_filename()), page(command))?;
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        written += write_all(verb, folder)?;
    }
    Ok(written)
}

/// The page of one command.
fn page(command: &Command) -> String {
    let man =
        Man::new(command.clone().disable_help_subcommand(true)).source(concat!("sortie ", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    let sections = [
        Man::render_title,
        Man::render_name_section,
        Man::render_synopsis_section,
        Man::render_description_section,
        Man::render_options_section,
    ];
    for section in sections {
        section(&man, &mut page).expect("memory takes all that is written");
    }
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page).expect("memory takes all that is written");
    }
    let mut page = String::from_utf8_lossy(&page).into_owned();
    if let Some(after) = command.get_after_long_help().or_else(|| command.get_after_help()) {
        // Examples are laid out in columns: nothing may fill their lines anew.
        let after = after.to_string();
        let (heading, text) = match after.strip_prefix("Examples:\n") {
            Some(examples) => ("EXAMPLES", examples),
            None => ("NOTES", after.as_str()),
        };
        page.push_str(&format!(".SH {heading}\n.nf\n"));
        for line in text.lines() {
            page.push_str(&roff_line(line));
        }
        page.push_str(".fi\n");
    }
    page
}

/// `line` as text that roff takes for nothing else.
fn roff_line(line: &str) -> String {
    let escaped = line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq").replace('`', "\\(ga");
    // A dot at the beginning would be a request.
    let guard = if escaped.starts_with('.') { "\\&" } else { "" };
    format!("{guard}{escaped}\n")
}
