//! Pages of federation: the two ends of a sign-in, why one failed, joining two upstreams, and leaving.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use haidang_ui::{Page, t};
use haidang_web::client::on_this_machine;
use haidang_web::{Answer, FormFields, Path, Query, Visitor, html, redirect, return_path, session};
use serde::Deserialize;

use super::flow::{self, Finished, Returned};
use super::link;
use super::reason::Reason;
use crate::room::IdentityRoom;

/// Page on which two upstreams become one account.
const LINK: &str = "/lien-ket-dang-nhap";

/// What the beginning of a sign-in may be asked.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Wanted {
    next: Option<String>,
    /// Level 2 to 4 of whoever is signed in; absent for an ordinary sign-in.
    acr: Option<String>,
}

impl Wanted {
    fn level(&self) -> Option<u8> {
        self.acr.as_deref().and_then(|text| text.parse().ok()).filter(|level| (2..=4).contains(level))
    }
}

/// Begins: sends the browser to the upstream.
pub(crate) async fn begin_federated_sign_in(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(idp): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Answer {
    if let Some(address) = by_own_name(&visitor, &headers) {
        return flow::leave(&address);
    }
    let next = return_path(&visitor.site, wanted.next.as_deref());
    super::begin(&visitor, &room, &headers, &idp, wanted.level(), &next).await
}

/// The same page under the city's own name, when a demonstration was opened by another name of the same machine: the
/// upstream sends the browser back to the city's own, and the cookie of the sign-in must be there.
fn by_own_name(visitor: &Visitor, headers: &HeaderMap) -> Option<String> {
    let settings = &visitor.site.settings;
    let host = headers.get("host")?.to_str().ok()?;
    let origin = settings.origin.trim_end_matches('/');
    let given = format!("http://{host}");
    let port = |address: &str| address.rsplit_once(':').map(|(_, port)| port.to_owned());
    let same_machine = on_this_machine(&given) && on_this_machine(origin) && port(&given) == port(origin);
    (settings.demo && given != origin && same_machine)
        .then(|| format!("{origin}{}", haidang_ui::page::localised(visitor.lang, &visitor.path)))
}

/// Ends: the upstream has sent the browser back.
pub(crate) async fn finish_federated_sign_in(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(idp): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Answer {
    let remote = room.remote(&idp).ok_or_else(flow::unknown)?;
    let tx = flow::tx_of(&visitor.site, &headers);
    let pairs = haidang_web::decode_form(query.unwrap_or_default().as_bytes())?.0;
    match flow::finish(&visitor, &room, remote, tx, Returned::read(&pairs)).await? {
        Ok(Finished::In(next)) => redirect(visitor.lang, &next),
        Ok(Finished::Link) => redirect(visitor.lang, LINK),
        Err(stop) => flow::refuse(&visitor, remote, stop).await,
    }
}

#[derive(Template)]
#[template(path = "federation_failed.html")]
struct FailedPage {
    page: Page,
    what: String,
    help: String,
    /// Address and name of the upstream to try again.
    again: Option<(String, String)>,
    choose: String,
}

/// What the page that explains may be asked.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Why {
    #[serde(rename = "ly-do")]
    reason: Option<String>,
    next: Option<String>,
    acr: Option<String>,
}

/// Says why nobody was signed in and what to do now.
pub(crate) async fn show_failed_sign_in(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(idp): Path<String>,
    Query(why): Query<Why>,
) -> Answer {
    let remote = room.remote(&idp).ok_or_else(flow::unknown)?;
    let lang = visitor.lang;
    let reason = Reason::parse(why.reason.as_deref().unwrap_or_default());
    let next = return_path(&visitor.site, why.next.as_deref());
    let mut query: Vec<(&str, &str)> = Vec::new();
    if next != "/" {
        query.push(("next", &next));
    }
    query.extend(why.acr.as_deref().map(|acr| ("acr", acr)));
    let with = |path: String| match query.is_empty() {
        true => path,
        false => format!("{path}?{}", haidang_web::encode(query.iter().copied())),
    };
    let page = visitor.page(t(lang, "identity-federation-failed-title", &[]), "");
    let name = remote.upstream.name.text(lang).to_owned();
    let key = format!("identity-federation-{}", reason.word());
    html(FailedPage {
        what: t(lang, &key, &[("name", name.as_str().into())]),
        help: t(lang, &format!("{key}-help"), &[("name", name.as_str().into())]),
        again: reason.again().then(|| (page.href(with(format!("/dang-nhap/{idp}"))), name)),
        choose: page.href(with("/dang-nhap".to_owned())),
        page,
    })
}

#[derive(Template)]
#[template(path = "federation_link.html")]
struct LinkPage {
    page: Page,
    /// Name of the upstream that was just shown; nothing waits without it.
    waiting: Option<String>,
    /// Both were shown: only the button is missing.
    ready: bool,
    /// Addresses and names of the upstreams to sign in by first.
    others: Vec<(String, String)>,
}

/// Explains what is missing before two upstreams lead to one account, or offers to join them.
pub(crate) async fn show_account_link(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    headers: HeaderMap,
) -> Answer {
    let tx = flow::tx_of(&visitor.site, &headers);
    let pending = match &tx {
        Some(tx) => link::pending(&visitor.site, tx).await?,
        None => None,
    };
    let ready = link::ready(&visitor, tx.as_deref()).await?.is_some();
    let page = visitor.page(t(visitor.lang, "identity-federation-link-title", &[]), "");
    let name = |id: &str| room.remote(id).map(|remote| remote.upstream.name.text(visitor.lang).to_owned());
    let waiting = pending.as_ref().and_then(|(waiting, _)| name(&waiting.upstream));
    let other = |id: &String| pending.as_ref().is_some_and(|(waiting, _)| waiting.upstream != *id);
    let back = haidang_web::encode([("next", LINK)]);
    let doors = room.upstream_doors().into_iter().filter(|(id, _)| other(id));
    let others = doors
        .map(|(id, name)| (page.href(format!("/dang-nhap/{id}?{back}")), name.text(visitor.lang).to_owned()))
        .collect();
    html(LinkPage { page, waiting, ready, others })
}

/// Joins what was shown to the account that is signed in.
pub(crate) async fn link_account(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    headers: HeaderMap,
    _form: FormFields,
) -> Answer {
    let tx = flow::tx_of(&visitor.site, &headers);
    let Some(waiting) = link::ready(&visitor, tx.as_deref()).await? else { return redirect(visitor.lang, LINK) };
    let person = visitor.require_actor()?.person.clone();
    let done =
        room.link(&waiting.upstream, &waiting.subject, &person, visitor.actor_ref(), &visitor.request_id).await?;
    link::forget(&visitor.site, tx.as_deref().unwrap_or_default()).await?;
    if !done {
        return redirect(visitor.lang, &format!("/dang-nhap/{}/khong-thanh?ly-do=conflict", waiting.upstream));
    }
    redirect(visitor.lang, haidang_ui::paths::ACCOUNT)
}

/// Where somebody goes who just ended the session here: the upstream may still know them.
pub(crate) fn after_sign_out(visitor: &Visitor) -> String {
    match session::current(visitor).and_then(|session| session.upstream.as_deref()) {
        Some(upstream) => format!("/da-dang-xuat/{upstream}"),
        None => "/".to_owned(),
    }
}

#[derive(Template)]
#[template(path = "federation_signed_out.html")]
struct SignedOutPage {
    page: Page,
    name: String,
    /// Where the session at the upstream is ended.
    logout: Option<String>,
}

/// Says that the session here is over and offers to end the one at the upstream too.
pub(crate) async fn show_signed_out(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(idp): Path<String>,
) -> Answer {
    let remote = room.remote(&idp).ok_or_else(flow::unknown)?;
    let page = visitor.page(t(visitor.lang, "identity-federation-out-title", &[]), "");
    // An upstream that does not answer right now only takes the link away.
    let logout = remote.endpoints().await.ok().map(|endpoints| endpoints.logout).filter(|url| !url.is_empty());
    let origin = visitor.site.settings.origin.trim_end_matches('/');
    let logout = logout.map(|url| {
        let join = if url.contains('?') { '&' } else { '?' };
        let query = haidang_web::encode([
            ("client_id", remote.upstream.client_id.as_str()),
            ("post_logout_redirect_uri", &format!("{origin}/")),
        ]);
        format!("{url}{join}{query}")
    });
    html(SignedOutPage { name: remote.upstream.name.text(visitor.lang).to_owned(), logout, page })
}
