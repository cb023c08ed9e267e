-- Passes to the remote signing service that officials made for one of their keys; only the digest is kept. A pass opens
-- the door for some hours, every signature still asks for the PIN.
CREATE TABLE trust_key_pass (
    digest TEXT PRIMARY KEY,
    credential TEXT NOT NULL,
    person TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX trust_key_pass_of_credential ON trust_key_pass (credential);
