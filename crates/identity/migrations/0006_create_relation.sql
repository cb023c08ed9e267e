CREATE TABLE identity_relation (
  person TEXT NOT NULL,
  other TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('child', 'parent', 'spouse', 'represents')),
  valid_from TEXT,
  valid_to TEXT,
  PRIMARY KEY (person, other, kind)
);
