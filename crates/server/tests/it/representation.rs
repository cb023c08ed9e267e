//! Acting for others through the whole city: a representative files a case for a company; a mandate for one procedure
//! opens no other.

use crate::city::Got;
use crate::city::{MORNING, Persona, Place, Town, case_id};
use axum::body::Body;
use axum::http::{Request, header};
use haidang_contracts::identity::PersonKind;
use haidang_identity::bulk;
use haidang_identity::model::RelationSeed;
use haidang_identity::rules::RelationKind;
use haidang_services::model::Channel;
use haidang_store::{StoreError, args};
use serde_json::{Value as Json, json};

/// Asks the API as somebody who acts for another.
async fn ask_for(town: &Town, who: &Persona, other: &Persona, method: &str, path: &str, body: Option<Json>) -> Got {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {}", who.token))
        .header("haidang-representee", other.person.id.as_str());
    let body = match body {
        Some(json) => {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(json.to_string())
        }
        None => Body::empty(),
    };
    town.send(request.body(body).unwrap()).await
}

/// A company that the owner represents by the business registry.
async fn company(town: &Town, owner: &Persona) -> Persona {
    let mut person = town.resident("Công ty Minh Họa", owner.person.commune_code.as_deref().unwrap());
    (person.kind, person.citizen_no, person.birth_date) = (PersonKind::Organisation, None, None);
    let digits = (0..10).map(|last| format!("020000001{last}"));
    person.tax_no = digits.into_iter().find(|number| haidang_kernel::number::TaxNo::parse(number).is_ok());
    let company = town.settle("company", person, None).await;
    let relation = RelationSeed {
        person: owner.person.id.clone(),
        other: company.person.id.clone(),
        kind: RelationKind::Represents,
    };
    town.city
        .db
        .transaction(move |tx| {
            let relation = relation.clone();
            Box::pin(async move { bulk::insert_relations(tx, &[relation]).await.map(|_| ()) })
        })
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    company
}

/// A procedure of the pack that the one acted for can file online.
const PROCEDURE: &str = "9.000101";
/// Birth registration.
const BIRTH: &str = "1.001193";

/// Answers, papers, submission: the case number, or what refused it first.
async fn file_for(town: &Town, who: &Persona, other: &Persona, procedure: &str) -> Result<String, Got> {
    let version = town.version(procedure);
    // The form of a company asks for the person who signs for it.
    let applicant = if other.person.citizen_no.is_some() { &other.person } else { &who.person };
    let facts = town.answers(&version, Channel::Online, applicant, |_| true);
    let start = json!({ "procedure": procedure, "channel": "online" });
    let started = ask_for(town, who, other, "POST", "/api/v1/drafts", Some(start)).await;
    if started.status != 201 {
        return Err(started);
    }
    let draft = format!("/api/v1/drafts/{}", started.json()["id"].as_str().unwrap());
    let kept =
        ask_for(town, who, other, "PATCH", &draft, Some(json!({ "answers": facts.form }))).await.expect(200, "kept");
    assert_eq!(kept["errors"], json!([]));
    for component in kept["missing"].as_array().unwrap() {
        attach(town, who, other, &draft, component.as_str().unwrap()).await;
    }
    let sent = ask_for(town, who, other, "POST", &format!("{draft}/submit"), None).await;
    if sent.status == 201 { Ok(sent.json()["case_id"].as_str().unwrap().to_owned()) } else { Err(sent) }
}

async fn attach(town: &Town, who: &Persona, other: &Persona, draft: &str, component: &str) {
    const EDGE: &str = "edge-of-a-part";
    let head = format!(
        "--{EDGE}\r\nContent-Disposition: form-data; name=\"{component}\"; filename=\"giay-to.png\"\r\nContent-Type: image/png\r\n\r\n"
    );
    let body = [head.as_bytes(), crate::paper::PICTURE, format!("\r\n--{EDGE}--\r\n").as_bytes()].concat();
    let request = Request::builder()
        .method("POST")
        .uri(format!("{draft}/documents"))
        .header(header::AUTHORIZATION, format!("Bearer {}", who.token))
        .header("haidang-representee", other.person.id.as_str())
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={EDGE}"));
    town.send(request.body(Body::from(body)).unwrap()).await.expect(201, "paper");
}

/// What the audit keeps of the submission: who, for whom, by which mandate.
async fn record(town: &Town, case: &str) -> (String, String, String) {
    let statement =
        "SELECT person, on_behalf, detail FROM store_audit WHERE action = 'case.submitted' AND object_id = $1";
    let rows = town.rows(statement, args![case]).await;
    let detail: Json = serde_json::from_str(&rows[0].text("detail").unwrap()).unwrap();
    let mandate = detail["mandate"].as_str().unwrap_or_default().to_owned();
    (rows[0].text("person").unwrap(), rows[0].text("on_behalf").unwrap(), mandate)
}

on_both! {
    async fn a_representative_files_a_case_for_a_company(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let (owner, other) = (town.person("owner"), town.person("other"));
        let company = company(&town, &owner).await;
        let case = file_for(&town, &owner, &company, PROCEDURE).await.unwrap();
        let row = town.services().case(&case_id(&case)).await.unwrap();
        assert_eq!((&row.owner_id, &row.filed_by), (&company.person.id, &owner.person.id), "the company's, sent by the human");
        let (person, behalf, mandate) = record(&town, &case).await;
        assert_eq!((person, behalf), (owner.person.id.to_string(), company.person.id.to_string()));
        assert_eq!(mandate, format!("business.{}", company.person.id));
        let path = format!("/api/v1/cases/{case}");
        ask_for(&town, &owner, &company, "GET", &path, None).await.expect(200, "for the company");
        town.ask(Some(&owner), "GET", &path, None).await.expect(404, "not as oneself");
        ask_for(&town, &other, &company, "GET", &path, None).await.refused(403, "not_allowed_to_represent", "a stranger");
    }

    async fn a_mandate_for_one_procedure_opens_no_other(place: Place) {
        let town = Town::open(&place, "haiphong", MORNING).await;
        let (owner, other) = (town.person("owner"), town.person("other"));
        let all = town.services().catalogue().all_current(town.ambient.today());
        let second = all.iter().find(|version| {
            version.procedure.code != BIRTH && version.procedure.channels.contains(&Channel::Online)
        });
        let second = second.expect("a second procedure").procedure.code.clone();
        let terms = json!({
            "delegate_number": other.person.citizen_no, "delegate_name": other.person.full_name,
            "procedures": [BIRTH], "to": "2026-12-31",
        });
        let mandate = town.ask(Some(&owner), "POST", "/api/v1/me/mandates", Some(terms)).await.expect(201, "proposed");
        let mandate = mandate["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/me/mandates/{mandate}");
        let early = file_for(&town, &other, &owner, BIRTH).await.unwrap_err();
        early.refused(403, "not_allowed_to_represent", "not accepted yet");
        town.ask(Some(&owner), "POST", &format!("{path}/acceptance"), None).await.refused(403, "not_the_delegate", "one side");
        assert_eq!(town.ask(Some(&other), "POST", &format!("{path}/acceptance"), None).await.status, 204);

        let case = file_for(&town, &other, &owner, BIRTH).await.unwrap();
        let (person, behalf, named) = record(&town, &case).await;
        assert_eq!((person, behalf, named), (other.person.id.to_string(), owner.person.id.to_string(), mandate.clone()));
        file_for(&town, &other, &owner, &second).await.unwrap_err().refused(403, "outside_mandate", "at the start");
        let whole = json!({ "procedure": second, "channel": "online", "answers": {} });
        let whole = ask_for(&town, &other, &owner, "POST", "/api/v1/cases", Some(whole)).await;
        whole.refused(403, "outside_mandate", "in one call");
        for closed in ["/api/v1/vault/items", "/api/v1/vault/accesses", "/api/v1/me/consents"] {
            ask_for(&town, &other, &owner, "GET", closed, None).await.refused(403, "outside_mandate", closed);
        }
        // The owner reads in the log who filed for them, and by which mandate.
        let log = town.city.db.accesses_of(owner.person.citizen_no.as_deref().unwrap(), None, 50).await.unwrap();
        assert!(log.iter().any(|row| row.action == "case.submitted" && row.mandate.as_deref() == Some(mandate.as_str())));

        // T41 through the city: the end counts from the next request, also for what the delegate filed before.
        assert_eq!(town.ask(Some(&owner), "DELETE", &path, None).await.status, 204);
        let case = format!("/api/v1/cases/{case}");
        ask_for(&town, &other, &owner, "GET", &case, None).await.refused(403, "not_allowed_to_represent", "ended");
        town.ask(Some(&other), "GET", &case, None).await.expect(404, "nor as oneself");
        let withdrawn = town.ask(Some(&other), "POST", &format!("{case}/actions/request_withdrawal"), Some(json!({ "reason": "x" }))).await;
        assert!(matches!(withdrawn.status, 404 | 422), "{} {}", withdrawn.status, withdrawn.text());
    }
}
