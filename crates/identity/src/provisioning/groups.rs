//! Groups of a directory. One named `role@agency`, such as `clerk@H24.11824`, is the post of that role in that agency:
//! whoever joins holds the post from that day, whoever leaves loses it at once. Any other name bears no right.

use std::collections::BTreeSet;

use haidang_kernel::id::Id;
use haidang_store::{AuditEntry, Row, StoreError, Tx, args};
use haidang_web::Site;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::document::{Document, check};
use super::fault::{self, ScimFault};
use super::schema::Kind;
use super::sql;
use super::users::By;
use crate::agencies::Agencies;
use crate::organisation::posts::{self, Giving};
use crate::roles::Roles;
use crate::room::IdentityRoom;
use crate::rules::normal_username;

/// Marker of a group.
enum GroupRecord {}

/// A group with what the server knows of it; members stand in the document.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) document: Document,
    pub(super) version: i64,
    pub(super) created_at: Timestamp,
    pub(super) changed_at: Timestamp,
    post: Option<Bound>,
}

/// The post a group stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bound {
    pub(crate) agency: String,
    pub(crate) role: String,
}

/// The post that a name means, when the pack knows both and the agency holds the role.
pub(crate) fn bound(name: &str, roles: &Roles, agencies: &Agencies) -> Option<Bound> {
    let (role, agency) = name.trim().split_once('@')?;
    let (role, agency) = (roles.get(role)?, agencies.get(agency)?);
    let fits = roles.held_by(&role.id, &agency.kind, &agency.code);
    fits.then(|| Bound { agency: agency.code.clone(), role: role.id.clone() })
}

fn group(row: &Row, members: impl Iterator<Item = String>) -> Result<Group, StoreError> {
    let mut document: Document = row.json("attributes")?;
    let members: Vec<Value> = members.map(|person| json!({ "value": person, "type": "User" })).collect();
    if !members.is_empty() {
        document.insert("members".to_owned(), members.into());
    }
    let post = match (row.opt_text("agency")?, row.opt_text("role")?) {
        (Some(agency), Some(role)) => Some(Bound { agency, role }),
        _ => None,
    };
    Ok(Group {
        id: row.text("id")?,
        document,
        version: row.integer("version")?,
        created_at: row.timestamp("created_at")?,
        changed_at: row.timestamp("changed_at")?,
        post,
    })
}

fn members(document: &Document) -> BTreeSet<String> {
    let list = document.get("members").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|member| member.get("value").and_then(Value::as_str)).map(str::to_owned).collect()
}

/// What is stored of a group beside its members.
fn attributes(document: &Document) -> String {
    let mut document = document.clone();
    document.remove("members");
    Value::Object(document).to_string()
}

/// What one writing of a group does to its members.
#[derive(Debug, Clone)]
struct Write {
    id: String,
    /// Members after the writing.
    members: BTreeSet<String>,
    post: Option<Bound>,
    /// Whether the group means another post than before: then every member changes posts.
    moved: bool,
    title: String,
    today: Date,
}

impl Write {
    /// Brings the members in line; gives back whoever lost a post.
    async fn apply(&self, tx: &mut Tx<'_>, by: &By) -> Result<Vec<String>, StoreError> {
        let mut lost = Vec::new();
        let mut kept = BTreeSet::new();
        for row in tx.fetch_all(sql::MEMBERS, args![&self.id]).await? {
            let person = row.text("person")?;
            if self.members.contains(&person) && !self.moved {
                kept.insert(person);
                continue;
            }
            if let Some(post) = row.opt_text("position")? {
                posts::end(tx, &post, posts::yesterday(self.today), by.actor.clone(), &by.request).await?;
                lost.push(person.clone());
            }
            tx.execute(sql::DELETE_MEMBER, args![&self.id, &person]).await?;
        }
        for person in self.members.difference(&kept) {
            let post = match &self.post {
                None => None,
                Some(bound) => {
                    let id = haidang_contracts::actor::PersonId::parse(person)
                        .map_err(|_| StoreError::Corrupt("identity_directory_member.person".to_owned()))?;
                    let giving = Giving {
                        person: id,
                        agency: bound.agency.clone(),
                        role: bound.role.clone(),
                        title: self.title.clone(),
                        valid_from: self.today,
                        valid_to: None,
                        origin: "scim",
                    };
                    Some(posts::give(tx, &giving, by.actor.clone(), &by.request).await?)
                }
            };
            tx.execute(sql::INSERT_MEMBER, args![&self.id, person, post]).await?;
        }
        Ok(lost)
    }
}

impl IdentityRoom {
    /// Groups with their members, newest first.
    pub(super) async fn scim_groups(&self) -> Result<Vec<Group>, StoreError> {
        let mut all: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
        for row in self.inner.db.fetch_all(sql::ALL_MEMBERS, args![]).await? {
            all.entry(row.text("group_id")?).or_default().push(row.text("person")?);
        }
        let rows = self.inner.db.fetch_all(sql::GROUPS, args![]).await?;
        rows.iter().map(|row| group(row, all.remove(&row.text("id")?).unwrap_or_default().into_iter())).collect()
    }

    /// One group with its members.
    pub(super) async fn scim_group(&self, id: &str) -> Result<Group, ScimFault> {
        let row = self.inner.db.fetch_optional(sql::GROUP, args![id]).await?.ok_or(ScimFault::NotFound)?;
        let rows = self.inner.db.fetch_all(sql::MEMBERS, args![id]).await?;
        let members = rows.iter().map(|row| row.text("person")).collect::<Result<Vec<_>, _>>()?;
        Ok(group(&row, members.into_iter())?)
    }

    async fn write(&self, id: String, document: &Document, before: Option<&Group>) -> Result<Write, ScimFault> {
        check(Kind::Group, document)?;
        let members = members(document);
        let known = before.map(|group| self::members(&group.document)).unwrap_or_default();
        for person in members.difference(&known) {
            self.scim_user(person).await.map_err(|error| match error {
                ScimFault::NotFound => fault::value("a member is no user of this directory"),
                other => other,
            })?;
        }
        let name = document.get("displayName").and_then(Value::as_str).unwrap_or_default();
        let roles = &self.inner.settings.roles;
        let post = bound(name, roles, self.agency_tree().await?.as_ref());
        let title = post.as_ref().and_then(|post| roles.get(&post.role)).map(|role| role.title.vi.clone());
        let moved = before.is_some_and(|group| group.post != post);
        Ok(Write { id, members, post, moved, title: title.unwrap_or_default(), today: self.today() })
    }

    /// Makes a group.
    pub(super) async fn scim_add_group(&self, document: &Document, by: &By) -> Result<Group, ScimFault> {
        let id: Id<GroupRecord> = self.inner.ambient.new_id();
        let write = self.write(id.to_string(), document, None).await?;
        let key = normal_username(document.get("displayName").and_then(Value::as_str).unwrap_or_default());
        let now = self.inner.ambient.now();
        self.inner
            .db
            .transaction(|tx| {
                let (write, by) = (write.clone(), by.clone());
                let bound = write.post.clone().map_or((None, None), |post| (Some(post.agency), Some(post.role)));
                let row = args![&write.id, &key, attributes(document), bound.0, bound.1, now];
                Box::pin(async move {
                    tx.execute(sql::INSERT_GROUP, row).await?;
                    write.apply(tx, &by).await?;
                    let entry = AuditEntry::mutation("group.provisioned", by.actor).object("group", &write.id);
                    tx.audit(entry.request(&by.request)).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        self.scim_group(id.as_str()).await
    }

    /// Writes a changed group; whoever lost a post by it loses every session (T46).
    pub(super) async fn scim_write_group(
        &self,
        site: &Site,
        before: &Group,
        after: &Document,
        by: &By,
    ) -> Result<Group, ScimFault> {
        let write = self.write(before.id.clone(), after, Some(before)).await?;
        if !write.moved
            && attributes(after) == attributes(&before.document)
            && members(after) == members(&before.document)
        {
            return Ok(before.clone());
        }
        let key = normal_username(after.get("displayName").and_then(Value::as_str).unwrap_or_default());
        let now = self.inner.ambient.now();
        let lost = self
            .inner
            .db
            .transaction(|tx| {
                let (write, by) = (write.clone(), by.clone());
                let bound = write.post.clone().map_or((None, None), |post| (Some(post.agency), Some(post.role)));
                let row = args![&write.id, before.version, &key, attributes(after), bound.0, bound.1, now];
                Box::pin(async move {
                    if tx.execute(sql::UPDATE_GROUP, row).await? == 0 {
                        return Ok(None);
                    }
                    let lost = write.apply(tx, &by).await?;
                    let entry = AuditEntry::mutation("group.changed", by.actor).object("group", &write.id);
                    tx.audit(entry.request(&by.request)).await?;
                    Ok::<_, StoreError>(Some(lost))
                })
            })
            .await?;
        self.end_for(site, lost.ok_or(ScimFault::Changed)?).await?;
        self.scim_group(&before.id).await
    }

    /// Removes a group; its members lose the post it gave.
    pub(super) async fn scim_remove_group(&self, site: &Site, known: &Group, by: &By) -> Result<(), ScimFault> {
        let write = Write {
            id: known.id.clone(),
            members: BTreeSet::new(),
            post: None,
            moved: true,
            title: String::new(),
            today: self.today(),
        };
        let lost = self
            .inner
            .db
            .transaction(|tx| {
                let (write, by) = (write.clone(), by.clone());
                Box::pin(async move {
                    let lost = write.apply(tx, &by).await?;
                    tx.execute(sql::DELETE_GROUP, args![&write.id]).await?;
                    let entry = AuditEntry::mutation("group.removed", by.actor).object("group", &write.id);
                    tx.audit(entry.request(&by.request)).await?;
                    Ok::<_, StoreError>(lost)
                })
            })
            .await?;
        self.end_for(site, lost).await
    }

    async fn end_for(&self, site: &Site, persons: Vec<String>) -> Result<(), ScimFault> {
        for person in persons {
            let person = haidang_contracts::actor::PersonId::parse(&person)
                .map_err(|_| ScimFault::House("a member's id does not read".to_owned()))?;
            self.rights_lost(site, &person).await?;
        }
        Ok(())
    }
}
