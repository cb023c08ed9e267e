//! Roots of registers over the years: their stamps are followed by others in time, and the chain proves the first day.

use crate::city::{MORNING, Place, Town};
use crate::office_verification::Organ;
use data_encoding::BASE64;
use haidang_contracts::papers::{JudgedAs, OfficeSigning as _};
use haidang_kernel::chain::Hash;
use haidang_office::Reader;
use haidang_office::registers::Proof;
use haidang_store::args;
use jiff::SignedDuration;

/// Lets days pass; what the city does every few minutes for its own services is done at their end.
async fn days(town: &Town, days: i64) {
    town.city.ambient.advance(SignedDuration::from_hours(24 * days));
    town.city.rooms.trust.as_ref().unwrap().renew().await.unwrap();
}

async fn proof(town: &Town, organ: &Organ<'_>) -> Proof {
    let entry = town.rows("SELECT id FROM office_register_entry", args![]).await.remove(0).text("id").unwrap();
    let actor = town.actor(organ.clerk()).await;
    let reader = Reader { actor: &actor, channel: "api", request_id: "r" };
    town.city.rooms.office.prove_entry(&reader, &entry).await.unwrap()
}

/// What the judge of stamps says of an exported proof.
async fn judged(town: &Town, proof: &Proof) -> (JudgedAs, Vec<String>) {
    let tokens = proof.tst.iter().chain(&proof.renewals).map(|token| BASE64.decode(token.as_bytes()).unwrap());
    let tokens: Vec<Vec<u8>> = tokens.collect();
    let found = town.city.office_signing.judge_stamps(&Hash::of(&proof.root.0).0, &tokens).await.unwrap();
    (found.answer, found.remarks)
}

async fn findings(town: &Town, organ: &Organ<'_>) -> Vec<&'static str> {
    let register = town.rows("SELECT id FROM office_register", args![]).await.remove(0).text("id").unwrap();
    let actor = town.actor(organ.clerk()).await;
    let reader = Reader { actor: &actor, channel: "api", request_id: "r" };
    let verdict = town.city.rooms.office.verify_register(&reader, &register).await.unwrap();
    verdict.findings.iter().map(|finding| finding.fault.as_str()).collect()
}

on_both! {
    async fn the_stamps_of_a_root_are_renewed_before_they_end(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let organ = Organ::open(&town).await;
        organ.issued().await;
        let office = town.city.rooms.office.clone();
        days(&town, 1).await;
        let round = office.tick_registers().await;
        assert_eq!((round.roots, round.stamped, round.renewed, round.failed), (1, 1, 0, 0));
        let first = proof(&town, &organ).await;
        assert!(first.renewals.is_empty() && first.holds());
        assert_eq!(judged(&town, &first).await, (JudgedAs::Valid, vec![]));
        // Years to go; at the end of the third month before the end it is due, and done once by two at the same time.
        days(&town, 1_826 - 100).await;
        assert_eq!(office.tick_registers().await.renewed, 0);
        days(&town, 72).await;
        let (one, other) = tokio::join!(office.tick_registers(), office.tick_registers());
        assert_eq!((one.renewed + other.renewed, one.failed + other.failed), (1, 0));
        assert_eq!(office.tick_registers().await.renewed, 0, "done is done");
        let second = proof(&town, &organ).await;
        assert_eq!((second.renewals.len(), second.tst == first.tst), (1, true));
        assert!(findings(&town, &organ).await.is_empty());
        let other = town.city.office_signing.stamp(&[9; 32]).await.unwrap();
        // The certificate of the first stamp has ended: alone it proves nothing any more, the chain does.
        days(&town, 60).await;
        assert_eq!(judged(&town, &first).await, (JudgedAs::Unknown, vec!["stamp_expired".to_owned()]));
        assert_eq!(judged(&town, &second).await, (JudgedAs::Valid, vec![]));
        assert!(findings(&town, &organ).await.is_empty());
        // A renewal exchanged for another stamp, left out, or of the wrong day is seen.
        let exchanged = Proof { renewals: vec![BASE64.encode(&other)], ..second.clone() };
        assert_eq!(judged(&town, &exchanged).await, (JudgedAs::Invalid, vec!["stamp_other_content".to_owned()]));
        let swapped = Proof { tst: second.renewals.first().cloned(), renewals: second.tst.iter().cloned().collect(), ..second.clone() };
        assert_eq!(judged(&town, &swapped).await.0, JudgedAs::Invalid);
        let broken = "UPDATE office_register_root_stamp SET token = $1";
        town.city.db.execute(broken, args![other]).await.unwrap();
        assert_eq!(findings(&town, &organ).await, ["stamp_broken"]);
        // Nothing is stamped over a broken chain.
        days(&town, 1_826 - 100).await;
        let round = office.tick_registers().await;
        assert_eq!((round.renewed, round.failed), (0, 1));
        let kept = town.rows("SELECT day FROM office_register_root_stamp", args![]).await;
        assert_eq!(kept.len(), 1);
        town.prove().await;
    }
}
