//! What X-Road's RestProxyTest asks of a proxy, and what an agreement asks of ours.

use haidang_exchange::rules::canonical::{digest, request_bytes, request_hash};

use super::support::*;

#[tokio::test]
async fn ids_hash_and_service_come_back_exactly_once_and_last() {
    let provider = Provider::start().await;
    let door = Door::open(&at(provider.address)).await;
    let reply =
        door.call("POST", &format!("{ECHO}/a?x=1"), &[A, ("X-Road-Id", "mine"), ("Accept", "*/*")], b"{}").await;
    assert_eq!((reply.status, reply.text().as_str()), (200, "{\"length\":2}"));
    let id = reply.all("x-road-request-id")[0].to_owned();
    let lines = [("x-road-client", A.1), ("x-road-id", "mine"), ("accept", "*/*"), ("x-road-request-id", &id)];
    let bytes =
        request_bytes("POST", &format!("{ECHO}/a?x=1"), lines.iter().map(|(name, value)| (*name, value.as_bytes())));
    assert_eq!(reply.all("x-road-request-hash"), [request_hash(&bytes, Some(&digest(b"{}")))]);
    assert_eq!((reply.all("x-road-id"), reply.all("x-road-client")), (vec!["mine"], vec![A.1]));
    assert_eq!(reply.all("x-road-service"), ["VN-HP/GOV/0002/B/echo"]);
    let road: Vec<_> =
        reply.headers.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with("x-road-")).collect();
    assert_eq!(road, ["x-road-id", "x-road-client", "x-road-service", "x-road-request-id", "x-road-request-hash"]);
    let seen = provider.last();
    assert_eq!((seen.all("x-road-id"), seen.all("x-road-request-id")), (vec!["mine"], vec![id.as_str()]));
    assert!(seen.all("x-road-service").is_empty() && seen.all("x-road-request-hash").is_empty());

    let again = door.get(ECHO).await;
    assert!(again.all("x-road-id")[0].starts_with("VN-HP-") && again.all("x-road-id")[0].len() == 42);
    assert_ne!(again.all("x-road-request-hash"), door.get(ECHO).await.all("x-road-request-hash"));
}

#[tokio::test]
async fn paths_queries_and_methods_arrive_as_they_left() {
    let provider = Provider::start().await;
    let door = Door::open(&at(provider.address)).await;
    for (target, expected) in [
        ("", "/"),
        ("/", "/"),
        ("/path%3B/x%20y/%C4%91?a=%20b&a=2&d=+&e=", "/path%3B/x%20y/%C4%91?a=%20b&a=2&d=+&e="),
        ("?q", "/?q"),
    ] {
        assert_eq!(door.get(&format!("{ECHO}{target}")).await.status, 200, "{target}");
        assert_eq!(provider.last().target, expected);
    }
    let encoded = door.get("/r1/VN-HP/GOV/0002/B/%65cho/x").await;
    assert_eq!(encoded.all("x-road-service"), ["VN-HP/GOV/0002/B/echo"]);
    for method in ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"] {
        let reply = door.call(method, ECHO, &[A], b"").await;
        assert_eq!((reply.status, provider.last().method.as_str()), (200, method));
        assert_eq!(reply.body.is_empty(), method == "HEAD");
    }
    // A base with a path, and one slash where both have one.
    assert_eq!(door.call("POST", PEOPLE, PERSON, b"").await.status, 200);
    assert_eq!(provider.last().target, "/base/cong-dan/1");
}

#[tokio::test]
async fn headers_of_the_hop_stay_and_all_others_go_on() {
    let provider = Provider::start().await;
    let door = Door::open(&at(provider.address)).await;
    let kept = [
        ("Authorization", "Bearer x"),
        ("Cache-Control", "no-store"),
        ("X-Custom", "a=b; c=\"d\""),
        ("X-Road-UserId", "VN1"),
    ];
    let dropped = [
        ("User-Agent", "MARK"),
        ("Proxy-Authorization", "MARK"),
        ("TE", "MARK"),
        ("Keep-Alive", "MARK"),
        ("Upgrade", "MARK"),
        ("Server", "MARK"),
        ("Trailer", "MARK"),
    ];
    let headers: Vec<_> = [A].into_iter().chain(kept).chain(dropped).collect();
    assert_eq!(door.call("POST", ECHO, &headers, b"12345").await.status, 200);
    let seen = provider.last();
    for (name, value) in kept {
        assert_eq!(seen.all(&name.to_ascii_lowercase()), [value]);
    }
    assert!(!seen.headers.iter().any(|(_, value)| value == "MARK" || value == "consumer.invalid"), "{seen:?}");
    assert_eq!((seen.all("content-length"), seen.all("accept").len()), (vec!["5"], 0));

    let chunked = format!(
        "POST {ECHO} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Road-Client: {}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
        A.1
    );
    assert_eq!(door.raw(chunked.as_bytes()).await.status, 200);
    assert_eq!(provider.last().body, "abcdefg");

    let other = ("X-Road-Client", "VN-HP/GOV/0001/NOSUCH");
    assert_eq!(door.call("GET", ECHO, &[other, A], b"").await.status, 200);
    assert_eq!(provider.last().all("x-road-client"), [A.1]);
    assert_eq!(door.call("GET", ECHO, &[A, other], b"").await.said(), "500 server.clientproxy.unknown_member");
}

#[tokio::test]
async fn answers_pass_without_what_was_forged() {
    let provider = Provider::start().await;
    let door = Door::open(&at(provider.address)).await;
    let reply = door.get(&format!("{ECHO}/forge")).await;
    assert_eq!(
        (reply.status, reply.all("x-road-error").len(), reply.all("date")),
        (200, 0, vec!["Thu, 01 Jan 2015 00:00:00 GMT"])
    );
    assert!(!reply.headers.iter().any(|(_, value)| value.contains("orge")
        || value.contains("GED")
        || value.contains("Secret")
        || value.contains("77")));
    assert_eq!(reply.all("cache-control"), ["no-store"]);
    let reply = door.get(&format!("{ECHO}/redirect")).await;
    assert_eq!((reply.status, reply.all("location")), (302, vec!["/elsewhere"]));
    for status in [400, 403, 404, 418, 429, 500] {
        let reply = door.get(&format!("{ECHO}/status/{status}")).await;
        assert_eq!((reply.said(), reply.text().as_str()), (format!("{status} -"), "{\"provider\":\"says no\"}"));
        assert_eq!((reply.all("x-provider"), reply.all("x-road-request-hash").len()), (vec!["own"], 1));
    }
    assert_eq!(door.get("/r1/VN-HP/GOV/0002/B/secret/x").await.said(), "500 server.serverproxy.access_denied");
    assert_eq!(door.get("/r1/VN-HP/GOV/0002/B/soap").await.said(), "500 server.serverproxy.service_type");
}

#[tokio::test]
async fn only_allowed_fields_leave() {
    let provider = Provider::start().await;
    let mut text = at(provider.address)
        .replace("path = \"/cong-dan/*\"", "path = \"/cong-dan/**\"")
        .replace("per_user_day = 3", "per_user_day = 100");
    text = text.replace("rps = 50", "rps = 500");
    let door = Door::open(&text).await;
    let reply = door.call("POST", PEOPLE, PERSON, b"").await;
    assert_eq!((reply.status, reply.text().as_str()), (200, "{\"hoTen\":\"Phạm Thị Đào\"}"));
    assert!(reply.all("etag").is_empty(), "a mark of the whole body tells about the rest");
    assert_eq!(reply.all("content-length"), [reply.body.len().to_string()]);
    for (path, expected) in [
        ("text", "500 server.serverproxy.filter_failed"),
        ("gzip", "500 server.serverproxy.filter_failed"),
        ("broken", "500 server.serverproxy.filter_failed"),
        ("gone", "404 -"),
    ] {
        let reply = door.call("POST", &PEOPLE.replace("cong-dan/1", &format!("cong-dan/{path}")), PERSON, b"").await;
        assert_eq!(reply.said(), expected, "{path}");
        assert!(!reply.text().contains("secret") && !reply.text().contains("\"A\""), "{path}");
    }
}

#[tokio::test]
async fn only_allowed_elements_leave() {
    let provider = Provider::start().await;
    let text = at(provider.address)
        .replace("[\"$.hoTen\"]", "[\"/Envelope/Body/hoTen\"]")
        .replace("per_user_day = 3", "per_user_day = 100");
    let door = Door::open(&text).await;
    let ask =
        async |path| door.call("POST", &PEOPLE.replace("cong-dan/1", &format!("cong-dan/{path}")), PERSON, b"").await;
    let reply = ask("xml").await;
    assert_eq!(
        (reply.status, reply.text().as_str()),
        (
            200,
            "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"u\"><s:Body><hoTen>Phạm Thị Đào</hoTen></s:Body></s:Envelope>"
        )
    );
    assert!(reply.all("etag").is_empty(), "a mark of the whole body tells about the rest");
    assert_eq!(reply.all("content-length"), [reply.body.len().to_string()]);
    let failed = "500 server.serverproxy.filter_failed";
    for (path, expected) in [
        ("entity", failed),
        ("half", failed),
        ("latin", failed),
        ("other", failed),
        // Another kind than that of the paths.
        ("1", failed),
        ("missing", "404 -"),
    ] {
        let reply = ask(path).await;
        assert_eq!(reply.said(), expected, "{path}");
        assert!(!reply.text().contains("secret") && !reply.text().contains("hoTen"), "{path}");
    }
    let door = Door::open(&at(provider.address)).await;
    let reply = door.call("POST", &PEOPLE.replace("cong-dan/1", "cong-dan/xml"), PERSON, b"").await;
    assert_eq!(reply.said(), failed, "an answer of XML under paths of JSON");
}

#[tokio::test]
async fn errors_are_spelled_for_their_reader() {
    let door = Door::open(DIRECTORY).await;
    let nowhere = "/r1/VN-HP/GOV/NOSUCH/B/echo";
    let old = door.call("GET", nowhere, &[("X-Road-Client", "VN-HP/GOV/0001/A77")], b"").await;
    assert_eq!(old.said(), "500 Server.ClientProxy.UnknownMember");
    let json: serde_json::Value = serde_json::from_slice(&door.get(nowhere).await.body).unwrap();
    assert_eq!(json["type"], "server.clientproxy.unknown_member");
    assert_eq!(json["detail"].as_str().unwrap().len(), 36);
    let xml = door.call("GET", nowhere, &[A, ("Accept", "text/*")], b"").await;
    assert_eq!(xml.all("content-type"), ["text/xml;charset=utf-8"]);
    assert!(xml.text().contains("<error><type>server.clientproxy.unknown_member</type>"));
}

#[tokio::test]
async fn the_exchange_tells_about_itself() {
    let door = Door::open(DIRECTORY).await;
    let xml = door.call("GET", "/listClients", &[], b"").await;
    assert!(xml.text().contains("clientList") && xml.all("content-type")[0].starts_with("text/xml"));
    let json = door.call("GET", "/listClients?xRoadInstance=VN-HP", &[("Accept", "application/json")], b"").await;
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&json.body).unwrap()["member"].as_array().unwrap().len(), 6);
    let top = "/r1/VN-HP/GOV/0002/B";
    for (operation, services) in [("listMethods", 4), ("allowedMethods", 3)] {
        let reply = door.get(&format!("{top}/{operation}")).await;
        let json: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(json["service"].as_array().unwrap().len(), services, "{operation}");
        assert_eq!(reply.all("x-road-request-hash").len(), 1);
    }
    let description = door.get(&format!("{top}/getOpenAPI?serviceCode=echo")).await;
    assert!(description.text().contains("openapi") && !description.text().contains("10.1.2.3"));
    assert_eq!(door.get(&format!("{top}/getOpenAPI")).await.said(), "500 server.serverproxy.invalid_request");
    assert_eq!(
        door.get(&format!("{top}/getOpenAPI?serviceCode=none")).await.said(),
        "500 server.serverproxy.unknown_service"
    );
}

#[tokio::test]
async fn records_of_operation_hold_nobody() {
    let provider = Provider::start().await;
    let door = Door::open(&at(provider.address)).await;
    let headers: Vec<_> = PERSON.iter().copied().chain([("X-Road-Represented-Party", "ORG/031090000002")]).collect();
    assert_eq!(
        door.call("POST", &PEOPLE.replace("/1", "/031090000001"), &headers, b"{\"soDinhDanh\":\"031090000001\"}")
            .await
            .status,
        200
    );
    assert_eq!(door.get("/r1/VN-HP/GOV/0002/B/people/cong-dan/031090000001").await.said(), "400 client.user_missing");
    // The record is made before the answer is written, so it is there now.
    let records = door.log.recent();
    assert_eq!(records.len(), 2);
    let text = serde_json::to_string(&records).unwrap();
    for secret in ["031090000001", "031090000002", "H24.15-261121-0001"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!(records[0].rest_path.as_deref(), Some("/cong-dan/{so}"));
    assert!(records[0].succeeded && records[0].status_code == 200 && records[0].request_size > 29);
    assert_eq!(records[1].fault_code.as_deref(), Some("client.user_missing"));
}

#[tokio::test]
async fn a_changed_directory_holds_for_the_next_call() {
    let provider = Provider::start().await;
    let text = at(provider.address);
    let door = Door::open(&text).await;
    assert_eq!(door.get(ECHO).await.status, 200);
    door.exchange.replace(directory(&text.replace("state = \"active\"", "state = \"suspended\"")));
    assert_eq!(door.get(ECHO).await.said(), "500 server.serverproxy.access_denied");
    door.exchange.replace(directory(&text));
    door.ambient.set("2027-06-01T05:00:00Z".parse().unwrap());
    assert_eq!(door.call("POST", PEOPLE, PERSON, b"").await.said(), "500 server.serverproxy.agreement_expired");
}
