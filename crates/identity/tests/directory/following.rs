//! Synchronisation: people and groups become accounts and posts, and what is gone is gone in the same run.

use crate::ROOMS;
use crate::city::Town;
use crate::slapd::Slapd;
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::Identity as _;
use haidang_identity::{DirectoryError, DirectorySettings, Synchronised, TooMany};
use haidang_store::{ActorRef, args};
use haidang_testkit::{TestDb, db_test};
use haidang_web::session::{self, SignIn};

async fn follow(town: &Town) -> Result<Synchronised, DirectoryError> {
    town.room.synchronise_directory(town.served.site(), false, ActorRef::system()).await
}

async fn attached(db: &TestDb, slapd: &Slapd) -> Town {
    let town = Town::open(db).await;
    town.room.use_directory(slapd.settings()).await.unwrap();
    town
}

async fn person(town: &Town, name: &str) -> Option<PersonId> {
    let statement = "SELECT person FROM identity_directory_user WHERE user_name = $1 AND source = 'ldap'";
    town.db.fetch_optional(statement, args![name]).await.unwrap().map(|row| row.id("person").unwrap())
}

async fn roles(town: &Town, person: &PersonId) -> Vec<String> {
    let actor = town.room.actor(person, None).await.unwrap();
    actor.map(|actor| actor.positions.into_iter().map(|post| post.role).collect()).unwrap_or_default()
}

async fn audited(town: &Town, action: &'static str) -> i64 {
    let statement = "SELECT CAST(count(*) AS BIGINT) AS n FROM store_audit WHERE action = $1";
    town.db.fetch_one(statement, args![action]).await.unwrap().integer("n").unwrap()
}

db_test! {
    rooms = ROOMS;

    async fn people_and_groups_become_accounts_and_posts(db: TestDb) {
        let slapd = Slapd::start();
        let town = attached(&db, &slapd).await;
        let foreseen = town.room.foresee_directory().await.unwrap();
        assert_eq!((foreseen.found, foreseen.arrived, foreseen.given), (3, 3, 3));
        assert!(person(&town, "lan.nt").await.is_none(), "foreseeing does nothing");

        assert_eq!(follow(&town).await.unwrap(), foreseen);
        let lan = person(&town, "lan.nt").await.unwrap();
        assert_eq!(roles(&town, &lan).await, ["clerk"]);
        assert_eq!(roles(&town, &person(&town, "mai.lt").await.unwrap()).await, ["administrator"]);
        assert_eq!(town.room.actor(&lan, None).await.unwrap().unwrap().display_name, "Nguyễn Thị Lan");
        assert_eq!((audited(&town, "account.provisioned").await, audited(&town, "post.given").await), (3, 3));
        assert_eq!(audited(&town, "directory.synchronised").await, 1);

        assert!(follow(&town).await.unwrap().is_quiet(), "a second run has nothing to do");
        assert_eq!(audited(&town, "directory.synchronised").await, 1, "and says nothing");
    }

    async fn a_person_stays_the_same_under_another_name(db: TestDb) {
        let slapd = Slapd::start();
        let town = attached(&db, &slapd).await;
        follow(&town).await.unwrap();
        let lan = person(&town, "lan.nt").await.unwrap();
        slapd.rename("lan.nt", "lan.nguyen").await;
        slapd.replace("lan.nguyen", "cn", "Nguyễn Thị Ngọc Lan").await;
        let done = follow(&town).await.unwrap();
        // The group still names the old entry: the post is lost with it, as in the directory itself.
        assert_eq!((done.changed, done.ended, done.left), (1, 1, 0));
        assert_eq!(person(&town, "lan.nguyen").await, Some(lan.clone()));
        assert_eq!(town.room.actor(&lan, None).await.unwrap().unwrap().display_name, "Nguyễn Thị Ngọc Lan");
    }

    async fn t46_who_is_gone_from_the_directory_loses_posts_and_sessions_in_the_same_run(db: TestDb) {
        let slapd = Slapd::start();
        let town = attached(&db, &slapd).await;
        follow(&town).await.unwrap();
        let (lan, hung) = (person(&town, "lan.nt").await.unwrap(), person(&town, "hung.tv").await.unwrap());
        let site = town.served.site();
        for official in [&lan, &hung] {
            session::open(site, official, SignIn::official(true)).await.unwrap();
        }
        slapd.leave_group("clerk@H24.S08", "hung.tv").await;
        let done = follow(&town).await.unwrap();
        assert_eq!((done.left, done.ended), (0, 1));
        assert!(roles(&town, &hung).await.is_empty());
        assert!(session::list(site, &hung).await.unwrap().is_empty());
        assert_eq!(session::list(site, &lan).await.unwrap().len(), 1, "others go on working");

        slapd.remove("lan.nt").await;
        let done = follow(&town).await.unwrap();
        assert_eq!((done.left, done.found), (1, 2));
        assert!(town.room.actor(&lan, None).await.unwrap().is_none(), "nobody's actor");
        assert!(session::list(site, &lan).await.unwrap().is_empty());
        assert!(town.room.posts_of(&lan).await.unwrap().is_empty());
        assert_eq!(audited(&town, "account.removed").await, 1);

        // The same name again is somebody else: nothing of the one who left comes with it.
        slapd.add("lan.nt", "Phạm Ngọc Lan").await;
        assert_eq!(follow(&town).await.unwrap().arrived, 1);
        let other = person(&town, "lan.nt").await.unwrap();
        assert_ne!(other, lan);
        assert!(town.room.actor(&lan, None).await.unwrap().is_none());
    }

    async fn a_directory_that_shows_too_few_takes_nothing_away(db: TestDb) {
        let slapd = Slapd::start();
        let town = attached(&db, &slapd).await;
        follow(&town).await.unwrap();
        let lan = person(&town, "lan.nt").await.unwrap();
        slapd.remove("lan.nt").await;
        slapd.remove("hung.tv").await;
        for _ in 0..2 {
            let stop = follow(&town).await.unwrap_err();
            assert!(matches!(stop, DirectoryError::TooMany(TooMany { losing: 2, serving: 3, allowed: 1 })), "{stop}");
        }
        assert_eq!(roles(&town, &lan).await, ["clerk"]);
        assert_eq!(audited(&town, "directory.stopped").await, 1, "told once, not at every turn");
        let done = town.room.synchronise_directory(town.served.site(), true, ActorRef::system()).await.unwrap();
        assert_eq!(done.left, 2);
        assert!(town.room.actor(&lan, None).await.unwrap().is_none());
    }

    async fn who_comes_back_is_the_same_person_without_the_old_posts(db: TestDb) {
        let slapd = Slapd::start();
        let town = Town::open(&db).await;
        let in_service = "(&(objectClass=inetOrgPerson)(!(employeeType=left)))".to_owned();
        let settings = DirectorySettings { people_filter: in_service, ..slapd.settings() };
        town.room.use_directory(settings).await.unwrap();
        follow(&town).await.unwrap();
        let (lan, mai) = (person(&town, "lan.nt").await.unwrap(), person(&town, "mai.lt").await.unwrap());
        town.room.set_locked("mai.lt", true, ActorRef::system()).await.unwrap();
        for name in ["lan.nt", "mai.lt"] {
            slapd.replace(name, "employeeType", "left").await;
            assert_eq!(follow(&town).await.unwrap().left, 1);
        }
        assert!(person(&town, "lan.nt").await.is_none(), "the name is free");
        for name in ["lan.nt", "mai.lt"] {
            slapd.replace(name, "employeeType", "back").await;
        }
        let done = follow(&town).await.unwrap();
        assert_eq!((done.returned, done.given), (2, 2));
        assert_eq!(person(&town, "lan.nt").await, Some(lan.clone()));
        assert_eq!(roles(&town, &lan).await, ["clerk"]);
        assert!(town.room.actor(&mai, None).await.unwrap().is_none(), "whom an administrator locked stays locked");
    }

    async fn an_account_of_the_house_is_never_taken_over(db: TestDb) {
        let slapd = Slapd::start();
        let town = attached(&db, &slapd).await;
        slapd.add("quan.tri", "Kẻ mạo danh").await;
        let done = follow(&town).await.unwrap();
        assert_eq!((done.arrived, done.aside), (3, 1));
        assert!(person(&town, "quan.tri").await.is_none());
        assert!(town.room.check_password("quan.tri", crate::slapd::PASSWORD).await.is_err());
        assert!(town.room.check_password("quan.tri", crate::city::PASSWORD).await.is_ok());
    }

    async fn more_people_than_one_answer_may_hold_come_page_by_page(db: TestDb) {
        let slapd = Slapd::with(&Slapd::crowd(1200), "size.soft=600 size.hard=600 size.prtotal=unlimited");
        let town = attached(&db, &slapd).await;
        assert_eq!(town.room.foresee_directory().await.unwrap().found, 1203);
    }

    async fn an_answer_that_was_cut_off_takes_nothing_away(db: TestDb) {
        let slapd = Slapd::with(&Slapd::crowd(1200), "size=600");
        let town = attached(&db, &slapd).await;
        let refusal = follow(&town).await.unwrap_err();
        assert_eq!(refusal.to_string(), "the directory refuses: result code 4");
    }

    async fn referrals_are_not_followed(db: TestDb) {
        let slapd = Slapd::start();
        let town = Town::open(&db).await;
        let elsewhere = format!("ou=elsewhere,ou=people,{}", crate::slapd::BASE);
        town.room.use_directory(DirectorySettings { people: elsewhere, ..slapd.settings() }).await.unwrap();
        let refusal = follow(&town).await.unwrap_err();
        assert_eq!(refusal.to_string(), "the directory refuses: result code 10");
    }
}
