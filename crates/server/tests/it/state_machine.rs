//! What may not follow is refused with its reason and changes nothing; what may, does what the law says.

use crate::city::{MORNING, Persona, Place, Town, case_id};
use haidang_services::model::{ActionKind, CaseState, Channel};
use haidang_store::args;
use serde_json::{Value as Json, json};

/// The stall permit of the made-up city: four or six working days, a fee at intake, a consultation.
const PERMIT: &str = "9.000102";
/// The record of a birth of the made-up city: the same day, no fee, no consultation.
const RECORD: &str = "9.000101";

async fn town(place: &Place) -> Town {
    Town::open(place, "mau", MORNING).await
}

/// A case of the owner that lies in a known commune.
async fn filed(town: &Town, procedure: &str) -> String {
    let version = town.version(procedure);
    let owner = town.person("owner");
    let known = |facts: &haidang_services::procedure::Facts| {
        facts.form["contact_delivery"] == "counter"
            && matches!(version.competence(facts), haidang_services::procedure::Competence::Commune(_))
    };
    town.file(&owner, procedure, known).await.id
}

/// A body with everything any action could want.
fn everything(town: &Town) -> Json {
    json!({
        "reason": "Lý do minh họa", "items": [{ "component": null, "what": "Bản rõ hơn" }],
        "to_agency": town.communes()[1].1, "consult_agency": "M01.S02", "question": "Có ý kiến gì không?",
        "new_date": "2026-03-31", "confirm_second_supplement": true,
    })
}

/// Who would have the right to do an action on a case, were it the moment for it.
async fn able(town: &Town, case: &str, action: ActionKind) -> Vec<Persona> {
    if action.capabilities().is_empty() {
        return vec![town.person("owner")];
    }
    let row = town.case(case).await;
    let mut found = Vec::new();
    for agency in [row.deciding_agency().to_owned(), row.receiving_agency.clone()] {
        for role in town.city.pack.roles.iter().filter(|role| role.agencies.iter().any(|a| a == "commune")) {
            if action.capabilities().iter().any(|capability| role.capabilities.contains(*capability)) {
                found.push(town.post(&role.id, &agency).await);
            }
        }
    }
    found.push(town.city_post("supervisor").await);
    found
}

/// Tries every action that the state does not allow, by everybody who has the capability for it.
async fn refuses(town: &Town, case: &str, allowed: &[ActionKind]) {
    let before = town.case(case).await;
    let events = town.events(case).await.len();
    for action in ActionKind::ALL.iter().filter(|action| !allowed.contains(action)) {
        for who in able(town, case, *action).await {
            let got = town.act(&who, case, action.as_str(), everything(town)).await;
            let what = format!("{action} in {}", before.state);
            assert!(
                matches!(
                    (got.status, got.code().as_str()),
                    (409, "transition_not_allowed") | (403, "not_your_task") | (404, "case_not_found")
                ),
                "{what}: {} {}",
                got.status,
                got.text()
            );
        }
    }
    let after = town.case(case).await;
    assert_eq!((after.state, after.revision, after.step), (before.state, before.revision, before.step));
    assert_eq!(town.events(case).await.len(), events, "a refusal leaves no event");
}

on_both! {
    async fn every_state_refuses_what_may_not_follow(place: Place) {
        use ActionKind as A;
        let town = town(&place).await;
        let case = filed(&town, RECORD).await;
        refuses(&town, &case, &[A::Accept, A::Refuse, A::Supplement, A::Forward, A::Withdraw]).await;
        town.walk(&case, &["accept"]).await;
        let work = [A::Supplement, A::Propose, A::Stop, A::Apologise, A::Withdraw, A::RequestPayment];
        refuses(&town, &case, &work).await;
        town.walk(&case, &["supplement"]).await;
        refuses(&town, &case, &[A::AnswerSupplement, A::Stop, A::Withdraw, A::Apologise]).await;
        town.act(&town.person("owner"), &case, "answer_supplement", json!({})).await.expect(200, "answer");
        town.walk(&case, &["propose"]).await;
        refuses(&town, &case, &[A::Sign, A::Return, A::Apologise]).await;
        town.walk(&case, &["sign"]).await;
        refuses(&town, &case, &[A::Issue, A::Return, A::Apologise]).await;
        town.walk(&case, &["issue"]).await;
        refuses(&town, &case, &[A::HandOver, A::Correct, A::Apologise]).await;
        town.walk(&case, &["hand_over"]).await;
        refuses(&town, &case, &[]).await;

        let refused = filed(&town, RECORD).await;
        town.walk(&refused, &["refuse"]).await;
        assert_eq!(town.case(&refused).await.state, CaseState::Refused);
        assert_eq!(town.forms(&refused).await, ["03"]);
        refuses(&town, &refused, &[]).await;

        let stopped = filed(&town, RECORD).await;
        town.walk(&stopped, &["accept", "stop"]).await;
        assert_eq!((town.case(&stopped).await.state, town.forms(&stopped).await), (CaseState::Stopped, vec!["01".to_owned(), "05".to_owned()]));
        refuses(&town, &stopped, &[]).await;
        town.prove().await;
    }

    async fn replayed_stale_and_foreign_actions_change_nothing(place: Place) {
        let town = town(&place).await;
        let case = filed(&town, RECORD).await;
        let (clerk, owner, other) = (town.holder(&case).await, town.person("owner"), town.person("other"));
        let seen = town.case(&case).await.revision;
        let accept = json!({ "expected_revision": seen });
        town.act(&clerk, &case, "accept", accept.clone()).await.expect(200, "accept");
        town.act(&clerk, &case, "accept", accept).await.refused(409, "changed_meanwhile", "the same request again");
        let replayed = town.act(&clerk, &case, "accept", json!({})).await;
        assert!(matches!(replayed.status, 403 | 409), "accepted twice: {}", replayed.text());

        // Somebody else's case is no case, whatever is asked of it.
        let path = format!("/api/v1/cases/{case}");
        for (method, path, body) in [
            ("GET", path.clone(), None),
            ("GET", format!("{path}/clock"), None),
            ("GET", format!("{path}/fees"), None),
            ("POST", format!("{path}/actions/withdraw"), Some(json!({ "reason": "không phải của tôi" }))),
            ("POST", format!("{path}/actions/answer_supplement"), Some(json!({}))),
            ("POST", format!("{path}/payments"), None),
            ("POST", format!("{path}/rating"), Some(json!({ "level": 5 }))),
        ] {
            let got = town.ask(Some(&other), method, &path, body).await;
            assert_eq!(got.status, 404, "{method} {path}: {}", got.text());
        }
        let stranger = town.post("desk", &town.communes()[2].1).await;
        town.ask(Some(&stranger), "GET", &path, None).await.refused(404, "case_not_found", "another unit reads");
        town.act(&stranger, &case, "refuse", json!({ "reason": "nhầm" })).await.refused(404, "case_not_found", "another unit acts");
        town.act(&owner, &case, "propose", json!({})).await.refused(404, "case_not_found", "the owner decides");
        town.ask(Some(&owner), "POST", &format!("{path}/actions/burn"), Some(json!({}))).await.refused(404, "action_unknown", "no such action");

        // A right of the unit is not the right of every role in it.
        let registrar = town.post("registrar", town.case(&case).await.deciding_agency()).await;
        town.act(&registrar, &case, "propose", json!({})).await.refused(403, "not_your_task", "the registrar proposes");
        let examiner = town.holder(&case).await;
        town.act(&examiner, &case, "supplement", json!({ "items": [{ "what": "x" }] })).await.refused(422, "reason_required", "no reason");
        town.act(&examiner, &case, "supplement", json!({ "reason": "thiếu" })).await.refused(422, "items_required", "nothing named");
    }

    async fn a_second_supplement_must_be_confirmed(place: Place) {
        let town = town(&place).await;
        let case = filed(&town, RECORD).await;
        town.walk(&case, &["accept", "supplement"]).await;
        town.act(&town.person("owner"), &case, "answer_supplement", json!({})).await.expect(200, "answer");
        let examiner = town.holder(&case).await;
        let again = json!({ "reason": "Còn thiếu", "items": [{ "component": null, "what": "Một bản nữa" }] });
        town.act(&examiner, &case, "supplement", again.clone()).await.refused(409, "second_supplement_unconfirmed", "unread");
        let mut confirmed = again;
        confirmed["confirm_second_supplement"] = json!(true);
        town.act(&examiner, &case, "supplement", confirmed).await.expect(200, "confirmed");
        assert_eq!(town.case(&case).await.supplements, 2);
        assert_eq!(town.forms(&case).await, ["01", "02", "02"]);
    }

    async fn a_fee_due_holds_intake_until_it_is_paid(place: Place) {
        let town = town(&place).await;
        let case = filed(&town, PERMIT).await;
        let clerk = town.holder(&case).await;
        town.act(&clerk, &case, "accept", json!({})).await.refused(409, "fee_due", "unpaid");
        assert!(town.forms(&case).await.is_empty(), "no form 01 without the fee");

        // A payment at the gateway that fails leaves the case with its fee due.
        let owner = town.person("owner");
        let path = format!("/api/v1/cases/{case}/payments");
        let started = town.ask(Some(&owner), "POST", &path, None).await.expect(201, "payment");
        let reference = started["reference"].as_str().unwrap().to_owned();
        let pay = "UPDATE server_payment SET status = $2 WHERE reference = $1";
        town.city.db.execute(pay, args![reference.clone(), "failed"]).await.unwrap();
        town.services().settle_payment(&reference).await.unwrap();
        town.act(&clerk, &case, "accept", json!({})).await.refused(409, "fee_due", "the payment failed");

        town.collect(&case).await.expect(204, "at the counter");
        town.collect(&case).await.refused(409, "nothing_due", "paid twice");
        town.act(&clerk, &case, "accept", json!({})).await.expect(200, "paid");
        assert_eq!(town.case(&case).await.finance_state.as_str(), "paid");
    }

    async fn a_signature_wants_a_second_factor_just_shown(place: Place) {
        let town = town(&place).await;
        let case = filed(&town, RECORD).await;
        town.walk(&case, &["accept", "propose"]).await;
        let leader = town.holder(&case).await;
        let mut actor = town.actor(&leader).await;
        let sign = || haidang_services::cases::command::Command::new(ActionKind::Sign, "test");
        actor.second_factor_at = Some(town.ambient.now());
        town.later("PT5M1S");
        let stale = town.services().act(&actor, &case_id(&case), sign()).await.unwrap_err();
        assert_eq!((stale.kind.status(), stale.code), (403, "second_factor_required"));
        actor.second_factor_at = None;
        let never = town.services().act(&actor, &case_id(&case), sign()).await.unwrap_err();
        assert_eq!(never.code, "second_factor_required");
        assert_eq!(town.case(&case).await.state, CaseState::AwaitingSignature);
        actor.second_factor_at = Some(town.ambient.now());
        town.services().act(&actor, &case_id(&case), sign()).await.unwrap();
    }

    async fn a_withdrawal_is_declined_or_accepted(place: Place) {
        let town = town(&place).await;
        let owner = town.person("owner");
        let case = filed(&town, RECORD).await;
        town.walk(&case, &["accept"]).await;
        town.act(&owner, &case, "withdraw", json!({})).await.refused(422, "reason_required", "without a word");
        let wish = json!({ "reason": "Tôi nộp nhầm" });
        town.act(&owner, &case, "withdraw", wish.clone()).await.expect(200, "asked");
        assert_eq!(town.case(&case).await.state, CaseState::WithdrawalRequested);
        let examiner = town.holder(&case).await;
        town.act(&examiner, &case, "propose", json!({})).await.refused(409, "transition_not_allowed", "while it is asked");
        let due = town.case(&case).await.due_at;
        town.act(&examiner, &case, "decline_withdrawal", json!({ "reason": "Kết quả đã xong" })).await.expect(200, "declined");
        let back = town.case(&case).await;
        assert_eq!((back.state, back.due_at), (CaseState::InProgress, due));
        town.act(&owner, &case, "withdraw", wish.clone()).await.expect(200, "asked again");
        town.act(&examiner, &case, "accept_withdrawal", json!({})).await.expect(200, "accepted");
        let gone = town.case(&case).await;
        assert_eq!((gone.state, gone.ended_at.is_some()), (CaseState::Withdrawn, true));

        // Before intake there is no work to go back to: the wish can only be accepted.
        let early = filed(&town, RECORD).await;
        let clerk = town.holder(&early).await;
        town.act(&owner, &early, "withdraw", wish).await.expect(200, "asked before intake");
        town.act(&clerk, &early, "decline_withdrawal", json!({ "reason": "không" })).await.refused(409, "transition_not_allowed", "declined");
        town.act(&clerk, &early, "accept_withdrawal", json!({})).await.expect(200, "accepted");
        assert!(town.rows("SELECT id FROM services_task WHERE closed_at IS NULL", args![]).await.is_empty());
    }

    async fn a_printed_date_moves_by_form_04_alone(place: Place) {
        let town = town(&place).await;
        let case = filed(&town, PERMIT).await;
        town.collect(&case).await.expect(204, "paid");
        town.walk(&case, &["accept"]).await;
        let promised = town.case(&case).await.promised_at.unwrap();
        let examiner = town.holder(&case).await;
        let apologise = |date: &str| json!({ "reason": "Cần xem lại tại chỗ", "new_date": date });
        town.act(&examiner, &case, "apologise", apologise("2026-03-04")).await.refused(422, "date_not_later", "earlier");
        town.act(&examiner, &case, "apologise", apologise("2026-03-29")).await.refused(422, "not_a_working_day", "a Sunday");
        town.act(&examiner, &case, "apologise", json!({ "reason": "muộn" })).await.refused(422, "new_date_required", "no date");
        assert_eq!(town.case(&case).await.promised_at, Some(promised));
        town.act(&examiner, &case, "apologise", apologise("2026-03-31")).await.expect(200, "form 04");
        let moved = town.case(&case).await;
        assert_eq!(moved.promised_at, Some("2026-03-31T18:00:00+07:00".parse().unwrap()));
        assert_eq!(moved.due_at, moved.promised_at);
        assert_eq!(town.forms(&case).await, ["01", "04"]);

        // A supplement answered early does not bring the moved date nearer again.
        town.walk(&case, &["supplement"]).await;
        town.act(&town.person("owner"), &case, "answer_supplement", json!({})).await.expect(200, "answer");
        assert_eq!(town.case(&case).await.promised_at, moved.promised_at);
    }

    async fn a_correction_voids_the_result_and_work_begins_again(place: Place) {
        let town = town(&place).await;
        let case = filed(&town, RECORD).await;
        town.walk(&case, &["accept", "propose", "sign", "issue"]).await;
        town.city.run_due().await.unwrap();
        let first = town.services().results(&case_id(&case)).await.unwrap().remove(0);
        let supervisor = town.city_post("supervisor").await;
        let examiner = town.post("examiner", &first.agency).await;
        town.act(&examiner, &case, "correct", json!({ "reason": "Sai tên" })).await.refused(403, "not_your_task", "no right to");
        town.act(&supervisor, &case, "correct", json!({ "reason": "Sai tên" })).await.expect(200, "corrected");
        let row = town.case(&case).await;
        assert_eq!((row.state, row.ended_at), (CaseState::InProgress, None));
        let voided = town.services().result_by_token(first.token.as_deref().unwrap()).await.unwrap();
        assert!(voided.revoked_at.is_some());
        town.walk(&case, &["propose", "sign", "issue"]).await;
        let results = town.services().results(&case_id(&case)).await.unwrap();
        assert_eq!(results.len(), 2);
        let valid: Vec<_> = results.iter().filter(|result| result.revoked_at.is_none()).collect();
        assert_eq!(valid.len(), 1);
        assert_ne!(valid[0].number, first.number, "a number is never given twice");
    }

    async fn a_consultation_holds_the_proposal_until_it_is_answered(place: Place) {
        let town = town(&place).await;
        let case = filed(&town, PERMIT).await;
        town.collect(&case).await.expect(204, "paid");
        town.walk(&case, &["accept"]).await;
        let due = town.case(&case).await.due_at;
        let examiner = town.holder(&case).await;
        let ask = json!({ "consult_agency": "M01.S02", "question": "Vỉa hè đủ rộng không?" });
        town.act(&examiner, &case, "consult", json!({})).await.refused(422, "question_required", "no question");
        town.act(&examiner, &case, "consult", ask).await.expect(200, "asked");
        assert_eq!(town.case(&case).await.due_at, due, "this limit does not pause for a consultation");
        town.act(&examiner, &case, "propose", json!({})).await.refused(409, "consultation_open", "unanswered");

        let asked = town.services().consultations(&case_id(&case)).await.unwrap().remove(0);
        assert_eq!(asked.due_at, Some("2026-03-05T18:00:00+07:00".parse().unwrap()), "two working days");
        let path = format!("/api/v1/cases/{case}/consultations/{}", asked.id);
        let answer = json!({ "answer": "Đủ rộng." });
        town.ask(Some(&examiner), "POST", &path, Some(answer.clone())).await.refused(403, "not_your_task", "answers oneself");
        let expert = town.post("pavement_expert", "M01.S02").await;
        town.ask(Some(&expert), "GET", &format!("/api/v1/cases/{case}"), None).await.expect(200, "the asked agency may read");
        town.ask(Some(&expert), "POST", &path, Some(json!({ "answer": " " }))).await.refused(422, "answer_required", "empty");
        town.ask(Some(&expert), "POST", &path, Some(answer.clone())).await.expect(204, "answered");
        town.ask(Some(&expert), "POST", &path, Some(answer)).await.refused(409, "already_answered", "twice");
        town.walk(&case, &["propose"]).await;
    }

    async fn where_the_limit_says_so_a_consultation_stops_the_clock(place: Place) {
        let town = Town::open(&place, "haiphong", MORNING).await;
        let owner = town.person("owner");
        let version = town.version("1.001193");
        let facts = town.answers(&version, Channel::Online, &owner.person, |facts| {
            matches!(version.competence(facts), haidang_services::procedure::Competence::Commune(_))
                && version.fees(facts).iter().all(|fee| fee.amount.is_none_or(|amount| amount.dong() == 0))
        });
        let case = town.submit(&owner, &town.draft(&owner, &version, &facts).await).await.id;
        town.walk(&case, &["accept"]).await;
        let officer = town.holder(&case).await;
        let elsewhere = town.communes()[2].1.clone();
        let ask = json!({ "consult_agency": elsewhere, "question": "Có đăng ký kết hôn không?" });
        town.act(&officer, &case, "consult", ask).await.expect(200, "asked");
        let paused = town.case(&case).await;
        assert_eq!((paused.state, paused.due_at), (CaseState::Consulting, None));
        town.at("2026-03-05T10:00:00+07:00".parse().unwrap());
        let asked = town.services().consultations(&case_id(&case)).await.unwrap().remove(0);
        let answers = town.post("civil_status_officer", &elsewhere).await;
        let path = format!("/api/v1/cases/{case}/consultations/{}", asked.id);
        town.ask(Some(&answers), "POST", &path, Some(json!({ "answer": "Có." }))).await.expect(204, "answered");
        let again = town.case(&case).await;
        assert_eq!(again.state, CaseState::InProgress);
        assert_eq!(again.due_at, Some("2026-03-05T17:00:00+07:00".parse().unwrap()), "two days later than before");
    }
}
