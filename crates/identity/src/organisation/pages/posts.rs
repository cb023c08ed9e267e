//! The tree of agencies and who serves where; giving and ending a post.

use askama::Template;
use axum::extract::State;
use haidang_contracts::identity::Agency;
use haidang_kernel::format;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{Cell, Column, DateField, Select, Table, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Lang, Page, t};
use haidang_web::{Answer, Fault, FormFields, Path, Visitor, html, html_invalid, redirect};

use super::{items, typed_date};
use crate::agencies::Agencies;
use crate::organisation::posts::NewPost;
use crate::room::IdentityRoom;

/// Address of the tree.
const POSTS: &str = "/quan-tri/vi-tri";
/// Holders shown of one agency.
const SHOWN: i64 = 500;

#[derive(Template)]
#[template(path = "organisation/agencies.html")]
struct TreePage {
    page: Page,
    table: Table,
}

fn name(lang: Lang, agency: &Agency) -> String {
    if lang == Lang::En { agency.name_en.clone() } else { agency.name_vi.clone() }
}

/// The agencies of a day as a tree, each with its depth; one whose parent is gone stands at the top.
fn tree(agencies: &Agencies, day: jiff::civil::Date) -> Vec<(usize, &Agency)> {
    let all: Vec<&Agency> = agencies.on(day).collect();
    let known = |code: &str| all.iter().any(|agency| agency.code == code);
    let tops = all.iter().filter(|agency| agency.parent.as_deref().is_none_or(|parent| !known(parent)));
    let mut stack: Vec<(usize, &Agency)> = tops.map(|agency| (0, *agency)).collect();
    stack.reverse();
    let mut found: Vec<(usize, &Agency)> = Vec::new();
    while let Some((depth, agency)) = stack.pop() {
        found.push((depth, agency));
        let below =
            all.iter().filter(|one| one.parent.as_deref() == Some(agency.code.as_str()) && one.code != agency.code);
        let mut below: Vec<(usize, &Agency)> = below.map(|one| (depth + 1, *one)).collect();
        below.reverse();
        // A circle in the table cannot keep the page from ending.
        if found.len() <= all.len() {
            stack.extend(below);
        }
    }
    found
}

/// Shows the tree of agencies with how many serve in each.
pub(crate) async fn list_agency_posts(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    let page = visitor.page(t(visitor.lang, "identity-posts-title", &[]), "");
    let agencies = room.agency_tree().await?;
    let holders = room.holders_by_agency().await?;
    let columns = vec![
        Column::new(page.t("identity-posts-agency")),
        Column::new(page.t("identity-posts-code")),
        Column::numeric(page.t("identity-posts-holders")),
    ];
    let mut table = Table::new(page.t("identity-posts-tree"), columns).caption_hidden();
    for (depth, agency) in tree(&agencies, room.today()) {
        let title = format!("{}{}", "– ".repeat(depth), name(page.lang, agency));
        // Code and name come from the pack and are escaped here; nothing else stands in the markup.
        let link = Html::trusted("<a class=\"govuk-link\" href=\"")
            .then(Html::text(page.href(format!("{POSTS}/{}", agency.code))))
            .then(Html::trusted("\">"))
            .then(Html::text(title))
            .then(Html::trusted("</a>"));
        let count = holders.get(&agency.code).copied().unwrap_or_default();
        table = table.row(vec![Cell::from(link), Cell::from(page.code(&agency.code)), Cell::from(page.number(count))]);
    }
    html(TreePage { table, page })
}

struct Holder {
    id: String,
    name: String,
    title: String,
    from: String,
    to: String,
    origin: String,
}

#[derive(Template)]
#[template(path = "organisation/posts.html")]
struct AgencyPage {
    page: Page,
    errors: Vec<ErrorItem>,
    agency: String,
    agency_name: String,
    holders: Vec<Holder>,
    username: TextInput,
    role: Select,
    valid_from: DateField,
    valid_to: DateField,
}

async fn build(
    visitor: &Visitor,
    room: &IdentityRoom,
    code: &str,
    form: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<AgencyPage, Fault> {
    let lang = visitor.lang;
    let agencies = room.agency_tree().await?;
    let agency = agencies.get(code).ok_or_else(|| Problem::not_found("agency_not_found", "no agency has this code"))?;
    let mut page = visitor.page(t(lang, "identity-posts-of", &[("agency", name(lang, agency).into())]), "");
    page.errors = !errors.is_empty();
    let holder = |post: crate::organisation::posts::PostRow| Holder {
        from: format::date_short(lang, post.valid_from),
        to: post.valid_to.map_or_else(|| t(lang, "identity-posts-open", &[]), |day| format::date_short(lang, day)),
        origin: match post.origin.as_deref() {
            Some("scim" | "ldap") => t(lang, "identity-posts-origin-directory", &[]),
            _ => t(lang, "identity-posts-origin-local", &[]),
        },
        id: post.id,
        name: post.full_name,
        title: post.title,
    };
    let holders = room.posts_in(code, SHOWN).await?.into_iter().map(holder).collect();
    let roles = &room.settings().roles;
    let held = roles.iter().filter(|role| roles.held_by(&role.id, &agency.kind, &agency.code));
    let choices = held.map(|role| Choice::new(&role.id, role.title.text(lang)).chosen(form.text("role"))).collect();
    let field = |name: &str| {
        let label = t(lang, &format!("identity-posts-{}", name.replace('_', "-")), &[]);
        Field::new(lang, name, label).errors(&errors)
    };
    let date = |name: &str, hint: &str| {
        let part = |part: &str| form.text(&format!("{name}.{part}")).to_owned();
        let field = field(name).hint(t(lang, hint, &[])).optional(true);
        DateField::new(field).values(part("day"), part("month"), part("year"))
    };
    Ok(AgencyPage {
        agency: agency.code.clone(),
        agency_name: name(lang, agency),
        username: TextInput::new(field("username")).value(form.text("username")).width(20),
        role: Select::new(field("role"), choices),
        valid_from: date("valid_from", "identity-posts-valid-from-hint"),
        valid_to: date("valid_to", "identity-posts-valid-to-hint"),
        holders,
        page,
        errors,
    })
}

/// Shows who serves in an agency, with the form to give a post.
pub(crate) async fn show_agency_posts(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(code): Path<String>,
) -> Answer {
    html(build(&visitor, &room, &code, &FormFields::default(), Vec::new()).await?)
}

/// Gives a post.
pub(crate) async fn give_post_page(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(code): Path<String>,
    form: FormFields,
) -> Answer {
    let lang = visitor.lang;
    let (from, to) = (typed_date(&form, "valid_from"), typed_date(&form, "valid_to"));
    let wrong = |name: &str| ErrorItem::of(name, t(lang, "identity-posts-date-wrong", &[]));
    let mut errors: Vec<ErrorItem> = Vec::new();
    errors.extend(from.is_err().then(|| wrong("valid_from")));
    errors.extend(to.is_err().then(|| wrong("valid_to")));
    let (Ok(valid_from), Ok(valid_to)) = (from, to) else {
        return html_invalid(build(&visitor, &room, &code, &form, errors).await?);
    };
    let new = NewPost {
        username: form.text("username").to_owned(),
        agency: code.clone(),
        role: form.text("role").to_owned(),
        valid_from,
        valid_to,
    };
    match room.give_post(&new, visitor.actor_ref(), &visitor.request_id).await {
        Ok(_) => redirect(lang, &format!("{POSTS}/{code}")),
        Err(problem) if problem.kind == ProblemKind::Invalid => {
            html_invalid(build(&visitor, &room, &code, &form, items(lang, "posts", &problem)).await?)
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Ends a post at once.
pub(crate) async fn end_post_page(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path((_, post)): Path<(String, String)>,
) -> Answer {
    let ended = room.end_post(&visitor.site, &post, None, visitor.actor_ref(), &visitor.request_id).await?;
    redirect(visitor.lang, &format!("{POSTS}/{}", ended.agency))
}
