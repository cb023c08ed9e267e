CREATE TABLE server_payment (
  reference TEXT PRIMARY KEY,
  payment_id TEXT NOT NULL,
  case_no TEXT NOT NULL,
  amount BIGINT NOT NULL,
  return_path TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'paid', 'failed')),
  created_at BIGINT NOT NULL,
  decided_at BIGINT
);
CREATE UNIQUE INDEX server_payment_id ON server_payment (payment_id);
