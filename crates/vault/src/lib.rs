//! What the city knows about a person or organisation: results, documents, reuse, who looked.
