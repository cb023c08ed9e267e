//! The resident's log of data exchange, through the whole city: a call at the door of the exchange, the entry on the page
//! of the person, the proof, the notices, and the service of the national tracker behind the same door.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};
use haidang_exchange::directory::DirectoryDraft;
use haidang_exchange::message_log::MessageLog;
use haidang_exchange::proxy::{Exchange, Limits, Port, serve};
use haidang_identity::bulk;
use haidang_identity::model::RelationSeed;
use haidang_identity::rules::RelationKind;
use haidang_server::exchange::Records;
use haidang_server::tracker::{self, Tracking};
use haidang_signing::Sealer;
use haidang_signing::asice::{self, Question};
use haidang_signing::path::TrustAnchors;
use haidang_store::{StoreError, args, secret_file};
use serde_json::Value as Json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::city::{Got, MORNING, Persona, Place, Town};

/// A provider that answers every request with its own body.
async fn provider() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut read = Vec::new();
                let (head, length) = loop {
                    let mut piece = [0; 4096];
                    let count = stream.read(&mut piece).await.unwrap_or_default();
                    read.extend_from_slice(&piece[..count]);
                    let text = String::from_utf8_lossy(&read).to_ascii_lowercase();
                    let length = |text: &str| {
                        let rest = text.split("content-length:").nth(1)?;
                        rest.split("\r\n").next()?.trim().parse::<usize>().ok()
                    };
                    if let Some(end) = text.find("\r\n\r\n") {
                        break (end + 4, length(&text[..end + 2]).unwrap_or_default());
                    }
                    if count == 0 {
                        return;
                    }
                };
                while read.len() < head + length {
                    let mut piece = [0; 4096];
                    match stream.read(&mut piece).await {
                        Ok(count) if count > 0 => read.extend_from_slice(&piece[..count]),
                        _ => return,
                    }
                }
                let body = &read[head..];
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(&[answer.as_bytes(), body].concat()).await;
            });
        }
    });
    address
}

fn directory(provider: SocketAddr, tracker: SocketAddr) -> String {
    let service = |code: &str, address: SocketAddr, endpoint: &str| {
        format!(
            "[[member.subsystem.service]]\ncode = \"{code}\"\nkind = \"REST\"\nbase_url = \"http://{address}\"\n\
             field_names = {{ \"$.nguoi[*].ten\" = \"Họ và tên\" }}\n\
             [[member.subsystem.service.endpoint]]\nmethod = \"*\"\npath = \"**\"\npersonal_data = true\n{endpoint}\n"
        )
    };
    let agreement = |id: &str, consumer: &str, service: &str, rest: &str| {
        format!(
            "[[agreement]]\nid = \"{id}\"\nversion = 2\nstate = \"active\"\nconsumer = \"VN-HP/GOV/0001/{consumer}\"\n\
             service = \"VN-HP/GOV/0002/B/{service}\"\nlegal_basis = {{ document = \"194/2025/NĐ-CP\", article = \"Điều 16\" }}\n\
             purpose_code = \"KS\"\npurpose_text = \"Đăng ký khai sinh\"\nvalid_from = \"2026-01-01T00:00:00Z\"\n{rest}\n"
        )
    };
    let selectors = "subject_selector = [\"request $.nguoi[*].so\"]";
    [
        "instance = \"VN-HP\"\nhidden_consumers = [\"VN-HP/GOV/0001/DT\"]\n".to_owned(),
        "[[member]]\nclass = \"GOV\"\ncode = \"0001\"\nname = \"Sở Tư pháp\"\n".to_owned(),
        "[[member.subsystem]]\ncode = \"A\"\nname = \"Một cửa điện tử\"\nconnection = \"http\"\n".to_owned(),
        "[[member.subsystem]]\ncode = \"DT\"\nname = \"Điều tra\"\nconnection = \"http\"\n".to_owned(),
        "[[member]]\nclass = \"GOV\"\ncode = \"0002\"\nname = \"Công an thành phố\"\n".to_owned(),
        "[[member.subsystem]]\ncode = \"B\"\nconnection = \"http\"\n".to_owned(),
        service("people", provider, selectors),
        service("all", provider, "bulk = true"),
        service("log", tracker, "subject_selector = [\"query userCode\"]"),
        agreement("TT-01", "A", "people", "fields_allowed = [\"$.nguoi[*].ten\"]"),
        agreement("TT-02", "A", "all", "fields_allowed = [\"$.nguoi[*].ten\", \"$.xa\"]"),
        agreement("TT-03", "A", "log", "opaque = true"),
        agreement(
            "TT-04",
            "DT",
            "people",
            "opaque = true\nhidden_until = \"2026-04-01T00:00:00Z\"\nhidden_basis = \"Bộ luật Tố tụng hình sự Điều 88\"",
        ),
    ]
    .concat()
}

/// An exchange over the records of a city, with a tracker behind it.
struct Door {
    address: SocketAddr,
    log: MessageLog,
    tracking: Tracking,
}

impl Door {
    async fn open(town: &Town, place: &Place) -> Self {
        let tracking = tracker::start(&town.city).await.unwrap().expect("the city has a tracker");
        let config = town.city.config.clone();
        let sealer = Sealer::open(secret_file(&config.unlock_file(), &town.ambient).unwrap()).unwrap();
        let (db, blobs) = (town.city.db.clone(), town.city.blobs.clone());
        let records = Records::of_city(config, town.ambient.clone(), db, blobs, sealer);
        let log = records.log("VN-HP", place.folder()).await.unwrap();
        let text = directory(provider().await, tracking.address);
        let directory = DirectoryDraft::from_toml(&text).and_then(DirectoryDraft::build).unwrap();
        let evidence = Arc::new(log.clone());
        let exchange = Exchange::new(directory, town.ambient.clone(), Limits::default(), evidence);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(exchange, Port::Plain(listener), std::future::pending()));
        Self { address, log, tracking }
    }

    /// A call in the name of a subsystem and a user; the body that came back.
    async fn call(&self, system: &str, user: &str, target: &str, body: &str) -> (u16, String) {
        let request = format!(
            "POST /r1/VN-HP/GOV/0002/B/{target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Road-Client: VN-HP/GOV/0001/{system}\r\n\
             X-Road-UserId: VN{user}\r\nX-Road-Issue: H24.15-260303-0001\r\nX-HD-Purpose: KS\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let request = if target.starts_with("log") { request.replacen("POST", "GET", 1) } else { request };
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_default();
        (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }

    /// Data of these people are asked for and delivered, and the people are told.
    async fn deliver(&self, system: &str, service: &str, people: &[&str]) {
        let items: Vec<String> =
            people.iter().map(|number| format!("{{\"so\":\"{number}\",\"ten\":\"Nguyễn Văn Mẫu\"}}")).collect();
        let body = format!("{{\"xa\":\"Mẫu\",\"nguoi\":[{}]}}", items.join(","));
        let (status, answer) = self.call(system, "031090000009", service, &body).await;
        assert_eq!(status, 200, "{answer}");
        self.log.usage().drain().await.unwrap();
    }

    async fn find(&self, user: &str, subject: &str) -> (u16, Json) {
        let (status, body) = self.call("A", user, &format!("log/v2/findUsage?userCode=VN{subject}&limit=10"), "").await;
        self.log.usage().drain().await.unwrap();
        (status, serde_json::from_str(&body).unwrap_or(Json::String(body)))
    }
}

/// A browser of a resident.
struct Browser<'t> {
    town: &'t Town,
    cookie: String,
}

impl<'t> Browser<'t> {
    async fn of(town: &'t Town, who: &Persona) -> Browser<'t> {
        let token = format!("s{}{}", town.ambient.secret(), town.ambient.token());
        let now = town.ambient.now();
        let end = now.checked_add(jiff::SignedDuration::from_hours(24 * 60)).unwrap();
        let insert = "INSERT INTO web_session (id, person, assurance, created_at, last_seen_at, idle_seconds, expires_at) VALUES ($1, $2, 2, $3, $3, 9000000, $4)";
        let values = args![haidang_web::tokens::digest(&token), &who.person.id, now, end];
        town.city.db.execute(insert, values).await.unwrap();
        Browser { town, cookie: token }
    }

    async fn open(&self, path: &str) -> Got {
        let request = Request::builder()
            .uri(path)
            .header(header::HOST, "localhost")
            .header("sec-fetch-site", "same-origin")
            .header(header::COOKIE, format!("hd_sid={}", self.cookie));
        self.town.send(request.body(Body::empty()).unwrap()).await
    }

    async fn page(&self, path: &str) -> String {
        let got = self.open(path).await;
        assert_eq!(got.status, 200, "{path}: {}", got.text());
        got.text()
    }
}

fn number(persona: &Persona) -> &str {
    persona.person.citizen_no.as_deref().unwrap()
}

async fn opened(place: &Place) -> Town {
    let mut config = place.config("haiphong", "city");
    config.tracker.listen = "127.0.0.1:0".to_owned();
    Town::open_as(config, MORNING).await
}

/// The addresses of proofs on a page.
fn proofs(page: &str) -> Vec<String> {
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|link| link.ends_with("/chung-cu")).map(str::to_owned).collect()
}

on_both! {
    async fn the_person_sees_who_got_what_for_which_case_and_takes_the_proof(place: Place) {
        let town = opened(&place).await;
        let door = Door::open(&town, &place).await;
        let (owner, other) = (town.person("owner"), town.person("other"));
        door.deliver("A", "people", &[number(&owner)]).await;
        let browser = Browser::of(&town, &owner).await;
        let page = browser.page("/vi/ai-da-xem").await;
        for words in [
            "Sở Tư pháp", "Một cửa điện tử", "Đăng ký khai sinh", "194/2025/NĐ-CP Điều 16", "Họ và tên", "TT-01",
            "H24.15-260303-0001", "Dữ liệu được gửi qua nền tảng chia sẻ dữ liệu", "Tải chứng cứ có chữ ký số",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("Nguyễn Văn Mẫu") && !page.contains("031090000009"), "nothing of the content, nothing of the official");
        let english = browser.page("/en/ai-da-xem").await;
        for words in ["Data sent through the data exchange", "Download the signed proof", "Receiving system:"] {
            assert!(english.contains(words), "{words}: {english}");
        }
        let [proof]: [String; 1] = proofs(&page).try_into().unwrap();
        let container = browser.open(&proof).await;
        assert_eq!(container.status, 200, "{}", container.text());
        let anchors = TrustAnchors::new(town.city.anchors.clone());
        let question = Question { anchors: Some(&anchors), layout: None, now: town.ambient.now() };
        let verdict = asice::verify(&container.bytes, &question).unwrap();
        assert!(verdict.trusted && verdict.covered.contains(&"attachment1".to_owned()), "{verdict:?}");
        // Nobody else takes it, and the complaint goes the way of all others.
        let stranger = Browser::of(&town, &other).await;
        assert_eq!(stranger.open(&proof).await.status, 404);
        let audit = proof.split('/').nth(3).unwrap();
        let ask = format!("/api/v1/vault/accesses/{audit}/questions");
        assert_eq!(town.ask(Some(&owner), "POST", &ask, None).await.status, 201);
        assert_eq!(town.ask(Some(&other), "POST", &ask, None).await.status, 404);
        let table = browser.open("/vi/ai-da-xem/tai-ve").await.text();
        assert!(table.contains("Một cửa điện tử") && table.contains("Họ và tên"), "{table}");
        door.tracking.finish().await;
    }

    async fn a_proof_about_several_people_is_nobodys(place: Place) {
        let town = opened(&place).await;
        let door = Door::open(&town, &place).await;
        let (owner, other) = (town.person("owner"), town.person("other"));
        door.deliver("A", "people", &[number(&owner), number(&other)]).await;
        for who in [&owner, &other] {
            let browser = Browser::of(&town, who).await;
            let page = browser.page("/vi/ai-da-xem").await;
            assert!(page.contains("Một cửa điện tử") && page.contains("Mã SHA-512"), "{page}");
            assert_eq!(proofs(&page), Vec::<String>::new());
            let audit = town.city.db.accesses_of(number(who), None, 9).await.unwrap();
            let audit = audit.iter().find(|row| row.action == "exchange.delivered").unwrap();
            assert_eq!(browser.open(&format!("/vi/ai-da-xem/{}/chung-cu", audit.audit_id)).await.status, 404);
        }
        door.tracking.finish().await;
    }

    async fn whoever_comes_later_finds_what_was_before(place: Place) {
        let town = opened(&place).await;
        let door = Door::open(&town, &place).await;
        let person = town.resident("Phạm Thị Đến Sau", "00000");
        door.deliver("A", "people", &[person.citizen_no.as_deref().unwrap()]).await;
        let late = town.settle("late", person, None).await;
        let page = Browser::of(&town, &late).await.page("/vi/ai-da-xem").await;
        assert!(page.contains("Một cửa điện tử") && proofs(&page).len() == 1, "{page}");
        door.tracking.finish().await;
    }

    async fn what_the_law_holds_back_shows_on_its_day(place: Place) {
        let town = opened(&place).await;
        let door = Door::open(&town, &place).await;
        let owner = town.person("owner");
        door.deliver("DT", "people", &[number(&owner)]).await;
        let browser = Browser::of(&town, &owner).await;
        let page = browser.page("/vi/ai-da-xem").await;
        assert!(!page.contains("Điều tra") && proofs(&page).is_empty(), "{page}");
        let audit = town.city.db.accesses_of(number(&owner), None, 9).await.unwrap();
        let audit = audit.iter().find(|row| row.action == "exchange.delivered").unwrap().audit_id.clone();
        assert_eq!(browser.open(&format!("/vi/ai-da-xem/{audit}/chung-cu")).await.status, 404);
        assert_eq!(door.find(number(&owner), number(&owner)).await.1["totalUsages"], 0);
        town.ambient.advance(jiff::SignedDuration::from_hours(24 * 30));
        let page = browser.page("/vi/ai-da-xem").await;
        assert!(page.contains("Điều tra") && page.contains("Bộ luật Tố tụng hình sự Điều 88"), "{page}");
        door.tracking.finish().await;
    }

    async fn deliveries_about_many_are_published(place: Place) {
        let town = opened(&place).await;
        let door = Door::open(&town, &place).await;
        let owner = town.person("owner");
        let empty = town.send(Request::get("/vi/chia-se-du-lieu-hang-loat").body(Body::empty()).unwrap()).await.text();
        assert!(empty.contains("Chưa có lần chia sẻ"), "{empty}");
        door.deliver("A", "all", &[number(&owner)]).await;
        let crowd: Vec<String> = (0..101).map(|serial| format!("031090{serial:06}")).collect();
        door.deliver("A", "people", &crowd.iter().map(String::as_str).collect::<Vec<_>>()).await;
        for (language, words) in [("vi", "Bên nhận"), ("en", "Receiver")] {
            let path = format!("/{language}/chia-se-du-lieu-hang-loat");
            let page = town.send(Request::get(&path).body(Body::empty()).unwrap()).await.text();
            assert!(page.contains(words) && page.contains("Họ và tên, $.xa"), "{page}");
            assert_eq!(page.matches("Một cửa điện tử").count(), 2);
        }
        let page = Browser::of(&town, &owner).await.page("/vi/ai-da-xem").await;
        assert!(page.contains("chia-se-du-lieu-hang-loat") && !page.contains("Một cửa điện tử"), "{page}");
        door.tracking.finish().await;
    }

    async fn the_tracker_is_answered_through_the_exchange(place: Place) {
        let town = opened(&place).await;
        let door = Door::open(&town, &place).await;
        let (owner, other) = (town.person("owner"), town.person("other"));
        let mut child = town.resident("Nguyễn Văn Con", "00000");
        child.birth_date = Some("2019-05-01".to_owned());
        let child = town.settle("child", child, None).await;
        let relation = RelationSeed {
            person: owner.person.id.clone(),
            other: child.person.id.clone(),
            kind: RelationKind::Child,
        };
        let insert = town.city.db.transaction(move |tx| {
            let relation = relation.clone();
            Box::pin(async move { bulk::insert_relations(tx, &[relation]).await.map(|_| ()) })
        });
        insert.await.map_err(|error: StoreError| error).unwrap();
        for who in [&owner, &owner, &child] {
            door.deliver("A", "people", &[number(who)]).await;
        }
        let (status, found) = door.find(number(&owner), number(&owner)).await;
        assert_eq!((status, &found["totalUsages"]), (200, &Json::from(2)), "{found}");
        assert_eq!(found["usages"][0]["receiverSystem"], "Một cửa điện tử");
        // The question itself was a delivery about the person.
        assert_eq!(door.find(number(&owner), number(&owner)).await.1["totalUsages"], 3);
        for (user, subject, status) in [(&owner, &child, 200), (&child, &owner, 403), (&other, &owner, 403), (&owner, &other, 403)] {
            let (got, found) = door.find(number(user), number(subject)).await;
            assert_eq!(got, status, "{found}");
        }
        let beat = door.call("A", "031090000009", "log/v2/heartbeat", "").await;
        assert_eq!(beat, (200, "{\"status\":\"OK\"}".to_owned()));
        // By itself the service answers nobody who comes around the exchange.
        let mut stream = TcpStream::connect(door.tracking.address).await.unwrap();
        let around = format!("GET /v2/findUsage?userCode=VN{0} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Road-UserId: VN{0}\r\n\r\n", number(&owner));
        stream.write_all(around.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        door.tracking.finish().await;
    }
}
