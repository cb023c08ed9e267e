//! The list of routes as `haidang routes` prints it: for people, for the permission test and for the outside judges.

use crate::row::{Allow, Row, Surface};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Every route, pages once per language. `examples` are the `{keys}` of the demonstration city (`var/demo.json`).
///
/// The fields `method`, `path`, `example`, `html`, `role`, `lang`, `dark`, `status`, `redirect` and `kb` are those the
/// judge of pages reads; an example whose keys are not all known is left out, so that the judge reports it.
pub fn route_list(rows: &[Row], examples: &BTreeMap<String, String>) -> Vec<Value> {
    let mut list = Vec::new();
    for row in rows.iter().filter(|row| !row.hidden) {
        match row.surface {
            Surface::Page => list.extend(["vi", "en"].map(|lang| entry(row, examples, Some(lang)))),
            Surface::Api | Surface::Plain | Surface::Protocol => list.push(entry(row, examples, None)),
        }
    }
    list.sort_by_cached_key(|route| {
        let text = |key: &str| route[key].as_str().unwrap_or_default().to_owned();
        (text("path"), text("method"))
    });
    list
}

fn entry(row: &Row, examples: &BTreeMap<String, String>, lang: Option<&str>) -> Value {
    let address = |path: &str| match lang {
        Some(lang) if path == "/" => format!("/{lang}"),
        Some(lang) => format!("/{lang}{path}"),
        None => path.to_owned(),
    };
    let mut route = Map::new();
    let mut put = |key: &str, value: Value| route.insert(key.to_owned(), value);
    put("id", row.id.into());
    put("room", row.room.into());
    put("method", row.method.as_str().into());
    put("path", address(row.path).into());
    if let Some(example) = resolve(row.example.unwrap_or(row.path), examples) {
        put("example", address(&example).into());
    }
    put("html", row.html.into());
    put("role", row.judge_role().into());
    // A plain page speaks the language its reader prefers: Vietnamese for a judge who says nothing.
    put("lang", lang.unwrap_or("vi").into());
    put("dark", row.dark.into());
    put("status", row.status.into());
    if let Some(target) = row.redirects_to.and_then(|target| resolve(target, examples)) {
        put("redirect", address(&target).into());
    }
    if let Some(kilobytes) = row.kilobytes {
        put("kb", kilobytes.into());
    }
    put("allow", allow(row).into());
    if let Some(audit) = row.audit {
        put("audit", audit.into());
    }
    if row.fresh_factor {
        put("fresh_factor", true.into());
    }
    if let Some(reason) = row.no_mutation {
        put("no_mutation", reason.into());
    }
    Value::Object(route)
}

/// Fills the `{keys}`; `None` when one is unknown.
fn resolve(address: &str, examples: &BTreeMap<String, String>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = address;
    while let Some((before, after)) = rest.split_once('{') {
        let (key, tail) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(examples.get(key)?);
        rest = tail;
    }
    filled.push_str(rest);
    Some(filled)
}

/// Who may, as one word.
fn allow(row: &Row) -> String {
    match row.allow {
        None => "nobody".to_owned(),
        Some(Allow::Anyone) => "anyone".to_owned(),
        Some(Allow::SignedIn) => "signed_in".to_owned(),
        Some(Allow::Resident) => "resident".to_owned(),
        Some(Allow::Official) => "official".to_owned(),
        Some(Allow::Capability(capability)) => capability.to_owned(),
        Some(Allow::AnyCapability(any)) => any.join("|"),
        Some(Allow::System) => "system".to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn judges_read_what_the_table_says() {
        let mut api = Row::get("get_case", "/api/v1/cases/{case}").signed_in().example("/api/v1/cases/{case}");
        api.surface = Surface::Api;
        api.html = false;
        let rows = [
            Row::get("show_case", "/ho-so/{case}").signed_in().example("/ho-so/{case}").kilobytes(120),
            Row::get("show_unknown", "/la/{thing}").public(),
            Row::get("show_home", "/").public(),
            Row::get("show_old", "/cu").public().status(303).redirects_to("/moi"),
            Row::get("show_signing", "/ky").capability("case.sign").role("leader").light_only(),
            Row::get("check_alive", "/healthz").public().hidden(),
            api,
        ];
        let examples = BTreeMap::from([("case".to_owned(), "H24.11824-20261121-0000001".to_owned())]);
        let list = route_list(&rows, &examples);
        let find = |path: &str| list.iter().find(|r| r["path"] == path).cloned().unwrap_or_default();
        let check = |path: &str, key: &str, expected: Value| assert_eq!(find(path)[key], expected, "{path} {key}");
        assert_eq!(list.len(), 11);
        check("/vi/ho-so/{case}", "example", json!("/vi/ho-so/H24.11824-20261121-0000001"));
        check("/en/ho-so/{case}", "lang", json!("en"));
        check("/vi/ho-so/{case}", "role", json!("resident"));
        check("/vi/ho-so/{case}", "kb", json!(120));
        check("/vi/ho-so/{case}", "html", json!(true));
        check("/vi/la/{thing}", "example", Value::Null);
        check("/vi", "example", json!("/vi"));
        check("/vi", "role", json!(""));
        check("/en/cu", "redirect", json!("/en/moi"));
        check("/en/cu", "status", json!(303));
        check("/vi/ky", "role", json!("leader"));
        check("/vi/ky", "dark", json!(false));
        check("/vi/ky", "allow", json!("case.sign"));
        check("/api/v1/cases/{case}", "example", json!("/api/v1/cases/H24.11824-20261121-0000001"));
        check("/api/v1/cases/{case}", "html", json!(false));
    }
}
