-- What other systems and the person's own list of devices know a sign-in by. `sid` stays when the token changes;
-- `methods` are words of RFC 8176, separated by blanks; `device` is what the browser said of itself, shortened.
ALTER TABLE web_session ADD COLUMN sid TEXT;
ALTER TABLE web_session ADD COLUMN methods TEXT;
ALTER TABLE web_session ADD COLUMN authenticated_at BIGINT;
ALTER TABLE web_session ADD COLUMN upstream TEXT;
ALTER TABLE web_session ADD COLUMN device TEXT;
CREATE INDEX web_session_by_sid ON web_session (sid);
