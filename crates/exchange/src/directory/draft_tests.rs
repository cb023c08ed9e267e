use proptest::prelude::*;

use super::*;
use crate::directory::ProviderTls;
use crate::test_certificates::{Issued, Order};

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
        ("base_url = \"http://127.0.0.1:18090\"", "base_url = \"https://x\"", "tls_verify = false believes whoever"),
        ("base_url = \"http://127.0.0.1:18090\"", "base_url = \"https://a_.b!\"\ntls_verify = false", "base_url"),
        ("base_url = \"http://127.0.0.1:18090\"", "adapter = \"Dân cư\"", "as its file is called"),
        ("base_url = \"http://127.0.0.1:18090\"", "adapter = \"dan-cu\"\ntls_verify = false", "in its connection"),
        ("base_url = \"http://127.0.0.1:18090/base/\"", "", "exactly one of them"),
        ("kind = \"SOAP\"", "kind = \"SOAP\"\nadapter = \"dan-cu\"", "exactly one of them"),
        ("kind = \"SOAP\"", "kind = \"SOAP\"\ntls_verify = false", "https:// address"),
        ("kind = \"SOAP\"", "kind = \"SOAP\"\ntls = {}", "https:// address"),
        (
            "code = \"CERT\"",
            "code = \"CERT\"\ncertificates = [\"x\"]",
            "subsystem VN-HP/GOV/0001/CERT: certificates: number 1",
        ),
        ("code = \"CERT\"", "code = \"CERT\"\nconnection = \"https_cert\"", "https_cert"),
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
        ("openapi = '{", "wsdl = '<a/>'\nopenapi = '{", "wsdl: is no WSDL description"),
        ("openapi = '{", "wsdl = '<a/>'\nopenapi = '{", "write openapi or wsdl, not both"),
        ("kind = \"SOAP\"", "kind = \"SOAP\"\nfield_names = { \"hoTen\" = \"Họ và tên\" }", "field_names"),
        ("kind = \"SOAP\"", "kind = \"SOAP\"\nfield_names = { \"$.hoTen\" = \" \" }", "the name of $.hoTen"),
        ("kind = \"SOAP\"", "kind = \"SOAP\"\nawaiting = true", "awaits the operator is switched off"),
        ("version = 1", "version = 0", "versions begin"),
        ("\"request $.soDinhDanh\"", "\"request soDinhDanh\"", "endpoint POST /cong-dan/*: subject_selector"),
        ("\"query ma\"", "\"header ma\"", "write \"query NAME\""),
        ("method = \"DELETE\"", "method = \"DELETE\"\nbulk = true", "need personal_data = true"),
        ("version = 3", "version = 3\nhidden_until = \"2027-01-01T00:00:00Z\"", "hidden_until and hidden_basis"),
        ("version = 3", "version = 3\nhidden_basis = \" \"", "hidden_until and hidden_basis"),
        (
            "version = 3",
            "version = 3\nhidden_until = \"2027-01-01T00:00:00Z\"\nhidden_basis = \"x\"",
            "only a consumer of hidden_consumers",
        ),
        ("instance = \"VN-HP\"", "instance = \"VN-HP\"\nhidden_consumers = [\"A\"]", "hidden_consumers"),
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

#[test]
fn endpoints_whose_people_never_learn_of_calls_are_told() {
    let warnings = |text: &str| DirectoryDraft::from_toml(text).unwrap().build().unwrap().warnings();
    let silent = GOOD.lines().filter(|line| !line.starts_with("subject_selector")).collect::<Vec<_>>().join("\n");
    let told = warnings(&silent);
    assert!(told.len() == 1 && told[0].contains("endpoint POST /cong-dan/* is about people"), "{told:?}");
    let bulk = silent.replace("personal_data = true", "personal_data = true\nbulk = true");
    assert_eq!(warnings(&bulk), Vec::<String>::new());
}

/// The example with this written of subsystem CERT, or of a provider over TLS.
fn with(what: &str) -> String {
    if what.starts_with("base_url") {
        GOOD.replacen("base_url = \"http://127.0.0.1:18090\"", what, 1)
    } else {
        GOOD.replacen("code = \"CERT\"", &format!("code = \"CERT\"\n{what}"), 1)
    }
}

#[test]
fn certificates_are_judged_when_the_directory_is_read() {
    let (one, two) = (Order::new("one").issue(None), Order::new("two").issue(None));
    let (first, second) = (one.toml(), two.toml());
    let together = format!("'''{}{}'''", one.certificate.to_pem(), two.certificate.to_pem());
    let damaged = first.replacen("MII", "MIJ", 1);
    let keyed = format!("'''{}{}'''", one.certificate.to_pem(), one.key_pem());
    let many = vec![first.as_str(); 21].join(", ");
    let https = "base_url = \"https://b.test/x/\"";
    for (what, expected) in [
        (format!("certificates = [{first}]"), ""),
        (format!("certificates = [{first}, {second}]"), ""),
        (format!("connection = \"https_client_cert\"\ncertificates = [{first}]"), ""),
        ("connection = \"https\"".to_owned(), ""),
        (format!("certificates = [{first}, {first}]"), "number 2 is twice"),
        (format!("certificates = [{together}]"), "number 1 holds several"),
        (format!("certificates = [{first}, {damaged}]"), "number 2 cannot be read"),
        (format!("certificates = [{keyed}]"), "number 1 holds a private key"),
        (format!("certificates = [{many}]"), "more than 20"),
        (format!("connection = \"https\"\ncertificates = [{first}]"), "asked for only with"),
        (format!("connection = \"http\"\ncertificates = [{first}]"), "asked for only with"),
        (format!("{https}\ntls = {{ certificates = [{first}] }}"), ""),
        (format!("{https}\ntls = {{ authorities = [{first}, {second}] }}"), ""),
        (format!("{https}\ntls_verify = false"), ""),
        (format!("{https}\ntls_verify = true"), "tls_verify = false believes whoever"),
        (format!("{https}\ntls = {{}}"), "tls_verify = false believes whoever"),
        (format!("{https}\ntls = {{ certificates = [{first}] }}\ntls_verify = false"), "contradicts"),
        (format!("{https}\ntls = {{ certificates = [{damaged}] }}"), "tls.certificates: number 1"),
        (format!("{https}\ntls = {{ authorities = [\"x\"] }}"), "tls.authorities: number 1"),
        (format!("{https}\ntls = {{ authority = [{first}] }}"), "authority"),
    ] {
        let found = complaints(|_| with(&what));
        assert_eq!(found.is_empty(), expected.is_empty(), "{what}: {found:?}");
        assert!(expected.is_empty() || found.iter().any(|told| told.contains(expected)), "{what}: {found:?}");
    }
}

#[test]
fn what_only_an_isolated_network_makes_safe_is_told() {
    let built = |what: &str| DirectoryDraft::from_toml(&with(what)).unwrap().build().unwrap();
    assert_eq!(built("").warnings(), Vec::<String>::new());
    let open = built("connection = \"https\"").warnings();
    assert!(open.len() == 1 && open[0].contains("VN-HP/GOV/0001/CERT"), "{open:?}");
    let believed = built("base_url = \"https://b.test:8443/x/\"\ntls_verify = false");
    let told = believed.warnings();
    assert!(told.len() == 1 && told[0].contains("B/echo") && told[0].contains("b.test:8443"), "{told:?}");
    let service = believed.service(&ServiceId::parse("VN-HP/GOV/0002/B/echo").unwrap()).unwrap();
    assert_eq!(service.address.tls, Some(ProviderTls::Unverified));
    assert_eq!((service.address.port, service.address.base_path.as_str()), (8443, "/x"));
}

proptest! {
    #[test]
    fn a_list_of_certificates_is_read_or_complained_of(text in "(-----(BEGIN|END) CERTIFICATE-----\n?|[A-Za-z0-9+/=\n]{0,40}|.){0,6}") {
        let mut wrong = Vec::new();
        let found = certificates_read(&text, &mut wrong);
        prop_assert_eq!(found + wrong.len(), 1);
    }

    #[test]
    fn a_changed_certificate_is_another_or_none(place in any::<prop::sample::Index>(), letter in "[A-Za-z0-9+/=-]") {
        thread_local! {
            static MADE: Issued = Order::new("one").issue(None);
        }
        MADE.with(|made| {
            let mut pem = made.certificate.to_pem();
            let place = place.index(pem.trim_end().len());
            prop_assume!(&pem[place..=place] != letter.as_str());
            pem.replace_range(place..=place, &letter);
            let mut wrong = Vec::new();
            let found = certificates::read("certificates", &[pem], &mut wrong);
            prop_assert_eq!(found.len() + wrong.len(), 1);
            prop_assert!(found.iter().all(|one| fingerprint(one) != fingerprint(&made.certificate)));
            Ok(())
        })?;
    }
}

fn certificates_read(text: &str, wrong: &mut Vec<String>) -> usize {
    certificates::read("certificates", &[text.to_owned()], wrong).len()
}

/// A directory with a peer, changed.
fn with_peer(change: impl Fn(String) -> String) -> Result<Directory, Complaints> {
    let shown = Order::new("peer").issue(None);
    let text = format!(
        "{GOOD}\n[[peer]]\nid = \"VN-HN/GOV/0002/haidang\"\naddress = \"exchange.example:5500\"\ncertificates = [{}]\n\
         [[peer.member]]\ninstance = \"VN-HN\"\nclass = \"GOV\"\ncode = \"0009\"\nname = \"Sở\"\n\
         [[peer.member.subsystem]]\ncode = \"B\"\nservices = [\"echo\"]\n",
        shown.toml()
    );
    DirectoryDraft::from_toml(&change(text)).and_then(DirectoryDraft::build)
}

#[test]
fn a_peer_speaks_for_those_below_it() {
    let directory = with_peer(|text| text).unwrap();
    let subsystem = directory.subsystem(&SubsystemId::parse("VN-HN/GOV/0009/B").unwrap()).unwrap();
    let peer = directory.host(subsystem).unwrap();
    assert_eq!(peer.id, "VN-HN/GOV/0002/haidang");
    assert_eq!((peer.line.address.host.as_str(), peer.line.address.port), ("exchange.example", 5500));
    assert!(directory.called(&peer.line.id).is_some() && directory.service(&peer.line.id).is_none());
    // A member may have systems here and there.
    let both = with_peer(|text| {
        text.replace("instance = \"VN-HN\"\nclass = \"GOV\"\ncode = \"0009\"", "class = \"GOV\"\ncode = \"0001\"")
    });
    let both = both.unwrap();
    assert_eq!(
        both.member(&MemberId { instance: "VN-HP".into(), class: "GOV".into(), code: "0001".into() })
            .unwrap()
            .subsystems
            .len(),
        4
    );
}

#[test]
fn mistakes_about_peers_are_told() {
    for (from, to, expected) in [
        ("id = \"VN-HN/GOV/0002/haidang\"", "id = \"haidang\"", "INSTANCE/CLASS/MEMBER/SERVER"),
        ("address = \"exchange.example:5500\"", "address = \"https://exchange.example\"", "write host:port"),
        ("address = \"exchange.example:5500\"", "address = \"exchange.example\"", "write host:port"),
        ("certificates = ['''", "certificates = []\nunknown = ['''", "unknown"),
        ("[[peer.member]]", "concurrency = 0\n[[peer.member]]", "concurrency"),
        ("[[peer.member]]", "timeouts = { total_ms = 1 }\n[[peer.member]]", "timeouts"),
        ("instance = \"VN-HN\"", "instance = \"VN HN\"", "member"),
        ("code = \"B\"\nservices", "code = \"B/\"\nservices", "subsystem"),
        ("services = [\"echo\"]", "services = [\"listMethods\"]", "cannot be the code of a service"),
        (
            "instance = \"VN-HN\"\nclass = \"GOV\"\ncode = \"0009\"\nname = \"Sở\"\n[[peer.member.subsystem]]\ncode = \"B\"",
            "class = \"GOV\"\ncode = \"0001\"\nname = \"Sở\"\n[[peer.member.subsystem]]\ncode = \"A\"",
            "subsystem VN-HP/GOV/0001/A: is written twice",
        ),
    ] {
        let found = with_peer(|text| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        let found = found.map(drop).unwrap_err().0;
        assert!(found.iter().any(|what| what.contains(expected)), "{to}: {found:?}");
    }
    let twice = with_peer(|text| {
        let peer = text.split_once("[[peer]]").unwrap().1.split_once("[[peer.member]]").unwrap().0.to_owned();
        format!("{text}[[peer]]{}", peer.replace("0002/haidang", "0003/other"))
    });
    assert!(
        twice.map(drop).unwrap_err().0.iter().any(|what| what.contains("one of its certificates, is written twice"))
    );
}
