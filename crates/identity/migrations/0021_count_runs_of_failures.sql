ALTER TABLE identity_attempt ADD COLUMN run BIGINT;
