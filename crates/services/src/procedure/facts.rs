//! What a rule may look at, and what the rules answer.

use super::expression::Surroundings;
use super::model::State;
use super::rows::{ComponentKind, ConsultRow, FeeKind};
use super::shape::{Shape, Variables};
use super::words::{Budget, Moment};
use crate::model::Channel;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::calendar::{TimeLimit, Unit};
use haidang_kernel::money::Money;
use jiff::civil::Date;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The facts of one case or draft that conditions and amounts are evaluated over.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Answers; an absent one is null.
    pub form: Json,
    /// Variant code, when it is settled; otherwise found by its condition.
    pub variant: Option<String>,
    /// Intake channel.
    pub channel: Channel,
    /// Day of submission, city time; fees follow this day and never the day of payment.
    pub submitted_on: Date,
    /// Applicant, with the keys of [`APPLICANT_KEYS`].
    pub applicant: Json,
    /// Receiving agency, with the keys of [`AGENCY_KEYS`].
    pub agency: Json,
    /// Ids of claimed exemptions.
    pub claimed: Vec<String>,
}

impl Facts {
    /// Facts of a first look: a channel and a day, nothing answered.
    pub fn new(channel: Channel, submitted_on: Date) -> Self {
        Self {
            form: json!({}),
            variant: None,
            channel,
            submitted_on,
            applicant: json!({}),
            agency: json!({}),
            claimed: Vec::new(),
        }
    }

    /// The same with these answers.
    pub fn with_form(mut self, form: Json) -> Self {
        self.form = form;
        self
    }

    pub(crate) fn surroundings(&self, variables: &Variables) -> Surroundings {
        Surroundings::new(
            variables,
            &[
                ("form", &self.form),
                ("case", &self.variant.as_deref().map_or(Json::Null, Json::from)),
                ("channel", &Json::from(self.channel.as_str())),
                ("submitted_on", &Json::from(self.submitted_on.to_string())),
                ("applicant", &self.applicant),
                ("agency", &self.agency),
            ],
        )
    }
}

/// Keys of `applicant` in conditions.
pub const APPLICANT_KEYS: [(&str, Shape); 10] = [
    ("kind", Shape::Text),
    ("full_name", Shape::Text),
    ("citizen_no", Shape::Text),
    ("tax_no", Shape::Text),
    ("birth_date", Shape::PartialDate),
    ("sex", Shape::Text),
    ("nationality", Shape::Text),
    ("ethnicity", Shape::Text),
    ("residence", Shape::Any),
    ("poor_household", Shape::Truth),
];

/// Further yes-or-no keys of `applicant`.
const APPLICANT_TRUTHS: [&str; 2] = ["disabled", "merit"];

/// Keys of `agency` in conditions.
pub const AGENCY_KEYS: [&str; 4] = ["code", "kind", "commune_code", "name"];

/// Shapes of every variable beside `form`.
pub fn outer_variables(cases: &[String]) -> Variables {
    let mut applicant: BTreeMap<String, Shape> =
        APPLICANT_KEYS.iter().map(|(key, shape)| ((*key).to_owned(), shape.clone())).collect();
    applicant.extend(APPLICANT_TRUTHS.map(|key| (key.to_owned(), Shape::Truth)));
    let kinds = vec!["person".to_owned(), "organisation".to_owned()];
    applicant.insert("kind".to_owned(), Shape::Choice(kinds));
    let agency = AGENCY_KEYS.iter().map(|key| ((*key).to_owned(), Shape::Text)).collect();
    let channels = Channel::ALL.iter().map(|channel| channel.as_str().to_owned()).collect();
    BTreeMap::from([
        ("case".to_owned(), if cases.is_empty() { Shape::Text } else { Shape::Choice(cases.to_vec()) }),
        ("channel".to_owned(), Shape::Choice(channels)),
        ("submitted_on".to_owned(), Shape::Date),
        ("applicant".to_owned(), Shape::Record(applicant)),
        ("agency".to_owned(), Shape::Record(agency)),
    ])
}

/// The time limit that applies to a case.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitRow {
    /// Position of the row in the file.
    pub row: usize,
    /// Limit for the clock.
    pub limit: TimeLimit,
    /// Unit of the limit.
    pub unit: Unit,
    /// Quantity in halves of the unit.
    pub halves: Option<i64>,
    /// Printed instead of a date (`event`).
    pub text: Option<Bilingual>,
    /// Reasons that stop the clock.
    pub pauses: Vec<String>,
    /// Legal line.
    pub basis: Option<String>,
    /// What the national record stores.
    pub declared: Option<String>,
    /// Reminders and escalations on the limit.
    pub escalations: Vec<Escalation>,
}

/// A compiled reminder or escalation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// When it fires.
    pub moment: Moment,
    /// Role that is told.
    pub to: String,
    /// Notice of the pack.
    pub notify: Option<String>,
}

/// One charge of a case, with its law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeLine {
    /// Fee code.
    pub code: String,
    /// Phí or lệ phí.
    pub kind: FeeKind,
    /// Name.
    pub name: Bilingual,
    /// To pay, after exemption; none while it cannot be known.
    pub amount: Option<Money>,
    /// Before exemption.
    pub full: Option<Money>,
    /// `HinhThucThu`: 1, 2 or 4.
    pub collect_at: u8,
    /// Legal line of this amount.
    pub basis: String,
    /// How it is counted.
    pub how: Option<Bilingual>,
    /// Why the amount is not known.
    pub unknown: Option<Bilingual>,
    /// Exemption that applies.
    pub exempt: Option<Exemption>,
    /// Exemptions one may claim.
    pub may_exempt: Vec<Exemption>,
    /// Position of the row in the file.
    pub row: usize,
}

/// A class of people who do not pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    /// Class, such as `poor_household`.
    pub id: String,
    /// Name.
    pub name: Bilingual,
    /// Legal line.
    pub basis: String,
    /// Where the proof is found.
    pub proof: Option<String>,
}

/// Sum of the known amounts; none when one is not known.
pub fn total(lines: &[FeeLine]) -> Option<Money> {
    lines.iter().map(|line| line.amount).sum()
}

/// Who decides a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Competence {
    /// The agency of this commune, five digits.
    Commune(String),
    /// The agency with this code.
    Agency(String),
    /// Nobody is found by rule: people decide, in this queue.
    Unknown {
        /// Stable reason: `no_rule`, `answer_missing`, `not_a_code`.
        reason: &'static str,
        /// Queue of people.
        queue: String,
    },
}

/// Where a component may be found instead of asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reuse {
    /// Result or component code in the vault; `*` = any document.
    Vault(String),
    /// Register, or register and item.
    OnceOnly(String),
    /// An earlier result of this procedure.
    CaseResult,
}

impl Reuse {
    /// Reads `vault:…`, `once_only:…` or `case:result`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("vault", code) if !code.is_empty() => Some(Self::Vault(code.to_owned())),
            ("once_only", source) if !source.is_empty() => Some(Self::OnceOnly(source.to_owned())),
            ("case", "result") => Some(Self::CaseResult),
            _ => None,
        }
    }
}

/// A paper that a case needs or may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentNeed {
    /// Our id.
    pub id: String,
    /// National code.
    pub code: Option<String>,
    /// Name.
    pub name: Bilingual,
    /// Document or presented; notes are in [`super::Version::notes`].
    pub kind: ComponentKind,
    /// Number of originals.
    pub original: i64,
    /// Number of copies.
    pub copy: i64,
    /// Whether it must be there.
    pub required: bool,
    /// Shown and given back.
    pub presented: bool,
    /// The form on screen is this paper.
    pub by_form: bool,
    /// Whether a file may be uploaded.
    pub electronic: bool,
    /// Official form.
    pub form_name: Option<String>,
    /// Help.
    pub hint: Option<Bilingual>,
    /// What may stand for it.
    pub substitutes: Vec<Bilingual>,
    /// File kinds, such as `pdf`.
    pub accept: Vec<String>,
    /// Largest file in bytes.
    pub max_bytes: u64,
    /// Most files.
    pub max_files: u32,
    /// Where it may be found.
    pub reuse: Vec<Reuse>,
    /// Hidden from lists.
    pub sensitive: bool,
}

/// Another agency to be asked now.
#[derive(Debug, Clone)]
pub struct ConsultNeed {
    /// Id in the step.
    pub id: String,
    /// What is asked.
    pub name: Option<Bilingual>,
    /// Agency or commune, when it is known.
    pub agency: Option<Competence>,
    /// Time the other agency has; internal.
    pub budget: Option<Budget>,
    /// Whether others are asked at the same time.
    pub parallel: bool,
    /// Whether silence counts as agreement.
    pub silence_agrees: bool,
    /// The row as written.
    pub row: ConsultRow,
}

/// What is filled in before asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefill {
    /// Key of the field.
    pub field: String,
    /// Source without prefix, such as `population.birth_date` or `account.phone`.
    pub source: String,
    /// Whether the resident must agree.
    pub confirm: bool,
}

/// Whether a procedure may promise dates and amounts.
pub fn promises(state: State) -> bool {
    state == State::Published
}
