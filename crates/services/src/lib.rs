//! Procedures, forms, cases, clock, fees, one-stop counter.
