//! Files kept for decades: renewed in time, once, and handed out by any of their addresses.

use crate::city::{MORNING, Place, Town};
use crate::paper;
use haidang_contracts::ContractError;
use haidang_contracts::archive::Archive as _;
use haidang_contracts::papers::{FileToSign, JudgedAs, OfficeSigning as _, SignatureRole, SigningOrder, SigningParty};
use haidang_server::archive::Renewed;
use haidang_server::config::Environment;
use haidang_store::{Stored, args};
use jiff::SignedDuration;

/// A sealed paper in the store of files.
async fn sealed(town: &Town, words: &str) -> Stored {
    let party =
        SigningParty::Organ { agency: "H24.11824".to_owned(), name: "Ủy ban nhân dân xã Mẫu".to_owned() };
    let file = FileToSign {
        bytes: paper::tagged(words),
        place: None,
        fill: Default::default(),
        prepare: Default::default(),
        field: "organ".to_owned(),
        reason: String::new(),
    };
    let order = SigningOrder { role: SignatureRole::Organ, party, files: vec![file], activation: None };
    let made = town.city.office_signing.sign(order).await.unwrap().remove(0);
    stored(town, &made).await
}

async fn stored(town: &Town, bytes: &[u8]) -> Stored {
    let stored = town.city.blobs.put_bytes(bytes).await.unwrap();
    let kept = &stored;
    town.city.db.transaction(|tx| Box::pin(async move { tx.keep_blob(kept).await })).await.unwrap();
    stored
}

/// Lets days pass; what the city does every few minutes for its own services is done at their end.
async fn days(town: &Town, days: i64) {
    town.city.ambient.advance(SignedDuration::from_hours(24 * days));
    if let Some(trust) = &town.city.rooms.trust {
        trust.renew().await.unwrap();
    }
}

const QUIET: Renewed = Renewed { renewed: 0, failed: 0 };

on_both! {
    async fn a_kept_file_is_renewed_once_before_its_stamp_ends(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let archive = &town.city.archive;
        let file = sealed(&town, "kept").await;
        for _ in 0..2 {
            archive.keep(&file.sha256, "application/pdf").await.unwrap();
            town.city.run_due().await.unwrap();
        }
        assert_eq!(archive.newest(&file.sha256).await.unwrap(), file.sha256, "years to go");
        // Five years but 91 days: not yet. But 60: due, and the authority still stamps with the same certificate.
        days(&town, 1_826 - 91).await;
        assert_eq!(archive.round().await.unwrap(), QUIET);
        days(&town, 31).await;
        assert_eq!(archive.round().await.unwrap(), QUIET, "a stamp that ends no later would prove nothing more");
        // But 29: the authority has another one, and half of what was left is over.
        days(&town, 31).await;
        // Two processes at once: one form comes out.
        let (one, other) = tokio::join!(archive.round(), archive.round());
        assert_eq!(one.unwrap().renewed + other.unwrap().renewed, 1);
        let newest = archive.newest(&file.sha256).await.unwrap();
        assert_ne!(newest, file.sha256);
        assert_eq!(archive.newest(&newest).await.unwrap(), newest, "whichever address somebody has");
        archive.keep(&newest, "application/pdf").await.unwrap();
        assert_eq!(town.rows("SELECT sha256 FROM server_archive", args![]).await.len(), 1);
        assert_eq!(archive.round().await.unwrap(), QUIET, "done is done");
        let (before, after) = (town.city.blobs.bytes(&file.sha256).await.unwrap(), town.city.blobs.bytes(&newest).await.unwrap());
        assert!(after.starts_with(&before), "the earlier form stays, and the newer one begins with it");
        // The first stamp's certificate and the seal's have ended: only the renewed form still proves the seal.
        days(&town, 60).await;
        let judged = town.city.office_signing.judge(&after).await.unwrap();
        let seal = &judged.signatures[0];
        assert_eq!((seal.integrity, seal.identity, seal.level.as_str()), (JudgedAs::Valid, JudgedAs::Valid, "B-LTA"));
        let judged = town.city.office_signing.judge(&before).await.unwrap();
        assert_eq!(judged.signatures[0].identity, JudgedAs::Invalid);
        town.prove().await;
    }

    async fn what_has_no_proof_yet_gets_one_and_what_needs_none_rests(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let archive = &town.city.archive;
        let officer = SigningParty::Officer {
            person: town.city.ambient.new_id(), name: "Nguyễn Thị Ví Dụ".to_owned(), agency: "H24.11824".to_owned(),
        };
        let file = FileToSign {
            bytes: paper::tagged("stamped only"), place: None, fill: Default::default(), prepare: Default::default(),
            field: "officer".to_owned(), reason: String::new(),
        };
        let order = SigningOrder { role: SignatureRole::Officer, party: officer, files: vec![file], activation: None };
        let made = town.city.office_signing.sign(order).await.unwrap().remove(0);
        let (signed, plain, text) =
            (stored(&town, &made).await, stored(&town, &paper::tagged("plain")).await, stored(&town, b"<p>result").await);
        archive.keep(&signed.sha256, "application/pdf").await.unwrap();
        archive.keep(&plain.sha256, "application/pdf").await.unwrap();
        archive.keep(&text.sha256, "text/html; charset=utf-8").await.unwrap();
        assert_eq!(archive.round().await.unwrap(), Renewed { renewed: 1, failed: 0 });
        let newest = archive.newest(&signed.sha256).await.unwrap();
        let bytes = town.city.blobs.bytes(&newest).await.unwrap();
        assert_eq!(town.city.office_signing.judge(&bytes).await.unwrap().signatures[0].level, "B-LTA");
        for rests in [&plain, &text] {
            assert_eq!(archive.newest(&rests.sha256).await.unwrap(), rests.sha256);
        }
        days(&town, 4_000).await;
        assert!(matches!(archive.keep(&"0".repeat(64), "application/pdf").await, Err(ContractError::NotFound(_))));
        assert!(matches!(archive.keep("no address", "application/pdf").await, Err(ContractError::NotFound(_))));
        assert_eq!(archive.newest("unknown").await.unwrap(), "unknown");
    }

    async fn a_failure_is_noted_and_tried_again_and_a_decayed_file_gets_no_stamp(place: Place) {
        let demo = Town::open(&place, "mau", MORNING).await;
        let file = sealed(&demo, "kept").await;
        let bytes = demo.city.blobs.bytes(&file.sha256).await.unwrap();
        let mut config = place.config("mau", "production");
        config.city.environment = Environment::Production;
        config.trust.anchors = place.folder().join("anchors.pem");
        std::fs::write(&config.trust.anchors, demo.city.rooms.trust.as_ref().unwrap().root().to_pem()).unwrap();
        // A city without an authority that stamps.
        let town = Town::reopen(config, MORNING).await;
        let archive = &town.city.archive;
        let file = stored(&town, &bytes).await;
        archive.keep(&file.sha256, "application/pdf").await.unwrap();
        assert_eq!(archive.round().await.unwrap(), QUIET);
        days(&town, 1_826 - 60).await;
        assert_eq!(archive.round().await.unwrap(), Renewed { renewed: 0, failed: 1 });
        assert_eq!(archive.round().await.unwrap(), QUIET, "not at once again");
        town.city.ambient.advance(SignedDuration::from_hours(2));
        assert_eq!(archive.round().await.unwrap(), Renewed { renewed: 0, failed: 1 });
        let rows = town.rows("SELECT failures, error FROM server_archive", args![]).await;
        assert_eq!(rows[0].integer("failures").unwrap(), 2);
        assert!(rows[0].text("error").unwrap().contains("time stamping authority"), "what is missing is told");
        assert_eq!(archive.newest(&file.sha256).await.unwrap(), file.sha256);

        // The disk turned a bit.
        let file = sealed(&demo, "decayed").await;
        demo.city.archive.keep(&file.sha256, "application/pdf").await.unwrap();
        let path = demo.city.blobs.root().join(&file.sha256[..2]).join(&file.sha256);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[200] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(demo.city.archive.round().await.unwrap(), Renewed { renewed: 0, failed: 1 });
        assert_eq!(demo.city.archive.newest(&file.sha256).await.unwrap(), file.sha256);
    }
}
