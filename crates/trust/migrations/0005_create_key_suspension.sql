-- Keys whose holders suspended them: they sign nothing until their holder opens them again. Their certificates stand.
CREATE TABLE trust_key_suspension (
    credential TEXT PRIMARY KEY,
    since BIGINT NOT NULL
);
