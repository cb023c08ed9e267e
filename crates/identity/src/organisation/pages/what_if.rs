//! "What if": an administrator asks the policies about somebody. Nothing is granted by asking.

use askama::Template;
use axum::extract::State;
use haidang_contracts::actor::PersonId;
use haidang_contracts::authorizer::{Authorizer as _, Circumstances, EXTRACT, Question, Resource, VIEW, Verdict};
use haidang_contracts::identity::Identity as _;
use haidang_ui::component::{Choices, Select, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Fault, FormFields, Visitor, html, html_invalid};

use super::action_text;
use super::rights::{rules, word};
use crate::roles::CAPABILITIES;
use crate::room::IdentityRoom;

struct Answered {
    word: String,
    rules: Vec<Html>,
}

#[derive(Template)]
#[template(path = "organisation/what_if.html")]
struct WhatIfPage {
    page: Page,
    errors: Vec<ErrorItem>,
    username: TextInput,
    action: Select,
    thing: Choices,
    agency: TextInput,
    acr: Choices,
    answered: Option<Answered>,
    policy_set: String,
}

fn build(visitor: &Visitor, room: &IdentityRoom, form: &FormFields, errors: Vec<ErrorItem>) -> WhatIfPage {
    let lang = visitor.lang;
    let mut page = visitor.page(t(lang, "identity-what-if-title", &[]), "");
    page.errors = !errors.is_empty();
    let field = |name: &str| Field::new(lang, name, t(lang, &format!("identity-what-if-{name}"), &[])).errors(&errors);
    let chosen = form.text("action");
    let mut actions = vec![
        Choice::new(VIEW, t(lang, "identity-what-if-view", &[])).chosen(chosen),
        Choice::new(EXTRACT, t(lang, "identity-what-if-extract", &[])).chosen(chosen),
    ];
    actions.extend(CAPABILITIES.iter().map(|name| Choice::new(*name, action_text(lang, name)).chosen(chosen)));
    let kind = form.filled("thing").unwrap_or("route");
    let things = ["route", "case", "document"]
        .map(|name| Choice::new(name, t(lang, &format!("identity-what-if-thing-{name}"), &[])).checked(kind == name));
    let level = form.filled("acr").unwrap_or("2");
    let levels = ["1", "2", "3", "4"].map(|name| {
        Choice::new(name, t(lang, "identity-what-if-level", &[("level", name.into())])).checked(level == name)
    });
    WhatIfPage {
        username: TextInput::new(field("username").hint(page.t("identity-what-if-username-hint")))
            .value(form.text("username"))
            .width(20),
        action: Select::new(field("action"), actions),
        thing: Choices::radios(field("thing"), things.to_vec()).small(),
        agency: TextInput::new(field("agency").hint(page.t("identity-what-if-agency-hint")).optional(true))
            .value(form.text("agency"))
            .width(20),
        acr: Choices::radios(field("acr"), levels.to_vec()).small(),
        answered: None,
        policy_set: room.policies().hash().to_string(),
        page,
        errors,
    }
}

/// Shows the form.
pub(crate) async fn show_what_if(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    html(build(&visitor, &room, &FormFields::default(), Vec::new()))
}

/// Asks the policies. The form travels in a body: whom somebody asks about is nobody's business.
pub(crate) async fn ask_what_if(visitor: Visitor, State(room): State<IdentityRoom>, form: FormFields) -> Answer {
    let lang = visitor.lang;
    let person = room.person_of_account(form.text("username")).await?;
    let Some(person) = person else {
        let errors = vec![ErrorItem::of("username", t(lang, "identity-what-if-username-unknown", &[]))];
        return html_invalid(build(&visitor, &room, &form, errors));
    };
    if !room.policies().knows(form.text("action")) {
        let errors = vec![ErrorItem::of("action", t(lang, "identity-what-if-action-empty", &[]))];
        return html_invalid(build(&visitor, &room, &form, errors));
    }
    let verdict = judge(&visitor, &room, &person, &form).await?;
    let mut page = build(&visitor, &room, &form, Vec::new());
    let Some(verdict) = verdict else {
        page.answered = Some(Answered { word: page.page.t("identity-what-if-locked"), rules: Vec::new() });
        return html(page);
    };
    page.answered = Some(Answered { word: word(&page.page, &verdict), rules: rules(&page.page, &verdict) });
    html(page)
}

/// The verdict; `None` for an account that is nobody's actor now.
async fn judge(
    visitor: &Visitor,
    room: &IdentityRoom,
    person: &PersonId,
    form: &FormFields,
) -> Result<Option<Verdict>, Fault> {
    let Some(actor) = room.actor(person, None).await? else { return Ok(None) };
    let acr = form.text("acr").parse().unwrap_or(2_u8).clamp(1, 4);
    let units: Vec<String> = form.filled("agency").map(|code| code.trim().to_owned()).into_iter().collect();
    // A thing of somebody else: one's own is never in doubt.
    let owner: PersonId = visitor.site.ambient.new_id();
    let id = "what-if".to_owned();
    let resource = match form.text("thing") {
        "case" => Resource::Case { id, owner, units, consulted: Vec::new(), procedure: String::new() },
        "document" => Resource::Document { id, owner, kind: String::new(), consent: None },
        _ => Resource::Route { id, minimum_acr: 2 },
    };
    let circumstances = Circumstances { acr, ..Circumstances::of(&actor, visitor.site.ambient.now()) };
    let question =
        Question { actor: &actor, action: form.text("action"), resource: &resource, circumstances: &circumstances };
    Ok(Some(room.authorize(&question).await?))
}
