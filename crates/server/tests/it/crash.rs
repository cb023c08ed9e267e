//! The power fails in the middle of a thousand filings: whoever got a receipt has a case, and the trail proves itself.

use crate::city::{Place, Town};
use crate::process::{Serving, haidang, said};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use haidang_kernel::ambient::Ambient;
use haidang_services::model::Channel;
use haidang_services::procedure::Competence;
use haidang_store::{StoreError, args};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const FILINGS: usize = 1000;
/// Receipts after which the process is killed.
const ENOUGH: usize = 300;

/// A thousand drafts that are ready to be submitted: one written through the API, the others its copies.
async fn drafts(town: &Town) -> Vec<String> {
    let owner = town.person("owner");
    let version = town.version("9.000101");
    let facts = town.answers(&version, Channel::Online, &owner.person, |facts| {
        matches!(version.competence(facts), Competence::Commune(_))
    });
    let first = town.draft(&owner, &version, &facts).await;
    let mut ids = vec![first.clone()];
    ids.extend((1..FILINGS).map(|_| town.ambient.new_id::<Town>().to_string()));
    let shared = Arc::new((first, ids.clone(), town.ambient.clone()));
    town.city
        .db
        .transaction(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (first, ids, ambient) = &*shared;
                for id in &ids[1..] {
                    tx.execute(COPY_DRAFT, args![first.as_str(), id.as_str()]).await?;
                    let document = ambient.new_id::<Place>().to_string();
                    tx.execute(COPY_DOCUMENT, args![first.as_str(), id.as_str(), document]).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .await
        .unwrap();
    ids
}

const COPY_DRAFT: &str = "INSERT INTO services_draft (id, version_id, procedure_code, filed_by, owner_id, filed_at_agency, channel, receiving_agency, answers, known, claimed, pages_done, revision, created_at, updated_at, expires_at, case_id) SELECT $2, version_id, procedure_code, filed_by, owner_id, filed_at_agency, channel, receiving_agency, answers, known, claimed, pages_done, revision, created_at, updated_at, expires_at, case_id FROM services_draft WHERE id = $1";
const COPY_DOCUMENT: &str = "INSERT INTO services_document (id, draft_id, case_id, component, component_code, title, file_name, media_type, size, sha256, origin, reused_from, supplement_seq, uploaded_by, uploaded_at, removed_at) SELECT $3, $2, case_id, component, component_code, title, file_name, media_type, size, sha256, origin, reused_from, supplement_seq, uploaded_by, uploaded_at, removed_at FROM services_document WHERE draft_id = $1";

/// Submits a draft; the receipt, if the whole of it came back.
async fn submit(client: reqwest::Client, origin: String, token: String, draft: String) -> Option<Json> {
    let url = format!("{origin}/api/v1/drafts/{draft}/submit");
    let response = client.post(url).bearer_auth(token).send().await.ok()?;
    let status = response.status().as_u16();
    let receipt: Json = response.json().await.ok()?;
    assert_eq!(status, 201, "{receipt}");
    Some(receipt)
}

fn text(receipt: &Json, key: &str) -> String {
    receipt[key].as_str().unwrap().to_owned()
}

on_both! {
    async fn no_receipt_is_lost_when_the_process_is_killed(place: Place) {
        let config = place.config("mau", "city");
        let now = Ambient::system().now().to_string();
        let town = Town::open_as(config.clone(), &now).await;
        let drafts = drafts(&town).await;
        let token = town.person("owner").token;
        town.city.db.close().await;
        drop(town);

        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut serving = Serving::start(&config);
        let mut running: FuturesUnordered<_> = drafts
            .iter()
            .map(|draft| tokio::spawn(submit(client.clone(), serving.origin.clone(), token.clone(), draft.clone())))
            .collect();
        let mut acknowledged: BTreeMap<String, String> = BTreeMap::new();
        let mut killed = false;
        while let Some(receipt) = running.next().await {
            if let Some(receipt) = receipt.unwrap() {
                acknowledged.insert(text(&receipt, "case_id"), text(&receipt, "case_no"));
            }
            if acknowledged.len() >= ENOUGH && !killed {
                serving.kill();
                killed = true;
            }
        }
        assert!(killed, "only {} receipts came before the end", acknowledged.len());
        assert!(acknowledged.len() < FILINGS, "the process was killed too late to lose anything");

        // Up again: the trail proves itself, and what had a receipt is there under its number.
        let serving = Serving::start(&config);
        for (id, number) in &acknowledged {
            let url = format!("{}/api/v1/cases/{id}", serving.origin);
            let response = client.get(url).bearer_auth(&token).send().await.unwrap();
            assert_eq!(response.status().as_u16(), 200, "{number}");
            let case: Json = response.json().await.unwrap();
            assert_eq!(case["case_no"], number.as_str());
        }
        let mut verify = haidang(&config);
        verify.args(["audit", "verify"]);
        assert!(said(verify).contains("Nothing was changed."));
        drop(serving);

        // Everybody presses again; then a thousand cases have the numbers from one to a thousand.
        let town = Town::reopen(config.clone(), &now).await;
        let mut numbers = BTreeSet::new();
        for row in town.rows("SELECT case_no FROM services_case", args![]).await {
            assert!(numbers.insert(row.text("case_no").unwrap()), "given twice");
        }
        assert!(acknowledged.values().all(|number| numbers.contains(number)));
        let last: BTreeSet<usize> = numbers.iter().map(|no| no.rsplit('-').next().unwrap().parse().unwrap()).collect();
        assert_eq!(last, (1..=numbers.len()).collect::<BTreeSet<usize>>(), "without a gap");
        town.prove().await;
    }
}
