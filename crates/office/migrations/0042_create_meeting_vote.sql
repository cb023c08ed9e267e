CREATE TABLE office_meeting_vote (
    id TEXT PRIMARY KEY,
    meeting_id TEXT NOT NULL REFERENCES office_meeting (id),
    question TEXT NOT NULL,
    secret BOOLEAN NOT NULL,
    open BOOLEAN NOT NULL,
    eligible BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT
);
CREATE INDEX office_meeting_vote_by_meeting ON office_meeting_vote (meeting_id, id);
-- What was chosen is only counted: of a secret vote nothing else is kept, so nothing leads back to a voter or an order.
CREATE TABLE office_meeting_choice (
    vote_id TEXT NOT NULL REFERENCES office_meeting_vote (id),
    position BIGINT NOT NULL,
    words TEXT NOT NULL,
    chosen BIGINT NOT NULL,
    PRIMARY KEY (vote_id, position)
);
-- Who has used their ballot, without time and without choice.
CREATE TABLE office_meeting_ballot_used (
    vote_id TEXT NOT NULL REFERENCES office_meeting_vote (id),
    person_id TEXT NOT NULL,
    PRIMARY KEY (vote_id, person_id)
);
-- Who chose what, of open votes alone.
CREATE TABLE office_meeting_open_ballot (
    vote_id TEXT NOT NULL REFERENCES office_meeting_vote (id),
    person_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (vote_id, person_id)
);
