//! What is made here judged by openssl, and what openssl makes read here. Where it is absent the tests say so.
#![allow(clippy::unwrap_used, reason = "it is compiled for tests only, where a panic is the message")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use der::oid::db::rfc5280;
use x509_cert::ext::pkix::KeyUsages;
use x509_ocsp::CertStatus;

use crate::fixture::{self, Issued, Order, Revoked};
use crate::path::{Evidence, PathRules, Purpose, RevocationRule, TrustAnchors, validate};
use crate::revocation::Moment;
use crate::time_stamp::{Imprint, TimeStampInfo, TimeStampRequest, granted, sign_time_stamp};
use crate::{Certificate, DigestAlgorithm, FileKey, SignatureAlgorithm, cms};

const CONTENT: &[u8] = "Quyết định số 05/QĐ-UBND".as_bytes();
/// The moment at which openssl is told to judge: the certificates are valid from 2026 to 2030.
const AT: &str = "2026-06-02T00:00:00Z";

struct Desk {
    place: tempfile::TempDir,
}

impl Desk {
    /// None, with a word about it, where there is no openssl.
    fn open() -> Option<Desk> {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("openssl is not on this machine: its judgement is not asked");
            return None;
        }
        Some(Desk { place: tempfile::tempdir().unwrap() })
    }

    fn put(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.place.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.place.path().join(name)).unwrap()
    }

    /// Runs a line of words; those that name a file on the desk are files.
    fn try_run(&self, line: &str) -> Output {
        let at = fixture::at(AT).as_second().to_string();
        let words = line.split_whitespace().map(|word| if word == "AT" { at.as_str() } else { word });
        Command::new("openssl").args(words).current_dir(self.place.path()).output().unwrap()
    }

    fn run(&self, line: &str) -> String {
        let output = self.try_run(line);
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "openssl {line}\n{said}");
        said
    }
}

fn put_key(path: &Path, key: &FileKey) {
    let _ = std::fs::remove_file(path);
    key.write_new(path).unwrap();
}

#[test]
fn openssl_accepts_signatures_of_every_kind_of_key_and_refuses_changed_content() {
    let Some(desk) = Desk::open() else { return };
    let digest = DigestAlgorithm::Sha256.digest(CONTENT);
    for algorithm in [SignatureAlgorithm::EcdsaP256, SignatureAlgorithm::Rsa2048, SignatureAlgorithm::Rsa3072] {
        let (root, middle, signer) = fixture::chain(algorithm);
        let der = cms::sign_detached(&digest, &signer.key, &signer.certificate, &[middle.certificate]).unwrap();
        desk.put("signature.der", &der);
        desk.put("content", CONTENT);
        desk.put("changed", b"something else");
        desk.put("root.pem", root.certificate.to_pem().as_bytes());
        let line = "cms -verify -cades -binary -inform DER -in signature.der -CAfile root.pem -attime AT -out out";
        desk.run(&format!("{line} -content content"));
        assert!(!desk.try_run(&format!("{line} -content changed")).status.success());
    }
}

fn authority() -> (Issued, Issued) {
    let root = Order::authority("Root", 1, None).issue(None);
    let purposes = fixture::purposes(&[rfc5280::ID_KP_TIME_STAMPING], true);
    let extensions = vec![fixture::usage(KeyUsages::DigitalSignature), purposes];
    let authority = Order::new("TSA", 2, extensions).issue(Some(&root));
    (root, authority)
}

#[test]
fn openssl_accepts_time_stamps_with_fractions_of_a_second() {
    let Some(desk) = Desk::open() else { return };
    let (root, authority) = authority();
    desk.put("root.pem", root.certificate.to_pem().as_bytes());
    desk.put("content", CONTENT);
    desk.put("changed", b"something else");
    desk.run("ts -query -data content -sha256 -cert -out query.tsq");
    let request = TimeStampRequest::from_der(&desk.read("query.tsq")).unwrap();
    assert_eq!((&request.imprint, request.wants_certificate), (&Imprint::of(CONTENT), true));
    let info = TimeStampInfo {
        policy: der::asn1::ObjectIdentifier::new_unwrap("1.2.3.4.1"),
        imprint: request.imprint,
        null_parameters: request.null_parameters,
        serial: vec![0x12, 0x34],
        time: fixture::at("2026-06-02T00:00:00.25Z"),
        accuracy_micros: Some(1_500_000),
        nonce: request.nonce,
        authority: None,
    };
    let embedded = std::slice::from_ref(&authority.certificate);
    let token = sign_time_stamp(&info, &authority.key, &authority.certificate, embedded).unwrap();
    desk.put("answer.tsr", &granted(&token).unwrap());
    desk.put("token.tst", &token);
    desk.run("ts -verify -queryfile query.tsq -in answer.tsr -CAfile root.pem -attime AT");
    desk.run("ts -verify -data content -in token.tst -token_in -CAfile root.pem -attime AT");
    assert!(!desk.try_run("ts -verify -data changed -in answer.tsr -CAfile root.pem -attime AT").status.success());
    let shown = desk.run("ts -reply -in answer.tsr -text");
    assert!(shown.contains("00:00:00.25") && shown.contains("0x1234"), "{shown}");
}

#[test]
fn openssl_accepts_lists_and_answers() {
    let Some(desk) = Desk::open() else { return };
    let (root, middle, signer) = fixture::chain(SignatureAlgorithm::Rsa2048);
    let (this, next) = ("2026-06-01T00:00:00Z", Some("2026-06-08T00:00:00Z"));
    let revoked = [Revoked { serial: 3, since: "2026-05-20T00:00:00Z", reason: 1 }];
    let list = fixture::list(&middle, this, next, &revoked, Vec::new());
    desk.put("list.der", list.der());
    desk.put("root.pem", root.certificate.to_pem().as_bytes());
    desk.put("middle.pem", middle.certificate.to_pem().as_bytes());
    desk.put("signer.pem", signer.certificate.to_pem().as_bytes());
    let shown = desk.run("crl -inform DER -in list.der -CAfile middle.pem -noout -text");
    assert!(shown.contains("verify OK") && shown.contains("Key Compromise"), "{shown}");
    desk.run("verify -CAfile root.pem -untrusted middle.pem -attime AT signer.pem");
    desk.run("crl -inform DER -in list.der -out list.pem");
    let bundle = [desk.read("root.pem"), desk.read("list.pem")].concat();
    desk.put("root_and_list.pem", &bundle);
    let refused = desk
        .try_run("verify -crl_check -CAfile root.pem -CRLfile list.pem -untrusted middle.pem -attime AT signer.pem");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("certificate revoked"));
    let purposes = fixture::purposes(&[rfc5280::ID_KP_OCSP_SIGNING], false);
    let responder = Order::new("Responder", 7, vec![fixture::usage(KeyUsages::DigitalSignature), purposes]);
    let responder = responder.issue(Some(&middle));
    for (status, wanted) in [(CertStatus::good(), "signer.pem: good"), (fixture::revoked(this), "signer.pem: revoked")]
    {
        let pair = (&signer.certificate, &middle.certificate);
        let answer = fixture::ocsp(pair, &responder, (this, next), status, true);
        desk.put("answer.der", answer.der());
        let line = "ocsp -issuer middle.pem -cert signer.pem -respin answer.der -CAfile root.pem -attime AT";
        // openssl compares the times of an answer with the clock of the machine, whatever it is told.
        let said = desk.run(&format!("{line} -validity_period 3000000000 -verify_other middle.pem -no_nonce"));
        assert!(said.contains("Response verify OK") && said.contains(wanted), "{said}");
    }
    let request = crate::revocation::ocsp_request(&signer.certificate, &middle.certificate, Some(&[1; 16])).unwrap();
    desk.put("request.der", &request);
    assert!(desk.run("ocsp -reqin request.der -req_text").contains("Serial Number: 03"));
}

#[test]
fn what_openssl_makes_is_read_here() {
    let Some(desk) = Desk::open() else { return };
    let (root, middle, signer) = fixture::chain(SignatureAlgorithm::Rsa2048);
    put_key(&desk.place.path().join("signer.key"), &signer.key);
    desk.put("signer.pem", signer.certificate.to_pem().as_bytes());
    desk.put("middle.pem", middle.certificate.to_pem().as_bytes());
    desk.put("content", CONTENT);
    let line = "cms -sign -cades -binary -in content -signer signer.pem -inkey signer.key -certfile middle.pem \
                -outform DER -out signature.der";
    for (options, digest, accepted) in [
        ("-md sha256", DigestAlgorithm::Sha256, true),
        ("-md sha512", DigestAlgorithm::Sha512, true),
        ("-md sha256 -keyopt rsa_padding_mode:pss", DigestAlgorithm::Sha256, false),
        ("-md sha256 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:digest", DigestAlgorithm::Sha256, true),
        ("-md sha384 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:digest", DigestAlgorithm::Sha384, true),
        ("-md sha1", DigestAlgorithm::Sha256, false),
    ] {
        desk.run(&format!("{line} {options}"));
        let answer = cms::SignedData::parse(&desk.read("signature.der")).and_then(|read| {
            assert_eq!(read.digest_algorithm(), digest);
            let verified = read.verify(&digest.digest(CONTENT))?;
            assert!(verified.signing_time.is_some() && read.verify(&digest.digest(b"other")).is_err());
            let evidence = Evidence { certificates: read.certificates().to_vec(), ..Evidence::default() };
            let anchors = TrustAnchors::new(vec![root.certificate.clone()]);
            let rules = PathRules {
                purpose: Purpose::DocumentSigning,
                moment: Moment::now(fixture::at(AT)),
                revocation: RevocationRule::WhereKnown,
            };
            assert_eq!(validate(&verified.certificate, &anchors, &evidence, &rules).unwrap().certificates.len(), 3);
            Ok(())
        });
        assert_eq!(answer.is_ok(), accepted, "{options}: {answer:?}");
    }
}

#[test]
fn keys_and_certificates_of_openssl_are_read_here() {
    let Some(desk) = Desk::open() else { return };
    for (options, accepted) in [
        ("-newkey ec -pkeyopt ec_paramgen_curve:P-256", true),
        ("-newkey ec -pkeyopt ec_paramgen_curve:P-384 -sha384", true),
        ("-newkey ec -pkeyopt ec_paramgen_curve:P-384 -sha256", true),
        ("-newkey rsa:2048 -sha512", true),
        ("-newkey rsa:2048 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest", true),
        ("-newkey rsa:3072 -sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest", true),
        ("-newkey rsa:1024", false),
        ("-newkey rsa:2048 -sha1", false),
        ("-newkey ec -pkeyopt ec_paramgen_curve:secp256k1", false),
    ] {
        desk.run(&format!("req -x509 -nodes -subj /CN=Test -days 30 -keyout key.pem -out certificate.pem {options}"));
        let certificate = Certificate::from_bytes(&desk.read("certificate.pem")).unwrap();
        assert_eq!(certificate.common_name().as_deref(), Some("Test"));
        assert_eq!(certificate.verify_signed_by(&certificate).is_ok(), accepted, "{options}");
    }
    for (options, accepted) in [
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", Some(SignatureAlgorithm::EcdsaP256)),
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", Some(SignatureAlgorithm::Rsa2048)),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-384", None),
        ("-algorithm ED25519", None),
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:1024", None),
    ] {
        desk.run(&format!("genpkey {options} -out key.pem"));
        desk.run("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der");
        for name in ["key.pem", "key.der"] {
            let read = FileKey::from_bytes(&desk.read(name)).ok().map(|key| crate::PrivateKey::algorithm(&key));
            assert_eq!(read, accepted, "{options} {name}");
        }
    }
}
