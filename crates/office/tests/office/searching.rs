//! Search over documents: words with and without accents, numbers, phrases, days, and who may find what.

use crate::ROOMS;
use crate::city::{COMMUNE, DEPARTMENT, Visitor, actor, person, room, served};
use haidang_contracts::Actor;
use haidang_kernel::problem::Problem;
use haidang_office::search::{DocumentText, Find, FollowTexts, Part, Readers, Texts, forget_document, index_document};
use haidang_office::{OfficeRoom, Reader};
use haidang_store::Jobs;
use haidang_testkit::{TestDb, db_test};
use std::sync::Arc;

/// (id, agency, readable by the unit, title, number, organ, kind, day, text)
type Sample = (
    &'static str,
    &'static str,
    bool,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const SAMPLES: &[Sample] = &[
    (
        "d1",
        COMMUNE,
        true,
        "Về việc phê duyệt kế hoạch sử dụng đất",
        "05/QĐ-UBND",
        "Ủy ban nhân dân xã Mẫu",
        "quyet_dinh",
        "2026-01-05",
        "Quyết định này có hiệu lực từ ngày ký. Thuỷ lợi nội đồng.",
    ),
    (
        "d2",
        COMMUNE,
        true,
        "Về việc đăng ký lịch công tác",
        "123/UBND-VP",
        "Ủy ban nhân dân xã Mẫu",
        "",
        "2026-02-10",
        "Thực hiện 05/QĐ-UBND, quyết đinh phân công. Kế hoạch chi tiết kèm theo.",
    ),
    (
        "d3",
        COMMUNE,
        true,
        "Thông báo nghỉ lễ",
        "12/TB-UBND",
        "Ủy ban nhân dân xã Mẫu",
        "thong_bao",
        "2026-03-01",
        "Duyệt phê các đề nghị. Sử dụng xe công.",
    ),
    (
        "d4",
        DEPARTMENT,
        true,
        "Về việc quyết định của sở",
        "7/QĐ-SM",
        "Sở Mẫu",
        "quyet_dinh",
        "2026-01-20",
        "Nội dung của sở khác.",
    ),
    (
        "d5",
        COMMUNE,
        false,
        "Dự thảo quyết định chưa ký",
        "",
        "Ủy ban nhân dân xã Mẫu",
        "quyet_dinh",
        "2026-03-02",
        "Bản thảo.",
    ),
];

async fn put(db: &TestDb, sample: &Sample, people: &[haidang_contracts::actor::PersonId]) {
    let (document, agency, unit, title, number, organ, kind, day, body) = *sample;
    let text = DocumentText {
        part: Part::Documents,
        document,
        agency,
        readers: Readers { unit, people },
        title,
        number,
        organ,
        kind,
        issued_on: Some(day.parse().unwrap()),
        body,
    };
    let text = &text;
    db.transaction(|tx| Box::pin(async move { index_document(tx, text).await })).await.map_err(|e: Problem| e).unwrap();
}

async fn filled(db: &TestDb) -> OfficeRoom {
    let room = room(db).await;
    for sample in SAMPLES {
        let people = if sample.0 == "d5" { vec![person("drafter")] } else { vec![] };
        put(db, sample, &people).await;
    }
    room
}

async fn follow(db: &TestDb, room: &OfficeRoom) {
    Jobs::new(db.db()).with(Arc::new(FollowTexts(room.clone()))).run_due().await.unwrap();
}

fn reader(actor: &Actor) -> Reader<'_> {
    Reader { actor, channel: "online", request_id: "r1" }
}

async fn ids(room: &OfficeRoom, who: &str, find: Find) -> Vec<String> {
    let actor = actor(who).await;
    let found = room.find_documents(&reader(&actor), &find).await.unwrap();
    found.documents.into_iter().map(|one| one.document).collect()
}

fn words(words: &str) -> Find {
    Find { words: words.into(), page: 1, ..Find::default() }
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

db_test! {
    rooms = ROOMS;

    async fn words_are_found_with_and_without_accents(db: TestDb) {
        let room = filled(&db).await;
        follow(&db, &room).await;
        // What agrees in every accent stands first, whatever else speaks for the other.
        assert_eq!(ids(&room, "colleague", words("quyết định")).await, ["d1", "d2"]);
        assert_eq!(ids(&room, "colleague", words("quyết đinh")).await, ["d2", "d1"]);
        let check = async |query: &str, expected: &[&str]| {
            assert_eq!(sorted(ids(&room, "colleague", words(query)).await), expected, "{query}");
        };
        check("quyet dinh", &["d1", "d2"]).await;
        check("QUYẾT ĐỊNH", &["d1", "d2"]).await;
        check("thủy lợi", &["d1"]).await;
        check("thuy loi", &["d1"]).await;
        check("quye\u{302}\u{301}t đi\u{323}nh", &["d1", "d2"]).await;
        check("\"phê duyệt\"", &["d1"]).await;
        check("phê duyệt", &["d1", "d3"]).await;
        check("\"phe duyet ke hoach\"", &["d1"]).await;
        check("không có từ này", &[]).await;
    }

    async fn numbers_are_found_whole_and_in_part(db: TestDb) {
        let room = filled(&db).await;
        follow(&db, &room).await;
        // What bears the number stands before what mentions it.
        assert_eq!(ids(&room, "colleague", words("05/QĐ-UBND")).await, ["d1", "d2"]);
        assert_eq!(ids(&room, "colleague", words("5/qd-ubnd")).await, ["d1"]);
        assert_eq!(ids(&room, "colleague", words("123")).await, ["d2"]);
        assert_eq!(ids(&room, "colleague", words("123/UBND-VP")).await, ["d2"]);
        assert_eq!(ids(&room, "colleague", words("7/QĐ-SM")).await, Vec::<String>::new());
    }

    async fn filters_narrow_what_is_found(db: TestDb) {
        let room = filled(&db).await;
        follow(&db, &room).await;
        let day = |text: &str| Some(text.parse().unwrap());
        let check = async |find: Find, expected: &[&str]| {
            let find = Find { page: 1, ..find };
            let shown = format!("{find:?}");
            assert_eq!(ids(&room, "colleague", find).await, expected, "{shown}");
        };
        check(Find { kind: Some("thong_bao".into()), ..Find::default() }, &["d3"]).await;
        check(Find { from: day("2026-01-06"), until: day("2026-02-28"), ..Find::default() }, &["d2"]).await;
        check(Find { from: day("2026-01-05"), until: day("2026-01-05"), ..Find::default() }, &["d1"]).await;
        check(Find { organ: Some("uy ban xa mau".into()), newest: true, ..Find::default() }, &["d3", "d2", "d1"]).await;
        check(Find { words: "quyet dinh".into(), newest: true, ..Find::default() }, &["d2", "d1"]).await;
        check(Find { part: Some(Part::Scans), ..Find::default() }, &[]).await;
    }

    async fn nobody_finds_what_they_may_not_read(db: TestDb) {
        let room = filled(&db).await;
        follow(&db, &room).await;
        let check = async |who: &str, query: &str, expected: &[&str]| {
            assert_eq!(sorted(ids(&room, who, words(query)).await), expected, "{who} {query}");
        };
        check("other_drafter", "quyet dinh", &["d4"]).await;
        check("drafter", "quyet dinh", &["d1", "d2", "d5"]).await;
        check("colleague", "du thao", &[]).await;
        check("inspector", "quyet dinh", &[]).await;
        // The right is taken away: the record decides, even before the index has followed.
        put(&db, &SAMPLES[4], &[]).await;
        check("drafter", "du thao", &[]).await;
        // The look is on record, without the words.
        let record = db.fetch_one("SELECT detail FROM store_audit WHERE action = 'document.searched' LIMIT 1", vec![]).await;
        let detail = record.unwrap().text("detail").unwrap();
        assert!(!detail.contains("quyet") && detail.contains("documents:"), "{detail}");
    }

    async fn the_index_follows_changes_and_can_be_lost(db: TestDb) {
        let room = filled(&db).await;
        follow(&db, &room).await;
        let mut changed = SAMPLES[0];
        changed.3 = "Về việc mới hẳn";
        put(&db, &changed, &[]).await;
        db.transaction(|tx| Box::pin(async move { forget_document(tx, Part::Documents, "d3").await }))
            .await
            .map_err(|e: Problem| e)
            .unwrap();
        follow(&db, &room).await;
        assert_eq!(ids(&room, "colleague", words("mới hẳn")).await, ["d1"]);
        assert_eq!(ids(&room, "colleague", words("nghỉ lễ")).await, Vec::<String>::new());
        assert_eq!(room.texts.count().await.unwrap(), 4);
        // Another index over the same record, as after the folder was lost.
        let again = Texts::in_folder(db.folder().join("elsewhere"));
        again.follow(&db).await.unwrap();
        assert_eq!(again.count().await.unwrap(), 4);
        // And the same folder opened anew goes on where it was.
        let reopened = Texts::in_folder(db.folder().join("texts"));
        assert_eq!(reopened.count().await.unwrap(), 4);
        reopened.follow(&db).await.unwrap();
        assert_eq!(reopened.count().await.unwrap(), 4);
    }

    async fn pages_are_turned(db: TestDb) {
        let room = room(&db).await;
        let names: Vec<&'static str> = (0..45).map(|n| &*Box::leak(format!("p{n:02}").into_boxed_str())).collect();
        for name in &names {
            let mut sample = SAMPLES[0];
            sample.0 = name;
            put(&db, &sample, &[]).await;
        }
        follow(&db, &room).await;
        let mut seen = Vec::new();
        for page in 1..=3 {
            seen.extend(ids(&room, "colleague", Find { page, ..words("quyết định") }).await);
        }
        assert_eq!(sorted(seen), names);
    }

    async fn the_page_shows_marked_words_and_never_an_address_with_words(db: TestDb) {
        let room = filled(&db).await;
        let mut visitor = Visitor::signed_in(&db, &room, "colleague").await;
        let empty = visitor.open("/vi/can-bo/tim-van-ban").await;
        assert_eq!(empty.status, 200, "{}", empty.text);
        let nothing = visitor.send("/vi/can-bo/tim-van-ban", &[("words", " ")]).await;
        assert_eq!(nothing.status, 422);
        let wrong = visitor
            .send("/vi/can-bo/tim-van-ban", &[("words", "giữ lại"), ("from.day", "31"), ("from.month", "2"), ("from.year", "2026")])
            .await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text.contains("value=\"giữ lại\"") && wrong.text.contains("href=\"#from\""), "{}", wrong.text);
        let found = visitor.send("/vi/can-bo/tim-van-ban", &[("words", "quyet dinh")]).await;
        assert_eq!(found.status, 200, "{}", found.text);
        assert!(found.text.contains("<mark>Quyết</mark> <mark>định</mark>"), "{}", found.text);
        assert!(found.text.contains("/vi/can-bo/van-ban/d1") && !found.text.contains("d4"), "{}", found.text);
        assert!(!found.text.contains("?words") && !found.text.contains("quyet+dinh"));
        let english = visitor.send("/en/can-bo/tim-van-ban", &[("words", "quyet dinh")]).await;
        assert!(english.text.contains("2 documents"), "{}", english.text);
        let stranger = crate::city::page_of(&db, &room, "/vi/can-bo/tim-van-ban").await;
        assert_eq!(stranger.status, 303);
    }

    async fn programs_search_too(db: TestDb) {
        let room = filled(&db).await;
        let ask = async |who: &str, body: &str| {
            let request = axum::extract::Request::post("/api/v1/office/document-searches")
                .header("authorization", format!("Bearer {who}"))
                .header("content-type", "application/json")
                .body(axum::body::Body::from(body.to_owned()))
                .unwrap();
            crate::city::send(&served(&db, &room), request).await
        };
        let found = ask("colleague", r#"{"words":"123/UBND-VP"}"#).await;
        assert_eq!(found.status, 200, "{}", found.text);
        assert_eq!(found.json()["items"][0]["id"], "d2");
        assert_eq!(ask("colleague", r#"{"words":"x","from":"31/12/2026"}"#).await.status, 422);
        assert_eq!(ask("resident", r#"{"words":"123"}"#).await.status, 403);
    }
}

#[test]
fn texts_are_whole() {
    let faults = haidang_ui::texts::check_keys(
        include_str!("../../locales/vi/office_search.ftl"),
        include_str!("../../locales/en/office_search.ftl"),
        "doc-search-",
        &[
            concat!(env!("CARGO_MANIFEST_DIR"), "/src/search"),
            concat!(env!("CARGO_MANIFEST_DIR"), "/templates/search_documents.html"),
        ],
    );
    assert!(faults.is_empty(), "{faults:#?}");
}
