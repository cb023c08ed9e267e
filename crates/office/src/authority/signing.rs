//! "May this person sign this?", with everything that decides.

use crate::authority::giving::MANAGE;
use crate::authority::model::{Allowed, Delegation, HeadMandate, Refusal, Signing};
use crate::authority::{rules, sql};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::actor::PersonId;
use haidang_contracts::papers::{PartyCertificate, SigningParty};
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_store::{Row, StoreError, args};
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

    /// Whether somebody's certificate held at a moment: the one they have now, or about an earlier moment any they were
    /// seen to have.
    pub(crate) async fn judge_certificate(
        &self,
        person: &PersonId,
        name: &str,
        agency: &str,
        at: Timestamp,
    ) -> Result<Result<PartyCertificate, Refusal>, Problem> {
        let current = self.certificate_now(person, name, agency).await?;
        let mut candidates: Vec<PartyCertificate> = current.into_iter().collect();
        if at < self.ambient.now() {
            let rows = self.db.fetch_all(sql::CERTIFICATES, args![person, agency]).await?;
            candidates.extend(rows.iter().map(read_certificate).collect::<Result<Vec<_>, StoreError>>()?);
        }
        Ok(rules::judge_certificates(candidates, name, at))
    }

    /// The certificate somebody would sign with now; it is remembered.
    pub(crate) async fn certificate_now(
        &self,
        person: &PersonId,
        name: &str,
        agency: &str,
    ) -> Result<Option<PartyCertificate>, Problem> {
        let party = SigningParty::Officer { person: person.clone(), name: name.to_owned(), agency: agency.to_owned() };
        let Some(current) = self.signing.certificate(&party).await? else { return Ok(None) };
        let rows = self.db.fetch_all(sql::CERTIFICATES, args![person, agency]).await?;
        let known = rows.iter().map(read_certificate).collect::<Result<Vec<_>, StoreError>>()?;
        if !known.contains(&current) {
            let (issuer, subject, source) = (&current.issuer, &current.subject, &current.source);
            let values = args![
                person,
                agency,
                &current.serial,
                issuer,
                subject,
                current.not_before,
                current.not_after,
                source,
                self.ambient.now()
            ];
            // What is remembered is a look at the key store, no act of anybody: there is no audit record to write.
            self.db.execute(sql::INSERT_CERTIFICATE, values).await?;
        }
        Ok(Some(current))
    }

    /// Heads of an agency, past, present and to come, the newest first, for staff of the agency and inspectors.
    ///
    /// # Errors
    /// `not_allowed`.
    pub async fn heads(&self, reader: &Reader<'_>, agency: &str) -> Result<Vec<HeadMandate>, Problem> {
        may_look(reader, agency)?;
        Ok(self.mandates(agency).await?)
    }

    /// One mandate.
    ///
    /// # Errors
    /// `mandate_not_found`, also for whoever may not look.
    pub async fn mandate(&self, reader: &Reader<'_>, id: &str) -> Result<HeadMandate, Problem> {
        let missing = || Problem::not_found("mandate_not_found", "no such mandate");
        let row = self.db.fetch_optional(sql::MANDATE, args![id]).await?.ok_or_else(missing)?;
        let mandate = HeadMandate::read(&row)?;
        may_look(reader, &mandate.agency).map_err(|_| missing())?;
        Ok(mandate)
    }

    /// One delegation.
    ///
    /// # Errors
    /// `delegation_not_found`, also for whoever may not look.
    pub async fn delegation(&self, reader: &Reader<'_>, id: &str) -> Result<Delegation, Problem> {
        let missing = || Problem::not_found("delegation_not_found", "no such delegation");
        let row = self.db.fetch_optional(sql::DELEGATION, args![id]).await?.ok_or_else(missing)?;
        let delegation = Delegation::read(&row)?;
        may_look(reader, &delegation.agency).map_err(|_| missing())?;
        Ok(delegation)
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

fn read_certificate(row: &Row) -> Result<PartyCertificate, StoreError> {
    Ok(PartyCertificate {
        subject: row.text("subject")?,
        issuer: row.text("issuer")?,
        serial: row.text("serial")?,
        not_before: row.integer("not_before")?,
        not_after: row.integer("not_after")?,
        source: row.text("source")?,
    })
}

/// Staff of an agency see who signs there; inspectors see it everywhere.
pub(crate) fn may_look(reader: &Reader<'_>, agency: &str) -> Result<(), Problem> {
    let staff = LOOK.iter().any(|capability| reader.actor.can_in(capability, agency));
    if staff || reader.actor.can(INSPECT) {
        return Ok(());
    }
    Err(Problem::not_found("agency_not_found", "no such agency"))
}
