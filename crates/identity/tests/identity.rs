//! The room over both databases: signing in, acting for others, tokens, known facts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use haidang_contracts::actor::{ActorKind, PersonId};
use haidang_contracts::identity::{Agency, Directory as _, Identity as _, NewPerson, PersonKind, PersonRecord};
use haidang_contracts::once_only::{Occasion, OnceOnly as _, Question};
use haidang_identity::model::{AgencySeed, PersonSeed, PositionSeed, RegisterSeed, RelationSeed, TokenSeed};
use haidang_identity::registers::Registers;
use haidang_identity::roles::Roles;
use haidang_identity::rules::RelationKind;
use haidang_identity::{AccountError, IdentityRoom, NewAccount, NewToken, Settings, SignInRefusal, bulk, one_time};
use haidang_store::{ActorRef, StoreError};
use haidang_testkit::{Rooms, TestDb, db_test};
use jiff::SignedDuration;
use serde_json::json;

const ROOMS: Rooms = &[("identity", haidang_identity::MIGRATIONS)];

const POSITIONS: &str = r#"
    [[role]]
    id = "clerk"
    vi = "Văn thư"
    en = "Clerk"
    capabilities = ["case.issue", "case.number"]
    agencies = ["commune"]
"#;

const PASSWORD: &str = "con mèo trèo cây cau";

fn room(db: &TestDb, simulated: bool) -> IdentityRoom {
    let settings = Settings {
        simulated,
        province_code: "31".into(),
        roles: Roles::from_toml(POSITIONS).unwrap(),
        registers: Registers::built_in().unwrap(),
        cheap_passwords: true,
    };
    IdentityRoom::new(db.db(), db.ambient().clone(), settings).unwrap()
}

fn commune(code: &str) -> AgencySeed {
    let agency = Agency {
        code: format!("H24.{code}"),
        kind: "commune".into(),
        name_vi: "Ủy ban nhân dân xã Mẫu".into(),
        name_en: "People's Committee of Mẫu Commune".into(),
        parent: None,
        commune_code: Some(code.into()),
        valid_from: None,
        valid_to: None,
        successor: None,
    };
    AgencySeed { agency, evidence: None }
}

fn person(db: &TestDb, name: &str, number: &str, birth: &str) -> PersonSeed {
    let organisation = number.len() != 12;
    PersonSeed {
        person: PersonRecord {
            id: db.ambient().new_id(),
            kind: if organisation { PersonKind::Organisation } else { PersonKind::Person },
            full_name: name.into(),
            citizen_no: (!organisation).then(|| number.into()),
            tax_no: organisation.then(|| number.into()),
            birth_date: (!organisation).then(|| birth.into()),
            sex: None,
            ethnicity: None,
            nationality: None,
            commune_code: Some("11824".into()),
            address: None,
            phone: Some("0912345678".into()),
            email: None,
        },
        account_level: 2,
    }
}

async fn seed(db: &TestDb, agencies: &[AgencySeed], persons: &[PersonSeed], relations: &[RelationSeed]) {
    db.transaction(|tx| {
        Box::pin(async move {
            bulk::put_agencies(tx, agencies).await?;
            bulk::insert_persons(tx, persons).await?;
            bulk::insert_relations(tx, relations).await?;
            Ok::<(), StoreError>(())
        })
    })
    .await
    .unwrap();
}

fn account(username: &str) -> NewAccount {
    NewAccount {
        username: username.into(),
        password: PASSWORD.into(),
        full_name: "Trần Văn Thử".into(),
        agency: "H24.11824".into(),
        role: "clerk".into(),
    }
}

/// Secret of the one-time codes out of the address for an app.
fn secret_of(uri: &str) -> one_time::Secret {
    let text = uri.split("secret=").nth(1).unwrap().split('&').next().unwrap();
    data_encoding::BASE32_NOPAD.decode(text.as_bytes()).unwrap().try_into().unwrap()
}

fn refused<T: std::fmt::Debug>(answer: Result<T, SignInRefusal>) -> String {
    answer.unwrap_err().to_string()
}

db_test! {
    rooms = ROOMS;

    async fn unknown_account_and_wrong_password_cannot_be_told_apart(db: TestDb) {
        let room = room(&db, false);
        seed(&db, &[commune("11824")], &[], &[]).await;
        room.add_account(&account("van.thu"), ActorRef::system()).await.unwrap();
        let before = room.hasher().runs();
        let wrong = refused(room.check_password("van.thu", "không phải mật khẩu").await);
        let between = room.hasher().runs();
        let unknown = refused(room.check_password("nobody", "không phải mật khẩu").await);
        let after = room.hasher().runs();
        assert_eq!(wrong, unknown);
        assert_eq!((between - before, after - between), (1, 1), "the same number of hashes");
        room.set_locked("van.thu", true, ActorRef::system()).await.unwrap();
        assert_eq!(refused(room.check_password("van.thu", PASSWORD).await), wrong, "a locked account says no more");
    }

    async fn guessing_waits_and_the_owner_is_never_locked_out(db: TestDb) {
        let room = room(&db, false);
        seed(&db, &[commune("11824")], &[], &[]).await;
        room.add_account(&account("van.thu"), ActorRef::system()).await.unwrap();
        for name in ["van.thu", "nobody"] {
            for _ in 0..4 {
                assert_eq!(refused(room.check_password(name, "sai").await), "not right");
            }
            assert_eq!(refused(room.check_password(name, "sai").await), "not right");
            assert_eq!(refused(room.check_password(name, PASSWORD).await), "wait 1 seconds");
        }
        for _ in 0..20 {
            db.ambient().advance(SignedDuration::from_secs(61));
            if let Err(error) = room.check_password("van.thu", "sai").await {
                assert_eq!(error.to_string(), "not right", "a minute is always long enough");
            }
        }
        db.ambient().advance(SignedDuration::from_secs(61));
        let person = room.check_password(" VAN.THU ", PASSWORD).await.unwrap();
        assert_eq!(room.actor(&person, None).await.unwrap().unwrap().kind, ActorKind::Official);
        assert_eq!(refused(room.check_password("van.thu", "sai").await), "not right", "success begins a new count");
    }

    async fn a_code_works_once(db: TestDb) {
        let room = room(&db, false);
        seed(&db, &[commune("11824")], &[], &[]).await;
        let uri = room.add_account(&account("van.thu"), ActorRef::system()).await.unwrap();
        let secret = secret_of(&uri);
        let person = room.check_password("van.thu", PASSWORD).await.unwrap();
        let code = one_time::code_at(&secret, db.ambient().now());
        room.check_code(&person, &code).await.unwrap();
        assert_eq!(refused(room.check_code(&person, &code).await), "not right");
        db.ambient().advance(SignedDuration::from_secs(30));
        let next = one_time::code_at(&secret, db.ambient().now());
        let (first, second) = tokio::join!(room.check_code(&person, &next), room.check_code(&person, &next));
        assert!(first.is_ok() != second.is_ok(), "of two at once one is too late");
        assert!(room.shown_code(&person).await.unwrap().is_none(), "production never shows a code");
    }

    async fn accounts_follow_the_pack(db: TestDb) {
        let room = room(&db, false);
        seed(&db, &[commune("11824")], &[], &[]).await;
        let post = |agency: &str, role: &str| NewAccount { agency: agency.into(), role: role.into(), ..account("x.y.z") };
        let add = |new: NewAccount| {
            let room = room.clone();
            async move { room.add_account(&new, ActorRef::system()).await }
        };
        assert!(matches!(add(post("H24.99999", "clerk")).await, Err(AccountError::Post)));
        assert!(matches!(add(post("H24.11824", "leader")).await, Err(AccountError::Post)));
        assert!(matches!(add(NewAccount { password: "ngắn".into(), ..account("x.y.z") }).await, Err(AccountError::Fault(_))));
        add(account("x.y.z")).await.unwrap();
        assert!(matches!(add(account("X.Y.Z")).await, Err(AccountError::Taken)));
        let person = room.check_password("x.y.z", PASSWORD).await.unwrap();
        let actor = room.actor(&person, None).await.unwrap().unwrap();
        assert!(actor.can_in("case.issue", "H24.11824") && !actor.can("case.sign"));
        assert_eq!(room.holders("clerk", "H24.11824").await.unwrap().len(), 1);
        room.set_locked("x.y.z", true, ActorRef::system()).await.unwrap();
        assert!(room.actor(&person, None).await.unwrap().is_none());
        assert!(room.holders("clerk", "H24.11824").await.unwrap().is_empty());
    }

    async fn posts_begin_and_end_with_their_dates(db: TestDb) {
        let room = room(&db, false);
        let someone = person(&db, "Lê Thị Ví Dụ", "031190000015", "1990-05-01");
        seed(&db, &[commune("11824")], std::slice::from_ref(&someone), &[]).await;
        let id = someone.person.id.clone();
        let post = PositionSeed {
            person: id.clone(),
            agency: "H24.11824".into(),
            role: "clerk".into(),
            title: "Văn thư".into(),
            valid_from: "2026-03-04".into(),
            valid_to: Some("2026-03-04".into()),
        };
        db.transaction(|tx| {
            let post = post.clone();
            Box::pin(async move { bulk::insert_positions(tx, &[post]).await })
        })
        .await
        .unwrap();
        for expected in [0, 1, 0] {
            assert_eq!(room.actor(&id, None).await.unwrap().unwrap().positions.len(), expected);
            db.ambient().advance(SignedDuration::from_hours(24));
        }
    }

    async fn acting_for_a_child_ends_on_the_eighteenth_birthday(db: TestDb) {
        let room = room(&db, true);
        let parent = person(&db, "Lê Thị Ví Dụ", "031190000015", "1990-05-01");
        let child = person(&db, "Lê Ví Dụ Con", "031208000013", "2008-03-04");
        let company = person(&db, "Công ty Mẫu", "0200000011", "");
        let stranger = person(&db, "Phạm Văn Thử", "031085000016", "1985-01-01");
        let ids: Vec<PersonId> = [&parent, &child, &company, &stranger].map(|seed| seed.person.id.clone()).to_vec();
        let relation = |other: usize, kind| RelationSeed { person: ids[0].clone(), other: ids[other].clone(), kind };
        let relations = [
            relation(1, RelationKind::Child),
            relation(2, RelationKind::Represents),
            relation(3, RelationKind::Spouse),
        ];
        seed(&db, &[], &[parent, child, company, stranger], &relations).await;
        let names = |people: Vec<haidang_identity::model::Represented>| {
            people.into_iter().map(|person| person.full_name).collect::<Vec<_>>()
        };
        assert_eq!(names(room.represented_by(&ids[0]).await.unwrap()), ["Lê Ví Dụ Con", "Công ty Mẫu"]);
        let acting = room.actor(&ids[0], Some(&ids[1])).await.unwrap().unwrap();
        assert_eq!((acting.subject(), &acting.person), (&ids[1], &ids[0]));
        assert!(room.actor(&ids[0], Some(&ids[3])).await.unwrap().unwrap().on_behalf_of.is_none(), "no right, no banner");
        // 00:00 in the city, 15 hours after the fixed morning.
        db.ambient().advance(SignedDuration::from_hours(15));
        assert_eq!(names(room.represented_by(&ids[0]).await.unwrap()), ["Công ty Mẫu"]);
        assert!(room.actor(&ids[0], Some(&ids[1])).await.unwrap().unwrap().on_behalf_of.is_none());
    }

    async fn the_same_number_is_the_same_person(db: TestDb) {
        let room = room(&db, false);
        let new = NewPerson {
            kind: PersonKind::Person,
            full_name: "  Lê Thị  Ví Dụ ".into(),
            citizen_no: Some("031190000015".into()),
            tax_no: None,
            birth_date: None,
            phone: None,
        };
        let (first, second) = tokio::join!(room.find_or_create(&new), room.find_or_create(&new));
        let first = first.unwrap();
        assert_eq!(first.id, second.unwrap().id);
        assert_eq!(first.full_name, "Lê Thị Ví Dụ");
        assert_eq!(room.person_by_number("031190000015").await.unwrap().unwrap().id, first.id);
        assert!(room.person_by_number("nonsense").await.unwrap().is_none());
        let bad = NewPerson { citizen_no: Some("12".into()), ..new };
        assert!(room.find_or_create(&bad).await.is_err());
    }

    async fn tokens_of_systems_carry_their_rights_until_revoked(db: TestDb) {
        let room = room(&db, false);
        seed(&db, &[commune("11824")], &[], &[]).await;
        let maker: PersonId = db.ambient().new_id();
        let new = NewToken {
            name: "Cổng thử".into(),
            agency: "H24.11824".into(),
            capabilities: vec!["case.receive".into()],
            expires_at: None,
        };
        let made = room.make_token(&new, ActorRef::system(), &maker, "r").await.unwrap();
        let actor = room.actor_by_token(&made.token).await.unwrap().unwrap();
        assert_eq!(actor.kind, ActorKind::System);
        assert!(actor.can_in("case.receive", "H24.11824") && !actor.can("case.sign"));
        let rows = room.tokens("", 10).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert!(room.actor_by_token(&rows[0].id).await.unwrap().is_none(), "an id is no token");
        room.revoke_token(&made.id, ActorRef::system(), "r").await.unwrap();
        room.revoke_token(&made.id, ActorRef::system(), "r").await.unwrap();
        assert!(room.actor_by_token(&made.token).await.unwrap().is_none());
        let end = db.ambient().now().checked_add(SignedDuration::from_hours(1)).unwrap();
        let short = room.make_token(&NewToken { expires_at: Some(end), ..new.clone() }, ActorRef::system(), &maker, "r").await.unwrap();
        assert!(room.actor_by_token(&short.token).await.unwrap().is_some());
        db.ambient().advance(SignedDuration::from_hours(1));
        assert!(room.actor_by_token(&short.token).await.unwrap().is_none());
        let faulty = NewToken { name: " ".into(), agency: "H24.0".into(), capabilities: vec!["case.sing".into()], expires_at: Some(end) };
        let problem = room.make_token(&faulty, ActorRef::system(), &maker, "r").await.unwrap_err();
        let fields: Vec<&str> = problem.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["name", "agency", "capabilities", "expires_at"]);
    }

    async fn tokens_of_persons_exist_only_where_data_are_invented(db: TestDb) {
        let someone = person(&db, "Lê Thị Ví Dụ", "031190000015", "1990-05-01");
        seed(&db, &[], std::slice::from_ref(&someone), &[]).await;
        let token = TokenSeed {
            person: someone.person.id.clone(),
            name: "resident".into(),
            token: "hd_demo".into(),
            agency: None,
            capabilities: vec![],
        };
        db.transaction(|tx| {
            let token = token.clone();
            Box::pin(async move { bulk::insert_tokens(tx, &[token]).await })
        })
        .await
        .unwrap();
        let actor = room(&db, true).actor_by_token("hd_demo").await.unwrap().unwrap();
        assert_eq!((actor.kind, actor.person), (ActorKind::Resident, someone.person.id));
        assert!(room(&db, false).actor_by_token("hd_demo").await.unwrap().is_none());
    }

    async fn known_facts_come_with_register_basis_and_date(db: TestDb) {
        let room = room(&db, true);
        let mother = person(&db, "Lê Thị Ví Dụ", "031190000015", "1990-05-01");
        seed(&db, &[], std::slice::from_ref(&mother), &[]).await;
        let facts = RegisterSeed {
            number: "031190000015".into(),
            register: "birth_notice".into(),
            facts: json!({ "sex": "female", "birth": { "place": "Bệnh viện Mẫu" } }),
            as_of: "2026-03-01".into(),
        };
        db.transaction(|tx| {
            let facts = facts.clone();
            Box::pin(async move { bulk::put_facts(tx, &[facts]).await })
        })
        .await
        .unwrap();
        let occasion =
            Occasion { procedure: "1.001193".into(), issue: "form".into(), acting: mother.person.id.clone() };
        let ask = |source: &str| Question { subject: mother.person.id.clone(), source: source.into() };
        let known = room
            .known(&occasion, &[
                ask("birth_notice.sex"),
                ask("birth_notice.birth.place"),
                ask("birth_notice.weight"),
                ask("population.birth_date"),
                ask("population.residence"),
                ask("account.email"),
                ask("unknown.register"),
            ])
            .await
            .unwrap();
        let values: Vec<_> = known.iter().map(|known| (known.source.as_str(), known.value.clone(), known.as_of.as_str())).collect();
        assert_eq!(
            values,
            [
                ("birth_notice.sex", json!("female"), "2026-03-01"),
                ("birth_notice.birth.place", json!("Bệnh viện Mẫu"), "2026-03-01"),
                ("population.birth_date", json!("1990-05-01"), "2026-03-03"),
                (
                    "population.residence",
                    json!({ "province_code": "31", "commune_code": "11824", "detail": null }),
                    "2026-03-03"
                ),
            ]
        );
        assert!(known.iter().all(|known| !known.legal_basis.is_empty() && !known.register.vi.is_empty()));
    }
}
