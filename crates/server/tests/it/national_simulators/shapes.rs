//! The systems that speak JSON: every operation with what it should answer, good and bad, as data.

use super::Stage;
use data_encoding::{BASE64, HEXLOWER};
use haidang_server::simulators::national::{CLIENT, SECRET};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A body, the pointer into the answer and what stands there.
type Case<'t> = (&'t str, Value, &'t str, Value);

/// Posts each body and looks at one member of the answer.
async fn check(stage: &Stage, base: &str, cases: &[Case<'_>]) {
    for (operation, body, pointer, expected) in cases {
        let told = stage.post(&format!("{base}/{operation}"), body.clone()).await;
        let found = told.json().pointer(pointer).cloned().unwrap_or(Value::Null);
        assert_eq!(&found, expected, "{operation} {body}: {told:?}");
    }
}

#[tokio::test]
async fn code_lists_tell_structure_and_content_and_take_additions_whole() {
    let stage = Stage::open().await;
    let all = stage.get("/dmdc/1.0/AllCategory").await.json();
    assert_eq!(all.as_array().unwrap().len(), 36);
    for list in all.as_array().unwrap() {
        let code = list["Code"].as_str().unwrap();
        let structure = stage.get(&format!("/dmdc/Metadata/{code}")).await.json();
        assert!(structure[0]["PropertyCode"].is_string() && structure[0]["PropertyType"].is_string(), "{code}");
        let rows = stage.get(&format!("/dmdc/Category/{code}")).await.json();
        assert_eq!(rows.as_array().unwrap().len() as u64, list["Count"].as_u64().unwrap(), "{code}");
    }
    let communes = stage.get("/dmdc/Category/donvihanhchinhcap3").await.json();
    assert!(communes.as_array().unwrap().len() > 100 && communes[0]["Ma"].as_str().unwrap().len() == 5, "{communes}");
    let path = "/dmdc/Category/qlvanbandieuhanhcap1";
    for (body, message, count) in [
        (json!([{ "MaDinhDanhCap1": "000.00.00.H30", "TenDonVi": "Đơn vị minh họa" }]), "Done", 1),
        (
            json!([{ "MaDinhDanhCap1": "000.00.00.H31" }, { "MaDinhDanhCap1": "000.00.00.H30" }]),
            "Data not insert: Record 2: MaDinhDanhCap1 \"000.00.00.H30\" is duplicate",
            0,
        ),
        (json!([{ "TenDonVi": "x" }]), "Data not insert: Record 1: MaDinhDanhCap1 is empty", 0),
        (json!([{ "MaDinhDanhCap1": "1", "La": "x" }]), "Data not insert: Record 1: La is not a property", 0),
        (json!([7]), "Data not insert: Record 1: not an object", 0),
        (
            json!(vec![json!({ "MaDinhDanhCap1": "x" }); 201]),
            "Data not insert: from 1 to 200 records of short texts are taken",
            0,
        ),
    ] {
        let told = stage.post(path, body).await.json();
        assert_eq!((&told["MSG"], &told["Count"]), (&json!(message), &json!(count)));
    }
    assert_eq!(stage.get(path).await.json().as_array().unwrap().len(), 1, "all or nothing");
    for (method, path, status) in [
        ("GET", "/dmdc/Category/khong", 404),
        ("GET", "/dmdc/Other/madantoc", 404),
        ("DELETE", "/dmdc/Category/madantoc", 405),
        ("POST", "/dmdc/Category/madantoc", 400),
    ] {
        assert_eq!(super::send(stage.call(method, path)).await.unwrap().status, status, "{method} {path}");
    }
}

fn birth(number: &str, name: &str) -> Value {
    let data = format!(
        "<hoSo><nksHoTen>{name}</nksHoTen><nksNgaySinh>10.02.2026</nksNgaySinh><nksGioiTinh>2</nksGioiTinh></hoSo>"
    );
    json!({ "maDonVi": "11824", "module": "KS", "maHoSo": number, "ngayTiepNhan": "03/03/2026", "data": data })
}

/// A birth with one member changed.
fn birth_but(member: &str, value: Value) -> Value {
    let mut body = birth("HS-2", "Lê Thị Em Bé");
    body[member] = value;
    body
}

#[tokio::test]
async fn civil_status_takes_cases_and_tells_their_way() {
    let stage = Stage::open().await;
    let base = "/apiHoTichTuPhap";
    let of = |agency: &str, number: &str| json!({ "maDonVi": agency, "maHoSo": number });
    check(
        &stage,
        base,
        &[
            ("dangKyHoTich", birth("HS-1", "Lê Thị Em Bé"), "/status", json!(1)),
            ("dangKyHoTich", birth("HS-1", "Lê Thị Em Bé"), "/status", json!(1)),
            ("dangKyHoTich", birth("HS-1", "Lê Thị Khác"), "/errorCode", json!("500")),
            ("dangKyHoTich", birth_but("maDonVi", json!(11824)), "/status", json!(1)),
            ("dangKyHoTich", birth_but("maDonVi", json!("99999")), "/errorCode", json!("106")),
            ("dangKyHoTich", birth_but("module", json!("XX")), "/errorCode", json!("500")),
            ("dangKyHoTich", birth_but("maHoSo", json!("")), "/errorCode", json!("500")),
            ("dangKyHoTich", birth_but("maHoSo", json!("x".repeat(51))), "/errorCode", json!("500")),
            ("dangKyHoTich", birth_but("ngayTiepNhan", json!("hôm nay")), "/errorCode", json!("500")),
            ("dangKyHoTich", birth_but("data", json!("<a>")), "/errorCode", json!("500")),
            (
                "dangKyHoTich",
                birth_but("data", json!("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")),
                "/errorCode",
                json!("500"),
            ),
            ("dangKyHoTich", birth_but("data", json!("x".repeat(5_000))), "/errorCode", json!("500")),
            ("danhMuc", json!({ "loaiDanhMuc": "1" }), "/value/0/ma", json!("AD")),
            ("danhMuc", json!({ "loaiDanhMuc": 3 }), "/value/0/ten", json!("Kinh")),
            ("danhMuc", json!({ "loaiDanhMuc": "4" }), "/value/0/ma", json!("01")),
            ("danhMuc", json!({ "loaiDanhMuc": "5" }), "/value/1/ten", json!("Hộ chiếu")),
            ("danhMuc", json!({ "loaiDanhMuc": "6" }), "/errorCode", json!("302")),
            ("traTrangThaiHoSo", of("11824", "HS-1"), "/status", json!(1)),
            ("traTrangThaiHoSo", of("11824", "HS-9"), "/errorCode", json!("201")),
            ("traTrangThaiHoSo", of("99999", "HS-1"), "/errorCode", json!("106")),
            ("ketQuaDangKyHS", of("11824", "HS-1"), "/errorCode", json!("200")),
            ("ketQuaDangKyHS", of("11824", "HS-9"), "/errorCode", json!("201")),
            (
                "dsHoSoDangKy",
                json!({ "module": "KS", "ngayCapNhat": "03/03/2026", "maTinh": "77777" }),
                "/errorCode",
                json!("108"),
            ),
            ("dsHoSoDangKy", json!({ "module": "KH", "ngayCapNhat": "03/03/2026" }), "/value", json!([])),
            ("traHoSo", json!({ "module": "KS", "maHoSo": 1 }), "/value/0/id", json!(1)),
            ("traHoSo", json!({ "module": "KH", "maHoSo": 5_000_001 }), "/value/0/id", json!(5_000_001)),
            ("traHoSo", json!({ "module": "KS", "maHoSo": 999_999 }), "/errorCode", json!("201")),
            ("traHoSo", json!({ "module": "KS", "maHoSo": 10_000_001 }), "/errorCode", json!("200")),
            (
                "traDanhSachHoSo",
                json!({ "module": "KS", "maTinh": "31", "dsMaHoSo": [2, "3", 999_999] }),
                "/value/1/id",
                json!(3),
            ),
            ("traDanhSachHoSo", json!({ "module": "KS", "dsMaHoSo": [1] }), "/errorCode", json!("108")),
            (
                "traDanhSachHoSo",
                json!({ "module": "KS", "maTinh": "31", "dsMaHoSo": [999_999] }),
                "/errorCode",
                json!("201"),
            ),
        ],
    )
    .await;
    stage.ambient.advance(SignedDuration::from_mins(61));
    // The token is an hour old by now.
    let stage = Stage { token: stage.new_token().await, ..stage };
    check(&stage, base, &[("traTrangThaiHoSo", of("11824", "HS-1"), "/status", json!(3))]).await;
    stage.control("POST", "/civil_status/HS-1", json!({ "status": 2, "note": "bản sao" })).await;
    let asked = stage.post(&format!("{base}/traTrangThaiHoSo"), of("11824", "HS-1")).await.json();
    assert_eq!(
        (&asked["status"], &asked["statusDescription"]),
        (&json!(2), &json!("Hồ sơ cần bổ sung thông tin: bản sao"))
    );
    stage.control("POST", "/civil_status/HS-1", json!({ "status": 4 })).await;
    let result = stage.post(&format!("{base}/ketQuaDangKyHS"), of("11824", "HS-1")).await.json();
    assert_eq!(result["value"]["hoTen"], "Lê Thị Em Bé", "{result}");
    let number = haidang_kernel::number::CitizenNo::parse(result["value"]["soDinhDanh"].as_str().unwrap()).unwrap();
    assert_eq!(number.agrees(Some("2026-02-10".parse().unwrap()), Some(haidang_kernel::number::Sex::Female)), Ok(()));
    let listed = json!({ "module": "KS", "ngayCapNhat": "2026-03-03" });
    let listed = stage.post(&format!("{base}/dsHoSoDangKy"), listed).await.json();
    let ids: Vec<_> = listed["value"].as_array().unwrap().iter().filter_map(|row| row["id"].as_i64()).collect();
    assert!(ids.contains(&10_000_001) && ids.contains(&10_000_002), "{listed}");
}

#[tokio::test]
async fn linked_births_and_deaths_are_taken_at_their_own_address() {
    let stage = Stage::open().await;
    let of = |module: &str| {
        let mut body = birth(&format!("LT-{module}"), "Lê Thị Em Bé");
        body["module"] = json!(module);
        body
    };
    check(
        &stage,
        "/apiLienThongKSKT/1.0",
        &[
            ("nhanHoSoDKHT", of("LTKS"), "/status", json!(1)),
            ("nhanHoSoDKHT", of("LTKT"), "/status", json!(1)),
            ("nhanHoSoDKHT", of("LTKH"), "/status", json!(1)),
            ("nhanHoSoDKHT", of("KS"), "/errorCode", json!("500")),
            ("khac", of("LTKS"), "/fault/code", json!(404)),
        ],
    )
    .await;
    check(&stage, "/apiHoTichTuPhap", &[("dangKyHoTich", of("LTKS"), "/errorCode", json!("500"))]).await;
}

fn declaration() -> Value {
    json!({
        "idMinistryJustice": "1", "idReceivedDec": "LLTP-1", "dateReceivedDec": "03/03/2026", "datePromissoryDec": "17/03/2026",
        "declarationWSForm": {
            "fullName": "Nguyễn Văn An", "genderId": 1, "birthDateStr": "1990", "nationalityId": 1, "idTypeId": 3,
            "identifyNo": "031090000001", "phone": "0900000001", "declareDate": "03/03/2026", "declareTypeId": 3846,
            "requestQty": 1, "objectRequestId": 72, "formType": 1,
        },
        "residenceWSForm": [{ "fromDateStr": "2004", "toDateStr": "03/2026", "residencePlace": "Phường Minh Họa" }],
    })
}

fn declared(pointer: &str, value: Value) -> Value {
    let mut body = declaration();
    body["idReceivedDec"] = json!("LLTP-2");
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = value;
    body
}

#[tokio::test]
async fn judicial_records_judge_the_forms_and_tell_their_way() {
    let stage = Stage::open().await;
    let base = "/apiLyLichTuPhap";
    let bad = |pointer: &str, value: Value| ("nhanHoSoDangKy", declared(pointer, value), "/STATUS", json!("500"));
    let mut other = declaration();
    other["declarationWSForm"]["fullName"] = json!("Trần Văn Khác");
    check(
        &stage,
        base,
        &[
            ("nhanHoSoDangKy", declaration(), "/STATUS", json!("1")),
            ("nhanHoSoDangKy", declaration(), "/STATUS", json!("1")),
            ("nhanHoSoDangKy", other, "/STATUS", json!("500")),
            bad("/dateReceivedDec", json!("2026-03-03")),
            bad("/declarationWSForm/fullName", json!("")),
            bad("/declarationWSForm/genderId", json!(2)),
            bad("/declarationWSForm/birthDateStr", json!("31/02/1990")),
            bad("/declarationWSForm/declareTypeId", json!(1)),
            bad("/declarationWSForm/declareTypeId", json!(3845)),
            bad("/declarationWSForm/formType", json!(3)),
            bad("/declarationWSForm/khac", json!(1)),
            bad("/residenceWSForm", json!([{ "fromDateStr": "2004" }])),
            bad("/mandatorWSForm", json!({ "genderId": 1 })),
            ("traTrangThaiHs", json!({ "idReceivedDec": "LLTP-1", "infoType": "2" }), "/DEC_STATUS_ID", json!(3)),
            ("traTrangThaiHs", json!({ "idReceivedDec": "LLTP-1", "infoType": "1" }), "/STATUS", json!("500")),
            ("traTrangThaiHs", json!({ "idReceivedDec": "LLTP-1", "infoType": "3" }), "/STATUS", json!("500")),
            ("traTrangThaiHs", json!({ "idReceivedDec": "LLTP-9", "infoType": "2" }), "/STATUS", json!("201")),
            ("traDanhMuc", json!({ "infoType": "1" }), "/STATUS", json!("1")),
            ("traDanhMuc", json!({ "infoType": "3" }), "/LISTCONTENT/0/NAME", json!("Kinh")),
            ("traDanhMuc", json!({ "infoType": "6" }), "/STATUS", json!("500")),
            ("danhDauHsThanhCong", json!({ "infoType": "2", "declarationId": "khong" }), "/STATUS", json!("201")),
            ("danhDauHsThanhCong", json!({ "infoType": "2" }), "/STATUS", json!("500")),
            ("khac", json!({}), "/fault/code", json!(404)),
        ],
    )
    .await;
    let changed = async || stage.post(&format!("{base}/traDsTrangThaiHs"), json!({ "infoType": "2" })).await.json();
    let row = changed().await["LISTCONTENT"][0].clone();
    assert_eq!((&row["RECEIVE_NO"], &row["DEC_STATUS_ID"]), (&json!("LLTP-1"), &json!(3)));
    let mark = json!({ "infoType": "2", "declarationId": row["DECLARATION_ID"] });
    stage.post(&format!("{base}/danhDauHsThanhCong"), mark).await;
    assert_eq!(changed().await["LISTCONTENT"], json!([]), "marked as taken");
    stage.control("POST", "/judicial_records/LLTP-1", json!({ "status": 5 })).await;
    let row = changed().await["LISTCONTENT"][0].clone();
    assert_eq!((&row["DEC_STATUS_ID"], &row["ISSUE_DATE"]), (&json!(5), &json!("04/03/2026")));
    // What was filed at the ministry's own portal waits to be fetched, once.
    let waiting = async || stage.post(&format!("{base}/traHoSo"), json!({ "infoType": "1" })).await.json();
    let first = waiting().await;
    let form = &first["LISTCONTENT"][0]["declarationTraHoSoForm"];
    assert!(first["LISTCONTENT"].as_array().unwrap().len() == 3 && form["fullName"].is_string(), "{first}");
    let mark = json!({ "infoType": "3", "declarationId": form["declarationId"] });
    stage.post(&format!("{base}/danhDauHsThanhCong"), mark).await;
    assert_eq!(waiting().await["LISTCONTENT"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn social_insurance_finds_one_person_plain_and_wrapped() {
    let stage = Stage::open().await;
    let person = stage.people().await[0].clone();
    let word = |name: &str| person[name].as_str().unwrap().to_owned();
    let born = word("birth_date").replace('-', "");
    let asked = |changes: &[(&str, &str)]| {
        let sex = if word("sex") == "male" { "1" } else { "2" };
        let mut body =
            json!({ "hoTen": word("full_name"), "ngaySinh": born, "loaiNgaySinh": "0", "gioiTinh": sex, "isKs": "0" });
        for (name, value) in changes {
            body[*name] = json!(value);
        }
        body
    };
    let (number, name) = (json!(word("insurance_no")), json!(word("full_name")));
    let month = &born[..6];
    let year = &born[..4];
    check(
        &stage,
        "/apiBHXH",
        &[
            ("getTraCuuTtHgdByMaSoBhxh", json!({ "maSoBhxh": number }), "/hoTen", name.clone()),
            ("getTraCuuTtHgdByMaSoBhxh", json!({ "maSoBhxh": "0000000000" }), "/errorCode", json!("KHONG_TIM_THAY")),
            ("getTraCuuTtHgdByMaSoBhxh", json!({ "maSoBhxh": "1" }), "/errorCode", json!("SAI_DU_LIEU")),
            ("getMaSoBhxhTheoTieuChi", asked(&[]), "/maSoBhxh", number.clone()),
            (
                "getMaSoBhxhTheoTieuChi",
                asked(&[("ngaySinh", year), ("loaiNgaySinh", "1")]),
                "/maSoBhxh",
                number.clone(),
            ),
            (
                "getMaSoBhxhTheoTieuChi",
                asked(&[("ngaySinh", month), ("loaiNgaySinh", "2")]),
                "/maSoBhxh",
                number.clone(),
            ),
            ("getMaSoBhxhTheoTieuChi", asked(&[("gioiTinh", "3")]), "/errorCode", json!("KHONG_TIM_THAY")),
            ("getMaSoBhxhTheoTieuChi", asked(&[("gioiTinh", "4")]), "/errorCode", json!("SAI_DU_LIEU")),
            ("getMaSoBhxhTheoTieuChi", asked(&[("loaiNgaySinh", "3")]), "/errorCode", json!("SAI_DU_LIEU")),
            ("getMaSoBhxhTheoTieuChi", asked(&[("ngaySinh", "19901301")]), "/errorCode", json!("SAI_DU_LIEU")),
            ("getMaSoBhxhTheoTieuChi", asked(&[("isKs", "2")]), "/errorCode", json!("SAI_DU_LIEU")),
            ("getMaSoBhxhTheoTieuChi", asked(&[("maTinhKs", "79")]), "/errorCode", json!("KHONG_TIM_THAY")),
            ("getTraCuuThongTinHgd", asked(&[]), "/maSo", number.clone()),
            ("getTraCuuThongTinHgd", asked(&[("soSo", "0000000000")]), "/errorCode", json!("KHONG_TIM_THAY")),
            ("khac", asked(&[]), "/fault/code", json!(404)),
        ],
    )
    .await;
    check(
        &stage,
        "/wrapped/apiBHXH",
        &[
            ("getTraCuuTtHgdByMaSoBhxh", json!({ "maSoBhxh": number }), "/response/hoTen", name),
            ("getTraCuuTtHgdByMaSoBhxh", json!({ "maSoBhxh": number }), "/code", json!(200)),
            ("getTraCuuTtHgdByMaSoBhxh", json!({ "maSoBhxh": "1" }), "/response/errorCode", json!("SAI_DU_LIEU")),
            ("getTraCuuTtHgdByMaSoBhxh", json!({ "maSoBhxh": "1" }), "/status", json!("FAILED")),
        ],
    )
    .await;
    // The leading pair lives in one household.
    let spouse = stage.people().await[1].clone();
    let spouse_asked = json!({
        "hoTen": spouse["full_name"], "ngaySinh": spouse["birth_date"].as_str().unwrap().replace('-', ""), "loaiNgaySinh": "0",
        "gioiTinh": "1", "isKs": "0",
    });
    let one = stage.post("/apiBHXH/getTraCuuThongTinHgd", asked(&[])).await.json();
    let other = stage.post("/apiBHXH/getTraCuuThongTinHgd", spouse_asked).await.json();
    assert!(one["maHo"].is_string() && one["maHo"] == other["maHo"], "{one} {other}");
}

#[tokio::test]
async fn enterprises_and_their_cases_are_found_within_the_limits() {
    let stage = Stage::open().await;
    let known = stage.control("GET", "/enterprises", Value::Null).await["enterprises"].clone();
    let (tax_no, journal) = (known[0]["tax_no"].as_str().unwrap(), known[0]["journal_no"].as_i64().unwrap());
    let base = "/apiCSDLDKDN";
    let detail = stage.get(&format!("{base}/1.0/chiTietDoanhNghiep?msdn={tax_no}")).await.json();
    assert_eq!(detail["MainInformation"]["ENTERPRISE_GDT_CODE"], tax_no, "{detail}");
    assert!(detail["HOAdress"]["AddressFullText"].is_string() && detail["Member"][0]["MEMBER_NAME"].is_string());
    for (query, status) in [
        (format!("chiTietDoanhNghiep?msdn={tax_no}"), "1"),
        ("chiTietDoanhNghiep?msdn=0100000000".to_owned(), "0"),
        ("chiTietDoanhNghiep".to_owned(), "0"),
        ("danhSachHoSoTrongNgay?from_ts=00:00&to_ts=23:59".to_owned(), "1"),
        ("danhSachHoSoTrongNgay?from_ts=10:00&to_ts=09:00".to_owned(), "0"),
        ("danhSachHoSoTrongNgay?from_ts=25:00&to_ts=26:00".to_owned(), "0"),
        ("danhSachHoSo?from_date=26/02/2026&to_date=03/03/2026".to_owned(), "1"),
        ("danhSachHoSo?from_date=25/02/2026&to_date=03/03/2026".to_owned(), "0"),
        ("danhSachHoSo?from_date=03/03/2026&to_date=02/03/2026".to_owned(), "0"),
        ("danhSachHoSo?from_date=3/3/2026&to_date=03/03/2026".to_owned(), "0"),
        ("danhSachHoSo?from_date=03/03/2026&to_date=03/03/2026&limit=0".to_owned(), "0"),
        ("danhSachHoSo?from_date=03/03/2026&to_date=03/03/2026&limit=201".to_owned(), "0"),
        ("danhSachHoSo?from_date=03/03/2026&to_date=03/03/2026&offset=x".to_owned(), "0"),
        (format!("tinhTrangHoSo?in_journal_no={journal}"), "1"),
        ("tinhTrangHoSo?in_journal_no=1".to_owned(), "0"),
    ] {
        let told = stage.get(&format!("{base}/{query}")).await.json();
        assert_eq!(told["Status"], status, "{query}: {told}");
    }
    // Page by page the list of days is the list of all.
    let mut seen = Vec::new();
    for start in (0..3).map(|turn| 20 + turn * 4) {
        let (from, to) = (format!("{start:02}/02/2026"), format!("{:02}/02/2026", (start + 3).min(28)));
        for offset in 0..20 {
            let path = format!("{base}/danhSachHoSo?from_date={from}&to_date={to}&offset={offset}&limit=1");
            let told = stage.get(&path).await.json();
            seen.extend(
                told["MainInformation"].as_array().unwrap().iter().map(|row| row["IN_JOURNAL_NO"].as_i64().unwrap()),
            );
        }
    }
    let told = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(told, seen.len(), "no case appears on two pages");
    assert_eq!(super::send(stage.call("POST", &format!("{base}/tinhTrangHoSo"))).await.unwrap().status, 405);
}

fn signed(mut body: Value, members: &[&str]) -> Value {
    let text = |name: &&str| match &body[*name] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let raw: String = members.iter().map(text).chain([SECRET.to_owned()]).collect();
    body["checksum"] = json!(HEXLOWER.encode(&Sha256::digest(raw.as_bytes())));
    body
}

fn order(changes: &[(&str, Value)]) -> Value {
    let paids = BASE64.encode(b"[{\"code\":\"LP01\",\"amount\":8000},{\"code\":\"P02\",\"amount\":2000}]");
    let mut body = json!({
        "partnerCode": CLIENT, "accessKey": CLIENT, "payerId": "031090000001", "payerName": "Nguyễn Văn An",
        "docCode": "H24.11824-20260303-0000001", "amount": 10000, "paids": paids, "otherInfo": "", "returnUrl": "http://localhost/",
    });
    for (name, value) in changes {
        body[*name] = value.clone();
    }
    let members =
        ["partnerCode", "accessKey", "payerId", "payerName", "docCode", "amount", "paids", "otherInfo", "returnUrl"];
    signed(body, &members)
}

#[tokio::test]
async fn a_payment_begins_once_and_is_settled_once() {
    let stage = Stage::open().await;
    let mut unsigned = order(&[]);
    unsigned["amount"] = json!(1);
    let not_base64 = json!("không phải");
    check(
        &stage,
        "/paygov",
        &[
            ("start", unsigned, "/errorCode", json!("02")),
            ("start", order(&[("partnerCode", json!("other"))]), "/errorCode", json!("01")),
            ("start", order(&[("amount", json!(9999))]), "/errorCode", json!("03")),
            ("start", order(&[("paids", not_base64.clone())]), "/errorCode", json!("03")),
            ("start", order(&[("otherInfo", not_base64)]), "/errorCode", json!("03")),
            (
                "start",
                order(&[("paids", json!(BASE64.encode(b"[{\"amount\":-1}]"))), ("amount", json!(-1))]),
                "/errorCode",
                json!("03"),
            ),
            ("start", order(&[("docCode", json!(""))]), "/errorCode", json!("03")),
            ("other", order(&[]), "/fault/code", json!(404)),
        ],
    )
    .await;
    let first = stage.post("/paygov/start", order(&[])).await.json();
    assert_eq!((&first["errorCode"], &first["status"]), (&json!("00"), &json!("pending")));
    assert_eq!(stage.post("/paygov/start", order(&[])).await.json(), first, "the same order is the same payment");
    let other = stage.post("/paygov/start", order(&[("payerName", json!("Trần Văn Khác"))])).await.json();
    assert_eq!(other["errorCode"], "05");
    let transaction = first["transactionId"].as_str().unwrap();
    let ask = |number: &str| {
        let body = json!({ "partnerCode": CLIENT, "accessKey": CLIENT, "transactionId": number });
        signed(body, &["partnerCode", "accessKey", "transactionId"])
    };
    stage.control("POST", &format!("/payment/{transaction}"), json!({ "status": "paid" })).await;
    let told = stage.post("/paygov/status", ask(transaction)).await.json();
    assert_eq!(told["status"], "paid");
    let again = signed(told.clone(), &["transactionId", "docCode", "amount", "status"]);
    assert_eq!(again["checksum"], told["checksum"], "the answer proves itself");
    assert_eq!(stage.post("/paygov/status", ask("khong")).await.json()["errorCode"], "04");
    let late = stage.request("POST", &format!("/_control/payment/{transaction}")).json(&json!({ "status": "failed" }));
    assert_eq!(super::send(late).await.unwrap().status, 409);
}
