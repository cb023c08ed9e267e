//! Pure decisions: whether the settings are in order, what a group means, what a run has to do, and when it must not.

use std::collections::{BTreeMap, BTreeSet};

use haidang_contracts::actor::PersonId;

use super::client::Reading;
use super::{DirectoryError, DirectorySettings, setting};
use crate::agencies::Agencies;
use crate::provisioning::{Bound, bound};
use crate::roles::Roles;
use crate::rules::normal_username;

/// A person as the directory shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundPerson {
    /// What stays when the name changes.
    pub(super) id: String,
    /// Name of the entry.
    pub(super) dn: String,
    /// Account name, already normal; absent when the entry has none.
    pub(super) username: Option<String>,
    pub(super) full_name: String,
    pub(super) email: Option<String>,
}

/// A group as the directory shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundGroup {
    pub(super) name: String,
    pub(super) members: Vec<String>,
}

/// An account that an earlier run made.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) person: PersonId,
    pub(super) id: String,
    pub(super) username: String,
    pub(super) full_name: String,
    pub(super) email: Option<String>,
    pub(super) gone: bool,
}

/// A post that an earlier run gave.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) post: String,
    pub(super) person: PersonId,
    pub(super) bound: Bound,
}

/// What happens to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Somebody new.
    Arrives,
    /// Another name or address.
    Changes,
    /// Left once and is there again.
    Returns,
    /// In the directory no more.
    Leaves,
    /// Nothing but posts.
    Stays,
}

/// Everything that happens to one account in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) turn: Turn,
    /// Whose account; absent for somebody new.
    pub(super) person: Option<PersonId>,
    /// The entry; absent for who left.
    pub(super) entry: Option<FoundPerson>,
    pub(super) give: Vec<Bound>,
    /// Ids of posts.
    pub(super) end: Vec<String>,
}

impl Step {
    /// Whether the person has less after it.
    pub(super) fn takes_away(&self) -> bool {
        self.turn == Turn::Leaves || !self.end.is_empty()
    }
}

/// What one run has to do.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// Accounts in service before the run.
    pub(super) serving: usize,
    /// People whom the directory shows.
    pub(super) found: usize,
    /// Entries whose account name is missing, of no use, or borne by two.
    pub(super) unnamed: usize,
}

/// A run was stopped: it would have taken away more than one run may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{losing} of {serving} accounts would lose access or a post, and one run may take that from {allowed}: nothing was done"
)]
pub struct TooMany {
    /// Accounts that would lose something.
    pub losing: usize,
    /// Accounts in service.
    pub serving: usize,
    /// How many may in one run.
    pub allowed: usize,
}

/// What groups mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PostMap {
    named: BTreeMap<String, Bound>,
}

impl PostMap {
    /// Reads `group=role@agency`, the group's name without regard to case.
    pub(super) fn new(lines: &[String], roles: &Roles, agencies: &Agencies) -> Result<PostMap, DirectoryError> {
        let mut named = BTreeMap::new();
        for line in lines {
            let (group, post) = line
                .rsplit_once('=')
                .ok_or_else(|| setting("posts", format!("{line:?} is not of the form group=role@agency")))?;
            let post = bound(post, roles, agencies).ok_or_else(|| {
                setting(
                    "posts",
                    format!("{line:?}: the pack has no such role, no such agency, or the agency does not hold it"),
                )
            })?;
            if named.insert(normal_username(group), post).is_some() {
                return Err(setting("posts", format!("the group {group:?} is named twice")));
            }
        }
        Ok(PostMap { named })
    }

    fn of(&self, group: &str, roles: &Roles, agencies: &Agencies) -> Option<Bound> {
        self.named.get(&normal_username(group)).cloned().or_else(|| bound(group, roles, agencies))
    }
}

/// Refuses settings that could not work or would not be safe.
pub(super) fn check(settings: &DirectorySettings) -> Result<(), DirectoryError> {
    let url = settings.url.as_str();
    let plain = url.strip_prefix("ldap://");
    let host = plain.or_else(|| url.strip_prefix("ldaps://")).unwrap_or_default();
    if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
        return Err(setting("url", "must be ldaps://host or ldap://host, with a port or without"));
    }
    if plain.is_some() && !settings.start_tls && !is_loopback(host) {
        return Err(setting("url", "passwords travel under TLS: ldaps://, or directory.start_tls"));
    }
    if settings.bind_password.is_empty() && !settings.bind_dn.is_empty() {
        return Err(setting("bind_password", "is empty: the directory would take the name for nobody's"));
    }
    if settings.people.is_empty() {
        return Err(setting("people", "must name the entry under which people stand"));
    }
    for (key, filter) in [("people_filter", &settings.people_filter), ("groups_filter", &settings.groups_filter)] {
        let whole = filter.starts_with('(') && filter.ends_with(')');
        if !whole || ldap3::parse_filter(filter).is_err() {
            return Err(setting(key, "is no filter in brackets (RFC 4515)"));
        }
    }
    let optional = [("mail_attribute", &settings.mail_attribute)];
    let needed = [
        ("name_attribute", &settings.name_attribute),
        ("id_attribute", &settings.id_attribute),
        ("full_name_attribute", &settings.full_name_attribute),
        ("group_name_attribute", &settings.group_name_attribute),
        ("member_attribute", &settings.member_attribute),
    ];
    let optional = optional.into_iter().filter(|(_, name)| !name.is_empty());
    for (key, name) in optional.chain(needed) {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b';');
        if name.is_empty() || !name.bytes().all(letters) {
            return Err(setting(key, "is no name of an attribute"));
        }
    }
    if settings.largest_loss_percent > 100 {
        return Err(setting("largest_loss_percent", "must be 0 to 100"));
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Names of entries compare without case and without blanks around their separators.
fn normal_dn(dn: &str) -> String {
    let parts = dn.split(',').map(|part| match part.split_once('=') {
        Some((kind, value)) => format!("{}={}", kind.trim(), value.trim()),
        None => part.trim().to_owned(),
    });
    parts.collect::<Vec<_>>().join(",").to_lowercase()
}

/// A name that an account of this house may bear.
fn usable(name: &str) -> bool {
    (1..=200).contains(&name.len()) && !name.chars().any(char::is_control)
}

/// Everything a plan rests on.
pub(super) struct Before<'run> {
    pub(super) known: &'run [Known],
    pub(super) held: &'run [Held],
    pub(super) map: &'run PostMap,
    pub(super) roles: &'run Roles,
    pub(super) agencies: &'run Agencies,
}

/// Which posts each person shall hold, by the id of the entry; `None` when the directory gives no posts.
fn wanted_posts(reading: &Reading, before: &Before<'_>) -> Option<BTreeMap<String, BTreeSet<Bound>>> {
    let groups = reading.groups.as_ref()?;
    let by_dn: BTreeMap<String, &str> =
        reading.people.iter().map(|person| (normal_dn(&person.dn), person.id.as_str())).collect();
    let by_name: BTreeMap<&str, &str> =
        reading.people.iter().filter_map(|person| Some((person.username.as_deref()?, person.id.as_str()))).collect();
    let mut wanted: BTreeMap<String, BTreeSet<Bound>> = BTreeMap::new();
    for group in groups {
        let Some(post) = before.map.of(&group.name, before.roles, before.agencies) else { continue };
        for member in &group.members {
            let id = by_dn.get(&normal_dn(member)).or_else(|| by_name.get(normal_username(member).as_str()));
            if let Some(id) = id {
                wanted.entry((*id).to_owned()).or_default().insert(post.clone());
            }
        }
    }
    Some(wanted)
}

fn turn(entry: &FoundPerson, known: Option<&Known>) -> Turn {
    match known {
        None => Turn::Arrives,
        Some(known) if known.gone => Turn::Returns,
        Some(known) => {
            let same_name = entry.username.as_ref().is_none_or(|name| *name == known.username);
            let same_person = entry.full_name.is_empty() || entry.full_name == known.full_name;
            if same_name && same_person && entry.email == known.email { Turn::Stays } else { Turn::Changes }
        }
    }
}

/// Compares what the directory shows with what earlier runs made of it.
pub(super) fn plan(reading: &Reading, before: &Before<'_>) -> Plan {
    let wanted = wanted_posts(reading, before);
    let by_id: BTreeMap<&str, &Known> = before.known.iter().map(|known| (known.id.as_str(), known)).collect();
    let mut held: BTreeMap<&str, Vec<&Held>> = BTreeMap::new();
    for one in before.held {
        held.entry(one.person.as_str()).or_default().push(one);
    }
    let mut bearers: BTreeMap<&str, usize> = BTreeMap::new();
    for name in reading.people.iter().filter_map(|person| person.username.as_deref()) {
        *bearers.entry(name).or_default() += 1;
    }
    let mut plan = Plan { found: reading.people.len(), ..Plan::default() };
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for entry in &reading.people {
        seen.insert(&entry.id);
        let known = by_id.get(entry.id.as_str()).copied();
        let name = entry.username.as_deref();
        let fits = name.is_some_and(|name| usable(name) && bearers.get(name) == Some(&1));
        let mut entry = entry.clone();
        entry.username = entry.username.filter(|_| fits);
        let turn = turn(&entry, known);
        if !fits {
            plan.unnamed += 1;
            // Whoever serves already goes on serving under the old name; nobody new comes in without one.
            if matches!(turn, Turn::Arrives | Turn::Returns) {
                continue;
            }
        }
        let holds = known.and_then(|known| held.get(known.person.as_str())).map(Vec::as_slice).unwrap_or_default();
        let (give, end) = match &wanted {
            Some(wanted) => posts(wanted.get(&entry.id), holds),
            None => (Vec::new(), Vec::new()),
        };
        let step = Step { turn, person: known.map(|known| known.person.clone()), entry: Some(entry), give, end };
        if step.turn != Turn::Stays || !step.give.is_empty() || !step.end.is_empty() {
            plan.steps.push(step);
        }
    }
    for known in before.known.iter().filter(|known| !known.gone) {
        plan.serving += 1;
        if !seen.contains(known.id.as_str()) {
            let person = Some(known.person.clone());
            plan.steps.push(Step { turn: Turn::Leaves, person, entry: None, give: Vec::new(), end: Vec::new() });
        }
    }
    plan
}

/// Posts to give, and ids of posts to end.
fn posts(wanted: Option<&BTreeSet<Bound>>, holds: &[&Held]) -> (Vec<Bound>, Vec<String>) {
    let mut missing = wanted.cloned().unwrap_or_default();
    // A post held twice is removed from the missing once; the second one ends.
    let over = holds.iter().filter(|held| !missing.remove(&held.bound)).map(|held| held.post.clone()).collect();
    (missing.into_iter().collect(), over)
}

/// Stops a run that would take something from more accounts than one run may. One account may always go, and nobody
/// believes a directory that is suddenly empty.
pub(super) fn guard(plan: &Plan, percent: u64) -> Result<(), TooMany> {
    let losing = plan.steps.iter().filter(|step| step.takes_away()).count();
    let percent = usize::try_from(percent).unwrap_or(100);
    let allowed = if plan.found == 0 { 0 } else { (plan.serving.saturating_mul(percent) / 100).max(1) };
    if losing > allowed { Err(TooMany { losing, serving: plan.serving, allowed }) } else { Ok(()) }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
