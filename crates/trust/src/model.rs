//! Certificates and authorities as stored, and the words they are stored in.

use haidang_store::{Row, StoreError};
use jiff::Timestamp;

/// Words of a column and of the command line for each value of an enumeration.
macro_rules! words {
    ($(#[doc = $about:literal])+ $name:ident { $($(#[doc = $doc:literal])+ $value:ident = $word:literal,)+ }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[doc = $doc])+ $value,)+
        }

        impl $name {
            /// Every value.
            pub const ALL: &'static [$name] = &[$($name::$value),+];

            /// The word it is stored as.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$value => $word,)+
                }
            }

            /// The value of a word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }
    };
}

words! {
    /// Place of an authority of the city in its own tree.
    Role {
        /// Signs itself and the issuing authority.
        Root = "root",
        /// Signs everything else.
        Issuing = "issuing",
    }
}

words! {
    /// What a certificate is for.
    Purpose {
        /// The issuing authority itself, signed by the root.
        Issuing = "issuing",
        /// Time stamps (RFC 3161).
        TimeStamping = "tsa",
        /// Answers about certificates (RFC 6960).
        Status = "ocsp",
        /// Signatures of an organisation.
        Seal = "seal",
        /// Signatures of a person.
        Personal = "personal",
    }
}

words! {
    /// Why a certificate was revoked (RFC 5280, 5.3.1); a hold is not among them, for a signature made meanwhile could
    /// never be judged.
    Reason {
        /// Not said.
        Unspecified = "unspecified",
        /// The key is lost or known to others.
        KeyCompromise = "key_compromise",
        /// The holder left the organisation or changed name.
        AffiliationChanged = "affiliation_changed",
        /// Another certificate takes its place.
        Superseded = "superseded",
        /// What it was for has ended.
        CessationOfOperation = "cessation_of_operation",
        /// The right to sign was taken away.
        PrivilegeWithdrawn = "privilege_withdrawn",
    }
}

/// An authority of the city, present or former.
#[derive(Debug, Clone)]
pub struct AuthorityRow {
    /// Role and key: `issuing-1f2e3d4c`.
    pub id: String,
    /// Its place in the tree.
    pub role: Role,
    /// Its certificate, DER.
    pub certificate: Vec<u8>,
    /// Counts revocations, so that a list can tell whether it shows them all.
    pub revision: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

impl AuthorityRow {
    /// Reads a row of `trust_authority`.
    ///
    /// # Errors
    /// When a column is absent or of another kind.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            role: word(&row.text("role")?, Role::parse)?,
            certificate: row.bytes("certificate")?,
            revision: row.integer("revision")?,
            created_at: row.timestamp("created_at")?,
        })
    }
}

/// A certificate that the city issued.
#[derive(Debug, Clone)]
pub struct CertificateRow {
    /// Who issued it.
    pub authority: String,
    /// Serial number in capital hexadecimal digits, two a byte.
    pub serial: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Whom it names, RFC 4514.
    pub subject: String,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// First moment of its validity.
    pub not_before: Timestamp,
    /// Last moment of its validity.
    pub not_after: Timestamp,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When and why it was revoked.
    pub revoked: Option<(Timestamp, Reason)>,
}

impl CertificateRow {
    /// Reads a row of `trust_certificate`.
    ///
    /// # Errors
    /// When a column is absent or of another kind.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        let revoked = match (row.opt_timestamp("revoked_at")?, row.opt_text("reason")?) {
            (Some(at), Some(reason)) => Some((at, word(&reason, Reason::parse)?)),
            (Some(at), None) => Some((at, Reason::Unspecified)),
            (None, _) => None,
        };
        Ok(Self {
            authority: row.text("authority")?,
            serial: row.text("serial_number")?,
            purpose: word(&row.text("purpose")?, Purpose::parse)?,
            subject: row.text("subject")?,
            certificate: row.bytes("certificate")?,
            not_before: row.timestamp("not_before")?,
            not_after: row.timestamp("not_after")?,
            issued_at: row.timestamp("issued_at")?,
            revoked,
        })
    }
}

fn word<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    parse(text).ok_or_else(|| StoreError::Database(format!("a word this release does not know: {text}")))
}
