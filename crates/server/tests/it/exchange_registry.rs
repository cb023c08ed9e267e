//! The exchange inside the city lives by the registry: what is registered now holds for the next call, and what calls met
//! is counted in the records of the city.

use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::Request;
use haidang_exchange::operations::hours_since;
use haidang_exchange::proxy::Insider;
use haidang_exchange::registry::Registry;
use haidang_exchange::registry::model::{Author, Change};
use haidang_exchange::registry::rules::entries::{Key, Kind};
use haidang_exchange::rules::identifier::{ServiceId, SubsystemId};
use haidang_store::stopper;

use crate::city::{MORNING, Place, Town};

const SERVICE: &str = "VN-HP/GOV/G01/DANCU/dan-cu";

/// How an exchange answers a question of the city about nobody in particular.
async fn said(caller: &Insider) -> String {
    let request = Request::post(format!("/r1/{SERVICE}/tra-cuu"))
        .header("x-road-userid", "VN031190000017")
        .header("x-road-issue", "H24-260303-0001")
        .header("x-hd-purpose", "TTHC-DANCU")
        .body(Bytes::from_static(b"{}"))
        .unwrap();
    let answer = caller.call(request, 64 * 1024, Duration::from_secs(20)).await.unwrap();
    let error = answer.headers().get("x-road-error").map_or("", |code| code.to_str().unwrap());
    format!("{} {error}", answer.status().as_u16())
}

on_both! {
    async fn a_change_of_the_registry_holds_for_the_next_call(place: Place) {
        let mut config = place.config("haiphong", "city");
        config.exchange.hosted = true;
        let town = Town::open_as(config, MORNING).await;
        let hosted = town.city.exchange.clone().unwrap();
        let (exchange, service) = (hosted.exchange().clone(), ServiceId::parse(SERVICE).unwrap());
        let (stopping, stop) = stopper();
        let running = tokio::spawn(hosted.run(stop));
        let caller = Insider::new(exchange.clone(), SubsystemId::parse("VN-HP/GOV/H24.S15/MOTCUA").unwrap());
        // Its adapter has no connection here, and says so.
        assert_eq!(said(&caller).await, "503 ");
        let registry = Registry::open(town.city.db.clone(), town.ambient.clone()).await.unwrap();
        let key = Key::new(Kind::Service, SERVICE);
        let mut content = registry.registered().await.unwrap().entries[&key].content.clone().unwrap();
        content["disabled"] = "Bảo trì".into();
        registry.change(&Author::system("a test"), &[Change::put(key, content)]).await.unwrap();
        let since = Instant::now();
        while exchange.directory().service(&service).unwrap().disabled.is_none() {
            assert!(since.elapsed() < Duration::from_secs(10), "the exchange does not follow the registry");
            tokio::task::yield_now().await;
        }
        assert_eq!(said(&caller).await, "500 server.serverproxy.service_disabled");
        stopping.stop();
        running.await.unwrap();
        let counted = hours_since(&town.city.db, town.ambient.now()).await.unwrap()[SERVICE].figures;
        assert_eq!((counted.calls, counted.failed, counted.refused), (2, 1, 1));
    }
}
