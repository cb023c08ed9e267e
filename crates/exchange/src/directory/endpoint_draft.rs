//! An endpoint as people write it, and the judgement that makes an [`Endpoint`] of it.

use serde::Deserialize;

use super::Endpoint;
use crate::rules::decide::METHODS;
use crate::rules::glob::Glob;
use crate::subjects::Selectors;

/// An endpoint as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointDraft {
    /// A method, or `*`.
    pub method: String,
    /// A glob over the decoded path.
    pub path: String,
    /// What records show; the glob if absent.
    #[serde(default)]
    pub template: Option<String>,
    /// Whether answers are about people.
    #[serde(default)]
    pub personal_data: bool,
    /// Where the numbers of those people stand: `query NAME`, `request PATH`, `response PATH`.
    #[serde(default)]
    pub subject_selector: Vec<String>,
    /// Whether an answer is about many people, who are told together by a notice.
    #[serde(default)]
    pub bulk: bool,
    /// Whether answers may hold something of people whom no selector finds; nobody gets them as proof then.
    #[serde(default)]
    pub third_persons: bool,
}

impl EndpointDraft {
    pub(super) fn judge(self, wrong: &mut Vec<String>) -> Endpoint {
        if self.method != "*" && !METHODS.contains(&self.method.as_str()) {
            wrong.push(format!("endpoint method {:?}: write * or one of {}", self.method, METHODS.join(", ")));
        }
        let name = format!("{} {}", self.method, self.path);
        let says_who = !self.subject_selector.is_empty() || self.bulk || self.third_persons;
        if says_who && !self.personal_data {
            wrong.push(format!("endpoint {name}: subject_selector, bulk and third_persons need personal_data = true"));
        }
        let subjects = match self.subject_selector.is_empty() {
            true => None,
            false => Selectors::parse(&self.subject_selector)
                .map_err(|what| wrong.push(format!("endpoint {name}: {what}")))
                .ok(),
        };
        Endpoint {
            method: (self.method != "*").then_some(self.method),
            template: self.template.unwrap_or_else(|| self.path.clone()),
            path: Glob::new(&self.path),
            personal_data: self.personal_data,
            subjects,
            bulk: self.bulk,
            third_persons: self.third_persons,
        }
    }
}
