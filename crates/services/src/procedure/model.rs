//! `procedure.toml` as it is written: one struct for each table, unknown keys refused.
//!
//! The values here are raw on purpose (a unit is still a word, a condition still text), so that the lint can name
//! what is wrong instead of the reader giving up at the first fault. [`super::Version`] holds the compiled form.

use super::rows::{Component, FeeRow, SlaRow, Step, always, one, yes};
use super::words;
use crate::model::Channel;
use haidang_kernel::bilingual::Bilingual;
use jiff::civil::{Date, DateTime};
use serde::Deserialize;
use std::collections::BTreeMap;

/// How far the platform vouches for a procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Lint clean of errors; dates and fees are promised.
    #[default]
    Published,
    /// Imported with gaps: public, but no date is promised and the gaps are named.
    Listed,
}

/// One procedure version as its file says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// Version of the file format; always 1.
    pub format: i64,
    /// National code, such as `1.001193`; a string, never a number.
    pub code: String,
    /// Number of this version.
    pub version: u32,
    /// Published or listed.
    #[serde(default)]
    pub state: State,
    /// Legal name.
    pub name: String,
    /// Legal name in English.
    pub name_en: Option<String>,
    /// Everyday words for the same thing.
    #[serde(default, deserialize_with = "words::maybe_bilingual")]
    pub plain: Option<Bilingual>,
    /// Field of administration (lĩnh vực).
    pub field: AdministrativeField,
    /// Days on which this version is in force.
    pub effective: Effective,
    /// Decision that publishes it.
    pub decision: Option<Decision>,
    /// Articles of law.
    #[serde(default)]
    pub legal_basis: Vec<String>,
    /// Who may apply: national subject codes, kept as written (`ĐT1` and `DT12` differ in their first letter).
    #[serde(default)]
    pub subjects: Vec<String>,
    /// Level and service level.
    pub scope: Option<Scope>,
    /// Least assurance of the sign-in with which people file online, 1 to 4 (69/2024/NĐ-CP Điều 20); without it any
    /// sign-in is strong enough.
    #[serde(default, deserialize_with = "words::assurance")]
    pub min_acr: Option<u8>,
    /// Intake channels.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// Texts of the start page.
    #[serde(default)]
    pub about: About,
    /// Reasons of refusal.
    #[serde(default, deserialize_with = "words::bilingual_list")]
    pub refuse_when: Vec<Bilingual>,
    /// Mistakes people make.
    #[serde(default, deserialize_with = "words::bilingual_list")]
    pub mistakes: Vec<Bilingual>,
    /// Order of execution, when the names of the steps do not say it.
    #[serde(default, deserialize_with = "words::bilingual_list")]
    pub sequence: Vec<Bilingual>,
    /// Codes of procedures that usually follow.
    #[serde(default)]
    pub follow_up: Vec<String>,
    /// Further words for the search.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Part of the file to its source; `unverified` is shown to administrators.
    #[serde(default)]
    pub evidence: BTreeMap<String, String>,
    /// Facts that no source gives.
    #[serde(default, deserialize_with = "words::bilingual_list")]
    pub missing: Vec<Bilingual>,
    /// How the competent agency is found.
    pub competence: Option<CompetenceRule>,
    /// Variants; exactly one must match.
    #[serde(default, rename = "case")]
    pub cases: Vec<Variant>,
    /// Time limits; the first matching row wins.
    #[serde(default)]
    pub sla: Vec<SlaRow>,
    /// Checklist.
    #[serde(default, rename = "component")]
    pub components: Vec<Component>,
    /// Route.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
    /// Fees; per code the first matching row wins.
    #[serde(default, rename = "fee")]
    pub fees: Vec<FeeRow>,
    /// What the applicant receives.
    pub result: Option<ResultKind>,
    /// Questions of the evaluation.
    pub evaluation: Option<Evaluation>,
    /// Synchronisation.
    pub sync: Option<Sync>,
    /// The procedure's own tests.
    #[serde(default, rename = "test")]
    pub tests: Vec<Test>,
    /// Form pages.
    pub form: FormPages,
}

/// Field of administration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdministrativeField {
    /// National code, such as `G15-TP07`.
    pub code: Option<String>,
    /// Name.
    pub name: String,
    /// Name in English.
    pub name_en: Option<String>,
}

/// First and last day in force, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effective {
    /// First day.
    #[serde(deserialize_with = "words::date")]
    pub from: Date,
    /// Last day; none while no successor is known.
    #[serde(default, deserialize_with = "words::maybe_date")]
    pub to: Option<Date>,
}

impl Effective {
    /// Whether the day lies inside.
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// Whether both share a day.
    pub fn overlaps(&self, other: &Effective) -> bool {
        self.to.is_none_or(|to| other.from <= to) && other.to.is_none_or(|to| self.from <= to)
    }
}

/// Decision that publishes the procedure (766-1.1 and 1.2 are counted from it).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Number.
    pub no: String,
    /// Day of signature.
    #[serde(deserialize_with = "words::date")]
    pub signed: Date,
    /// Day it was published in the national database.
    #[serde(default, deserialize_with = "words::maybe_date")]
    pub published: Option<Date>,
}

/// Level and service level.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Level that decides: `commune` or `city`.
    pub level: Level,
    /// Online service level (NĐ 42/2022/NĐ-CP); none = information only, or no source.
    pub service_level: Option<ServiceLevel>,
    /// Whether any one-stop unit receives (phi địa giới).
    #[serde(default)]
    pub non_territorial: bool,
}

/// Competent level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Cấp xã.
    Commune,
    /// Cấp tỉnh.
    City,
}

/// Online service level of NĐ 42/2022/NĐ-CP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceLevel {
    /// Toàn trình.
    Full,
    /// Một phần.
    Partial,
}

/// Texts of the start page.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// What it gives.
    #[serde(default, deserialize_with = "words::maybe_bilingual")]
    pub gives: Option<Bilingual>,
    /// Who may apply.
    #[serde(default, deserialize_with = "words::maybe_bilingual")]
    pub who: Option<Bilingual>,
    /// Duty and its term, such as "within 60 days of birth".
    #[serde(default, deserialize_with = "words::maybe_bilingual")]
    pub duty: Option<Bilingual>,
    /// What to prepare.
    #[serde(default, deserialize_with = "words::maybe_bilingual")]
    pub prepare: Option<Bilingual>,
    /// Anything else.
    #[serde(default, deserialize_with = "words::maybe_bilingual")]
    pub note: Option<Bilingual>,
}

/// How the competent agency is found.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompetenceRule {
    /// CEL giving a commune code or an agency code.
    pub rule: String,
    /// Where a case goes when the rule gives nothing; always a queue of people.
    pub fallback: Option<String>,
    /// Legal line.
    pub basis: Option<String>,
}

/// A variant (trường hợp) of the procedure.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Code, such as `1.001193.01`.
    pub code: String,
    /// Title.
    pub title: String,
    /// Title in English.
    pub title_en: Option<String>,
    /// CEL condition.
    #[serde(default = "always")]
    pub when: String,
}

/// What the applicant receives.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultKind {
    /// National result code.
    pub code: Option<String>,
    /// Name.
    pub name: String,
    /// Name in English.
    pub name_en: Option<String>,
    /// Template file without `.html`.
    pub template: Option<String>,
    /// Whether a paper is handed out.
    #[serde(default)]
    pub paper: bool,
    /// Whether it carries a verification QR.
    #[serde(default)]
    pub qr: bool,
    /// Number of originals.
    #[serde(default = "one")]
    pub originals: u8,
    /// Months of validity from issue.
    pub validity_months: Option<u32>,
    /// Validity in words.
    #[serde(default, deserialize_with = "words::maybe_bilingual")]
    pub validity: Option<Bilingual>,
    /// Further results.
    #[serde(default, deserialize_with = "words::bilingual_list")]
    pub also: Vec<Bilingual>,
}

/// Questions of the evaluation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// Ids of the questions.
    pub questions: Vec<String>,
    /// Levels of an answer.
    #[serde(default = "scale")]
    pub scale: u8,
}

/// Synchronisation.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sync {
    /// Whether cases are synchronised with the national portal.
    #[serde(default)]
    pub dvcqg: bool,
}

/// Pages of the form.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormPages {
    /// File of the schema.
    #[serde(default = "schema_file")]
    pub schema: String,
    /// Pages in question order.
    #[serde(default, rename = "page")]
    pub pages: Vec<Page>,
    /// What is filled in before asking.
    #[serde(default)]
    pub prefill: Vec<PrefillRow>,
}

/// One question group on one screen.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Id, part of the address.
    pub id: String,
    /// Title.
    pub title: String,
    /// Title in English.
    pub title_en: Option<String>,
    /// JSON pointers into the answer.
    pub fields: Vec<String>,
    /// CEL: the page applies.
    #[serde(default = "always")]
    pub when: String,
    /// Sentence under the title.
    pub intro: Option<String>,
    /// The same in English.
    pub intro_en: Option<String>,
}

impl Page {
    /// Title in both languages.
    pub fn title(&self) -> Bilingual {
        Bilingual { vi: self.title.clone(), en: self.title_en.clone() }
    }

    /// Keys of the fields, without the slash of the pointer.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|pointer| pointer.strip_prefix('/').unwrap_or(pointer))
    }
}

/// What is filled in before asking.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrefillRow {
    /// Pointer of the field.
    pub to: String,
    /// Source, such as `once_only:population.birth_date` or `account.phone`.
    pub from: String,
    /// Whether the resident must agree.
    #[serde(default = "yes")]
    pub confirm: bool,
    /// CEL: filled only then.
    pub when: Option<String>,
}

/// One of the procedure's own tests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// What it shows.
    pub name: String,
    /// Channel.
    pub channel: Channel,
    /// Moment of acceptance, city time.
    #[serde(deserialize_with = "words::date_time")]
    pub accepted: DateTime,
    /// Day of submission; default the day of acceptance.
    #[serde(default, deserialize_with = "words::maybe_date")]
    pub submitted: Option<Date>,
    /// Answers.
    #[serde(default)]
    pub form: toml::Table,
    /// Applicant.
    #[serde(default)]
    pub applicant: toml::Table,
    /// Receiving agency.
    #[serde(default)]
    pub agency: toml::Table,
    /// Claimed exemptions.
    #[serde(default)]
    pub claimed: Vec<String>,
    /// What must come out.
    pub expect: Expect,
}

/// Expected outcome of a test; what is absent is not compared.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Variant code.
    pub variant: Option<String>,
    /// Date, date-time or `"none"`.
    pub due: Option<toml::Value>,
    /// Total in đồng, or `"unknown"`.
    pub fee: Option<toml::Value>,
    /// Amount by fee code.
    pub fees: Option<BTreeMap<String, i64>>,
    /// Ids of all required components.
    pub components: Option<Vec<String>>,
    /// Ids of the pages shown.
    pub pages: Option<Vec<String>>,
    /// Agency or commune code, or `queue`.
    pub competence: Option<String>,
    /// Whether the whole answer is valid.
    pub valid: Option<bool>,
}

fn schema_file() -> String {
    "form.json".to_owned()
}
fn scale() -> u8 {
    5
}
