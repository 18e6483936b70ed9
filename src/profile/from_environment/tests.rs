use super::*;

fn of(pairs: &[(&str, &str)]) -> Result<Profile, String> {
    profile(&pairs.iter().copied().collect()).map_err(|error| error.to_string())
}

#[track_caller]
fn check_address(pairs: &[(&str, &str)], expected: Result<(&str, Option<&str>), &str>) {
    let found = of(&[pairs, &[("UIPATH_PAT", "t")]].concat()).map(|profile| (profile.url, profile.tenant));
    assert_eq!(
        found.as_ref().map(|(url, tenant)| (url.as_str(), tenant.as_deref())).map_err(String::as_str),
        expected.as_ref().map(|pair| *pair).map_err(|what| *what),
        "{pairs:?}"
    );
}

#[test]
fn both_shapes_of_an_address_are_read() {
    let cloud = "https://cloud.uipath.com";
    let full = "https://cloud.uipath.com/acme/prod/orchestrator_";
    check_address(
        &[("UIPATH_URI", cloud), ("UIPATH_ORGANIZATION", "acme"), ("UIPATH_TENANT", "prod")],
        Ok((full, None)),
    );
    check_address(&[("UIPATH_URL", "https://cloud.uipath.com/acme/prod")], Ok((full, None)));
    check_address(&[("UIPATH_URL", full)], Ok((full, None)));
    check_address(&[("UIPATH_URL", full), ("UIPATH_TENANT_NAME", "Prod")], Ok((full, None)));
    check_address(
        &[("UIPATH_URL", "https://orch.corp/"), ("UIPATH_TENANT", "Default")],
        Ok(("https://orch.corp", Some("Default"))),
    );
    check_address(&[("UIPATH_URL", "https://orch.corp")], Ok(("https://orch.corp", None)));
    let organization = "https://cloud.uipath.com/acme/";
    check_address(&[("UIPATH_URL", organization), ("UIPATH_TENANT", "prod")], Ok((full, None)));
    check_address(
        &[("UIPATH_URL", "https://suite.corp/acme"), ("UIPATH_ORGANIZATION", "acme"), ("UIPATH_TENANT", "prod")],
        Ok(("https://suite.corp/acme/prod/orchestrator_", None)),
    );
    check_address(
        &[("UIPATH_URL", "https://gateway.corp/orch"), ("UIPATH_TENANT", "Default")],
        Ok(("https://gateway.corp/orch", Some("Default"))),
    );
    check_address(
        &[("UIPATH_URL", "https://gateway.corp/a/b/c/orchestrator_")],
        Ok(("https://gateway.corp/a/b/c/orchestrator_", None)),
    );
}

#[test]
fn an_address_at_odds_with_its_companions_is_refused() {
    check_address(
        &[("UIPATH_URL", "https://cloud.uipath.com/acme/prod"), ("UIPATH_TENANT", "test")],
        Err(
            "UIPATH_URL and UIPATH_TENANT name different ones\n  help: unset UIPATH_TENANT: the address holds it already",
        ),
    );
    check_address(
        &[("UIPATH_URL", "https://cloud.uipath.com"), ("UIPATH_ORGANIZATION", "acme")],
        Err("UIPATH_ORGANIZATION is set and UIPATH_TENANT is not\n  help: set both, or neither"),
    );
}

#[test]
fn an_organization_without_its_tenant_is_asked_for() {
    let help = "UIPATH_URL names an organization and no tenant\n  help: set UIPATH_TENANT too";
    check_address(&[("UIPATH_URL", "https://cloud.uipath.com/acme")], Err(help));
    check_address(
        &[("UIPATH_URL", "https://cloud.uipath.com/acme"), ("UIPATH_ORGANIZATION", "other"), ("UIPATH_TENANT", "t")],
        Err(
            "UIPATH_URL and UIPATH_ORGANIZATION name different ones\n  help: unset UIPATH_ORGANIZATION: the address holds it already",
        ),
    );
}

#[test]
fn a_proxy_of_the_environment_is_taken_only_where_it_is_asked_for() {
    let base = [("UIPATH_URL", "https://orch.corp"), ("UIPATH_PAT", "t"), ("HTTPS_PROXY", "http://proxy:1")];
    let proxy = |pairs: &[(&str, &str)]| of(&[&base[..], pairs].concat()).map(|profile| profile.network.proxy);
    assert_eq!(proxy(&[]), Ok(ProxyChoice::Straight));
    assert_eq!(proxy(&[("SORTIE_PROXY", "environment")]), Ok(ProxyChoice::OfEnvironment));
    let url = "http://other:2".to_owned();
    assert_eq!(
        proxy(&[("SORTIE_PROXY", "http://other:2")]),
        Ok(ProxyChoice::At { url, login: None, except: Vec::new() })
    );
    let refused = proxy(&[("SORTIE_PROXY", "http://ada:hunter2@other:2")]).expect_err("a password in it");
    assert!(refused.starts_with("SORTIE_PROXY: ") && !refused.contains("hunter2"), "{refused}");
}

#[test]
fn certificates_have_names_of_their_own() {
    let pairs = [
        ("UIPATH_URL", "https://orch.corp"),
        ("UIPATH_PAT", "t"),
        ("SORTIE_CA", "corp.pem"),
        ("SORTIE_CLIENT_CERTIFICATE", "/run/secrets/me.pem"),
    ];
    let way = of(&pairs).expect("a profile").network;
    assert_eq!(
        (way.ca, way.client_certificate),
        (Some(PathBuf::from("corp.pem")), Some(PathBuf::from("/run/secrets/me.pem")))
    );
}

#[test]
fn a_login_is_whole_or_what_is_missing_is_named() {
    let url = ("UIPATH_URL", "https://orch.corp");
    let auth = |pairs: &[(&str, &str)]| of(&[&[url], pairs].concat()).map(|profile| profile.auth);
    assert_eq!(auth(&[("UIPATH_PAT", "t")]), Ok(Auth::Token(SecretLocation::Env("UIPATH_PAT".to_owned()))));
    assert_eq!(
        auth(&[
            ("UIPATH_CLIENT_ID", "a"),
            ("UIPATH_CLIENT_SECRET", "s"),
            ("UIPATH_AUTH_SCOPES", "OR.Jobs, OR.Folders")
        ]),
        Ok(Auth::Client {
            id: "a".to_owned(),
            secret: SecretLocation::Env("UIPATH_CLIENT_SECRET".to_owned()),
            scopes: vec!["OR.Jobs".to_owned(), "OR.Folders".to_owned()],
            method: SecretMethod::Form,
        })
    );
    let missing = |pairs: &[(&str, &str)]| match auth(pairs) {
        Ok(Auth::Missing(words)) => words,
        other => panic!("{other:?}"),
    };
    assert_eq!(missing(&[("UIPATH_CLIENT_ID", "a")]), "UIPATH_CLIENT_ID is set and UIPATH_CLIENT_SECRET is not");
    assert!(missing(&[]).starts_with("UIPATH_URL is set and no login is"));
}

#[test]
fn of_several_folders_the_path_is_taken() {
    let base = [("UIPATH_URL", "https://orch.corp"), ("UIPATH_PAT", "t"), ("UIPATH_FOLDER_ID", "7")];
    let folder = |pairs: &[(&str, &str)]| of(&[&base[..], pairs].concat()).map(|profile| profile.folder);
    assert_eq!(folder(&[]), Ok(Some(FolderRef::Id(FolderId(7)))));
    assert_eq!(folder(&[("UIPATH_FOLDER_PATH", "A/B")]), Ok(Some(FolderRef::Path("A/B".to_owned()))));
    assert_eq!(folder(&[("UIPATH_FOLDER_KEY", "x")]), Err("UIPATH_FOLDER_KEY is not a GUID".to_owned()));
}

#[test]
fn each_documented_address_is_formed_as_it_says() {
    let text = include_str!("../../../docs/connection.md");
    let table = text.split_once("| `UIPATH_URL` | `UIPATH_ORGANIZATION` |").expect("the table").1;
    let mut rows = 0;
    for line in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<String> = line.split('|').skip(1).map(|cell| cell.trim().replace('`', "")).collect();
        let pairs = [("UIPATH_URL", &cells[0]), ("UIPATH_ORGANIZATION", &cells[1]), ("UIPATH_TENANT", &cells[2])];
        let pairs: Vec<(&str, &str)> = pairs.into_iter().map(|(name, value)| (name, value.as_str())).collect();
        check_address(&pairs, Ok((&cells[3], Some(cells[4].as_str()).filter(|header| !header.is_empty()))));
        rows += 1;
    }
    assert!(rows >= 9, "{rows} rows");
}
