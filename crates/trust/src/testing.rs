//! For tests of this room: certificates and questions.
#![allow(clippy::unwrap_used, reason = "built for tests alone")]

use crate::certificates::{Draft, Subject};
use crate::folder::Credential;
use crate::rules;
use der::Encode as _;
use der::asn1::OctetString;
use haidang_signing::{Certificate, DigestAlgorithm, FileKey, PrivateKey as _, SignatureAlgorithm, issue};
use x509_cert::ext::AsExtension as _;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_ocsp::ext::Nonce;
use x509_ocsp::{CertId, OcspRequest, Request, TbsRequest};

/// A root of its own with this name.
pub(crate) fn self_signed(name: &str) -> Credential {
    let key = FileKey::generate(SignatureAlgorithm::EcdsaP256).unwrap();
    let subject = Subject { common_name: name.to_owned(), ..Subject::default() }.name().unwrap();
    let public_key = der::Decode::from_der(key.public_key_info()).unwrap();
    let now = "2026-03-03T02:00:00Z".parse().unwrap();
    let draft =
        Draft { subject: &subject, public_key: &public_key, serial: &[1], validity: rules::validity(now, 10, None) };
    let certificate = issue::sign_certificate(draft.root().unwrap(), &key).unwrap();
    Credential { key, certificate }
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

/// The room of a test: keys in the folder of its database.
pub(crate) async fn open(db: &haidang_testkit::TestDb) -> crate::TrustRoom {
    let settings = crate::Settings {
        origin: "https://city.example.vn".to_owned(),
        city: "Thành phố Mẫu".to_owned(),
        keys: db.folder().join("trust"),
        policy: crate::Settings::policy("1.3.6.1.4.1.32473.1").unwrap(),
        accuracy_milliseconds: 1_500,
        freshness: rules::Freshness::default(),
    };
    let sealer = haidang_signing::Sealer::open([7; 32]).unwrap();
    crate::TrustRoom::open(db.db(), db.ambient().clone(), sealer, settings).await.unwrap()
}

/// Moves the clock of a test by days.
pub(crate) fn later(db: &haidang_testkit::TestDb, days: i64) {
    db.ambient().advance(jiff::SignedDuration::from_hours(24 * days));
}
