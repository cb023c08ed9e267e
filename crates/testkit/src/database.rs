//! A database per test: a SQLite file copied from a migrated template, or a PostgreSQL schema of its own.

use haidang_kernel::ambient::Ambient;
use haidang_store::{Db, Migration, Options, StoreError, migrate};
use std::collections::HashMap;
use std::future::Future;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tempfile::TempDir;

/// The rooms whose tables a test needs, with their migrations.
pub type Rooms = &'static [(&'static str, &'static [Migration])];

/// Environment variable with the address of a private PostgreSQL cluster for tests.
pub const POSTGRES_VARIABLE: &str = "HAIDANG_TEST_PG";

/// A migrated, empty database of one test, removed at its end. Used as the [`Db`] it holds.
#[derive(Clone)]
pub struct TestDb {
    db: Db,
    ambient: Ambient,
    folder: Arc<TempDir>,
}

impl Deref for TestDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl TestDb {
    /// A SQLite database with the tables of these rooms. The clock stands at [`TestDb::ambient`].
    ///
    /// # Errors
    /// What the store or the file system says.
    pub async fn sqlite(rooms: Rooms) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("test.sqlite");
        std::fs::copy(template(rooms).await?, &path)?;
        let ambient = fixed();
        let db = Db::open(&format!("sqlite:{}", path.display()), options(&ambient, None)).await?;
        // The file is already migrated; this only reads the ledger and remembers the tables.
        migrate(&db, rooms).await?;
        Ok(Self { db, ambient, folder: Arc::new(folder) })
    }

    /// A PostgreSQL schema of its own with the tables of these rooms; `None` when no cluster is given.
    ///
    /// # Errors
    /// What the store says.
    pub async fn postgres(rooms: Rooms) -> anyhow::Result<Option<Self>> {
        let Ok(url) = std::env::var(POSTGRES_VARIABLE) else { return Ok(None) };
        let schema = format!("t_{}", Ambient::system().token());
        let ambient = fixed();
        let db = Db::open(&url, options(&ambient, Some(schema))).await?;
        migrate(&db, rooms).await?;
        Ok(Some(Self { db, ambient, folder: Arc::new(tempfile::tempdir()?) }))
    }

    /// The database handle, where a [`Db`] is needed by value.
    pub fn db(&self) -> Db {
        self.db.clone()
    }

    /// The fixed clock and seeded randomness of this database: Tuesday 3 March 2026, 09:00 in the city.
    pub fn ambient(&self) -> &Ambient {
        &self.ambient
    }

    /// A folder of this test, for blobs, checkpoints and exports.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Drops the schema (PostgreSQL) and closes; the SQLite file goes with its folder.
    ///
    /// # Errors
    /// What the store says.
    pub async fn remove(self) -> Result<(), StoreError> {
        if let Some(schema) = self.db.postgres_schema() {
            self.db.drop_schema(schema).await?;
        }
        self.db.close().await;
        Ok(())
    }
}

fn fixed() -> Ambient {
    let now = "2026-03-03T09:00:00+07:00".parse().unwrap_or_default();
    Ambient::fixed(now, 1)
}

fn options(ambient: &Ambient, schema: Option<String>) -> Options {
    Options {
        readers: 2,
        connections: 8,
        schema,
        ambient: ambient.clone(),
        subject_secret: b"a secret of the tests".to_vec(),
    }
}

/// The same migrations give the same template, wherever a test names them.
fn digest(rooms: Rooms) -> String {
    let mut fields = Vec::new();
    for (room, migrations) in rooms {
        fields.push((*room, ""));
        fields.extend(migrations.iter().map(|migration| (migration.name, migration.sql)));
    }
    haidang_kernel::chain::record_hash(&fields).to_string()
}

type Cell = Arc<tokio::sync::OnceCell<PathBuf>>;

/// The migrated file of these rooms, made once per process.
async fn template(rooms: Rooms) -> anyhow::Result<PathBuf> {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    static MADE: OnceLock<Mutex<HashMap<String, Cell>>> = OnceLock::new();
    let folder = match FOLDER.get() {
        Some(folder) => folder,
        None => {
            let made = tempfile::tempdir()?;
            FOLDER.get_or_init(|| made)
        }
    };
    let key = digest(rooms);
    let cell = {
        let mut made = MADE.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(made.entry(key.clone()).or_default())
    };
    let path = cell
        .get_or_try_init(|| async {
            let path = folder.path().join(format!("{key}.sqlite"));
            let db = Db::open(&format!("sqlite:{}", path.display()), Options::default()).await?;
            migrate(&db, rooms).await?;
            // Closing the last connection writes the log back into the file, so that one file can be copied.
            db.close().await;
            anyhow::Ok(path)
        })
        .await?;
    Ok(path.clone())
}

fn block_on<F: Future>(body: F) -> F::Output {
    match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime.block_on(body),
        Err(error) => panic!("no runtime: {error}"),
    }
}

/// Runs a test body on SQLite; called by [`db_test!`](crate::db_test).
pub fn run_sqlite<F: Future<Output = ()>>(rooms: Rooms, body: impl FnOnce(TestDb) -> F) {
    block_on(async {
        match TestDb::sqlite(rooms).await {
            Ok(db) => body(db).await,
            Err(error) => panic!("no SQLite database: {error:#}"),
        }
    });
}

/// Runs a test body on PostgreSQL; called by [`db_test!`](crate::db_test).
#[allow(clippy::print_stdout)] // The absence must be seen in the output of the test.
pub fn run_postgres<F: Future<Output = ()>>(rooms: Rooms, body: impl FnOnce(TestDb) -> F) {
    block_on(async {
        match TestDb::postgres(rooms).await {
            Ok(Some(db)) => {
                body(db.clone()).await;
                if let Err(error) = db.remove().await {
                    panic!("the schema could not be dropped: {error}");
                }
            }
            Ok(None) => println!("postgres: absent"),
            Err(error) => panic!("no PostgreSQL database: {error:#}"),
        }
    });
}

/// Writes one test body as two counted tests, `name::sqlite` and `name::postgres`, each with a migrated database of
/// its own. The rooms are those whose tables the body needs, beside the store's own.
///
/// ```text
/// db_test! {
///     rooms = &[("services", haidang_services::MIGRATIONS)];
///     async fn a_case_is_kept(db: TestDb) {
///         assert_eq!(count(&db).await, 0);
///     }
/// }
/// ```
///
/// Without PostgreSQL (`HAIDANG_TEST_PG` unset) the second one says `postgres: absent` and passes.
#[macro_export]
macro_rules! db_test {
    (rooms = $rooms:expr; $($rest:tt)+) => { $crate::db_test!(@each [$rooms] $($rest)+); };
    (@each $rooms:tt) => {};
    (@each $rooms:tt $(#[$meta:meta])* async fn $name:ident($db:ident : TestDb) $body:block $($rest:tt)*) => {
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn body($db: $crate::TestDb) $body

            const ROOMS_OF_THIS_TEST: $crate::Rooms = $crate::db_test!(@rooms $rooms);

            #[test]
            fn sqlite() {
                $crate::run_sqlite(ROOMS_OF_THIS_TEST, body);
            }

            #[test]
            fn postgres() {
                $crate::run_postgres(ROOMS_OF_THIS_TEST, body);
            }
        }
        $crate::db_test!(@each $rooms $($rest)*);
    };
    (@rooms []) => { &[] };
    (@rooms [$rooms:expr]) => { $rooms };
    ($($rest:tt)+) => { $crate::db_test!(@each [] $($rest)+); };
}
