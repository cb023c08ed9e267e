//! What each action asks for, and how the answers become a command.

use super::action::{day_of, example_date};
use super::case::Opened;
use crate::cases::command::Command;
use crate::cases::trail::SupplementItem;
use crate::model::ActionKind;
use crate::procedure::Competence;
use crate::service::Services;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Choices, DateField, Select, TextArea, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field, LabelStyle};
use haidang_ui::{Html, IntoHtml, Lang, Page, t};
use haidang_web::FormFields;

/// The questions of an action, in their order.
pub(super) type Fields = Vec<Html>;

const LONGEST: u32 = 4000;

/// Whether the page offers room for words although the law asks for none.
fn takes_note(action: ActionKind) -> bool {
    use ActionKind as A;
    matches!(action, A::Accept | A::Propose | A::Approve | A::Forward | A::HandOver | A::AcceptWithdrawal)
        || action == A::AnswerSupplement
}

/// Builds the questions with what was typed before.
pub(super) fn fields(
    services: &Services,
    page: &Page,
    opened: &Opened,
    action: ActionKind,
    typed: &FormFields,
    errors: &[ErrorItem],
) -> Fields {
    let field =
        |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).style(LabelStyle::Strong).errors(errors);
    let mut list = Vec::new();
    match action {
        ActionKind::Supplement => {
            list.push(supplement_papers(page, opened, typed, errors));
            list.push(supplement_parts(page, opened, typed));
            let other = field("other", "office-field-other").hint(page.t("office-field-other-hint")).optional(true);
            list.push(TextArea::new(other).value(typed.text("other")).rows(3).limit(LONGEST).into_html());
        }
        ActionKind::Forward => list.push(agencies(page, opened, "to_agency", typed, errors, suggested(opened))),
        ActionKind::Consult => {
            let needs = opened.version.consults(&opened.view.case.step, &opened.facts);
            let first =
                needs.iter().find_map(|need| Some((code_of(opened, need.agency.as_ref()?)?, need.name.clone())));
            let code = first.as_ref().map(|(code, _)| code.clone());
            list.push(agencies(page, opened, "consult_agency", typed, errors, code));
            let known = first.and_then(|(_, name)| name).map_or_else(String::new, |name| name.vi);
            let question = if typed.has("question") { typed.text("question").to_owned() } else { known };
            let question_field = field("question", "office-field-question").hint(page.t("office-field-question-hint"));
            list.push(TextArea::new(question_field).value(question).limit(LONGEST).into_html());
        }
        ActionKind::Apologise => {
            let hint = example_date(services).map_or_else(String::new, |day| {
                page.t1("office-field-date-hint", "example", format!("{} {} {}", day.day(), day.month(), day.year()))
            });
            let date = DateField::new(field("new_date", "office-field-date").hint(hint)).values(
                typed.text("new_date.day"),
                typed.text("new_date.month"),
                typed.text("new_date.year"),
            );
            list.push(date.into_html());
        }
        _ => {}
    }
    if action.needs_reason() || takes_note(action) {
        let key = if action.needs_reason() { "office-field-reason" } else { "office-field-note" };
        let hint = match action {
            ActionKind::Supplement | ActionKind::Refuse | ActionKind::Stop | ActionKind::Apologise => {
                "office-field-reason-printed"
            }
            _ => "office-field-reason-kept",
        };
        let reason = field("reason", key).hint(page.t(hint)).optional(!action.needs_reason());
        list.push(TextArea::new(reason).value(typed.text("reason")).limit(LONGEST).into_html());
    }
    if action == ActionKind::Supplement && opened.view.case.supplements > 0 {
        let confirm = field("confirm", "office-field-second");
        let choice = Choice::new("1", page.t("office-field-second-yes")).chosen(typed.text("confirm"));
        list.push(Choices::checkboxes(confirm, vec![choice]).into_html());
    }
    list
}

/// Papers that can be asked for again, each with room for what exactly.
fn supplement_papers(page: &Page, opened: &Opened, typed: &FormFields, errors: &[ErrorItem]) -> Html {
    let needs = opened.version.components(&opened.facts);
    let chosen = typed.all("item");
    let choices = needs.iter().filter(|need| !need.by_form).map(|need| {
        let name = page_text(page, &need.name);
        let what = Field::new(page.lang, format!("what.{}", need.id), page.t("office-field-what"));
        let what = TextInput::new(what).value(typed.text(&format!("what.{}", need.id))).maxlength(LONGEST);
        Choice::new(&need.id, name).checked(chosen.contains(&need.id.as_str())).conditional(what)
    });
    let field = Field::new(page.lang, "item", page.t("office-field-items"))
        .style(LabelStyle::Strong)
        .hint(page.t("office-field-items-hint"))
        .errors(errors);
    Choices::checkboxes(field, choices.collect()).small().into_html()
}

/// Parts of the form that the applicant must correct; what exactly stands in the reason.
fn supplement_parts(page: &Page, opened: &Opened, typed: &FormFields) -> Html {
    let chosen = typed.all("part");
    let parts = opened.version.pages(&opened.facts);
    let choices = parts
        .iter()
        .map(|part| Choice::new(&part.id, page_text(page, &part.title())).checked(chosen.contains(&part.id.as_str())));
    let field = Field::new(page.lang, "part", page.t("office-field-parts"))
        .style(LabelStyle::Strong)
        .hint(page.t("office-field-parts-hint"));
    Choices::checkboxes(field, choices.collect()).small().into_html()
}

fn page_text(page: &Page, text: &haidang_kernel::bilingual::Bilingual) -> String {
    text.text(page.lang).to_owned()
}

/// A choice of agency; the suggestion of the procedure data is chosen unless something was typed.
fn agencies(
    page: &Page,
    opened: &Opened,
    name: &str,
    typed: &FormFields,
    errors: &[ErrorItem],
    suggested: Option<String>,
) -> Html {
    let chosen = if typed.has(name) { typed.text(name).to_owned() } else { suggested.unwrap_or_default() };
    let mut all: Vec<(String, String)> =
        opened.names.all().map(|agency| (agency.code.clone(), opened.names.of(page.lang, &agency.code))).collect();
    all.sort_by_cached_key(|(_, name)| haidang_kernel::text::sort_key(name));
    let choices = all.into_iter().map(|(code, name)| Choice::new(code, name).chosen(&chosen)).collect();
    let key = if name == "to_agency" { "office-field-agency" } else { "office-field-consult" };
    let field = Field::new(page.lang, name, page.t(key)).style(LabelStyle::Strong).errors(errors);
    Select::new(field, choices).into_html()
}

/// The agency the competence rule names, when it names one.
fn suggested(opened: &Opened) -> Option<String> {
    code_of(opened, &opened.version.competence(&opened.facts))
}

fn code_of(opened: &Opened, competence: &Competence) -> Option<String> {
    match competence {
        Competence::Agency(code) => Some(code.clone()),
        Competence::Commune(commune) => opened
            .names
            .all()
            .find(|agency| agency.kind == "commune" && agency.commune_code.as_deref() == Some(commune))
            .map(|agency| agency.code.clone()),
        Competence::Unknown { .. } => None,
    }
}

/// The command a form asks for, or what is missing in it.
pub(super) fn command_of(
    lang: Lang,
    action: ActionKind,
    form: &FormFields,
    request_id: &str,
) -> Result<Command, Vec<ErrorItem>> {
    let mut errors = Vec::new();
    let mut wrong = |name: &str, key: &str| errors.push(ErrorItem::of(name, t(lang, key, &[])));
    let mut command = Command::new(action, request_id);
    command.reason = form.filled("reason").map(str::to_owned);
    command.expected_revision = form.filled("revision").and_then(|text| text.parse().ok());
    match action {
        ActionKind::Supplement => {
            command.items = items(form);
            command.confirm_second_supplement = form.filled("confirm") == Some("1");
            if command.items.is_empty() {
                wrong("item", "office-problem-items-required");
            }
        }
        ActionKind::Forward => {
            command.to_agency = form.filled("to_agency").map(str::to_owned);
            if command.to_agency.is_none() {
                wrong("to_agency", "office-problem-agency-required");
            }
        }
        ActionKind::Consult => {
            let (agency, question) = (form.filled("consult_agency"), form.filled("question"));
            if agency.is_none() {
                wrong("consult_agency", "office-problem-agency-required");
            }
            if question.is_none() {
                wrong("question", "office-problem-question-required");
            }
            command.consult = agency.zip(question).map(|(agency, text)| (agency.to_owned(), text.to_owned()));
        }
        ActionKind::Apologise => {
            command.new_date = day_of(form, "new_date");
            if command.new_date.is_none() {
                wrong("new_date", "office-problem-new-date-required");
            }
        }
        _ => {}
    }
    if action.needs_reason() && command.reason.is_none() {
        wrong("reason", "office-problem-reason-required");
    }
    if errors.is_empty() { Ok(command) } else { Err(errors) }
}

/// What is asked for: papers and parts by their ids, then one item for every further line.
fn items(form: &FormFields) -> Vec<SupplementItem> {
    // The paper is written in Vietnamese, whatever language the official reads.
    let say = |key: &str| t(Lang::Vi, key, &[]);
    let papers = form.all("item").into_iter().map(|id| SupplementItem {
        component: Some(id.to_owned()),
        what: form.filled(&format!("what.{id}")).map_or_else(|| say("office-field-what-default"), str::to_owned),
    });
    let parts = form
        .all("part")
        .into_iter()
        .map(|id| SupplementItem { component: Some(id.to_owned()), what: say("office-field-part-default") });
    let other = form.text("other").lines().map(str::trim).filter(|line| !line.is_empty());
    let other = other.map(|what| SupplementItem { component: None, what: what.to_owned() });
    papers.chain(parts).chain(other).collect()
}

/// The message of a refusal beside its field; none for a refusal that needs a page of its own.
pub(super) fn problem_items(lang: Lang, problem: &Problem) -> Vec<ErrorItem> {
    let (field, key) = match problem.code {
        "reason_required" => ("reason", "office-problem-reason-required"),
        "text_too_long" => ("reason", "office-problem-text-too-long"),
        "items_required" => ("item", "office-problem-items-required"),
        "agency_required" | "agency_unknown" => ("to_agency", "office-problem-agency-required"),
        "new_date_required" => ("new_date", "office-problem-new-date-required"),
        "not_a_working_day" => ("new_date", "office-problem-not-a-working-day"),
        "date_not_later" => ("new_date", "office-problem-date-not-later"),
        "question_required" => ("question", "office-problem-question-required"),
        "second_supplement_unconfirmed" => ("confirm", "office-problem-second-supplement"),
        "fee_due" => ("", "office-blocked-fee-due"),
        "consultation_open" => ("", "office-blocked-consultation-open"),
        "competence_unknown" => ("", "office-problem-competence-unknown"),
        _ => return Vec::new(),
    };
    let message = t(lang, key, &[]);
    vec![if field.is_empty() { ErrorItem::general(message) } else { ErrorItem::of(field, message) }]
}
