//! Evidence for those who took part: `/asic` and `/verificationconf`, as X-Road has them; errors are plain text.

use bytes::Bytes;
use hyper::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use jiff::Timestamp;

use super::body::{Playback, Stored};
use super::call::Exchange;
use super::evidence::{ContainerError, Containers, Wanted, Which};
use super::metadata::parameter;
use crate::directory::Directory;
use crate::rules::credential::{Shown, admit};
use crate::rules::identifier::{ClientId, MemberId, SubsystemId};

/// A refusal in plain text.
type Refused = (StatusCode, String);

impl From<ContainerError> for (StatusCode, String) {
    fn from(error: ContainerError) -> Self {
        let status = match error {
            ContainerError::NotFound => StatusCode::NOT_FOUND,
            ContainerError::NotUnique => StatusCode::BAD_REQUEST,
            ContainerError::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, error.to_string())
    }
}

/// Whether the path is one of those answered here.
pub(super) fn is_download(path: &str) -> bool {
    matches!(path, "/asic" | "/verificationconf")
}

impl Exchange {
    pub(super) async fn download(
        &self,
        directory: &Directory,
        parts: &Parts,
        shown: &Shown,
        now: Timestamp,
    ) -> Response<Playback> {
        let answer = async {
            if parts.method != Method::GET {
                return Err((StatusCode::METHOD_NOT_ALLOWED, "Evidence is read with GET".to_owned()));
            }
            match parts.uri.path() {
                "/asic" => Ok(self.evidence().containers(&wanted(directory, parts.uri.query(), shown, now)?).await?),
                _ => Ok(self.evidence().verification().await?),
            }
        };
        answer.await.map_or_else(refusal, file)
    }
}

fn file(containers: Containers) -> Response<Playback> {
    let mut response = Response::new(Playback::from(containers.content));
    let headers = response.headers_mut();
    headers.append(CONTENT_TYPE, HeaderValue::from_static(containers.media_type));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", containers.name)) {
        headers.append(CONTENT_DISPOSITION, value);
    }
    response
}

fn refusal((status, text): Refused) -> Response<Playback> {
    let mut response = Response::new(Playback::from(Stored::from(Bytes::from(text))));
    *response.status_mut() = status;
    response.headers_mut().append(CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=utf-8"));
    response
}

/// Reads the question, and whether whoever asks is who they say.
fn wanted(directory: &Directory, query: Option<&str>, shown: &Shown, now: Timestamp) -> Result<Wanted, Refused> {
    let missing = |name: &str| (StatusCode::BAD_REQUEST, format!("The parameter {name} is missing"));
    let required = |name: &str| parameter(query, name).filter(|value| !value.is_empty()).ok_or_else(|| missing(name));
    let given = |name: &str| {
        let named = |pair: &str| pair == name || pair.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
        query.is_some_and(|query| query.split('&').any(named))
    };
    let member = MemberId {
        instance: required("xRoadInstance")?,
        class: required("memberClass")?,
        code: required("memberCode")?,
    };
    let asker = SubsystemId { member, code: required("subsystemCode")? };
    let which = match (given("requestOnly"), given("responseOnly")) {
        (true, true) => {
            return Err((StatusCode::BAD_REQUEST, "requestOnly and responseOnly exclude each other".to_owned()));
        }
        (true, false) => Which::Request,
        (false, true) => Which::Response,
        (false, false) => Which::Both,
    };
    let unproved = |sentence: &str| (StatusCode::UNAUTHORIZED, sentence.to_owned());
    let subsystem = directory.subsystem(&asker).ok_or_else(|| unproved("That subsystem is not registered"))?;
    admit(subsystem, shown, now).map_err(|sentence| unproved(&sentence))?;
    let query_id = required("queryId")?;
    Ok(Wanted { query_id, asker: ClientId::Subsystem(asker), which, unique: given("unique"), force: given("force") })
}
