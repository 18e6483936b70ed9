//! A secret goes in, and the bytes of every sink are searched for it, in each of its spellings.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::cli::Program;
use crate::cli::served::Served;

#[test]
fn no_secret_is_in_any_sink() {
    let served = Served::start(Some(
        "folders: [{ path: Shared }]\nreleases:\n  - { name: Ping, folder: Shared }\n  - { name: Greeter, folder: Shared, refuse: { status: 409, code: 2818, message: no machine } }\n",
    ));
    let secrets = [served.text("token").to_owned(), served.text("client-secret").to_owned()];
    let config = format!(
        "default: client\nprofiles:\n  token: {{ url: {url}, auth: {{ token: {{ env: A }} }} }}\n  client:\n    url: {url}\n    identity-url: {identity}\n    auth: {{ client-id: {id}, client-secret: {{ env: B }} }}\n",
        url = served.text("url"),
        identity = served.text("identity-url"),
        id = served.text("client-id"),
    );
    let mut started = 0;
    for profile in ["token", "client"] {
        let run = Program::sortie(&format!(
            "run specs/hello.yaml -vvv --profile {profile} --config c.yaml --ledger l.db --report json=r.json --report text=r.txt"
        ))
        .samples()
        .file("c.yaml", &config)
        .env("A", &secrets[0])
        .env("B", &secrets[1])
        .run();
        assert_eq!(run.code, 11, "{}", run.shown());
        assert!(run.stderr.len() > 1000, "the logs are loud: {}", run.stderr);
        started += 1;
        for secret in &secrets {
            search("stdout", run.stdout.as_bytes(), secret);
            search("stderr", run.stderr.as_bytes(), secret);
            let mut files = 0;
            for entry in fs::read_dir(run.folder.path()).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    files += 1;
                    search(&path.display().to_string(), &fs::read(&path).unwrap(), secret);
                }
            }
            assert!(files >= 4 && Path::new(&run.folder.path().join("l.db")).is_file(), "{files} files");
        }
    }
    assert_eq!(started, 2);
}

/// Fails where `bytes` hold `secret` in some spelling.
#[track_caller]
pub(in crate::cli) fn search(sink: &str, bytes: &[u8], secret: &str) {
    let json = serde_json::to_string(secret).unwrap().trim_matches('"').to_owned();
    let form = reqwest::Url::parse_with_params("http://x/", [("k", secret)]).unwrap().query().unwrap()[2..].to_owned();
    // Inside of a longer text, base64 begins at one of three places.
    let inside = [0, 1, 2].map(|before| {
        let text = STANDARD.encode([&b"xx"[..before], secret.as_bytes()].concat());
        text[(before * 8_usize).div_ceil(6)..(before + secret.len()) * 8 / 6].to_owned()
    });
    let twice = serde_json::to_string(&json).unwrap().trim_matches('"').to_owned();
    let spellings = [secret.to_owned(), STANDARD.encode(secret), URL_SAFE_NO_PAD.encode(secret), json, twice, form];
    for spelling in spellings.into_iter().chain(inside).chain(escaped(secret)) {
        let found = bytes.windows(spelling.len()).any(|window| window == spelling.as_bytes());
        assert!(!found, "{sink} holds a secret");
    }
}

/// `secret` as JavaScript, .NET and HTML escape it, in either case of letters.
fn escaped(secret: &str) -> Vec<String> {
    let is_plain = |c: char, more: &str| c.is_ascii_alphanumeric() || more.contains(c);
    let each = |more: &str, escape: &dyn Fn(char) -> String| -> String {
        secret.chars().map(|c| if is_plain(c, more) { c.to_string() } else { escape(c) }).collect()
    };
    let percent = |c: char, is_upper: bool| {
        let bytes = c.to_string().into_bytes();
        bytes
            .iter()
            .map(|byte| if is_upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") })
            .collect::<String>()
    };
    let units = |c: char, is_upper: bool| {
        let mut buffer = [0; 2];
        let units = c.encode_utf16(&mut buffer).iter();
        units.map(|unit| if is_upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") }).collect::<String>()
    };
    let mut forms = vec![each(" -_.,:;/=()[]{}!?~*%#@$^|", &|c| format!("&#{};", u32::from(c)))];
    for is_upper in [true, false] {
        forms.push(each("-_.!~*'()", &|c| percent(c, is_upper)));
        forms.push(each("*-._", &|c| percent(c, is_upper)));
        forms.push(each("", &|c| percent(c, is_upper)));
        forms.push(each(" -_.,:;/=()[]{}!?~*%#@$^|", &|c| units(c, is_upper)));
    }
    forms
}
