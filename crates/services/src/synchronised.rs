//! What this room tells of its cases to whoever reports them to others (`contracts::synchronisation`).

use crate::cases::reading::CaseView;
use crate::cases::row::{CaseRow, EventRow};
use crate::cases::trail::ResultRow;
use crate::procedure::Version;
use crate::service::{Services, system_person};
use crate::sql;
use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::synchronisation::{
    CaseOfDay, CaseStories, CaseStory, DecidedCase, DecidedCases, Disclosure, ReportedCase, StoryActor, StoryEvent,
    StoryFee, StoryPaper, StoryResult, StorySupplement, SyncTrack,
};
use haidang_kernel::id::Id;
use haidang_kernel::number::CitizenNo;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_kernel::time;
use haidang_store::{ActorRef, AuditEntry, StoreError, args};
use jiff::civil::Date;

/// By what law cases are told to the national portal.
const LEGAL_BASIS: &str = "118/2025/NĐ-CP";

fn unavailable(error: StoreError) -> ContractError {
    ContractError::Unavailable(error.to_string())
}

fn failed(problem: Problem) -> ContractError {
    ContractError::Unavailable(problem.code.to_owned())
}

/// Every case is told to the portal unless its procedure says no.
fn is_reported(version: &Version) -> bool {
    version.procedure.sync.as_ref().is_none_or(|sync| sync.dvcqg)
}

fn actor(event: &EventRow) -> StoryActor {
    match &event.agency {
        _ if event.actor_id == system_person() => StoryActor::System,
        Some(agency) => StoryActor::Official {
            name: event.actor_name.clone(),
            title: event.actor_title.clone().unwrap_or_default(),
            agency: agency.clone(),
        },
        None => StoryActor::Applicant,
    }
}

fn results(rows: Vec<ResultRow>, origin: &str) -> Vec<StoryResult> {
    rows.into_iter()
        .filter_map(|row| {
            Some(StoryResult {
                address: format!("{origin}/kq/{}", row.token.as_deref()?),
                issued_at: row.issued_at?,
                id: row.id.as_str().to_owned(),
                code: row.code,
                title: row.title,
                revoked_at: row.revoked_at,
            })
        })
        .collect()
}

fn story(view: CaseView, version: &Version, agency_name: String, results: Vec<StoryResult>) -> CaseStory {
    let case = view.case;
    let event = |row: &EventRow| StoryEvent {
        seq: row.seq,
        action: row.action.clone(),
        status: row.to_state.national(),
        by: actor(row),
        at: row.at,
    };
    CaseStory {
        id: case.id.as_str().to_owned(),
        agency: case.deciding_agency().to_owned(),
        case_no: case.case_no,
        procedure: case.procedure_code,
        procedure_name: version.procedure.name.clone(),
        field: version.procedure.field.code.clone().unwrap_or_default(),
        field_name: version.procedure.field.name.clone(),
        owner_name: case.owner_name,
        // A person is known by a citizen number, an organisation by a tax number.
        owner_is_organisation: case.owner_number.as_deref().is_some_and(|number| CitizenNo::parse(number).is_err()),
        channel: case.channel.as_str().to_owned(),
        agency_name,
        accepted_at: case.accepted_at,
        promised_at: case.promised_at.or(case.due_at),
        ended_at: case.ended_at,
        returned_at: case.returned_at,
        events: view.events.iter().map(event).collect(),
        papers: view
            .documents
            .into_iter()
            .map(|row| StoryPaper {
                id: row.id.as_str().to_owned(),
                code: row.component_code,
                file_name: row.file_name,
                origin: row.origin,
                at: row.uploaded_at,
            })
            .collect(),
        fees: view
            .fees
            .into_iter()
            .map(|row| StoryFee {
                code: row.code,
                kind: row.kind,
                name: row.name,
                amount: row.amount.dong(),
                collect_at: row.collect_at,
            })
            .collect(),
        supplements: view
            .supplements
            .into_iter()
            .map(|row| StorySupplement {
                seq: row.seq,
                reason: row.reason,
                asked_at: row.asked_at,
                answered_at: row.answered_at,
                due_before: row.old_due_at,
                due_after: row.new_due_at,
            })
            .collect(),
        results,
    }
}

impl Services {
    async fn case_or_none(&self, id: &str) -> Result<Option<CaseRow>, ContractError> {
        let Ok(id) = Id::parse(id) else { return Ok(None) };
        match self.case(&id).await {
            Ok(case) => Ok(Some(case)),
            Err(problem) if problem.kind == ProblemKind::NotFound => Ok(None),
            Err(problem) => Err(failed(problem)),
        }
    }
}

#[async_trait]
impl CaseStories for Services {
    async fn reported_case(&self, id: &str) -> Result<Option<ReportedCase>, ContractError> {
        let Some(case) = self.case_or_none(id).await? else { return Ok(None) };
        let version = self.version(&case.version_id).map_err(failed)?;
        if !is_reported(&version) {
            return Ok(None);
        }
        let last = self.db.fetch_optional(sql::case::LAST_SEQ, args![case.id.as_str()]).await.map_err(unavailable)?;
        let last_seq = last.map(|row| row.integer("seq")).transpose().map_err(unavailable)?.unwrap_or_default();
        Ok(Some(ReportedCase {
            agency: case.deciding_agency().to_owned(),
            status: case.state.national(),
            case_no: case.case_no,
            procedure: case.procedure_code,
            last_seq,
        }))
    }

    async fn case_story(&self, id: &str, discloses: bool) -> Result<Option<CaseStory>, ContractError> {
        let Some(case) = self.case_or_none(id).await? else { return Ok(None) };
        let version = self.version(&case.version_id).map_err(failed)?;
        let agency = self.directory.agency(case.deciding_agency()).await?;
        if discloses {
            let entry = AuditEntry::read("case.reported", ActorRef::system())
                .object("case", case.id.as_str())
                .because(LEGAL_BASIS, "đồng bộ hồ sơ với Cổng Dịch vụ công quốc gia")
                .subjects(case.owner_number.clone());
            self.db.record_read(entry).await.map_err(unavailable)?;
        }
        let results = results(self.results(&case.id).await.map_err(failed)?, &self.settings.origin);
        let name = agency.map_or_else(|| case.deciding_agency().to_owned(), |agency| agency.name_vi);
        let view = self.whole(case).await.map_err(failed)?;
        Ok(Some(story(view, &version, name, results)))
    }

    async fn cases_of_day(&self, day: Date, after: &str, limit: i64) -> Result<Vec<CaseOfDay>, ContractError> {
        let start = time::at(day.to_datetime(jiff::civil::Time::midnight()));
        let end = day.tomorrow().map_or(start, |next| time::at(next.to_datetime(jiff::civil::Time::midnight())));
        let rows = self.db.fetch_all(sql::case::OF_DAY, args![start, end, after, limit]).await.map_err(unavailable)?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let version = self.version(&row.text("version_id").map_err(unavailable)?).map_err(failed)?;
            found.push(CaseOfDay {
                id: row.text("id").map_err(unavailable)?,
                case_no: row.text("case_no").map_err(unavailable)?,
                status: row.integer("national_status").map_err(unavailable)?,
                reported: is_reported(&version),
            });
        }
        Ok(found)
    }

    async fn note_synchronised(&self, id: &str, seq: i64, track: SyncTrack) -> Result<(), ContractError> {
        let word = match track {
            SyncTrack::Clean => "clean",
            SyncTrack::Failed => "failed",
            SyncTrack::Conflict => "conflict",
        };
        self.db.execute(sql::case::NOTE_SYNCHRONISED, args![id, seq, word]).await.map_err(unavailable)?;
        Ok(())
    }
}

#[async_trait]
impl DecidedCases for Services {
    async fn decided_case(
        &self,
        id: &str,
        discloses: Option<&Disclosure>,
    ) -> Result<Option<DecidedCase>, ContractError> {
        let Some(case) = self.case_or_none(id).await? else { return Ok(None) };
        let version = self.version(&case.version_id).map_err(failed)?;
        let Some(owner) = self.identity.person(&case.owner_id).await? else { return Ok(None) };
        let agency = self.directory.agency(case.deciding_agency()).await?;
        if let Some(disclosure) = discloses {
            let entry = AuditEntry::read("case.shared", ActorRef::system())
                .object("case", case.id.as_str())
                .because(&disclosure.legal_basis, &disclosure.purpose)
                .subjects(case.owner_number.clone());
            self.db.record_read(entry).await.map_err(unavailable)?;
        }
        let issued = self.results(&case.id).await.map_err(failed)?;
        let issued = issued.into_iter().find(|row| row.issued_at.is_some() && row.revoked_at.is_none());
        let facts = self.facts(&version, &case.answers, case.channel, &owner, agency.as_ref());
        let view = self.whole(case).await.map_err(failed)?;
        let by = view.events.iter().rev().find(|event| event.action == "issue").map(|event| event.actor_id.clone());
        let day = |at| time::civil(at).date();
        Ok(Some(DecidedCase {
            agency: view.case.deciding_agency().to_owned(),
            case_no: view.case.case_no,
            procedure: view.case.procedure_code,
            commune: agency.and_then(|agency| agency.commune_code),
            accepted_on: view.case.accepted_at.map(day),
            issued_on: issued.as_ref().and_then(|row| row.issued_at).map(day),
            result_no: issued.and_then(|row| row.number),
            issued_by: by,
            answers: crate::form::relevant(&version, &facts),
        }))
    }
}
