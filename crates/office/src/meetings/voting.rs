//! Votes. Of a secret vote three things are kept that cannot be put together again: who used their ballot, without time
//! or choice; how often each choice was chosen, as a number; and that somebody voted, without the choice, in the audit.

use super::holding::{invalid, still_allows};
use super::model::{Act, Action, MeetingPart, MeetingView, State};
use super::{rules, sql};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{Value, args};
use serde_json::json;

/// Most choices of one question.
const MOST_CHOICES: usize = 20;

impl OfficeRoom {
    /// Puts a question to the vote; only with a quorum.
    pub(super) async fn ask_vote(&self, reader: &Reader<'_>, view: &MeetingView, act: &Act) -> Result<String, Problem> {
        let question = text::tidy(&act.text);
        match question.chars().count() {
            0 => return Err(invalid("text", "required")),
            length if length > 1000 => return Err(invalid("text", "too_long")),
            _ => {}
        }
        let mut choices: Vec<String> =
            act.lines.iter().map(|line| text::tidy(line)).filter(|line| !line.is_empty()).collect();
        if choices.is_empty() {
            choices.clone_from(&self.meetings.choices);
        }
        if choices.len() < 2 || choices.len() > MOST_CHOICES {
            return Err(invalid("lines", "two_choices"));
        }
        let meeting = &view.meeting;
        if !rules::has_quorum(&view.delegates, meeting.quorum_percent) {
            return Err(Problem::conflict("quorum_missing", "too few of those who vote are present"));
        }
        let (_, present) = rules::voters(&view.delegates);
        let id: Id<MeetingPart> = self.ambient.new_id();
        let vote = args![&id, &meeting.id, question, act.flag, present, self.ambient.now()];
        let rows: Vec<Vec<Value>> =
            (0_i64..).zip(&choices).map(|(position, words)| args![&id, position, words]).collect();
        let entry = reader
            .change("meeting.acted", "meeting", &meeting.id, &meeting.agency)
            .detail(json!({ "action": "ask_vote", "vote": id.as_str(), "secret": act.flag }));
        let (vote, rows, entry) = (&vote, &rows, &entry);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    still_allows(tx, view, Action::AskVote).await?;
                    tx.execute(sql::INSERT_VOTE, vote.clone()).await?;
                    for row in rows {
                        tx.execute(sql::INSERT_CHOICE, row.clone()).await?;
                    }
                    tx.audit(entry.clone()).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await?;
        Ok(id.to_string())
    }

    /// Takes the ballot of a delegate who is present and votes, once.
    ///
    /// # Errors
    /// `meeting_not_found`, `vote_not_found`; `ballot_not_yours` without a vote or before the roll-call;
    /// `ballot_used`; `vote_closed`; `meeting_invalid` for a choice that there is not.
    pub async fn cast_ballot(
        &self,
        reader: &Reader<'_>,
        meeting: &str,
        vote: &str,
        choice: i64,
    ) -> Result<(), Problem> {
        let view = self.meeting_for(reader, meeting).await?;
        let found = view.votes.iter().find(|one| one.id == vote);
        let found = found.ok_or_else(|| Problem::not_found("vote_not_found", "no such vote of this meeting"))?;
        let mine = view.delegates.iter().find(|one| one.person.as_deref() == Some(reader.person()));
        if !mine.is_some_and(|one| one.votes && one.present_at.is_some()) {
            return Err(Problem::forbidden("ballot_not_yours", "only delegates who vote and are present do"));
        }
        let known = usize::try_from(choice).is_ok_and(|place| place < found.choices.len());
        if !known {
            return Err(invalid("choice", "required"));
        }
        if view.meeting.state != State::Open {
            return Err(closed());
        }
        let secret = found.secret;
        let entry = reader.change("meeting.voted", "meeting_vote", vote, &view.meeting.agency);
        let (entry, person) = (&entry, reader.person());
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    // Whoever closes the vote waits for this ballot, or this ballot finds it closed.
                    let row = tx.lock_optional(sql::VOTE, args![vote, meeting]).await?;
                    if !row.map(|row| row.boolean("open")).transpose()?.unwrap_or(false) {
                        return Err(closed());
                    }
                    if tx.execute(sql::USE_BALLOT, args![vote, person]).await? == 0 {
                        return Err(Problem::conflict("ballot_used", "this delegate has voted"));
                    }
                    tx.execute(sql::COUNT_CHOICE, args![vote, choice]).await?;
                    if !secret {
                        tx.execute(sql::INSERT_OPEN_BALLOT, args![vote, person, choice]).await?;
                    }
                    tx.audit(entry.clone()).await?;
                    Ok(())
                })
            })
            .await
    }
}

fn closed() -> Problem {
    Problem::conflict("vote_closed", "the vote is closed")
}
