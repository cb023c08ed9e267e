CREATE TABLE identity_upstream_account (
  upstream TEXT NOT NULL,
  subject TEXT NOT NULL,
  person TEXT NOT NULL,
  linked_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  PRIMARY KEY (upstream, subject)
);
CREATE UNIQUE INDEX identity_upstream_account_person ON identity_upstream_account (person, upstream);
