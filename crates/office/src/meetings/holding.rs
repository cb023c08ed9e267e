//! Holding a meeting: opening it, the roll, words, votes, conclusions, closing it.

use super::calling::missing;
use super::model::{Act, Action, Meeting, MeetingPart, MeetingView};
use super::rules::{self, BadLink};
use super::sql;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::model::{NewTask, Source};
use haidang_contracts::actor::PersonId;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{Tx, Value, args};
use haidang_web::UploadedFile;
use serde_json::json;

pub(super) fn invalid(field: &'static str, code: &'static str) -> Problem {
    Problem::invalid("meeting_invalid", "the act is not complete").field(field, code)
}

/// Statements with their values, all of which must take effect.
type Work = Vec<(&'static str, Vec<Value>)>;

/// Whether the meeting, locked from now on, still stands where the act was allowed: two who close and vote at once do not
/// both win.
pub(super) async fn still_allows(tx: &mut Tx<'_>, view: &MeetingView, action: Action) -> Result<(), Problem> {
    let row = tx.lock_one(sql::ONE, args![&view.meeting.id]).await?;
    let state = Meeting::read(&row)?.state;
    rules::may(state, action, &view.roles)
        .map_err(|_| Problem::conflict("meeting_state", "the meeting moved on meanwhile"))
}

fn words(act: &Act, most: usize) -> Result<String, Problem> {
    match act.text.trim().chars().count() {
        0 => Err(invalid("text", "required")),
        length if length > most => Err(invalid("text", "too_long")),
        _ => Ok(act.text.trim().to_owned()),
    }
}

impl OfficeRoom {
    /// Acts in a meeting. Answers the id of what was made, if anything was.
    ///
    /// # Errors
    /// `meeting_not_found`; `meeting_not_yours` for the wrong part; `meeting_state` when it stands elsewhere;
    /// `meeting_invalid` with the fields that are wrong; `quorum_missing`, `vote_open`.
    pub async fn act_in_meeting(
        &self,
        reader: &Reader<'_>,
        id: &str,
        action: Action,
        act: &Act,
    ) -> Result<Option<String>, Problem> {
        let view = self.meeting_for(reader, id).await?;
        rules::may(view.meeting.state, action, &view.roles).map_err(|code| match code {
            "meeting_not_yours" => Problem::forbidden(code, "another part in this meeting acts"),
            _ => Problem::conflict("meeting_state", "the state of the meeting does not allow it"),
        })?;
        match action {
            Action::AskVote => return self.ask_vote(reader, &view, act).await.map(Some),
            Action::GiveTask => return self.task_of_conclusion(reader, &view, act).await.map(Some),
            Action::Approve => return self.approve_minutes(reader, &view).await.map(Some),
            Action::DraftNotice => return self.draft_notice(reader, &view).await.map(Some),
            Action::Join if act.code.trim() != view.meeting.code => return Err(invalid("code", "wrong")),
            _ => {}
        }
        let work = self.meeting_work(reader, &view, action, act).await?;
        self.write_meeting(reader, &view, action, &work).await?;
        if action == Action::Invite {
            for person in act.people.iter().filter_map(|id| PersonId::parse(id).ok()) {
                self.tell_invited(id, &person, view.meeting.starts_at).await;
            }
        }
        Ok(None)
    }

    async fn meeting_work(
        &self,
        reader: &Reader<'_>,
        view: &MeetingView,
        action: Action,
        act: &Act,
    ) -> Result<Work, Problem> {
        let (id, now) = (view.meeting.id.as_str(), self.ambient.now());
        let new: Id<MeetingPart> = self.ambient.new_id();
        let one = |statement: &'static str, values: Vec<Value>| Ok(vec![(statement, values)]);
        match action {
            Action::Open => one(sql::OPEN, args![id, now]),
            Action::Close => one(sql::CLOSE, args![id, now]),
            Action::AddItem => one(sql::INSERT_ITEM, self.meeting_item(id, &text::tidy(&words(act, 300)?))),
            Action::Invite => self.invite_people(view, act).await,
            Action::InviteGuests => {
                let names: Vec<String> =
                    act.lines.iter().map(|name| text::tidy(name)).filter(|name| !name.is_empty()).collect();
                if names.is_empty() {
                    return Err(invalid("lines", "required"));
                }
                Ok(names.iter().map(|name| (sql::INSERT_DELEGATE, self.guest_invitation(id, name))).collect())
            }
            Action::Comment => {
                let item = view.items.iter().find(|item| item.id == act.target).map(|item| item.id.clone());
                let values = args![&new, id, item, reader.person(), words(act, 4000)?, now];
                one(sql::INSERT_COMMENT, values)
            }
            Action::Speak => {
                let about = text::tidy(&act.text).chars().take(300).collect::<String>();
                one(sql::INSERT_SPEAKER, args![&new, id, reader.person(), about, now])
            }
            Action::Call => one(sql::CALL, args![id, act.target.as_str(), now]),
            Action::Join => one(sql::JOIN, args![id, reader.person(), now, "code"]),
            Action::RollCall => {
                if act.people.is_empty() {
                    return Err(invalid("people", "required"));
                }
                Ok(act.people.iter().map(|delegate| (sql::ROLL, args![id, delegate, now])).collect())
            }
            Action::RenewLink => one(sql::RENEW, args![id, self.ambient.token(), rules::code_of(self.ambient.bytes())]),
            Action::CloseVote => one(sql::CLOSE_VOTE, args![act.target.as_str(), id, now]),
            Action::Conclude => self.conclusion_of(view, act).await,
            Action::Note => one(sql::NOTE, args![id, words(act, 50_000)?]),
            Action::AskVote | Action::GiveTask | Action::Approve | Action::DraftNotice => Ok(Vec::new()),
        }
    }

    async fn invite_people(&self, view: &MeetingView, act: &Act) -> Result<Work, Problem> {
        if act.people.is_empty() {
            return Err(invalid("people", "required"));
        }
        let mut work = Work::new();
        for person in &act.people {
            let person = PersonId::parse(person).map_err(|_| invalid("people", "no_official"))?;
            work.push((sql::INSERT_DELEGATE, self.invitation(&view.meeting.id, &person, !act.flag).await?));
        }
        Ok(work)
    }

    async fn conclusion_of(&self, view: &MeetingView, act: &Act) -> Result<Work, Problem> {
        let said = words(act, 2000)?;
        let owner = act.people.first().filter(|id| !id.is_empty());
        let mut unit = None;
        if let Some(owner) = owner {
            // Whoever shall do it is in the room: the delegates are the ones to choose from.
            let delegate = view.delegates.iter().find(|one| one.person.as_ref() == Some(owner));
            let delegate = delegate.ok_or_else(|| invalid("owner", "no_delegate"))?;
            unit.clone_from(&delegate.agency);
            if act.due.is_none() {
                return Err(invalid("due", "required"));
            }
        }
        if act.due.is_some_and(|due| due < self.ambient.today()) {
            return Err(invalid("due", "past"));
        }
        let id: Id<MeetingPart> = self.ambient.new_id();
        Ok(vec![(sql::INSERT_CONCLUSION, args![&id, &view.meeting.id, said, owner.cloned(), unit, act.due])])
    }

    /// Writes; an act that finds everything done already is refused, but for those that may be repeated.
    async fn write_meeting(
        &self,
        reader: &Reader<'_>,
        view: &MeetingView,
        action: Action,
        work: &Work,
    ) -> Result<(), Problem> {
        let meeting = &view.meeting;
        let entry = reader
            .change("meeting.acted", "meeting", &meeting.id, &meeting.agency)
            .detail(json!({ "action": action.as_str() }));
        let repeats = matches!(action, Action::Join | Action::RollCall | Action::Invite | Action::GiveTask);
        let entry = &entry;
        let done = self
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    still_allows(tx, view, action).await?;
                    let mut changed = 0;
                    for (statement, values) in work {
                        changed += tx.execute(*statement, values.clone()).await?;
                    }
                    if changed > 0 {
                        tx.audit(entry.clone()).await?;
                    }
                    Ok::<_, Problem>(changed > 0)
                })
            })
            .await?;
        match (done || repeats, action) {
            (true, _) => Ok(()),
            (false, Action::Close) => Err(Problem::conflict("vote_open", "a vote is still open")),
            (false, _) => Err(Problem::conflict("meeting_state", "it was done before, or the meeting moved on")),
        }
    }

    /// The token of a link of the roll-call; those who lead show it.
    ///
    /// # Errors
    /// `meeting_not_found`, `meeting_not_yours`.
    pub async fn meeting_link(
        &self,
        reader: &Reader<'_>,
        id: &str,
        secret: &[u8],
    ) -> Result<(String, String), Problem> {
        let view = self.meeting_for(reader, id).await?;
        rules::may(view.meeting.state, Action::RenewLink, &view.roles)
            .map_err(|code| Problem::forbidden(code, "those who lead show the link, until the session is closed"))?;
        let now = self.ambient.now();
        let minutes = jiff::SignedDuration::from_mins(self.meetings.link_minutes);
        let until = now.saturating_add(minutes).unwrap_or(now);
        Ok((rules::link_token(secret, id, &view.meeting.door, until), view.meeting.code))
    }

    /// The meeting behind a link, for one of its people.
    ///
    /// # Errors
    /// `meeting_not_found` for a forged link and for everybody who is not invited, `meeting_link_expired`.
    pub async fn meeting_by_link(
        &self,
        reader: &Reader<'_>,
        token: &str,
        secret: &[u8],
    ) -> Result<MeetingView, Problem> {
        let id = rules::meeting_of(token).ok_or_else(missing)?;
        let meeting = self.stored_meeting(id).await?;
        match rules::check_link(secret, token, id, &meeting.door, self.ambient.now()) {
            Ok(()) => self.meeting_for(reader, id).await,
            Err(BadLink::Forged) => Err(missing()),
            Err(BadLink::Expired) => {
                self.meeting_for(reader, id).await?;
                Err(Problem::gone("meeting_link_expired", "the link of the roll-call is too old"))
            }
        }
    }

    /// Joins by the link: present from now on. Joining twice is joining once.
    ///
    /// # Errors
    /// As [`OfficeRoom::meeting_by_link`]; `meeting_state` before the session and after it.
    pub async fn join_meeting(&self, reader: &Reader<'_>, token: &str, secret: &[u8]) -> Result<String, Problem> {
        let view = self.meeting_by_link(reader, token, secret).await?;
        rules::may(view.meeting.state, Action::Join, &view.roles)
            .map_err(|_| Problem::conflict("meeting_state", "the session is not open"))?;
        let id = view.meeting.id.clone();
        let work = vec![(sql::JOIN, args![&id, reader.person(), self.ambient.now(), "qr"])];
        self.write_meeting(reader, &view, Action::Join, &work).await?;
        Ok(id)
    }

    /// One click: the task of a conclusion that names who and until when.
    async fn task_of_conclusion(&self, reader: &Reader<'_>, view: &MeetingView, act: &Act) -> Result<String, Problem> {
        let found = view.conclusions.iter().find(|one| one.id == act.target);
        let conclusion = found.ok_or_else(|| invalid("target", "unknown"))?;
        let (Some(owner), Some(unit), Some(due)) = (&conclusion.owner, &conclusion.unit, conclusion.due) else {
            return Err(invalid("target", "unclear"));
        };
        let meeting = &view.meeting;
        let person = |id: &str| PersonId::parse(id).map_err(|_| invalid("target", "unclear"));
        let new = NewTask {
            key: Some(format!("conclusion/{}", conclusion.id)),
            agency: meeting.agency.clone(),
            source: Source::Meeting,
            source_id: Some(meeting.id.clone()),
            source_title: meeting.title.clone(),
            quote: Some(conclusion.text.clone()),
            owner: person(owner)?,
            co_owners: Vec::new(),
            work: conclusion.text.clone(),
            start: Some(self.ambient.today()),
            due,
            unit: unit.clone(),
            leader: (*owner != meeting.chair).then(|| person(&meeting.chair)).transpose()?,
            expected_product: String::new(),
        };
        let task = self.give_task_as(reader, &new).await?;
        let work = vec![(sql::TASKED, args![&meeting.id, &conclusion.id, &task])];
        self.write_meeting(reader, view, Action::GiveTask, &work).await?;
        Ok(task)
    }

    /// Adds a paper; those who lead may until the session is closed.
    ///
    /// # Errors
    /// As [`OfficeRoom::act_in_meeting`].
    pub async fn add_meeting_paper(
        &self,
        reader: &Reader<'_>,
        id: &str,
        item: &str,
        file: &UploadedFile,
    ) -> Result<(), Problem> {
        let view = self.meeting_for(reader, id).await?;
        rules::may(view.meeting.state, Action::AddItem, &view.roles).map_err(|code| match code {
            "meeting_not_yours" => Problem::forbidden(code, "those who lead add papers"),
            _ => Problem::conflict("meeting_state", "the session is closed"),
        })?;
        let content = tokio::fs::File::open(file.path()).await;
        let content =
            content.map_err(|_| Problem::unavailable("upload_storage", "the uploaded file cannot be read"))?;
        let stored = self.blobs.put(content, file.size).await?;
        let new: Id<MeetingPart> = self.ambient.new_id();
        let item = view.items.iter().find(|one| one.id == item).map(|one| one.id.clone());
        let size = i64::try_from(stored.size).unwrap_or(i64::MAX);
        let values = args![
            &new,
            id,
            item,
            &file.name,
            file.media_type(),
            size,
            &stored.sha256,
            reader.person(),
            self.ambient.now()
        ];
        let entry = reader
            .change("meeting.paper_added", "meeting", id, &view.meeting.agency)
            .detail(json!({ "sha256": stored.sha256 }));
        let (values, entry, stored) = (&values, &entry, &stored);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    tx.execute(sql::INSERT_PAPER, values.clone()).await?;
                    tx.keep_blob(stored).await?;
                    tx.audit(entry.clone()).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }
}
