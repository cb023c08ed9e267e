//! A case in the members of the portal, as it stood after one of its events. The same event gives the same row whenever
//! it is written, but for what the city promises now.

use crate::manner::Manner;
use crate::model::{Kind, Message};
use haidang_contracts::synchronisation::{CaseStory, StoryActor, StoryEvent};
use haidang_kernel::time;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Longest text in one member, in characters.
const TEXT: usize = 2_000;
/// Most things in one list.
const ITEMS: usize = 200;

/// A moment as the portal writes it: `yyyyMMddHHmmss` of the city's clock; empty when there is none.
fn stamp(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| time::civil(at).strftime("%Y%m%d%H%M%S").to_string())
}

fn clip(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(TEXT).collect()
}

/// The row of a message, JSON; `None` when the case has no such event.
pub fn row(manner: &Manner, story: &CaseStory, message: &Message) -> Option<Value> {
    let event = story.events.iter().find(|event| event.seq == message.seq)?;
    Some(match message.kind {
        Kind::Create | Kind::Update => case(manner, story, event.at, message.status),
        Kind::Progress => progress(manner, story, event, message.status),
    })
}

/// Whether a row of this kind names the owner.
pub fn discloses(kind: Kind) -> bool {
    kind != Kind::Progress
}

fn case(manner: &Manner, story: &CaseStory, moment: Timestamp, status: i64) -> Value {
    let by_then = |at: Option<Timestamp>| at.filter(|at| *at <= moment);
    let accepted = by_then(story.accepted_at);
    let channel = match story.channel.as_str() {
        "online" => &manner.channel.online,
        "postal" => &manner.channel.postal,
        _ => &manner.channel.direct,
    };
    let applicant = &manner.applicant;
    let digitised = story.papers.iter().any(|paper| paper.at <= moment);
    json!({
        "MaHoSo": story.case_no,
        "MaTTHC": story.procedure,
        "TenTTHC": clip(&story.procedure_name),
        "MaLinhVuc": story.field,
        "TenLinhVuc": clip(&story.field_name),
        "ChuHoSo": clip(&story.owner_name),
        "LoaiDoiTuong": if story.owner_is_organisation { &applicant.organisation } else { &applicant.person },
        // The number, mail and telephone of the owner stay here: nothing read so far says that the portal needs them.
        "MaDoiTuong": "",
        "Email": "",
        "Fax": "",
        "SoDienThoai": "",
        "TrichYeuHoSo": clip(&story.procedure_name),
        "NgayTiepNhan": stamp(accepted),
        "NgayHenTra": stamp(story.promised_at.filter(|_| accepted.is_some())),
        "TrangThaiHoSo": status.to_string(),
        "NgayTra": stamp(by_then(story.returned_at)),
        "ThongTinTra": "",
        "HinhThuc": channel,
        "KenhThucHien": channel,
        "NgayKetThucXuLy": stamp(by_then(story.ended_at)),
        "DonViXuLy": clip(&story.agency_name),
        "GhiChu": "",
        "HoSoCoThanhPhanSoHoa": if digitised { "1" } else { "0" },
        "TaiLieuNop": papers(story, moment),
        "DanhSachLePhi": fees(manner, story),
        "DanhSachTepDinhKemKhac": [],
        "DanhSachHoSoBoSung": supplements(manner, story, moment),
        "DanhSachGiayToKetQua": results(story, moment),
    })
}

fn papers(story: &CaseStory, moment: Timestamp) -> Vec<Value> {
    let there = story.papers.iter().filter(|paper| paper.at <= moment).take(ITEMS);
    there
        .map(|paper| {
            json!({
                "TepDinhKemId": paper.id,
                "TenTepDinhKem": clip(&paper.file_name),
                "IsDeleted": "False",
                "MaThanhPhanHoSo": paper.code.as_deref().unwrap_or_default(),
                // Papers are not open to the network; the portal asks for one through the data exchange.
                "DuongDanTaiTepTin": "",
                "DuocSoHoa": if paper.origin == "digitised" { "1" } else { "0" },
                "DuocLayTuKhoDMQG": if paper.origin == "reused" { "1" } else { "0" },
            })
        })
        .collect()
}

fn fees(manner: &Manner, story: &CaseStory) -> Vec<Value> {
    let line = |fee: &haidang_contracts::synchronisation::StoryFee| {
        json!({
            "TenPhiLePhi": clip(&fee.name),
            "MaPhiLePhi": fee.code,
            "HinhThucThu": fee.collect_at.to_string(),
            "Gia": fee.amount.to_string(),
            "LoaiPhiLePhi": if fee.kind == "phi" { &manner.fee.phi } else { &manner.fee.le_phi },
        })
    };
    story.fees.iter().take(ITEMS).map(line).collect()
}

fn supplements(manner: &Manner, story: &CaseStory, moment: Timestamp) -> Vec<Value> {
    let asked = story.supplements.iter().filter(|one| one.asked_at <= moment).take(ITEMS);
    asked
        .map(|one| {
            let answered = one.answered_at.filter(|at| *at <= moment);
            let asker = story.events.iter().rfind(|event| event.action == "supplement" && event.at <= one.asked_at);
            json!({
                "HoSoBoSungId": format!("{}-{}", story.case_no, one.seq),
                "NguoiYeuCauBoSung": asker.map(|event| who(manner, event).0).unwrap_or_default(),
                "NoiDungBoSung": clip(&one.reason),
                "NgayBoSung": stamp(Some(one.asked_at)),
                "NguoiTiepNhanBoSung": "",
                "ThongTinTiepNhan": "",
                "NgayTiepNhanBoSung": stamp(answered),
                "TrangThaiBoSung": if answered.is_some() { "1" } else { "0" },
                "DanhSachGiayToBoSung": [],
                "DanhSachLePhiBoSung": [],
                "NgayHenTraTruoc": stamp(one.due_before),
                "NgayHenTraMoi": stamp(one.due_after.filter(|_| answered.is_some())),
            })
        })
        .collect()
}

fn results(story: &CaseStory, moment: Timestamp) -> Vec<Value> {
    let standing = story
        .results
        .iter()
        .filter(|one| one.issued_at <= moment && one.revoked_at.is_none_or(|at| at > moment))
        .take(ITEMS);
    standing
        .map(|one| {
            json!({
                "TenGiayTo": clip(&one.title),
                "MaThanhPhanHoSo": one.code,
                "GiayToId": one.id,
                "DuongDanTepTinKetQua": one.address,
            })
        })
        .collect()
}

/// Name and title of whoever acted; applicants are not named.
fn who(manner: &Manner, event: &StoryEvent) -> (String, String) {
    match &event.by {
        StoryActor::Official { name, title, .. } => (clip(name), clip(title)),
        StoryActor::Applicant => (manner.words.applicant.clone(), String::new()),
        StoryActor::System => (manner.words.system.clone(), String::new()),
    }
}

fn progress(manner: &Manner, story: &CaseStory, event: &StoryEvent, status: i64) -> Value {
    let (name, title) = who(manner, event);
    let accepted = story.accepted_at.filter(|at| *at <= event.at);
    json!({
        "MaHoSo": story.case_no,
        "NguoiXuLy": name,
        "ChucDanh": title,
        "ThoiDiemXuLy": stamp(Some(event.at)),
        "PhongBanXuLy": clip(&story.agency_name),
        "NoiDungXuLy": manner.words.action.get(&event.action).unwrap_or(&manner.words.other),
        "TrangThai": status.to_string(),
        "NgayBatDau": stamp(accepted),
        "NgayKetThucTheoQuyDinh": stamp(story.promised_at.filter(|_| accepted.is_some())),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::manner::tests::SAMPLE;
    use crate::model::State;
    use haidang_contracts::synchronisation::{StoryFee, StoryPaper, StoryResult, StorySupplement};

    fn at(text: &str) -> Timestamp {
        format!("{text}+07:00").parse().unwrap()
    }

    fn event(seq: i64, action: &str, status: i64, by: StoryActor, when: &str) -> StoryEvent {
        StoryEvent { seq, action: action.to_owned(), status, by, at: at(when) }
    }

    fn official() -> StoryActor {
        StoryActor::Official {
            name: "Cán bộ".to_owned(),
            title: "Công chức".to_owned(),
            agency: "H24.11824".to_owned(),
        }
    }

    /// Filed in the morning, accepted an hour later, a supplement, its answer, the result the next day.
    fn story() -> CaseStory {
        CaseStory {
            id: "c1".into(),
            case_no: "H24.11824-20260303-0000001".into(),
            procedure: "1.001193".into(),
            procedure_name: "Đăng ký khai sinh".into(),
            field: "G15-TP07".into(),
            field_name: "Hộ tịch".into(),
            owner_name: "Nguyễn Văn An".into(),
            owner_is_organisation: false,
            channel: "online".into(),
            agency: "H24.11824".into(),
            agency_name: "Ủy ban nhân dân phường".into(),
            accepted_at: Some(at("2026-03-03T09:00:00")),
            promised_at: Some(at("2026-03-05T17:00:00")),
            ended_at: Some(at("2026-03-04T10:00:00")),
            returned_at: None,
            events: vec![
                event(1, "submit", 1, StoryActor::Applicant, "2026-03-03T08:00:00"),
                event(2, "accept", 2, official(), "2026-03-03T09:00:00"),
                event(3, "supplement", 5, official(), "2026-03-03T10:00:00"),
                event(4, "answer_supplement", 4, StoryActor::Applicant, "2026-03-03T14:00:00"),
                event(5, "result_issued", 9, StoryActor::System, "2026-03-04T10:00:00"),
            ],
            papers: vec![StoryPaper {
                id: "p1".into(),
                code: Some("KQ004389".into()),
                file_name: "giay.pdf".into(),
                origin: "uploaded".into(),
                at: at("2026-03-03T08:00:00"),
            }],
            fees: vec![StoryFee {
                code: "LP01".into(),
                kind: "le_phi".into(),
                name: "Lệ phí hộ tịch".into(),
                amount: 8_000,
                collect_at: 1,
            }],
            supplements: vec![StorySupplement {
                seq: 1,
                reason: "Thiếu giấy".into(),
                asked_at: at("2026-03-03T10:00:00"),
                answered_at: Some(at("2026-03-03T14:00:00")),
                due_before: Some(at("2026-03-04T17:00:00")),
                due_after: Some(at("2026-03-05T17:00:00")),
            }],
            results: vec![StoryResult {
                id: "r1".into(),
                code: "KQ.G15.000031".into(),
                title: "Giấy khai sinh".into(),
                address: "https://dichvu.example.vn/kq/abc".into(),
                issued_at: at("2026-03-04T10:00:00"),
                revoked_at: None,
            }],
        }
    }

    fn message(kind: Kind, seq: i64, status: i64) -> Message {
        Message {
            id: "m".into(),
            case_id: "c1".into(),
            number: seq,
            seq,
            kind,
            action: String::new(),
            status_before: None,
            status,
            state: State::Waiting,
            attempts: 0,
            queued_at: at("2026-03-03T08:00:00"),
            tried_at: None,
            sha256: None,
            body: None,
            reason_code: None,
            reason: None,
        }
    }

    #[test]
    fn a_row_tells_the_case_as_it_stood() {
        let manner = Manner::from_toml(SAMPLE).unwrap();
        for (what, kind, seq, status, member, expected) in [
            ("filed", Kind::Create, 1, 1, "/TrangThaiHoSo", json!("1")),
            ("not accepted yet", Kind::Create, 1, 1, "/NgayTiepNhan", json!("")),
            ("nothing promised yet", Kind::Create, 1, 1, "/NgayHenTra", json!("")),
            ("a person", Kind::Create, 1, 1, "/LoaiDoiTuong", json!("1")),
            ("online", Kind::Create, 1, 1, "/KenhThucHien", json!("2")),
            ("its paper", Kind::Create, 1, 1, "/TaiLieuNop/0/MaThanhPhanHoSo", json!("KQ004389")),
            ("its fee", Kind::Create, 1, 1, "/DanhSachLePhi/0/Gia", json!("8000")),
            ("the kind of fee", Kind::Create, 1, 1, "/DanhSachLePhi/0/LoaiPhiLePhi", json!("2")),
            ("no result yet", Kind::Create, 1, 1, "/DanhSachGiayToKetQua", json!([])),
            ("accepted", Kind::Update, 2, 2, "/NgayTiepNhan", json!("20260303090000")),
            ("promised", Kind::Update, 2, 2, "/NgayHenTra", json!("20260305170000")),
            ("no supplement yet", Kind::Update, 2, 2, "/DanhSachHoSoBoSung", json!([])),
            ("asked", Kind::Update, 3, 5, "/DanhSachHoSoBoSung/0/NguoiYeuCauBoSung", json!("Cán bộ")),
            ("not answered", Kind::Update, 3, 5, "/DanhSachHoSoBoSung/0/NgayTiepNhanBoSung", json!("")),
            ("answered", Kind::Update, 4, 4, "/DanhSachHoSoBoSung/0/TrangThaiBoSung", json!("1")),
            (
                "the result",
                Kind::Update,
                5,
                9,
                "/DanhSachGiayToKetQua/0/DuongDanTepTinKetQua",
                json!("https://dichvu.example.vn/kq/abc"),
            ),
            ("the end", Kind::Update, 5, 9, "/NgayKetThucXuLy", json!("20260304100000")),
            ("who", Kind::Progress, 2, 2, "/NguoiXuLy", json!("Cán bộ")),
            ("what", Kind::Progress, 2, 2, "/NoiDungXuLy", json!("Tiếp nhận hồ sơ")),
            ("when", Kind::Progress, 2, 2, "/ThoiDiemXuLy", json!("20260303090000")),
            ("an applicant is not named", Kind::Progress, 4, 4, "/NguoiXuLy", json!("Người nộp hồ sơ")),
            ("an action without a word", Kind::Progress, 4, 4, "/NoiDungXuLy", json!("Xử lý hồ sơ")),
        ] {
            let row = row(&manner, &story(), &message(kind, seq, status)).unwrap();
            assert_eq!(row.pointer(member), Some(&expected), "{what}: {member} of {row}");
        }
        assert_eq!(row(&manner, &story(), &message(Kind::Create, 99, 1)), None);
    }

    #[test]
    fn progress_names_no_applicant_and_rows_stay_small() {
        let manner = Manner::from_toml(SAMPLE).unwrap();
        let mut story = story();
        for kind in [Kind::Create, Kind::Update, Kind::Progress] {
            let named = row(&manner, &story, &message(kind, 1, 1)).unwrap().to_string().contains("Nguyễn Văn An");
            assert_eq!(named, discloses(kind), "{kind:?}");
        }
        story.papers = vec![StoryPaper { file_name: "x".repeat(9_000), ..story.papers[0].clone() }; 500];
        let row = row(&manner, &story, &message(Kind::Create, 1, 1)).unwrap();
        assert_eq!(row["TaiLieuNop"].as_array().unwrap().len(), ITEMS);
        assert_eq!(row["TaiLieuNop"][0]["TenTepDinhKem"].as_str().unwrap().len(), TEXT);
    }

    #[test]
    fn an_organisation_has_its_own_code() {
        let manner = Manner::from_toml(SAMPLE).unwrap();
        let story = CaseStory { owner_is_organisation: true, channel: "postal".into(), ..story() };
        let row = row(&manner, &story, &message(Kind::Create, 1, 1)).unwrap();
        assert_eq!((row["LoaiDoiTuong"].as_str(), row["HinhThuc"].as_str()), (Some("2"), Some("3")));
    }
}
