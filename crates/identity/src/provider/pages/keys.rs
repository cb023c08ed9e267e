//! Signing keys, for administrators.

use crate::organisation::typed_date;
use crate::provider::Provider;
use crate::provider::key_admin::{KeyState, KeyView};
use crate::provider::keys::ALGORITHMS;
use askama::Template;
use axum::extract::State;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{DateField, Select, Tag};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Lang, Page, t};
use haidang_web::{Answer, Fault, FormFields, Path, Visitor, html, html_invalid, redirect};
use jiff::Timestamp;

/// Address of the list.
const PATH: &str = "/quan-tri/khoa-ky";

struct Line {
    id: String,
    algorithm: String,
    made: String,
    from: String,
    state: Tag,
    may_sign: bool,
}

#[derive(Template)]
#[template(path = "clients/keys.html")]
struct KeysPage {
    page: Page,
    errors: Vec<ErrorItem>,
    lines: Vec<Line>,
    algorithm: Select,
    from: DateField,
}

fn line(lang: Lang, key: KeyView) -> Line {
    let tag = Tag::new(&t(lang, &format!("identity-keys-{}", key.state.as_str()), &[]));
    Line {
        state: match key.state {
            KeyState::Announced => tag.wait(),
            KeyState::Signing => tag.done(),
            KeyState::Verifying => tag,
        },
        made: haidang_kernel::format::date_time_table(lang, key.created_at),
        from: haidang_kernel::format::date_time_table(lang, key.active_from),
        may_sign: key.may_sign,
        id: key.id,
        algorithm: key.algorithm,
    }
}

async fn build(
    visitor: &Visitor,
    provider: &Provider,
    form: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<KeysPage, Fault> {
    let lang = visitor.lang;
    let mut page = visitor.page(t(lang, "identity-keys-title", &[]), "");
    page.errors = !errors.is_empty();
    let field = |name: &str| {
        let label = |end: &str| t(lang, &format!("identity-keys-{name}{end}"), &[]);
        Field::new(lang, name, label("")).hint(label("-hint")).errors(&errors)
    };
    let part = |part: &str| form.text(&format!("from.{part}")).to_owned();
    let typed = form.first("algorithm").unwrap_or(ALGORITHMS[0]);
    let choices = ALGORITHMS.iter().map(|name| Choice::new(*name, *name).chosen(typed)).collect();
    let lines = provider.signing_keys().await?.into_iter().map(|key| line(lang, key)).collect();
    Ok(KeysPage {
        lines,
        algorithm: Select::new(field("algorithm"), choices).always(),
        from: DateField::new(field("from").optional(true)).values(part("day"), part("month"), part("year")),
        page,
        errors,
    })
}

/// Shows the keys.
pub(crate) async fn list_key_page(visitor: Visitor, State(provider): State<Provider>) -> Answer {
    html(build(&visitor, &provider, &FormFields::default(), Vec::new()).await?)
}

/// The first moment of the day that was typed.
fn typed_start(form: &FormFields) -> Result<Option<Timestamp>, ()> {
    let Some(day) = typed_date(form, "from")? else { return Ok(None) };
    Ok(Some(day.to_zoned(haidang_kernel::time::city_zone()).map_err(|_| ())?.timestamp()))
}

async fn again(visitor: &Visitor, provider: &Provider, form: &FormFields, field: &str, key: &str) -> Answer {
    let errors = vec![ErrorItem::of(field, t(visitor.lang, &format!("identity-keys-{key}"), &[]))];
    html_invalid(build(visitor, provider, form, errors).await?)
}

/// Announces a successor.
pub(crate) async fn announce_key_page(visitor: Visitor, State(provider): State<Provider>, form: FormFields) -> Answer {
    let Ok(from) = typed_start(&form) else { return again(&visitor, &provider, &form, "from", "from-wrong").await };
    match provider.announce_key(form.text("algorithm"), from, (&visitor).into()).await {
        Ok(()) => redirect(visitor.lang, PATH),
        Err(Problem { kind: ProblemKind::Conflict, .. }) => {
            again(&visitor, &provider, &form, "algorithm", "algorithm-announced").await
        }
        Err(Problem { kind: ProblemKind::Invalid, errors, .. }) => {
            let early = errors.first().is_some_and(|error| error.field == "from");
            let (field, key) = if early { ("from", "from-early") } else { ("algorithm", "algorithm-wrong") };
            again(&visitor, &provider, &form, field, key).await
        }
        Err(other) => Err(other.into()),
    }
}

/// Lets an announced key sign now.
pub(crate) async fn rotate_key_page(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(key): Path<String>,
) -> Answer {
    provider.rotate_key(&key, (&visitor).into()).await?;
    redirect(visitor.lang, PATH)
}

/// Takes a key out.
pub(crate) async fn retire_key_page(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(key): Path<String>,
) -> Answer {
    provider.retire_key(&key, (&visitor).into()).await?;
    redirect(visitor.lang, PATH)
}
