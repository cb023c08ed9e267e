//! Certified copies: the pages of the original as they are, then the block of the copy, the original inside.

use haidang_contracts::ContractError;
use haidang_contracts::papers::{PaperAttachment, PaperRequest, TypesetPaper, Typesetting as _};
use serde_json::{Value, json};

use crate::pack::{official, request, set, typesetting};

fn copy_of(bytes: &[u8], media_type: &str, more: Value) -> PaperRequest {
    let mut data = json!({
        "form": "full", "held": "file", "media_type": media_type,
        "parent": "Ủy ban nhân dân thành phố Hải Phòng", "organ": "Sở Nội vụ", "place": "Hải Phòng", "notation": "SY-SNV",
        "original": { "code": "05/QĐ-UBND", "organ": "Ủy ban nhân dân thành phố Hải Phòng", "subject": "Về việc rà soát văn bản",
                      "date": "2026-01-05", "sha256": "0123456789abcdef".repeat(4) },
        "recipients": ["Văn phòng Sở"], "texts": [],
        "signature": { "lines": ["TL. Giám đốc", "Chánh Văn phòng"], "name": "Trần Thị Ngọc Ánh" },
        "verify_url": "https://example.org/kq/abcdefghijklmnop",
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        data[key] = value.clone();
    }
    let mut request = request("copies/certified", data);
    request.attachments = vec![PaperAttachment {
        name: "van-ban-duoc-sao.pdf".into(),
        media_type: media_type.into(),
        description: "Tệp được sao".into(),
        bytes: bytes.to_vec(),
    }];
    request
}

async fn copied(pack: &str, request: &PaperRequest) -> TypesetPaper {
    typesetting(pack).typeset(request).await.unwrap_or_else(|error| panic!("{pack}: {error}"))
}

/// Long enough for three pages.
async fn original() -> TypesetPaper {
    let mut data = official("QĐ", true);
    let one = data["body"][0].clone();
    data["body"] = Value::Array(vec![one; 40]);
    set("haiphong", "official/document", data).await
}

fn opened(bytes: &[u8]) -> lopdf::Document {
    lopdf::Document::load_mem(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_the_original_come_first_and_the_block_last() {
    let original = original().await;
    assert!(original.pages >= 3, "{}", original.pages);
    for pack in ["haiphong", "mau"] {
        let paper = copied(pack, &copy_of(&original.bytes, "application/pdf", json!({}))).await;
        crate::pack::keep(&format!("{pack}-copy"), &paper.bytes);
        assert_eq!(paper.pages, original.pages + 1, "{pack}");
        let block = paper.pages - 1;
        for (name, page) in [("number", block), ("date", block), ("officer", block), ("organ", block), ("copied_at", 0)]
        {
            assert_eq!(paper.places[name].page, page, "{pack} {name}");
        }
        // Upper right corner of the first page, above its head.
        let mark = paper.places["copied_at"];
        assert!(mark.x > 350.0 && mark.y > 770.0 && mark.x + mark.width < 595.0, "{mark:?}");
        // What stands on the pages is described for whoever cannot see them.
        let text = String::from_utf8_lossy(&paper.bytes).into_owned();
        assert!(text.contains("/StructTreeRoot") || opened(&paper.bytes).catalog().unwrap().has(b"StructTreeRoot"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extract_shows_the_chosen_pages_and_a_page_that_is_not_there_is_refused() {
    let original = original().await;
    let extract = |pages: Value| {
        copy_of(&original.bytes, "application/pdf", json!({ "form": "extract", "notation": "TrS-SNV", "pages": pages }))
    };
    let paper = copied("haiphong", &extract(json!([1, 3]))).await;
    assert_eq!(paper.pages, 3);
    let beyond = typesetting("haiphong").typeset(&extract(json!([1, 99]))).await;
    assert!(matches!(beyond, Err(ContractError::Refused { code: "template_failed", .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_original_lies_inside_as_it_is() {
    let original = original().await;
    let paper = copied("haiphong", &copy_of(&original.bytes, "application/pdf", json!({}))).await;
    let file = opened(&paper.bytes);
    let inside = file.objects.values().filter_map(|object| object.as_stream().ok()).any(|stream| {
        stream.dict.get(b"Type").and_then(lopdf::Object::as_name).ok() == Some(b"EmbeddedFile".as_slice())
            && stream.decompressed_content().unwrap_or_else(|_| stream.content.clone()) == original.bytes
    });
    assert!(inside, "the file that was copied is attached byte for byte");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_document_is_refused_and_a_picture_is_a_page() {
    for bad in [&b"%PDF-1.7 nothing"[..], b"", b"<svg/>"] {
        let answer = typesetting("haiphong").typeset(&copy_of(bad, "application/pdf", json!({}))).await;
        assert!(matches!(answer, Err(ContractError::Refused { code: "template_failed", .. })), "{bad:?}");
    }
    let mut picture = Vec::new();
    let mut writer = png::Encoder::new(&mut picture, 83, 117);
    writer.set_color(png::ColorType::Rgb);
    writer.write_header().unwrap().write_image_data(&vec![200; 83 * 117 * 3]).unwrap();
    let paper =
        copied("mau", &copy_of(&picture, "image/png", json!({ "held": "scan", "texts": ["ỦY BAN NHÂN DÂN"] }))).await;
    assert_eq!(paper.pages, 2);
}
