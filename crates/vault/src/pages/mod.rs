//! Pages of this room: my documents, one of them, who looked at my data.

pub(crate) mod accesses;
pub(crate) mod deliveries;
pub(crate) mod emergency;
pub(crate) mod export;
pub(crate) mod item;
pub(crate) mod items;
pub(crate) mod office;

use crate::room::{Reader, VaultRoom};
use axum::body::{Body, Bytes};
use haidang_contracts::vault::VaultItem;
use haidang_kernel::problem::Problem;
use haidang_store::StoreError;
use haidang_ui::component::Tag;
use haidang_ui::{Page, paths};
use haidang_web::{Answer, Disposition, Fault, Visitor, file};
use jiff::civil::Date;
use tokio::io::AsyncReadExt as _;

use crate::rules::{self, Standing};

/// Who reads this page. Whoever is authorised for some procedures alone has no business in the vault as a whole.
pub(crate) fn reader(visitor: &Visitor) -> Result<Reader<'_>, Fault> {
    let reader = any_reader(visitor)?;
    if reader.actor.acts_in_full() {
        return Ok(reader);
    }
    Err(Problem::forbidden("outside_mandate", "the mandate is for procedures alone").into())
}

/// Who asks, in whatever capacity.
pub(crate) fn any_reader(visitor: &Visitor) -> Result<Reader<'_>, Fault> {
    let actor = visitor.require_actor()?;
    Ok(Reader { actor, channel: visitor.channel.as_str(), request_id: &visitor.request_id })
}

/// Address of an item, without language prefix.
pub(crate) fn item_path(id: &str) -> String {
    format!("{}/{id}", paths::VAULT)
}

/// The state of a document as a word with an icon.
pub(crate) fn status(page: &Page, standing: Standing) -> Tag {
    let tag = page.tag(page.t(&format!("vault-status-{}", standing.word())));
    match standing {
        Standing::Valid => tag.done(),
        Standing::Expired => tag.icon("clock"),
        Standing::Unverified => tag.wait().icon("circle-alert"),
    }
}

/// Where a document comes from, in words.
pub(crate) fn origin(page: &Page, item: &VaultItem) -> String {
    page.t(match item.origin.as_str() {
        "result" => "vault-origin-result",
        "digitised" => "vault-origin-digitised",
        _ => "vault-origin-uploaded",
    })
}

/// A stored day in the form of a table; as stored when it is none.
pub(crate) fn day(page: &Page, text: &str) -> String {
    text.parse::<Date>().map_or_else(|_| text.to_owned(), |date| page.date_table(date))
}

/// The file of an item in its newest provable form, streamed in pieces, to be saved and never shown inside our pages.
pub(crate) async fn send_file(room: &VaultRoom, item: &VaultItem) -> Answer {
    let newest = room.inner().archive.newest(&item.sha256).await.map_err(Problem::from)?;
    let opened = room.inner().blobs.get(&newest).await;
    let (content, size) = opened.map_err(|error| match error {
        StoreError::NotFound => Problem::gone("file_gone", "the file is no longer in the store"),
        other => Problem::from(other),
    })?;
    let pieces = futures_util::stream::try_unfold(content, |mut content| async move {
        let mut piece = vec![0_u8; 64 * 1024];
        let length = content.read(&mut piece).await?;
        piece.truncate(length);
        Ok::<_, std::io::Error>((length > 0).then(|| (Bytes::from(piece), content)))
    });
    file(Body::from_stream(pieces), &rules::file_name(item), &item.media_type, Some(size), Disposition::Attachment)
}
