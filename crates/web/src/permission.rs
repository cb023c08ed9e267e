//! The decision of the permission table: who may pass a row, and what is asked of whoever may not yet.

use crate::row::{Allow, Row};
use haidang_contracts::authorizer::{Authorizer, Circumstances, Question, Resource, Verdict};
use haidang_contracts::{Actor, ContractError};
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
/// Code of a refusal that a stronger sign-in mends (RFC 9470).
pub const INSUFFICIENT: &str = "insufficient_user_authentication";

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

/// A decision with the verdict it rests on.
#[derive(Debug)]
pub(crate) struct Ruling {
    pub(crate) decision: Decision,
    /// The action that was refused or permitted; empty where no policy was asked.
    pub(crate) action: &'static str,
    pub(crate) verdict: Option<Verdict>,
}

impl Ruling {
    fn plain(decision: Decision) -> Self {
        Self { decision, action: "", verdict: None }
    }
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

/// Decides; nothing else in the house lets a request through. Who may is the policies' answer, asked for every row that
/// is not open to everybody; the factors of the session are judged here.
pub(crate) async fn decide(
    authorizer: &dyn Authorizer,
    row: &Row,
    actor: Option<&Actor>,
    factor: Factor,
    now: Timestamp,
    fresh: SignedDuration,
) -> Result<Ruling, ContractError> {
    // A table with a row without permission is refused at start; should one slip through, nobody passes.
    let Some(allow) = row.allow else { return Ok(Ruling::plain(Decision::Forbidden)) };
    let Some(actor) = actor else {
        return Ok(Ruling::plain(if allow == Allow::Anyone { Decision::Pass } else { Decision::SignIn }));
    };
    if allow == Allow::Anyone {
        return Ok(Ruling::plain(factors(row, factor, now, fresh)));
    }
    let shown = strength(actor, factor);
    let (action, verdict) = ask(authorizer, row, actor, shown, now).await?;
    if verdict.allowed {
        return Ok(Ruling { decision: factors(row, factor, now, fresh), action, verdict: Some(verdict) });
    }
    // Whoever would pass after a stronger sign-in is led to it; everybody else learns nothing about the row.
    let stronger = shown < row.minimum_acr() && ask(authorizer, row, actor, row.minimum_acr(), now).await?.1.allowed;
    let decision = match factor {
        Factor::Shown(None) if stronger && row.needs_post() => Decision::SecondFactor,
        _ if stronger => Decision::StepUp(row.minimum_acr()),
        _ => Decision::Forbidden,
    };
    Ok(Ruling { decision, action, verdict: Some(verdict) })
}

/// A token was issued after a second factor and counts as two.
fn strength(actor: &Actor, factor: Factor) -> u8 {
    match factor {
        Factor::Token => actor.assurance.max(2),
        Factor::Shown(_) => actor.assurance,
    }
}

/// Asks for each action of the row until one is permitted; else the first refusal, which a reader is told.
async fn ask(
    authorizer: &dyn Authorizer,
    row: &Row,
    actor: &Actor,
    acr: u8,
    now: Timestamp,
) -> Result<(&'static str, Verdict), ContractError> {
    let resource = Resource::Route { id: row.id.to_owned(), minimum_acr: row.minimum_acr() };
    let circumstances = Circumstances { acr, ..Circumstances::of(actor, now) };
    let mut refused = None;
    for action in row.actions() {
        let question = Question { actor, action, resource: &resource, circumstances: &circumstances };
        let verdict = authorizer.authorize(&question).await?;
        if verdict.allowed {
            return Ok((action, verdict));
        }
        refused.get_or_insert((action, verdict));
    }
    refused.ok_or_else(|| ContractError::Internal("a row without an action".to_owned()))
}

/// What the session must have shown beyond the first factor.
fn factors(row: &Row, factor: Factor, now: Timestamp, fresh: SignedDuration) -> Decision {
    let Factor::Shown(shown) = factor else { return Decision::Pass };
    if row.needs_post() && shown.is_none() {
        return Decision::SecondFactor;
    }
    let is_fresh = shown.is_some_and(|at| now.duration_since(at) <= fresh);
    if row.fresh_factor && !is_fresh { Decision::FreshFactor } else { Decision::Pass }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use haidang_contracts::{ActorKind, Position};
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
            positions: if capabilities.is_empty() { vec![] } else { vec![position] },
            assurance: 2,
            mandates: Vec::new(),
            second_factor_at: None,
        }
    }

    struct Usual;

    #[async_trait]
    impl Authorizer for Usual {
        async fn authorize(&self, question: &Question<'_>) -> Result<Verdict, ContractError> {
            Ok(haidang_testkit::by_capability(question))
        }
    }

    #[tokio::test]
    async fn the_decision_table() {
        use Decision::{Forbidden, FreshFactor, Pass, SecondFactor, SignIn, StepUp};
        let now = Timestamp::from_second(1_000_000).unwrap();
        let old = Timestamp::from_second(1_000_000 - 301).unwrap();
        let (none, first, fresh) = (Factor::Shown(None), Factor::Shown(Some(old)), Factor::Shown(Some(now)));
        let resident = actor(ActorKind::Resident, &[]);
        let clerk = actor(ActorKind::Official, &["case.receive"]);
        let postless = actor(ActorKind::Official, &[]);
        let system = actor(ActorKind::System, &[]);
        let weak = Actor { assurance: 1, ..clerk.clone() };
        let weak_resident = Actor { assurance: 1, ..resident.clone() };
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
            ("weak sign-in, no second factor", &receive, Some(&weak), none, SecondFactor),
            ("weak sign-in with a second factor", &receive, Some(&weak), first, StepUp(2)),
            ("weak sign-in, not held: no hint", &sign, Some(&weak), first, Forbidden),
            ("weak token", &receive, Some(&weak), Factor::Token, Pass),
            ("weak resident", &row(Allow::Resident), Some(&weak_resident), none, Pass),
            ("weak resident, strong row", &row(Allow::Resident).min_assurance(3), Some(&resident), none, StepUp(3)),
            ("level, nobody", &sure, None, none, SignIn),
            ("level, reached", &sure, Some(&resident), none, Pass),
            ("level, not reached", &sure, Some(&weak_resident), none, StepUp(2)),
            (
                "level, not reached by a token",
                &row(Allow::SignedIn).min_assurance(3),
                Some(&weak),
                Factor::Token,
                StepUp(3),
            ),
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
            let got = decide(&Usual, row, *actor, *factor, now, SignedDuration::from_mins(5)).await.unwrap();
            assert_eq!(got.decision, *expected, "{name}");
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
