-- What the Appendix VI record inside a document says of it, as it was proposed to the clerk.
ALTER TABLE office_arrival ADD COLUMN proposed TEXT;
