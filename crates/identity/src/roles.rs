//! Roles of the pack and what each allows: `positions.toml`.
//!
//! ```toml
//! [[role]]
//! id = "one_stop_officer"
//! vi = "Công chức tiếp nhận và trả kết quả"
//! en = "One-stop officer"
//! capabilities = ["case.receive", "case.supplement", "case.hand_over"]
//! agencies = ["commune", "department"]   # kinds or codes of agencies that hold the role
//! ```

use std::collections::{BTreeMap, BTreeSet};

use haidang_kernel::bilingual::Bilingual;
use serde::Deserialize;

/// Every capability the code asks for. A pack that names another one is refused, because it would never have an effect.
pub const CAPABILITIES: &[&str] = &[
    "access.answer",
    "access.break_glass",
    "audit.read",
    "authority.manage",
    "calendar.manage",
    "case.approve",
    "case.assign",
    "case.consult",
    "case.coordinate",
    "case.correct",
    "case.extend",
    "case.hand_over",
    "case.issue",
    "case.number",
    "case.process",
    "case.propose",
    "case.read_all",
    "case.read_unit",
    "case.receive",
    "case.refuse",
    "case.sign",
    "case.stop",
    "case.supplement",
    "client.manage",
    "document.clerk",
    "document.draft",
    "document.read_unit",
    "document.review",
    "document.route",
    "document.sign",
    "exchange.manage",
    "exchange.own",
    "key.manage",
    "meeting.convene",
    "pack.manage",
    "portal.reconcile",
    "post.manage",
    "register.inspect",
    "scan.upload",
    "scim.manage",
    "task.assign",
    "task.supervise",
    "token.manage",
    "user.manage",
    "vault.read",
];

/// One role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Id used by procedures, such as `one_stop_officer`.
    pub id: String,
    /// Title in both languages.
    pub title: Bilingual,
    /// What it allows.
    pub capabilities: BTreeSet<String>,
    /// Kinds or codes of agencies that hold it; empty for all.
    pub agencies: Vec<String>,
}

/// Why a `positions.toml` is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// The file is not TOML of the expected form.
    #[error("positions.toml: {0}")]
    Form(String),
    /// Two roles share an id.
    #[error("positions.toml: role {0} is defined twice")]
    Repeated(String),
    /// A capability no code asks for.
    #[error("positions.toml: role {role} names the unknown capability {capability}")]
    UnknownCapability {
        /// The role.
        role: String,
        /// The capability as written.
        capability: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    role: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    vi: String,
    en: Option<String>,
    #[serde(default)]
    capabilities: Vec<String>,
    #[serde(default)]
    agencies: Vec<String>,
    /// For administrators who read the file.
    #[serde(default, rename = "note")]
    _note: Option<String>,
    /// `unverified` and the like.
    #[serde(default, rename = "evidence")]
    _evidence: Option<String>,
}

/// The roles of a city.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles {
    roles: BTreeMap<String, Role>,
}

impl Roles {
    /// Reads a `positions.toml`.
    pub fn from_toml(text: &str) -> Result<Roles, RoleError> {
        let file: File = toml::from_str(text).map_err(|error| RoleError::Form(error.to_string()))?;
        let mut roles = BTreeMap::new();
        for entry in file.role {
            if let Some(unknown) = entry.capabilities.iter().find(|name| !CAPABILITIES.contains(&name.as_str())) {
                return Err(RoleError::UnknownCapability { role: entry.id, capability: unknown.clone() });
            }
            let role = Role {
                id: entry.id.clone(),
                title: Bilingual { vi: entry.vi, en: entry.en },
                capabilities: entry.capabilities.into_iter().collect(),
                agencies: entry.agencies,
            };
            if roles.insert(entry.id.clone(), role).is_some() {
                return Err(RoleError::Repeated(entry.id));
            }
        }
        Ok(Roles { roles })
    }

    /// One role.
    pub fn get(&self, id: &str) -> Option<&Role> {
        self.roles.get(id)
    }

    /// All roles in order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Role> {
        self.roles.values()
    }

    /// What the role allows; nothing for a role the pack does not know (a withdrawn role loses its rights at once).
    pub fn capabilities(&self, id: &str) -> BTreeSet<String> {
        self.roles.get(id).map(|role| role.capabilities.clone()).unwrap_or_default()
    }

    /// Whether an agency of this kind and code may hold the role.
    pub fn held_by(&self, id: &str, agency_kind: &str, agency_code: &str) -> bool {
        self.roles.get(id).is_some_and(|role| {
            role.agencies.is_empty() || role.agencies.iter().any(|name| name == agency_kind || name == agency_code)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FILE: &str = r#"
        [[role]]
        id = "clerk"
        vi = "Văn thư"
        en = "Clerk"
        capabilities = ["case.number", "case.issue"]
        agencies = ["commune", "H24.S01"]

        [[role]]
        id = "auditor"
        vi = "Thanh tra"
        capabilities = ["audit.read"]
    "#;

    #[test]
    fn roles_give_their_capabilities_and_unknown_ones_nothing() {
        let roles = Roles::from_toml(FILE).unwrap();
        assert!(roles.capabilities("clerk").contains("case.issue"));
        assert!(!roles.capabilities("clerk").contains("case.sign"));
        assert!(roles.capabilities("withdrawn").is_empty());
        assert_eq!(roles.get("auditor").unwrap().title.en, None);
    }

    #[test]
    fn holders_are_named_by_kind_or_code() {
        let roles = Roles::from_toml(FILE).unwrap();
        for (role, kind, code, expected) in [
            ("clerk", "commune", "H24.11824", true),
            ("clerk", "department", "H24.S01", true),
            ("clerk", "department", "H24.S02", false),
            ("auditor", "office", "H24.VP", true),
            ("nobody", "commune", "H24.11824", false),
        ] {
            assert_eq!(roles.held_by(role, kind, code), expected, "{role} {kind} {code}");
        }
    }

    #[test]
    fn faults_name_what_is_wrong() {
        let twice = format!("{FILE}\n[[role]]\nid = \"clerk\"\nvi = \"x\"");
        assert_eq!(Roles::from_toml(&twice), Err(RoleError::Repeated("clerk".into())));
        let unknown = "[[role]]\nid = \"x\"\nvi = \"x\"\ncapabilities = [\"case.sing\"]";
        assert_eq!(
            Roles::from_toml(unknown),
            Err(RoleError::UnknownCapability { role: "x".into(), capability: "case.sing".into() })
        );
        assert!(matches!(Roles::from_toml("[[role]]\nid = 1"), Err(RoleError::Form(_))));
    }

    #[test]
    fn the_list_of_capabilities_is_sorted_and_has_no_twins() {
        assert!(CAPABILITIES.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn every_capability_has_words_in_both_languages() {
        for (_, lang, source) in crate::TEXTS.iter().filter(|(name, ..)| *name == "identity") {
            for name in CAPABILITIES {
                let key = format!("\nidentity-capability-{} = ", name.replace(['.', '_'], "-"));
                assert!(source.contains(&key), "{lang:?} {name}");
            }
        }
    }
}
