//! Adapters behind the door: databases and folders as providers, and what happens when their files change.

use std::path::Path;

use haidang_exchange::adapters::Adapters;
use haidang_store::{Migration, StoreError, args};
use haidang_testkit::{TestDb, db_test};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{Door, at};

const SERVICE: &str = "/r1/VN-HP/GOV/0002/B/echo";

/// The directory of the tests, whose echo service is an adapter.
fn directory() -> String {
    let text = at("127.0.0.1:9".parse().unwrap());
    text.replacen("base_url = \"http://127.0.0.1:9\"", "adapter = \"vi-du\"", 1)
}

fn adapters(folder: &Path, adapter: &str) -> Adapters {
    std::fs::write(folder.join("vi-du.toml"), adapter).unwrap();
    Adapters::read(folder, None).unwrap()
}

/// Status and JSON of a GET, or the error of the exchange.
async fn get(door: &Door, path: &str) -> (u16, Value) {
    let reply = door.get(&format!("{SERVICE}{path}")).await;
    let json = serde_json::from_str(&reply.text()).unwrap_or(Value::Null);
    match reply.all("x-road-error").first() {
        Some(error) => (reply.status, json!(error)),
        None => (reply.status, json),
    }
}

/// What of an error does not depend on its sentence.
fn short((status, json): (u16, Value)) -> (u16, Value) {
    (status, if json.get("error").is_some() { json!([json["error"], json["field"]]) } else { json })
}

const ROOM: &[Migration] = &[Migration {
    name: "0001_create_household",
    sql: "CREATE TABLE room_household (code TEXT NOT NULL, persons BIGINT NOT NULL, poor BOOLEAN NOT NULL, note TEXT, \
          PRIMARY KEY (code, persons))",
}];
const INSERT: &str = "INSERT INTO room_household (code, persons, poor, note) VALUES ($1, $2, $3, $4)";
const QUERIES: &str = r#"
kind = "sql"
title = "Hộ gia đình"
source = "made up for a test"

[code_list.xep-loai]
"1" = "ngheo"
"0" = "khong"

[[operation]]
method = "GET"
path = "/ho/{ma}"
query = "SELECT code, persons, CASE WHEN poor THEN 1 ELSE 0 END AS poor, note FROM room_household WHERE code = $1 AND persons >= $2 ORDER BY persons"
rows = 2

[[operation.element]]
name = "ma"
path = "ma"
required = true

[[operation.element]]
name = "tu"
query = "tu"
type = "integer"

[[operation.field]]
to = "ho"
from = "rows"
list = true

[[operation.field.field]]
to = "ma"
from = "code"

[[operation.field.field]]
to = "soNguoi"
from = "persons"
type = "integer"

[[operation.field.field]]
to = "xepLoai"
from = "poor"
code_list = "xep-loai"

[[operation.field.field]]
to = "ghiChu"
from = "note"

[[operation]]
method = "GET"
path = "/mai"
query = "SELECT count(*) AS n FROM (WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT (x + 1) % 10 FROM c) SELECT x FROM c) AS t"

[[operation.field]]
to = "n"
from = "rows/n"

[[operation]]
method = "GET"
path = "/sai"
query = "SELECT secret FROM room_nowhere"

[[operation.field]]
to = "n"
from = "rows/n"
"#;

/// An adapter over the database of a test.
async fn queries(db: &TestDb) -> Door {
    let connection = match db.postgres_schema() {
        Some(schema) => {
            let url = std::env::var("HAIDANG_TEST_PG").unwrap();
            let mark = if url.contains('?') { '&' } else { '?' };
            let secret = db.folder().join("address");
            haidang_signing::private_file::write_new(&secret, format!("{url}{mark}schema={schema}\n").as_bytes())
                .unwrap();
            "database_file = \"address\""
        }
        None => "database = \"test.sqlite\"",
    };
    let door = Door::open(&directory()).await;
    let text = format!("{QUERIES}\n[connection]\n{connection}\ntimeout_ms = 400\n");
    door.exchange.adapt(adapters(db.folder(), &text));
    door
}

db_test! {
    rooms = &[("room", ROOM)];

    async fn a_database_is_asked_by_the_statements_that_are_written(db: TestDb) {
        let rows = [("A", 1_i64, false), ("B", 2, true), ("C", 1, false), ("C", 2, false), ("C", 3, false)];
        db.transaction(|tx| {
            Box::pin(async move {
                for (code, persons, poor) in rows {
                    let note = (code == "A").then(|| "một".to_owned());
                    tx.execute(INSERT, args![code, persons, poor, note]).await?;
                }
                Ok::<(), StoreError>(())
            })
        })
        .await
        .unwrap();
        let door = queries(&db).await;
        for (path, expected) in [
            ("/ho/A?tu=0", (200, json!({"ho": [{"ma": "A", "soNguoi": 1, "xepLoai": "khong", "ghiChu": "một"}]}))),
            ("/ho/B?tu=0", (200, json!({"ho": [{"ma": "B", "soNguoi": 2, "xepLoai": "ngheo"}]}))),
            ("/ho/B?tu=3", (200, json!({"ho": []}))),
            ("/ho/C?tu=2", (200, json!({"ho": [{"ma": "C", "soNguoi": 2, "xepLoai": "khong"}, {"ma": "C", "soNguoi": 3, "xepLoai": "khong"}]}))),
            ("/ho/B", (200, json!({"ho": []}))),
            ("/ho/C?tu=1", (502, json!(["answer_malformed", null]))),
            ("/ho/A?tu=x", (400, json!(["bad_value", "tu"]))),
            // What a caller writes is a value and never a part of the statement.
            ("/ho/A'%20OR%20'1'='1?tu=0", (200, json!({"ho": []}))),
            ("/sai", (502, json!(["answer_malformed", null]))),
            ("/mai", (502, json!(["provider_unreachable", null]))),
            ("/khac", (404, json!(["no_operation", null]))),
            ("/ho/A?tu=0&khac=1", (200, json!({"ho": [{"ma": "A", "soNguoi": 1, "xepLoai": "khong", "ghiChu": "một"}]}))),
        ] {
            assert_eq!(short(get(&door, path).await), expected, "{path}");
        }
    }
}

const TABLE: &str = r#"
kind = "file"
title = "Danh sách"
source = "made up for a test"
table = { columns = ["ma", "ten", "loai"], key = "ma" }
connection = { folder = "den" }

[[operation]]
method = "GET"
path = "/{ma}"

[[operation.element]]
name = "ma"
path = "ma"
required = true

[[operation.element]]
name = "loai"
query = "loai"

[[operation.field]]
to = "dong"
from = "rows"
list = true

[[operation.field.field]]
to = "ten"
"#;

fn arrives(folder: &Path, name: &str, text: &str) {
    let sum = data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
    std::fs::write(folder.join(name), text).unwrap();
    std::fs::write(folder.join(format!("{name}.sha256")), format!("{sum}  {name}\n")).unwrap();
}

#[tokio::test]
async fn a_folder_answers_from_its_newest_file() {
    let folder = tempfile::tempdir().unwrap();
    let door = Door::open(&directory()).await;
    let adapters = adapters(folder.path(), TABLE);
    let look = || adapters.look(door.ambient.now());
    door.exchange.adapt(adapters.clone());
    assert_eq!(short(get(&door, "/1").await), (503, json!(["adapter_not_ready", null])));
    look();
    let arriving = folder.path().join("den");
    arrives(&arriving, "a.csv", "ma,ten,loai\n1,An,x\n1,Bình,y\n");
    look();
    assert_eq!(get(&door, "/1").await, (200, json!({"dong": [{"ten": "An"}, {"ten": "Bình"}]})));
    assert_eq!(get(&door, "/1?loai=y").await, (200, json!({"dong": [{"ten": "Bình"}]})));
    assert_eq!(get(&door, "/2").await, (200, json!({"dong": []})));
    arrives(&arriving, "b.csv", "ma,ten\n");
    look();
    assert_eq!(get(&door, "/2").await, (200, json!({"dong": []})), "a file that is refused changes nothing");
    door.ambient.advance(jiff::SignedDuration::from_secs(1));
    arrives(&arriving, "c.csv", "loai,ten,ma\nx,Chi,2\n");
    look();
    assert_eq!(get(&door, "/2").await, (200, json!({"dong": [{"ten": "Chi"}]})));
}

/// The connection to an adapter is kept between calls; what it speaks to is what holds at the time of the call.
#[tokio::test]
async fn changed_adapters_hold_for_the_next_call() {
    let folder = tempfile::tempdir().unwrap();
    let door = Door::open(&directory()).await;
    assert_eq!(get(&door, "/1").await, (500, json!("server.serverproxy.unknown_host")), "there is no adapter");
    let first = adapters(folder.path(), TABLE);
    first.look(door.ambient.now());
    arrives(&folder.path().join("den"), "a.csv", "ma,ten,loai\n1,An,x\n");
    first.look(door.ambient.now());
    door.exchange.adapt(first);
    assert_eq!(get(&door, "/1").await, (200, json!({"dong": [{"ten": "An"}]})));
    let second = adapters(folder.path(), &TABLE.replace("to = \"ten\"", "to = \"hoTen\"\nfrom = \"ten\""));
    second.look(door.ambient.now());
    door.exchange.adapt(second);
    assert_eq!(get(&door, "/1").await, (200, json!({"dong": [{"hoTen": "An"}]})));
    door.exchange.adapt(Adapters::default());
    assert_eq!(short(get(&door, "/1").await), (503, json!(["adapter_not_ready", null])));
}

#[test]
fn a_folder_of_adapters_is_wrong_as_a_whole_or_right() {
    let folder = tempfile::tempdir().unwrap();
    let rest = "kind = \"rest\"\ntitle = \"x\"\nsource = \"x\"\nauthentication = \"bearer\"\n[[operation]]\nmethod = \"GET\"\npath = \"/\"\ncall = \"GET /\"\nfield = [{ to = \"a\" }]\n";
    std::fs::write(folder.path().join("mot.toml"), rest).unwrap();
    let connections = folder.path().join("noi.connections");
    for (text, expected) in [
        ("[mot]\nbase_url = \"http://127.0.0.1:9\"\nsecret_file = \"a\"", ""),
        ("", "adapter mot: has no connection"),
        ("[hai]\nbase_url = \"http://127.0.0.1:9\"", "connection hai: there is no adapter"),
        ("[mot]\nbase_url = \"http://127.0.0.1:9\"", "secret_file is needed"),
        ("[mot]\nbase_url = \"http://127.0.0.1:9\"\nsecret_file = \"a\"\nuser = \"u\"", "user is not used"),
        ("[mot]\nbase_url = \"http://a.test\"\nsecret_file = \"a\"", "secrets go over https://"),
        ("[mot]\nbase_url = \"https://a.test\"\ntls_verify = false\nsecret_file = \"a\"", "secrets go over https://"),
        ("[mot]\nbase_url = \"https://a.test\"\nsecret_file = \"a\"", "tls = "),
        ("[mot]\nsecret_file = \"a\"", "base_url: write"),
        ("[mot]\nbase_url = \"http://127.0.0.1:9\"\nsecret_file = \"a\"\nfolder = \"f\"", "folder is for kind"),
        ("[mot]\nbase_url = \"http://127.0.0.1:9\"\nsecret_file = \"a\"\ndatabase = \"f\"", "are for kind = \"sql\""),
        ("[mot]\nbase_url = \"http://127.0.0.1:9\"\nsecret_file = \"a\"\ntimeout_ms = 0", "timeout_ms"),
        ("[mot]\nsecret = \"a\"", "secret"),
    ] {
        std::fs::write(&connections, text).unwrap();
        let told =
            Adapters::read(folder.path(), Some(&connections)).map_or_else(|wrong| wrong.to_string(), |_| String::new());
        assert!(if expected.is_empty() { told.is_empty() } else { told.contains(expected) }, "{text}: {told}");
    }
    // Nobody has said yet where anything is: it is there, and not ready.
    assert!(Adapters::read(folder.path(), None).unwrap().has("mot"));
}
