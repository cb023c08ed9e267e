//! What the pack says of books, written where numbers are taken.

use crate::registers::sql;
use crate::room::OfficeRoom;
use haidang_kernel::problem::Problem;
use haidang_store::{Value, args};
use std::collections::BTreeMap;

impl OfficeRoom {
    /// Writes the schemes of the pack, replacing those before: called at every start, after the migrations. Books that
    /// are open keep their titles.
    ///
    /// # Errors
    /// What the directory or the database says.
    pub async fn import_registers(&self) -> Result<(), Problem> {
        let known = self.directory.agencies().await?;
        // A line for an agency by its code wins over one for its kind, and that over one for all.
        let mut rows: BTreeMap<(String, &'static str, String), (u8, Vec<Value>)> = BTreeMap::new();
        for scheme in &self.registers.schemes {
            let direction = scheme.direction.as_str();
            let mut targets: Vec<(u8, String)> = Vec::new();
            if scheme.agencies.is_empty() {
                targets.push((0, "*".to_owned()));
            }
            for name in &scheme.agencies {
                if known.iter().any(|agency| agency.code == *name) {
                    targets.push((2, name.clone()));
                }
                let of_kind = known.iter().filter(|agency| agency.kind == *name);
                targets.extend(of_kind.map(|agency| (1, agency.code.clone())));
            }
            for (weight, code) in targets {
                let row = args![&code, direction, &scheme.group, &scheme.vi, &scheme.en];
                let slot = rows.entry((code, direction, scheme.group.clone())).or_insert_with(|| (weight, row.clone()));
                if weight > slot.0 {
                    *slot = (weight, row);
                }
            }
        }
        let rows: Vec<Vec<Value>> = rows.into_values().map(|(_, row)| row).collect();
        self.db
            .transaction(move |tx| {
                let rows = rows.clone();
                Box::pin(async move {
                    tx.execute(sql::DELETE_SCHEMES, args![]).await?;
                    tx.insert_rows(sql::INSERT_SCHEMES, rows, sql::REPLACE_SCHEME).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }
}
