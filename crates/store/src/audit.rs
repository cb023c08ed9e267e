//! Who did or read what, on whose behalf, under which legal basis and purpose: one append-only record per act,
//! written in the transaction of the act with its own hash.

use crate::tx::Tx;
use crate::{Row, StoreError, Value, args, sql};
use haidang_contracts::access::Delayed;
use haidang_contracts::{Actor, ActorKind};
use haidang_kernel::chain::{Hash, record_hash};
use haidang_kernel::id::Id;
use haidang_kernel::keyed;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Marker of an audit record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditRecord {}

/// Id of an audit record.
pub type AuditId = Id<AuditRecord>;

/// Whether an act changed something or only looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditKind {
    /// Something changed.
    Mutation,
    /// Personal data was read.
    Read,
}

impl AuditKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Mutation => "mutation",
            Self::Read => "read",
        }
    }
}

/// Who acts, by opaque ids only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActorRef {
    /// `resident`, `official`, `system` or `anonymous`.
    pub kind: String,
    /// The human or system that acts; `None` for a visitor who is not signed in.
    pub person: Option<String>,
    /// The person or organisation acted for.
    pub on_behalf: Option<String>,
    /// Agency in whose name an official acts.
    pub agency: Option<String>,
    /// Door of entry: `online`, `counter`, `postal`, `api`, `system`.
    pub channel: String,
    /// Mandate under which the actor acts for somebody else; kept in the record's detail as `mandate`.
    pub mandate: Option<String>,
    /// Posts of an official as (agency, title); that of the acting agency is kept in the record's detail as `post`.
    pub posts: Vec<(String, String)>,
}

impl ActorRef {
    /// The actor of a request; officials act for the agency of their first post unless [`ActorRef::agency`] is set.
    pub fn of(actor: &Actor, channel: &str) -> Self {
        let kind = match actor.kind {
            ActorKind::Resident => "resident",
            ActorKind::Official => "official",
            ActorKind::System => "system",
        };
        Self {
            kind: kind.to_owned(),
            person: Some(actor.person.as_str().to_owned()),
            on_behalf: actor.on_behalf_of.as_ref().map(|id| id.as_str().to_owned()),
            agency: actor.positions.first().map(|position| position.agency.clone()),
            channel: channel.to_owned(),
            mandate: actor.mandates.first().map(|mandate| mandate.id.clone()),
            posts: actor.positions.iter().map(|post| (post.agency.clone(), post.title.clone())).collect(),
        }
    }

    /// The title of the post in the agency for which the actor acts.
    fn post(&self) -> Option<&str> {
        let agency = self.agency.as_deref()?;
        self.posts.iter().find(|(held, _)| held == agency).map(|(_, title)| title.as_str())
    }

    /// A calculation over many people's data: a statistic, a report, a model.
    pub fn analysis(agency: Option<&str>) -> Self {
        Self {
            kind: "analysis".to_owned(),
            agency: agency.map(str::to_owned),
            channel: "system".to_owned(),
            ..Self::default()
        }
    }

    /// The platform itself: the scheduler, a job, an import.
    pub fn system() -> Self {
        Self { kind: "system".to_owned(), channel: "system".to_owned(), ..Self::default() }
    }

    /// A visitor who is not signed in.
    pub fn anonymous(channel: &str) -> Self {
        Self { kind: "anonymous".to_owned(), channel: channel.to_owned(), ..Self::default() }
    }
}

/// One act to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Who acts.
    pub actor: ActorRef,
    /// What is done, such as `case.submitted`.
    pub action: &'static str,
    /// Change or look.
    pub kind: AuditKind,
    /// Kind of the object, such as `case`.
    pub object_kind: String,
    /// Id of the object.
    pub object_id: String,
    /// Clause that allows it, such as `Điều 9 Nghị định 118/2025/NĐ-CP`.
    pub legal_basis: Option<String>,
    /// What for.
    pub purpose: Option<String>,
    /// Id of the request, the same as in the log lines.
    pub request_id: String,
    /// Personal numbers of the people concerned; only their keyed digests are stored.
    pub subjects: Vec<String>,
    /// Whether the person looked at or changed their own data.
    pub own: bool,
    /// Whether the act was refused.
    pub refused: bool,
    /// Facts about the act without personal data.
    pub detail: Json,
}

impl AuditEntry {
    /// A change.
    pub fn mutation(action: &'static str, actor: ActorRef) -> Self {
        Self::new(AuditKind::Mutation, action, actor)
    }

    /// A look at personal data.
    pub fn read(action: &'static str, actor: ActorRef) -> Self {
        Self::new(AuditKind::Read, action, actor)
    }

    fn new(kind: AuditKind, action: &'static str, actor: ActorRef) -> Self {
        Self {
            actor,
            action,
            kind,
            object_kind: String::new(),
            object_id: String::new(),
            legal_basis: None,
            purpose: None,
            request_id: String::new(),
            subjects: Vec::new(),
            own: false,
            refused: false,
            detail: Json::Null,
        }
    }

    /// Names the object.
    #[must_use]
    pub fn object(mut self, kind: &str, id: &str) -> Self {
        kind.clone_into(&mut self.object_kind);
        id.clone_into(&mut self.object_id);
        self
    }

    /// Names the request.
    #[must_use]
    pub fn request(mut self, request_id: &str) -> Self {
        request_id.clone_into(&mut self.request_id);
        self
    }

    /// Names the agency in whose name the official acts.
    #[must_use]
    pub fn agency(mut self, code: &str) -> Self {
        self.actor.agency = Some(code.to_owned());
        self
    }

    /// Adds a person concerned, by personal number.
    #[must_use]
    pub fn subject(mut self, personal_number: &str) -> Self {
        self.subjects.push(personal_number.to_owned());
        self
    }

    /// Adds people concerned, by personal number.
    #[must_use]
    pub fn subjects(mut self, personal_numbers: impl IntoIterator<Item = String>) -> Self {
        self.subjects.extend(personal_numbers);
        self
    }

    /// Says under which clause and for what.
    #[must_use]
    pub fn because(mut self, legal_basis: &str, purpose: &str) -> Self {
        self.legal_basis = Some(legal_basis.to_owned());
        self.purpose = Some(purpose.to_owned());
        self
    }

    /// Marks an act of a person on their own data.
    #[must_use]
    pub fn own(mut self) -> Self {
        self.own = true;
        self
    }

    /// Marks an act that was refused.
    #[must_use]
    pub fn refused(mut self) -> Self {
        self.refused = true;
        self
    }

    /// Marks a look that the person sees only from a later day, with the clause that allows the delay.
    #[must_use]
    pub fn delayed(mut self, delayed: &Delayed) -> Self {
        self.note("visible_from", Json::from(delayed.visible_from.as_microsecond()));
        self.note("delay_basis", Json::from(delayed.legal_basis.as_str()));
        self
    }

    /// Marks a look in an emergency, with the reason and the second official.
    #[must_use]
    pub fn emergency(mut self, reason: &str, second_official: &str) -> Self {
        self.note("emergency", Json::from(reason));
        self.note("second_official", Json::from(second_official));
        self
    }

    /// Names the case for which something was looked at.
    #[must_use]
    pub fn case(mut self, case_id: &str) -> Self {
        self.note("case_id", Json::from(case_id));
        self
    }

    /// Adds one fact to the detail; a detail that is no object stays as it is.
    pub(crate) fn note(&mut self, key: &str, value: Json) {
        if self.detail.is_null() {
            self.detail = Json::Object(serde_json::Map::new());
        }
        if let Json::Object(facts) = &mut self.detail {
            facts.insert(key.to_owned(), value);
        }
    }

    /// Adds facts without personal data.
    #[must_use]
    pub fn detail(mut self, detail: Json) -> Self {
        self.detail = detail;
        self
    }
}

/// A record as stored: what its hash covers, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Id of the record.
    pub id: String,
    /// Microseconds UTC.
    pub at: i64,
    /// Kind of actor.
    pub actor_kind: String,
    /// Opaque id of the actor.
    pub person: Option<String>,
    /// Opaque id of whoever was acted for.
    pub on_behalf: Option<String>,
    /// Agency of the actor.
    pub agency: Option<String>,
    /// Door of entry.
    pub channel: String,
    /// Action.
    pub action: String,
    /// `mutation` or `read`.
    pub kind: String,
    /// Kind of the object.
    pub object_kind: String,
    /// Id of the object.
    pub object_id: String,
    /// Legal basis.
    pub legal_basis: Option<String>,
    /// Purpose.
    pub purpose: Option<String>,
    /// Id of the request.
    pub request_id: String,
    /// Whether it concerned the actor's own data.
    pub own: bool,
    /// Whether it was refused.
    pub refused: bool,
    /// JSON text.
    pub detail: String,
}

impl StoredRecord {
    /// The hash of the record and its subjects (keyed digests, sorted). An absent text and an empty one differ.
    pub fn hash(&self, subjects: &BTreeSet<String>) -> Hash {
        let at = self.at.to_string();
        let marked = |value: &Option<String>| value.as_ref().map_or_else(String::new, |text| format!("={text}"));
        let optional = [&self.person, &self.on_behalf, &self.agency, &self.legal_basis, &self.purpose].map(marked);
        let subjects = subjects.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        record_hash(&[
            ("id", &self.id),
            ("at", &at),
            ("actor_kind", &self.actor_kind),
            ("person", &optional[0]),
            ("on_behalf", &optional[1]),
            ("agency", &optional[2]),
            ("channel", &self.channel),
            ("action", &self.action),
            ("kind", &self.kind),
            ("object_kind", &self.object_kind),
            ("object_id", &self.object_id),
            ("legal_basis", &optional[3]),
            ("purpose", &optional[4]),
            ("request_id", &self.request_id),
            ("own", if self.own { "true" } else { "false" }),
            ("refused", if self.refused { "true" } else { "false" }),
            ("detail", &self.detail),
            ("subjects", &subjects),
        ])
    }

    /// Reads a row of `store_audit`.
    pub(crate) fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            at: row.integer("at")?,
            actor_kind: row.text("actor_kind")?,
            person: row.opt_text("person")?,
            on_behalf: row.opt_text("on_behalf")?,
            agency: row.opt_text("agency")?,
            channel: row.text("channel")?,
            action: row.text("action")?,
            kind: row.text("kind")?,
            object_kind: row.text("object_kind")?,
            object_id: row.text("object_id")?,
            legal_basis: row.opt_text("legal_basis")?,
            purpose: row.opt_text("purpose")?,
            request_id: row.text("request_id")?,
            own: row.boolean("own")?,
            refused: row.boolean("refused")?,
            detail: row.text("detail")?,
        })
    }
}

impl Tx<'_> {
    /// Writes the audit record of this act, with its own hash, in this transaction (among what is left for
    /// [`Tx::later`]). The sealer chains it within a second.
    ///
    /// # Errors
    /// What the database says.
    pub async fn audit(&mut self, entry: AuditEntry) -> Result<AuditId, StoreError> {
        let rows = self.audit_rows(entry);
        self.later(sql::INSERT_AUDIT, rows.record).await?;
        self.later(sql::INSERT_AUDIT_OPEN, rows.open).await?;
        for some in rows.subjects.chunks(64) {
            self.rows_later(sql::INSERT_AUDIT_SUBJECT, some.to_vec()).await?;
        }
        Ok(rows.id)
    }

    /// Writes the records of many acts, on SQLite as few statements of many rows; PostgreSQL finds rows of one table
    /// together by itself.
    pub(crate) async fn audit_all(&mut self, entries: &[AuditEntry]) -> Result<Vec<AuditId>, StoreError> {
        let mut ids = Vec::with_capacity(entries.len());
        if self.link().is_postgres() || entries.len() == 1 {
            for entry in entries {
                ids.push(self.audit(entry.clone()).await?);
            }
            return Ok(ids);
        }
        let (mut records, mut open, mut subjects) = (Vec::new(), Vec::new(), Vec::new());
        for entry in entries {
            let rows = self.audit_rows(entry.clone());
            ids.push(rows.id);
            records.push(rows.record);
            open.push(rows.open);
            subjects.extend(rows.subjects);
        }
        let heads = [sql::INSERT_AUDITS, sql::INSERT_AUDITS_OPEN, sql::INSERT_AUDIT_SUBJECT];
        for (head, rows) in heads.into_iter().zip([records, open, subjects]) {
            for some in rows.chunks(64) {
                self.rows_later(head, some.to_vec()).await?;
            }
        }
        Ok(ids)
    }

    fn audit_rows(&self, mut entry: AuditEntry) -> Rows {
        // In the detail, which the hash covers, so that records of before keep the hash they have.
        if let Some(mandate) = entry.actor.mandate.take() {
            entry.note("mandate", Json::from(mandate));
        }
        if let Some(post) = entry.actor.post().map(Json::from) {
            entry.note("post", post);
        }
        let id: AuditId = self.ambient().new_id();
        let at = self.ambient().now().as_microsecond();
        let secret = &self.db().core.subject_secret;
        let subjects: BTreeSet<String> =
            entry.subjects.iter().map(|number| keyed::subject_key(secret, number)).collect();
        let r = StoredRecord {
            id: id.as_str().to_owned(),
            at,
            actor_kind: entry.actor.kind,
            person: entry.actor.person,
            on_behalf: entry.actor.on_behalf,
            agency: entry.actor.agency,
            channel: entry.actor.channel,
            action: entry.action.to_owned(),
            kind: entry.kind.as_str().to_owned(),
            object_kind: entry.object_kind,
            object_id: entry.object_id,
            legal_basis: entry.legal_basis,
            purpose: entry.purpose,
            request_id: entry.request_id,
            own: entry.own,
            refused: entry.refused,
            detail: entry.detail.to_string(),
        };
        let hash = r.hash(&subjects).0.to_vec();
        let open = args![&id, hash.clone()];
        let record = args![
            r.id,
            at,
            r.actor_kind,
            r.person,
            r.on_behalf,
            r.agency,
            r.channel,
            r.action,
            r.kind,
            r.object_kind,
            r.object_id,
            r.legal_basis,
            r.purpose,
            r.request_id,
            r.own,
            r.refused,
            r.detail,
            hash
        ];
        let subjects = subjects.into_iter().map(|subject| args![&id, subject]).collect();
        Rows { id, record, open, subjects }
    }
}

/// One record as the rows it leaves.
struct Rows {
    id: AuditId,
    record: Vec<Value>,
    open: Vec<Value>,
    subjects: Vec<Vec<Value>>,
}
