//! Ids of records: one marker type an entity, so that two kinds of id cannot be mixed up.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The id of a `T`: a UUID of version 7 in its lowercase hyphenated text form.
///
/// Ids made later sort after ids made earlier. `T` is only a marker and needs no traits.
pub struct Id<T> {
    text: String,
    marker: PhantomData<fn() -> T>,
}

/// The text is not a UUID of version 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct IdError;

impl<T> Id<T> {
    /// Reads an id; upper-case letters are accepted and stored in lower case.
    ///
    /// # Errors
    /// [`IdError`] when the text is not a hyphenated UUID of version 7.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let uuid = uuid::Uuid::try_parse(text).map_err(|_| IdError)?;
        if text.len() != 36 || uuid.get_version_num() != 7 {
            return Err(IdError);
        }
        Ok(Self::from_uuid(uuid))
    }

    pub(crate) fn from_uuid(uuid: uuid::Uuid) -> Self {
        Self { text: uuid.hyphenated().to_string(), marker: PhantomData }
    }

    /// The id as text, as stored and as put in addresses of signed-in pages.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same text as the id of something else, for tables that hold ids of several kinds.
    pub fn cast<U>(&self) -> Id<U> {
        Id { text: self.text.clone(), marker: PhantomData }
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        self.cast()
    }
}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T> AsRef<str> for Id<T> {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl<T> std::str::FromStr for Id<T> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    struct Case;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(Id::<Case>::parse(text).ok().as_ref().map(Id::as_str), expected, "{text}");
    }

    #[test]
    fn only_version_seven_in_its_plain_form_is_an_id() {
        let good = "019a5a2b-7c11-7abc-8def-0123456789ab";
        check(good, Some(good));
        check("019A5A2B-7C11-7ABC-8DEF-0123456789AB", Some(good));
        check("019a5a2b7c117abc8def0123456789ab", None);
        check("{019a5a2b-7c11-7abc-8def-0123456789ab}", None);
        check("019a5a2b-7c11-4abc-8def-0123456789ab", None);
        check(" 019a5a2b-7c11-7abc-8def-0123456789ab", None);
        check("", None);
    }
}
