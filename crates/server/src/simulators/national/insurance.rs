//! System 6, the social insurance: numbers and households, plain as one province's guide shows them and, under
//! `/wrapped/apiBHXH`, in the envelope `{code, status, correlationId, response}` of another.

use axum::http::{Method, StatusCode};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::catalogue::ErrorRow;
use super::messages::{Answer, Asked, Body, code, excess, text};
use super::world::Citizen;
use super::{NationalSimulator, System, tokens};

/// Where answers are wrapped.
const WRAPPED: &str = "/wrapped/";
/// Status of who is insured.
const INSURED: &str = "1";

/// An error in the manner of the address that was asked.
pub(super) fn refused(simulator: &NationalSimulator, asked: &Asked, error: &ErrorRow) -> Answer {
    let plain = Answer::good(json!({ "errorCode": error.code, "trangThai": "0", "moTaLoi": error.text }));
    dressed(simulator, asked, plain)
}

/// Answers a request.
pub(super) fn answer(simulator: &NationalSimulator, asked: &Asked) -> Answer {
    if let Err(refused) = tokens::required(simulator, asked) {
        return refused;
    }
    if asked.method != Method::POST {
        return Answer::gateway(StatusCode::METHOD_NOT_ALLOWED);
    }
    let Some(given) = asked.object().filter(|given| excess(given, 0).is_none()) else {
        return Answer::gateway(StatusCode::BAD_REQUEST);
    };
    let done = match asked.last() {
        "getTraCuuTtHgdByMaSoBhxh" => by_number(simulator, &given),
        "getMaSoBhxhTheoTieuChi" => number_of(simulator, &given),
        "getTraCuuThongTinHgd" => household(simulator, &given),
        _ => return Answer::gateway(StatusCode::NOT_FOUND),
    };
    match done {
        Ok(value) => dressed(simulator, asked, Answer::good(value)),
        Err(code) => refused(simulator, asked, &simulator.error(System::SocialInsurance, code)),
    }
}

/// Wraps an answer where the address asks for it.
fn dressed(simulator: &NationalSimulator, asked: &Asked, answer: Answer) -> Answer {
    let Body::Json(value) = &answer.body else { return answer };
    if !asked.path.starts_with(WRAPPED) {
        return answer;
    }
    let good = value.get("moTaLoi").is_none();
    let wrapped = json!({
        "code": if good { 200 } else { 400 }, "status": if good { "SUCCESS" } else { "FAILED" },
        "correlationId": simulator.ambient.token(), "response": value,
    });
    Answer::json(answer.status, wrapped)
}

fn sex(citizen: &Citizen) -> &'static str {
    if citizen.male() { "1" } else { "2" }
}

fn compact(citizen: &Citizen) -> String {
    citizen.birth().map(|date| date.strftime("%Y%m%d").to_string()).unwrap_or_default()
}

type Wrong = &'static str;

fn by_number(simulator: &NationalSimulator, given: &Value) -> Result<Value, Wrong> {
    let number = code(given, "maSoBhxh");
    if number.len() != 10 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("SAI_DU_LIEU");
    }
    let citizen = simulator.world.insured(&number).ok_or("KHONG_TIM_THAY")?;
    Ok(json!({
        "hoTen": citizen.record.full_name, "soSoCu": "", "ngaySinh": compact(citizen), "loaiNgaySinh": "0",
        "gioiTinh": sex(citizen), "maTinhKs": format!("{:0>2}", simulator.world.pack.city.province_code), "maHuyenKs": "",
        "maXaKs": citizen.record.commune_code, "trangThai": INSURED,
    }))
}

/// Whether a date of birth agrees with one of a kind: 0 whole, 1 year, 2 year and month.
fn born(citizen: &Citizen, kind: &str, date: &str) -> bool {
    let known = compact(citizen);
    let part = |length: usize| known.get(..length) == Some(date);
    match kind {
        "0" => part(8),
        "1" => part(4),
        _ => part(6),
    }
}

/// The people whom name, birth and sex describe.
fn described<'s>(simulator: &'s NationalSimulator, given: &Value) -> Result<Vec<&'s Citizen>, Wrong> {
    let (name, date) = (text(given, "hoTen"), code(given, "ngaySinh"));
    let (kind, sex_code, at_birth) = (code(given, "loaiNgaySinh"), code(given, "gioiTinh"), code(given, "isKs"));
    let known = ["0", "1", "2"].contains(&kind.as_str())
        && ["1", "2", "3"].contains(&sex_code.as_str())
        && ["0", "1"].contains(&at_birth.as_str());
    let whole = kind != "0" || Date::strptime("%Y%m%d", &date).is_ok();
    if !known || !whole || name.is_empty() || !date.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("SAI_DU_LIEU");
    }
    let agrees = |citizen: &&Citizen| born(citizen, &kind, &date) && sex(citizen) == sex_code;
    Ok(simulator.world.called(name).filter(agrees).collect())
}

/// The one person of a search; nobody is told of two.
fn only<'c>(found: &[&'c Citizen]) -> Result<&'c Citizen, Wrong> {
    match found {
        [citizen] => Ok(citizen),
        _ => Err("KHONG_TIM_THAY"),
    }
}

fn number_of(simulator: &NationalSimulator, given: &Value) -> Result<Value, Wrong> {
    let (province, commune) = (code(given, "maTinhKs"), code(given, "maXaKs"));
    let mut found = described(simulator, given)?;
    if !commune.is_empty() {
        found.retain(|citizen| citizen.record.commune_code.as_deref() == Some(commune.as_str()));
    }
    if !province.is_empty() && format!("{province:0>2}") != format!("{:0>2}", simulator.world.pack.city.province_code) {
        return Err("KHONG_TIM_THAY");
    }
    let citizen = only(&found)?;
    Ok(json!({ "maSoBhxh": citizen.insurance, "trangThai": INSURED, "errorCode": "" }))
}

fn household(simulator: &NationalSimulator, given: &Value) -> Result<Value, Wrong> {
    let book = code(given, "soSo");
    let mut found = described(simulator, given)?;
    if !book.is_empty() {
        found.retain(|citizen| citizen.insurance == book);
    }
    let citizen = only(&found)?;
    let parts = [
        citizen.record.address.clone(),
        citizen.record.commune_code.as_deref().and_then(|code| simulator.world.commune(code)),
        Some(simulator.world.province()),
    ];
    let address: Vec<String> = parts.into_iter().flatten().collect();
    Ok(json!({
        "maSo": citizen.insurance, "hoTen": citizen.record.full_name, "ngaySinh": compact(citizen), "loaiNgaySinh": "0",
        "gioiTinh": sex(citizen), "maHo": citizen.household, "diaChi": address.join(", "), "trangThai": INSURED,
    }))
}
