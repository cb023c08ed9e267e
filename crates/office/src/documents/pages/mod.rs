//! Pages of documents: lists, one document with what may be done next, drafts, signing, files.

mod act;
mod compare;
mod detail;
mod draft;
mod files;
mod list;
mod sign;

pub(super) use act::{
    comment_on_document, initial_document_page, issue_document_page, mark_dispatch_sent, move_document,
    renew_document_paper, seal_document_page, withdraw_document_page,
};
pub(super) use compare::{compare_versions, show_version};
pub(super) use detail::show_document;
pub(super) use draft::{draft_document, edit_document, new_document, revise_document};
pub(super) use files::{
    ONE_DOCX, attach_document_files, detach_document_file, keep, show_document_file, show_document_paper,
    take_document_text, take_text_of,
};
pub(super) use list::list_documents;
pub(super) use sign::{list_documents_to_sign, sign_documents, sign_one_document};

use super::body::{Block, Level};
use super::table::State;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::Tag;
use haidang_ui::field::ErrorItem;
use haidang_ui::{Html, Lang, Page, t};
use haidang_web::{Fault, Visitor};

/// Address of the list.
pub(super) const LIST: &str = "/can-bo/van-ban";

/// Address of one document, without language.
pub(in crate::documents) fn path(id: &str) -> String {
    format!("{LIST}/{id}")
}

/// Who asks.
pub(in crate::documents) fn reader(visitor: &Visitor) -> Result<Reader<'_>, Fault> {
    let actor = visitor.require_actor()?;
    Ok(Reader { actor, channel: visitor.channel.as_str(), request_id: &visitor.request_id })
}

pub(in crate::documents) fn office_page(visitor: &Visitor, title: impl Into<String>) -> Page {
    let mut page = visitor.page(title, "documents");
    page.private = true;
    page
}

fn tabs(visitor: &Visitor) -> Html {
    crate::frame::tabs(visitor, LIST)
}

/// A stored word as part of a text id.
fn dashed(word: &str) -> String {
    word.replace(['_', '.'], "-")
}

fn state_tag(page: &Page, state: State) -> Tag {
    let tag = page.tag(page.t(&format!("documents-state-{}", dashed(state.as_str()))));
    match state {
        State::Returned | State::Recalled => tag.late(),
        State::UnitReview | State::OfficeCheck | State::AwaitingSignature => tag.wait(),
        State::Issued | State::Filed => tag.done(),
        _ => tag,
    }
}

/// The word of an urgency; nothing for an ordinary document.
fn urgency_tag(page: &Page, urgency: i64) -> Option<Tag> {
    (urgency > 0).then(|| page.tag(page.t(&format!("documents-urgency-{urgency}"))).late())
}

pub(in crate::documents) fn link(page: &Page, path: &str, text: &str) -> Html {
    Html::trusted("<a class=\"govuk-link\" href=\"")
        .then(Html::text(page.href(path)))
        .then(Html::trusted("\">"))
        .then(Html::text(text))
        .then(Html::trusted("</a>"))
}

fn kind_name(room: &OfficeRoom, page: &Page, kind: &str) -> Html {
    room.documents.kind(kind).map_or_else(|| Html::text(kind), |kind| page.b(&kind.name))
}

/// The text as it reads, part by part; always Vietnamese.
fn preview(blocks: &[Block]) -> Html {
    let mut out = Html::trusted("<div class=\"hd-draft\" lang=\"vi\">");
    for block in blocks {
        let strong = matches!(block.level, Level::Heading | Level::Article);
        out = out.then(Html::trusted("<p class=\"govuk-body\">"));
        if !block.label.is_empty() {
            let (open, close) = if strong { ("<strong>", "</strong> ") } else { ("", " ") };
            out = out.then(Html::trusted(open)).then(Html::text(&block.label)).then(Html::trusted(close));
        }
        out = out.then(Html::text(&block.text)).then(Html::trusted("</p>"));
    }
    out.then(Html::trusted("</div>"))
}

/// Codes of conflicts that have words of their own on these pages.
const KNOWN: &[&str] = &[
    "document_moved",
    "transition_not_allowed",
    "signature_invalid",
    "file_changed",
    "paper_missing",
    "paper_outdated",
    "signing_in_progress",
    "officer_signature_missing",
    "organ_signature_missing",
    "number_missing",
    "number_taken",
    "register_unknown",
    "register_frozen",
    "register_backdated",
    "signature_not_authorised",
    "earlier_signature_invalid",
    "certificate_missing",
    "certificate_expired",
    "certificate_revoked",
    "no_mandate",
    "no_delegation",
    "delegation_expired",
    "kind_not_covered",
    "basis_missing",
    "cert_missing",
    "cert_subject_mismatch",
    "cert_expired",
    "template_unknown",
    "template_failed",
    "paper_too_long",
    "kind_unknown",
    "dispatch_not_waiting",
    "partner_unavailable",
    "case_file_closed",
    "already_filed",
];

/// What a problem says on the page, beside its fields and in the summary.
///
/// # Errors
/// The problem itself when these pages have no words for it: not found, not allowed, our own faults.
pub(in crate::documents) fn words_of(lang: Lang, problem: Problem) -> Result<Vec<ErrorItem>, Fault> {
    let known = KNOWN.contains(&problem.code);
    match problem.kind {
        ProblemKind::Invalid => Ok(problem
            .errors
            .iter()
            .map(|error| {
                let key = format!("documents-error-{}-{}", dashed(&error.field), dashed(&error.code));
                ErrorItem::of(&error.field, t(lang, &key, &[]))
            })
            .collect()),
        ProblemKind::Conflict | ProblemKind::Unavailable if known => {
            Ok(vec![ErrorItem::general(t(lang, &format!("documents-problem-{}", dashed(problem.code)), &[]))])
        }
        _ => Err(problem.into()),
    }
}
