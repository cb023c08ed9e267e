#![allow(clippy::unwrap_used)]
use super::*;
use crate::status_answers::{Signed, StatusAnswer};
use crate::testing::status_request;
use der::asn1::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use haidang_signing::cms::SignedData;
use haidang_signing::time_stamp::{self, Imprint, TimeStampError, TimeStampFailure, TimeStampInfo, TimeStampRequest};
use haidang_testkit::{TestDb, db_test};
use jiff::SignedDuration;
use x509_cert::crl::CertificateList;
use x509_cert::ext::pkix::{CrlNumber, CrlReason};
use x509_ocsp::{BasicOcspResponse, CertStatus, OcspResponse, OcspResponseStatus};

const POLICY: &str = "1.3.6.1.4.1.32473.1";
const ORIGIN: &str = "https://city.example.vn";

fn settings(db: &TestDb, keys: &str) -> Settings {
    Settings {
        origin: ORIGIN.to_owned(),
        city: "Thành phố Mẫu".to_owned(),
        keys: db.folder().join(keys),
        policy: Settings::policy(POLICY).unwrap(),
        accuracy_milliseconds: 1_500,
        freshness: Freshness::default(),
    }
}

async fn open(db: &TestDb, keys: &str) -> TrustRoom {
    let sealer = Sealer::open([7; 32]).unwrap();
    TrustRoom::open(db.db(), db.ambient().clone(), sealer, settings(db, keys)).await.unwrap()
}

/// Somebody's certificate with its key.
async fn personal(room: &TrustRoom, name: &str) -> (FileKey, Certificate) {
    let key = FileKey::generate(SignatureAlgorithm::EcdsaP256).unwrap();
    let new = NewCertificate {
        purpose: Purpose::Personal,
        subject: Subject { common_name: name.to_owned(), ..Subject::default() },
        public_key: public_key(&key).unwrap(),
        days: None,
    };
    let certificate = room.issue(&new, ActorRef::system()).await.unwrap();
    (key, certificate)
}

async fn asked(room: &TrustRoom, serial: &str, nonce: Option<&[u8]>) -> (Signed, BasicOcspResponse) {
    let request = status_request(room.issuing(), &[serial], nonce);
    let StatusAnswer::Signed { answer, shared } = room.answer_status(&request).await.unwrap() else {
        panic!("refused")
    };
    assert_eq!(shared, nonce.is_none());
    let response = OcspResponse::from_der(&answer.content).unwrap();
    assert_eq!(response.response_status, OcspResponseStatus::Successful);
    let basic = BasicOcspResponse::from_der(response.response_bytes.unwrap().response.as_bytes()).unwrap();
    let responder = Certificate::from_der(&basic.certs.as_ref().unwrap()[0].to_der().unwrap()).unwrap();
    responder.verify_signed_by(room.issuing()).unwrap();
    assert!(responder.has_ocsp_no_check());
    let signed = basic.tbs_response_data.to_der().unwrap();
    let signature = basic.signature.as_bytes().unwrap();
    haidang_signing::verify(responder.public_key(), &basic.signature_algorithm, None, &signed, signature).unwrap();
    (answer, basic)
}

fn standing(basic: &BasicOcspResponse) -> CertStatus {
    basic.tbs_response_data.responses[0].cert_status
}

/// Number and revoked serial numbers of a list, whose signature is checked.
async fn listed(room: &TrustRoom, role: Role) -> (u64, Vec<String>) {
    let issuer = room.issuer(role);
    let list = room.revocation_list(&issuer.id).await.unwrap().unwrap();
    let list = CertificateList::from_der(&list.content).unwrap();
    let by = if role == Role::Root { room.root() } else { room.issuing() };
    let signed = list.tbs_cert_list.to_der().unwrap();
    let signature = list.signature.as_bytes().unwrap();
    haidang_signing::verify(by.public_key(), &list.signature_algorithm, None, &signed, signature).unwrap();
    let extensions = list.tbs_cert_list.crl_extensions.unwrap();
    let number = CrlNumber::from_der(extensions[1].extn_value.as_bytes()).unwrap();
    let number = number.0.as_bytes().iter().fold(0, |sum, byte| sum * 256 + u64::from(*byte));
    let revoked = list.tbs_cert_list.revoked_certificates.unwrap_or_default();
    (number, revoked.iter().map(|one| rules::serial_text(one.serial_number.as_bytes())).collect())
}

async fn audits(db: &TestDb, action: &str) -> i64 {
    let sql = "SELECT CAST(count(*) AS BIGINT) AS n FROM store_audit WHERE action = $1";
    db.fetch_one(sql, args![action]).await.unwrap().integer("n").unwrap()
}

#[test]
fn subjects_are_bounded() {
    let subject = |name: &str| Subject { common_name: name.to_owned(), ..Subject::default() };
    for (name, fits) in [
        ("Nguyễn Thị Ví Dụ", true),
        ("", false),
        ("  ", false),
        ("a\nb", false),
        (&"ệ".repeat(64), true),
        (&"ệ".repeat(65), false),
    ] {
        assert_eq!(subject(name).name().is_ok(), fits, "{name:?}");
    }
    let identified = |id: &str| Subject { identifier: Some(id.to_owned()), ..subject("A") }.name();
    assert!(identified("H24.S08-12").is_ok());
    assert!(identified("số 12").is_err(), "PrintableString has no such letters");
    let full = Subject {
        locality: Some("Hải Phòng".to_owned()),
        organization: Some("Sở Tư pháp".to_owned()),
        unit: Some("Văn phòng".to_owned()),
        ..subject("Sở Tư pháp")
    };
    assert_eq!(full.name().unwrap().to_string(), "CN=Sở Tư pháp,OU=Văn phòng,O=Sở Tư pháp,L=Hải Phòng,C=VN");
}

#[test]
fn only_the_holder_of_a_key_can_ask_for_its_certificate() {
    use x509_cert::request::{CertReq, CertReqInfo, Version};
    let key = FileKey::generate(SignatureAlgorithm::EcdsaP256).unwrap();
    let info = CertReqInfo {
        version: Version::V1,
        subject: x509_cert::name::Name::default(),
        public_key: public_key(&key).unwrap(),
        attributes: Default::default(),
    };
    let signature = der::asn1::BitString::from_bytes(&key.sign(&info.to_der().unwrap()).unwrap()).unwrap();
    let algorithm = SignatureAlgorithm::EcdsaP256.identifier();
    let request = CertReq { info, algorithm, signature };
    let bytes = request.to_der().unwrap();
    assert_eq!(read_public_key(&bytes).unwrap(), request.info.public_key);
    let pem = der::pem::encode_string("CERTIFICATE REQUEST", der::pem::LineEnding::LF, &bytes).unwrap();
    assert_eq!(read_public_key(pem.as_bytes()).unwrap(), request.info.public_key);
    assert_eq!(read_public_key(key.public_key_info()).unwrap(), request.info.public_key);
    let mut stolen = request;
    stolen.info.public_key = public_key(&FileKey::generate(SignatureAlgorithm::EcdsaP256).unwrap()).unwrap();
    assert!(matches!(read_public_key(&stolen.to_der().unwrap()), Err(TrustError::Request(_))));
    for garbage in [&b""[..], b"-----BEGIN X-----\nAAAA\n-----END X-----\n", &[0x30, 0]] {
        assert!(matches!(read_public_key(garbage), Err(TrustError::Request(_))));
    }
}

db_test! {
    rooms = &[("trust", crate::MIGRATIONS)];

    async fn authorities_are_made_once_and_lead_to_the_root(db: TestDb) {
        let room = open(&db, "trust").await;
        let again = open(&db, "trust").await;
        assert_eq!((room.root(), room.issuing()), (again.root(), again.issuing()));
        assert_eq!(room.time_stamping(), again.time_stamping());
        assert_eq!(audits(&db, "authority.made").await, 2);
        assert_eq!(audits(&db, "certificate.issued").await, 3, "issuing authority, time stamps, status");
        room.root().verify_signed_by(room.root()).unwrap();
        room.issuing().verify_signed_by(room.root()).unwrap();
        room.time_stamping().verify_signed_by(room.issuing()).unwrap();
        assert_eq!((room.root().path_length(), room.issuing().path_length()), (Some(1), Some(0)));
        let (root, issuing) = (room.issuer(Role::Root).id, room.issuer(Role::Issuing).id);
        assert_eq!(room.issuing().crl_urls(), [format!("{ORIGIN}/trust/crl/{root}.crl")]);
        let stamping = room.time_stamping();
        assert_eq!(stamping.crl_urls(), [format!("{ORIGIN}/trust/crl/{issuing}.crl")]);
        assert_eq!(stamping.ocsp_urls(), [format!("{ORIGIN}/ocsp")]);
        assert_eq!(stamping.issuer_urls(), [format!("{ORIGIN}/trust/{issuing}.cer")]);
        assert_eq!(room.authority(&issuing).await.unwrap().unwrap().certificate, room.issuing().der());
        assert!(room.authority("issuing-00000000").await.unwrap().is_none());
    }

    async fn other_keys_are_other_authorities_and_the_old_ones_stay_readable(db: TestDb) {
        let old = open(&db, "trust").await;
        let id = old.issuer(Role::Issuing).id;
        let list = old.revocation_list(&id).await.unwrap().unwrap();
        let new = open(&db, "elsewhere").await;
        assert_ne!(new.issuer(Role::Issuing).id, id);
        assert_eq!(new.authorities().await.unwrap().len(), 4);
        db.ambient().advance(SignedDuration::from_hours(100));
        assert_eq!(new.revocation_list(&id).await.unwrap(), Some(list), "its key is gone: the last list stands");
    }

    async fn a_root_that_is_gone_takes_everything_below_along(db: TestDb) {
        let old = open(&db, "trust").await;
        std::fs::remove_file(db.folder().join("trust/root.key")).unwrap();
        let new = open(&db, "trust").await;
        assert_ne!(old.issuing(), new.issuing());
        new.issuing().verify_signed_by(new.root()).unwrap();
        new.time_stamping().verify_signed_by(new.issuing()).unwrap();
    }

    async fn a_revoked_issuing_authority_is_replaced_at_the_next_start(db: TestDb) {
        let old = open(&db, "trust").await;
        let serial = old.issuing().serial_hex();
        old.revoke(&serial, Reason::KeyCompromise, ActorRef::system()).await.unwrap();
        assert_eq!(listed(&old, Role::Root).await, (1, vec![serial]));
        let new = open(&db, "trust").await;
        assert_eq!(new.root(), old.root());
        assert_ne!(new.issuing(), old.issuing());
        new.issuing().verify_signed_by(new.root()).unwrap();
        new.time_stamping().verify_signed_by(new.issuing()).unwrap();
        assert_eq!(standing(&asked(&new, &new.time_stamping().serial_hex(), None).await.1), CertStatus::good());
    }

    async fn a_revoked_certificate_is_revoked_everywhere(db: TestDb) {
        let room = open(&db, "trust").await;
        let (_, certificate) = personal(&room, "Nguyễn Thị Ví Dụ").await;
        let serial = certificate.serial_hex();
        certificate.verify_signed_by(room.issuing()).unwrap();
        let usage = certificate.key_usage().unwrap();
        assert!(usage.digital_signature() && usage.non_repudiation() && !usage.key_cert_sign());
        assert_eq!(standing(&asked(&room, &serial, None).await.1), CertStatus::good());
        assert_eq!(listed(&room, Role::Issuing).await, (1, vec![]));

        db.ambient().advance(SignedDuration::from_mins(1));
        room.revoke(&serial.to_lowercase(), Reason::KeyCompromise, ActorRef::system()).await.unwrap();
        let CertStatus::Revoked(info) = standing(&asked(&room, &serial, None).await.1) else { panic!("not revoked") };
        assert_eq!(info.revocation_reason, Some(CrlReason::KeyCompromise));
        let at = i64::try_from(info.revocation_time.0.to_unix_duration().as_secs()).unwrap();
        assert_eq!(at, db.ambient().now().as_second());
        assert_eq!(listed(&room, Role::Issuing).await, (2, vec![serial.clone()]));
        assert_eq!(audits(&db, "certificate.revoked").await, 1);

        let again = room.revoke(&serial, Reason::Superseded, ActorRef::system()).await;
        assert!(matches!(again, Err(TrustError::AlreadyRevoked(_))));
        let unknown = room.revoke("00FF", Reason::Superseded, ActorRef::system()).await;
        assert!(matches!(unknown, Err(TrustError::UnknownSerial(_))));
        // Long after its end it is still in the list: what it signed is judged for decades.
        db.ambient().advance(SignedDuration::from_hours(24 * 2_000));
        assert_eq!(listed(&room, Role::Issuing).await.1, [serial]);
    }

    async fn an_answer_is_kept_without_a_nonce_and_made_anew_with_one(db: TestDb) {
        let room = open(&db, "trust").await;
        let serial = personal(&room, "A").await.1.serial_hex();
        let (first, _) = asked(&room, &serial, None).await;
        db.ambient().advance(SignedDuration::from_mins(10));
        assert_eq!(asked(&room, &serial, None).await.0, first, "the same bytes");
        let (fresh, basic) = asked(&room, &serial, Some(&[9; 32])).await;
        assert_ne!(fresh, first);
        assert_eq!(basic.nonce().unwrap().0.as_bytes(), [9; 32]);
        db.ambient().advance(SignedDuration::from_mins(25));
        let (later, _) = asked(&room, &serial, None).await;
        assert!(later.from > first.from, "half of its time was over");
        assert_eq!(later.until.duration_since(later.from), SignedDuration::from_hours(1));
        assert_eq!(standing(&asked(&room, "0A", None).await.1), CertStatus::unknown());
        let foreign = crate::testing::self_signed("B").certificate;
        let request = status_request(&foreign, &[&serial], None);
        let StatusAnswer::Signed { answer, .. } = room.answer_status(&request).await.unwrap() else { panic!("refused") };
        let response = OcspResponse::from_der(&answer.content).unwrap().response_bytes.unwrap();
        let basic = BasicOcspResponse::from_der(response.response.as_bytes()).unwrap();
        assert_eq!(standing(&basic), CertStatus::unknown(), "an authority that is not ours");
        let refused = room.answer_status(b"not asn1").await.unwrap();
        assert_eq!(refused, StatusAnswer::Refused(vec![0x30, 3, 0x0a, 1, 1]));
    }

    async fn lists_are_numbered_upwards_whoever_writes_them(db: TestDb) {
        let rooms = [open(&db, "trust").await, open(&db, "trust").await];
        let mut last = 0;
        for round in 0..4 {
            let serial = personal(&rooms[0], "A").await.1.serial_hex();
            rooms[0].revoke(&serial, Reason::Unspecified, ActorRef::system()).await.unwrap();
            let id = &rooms[0].issuer(Role::Issuing).id;
            let (one, other) = tokio::join!(rooms[0].revocation_list(id), rooms[1].revocation_list(id));
            assert_eq!(one.unwrap(), other.unwrap(), "both show the one list of this number");
            let (number, revoked) = listed(&rooms[1], Role::Issuing).await;
            assert_eq!((number, revoked.len()), (last + 1, round + 1));
            last = number;
        }
        assert_eq!(listed(&rooms[0], Role::Root).await, (1, vec![]));
        db.ambient().advance(SignedDuration::from_hours(13));
        assert_eq!(listed(&rooms[0], Role::Issuing).await.0, last + 1, "half of its day was over");
        assert!(rooms[0].revocation_list("issuing-00000000").await.unwrap().is_none());
    }

    async fn own_services_are_replaced_before_they_end_and_when_revoked(db: TestDb) {
        let room = open(&db, "trust").await;
        let first = room.time_stamping();
        room.revoke(&first.serial_hex(), Reason::Superseded, ActorRef::system()).await.unwrap();
        let second = room.time_stamping();
        assert_ne!(first, second);
        let other = open(&db, "trust").await;
        assert_eq!(other.time_stamping(), second);
        db.ambient().advance(SignedDuration::from_hours(24 * 340));
        let before = room.services().status.certificate.clone();
        room.renew().await.unwrap();
        let after = room.services().status.certificate.clone();
        assert_ne!(before, after, "25 days were left");
        assert_eq!(room.time_stamping(), second, "years are left");
        other.renew().await.unwrap();
        assert_eq!(other.services().status.certificate, after, "what another process replaced is taken over");
    }

    async fn what_cannot_be_certified_is_refused(db: TestDb) {
        let room = open(&db, "trust").await;
        let key = FileKey::generate(SignatureAlgorithm::EcdsaP256).unwrap();
        let good = NewCertificate {
            purpose: Purpose::Seal,
            subject: Subject { common_name: "A".to_owned(), ..Subject::default() },
            public_key: public_key(&key).unwrap(),
            days: Some(30),
        };
        let issued = room.issue(&good, ActorRef::system()).await.unwrap();
        assert_eq!(issued.not_after().duration_since(db.ambient().now()), SignedDuration::from_hours(24 * 30));
        for days in [0, -1, rules::MOST_DAYS + 1, i64::MAX] {
            let refused = room.issue(&NewCertificate { days: Some(days), ..good.clone() }, ActorRef::system()).await;
            assert!(matches!(refused, Err(TrustError::Days { .. })), "{days}");
        }
        let authority = NewCertificate { purpose: Purpose::Issuing, ..good.clone() };
        assert!(matches!(room.issue(&authority, ActorRef::system()).await, Err(TrustError::Request(_))));
        let mut weak = good.clone();
        weak.public_key.algorithm.oid = ObjectIdentifier::new_unwrap("1.3.101.112");
        assert!(matches!(room.issue(&weak, ActorRef::system()).await, Err(TrustError::Request(_))));
        let listed = room.certificates(None, 10).await.unwrap();
        assert_eq!(listed.len(), 4);
        let last = listed.last().unwrap();
        assert!(room.certificates(Some((last.issued_at, &last.serial)), 10).await.unwrap().is_empty());
    }

    async fn a_stamp_says_what_was_asked_and_is_signed(db: TestDb) {
        let room = open(&db, "trust").await;
        db.ambient().advance(SignedDuration::from_millis(120));
        let asked = TimeStampRequest::new(Imprint::of(b"abc"), [9; 16], None);
        let variants = [
            asked.clone(),
            TimeStampRequest { wants_certificate: false, nonce: None, ..asked.clone() },
            TimeStampRequest { null_parameters: true, policy: Some(Settings::policy(POLICY).unwrap()), ..asked.clone() },
        ];
        for (number, asked) in (1_u8..).zip(variants) {
            let answer = room.answer_stamp(&asked.to_der().unwrap()).await.unwrap();
            assert_eq!(answer.refusal, None);
            let signed = SignedData::parse(&time_stamp::token_of(&answer.content).unwrap()).unwrap();
            let with = if asked.wants_certificate { 2 } else { 0 };
            assert_eq!(signed.certificates().len(), with, "certificates come when asked for");
            let info = TimeStampInfo::from_der(signed.content().unwrap()).unwrap();
            let signer = signed.with_certificates(&[room.time_stamping()]).verify_encapsulated().unwrap();
            assert_eq!(signer.certificate, room.time_stamping());
            assert_eq!(info, TimeStampInfo {
                policy: Settings::policy(POLICY).unwrap(),
                imprint: asked.imprint,
                null_parameters: asked.null_parameters,
                serial: vec![number],
                time: db.ambient().now(),
                accuracy_micros: Some(1_500_000),
                nonce: asked.nonce,
                authority: info.authority.clone(),
            });
        }
        db.ambient().advance(SignedDuration::from_secs(-2));
        let early = room.answer_stamp(&asked.to_der().unwrap()).await.unwrap();
        assert_eq!(early.refusal, Some(TimeStampFailure::TimeNotAvailable));
        let refused = time_stamp::token_of(&early.content);
        assert!(matches!(refused, Err(TimeStampError::Refused(Some(TimeStampFailure::TimeNotAvailable)))));
    }
}
