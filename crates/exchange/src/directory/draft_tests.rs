use super::*;

const GOOD: &str = include_str!("../../tests/exchange/directory.toml");

fn complaints(change: impl Fn(&str) -> String) -> Vec<String> {
    match DirectoryDraft::from_toml(&change(GOOD)).and_then(DirectoryDraft::build) {
        Ok(_) => vec![],
        Err(Complaints(list)) => list,
    }
}

#[test]
fn the_example_is_good() {
    assert_eq!(complaints(str::to_owned), Vec::<String>::new());
}

#[test]
fn each_mistake_is_told_by_its_name() {
    for (from, to, expected) in [
        ("instance = \"VN-HP\"", "instance = \"VN HP\"", "instance"),
        ("code = \"0001\"", "code = \"0_01\"", "member"),
        ("base_url = \"http://127.0.0.1:18090\"", "base_url = \"ftp://x\"", "base_url"),
        ("base_url = \"http://127.0.0.1:18090\"", "base_url = \"https://x\"", "TLS"),
        ("base_url = \"http://127.0.0.1:18090\"", "base_url = \"http://user@x\"", "base_url"),
        ("code = \"echo\"", "code = \"listMethods\"", "reserved"),
        ("opaque = true", "opaque = false", "fields_allowed or opaque"),
        ("fields_allowed = [\"$.hoTen\"]", "fields_allowed = [\"$.*\"]", "$.*"),
        ("fields_allowed = [\"$.hoTen\"]", "fields_allowed = [\"/a/*\"]", "/a/*"),
        ("endpoints = [\"* **\"]", "endpoints = [\"* /none\"]", "/none"),
        ("consumer = \"VN-HP/GOV/0001/A\"", "consumer = \"VN-HP/GOV/0001/Z\"", "not registered"),
        ("method = \"DELETE\"", "method = \"delete\"", "endpoint method"),
        ("purpose_code = \"KIEM-TRA\"", "purpose_code = \" \"", "purpose_code"),
        (
            "valid_from = \"2026-01-01T00:00:00Z\"",
            "valid_from = \"2126-01-01T00:00:00Z\"\nvalid_to = \"2126-01-01T00:00:00Z\"",
            "valid_to",
        ),
        ("opaque = true", "opaque = true\nunknown = 1", "unknown"),
        ("kind = \"SOAP\"", "kind = \"SQL\"", "SQL"),
        ("openapi = '{", "openapi = 'x{", "openapi"),
        ("version = 1", "version = 0", "versions begin"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let found = complaints(|good| good.replace(from, to));
        assert!(!found.is_empty() && found.iter().any(|what| what.contains(expected)), "{to}: {found:?}");
    }
    assert!(
        complaints(|good| format!(
            "{good}\n{}",
            good.split_once("[[agreement]]").map(|(_, rest)| format!("[[agreement]]{rest}")).unwrap()
        ))
        .iter()
        .any(|what| what.contains("twice"))
    );
}

#[test]
fn nothing_is_open_by_forgetting() {
    let directory = DirectoryDraft::from_toml("instance = \"I\"\n[[member]]\nclass = \"GOV\"\ncode = \"1\"\nname = \"x\"\n[[member.subsystem]]\ncode = \"A\"\n")
        .unwrap()
        .build()
        .unwrap();
    let subsystem = directory.subsystem(&SubsystemId::parse("I/GOV/1/A").unwrap()).unwrap();
    assert_eq!(subsystem.connection, Connection::HttpsClientCert);
}
