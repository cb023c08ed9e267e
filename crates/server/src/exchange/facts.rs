//! What a register is asked, and what its answer says in the shapes of our forms, as the pack writes it down
//! (`exchange/registers.toml`). Pure.

use std::collections::{BTreeMap, BTreeSet};

use haidang_contracts::identity::PersonRecord;
use haidang_exchange::rules::identifier::{ServiceId, SubsystemId};
use haidang_identity::registers::Registers;
use haidang_kernel::text::{nfc, search_key};
use jiff::civil::Date;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Registers that are asked through the exchange.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterFile {
    /// `INSTANCE/CLASS/MEMBER/SUBSYSTEM` as which the city asks.
    pub consumer: String,
    /// Registers.
    #[serde(default, rename = "register")]
    pub registers: Vec<RegisterDraft>,
}

/// How a register is asked, as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterDraft {
    /// Its id in the sources of forms (`population`).
    pub id: String,
    /// `INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE`
    pub service: String,
    /// Method; a question has a body only with POST.
    #[serde(default)]
    pub method: Asking,
    /// Path below the service, with its first slash; `{tax_no}` and other facts of the person stand in their places.
    pub path: String,
    /// Purpose, as the agreement names it.
    pub purpose: String,
    /// How long a form waits for it, in milliseconds.
    #[serde(default = "patience")]
    pub timeout_ms: u64,
    /// JSON key of the question to a fact that the city has of the person: `citizen_no`, `tax_no`, `full_name`,
    /// `birth_date`. Whoever lacks one of them is not asked about.
    #[serde(default)]
    pub request: BTreeMap<String, String>,
    /// JSON keys of the question that are the same for everybody.
    #[serde(default)]
    pub always: BTreeMap<String, String>,
    /// What an answer must repeat to be about this person: JSON pointer to a fact, as in `request`.
    pub same: BTreeMap<String, String>,
    /// Facts that it gives, by their path behind the id.
    pub facts: BTreeMap<String, Fact>,
}

fn patience() -> u64 {
    2_500
}

/// Where a fact stands in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    /// At this JSON pointer, as it is.
    At(String),
    /// At this JSON pointer, in another form.
    Read {
        /// JSON pointer.
        at: String,
        /// How it is read.
        r#as: Reading,
    },
    /// A name in parts, at these JSON pointers; parts that are not there are left out.
    Name {
        /// JSON pointers.
        name: Vec<String>,
    },
    /// A code at this JSON pointer, as another list has it; one that is not in the table is not taken.
    Coded {
        /// JSON pointer.
        at: String,
        /// Their codes to ours.
        codes: BTreeMap<String, String>,
    },
    /// An object of several.
    Together(BTreeMap<String, Fact>),
}

/// How a register is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Asking {
    /// With the question in the path alone.
    Get,
    /// With a JSON body.
    #[default]
    Post,
}

/// How a text of a register becomes a value of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// A name in capitals (`NGUYỄN VĂN A`), as people write it.
    Name,
    /// `yyyyMMdd` or `yyyy-MM-dd`; anything else is not taken.
    Date,
    /// An address in capitals that ends with the commune and the province, without those two.
    Street,
}

/// A register that is asked through the exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// Its id in the sources of forms.
    pub id: String,
    /// Service.
    pub service: ServiceId,
    /// Method.
    pub method: Asking,
    /// Purpose.
    pub purpose: String,
    /// Milliseconds.
    pub timeout_ms: u64,
    path: String,
    request: BTreeMap<String, String>,
    always: BTreeMap<String, String>,
    same: BTreeMap<String, String>,
    facts: BTreeMap<String, Fact>,
}

const OF_A_PERSON: &[&str] = &["citizen_no", "tax_no", "full_name", "birth_date"];

impl RegisterFile {
    /// Judges the file; `known` are the registers whose name and legal basis residents read.
    ///
    /// # Errors
    /// Everything that is wrong, each thing by its name.
    pub fn judge(self, known: &Registers) -> Result<(SubsystemId, Vec<Register>), Vec<String>> {
        let mut wrong = Vec::new();
        let consumer = SubsystemId::parse(&self.consumer);
        if consumer.is_none() {
            wrong.push(format!("consumer {:?}: write INSTANCE/CLASS/MEMBER/SUBSYSTEM", self.consumer));
        }
        let mut seen = BTreeSet::new();
        let mut registers = Vec::new();
        for draft in self.registers {
            let id = draft.id.clone();
            if !seen.insert(id.clone()) {
                wrong.push(format!("register {id}: stands twice"));
            }
            match draft.judge(known) {
                Ok(register) => registers.push(register),
                Err(complaints) => wrong.extend(complaints.into_iter().map(|what| format!("register {id}: {what}"))),
            }
        }
        match consumer {
            Some(consumer) if wrong.is_empty() => Ok((consumer, registers)),
            _ => Err(wrong),
        }
    }
}

impl RegisterDraft {
    fn judge(self, known: &Registers) -> Result<Register, Vec<String>> {
        let mut wrong = Vec::new();
        if known.get(&self.id).is_none() {
            wrong.push("no register of this id has a name and a legal basis (registers.toml)".to_owned());
        }
        let service = ServiceId::parse(&self.service);
        if service.is_none() {
            wrong.push(format!("service {:?}: write INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE", self.service));
        }
        if !self.path.starts_with('/') {
            wrong.push(format!("path {:?}: begins with /", self.path));
        }
        if !(100..=30_000).contains(&self.timeout_ms) {
            wrong.push("timeout_ms: 100 to 30000, for a resident waits".to_owned());
        }
        for fact in self
            .request
            .values()
            .map(String::as_str)
            .chain(self.same.values().map(String::as_str))
            .chain(places(&self.path))
        {
            if !OF_A_PERSON.contains(&fact) {
                wrong.push(format!("{fact:?} is none of {}", OF_A_PERSON.join(", ")));
            }
        }
        if self.same.is_empty() {
            wrong.push("same: say by what an answer is known to be about the person".to_owned());
        }
        let pointers = self.same.keys().chain(self.facts.values().flat_map(Fact::pointers));
        wrong.extend(
            pointers
                .filter(|pointer| !pointer.starts_with('/'))
                .map(|pointer| format!("{pointer:?} is no JSON pointer (it begins with /)")),
        );
        match service {
            Some(service) if wrong.is_empty() => Ok(Register {
                id: self.id,
                service,
                method: self.method,
                path: self.path,
                purpose: self.purpose,
                timeout_ms: self.timeout_ms,
                request: self.request,
                always: self.always,
                same: self.same,
                facts: self.facts,
            }),
            _ => Err(wrong),
        }
    }
}

impl Fact {
    fn pointers(&self) -> Vec<&String> {
        match self {
            Self::At(at) | Self::Read { at, .. } | Self::Coded { at, .. } => vec![at],
            Self::Name { name } => name.iter().collect(),
            Self::Together(parts) => parts.values().flat_map(Self::pointers).collect(),
        }
    }

    /// The value in an answer; none where there is nothing that can be taken.
    fn read(&self, answer: &Value) -> Option<Value> {
        match self {
            Self::At(at) => answer.pointer(at).filter(|value| is_something(value)).cloned(),
            Self::Read { at, r#as } => r#as.read(answer.pointer(at)?.as_str()?).map(Value::String),
            Self::Name { name } => {
                let parts = name.iter().filter_map(|at| answer.pointer(at)?.as_str()).map(str::trim);
                let whole = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
                Reading::Name.read(&whole).map(Value::String)
            }
            Self::Coded { at, codes } => codes.get(answer.pointer(at)?.as_str()?).cloned().map(Value::String),
            Self::Together(parts) => {
                let read = parts.iter().filter_map(|(name, part)| Some((name.clone(), part.read(answer)?)));
                let object: Map<String, Value> = read.collect();
                // Half an address is none.
                (object.len() == parts.len()).then_some(Value::Object(object))
            }
        }
    }
}

fn is_something(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

impl Reading {
    fn read(self, text: &str) -> Option<String> {
        let text = nfc(text.trim());
        let read = match self {
            Self::Name => text.split_whitespace().map(capitalised).collect::<Vec<_>>().join(" "),
            Self::Date => {
                let date = Date::strptime("%Y%m%d", &text).or_else(|_| text.parse::<Date>()).ok()?;
                date.to_string()
            }
            Self::Street => {
                let parts: Vec<&str> = text.split(',').map(str::trim).collect();
                let street = parts.get(..parts.len().checked_sub(2)?)?;
                let words = street.iter().map(|part| part.split_whitespace().map(capitalised).collect::<Vec<_>>());
                words.map(|words| words.join(" ")).collect::<Vec<_>>().join(", ")
            }
        };
        (!read.is_empty()).then_some(read)
    }
}

/// A word of capitals as people write it. One that is not only of capitals was written by somebody who knew how.
fn capitalised(word: &str) -> String {
    if word.chars().any(char::is_lowercase) {
        return word.to_owned();
    }
    let mut letters = word.chars();
    letters.next().into_iter().chain(letters.flat_map(char::to_lowercase)).collect()
}

/// The names in braces of a path.
fn places(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

fn of_person<'p>(person: &'p PersonRecord, fact: &str) -> Option<&'p str> {
    match fact {
        "citizen_no" => person.citizen_no.as_deref(),
        "tax_no" => person.tax_no.as_deref(),
        "full_name" => Some(&person.full_name),
        "birth_date" => person.birth_date.as_deref(),
        _ => None,
    }
}

impl Register {
    /// Whether it gives a fact.
    pub fn gives(&self, path: &[&str]) -> bool {
        path == ["*"] || self.facts.contains_key(&path.join("."))
    }

    /// The question about a person; none where the city knows too little of them to ask.
    pub fn question(&self, person: &PersonRecord) -> Option<Value> {
        let always = self.always.iter().map(|(key, text)| Some((key.clone(), json!(text))));
        let parts = self.request.iter().map(|(key, fact)| Some((key.clone(), json!(of_person(person, fact)?))));
        always.chain(parts).collect::<Option<Map<String, Value>>>().map(Value::Object)
    }

    /// The path about a person, percent-encoded; none where the city knows too little of them to ask.
    pub fn path(&self, person: &PersonRecord) -> Option<String> {
        let mut path = self.path.clone();
        for name in places(&self.path) {
            let value = utf8_percent_encode(of_person(person, name)?, NON_ALPHANUMERIC).to_string();
            path = path.replace(&format!("{{{name}}}"), &value);
        }
        Some(path)
    }

    /// Whether an answer is about this person, accents and capitals aside.
    pub fn is_about(&self, person: &PersonRecord, answer: &Value) -> bool {
        self.same.iter().all(|(pointer, fact)| {
            let said = answer.pointer(pointer).and_then(Value::as_str);
            said.zip(of_person(person, fact)).is_some_and(|(said, known)| search_key(said) == search_key(known))
        })
    }

    /// What an answer says at a path.
    pub fn fact(&self, path: &[&str], answer: &Value) -> Option<Value> {
        if path != ["*"] {
            return self.facts.get(&path.join(".")).and_then(|fact| fact.read(answer));
        }
        let all: Map<String, Value> =
            self.facts.iter().filter_map(|(name, fact)| Some((name.clone(), fact.read(answer)?))).collect();
        (!all.is_empty()).then_some(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use haidang_contracts::identity::PersonKind;
    use haidang_kernel::id::Id;

    const FILE: &str = r#"
        consumer = "VN-HP/GOV/H24/MOTCUA"
        [[register]]
        id = "population"
        service = "VN-HP/GOV/BCA/DANCU/cong-dan"
        path = "/tra-cuu"
        purpose = "GIAI-QUYET-TTHC"
        request = { soDinhDanh = "citizen_no", ngaySinh = "birth_date" }
        always = { maCanBo = "motcua" }
        same = { "/soDinhDanh" = "citizen_no", "/hoTen" = "full_name" }
        [register.facts]
        full_name = { at = "/hoTen", as = "name" }
        birth_date = { at = "/ngaySinh", as = "date" }
        ethnicity = "/danToc"
        parts = { name = ["/ho", "/dem", "/ten"] }
        sex = { at = "/gioiTinh", codes = { nam = "male", nu = "female" } }
        "spouse.full_name" = { at = "/voChong/hoTen", as = "name" }
        residence = { commune_code = "/thuongTru/maXa", detail = { at = "/thuongTru/chiTiet", as = "street" } }
    "#;

    fn register(text: &str) -> Result<Register, Vec<String>> {
        let file: RegisterFile = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
        let (_, mut registers) = file.judge(&Registers::built_in().unwrap())?;
        Ok(registers.remove(0))
    }

    fn person() -> PersonRecord {
        PersonRecord {
            id: Id::parse("0193f000-0000-7000-8000-000000000001").unwrap(),
            kind: PersonKind::Person,
            full_name: "Nguyễn Thị Mẫu".into(),
            citizen_no: Some("031190000017".into()),
            tax_no: None,
            birth_date: Some("1990-05-01".into()),
            sex: None,
            ethnicity: None,
            nationality: None,
            commune_code: None,
            address: None,
            phone: None,
            email: None,
        }
    }

    fn answer() -> Value {
        json!({
            "soDinhDanh": "031190000017",
            "hoTen": "NGUYỄN THỊ MẪU",
            "ngaySinh": "19900501",
            "danToc": "01",
            "ho": "NGUYỄN",
            "dem": "",
            "ten": "THỊ MẪU",
            "gioiTinh": "nu",
            "voChong": { "hoTen": "" },
            "thuongTru": { "maXa": "11824", "chiTiet": "SỐ 1 NGÕ 2, ĐƯỜNG ĐẰNG HẢI, PHƯỜNG HẢI AN, THÀNH PHỐ HẢI PHÒNG" },
        })
    }

    #[test]
    fn a_question_holds_what_the_city_knows_and_nothing_else() {
        let register = register(FILE).unwrap();
        assert_eq!(
            register.question(&person()),
            Some(json!({ "maCanBo": "motcua", "soDinhDanh": "031190000017", "ngaySinh": "1990-05-01" }))
        );
        assert_eq!(register.question(&PersonRecord { birth_date: None, ..person() }), None);
    }

    #[test]
    fn a_path_holds_a_number_as_it_may_stand_there() {
        let register = register(&FILE.replace("\"/tra-cuu\"", "\"/doanh-nghiep/{tax_no}\"")).unwrap();
        let business = PersonRecord { tax_no: Some("0200000001-001".into()), ..person() };
        assert_eq!(register.path(&business).as_deref(), Some("/doanh-nghiep/0200000001%2D001"));
        assert_eq!(register.path(&person()), None);
    }

    #[test]
    fn an_answer_becomes_what_forms_hold() {
        let register = register(FILE).unwrap();
        for (path, expected) in [
            ("full_name", json!("Nguyễn Thị Mẫu")),
            ("birth_date", json!("1990-05-01")),
            ("ethnicity", json!("01")),
            ("parts", json!("Nguyễn Thị Mẫu")),
            ("sex", json!("female")),
            ("residence", json!({ "commune_code": "11824", "detail": "Số 1 Ngõ 2, Đường Đằng Hải" })),
            ("spouse.full_name", Value::Null),
            ("religion", Value::Null),
        ] {
            let path: Vec<&str> = path.split('.').collect();
            assert_eq!(register.fact(&path, &answer()).unwrap_or_default(), expected, "{path:?}");
        }
        let all = register.fact(&["*"], &answer()).unwrap();
        assert_eq!(all.as_object().unwrap().len(), 6);
    }

    #[test]
    fn an_answer_about_somebody_else_is_known() {
        let register = register(FILE).unwrap();
        let check = |pointer: &str, value: Value, expected: bool| {
            let mut changed = answer();
            *changed.pointer_mut(pointer).unwrap() = value;
            assert_eq!(register.is_about(&person(), &changed), expected, "{pointer} {changed}");
        };
        check("/danToc", json!("02"), true);
        check("/hoTen", json!("Nguyen Thi Mau"), true);
        check("/hoTen", json!("NGUYỄN THỊ KHÁC"), false);
        check("/soDinhDanh", json!("031190000018"), false);
        check("/soDinhDanh", Value::Null, false);
        check("/soDinhDanh", json!(31_190_000_017_u64), false);
    }

    #[test]
    fn what_cannot_be_taken_is_not_taken() {
        let register = register(FILE).unwrap();
        for (pointer, path, value) in [
            ("/ngaySinh", "birth_date", json!("19901332")),
            ("/ngaySinh", "birth_date", json!("1990")),
            ("/ngaySinh", "birth_date", json!(19_900_501)),
            ("/hoTen", "full_name", json!("  ")),
            ("/danToc", "ethnicity", json!("")),
            ("/gioiTinh", "sex", json!("khac")),
            ("/thuongTru/chiTiet", "residence", json!("HẢI PHÒNG")),
            ("/thuongTru/maXa", "residence", Value::Null),
        ] {
            let mut changed = answer();
            *changed.pointer_mut(pointer).unwrap() = value;
            assert_eq!(register.fact(&[path], &changed), None, "{changed}");
        }
    }

    #[test]
    fn everything_wrong_with_a_file_is_told() {
        for (from, to, part) in [
            ("id = \"population\"", "id = \"gossip\"", "no register of this id"),
            ("VN-HP/GOV/H24/MOTCUA", "MOTCUA", "consumer \"MOTCUA\""),
            ("VN-HP/GOV/BCA/DANCU/cong-dan", "VN-HP/GOV/BCA", "INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE"),
            ("\"/tra-cuu\"", "\"tra-cuu\"", "begins with /"),
            ("\"birth_date\" }", "\"shoe_size\" }", "\"shoe_size\" is none of"),
            ("\"/tra-cuu\"", "\"/nguoi/{shoe_size}\"", "\"shoe_size\" is none of"),
            ("{ \"/soDinhDanh\" = \"citizen_no\", \"/hoTen\" = \"full_name\" }", "{}", "same: say by what"),
            ("ethnicity = \"/danToc\"", "ethnicity = \"danToc\"", "\"danToc\" is no JSON pointer"),
            ("purpose =", "timeout_ms = 60000\npurpose =", "timeout_ms"),
            ("as = \"date\"", "as = \"moon\"", "\"moon\" is no JSON pointer"),
        ] {
            assert!(FILE.contains(from), "{from}");
            let complaints = register(&FILE.replace(from, to)).unwrap_err();
            assert!(complaints.iter().any(|what| what.contains(part)), "{to}: {complaints:?}");
        }
    }
}
