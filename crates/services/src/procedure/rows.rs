//! Rows of `procedure.toml`: limits, checklist, fees and route, as they are written.

use super::words;
use crate::model::Channel;
use haidang_kernel::bilingual::Bilingual;
use jiff::civil::Time;
use serde::Deserialize;

/// One row of the time limits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlaRow {
    /// CEL condition.
    #[serde(default = "always")]
    pub when: String,
    /// Channels of the row; none = all.
    pub channels: Option<Vec<Channel>>,
    /// Word of the unit, `services.md` 3.5.
    pub unit: String,
    /// Quantity in the unit.
    pub quantity: Option<f64>,
    /// Latest moment of a same-day promise.
    #[serde(default, deserialize_with = "words::maybe_time")]
    pub cutoff: Option<Time>,
    /// Printed instead of a date.
    pub text: Option<String>,
    /// The same in English.
    pub text_en: Option<String>,
    /// Reasons that stop the clock.
    #[serde(default)]
    pub pauses: Vec<String>,
    /// What the national record stores.
    pub declared: Option<String>,
    /// Why our unit stands although the record says something else.
    pub settled: Option<String>,
    /// Legal line.
    pub basis: Option<String>,
    /// Reminders and escalations on the limit.
    #[serde(default)]
    pub escalation: Vec<EscalationRow>,
}

/// What a row of the checklist is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComponentKind {
    /// Handed in.
    Document,
    /// Shown, checked and given back.
    Presented,
    /// A remark; never counted as a paper.
    Note,
}

/// One row of the checklist.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Our id, unique in the procedure.
    pub id: String,
    /// National code.
    pub code: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Name in English.
    pub name_en: Option<String>,
    /// Document, presented or note.
    pub kind: ComponentKind,
    /// Text of a note.
    pub text: Option<String>,
    /// Text of a note in English.
    pub text_en: Option<String>,
    /// Number of originals.
    #[serde(default)]
    pub original: i64,
    /// Number of copies.
    #[serde(default)]
    pub copy: i64,
    /// Whether a file may be uploaded; default true for documents.
    pub electronic: Option<bool>,
    /// CEL: must be there.
    pub required_when: Option<String>,
    /// CEL: may be there.
    pub offered_when: Option<String>,
    /// The form on screen is this paper.
    #[serde(default)]
    pub by_form: bool,
    /// Name of the official form.
    pub form_name: Option<String>,
    /// Help for the resident.
    pub hint: Option<String>,
    /// The same in English.
    pub hint_en: Option<String>,
    /// What may stand for it.
    #[serde(default, deserialize_with = "words::bilingual_list")]
    pub substitutes: Vec<Bilingual>,
    /// File kinds.
    #[serde(default = "file_kinds")]
    pub accept: Vec<String>,
    /// Largest file in megabytes.
    #[serde(default = "ten")]
    pub max_mb: u32,
    /// Most files.
    #[serde(default = "five")]
    pub max_files: u32,
    /// Where it may be found instead of asked.
    #[serde(default)]
    pub reuse: Vec<String>,
    /// Hidden from lists.
    #[serde(default)]
    pub sensitive: bool,
}

/// One row of the fees.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeRow {
    /// Code; rows of one code exclude each other.
    pub code: String,
    /// Phí or lệ phí.
    pub kind: FeeKind,
    /// Name.
    pub name: String,
    /// Name in English.
    pub name_en: Option<String>,
    /// Channels of the row; none = all.
    pub channels: Option<Vec<Channel>>,
    /// CEL condition.
    #[serde(default = "always")]
    pub when: String,
    /// CEL giving integer đồng.
    pub amount: Option<String>,
    /// Why the amount is not known.
    #[serde(default, deserialize_with = "words::maybe_bilingual")]
    pub unknown: Option<Bilingual>,
    /// Legal line of this amount.
    #[serde(default)]
    pub basis: String,
    /// How it is counted.
    pub how: Option<String>,
    /// The same in English.
    pub how_en: Option<String>,
    /// `HinhThucThu`: 1 at intake, 2 at supplement, 4 with the result.
    #[serde(default = "one")]
    pub collect_at: u8,
    /// Who does not pay.
    #[serde(default)]
    pub exempt: Vec<ExemptionRow>,
    /// Why nobody is exempt.
    pub exempt_none: Option<String>,
}

/// The two legal kinds of charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeKind {
    /// Phí, the price of a service.
    Phi,
    /// Lệ phí, a fixed charge.
    LePhi,
}

impl FeeKind {
    /// The stored text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phi => "phi",
            Self::LePhi => "le_phi",
        }
    }
}

/// Who does not pay a fee, by which law, shown how.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExemptionRow {
    /// Class, such as `poor_household`.
    pub id: String,
    /// Name, when the class is not a built-in one.
    pub name: Option<String>,
    /// Name in English.
    pub name_en: Option<String>,
    /// Legal line.
    #[serde(default)]
    pub basis: String,
    /// Where the proof is found (`once_only:poor_household`) or a component id.
    pub proof: Option<String>,
    /// CEL: applies without being claimed.
    pub when: Option<String>,
}

/// One step of the route.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Our id.
    pub id: String,
    /// Role of the pack that acts here.
    pub role: String,
    /// Name.
    pub name: Option<String>,
    /// Name in English.
    pub name_en: Option<String>,
    /// Internal budget.
    pub budget: Option<String>,
    /// `required`: acts only by signing.
    pub sign: Option<String>,
    /// Register in which the result is numbered.
    pub number: Option<String>,
    /// May be skipped.
    #[serde(default)]
    pub optional: bool,
    /// Receiving or competent agency.
    pub at: Option<Seat>,
    /// Other agencies asked here.
    #[serde(default)]
    pub consult: Vec<ConsultRow>,
    /// What can be done here.
    #[serde(default)]
    pub actions: Vec<ActionRow>,
    /// Reminders and escalations.
    #[serde(default)]
    pub escalation: Vec<EscalationRow>,
}

/// Agency at which a step is worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seat {
    /// The agency that received the case.
    Receiving,
    /// The agency that decides it.
    Competent,
}

/// One action offered by a step.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionRow {
    /// Word of the fixed vocabulary.
    pub id: String,
    /// Next step, or `end`.
    pub to: String,
    /// National status afterwards.
    pub status: i64,
    /// Form of TT 03/2025/TT-VPCP that it issues.
    pub form: Option<String>,
    /// Whether a reason is demanded.
    #[serde(default)]
    pub reason: bool,
    /// CEL: offered only then.
    pub when: Option<String>,
    /// Words of the button.
    pub name: Option<String>,
    /// The same in English.
    pub name_en: Option<String>,
}

/// Another agency asked for its opinion.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsultRow {
    /// Id, unique in the step; default: the agency.
    pub id: Option<String>,
    /// Agency code, `commune`, another name of the pack, or CEL after `=`.
    pub agency: String,
    /// What is asked.
    pub name: Option<String>,
    /// The same in English.
    pub name_en: Option<String>,
    /// CEL: asked only then.
    pub when: Option<String>,
    /// Whether others are asked at the same time.
    #[serde(default = "yes")]
    pub parallel: bool,
    /// Time the other agency has.
    pub budget: Option<String>,
    /// `wait` or `agree`: what silence means.
    pub silence: Option<String>,
}

/// A reminder or escalation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalationRow {
    /// Moment, such as `80 % of budget`.
    pub after: String,
    /// Role that is told.
    pub to: String,
    /// Notice of the pack.
    pub notify: Option<String>,
}

/// Vietnamese and English of a pair of keys `x`, `x_en`.
pub(crate) fn pair(vi: &Option<String>, en: &Option<String>) -> Option<Bilingual> {
    vi.as_ref().map(|vi| Bilingual { vi: vi.clone(), en: en.clone() })
}

pub(super) fn always() -> String {
    "true".to_owned()
}
fn file_kinds() -> Vec<String> {
    ["pdf", "jpg", "png"].map(str::to_owned).to_vec()
}
pub(super) fn yes() -> bool {
    true
}
pub(super) fn one() -> u8 {
    1
}
fn five() -> u32 {
    5
}
fn ten() -> u32 {
    10
}
