//! One run: what the directory shows becomes accounts and posts, and whoever is gone from it loses posts and sessions.

use std::sync::atomic::Ordering;

use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::{PersonKind, PersonRecord};
use haidang_kernel::text;
use haidang_store::{ActorRef, AuditEntry, Row, StoreError, Tx, args};
use haidang_web::Site;
use serde_json::json;

use super::rules::{self, Before, FoundPerson, Held, Known, Plan, Step, Turn};
use super::{Directory, DirectoryError, sql};
use crate::bulk;
use crate::model::PersonSeed;
use crate::organisation::posts::{self, Giving};
use crate::provisioning::Bound;
use crate::room::IdentityRoom;

/// What a run did, or would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Synchronised {
    /// People whom the directory shows.
    pub found: usize,
    /// New accounts.
    pub arrived: usize,
    /// Accounts with another name or address.
    pub changed: usize,
    /// Accounts that are back.
    pub returned: usize,
    /// Accounts that are no more.
    pub left: usize,
    /// Posts given.
    pub given: usize,
    /// Posts ended.
    pub ended: usize,
    /// Entries left aside because another account bears their name, or they bear none of use.
    pub aside: usize,
}

impl Synchronised {
    /// Whether anything happens at all.
    pub fn is_quiet(&self) -> bool {
        let done = self.arrived + self.changed + self.returned + self.left + self.given + self.ended;
        done == 0
    }

    fn count(&mut self, step: &Step) {
        match step.turn {
            Turn::Arrives => self.arrived += 1,
            Turn::Changes => self.changed += 1,
            Turn::Returns => self.returned += 1,
            Turn::Leaves => self.left += 1,
            Turn::Stays => {}
        }
        self.given += step.give.len();
        self.ended += step.end.len();
    }
}

fn known(row: &Row) -> Result<Known, StoreError> {
    Ok(Known {
        person: row.id("person")?,
        id: row.text("external_id")?,
        username: row.text("user_name")?,
        full_name: row.text("full_name")?,
        email: row.opt_text("email")?,
        gone: row.opt_timestamp("gone_at")?.is_some(),
    })
}

fn held(row: &Row) -> Result<Held, StoreError> {
    Ok(Held {
        post: row.text("id")?,
        person: row.id("person")?,
        bound: Bound { agency: row.text("agency")?, role: row.text("role")? },
    })
}

/// What the account shows to others that ask for it (SCIM): the same names.
fn attributes(username: &str, entry: &FoundPerson) -> String {
    let mut attributes = json!({ "userName": username, "displayName": entry.full_name });
    if let Some(mail) = &entry.email {
        attributes["emails"] = json!([{ "value": mail, "primary": true }]);
    }
    attributes.to_string()
}

fn person(id: PersonId, entry: &FoundPerson) -> PersonSeed {
    PersonSeed {
        person: PersonRecord {
            id,
            kind: PersonKind::Person,
            full_name: name_of(entry),
            citizen_no: None,
            tax_no: None,
            birth_date: None,
            sex: None,
            ethnicity: None,
            nationality: None,
            commune_code: None,
            address: None,
            phone: None,
            email: entry.email.clone(),
        },
        account_level: 2,
    }
}

fn name_of(entry: &FoundPerson) -> String {
    match entry.full_name.as_str() {
        "" => entry.username.clone().unwrap_or_default(),
        name => name.to_owned(),
    }
}

/// Who acts: the run itself, or whoever started it.
#[derive(Debug, Clone)]
struct By {
    actor: ActorRef,
    today: jiff::civil::Date,
    /// The hash of a password that nobody knows.
    shut: String,
}

/// Whether somebody else bears the name.
async fn is_taken(tx: &mut Tx<'_>, name: &str, person: Option<&PersonId>) -> Result<bool, StoreError> {
    for row in tx.fetch_all(sql::NAMED, args![name]).await? {
        if Some(&row.id("person")?) != person {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn arrive(tx: &mut Tx<'_>, entry: &FoundPerson, name: &str, by: &By) -> Result<PersonId, StoreError> {
    let (id, now): (PersonId, _) = (tx.ambient().new_id(), tx.ambient().now());
    bulk::insert_persons(tx, &[person(id.clone(), entry)]).await?;
    tx.execute(sql::ARRIVE, args![&id, name, &entry.id, attributes(name, entry), now]).await?;
    // A row of credentials keeps the second factor, which stays ours; its password opens to nobody.
    let row = args![&id, name, &by.shut, None::<Vec<u8>>, 0_i64, now];
    tx.insert_rows(crate::sql::INSERT_CREDENTIAL, [row], "").await?;
    let entry = AuditEntry::mutation("account.provisioned", by.actor.clone()).object("person", id.as_str());
    tx.audit(entry.detail(json!({ "source": "ldap" }))).await?;
    Ok(id)
}

async fn change(tx: &mut Tx<'_>, id: &PersonId, entry: &FoundPerson, back: bool, by: &By) -> Result<(), StoreError> {
    let now = tx.ambient().now();
    if let Some(name) = &entry.username {
        tx.execute(sql::CHANGE, args![id, name, attributes(name, entry), now]).await?;
        tx.execute(sql::RENAME, args![id, name, now]).await?;
    }
    let name = name_of(entry);
    if !name.is_empty() {
        let (key, sort) = (text::search_key(&name), text::person_sort_key(&name));
        tx.execute(sql::DESCRIBE, args![id, &name, key, sort, &entry.email, now]).await?;
    }
    let action = if back { "account.returned" } else { "account.changed" };
    tx.audit(AuditEntry::mutation(action, by.actor.clone()).object("person", id.as_str())).await?;
    Ok(())
}

async fn come_back(tx: &mut Tx<'_>, id: &PersonId, entry: &FoundPerson, by: &By) -> Result<(), StoreError> {
    let now = tx.ambient().now();
    let state = tx.fetch_one(sql::STATE, args![id]).await?;
    // Whom an administrator had locked before stays locked.
    if !state.opt_boolean("stays_locked")?.unwrap_or(false) {
        tx.execute(crate::sql::LOCK_PERSON, args![id, false, now]).await?;
    }
    change(tx, id, entry, true, by).await
}

/// Takes every post, the account name and the account from somebody; `false` when another run was faster.
async fn leave(tx: &mut Tx<'_>, id: &PersonId, by: &By) -> Result<bool, StoreError> {
    let now = tx.ambient().now();
    let locked = tx.fetch_one(sql::STATE, args![id]).await?.boolean("locked")?;
    if tx.execute(sql::LEAVE, args![id, now, locked]).await? == 0 {
        return Ok(false);
    }
    for row in tx.fetch_all(sql::OPEN_POSTS, args![id, by.today]).await? {
        posts::end(tx, &row.text("id")?, posts::yesterday(by.today), by.actor.clone(), "").await?;
    }
    tx.execute(crate::sql::LOCK_PERSON, args![id, true, now]).await?;
    tx.execute(sql::RENAME, args![id, id.as_str(), now]).await?;
    tx.audit(AuditEntry::mutation("account.removed", by.actor.clone()).object("person", id.as_str())).await?;
    Ok(true)
}

impl IdentityRoom {
    /// What a run would do, without doing it.
    ///
    /// # Errors
    /// Why the directory cannot be read.
    pub async fn foresee_directory(&self) -> Result<Synchronised, DirectoryError> {
        let directory = self.around().directory().ok_or(DirectoryError::None)?;
        let plan = self.plan_of(directory).await?;
        let mut sums = Synchronised { found: plan.found, aside: plan.unnamed, ..Synchronised::default() };
        plan.steps.iter().for_each(|step| sums.count(step));
        Ok(sums)
    }

    /// Reads the directory and follows it. `accept_losses` is for whoever knows why so many go at once.
    ///
    /// # Errors
    /// Why it was not read, or that too many would have lost something; nothing was done then.
    pub async fn synchronise_directory(
        &self,
        site: &Site,
        accept_losses: bool,
        actor: ActorRef,
    ) -> Result<Synchronised, DirectoryError> {
        let directory = self.around().directory().ok_or(DirectoryError::None)?;
        let plan = self.plan_of(directory).await?;
        if !accept_losses && let Err(stop) = rules::guard(&plan, directory.settings.largest_loss_percent) {
            if !directory.stopped.swap(true, Ordering::Relaxed) {
                let detail = json!({ "losing": stop.losing, "serving": stop.serving, "allowed": stop.allowed });
                let entry = AuditEntry::mutation("directory.stopped", actor).object("directory", "ldap").refused();
                crate::pages::audit(&self.inner.db, entry.detail(detail)).await?;
            }
            return Err(stop.into());
        }
        directory.stopped.store(false, Ordering::Relaxed);
        let by = By { actor: actor.clone(), today: self.today(), shut: self.inner.hasher.shut().to_owned() };
        let mut sums = Synchronised { found: plan.found, aside: plan.unnamed, ..Synchronised::default() };
        for step in &plan.steps {
            if self.apply(site, step, &by).await? { sums.count(step) } else { sums.aside += 1 }
        }
        if !sums.is_quiet() {
            let detail = json!({
                "found": sums.found, "arrived": sums.arrived, "changed": sums.changed, "returned": sums.returned,
                "left": sums.left, "given": sums.given, "ended": sums.ended, "aside": sums.aside,
                "accepted_losses": accept_losses,
            });
            let entry = AuditEntry::mutation("directory.synchronised", actor).object("directory", "ldap");
            crate::pages::audit(&self.inner.db, entry.detail(detail)).await?;
        }
        Ok(sums)
    }

    async fn plan_of(&self, directory: &Directory) -> Result<Plan, DirectoryError> {
        let reading = directory.read().await?;
        let db = &self.inner.db;
        let known = db.fetch_all(sql::KNOWN, args![]).await?.iter().map(known).collect::<Result<Vec<_>, _>>()?;
        let held =
            db.fetch_all(sql::HELD, args![self.today()]).await?.iter().map(held).collect::<Result<Vec<_>, _>>()?;
        let tree = self.agency_tree().await?;
        let before = Before {
            known: &known,
            held: &held,
            map: &directory.posts,
            roles: &self.inner.settings.roles,
            agencies: &tree,
        };
        Ok(rules::plan(&reading, &before))
    }

    /// One account in one transaction, and its sessions after it; `false` when the account was left aside.
    async fn apply(&self, site: &Site, step: &Step, by: &By) -> Result<bool, StoreError> {
        let written = self.inner.db.transaction(|tx| {
            let (step, by) = (step.clone(), by.clone());
            Box::pin(async move { self.follow(tx, &step, &by).await })
        });
        let Some(person) = written.await? else { return Ok(false) };
        if step.takes_away() {
            self.rights_lost(site, &person).await?;
        }
        Ok(true)
    }

    async fn follow(&self, tx: &mut Tx<'_>, step: &Step, by: &By) -> Result<Option<PersonId>, StoreError> {
        if let Some(name) = step.entry.as_ref().and_then(|entry| entry.username.as_deref())
            && matches!(step.turn, Turn::Arrives | Turn::Changes | Turn::Returns)
            && is_taken(tx, name, step.person.as_ref()).await?
        {
            return Ok(None);
        }
        let person = match (step.turn, &step.person, &step.entry) {
            (Turn::Arrives, None, Some(entry)) => {
                let Some(name) = &entry.username else { return Ok(None) };
                arrive(tx, entry, name, by).await?
            }
            (Turn::Leaves, Some(person), _) => {
                if !leave(tx, person, by).await? {
                    return Ok(None);
                }
                person.clone()
            }
            (Turn::Returns, Some(person), Some(entry)) => {
                come_back(tx, person, entry, by).await?;
                person.clone()
            }
            (Turn::Changes, Some(person), Some(entry)) => {
                change(tx, person, entry, false, by).await?;
                person.clone()
            }
            (_, Some(person), _) => person.clone(),
            (_, None, _) => return Ok(None),
        };
        for post in &step.end {
            posts::end(tx, post, posts::yesterday(by.today), by.actor.clone(), "").await?;
        }
        for post in &step.give {
            self.give(tx, &person, post, by).await?;
        }
        Ok(Some(person))
    }

    async fn give(&self, tx: &mut Tx<'_>, person: &PersonId, post: &Bound, by: &By) -> Result<(), StoreError> {
        if tx.fetch_optional(sql::HELD_BY, args![person, &post.agency, &post.role, by.today]).await?.is_some() {
            return Ok(());
        }
        let role = self.inner.settings.roles.get(&post.role);
        let giving = Giving {
            person: person.clone(),
            agency: post.agency.clone(),
            role: post.role.clone(),
            title: role.map(|role| role.title.vi.clone()).unwrap_or_default(),
            valid_from: by.today,
            valid_to: None,
            origin: "ldap",
        };
        posts::give(tx, &giving, by.actor.clone(), "").await.map(|_| ())
    }
}
