//! Templates of the packs: every one is typeset, and official documents pass the lint.

use std::path::PathBuf;
use std::sync::Arc;

use haidang_contracts::ContractError;
use haidang_contracts::papers::{PaperAttachment, PaperPlace, PaperRequest, TypesetPaper, Typesetting};
use haidang_documents::pades::{FieldValue, fill_fields};
use haidang_documents::pdf::{Appended, PdfFile};
use haidang_documents::typeset::{
    PackTypesetting, Place, Templates, Typesetter, code_128, empty_fields, face, qr_rows,
};
use serde_json::{Value, json};

pub(crate) fn folder(pack: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(pack).join("documents")
}

/// Keeps a file for the judges from outside (scripts/judge-documents-typeset.sh) when they ask for it.
pub(crate) fn keep(name: &str, bytes: &[u8]) {
    if let Ok(folder) = std::env::var("HAIDANG_TEST_KEEP") {
        std::fs::write(PathBuf::from(folder).join(format!("{}.pdf", name.replace('/', "-"))), bytes).unwrap();
    }
}

pub(crate) fn typesetting(pack: &str) -> PackTypesetting {
    PackTypesetting::new(Typesetter::new(None), Templates::read(&folder(pack)).unwrap())
}

pub(crate) fn request(template: &str, data: Value) -> PaperRequest {
    PaperRequest {
        template: template.to_owned(),
        data,
        title: "Văn bản thử".to_owned(),
        language: "vi".to_owned(),
        dated: 1_767_578_400_000_000,
        attachments: Vec::new(),
    }
}

/// A document of a kind, filled or still without number and date.
pub(crate) fn official(kind: &str, filled: bool) -> Value {
    let mut data = json!({
        "kind": kind,
        "parent": "Ủy ban nhân dân thành phố Hải Phòng",
        "organ": "Sở Nội vụ",
        "notation": if kind == "CV" { "SNV-VP".to_owned() } else { format!("{kind}-SNV") },
        "place": "Hải Phòng",
        "subject": "Về việc rà soát văn bản năm 2026",
        "body": [
            { "text": "Thực hiện chỉ đạo của Ủy ban nhân dân thành phố về nâng cao chất lượng công tác văn thư, Sở Nội vụ đề nghị các cơ quan, đơn vị triển khai đầy đủ các nội dung sau đây đúng thời hạn và báo cáo kết quả." },
            { "type": "heading", "number": "I", "title": "Mục đích, yêu cầu" },
            { "type": "clause", "number": "1", "text": "Rà soát toàn bộ văn bản đã ban hành trong năm, xác định văn bản hết hiệu lực, văn bản cần thay thế, văn bản có nội dung chồng chéo với quy định mới." },
            { "type": "point", "number": "a", "text": "Đơn vị chủ trì lập danh mục, gửi về Sở trước ngày 15 hằng tháng để tổng hợp, theo dõi và đôn đốc thực hiện." },
            { "type": "table", "columns": ["STT", "Nhiệm vụ"], "widths": [1, 5], "rows": [["1", "Lập danh mục"], ["2", "Báo cáo"]] },
            { "type": "clause", "number": "2", "text": "Các đơn vị chịu trách nhiệm về tính chính xác của số liệu và gửi báo cáo qua hệ thống quản lý văn bản điều hành của thành phố." },
        ],
        "recipients": ["Như trên", "Lãnh đạo Sở"],
        "archive": "VT, VP",
        "signature": { "lines": ["KT. Giám đốc", "Phó Giám đốc"], "name": "Trần Thị Ngọc Ánh" },
    });
    if filled {
        data["number"] = json!(5);
        data["date"] = json!("2026-01-05");
    }
    let addressees = json!(["Các sở, ban, ngành", "Ủy ban nhân dân các xã, phường"]);
    match kind {
        "CV" | "TTr" | "BC" | "ThC" | "CĐ" | "GM" => data["addressees"] = addressees,
        "QĐ" | "NQ" => {
            data["bases"] = json!([
                "Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025",
                "Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư;",
                "Theo đề nghị của Chánh Văn phòng"
            ]);
            data["issuer"] = json!("Giám đốc Sở Nội vụ");
        }
        _ => {}
    }
    data
}

pub(crate) const KINDS: [&str; 29] = [
    "NQ", "QĐ", "CT", "QC", "QyĐ", "TC", "TB", "HD", "CTr", "KH", "PA", "ĐA", "DA", "BC", "BB", "TTr", "HĐ", "CV",
    "CĐ", "BGN", "BTT", "GUQ", "GM", "GGT", "GNP", "PG", "PC", "PB", "ThC",
];

pub(crate) async fn set(pack: &str, template: &str, data: Value) -> TypesetPaper {
    typesetting(pack).typeset(&request(template, data)).await.unwrap_or_else(|error| panic!("{template}: {error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn all_kinds_of_both_packs_come_out_and_pass_the_lint() {
    for pack in ["haiphong", "mau"] {
        let typesetting = typesetting(pack);
        for kind in KINDS {
            let paper = typesetting.typeset(&request("official/document", official(kind, true))).await.unwrap();
            let findings = typesetting.lint(&paper.bytes).await.unwrap();
            keep(&format!("{pack}-official-{kind}"), &paper.bytes);
            // An open letter has neither number nor kind, and the list says so.
            let left: Vec<_> = findings.iter().filter(|found| kind != "ThC" || found.rule != "number").collect();
            assert!(left.is_empty(), "{pack} {kind}: {left:#?}");
            for place in ["officer", "organ", "initials"] {
                assert!(paper.places.contains_key(place), "{pack} {kind}: {place}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn number_and_date_stay_open_until_the_clerk_fills_them() {
    let paper = set("haiphong", "official/document", official("QĐ", false)).await;
    let rules: Vec<String> =
        typesetting("haiphong").lint(&paper.bytes).await.unwrap().into_iter().map(|found| found.rule).collect();
    assert_eq!(rules, ["date_empty", "number_empty"]);
    let (number, date) = (paper.places["number"], paper.places["date"]);
    assert!((number.y - date.y).abs() < 3.0 && number.x < date.x && number.height > 14.0, "{number:?} {date:?}");
}

fn extended(file: &[u8], more: Appended) -> Vec<u8> {
    [file, more.bytes.as_slice()].concat()
}

fn opened(file: &[u8]) -> PdfFile {
    PdfFile::open(Arc::new(file.to_vec())).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filled_number_and_date_stand_as_if_they_had_been_set() {
    let paper = set("haiphong", "official/document", official("QĐ", false)).await;
    let place = |name: &str| {
        let PaperPlace { page, x, y, width, height } = paper.places[name];
        Place { page, x, y, width, height }
    };
    let fields = [("number", "Số của văn bản"), ("date", "Thời gian ban hành")]
        .map(|(name, tooltip)| (name.to_owned(), (place(name), tooltip.to_owned())));
    let file = extended(&paper.bytes, empty_fields(&opened(&paper.bytes), &fields.into()).unwrap());
    let values = [("number", "05", false, 13.0), ("date", "ngày 05 tháng 01 năm 2026", true, 14.0)].map(
        |(field, value, italic, size)| FieldValue {
            field: field.to_owned(),
            value: value.to_owned(),
            font: face(italic).into(),
            size,
        },
    );
    let filled = extended(&file, fill_fields(&opened(&file), &values).unwrap());
    assert_eq!(typesetting("haiphong").lint(&filled).await.unwrap(), Vec::new());
    keep("filled", &filled);
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_of_several_parties_have_places_of_their_own() {
    let mut data = official("BB", true);
    data["signatures"] = json!([
        { "lines": ["Thư ký"], "name": "Phạm Thu Hà" }, { "lines": ["Chủ tọa"], "name": "Lê Văn Hải" },
    ]);
    let paper = set("haiphong", "official/document", data).await;
    let (first, second) = (paper.places["officer"], paper.places["officer_2"]);
    assert!(first.x + first.width < second.x && (first.y - second.y).abs() < 0.1);
    // The seal covers about a third of the signature, on its left.
    let seal = paper.places["organ"];
    let covered = (seal.x + seal.width - first.x) / first.width;
    assert!((0.3..0.37).contains(&covered), "{covered}");
}

/// Answers for every value that a result template asks for.
fn answers(source: &str) -> Value {
    let (mut form, mut view) = (serde_json::Map::new(), serde_json::Map::new());
    let keys = |prefix: &str| -> Vec<String> {
        let parts = source.split(prefix).skip(1);
        parts.map(|part| part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()).collect()
    };
    for key in keys("form.").into_iter().chain(keys("(form, \"")) {
        let value = if key.ends_with("_date") { "2026-04-21" } else { "Nguyễn Văn Mẫu" };
        form.insert(key, json!(value));
    }
    for key in keys("view.") {
        view.insert(key, json!("Giá trị"));
    }
    let row: serde_json::Map<String, Value> = keys("row.").into_iter().map(|key| (key, json!("Ô"))).collect();
    for line in source.lines().filter(|line| line.contains(".map(row =>")) {
        let name = line.split("form.").nth(1).unwrap().split('.').next().unwrap();
        form.insert(name.to_owned(), json!([row, row]));
    }
    json!({
        "form": form, "view": view,
        "result": { "number": "12/2026", "issued_on": "2026-01-05", "originals": 2, "name": "Kết quả" },
        "agency": { "name": "Ủy ban nhân dân phường Hồng Bàng" }, "city": { "name": "Thành phố Hải Phòng" },
        "signer": { "name": "Lê Thị Bình", "title": "Chủ tịch" }, "demo": true,
        "verify_url": "https://example.org/kq/abcdefghijklmnop", "qr": qr_rows("https://example.org/kq/abcdefghijklmnop"),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_result_has_a_template_and_wants_all_its_values() {
    for (pack, least) in [("haiphong", 12), ("mau", 2)] {
        let typesetting = typesetting(pack);
        let templates = Templates::read(&folder(pack)).unwrap();
        let results: Vec<&str> = templates.names().filter(|name| name.starts_with("results/")).collect();
        assert_eq!(results.len(), least, "{pack}");
        for name in results {
            let mut data = answers(templates.source(name).unwrap());
            let paper = typesetting.typeset(&request(name, data.clone())).await;
            let paper = paper.unwrap_or_else(|error| panic!("{pack} {name}: {error}"));
            let findings = typesetting.lint(&paper.bytes).await.unwrap();
            keep(&format!("{pack}-{name}"), &paper.bytes);
            let page: Vec<_> = findings
                .iter()
                .filter(|found| found.rule.starts_with("margin") || found.rule == "font_family")
                .collect();
            assert!(page.is_empty(), "{pack} {name}: {page:#?}");
            data["view"] = json!({});
            let error = typesetting.typeset(&request(name, data)).await.unwrap_err();
            assert!(matches!(error, ContractError::Refused { code: "template_failed", .. }), "{pack} {name}: {error}");
        }
    }
}

#[test]
fn every_procedure_with_a_result_has_its_typeset_template() {
    for pack in ["haiphong", "mau"] {
        let templates = Templates::read(&folder(pack)).unwrap();
        let procedures = folder(pack).parent().unwrap().join("procedures");
        let mut seen = 0;
        for entry in std::fs::read_dir(procedures).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
            for version in std::fs::read_dir(entry.path()).unwrap().flatten() {
                let text = std::fs::read_to_string(version.path().join("procedure.toml")).unwrap();
                let procedure: toml::Table = text.parse().unwrap();
                let Some(name) =
                    procedure.get("result").and_then(|result| result.get("template")).and_then(|name| name.as_str())
                else {
                    continue;
                };
                assert!(templates.source(&format!("results/{name}")).is_some(), "{pack}: {name}");
                seen += 1;
            }
        }
        assert!(seen > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_one_to_seven_come_out() {
    for pack in ["haiphong", "mau"] {
        for number in ["01", "02", "03", "04", "05", "06", "07"] {
            let data = json!({
                "superior": "Thành phố Hải Phòng", "agency": "Ủy ban nhân dân phường Hồng Bàng", "number": "Số: H24.11824-260105-0001",
                "place_date": "Hải Phòng, ngày 05 tháng 01 năm 2026", "title": "Giấy tiếp nhận hồ sơ và hẹn trả kết quả",
                "form": format!("Mẫu số {number}"), "opening": "Đã tiếp nhận hồ sơ của:", "lines": [["Ông/bà:", "Nguyễn Văn Mẫu"]],
                "list_title": "Thành phần hồ sơ:", "list": ["Tờ khai", "Giấy chứng sinh"],
                "table": { "caption": "Bảng", "columns": vec!["Cột"; if number == "01" { 3 } else if number == "07" { 7 } else { 6 }],
                           "rows": vec![vec!["Ô"; if number == "01" { 3 } else if number == "07" { 7 } else { 6 }]; 80] },
                "closing": ["Đề nghị mang giấy này khi nhận kết quả."], "recipients": ["Người nộp;", "Lưu: VT."],
                "signer_position": "Công chức tiếp nhận", "signer_name": "Phạm Thu Hà", "code": "H24.11824-260105-0001",
                "address": "Mã tra cứu ABCD", "qr": qr_rows("https://example.org/tra-cuu/abc"), "bars": code_128("H24.11824-260105-0001"), "demo": true,
            });
            let paper = set(pack, &format!("forms/{number}"), data).await;
            keep(&format!("{pack}-forms-{number}"), &paper.bytes);
            assert!(paper.pages >= 2, "{pack} {number}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_refuses_with_codes() {
    let typesetting = typesetting("haiphong");
    let code = |error: ContractError| match error {
        ContractError::Refused { code, .. } => code,
        other => panic!("{other}"),
    };
    assert_eq!(code(typesetting.typeset(&request("official/none", json!({}))).await.unwrap_err()), "template_unknown");
    assert_eq!(
        code(typesetting.typeset(&request("../../../etc/passwd", json!({}))).await.unwrap_err()),
        "template_unknown"
    );
    assert_eq!(
        code(typesetting.typeset(&request("official/document", json!({}))).await.unwrap_err()),
        "template_failed"
    );
    let mut long = official("QĐ", true);
    long["annexes"] = json!(vec![json!({ "title": "Danh mục", "body": [{ "text": "Nội dung." }] }); 201]);
    assert_eq!(code(typesetting.typeset(&request("official/document", long)).await.unwrap_err()), "paper_too_long");
    assert_eq!(code(typesetting.lint(b"no pdf").await.unwrap_err()), "file_unreadable");
    let mut with_file = request("official/document", official("QĐ", true));
    with_file.attachments.push(PaperAttachment {
        name: "van-ban.json".to_owned(),
        media_type: "application/json".to_owned(),
        description: "Phụ lục VI".to_owned(),
        bytes: b"{}".to_vec(),
    });
    keep("attached", &typesetting.typeset(&with_file).await.unwrap().bytes);
}
