ALTER TABLE identity_credential ADD COLUMN totp_sealed BYTEA;
