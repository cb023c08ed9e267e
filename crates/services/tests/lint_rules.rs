//! Every lint code finds its planted defect, on its line, and is silent on the clean counterpart.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use haidang_kernel::calendar::WorkingCalendar;
use haidang_kernel::format::Lang;
use haidang_services::procedure::lint::{self, Around, Code};
use haidang_services::procedure::{Files, Finding, Severity, load_files};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};

const TOML: &str = include_str!("data/birth/procedure.toml");
const FORM: &str = include_str!("data/birth/form.json");
const TEMPLATE: &str = include_str!("data/birth/giay.html");

/// The calendars of Hải Phòng, with their working Saturday of 22/8/2026.
static CALENDAR: LazyLock<Arc<WorkingCalendar>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/haiphong/calendars");
    let texts: Vec<String> = [2025, 2026, 2027]
        .iter()
        .map(|year| std::fs::read_to_string(folder.join(format!("{year}.toml"))).unwrap())
        .collect();
    Arc::new(WorkingCalendar::from_toml(&texts).unwrap())
});

fn files(toml: &str, form: &str, template: &str) -> Files {
    let mut files = Files::default();
    for (name, text) in [("procedure.toml", toml), ("form.json", form), ("giay.html", template)] {
        files.0.insert(name.to_owned(), text.as_bytes().to_vec());
    }
    files
}

fn around() -> Around {
    let mut around = Around { calendar: Some(Arc::clone(&CALENDAR)), ..Around::default() };
    // The roles of the sample file, whatever the pack calls its own.
    let commune = vec!["commune".to_owned()];
    around.roles = ["one_stop_officer", "civil_status_officer", "leader_commune", "tax_office"]
        .into_iter()
        .map(|role| (role.to_owned(), if role == "tax_office" { vec!["tax".to_owned()] } else { commune.clone() }))
        .collect();
    around
}

fn findings(toml: &str, form: &str, template: &str) -> Vec<Finding> {
    let (version, mut findings) = load_files("p", &files(toml, form, template)).unwrap();
    findings.extend(lint::lint(&version, "p", toml, &around()));
    findings
}

fn shown(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.line_text(Lang::En)).collect::<Vec<_>>().join("\n")
}

enum Plant {
    /// In `procedure.toml`.
    Toml(&'static str, &'static str),
    /// In `form.json`.
    Form(&'static str, &'static str),
    /// In the template.
    Template(&'static str, &'static str),
}

/// A defect: its code, what is replaced, and words that stand on the line the finding must name.
const DEFECTS: &[(Code, Plant, &str)] = &[
    (Code::PartMissing, Plant::Toml("subjects = [\"ĐT1\", \"DT12\"]", "subjects = []"), "subjects = []"),
    (Code::PartMissing, Plant::Toml("name = \"Giấy chứng sinh\"\n", ""), "id = \"birth_notice\""),
    (Code::SlaUnitUnknown, Plant::Toml("unit = \"working_day\"", "unit = \"OTHER\""), "unit = \"OTHER\""),
    (Code::SlaUnitMismatch, Plant::Toml("declared = \"3 WORKING_DAY\"", "declared = \"3 OTHER\""), "\"3 OTHER\""),
    (Code::SlaUnitMismatch, Plant::Toml("declared = \"3 WORKING_DAY\"", "declared = \"Trong ngày\""), "\"Trong ngày\""),
    (Code::NegativeOrEmptyTime, Plant::Toml("quantity = 3", "quantity = -25"), "quantity = -25"),
    (Code::NegativeOrEmptyTime, Plant::Toml("quantity = 3", "quantity = 1.5"), "quantity = 1.5"),
    (
        Code::UnreachableRow,
        Plant::Toml("when = \"form.sex == 'male'\"", "when = \"true\""),
        "[[sla]]\nunit = \"same_day\"",
    ),
    (Code::UnreachableRow, Plant::Toml("when = \"form.copies != 0\"", "when = \"true\""), "when = \"true\""),
    (
        Code::StateUnreachable,
        Plant::Toml("to = \"hand_over\", status = 4", "to = \"end\", status = 4"),
        "[[step]]\nid = \"hand_over\"",
    ),
    (Code::StateUnreachable, Plant::Toml("to = \"sign\", status = 4", "to = \"sing\", status = 4"), "to = \"sing\""),
    (
        Code::StateNoEnd,
        Plant::Toml("{ id = \"hand_over\", to = \"end\"", "{ id = \"hand_over\", to = \"hand_over\""),
        "[[step]]\nid = \"hand_over\"",
    ),
    (
        Code::RoleWithoutHolder,
        Plant::Toml("role = \"civil_status_officer\"", "role = \"tax_office\""),
        "role = \"tax_office\"",
    ),
    (
        Code::RoleWithoutHolder,
        Plant::Toml("role = \"leader_commune\"", "role = \"leader_comune\""),
        "role = \"leader_comune\"",
    ),
    (Code::FeeWithoutBasis, Plant::Toml("basis = \"NQ 23/2026/NQ-HĐND Điều 2\"", "basis = \"\""), "basis = \"\""),
    (Code::FeeAmountMissing, Plant::Toml("amount = \"0\"\n", ""), "[[fee]]"),
    (
        Code::ExemptionMissing,
        Plant::Toml(
            "exempt = [{ id = \"poor_household\", basis = \"NQ 16/2023/NQ-HĐND\", proof = \"once_only:poor_household\" }]\n",
            "",
        ),
        "[[fee]]",
    ),
    (Code::CelError, Plant::Toml("form.birth_date, submitted_on", "form.birth_dat, submitted_on"), "form.birth_dat"),
    (Code::CelError, Plant::Toml("form.sex == 'male'", "form.sex == 'man'"), "'man'"),
    (Code::CelError, Plant::Toml("channel == 'direct'\"\nreuse", "channel = 'direct'\"\nreuse"), "channel = 'direct'"),
    (
        Code::CelError,
        Plant::Form("\"checks\": [\"not_future\"]", "\"required_when\": \"form.nothing\""),
        "\"birth_date\"",
    ),
    (Code::PrefillTargetMissing, Plant::Toml("to = \"/full_name\"", "to = \"/fullname\""), "to = \"/fullname\""),
    (
        Code::PrefillTargetMissing,
        Plant::Toml("once_only:birth_notice.full_name", "once_only:gossip.full_name"),
        "gossip",
    ),
    (Code::TemplateVariableMissing, Plant::Template("form.full_name", "form.fullname"), "form.fullname"),
    (Code::TemplateVariableMissing, Plant::Toml("template = \"giay\"", "template = \"giayy\""), "template = \"giayy\""),
    (Code::TemplateVariableMissing, Plant::Template("{{ agency.name }}", "{{ agency.name"), "agency.name"),
    (
        Code::NoteAsDocument,
        Plant::Toml("kind = \"document\"\noriginal = 1", "kind = \"document\"\noriginal = 0"),
        "[[component]]\nid = \"birth_notice\"",
    ),
    (
        Code::NoteAsDocument,
        Plant::Toml("\"Giấy chứng sinh\"", "\"Trường hợp không có Giấy chứng sinh\""),
        "[[component]]\nid = \"birth_notice\"",
    ),
    (Code::PublishDeadline, Plant::Toml("signed = 2026-07-31", "signed = 2026-08-05"), "signed = 2026-08-05"),
    (Code::PublishDeadline, Plant::Toml("published = 2026-08-05", "published = 2026-08-20"), "published = 2026-08-20"),
    (Code::TestFailed, Plant::Toml("LP01 = 8000", "LP01 = 0"), "late at the counter"),
    (Code::TestFailed, Plant::Toml("due = 2026-08-25", "due = 2026-08-24"), "late at the counter"),
    (
        Code::TestFailed,
        Plant::Toml("variant = \"9.000001.02\", due", "variant = \"9.000001.01\", due"),
        "late at the counter",
    ),
    (Code::NoTest, Plant::Toml("fees = { LP01 = 8000 }, ", ""), "in time at the counter"),
    (Code::FormatError, Plant::Toml("\"/birth_date\", \"/sex\"", "\"/birthdate\", \"/sex\""), "/birthdate"),
    (Code::FormatError, Plant::Toml("id = \"propose\"", "id = \"propos\""), "propos\""),
    (Code::FormatError, Plant::Form("\"widget\": \"integer\"", "\"widget\": \"integre\""), "\"copies\""),
];

#[test]
fn the_clean_counterpart_is_silent_of_errors() {
    let findings = findings(TOML, FORM, TEMPLATE);
    let errors: Vec<Finding> = findings.into_iter().filter(|f| f.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{}", shown(&errors));
}

#[test]
fn every_planted_defect_is_found_on_its_line() {
    for (code, plant, mark) in DEFECTS {
        let (mut toml, mut form, mut template) = (TOML.to_owned(), FORM.to_owned(), TEMPLATE.to_owned());
        let file = match plant {
            Plant::Toml(old, new) => {
                assert!(toml.contains(old), "{old}");
                toml = toml.replacen(old, new, 1);
                &toml
            }
            Plant::Form(old, new) => {
                assert!(form.contains(old), "{old}");
                form = form.replacen(old, new, 1);
                &form
            }
            Plant::Template(old, new) => {
                assert!(template.contains(old), "{old}");
                template = template.replacen(old, new, 1);
                &template
            }
        };
        let lines = |mark: &str| -> Vec<usize> {
            file.match_indices(mark).map(|(at, _)| file[..at].matches('\n').count() + 1).collect()
        };
        let found = findings(&toml, &form, &template);
        let marked = lines(mark);
        let hits: Vec<&Finding> = found.iter().filter(|f| f.code == *code && f.severity == Severity::Error).collect();
        assert!(!hits.is_empty(), "{code} not found for {mark}:\n{}", shown(&found));
        // A table header carries the row: the finding may name it instead of the key below it.
        let near = |hit: &&&Finding| {
            marked.iter().any(|line| hit.line <= *line && *line - hit.line <= 3 || hit.line == line + 1)
        };
        let hit = hits.iter().find(near);
        let hit = hit.unwrap_or_else(|| panic!("{code}: not on {marked:?}:\n{}", shown(&found)));
        assert!(!hit.clause.is_empty() && hit.repair.en.as_ref().is_some_and(|en| en.ends_with('.')));
        assert!(hit.message.en.is_some(), "{code} has no English message");
    }
}

#[test]
fn every_code_has_a_planted_defect() {
    let mut planted: BTreeSet<Code> = DEFECTS.iter().map(|(code, ..)| *code).collect();
    planted.insert(Code::EffectiveOverlap);
    for code in Code::ALL {
        assert!(planted.contains(code), "{code} has no planted defect");
    }
}

#[test]
fn two_versions_on_one_day_overlap_and_neighbours_do_not() {
    let one = TOML.replace("effective = { from = 2026-08-10 }", "effective = { from = 2026-01-01, to = 2026-08-10 }");
    let near = TOML.replace("effective = { from = 2026-08-10 }", "effective = { from = 2026-01-01, to = 2026-08-09 }");
    let cases = [(one, 1), (near, 0)];
    let (later, _) = load_files("p/v2", &files(TOML, FORM, TEMPLATE)).unwrap();
    for (text, expected) in cases {
        let text = text.replace("version = 2", "version = 1");
        let (earlier, _) = load_files("p/v1", &files(&text, FORM, TEMPLATE)).unwrap();
        let found = lint::overlaps(&[(&earlier, "p/v1", &text), (&later, "p/v2", TOML)]);
        assert_eq!(found.iter().filter(|f| f.code == Code::EffectiveOverlap).count(), expected);
    }
}

#[test]
fn a_listed_procedure_only_warns() {
    let text =
        TOML.replace("version = 2\n", "version = 2\nstate = \"listed\"\n").replace("quantity = 3", "quantity = -25");
    let found = findings(&text, FORM, TEMPLATE);
    assert!(found.iter().any(|f| f.code == Code::NegativeOrEmptyTime));
    assert!(found.iter().all(|f| f.severity == Severity::Warning), "{}", shown(&found));
}

#[test]
fn an_unknown_key_names_the_nearest_one_and_its_line() {
    let text = TOML.replace("subjects = [", "subject = [");
    let error = load_files("p", &files(&text, FORM, TEMPLATE)).unwrap_err();
    assert!(error.message.contains("nearest: `subjects`"), "{}", error.message);
    let line = text.lines().position(|line| line.starts_with("subject =")).unwrap() + 1;
    assert_eq!(error.line, line);
}
