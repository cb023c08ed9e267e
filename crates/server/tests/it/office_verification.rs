//! A document of an organ from its draft to whoever holds its paper: the code of the QR and the file itself lead to the
//! three answers, which change with what becomes of it.

use crate::city::{MORNING, Persona, Place, Town};
use haidang_contracts::papers::OfficeSigning as _;
use haidang_office::documents::{Action, Chosen, DraftForm};
use haidang_office::{OfficeRoom, Reader};
use haidang_store::args;
use serde_json::{Value as Json, json};

/// A commune with everybody a document needs.
pub struct Organ<'t> {
    town: &'t Town,
    agency: String,
    drafter: Persona,
    chair: Persona,
    clerk: Persona,
}

impl<'t> Organ<'t> {
    /// The commune of the first resident, whose chair heads it.
    pub async fn open(town: &'t Town) -> Organ<'t> {
        let agency = town.communes().first().unwrap().1.clone();
        let drafter = town.post("desk", &agency).await;
        let chair = town.post("chair", &agency).await;
        let clerk = town.post("registrar", &agency).await;
        let organ = Organ { town, agency, drafter, chair, clerk };
        let actor = town.actor(&organ.chair).await;
        let new = serde_json::from_value(json!({
            "person": organ.chair.person.id.as_str(), "basis": "Nghị quyết số 1/NQ-HĐND", "from": "2026-01-01",
        }));
        let reader = Reader { actor: &actor, channel: "api", request_id: "r" };
        organ.room().give_mandate(&reader, &organ.agency, &new.unwrap()).await.unwrap();
        town.later("PT1M");
        organ
    }

    fn room(&self) -> &OfficeRoom {
        &self.town.city.rooms.office
    }

    async fn pass(&self, who: &Persona, id: &str, action: Action) {
        let actor = self.town.actor(who).await;
        let reader = Reader { actor: &actor, channel: "api", request_id: "r" };
        let revision = self.room().open_document(&reader, id).await.unwrap().revision;
        self.room().pass_document(&reader, id, revision, action, "", None).await.unwrap();
    }

    /// A decision, issued.
    pub async fn issued(&self) -> haidang_office::documents::Document {
        let actor = self.town.actor(&self.drafter).await;
        let reader = Reader { actor: &actor, channel: "api", request_id: "r" };
        let form: DraftForm = serde_json::from_value(json!({
            "agency": self.agency, "course": "out", "kind": "quyet_dinh", "field": "", "subject": "Về việc thử nghiệm",
            "urgency": 0, "secrecy": 0, "due_on": "", "recipients": "Ông Nguyễn Văn Mẫu", "bases": "",
            "body": "Điều 1. Thử nghiệm.", "signer": self.chair.person.id.as_str(), "note": "",
        }))
        .unwrap();
        let id = self.room().draft_document(&reader, &form).await.unwrap();
        self.pass(&self.drafter, &id, Action::Submit).await;
        self.pass(&self.chair, &id, Action::PassUnit).await;
        self.pass(&self.clerk, &id, Action::PassOffice).await;
        let chair = self.town.actor(&self.chair).await;
        let chair = Reader { actor: &chair, channel: "api", request_id: "r" };
        let seen = self.room().open_document(&chair, &id).await.unwrap();
        let chosen = Chosen { document: id.clone(), revision: seen.revision, sha256: seen.file_sha256.unwrap() };
        self.room().sign_documents(&chair, &[chosen], None).await.unwrap();
        let clerk = self.town.actor(&self.clerk).await;
        let clerk = Reader { actor: &clerk, channel: "api", request_id: "r" };
        let revision = self.room().open_document(&clerk, &id).await.unwrap().revision;
        self.room().number_and_seal(&clerk, &id, revision, None).await.unwrap();
        let revision = self.room().open_document(&clerk, &id).await.unwrap().revision;
        self.room().issue_document(&clerk, &id, revision).await.unwrap();
        self.room().open_document(&clerk, &id).await.unwrap()
    }

    /// The clerk of the commune.
    pub fn clerk(&self) -> &Persona {
        &self.clerk
    }

    /// The chair of the commune.
    pub fn chair(&self) -> &Persona {
        &self.chair
    }
}

async fn by_code(town: &Town, token: &str) -> Json {
    town.ask(None, "GET", &format!("/api/v1/verifications/{token}"), None).await.expect(200, "verification")
}

async fn by_file(town: &Town, bytes: &[u8]) -> Json {
    let named = ("file", "van-ban.pdf", "application/pdf");
    town.upload(None, "/api/v1/verifications", named, bytes).await.expect(200, "verification")
}

on_both! {
    async fn a_document_of_an_organ_answers_all_three_questions(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let organ = Organ::open(&town).await;
        let document = organ.issued().await;
        let bytes = town.city.blobs.bytes(document.file_sha256.as_deref().unwrap()).await.unwrap();
        let page = format!("/kq/{}", document.token);
        let shown = town.ask(None, "GET", &page, None).await;
        assert_eq!(shown.status, 200);
        let text = shown.text();
        for part in ["Văn bản này là thật", "01/QĐ-UBND", "Có thẩm quyền", "Nghị quyết số 1/NQ-HĐND", "Chưa bị thu hồi"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("Về việc thử nghiệm"), "the subject stays inside");
        for found in [by_code(&town, &document.token).await, by_file(&town, &bytes).await] {
            assert_eq!((found["verdict"].as_str(), found["document"]["standing"].as_str()), (Some("ours"), Some("stands")), "{found}");
            let signatures = found["signatures"].as_array().unwrap();
            assert_eq!(signatures.len(), 2, "{found}");
            for (signature, answer) in signatures.iter().flat_map(|one| ["integrity", "identity", "authority"].map(|answer| (one, answer))) {
                assert_eq!(signature[answer], "valid", "{answer}: {found}");
            }
            assert!(found["result"].as_str().unwrap().ends_with(&page));
        }
        let report = town.city.office_signing.judge(&bytes).await.unwrap().report;
        assert_eq!((report["answers"][2]["answer"].as_str(), report["document"]["code"].as_str()), (Some("valid"), Some("01/QĐ-UBND")), "{report:#}");

        // A byte of the page, and it is no document of ours; nobody then says who was competent.
        let mut changed = bytes.clone();
        let at = changed.windows(9).position(|window| window == b"/MediaBox").unwrap() + 12;
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        let found = by_file(&town, &changed).await;
        assert_eq!((found["verdict"].as_str(), found["signatures"][0]["authority"].as_str()), (Some("broken"), Some("unknown")), "{found}");

        // The chair's mandate turns out to have been over: the file is the same, the answer is not.
        let end = "UPDATE office_mandate SET ended_at = $1";
        town.city.db.execute(end, args![town.ambient.now() - jiff::SignedDuration::from_secs(59)]).await.unwrap();
        let found = by_code(&town, &document.token).await;
        assert_eq!((found["verdict"].as_str(), found["signatures"][0]["authority"].as_str()), (Some("incompetent"), Some("invalid")), "{found}");
        assert!(town.ask(None, "GET", &page, None).await.text().contains("không có thẩm quyền"));
        town.city.db.execute("UPDATE office_mandate SET ended_at = NULL", args![]).await.unwrap();

        // Recalled: still the same file, no longer good.
        let actor = town.actor(organ.chair()).await;
        let reader = Reader { actor: &actor, channel: "api", request_id: "r" };
        let revision = organ.room().open_document(&reader, &document.id).await.unwrap().revision;
        organ.room().withdraw_document(&reader, &document.id, revision, Action::Recall, "Sai thẩm quyền", None).await.unwrap();
        let found = by_file(&town, &bytes).await;
        assert_eq!((found["verdict"].as_str(), found["document"]["standing"].as_str()), (Some("withdrawn"), Some("recalled")), "{found}");
        assert!(town.ask(None, "GET", &page, None).await.text().contains("không còn giá trị"));
        // The mark behind the code of the QR does not disturb whoever types the whole address.
        let typed = town.ask(None, "GET", &format!("/vi/kq?ma=http%3A%2F%2Fx%2Fkq%2F{}%230011223344556677", document.token), None).await;
        assert_eq!((typed.status, typed.location.as_str()), (303, page.as_str()));
        town.ask(None, "GET", "/api/v1/verifications/no0such0code", None).await.expect(404, "unknown");
        town.prove().await;
    }
}
