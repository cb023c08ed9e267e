//! The city packs of this repository load, and what they promise is what the law says.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use haidang_kernel::format::Lang;
use haidang_kernel::money::Money;
use haidang_services::form::{self, display, encode_fields, summary, validate_all, view};
use haidang_services::model::Channel;
use haidang_services::procedure::pack::Pack;
use haidang_services::procedure::{Competence, Facts, Severity, State, total};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

fn directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(name)
}

static HAIPHONG: LazyLock<Pack> = LazyLock::new(|| Pack::load(&directory("haiphong")).unwrap());

fn clean(pack: &Pack) {
    let errors: Vec<String> = pack
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| finding.line_text(Lang::En))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert!(pack.refused.is_empty(), "{:?}", pack.refused);
    assert!(!pack.catalogue.is_empty());
}

#[test]
fn haiphong_is_clean_of_errors() {
    clean(&HAIPHONG);
}

#[test]
fn the_second_city_is_clean_of_errors() {
    clean(&Pack::load(&directory("mau")).unwrap());
}

fn fee(code: &str, channel: Channel, submitted: Date, form: Json) -> Option<Money> {
    let version = HAIPHONG.catalogue.in_force(code, submitted).unwrap();
    total(&version.fees(&Facts::new(channel, submitted).with_form(form)))
}

#[test]
fn certified_copies_cost_what_the_circular_says() {
    // TT 226/2016/TT-BTC: 2.000 a page for pages 1 and 2, 1.000 from page 3, at most 200.000 a copy.
    let golden = [(1, 2_000), (2, 4_000), (3, 5_000), (10, 12_000), (197, 199_000), (198, 200_000), (500, 200_000)];
    for (pages, amount) in golden {
        for copies in [1, 3] {
            let form = json!({ "copy_form": "paper", "documents": [{ "pages": pages, "copies": copies }] });
            let found = fee("2.000815", Channel::Direct, date(2026, 11, 20), form);
            assert_eq!(found, Some(Money(amount * copies)), "{pages} pages, {copies} copies");
        }
    }
    let unanswered = fee("2.000815", Channel::Direct, date(2026, 11, 20), json!({}));
    assert_eq!(unanswered, None, "a fee that depends on an answer is not guessed");
}

#[test]
fn the_birth_fee_follows_channel_day_and_delay() {
    let late = date(2026, 1, 15);
    let cases = [
        // NQ 23/2026/NQ-HĐND from 08/8/2026; the amounts of the resolutions before it were not seen.
        (Channel::Online, date(2026, 8, 7), late, None),
        (Channel::Online, date(2026, 8, 8), late, Some(0)),
        (Channel::Direct, date(2026, 8, 7), late, Some(8_000)),
        (Channel::Direct, date(2026, 8, 8), late, Some(8_000)),
        (Channel::Postal, date(2026, 8, 8), late, Some(8_000)),
        // Within 60 days of birth (60/2014/QH13 Điều 15).
        (Channel::Direct, date(2026, 9, 30), date(2026, 8, 1), Some(0)),
        (Channel::Direct, date(2026, 10, 1), date(2026, 8, 1), Some(8_000)),
    ];
    for (channel, submitted, born, expected) in cases {
        let form = json!({ "child_birth_date": born.to_string(), "copies_wanted": false });
        let found = fee("1.001193", channel, submitted, form);
        assert_eq!(found, expected.map(Money), "{channel} {submitted} born {born}");
    }
}

#[test]
fn an_exemption_keeps_its_law() {
    let version = HAIPHONG.catalogue.in_force("1.001193", date(2026, 9, 1)).unwrap();
    let form = json!({ "child_birth_date": "2026-01-15", "copies_wanted": false });
    let mut facts = Facts::new(Channel::Direct, date(2026, 9, 1)).with_form(form);
    let line = version.fees(&facts).into_iter().find(|line| line.full == Some(Money(8_000))).unwrap();
    assert!(!line.may_exempt.is_empty() && line.exempt.is_none());
    facts.claimed = vec![line.may_exempt[0].id.clone()];
    let line = version.fees(&facts).into_iter().find(|line| line.full == Some(Money(8_000))).unwrap();
    assert_eq!(line.amount, Some(Money::ZERO));
    assert!(line.exempt.is_some_and(|exempt| !exempt.basis.is_empty()));
}

#[test]
fn a_listed_procedure_promises_nothing_and_says_what_is_missing() {
    let day = date(2026, 11, 21);
    let listed: Vec<_> =
        HAIPHONG.catalogue.all_current(day).into_iter().filter(|version| version.state == State::Listed).collect();
    assert!(listed.len() > 150, "{}", listed.len());
    for version in listed {
        let facts = Facts::new(Channel::Direct, day);
        assert!(!version.promises() && version.time_limit(&facts).is_none(), "{}", version.id);
        assert!(!version.procedure.missing.is_empty(), "{}", version.id);
        assert!(version.procedure.missing.iter().all(|missing| missing.en.is_some()));
        // A line of the list gets the generic form and route; a directory may be listed with its own.
        if version.components(&facts).iter().any(|need| need.id == "papers") {
            assert_eq!((version.steps().len(), version.pages(&facts).len()), (5, 4), "{}", version.id);
        }
    }
}

#[test]
fn a_case_goes_to_the_agency_of_its_commune_or_to_people() {
    let day = date(2026, 11, 21);
    let commune = HAIPHONG.competent_agency(&Competence::Commune("11824".to_owned()), day).unwrap();
    assert_eq!(commune.commune_code.as_deref(), Some("11824"));
    let version = HAIPHONG.catalogue.in_force("1.001193", day).unwrap();
    let nobody = version.competence(&Facts::new(Channel::Online, day));
    assert!(matches!(nobody, Competence::Unknown { .. }), "{nobody:?}");
    assert_eq!(HAIPHONG.competent_agency(&nobody, day), None);
}

#[test]
fn every_version_has_its_own_hash() {
    let mut hashes: Vec<&str> = HAIPHONG.catalogue.all().map(|version| version.sha256.as_str()).collect();
    let count = hashes.len();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), count);
    assert!(hashes.iter().all(|hash| hash.len() == 64));
}

#[test]
fn every_escalation_and_budget_is_understood() {
    for version in HAIPHONG.catalogue.all() {
        for step in version.steps() {
            assert_eq!(version.escalations(step).len(), step.escalation.len(), "{} {}", version.id, step.id);
            assert_eq!(version.budget(step).is_some(), step.budget.is_some(), "{} {}", version.id, step.id);
        }
    }
}

/// A copy of the pack with one file changed.
fn changed(change: impl Fn(&Path)) -> Pack {
    let folder = tempfile::tempdir().unwrap();
    copy(&directory("mau"), folder.path());
    change(folder.path());
    Pack::load(folder.path()).unwrap()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_broken_version_is_refused_and_the_city_still_loads() {
    let first = Pack::load(&directory("mau")).unwrap().catalogue.all().next().unwrap().id.clone();
    let file = |folder: &Path| folder.join("procedures").join(&first).join("procedure.toml");
    let break_with = |old: &'static str, new: &'static str| {
        changed(|folder| {
            let text = std::fs::read_to_string(file(folder)).unwrap();
            assert!(text.contains(old));
            std::fs::write(file(folder), text.replacen(old, new, 1)).unwrap();
        })
    };
    for pack in [
        break_with("format = 1", "format = 2"),
        break_with("format = 1", "format = "),
        break_with("version = ", "version = 7"),
        break_with("status = 2", "status = 22"),
    ] {
        assert_eq!(pack.refused.len(), 1);
        assert!(pack.findings.iter().any(|finding| finding.severity == Severity::Error && finding.line >= 1));
        assert!(pack.catalogue.by_id(&first).is_none());
        assert!(!pack.catalogue.is_empty());
    }
}

fn answer() -> impl Strategy<Value = Json> {
    let text = prop_oneof!["\\PC{0,12}", Just("2026-02-30".to_owned()), Just("31".to_owned()), Just("true".to_owned())];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(|number| json!(number)),
        text.prop_map(Json::from),
    ];
    let keys = "province_code|commune_code|detail|full_name|pages|copies|day|year|[a-z]{1,4}";
    leaf.prop_recursive(3, 12, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::hash_map(keys, inner, 0..4).prop_map(|parts| Json::Object(parts.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in a draft, no rule of any procedure panics, and nobody is asked to pay less than nothing.
    #[test]
    fn no_answer_breaks_a_rule(picked in any::<prop::sample::Index>(), values in prop::collection::vec(answer(), 60)) {
        let versions: Vec<_> = HAIPHONG.catalogue.all().filter(|version| version.state == State::Published).collect();
        let version = versions[picked.index(versions.len())];
        let keys = version.form.fields.iter().map(|field| field.key.clone());
        let form: serde_json::Map<String, Json> = keys.zip(values).collect();
        let facts = Facts::new(Channel::Direct, date(2026, 11, 21)).with_form(Json::Object(form));
        for line in version.fees(&facts) {
            prop_assert!(line.amount.is_none_or(|amount| amount >= Money::ZERO));
        }
        let _ = (version.variant(&facts), version.time_limit(&facts), version.competence(&facts));
        let _ = (version.components(&facts), version.prefills(&facts));
        for step in version.steps() {
            let _ = (version.actions(&step.id, &facts), version.consults(&step.id, &facts));
        }
        let _ = summary(version, &facts, Lang::En, &HAIPHONG.codes);
        let _ = view(version, &facts.form, Lang::Vi, &HAIPHONG.codes);
        for field in &version.form.fields {
            if let Some(value) = facts.form.get(&field.key) {
                let _ = display(field, value, Lang::Vi, &HAIPHONG.codes);
            }
        }
        let _ = encode_fields(&version.form.fields.iter().collect::<Vec<_>>(), &facts.form);
        let errors = validate_all(version, &facts, &HAIPHONG.codes);
        if !version.form.schema_accepts(&form::relevant(version, &facts)) {
            prop_assert!(errors.iter().any(|error| !error.warning));
        }
    }
}
