//! Proving more: the means an account has, on one page; and passkeys wherever somebody proves who they are.

use askama::Template;
use axum::extract::State;
use haidang_contracts::actor::{ActorKind, PersonId};
use haidang_kernel::problem::Problem;
use haidang_store::AuditEntry;
use haidang_ui::component::TextInput;
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Lang, Page, t};
use haidang_web::session::{self, SignIn};
use haidang_web::{Answer, Fault, FormFields, Query, StatusCode, Visitor, html_status, json, redirect, return_path};
use serde::Deserialize;

use super::own_account;
use crate::credentials::passkeys::{Asked, KeyRefusal};
use crate::credentials::rules;
use crate::pages::official::{self, Typed};
use crate::pages::{audit, signed_in};
use crate::room::IdentityRoom;

/// Where the script of a page asks for a challenge, and where it sends the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PasskeyOffer {
    pub(crate) begin: &'static str,
    pub(crate) finish: &'static str,
}

/// The offer to sign in with a passkey, or to prove more with one.
pub(crate) fn passkey_offer(signed_in: bool) -> PasskeyOffer {
    match signed_in {
        true => PasskeyOffer { begin: "/dang-nhap/nang-muc/khoa/bat-dau", finish: "/dang-nhap/nang-muc/khoa" },
        false => PasskeyOffer { begin: "/dang-nhap/khoa-truy-cap/bat-dau", finish: "/dang-nhap/khoa-truy-cap" },
    }
}

/// What the page is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Wanted {
    /// Name of a level.
    acr: Option<String>,
    /// Where to go afterwards.
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "step_up.html")]
struct StepUpPage {
    page: Page,
    errors: Vec<ErrorItem>,
    next: String,
    /// The level that is asked for, in words.
    level: Option<String>,
    /// The level is one that only the national identity gives.
    upstream: bool,
    /// Addresses and names of the upstreams that can be asked for it.
    doors: Vec<(String, String)>,
    code: Option<TextInput>,
    shown: Option<String>,
    password: Option<TextInput>,
    offer: Option<PasskeyOffer>,
    /// Where a first factor is enrolled, when the account has none.
    enrol: bool,
}

/// A level in words.
pub(crate) fn level_text(lang: Lang, level: u8) -> String {
    t(lang, &format!("identity-level-{}", level.clamp(1, 4)), &[])
}

async fn build(
    visitor: &Visitor,
    room: &IdentityRoom,
    wanted: &Wanted,
    errors: Vec<ErrorItem>,
) -> Result<StepUpPage, Fault> {
    let (lang, actor) = (visitor.lang, visitor.require_actor()?.clone());
    let mut page = visitor.page(t(lang, "identity-step-up-title", &[]), "");
    page.errors = !errors.is_empty();
    if actor.kind == ActorKind::Resident {
        page.service = haidang_ui::Service::Resident;
    }
    page.navigation = Vec::new();
    page.scripts.push("passkey.js");
    let level = wanted.acr.as_deref().and_then(haidang_web::acr_level);
    let local = room.username_of(&actor.person).await?.is_some();
    let means = room.means(&actor.person).await?;
    let methods = session::current(visitor).map(|current| current.methods.clone()).unwrap_or_default();
    let completes = rules::code_completes(&methods);
    let upstream = !local || level.is_some_and(|level| level > 2);
    let next = return_path(&visitor.site, wanted.next.as_deref());
    // Whoever has an account of the city's own is another person to the upstream, who signs in anew.
    let doors = match local {
        true => Vec::new(),
        false => room.raising_doors(lang, level.unwrap_or(2), &next),
    };
    let doors = doors.into_iter().map(|(address, name)| (page.href(address), name)).collect();
    let field = |name: &str, key: &str| Field::new(lang, name, t(lang, key, &[])).errors(&errors);
    let with_code = local && means.codes && completes;
    let code = with_code.then(|| {
        let hint = t(lang, "identity-code-hint", &[]);
        TextInput::new(field("code", "identity-code-label").hint(hint).autocomplete("one-time-code"))
            .numeric()
            .width(10)
    });
    let with_password = local && (!completes || !means.any());
    let password = with_password.then(|| {
        let field = field("password", "identity-official-password").autocomplete("current-password");
        TextInput::new(field).kind("password").width(20)
    });
    Ok(StepUpPage {
        next,
        doors,
        level: level.map(|level| level_text(lang, level)),
        upstream,
        shown: if with_code { room.shown_code(&actor.person).await? } else { None },
        code,
        password,
        offer: (means.passkeys > 0).then(|| passkey_offer(true)),
        enrol: local && !means.any(),
        page,
        errors,
    })
}

/// Offers the means the account has.
pub(crate) async fn show_step_up(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    html_status(StatusCode::OK, build(&visitor, &room, &wanted, Vec::new()).await?)
}

async fn refused(
    visitor: &Visitor,
    room: &IdentityRoom,
    form: &FormFields,
    status: StatusCode,
    error: ErrorItem,
) -> Answer {
    let wanted = Wanted { acr: None, next: form.filled("next").map(str::to_owned) };
    html_status(status, build(visitor, room, &wanted, vec![error]).await?)
}

/// The password, where it is what is missing: beside a key that verified nobody, or again before a first factor is
/// enrolled.
pub(crate) async fn step_up_with_password(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    form: FormFields,
) -> Answer {
    let (actor, username) = own_account(&visitor, &room).await?;
    let methods = session::current(&visitor).map(|current| current.methods.clone()).unwrap_or_default();
    let completes = rules::code_completes(&methods);
    if completes && room.has_second_factor(&actor.person).await? {
        // The password alone never stands in the place of a second factor.
        return Err(Problem::forbidden("second_factor_required", "the account has a second factor").into());
    }
    let password = form.text("password");
    if password.is_empty() {
        let text = t(visitor.lang, "identity-official-password-empty", &[]);
        return refused(&visitor, &room, &form, StatusCode::UNPROCESSABLE_ENTITY, ErrorItem::of("password", text))
            .await;
    }
    if let Err(error) = official::guarded(&visitor, room.check_password(&username, password)).await {
        let refusal = official::refusal(&visitor, error, "identity-password-wrong")?;
        let page = refused(&visitor, &room, &form, refusal.status, ErrorItem::of("password", refusal.text)).await;
        return official::with_retry(page, refusal.retry_after);
    }
    stepped_up(&visitor, &actor.person).await?;
    if completes {
        session::sign_in(&visitor, &actor.person, SignIn::official(false)).await?;
    } else {
        session::step_up_by(&visitor, 2, &["pwd", "mfa"]).await?;
    }
    redirect(visitor.lang, &official::home(&visitor, form.filled("next")))
}

async fn stepped_up(visitor: &Visitor, person: &PersonId) -> Result<(), Fault> {
    let entry = visitor.audit("session.stepped_up", "person", person.as_str());
    Ok(audit(&visitor.site.db, entry).await?)
}

/// The text of a refusal.
pub(crate) fn key_refusal(visitor: &Visitor, refusal: KeyRefusal) -> Result<String, Fault> {
    let key = match refusal {
        KeyRefusal::Over => "identity-passkey-over",
        KeyRefusal::Wrong => "identity-passkey-wrong",
        KeyRefusal::Unverified => "identity-passkey-unverified",
        KeyRefusal::Flagged => "identity-passkey-flagged",
        KeyRefusal::Known => "identity-passkey-known",
        KeyRefusal::TooMany => "identity-passkey-too-many",
        KeyRefusal::Unavailable => "identity-passkey-unavailable",
        KeyRefusal::Store(error) => return Err(error.into()),
    };
    Ok(t(visitor.lang, key, &[]))
}

/// A challenge for the script, or why there is none.
pub(crate) fn challenge(options: Result<serde_json::Value, KeyRefusal>) -> Answer {
    match options {
        Ok(options) => json(200, &options),
        Err(KeyRefusal::Store(error)) => Err(error.into()),
        Err(KeyRefusal::Unavailable) => Err(Problem::unavailable("passkeys_unavailable", "no relying party").into()),
        Err(refusal) => Err(Problem::forbidden("passkey_refused", refusal.to_string()).into()),
    }
}

/// Asks for a key to sign in with: any, or one of the account typed.
pub(crate) async fn begin_passkey_sign_in(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    form: FormFields,
) -> Answer {
    let asked = form.filled("username").map_or(Asked::Anyone, Asked::Account);
    challenge(room.begin_assertion(&visitor, asked).await)
}

/// Signs in with a passkey. No throttle of an account stands in its way: a key is not guessed.
pub(crate) async fn sign_in_with_passkey(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    form: FormFields,
) -> Answer {
    let answer = room.finish_assertion(&visitor, form.text("ceremony"), form.text("credential"), None).await;
    let proof = match answer {
        Ok(proof) => proof,
        Err(refusal) => {
            let text = key_refusal(&visitor, refusal)?;
            let typed =
                Typed { next: return_path(&visitor.site, form.filled("next")), username: form.text("username") };
            let page = official::official_page(&visitor, typed, vec![ErrorItem::of("passkey", text)]);
            return html_status(StatusCode::UNPROCESSABLE_ENTITY, page);
        }
    };
    let (assurance, methods) = rules::passkey_methods(proof.verified, proof.synced);
    let entry = AuditEntry::mutation("session.started", signed_in("official", &proof.person))
        .object("person", proof.person.as_str())
        .request(&visitor.request_id)
        .detail(serde_json::json!({ "methods": methods }));
    audit(&visitor.site.db, entry).await?;
    let sign_in = SignIn {
        kind: ActorKind::Official,
        assurance,
        second_factor: proof.verified,
        methods: methods.into_iter().map(str::to_owned).collect(),
        upstream: None,
    };
    session::sign_in(&visitor, &proof.person, sign_in).await?;
    room.note_sign_in(&visitor, &proof.person).await?;
    let next = return_path(&visitor.site, form.filled("next"));
    if !proof.verified {
        // One factor bears no post: the page says what is missing.
        return redirect(
            visitor.lang,
            &format!("/dang-nhap/nang-muc?{}", haidang_web::encode([("next", next.as_str())])),
        );
    }
    redirect(visitor.lang, if next == "/" { haidang_ui::paths::WORKBENCH } else { &next })
}

/// Asks for a key of the person signed in.
pub(crate) async fn begin_passkey_step_up(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    let (actor, _) = own_account(&visitor, &room).await?;
    challenge(room.begin_assertion(&visitor, Asked::Person(&actor.person)).await)
}

/// Proves more with a passkey; the session goes on as the same person's.
pub(crate) async fn step_up_with_passkey(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    form: FormFields,
) -> Answer {
    let (actor, _) = own_account(&visitor, &room).await?;
    let (ceremony, credential) = (form.text("ceremony"), form.text("credential"));
    let proof = match room.finish_assertion(&visitor, ceremony, credential, Some(&actor.person)).await {
        Ok(proof) => proof,
        Err(refusal) => {
            let error = ErrorItem::of("passkey", key_refusal(&visitor, refusal)?);
            return refused(&visitor, &room, &form, StatusCode::UNPROCESSABLE_ENTITY, error).await;
        }
    };
    if proof.person != actor.person || !proof.verified {
        return Err(Problem::forbidden("not_allowed", "another person's key").into());
    }
    stepped_up(&visitor, &actor.person).await?;
    let (assurance, methods) = rules::passkey_methods(true, proof.synced);
    session::step_up_by(&visitor, assurance, &methods).await?;
    redirect(visitor.lang, &official::home(&visitor, form.filled("next")))
}
