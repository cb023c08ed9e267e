//! Plausible answers to any form of the pack: filled field by field from the kind of field, so that a new procedure
//! needs no line here.

use super::dice::Dice;
use super::names;
use haidang_contracts::identity::PersonRecord;
use haidang_services::form::{self, Check, CodeLists, Field, Widget};
use haidang_services::procedure::{Facts, Version};
use jiff::civil::Date;
use serde_json::{Map, Value as Json, json};

/// What answers are made from.
pub struct Answerer<'a> {
    /// Chance.
    pub dice: &'a Dice,
    /// Code lists of the pack.
    pub codes: &'a CodeLists,
    /// Two digits of the province.
    pub province: &'a str,
    /// Day of filing.
    pub on: Date,
    /// Whose case it is.
    pub owner: &'a PersonRecord,
}

impl Answerer<'_> {
    /// Answers of every page that applies; what the checks refuse is tried again, and at last left as it is.
    pub fn fill(&self, version: &Version, facts: &mut Facts) {
        facts.form = json!({});
        for _ in 0..3 {
            let pages: Vec<Vec<String>> =
                version.pages(facts).iter().map(|page| page.keys().map(str::to_owned).collect()).collect();
            for key in pages.iter().flatten() {
                let missing = facts.form.get(key).is_none();
                if let Some(field) = version.form.field(key).filter(|_| missing) {
                    self.put(&mut facts.form, key, self.value(field));
                }
            }
            facts.variant = version.variant(facts);
            let wrong: Vec<String> = form::validate_all(version, facts, self.codes)
                .into_iter()
                .filter(|e| !e.warning)
                .map(|e| root(&e.field))
                .collect();
            if wrong.is_empty() {
                break;
            }
            if let Json::Object(map) = &mut facts.form {
                map.retain(|key, _| !wrong.contains(key));
            }
        }
    }

    fn put(&self, form: &mut Json, key: &str, value: Option<Json>) {
        if let (Json::Object(map), Some(value)) = (form, value) {
            map.insert(key.to_owned(), value);
        }
    }

    fn value(&self, field: &Field) -> Option<Json> {
        let own = field.key.starts_with("applicant_")
            || field.key.starts_with("owner_")
            || field.prefill.as_deref().is_some_and(|p| p.starts_with("account."));
        if field.is_optional() && !own && self.dice.chance(600) {
            return None;
        }
        Some(match field.widget {
            Widget::Text => json!(self.text(field, own)),
            Widget::LongText => json!("Nội dung minh họa."),
            Widget::Date => json!(self.date(field, own)),
            Widget::PartialDate => json!(self.date(field, own)),
            Widget::Time => json!(format!("{:02}:{:02}", self.dice.between(6, 20), self.dice.between(0, 59))),
            Widget::CitizenNo => json!(self.owner.citizen_no.clone()?),
            Widget::TaxNo => json!(self.owner.tax_no.clone().or(self.owner.citizen_no.clone())?),
            Widget::Phone => json!(self.owner.phone.clone()?),
            Widget::Email => json!("minhhoa@example.vn"),
            Widget::Enum => json!(self.choice(field)?),
            Widget::Set => json!([self.choice(field)?]),
            Widget::Boolean => json!(field.must_be || self.dice.chance(500)),
            Widget::Money => json!(self.dice.between(1, 500) * 100_000),
            Widget::Integer => json!(self.dice.between(1, 3)),
            Widget::Area => json!(self.dice.between(300, 5000) as f64 / 10.0),
            Widget::Address => self.address(),
            Widget::IdPaper => {
                json!({ "kind": "citizen_card", "number": self.owner.citizen_no, "issued_on": "2022-05-10", "issued_by": "Cục Cảnh sát quản lý hành chính về trật tự xã hội" })
            }
            Widget::PersonRef => {
                json!({ "full_name": self.owner.full_name, "citizen_no": self.owner.citizen_no, "birth_date": self.owner.birth_date, "sex": self.owner.sex })
            }
            Widget::List => {
                let entry: Map<String, Json> =
                    field.parts.iter().filter_map(|part| Some((part.key.clone(), self.value(part)?))).collect();
                json!([entry])
            }
        })
    }

    fn text(&self, field: &Field, own: bool) -> String {
        if own && field.key.ends_with("full_name") {
            return self.owner.full_name.clone();
        }
        if field.checks.contains(&Check::HouseholdName) {
            return names::household(self.dice, &self.owner.full_name);
        }
        if field.checks.contains(&Check::NameLetters) || field.key.ends_with("name") {
            return names::full(self.dice, names::family(self.dice), self.dice.chance(500));
        }
        if let Some(digits) = code_digits(field) {
            return (0..digits).map(|_| char::from(b'1' + u8::try_from(self.dice.below(9)).unwrap_or(0))).collect();
        }
        format!("{} minh họa {}", field.label.vi, self.dice.between(1, 99))
    }

    fn date(&self, field: &Field, own: bool) -> String {
        if own
            && field.key.ends_with("birth_date")
            && let Some(birth) = &self.owner.birth_date
        {
            return birth.clone();
        }
        let adult = field.checks.iter().any(|check| matches!(check, Check::Adult18 | Check::Male20 | Check::Female18));
        let days = if adult || field.key.contains("mother") || field.key.contains("father") {
            self.dice.between(23 * 365, 45 * 365)
        } else if field.key.contains("deceased") && field.key.contains("birth") {
            self.dice.between(60 * 365, 92 * 365)
        } else {
            *self.dice.weighted(&[(85, self.dice.between(1, 50)), (15, self.dice.between(70, 900))])
        };
        self.on.saturating_sub(jiff::Span::new().days(days)).to_string()
    }

    fn choice(&self, field: &Field) -> Option<String> {
        if let Some(list) = &field.options_from {
            // The first of a list is the commonest here (Kinh); countries begin with A, so the own country is named.
            let code = if list == "countries" { "VN".to_owned() } else { self.codes.all(list).first()?.code.clone() };
            return Some(code);
        }
        if field.key.ends_with("sex") {
            return Some(self.dice.pick(&["male", "female"]).to_string());
        }
        if field.options.is_empty() {
            return None;
        }
        Some(self.dice.pick(&field.options).value.clone())
    }

    fn address(&self) -> Json {
        json!({ "province_code": self.province, "commune_code": self.owner.commune_code, "detail": self.owner.address })
    }
}

/// How many digits a code has, where the form wants one of digits only, such as `^[0-9]{4}$`.
fn code_digits(field: &Field) -> Option<usize> {
    let pattern = field.schema.get("pattern")?.as_str()?;
    pattern.strip_prefix("^[0-9]{")?.strip_suffix("}$")?.parse().ok()
}

fn root(field: &str) -> String {
    field.split('.').next().unwrap_or(field).to_owned()
}
