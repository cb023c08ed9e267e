//! "Làm thay cho": acting for one's child, for the organisation one represents, or for whoever authorised one.

use askama::Template;
use axum::extract::State;
use haidang_contracts::MandateKind;
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_store::AuditEntry;
use haidang_ui::component::Choices;
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Lang, Page, t};
use haidang_web::{Answer, FormFields, Query, Visitor, html, html_invalid, redirect, return_path, session};

use super::{Next, audit};
use crate::model::Represented;
use crate::room::IdentityRoom;

#[derive(Template)]
#[template(path = "behalf.html")]
struct BehalfPage {
    page: Page,
    errors: Vec<ErrorItem>,
    people: Option<Choices>,
    next: String,
}

fn build(visitor: &Visitor, people: &[Represented], next: String, errors: Vec<ErrorItem>) -> BehalfPage {
    let lang = visitor.lang;
    let mut page = visitor.page(t(lang, "identity-behalf-title", &[]), "");
    page.errors = !errors.is_empty();
    let choices: Vec<Choice> = people
        .iter()
        .map(|person| {
            let key = match person.mandates.first().map(|mandate| mandate.kind) {
                Some(MandateKind::LegalRepresentative) => "identity-behalf-organisation",
                Some(MandateKind::ParentGuardian) => "identity-behalf-child",
                _ => "identity-behalf-authorised",
            };
            Choice::new(person.person.as_str(), &person.full_name).lang(Lang::Vi).hint(t(lang, key, &[]))
        })
        .collect();
    let field = Field::new(lang, "person", t(lang, "identity-behalf-question", &[])).errors(&errors);
    let people = (!choices.is_empty()).then(|| Choices::radios(field, choices));
    BehalfPage { page, errors, people, next }
}

/// Shows for whom one may act.
pub(crate) async fn choose_representation(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Query(wanted): Query<Next>,
) -> Answer {
    let next = return_path(&visitor.site, wanted.next.as_deref());
    let people = room.represented_by(&visitor.require_actor()?.person).await?;
    html(build(&visitor, &people, next, Vec::new()))
}

/// Begins to act for the chosen one.
pub(crate) async fn begin_representation(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    form: FormFields,
) -> Answer {
    let next = return_path(&visitor.site, form.filled("next"));
    let actor = visitor.require_actor()?;
    let Some(chosen) = form.filled("person") else {
        let people = room.represented_by(&actor.person).await?;
        let errors = vec![ErrorItem::of("person", t(visitor.lang, "identity-behalf-choose", &[]))];
        return html_invalid(build(&visitor, &people, next, errors));
    };
    // Whether the other exists is nobody's business who may not act for them.
    let unknown = || Problem::not_found("person_not_found", "nobody to act for");
    let chosen = PersonId::parse(chosen).map_err(|_| unknown())?;
    let other = room.may_represent(&actor.person, &chosen).await?.ok_or_else(unknown)?;
    let strong = other.mandates.iter().find(|mandate| mandate.min_assurance <= actor.assurance);
    let Some(mandate) = strong else {
        // How sure is sure enough stands in the mandate, so the row cannot ask for it.
        let least = other.mandates.iter().map(|mandate| mandate.min_assurance).min().unwrap_or(4);
        let back = format!("/lam-thay?{}", haidang_web::encode([("next", next.as_str())]));
        return Ok(haidang_web::ask_for_level(&visitor, least, &back));
    };
    let mut entry = AuditEntry::mutation("representation.begun", visitor.actor_ref())
        .object("person", other.person.as_str())
        .request(&visitor.request_id)
        .detail(serde_json::json!({ "kind": mandate.kind, "mandate": mandate.id }));
    entry.actor.on_behalf = Some(other.person.to_string());
    if let Some(number) = &other.number {
        entry = entry.subject(number);
    }
    audit(&visitor.site.db, entry).await?;
    session::act_for(&visitor, Some(&other.person)).await?;
    redirect(visitor.lang, &next)
}

/// Acts for oneself again.
pub(crate) async fn end_representation(visitor: Visitor) -> Answer {
    let actor = visitor.require_actor()?;
    if let Some(other) = &actor.on_behalf_of {
        let entry = AuditEntry::mutation("representation.ended", visitor.actor_ref())
            .object("person", other.as_str())
            .request(&visitor.request_id);
        audit(&visitor.site.db, entry).await?;
    }
    session::act_for(&visitor, None).await?;
    redirect(visitor.lang, "/")
}
