//! Judging the signature of a message.

use haidang_signing::Certificate;
use haidang_signing::path::{Evidence, PathRules, Purpose, RevocationRule, TrustAnchors, validate};
use haidang_signing::revocation::Moment;
use haidang_signing::xml::{Coverage, Expectation, Name, XmlSignatureError, verify_enveloped};
use jiff::Timestamp;
use serde::Serialize;

use super::read::Opened;
use super::{NAMESPACE, name};

/// The signature stands in the header and covers the whole message.
pub(super) const EXPECTED: Expectation<'static> = Expectation {
    place: &[
        Name { namespace: NAMESPACE, local: "edXMLEnvelope" },
        Name { namespace: NAMESPACE, local: "edXMLHeader" },
    ],
    coverage: Coverage::Document,
};

/// What a signature proves about the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureState {
    /// There is none.
    Absent,
    /// There is something called so in another namespace, which proves nothing.
    Foreign,
    /// It rests on an algorithm that proves nothing any more (SHA-1).
    Weak,
    /// It does not hold.
    Invalid,
    /// The message is the one that was signed, whole.
    Whole,
}

/// Whether the certificate deserves trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// Nobody asked, or there is nothing to ask about.
    NotAsked,
    /// A trusted authority vouches for it.
    Trusted,
    /// None does, or it had ended, was revoked, or is for something else.
    Refused,
}

/// Whom to believe, and when.
pub struct Trust<'t> {
    /// The authorities that are believed.
    pub anchors: &'t TrustAnchors,
    /// Certificates and revocation data at hand, besides what the message brings.
    pub evidence: &'t Evidence,
    /// The moment the certificate must be good at: messages carry no time stamp, so that of judging.
    pub at: Timestamp,
    /// What must be known about revocation.
    pub revocation: RevocationRule,
}

/// What is told about the signature of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignatureReport {
    /// What it proves.
    pub state: SignatureState,
    /// Why it proves no more, in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Common name in the certificate: a claim, until `identity` is trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Common name of the authority that issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Serial number of the certificate, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Whether the certificate deserves trust.
    pub identity: Identity,
    /// Whether something at hand said that no certificate was revoked.
    pub revocation_known: bool,
    /// Why the certificate is refused, in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_reason: Option<String>,
    /// The signer's certificate and those that came with it, of a message that is whole. None of them is trusted.
    #[serde(skip)]
    pub certificates: Vec<Certificate>,
}

impl SignatureReport {
    fn without(state: SignatureState, reason: Option<String>) -> SignatureReport {
        SignatureReport {
            state,
            reason,
            signer: None,
            issuer: None,
            serial: None,
            identity: Identity::NotAsked,
            revocation_known: false,
            identity_reason: None,
            certificates: Vec::new(),
        }
    }

    /// Judges the certificate of a message that is whole; of any other there is nothing to ask.
    pub fn judge_identity(&mut self, trust: &Trust<'_>) {
        let Some(own) = self.certificates.first() else { return };
        let mut evidence = trust.evidence.clone();
        evidence.certificates.extend_from_slice(&self.certificates);
        let moment = Moment::now(trust.at);
        let rules = PathRules { purpose: Purpose::DocumentSigning, moment, revocation: trust.revocation };
        match validate(own, trust.anchors, &evidence, &rules) {
            Ok(path) => {
                self.identity = Identity::Trusted;
                self.revocation_known = path.statuses.iter().all(Option::is_some);
            }
            Err(error) => {
                self.identity = Identity::Refused;
                self.identity_reason = Some(error.fault.to_string());
            }
        }
    }

    /// Whether the message is whole and a trusted authority vouches for its signer.
    pub fn is_trusted(&self) -> bool {
        self.state == SignatureState::Whole && self.identity == Identity::Trusted
    }

    /// Whether it claims something that does not hold: a broken signature, or a certificate that is refused.
    pub fn is_wrong(&self) -> bool {
        self.state == SignatureState::Invalid || self.identity == Identity::Refused
    }
}

/// Judges the signature of a message on the tree from which it is read. Without `trust` the certificate is not judged.
pub fn judge_signature(opened: &Opened<'_>, trust: Option<&Trust<'_>>) -> SignatureReport {
    let verified = match verify_enveloped(&opened.document, &EXPECTED) {
        Ok(verified) => verified,
        Err(XmlSignatureError::Absent) => {
            let foreign = opened.document.elements().any(|one| one.is(name("Signature")));
            let state = if foreign { SignatureState::Foreign } else { SignatureState::Absent };
            return SignatureReport::without(state, None);
        }
        Err(error @ XmlSignatureError::Weak(_)) => {
            return SignatureReport::without(SignatureState::Weak, Some(error.to_string()));
        }
        Err(error) => return SignatureReport::without(SignatureState::Invalid, Some(error.to_string())),
    };
    let mut certificates = vec![verified.certificate.clone()];
    certificates.extend(verified.certificates.into_iter().filter(|one| *one != verified.certificate));
    let mut report = SignatureReport {
        signer: verified.certificate.common_name(),
        issuer: verified.certificate.issuer_common_name(),
        serial: Some(verified.certificate.serial_hex()),
        certificates,
        ..SignatureReport::without(SignatureState::Whole, None)
    };
    if let Some(trust) = trust {
        report.judge_identity(trust);
    }
    report
}
