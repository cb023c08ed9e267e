-- Guardians as the population registry names them (BLDS 91/2015/QH13 Điều 46 to 63). A guardianship over a minor ends
-- with majority; one over an adult who lost legal capacity ends with the court's decision.
CREATE TABLE identity_guardianship (
  guardian TEXT NOT NULL,
  ward TEXT NOT NULL,
  decision TEXT NOT NULL,
  of_adult BOOLEAN NOT NULL,
  valid_from TEXT,
  valid_to TEXT,
  PRIMARY KEY (guardian, ward)
);
