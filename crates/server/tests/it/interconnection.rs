//! Messages between two organs of the pack, in the form of the exchange: signed by the sender's own key, judged by the
//! receiver, refused once a byte is another one.

use crate::city::{MORNING, Place, Town};
use haidang_contracts::ContractError;
use haidang_contracts::interconnection::{
    ExchangeAct, ExchangeDocument, ExchangeFile, ExchangeMessage, ExchangeOrgan, ExchangeReference, ExchangeStatus,
    Messages as _,
};
use haidang_server::config::Environment;
use haidang_server::interconnection::Edxml;
use haidang_store::ActorRef;
use haidang_trust::model::Reason;
use jiff::civil::{date, datetime};

/// The sender in the pack, and the names of both in messages.
const SENDER: &str = "H24.11824";
const NAME: &str = "Ủy ban nhân dân xã Mẫu";

fn document(act: ExchangeAct) -> ExchangeMessage {
    let organ = |organ_id: &str, name: &str| ExchangeOrgan { organ_id: organ_id.into(), name: name.into() };
    let file = |name: &str| ExchangeFile {
        name: name.into(),
        media_type: "application/pdf".into(),
        bytes: b"%PDF-1.7 x".to_vec(),
    };
    let new = act == ExchangeAct::New;
    // A corrigendum travels beside the document that it corrects.
    let beside = (act == ExchangeAct::Update).then(|| file("07-CV.pdf"));
    ExchangeMessage::Document(Box::new(ExchangeDocument {
        from: organ("000.00.24.H24", NAME),
        to: vec![organ("000.00.25.H24", "Sở Tư pháp Mẫu")],
        document_id: "3f2b7c52-9c0e-4a55-8f1e-6f6c1a2b3c4d".into(),
        code_number: "05".into(),
        code_notation: "TB-UBND".into(),
        place: "Thành phố Mẫu".into(),
        issued_on: date(2026, 3, 2),
        kind_name: "Thông báo".into(),
        subject: "Về việc thử nghiệm <liên thông> & ký số".into(),
        signer_form: "KT. CHỦ TỊCH".into(),
        signer_post: "PHÓ CHỦ TỊCH".into(),
        signer_name: "Nguyễn Văn Mẫu".into(),
        due_on: Some(date(2026, 4, 1)),
        urgency: 1,
        pages: Some(2),
        act,
        about: if new { vec![] } else { vec!["7c0e52aa-0000-4000-8000-6f6c1a2b3c4d".into()] },
        reason: if new { String::new() } else { "Có sai sót".into() },
        files: std::iter::once(file("05-TB-UBND.pdf")).chain(beside).collect(),
    }))
}

fn status(code: &str) -> ExchangeMessage {
    ExchangeMessage::Status(ExchangeStatus {
        from: ExchangeOrgan { organ_id: "000.00.24.H24".into(), name: NAME.into() },
        about: Some(ExchangeReference {
            organ_id: "000.00.25.H24".into(),
            code: "12/TB-STP".into(),
            issued_on: date(2026, 3, 2),
            document_id: "3f2b7c52-9c0e-4a55-8f1e-6f6c1a2b3c4d".into(),
        }),
        code: code.into(),
        reason: if matches!(code, "02" | "16") { "Không đúng thẩm quyền".into() } else { String::new() },
        at: datetime(2026, 3, 3, 9, 0, 0, 0),
    })
}

fn every_kind() -> Vec<ExchangeMessage> {
    use ExchangeAct::{New, Recall, Replace, Update};
    let documents = [New, Recall, Update, Replace].map(document);
    let statuses = ["01", "02", "03", "04", "05", "06", "13", "15", "16"].map(status);
    documents.into_iter().chain(statuses).collect()
}

fn code(answer: Result<Vec<u8>, ContractError>) -> &'static str {
    match answer {
        Err(ContractError::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

on_both! {
    async fn a_message_of_every_kind_comes_as_it_was_sent_and_signed(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let edxml = Edxml::new(town.city.office_signing.clone());
        for message in every_kind() {
            let at = datetime(2026, 3, 3, 9, 0, 0, 0);
            let bytes = edxml.write(message.clone(), SENDER, at).await.unwrap();
            let read = edxml.read(bytes.clone()).await.unwrap();
            assert_eq!(read.message, message);
            assert_eq!((read.signature.as_str(), read.signer.as_deref()), ("trusted", Some(NAME)));
            assert!(read.remarks.is_empty(), "{:?}", read.remarks);
            let text = String::from_utf8(bytes).unwrap();
            let changed = text.replacen("000.00.24.H24", "000.00.26.H24", 1);
            let read = edxml.read(changed.into_bytes()).await.unwrap();
            assert_eq!((read.signature.as_str(), read.signer), ("invalid", None));
        }
        town.prove().await;
    }

    async fn a_key_that_was_revoked_signs_no_message_and_its_messages_are_not_believed(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let edxml = Edxml::new(town.city.office_signing.clone());
        let at = datetime(2026, 3, 3, 9, 0, 0, 0);
        let bytes = edxml.write(status("01"), SENDER, at).await.unwrap();
        let trust = town.city.rooms.trust.clone().unwrap();
        let opened = edxml.read(bytes.clone()).await.unwrap();
        assert_eq!(opened.signature, "trusted");
        let party = haidang_contracts::papers::SigningParty::Organ { agency: SENDER.into(), name: NAME.into() };
        let own = haidang_contracts::papers::OfficeSigning::certificate(&town.city.office_signing, &party).await;
        let serial = own.unwrap().unwrap().serial;
        trust.revoke(&serial, Reason::KeyCompromise, ActorRef::system()).await.unwrap();
        assert_eq!(code(edxml.write(status("01"), SENDER, at).await), "certificate_revoked");
        assert_eq!(edxml.read(bytes).await.unwrap().signature, "untrusted");
    }

    async fn a_city_that_does_not_know_the_authority_says_so(place: Place) {
        let demo = Town::open(&place, "mau", MORNING).await;
        let at = datetime(2026, 3, 3, 9, 0, 0, 0);
        let bytes = Edxml::new(demo.city.office_signing.clone()).write(status("01"), SENDER, at).await.unwrap();
        let mut config = place.config("mau", "production");
        config.city.environment = Environment::Production;
        let town = Town::reopen(config.clone(), MORNING).await;
        let edxml = Edxml::new(town.city.office_signing.clone());
        assert_eq!(edxml.read(bytes.clone()).await.unwrap().signature, "whole", "nobody to ask");
        assert_eq!(code(edxml.write(status("01"), SENDER, at).await), "certificate_missing");
        town.city.db.close().await;
        let other = Town::open_as(place.config("mau", "other"), MORNING).await;
        let read = Edxml::new(other.city.office_signing.clone()).read(bytes).await.unwrap();
        assert_eq!((read.signature.as_str(), read.signer.as_deref()), ("untrusted", Some(NAME)));
        for bytes in [&b""[..], b"<edXML/>", b"<!DOCTYPE x><edXML/>", b"%PDF-1.7"] {
            let refused = edxml.read(bytes.to_vec()).await;
            assert!(matches!(refused, Err(ContractError::Refused { code: "message_refused", .. })));
        }
    }
}
