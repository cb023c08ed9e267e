//! Operational records in the database.

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::messages::{Message, Notifier};
use haidang_exchange::operations::rules::Figures;
use haidang_exchange::operations::{Operations, hours_since};
use haidang_exchange::rules::identifier::{ClientId, ServiceId};
use haidang_exchange::rules::record::OperationalRecord;
use haidang_store::args;
use haidang_testkit::db_test;
use jiff::{SignedDuration, Timestamp};

use crate::browser::{Browser, person, room};
use crate::certificates::Order;
use crate::pages::check;
use crate::support::{CONSUMER, ROOMS, SERVICE, author, content, registry};
use haidang_exchange::registry::model::Change;
use haidang_exchange::registry::rules::entries::{Key, Kind};
use std::sync::Mutex;

fn call(at: Timestamp, millis: i64, fault: Option<&str>, status: u16) -> OperationalRecord {
    let mut record = OperationalRecord {
        request_in_ts: at.as_millisecond(),
        response_out_ts: at.as_millisecond() + millis,
        status_code: status,
        succeeded: fault.is_none() && status < 400,
        fault_code: fault.map(str::to_owned),
        rest_path: Some("/tra-cuu".to_owned()),
        ..OperationalRecord::default()
    };
    record.client(&ClientId::parse(CONSUMER).unwrap());
    record.service(&ServiceId::parse(SERVICE).unwrap());
    record
}

const COUNT: &str = "SELECT count(*) AS n FROM exchange_operation";

db_test! {
    rooms = ROOMS;

    async fn calls_are_kept_counted_by_hour_and_forgotten(db: TestDb) {
        let now = db.ambient().now();
        let ago = |hours| now - SignedDuration::from_hours(hours);
        let operations = Operations::open(db.db(), db.ambient().clone(), 2);
        for record in [
            call(now, 10, None, 200),
            call(now, 30, Some("server.serverproxy.access_denied"), 500),
            call(now, 50, Some("server.serverproxy.network_error"), 500),
            call(ago(5), 20, None, 200),
            call(ago(24 * 3), 20, None, 200),
        ] {
            operations.observe(record);
        }
        let mut made_up = call(now, 1, Some("server.serverproxy.unknown_service"), 500);
        made_up.service(&ServiceId::parse("VN-HP/GOV/H24.S02/DANCU/khong-co").unwrap());
        operations.observe(made_up);
        operations.close().await;
        operations.observe(call(now, 10, None, 200));
        let lately = hours_since(&db, now).await.unwrap();
        assert_eq!(lately.len(), 1, "services that are not there are not counted: {lately:?}");
        let seen = lately[SERVICE];
        assert_eq!(seen.figures, Figures { calls: 3, refused: 1, failed: 1, millis: 90, slowest: 50 });
        assert_eq!((seen.figures.mean(), seen.last), (30, Some(now)));
        assert_eq!(hours_since(&db, ago(24)).await.unwrap()[SERVICE].figures.calls, 4);
        let kept = db.fetch_one(COUNT, args![]).await.unwrap().integer("n").unwrap();
        assert_eq!(kept, 5, "the one of three days ago is gone");
        let row = db.fetch_one("SELECT record FROM exchange_operation WHERE service IS NOT NULL LIMIT 1", args![]).await.unwrap();
        let record: serde_json::Value = row.json("record").unwrap();
        assert_eq!(record["serviceCode"], "tra-cuu");
        // A second process counts on.
        let operations = Operations::open(db.db(), db.ambient().clone(), 2);
        operations.observe(call(now, 70, None, 200));
        operations.close().await;
        let seen = hours_since(&db, now).await.unwrap()[SERVICE];
        assert_eq!(seen.figures, Figures { calls: 4, refused: 1, failed: 1, millis: 160, slowest: 70 });
    }

    async fn everybody_sees_which_services_work_from_what_calls_met(db: TestDb) {
        let registry = registry(&db).await;
        let mut anyone = Browser::new(&db, &room(&db, &registry));
        let down = Some("server.serverproxy.network_error");
        for (calls, millis, fault, status, words) in [
            (0, 0, None, 200, ["Chưa có lời gọi gần đây", "Chưa đo"]),
            (2, 400, None, 200, ["Hoạt động", "0,4 giây"]),
            (2, 6_600, None, 200, ["Chậm", "3,5 giây"]),
            (4, 7_000, down, 500, ["Đang gián đoạn", "5,2 giây"]),
        ] {
            let operations = Operations::open(db.db(), db.ambient().clone(), 2);
            for _ in 0..calls {
                operations.observe(call(db.ambient().now(), millis, fault, status));
            }
            operations.close().await;
            let got = anyone.open("/vi/trang-thai-dich-vu").await;
            check(&got, &words, &["127.0.0.1", SERVICE, CONSUMER]);
            check(&got, &["Tra cứu mẫu", "Sở Mẫu Hai"], &[]);
        }
    }

    async fn the_operator_is_told_of_failures_and_certificates(db: TestDb) {
        let registry = registry(&db).await;
        let room = room(&db, &registry);
        assert_eq!(room.alerts().await.unwrap(), []);
        let now = db.ambient().now();
        let operations = Operations::open(db.db(), db.ambient().clone(), 2);
        for _ in 0..3 {
            operations.observe(call(now, 10, Some("server.serverproxy.network_error"), 500));
        }
        operations.close().await;
        let key = Key::new(Kind::Subsystem, CONSUMER);
        let mut system = content(&registry, &key).await;
        let ends = Order { to: "2026-03-04T00:00:00Z", ..Order::new("motcua") }.issue(None).certificate;
        system["certificates"] = serde_json::json!([ends.to_pem()]);
        registry.change(&author(), &[Change::put(key, system)]).await.unwrap();
        let alerts = room.alerts().await.unwrap();
        let told: Vec<_> = alerts.iter().map(|alert| alert.template).collect();
        assert_eq!(told, ["exchange_failing", "exchange_certificate"]);
        assert_eq!(alerts[0].data["service"], "Tra cứu mẫu");
        assert!(alerts[1].key.ends_with(":days-3"), "{}", alerts[1].key);
        let heard = Heard::default();
        room.tell(&alerts, &[person("operator"), person("provider")], &heard).await.unwrap();
        room.tell(&room.alerts().await.unwrap(), &[person("operator")], &heard).await.unwrap();
        let mut keys: Vec<_> = heard.0.lock().unwrap().iter().map(|message| message.key.clone()).collect();
        assert_eq!(keys.len(), 6);
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 4, "the same cause has the same key for the same person");
    }
}

/// Hears every message, also those of a key it has heard.
#[derive(Default)]
struct Heard(Mutex<Vec<Message>>);

#[async_trait]
impl Notifier for Heard {
    async fn send(&self, message: &Message) -> Result<(), ContractError> {
        self.0.lock().unwrap().push(message.clone());
        Ok(())
    }
}
