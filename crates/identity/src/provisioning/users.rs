//! Accounts of officials as a directory keeps them.

use std::collections::HashMap;

use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::{PersonKind, PersonRecord};
use haidang_kernel::text;
use haidang_store::{ActorRef, AuditEntry, Row, StoreError, args};
use haidang_web::Site;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::document::{Document, check};
use super::fault::{self, ScimFault};
use super::schema::Kind;
use super::sql;
use crate::bulk;
use crate::model::PersonSeed;
use crate::organisation::posts;
use crate::room::IdentityRoom;
use crate::rules::normal_username;

/// An account with what the server knows of it.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) person: PersonId,
    pub(super) document: Document,
    pub(super) locked: bool,
    pub(super) version: i64,
    pub(super) created_at: Timestamp,
    pub(super) changed_at: Timestamp,
}

/// Who asks and in which request, for the audit.
#[derive(Debug, Clone)]
pub(super) struct By {
    pub(super) actor: ActorRef,
    pub(super) request: String,
}

/// An account that was never written by a directory is described from the house's own row.
fn user(row: &Row) -> Result<User, StoreError> {
    let mut document: Document = row.json("attributes")?;
    let own = !document.contains_key("userName");
    if own {
        document.insert("userName".to_owned(), row.text("user_name")?.into());
        document.insert("displayName".to_owned(), row.text("full_name")?.into());
    }
    // An administrator may have locked the account since; the directory must see that, unless it took the attribute
    // away from a locked account itself (kept as null) and wishes to hear no more of it.
    let locked = row.boolean("locked")?;
    let said = document.remove("active");
    if said != Some(Value::Null) && (own || locked || said.is_some()) {
        document.insert("active".to_owned(), (!locked).into());
    }
    Ok(User {
        person: row.id("person")?,
        document,
        locked,
        version: row.integer("version")?,
        created_at: row.timestamp("created_at")?,
        changed_at: row.timestamp("changed_at")?,
    })
}

fn name_of(document: &Document) -> Result<String, ScimFault> {
    let name = document.get("userName").and_then(Value::as_str).map(normal_username).unwrap_or_default();
    let fits = (1..=200).contains(&name.len()) && !name.chars().any(char::is_control);
    if fits { Ok(name) } else { Err(fault::value("userName has 1 to 200 letters")) }
}

/// The name to greet with and to print: the display name, else the parts, else the account's.
fn full_name(document: &Document) -> String {
    let text_of = |value: Option<&Value>| value.and_then(Value::as_str).map(text::tidy).filter(|name| !name.is_empty());
    let name = document.get("name");
    let part = |part: &str| text_of(name.and_then(|name| name.get(part)));
    // Vietnamese order: family name, middle name, given name.
    let joined = [part("familyName"), part("middleName"), part("givenName")].into_iter().flatten().collect::<Vec<_>>();
    let joined = (!joined.is_empty()).then(|| joined.join(" "));
    text_of(document.get("displayName"))
        .or_else(|| part("formatted"))
        .or(joined)
        .or_else(|| text_of(document.get("userName")))
        .unwrap_or_default()
}

fn email(document: &Document) -> Option<String> {
    let list = document.get("emails")?.as_array()?;
    let primary = list.iter().find(|one| one.get("primary") == Some(&Value::Bool(true))).or_else(|| list.first())?;
    primary.get("value").and_then(Value::as_str).map(str::to_owned)
}

fn active(document: &Document) -> bool {
    document.get("active").and_then(Value::as_bool).unwrap_or(true)
}

fn external_id(document: &Document) -> Option<String> {
    document.get("externalId").and_then(Value::as_str).map(str::to_owned)
}

/// What an audit record says of a change: names of attributes, never their values.
fn changed_names(before: &Document, after: &Document) -> Vec<String> {
    let mut names: Vec<String> = before.keys().chain(after.keys()).cloned().collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| before.get(name) != after.get(name));
    names
}

impl IdentityRoom {
    /// Accounts, newest first.
    pub(super) async fn scim_users(&self) -> Result<Vec<User>, StoreError> {
        self.inner.db.execute(sql::ADOPT, args![]).await?;
        self.inner.db.fetch_all(sql::USERS, args![]).await?.iter().map(user).collect()
    }

    /// One account by its name.
    pub(super) async fn scim_user_named(&self, name: &str) -> Result<Option<User>, StoreError> {
        self.inner.db.execute(sql::ADOPT, args![]).await?;
        let row = self.inner.db.fetch_optional(sql::USER_BY_NAME, args![normal_username(name)]).await?;
        row.as_ref().map(user).transpose()
    }

    /// One account.
    pub(super) async fn scim_user(&self, id: &str) -> Result<User, ScimFault> {
        let row = self.inner.db.fetch_optional(sql::USER, args![id]).await?;
        row.as_ref().map(user).transpose()?.ok_or(ScimFault::NotFound)
    }

    /// Makes an account. It bears no password and no post: how its owner signs in is another matter.
    pub(super) async fn scim_add_user(&self, mut document: Document, by: &By) -> Result<User, ScimFault> {
        let username = name_of(&document)?;
        if self.inner.db.fetch_optional(sql::CREDENTIAL_NAMED, args![&username]).await?.is_some() {
            return Err(ScimFault::Taken("an account has this userName"));
        }
        let active = active(&document);
        document.insert("active".to_owned(), active.into());
        let id: PersonId = self.inner.ambient.new_id();
        let seed = person(&id, &document);
        let now = self.inner.ambient.now();
        self.inner
            .db
            .transaction(|tx| {
                let (seed, document, by, username, id) =
                    (seed.clone(), document.clone(), by.clone(), username.clone(), id.clone());
                Box::pin(async move {
                    bulk::insert_persons(tx, std::slice::from_ref(&seed)).await?;
                    if !active {
                        tx.execute(crate::sql::LOCK_PERSON, args![&id, true, now]).await?;
                    }
                    let external = external_id(&document);
                    let attributes = Value::Object(document).to_string();
                    tx.execute(sql::INSERT_USER, args![&id, username, "scim", external, attributes, now]).await?;
                    let entry = AuditEntry::mutation("account.provisioned", by.actor)
                        .object("person", id.as_str())
                        .request(&by.request)
                        .detail(json!({ "active": active }));
                    tx.audit(entry).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        self.scim_user(id.as_str()).await
    }

    /// Writes a changed account; a lock ends every session at once (T46).
    pub(super) async fn scim_write_user(
        &self,
        site: &Site,
        before: &User,
        after: Document,
        by: &By,
    ) -> Result<User, ScimFault> {
        check(Kind::User, &after)?;
        let username = name_of(&after)?;
        let holder = self.inner.db.fetch_optional(sql::CREDENTIAL_NAMED, args![&username]).await?;
        if let Some(holder) = holder
            && holder.id::<haidang_contracts::actor::Person>("person")? != before.person
        {
            return Err(ScimFault::Taken("an account has this userName"));
        }
        // An attribute taken away decides nothing: whoever was locked stays locked.
        let active = after.get("active").and_then(Value::as_bool).unwrap_or(!before.locked);
        let changed = changed_names(&before.document, &after);
        if changed.is_empty() {
            return Ok(before.clone());
        }
        let now = self.inner.ambient.now();
        let name = full_name(&after);
        let (key, sort) = (text::search_key(&name), text::person_sort_key(&name));
        let mut kept = after.clone();
        if before.locked {
            kept.entry("active").or_insert(Value::Null);
        }
        let written = self
            .inner
            .db
            .transaction(|tx| {
                let (id, version, by) = (before.person.clone(), before.version, by.clone());
                let attributes = Value::Object(kept.clone()).to_string();
                let row = args![&id, version, &username, external_id(&after), attributes, now];
                let person = args![&id, &name, &key, sort.clone(), email(&after), !active, now];
                let detail = json!({ "attributes": changed, "active": active });
                Box::pin(async move {
                    if tx.execute(sql::UPDATE_USER, row).await? == 0 {
                        return Ok(false);
                    }
                    tx.execute(sql::UPDATE_PERSON, person).await?;
                    let action = if active { "account.changed" } else { "account.locked" };
                    let entry = AuditEntry::mutation(action, by.actor).object("person", id.as_str());
                    tx.audit(entry.request(&by.request).detail(detail)).await?;
                    Ok::<bool, StoreError>(true)
                })
            })
            .await?;
        if !written {
            return Err(ScimFault::Changed);
        }
        if !active {
            self.rights_lost(site, &before.person).await?;
        }
        self.scim_user(before.person.as_str()).await
    }

    /// Takes an account out of the directory: locked, without posts, without sessions. Its person stays for the audit.
    pub(super) async fn scim_remove_user(&self, site: &Site, known: &User, by: &By) -> Result<(), ScimFault> {
        let (today, now) = (self.today(), self.inner.ambient.now());
        self.inner
            .db
            .transaction(|tx| {
                let (id, by) = (known.person.clone(), by.clone());
                Box::pin(async move {
                    for row in tx.fetch_all(sql::OPEN_POSTS, args![&id, today]).await? {
                        let post = row.text("id")?;
                        posts::end(tx, &post, posts::yesterday(today), by.actor.clone(), &by.request).await?;
                    }
                    tx.execute(sql::LEAVE_GROUPS, args![&id]).await?;
                    tx.execute(crate::sql::LOCK_PERSON, args![&id, true, now]).await?;
                    tx.execute(sql::DELETE_USER, args![&id]).await?;
                    let entry = AuditEntry::mutation("account.removed", by.actor).object("person", id.as_str());
                    tx.audit(entry.request(&by.request)).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        self.rights_lost(site, &known.person).await?;
        Ok(())
    }

    /// Groups of an account as it shows them: id and name.
    pub(super) async fn scim_groups_of(&self, person: &PersonId) -> Result<Vec<(String, String)>, StoreError> {
        self.inner.db.fetch_all(sql::GROUPS_OF, args![person]).await?.iter().map(group_name).collect()
    }

    /// The same for every account at once, by the id of its person.
    pub(super) async fn scim_memberships(&self) -> Result<HashMap<String, Vec<(String, String)>>, StoreError> {
        let mut all: HashMap<String, Vec<(String, String)>> = HashMap::new();
        for row in self.inner.db.fetch_all(sql::MEMBERSHIPS, args![]).await? {
            all.entry(row.text("person")?).or_default().push(group_name(&row)?);
        }
        Ok(all)
    }
}

fn group_name(row: &Row) -> Result<(String, String), StoreError> {
    let attributes: Document = row.json("attributes")?;
    let name = attributes.get("displayName").and_then(Value::as_str).unwrap_or_default();
    Ok((row.text("id")?, name.to_owned()))
}

fn person(id: &PersonId, document: &Document) -> PersonSeed {
    PersonSeed {
        person: PersonRecord {
            id: id.clone(),
            kind: PersonKind::Person,
            full_name: full_name(document),
            citizen_no: None,
            tax_no: None,
            birth_date: None,
            sex: None,
            ethnicity: None,
            nationality: None,
            commune_code: None,
            address: None,
            phone: None,
            email: email(document),
        },
        account_level: 2,
    }
}
