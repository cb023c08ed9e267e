//! Keys that the city keeps for those who sign: officials and agencies. Sealed in the database, so that every process of
//! the city signs with the same one; certified by the city's own issuing authority.

use std::sync::Arc;

use haidang_signing::{Certificate, FileKey, LocalSigner, PrivateKey as _, SealError, SignatureAlgorithm};
use haidang_store::{ActorRef, AuditEntry, Row, StoreError, args};

use crate::certificates::Subject;
use crate::error::TrustError;
use crate::model::{CertificateRow, Purpose, Reason};
use crate::room::{NewCertificate, TrustRoom};
use crate::{rules, sql};

/// Longest name in a certificate (RFC 5280, appendix A.1), in characters.
const NAME: usize = 64;

/// Marker of a key.
enum HolderKeyRecord {}

/// Who signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A person in a post at an agency.
    Officer {
        /// Id of the person.
        person: String,
        /// Code of the agency.
        agency: String,
        /// Full name.
        name: String,
    },
    /// An agency.
    Organ {
        /// Its code.
        agency: String,
        /// Its official name.
        name: String,
    },
}

impl Holder {
    /// What tells this holder from every other.
    fn word(&self) -> String {
        match self {
            Holder::Officer { person, agency, .. } => format!("officer/{agency}/{person}"),
            Holder::Organ { agency, .. } => format!("organ/{agency}"),
        }
    }

    fn person(&self) -> Option<&str> {
        match self {
            Holder::Officer { person, .. } => Some(person),
            Holder::Organ { .. } => None,
        }
    }

    fn name(&self) -> String {
        let (Holder::Officer { name, .. } | Holder::Organ { name, .. }) = self;
        let name: String = haidang_kernel::text::nfc(name).chars().take(NAME).collect();
        name.trim().to_owned()
    }

    fn purpose(&self) -> Purpose {
        match self {
            Holder::Officer { .. } => Purpose::Personal,
            Holder::Organ { .. } => Purpose::Seal,
        }
    }

    /// What the certificate says: the code of the agency stands beside the name, for names may be alike.
    fn subject(&self, city: &str) -> Subject {
        let (Holder::Officer { agency, .. } | Holder::Organ { agency, .. }) = self;
        Subject {
            common_name: self.name(),
            organization: Some(city.chars().take(NAME).collect::<String>().trim().to_owned()),
            identifier: Some(agency.clone()),
            ..Subject::default()
        }
    }
}

/// A key of a holder with its certificates.
pub struct HolderKey {
    /// Id of the key: the credential of the remote signing service.
    pub id: String,
    /// The person it belongs to; none for an agency.
    pub person: Option<String>,
    /// Its certificate.
    pub certificate: Certificate,
    /// The certificates between it and the root.
    pub chain: Vec<Certificate>,
    /// When and why its certificate was revoked.
    pub revoked: Option<(jiff::Timestamp, Reason)>,
    /// Argon2 hash of the PIN; none when the holder has not chosen one.
    pub(crate) pin: Option<String>,
    /// Since when its holder suspended it.
    pub suspended: Option<jiff::Timestamp>,
    holder: String,
    number: i64,
    sealed: Vec<u8>,
}

impl std::fmt::Debug for HolderKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HolderKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A seal for one key opens for no other, so that rows cannot be swapped.
fn purpose(id: &str) -> String {
    format!("holder key {id}")
}

fn broken(_: SealError) -> TrustError {
    TrustError::Request("the secret of store.unlock_file does not open the key of the holder")
}

impl TrustRoom {
    /// The present key of a holder; none when there never was one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn holder_key(&self, holder: &Holder) -> Result<Option<HolderKey>, TrustError> {
        let row = self.0.db.fetch_optional(sql::HOLDER_KEY, args![holder.word()]).await?;
        match row {
            Some(row) => Ok(Some(self.read_holder_key(&row).await?)),
            None => Ok(None),
        }
    }

    /// The present key of a holder. One is made when there is none, the certificate ends soon, or the name is another;
    /// a revoked certificate stands until [`TrustRoom::replace_holder_key`] gives a new one.
    ///
    /// # Errors
    /// [`TrustError::Subject`] for a name that cannot be certified, else what keys and database say.
    pub async fn ensure_holder_key(&self, holder: &Holder, actor: ActorRef) -> Result<HolderKey, TrustError> {
        let found = self.holder_key(holder).await?;
        let stands = found.as_ref().is_some_and(|key| {
            let due = rules::is_due(self.now(), key.certificate.not_after(), false);
            key.revoked.is_some() || (!due && key.certificate.common_name().as_deref() == Some(&holder.name()))
        });
        match found {
            Some(key) if stands => Ok(key),
            other => self.make_holder_key(holder, other.map_or(0, |key| key.number), actor).await,
        }
    }

    /// Gives a holder a new key, whatever became of the last one.
    ///
    /// # Errors
    /// As [`TrustRoom::ensure_holder_key`].
    pub async fn replace_holder_key(&self, holder: &Holder, actor: ActorRef) -> Result<HolderKey, TrustError> {
        let last = self.holder_key(holder).await?.map_or(0, |key| key.number);
        self.make_holder_key(holder, last, actor).await
    }

    async fn make_holder_key(&self, holder: &Holder, last: i64, actor: ActorRef) -> Result<HolderKey, TrustError> {
        let inner = &self.0;
        let key = FileKey::generate(SignatureAlgorithm::EcdsaP256)?;
        let id = inner.ambient.new_id::<HolderKeyRecord>().to_string();
        let sealed = inner.sealer.seal(&purpose(&id), &key.to_pkcs8()?).map_err(broken)?;
        let new = NewCertificate {
            purpose: holder.purpose(),
            subject: holder.subject(&inner.settings.city),
            public_key: der::Decode::from_der(key.public_key_info())?,
            days: None,
        };
        let certificate = self.issue(&new, actor.clone()).await?;
        let authority = self.issuer(crate::model::Role::Issuing).id;
        let values = &args![
            id.as_str(),
            holder.word(),
            last + 1,
            holder.person(),
            authority,
            certificate.serial_hex(),
            sealed,
            self.now()
        ];
        let entry = &AuditEntry::mutation("signing_key.made", actor).object("signing_key", &id);
        inner
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    if tx.execute(sql::INSERT_HOLDER_KEY, values.clone()).await? > 0 {
                        tx.audit(entry.clone()).await?;
                    }
                    Ok::<_, TrustError>(())
                })
            })
            .await?;
        // Whoever was faster has made the key that counts.
        self.holder_key(holder).await?.ok_or(TrustError::Request("the key of the holder vanished"))
    }

    pub(crate) async fn read_holder_key(&self, row: &Row) -> Result<HolderKey, TrustError> {
        let (authority, serial) = (row.text("authority")?, row.text("serial_number")?);
        let found = self.0.db.fetch_one(sql::CERTIFICATE, args![authority.as_str(), serial]).await?;
        let certificate = CertificateRow::read(&found)?;
        let suspended = self.0.db.fetch_optional(sql::SUSPENDED_SINCE, args![row.text("id")?]).await?;
        let above = self.authority(&authority).await?.ok_or(StoreError::NotFound)?;
        Ok(HolderKey {
            id: row.text("id")?,
            person: row.opt_text("person")?,
            certificate: Certificate::from_der(&certificate.certificate)?,
            chain: vec![Certificate::from_der(&above.certificate)?],
            revoked: certificate.revoked,
            pin: row.opt_text("pin")?,
            suspended: suspended.map(|row| row.timestamp("since")).transpose()?,
            holder: row.text("holder")?,
            number: row.integer("number")?,
            sealed: row.bytes("sealed_key")?,
        })
    }

    /// Opens the seal of a key. It signs in this process and is forgotten with the answer.
    ///
    /// # Errors
    /// When the secret of the house is another than the one it was sealed under.
    pub fn holder_signer(&self, key: &HolderKey) -> Result<LocalSigner, TrustError> {
        let opened = Arc::new(self.open_holder_key(key)?);
        Ok(LocalSigner::new(opened, key.certificate.clone(), key.chain.clone())?)
    }

    pub(crate) fn open_holder_key(&self, key: &HolderKey) -> Result<FileKey, TrustError> {
        let opened = self.0.sealer.unseal(&purpose(&key.id), &key.sealed).map_err(broken)?;
        Ok(FileKey::from_bytes(&opened)?)
    }
}

impl HolderKey {
    /// Whether its holder has chosen a PIN.
    pub fn has_pin(&self) -> bool {
        self.pin.is_some()
    }

    /// Whose it is: `officer/<agency>/<person>` or `organ/<agency>`.
    pub fn holder(&self) -> &str {
        &self.holder
    }
}

#[cfg(test)]
#[path = "holders_tests.rs"]
mod tests;
