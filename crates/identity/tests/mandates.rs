//! Acting for others over both databases: by register, by guardianship, by a mandate both sides accepted.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{acting, person, proposal, room, seed, town};
use haidang_contracts::MandateKind;
use haidang_contracts::identity::Identity as _;
use haidang_identity::mandates::model::GuardianshipSeed;
use haidang_identity::mandates::{Status, representee};
use haidang_identity::model::RelationSeed;
use haidang_identity::rules::RelationKind;
use haidang_testkit::{Rooms, TestDb, db_test};
use haidang_web::encode;
use haidang_web::session::{self, SignIn};
use jiff::SignedDuration;

const ROOMS: Rooms = &[("web", haidang_web::MIGRATIONS), ("identity", haidang_identity::MIGRATIONS)];

async fn changes(db: &TestDb) -> Vec<String> {
    let rows = db.fetch_all("SELECT payload FROM store_event WHERE kind = 'mandate.changed' ORDER BY id", vec![]).await;
    let state =
        |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap()["state"].as_str().unwrap().to_owned();
    rows.unwrap().iter().map(|row| state(row.text("payload").unwrap())).collect()
}

db_test! {
    rooms = ROOMS;

    /// T41: a mandate that ended, by its date or by either side, allows nothing from the next request on.
    async fn t41_the_end_of_a_mandate_counts_from_the_next_request(db: TestDb) {
        let room = room(&db);
        let giver = person(&db, "Lê Thị Ví Dụ", "031190000015", "1990-05-01");
        let taker = person(&db, "Phạm Văn Thử", "031085000016", "1985-01-01");
        seed(&db, &[giver.clone(), taker.clone()], &[]).await;
        let (hers, his) = (acting(&room, &giver, None).await, acting(&room, &taker, None).await);
        assert!(acting(&room, &taker, Some(&giver)).await.on_behalf_of.is_none(), "nothing yet");

        let waiting = room.propose_for(&hers, proposal(&db, &taker, "2027-01-01")).await.unwrap();
        assert!(acting(&room, &taker, Some(&giver)).await.on_behalf_of.is_none(), "one side is not enough");
        room.end_mandate_as(&hers, &waiting).await.unwrap();

        let id = room.mandate_between(&hers, &his, proposal(&db, &taker, "2027-01-01")).await.unwrap();
        let actor = acting(&room, &taker, Some(&giver)).await;
        assert_eq!(actor.subject(), &giver.person.id);
        assert_eq!(actor.person, taker.person.id, "the human stays who they are");
        assert_eq!(actor.mandates[0].id, id);
        assert!(actor.may_act_in("1.001193") && !actor.may_act_in("1.000001") && !actor.acts_in_full());
        let weak = haidang_contracts::Actor { assurance: 1, ..actor.clone() };
        assert!(!weak.may_act_in("1.001193"), "signed in too weakly");

        for ends in [&hers, &his] {
            let id = room.mandate_between(&hers, &his, proposal(&db, &taker, "2027-01-01")).await.unwrap();
            room.end_mandate_as(ends, &id).await.unwrap();
            assert_eq!(room.end_mandate_as(ends, &id).await.unwrap_err().code, "mandate_closed");
        }
        room.end_mandate_as(&hers, &id).await.unwrap();
        assert!(acting(&room, &taker, Some(&giver)).await.on_behalf_of.is_none(), "ended a moment ago");
        let claim = representee(
            Some(&room.represented_by(&taker.person.id).await.unwrap()),
            Some(giver.person.id.as_str()),
            2,
            |other| other.person.to_string(),
        );
        assert_eq!(claim.unwrap().status, Status::RequestedRepresenteeNotAllowed, "the next token says so");

        // The last day counts whole, in the time of the city: the fixed morning is 09:00 on 2026-03-03.
        room.mandate_between(&hers, &his, proposal(&db, &taker, "2026-03-03")).await.unwrap();
        db.ambient().advance(SignedDuration::from_hours(14));
        assert!(acting(&room, &taker, Some(&giver)).await.on_behalf_of.is_some(), "23:00 of the last day");
        db.ambient().advance(SignedDuration::from_hours(1));
        assert!(acting(&room, &taker, Some(&giver)).await.on_behalf_of.is_none(), "00:00 after it");
        let told = changes(&db).await;
        assert_eq!(told.iter().filter(|state| *state == "REVOKED").count(), 4, "{told:?}");
    }

    /// T42: father, mother and guardian act until 00:00 of the eighteenth birthday in the time of the city.
    async fn t42_acting_for_a_child_ends_on_the_eighteenth_birthday(db: TestDb) {
        let room = room(&db);
        let parent = person(&db, "Lê Thị Ví Dụ", "031190000015", "1990-05-01");
        let child = person(&db, "Lê Ví Dụ Con", "031208000013", "2008-03-04");
        let ward = person(&db, "Trần Ví Dụ Em", "031208000014", "2008-03-04");
        let adult = person(&db, "Trần Ví Dụ Anh", "031180000014", "1980-03-04");
        seed(
            &db,
            &[parent.clone(), child.clone(), ward.clone(), adult.clone()],
            &[RelationSeed { person: parent.person.id.clone(), other: child.person.id.clone(), kind: RelationKind::Child }],
        )
        .await;
        let guardianship = |of: &haidang_identity::model::PersonSeed, of_adult| GuardianshipSeed {
            guardian: parent.person.id.clone(),
            ward: of.person.id.clone(),
            decision: "12/2026/QĐ".into(),
            of_adult,
        };
        room.put_guardianships(&[guardianship(&ward, false), guardianship(&adult, true)]).await.unwrap();
        for other in [&child, &ward, &adult] {
            let actor = acting(&room, &parent, Some(other)).await;
            assert_eq!(actor.mandates[0].kind, MandateKind::ParentGuardian);
            assert!(actor.acts_in_full() && actor.may_act_in("1.000001"));
        }
        // One microsecond before midnight in Hải Phòng is still the day before, although the date in UTC is too.
        let midnight: jiff::Timestamp = "2026-03-04T00:00:00+07:00".parse().unwrap();
        db.ambient().set(midnight.checked_sub(SignedDuration::from_micros(1)).unwrap());
        assert!(acting(&room, &parent, Some(&child)).await.on_behalf_of.is_some());
        assert!(acting(&room, &parent, Some(&ward)).await.on_behalf_of.is_some());
        db.ambient().set(midnight);
        assert!(acting(&room, &parent, Some(&child)).await.on_behalf_of.is_none());
        assert!(acting(&room, &parent, Some(&ward)).await.on_behalf_of.is_none());
        assert!(acting(&room, &parent, Some(&adult)).await.on_behalf_of.is_some(), "the court's decision holds");
    }

    async fn a_mandate_takes_both_and_is_not_handed_on(db: TestDb) {
        let room = room(&db);
        let owner = person(&db, "Lê Thị Ví Dụ", "031190000015", "1990-05-01");
        let clerk = person(&db, "Phạm Văn Thử", "031085000016", "1985-01-01");
        let third = person(&db, "Đỗ Thị Mẫu", "031085000017", "1985-01-01");
        let company = person(&db, "Công ty Mẫu", "0200000011", "");
        let relation =
            RelationSeed { person: owner.person.id.clone(), other: company.person.id.clone(), kind: RelationKind::Represents };
        seed(&db, &[owner.clone(), clerk.clone(), third.clone(), company.clone()], &[relation]).await;
        let for_company = acting(&room, &owner, Some(&company)).await;
        assert_eq!(for_company.mandates[0].kind, MandateKind::LegalRepresentative);
        let his = acting(&room, &clerk, None).await;
        let id = room.mandate_between(&for_company, &his, proposal(&db, &clerk, "2026-12-31")).await.unwrap();

        let clerk_for_company = acting(&room, &clerk, Some(&company)).await;
        let handing_on = room.propose_for(&clerk_for_company, proposal(&db, &third, "2026-12-31")).await;
        assert_eq!(handing_on.unwrap_err().code, "sub_delegation");
        assert_eq!(room.end_mandate_as(&clerk_for_company, &id).await.unwrap_err().code, "mandate_not_found");
        let stranger = acting(&room, &third, None).await;
        assert_eq!(room.end_mandate_as(&stranger, &id).await.unwrap_err().code, "mandate_not_found");

        // A number typed wrong reaches somebody else, who cannot accept what names another.
        let mut wrong = proposal(&db, &third, "2026-12-31");
        wrong.delegate_name = "Phạm Văn Thử".into();
        let refused = room.mandate_between(&for_company, &stranger, wrong).await;
        assert_eq!(refused.unwrap_err().code, "name_differs");
        // A number nobody has yet is answered like any other.
        let mut unknown = proposal(&db, &third, "2026-12-31");
        unknown.delegate_number = "031085000099".into();
        room.propose_for(&for_company, unknown).await.unwrap();

        for (change, field) in [
            ((|p| p.delegate_number = "031190000015".into()) as fn(&mut haidang_identity::mandates::model::Proposal), "delegate_number"),
            (|p| p.delegate_number = "12".into(), "delegate_number"),
            (|p| p.procedures = vec!["9.999999".into()], "procedures"),
            (|p| p.procedures = vec!["*".into()], "procedures"),
            (|p| p.to = "2031-01-01".parse().unwrap(), "to"),
            (|p| p.min_assurance = 5, "min_acr"),
        ] {
            let mut bad = proposal(&db, &clerk, "2026-12-31");
            change(&mut bad);
            let problem = room.propose_for(&for_company, bad).await.unwrap_err();
            assert_eq!((problem.code, problem.errors[0].field.as_str()), ("mandate_invalid", field), "{problem:?}");
        }
        let id = room.propose_for(&for_company, proposal(&db, &clerk, "2026-12-31")).await.unwrap();
        assert!(!id.is_empty());
        // The audit names the human, the principal and both numbers' logs.
        let log = db.accesses_of("0200000011", None, 50).await.unwrap();
        assert!(log.iter().any(|row| row.action == "mandate.accepted"), "the company reads it in its log");
    }

    /// The rows ask for two factors (Decree 69/2024/NĐ-CP), so whoever came in with one is led to where more is proved.
    async fn authorising_and_accepting_take_two_factors(db: TestDb) {
        let room = room(&db);
        let giver = person(&db, "Lê Thị Ví Dụ", "031190000015", "1990-05-01");
        let taker = person(&db, "Phạm Văn Thử", "031085000016", "1985-01-01");
        seed(&db, &[giver.clone(), taker.clone()], &[]).await;
        let city = town::serve(&db, &room);
        let hers = acting(&room, &giver, None).await;
        let id = room.propose_for(&hers, proposal(&db, &taker, "2026-12-31")).await.unwrap();
        let accept = format!("/vi/uy-quyen/{id}/nhan");
        let door = "/vi/dang-nhap/nang-muc?acr=urn%3Ahaidang%3And69%3Axt2";

        let weak = session::open(city.site(), &taker.person.id, SignIn::resident(1)).await.unwrap();
        for (method, path) in [("GET", "/vi/uy-quyen/moi"), ("POST", "/vi/uy-quyen/moi"), ("POST", &accept)] {
            let body = (method == "POST").then(String::new);
            let got = town::send(&city, &weak, method, path, body).await;
            assert_eq!(got.status, 303, "{path}");
            assert!(got.header("location").starts_with(door), "{path} {}", got.header("location"));
        }
        for path in ["/api/v1/me/mandates".to_owned(), format!("/api/v1/me/mandates/{id}/acceptance")] {
            let got = town::send(&city, &weak, "POST", &path, Some("{}".into())).await;
            assert_eq!(got.status, 401, "{path}");
            assert!(got.text.contains("insufficient_user_authentication"), "{}", got.text);
            assert!(got.header("www-authenticate").contains("acr_values=\"urn:haidang:nd69:xt2\""));
        }
        assert_eq!(room.actor(&taker.person.id, Some(&giver.person.id)).await.unwrap().unwrap().on_behalf_of, None);

        let strong = session::open(city.site(), &taker.person.id, SignIn::resident(2)).await.unwrap();
        assert_eq!(town::send(&city, &strong, "GET", "/vi/uy-quyen/moi", None).await.status, 200);
        let page = town::send(&city, &strong, "GET", &format!("/vi/uy-quyen/{id}"), None).await.text;
        let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let got = town::send(&city, &strong, "POST", &accept, Some(encode([("csrf", token)]))).await;
        assert_eq!(got.status, 303, "{}", got.text);
        assert!(!got.header("location").contains("nang-muc"));

        // What one mandate asks for stands in the mandate, and leads to the same door.
        for (session, expected) in [(&weak, door), (&strong, "/vi")] {
            let page = town::send(&city, session, "GET", "/vi/lam-thay", None).await.text;
            let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
            let form = encode([("csrf", token), ("person", giver.person.id.as_str())]);
            let got = town::send(&city, session, "POST", "/vi/lam-thay", Some(form)).await;
            assert_eq!(got.status, 303, "{}", got.text);
            assert!(got.header("location").starts_with(expected), "{}", got.header("location"));
        }
    }
}
