//! Connections that break, and answers that are not whole: down to the bytes.

use std::io::{ErrorKind, Read as _, Write as _};

use orchestrator_sandbox::faults::{Cut, Fault, Faults, Operation, Part, Position, Reply, Then};

use super::{Ended, START_JOBS, Stand, hear};

const BODY: &str = r#"{"startInfo": {"ReleaseName": "Loader", "Reference": "r"}}"#;

fn cut(part: Part, after_bytes: usize, then: Then) -> Reply {
    Reply::Cut(Cut { part, after_bytes: Some(after_bytes), then })
}

#[test]
fn an_answer_is_cut_at_the_byte_asked_for_and_ends_as_asked() {
    let heard = |reply| {
        let stand = Stand::always(Operation::StartJobs, Fault::after(reply));
        let heard = hear(stand.start("r"));
        assert_eq!(stand.created().len(), 2);
        (heard.head.len(), heard.body.len(), heard.end)
    };
    assert_eq!(heard(cut(Part::Head, 0, Then::Close)), (0, 0, Ended::Closed));
    assert_eq!(heard(cut(Part::Head, 12, Then::Close)), (12, 0, Ended::Closed));
    assert_eq!(heard(cut(Part::Head, 12, Then::Reset)).2, Ended::Reset);
    let (head, body, end) = heard(cut(Part::Body, 7, Then::Close));
    assert!(head > 100 && body == 7 && end == Ended::Closed, "{head} {body} {end:?}");
    // More than there is: the whole part, and no more.
    assert_eq!(heard(cut(Part::Head, 100_000, Then::Close)), (head, 0, Ended::Closed));
}

#[test]
fn a_cut_answer_may_leave_the_connection_open_until_the_client_gives_up() {
    let stand = Stand::always(Operation::StartJobs, Fault::after(cut(Part::Body, 5, Then::Never)));
    let mut stream = stand.start("r");
    let mut bytes = vec![0; 4096];
    let mut read = 0;
    while !bytes[..read].windows(4).any(|four| four == b"\r\n\r\n") || !bytes[..read].ends_with(b"{\"@od") {
        read += stream.read(&mut bytes[read..]).unwrap();
    }
    // It still stands: what comes next comes of the sandbox's end.
    drop(stand);
    assert_eq!(stream.read(&mut bytes).unwrap(), 0);
}

#[test]
fn a_connection_can_meet_a_fault_before_anything_of_it_is_read() {
    for (reply, end) in [(Reply::Reset, Ended::Reset), (Reply::Close, Ended::Closed)] {
        let stand = Stand::with(Faults::new().at(Operation::Connection, Position::Nth(2), Fault::before(reply)));
        assert_eq!(hear(stand.start("first")).status(), 201);
        let heard = hear(stand.start("second"));
        assert_eq!((heard.head.as_str(), heard.end), ("", end));
        assert_eq!(hear(stand.start("third")).status(), 201);
        let record = stand.sandbox.record();
        let lines: Vec<_> = record.iter().map(|line| (line.method.as_str(), line.status, line.created.len())).collect();
        assert_eq!(lines, [("POST", 201, 2), ("CONNECTION", 0, 0), ("POST", 201, 2)]);
        assert_eq!(
            record[1].fault.as_deref(),
            Some(if end == Ended::Reset { "create nothing, reset" } else { "create nothing, close" })
        );
        assert_eq!(record[1].operation, "");
    }
}

#[test]
fn a_silent_connection_stays_open_and_takes_nothing() {
    let stand = Stand::always(Operation::Connection, Fault::before(Reply::Never));
    let stream = stand.start("r");
    stand.until_recorded(1);
    assert_eq!(stand.created(), []);
    drop(stand.sandbox);
    // Closed with the request unread is a reset.
    assert!(matches!(hear(stream).end, Ended::Reset | Ended::Closed));
}

#[test]
fn a_request_can_be_reset_with_its_body_unread() {
    let reset = Fault::before(Reply::ResetUnread);
    let stand = Stand::with(Faults::new().at(Operation::StartJobs, Position::Nth(2), reset));
    assert_eq!(hear(stand.start("first")).status(), 201);
    let mut stream = stand.connect();
    let request = stand.request("POST", START_JOBS, BODY);
    // The last bytes are never sent: whoever waits for them waits for ever.
    stream.write_all(&request.as_bytes()[..request.len() - 10]).unwrap();
    assert_eq!(hear(stream).end, Ended::Reset);
    assert_eq!(stand.met(), [None, Some("create nothing, reset with the body unread".to_owned())]);
    assert_eq!(stand.created().len(), 2);
}

#[test]
fn a_reset_is_a_reset_and_a_close_is_a_close() {
    let kind_of = |reply| {
        let stand = Stand::always(Operation::StartJobs, Fault::before(reply));
        let mut stream = stand.start("r");
        stream.read(&mut [0; 64]).map_err(|error| error.kind())
    };
    assert_eq!(kind_of(Reply::Reset), Err(ErrorKind::ConnectionReset));
    assert_eq!(kind_of(Reply::Close), Ok(0));
}

#[test]
fn a_connection_that_met_no_fault_goes_on() {
    let stand =
        Stand::with(Faults::new().at(Operation::StartJobs, Position::Nth(2), Fault::by_name("503-after").unwrap()));
    let mut stream = stand.connect();
    let request = stand.request("POST", START_JOBS, BODY).replace("Connection: close\r\n", "");
    let mut statuses = Vec::new();
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            bytes.push(byte[0]);
        }
        let head = String::from_utf8(bytes).unwrap().to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        stream.read_exact(&mut vec![0; length]).unwrap();
        statuses.push(head.split(' ').nth(1).unwrap().to_owned());
    }
    assert_eq!(statuses, ["201", "503", "201"]);
    assert_eq!(stand.created().len(), 3);
}

#[tokio::test]
async fn an_http_library_takes_each_broken_answer_for_an_error() {
    rustls::crypto::ring::default_provider().install_default().ok();
    for name in ["reset-after", "lose-answer", "cut-head", "cut-body", "length-too-high"] {
        let stand = Stand::always(Operation::StartJobs, Fault::by_name(name).unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http
            .post(format!("{}{START_JOBS}", stand.sandbox.url()))
            .bearer_auth(stand.sandbox.token())
            .header("X-UIPATH-OrganizationUnitId", 7)
            .header("Content-Type", "application/json")
            .body(BODY);
        let outcome = match request.send().await {
            Ok(response) => response.bytes().await.map(|_| ()),
            Err(error) => Err(error),
        };
        let error = outcome.expect_err(name);
        assert!(!error.is_connect() && !error.is_builder(), "{name}: {error:?}");
        assert_eq!(stand.created().len(), 1, "{name}: sent once, and created");
    }
}
