//! Delegation of duty: an official hands the duties of a post to a colleague of the same agency, from one day to
//! another; the colleague accepts; both may end it. What was delegated cannot be delegated on, and ends with the post.

use haidang_contracts::Position;
use haidang_contracts::actor::PersonId;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry, Row, StoreError, args};
use haidang_web::Site;
use jiff::civil::Date;
use serde_json::json;

use super::sql;
use crate::room::IdentityRoom;

/// Marker of a delegation.
enum Record {}

/// Longest delegation in days: whoever needs more gives a post.
pub(crate) const LONGEST_DAYS: i32 = 366;

/// Longest reason.
const REASON_MAX: usize = 300;

/// Where a delegation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waits for the colleague.
    Proposed,
    /// Holds between its days.
    Accepted,
    /// The colleague said no.
    Declined,
    /// One of the two ended it.
    Revoked,
}

impl State {
    fn parse(word: &str) -> Option<State> {
        Some(match word {
            "proposed" => Self::Proposed,
            "accepted" => Self::Accepted,
            "declined" => Self::Declined,
            "revoked" => Self::Revoked,
            _ => return None,
        })
    }

    /// The word of the database and of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Revoked => "revoked",
        }
    }
}

/// A delegation as its two people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationRow {
    /// Id.
    pub id: String,
    /// Who hands over.
    pub giver: PersonId,
    /// Name.
    pub giver_name: String,
    /// Who takes over.
    pub taker: PersonId,
    /// Name.
    pub taker_name: String,
    /// Code of the agency.
    pub agency: String,
    /// Role of `positions.toml`.
    pub role: String,
    /// Title of the post.
    pub title: String,
    /// Why.
    pub reason: String,
    /// First day.
    pub valid_from: Date,
    /// Last day.
    pub valid_to: Date,
    /// Where it stands.
    pub state: State,
}

fn delegation(row: &Row) -> Result<DelegationRow, StoreError> {
    Ok(DelegationRow {
        id: row.text("id")?,
        giver: row.id("giver")?,
        giver_name: row.text("giver_name")?,
        taker: row.id("taker")?,
        taker_name: row.text("taker_name")?,
        agency: row.text("agency")?,
        role: row.text("role")?,
        title: row.text("title")?,
        reason: row.text("reason")?,
        valid_from: row.date("valid_from")?,
        valid_to: row.date("valid_to")?,
        state: State::parse(&row.text("state")?)
            .ok_or_else(|| StoreError::Corrupt("identity_delegation.state".to_owned()))?,
    })
}

/// What an official wishes to hand over.
#[derive(Debug, Clone, Default)]
pub struct NewDelegation {
    /// Id of the official's own post.
    pub post: String,
    /// Account name of the colleague.
    pub username: String,
    /// First day.
    pub valid_from: Option<Date>,
    /// Last day.
    pub valid_to: Option<Date>,
    /// Why.
    pub reason: String,
}

/// What may be done with a delegation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The colleague takes it.
    Accept,
    /// The colleague does not.
    Decline,
    /// One of the two ends it.
    Revoke,
}

impl Step {
    /// The word in addresses.
    pub(crate) fn parse(word: &str) -> Option<Step> {
        match word {
            "accept" => Some(Self::Accept),
            "decline" => Some(Self::Decline),
            "revoke" => Some(Self::Revoke),
            _ => None,
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Accept => "delegation.accepted",
            Self::Decline => "delegation.declined",
            Self::Revoke => "delegation.revoked",
        }
    }
}

/// Whether this person may take this step now.
pub(crate) fn may_step(delegation: &DelegationRow, person: &PersonId, step: Step) -> bool {
    let (giver, taker) = (delegation.giver == *person, delegation.taker == *person);
    match (step, delegation.state) {
        (Step::Accept | Step::Decline, State::Proposed) => taker,
        (Step::Revoke, State::Proposed) => giver,
        (Step::Revoke, State::Accepted) => giver || taker,
        _ => false,
    }
}

/// Whether these days can be delegated for.
pub(crate) fn days(from: Date, to: Date, today: Date) -> Result<(), (&'static str, &'static str)> {
    if from < today {
        return Err(("valid_from", "past"));
    }
    if to < from {
        return Err(("valid_to", "before_from"));
    }
    let longest = from.checked_add(jiff::Span::new().days(LONGEST_DAYS)).unwrap_or(from);
    if to > longest { Err(("valid_to", "too_long")) } else { Ok(()) }
}

impl IdentityRoom {
    /// Posts that others handed to this person for today. The title says so, as on paper: TUQ., thừa ủy quyền
    /// (Decree 30/2020/NĐ-CP), so that whatever is signed or recorded under it tells by itself.
    pub(crate) async fn delegated_positions(&self, person: &PersonId) -> Result<Vec<Position>, StoreError> {
        let rows = self.inner.db.fetch_all(sql::DELEGATED_TO, args![person, self.today()]).await?;
        rows.iter()
            .map(|row| {
                let role = row.text("role")?;
                Ok(Position {
                    agency: row.text("agency")?,
                    capabilities: self.inner.settings.roles.capabilities(&role),
                    role,
                    title: format!("TUQ. {}", row.text("title")?),
                })
            })
            .collect()
    }

    /// Delegations given or taken by a person, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn delegations_of(&self, person: &PersonId, limit: i64) -> Result<Vec<DelegationRow>, StoreError> {
        let rows = self.inner.db.fetch_all(sql::DELEGATIONS_OF, args![person, limit]).await?;
        rows.iter().map(delegation).collect()
    }

    /// Proposes to hand over the duties of one's own post.
    ///
    /// # Errors
    /// A problem that names every field that is not right.
    pub async fn propose_delegation(
        &self,
        giver: &PersonId,
        new: &NewDelegation,
        by: ActorRef,
        request: &str,
    ) -> Result<String, Problem> {
        let today = self.today();
        let mut problem = Problem::invalid("delegation_refused", "a field is not right");
        let own = self.posts_of(giver).await?.into_iter().find(|post| post.id == new.post && post.valid_from <= today);
        if own.is_none() {
            problem = problem.field("post", "required");
        }
        let taker = self.person_of_account(&new.username).await?.filter(|taker| taker != giver);
        match (&taker, &own) {
            (None, _) => problem = problem.field("username", "unknown"),
            (Some(taker), Some(own)) => {
                let serves = self.posts_of(taker).await?;
                if !serves.iter().any(|post| post.agency == own.agency && post.valid_from <= today) {
                    problem = problem.field("username", "not_of_this_agency");
                }
            }
            _ => {}
        }
        match (new.valid_from, new.valid_to) {
            (Some(from), Some(to)) => {
                if let Err((field, code)) = days(from, to, today) {
                    problem = problem.field(field, code);
                }
            }
            (from, _) => problem = problem.field(if from.is_none() { "valid_from" } else { "valid_to" }, "required"),
        }
        let reason = haidang_kernel::text::tidy(&new.reason);
        if reason.is_empty() || reason.chars().count() > REASON_MAX {
            problem = problem.field("reason", if reason.is_empty() { "required" } else { "too_long" });
        }
        let (Some(own), Some(taker), Some(from), Some(to), true) =
            (own, taker, new.valid_from, new.valid_to, problem.errors.is_empty())
        else {
            return Err(problem);
        };
        let (id, now): (Id<Record>, _) = (self.inner.ambient.new_id(), self.inner.ambient.now());
        let detail = json!({
            "agency": own.agency, "role": own.role, "taker": taker.as_str(), "from": from.to_string(), "to": to.to_string(),
        });
        let entry = AuditEntry::mutation("delegation.proposed", by)
            .object("delegation", id.as_str())
            .request(request)
            .detail(detail);
        let row = args![&id, giver, &taker, &own.agency, &own.role, &own.title, reason, from, to, now];
        self.inner
            .db
            .transaction(|tx| {
                let (row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    tx.execute(sql::PROPOSE, row).await?;
                    tx.audit(entry).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        Ok(id.to_string())
    }

    /// Accepts, declines or revokes a delegation. Whoever loses a duty by it loses every session too.
    ///
    /// # Errors
    /// `delegation_not_found`, also for somebody else's; `delegation_answered` when the step comes too late.
    pub async fn step_delegation(
        &self,
        site: &Site,
        person: &PersonId,
        id: &str,
        step: Step,
        by: ActorRef,
        request: &str,
    ) -> Result<(), Problem> {
        let row = self.inner.db.fetch_optional(sql::DELEGATION, args![id]).await?;
        let known = row.as_ref().map(delegation).transpose()?;
        let known = known
            .filter(|known| known.giver == *person || known.taker == *person)
            .ok_or_else(|| Problem::not_found("delegation_not_found", "no delegation has this id"))?;
        let late = || Problem::conflict("delegation_answered", "the delegation does not wait for this any more");
        if !may_step(&known, person, step) {
            return Err(late());
        }
        let now = self.inner.ambient.now();
        let (statement, values) = match step {
            Step::Accept => (sql::ANSWER, args![id, "accepted", now]),
            Step::Decline => (sql::ANSWER, args![id, "declined", now]),
            Step::Revoke => (sql::REVOKE, args![id, now]),
        };
        let entry = AuditEntry::mutation(step.action(), by).object("delegation", id).request(request);
        let done = self
            .inner
            .db
            .transaction(|tx| {
                let (values, entry) = (values.clone(), entry.clone());
                Box::pin(async move {
                    let done = tx.execute(statement, values).await? > 0;
                    if done {
                        tx.audit(entry).await?;
                    }
                    Ok::<bool, StoreError>(done)
                })
            })
            .await?;
        if !done {
            return Err(late());
        }
        if step == Step::Revoke && known.state == State::Accepted {
            haidang_web::session::end_all_of(site, &known.taker).await?;
        }
        Ok(())
    }

    /// Ends the sessions of whoever took over duties that ran out by their date; a job calls it twice a minute.
    ///
    /// # Errors
    /// What the database says.
    pub async fn notice_ended_delegations(&self, site: &Site) -> Result<u64, StoreError> {
        let (today, now) = (self.today(), self.inner.ambient.now());
        let rows = self.inner.db.fetch_all(sql::ENDED_DELEGATIONS, args![today, 200_i64]).await?;
        for row in &rows {
            self.inner.db.execute(sql::NOTICE_DELEGATION, args![row.text("id")?, now]).await?;
            haidang_web::session::end_all_of(site, &row.id("taker")?).await?;
        }
        Ok(u64::try_from(rows.len()).unwrap_or_default())
    }

    /// Whoever acts for a person today by delegation; they lose with the person what the person loses.
    pub(crate) async fn takers_from(&self, giver: &PersonId) -> Result<Vec<PersonId>, StoreError> {
        let rows = self.inner.db.fetch_all(sql::TAKERS, args![giver, self.today()]).await?;
        rows.iter().map(|row| row.id("taker")).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn row(state: State) -> DelegationRow {
        let id = |text: &str| PersonId::parse(text).unwrap();
        DelegationRow {
            id: "1".into(),
            giver: id("01900000-0000-7000-8000-000000000001"),
            giver_name: String::new(),
            taker: id("01900000-0000-7000-8000-000000000002"),
            taker_name: String::new(),
            agency: "H24.1".into(),
            role: "leader".into(),
            title: "Chủ tịch".into(),
            reason: "Đi họp".into(),
            valid_from: "2026-03-04".parse().unwrap(),
            valid_to: "2026-03-05".parse().unwrap(),
            state,
        }
    }

    #[test]
    fn each_side_has_its_own_steps() {
        let stranger = PersonId::parse("01900000-0000-7000-8000-000000000003").unwrap();
        for (state, step, giver, taker) in [
            (State::Proposed, Step::Accept, false, true),
            (State::Proposed, Step::Decline, false, true),
            (State::Proposed, Step::Revoke, true, false),
            (State::Accepted, Step::Accept, false, false),
            (State::Accepted, Step::Revoke, true, true),
            (State::Declined, Step::Accept, false, false),
            (State::Revoked, Step::Revoke, false, false),
        ] {
            let known = row(state);
            assert_eq!(may_step(&known, &known.giver, step), giver, "{state:?} {step:?}");
            assert_eq!(may_step(&known, &known.taker, step), taker, "{state:?} {step:?}");
            assert!(!may_step(&known, &stranger, step));
            assert_eq!(State::parse(state.as_str()), Some(state));
        }
    }

    #[test]
    fn a_delegation_has_an_end_within_a_year() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let today = day("2026-03-04");
        for (from, to, expected) in [
            ("2026-03-04", "2026-03-04", Ok(())),
            ("2026-03-04", "2027-03-05", Ok(())),
            ("2026-03-04", "2027-03-06", Err(("valid_to", "too_long"))),
            ("2026-03-03", "2026-03-10", Err(("valid_from", "past"))),
            ("2026-03-10", "2026-03-09", Err(("valid_to", "before_from"))),
        ] {
            assert_eq!(days(day(from), day(to), today), expected, "{from} {to}");
        }
    }
}
