//! Calling a meeting, and looking at it.

use super::model::{
    Conclusion, Delegate, Item, Meeting, MeetingPart, MeetingView, NewMeeting, Paper, Role, Said, Vote,
};
use super::{rules, sql};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::actor::PersonId;
use haidang_contracts::messages::Message;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{Row, StoreError, Value, args};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

/// Capability of those who call meetings.
pub const CONVENE: &str = "meeting.convene";
/// Most people of one meeting.
const MOST_PEOPLE: usize = 500;

pub(super) fn missing() -> Problem {
    Problem::not_found("meeting_not_found", "no such meeting for this reader")
}

fn check_new(new: &NewMeeting) -> Result<(), Problem> {
    let mut problem = Problem::invalid("meeting_invalid", "the meeting is not complete");
    for (field, words, most) in [("title", &new.title, 300), ("place", &new.place, 300)] {
        match words.trim().chars().count() {
            0 => problem = problem.field(field, "required"),
            length if length > most => problem = problem.field(field, "too_long"),
            _ => {}
        }
    }
    if new.ends_at <= new.starts_at {
        problem = problem.field("ends", "before_start");
    }
    if new.quorum_percent.is_some_and(|percent| !(1..=100).contains(&percent)) {
        problem = problem.field("quorum", "out_of_range");
    }
    if new.delegates.is_empty() {
        problem = problem.field("delegates", "required");
    }
    if new.delegates.len() + new.guests.len() > MOST_PEOPLE {
        problem = problem.field("delegates", "too_many");
    }
    if problem.errors.is_empty() { Ok(()) } else { Err(problem) }
}

impl OfficeRoom {
    /// Calls a meeting: whoever calls it chairs it, everybody invited is told.
    ///
    /// # Errors
    /// `not_allowed`, `meeting_invalid` with the fields that are wrong.
    pub async fn call_meeting(&self, reader: &Reader<'_>, new: &NewMeeting) -> Result<String, Problem> {
        if !reader.actor.can_in(CONVENE, &new.agency) {
            return Err(Problem::forbidden("not_allowed", "no post calls meetings in this agency"));
        }
        check_new(new)?;
        let staff = self.office_staff(&new.agency).await?;
        if !staff.iter().any(|member| member.person == new.secretary) {
            return Err(Problem::invalid("meeting_invalid", "the secretary is not of the agency")
                .field("secretary", "not_in_unit"));
        }
        let id: Id<MeetingPart> = self.ambient.new_id();
        let id = id.to_string();
        let chair = reader.actor.person.clone();
        // Whoever chairs votes; whoever keeps the minutes is on the roll and votes only when invited to.
        let mut people: BTreeMap<PersonId, bool> = new.delegates.iter().map(|person| (person.clone(), true)).collect();
        people.insert(chair.clone(), true);
        people.entry(new.secretary.clone()).or_insert(false);
        let mut delegates = Vec::new();
        for (person, votes) in &people {
            delegates.push(self.invitation(&id, person, *votes).await?);
        }
        for guest in new.guests.iter().map(|name| text::tidy(name)).filter(|name| !name.is_empty()) {
            delegates.push(self.guest_invitation(&id, &guest));
        }
        let titles = new.items.iter().map(|title| text::tidy(title)).filter(|title| !title.is_empty());
        let items: Vec<Vec<Value>> = titles.map(|title| self.meeting_item(&id, &title)).collect();
        let values = args![
            &id,
            &new.agency,
            text::tidy(&new.title),
            text::tidy(&new.place),
            new.starts_at,
            new.ends_at,
            chair.as_str(),
            new.secretary.as_str(),
            new.quorum_percent.unwrap_or(self.meetings.quorum_percent),
            self.ambient.token(),
            rules::code_of(self.ambient.bytes()),
            self.ambient.now()
        ];
        let entry = reader.change("meeting.called", "meeting", &id, &new.agency);
        let (values, items, delegates, entry) = (&values, &items, &delegates, &entry);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    tx.execute(sql::INSERT, values.clone()).await?;
                    for item in items {
                        tx.execute(sql::INSERT_ITEM, item.clone()).await?;
                    }
                    for delegate in delegates {
                        tx.execute(sql::INSERT_DELEGATE, delegate.clone()).await?;
                    }
                    tx.audit(entry.clone()).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await?;
        for person in people.keys().filter(|person| **person != chair) {
            self.tell_invited(&id, person, new.starts_at).await;
        }
        Ok(id)
    }

    /// The row of an official who is invited.
    pub(super) async fn invitation(
        &self,
        meeting: &str,
        person: &PersonId,
        votes: bool,
    ) -> Result<Vec<Value>, Problem> {
        let actor = self.identity.actor(person, None).await?;
        let post = actor.as_ref().and_then(|actor| actor.positions.first());
        let unknown =
            || Problem::invalid("meeting_invalid", "somebody invited holds no post").field("delegates", "no_official");
        let agency = post.map(|post| post.agency.clone()).ok_or_else(unknown)?;
        let id: Id<MeetingPart> = self.ambient.new_id();
        Ok(args![&id, meeting, person.as_str(), None::<String>, agency, votes])
    }

    /// The row of a guest.
    pub(super) fn guest_invitation(&self, meeting: &str, name: &str) -> Vec<Value> {
        let id: Id<MeetingPart> = self.ambient.new_id();
        args![&id, meeting, None::<String>, name, None::<String>, false]
    }

    /// The row of an item of the agenda.
    pub(super) fn meeting_item(&self, meeting: &str, title: &str) -> Vec<Value> {
        let id: Id<MeetingPart> = self.ambient.new_id();
        args![&id, meeting, title]
    }

    /// Whoever is invited learns it; the meeting stands also when the message cannot be sent.
    pub(super) async fn tell_invited(&self, meeting: &str, person: &PersonId, starts: Timestamp) {
        let message = Message {
            key: format!("meeting/{meeting}/invited/{}", person.as_str()),
            to: person.clone(),
            template: "meeting_invited".to_owned(),
            data: json!({ "starts": haidang_kernel::format::date_time_table(haidang_ui::Lang::Vi, starts) }),
            case_id: None,
        };
        if let Err(error) = self.notifier.send(&message).await {
            tracing::warn!(meeting, %error, "somebody who is invited could not be told");
        }
    }

    /// Meetings of the reader between two moments, by begin.
    ///
    /// # Errors
    /// What the database says.
    pub async fn meetings_of(
        &self,
        reader: &Reader<'_>,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Meeting>, Problem> {
        let rows = self.db.fetch_all(sql::OF_PERSON, args![reader.person(), from, until]).await?;
        Ok(rows.iter().map(Meeting::read).collect::<Result<_, _>>()?)
    }

    /// A meeting for one of its people; the look is recorded.
    ///
    /// # Errors
    /// `meeting_not_found`, also for everybody else.
    pub async fn open_meeting(&self, reader: &Reader<'_>, id: &str) -> Result<MeetingView, Problem> {
        let view = self.meeting_for(reader, id).await?;
        self.db.record_read(reader.look("meeting.read", "meeting", id, &view.meeting.agency)).await?;
        Ok(view)
    }

    pub(super) async fn stored_meeting(&self, id: &str) -> Result<Meeting, Problem> {
        let row = self.db.fetch_optional(sql::ONE, args![id]).await?.ok_or_else(missing)?;
        Ok(Meeting::read(&row)?)
    }

    pub(super) async fn meeting_for(&self, reader: &Reader<'_>, id: &str) -> Result<MeetingView, Problem> {
        let meeting = self.stored_meeting(id).await?;
        let rows = self.db.fetch_all(sql::DELEGATES, args![id]).await?;
        let delegates: Vec<Delegate> = rows.iter().map(delegate).collect::<Result<_, _>>()?;
        let me = reader.person();
        let mut roles = Vec::new();
        if meeting.chair == me {
            roles.push(Role::Chair);
        }
        if meeting.secretary == me {
            roles.push(Role::Secretary);
        }
        if delegates.iter().any(|one| one.person.as_deref() == Some(me)) {
            roles.push(Role::Delegate);
        }
        if roles.is_empty() {
            return Err(missing());
        }
        let rows = self.db.fetch_all(sql::ITEMS, args![id]).await?;
        let items = rows.iter().map(|row| Ok(Item { id: row.text("id")?, title: row.text("title")? }));
        let items = items.collect::<Result<_, StoreError>>()?;
        let rows = self.db.fetch_all(sql::PAPERS, args![id]).await?;
        let papers = rows.iter().map(paper).collect::<Result<_, _>>()?;
        let comments = self.db.fetch_all(sql::COMMENTS, args![id]).await?;
        let comments = comments.iter().map(|row| said(row, "said", false)).collect::<Result<_, _>>()?;
        let speakers = self.db.fetch_all(sql::SPEAKERS, args![id]).await?;
        let speakers = speakers.iter().map(|row| said(row, "about", true)).collect::<Result<_, _>>()?;
        let rows = self.db.fetch_all(sql::CONCLUSIONS, args![id]).await?;
        let conclusions = rows.iter().map(conclusion).collect::<Result<_, _>>()?;
        let votes = self.votes_of(me, id).await?;
        Ok(MeetingView { meeting, roles, items, papers, delegates, comments, speakers, votes, conclusions })
    }

    async fn votes_of(&self, me: &str, meeting: &str) -> Result<Vec<Vote>, Problem> {
        let mut votes = Vec::new();
        for row in self.db.fetch_all(sql::VOTES, args![meeting, me]).await? {
            let (id, open, secret) = (row.text("id")?, row.boolean("open")?, row.boolean("secret")?);
            let withheld = rules::withholds(secret, open, row.integer("used")?, self.meetings.secret_ballots);
            let mut choices = Vec::new();
            for choice in self.db.fetch_all(sql::CHOICES, args![&id]).await? {
                let chosen = choice.integer("chosen")?;
                // A vote that is still open tells nobody how it stands.
                choices.push((choice.text("words")?, (!open && !withheld).then_some(chosen)));
            }
            let mut ballots = Vec::new();
            if !open && !secret {
                for ballot in self.db.fetch_all(sql::OPEN_BALLOTS, args![&id]).await? {
                    ballots.push((ballot.text("person_id")?, ballot.integer("position")?));
                }
            }
            votes.push(Vote {
                question: row.text("question")?,
                eligible: row.integer("eligible")?,
                used: row.integer("used")?,
                voted: row.integer("mine")? > 0,
                id,
                secret,
                open,
                withheld,
                choices,
                ballots,
            });
        }
        Ok(votes)
    }

    /// What the reader may do in a meeting now.
    pub fn meeting_actions(&self, view: &MeetingView) -> Vec<super::model::Action> {
        rules::allowed(view.meeting.state, &view.roles)
    }
}

fn delegate(row: &Row) -> Result<Delegate, StoreError> {
    Ok(Delegate {
        id: row.text("id")?,
        person: row.opt_text("person_id")?,
        guest: row.opt_text("guest_name")?,
        agency: row.opt_text("agency")?,
        votes: row.boolean("votes")?,
        present_at: row.opt_timestamp("present_at")?,
        present_by: row.opt_text("present_by")?,
    })
}

fn paper(row: &Row) -> Result<Paper, StoreError> {
    Ok(Paper {
        id: row.text("id")?,
        item: row.opt_text("item_id")?,
        name: row.text("name")?,
        media_type: row.text("media_type")?,
        size: row.integer("size")?,
        sha256: row.text("sha256")?,
    })
}

fn said(row: &Row, column: &str, speaker: bool) -> Result<Said, StoreError> {
    Ok(Said {
        id: row.text("id")?,
        person: row.text("person_id")?,
        text: row.text(column)?,
        at: row.timestamp("at")?,
        called_at: if speaker { row.opt_timestamp("called_at")? } else { None },
    })
}

fn conclusion(row: &Row) -> Result<Conclusion, StoreError> {
    Ok(Conclusion {
        id: row.text("id")?,
        text: row.text("said")?,
        owner: row.opt_text("owner_id")?,
        unit: row.opt_text("unit")?,
        due: row.opt_date("due_on")?,
        task: row.opt_text("task_id")?,
    })
}
