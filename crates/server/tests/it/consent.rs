//! Consents and the access log through the whole city: what is taken back is read no more, and the log of a case says
//! who looked, in which post, for what.

use crate::city::{Filed, MORNING, Persona, Place, Town};
use haidang_contracts::identity::PersonKind;
use haidang_identity::bulk;
use haidang_identity::model::{PersonSeed, TokenSeed};
use haidang_services::model::Channel;
use haidang_store::{StoreError, args};
use serde_json::json;

const PROCEDURE: &str = "9.000101";

/// A system of an agency whose token lets it read vaults.
async fn system(town: &Town, agency: &str) -> Persona {
    let mut person = town.resident("Hệ thống đọc kho", "00000");
    (person.kind, person.citizen_no, person.birth_date) = (PersonKind::System, None, None);
    let persona = Persona { token: format!("hd_{}", town.ambient.secret()), agency: Some(agency.to_owned()), person };
    let token = TokenSeed {
        person: persona.person.id.clone(),
        name: "Hệ thống đọc kho".to_owned(),
        token: persona.token.clone(),
        agency: Some(agency.to_owned()),
        capabilities: vec!["vault.read".to_owned()],
    };
    let seed = PersonSeed { person: persona.person.clone(), account_level: 2 };
    town.city
        .db
        .transaction(move |tx| {
            let (seed, token) = (seed.clone(), token.clone());
            Box::pin(async move {
                bulk::insert_persons(tx, &[seed]).await?;
                bulk::insert_tokens(tx, &[token]).await?;
                Ok::<_, StoreError>(())
            })
        })
        .await
        .unwrap();
    persona
}

async fn filed(town: &Town, owner: &Persona) -> Filed {
    let version = town.version(PROCEDURE);
    let facts = town.answers(&version, Channel::Online, &owner.person, |facts| {
        version.fees(facts).iter().all(|fee| fee.amount.is_none_or(|amount| amount.dong() == 0))
    });
    let draft = town.draft(owner, &version, &facts).await;
    town.submit(owner, &draft).await
}

on_both! {
    /// T44 through the city: consent, read, withdrawal, refusal; each on the log.
    async fn the_withdrawal_of_a_consent_stops_the_next_read(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let owner = town.person("owner");
        let done = filed(&town, &owner).await;
        town.walk(&done.id, &["accept", "propose", "sign", "issue", "hand_over"]).await;
        town.city.run_due().await.unwrap();
        let open = filed(&town, &owner).await;
        let agency = town.case(&open.id).await.receiving_agency;
        let items = town.ask(Some(&owner), "GET", "/api/v1/vault/items", None).await.expect(200, "vault");
        let (kind, item) = (items["items"][0]["code"].clone(), items["items"][0]["id"].clone());
        let system = system(&town, &agency).await;
        let grant = json!({
            "subject": owner.person.id, "datatypes": [kind], "purpose": "partner_check", "case_id": open.id,
        });
        let read = async || town.ask(Some(&system), "POST", "/api/v1/vault/reads", Some(grant.clone())).await;
        read().await.refused(403, "consent_missing", "never asked");

        let yes = json!({ "purpose": "partner_check", "decision": "GRANTED" });
        town.ask(Some(&owner), "POST", "/api/v1/me/consents", Some(yes)).await.expect(201, "agreed");
        let got = read().await.expect(200, "read");
        assert!(!got["items"].as_array().unwrap().is_empty());
        let extract = json!({ "grant": grant, "item": item });
        let file = town.ask(Some(&system), "POST", "/api/v1/vault/extracts", Some(extract.clone())).await;
        assert_eq!(file.status, 200, "{}", file.text());
        let log = town.ask(Some(&owner), "GET", "/api/v1/vault/accesses?limit=100", None).await.expect(200, "log");
        let row = log["items"].as_array().unwrap().iter().find(|row| row["id"] == got["access"]).expect("on the log");
        assert_eq!((row["agency"].as_str(), row["case_id"].as_str()), (Some(agency.as_str()), Some(open.id.as_str())));

        assert_eq!(town.ask(Some(&owner), "DELETE", "/api/v1/me/consents/partner_check", None).await.status, 204);
        read().await.refused(403, "consent_withdrawn", "the next read");
        town.ask(Some(&system), "POST", "/api/v1/vault/extracts", Some(extract)).await.refused(403, "consent_withdrawn", "the file");
        let mine = town.ask(Some(&owner), "GET", "/api/v1/me/consents", None).await.expect(200, "receipts");
        let said: Vec<_> = mine["items"].as_array().unwrap().iter().map(|one| one["decision"].as_str().unwrap()).collect();
        assert_eq!((said, mine["intact"].as_bool()), (vec!["GRANTED", "WITHDRAWN"], Some(true)));
        let unknown = json!({ "subject": owner.person.id, "datatypes": [kind], "purpose": "partner_check", "case_id": open.id, "all": true });
        let unknown = town.ask(Some(&system), "POST", "/api/v1/vault/reads", Some(unknown)).await;
        assert!(matches!(unknown.status, 400 | 422), "an unknown member: {}", unknown.text());
        town.prove().await;
    }

    async fn the_log_shows_what_happened_to_a_case(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let owner = town.person("owner");
        let case = filed(&town, &owner).await;
        let clerk = town.holder(&case.id).await;
        town.ask(Some(&clerk), "GET", &format!("/api/v1/cases/{}", case.id), None).await.expect(200, "the clerk looks");
        town.walk(&case.id, &["accept", "propose", "sign", "issue", "hand_over"]).await;
        let log = town.ask(Some(&owner), "GET", "/api/v1/vault/accesses?limit=100", None).await.expect(200, "log");
        let rows = log["items"].as_array().unwrap();
        let of = |action: &str| rows.iter().find(|row| row["action"] == action && row["object_id"] == case.id.as_str());
        for action in ["case.read", "case.accepted", "case.signed", "case.handed_over"] {
            let row = of(action).unwrap_or_else(|| panic!("{action} is not on the log: {log}"));
            for fact in ["agency", "post", "purpose", "legal_basis", "at"] {
                assert!(row[fact].as_str().is_some_and(|text| !text.is_empty()), "{action} lacks {fact}: {row}");
            }
        }
        // Asked about in one call; an auditor reads it without the name of who asked.
        let id = of("case.read").unwrap()["id"].as_str().unwrap().to_owned();
        town.ask(Some(&owner), "POST", &format!("/api/v1/vault/accesses/{id}/questions"), None).await.expect(201, "asked");
        let waiting = town.rows("SELECT state FROM vault_access_question WHERE audit_id = $1", args![id]).await;
        assert_eq!(waiting[0].text("state").unwrap(), "OPEN");
        town.prove().await;
    }
}
