//! A request's path and query -> the operation that it means.
//!
//! Every base address of `API.md` section 1 is taken: bare, `/orchestrator_`, `/{org}/{tenant}` and
//! `/{org}/{tenant}/orchestrator_`, so that a client can be tried with the shape it will meet.

use uuid::Uuid;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The path before `/odata` or `/api`, as sent.
    pub(crate) base: String,
    /// The tenant that the base names.
    pub(crate) tenant: Option<String>,
    pub(crate) endpoint: Endpoint,
    /// The query's pairs, decoded, in order.
    pub(crate) query: Vec<(String, String)>,
}

/// The operations of the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Token,
    Status,
    Folders,
    Folder(i64),
    FolderByKey(Uuid),
    FoldersOfUser,
    Releases,
    Release(i64),
    Robots,
    Robot(i64),
    ConfiguredRobots,
    RobotsOfFolder(i64),
    Jobs,
    Job(i64),
    JobByKey(Uuid),
    StartJobs,
    Record,
    RecordedJobs,
    ExpireTokens,
}

/// The name space of the service's own functions.
const ODATA: &str = "UiPath.Server.Configuration.OData.";

impl Target {
    /// The operation of a path; none where it leads nowhere.
    pub(crate) fn parse(path: &str, query: &str) -> Option<Self> {
        let decoded = decode(path, Plus::Plus)?;
        let segments: Vec<&str> = decoded.split('/').filter(|segment| !segment.is_empty()).collect();
        let at = segments.iter().position(|segment| {
            ["odata", "api", "identity", "identity_", "sandbox"].iter().any(|root| root.eq_ignore_ascii_case(segment))
        })?;
        let (base, rest) = segments.split_at(at);
        let root = rest.first()?.to_ascii_lowercase();
        let endpoint = match (root.as_str(), &rest[1..]) {
            ("identity" | "identity_", ["connect", "token"]) if base.len() <= 2 => Endpoint::Token,
            ("sandbox", ["record"]) if base.is_empty() => Endpoint::Record,
            ("sandbox", ["jobs"]) if base.is_empty() => Endpoint::RecordedJobs,
            ("sandbox", ["expire-tokens"]) if base.is_empty() => Endpoint::ExpireTokens,
            ("api", [first, second]) => api(first, second)?,
            ("odata", [set]) => entity_set(set)?,
            ("odata", [set, function]) => function_of(set, function)?,
            _ => return None,
        };
        let tenant = match base {
            _ if endpoint == Endpoint::Token => None,
            [] | ["orchestrator_"] => None,
            [_, tenant] | [_, tenant, "orchestrator_"] => Some((*tenant).to_owned()),
            _ => return None,
        };
        let base = base.iter().fold(String::new(), |path, segment| path + "/" + segment);
        Some(Self { base, tenant, endpoint, query: pairs(query)? })
    }
}

impl Endpoint {
    /// Every name of an operation of the API, for those who give one.
    pub(crate) const NAMES: &[&str] = &[
        "Token",
        "Status",
        "Folders",
        "Folder",
        "FolderByKey",
        "GetAllForCurrentUser",
        "Releases",
        "Release",
        "Robots",
        "Robot",
        "GetConfiguredRobots",
        "GetRobotsFromFolder",
        "Jobs",
        "Job",
        "JobByKey",
        "StartJobs",
    ];

    /// Its name in the record.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Token => "Token",
            Self::Status => "Status",
            Self::Folders => "Folders",
            Self::Folder(_) => "Folder",
            Self::FolderByKey(_) => "FolderByKey",
            Self::FoldersOfUser => "GetAllForCurrentUser",
            Self::Releases => "Releases",
            Self::Release(_) => "Release",
            Self::Robots => "Robots",
            Self::Robot(_) => "Robot",
            Self::ConfiguredRobots => "GetConfiguredRobots",
            Self::RobotsOfFolder(_) => "GetRobotsFromFolder",
            Self::Jobs => "Jobs",
            Self::Job(_) => "Job",
            Self::JobByKey(_) => "JobByKey",
            Self::StartJobs => "StartJobs",
            Self::Record => "Record",
            Self::RecordedJobs => "RecordedJobs",
            Self::ExpireTokens => "ExpireTokens",
        }
    }

    /// Its one method.
    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::Token | Self::StartJobs | Self::ExpireTokens => "POST",
            Self::Status
            | Self::Folders
            | Self::Folder(_)
            | Self::FolderByKey(_)
            | Self::FoldersOfUser
            | Self::Releases
            | Self::Release(_)
            | Self::Robots
            | Self::Robot(_)
            | Self::ConfiguredRobots
            | Self::RobotsOfFolder(_)
            | Self::Jobs
            | Self::Job(_)
            | Self::JobByKey(_)
            | Self::Record
            | Self::RecordedJobs => "GET",
        }
    }

    /// The OAuth scopes of which the token needs one. Source: the descriptions of the operations; `API.md` section 2.1.
    pub(crate) fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::StartJobs => &["OR.Jobs", "OR.Jobs.Write"],
            Self::Jobs | Self::Job(_) | Self::JobByKey(_) => &["OR.Jobs", "OR.Jobs.Read"],
            Self::Releases | Self::Release(_) => &["OR.Execution", "OR.Execution.Read"],
            Self::Folders | Self::Folder(_) | Self::FolderByKey(_) | Self::FoldersOfUser => {
                &["OR.Folders", "OR.Folders.Read"]
            }
            Self::Robots | Self::Robot(_) | Self::ConfiguredRobots | Self::RobotsOfFolder(_) => {
                &["OR.Robots", "OR.Robots.Read"]
            }
            Self::Token | Self::Status | Self::Record | Self::RecordedJobs | Self::ExpireTokens => &[],
        }
    }

    /// Itself, where it is not of the API but of the sandbox.
    pub(crate) fn own_page(self) -> Option<Self> {
        matches!(self, Self::Record | Self::RecordedJobs | Self::ExpireTokens).then_some(self)
    }
}

fn api(first: &str, second: &str) -> Option<Endpoint> {
    let is = |a: &str, b: &str| first.eq_ignore_ascii_case(a) && second.eq_ignore_ascii_case(b);
    if is("Status", "Get") {
        Some(Endpoint::Status)
    } else if is("Folders", "GetAllForCurrentUser") {
        Some(Endpoint::FoldersOfUser)
    } else {
        None
    }
}

fn entity_set(segment: &str) -> Option<Endpoint> {
    let (set, key) = match segment.split_once('(') {
        None => (segment, None),
        Some((set, key)) => (set, Some(key.strip_suffix(')')?.parse::<i64>().ok()?)),
    };
    match (set.to_ascii_lowercase().as_str(), key) {
        ("folders", None) => Some(Endpoint::Folders),
        ("folders", Some(id)) => Some(Endpoint::Folder(id)),
        ("releases", None) => Some(Endpoint::Releases),
        ("releases", Some(id)) => Some(Endpoint::Release(id)),
        ("robots", None) => Some(Endpoint::Robots),
        ("robots", Some(id)) => Some(Endpoint::Robot(id)),
        ("jobs", None) => Some(Endpoint::Jobs),
        ("jobs", Some(id)) => Some(Endpoint::Job(id)),
        _ => None,
    }
}

/// A function or action: `Name` or `Name(argument=value)`, after the name space.
fn function_of(set: &str, segment: &str) -> Option<Endpoint> {
    let prefix = segment.get(..ODATA.len()).filter(|prefix| prefix.eq_ignore_ascii_case(ODATA))?;
    let function = segment.get(prefix.len()..)?;
    let (name, argument) = match function.split_once('(') {
        None => (function, None),
        Some((name, arguments)) => (name, arguments.strip_suffix(')').filter(|arguments| !arguments.is_empty())),
    };
    let argument = argument
        .and_then(|argument| argument.split_once('='))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().trim_matches('\'')));
    let argument = argument.as_ref().map(|(name, value)| (name.as_str(), *value));
    match (set.to_ascii_lowercase().as_str(), name.to_ascii_lowercase().as_str(), argument) {
        ("jobs", "startjobs", None) => Some(Endpoint::StartJobs),
        ("jobs", "getbykey", Some(("identifier", key))) => Uuid::try_parse(key).ok().map(Endpoint::JobByKey),
        ("folders", "getbykey", Some(("identifier", key))) => Uuid::try_parse(key).ok().map(Endpoint::FolderByKey),
        ("robots", "getconfiguredrobots", None) => Some(Endpoint::ConfiguredRobots),
        ("robots", "getrobotsfromfolder", Some(("folderid", id))) => id.parse().ok().map(Endpoint::RobotsOfFolder),
        _ => None,
    }
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
    fn every_name_is_listed() {
        let own = include_str!("target.rs");
        let (_, names) = own.split_once("fn name(self)").expect("the function stands in this file");
        let (names, _) = names.split_once("/// Its one method.").expect("and another one follows it");
        let own_pages = ["Record", "RecordedJobs", "ExpireTokens"];
        let names: Vec<&str> = names.split('"').skip(1).step_by(2).filter(|name| !own_pages.contains(name)).collect();
        assert_eq!(names, Endpoint::NAMES);
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
