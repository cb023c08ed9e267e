//! Tokens of other systems, for administrators.

use crate::model::TokenRow;
use crate::roles::CAPABILITIES;
use crate::room::IdentityRoom;
use crate::tokens::NewToken;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use haidang_kernel::format;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{Choices, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Lang, Page, t};
use haidang_web::{Answer, Fault, FormFields, Path, Visitor, html, html_invalid, redirect};

/// What a capability means, in words: `case.receive` → `identity-capability-case-receive`.
fn capability_text(lang: Lang, name: &str) -> String {
    t(lang, &format!("identity-capability-{}", name.replace(['.', '_'], "-")), &[])
}

/// Rows on the page.
const SHOWN: i64 = 200;

struct Line {
    id: String,
    name: String,
    agency: String,
    capabilities: String,
    made: String,
    live: bool,
}

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    page: Page,
    errors: Vec<ErrorItem>,
    /// A token that was just made; shown this once.
    made: Option<String>,
    lines: Vec<Line>,
    name: TextInput,
    agency: TextInput,
    capabilities: Choices,
}

async fn build(
    visitor: &Visitor,
    room: &IdentityRoom,
    form: &FormFields,
    errors: Vec<ErrorItem>,
    made: Option<String>,
) -> Result<TokensPage, Fault> {
    let lang = visitor.lang;
    let mut page = visitor.page(t(lang, "identity-tokens-title", &[]), "");
    page.errors = !errors.is_empty();
    let now = visitor.site.ambient.now();
    let line = |token: TokenRow| Line {
        live: token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > now),
        made: format::date_time_table(lang, token.created_at),
        capabilities: token.capabilities.iter().map(|name| capability_text(lang, name)).collect::<Vec<_>>().join("; "),
        agency: token.agency.unwrap_or_default(),
        id: token.id,
        name: token.name,
    };
    let lines = room.tokens("", SHOWN).await?.into_iter().map(line).collect();
    let field = |name: &str| {
        let label = t(lang, &format!("identity-tokens-{name}"), &[]);
        Field::new(lang, name, label).hint(t(lang, &format!("identity-tokens-{name}-hint"), &[])).errors(&errors)
    };
    let ticked = form.all("capabilities");
    let choices = CAPABILITIES
        .iter()
        .map(|name| Choice::new(*name, capability_text(lang, name)).hint(*name).checked(ticked.contains(name)))
        .collect();
    Ok(TokensPage {
        name: TextInput::new(field("name")).value(form.text("name")).maxlength(80).width(30),
        agency: TextInput::new(field("agency")).value(form.text("agency")).width(20),
        capabilities: Choices::checkboxes(field("capabilities"), choices).small(),
        page,
        errors,
        made,
        lines,
    })
}

/// Shows tokens and the form for a new one.
pub(crate) async fn list_token_page(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    html(build(&visitor, &room, &FormFields::default(), Vec::new(), None).await?)
}

/// Makes a token and shows it once: the answer is the page itself, because an address must never carry a token.
pub(crate) async fn make_token_page(visitor: Visitor, State(room): State<IdentityRoom>, form: FormFields) -> Answer {
    let actor = visitor.require("token.manage")?;
    let new = NewToken {
        name: form.text("name").to_owned(),
        agency: form.text("agency").trim().to_owned(),
        capabilities: form.all("capabilities").into_iter().map(str::to_owned).collect(),
        expires_at: None,
    };
    match room.make_token(&new, visitor.actor_ref(), &actor.person, &visitor.request_id).await {
        Ok(made) => {
            let mut answer = html(build(&visitor, &room, &FormFields::default(), Vec::new(), Some(made.token)).await?)?;
            answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(answer)
        }
        Err(Problem { kind: ProblemKind::Invalid, errors, .. }) => {
            let text = |field: &str, code: &str| {
                t(visitor.lang, &format!("identity-tokens-{field}-{}", code.replace('_', "-")), &[])
            };
            let items =
                errors.iter().map(|error| ErrorItem::of(&error.field, text(&error.field, &error.code))).collect();
            html_invalid(build(&visitor, &room, &form, items, None).await?)
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Withdraws a token.
pub(crate) async fn revoke_token_page(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(token): Path<String>,
) -> Answer {
    room.revoke_token(&token, visitor.actor_ref(), &visitor.request_id).await?;
    redirect(visitor.lang, "/quan-tri/ma-truy-cap")
}
