//! `Idempotency-Key`: a repeated request gets the first answer again and is done once.
//!
//! Same key and same request → the kept answer. Same key, another request → 422. Same key while the first still runs
//! → 409 with `Retry-After`. A failure of ours gives the key back. Keys belong to one actor and live for a day.
//!
//! A crash between the room's commit and the keeping of the answer leaves the key "running": after a minute the next
//! request with it runs again. A room that must not do twice what one key asked keeps
//! [`Visitor::idempotency_key`](crate::Visitor) in its own table under a unique key.

use crate::answer::{Fault, Unrendered};
use crate::sql;
use crate::tokens;
use crate::visitor::Visitor;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use haidang_kernel::problem::Problem;
use haidang_store::args;
use http_body_util::BodyExt;
use jiff::SignedDuration;
use sha2::{Digest, Sha256};

/// Largest answer that is kept, in bytes; a larger one is answered and not remembered.
const LARGEST_ANSWER: usize = 256 * 1024;
/// After this time a key whose request never ended is free again.
const ABANDONED: SignedDuration = SignedDuration::from_secs(90);

/// Runs the handler, or answers from memory.
pub(crate) async fn run(visitor: &Visitor, request: Request, next: Next) -> Response {
    let wanted = visitor.row.is_unsafe() && visitor.row.audit.is_some() && visitor.row.upload.is_none();
    let (Some(key), Some(actor), true) = (&visitor.idempotency_key, &visitor.actor, wanted) else {
        return next.run(request).await;
    };
    let usable = !key.is_empty() && key.len() <= 255 && key.bytes().all(|b| b.is_ascii_graphic());
    if !usable {
        return Fault::from(Problem::bad_request("idempotency_key_malformed", "1 to 255 visible ASCII characters"))
            .into_response();
    }
    let id = tokens::digest(&format!("{}\u{0}{}\u{0}{key}", actor.subject(), visitor.row.id));
    match with_key(visitor, &id, request, next).await {
        Ok(response) => response,
        Err(fault) => fault.into_response(),
    }
}

async fn with_key(visitor: &Visitor, id: &str, request: Request, next: Next) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let bytes = crate::extract::body(Request::new(body)).await?;
    let mut digest = Sha256::new();
    digest.update(visitor.path.as_bytes());
    digest.update([0]);
    digest.update(&bytes);
    let fingerprint = data_encoding::HEXLOWER.encode(&digest.finalize());
    if let Some(known) = claim(visitor, id, &fingerprint).await? {
        return Ok(known);
    }
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    keep(visitor, id, response).await
}

/// Takes the key; `Some` is the answer to give instead of running.
async fn claim(visitor: &Visitor, id: &str, fingerprint: &str) -> Result<Option<Response>, Fault> {
    let db = &visitor.site.db;
    let now = visitor.site.ambient.now();
    let args = args![id, visitor.row.id, fingerprint, now];
    let claimed = db
        .transaction(|tx| {
            let args = args.clone();
            Box::pin(async move { tx.fetch_optional(sql::CLAIM_KEY, args).await })
        })
        .await;
    if claimed.map_err(|e: haidang_store::StoreError| e)?.is_some() {
        return Ok(None);
    }
    // Gone between the two looks: the first request failed and gave it back. The caller may simply try again.
    let Some(row) = db.fetch_optional(sql::KEY, args![id]).await? else { return Err(running()) };
    if row.text("fingerprint")? != fingerprint {
        let detail = "this Idempotency-Key was used for another request";
        return Err(Problem::invalid("idempotency_key_reused", detail).into());
    }
    if row.text("state")? == "running" {
        let began = row.timestamp("created_at")?;
        if now.duration_since(began) < ABANDONED {
            return Err(running());
        }
        let args = args![id, now, began];
        let mine = db
            .transaction(|tx| {
                let args = args.clone();
                Box::pin(async move { tx.fetch_optional(sql::RECLAIM_KEY, args).await })
            })
            .await;
        return if mine.map_err(|e: haidang_store::StoreError| e)?.is_some() { Ok(None) } else { Err(running()) };
    }
    let status =
        row.opt_integer("status")?.and_then(|s| u16::try_from(s).ok()).and_then(|s| StatusCode::from_u16(s).ok());
    let mut response = Response::new(Body::from(row.opt_bytes("body")?.unwrap_or_default()));
    *response.status_mut() = status.unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"));
    for (name, value) in
        [(header::CONTENT_TYPE, row.opt_text("media_type")?), (header::LOCATION, row.opt_text("location")?)]
    {
        headers.extend(value.and_then(|v| HeaderValue::from_str(&v).ok()).map(|v| (name, v)));
    }
    Ok(Some(response))
}

fn running() -> Fault {
    Problem::conflict("idempotency_key_in_use", "the first request with this Idempotency-Key is still running").into()
}

/// Remembers the answer of a request that came to an end.
async fn keep(visitor: &Visitor, id: &str, response: Response) -> Result<Response, Fault> {
    let db = &visitor.site.db;
    let status = response.status();
    // A refusal may be answered otherwise tomorrow (the input is mended, the state changes): only what was done is kept.
    if !(status.is_success() || status.is_redirection()) || response.extensions().get::<Unrendered>().is_some() {
        db.execute(sql::RELEASE_KEY, args![id]).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes: Bytes = match body.collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(_) => return Err(Problem::internal("an answer broke off").into()),
    };
    let text = |name| parts.headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok()).map(str::to_owned);
    if bytes.len() <= LARGEST_ANSWER {
        let status = i64::from(status.as_u16());
        let args = args![id, status, text(header::CONTENT_TYPE), text(header::LOCATION), bytes.as_ref()];
        db.execute(sql::FINISH_KEY, args).await?;
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}
