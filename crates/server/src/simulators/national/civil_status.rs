//! System 3, the electronic civil status: seven operations of the Ministry of Justice's service, with its error codes.
//!
//! Seen: addresses, members of requests, statuses 0 to 4, error codes. Ours: the member names of the envelope of an answer,
//! and that a case is judged eligible after an hour and registered after four unless a tester decides it.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::catalogue::ErrorRow;
use super::messages::{Answer, Asked, ITEMS, code, excess, text};
use super::tokens::{Pass, pass};
use super::world::Citizen;
use super::xml::{self, Element};
use super::{NationalSimulator, System, control};

/// Cases kept.
const CASES: usize = 5_000;
/// Ids of cases that callers sent begin here; below lie the births that the register knows.
const FIRST: i64 = 10_000_000;
/// Marriages that the register knows.
const MARRIAGES: i64 = 5_000_000;
/// Seconds until a case is judged eligible, and until it is registered.
const ELIGIBLE: i64 = 3_600;
const REGISTERED: i64 = 4 * 3_600;
/// Kinds of act: birth, death, marriage, marital status, parentage, guardianship, correction. The letters are ours.
const MODULES: &[&str] = &["KS", "KT", "KH", "HN", "CMC", "GH", "CC"];

/// A case that a caller sent.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) id: i64,
    agency: String,
    pub(super) module: String,
    digest: [u8; 32],
    content: Element,
    at: Timestamp,
    decided: Option<(i64, String)>,
}

/// Cases by their number at the one-stop system.
#[derive(Default)]
pub(super) struct Register {
    cases: BTreeMap<String, Record>,
}

impl Record {
    /// 1 received, 2 needs more, 3 eligible, 4 registered.
    fn status(&self, now: Timestamp) -> (i64, String) {
        if let Some(decided) = &self.decided {
            return decided.clone();
        }
        let age = now.duration_since(self.at).as_secs();
        let status = if age >= REGISTERED {
            4
        } else if age >= ELIGIBLE {
            3
        } else {
            1
        };
        (status, String::new())
    }
}

/// The sentence of a status.
fn sentence(status: i64, note: &str) -> String {
    match status {
        1 => "Đã tiếp nhận hồ sơ, chờ xử lý".to_owned(),
        2 => format!("Hồ sơ cần bổ sung thông tin: {note}"),
        3 => "Hồ sơ đủ điều kiện giải quyết".to_owned(),
        _ => "Đã hoàn thành đăng ký".to_owned(),
    }
}

/// An answer with a status and what was asked for.
pub(super) fn told(status: i64, sentence: &str, value: Value) -> Answer {
    Answer::good(json!({
        "status": status, "statusDescription": sentence, "value": value, "errorCode": "", "errorDescription": "",
    }))
}

/// An answer of status 0.
pub(super) fn refused(error: &ErrorRow) -> Answer {
    Answer::good(json!({
        "status": 0, "statusDescription": "Đã có lỗi xảy ra trong quá trình gửi thông tin", "value": null,
        "errorCode": error.code, "errorDescription": format!("{} - {}", error.name, error.text),
    }))
}

/// The caller, and a JSON object within the limits.
///
/// # Errors
/// The answer that refuses: the gateway's without a token, the system's own with a wrong one.
pub(super) fn admitted(simulator: &NationalSimulator, system: System, asked: &Asked) -> Result<Value, Answer> {
    if asked.method != Method::POST {
        return Err(Answer::gateway(StatusCode::METHOD_NOT_ALLOWED));
    }
    match pass(simulator, asked) {
        Pass::Known => {}
        Pass::Missing => return Err(Answer::gateway(StatusCode::UNAUTHORIZED)),
        Pass::Wrong => return Err(refused(&simulator.error(system, "100"))),
    }
    let given = asked.object().filter(|given| excess(given, 0).is_none());
    given.ok_or_else(|| refused(&simulator.error(system, "500")))
}

/// Answers a request.
pub(super) fn answer(simulator: &NationalSimulator, asked: &Asked) -> Answer {
    let given = match admitted(simulator, System::CivilStatus, asked) {
        Ok(given) => given,
        Err(refused) => return refused,
    };
    let done = match asked.last() {
        "dangKyHoTich" => file(simulator, System::CivilStatus, MODULES, &given),
        "danhMuc" => list(simulator, &given),
        "traTrangThaiHoSo" => state(simulator, &given),
        "ketQuaDangKyHS" => result(simulator, &given),
        "dsHoSoDangKy" => changed(simulator, &given),
        "traHoSo" => one(simulator, &given),
        "traDanhSachHoSo" => several(simulator, &given),
        _ => return Answer::gateway(StatusCode::NOT_FOUND),
    };
    done.unwrap_or_else(|wrong| refused(&simulator.error(System::CivilStatus, wrong)))
}

/// Code of an error of this system.
type Wrong = &'static str;

/// The commune of a request: five digits, perhaps sent as a number.
fn agency(simulator: &NationalSimulator, given: &Value) -> Result<String, Wrong> {
    let code = format!("{:0>5}", code(given, "maDonVi"));
    let known = simulator.world.pack.commune_agency(&code, simulator.ambient.today());
    known.map(|_| code).ok_or("106")
}

/// `dd/MM/yyyy` or `yyyy-MM-dd`: the guide says only that it is a date.
pub(super) fn day(text: &str) -> Option<Date> {
    Date::strptime("%d/%m/%Y", text).or_else(|_| Date::strptime("%Y-%m-%d", text)).ok()
}

fn vietnamese(date: Date) -> String {
    date.strftime("%d/%m/%Y").to_string()
}

/// Takes a case. The same case again is taken as the first time; another content under its number is not.
pub(super) fn file(
    simulator: &NationalSimulator,
    system: System,
    modules: &[&str],
    given: &Value,
) -> Result<Answer, Wrong> {
    let agency = agency(simulator, given)?;
    let (module, number) = (text(given, "module"), text(given, "maHoSo"));
    if !modules.contains(&module) || number.is_empty() || number.chars().count() > 50 {
        return Err("500");
    }
    day(text(given, "ngayTiepNhan")).ok_or("500")?;
    let data = given.get("data").and_then(Value::as_str).unwrap_or_default();
    let content = xml::read(data).map_err(|_| "500")?;
    let digest: [u8; 32] = Sha256::digest(format!("{agency}\n{module}\n{data}").as_bytes()).into();
    let now = simulator.ambient.now();
    let mut state = simulator.state();
    let cases = &mut state.kept.civil_status.cases;
    let good = told(1, "Gửi thông tin thành công", Value::Null);
    // Each system numbers cases for itself.
    let key = format!("{}/{number}", system.id());
    match cases.get(&key) {
        Some(known) if known.digest == digest => return Ok(good),
        Some(_) => return Err("500"),
        None if cases.len() >= CASES => return Err("500"),
        None => {}
    }
    let id = FIRST + i64::try_from(cases.len()).unwrap_or(0) + 1;
    cases.insert(key, Record { id, agency, module: module.to_owned(), digest, content, at: now, decided: None });
    Ok(good)
}

fn list(simulator: &NationalSimulator, given: &Value) -> Result<Answer, Wrong> {
    let codes = &simulator.world.pack.codes;
    let rows = |list: &str| -> Vec<Value> {
        codes.all(list).iter().map(|code| json!({ "ma": code.code, "ten": code.name.vi })).collect()
    };
    let value = match code(given, "loaiDanhMuc").as_str() {
        "1" | "2" => rows("countries"),
        "3" => rows("ethnic_groups"),
        "4" => rows("provinces"),
        "5" => [("1", "Chứng minh nhân dân"), ("2", "Hộ chiếu"), ("3", "Thẻ thường trú"), ("4", "Thẻ căn cước")]
            .map(|(ma, ten)| json!({ "ma": ma, "ten": ten }))
            .to_vec(),
        _ => return Err("302"),
    };
    Ok(told(1, "Giao dịch thành công", Value::Array(value)))
}

/// The case of a request, at its agency.
fn sent(simulator: &NationalSimulator, given: &Value) -> Result<Record, Wrong> {
    let agency = agency(simulator, given)?;
    let key = format!("{}/{}", System::CivilStatus.id(), text(given, "maHoSo"));
    let state = simulator.state();
    let found = state.kept.civil_status.cases.get(&key).filter(|record| record.agency == agency);
    found.cloned().ok_or("201")
}

fn state(simulator: &NationalSimulator, given: &Value) -> Result<Answer, Wrong> {
    let (status, note) = sent(simulator, given)?.status(simulator.ambient.now());
    Ok(told(status, &sentence(status, &note), Value::Null))
}

fn result(simulator: &NationalSimulator, given: &Value) -> Result<Answer, Wrong> {
    let record = sent(simulator, given)?;
    let now = simulator.ambient.now();
    if record.status(now).0 != 4 {
        return Err("200");
    }
    Ok(told(1, "Giao dịch thành công", registered(simulator, &record)))
}

/// The text of the first element whose name ends so, wherever it stands.
fn element<'e>(content: &'e Element, ending: &str) -> Option<&'e str> {
    if content.name.ends_with(ending) && !content.text.is_empty() {
        return Some(&content.text);
    }
    content.children.iter().find_map(|child| element(child, ending))
}

/// What the register says of a case that it has registered.
fn registered(simulator: &NationalSimulator, record: &Record) -> Value {
    let on = haidang_kernel::time::civil(record.at).date();
    let mut value = json!({
        "id": record.id, "maDonVi": record.agency, "module": record.module, "so": (record.id - FIRST).to_string(),
        "quyenSo": format!("01/{}", on.year()), "trangSo": (record.id - FIRST).to_string(), "ngayDangKy": vietnamese(on),
        "hoTen": element(&record.content, "HoTen"),
    });
    if record.module.ends_with("KS") {
        value["soDinhDanh"] = json!(issued(simulator, record));
    }
    value
}

/// The number that a birth is given: of the legal structure, where no person of a demonstration city has one.
fn issued(simulator: &NationalSimulator, record: &Record) -> Option<String> {
    let born = element(&record.content, "NgaySinh").map(|text| text.replace('.', "/")).and_then(|text| day(&text))?;
    let male = element(&record.content, "GioiTinh").is_some_and(|sex| sex == "1" || sex == "Nam");
    let code = &simulator.world.pack.city.province_code;
    let province = if haidang_kernel::number::CitizenNo::is_issued_by(code) { code.as_str() } else { "01" };
    let century = i64::from(born.year() / 100 - 19).clamp(0, 4);
    let serial = 900_000 + (record.id - FIRST) % 99_000;
    Some(format!("{province:0>3}{}{:02}{serial:06}", century * 2 + i64::from(!male), born.year() % 100))
}

/// Day on which a birth that the register knows was registered.
fn birth_registered(simulator: &NationalSimulator, citizen: &Citizen, index: usize) -> Option<Date> {
    let days = i64::try_from(index % 28).unwrap_or(0) + 1;
    Some(citizen.birth()?.saturating_add(jiff::Span::new().days(days)).min(simulator.world.as_of))
}

/// An act that the register knows from before.
fn known(simulator: &NationalSimulator, module: &str, id: i64) -> Option<Value> {
    let world = &simulator.world;
    let (index, partner) = match module {
        "KS" => (usize::try_from(id - 1).ok()?, false),
        "KH" => (usize::try_from(id - MARRIAGES - 1).ok()?, true),
        _ => return None,
    };
    let citizen = world.citizens.get(index)?;
    let on = birth_registered(simulator, citizen, index)?;
    let mut value = json!({
        "id": id, "maDonVi": citizen.record.commune_code, "module": module, "so": (index % 200 + 1).to_string(),
        "quyenSo": format!("01/{}", on.year()), "trangSo": (index % 200 + 1).to_string(), "hoTen": citizen.record.full_name,
        "soDinhDanh": citizen.number,
    });
    if partner {
        let spouse = world.citizens.get(citizen.spouse?)?;
        value["hoTenVoChong"] = json!(spouse.record.full_name);
        value["soDinhDanhVoChong"] = json!(spouse.number);
    } else {
        value["ngayDangKy"] = json!(vietnamese(on));
        value["ngaySinh"] = json!(citizen.birth().map(vietnamese));
        value["gioiTinh"] = json!(if citizen.male() { 1 } else { 2 });
    }
    Some(value)
}

/// A province that is named must exist.
fn province(simulator: &NationalSimulator, given: &Value, needed: bool) -> Result<(), Wrong> {
    let named = code(given, "maTinh");
    let exists = simulator.world.pack.codes.find("provinces", &format!("{named:0>2}")).is_some()
        || named == simulator.world.pack.city.province_code;
    if exists || (named.is_empty() && !needed) { Ok(()) } else { Err("108") }
}

fn module_of(given: &Value) -> Result<&str, Wrong> {
    let module = text(given, "module");
    if MODULES.contains(&module) { Ok(module) } else { Err("201") }
}

fn changed(simulator: &NationalSimulator, given: &Value) -> Result<Answer, Wrong> {
    province(simulator, given, false)?;
    let module = module_of(given)?;
    let on = day(text(given, "ngayCapNhat")).ok_or("201")?;
    let mut rows = Vec::new();
    if module == "KS" {
        for (index, citizen) in simulator.world.citizens.iter().enumerate() {
            if birth_registered(simulator, citizen, index) == Some(on) {
                rows.push(json!({ "id": index + 1, "maDonVi": citizen.record.commune_code }));
            }
        }
    }
    let state = simulator.state();
    let of_day = |record: &&Record| record.module == module && haidang_kernel::time::civil(record.at).date() == on;
    let sent = state.kept.civil_status.cases.values().filter(of_day);
    rows.extend(sent.map(|record| json!({ "id": record.id, "maDonVi": record.agency })));
    Ok(told(1, "Giao dịch thành công", Value::Array(rows)))
}

/// An act by its id in the register.
fn by_id(simulator: &NationalSimulator, module: &str, id: i64) -> Result<Value, Wrong> {
    if id <= FIRST {
        return known(simulator, module, id).ok_or("201");
    }
    let found = simulator.state().kept.civil_status.cases.values().find(|record| record.id == id).cloned();
    let record = found.filter(|record| record.module == module).ok_or("201")?;
    if record.status(simulator.ambient.now()).0 != 4 {
        return Err("200");
    }
    Ok(registered(simulator, &record))
}

fn one(simulator: &NationalSimulator, given: &Value) -> Result<Answer, Wrong> {
    province(simulator, given, false)?;
    let id = code(given, "maHoSo").parse().map_err(|_| "201")?;
    let value = by_id(simulator, module_of(given)?, id)?;
    Ok(told(1, "Giao dịch thành công", json!([value])))
}

/// Those of the list that there are; 201 when there is none.
fn several(simulator: &NationalSimulator, given: &Value) -> Result<Answer, Wrong> {
    province(simulator, given, true)?;
    let module = module_of(given)?;
    let ids = given.get("dsMaHoSo").and_then(Value::as_array).filter(|ids| ids.len() <= ITEMS).ok_or("201")?;
    let number = |id: &Value| id.as_i64().or_else(|| id.as_str().and_then(|text| text.trim().parse().ok()));
    let found: Vec<Value> = ids.iter().filter_map(number).filter_map(|id| by_id(simulator, module, id).ok()).collect();
    if found.is_empty() { Err("201") } else { Ok(told(1, "Giao dịch thành công", Value::Array(found))) }
}

/// Decides a case as an official of the register would.
pub(super) fn decide(simulator: &NationalSimulator, number: &str, given: &Value) -> Answer {
    let Some(status) = given.get("status").and_then(Value::as_i64).filter(|status| (1..=4).contains(status)) else {
        return control::refused("status is 1, 2, 3 or 4");
    };
    let mut state = simulator.state();
    let cases = &mut state.kept.civil_status.cases;
    let key = format!("{}/{number}", System::CivilStatus.id());
    let Some(record) = cases.get_mut(&key) else { return control::unknown("no such case was received") };
    record.decided = Some((status, text(given, "note").chars().take(500).collect()));
    Answer::good(json!({ "maHoSo": number, "status": status }))
}
