//! A request's path and query -> the operation that it means.
//!
//! Every base address of `docs/orchestrator-api.md`, section 1 is taken: bare, `/orchestrator_`, `/{org}/{tenant}` and
//! `/{org}/{tenant}/orchestrator_`, so that a client can be tried with the shape it will meet.

use uuid::Uuid;

use super::endpoint::Endpoint;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The path before `/odata` or `/api`, as sent.
    pub(crate) base: String,
    /// The tenant that the base names.
    pub(crate) tenant: Option<String>,
    pub(crate) endpoint: Endpoint,
    /// The text that a function takes; empty where it takes none.
    pub(crate) text: String,
    /// The query's pairs, decoded, in order.
    pub(crate) query: Vec<(String, String)>,
}

/// The name space of the service's own functions, in lower case.
const ODATA: &str = "uipath.server.configuration.odata";
/// The name space of the functions of queues.
const QUEUES: &str = "uipathodatasvc";

impl Target {
    /// The operation of a path; none where it leads nowhere.
    pub(crate) fn parse(path: &str, query: &str) -> Option<Self> {
        let decoded = decode(path, Plus::Plus)?;
        let segments: Vec<&str> = decoded.split('/').filter(|segment| !segment.is_empty()).collect();
        let at = segments.iter().position(|segment| {
            ["odata", "api", "identity", "identity_", "oauth", "sandbox"]
                .iter()
                .any(|root| root.eq_ignore_ascii_case(segment))
        })?;
        let (base, rest) = segments.split_at(at);
        let root = rest.first()?.to_ascii_lowercase();
        let (endpoint, text) = match (root.as_str(), &rest[1..]) {
            ("identity" | "identity_", ["connect", "token"]) if base.len() <= 2 => (Endpoint::Token, ""),
            ("oauth", ["token"]) if base.is_empty() => (Endpoint::UserKey, ""),
            ("sandbox", ["blobs", key]) if base.is_empty() => (Endpoint::Blob(Uuid::try_parse(key).ok()?), ""),
            ("sandbox", [page]) if base.is_empty() => (own(page)?, ""),
            ("api", [first, second]) => (api(first, second)?, ""),
            ("odata", [set]) if !set.ends_with("()") => (entity_set(&Segment::parse(set)?)?, ""),
            ("odata", [set, function]) => operation(&Segment::parse(set)?, &Segment::parse(function)?)?,
            _ => return None,
        };
        let tenant = match base {
            _ if endpoint == Endpoint::Token => None,
            [] | ["orchestrator_"] => None,
            [_, tenant] | [_, tenant, "orchestrator_"] => Some((*tenant).to_owned()),
            _ => return None,
        };
        let base = base.iter().fold(String::new(), |path, segment| path + "/" + segment);
        Some(Self { base, tenant, endpoint, text: text.to_owned(), query: pairs(query)? })
    }
}

/// A segment of a path: `Name`, `Name(key)` or `Name(argument=value,..)`.
struct Segment<'a> {
    /// In lower case.
    name: String,
    key: Option<&'a str>,
    /// Names in lower case; values without their quotes.
    arguments: Vec<(String, &'a str)>,
}

impl<'a> Segment<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (name, inside) = match text.split_once('(') {
            None => (text, ""),
            Some((name, rest)) => (name, rest.strip_suffix(')')?),
        };
        let mut segment = Self { name: name.to_ascii_lowercase(), key: None, arguments: Vec::new() };
        for (index, piece) in inside.split(',').filter(|piece| !piece.is_empty()).enumerate() {
            match piece.split_once('=') {
                Some((name, value)) => {
                    segment.arguments.push((name.trim().to_ascii_lowercase(), value.trim().trim_matches('\'')));
                }
                None if index == 0 => segment.key = Some(piece.trim().trim_matches('\'')),
                None => return None,
            }
        }
        Some(segment)
    }

    /// The value of the one argument `name`.
    fn only(&self, name: &str) -> Option<&'a str> {
        match self.arguments.as_slice() {
            [(own, value)] if own == name => Some(value),
            _ => None,
        }
    }

    /// The value of the first argument `first` and of the second `second`.
    fn both(&self, first: &str, second: &str) -> Option<(&'a str, &'a str)> {
        match self.arguments.as_slice() {
            [(a, one), (b, two)] if a == first && b == second => Some((one, two)),
            _ => None,
        }
    }
}

fn api(first: &str, second: &str) -> Option<Endpoint> {
    match (first.to_ascii_lowercase().as_str(), second.to_ascii_lowercase().as_str()) {
        ("status", "get") => Some(Endpoint::Status),
        ("account", "authenticate") => Some(Endpoint::Authenticate),
        ("folders", "getallforcurrentuser") => Some(Endpoint::FoldersOfUser),
        ("foldersnavigation", "getallfoldersforcurrentuser") => Some(Endpoint::FolderTree),
        ("foldersnavigation", "getfoldersforcurrentuser") => Some(Endpoint::FolderPages),
        _ => None,
    }
}

fn own(page: &str) -> Option<Endpoint> {
    match page {
        "record" => Some(Endpoint::Record),
        "jobs" => Some(Endpoint::RecordedJobs),
        "queue-items" => Some(Endpoint::RecordedQueueItems),
        "expire-tokens" => Some(Endpoint::ExpireTokens),
        _ => None,
    }
}

fn entity_set(set: &Segment<'_>) -> Option<Endpoint> {
    if !set.arguments.is_empty() {
        return None;
    }
    let number = |key: &str| key.parse::<i64>().ok();
    match (set.name.as_str(), set.key) {
        ("folders", None) => Some(Endpoint::Folders),
        ("folders", Some(key)) => number(key).map(Endpoint::Folder),
        ("releases", None) => Some(Endpoint::Releases),
        ("releases", Some(key)) => number(key).map(Endpoint::Release),
        ("robots", None) => Some(Endpoint::Robots),
        ("robots", Some(key)) => number(key).map(Endpoint::Robot),
        ("machines", None) => Some(Endpoint::Machines),
        ("machines", Some(key)) => number(key).map(Endpoint::Machine),
        ("sessions", None) => Some(Endpoint::Sessions),
        ("jobs", None) => Some(Endpoint::Jobs),
        ("jobs", Some(key)) => number(key).map(Endpoint::Job),
        ("attachments", None) => Some(Endpoint::Attachments),
        ("attachments", Some(key)) => Uuid::try_parse(key).ok().map(Endpoint::Attachment),
        ("buckets", None) => Some(Endpoint::Buckets),
        ("robotlogs", None) => Some(Endpoint::RobotLogs),
        _ => None,
    }
}

/// A function or action of a set or an entity, after its name space; and the text that it takes.
fn operation<'a>(set: &Segment<'a>, function: &Segment<'a>) -> Option<(Endpoint, &'a str)> {
    let (space, name) = function.name.rsplit_once('.').filter(|(space, _)| [ODATA, QUEUES].contains(space))?;
    let number = |name: &str| function.only(name).and_then(|value| value.parse::<i64>().ok());
    let guid = |name: &str| function.only(name).and_then(|value| Uuid::try_parse(value).ok());
    let is_bare = function.key.is_none() && function.arguments.is_empty();
    let entity = set.key.and_then(|key| key.parse::<i64>().ok());
    let endpoint = match (space, set.name.as_str(), name, entity, is_bare) {
        (QUEUES, "queues", "addqueueitem", None, true) => Endpoint::AddQueueItem,
        (QUEUES, "queues", "bulkaddqueueitems", None, true) => Endpoint::BulkAddQueueItems,
        (QUEUES, ..) => return None,
        (_, "jobs", "startjobs", None, true) => Endpoint::StartJobs,
        (_, "jobs", "validatedynamicjob", None, true) => Endpoint::ValidateDynamicJob,
        (_, "jobs", "stopjobs", None, true) => Endpoint::StopJobs,
        (_, "jobs", "restartjob", None, true) => Endpoint::RestartJob,
        (_, "jobs", "resumejob", None, true) => Endpoint::ResumeJob,
        (_, "jobs", "stopjob", Some(id), true) => Endpoint::StopJob(id),
        (_, "jobs", "validateexistingjob", Some(id), true) => Endpoint::ValidateExistingJob(id),
        (_, "jobs", "getbykey", None, _) => Endpoint::JobByKey(guid("identifier")?),
        (_, "jobtriggers", "getwithwaitevents", None, _) => Endpoint::WaitEvents(number("jobid")?),
        (_, "folders", "getbykey", None, _) => Endpoint::FolderByKey(guid("identifier")?),
        (_, "folders", "getmachinesforfolder", None, _) => Endpoint::MachinesOfFolder(number("key")?),
        (_, "robots", "findallacrossfolders", None, true) => Endpoint::RobotsEverywhere,
        (_, "robots", "getconfiguredrobots", None, true) => Endpoint::ConfiguredRobots,
        (_, "robots", "getrobotsfromfolder", None, _) => Endpoint::RobotsOfFolder(number("folderid")?),
        (_, "robots", "getfolderrobots", None, _) => {
            let (folder, machine) = function.both("folderid", "machineid")?;
            Endpoint::RobotsOfMachine { folder: folder.parse().ok()?, machine: machine.parse().ok()? }
        }
        (_, "robots", "getrobotsforprocess", None, _) => {
            return Some((Endpoint::RobotsOfRelease, function.only("processid")?));
        }
        (_, "processes", "getarguments", None, _) => {
            return Some((Endpoint::PackageArguments, function.only("key")?));
        }
        (_, "machines", "getassignedmachines", None, _) => Endpoint::AssignedMachines(number("folderid")?),
        (_, "machines", "getruntimesforfolder", None, _) => Endpoint::RuntimesOfFolder(number("folderid")?),
        (_, "sessions", "getglobalsessions", None, true) => Endpoint::SessionsEverywhere,
        (_, "sessions", "getmachinesessionruntimes", None, true) => Endpoint::SessionRuntimes,
        (_, "sessions", "getmachinesessionruntimesbyfolderid", None, _) => {
            Endpoint::SessionRuntimesOfFolder(number("folderid")?)
        }
        (_, "sessions", "getmachinesessions", None, _) => Endpoint::SessionsOfMachine(number("key")?),
        (_, "buckets", "getbucketsacrossfolders", None, true) => Endpoint::BucketsEverywhere,
        (_, "buckets", "getreaduri", Some(id), true) => Endpoint::BucketReadUri(id),
        (_, "buckets", "getwriteuri", Some(id), true) => Endpoint::BucketWriteUri(id),
        _ => return None,
    };
    Some((endpoint, ""))
}

/// What `+` stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plus {
    /// A space, as in queries and forms.
    Space,
    /// Itself, as in paths.
    Plus,
}

/// The pairs of a query or form; none where a name or value is not UTF-8 once decoded.
pub(crate) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let pieces = text.split('&').filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            Some((decode(name, Plus::Space)?, decode(value, Plus::Space)?))
        })
        .collect()
}

/// Text without its percent-encoding; a `%` that encodes nothing stands for itself.
pub(crate) fn decode(text: &str, plus: Plus) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let encoded = after.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = encoded.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            out.push(byte);
            rest = &after[2..];
        } else {
            out.push(if *first == b'+' && plus == Plus::Space { b' ' } else { *first });
            rest = after;
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_base_address_leads_to_the_same_operation() {
        let key = Uuid::from_u128(0x0764_f4a0_2ce0_41b9_8738_4575_566f_3756);
        let by_key = format!("/odata/jobs/uipath.server.configuration.odata.getbykey(identifier='{key}')");
        let robots = "/odata/Robots/UiPath.Server.Configuration.OData.GetRobotsFromFolder(folderId=7)";
        let cases = [
            ("/odata/Jobs", Some(("", None, Endpoint::Jobs))),
            ("/orchestrator_/odata/Jobs", Some(("/orchestrator_", None, Endpoint::Jobs))),
            ("/acme/prod/odata/Jobs", Some(("/acme/prod", Some("prod"), Endpoint::Jobs))),
            ("/acme/prod/orchestrator_/odata/Jobs/", Some(("/acme/prod/orchestrator_", Some("prod"), Endpoint::Jobs))),
            ("/odata/Jobs(160856)", Some(("", None, Endpoint::Job(160_856)))),
            ("/odata/Jobs%28160856%29", Some(("", None, Endpoint::Job(160_856)))),
            (by_key.as_str(), Some(("", None, Endpoint::JobByKey(key)))),
            (robots, Some(("", None, Endpoint::RobotsOfFolder(7)))),
            ("/api/folders/getallforcurrentuser", Some(("", None, Endpoint::FoldersOfUser))),
            ("/identity/connect/token", Some(("", None, Endpoint::Token))),
            ("/acme/identity_/connect/token", Some(("/acme", None, Endpoint::Token))),
            ("/sandbox/record", Some(("", None, Endpoint::Record))),
            ("/acme/prod/sandbox/record", None),
            ("/a/b/c/odata/Jobs", None),
            ("/odata/Jobs()", None),
            ("/odata/Jobs/Startjobs", None),
            ("/odata/J\u{f6}bs/UiPath.Server.Configuration.\u{f6}Data.x", None),
            ("/odata/Jobs%ff", None),
            ("", None),
        ];
        for (path, expected) in cases {
            let found = Target::parse(path, "");
            let found = found.as_ref().map(|found| (found.base.as_str(), found.tenant.as_deref(), found.endpoint));
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn a_query_is_decoded_as_a_form_is() {
        let text = "$filter=Name+eq%20'a%26b'&take=1&&empty&odd=%zz%4&plus=%2B";
        let expected = [("$filter", "Name eq 'a&b'"), ("take", "1"), ("empty", ""), ("odd", "%zz%4"), ("plus", "+")];
        let found = pairs(text).expect("valid UTF-8");
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(pairs("a=%ff"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_path_or_query_panics(path in "[/a-zA-Z_().='%0-9\u{f6}]{0,60}", query in "\\PC{0,60}") {
            Target::parse(&path, &query);
            Target::parse(&format!("/odata/Jobs/{path}"), &query);
        }
    }
}
