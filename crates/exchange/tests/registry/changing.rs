//! Versions, refusals, imports and those who follow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use haidang_exchange::directory::DirectoryDraft;
use haidang_exchange::proxy::Exchange;
use haidang_exchange::registry::model::Change;
use haidang_exchange::registry::rules::entries::{Key, Kind};
use haidang_exchange::registry::{Absent, Imported, Registry, RegistryError};
use haidang_exchange::rules::identifier::ServiceId;
use haidang_store::{args, stopper};
use haidang_testkit::db_test;

use crate::support::{DIRECTORY, ROOMS, SERVICE, author, content, empty, exchange, registry, service};

async fn switch_off(registry: &Registry, notice: &str) -> i64 {
    let mut changed = content(registry, &service()).await;
    changed["disabled"] = notice.into();
    registry.change(&author(), &[Change::put(service(), changed)]).await.unwrap().revision
}

fn notice(exchange: &Arc<Exchange>) -> Option<String> {
    exchange.directory().service(&ServiceId::parse(SERVICE).unwrap()).unwrap().disabled.clone()
}

db_test! {
    rooms = ROOMS;

    async fn an_import_makes_versions_of_differences_alone(db: TestDb) {
        let registry = empty(&db).await;
        assert!(registry.snapshot().await.unwrap_err().to_string().contains("import a directory first"));
        let first = registry.import(DIRECTORY, Absent::Stay, &author()).await.unwrap();
        assert_eq!(first, Imported { revision: 1, written: 7, removed: 0 });
        let again = registry.import(DIRECTORY, Absent::Go, &author()).await.unwrap();
        assert_eq!(again, Imported { revision: 1, written: 0, removed: 0 });
        let other = DIRECTORY.replace("http://127.0.0.1:9", "http://127.0.0.1:10");
        let changed = registry.import(&other, Absent::Stay, &author()).await.unwrap();
        assert_eq!(changed, Imported { revision: 2, written: 1, removed: 0 });
        let history = registry.history(&service(), 10).await.unwrap();
        assert_eq!(history.iter().map(|version| (version.version, version.revision)).collect::<Vec<_>>(), [(2, 2), (1, 1)]);
        assert_eq!(history[0].content.as_ref().unwrap()["base_url"], "http://127.0.0.1:10");
        assert_eq!(registry.seed(DIRECTORY).await.unwrap(), None, "what is registered is left alone");
        let built = DirectoryDraft::from_toml(&other).unwrap().build().unwrap();
        assert_eq!(registry.snapshot().await.unwrap(), (2, built));
    }

    async fn what_is_exported_is_taken_again_without_a_difference(db: TestDb) {
        let registry = registry(&db).await;
        let exported = registry.export().await.unwrap();
        let again = registry.import(&exported, Absent::Go, &author()).await.unwrap();
        assert_eq!(again, Imported { revision: 1, written: 0, removed: 0 }, "{exported}");
    }

    async fn what_a_file_does_not_name_goes_only_when_it_is_the_whole_truth(db: TestDb) {
        let registry = registry(&db).await;
        let shorter = DIRECTORY.split("[[agreement]]").next().unwrap();
        let stays = registry.import(shorter, Absent::Stay, &author()).await.unwrap();
        assert_eq!((stays.written, stays.removed), (0, 0));
        let goes = registry.import(shorter, Absent::Go, &author()).await.unwrap();
        assert_eq!((goes.written, goes.removed), (0, 1));
        let key = Key::new(Kind::Agreement, "TT-1");
        let history = registry.history(&key, 10).await.unwrap();
        assert_eq!(history.iter().map(|version| version.content.is_some()).collect::<Vec<_>>(), [false, true]);
        let back = registry.import(DIRECTORY, Absent::Go, &author()).await.unwrap();
        assert_eq!((back.revision, back.written), (3, 1));
        assert_eq!(registry.history(&key, 10).await.unwrap()[0].version, 3);
    }

    async fn a_change_that_breaks_the_directory_is_refused_whole(db: TestDb) {
        let registry = registry(&db).await;
        let subsystem = Key::new(Kind::Subsystem, "VN-HP/GOV/H24.S02/DANCU");
        let mut good = content(&registry, &service()).await;
        good["disabled"] = "Bảo trì".into();
        let mut unknown = good.clone();
        unknown["surprise"] = 1.into();
        let mut address = good.clone();
        address["base_url"] = "ftp://127.0.0.1".into();
        for (changes, wanted) in [
            (vec![Change::put(service(), good.clone()), Change::remove(subsystem)], "is not registered"),
            (vec![Change::put(service(), unknown)], "surprise"),
            (vec![Change::put(service(), address)], "base_url"),
            (vec![Change::remove(service())], "agreement TT-1: service"),
        ] {
            let refused = registry.change(&author(), &changes).await.unwrap_err();
            assert!(matches!(&refused, RegistryError::Refused(_)), "{refused:?}");
            assert!(refused.to_string().contains(wanted), "{refused}");
        }
        let stale = registry.change(&author(), &[Change::put(service(), good.clone()).seen(7)]).await.unwrap_err();
        assert!(matches!(stale, RegistryError::Outdated(_)));
        assert_eq!(registry.revision().await.unwrap(), 1);
        let count = "SELECT count(*) AS n FROM store_audit WHERE object_kind = 'exchange_service'";
        assert_eq!(db.fetch_one(count, args![]).await.unwrap().integer("n").unwrap(), 1);
        let done = registry.change(&author(), &[Change::put(service(), good.clone()).seen(1)]).await.unwrap();
        assert_eq!((done.revision, done.entries), (2, 1));
        let same = registry.change(&author(), &[Change::put(service(), good)]).await.unwrap();
        assert_eq!((same.revision, same.entries), (2, 0), "what stays as it was is no change");
        assert_eq!(db.fetch_one(count, args![]).await.unwrap().integer("n").unwrap(), 2);
    }

    async fn agreed_terms_do_not_change_by_an_import(db: TestDb) {
        let registry = registry(&db).await;
        let wider = DIRECTORY.replace("[\"$.hoTen\"]", "[\"$.hoTen\", \"$.diaChi\"]");
        let refused = registry.import(&wider, Absent::Stay, &author()).await.unwrap_err().to_string();
        assert!(refused.contains("need a higher version"), "{refused}");
        let newer = wider.replace("version = 1", "version = 2");
        assert_eq!(registry.import(&newer, Absent::Stay, &author()).await.unwrap().written, 1);
        let renamed = newer.replace("VN-HP", "VN-XX");
        let refused = registry.import(&renamed, Absent::Go, &author()).await.unwrap_err().to_string();
        assert!(refused.contains("instance"), "{refused}");
    }

    async fn every_instance_follows_within_a_second(db: TestDb) {
        let one = registry(&db).await;
        let two = empty(&db).await;
        let (stopping, stop) = stopper();
        let mut followed = Vec::new();
        for registry in [one.clone(), two.clone()] {
            let exchange = exchange(registry.snapshot().await.unwrap().1);
            let (following, stop) = (exchange.clone(), stop.clone());
            let task = tokio::spawn(async move { registry.follow(following, stop).await });
            followed.push((exchange, task));
        }
        for (by, words) in [(&one, "Bảo trì một"), (&two, "Bảo trì hai")] {
            switch_off(by, words).await;
            let since = Instant::now();
            while followed.iter().any(|(exchange, _)| notice(exchange).as_deref() != Some(words)) {
                assert!(since.elapsed() < Duration::from_secs(1), "{words}: not on every instance within a second");
                tokio::task::yield_now().await;
            }
        }
        stopping.stop();
        for (_, task) in followed {
            task.await.unwrap();
        }
    }

    async fn changes_at_the_same_time_are_all_kept(db: TestDb) {
        let registry = registry(&db).await;
        let mut tasks = Vec::new();
        for number in 0..8 {
            let registry = registry.clone();
            tasks.push(tokio::spawn(async move { switch_off(&registry, &format!("Bảo trì {number}")).await }));
        }
        let mut revisions = Vec::new();
        for task in tasks {
            revisions.push(task.await.unwrap());
        }
        revisions.sort_unstable();
        assert_eq!(revisions, (2..=9).collect::<Vec<_>>());
        let versions = registry.history(&service(), 20).await.unwrap();
        assert_eq!(versions.len(), 9);
    }
}
