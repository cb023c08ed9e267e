//! Procedures that are only listed: one line of `listed.csv` to a version with a generic form and a generic route.

use super::lint::{Code, Finding, Reporter};
use super::load::{assemble, unconditional};
use super::model::Procedure;
use super::version::Version;
use super::{facts, shape::Variables};
use crate::form::Form;
use haidang_kernel::bilingual::Bilingual;
use serde::Deserialize;
use std::sync::LazyLock;
use toml::Value;

/// One line of `procedures/listed.csv`. An empty value is missing in the source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct ListedRow {
    /// National code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Field of administration.
    #[serde(default)]
    pub field: String,
    /// Level in the source's words.
    #[serde(default)]
    pub level: String,
    /// Time in the source's words.
    #[serde(default)]
    pub processing_time: String,
    /// Channels, separated by `|`.
    #[serde(default)]
    pub channel: String,
    /// Fee in the source's words.
    #[serde(default)]
    pub fee: String,
    /// Fee online in the source's words.
    #[serde(default)]
    pub fee_online: String,
    /// Publishing decision in the source's words.
    #[serde(default)]
    pub decision: String,
    /// Where the line was read.
    #[serde(default)]
    pub source: String,
    /// Gaps and doubts.
    #[serde(default)]
    pub note: String,
    /// Line of the file.
    #[serde(skip)]
    pub line: usize,
}

/// Reads `listed.csv`.
///
/// # Errors
/// Line and English sentence.
pub fn read_listed(text: &str) -> Result<Vec<ListedRow>, (usize, String)> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| (1, error.to_string()))?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record =
            record.map_err(|error| (error.position().map_or(1, |at| at.line() as usize), error.to_string()))?;
        let line = record.position().map_or(1, |at| at.line() as usize);
        let mut row: ListedRow = record.deserialize(Some(&headers)).map_err(|error| (line, error.to_string()))?;
        row.line = line;
        rows.push(row);
    }
    Ok(rows)
}

static GENERIC_FORM: &str = include_str!("generic_form.json");

/// The generic form is one for all, so that a thousand listed procedures cost one schema.
static FORM: LazyLock<Form> = LazyLock::new(|| Form::parse(GENERIC_FORM, &Variables::new()).0);

/// Whether the line names the commune as the level that decides; none when the source does not say.
fn decides(level: &str) -> Option<bool> {
    let lower = level.to_lowercase();
    if lower.contains("cấp tỉnh") && !lower.contains(", cấp xã") {
        return Some(false);
    }
    if lower.starts_with("cấp xã") { Some(true) } else { None }
}

/// Day from which the two-tier administration works; a listed line carries no day of its own.
const FIRST_DAY: &str = "2025-07-01";

pub(super) fn version(row: &ListedRow, file: &str) -> Result<(Version, Vec<Finding>), String> {
    let procedure: Procedure = Procedure::deserialize(Value::Table(table(row))).map_err(|error| error.to_string())?;
    let mut report = Reporter::fixed(file, row.line, &procedure);
    for (code, missing) in gaps(row) {
        report.add(code, "", missing.en.as_deref().unwrap_or(&missing.vi));
    }
    let mut form = FORM.clone();
    if let Err(message) = form.seal(&unconditional(&procedure)) {
        report.add(Code::FormatError, "", &message);
    }
    let sha256 = fingerprint(row);
    let version = assemble(procedure, form, facts::outer_variables(&[]), sha256, Default::default(), &mut report);
    Ok((version, report.findings))
}

fn fingerprint(row: &ListedRow) -> String {
    let mut files = super::source::Files::default();
    for (name, value) in [
        ("code", &row.code),
        ("name", &row.name),
        ("field", &row.field),
        ("level", &row.level),
        ("channel", &row.channel),
        ("fee", &row.fee),
        ("fee_online", &row.fee_online),
        ("processing_time", &row.processing_time),
    ] {
        files.0.insert(name.to_owned(), value.as_bytes().to_vec());
    }
    files.0.insert("form.json".to_owned(), GENERIC_FORM.as_bytes().to_vec());
    files.sha256()
}

/// What the source lacks, in words for the public, with the lint code it belongs to.
fn gaps(row: &ListedRow) -> Vec<(Code, Bilingual)> {
    let mut gaps = Vec::new();
    let mut gap = |code, vi: &str, en: &str| gaps.push((code, Bilingual::new(vi, en)));
    if row.processing_time.trim().is_empty() {
        gap(Code::PartMissing, "Nguồn chưa có thời hạn giải quyết.", "The source gives no processing time.");
    } else {
        gap(
            Code::SlaUnitUnknown,
            "Thời hạn mới có trong nguồn, chưa được đối chiếu với văn bản: hệ thống chưa hẹn ngày trả.",
            "The time limit stands in the source but was not checked against the law: no date is promised yet.",
        );
    }
    if row.fee.trim().is_empty() {
        gap(Code::FeeAmountMissing, "Nguồn chưa có mức phí, lệ phí.", "The source gives no fee.");
    }
    if decides(&row.level).is_none() {
        gap(
            Code::PartMissing,
            "Nguồn chưa nêu rõ cấp có thẩm quyền quyết định.",
            "The source does not say which level decides.",
        );
    }
    if row.channel.trim().is_empty() {
        gap(Code::PartMissing, "Nguồn chưa nêu cách thức nộp hồ sơ.", "The source does not say how to submit.");
    }
    gap(
        Code::PartMissing,
        "Nguồn chưa có thành phần hồ sơ: hãy đính kèm những giấy tờ ông/bà có.",
        "The source gives no list of papers: attach those you have.",
    );
    gap(Code::PartMissing, "Nguồn chưa nêu đối tượng thực hiện.", "The source does not say who may apply.");
    gap(Code::NoTest, "Thủ tục chưa có trường hợp kiểm thử.", "The procedure has no test of its own.");
    gaps
}

fn text(value: &str) -> Value {
    Value::String(value.trim().to_owned())
}

fn entries<const N: usize>(pairs: [(&str, Value); N]) -> toml::Table {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn both(words: &Bilingual) -> Value {
    Value::Table(entries([("vi", text(&words.vi)), ("en", text(words.en.as_deref().unwrap_or(&words.vi)))]))
}

fn array(values: impl IntoIterator<Item = Value>) -> Value {
    Value::Array(values.into_iter().collect())
}

fn table(row: &ListedRow) -> toml::Table {
    let commune = decides(&row.level).unwrap_or(true);
    let channels: Vec<Value> = row.channel.split('|').filter(|channel| !channel.trim().is_empty()).map(text).collect();
    let channels = if channels.is_empty() { vec![text("direct")] } else { channels };
    let from: Option<toml::value::Datetime> = FIRST_DAY.parse().ok();
    let mut effective = toml::Table::new();
    if let Some(from) = from {
        effective.insert("from".to_owned(), Value::Datetime(from));
    }
    let field = if row.field.trim().is_empty() { "Chưa phân lĩnh vực" } else { &row.field };
    let mut procedure = entries([
        ("format", Value::Integer(1)),
        ("code", text(&row.code)),
        ("version", Value::Integer(1)),
        ("state", text("listed")),
        ("name", text(&row.name)),
        ("field", Value::Table(entries([("name", text(field))]))),
        ("effective", Value::Table(effective)),
        ("scope", Value::Table(entries([("level", text(if commune { "commune" } else { "city" }))]))),
        ("channels", Value::Array(channels)),
        ("missing", array(gaps(row).iter().filter(|(code, _)| *code != Code::NoTest).map(|(_, words)| both(words)))),
        ("step", route(commune)),
        ("component", array([any_paper()])),
        (
            "result",
            Value::Table(entries([
                ("name", text("Kết quả giải quyết thủ tục")),
                ("name_en", text("Decision on the request")),
            ])),
        ),
        ("form", Value::Table(entries([("schema", text("form.json")), ("page", pages())]))),
    ]);
    let source = entries([("identity", text(&row.source)), ("sla", text("unverified")), ("fee", text("unverified"))]);
    procedure.insert("evidence".to_owned(), Value::Table(source));
    if commune && decides(&row.level).is_some() {
        let rule = entries([("rule", text("agency.commune_code")), ("fallback", text(super::COORDINATION_QUEUE))]);
        procedure.insert("competence".to_owned(), Value::Table(rule));
    }
    if let Some(fee) = fee(row) {
        procedure.insert("fee".to_owned(), array([fee]));
    }
    procedure
}

/// A fee that the source names is shown in its words and never computed.
fn fee(row: &ListedRow) -> Option<Value> {
    let words = row.fee.trim();
    if words.is_empty() || words.contains(": 0 đồng") {
        return None;
    }
    let online = row.fee_online.trim();
    let vi = if online.is_empty() {
        format!("Nguồn ghi: {words}.")
    } else {
        format!("Nguồn ghi: {words}; nộp trực tuyến: {online}.")
    };
    let unknown = Bilingual::new(vi, format!("In the words of the source: {words}"));
    Some(Value::Table(entries([
        ("code", text("P00")),
        ("kind", text("le_phi")),
        ("name", text("Phí, lệ phí")),
        ("name_en", text("Fees")),
        ("unknown", both(&unknown)),
        ("basis", text(&row.source)),
    ])))
}

fn any_paper() -> Value {
    Value::Table(entries([
        ("id", text("papers")),
        ("name", text("Giấy tờ kèm theo")),
        ("name_en", text("Papers you attach")),
        ("kind", text("document")),
        ("original", Value::Integer(1)),
        ("offered_when", text("true")),
        ("max_files", Value::Integer(10)),
    ]))
}

fn page(id: &str, title: &str, title_en: &str, fields: &[&str]) -> Value {
    Value::Table(entries([
        ("id", text(id)),
        ("title", text(title)),
        ("title_en", text(title_en)),
        ("fields", array(fields.iter().map(|key| text(&format!("/{key}"))))),
    ]))
}

fn pages() -> Value {
    array([
        page(
            "applicant",
            "Người yêu cầu",
            "Person who applies",
            &["applicant_full_name", "applicant_citizen_no", "applicant_birth_date", "applicant_residence"],
        ),
        page("content", "Nội dung đề nghị", "What you ask for", &["content"]),
        page(
            "contact",
            "Cách liên lạc và nhận kết quả",
            "How to reach you and how you receive the result",
            &["contact_phone", "contact_email", "contact_delivery"],
        ),
        page("declaration", "Cam đoan", "Statement of truth", &["declare_truth"]),
    ])
}

fn action(id: &str, to: &str, status: i64, form: &str, reason: bool) -> Value {
    let mut row = entries([
        ("id", text(id)),
        ("to", text(to)),
        ("status", Value::Integer(status)),
        ("reason", Value::Boolean(reason)),
    ]);
    if !form.is_empty() {
        row.insert("form".to_owned(), text(form));
    }
    Value::Table(row)
}

fn step(id: &str, role: &str, vi: &str, en: &str, actions: Vec<Value>) -> toml::Table {
    entries([
        ("id", text(id)),
        ("role", text(role)),
        ("name", text(vi)),
        ("name_en", text(en)),
        ("actions", Value::Array(actions)),
    ])
}

/// Five steps by level: receive, process, sign, issue, hand over.
fn route(commune: bool) -> Value {
    let (specialist, leader) =
        if commune { ("commune_specialist", "leader_commune") } else { ("department_specialist", "leader_department") };
    let receive = step(
        "receive",
        "one_stop_officer",
        "Tiếp nhận hồ sơ",
        "Receive the case",
        vec![
            action("accept", "process", 2, "01", false),
            action("supplement", "receive", 5, "02", true),
            action("refuse", "end", 3, "03", true),
        ],
    );
    let process = step(
        "process",
        specialist,
        "Thẩm định hồ sơ",
        "Examine the case",
        vec![
            action("propose", "sign", 4, "", false),
            action("supplement", "process", 5, "02", true),
            action("stop", "end", 8, "05", true),
            action("apologise", "process", 4, "04", true),
        ],
    );
    let mut sign = step(
        "sign",
        leader,
        "Ký kết quả",
        "Sign the result",
        vec![action("sign", "issue", 4, "", false), action("return", "process", 4, "", true)],
    );
    sign.insert("sign".to_owned(), text("required"));
    let mut issue = step(
        "issue",
        "clerk",
        "Vào sổ, phát hành",
        "Number and issue",
        vec![action("issue", "hand_over", 9, "", false), action("return", "process", 4, "", true)],
    );
    issue.insert("number".to_owned(), text("KQ"));
    let hand_over = step(
        "hand_over",
        "one_stop_officer",
        "Trả kết quả",
        "Hand over the result",
        vec![action("hand_over", "end", 10, "", false)],
    );
    array([receive, process, sign, issue, hand_over].map(Value::Table))
}
