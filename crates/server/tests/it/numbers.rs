//! Case numbers are unique and without a gap, whoever comes at the same time and whatever is rolled back.

use crate::city::{MORNING, Place, Town};
use futures_util::future::join_all;
use haidang_kernel::problem::Problem;
use haidang_services::model::Channel;
use haidang_store::args;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

const CONCURRENT: usize = 50;

on_both! {
    async fn fifty_at_once_leave_no_gap_though_others_fail(place: Place) {
        let town = Arc::new(Town::open(&place, "mau", MORNING).await);
        let owner = town.person("owner");
        let version = town.version("9.000101");
        let home = town.communes()[0].1.clone();
        let commune = town.communes()[0].0.clone();
        let facts = town.answers(&version, Channel::Online, &owner.person, |facts| {
            version.competence(facts) == haidang_services::procedure::Competence::Commune(commune.clone())
        });
        let mut drafts = Vec::new();
        for index in 0..CONCURRENT + 10 {
            let draft = town.draft(&owner, &version, &facts).await;
            if index >= CONCURRENT {
                // Ten are taken back at the last step: the declaration is no longer given.
                let untrue = json!({ "answers": { "declare_truth": false } });
                let path = format!("/api/v1/drafts/{draft}");
                town.ask(Some(&owner), "PATCH", &path, Some(untrue)).await.expect(200, "taken back");
            }
            drafts.push(draft);
        }

        // Twenty more draw a number inside a transaction that then fails.
        let series = format!("case/{home}/20260303");
        let failing = (0..20).map(|_| {
            let (town, series) = (town.clone(), series.clone());
            tokio::spawn(async move {
                let lost: Result<(), Problem> = town
                    .city
                    .db
                    .transaction(move |tx| {
                        let series = series.clone();
                        Box::pin(async move {
                            tx.fetch_one(haidang_services::sql::case::DRAW_NUMBERS, args![series, 1_i64]).await?;
                            Err(Problem::conflict("changed_meanwhile", "somebody was faster"))
                        })
                    })
                    .await;
                assert_eq!(lost.unwrap_err().code, "changed_meanwhile");
            })
        });
        let failing: Vec<_> = failing.collect();
        let filing: Vec<_> = drafts
            .iter()
            .cloned()
            .map(|draft| {
                let (town, owner) = (town.clone(), owner.clone());
                tokio::spawn(async move {
                    let path = format!("/api/v1/drafts/{draft}/submit");
                    town.ask(Some(&owner), "POST", &path, None).await
                })
            })
            .collect();
        for lost in join_all(failing).await {
            lost.unwrap();
        }
        let mut numbers = BTreeSet::new();
        let mut refused = 0;
        for got in join_all(filing).await {
            let got = got.unwrap();
            match got.status {
                201 => assert!(numbers.insert(got.json()["case_no"].as_str().unwrap().to_owned()), "given twice"),
                _ => {
                    got.refused(422, "answers_incomplete", "without the declaration");
                    refused += 1;
                }
            }
        }
        assert_eq!(refused, 10);
        let expected: BTreeSet<String> = (1..=CONCURRENT).map(|n| format!("{home}-20260303-{n:07}")).collect();
        assert_eq!(numbers, expected);

        // The next day begins at one again, and so does another agency.
        town.later("PT24H");
        let filed = town.submit(&owner, &town.draft(&owner, &version, &facts).await).await;
        assert_eq!(filed.case_no, format!("{home}-20260304-0000001"));
    }

    async fn one_draft_pressed_ten_times_at_once_is_one_case(place: Place) {
        let town = Arc::new(Town::open(&place, "mau", MORNING).await);
        let owner = town.person("owner");
        let version = town.version("9.000101");
        let facts = town.answers(&version, Channel::Online, &owner.person, |_| true);
        let draft = town.draft(&owner, &version, &facts).await;
        let presses = (0..10).map(|_| {
            let (town, owner, draft) = (town.clone(), owner.clone(), draft.clone());
            tokio::spawn(async move { town.submit(&owner, &draft).await })
        });
        let presses: Vec<_> = presses.collect();
        let mut ids = BTreeSet::new();
        for press in join_all(presses).await {
            ids.insert(press.unwrap().id);
        }
        assert_eq!(ids.len(), 1, "{ids:?}");
        let rows = town.rows("SELECT id FROM services_case", args![]).await;
        assert_eq!(rows.len(), 1);
        let last = town.rows("SELECT name, last FROM services_number", args![]).await;
        assert!(last.iter().all(|row| row.integer("last").unwrap() == 1), "no number was drawn in vain");
    }
}
