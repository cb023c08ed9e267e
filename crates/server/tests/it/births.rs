//! The case that several tests tell others of.

use crate::city::{Filed, Town};
use haidang_services::procedure::Competence;

impl Town {
    /// Files a birth registration that costs nothing and stays in the commune of its owner.
    pub async fn file_birth(&self) -> Filed {
        let owner = self.person("owner");
        let version = self.version("1.001193");
        let home = owner.person.commune_code.clone().unwrap();
        self.file(&owner, "1.001193", |facts| {
            facts.form["contact_delivery"] == "counter"
                && version.competence(facts) == Competence::Commune(home.clone())
                && version.fees(facts).iter().all(|fee| fee.amount.is_none_or(|amount| amount.dong() == 0))
        })
        .await
    }
}
