//! Papers of the office: signed by an official, closed by the agency, judged; and every clear refusal.

use std::collections::BTreeMap;

use crate::city::{MORNING, Place, Town};
use crate::paper;
use haidang_contracts::ContractError;
use haidang_contracts::actor::PersonId;
use haidang_contracts::papers::{
    FileToSign, JudgedAs, OfficeSigning as _, PaperPlace, SignatureRole, SigningOrder, SigningParty,
};
use haidang_kernel::ambient::Ambient;
use haidang_server::config::Environment;
use haidang_server::office_signing::{OfficeSigner, seal_place};
use haidang_signing::time_stamp::TimeStamp;
use haidang_signing::{FileKey, PrivateKey as _, SignatureAlgorithm};
use haidang_store::ActorRef;
use haidang_trust::model::{Purpose, Reason};
use haidang_trust::{NewCertificate, Subject};
use jiff::SignedDuration;

const AGENCY: &str = "H24.11824";

fn officer(name: &str) -> SigningParty {
    // The same person each time: an id of a clock of its own.
    let person: PersonId = Ambient::fixed(MORNING.parse().unwrap(), 5).new_id();
    SigningParty::Officer { person, name: name.to_owned(), agency: AGENCY.to_owned() }
}

fn organ() -> SigningParty {
    SigningParty::Organ { agency: AGENCY.to_owned(), name: "Ủy ban nhân dân xã Mẫu".to_owned() }
}

const OFFICER: PaperPlace = PaperPlace { page: 0, x: 340.0, y: 120.0, width: 150.0, height: 60.0 };

fn line(x: f64) -> PaperPlace {
    PaperPlace { page: 0, x, y: 700.0, width: 160.0, height: 20.0 }
}

fn file(bytes: &[u8], field: &str) -> FileToSign {
    FileToSign {
        bytes: bytes.to_vec(),
        place: None,
        fill: BTreeMap::new(),
        prepare: BTreeMap::new(),
        field: field.to_owned(),
        reason: "Phê duyệt".to_owned(),
    }
}

/// A draft with every field that will be needed.
fn draft(bytes: &[u8]) -> FileToSign {
    let prepare = [
        ("officer", OFFICER),
        ("organ", seal_place(&OFFICER, 100.0)),
        ("initials", PaperPlace { page: 0, x: 500.0, y: 120.0, width: 40.0, height: 20.0 }),
        ("number", line(70.0)),
        ("date", PaperPlace { width: 220.0, ..line(320.0) }),
    ];
    let prepare = prepare.into_iter().map(|(name, place)| (name.to_owned(), place)).collect();
    FileToSign { prepare, ..file(bytes, "officer") }
}

fn numbered(bytes: &[u8]) -> FileToSign {
    let fill = [("number", "Số: 05/QĐ-UBND"), ("date", "Hải Phòng, ngày 03 tháng 3 năm 2026")];
    FileToSign { fill: fill.map(|(field, text)| (field.to_owned(), text.to_owned())).into(), ..file(bytes, "organ") }
}

fn order(role: SignatureRole, party: SigningParty, files: Vec<FileToSign>) -> SigningOrder {
    SigningOrder { role, party, files, activation: None }
}

async fn one(office: &OfficeSigner, role: SignatureRole, party: SigningParty, file: FileToSign) -> Vec<u8> {
    office.sign(order(role, party, vec![file])).await.unwrap().remove(0)
}

fn code(answer: Result<Vec<Vec<u8>>, ContractError>) -> String {
    match answer {
        Err(ContractError::Refused { code, .. }) => code.to_owned(),
        Err(ContractError::Unavailable(_)) => "unavailable".to_owned(),
        Err(other) => panic!("{other}"),
        Ok(_) => "signed".to_owned(),
    }
}

on_both! {
    async fn an_official_signs_and_the_agency_closes_the_paper(place: Place) {
        use SignatureRole::{Initials, Officer, Organ};
        let town = Town::open(&place, "mau", MORNING).await;
        let office = &town.city.office_signing;
        let paper = paper::tagged("first");
        let made = one(office, Officer, officer("Nguyễn Thị Ví Dụ"), draft(&paper)).await;
        assert!(made.starts_with(&paper), "what was there stays");
        let made = one(office, Initials, officer("Nguyễn Thị Ví Dụ"), file(&made, "initials")).await;
        let closed = one(office, Organ, organ(), numbered(&made)).await;
        assert!(closed.starts_with(&made));
        let judged = office.judge(&closed).await.unwrap();
        let found: Vec<_> = judged.signatures.iter().map(|one| (one.field.as_str(), one.signer.as_str(), one.level.as_str())).collect();
        assert_eq!(found, [
            ("officer", "Nguyễn Thị Ví Dụ", "B-LTA"),
            ("initials", "Nguyễn Thị Ví Dụ", "B-LTA"),
            ("organ", "Ủy ban nhân dân xã Mẫu", "B-LTA"),
        ], "{:#}", judged.report);
        for one in &judged.signatures {
            assert_eq!((one.integrity, one.identity, one.remarks.len()), (JudgedAs::Valid, JudgedAs::Valid, 0), "{one:?}");
            assert!(one.stamped_at.is_some());
        }
        assert_eq!(judged.report["answers"][0]["title"], "Tính toàn vẹn");
        assert_eq!(judged.report["answers"][2]["answer"], "unknown", "authority is the office's own question");
        // Years later the file speaks for itself.
        let alone = haidang_documents::pades::Judge { transport: None, ..office.judge_now() };
        let report = haidang_documents::pades::verify(std::sync::Arc::new(closed.clone()), &alone).await;
        assert!(report.is_good() && report.identity.verdict == haidang_documents::pades::Verdict::Passed, "{report:#?}");
        // A changed byte in the middle of the page.
        let at = closed.windows(5).position(|part| part == b"first").unwrap();
        let mut changed = closed.clone();
        changed[at] ^= 1;
        let judged = office.judge(&changed).await.unwrap();
        assert!(judged.signatures.iter().all(|one| one.integrity == JudgedAs::Invalid));
        assert_eq!(code(office.sign(order(Officer, officer("Lê Văn Khác"), vec![file(&changed, "second")])).await), "earlier_signature_invalid");
        town.prove().await;
    }

    async fn a_batch_is_signed_whole_and_in_order_or_not_at_all(place: Place) {
        use SignatureRole::{Officer, Organ};
        let town = Town::open(&place, "mau", MORNING).await;
        let office = &town.city.office_signing;
        let (first, second) = (paper::tagged("first"), paper::tagged("second"));
        let files = [&first, &second, &first].map(|bytes| draft(bytes)).to_vec();
        let made = office.sign(order(Officer, officer("Nguyễn Thị Ví Dụ"), files)).await.unwrap();
        assert!(made[0].starts_with(&first) && made[1].starts_with(&second) && made[2].starts_with(&first));
        for bytes in &made {
            let judged = office.judge(bytes).await.unwrap();
            assert_eq!((judged.signatures.len(), judged.signatures[0].integrity), (1, JudgedAs::Valid));
        }
        let files = vec![draft(&first), file(b"no PDF", "officer")];
        assert_eq!(code(office.sign(order(Officer, officer("Nguyễn Thị Ví Dụ"), files)).await), "file_unreadable");
        assert_eq!(code(office.sign(order(Officer, organ(), vec![draft(&first)])).await), "signature_not_authorised");
        assert_eq!(code(office.sign(order(Organ, officer("A"), vec![draft(&first)])).await), "signature_not_authorised");
        assert_eq!(code(office.sign(order(Organ, organ(), vec![])).await), "signature_not_authorised", "nothing to sign");
        let again = vec![file(&made[0], "officer")];
        assert_eq!(code(office.sign(order(Officer, officer("Nguyễn Thị Ví Dụ"), again)).await), "field_not_free");
        let mut strange = numbered(&made[0]);
        strange.fill.insert("number".to_owned(), "Số: 05/QĐ-北".to_owned());
        assert_eq!(code(office.sign(order(Organ, organ(), vec![strange])).await), "text_unprintable");
        let mut annex = file(&second, "annex");
        annex.place = Some(PaperPlace { page: 0, x: 380.0, y: 770.0, width: 170.0, height: 30.0 });
        annex.fill.insert("number".to_owned(), "Số: 05/QĐ-UBND".to_owned());
        let annex = one(office, Organ, organ(), annex).await;
        assert_eq!(office.judge(&annex).await.unwrap().signatures[0].level, "B-LTA");
    }

    async fn certificates_are_shown_stamped_and_refused_when_revoked_or_ended(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let (office, trust) = (&town.city.office_signing, town.city.rooms.trust.clone().unwrap());
        let shown = office.certificate(&organ()).await.unwrap().unwrap();
        assert_eq!((shown.subject.as_str(), shown.source.as_str()), ("Ủy ban nhân dân xã Mẫu", "file"));
        assert!(shown.not_before < town.city.ambient.now().as_microsecond());
        let digest = [7; 32];
        let token = office.stamp(&digest).await.unwrap();
        TimeStamp::read(&token, &[]).unwrap().covers_digest(&digest).unwrap();
        trust.revoke(&shown.serial, Reason::KeyCompromise, ActorRef::system()).await.unwrap();
        let sealed = office.sign(order(SignatureRole::Organ, organ(), vec![file(&paper::tagged("x"), "organ")]));
        assert_eq!(code(sealed.await), "certificate_revoked");
        // An official's certificate that ends soon is replaced by the city's own authority.
        let before = office.certificate(&officer("Nguyễn Thị Ví Dụ")).await.unwrap().unwrap();
        town.city.ambient.advance(SignedDuration::from_hours(24 * 1_090));
        let after = office.certificate(&officer("Nguyễn Thị Ví Dụ")).await.unwrap().unwrap();
        assert_ne!(before.serial, after.serial);
    }

    async fn a_production_city_signs_with_what_is_named_and_with_nothing_else(place: Place) {
        let demo = Town::open(&place, "mau", MORNING).await;
        let trust = demo.city.rooms.trust.clone().unwrap();
        let mut config = place.config("mau", "production");
        config.city.environment = Environment::Production;
        let town = Town::reopen(config.clone(), MORNING).await;
        let seal = || order(SignatureRole::Organ, organ(), vec![file(&paper::tagged("x"), "organ")]);
        assert_eq!(code(town.city.office_signing.sign(seal()).await), "certificate_missing");
        assert!(town.city.office_signing.certificate(&organ()).await.unwrap().is_none());
        assert!(matches!(town.city.office_signing.stamp(&[0; 32]).await, Err(ContractError::Unavailable(_))));
        town.city.db.close().await;

        let key = FileKey::generate(SignatureAlgorithm::Rsa2048).unwrap();
        key.write_new(&place.folder().join("organ.key")).unwrap();
        let new = NewCertificate {
            purpose: Purpose::Seal,
            subject: Subject { common_name: "Ủy ban nhân dân xã Mẫu".to_owned(), ..Subject::default() },
            public_key: haidang_trust::read_public_key(key.public_key_info()).unwrap(),
            days: Some(10),
        };
        let certificate = trust.issue(&new, ActorRef::system()).await.unwrap();
        let chain = certificate.to_pem() + &trust.issuing().to_pem();
        std::fs::write(place.folder().join("organ.pem"), chain).unwrap();
        config.signing.providers = place.folder().join("signing.toml");
        let named = format!("[[key]]\nagency = \"{AGENCY}\"\nkind = \"file\"\ncertificate = \"organ.pem\"\nkey = \"organ.key\"\n");
        std::fs::write(&config.signing.providers, &named).unwrap();
        let town = Town::reopen(config.clone(), MORNING).await;
        let office = &town.city.office_signing;
        let shown = office.certificate(&organ()).await.unwrap().unwrap();
        assert_eq!(shown.serial, certificate.serial_hex());
        // Named, but nobody stamps, and nobody vouches for it here.
        assert_eq!(code(office.sign(seal()).await), "unavailable");
        let signed = order(SignatureRole::Officer, officer("A"), vec![file(&paper::tagged("x"), "officer")]);
        assert_eq!(code(office.sign(signed).await), "certificate_missing", "the agency's key is not the official's");
        town.city.ambient.advance(SignedDuration::from_hours(24 * 11));
        assert_eq!(code(office.sign(seal()).await), "certificate_expired");
        town.city.db.close().await;

        // A city with an authority of its own that stamps.
        config.trust.own_authority_in_production = true;
        config.trust.anchors = place.folder().join("anchors.pem");
        std::fs::write(&config.trust.anchors, trust.root().to_pem()).unwrap();
        let town = Town::reopen(config, MORNING).await;
        // Whether the certificate was revoked is answered by another city, which nobody can call here.
        assert_eq!(code(town.city.office_signing.sign(seal()).await), "unavailable");
    }
}
