//! Finding a procedure without knowing its official name or typing accents.

use crate::procedure::{Catalogue, Version};
use crate::service::Services;
use haidang_search::{Document, SearchError, SearchIndex};
use jiff::civil::Date;
use std::sync::Arc;

/// The index over the procedures in force on a day; `synonyms` are pairs of everyday words and what they mean.
///
/// # Errors
/// What the index says.
pub fn index(
    catalogue: &Catalogue,
    day: Date,
    synonyms: &[(Vec<String>, Vec<String>)],
) -> Result<SearchIndex, SearchError> {
    SearchIndex::build(catalogue.all_current(day).iter().map(|version| document(version, synonyms)).collect())
}

fn document(version: &Version, synonyms: &[(Vec<String>, Vec<String>)]) -> Document {
    let procedure = &version.procedure;
    let name = haidang_kernel::text::search_key(&procedure.name);
    let plain = procedure.plain.iter().map(|plain| plain.vi.clone());
    let known = synonyms
        .iter()
        .filter(|(_, means)| {
            means.iter().any(|m| *m == procedure.code || name.contains(&haidang_kernel::text::search_key(m)))
        })
        .flat_map(|(words, _)| words.clone());
    let mut body = vec![procedure.field.name.clone()];
    body.extend(procedure.name_en.clone());
    body.extend(procedure.result.iter().map(|result| result.name.clone()));
    Document {
        id: procedure.code.clone(),
        code: procedure.code.clone(),
        title: procedure.name.clone(),
        body: body.join(" "),
        synonyms: procedure.keywords.iter().cloned().chain(plain).chain(known).collect(),
        kind: "procedure".to_owned(),
    }
}

impl Services {
    /// Procedures in force today that match the words, best first. Words that contradict accents come last.
    pub fn find_procedures(&self, words: &str, limit: usize) -> Vec<Arc<Version>> {
        let index = self.search();
        let hits = match index.search(words, limit) {
            Ok(hits) => hits,
            Err(error) => {
                tracing::error!(error = %error, "the procedure index does not answer");
                return Vec::new();
            }
        };
        let (catalogue, today) = (self.catalogue(), self.ambient.today());
        hits.iter().filter_map(|hit| catalogue.in_force(&hit.id, today)).collect()
    }

    /// Another spelling to try when little was found.
    pub fn suggest_words(&self, words: &str) -> Option<String> {
        self.search().suggest(words).ok().flatten()
    }
}
