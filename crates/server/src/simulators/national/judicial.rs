//! System 5, judicial records: six operations and the three forms of the public guide.
//!
//! Seen: operations, members, statuses 3 to 5. Ours: the values of STATUS (1 good, otherwise a code), and that a case is
//! being worked on after an hour and issued after a day unless a tester decides it.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{Method, StatusCode};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::catalogue::ErrorRow;
use super::messages::{Answer, Asked, code, excess, text};
use super::tokens::{Pass, pass};
use super::{NationalSimulator, System, control};

/// Cases kept.
const CASES: usize = 5_000;
/// Seconds until work begins, and until the certificate is issued.
const BEGUN: i64 = 3_600;
const ISSUED: i64 = 24 * 3_600;
/// Applications that wait at the ministry's own online portal to be fetched.
const WAITING: usize = 3;

/// Members of the declaration, and whether they must be there.
const DECLARATION: &[(&str, bool)] = &[
    ("fullName", true),
    ("genderId", true),
    ("birthDateStr", true),
    ("birthPlace", false),
    ("nationalityId", true),
    ("ethnicId", false),
    ("residence", false),
    ("reRegionId", false),
    ("residenceTemporary", false),
    ("rtRegionId", false),
    ("idTypeId", true),
    ("identifyNo", true),
    ("idIssueDate", false),
    ("idIssuePlace", false),
    ("dadName", false),
    ("dadDob", false),
    ("momName", false),
    ("momDob", false),
    ("partnerName", false),
    ("partnerDob", false),
    ("phone", true),
    ("email", false),
    ("ministryJusticeId", false),
    ("declareDate", true),
    ("declareTypeId", true),
    ("requestQty", true),
    ("requestQtyAdd", false),
    ("objectRequestId", true),
    ("agencyRequestId", false),
    ("regionRequestId", false),
    ("formType", true),
    ("isBanPosition", false),
    ("delivery", false),
    ("deliveryAddress", false),
    ("deliveryDistrict", false),
    ("note", false),
    ("purpose", false),
    ("receiveNo", false),
    ("declarationPortalID", false),
    ("otherName", false),
];

/// Members of the mandate.
const MANDATE: &[(&str, bool)] = &[
    ("fullName", true),
    ("genderId", false),
    ("birthDateStr", false),
    ("birthPlaceId", false),
    ("residence", false),
    ("regionId", false),
    ("idTypeId", false),
    ("identifyNo", false),
    ("idIssueDate", false),
    ("idIssuePlace", false),
    ("mandatorRelation", false),
    ("mandatorDate", false),
];

/// Members of a place of residence.
const RESIDENCE: &[(&str, bool)] =
    &[("fromDateStr", true), ("toDateStr", true), ("residencePlace", true), ("jobName", false), ("workPlace", false)];

/// Values of members that are codes.
const CODES: &[(&str, &[&str])] = &[
    ("genderId", &["0", "1"]),
    ("idTypeId", &["0", "1", "2", "3"]),
    ("declareTypeId", &["3844", "3845", "3846", "3847"]),
    ("objectRequestId", &["71", "72", "73", "74"]),
    ("formType", &["1", "2"]),
    ("isBanPosition", &["", "0", "1"]),
    ("delivery", &["", "0", "1"]),
];

/// Members that are dates; those of birth may be a month or a year.
const DATES: &[&str] = &[
    "birthDateStr",
    "dadDob",
    "momDob",
    "partnerDob",
    "idIssueDate",
    "declareDate",
    "mandatorDate",
    "fromDateStr",
    "toDateStr",
];

/// A case that a caller sent.
#[derive(Clone)]
struct Record {
    id: String,
    digest: [u8; 32],
    at: Timestamp,
    decided: Option<i64>,
    /// Status that the one-stop system marked as taken.
    taken: i64,
}

/// Cases by the number of their receipt, and what was fetched.
#[derive(Default)]
pub(super) struct Register {
    cases: BTreeMap<String, Record>,
    fetched: BTreeSet<String>,
}

impl Record {
    fn status(&self, now: Timestamp) -> i64 {
        let age = now.duration_since(self.at).as_secs();
        self.decided.unwrap_or(if age >= ISSUED {
            5
        } else if age >= BEGUN {
            4
        } else {
            3
        })
    }

    /// The members that tell a status.
    fn told(&self, now: Timestamp) -> Value {
        let status = self.status(now);
        let name = match status {
            3 => "STP đã tiếp nhận",
            4 => "Đang xử lý",
            _ => "Đã có phiếu",
        };
        let issued = haidang_kernel::time::civil(self.at).date().saturating_add(jiff::Span::new().days(1));
        let date = if status == 5 { issued.strftime("%d/%m/%Y").to_string() } else { String::new() };
        json!({ "DEC_STATUS_ID": status, "DEC_STATUS_NAME": name, "APPROVE_DATE": date, "ISSUE_DATE": date })
    }
}

/// An answer that says why not.
pub(super) fn refused(error: &ErrorRow) -> Answer {
    Answer::good(json!({ "STATUS": error.code, "DESCRIPTION": error.text }))
}

fn good(members: Value) -> Answer {
    let mut value = json!({ "STATUS": "1", "DESCRIPTION": "" });
    if let (Value::Object(all), Value::Object(more)) = (&mut value, members) {
        all.extend(more);
    }
    Answer::good(value)
}

type Wrong = (&'static str, String);

fn wrong(detail: impl Into<String>) -> Wrong {
    ("500", detail.into())
}

/// Answers a request.
pub(super) fn answer(simulator: &NationalSimulator, asked: &Asked) -> Answer {
    if asked.method != Method::POST {
        return Answer::gateway(StatusCode::METHOD_NOT_ALLOWED);
    }
    let error = |code| simulator.error(System::JudicialRecords, code);
    match pass(simulator, asked) {
        Pass::Known => {}
        Pass::Missing => return Answer::gateway(StatusCode::UNAUTHORIZED),
        Pass::Wrong => return refused(&error("100")),
    }
    let Some(given) = asked.object().filter(|given| excess(given, 0).is_none()) else { return refused(&error("500")) };
    let done = match asked.last() {
        "nhanHoSoDangKy" => file(simulator, &given),
        "traTrangThaiHs" => state(simulator, &given),
        "traHoSo" => waiting(simulator, &given),
        "traDanhMuc" => list(simulator, &given),
        "danhDauHsThanhCong" => mark(simulator, &given),
        "traDsTrangThaiHs" => changed(simulator, &given),
        _ => return Answer::gateway(StatusCode::NOT_FOUND),
    };
    done.unwrap_or_else(|(code, detail)| {
        let mut row = error(code);
        if !detail.is_empty() {
            row.text = format!("{}: {detail}", row.text);
        }
        refused(&row)
    })
}

/// `dd/MM/yyyy`, `MM/yyyy` or `yyyy`.
fn is_date(text: &str) -> bool {
    let whole = |text: &str| Date::strptime("%d/%m/%Y", text).is_ok();
    match text.len() {
        10 => whole(text),
        7 => whole(&format!("01/{text}")),
        4 => whole(&format!("01/01/{text}")),
        _ => false,
    }
}

/// Judges a form by its members.
fn form(given: &Value, members: &[(&str, bool)], form: &str) -> Result<(), Wrong> {
    let Value::Object(fields) = given else { return Err(wrong(format!("{form} không phải là đối tượng"))) };
    if let Some(name) = fields.keys().find(|name| !members.iter().any(|(known, _)| known == name)) {
        return Err(wrong(format!("{form}.{name} không có trong đặc tả")));
    }
    for (name, needed) in members {
        let value = code(given, name);
        if *needed && value.is_empty() {
            return Err(wrong(format!("thiếu {form}.{name}")));
        }
        let coded = CODES.iter().find(|(known, _)| known == name);
        if coded.is_some_and(|(_, allowed)| (*needed || !value.is_empty()) && !allowed.contains(&value.as_str())) {
            return Err(wrong(format!("{form}.{name} không có trong danh mục")));
        }
        if DATES.contains(name) && !value.is_empty() && !is_date(&value) {
            return Err(wrong(format!("{form}.{name} không phải là ngày")));
        }
    }
    Ok(())
}

fn encoded(number: &str) -> String {
    let digest = Sha256::digest(format!("haidang-national/judicial/{number}").as_bytes());
    HEXLOWER.encode(digest.get(..16).unwrap_or_default())
}

/// Takes a case. The same case again is taken as the first time; another content under its number is not.
fn file(simulator: &NationalSimulator, given: &Value) -> Result<Answer, Wrong> {
    let number = text(given, "idReceivedDec");
    if number.is_empty() || number.len() > 50 || code(given, "idMinistryJustice").is_empty() {
        return Err(wrong("thiếu idReceivedDec hoặc idMinistryJustice"));
    }
    for name in ["dateReceivedDec", "datePromissoryDec"] {
        if Date::strptime("%d/%m/%Y", text(given, name)).is_err() {
            return Err(wrong(format!("{name} không phải là ngày")));
        }
    }
    let declaration = given.get("declarationWSForm").unwrap_or(&Value::Null);
    form(declaration, DECLARATION, "declarationWSForm")?;
    let mandated = code(declaration, "declareTypeId") == "3845";
    match given.get("mandatorWSForm") {
        None | Some(Value::Null) if mandated => return Err(wrong("thiếu mandatorWSForm")),
        None | Some(Value::Null) => {}
        Some(mandate) => form(mandate, MANDATE, "mandatorWSForm")?,
    }
    match given.get("residenceWSForm") {
        None | Some(Value::Null) => {}
        Some(Value::Array(places)) => places.iter().try_for_each(|place| form(place, RESIDENCE, "residenceWSForm"))?,
        Some(place) => form(place, RESIDENCE, "residenceWSForm")?,
    }
    let digest: [u8; 32] = Sha256::digest(given.to_string().as_bytes()).into();
    let at = simulator.ambient.now();
    let mut state = simulator.state();
    let cases = &mut state.kept.judicial.cases;
    let id = encoded(number);
    match cases.get(number) {
        Some(known) if known.digest == digest => {}
        Some(_) => return Err(wrong("số phiếu tiếp nhận đã dùng cho hồ sơ khác")),
        None if cases.len() >= CASES => return Err(wrong("bộ mô phỏng không lưu thêm")),
        None => {
            cases.insert(number.to_owned(), Record { id: id.clone(), digest, at, decided: None, taken: 0 });
        }
    }
    Ok(good(json!({ "ID": id })))
}

fn info(given: &Value, allowed: &[&'static str]) -> Result<&'static str, Wrong> {
    let kind = code(given, "infoType");
    allowed.iter().copied().find(|known| *known == kind).ok_or_else(|| wrong("infoType không có trong đặc tả"))
}

fn state(simulator: &NationalSimulator, given: &Value) -> Result<Answer, Wrong> {
    let kind = info(given, &["1", "2"])?;
    if kind == "1" && code(given, "identifyNo").is_empty() {
        return Err(wrong("thiếu identifyNo"));
    }
    let state = simulator.state();
    // Without a one-stop unit nobody files here, so such a number is never known.
    let found = state.kept.judicial.cases.get(text(given, "idReceivedDec")).filter(|_| kind == "2");
    found.map(|record| good(record.told(simulator.ambient.now()))).ok_or(("201", String::new()))
}

/// Applications made at the ministry's portal: of the first adults of the city, until they are marked as fetched.
fn waiting(simulator: &NationalSimulator, given: &Value) -> Result<Answer, Wrong> {
    let kind = info(given, &["1", "2"])?;
    let state = simulator.state();
    let adult = |date: Option<Date>| date.is_some_and(|date| date.year() + 18 < simulator.world.as_of.year());
    let people = simulator.world.citizens.iter().filter(|citizen| kind == "1" && adult(citizen.birth())).take(WAITING);
    let forms: Vec<Value> = people
        .map(|citizen| (citizen, encoded(&citizen.number)))
        .filter(|(_, id)| !state.kept.judicial.fetched.contains(id))
        .map(|(citizen, id)| {
            let born = citizen.birth().map(|date| date.strftime("%d/%m/%Y").to_string());
            json!({
                "declarationTraHoSoForm": {
                    "fullName": citizen.record.full_name, "genderId": i64::from(citizen.male()), "birthDateStr": born,
                    "identifyNo": citizen.number, "idTypeId": 3, "phone": citizen.record.phone, "declareTypeId": 3846,
                    "requestQty": 1, "objectRequestId": 72, "formType": 1, "declarationId": id, "declarationPortalID": id,
                },
                "residenceWSForm": [], "mandatorWSForm": null,
            })
        })
        .collect();
    Ok(good(json!({ "LISTCONTENT": forms })))
}

fn list(simulator: &NationalSimulator, given: &Value) -> Result<Answer, Wrong> {
    let kind = info(given, &["1", "2", "3", "4", "5"])?;
    let world = &simulator.world;
    let codes = |list: &str| -> Vec<Value> {
        world.pack.codes.all(list).iter().map(|code| json!({ "ID": code.code, "NAME": code.name.vi })).collect()
    };
    let day = simulator.ambient.today();
    let content = match kind {
        "1" => codes("communes"),
        "2" => codes("countries"),
        "3" => codes("ethnic_groups"),
        _ => {
            let working = world.pack.agencies.iter().filter(|agency| agency.works_on(day));
            let wanted = working.filter(|agency| (agency.kind == "commune") == (kind == "5"));
            wanted.map(|agency| json!({ "ID": agency.code, "NAME": agency.name.vi })).collect()
        }
    };
    Ok(good(json!({ "LISTCONTENT": content })))
}

fn mark(simulator: &NationalSimulator, given: &Value) -> Result<Answer, Wrong> {
    let kind = info(given, &["1", "2", "3"])?;
    let ids: Vec<&str> = text(given, "declarationId").split(';').map(str::trim).filter(|id| !id.is_empty()).collect();
    if ids.is_empty() {
        return Err(wrong("thiếu declarationId"));
    }
    let now = simulator.ambient.now();
    let mut state = simulator.state();
    let register = &mut state.kept.judicial;
    let waiting = |id: &str| simulator.world.citizens.iter().any(|citizen| encoded(&citizen.number) == id);
    for id in &ids {
        let known = if kind == "2" { register.cases.values().any(|record| record.id == *id) } else { waiting(id) };
        if !known {
            return Err(("201", String::new()));
        }
    }
    for id in ids {
        if kind != "2" {
            register.fetched.insert(id.to_owned());
        }
        for record in register.cases.values_mut().filter(|record| record.id == id) {
            record.taken = record.status(now);
        }
    }
    Ok(good(json!({})))
}

/// Cases whose status is another than the one last marked as taken.
fn changed(simulator: &NationalSimulator, given: &Value) -> Result<Answer, Wrong> {
    let kind = info(given, &["1", "2"])?;
    let now = simulator.ambient.now();
    let state = simulator.state();
    let changed =
        state.kept.judicial.cases.iter().filter(|(_, record)| kind == "2" && record.status(now) != record.taken);
    let content: Vec<Value> = changed
        .take(super::messages::ITEMS)
        .map(|(number, record)| {
            let mut row = record.told(now);
            row["DECLARATION_ID"] = json!(record.id);
            row["APPOINTMENT_NO"] = json!("");
            row["RECEIVE_NO"] = json!(number);
            row
        })
        .collect();
    Ok(good(json!({ "LISTCONTENT": content })))
}

/// Decides a case as the ministry would.
pub(super) fn decide(simulator: &NationalSimulator, number: &str, given: &Value) -> Answer {
    let Some(status) = given.get("status").and_then(Value::as_i64).filter(|status| (3..=5).contains(status)) else {
        return control::refused("status is 3, 4 or 5");
    };
    let mut state = simulator.state();
    let Some(record) = state.kept.judicial.cases.get_mut(number) else {
        return control::unknown("no such case was received");
    };
    record.decided = Some(status);
    Answer::good(json!({ "idReceivedDec": number, "status": status }))
}
