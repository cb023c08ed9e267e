//! Answering a supplement: exactly what is missing, in the official's words, and sending it back.

use super::common::{due_text, named, short_name};
use super::fields::{Asking, Values, error_items};
use super::papers::{file_link, refused, too_much};
use crate::api::{State, case_id};
use crate::cases::command::Command;
use crate::cases::reading::CaseView;
use crate::cases::supplementing::open_supplement;
use crate::cases::trail::{SupplementItem, SupplementRow};
use crate::form;
use crate::model::ActionKind;
use crate::procedure::{Page as FormPage, Version};
use crate::service::Services;
use askama::Template;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::problem::Problem;
use haidang_ui::component::FileUpload;
use haidang_ui::field::{ErrorItem, Field, LabelStyle};
use haidang_ui::{Html, Page, t};
use haidang_web::{
    Answer, Fault, FormFields, Path, Routes, Row, State as Use, Upload, UploadLimits, Visitor, html, html_invalid,
    redirect,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Component under which files stand that answer something outside the checklist.
const OTHER: &str = "supplement";

/// What one thing that is missing is answered with.
enum Answered<'a> {
    /// Files, kept under this component.
    Files(String),
    /// Corrected answers of this page.
    Page(&'a FormPage),
}

fn answered<'a>(version: &'a Version, item: &SupplementItem) -> Answered<'a> {
    let id = item.component.as_deref().unwrap_or_default();
    if version.procedure.components.iter().any(|component| component.id == id) {
        return Answered::Files(id.to_owned());
    }
    match version.page(id) {
        Some(page) => Answered::Page(page),
        None => Answered::Files(OTHER.to_owned()),
    }
}

struct FileLine {
    html: Html,
    name: String,
    remove: String,
}

struct ItemPart {
    anchor: String,
    title: Option<String>,
    what: Html,
    files: Vec<FileLine>,
    upload: Option<FileUpload>,
    upload_action: String,
    correct: Option<String>,
}

#[derive(Template)]
#[template(path = "supplement.html")]
struct SupplementPage {
    page: Page,
    errors: Vec<ErrorItem>,
    back: String,
    caption: Html,
    reason: Html,
    promised: String,
    parts: Vec<ItemPart>,
    action: String,
}

/// The case of the address with what is asked of it, or where it has gone meanwhile.
async fn open(
    services: &Services,
    visitor: &Visitor,
    case: &str,
) -> Result<(CaseView, Option<SupplementRow>, Arc<Version>), Fault> {
    let view = services.own_case(visitor.require_actor()?, &case_id(case)?, &visitor.request_id).await?;
    let version = services.version(&view.case.version_id)?;
    let asked = open_supplement(&view).cloned();
    Ok((view, asked, version))
}

fn files_of<'a>(
    view: &'a CaseView,
    supplement: &SupplementRow,
    component: &'a str,
) -> impl Iterator<Item = &'a crate::cases::row::DocumentRow> {
    let seq = supplement.seq;
    view.documents.iter().filter(move |row| row.supplement_seq == Some(seq) && row.component == component)
}

fn part(
    page: &Page,
    version: &Version,
    view: &CaseView,
    supplement: &SupplementRow,
    (index, item): (usize, &SupplementItem),
    errors: &[ErrorItem],
) -> ItemPart {
    let base = format!("/ho-so/{}", view.case.id);
    let anchor = format!("muc-{}", index + 1);
    let what = page.vietnamese(item.what.trim());
    match answered(version, item) {
        Answered::Page(part) => ItemPart {
            anchor,
            title: Some(named(page.lang, &part.title())),
            what,
            files: Vec::new(),
            upload: None,
            upload_action: String::new(),
            correct: Some(page.href(format!("{base}/bo-sung/cau-hoi/{}", part.id))),
        },
        Answered::Files(component) => {
            let row = version.procedure.components.iter().find(|row| row.id == component);
            let (kinds, most) = row.map_or((Vec::new(), 20), |row| (row.accept.clone(), row.max_mb));
            let shown = if kinds.is_empty() { "PDF, JPG, PNG".to_owned() } else { kinds.join(", ").to_uppercase() };
            let hint = page.tn(
                "services-paper-hint",
                &[
                    ("kinds", shown.into()),
                    ("size", page.size(u64::from(most) * 1_000_000).into()),
                    ("count", crate::cases::supplementing::MOST_FILES.into()),
                ],
            );
            let title = row.and_then(|row| {
                let vi = row.name.clone()?;
                Some(named(page.lang, &Bilingual { vi, en: row.name_en.clone() }))
            });
            let input = format!("tep-{}", index + 1);
            let field = Field::new(page.lang, input, page.t("services-paper-choose")).hint(hint).errors(errors);
            let files = files_of(view, supplement, &component)
                .map(|row| FileLine {
                    html: file_link(page, &base, row),
                    name: row.file_name.clone(),
                    remove: page.href(format!("{base}/bo-sung/tep/{}/bo", row.id)),
                })
                .collect();
            ItemPart {
                anchor,
                title,
                what,
                files,
                upload: Some(FileUpload::new(field).multiple()),
                upload_action: page.href(format!("{base}/bo-sung/{}/tep", index + 1)),
                correct: None,
            }
        }
    }
}

fn draw(
    services: &Services,
    visitor: &Visitor,
    view: &CaseView,
    supplement: &SupplementRow,
    version: &Version,
    errors: Vec<ErrorItem>,
) -> SupplementPage {
    let mut page = visitor.page(t(visitor.lang, "services-supplement-title", &[]), "cases");
    page.private = true;
    page.errors = !errors.is_empty();
    page.part = Some(view.case.case_no.clone());
    let base = format!("/ho-so/{}", view.case.id);
    let parts =
        supplement.items.iter().enumerate().map(|item| part(&page, version, view, supplement, item, &errors)).collect();
    let promised = match view.case.promised_at {
        Some(at) => page.t1("services-track-asked-date", "due", due_text(page.lang, at, services.ambient.today())),
        None => page.t("services-track-asked-no-date"),
    };
    SupplementPage {
        back: base.clone(),
        caption: page.b(&short_name(version)).then(Html::text(", ")).then(page.code(&view.case.case_no)),
        reason: page.vietnamese(format!("“{}”", supplement.reason.trim())),
        promised,
        parts,
        action: page.href(format!("{base}/bo-sung")),
        errors,
        page,
    }
}

/// Shows what is missing.
pub async fn show_supplement(visitor: Visitor, Use(services): Use<State>, Path(case): Path<String>) -> Answer {
    match open(&services, &visitor, &case).await? {
        (view, Some(supplement), version) => html(draw(&services, &visitor, &view, &supplement, &version, Vec::new())),
        // Answered meanwhile, perhaps on another device.
        (_, None, _) => redirect(visitor.lang, &format!("/ho-so/{case}")),
    }
}

/// Adds files to one thing that is missing.
pub async fn upload_supplement(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((case, number)): Path<(String, usize)>,
    upload: Upload,
) -> Answer {
    let (view, asked, version) = open(&services, &visitor, &case).await?;
    let Some(supplement) = asked else { return redirect(visitor.lang, &format!("/ho-so/{case}")) };
    let missing = || Problem::not_found("item_not_found", "nothing with this number is asked");
    let item = number.checked_sub(1).and_then(|index| supplement.items.get(index)).ok_or_else(missing)?;
    let Answered::Files(component) = answered(&version, item) else { return Err(missing().into()) };
    let input = format!("tep-{number}");
    let mut errors = refused(visitor.lang, &upload, &input);
    let row = version.procedure.components.iter().find(|row| row.id == component);
    for file in &upload.files {
        let limits = row.map(|row| (row.accept.as_slice(), u64::from(row.max_mb) * 1_000_000));
        if let Some(message) = limits.and_then(|limits| too_much(visitor.lang, limits, file)) {
            errors.push(ErrorItem::of(&input, message));
            continue;
        }
        let mut new = services.keep_upload(file, "uploaded").await?;
        new.component = component.clone();
        let actor = visitor.require_actor()?;
        match services.attach_to_case(actor, &view.case.id, item.what.trim(), new, &visitor.request_id).await {
            Ok(_) => {}
            Err(problem) if problem.code == "too_many_files" => {
                let most = crate::cases::supplementing::MOST_FILES;
                let values = [("name", file.name.as_str().into()), ("count", most.into())];
                errors.push(ErrorItem::of(&input, t(visitor.lang, "services-paper-too-many", &values)));
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    if errors.is_empty() {
        return redirect(visitor.lang, &format!("/ho-so/{case}/bo-sung"));
    }
    let (view, _, _) = open(&services, &visitor, &case).await?;
    html_invalid(draw(&services, &visitor, &view, &supplement, &version, errors))
}

/// Takes a file out again before it is sent.
pub async fn remove_supplement_file(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((case, document)): Path<(String, String)>,
) -> Answer {
    let (actor, id) = (visitor.require_actor()?, case_id(&case)?);
    services.detach_from_case(actor, &id, &document, &visitor.request_id).await?;
    redirect(visitor.lang, &format!("/ho-so/{case}/bo-sung"))
}

/// What is still open of a supplement.
async fn unanswered(
    services: &Services,
    visitor: &Visitor,
    view: &CaseView,
    supplement: &SupplementRow,
    version: &Version,
) -> Result<Vec<ErrorItem>, Fault> {
    let facts = services.facts_of_case(&view.case).await?;
    let mut errors = Vec::new();
    for (index, item) in supplement.items.iter().enumerate() {
        match answered(version, item) {
            Answered::Files(component) if item.component.is_some() || component != OTHER => {
                if files_of(view, supplement, &component).next().is_none() {
                    let row = version.procedure.components.iter().find(|row| row.id == component);
                    let paper = row.and_then(|row| {
                        let vi = row.name.clone()?;
                        Some(named(visitor.lang, &Bilingual { vi, en: row.name_en.clone() }))
                    });
                    let what = paper.unwrap_or_else(|| item.what.trim().to_owned());
                    let text = t(visitor.lang, "services-supplement-file-missing", &[("what", what.into())]);
                    errors.push(ErrorItem::of(format!("tep-{}", index + 1), text));
                }
            }
            Answered::Files(_) => {}
            Answered::Page(part) => {
                let wrong = form::validate_page(version, part, &facts, &services.codes);
                if wrong.iter().any(|error| !error.warning) {
                    let name = named(visitor.lang, &part.title());
                    let text = t(visitor.lang, "services-check-page-missing", &[("name", name.into())]);
                    errors.push(ErrorItem { id: format!("muc-{}", index + 1), message: text });
                }
            }
        }
    }
    Ok(errors)
}

/// Sends the supplement back; the clock runs again.
pub async fn send_supplement(visitor: Visitor, Use(services): Use<State>, Path(case): Path<String>) -> Answer {
    let (view, asked, version) = open(&services, &visitor, &case).await?;
    let Some(supplement) = asked else { return redirect(visitor.lang, &format!("/ho-so/{case}")) };
    let errors = unanswered(&services, &visitor, &view, &supplement, &version).await?;
    if !errors.is_empty() {
        return html_invalid(draw(&services, &visitor, &view, &supplement, &version, errors));
    }
    let command = Command::new(ActionKind::AnswerSupplement, &visitor.request_id);
    services.act(visitor.require_actor()?, &view.case.id, command).await?;
    redirect(visitor.lang, &format!("/ho-so/{case}"))
}

#[derive(Template)]
#[template(path = "correction.html")]
struct CorrectionPage {
    page: Page,
    errors: Vec<ErrorItem>,
    back: String,
    what: Vec<Html>,
    questions: Vec<Html>,
    action: String,
}

/// The page whose answers the official wants corrected.
fn asked_page<'a>(version: &'a Version, supplement: &SupplementRow, id: &str) -> Result<&'a FormPage, Fault> {
    let asked = supplement.items.iter().any(|item| item.component.as_deref() == Some(id));
    let found = version.page(id).filter(|_| asked);
    found.ok_or_else(|| Problem::not_found("page_not_found", "nothing is asked about this page").into())
}

fn correction(
    services: &Services,
    visitor: &Visitor,
    (view, supplement, version, part): (&CaseView, &SupplementRow, &Version, &FormPage),
    facts: &crate::procedure::Facts,
    values: &Values,
    errors: Vec<ErrorItem>,
) -> CorrectionPage {
    let mut page = visitor.page(named(visitor.lang, &part.title()), "cases");
    page.private = true;
    page.errors = !errors.is_empty();
    let surroundings = version.surroundings(facts);
    let entries = BTreeMap::new();
    let asking = Asking {
        surroundings: &surroundings,
        lang: visitor.lang,
        today: services.ambient.today(),
        codes: &services.codes,
        values,
        errors: &errors,
        entries: &entries,
    };
    let questions = part
        .keys()
        .filter_map(|key| version.form.field(key))
        .filter(|field| field.is_shown(&surroundings))
        .map(|field| asking.draw(field, &field.key, LabelStyle::Strong))
        .collect();
    let base = format!("/ho-so/{}/bo-sung", view.case.id);
    let about = supplement.items.iter().filter(|item| item.component.as_deref() == Some(part.id.as_str()));
    CorrectionPage {
        back: base.clone(),
        what: about.map(|item| page.vietnamese(item.what.trim())).collect(),
        questions,
        action: page.href(format!("{base}/cau-hoi/{}", part.id)),
        errors,
        page,
    }
}

/// Shows the answers that the official wants corrected.
pub async fn show_correction(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((case, part)): Path<(String, String)>,
) -> Answer {
    let (view, asked, version) = open(&services, &visitor, &case).await?;
    let Some(supplement) = asked else { return redirect(visitor.lang, &format!("/ho-so/{case}")) };
    let part = asked_page(&version, &supplement, &part)?;
    let facts = services.facts_of_case(&view.case).await?;
    let values = Values::new(&form::encode(&version.form, part, &view.case.answers));
    html(correction(&services, &visitor, (&view, &supplement, &version, part), &facts, &values, Vec::new()))
}

/// Keeps corrected answers with the case.
pub async fn save_correction(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((case, part)): Path<(String, String)>,
    typed: FormFields,
) -> Answer {
    let (view, asked, version) = open(&services, &visitor, &case).await?;
    let Some(supplement) = asked else { return redirect(visitor.lang, &format!("/ho-so/{case}")) };
    let part = asked_page(&version, &supplement, &part)?;
    let decoded = form::decode(&version.form, part, typed.pairs())?;
    let mut facts = services.facts_of_case(&view.case).await?;
    form::apply(&mut facts.form, &decoded.patch);
    let wrong = form::validate_page(&version, part, &facts, &services.codes);
    let errors = error_items(visitor.lang, &wrong);
    if decoded.button.is_some() || !errors.is_empty() {
        // A wrong correction is not kept: the case still holds what was filed.
        let pressed = decoded.button.is_some();
        let values = if pressed {
            Values::new(&form::encode(&version.form, part, &facts.form))
        } else {
            Values::new(typed.pairs())
        };
        let errors = if pressed { Vec::new() } else { errors };
        let drawn = (&view, &supplement, &*version, part);
        let shown = correction(&services, &visitor, drawn, &facts, &values, errors);
        return if pressed { html(shown) } else { html_invalid(shown) };
    }
    let actor = visitor.require_actor()?;
    services.correct_answers(actor, &view.case.id, &part.id, decoded.patch, &visitor.request_id).await?;
    redirect(visitor.lang, &format!("/ho-so/{case}/bo-sung"))
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("show_supplement", "/ho-so/{case}/bo-sung")
                .signed_in()
                .example("/ho-so/{case_supplement}/bo-sung")
                .role("resident"),
            show_supplement,
        )
        .page(
            Row::post("send_supplement", "/ho-so/{case}/bo-sung").signed_in().audit("case.supplemented"),
            send_supplement,
        )
        .page(
            Row::post("upload_supplement", "/ho-so/{case}/bo-sung/{number}/tep")
                .signed_in()
                .audit("case.file_attached")
                .upload(UploadLimits::DOCUMENTS),
            upload_supplement,
        )
        .page(
            Row::post("remove_supplement_file", "/ho-so/{case}/bo-sung/tep/{document}/bo")
                .signed_in()
                .audit("case.file_removed"),
            remove_supplement_file,
        )
        .page(
            Row::get("show_correction", "/ho-so/{case}/bo-sung/cau-hoi/{page}")
                .signed_in()
                .example("/ho-so/{case_supplement}/bo-sung/cau-hoi/{correction_page}")
                .role("resident"),
            show_correction,
        )
        .page(
            Row::post("save_correction", "/ho-so/{case}/bo-sung/cau-hoi/{page}")
                .signed_in()
                .audit("case.answers_corrected"),
            save_correction,
        )
}
