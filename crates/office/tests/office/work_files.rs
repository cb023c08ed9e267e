//! Work files: one catalogue a year, what lies in a file, when it goes to the archive; and what receivers answer.

use crate::ROOMS;
use crate::city::{Visitor, actor};
use crate::documents::{Bench, reader};
use haidang_contracts::events::{DOCUMENT_STATUS, DocumentStatus};
use haidang_kernel::problem::Problem;
use haidang_office::documents::work_files::{CaseFileForm, FileAct, FileState, WantedFiles};
use haidang_office::documents::{DispatchAnswers, State};
use haidang_store::outbox::{Consumer as _, Event};
use haidang_testkit::db_test;
use std::io::Read as _;

/// A work file that the drafter keeps.
pub async fn kept_by_drafter(room: &haidang_office::OfficeRoom, notation: &str) -> String {
    let drafter = actor("drafter").await;
    let form = CaseFileForm { notation: notation.into(), ..form() };
    room.open_case_file(&reader(&drafter), &form).await.unwrap()
}

fn form() -> CaseFileForm {
    CaseFileForm {
        notation: "01.TH".into(),
        title: "Hồ sơ ban hành Quy chế làm việc".into(),
        retention: "y5".into(),
        rights: "unit".into(),
        ..CaseFileForm::default()
    }
}

fn code<T: std::fmt::Debug>(answer: Result<T, Problem>) -> String {
    answer.unwrap_err().code.to_string()
}

impl Bench {
    async fn opened(&self) -> String {
        let drafter = actor("drafter").await;
        self.room.open_case_file(&reader(&drafter), &form()).await.unwrap()
    }

    async fn act(&self, who: &str, id: &str, act: FileAct, words: &str) -> Result<(), Problem> {
        let who = actor(who).await;
        let clerk = actor("clerk").await;
        let revision = self.room.case_file(&reader(&clerk), id).await.unwrap().revision;
        self.room.act_on_file(&reader(&who), id, revision, act, words).await
    }
}

db_test! {
    rooms = ROOMS;

    async fn a_file_is_opened_filled_closed_and_handed_over(db: TestDb) {
        let bench = Bench::new(&db).await;
        let drafter = actor("drafter").await;
        let me = reader(&drafter);
        let id = bench.opened().await;
        assert_eq!(code(bench.act("drafter", &id, FileAct::Close, "").await), "case_file_empty");
        let document = bench.at(State::Issued).await;
        assert_eq!(code(bench.room.lay_into_file(&me, &id, "77/QĐ-UBND").await), "document_unknown");
        bench.room.lay_into_file(&me, &id, "01/QĐ-UBND").await.unwrap();
        assert_eq!(bench.get(&document).await.state, State::Filed);
        assert_eq!(code(bench.room.lay_into_file(&me, &id, &document).await), "already_filed");
        bench.act("drafter", &id, FileAct::Close, "").await.unwrap();
        let file = bench.room.case_file(&me, &id).await.unwrap();
        let days = [file.closed_on, file.hand_over_by, file.destroy_from].map(|day| day.unwrap().to_string());
        assert_eq!(days, ["2026-03-03", "2027-03-03", "2032-01-01"]);
        assert_eq!(code(bench.room.take_out_of_file(&me, &id, &document).await), "case_file_closed");
        bench.act("clerk", &id, FileAct::HandOver, "").await.unwrap();
        let (file, package) = bench.room.read_package(&me, &id).await.unwrap();
        assert_eq!(file.state, FileState::HandedOver);
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&package)).unwrap();
        let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        assert_eq!(names, ["01.TH/ho-so.json", "01.TH/muc-luc.json", "01.TH/muc-luc.csv", "01.TH/van-ban/001-01-QĐ-UBND.pdf"]);
        let mut text = |name: &str| {
            let mut text = String::new();
            archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        let record: serde_json::Value = serde_json::from_str(&text("01.TH/ho-so.json")).unwrap();
        assert_eq!((record["FileCode"]["FileNotation"].as_str(), record["DocTotal"].as_i64(), record["EndDate"].as_str()), (Some("01.TH"), Some(1), Some("03/03/2026")));
        assert!(text("01.TH/muc-luc.csv").contains("\"Quyết định\",\"01\",\"QĐ-UBND\",\"2026-03-03\""));
        assert!(text("01.TH/van-ban/001-01-QĐ-UBND.pdf").contains("signed organ"));
        assert_eq!(code(bench.act("clerk", &id, FileAct::Reopen, "sai").await), "file_act_not_allowed");
    }

    async fn the_catalogue_names_every_file_once_a_year(db: TestDb) {
        let bench = Bench::new(&db).await;
        let drafter = actor("drafter").await;
        bench.opened().await;
        let again = bench.room.open_case_file(&reader(&drafter), &form()).await.unwrap_err();
        assert_eq!((again.code, again.errors[0].code.as_ref()), ("case_file_invalid", "taken"));
        let wrong = bench.room.open_case_file(&reader(&drafter), &CaseFileForm::default()).await.unwrap_err();
        let fields: Vec<_> = wrong.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["notation", "title", "retention", "rights"]);
        db.ambient().advance(jiff::SignedDuration::from_hours(24 * 365));
        bench.opened().await;
    }

    async fn files_are_for_their_organ_and_some_for_their_keeper(db: TestDb) {
        let bench = Bench::new(&db).await;
        let drafter = actor("drafter").await;
        let unit = bench.opened().await;
        let closed_circle = CaseFileForm { notation: "02.TH".into(), rights: "keeper".into(), ..form() };
        let own = bench.room.open_case_file(&reader(&drafter), &closed_circle).await.unwrap();
        for (who, file, expected) in [
            ("colleague", &unit, true),
            ("colleague", &own, false),
            ("clerk", &own, true),
            ("other_drafter", &unit, false),
            ("other_clerk", &own, false),
            ("resident", &unit, false),
        ] {
            let who_is = actor(who).await;
            assert_eq!(bench.room.open_to_read(&reader(&who_is), file).await.is_ok(), expected, "{who}");
            let listed = bench.room.list_case_files(&reader(&who_is), &WantedFiles::default()).await.unwrap();
            assert_eq!(listed.iter().any(|one| one.id == *file), expected, "{who}");
        }
        assert_eq!(code(bench.act("colleague", &unit, FileAct::Hold, "kiện").await), "not_your_part");
    }

    async fn holds_need_reasons_and_reminders_come_in_time(db: TestDb) {
        let bench = Bench::new(&db).await;
        let clerk = actor("clerk").await;
        let id = bench.opened().await;
        bench.at(State::Issued).await;
        bench.room.lay_into_file(&reader(&clerk), &id, "01/QĐ-UBND").await.unwrap();
        assert_eq!(code(bench.act("drafter", &id, FileAct::Hold, " ").await), "reason_required");
        bench.act("drafter", &id, FileAct::Hold, "Đang có khiếu kiện").await.unwrap();
        assert_eq!(code(bench.act("drafter", &id, FileAct::Hold, "nữa").await), "file_act_not_allowed");
        bench.act("drafter", &id, FileAct::Close, "").await.unwrap();
        let due = WantedFiles { view: Some("due".into()), ..WantedFiles::default() };
        assert!(bench.room.list_case_files(&reader(&clerk), &due).await.unwrap().is_empty());
        db.ambient().advance(jiff::SignedDuration::from_hours(24 * 340));
        assert_eq!(bench.room.list_case_files(&reader(&clerk), &due).await.unwrap().len(), 1);
        bench.act("drafter", &id, FileAct::Reopen, "còn việc").await.unwrap();
        assert!(bench.room.list_case_files(&reader(&clerk), &due).await.unwrap().is_empty());
        let stale = bench.room.act_on_file(&reader(&clerk), &id, 1, FileAct::Close, "").await;
        assert_eq!(code(stale), "document_moved");
    }

    async fn two_hands_lay_in_without_a_gap(db: TestDb) {
        let bench = Bench::new(&db).await;
        let drafter = actor("drafter").await;
        let me = reader(&drafter);
        let id = bench.opened().await;
        let mut documents = Vec::new();
        for _ in 0..3 {
            documents.push(bench.at(State::Issued).await);
        }
        let laid = futures_util::future::join_all(documents.iter().map(|one| bench.room.lay_into_file(&me, &id, one))).await;
        assert!(laid.iter().all(Result::is_ok), "{laid:?}");
        let (_, lines) = bench.room.open_to_read(&me, &id).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.ordinal).collect::<Vec<_>>(), [1, 2, 3]);
    }

    async fn pages_of_files_work_without_scripts(db: TestDb) {
        let bench = Bench::new(&db).await;
        bench.at(State::Issued).await;
        let mut drafter = Visitor::signed_in(&db, &bench.room, "drafter").await;
        assert!(drafter.open("/vi/can-bo/ho-so-cong-viec").await.text.contains("Chưa có hồ sơ nào."));
        let wrong = drafter.send("/vi/can-bo/ho-so-cong-viec/mo", &[("title", "Tiêu đề giữ nguyên"), ("rights", "unit")]).await;
        assert!(wrong.status == 422 && wrong.text.contains("Hãy nhập ký hiệu hồ sơ") && wrong.text.contains("Tiêu đề giữ nguyên"), "{}", wrong.text);
        let made = drafter.send("/vi/can-bo/ho-so-cong-viec/mo", &[("title", "Hồ sơ một"), ("notation", "01.TH"), ("retention", "permanent"), ("rights", "unit")]).await;
        assert_eq!(made.status, 303, "{}", made.text);
        let address = made.location;
        let unknown = drafter.send(&format!("{address}/van-ban"), &[("document", "9/QĐ-UBND")]).await;
        assert!(unknown.status == 422 && unknown.text.contains("value=\"9/QĐ-UBND\""), "{}", unknown.text);
        assert_eq!(drafter.send(&format!("{address}/van-ban"), &[("document", "1/QĐ-UBND")]).await.status, 303);
        let silent = drafter.send(&format!("{address}/buoc"), &[("act", "hold"), ("revision", "2")]).await;
        assert!(silent.status == 422 && silent.text.contains("#hold_words"), "{}", silent.text);
        assert_eq!(drafter.send(&format!("{address}/buoc"), &[("act", "close"), ("revision", "2")]).await.status, 303);
        let shown = drafter.open(&address.replace("/vi/", "/en/")).await;
        assert!(shown.text.contains("hands it over by") && shown.text.contains("For ever"), "{}", shown.text);
        let package = drafter.open(&format!("{address}/goi-nop-luu")).await;
        assert_eq!((package.status, package.header("content-type")), (200, "application/zip"));
        let list = drafter.open("/vi/can-bo/ho-so-cong-viec?view=mine").await;
        assert!(list.text.contains("Hồ sơ một") && list.text.contains("Đã đóng"), "{}", list.text);
    }

    async fn answers_of_receivers_stand_beside_their_dispatch(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::Issued).await;
        let dispatch = bench.room.dispatches(&bench.get(&id).await).await.unwrap()[0].id.clone();
        let answers = DispatchAnswers(bench.room.clone());
        assert!(answers.wants(DOCUMENT_STATUS) && !answers.wants("document.dispatched"));
        for (status, reason, expected) in [("01", None, "received"), ("02", Some("sai nơi nhận"), "refused"), ("03", None, "received")] {
            let told = DocumentStatus { dispatch: dispatch.clone(), status: status.into(), at: 1, reason: reason.map(Into::into) };
            let event = Event {
                id: db.ambient().new_id(),
                at: db.ambient().now(),
                kind: DOCUMENT_STATUS.into(),
                key: dispatch.clone(),
                payload: serde_json::to_string(&told).unwrap(),
            };
            answers.take(&event).await.unwrap();
            answers.take(&event).await.unwrap();
            assert_eq!(bench.room.dispatches(&bench.get(&id).await).await.unwrap()[0].state, expected);
        }
    }
}
