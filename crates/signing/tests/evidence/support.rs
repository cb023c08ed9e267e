//! A small authority and containers of all kinds, for the tests and for the samples that outside judges read.

use std::io::Read as _;
use std::str::FromStr as _;
use std::time::Duration;

use der::Decode as _;
use der::asn1::{ObjectIdentifier, OctetString, UtcTime};
use der::flagset::FlagSet;
use der::oid::db::{rfc5280, rfc6960};
use haidang_signing::asice::{
    BatchProof, Contents, EvidenceSigner, Layout, SignatureParts, SignedStatement, Statement, batch_stamped_bytes,
};
use haidang_signing::hash_chain::{BEFORE_THE_FIRST, Proof, Tree, sha512};
use haidang_signing::issue::{sign_certificate, sign_ocsp_response};
use haidang_signing::revocation::certificate_id;
use haidang_signing::time_stamp::{Imprint, TimeStampInfo, sign_time_stamp};
use haidang_signing::{Certificate, DigestAlgorithm, FileKey, PrivateKey as _, SignatureAlgorithm};
use jiff::{SignedDuration, Timestamp};
use x509_cert::TbsCertificate;
use x509_cert::certificate::Version;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages};
use x509_cert::ext::{AsExtension, Extension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::{Time, Validity};
use x509_ocsp::{CertStatus, OcspGeneralizedTime, ResponderId, ResponseData, SingleResponse};

/// A certificate with its key.
pub struct Issued {
    pub key: FileKey,
    pub certificate: Certificate,
}

/// Root, issuing authority, a member that signs, and those who answer and stamp for the authority.
pub struct City {
    pub now: Timestamp,
    pub root: Issued,
    pub authority: Issued,
    pub member: Issued,
    pub signer: EvidenceSigner,
    pub responder: Issued,
    pub stamper: Issued,
}

/// A moment as certificates and OCSP answers have it.
pub fn time(at: Timestamp) -> Time {
    Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(at.as_second().unsigned_abs())).unwrap())
}

fn extension(value: &impl AsExtension, critical: bool) -> Extension {
    let mut made = value.to_extension(&Name::default(), &[]).unwrap();
    made.critical = critical;
    made
}

fn usage(usages: impl Into<FlagSet<KeyUsages>>) -> Extension {
    extension(&KeyUsage(usages.into()), true)
}

fn authority_extensions() -> Vec<Extension> {
    let constraints = BasicConstraints { ca: true, path_len_constraint: None };
    vec![extension(&constraints, true), usage(KeyUsages::KeyCertSign | KeyUsages::CRLSign)]
}

fn purpose(purpose: ObjectIdentifier) -> Vec<Extension> {
    vec![usage(KeyUsages::DigitalSignature), extension(&ExtendedKeyUsage(vec![purpose]), true)]
}

fn issue(
    (name, serial): (&str, u8),
    algorithm: SignatureAlgorithm,
    extensions: Vec<Extension>,
    issuer: Option<&Issued>,
    now: Timestamp,
) -> Issued {
    let key = FileKey::generate(algorithm).unwrap();
    let subject = Name::from_str(&format!("CN={name},O=Hai Phong,C=VN")).unwrap();
    let day = SignedDuration::from_hours(24);
    let content = TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(&[serial]).unwrap(),
        signature: key.algorithm().identifier(),
        issuer: issuer.map_or_else(|| subject.clone(), |by| by.certificate.content().subject.clone()),
        validity: Validity { not_before: time(now - day), not_after: time(now + day * 30) },
        subject,
        subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(key.public_key_info()).unwrap(),
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    };
    let certificate = sign_certificate(content, issuer.map_or(&key, |by| &by.key)).unwrap();
    Issued { key, certificate }
}

impl City {
    /// A city whose member signs with this algorithm.
    pub fn new(algorithm: SignatureAlgorithm, now: Timestamp) -> City {
        let elliptic = SignatureAlgorithm::EcdsaP256;
        // Two roots of one name in one folder would be mistaken for each other by openssl.
        let root = issue((&format!("Root {algorithm:?}"), 1), elliptic, authority_extensions(), None, now);
        let authority =
            issue((&format!("Issuing {algorithm:?}"), 2), elliptic, authority_extensions(), Some(&root), now);
        let signs = vec![usage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation)];
        let member = issue(("000.00.01.H24", 3), algorithm, signs, Some(&authority), now);
        let mut answers = purpose(rfc5280::ID_KP_OCSP_SIGNING);
        // RFC 6960, 4.2.2.2.1: the value is NULL.
        answers.push(Extension {
            extn_id: rfc6960::ID_PKIX_OCSP_NOCHECK,
            critical: false,
            extn_value: OctetString::new([5, 0].as_slice()).unwrap(),
        });
        let responder = issue(("OCSP", 4), elliptic, answers, Some(&authority), now);
        let stamps = purpose(rfc5280::ID_KP_TIME_STAMPING);
        let stamper = issue(("Time stamps", 5), elliptic, stamps, Some(&authority), now);
        let signer = EvidenceSigner::new(member.certificate.clone()).unwrap();
        City { now, root, authority, member, signer, responder, stamper }
    }

    /// What the responder says of the member.
    pub fn ocsp(&self, status: CertStatus, at: Timestamp) -> Vec<u8> {
        let when = |at: Timestamp| OcspGeneralizedTime::from(time(at));
        let single = SingleResponse {
            cert_id: certificate_id(&self.member.certificate, &self.authority.certificate).unwrap(),
            cert_status: status,
            this_update: when(at),
            next_update: Some(when(at + SignedDuration::from_hours(1))),
            single_extensions: None,
        };
        let content = ResponseData {
            version: x509_ocsp::Version::V1,
            responder_id: ResponderId::ByName(self.responder.certificate.content().subject.clone()),
            produced_at: when(at),
            responses: vec![single],
            response_extensions: None,
        };
        sign_ocsp_response(content, &self.responder.key, std::slice::from_ref(&self.responder.certificate)).unwrap()
    }

    /// A time stamp over these bytes.
    pub fn stamp(&self, bytes: &[u8], at: Timestamp) -> Vec<u8> {
        let info = TimeStampInfo {
            policy: ObjectIdentifier::new_unwrap("1.2.3.4.1"),
            imprint: Imprint { algorithm: DigestAlgorithm::Sha512, digest: DigestAlgorithm::Sha512.digest(bytes) },
            null_parameters: false,
            serial: vec![1],
            time: at,
            accuracy_micros: None,
            nonce: None,
            authority: None,
        };
        let embedded = [self.stamper.certificate.clone(), self.authority.certificate.clone()];
        sign_time_stamp(&info, &self.stamper.key, &self.stamper.certificate, &embedded).unwrap()
    }

    pub fn sign(&self, layout: Layout, message: &[u8], body: Option<&[u8]>) -> SignedStatement {
        let at = self.now - SignedDuration::from_secs(90);
        let statement = Statement::new(sha512(message), body.map(sha512), at);
        self.signer.sign(&self.member.key, layout, statement).unwrap()
    }
}

pub const MESSAGE: &[u8] = b"POST\r\n/r1/VN-HP/GOV/000.00.01.H24/DANCU/tra-cuu\r\nX-Road-Client:VN-HP/GOV/0001/A\r\n";
pub const BODY: &[u8] = b"{\"soDinhDanh\":\"031090000001\",\"hoTen\":\"Nguyen Thi Vi Du\"}";

/// Which time stamps a container bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamps {
    pub own: bool,
    pub batch: bool,
}

pub const OWN: Stamps = Stamps { own: true, batch: false };
pub const BATCH: Stamps = Stamps { own: false, batch: true };
pub const BOTH: Stamps = Stamps { own: true, batch: true };

/// A container, with what its stamps are over.
pub struct Sample {
    pub container: Vec<u8>,
    /// Each token with the bytes it is over.
    pub stamps: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A container of a message that was the fourth of a batch of six.
pub fn sample(city: &City, layout: Layout, message: &[u8], body: Option<&[u8]>, stamps: Stamps) -> Sample {
    let signed = city.sign(layout, message, body);
    let answer = city.ocsp(CertStatus::good(), city.now - SignedDuration::from_mins(5));
    let certificates = [city.authority.certificate.clone()];
    let signature =
        SignatureParts { signer: &city.signer, signed: &signed, ocsp: Some(&answer), certificates: &certificates };
    let mut tokens = Vec::new();
    let batch: Option<(Proof, Vec<u8>)> = stamps.batch.then(|| {
        let mut leaves = vec![BEFORE_THE_FIRST, sha512(b"1"), sha512(b"2"), sha512(b"3"), sha512(b"5"), sha512(b"6")];
        leaves.insert(4, signature.leaf());
        let tree = Tree::over(leaves).unwrap();
        let over = batch_stamped_bytes(layout, &tree.top()).into_bytes();
        let token = city.stamp(&over, city.now - SignedDuration::from_secs(60));
        tokens.push((token.clone(), over));
        (tree.proof(4).unwrap(), token)
    });
    let own = stamps.own.then(|| {
        let over = signed.stamped_bytes();
        let token = city.stamp(&over, city.now - SignedDuration::from_secs(30));
        tokens.push((token.clone(), over));
        token
    });
    let contents = Contents {
        signature,
        message,
        time_stamp: own.as_deref(),
        batch: batch.as_ref().map(|(proof, token)| BatchProof { proof, token }),
    };
    Sample { container: contents.to_bytes(body).unwrap(), stamps: tokens }
}

/// The entries of a container in their order.
pub fn entries(container: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(container)).unwrap();
    let mut found = Vec::new();
    for number in 0..archive.len() {
        let mut file = archive.by_index(number).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        found.push((file.name().unwrap().into_owned(), bytes));
    }
    found
}

/// An archive of these entries, not packed, whatever they are called and however often.
pub fn archive(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut written, mut directory) = (Vec::new(), Vec::new());
    let short = |number: usize| u16::try_from(number).unwrap().to_le_bytes();
    let long = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    for (name, bytes) in entries {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let offset = written.len();
        // Version 2.0, no flags, stored, 1980-01-01.
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        common.extend(crc.sum().to_le_bytes());
        common.extend([long(bytes.len()), long(bytes.len())].concat());
        common.extend([short(name.len()), short(0)].concat());
        written.extend([b"PK\x03\x04", common.as_slice(), name.as_bytes(), bytes].concat());
        directory.extend([b"PK\x01\x02\x14\0", common.as_slice(), &[0; 10], &long(offset), name.as_bytes()].concat());
    }
    let (count, begin) = (short(entries.len()), long(written.len()));
    written.extend_from_slice(&directory);
    let size = long(directory.len());
    written.extend([b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &size, &begin, &[0, 0]].concat());
    written
}
