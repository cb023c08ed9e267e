//! What documents carry: a paper typeset, signed and sealed by this product is read back by the clerk of another organ as
//! proposals; what is hostile is refused or left out.

use crate::city::{Got, MORNING, Persona, Place, Town};
use axum::body::Body;
use axum::http::{Request, header};
use haidang_contracts::ContractError;
use haidang_contracts::actor::PersonId;
use haidang_contracts::papers::{
    FileToSign, OfficeSigning as _, PaperAttachments as _, PaperPlace, SignatureRole, SigningOrder, SigningParty,
};
use haidang_documents::typeset::{Attachment, Paper, Relationship, Typesetter};
use haidang_kernel::ambient::Ambient;
use haidang_server::inside::PdfInside;
use std::collections::BTreeMap;

const AGENCY: &str = "H24.11824";
const RECORD: &str = r#"{"TypeName":"Thông báo","CodeNumber":"","CodeNotation":"TB-UBND","IssuedDate":"","OrganName":"Ủy ban nhân dân xã Mẫu","Subject":"Về việc thử nghiệm","PageAmount":1,"SignerInfo":{"Position":"Chủ tịch","FullName":"Nguyễn Thị Ví Dụ"},"Priority":1}"#;

/// A paper with its record inside, signed by its leader before it had a number, then numbered and sealed.
async fn issued(town: &Town, record: &str) -> Vec<u8> {
    let paper = Paper {
        source: "= Thông báo\nGiao Sở Xây dựng chủ trì rà soát quy hoạch.".to_owned(),
        library: Vec::new(),
        data: serde_json::json!({}),
        title: "Thông báo".to_owned(),
        language: "vi".to_owned(),
        dated: MORNING.parse().unwrap(),
        attachments: vec![Attachment {
            name: "phu-luc-vi.json".to_owned(),
            media_type: "application/json".to_owned(),
            description: "Thông tin đầu vào".to_owned(),
            relationship: Relationship::Data,
            bytes: record.as_bytes().to_vec(),
        }],
    };
    let place = |x: f64, y: f64| PaperPlace { page: 0, x, y, width: 160.0, height: 40.0 };
    let places = [
        ("officer", place(340.0, 120.0)),
        ("organ", place(150.0, 120.0)),
        ("number", place(70.0, 700.0)),
        ("date", place(320.0, 700.0)),
    ];
    let mut file = FileToSign {
        bytes: Typesetter::new(None).set(&paper).unwrap().bytes,
        place: None,
        fill: BTreeMap::new(),
        prepare: places.map(|(name, place)| (name.to_owned(), place)).into(),
        field: "officer".to_owned(),
        reason: "Phê duyệt".to_owned(),
    };
    let person: PersonId = Ambient::fixed(MORNING.parse().unwrap(), 5).new_id();
    let officer = SigningParty::Officer { person, name: "Nguyễn Thị Ví Dụ".into(), agency: AGENCY.into() };
    let organ = SigningParty::Organ { agency: AGENCY.into(), name: "Ủy ban nhân dân xã Mẫu".into() };
    for (role, party) in [(SignatureRole::Officer, officer), (SignatureRole::Organ, organ)] {
        if role == SignatureRole::Organ {
            file.field = "organ".to_owned();
            let fill = [("number", "05"), ("date", "ngày 03 tháng 3 năm 2026")];
            file.fill = fill.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        }
        let order = SigningOrder { role, party, files: vec![file.clone()], activation: None };
        file.bytes = town.city.office_signing.sign(order).await.unwrap().remove(0);
    }
    file.bytes
}

/// A document that an official hands in at the incoming desk, with the fields of the form.
async fn hand_in(town: &Town, who: &Persona, fields: &[(&str, &str)], bytes: &[u8]) -> Got {
    const EDGE: &str = "edge-of-a-part";
    let part = |(name, value): &(&str, &str)| {
        format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let mut head: String = fields.iter().map(part).collect();
    head += &format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"05-TB.pdf\"\r\n");
    head += "Content-Type: application/pdf\r\n\r\n";
    let body = [head.as_bytes(), bytes, format!("\r\n--{EDGE}--\r\n").as_bytes()].concat();
    let request = Request::builder()
        .method("POST")
        .uri("/api/v1/office/incoming")
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={EDGE}"))
        .header(header::AUTHORIZATION, format!("Bearer {}", who.token));
    town.send(request.body(Body::from(body)).unwrap()).await
}

on_both! {
    async fn a_paper_of_this_product_proposes_its_registration(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let bytes = issued(&town, RECORD).await;
        let inside = PdfInside.inside(bytes.clone()).await.unwrap();
        assert_eq!((inside.files.len(), inside.files[0].name.as_str()), (1, "phu-luc-vi.json"));
        assert_eq!(inside.filled["number"], "05");
        assert!(PdfInside.text(bytes.clone()).await.unwrap().contains("Giao Sở Xây dựng chủ trì rà soát quy hoạch."));

        // The clerk of another organ: a commune of the pack.
        let agency = town.communes().remove(0).1;
        let clerk = town.post("registrar", &agency).await;
        let path = "/api/v1/office/incoming";
        let taken = hand_in(&town, &clerk, &[("agency", &agency), ("secrecy", "0")], &bytes).await;
        let id = taken.expect(201, "taken")["id"].as_str().unwrap().to_owned();
        let found = town.ask(Some(&clerk), "GET", &format!("{path}/{id}"), None).await.expect(200, "arrival");
        let details = &found["arrival"]["details"];
        assert_eq!(details, &found["arrival"]["proposed"]);
        let words = |key: &str| details[key].as_str().unwrap_or_default().to_owned();
        assert_eq!(
            ["code_number", "code_notation", "issued_on", "kind", "from_name"].map(words),
            ["05", "TB-UBND", "2026-03-03", "Thông báo", "Ủy ban nhân dân xã Mẫu"]
        );
        assert_eq!((details["urgency"].as_i64(), details["pages"].as_i64()), (Some(1), Some(1)));
        town.prove().await;
    }

    async fn what_is_hostile_is_refused_or_left_out(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        for bytes in [&b""[..], b"no pdf", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"] {
            let refused = PdfInside.inside(bytes.to_vec()).await;
            assert!(matches!(refused, Err(ContractError::Refused { code: "file_unreadable", .. })), "{refused:?}");
            let refused = PdfInside.text(bytes.to_vec()).await;
            assert!(matches!(refused, Err(ContractError::Refused { code: "file_unreadable", .. })), "{refused:?}");
        }
        // A record that unfolds to more than any record has is left out; the document is read all the same.
        let bytes = issued(&town, &format!("{{\"Subject\":\"{}\"}}", "x".repeat(1 << 20))).await;
        let inside = PdfInside.inside(bytes).await.unwrap();
        assert!(inside.files.is_empty() && inside.filled["number"] == "05");
    }
}
