//! The toolkit every room uses to answer HTTP: permission rows, sessions, extractors, answers, uploads, the API document.
//!
//! A room adds routes through [`Routes`] alone; each is a [`Row`] of the permission table with its handler:
//!
//! ```text
//! pub fn routes(state: Services) -> Routes<Services> {
//!     Routes::new("services", state)
//!         .page(Row::get("show_procedure", "/thu-tuc/{code}").public().example("/thu-tuc/1.001193"), show_procedure)
//!         .page(Row::post("answer_question", "/nop-ho-so/{draft}/{page}").resident().audit("draft.saved"), answer_question)
//!         .api(Row::post("submit_case", "/api/v1/cases").signed_in().audit("case.submitted")
//!             .body::<SubmitCase>().returns::<Receipt>(201).summary("Submits a case"), submit_case)
//!         .plain(Row::get("verify_result", "/kq/{token}").public().example("/kq/{result_token}"), verify_result)
//! }
//!
//! async fn show_procedure(visitor: Visitor, State(services): State<Services>, Path(code): Path<String>) -> Answer {
//!     let page = visitor.page("Đăng ký khai sinh", "services");
//!     html(ProcedurePage { page, … })
//! }
//! ```
//!
//! What this crate does before a handler runs: request id, log line with ids only, panic → 500 with a reference,
//! security headers, compression, language prefix, session or token → [`Visitor`] with its actor, rate limits, the
//! permission of the row, proof against forged requests, limits of size and time, `Idempotency-Key`.
//! What it does not do: decide on the case at hand (`rules` of the room) or write the audit record (the room does, in
//! its transaction; [`Visitor::audit`] fills in who asked).

mod answer;
mod app;
pub mod client;
mod csrf;
mod device;
mod extract;
mod form;
mod guard;
mod idempotency;
mod judge;
mod language;
pub mod metrics;
mod openapi;
mod outer;
mod own;
mod permission;
mod problem;
mod rate;
mod routes;
mod row;
mod serve;
pub mod session;
mod site;
mod sql;
mod texts;
pub mod tokens;
pub mod upload;
mod visitor;

pub use answer::{
    Answer, Disposition, Fault, created, file, html, html_invalid, html_status, json, no_content, redirect,
    redirect_plain, too_many,
};
pub use app::{App, AppError, Served};
pub use axum::extract::State;
pub use axum::http::StatusCode;
pub use axum::response::Response;
pub use extract::{Json, Path, Query};
pub use form::{Form, FormFields, decode as decode_form, encode};
pub use guard::{ask_for_level, or_stronger};
pub use judge::route_list;
pub use language::{cookie, return_path, safe_path};
pub use openapi::openapi;
pub use permission::{INSUFFICIENT, acr, acr_level};
pub use problem::reference;
pub use rate::{LoginThrottle, Rates};
pub use routes::{RouteFault, RouteList, Routes, faults};
pub use row::{Allow, DEFAULT_BODY_LIMIT, DEFAULT_TIMEOUT, Returns, Row, SchemaDoc, Surface};
pub use site::{FormTargets, SessionLimits, Settings, Site};
pub use upload::archive;
pub use upload::{FileKind, Upload, UploadLimits, UploadedFile};
pub use visitor::{Channel, Htmx, Visitor};

/// Tables of this room.
pub const MIGRATIONS: &[haidang_store::Migration] =
    haidang_store::migrations!["0001_create_session", "0002_create_idempotency", "0003_describe_session"];

#[cfg(test)]
mod tests;
