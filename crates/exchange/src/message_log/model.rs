//! What is kept of a message, and how one record is bound to the next.

use haidang_kernel::chain::{Hash as Link, link, record_hash};
use haidang_signing::asice::{Layout, SignedStatement, Statement};
use haidang_signing::hash_chain::Sha512Value;
use haidang_store::{Row, StoreError, Value, args};
use jiff::Timestamp;

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the provider.
    Request,
    /// To the consumer.
    Response,
}

impl Direction {
    /// As it is stored, and as it stands in the name of a container.
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Request, Self::Response].into_iter().find(|direction| direction.word() == word)
    }
}

/// Where the sealed body of a message lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealedBody {
    /// There is none.
    Empty,
    /// In the row.
    Row(Vec<u8>),
    /// In a file, by the SHA-256 of what is sealed.
    File(String),
}

/// A message as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Id of the record.
    pub id: String,
    /// When the message was complete.
    pub at: Timestamp,
    /// `x-road-id`
    pub message_id: String,
    /// `x-road-request-id`
    pub request_id: String,
    /// Which way it went.
    pub direction: Direction,
    /// Who asked, as `X-Road-Client` says it.
    pub client: String,
    /// What was asked.
    pub service: String,
    /// The agreement and its version; none for metadata.
    pub agreement: Option<(String, i64)>,
    /// SHA-512 of the message.
    pub message_digest: Sha512Value,
    /// SHA-512 of its body.
    pub body_digest: Option<Sha512Value>,
    /// SHA-512 of what the provider sent, where the body was cut down.
    pub unfiltered_digest: Option<Sha512Value>,
    /// The message, sealed.
    pub head: Vec<u8>,
    /// The body, sealed.
    pub body: SealedBody,
    /// Bytes of the body.
    pub body_size: i64,
    /// When it was signed, by the clock of this house, in milliseconds since 1970.
    pub signed_at: i64,
    /// The value of the signature, as XML has it.
    pub signature: Vec<u8>,
    /// SHA-256 of the certificate, hex.
    pub certificate: String,
    /// What goes into the batch for it.
    pub leaf: Sha512Value,
}

/// A message at its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The message.
    pub message: Message,
    /// Its place, from 1.
    pub seq: i64,
    /// The link of the chain after it.
    pub link: Link,
}

pub(super) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

impl Message {
    /// The link of the chain after this message at this place. Bound are all facts of the record; head and body by their
    /// digests, so that sealing them anew under another secret breaks nothing.
    pub fn link(&self, seq: i64, previous: &Link) -> Link {
        let optional = |digest: &Option<Sha512Value>| digest.as_ref().map(|digest| hex(digest)).unwrap_or_default();
        let (agreement, version) = match &self.agreement {
            Some((id, version)) => (id.as_str(), version.to_string()),
            None => ("", String::new()),
        };
        let record = record_hash(&[
            ("seq", &seq.to_string()),
            ("id", &self.id),
            ("at", &self.at.as_microsecond().to_string()),
            ("message_id", &self.message_id),
            ("request_id", &self.request_id),
            ("direction", self.direction.word()),
            ("client", &self.client),
            ("service", &self.service),
            ("agreement", agreement),
            ("agreement_version", &version),
            ("message_digest", &hex(&self.message_digest)),
            ("body_digest", &optional(&self.body_digest)),
            ("unfiltered_digest", &optional(&self.unfiltered_digest)),
            ("body_size", &self.body_size.to_string()),
            ("signed_at", &self.signed_at.to_string()),
            ("signature", &hex(&self.signature)),
            ("certificate", &self.certificate),
            ("leaf", &hex(&self.leaf)),
        ]);
        link(previous, &record)
    }

    /// The signature as it was made.
    pub fn signed(&self) -> SignedStatement {
        let at = Timestamp::from_millisecond(self.signed_at).unwrap_or(Timestamp::UNIX_EPOCH);
        SignedStatement {
            layout: Layout::Standard,
            statement: Statement::new(self.message_digest, self.body_digest, at),
            value: self.signature.clone(),
        }
    }

    pub(super) fn values(&self, seq: i64, link: &Link) -> Vec<Value> {
        let (agreement, version) = self.agreement.clone().unzip();
        let (body, file) = match &self.body {
            SealedBody::Empty => (None, None),
            SealedBody::Row(sealed) => (Some(sealed.clone()), None),
            SealedBody::File(sha256) => (None, Some(sha256.clone())),
        };
        args![
            self.id.as_str(),
            seq,
            self.at,
            self.message_id.as_str(),
            self.request_id.as_str(),
            self.direction.word(),
            self.client.as_str(),
            self.service.as_str(),
            agreement,
            version,
            self.message_digest.to_vec(),
            self.body_digest.map(|digest| digest.to_vec()),
            self.unfiltered_digest.map(|digest| digest.to_vec()),
            self.head.clone(),
            body,
            file,
            self.body_size,
            self.signed_at,
            self.signature.clone(),
            self.certificate.as_str(),
            self.leaf.to_vec(),
            link.to_string()
        ]
    }
}

fn unusual(column: &str, reason: &str) -> StoreError {
    StoreError::Column { column: column.to_owned(), reason: reason.to_owned() }
}

fn digest(column: &str, bytes: Vec<u8>) -> Result<Sha512Value, StoreError> {
    bytes.try_into().map_err(|_| unusual(column, "not a SHA-512 digest"))
}

pub(super) fn digest_of(row: &Row, column: &str) -> Result<Sha512Value, StoreError> {
    digest(column, row.bytes(column)?)
}

pub(super) fn link_of(row: &Row) -> Result<Link, StoreError> {
    Link::parse(&row.text("link")?).map_err(|_| unusual("link", "not a SHA-256 digest"))
}

impl Placed {
    /// Reads the columns of [`super::sql::MESSAGES_AFTER`].
    ///
    /// # Errors
    /// [`StoreError::Column`] where one is not what was written.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        let optional = |column: &str| row.opt_bytes(column)?.map(|bytes| digest(column, bytes)).transpose();
        let direction = Direction::parse(&row.text("direction")?);
        let message = Message {
            id: row.text("id")?,
            at: row.timestamp("at")?,
            message_id: row.text("message_id")?,
            request_id: row.text("request_id")?,
            direction: direction.ok_or_else(|| unusual("direction", "neither request nor response"))?,
            client: row.text("client")?,
            service: row.text("service")?,
            agreement: row.opt_text("agreement")?.zip(row.opt_integer("agreement_version")?),
            message_digest: digest_of(row, "message_digest")?,
            body_digest: optional("body_digest")?,
            unfiltered_digest: optional("unfiltered_digest")?,
            head: row.bytes("head")?,
            body: match (row.opt_bytes("body")?, row.opt_text("body_file")?) {
                (None, None) => SealedBody::Empty,
                (Some(sealed), _) => SealedBody::Row(sealed),
                (None, Some(sha256)) => SealedBody::File(sha256),
            },
            body_size: row.integer("body_size")?,
            signed_at: row.integer("signed_at")?,
            signature: row.bytes("signature")?,
            certificate: row.text("certificate")?,
            leaf: digest_of(row, "leaf")?,
        };
        Ok(Self { message, seq: row.integer("seq")?, link: link_of(row)? })
    }
}

/// Messages that were stamped together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// From 1, without gap.
    pub number: i64,
    /// When it was stamped, by the clock of this house.
    pub at: Timestamp,
    /// The first place of the chain in it.
    pub first_seq: i64,
    /// The last one.
    pub last_seq: i64,
    /// The top of the batch before.
    pub previous: Sha512Value,
    /// The top of its tree.
    pub top: Sha512Value,
    /// The time stamp.
    pub token: Vec<u8>,
}

impl Batch {
    pub(super) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            number: row.integer("number")?,
            at: row.timestamp("at")?,
            first_seq: row.integer("first_seq")?,
            last_seq: row.integer("last_seq")?,
            previous: digest_of(row, "previous")?,
            top: digest_of(row, "top")?,
            token: row.bytes("token")?,
        })
    }
}
