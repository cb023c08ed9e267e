//! Local accounts as administrators see and change them.

use haidang_contracts::actor::PersonId;
use haidang_store::{ActorRef, AuditEntry, StoreError, args};
use haidang_web::{Site, session};

use super::sql;
use crate::account::AccountError;
use crate::room::IdentityRoom;
use crate::rules::normal_username;

/// An account with what it can prove itself with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedAccount {
    /// Account name.
    pub username: String,
    /// Whose.
    pub person: PersonId,
    /// Name.
    pub full_name: String,
    /// Whether an administrator locked it.
    pub locked: bool,
    /// Whether its password sleeps after too many failures in a row.
    pub asleep: bool,
    /// Whether it has one-time codes.
    pub codes: bool,
    /// Usable passkeys.
    pub passkeys: i64,
}

impl IdentityRoom {
    /// Accounts by name, from this name on.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn managed_accounts(&self, from: &str, limit: i64) -> Result<Vec<ManagedAccount>, StoreError> {
        let mut accounts = Vec::new();
        for row in self.inner.db.fetch_all(sql::ACCOUNTS, args![from, limit]).await? {
            let username = row.text("username")?;
            accounts.push(ManagedAccount {
                asleep: self.password_sleeps(&username).await?,
                username,
                person: row.id("id")?,
                full_name: row.text("full_name")?,
                locked: row.boolean("locked")?,
                codes: row.integer("codes")? > 0,
                passkeys: row.integer("passkeys")?,
            });
        }
        Ok(accounts)
    }

    /// Ends every session of an account; answers how many.
    ///
    /// # Errors
    /// [`AccountError::Unknown`] when there is no such account.
    pub async fn end_sessions(&self, site: &Site, username: &str, by: ActorRef) -> Result<u64, AccountError> {
        let username = normal_username(username);
        let row = self.inner.db.fetch_optional(crate::sql::CREDENTIAL_BY_USERNAME, args![&username]).await?;
        let person: PersonId = row.ok_or(AccountError::Unknown)?.id("person")?;
        let entry = AuditEntry::mutation("account.sessions_ended", by).object("person", person.as_str());
        crate::pages::audit(&self.inner.db, entry).await?;
        Ok(session::end_all_of(site, &person).await?)
    }

    /// Locks an account and ends its sessions.
    ///
    /// # Errors
    /// [`AccountError::Unknown`] when there is no such account.
    pub async fn lock_out(&self, site: &Site, username: &str, by: ActorRef) -> Result<(), AccountError> {
        self.set_locked(username, true, by.clone()).await?;
        self.end_sessions(site, username, by).await?;
        Ok(())
    }
}
