//! Our own scopes: what each unlocks, and which of them are about acting for somebody else.

/// Names of our own scopes; those of resources are registered with them.
pub(crate) const OWN: [&str; 10] = [
    "openid",
    "profile",
    "email",
    "phone",
    "address",
    "offline_access",
    "roles",
    "account_level",
    "representee_list",
    ANY_REPRESENTEE,
];

/// What a system may ask for that registers itself; everything else is given by an official.
pub(crate) const UNPRIVILEGED: [&str; 6] = ["openid", "profile", "email", "phone", "address", "offline_access"];

/// The person picks on our page whom to act for. A client that registered it may also name somebody.
pub(crate) const ANY_REPRESENTEE: &str = "representee.*";

const REPRESENTEE: &str = "representee.";

/// Whether a scope is ours, not that of a resource.
pub(crate) fn is_own(scope: &str) -> bool {
    OWN.contains(&scope) || is_representee(scope)
}

/// Whether a scope asks for acting for somebody: the one picked, or a named one.
pub(crate) fn is_representee(scope: &str) -> bool {
    scope.strip_prefix(REPRESENTEE).is_some_and(|rest| !rest.is_empty())
}

/// Whom a list of scopes asks to act for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish<'a> {
    /// Nobody but oneself.
    Oneself,
    /// Whomever the person picks.
    Picked,
    /// The one whom this client knows by that name.
    Named(&'a str),
}

/// Reads the wish; `None` when two contradict each other.
pub(crate) fn wish(scopes: &[String]) -> Option<Wish<'_>> {
    let mut wishes = scopes.iter().filter(|scope| is_representee(scope));
    match (wishes.next(), wishes.next()) {
        (None, _) => Some(Wish::Oneself),
        (Some(scope), None) if scope == ANY_REPRESENTEE => Some(Wish::Picked),
        (Some(scope), None) => Some(Wish::Named(&scope[REPRESENTEE.len()..])),
        (Some(_), Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wish_to_act_for_somebody_is_read() {
        let read = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(wish(&read("openid profile representee_list")), Some(Wish::Oneself));
        assert_eq!(wish(&read("openid representee.*")), Some(Wish::Picked));
        assert_eq!(wish(&read("openid representee.abc")), Some(Wish::Named("abc")));
        assert_eq!(wish(&read("representee.* representee.abc")), None);
        assert!(!is_own("representee.") && !is_own("representees") && is_own("representee.x"));
        assert!(UNPRIVILEGED.iter().all(|scope| is_own(scope)));
    }
}
