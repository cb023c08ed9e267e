ALTER TABLE identity_position ADD COLUMN origin TEXT;
ALTER TABLE identity_position ADD COLUMN given_by TEXT;
ALTER TABLE identity_position ADD COLUMN given_at BIGINT;
ALTER TABLE identity_position ADD COLUMN ended_by TEXT;
ALTER TABLE identity_position ADD COLUMN ended_at BIGINT;
ALTER TABLE identity_position ADD COLUMN noticed_at BIGINT;
CREATE INDEX identity_position_end ON identity_position (valid_to);
