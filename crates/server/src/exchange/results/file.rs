//! What a register of another agency is told of a result, as the pack writes it down (`exchange/results.toml`). Pure.

use std::collections::{BTreeMap, BTreeSet};

use haidang_contracts::synchronisation::DecidedCase;
use haidang_exchange::rules::identifier::{ServiceId, SubsystemId};
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use quick_xml::writer::Writer;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Results that registers of others are told of.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultFile {
    /// `INSTANCE/CLASS/MEMBER/SUBSYSTEM` as which the city calls.
    pub consumer: String,
    /// One entry for each register and kind of result.
    #[serde(default, rename = "result")]
    pub results: Vec<Entry>,
}

/// What one register is told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name in this city.
    pub id: String,
    /// Procedures whose results it is told of.
    pub procedures: Vec<String>,
    /// `INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE`
    pub service: String,
    /// Path below the service, with its first slash; the call is a POST.
    pub path: String,
    /// Purpose, as the agreement names it.
    pub purpose: String,
    /// The purpose in Vietnamese, for the owner's log.
    pub purpose_text: String,
    /// The act by which it is told.
    pub legal_basis: String,
    /// How long one call may take, in milliseconds.
    #[serde(default = "patience")]
    pub timeout_ms: u64,
    /// JSON keys that are the same for every case.
    #[serde(default)]
    pub always: BTreeMap<String, String>,
    /// JSON key to a fact of the case, as [`FACTS`] names them.
    #[serde(default)]
    pub body: BTreeMap<String, String>,
    /// Answers as an XML text under one key.
    pub document: Option<DocumentDraft>,
}

/// Answers written as XML.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentDraft {
    /// JSON key of the text.
    pub key: String,
    /// Name of the first element.
    pub root: String,
    /// Elements below it, in order.
    #[serde(rename = "element")]
    pub elements: Vec<ElementDraft>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementDraft {
    /// Name of the element.
    pub name: String,
    /// JSON pointer into the answers of the form.
    pub from: String,
    /// Our codes to theirs; an answer that is not in the table cannot be told.
    #[serde(default)]
    pub codes: BTreeMap<String, String>,
    /// Written `dd/MM/yyyy`; a date of which only the year is known stays a year.
    #[serde(default)]
    pub date: bool,
    /// Without this answer the result cannot be told.
    #[serde(default)]
    pub required: bool,
}

fn patience() -> u64 {
    10_000
}

/// Facts of a case that a body may name.
pub const FACTS: &[&str] = &["case_no", "procedure", "agency", "commune", "accepted_on", "issued_on", "result_no"];

/// What a case lacks for a register to be told of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("missing:{0}")]
pub struct Missing(pub String);

impl ResultFile {
    /// Judges the file.
    ///
    /// # Errors
    /// Everything that is wrong, each thing by its name.
    pub fn judge(self) -> Result<(SubsystemId, Vec<Entry>), Vec<String>> {
        let mut wrong = Vec::new();
        let consumer = SubsystemId::parse(&self.consumer);
        if consumer.is_none() {
            wrong.push(format!("consumer {:?}: write INSTANCE/CLASS/MEMBER/SUBSYSTEM", self.consumer));
        }
        let mut seen = BTreeSet::new();
        for entry in &self.results {
            let mut faults = entry.faults();
            if !seen.insert(entry.id.as_str()) {
                faults.push("stands twice".to_owned());
            }
            wrong.extend(faults.into_iter().map(|what| format!("result {}: {what}", entry.id)));
        }
        match consumer {
            Some(consumer) if wrong.is_empty() => Ok((consumer, self.results)),
            _ => Err(wrong),
        }
    }
}

impl Entry {
    fn faults(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if ServiceId::parse(&self.service).is_none() {
            wrong.push(format!("service {:?}: write INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE", self.service));
        }
        if !self.path.starts_with('/') {
            wrong.push(format!("path {:?}: begins with /", self.path));
        }
        if self.procedures.is_empty() {
            wrong.push("procedures: name at least one".to_owned());
        }
        if self.legal_basis.is_empty() || self.purpose_text.is_empty() {
            wrong.push("legal_basis and purpose_text: the owner reads them".to_owned());
        }
        if !(100..=60_000).contains(&self.timeout_ms) {
            wrong.push("timeout_ms: 100 to 60000".to_owned());
        }
        let unknown = self.body.values().filter(|fact| !FACTS.contains(&fact.as_str()));
        wrong.extend(unknown.map(|fact| format!("{fact:?} is none of {}", FACTS.join(", "))));
        let document = self.document.iter().flat_map(|document| &document.elements);
        let pointers = document.filter(|element| !element.from.starts_with('/'));
        wrong.extend(pointers.map(|element| format!("{:?} is no JSON pointer (it begins with /)", element.from)));
        wrong
    }

    /// What the register is told of a case.
    ///
    /// # Errors
    /// The first thing that the case lacks, by its name here; never its value.
    pub fn message(&self, case: &DecidedCase) -> Result<Value, Missing> {
        let mut body: Map<String, Value> = self.always.iter().map(|(key, text)| (key.clone(), json!(text))).collect();
        for (key, fact) in &self.body {
            body.insert(key.clone(), json!(fact_of(case, fact).ok_or_else(|| Missing(fact.clone()))?));
        }
        if let Some(document) = &self.document {
            body.insert(document.key.clone(), json!(document.write(&case.answers)?));
        }
        Ok(Value::Object(body))
    }
}

fn fact_of(case: &DecidedCase, fact: &str) -> Option<String> {
    match fact {
        "case_no" => Some(case.case_no.clone()),
        "procedure" => Some(case.procedure.clone()),
        "agency" => Some(case.agency.clone()),
        "commune" => case.commune.clone(),
        "accepted_on" => case.accepted_on.map(|day| day.to_string()),
        "issued_on" => case.issued_on.map(|day| day.to_string()),
        "result_no" => case.result_no.clone(),
        _ => None,
    }
}

impl DocumentDraft {
    fn write(&self, answers: &Value) -> Result<String, Missing> {
        let mut parts = Vec::new();
        for element in &self.elements {
            match element.read(answers) {
                Some(text) => parts.push((element.name.as_str(), text)),
                None if element.required => return Err(Missing(element.name.clone())),
                None => {}
            }
        }
        // Writing into memory does not fail, and what is written is text.
        xml(&self.root, &parts).map_err(|_| Missing(self.key.clone()))
    }
}

fn xml(root: &str, parts: &[(&str, String)]) -> std::io::Result<String> {
    let mut writer = Writer::new(Vec::new());
    writer.write_event(Event::Start(BytesStart::new(root)))?;
    for (name, text) in parts {
        writer.write_event(Event::Start(BytesStart::new(*name)))?;
        writer.write_event(Event::Text(BytesText::new(text)))?;
        writer.write_event(Event::End(BytesEnd::new(*name)))?;
    }
    writer.write_event(Event::End(BytesEnd::new(root)))?;
    String::from_utf8(writer.into_inner()).map_err(std::io::Error::other)
}

impl ElementDraft {
    /// The text for an answer; none where there is no answer that can be told.
    fn read(&self, answers: &Value) -> Option<String> {
        let text = match answers.pointer(&self.from)? {
            Value::String(text) if !text.trim().is_empty() => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(answer) => answer.to_string(),
            _ => return None,
        };
        if !self.codes.is_empty() {
            return self.codes.get(&text).cloned();
        }
        Some(if self.date { text.split('-').rev().collect::<Vec<_>>().join("/") } else { text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
consumer = "VN-HP/GOV/H24/MOTCUA"
[[result]]
id = "khai-sinh"
procedures = ["1.001193"]
service = "VN-HP/GOV/G15/HOTICH/ho-tich"
path = "/dang-ky"
purpose = "TTHC-HOTICH"
purpose_text = "Ghi vào Cơ sở dữ liệu hộ tịch điện tử"
legal_basis = "60/2014/QH13"
always = { loaiViec = "khai-sinh" }
body = { maHoSo = "case_no", maDonVi = "commune" }
[result.document]
key = "duLieu"
root = "hoSo"
element = [
  { name = "hoTen", from = "/child/name", required = true },
  { name = "ngaySinh", from = "/born", date = true },
  { name = "gioiTinh", from = "/sex", codes = { male = "1", female = "2" } },
]
"#;

    fn entry(change: impl Fn(&str) -> String) -> Result<Entry, Vec<String>> {
        let file: ResultFile = toml::from_str(&change(FILE)).unwrap();
        file.judge().map(|(_, mut entries)| entries.remove(0))
    }

    fn case(answers: Value) -> DecidedCase {
        DecidedCase {
            case_no: "H24-1".to_owned(),
            procedure: "1.001193".to_owned(),
            agency: "H24.11824".to_owned(),
            commune: Some("11824".to_owned()),
            accepted_on: None,
            issued_on: None,
            result_no: None,
            issued_by: None,
            answers,
        }
    }

    fn check(answers: Value, told: Result<&str, &str>) {
        let message = entry(str::to_owned).unwrap().message(&case(answers.clone()));
        let expected = told.map(
            |document| json!({ "loaiViec": "khai-sinh", "maHoSo": "H24-1", "maDonVi": "11824", "duLieu": document }),
        );
        assert_eq!(message, expected.map_err(|name| Missing(name.to_owned())), "{answers}");
    }

    #[test]
    fn answers_become_elements() {
        check(
            json!({ "child": { "name": " Trần <Thị> & Ví Dụ " }, "born": "2026-02-10", "sex": "female" }),
            Ok(
                "<hoSo><hoTen>Trần &lt;Thị&gt; &amp; Ví Dụ</hoTen><ngaySinh>10/02/2026</ngaySinh><gioiTinh>2</gioiTinh></hoSo>",
            ),
        );
        check(
            json!({ "child": { "name": "A" }, "born": "1996" }),
            Ok("<hoSo><hoTen>A</hoTen><ngaySinh>1996</ngaySinh></hoSo>"),
        );
        check(json!({ "child": { "name": "A" }, "sex": "other" }), Ok("<hoSo><hoTen>A</hoTen></hoSo>"));
        check(json!({ "child": { "name": " " } }), Err("hoTen"));
        check(json!({}), Err("hoTen"));
    }

    #[test]
    fn what_the_file_lacks_is_named() {
        for (from, to, word) in [
            ("VN-HP/GOV/H24/MOTCUA", "MOTCUA", "consumer"),
            ("VN-HP/GOV/G15/HOTICH/ho-tich", "HOTICH", "service"),
            ("\"/dang-ky\"", "\"dang-ky\"", "path"),
            ("[\"1.001193\"]", "[]", "procedures"),
            ("\"60/2014/QH13\"", "\"\"", "legal_basis"),
            ("\"commune\"", "\"owner\"", "owner"),
            ("\"/born\"", "\"born\"", "pointer"),
            ("path = ", "timeout_ms = 1\npath = ", "timeout_ms"),
        ] {
            let faults = entry(|text| text.replace(from, to)).unwrap_err();
            assert!(faults.len() == 1 && faults[0].contains(word), "{from} → {to}: {faults:?}");
        }
        assert_eq!(entry(str::to_owned).unwrap().timeout_ms, 10_000);
        let gone = DecidedCase { commune: None, ..case(json!({ "child": { "name": "A" } })) };
        assert_eq!(entry(str::to_owned).unwrap().message(&gone), Err(Missing("commune".to_owned())));
    }
}
