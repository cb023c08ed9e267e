//! Evidence and figures through the door: who may ask, and how it is answered.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use haidang_exchange::proxy::{ContainerError, Containers, Evidence, Limits, Stored, Wanted, Which};
use haidang_exchange::rules::record::OperationalRecord;

use super::support::{DIRECTORY, Door};

/// Gives the same container to everybody, and notes what was asked.
#[derive(Default)]
struct Shelf {
    asked: Mutex<Vec<Wanted>>,
}

#[async_trait]
impl Evidence for Shelf {
    async fn containers(&self, wanted: &Wanted) -> Result<Containers, ContainerError> {
        self.asked.lock().unwrap().push(wanted.clone());
        match wanted.query_id.as_str() {
            "none" => Err(ContainerError::NotFound),
            "two" => Err(ContainerError::NotUnique),
            "broken" => Err(ContainerError::Failed),
            id => Ok(Containers {
                name: format!("{id}.asice"),
                media_type: "application/vnd.etsi.asic-e+zip",
                content: Stored::from(Bytes::from_static(b"container")),
            }),
        }
    }

    fn observe(&self, _: OperationalRecord) {}
}

const WHO: &str = "xRoadInstance=VN-HP&memberClass=GOV&memberCode=0001&subsystemCode=A";

#[tokio::test]
async fn evidence_is_for_those_who_are_who_they_say() {
    let shelf = Arc::new(Shelf::default());
    let door = Door::over(DIRECTORY, Limits::default(), shelf.clone()).await;
    for (query, status, text) in [
        (format!("queryId=m-1&{WHO}"), 200, "container"),
        (format!("queryId=none&{WHO}"), 404, "No message"),
        (format!("queryId=two&unique&{WHO}"), 400, "unique"),
        (format!("queryId=broken&{WHO}"), 500, "could not be put together"),
        (format!("queryId=&{WHO}"), 400, "queryId is missing"),
        (WHO.to_owned(), 400, "queryId is missing"),
        ("queryId=m-1".to_owned(), 400, "xRoadInstance is missing"),
        (format!("queryId=m-1&requestOnly&responseOnly&{WHO}"), 400, "exclude each other"),
        (format!("queryId=m-1&{}", WHO.replace("subsystemCode=A", "subsystemCode=Z")), 401, "not registered"),
        // It must show a certificate, and this is the plain port.
        (format!("queryId=m-1&{}", WHO.replace("subsystemCode=A", "subsystemCode=CERT")), 401, "certificate"),
    ] {
        let reply = door.get(&format!("/asic?{query}")).await;
        assert_eq!(reply.status, status, "{query}: {}", reply.text());
        assert!(reply.text().contains(text), "{query}: {}", reply.text());
    }
    let posted = door.call("POST", &format!("/asic?queryId=m-1&{WHO}"), &[], b"").await;
    assert_eq!(posted.status, 405);
    assert_eq!(door.get("/verificationconf").await.status, 404, "nothing is kept");
}

#[tokio::test]
async fn a_question_for_evidence_is_read_whole() {
    let shelf = Arc::new(Shelf::default());
    let door = Door::over(DIRECTORY, Limits::default(), shelf.clone()).await;
    for (query, which, unique, force) in [
        ("queryId=m%2F1", Which::Both, false, false),
        ("queryId=m%2F1&requestOnly&unique", Which::Request, true, false),
        ("queryId=m%2F1&responseOnly=&unique=&force=", Which::Response, true, true),
        ("queryId=m%2F1&forceful&uniqueness=1", Which::Both, false, false),
    ] {
        let reply = door.get(&format!("/asic?{query}&{WHO}")).await;
        assert_eq!(reply.all("content-disposition"), ["attachment; filename=\"m/1.asice\""]);
        assert_eq!(reply.all("content-type"), ["application/vnd.etsi.asic-e+zip"]);
        let asked = shelf.asked.lock().unwrap().pop().unwrap();
        assert_eq!((asked.which, asked.unique, asked.force), (which, unique, force), "{query}");
        assert_eq!((asked.query_id.as_str(), asked.asker.to_string().as_str()), ("m/1", "VN-HP/GOV/0001/A"));
    }
}

#[tokio::test]
async fn figures_are_told_where_somebody_tells_them() {
    let door = Door::open(DIRECTORY).await;
    assert_ne!(door.get("/metrics").await.status, 200);
    door.exchange.tell_figures(|| "haidang_up 1\n".to_owned());
    let reply = door.get("/metrics").await;
    assert_eq!((reply.status, reply.text().as_str()), (200, "haidang_up 1\n"));
}
