//! What looks like a secret in a pasted text: by the name that it has, and by its form.
//!
//! In: a name and a text. Out: whether nobody should see it. Never: keeps it.

/// Parts of names behind which secrets stand, small letters and digits only.
const SECRET_NAMES: [&str; 20] = [
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
    "accountkey",
    "subscriptionkey",
    "signingkey",
    "kennwort",
    "webhook",
];

/// Names of secrets that are too short to be looked for inside others: they are the last word of a name.
const SHORT_NAMES: [&str; 11] = ["pw", "pass", "auth", "pin", "otp", "totp", "cred", "creds", "pat", "sas", "psk"];

/// Names of secrets in the query of an address or a connection string, where others mean a name on a letter.
const ASSIGNED_NAMES: [&str; 6] =
    ["sig", "signature", "xamzsignature", "xamzcredential", "xamzsecuritytoken", "sharedaccesssignature"];

/// Words that end like `userpass`, and are none.
const NO_PASSWORDS: [&str; 6] = ["bypass", "compass", "encompass", "overpass", "surpass", "trespass"];

/// Ends of names that tell of a secret, and hold none: where it is kept, or what it is called.
const HARMLESS_ENDS: [&str; 10] = ["name", "asset", "id", "path", "url", "folder", "type", "count", "length", "file"];

/// Whether a value called `name` is a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let plain = plain(name);
    let last = last_word(name);
    let is_password = last.ends_with("pass") && !NO_PASSWORDS.contains(&last.as_str());
    (SECRET_NAMES.iter().any(|part| plain.contains(part)) || SHORT_NAMES.contains(&last.as_str()) || is_password)
        && !HARMLESS_ENDS.iter().any(|end| plain.ends_with(end))
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// The last word of a name such as `in_userPass`, in small letters.
fn last_word(name: &str) -> String {
    let word = name.rsplit(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    let mut start = 0;
    for (at, pair) in word.as_bytes().windows(2).enumerate() {
        if pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase() {
            start = at + 1;
        }
    }
    word[start..].to_ascii_lowercase()
}

/// Beginnings of tokens that are known by their form.
const TOKEN_STARTS: [&str; 27] = [
    "bearer ",
    "basic ",
    "rt_",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "xoxa-",
    "xoxb-",
    "xoxe-",
    "xoxp-",
    "xoxr-",
    "xapp-",
    "akia",
    "aiza",
    "ya29.",
    "sk-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "rk_test_",
    "npm_",
    "shpat_",
    "whsec_",
    "eyj",
];

/// Addresses that let in whoever knows them.
const WEBHOOKS: [&str; 8] = [
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "hooks.slack.com/triggers/",
    "webhook.office.com/webhookb2/",
    "outlook.office.com/webhook/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "api.telegram.org/bot",
];

/// The shortest text behind such a beginning that is taken for a token, in characters.
const MIN_TOKEN_CHARS: usize = 16;

/// Whether `text` has the form of a secret, whatever it is called.
pub(super) fn is_secret_form(text: &str) -> bool {
    if text.contains("-----BEGIN ") {
        return true;
    }
    text.split(|c: char| c.is_whitespace() || "\"'<>(),;=".contains(c)).any(is_token)
        || text.split("://").skip(1).any(has_password)
        || has_login(text)
        || WEBHOOKS.iter().any(|address| {
            let lower = text.to_ascii_lowercase();
            lower.split(address).skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        })
        || text.split(|c: char| c.is_whitespace() || ";&?,{}".contains(c)).any(is_assigned)
        || ["bearer ", "basic "].iter().any(|start| {
            text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
                && !text.contains('{')
                && text.len() > start.len()
        })
}

/// Whether a login's header stands somewhere in `text`: `Bearer` or `Basic`, and a token behind it.
fn has_login(text: &str) -> bool {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || "\"'<>(),;:=".contains(c)).filter(|word| !word.is_empty()).collect();
    words.windows(2).any(|pair| {
        let is_kind = ["bearer", "basic"].iter().any(|kind| pair[0].eq_ignore_ascii_case(kind));
        let has_digit = pair[1].chars().any(|c| c.is_ascii_digit());
        is_kind && pair[1].len() >= 8 && (has_digit || pair[1].len() >= 20) && !pair[1].starts_with(['{', '$'])
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
    let name = name.rsplit(['/', '"', '\'', '(']).find(|name| !name.is_empty()).unwrap_or(name);
    (is_secret_name(name) || ASSIGNED_NAMES.contains(&plain(name).as_str()))
        && !value.is_empty()
        && !value.starts_with(['{', '$'])
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
            "userPass",
            "userpass",
            "in_Otp",
            "db_creds",
            "Creds",
            "UserPIN",
            "Ocp-Apim-Subscription-Key",
            "SharedAccessKey",
            "AccountKey",
            "TeamsWebhook",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "message",
            "CredentialAssetName",
            "in_CredentialName",
            "SecretPath",
            "tokenCount",
            "passage",
            "key",
            "bypass",
            "in_Compass",
            "author",
            "shipping",
            "Signature",
            "SharedAccessKeyName",
            "spin",
            "pattern",
        ] {
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
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=bm90LWEta2V5==;EndpointSuffix=x",
            "Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=bm90LWEta2V5=",
            "https://a.blob.core.windows.net/c/b?sv=2022-11-02&sp=r&sig=bm90LWEta2V5%3D",
            "https://b.s3.amazonaws.com/k?X-Amz-Signature=0123abcd&X-Amz-Expires=60",
            "https://hooks.slack.com/services/T000/B000/abc123",
            "https://acme.webhook.office.com/webhookb2/5b754c63@x/IncomingWebhook/y",
            "sk_live_0123456789abcdef",
            "AIzaSyA0123456789abcdefghijklmnopqrstuv",
            "send Authorization: Bearer abc123def456 with it",
            "curl -H 'Authorization: Basic dXNlcjpwYXNzd29yZA=='",
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
            "the bearer of this letter",
            "with Basic authentication",
            "signed: a signature of the customer",
            "https://hooks.slack.com/services/",
        ] {
            assert!(!is_secret_form(text), "{text}");
        }
    }
}
