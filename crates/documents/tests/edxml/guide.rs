//! The guide stays true: its example is written and read.

use super::*;

const GUIDE: &str = include_str!("../../../../docs/guide/edxml.md");

fn blocks() -> Vec<&'static str> {
    GUIDE.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn the_examples_of_the_guide_are_messages() {
    let examples = blocks();
    assert_eq!(examples.len(), 2);
    let Message::Document(mut document) = serde_json::from_str(examples[0]).unwrap() else { panic!("a document") };
    assert_eq!(document.attachments, [], "they come from the command line");
    document.attachments = super::document(BusinessKind::New).attachments;
    document.document_id = ID.to_owned();
    document.trace = super::document(BusinessKind::New).trace;
    write(&Message::Document(document), &contents()).unwrap();
    let status: Message = serde_json::from_str(examples[1]).unwrap();
    assert!(matches!(status, Message::Status(_)));
    write(&status, &[]).unwrap();
}
