//! A small public-key infrastructure that answers in the same process: certificates, lists, time stamps.

use std::str::FromStr as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use der::Decode as _;
use der::asn1::{Ia5String, ObjectIdentifier, UtcTime};
use haidang_documents::pades::{Authorities, Judge, Signer};
use haidang_kernel::ambient::Ambient;
use haidang_signing::issue::{sign_certificate, sign_revocation_list};
use haidang_signing::path::{RevocationRule, TrustAnchors};
use haidang_signing::time_stamp::{TimeStampInfo, TimeStampRequest, granted, sign_time_stamp};
use haidang_signing::{Certificate, FileKey, PrivateKey as _, SignatureAlgorithm, Transport, TransportError};
use jiff::Timestamp;
use x509_cert::TbsCertificate;
use x509_cert::certificate::Version;
use x509_cert::crl::{RevokedCert, TbsCertList};
use x509_cert::ext::pkix::crl::CrlDistributionPoints;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages};
use x509_cert::ext::{AsExtension, Extension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::{Time, Validity};

const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");

/// The clock of all tests.
pub fn now() -> Timestamp {
    "2026-11-24T02:00:00Z".parse().unwrap()
}

pub struct Issued {
    pub key: Arc<FileKey>,
    pub certificate: Certificate,
}

pub struct Pki {
    pub root: Issued,
    pub middle: Issued,
    pub stamps: Issued,
    pub ambient: Ambient,
    revoked: Mutex<Vec<Vec<u8>>>,
}

fn time(at: &str) -> Time {
    let at: Timestamp = at.parse().unwrap();
    Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(at.as_second().try_into().unwrap())).unwrap())
}

fn extension(value: &impl AsExtension, critical: bool) -> Extension {
    Extension { critical, ..value.to_extension(&Name::default(), &[]).unwrap() }
}

fn list_at(authority: &str) -> Extension {
    let address = GeneralName::UniformResourceIdentifier(Ia5String::new(&format!("http://{authority}/list")).unwrap());
    let point = DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![address])),
        reasons: None,
        crl_issuer: None,
    };
    extension(&CrlDistributionPoints(vec![point]), false)
}

fn issue(name: &str, serial: u8, extensions: Vec<Extension>, until: &str, issuer: Option<&Issued>) -> Issued {
    let key = Arc::new(FileKey::generate(SignatureAlgorithm::EcdsaP256).unwrap());
    let subject = Name::from_str(&format!("CN={name},C=VN")).unwrap();
    let content = TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(&[serial]).unwrap(),
        signature: key.algorithm().identifier(),
        issuer: issuer.map_or_else(|| subject.clone(), |by| by.certificate.content().subject.clone()),
        validity: Validity { not_before: time("2026-01-01T00:00:00Z"), not_after: time(until) },
        subject,
        subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(key.public_key_info()).unwrap(),
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    };
    let certificate = sign_certificate(content, issuer.map_or(key.as_ref(), |by| by.key.as_ref())).unwrap();
    Issued { key, certificate }
}

fn authority(name: &str, serial: u8, more: Vec<Extension>, issuer: Option<&Issued>) -> Issued {
    let mut extensions = vec![
        extension(&BasicConstraints { ca: true, path_len_constraint: None }, true),
        extension(&KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign), true),
    ];
    extensions.extend(more);
    issue(name, serial, extensions, "2040-01-01T00:00:00Z", issuer)
}

impl Pki {
    pub fn new() -> Arc<Pki> {
        let root = authority("Root", 1, vec![], None);
        let middle = authority("City", 2, vec![list_at("root")], Some(&root));
        let uses = vec![
            extension(&KeyUsage(KeyUsages::DigitalSignature.into()), true),
            extension(&ExtendedKeyUsage(vec![TIME_STAMPING]), true),
            list_at("root"),
        ];
        let stamps = issue("Stamps", 3, uses, "2040-01-01T00:00:00Z", Some(&root));
        let ambient = Ambient::fixed(now(), 7);
        Arc::new(Pki { root, middle, stamps, ambient, revoked: Mutex::default() })
    }

    /// A signer whose certificate ends at a time.
    pub fn signer_until(&self, name: &str, serial: u8, until: &str) -> Signer {
        let usage = extension(&KeyUsage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation), true);
        let issued = issue(name, serial, vec![usage, list_at("middle")], until, Some(&self.middle));
        let chain = vec![self.middle.certificate.clone()];
        Signer { key: issued.key, certificate: issued.certificate, chain }
    }

    pub fn signer(&self, name: &str, serial: u8) -> Signer {
        self.signer_until(name, serial, "2030-01-01T00:00:00Z")
    }

    pub fn revoke(&self, signer: &Signer) {
        self.revoked.lock().unwrap().push(signer.certificate.serial().to_vec());
    }

    pub fn authorities(self: &Arc<Self>) -> Authorities {
        Authorities {
            transport: self.clone(),
            time_stamps: Some("http://stamps".to_owned()),
            anchors: vec![self.root.certificate.clone()],
            ambient: self.ambient.clone(),
        }
    }

    /// By the file alone.
    pub fn judge(&self) -> Judge {
        Judge {
            anchors: TrustAnchors::new(vec![self.root.certificate.clone()]),
            now: self.ambient.now(),
            revocation: RevocationRule::WhereKnown,
            transport: None,
        }
    }

    fn list(&self, by: &Issued) -> Vec<u8> {
        let serials = self.revoked.lock().unwrap().clone();
        let revoked: Vec<RevokedCert> = serials
            .iter()
            .map(|serial| RevokedCert {
                serial_number: SerialNumber::new(serial).unwrap(),
                revocation_date: time("2026-06-01T00:00:00Z"),
                crl_entry_extensions: None,
            })
            .collect();
        let content = TbsCertList {
            version: Version::V2,
            signature: by.key.algorithm().identifier(),
            issuer: by.certificate.content().subject.clone(),
            this_update: time("2026-11-24T00:00:00Z"),
            next_update: Some(time("2026-12-24T00:00:00Z")),
            revoked_certificates: (!revoked.is_empty()).then_some(revoked),
            crl_extensions: None,
        };
        sign_revocation_list(content, by.key.as_ref()).unwrap()
    }
}

#[async_trait]
impl Transport for Pki {
    async fn post(&self, _: &str, _: &str, body: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        let request = TimeStampRequest::from_der(&body).unwrap();
        let info = TimeStampInfo {
            policy: ObjectIdentifier::new_unwrap("1.2.3.4"),
            imprint: request.imprint,
            null_parameters: request.null_parameters,
            serial: vec![1],
            time: self.ambient.now(),
            accuracy_micros: None,
            nonce: request.nonce,
            authority: None,
        };
        let embedded = [self.stamps.certificate.clone()];
        let token = sign_time_stamp(&info, self.stamps.key.as_ref(), &self.stamps.certificate, &embedded).unwrap();
        Ok(granted(&token).unwrap())
    }

    async fn get(&self, address: &str) -> Result<Vec<u8>, TransportError> {
        Ok(self.list(if address.contains("root") { &self.root } else { &self.middle }))
    }
}
