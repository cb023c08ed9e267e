//! A bulk load leaves the indexes as they were, and writes left for later bring every kind of value along.

use haidang_store::{Db, Kind, Migration, StoreError, Value, args};
use haidang_testkit::db_test;

const ROOM: &[Migration] = &[Migration {
    name: "0001_create_thing",
    sql: "CREATE TABLE room_thing (id TEXT NOT NULL PRIMARY KEY, n BIGINT, share DOUBLE PRECISION, open BOOLEAN, \
          seal BYTEA, note TEXT NOT NULL); \
          CREATE UNIQUE INDEX room_thing_by_n ON room_thing (n); \
          CREATE INDEX room_thing_open ON room_thing (note, id) WHERE open",
}];
const INSERT: &str = "INSERT INTO room_thing (id, n, share, open, seal, note) VALUES ($1, $2, $3, $4, $5, 'it''s $1')";
const ROWS: &str = "SELECT id, n, share, open, seal, note FROM room_thing ORDER BY id";

async fn indexes(db: &Db) -> Vec<String> {
    let statement = match db.kind() {
        Kind::Sqlite => {
            "SELECT sql AS definition FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1"
        }
        Kind::Postgres => {
            "SELECT indexdef AS definition FROM pg_indexes WHERE schemaname = current_schema() ORDER BY indexname"
        }
    };
    let rows = db.fetch_all(statement, args![]).await.unwrap();
    rows.iter().map(|row| row.text("definition").unwrap()).filter(|text| text.contains("room_thing")).collect()
}

async fn insert(db: &Db, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
    let rows = &rows;
    db.transaction(|tx| {
        Box::pin(async move {
            for row in rows {
                tx.later(INSERT, row.clone()).await?;
                tx.end_set().await?;
            }
            Ok(())
        })
    })
    .await
}

fn row(id: &str, n: Option<i64>) -> Vec<Value> {
    args![id, n, n.map(|n| n as f64 / 4.0), n.map(|n| n > 1), n.map(|n| vec![0, n as u8, 255])]
}

db_test! {
    rooms = &[("room", ROOM)];

    async fn rows_left_for_later_keep_every_kind_of_value(db: TestDb) {
        insert(&db, vec![row("a", Some(1)), row("b", None), row("c", Some(3))]).await.unwrap();
        let rows = db.fetch_all(ROWS, args![]).await.unwrap();
        for (found, (id, n)) in rows.iter().zip([("a", Some(1)), ("b", None), ("c", Some(3))]) {
            assert_eq!((found.text("id").unwrap(), found.opt_integer("n").unwrap()), (id.to_owned(), n));
            assert_eq!(found.opt_real("share").unwrap(), n.map(|n| n as f64 / 4.0));
            assert_eq!(found.opt_boolean("open").unwrap(), n.map(|n| n > 1));
            assert_eq!(found.opt_bytes("seal").unwrap(), n.map(|n| vec![0, n as u8, 255]));
            assert_eq!(found.text("note").unwrap(), "it's $1");
        }
        assert_eq!(rows.len(), 3);
    }

    async fn a_bulk_load_makes_the_indexes_again(db: TestDb) {
        let before = indexes(&db).await;
        let load = db.begin_bulk_load(&["room_thing"]).await.unwrap();
        assert!(indexes(&db).await.len() < before.len());
        assert!(!indexes(&db).await.iter().any(|text| text.contains("room_thing_by_n")));
        insert(&db, (0..500).map(|n| row(&format!("{n:03}"), Some(n))).collect()).await.unwrap();
        load.finish().await.unwrap();
        assert_eq!(indexes(&db).await, before);
        assert!(matches!(insert(&db, vec![row("x", Some(7))]).await, Err(StoreError::Unique(_))));
    }

    async fn a_bulk_load_of_twins_does_not_finish(db: TestDb) {
        let load = db.begin_bulk_load(&["room_thing"]).await.unwrap();
        insert(&db, vec![row("a", Some(1)), row("b", Some(1))]).await.unwrap();
        assert!(matches!(load.finish().await, Err(StoreError::Unique(_))));
    }
}
