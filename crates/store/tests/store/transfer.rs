//! Backup, restore and copy: nothing is lost, nothing is half done, and damage shows.

use haidang_store::transfer::{Checkpoints, copy_db, export, restore, verify_export};
use haidang_store::{
    ActorRef, AuditEntry, Blobs, CheckpointWriter, Db, Evidence, Migration, Sealer, StoreError, Stored, args, verify,
};
use haidang_testkit::{Rooms, TestDb, db_test};
use std::path::Path;

const ROOM: &[Migration] = &[Migration {
    name: "0001_create_parcel",
    sql: "CREATE TABLE room_owner (id TEXT NOT NULL PRIMARY KEY); \
          CREATE TABLE room_parcel (a TEXT NOT NULL, b BIGINT NOT NULL, r DOUBLE PRECISION, f BOOLEAN, y BYTEA, \
          t TEXT, owner TEXT REFERENCES room_owner (id), PRIMARY KEY (a, b))",
}];
const ROOMS: Rooms = &[("room", ROOM)];
const QUIET: haidang_store::transfer::Progress<'static> = &|_, _| {};
const OWNER: &str = "INSERT INTO room_owner (id) VALUES ($1)";
const PARCEL: &str = "INSERT INTO room_parcel (a, b, r, f, y, t, owner) VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// A city with awkward values, more rows than one piece of an export, files, sealed and unsealed records.
async fn city(db: &TestDb, blobs: &Blobs) -> Vec<Stored> {
    let mut files = Vec::new();
    for content in [&b""[..], b"m\xe1\xba\xa5y", &[7; 200_000], &[0; 512]] {
        files.push(blobs.put_bytes(content).await.unwrap());
    }
    let orphan = blobs.put_bytes(b"orphan").await.unwrap();
    assert!(blobs.has(&orphan.sha256).await);
    let files_ref = &files;
    let written: Result<(), StoreError> = db
        .transaction(|tx| {
            Box::pin(async move {
                for file in files_ref {
                    tx.keep_blob(file).await?;
                }
                tx.execute(OWNER, args!["z"]).await?;
                for number in 0..1500_i64 {
                    let text = format!("Đặng \"Thị\" \\ Ánh\n\u{1}{number}");
                    let name = ["Zung", "Ánh", "đ", "a", "B"][usize::try_from(number % 5).unwrap()];
                    let real = f64::from(i32::try_from(number).unwrap()) / 3.0;
                    tx.execute(PARCEL, args![name, number, real, number % 2 == 0, vec![0_u8, 255], text, "z"]).await?;
                }
                let (none, big) = (None::<f64>, i64::MIN);
                tx.execute(PARCEL, args!["", big, none, None::<bool>, None::<Vec<u8>>, None::<&str>, None::<&str>])
                    .await?;
                tx.execute(PARCEL, args!["x", i64::MAX, -0.0, true, Vec::<u8>::new(), "", "z"]).await?;
                tx.execute(PARCEL, args!["x", 1_i64, 1e300, true, vec![1_u8], "null", "z"]).await?;
                tx.emit("thing.moved", "k", &1).await?;
                tx.enqueue("work", "k", &1, tx.ambient().now()).await?;
                for _ in 0..5 {
                    tx.audit(AuditEntry::mutation("case.submitted", ActorRef::system()).subject("1")).await?;
                }
                Ok(())
            })
        })
        .await;
    written.unwrap();
    let writer = CheckpointWriter::open(&db.folder().join("checkpoints"), &key(db), db.ambient()).unwrap();
    let mut sealer = Sealer::new(db.db(), Some(writer));
    sealer.seal().await.unwrap();
    sealer.checkpoint().await.unwrap();
    act(db).await;
    files
}

async fn act(db: &Db) {
    let answer: Result<(), StoreError> = db
        .transaction(|tx| {
            Box::pin(async move { tx.audit(AuditEntry::mutation("case.signed", ActorRef::system())).await.map(drop) })
        })
        .await;
    answer.unwrap();
}

fn key(db: &TestDb) -> std::path::PathBuf {
    db.folder().join("keys/audit.key")
}

fn checkpoints(db: &TestDb) -> Checkpoints {
    Checkpoints { folder: db.folder().join("checkpoints"), key_file: key(db) }
}

async fn exported(db: &TestDb) -> (std::path::PathBuf, Vec<Stored>) {
    let blobs = Blobs::open(db.folder().join("blobs")).await.unwrap();
    let files = city(db, &blobs).await;
    let file = db.folder().join("city.zip");
    export(db, Some(&blobs), Some(&checkpoints(db)), &file, QUIET).await.unwrap();
    (file, files)
}

/// Restores into a new city and exports that one again: equal manifests mean equal rows.
async fn check_round_trip(from: &TestDb, to: &TestDb) {
    let (file, files) = exported(from).await;
    let blobs = Blobs::open(to.folder().join("restored")).await.unwrap();
    let manifest = restore(to, Some(&blobs), &file, QUIET).await.unwrap();
    assert_eq!(manifest.tables.iter().find(|table| table.name == "room_parcel").unwrap().rows, 1503);
    assert_eq!(manifest.blobs.files, 4);
    for stored in files {
        blobs.verify(&stored.sha256).await.unwrap();
    }
    let again = to.folder().join("again.zip");
    let second = export(to, Some(&blobs), None, &again, QUIET).await.unwrap();
    assert_eq!((second.tables, second.blobs), (manifest.tables, manifest.blobs));
    let evidence = Evidence::load(&from.folder().join("checkpoints"), &key(from)).unwrap();
    let report = verify(to, Some(&evidence)).await.unwrap();
    assert!(report.is_good(), "{report:?}");
    assert_eq!((report.sealed, report.unsealed, report.proved), (5, 1, 5));
    // The restored city lives on: its chain goes on from the same head.
    act(to).await;
    assert_eq!(Sealer::new(to.db(), None).seal().await.unwrap(), 2);
    assert!(verify(to, Some(&evidence)).await.unwrap().is_good());
}

/// Replaces bytes of one entry of the zip.
fn damage(file: &Path, entry: &str, from: &str, to: &str) {
    use std::io::{Read, Write};
    let mut old = zip::ZipArchive::new(std::fs::File::open(file).unwrap()).unwrap();
    let mut entries = Vec::new();
    for index in 0..old.len() {
        let mut one = old.by_index(index).unwrap();
        let name = one.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        one.read_to_end(&mut bytes).unwrap();
        if name == entry {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(from));
            bytes = text.replacen(from, to, 1).into_bytes();
        }
        entries.push((name, bytes));
    }
    let mut new = zip::ZipWriter::new(std::fs::File::create(file).unwrap());
    for (name, bytes) in entries {
        new.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        new.write_all(&bytes).unwrap();
    }
    new.finish().unwrap();
}

db_test! {
    rooms = ROOMS;

    async fn every_table_is_exported(db: TestDb) {
        assert_eq!(db.unknown_columns().await.unwrap(), Vec::<String>::new());
        db.execute("CREATE TABLE room_forgotten (id TEXT NOT NULL PRIMARY KEY)", args![]).await.unwrap();
        let error = export(&db, None, None, &db.folder().join("x.zip"), QUIET).await.unwrap_err();
        assert!(error.to_string().contains("room_forgotten.id"), "{error}");
        assert!(!db.folder().join("x.zip").exists());
    }

    async fn a_city_comes_back_on_sqlite(db: TestDb) {
        check_round_trip(&db, &TestDb::sqlite(ROOMS).await.unwrap()).await;
    }

    async fn a_city_comes_back_on_postgres(db: TestDb) {
        if let Some(to) = TestDb::postgres(ROOMS).await.unwrap() {
            check_round_trip(&db, &to).await;
            to.remove().await.unwrap();
        }
    }

    async fn an_export_is_proved_offline(db: TestDb) {
        let (file, _) = exported(&db).await;
        let report = verify_export(&file, None).await.unwrap();
        assert!(report.audit.is_good(), "{report:?}");
        assert_eq!((report.audit.proved, report.external), (5, false));
        let evidence = Evidence::load(&db.folder().join("checkpoints"), &key(&db)).unwrap();
        assert!(verify_export(&file, Some(&evidence)).await.unwrap().external);
    }

    async fn a_damaged_export_is_refused_and_leaves_nothing(db: TestDb) {
        let (file, _) = exported(&db).await;
        damage(&file, "tables/room_parcel.jsonl", "\"b\":7,", "\"b\":70007,");
        assert!(matches!(verify_export(&file, None).await, Err(StoreError::Corrupt(_))));
        let to = TestDb::sqlite(ROOMS).await.unwrap();
        assert!(matches!(restore(&to, None, &file, QUIET).await, Err(StoreError::Corrupt(_))));
        let rows = to.fetch_one("SELECT count(*) AS n FROM room_owner", args![]).await.unwrap().integer("n").unwrap();
        assert_eq!(rows, 0);
    }

    async fn a_file_changed_on_disk_stops_the_export(db: TestDb) {
        let blobs = Blobs::open(db.folder().join("blobs")).await.unwrap();
        let files = city(&db, &blobs).await;
        let path = blobs.root().join(&files[2].sha256[..2]).join(&files[2].sha256);
        std::fs::write(path, vec![8; 200_000]).unwrap();
        let answer = export(&db, Some(&blobs), None, &db.folder().join("x.zip"), QUIET).await;
        assert!(matches!(answer, Err(StoreError::Corrupt(_))), "{answer:?}");
        assert!(!db.folder().join("x.zip").exists());
        assert!(!db.folder().join("x.partial").exists());
    }

    async fn a_full_city_is_not_overwritten(db: TestDb) {
        let (file, _) = exported(&db).await;
        assert!(matches!(restore(&db, None, &file, QUIET).await, Err(StoreError::Configuration(_))));
    }

    async fn an_export_of_a_newer_version_is_refused(db: TestDb) {
        let (file, _) = exported(&db).await;
        let to = TestDb::sqlite(&[]).await.unwrap();
        let error = restore(&to, None, &file, QUIET).await.unwrap_err();
        assert!(error.to_string().contains("room/0001_create_parcel"), "{error}");
    }

    async fn a_backup_sees_one_moment(db: TestDb) {
        let mut snapshot = db.snapshot().await.unwrap();
        db.execute(OWNER, args!["later"]).await.unwrap();
        let rows = snapshot.fetch_all("SELECT id FROM room_owner", args![]).await.unwrap();
        assert!(rows.is_empty(), "the snapshot saw a later commit");
        drop(snapshot);
        assert_eq!(db.fetch_all("SELECT id FROM room_owner", args![]).await.unwrap().len(), 1);
    }

    async fn a_city_moves_to_the_other_database(db: TestDb) {
        let blobs = Blobs::open(db.folder().join("blobs")).await.unwrap();
        city(&db, &blobs).await;
        let to = match TestDb::postgres(ROOMS).await.unwrap() {
            Some(to) => to,
            None => TestDb::sqlite(ROOMS).await.unwrap(),
        };
        let tables = copy_db(&db, &to, QUIET).await.unwrap();
        assert_eq!(tables.iter().find(|table| table.name == "room_parcel").unwrap().rows, 1503);
        assert!(copy_db(&db, &to, QUIET).await.is_err(), "a second copy would mix two cities");
        let back = TestDb::sqlite(ROOMS).await.unwrap();
        assert_eq!(copy_db(&to, &back, QUIET).await.unwrap(), tables);
        to.remove().await.unwrap();
    }

    async fn orphans_are_swept_and_kept_files_stay(db: TestDb) {
        let blobs = Blobs::open(db.folder().join("blobs")).await.unwrap();
        let files = city(&db, &blobs).await;
        assert_eq!(blobs.sweep(&db, jiff::Timestamp::UNIX_EPOCH).await.unwrap(), 0, "all are young");
        assert_eq!(blobs.sweep(&db, jiff::Timestamp::MAX).await.unwrap(), 1);
        for stored in files {
            blobs.verify(&stored.sha256).await.unwrap();
        }
    }

    async fn a_file_over_its_limit_leaves_nothing(db: TestDb) {
        let blobs = Blobs::open(db.folder().join("blobs")).await.unwrap();
        assert!(matches!(blobs.put(&[1_u8; 100][..], 99).await, Err(StoreError::Check(_))));
        assert_eq!(blobs.put(&[1_u8; 100][..], 100).await.unwrap().size, 100);
        assert!(matches!(blobs.get("../../etc/passwd").await, Err(StoreError::NotFound)));
        assert_eq!(std::fs::read_dir(blobs.root().join("incoming")).unwrap().count(), 0);
    }
}
