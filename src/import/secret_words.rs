//! What looks like a secret in a pasted text: by the name that it has, and by its form.
//!
//! In: a name and a text. Out: whether nobody should see it. Never: keeps it.

/// Parts of names behind which secrets stand, small letters and digits only.
const SECRET_NAMES: [&str; 15] = [
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "connectionstring",
];

/// Names of secrets that are too short to be looked for inside others.
const SHORT_NAMES: [&str; 4] = ["pw", "pass", "auth", "pin"];

/// Ends of names that tell of a secret, and hold none: where it is kept, or what it is called.
const HARMLESS_ENDS: [&str; 10] = ["name", "asset", "id", "path", "url", "folder", "type", "count", "length", "file"];

/// Whether a value called `name` is a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    (SECRET_NAMES.iter().any(|part| plain.contains(part)) || SHORT_NAMES.contains(&plain.as_str()))
        && !HARMLESS_ENDS.iter().any(|end| plain.ends_with(end))
}

/// Beginnings of tokens that are known by their form.
const TOKEN_STARTS: [&str; 12] =
    ["bearer ", "basic ", "rt_", "ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "akia", "sk-", "eyj"];

/// The shortest text behind such a beginning that is taken for a token, in characters.
const MIN_TOKEN_CHARS: usize = 16;

/// Whether `text` has the form of a secret, whatever it is called.
pub(super) fn is_secret_form(text: &str) -> bool {
    if text.contains("-----BEGIN ") {
        return true;
    }
    text.split(|c: char| c.is_whitespace() || "\"'<>(),;=".contains(c)).any(is_token)
        || text.split("://").skip(1).any(has_password)
        || text.split(|c: char| c.is_whitespace() || ";&?,{}".contains(c)).any(is_assigned)
        || ["bearer ", "basic "].iter().any(|start| {
            text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
                && !text.contains('{')
                && text.len() > start.len()
        })
}

/// Whether what stands behind `://` begins with a user's name and password.
fn has_password(address: &str) -> bool {
    let authority = address.split(['/', '?', '#']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':'));
    user.is_some_and(|(_, password)| !password.is_empty() && !password.starts_with(['{', '$']))
}

/// Whether `part` gives a value to the name of a secret: `Password=x`, `"password":"x"`.
fn is_assigned(part: &str) -> bool {
    let Some((name, value)) = part.split_once(['=', ':']) else { return false };
    let value = value.trim_matches(['"', '\'', '\\']);
    is_secret_name(name) && !value.is_empty() && !value.starts_with(['{', '$'])
}

fn is_token(word: &str) -> bool {
    let lower = word.get(..12).unwrap_or(word).to_ascii_lowercase();
    word.chars().count() >= MIN_TOKEN_CHARS
        && TOKEN_STARTS.iter().any(|start| lower.starts_with(start))
        && word.chars().any(|c| c.is_ascii_digit())
        && !word.contains(['{', '$'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell() {
        for name in [
            "password",
            "in_Password",
            "API-Key",
            "x-api-key",
            "SapPwd",
            "clientSecret",
            "DB_CONNECTION_STRING",
            "pw",
            "Pass",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in
            ["message", "CredentialAssetName", "in_CredentialName", "SecretPath", "tokenCount", "passage", "key"]
        {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn forms_tell() {
        for text in [
            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
            "see eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl there",
            "Bearer abc",
            "-----BEGIN PRIVATE KEY-----",
            "rt_0123456789ABCDEF0123",
            "Server=s;Password=hunter2",
            "{\"user\": \"u\", \"password\":\"hunter2\"}",
            "https://user:hunter2@host/path",
        ] {
            assert!(is_secret_form(text), "{text}");
        }
        for text in [
            "Aloha",
            "Bearer {{token}}",
            "Basic",
            "sk-learn",
            "5b754c63-5d1a-4c37-bb9b-74b69e4934bf",
            "eyJ",
            "https://host:8080/a@b",
            "tokenCount=5",
            "password:",
        ] {
            assert!(!is_secret_form(text), "{text}");
        }
    }
}
