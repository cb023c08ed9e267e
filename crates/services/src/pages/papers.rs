//! Papers of a draft: what is needed, what is there, uploading, removing, and reusing what the vault holds.

use super::common::{element, link, named};
use super::filing::{at_counter, behalf, case_path, draft_page, draft_path, open_draft, papers_to_upload};
use crate::api::State;
use crate::cases::drafts::DraftView;
use crate::cases::row::DocumentRow;
use crate::procedure::{ComponentNeed, Reuse};
use crate::service::Services;
use askama::Template;
use haidang_contracts::vault::VaultItem;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Details, FileUpload, Inset, Reasons, TaskItem, TaskList, TaskState};
use haidang_ui::field::{ErrorItem, Field, id_of};
use haidang_ui::{Html, Page, t};
use haidang_web::{
    Answer, Fault, FormFields, Path, Routes, Row, State as Use, Upload, UploadLimits, Visitor, html, html_invalid,
    redirect,
};
use std::collections::BTreeSet;

#[derive(Template)]
#[template(path = "papers.html")]
struct PapersPage {
    page: Page,
    behalf: Option<Inset>,
    back: String,
    list: Option<TaskList>,
    made: Option<Reasons>,
    bring: Option<Reasons>,
    next: String,
}

fn held<'a>(view: &'a DraftView, component: &str) -> Vec<&'a DocumentRow> {
    view.documents.iter().filter(|document| document.component == component).collect()
}

/// Lists the papers of the checklist as the answers stand.
pub async fn list_papers(visitor: Visitor, Use(services): Use<State>, Path(draft): Path<String>) -> Answer {
    let view = open_draft(&services, &visitor, &draft).await?;
    if let Some(path) = case_path(&view) {
        return redirect(visitor.lang, &path);
    }
    let page = draft_page(&visitor, &view, t(visitor.lang, "services-papers-title", &[]));
    let base = draft_path(&view);
    let needs = view.version.components(&view.facts);
    let items: Vec<TaskItem> = papers_to_upload(&view)
        .iter()
        .map(|need| {
            let files = held(&view, &need.id).len();
            let state = if files > 0 { TaskState::Completed } else { TaskState::NotStarted };
            let hint = match (files, need.required) {
                (0, true) => page.t("services-papers-needed"),
                (0, false) => page.t("services-paper-if-any"),
                _ => page.t1("services-papers-files", "count", files),
            };
            TaskItem::new(named(page.lang, &need.name), page.href(format!("{base}/giay-to/{}", need.id)), state)
                .hint(hint)
        })
        .collect();
    let reasons = |chosen: Vec<&ComponentNeed>, icon: &str| {
        (!chosen.is_empty())
            .then(|| chosen.iter().fold(Reasons::new(), |list, need| list.item(icon, page.b(&need.name))))
    };
    html(PapersPage {
        behalf: behalf(&page, &view),
        back: base.clone(),
        list: (!items.is_empty()).then(|| TaskList::new(page.lang, "giay-to", items)),
        made: reasons(needs.iter().filter(|need| need.by_form && need.required).collect(), "check"),
        bring: reasons(needs.iter().filter(|need| need.presented).collect(), "eye"),
        next: page.href(base),
        page,
    })
}

struct FileLine {
    title: String,
    remark: String,
    remove: String,
}

struct OfferLine {
    id: String,
    title: Html,
    source: String,
}

#[derive(Template)]
#[template(path = "paper.html")]
struct PaperPage {
    page: Page,
    errors: Vec<ErrorItem>,
    behalf: Option<Inset>,
    back: String,
    heading: Html,
    hint: Option<Html>,
    form_name: Option<Html>,
    files: Vec<FileLine>,
    offers: Vec<OfferLine>,
    reuse: String,
    upload: Option<FileUpload>,
    action: String,
    substitutes: Option<Details>,
    next: String,
}

fn need_of(view: &DraftView, component: &str) -> Result<ComponentNeed, Fault> {
    let found = papers_to_upload(view).into_iter().find(|need| need.id == component);
    found.ok_or_else(|| Problem::not_found("component_not_found", "the checklist has no such paper now").into())
}

/// Most documents of the vault offered for one paper, newest first.
const MOST_OFFERS: usize = 3;

async fn offers(services: &Services, view: &DraftView, need: &ComponentNeed) -> Result<Vec<VaultItem>, Fault> {
    let mut codes: Vec<String> = need
        .reuse
        .iter()
        .filter_map(|reuse| match reuse {
            Reuse::Vault(code) => Some(code.clone()),
            Reuse::OnceOnly(_) | Reuse::CaseResult => None,
        })
        .collect();
    codes.extend(need.code.clone());
    if codes.is_empty() {
        return Ok(Vec::new());
    }
    let mut offers = services.vault.offers(&view.owner.id, &codes).await.map_err(Problem::from)?;
    let used: Vec<&str> = view.documents.iter().filter_map(|document| document.reused_from.as_deref()).collect();
    offers.retain(|offer| !used.contains(&offer.id.as_str()));
    // The same file kept with several cases is one choice.
    let mut seen = BTreeSet::new();
    offers.retain(|offer| seen.insert(offer.sha256.clone()));
    offers.truncate(MOST_OFFERS);
    Ok(offers)
}

fn origin_text(page: &Page, document: &DocumentRow) -> String {
    match document.origin.as_str() {
        "reused" => page.t("services-paper-reused"),
        "digitised" => page.t("services-paper-digitised"),
        _ => page.t("services-paper-uploaded"),
    }
}

async fn draw(
    services: &Services,
    visitor: &Visitor,
    view: &DraftView,
    need: &ComponentNeed,
    errors: Vec<ErrorItem>,
) -> Result<PaperPage, Fault> {
    let mut page = draft_page(visitor, view, named(visitor.lang, &need.name));
    page.errors = !errors.is_empty();
    let base = draft_path(view);
    let files = held(view, &need.id);
    let lines = files
        .iter()
        .map(|file| FileLine {
            title: file.file_name.clone(),
            remark: format!("{}, {}", page.size(u64::try_from(file.size).unwrap_or(0)), origin_text(&page, file)),
            remove: page.href(format!("{base}/giay-to/{}/bo", file.id)),
        })
        .collect();
    let offers = offers(services, view, need).await?;
    let offers = offers
        .into_iter()
        .map(|item| {
            let day =
                item.issued_on.parse().map_or_else(|_| item.issued_on.clone(), |day: jiff::civil::Date| page.date(day));
            OfferLine {
                title: page.vietnamese(match &item.number {
                    Some(number) => format!("{} số {number}", item.title),
                    None => item.title.clone(),
                }),
                source: page.t2("services-paper-offer-source", "issuer", &item.issuer, "day", day),
                id: item.id,
            }
        })
        .collect();
    let room = files.len() < need.max_files as usize;
    let upload = room.then(|| {
        let label = page.t(if files.is_empty() { "services-paper-choose" } else { "services-paper-choose-more" });
        let kinds = need.accept.join(", ").to_uppercase();
        let hint = page.tn(
            "services-paper-hint",
            &[("kinds", kinds.into()), ("size", page.size(need.max_bytes).into()), ("count", need.max_files.into())],
        );
        let field = Field::new(page.lang, &need.id, label).hint(hint).errors(&errors);
        let accept: Vec<String> = need.accept.iter().map(|kind| format!(".{kind}")).collect();
        FileUpload::new(field).accept(accept.join(",")).multiple()
    });
    let substitutes = (!need.substitutes.is_empty()).then(|| {
        let inside =
            need.substitutes.iter().fold(Html::default(), |list, text| list.then(element("li", "", page.b(text))));
        Details::new(page.t("services-paper-instead"), element("ul", "govuk-list govuk-list--bullet", inside))
    });
    Ok(PaperPage {
        errors,
        behalf: behalf(&page, view),
        back: format!("{base}/giay-to"),
        heading: page.b(&need.name),
        hint: need.hint.as_ref().map(|hint| page.b(hint)),
        form_name: need.form_name.as_ref().map(|form| page.vietnamese(form)),
        files: lines,
        offers,
        reuse: page.href(format!("{base}/giay-to/{}/dung-lai", need.id)),
        upload,
        action: page.href(format!("{base}/giay-to/{}", need.id)),
        substitutes,
        next: page.href(format!("{base}/giay-to")),
        page,
    })
}

/// Shows one paper of the checklist: its files, what the vault offers, the upload.
pub async fn show_paper(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((draft, component)): Path<(String, String)>,
) -> Answer {
    let view = open_draft(&services, &visitor, &draft).await?;
    if let Some(path) = case_path(&view) {
        return redirect(visitor.lang, &path);
    }
    let need = need_of(&view, &component)?;
    html(draw(&services, &visitor, &view, &need, Vec::new()).await?)
}

/// The message of a file that the checklist does not accept, although the house would.
pub(super) fn too_much(
    lang: haidang_ui::Lang,
    need: (&[String], u64),
    file: &haidang_web::UploadedFile,
) -> Option<String> {
    let (accept, most) = need;
    let name = file.name.as_str();
    if file.size > most {
        let size = haidang_kernel::format::size(lang, most);
        return Some(t(lang, "services-paper-too-large", &[("name", name.into()), ("size", size.into())]));
    }
    let known = file.kind.extensions().iter().any(|extension| accept.iter().any(|kind| kind == extension));
    let kinds = accept.join(", ").to_uppercase();
    (!known && !accept.is_empty())
        .then(|| t(lang, "services-paper-wrong-kind", &[("name", name.into()), ("kinds", kinds.into())]))
}

/// Messages of the files of a request that were refused on arrival; an empty choice asks for a file.
pub(super) fn refused(lang: haidang_ui::Lang, upload: &Upload, field: &str) -> Vec<ErrorItem> {
    let bad: Vec<ErrorItem> = upload
        .refused
        .iter()
        .filter(|file| !file.name.is_empty())
        .map(|file| ErrorItem::of(field, file.message(lang, &UploadLimits::DOCUMENTS)))
        .collect();
    if bad.is_empty() && upload.files.is_empty() {
        return vec![ErrorItem::of(field, t(lang, "services-paper-none-chosen", &[]))];
    }
    bad
}

/// Attaches the files of one paper; a bad file never loses the good ones.
pub async fn upload_paper(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((draft, component)): Path<(String, String)>,
    upload: Upload,
) -> Answer {
    let actor = visitor.require_actor()?;
    let view = open_draft(&services, &visitor, &draft).await?;
    let need = need_of(&view, &component)?;
    let mut errors = refused(visitor.lang, &upload, &need.id);
    let origin = if at_counter(&view) { "digitised" } else { "uploaded" };
    for file in &upload.files {
        if let Some(message) = too_much(visitor.lang, (&need.accept, need.max_bytes), file) {
            errors.push(ErrorItem::of(&need.id, message));
            continue;
        }
        let mut new = services.keep_upload(file, origin).await?;
        new.component = need.id.clone();
        match services.attach(actor, &view.row.id, new, &visitor.request_id).await {
            Ok(_) => {}
            Err(problem) if problem.code == "too_many_files" => {
                let values = [("name", file.name.as_str().into()), ("count", need.max_files.into())];
                errors.push(ErrorItem::of(&need.id, t(visitor.lang, "services-paper-too-many", &values)));
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    if errors.is_empty() {
        return redirect(visitor.lang, &format!("{}/giay-to/{}", draft_path(&view), need.id));
    }
    let view = open_draft(&services, &visitor, &draft).await?;
    if errors.iter().all(|error| error.id == id_of(&need.id)) && held(&view, &need.id).len() >= need.max_files as usize
    {
        // The input is gone with the last free place, so nothing is left to link to.
        for error in &mut errors {
            error.id = String::new();
        }
    }
    html_invalid(draw(&services, &visitor, &view, &need, errors).await?)
}

/// Takes a file out of the draft.
pub async fn remove_paper(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((draft, document)): Path<(String, String)>,
) -> Answer {
    let view = open_draft(&services, &visitor, &draft).await?;
    let component = view.documents.iter().find(|row| row.id.as_str() == document).map(|row| row.component.clone());
    services.detach(visitor.require_actor()?, &view.row.id, &document, &visitor.request_id).await?;
    let base = draft_path(&view);
    match component {
        Some(component) => redirect(visitor.lang, &format!("{base}/giay-to/{component}")),
        None => redirect(visitor.lang, &format!("{base}/giay-to")),
    }
}

/// Uses a document of the vault; pressing the button is the consent, and the vault keeps the access.
pub async fn reuse_paper(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((draft, component)): Path<(String, String)>,
    form: FormFields,
) -> Answer {
    let view = open_draft(&services, &visitor, &draft).await?;
    let need = need_of(&view, &component)?;
    let item = form.text("item");
    let known = offers(&services, &view, &need).await?;
    if !known.iter().any(|offer| offer.id == item) {
        return Err(Problem::not_found("item_not_found", "the vault offers no such document here").into());
    }
    services.reuse(visitor.require_actor()?, &view.row.id, &need.id, item, &visitor.request_id).await?;
    redirect(visitor.lang, &format!("{}/giay-to/{}", draft_path(&view), need.id))
}

/// Opens an attached file of the draft, as a download.
pub async fn open_draft_file(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((draft, document)): Path<(String, String)>,
) -> Answer {
    let view = open_draft(&services, &visitor, &draft).await?;
    let row = view.documents.iter().find(|row| row.id.as_str() == document);
    let row = row.ok_or_else(|| Problem::not_found("document_not_found", "no such file"))?;
    super::files::download(&services, row).await
}

/// A link to an attached file with its size.
pub(super) fn file_link(page: &Page, base: &str, document: &DocumentRow) -> Html {
    let size = page.size(u64::try_from(document.size).unwrap_or(0));
    link(page.href(format!("{base}/tep/{}", document.id)), &document.file_name)
        .then(Html::trusted("<br>"))
        .then(element("span", "hd-small hd-second", format!("{size}, {}", origin_text(page, document))))
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("list_papers", "/nop-ho-so/{draft}/giay-to")
                .signed_in()
                .example("/nop-ho-so/{draft}/giay-to")
                .role("resident"),
            list_papers,
        )
        .page(
            Row::get("show_paper", "/nop-ho-so/{draft}/giay-to/{component}")
                .signed_in()
                .example("/nop-ho-so/{draft}/giay-to/{component}")
                .role("resident"),
            show_paper,
        )
        .page(
            Row::post("upload_paper", "/nop-ho-so/{draft}/giay-to/{component}")
                .signed_in()
                .audit("draft.file_attached")
                .upload(UploadLimits::DOCUMENTS),
            upload_paper,
        )
        .page(
            Row::post("remove_paper", "/nop-ho-so/{draft}/giay-to/{component}/bo")
                .signed_in()
                .audit("draft.file_removed"),
            remove_paper,
        )
        .page(
            Row::post("reuse_paper", "/nop-ho-so/{draft}/giay-to/{component}/dung-lai")
                .signed_in()
                .audit("draft.file_attached"),
            reuse_paper,
        )
        .page(Row::get("open_draft_file", "/nop-ho-so/{draft}/tep/{document}").signed_in().not_html(), open_draft_file)
}
