//! Every shape of address, and every shape that is refused.

use sortie::ids::RunId;
use sortie::orchestrator::base_url::{BaseUrl, IdentityServer};

/// Address, its tenant identity where the header names `Default`, and its identity server.
#[track_caller]
fn check(text: &str, base: &str, tenant: &str, identity: &str) {
    let read = BaseUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let found =
        [read.as_str(), read.tenant_identity(Some("Default")).as_str(), read.identity_server().as_str()].join(" ");
    assert_eq!(found, [base, tenant, identity].join(" "), "{text}");
}

#[test]
fn the_shapes_of_the_api_notes() {
    check(
        "https://cloud.uipath.com/acme/prod/orchestrator_",
        "https://cloud.uipath.com/acme/prod/orchestrator_",
        "https://cloud.uipath.com/acme/prod",
        "https://cloud.uipath.com/identity_",
    );
    check(
        "https://cloud.uipath.com/acme/prod",
        "https://cloud.uipath.com/acme/prod",
        "https://cloud.uipath.com/acme/prod",
        "https://cloud.uipath.com/identity_",
    );
    check(
        "https://suite.corp.example/acme/prod/orchestrator_/",
        "https://suite.corp.example/acme/prod/orchestrator_",
        "https://suite.corp.example/acme/prod",
        "https://suite.corp.example/identity_",
    );
    check("https://domain.com", "https://domain.com", "https://domain.com#Default", "https://domain.com/identity");
    check(
        "http://127.0.0.1:5000/",
        "http://127.0.0.1:5000",
        "http://127.0.0.1:5000#Default",
        "http://127.0.0.1:5000/identity",
    );
}

#[test]
fn one_server_in_other_spellings_is_one_identity() {
    for text in [
        "HTTPS://Cloud.UiPath.COM:443/acme/prod/orchestrator_///",
        "  https://cloud.uipath.com/acme/prod/Orchestrator_\n",
        "https://cloud.uipath.com/acme/./prod/x/../orchestrator_",
    ] {
        let read = BaseUrl::parse(text).expect(text);
        assert_eq!(read.tenant_identity(None).as_str(), "https://cloud.uipath.com/acme/prod", "{text}");
        assert_eq!(read.tenant_identity(Some("other")).as_str(), "https://cloud.uipath.com/acme/prod", "{text}");
        assert_eq!(read.origin().to_string(), "https://cloud.uipath.com", "{text}");
        assert_eq!(read.tenant(), Some("prod"), "{text}");
    }
    let upper = BaseUrl::parse("https://cloud.uipath.com/Acme/prod").expect("an address");
    assert_eq!(upper.tenant_identity(None).as_str(), "https://cloud.uipath.com/Acme/prod", "paths keep their case");
}

#[test]
fn the_published_run_id_belongs_to_this_identity() {
    let tenant =
        BaseUrl::parse("https://cloud.uipath.com/acme/prod/orchestrator_").expect("an address").tenant_identity(None);
    let id = RunId::named(&[tenant.as_str(), "nightly", "2026-01-31T00:00:00Z"]);
    assert_eq!(id.to_string(), "0eaac680e5ee54d79efbe8f48c29e504");
}

#[test]
fn oddities_that_are_taken() {
    check(
        "https://gw.corp/uipath",
        "https://gw.corp/uipath",
        "https://gw.corp/uipath#Default",
        "https://gw.corp/uipath/identity",
    );
    check(
        "https://gw.corp/p/acme/prod/orchestrator_",
        "https://gw.corp/p/acme/prod/orchestrator_",
        "https://gw.corp/p/acme/prod",
        "https://gw.corp/p/identity_",
    );
    check("https://h/orchestrator_", "https://h/orchestrator_", "https://h#Default", "https://h/identity_");
    check("https://h:8443/a%20b/c", "https://h:8443/a%20b/c", "https://h:8443/a%20b/c", "https://h:8443/identity_");
    check(
        "https://b\u{fc}ro.example/",
        "https://xn--bro-hoa.example",
        "https://xn--bro-hoa.example#Default",
        "https://xn--bro-hoa.example/identity",
    );
    check("http://[::1]:8080", "http://[::1]:8080", "http://[::1]:8080#Default", "http://[::1]:8080/identity");
    check(
        "http://localhost/acme/prod/orchestrator_",
        "http://localhost/acme/prod/orchestrator_",
        "http://localhost/acme/prod",
        "http://localhost/identity_",
    );
    check("http://0x7f.1/", "http://127.0.0.1", "http://127.0.0.1#Default", "http://127.0.0.1/identity");
}

#[test]
fn what_is_refused_and_why() {
    for (text, why) in [
        ("", "`` is no address"),
        ("cloud.uipath.com/acme/prod", "`cloud.uipath.com/acme/prod` is no address"),
        ("localhost:5000", "`localhost:5000` is no address"),
        ("https:/host", "`https:/host` is no address"),
        ("https:///host", "`https:///host` is no address"),
        ("https://", "`https://` is no address"),
        ("https://host:99999", "`https://host:99999` is no address"),
        ("https://user:hunter2@host:x", "`...` is no address"),
        ("https://ho st/", "a space, a control character or a backslash"),
        ("https://host/a\tb", "a space, a control character or a backslash"),
        ("https://good.example\\@evil.example/", "a space, a control character or a backslash"),
        ("http://cloud.uipath.com/acme/prod", "begins with `http:`"),
        ("http://127.0.0.1.evil.example", "begins with `http:`"),
        ("http://localhost.evil.example", "begins with `http:`"),
        ("ftp://localhost", "begins with `ftp:`"),
        ("file://localhost/etc", "begins with `file:`"),
        ("https://user@host", "before `@`"),
        ("https://user:hunter2@host", "before `@`"),
        ("https://@host", "before `@`"),
        ("https://host/?", "a query"),
        ("https://host/?tid=1&fid=2", "a query"),
        ("https://host/#", "a fragment"),
        ("https://host/#/jobs", "a fragment"),
        ("https://host./", "ends in a dot"),
        ("https://host/acme//prod", "an empty segment"),
        ("https://host//acme/prod", "an empty segment"),
        ("https://host/odata", "goes on with `odata`"),
        ("https://host/odata/Jobs", "goes on with `odata`"),
        ("https://host/a/b/orchestrator_/jobs", "goes on with `jobs`"),
        ("https://host/a/b/orchestrator_/orchestrator_", "goes on with `orchestrator_`"),
        ("https://host/API/Account", "goes on with `API`"),
    ] {
        let error = BaseUrl::parse(text).expect_err(text).to_string();
        assert!(error.contains(why), "{text}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn an_identity_server_may_be_named_with_or_without_its_token_endpoint() {
    for text in [
        "https://h/identity_",
        "https://h/identity_/",
        "https://h/identity_/connect/token",
        "https://H:443/identity_/connect/token/",
    ] {
        assert_eq!(IdentityServer::parse(text).expect(text).as_str(), "https://h/identity_", "{text}");
    }
    assert!(IdentityServer::parse("http://h/identity").is_err());
}
