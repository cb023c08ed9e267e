//! What others send and we bear, with a remark; and that the same is not written by us.

use super::*;

#[test]
fn deviations_seen_in_the_field_are_read_with_a_remark() {
    let good = written();
    let once = |from: &str, to: &str| good.replacen(from, to, 1);
    let cut = |from: &str, to: &str| {
        let start = good.find(from).unwrap();
        let end = good[start..].find(to).unwrap() + start + to.len();
        format!("{}{}", &good[..start], &good[end..])
    };
    let packed = {
        let tail = good.find("<AttachmentEncoded>").unwrap();
        let zipped = base64(&zip(&[("00000000-0000-4000-8000-000000000000.PDF", PDF)]));
        let tail_text =
            good[tail..].replacen("application/pdf", "application/zip", 1).replacen(&base64(PDF), &zipped, 1);
        format!("{}{tail_text}", &good[..tail])
    };
    let unprefixed = good.replace("edXML:", "");
    let signed = once("</edXML:edXMLHeader>", "<edXML:Signature></edXML:Signature></edXML:edXMLHeader>");
    for (name, text, wanted) in [
        ("as written", good.clone(), &[][..]),
        ("byte order mark", format!("\u{feff}{good}"), &[]),
        ("stray bytes", format!("1212{good}"), &[Rule::BytesBefore]),
        ("no business", cut("<edXML:Bussiness>", "</edXML:Bussiness>"), &[Rule::Missing]),
        ("no other prefix", unprefixed, &[Rule::Prefixes]),
        ("packed", packed, &[Rule::Packed]),
        ("signature of its own", signed, &[Rule::SignatureNamespace]),
        (
            "a field of theirs",
            once("<edXML:Subject>", "<edXML:Own>1</edXML:Own><edXML:Subject>"),
            &[Rule::UnknownField],
        ),
        (
            "a long subject",
            once("Thông báo thử nghiệm</edXML:Subject>", &format!("{}</edXML:Subject>", "x".repeat(501))),
            &[Rule::TooLong],
        ),
        ("an old identifier", once(ID, "12345"), &[Rule::Malformed]),
        ("no type of an attachment", good.replace("<ContentType>text/plain</ContentType>", ""), &[Rule::Missing]),
        ("not a PDF", good.replace(&base64(PDF), &base64(b"GIF89a")), &[Rule::NotPdf]),
        ("hops out of order", once("08:30:05", "08:29:59"), &[Rule::TraceOrder]),
        ("decomposed letters", once("Tệp thử</edXML:Desc", "Te\u{302}\u{323}p</edXML:Desc"), &[Rule::NotComposed]),
        ("another version", once("version=\"1.0\">", "version=\"2\">"), &[Rule::Malformed]),
    ] {
        let found = reading(text.as_bytes());
        assert_eq!(found.as_deref().ok(), Some(wanted), "{name}: {found:?}");
    }
}

#[test]
fn fields_may_come_in_any_order_and_answers_empty() {
    let good = written();
    let start = good.find("<edXML:Subject>").unwrap();
    let end = good.find("</edXML:Subject>").unwrap() + "</edXML:Subject>".len();
    let subject = &good[start..end];
    let moved = good.replace(subject, "").replacen("<edXML:From>", &format!("{subject}<edXML:From>"), 1);
    assert_eq!(reading(moved.as_bytes()).unwrap(), []);
    let from = good.find("<edXML:ResponseFor>").unwrap();
    let to = good.find("</edXML:ResponseFor>").unwrap() + "</edXML:ResponseFor>".len();
    let empty = format!("{}<edXML:ResponseFor/>{}", &good[..from], &good[to..]);
    let opened = open(empty.as_bytes()).unwrap();
    let Message::Document(document) = read(&opened).unwrap().message else { panic!("a document") };
    assert_eq!(document.response_for, []);
    let text = write(&Message::Status(Box::new(status(StatusCode::Done))), &[]).unwrap();
    let from = text.find("<edXML:ResponseFor>").unwrap();
    let to = text.find("</edXML:ResponseFor>").unwrap() + "</edXML:ResponseFor>".len();
    let empty = format!("{}<edXML:ResponseFor/>{}", &text[..from], &text[to..]);
    assert_eq!(reading(empty.as_bytes()).unwrap(), [Rule::NotAnswered]);
}

#[test]
fn a_packed_attachment_is_told_by_what_is_in_it() {
    let good = written();
    let tail = good.find("<AttachmentEncoded>").unwrap();
    let zipped = base64(&zip(&[("x.PDF", PDF)]));
    let text = format!(
        "{}{}",
        &good[..tail],
        good[tail..].replacen("application/pdf", "application/zip", 1).replacen(&base64(PDF), &zipped, 1)
    );
    let opened = open(text.as_bytes()).unwrap();
    let received = read(&opened).unwrap();
    let content = received.contents.first().unwrap();
    let mut bytes = Vec::new();
    content.copy_to(&mut bytes).unwrap();
    assert!(content.is_packed());
    assert_eq!((bytes.as_slice(), content.digested().size), (PDF, PDF.len() as u64));
    let Message::Document(document) = &received.message else { panic!("a document") };
    assert_eq!(document.attachments.first().unwrap().content_type, "application/pdf");
}

/// A message with one thing wrong, and the rule it breaks.
fn wrong(rule: Rule, place: &str, change: impl Fn(&mut DocumentMessage)) {
    let mut made = document(BusinessKind::New);
    change(&mut made);
    let files: Vec<&[u8]> = made.attachments.iter().map(|_| PDF).collect();
    let answer = write(&Message::Document(Box::new(made)), &files);
    let Err(EdxmlError::Refused(faults)) = &answer else { panic!("{rule:?} at {place}: {answer:?}") };
    let found: Vec<(Rule, &str)> = faults.iter().map(|fault| (fault.rule, fault.place.as_str())).collect();
    assert!(found.contains(&(rule, place)), "{rule:?} at {place}: {found:?}");
}

#[test]
fn nothing_is_written_that_breaks_a_rule() {
    let x = |count: usize| "x".repeat(count);
    wrong(Rule::Missing, "Subject", |it| it.subject.clear());
    wrong(Rule::TooLong, "Subject", |it| it.subject = x(501));
    wrong(Rule::TooLong, "Code/CodeNumber", |it| it.code.number = x(12));
    wrong(Rule::TooLong, "Code/CodeNotation", |it| it.code.notation = x(31));
    wrong(Rule::TooLong, "From/OrganName", |it| it.from.name = x(201));
    wrong(Rule::TooLong, "SignerInfo/FullName", |it| it.signer.full_name = x(51));
    wrong(Rule::TooLong, "SignerInfo/Position", |it| it.signer.position = x(101));
    wrong(Rule::TooLong, "DocumentType/TypeName", |it| it.document_type.name = x(101));
    wrong(Rule::TooLong, "Content", |it| it.content = x(10_001));
    wrong(Rule::Malformed, "Content", |it| it.content = "a\u{0}b".to_owned());
    wrong(Rule::NotComposed, "Content", |it| it.content = "e\u{302}".to_owned());
    wrong(Rule::BlanksAround, "Content", |it| it.content = " a".to_owned());
    wrong(Rule::Malformed, "From/OrganId", |it| it.from.organ_id = "A".to_owned());
    wrong(Rule::Malformed, "To[1]/OrganId", |it| it.to[0].organ_id = "000.00.00.h41".to_owned());
    wrong(Rule::Missing, "To", |it| it.to.clear());
    wrong(Rule::TooMany, "To", |it| it.to = vec![it.to[0].clone(); LIST_LIMIT + 1]);
    wrong(Rule::Malformed, "DocumentId", |it| it.document_id = "1".to_owned());
    wrong(Rule::Malformed, "DocumentId", |it| it.document_id = "A,2026/01/05,1".to_owned());
    wrong(Rule::Missing, "OtherInfo/Priority", |it| it.other.priority = None);
    wrong(Rule::Missing, "ToPlaces/Place", |it| it.to_places = vec![String::new()]);
    wrong(Rule::Missing, "ResponseFor[1]/DocumentId", |it| it.response_for[0].document_id.clear());
    wrong(Rule::Missing, "TraceHeaderList/TraceHeader", |it| it.trace.clear());
    wrong(Rule::TraceOrder, "TraceHeaderList", |it| it.trace.reverse());
    wrong(Rule::Missing, "TraceHeaderList/Bussiness", |it| it.business = None);
    wrong(Rule::Malformed, "PromulgationInfo/PromulgationDate", |it| {
        it.promulgation.date = "-000001-01-01".parse().unwrap()
    });
    wrong(Rule::NoAttachment, "edXMLManifest", |it| it.attachments.clear());
    wrong(Rule::TooMany, "edXMLManifest", |it| it.attachments = vec![it.attachments[0].clone(); ATTACHMENT_LIMIT + 1]);
    wrong(Rule::NameIsPath, "Attachment[1]/AttachmentName", |it| it.attachments[0].name = "../a.pdf".to_owned());
    wrong(Rule::TooLong, "Attachment[1]/AttachmentName", |it| it.attachments[0].name = x(256));
    wrong(Rule::Malformed, "Attachment[1]/ContentId", |it| it.attachments[0].content_id = "1".to_owned());
    wrong(Rule::IdentifierRepeated, "edXMLManifest/Reference/ContentId", |it| {
        it.attachments[0].content_id = it.attachments[1].content_id.clone();
    });
    for (kind, place, rule) in [
        (BusinessKind::Recall, "Bussiness/DocumentId", Rule::Missing),
        (BusinessKind::Recall, "Bussiness/BussinessDocReason", Rule::ReasonMissing),
        (BusinessKind::Update, "Bussiness/BussinessDocumentInfo", Rule::Missing),
        (BusinessKind::Replace, "Bussiness/ReplacementInfoList", Rule::Missing),
        (BusinessKind::Replace, "Bussiness/BussinessDocReason", Rule::ReasonMissing),
    ] {
        let bare = Business { kind, ..business(BusinessKind::New) };
        wrong(rule, place, |it| it.business = Some(bare.clone()));
    }
}

#[test]
fn contents_and_statuses_keep_their_rules() {
    let message = message(BusinessKind::New);
    for (contents, wanted) in [
        (&[PDF][..], Rule::IdentifierDangling),
        (&[b"GIF89a", PDF], Rule::NotPdf),
        (&[PDF, b""], Rule::EmptyAttachment),
    ] {
        let answer = write(&message, contents);
        assert!(matches!(&answer, Err(EdxmlError::Refused(faults)) if faults[0].rule == wanted), "{answer:?}");
    }
    for code in [StatusCode::Refused, StatusCode::Disagreed] {
        let silent = StatusMessage { description: String::new(), ..status(code) };
        assert_eq!(check(&Message::Status(Box::new(silent)))[0].rule, Rule::ReasonMissing);
    }
    let nobody = StatusMessage { staff: Some(StaffInfo::default()), ..status(StatusCode::Done) };
    assert_eq!(check(&Message::Status(Box::new(nobody)))[0].place, "StaffInfo/Staff");
    let fraction = StatusMessage { at: "2026-01-05T09:00:00.5".parse().unwrap(), ..status(StatusCode::Done) };
    assert_eq!(check(&Message::Status(Box::new(fraction)))[0].rule, Rule::Malformed);
}
