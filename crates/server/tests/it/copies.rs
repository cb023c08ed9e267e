//! A paper of the office with real signatures: closed with its record, then copied by the organ.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::city::{MORNING, Place, Town, pack_folder};
use crate::office_documents::{hand_over, signing_time};
use haidang_contracts::actor::PersonId;
use haidang_contracts::papers::{
    FileToSign, JudgedAs, OfficeSigning as _, PaperAttachment, PaperPlace, PaperRequest, SignatureRole, SigningOrder,
    SigningParty, TypesetPaper, Typesetting as _,
};
use haidang_documents::pades::fields;
use haidang_documents::pdf::PdfFile;
use haidang_documents::typeset::{PackTypesetting, Templates, Typesetter};
use haidang_kernel::ambient::Ambient;
use haidang_server::office_signing::OfficeSigner;
use serde_json::{Value, json};

const AGENCY: &str = "H24.11824";
const NAME: &str = "Nguyễn Thị Ví Dụ";
const ORGAN: &str = "Ủy ban nhân dân xã Mẫu";
/// Open when the officer signs, filled when the organ closes the paper.
const OPEN: [&str; 5] = ["number", "date", "copied_at", "officer", "organ"];
const RECORD: &str =
    r#"{"CodeNumber":"05","CodeNotation":"QĐ-UBND","IssuedDate":"03/03/2026","Subject":"Về việc “thử” (một)\\"}"#;

async fn set(template: &str, data: Value, attachments: Vec<PaperAttachment>) -> TypesetPaper {
    let templates = Templates::read(&pack_folder("mau").join("documents")).unwrap();
    let request = PaperRequest {
        template: template.to_owned(),
        data,
        title: "Văn bản thử".to_owned(),
        language: "vi".to_owned(),
        dated: 1_767_578_400_000_000,
        attachments,
    };
    PackTypesetting::new(Typesetter::new(None), templates).typeset(&request).await.unwrap()
}

async fn signed(office: &OfficeSigner, role: SignatureRole, file: FileToSign) -> Vec<u8> {
    let party = match role {
        SignatureRole::Organ => SigningParty::Organ { agency: AGENCY.to_owned(), name: ORGAN.to_owned() },
        _ => {
            let person: PersonId = Ambient::fixed(MORNING.parse().unwrap(), 5).new_id();
            SigningParty::Officer { person, name: NAME.to_owned(), agency: AGENCY.to_owned() }
        }
    };
    let order = SigningOrder { role, party, files: vec![file], activation: None };
    office.sign(order).await.unwrap().remove(0)
}

/// The officer signs what is open, the organ fills and closes it.
async fn closed(office: &OfficeSigner, paper: &TypesetPaper, record: bool, fill: &[(&str, &str)]) -> Vec<u8> {
    let mut prepare: BTreeMap<String, PaperPlace> =
        OPEN.iter().filter_map(|name| Some(((*name).to_owned(), *paper.places.get(*name)?))).collect();
    if record {
        let unseen = PaperPlace { page: 0, x: 0.0, y: 0.0, width: 0.0, height: 0.0 };
        prepare.insert("appendix_vi".to_owned(), unseen);
    }
    let file = |bytes: Vec<u8>, field: &str| FileToSign {
        bytes,
        place: paper.places.get(field).copied(),
        fill: BTreeMap::new(),
        prepare: BTreeMap::new(),
        field: field.to_owned(),
        reason: "Phê duyệt".to_owned(),
    };
    let officer = FileToSign { prepare, ..file(paper.bytes.clone(), "officer") };
    let officer = signed(office, SignatureRole::Officer, officer).await;
    let fill = fill.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    signed(office, SignatureRole::Organ, FileToSign { fill, ..file(officer, "organ") }).await
}

async fn both_stand(office: &OfficeSigner, file: &[u8]) {
    let judged = office.judge(file).await.unwrap();
    let found: Vec<_> = judged.signatures.iter().map(|one| (one.field.as_str(), one.integrity, one.identity)).collect();
    let valid = JudgedAs::Valid;
    assert_eq!(found, [("officer", valid, valid), ("organ", valid, valid)], "{:#}", judged.report);
}

fn text_of(file: &[u8], name: &str) -> Option<String> {
    let file = PdfFile::open(Arc::new(file.to_vec())).unwrap();
    let found = fields(&file.newest()).unwrap().into_iter().find(|field| field.name == name)?;
    found.value().and_then(haidang_documents::pdf::Object::as_text)
}

on_both! {
    async fn a_paper_is_closed_with_its_record_and_copied(place: Place) {
        let town = Town::open(&place, "mau", &signing_time()).await;
        let office = &town.city.office_signing;
        let signature = json!({ "lines": ["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"], "name": NAME });
        let paper = set("official/document", json!({
            "kind": "QĐ", "organ": ORGAN, "notation": "QĐ-UBND", "place": "Mẫu", "subject": "Về việc thử",
            "body": [{ "type": "article", "number": "1", "text": "Ban hành Quy chế." }],
            "recipients": ["Như trên"], "signature": signature.clone(),
        }), Vec::new()).await;
        let fill = [("number", "05"), ("date", "ngày 03 tháng 3 năm 2026"), ("appendix_vi", RECORD)];
        let issued = closed(office, &paper, true, &fill).await;
        both_stand(office, &issued).await;
        assert_eq!(text_of(&issued, "appendix_vi").as_deref(), Some(RECORD));
        assert_eq!(text_of(&issued, "number").as_deref(), Some("05"));
        hand_over(&town, "issued", &issued);
        // A paper that was signed before it had a place for its record is closed without it.
        let earlier = closed(office, &paper, false, &fill).await;
        both_stand(office, &earlier).await;
        assert_eq!(text_of(&earlier, "appendix_vi"), None);

        let original = PaperAttachment {
            name: "van-ban-duoc-sao.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            description: "Tệp được sao".to_owned(),
            bytes: issued.clone(),
        };
        let copy = set("copies/certified", json!({
            "form": "full", "held": "file", "media_type": "application/pdf", "organ": ORGAN, "place": "Mẫu",
            "notation": "SY-UBND", "recipients": ["Sở Mẫu"], "texts": [], "signature": signature,
            "original": { "code": "05/QĐ-UBND", "organ": ORGAN, "subject": "Về việc thử", "date": "2026-03-03", "sha256": "0".repeat(64) },
            "verify_url": "https://example.org/kq/abcdefghijklmnop",
        }), vec![original]).await;
        assert_eq!(copy.pages, 2);
        let fill = [("number", "01"), ("date", "ngày 03 tháng 3 năm 2026"), ("copied_at", "2026-03-03T09:00:00+07:00")];
        let copy = closed(office, &copy, false, &fill).await;
        both_stand(office, &copy).await;
        assert_eq!(text_of(&copy, "copied_at").as_deref(), Some("2026-03-03T09:00:00+07:00"));
        hand_over(&town, "copy", &copy);
        town.prove().await;
    }
}
