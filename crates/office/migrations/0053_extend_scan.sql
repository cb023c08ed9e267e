-- A scan that was handed in by mistake: when, by whom and why it was withdrawn. Its row and its file stay.
ALTER TABLE office_scan ADD COLUMN withdrawn_at BIGINT;
ALTER TABLE office_scan ADD COLUMN withdrawn_by TEXT;
ALTER TABLE office_scan ADD COLUMN withdrawn_name TEXT;
ALTER TABLE office_scan ADD COLUMN withdrawn_reason TEXT;
CREATE INDEX office_scan_registered ON office_scan (registered_as);
