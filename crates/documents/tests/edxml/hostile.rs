//! Messages that nobody should take, each with its reason.

use haidang_signing::xml::XmlError;

use super::*;

fn refused(bytes: &[u8]) -> Vec<Rule> {
    match reading(bytes) {
        Err(EdxmlError::Refused(faults)) => faults.iter().map(|fault| fault.rule).collect(),
        other => panic!("not refused by a rule: {other:?}"),
    }
}

fn without(text: &str, from: &str, to: &str) -> String {
    let start = text.find(from).unwrap();
    let end = text[start..].find(to).unwrap() + start + to.len();
    format!("{}{}", &text[..start], &text[end..])
}

#[test]
fn texts_that_are_no_messages_are_refused() {
    let good = written();
    let nested = format!("{}{}", "<a>".repeat(50), "</a>".repeat(50));
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"x\"><!ENTITY c \"&b;&b;\">]><edXML>&c;</edXML>";
    for (name, text, wanted) in [
        ("entities", laughs.to_owned(), XmlError::DocumentType),
        (
            "a file",
            good.replacen("<edXML ", "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><edXML ", 1),
            XmlError::DocumentType,
        ),
        (
            "nested",
            good.replacen("<edXML:Subject>", &format!("{nested}<edXML:Subject>"), 1),
            XmlError::Limit("nesting"),
        ),
        ("markup", good.replacen("<edXML:Subject>", &"<a/>".repeat(200_000), 1), XmlError::Limit("pieces of markup")),
        (
            "attributes",
            good.replacen(
                "<edXML:Subject>",
                &format!("<edXML:Subject {}>", (0..40).map(|n| format!("a{n}=\"\" ")).collect::<String>()),
                1,
            ),
            XmlError::Limit("attributes of an element"),
        ),
    ] {
        let answer = reading(text.as_bytes());
        assert!(matches!(&answer, Err(EdxmlError::Xml(error)) if *error == wanted), "{name}: {answer:?}");
    }
    for (name, text) in [
        ("cut", good[..good.len() / 2].to_owned()),
        ("entity", good.replacen("Thông báo", "&company;", 1)),
        ("nothing", String::new()),
        ("no XML", "%PDF-1.7".to_owned()),
    ] {
        let answer = reading(text.as_bytes());
        assert!(matches!(answer, Err(EdxmlError::Xml(XmlError::Malformed { .. }))), "{name}: {answer:?}");
    }
    assert!(matches!(reading(&vec![b' '; MESSAGE_LIMIT + 1]), Err(EdxmlError::Xml(XmlError::Limit(_)))));
}

#[test]
fn documents_that_mean_nothing_or_two_things_are_refused() {
    let good = written();
    let once = |from: &str, to: &str| good.replacen(from, to, 1);
    let twice = |from: &str, to: &str| {
        let start = good.find(from).unwrap();
        let end = good[start..].find(to).unwrap() + start + to.len();
        format!("{}{}{}", &good[..end], &good[start..end], &good[end..])
    };
    for (name, text, wanted) in [
        ("another namespace", good.replace("QCVN_102_2016", "QCVN_102_2014"), Rule::WrongRoot),
        ("another root", once("<edXML xmlns", "<a xmlns").replace("</edXML>", "</a>"), Rule::WrongRoot),
        ("two senders", twice("<edXML:From>", "</edXML:From>"), Rule::Repeated),
        ("two envelopes", twice("<edXML:edXMLEnvelope", "</edXML:edXMLEnvelope>"), Rule::Repeated),
        ("two subjects", twice("<edXML:Subject>", "</edXML:Subject>"), Rule::Repeated),
        ("no subject", without(&good, "<edXML:Subject>", "</edXML:Subject>"), Rule::Missing),
        ("blank subject", once("Thông báo thử nghiệm</edXML:Subject>", " </edXML:Subject>"), Rule::Missing),
        ("no receiver", without(&good, "<edXML:To>", "</edXML:To>"), Rule::Missing),
        ("no body", without(&good, "<edXML:edXMLBody>", "</edXML:edXMLBody>"), Rule::Missing),
        ("no hop", good.replace("TraceHeader>", "TraceHead>"), Rule::Missing),
        ("an element in a text", once("Thông báo thử nghiệm</edXML:Subject>", "<a/></edXML:Subject>"), Rule::Malformed),
        ("a day with dashes", once("2026/01/05</edXML:Prom", "2026-01-05</edXML:Prom"), Rule::Malformed),
        ("a day that is none", once("2026/01/05</edXML:Prom", "2026/02/30</edXML:Prom"), Rule::Malformed),
        ("a time of ISO", once("2026/01/05 08:30:00", "2026-01-05T08:30:00"), Rule::Malformed),
        ("a kind that is no number", once("<edXML:Type>2", "<edXML:Type>two"), Rule::Malformed),
        ("a number too large", once("<edXML:Priority>0", "<edXML:Priority>99999999999"), Rule::Malformed),
        ("business of another kind", once("DocType>0", "DocType>9"), Rule::UnknownCode),
        ("spelt right", good.replace("Bussiness>", "Business>"), Rule::Spelling),
        (
            "a very long value",
            once("Thông báo thử nghiệm</edXML:Subject>", &format!("{}</edXML:Subject>", "x".repeat(50_000))),
            Rule::TooLong,
        ),
        (
            "many receivers",
            once("<edXML:To>", &format!("{}<edXML:To>", "<edXML:To></edXML:To>".repeat(1_001))),
            Rule::TooMany,
        ),
    ] {
        let found = refused(text.as_bytes());
        assert!(found.contains(&wanted), "{name}: {found:?}");
    }
}

#[test]
fn attachments_that_mislead_are_refused() {
    let good = written();
    let pdf = base64(PDF);
    let once = |from: &str, to: &str| good.replacen(from, to, 1);
    let last = |from: &str, to: &str| {
        let at = good.rfind(from).unwrap();
        format!("{}{to}{}", &good[..at], &good[at + from.len()..])
    };
    let packed = |bytes: &[u8]| {
        let tail = good.find("<AttachmentEncoded>").unwrap();
        let zipped = good[tail..].replacen("application/pdf", "application/zip", 1).replacen(&pdf, &base64(bytes), 1);
        format!("{}{zipped}", &good[..tail])
    };
    let two = zip(&[("a.pdf", PDF), ("b.pdf", PDF)]);
    let bomb = zip(&[("a.pdf", &vec![0; 2_000_000])]);
    let mut damaged = zip(&[("a.pdf", &[b'x'; 4_000])]);
    damaged[40] ^= 0xff;
    let many = {
        let reference = "<edXML:Reference></edXML:Reference>";
        once("<edXML:Reference>", &format!("{}<edXML:Reference>", reference.repeat(101)))
    };
    for (name, text, wanted) in [
        ("dangling in the manifest", once("8000-000000000001", "8000-000000000009"), Rule::IdentifierDangling),
        ("dangling attachment", last("8000-000000000002", "8000-000000000009"), Rule::IdentifierDangling),
        ("twice in the manifest", once("8000-000000000002", "8000-000000000001"), Rule::IdentifierRepeated),
        ("twice among attachments", last("8000-000000000002", "8000-000000000001"), Rule::IdentifierRepeated),
        ("no cid", good.replace("cid:8a", "8a"), Rule::Malformed),
        ("another name", once("thong-bao.pdf", "khac.pdf"), Rule::NameDiffers),
        ("a path", good.replace("thong-bao.pdf", "../../thong-bao.pdf"), Rule::NameIsPath),
        ("a path of Windows", good.replace("thong-bao.pdf", "c:\\thong-bao.pdf"), Rule::NameIsPath),
        ("a line break in a name", good.replace("thong-bao.pdf", "thong\nbao.pdf"), Rule::NameIsPath),
        ("no base64", good.replace(&pdf, "***"), Rule::NotBase64),
        ("cut base64", good.replace(&pdf, &pdf[..pdf.len() - 1]), Rule::NotBase64),
        ("more behind the end", good.replace(&base64("phụ lục".as_bytes()), "cGg=cGg="), Rule::NotBase64),
        ("elements in it", good.replace(&pdf, "<a/>"), Rule::NotBase64),
        ("empty", good.replace(&pdf, ""), Rule::EmptyAttachment),
        ("no content", good.replace("ContentTransferEncoded>", "Content>"), Rule::Missing),
        ("packed, no zip", packed(PDF), Rule::DamagedZip),
        ("packed, damaged", packed(&damaged), Rule::DamagedZip),
        ("packed, two files", packed(&two), Rule::ZipEntries),
        ("packed, nothing in it", packed(&zip(&[])), Rule::ZipEntries),
        ("packed, a bomb", packed(&bomb), Rule::ZipTooLarge),
        ("too many", many, Rule::TooMany),
    ] {
        let found = refused(text.as_bytes());
        assert!(found.contains(&wanted), "{name}: {found:?}");
    }
}

#[test]
fn statuses_without_sense_are_refused() {
    let good = write(&Message::Status(Box::new(status(StatusCode::Accepted))), &[]).unwrap();
    for (name, text, wanted) in [
        ("unknown code", good.replace(">03<", ">07<"), Rule::UnknownCode),
        ("empty code", good.replace(">03<", "><"), Rule::Missing),
        ("no answer", without(&good, "<edXML:ResponseFor>", "</edXML:ResponseFor>"), Rule::Missing),
        ("half an answer", without(&good, "<edXML:Code>", "</edXML:Code>"), Rule::Missing),
        ("no time", without(&good, "<edXML:Timestamp>", "</edXML:Timestamp>"), Rule::Missing),
        ("no sender", without(&good, "<edXML:From>", "</edXML:From>"), Rule::Missing),
    ] {
        let found = refused(text.as_bytes());
        assert!(found.contains(&wanted), "{name}: {found:?}");
    }
}

#[test]
fn a_refusal_names_rule_and_place_and_no_content() {
    let text = written().replacen("2026/01/05</edXML:Prom", "Nguyễn Văn A</edXML:Prom", 1);
    let error = reading(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(error, "the message is refused: PromulgationInfo/PromulgationDate: The value is not in its form.");
    for rule in Rule::ALL {
        assert!(rule.vietnamese().ends_with('.') && rule.english().ends_with('.'));
        assert!(haidang_kernel::text::is_nfc(rule.vietnamese()));
    }
}
