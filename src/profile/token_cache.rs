//! Tokens between processes: one file for each login, which nobody but its owner can read.
//!
//! In: tokens that a login obtained. Out: the same, to a later process. Never: through a symlink, in a folder that
//! others can enter, or in CI (`connection.rs` decides whether there is a cache at all). A cache that cannot be used
//! is worth a warning and no failure: tokens are fetched again. Source: `docs/connection.md`, "Kept tokens".

use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::environment::Environment;
use crate::clock::Timestamp;
use crate::orchestrator::auth::{KeptToken, TokenKey, TokenStore};
use crate::secret::Secret;

/// A folder of tokens.
#[derive(Debug)]
pub(super) struct TokenCache {
    folder: PathBuf,
}

/// The folder of kept tokens; `None` if the environment names no home.
pub(super) fn folder(environment: &Environment) -> Option<PathBuf> {
    environment.xdg_path("XDG_CACHE_HOME", ".cache", "tokens")
}

/// A file of the cache, form 1.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct CachedToken {
    version: u32,
    token: String,
    obtained: Timestamp,
    lifetime_s: u64,
}

const VERSION: u32 = 1;

/// Maximum file of the cache, in bytes: above it, it is none of ours.
const MAX_FILE_BYTES: u64 = 64 * 1024;

impl TokenCache {
    /// The cache in `folder`, which is made when it is first needed.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn file(&self, key: &TokenKey) -> PathBuf {
        self.folder.join(format!("{}.json", key.as_str()))
    }

    fn read(&self, key: &TokenKey) -> io::Result<CachedToken> {
        private_folder(&self.folder)?;
        let path = self.file(key);
        let named = fs::symlink_metadata(&path)?;
        // A FIFO would block the opening.
        if !named.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        let file = File::open(&path)?;
        let opened = file.metadata()?;
        // Between the two looks a symlink may have taken the file's place.
        if (opened.dev(), opened.ino()) != (named.dev(), named.ino()) {
            return Err(io::Error::other("it was exchanged while it was opened"));
        }
        private(&opened)?;
        let mut text = String::new();
        file.take(MAX_FILE_BYTES).read_to_string(&mut text)?;
        let entry: CachedToken = serde_json::from_str(&text).map_err(|_| io::Error::other("it is not of our form"))?;
        if entry.version == VERSION { Ok(entry) } else { Err(io::Error::other("it is of another version's form")) }
    }

    fn write(&self, key: &TokenKey, entry: &CachedToken) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        private_folder(&self.folder)?;
        let mut file = tempfile::Builder::new().permissions(Permissions::from_mode(0o600)).tempfile_in(&self.folder)?;
        file.write_all(serde_json::to_string(entry)?.as_bytes())?;
        // The rename puts a file in the place of whatever stands there, and follows no symlink.
        file.persist(self.file(key))?;
        Ok(())
    }
}

impl TokenStore for TokenCache {
    fn find(&self, key: &TokenKey) -> Option<KeptToken> {
        match self.read(key) {
            Ok(entry) => Some(KeptToken {
                token: Secret::new(entry.token),
                obtained: entry.obtained,
                lifetime: Duration::from_secs(entry.lifetime_s),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!("the kept token in `{}` is not used: {error}", self.folder.display());
                None
            }
        }
    }

    fn keep(&self, key: &TokenKey, token: &KeptToken) {
        let entry = CachedToken {
            version: VERSION,
            token: token.token.expose().to_owned(),
            obtained: token.obtained,
            lifetime_s: token.lifetime.as_secs(),
        };
        if let Err(error) = self.write(key, &entry) {
            tracing::warn!("the token is not kept in `{}`: {error}", self.folder.display());
        }
    }

    fn forget(&self, key: &TokenKey, token: &Secret) {
        if self.read(key).is_ok_and(|entry| entry.token == token.expose())
            && let Err(error) = fs::remove_file(self.file(key))
        {
            tracing::warn!("a refused token stays in `{}`: {error}", self.folder.display());
        }
    }
}

/// Errors: `folder` is a symlink, another's, or open to others.
fn private_folder(folder: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(folder)?;
    if !metadata.is_dir() {
        return Err(io::Error::other("it is not a folder; a symlink is not followed"));
    }
    private(&metadata)
}

fn private(metadata: &Metadata) -> io::Result<()> {
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(io::Error::other(format!("others can reach it (mode {mode:04o}); chmod go-rwx it")));
    }
    // Where the kernel does not tell who we are, the mode alone has to do.
    match fs::metadata("/proc/self").map(|own| own.uid()) {
        Ok(own) if own != metadata.uid() => Err(io::Error::other("it belongs to another user")),
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    struct CacheFolder {
        outer: tempfile::TempDir,
        cache: TokenCache,
        key: TokenKey,
    }

    impl CacheFolder {
        fn new() -> Self {
            let outer = tempfile::tempdir().expect("a folder");
            let cache = TokenCache::new(outer.path().join("cache/sortie/tokens"));
            Self { outer, cache, key: TokenKey::of(&["one", "login"]) }
        }

        fn kept() -> Self {
            let place = Self::new();
            place.cache.keep(&place.key, &token("t0ken"));
            place
        }

        fn file(&self) -> PathBuf {
            self.cache.file(&self.key)
        }

        fn found(&self) -> Option<String> {
            self.cache.find(&self.key).map(|kept| kept.token.expose().to_owned())
        }
    }

    fn token(text: &str) -> KeptToken {
        KeptToken {
            token: Secret::new(text.to_owned()),
            obtained: "2026-01-31T12:00:00.5Z".parse().expect("a timestamp"),
            lifetime: Duration::from_secs(3600),
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).expect("there").mode() & 0o7777
    }

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours");
    }

    #[test]
    fn a_token_comes_back_with_its_life_from_a_file_that_is_private() {
        let place = CacheFolder::kept();
        let kept = place.cache.find(&place.key).expect("kept");
        let expected = token("t0ken");
        assert_eq!(
            (kept.token.expose(), kept.obtained, kept.lifetime),
            (expected.token.expose(), expected.obtained, expected.lifetime)
        );
        assert_eq!((mode(&place.cache.folder), mode(&place.file())), (0o700, 0o600));
        assert_eq!(fs::read_dir(&place.cache.folder).expect("there").count(), 1, "nothing is left beside it");
        assert!(place.cache.find(&TokenKey::of(&["another"])).is_none());
        place.cache.keep(&place.key, &token("newer"));
        assert_eq!(place.found().as_deref(), Some("newer"));
    }

    #[test]
    fn only_the_token_that_was_refused_is_forgotten() {
        let place = CacheFolder::kept();
        place.cache.forget(&place.key, &Secret::new("another".to_owned()));
        assert_eq!(place.found().as_deref(), Some("t0ken"));
        place.cache.forget(&place.key, &Secret::new("t0ken".to_owned()));
        assert!(place.found().is_none() && !place.file().exists());
    }

    #[test]
    fn what_others_can_reach_is_neither_read_nor_written() {
        for wrong in [0o755, 0o710, 0o770, 0o701] {
            let place = CacheFolder::kept();
            chmod(&place.cache.folder, wrong);
            assert!(place.found().is_none(), "{wrong:o}");
            place.cache.keep(&place.key, &token("newer"));
            chmod(&place.cache.folder, 0o700);
            assert_eq!(place.found().as_deref(), Some("t0ken"), "{wrong:o}");
        }
        for wrong in [0o644, 0o640, 0o602] {
            let place = CacheFolder::kept();
            chmod(&place.file(), wrong);
            assert!(place.found().is_none(), "{wrong:o}");
        }
    }

    #[test]
    fn a_symlink_is_never_followed() {
        let (place, elsewhere) = (CacheFolder::kept(), CacheFolder::kept());
        // The file: not read through, and replaced itself, not what it points at.
        fs::remove_file(place.file()).expect("ours");
        symlink(elsewhere.file(), place.file()).expect("ours");
        assert!(place.found().is_none());
        place.cache.forget(&place.key, &Secret::new("t0ken".to_owned()));
        place.cache.keep(&place.key, &token("newer"));
        assert!(!fs::symlink_metadata(place.file()).expect("there").is_symlink());
        assert_eq!((place.found().as_deref(), elsewhere.found().as_deref()), (Some("newer"), Some("t0ken")));
        // The folder.
        let place = CacheFolder::new();
        fs::create_dir_all(place.outer.path().join("cache/sortie")).expect("ours");
        symlink(&elsewhere.cache.folder, &place.cache.folder).expect("ours");
        assert!(place.found().is_none());
        place.cache.keep(&place.key, &token("stray"));
        assert_eq!(elsewhere.found().as_deref(), Some("t0ken"));
    }

    #[test]
    fn what_is_no_entry_is_not_used() {
        for text in ["", "{", "{\"version\":2,\"token\":\"t\",\"obtained\":\"2026-01-31T12:00:00Z\",\"lifetime-s\":1}"]
        {
            let place = CacheFolder::kept();
            fs::write(place.file(), text).expect("ours");
            assert!(place.found().is_none(), "{text}");
            place.cache.keep(&place.key, &token("newer"));
            assert_eq!(place.found().as_deref(), Some("newer"));
        }
        let place = CacheFolder::kept();
        fs::remove_file(place.file()).expect("ours");
        fs::create_dir(place.file()).expect("ours");
        assert!(place.found().is_none());
        place.cache.keep(&place.key, &token("newer"));
    }

    #[test]
    fn a_place_that_cannot_be_written_costs_nothing_but_the_cache() {
        let place = CacheFolder::new();
        fs::write(place.outer.path().join("cache"), "a file in the way").expect("ours");
        place.cache.keep(&place.key, &token("t0ken"));
        assert!(place.found().is_none());
    }
}
