//! Every statement about accounts and groups that a directory keeps, one text for both databases.

/// Accounts of the house that no directory has met yet become visible to it.
pub(super) const ADOPT: &str = "INSERT INTO identity_directory_user (person, user_name, source, external_id, attributes, version, created_at, changed_at) SELECT credential.person, credential.username, 'local', NULL, '{}', 1, credential.changed_at, credential.changed_at FROM identity_credential AS credential JOIN identity_person AS person ON person.id = credential.person WHERE person.kind = 'person' AND NOT person.locked AND NOT EXISTS (SELECT 1 FROM identity_directory_user AS known WHERE known.person = credential.person OR known.user_name = credential.username) ON CONFLICT DO NOTHING";

/// Accounts, newest first.
pub(super) const USERS: &str = "SELECT directory.person AS person, directory.user_name AS user_name, directory.attributes AS attributes, directory.version AS version, directory.created_at AS created_at, directory.changed_at AS changed_at, person.full_name AS full_name, person.locked AS locked FROM identity_directory_user AS directory JOIN identity_person AS person ON person.id = directory.person ORDER BY directory.person DESC";

/// One account by its id.
pub(super) const USER: &str = "SELECT directory.person AS person, directory.user_name AS user_name, directory.attributes AS attributes, directory.version AS version, directory.created_at AS created_at, directory.changed_at AS changed_at, person.full_name AS full_name, person.locked AS locked FROM identity_directory_user AS directory JOIN identity_person AS person ON person.id = directory.person WHERE directory.person = $1";

/// One account by its name.
pub(super) const USER_BY_NAME: &str = "SELECT directory.person AS person, directory.user_name AS user_name, directory.attributes AS attributes, directory.version AS version, directory.created_at AS created_at, directory.changed_at AS changed_at, person.full_name AS full_name, person.locked AS locked FROM identity_directory_user AS directory JOIN identity_person AS person ON person.id = directory.person WHERE directory.user_name = $1";

/// Whether an account of the house has the name.
pub(super) const CREDENTIAL_NAMED: &str = "SELECT person FROM identity_credential WHERE username = $1";

/// Writes a new account.
pub(super) const INSERT_USER: &str = "INSERT INTO identity_directory_user (person, user_name, source, external_id, attributes, version, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, 1, $6, $6)";

/// Writes a changed account when it is still the version that was read.
pub(super) const UPDATE_USER: &str = "UPDATE identity_directory_user SET user_name = $3, external_id = $4, attributes = $5, version = $2 + 1, changed_at = $6 WHERE person = $1 AND version = $2";

/// The person's own row follows the directory.
pub(super) const UPDATE_PERSON: &str = "UPDATE identity_person SET full_name = $2, name_key = $3, name_sort = $4, email = $5, locked = $6, changed_at = $7 WHERE id = $1";

/// The account leaves the directory; the person stays for the audit.
pub(super) const DELETE_USER: &str = "DELETE FROM identity_directory_user WHERE person = $1";

/// Posts of a person that are not over.
pub(super) const OPEN_POSTS: &str =
    "SELECT id FROM identity_position WHERE person = $1 AND (valid_to IS NULL OR valid_to >= $2)";

/// Groups, newest first.
pub(super) const GROUPS: &str = "SELECT id, attributes, agency, role, version, created_at, changed_at FROM identity_directory_group ORDER BY id DESC";

/// One group.
pub(super) const GROUP: &str =
    "SELECT id, attributes, agency, role, version, created_at, changed_at FROM identity_directory_group WHERE id = $1";

/// Writes a new group.
pub(super) const INSERT_GROUP: &str = "INSERT INTO identity_directory_group (id, name_key, attributes, agency, role, version, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, 1, $6, $6)";

/// Writes a changed group when it is still the version that was read.
pub(super) const UPDATE_GROUP: &str = "UPDATE identity_directory_group SET name_key = $3, attributes = $4, agency = $5, role = $6, version = $2 + 1, changed_at = $7 WHERE id = $1 AND version = $2";

/// Removes a group.
pub(super) const DELETE_GROUP: &str = "DELETE FROM identity_directory_group WHERE id = $1";

/// Members of one group in the order of their accounts.
pub(super) const MEMBERS: &str =
    "SELECT person, position FROM identity_directory_member WHERE group_id = $1 ORDER BY person";

/// All members of all groups.
pub(super) const ALL_MEMBERS: &str = "SELECT group_id, person FROM identity_directory_member ORDER BY group_id, person";

/// Adds a member with the post it gives.
pub(super) const INSERT_MEMBER: &str =
    "INSERT INTO identity_directory_member (group_id, person, position) VALUES ($1, $2, $3)";

/// Removes a member.
pub(super) const DELETE_MEMBER: &str = "DELETE FROM identity_directory_member WHERE group_id = $1 AND person = $2";

/// Groups of a person.
pub(super) const GROUPS_OF: &str = "SELECT known.id AS id, known.attributes AS attributes FROM identity_directory_member AS member JOIN identity_directory_group AS known ON known.id = member.group_id WHERE member.person = $1 ORDER BY known.id";

/// Groups of everybody.
pub(super) const MEMBERSHIPS: &str = "SELECT member.person AS person, known.id AS id, known.attributes AS attributes FROM identity_directory_member AS member JOIN identity_directory_group AS known ON known.id = member.group_id ORDER BY known.id";

/// Removes a person from every group.
pub(super) const LEAVE_GROUPS: &str = "DELETE FROM identity_directory_member WHERE person = $1";
