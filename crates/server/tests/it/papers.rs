//! Results and forms as sealed papers, and the public check of a file.

use crate::city::{Filed, MORNING, Persona, Place, Town};
use haidang_services::procedure::Facts;
use serde_json::Value as Json;

/// A birth is registered, without a fee, up to the issued certificate.
async fn birth(town: &Town) -> (Persona, Filed) {
    let owner = town.person("owner");
    let version = town.version("1.001193");
    let free = |facts: &Facts| {
        let fees = version.fees(facts);
        fees.iter().all(|fee| fee.amount.is_none_or(|amount| amount.dong() == 0))
            && facts.form["contact_delivery"] == "counter"
    };
    let filed = town.file(&owner, "1.001193", free).await;
    town.later("PT3M");
    town.walk(&filed.id, &["accept", "propose", "sign", "issue"]).await;
    town.city.run_due().await.unwrap();
    (owner, filed)
}

/// The result of a case: (digest, public token, file from the vault).
async fn result(town: &Town, owner: &Persona, case: &str) -> (String, String, Vec<u8>) {
    let view = town.ask(Some(owner), "GET", &format!("/api/v1/cases/{case}"), None).await.expect(200, "case");
    let result = &view["results"][0];
    let sha256 = result["sha256"].as_str().unwrap().to_owned();
    let token = result["verify"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let items = town.ask(Some(owner), "GET", "/api/v1/vault/items", None).await.expect(200, "vault");
    let items = items["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["sha256"] == sha256.as_str()).expect("the result is in the vault");
    let path = format!("/api/v1/vault/items/{}/file", item["id"].as_str().unwrap());
    (sha256, token, town.ask(Some(owner), "GET", &path, None).await.bytes)
}

/// What the public check says of a file.
async fn judge(town: &Town, bytes: &[u8]) -> Json {
    let named = ("file", "giay.pdf", "application/pdf");
    town.upload(None, "/api/v1/verifications", named, bytes).await.expect(200, "verification")
}

/// The forms of a case as (number, address of the file).
async fn forms(town: &Town, owner: &Persona, case: &str) -> Vec<(String, String)> {
    let path = format!("/api/v1/cases/{case}/forms");
    let list = town.ask(Some(owner), "GET", &path, None).await.expect(200, "forms");
    let line = |form: &Json| {
        (form["form"].as_str().unwrap().to_owned(), format!("{path}/{}/file", form["id"].as_str().unwrap()))
    };
    list.as_array().unwrap().iter().map(line).collect()
}

on_both! {
    async fn a_result_is_a_sealed_paper_that_anybody_can_judge(place: Place) {
        let town = Town::open(&place, "haiphong", MORNING).await;
        let (owner, filed) = birth(&town).await;
        let (sha256, token, bytes) = result(&town, &owner, &filed.id).await;
        assert!(bytes.starts_with(b"%PDF-"), "a paper, not a page");
        let found = judge(&town, &bytes).await;
        assert_eq!((found["verdict"].as_str(), found["sha256"].as_str()), (Some("ours"), Some(sha256.as_str())), "{found}");
        assert!(found["result"].as_str().unwrap().ends_with(&format!("/kq/{token}")), "{found}");
        let seal = &found["signatures"][0];
        for answer in ["integrity", "identity", "authority"] {
            assert_eq!(seal[answer], "valid", "{answer}: {found}");
        }
        assert!(seal["stamped_at"].is_string(), "{found}");
        let page = town.ask(None, "GET", &format!("/kq/{token}"), None).await;
        assert!(page.text().contains("Toàn vẹn") && page.text().contains("Chứng thư tin cậy"), "{}", page.text());

        // One digit of what is printed or said about it, and it is no longer ours.
        let mut changed = bytes.clone();
        let at = changed.windows(9).position(|window| window == b"/MediaBox").unwrap() + 12;
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        let found = judge(&town, &changed).await;
        assert_eq!(found["verdict"], "broken", "{found}");
        // Cut before the seal it is unsigned and unknown.
        let end = bytes.windows(5).position(|window| window == b"%%EOF").unwrap() + 6;
        let found = judge(&town, &bytes[..end]).await;
        assert_eq!(found["verdict"], "unsigned", "{found}");
        town.prove().await;
    }

    async fn a_form_has_one_sealed_file_for_good(place: Place) {
        let town = Town::open(&place, "haiphong", MORNING).await;
        let (owner, filed) = birth(&town).await;
        let forms = forms(&town, &owner, &filed.id).await;
        assert_eq!(forms.iter().map(|form| form.0.as_str()).collect::<Vec<_>>(), ["01"]);
        let file = forms[0].1.as_str();
        // Reading makes nothing.
        town.ask(Some(&owner), "GET", file, None).await.refused(404, "paper_not_made", "before it was asked for");
        let (first, second) =
            tokio::join!(town.ask(Some(&owner), "POST", file, None), town.ask(Some(&owner), "POST", file, None));
        let (first, second) = (first.expect(201, "made"), second.expect(201, "made"));
        assert_eq!(first, second, "whoever asks gets the same file");
        let got = town.ask(Some(&owner), "GET", file, None).await;
        assert_eq!((got.status, got.bytes.len() as u64), (200, first["size"].as_u64().unwrap()));
        assert_eq!(judge(&town, &got.bytes).await["verdict"], "ours");
        town.ask(Some(&town.person("other")), "POST", file, None).await.expect(404, "somebody else's form");
        town.ask(Some(&town.person("other")), "GET", &forms[0].1, None).await.expect(404, "somebody else's form");
        town.prove().await;
    }

    async fn without_certificates_results_keep_their_simple_form(place: Place) {
        let town = Town::open_without_authorities(&place, "haiphong", MORNING).await;
        let (owner, filed) = birth(&town).await;
        let (_, token, bytes) = result(&town, &owner, &filed.id).await;
        assert!(bytes.starts_with(b"<!doctype html>") || bytes.starts_with(b"<!DOCTYPE html>"));
        assert_eq!(town.ask(None, "GET", &format!("/kq/{token}"), None).await.status, 200);
        let form = forms(&town, &owner, &filed.id).await.remove(0).1;
        town.ask(Some(&owner), "POST", &form, None).await.refused(409, "certificate_missing", "nothing to seal with");
        let named = ("file", "giay.pdf", "application/pdf");
        let answer = town.upload(None, "/api/v1/verifications", named, b"%PDF-1.7\n%%EOF\n").await;
        answer.refused(409, "certificate_missing", "nothing to judge with");
    }

    async fn what_is_no_paper_is_refused_clearly(place: Place) {
        let town = Town::open(&place, "haiphong", MORNING).await;
        let named = ("file", "giay.pdf", "application/pdf");
        for (bytes, status, code) in [
            (b"%PDF-1.7\nnothing of a file\n%%EOF\n".as_slice(), 409, "file_unreadable"),
            (b"<html><script>alert(1)</script></html>", 422, "upload_refused"),
        ] {
            town.upload(None, "/api/v1/verifications", named, bytes).await.refused(status, code, "no paper");
        }
    }
}
