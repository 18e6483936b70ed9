//! The identifiers of the whole program, each a type of its own.
//!
//! In: text or numbers from a manifest, the ledger or Orchestrator. Out: values that cannot be confused
//! with each other. Never: I/O, or a rule of one stage.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

mod ordinal_set;
mod reference_mark;
mod retry;

pub use ordinal_set::OrdinalSet;
pub use reference_mark::{ReferenceMark, ReferenceShape};

/// The namespace of every name-based run id (UUIDv5). Published in `docs/ids.md`; it must never change.
pub const RUN_NAMESPACE: Uuid = Uuid::from_u128(0x8f3d_6a54_29c1_4e0b_9d77_51c2_e6b0_a4f8);

/// The one spelling of a tenant identity: its letter case folded, since no server tells `Acme/Prod` from `acme/prod`.
///
/// Ledgers from before this rule hold identities as they were spelled. Those are kept, and compared by this.
#[must_use]
pub fn fold_tenant(identity: &str) -> String {
    identity.to_lowercase()
}

/// How the tenant identity of a sandbox inside a process begins: no address does.
pub const SANDBOX_TENANT: &str = "sandbox:";

/// One execution of a plan. Text: 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RunId(Uuid);

impl RunId {
    /// Returns the id of a new run that stands for no slot: a UUIDv7 of `unix_ms` and random bits.
    #[must_use]
    pub fn new_at(unix_ms: u64, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid())
    }

    /// Returns the run id that stands for `parts`, joined by newlines (UUIDv5 of [`RUN_NAMESPACE`]).
    ///
    /// Source: `docs/exactly-once.md`, section 1: (tenant identity, manifest name, slot or `key:TEXT`).
    #[must_use]
    pub fn named(parts: &[&str]) -> Self {
        Self(Uuid::new_v5(&RUN_NAMESPACE, parts.join("\n").as_bytes()))
    }

    /// The id's sixteen bytes, as the ledger keeps them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id whose bytes are `bytes`.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_simple())
    }
}

impl FromStr for RunId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for RunId {
    type Error = uuid::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A launch's stable name within its plan: `JOB`, or `JOB/` and its values joined by commas.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LaunchId(Arc<str>);

impl LaunchId {
    /// Builds the id from a job's name and the launch's values, in the order written.
    ///
    /// `%`, `,`, `/`, `#` and control characters in a value are percent-encoded, so an id can be taken apart again.
    #[must_use]
    pub fn new<'a>(job: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut text = String::from(job);
        for (index, value) in values.into_iter().enumerate() {
            text.push(if index == 0 { '/' } else { ',' });
            for c in value.chars() {
                if matches!(c, '%' | ',' | '/' | '#') || c.is_control() {
                    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                        text.push_str(&format!("%{byte:02X}"));
                    }
                } else {
                    text.push(c);
                }
            }
        }
        Self(text.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The manifest's job that it begins with.
    #[must_use]
    pub fn job(&self) -> &str {
        self.0.split(['/', '#']).next().unwrap_or_default()
    }

    /// The first eight bytes of the id's SHA-256, which its [`Reference`] carries as 16 hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let digest = Sha256::digest(self.0.as_bytes());
        u64::from_be_bytes(digest[..8].try_into().expect("SHA-256 has 32 bytes"))
    }
}

impl From<&str> for LaunchId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for LaunchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text that identifies a launch's robot jobs on the server: ASCII, at most [`Reference::MAX_CHARS`] characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(Arc<str>);

impl Reference {
    /// Maximum length by the API, in characters. Source: Orchestrator OpenAPI, `StartProcessDto.Reference`.
    pub const MAX_CHARS: usize = 128;
    /// Maximum length of the author's own text, in characters, once sortie's part and the space before it are counted.
    pub const MAX_PREFIX_CHARS: usize = Self::MAX_CHARS - (1 + 7 + 32 + 1 + 16);

    /// Builds `[prefix ]sortie-<run>-<16 hex digits of the launch id's SHA-256>`; the same for every attempt.
    ///
    /// `prefix` was checked at planning: ASCII, at most [`Reference::MAX_PREFIX_CHARS`] characters.
    #[must_use]
    pub fn new(prefix: Option<&str>, run: RunId, launch: &LaunchId) -> Self {
        let own = format!("sortie-{run}-{:016x}", launch.fingerprint());
        Self(match prefix {
            Some(prefix) if !prefix.is_empty() => format!("{prefix} {own}").into(),
            Some(_) | None => own.into(),
        })
    }

    /// A reference as a server's list spells it: perhaps nobody's of ours.
    #[must_use]
    pub fn from_server(text: &str) -> Self {
        Self(text.into())
    }

    /// The reference as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which sending of a launch this is, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptNo(pub u32);

impl AttemptNo {
    /// The first sending.
    pub const FIRST: Self = Self(1);

    /// The sending after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A launch's place in its plan, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ordinal(pub u32);

impl Ordinal {
    /// The place as an index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl From<usize> for Ordinal {
    fn from(index: usize) -> Self {
        Self(u32::try_from(index).expect("a plan holds fewer than 2^32 launches"))
    }
}

/// A folder's number (`Folder.Id`, int64). It may change on the server; paths and keys do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FolderId(pub i64);

/// How a folder is named: what its request header will carry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FolderRef {
    /// By number: `X-UIPATH-OrganizationUnitId`.
    Id(FolderId),
    /// By fully qualified path: `X-UIPATH-FolderPath`, or its encoded form where the path is not ASCII.
    Path(String),
    /// By GUID: `X-UIPATH-FolderKey`.
    Key(Uuid),
}

impl fmt::Display for FolderRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "id {}", id.0),
            Self::Path(path) => f.write_str(path),
            Self::Key(key) => write!(f, "key {key}"),
        }
    }
}

/// A release's GUID (`Release.Key`): what `StartJobs` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReleaseKey(pub Uuid);

impl fmt::Display for ReleaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A robot's number (`Robot.Id`, int64).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RobotId(pub i64);

/// A machine's number (`Machine.Id`, int64).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MachineId(pub i64);

/// An attachment's GUID (`Attachment.Id`): what `InputFile` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttachmentId(pub Uuid);

/// A robot job's number (`JobDto.Id`, int64).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub i64);

/// A SHA-256. Text: 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// Digests `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// A text that is not 64 hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("not a SHA-256: 64 hexadecimal digits are wanted")]
pub struct DigestError;

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(DigestError);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| DigestError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| DigestError)?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_launch_id_can_be_taken_apart_again() {
        let id = LaunchId::new("load", ["a,b", "50% / #1\n"]);
        assert_eq!(id.as_str(), "load/a%2Cb,50%25 %2F %231%0A");
        assert_eq!(LaunchId::new("load", []).as_str(), "load");
    }

    #[test]
    fn a_reference_with_the_longest_prefix_fits_the_api() {
        let run = RunId::new_at(0, [7; 10]);
        let launch = LaunchId::from("a");
        let prefix = "x".repeat(Reference::MAX_PREFIX_CHARS);
        assert_eq!(Reference::new(Some(&prefix), run, &launch).as_str().len(), Reference::MAX_CHARS);
        assert_eq!(
            Reference::new(None, run, &launch).as_str(),
            format!("sortie-{run}-ca978112ca1bbdca"),
            "the first 16 digits of SHA-256 of `a`"
        );
    }

    #[test]
    fn the_published_vector_of_a_named_run_holds() {
        let id = RunId::named(&["https://cloud.uipath.com/acme/prod", "nightly", "2026-01-31T00:00:00Z"]);
        assert_eq!(id.to_string(), "0eaac680e5ee54d79efbe8f48c29e504");
        assert_eq!(id.to_string().parse::<RunId>().expect("own text"), id);
    }

    #[test]
    fn a_digest_survives_its_text() {
        let digest = Digest::of(b"abc");
        assert_eq!(Digest::try_from(digest.to_string()).expect("own text"), digest);
        assert!(Digest::try_from("xyz".to_owned()).is_err());
    }
}
