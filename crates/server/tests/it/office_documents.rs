//! A decision from its draft to its issue with the real typesetting, keys and authorities, through the API: the tests of
//! the office room stand a desk in for them, which takes any field and any file.

use crate::city::{MORNING, Persona, Place, Town};
use haidang_contracts::papers::{JudgedAs, OfficeSigning as _, PaperAttachments as _};
use haidang_server::inside::PdfInside;
use haidang_signing::DigestAlgorithm;
use serde_json::{Value as Json, json};

/// Names a folder in which an outside judge wants the papers that are signed here.
const PAPERS: &str = "HAIDANG_TEST_PAPERS";

fn sha256(bytes: &[u8]) -> String {
    DigestAlgorithm::Sha256.digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An organ with everybody a document passes.
struct Organ<'t> {
    town: &'t Town,
    agency: String,
    drafter: Persona,
    head: Persona,
    leader: Persona,
    clerk: Persona,
}

impl<'t> Organ<'t> {
    async fn open(town: &'t Town) -> Self {
        let agency = town.communes().first().unwrap().1.clone();
        let organ = Self {
            drafter: town.post("civil_status_officer", &agency).await,
            head: town.post("one_stop_head", &agency).await,
            leader: town.post("leader_commune", &agency).await,
            clerk: town.post("clerk", &agency).await,
            agency,
            town,
        };
        let mandate = json!({ "person": organ.leader.person.id, "basis": "Nghị quyết bầu", "from": "2026-01-01" });
        organ.post(&organ.leader, &format!("authority/{}/mandates", organ.agency), mandate, 201).await;
        organ
    }

    async fn post(&self, who: &Persona, path: &str, body: Json, status: u16) -> Json {
        let path = format!("/api/v1/office/{path}");
        self.town.ask(Some(who), "POST", &path, Some(body)).await.expect(status, &path)
    }

    async fn revision(&self, id: &str) -> Json {
        let path = format!("/api/v1/office/documents/{id}");
        self.town.ask(Some(&self.clerk), "GET", &path, None).await.expect(200, "document")["document"]["revision"]
            .clone()
    }

    async fn draft(&self, kind: &str) -> String {
        let form = json!({
            "agency": self.agency, "course": "out", "kind": kind, "subject": "Về việc thành lập Tổ công nghệ số cộng đồng",
            "recipients": "Sở Khoa học và Công nghệ", "bases": "Luật Tổ chức chính quyền địa phương",
            "body": "Điều 1. Thành lập Tổ công nghệ số.\nĐiều 2. Quyết định này có hiệu lực kể từ ngày ký.",
            "signer": self.leader.person.id,
        });
        self.post(&self.drafter, "documents", form, 201).await["id"].as_str().unwrap().to_owned()
    }

    async fn step(&self, who: &Persona, id: &str, action: &str) -> Json {
        let body = json!({ "action": action, "revision": self.revision(id).await });
        self.post(who, &format!("documents/{id}/steps"), body, 200).await
    }

    async fn paper(&self, id: &str) -> Vec<u8> {
        let path = format!("/api/v1/office/documents/{id}/paper");
        let got = self.town.ask(Some(&self.leader), "GET", &path, None).await;
        assert_eq!(got.status, 200, "{}", got.text());
        got.bytes
    }

    /// Reviewed and checked: it waits for its signer.
    async fn to_sign(&self, kind: &str) -> String {
        let id = self.draft(kind).await;
        self.step(&self.drafter, &id, "submit").await;
        self.step(&self.head, &id, "pass_unit").await;
        assert_eq!(self.step(&self.clerk, &id, "pass_office").await["state"], "awaiting_signature");
        id
    }

    fn pinned(id: &str, revision: &Json, paper: &[u8]) -> Json {
        json!({ "documents": [{ "document": id, "revision": revision, "sha256": sha256(paper) }] })
    }
}

/// When papers are signed: now when an outside judge will look at them, who has only the evidence in the file and
/// judges by the clock of the machine.
pub fn signing_time() -> String {
    let now = std::env::var_os(PAPERS).map(|_| haidang_kernel::ambient::Ambient::system().now().to_string());
    now.unwrap_or_else(|| MORNING.to_owned())
}

/// Leaves a signed paper, and the root to be trusted with it, for outside judges that named a folder for them.
pub fn hand_over(town: &Town, name: &str, bytes: &[u8]) {
    let Some(folder) = std::env::var_os(PAPERS).map(std::path::PathBuf::from) else { return };
    std::fs::write(folder.join(format!("{name}.pdf")), bytes).unwrap();
    std::fs::write(folder.join(format!("{name}.cer")), town.city.anchors[0].der()).unwrap();
}

on_both! {
    async fn a_decision_is_signed_numbered_sealed_and_issued(place: Place) {
        let town = Town::open(&place, "haiphong", &signing_time()).await;
        let organ = Organ::open(&town).await;
        for (kind, expected) in [("quyet_dinh", "01"), ("cong_van", "02")] {
            let id = organ.to_sign(kind).await;
            let drafted = organ.paper(&id).await;
            let wrong = Organ::pinned(&id, &organ.revision(&id).await, b"another file");
            let got = town.ask(Some(&organ.leader), "POST", "/api/v1/office/document-signatures", Some(wrong)).await;
            assert!(got.status >= 400, "a file that was not shown: {}", got.text());
            let pinned = Organ::pinned(&id, &organ.revision(&id).await, &drafted);
            organ.post(&organ.leader, "document-signatures", pinned, 204).await;
            let signed = organ.paper(&id).await;
            assert!(signed.starts_with(&drafted), "what was read is what was signed");
            let sealed = organ.post(&organ.clerk, &format!("documents/{id}/seal"), json!({ "revision": organ.revision(&id).await }), 200).await;
            assert_eq!(sealed["state"], "sealed", "{sealed}");
            let number = sealed["code"].as_str().unwrap().split_once('/').unwrap().0.to_owned();
            assert_eq!(number, expected, "{sealed}");
            assert_eq!(organ.step(&organ.clerk, &id, "issue").await["state"], "issued");
            let issued = organ.paper(&id).await;
            assert!(issued.starts_with(&signed), "the number and the seal are added, nothing is rewritten");
            let inside = PdfInside.inside(issued.clone()).await.unwrap();
            let record: Json = serde_json::from_slice(&inside.files[0].bytes).unwrap();
            assert_eq!(record["CodeNumber"], number.as_str(), "{kind}: the record that is sealed has the number: {record}");
            let judged = town.city.office_signing.judge(&issued).await.unwrap();
            let level: Vec<&str> = judged.signatures.iter().map(|one| one.level.as_str()).collect();
            assert_eq!(level, ["B-LTA", "B-LTA"], "{kind}: {:#}", judged.report);
            for one in &judged.signatures {
                assert_eq!((one.integrity, one.identity), (JudgedAs::Valid, JudgedAs::Valid), "{kind}: {one:?}");
            }
            hand_over(&town, kind, &issued);
        }
        town.prove().await;
    }
}
