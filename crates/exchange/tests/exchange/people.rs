//! Whom a call is about, as the door says it with the answer.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use haidang_exchange::proxy::{Evidence, EvidenceError, Limits, RequestRecord, ResponseRecord};
use haidang_exchange::rules::record::OperationalRecord;
use haidang_exchange::usage::UsageRecord;

use super::support::{Door, PERSON, Provider, at};

/// Remembers what came with answers.
#[derive(Default)]
struct Heard(Mutex<Vec<Option<UsageRecord>>>);

#[async_trait]
impl Evidence for Heard {
    async fn response(&self, _: &RequestRecord, response: &ResponseRecord) -> Result<(), EvidenceError> {
        self.0.lock().unwrap().push(response.usage.as_deref().cloned());
        Ok(())
    }

    fn observe(&self, _: OperationalRecord) {}
}

const ECHO: &str = "/r1/VN-HP/GOV/0002/B/people/cong-dan/echo";
const ONE: &str = "031090000001";
const TWO: &str = "031190000002";

/// One call of the service about people after changes of the directory: what the people learn, and the status.
async fn call(
    changes: &[(&str, &str)],
    target: &str,
    media: &str,
    body: &str,
    limits: Limits,
) -> (u16, Option<UsageRecord>) {
    let provider = Provider::start().await;
    let mut text = at(provider.address);
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let heard = Arc::new(Heard::default());
    let door = Door::over(&text, limits, heard.clone()).await;
    let headers = [PERSON, &[("Content-Type", media)]].concat();
    let reply = door.call("POST", target, &headers, body.as_bytes()).await;
    let usage = heard.0.lock().unwrap().pop().unwrap_or_else(|| panic!("{}", reply.text()));
    (reply.status, usage)
}

fn selector(places: &str) -> (&'static str, String) {
    (
        "subject_selector = [\"query ma\", \"request $.soDinhDanh\", \"response $.soDinhDanh\", \"response /Envelope/Body/soDinhDanh\"]",
        format!("subject_selector = [{places}]"),
    )
}

/// Which people a call is about, and whether one alone.
async fn check(places: &str, target: &str, media: &str, body: &str, expected: Option<(&[&str], bool)>) {
    for memory_bytes in [1024 * 1024, 10] {
        let limits = Limits { memory_bytes, ..Limits::default() };
        let (from, to) = selector(places);
        let xml = ("fields_allowed = [\"$.hoTen\"]", "fields_allowed = [\"$.hoTen\", \"/Envelope/Body/hoTen\"]");
        let (_, usage) = call(&[(from, to.as_str()), xml], target, media, body, limits).await;
        let said = usage.as_ref().map(|usage| {
            let subjects: Vec<&str> = usage.subjects.iter().map(String::as_str).collect();
            (subjects, usage.sole)
        });
        assert_eq!(said, expected.map(|(people, sole)| (people.to_vec(), sole)), "{places} {target} {body}");
    }
}

#[tokio::test]
async fn people_are_found_in_every_place_that_is_named() {
    let one = format!("{{\"soDinhDanh\":\"{ONE}\"}}");
    let list = format!("{{\"hoTen\":\"x\",\"ds\":[{{\"so\":\"{ONE}\"}},{{\"so\":\"VN{TWO}\"}},{{\"so\":\"{ONE}\"}}]}}");
    let json = "application/json";
    check("\"query ma\"", &format!("{ECHO}?ma={ONE}&x=1"), json, "{}", Some((&[ONE], true))).await;
    check("\"query ma\"", &format!("{ECHO}?ma={ONE}&ma=VN{TWO}"), json, "{}", Some((&[ONE, TWO], false))).await;
    check("\"query ma\"", &format!("{ECHO}?ma=%3031090000001"), json, "{}", Some((&[ONE], true))).await;
    check("\"query ma\"", ECHO, json, "{}", None).await;
    check("\"request $.soDinhDanh\"", ECHO, json, &one, Some((&[ONE], true))).await;
    // What is asked for and what is answered may be the same person, or others; also where no field of theirs is delivered.
    check(
        "\"query ma\", \"response $.ds[*].so\"",
        &format!("{ECHO}?ma={TWO}"),
        json,
        &list,
        Some((&[ONE, TWO], false)),
    )
    .await;
    check("\"response $..so\"", ECHO, json, &list, Some((&[ONE, TWO], false))).await;
    // Somebody who cannot be named is missing: then nobody gets the whole answer as proof.
    let unnamed = format!("{{\"hoTen\":\"x\",\"ds\":[{{\"so\":\"{ONE}\"}},{{\"so\":\"012345678\"}}]}}");
    check("\"response $.ds[*].so\"", ECHO, json, &unnamed, Some((&[ONE], false))).await;
    let people = "/r1/VN-HP/GOV/0002/B/people/cong-dan";
    check("\"response /Envelope/Body/soDinhDanh\"", &format!("{people}/xml"), json, "{}", Some((&[ONE], true))).await;
    let xml = format!("<a><so>{TWO}</so></a>");
    check("\"request /a/so\"", &format!("{people}/1"), "text/xml", &xml, Some((&[TWO], true))).await;
    check("\"response $.soDinhDanh\"", &format!("{people}/1"), json, "{}", Some((&[ONE], true))).await;
}

#[tokio::test]
async fn the_record_says_what_the_people_are_to_learn() {
    let (status, usage) = call(
        &[],
        "/r1/VN-HP/GOV/0002/B/people/cong-dan/1?ma=031090000001",
        "application/json",
        "{}",
        Limits::default(),
    )
    .await;
    let usage = usage.unwrap();
    assert_eq!((status, usage.delivered, usage.bulk, usage.hidden.is_none()), (200, true, false, true));
    assert_eq!(usage.purpose, "Đăng ký khai sinh");
    assert_eq!(usage.legal_basis, "194/2025/NĐ-CP Điều 16");
    assert_eq!(usage.case.as_deref(), Some("H24.15-261121-0001"));
    assert_eq!(usage.procedure.as_deref(), Some("1.001193"));
    assert_eq!((usage.receiver_code.as_str(), usage.receiver_name.as_str()), ("0001", "Sở Tư pháp"));
    assert_eq!((usage.receiver_system.as_str(), usage.service.as_str()), ("Một cửa", "VN-HP/GOV/0002/B/people"));
    assert_eq!((usage.agreement.as_str(), usage.agreement_version), ("HD-2", 3));
    assert_eq!((usage.fields, usage.whole), (vec!["$.hoTen".to_owned()], false));
    assert_eq!(usage.field_names, ["Họ và tên"]);
    assert!(!format!("{:?}", usage.subjects).contains("VN031090000001"), "the acting user is not told");
}

#[tokio::test]
async fn an_error_of_the_provider_delivers_nothing_and_is_told_so() {
    let target = format!("/r1/VN-HP/GOV/0002/B/people/cong-dan/gone?ma={ONE}");
    let (status, usage) = call(&[], &target, "application/json", "{}", Limits::default()).await;
    let usage = usage.unwrap();
    assert_eq!((status, usage.delivered, usage.subjects), (404, false, vec![ONE.to_owned()]));
}

#[tokio::test]
async fn many_people_are_one_record_without_numbers() {
    let number = |serial: usize| format!("{{\"so\":\"031090{serial:06}\"}}");
    let (from, to) = selector("\"response $[*].so\"");
    for (count, people) in [(100, 100), (101, 0), (5000, 0)] {
        let body = format!("[{}]", (0..count).map(number).collect::<Vec<_>>().join(","));
        let changes = [(from, to.as_str())];
        let (_, usage) = call(&changes, ECHO, "application/json", &body, Limits::default()).await;
        let usage = usage.unwrap();
        assert_eq!((usage.subjects.len(), usage.bulk, usage.sole), (people, people == 0, false), "{count}");
    }
    let changes = [(from, "bulk = true")];
    let (_, usage) = call(&changes, ECHO, "application/json", "[]", Limits::default()).await;
    assert_eq!(usage.map(|usage| (usage.bulk, usage.subjects.len())), Some((true, 0)));
}

#[tokio::test]
async fn answers_that_may_hold_others_are_nobodys_proof() {
    let changes = [("personal_data = true", "personal_data = true\nthird_persons = true")];
    let target = format!("{ECHO}?ma={ONE}");
    let (_, usage) = call(&changes, &target, "application/json", "{}", Limits::default()).await;
    let usage = usage.unwrap();
    assert_eq!((usage.sole, usage.subjects), (false, vec![ONE.to_owned()]));
}

#[tokio::test]
async fn entries_are_held_back_until_the_day_of_their_agreement() {
    let listed = ("security_server =", "hidden_consumers = [\"VN-HP/GOV/0001/A\"]\nsecurity_server =");
    let target = format!("{ECHO}?ma={ONE}");
    for (until, hidden) in [("2027-01-01T00:00:00Z", true), ("2026-11-23T05:00:00Z", false)] {
        let held =
            format!("purpose_code = \"KHAI-SINH\"\nhidden_until = \"{until}\"\nhidden_basis = \"Luật X Điều 1\"");
        let changes = [listed, ("purpose_code = \"KHAI-SINH\"", held.as_str())];
        let (_, usage) = call(&changes, &target, "application/json", "{}", Limits::default()).await;
        let expected = hidden.then(|| (until.parse().unwrap(), "Luật X Điều 1".to_owned()));
        assert_eq!(usage.unwrap().hidden, expected, "{until}");
    }
}
