//! The tree of agencies, read once and kept; and who serves where.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::{Agency, Directory, StaffMember};
use haidang_store::{Row, StoreError, args};
use jiff::civil::Date;

use crate::room::{IdentityRoom, refused};
use crate::rules::within;
use crate::sql;

/// All agencies that ever were, by code.
#[derive(Debug, Clone, Default)]
pub struct Agencies {
    by_code: BTreeMap<String, Agency>,
    by_commune: BTreeMap<String, Vec<String>>,
}

/// A chain of successors longer than this is a circle.
const LONGEST_CHAIN: usize = 8;

impl Agencies {
    /// Puts the tree together.
    pub fn new(agencies: impl IntoIterator<Item = Agency>) -> Agencies {
        let mut tree = Agencies::default();
        for agency in agencies {
            if let Some(commune) = agency.commune_code.as_ref().filter(|_| agency.kind == "commune") {
                tree.by_commune.entry(commune.clone()).or_default().push(agency.code.clone());
            }
            tree.by_code.insert(agency.code.clone(), agency);
        }
        tree
    }

    /// One agency, also one that is no more.
    pub fn get(&self, code: &str) -> Option<&Agency> {
        self.by_code.get(code)
    }

    /// Agencies that exist on this day, by code.
    pub fn on(&self, day: Date) -> impl Iterator<Item = &Agency> {
        self.by_code.values().filter(move |agency| exists(agency, day))
    }

    /// The commune agency competent on this day: the commune's own, else the successor of its last one.
    pub fn of_commune(&self, commune: &str, day: Date) -> Option<&Agency> {
        let mut candidates: Vec<&Agency> =
            self.by_commune.get(commune)?.iter().filter_map(|code| self.by_code.get(code)).collect();
        // The same code may have been given to an old and to a new commune: whoever exists today comes first.
        candidates.sort_by_key(|agency| !exists(agency, day));
        candidates.into_iter().find_map(|agency| self.in_office(agency, day))
    }

    fn in_office<'tree>(&'tree self, start: &'tree Agency, day: Date) -> Option<&'tree Agency> {
        let mut agency = start;
        for _ in 0..LONGEST_CHAIN {
            if exists(agency, day) {
                return Some(agency);
            }
            agency = self.by_code.get(agency.successor.as_ref()?)?;
        }
        None
    }
}

fn exists(agency: &Agency, day: Date) -> bool {
    let date = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
    within(day, date(&agency.valid_from), date(&agency.valid_to))
}

fn agency(row: &Row) -> Result<Agency, StoreError> {
    Ok(Agency {
        code: row.text("code")?,
        kind: row.text("kind")?,
        name_vi: row.text("name_vi")?,
        name_en: row.text("name_en")?,
        parent: row.opt_text("parent")?,
        commune_code: row.opt_text("commune_code")?,
        valid_from: row.opt_text("valid_from")?,
        valid_to: row.opt_text("valid_to")?,
        successor: row.opt_text("successor")?,
    })
}

impl IdentityRoom {
    /// The tree as of the last import; read from the database once.
    pub async fn agency_tree(&self) -> Result<Arc<Agencies>, StoreError> {
        let known = self.inner.agencies.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(tree) = known {
            return Ok(tree);
        }
        let rows = self.inner.db.fetch_all(sql::AGENCIES, args![]).await?;
        let agencies = rows.iter().map(agency).collect::<Result<Vec<_>, _>>()?;
        let tree = Arc::new(Agencies::new(agencies));
        *self.inner.agencies.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&tree));
        Ok(tree)
    }
}

#[async_trait]
impl Directory for IdentityRoom {
    async fn agency(&self, code: &str) -> Result<Option<Agency>, ContractError> {
        Ok(self.agency_tree().await.map_err(refused)?.get(code).cloned())
    }

    async fn agencies(&self) -> Result<Vec<Agency>, ContractError> {
        let tree = self.agency_tree().await.map_err(refused)?;
        Ok(tree.on(self.today()).cloned().collect())
    }

    async fn agency_of_commune(&self, commune_code: &str) -> Result<Option<Agency>, ContractError> {
        let tree = self.agency_tree().await.map_err(refused)?;
        Ok(tree.of_commune(commune_code, self.today()).cloned())
    }

    async fn holders(&self, role: &str, agency: &str) -> Result<Vec<(PersonId, String)>, ContractError> {
        let rows = self.inner.db.fetch_all(sql::HOLDERS, args![agency, role, self.today()]).await.map_err(refused)?;
        rows.iter().map(|row| Ok((row.id("id")?, row.text("full_name")?))).collect::<Result<_, _>>().map_err(refused)
    }

    async fn staff(&self, agency: &str) -> Result<Vec<StaffMember>, ContractError> {
        let rows = self.inner.db.fetch_all(sql::STAFF, args![agency, self.today()]).await.map_err(refused)?;
        let member = |row: &haidang_store::Row| {
            let role = row.text("role")?;
            Ok(StaffMember {
                person: row.id("id")?,
                name: row.text("full_name")?,
                title: row.text("title")?,
                capabilities: self.inner.settings.roles.capabilities(&role),
                role,
            })
        };
        rows.iter().map(member).collect::<Result<_, _>>().map_err(refused)
    }

    async fn is_held(&self, capability: &str, agency: &str, besides: Option<&PersonId>) -> Result<bool, ContractError> {
        for role in self.inner.settings.roles.iter().filter(|role| role.capabilities.contains(capability)) {
            let holders = self.holders(&role.id, agency).await?;
            if holders.iter().any(|(person, _)| Some(person) != besides) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn commune(code: &str, commune: &str, from: Option<&str>, to: Option<&str>, successor: Option<&str>) -> Agency {
        Agency {
            code: code.into(),
            kind: "commune".into(),
            name_vi: code.into(),
            name_en: code.into(),
            parent: None,
            commune_code: Some(commune.into()),
            valid_from: from.map(str::to_owned),
            valid_to: to.map(str::to_owned),
            successor: successor.map(str::to_owned),
        }
    }

    #[test]
    fn old_communes_lead_to_whoever_took_over() {
        let tree = Agencies::new([
            commune("H24.10507", "10507", Some("2025-07-01"), None, None),
            commune("H23.10507T", "10507", None, Some("2025-06-30"), Some("H24.10507")),
            commune("H23.10510T", "10510", None, Some("2025-06-30"), Some("H24.10507")),
            commune("X.1", "1", None, Some("2020-01-01"), Some("X.2")),
            commune("X.2", "2", None, Some("2020-01-01"), Some("X.1")),
        ]);
        let day = |text: &str| text.parse::<Date>().unwrap();
        for (code, on, expected) in [
            ("10507", "2026-11-24", Some("H24.10507")),
            ("10507", "2025-06-30", Some("H23.10507T")),
            ("10510", "2026-11-24", Some("H24.10507")),
            ("10510", "2025-01-01", Some("H23.10510T")),
            ("1", "2026-11-24", None),
            ("99999", "2026-11-24", None),
        ] {
            assert_eq!(tree.of_commune(code, day(on)).map(|agency| agency.code.as_str()), expected, "{code} {on}");
        }
        assert_eq!(tree.on(day("2026-11-24")).count(), 1);
    }
}
