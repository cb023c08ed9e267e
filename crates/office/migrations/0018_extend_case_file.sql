-- What lies in a file and is no document: a scanned paper or a finished task; `source` says `internal` of these.
ALTER TABLE office_case_file_document ADD COLUMN part TEXT CHECK (part IN ('scan', 'task'));
CREATE INDEX office_case_file_document_of ON office_case_file_document (document);
