ALTER TABLE identity_directory_user ADD COLUMN gone_at BIGINT;
ALTER TABLE identity_directory_user ADD COLUMN stays_locked BOOLEAN;
