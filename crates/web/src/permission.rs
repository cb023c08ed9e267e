//! The decision of the permission table: who may pass a row, and what is asked of whoever may not yet.

use crate::row::{Allow, Row};
use haidang_contracts::{Actor, ActorKind};
use haidang_kernel::problem::Problem;
use jiff::{SignedDuration, Timestamp};

/// How sure we are of the person beyond the first factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Factor {
    /// A token for programs: it was issued after a second factor and can be withdrawn; its rights are its own.
    Token,
    /// A browser, with the time of the last second factor.
    Shown(Option<Timestamp>),
}

/// Error of RFC 9470: somebody is known, but not surely enough.
pub(crate) const INSUFFICIENT: &str = "insufficient_user_authentication";

/// Beginning of the names of the levels of Decree 69/2024/NĐ-CP, Article 20.
const LEVELS: &str = "urn:haidang:nd69:xt";

/// The name of a level as clients know it: 2 is `urn:haidang:nd69:xt2`.
pub fn acr(level: u8) -> String {
    format!("{LEVELS}{}", level.clamp(1, 4))
}

/// The level of a name.
pub fn acr_level(name: &str) -> Option<u8> {
    name.strip_prefix(LEVELS)?.parse().ok().filter(|level| (1..=4).contains(level))
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It may pass.
    Pass,
    /// Somebody must sign in first.
    SignIn,
    /// An official must show a second factor before any post counts.
    SecondFactor,
    /// The second factor is too old for this act.
    FreshFactor,
    /// The person must prove more, at least this level.
    StepUp(u8),
    /// The person may not do this.
    Forbidden,
}

impl Decision {
    /// The problem to answer with; `None` when the request may pass.
    pub(crate) fn problem(self) -> Option<Problem> {
        match self {
            Self::Pass => None,
            Self::SignIn => Some(Problem::unauthenticated("sign_in_required", "nobody is signed in")),
            Self::SecondFactor => Some(Problem::forbidden("second_factor_required", "a post needs a second factor")),
            Self::FreshFactor => Some(Problem::forbidden("fresh_factor_required", "the second factor is too old")),
            // RFC 9470 names the code.
            Self::StepUp(_) => {
                Some(Problem::unauthenticated(INSUFFICIENT, "the authentication is not strong enough for this row"))
            }
            Self::Forbidden => Some(Problem::forbidden("not_allowed", "the row does not allow this actor")),
        }
    }
}

/// Decides; nothing else in the house lets a request through.
pub(crate) fn decide(
    row: &Row,
    actor: Option<&Actor>,
    factor: Factor,
    now: Timestamp,
    fresh: SignedDuration,
) -> Decision {
    let allow = match row.allow {
        Some(allow) => allow,
        // A table with such a row is refused at start; should one slip through, nobody passes.
        None => return Decision::Forbidden,
    };
    if allow == Allow::Anyone && !row.fresh_factor {
        return Decision::Pass;
    }
    let Some(actor) = actor else {
        return if allow == Allow::Anyone { Decision::Pass } else { Decision::SignIn };
    };
    let matches = match allow {
        Allow::Anyone | Allow::SignedIn => true,
        Allow::Resident => actor.kind == ActorKind::Resident,
        Allow::Official => actor.kind == ActorKind::Official && !actor.positions.is_empty(),
        Allow::Capability(capability) => actor.can(capability),
        Allow::AnyCapability(any) => any.iter().any(|capability| actor.can(capability)),
        Allow::System => actor.kind == ActorKind::System,
    };
    if !matches {
        return Decision::Forbidden;
    }
    let Factor::Shown(shown) = factor else {
        // A system has no person to authenticate; a person's token is as strong as what it was issued for.
        let weak = actor.kind != ActorKind::System && actor.assurance < row.min_assurance;
        return if weak { Decision::StepUp(row.min_assurance) } else { Decision::Pass };
    };
    let needs_post = matches!(allow, Allow::Official | Allow::Capability(_) | Allow::AnyCapability(_));
    if needs_post && shown.is_none() {
        return Decision::SecondFactor;
    }
    if actor.assurance < row.min_assurance {
        return Decision::StepUp(row.min_assurance);
    }
    let is_fresh = shown.is_some_and(|at| now.duration_since(at) <= fresh);
    if row.fresh_factor && !is_fresh { Decision::FreshFactor } else { Decision::Pass }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use haidang_contracts::Position;
    use haidang_kernel::ambient::Ambient;

    fn actor(kind: ActorKind, capabilities: &[&str]) -> Actor {
        let ambient = Ambient::fixed(Timestamp::UNIX_EPOCH, 1);
        let position = Position {
            agency: "H24.11824".into(),
            role: "clerk".into(),
            title: "Công chức".into(),
            capabilities: capabilities.iter().map(|c| (*c).to_owned()).collect(),
        };
        Actor {
            person: ambient.new_id(),
            display_name: "Ai đó".into(),
            kind,
            on_behalf_of: None,
            on_behalf_name: None,
            mandates: Vec::new(),
            positions: if capabilities.is_empty() { vec![] } else { vec![position] },
            assurance: 2,
            second_factor_at: None,
        }
    }

    #[test]
    fn the_decision_table() {
        use Decision::{Forbidden, FreshFactor, Pass, SecondFactor, SignIn, StepUp};
        let now = Timestamp::from_second(1_000_000).unwrap();
        let old = Timestamp::from_second(1_000_000 - 301).unwrap();
        let (none, first, fresh) = (Factor::Shown(None), Factor::Shown(Some(old)), Factor::Shown(Some(now)));
        let resident = actor(ActorKind::Resident, &[]);
        let clerk = actor(ActorKind::Official, &["case.receive"]);
        let postless = actor(ActorKind::Official, &[]);
        let system = actor(ActorKind::System, &[]);
        let weak = Actor { assurance: 1, ..resident.clone() };
        let weak_system = Actor { assurance: 1, ..system.clone() };
        let row = |allow| Row::get("x", "/x").allow(allow);
        let sure = row(Allow::SignedIn).min_assurance(2);
        let receive = row(Allow::Capability("case.receive"));
        let sign = row(Allow::Capability("case.sign"));
        let any = row(Allow::AnyCapability(&["case.sign", "case.receive"]));
        let table: &[(&str, &Row, Option<&Actor>, Factor, Decision)] = &[
            ("nobody, open", &row(Allow::Anyone), None, none, Pass),
            ("nobody, signed in", &row(Allow::SignedIn), None, none, SignIn),
            ("nobody, office", &receive, None, none, SignIn),
            ("nobody, systems", &row(Allow::System), None, none, SignIn),
            ("resident, signed in", &row(Allow::SignedIn), Some(&resident), none, Pass),
            ("resident, residents", &row(Allow::Resident), Some(&resident), none, Pass),
            ("official, residents", &row(Allow::Resident), Some(&clerk), fresh, Forbidden),
            ("resident, office", &row(Allow::Official), Some(&resident), none, Forbidden),
            ("resident, capability", &receive, Some(&resident), fresh, Forbidden),
            ("official, office", &row(Allow::Official), Some(&clerk), first, Pass),
            ("official without post", &row(Allow::Official), Some(&postless), fresh, Forbidden),
            ("official, one factor", &row(Allow::Official), Some(&clerk), none, SecondFactor),
            ("official, one factor, not needed", &row(Allow::SignedIn), Some(&clerk), none, Pass),
            ("capability held", &receive, Some(&clerk), first, Pass),
            ("capability held, one factor", &receive, Some(&clerk), none, SecondFactor),
            ("capability not held", &sign, Some(&clerk), fresh, Forbidden),
            ("not held, one factor: no hint", &sign, Some(&clerk), none, Forbidden),
            ("one of two", &any, Some(&clerk), first, Pass),
            ("token", &receive, Some(&clerk), Factor::Token, Pass),
            ("system, systems", &row(Allow::System), Some(&system), Factor::Token, Pass),
            ("resident, systems", &row(Allow::System), Some(&resident), none, Forbidden),
            ("fresh act, old factor", &receive.clone().fresh_factor(), Some(&clerk), first, FreshFactor),
            ("fresh act, fresh factor", &receive.clone().fresh_factor(), Some(&clerk), fresh, Pass),
            ("fresh act, token", &receive.clone().fresh_factor(), Some(&clerk), Factor::Token, Pass),
            ("level, nobody", &sure, None, none, SignIn),
            ("level, reached", &sure, Some(&resident), none, Pass),
            ("level, not reached", &sure, Some(&weak), none, StepUp(2)),
            ("level, not reached by a token", &sure, Some(&weak), Factor::Token, StepUp(2)),
            ("level, a system", &sure, Some(&weak_system), Factor::Token, Pass),
            ("level above all own means", &row(Allow::SignedIn).min_assurance(3), Some(&clerk), fresh, StepUp(3)),
            ("level and post, one factor", &receive.clone().min_assurance(3), Some(&clerk), none, SecondFactor),
            ("level and capability not held: no hint", &sign.clone().min_assurance(3), Some(&clerk), fresh, Forbidden),
            (
                "level before freshness",
                &receive.clone().min_assurance(3).fresh_factor(),
                Some(&clerk),
                first,
                StepUp(3),
            ),
            ("level, open to all", &row(Allow::Anyone).min_assurance(3), None, none, Pass),
            ("row without permission", &Row::get("x", "/x"), Some(&clerk), fresh, Forbidden),
        ];
        for (name, row, actor, factor, expected) in table {
            let got = decide(row, *actor, *factor, now, SignedDuration::from_mins(5));
            assert_eq!(got, *expected, "{name}");
        }
    }

    #[test]
    fn levels_have_names() {
        for level in 1..=4 {
            assert_eq!(acr_level(&acr(level)), Some(level));
        }
        for name in
            ["", "urn:haidang:nd69:xt", "urn:haidang:nd69:xt0", "urn:haidang:nd69:xt5", "xt2", "urn:haidang:nd69:xt2 "]
        {
            assert_eq!(acr_level(name), None, "{name}");
        }
    }
}
