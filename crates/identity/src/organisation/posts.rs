//! Posts: who holds which role in which agency, from when to when; and what a lost post ends.

use haidang_contracts::actor::PersonId;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry, Row, StoreError, Tx, args};
use haidang_web::{Site, session};
use jiff::civil::Date;
use serde_json::json;

use super::sql;
use crate::room::IdentityRoom;

/// Marker of a post.
pub(crate) enum Post {}

/// A post as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostRow {
    /// Id.
    pub id: String,
    /// Who holds it.
    pub person: PersonId,
    /// Name.
    pub full_name: String,
    /// Code of the agency.
    pub agency: String,
    /// Role of `positions.toml`.
    pub role: String,
    /// Title as printed.
    pub title: String,
    /// First day.
    pub valid_from: Date,
    /// Last day.
    pub valid_to: Option<Date>,
    /// `scim` and the like, when a directory gave it.
    pub origin: Option<String>,
}

fn post(row: &Row) -> Result<PostRow, StoreError> {
    Ok(PostRow {
        id: row.text("id")?,
        person: row.id("person")?,
        full_name: row.text("full_name")?,
        agency: row.text("agency")?,
        role: row.text("role")?,
        title: row.text("title")?,
        valid_from: row.date("valid_from")?,
        valid_to: row.opt_date("valid_to")?,
        origin: row.opt_text("origin")?,
    })
}

/// A post to be given.
#[derive(Debug, Clone, Default)]
pub struct NewPost {
    /// Account name of whoever receives it.
    pub username: String,
    /// Code of the agency.
    pub agency: String,
    /// Role of `positions.toml`.
    pub role: String,
    /// First day; today when absent.
    pub valid_from: Option<Date>,
    /// Last day; open when absent.
    pub valid_to: Option<Date>,
}

/// What is written of a new post.
#[derive(Debug, Clone)]
pub(crate) struct Giving {
    pub(crate) person: PersonId,
    pub(crate) agency: String,
    pub(crate) role: String,
    pub(crate) title: String,
    pub(crate) valid_from: Date,
    pub(crate) valid_to: Option<Date>,
    pub(crate) origin: &'static str,
}

/// Writes a post with its audit record; the id of the post.
pub(crate) async fn give(tx: &mut Tx<'_>, new: &Giving, by: ActorRef, request: &str) -> Result<String, StoreError> {
    let (id, now): (Id<Post>, _) = (tx.ambient().new_id(), tx.ambient().now());
    let values = args![
        &id,
        &new.person,
        &new.agency,
        &new.role,
        &new.title,
        new.valid_from,
        new.valid_to,
        new.origin,
        by.person.clone(),
        now
    ];
    let detail = json!({
        "agency": new.agency, "role": new.role, "origin": new.origin, "person": new.person.as_str(),
        "from": new.valid_from.to_string(), "to": new.valid_to.map(|day| day.to_string()),
    });
    tx.execute(sql::GIVE_POST, values).await?;
    tx.audit(AuditEntry::mutation("post.given", by).object("post", id.as_str()).request(request).detail(detail))
        .await?;
    Ok(id.to_string())
}

/// Ends a post with its audit record; `false` when it had ended by then already.
pub(crate) async fn end(
    tx: &mut Tx<'_>,
    post: &str,
    last_day: Date,
    by: ActorRef,
    request: &str,
) -> Result<bool, StoreError> {
    let now = tx.ambient().now();
    let changed = tx.execute(sql::END_POST, args![post, last_day, by.person.clone(), now]).await? > 0;
    if changed {
        let detail = json!({ "last_day": last_day.to_string() });
        tx.audit(AuditEntry::mutation("post.ended", by).object("post", post).request(request).detail(detail)).await?;
    }
    Ok(changed)
}

/// The day before: a post that ends now is not held today any more.
pub(crate) fn yesterday(today: Date) -> Date {
    today.yesterday().unwrap_or(today)
}

impl IdentityRoom {
    /// Posts of an agency that have not ended, by name.
    ///
    /// # Errors
    /// What the database says.
    pub async fn posts_in(&self, agency: &str, limit: i64) -> Result<Vec<PostRow>, StoreError> {
        let rows = self.inner.db.fetch_all(sql::POSTS_IN, args![agency, self.today(), limit]).await?;
        rows.iter().map(post).collect()
    }

    /// Posts of a person that have not ended.
    ///
    /// # Errors
    /// What the database says.
    pub async fn posts_of(&self, person: &PersonId) -> Result<Vec<PostRow>, StoreError> {
        let rows = self.inner.db.fetch_all(sql::POSTS_OF_PERSON, args![person, self.today()]).await?;
        rows.iter().map(post).collect()
    }

    /// How many people serve in each agency today.
    pub(crate) async fn holders_by_agency(&self) -> Result<std::collections::BTreeMap<String, i64>, StoreError> {
        let rows = self.inner.db.fetch_all(sql::COUNT_POSTS, args![self.today()]).await?;
        rows.iter().map(|row| Ok((row.text("agency")?, row.integer("holders")?))).collect()
    }

    /// The person behind an account name.
    pub(crate) async fn person_of_account(&self, username: &str) -> Result<Option<PersonId>, StoreError> {
        let username = crate::rules::normal_username(username);
        let row = self.inner.db.fetch_optional(sql::PERSON_BY_ACCOUNT, args![username]).await?;
        row.map(|row| row.id("id")).transpose()
    }

    /// Gives a post from a day on, at once when the day has come.
    ///
    /// # Errors
    /// A problem that names every field that is not right.
    pub async fn give_post(&self, new: &NewPost, by: ActorRef, request: &str) -> Result<String, Problem> {
        let today = self.today();
        let mut problem = Problem::invalid("post_refused", "a field is not right");
        let person = self.person_of_account(&new.username).await?;
        if person.is_none() {
            let code = if new.username.trim().is_empty() { "required" } else { "unknown" };
            problem = problem.field("username", code);
        }
        let tree = self.agency_tree().await?;
        let agency = tree.get(&new.agency);
        if agency.is_none() {
            problem = problem.field("agency", "unknown");
        }
        let roles = &self.inner.settings.roles;
        let role = roles.get(&new.role);
        match (role, agency) {
            (None, _) => problem = problem.field("role", "unknown"),
            (Some(role), Some(agency)) if !roles.held_by(&role.id, &agency.kind, &agency.code) => {
                problem = problem.field("role", "not_held_here");
            }
            _ => {}
        }
        let from = new.valid_from.unwrap_or(today);
        if new.valid_to.is_some_and(|to| to < from) {
            problem = problem.field("valid_to", "before_from");
        }
        let (Some(person), Some(agency), Some(role), true) = (person, agency, role, problem.errors.is_empty()) else {
            return Err(problem);
        };
        let giving = Giving {
            person,
            agency: agency.code.clone(),
            role: role.id.clone(),
            title: role.title.vi.clone(),
            valid_from: from,
            valid_to: new.valid_to,
            origin: "local",
        };
        let written = self.inner.db.transaction(|tx| {
            let (giving, by) = (giving.clone(), by.clone());
            Box::pin(async move { give(tx, &giving, by, request).await })
        });
        Ok(written.await?)
    }

    /// Ends a post; `last_day` absent ends it at once, and every session of its holder with it (T46).
    ///
    /// # Errors
    /// `post_not_found`.
    pub async fn end_post(
        &self,
        site: &Site,
        id: &str,
        last_day: Option<Date>,
        by: ActorRef,
        request: &str,
    ) -> Result<PostRow, Problem> {
        let row = self.inner.db.fetch_optional(sql::POST, args![id]).await?;
        let known = row.as_ref().map(post).transpose()?;
        let known = known.ok_or_else(|| Problem::not_found("post_not_found", "no post has this id"))?;
        let today = self.today();
        let last_day = last_day.unwrap_or_else(|| yesterday(today));
        self.inner
            .db
            .transaction(|tx| {
                let by = by.clone();
                Box::pin(async move { end(tx, id, last_day, by, request).await })
            })
            .await?;
        if last_day < today {
            self.rights_lost(site, &known.person).await?;
        }
        Ok(known)
    }

    /// What a lost right ends: every session, which takes refresh tokens with it. The right itself is gone already.
    pub(crate) async fn rights_lost(&self, site: &Site, person: &PersonId) -> Result<(), StoreError> {
        let today = self.today();
        self.inner.db.execute(sql::NOTICE_POSTS, args![person, today, self.inner.ambient.now()]).await?;
        session::end_all_of(site, person).await?;
        for taker in self.takers_from(person).await? {
            session::end_all_of(site, &taker).await?;
        }
        Ok(())
    }

    /// Ends the sessions of everybody whose post ran out by its date; a job calls it twice a minute.
    ///
    /// # Errors
    /// What the database says.
    pub async fn notice_ended_posts(&self, site: &Site) -> Result<u64, StoreError> {
        let today = self.today();
        // A post that ended long before this was noticed at all leaves no session behind.
        let since = today.checked_sub(jiff::Span::new().days(7)).unwrap_or(today);
        let mut ended = 0;
        loop {
            let rows = self.inner.db.fetch_all(sql::ENDED_POSTS, args![today, since, 100_i64]).await?;
            for row in &rows {
                self.rights_lost(site, &row.id("person")?).await?;
                ended += 1;
            }
            if rows.len() < 100 {
                return Ok(ended);
            }
        }
    }
}
