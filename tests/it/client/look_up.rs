//! Names to ids, against a server that lists, pages, lacks and refuses.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::{Expect, expect};
use sortie::exit::ExitStatus;
use sortie::ids::{FolderId, FolderRef};
use sortie::orchestrator::Client;
use sortie::orchestrator::call_error::CallError;
use sortie::resolve::{FolderContents, RequiredNames};
use sortie::spec::ReleaseRef;

use crate::client::wire::{connection, ready_token, still};
use crate::support::brisk_clock::BriskClock;
use crate::support::raw_server::{Heard, RawServer, Reaction, answer, json};

fn wanted(releases: &[&str], robots: &[&str]) -> RequiredNames {
    let robots: BTreeSet<String> = robots.iter().map(|name| (*name).to_owned()).collect();
    RequiredNames {
        releases: releases.iter().map(|name| ReleaseRef::named(*name)).collect(),
        robots,
        ..Default::default()
    }
}

fn by_id() -> FolderRef {
    FolderRef::Id(FolderId(7))
}

async fn look_up(server: &RawServer, folder: &FolderRef, wanted: &RequiredNames) -> Result<FolderContents, CallError> {
    Client::new(connection(&server.url(), ready_token(), Arc::new(still()))).unwrap().look_up(folder, wanted).await
}

fn release(number: u32, name: &str) -> String {
    let key = uuid::Uuid::from_u128(number.into());
    format!(r#"{{"Id":{number},"Key":"{key}","Name":"{name}","ProcessKey":"Pkg","ProcessVersion":"1.0.{number}"}}"#)
}

fn page(entries: &[String], count: usize) -> Reaction {
    json(200, &format!(r#"{{"@odata.context":"x","@odata.count":{count},"value":[{}]}}"#, entries.join(",")))
}

fn lacking() -> Reaction {
    Reaction::Answer(answer(404, "", ""))
}

/// What was asked, in order, percent signs undone as far as they matter here.
fn asked(server: &RawServer) -> String {
    server.heard().iter().fold(String::new(), |mut text, heard| {
        let target = heard.target.replace("%20", " ").replace("%27", "'").replace("%5C", "\\");
        writeln!(text, "{}", target.replace("UiPath.Server.Configuration.OData.", "..")).unwrap();
        text
    })
}

fn names(contents: &FolderContents) -> String {
    let releases = contents.releases.iter().map(|release| release.name.clone());
    let robots =
        contents.robots.iter().map(|robot| format!("{}:{}", robot.id.0, robot.name.clone().unwrap_or_default()));
    releases.chain(robots).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(server: &RawServer, contents: &FolderContents, found: &str, expected: Expect) {
    assert_eq!(names(contents), found);
    expected.assert_eq(&asked(server));
}

#[tokio::test]
async fn nothing_wanted_asks_nothing() {
    let server = RawServer::start(|_| lacking());
    let contents = look_up(&server, &by_id(), &RequiredNames::default()).await.unwrap();
    assert_eq!((contents, server.connections()), (FolderContents::default(), 0));
}

#[tokio::test]
async fn releases_share_one_request() {
    let server = RawServer::start(|_| page(&[release(1, "A"), release(2, "O'B")], 2));
    let contents = look_up(&server, &by_id(), &wanted(&["A", "O'B"], &[])).await.unwrap();
    check(
        &server,
        &contents,
        "A O'B",
        expect![[r#"
        /odata/Releases?$select=Id,Key,Name,ProcessKey,ProcessVersion&$filter=Name eq 'A' or Name eq 'O''B'&$orderby=Id&$top=1000&$count=true
    "#]],
    );
    let found = &contents.releases[0];
    assert_eq!((found.process_key.as_deref(), found.version.as_deref()), (Some("Pkg"), Some("1.0.1")));
    let heard = &server.heard()[0];
    assert_eq!((heard.method.as_str(), heard.header("x-uipath-organizationunitid")), ("GET", "7"));
    assert_eq!(heard.header("authorization"), "Bearer token-of-this-test");
}

#[tokio::test]
async fn a_name_that_is_not_found_brings_the_others_for_a_suggestion() {
    let server = RawServer::start(|heard| {
        if heard.target.contains("filter") {
            page(&[release(2, "B")], 1)
        } else {
            page(&[release(1, "Aa"), release(2, "B")], 2)
        }
    });
    let contents = look_up(&server, &by_id(), &wanted(&["A", "B"], &[])).await.unwrap();
    check(
        &server,
        &contents,
        "B Aa",
        expect![[r#"
        /odata/Releases?$select=Id,Key,Name,ProcessKey,ProcessVersion&$filter=Name eq 'A' or Name eq 'B'&$orderby=Id&$top=1000&$count=true
        /odata/Releases?$select=Id,Key,Name,ProcessKey,ProcessVersion&$orderby=Id&$top=1000&$count=true
    "#]],
    );
}

#[tokio::test]
async fn several_releases_of_one_package_are_described() {
    let server = RawServer::start(|heard| {
        let described = |number: u32, environment: &str| {
            let words = format!(r#","EnvironmentName":"{environment}","Description":"Nightly"}}"#);
            release(number, "A").replace('}', &words)
        };
        if heard.target.contains("select") {
            page(&[release(1, "A"), release(2, "A"), release(3, "B")], 3)
        } else {
            page(&[described(1, "TEST"), described(2, "PROD")], 2)
        }
    });
    let contents = look_up(&server, &by_id(), &wanted(&["A", "B"], &[])).await.unwrap();
    check(
        &server,
        &contents,
        "A A B",
        expect![[r#"
        /odata/Releases?$select=Id,Key,Name,ProcessKey,ProcessVersion&$filter=Name eq 'A' or Name eq 'B'&$orderby=Id&$top=1000&$count=true
        /odata/Releases?$filter=Name eq 'A'&$orderby=Id&$top=1000&$count=true
    "#]],
    );
    let told = |release: &sortie::resolve::FoundRelease| (release.environment.clone(), release.description.clone());
    let nightly = |environment: &str| (Some(environment.to_owned()), Some("Nightly".to_owned()));
    let described: Vec<_> = contents.releases.iter().map(told).collect();
    assert_eq!(described, [nightly("TEST"), nightly("PROD"), (None, None)]);
}

/// Serves 250 releases, 100 at a time at most, whatever was asked for.
fn stingy(heard: &Heard, count: &str) -> Reaction {
    let skip = heard.target.split("$skip=").nth(1).map_or(0, |rest| rest.split('&').next().unwrap().parse().unwrap());
    let entries: Vec<String> =
        (skip..250.min(skip + 100)).map(|number| release(number, &format!("r{number}"))).collect();
    json(200, &format!(r#"{{{count}"value":[{}]}}"#, entries.join(",")))
}

#[tokio::test]
async fn many_names_are_listed_page_by_page_to_the_end() {
    let many: Vec<String> = (0..200).map(|number| format!("r{number}")).collect();
    let wanted =
        RequiredNames { releases: many.into_iter().map(ReleaseRef::named).collect(), ..RequiredNames::default() };
    for (count, requests) in [(r#""@odata.count":250,"#, 3), ("", 4)] {
        let server = RawServer::start(move |heard| stingy(heard, count));
        let contents = look_up(&server, &by_id(), &wanted).await.unwrap();
        assert_eq!((contents.releases.len(), server.heard().len()), (250, requests));
    }
}

#[tokio::test]
async fn robots_come_from_the_folder_by_its_number() {
    let robots = r#"{"value":[{"Id":1,"Name":"ETL-01","Username":"CORP\\etl"},{"Id":2,"Name":null}],"@odata.count":2}"#;
    let server = RawServer::start(move |heard| {
        if heard.target.starts_with("/odata/Folders") {
            json(200, r#"{"value":[{"Id":7,"Key":"k"}],"@odata.count":1}"#)
        } else {
            json(200, robots)
        }
    });
    let folder = FolderRef::Path("Finance/AP".to_owned());
    let contents = look_up(&server, &folder, &wanted(&[], &["ETL-01", "CORP\\etl"])).await.unwrap();
    check(
        &server,
        &contents,
        "1:ETL-01 2:",
        expect![[r#"
        /odata/Folders?$select=Id,Key,FullyQualifiedName&$filter=FullyQualifiedName eq 'Finance/AP'&$orderby=Id&$top=1000&$count=true
        /odata/Robots/..GetRobotsFromFolder(folderId=7)?$orderby=Id&$top=1000&$count=true
    "#]],
    );
}

#[tokio::test]
async fn a_server_without_folder_robots_is_asked_by_name() {
    let server = RawServer::start(|heard| {
        if heard.target.starts_with("/odata/Robots?") {
            json(200, r#"{"value":[{"Id":1553,"Name":"r1"}],"@odata.count":1}"#)
        } else {
            lacking()
        }
    });
    let contents = look_up(&server, &by_id(), &wanted(&[], &["r1", "CORP\\u"])).await.unwrap();
    check(
        &server,
        &contents,
        "1553:r1",
        expect![[r#"
        /odata/Robots/..GetRobotsFromFolder(folderId=7)?$orderby=Id&$top=1000&$count=true
        /odata/Robots?$select=Id,Name,Username&$filter=Name eq 'CORP\u' or Username eq 'CORP\u' or Name eq 'r1' or Username eq 'r1'&$orderby=Id&$top=1000&$count=true
    "#]],
    );
}

#[tokio::test]
async fn a_login_that_may_list_robots_nowhere_is_told_so() {
    let server = RawServer::start(|_| json(403, r#"{"message":"You are not authorized!","errorCode":0}"#));
    let error = look_up(&server, &by_id(), &wanted(&[], &["r1"])).await.unwrap_err();
    assert_eq!(error.to_string(), "listing robots: not permitted: HTTP 403, errorCode 0: You are not authorized!");
    assert_eq!((error.exit(), server.heard().len()), (ExitStatus::Login, 2));
}

#[tokio::test]
async fn refusals_name_their_situation_and_exit_status() {
    use ExitStatus::{Fault, Login, NotSent};
    let folder = r#"{"message":"A folder is required for this action.","errorCode":1101}"#;
    for (status, headers, body, words, exit) in [
        (
            400,
            "",
            folder,
            "listing releases: folder `id 7` is refused: HTTP 400, errorCode 1101: A folder is required for this action.",
            Login,
        ),
        (401, "", "", "calling Orchestrator: the login is refused: 401 Unauthorized", Login),
        (403, "", "", "listing releases: not permitted: 403 Forbidden", Login),
        (407, "", "", "listing releases: a proxy wants credentials: 407 Proxy Authentication Required", Login),
        (
            302,
            "Location: https://x.example/\r\n",
            "",
            "listing releases: `ORIGIN` redirects (HTTP 302) to `https://x.example/`, and redirects are never followed",
            Fault,
        ),
        (
            404,
            "",
            "<html><title>nginx</title>",
            "listing releases: `ORIGIN` does not answer as Orchestrator does: HTTP 404: a web page came back (`nginx`): is the address right?",
            Fault,
        ),
        (
            200,
            "",
            "<html><title>nginx</title>",
            "listing releases: `ORIGIN` does not answer as Orchestrator does: HTTP 200: a web page came back (`nginx`): is the address right?",
            Fault,
        ),
        (
            200,
            "",
            "{}",
            "listing releases: `ORIGIN` does not answer as Orchestrator does: HTTP 200: missing field `value` at line 1 column 2",
            Fault,
        ),
        (
            400,
            "",
            r#"{"message":"Invalid OData query options.","errorCode":1000}"#,
            "listing releases: refused: HTTP 400, errorCode 1000: Invalid OData query options.",
            Fault,
        ),
        (429, "Retry-After: 900\r\n", "", "listing releases: throttled: 429 Too Many Requests (wait 900 s)", NotSent),
    ] {
        let server = RawServer::start(move |_| Reaction::Answer(answer(status, headers, body)));
        let error = look_up(&server, &by_id(), &wanted(&["A"], &[])).await.unwrap_err();
        assert_eq!(error.to_string().replace(&server.url(), "ORIGIN"), words);
        assert_eq!((error.exit(), server.heard().len()), (exit, 1), "{status}");
        assert!(!error.help().is_empty());
    }
}

#[tokio::test]
async fn what_may_pass_is_asked_again_within_bounds() {
    let server = RawServer::start(|heard| match heard.number {
        0 => Reaction::AnswerAndClose(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".to_vec()),
        1 => Reaction::Answer(answer(500, "", "")),
        2 => Reaction::Answer(answer(429, "Retry-After: 3\r\n", "")),
        _ => page(&[release(1, "A")], 1),
    });
    let clock = BriskClock::new();
    let client = Client::new(connection(&server.url(), ready_token(), Arc::new(clock.clone()))).unwrap();
    let contents = client.look_up(&by_id(), &wanted(&["A"], &[])).await.unwrap();
    assert_eq!((contents.releases.len(), server.heard().len()), (1, 4));
    assert!(clock.waits()[2].as_secs_f64() >= 3.0, "{:?}", clock.waits());
}

#[tokio::test]
async fn a_server_that_ignores_skip_is_found_out_at_its_second_page() {
    let many = |from: u32, count: u32| (from..from + count).map(|n| release(n, &format!("R{n}"))).collect::<Vec<_>>();
    let uncounted = |entries: &[String]| json(200, &format!(r#"{{"value":[{}]}}"#, entries.join(",")));
    // Less than a page, twice, and no length: that is all of it.
    let server = RawServer::start(move |_| uncounted(&many(1, 2)));
    let contents = look_up(&server, &by_id(), &wanted(&["R1"], &[])).await.unwrap();
    assert_eq!((names(&contents).as_str(), server.heard().len()), ("R1 R2", 2));

    let full = RawServer::start(move |_| uncounted(&many(1, 1000)));
    let counted = RawServer::start(move |_| page(&many(1, 3), 5));
    for (server, words) in [
        (full, "listing releases: incomplete list: received 1000 entries"),
        (counted, "listing releases: incomplete list: received 3 of 5 entries"),
    ] {
        let error = look_up(&server, &by_id(), &wanted(&["R1"], &[])).await.unwrap_err();
        assert_eq!((error.to_string().as_str(), error.exit(), server.heard().len()), (words, ExitStatus::Fault, 2));
    }

    // Pages that overlap bring each entry once, and the list goes on behind what came.
    let server = RawServer::start(move |heard| match heard.number {
        0 => page(&many(1, 3), 4),
        _ => page(&many(3, 2), 4),
    });
    let contents = look_up(&server, &by_id(), &wanted(&["R4"], &[])).await.unwrap();
    assert_eq!(names(&contents), "R1 R2 R3 R4");
}

#[tokio::test]
async fn a_list_without_end_is_given_up_and_not_cut_off() {
    let server = RawServer::start(|heard| {
        let number = u32::try_from(heard.number).unwrap();
        json(200, &format!(r#"{{"value":[{}]}}"#, release(number, &format!("R{number}"))))
    });
    let error = look_up(&server, &by_id(), &wanted(&["R1"], &[])).await.unwrap_err();
    assert_eq!(error.to_string(), "listing releases: incomplete list: received 1000 entries");
}
