CREATE TABLE identity_directory_group (
  id TEXT PRIMARY KEY,
  name_key TEXT NOT NULL,
  attributes TEXT NOT NULL,
  agency TEXT,
  role TEXT,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX identity_directory_group_name ON identity_directory_group (name_key);
CREATE TABLE identity_directory_member (
  group_id TEXT NOT NULL,
  person TEXT NOT NULL,
  position TEXT,
  PRIMARY KEY (group_id, person)
);
CREATE INDEX identity_directory_member_person ON identity_directory_member (person);
