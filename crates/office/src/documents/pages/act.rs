//! What is pressed on the page of a document.

use super::{detail, path, reader, words_of};
use crate::documents::table::Action;
use crate::room::OfficeRoom;
use haidang_kernel::problem::Problem;
use haidang_ui::field::ErrorItem;
use haidang_web::{Answer, FormFields, Path, State as Use, Visitor, html_invalid, redirect};

fn revision(form: &FormFields) -> i64 {
    form.text("revision").parse().unwrap_or_default()
}

fn action(form: &FormFields) -> Result<Action, Problem> {
    let unknown = || Problem::invalid("action_unknown", "no such action").field("action", "unknown");
    Action::parse(form.text("action")).ok_or_else(unknown)
}

/// A field of the form of one action.
fn of<'f>(form: &'f FormFields, action: Action, name: &str) -> &'f str {
    form.text(&format!("{}_{name}", action.as_str()))
}

fn activation(form: &FormFields, action: &str) -> Option<String> {
    form.filled(&format!("{action}_activation")).map(str::to_owned)
}

/// Back to the document, or the same page with what was refused and everything typed.
async fn after(
    visitor: &Visitor,
    room: &OfficeRoom,
    id: &str,
    form: &FormFields,
    answer: Result<(), Problem>,
) -> Answer {
    let Err(problem) = answer else { return redirect(visitor.lang, &path(id)) };
    let mut errors = words_of(visitor.lang, problem)?;
    let document = room.document(&reader(visitor)?, id).await?;
    let sent = form.text("action");
    for error in errors.iter_mut().filter(|error| ["words", "reviewer", "by_document"].contains(&error.id.as_str())) {
        *error = ErrorItem::of(format!("{sent}_{}", error.id), error.message.clone());
    }
    html_invalid(detail::build(visitor, room, document, form, errors).await?)
}

/// Reviews, returns, taking back, giving up.
pub(crate) async fn move_document(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let action = action(&form)?;
    let reviewer = Some(of(&form, action, "reviewer")).filter(|who| !who.is_empty());
    let words = of(&form, action, "words");
    let answer = room.pass_document(&reader(&visitor)?, &id, revision(&form), action, words, reviewer).await;
    after(&visitor, &room, &id, &form, answer).await
}

/// Ký nháy.
pub(crate) async fn initial_document_page(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let secret = activation(&form, "initial");
    let answer = room.initial_document(&reader(&visitor)?, &id, revision(&form), secret).await;
    after(&visitor, &room, &id, &form, answer).await
}

/// Number and seal; after an interruption it goes on.
pub(crate) async fn seal_document_page(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let secret = activation(&form, form.text("action"));
    let answer = room.number_and_seal(&reader(&visitor)?, &id, revision(&form), secret).await;
    after(&visitor, &room, &id, &form, answer).await
}

/// Issues.
pub(crate) async fn issue_document_page(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let answer = room.issue_document(&reader(&visitor)?, &id, revision(&form)).await;
    after(&visitor, &room, &id, &form, answer).await
}

/// Recall, replacement, corrigendum.
pub(crate) async fn withdraw_document_page(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let action = action(&form)?;
    let (words, by) = (of(&form, action, "words"), of(&form, action, "by_document"));
    let answer = room.withdraw_document(&reader(&visitor)?, &id, revision(&form), action, words, Some(by)).await;
    after(&visitor, &room, &id, &form, answer).await
}

/// Typesets the paper anew.
pub(crate) async fn renew_document_paper(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let answer = room.renew_paper(&reader(&visitor)?, &id, revision(&form)).await;
    after(&visitor, &room, &id, &form, answer).await
}

/// A paper copy left the house.
pub(crate) async fn mark_dispatch_sent(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let answer = room.dispatch_sent(&reader(&visitor)?, &id, form.text("dispatch")).await;
    after(&visitor, &room, &id, &form, answer).await
}

/// A remark about the newest version.
pub(crate) async fn comment_on_document(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let version = form.text("version").parse().unwrap_or_default();
    let answer = room.comment(&reader(&visitor)?, &id, version, form.text("remark")).await;
    after(&visitor, &room, &id, &form, answer).await
}
