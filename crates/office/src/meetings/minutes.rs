//! The minutes as a paper, and the notice of conclusions as a draft.

use super::holding::still_allows;
use super::model::{Action, MeetingView, State};
use super::{rules, sql};
use crate::documents::DraftForm;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::looking::Names;
use haidang_contracts::papers::PaperRequest;
use haidang_kernel::format;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_store::args;
use haidang_ui::Lang;
use serde_json::{Value as Json, json};

/// Template of the pack.
const TEMPLATE: &str = "meetings/minutes";

impl OfficeRoom {
    /// What the minutes print: the record of the meeting in the words of the city's official language.
    pub(super) async fn minutes_data(&self, view: &MeetingView) -> Result<Json, Problem> {
        let meeting = &view.meeting;
        let mut names = Names::new(self);
        let (mut present, mut absent) = (Vec::new(), Vec::new());
        for delegate in &view.delegates {
            let mut name = match &delegate.person {
                Some(person) => names.person(person).await?,
                None => delegate.guest.clone().unwrap_or_default(),
            };
            if let Some(agency) = &delegate.agency {
                name = format!("{name}, {}", names.agency(agency).await?);
            }
            if delegate.present_at.is_some() { present.push(name) } else { absent.push(name) }
        }
        let mut votes = Vec::new();
        for vote in view.votes.iter().filter(|vote| !vote.open) {
            let least = vote.withheld.then_some(self.meetings.secret_ballots);
            let results: Vec<Json> = vote
                .choices
                .iter()
                .filter(|_| !vote.withheld)
                .map(|(words, chosen)| json!({ "choice": words, "count": chosen.unwrap_or_default() }))
                .collect();
            votes.push(json!({
                "question": vote.question, "secret": vote.secret, "eligible": vote.eligible, "used": vote.used,
                "results": results, "withheld": least,
            }));
        }
        let mut conclusions = Vec::new();
        for one in &view.conclusions {
            let owner = match &one.owner {
                Some(owner) => Some(names.person(owner).await?),
                None => None,
            };
            let due = one.due.map(|day| format::date_table(Lang::Vi, day));
            conclusions.push(json!({ "text": one.text, "owner": owner, "due": due }));
        }
        let (invited, voting) = rules::voters(&view.delegates);
        let moment =
            |at: Option<jiff::Timestamp>| at.map(|at| format::date_time_text(Lang::Vi, at)).unwrap_or_default();
        Ok(json!({
            "organ": names.agency(&meeting.agency).await?,
            "date": time::civil(meeting.opened_at.unwrap_or(meeting.starts_at)).date().to_string(),
            "title": meeting.title,
            "place": meeting.place,
            "opened": moment(meeting.opened_at),
            "closed": moment(meeting.closed_at),
            "chair": names.person(&meeting.chair).await?,
            "secretary": names.person(&meeting.secretary).await?,
            "present": present,
            "absent": absent,
            "voters": { "invited": invited, "present": voting, "needed": rules::needed(invited, meeting.quorum_percent) },
            "agenda": view.items.iter().map(|item| item.title.clone()).collect::<Vec<_>>(),
            "notes": meeting.notes.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>(),
            "votes": votes,
            "conclusions": conclusions,
        }))
    }

    /// Typesets the minutes, keeps them, and closes the book on the meeting.
    pub(super) async fn approve_minutes(&self, reader: &Reader<'_>, view: &MeetingView) -> Result<String, Problem> {
        let meeting = &view.meeting;
        if meeting.notes.trim().is_empty() {
            return Err(Problem::conflict("minutes_empty", "the course of the session is not written yet"));
        }
        let request = PaperRequest {
            template: TEMPLATE.to_owned(),
            data: self.minutes_data(view).await?,
            title: meeting.title.clone(),
            language: "vi".to_owned(),
            dated: self.ambient.now().as_microsecond(),
            attachments: Vec::new(),
        };
        let paper = self.typesetting.typeset(&request).await?;
        let stored = self.blobs.put_bytes(&paper.bytes).await?;
        let entry = reader
            .change("meeting.acted", "meeting", &meeting.id, &meeting.agency)
            .detail(json!({ "action": "approve", "sha256": stored.sha256 }));
        // Notes and conclusions as they were typeset: what was changed meanwhile is not approved.
        let conclusions = i64::try_from(view.conclusions.len()).unwrap_or(i64::MAX);
        let values = args![&meeting.id, self.ambient.now(), &stored.sha256, &meeting.notes, conclusions];
        let (values, entry, blob) = (&values, &entry, &stored);
        let done = self
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    still_allows(tx, view, Action::Approve).await?;
                    if tx.execute(sql::APPROVE, values.clone()).await? == 0 {
                        return Ok(false);
                    }
                    tx.keep_blob(blob).await?;
                    tx.audit(entry.clone()).await?;
                    Ok::<_, Problem>(true)
                })
            })
            .await?;
        if !done {
            return Err(Problem::conflict("meeting_state", "the minutes were changed or approved meanwhile"));
        }
        Ok(stored.sha256)
    }

    /// The approved minutes as a file: their SHA-256 and the name to save them under; the look is recorded.
    ///
    /// # Errors
    /// `meeting_not_found`, `minutes_not_found` before they are approved.
    pub async fn minutes_file(&self, reader: &Reader<'_>, id: &str) -> Result<(String, String), Problem> {
        let view = self.meeting_for(reader, id).await?;
        let missing = || Problem::not_found("minutes_not_found", "the minutes are not approved yet");
        let sha256 = view.meeting.minutes_sha256.ok_or_else(missing)?;
        let look = reader.look("meeting.minutes_read", "meeting", id, &view.meeting.agency);
        self.db.record_read(look).await?;
        Ok((sha256, format!("{}.pdf", view.meeting.title)))
    }

    /// Drafts the notice of conclusions as a document of its own, which then takes the way of every document; once.
    pub(super) async fn draft_notice(&self, reader: &Reader<'_>, view: &MeetingView) -> Result<String, Problem> {
        let meeting = &view.meeting;
        if let Some(known) = &meeting.notice {
            return Ok(known.clone());
        }
        if view.conclusions.is_empty() || !matches!(meeting.state, State::Closed | State::Approved) {
            return Err(Problem::conflict("conclusions_missing", "there is no conclusion to announce"));
        }
        let mut names = Names::new(self);
        let mut receivers: Vec<String> = Vec::new();
        for agency in view.delegates.iter().filter_map(|one| one.agency.as_ref()) {
            let name = names.agency(agency).await?;
            if !receivers.contains(&name) {
                receivers.push(name);
            }
        }
        let body: Vec<String> =
            view.conclusions.iter().enumerate().map(|(index, one)| format!("{}. {}", index + 1, one.text)).collect();
        let subject: String = format!("Kết luận {}", meeting.title).chars().take(500).collect();
        let form = DraftForm {
            agency: meeting.agency.clone(),
            course: "out".to_owned(),
            kind: self.meetings.notice_kind.clone(),
            subject,
            recipients: receivers.join("\n"),
            body: body.join("\n\n"),
            signer: meeting.chair.clone(),
            ..DraftForm::default()
        };
        let document = self.draft_document(reader, &form).await?;
        let entry = reader
            .change("meeting.acted", "meeting", &meeting.id, &meeting.agency)
            .detail(json!({ "action": "draft_notice", "document": document }));
        let values = args![&meeting.id, &document];
        let (values, entry) = (&values, &entry);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    tx.execute(sql::NOTICE, values.clone()).await?;
                    tx.audit(entry.clone()).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await?;
        Ok(document)
    }
}
