//! Every statement about meetings.

macro_rules! columns {
    () => {
        "id, agency, title, place, starts_at, ends_at, chair_id, secretary_id, quorum_percent, state, door, code, notes, opened_at, closed_at, minutes_sha256, notice_id"
    };
}

/// Adds a meeting.
pub const INSERT: &str = "INSERT INTO office_meeting (id, agency, title, place, starts_at, ends_at, chair_id, secretary_id, quorum_percent, state, door, code, notes, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'planned', $10, $11, '', $12)";

/// One meeting.
pub const ONE: &str = concat!("SELECT ", columns!(), " FROM office_meeting WHERE id = $1");

/// Meetings of somebody between two moments, by begin.
pub const OF_PERSON: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM office_meeting WHERE starts_at >= $2 AND starts_at < $3 AND (chair_id = $1 OR secretary_id = $1 OR id IN (SELECT meeting_id FROM office_meeting_delegate WHERE person_id = $1)) ORDER BY starts_at, id LIMIT 200"
);

/// Opens a meeting.
pub const OPEN: &str = "UPDATE office_meeting SET state = 'open', opened_at = $2 WHERE id = $1 AND state = 'planned'";

/// Closes a meeting in which no vote is open.
pub const CLOSE: &str = "UPDATE office_meeting SET state = 'closed', closed_at = $2 WHERE id = $1 AND state = 'open' AND NOT EXISTS (SELECT 1 FROM office_meeting_vote WHERE meeting_id = $1 AND open)";

/// Approves the minutes.
pub const APPROVE: &str = "UPDATE office_meeting SET state = 'approved', approved_at = $2, minutes_sha256 = $3 WHERE id = $1 AND state = 'closed' AND notes = $4 AND (SELECT COUNT(*) FROM office_meeting_conclusion WHERE meeting_id = $1) = $5";

/// Writes the course of the session.
pub const NOTE: &str = "UPDATE office_meeting SET notes = $2 WHERE id = $1 AND state IN ('open', 'closed')";

/// Makes former links and the former code worthless.
pub const RENEW: &str = "UPDATE office_meeting SET door = $2, code = $3 WHERE id = $1 AND state IN ('planned', 'open')";

/// Remembers the drafted notice, once.
pub const NOTICE: &str = "UPDATE office_meeting SET notice_id = $2 WHERE id = $1 AND notice_id IS NULL";

/// Adds to the agenda.
pub const INSERT_ITEM: &str = "INSERT INTO office_meeting_item (id, meeting_id, title) VALUES ($1, $2, $3)";
/// The agenda.
pub const ITEMS: &str = "SELECT id, title FROM office_meeting_item WHERE meeting_id = $1 ORDER BY id";

/// Adds a paper.
pub const INSERT_PAPER: &str = "INSERT INTO office_meeting_paper (id, meeting_id, item_id, name, media_type, size, sha256, added_by, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
/// The papers.
pub const PAPERS: &str =
    "SELECT id, item_id, name, media_type, size, sha256 FROM office_meeting_paper WHERE meeting_id = $1 ORDER BY id";

/// Invites somebody; whoever is invited stays it.
pub const INSERT_DELEGATE: &str = "INSERT INTO office_meeting_delegate (id, meeting_id, person_id, guest_name, agency, votes) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (meeting_id, person_id) DO NOTHING";
/// Who is invited.
pub const DELEGATES: &str = "SELECT id, person_id, guest_name, agency, votes, present_at, present_by FROM office_meeting_delegate WHERE meeting_id = $1 ORDER BY id";
/// Marks an official as present, once.
pub const JOIN: &str = "UPDATE office_meeting_delegate SET present_at = $3, present_by = $4 WHERE meeting_id = $1 AND person_id = $2 AND present_at IS NULL";
/// Marks a delegate of the roll as present, once.
pub const ROLL: &str = "UPDATE office_meeting_delegate SET present_at = $3, present_by = 'secretary' WHERE meeting_id = $1 AND id = $2 AND present_at IS NULL";

/// Adds a comment.
pub const INSERT_COMMENT: &str =
    "INSERT INTO office_meeting_comment (id, meeting_id, item_id, person_id, said, at) VALUES ($1, $2, $3, $4, $5, $6)";
/// The comments.
pub const COMMENTS: &str =
    "SELECT id, person_id, said, at FROM office_meeting_comment WHERE meeting_id = $1 ORDER BY id";

/// Adds a wish to speak.
pub const INSERT_SPEAKER: &str =
    "INSERT INTO office_meeting_speaker (id, meeting_id, person_id, about, at) VALUES ($1, $2, $3, $4, $5)";
/// Who wishes to speak or spoke, in the order of asking.
pub const SPEAKERS: &str =
    "SELECT id, person_id, about, at, called_at FROM office_meeting_speaker WHERE meeting_id = $1 ORDER BY id";
/// Gives the word, once.
pub const CALL: &str =
    "UPDATE office_meeting_speaker SET called_at = $3 WHERE meeting_id = $1 AND id = $2 AND called_at IS NULL";

/// Puts a question to the vote.
pub const INSERT_VOTE: &str = "INSERT INTO office_meeting_vote (id, meeting_id, question, secret, open, eligible, opened_at) VALUES ($1, $2, $3, $4, TRUE, $5, $6)";
/// Adds a choice, not yet chosen.
pub const INSERT_CHOICE: &str =
    "INSERT INTO office_meeting_choice (vote_id, position, words, chosen) VALUES ($1, $2, $3, 0)";
/// The votes of a meeting, with the ballots used and whether somebody used theirs.
pub const VOTES: &str = "SELECT id, question, secret, open, eligible, (SELECT COUNT(*) FROM office_meeting_ballot_used WHERE vote_id = office_meeting_vote.id) AS used, (SELECT COUNT(*) FROM office_meeting_ballot_used WHERE vote_id = office_meeting_vote.id AND person_id = $2) AS mine FROM office_meeting_vote WHERE meeting_id = $1 ORDER BY id";
/// The choices of a vote.
pub const CHOICES: &str = "SELECT words, chosen FROM office_meeting_choice WHERE vote_id = $1 ORDER BY position";
/// Who chose what, of an open vote.
pub const OPEN_BALLOTS: &str =
    "SELECT person_id, position FROM office_meeting_open_ballot WHERE vote_id = $1 ORDER BY person_id";
/// A vote, to be locked while a ballot is taken.
pub const VOTE: &str = "SELECT id, secret, open FROM office_meeting_vote WHERE id = $1 AND meeting_id = $2";
/// Uses the ballot of somebody, once.
pub const USE_BALLOT: &str = "INSERT INTO office_meeting_ballot_used (vote_id, person_id) VALUES ($1, $2) ON CONFLICT (vote_id, person_id) DO NOTHING";
/// Counts a choice.
pub const COUNT_CHOICE: &str =
    "UPDATE office_meeting_choice SET chosen = chosen + 1 WHERE vote_id = $1 AND position = $2";
/// Keeps who chose what, of an open vote.
pub const INSERT_OPEN_BALLOT: &str =
    "INSERT INTO office_meeting_open_ballot (vote_id, person_id, position) VALUES ($1, $2, $3)";
/// Ends a vote, once.
pub const CLOSE_VOTE: &str =
    "UPDATE office_meeting_vote SET open = FALSE, closed_at = $3 WHERE id = $1 AND meeting_id = $2 AND open";

/// Adds a conclusion.
pub const INSERT_CONCLUSION: &str = "INSERT INTO office_meeting_conclusion (id, meeting_id, said, owner_id, unit, due_on) VALUES ($1, $2, $3, $4, $5, $6)";
/// The conclusions.
pub const CONCLUSIONS: &str =
    "SELECT id, said, owner_id, unit, due_on, task_id FROM office_meeting_conclusion WHERE meeting_id = $1 ORDER BY id";
/// Remembers the task made of a conclusion.
pub const TASKED: &str =
    "UPDATE office_meeting_conclusion SET task_id = $3 WHERE meeting_id = $1 AND id = $2 AND task_id IS NULL";
