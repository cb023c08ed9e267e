//! Why somebody may, or may not, sign; and the board of certificates.

use crate::authority::model::{Allowed, Delegation, HeadMandate, Refusal, Signing};
use crate::authority::rules::{self, CertificateState, Fit};
use crate::authority::signing::may_look;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::actor::PersonId;
use haidang_contracts::papers::PartyCertificate;
use haidang_kernel::problem::Problem;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The answer to "may this person sign this", with everything that was weighed.
#[derive(Debug, Clone)]
pub struct Why {
    /// The answer.
    pub answer: Result<Allowed, Refusal>,
    /// Who headed the agency at that moment.
    pub head: Option<HeadMandate>,
    /// Every delegation to the person, with how it was weighed.
    pub delegations: Vec<(Delegation, Fit)>,
    /// The certificate that counted, or why none did.
    pub certificate: Result<PartyCertificate, Refusal>,
}

/// One official of the board of certificates.
#[derive(Debug, Clone)]
pub struct BoardRow {
    /// Who.
    pub person: PersonId,
    /// Full name.
    pub name: String,
    /// Title of the post.
    pub title: String,
    /// What to do.
    pub state: CertificateState,
    /// Days that are left of a certificate in force.
    pub days_left: Option<i64>,
    /// The certificate.
    pub certificate: Option<PartyCertificate>,
}

impl OfficeRoom {
    /// Why a person may, or may not, sign something at a moment.
    ///
    /// # Errors
    /// `agency_not_found`, also for whoever may not look; `person_not_found`.
    pub async fn why_sign(
        &self,
        reader: &Reader<'_>,
        agency: &str,
        person: &PersonId,
        what: &Signing<'_>,
        at: Timestamp,
    ) -> Result<Why, Problem> {
        may_look(reader, agency)?;
        let heads = self.mandates(agency).await?;
        let delegations = self.delegations_of(agency, person).await?;
        let staff = self.directory.staff(agency).await?;
        let concerned = staff.iter().any(|member| member.person == *person)
            || !delegations.is_empty()
            || heads.iter().any(|head| head.person == *person);
        // Whoever has nothing to do with the agency is nobody to ask about here.
        let record = if concerned { self.identity.person(person).await? } else { None };
        let record = record.ok_or_else(|| Problem::not_found("person_not_found", "nobody of this agency"))?;
        let certificate = self.judge_certificate(person, &record.full_name, agency, at).await?;
        Ok(Why {
            answer: self.may_sign(person, agency, what, at).await?,
            head: heads.into_iter().find(|head| head.term.holds(at)),
            delegations: delegations.into_iter().map(|one| (one.clone(), rules::fit(&one, what, at))).collect(),
            certificate,
        })
    }

    /// Certificates of everybody who signs in an agency, the most urgent first.
    ///
    /// # Errors
    /// `agency_not_found`, also for whoever may not look.
    pub async fn certificate_board(&self, reader: &Reader<'_>, agency: &str) -> Result<Vec<BoardRow>, Problem> {
        may_look(reader, agency)?;
        let now = self.ambient.now();
        let delegations = self.delegations(reader, agency).await?;
        let signs = |person: &PersonId| delegations.iter().any(|one| one.person == *person && one.term.holds(now));
        let mut signers: BTreeMap<PersonId, (String, String)> = BTreeMap::new();
        for member in self.directory.staff(agency).await? {
            if member.capabilities.contains("document.sign") || signs(&member.person) {
                signers.entry(member.person).or_insert((member.name, member.title));
            }
        }
        let mut board = Vec::new();
        for (person, (name, title)) in signers {
            let certificate = self.certificate_now(&person, &name, agency).await?;
            let (state, days_left) =
                rules::certificate_state(certificate.as_ref(), &name, now, self.authority.expiring_days);
            board.push(BoardRow { person, name, title, state, days_left, certificate });
        }
        board.sort_by(|one, other| {
            (one.state, one.days_left, &one.name).cmp(&(other.state, other.days_left, &other.name))
        });
        Ok(board)
    }
}
