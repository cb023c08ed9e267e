//! What people send by forms: texts, normalised, with nothing typed lost.

use crate::answer::Fault;
use crate::csrf;
use crate::visitor::Visitor;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use haidang_kernel::problem::{FieldError, Problem};
use haidang_kernel::text::nfc;
use serde::de::DeserializeOwned;

/// Most fields one form may have.
const MOST_FIELDS: usize = 2_000;

/// All fields of a form in their order, NFC, line ends as `\n`, without the token against forgery.
///
/// Use this when the fields come from data (question pages), or beside a typed [`Form`] to show again what was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormFields(pub Vec<(String, String)>);

impl FormFields {
    /// The first value of a field.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first value of a field, trimmed; `None` also when it is blank.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.first(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The first value of a field, empty when it is absent.
    pub fn text(&self, name: &str) -> &str {
        self.first(name).unwrap_or_default()
    }

    /// Every value of a field (checkboxes).
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Whether the field was sent, also empty (a pressed button).
    pub fn has(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    /// The fields, for functions that take pairs.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

/// A form read into a type by its field names. A field that does not fit answers 422.
///
/// Fields are texts: take `String` or `Option<String>` and judge them in `rules`, so that a wrong answer gets its own
/// message. Fields that repeat are read with [`FormFields::all`].
#[derive(Debug, Clone)]
pub struct Form<T> {
    /// The typed fields.
    pub value: T,
    /// The same form as it was typed.
    pub fields: FormFields,
}

/// Reads an urlencoded body and checks its token; the middleware has done so before, so this cannot be left out.
async fn read(request: Request) -> Result<FormFields, Fault> {
    let visitor = request.extensions().get::<Visitor>().cloned();
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
    if !is_form {
        return Err(Problem::unsupported_media_type("form_expected", "the body is no form").into());
    }
    let bytes = crate::extract::body(request).await?;
    let mut fields = decode(&bytes)?;
    let visitor = visitor.ok_or_else(|| Problem::internal("a form outside the frame of this crate"))?;
    verify(&visitor, &fields)?;
    fields.0.retain(|(key, _)| key != csrf::FIELD);
    Ok(fields)
}

/// The token of the form, when the visitor came with a cookie.
pub(crate) fn verify(visitor: &Visitor, fields: &FormFields) -> Result<(), Fault> {
    let given = fields.first(csrf::FIELD).unwrap_or_default();
    if csrf::matches(&visitor.site.settings.secret, &visitor.token, given) {
        return Ok(());
    }
    Err(forged())
}

pub(crate) fn forged() -> Fault {
    Problem::forbidden("csrf_failed", "the form does not carry the token of this session").into()
}

/// The pairs of an urlencoded body.
///
/// # Errors
/// `malformed_form` for bytes that are no text, or too many fields.
pub fn decode(bytes: &[u8]) -> Result<FormFields, Fault> {
    let malformed = |what: &str| Fault::from(Problem::bad_request("malformed_form", what));
    let mut fields = Vec::new();
    for pair in bytes.split(|b| *b == b'&').filter(|p| !p.is_empty()) {
        if fields.len() >= MOST_FIELDS {
            return Err(malformed("too many fields"));
        }
        let mut halves = pair.splitn(2, |b| *b == b'=');
        let key = text(halves.next().unwrap_or_default()).ok_or_else(|| malformed("a name is no text"))?;
        let value = text(halves.next().unwrap_or_default()).ok_or_else(|| malformed("a value is no text"))?;
        fields.push((key, value));
    }
    Ok(FormFields(fields))
}

/// One percent-encoded piece as clean text.
fn text(piece: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = piece.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    let decoded: Vec<u8> = percent_encoding::percent_decode(&spaced).collect();
    String::from_utf8(decoded).ok().map(|s| clean(&s))
}

/// NFC, line ends of one kind, no other control characters (they come from pasting and break printing).
pub(crate) fn clean(value: &str) -> String {
    if !value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return nfc(value);
    }
    let lines = value.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = lines.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    nfc(&kept)
}

/// Encodes pairs as a form, for reading them into a type and for links.
pub fn encode<K: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (K, V)>) -> String {
    const PLAIN: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    let part = |text: &str| percent_encoding::utf8_percent_encode(text, PLAIN).to_string();
    let pairs: Vec<String> =
        pairs.into_iter().map(|(key, value)| format!("{}={}", part(key.as_ref()), part(value.as_ref()))).collect();
    pairs.join("&")
}

impl<S: Send + Sync> FromRequest<S> for FormFields {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        read(request).await
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let fields = read(request).await?;
        let again = encode(fields.0.iter().map(|(k, v)| (k, v)));
        let request = Request::builder()
            .method("POST")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(axum::body::Body::from(Bytes::from(again)))
            .map_err(|_| Problem::internal("a form does not fit a request"))?;
        match axum::Form::<T>::from_request(request, state).await {
            Ok(axum::Form(value)) => Ok(Self { value, fields }),
            Err(rejection) => {
                // The text of serde names the field and never its value's owner; the value itself is cut off.
                let field = field_of(&rejection.to_string());
                let problem = Problem::invalid("form_invalid", "a field does not fit");
                Err(problem.with_errors(vec![FieldError::new(field, "invalid")]).into())
            }
        }
    }
}

/// The field that a message of serde speaks of.
pub(crate) fn field_of(message: &str) -> String {
    if let Some(rest) = message.split("missing field `").nth(1) {
        return rest.split('`').next().unwrap_or_default().to_owned();
    }
    // `…: <path>: what is wrong`, as serde_path_to_error prints it.
    let parts: Vec<&str> = message.split(": ").collect();
    let is_path =
        |p: &&&str| !p.is_empty() && p.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '[' | ']'));
    parts.iter().find(is_path).map(|p| (*p).to_owned()).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_whole_and_clean() {
        let check = |body: &[u8], expected: &[(&str, &str)]| {
            let fields = decode(body).unwrap();
            let read: Vec<(&str, &str)> = fields.0.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!(read, expected);
        };
        check(b"", &[]);
        check(b"a=1&b=&c&a=2", &[("a", "1"), ("b", ""), ("c", ""), ("a", "2")]);
        check("ten=Nguye%CC%82%CC%83n+Lan".as_bytes(), &[("ten", "Nguyễn Lan")]);
        check(b"x=a%0D%0Ab%00c%0Dd", &[("x", "a\nbc\nd")]);
        check(b"x=1%2B1%3D2%26", &[("x", "1+1=2&")]);
        assert!(decode(b"x=%FF%FE").is_err());
        assert!(decode("a=1&".repeat(MOST_FIELDS + 1).as_bytes()).is_err());
    }

    #[test]
    fn what_is_encoded_is_read_back() {
        let pairs = [("tên", "Đỗ & Sơn=1+1%"), ("b", "")];
        let fields = decode(encode(pairs).as_bytes()).unwrap();
        assert_eq!(fields.text("tên"), "Đỗ & Sơn=1+1%");
        assert!(fields.has("b") && fields.filled("b").is_none());
    }

    #[test]
    fn a_fault_names_its_field() {
        assert_eq!(field_of("Failed to deserialize form body: missing field `name`"), "name");
        assert_eq!(field_of("Failed to deserialize form body: age: invalid digit found in string"), "age");
    }
}
