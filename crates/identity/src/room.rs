//! The room itself: what it holds, and how it knows people.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use async_trait::async_trait;
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::{Identity, NewPerson, PersonKind, PersonRecord};
use haidang_contracts::{Actor, ActorKind, ContractError, Position};
use haidang_kernel::ambient::Ambient;
use haidang_kernel::number::{CitizenNo, TaxNo};
use haidang_store::{ActorRef, AuditEntry, Db, Row, StoreError, args};
use jiff::civil::Date;

use crate::agencies::Agencies;
use crate::bulk;
use crate::federation::Federation;
use crate::model::PersonSeed;
use crate::organisation::policies::{Policies, PolicyFaults};
use crate::password::{HashError, PasswordHasher};
use crate::registers::Registers;
use crate::roles::Roles;
use crate::sealed::{self, SealError, Sealer};
use crate::sql;

/// What the room needs to know of its city.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A simulator may stand for the national e-identity, one-time codes are shown on the page, tokens of persons: demonstration and test only.
    pub simulated: bool,
    /// Two digits of the province, part of addresses (`31`).
    pub province_code: String,
    /// Roles of the pack.
    pub roles: Roles,
    /// Registers and their legal bases.
    pub registers: Registers,
    /// Whether passwords are hashed at the lowest cost (tests and demonstration cities only).
    pub cheap_passwords: bool,
}

/// People, agencies and rights. Cheap to clone; handlers take it as their state.
#[derive(Clone)]
pub struct IdentityRoom {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) ambient: Ambient,
    pub(crate) settings: Settings,
    pub(crate) hasher: PasswordHasher,
    pub(crate) agencies: RwLock<Option<Arc<Agencies>>>,
    pub(crate) federation: OnceLock<Federation>,
    sealer: OnceLock<Sealer>,
    pub(crate) around: crate::around::Around,
    pub(crate) policies: RwLock<Arc<Policies>>,
}

/// Why the room does not open.
#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    /// The password hash does not run.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The policies are not in order.
    #[error(transparent)]
    Policies(#[from] PolicyFaults),
}

/// A row of `identity_person` with what only this room needs.
pub(crate) struct StoredPerson {
    pub(crate) record: PersonRecord,
    pub(crate) account_level: u8,
    pub(crate) locked: bool,
}

pub(crate) fn stored_person(row: &Row) -> Result<StoredPerson, StoreError> {
    Ok(StoredPerson {
        record: PersonRecord {
            id: row.id("id")?,
            kind: person_kind(&row.text("kind")?)?,
            full_name: row.text("full_name")?,
            citizen_no: row.opt_text("citizen_no")?,
            tax_no: row.opt_text("tax_no")?,
            birth_date: row.opt_text("birth_date")?,
            sex: row.opt_text("sex")?,
            ethnicity: row.opt_text("ethnicity")?,
            nationality: row.opt_text("nationality")?,
            commune_code: row.opt_text("commune_code")?,
            address: row.opt_text("address")?,
            phone: row.opt_text("phone")?,
            email: row.opt_text("email")?,
        },
        account_level: u8::try_from(row.integer("account_level")?).unwrap_or(1),
        locked: row.boolean("locked")?,
    })
}

pub(crate) fn person_kind(word: &str) -> Result<PersonKind, StoreError> {
    match word {
        "person" => Ok(PersonKind::Person),
        "organisation" => Ok(PersonKind::Organisation),
        "system" => Ok(PersonKind::System),
        _ => Err(StoreError::Corrupt("identity_person.kind".to_owned())),
    }
}

/// The store's fault as other rooms may see it.
pub(crate) fn refused(error: StoreError) -> ContractError {
    match error {
        StoreError::Transient(reason) => ContractError::Unavailable(reason),
        other => ContractError::Internal(other.to_string()),
    }
}

impl IdentityRoom {
    /// Opens the room over a migrated database.
    ///
    /// It decides by the sample policies until [`IdentityRoom::set_policies`] brings the city's own.
    pub fn new(db: Db, ambient: Ambient, settings: Settings) -> Result<IdentityRoom, RoomError> {
        let cheap = settings.cheap_passwords;
        let hasher = if cheap { PasswordHasher::cheap(ambient.clone()) } else { PasswordHasher::new(ambient.clone()) }?;
        let policies = RwLock::new(Arc::new(Policies::built_in()?));
        let (agencies, sealer, around) = (RwLock::new(None), OnceLock::new(), crate::around::Around::default());
        let federation = OnceLock::new();
        let inner = Inner { db, ambient, settings, hasher, agencies, federation, sealer, around, policies };
        Ok(IdentityRoom { inner: Arc::new(inner) })
    }

    /// Settings of the city.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// The password hasher, for tools that make accounts.
    pub fn hasher(&self) -> &PasswordHasher {
        &self.inner.hasher
    }

    /// Gives the room the key of the house under which its secrets are sealed. To be called before anything is sealed;
    /// a second key changes nothing.
    ///
    /// # Errors
    /// What [`Sealer::open`] says.
    pub fn use_house_key(&self, key: [u8; 32]) -> Result<(), SealError> {
        let sealer = Sealer::open(key)?;
        let _ = self.inner.sealer.set(sealer);
        Ok(())
    }

    /// Seals secrets of this room. Without a key of the house (tests, tools that keep nothing) it seals under a key that
    /// ends with the process.
    ///
    /// # Errors
    /// What [`Sealer::open`] says.
    pub fn sealer(&self) -> Result<&Sealer, StoreError> {
        if let Some(sealer) = self.inner.sealer.get() {
            return Ok(sealer);
        }
        let sealer = Sealer::open(self.inner.ambient.bytes()).map_err(sealed::failed)?;
        Ok(self.inner.sealer.get_or_init(|| sealer))
    }

    /// Forgets what was read of the agencies; call after an import.
    pub fn agencies_changed(&self) {
        *self.inner.agencies.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn today(&self) -> Date {
        self.inner.ambient.today()
    }

    pub(crate) async fn stored(&self, id: &PersonId) -> Result<Option<StoredPerson>, StoreError> {
        self.inner.db.fetch_optional(sql::PERSON, args![id]).await?.as_ref().map(stored_person).transpose()
    }

    pub(crate) async fn by_number(&self, number: &str) -> Result<Option<StoredPerson>, StoreError> {
        // 12 digits are a citizen number and nothing else; a tax number has 10, or 13 with its dash.
        let row = if let Ok(number) = CitizenNo::parse(number) {
            self.inner.db.fetch_optional(sql::PERSON_BY_CITIZEN_NO, args![number.as_str()]).await?
        } else if let Ok(number) = TaxNo::parse(number) {
            self.inner.db.fetch_optional(sql::PERSON_BY_TAX_NO, args![number.as_str()]).await?
        } else {
            None
        };
        row.as_ref().map(stored_person).transpose()
    }

    /// The posts that rows of a person hold, one or none a row.
    pub(crate) fn positions(&self, rows: &[Row]) -> Result<Vec<Position>, StoreError> {
        let mut positions = Vec::new();
        for row in rows {
            let Some(role) = row.opt_text("post_role")? else { continue };
            positions.push(Position {
                agency: row.text("post_agency")?,
                capabilities: self.inner.settings.roles.capabilities(&role),
                role,
                title: row.text("post_title")?,
            });
        }
        Ok(positions)
    }

    async fn actor_of(&self, id: &PersonId, behalf: Option<&PersonId>) -> Result<Option<Actor>, StoreError> {
        let rows = self.inner.db.fetch_all(sql::PERSON_IN_POSTS, args![id, self.today()]).await?;
        self.actor_in(&rows, behalf).await
    }

    /// The actor whom rows of a person in posts show, if it is there and not locked.
    async fn actor_in(&self, rows: &[Row], behalf: Option<&PersonId>) -> Result<Option<Actor>, StoreError> {
        let person = rows.first().map(stored_person).transpose()?.filter(|person| !person.locked);
        let Some(person) = person else { return Ok(None) };
        let mut positions = self.positions(rows)?;
        if !positions.is_empty() {
            // Only whoever serves can take over duties; they come after the person's own posts.
            positions.extend(self.delegated_positions(&person.record.id).await?);
        }
        let kind = match person.record.kind {
            PersonKind::System => ActorKind::System,
            _ if positions.is_empty() => ActorKind::Resident,
            _ => ActorKind::Official,
        };
        // A right that ended is gone at the next request: the session then acts for its own person again.
        let behalf = match behalf {
            Some(other) if kind == ActorKind::Resident => self.may_represent(&person.record.id, other).await?,
            _ => None,
        };
        let (on_behalf_of, on_behalf_name, mandates) = match behalf {
            Some(other) => (Some(other.person), Some(other.full_name), other.mandates),
            None => (None, None, Vec::new()),
        };
        Ok(Some(Actor {
            person: person.record.id,
            display_name: person.record.full_name,
            kind,
            on_behalf_of,
            on_behalf_name,
            mandates,
            positions,
            assurance: person.account_level,
            second_factor_at: None,
        }))
    }

    async fn actor_of_token(&self, token: &str) -> Result<Option<Actor>, StoreError> {
        let now = self.inner.ambient.now();
        let digest = haidang_web::tokens::digest(token);
        let rows = self.inner.db.fetch_all(sql::TOKEN, args![digest, now, self.today()]).await?;
        let Some(mut actor) = self.actor_in(&rows, None).await? else { return Ok(None) };
        if let Some(row) = rows.first().filter(|_| actor.kind == ActorKind::System) {
            let capabilities = row.json::<Vec<String>>("token_capabilities")?.into_iter().collect();
            let title = row.text("token_name")?;
            if let Some(agency) = row.opt_text("token_agency")? {
                actor.positions = vec![Position { agency, role: "system".to_owned(), title, capabilities }];
            }
            return Ok(Some(actor));
        }
        // Tokens of persons let scripts and judges act as anyone in a demonstration city; real people sign in.
        if !self.inner.settings.simulated {
            return Ok(None);
        }
        actor.second_factor_at = Some(now);
        Ok(Some(actor))
    }

    async fn find_or_insert(&self, new: &NewPerson) -> Result<PersonRecord, ContractError> {
        let number = checked_number(new)?;
        if let Some(found) = self.by_number(&number).await.map_err(refused)? {
            return Ok(found.record);
        }
        let seed = PersonSeed {
            person: PersonRecord {
                id: self.inner.ambient.new_id(),
                kind: new.kind,
                full_name: haidang_kernel::text::tidy(&new.full_name),
                citizen_no: (new.kind == PersonKind::Person).then(|| number.clone()),
                tax_no: (new.kind == PersonKind::Organisation).then(|| number.clone()),
                birth_date: new.birth_date.clone(),
                sex: None,
                ethnicity: None,
                nationality: None,
                commune_code: None,
                address: None,
                phone: new.phone.clone(),
                email: None,
            },
            account_level: 1,
        };
        let inserted = self
            .inner
            .db
            .transaction(|tx| {
                let seed = seed.clone();
                let number = number.clone();
                Box::pin(async move {
                    let inserted = bulk::insert_persons(tx, std::slice::from_ref(&seed)).await?;
                    if inserted > 0 {
                        let entry = AuditEntry::mutation("person.registered", ActorRef::system())
                            .object("person", seed.person.id.as_str())
                            .subject(&number);
                        tx.audit(entry).await?;
                    }
                    Ok::<u64, StoreError>(inserted)
                })
            })
            .await
            .map_err(refused)?;
        if inserted > 0 {
            return Ok(seed.person);
        }
        // Someone was faster with the same number.
        let found = self.by_number(&number).await.map_err(refused)?;
        found.map(|person| person.record).ok_or(ContractError::NotFound("person"))
    }
}

fn checked_number(new: &NewPerson) -> Result<String, ContractError> {
    let refuse = |code, detail: &str| ContractError::Refused { code, detail: detail.to_owned() };
    match (new.kind, &new.citizen_no, &new.tax_no) {
        (PersonKind::Person, Some(number), _) => CitizenNo::parse(number)
            .map(|number| number.as_str().to_owned())
            .map_err(|reason| refuse("citizen_no_refused", reason.code())),
        (PersonKind::Organisation, _, Some(number)) => TaxNo::parse(number)
            .map(|number| number.as_str().to_owned())
            .map_err(|reason| refuse("tax_no_refused", reason.code())),
        _ => Err(refuse("number_required", "a person needs a citizen number, an organisation a tax number")),
    }
}

#[async_trait]
impl Identity for IdentityRoom {
    async fn actor(&self, person: &PersonId, on_behalf_of: Option<&PersonId>) -> Result<Option<Actor>, ContractError> {
        self.actor_of(person, on_behalf_of).await.map_err(refused)
    }

    async fn actor_by_token(&self, token: &str) -> Result<Option<Actor>, ContractError> {
        self.actor_of_token(token).await.map_err(refused)
    }

    async fn person(&self, id: &PersonId) -> Result<Option<PersonRecord>, ContractError> {
        Ok(self.stored(id).await.map_err(refused)?.map(|person| person.record))
    }

    async fn person_by_number(&self, number: &str) -> Result<Option<PersonRecord>, ContractError> {
        Ok(self.by_number(number).await.map_err(refused)?.map(|person| person.record))
    }

    async fn find_or_create(&self, person: &NewPerson) -> Result<PersonRecord, ContractError> {
        self.find_or_insert(person).await
    }
}
