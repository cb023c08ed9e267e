//! A directory taken apart into entries, each with its own history, and put together again. What an entry holds is what
//! its writer gave; this knows only by which names things hang together.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde_json::{Map, Value};

use crate::directory::{Complaints, DirectoryDraft};
use crate::rules::identifier::{ClientId, MemberId, ServiceId, SubsystemId};

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// What is said of the whole exchange; there is one.
    Head,
    /// An organisation.
    Member,
    /// An information system.
    Subsystem,
    /// What can be called.
    Service,
    /// Who may call it, and why.
    Agreement,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 5] = [Kind::Head, Kind::Member, Kind::Subsystem, Kind::Service, Kind::Agreement];

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Member => "member",
            Self::Subsystem => "subsystem",
            Self::Service => "service",
            Self::Agreement => "agreement",
        }
    }

    /// Reads [`Kind::word`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The list in which a directory holds what hangs below an entry of this kind.
    fn list_below(self) -> Option<(Kind, &'static str)> {
        match self {
            Self::Head => Some((Self::Member, "member")),
            Self::Member => Some((Self::Subsystem, "subsystem")),
            Self::Subsystem => Some((Self::Service, "service")),
            Self::Service | Self::Agreement => None,
        }
    }
}

/// Which entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// What it is about.
    pub kind: Kind,
    /// `head`, `INSTANCE/CLASS/MEMBER[/SUBSYSTEM[/SERVICE]]`, or the id of an agreement.
    pub id: String,
}

impl Key {
    /// The entry of this kind and id.
    pub fn new(kind: Kind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }

    /// The one entry about the whole.
    pub fn head() -> Self {
        Self::new(Kind::Head, "head")
    }

    /// Whether what it says of itself is what it is called: an entry never changes its name.
    fn names(&self, instance: &str, content: &Value) -> bool {
        let text = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default();
        match self.kind {
            Kind::Head => self.id == "head",
            Kind::Agreement => text("id") == self.id,
            Kind::Member => match ClientId::parse(&self.id) {
                Some(ClientId::Member(id)) => {
                    id.instance == instance && id.class == text("class") && id.code == text("code")
                }
                _ => false,
            },
            Kind::Subsystem => SubsystemId::parse(&self.id).is_some_and(|id| id.code == text("code")),
            Kind::Service => ServiceId::parse(&self.id).is_some_and(|id| id.code == text("code")),
        }
    }

    /// The entry it hangs below.
    fn above(&self) -> Option<Key> {
        match self.kind {
            Kind::Head => None,
            Kind::Member | Kind::Agreement => Some(Key::head()),
            Kind::Subsystem => SubsystemId::parse(&self.id).map(|id| Key::new(Kind::Member, id.member.to_string())),
            Kind::Service => ServiceId::parse(&self.id).map(|id| Key::new(Kind::Subsystem, id.subsystem.to_string())),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.word(), self.id)
    }
}

/// What every entry holds now.
pub type Contents = BTreeMap<Key, Value>;

/// Takes a directory apart. The lists below an entry are no part of its content.
///
/// # Errors
/// [`Complaints`] about entries without a name, or two of one name.
pub fn split(directory: Value) -> Result<Contents, Complaints> {
    let Value::Object(mut head) = directory else { return Err(one("a directory is a table".to_owned())) };
    let instance = text(&head, "instance");
    let mut apart = Apart { contents: Contents::new(), wrong: Vec::new() };
    for agreement in list(&mut head, "agreement") {
        let id = text(&agreement, "id");
        apart.add(Key::new(Kind::Agreement, id), agreement);
    }
    for mut member in list(&mut head, "member") {
        let id = MemberId { instance: instance.clone(), class: text(&member, "class"), code: text(&member, "code") };
        for mut subsystem in list(&mut member, "subsystem") {
            let id = SubsystemId { member: id.clone(), code: text(&subsystem, "code") };
            for service in list(&mut subsystem, "service") {
                let id = ServiceId { subsystem: id.clone(), code: text(&service, "code") };
                apart.add(Key::new(Kind::Service, id.to_string()), service);
            }
            apart.add(Key::new(Kind::Subsystem, id.to_string()), subsystem);
        }
        apart.add(Key::new(Kind::Member, id.to_string()), member);
    }
    apart.add(Key::head(), head);
    if apart.wrong.is_empty() { Ok(apart.contents) } else { Err(Complaints(apart.wrong)) }
}

struct Apart {
    contents: Contents,
    wrong: Vec<String>,
}

impl Apart {
    fn add(&mut self, key: Key, content: Map<String, Value>) {
        if key.id.is_empty() || key.id.ends_with('/') || key.id.contains("//") {
            self.wrong.push(format!("{key}: has no name; write its code or id"));
            return;
        }
        match self.contents.entry(key) {
            Entry::Occupied(known) => self.wrong.push(format!("{}: is written twice", known.key())),
            Entry::Vacant(place) => {
                place.insert(Value::Object(content));
            }
        }
    }
}

fn one(what: String) -> Complaints {
    Complaints(vec![what])
}

fn text(table: &Map<String, Value>, name: &str) -> String {
    table.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list(table: &mut Map<String, Value>, name: &str) -> Vec<Map<String, Value>> {
    let Some(Value::Array(list)) = table.shift_remove(name) else { return Vec::new() };
    list.into_iter().filter_map(|one| if let Value::Object(one) = one { Some(one) } else { None }).collect()
}

/// Puts entries together as one directory, in the order of their names.
///
/// # Errors
/// [`Complaints`] when there is no head, when something hangs below an entry that is not there, or bears another name.
pub fn join(contents: &Contents) -> Result<Value, Complaints> {
    let Some(head) = contents.get(&Key::head()) else {
        return Err(one("the registry is empty: import a directory first (haidang exchange import FILE)".to_owned()));
    };
    let instance = head.get("instance").and_then(Value::as_str).unwrap_or_default();
    let mut wrong = Vec::new();
    for (key, content) in contents {
        if !key.names(instance, content) {
            wrong.push(format!("{key}: says another name of itself; take it out and register it anew"));
        }
        if let Some(above) = key.above().filter(|above| !contents.contains_key(above)) {
            wrong.push(format!("{key}: {above} is not registered"));
        }
    }
    if !wrong.is_empty() {
        return Err(Complaints(wrong));
    }
    let mut directory = below(contents, &Key::head());
    let agreements: Vec<Value> =
        contents.iter().filter(|(key, _)| key.kind == Kind::Agreement).map(|(_, content)| content.clone()).collect();
    if let Some(directory) = directory.as_object_mut().filter(|_| !agreements.is_empty()) {
        directory.insert("agreement".to_owned(), Value::Array(agreements));
    }
    Ok(directory)
}

/// An entry with all that hangs below it.
fn below(contents: &Contents, key: &Key) -> Value {
    let mut content = contents.get(key).cloned().unwrap_or_default();
    if let Some((kind, list)) = key.kind.list_below() {
        let children = contents.keys().filter(|child| child.kind == kind && child.above().as_ref() == Some(key));
        let children: Vec<Value> = children.map(|child| below(contents, child)).collect();
        if let Some(content) = content.as_object_mut().filter(|_| !children.is_empty()) {
            content.insert(list.to_owned(), Value::Array(children));
        }
    }
    content
}

/// The entries as a directory to be judged.
///
/// # Errors
/// As [`join`], and what [`DirectoryDraft`] does not read.
pub fn draft(contents: &Contents) -> Result<DirectoryDraft, Complaints> {
    serde_json::from_value(join(contents)?).map_err(|error| one(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Value {
        toml::from_str(include_str!("../../../tests/exchange/directory.toml")).unwrap()
    }

    #[test]
    fn what_was_taken_apart_is_put_together_as_it_was() {
        let contents = split(sample()).unwrap();
        let again = split(join(&contents).unwrap()).unwrap();
        assert_eq!(contents, again);
        // What hangs below an entry comes in the order of names, whatever the order in the file.
        let built = draft(&contents).unwrap().build().unwrap();
        let text = include_str!("../../../tests/exchange/directory.toml");
        let written = DirectoryDraft::from_toml(text).unwrap().build().unwrap();
        let systems: Vec<_> = written.members().flat_map(|member| &member.subsystems).collect();
        assert_eq!(built.members().flat_map(|member| &member.subsystems).count(), systems.len());
        for service in systems.iter().flat_map(|system| &system.services) {
            assert_eq!(built.service(&service.id), Some(service));
            for system in &systems {
                assert_eq!(built.agreements(&system.id, &service.id), written.agreements(&system.id, &service.id));
            }
        }
        let service = &contents[&Key::new(Kind::Service, "VN-HP/GOV/0002/B/echo")];
        assert_eq!(service["kind"], "OPENAPI3");
        assert!(contents[&Key::new(Kind::Member, "VN-HP/GOV/0002")].get("subsystem").is_none());
    }

    fn complains(change: impl FnOnce(&mut Contents), wanted: &str) {
        let mut contents = split(sample()).unwrap();
        change(&mut contents);
        let complaints = join(&contents).unwrap_err().to_string();
        assert!(complaints.contains(wanted), "{complaints}");
    }

    #[test]
    fn nothing_hangs_in_the_air_or_changes_its_name() {
        complains(
            |all| drop(all.remove(&Key::new(Kind::Subsystem, "VN-HP/GOV/0002/B"))),
            "service VN-HP/GOV/0002/B/echo: subsystem VN-HP/GOV/0002/B is not registered",
        );
        complains(|all| drop(all.remove(&Key::head())), "import a directory first");
        complains(
            |all| {
                if let Some(member) = all.get_mut(&Key::new(Kind::Member, "VN-HP/GOV/0002")) {
                    member["code"] = "0003".into();
                }
            },
            "member VN-HP/GOV/0002: says another name of itself",
        );
        let twice = serde_json::json!({ "instance": "X", "agreement": [{ "id": "A" }, { "id": "A" }, {}] });
        assert_eq!(split(twice).unwrap_err().0.len(), 2);
    }

    #[test]
    fn what_this_does_not_know_passes_untouched() {
        let mut directory = sample();
        directory["peer"] = serde_json::json!([{ "url": "https://other.example" }]);
        directory["member"][0]["hosted"] = true.into();
        let joined = join(&split(directory).unwrap()).unwrap();
        assert_eq!(joined["peer"][0]["url"], "https://other.example");
        assert_eq!(joined["member"][0]["hosted"], true);
    }
}
