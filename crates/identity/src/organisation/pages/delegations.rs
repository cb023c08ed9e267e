//! Delegation of duty, for the two officials it is between.

use askama::Template;
use axum::extract::State;
use haidang_kernel::format;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{DateField, Select, TextArea, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Lang, Page, t};
use haidang_web::{Answer, Fault, FormFields, Path, Visitor, html, html_invalid, redirect};

use super::{items, typed_date};
use crate::organisation::delegation::{NewDelegation, Step, may_step};
use crate::room::IdentityRoom;

/// Address of the page.
const DELEGATIONS: &str = "/can-bo/uy-quyen";
/// Rows shown.
const SHOWN: i64 = 50;

struct Line {
    id: String,
    title: String,
    giver: String,
    taker: String,
    days: String,
    reason: String,
    state: String,
    /// Steps this reader may take: word and text.
    steps: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "organisation/delegations.html")]
struct DelegationsPage {
    page: Page,
    errors: Vec<ErrorItem>,
    lines: Vec<Line>,
    /// Whether the reader holds a post of their own to hand over.
    may_give: bool,
    post: Select,
    username: TextInput,
    valid_from: DateField,
    valid_to: DateField,
    reason: TextArea,
}

async fn lines(visitor: &Visitor, room: &IdentityRoom, lang: Lang) -> Result<Vec<Line>, Fault> {
    let actor = visitor.require_actor()?;
    let rows = room.delegations_of(&actor.person, SHOWN).await?;
    let steps = [("accept", Step::Accept), ("decline", Step::Decline), ("revoke", Step::Revoke)];
    Ok(rows
        .into_iter()
        .map(|row| Line {
            steps: steps
                .iter()
                .filter(|(_, step)| may_step(&row, &actor.person, *step))
                .map(|(word, _)| (*word, t(lang, &format!("identity-delegation-{word}"), &[])))
                .collect(),
            days: format!("{} – {}", format::date_short(lang, row.valid_from), format::date_short(lang, row.valid_to)),
            state: t(lang, &format!("identity-delegation-state-{}", row.state.as_str()), &[]),
            id: row.id,
            title: row.title,
            giver: row.giver_name,
            taker: row.taker_name,
            reason: row.reason,
        })
        .collect())
}

async fn build(
    visitor: &Visitor,
    room: &IdentityRoom,
    form: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<DelegationsPage, Fault> {
    let lang = visitor.lang;
    let mut page = visitor.page(t(lang, "identity-delegation-title", &[]), "");
    page.errors = !errors.is_empty();
    let today = room.today();
    let own = room.posts_of(&visitor.require_actor()?.person).await?;
    let choices: Vec<Choice> = own
        .into_iter()
        .filter(|post| post.valid_from <= today)
        .map(|post| Choice::new(&post.id, format!("{} ({})", post.title, post.agency)).chosen(form.text("post")))
        .collect();
    let field = |name: &str| {
        let label = t(lang, &format!("identity-delegation-{}", name.replace('_', "-")), &[]);
        Field::new(lang, name, label).errors(&errors)
    };
    let date = |name: &str| {
        let part = |part: &str| form.text(&format!("{name}.{part}")).to_owned();
        DateField::new(field(name)).values(part("day"), part("month"), part("year"))
    };
    Ok(DelegationsPage {
        lines: lines(visitor, room, lang).await?,
        may_give: !choices.is_empty(),
        post: Select::new(field("post"), choices),
        username: TextInput::new(field("username").hint(t(lang, "identity-delegation-username-hint", &[])))
            .value(form.text("username"))
            .width(20),
        valid_from: date("valid_from"),
        valid_to: date("valid_to"),
        reason: TextArea::new(field("reason")).value(form.text("reason")).rows(3),
        page,
        errors,
    })
}

/// Shows what was handed over and taken over, with the form for a new one.
pub(crate) async fn show_delegations(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    html(build(&visitor, &room, &FormFields::default(), Vec::new()).await?)
}

/// Proposes to hand over.
pub(crate) async fn propose_delegation(visitor: Visitor, State(room): State<IdentityRoom>, form: FormFields) -> Answer {
    let lang = visitor.lang;
    let actor = visitor.require_actor()?;
    let (from, to) = (typed_date(&form, "valid_from"), typed_date(&form, "valid_to"));
    let wrong = |name: &str| ErrorItem::of(name, t(lang, "identity-posts-date-wrong", &[]));
    let mut errors: Vec<ErrorItem> = Vec::new();
    errors.extend(from.is_err().then(|| wrong("valid_from")));
    errors.extend(to.is_err().then(|| wrong("valid_to")));
    let (Ok(valid_from), Ok(valid_to)) = (from, to) else {
        return html_invalid(build(&visitor, &room, &form, errors).await?);
    };
    let new = NewDelegation {
        post: form.text("post").to_owned(),
        username: form.text("username").to_owned(),
        valid_from,
        valid_to,
        reason: form.text("reason").to_owned(),
    };
    match room.propose_delegation(&actor.person, &new, visitor.actor_ref(), &visitor.request_id).await {
        Ok(_) => redirect(lang, DELEGATIONS),
        Err(problem) if problem.kind == ProblemKind::Invalid => {
            html_invalid(build(&visitor, &room, &form, items(lang, "delegation", &problem)).await?)
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Accepts, declines or revokes.
pub(crate) async fn step_delegation(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path((id, step)): Path<(String, String)>,
) -> Answer {
    let step = Step::parse(&step).ok_or_else(|| Problem::not_found("not_found", "no such step"))?;
    let actor = visitor.require_actor()?;
    room.step_delegation(&visitor.site, &actor.person, &id, step, visitor.actor_ref(), &visitor.request_id).await?;
    redirect(visitor.lang, DELEGATIONS)
}
