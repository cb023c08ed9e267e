//! Messages written, read, signed and judged. Everything is made up.
#![allow(clippy::unwrap_used)]

mod guide;
mod hostile;
mod remarks;
mod round_trip;
mod signature;

use std::io::Write as _;

use haidang_documents::edxml::*;

const PDF: &[u8] = b"%PDF-1.7\n%made up\n";
const ID: &str = "3f2b7c52-9c0e-4a55-8f1e-6f6c1a2b3c4d";

fn organ(organ_id: &str, name: &str) -> Organ {
    Organ {
        organ_id: organ_id.to_owned(),
        name: name.to_owned(),
        email: "vanthu@example.vn".to_owned(),
        ..Organ::default()
    }
}

fn business(kind: BusinessKind) -> Business {
    let new = kind == BusinessKind::New;
    let update = UpdateInfo {
        document_info: Some(1),
        document_receiver: Some(0),
        receivers: vec![Receiver { organ_id: "28.22.H17".to_owned(), receiver_type: 2 }],
    };
    let replaced = Replacement {
        document_id: "000.00.01.T00,2025/12/01,7816/VPCP-TTĐT".to_owned(),
        organ_ids: vec!["000.00.02.T00".to_owned()],
    };
    Business {
        kind,
        document_id: if new { String::new() } else { ID.to_owned() },
        reason: if new { String::new() } else { "Sai thể thức".to_owned() },
        paper: Some(false),
        update: (kind == BusinessKind::Update).then_some(update),
        replacements: if kind == BusinessKind::Replace { vec![replaced] } else { Vec::new() },
        staff: Some(StaffInfo { staff: "Văn thư".to_owned(), ..StaffInfo::default() }),
    }
}

fn document(kind: BusinessKind) -> DocumentMessage {
    let attachment = |number: u32, name: &str, content_type: &str| Attachment {
        content_id: format!("cid:8a3c1d8e-0000-4000-8000-00000000000{number}"),
        name: name.to_owned(),
        description: "Tệp thử".to_owned(),
        content_type: content_type.to_owned(),
    };
    DocumentMessage {
        from: organ("000.00.01.T00", "Cơ quan thử nghiệm A"),
        to: vec![organ("000.00.02.T00", "Cơ quan thử nghiệm B")],
        document_id: ID.to_owned(),
        code: Code { number: "05".to_owned(), notation: "TB-UBND".to_owned() },
        promulgation: Promulgation { place: "Hải Phòng".to_owned(), date: "2026-01-05".parse().unwrap() },
        document_type: DocumentType { kind: 2, detail: "0".to_owned(), name: "Thông báo".to_owned() },
        subject: "Thông báo thử nghiệm".to_owned(),
        content: "Về việc <thử> & \"nghiệm\"".to_owned(),
        signer: SignerInfo {
            competence: "KT. CHỦ TỊCH".to_owned(),
            position: "Phó Chủ tịch".to_owned(),
            full_name: "Thử Nghiệm".to_owned(),
        },
        due_date: Some("2026-02-05".parse().unwrap()),
        to_places: vec!["Như trên".to_owned()],
        other: OtherInfo {
            priority: Some(0),
            typer_notation: "VT".to_owned(),
            promulgation_amount: Some(1),
            page_amount: Some(1),
            direction: Some(false),
            appendixes: vec!["Phụ lục I".to_owned()],
            ..OtherInfo::default()
        },
        response_for: vec![ResponseFor {
            organ_id: "000.00.02.T00".to_owned(),
            code: "12/UBND-VP".to_owned(),
            promulgation_date: "2025-12-30".parse().unwrap(),
            document_id: "000.00.02.T00,2025/12/30,12/UBND-VP".to_owned(),
        }],
        steering_type: Some(1),
        response_for_task: "NV-1".to_owned(),
        application_type: String::new(),
        trace: vec![
            TraceHeader { organ_id: "000.00.01.T00".to_owned(), at: "2026-01-05T08:30:00".parse().unwrap() },
            TraceHeader { organ_id: "000.00.00.T00".to_owned(), at: "2026-01-05T08:30:05".parse().unwrap() },
        ],
        business: Some(business(kind)),
        attachments: vec![
            attachment(1, "thong-bao.pdf", "application/pdf"),
            attachment(2, "phu luc.txt", "text/plain"),
        ],
    }
}

fn message(kind: BusinessKind) -> Message {
    Message::Document(Box::new(document(kind)))
}

fn contents() -> [&'static [u8]; 2] {
    [PDF, "phụ lục".as_bytes()]
}

fn status(code: StatusCode) -> StatusMessage {
    let from = organ("000.00.02.T00", "Cơ quan thử nghiệm B");
    let at = "2026-01-05T09:00:00".parse().unwrap();
    let mut status = StatusMessage::answer(&document(BusinessKind::New), from, code, at);
    if code.needs_reason() {
        status.description = "Không đúng thẩm quyền".to_owned();
    }
    status
}

/// The usual message as text.
fn written() -> String {
    write(&message(BusinessKind::New), &contents()).unwrap()
}

/// What came of reading: the remarks, or why it was refused.
fn reading(bytes: &[u8]) -> Result<Vec<Rule>, EdxmlError> {
    let opened = open(bytes)?;
    read(&opened).map(|received| received.remarks.iter().map(|fault| fault.rule).collect())
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn base64(bytes: &[u8]) -> String {
    data_encoding::BASE64.encode(bytes)
}
