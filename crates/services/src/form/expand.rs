//! The JSON Schema that a widget implies, so that a form file says only what is its own.

use super::checks::Check;
use super::field::{Choice, Field, Requirement, Widget};
use haidang_kernel::bilingual::Bilingual;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// Most đồng an amount may have; far above any amount of the city and exact in every JSON reader.
const MOST_MONEY: i64 = 1_000_000_000_000_000;
const MOST_NUMBER: i64 = 1_000_000_000;

/// Gives a composite field its parts and every field its complete schema; what the file says wins.
pub(super) fn complete(field: &mut Field, written: &Json, detail_required: bool) {
    match field.widget {
        Widget::Address => field.parts = address(detail_required),
        Widget::IdPaper => field.parts = id_paper(),
        Widget::PersonRef => field.parts = person(),
        _ => {}
    }
    let mut schema = implied(field);
    if let Json::Object(written) = written {
        for (keyword, value) in written {
            schema.insert(keyword.clone(), value.clone());
        }
    }
    field.schema = Json::Object(schema);
}

fn object(parts: &[Field]) -> Json {
    let properties: Map<String, Json> = parts.iter().map(|part| (part.key.clone(), part.schema.clone())).collect();
    let required: Vec<&str> = parts
        .iter()
        .filter(|part| matches!(part.required, Requirement::Always))
        .map(|part| part.key.as_str())
        .collect();
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

fn implied(field: &Field) -> Map<String, Json> {
    let values: Vec<&str> = field.options.iter().map(|option| option.value.as_str()).collect();
    let code = json!({ "type": "string", "minLength": 1, "maxLength": 20 });
    let schema = match field.widget {
        Widget::Text => json!({ "type": "string", "minLength": 1, "maxLength": 200 }),
        Widget::LongText => json!({ "type": "string", "minLength": 1, "maxLength": 2000 }),
        Widget::Date => json!({ "type": "string", "format": "date" }),
        Widget::PartialDate => {
            json!({ "type": "string", "pattern": "^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$" })
        }
        Widget::Time => json!({ "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$" }),
        Widget::CitizenNo => json!({ "type": "string", "pattern": "^[0-9]{12}$" }),
        Widget::TaxNo => json!({ "type": "string", "pattern": "^([0-9]{10}(-[0-9]{3})?|[0-9]{12})$" }),
        Widget::Phone => json!({ "type": "string", "pattern": "^0[0-9]{9}$" }),
        Widget::Email => json!({ "type": "string", "format": "email", "maxLength": 254 }),
        Widget::Enum if values.is_empty() => code,
        Widget::Enum => json!({ "type": "string", "enum": values }),
        Widget::Set => {
            let item = if values.is_empty() { code } else { json!({ "type": "string", "enum": values }) };
            let most = if values.is_empty() { 50 } else { values.len() };
            json!({ "type": "array", "items": item, "uniqueItems": true, "minItems": 1, "maxItems": most })
        }
        Widget::Boolean if field.must_be => json!({ "type": "boolean", "const": true }),
        Widget::Boolean => json!({ "type": "boolean" }),
        Widget::Money => json!({ "type": "integer", "minimum": 0, "maximum": MOST_MONEY }),
        Widget::Integer => json!({ "type": "integer", "minimum": 0, "maximum": MOST_NUMBER }),
        Widget::Area => json!({ "type": "number", "minimum": 0, "maximum": MOST_NUMBER }),
        Widget::List => {
            let least = if field.checks.contains(&Check::Min1) { 1 } else { 0 };
            json!({ "type": "array", "minItems": least, "maxItems": 50, "items": object(&field.parts) })
        }
        Widget::Address | Widget::IdPaper | Widget::PersonRef => object(&field.parts),
    };
    match schema {
        Json::Object(schema) => schema,
        _ => Map::new(),
    }
}

fn part(key: &str, widget: Widget, vi: &str, en: &str, required: bool) -> Field {
    let mut field = Field {
        key: key.to_owned(),
        widget,
        label: Bilingual::new(vi, en),
        ask: None,
        hint: None,
        why: None,
        required: if required { Requirement::Always } else { Requirement::Never },
        show_when: None,
        must_be: false,
        checks: Vec::new(),
        with: BTreeMap::new(),
        options: Vec::new(),
        options_from: None,
        autocomplete: None,
        prefill: None,
        errors: BTreeMap::new(),
        unit: None,
        sensitive: false,
        unverified: false,
        parts: Vec::new(),
        item: None,
        schema: Json::Null,
    };
    complete(&mut field, &Json::Null, true);
    field
}

fn from_list(key: &str, list: &str, vi: &str, en: &str, required: bool) -> Field {
    Field { options_from: Some(list.to_owned()), ..part(key, Widget::Enum, vi, en, required) }
}

fn with_options(key: &str, options: &[(&str, &str, &str)], vi: &str, en: &str, required: bool) -> Field {
    let mut field = part(key, Widget::Enum, vi, en, required);
    let choice = |(value, vi, en): &(&str, &str, &str)| Choice {
        value: (*value).to_owned(),
        label: Bilingual::new(*vi, *en),
        hint: None,
    };
    field.options = options.iter().map(choice).collect();
    complete(&mut field, &Json::Null, true);
    field
}

/// Two levels since 01/7/2025. The commune is demanded where the pack knows the province's communes.
fn address(detail_required: bool) -> Vec<Field> {
    let mut commune = from_list("commune_code", "communes", "Xã, phường hoặc đặc khu", "Commune", false);
    commune.schema = json!({ "type": "string", "pattern": "^[0-9]{5}$" });
    vec![
        from_list("province_code", "provinces", "Tỉnh, thành phố", "Province or city", true),
        commune,
        Field {
            autocomplete: Some("street-address".to_owned()),
            ..part(
                "detail",
                Widget::Text,
                "Số nhà, đường, thôn, tổ dân phố",
                "House number, street, hamlet",
                detail_required,
            )
        },
    ]
}

fn id_paper() -> Vec<Field> {
    let kinds = [
        ("citizen_card", "Thẻ căn cước hoặc căn cước công dân", "Citizen identity card"),
        ("id_card", "Chứng minh nhân dân", "Old identity card"),
        ("passport", "Hộ chiếu", "Passport"),
        ("other", "Giấy tờ khác", "Another paper"),
    ];
    let mut number = part("number", Widget::Text, "Số giấy tờ", "Number", true);
    complete(&mut number, &json!({ "maxLength": 30 }), true);
    let issued = Field {
        checks: vec![Check::NotFuture],
        ..part("issued_on", Widget::Date, "Ngày cấp", "Date of issue", true)
    };
    vec![
        with_options("kind", &kinds, "Loại giấy tờ", "Kind of paper", true),
        number,
        issued,
        part("issued_by", Widget::Text, "Nơi cấp", "Place of issue", true),
    ]
}

/// The two options of sex on Vietnamese papers.
const SEXES: [(&str, &str, &str); 2] = [("male", "Nam", "Male"), ("female", "Nữ", "Female")];

fn person() -> Vec<Field> {
    let name = Field {
        checks: vec![Check::NameLetters],
        autocomplete: Some("name".to_owned()),
        ..part("full_name", Widget::Text, "Họ, chữ đệm và tên", "Full name", true)
    };
    let number = Field {
        checks: vec![Check::CitizenNoCross],
        ..part("citizen_no", Widget::CitizenNo, "Số định danh cá nhân", "Citizen number", false)
    };
    let birth = Field {
        checks: vec![Check::NotFuture],
        ..part("birth_date", Widget::PartialDate, "Ngày, tháng, năm sinh", "Date of birth", false)
    };
    let residence = Field {
        checks: vec![Check::CommuneKnown],
        ..part("residence", Widget::Address, "Nơi cư trú", "Place of residence", false)
    };
    vec![
        name,
        number,
        birth,
        with_options("sex", &SEXES, "Giới tính", "Sex", false),
        from_list("ethnicity", "ethnic_groups", "Dân tộc", "Ethnicity", false),
        from_list("nationality", "countries", "Quốc tịch", "Nationality", false),
        residence,
    ]
}
