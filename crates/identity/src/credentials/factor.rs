//! Accounts that sign in with a password alone: tests of other systems, and people who bear no post.

use crate::account::AccountError;
use crate::room::IdentityRoom;
use crate::{rules, sql};
use haidang_contracts::actor::PersonId;
use haidang_store::{ActorRef, AuditEntry, StoreError, args};

impl IdentityRoom {
    /// Takes the second factor away. The session then bears no post until another one is set up.
    ///
    /// # Errors
    /// [`AccountError::Unknown`] when there is no such account.
    pub async fn remove_second_factor(&self, username: &str, by: ActorRef) -> Result<(), AccountError> {
        let username = rules::normal_username(username);
        let row = self.inner.db.fetch_optional(sql::CREDENTIAL_BY_USERNAME, args![&username]).await?;
        let person: PersonId = row.ok_or(AccountError::Unknown)?.id("person")?;
        let now = self.inner.ambient.now();
        self.inner
            .db
            .transaction(|tx| {
                let (person, by) = (person.clone(), by.clone());
                Box::pin(async move {
                    let entry = AuditEntry::mutation("account.second_factor_removed", by);
                    tx.audit(entry.object("person", person.as_str())).await?;
                    tx.execute(sql::REMOVE_SECOND_FACTOR, args![&person, None::<Vec<u8>>, now]).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        Ok(())
    }
}
