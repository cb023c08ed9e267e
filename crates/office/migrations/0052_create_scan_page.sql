-- What was read of one page, kept beside the original: its words with their places, and a picture to look at.
CREATE TABLE office_scan_page (
    scan_id TEXT NOT NULL,
    page BIGINT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    words BIGINT NOT NULL,
    confidence BIGINT NOT NULL,
    text_sha256 TEXT NOT NULL,
    preview_sha256 TEXT NOT NULL,
    read_at BIGINT NOT NULL,
    PRIMARY KEY (scan_id, page)
);
