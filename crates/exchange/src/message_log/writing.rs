//! Messages that arrive together become durable together: one transaction, one sync of the disk.

use std::collections::{BTreeMap, HashMap};

use haidang_store::Stored as Blob;
use haidang_store::{Db, StoreError, Tx, args};
use tokio::sync::{mpsc, oneshot};

use super::model::{Message, link_of};
use super::sql;
use crate::usage::sql::INSERT_OPEN;

/// Most messages of one transaction.
const MOST_TOGETHER: usize = 256;

/// A message with all that is written for it.
pub(super) struct Entry {
    pub(super) message: Message,
    /// Its body, when it is a file.
    pub(super) file: Option<Blob>,
    /// Its certificate (DER), and those above it (PEM).
    pub(super) certificate: (Vec<u8>, String),
    /// What another exchange enclosed about the certificate.
    pub(super) status: Option<Vec<u8>>,
    /// Whom it is about, sealed.
    pub(super) usage: Option<Vec<u8>>,
}

/// An entry and who waits for it to be durable.
pub(super) struct Waiting {
    pub(super) entry: Entry,
    pub(super) written: oneshot::Sender<Result<(), StoreError>>,
}

/// Writes what is handed in until nobody can hand in any more.
pub(super) async fn write(db: Db, mut queue: mpsc::Receiver<Waiting>) {
    let mut waiting = Vec::new();
    while queue.recv_many(&mut waiting, MOST_TOGETHER).await > 0 {
        let (entries, answers): (Vec<Entry>, Vec<_>) =
            waiting.drain(..).map(|waiting| (waiting.entry, waiting.written)).unzip();
        if let Err(error) = append(&db, &entries).await {
            tracing::error!(error = %error, messages = entries.len(), "messages could not be written together");
            for (entry, answer) in entries.into_iter().zip(answers) {
                // One that cannot be written must not keep the others from it.
                let _ = answer.send(append(&db, &[entry]).await);
            }
            continue;
        }
        metrics::counter!("haidang_exchange_kept_messages_total").increment(answers.len() as u64);
        for answer in answers {
            // Whoever left hears nothing; the message stays.
            let _ = answer.send(Ok(()));
        }
    }
}

async fn append(db: &Db, entries: &[Entry]) -> Result<(), StoreError> {
    let mut certificates: HashMap<&str, &Entry> = HashMap::new();
    for entry in entries {
        certificates.entry(&entry.message.certificate).or_insert(entry);
    }
    let certificates = &certificates;
    db.transaction_in_line(|tx| Box::pin(async move { place(tx, entries, certificates).await })).await
}

async fn place(tx: &mut Tx<'_>, entries: &[Entry], certificates: &HashMap<&str, &Entry>) -> Result<(), StoreError> {
    let end = tx.lock_one(sql::CHAIN, args![]).await?;
    let (mut seq, mut link) = (end.integer("seq")?, link_of(&end)?);
    for (id, Entry { certificate: (der, issuers), .. }) in certificates {
        tx.later(sql::INSERT_CERTIFICATE, args![*id, der.clone(), issuers.as_str()]).await?;
    }
    // The last one holds; in the order of the names, so that two processes never wait for each other.
    let statuses =
        entries.iter().filter_map(|entry| Some((entry.message.certificate.as_str(), entry.status.as_ref()?)));
    for (id, status) in statuses.collect::<BTreeMap<_, _>>() {
        tx.later(sql::PUT_ENCLOSED_STATUS, args![id, status.clone()]).await?;
    }
    for entry in entries {
        seq += 1;
        link = entry.message.link(seq, &link);
        tx.later(sql::INSERT_MESSAGE, entry.message.values(seq, &link)).await?;
        if let Some(file) = &entry.file {
            tx.keep_blob(file).await?;
        }
        if let Some(sealed) = &entry.usage {
            let Message { id, at, .. } = &entry.message;
            tx.later(INSERT_OPEN, args![id.as_str(), *at, sealed.clone()]).await?;
        }
    }
    tx.execute(sql::MOVE_CHAIN, args![seq, link.to_string()]).await.map(drop)
}
