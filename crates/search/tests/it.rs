//! The index over the names of 186 real procedures.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use haidang_search::{Document, Hit, Matched, SearchIndex, Tier};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

fn procedures() -> Vec<Document> {
    let mut reader = csv::Reader::from_reader(include_str!("fixtures/procedure-names.csv").as_bytes());
    let document = |row: csv::StringRecord| Document {
        id: row[0].to_owned(),
        code: row[0].to_owned(),
        title: row[1].to_owned(),
        synonyms: match &row[0] {
            "1.001193" => vec!["giấy khai sinh".to_owned(), "làm khai sinh cho con".to_owned()],
            _ => Vec::new(),
        },
        kind: "procedure".to_owned(),
        ..Document::default()
    };
    reader.records().map(|row| document(row.unwrap())).collect()
}

fn index() -> &'static SearchIndex {
    static INDEX: OnceLock<SearchIndex> = OnceLock::new();
    INDEX.get_or_init(|| SearchIndex::build(procedures()).unwrap())
}

fn of(titles: &[&str]) -> SearchIndex {
    let document =
        |title: &&str| Document { id: (*title).to_owned(), title: (*title).to_owned(), ..Document::default() };
    SearchIndex::build(titles.iter().map(document).collect()).unwrap()
}

fn search(query: &str) -> Vec<Hit> {
    index().search(query, usize::MAX).unwrap()
}

fn first(query: &str, expected: &str) {
    let hits = search(query);
    assert_eq!(hits.first().map(|hit| hit.id.as_str()), Some(expected), "{query}: {:?}", hits.get(..hits.len().min(3)));
}

#[test]
fn birth_registration_is_found_however_it_is_typed() {
    assert_eq!(index().len(), 186);
    for query in [
        "khai sinh",
        "khai  sinh",
        "KHAI SINH",
        "dang ky khai sinh",
        "đăng kí khai sinh",
        "khai sinh dang ky",
        "Đăng ký khai sinh",
        "đăng ký  KHAI-SINH",
        "thủ tục đăng ký khai sinh",
        "đang ky khai sinh",
        "giấy khai sinh",
        "giay khai sinh",
        "lam khai sinh cho con",
        "1.001193",
        "1001193",
        "1.00119 ",
    ] {
        first(query, "1.001193");
        let decomposed: String = query.nfd().collect();
        first(&decomposed, "1.001193");
    }
}

#[test]
fn plain_letters_find_accents() {
    let hits = search("dang ky");
    assert!(hits.len() > 40 && hits.iter().all(|hit| hit.tier == Tier::Folded), "{}", hits.len());
    assert_eq!(hits.len(), search("đăng ký").len());
    assert!(search("đăng ký").iter().all(|hit| hit.tier == Tier::Exact));
}

#[test]
fn the_four_tiers_stand_in_order() {
    let titles = ["Xã Cẩm Giang", "Xã Cẩm Giàng", "xa cam giang", "Thủ tục khác"];
    let tiers = |query: &str| -> Vec<(String, Tier)> {
        of(&titles).search(query, 10).unwrap().into_iter().map(|hit| (hit.id, hit.tier)).collect()
    };
    let expect = |query: &str, expected: &[(&str, Tier)]| {
        let expected: Vec<(String, Tier)> = expected.iter().map(|(id, tier)| ((*id).to_owned(), *tier)).collect();
        assert_eq!(tiers(query), expected, "{query}");
    };
    expect(
        "cẩm giàng",
        &[("Xã Cẩm Giàng", Tier::Exact), ("xa cam giang", Tier::Contradicts), ("Xã Cẩm Giang", Tier::Contradicts)],
    );
    expect(
        "cẩm giang",
        &[("Xã Cẩm Giang", Tier::Exact), ("Xã Cẩm Giàng", Tier::Folded), ("xa cam giang", Tier::Contradicts)],
    );
    expect(
        "cam giang",
        &[("xa cam giang", Tier::Exact), ("Xã Cẩm Giang", Tier::Folded), ("Xã Cẩm Giàng", Tier::Folded)],
    );
    let places = of(&["Xã Hoà Bình", "Xã Hòa Bình", "Xã Hóa Bình", "Xã Hoa Binh"]);
    let found: Vec<(String, Tier)> =
        places.search("hòa bình", 10).unwrap().into_iter().map(|hit| (hit.id, hit.tier)).collect();
    assert_eq!(found[0], ("Xã Hòa Bình".to_owned(), Tier::Exact));
    assert_eq!(found[1], ("Xã Hoà Bình".to_owned(), Tier::TonePlacement));
    assert!(found.len() == 4 && found[2..].iter().all(|(_, tier)| *tier == Tier::Contradicts));
    assert_eq!(of(&["Kỹ thuật"]).search("kĩ thuật", 1).unwrap()[0].tier, Tier::TonePlacement);
}

#[test]
fn a_city_is_found_in_any_case_and_normal_form() {
    let places = of(&["Thành phố Hải Phòng", "Hai phong trào", "Quảng Ninh"]);
    for query in ["hai phong", "Hải Phòng", "HẢI PHÒNG", "Ha\u{309}i Pho\u{300}ng"] {
        assert_eq!(places.search(query, 10).unwrap().len(), 2, "{query}");
    }
    assert_eq!(places.search("Hải Phòng", 10).unwrap()[0].id, "Thành phố Hải Phòng");
}

#[test]
fn codes_are_found_by_their_beginning() {
    let all = search("1.00");
    assert!(all.len() > 10 && all.iter().all(|hit| hit.id.starts_with("1.00") && hit.matched == Matched::Code));
    assert_eq!(search("100").len(), all.len());
    let cases = SearchIndex::build(vec![Document {
        id: "a".to_owned(),
        code: "H24.11824-20261121-0000001".to_owned(),
        title: "Hồ sơ".to_owned(),
        ..Document::default()
    }])
    .unwrap();
    for query in ["h24.11824", "H2411824-2026", "H24.11824-20261121-0000001", "h24118242026112100", "H24.11824 hồ sơ"]
    {
        assert_eq!(cases.search(query, 5).unwrap().len(), 1, "{query}");
    }
    assert!(cases.search("H25", 5).unwrap().is_empty());
}

#[test]
fn every_word_must_be_there_and_nothing_is_found_for_no_words() {
    assert!(search("khai sinh tàu ngầm").is_empty());
    for query in ["", "   ", "?!,.", "\u{301}"] {
        assert!(search(query).is_empty(), "{query:?}");
    }
    assert!(SearchIndex::build(Vec::new()).unwrap().search("khai sinh", 5).unwrap().is_empty());
    assert_eq!(index().search("khai sinh", 2).unwrap().len(), 2);
    assert!(index().search("khai sinh", 0).unwrap().is_empty());
}

#[test]
fn a_title_stands_before_a_body_and_one_kind_can_be_asked_for() {
    let document = |id: &str, title: &str, body: &str, kind: &str| Document {
        id: id.to_owned(),
        title: title.to_owned(),
        body: body.to_owned(),
        kind: kind.to_owned(),
        ..Document::default()
    };
    let index = SearchIndex::build(vec![
        document("body", "Kết hôn", "hộ tịch khai sinh", "procedure"),
        document("split", "Khai báo", "ngày sinh", "procedure"),
        document("title", "Đăng ký khai sinh", "hộ tịch", "procedure"),
        document("help", "Trợ giúp về khai sinh", "", "page"),
    ])
    .unwrap();
    let ids = |kind: Option<&str>| -> Vec<String> {
        index.search_kind("khai sinh", kind, 10).unwrap().into_iter().map(|hit| hit.id).collect()
    };
    assert_eq!(ids(None), ["title", "help", "split", "body"]);
    assert_eq!(ids(Some("page")), ["help"]);
    assert_eq!(index.search("hộ tịch đăng ký", 1).unwrap()[0].matched, Matched::Words);
}

#[test]
fn synonyms_are_names_as_good_as_the_title() {
    let land = Document {
        id: "land".to_owned(),
        title: "Cấp Giấy chứng nhận quyền sử dụng đất".to_owned(),
        synonyms: vec!["sổ đỏ".to_owned(), "sổ hồng".to_owned()],
        ..Document::default()
    };
    let index = SearchIndex::build(vec![land]).unwrap();
    for query in ["sổ đỏ", "so do", "đỏ sổ"] {
        assert_eq!(index.search(query, 5).unwrap()[0].matched, Matched::Synonym("sổ đỏ".to_owned()), "{query}");
    }
    assert!(index.search("sổ xanh", 5).unwrap().is_empty());
}

#[test]
fn misspelt_words_lead_to_known_ones() {
    let check = |query: &str, expected: Option<&str>| {
        assert_eq!(index().suggest(query).unwrap().as_deref(), expected, "{query}");
    };
    check("khai sing", Some("khai sinh"));
    check("khia sinh", Some("khai sinh"));
    check("khaisinh", Some("khai sinh"));
    check("đăng ký khai sihn", Some("đăng ký khai sinh"));
    check("khai sinh", None);
    check("tàu vũ trụ xyzw", None);
    check("", None);
}

#[test]
fn two_thousand_documents_are_searched_in_milliseconds() {
    let names = procedures();
    let documents: Vec<Document> = (0..2_000)
        .map(|number| {
            let name = &names[number % names.len()];
            Document { id: number.to_string(), body: format!("lĩnh vực {}", number % 90), ..name.clone() }
        })
        .collect();
    let index = SearchIndex::build(documents).unwrap();
    let queries =
        ["thủ tục", "dang ky khai sinh", "đăng ký", "1.00", "giấy phép xây dựng", "cap lai", "đất", "không có từ này"];
    let mut times: Vec<Duration> = (0..400)
        .map(|round| {
            let started = Instant::now();
            index.search(queries[round % queries.len()], 50).unwrap();
            started.elapsed()
        })
        .collect();
    times.sort();
    let p99 = times[times.len() * 99 / 100];
    // The promise is 10 ms in a release build; unoptimised and on a busy machine it takes longer.
    assert!(p99 < Duration::from_millis(400), "{p99:?}");
    println!("p50 {:?}, p99 {p99:?}", times[times.len() / 2]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_procedure_is_found_by_words_of_its_name_in_any_order(which in 0usize..186, seed in any::<u64>()) {
        let procedure = &procedures()[which];
        let mut words: Vec<&str> = procedure.title.split(' ').collect();
        let turn = usize::try_from(seed % words.len() as u64).expect("small");
        words.rotate_left(turn);
        words.truncate(4);
        let query = words.join(" ");
        let expect = haidang_kernel::text::search_key(&query);
        prop_assume!(!expect.is_empty());
        let hits = search(&query);
        let hit = hits.iter().find(|hit| hit.id == procedure.id);
        prop_assert!(hit.is_some_and(|hit| hit.tier == Tier::Exact), "{query}: {hit:?}");
        let folded = search(&haidang_kernel::text::fold(&query));
        prop_assert!(folded.iter().any(|hit| hit.id == procedure.id), "{query} folded");
        prop_assert!(hits.windows(2).all(|pair| pair[0].tier >= pair[1].tier));
    }

    #[test]
    fn searching_never_panics(query in "\\PC{0,30}") {
        let _ = (index().search(&query, 10).unwrap(), index().suggest(&query).unwrap());
    }
}
