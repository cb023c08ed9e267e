//! Transactions answer alike on both databases.

use haidang_kernel::problem::Problem;
use haidang_store::{Db, Filter, Migration, StoreError, args};
use haidang_testkit::db_test;

const ROOM: &[Migration] = &[Migration {
    name: "0001_create_thing",
    sql: "CREATE TABLE room_thing (id TEXT NOT NULL PRIMARY KEY, n BIGINT, r DOUBLE PRECISION, b BOOLEAN, y BYTEA, t TEXT)",
}];
const INSERT: &str = "INSERT INTO room_thing (id, n, r, b, y, t) VALUES ($1, $2, $3, $4, $5, $6)";
const COUNT: &str = "SELECT count(*) AS n FROM room_thing";

async fn count(db: &Db) -> i64 {
    db.fetch_one(COUNT, args![]).await.unwrap().integer("n").unwrap()
}

async fn insert(db: &Db, id: &str) -> Result<(), StoreError> {
    db.transaction(|tx| {
        Box::pin(async move {
            tx.execute(INSERT, args![id, 1_i64, 0.5, true, vec![1_u8, 0], "đ"]).await?;
            Ok(())
        })
    })
    .await
}

db_test! {
    rooms = &[("room", ROOM)];

    async fn every_kind_of_value_comes_back(db: TestDb) {
        insert(&db, "a").await.unwrap();
        db.execute(INSERT, args!["b", None::<i64>, None::<f64>, None::<bool>, None::<Vec<u8>>, None::<&str>]).await.unwrap();
        let rows = db.fetch_all("SELECT id, n, r, b, y, t FROM room_thing ORDER BY id", args![]).await.unwrap();
        assert_eq!(rows[0].integer("n").unwrap(), 1);
        assert_eq!(rows[0].real("r").unwrap(), 0.5);
        assert!(rows[0].boolean("b").unwrap());
        assert_eq!(rows[0].bytes("y").unwrap(), vec![1, 0]);
        assert_eq!(rows[0].text("t").unwrap(), "đ");
        assert_eq!(rows[1].opt_integer("n").unwrap(), None);
        assert_eq!(rows[1].opt_real("r").unwrap(), None);
        assert_eq!(rows[1].opt_boolean("b").unwrap(), None);
        assert_eq!(rows[1].opt_bytes("y").unwrap(), None);
        assert_eq!(rows[1].opt_text("t").unwrap(), None);
        assert!(rows[1].text("t").is_err());
        assert!(rows[1].text("missing").is_err());
        assert!(rows[0].integer("t").is_err());
    }

    async fn a_refusal_rolls_back(db: TestDb) {
        let name = String::from("a");
        let answer: Result<(), Problem> = db
            .transaction(|tx| {
                let name = &name;
                Box::pin(async move {
                    tx.execute(INSERT, args![name, 1_i64, 0.5, true, vec![1_u8], "x"]).await?;
                    Err(Problem::conflict("no", "no"))
                })
            })
            .await;
        assert_eq!(answer.unwrap_err().code, "no");
        assert_eq!(count(&db).await, 0);
    }

    async fn filters_bind_their_values(db: TestDb) {
        for id in ["a", "b", "c"] {
            insert(&db, id).await.unwrap();
        }
        let (text, args) = Filter::select("SELECT id FROM room_thing")
            .and("n = ?", args![1_i64])
            .and_in("id", ["a", "c"])
            .then("ORDER BY id DESC LIMIT ?", args![10_i64])
            .build();
        let ids: Vec<String> = db.fetch_all(text, args).await.unwrap().iter().map(|r| r.text("id").unwrap()).collect();
        assert_eq!(ids, ["c", "a"]);
    }
}
