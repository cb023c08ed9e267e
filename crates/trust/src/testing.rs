//! For tests of this room: certificates and questions.
#![allow(clippy::unwrap_used)]

use crate::certificates::{Draft, Subject};
use crate::folder::Credential;
use crate::rules;
use der::Encode as _;
use der::asn1::{Any, Int, ObjectIdentifier, OctetString};
use haidang_signing::{Certificate, DigestAlgorithm, FileKey, PrivateKey as _, SignatureAlgorithm, issue};
use x509_cert::ext::{AsExtension as _, Extension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifier;
use x509_ocsp::ext::Nonce;
use x509_ocsp::{CertId, OcspRequest, Request, TbsRequest};
use x509_tsp::{MessageImprint, TimeStampReq, TspVersion};

/// A root of its own with this name.
pub(crate) fn self_signed(name: &str) -> Credential {
    let key = FileKey::generate(SignatureAlgorithm::EcdsaP256).unwrap();
    let subject = Subject { common_name: name.to_owned(), ..Subject::default() }.name().unwrap();
    let public_key = der::Decode::from_der(key.public_key_info()).unwrap();
    let now = "2026-03-03T02:00:00Z".parse().unwrap();
    let draft = Draft { subject: &subject, public_key: &public_key, serial: &[1], validity: rules::validity(now, 10, None) };
    let certificate = issue::sign_certificate(draft.root().unwrap(), &key).unwrap();
    Credential { key, certificate }
}

/// A question for a time stamp: what a client may vary.
pub(crate) struct Asked {
    pub(crate) algorithm: &'static str,
    pub(crate) parameters: Option<Any>,
    pub(crate) hash: Vec<u8>,
    pub(crate) policy: Option<&'static str>,
    pub(crate) nonce: Option<Vec<u8>>,
    pub(crate) certificates: bool,
    pub(crate) extensions: Option<Vec<Extension>>,
}

pub(crate) const SHA_256: &str = "2.16.840.1.101.3.4.2.1";

impl Default for Asked {
    fn default() -> Self {
        Self {
            algorithm: SHA_256,
            parameters: None,
            hash: vec![7; 32],
            policy: None,
            nonce: Some(vec![5, 6, 7, 8]),
            certificates: true,
            extensions: None,
        }
    }
}

impl Asked {
    pub(crate) fn to_der(&self) -> Vec<u8> {
        let oid = |text: &str| ObjectIdentifier::new(text).unwrap();
        TimeStampReq {
            version: TspVersion::V1,
            message_imprint: MessageImprint {
                hash_algorithm: AlgorithmIdentifier { oid: oid(self.algorithm), parameters: self.parameters.clone() },
                hashed_message: OctetString::new(self.hash.clone()).unwrap(),
            },
            req_policy: self.policy.map(oid),
            nonce: self.nonce.as_ref().map(|nonce| Int::new(nonce).unwrap()),
            cert_req: self.certificates,
            extensions: self.extensions.clone(),
        }
        .to_der()
        .unwrap()
    }
}

/// An OCSP request for certificates with these serial numbers, issued by `issuer`.
pub(crate) fn status_request(issuer: &Certificate, serials: &[&str], nonce: Option<&[u8]>) -> Vec<u8> {
    let digest = |bytes: &[u8]| OctetString::new(DigestAlgorithm::Sha256.digest(bytes)).unwrap();
    let request = |serial: &&str| Request {
        req_cert: CertId {
            hash_algorithm: DigestAlgorithm::Sha256.identifier(),
            issuer_name_hash: digest(issuer.subject_der()),
            issuer_key_hash: digest(issuer.public_key().subject_public_key.raw_bytes()),
            serial_number: SerialNumber::new(&data_encoding::HEXUPPER.decode(serial.as_bytes()).unwrap()).unwrap(),
        },
        single_request_extensions: None,
    };
    let nonce = nonce.map(|nonce| vec![Nonce::new(nonce).unwrap().to_extension(&Name::default(), &[]).unwrap()]);
    let tbs_request = TbsRequest {
        request_list: serials.iter().map(request).collect(),
        request_extensions: nonce,
        ..TbsRequest::default()
    };
    OcspRequest { tbs_request, optional_signature: None }.to_der().unwrap()
}
