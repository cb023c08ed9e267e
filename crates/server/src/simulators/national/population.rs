//! System 1, the population database: SOAP 1.1 as public clients of third parties speak it.
//!
//! Seen: the namespace of requests, the order of their fields, the headers, `CongdanCollection` in the answer with its own
//! namespace, `KetQuaXacThuc/TonTai`. Ours: how faults are worded, and the five minutes for a time stamp.

use axum::http::{Method, StatusCode};
use data_encoding::{BASE64, HEXLOWER};
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use super::catalogue::ErrorRow;
use super::messages::{Answer, Asked, Body};
use super::world::Citizen;
use super::xml::{self, Element};
use super::{CLIENT, NationalSimulator, SECRET, System};

/// SOAP 1.1.
const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// Requests.
const ASKS: &str = "http://dancuquocgia.bca";
/// Answers.
const TELLS: &str = "http://www.mic.gov.vn/dancu/1.0";
/// Milliseconds that a time stamp may be away from the simulator's clock.
const DRIFT: i64 = 300_000;

/// The operations.
const LOOK_UP: &str = "TraCuuThongTinCongDan";
const VERIFY: &str = "XacThucThongTinCongDan";

/// Fields in their order: name, longest length in characters, whether it must be there.
const FIELDS: &[(&str, usize, bool)] = &[
    ("MaYeuCau", 40, true),
    ("MaDVC", 20, true),
    ("MaTichHop", 20, true),
    ("MaCanBo", 20, true),
    ("MaDonVi", 35, false),
    ("TaiKhoan", 50, false),
    ("SoDienThoai", 20, false),
    // One of the two numbers.
    ("SoDinhDanh", 12, false),
    ("SoCMND", 9, false),
    ("HoVaTen", 200, true),
    ("NgayThangNamSinh", 0, true),
];

/// Whom a request is about.
struct Subject<'x> {
    number: &'x str,
    name: &'x str,
    /// A year, or a day.
    born: Born,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Born {
    Year(i16),
    Day(Date),
}

/// The operation that a body asks for.
pub(super) fn operation(asked: &Asked) -> String {
    let read = std::str::from_utf8(&asked.body).ok().and_then(|text| xml::read(text).ok());
    let named = read.as_ref().and_then(|root| body_of(root).ok()).map(|operation| operation.name.clone());
    match named.as_deref() {
        Some(LOOK_UP) => LOOK_UP.to_owned(),
        Some(VERIFY) => VERIFY.to_owned(),
        _ => "unknown".to_owned(),
    }
}

/// Answers a request.
pub(super) fn answer(simulator: &NationalSimulator, asked: &Asked) -> Answer {
    if asked.method != Method::POST {
        return Answer::gateway(StatusCode::METHOD_NOT_ALLOWED);
    }
    let error = |code| simulator.error(System::Population, code);
    if let Err(detail) = authorised(simulator, asked) {
        return fault(StatusCode::UNAUTHORIZED, &error("SAI_XAC_THUC"), detail);
    }
    let Ok(text) = std::str::from_utf8(&asked.body) else {
        return fault(StatusCode::INTERNAL_SERVER_ERROR, &error("SAI_CAU_TRUC"), "not UTF-8");
    };
    let root = match xml::read(text) {
        Ok(root) => root,
        Err(what) => return fault(StatusCode::INTERNAL_SERVER_ERROR, &error("SAI_CAU_TRUC"), &what.to_string()),
    };
    let operation = match body_of(&root) {
        Ok(operation) => operation,
        Err(detail) => return fault(StatusCode::INTERNAL_SERVER_ERROR, &error("SAI_CAU_TRUC"), detail),
    };
    let subject = match subject(operation) {
        Ok(subject) => subject,
        Err(detail) => return fault(StatusCode::INTERNAL_SERVER_ERROR, &error("SAI_DU_LIEU"), &detail),
    };
    let found = simulator.world.citizen(subject.number).filter(|citizen| agrees(citizen, &subject));
    let content = match operation.name.as_str() {
        LOOK_UP => collection(simulator, found),
        _ => {
            let known = if found.is_some() { "true" } else { "false" };
            Element::new("ns1:KetQuaXacThuc").attribute("xmlns:ns1", TELLS).with([Element::text("ns1:TonTai", known)])
        }
    };
    envelope(StatusCode::OK, content)
}

/// Credentials: `Basic base64(user:sha256hex(urlXacThuc + user + Timestamp + secret))`, the key of the gateway and the name
/// of the client.
fn authorised(simulator: &NationalSimulator, asked: &Asked) -> Result<(), &'static str> {
    let stamp = asked.header("timestamp").ok_or("Timestamp is missing")?;
    let at: i64 = stamp.parse().map_err(|_| "Timestamp is not in milliseconds")?;
    if (simulator.ambient.now().as_millisecond() - at).abs() > DRIFT {
        return Err("Timestamp is too far from the time");
    }
    let basic = asked.header("authorization").and_then(|text| text.strip_prefix("Basic "));
    let given = basic.and_then(|text| BASE64.decode(text.as_bytes()).ok()).ok_or("Authorization is not Basic")?;
    let address = format!("{}/dancu", simulator.origin());
    if given != credentials(&address, stamp).as_bytes() {
        return Err("user or hash is wrong");
    }
    if asked.header("apikey") != Some(SECRET) {
        return Err("ApiKey is wrong");
    }
    if asked.header("x-road-client").is_none_or(str::is_empty) {
        return Err("X-Road-Client is missing");
    }
    if asked.header("soapaction").is_none() {
        return Err("SOAPAction is missing");
    }
    Ok(())
}

/// What a client encodes, for this address and time stamp.
fn credentials(address: &str, stamp: &str) -> String {
    let hash = HEXLOWER.encode(&Sha256::digest(format!("{address}{CLIENT}{stamp}{SECRET}").as_bytes()));
    format!("{CLIENT}:{hash}")
}

/// The operation element of an envelope.
fn body_of(root: &Element) -> Result<&Element, &'static str> {
    if root.name != "Envelope" || root.namespace != SOAP {
        return Err("not a SOAP 1.1 envelope");
    }
    let body = root.child("Body").filter(|body| body.namespace == SOAP).ok_or("the envelope has no body")?;
    let [operation] = body.children.as_slice() else { return Err("the body has not one operation") };
    if operation.namespace != ASKS {
        return Err("the operation is not in the namespace http://dancuquocgia.bca");
    }
    if operation.name == LOOK_UP || operation.name == VERIFY { Ok(operation) } else { Err("no such operation") }
}

fn digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads the fields: known, in their order, each once, within their lengths.
fn subject(operation: &Element) -> Result<Subject<'_>, String> {
    let mut last = None;
    for child in &operation.children {
        let place = FIELDS.iter().position(|(name, ..)| *name == child.name);
        let place = place.filter(|_| child.namespace == ASKS).ok_or_else(|| format!("{} is no field", child.name))?;
        if last.is_some_and(|before| place <= before) {
            return Err(format!("{} is not in its place", child.name));
        }
        last = Some(place);
        let most = FIELDS.get(place).map_or(0, |(_, most, _)| *most);
        if most > 0 && child.text.chars().count() > most {
            return Err(format!("{} is longer than {most}", child.name));
        }
    }
    for (name, most, needed) in FIELDS {
        let filled = operation.child(name).is_some_and(|child| *most == 0 || !child.text.is_empty());
        if *needed && !filled {
            return Err(format!("{name} is missing"));
        }
    }
    let field = |name| operation.child(name).map(|child| child.text.as_str());
    let number = match (field("SoDinhDanh"), field("SoCMND")) {
        (Some(number), None) if digits(number, 12) => number,
        (None, Some(number)) if digits(number, 9) => number,
        _ => return Err("one of SoDinhDanh (12 digits) and SoCMND (9 digits) is needed".to_owned()),
    };
    Ok(Subject { number, name: field("HoVaTen").unwrap_or_default(), born: born(operation)? })
}

fn born(operation: &Element) -> Result<Born, String> {
    let wrong = || "NgayThangNamSinh needs Nam (yyyy) or NgayThangNam (yyyyMMdd)".to_owned();
    let date = operation.child("NgayThangNamSinh").ok_or_else(wrong)?;
    let [only] = date.children.as_slice() else { return Err(wrong()) };
    match only.name.as_str() {
        "Nam" if digits(&only.text, 4) => only.text.parse().map(Born::Year).map_err(|_| wrong()),
        "NgayThangNam" if digits(&only.text, 8) => {
            Date::strptime("%Y%m%d", &only.text).map(Born::Day).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}

/// Number, name and birth must all be those of one person; that is all a caller learns of a mistake.
fn agrees(citizen: &Citizen, subject: &Subject<'_>) -> bool {
    let date = citizen.birth();
    let timely = match subject.born {
        Born::Year(year) => date.is_some_and(|date| date.year() == year),
        Born::Day(day) => date == Some(day),
    };
    timely && citizen.is_called(subject.name)
}

/// An envelope with this content.
fn envelope(status: StatusCode, content: Element) -> Answer {
    let root = Element::new("soapenv:Envelope").attribute("xmlns:soapenv", SOAP).with([
        Element::new("soapenv:Header").attribute("xmlns:dan", ASKS),
        Element::new("soapenv:Body").attribute("xmlns:dan", ASKS).with([content]),
    ]);
    Answer { status, body: Body::Xml(Box::new(root)) }
}

/// A SOAP fault.
pub(super) fn fault(status: StatusCode, error: &ErrorRow, detail: &str) -> Answer {
    let whose = if error.code == "LOI_HE_THONG" { "soapenv:Server" } else { "soapenv:Client" };
    let parts = [
        Element::text("faultcode", whose),
        Element::text("faultstring", error.text.clone()),
        Element::new("detail").with([Element::text("MaLoi", error.code.clone()), Element::text("MoTa", detail)]),
    ];
    envelope(status, Element::new("soapenv:Fault").with(parts))
}

fn named(name: &str, text: impl Into<String>) -> Element {
    Element::text(&format!("ns1:{name}"), text)
}

fn group(name: &str, children: impl IntoIterator<Item = Element>) -> Element {
    Element::new(&format!("ns1:{name}")).with(children)
}

/// Nobody, or the one person.
fn collection(simulator: &NationalSimulator, found: Option<&Citizen>) -> Element {
    let people = found.map(|citizen| person(simulator, citizen));
    group("CongdanCollection", people).attribute("xmlns:ns1", TELLS)
}

fn compact(date: Option<Date>) -> String {
    date.map(|date| date.strftime("%Y%m%d").to_string()).unwrap_or_default()
}

fn person(simulator: &NationalSimulator, citizen: &Citizen) -> Element {
    let world = &simulator.world;
    let birth = citizen.birth();
    let card = citizen.old_number.clone().unwrap_or_default();
    let relative = |index: Option<&usize>| index.and_then(|index| world.citizens.get(*index));
    let spouse = relative(citizen.spouse.as_ref());
    // 1 never married, 2 married: the two that the demonstration knows.
    let married = if spouse.is_some() { "2" } else { "1" };
    let of_sex = |male: bool| {
        citizen
            .guardians
            .iter()
            .filter_map(|index| world.citizens.get(*index))
            .find(move |parent| parent.male() == male)
    };
    let guardian = relative(citizen.guardians.first());
    let home = || place(simulator, citizen);
    group(
        "CongDan",
        [
            named("SoDinhDanh", citizen.number.clone()),
            named("SoCMND", card.clone()),
            group(
                "HoVaTen",
                [named("Ho", ""), named("ChuDem", ""), named("Ten", citizen.record.full_name.to_uppercase())],
            ),
            named("GioiTinh", if citizen.male() { "1" } else { "2" }),
            named("DanToc", citizen.record.ethnicity.clone().unwrap_or_else(|| "01".to_owned())),
            named("TonGiao", "00"),
            named("TinhTrangHonNhan", married),
            named("NhomMau", "00"),
            group(
                "NgayThangNamSinh",
                [
                    named("Nam", birth.map(|date| date.year().to_string()).unwrap_or_default()),
                    named("NgayThangNam", compact(birth)),
                ],
            ),
            group("NoiDangKyKhaiSinh", home()),
            named("QuocTich", citizen.record.nationality.clone().unwrap_or_default()),
            group("QueQuan", home()),
            group("ThuongTru", home()),
            group("NoiOHienTai", home()),
            group("Cha", other(of_sex(true))),
            group("Me", other(of_sex(false))),
            group("VoChong", other(spouse)),
            group("NguoiDaiDien", other(guardian)),
            group(
                "ChuHo",
                [
                    named("QuanHe", "CH01"),
                    named("SoDinhDanh", citizen.number.clone()),
                    named("SoCMND", card),
                    named("HoVaTen", citizen.record.full_name.to_uppercase()),
                ],
            ),
            named("SoSoHoKhau", ""),
        ],
    )
}

/// An address; districts are no more.
fn place(simulator: &NationalSimulator, citizen: &Citizen) -> Vec<Element> {
    let world = &simulator.world;
    let code = citizen.record.commune_code.clone().unwrap_or_default();
    let parts = [citizen.record.address.clone(), world.commune(&code), Some(world.province())];
    let detail: Vec<String> = parts.into_iter().flatten().collect();
    vec![
        named("MaTinhThanh", format!("{:0>2}", world.pack.city.province_code)),
        named("MaQuanHuyen", ""),
        named("MaPhuongXa", code),
        named("ChiTiet", detail.join(", ").to_uppercase()),
        named("QuocGia", "VN"),
    ]
}

fn other(citizen: Option<&Citizen>) -> Vec<Element> {
    let text = |value: Option<String>| value.unwrap_or_default();
    vec![
        named("HoVaTen", text(citizen.map(|other| other.record.full_name.to_uppercase()))),
        named("QuocTich", text(citizen.and_then(|other| other.record.nationality.clone()))),
        named("SoDinhDanh", text(citizen.map(|other| other.number.clone()))),
        named("SoCMND", text(citizen.and_then(|other| other.old_number.clone()))),
    ]
}
