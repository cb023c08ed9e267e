//! Break-glass: documents opened in an emergency. One official gives the reason, another confirms, the person is told,
//! and every look stands on the person's log with the reason.

use crate::model::ItemRow;
use crate::room::{Reader, VaultRoom};
use crate::{rules, sql};
use haidang_contracts::actor::PersonId;
use haidang_contracts::events::{EMERGENCY_OPENED, EMERGENCY_TAKEN, EmergencyOpened, EmergencyTaken};
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{AuditEntry, Row, StoreError, args};
use jiff::Timestamp;
use serde_json::json;

/// What allows asking and confirming.
pub(crate) const CAPABILITY: &str = "access.break_glass";
/// The clause: consent is not needed to protect life, health and property in an emergency.
const EMERGENCY_BASIS: &str = "91/2025/QH15 Điều 19";

/// Marker of an emergency access.
pub(crate) enum EmergencyRecord {}

/// An emergency access.
#[derive(Debug, Clone)]
pub struct Emergency {
    /// Id.
    pub id: String,
    /// Whose documents.
    pub subject: PersonId,
    /// Agency that asked.
    pub agency: String,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub state: rules::EmergencyState,
    /// Who asked.
    pub asked_by: String,
    /// Name of who asked.
    pub asked_name: String,
    /// When.
    pub asked_at: Timestamp,
    /// Who confirmed or refused.
    pub answered_by: Option<String>,
    /// Name of who confirmed or refused.
    pub answered_name: Option<String>,
    /// When.
    pub answered_at: Option<Timestamp>,
}

impl Emergency {
    fn read(row: &Row, now: Timestamp) -> Result<Self, StoreError> {
        let answered_at = row.opt_timestamp("answered_at")?;
        let state = rules::EmergencyState::parse(&row.text("state")?);
        let state = state.ok_or_else(|| StoreError::Corrupt("vault_emergency.state".to_owned()))?;
        let asked_at = row.timestamp("asked_at")?;
        Ok(Self {
            id: row.text("id")?,
            subject: row.id("subject_id")?,
            agency: row.text("agency")?,
            reason: row.text("reason")?,
            state: state.at(asked_at, answered_at, now),
            asked_by: row.text("asked_by")?,
            asked_name: row.text("asked_name")?,
            asked_at,
            answered_by: row.opt_text("answered_by")?,
            answered_name: row.opt_text("answered_name")?,
            answered_at,
        })
    }
}

fn agency_of(reader: &Reader<'_>) -> Result<String, Problem> {
    let held = reader.actor.agencies_with(CAPABILITY).into_iter().next();
    held.ok_or_else(|| Problem::forbidden("not_allowed", "no post allows emergency access"))
}

impl VaultRoom {
    /// Emergency accesses of the agencies in which the reader may confirm, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn emergencies(&self, reader: &Reader<'_>) -> Result<Vec<Emergency>, Problem> {
        let (now, mut all) = (self.inner().ambient.now(), Vec::new());
        for agency in reader.actor.agencies_with(CAPABILITY) {
            for row in self.inner().db.fetch_all(sql::EMERGENCIES, args![agency]).await? {
                all.push(Emergency::read(&row, now)?);
            }
        }
        all.sort_by_key(|emergency| std::cmp::Reverse(emergency.asked_at));
        Ok(all)
    }

    /// One emergency access of the reader's agency.
    ///
    /// # Errors
    /// `emergency_not_found`.
    pub async fn emergency(&self, reader: &Reader<'_>, id: &str) -> Result<Emergency, Problem> {
        let missing = || Problem::not_found("emergency_not_found", "no such emergency access at this agency");
        let row = self.inner().db.fetch_optional(sql::EMERGENCY, args![id]).await?.ok_or_else(missing)?;
        let emergency = Emergency::read(&row, self.inner().ambient.now())?;
        if reader.actor.can_in(CAPABILITY, &emergency.agency) { Ok(emergency) } else { Err(missing()) }
    }

    /// Asks to open somebody's documents. Nothing is opened yet.
    ///
    /// # Errors
    /// `emergency_invalid` with fields `number` and `reason`.
    pub async fn ask_emergency(&self, reader: &Reader<'_>, number: &str, reason: &str) -> Result<String, Problem> {
        let agency = agency_of(reader)?;
        let reason = text::tidy(reason);
        let mut problem = Problem::invalid("emergency_invalid", "somebody and a reason are needed");
        if !rules::is_reason(&reason) {
            problem = problem.field("reason", "too_short");
        }
        let person = match self.inner().identity.person_by_number(number.trim()).await? {
            Some(person) if problem.errors.is_empty() => person,
            Some(_) => return Err(problem),
            None => return Err(problem.field("number", "unknown")),
        };
        let id: Id<EmergencyRecord> = self.inner().ambient.new_id();
        let values = args![
            id.as_str(),
            person.id.as_str(),
            agency.as_str(),
            reason.as_str(),
            reader.actor.person.as_str(),
            reader.actor.display_name.as_str(),
            self.inner().ambient.now()
        ];
        let entry = AuditEntry::mutation("vault.emergency_asked", reader.actor_ref())
            .agency(&agency)
            .object("emergency", id.as_str())
            .request(reader.request_id)
            .because(EMERGENCY_BASIS, "đề nghị xem giấy tờ trong trường hợp khẩn cấp")
            .subjects([person.personal_number().to_owned()]);
        self.inner()
            .db
            .transaction(move |tx| {
                let (values, entry) = (values.clone(), entry.clone());
                Box::pin(async move {
                    tx.execute(sql::INSERT_EMERGENCY, values).await?;
                    tx.audit(entry).await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        Ok(id.to_string())
    }

    /// Another official confirms or refuses. With a yes the person is told, in the same transaction.
    ///
    /// # Errors
    /// `second_official_required` for whoever asked, `emergency_closed` when it was answered or has lapsed.
    pub async fn answer_emergency(&self, reader: &Reader<'_>, id: &str, yes: bool) -> Result<(), Problem> {
        let emergency = self.emergency(reader, id).await?;
        let now = self.inner().ambient.now();
        rules::may_confirm(emergency.state, &emergency.asked_by, reader.actor.person.as_str()).map_err(|code| {
            match code {
                "second_official_required" => Problem::forbidden(code, "whoever asks does not confirm"),
                _ => Problem::conflict(code, "it was answered before or has lapsed"),
            }
        })?;
        let state = if yes { rules::EmergencyState::Open } else { rules::EmergencyState::Refused };
        let number = self.personal_number(&emergency.subject).await?;
        let action = if yes { "vault.emergency_confirmed" } else { "vault.emergency_refused" };
        let entry = AuditEntry::mutation(action, reader.actor_ref())
            .agency(&emergency.agency)
            .object("emergency", id)
            .request(reader.request_id)
            .because(EMERGENCY_BASIS, "xem giấy tờ trong trường hợp khẩn cấp")
            .subjects(number)
            .detail(json!({ "asked_by": emergency.asked_by }))
            .emergency(&emergency.reason, reader.actor.person.as_str());
        let event = EmergencyOpened {
            emergency: id.to_owned(),
            subject: emergency.subject.to_string(),
            agency: emergency.agency.clone(),
            at: now.as_microsecond(),
        };
        let by = (reader.actor.person.to_string(), reader.actor.display_name.clone());
        let values = args![id, state.as_str(), by.0, by.1, now];
        let moved = self
            .inner()
            .db
            .transaction(move |tx| {
                let (values, entry, event) = (values.clone(), entry.clone(), event.clone());
                Box::pin(async move {
                    if tx.execute(sql::ANSWER_EMERGENCY, values).await? == 0 {
                        return Ok(false);
                    }
                    tx.audit(entry).await?;
                    if yes {
                        tx.emit(EMERGENCY_OPENED, &event.subject, &event).await?;
                    }
                    Ok::<_, StoreError>(true)
                })
            })
            .await?;
        if moved { Ok(()) } else { Err(Problem::conflict("emergency_closed", "somebody else answered")) }
    }

    /// The emergency, when it is open and the reader is one of the two who answer for it.
    async fn open_emergency(&self, reader: &Reader<'_>, id: &str) -> Result<Emergency, Problem> {
        let emergency = self.emergency(reader, id).await?;
        let me = reader.actor.person.as_str();
        if emergency.asked_by != me && emergency.answered_by.as_deref() != Some(me) {
            return Err(Problem::not_found("emergency_not_found", "opened for those who asked and confirmed"));
        }
        if emergency.state != rules::EmergencyState::Open {
            return Err(Problem::conflict("emergency_closed", "it is not open"));
        }
        Ok(emergency)
    }

    /// What both looks say: the list, and one file.
    async fn emergency_entry(
        &self,
        reader: &Reader<'_>,
        emergency: &Emergency,
        action: &'static str,
    ) -> Result<AuditEntry, Problem> {
        let number = self.personal_number(&emergency.subject).await?;
        let second = emergency.answered_by.clone().unwrap_or_default();
        let entry = AuditEntry::read(action, reader.actor_ref())
            .agency(&emergency.agency)
            .request(reader.request_id)
            .because(EMERGENCY_BASIS, "xem giấy tờ trong trường hợp khẩn cấp")
            .subjects(number)
            .detail(json!({ "emergency_id": emergency.id }))
            .emergency(&emergency.reason, &second);
        Ok(entry)
    }

    /// The documents, while the emergency is open; each look is recorded with the reason before anything is shown.
    ///
    /// # Errors
    /// `emergency_closed` when it is not open, `emergency_not_found` for whoever did not ask or confirm.
    pub async fn look_in_emergency(&self, reader: &Reader<'_>, id: &str) -> Result<(Emergency, Vec<ItemRow>), Problem> {
        let emergency = self.open_emergency(reader, id).await?;
        let entry = self.emergency_entry(reader, &emergency, "vault.emergency_read").await?.object("emergency", id);
        self.inner().db.record_read(entry).await?;
        let items = self.items(&emergency.subject, None, 200).await?;
        Ok((emergency, items))
    }

    /// The file of one of these documents. The look is on the person's log, and the person's message on its way, before
    /// the first byte leaves.
    ///
    /// # Errors
    /// As [`VaultRoom::look_in_emergency`], and `item_not_found`.
    pub async fn take_in_emergency(&self, reader: &Reader<'_>, id: &str, item: &str) -> Result<ItemRow, Problem> {
        let emergency = self.open_emergency(reader, id).await?;
        let row = self.inner().db.fetch_optional(sql::OF_OWNER_BY_ID, args![item, emergency.subject.as_str()]).await?;
        let missing = || Problem::not_found("item_not_found", "no such document of this person");
        let row = row.as_ref().map(ItemRow::read).transpose()?.ok_or_else(missing)?;
        let entry = self.emergency_entry(reader, &emergency, "vault.emergency_taken").await?.object("vault_item", item);
        let event = EmergencyTaken {
            emergency: emergency.id.clone(),
            item: item.to_owned(),
            subject: emergency.subject.to_string(),
            agency: emergency.agency.clone(),
            at: self.inner().ambient.now().as_microsecond(),
        };
        self.inner()
            .db
            .transaction(move |tx| {
                let (entry, event) = (entry.clone(), event.clone());
                Box::pin(async move {
                    tx.audit(entry).await?;
                    tx.emit(EMERGENCY_TAKEN, &event.subject, &event).await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        Ok(row)
    }
}
