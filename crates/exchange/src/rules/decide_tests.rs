use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use super::super::address::LONGEST_TARGET;
use super::super::fault::Style;
use super::super::headers::read_request;
use super::*;
use crate::directory::DirectoryDraft;

const DIRECTORY: &str = include_str!("../../tests/exchange/directory.toml");
const NOON: &str = "2026-11-23T05:00:00Z";
const PERSON: &[(&str, &str)] = &[
    ("X-Road-Client", "VN-HP/GOV/0001/A"),
    ("X-Road-UserId", "VN031090000001"),
    ("X-Road-Issue", "H24.15-261121-0001"),
    ("X-HD-Purpose", "KHAI-SINH"),
    ("X-HD-Procedure", "1.001193"),
];

fn judged(
    change: impl Fn(String) -> String,
    request: &str,
    headers: &[(&str, &str)],
    now: &str,
) -> Result<Decision, Fault> {
    let directory = DirectoryDraft::from_toml(&change(DIRECTORY.to_owned())).unwrap().build().unwrap();
    let (method, target) = request.split_once(' ').unwrap();
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let address = Address::parse(target, LONGEST_TARGET)?;
    let head = read_request(&map)?;
    let now = now.parse().unwrap();
    let client = identify(&directory, &head, &Shown::Plain, now)?;
    decide(&directory, method, &address, &head, &client, now)
}

fn check(request: &str, headers: &[(&str, &str)], expected: &str) {
    check_changed(|toml| toml, request, headers, NOON, expected);
}

fn check_changed(
    change: impl Fn(String) -> String,
    request: &str,
    headers: &[(&str, &str)],
    now: &str,
    expected: &str,
) {
    let found = match judged(change, request, headers, now) {
        Ok(Decision::Pass(grant)) => format!("{} {}", grant.agreement.id, grant.template()),
        Ok(Decision::Metadata(provider)) => format!("metadata of {}", provider.id),
        Ok(Decision::Forward(peer)) => format!("to {}", peer.id),
        Err(fault) => fault.code(Style::V78),
    };
    assert_eq!(found, expected, "{request} {headers:?}");
}

const A: &[(&str, &str)] = &[("X-Road-Client", "VN-HP/GOV/0001/A")];

#[test]
fn the_first_failure_answers() {
    for (request, headers, expected) in [
        ("GET /r1/VN-HP/GOV/0002/B/echo/x", A, "HD-1 **"),
        ("GET /r1/VN-HP/GOV/0002/B/echo", A, "HD-1 **"),
        ("GET /r1/VN-HP/GOV/0002/B", &[], "server.clientproxy.invalid_request"),
        ("GET /r1/VN-HP/GOV/0002/B/echo/../x", &[], "client.bad_request"),
        ("GET /r1/VN-HP/GOV/NONE/B/none", &[], "server.clientproxy.invalid_client_identifier"),
        ("GET /r1/VN-HP/GOV/NONE/B/none", &[("X-Road-Client", "A/B")], "server.clientproxy.invalid_client_identifier"),
        (
            "GET /r1/VN-HP/GOV/NONE/B/none",
            &[("X-Road-Client", "VN-HP/GOV/0001/NONE")],
            "server.clientproxy.unknown_member",
        ),
        ("GET /r1/VN-HP/GOV/NONE/B/none", &[("X-Road-Client", "XX/GOV/0001/A")], "server.clientproxy.unknown_member"),
        (
            "GET /r1/VN-HP/GOV/NONE/B/none",
            &[("X-Road-Client", "VN-HP/GOV/0001/CERT")],
            "server.clientproxy.ssl_authentication_failed",
        ),
        ("CONNECT /r1/VN-HP/GOV/0002/B/echo", A, "client.invalid_http_method"),
        ("GET /r1/VN-HP/GOV/NONE/B/none", A, "server.clientproxy.unknown_member"),
        ("GET /r1/VN-HP/GOV/0002/NONE/none", A, "server.clientproxy.unknown_member"),
        ("GET /r1/VN-HP/GOV/0002/B/none", A, "server.serverproxy.unknown_service"),
        ("GET /r1/VN-HP/GOV/0002/B/a%2Fb", A, "server.serverproxy.unknown_service"),
        ("GET /r1/VN-HP/GOV/0002/B/soap", A, "server.serverproxy.service_type"),
        ("GET /r1/VN-HP/GOV/0002/B/secret/x", A, "server.serverproxy.access_denied"),
        ("GET /r1/VN-HP/GOV/0002/B/off", A, "server.serverproxy.service_disabled"),
        ("GET /r1/VN-HP/GOV/0002/B/off", &[("X-Road-Client", "VN-HP/GOV/0002/B")], "server.serverproxy.access_denied"),
        ("GET /r1/VN-HP/GOV/0002/B/echo", &[("X-Road-Client", "VN-HP/GOV/0001")], "server.serverproxy.access_denied"),
        (
            "GET /r1/VN-HP/GOV/0002/B/listMethods",
            &[("X-Road-Client", "VN-HP/GOV/0001")],
            "metadata of VN-HP/GOV/0002/B",
        ),
        ("POST /r1/VN-HP/GOV/0002/B/listMethods", A, "client.invalid_http_method"),
    ] {
        check(request, headers, expected);
    }
}

#[test]
fn an_endpoint_outside_the_agreement_is_denied_in_every_spelling() {
    for path in ["/forbidden", "/%66orbidden", "/forbidde%6E", "/forbidden;x=1", "/forbidden%3bx"] {
        check(&format!("DELETE /r1/VN-HP/GOV/0002/B/echo{path}"), A, "server.serverproxy.access_denied");
        check(&format!("GET /r1/VN-HP/GOV/0002/B/echo{path}"), A, "HD-1 **");
    }
    check("DELETE /r1/VN-HP/GOV/0002/B/echo/forbidden2", A, "HD-1 **");
}

#[test]
fn data_about_people_is_asked_for_a_reason() {
    let people = "POST /r1/VN-HP/GOV/0002/B/people/cong-dan/031090000001";
    check(people, PERSON, "HD-2 /cong-dan/{so}");
    let without = |name: &str| PERSON.iter().copied().filter(|(header, _)| *header != name).collect::<Vec<_>>();
    let with = |name: &'static str, value: &'static str| {
        PERSON.iter().map(|(header, old)| (*header, if *header == name { value } else { old })).collect::<Vec<_>>()
    };
    check(people, &without("X-Road-UserId"), "client.user_missing");
    check(people, &with("X-Road-UserId", "031090000001"), "client.user_missing");
    check(people, &without("X-Road-Issue"), "client.missing_header");
    check(people, &without("X-HD-Purpose"), "client.purpose_missing");
    check(people, &with("X-HD-Purpose", "OTHER"), "server.serverproxy.access_denied");
    check(people, &without("X-HD-Procedure"), "client.purpose_missing");
    check(people, &with("X-HD-Procedure", "9.9"), "server.serverproxy.access_denied");
    // Nobody described it, so nobody promised that it is not about people.
    check("GET /r1/VN-HP/GOV/0002/B/people/else", A, "client.user_missing");
}

#[test]
fn agreements_hold_for_their_time_state_and_environment() {
    let people = "POST /r1/VN-HP/GOV/0002/B/people/cong-dan/1";
    for (now, expected) in [
        ("2025-12-31T00:00:00Z", "server.serverproxy.access_denied"),
        ("2027-01-01T00:00:00Z", "server.serverproxy.agreement_expired"),
        ("2026-11-23T13:00:00Z", "server.serverproxy.access_denied"),
        ("2026-11-22T23:00:00Z", "HD-2 /cong-dan/{so}"),
    ] {
        check_changed(|toml| toml, people, PERSON, now, expected);
    }
    for state in ["draft", "requested", "approved", "refused", "suspended"] {
        let change = |toml: String| toml.replace("state = \"active\"", &format!("state = \"{state}\""));
        check_changed(change, people, PERSON, NOON, "server.serverproxy.access_denied");
    }
    check_changed(
        |toml| toml.replace("\"active\"", "\"ended\""),
        people,
        PERSON,
        NOON,
        "server.serverproxy.agreement_expired",
    );
    let sandbox = |toml: String| format!("environment = \"sandbox\"\n{toml}");
    check_changed(sandbox, people, PERSON, NOON, "server.serverproxy.access_denied");
}

#[test]
fn other_headers_are_judged() {
    let with = |name: &'static str, value: &'static str| [A[0], (name, value)];
    let echo = "GET /r1/VN-HP/GOV/0002/B/echo";
    check(echo, &with("X-Road-Security-Server", "VN-HP/GOV/0001/haidang"), "HD-1 **");
    check(echo, &with("X-Road-Security-Server", "VN-HP/GOV/0001/other"), "server.clientproxy.invalid_security_server");
    check(echo, &with("X-Road-Represented-Party", "COM/0200000001"), "HD-1 **");
    check(echo, &with("X-Road-Represented-Party", "a/b/c"), "client.bad_request");
}

#[test]
fn only_what_may_be_called_is_listed() {
    let directory = DirectoryDraft::from_toml(DIRECTORY).unwrap().build().unwrap();
    let id = |text: &str| super::super::identifier::SubsystemId::parse(text).unwrap();
    let provider = directory.subsystem(&id("VN-HP/GOV/0002/B")).unwrap();
    let codes = |json: String| {
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let services = json["service"].as_array().unwrap();
        services
            .iter()
            .map(|s| format!("{} {}", s["service_code"].as_str().unwrap(), s["endpoint_list"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(directory.methods_json(provider)).len(), 4, "no SOAP service");
    let noon = NOON.parse().unwrap();
    let allowed = codes(directory.allowed_methods_json(provider, Some(&id("VN-HP/GOV/0001/A")), noon));
    assert_eq!(
        allowed,
        [r#"echo [{"method":"*","path":"**"}]"#, "off []", r#"people [{"method":"POST","path":"/cong-dan/*"}]"#]
    );
    assert!(codes(directory.allowed_methods_json(provider, Some(&id("VN-HP/GOV/0001/A77")), noon)).is_empty());
    assert!(codes(directory.allowed_methods_json(provider, None, noon)).is_empty());
    let clients: serde_json::Value = serde_json::from_str(&directory.clients_json(None)).unwrap();
    assert_eq!(clients["member"].as_array().unwrap().len(), 6);
    assert_eq!(directory.clients_json(Some("XX")), r#"{"member":[]}"#);
    assert!(directory.clients_xml(None).contains("<id:subsystemCode>A77</id:subsystemCode>"));
}
