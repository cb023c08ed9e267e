CREATE TABLE identity_person (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('person', 'organisation', 'system')),
  full_name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  name_sort BYTEA NOT NULL,
  citizen_no TEXT,
  tax_no TEXT,
  birth_date TEXT,
  sex TEXT,
  ethnicity TEXT,
  nationality TEXT,
  commune_code TEXT,
  address TEXT,
  phone TEXT,
  email TEXT,
  account_level BIGINT NOT NULL,
  locked BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX identity_person_citizen_no ON identity_person (citizen_no);
CREATE UNIQUE INDEX identity_person_tax_no ON identity_person (tax_no);
