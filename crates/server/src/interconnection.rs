//! Messages between organs (edXML, QCVN 102:2016/BTTTT) for rooms that do not know their form.

use haidang_contracts::ContractError;
use haidang_contracts::interconnection::{
    ExchangeAct, ExchangeDocument, ExchangeFile, ExchangeMessage, ExchangeOrgan, ExchangeReference, ExchangeStatus,
    Messages, ReadMessage,
};
use haidang_documents::edxml::{
    self, Attachment, Business, BusinessKind, Code, DocumentMessage, DocumentType, EdxmlError, Message, Organ,
    OtherInfo, Promulgation, Received, ResponseFor, SignatureState, SignerInfo, StatusCode, StatusMessage, TraceHeader,
};
use haidang_kernel::text::nfc;
use jiff::civil::DateTime;

/// Administrative documents in the national list of types; 1 are legal norms.
const ADMINISTRATIVE: u32 = 2;

/// Reads and writes edXML.
#[derive(Debug, Clone, Copy, Default)]
pub struct Edxml;

impl Messages for Edxml {
    fn read(&self, bytes: &[u8]) -> Result<ReadMessage, ContractError> {
        let opened = edxml::open(bytes).map_err(refused)?;
        let received = edxml::read(&opened).map_err(refused)?;
        let signature = match edxml::judge_signature(&opened, None).state {
            SignatureState::Whole => "whole",
            SignatureState::Absent => "absent",
            SignatureState::Weak => "weak",
            SignatureState::Foreign => "foreign",
            SignatureState::Invalid => "invalid",
        };
        let remarks = received.remarks.iter().map(ToString::to_string).collect();
        Ok(ReadMessage { message: message_of(&received)?, signature: signature.to_owned(), remarks })
    }

    fn write(&self, message: &ExchangeMessage, at: DateTime) -> Result<Vec<u8>, ContractError> {
        let (message, contents) = match message {
            ExchangeMessage::Document(document) => {
                let contents: Vec<&[u8]> = document.files.iter().map(|file| file.bytes.as_slice()).collect();
                (Message::Document(Box::new(document_message(document, at))), contents)
            }
            ExchangeMessage::Status(status) => (Message::Status(Box::new(status_message(status)?)), Vec::new()),
        };
        edxml::write(&message, &contents).map(String::into_bytes).map_err(invalid)
    }
}

fn refused(error: EdxmlError) -> ContractError {
    ContractError::Refused { code: "message_refused", detail: error.to_string() }
}

fn invalid(error: EdxmlError) -> ContractError {
    ContractError::Refused { code: "message_invalid", detail: error.to_string() }
}

fn organ(organ: &ExchangeOrgan) -> Organ {
    Organ { organ_id: organ.organ_id.clone(), name: organ.name.clone(), ..Organ::default() }
}

fn exchange_organ(organ: &Organ) -> ExchangeOrgan {
    ExchangeOrgan { organ_id: organ.organ_id.clone(), name: nfc(&organ.name) }
}

fn document_message(document: &ExchangeDocument, at: DateTime) -> DocumentMessage {
    let attachments = document.files.iter().enumerate().map(|(number, file)| Attachment {
        content_id: format!("cid:{}-{}", document.document_id, number + 1),
        name: file.name.clone(),
        description: String::new(),
        content_type: file.media_type.clone(),
    });
    DocumentMessage {
        from: organ(&document.from),
        to: document.to.iter().map(organ).collect(),
        document_id: document.document_id.clone(),
        code: Code { number: document.code_number.clone(), notation: document.code_notation.clone() },
        promulgation: Promulgation { place: document.place.clone(), date: document.issued_on },
        document_type: DocumentType {
            kind: ADMINISTRATIVE,
            detail: String::new(),
            // An official letter has no name on paper, but messages name every kind.
            name: if document.kind_name.is_empty() { "Công văn".to_owned() } else { document.kind_name.clone() },
        },
        subject: document.subject.clone(),
        content: document.subject.clone(),
        signer: SignerInfo {
            competence: document.signer_form.clone(),
            position: document.signer_post.clone(),
            full_name: document.signer_name.clone(),
        },
        due_date: document.due_on,
        to_places: Vec::new(),
        other: OtherInfo {
            priority: Some(document.urgency),
            promulgation_amount: Some(1),
            page_amount: document.pages,
            ..OtherInfo::default()
        },
        response_for: Vec::new(),
        steering_type: None,
        response_for_task: String::new(),
        application_type: String::new(),
        trace: vec![TraceHeader { organ_id: document.from.organ_id.clone(), at }],
        business: Some(business(document)),
        attachments: attachments.collect(),
    }
}

fn business(document: &ExchangeDocument) -> Business {
    let first = || document.about.first().cloned().unwrap_or_default();
    let (kind, document_id) = match document.act {
        ExchangeAct::New => (BusinessKind::New, String::new()),
        ExchangeAct::Recall => (BusinessKind::Recall, first()),
        ExchangeAct::Update => (BusinessKind::Update, first()),
        ExchangeAct::Replace => (BusinessKind::Replace, String::new()),
    };
    let organ_ids: Vec<String> = document.to.iter().map(|to| to.organ_id.clone()).collect();
    let replacements = if document.act == ExchangeAct::Replace { document.about.as_slice() } else { &[] };
    Business {
        kind,
        document_id,
        reason: document.reason.clone(),
        paper: Some(false),
        // The document changes, its receivers do not; the lists behind the codes are the exchange's (unverified).
        update: (document.act == ExchangeAct::Update).then(|| edxml::UpdateInfo {
            document_info: Some(1),
            document_receiver: Some(0),
            receivers: organ_ids
                .iter()
                .map(|organ_id| edxml::Receiver { organ_id: organ_id.clone(), receiver_type: 0 })
                .collect(),
        }),
        replacements: replacements
            .iter()
            .map(|id| edxml::Replacement { document_id: id.clone(), organ_ids: organ_ids.clone() })
            .collect(),
        staff: None,
    }
}

fn status_message(status: &ExchangeStatus) -> Result<StatusMessage, ContractError> {
    let code: StatusCode = status.code.parse().map_err(|reason: &str| ContractError::Refused {
        code: "message_invalid",
        detail: format!("status {}: {reason}", status.code),
    })?;
    Ok(StatusMessage {
        response_for: status.about.as_ref().map(|about| ResponseFor {
            organ_id: about.organ_id.clone(),
            code: about.code.clone(),
            promulgation_date: about.issued_on,
            document_id: about.document_id.clone(),
        }),
        from: organ(&status.from),
        status: code,
        description: status.reason.clone(),
        at: status.at,
        staff: None,
    })
}

fn message_of(received: &Received<'_>) -> Result<ExchangeMessage, ContractError> {
    match &received.message {
        Message::Document(document) => Ok(ExchangeMessage::Document(Box::new(document_of(document, received)?))),
        Message::Status(status) => Ok(ExchangeMessage::Status(ExchangeStatus {
            from: exchange_organ(&status.from),
            about: status.response_for.as_ref().map(|about| ExchangeReference {
                organ_id: about.organ_id.clone(),
                code: nfc(&about.code),
                issued_on: about.promulgation_date,
                document_id: about.document_id.clone(),
            }),
            code: status.status.code().to_owned(),
            reason: nfc(&status.description),
            at: status.at,
        })),
    }
}

fn document_of(document: &DocumentMessage, received: &Received<'_>) -> Result<ExchangeDocument, ContractError> {
    let mut files = Vec::with_capacity(received.contents.len());
    for (one, content) in document.attachments.iter().zip(&received.contents) {
        let mut bytes = Vec::with_capacity(usize::try_from(content.digested().size).unwrap_or(0));
        content.copy_to(&mut bytes).map_err(refused)?;
        files.push(ExchangeFile { name: nfc(&one.name), media_type: one.content_type.clone(), bytes });
    }
    let business = document.business.as_ref();
    let act = match business.map(|business| business.kind) {
        // Some systems leave it out, and mean a new document.
        None | Some(BusinessKind::New) => ExchangeAct::New,
        Some(BusinessKind::Recall) => ExchangeAct::Recall,
        Some(BusinessKind::Update) => ExchangeAct::Update,
        Some(BusinessKind::Replace) => ExchangeAct::Replace,
    };
    let named = business.map(|business| business.document_id.clone()).filter(|id| !id.is_empty());
    let replaced =
        business.into_iter().flat_map(|business| business.replacements.iter().map(|one| one.document_id.clone()));
    Ok(ExchangeDocument {
        from: exchange_organ(&document.from),
        to: document.to.iter().map(exchange_organ).collect(),
        document_id: document.document_id.clone(),
        code_number: nfc(&document.code.number),
        code_notation: nfc(&document.code.notation),
        place: nfc(&document.promulgation.place),
        issued_on: document.promulgation.date,
        kind_name: nfc(&document.document_type.name),
        subject: nfc(&document.subject),
        signer_form: nfc(&document.signer.competence),
        signer_post: nfc(&document.signer.position),
        signer_name: nfc(&document.signer.full_name),
        due_on: document.due_date,
        urgency: document.other.priority.unwrap_or(0).min(3),
        pages: document.other.page_amount,
        act,
        about: named.into_iter().chain(replaced).collect(),
        reason: business.map(|business| nfc(&business.reason)).unwrap_or_default(),
        files,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use jiff::civil::{date, datetime};

    fn document(act: ExchangeAct) -> ExchangeDocument {
        ExchangeDocument {
            from: ExchangeOrgan { organ_id: "000.00.01.T00".into(), name: "Cơ quan thử nghiệm A".into() },
            to: vec![ExchangeOrgan { organ_id: "000.00.02.T00".into(), name: "Cơ quan thử nghiệm B".into() }],
            document_id: "3f2b7c52-9c0e-4a55-8f1e-6f6c1a2b3c4d".into(),
            code_number: "05".into(),
            code_notation: "TB-UBND".into(),
            place: "Hải Phòng".into(),
            issued_on: date(2026, 1, 5),
            kind_name: "Thông báo".into(),
            subject: "Về việc thử nghiệm liên thông".into(),
            signer_form: "KT. CHỦ TỊCH".into(),
            signer_post: "PHÓ CHỦ TỊCH".into(),
            signer_name: "Thử Nghiệm".into(),
            due_on: Some(date(2026, 2, 5)),
            urgency: 1,
            pages: Some(2),
            act,
            about: if act == ExchangeAct::New { vec![] } else { vec!["7c0e52aa-0000-4000-8000-6f6c1a2b3c4d".into()] },
            reason: if act == ExchangeAct::New { String::new() } else { "Ban hành nhầm".into() },
            // No message about a document is without a file, not even a recall.
            files: vec![ExchangeFile {
                name: "05-TB-UBND.pdf".into(),
                media_type: "application/pdf".into(),
                bytes: b"%PDF-1.7 x".to_vec(),
            }],
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let status = ExchangeMessage::Status(ExchangeStatus {
            from: ExchangeOrgan { organ_id: "000.00.02.T00".into(), name: "Cơ quan thử nghiệm B".into() },
            about: Some(ExchangeReference {
                organ_id: "000.00.01.T00".into(),
                code: "05/TB-UBND".into(),
                issued_on: date(2026, 1, 5),
                document_id: "3f2b7c52-9c0e-4a55-8f1e-6f6c1a2b3c4d".into(),
            }),
            code: "02".into(),
            reason: "Không đúng thẩm quyền".into(),
            at: datetime(2026, 1, 6, 9, 0, 0, 0),
        });
        let acts = [ExchangeAct::New, ExchangeAct::Recall, ExchangeAct::Update, ExchangeAct::Replace];
        let documents = acts.map(|act| ExchangeMessage::Document(Box::new(document(act))));
        for message in documents.into_iter().chain([status]) {
            let bytes = Edxml.write(&message, datetime(2026, 1, 5, 8, 30, 0, 0)).unwrap();
            let read = Edxml.read(&bytes).unwrap();
            assert_eq!(read.message, message);
            assert_eq!((read.signature.as_str(), read.remarks.len()), ("absent", 0), "{:?}", read.remarks);
        }
    }

    #[test]
    fn what_breaks_a_rule_is_neither_written_nor_read() {
        let mut wrong = document(ExchangeAct::Recall);
        wrong.reason = String::new();
        let refused = Edxml.write(&ExchangeMessage::Document(Box::new(wrong)), datetime(2026, 1, 5, 8, 30, 0, 0));
        assert!(matches!(refused, Err(ContractError::Refused { code: "message_invalid", .. })), "{refused:?}");
        for bytes in [&b""[..], b"<edXML/>", b"<!DOCTYPE x><edXML/>", b"%PDF-1.7"] {
            assert!(matches!(Edxml.read(bytes), Err(ContractError::Refused { code: "message_refused", .. })));
        }
    }
}
