//! My devices: where I am signed in, and ending that.

use askama::Template;
use axum::extract::State;
use haidang_kernel::format;
use haidang_kernel::problem::Problem;
use haidang_ui::{Lang, Page, t};
use haidang_web::session::{self, Described};
use haidang_web::{Answer, Path, Visitor, html, redirect};

use super::account_page;
use super::step_up::level_text;
use crate::pages::audit;
use crate::room::IdentityRoom;

const HERE: &str = "/tai-khoan/thiet-bi";

struct Line {
    sid: String,
    device: String,
    method: String,
    level: String,
    began: String,
    seen: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage {
    page: Page,
    lines: Vec<Line>,
    others: bool,
}

/// Words of RFC 8176 that name a means; the others (`user`, `mfa`) say how it was used.
const MEANS: &[&str] = &["pwd", "otp", "hwk", "swk", "sms", "vneid", "dvcqg"];

/// How somebody signed in, in words.
fn method_text(lang: Lang, described: &Described) -> String {
    let known = described.methods.iter().filter(|word| MEANS.contains(&word.as_str()));
    let words: Vec<String> = known.map(|word| t(lang, &format!("identity-method-{word}"), &[])).collect();
    if words.is_empty() { t(lang, "identity-method-other", &[]) } else { words.join(" + ") }
}

/// Shows the live sessions of the person.
pub(crate) async fn show_devices(visitor: Visitor) -> Answer {
    let actor = visitor.require_actor()?.clone();
    let lang = visitor.lang;
    let current = session::current(&visitor).map(|current| current.sid.clone());
    let line = |described: Described| Line {
        device: described.device.clone().unwrap_or_else(|| t(lang, "identity-devices-unknown", &[])),
        method: method_text(lang, &described),
        level: level_text(lang, described.assurance),
        began: format::date_time_table(lang, described.created_at),
        seen: format::date_time_table(lang, described.last_seen_at),
        current: current.as_ref() == Some(&described.sid),
        sid: described.sid,
    };
    let lines: Vec<Line> = session::list(&visitor.site, &actor.person).await?.into_iter().map(line).collect();
    let others = lines.iter().any(|line| !line.current);
    html(DevicesPage { page: account_page(&visitor, "identity-devices-title"), lines, others })
}

/// Ends one session of the person.
pub(crate) async fn end_device(visitor: Visitor, Path(session): Path<String>) -> Answer {
    let actor = visitor.require_actor()?.clone();
    if !session::end_one(&visitor.site, &actor.person, &session).await? {
        return Err(Problem::not_found("session_unknown", "no such session of this person").into());
    }
    audit(&visitor.site.db, visitor.audit("session.one_ended", "session", &session)).await?;
    redirect(visitor.lang, HERE)
}

/// Puts the notices of the account away.
pub(crate) async fn put_notices_away(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    let actor = visitor.require_actor()?.clone();
    room.see_notices(&visitor, &actor.person).await?;
    redirect(visitor.lang, haidang_ui::paths::ACCOUNT)
}
