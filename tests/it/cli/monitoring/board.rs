//! The board: who gets in, and what comes to those who do.

use super::http::ServedBoard;
use crate::cli::cli_fixture::{CliFixture, pause};
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;

const NIGHT: &str = "\
version: 1
name: night
folder: Finance
jobs:
  load:
    release: Load
    matrix: { n: [INV-1, INV-2, INV-3] }
    arguments: { n: \"${{ matrix.n }}\" }
";

/// A ledger with one run of three launches.
fn night() -> (CliFixture, String) {
    let fixture = CliFixture::new();
    fixture.file("night.yaml", NIGHT);
    let told = fixture.sortie("run night.yaml -q");
    assert_eq!(told.code, 0, "{}", told.shown());
    let id = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
    (fixture, id)
}

#[test]
fn without_the_token_or_by_another_name_nothing_of_the_ledger_is_told() {
    let (fixture, id) = night();
    let board = ServedBoard::of(&fixture.ledger());
    let (port, token, cookie) = (board.port, &board.token, board.cookie());
    let own = format!("Host: 127.0.0.1:{port}\r\n");
    let wrong = token.replace(|c: char| c.is_ascii_digit(), "f");
    let requests = [
        (403, format!("GET / HTTP/1.1\r\n{own}")),
        (403, format!("GET /runs/{id} HTTP/1.1\r\n{own}")),
        (403, format!("GET /runs/{id}/events HTTP/1.1\r\n{own}")),
        (403, format!("GET /board.css HTTP/1.1\r\n{own}")),
        (403, format!("GET /?token= HTTP/1.1\r\n{own}")),
        (403, format!("GET /?token={wrong} HTTP/1.1\r\n{own}")),
        (403, format!("GET / HTTP/1.1\r\n{own}Cookie: sortie-board-{port}={wrong}\r\n")),
        (403, format!("GET / HTTP/1.1\r\n{own}Authorization: Bearer {token}\r\n")),
        (421, format!("GET /?token={token} HTTP/1.1\r\nHost: evil.example\r\n")),
        (421, format!("GET / HTTP/1.1\r\nHost: evil.example:{port}\r\n{cookie}")),
        (421, format!("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n{cookie}")),
        (421, format!("GET / HTTP/1.1\r\nHost: localhost.evil.example:{port}\r\n{cookie}")),
        (421, format!("GET / HTTP/1.1\r\n{own}Host: evil.example:{port}\r\n{cookie}")),
        (421, format!("GET http://evil.example:{port}/ HTTP/1.1\r\n{own}{cookie}")),
        (421, format!("GET / HTTP/1.0\r\n{cookie}")),
        (421, format!("GET http://127.0.0.1:{port}/ HTTP/1.0\r\n{cookie}")),
        (405, format!("POST / HTTP/1.1\r\n{own}{cookie}Content-Length: 0\r\n")),
        (405, format!("DELETE /runs/{id} HTTP/1.1\r\n{own}{cookie}")),
        (405, format!("OPTIONS /?token={token} HTTP/1.1\r\n{own}")),
    ];
    for (status, request) in requests {
        let close = if request.contains("HTTP/1.0") { "" } else { "Connection: close\r\n" };
        let answer = board.send(&format!("{request}{close}\r\n"));
        assert_eq!(answer.status, status, "{request}: {answer:?}");
        let told = format!("{}{}", answer.head, answer.body);
        for secret in [token.as_str(), &id, "night", "load/INV-1", "ledger.db"] {
            assert!(!told.contains(secret), "{secret} in the answer to {request}: {told}");
        }
        assert!(!answer.head.contains("set-cookie") && !answer.head.contains("access-control"), "{told}");
    }
    let garbage = board.send("\u{16}\u{3}\u{1} hello\r\n\r\n");
    assert!(garbage.status == 400 || garbage.status == 0, "{garbage:?}");
    assert_eq!(board.get("/").status, 200, "and it still serves");
}

#[test]
fn the_token_is_changed_for_a_cookie_that_goes_nowhere_else() {
    let (fixture, id) = night();
    let board = ServedBoard::of(&fixture.ledger());
    let (port, token) = (board.port, &board.token);
    let first =
        board.send(&format!("GET /?token={token} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"));
    assert_eq!(first.status, 200, "{first:?}");
    let cookie = format!("set-cookie: sortie-board-{port}={token}; httponly; samesite=strict; path=/");
    assert!(first.head.contains(&cookie), "{}", first.head);
    assert!(!first.body.contains(token.as_str()) && first.body.contains("url=/\""), "{}", first.body);
    for target in ["/", &format!("/runs/{id}"), &format!("/runs/{id}/report"), "/search?q=load/INV-2", "/board.css"] {
        let page = board.get(target);
        assert_eq!(page.status, 200, "{target}: {page:?}");
        for header in [
            "referrer-policy: no-referrer",
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "cache-control: no-store",
            "default-src 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(page.head.contains(header), "{header} at {target}: {}", page.head);
        }
        let policy = page.head.lines().find(|line| line.starts_with("content-security-policy")).unwrap().to_owned();
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert!(!page.body.contains(token.as_str()), "the token is on no page: {target}");
        assert!(!page.body.contains("http://") && !page.body.contains("https://"), "nothing beyond it: {target}");
    }
    let head = board
        .send(&format!("HEAD / HTTP/1.1\r\nHost: localhost:{port}\r\n{}Connection: close\r\n\r\n", board.cookie()));
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn an_address_that_names_no_page_is_not_found_and_no_file_is_read() {
    let (fixture, id) = night();
    let board = ServedBoard::of(&fixture.ledger());
    for target in [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/runs/..%2f..%2fledger.db",
        "/ledger.db",
        "/runs/last",
        &format!("/runs/{id}/../{id}"),
        &format!("/runs/{id}/report/x"),
        &format!("/runs/{}", "0".repeat(32)),
        &format!("/runs/{}/report", "0".repeat(32)),
        "/?state=lost",
        "/?page=99999999999999999999",
        &format!("/search?q=x&before={}", "f".repeat(32)),
    ] {
        let answer = board.get(target);
        assert_eq!(answer.status, 404, "{target}: {answer:?}");
        assert!(!answer.body.contains("root:"), "{answer:?}");
    }
    let long = board.get(&format!("/search?q={}", "x".repeat(100_000)));
    assert!([400, 414, 431].contains(&long.status), "{long:?}");
}

#[test]
fn the_pages_show_runs_launches_and_what_is_looked_for() {
    let (fixture, id) = night();
    let board = ServedBoard::of(&fixture.ledger());
    let list = board.get("/").body;
    for words in [
        format!("href=\"/runs/{id}\""),
        ">night<".to_owned(),
        "finished".to_owned(),
        "Runs 1 to 1, the newest first".to_owned(),
    ] {
        assert!(list.contains(&words), "{words} in {list}");
    }
    let run = shown(&board, &format!("/runs/{id}"));
    for words in ["load/INV-1", "load/INV-3", "1 to 3 of 3", "Passed", "3 started"] {
        assert!(run.contains(words), "{words} in {run}");
    }
    let report = board.get(&format!("/runs/{id}/report"));
    assert!(
        report.body.starts_with("<!doctype html><html lang=\"en\" data-report=\"sortie-1\">"),
        "{:.200}",
        report.body
    );
    assert!(report.head.contains("style-src 'sha256-"), "{}", report.head);
    let json = fixture.offline("report last --format json").json();
    let launch = &json["launches"][1];
    let (reference, job) = (launch["reference"].as_str().unwrap(), launch["robot-jobs"][0]["id"].to_string());
    for text in [reference, &reference.to_uppercase(), &job, "INV-2", "load/INV-2"] {
        let found = shown(&board, &format!("/search?q={}", text.replace('/', "%2F")));
        assert!(found.contains(">load/INV-2</a>") && !found.contains(">load/INV-1</a>"), "{text}: {found}");
    }
    let of_run = board.get(&format!("/search?q={}", &id[..8])).body;
    assert!(of_run.contains(&format!("<code>{id}</code>")), "{of_run}");
    assert!(board.get("/?state=running").body.contains("No run is like this"));
    assert!(board.get("/?name=NIG&state=finished").body.contains(&id));
    let hostile = board.get("/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%E2%80%AE&before=").body;
    assert!(
        !hostile.contains("<script>alert") && hostile.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt;"),
        "{hostile}"
    );
    assert!(hostile.contains("Nothing was found"));
}

#[test]
fn the_ledger_is_read_and_never_written() {
    let (fixture, id) = night();
    let before = fixture.offline("report last --format json").stdout;
    let board = ServedBoard::of(&fixture.ledger());
    let modified = || std::fs::metadata(fixture.ledger()).unwrap().modified().unwrap();
    let at_first = modified();
    for target in ["/", "/?state=finished", &format!("/runs/{id}"), &format!("/runs/{id}/report"), "/search?q=load"] {
        assert_eq!(board.get(target).status, 200, "{target}");
    }
    assert_eq!(modified(), at_first, "the file is as it was");
    drop(board);
    assert_eq!(fixture.offline("report last --format json").stdout, before);
    let none = CliFixture::new();
    let told = none.offline("board");
    assert_eq!(told.code, 3, "{}", told.shown());
    assert!(told.stderr.contains("there is no ledger"), "{}", told.shown());
}

#[test]
fn two_browsers_see_a_run_go_on_while_it_does() {
    let fixture = CliFixture::new();
    fixture.file(
        "slow.yaml",
        &NIGHT.replace("night", "slow").replace("folder:", "limits: { launch: { rate: 1/s, burst: 1 } }\nfolder:"),
    );
    let mut run = fixture.spawn("run slow.yaml");
    let id = loop {
        if fixture.ledger().exists()
            && let Some(run) = fixture.runs().first()
        {
            break run["id"].as_str().unwrap().to_owned();
        }
        pause(std::time::Duration::from_millis(20));
    };
    let board = ServedBoard::of(&fixture.ledger());
    let page = board.get(&format!("/runs/{id}")).body;
    assert!(page.contains(&format!("data-events=\"/runs/{id}/events\"")), "{page}");
    let mut watchers = [board.watch(&format!("/runs/{id}/events")), board.watch(&format!("/runs/{id}/events"))];
    let parts: Vec<Vec<String>> = watchers.iter_mut().map(until_end).collect();
    assert!(run.wait().unwrap().success());
    for parts in parts {
        assert!(parts.len() >= 2, "it changed while it was watched: {parts:?}");
        assert!(parts[0].contains("running"), "{}", parts[0]);
        let last = parts.last().unwrap();
        assert!(last.contains("3 started") && !last.contains("running"), "{last}");
    }
    let mut list = board.watch("/events");
    assert!(next_part(&mut list).unwrap().contains(&id), "the list is watched alike");
}

/// The page at `target`, slashes as they are read.
fn shown(board: &ServedBoard, target: &str) -> String {
    board.get(target).body.replace("&#x2f;", "/")
}

/// All parts until the stream says that there is no more.
fn until_end(stream: &mut BufReader<TcpStream>) -> Vec<String> {
    let mut parts = Vec::new();
    while let Some(part) = next_part(stream) {
        parts.push(part);
    }
    parts
}

/// The next part; `None` at the end.
fn next_part(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let (mut line, mut event) = (String::new(), String::new());
    loop {
        line.clear();
        assert!(stream.read_line(&mut line).unwrap() > 0, "the stream ends with a word");
        if let Some(name) = line.trim_end().strip_prefix("event: ") {
            name.clone_into(&mut event);
        }
        match (event.as_str(), line.trim_end().strip_prefix("data: ")) {
            ("part", Some(data)) => return Some(serde_json::from_str(data).unwrap()),
            ("end", Some(_)) => return None,
            _ => {}
        }
    }
}
