//! The room itself: keeping, offering, opening.

use crate::model::ItemRow;
use crate::{rules, sql};
use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::access::AccessLog;
use haidang_contracts::actor::{Actor, PersonId};
use haidang_contracts::archive::Archive;
use haidang_contracts::authorizer::{Authorizer, Circumstances, EXTRACT, Question, Resource, VIEW};
use haidang_contracts::cases::Cases;
use haidang_contracts::consent::{Consents, Decision, NewDecision};
use haidang_contracts::events::{
    ACCESS_ANSWERED, AccessAnswered, DOCUMENT_KEPT, DocumentKept, EMERGENCY_OPENED, EMERGENCY_TAKEN, EmergencyOpened,
    EmergencyTaken, RESULT_ISSUED, ResultIssued,
};
use haidang_contracts::exchange::Deliveries;
use haidang_contracts::identity::{Directory, Identity};
use haidang_contracts::messages::{Message, Notifier};
use haidang_contracts::vault::{NewVaultItem, Vault, VaultItem};
use haidang_kernel::ambient::Ambient;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::outbox::{Consumer, Event, Failure};
use haidang_store::{ActorRef, AuditEntry, Blobs, Db, StoreError, args};
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;

/// Marker of a vault item.
pub enum Item {}

/// The clause under which the vault keeps and gives back: the electronic result vault of a person or organisation.
pub(crate) const LEGAL_BASIS: &str = "45/2020/NĐ-CP Điều 16";

/// Purpose under which forms use documents of the vault.
pub const REUSE: &str = "vault_reuse";

/// Who asks, by which door, in which request.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'r> {
    /// The signed-in person, with whoever they act for.
    pub actor: &'r Actor,
    /// Door of entry as the audit names it: `online` or `api`.
    pub channel: &'r str,
    /// Id of the request.
    pub request_id: &'r str,
}

impl Reader<'_> {
    /// The reader as audit records name them.
    pub fn actor_ref(&self) -> ActorRef {
        ActorRef::of(self.actor, self.channel)
    }
}

/// What the room needs.
pub struct Inner {
    /// Records.
    pub db: Db,
    /// Files.
    pub blobs: Blobs,
    /// Clock and randomness.
    pub ambient: Ambient,
    /// People.
    pub identity: Arc<dyn Identity>,
    /// Who may open what.
    pub authorizer: Arc<dyn Authorizer>,
    /// Agencies, for the names on the access log.
    pub directory: Arc<dyn Directory>,
    /// Who looked.
    pub accesses: Arc<dyn AccessLog>,
    /// What people agreed to.
    pub consents: Arc<dyn Consents>,
    /// Cases for which documents are read.
    pub cases: Arc<dyn Cases>,
    /// Messages to people.
    pub notifier: Arc<dyn Notifier>,
    /// Signed files that stay provable.
    pub archive: Arc<dyn Archive>,
    /// What the data exchange delivered, where the city has its records.
    pub deliveries: Option<Arc<dyn Deliveries>>,
}

/// The vault of every person and organisation of the city. Cheap to clone; handlers take it as their state.
#[derive(Clone)]
pub struct VaultRoom(Arc<Inner>);

impl VaultRoom {
    /// The room over what it needs.
    pub fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// What the room holds.
    pub fn inner(&self) -> &Inner {
        &self.0
    }

    /// An owner's items, newest first, before a point.
    ///
    /// # Errors
    /// What the database says.
    pub async fn items(
        &self,
        owner: &PersonId,
        before: Option<(Timestamp, String)>,
        limit: i64,
    ) -> Result<Vec<ItemRow>, StoreError> {
        let (at, id) = match before {
            Some((at, id)) => (haidang_kernel::time::micros(at), id),
            None => (i64::MAX, String::new()),
        };
        let rows = self.0.db.fetch_all(sql::OF_OWNER, args![owner.as_str(), at, id, limit]).await?;
        rows.iter().map(ItemRow::read).collect()
    }

    /// One item of the reader's own vault, opened: recorded as the owner's own access.
    ///
    /// # Errors
    /// `item_not_found`, also for somebody else's item.
    pub async fn open_own(&self, reader: &Reader<'_>, id: &str) -> Result<ItemRow, Problem> {
        let row = self.own_item(reader, VIEW, id).await?;
        self.record_own(reader, "vault.read", id, "xem giấy tờ của mình").await?;
        Ok(row)
    }

    /// The same, when the file itself is taken away.
    ///
    /// # Errors
    /// `item_not_found`, also for somebody else's item.
    pub async fn download_own(&self, reader: &Reader<'_>, id: &str) -> Result<ItemRow, Problem> {
        let row = self.own_item(reader, EXTRACT, id).await?;
        self.record_own(reader, "vault.downloaded", id, "tải giấy tờ của mình").await?;
        Ok(row)
    }

    async fn own_item(&self, reader: &Reader<'_>, action: &str, id: &str) -> Result<ItemRow, Problem> {
        let missing = || Problem::not_found("item_not_found", "no such document");
        let owner = reader.actor.subject();
        let row = self.0.db.fetch_optional(sql::OF_OWNER_BY_ID, args![id, owner.as_str()]).await?;
        let row = row.as_ref().map(ItemRow::read).transpose()?.ok_or_else(missing)?;
        let kind = row.item.code.clone();
        let resource = Resource::Document { id: id.to_owned(), owner: owner.clone(), kind, consent: None };
        let circumstances = Circumstances::of(reader.actor, self.0.ambient.now());
        let question = Question { actor: reader.actor, action, resource: &resource, circumstances: &circumstances };
        if self.0.authorizer.authorize(&question).await?.allowed { Ok(row) } else { Err(missing()) }
    }

    /// Records a look of the owner, or of whoever acts for the owner, at what is the owner's.
    pub(crate) async fn record_own(
        &self,
        reader: &Reader<'_>,
        action: &'static str,
        object: &str,
        purpose: &str,
    ) -> Result<(), Problem> {
        let number = self.personal_number(reader.actor.subject()).await?;
        let entry = AuditEntry::read(action, reader.actor_ref())
            .object("vault_item", object)
            .request(reader.request_id)
            .because(LEGAL_BASIS, purpose)
            .subjects(number)
            .own();
        self.0.db.record_read(entry).await?;
        Ok(())
    }

    /// Whether the owner said no to reuse, or took a yes back.
    async fn reuse_is_off(&self, owner: &PersonId) -> Result<bool, ContractError> {
        let standing = self.0.consents.standing(owner, REUSE).await?;
        Ok(standing.is_some_and(|standing| standing.decision != Decision::Granted))
    }

    /// Pressing "use this one" in a form is the consent; its receipt is written before the document is read. A no that
    /// stands is not overridden here: the person's page of consents is the place to say yes again.
    async fn agree_to_reuse(
        &self,
        actor: &Actor,
        owner: &PersonId,
        about: &str,
    ) -> Result<Option<String>, ContractError> {
        if self.0.consents.purpose(REUSE).is_none() {
            return Ok(None); // a city whose law gives the reuse asks nobody
        }
        if self.reuse_is_off(owner).await? {
            let detail = "the owner does not let forms use the vault".to_owned();
            return Err(ContractError::Refused { code: "consent_withdrawn", detail });
        }
        let official = actor.kind == haidang_contracts::ActorKind::Official;
        let decision = NewDecision {
            actor: actor.clone(),
            subject: owner.clone(),
            purpose: REUSE.to_owned(),
            decision: Decision::Granted,
            channel: if official { "counter" } else { "online" }.to_owned(),
            about: Some(about.to_owned()),
            request_id: String::new(),
        };
        self.0.consents.decide(&decision).await.map(Some)
    }

    /// Whoever complained learns that there is an answer; the words of it stand on their own page only.
    async fn tell_of_answer(&self, event: &AccessAnswered) -> Result<(), Failure> {
        let message = Message {
            key: format!("complaint/{}", event.complaint),
            to: owner_of(&event.to)?,
            template: "access_answered".to_owned(),
            data: json!({}),
            case_id: None,
        };
        self.0.notifier.send(&message).await.map_err(|error| Failure::Later(error.to_string()))
    }

    /// The person learns that their documents were opened in an emergency; the same event is told once.
    async fn tell_of_emergency(&self, event: &EmergencyOpened) -> Result<(), Failure> {
        let key = format!("emergency/{}", event.emergency);
        self.tell_subject(key, "emergency_access", &event.subject, &event.agency).await
    }

    /// And that the file of one of them was taken, once for each.
    async fn tell_of_taking(&self, event: &EmergencyTaken) -> Result<(), Failure> {
        let key = format!("emergency/{}/{}", event.emergency, event.item);
        self.tell_subject(key, "emergency_taken", &event.subject, &event.agency).await
    }

    async fn tell_subject(&self, key: String, template: &str, subject: &str, agency: &str) -> Result<(), Failure> {
        let known = self.0.directory.agency(agency).await.map_err(|error| Failure::Later(error.to_string()))?;
        let message = Message {
            key,
            to: owner_of(subject)?,
            template: template.to_owned(),
            data: json!({ "agency": known.map_or_else(|| agency.to_owned(), |agency| agency.name_vi) }),
            case_id: None,
        };
        self.0.notifier.send(&message).await.map_err(|error| Failure::Later(error.to_string()))
    }

    pub(crate) async fn personal_number(&self, owner: &PersonId) -> Result<Option<String>, Problem> {
        let person = self.0.identity.person(owner).await.map_err(Problem::from)?;
        Ok(person.map(|person| person.personal_number().to_owned()))
    }

    async fn keep(&self, new: &NewVaultItem) -> Result<String, StoreError> {
        let id: Id<Item> = self.0.ambient.new_id();
        let item = &new.item;
        let values = args![
            id.as_str(),
            new.owner.as_str(),
            new.key.as_str(),
            item.code.as_str(),
            item.title.as_str(),
            item.number.clone(),
            item.issuer.as_str(),
            item.issued_on.as_str(),
            item.valid_until.clone(),
            item.origin.as_str(),
            item.sha256.as_str(),
            item.media_type.as_str(),
            item.size,
            item.token.clone(),
            new.case_id.clone(),
            self.0.ambient.now()
        ];
        let entry = AuditEntry::mutation("vault.kept", ActorRef::system())
            .object("vault_item", id.as_str())
            .because(LEGAL_BASIS, "lưu kết quả vào kho dữ liệu của chủ hồ sơ")
            .detail(json!({ "code": item.code, "origin": item.origin, "sha256": item.sha256, "case": new.case_id }));
        let kept = self
            .0
            .db
            .transaction(move |tx| {
                let (values, entry) = (values.clone(), entry.clone());
                Box::pin(async move {
                    if tx.execute(sql::INSERT, values).await? == 0 {
                        return Ok(false); // kept before: the same event came again
                    }
                    tx.audit(entry).await?;
                    Ok::<_, StoreError>(true)
                })
            })
            .await?;
        if kept {
            return Ok(id.to_string());
        }
        let row = self.0.db.fetch_one(sql::BY_KEY, args![new.key.as_str()]).await?;
        row.text("id")
    }
}

fn internal(error: StoreError) -> ContractError {
    ContractError::Internal(error.to_string())
}

#[async_trait]
impl Vault for VaultRoom {
    async fn offers(&self, owner: &PersonId, codes: &[String]) -> Result<Vec<VaultItem>, ContractError> {
        // Whoever took their consent back is offered nothing: the form asks for the paper instead.
        if self.reuse_is_off(owner).await? {
            return Ok(Vec::new());
        }
        let today = self.0.ambient.today().to_string();
        let rows = self.0.db.fetch_all(sql::OFFERS, args![owner.as_str(), today.as_str()]).await.map_err(internal)?;
        let items: Vec<ItemRow> = rows.iter().map(ItemRow::read).collect::<Result<_, _>>().map_err(internal)?;
        Ok(items
            .into_iter()
            .map(|row| row.item)
            .filter(|item| rules::fits(item, codes) && rules::valid_on(item, &today))
            .collect())
    }

    async fn reuse(
        &self,
        actor: &Actor,
        owner: &PersonId,
        item: &str,
        purpose: &str,
        case_ref: &str,
    ) -> Result<VaultItem, ContractError> {
        let row = self.0.db.fetch_optional(sql::OF_OWNER_BY_ID, args![item, owner.as_str()]).await.map_err(internal)?;
        let row = row
            .as_ref()
            .map(ItemRow::read)
            .transpose()
            .map_err(internal)?
            .ok_or(ContractError::NotFound("vault item"))?;
        let consent = self.agree_to_reuse(actor, owner, case_ref).await?;
        let person = self.0.identity.person(owner).await?;
        let mut entry = AuditEntry::read("vault.reused", ActorRef::of(actor, "online"))
            .object("vault_item", item)
            .because(LEGAL_BASIS, purpose)
            .subjects(person.map(|person| person.personal_number().to_owned()))
            .detail(json!({ "for": case_ref, "consent": consent }));
        if actor.subject() == owner {
            entry = entry.own();
        }
        self.0.db.record_read(entry).await.map_err(internal)?;
        Ok(row.item)
    }

    async fn deposit(&self, new: &NewVaultItem) -> Result<String, ContractError> {
        self.keep(new).await.map_err(internal)
    }
}

#[async_trait]
impl Consumer for VaultRoom {
    fn name(&self) -> &'static str {
        "vault.documents"
    }

    fn wants(&self, kind: &str) -> bool {
        [RESULT_ISSUED, DOCUMENT_KEPT, EMERGENCY_OPENED, EMERGENCY_TAKEN, ACCESS_ANSWERED].contains(&kind)
    }

    async fn take(&self, event: &Event) -> Result<(), Failure> {
        if event.kind == EMERGENCY_OPENED {
            return self.tell_of_emergency(&event.read()?).await;
        }
        if event.kind == EMERGENCY_TAKEN {
            return self.tell_of_taking(&event.read()?).await;
        }
        if event.kind == ACCESS_ANSWERED {
            return self.tell_of_answer(&event.read()?).await;
        }
        let new = if event.kind == RESULT_ISSUED { of_result(event.read()?)? } else { of_document(event.read()?)? };
        self.keep(&new).await?;
        if event.kind == RESULT_ISSUED {
            let kept = self.inner().archive.keep(&new.item.sha256, &new.item.media_type).await;
            kept.map_err(|error| Failure::Later(error.to_string()))?;
        }
        Ok(())
    }
}

fn owner_of(text: &str) -> Result<PersonId, Failure> {
    Id::parse(text).map_err(|_| Failure::Never("the owner is no id".to_owned()))
}

fn of_result(event: ResultIssued) -> Result<NewVaultItem, Failure> {
    Ok(NewVaultItem {
        owner: owner_of(&event.owner)?,
        key: format!("result/{}", event.result_id),
        case_id: Some(event.case_id),
        item: VaultItem {
            id: String::new(),
            code: event.code,
            title: event.title,
            number: Some(event.number),
            issuer: event.issuer,
            issued_on: event.issued_on,
            valid_until: event.valid_until,
            origin: "result".to_owned(),
            sha256: event.sha256,
            media_type: event.media_type,
            size: event.size,
            token: Some(event.token),
        },
    })
}

fn of_document(event: DocumentKept) -> Result<NewVaultItem, Failure> {
    Ok(NewVaultItem {
        owner: owner_of(&event.owner)?,
        key: format!("document/{}", event.document_id),
        case_id: Some(event.case_id),
        item: VaultItem {
            id: String::new(),
            code: event.code,
            title: event.title,
            number: None,
            issuer: event.issuer,
            issued_on: event.kept_on,
            valid_until: None,
            origin: event.origin,
            sha256: event.sha256,
            media_type: event.media_type,
            size: event.size,
            token: None,
        },
    })
}
