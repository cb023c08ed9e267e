//! "May this person sign this?", with everything that decides.

use crate::authority::giving::MANAGE;
use crate::authority::model::{Allowed, Delegation, HeadMandate, Refusal, Signing};
use crate::authority::{rules, sql};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::actor::PersonId;
use haidang_contracts::papers::SigningParty;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_store::{StoreError, args};
use jiff::Timestamp;

/// What lets an inspector look at registers and authority of every agency.
pub(crate) const INSPECT: &str = "register.inspect";
const LOOK: &[&str] = &["document.read_unit", "document.sign", "document.clerk", MANAGE];

impl OfficeRoom {
    /// Whether a person may sign a document of an agency at a moment, and how the block of the paper reads then. About
    /// an earlier moment the answer is as it was.
    ///
    /// # Errors
    /// What the directory, the keys or the database say; that somebody may not sign is no error but a [`Refusal`].
    pub async fn may_sign(
        &self,
        person: &PersonId,
        agency: &str,
        what: &Signing<'_>,
        at: Timestamp,
    ) -> Result<Result<Allowed, Refusal>, Problem> {
        let heads = self.mandates(agency).await?;
        let delegations = self.delegations_of(agency, person).await?;
        let ground = match rules::judge(person, &heads, &delegations, what, at) {
            Ok(ground) => ground,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let today = time::civil(at).date() >= self.ambient.today();
        // Whoever left the agency signs nothing there any more, whatever is still on record.
        if today && !self.directory.staff(agency).await?.iter().any(|member| member.person == *person) {
            return Ok(Err(Refusal::NoMandate));
        }
        let record = self.identity.person(person).await?;
        let Some(record) = record else { return Ok(Err(Refusal::NoMandate)) };
        let name = record.full_name;
        if let Err(refusal) = self.judge_certificate(person, &name, agency, at).await? {
            return Ok(Err(refusal));
        }
        let delegation = match &ground {
            rules::Ground::Head(_) => None,
            rules::Ground::Delegated(_, delegation) => Some(delegation.id.clone()),
        };
        Ok(Ok(Allowed { form: ground.form(), delegation, block_lines: ground.block_lines(), name }))
    }

    async fn judge_certificate(
        &self,
        person: &PersonId,
        name: &str,
        agency: &str,
        at: Timestamp,
    ) -> Result<Result<(), Refusal>, Problem> {
        let party = SigningParty::Officer { person: person.clone(), name: name.to_owned(), agency: agency.to_owned() };
        let Some(certificate) = self.signing.certificate(&party).await? else {
            return Ok(Err(Refusal::CertMissing));
        };
        if !rules::names(&certificate.subject, name) {
            return Ok(Err(Refusal::CertSubjectMismatch));
        }
        let moment = time::micros(at);
        if moment < certificate.not_before || moment > certificate.not_after {
            return Ok(Err(Refusal::CertExpired));
        }
        Ok(Ok(()))
    }

    /// Heads of an agency, past, present and to come, the newest first, for staff of the agency and inspectors.
    ///
    /// # Errors
    /// `not_allowed`.
    pub async fn heads(&self, reader: &Reader<'_>, agency: &str) -> Result<Vec<HeadMandate>, Problem> {
        may_look(reader, agency)?;
        Ok(self.mandates(agency).await?)
    }

    /// Delegations of an agency, past, present and to come, the newest first.
    ///
    /// # Errors
    /// `not_allowed`.
    pub async fn delegations(&self, reader: &Reader<'_>, agency: &str) -> Result<Vec<Delegation>, Problem> {
        may_look(reader, agency)?;
        let rows = self.db.fetch_all(sql::DELEGATIONS, args![agency]).await?;
        Ok(rows.iter().map(Delegation::read).collect::<Result<_, StoreError>>()?)
    }

    /// Heads of an agency, past, present and to come, the newest first.
    pub(crate) async fn mandates(&self, agency: &str) -> Result<Vec<HeadMandate>, StoreError> {
        self.db.fetch_all(sql::MANDATES, args![agency]).await?.iter().map(HeadMandate::read).collect()
    }

    /// Delegations to one person in an agency, the newest first.
    pub(crate) async fn delegations_of(&self, agency: &str, person: &PersonId) -> Result<Vec<Delegation>, StoreError> {
        self.db.fetch_all(sql::DELEGATIONS_OF, args![agency, person]).await?.iter().map(Delegation::read).collect()
    }
}

/// Staff of an agency see who signs there; inspectors see it everywhere.
pub(crate) fn may_look(reader: &Reader<'_>, agency: &str) -> Result<(), Problem> {
    let staff = LOOK.iter().any(|capability| reader.actor.can_in(capability, agency));
    if staff || reader.actor.can(INSPECT) {
        return Ok(());
    }
    Err(Problem::not_found("agency_not_found", "no such agency"))
}
