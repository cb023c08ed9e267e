//! A small authority for tests: every certificate is made when the test runs, nothing expires in the tree.
#![allow(clippy::unwrap_used, reason = "it is compiled for tests only, where a panic is the message")]

use std::str::FromStr as _;
use std::time::Duration;

use der::Decode as _;
use der::asn1::{ObjectIdentifier, OctetString, UtcTime};
use der::flagset::FlagSet;
use jiff::Timestamp;
use x509_cert::TbsCertificate;
use x509_cert::certificate::Version;
use x509_cert::crl::{RevokedCert, TbsCertList};
use x509_cert::ext::pkix::{BasicConstraints, CrlReason, ExtendedKeyUsage, KeyUsage, KeyUsages};
use x509_cert::ext::{AsExtension, Extension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};
use x509_ocsp::{CertStatus, OcspGeneralizedTime, ResponderId, ResponseData, RevokedInfo, SingleResponse};

use crate::issue::{sign_certificate, sign_ocsp_response, sign_revocation_list};
use crate::revocation::{OcspAnswer, RevocationList, certificate_id};
use crate::{Certificate, FileKey, PrivateKey as _, SignatureAlgorithm};

/// A certificate with its key.
pub(crate) struct Issued {
    pub(crate) key: FileKey,
    pub(crate) certificate: Certificate,
}

/// What a certificate should say. Valid from 2026 to 2030 unless changed.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) name: String,
    pub(crate) serial: u8,
    pub(crate) algorithm: SignatureAlgorithm,
    pub(crate) not_before: &'static str,
    pub(crate) not_after: &'static str,
    pub(crate) extensions: Vec<Extension>,
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn time(text: &str) -> Time {
    let since = Duration::from_secs(u64::try_from(at(text).as_second()).unwrap());
    Time::UtcTime(UtcTime::from_unix_duration(since).unwrap())
}

pub(crate) fn extension(value: &impl AsExtension, critical: bool) -> Extension {
    let mut made = value.to_extension(&Name::default(), &[]).unwrap();
    made.critical = critical;
    made
}

pub(crate) fn raw_extension(kind: &str, critical: bool, value: &[u8]) -> Extension {
    let extn_id = ObjectIdentifier::new(kind).unwrap();
    Extension { extn_id, critical, extn_value: OctetString::new(value).unwrap() }
}

pub(crate) fn usage(usages: impl Into<FlagSet<KeyUsages>>) -> Extension {
    extension(&KeyUsage(usages.into()), true)
}

pub(crate) fn purposes(purposes: &[ObjectIdentifier], critical: bool) -> Extension {
    extension(&ExtendedKeyUsage(purposes.to_vec()), critical)
}

impl Order {
    pub(crate) fn new(name: &str, serial: u8, extensions: Vec<Extension>) -> Order {
        Order {
            name: format!("CN={name},O=Hai Phong,C=VN"),
            serial,
            algorithm: SignatureAlgorithm::EcdsaP256,
            not_before: "2026-01-01T00:00:00Z",
            not_after: "2030-01-01T00:00:00Z",
            extensions,
        }
    }

    pub(crate) fn authority(name: &str, serial: u8, path_length: Option<u8>) -> Order {
        let constraints = BasicConstraints { ca: true, path_len_constraint: path_length };
        Order::new(
            name,
            serial,
            vec![extension(&constraints, true), usage(KeyUsages::KeyCertSign | KeyUsages::CRLSign)],
        )
    }

    pub(crate) fn signer(name: &str, serial: u8) -> Order {
        Order::new(name, serial, vec![usage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation)])
    }

    pub(crate) fn with(mut self, more: Extension) -> Order {
        self.extensions.push(more);
        self
    }

    pub(crate) fn valid(mut self, from: &'static str, to: &'static str) -> Order {
        (self.not_before, self.not_after) = (from, to);
        self
    }

    pub(crate) fn using(mut self, algorithm: SignatureAlgorithm) -> Order {
        self.algorithm = algorithm;
        self
    }

    /// Issues it with a new key; without an issuer it signs itself.
    pub(crate) fn issue(self, issuer: Option<&Issued>) -> Issued {
        let key = FileKey::generate(self.algorithm).unwrap();
        self.issue_for(key, issuer)
    }

    pub(crate) fn issue_for(self, key: FileKey, issuer: Option<&Issued>) -> Issued {
        let subject = Name::from_str(&self.name).unwrap();
        let content = TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(&[self.serial]).unwrap(),
            signature: key.algorithm().identifier(),
            issuer: issuer.map_or_else(|| subject.clone(), |by| by.certificate.content().subject.clone()),
            validity: Validity { not_before: time(self.not_before), not_after: time(self.not_after) },
            subject,
            subject_public_key_info: x509_cert::spki::SubjectPublicKeyInfoOwned::from_der(key.public_key_info())
                .unwrap(),
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(self.extensions),
        };
        let certificate = sign_certificate(content, issuer.map_or(&key, |by| &by.key)).unwrap();
        Issued { key, certificate }
    }
}

/// Root, intermediate authority and signer.
pub(crate) fn chain(algorithm: SignatureAlgorithm) -> (Issued, Issued, Issued) {
    let root = Order::authority("Root", 1, None).issue(None);
    let middle = Order::authority("City CA", 2, Some(0)).issue(Some(&root));
    let signer = Order::signer("Nguyen Van A", 3).using(algorithm).issue(Some(&middle));
    (root, middle, signer)
}

/// One line of a revocation list.
pub(crate) struct Revoked {
    pub(crate) serial: u8,
    pub(crate) since: &'static str,
    pub(crate) reason: u8,
}

/// A list of `issuer`, signed by its key.
pub(crate) fn list(
    issuer: &Issued,
    this_update: &str,
    next_update: Option<&str>,
    revoked: &[Revoked],
    extensions: Vec<Extension>,
) -> RevocationList {
    let entries = revoked.iter().map(|one| RevokedCert {
        serial_number: SerialNumber::new(&[one.serial]).unwrap(),
        revocation_date: time(one.since),
        crl_entry_extensions: Some(vec![raw_extension("2.5.29.21", false, &[0x0a, 1, one.reason])]),
    });
    let content = TbsCertList {
        version: Version::V2,
        signature: issuer.key.algorithm().identifier(),
        issuer: issuer.certificate.content().subject.clone(),
        this_update: time(this_update),
        next_update: next_update.map(time),
        revoked_certificates: (!revoked.is_empty()).then(|| entries.collect()),
        crl_extensions: (!extensions.is_empty()).then_some(extensions),
    };
    RevocationList::from_bytes(&sign_revocation_list(content, &issuer.key).unwrap()).unwrap()
}

/// An answer of `responder` about `certificate` under `issuer`.
pub(crate) fn ocsp(
    (certificate, issuer): (&Certificate, &Certificate),
    responder: &Issued,
    (this_update, next_update): (&str, Option<&str>),
    status: CertStatus,
    embed: bool,
) -> OcspAnswer {
    let when = |text: &str| OcspGeneralizedTime::from(time(text));
    let single = SingleResponse {
        cert_id: certificate_id(certificate, issuer).unwrap(),
        cert_status: status,
        this_update: when(this_update),
        next_update: next_update.map(when),
        single_extensions: None,
    };
    let content = ResponseData {
        version: x509_ocsp::Version::V1,
        responder_id: ResponderId::ByName(responder.certificate.content().subject.clone()),
        produced_at: when(this_update),
        responses: vec![single],
        response_extensions: None,
    };
    let embedded = if embed { std::slice::from_ref(&responder.certificate) } else { &[] };
    OcspAnswer::from_der(&sign_ocsp_response(content, &responder.key, embedded).unwrap()).unwrap()
}

/// `revoked` as OCSP writes it.
pub(crate) fn revoked(since: &str) -> CertStatus {
    CertStatus::Revoked(RevokedInfo {
        revocation_time: OcspGeneralizedTime::from(time(since)),
        revocation_reason: Some(CrlReason::KeyCompromise),
    })
}
