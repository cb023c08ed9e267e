//! A small authority for tests: every certificate is made when the test runs, nothing expires in the tree.

use std::net::IpAddr;
use std::str::FromStr as _;
use std::time::Duration;

use der::Decode as _;
use der::asn1::{Ia5String, OctetString, UtcTime};
use der::flagset::FlagSet;
use haidang_signing::issue::sign_certificate;
use haidang_signing::{Certificate, FileKey, PrivateKey as _, SignatureAlgorithm};
use jiff::Timestamp;
use x509_cert::TbsCertificate;
use x509_cert::certificate::Version;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages, SubjectAltName};
use x509_cert::ext::{AsExtension, Extension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::{Time, Validity};

/// A certificate with its key.
pub struct Issued {
    pub certificate: Certificate,
    pub key: FileKey,
}

/// What a certificate should say; valid in 2026 and 2027 unless changed.
#[derive(Clone, Copy)]
pub struct Order {
    pub name: &'static str,
    /// The host it is for: a name, or an address.
    pub host: Option<&'static str>,
    pub authority: bool,
    pub from: &'static str,
    pub to: &'static str,
    pub algorithm: SignatureAlgorithm,
}

impl Order {
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            host: None,
            authority: false,
            from: "2026-01-01T00:00:00Z",
            to: "2027-12-31T23:59:59Z",
            algorithm: SignatureAlgorithm::EcdsaP256,
        }
    }

    pub fn authority(name: &'static str) -> Self {
        Self { authority: true, ..Self::new(name) }
    }

    pub fn host(self, host: &'static str) -> Self {
        Self { host: Some(host), ..self }
    }

    pub fn valid(self, from: &'static str, to: &'static str) -> Self {
        Self { from, to, ..self }
    }

    /// Issues it with a new key; without an issuer it signs itself.
    pub fn issue(self, issuer: Option<&Issued>) -> Issued {
        let key = FileKey::generate(self.algorithm).unwrap();
        let subject = Name::from_str(&format!("CN={},O=Hai Phong,C=VN", self.name)).unwrap();
        let content = TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(&key.public_key_info()[key.public_key_info().len() - 8..]).unwrap(),
            signature: key.algorithm().identifier(),
            issuer: issuer.map_or_else(|| subject.clone(), |by| by.certificate.content().subject.clone()),
            validity: Validity { not_before: time(self.from), not_after: time(self.to) },
            subject,
            subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(key.public_key_info()).unwrap(),
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(self.extensions()),
        };
        let certificate = sign_certificate(content, issuer.map_or(&key, |by| &by.key)).unwrap();
        Issued { certificate, key }
    }

    fn extensions(self) -> Vec<Extension> {
        let usage: FlagSet<KeyUsages> =
            if self.authority { KeyUsages::KeyCertSign.into() } else { KeyUsages::DigitalSignature.into() };
        let mut extensions = vec![extension(&KeyUsage(usage), true)];
        if self.authority {
            extensions.push(extension(&BasicConstraints { ca: true, path_len_constraint: None }, true));
        }
        if let Some(host) = self.host {
            let name = match host.parse() {
                Ok(IpAddr::V4(address)) => GeneralName::IpAddress(OctetString::new(address.octets()).unwrap()),
                Ok(IpAddr::V6(address)) => GeneralName::IpAddress(OctetString::new(address.octets()).unwrap()),
                Err(_) => GeneralName::DnsName(Ia5String::new(host).unwrap()),
            };
            extensions.push(extension(&SubjectAltName(vec![name]), false));
        }
        extensions
    }
}

fn extension(value: &impl AsExtension, critical: bool) -> Extension {
    let mut made = value.to_extension(&Name::default(), &[]).unwrap();
    made.critical = critical;
    made
}

fn time(text: &str) -> Time {
    let at: Timestamp = text.parse().unwrap();
    Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(at.as_second().unsigned_abs())).unwrap())
}

impl Issued {
    /// The certificate as an entry of a list in TOML.
    pub fn toml(&self) -> String {
        format!("'''\n{}'''", self.certificate.to_pem())
    }

    pub fn key_pem(&self) -> String {
        let text = data_encoding::BASE64.encode(&self.key.to_pkcs8().unwrap());
        format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
    }
}
