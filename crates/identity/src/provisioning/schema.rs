//! The schemas this server publishes (RFC 7643), and what they say of an attribute.

use std::sync::LazyLock;

use serde_json::{Value, json};

/// Schema of a user.
pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// What an employer adds to it.
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// Schema of a group.
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// Schema of a list.
pub(super) const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// Schema of an error.
pub(super) const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// Schema of a change in parts.
pub(super) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Which of the two kinds of resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An official's account.
    User,
    /// A group; one named `role@agency` is the post of that role in that agency.
    Group,
}

impl Kind {
    /// Name of the kind, also in `meta.resourceType`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// Address below `/scim/v2`.
    pub(crate) fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }

    /// Its own schema.
    pub(crate) fn core(self) -> &'static str {
        match self {
            Self::User => USER,
            Self::Group => GROUP,
        }
    }

    /// Schemas that may stand beside its own.
    pub(crate) fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::User => &[ENTERPRISE],
            Self::Group => &[],
        }
    }
}

fn attribute(name: &str, kind: &str, more: Value) -> Value {
    let mut attribute = json!({
        "name": name, "type": kind, "multiValued": false, "required": false, "caseExact": false,
        "mutability": "readWrite", "returned": "default", "uniqueness": "none", "description": name,
    });
    if let (Some(attribute), Some(more)) = (attribute.as_object_mut(), more.as_object()) {
        attribute.extend(more.clone());
    }
    attribute
}

fn text(name: &str) -> Value {
    attribute(name, "string", json!({}))
}

fn read_only(name: &str) -> Value {
    attribute(name, "string", json!({ "mutability": "readOnly", "caseExact": true }))
}

fn reference(name: &str, mutability: &str, to: &str) -> Value {
    attribute(name, "reference", json!({ "mutability": mutability, "caseExact": true, "referenceTypes": [to] }))
}

fn labelled(name: &str, types: &[&str]) -> Value {
    let parts = [
        text("value"),
        text("display"),
        attribute("type", "string", json!({ "canonicalValues": types })),
        attribute("primary", "boolean", json!({})),
    ];
    attribute(name, "complex", json!({ "multiValued": true, "subAttributes": parts }))
}

fn users() -> Value {
    let name = ["formatted", "familyName", "givenName", "middleName"].map(text);
    let groups = [
        read_only("value"),
        reference("$ref", "readOnly", "Group"),
        read_only("display"),
        attribute("type", "string", json!({ "mutability": "readOnly", "canonicalValues": ["direct"] })),
    ];
    json!([
        attribute("userName", "string", json!({ "required": true, "uniqueness": "server" })),
        attribute("name", "complex", json!({ "subAttributes": name })),
        text("displayName"),
        text("title"),
        text("preferredLanguage"),
        attribute("active", "boolean", json!({})),
        labelled("emails", &["work", "home", "other"]),
        labelled("phoneNumbers", &["work", "mobile", "other"]),
        attribute(
            "groups",
            "complex",
            json!({ "multiValued": true, "mutability": "readOnly", "subAttributes": groups })
        ),
    ])
}

fn groups() -> Value {
    let members = [
        attribute("value", "string", json!({ "mutability": "immutable", "caseExact": true })),
        reference("$ref", "immutable", "User"),
        attribute("type", "string", json!({ "mutability": "immutable", "canonicalValues": ["User"] })),
    ];
    json!([
        attribute("displayName", "string", json!({ "required": true, "uniqueness": "server" })),
        attribute("members", "complex", json!({ "multiValued": true, "subAttributes": members })),
    ])
}

fn document(id: &str, name: &str, description: &str, attributes: Value) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": id, "name": name, "description": description, "attributes": attributes,
        "meta": { "resourceType": "Schema", "location": format!("/scim/v2/Schemas/{id}") },
    })
}

/// The schemas that describe the server itself (RFC 7643, sections 5 to 7).
fn own() -> [Value; 3] {
    let ro = |name: &str, kind: &str, many: bool| {
        attribute(name, kind, json!({ "mutability": "readOnly", "multiValued": many, "required": true }))
    };
    let supported = |name: &str, more: &[Value]| {
        let mut parts = vec![ro("supported", "boolean", false)];
        parts.extend_from_slice(more);
        attribute(name, "complex", json!({ "mutability": "readOnly", "required": true, "subAttributes": parts }))
    };
    let limit = |name: &str| ro(name, "integer", false);
    let parts = |name: &str, many: bool, parts: &[Value]| {
        attribute(name, "complex", json!({ "mutability": "readOnly", "multiValued": many, "subAttributes": parts }))
    };
    let schemes = [ro("type", "string", false), ro("name", "string", false), ro("description", "string", false)];
    let config = json!([
        attribute("documentationUri", "reference", json!({ "mutability": "readOnly", "referenceTypes": ["external"] })),
        supported("patch", &[]),
        supported("bulk", &[limit("maxOperations"), limit("maxPayloadSize")]),
        supported("filter", &[limit("maxResults")]),
        supported("changePassword", &[]),
        supported("sort", &[]),
        supported("etag", &[]),
        parts("authenticationSchemes", true, &schemes),
    ]);
    let extensions =
        parts("schemaExtensions", true, &[ro("schema", "string", false), ro("required", "boolean", false)]);
    let types = json!([
        ro("name", "string", false),
        read_only("description"),
        ro("endpoint", "string", false),
        ro("schema", "string", false),
        extensions,
    ]);
    let leaf = [
        ro("name", "string", false),
        ro("type", "string", false),
        ro("multiValued", "boolean", false),
        read_only("description"),
        ro("required", "boolean", false),
        read_only("mutability"),
        read_only("returned"),
        read_only("uniqueness"),
        ro("caseExact", "boolean", false),
        attribute("canonicalValues", "string", json!({ "mutability": "readOnly", "multiValued": true })),
        attribute("referenceTypes", "string", json!({ "mutability": "readOnly", "multiValued": true })),
    ];
    let mut with_parts = leaf.to_vec();
    with_parts.push(parts("subAttributes", true, &leaf));
    let schemas =
        json!([ro("name", "string", false), read_only("description"), parts("attributes", true, &with_parts)]);
    [
        document(
            "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
            "ServiceProviderConfig",
            "What this server can do",
            config,
        ),
        document("urn:ietf:params:scim:schemas:core:2.0:ResourceType", "ResourceType", "A kind of resource", types),
        document("urn:ietf:params:scim:schemas:core:2.0:Schema", "Schema", "A schema", schemas),
    ]
}

/// All published schemas.
pub(super) static SCHEMAS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let enterprise = json!([text("employeeNumber"), text("department"), text("organization")]);
    let mut all = vec![
        document(USER, "User", "An official's account", users()),
        document(ENTERPRISE, "EnterpriseUser", "What an employer adds to a user", enterprise),
        document(GROUP, "Group", "A group; one named role@agency is the post of that role in that agency", groups()),
    ];
    all.extend(own());
    all
});

/// Attributes that every resource has (RFC 7643, section 3.1).
static COMMON: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let meta = ["resourceType", "created", "lastModified", "location", "version"].map(read_only);
    vec![
        attribute("id", "string", json!({ "mutability": "readOnly", "caseExact": true, "returned": "always" })),
        attribute("externalId", "string", json!({ "caseExact": true })),
        attribute(
            "schemas",
            "reference",
            json!({ "mutability": "readOnly", "multiValued": true, "caseExact": true, "returned": "always" }),
        ),
        attribute("meta", "complex", json!({ "mutability": "readOnly", "subAttributes": meta })),
    ]
});

/// What the schema says of one attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute(&'static Value);

impl Attribute {
    fn word(self, key: &str) -> &'static str {
        self.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn is(self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or_default()
    }

    pub(super) fn name(self) -> &'static str {
        self.word("name")
    }

    pub(super) fn kind(self) -> &'static str {
        self.word("type")
    }

    pub(super) fn is_many(self) -> bool {
        self.is("multiValued")
    }

    pub(super) fn is_required(self) -> bool {
        self.is("required")
    }

    pub(super) fn is_case_exact(self) -> bool {
        self.is("caseExact")
    }

    pub(super) fn is_read_only(self) -> bool {
        self.word("mutability") == "readOnly"
    }

    pub(super) fn is_always(self) -> bool {
        self.word("returned") == "always"
    }

    /// A part of a complex attribute, by name without case.
    pub(super) fn part(self, name: &str) -> Option<Attribute> {
        find(self.parts(), name)
    }

    pub(super) fn parts(self) -> &'static [Value] {
        self.0.get("subAttributes").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

fn find(list: &'static [Value], name: &str) -> Option<Attribute> {
    list.iter().map(Attribute).find(|attribute| attribute.name().eq_ignore_ascii_case(name))
}

/// The attributes of one schema.
pub(super) fn attributes(schema: &str) -> &'static [Value] {
    let found = SCHEMAS.iter().find(|one| one["id"].as_str() == Some(schema));
    found.and_then(|one| one["attributes"].as_array()).map_or(&[], Vec::as_slice)
}

/// An attribute of a kind of resource: common, of its own schema, or of the extension named.
pub(super) fn attribute_of(kind: Kind, extension: Option<&str>, name: &str) -> Option<Attribute> {
    match extension {
        Some(schema) => find(attributes(schema), name),
        None => find(&COMMON, name).or_else(|| find(attributes(kind.core()), name)),
    }
}

/// The attributes a client may send outside extensions.
pub(super) fn writable(kind: Kind) -> impl Iterator<Item = Attribute> {
    COMMON.iter().chain(attributes(kind.core())).map(Attribute).filter(|attribute| !attribute.is_read_only())
}

/// The attributes of an extension.
pub(super) fn of_extension(schema: &str) -> impl Iterator<Item = Attribute> {
    attributes(schema).iter().map(Attribute)
}
