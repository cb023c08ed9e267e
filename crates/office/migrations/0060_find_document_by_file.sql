-- Whoever checks a file asks by its digest.
CREATE INDEX office_document_by_file ON office_document (file_sha256);
