//! Which account a person asserted by an upstream has here. Pure: what the tables say comes in, a decision goes out.
//!
//! An account is found by the personal number and the upstream's own identifier together, never by e-mail address or
//! telephone. One of the two alone is no proof, with two exceptions: the first sign-in of a person the city knows only
//! by number, and a new identifier of the same national account after a change of name or of papers.

use haidang_contracts::actor::PersonId;
use jiff::civil::Date;

use super::claims::Asserted;

/// What the city knows of the person with the asserted number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) person: PersonId,
    pub(crate) locked: bool,
    pub(crate) birth_date: Option<String>,
    /// Their identifier at this upstream, when they have signed in through it.
    pub(crate) subject: Option<String>,
    /// Another upstream through which they sign in.
    pub(crate) elsewhere: Option<String>,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The account of this person.
    Enter(PersonId),
    /// Nobody with this number yet.
    Register,
    /// Known by number, never signed in: the identifier is noted.
    First(PersonId),
    /// The same person under a new identifier.
    Renamed(PersonId),
    /// Signs in through another upstream so far; both must be shown, fresh, before they are one.
    Link(PersonId, String),
    /// Number and identifier belong to two different people.
    Conflict,
    /// Under fourteen: a parent or guardian acts.
    Child,
    /// Locked here.
    Locked,
}

/// Decides. `linked` is whose account the asserted identifier is.
pub(crate) fn decide(asserted: &Asserted, linked: Option<&PersonId>, known: Option<&Known>, today: Date) -> Decision {
    if under_fourteen(asserted.birth_date.as_deref(), today) {
        return Decision::Child;
    }
    let Some(known) = known else {
        return if linked.is_some() { Decision::Conflict } else { Decision::Register };
    };
    let decision = match (linked, &known.subject, &known.elsewhere) {
        (Some(person), _, _) if *person == known.person => Decision::Enter(known.person.clone()),
        (Some(_), _, _) => Decision::Conflict,
        // Papers change, the number and the day of birth never do; level 1 is asserted by nobody who saw the person.
        (None, Some(_), _) if asserted.account_level >= 2 && same_birth(asserted, known) => {
            Decision::Renamed(known.person.clone())
        }
        (None, Some(_), _) => Decision::Conflict,
        (None, None, Some(other)) => Decision::Link(known.person.clone(), other.clone()),
        (None, None, None) => Decision::First(known.person.clone()),
    };
    if known.locked && decision != Decision::Conflict { Decision::Locked } else { decision }
}

fn same_birth(asserted: &Asserted, known: &Known) -> bool {
    asserted.birth_date.is_some() && asserted.birth_date == known.birth_date
}

/// Decree 69/2024/NĐ-CP: below fourteen an account is used together with a parent or guardian.
fn under_fourteen(birth_date: Option<&str>, today: Date) -> bool {
    let birth: Option<Date> = birth_date.and_then(|text| text.parse().ok());
    let fourteen = birth.and_then(|birth| birth.checked_add(jiff::Span::new().years(14)).ok());
    fourteen.is_some_and(|day| today < day)
}

/// Whether two names differ in more than capital letters: registers write names in capitals.
pub(crate) fn other_name(known: &str, asserted: &str) -> bool {
    known.to_lowercase() != asserted.to_lowercase()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use haidang_kernel::ambient::Ambient;

    fn asserted(birth: &str, level: u8) -> Asserted {
        Asserted {
            subject: "t-1".into(),
            personal_id: "031190000015".into(),
            full_name: "Lê Thị Ví Dụ".into(),
            birth_date: Some(birth.into()),
            sex: None,
            phone: None,
            email: None,
            address: None,
            nationality: None,
            account_level: level,
            acr: 2,
        }
    }

    #[test]
    fn t25_an_account_is_found_by_number_and_identifier_together() {
        let ambient = Ambient::fixed("2026-03-03T02:00:00Z".parse().unwrap(), 1);
        let (own, other) = (ambient.new_id(), ambient.new_id());
        let today = ambient.today();
        let known = |subject: Option<&str>, elsewhere: Option<&str>| Known {
            person: own.clone(),
            locked: false,
            birth_date: Some("1990-05-01".into()),
            subject: subject.map(Into::into),
            elsewhere: elsewhere.map(Into::into),
        };
        let adult = || asserted("1990-05-01", 2);
        for (what, claims, linked, known, expected) in [
            ("both agree", adult(), Some(&own), Some(known(Some("t-1"), None)), Decision::Enter(own.clone())),
            ("nobody yet", adult(), None, None, Decision::Register),
            ("known by number", adult(), None, Some(known(None, None)), Decision::First(own.clone())),
            ("another's identifier", adult(), Some(&other), Some(known(None, None)), Decision::Conflict),
            ("an identifier whose number vanished", adult(), Some(&other), None, Decision::Conflict),
            ("a new identifier", adult(), None, Some(known(Some("t-0"), None)), Decision::Renamed(own.clone())),
            ("renamed at level 1", asserted("1990-05-01", 1), None, Some(known(Some("t-0"), None)), Decision::Conflict),
            ("another birthday", asserted("1991-05-01", 2), None, Some(known(Some("t-0"), None)), Decision::Conflict),
            (
                "by another upstream",
                adult(),
                None,
                Some(known(None, Some("dvcqg"))),
                Decision::Link(own.clone(), "dvcqg".into()),
            ),
        ] {
            assert_eq!(decide(&claims, linked, known.as_ref(), today), expected, "{what}");
        }
        let locked = Known { locked: true, ..known(Some("t-1"), None) };
        assert_eq!(decide(&adult(), Some(&own), Some(&locked), today), Decision::Locked);
    }

    #[test]
    fn below_fourteen_a_parent_acts() {
        let today: Date = "2026-03-03".parse().unwrap();
        for (birth, child) in [("2012-03-04", true), ("2012-03-03", false), ("2023-01-01", true), ("1957", false)] {
            assert_eq!(under_fourteen(Some(birth), today), child, "{birth}");
        }
        assert!(!under_fourteen(None, today));
    }

    #[test]
    fn capital_letters_are_no_other_name() {
        assert!(!other_name("Lê Thị Ví Dụ", "LÊ THỊ VÍ DỤ"));
        assert!(other_name("Lê Thị Ví Dụ", "Lê Thị Ví Du"));
    }
}
