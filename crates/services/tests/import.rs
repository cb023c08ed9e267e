//! A pack in the database: the same twice is once, and what a case has pinned stays as it was.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use haidang_services::procedure::import::{Imported, import};
use haidang_services::procedure::pack::Pack;
use haidang_store::{Db, args};
use haidang_testkit::{Rooms, db_test};
use std::path::{Path, PathBuf};

const ROOMS: Rooms = &[("services", haidang_services::MIGRATIONS)];

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn city(folder: &Path) -> PathBuf {
    let pack = folder.join("pack");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/mau"), &pack);
    pack
}

/// Imports the folder and answers what happened with the digest that a version has from then on.
async fn run(db: &Db, folder: &Path, id: &str) -> (Imported, Option<String>) {
    let pack = Pack::load(folder).unwrap();
    let (catalogue, imported) = import(db, folder, &pack).await.unwrap();
    (imported, catalogue.by_id(id).map(|version| version.sha256.clone()))
}

/// Changes a version's directory without breaking it: a comment changes the digest alone.
fn touch(folder: &Path, id: &str) {
    let file = folder.join("procedures").join(id).join("procedure.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}\n# sửa câu chữ\n")).unwrap();
}

const DRAFT: &str = "INSERT INTO services_draft (id, version_id, procedure_code, filed_by, owner_id, channel, answers, known, claimed, pages_done, revision, created_at, updated_at, expires_at) VALUES ('d', $1, 'x', 'p', 'p', 'online', '{}', '{}', '[]', '[]', 1, 1, 1, 1)";

async fn pin(db: &Db, id: &str) {
    db.execute(DRAFT, args![id]).await.unwrap();
}

async fn rows(db: &Db) -> i64 {
    db.fetch_one("SELECT count(*) AS n FROM services_procedure_version", args![]).await.unwrap().integer("n").unwrap()
}

/// The first version that has a directory of its own, as `<code>/v<N>`.
fn some_version(folder: &Path) -> String {
    let mut found: Vec<String> = Pack::load(folder)
        .unwrap()
        .catalogue
        .all()
        .map(|version| version.id.clone())
        .filter(|id| folder.join("procedures").join(id).is_dir())
        .collect();
    found.sort();
    found.remove(0)
}

db_test! {
    rooms = ROOMS;

    async fn the_same_pack_twice_is_once(db: TestDb) {
        let folder = city(db.folder());
        let id = some_version(&folder);
        let (first, digest) = run(&db, &folder, &id).await;
        assert!(!first.added.is_empty() && first.corrected.is_empty());
        let count = rows(&db).await;
        let (second, again) = run(&db, &folder, &id).await;
        assert_eq!((second, again, rows(&db).await), (Imported::default(), digest, count));
    }

    async fn what_nobody_pinned_is_corrected_and_what_a_case_pinned_stays(db: TestDb) {
        let folder = city(db.folder());
        let id = some_version(&folder);
        let (_, before) = run(&db, &folder, &id).await;
        touch(&folder, &id);
        let (imported, corrected) = run(&db, &folder, &id).await;
        assert_eq!(imported.corrected, std::slice::from_ref(&id));
        assert_ne!(corrected, before);
        pin(&db, &id).await;
        touch(&folder, &id);
        let (imported, kept) = run(&db, &folder, &id).await;
        assert_eq!((imported.kept, kept), (vec![id.clone()], corrected.clone()));
        std::fs::remove_dir_all(folder.join("procedures").join(&id)).unwrap();
        let (imported, kept) = run(&db, &folder, &id).await;
        assert_eq!(imported.absent, [id]);
        assert_eq!(kept, corrected, "a version that left the folder still serves its cases");
    }
}
