//! Looking at cases: who may, and what the look leaves behind.

use super::deciding::{case_not_found, may_see, read_all};
use super::mandate::owns;
use super::row::{CaseRow, DocumentRow, EventRow, FeeRow, PaymentRow, TaskRow};
use super::trail::{FormRow, PauseRow, SupplementRow};
use crate::service::Services;
use crate::sql;
use haidang_contracts::actor::{Actor, ActorKind, CaseId};
use haidang_contracts::authorizer::{Circumstances, Question, Resource, VIEW};
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{ActorRef, AuditEntry, args};
use jiff::Timestamp;
use subtle::ConstantTimeEq;

/// A case with its trail, as pages and the API show it.
#[derive(Debug, Clone)]
pub struct CaseView {
    /// The case.
    pub case: CaseRow,
    /// Open tasks.
    pub tasks: Vec<TaskRow>,
    /// Events in order.
    pub events: Vec<EventRow>,
    /// Pauses in order.
    pub pauses: Vec<PauseRow>,
    /// Supplements in order.
    pub supplements: Vec<SupplementRow>,
    /// Files.
    pub documents: Vec<DocumentRow>,
    /// Fee lines.
    pub fees: Vec<FeeRow>,
    /// Payments, newest first.
    pub payments: Vec<PaymentRow>,
    /// Issued forms.
    pub forms: Vec<FormRow>,
}

impl Services {
    /// One case by id, for code that has already decided who may see it.
    ///
    /// # Errors
    /// `case_not_found`.
    pub async fn case(&self, id: &CaseId) -> Result<CaseRow, Problem> {
        let row = self.db.fetch_optional(sql::case::BY_ID, args![id.as_str()]).await?.ok_or_else(case_not_found)?;
        Ok(CaseRow::read(&row)?)
    }

    /// One case by its number.
    ///
    /// # Errors
    /// `case_not_found`.
    pub async fn case_by_no(&self, case_no: &str) -> Result<CaseRow, Problem> {
        let row = self.db.fetch_optional(sql::case::BY_NO, args![case_no]).await?.ok_or_else(case_not_found)?;
        Ok(CaseRow::read(&row)?)
    }

    /// The actor's own case, whole. Looking at one's own case is recorded as one's own access.
    ///
    /// # Errors
    /// `case_not_found`, also for somebody else's case.
    pub async fn own_case(&self, actor: &Actor, id: &CaseId, request_id: &str) -> Result<CaseView, Problem> {
        let case = self.case(id).await?;
        // The mandate says for what one acts for somebody, the policies who may look at all: both must agree.
        let own = actor.kind != ActorKind::Official && owns(actor, &case);
        if !own || !self.may_open(actor, &case).await? {
            return Err(case_not_found());
        }
        self.record_look(actor, &case, "case.read", "xem hồ sơ của mình", true, request_id).await?;
        self.whole(case).await
    }

    /// A case as an official of its units sees it; opening it is an access on the owner's log.
    ///
    /// # Errors
    /// `case_not_found`, also when the official's units have nothing to do with it.
    pub async fn office_case(&self, actor: &Actor, id: &CaseId, request_id: &str) -> Result<CaseView, Problem> {
        let case = self.case(id).await?;
        if !self.may_open(actor, &case).await? {
            return Err(case_not_found());
        }
        self.record_look(actor, &case, "case.read", "giải quyết hồ sơ", false, request_id).await?;
        self.whole(case).await
    }

    /// Whether the policies of the city let the actor open the case. Agencies asked for an opinion are looked up only
    /// when the case is not the actor's for another reason.
    async fn may_open(&self, actor: &Actor, case: &CaseRow) -> Result<bool, Problem> {
        if self.may_view(actor, case, Vec::new()).await? {
            return Ok(true);
        }
        let consulted: Vec<String> = self.consultations(&case.id).await?.into_iter().map(|c| c.agency).collect();
        Ok(!consulted.is_empty() && self.may_view(actor, case, consulted).await?)
    }

    async fn may_view(&self, actor: &Actor, case: &CaseRow, consulted: Vec<String>) -> Result<bool, Problem> {
        let resource = Resource::Case {
            id: case.id.to_string(),
            owner: case.owner_id.clone(),
            units: vec![case.receiving_agency.clone(), case.deciding_agency().to_owned()],
            consulted,
            procedure: case.procedure_code.clone(),
        };
        let circumstances = Circumstances::of(actor, self.ambient.now());
        let question = Question { actor, action: VIEW, resource: &resource, circumstances: &circumstances };
        Ok(self.authorizer.authorize(&question).await?.allowed)
    }

    async fn record_look(
        &self,
        actor: &Actor,
        case: &CaseRow,
        action: &'static str,
        purpose: &str,
        own: bool,
        request_id: &str,
    ) -> Result<(), Problem> {
        let mut who = ActorRef::of(&actor.within(&case.procedure_code), if own { "online" } else { "office" });
        if let Some(post) =
            actor.positions.iter().find(|p| p.agency == case.deciding_agency() || p.agency == case.receiving_agency)
        {
            who.agency = Some(post.agency.clone());
        }
        let mut entry = AuditEntry::read(action, who)
            .object("case", case.id.as_str())
            .request(request_id)
            .because(super::writing::LEGAL_BASIS, purpose)
            .subjects(case.owner_number.clone());
        if own {
            entry = entry.own();
        }
        self.db.record_read(entry).await?;
        Ok(())
    }

    /// Opens a file of a case for whoever may see the case; recorded as an access.
    ///
    /// # Errors
    /// `document_not_found`.
    pub async fn open_document(
        &self,
        actor: &Actor,
        case_id: &CaseId,
        document: &str,
        request_id: &str,
    ) -> Result<DocumentRow, Problem> {
        let missing = || Problem::not_found("document_not_found", "no such file");
        let case = self.case(case_id).await.map_err(|_| missing())?;
        let own = actor.kind != ActorKind::Official && owns(actor, &case);
        let beyond_mandate = actor.kind == ActorKind::Resident && !own;
        if beyond_mandate || !self.may_open(actor, &case).await? {
            return Err(missing());
        }
        let row = self.db.fetch_optional(sql::draft::DOCUMENT, args![document]).await?;
        let row = row
            .as_ref()
            .map(DocumentRow::read)
            .transpose()?
            .filter(|d| d.case_id.as_ref() == Some(case_id))
            .ok_or_else(missing)?;
        self.record_look(
            actor,
            &case,
            "case.document_read",
            if own { "xem giấy tờ của mình" } else { "giải quyết hồ sơ" },
            own,
            request_id,
        )
        .await?;
        Ok(row)
    }

    /// Everything that belongs to a case.
    pub(crate) async fn whole(&self, case: CaseRow) -> Result<CaseView, Problem> {
        let id = case.id.as_str();
        Ok(CaseView {
            tasks: read_all(self.db.fetch_all(sql::task::OPEN_OF_CASE, args![id]).await?, TaskRow::read)?,
            events: read_all(self.db.fetch_all(sql::case::EVENTS, args![id]).await?, EventRow::read)?,
            pauses: read_all(self.db.fetch_all(sql::case::PAUSES, args![id]).await?, PauseRow::read)?,
            supplements: read_all(self.db.fetch_all(sql::case::SUPPLEMENTS, args![id]).await?, SupplementRow::read)?,
            documents: read_all(self.db.fetch_all(sql::draft::DOCUMENTS_OF_CASE, args![id]).await?, DocumentRow::read)?,
            fees: read_all(self.db.fetch_all(sql::record::FEES, args![id]).await?, FeeRow::read)?,
            payments: read_all(self.db.fetch_all(sql::record::PAYMENTS, args![id]).await?, PaymentRow::read)?,
            forms: read_all(self.db.fetch_all(sql::record::FORMS, args![id]).await?, FormRow::read)?,
            case,
        })
    }

    /// The actor's cases, newest first, before a moment.
    ///
    /// # Errors
    /// What the database says.
    pub async fn own_cases(
        &self,
        actor: &Actor,
        before: Option<Timestamp>,
        limit: i64,
    ) -> Result<Vec<CaseRow>, Problem> {
        let mut before = before.map_or(i64::MAX, haidang_kernel::time::micros);
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut cases: Vec<CaseRow> = Vec::new();
        // Whoever is authorised for some procedures sees cases of those alone, page by page.
        loop {
            let rows = self.db.fetch_all(sql::case::OF_OWNER, args![actor.subject().as_str(), before, limit]).await?;
            let some: Vec<CaseRow> = read_all(rows, CaseRow::read)?;
            let full = some.len() == wanted;
            let last = some.last().map(|case| haidang_kernel::time::micros(case.submitted_at));
            cases.extend(some.into_iter().filter(|case| actor.may_act_in(&case.procedure_code)));
            match last {
                Some(last) if full && cases.len() < wanted => before = last,
                _ => break,
            }
        }
        cases.truncate(wanted);
        Ok(cases)
    }

    /// Status and dates for whoever holds the receipt: the number and the code printed on it. The same words, in the
    /// same time, for a wrong number and for a wrong code.
    ///
    /// # Errors
    /// `case_not_found`.
    pub async fn look_up(&self, case_no: &str, code: &str) -> Result<CaseView, Problem> {
        let row = self.db.fetch_optional(sql::case::BY_NO, args![case_no.trim()]).await?;
        let case = row.as_ref().map(CaseRow::read).transpose()?;
        let given: String = code.trim().to_uppercase().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        let wanted = case.as_ref().map_or("--------", |case| case.lookup_code.as_str());
        match case.as_ref().filter(|_| bool::from(wanted.as_bytes().ct_eq(given.as_bytes()))) {
            Some(case) => self.whole(case.clone()).await,
            None => Err(case_not_found()),
        }
    }

    /// The same by the secret of the receipt's QR code.
    ///
    /// # Errors
    /// `case_not_found`.
    pub async fn look_up_token(&self, token: &str) -> Result<CaseView, Problem> {
        let row = self.db.fetch_optional(sql::case::BY_TOKEN, args![token]).await?.ok_or_else(case_not_found)?;
        self.whole(CaseRow::read(&row)?).await
    }

    /// Fee lines of a case.
    ///
    /// # Errors
    /// What the database says.
    pub async fn fee_rows(&self, id: &CaseId) -> Result<Vec<FeeRow>, Problem> {
        read_all(self.db.fetch_all(sql::record::FEES, args![id.as_str()]).await?, FeeRow::read)
    }

    /// Cases found by number, by citizen or tax number, or by name with or without accents, within the official's
    /// units. One record of access for the whole page.
    ///
    /// # Errors
    /// What the database says.
    pub async fn find_cases(
        &self,
        actor: &Actor,
        query: &str,
        limit: i64,
        request_id: &str,
    ) -> Result<Vec<CaseRow>, Problem> {
        let query = query.trim();
        if query.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        if let Some(row) = self.db.fetch_optional(sql::case::BY_NO, args![query.to_uppercase()]).await? {
            found.push(CaseRow::read(&row)?);
        }
        let digits: String = query.chars().filter(char::is_ascii_digit).collect();
        if found.is_empty() && digits.len() >= 9 {
            found =
                read_all(self.db.fetch_all(sql::inbox::FIND_BY_NUMBER, args![digits, limit]).await?, CaseRow::read)?;
        }
        if found.is_empty() {
            let key = text::search_key(query);
            let end = format!("{key}\u{10FFFF}");
            found = read_all(
                self.db.fetch_all(sql::inbox::FIND_BY_NAME, args![key, end, limit * 4]).await?,
                CaseRow::read,
            )?;
        }
        found.retain(|case| may_see(actor, case));
        found.truncate(usize::try_from(limit).unwrap_or(50));
        let entry = AuditEntry::read("case.searched", ActorRef::of(actor, "office"))
            .object("case", "search")
            .request(request_id)
            .because(super::writing::LEGAL_BASIS, "tìm hồ sơ")
            .subjects(found.iter().filter_map(|case| case.owner_number.clone()));
        self.db.record_read(entry).await?;
        Ok(found)
    }
}
