//! A procedure version with its rules compiled, and the questions a case asks of it.

use super::expression::{Expression, Surroundings};
use super::facts::{
    Competence, ComponentNeed, ConsultNeed, Escalation, Exemption, Facts, FeeLine, LimitRow, Prefill, Reuse, promises,
};
use super::model::{Page, Procedure, State, Variant};
use super::rows::{ActionRow, Component, ComponentKind, ExemptionRow, FeeRow, Seat, SlaRow, Step, pair};
use super::shape::Variables;
use super::words::{Budget, Moment, unit_named};
use crate::form::Form;
use crate::model::{ActionKind, Channel};
use crate::rules::StepNature;
use haidang_contracts::{Actor, ActorKind};
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::calendar::{TimeLimit, Unit};
use haidang_kernel::money::Money;
use std::collections::BTreeMap;

/// Queue of people that takes cases whose competent agency no rule finds.
pub const COORDINATION_QUEUE: &str = "queue:coordination";

/// A procedure version: immutable once loaded; cases pin it by [`Version::id`].
#[derive(Debug, Clone)]
pub struct Version {
    /// `<code>/v<N>`.
    pub id: String,
    /// The file as written.
    pub procedure: Procedure,
    /// The form.
    pub form: Form,
    /// SHA-256 of the directory, hex.
    pub sha256: String,
    /// Published or listed.
    pub state: State,
    /// Template sources by file name without `.html`.
    pub templates: BTreeMap<String, String>,
    pub(super) rules: Rules,
    pub(super) variables: Variables,
}

/// Compiled expressions, in the order of the rows; none where the lint found a fault, which never holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    pub variants: Vec<Option<Expression>>,
    pub sla: Vec<Option<Expression>>,
    pub components: Vec<ComponentRules>,
    pub fees: Vec<FeeRules>,
    pub pages: Vec<Option<Expression>>,
    pub prefill: Vec<Option<Option<Expression>>>,
    pub competence: Option<Expression>,
    /// Conditions of actions by step and position.
    pub actions: BTreeMap<(usize, usize), Expression>,
    /// Conditions of consultations by step and position.
    pub consult: BTreeMap<(usize, usize), Expression>,
    /// Agencies of consultations given by expression.
    pub consulted: BTreeMap<(usize, usize), Expression>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct ComponentRules {
    pub required: Option<Expression>,
    pub offered: Option<Expression>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct FeeRules {
    pub when: Option<Expression>,
    pub amount: Option<Expression>,
    pub exempt: Vec<Option<Expression>>,
}

fn holds(rule: &Option<Expression>, surroundings: &Surroundings) -> bool {
    rule.as_ref().is_some_and(|rule| rule.truth(surroundings).holds())
}

fn on_channel(channels: &Option<Vec<Channel>>, channel: Channel) -> bool {
    channels.as_ref().is_none_or(|channels| channels.contains(&channel))
}

impl Version {
    /// Name in both languages.
    pub fn name(&self) -> Bilingual {
        Bilingual { vi: self.procedure.name.clone(), en: self.procedure.name_en.clone() }
    }

    /// Whether dates and amounts are promised; a listed procedure promises none.
    pub fn promises(&self) -> bool {
        promises(self.state)
    }

    /// The assurance that a person who files online lacks; none when theirs suffices. Officials and systems file for
    /// others and have proven themselves in their own ways.
    pub fn level_missing(&self, actor: &Actor) -> Option<u8> {
        self.procedure.min_acr.filter(|least| actor.kind == ActorKind::Resident && actor.assurance < *least)
    }

    /// Values for conditions, with the variant settled first.
    pub fn surroundings(&self, facts: &Facts) -> Surroundings {
        let mut surroundings = facts.surroundings(&self.variables);
        if let Some(code) = self.variant_in(&surroundings).filter(|_| facts.variant.is_none()) {
            surroundings.settle("case", code);
        }
        surroundings
    }

    /// Code of the variant; none while not exactly one matches. Without variants it is the procedure's code.
    pub fn variant(&self, facts: &Facts) -> Option<String> {
        self.variant_in(&facts.surroundings(&self.variables)).map(str::to_owned)
    }

    fn variant_in(&self, surroundings: &Surroundings) -> Option<&str> {
        if self.procedure.cases.is_empty() {
            return Some(&self.procedure.code);
        }
        let mut matching =
            self.procedure.cases.iter().zip(&self.rules.variants).filter(|(_, rule)| holds(rule, surroundings));
        match (matching.next(), matching.next()) {
            (Some((variant, _)), None) => Some(&variant.code),
            _ => None,
        }
    }

    /// The variant with this code.
    pub fn variant_row(&self, code: &str) -> Option<&Variant> {
        self.procedure.cases.iter().find(|variant| variant.code == code)
    }

    /// The time limit; none for a listed procedure or while no row matches. The first matching row wins.
    pub fn time_limit(&self, facts: &Facts) -> Option<LimitRow> {
        self.time_limit_in(facts, &self.surroundings(facts))
    }

    pub(crate) fn time_limit_in(&self, facts: &Facts, surroundings: &Surroundings) -> Option<LimitRow> {
        if !self.promises() {
            return None;
        }
        let mut rows = self.procedure.sla.iter().zip(&self.rules.sla).enumerate();
        let (row, (sla, _)) =
            rows.find(|(_, (sla, rule))| on_channel(&sla.channels, facts.channel) && holds(rule, surroundings))?;
        limit_row(row, sla)
    }

    /// Charges, in the order of the file; per code the first matching row wins.
    pub fn fees(&self, facts: &Facts) -> Vec<FeeLine> {
        self.fees_in(facts, &self.surroundings(facts))
    }

    pub(crate) fn fees_in(&self, facts: &Facts, surroundings: &Surroundings) -> Vec<FeeLine> {
        let mut lines: Vec<FeeLine> = Vec::new();
        for (index, (row, rules)) in self.procedure.fees.iter().zip(&self.rules.fees).enumerate() {
            let taken = lines.iter().any(|line| line.code == row.code);
            if !taken && on_channel(&row.channels, facts.channel) && holds(&rules.when, surroundings) {
                lines.push(fee_line(index, row, rules, facts, surroundings));
            }
        }
        lines
    }

    /// Who decides.
    pub fn competence(&self, facts: &Facts) -> Competence {
        self.competence_in(&self.surroundings(facts))
    }

    pub(crate) fn competence_in(&self, surroundings: &Surroundings) -> Competence {
        let queue = self.procedure.competence.as_ref().and_then(|rule| rule.fallback.clone());
        let unknown = |reason| Competence::Unknown {
            reason,
            queue: queue.clone().unwrap_or_else(|| COORDINATION_QUEUE.to_owned()),
        };
        let Some(rule) = &self.rules.competence else { return unknown("no_rule") };
        match rule.text(surroundings) {
            None => unknown("answer_missing"),
            Some(code) => seat(code.trim()).unwrap_or_else(|| unknown("not_a_code")),
        }
    }

    /// Papers that are required or may be added now, in the order of the file.
    pub fn components(&self, facts: &Facts) -> Vec<ComponentNeed> {
        self.components_in(&self.surroundings(facts))
    }

    pub(crate) fn components_in(&self, surroundings: &Surroundings) -> Vec<ComponentNeed> {
        let rows = self.procedure.components.iter().zip(&self.rules.components);
        rows.filter(|(row, _)| row.kind != ComponentKind::Note)
            .filter_map(|(row, rules)| {
                let required = holds(&rules.required, surroundings);
                let offered = required || holds(&rules.offered, surroundings);
                offered.then(|| need(row, required))
            })
            .collect()
    }

    /// Remarks of the checklist; never counted as papers.
    pub fn notes(&self) -> Vec<Bilingual> {
        let notes = self.procedure.components.iter().filter(|row| row.kind == ComponentKind::Note);
        notes.filter_map(|row| pair(&row.text, &row.text_en).or_else(|| pair(&row.name, &row.name_en))).collect()
    }

    /// Pages that apply now, in question order.
    pub fn pages(&self, facts: &Facts) -> Vec<&Page> {
        let surroundings = self.surroundings(facts);
        self.pages_in(&surroundings)
    }

    pub(crate) fn pages_in(&self, surroundings: &Surroundings) -> Vec<&Page> {
        let pages = self.procedure.form.pages.iter().zip(&self.rules.pages);
        pages.filter(|(_, rule)| holds(rule, surroundings)).map(|(page, _)| page).collect()
    }

    /// The page with this id, whether it applies or not.
    pub fn page(&self, id: &str) -> Option<&Page> {
        self.procedure.form.pages.iter().find(|page| page.id == id)
    }

    /// What to fill in before asking: rows of the file, then the short form in the schema.
    pub fn prefills(&self, facts: &Facts) -> Vec<Prefill> {
        let surroundings = self.surroundings(facts);
        let bare = |from: &str| from.strip_prefix("once_only:").unwrap_or(from).to_owned();
        let mut prefills: Vec<Prefill> = Vec::new();
        for (row, rule) in self.procedure.form.prefill.iter().zip(&self.rules.prefill) {
            let applies = match rule {
                None => true,
                Some(condition) => holds(condition, &surroundings),
            };
            if applies {
                let field = row.to.strip_prefix('/').unwrap_or(&row.to).to_owned();
                prefills.push(Prefill { field, source: bare(&row.from), confirm: row.confirm });
            }
        }
        for field in &self.form.fields {
            if let Some(source) = &field.prefill
                && !prefills.iter().any(|known| known.field == field.key)
            {
                prefills.push(Prefill { field: field.key.clone(), source: bare(source), confirm: true });
            }
        }
        prefills
    }

    /// The route.
    pub fn steps(&self) -> &[Step] {
        &self.procedure.steps
    }

    /// Step with this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.procedure.steps.iter().find(|step| step.id == id)
    }

    /// Where a submitted case waits.
    pub fn first_step(&self) -> Option<&Step> {
        self.procedure.steps.first()
    }

    /// Kind of work of a step: by its marks and actions, intake being the first step that accepts.
    pub fn nature(&self, step: &Step) -> StepNature {
        let offers = |kind: ActionKind| step.actions.iter().any(|action| action.id == kind.as_str());
        if offers(ActionKind::Accept) {
            StepNature::Receive
        } else if step.sign.is_some() || offers(ActionKind::Sign) {
            StepNature::Sign
        } else if offers(ActionKind::Issue) {
            StepNature::Issue
        } else if offers(ActionKind::HandOver) {
            StepNature::HandOver
        } else {
            StepNature::Work
        }
    }

    /// Agency at which a step is worked.
    pub fn seat(&self, step: &Step) -> Seat {
        step.at.unwrap_or(if step.role == "one_stop_officer" { Seat::Receiving } else { Seat::Competent })
    }

    /// Actions that a step offers now.
    pub fn actions(&self, step: &str, facts: &Facts) -> Vec<&ActionRow> {
        let surroundings = self.surroundings(facts);
        let Some(position) = self.procedure.steps.iter().position(|known| known.id == step) else { return Vec::new() };
        let rows = self.procedure.steps.get(position).map_or(&[][..], |step| &step.actions);
        let offered =
            rows.iter().enumerate().filter(|(index, row)| match self.rules.actions.get(&(position, *index)) {
                Some(condition) => condition.truth(&surroundings).holds(),
                None => row.when.is_none(),
            });
        offered.map(|(_, row)| row).collect()
    }

    /// Agencies to be asked at a step now.
    pub fn consults(&self, step: &str, facts: &Facts) -> Vec<ConsultNeed> {
        let surroundings = self.surroundings(facts);
        let Some(position) = self.procedure.steps.iter().position(|known| known.id == step) else { return Vec::new() };
        let rows = self.procedure.steps.get(position).map_or(&[][..], |step| &step.consult);
        let asked = rows.iter().enumerate().filter(|(index, row)| match self.rules.consult.get(&(position, *index)) {
            Some(condition) => condition.truth(&surroundings).holds(),
            None => row.when.is_none(),
        });
        asked
            .map(|(index, row)| ConsultNeed {
                id: row.id.clone().unwrap_or_else(|| row.agency.clone()),
                name: pair(&row.name, &row.name_en),
                agency: match self.rules.consulted.get(&(position, index)) {
                    Some(rule) => rule.text(&surroundings).as_deref().and_then(seat),
                    None => seat(&row.agency),
                },
                budget: row.budget.as_deref().and_then(|text| Budget::parse(text).ok()),
                parallel: row.parallel,
                silence_agrees: row.silence.as_deref() == Some("agree"),
                row: row.clone(),
            })
            .collect()
    }

    /// Internal budget of a step.
    pub fn budget(&self, step: &Step) -> Option<Budget> {
        step.budget.as_deref().and_then(|text| Budget::parse(text).ok())
    }

    /// Reminders and escalations of a step.
    pub fn escalations(&self, step: &Step) -> Vec<Escalation> {
        escalations(&step.escalation)
    }

    /// Template of the result.
    pub fn result_template(&self) -> Option<&str> {
        let name = self.procedure.result.as_ref()?.template.as_ref()?;
        self.templates.get(name).map(String::as_str)
    }
}

fn escalations(rows: &[super::rows::EscalationRow]) -> Vec<Escalation> {
    let compiled = rows.iter().filter_map(|row| {
        let moment = Moment::parse(&row.after).ok()?;
        Some(Escalation { moment, to: row.to.clone(), notify: row.notify.clone() })
    });
    compiled.collect()
}

fn seat(code: &str) -> Option<Competence> {
    if code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Competence::Commune(code.to_owned()));
    }
    let known = !code.is_empty() && code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    known.then(|| Competence::Agency(code.to_owned()))
}

/// A row as the clock needs it; none when the lint would refuse it.
pub(super) fn limit_row(row: usize, sla: &SlaRow) -> Option<LimitRow> {
    let unit = unit_named(&sla.unit)?;
    let halves = quantity_halves(sla.quantity);
    let needs_quantity = matches!(unit, Unit::WorkingDay | Unit::Day | Unit::Month | Unit::Hour | Unit::WorkingHour);
    if needs_quantity && halves.is_none() {
        return None;
    }
    Some(LimitRow {
        row,
        limit: TimeLimit { unit, quantity_halves: halves.unwrap_or(0), cutoff: sla.cutoff, text: sla.text.clone() },
        unit,
        halves,
        text: pair(&sla.text, &sla.text_en),
        pauses: sla.pauses.clone(),
        basis: sla.basis.clone(),
        declared: sla.declared.clone(),
        escalations: escalations(&sla.escalation),
    })
}

/// Quantity in halves; none when absent, not positive or not a half.
pub(super) fn quantity_halves(quantity: Option<f64>) -> Option<i64> {
    let doubled = quantity? * 2.0;
    // At most some thousand years, so that the conversion below is exact.
    (doubled > 0.0 && doubled.fract() == 0.0 && doubled < 1e7).then_some(doubled as i64)
}

fn fee_line(index: usize, row: &FeeRow, rules: &FeeRules, facts: &Facts, surroundings: &Surroundings) -> FeeLine {
    let full = rules.amount.as_ref().and_then(|amount| amount.amount(surroundings)).map(Money);
    let applies = |(exempt, rule): &(&ExemptionRow, &Option<Expression>)| {
        facts.claimed.contains(&exempt.id) || holds(rule, surroundings)
    };
    let exempt = row.exempt.iter().zip(&rules.exempt).find(applies).map(|(exempt, _)| exemption(exempt));
    FeeLine {
        code: row.code.clone(),
        kind: row.kind,
        name: Bilingual { vi: row.name.clone(), en: row.name_en.clone() },
        amount: if exempt.is_some() { Some(Money::ZERO) } else { full },
        full,
        collect_at: row.collect_at,
        basis: row.basis.clone(),
        how: pair(&row.how, &row.how_en),
        unknown: row.unknown.clone(),
        exempt,
        may_exempt: row.exempt.iter().map(exemption).collect(),
        row: index,
    }
}

fn exemption(row: &ExemptionRow) -> Exemption {
    let name = pair(&row.name, &row.name_en).or_else(|| built_in(&row.id));
    Exemption {
        id: row.id.clone(),
        name: name.unwrap_or_else(|| Bilingual::vietnamese(row.id.clone())),
        basis: row.basis.clone(),
        proof: row.proof.clone(),
    }
}

/// Names of the exemption classes that many resolutions share.
pub(super) fn built_in(id: &str) -> Option<Bilingual> {
    Some(match id {
        "child" => Bilingual::new("Trẻ em", "Children"),
        "poor_household" => Bilingual::new("Người thuộc hộ nghèo", "Members of poor households"),
        "near_poor" => Bilingual::new("Người thuộc hộ cận nghèo", "Members of near-poor households"),
        "older_person" => Bilingual::new("Người cao tuổi", "Older people"),
        "disabled" => Bilingual::new("Người khuyết tật", "People with disabilities"),
        "merit" => Bilingual::new("Người có công với cách mạng và thân nhân", "People with merit and their families"),
        "ethnic_minority" => Bilingual::new(
            "Đồng bào dân tộc thiểu số ở xã đặc biệt khó khăn",
            "Ethnic minorities in especially difficult communes",
        ),
        _ => return None,
    })
}

fn need(row: &Component, required: bool) -> ComponentNeed {
    let name = pair(&row.name, &row.name_en).unwrap_or_else(|| Bilingual::vietnamese(row.id.clone()));
    ComponentNeed {
        id: row.id.clone(),
        code: row.code.clone(),
        name,
        kind: row.kind,
        original: row.original,
        copy: row.copy,
        required,
        presented: row.kind == ComponentKind::Presented,
        by_form: row.by_form,
        electronic: row.electronic.unwrap_or(row.kind == ComponentKind::Document) && !row.by_form,
        form_name: row.form_name.clone(),
        hint: pair(&row.hint, &row.hint_en),
        substitutes: row.substitutes.clone(),
        accept: row.accept.clone(),
        max_bytes: u64::from(row.max_mb) * 1_000_000,
        max_files: row.max_files,
        reuse: row.reuse.iter().filter_map(|text| Reuse::parse(text)).collect(),
        sensitive: row.sensitive,
    }
}
