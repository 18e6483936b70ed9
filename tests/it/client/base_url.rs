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
    check("https://domain.com", "https://domain.com", "https://domain.com#default", "https://domain.com/identity");
    check(
        "http://127.0.0.1:5000/",
        "http://127.0.0.1:5000",
        "http://127.0.0.1:5000#default",
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
    assert_eq!(upper.as_str(), "https://cloud.uipath.com/Acme/prod", "what is called keeps its case");
}

#[test]
fn letter_case_tells_no_tenants_apart() {
    let identity = |text: &str, header: Option<&str>| {
        BaseUrl::parse(text).expect(text).tenant_identity(header).as_str().to_owned()
    };
    let cloud = "https://cloud.uipath.com/acme/prod";
    for text in ["https://cloud.uipath.com/Acme/Prod", "https://CLOUD.uipath.com/ACME/PROD/Orchestrator_"] {
        for header in [None, Some("prod"), Some("Prod"), Some("")] {
            assert_eq!(identity(text, header), cloud, "{text} with {header:?}");
        }
    }
    assert_eq!(identity("https://H/UiPath", Some("DEFAULT")), "https://h/uipath#default");
    assert_eq!(identity("https://h", Some("B\u{dc}ro")), "https://h#b\u{fc}ro");
    assert_ne!(identity("https://h/acme/prod", None), identity("https://h/acme/test", None));
    assert_ne!(identity("https://h", None), identity("https://h", Some("Default")), "whose token it is, nobody knows");
}

/// The tables of `docs/ids.md`.
#[test]
fn the_published_run_ids_belong_to_these_addresses() {
    let slot = "2026-01-31T00:00:00Z";
    for (address, tenant, what, expected) in [
        ("https://Cloud.UiPath.com:443/Acme/Prod/orchestrator_/", None, slot, "0eaac680e5ee54d79efbe8f48c29e504"),
        ("https://cloud.uipath.com/acme/prod", Some("Prod"), slot, "0eaac680e5ee54d79efbe8f48c29e504"),
        ("https://cloud.uipath.com/acme/prod", None, "key:ci-4711", "0f2a2c83ef2f5300b2837c9fc841a7bd"),
        ("https://orchestrator.corp.example/", Some("Default"), slot, "160abd831d6c512db3a812020b0977a4"),
    ] {
        let identity = BaseUrl::parse(address).expect(address).tenant_identity(tenant);
        assert_eq!(RunId::named(&[identity.as_str(), "nightly", what]).to_string(), expected, "{address}");
        let published = std::fs::read_to_string("docs/ids.md").expect("the page");
        for word in [format!("`{address}`"), format!("`{identity}`"), format!("`{expected}`")] {
            assert!(published.contains(&word), "docs/ids.md lacks {word}");
        }
    }
}

#[test]
fn oddities_that_are_taken() {
    check(
        "https://gw.corp/uipath",
        "https://gw.corp/uipath",
        "https://gw.corp/uipath#default",
        "https://gw.corp/uipath/identity",
    );
    check(
        "https://gw.corp/p/acme/prod/orchestrator_",
        "https://gw.corp/p/acme/prod/orchestrator_",
        "https://gw.corp/p/acme/prod",
        "https://gw.corp/p/identity_",
    );
    check("https://h/orchestrator_", "https://h/orchestrator_", "https://h#default", "https://h/identity_");
    check("https://h:8443/a%20b/c", "https://h:8443/a%20b/c", "https://h:8443/a%20b/c", "https://h:8443/identity_");
    check(
        "https://b\u{fc}ro.example/",
        "https://xn--bro-hoa.example",
        "https://xn--bro-hoa.example#default",
        "https://xn--bro-hoa.example/identity",
    );
    check("http://[::1]:8080", "http://[::1]:8080", "http://[::1]:8080#default", "http://[::1]:8080/identity");
    check(
        "http://localhost/acme/prod/orchestrator_",
        "http://localhost/acme/prod/orchestrator_",
        "http://localhost/acme/prod",
        "http://localhost/identity_",
    );
    check("http://0x7f.1/", "http://127.0.0.1", "http://127.0.0.1#default", "http://127.0.0.1/identity");
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
        ("https://cloud.uipath.com", "without organization and tenant"),
        ("https://cloud.uipath.com/", "write `https://cloud.uipath.com/ORG/TENANT/orchestrator_`"),
        ("https://staging.uipath.com/acme", "write `https://staging.uipath.com/acme/TENANT/orchestrator_`"),
        ("https://cloud.uipath.com/acme/portal_/home", "write `https://cloud.uipath.com/acme/TENANT/orchestrator_`"),
        ("https://cloud.uipath.com/acme/prod/portal_", "write `https://cloud.uipath.com/acme/prod/orchestrator_`"),
        ("https://cloud.uipath.com/acme/prod/orchestrator_/jobs?fid=7", "a page of the cloud's portal"),
        ("https://cloud.uipath.com/acme/prod/orchestrator_/?tid=1&fid=2", "a page of the cloud's portal"),
        ("https://cloud.uipath.com/acme/identity_", "a page of the cloud's portal"),
        ("https://account.uipath.com/login", "write `https://cloud.uipath.com/ORG/TENANT/orchestrator_`"),
        ("https://suite.example/acme/prod/portal_/x", "write `https://suite.example/acme/prod/orchestrator_`"),
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

#[test]
fn one_tenant_has_one_spelling() {
    for (text, plain) in [
        ("https://orch.example/%61cme/prod/orchestrator%5F", "https://orch.example/acme/prod/orchestrator_"),
        ("https://orch.example/a%20b/caf%C3%A9/orchestrator_", "https://orch.example/a%20b/caf%C3%A9/orchestrator_"),
        ("https://orch.example/a%2Fb/c%252E/orchestrator_", "https://orch.example/a%2Fb/c%252E/orchestrator_"),
        ("https://orch.example/100%/x/orchestrator_", "https://orch.example/100%/x/orchestrator_"),
    ] {
        assert_eq!(BaseUrl::parse(text).unwrap().as_str(), plain);
    }
}

#[test]
fn addresses_that_may_lead_to_one_tenant_are_known() {
    let is_one = |one: (&str, Option<&str>), other: (&str, Option<&str>)| {
        let (address, other_address) = (BaseUrl::parse(one.0).unwrap(), BaseUrl::parse(other.0).unwrap());
        let found = address.may_share_tenant(one.1, &other_address, other.1);
        assert_eq!(found, other_address.may_share_tenant(other.1, &address, one.1), "{one:?} {other:?}");
        found
    };
    let (standalone, cloud) = ("https://orch.example", "https://cloud.example/Acme/Prod/orchestrator_");
    assert!(is_one((standalone, Some("Default")), (standalone, None)), "the server chooses");
    assert!(is_one((standalone, Some("Default")), ("https://ORCH.example:443/", Some("default"))));
    assert!(!is_one((standalone, Some("Default")), (standalone, Some("Test"))));
    assert!(!is_one((standalone, None), ("https://other.example", None)));
    assert!(!is_one((standalone, None), ("https://orch.example:8443", None)));
    assert!(is_one((cloud, None), ("https://cloud.example/acme/prod", Some("whatever"))), "the path says it");
    assert!(!is_one((cloud, None), ("https://cloud.example/acme/test/orchestrator_", None)));
    assert!(is_one(("http://127.0.0.1:8080", None), ("http://localhost:8080", Some("Default"))));
    assert!(is_one(("http://[::1]:8080/a/b", None), ("http://127.0.0.2:8080/a/b", None)));
    assert!(!is_one(("http://127.0.0.1:8080", None), ("http://localhost:8081", None)));
}
