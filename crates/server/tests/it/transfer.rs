//! A city moves: into a file and out of it, and from one database into another.

use crate::city::{MORNING, Place, Town};
use crate::process::{haidang, said};
use haidang_server::config::{Config, Secret};
use haidang_services::procedure::Competence;
use haidang_store::args;

/// A city with a case that is done and one that is not; the number of the first.
async fn lived_in(config: &Config) -> (String, String) {
    let town = Town::open_as(config.clone(), MORNING).await;
    let owner = town.person("owner");
    let version = town.version("9.000101");
    let known = |facts: &haidang_services::procedure::Facts| {
        facts.form["contact_delivery"] == "counter" && matches!(version.competence(facts), Competence::Commune(_))
    };
    let done = town.file(&owner, "9.000101", known).await;
    town.walk(&done.id, &["accept", "propose", "sign", "issue", "hand_over"]).await;
    let open = town.file(&owner, "9.000101", known).await;
    town.walk(&open.id, &["accept"]).await;
    town.prove().await;
    let token = town.services().results(&crate::city::case_id(&done.id)).await.unwrap().remove(0).token.unwrap();
    town.city.db.close().await;
    (done.id, token)
}

/// Lines of tables with their rows and digests.
fn digests(output: &str) -> Vec<String> {
    output.lines().filter(|line| line.contains(" rows  ")).map(str::to_owned).collect()
}

/// The secrets of the house are no part of a backup: they move on their own way.
fn move_keys(from: &Config, to: &Config) {
    fn copy(from: &std::path::Path, to: &std::path::Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let (path, name) = (entry.as_ref().unwrap().path(), entry.as_ref().unwrap().file_name());
            if path.is_dir() {
                copy(&path, &to.join(name));
            } else {
                std::fs::copy(&path, to.join(name)).unwrap();
            }
        }
    }
    copy(&from.keys(), &to.keys());
}

/// What was done can be read and verified in the other city.
async fn check(config: Config, case: &str, token: &str) {
    let town = Town::reopen(config, MORNING).await;
    let row = town.case(case).await;
    assert_eq!(row.state, haidang_services::model::CaseState::Returned);
    let page = town.ask(None, "GET", &format!("/kq/{token}"), None).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let file = town.rows("SELECT sha256 FROM services_result WHERE case_id = $1", args![case]).await;
    assert!(town.city.blobs.bytes(&file[0].text("sha256").unwrap()).await.is_ok(), "the file of the result came along");
    town.prove().await;
    town.city.db.close().await;
}

on_both! {
    async fn a_backup_fills_an_empty_city(place: Place) {
        let (from, to) = (place.config("mau", "from"), place.config("mau", "to"));
        let (case, token) = lived_in(&from).await;
        let file = place.folder().join("backup.zip");
        let mut backup = haidang(&from);
        backup.arg("backup").arg(&file);
        let written = digests(&said(backup));
        assert!(written.len() > 20, "{written:?}");
        move_keys(&from, &to);
        let mut restore = haidang(&to);
        restore.arg("restore").arg(&file);
        assert_eq!(digests(&said(restore)), written);

        let mut again = haidang(&to);
        again.arg("restore").arg(&file);
        assert!(!again.output().unwrap().status.success(), "a city that lives is not written over");
        let mut offline = haidang(&to);
        offline.args(["audit", "verify", "--export"]).arg(&file);
        let told = said(offline);
        assert!(told.contains("Nothing was changed.") && told.contains("No receipt was changed."), "{told}");
        check(to, &case, &token).await;
    }

    /// From a file of SQLite into the database under test.
    async fn a_city_is_copied_into_another_database(place: Place) {
        let mut from = place.config("mau", "from");
        from.store.database = Secret::new(format!("sqlite:{}", from.store.folder.join("from.db").display()));
        let mut to = from.clone();
        to.store.database = Secret::new(place.database("to"));
        let (case, token) = lived_in(&from).await;
        let mut copy = haidang(&from);
        copy.args(["copy-db", "--from", from.store.database.reveal(), "--to", to.store.database.reveal()]);
        let copied = said(copy);
        assert!(digests(&copied).iter().any(|line| line.starts_with("services_case ")), "{copied}");
        check(to, &case, &token).await;
    }
}
