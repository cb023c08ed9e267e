//! One mandate, one delegation: its facts, and its end.

use super::{AUTHORITY, Names, block, codes_text, form_text, general, manages, message, term_tag, term_text};
use crate::authority::model::{Delegation, HeadMandate, Term};
use crate::authority::rules::Ground;
use crate::frame::{agency_name, link, reader, tabs};
use crate::room::OfficeRoom;
use askama::Template;
use axum::extract::State;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{SummaryList, SummaryRow, Tag, TextArea};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Fault, FormFields, Path, Visitor, encode, html, html_invalid, redirect};

#[derive(Template)]
#[template(path = "authority_one.html")]
struct OnePage {
    page: Page,
    tabs: Html,
    errors: Vec<ErrorItem>,
    back: String,
    state: Tag,
    facts: SummaryList,
    why: Html,
    end: Option<TextArea>,
    action: String,
}

/// What the page is about.
enum One {
    Head(HeadMandate),
    Delegated(Delegation),
}

impl One {
    fn agency(&self) -> &str {
        match self {
            Self::Head(head) => &head.agency,
            Self::Delegated(one) => &one.agency,
        }
    }

    fn term(&self) -> &Term {
        match self {
            Self::Head(head) => &head.term,
            Self::Delegated(one) => &one.term,
        }
    }

    fn path(&self) -> String {
        match self {
            Self::Head(head) => format!("{AUTHORITY}/nguoi-dung-dau/{}", head.id),
            Self::Delegated(one) => format!("{AUTHORITY}/uy-quyen/{}", one.id),
        }
    }
}

async fn facts(room: &OfficeRoom, page: &Page, one: &One, names: &mut Names) -> Result<SummaryList, Problem> {
    let row = |key: &str, value: Html| SummaryRow::new(page.t(key), value);
    let mut rows = vec![row("authority-column-agency", agency_name(room, page, one.agency()).await?)];
    let (person, basis, end_reason) = match one {
        One::Head(head) => (&head.person, &head.basis, &head.end_reason),
        One::Delegated(one) => (&one.person, &one.basis, &one.end_reason),
    };
    rows.push(row("authority-column-person", page.vietnamese(names.of(room, person).await?)));
    match one {
        One::Head(head) => {
            let ground = Ground::Head(head);
            rows.push(row("authority-column-form", Html::text(form_text(page, ground.form()))));
            rows.push(row("authority-column-block", block(page, &ground.block_lines())));
        }
        One::Delegated(one) => {
            let settings = &room.authority;
            rows.push(row("authority-column-form", Html::text(form_text(page, one.form))));
            let lines = [format!("{}. {}", one.form.as_str(), one.from_post), one.post.clone()];
            rows.push(row("authority-column-block", block(page, &lines)));
            rows.push(row(
                "authority-field-kinds",
                codes_text(page, &one.kinds, &settings.kinds, "authority-all-kinds"),
            ));
            rows.push(row(
                "authority-field-fields",
                codes_text(page, &one.fields, &settings.fields, "authority-all-fields"),
            ));
            rows.push(row("authority-field-reason", page.vietnamese(&one.reason)));
        }
    }
    rows.push(row("authority-field-basis", page.vietnamese(basis)));
    if let One::Delegated(Delegation { basis_document: Some(document), .. }) = one {
        rows.push(row("authority-field-basis-document", page.code(document)));
    }
    rows.push(row("authority-column-term", Html::text(term_text(page, one.term()))));
    rows.push(row("authority-given-at", page.time(one.term().given_at)));
    if let Some(at) = one.term().ended_at {
        rows.push(row("authority-ended-at", page.time(at)));
    }
    if let Some(reason) = end_reason {
        rows.push(row("authority-end-reason", page.vietnamese(reason)));
    }
    Ok(SummaryList::new(rows))
}

async fn build(
    visitor: &Visitor,
    room: &OfficeRoom,
    one: One,
    typed: &str,
    errors: Vec<ErrorItem>,
) -> Result<OnePage, Fault> {
    let reader = reader(visitor)?;
    let title = match one {
        One::Head(_) => "authority-mandate-title",
        One::Delegated(_) => "authority-delegation-title",
    };
    let mut page = visitor.page(t(visitor.lang, title, &[]), "documents");
    page.errors = !errors.is_empty();
    let mut names = Names::of_staff(&room.directory.staff(one.agency()).await?);
    let term = one.term();
    let over = term.ended_at.is_some() || term.to.is_some_and(|last| last < room.ambient.today());
    let field = Field::new(page.lang, "reason", page.t("authority-end-reason")).errors(&errors);
    let search = encode([("co_quan", one.agency())]);
    Ok(OnePage {
        tabs: tabs(visitor, AUTHORITY),
        back: format!("{AUTHORITY}?{search}"),
        state: term_tag(&page, term, room.ambient.now()),
        facts: facts(room, &page, &one, &mut names).await?,
        why: link(&page, &format!("{AUTHORITY}/vi-sao?{search}"), page.t("authority-why-link")),
        end: (!over && manages(&reader, one.agency())).then(|| TextArea::new(field).value(typed).rows(3).limit(500)),
        action: page.href(format!("{}/ket-thuc", one.path())),
        errors,
        page,
    })
}

async fn mandate(visitor: &Visitor, room: &OfficeRoom, id: &str) -> Result<One, Fault> {
    Ok(One::Head(room.mandate(&reader(visitor)?, id).await?))
}

async fn delegation(visitor: &Visitor, room: &OfficeRoom, id: &str) -> Result<One, Fault> {
    Ok(One::Delegated(room.delegation(&reader(visitor)?, id).await?))
}

/// One mandate.
pub(crate) async fn show_mandate(visitor: Visitor, State(room): State<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let one = mandate(&visitor, &room, &id).await?;
    html(build(&visitor, &room, one, "", Vec::new()).await?)
}

/// One delegation.
pub(crate) async fn show_delegation(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    let one = delegation(&visitor, &room, &id).await?;
    html(build(&visitor, &room, one, "", Vec::new()).await?)
}

/// Ends a mandate.
pub(crate) async fn end_mandate(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let one = mandate(&visitor, &room, &id).await?;
    let ended = room.end_mandate(&reader(&visitor)?, &id, form.text("reason")).await;
    after(&visitor, &room, one, form.text("reason"), ended).await
}

/// Ends a delegation.
pub(crate) async fn end_delegation(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let one = delegation(&visitor, &room, &id).await?;
    let ended = room.end_delegation(&reader(&visitor)?, &id, form.text("reason")).await;
    after(&visitor, &room, one, form.text("reason"), ended).await
}

async fn after(visitor: &Visitor, room: &OfficeRoom, one: One, typed: &str, ended: Result<(), Problem>) -> Answer {
    let Err(problem) = ended else { return redirect(visitor.lang, &one.path()) };
    let page = visitor.page("", "documents");
    let errors = match problem.kind {
        ProblemKind::Invalid => problem.errors.iter().map(|one| message(&page, &one.field, &one.code)).collect(),
        ProblemKind::Conflict => vec![general(&page, problem.code)],
        _ => return Err(problem.into()),
    };
    html_invalid(build(visitor, room, one, typed, errors).await?)
}
