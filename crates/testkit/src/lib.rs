//! For tests only: a database per test, a small city, a browserless client.
