//! The signature of a message that another exchange has signed, and what makes it count: it holds over the very message,
//! its certificate is for the member that the message names, it leads to an authority that is believed here, and the
//! authority calls it good.

use data_encoding::BASE64;
use der::asn1::ObjectIdentifier;
use der::oid::db::rfc4519;
use haidang_signing::asice::{EvidenceSigner, Layout, SignedStatement, Statement};
use haidang_signing::path::{Evidence, PathRules, Purpose, RevocationRule, StatusSource, TrustAnchors};
use haidang_signing::path::{revocation_status, validate};
use haidang_signing::revocation::{Moment, OcspAnswer};
use haidang_signing::{Certificate, SigningError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::directory::Member;
use crate::rules::canonical::Hash;

/// How old a signature may be when its message begins to arrive.
pub(super) const OLDEST: SignedDuration = SignedDuration::from_mins(5);
/// How far the clock of another exchange may be ahead.
pub(super) const AHEAD: SignedDuration = SignedDuration::from_mins(1);
/// Certificates between the signer and its authority.
const MOST_ISSUERS: usize = 4;
/// `organizationIdentifier` (X.520), which stands in seals of organisations (ETSI EN 319 412-3).
const ORGANIZATION_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.97");

/// A signature with all that is needed to judge it, and to prove it later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// When, by the clock of the signer.
    pub at: Timestamp,
    /// The value, as XML has it.
    pub value: Vec<u8>,
    /// The certificate of the signer.
    pub certificate: Certificate,
    /// The certificates above it, nearest first.
    pub issuers: Vec<Certificate>,
    /// What the authority says of it (OCSP answer, DER).
    pub status: Option<Vec<u8>>,
}

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproved {
    /// It cannot be read.
    #[error("it cannot be read")]
    Unreadable,
    /// It is not over this message, or not of this certificate.
    #[error("it does not hold over the message")]
    Value,
    /// It is of somebody else.
    #[error("its certificate does not name {0}; write what it names into signing_names, or have the right one used")]
    Name(String),
    /// It leads to nobody who is believed.
    #[error("its certificate is not believed: {0}")]
    Path(String),
    /// Nobody says that it was not revoked.
    #[error("no answer of its authority (OCSP) that counts is enclosed")]
    Status,
    /// It is from another time.
    #[error("it was made more than five minutes ago, or in the future: compare the clocks of both exchanges")]
    Time,
}

impl From<SigningError> for Unproved {
    fn from(_: SigningError) -> Self {
        Self::Unreadable
    }
}

/// A signature as it travels.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    at: i64,
    value: String,
    certificate: String,
    issuers: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<String>,
}

impl Signed {
    /// As it travels.
    pub(super) fn write(&self) -> Vec<u8> {
        let written = Written {
            at: self.at.as_millisecond(),
            value: BASE64.encode(&self.value),
            certificate: BASE64.encode(self.certificate.der()),
            issuers: self.issuers.iter().map(|issuer| BASE64.encode(issuer.der())).collect(),
            status: self.status.as_ref().map(|status| BASE64.encode(status)),
        };
        // A struct of texts and a number has a form in JSON.
        serde_json::to_vec(&written).unwrap_or_default()
    }

    /// Reads what another exchange wrote; nothing of it is believed yet.
    ///
    /// # Errors
    /// [`Unproved::Unreadable`].
    pub(super) fn read(content: &[u8]) -> Result<Self, Unproved> {
        let written: Written = serde_json::from_slice(content).map_err(|_| Unproved::Unreadable)?;
        let bytes = |text: &str| BASE64.decode(text.as_bytes()).map_err(|_| Unproved::Unreadable);
        if written.issuers.len() > MOST_ISSUERS {
            return Err(Unproved::Unreadable);
        }
        let mut issuers = Vec::with_capacity(written.issuers.len());
        for issuer in &written.issuers {
            issuers.push(Certificate::from_der(&bytes(issuer)?)?);
        }
        Ok(Self {
            at: Timestamp::from_millisecond(written.at).map_err(|_| Unproved::Unreadable)?,
            value: bytes(&written.value)?,
            certificate: Certificate::from_der(&bytes(&written.certificate)?)?,
            issuers,
            status: written.status.as_deref().map(bytes).transpose()?,
        })
    }

    /// What was signed.
    pub fn statement(&self, message: Hash, body: Option<Hash>) -> SignedStatement {
        SignedStatement {
            layout: Layout::Standard,
            statement: Statement::new(message, body, self.at),
            value: self.value.clone(),
        }
    }

    /// Judges the signature of a message whose digests were computed here. What comes back holds only the certificates
    /// that led to an authority, so that nothing unproved is kept.
    ///
    /// # Errors
    /// [`Unproved`].
    pub(super) fn judge(self, question: &Question<'_>) -> Result<Self, Unproved> {
        let (earliest, latest) = (question.arrived - OLDEST, question.arrived + AHEAD);
        if !(earliest..=latest).contains(&self.at) {
            return Err(Unproved::Time);
        }
        if !names(&self.certificate, question.member) {
            return Err(Unproved::Name(question.member.id.to_string()));
        }
        let signer = EvidenceSigner::new(self.certificate.clone())?;
        if !signer.holds(&self.statement(question.message, question.body)) {
            return Err(Unproved::Value);
        }
        let issuers = self.lead(question)?;
        Ok(Self { issuers, ..self })
    }

    /// The certificates from that above the signer up to the authority that is believed, which is left out unless it is
    /// the only one.
    fn lead(&self, question: &Question<'_>) -> Result<Vec<Certificate>, Unproved> {
        let answer = self.status.as_deref().map(OcspAnswer::from_der).transpose().map_err(|_| Unproved::Status)?;
        let mut evidence = Evidence { certificates: self.issuers.clone(), ..Evidence::default() };
        if let Some(answer) = answer {
            evidence.certificates.extend_from_slice(answer.certificates());
            evidence.ocsp_answers.push(answer);
        }
        let moment = Moment::now(question.arrived);
        let rules = PathRules { purpose: Purpose::DocumentSigning, moment, revocation: RevocationRule::WhereKnown };
        let path = validate(&self.certificate, question.anchors, &evidence, &rules)
            .map_err(|error| Unproved::Path(error.to_string()))?;
        let [_, issuer, above @ ..] = path.certificates.as_slice() else {
            return Err(Unproved::Path("the signer is its own authority".to_owned()));
        };
        match revocation_status(&self.certificate, issuer, &evidence, moment, false) {
            Ok(Some(StatusSource::Ocsp(..))) => {}
            Ok(_) => return Err(Unproved::Status),
            Err(error) => return Err(Unproved::Path(error.to_string())),
        }
        let below_the_anchor = above.len().saturating_sub(1);
        Ok(std::iter::once(issuer).chain(above.iter().take(below_the_anchor)).cloned().collect())
    }
}

/// What a signature must be for.
pub(super) struct Question<'q> {
    /// SHA-512 of the message.
    pub(super) message: Hash,
    /// SHA-512 of its body.
    pub(super) body: Option<Hash>,
    /// Whose it must be.
    pub(super) member: &'q Member,
    /// Who is believed.
    pub(super) anchors: &'q TrustAnchors,
    /// When the message began to arrive.
    pub(super) arrived: Timestamp,
}

/// Whether a certificate is for a member: one of its names is the id of the member, or what the directory says instead.
fn names(certificate: &Certificate, member: &Member) -> bool {
    let id = member.id.to_string();
    let is_one = |name: &str| name == id || member.signing_names.iter().any(|known| known == name);
    [rfc4519::SERIAL_NUMBER, ORGANIZATION_IDENTIFIER, rfc4519::COMMON_NAME]
        .into_iter()
        .filter_map(|kind| certificate.subject_attribute(kind))
        .any(|name| is_one(&name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::identifier::MemberId;
    use crate::test_certificates::Order;

    #[test]
    fn what_is_written_is_read_back() {
        let authority = Order::authority("Authority").issue(None);
        let leaf = Order::new("VN-HP/GOV/0001").issue(Some(&authority));
        for status in [None, Some(vec![1, 2, 3])] {
            let signed = Signed {
                at: "2026-11-23T05:00:00.123Z".parse().unwrap(),
                value: vec![7; 64],
                certificate: leaf.certificate.clone(),
                issuers: vec![authority.certificate.clone()],
                status,
            };
            assert_eq!(Signed::read(&signed.write()), Ok(signed.clone()));
            let many = Signed { issuers: vec![authority.certificate.clone(); 5], ..signed };
            assert_eq!(Signed::read(&many.write()), Err(Unproved::Unreadable));
        }
    }

    #[test]
    fn a_certificate_is_for_the_member_it_names() {
        let check = |name: &'static str, known: &[&str], expected: bool| {
            let member = Member {
                id: MemberId { instance: "VN-HP".into(), class: "GOV".into(), code: "0001".into() },
                name: String::new(),
                signing_names: known.iter().map(|name| (*name).to_owned()).collect(),
                subsystems: Vec::new(),
            };
            assert_eq!(names(&Order::new(name).issue(None).certificate, &member), expected, "{name} {known:?}");
        };
        check("VN-HP/GOV/0001", &[], true);
        check("VN-HP/GOV/0002", &[], false);
        // A code alone may be that of somebody else elsewhere, unless the directory says so.
        check("0001", &[], false);
        check("0001", &["x", "0001"], true);
        check("Hai Phong", &[], false);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(text in "[{}\":,a-z0-9\\[\\] ]{0,60}") {
            prop_assert_eq!(Signed::read(text.as_bytes()), Err(Unproved::Unreadable));
        }
    }
}
