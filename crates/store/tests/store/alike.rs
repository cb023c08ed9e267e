//! Random operations answer on both databases as a plain model in memory does.

use haidang_store::{Db, Filter, Migration, StoreError, args};
use haidang_testkit::db_test;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

const ROOM: &[Migration] = &[Migration {
    name: "0001_create_pair",
    sql: "CREATE TABLE room_pair (a TEXT NOT NULL, b BIGINT NOT NULL, note TEXT, PRIMARY KEY (a, b)); \
          CREATE INDEX room_pair_note ON room_pair (note, a, b)",
}];
const INSERT: &str = "INSERT INTO room_pair (a, b, note) VALUES ($1, $2, $3)";
const UPSERT: &str = "INSERT INTO room_pair (a, b, note) VALUES ($1, $2, $3) \
                      ON CONFLICT (a, b) DO UPDATE SET note = excluded.note RETURNING note";
const DELETE: &str = "DELETE FROM room_pair WHERE a = $1 AND b > $2";
const PAGE: &str = "SELECT a, b, note FROM room_pair WHERE (a, b) > ($1, $2) ORDER BY a, b LIMIT $3";
const BY_NOTE: &str = "SELECT a, b, note FROM room_pair ORDER BY note IS NULL, note DESC, a, b";
const SUMS: &str = "SELECT a, CAST(coalesce(sum(b), 0) AS BIGINT) AS total, count(*) FILTER (WHERE note IS NULL) AS bare \
                    FROM room_pair GROUP BY a ORDER BY a";

#[derive(Debug, Clone)]
enum Operation {
    Insert(String, i64, Option<String>),
    Upsert(String, i64, Option<String>),
    Delete(String, i64),
    /// Inserts and then changes its mind.
    Regret(String, i64),
    Page(String, i64, i64),
    ByNote,
    Sums,
    With(Option<String>, Vec<i64>),
}

type Model = BTreeMap<(String, i64), Option<String>>;
type Line = (String, i64, Option<String>);

/// Texts whose order differs between languages and bytes.
fn text() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "B", "z", "Zung", "Ánh", "đ", "Đ", "ê", "", " ", "a b", "aB", "ab", "_"])
        .prop_map(str::to_owned)
}

fn operation() -> impl Strategy<Value = Operation> {
    let number = -3..6_i64;
    let note = || prop::option::of(text());
    prop_oneof![
        4 => (text(), number.clone(), note()).prop_map(|(a, b, n)| Operation::Insert(a, b, n)),
        4 => (text(), number.clone(), note()).prop_map(|(a, b, n)| Operation::Upsert(a, b, n)),
        1 => (text(), number.clone()).prop_map(|(a, b)| Operation::Delete(a, b)),
        1 => (text(), number.clone()).prop_map(|(a, b)| Operation::Regret(a, b)),
        2 => (text(), number.clone(), 1..5_i64).prop_map(|(a, b, l)| Operation::Page(a, b, l)),
        1 => Just(Operation::ByNote),
        1 => Just(Operation::Sums),
        2 => (note(), prop::collection::vec(number, 0..4)).prop_map(|(n, b)| Operation::With(n, b)),
    ]
}

async fn lines(db: &Db, statement: impl Into<haidang_store::Statement>, args: Vec<haidang_store::Value>) -> Vec<Line> {
    let rows = db.fetch_all(statement, args).await.unwrap();
    rows.iter().map(|r| (r.text("a").unwrap(), r.integer("b").unwrap(), r.opt_text("note").unwrap())).collect()
}

fn of_model<'m>(pairs: impl Iterator<Item = (&'m (String, i64), &'m Option<String>)>) -> Vec<Line> {
    pairs.map(|((a, b), note)| (a.clone(), *b, note.clone())).collect()
}

async fn check(db: &Db, model: &mut Model, operation: &Operation) {
    match operation {
        Operation::Insert(a, b, note) => {
            let answer = db.execute(INSERT, args![a, *b, note]).await;
            match model.entry((a.clone(), *b)) {
                Entry::Occupied(_) => assert!(answer.unwrap_err().is_unique()),
                Entry::Vacant(free) => {
                    assert_eq!(answer.unwrap(), 1);
                    free.insert(note.clone());
                }
            }
        }
        Operation::Upsert(a, b, note) => {
            let kept: Result<Option<String>, StoreError> = db
                .transaction(|tx| {
                    Box::pin(async move { tx.fetch_one(UPSERT, args![a, *b, note]).await?.opt_text("note") })
                })
                .await;
            assert_eq!(kept.unwrap(), *note);
            model.insert((a.clone(), *b), note.clone());
        }
        Operation::Delete(a, b) => {
            let before = model.len();
            model.retain(|(x, y), _| !(x == a && y > b));
            assert_eq!(db.execute(DELETE, args![a, *b]).await.unwrap(), (before - model.len()) as u64);
        }
        Operation::Regret(a, b) => {
            let answer: Result<(), StoreError> = db
                .transaction(|tx| {
                    Box::pin(async move {
                        tx.fetch_one(UPSERT, args![a, *b, Some("regret")]).await?;
                        Err(StoreError::NotFound)
                    })
                })
                .await;
            assert!(matches!(answer, Err(StoreError::NotFound)));
        }
        Operation::Page(a, b, limit) => {
            let from = (a.clone(), *b);
            let expected =
                of_model(model.iter().filter(|(key, _)| **key > from).take(usize::try_from(*limit).unwrap()));
            assert_eq!(lines(db, PAGE, args![a, *b, *limit]).await, expected);
        }
        Operation::ByNote => {
            let mut expected = of_model(model.iter());
            expected.sort_by(|x, y| {
                (x.2.is_none(), std::cmp::Reverse(&x.2), &x.0, x.1).cmp(&(
                    y.2.is_none(),
                    std::cmp::Reverse(&y.2),
                    &y.0,
                    y.1,
                ))
            });
            assert_eq!(lines(db, BY_NOTE, args![]).await, expected);
        }
        Operation::Sums => {
            let mut expected: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
            for ((a, b), note) in &*model {
                let sums = expected.entry(a).or_default();
                *sums = (sums.0 + b, sums.1 + i64::from(note.is_none()));
            }
            let rows = db.fetch_all(SUMS, args![]).await.unwrap();
            let found: Vec<_> = rows
                .iter()
                .map(|r| (r.text("a").unwrap(), r.integer("total").unwrap(), r.integer("bare").unwrap()))
                .collect();
            let expected: Vec<_> = expected.into_iter().map(|(a, (total, bare))| (a.to_owned(), total, bare)).collect();
            assert_eq!(found, expected);
        }
        Operation::With(note, numbers) => {
            let (statement, args) = Filter::select("SELECT a, b, note FROM room_pair")
                .and_some("note = ?", note.as_ref())
                .and_in("b", numbers)
                .then("ORDER BY a, b", args![])
                .build();
            let wanted = model.iter().filter(|((_, b), n)| numbers.contains(b) && (note.is_none() || *n == note));
            assert_eq!(lines(db, statement, args).await, of_model(wanted));
        }
    }
}

db_test! {
    rooms = &[("room", ROOM)];

    async fn both_answer_as_the_model(db: TestDb) {
        // A seed of its own keeps a failure the same on every machine.
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let operations = prop::collection::vec(operation(), 300).new_tree(&mut runner).unwrap().current();
        let mut model = Model::new();
        for operation in &operations {
            check(&db, &mut model, operation).await;
        }
        assert!(model.len() > 20, "the operations left too little to compare");
    }
}
