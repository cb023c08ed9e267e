ALTER TABLE identity_client ADD COLUMN suspended_at BIGINT;
ALTER TABLE identity_client ADD COLUMN registration_sha256 TEXT;
