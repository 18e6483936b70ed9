//! curl commands, as people paste them.
//!
//! In: text with one command or several. Out: the requests that start robot jobs. Never: runs one.

use super::curl_options::CurlOption;
use super::draft::Draft;
use super::error::{ImportError, JsonProblem};
use super::found::{FoundRequest, Pasted, RequestTarget};
use super::headers::{base_of, is_start_jobs, learn_login, take_header};
use super::json;
use super::secret_words::is_secret_name;
use super::shell;

/// The files that a pasted command names (`-d @FILE`), or why one cannot be had.
pub type BodyFiles<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Whether `text` holds a command: the word stands at the beginning of one of its first lines, whatever prompt is before it.
pub(super) fn is_command(text: &str) -> bool {
    text.lines().take(50).any(|line| line.split_whitespace().take(6).any(is_curl))
}

fn is_curl(word: &str) -> bool {
    let name = word.rsplit(['/', '\\']).next().unwrap_or_default().trim_start_matches("$(").to_ascii_lowercase();
    name == "curl" || name == "curl.exe"
}

/// `text` from the line on that its first command stands in: prose before it may hold a lone quote.
fn from_command_on<'t>(text: &'t str, draft: &Draft<'_>) -> &'t str {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.split_whitespace().take(6).any(is_curl) {
            break;
        }
        // `TOKEN=...` of a script.
        let assigned = line.trim().trim_start_matches("export ").split_once('=');
        if let Some((_, value)) = assigned.filter(|(name, _)| is_secret_name(name)) {
            draft.learn(value.trim_matches(['"', '\'']));
        }
        at += line.len();
    }
    &text[at..]
}

/// What one command says.
#[derive(Debug, Default)]
struct CurlCommand {
    method: Option<String>,
    headers: Vec<String>,
    data: Option<String>,
    address: Option<String>,
    has_form: bool,
    is_query: bool,
}

/// The requests of `text` that start robot jobs.
pub(super) fn read(text: &str, draft: &mut Draft<'_>, files: BodyFiles<'_>) -> Result<Vec<FoundRequest>, ImportError> {
    draft.origin = "a curl command";
    draft.has_shell = true;
    let (text, documents) = shell::here_documents(from_command_on(text, draft));
    draft.here_documents.extend(documents);
    let words = shell::words(&text)?;
    let mut found = Vec::new();
    for command in commands(&words, draft, files)? {
        match request(command, draft)? {
            Some(request) => found.push(request),
            None => draft.passed_over += 1,
        }
    }
    if draft.passed_over > 0 && !found.is_empty() {
        draft.note("a command that is no StartJobs call was left out");
    }
    Ok(found)
}

/// Every command among `words`.
fn commands(words: &[String], draft: &mut Draft<'_>, files: BodyFiles<'_>) -> Result<Vec<CurlCommand>, ImportError> {
    let mut commands: Vec<CurlCommand> = Vec::new();
    let mut is_inside = false;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if is_curl(word) {
            commands.push(CurlCommand::default());
            is_inside = true;
        } else if !is_inside {
            // `TOKEN=... curl`, prompts, and what follows a pipe.
            if let Some((_, value)) = word.split_once('=').filter(|(name, _)| is_secret_name(name)) {
                draft.learn(value);
            }
        } else if ["|", "||", "&&", ";", "&", ">", ">>", "2>", "<"].contains(&word.as_str()) {
            draft.note("what stands behind the command (`|`, `>`, `;`) was left out");
            is_inside = false;
        } else if let Some(command) = commands.last_mut() {
            let begins_next = take_word(command, word, &mut words, draft, files)?;
            if begins_next {
                commands.push(CurlCommand::default());
            }
        }
    }
    Ok(commands)
}

/// Takes one word of a command, and the value behind it. Whether another request begins.
fn take_word<'w>(
    command: &mut CurlCommand,
    word: &'w str,
    rest: &mut impl Iterator<Item = &'w String>,
    draft: &mut Draft<'_>,
    files: BodyFiles<'_>,
) -> Result<bool, ImportError> {
    if let Some(long) = word.strip_prefix("--") {
        // curl itself has no `--name=value`; people write it.
        let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
        let option = CurlOption::long(name);
        let value = match value {
            Some(value) => value,
            None if option.takes_value() => rest.next().map_or("", String::as_str),
            None => "",
        };
        command.take(option, value, draft, files)?;
        return Ok(option == CurlOption::Next);
    }
    let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
        command.address.get_or_insert_with(|| word.to_owned());
        return Ok(false);
    };
    for (at, c) in letters.char_indices() {
        let option = CurlOption::short(c);
        if option.takes_value() {
            let own = &letters[at + c.len_utf8()..];
            let value = if own.is_empty() { rest.next().map_or("", String::as_str) } else { own };
            command.take(option, value, draft, files)?;
            return Ok(false);
        }
        command.take(option, "", draft, files)?;
        if option == CurlOption::Next {
            return Ok(true);
        }
    }
    Ok(false)
}

impl CurlCommand {
    fn take(
        &mut self,
        option: CurlOption,
        value: &str,
        draft: &mut Draft<'_>,
        files: BodyFiles<'_>,
    ) -> Result<(), ImportError> {
        match option {
            CurlOption::Method => self.method = Some(value.to_owned()),
            CurlOption::Header => self.headers.push(value.to_owned()),
            CurlOption::Address => self.address = Some(value.to_owned()),
            CurlOption::RawData => self.add(value),
            CurlOption::Data => match value.strip_prefix('@') {
                Some("-") => match draft.here_documents.pop_front() {
                    Some(document) => self.add(document.trim_end()),
                    None => return Err(ImportError::BodyFile("the command takes it from stdin".to_owned())),
                },
                Some(file) => self.add(files(file).map_err(ImportError::BodyFile)?.trim_start_matches('\u{feff}')),
                None => self.add(value),
            },
            CurlOption::Login => {
                learn_login(value, draft);
                if let Some((_, password)) = value.split_once(':') {
                    draft.learn(password);
                }
                draft
                    .note("the command's login (`-u`, `-b` or another option) was left out: it belongs into a profile");
            }
            CurlOption::Form => self.has_form = true,
            CurlOption::Query => self.is_query = true,
            CurlOption::Valued | CurlOption::Flag | CurlOption::Next => {}
        }
        Ok(())
    }

    /// Several pieces are joined as curl joins them.
    fn add(&mut self, data: &str) {
        match &mut self.data {
            Some(before) => {
                before.push('&');
                before.push_str(data);
            }
            None => self.data = Some(data.to_owned()),
        }
    }
}

/// The request of `command`, if it starts robot jobs.
fn request(command: CurlCommand, draft: &mut Draft<'_>) -> Result<Option<FoundRequest>, ImportError> {
    let address = command.address.unwrap_or_default();
    let is_call = is_start_jobs(&address);
    let problem = |problem| Err(ImportError::Body { title: None, problem });
    // Logins first: a body may hold the same.
    let mut of_headers = FoundRequest {
        title: None,
        folder: None,
        target: RequestTarget::default(),
        pasted: Pasted::StartInfo(serde_json::Map::new()),
    };
    for header in &command.headers {
        // `-H 'Name;'` sends an empty header.
        let (name, value) = header.split_once(':').unwrap_or((header.trim_end_matches(';'), ""));
        take_header(&mut of_headers, name.trim(), value.trim(), draft);
    }
    learn_from_address(&address, draft);
    let Some(data) = command.data else {
        if is_call && command.has_form {
            return problem(JsonProblem::Kind("it is a form; StartJobs takes JSON"));
        }
        return if is_call { problem(JsonProblem::Kind("the command has none")) } else { Ok(None) };
    };
    let body = match json::parse(&data) {
        Ok(body) => body,
        Err(wrong) if is_call => return problem(wrong),
        Err(_) => return Ok(None),
    };
    let mut found = match FoundRequest::of_body(body) {
        Ok(found) => found,
        Err(_) if is_call => return problem(JsonProblem::Kind("it has no `startInfo`")),
        Err(_) => return Ok(None),
    };
    if command.is_query || command.method.as_deref().is_some_and(|method| !method.eq_ignore_ascii_case("POST")) {
        draft.note("the command is no POST; sortie sends one, as StartJobs wants it");
    }
    found.folder = of_headers.folder;
    found.target = RequestTarget { base: base_of(&address), tenant: of_headers.target.tenant };
    Ok(Some(found))
}

/// Learns what an address holds beside where it leads: a user's password, and tokens of its query.
fn learn_from_address(address: &str, draft: &mut Draft<'_>) {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((user, _)) = authority.rsplit_once('@') {
        draft.learn(user.split_once(':').map_or(user, |(_, password)| password));
        draft.note("the user in the address was left out: a login belongs into a profile");
    }
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    for (name, value) in query.split('&').filter_map(|part| part.split_once('=')) {
        if is_secret_name(name) {
            draft.learn(value);
        }
    }
    if !query.is_empty() {
        draft.note("the query of the address was left out");
    }
}
