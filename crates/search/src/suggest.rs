//! "Did you mean": the nearest known words for unknown ones.

use haidang_kernel::text::{search_key, words};

use crate::SearchError;
use crate::vocabulary::Vocabulary;

/// So many candidates a word are tried before giving up.
const ATTEMPTS: usize = 12;

/// The query with its unknown words replaced so that `finds` says yes; `None` when all are known.
pub(crate) fn suggest(
    vocabulary: &Vocabulary,
    query: &str,
    finds: impl Fn(&str) -> Result<bool, SearchError>,
) -> Result<Option<String>, SearchError> {
    let mut attempt: Vec<String> = words(query);
    let unknown: Vec<usize> = (0..attempt.len())
        .filter(|at| attempt.get(*at).is_some_and(|word| !vocabulary.knows(&search_key(word))))
        .collect();
    if unknown.is_empty() {
        return Ok(None);
    }
    let mut still_unknown = unknown.len();
    for at in unknown {
        still_unknown -= 1;
        let Some(word) = attempt.get(at).cloned() else { continue };
        let mut chosen = None;
        for candidate in candidates(vocabulary, &search_key(&word)) {
            if let Some(place) = attempt.get_mut(at) {
                *place = candidate.clone();
            }
            // Words that are still unknown find nothing; they are left out until their turn.
            let so_far: Vec<&str> = attempt
                .iter()
                .map(String::as_str)
                .filter(|word| still_unknown == 0 || vocabulary.knows(&search_key(word)) || word.contains(' '))
                .collect();
            if finds(&so_far.join(" "))? {
                chosen = Some(candidate);
                break;
            }
        }
        let Some(chosen) = chosen else { return Ok(None) };
        if let Some(place) = attempt.get_mut(at) {
            *place = chosen;
        }
    }
    Ok(Some(attempt.join(" ")))
}

/// Known words near an unknown one, the nearest and most frequent first, then its splits in two.
fn candidates(vocabulary: &Vocabulary, key: &str) -> Vec<String> {
    let letters = key.chars().count();
    let most = match letters {
        0..=1 => return Vec::new(),
        2..=5 => 1,
        _ => 2,
    };
    let near = |known: &str| {
        let difference = known.chars().count().abs_diff(letters);
        (difference <= most).then(|| strsim::osa_distance(key, known)).filter(|distance| *distance <= most)
    };
    let mut found: Vec<(usize, std::cmp::Reverse<u32>, &str)> = vocabulary
        .keys()
        .filter(|(known, _)| known.len() > 1)
        .filter_map(|(known, documents)| Some((near(known)?, std::cmp::Reverse(documents), known)))
        .collect();
    found.sort();
    let nearest =
        found.into_iter().take(ATTEMPTS).filter_map(|(_, _, key)| vocabulary.usual_spelling(key).map(str::to_owned));
    let splits = key.char_indices().skip(2).filter_map(|(at, _)| {
        let (left, right) = key.split_at(at);
        let both = right.chars().count() >= 2 && vocabulary.knows(left) && vocabulary.knows(right);
        both.then(|| Some(format!("{} {}", vocabulary.usual_spelling(left)?, vocabulary.usual_spelling(right)?)))
            .flatten()
    });
    nearest.chain(splits).collect()
}
