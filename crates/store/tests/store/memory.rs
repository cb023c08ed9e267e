//! A database in memory behaves as one on a disk and is gone when it is closed.

use haidang_store::{Db, Migration, Options, StoreError, args, migrate};

const ROOM: &[Migration] =
    &[Migration { name: "0001_create_note", sql: "CREATE TABLE room_note (id BIGINT PRIMARY KEY)" }];
const INSERT: &str = "INSERT INTO room_note (id) VALUES ($1)";
const COUNT: &str = "SELECT count(*) AS notes FROM room_note";

async fn opened() -> Db {
    let db = Db::open("sqlite::memory:", Options::default()).await.unwrap();
    migrate(&db, &[("room", ROOM)]).await.unwrap();
    db
}

#[tokio::test]
async fn readers_see_what_was_committed_and_nothing_stays() {
    let (db, other) = (opened().await, opened().await);
    db.transaction(|tx| Box::pin(async move { tx.execute(INSERT, args![1_i64]).await })).await.unwrap();
    let refused = db.transaction(|tx| {
        Box::pin(async move {
            tx.execute(INSERT, args![2_i64]).await?;
            Err::<(), _>(StoreError::NotFound)
        })
    });
    assert!(refused.await.is_err());
    let notes = async |db: &Db| db.fetch_one(COUNT, args![]).await.unwrap().integer("notes").unwrap();
    assert_eq!(notes(&db).await, 1);
    assert_eq!(notes(&other).await, 0, "two of them share nothing");
    let folder = db.sqlite_path().unwrap().parent().unwrap().to_owned();
    assert!(folder.starts_with("/dev/shm") && folder.exists());
    db.close().await;
    assert!(!folder.exists());
}
