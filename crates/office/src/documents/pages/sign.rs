//! Signing: one document with its paper, its layout and why it may be signed; or several with one act of will.

use super::{LIST, link, office_page, path, reader, tabs, urgency_tag, words_of};
use crate::documents::access;
use crate::documents::listing::Wanted;
use crate::documents::model::Document;
use crate::documents::signing::Chosen;
use crate::documents::table::{Action, State};
use crate::room::OfficeRoom;
use askama::Template;
use haidang_contracts::papers::LayoutFinding;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Cell, Column, EmptyState, Table, TextInput};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, Fault, FormFields, Path, State as Use, Visitor, html, html_invalid, redirect};

const SHOWN: i64 = 50;

/// One document of the batch.
struct Line {
    value: String,
    label: String,
    checked: bool,
    subject: Html,
    paper: String,
    digest: Html,
    why: String,
    may: bool,
}

#[derive(Template)]
#[template(path = "documents_sign.html")]
struct SignPage {
    page: Page,
    tabs: Html,
    errors: Vec<ErrorItem>,
    back: String,
    renew: String,
    revision: i64,
    value: String,
    paper: String,
    digest: Html,
    why: String,
    block: Vec<String>,
    may: bool,
    outdated: bool,
    findings: Option<Table>,
    activation: TextInput,
}

#[derive(Template)]
#[template(path = "documents_batch.html")]
struct BatchPage {
    page: Page,
    tabs: Html,
    errors: Vec<ErrorItem>,
    lines: Vec<Line>,
    activation: TextInput,
    empty: Option<EmptyState>,
    log: Option<Table>,
}

/// `id|revision|sha256` of a checkbox: exactly what was shown.
fn pinned(document: &Document) -> String {
    format!("{}|{}|{}", document.id, document.revision, document.file_sha256.as_deref().unwrap_or_default())
}

fn chosen(form: &FormFields) -> Vec<Chosen> {
    let read = |value: &str| {
        let mut parts = value.split('|');
        let (document, revision, sha256) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        Some(Chosen { document: document.to_owned(), revision, sha256: sha256.to_owned() })
    };
    form.all("chosen").into_iter().filter_map(read).collect()
}

fn secret(page: &Page, errors: &[ErrorItem]) -> TextInput {
    let field = Field::new(page.lang, "activation", page.t("documents-field-activation"));
    let hint = page.t("documents-field-activation-hint");
    TextInput::new(field.hint(hint).optional(true).errors(errors)).kind("password").width(20)
}

/// The first figures of a digest: enough to compare with the log.
fn digest(page: &Page, sha256: Option<&str>) -> Html {
    page.code(sha256.and_then(|whole| whole.get(..16)).unwrap_or_default())
}

/// Why the signer may sign it, or why not, in words.
async fn why(room: &OfficeRoom, page: &Page, document: &Document) -> Result<(String, Vec<String>, bool), Problem> {
    Ok(match room.signer_may_sign(document).await? {
        Ok(allowed) => {
            let key = format!("documents-may-sign-{}", allowed.form.as_str().to_lowercase());
            (page.t(&key), [allowed.block_lines, vec![allowed.name]].concat(), true)
        }
        Err(refusal) => {
            (page.t(&format!("documents-problem-{}", super::dashed(refusal.problem_code()))), Vec::new(), false)
        }
    })
}

/// What a paper before its signature lacks rightly: number and date come when it is sealed.
const LATER: [&str; 2] = ["number_empty", "date_empty"];

fn findings(page: &Page, list: &[LayoutFinding]) -> Option<Table> {
    let columns = ["rule", "found", "wanted", "page"].map(|key| Column::new(page.t(&format!("documents-lint-{key}"))));
    let table = Table::new(page.t("documents-lint-title"), columns.to_vec());
    let filled = list.iter().fold(table, |table, one| {
        table.row(vec![
            Cell::from(page.vietnamese(&one.article)),
            Cell::from(page.vietnamese(&one.found)),
            Cell::from(page.vietnamese(&one.wanted)),
            Cell::from(one.page.map(|number| number.to_string()).unwrap_or_default()),
        ])
    });
    (!list.is_empty()).then_some(filled)
}

async fn one(
    visitor: &Visitor,
    room: &OfficeRoom,
    document: Document,
    errors: Vec<ErrorItem>,
) -> Result<SignPage, Fault> {
    let mut page = office_page(visitor, visitor.page("", "").t1("documents-sign-title", "subject", &document.subject));
    page.errors = !errors.is_empty();
    let paper = room.paper(&document).await?;
    let bytes = room.paper_bytes(&paper.sha256).await?;
    let mut layout = room.typesetting.lint(&bytes).await.map_err(Problem::from)?;
    layout.retain(|one| !LATER.contains(&one.rule.as_str()));
    let (words, mut block, may) = why(room, &page, &document).await?;
    let printed = block.get(..block.len().saturating_sub(1)).unwrap_or_default();
    let outdated = may && (paper.version != document.version || paper.block != printed);
    if !may {
        block.clear();
    }
    Ok(SignPage {
        tabs: tabs(visitor),
        back: path(&document.id),
        renew: page.href(format!("{}/dan-trang-lai", path(&document.id))),
        revision: document.revision,
        value: pinned(&document),
        paper: page.href(format!("{}/ban-in", path(&document.id))),
        digest: digest(&page, document.file_sha256.as_deref()),
        findings: findings(&page, &layout),
        activation: secret(&page, &errors),
        why: words,
        block,
        may,
        outdated,
        errors,
        page,
    })
}

/// The leader looks before signing.
pub(crate) async fn sign_one_document(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let reader = reader(&visitor)?;
    let document = room.open_document(&reader, &id).await?;
    let opens = access::open_to(&document, reader.actor).iter().any(|step| step.action == Action::Sign);
    if !opens {
        return redirect(visitor.lang, &path(&id));
    }
    html(one(&visitor, &room, document, Vec::new()).await?)
}

async fn lines(room: &OfficeRoom, page: &Page, visitor: &Visitor, kept: &[Chosen]) -> Result<Vec<Line>, Fault> {
    let reader = reader(visitor)?;
    let state = Some(State::AwaitingSignature.as_str().to_owned());
    let wanted = Wanted { view: Some("me".to_owned()), state, ..Wanted::default() };
    let (documents, _) = room.list_documents(&reader, &wanted, SHOWN).await?;
    let mut lines = Vec::with_capacity(documents.len());
    for document in documents {
        let (why, _, may) = why(room, page, &document).await?;
        let mut subject = link(page, &path(&document.id), &document.subject);
        if let Some(tag) = urgency_tag(page, document.urgency) {
            subject = subject.then(Html::trusted(" ")).then(Html::trusted(tag.to_string()));
        }
        lines.push(Line {
            value: pinned(&document),
            label: page.t1("documents-batch-choose", "subject", &document.subject),
            checked: kept.iter().any(|one| one.document == document.id),
            paper: page.href(format!("{}/ban-in", path(&document.id))),
            digest: digest(page, document.file_sha256.as_deref()),
            subject,
            why,
            may,
        });
    }
    Ok(lines)
}

async fn batch(
    visitor: &Visitor,
    room: &OfficeRoom,
    kept: &[Chosen],
    errors: Vec<ErrorItem>,
) -> Result<BatchPage, Fault> {
    let mut page = office_page(visitor, visitor.page("", "").t("documents-batch-title"));
    page.errors = !errors.is_empty();
    let lines = lines(room, &page, visitor, kept).await?;
    let log = room.signature_log(&reader(visitor)?).await?;
    let columns =
        ["when", "subject", "role", "digest", "state"].map(|key| Column::new(page.t(&format!("documents-log-{key}"))));
    let table = Table::new(page.t("documents-log-title"), columns.to_vec()).small();
    let table = log.iter().fold(table, |table, one| {
        table.row(vec![
            Cell::from(page.time(one.asked_at)),
            Cell::from(link(&page, &path(&one.document), &one.subject)),
            Cell::from(page.t(&format!("documents-role-{}", one.role))),
            Cell::from(digest(&page, Some(&one.sha256))),
            Cell::from(page.t(&format!("documents-asked-{}", one.state))),
        ])
    });
    Ok(BatchPage {
        tabs: tabs(visitor),
        activation: secret(&page, &errors),
        empty: lines.is_empty().then(|| EmptyState::new(page.t("documents-batch-empty"))),
        log: (!log.is_empty()).then_some(table),
        lines,
        errors,
        page,
    })
}

/// Everything that waits for the leader's signature, and the log of what was signed.
pub(crate) async fn list_documents_to_sign(visitor: Visitor, Use(room): Use<OfficeRoom>) -> Answer {
    html(batch(&visitor, &room, &[], Vec::new()).await?)
}

/// Signs what was chosen: one document from its own page, or several from the list.
pub(crate) async fn sign_documents(visitor: Visitor, Use(room): Use<OfficeRoom>, form: FormFields) -> Answer {
    let chosen = chosen(&form);
    let secret = form.filled("activation").map(str::to_owned);
    let reader = reader(&visitor)?;
    let alone = form.has("one").then(|| chosen.first().map(|one| one.document.clone())).flatten();
    match room.sign_documents(&reader, &chosen, secret).await {
        Ok(()) => redirect(visitor.lang, &alone.map_or_else(|| format!("{LIST}/ky"), |id| path(&id))),
        Err(problem) => {
            let errors = words_of(visitor.lang, problem)?;
            let back = match alone {
                Some(id) => Some(room.document(&reader, &id).await?),
                None => None,
            };
            match back.filter(|document| document.state == State::AwaitingSignature) {
                Some(document) => html_invalid(one(&visitor, &room, document, errors).await?),
                None => html_invalid(batch(&visitor, &room, &chosen, errors).await?),
            }
        }
    }
}
