//! Programs at the API of the tests: JSON bodies and files. The name of a person is their token.

use crate::city::served;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use haidang_office::OfficeRoom;
use haidang_testkit::TestDb;
use http_body_util::BodyExt as _;
use serde_json::Value;

/// Status and body of an answer.
pub struct Said {
    /// Status.
    pub status: u16,
    /// Body.
    pub bytes: Vec<u8>,
}

impl Said {
    /// Body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// Body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

async fn call(db: &TestDb, room: &OfficeRoom, request: Request) -> Said {
    let (parts, body) = served(db, room).call(request).await.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes().to_vec();
    Said { status: parts.status.as_u16(), bytes }
}

/// Reads an address.
pub async fn get(db: &TestDb, room: &OfficeRoom, path: &str, who: &str) -> Said {
    let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {who}"));
    call(db, room, request.body(Body::empty()).unwrap()).await
}

/// Sends JSON.
pub async fn post(db: &TestDb, room: &OfficeRoom, path: &str, who: &str, body: &Value) -> Said {
    let request = Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {who}"))
        .header(header::CONTENT_TYPE, "application/json");
    call(db, room, request.body(Body::from(body.to_string())).unwrap()).await
}

/// Sends one file with other fields.
pub async fn send_file(
    db: &TestDb,
    room: &OfficeRoom,
    path: &str,
    who: &str,
    fields: &[(&str, &str)],
    file: (&str, &[u8]),
) -> Said {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!("--limit\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.into_bytes());
    }
    let (name, content) = file;
    let head = format!("--limit\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    body.extend(head.into_bytes());
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--limit--\r\n");
    let request = Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {who}"))
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=limit");
    call(db, room, request.body(Body::from(body)).unwrap()).await
}
