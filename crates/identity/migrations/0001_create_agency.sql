CREATE TABLE identity_agency (
  code TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name_vi TEXT NOT NULL,
  name_en TEXT NOT NULL,
  parent TEXT,
  commune_code TEXT,
  valid_from TEXT,
  valid_to TEXT,
  successor TEXT,
  evidence TEXT
);
CREATE INDEX identity_agency_commune ON identity_agency (commune_code);
