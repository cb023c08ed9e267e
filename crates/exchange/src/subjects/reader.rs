//! Reads the numbers of people out of one body while it passes.

use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

use super::found::Found;
use super::leaves::Leaves;
use crate::filter::{Fields, Filter, FilterError, FilterLimits};

/// The reader of one body. It holds what its filter holds and one number, however long the body is.
#[derive(Debug)]
pub struct SubjectReader {
    filter: Option<Filter>,
    leaves: Leaves,
    passed: Vec<u8>,
    began: bool,
}

impl SubjectReader {
    /// A reader for a body with these headers.
    pub fn new(fields: &Fields, headers: &HeaderMap, limits: FilterLimits) -> Self {
        let only = |name| {
            let mut values = headers.get_all(name).iter();
            let first = values.next().map(|value| value.to_str().unwrap_or("?"));
            (first, values.next().is_some())
        };
        let filter = match (only(CONTENT_TYPE), only(CONTENT_ENCODING)) {
            ((Some(media), false), (None | Some("identity"), false)) => fields.filter(media, limits),
            _ => None,
        };
        let leaves = match &filter {
            Some(Filter::Xml(_)) => Leaves::xml(),
            _ => Leaves::json(),
        };
        Self { filter, leaves, passed: Vec::new(), began: false }
    }

    /// Takes the next bytes. What cannot be read is noted, never an error: the call goes on by its own rules.
    pub fn push(&mut self, bytes: &[u8], found: &mut Found) {
        if bytes.is_empty() || found.has_more() {
            return;
        }
        self.began = true;
        let Some(filter) = &mut self.filter else { return };
        let read = filter.push(bytes, &mut self.passed);
        self.leaves.push(&self.passed, found);
        self.passed.clear();
        if read.is_err() {
            self.filter = None;
        }
    }

    /// Says that the body has ended.
    pub fn finish(mut self, found: &mut Found) {
        if !self.began || found.has_more() {
            return;
        }
        let ended = self.filter.map(|filter| filter.finish(&mut self.passed));
        match ended {
            // A document with another root has nobody where the selectors look.
            Some(Ok(()) | Err(FilterError::NothingAllowed)) => {
                self.leaves.push(&self.passed, found);
                self.leaves.finish(found);
            }
            Some(Err(_)) | None => found.leave_unread(),
        }
    }
}
