//! System 2, the shared code lists: structure, content and additions of lists, as a province's public guide shows them.
//!
//! Lists whose content the city's pack knows are filled from it; the others are there with their structure and empty.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::messages::{Answer, Asked, ITEMS, excess};
use super::{NationalSimulator, tokens};

/// Rows that callers may add to one list.
const ADDED: usize = 2_000;

/// Lists by address and name, with the list of the pack that fills them.
const LISTS: &[(&str, &str, &str)] = &[
    ("qlvanbandieuhanhcap1", "Mã định danh hệ thống quản lý văn bản và điều hành cấp 1", ""),
    ("qlvanbandieuhanhcap2", "Mã định danh hệ thống quản lý văn bản và điều hành cấp 2", ""),
    ("qlvanbandieuhanhcap3", "Mã định danh hệ thống quản lý văn bản và điều hành cấp 3", ""),
    ("qlvanbandieuhanhcap4", "Mã định danh hệ thống quản lý văn bản và điều hành cấp 4", ""),
    ("donvihanhchinhcap1", "Đơn vị hành chính cấp tỉnh", "provinces"),
    ("donvihanhchinhcap2", "Đơn vị hành chính cấp huyện (đã bỏ từ 01/7/2025)", ""),
    ("donvihanhchinhcap3", "Đơn vị hành chính cấp xã", "communes"),
    ("mabuuchinhvungkhuvuc", "Mã bưu chính vùng, khu vực", ""),
    ("mabuuchinhcap1", "Mã bưu chính cấp tỉnh", ""),
    ("mabuuchinhcap2", "Mã bưu chính cấp huyện", ""),
    ("mabuuchinhcap3", "Mã bưu chính cấp xã", ""),
    ("madantoc", "Các dân tộc", "ethnic_groups"),
    ("madantockhac", "Các dân tộc và tên gọi khác", ""),
    ("matongiao", "Các tôn giáo", ""),
    ("magioitinh", "Giới tính", ""),
    ("manhommau", "Nhóm máu", ""),
    ("maynghianhommau", "Ý nghĩa nhóm máu", ""),
    ("maquocgia", "Quốc gia, quốc tịch", "countries"),
    ("matinhtranghonnhan", "Tình trạng hôn nhân", ""),
    ("giaoducdaotaovncap1", "Giáo dục, đào tạo Việt Nam cấp I", ""),
    ("giaoducdaotaovncap2", "Giáo dục, đào tạo Việt Nam cấp II", ""),
    ("giaoducdaotaovncap3", "Giáo dục, đào tạo Việt Nam cấp III", ""),
    ("giaoducdaotaovncap4", "Giáo dục, đào tạo cấp IV trình độ cao đẳng, đại học", ""),
    ("giaoducdaotaovncap5", "Giáo dục, đào tạo cấp IV trình độ thạc sĩ, tiến sĩ", ""),
    ("machucdanhcqdcsvn", "Chức danh trong các cơ quan Đảng", ""),
    ("mabacluong", "Bậc lương", ""),
    ("mabangluong", "Bảng lương", ""),
    ("machucdanh", "Loại công chức, viên chức, nhân viên, lãnh đạo", ""),
    ("manhomluong", "Nhóm lương", ""),
    ("mahesoluong", "Hệ số lương", ""),
    ("mahesoluongvung", "Mức lương tối thiểu vùng", ""),
    ("mathiduakhenthuong", "Thi đua khen thưởng", ""),
    ("maloaivanbantheoqdpl", "Loại văn bản theo quy định pháp luật", ""),
    ("matenvanbantheoqdpl", "Tên các loại văn bản quy phạm pháp luật", ""),
    ("matenvanbanhanhchinh", "Tên các loại văn bản hành chính", ""),
    ("dokhanvanban", "Độ khẩn văn bản", ""),
];

/// Members of the one list whose structure the guide prints; the first is its key.
const OF_SYSTEMS: &[(&str, &str, &str)] = &[
    ("MaDinhDanhCap1", "Mã định danh cấp 1", "String"),
    ("TenDonVi", "Tên đơn vị", "String"),
    ("DiaChi", "Địa chỉ", "String"),
    ("Email", "Email", "String"),
    ("SoDienThoai", "Số điện thoại", "String"),
    ("Fax", "Fax", "String"),
    ("Website", "Website", "String"),
    ("QdBanHanhQdSuaDoi", "QĐ ban hành/ QĐ sửa đổi", "String"),
    ("NgayBanHanhQd", "Ngày ban hành QĐ", "DateTime"),
    ("CoQuanBanHanhQd", "Cơ quan ban hành QĐ", "String"),
];

/// Members of all others; ours.
const OF_OTHERS: &[(&str, &str, &str)] = &[("Ma", "Mã", "String"), ("Ten", "Tên", "String")];

/// Rows that callers added, by list.
pub(super) type Added = BTreeMap<&'static str, Vec<Value>>;

type List = (&'static str, &'static str, &'static str);

fn structure(list: &List) -> &'static [(&'static str, &'static str, &'static str)] {
    if list.0 == "qlvanbandieuhanhcap1" { OF_SYSTEMS } else { OF_OTHERS }
}

/// Answers a request.
pub(super) fn answer(simulator: &NationalSimulator, asked: &Asked) -> Answer {
    if let Err(refused) = tokens::required(simulator, asked) {
        return refused;
    }
    let parts: Vec<&str> = asked.path.split('/').filter(|part| !part.is_empty()).skip(1).collect();
    let (door, name) = match parts.as_slice() {
        ["1.0", "AllCategory"] | ["AllCategory"] => ("All", ""),
        ["1.0", door, name] | [door, name] => (*door, *name),
        _ => return Answer::gateway(StatusCode::NOT_FOUND),
    };
    if door == "All" {
        let row = |list: &List| json!({ "Code": list.0, "Name": list.1, "Count": rows(simulator, list).len() });
        return Answer::good(Value::Array(LISTS.iter().map(row).collect()));
    }
    let Some(list) = LISTS.iter().find(|list| list.0 == name) else { return Answer::gateway(StatusCode::NOT_FOUND) };
    match (asked.method.as_str(), door) {
        ("GET", "Metadata") => {
            let member = |(code, name, kind): &(&str, &str, &str)| json!({ "PropertyCode": code, "PropertyName": name, "PropertyType": kind });
            Answer::good(Value::Array(structure(list).iter().map(member).collect()))
        }
        ("GET", "Category") => Answer::good(Value::Array(rows(simulator, list))),
        ("POST", "Category") => add(simulator, list, asked),
        (_, "Metadata" | "Category") if asked.method != Method::GET => Answer::gateway(StatusCode::METHOD_NOT_ALLOWED),
        _ => Answer::gateway(StatusCode::NOT_FOUND),
    }
}

/// Content of a list: the pack's, what the law of names knows, and what callers added.
fn rows(simulator: &NationalSimulator, list: &List) -> Vec<Value> {
    let row = |code: &str, name: &str| json!({ "Ma": code, "Ten": name });
    let mut rows: Vec<Value> = match list.0 {
        "magioitinh" => vec![row("0", "Chưa có thông tin"), row("1", "Giới tính nam"), row("2", "Giới tính nữ")],
        _ if list.2.is_empty() => Vec::new(),
        _ => {
            let day = simulator.ambient.today();
            let codes = simulator.world.pack.codes.on(list.2, day);
            codes.map(|code| row(&code.code, &code.name.vi)).collect()
        }
    };
    rows.extend(simulator.state().kept.code_lists.get(list.0).into_iter().flatten().cloned());
    rows
}

/// Adds rows, all or none.
fn add(simulator: &NationalSimulator, list: &'static List, asked: &Asked) -> Answer {
    let not_inserted =
        |reason: String| Answer::good(json!({ "MSG": format!("Data not insert: {reason}"), "Count": 0 }));
    let Ok(Value::Array(given)) = serde_json::from_slice::<Value>(&asked.body) else {
        return Answer::gateway(StatusCode::BAD_REQUEST);
    };
    if given.is_empty() || given.len() > ITEMS || given.iter().any(|row| excess(row, 0).is_some()) {
        return not_inserted(format!("from 1 to {ITEMS} records of short texts are taken"));
    }
    let members = structure(list);
    let key = members.first().map_or("Ma", |(code, ..)| code);
    let mut known: Vec<String> =
        rows(simulator, list).iter().map(|row| super::messages::text(row, key).to_owned()).collect();
    for (index, row) in given.iter().enumerate() {
        let number = index + 1;
        let Value::Object(fields) = row else { return not_inserted(format!("Record {number}: not an object")) };
        if let Some(name) = fields.keys().find(|name| !members.iter().any(|(code, ..)| code == name)) {
            return not_inserted(format!("Record {number}: {name} is not a property"));
        }
        let code = super::messages::text(row, key).to_owned();
        if code.is_empty() {
            return not_inserted(format!("Record {number}: {key} is empty"));
        }
        if known.contains(&code) {
            return not_inserted(format!("Record {number}: {key} \"{code}\" is duplicate"));
        }
        known.push(code);
    }
    let count = given.len();
    let mut state = simulator.state();
    let added = state.kept.code_lists.entry(list.0).or_default();
    if added.len() + count > ADDED {
        return not_inserted("the simulator keeps no more".to_owned());
    }
    added.extend(given);
    Answer::good(json!({ "MSG": "Done", "Count": count }))
}
