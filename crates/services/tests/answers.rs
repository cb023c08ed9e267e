//! Answers: what is typed becomes a value, what is wrong gets its sentence, and nothing typed is lost.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::format::Lang;
use haidang_services::form::{
    self, AnswerError, Button, Code, CodeLists, Field, apply, decode_fields, display, encode_fields, validate_all,
    validate_page,
};
use haidang_services::model::Channel;
use haidang_services::procedure::{Facts, Files, Version, load_files};
use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::sync::LazyLock;

const TOML: &str = include_str!("data/all_widgets/procedure.toml");
const FORM: &str = include_str!("data/all_widgets/form.json");

static VERSION: LazyLock<Version> = LazyLock::new(|| {
    let mut files = Files::default();
    files.0.insert("procedure.toml".to_owned(), TOML.as_bytes().to_vec());
    files.0.insert("form.json".to_owned(), FORM.as_bytes().to_vec());
    let (version, findings) = load_files("w", &files).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    version
});

static CODES: LazyLock<CodeLists> = LazyLock::new(|| {
    let code = |code: &str, vi: &str| Code {
        code: code.to_owned(),
        name: Bilingual::new(vi, vi),
        from: None,
        to: None,
        successor: None,
    };
    let old = Code { to: Some(date(2025, 6, 30)), successor: Some("11824".to_owned()), ..code("11821", "Xã Cũ") };
    let mut lists = CodeLists::new(Some("31".to_owned()));
    lists.insert("communes", vec![code("11824", "Xã Vĩnh Bảo"), old]);
    lists.insert("provinces", vec![code("31", "Thành phố Hải Phòng"), code("01", "Thành phố Hà Nội")]);
    lists.insert("ethnic_groups", vec![code("01", "Kinh"), code("02", "Tày")]);
    lists.insert("countries", vec![code("VN", "Việt Nam")]);
    lists
});

/// A whole answer in which nothing is wrong. The numbers are structurally valid and belong to nobody.
fn whole() -> Json {
    json!({
        "name": "Trần Thị Mẫu", "story": "một\nhai", "born": "1990-02-28", "old_paper": "1960-03", "at": "14:30",
        "born_citizen_no": "031190000000", "tax": "9999999002", "phone": "0912345678", "mail": "mau@example.com",
        "sex": "female", "benefits": ["pension"], "agree": true, "capital": 1_234_567, "workers": 12, "area": 12.5,
        "home": { "province_code": "31", "commune_code": "11824", "detail": "Số 1 đường Ví Dụ" },
        "paper": { "kind": "passport", "number": "B1234567", "issued_on": "2020-01-01", "issued_by": "Cục Mẫu" },
        "person": { "full_name": "Lê Mẫu" },
        "documents": [{ "title": "Bằng mẫu", "pages": 3, "issued": "2019-05-05" }]
    })
}

fn facts(form: Json) -> Facts {
    Facts::new(Channel::Direct, date(2026, 11, 21)).with_form(form)
}

fn errors(form: Json) -> Vec<AnswerError> {
    validate_all(&VERSION, &facts(form), &CODES)
}

fn with(key: &str, value: Json) -> Json {
    let mut answers = whole();
    answers[key] = value;
    answers
}

fn all_fields() -> Vec<&'static Field> {
    VERSION.form.fields.iter().collect()
}

#[test]
fn a_whole_answer_is_accepted_by_us_and_by_the_schema() {
    assert_eq!(errors(whole()), Vec::new());
    assert!(VERSION.form.schema_accepts(&form::relevant(&VERSION, &facts(whole()))));
}

#[test]
fn each_fault_has_its_sentence() {
    let place =
        |province: &str, commune: Json| json!({ "province_code": province, "commune_code": commune, "detail": "Số 1" });
    let cases: Vec<(&str, Json, &str, &str, &str)> = vec![
        ("name", Json::Null, "/name", "required", "Hãy nhập họ, chữ đệm và tên"),
        (
            "name",
            json!("Trần 2"),
            "/name",
            "name_letters",
            "Họ, chữ đệm và tên chỉ gồm chữ cái, dấu cách, dấu nháy và gạch nối",
        ),
        ("name", json!("a".repeat(101)), "/name", "name_too_long", "Họ, chữ đệm và tên dài nhất là 100 ký tự"),
        ("name", json!("a".repeat(201)), "/name", "max_length", "Họ, chữ đệm và tên dài nhất là 200 ký tự"),
        ("born", json!("2026-11-22"), "/born", "not_future", "Ngày sinh không được sau ngày hôm nay"),
        ("born", json!("2008-11-22"), "/born", "adult_18", "Người này phải đủ 18 tuổi vào ngày nộp hồ sơ"),
        (
            "born",
            json!({ "day": "31", "month": "2", "year": "2020" }),
            "/born",
            "date_not_real",
            "Ngày sinh không có trong lịch. Hãy kiểm tra lại ngày, tháng và năm",
        ),
        (
            "born",
            json!({ "day": "", "month": "2", "year": "2020" }),
            "/born",
            "date_incomplete",
            "Ngày sinh phải có đủ ngày, tháng và năm",
        ),
        (
            "born",
            json!({ "day": "1", "month": "2", "year": "20" }),
            "/born",
            "date_year",
            "Năm của ngày sinh phải có 4 chữ số",
        ),
        (
            "old_paper",
            json!({ "day": "1", "month": "", "year": "1960" }),
            "/old_paper",
            "date_incomplete",
            "Ngày cấp giấy cũ phải có ít nhất là năm; có ngày thì phải có tháng",
        ),
        ("at", json!("25:00"), "/at", "time", "Hãy nhập giờ hẹn gồm giờ và phút, ví dụ 14:30"),
        (
            "born_citizen_no",
            json!("03119000000a1"),
            "/born_citizen_no",
            "not_digits",
            "Số định danh cá nhân chỉ gồm chữ số",
        ),
        (
            "born_citizen_no",
            json!("0311900"),
            "/born_citizen_no",
            "citizen_length",
            "Số định danh cá nhân phải có đúng 12 chữ số",
        ),
        (
            "tax",
            json!("9999999003"),
            "/tax",
            "checksum",
            "Mã số thuế có chữ số không khớp. Hãy kiểm tra lại từng chữ số",
        ),
        ("phone", json!("1912345678"), "/phone", "prefix", "Số điện thoại phải bắt đầu bằng 0 hoặc +84"),
        ("phone", json!("091234567"), "/phone", "phone_length", "Số điện thoại phải có 10 chữ số, ví dụ 0912 345 678"),
        ("mail", json!("mau@"), "/mail", "email", "Hãy nhập thư điện tử theo dạng ten@vidu.vn"),
        ("sex", json!("nam"), "/sex", "not_in_list", "Hãy chọn giới tính trong danh sách"),
        ("sex", Json::Null, "/sex", "required", "Hãy chọn giới tính"),
        ("benefits", Json::Null, "/benefits", "required", "Hãy chọn ít nhất một mục: chế độ đang hưởng"),
        ("agree", json!(false), "/agree", "must_be", "Hãy đánh dấu vào ô: Tôi cam đoan"),
        (
            "capital",
            json!("1.5"),
            "/capital",
            "ambiguous_number",
            "Vốn đọc được theo hai cách: hãy dùng dấu phẩy cho phần lẻ (1,5) và dấu chấm cho hàng nghìn (1.500)",
        ),
        ("capital", json!(0), "/capital", "positive", "Vốn phải lớn hơn 0"),
        ("workers", json!("mười"), "/workers", "not_a_number", "Số lao động phải là số, ví dụ 1.250.000"),
        ("workers", json!(-1), "/workers", "minimum", "Số lao động phải từ 0 trở lên"),
        ("area", json!(1.25), "/area", "one_decimal", "Diện tích chỉ có một chữ số sau dấu phẩy"),
        (
            "home",
            place("31", Json::Null),
            "/home/commune_code",
            "required",
            "Hãy chọn xã, phường hoặc đặc khu của nơi cư trú",
        ),
        (
            "home",
            place("31", json!("99999")),
            "/home",
            "commune_known",
            "Không có mã xã, phường hoặc đặc khu này: hãy chọn lại nơi cư trú",
        ),
        (
            "home",
            place("31", json!("11821")),
            "/home",
            "commune_replaced",
            "Đơn vị này nay thuộc Xã Vĩnh Bảo: hãy chọn lại nơi cư trú",
        ),
        (
            "home",
            place("99", json!("11824")),
            "/home/province_code",
            "not_in_list",
            "Hãy chọn tỉnh, thành phố của nơi cư trú trong danh sách",
        ),
        (
            "paper",
            json!({ "kind": "passport", "issued_on": "2020-01-01", "issued_by": "Cục Mẫu" }),
            "/paper/number",
            "required",
            "Hãy nhập số giấy tờ của giấy tờ tùy thân",
        ),
        ("documents", Json::Null, "/documents", "required", "Hãy thêm ít nhất một giấy tờ"),
        (
            "documents",
            json!([{ "title": "Bằng mẫu", "issued": "2019-05-05" }]),
            "/documents/0/pages",
            "required",
            "Hãy nhập số trang (giấy tờ thứ 1)",
        ),
    ];
    for (key, value, pointer, code, message) in cases {
        let found = errors(with(key, value.clone()));
        let hit = found.iter().find(|error| error.pointer == pointer);
        let hit = hit.unwrap_or_else(|| panic!("{key} {value}: nothing at {pointer}: {found:?}"));
        assert_eq!((hit.code.as_str(), hit.message.vi.as_str()), (code, message), "{key} {value}");
        assert!(hit.message.en.as_ref().is_some_and(|en| !en.is_empty()), "{key}");
        assert!(!hit.warning);
        assert_eq!(found.iter().filter(|error| !error.warning).count(), 1, "{key} {value}: {found:?}");
    }
}

#[test]
fn a_number_of_another_birth_year_or_sex_warns_and_does_not_stop() {
    for (number, code) in [("031191000000", "birth_year_mismatch"), ("031090000000", "sex_mismatch")] {
        let found = errors(with("born_citizen_no", json!(number)));
        assert_eq!(found.iter().map(|e| (e.code.as_str(), e.warning)).collect::<Vec<_>>(), [(code, true)]);
    }
}

#[test]
fn conditions_decide_what_is_asked() {
    // A required field of a page that does not apply is neither asked nor submitted.
    let mut answers = whole();
    answers["has_agent"] = json!(false);
    answers["agent_name"] = json!("Tên Thừa 1");
    assert_eq!(errors(answers.clone()), Vec::new());
    assert!(form::relevant(&VERSION, &facts(answers.clone())).get("agent_name").is_none());
    answers["has_agent"] = json!(true);
    answers["agent_name"] = Json::Null;
    assert_eq!(errors(answers.clone()).iter().map(|e| e.pointer.as_str()).collect::<Vec<_>>(), ["/agent_name"]);
    // One page checks its own fields only.
    answers["name"] = Json::Null;
    let page = VERSION.page("numbers").unwrap();
    assert_eq!(validate_page(&VERSION, page, &facts(answers), &CODES), Vec::new());
}

#[test]
fn more_than_256_kilobytes_are_refused() {
    let huge = vec![("story".to_owned(), "a".repeat(300 * 1024))];
    assert_eq!(decode_fields(&all_fields(), &huge).unwrap_err().code, "answer_too_large");
    let found = errors(with("unknown", json!("a".repeat(300 * 1024))));
    assert!(found.iter().any(|error| error.code == "answer_too_large"));
}

#[test]
fn entries_are_added_and_removed() {
    let typed = |extra: (&str, &str)| {
        let mut typed = vec![
            ("documents.0.title".to_owned(), "Một".to_owned()),
            ("documents.1.title".to_owned(), "Hai".to_owned()),
        ];
        typed.push((extra.0.to_owned(), extra.1.to_owned()));
        decode_fields(&all_fields(), &typed).unwrap()
    };
    let added = typed(("_add", "documents"));
    assert_eq!(added.button, Some(Button::Add("documents".to_owned())));
    assert_eq!(added.patch["documents"], json!([{ "title": "Một" }, { "title": "Hai" }, {}]));
    let removed = typed(("_remove", "documents.0"));
    assert_eq!(removed.patch["documents"], json!([{ "title": "Hai" }]));
    let sent = typed(("documents.2.title", "  "));
    assert_eq!((sent.button, sent.patch["documents"].as_array().unwrap().len()), (None, 2));
    let foreign = typed(("_add", "anything"));
    assert_eq!(foreign.button, None);
}

#[test]
fn answers_are_shown_as_people_read_them() {
    let cases = [
        ("born", "ngày 28 tháng 2 năm 1990"),
        ("old_paper", "tháng 3 năm 1960"),
        ("phone", "0912 345 678"),
        ("sex", "Nữ"),
        ("agree", "Có"),
        ("capital", "1.234.567\u{a0}đồng"),
        ("workers", "12\u{a0}người"),
        ("area", "12,5\u{a0}m²"),
        ("home", "Số 1 đường Ví Dụ, Xã Vĩnh Bảo, Thành phố Hải Phòng"),
    ];
    let answers = whole();
    for (key, expected) in cases {
        let field = VERSION.form.field(key).unwrap();
        assert_eq!(display(field, &answers[key], Lang::Vi, &CODES).join(" / "), expected, "{key}");
    }
    let raw = json!({ "day": "31", "month": "2", "year": "2020" });
    let born = VERSION.form.field("born").unwrap();
    assert_eq!(display(born, &raw, Lang::Vi, &CODES), ["31/2/2020"]);
}

#[test]
fn a_whole_answer_survives_the_way_through_the_page() {
    let typed = encode_fields(&all_fields(), &whole());
    let mut back = json!({});
    apply(&mut back, &decode_fields(&all_fields(), &typed).unwrap().patch);
    assert_eq!(back, whole());
}

fn key() -> impl Strategy<Value = String> {
    let names: Vec<String> = encode_fields(&all_fields(), &whole()).into_iter().map(|(name, _)| name).collect();
    prop_oneof![4 => prop::sample::select(names), 1 => "[a-z_.0-9]{0,20}"]
}

fn typed_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,30}",
        "[0-9 .,/-]{0,14}",
        Just("31".to_owned()),
        Just("true".to_owned()),
        Just("\u{202e}\u{a0}ê\u{301}".to_owned()),
    ]
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(|n| json!(n)),
        "\\PC{0,20}".prop_map(Json::from),
        Just(json!("2026-02-30")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::hash_map("[a-z_]{1,12}|day|month|year|detail|title", inner, 0..4)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// What was read once is read again as the same, however odd it was.
    #[test]
    fn nothing_typed_is_lost(typed in prop::collection::vec((key(), typed_text()), 0..30)) {
        let fields = all_fields();
        let once = decode_fields(&fields, &typed).unwrap();
        let mut answers = json!({});
        apply(&mut answers, &once.patch);
        let again = decode_fields(&fields, &encode_fields(&fields, &answers)).unwrap();
        let mut second = json!({});
        apply(&mut second, &again.patch);
        // Empty entries are kept only while a list button is pressed.
        if once.button.is_none() {
            prop_assert_eq!(&second, &answers);
        }
        let _ = errors(answers);
    }

    /// A mutated answer never panics, and what JSON Schema refuses is never silent.
    #[test]
    fn mutated_answers_are_judged(key in prop::sample::select(all_fields().iter().map(|f| f.key.clone()).collect::<Vec<_>>()), value in any_json()) {
        let answers = with(&key, value);
        let found = errors(answers.clone());
        let sent = form::relevant(&VERSION, &facts(answers.clone()));
        if !VERSION.form.schema_accepts(&sent) {
            prop_assert!(found.iter().any(|error| !error.warning), "{} {:?}", sent, found);
        }
        for field in all_fields() {
            if let Some(value) = answers.get(&field.key) {
                let _ = display(field, value, Lang::En, &CODES);
            }
        }
        let _ = encode_fields(&all_fields(), &answers);
    }
}
