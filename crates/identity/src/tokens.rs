//! Tokens of other systems: made once, shown once, kept as a digest, withdrawn at once.

use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::{PersonKind, PersonRecord};
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry, StoreError, args};
use jiff::Timestamp;

use crate::bulk;
use crate::model::{PersonSeed, TokenRow};
use crate::roles::CAPABILITIES;
use crate::room::IdentityRoom;
use crate::sql;

enum Token {}

/// What a new token may do.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Name of the system, as it will stand in the audit.
    pub name: String,
    /// Agency for which it acts.
    pub agency: String,
    /// What it allows.
    pub capabilities: Vec<String>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// A token that was just made.
#[derive(Debug, Clone)]
pub struct MadeToken {
    /// Id for revoking it.
    pub id: String,
    /// The token itself, told this once.
    pub token: String,
}

/// Longest name of a system.
const NAME_MAX: usize = 80;

impl IdentityRoom {
    /// Checks a new token; every fault with its field.
    async fn check_token(&self, new: &NewToken) -> Result<(), Problem> {
        let mut problem = Problem::invalid("token_refused", "a field is not right");
        let name = new.name.trim();
        if name.is_empty() {
            problem = problem.field("name", "required");
        } else if name.chars().count() > NAME_MAX {
            problem = problem.field("name", "too_long");
        }
        if new.agency.is_empty() {
            problem = problem.field("agency", "required");
        } else if self.agency_tree().await?.get(&new.agency).is_none() {
            problem = problem.field("agency", "unknown");
        }
        if new.capabilities.is_empty() {
            problem = problem.field("capabilities", "required");
        } else if new.capabilities.iter().any(|name| !CAPABILITIES.contains(&name.as_str())) {
            problem = problem.field("capabilities", "unknown");
        }
        if new.expires_at.is_some_and(|end| end <= self.inner.ambient.now()) {
            problem = problem.field("expires_at", "past");
        }
        if problem.errors.is_empty() { Ok(()) } else { Err(problem) }
    }

    /// Makes a token for a system; the system gets an account of its own, so that the audit names it.
    pub async fn make_token(
        &self,
        new: &NewToken,
        by: ActorRef,
        maker: &PersonId,
        request: &str,
    ) -> Result<MadeToken, Problem> {
        self.check_token(new).await?;
        let ambient = &self.inner.ambient;
        let (id, token) = (ambient.new_id::<Token>(), format!("hd_{}", ambient.secret()));
        let system = PersonSeed {
            person: PersonRecord {
                id: ambient.new_id(),
                kind: PersonKind::System,
                full_name: haidang_kernel::text::tidy(&new.name),
                citizen_no: None,
                tax_no: None,
                birth_date: None,
                sex: None,
                ethnicity: None,
                nationality: None,
                commune_code: None,
                address: None,
                phone: None,
                email: None,
            },
            account_level: 2,
        };
        let row = args![
            &id,
            &system.person.id,
            &system.person.full_name,
            haidang_web::tokens::digest(&token),
            &new.agency,
            serde_json::json!(new.capabilities),
            maker,
            ambient.now(),
            new.expires_at,
            None::<i64>,
        ];
        let entry = AuditEntry::mutation("token.created", by)
            .object("token", id.as_str())
            .request(request)
            .detail(serde_json::json!({ "agency": new.agency, "capabilities": new.capabilities }));
        self.inner
            .db
            .transaction(|tx| {
                let (system, row, entry) = (system.clone(), row.clone(), entry.clone());
                Box::pin(async move {
                    bulk::insert_persons(tx, std::slice::from_ref(&system)).await?;
                    tx.insert_rows(sql::INSERT_TOKEN, [row], "").await?;
                    tx.audit(entry).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        Ok(MadeToken { id: id.to_string(), token })
    }

    /// Tokens of systems in the order they were made, after the id `after`.
    pub async fn tokens(&self, after: &str, limit: i64) -> Result<Vec<TokenRow>, StoreError> {
        let rows = self.inner.db.fetch_all(sql::TOKENS, args![after, limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(TokenRow {
                    id: row.text("id")?,
                    name: row.text("name")?,
                    agency: row.opt_text("agency")?,
                    capabilities: row.json("capabilities")?,
                    created_at: row.timestamp("created_at")?,
                    expires_at: row.opt_timestamp("expires_at")?,
                    revoked_at: row.opt_timestamp("revoked_at")?,
                })
            })
            .collect()
    }

    /// Withdraws a token from the next request on; withdrawing it again changes nothing.
    pub async fn revoke_token(&self, id: &str, by: ActorRef, request: &str) -> Result<(), Problem> {
        if self.inner.db.fetch_optional(sql::TOKEN_EXISTS, args![id]).await?.is_none() {
            return Err(Problem::not_found("token_not_found", "no token has this id"));
        }
        let now = self.inner.ambient.now();
        let entry = AuditEntry::mutation("token.revoked", by).object("token", id).request(request);
        self.inner
            .db
            .transaction(|tx| {
                let (id, entry) = (id.to_owned(), entry.clone());
                Box::pin(async move {
                    if tx.execute(sql::REVOKE_TOKEN, args![&id, now]).await? > 0 {
                        tx.audit(entry).await?;
                    }
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        Ok(())
    }
}
