CREATE TABLE identity_device (
  person TEXT NOT NULL,
  device_key TEXT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  PRIMARY KEY (person, device_key)
);
