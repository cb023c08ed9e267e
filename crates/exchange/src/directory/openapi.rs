//! Descriptions as others may read them: without the addresses behind the exchange.

use bytes::Bytes;
use serde_json::Value;

/// The description without server addresses: `servers` at the root, at paths and at operations (OpenAPI 3), `host`,
/// `basePath` and `schemes` (2.0).
///
/// # Errors
/// A sentence when it is not a description in JSON.
pub(super) fn without_servers(document: &str) -> Result<Bytes, String> {
    let mut document: Value = serde_json::from_str(document).map_err(|error| format!("is not JSON ({error})"))?;
    let Some(root) =
        document.as_object_mut().filter(|root| root.contains_key("openapi") || root.contains_key("swagger"))
    else {
        return Err("is no OpenAPI description".to_owned());
    };
    for key in ["servers", "host", "basePath", "schemes"] {
        root.shift_remove(key);
    }
    for part in ["paths", "webhooks"] {
        for path in root.get_mut(part).and_then(Value::as_object_mut).into_iter().flat_map(|paths| paths.values_mut()) {
            let Some(path) = path.as_object_mut() else { continue };
            path.shift_remove("servers");
            for operation in path.values_mut().filter_map(Value::as_object_mut) {
                operation.shift_remove("servers");
                operation.shift_remove("schemes");
            }
        }
    }
    serde_json::to_vec(&document).map(Bytes::from).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_is_left() {
        let document = r#"{"openapi":"3.0.0","servers":[{"url":"http://10.0.0.1"}],"info":{"title":"t"},
            "paths":{"/a":{"servers":[{"url":"http://10.0.0.2"}],"get":{"servers":[{"url":"http://10.0.0.3"}],"summary":"s"},"parameters":[]}}}"#;
        let text = String::from_utf8(without_servers(document).unwrap().to_vec()).unwrap();
        assert_eq!(
            text,
            r#"{"openapi":"3.0.0","info":{"title":"t"},"paths":{"/a":{"get":{"summary":"s"},"parameters":[]}}}"#
        );
        let old = r#"{"swagger":"2.0","host":"10.0.0.1","basePath":"/x","schemes":["http"],"paths":{}}"#;
        assert_eq!(without_servers(old).unwrap(), r#"{"swagger":"2.0","paths":{}}"#);
        for bad in ["x", "[]", "{}"] {
            assert!(without_servers(bad).is_err());
        }
    }
}
