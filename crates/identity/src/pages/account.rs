//! The account page: who am I here, which posts, other devices; and signing out.

use super::audit;
use crate::room::IdentityRoom;
use askama::Template;
use axum::extract::State;
use haidang_contracts::actor::ActorKind;
use haidang_kernel::number::{CitizenNo, Phone};
use haidang_store::AuditEntry;
use haidang_ui::component::{SummaryList, SummaryRow};
use haidang_ui::{Lang, Page, t};
use haidang_web::{Answer, Visitor, html, redirect, session};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    page: Page,
    facts: SummaryList,
    posts: Vec<SummaryList>,
    resident: bool,
    may_represent: bool,
    manages_tokens: bool,
    manages_accounts: bool,
    /// The person has an account of the city's own, with factors to manage.
    local: bool,
    notices: Vec<String>,
    /// When a recovery that waits may be completed.
    recovery: Option<String>,
    manages_posts: bool,
    manages_clients: bool,
    answers_complaints: bool,
    opens_in_emergency: bool,
}

/// Shows the account.
pub(crate) async fn show_account(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    let lang = visitor.lang;
    let actor = visitor.require_actor()?.clone();
    let mut page = visitor.page(t(lang, "identity-account-title", &[]), "");
    page.private = true;
    if actor.kind == ActorKind::Official {
        page.service = haidang_ui::Service::Office;
    }
    let row = |key: &str, value: String| SummaryRow::new(t(lang, key, &[]), value);
    let mut facts = vec![row("identity-account-name", actor.display_name.clone()).lang(Lang::Vi)];
    let mut national = None;
    if let Some(person) = room.stored(&actor.person).await? {
        national = Some(person.account_level).filter(|_| actor.kind == ActorKind::Resident);
        // Masked: the page may be open on a shared screen, and its reader knows the number.
        let number = person.record.citizen_no.as_deref().and_then(|number| CitizenNo::parse(number).ok());
        facts.extend(number.map(|number| row("identity-account-number", number.masked())));
        facts.extend(person.record.tax_no.clone().map(|number| row("identity-account-tax", number)));
        let grouped = |phone: String| Phone::parse(&phone).map_or(phone, |phone| phone.grouped());
        facts.extend(person.record.phone.clone().map(|phone| row("identity-account-phone", grouped(phone))));
        facts.extend(person.record.email.clone().map(|email| row("identity-account-email", email)));
    }
    // Two axes, never merged: how well the national account was identified, and how strongly this session began.
    if let Some(level) = national {
        facts.push(row(
            "identity-account-level",
            t(lang, &format!("identity-account-level-{}", level.clamp(1, 2)), &[]),
        ));
    }
    let session = format!("identity-level-{}", actor.assurance.clamp(1, 4));
    facts.push(row("identity-account-session", t(lang, &session, &[])));
    if let Some(ends) = session::ends_at(&visitor) {
        facts.push(row("identity-account-ends", haidang_kernel::format::date_time_text(lang, ends)));
    }
    let tree = room.agency_tree().await?;
    let posts = actor.positions.iter().map(|post| {
        let agency = tree.get(&post.agency).map_or_else(
            || post.agency.clone(),
            |agency| match lang {
                Lang::Vi => agency.name_vi.clone(),
                Lang::En => agency.name_en.clone(),
            },
        );
        SummaryList::new(vec![
            row("identity-account-post", post.title.clone()).lang(Lang::Vi),
            row("identity-account-agency", agency),
        ])
    });
    let posts = posts.collect();
    let resident = actor.kind == ActorKind::Resident;
    let may_represent = resident && !room.represented_by(&actor.person).await?.is_empty();
    html(AccountPage {
        facts: SummaryList::new(facts),
        posts,
        resident,
        may_represent,
        manages_tokens: actor.can("token.manage"),
        manages_accounts: actor.can("user.manage"),
        local: room.username_of(&actor.person).await?.is_some(),
        notices: room.notices(&actor.person).await?.iter().map(|notice| notice.text(lang)).collect(),
        recovery: room
            .waiting_recovery(&actor.person)
            .await?
            .map(|ready| haidang_kernel::format::date_time_text(lang, ready)),
        manages_posts: actor.can("post.manage"),
        manages_clients: actor.can("client.manage"),
        answers_complaints: actor.can("access.answer") || actor.can("audit.read"),
        opens_in_emergency: actor.can("access.break_glass"),
        page,
    })
}

/// Ends this session. Without one it only forgets the cookie, so that pressing twice is harmless.
pub(crate) async fn sign_out(visitor: Visitor) -> Answer {
    if let Some(actor) = &visitor.actor {
        let entry = AuditEntry::mutation("session.ended", visitor.actor_ref())
            .object("person", actor.person.as_str())
            .request(&visitor.request_id);
        audit(&visitor.site.db, entry).await?;
    }
    let next = crate::federation::after_sign_out(&visitor);
    session::sign_out(&visitor).await?;
    redirect(visitor.lang, &next)
}

/// Ends the sessions of this person on all other devices.
pub(crate) async fn end_other_sessions(visitor: Visitor) -> Answer {
    let actor = visitor.require_actor()?;
    let entry = AuditEntry::mutation("session.others_ended", visitor.actor_ref())
        .object("person", actor.person.as_str())
        .request(&visitor.request_id);
    audit(&visitor.site.db, entry).await?;
    session::end_all(&visitor, &actor.person, true).await?;
    redirect(visitor.lang, haidang_ui::paths::ACCOUNT)
}
