//! Every statement of this room, one text for both databases.

pub(crate) const AGENCIES: &str = "SELECT code, kind, name_vi, name_en, parent, commune_code, valid_from, valid_to, successor FROM identity_agency ORDER BY code";

pub(crate) const INSERT_AGENCY: &str = "INSERT INTO identity_agency (code, kind, name_vi, name_en, parent, commune_code, valid_from, valid_to, successor, evidence) VALUES";

pub(crate) const REPLACE_AGENCY: &str = "ON CONFLICT (code) DO UPDATE SET kind = excluded.kind, name_vi = excluded.name_vi, name_en = excluded.name_en, parent = excluded.parent, commune_code = excluded.commune_code, valid_from = excluded.valid_from, valid_to = excluded.valid_to, successor = excluded.successor, evidence = excluded.evidence";

macro_rules! person {
    () => {
        "person.id AS id, person.kind AS kind, person.full_name AS full_name, person.citizen_no AS citizen_no, person.tax_no AS tax_no, person.birth_date AS birth_date, person.sex AS sex, person.ethnicity AS ethnicity, person.nationality AS nationality, person.commune_code AS commune_code, person.address AS address, person.phone AS phone, person.email AS email, person.account_level AS account_level, person.locked AS locked"
    };
}

pub(crate) const PERSON: &str = concat!("SELECT ", person!(), " FROM identity_person AS person WHERE person.id = $1");

pub(crate) const PERSON_BY_CITIZEN_NO: &str =
    concat!("SELECT ", person!(), " FROM identity_person AS person WHERE person.citizen_no = $1");

pub(crate) const PERSON_BY_TAX_NO: &str =
    concat!("SELECT ", person!(), " FROM identity_person AS person WHERE person.tax_no = $1");

/// A person with the posts of a day, a row a post; one row without post for who has none.
pub(crate) const PERSON_IN_POSTS: &str = concat!(
    "SELECT ",
    person!(),
    ", post.agency AS post_agency, post.role AS post_role, post.title AS post_title FROM identity_person AS person LEFT JOIN identity_position AS post ON post.person = person.id AND post.valid_from <= $2 AND (post.valid_to IS NULL OR post.valid_to >= $2) WHERE person.id = $1 ORDER BY post.valid_from, post.id"
);

/// Adults with a citizen number, for the simulator's short list of a demonstration city.
pub(crate) const SOME_CITIZENS: &str = "SELECT full_name, citizen_no, birth_date FROM identity_person WHERE kind = 'person' AND citizen_no IS NOT NULL AND locked = $1 AND birth_date < $2 ORDER BY id LIMIT $3";

pub(crate) const INSERT_PERSON: &str = "INSERT INTO identity_person (id, kind, full_name, name_key, name_sort, citizen_no, tax_no, birth_date, sex, ethnicity, nationality, commune_code, address, phone, email, account_level, locked, created_at, changed_at) VALUES";

/// The same number met twice at once stays one person.
pub(crate) const KEEP_EXISTING: &str = "ON CONFLICT DO NOTHING";

pub(crate) const LOCK_PERSON: &str = "UPDATE identity_person SET locked = $2, changed_at = $3 WHERE id = $1";

pub(crate) const HOLDERS: &str = "SELECT person.id AS id, person.full_name AS full_name FROM identity_position AS post JOIN identity_person AS person ON person.id = post.person WHERE post.agency = $1 AND post.role = $2 AND post.valid_from <= $3 AND (post.valid_to IS NULL OR post.valid_to >= $3) AND NOT person.locked ORDER BY person.name_sort, person.id";

/// Posts of an agency on a day, by the name of whoever holds them.
pub(crate) const STAFF: &str = "SELECT person.id AS id, person.full_name AS full_name, post.role AS role, post.title AS title FROM identity_position AS post JOIN identity_person AS person ON person.id = post.person WHERE post.agency = $1 AND post.valid_from <= $2 AND (post.valid_to IS NULL OR post.valid_to >= $2) AND NOT person.locked ORDER BY person.name_sort, person.id, post.role";

pub(crate) const INSERT_POSITION: &str =
    "INSERT INTO identity_position (id, person, agency, role, title, valid_from, valid_to) VALUES";

pub(crate) const CREDENTIAL_BY_USERNAME: &str = "SELECT credential.person AS person, credential.password_hash AS password_hash, person.locked AS locked, directory.external_id AS entry FROM identity_credential AS credential JOIN identity_person AS person ON person.id = credential.person LEFT JOIN identity_directory_user AS directory ON directory.person = credential.person AND directory.source = 'ldap' WHERE credential.username = $1";

pub(crate) const INSERT_CREDENTIAL: &str =
    "INSERT INTO identity_credential (person, username, password_hash, totp_sealed, totp_last_step, changed_at) VALUES";

pub(crate) const SET_PASSWORD: &str =
    "UPDATE identity_credential SET password_hash = $2, changed_at = $3 WHERE person = $1";

/// One code works once: two requests with the same code cannot both move the step forward.
pub(crate) const USE_STEP: &str =
    "UPDATE identity_credential SET totp_last_step = $2 WHERE person = $1 AND totp_last_step < $2";

pub(crate) const REMOVE_SECOND_FACTOR: &str =
    "UPDATE identity_credential SET totp_secret = $2, totp_sealed = $2, changed_at = $3 WHERE person = $1";

pub(crate) const ATTEMPTS: &str =
    "SELECT failures, first_at, not_before, run FROM identity_attempt WHERE account_key = $1";

pub(crate) const BEGIN_ATTEMPTS: &str = "INSERT INTO identity_attempt (account_key, failures, first_at, not_before, run) VALUES ($1, 0, $2, $2, 0) ON CONFLICT (account_key) DO NOTHING";

pub(crate) const PUT_ATTEMPTS: &str = "INSERT INTO identity_attempt (account_key, failures, first_at, not_before, run) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_key) DO UPDATE SET failures = excluded.failures, first_at = excluded.first_at, not_before = excluded.not_before, run = excluded.run";

/// Takes back one counted attempt that was never made.
pub(crate) const UNCOUNT_ATTEMPT: &str = "UPDATE identity_attempt SET failures = failures - 1, run = run - 1, not_before = $2 WHERE account_key = $1 AND failures > 0 AND run > 0";

pub(crate) const FORGET_ATTEMPTS: &str = "DELETE FROM identity_attempt WHERE account_key = $1";

pub(crate) const SWEEP_ATTEMPTS: &str =
    "DELETE FROM identity_attempt WHERE first_at < $1 AND (run IS NULL OR run < $2)";

/// A valid token with its person in posts, as [`PERSON_IN_POSTS`].
pub(crate) const TOKEN: &str = concat!(
    "SELECT token.agency AS token_agency, token.capabilities AS token_capabilities, token.name AS token_name, ",
    person!(),
    ", post.agency AS post_agency, post.role AS post_role, post.title AS post_title FROM identity_token AS token JOIN identity_person AS person ON person.id = token.person LEFT JOIN identity_position AS post ON post.person = person.id AND post.valid_from <= $3 AND (post.valid_to IS NULL OR post.valid_to >= $3) WHERE token.token_sha256 = $1 AND token.revoked_at IS NULL AND (token.expires_at IS NULL OR token.expires_at > $2) ORDER BY post.valid_from, post.id"
);

pub(crate) const TOKENS: &str = "SELECT token.id AS id, token.name AS name, token.agency AS agency, token.capabilities AS capabilities, token.created_at AS created_at, token.expires_at AS expires_at, token.revoked_at AS revoked_at FROM identity_token AS token JOIN identity_person AS person ON person.id = token.person WHERE person.kind = 'system' AND token.id > $1 ORDER BY token.id LIMIT $2";

pub(crate) const INSERT_TOKEN: &str = "INSERT INTO identity_token (id, person, name, token_sha256, agency, capabilities, created_by, created_at, expires_at, revoked_at) VALUES";

pub(crate) const REVOKE_TOKEN: &str = "UPDATE identity_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";

pub(crate) const TOKEN_EXISTS: &str = "SELECT id FROM identity_token WHERE id = $1";

pub(crate) const RELATIONS_OF: &str = "SELECT relation.kind AS relation, relation.valid_from AS valid_from, relation.valid_to AS valid_to, person.id AS id, person.kind AS kind, person.full_name AS full_name, person.birth_date AS birth_date, person.citizen_no AS citizen_no, person.tax_no AS tax_no FROM identity_relation AS relation JOIN identity_person AS person ON person.id = relation.other WHERE relation.person = $1 AND NOT person.locked ORDER BY person.name_sort, person.id, relation.kind";

pub(crate) const INSERT_RELATION: &str =
    "INSERT INTO identity_relation (person, other, kind, valid_from, valid_to) VALUES";

pub(crate) const FACTS: &str = "SELECT facts, as_of FROM identity_register WHERE number = $1 AND register = $2";

pub(crate) const INSERT_FACTS: &str = "INSERT INTO identity_register (number, register, facts, as_of) VALUES";

pub(crate) const REPLACE_FACTS: &str =
    "ON CONFLICT (number, register) DO UPDATE SET facts = excluded.facts, as_of = excluded.as_of";
