//! Scanned papers from the upload to the incoming document: what is kept, read, proposed, confirmed, and by whom.

use crate::ROOMS;
use crate::city::{COMMUNE, Visitor, actor, room_that_reads, send, served};
use crate::desk::Desk;
use async_trait::async_trait;
use axum::body::Body;
use axum::extract::Request;
use haidang_contracts::recognition::{ReadPage, ReadWord, Readiness, Recogniser, Survey};
use haidang_contracts::{Actor, ContractError};
use haidang_office::scans::{Facts, NewScan, ReadScans, Scan, ScanParts, ScanSettings, State, Typed};
use haidang_office::search::{Find, FollowTexts};
use haidang_office::{OfficeRoom, Reader};
use haidang_store::Jobs;
use haidang_testkit::{TestDb, db_test};
use jiff::SignedDuration;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

/// Reads what stands in the file: pages parted by a form feed, a line each. Counts what it was asked.
struct Typist {
    there: AtomicBool,
    /// How many more pages fail for a reason of the machine.
    failures: AtomicU32,
    /// How many pages it reads before it stops as a crash would.
    stops_after: AtomicU32,
    pages: Mutex<Vec<u32>>,
    dpi: Option<u32>,
}

impl Default for Typist {
    fn default() -> Self {
        Self {
            there: AtomicBool::new(true),
            failures: AtomicU32::new(0),
            stops_after: AtomicU32::new(u32::MAX),
            pages: Mutex::default(),
            dpi: Some(300),
        }
    }
}

fn content(file: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned()
}

#[async_trait]
impl Recogniser for Typist {
    async fn readiness(&self) -> Readiness {
        match self.there.load(Ordering::SeqCst) {
            true => Readiness::Ready("typist 1".into()),
            false => Readiness::Missing("tesseract-ocr-vie".into()),
        }
    }

    async fn survey(&self, file: &Path, _: &str) -> Result<Survey, ContractError> {
        let text = content(file);
        if text.contains("locked") {
            return Err(ContractError::Refused { code: "scan_locked", detail: "as the test wants".into() });
        }
        Ok(Survey { pages: text.split('\u{c}').count() as u32, dpi: self.dpi })
    }

    async fn read_page(&self, file: &Path, _: &str, page: u32) -> Result<ReadPage, ContractError> {
        let fails = self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        let stops =
            self.stops_after.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err();
        if fails || stops {
            return Err(ContractError::Unavailable("as the test wants".into()));
        }
        self.pages.lock().unwrap().push(page);
        let text = content(file);
        let lines = text.split('\u{c}').nth(page as usize - 1).unwrap().lines().skip(usize::from(page == 1));
        let mut words = Vec::new();
        for (line, text) in lines.enumerate() {
            let mut left = 200;
            for word in text.split_whitespace() {
                let width = 20 * word.chars().count() as u32;
                let (line, top) = (line as u32, 100 + 60 * line as u32);
                let confidence = 93;
                words.push(ReadWord {
                    text: word.into(),
                    left,
                    top,
                    width,
                    height: 40,
                    confidence,
                    line,
                    paragraph: 0,
                });
                left += width + 20;
            }
        }
        Ok(ReadPage { width: 2480, height: 3508, words, preview: b"\x89PNG preview".to_vec() })
    }
}

const PAPER: &str = "%PDF-1.7\nSỞ MẪU\nSố: 05/QĐ-SM\nMẫu, ngày 05 tháng 01 năm 2026\nQUYẾT ĐỊNH\nVề việc phê duyệt kế hoạch thuỷ lợi\nCăn cứ Luật Thủy lợi;\n";

fn settings() -> ScanSettings {
    ScanSettings::from_toml(
        include_str!("../../../../packs/mau/office/scans.toml"),
        include_str!("../../../../packs/mau/office/kinds.toml"),
    )
    .unwrap()
}

async fn room_of(db: &TestDb, typist: &Arc<Typist>) -> OfficeRoom {
    room_that_reads(db, &Arc::new(Desk::default()), ScanParts::new(settings(), typist.clone())).await
}

fn reader(actor: &Actor) -> Reader<'_> {
    Reader { actor, channel: "online", request_id: "r1" }
}

async fn upload(db: &TestDb, room: &OfficeRoom, text: &str) -> String {
    let path = db.folder().join("upload.pdf");
    std::fs::write(&path, text).unwrap();
    let clerk = actor("clerk").await;
    let new = NewScan { path: &path, name: "quét.pdf", media_type: "application/pdf", size: text.len() as u64 };
    room.upload_scan(&reader(&clerk), &new, false).await.unwrap().id
}

async fn work(db: &TestDb, room: &OfficeRoom) {
    let jobs = Jobs::new(db.db()).with(Arc::new(ReadScans(room.clone()))).with(Arc::new(FollowTexts(room.clone())));
    jobs.run_due().await.unwrap();
}

async fn scan(room: &OfficeRoom, id: &str) -> Scan {
    let clerk = actor("clerk").await;
    room.open_scan(&reader(&clerk), id).await.unwrap()
}

fn typed(scan: &Scan) -> Typed {
    Typed {
        facts: Facts {
            code_number: "05".into(),
            code_notation: "QĐ-SM".into(),
            issued_on: Some("2026-01-05".parse().unwrap()),
            kind: "quyet_dinh".into(),
            organ: "Sở Mẫu".into(),
            subject: "Về việc phê duyệt kế hoạch thủy lợi".into(),
        },
        day_wrong: false,
        compared: true,
        revision: scan.revision,
    }
}

async fn found(room: &OfficeRoom, who: &str, words: &str) -> Vec<String> {
    let actor = actor(who).await;
    let find = Find { words: words.into(), page: 1, ..Find::default() };
    let found = room.find_documents(&reader(&actor), &find).await.unwrap();
    found.documents.into_iter().map(|one| one.document).collect()
}

async fn count(db: &TestDb, statement: &'static str) -> i64 {
    db.fetch_one(statement, vec![]).await.unwrap().integer("n").unwrap()
}

db_test! {
    rooms = ROOMS;

    async fn a_paper_is_read_proposed_confirmed_and_handed_over(db: TestDb) {
        let typist = Arc::new(Typist::default());
        let room = room_of(&db, &typist).await;
        let id = upload(&db, &room, PAPER).await;
        assert_eq!(scan(&room, &id).await.state, State::Uploaded);
        work(&db, &room).await;
        let read = scan(&room, &id).await;
        assert_eq!((read.state, read.pages, read.pages_read), (State::Read, Some(1), 1));
        let value = |field: &str| read.proposal(field).map(|proposal| proposal.value.clone()).unwrap_or_default();
        let got = ["number", "date", "kind", "organ", "subject"].map(value);
        assert_eq!(got, ["05/QĐ-SM", "2026-01-05", "quyet_dinh", "SỞ MẪU", "Về việc phê duyệt kế hoạch thuỷ lợi"]);
        assert_eq!(found(&room, "colleague", "ke hoach thuy loi").await, std::slice::from_ref(&id));

        let clerk = actor("clerk").await;
        let early = room.register_scan(&reader(&clerk), &id).await.unwrap_err();
        assert_eq!(early.code, "scan_state");
        room.confirm_scan(&reader(&clerk), &id, &typed(&read)).await.unwrap();
        let stale = room.confirm_scan(&reader(&clerk), &id, &typed(&read)).await.unwrap_err();
        assert_eq!(stale.code, "scan_changed");
        work(&db, &room).await;
        assert_eq!(found(&room, "colleague", "05/QĐ-SM").await, std::slice::from_ref(&id));

        let document = room.register_scan(&reader(&clerk), &id).await.unwrap();
        assert_eq!(room.register_scan(&reader(&clerk), &id).await.unwrap(), document);
        assert_eq!(scan(&room, &id).await.registered_as, Some(document));
        assert_eq!(count(&db, "SELECT COUNT(*) AS n FROM office_arrival").await, 1);
        for action in ["scan.uploaded", "scan.recognised", "scan.confirmed", "scan.handed_over"] {
            let records = db.records_of("scan", &id, 100).await.unwrap();
            assert_eq!(records.iter().filter(|record| record.action == action).count(), 1, "{action}");
        }
    }

    async fn a_confirmed_scan_lies_in_a_work_file(db: TestDb) {
        let room = room_of(&db, &Arc::new(Typist::default())).await;
        let id = upload(&db, &room, PAPER).await;
        work(&db, &room).await;
        let clerk = actor("clerk").await;
        let file = crate::work_files::kept_by_drafter(&room, "12.VP").await;
        let early = room.lay_into_file(&reader(&clerk), &file, &id).await.unwrap_err();
        assert_eq!(early.code, "document_unknown");
        room.confirm_scan(&reader(&clerk), &id, &typed(&scan(&room, &id).await)).await.unwrap();
        let path = format!("/vi/can-bo/van-ban-quet/{id}");
        let mut visitor = Visitor::signed_in(&db, &room, "clerk").await;
        let page = visitor.open(&path).await;
        assert!(page.text.contains(&format!("value=\"{file}\"")), "{}", page.text);
        let got = visitor.send(&format!("{path}/ho-so"), &[("work_file", "")]).await;
        assert!(got.status == 422 && got.text.contains("Hãy chọn hồ sơ công việc"), "{}", got.text);
        let got = visitor.send(&format!("{path}/ho-so"), &[("work_file", &file)]).await;
        assert_eq!(got.status, 303, "{}", got.text);
        let page = visitor.open(&path).await;
        assert!(page.text.contains("Nằm trong hồ sơ:") && page.text.contains(&file), "{}", page.text);
        let (_, laid) = room.open_to_read(&reader(&clerk), &file).await.unwrap();
        assert_eq!((laid[0].source.as_str(), laid[0].entry.code()), ("scan", "05/QĐ-SM".into()));
        let used = room.withdraw_scan(&reader(&clerk), &id, "Quét nhầm").await.unwrap_err();
        assert_eq!(used.code, "scan_used");
        let (_, package) = room.read_package(&reader(&clerk), &file).await.unwrap();
        assert!(package.windows(5).any(|part| part == b"%PDF-"));
        room.take_out_of_file(&reader(&clerk), &file, &id).await.unwrap();
        room.withdraw_scan(&reader(&clerk), &id, "Quét nhầm").await.unwrap();
    }

    async fn a_scan_is_withdrawn_with_a_reason_and_its_trace_stays(db: TestDb) {
        let room = room_of(&db, &Arc::new(Typist::default())).await;
        let id = upload(&db, &room, PAPER).await;
        work(&db, &room).await;
        let clerk = actor("clerk").await;
        room.confirm_scan(&reader(&clerk), &id, &typed(&scan(&room, &id).await)).await.unwrap();
        work(&db, &room).await;
        assert_eq!(found(&room, "colleague", "thuy loi").await, std::slice::from_ref(&id));
        let path = format!("/vi/can-bo/van-ban-quet/{id}");
        let mut visitor = Visitor::signed_in(&db, &room, "clerk").await;
        visitor.open(&path).await;
        let got = visitor.send(&format!("{path}/rut"), &[("reason", " ")]).await;
        assert!(got.status == 422 && got.text.contains("Hãy ghi lý do rút"), "{}", got.text);
        let got = visitor.send(&format!("{path}/rut"), &[("reason", "Quét nhầm văn bản")]).await;
        assert_eq!(got.status, 303, "{}", got.text);
        let page = visitor.open(&path).await;
        assert!(page.text.contains("Quét nhầm văn bản") && !page.text.contains("name=\"compared\""), "{}", page.text);
        work(&db, &room).await;
        assert!(found(&room, "colleague", "thuy loi").await.is_empty());
        let withdrawn = scan(&room, &id).await;
        assert_eq!(withdrawn.withdrawn.as_ref().unwrap().reason, "Quét nhầm văn bản");
        assert!(room.blobs.has(&withdrawn.sha256).await);
        for refused in [
            room.withdraw_scan(&reader(&clerk), &id, "lần nữa").await.unwrap_err(),
            room.confirm_scan(&reader(&clerk), &id, &typed(&withdrawn)).await.unwrap_err(),
            room.register_scan(&reader(&clerk), &id).await.unwrap_err(),
        ] {
            assert_eq!(refused.code, "scan_withdrawn");
        }
        let records = db.records_of("scan", &id, 100).await.unwrap();
        assert_eq!(records.iter().filter(|record| record.action == "scan.withdrawn").count(), 1);
        // What became an incoming document is no longer the scanner's to withdraw.
        let other = upload(&db, &room, &PAPER.replace("05/QĐ", "06/QĐ")).await;
        work(&db, &room).await;
        room.confirm_scan(&reader(&clerk), &other, &typed(&scan(&room, &other).await)).await.unwrap();
        room.register_scan(&reader(&clerk), &other).await.unwrap();
        assert_eq!(room.withdraw_scan(&reader(&clerk), &other, "muộn").await.unwrap_err().code, "scan_used");
    }

    async fn a_confirmed_scan_is_copied_with_what_was_read_of_it(db: TestDb) {
        let desk = Arc::new(Desk::default());
        let room = room_that_reads(&db, &desk, ScanParts::new(settings(), Arc::new(Typist::default()))).await;
        crate::documents::heads(&db).await;
        let clerk = actor("clerk").await;
        let ask = |id: &str| haidang_office::documents::copies::AskCopy {
            source_kind: "scan".into(),
            source: id.into(),
            form: "full".into(),
            held: "original".into(),
            signer: crate::city::person("chair").to_string(),
            ..Default::default()
        };
        let id = upload(&db, &room, PAPER).await;
        assert_eq!(room.ask_copy(&reader(&clerk), &ask(&id)).await.unwrap_err().code, "copy_source_not_ready");
        work(&db, &room).await;
        let read = scan(&room, &id).await;
        room.confirm_scan(&reader(&clerk), &id, &typed(&read)).await.unwrap();
        room.ask_copy(&reader(&clerk), &ask(&id)).await.unwrap();
        let request = desk.papers.lock().unwrap().last().unwrap().clone();
        assert!(request.data["texts"][0].as_str().unwrap().contains("QUYẾT ĐỊNH"), "{}", request.data);
        assert_eq!((request.data["held"].as_str(), request.attachments[0].bytes.as_slice()), (Some("scan"), PAPER.as_bytes()));
        // What carries a disproven signature is never copied.
        let spoilt = upload(&db, &room, &format!("{PAPER}signed organ organ So Mau\nchanged afterwards\n")).await;
        work(&db, &room).await;
        let read = scan(&room, &spoilt).await;
        room.confirm_scan(&reader(&clerk), &spoilt, &typed(&read)).await.unwrap();
        let refused = room.ask_copy(&reader(&clerk), &ask(&spoilt)).await.unwrap_err();
        assert_eq!(refused.code, "copy_source_signature_invalid");
    }

    async fn the_original_is_never_rewritten(db: TestDb) {
        let typist = Arc::new(Typist::default());
        let room = room_of(&db, &typist).await;
        let id = upload(&db, &room, PAPER).await;
        work(&db, &room).await;
        let read = scan(&room, &id).await;
        let clerk = actor("clerk").await;
        room.confirm_scan(&reader(&clerk), &id, &typed(&read)).await.unwrap();
        room.register_scan(&reader(&clerk), &id).await.unwrap();
        let after = scan(&room, &id).await;
        assert_eq!(after.sha256, read.sha256);
        room.blobs.verify(&after.sha256).await.unwrap();
        assert_eq!(room.blobs.bytes(&after.sha256).await.unwrap(), PAPER.as_bytes());
        // The text stands beside it and names what it was read from.
        let (_, text) = room.scan_page(&after, 1).await.unwrap();
        assert_eq!((text.of.as_str(), text.words.len()), (after.sha256.as_str(), 26));
        // Nothing that belongs to it is swept.
        let far = db.ambient().now() + SignedDuration::from_hours(24 * 3650);
        room.blobs.sweep(&db, far).await.unwrap();
        assert!(room.blobs.has(&after.sha256).await);
        assert!(room.scan_page(&after, 1).await.is_ok());
    }

    async fn the_same_file_is_one_scan(db: TestDb) {
        let room = room_of(&db, &Arc::new(Typist::default())).await;
        let first = upload(&db, &room, PAPER).await;
        assert_eq!(upload(&db, &room, PAPER).await, first);
        assert_eq!(count(&db, "SELECT COUNT(*) AS n FROM office_scan").await, 1);
        assert_eq!(count(&db, "SELECT COUNT(*) AS n FROM store_audit WHERE action = 'scan.uploaded'").await, 1);
    }

    async fn reading_goes_on_where_a_crash_stopped_it(db: TestDb) {
        let typist = Arc::new(Typist::default());
        let room = room_of(&db, &typist).await;
        let pages: Vec<String> = (1..=5).map(|page| format!("%\ntrang số {page}")).collect();
        let id = upload(&db, &room, &format!("%PDF-1.7\n{}", pages.join("\u{c}"))).await;
        typist.stops_after.store(3, Ordering::SeqCst);
        work(&db, &room).await;
        let stopped = scan(&room, &id).await;
        assert_eq!((stopped.state, stopped.pages), (State::Reading, Some(5)));
        let before = typist.pages.lock().unwrap().len();
        typist.stops_after.store(u32::MAX, Ordering::SeqCst);
        db.ambient().advance(SignedDuration::from_hours(1));
        work(&db, &room).await;
        assert_eq!(scan(&room, &id).await.state, State::Read);
        let mut read = typist.pages.lock().unwrap().clone();
        assert!(before >= 2, "{before}");
        read.sort_unstable();
        read.dedup();
        assert_eq!(read, [1, 2, 3, 4, 5]);
        // What was kept before the crash was not read again.
        let kept = usize::try_from(stopped.pages_read).unwrap();
        assert!(typist.pages.lock().unwrap().len() <= 5 + before - kept);
    }

    async fn what_fails_is_tried_again_and_at_last_given_up(db: TestDb) {
        let typist = Arc::new(Typist::default());
        typist.failures.store(100, Ordering::SeqCst);
        let room = room_of(&db, &typist).await;
        let id = upload(&db, &room, PAPER).await;
        for _ in 0..8 {
            work(&db, &room).await;
            db.ambient().advance(SignedDuration::from_hours(6));
        }
        let failed = scan(&room, &id).await;
        assert_eq!((failed.state, failed.failure.as_deref()), (State::Failed, Some("scan_reader_failed")));
        assert!(db.dead_jobs(10).await.unwrap().is_empty());
        typist.failures.store(0, Ordering::SeqCst);
        let clerk = actor("clerk").await;
        room.retry_scan(&reader(&clerk), &id).await.unwrap();
        assert_eq!(room.retry_scan(&reader(&clerk), &id).await.unwrap_err().code, "scan_state");
        work(&db, &room).await;
        assert_eq!(scan(&room, &id).await.state, State::Read);
    }

    async fn a_file_that_cannot_be_read_is_said_to_be_so_at_once(db: TestDb) {
        let room = room_of(&db, &Arc::new(Typist::default())).await;
        let locked = upload(&db, &room, "%PDF-1.7 locked").await;
        let long = upload(&db, &room, &format!("%PDF-1.7\n{}", "\u{c}".repeat(400))).await;
        work(&db, &room).await;
        assert_eq!(scan(&room, &locked).await.failure.as_deref(), Some("scan_locked"));
        assert_eq!(scan(&room, &long).await.failure.as_deref(), Some("scan_too_many_pages"));
        // A person may still say what it is.
        let read = scan(&room, &locked).await;
        let clerk = actor("clerk").await;
        room.confirm_scan(&reader(&clerk), &locked, &typed(&read)).await.unwrap();
        assert_eq!(scan(&room, &locked).await.state, State::Confirmed);
    }

    async fn without_a_reader_papers_wait_and_the_page_says_so(db: TestDb) {
        let typist = Arc::new(Typist::default());
        typist.there.store(false, Ordering::SeqCst);
        let room = room_of(&db, &typist).await;
        let id = upload(&db, &room, PAPER).await;
        for _ in 0..20 {
            work(&db, &room).await;
            db.ambient().advance(SignedDuration::from_mins(6));
        }
        assert_eq!(scan(&room, &id).await.state, State::Waiting);
        let mut visitor = Visitor::signed_in(&db, &room, "clerk").await;
        for path in ["/vi/can-bo/van-ban-quet".to_owned(), format!("/vi/can-bo/van-ban-quet/{id}")] {
            let page = visitor.open(&path).await;
            assert!(page.text.contains("tesseract-ocr-vie"), "{}", page.text);
        }
        typist.there.store(true, Ordering::SeqCst);
        work(&db, &room).await;
        assert_eq!(scan(&room, &id).await.state, State::Read);
    }

    async fn other_agencies_know_nothing_of_a_scan(db: TestDb) {
        let room = room_of(&db, &Arc::new(Typist::default())).await;
        let id = upload(&db, &room, PAPER).await;
        work(&db, &room).await;
        let check = async |who: &str, path: &str, expected: u16| {
            let mut visitor = Visitor::signed_in(&db, &room, who).await;
            let got = visitor.open(&format!("/vi/can-bo/van-ban-quet/{id}{path}")).await;
            assert_eq!(got.status, expected, "{who} {path}");
        };
        for path in ["", "/tep", "/trang/1"] {
            check("clerk", path, 200).await;
            check("colleague", path, 200).await;
            check("other_clerk", path, 404).await;
            check("inspector", path, 403).await;
        }
        assert_eq!(found(&room, "other_drafter", "ke hoach").await, Vec::<String>::new());
        let other = actor("other_clerk").await;
        let read = scan(&room, &id).await;
        assert_eq!(room.confirm_scan(&reader(&other), &id, &typed(&read)).await.unwrap_err().code, "scan_not_found");
        assert_eq!(room.retry_scan(&reader(&other), &id).await.unwrap_err().code, "scan_not_found");
        let colleague = actor("colleague").await;
        assert_eq!(room.confirm_scan(&reader(&colleague), &id, &typed(&read)).await.unwrap_err().code, "not_allowed");
        // Every look was recorded.
        let looks = db.records_of("scan", &id, 100).await.unwrap();
        assert!(looks.iter().filter(|record| record.action == "scan.read").count() >= 6);
    }

    async fn the_form_keeps_what_was_typed_and_names_what_is_wrong(db: TestDb) {
        let room = room_of(&db, &Arc::new(Typist::default())).await;
        let id = upload(&db, &room, PAPER).await;
        work(&db, &room).await;
        let path = format!("/vi/can-bo/van-ban-quet/{id}");
        let mut visitor = Visitor::signed_in(&db, &room, "clerk").await;
        let page = visitor.open(&path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains("value=\"QĐ-SM\"") && page.text.contains("<svg class=\"hd-scan\""), "{}", page.text);
        let revision = page.text.split("name=\"revision\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let day = [("issued.day", "31"), ("issued.month", "2"), ("issued.year", "2026")];
        let fields = [("number", "O5/"), ("notation", "QĐ-SM"), ("organ", "Sở Mẫu"), ("subject", ""), ("revision", &revision)];
        let all: Vec<(&str, &str)> = fields.into_iter().chain(day).collect();
        let wrong = visitor.send(&path, &all).await;
        assert_eq!(wrong.status, 422, "{}", wrong.text);
        for field in ["number", "issued", "subject", "compared"] {
            assert!(wrong.text.contains(&format!("href=\"#{field}\"")), "{field} {}", wrong.text);
        }
        assert!(wrong.text.contains("value=\"O5/\"") && wrong.text.contains("value=\"31\""));
        let day = [("issued.day", "5"), ("issued.month", "1"), ("issued.year", "2026"), ("compared", "yes")];
        let fields = [("number", "05"), ("notation", "QĐ-SM"), ("organ", "Sở Mẫu"), ("subject", "Về mẫu"), ("revision", &revision)];
        let all: Vec<(&str, &str)> = fields.into_iter().chain(day).collect();
        let good = visitor.send(&path, &all).await;
        assert_eq!((good.status, good.location.as_str()), (303, path.as_str()), "{}", good.text);
        assert_eq!(scan(&room, &id).await.facts.unwrap().subject, "Về mẫu");
        let english = visitor.open(&path.replace("/vi/", "/en/")).await;
        assert!(english.text.contains("Hand over as an incoming document"), "{}", english.text);
        let handed = visitor.send(&format!("{path}/van-ban-den"), &[]).await;
        assert!(handed.location.starts_with("/vi/can-bo/van-ban-den/"), "{} {}", handed.status, handed.text);
    }

    async fn a_coarse_scan_is_warned_about(db: TestDb) {
        let room = room_of(&db, &Arc::new(Typist { dpi: Some(150), ..Typist::default() })).await;
        let id = upload(&db, &room, PAPER).await;
        work(&db, &room).await;
        let mut visitor = Visitor::signed_in(&db, &room, "clerk").await;
        let page = visitor.open(&format!("/vi/can-bo/van-ban-quet/{id}")).await;
        assert!(page.text.contains("150 điểm ảnh trên inch"), "{}", page.text);
    }

    async fn files_are_handed_in_by_program_and_secrets_are_refused(db: TestDb) {
        let room = room_of(&db, &Arc::new(Typist::default())).await;
        let ask = async |who: &str, name: &str, content: &str, secrecy: &str| {
            let body = format!(
                "--b\r\nContent-Disposition: form-data; name=\"secrecy\"\r\n\r\n{secrecy}\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{content}\r\n--b--\r\n"
            );
            let request = Request::post("/api/v1/office/scans")
                .header("authorization", format!("Bearer {who}"))
                .header("content-type", "multipart/form-data; boundary=b")
                .body(Body::from(body))
                .unwrap();
            send(&served(&db, &room), request).await
        };
        assert_eq!(ask("clerk", "a.pdf", PAPER, "2").await.json()["code"], "secret_refused");
        assert_eq!(ask("clerk", "a.exe", PAPER, "0").await.json()["code"], "upload_refused");
        assert_eq!(ask("clerk", "a.txt", "just text", "0").await.json()["code"], "upload_refused");
        assert_eq!(ask("colleague", "a.pdf", PAPER, "0").await.status, 403);
        assert_eq!(count(&db, "SELECT COUNT(*) AS n FROM office_scan").await, 0);
        let taken = ask("clerk", "a.pdf", PAPER, "0").await;
        assert_eq!(taken.status, 201, "{}", taken.text);
        work(&db, &room).await;
        let id = taken.json()["items"][0]["id"].as_str().unwrap().to_owned();
        let got = crate::city::api(&served(&db, &room), "GET", &format!("/api/v1/office/scans/{id}"), "clerk").await;
        assert_eq!((got.json()["state"].as_str(), got.json()["agency"].as_str()), (Some("read"), Some(COMMUNE)));
        let page = crate::city::api(&served(&db, &room), "GET", &format!("/api/v1/office/scans/{id}/pages/1"), "clerk").await;
        assert!(page.json()["text"].as_str().unwrap().starts_with("SỞ MẪU\nSố: 05/QĐ-SM"), "{}", page.text);
        let list = crate::city::api(&served(&db, &room), "GET", "/api/v1/office/scans?state=read", "clerk").await;
        assert_eq!(list.json()["items"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn texts_are_whole() {
    let faults = haidang_ui::texts::check_keys(
        include_str!("../../locales/vi/office_scans.ftl"),
        include_str!("../../locales/en/office_scans.ftl"),
        "scans-",
        &[
            concat!(env!("CARGO_MANIFEST_DIR"), "/src/scans"),
            concat!(env!("CARGO_MANIFEST_DIR"), "/templates/scans_list.html"),
            concat!(env!("CARGO_MANIFEST_DIR"), "/templates/scans_one.html"),
        ],
    );
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn packs_are_read() {
    for (scans, kinds) in [
        (
            include_str!("../../../../packs/haiphong/office/scans.toml"),
            include_str!("../../../../packs/haiphong/office/kinds.toml"),
        ),
        (
            include_str!("../../../../packs/mau/office/scans.toml"),
            include_str!("../../../../packs/mau/office/kinds.toml"),
        ),
    ] {
        let settings = ScanSettings::from_toml(scans, kinds).unwrap();
        assert_eq!(settings.kinds.len(), 29);
    }
    assert!(ScanSettings::from_toml("version = \"1\"", "").is_err());
}
