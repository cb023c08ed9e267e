//! Where the numbers of people stand in a call, as the directory says it.

use crate::filter::Fields;

/// Most places that one endpoint may name.
const MOST: usize = 32;

/// The places of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selectors {
    /// Names of query parameters.
    pub query: Vec<String>,
    /// Paths in the body of the request.
    pub request: Option<Fields>,
    /// Paths in what the provider answers.
    pub response: Option<Fields>,
}

const FORMS: &str = "write \"query NAME\", \"request $.path\", \"response $.path\" or, for XML, \"response /path\"";

impl Selectors {
    /// Reads `query NAME`, `request PATH` and `response PATH`; paths are those of `fields_allowed` and end at the number.
    ///
    /// # Errors
    /// What is wrong with the first place that is not understood, in words for whoever writes the directory.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        if texts.len() > MOST {
            return Err(format!("subject_selector: name at most {MOST} places"));
        }
        let (mut query, mut request, mut response) = (Vec::new(), Vec::new(), Vec::new());
        for text in texts {
            match text.split_once(' ') {
                Some(("query", name)) if !name.is_empty() && !name.contains([' ', '=', '&', '%', '+']) => {
                    query.push(name.to_owned());
                }
                Some(("request", path)) if path.len() > 1 => request.push(path),
                Some(("response", path)) if path.len() > 1 => response.push(path),
                _ => return Err(format!("subject_selector {text:?}: {FORMS}")),
            }
        }
        Ok(Self { query, request: fields(&request)?, response: fields(&response)? })
    }
}

fn fields(paths: &[&str]) -> Result<Option<Fields>, String> {
    if paths.is_empty() {
        return Ok(None);
    }
    Fields::parse(paths.iter().copied()).map(Some).map_err(|fault| format!("subject_selector: {fault}"))
}
