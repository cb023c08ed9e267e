//! The main job from filing to public verification, in the made-up city and in the first one, by the same lines: all
//! they are told is the name of the pack and the code of the procedure.

use crate::city::{MORNING, Place, Town};
use haidang_kernel::time;
use haidang_services::model::CaseState;
use haidang_services::procedure::Competence;
use serde_json::json;
use std::sync::Arc;

/// What the law of a pack makes of the two moments at which its clock starts.
struct Expected {
    pack: &'static str,
    procedure: &'static str,
    /// Promised when accepted on Tuesday morning.
    due: &'static str,
    /// Promised after a supplement that took from Tuesday to Wednesday morning.
    due_again: &'static str,
}

async fn check(place: Place, expected: Expected) {
    let town = Town::open(&place, expected.pack, MORNING).await;
    let owner = town.person("owner");
    let version = town.version(expected.procedure);
    let home = owner.person.commune_code.clone().unwrap();

    // Filed in the commune of the owner, received by the next commune: the procedure is not bound to a territory.
    assert!(version.procedure.scope.as_ref().unwrap().non_territorial);
    let facts = town.answers(&version, haidang_services::model::Channel::Online, &owner.person, |facts| {
        let contact = facts.form["contact_delivery"] == "counter";
        let free = version.fees(facts).iter().all(|fee| fee.amount.is_none_or(|amount| amount.dong() == 0));
        contact && free && version.competence(facts) == Competence::Commune(home.clone())
    });
    let draft = town.draft(&owner, &version, &facts).await;
    let (elsewhere_code, elsewhere) = town.communes()[1].clone();
    assert_ne!(elsewhere_code, home);
    let unit = json!({ "agency": elsewhere });
    town.ask(Some(&owner), "PUT", &format!("/api/v1/drafts/{draft}/unit"), Some(unit)).await.expect(204, "unit");
    let filed = town.submit(&owner, &draft).await;
    assert_eq!(town.submit(&owner, &draft).await.id, filed.id, "pressed twice, filed once");
    assert_eq!(filed.case_no, format!("{elsewhere}-20260303-0000001"));
    assert_eq!(filed.fee_due, 0);

    let case = town.case(&filed.id).await;
    assert_eq!((case.state, case.version_id.as_str()), (CaseState::Submitted, version.id.as_str()));
    assert_eq!(case.receiving_agency, elsewhere);
    assert_ne!(case.competent_agency.as_deref(), Some(elsewhere.as_str()));
    assert_eq!(case.due_at, None, "nothing is promised before intake");

    // The clerk of the other commune opens it, accepts it, and hands over to the competent commune.
    let clerk = town.holder(&filed.id).await;
    assert_eq!(clerk.agency.as_deref(), Some(elsewhere.as_str()));
    let path = format!("/api/v1/cases/{}", filed.id);
    town.ask(Some(&clerk), "GET", &path, None).await.expect(200, "the clerk opens the case");
    town.later("PT3M");
    town.walk(&filed.id, &["accept"]).await;
    let case = town.case(&filed.id).await;
    assert_eq!(case.due_at, Some(expected.due.parse().unwrap()), "due when accepted");
    let clock = town.ask(Some(&owner), "GET", &format!("{path}/clock"), None).await.expect(200, "clock");
    assert_eq!(clock["due_at"].as_str(), Some(expected.due), "the explained date is the promised one: {clock}");
    let specialist = town.holder(&filed.id).await;
    assert_eq!(specialist.agency, case.competent_agency);

    // A supplement stops the clock; the answer on the next day starts it again.
    town.walk(&filed.id, &["supplement"]).await;
    let asked = town.case(&filed.id).await;
    assert_eq!((asked.state, asked.due_at), (CaseState::AwaitingSupplement, None));
    town.at("2026-03-04T09:30:00+07:00".parse().unwrap());
    town.act(&owner, &filed.id, "answer_supplement", json!({})).await.expect(200, "answer");
    let again = town.case(&filed.id).await;
    assert_eq!(again.state, CaseState::InProgress);
    assert_eq!(again.due_at, Some(expected.due_again.parse().unwrap()), "due after the supplement");
    assert_eq!(again.promised_at, again.due_at);

    // Decided, signed, numbered, handed over.
    town.walk(&filed.id, &["propose", "sign", "issue"]).await;
    let ready = town.case(&filed.id).await;
    assert_eq!(ready.state, CaseState::ResultReady);
    assert!(ready.ended_at.unwrap() <= ready.due_at.unwrap(), "in time");
    let desk = town.holder(&filed.id).await;
    assert_eq!(desk.agency.as_deref(), Some(elsewhere.as_str()), "handed over where it was received");
    town.walk(&filed.id, &["hand_over"]).await;
    let done = town.case(&filed.id).await;
    assert_eq!((done.state, done.state.national()), (CaseState::Returned, 10));
    assert_eq!(town.forms(&filed.id).await, ["01", "02"]);
    assert_eq!(
        town.events(&filed.id).await,
        [
            "submit",
            "accept",
            "supplement",
            "answer_supplement",
            "propose",
            "sign",
            "issue",
            "result_issued",
            "hand_over"
        ]
    );

    in_the_vault(&town, &filed.id).await;
    on_the_log(&town, &filed.id, &elsewhere).await;
    town.prove().await;
}

/// The result reached the owner's vault through the outbox, and whoever holds it can verify it.
async fn in_the_vault(town: &Town, case: &str) {
    town.city.run_due().await.unwrap();
    let (owner, other) = (town.person("owner"), town.person("other"));
    let view = town.ask(Some(&owner), "GET", &format!("/api/v1/cases/{case}"), None).await.expect(200, "case");
    let result = &view["results"][0];
    assert_eq!(result["number"].as_str().unwrap().split('/').next(), Some("1"), "first number of the register");
    let items = town.ask(Some(&owner), "GET", "/api/v1/vault/items", None).await.expect(200, "vault");
    let items = items["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["sha256"] == result["sha256"]).expect("the result is in the vault");
    let path = format!("/api/v1/vault/items/{}", item["id"].as_str().unwrap());
    let file = town.ask(Some(&owner), "GET", &format!("{path}/file"), None).await;
    assert_eq!(file.status, 200);
    assert!(!file.bytes.is_empty());
    town.ask(Some(&other), "GET", &path, None).await.expect(404, "somebody else's vault");

    let token = result["verify"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let page = town.ask(None, "GET", &format!("/kq/{token}"), None).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains(result["number"].as_str().unwrap()), "the page names the number");
    assert_eq!(town.ask(None, "GET", "/kq/aaaaaaaaaaaaaaaaaaaaaaaaaa", None).await.status, 404);
}

/// The owner sees that the clerk of the other commune looked, and that the officials acted.
async fn on_the_log(town: &Town, case: &str, agency: &str) {
    let owner = town.person("owner");
    let log = town.ask(Some(&owner), "GET", "/api/v1/vault/accesses?limit=100", None).await.expect(200, "log");
    let seen = |action: &str| {
        log["items"].as_array().unwrap().iter().any(|row| row["action"] == action && row["object_id"] == case)
    };
    for action in ["case.read", "case.accepted", "case.signed", "case.handed_over"] {
        assert!(seen(action), "{action} is not on the log: {log}");
    }
    let number = owner.person.citizen_no.unwrap();
    let rows = town.city.db.accesses_of(&number, None, 100).await.unwrap();
    assert!(rows.iter().any(|row| !row.own && row.action == "case.read" && row.agency.as_deref() == Some(agency)));
    assert!(rows.iter().all(|row| time::micros(row.at) <= time::micros(town.ambient.now())));
}

on_both! {
    /// Nothing of the made-up city is code: other roles, another calendar, office hours until six.
    async fn the_second_city_walks_the_whole_job(place: Place) {
        check(
            place,
            Expected {
                pack: "mau",
                procedure: "9.000101",
                due: "2026-03-03T18:00:00+07:00",
                due_again: "2026-03-04T18:00:00+07:00",
            },
        )
        .await;
    }

    async fn birth_registration_walks_the_whole_job(place: Place) {
        check(
            place,
            Expected {
                pack: "haiphong",
                procedure: "1.001193",
                due: "2026-03-03T17:00:00+07:00",
                due_again: "2026-03-04T17:00:00+07:00",
            },
        )
        .await;
    }
}

on_both! {
    async fn a_city_that_ends_keeps_nothing(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        town.file(&town.person("owner"), "9.000101", |_| true).await;
        let (services, site) = (Arc::downgrade(town.services()), Arc::downgrade(&town.city.site));
        drop(town);
        assert_eq!((services.strong_count(), site.strong_count()), (0, 0), "rooms and store hold each other");
    }
}
