//! Loading so many rows that keeping the indexes in order costs more than the rows: for benchmarks.
//!
//! Keys in no particular order touch a page each, and millions of them write the same pages again and again. So the
//! indexes of the loaded tables are dropped, and made again from their own definitions when the rows are there, each
//! by one sort. Primary keys and constraints stay throughout.

use crate::db::{Backend, Db};
use crate::tx::Tx;
use crate::{Kind, StoreError, args, options, sql};

/// Memory of the writer while it loads and sorts, in KiB.
const LOADING_KIB: i64 = 524_288;

/// A bulk load under way; see [`Db::begin_bulk_load`].
#[must_use = "the indexes are missing until the load is finished"]
pub struct BulkLoad {
    db: Db,
    tables: Vec<&'static str>,
    definitions: Vec<String>,
}

impl Db {
    /// Begins a bulk load of these tables: drops their indexes, except those of primary keys and constraints, and lets
    /// SQLite's writer use much memory.
    ///
    /// For a store that is thrown away when the load does not come to [`BulkLoad::finish`]: until then everything that
    /// needs these indexes is slow, and what unique ones forbid is not noticed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn begin_bulk_load(&self, tables: &[&'static str]) -> Result<BulkLoad, StoreError> {
        let definitions = self
            .transaction(|tx| {
                Box::pin(async move {
                    let mut definitions = Vec::new();
                    for table in tables {
                        definitions.extend(drop_indexes(tx, table).await?);
                    }
                    Ok::<_, StoreError>(definitions)
                })
            })
            .await?;
        self.writer_memory(LOADING_KIB).await?;
        Ok(BulkLoad { db: self.clone(), tables: tables.to_vec(), definitions })
    }

    /// How much memory SQLite's writer may use; PostgreSQL's server has its own settings.
    async fn writer_memory(&self, kib: i64) -> Result<(), StoreError> {
        if self.kind() == Kind::Postgres {
            return Ok(());
        }
        let text = &format!("PRAGMA cache_size = -{kib}");
        self.transaction(|tx| Box::pin(async move { tx.raw(text.clone()).await })).await
    }
}

async fn drop_indexes(tx: &mut Tx<'_>, table: &str) -> Result<Vec<String>, StoreError> {
    let mut definitions = Vec::new();
    for row in tx.fetch_all(sql::INDEXES_OF, args![table]).await? {
        definitions.push(row.text("definition")?);
        tx.raw(format!("DROP INDEX \"{}\"", row.text("name")?)).await?;
    }
    Ok(definitions)
}

impl BulkLoad {
    /// Makes the indexes again and lets the database measure its tables.
    ///
    /// # Errors
    /// What the database says, such as [`StoreError::Unique`] when the rows break a unique index.
    pub async fn finish(self) -> Result<(), StoreError> {
        for definition in &self.definitions {
            let create: Result<(), StoreError> = self
                .db
                .transaction(|tx| {
                    Box::pin(async move {
                        if tx.link().is_postgres() {
                            tx.raw(format!("SET LOCAL maintenance_work_mem = '{LOADING_KIB}kB'")).await?;
                        }
                        tx.raw(definition.clone()).await
                    })
                })
                .await;
            create?;
        }
        self.db.writer_memory(options::WRITER_CACHE_KIB).await?;
        self.measure().await
    }

    /// PostgreSQL also marks which pages are wholly visible, or it would do so while others measure.
    async fn measure(&self) -> Result<(), StoreError> {
        match &self.db.core.backend {
            Backend::Postgres { pool, .. } => {
                let text = format!("VACUUM (ANALYZE) {}", self.tables.join(", "));
                sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(pool).await.map(drop)?;
                Ok(())
            }
            Backend::Sqlite { .. } => self.db.analyze().await,
        }
    }
}
