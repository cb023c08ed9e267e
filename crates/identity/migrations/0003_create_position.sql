CREATE TABLE identity_position (
  id TEXT PRIMARY KEY,
  person TEXT NOT NULL,
  agency TEXT NOT NULL,
  role TEXT NOT NULL,
  title TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT
);
CREATE INDEX identity_position_person ON identity_position (person);
CREATE INDEX identity_position_holder ON identity_position (agency, role);
