//! What is written is read back, all of it.

use haidang_kernel::text::nfc;
use proptest::prelude::*;

use super::*;

/// Writes, reads, and asks for the same message, the same bytes and no remark.
fn check(message: &Message, contents: &[&[u8]]) {
    let text = write(message, contents).unwrap();
    let opened = open(text.as_bytes()).unwrap();
    let received = read(&opened).unwrap();
    assert_eq!(&received.message, message);
    assert_eq!(received.remarks, []);
    assert_eq!(received.contents.len(), contents.len());
    for (content, wanted) in received.contents.iter().zip(contents) {
        let mut bytes = Vec::new();
        content.copy_to(&mut bytes).unwrap();
        assert_eq!(&bytes, wanted);
        assert_eq!(content.digested().size, wanted.len() as u64);
    }
    let json = serde_json::to_string(message).unwrap();
    assert_eq!(&serde_json::from_str::<Message>(&json).unwrap(), message);
}

#[test]
fn every_kind_of_message_comes_back() {
    for kind in BusinessKind::ALL {
        check(&message(*kind), &contents());
    }
    for code in StatusCode::ALL {
        check(&Message::Status(Box::new(status(*code))), &[]);
    }
}

#[test]
fn names_and_prefixes_are_those_of_the_standard() {
    let text = write(&message(BusinessKind::Update), &contents()).unwrap();
    for wanted in [
        "<edXML xmlns=\"http://www.mic.gov.vn/TBT/QCVN_102_2016\">",
        "<edXML:edXMLEnvelope xmlns:edXML=\"http://www.mic.gov.vn/TBT/QCVN_102_2016\">",
        "<edXML:PromulgationDate>2026/01/05</edXML:PromulgationDate>",
        "<edXML:Timestamp>2026/01/05 08:30:00</edXML:Timestamp>",
        "<edXML:TyperNotation>VT</edXML:TyperNotation>",
        "<edXML:BussinessDocType>2</edXML:BussinessDocType>",
        "<edXML:BussinessDocReason>Sai thể thức</edXML:BussinessDocReason>",
        "<edXML:Direction>false</edXML:Direction>",
        "<edXML:edXMLManifest version=\"1.0\">",
        "<AttachmentEncoded>\n<Attachment>\n<ContentId>cid:",
        "<edXML:Content>Về việc &lt;thử&gt; &amp; \"nghiệm\"</edXML:Content>",
    ] {
        assert!(text.contains(wanted), "{wanted}");
    }
}

#[test]
fn an_answer_names_its_document() {
    let document = document(BusinessKind::New);
    let response = document.as_response_for();
    assert_eq!(response.code, "05/TB-UBND");
    assert!(response.means(&document));
    let by_number = ResponseFor { document_id: String::new(), ..response.clone() };
    assert!(by_number.means(&document));
    for other in [
        ResponseFor { document_id: "x".to_owned(), ..response.clone() },
        ResponseFor { organ_id: "000.00.02.T00".to_owned(), ..response.clone() },
        ResponseFor { code: "06/TB-UBND".to_owned(), ..by_number.clone() },
        ResponseFor { promulgation_date: "2026-01-06".parse().unwrap(), ..by_number.clone() },
    ] {
        assert!(!other.means(&document), "{other:?}");
    }
}

/// Whatever people write: marks, signs that XML knows, line ends.
fn text() -> impl Strategy<Value = String> {
    "[ -~À-ỹ\r\n\t€ ]{1,24}".prop_map(|text| {
        let text = nfc(text.trim());
        if text.is_empty() { "x".to_owned() } else { text }
    })
}

fn cut(text: &str, length: usize) -> String {
    nfc(text).chars().take(length).collect::<String>().trim().to_owned()
}

prop_compose! {
    fn any_document()(
        texts in prop::collection::vec(text(), 24),
        numbers in prop::collection::vec(any::<u32>(), 6),
        kind in prop::sample::select(BusinessKind::ALL.to_vec()),
        receivers in 1..4_usize,
        optional in any::<bool>(),
        files in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 1..4),
    ) -> (Message, Vec<Vec<u8>>) {
        let mut made = document(kind);
        let maybe = |text: &String| if optional { text.clone() } else { String::new() };
        made.to = (0..receivers).map(|number| Organ { name: cut(&texts[number], 200), ..organ("28.22.H17", "x") }).collect();
        made.from.in_charge = maybe(&texts[3]);
        made.from.address = maybe(&texts[4]);
        made.from.telephone = texts[5].clone();
        made.code = Code { number: cut(&texts[6], 11), notation: cut(&texts[7], 30) };
        made.promulgation.place = texts[8].clone();
        made.document_type = DocumentType { kind: numbers[0], detail: maybe(&texts[9]), name: cut(&texts[10], 100) };
        made.subject = texts[11].clone();
        made.content = maybe(&texts[12]);
        made.signer.full_name = cut(&texts[13], 50);
        made.to_places = texts[14..16].to_vec();
        made.other.sphere = maybe(&texts[16]);
        made.other.priority = Some(numbers[1]);
        made.other.direction = optional.then_some(true);
        made.steering_type = optional.then_some(numbers[2]);
        made.response_for_task = maybe(&texts[17]);
        made.application_type = texts[18].clone();
        if !optional {
            (made.due_date, made.response_for, made.other.appendixes) = (None, Vec::new(), Vec::new());
        }
        if let Some(business) = &mut made.business {
            business.reason = texts[19].clone();
            business.staff = optional.then(|| StaffInfo { mobile: texts[20].clone(), ..StaffInfo::default() });
        }
        made.attachments = (0..files.len()).map(|number| Attachment {
            content_id: format!("cid:{number}"),
            name: format!("tệp {number}.bin"),
            description: maybe(&texts[21]),
            content_type: "application/octet-stream".to_owned(),
        }).collect();
        (Message::Document(Box::new(made)), files)
    }
}

proptest! {
    #[test]
    fn any_document_comes_back((message, files) in any_document()) {
        let contents: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
        // A text cut in the middle may end up empty, which is no message.
        if super::check(&message).is_empty() {
            check(&message, &contents);
        }
    }

    #[test]
    fn a_changed_message_is_read_or_refused_and_nothing_else(
        position in any::<prop::sample::Index>(), value in any::<u8>()
    ) {
        let mut bytes = written().into_bytes();
        let at = position.index(bytes.len());
        bytes[at] = value;
        if let Ok(opened) = open(&bytes) && let Ok(received) = read(&opened) {
            for content in &received.contents {
                content.copy_to(&mut std::io::sink()).unwrap();
            }
        }
    }
}
