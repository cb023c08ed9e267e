//! System 7, the enterprise register: one enterprise, and the cases of registration by day, by range and by number.
//! The member `HOAdress` is misspelt in the original.

use axum::http::{Method, StatusCode};
use haidang_kernel::number::TaxNo;
use jiff::civil::{Date, Time};
use serde_json::{Value, json};

use super::messages::{Answer, Asked, ITEMS};
use super::world::Enterprise;
use super::{NationalSimulator, tokens};

/// Days that one list of cases may span (the guide: at most five).
const SPAN: i32 = 5;

/// An answer that says why not.
pub(super) fn refused(message: &str) -> Answer {
    Answer::good(json!({ "DataCount": 0, "Status": "0", "Message": message }))
}

fn good(count: usize, mut members: Value) -> Answer {
    members["DataCount"] = json!(count);
    members["Status"] = json!("1");
    members["Message"] = json!("success");
    Answer::good(members)
}

/// Answers a request.
pub(super) fn answer(simulator: &NationalSimulator, asked: &Asked) -> Answer {
    if let Err(refused) = tokens::required(simulator, asked) {
        return refused;
    }
    if asked.method != Method::GET {
        return Answer::gateway(StatusCode::METHOD_NOT_ALLOWED);
    }
    let done = match asked.last() {
        "chiTietDoanhNghiep" => detail(simulator, asked),
        "danhSachHoSoTrongNgay" => of_day(simulator, asked),
        "danhSachHoSo" => of_range(simulator, asked),
        "tinhTrangHoSo" => case(simulator, asked),
        _ => return Answer::gateway(StatusCode::NOT_FOUND),
    };
    done.unwrap_or_else(|message| refused(&message))
}

fn vietnamese(date: Date) -> String {
    date.strftime("%d/%m/%Y").to_string()
}

/// Kind of a business: the register of enterprises does not hold households, but a city's demonstration has both.
fn kind(enterprise: &Enterprise) -> (&'static str, &'static str) {
    if enterprise.record.full_name.starts_with("Hộ kinh doanh") {
        ("HKD", "Hộ kinh doanh")
    } else {
        ("TNHH", "Công ty trách nhiệm hữu hạn")
    }
}

fn leaders(simulator: &NationalSimulator, enterprise: &Enterprise) -> Vec<String> {
    let people = enterprise.representatives.iter().filter_map(|index| simulator.world.citizens.get(*index));
    people.map(|citizen| citizen.record.full_name.clone()).collect()
}

fn detail(simulator: &NationalSimulator, asked: &Asked) -> Result<Answer, String> {
    let number = TaxNo::parse(asked.query("msdn")).map_err(|_| "msdn không phải là mã số doanh nghiệp".to_owned())?;
    let found = simulator.world.enterprise(number.as_str()).ok_or("Không tìm thấy doanh nghiệp")?;
    let (kind_id, kind_name) = kind(found);
    let names = leaders(simulator, found);
    let world = &simulator.world;
    let commune = found.record.commune_code.clone().unwrap_or_default();
    let ward = world.commune(&commune).unwrap_or_default();
    let street = found.record.address.clone().unwrap_or_default();
    let share = i64::try_from(names.len().max(1)).unwrap_or(1);
    let members: Vec<Value> = names
        .iter()
        .map(|name| {
            json!({ "MEMBER_NAME": name, "AMOUNT": found.capital / share, "RATIO_PERCENT": 100 / share, "COUNTRY": "Việt Nam" })
        })
        .collect();
    let number = |code: &str| code.parse::<i64>().unwrap_or_default();
    Ok(good(
        1,
        json!({
            "MainInformation": {
                "ENTERPRISE_ID": found.id, "ENTERPRISE_GDT_CODE": found.tax_no, "IMP_BUSINESS_CODE": "",
                "ENTERPRISE_TYPE_ID": kind_id, "ENTERPRISE_TYPE_NAME": kind_name, "NAME": found.record.full_name.to_uppercase(),
                "SHORT_NAME": "", "NAME_F": "", "FOUNDING_DATE": vietnamese(found.founded),
                "LAST_AMEND_DATE": vietnamese(found.processed), "NUMBER_CHANGES": 1, "ENTERPRISE_STATUS": "1",
                "LEGAL_NAMES": names.join(";"), "CAPITAL_AMOUNT": found.capital,
            },
            "HOAdress": {
                "CityID": number(&world.pack.city.province_code), "CityName": world.province(), "DistrictID": null,
                "DistrictName": "", "WardID": number(&commune), "WardName": ward, "StreetNumber": street,
                "AddressFullText": format!("{street}, {ward}, {}", world.province()),
            },
            "BusinessActivity": [{ "CODE": "4711", "NAME": "Bán lẻ lương thực, thực phẩm trong các cửa hàng tổng hợp", "IS_MAIN": "Y" }],
            "Member": members,
        }),
    ))
}

/// Whether a case is done on a day of the simulator's clock.
fn done(simulator: &NationalSimulator, enterprise: &Enterprise) -> bool {
    enterprise.processed <= simulator.ambient.today()
}

fn row(simulator: &NationalSimulator, enterprise: &Enterprise) -> Value {
    json!({
        "IN_JOURNAL_NO": enterprise.journal, "DOCUMENT_TYPE": "Đăng ký thay đổi",
        "ENTERPRISE_CODE": enterprise.id.to_string(), "ENTERPRISE_GDT_CODE": enterprise.tax_no,
        "NAME": enterprise.record.full_name.to_uppercase(), "SITE_ID": 1, "RECEIPT_DATE": vietnamese(enterprise.received),
        "PLAN_DATE": vietnamese(enterprise.received.saturating_add(jiff::Span::new().days(3))),
        "PROCESS_STATUS": if done(simulator, enterprise) { "Đã chấp thuận" } else { "Đang xử lý" },
    })
}

fn page(asked: &Asked) -> Result<(usize, usize), String> {
    let number = |name: &str| match asked.query(name) {
        "" => Ok(None),
        text => text.parse::<usize>().map(Some).map_err(|_| format!("{name} không phải là số")),
    };
    let limit = number("limit")?.unwrap_or(ITEMS);
    if limit == 0 || limit > ITEMS {
        return Err(format!("limit từ 1 đến {ITEMS}"));
    }
    Ok((number("offset")?.unwrap_or(0), limit))
}

fn listed<'e>(
    simulator: &NationalSimulator,
    asked: &Asked,
    found: impl Iterator<Item = &'e Enterprise>,
    more: impl Fn(&Enterprise, &mut Value),
) -> Result<Answer, String> {
    let (offset, limit) = page(asked)?;
    let rows: Vec<Value> = found
        .skip(offset)
        .take(limit)
        .map(|enterprise| {
            let mut row = row(simulator, enterprise);
            more(enterprise, &mut row);
            row
        })
        .collect();
    Ok(good(rows.len(), json!({ "MainInformation": rows })))
}

fn of_day(simulator: &NationalSimulator, asked: &Asked) -> Result<Answer, String> {
    let minute = |name: &str| {
        let time = Time::strptime("%H:%M", asked.query(name)).map_err(|_| format!("{name} không phải là HH:mm"))?;
        Ok::<i64, String>(i64::from(time.hour()) * 60 + i64::from(time.minute()))
    };
    let (from, to) = (minute("from_ts")?, minute("to_ts")?);
    if from > to {
        return Err("from_ts sau to_ts".to_owned());
    }
    let today = simulator.ambient.today();
    let of_day = |e: &&Enterprise| e.processed == today && (from..=to).contains(&e.minute);
    listed(simulator, asked, simulator.world.enterprises.iter().filter(of_day), |enterprise, row| {
        row["PROCESSED_DATE"] = json!(format!(
            "{} {:02}:{:02}",
            vietnamese(enterprise.processed),
            enterprise.minute / 60,
            enterprise.minute % 60
        ));
    })
}

fn of_range(simulator: &NationalSimulator, asked: &Asked) -> Result<Answer, String> {
    let day = |name: &str| {
        let text = asked.query(name);
        let read = Date::strptime("%d/%m/%Y", text).ok().filter(|_| text.len() == 10);
        read.ok_or_else(|| format!("{name} không phải là dd/MM/yyyy"))
    };
    let (from, to) = (day("from_date")?, day("to_date")?);
    let days = from.until(to).map(|span| span.get_days()).unwrap_or(-1);
    if !(0..=SPAN).contains(&days) {
        return Err(format!("from_date và to_date cách nhau tối đa {SPAN} ngày"));
    }
    let between = |e: &&Enterprise| from <= e.received && e.received <= to;
    listed(simulator, asked, simulator.world.enterprises.iter().filter(between), |_, _| {})
}

fn case(simulator: &NationalSimulator, asked: &Asked) -> Result<Answer, String> {
    let number: i64 = asked.query("in_journal_no").parse().map_err(|_| "in_journal_no không phải là số".to_owned())?;
    let found = simulator.world.enterprises.iter().find(|enterprise| enterprise.journal == number);
    let found = found.ok_or("Không tìm thấy hồ sơ")?;
    let mut row = row(simulator, found);
    let contact = found.representatives.first().and_then(|index| simulator.world.citizens.get(*index));
    row["ENTERPRISE_TYPE_ID"] = json!(kind(found).0);
    row["REGISTRATION_DATE"] = json!(done(simulator, found).then(|| vietnamese(found.processed)));
    row["SUPPLEMENT_DATE"] = Value::Null;
    row["SUBMISSION_TYPE"] = json!("Trực tuyến");
    row["CONTACT_FULL_NAME"] = json!(contact.map(|person| person.record.full_name.clone()));
    row["CONTACT_ADDRESS"] = json!(contact.and_then(|person| person.record.address.clone()));
    row["CONTACT_ID_NO"] = json!(contact.map(|person| person.number.clone()));
    row["CONTACT_PHONE"] = json!(contact.and_then(|person| person.record.phone.clone()));
    row["CONTACT_EMAIL"] = json!(contact.and_then(|person| person.record.email.clone()));
    Ok(good(1, json!({ "MainInformation": row })))
}
