//! Every statement about posts and delegations, one text for both databases.

/// Gives a post.
pub(crate) const GIVE_POST: &str = "INSERT INTO identity_position (id, person, agency, role, title, valid_from, valid_to, origin, given_by, given_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// One post.
pub(crate) const POST: &str = "SELECT post.id AS id, post.person AS person, person.full_name AS full_name, post.agency AS agency, post.role AS role, post.title AS title, post.valid_from AS valid_from, post.valid_to AS valid_to, post.origin AS origin FROM identity_position AS post JOIN identity_person AS person ON person.id = post.person WHERE post.id = $1";

/// Posts of an agency that have not ended, by name.
pub(crate) const POSTS_IN: &str = "SELECT post.id AS id, post.person AS person, person.full_name AS full_name, post.agency AS agency, post.role AS role, post.title AS title, post.valid_from AS valid_from, post.valid_to AS valid_to, post.origin AS origin FROM identity_position AS post JOIN identity_person AS person ON person.id = post.person WHERE post.agency = $1 AND (post.valid_to IS NULL OR post.valid_to >= $2) ORDER BY person.name_sort, post.id LIMIT $3";

/// Posts of a person that have not ended.
pub(crate) const POSTS_OF_PERSON: &str = "SELECT post.id AS id, post.person AS person, person.full_name AS full_name, post.agency AS agency, post.role AS role, post.title AS title, post.valid_from AS valid_from, post.valid_to AS valid_to, post.origin AS origin FROM identity_position AS post JOIN identity_person AS person ON person.id = post.person WHERE post.person = $1 AND (post.valid_to IS NULL OR post.valid_to >= $2) ORDER BY post.valid_from, post.id";

/// How many people serve in each agency on a day.
pub(crate) const COUNT_POSTS: &str = "SELECT agency, CAST(count(DISTINCT person) AS BIGINT) AS holders FROM identity_position WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to >= $1) GROUP BY agency";

/// Sets the last day of a post; one that ended earlier stays as it is.
pub(crate) const END_POST: &str = "UPDATE identity_position SET valid_to = $2, ended_by = $3, ended_at = $4 WHERE id = $1 AND (valid_to IS NULL OR valid_to > $2)";

/// Posts whose end nobody has acted upon yet.
pub(crate) const ENDED_POSTS: &str = "SELECT DISTINCT person FROM identity_position WHERE valid_to < $1 AND valid_to >= $2 AND noticed_at IS NULL ORDER BY person LIMIT $3";

/// Remembers that the end of a person's posts was acted upon.
pub(crate) const NOTICE_POSTS: &str =
    "UPDATE identity_position SET noticed_at = $3 WHERE person = $1 AND valid_to < $2 AND noticed_at IS NULL";

/// The person behind an account name, of the house or of a directory.
pub(crate) const PERSON_BY_ACCOUNT: &str = "SELECT person.id AS id, person.full_name AS full_name, person.locked AS locked FROM identity_person AS person WHERE person.id IN (SELECT person FROM identity_credential WHERE username = $1) OR person.id IN (SELECT person FROM identity_directory_user WHERE user_name = $1)";

/// Proposes a delegation.
pub(crate) const PROPOSE: &str = "INSERT INTO identity_delegation (id, giver, taker, agency, role, title, reason, valid_from, valid_to, state, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'proposed', $10)";

/// One delegation with the names of both.
pub(crate) const DELEGATION: &str = "SELECT delegation.id AS id, delegation.giver AS giver, giver.full_name AS giver_name, delegation.taker AS taker, taker.full_name AS taker_name, delegation.agency AS agency, delegation.role AS role, delegation.title AS title, delegation.reason AS reason, delegation.valid_from AS valid_from, delegation.valid_to AS valid_to, delegation.state AS state FROM identity_delegation AS delegation JOIN identity_person AS giver ON giver.id = delegation.giver JOIN identity_person AS taker ON taker.id = delegation.taker WHERE delegation.id = $1";

/// Delegations given or taken by a person, newest first.
pub(crate) const DELEGATIONS_OF: &str = "SELECT delegation.id AS id, delegation.giver AS giver, giver.full_name AS giver_name, delegation.taker AS taker, taker.full_name AS taker_name, delegation.agency AS agency, delegation.role AS role, delegation.title AS title, delegation.reason AS reason, delegation.valid_from AS valid_from, delegation.valid_to AS valid_to, delegation.state AS state FROM identity_delegation AS delegation JOIN identity_person AS giver ON giver.id = delegation.giver JOIN identity_person AS taker ON taker.id = delegation.taker WHERE delegation.giver = $1 OR delegation.taker = $1 ORDER BY delegation.id DESC LIMIT $2";

/// Answers a proposed delegation.
pub(crate) const ANSWER: &str =
    "UPDATE identity_delegation SET state = $2, answered_at = $3 WHERE id = $1 AND state = 'proposed'";

/// Revokes a delegation that is proposed or accepted.
pub(crate) const REVOKE: &str = "UPDATE identity_delegation SET state = 'revoked', revoked_at = $2 WHERE id = $1 AND state IN ('proposed', 'accepted')";

/// Duties that a person holds today for others: the giver must hold the post today, and must not be locked.
pub(crate) const DELEGATED_TO: &str = "SELECT delegation.agency AS agency, delegation.role AS role, delegation.title AS title, delegation.giver AS giver, giver.full_name AS giver_name FROM identity_delegation AS delegation JOIN identity_person AS giver ON giver.id = delegation.giver WHERE delegation.taker = $1 AND delegation.state = 'accepted' AND delegation.valid_from <= $2 AND delegation.valid_to >= $2 AND NOT giver.locked AND EXISTS (SELECT 1 FROM identity_position AS post WHERE post.person = delegation.giver AND post.agency = delegation.agency AND post.role = delegation.role AND post.valid_from <= $2 AND (post.valid_to IS NULL OR post.valid_to >= $2)) ORDER BY delegation.valid_from, delegation.id";

/// Takers of delegations whose last day has passed and of which nobody took notice yet.
pub(crate) const ENDED_DELEGATIONS: &str = "SELECT id, taker FROM identity_delegation WHERE state = 'accepted' AND valid_to < $1 AND noticed_at IS NULL ORDER BY id LIMIT $2";

/// Remembers that the end of a delegation was acted upon.
pub(crate) const NOTICE_DELEGATION: &str = "UPDATE identity_delegation SET noticed_at = $2 WHERE id = $1";

/// Takers who hold today what this person gave from this post.
pub(crate) const TAKERS: &str = "SELECT DISTINCT taker FROM identity_delegation WHERE giver = $1 AND state = 'accepted' AND valid_from <= $2 AND valid_to >= $2 ORDER BY taker";
