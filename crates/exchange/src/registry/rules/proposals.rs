//! What people write in lines, and what an OpenAPI description lets the form propose; pure.

use serde_json::{Map, Value, json};

use crate::rules::decide::METHODS;

/// Most lines that are taken.
const MOST_LINES: usize = 500;

/// The mark of an endpoint whose answers hold no personal data. Without it they are taken to hold some: then user, issue
/// and purpose must be said with every call.
pub const NOT_PERSONAL: &str = "khong-ca-nhan";

/// Lines that are not blank, trimmed.
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).take(MOST_LINES).map(str::to_owned).collect()
}

/// Endpoints of an OpenAPI description, one a line: `POST /cong-dan/*`. A parameter in the path stands for one segment.
pub fn proposed(description: &str) -> Vec<String> {
    let description: Value = serde_json::from_str(description).unwrap_or_default();
    let paths = description.get("paths").and_then(Value::as_object).into_iter().flatten();
    let mut found = Vec::new();
    for (path, operations) in paths {
        let operations = operations.as_object().into_iter().flat_map(Map::keys);
        for method in operations.map(|method| method.to_ascii_uppercase()) {
            if METHODS.contains(&method.as_str()) && found.len() < MOST_LINES {
                found.push(format!("{method} {}", glob(path)));
            }
        }
    }
    found
}

/// Whether a description that was pasted is meant as WSDL; anything else is meant as OpenAPI.
fn is_wsdl(description: &str) -> bool {
    description.trim_start_matches('\u{feff}').trim_start().starts_with('<')
}

/// Gives a service this description in the place of the one it has, and the kind that goes with it: calls through r1 are
/// REST, also those that carry an envelope of SOAP.
pub fn describe(service: &mut Map<String, Value>, description: &str) {
    let (name, other, kind) = match is_wsdl(description) {
        true => ("wsdl", "openapi", "REST"),
        false => ("openapi", "wsdl", "OPENAPI3"),
    };
    service.shift_remove(other);
    service.insert(name.to_owned(), description.into());
    if service.get("kind").and_then(Value::as_str) != Some("SOAP") {
        service.insert("kind".to_owned(), kind.into());
    }
}

/// `/cong-dan/{so}/giay-to` as a glob: `/cong-dan/*/giay-to`; what a glob would read as its own is escaped.
fn glob(path: &str) -> String {
    let mut glob = String::with_capacity(path.len());
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '{' => {
                glob.push('*');
                letters.by_ref().find(|letter| *letter == '}');
            }
            '*' | '\\' => glob.extend(['\\', letter]),
            other => glob.push(other),
        }
    }
    glob
}

/// Endpoints out of lines `METHOD /glob [khong-ca-nhan]`.
///
/// # Errors
/// The first line that is none.
pub fn endpoints(text: &str) -> Result<Vec<Value>, String> {
    let read = |line: String| {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some(method), Some(path), mark, None)
                if path.starts_with('/') && mark.is_none_or(|m| m == NOT_PERSONAL) =>
            {
                Ok(json!({ "method": method, "path": path, "personal_data": mark.is_none() }))
            }
            _ => Err(line),
        }
    };
    lines(text).into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_proposed_from_a_description() {
        let description = r#"{"openapi":"3.0.3","paths":{"/cong-dan/{so}":{"get":{},"parameters":[]},
            "/tra-cuu":{"post":{},"x-note":{}},"/a*b":{"GET":{}}}}"#;
        assert_eq!(proposed(description), ["GET /cong-dan/*", "POST /tra-cuu", "GET /a\\*b"]);
        for nothing in ["", "x", "{}", r#"{"paths":[]}"#, r#"{"paths":{"/a":null}}"#] {
            assert!(proposed(nothing).is_empty(), "{nothing}");
        }
        let all = endpoints(&proposed(description).join("\r\n")).unwrap();
        assert!(all.iter().all(|endpoint| endpoint["personal_data"] == true), "personal until somebody says otherwise");
    }

    #[test]
    fn a_description_takes_the_place_of_the_other() {
        for (before, description, expected) in [
            (json!({ "kind": "REST" }), "{}", json!({ "kind": "OPENAPI3", "openapi": "{}" })),
            (
                json!({ "kind": "OPENAPI3", "openapi": "{}" }),
                "\u{feff} <a/>",
                json!({ "kind": "REST", "wsdl": "\u{feff} <a/>" }),
            ),
            (json!({ "kind": "REST", "wsdl": "<a/>" }), "{}", json!({ "kind": "OPENAPI3", "openapi": "{}" })),
            (json!({ "kind": "SOAP" }), "<a/>", json!({ "kind": "SOAP", "wsdl": "<a/>" })),
        ] {
            let mut service = before.as_object().cloned().unwrap();
            describe(&mut service, description);
            assert_eq!(Value::Object(service), expected, "{before}");
        }
    }

    #[test]
    fn endpoints_are_read_line_by_line() {
        let read = endpoints(" POST /tra-cuu \n\nGET /danh-muc khong-ca-nhan\n").unwrap();
        assert_eq!(read[0], json!({ "method": "POST", "path": "/tra-cuu", "personal_data": true }));
        assert_eq!(read[1], json!({ "method": "GET", "path": "/danh-muc", "personal_data": false }));
        for wrong in ["POST", "POST tra-cuu", "GET /a b", "GET /a khong-ca-nhan x"] {
            assert_eq!(endpoints(wrong), Err(wrong.to_owned()));
        }
    }
}
