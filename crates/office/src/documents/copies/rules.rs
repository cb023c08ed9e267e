//! What may be copied in which form, and how a copy moves. No input or output.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// In which form something is copied (Article 25).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CopyForm {
    /// Sao y: all of it, from the original.
    Full,
    /// Sao lục: all of it, from a certified copy.
    Onward,
    /// Trích sao: a part, from the original.
    Extract,
}

impl CopyForm {
    /// All, in the order of the article.
    pub const ALL: [Self; 3] = [Self::Full, Self::Onward, Self::Extract];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Onward => "onward",
            Self::Extract => "extract",
        }
    }

    /// The form of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.as_str() == word)
    }

    /// Abbreviation in the notation (Appendix III): `SY`, `SL`, `TrS`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Full => "SY",
            Self::Onward => "SL",
            Self::Extract => "TrS",
        }
    }

    /// Name in the register.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "Sao y",
            Self::Onward => "Sao lục",
            Self::Extract => "Trích sao",
        }
    }
}

/// What is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// An issued document of the organ.
    Document,
    /// A registered document that came to it.
    Arrival,
    /// A paper that was digitised and confirmed.
    Scan,
    /// A certified copy of the organ.
    Copy,
}

impl SourceKind {
    /// All.
    pub const ALL: [Self; 4] = [Self::Document, Self::Arrival, Self::Scan, Self::Copy];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Arrival => "arrival",
            Self::Scan => "scan",
            Self::Copy => "copy",
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What the organ holds of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// The original, or the signed document that was sent to it (bản gốc, bản chính).
    Original,
    /// A certified copy (bản sao y).
    Copy,
}

/// Whether a form fits: sao lục is made from a certified copy, the others from the original (Article 25).
///
/// # Errors
/// `copy_form_needs_copy`, `copy_form_needs_original`.
pub fn fits(form: CopyForm, held: Held) -> Result<(), &'static str> {
    match (form, held) {
        (CopyForm::Onward, Held::Original) => Err("copy_form_needs_copy"),
        (CopyForm::Full | CopyForm::Extract, Held::Copy) => Err("copy_form_needs_original"),
        _ => Ok(()),
    }
}

/// Most pages of an extract.
const MOST_PAGES: usize = 200;

/// The pages of an extract as they are typed, `1, 3-5`, in order and once each. The first page is always among them: an
/// extract shows the form of the document (organ, number, date) with the part that is copied (Article 25, clause 3).
///
/// # Errors
/// `required`, `unreadable`, `too_many`, and `beyond` when the document is known to have fewer pages.
pub fn pages(typed: &str, known: Option<usize>) -> Result<Vec<usize>, &'static str> {
    let mut found = std::collections::BTreeSet::new();
    let number = |text: &str| text.trim().parse::<usize>().ok().filter(|page| *page > 0).ok_or("unreadable");
    for part in typed.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()) {
        let (first, last) = match part.split_once(['-', '–']) {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(part)?, number(part)?),
        };
        if first > last {
            return Err("unreadable");
        }
        if last - first >= MOST_PAGES {
            return Err("too_many");
        }
        found.extend(first..=last);
    }
    if found.is_empty() {
        return Err("required");
    }
    found.insert(1);
    if found.len() > MOST_PAGES {
        return Err("too_many");
    }
    if known.is_some_and(|known| found.last().is_some_and(|last| *last > known)) {
        return Err("beyond");
    }
    Ok(found.into_iter().collect())
}

/// Where a copy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CopyState {
    /// Typeset, and waits for the competent person.
    Asked,
    /// Signed by that person.
    Signed,
    /// It has its number.
    Numbered,
    /// The organ's signature closed it.
    Issued,
    /// Given up before it had a number.
    Withdrawn,
}

impl CopyState {
    /// All, in the order of the walk.
    pub const ALL: [Self; 5] = [Self::Asked, Self::Signed, Self::Numbered, Self::Issued, Self::Withdrawn];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Signed => "signed",
            Self::Numbered => "numbered",
            Self::Issued => "issued",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What is done with a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CopyAct {
    /// The competent person signs.
    Sign,
    /// The clerk takes the number.
    Number,
    /// The organ's signature.
    Seal,
    /// It is given up, with a reason.
    Withdraw,
}

impl CopyAct {
    /// All.
    pub const ALL: [Self; 4] = [Self::Sign, Self::Number, Self::Seal, Self::Withdraw];

    /// The word in history and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Number => "number",
            Self::Seal => "seal",
            Self::Withdraw => "withdraw",
        }
    }

    /// What the audit calls it.
    pub fn audit(self) -> &'static str {
        match self {
            Self::Sign => "copy.signed",
            Self::Number => "copy.numbered",
            Self::Seal => "copy.issued",
            Self::Withdraw => "copy.withdrawn",
        }
    }

    /// Where it leads from a state; nothing else is possible. A copy with a number is never given up: its number would
    /// be missing in the register.
    pub fn leads(self, from: CopyState) -> Option<CopyState> {
        match (self, from) {
            (Self::Sign, CopyState::Asked) => Some(CopyState::Signed),
            (Self::Number, CopyState::Signed) => Some(CopyState::Numbered),
            (Self::Seal, CopyState::Numbered) => Some(CopyState::Issued),
            (Self::Withdraw, CopyState::Asked | CopyState::Signed) => Some(CopyState::Withdrawn),
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pages_are_read_as_people_type_them() {
        let check = |typed: &str, known, expected: Result<&[usize], &str>| {
            let found = pages(typed, known);
            assert_eq!(found.as_deref().map_err(|code| *code), expected, "{typed}");
        };
        check("1, 3-5", None, Ok(&[1, 3, 4, 5]));
        check("3; 2", Some(3), Ok(&[1, 2, 3]));
        check(" 2–3 ,", Some(9), Ok(&[1, 2, 3]));
        check("2,2,2", None, Ok(&[1, 2]));
        check("", None, Err("required"));
        check(",", None, Err("required"));
        check("0", None, Err("unreadable"));
        check("5-3", None, Err("unreadable"));
        check("a", None, Err("unreadable"));
        check("1-99999999", None, Err("too_many"));
        check("1-150, 151-260", None, Err("too_many"));
        check("4", Some(3), Err("beyond"));
    }

    #[test]
    fn the_form_follows_what_is_held() {
        for (form, held, expected) in [
            (CopyForm::Full, Held::Original, Ok(())),
            (CopyForm::Extract, Held::Original, Ok(())),
            (CopyForm::Onward, Held::Copy, Ok(())),
            (CopyForm::Onward, Held::Original, Err("copy_form_needs_copy")),
            (CopyForm::Full, Held::Copy, Err("copy_form_needs_original")),
            (CopyForm::Extract, Held::Copy, Err("copy_form_needs_original")),
        ] {
            assert_eq!(fits(form, held), expected, "{form:?} {held:?}");
        }
    }

    proptest! {
        #[test]
        fn pages_come_in_order_once_and_within_the_document(typed in "[0-9,; –-]{0,24}", known in 1_usize..400) {
            if let Ok(found) = pages(&typed, Some(known)) {
                prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
                prop_assert!(found[0] == 1 && *found.last().unwrap() <= known && found.len() <= MOST_PAGES);
            }
        }

        #[test]
        fn nothing_is_issued_without_signature_and_number(walk in proptest::collection::vec(0_usize..4, 0..12)) {
            let (mut state, mut done) = (CopyState::Asked, Vec::new());
            for act in walk.into_iter().map(|index| CopyAct::ALL[index]) {
                if let Some(next) = act.leads(state) {
                    state = next;
                    done.push(act);
                }
            }
            if state == CopyState::Issued {
                prop_assert_eq!(done, vec![CopyAct::Sign, CopyAct::Number, CopyAct::Seal]);
            }
        }
    }
}
