-- Who signed the message that brought a document: the name in the certificate, a claim unless the signature is trusted.
ALTER TABLE office_arrival ADD COLUMN envelope_signer TEXT;
CREATE INDEX office_exchange_message_of_dispatch ON office_exchange_message (dispatch, at);
CREATE INDEX office_document_by_state ON office_document (state, changed_at);
