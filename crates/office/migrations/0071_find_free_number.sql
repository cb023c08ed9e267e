-- The lowest number that was given back is looked for whenever a number is taken; without this the whole book is read.
CREATE INDEX office_register_entry_free ON office_register_entry (register_id, number) WHERE state = 'free';
