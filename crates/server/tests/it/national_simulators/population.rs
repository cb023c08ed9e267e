//! The population database: SOAP as public clients send it, and everything it refuses.

use super::{Stage, Told, send};
use data_encoding::{BASE64, HEXLOWER};
use haidang_server::simulators::national::{CLIENT, SECRET};
use sha2::{Digest as _, Sha256};

const LOOK_UP: &str = "TraCuuThongTinCongDan";
const VERIFY: &str = "XacThucThongTinCongDan";

/// The envelope of an operation with this content.
fn envelope(operation: &str, content: &str) -> String {
    format!(
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:dan=\"http://dancuquocgia.bca\">\
         <soapenv:Header/><soapenv:Body><dan:{operation}>{content}</dan:{operation}></soapenv:Body></soapenv:Envelope>"
    )
}

/// Fields in their order.
fn fields(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, text)| format!("<dan:{name}>{text}</dan:{name}>")).collect()
}

fn head() -> Vec<(&'static str, &'static str)> {
    vec![
        ("MaYeuCau", "YC1"),
        ("MaDVC", "1.001193"),
        ("MaTichHop", "037"),
        ("MaCanBo", "can.bo"),
        ("MaDonVi", "H24"),
        ("TaiKhoan", "haidang"),
        ("SoDienThoai", "0"),
    ]
}

/// The headers of a client, as they should be.
fn headers(stage: &Stage) -> Vec<(&'static str, String)> {
    let stamp = stage.ambient.now().as_millisecond().to_string();
    let raw = format!("{}/dancu{CLIENT}{stamp}{SECRET}", stage.origin);
    let hash = HEXLOWER.encode(&Sha256::digest(raw.as_bytes()));
    vec![
        ("timestamp", stamp),
        ("authorization", format!("Basic {}", BASE64.encode(format!("{CLIENT}:{hash}").as_bytes()))),
        ("x-road-client", "VN/GOV/H24/haidang".to_owned()),
        ("apikey", SECRET.to_owned()),
        ("soapaction", "\"\"".to_owned()),
    ]
}

pub async fn ask(stage: &Stage, headers: &[(&'static str, String)], body: String) -> Result<Told, reqwest::Error> {
    let mut asked = stage.request("POST", "/dancu").header("content-type", "application/xml").body(body);
    for (name, value) in headers {
        asked = asked.header(*name, value);
    }
    send(asked).await
}

/// Asks about the first resident as a good client does.
pub async fn first(stage: &Stage) -> Result<Told, reqwest::Error> {
    let person = stage.people().await.remove(0);
    let born = person["birth_date"].as_str().unwrap().replace('-', "");
    let mut pairs = head();
    pairs.push(("SoDinhDanh", person["citizen_no"].as_str().unwrap()));
    pairs.push(("HoVaTen", person["full_name"].as_str().unwrap()));
    let content = format!(
        "{}<dan:NgayThangNamSinh><dan:NgayThangNam>{born}</dan:NgayThangNam></dan:NgayThangNamSinh>",
        fields(&pairs)
    );
    ask(stage, &headers(stage), envelope(LOOK_UP, &content)).await
}

/// The content of a request about somebody.
fn about(kind: &str, number: &str, name: &str, born: &str) -> String {
    let mut pairs = head();
    pairs.extend([(kind, number), ("HoVaTen", name)]);
    let part = if born.len() == 4 { "Nam" } else { "NgayThangNam" };
    format!("{}<dan:NgayThangNamSinh><dan:{part}>{born}</dan:{part}></dan:NgayThangNamSinh>", fields(&pairs))
}

#[tokio::test]
async fn whoever_gives_number_name_and_birth_is_told_of_the_person() {
    let stage = Stage::open().await;
    let people = stage.people().await;
    let word = |name: &str| people[0][name].as_str().unwrap().to_owned();
    let (number, card, name) = (word("citizen_no"), word("card_no"), word("full_name"));
    let born = word("birth_date").replace('-', "");
    let other = people[2]["citizen_no"].as_str().unwrap();
    for (what, content, known) in [
        ("number and day", about("SoDinhDanh", &number, &name, &born), true),
        ("capitals", about("SoDinhDanh", &number, &name.to_uppercase(), &born), true),
        ("year alone", about("SoDinhDanh", &number, &name, &born[..4]), true),
        ("old card", about("SoCMND", &card, &name, &born), true),
        ("another name", about("SoDinhDanh", &number, "Trần Không Ai", &born), false),
        ("another day", about("SoDinhDanh", &number, &name, "19010101"), false),
        ("another person's number", about("SoDinhDanh", other, &name, &born), false),
        ("nobody's number", about("SoDinhDanh", "031099999999", &name, &born), false),
    ] {
        let looked = ask(&stage, &headers(&stage), envelope(LOOK_UP, &content)).await.unwrap();
        assert_eq!(looked.status, 200, "{what}: {}", looked.text);
        assert!(looked.text.contains("<ns1:CongdanCollection xmlns:ns1=\"http://www.mic.gov.vn/dancu/1.0\""), "{what}");
        let told = format!("<ns1:SoDinhDanh>{number}</ns1:SoDinhDanh>");
        assert_eq!(looked.text.contains(&told), known, "{what}: {}", looked.text);
        let verified = ask(&stage, &headers(&stage), envelope(VERIFY, &content)).await.unwrap();
        assert!(verified.text.contains(&format!("<ns1:TonTai>{known}</ns1:TonTai>")), "{what}: {}", verified.text);
        assert!(!verified.text.contains("CongDan>"), "verification tells no more than yes or no");
    }
    // The leading pair of the city is married.
    let told = first(&stage).await.unwrap().text;
    let spouse = people[1]["full_name"].as_str().unwrap().to_uppercase();
    assert!(told.contains(&format!("<ns1:VoChong><ns1:HoVaTen>{spouse}</ns1:HoVaTen>")), "{told}");
}

#[tokio::test]
async fn what_is_not_as_the_protocol_says_is_a_fault() {
    let stage = Stage::open().await;
    let good = about("SoDinhDanh", "031090000001", "Nguyễn Văn An", "19900101");
    let swapped = good.replace(
        "<dan:MaYeuCau>YC1</dan:MaYeuCau><dan:MaDVC>1.001193</dan:MaDVC>",
        "<dan:MaDVC>1</dan:MaDVC><dan:MaYeuCau>YC1</dan:MaYeuCau>",
    );
    let long = |name: &str, length: usize| {
        let at = head().iter().find(|(known, _)| *known == name).unwrap().1;
        good.replace(&format!("<dan:{name}>{at}<"), &format!("<dan:{name}>{}<", "x".repeat(length)))
    };
    let cases = [
        (
            "missing name",
            envelope(LOOK_UP, &good.replace("<dan:HoVaTen>Nguyễn Văn An</dan:HoVaTen>", "")),
            "SAI_DU_LIEU",
        ),
        ("order", envelope(LOOK_UP, &swapped), "SAI_DU_LIEU"),
        (
            "twice",
            envelope(
                LOOK_UP,
                &good.replace("<dan:MaDVC>1.001193</dan:MaDVC>", "<dan:MaDVC>1</dan:MaDVC><dan:MaDVC>2</dan:MaDVC>"),
            ),
            "SAI_DU_LIEU",
        ),
        ("unknown field", envelope(LOOK_UP, &format!("{good}<dan:Khac>1</dan:Khac>")), "SAI_DU_LIEU"),
        ("MaYeuCau over 40", envelope(LOOK_UP, &long("MaYeuCau", 41)), "SAI_DU_LIEU"),
        ("MaDVC over 20", envelope(LOOK_UP, &long("MaDVC", 21)), "SAI_DU_LIEU"),
        ("MaTichHop over 20", envelope(LOOK_UP, &long("MaTichHop", 21)), "SAI_DU_LIEU"),
        ("MaCanBo over 20", envelope(LOOK_UP, &long("MaCanBo", 21)), "SAI_DU_LIEU"),
        ("MaDonVi over 35", envelope(LOOK_UP, &long("MaDonVi", 36)), "SAI_DU_LIEU"),
        ("number of 11", envelope(LOOK_UP, &good.replace("031090000001", "03109000000")), "SAI_DU_LIEU"),
        (
            "both numbers",
            envelope(LOOK_UP, &good.replace("<dan:HoVaTen>", "<dan:SoCMND>123456789</dan:SoCMND><dan:HoVaTen>")),
            "SAI_DU_LIEU",
        ),
        ("no such day", envelope(LOOK_UP, &good.replace("19900101", "19900231")), "SAI_DU_LIEU"),
        ("operation", envelope("XoaCongDan", &good), "SAI_CAU_TRUC"),
        ("namespace", envelope(LOOK_UP, &good).replace("http://dancuquocgia.bca", "http://example.vn"), "SAI_CAU_TRUC"),
        (
            "SOAP 1.2",
            envelope(LOOK_UP, &good)
                .replace("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"),
            "SAI_CAU_TRUC",
        ),
        ("not XML", "{}".to_owned(), "SAI_CAU_TRUC"),
        ("open", envelope(LOOK_UP, &good).replace("</soapenv:Envelope>", ""), "SAI_CAU_TRUC"),
        (
            "document type",
            format!("<!DOCTYPE x [<!ENTITY n \"An\">]>{}", envelope(LOOK_UP, &good.replace("An", "&n;"))),
            "SAI_CAU_TRUC",
        ),
        ("deep", envelope(LOOK_UP, &format!("{}{}", "<dan:a>".repeat(40), "</dan:a>".repeat(40))), "SAI_CAU_TRUC"),
    ];
    for (what, body, code) in cases {
        let told = ask(&stage, &headers(&stage), body).await.unwrap();
        assert_eq!(told.status, 500, "{what}: {}", told.text);
        assert!(told.text.contains("<soapenv:Fault><faultcode>soapenv:Client</faultcode>"), "{what}: {}", told.text);
        assert!(told.text.contains(&format!("<MaLoi>{code}</MaLoi>")), "{what}: {}", told.text);
    }
    // At their lengths they are taken.
    for (name, length) in [("MaYeuCau", 40), ("MaDVC", 20), ("MaTichHop", 20), ("MaCanBo", 20), ("MaDonVi", 35)] {
        let told = ask(&stage, &headers(&stage), envelope(LOOK_UP, &long(name, length))).await.unwrap();
        assert_eq!(told.status, 200, "{name}: {}", told.text);
    }
}

#[tokio::test]
async fn credentials_are_judged_whole() {
    let stage = Stage::open().await;
    let body = envelope(LOOK_UP, &about("SoDinhDanh", "031090000001", "Nguyễn Văn An", "19900101"));
    assert_eq!(ask(&stage, &headers(&stage), body.clone()).await.unwrap().status, 200);
    for left_out in ["timestamp", "authorization", "x-road-client", "apikey", "soapaction"] {
        let some: Vec<_> = headers(&stage).into_iter().filter(|(name, _)| *name != left_out).collect();
        let told = ask(&stage, &some, body.clone()).await.unwrap();
        assert_eq!(told.status, 401, "without {left_out}");
        assert!(told.text.contains("<MaLoi>SAI_XAC_THUC</MaLoi>"), "{}", told.text);
    }
    for (name, value) in [
        ("apikey", "other".to_owned()),
        ("timestamp", "yesterday".to_owned()),
        ("timestamp", (stage.ambient.now().as_millisecond() + 1).to_string()),
        ("authorization", format!("Basic {}", BASE64.encode(format!("{CLIENT}:{SECRET}").as_bytes()))),
        ("authorization", "Bearer x".to_owned()),
    ] {
        let changed: Vec<_> = headers(&stage)
            .into_iter()
            .map(|(known, old)| if known == name { (known, value.clone()) } else { (known, old) })
            .collect();
        assert_eq!(ask(&stage, &changed, body.clone()).await.unwrap().status, 401, "{name}: {value}");
    }
    let old = headers(&stage);
    stage.ambient.advance(jiff::SignedDuration::from_mins(6));
    assert_eq!(ask(&stage, &old, body).await.unwrap().status, 401, "six minutes late");
}
