use super::*;
use proptest::prelude::*;
use serde_json::json;

const OPERATOR: Party = Party { provider: false, consumer: false, operator: true };
const PROVIDER: Party = Party { provider: true, consumer: false, operator: false };
const CONSUMER: Party = Party { provider: false, consumer: true, operator: false };

fn draft() -> Value {
    json!({ "id": "TT-1", "version": 1, "state": "draft", "purpose_code": "KHAI-SINH", "quota": { "rps": 5, "per_day": 9 } })
}

fn now() -> Timestamp {
    "2026-06-01T02:00:00Z".parse().unwrap()
}

fn said() -> Words {
    Words { reason: "Lý do mẫu".into(), legal_ground: "Điều 16 Nghị định 194/2025/NĐ-CP".into() }
}

fn walk(steps: &[(Step, Party)]) -> Result<Value, StepFault> {
    steps.iter().try_fold(draft(), |content, (step, party)| take(&content, *step, &said(), *party, "p1", now()))
}

#[test]
fn an_agreement_is_requested_approved_signed_and_active() {
    let whole = [
        (Step::Request, CONSUMER),
        (Step::Approve, PROVIDER),
        (Step::SignAsConsumer, CONSUMER),
        (Step::SignAsProvider, PROVIDER),
        (Step::Activate, PROVIDER),
        (Step::Suspend, CONSUMER),
        (Step::Resume, PROVIDER),
        (Step::End, CONSUMER),
    ];
    let ended = walk(&whole).unwrap();
    assert_eq!(state(&ended), Some(State::Ended));
    let process = process(&ended);
    assert_eq!((process.requested_at, process.decided_at), (Some(now()), Some(now())));
    assert_eq!(process.signed_by_provider.unwrap().sha256, terms_digest(&draft()));
    assert_eq!(offered(&ended, OPERATOR), []);
}

fn fails(steps: &[(Step, Party)], expected: StepFault) {
    assert_eq!(walk(steps).unwrap_err(), expected, "{steps:?}");
}

#[test]
fn steps_belong_to_their_side_and_their_moment() {
    let requested = (Step::Request, CONSUMER);
    fails(&[(Step::Request, PROVIDER)], StepFault::NotYours);
    fails(&[requested, (Step::Approve, CONSUMER)], StepFault::NotYours);
    fails(&[requested, (Step::Refuse, Party::default())], StepFault::NotYours);
    fails(&[requested, (Step::SignAsProvider, CONSUMER)], StepFault::NotYours);
    fails(&[(Step::Approve, PROVIDER)], StepFault::NotNow);
    fails(&[requested, (Step::Activate, OPERATOR)], StepFault::NotNow);
    fails(&[requested, (Step::Refuse, PROVIDER), (Step::Approve, PROVIDER)], StepFault::NotNow);
    fails(&[requested, (Step::Approve, PROVIDER), (Step::Activate, OPERATOR)], StepFault::Unsigned);
    let one = [requested, (Step::Approve, PROVIDER), (Step::SignAsProvider, PROVIDER), (Step::Activate, PROVIDER)];
    fails(&one, StepFault::Unsigned);
}

#[test]
fn a_refusal_has_a_reason_and_a_legal_ground() {
    let requested = walk(&[(Step::Request, CONSUMER)]).unwrap();
    for (reason, legal_ground, expected) in
        [("", "x", StepFault::NoReason), ("x", " ", StepFault::NoLegalGround), (" ", "", StepFault::NoReason)]
    {
        let words = Words { reason: reason.into(), legal_ground: legal_ground.into() };
        assert_eq!(take(&requested, Step::Refuse, &words, PROVIDER, "p1", now()), Err(expected));
    }
    let refused = take(&requested, Step::Refuse, &said(), PROVIDER, "p1", now()).unwrap();
    assert_eq!(process(&refused).refusal.unwrap().legal_ground, said().legal_ground);
}

#[test]
fn a_signature_is_over_the_terms_alone_and_falls_with_them() {
    let signed = walk(&[
        (Step::Request, CONSUMER),
        (Step::Approve, PROVIDER),
        (Step::SignAsProvider, OPERATOR),
        (Step::SignAsConsumer, OPERATOR),
    ])
    .unwrap();
    assert!(is_signed(&signed));
    let mut other = signed.clone();
    other["quota"]["per_day"] = 10.into();
    assert!(!is_signed(&other));
    assert!(offered(&signed, PROVIDER).contains(&Step::Activate));
    assert!(!offered(&other, PROVIDER).contains(&Step::Activate));
    let mut turned = json!({ "quota": { "per_day": 9, "rps": 5 } });
    for key in ["purpose_code", "version", "id"] {
        turned[key] = draft()[key].clone();
    }
    assert_eq!(terms_digest(&turned), terms_digest(&signed), "the order of keys is no term");
}

#[test]
fn an_import_brings_nothing_back_and_changes_no_terms_silently() {
    let mut active = draft();
    active["state"] = "active".into();
    let change = |key: &str, value: Value| {
        let mut other = active.clone();
        other[key] = value;
        other
    };
    assert!(may_follow(&active, &active));
    assert!(may_follow(&active, &change("state", "suspended".into())));
    assert!(!may_follow(&active, &change("state", "draft".into())));
    assert!(!may_follow(&active, &change("purpose_code", "X".into())));
    let mut newer = change("purpose_code", "X".into());
    newer["version"] = 2.into();
    assert!(may_follow(&active, &newer));
    assert!(!may_follow(&newer, &active));
}

proptest! {
    #[test]
    fn no_walk_leads_to_rights_without_approval_and_two_signatures(
        steps in prop::collection::vec((0..Step::ALL.len(), 0u8..8, any::<bool>()), 0..40),
    ) {
        let (mut content, mut approved, mut over) = (draft(), false, false);
        for (step, side, speaks) in steps {
            let party = Party { provider: side & 1 != 0, consumer: side & 2 != 0, operator: side & 4 != 0 };
            let step = Step::ALL[step];
            let words = if speaks { said() } else { Words::default() };
            let offers = offered(&content, party).contains(&step);
            match take(&content, step, &words, party, "p1", now()) {
                Ok(next) => {
                    prop_assert!(!over, "what is over stays so");
                    prop_assert!(party.takes_part());
                    prop_assert!(state(&content) == state(&next) || state(&content).unwrap().may_become(state(&next).unwrap()));
                    prop_assert_eq!(terms_digest(&content), terms_digest(&next));
                    content = next;
                }
                Err(fault) => prop_assert!(
                    !offers || matches!(fault, StepFault::NoReason | StepFault::NoLegalGround),
                    "{step:?} was offered, and then: {fault}"
                ),
            }
            let now_at = state(&content).unwrap();
            approved |= now_at == State::Approved;
            over |= matches!(now_at, State::Refused | State::Ended);
            if matches!(now_at, State::Active | State::Suspended) {
                prop_assert!(approved && is_signed(&content));
            }
            prop_assert_eq!(now_at == State::Refused, process(&content).refusal.is_some());
        }
    }
}
