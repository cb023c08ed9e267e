//! Messages between organs (edXML, QCVN 102:2016/BTTTT) for rooms that do not know their form.

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::interconnection::{
    ExchangeAct, ExchangeDocument, ExchangeFile, ExchangeMessage, ExchangeOrgan, ExchangeReference, ExchangeStatus,
    Messages, ReadMessage,
};
use haidang_contracts::papers::SigningParty;
use haidang_documents::edxml::{
    self, Attachment, Business, BusinessKind, Code, DocumentMessage, DocumentType, EdxmlError, Identity, Message,
    Organ, OtherInfo, Promulgation, Received, ResponseFor, SignatureReport, SignatureState, SignerInfo, StatusCode,
    StatusMessage, TraceHeader, Trust,
};
use haidang_documents::pades::Authorities;
use haidang_kernel::text::nfc;
use haidang_signing::path::{Evidence, PathRules, Purpose, RevocationRule, TrustAnchors, gather};
use haidang_signing::revocation::Moment;
use haidang_signing::{DigestAlgorithm, DocumentSignerError};
use jiff::civil::DateTime;

use crate::office_signing::OfficeSigner;

/// Administrative documents in the national list of types; 1 are legal norms.
const ADMINISTRATIVE: u32 = 2;

/// Reads and writes edXML, with the keys of the city's organs and the authorities it believes.
#[derive(Clone)]
pub struct Edxml {
    keys: OfficeSigner,
}

impl Edxml {
    /// Signs with these keys.
    pub fn new(keys: OfficeSigner) -> Edxml {
        Edxml { keys }
    }

    /// Asks whether the certificate of a whole message deserves trust, and authorities whether it was revoked.
    async fn judge_certificate(&self, report: &mut SignatureReport) {
        let Authorities { anchors, transport, .. } = self.keys.authorities();
        // A city that names no authority has nobody to ask: the message is whole, and that is all.
        let Some(own) = report.certificates.first().filter(|_| !anchors.is_empty()) else { return };
        let anchors = TrustAnchors::new(anchors);
        let at = self.keys.judge_now().now;
        let rules = PathRules {
            purpose: Purpose::DocumentSigning,
            moment: Moment::now(at),
            revocation: RevocationRule::WhereKnown,
        };
        let mut evidence = Evidence { certificates: report.certificates.clone(), ..Evidence::default() };
        for missed in gather(own, &anchors, &mut evidence, &rules, transport.as_ref()).await {
            tracing::info!(url = missed.url, reason = missed.reason, "asked about the certificate of a message");
        }
        let trust = Trust { anchors: &anchors, evidence: &evidence, at, revocation: RevocationRule::WhereKnown };
        report.judge_identity(&trust);
    }
}

/// What the signature of a message proves, as rooms that do not know edXML keep it.
fn verdict(report: &SignatureReport) -> &'static str {
    match (report.state, report.identity) {
        (SignatureState::Whole, Identity::Trusted) => "trusted",
        (SignatureState::Whole, Identity::Refused) => "untrusted",
        (SignatureState::Whole, Identity::NotAsked) => "whole",
        (SignatureState::Absent, _) => "absent",
        (SignatureState::Weak, _) => "weak",
        (SignatureState::Foreign, _) => "foreign",
        (SignatureState::Invalid, _) => "invalid",
    }
}

/// A message may have 300 MB: the threads that answer requests do not wait for it.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ContractError> + Send + 'static,
) -> Result<T, ContractError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| ContractError::Internal("the work on a message stopped".to_owned()))?
}

#[async_trait]
impl Messages for Edxml {
    async fn read(&self, bytes: Vec<u8>) -> Result<ReadMessage, ContractError> {
        let read = aside(move || {
            let opened = edxml::open(&bytes).map_err(refused)?;
            let received = edxml::read(&opened).map_err(refused)?;
            let remarks: Vec<String> = received.remarks.iter().map(ToString::to_string).collect();
            Ok((message_of(&received)?, edxml::judge_signature(&opened, None), remarks))
        });
        let (message, mut report, remarks) = read.await?;
        self.judge_certificate(&mut report).await;
        let signature = verdict(&report).to_owned();
        Ok(ReadMessage { message, signature, signer: report.signer.map(|name| nfc(&name)), remarks })
    }

    async fn write(&self, message: ExchangeMessage, agency: &str, at: DateTime) -> Result<Vec<u8>, ContractError> {
        let from = match &message {
            ExchangeMessage::Document(document) => &document.from,
            ExchangeMessage::Status(status) => &status.from,
        };
        let party = SigningParty::Organ { agency: agency.to_owned(), name: from.name.clone() };
        let signer = self.keys.usable(&party, None).await?;
        let (certificate, chain) = (signer.certificate().clone(), signer.chain().to_vec());
        let prepared = aside(move || {
            let written = written(&message, at)?;
            edxml::prepare(written, &certificate, &chain).map_err(invalid)
        });
        let prepared = prepared.await?;
        let signed = prepared.bytes().to_vec();
        let not_signed = |error: DocumentSignerError| match error {
            DocumentSignerError::Refused(reason) => {
                ContractError::Refused { code: "signature_not_authorised", detail: reason }
            }
            other => ContractError::Unavailable(format!("the message was not signed: {other}")),
        };
        let mut right = signer.authorize(&[DigestAlgorithm::Sha256.digest(&signed)], None).await.map_err(not_signed)?;
        let value = signer.sign(&mut right, &[signed]).await.map_err(not_signed)?.pop();
        let value = value.ok_or_else(|| ContractError::Unavailable("the key gave no signature".to_owned()))?;
        aside(move || prepared.embed(&value).map(String::into_bytes).map_err(|error| invalid(error.into()))).await
    }
}

/// The message in its form, not signed yet.
fn written(message: &ExchangeMessage, at: DateTime) -> Result<String, ContractError> {
    let (message, contents) = match message {
        ExchangeMessage::Document(document) => {
            let contents: Vec<&[u8]> = document.files.iter().map(|file| file.bytes.as_slice()).collect();
            (Message::Document(Box::new(document_message(document, at))), contents)
        }
        ExchangeMessage::Status(status) => (Message::Status(Box::new(status_message(status)?)), Vec::new()),
    };
    edxml::write(&message, &contents).map_err(invalid)
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
    fn a_message_of_every_kind_keeps_the_rules_of_the_standard() {
        for act in [ExchangeAct::New, ExchangeAct::Recall, ExchangeAct::Update, ExchangeAct::Replace] {
            let given = ExchangeMessage::Document(Box::new(document(act)));
            let text = written(&given, datetime(2026, 1, 5, 8, 30, 0, 0)).unwrap();
            let opened = edxml::open(text.as_bytes()).unwrap();
            let received = edxml::read(&opened).unwrap();
            assert_eq!(message_of(&received).unwrap(), given);
            assert!(received.remarks.is_empty(), "{:?}", received.remarks);
        }
    }

    #[test]
    fn what_breaks_a_rule_is_not_written() {
        let mut wrong = document(ExchangeAct::Recall);
        wrong.reason = String::new();
        let refused = written(&ExchangeMessage::Document(Box::new(wrong)), datetime(2026, 1, 5, 8, 30, 0, 0));
        assert!(matches!(refused, Err(ContractError::Refused { code: "message_invalid", .. })), "{refused:?}");
    }
}
