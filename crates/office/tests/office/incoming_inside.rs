//! What a document that came carries and says: its record is proposed to the clerk, its text proposes tasks.

use crate::ROOMS;
use crate::city::{COMMUNE, DEPARTMENT, Visitor, actor, room_settled};
use crate::desk::Desk;
use crate::incoming::{SIGNED, new, reader, registered};
use haidang_contracts::ContractError;
use haidang_contracts::papers::{PaperAttachment, PaperAttachments, PaperInside};
use haidang_office::incoming::model::Details;
use haidang_testkit::db_test;
use jiff::civil::date;
use std::sync::Arc;

/// A picture of paper, signed by its sender.
const SCAN_TEXTLESS: &[u8] = b"%PDF-1.7 picture\nsigned organ organ So Mau\n";

/// Every document of these tests carries the same record, and every one but pictures the same directive.
struct Carried;

#[async_trait::async_trait]
impl PaperAttachments for Carried {
    async fn inside(&self, _: Vec<u8>) -> Result<PaperInside, ContractError> {
        let record = r#"{"TypeName":"Thông báo","CodeNumber":"","CodeNotation":"TB-SM","IssuedDate":"","OrganName":"Sở Mẫu","Subject":"Về việc thử nghiệm","SignerInfo":{"Position":"Giám đốc","FullName":"Nguyễn Văn Mẫu"}}"#;
        let file = PaperAttachment {
            name: "phu-luc-vi.json".into(),
            media_type: "application/json".into(),
            description: String::new(),
            bytes: record.as_bytes().to_vec(),
        };
        let filled = [("number", "05"), ("date", "ngày 05 tháng 01 năm 2026")];
        let filled = filled.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        Ok(PaperInside { files: vec![file], filled })
    }

    async fn text(&self, file: Vec<u8>) -> Result<String, ContractError> {
        if file.starts_with(b"%PDF-1.7 picture") {
            return Ok(String::new());
        }
        Ok("THÔNG BÁO\nGiao Sở Xây dựng chủ trì rà soát quy hoạch,\nhoàn thành trước ngày 15/3/2026.\n".into())
    }
}

db_test! {
    rooms = ROOMS;

    /// What the document carries is proposed, shown as such, and counts only when the clerk confirms it.
    async fn what_a_document_carries_is_proposed(db: TestDb) {
        let room = room_settled(&db, &Arc::new(Desk::default()), |inner| {
            inner.incoming.attachments = Some(Arc::new(Carried));
        })
        .await;
        let clerk = actor("clerk").await;
        let mut one = new(&room, COMMUNE, "05", SIGNED).await;
        one.details = Details::default();
        let id = room.receive(&reader(&clerk), &one).await.unwrap().id;
        let arrival = room.open_arrival(&reader(&clerk), &id).await.unwrap().arrival;
        assert_eq!((arrival.details.code(), arrival.details.issued_on), ("05/TB-SM".into(), Some(date(2026, 1, 5))));
        assert_eq!(arrival.proposed, Some(arrival.details.clone()));
        let mut visitor = Visitor::signed_in(&db, &room, "clerk").await;
        let page = visitor.open(&format!("/vi/can-bo/van-ban-den/{id}/vao-so")).await;
        assert!(page.text.contains("Phụ lục VI: các thông tin dưới đây là đề xuất"), "{}", page.text);
        assert!(page.text.contains("Bản ghi kèm trong tệp ghi: Sở Mẫu") && page.text.contains("value=\"TB-SM\""));
        // What a message or another organ of the city says stands; the record is shown beside it.
        let mut other = new(&room, DEPARTMENT, "77", SIGNED).await;
        other.details.subject = "Theo thông điệp".into();
        let other_clerk = actor("other_clerk").await;
        let id = room.receive(&reader(&other_clerk), &other).await.unwrap().id;
        let arrival = room.open_arrival(&reader(&other_clerk), &id).await.unwrap().arrival;
        assert_eq!((arrival.details.code_number.as_str(), arrival.details.subject.as_str()), ("77", "Theo thông điệp"));
        assert_eq!(arrival.proposed.unwrap().code_number, "05");
    }

    /// Tasks are proposed from the text of a document that came, for whoever may open it; nothing is kept.
    async fn a_directive_that_came_proposes_its_tasks(db: TestDb) {
        let room = room_settled(&db, &Arc::new(Desk::default()), |inner| {
            inner.incoming.attachments = Some(Arc::new(Carried));
        })
        .await;
        let id = registered(&room, "05", SIGNED).await;
        let mut leader = Visitor::signed_in(&db, &room, "chair").await;
        let page = leader.open(&format!("/vi/can-bo/van-ban-den/{id}")).await;
        assert!(page.text.contains("Đề xuất nhiệm vụ từ văn bản"), "{}", page.text);
        let form = leader.open(&format!("/vi/can-bo/nhiem-vu/de-xuat?van-ban-den={id}")).await;
        assert!(form.status == 200 && form.text.contains("Văn bản đến:"), "{}", form.text);
        let got = leader.send("/vi/can-bo/nhiem-vu/de-xuat", &[("arrival", &id)]).await;
        assert_eq!(got.status, 200, "{}", got.text);
        for words in ["Sở Xây dựng", "rà soát quy hoạch", "value=\"2026-03-14\"", &format!("name=\"source_id\" value=\"{id}\"")] {
            assert!(got.text.contains(words), "{words} {}", got.text);
        }
        let mut stranger = Visitor::signed_in(&db, &room, "other_leader").await;
        let refused = stranger.send("/vi/can-bo/nhiem-vu/de-xuat", &[("arrival", &id)]).await;
        assert_eq!(refused.status, 404);
        let blank = registered(&room, "06", SCAN_TEXTLESS).await;
        let got = leader.send("/vi/can-bo/nhiem-vu/de-xuat", &[("arrival", &blank)]).await;
        assert!(got.status == 422 && got.text.contains("Không đọc được nội dung"), "{}", got.text);
    }
}
