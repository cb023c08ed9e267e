-- A question about an access is a complaint that somebody answers.
ALTER TABLE vault_access_question ADD COLUMN state TEXT NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'JUSTIFIED', 'UPHELD'));
ALTER TABLE vault_access_question ADD COLUMN answer TEXT;
ALTER TABLE vault_access_question ADD COLUMN answered_by TEXT;
ALTER TABLE vault_access_question ADD COLUMN answered_at BIGINT;
