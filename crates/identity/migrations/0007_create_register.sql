CREATE TABLE identity_register (
  number TEXT NOT NULL,
  register TEXT NOT NULL,
  facts TEXT NOT NULL,
  as_of TEXT NOT NULL,
  PRIMARY KEY (number, register)
);
