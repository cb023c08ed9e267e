//! Answers about certificates and lists of revoked ones, signed when they are asked for and kept while they are fresh.

use crate::error::TrustError;
use crate::model::{CertificateRow, Role};
use crate::room::TrustRoom;
use crate::status::{self, Question, Standing};
use crate::{rules, sql};
use der::Encode as _;
use haidang_signing::issue;
use haidang_signing::revocation::is_of_issuer;
use haidang_store::{ActorRef, AuditEntry, args};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use x509_ocsp::OcspResponse;

/// Answers kept at once; a city has fewer certificates.
const MOST_KEPT: usize = 20_000;
/// Attempts to write the next list when others write it too.
const ATTEMPTS: usize = 16;

/// Something signed that may be kept by others until a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The bytes.
    pub content: Vec<u8>,
    /// From when it holds.
    pub from: Timestamp,
    /// Until when it may be believed.
    pub until: Timestamp,
}

/// An answer of the responder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusAnswer {
    /// A signed answer; without a nonce it is the same for everybody and may be kept.
    Signed {
        /// The answer.
        answer: Signed,
        /// Whether others may keep it.
        shared: bool,
    },
    /// A refusal, not signed.
    Refused(Vec<u8>),
}

/// Answers without a nonce, by certificate asked about.
#[derive(Default)]
pub(crate) struct Answers(Mutex<HashMap<Vec<u8>, (Standing, Signed)>>);

impl Answers {
    fn get(&self, asked: &[u8], standing: Standing, now: Timestamp) -> Option<Signed> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (said, answer) = kept.get(asked)?;
        let fresh = !rules::is_stale(now, answer.from, answer.until, 0, 0);
        (*said == standing && fresh).then(|| answer.clone())
    }

    fn put(&self, asked: Vec<u8>, standing: Standing, answer: &Signed) {
        // Whoever makes up numbers fills nothing.
        if standing == Standing::Unknown {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(asked, (standing, answer.clone()));
    }
}

impl TrustRoom {
    /// Answers an OCSP request. What cannot be read is malformedRequest, what fails here internalError.
    ///
    /// # Errors
    /// Only when not even a refusal can be written.
    pub async fn answer_status(&self, request: &[u8]) -> Result<StatusAnswer, TrustError> {
        let Ok(question) = Question::read(request) else {
            return Ok(StatusAnswer::Refused(OcspResponse::malformed_request().to_der()?));
        };
        let shared = question.nonce.is_none();
        match self.signed_answer(question).await {
            Ok(answer) => Ok(StatusAnswer::Signed { answer, shared }),
            Err(error) => {
                tracing::error!(error = %error, "a question about a certificate could not be answered");
                Ok(StatusAnswer::Refused(OcspResponse::internal_error().to_der()?))
            }
        }
    }

    async fn signed_answer(&self, question: Question) -> Result<Signed, TrustError> {
        let issuer = self.issuer(Role::Issuing);
        let mut standings = Vec::with_capacity(question.asked.len());
        for id in question.asked {
            let mut standing = Standing::Unknown;
            if is_of_issuer(&id, self.issuing()) {
                let found = args![issuer.id.as_str(), status::serial_of(&id)];
                let row = self.0.db.fetch_optional(sql::CERTIFICATE, found).await?;
                standing = Standing::of(row.map(|row| CertificateRow::read(&row)).transpose()?.as_ref());
            }
            standings.push((id, standing));
        }
        let now = whole_second(self.0.ambient.now());
        let kept = match (&question.nonce, standings.as_slice()) {
            (None, [(id, standing)]) => Some((id.to_der()?, *standing)),
            _ => None,
        };
        if let Some((asked, standing)) = &kept
            && let Some(answer) = self.0.answers.get(asked, *standing, now)
        {
            return Ok(answer);
        }
        let until = later(now, self.0.settings.freshness.answer);
        let responder = self.services().status;
        let name = &responder.certificate.content().subject;
        let content = status::answer(name, &standings, question.nonce.as_deref(), now, until)?;
        let certificates = [responder.certificate.clone()];
        let answer =
            Signed { content: issue::sign_ocsp_response(content, &responder.key, &certificates)?, from: now, until };
        if let Some((asked, standing)) = kept {
            self.0.answers.put(asked, standing, &answer);
        }
        Ok(answer)
    }

    /// The list of revoked certificates of an authority, written anew when it does not show everything or grows old.
    /// `None` for an unknown authority, and for one whose key is gone and who left no list.
    ///
    /// # Errors
    /// What the database or the key says.
    pub async fn revocation_list(&self, authority: &str) -> Result<Option<Signed>, TrustError> {
        for _ in 0..ATTEMPTS {
            let Some(row) = self.authority(authority).await? else { return Ok(None) };
            let stored = self.0.db.fetch_optional(sql::LIST, args![authority]).await?;
            let stored = stored.map(|row| Stored::read(&row)).transpose()?;
            let now = whole_second(self.0.ambient.now());
            let stale = stored
                .as_ref()
                .is_none_or(|one| rules::is_stale(now, one.signed.from, one.signed.until, one.revision, row.revision));
            let (credential, issuer) = match row.role {
                Role::Root => (&self.0.root, self.issuer(Role::Root)),
                Role::Issuing => (&self.0.issuing, self.issuer(Role::Issuing)),
            };
            if !stale || issuer.id != authority {
                return Ok(stored.map(|stored| stored.signed));
            }
            let life = match row.role {
                Role::Root => self.0.settings.freshness.root_list,
                Role::Issuing => self.0.settings.freshness.list,
            };
            let number = stored.as_ref().map_or(1, |stored| stored.number + 1);
            let revoked = self.0.db.fetch_all(sql::REVOKED, args![authority]).await?;
            let revoked: Vec<CertificateRow> = revoked.iter().map(CertificateRow::read).collect::<Result<_, _>>()?;
            let until = later(now, life);
            let content = status::list(&issuer, number, &revoked, now, until)?;
            let content = issue::sign_revocation_list(content, &credential.key)?;
            let next = Stored { number, revision: row.revision, signed: Signed { content, from: now, until } };
            if self.keep_list(authority, &next, stored.is_none()).await? {
                return Ok(Some(next.signed));
            }
        }
        Err(TrustError::Request("the list is being written by many at once"))
    }

    /// Keeps a list unless somebody else wrote one of this number: numbers only grow (RFC 5280, 5.2.3).
    async fn keep_list(&self, authority: &str, next: &Stored, first: bool) -> Result<bool, TrustError> {
        self.0
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    let Signed { content, from, until } = next.signed.clone();
                    let mut values = args![authority, next.number, next.revision, from, until, content];
                    let statement = if first { sql::FIRST_LIST } else { sql::NEXT_LIST };
                    if !first {
                        values.extend(args![next.number - 1]);
                    }
                    let kept = tx.execute(statement, values).await? > 0;
                    if kept {
                        let entry = AuditEntry::mutation("revocation_list.issued", ActorRef::system());
                        let detail = json!({ "number": next.number });
                        tx.audit(entry.object("authority", authority).detail(detail)).await?;
                    }
                    Ok(kept)
                })
            })
            .await
    }
}

/// A list as kept.
struct Stored {
    number: i64,
    revision: i64,
    signed: Signed,
}

impl Stored {
    fn read(row: &haidang_store::Row) -> Result<Self, TrustError> {
        Ok(Self {
            number: row.integer("number")?,
            revision: row.integer("revision")?,
            signed: Signed {
                content: row.bytes("content")?,
                from: row.timestamp("this_update")?,
                until: row.timestamp("next_update")?,
            },
        })
    }
}

/// Both standards know whole seconds only.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(now)
}
