#![allow(clippy::unwrap_used)]
use super::*;
use crate::testing::{later, open};
use haidang_signing::{DigestAlgorithm, DocumentSigner as _, Sealer};
use haidang_testkit::db_test;

fn officer(name: &str) -> Holder {
    Holder::Officer { person: "p1".to_owned(), agency: "H24.01".to_owned(), name: name.to_owned() }
}

fn organ() -> Holder {
    Holder::Organ { agency: "H24.01".to_owned(), name: "Ủy ban nhân dân xã Mẫu".to_owned() }
}

db_test! {
    rooms = &[("trust", crate::MIGRATIONS)];

    async fn a_holder_keeps_one_key_until_it_ends_or_the_name_is_another(db: TestDb) {
        let room = open(&db).await;
        assert!(room.holder_key(&officer("Lê Thị Mẫu")).await.unwrap().is_none());
        let actor = ActorRef::system;
        let first = room.ensure_holder_key(&officer("Lê Thị Mẫu"), actor()).await.unwrap();
        assert_eq!(first.certificate.common_name().unwrap(), "Lê Thị Mẫu");
        first.certificate.verify_signed_by(room.issuing()).unwrap();
        let seal = room.ensure_holder_key(&organ(), actor()).await.unwrap();
        assert_eq!((seal.holder(), seal.person.as_deref()), ("organ/H24.01", None));
        assert_ne!(seal.id, first.id);
        // Another process, the same database and secret.
        let again = open(&db).await.ensure_holder_key(&officer("Lê Thị Mẫu"), actor()).await.unwrap();
        assert_eq!(again.certificate, first.certificate);
        let renamed = room.ensure_holder_key(&officer("Lê Thị Mới"), actor()).await.unwrap();
        assert_ne!(renamed.id, first.id);
        later(&db, 1096 - 29);
        let renewed = room.ensure_holder_key(&officer("Lê Thị Mới"), actor()).await.unwrap();
        assert_ne!(renewed.id, renamed.id);
        assert_eq!(room.holder_key(&officer("")).await.unwrap().unwrap().id, renewed.id);
    }

    async fn a_revoked_certificate_stands_until_somebody_gives_a_new_one(db: TestDb) {
        let room = open(&db).await;
        let key = room.ensure_holder_key(&organ(), ActorRef::system()).await.unwrap();
        room.revoke(&key.certificate.serial_hex(), Reason::KeyCompromise, ActorRef::system()).await.unwrap();
        let same = room.ensure_holder_key(&organ(), ActorRef::system()).await.unwrap();
        assert_eq!((same.id.as_str(), same.revoked.map(|(_, reason)| reason)), (key.id.as_str(), Some(Reason::KeyCompromise)));
        let other = room.replace_holder_key(&organ(), ActorRef::system()).await.unwrap();
        assert!(other.id != key.id && other.revoked.is_none());
    }

    async fn keys_lie_sealed_and_each_row_opens_for_itself_alone(db: TestDb) {
        let room = open(&db).await;
        let mut key = room.ensure_holder_key(&organ(), ActorRef::system()).await.unwrap();
        let signer = room.holder_signer(&key).unwrap();
        let message = vec![b"a paper".to_vec()];
        let hash = vec![DigestAlgorithm::Sha256.digest(&message[0])];
        let mut right = signer.authorize(&hash, None).await.unwrap();
        let signature = signer.sign(&mut right, &message).await.unwrap().remove(0);
        let way = SignatureAlgorithm::EcdsaP256.identifier();
        haidang_signing::verify(key.certificate.public_key(), &way, None, &message[0], &signature).unwrap();
        let opened = room.0.sealer.unseal(&purpose(&key.id), &key.sealed).unwrap();
        assert!(!key.sealed.windows(32).any(|part| opened.windows(32).any(|secret| secret == part)));
        assert!(matches!(Sealer::open([9; 32]).unwrap().unseal(&purpose(&key.id), &key.sealed), Err(SealError::Broken)));
        let other = room.ensure_holder_key(&officer("Lê Thị Mẫu"), ActorRef::system()).await.unwrap();
        key.sealed = other.sealed;
        assert!(room.holder_signer(&key).is_err(), "a swapped row does not open");
    }
}
