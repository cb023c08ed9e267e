CREATE TABLE identity_delegation (
  id TEXT PRIMARY KEY,
  giver TEXT NOT NULL,
  taker TEXT NOT NULL,
  agency TEXT NOT NULL,
  role TEXT NOT NULL,
  title TEXT NOT NULL,
  reason TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('proposed', 'accepted', 'declined', 'revoked')),
  created_at BIGINT NOT NULL,
  answered_at BIGINT,
  revoked_at BIGINT,
  noticed_at BIGINT
);
CREATE INDEX identity_delegation_taker ON identity_delegation (taker, state);
CREATE INDEX identity_delegation_giver ON identity_delegation (giver);
