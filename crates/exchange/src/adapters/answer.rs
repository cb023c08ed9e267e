//! What a consumer is told, as an ordered list of fields: where each stands in the provider's answer, what it is called
//! here. Nothing is delivered that is not in the list.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::codes::{CodeLists, Unknown};
use super::fault::AdapterFault;
use super::shape::{Shape, ShapeDraft, Type, Way};
use super::xml;

/// Levels of fields within fields.
const DEPTH: usize = 8;

/// The steps of `a/b`; none for the whole.
pub(super) fn steps(path: &str) -> Vec<String> {
    if path.is_empty() { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// A place in an answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Node<'a> {
    Xml(&'a xml::Element),
    Json(&'a Value),
}

impl<'a> Node<'a> {
    /// Everything at the end of these steps; lists on the way are gone through, or indexed by a number.
    pub(super) fn find(self, path: &[String]) -> Vec<Node<'a>> {
        let mut found = vec![self];
        for step in path {
            found = found.into_iter().flat_map(|node| node.step(step)).collect();
        }
        found
    }

    fn step(self, name: &str) -> Vec<Node<'a>> {
        match self {
            Node::Xml(element) => {
                let named = element.children.iter().filter(|child| child.name == name);
                named.map(Node::Xml).collect()
            }
            Node::Json(Value::Array(items)) => match name.parse::<usize>() {
                Ok(place) => items.get(place).map(Node::Json).into_iter().collect(),
                Err(_) => items.iter().flat_map(|item| Node::Json(item).step(name)).collect(),
            },
            Node::Json(value) => value.get(name).map(Node::Json).into_iter().collect(),
        }
    }

    /// Itself, or what a JSON list holds.
    fn spread(self) -> Vec<Node<'a>> {
        match self {
            Node::Json(Value::Array(items)) => items.iter().map(Node::Json).collect(),
            Node::Json(Value::Null) => Vec::new(),
            other => vec![other],
        }
    }

    /// As one value; `None` where it has children.
    fn value(self) -> Option<Value> {
        match self {
            Node::Xml(element) => element.children.is_empty().then(|| Value::String(element.text.clone())),
            Node::Json(value) => Some(value.clone()),
        }
    }

    /// Its text, where it is one value.
    pub(super) fn text(self) -> Option<String> {
        match self.value()? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(is) => Some(is.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// A field as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldDraft {
    to: String,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    list: bool,
    #[serde(default)]
    required: bool,
    #[serde(default, rename = "type")]
    kind: Option<Type>,
    #[serde(default)]
    date: Option<String>,
    #[serde(default)]
    code_list: Option<String>,
    #[serde(default)]
    unknown: Option<Unknown>,
    #[serde(default, rename = "field")]
    fields: Vec<FieldDraft>,
}

/// One field of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    to: String,
    from: Vec<String>,
    list: bool,
    required: bool,
    content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Value(Shape),
    Group(Vec<Field>),
}

/// Judges the fields of an answer.
pub(super) fn judge(drafts: &[FieldDraft], lists: &CodeLists, wrong: &mut Vec<String>) -> Vec<Field> {
    judge_level(drafts, lists, "", 1, wrong)
}

fn judge_level(
    drafts: &[FieldDraft],
    lists: &CodeLists,
    above: &str,
    level: usize,
    wrong: &mut Vec<String>,
) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for draft in drafts {
        let name = format!("{above}{}", draft.to);
        let mut complaints = Vec::new();
        let shape = ShapeDraft {
            kind: draft.kind,
            date: draft.date.clone(),
            code_list: draft.code_list.clone(),
            unknown: draft.unknown,
        };
        let shape = shape.judge(lists, Way::In, &mut complaints);
        let typed = draft.kind.is_some() || draft.date.is_some() || draft.code_list.is_some();
        if typed && !draft.fields.is_empty() {
            complaints.push("a group of fields has no type, date or code_list".to_owned());
        }
        if draft.to.is_empty() || fields.iter().any(|known| known.to == draft.to) {
            complaints.push("to: write a name that no other field beside it has".to_owned());
        }
        if level > DEPTH {
            complaints.push(format!("fields stand in each other more than {DEPTH} times"));
        }
        wrong.extend(complaints.into_iter().map(|what| format!("field {name}: {what}")));
        let content = if draft.fields.is_empty() || level > DEPTH {
            Content::Value(shape)
        } else {
            Content::Group(judge_level(&draft.fields, lists, &format!("{name}/"), level + 1, wrong))
        };
        fields.push(Field {
            to: draft.to.clone(),
            from: steps(draft.from.as_deref().unwrap_or(&draft.to)),
            list: draft.list,
            required: draft.required,
            content,
        });
    }
    fields
}

/// Whether a field delivers JSON as it is, which only answers of JSON have.
pub(super) fn has_json(fields: &[Field]) -> bool {
    fields.iter().any(|field| match &field.content {
        Content::Value(shape) => *shape == Shape::Typed(Type::Json),
        Content::Group(fields) => has_json(fields),
    })
}

/// The fields of an answer.
///
/// # Errors
/// A field that is needed and not there, that stands there twice and should be one, or whose value has not its form.
pub(super) fn deliver(fields: &[Field], root: Node<'_>) -> Result<Map<String, Value>, AdapterFault> {
    let mut members = Map::new();
    for field in fields {
        if let Some(value) = one(field, root)? {
            members.insert(field.to.clone(), value);
        } else if field.required {
            return Err(AdapterFault::answer(Some(&field.to), "is not there"));
        }
    }
    Ok(members)
}

fn one(field: &Field, root: Node<'_>) -> Result<Option<Value>, AdapterFault> {
    let json = field.content == Content::Value(Shape::Typed(Type::Json));
    let found = root.find(&field.from);
    if json && !field.list {
        return match found.as_slice() {
            [] => Ok(None),
            [only] => content(field, *only),
            _ => Err(AdapterFault::answer(Some(&field.to), "stands there more than once")),
        };
    }
    let found: Vec<Node<'_>> = found.into_iter().flat_map(Node::spread).collect();
    if field.list {
        let items: Result<Vec<Option<Value>>, AdapterFault> =
            found.into_iter().map(|node| content(field, node)).collect();
        return Ok(Some(Value::Array(items?.into_iter().flatten().collect())));
    }
    match found.as_slice() {
        [] => Ok(None),
        [only] => content(field, *only),
        _ => Err(AdapterFault::answer(Some(&field.to), "stands there more than once")),
    }
}

fn content(field: &Field, node: Node<'_>) -> Result<Option<Value>, AdapterFault> {
    let wrong = |why: &str| AdapterFault::answer(Some(&field.to), why);
    match &field.content {
        Content::Group(fields) => {
            let members = deliver(fields, node)?;
            // A group without anything in it is how providers write that there is none.
            Ok((!members.is_empty()).then_some(Value::Object(members)))
        }
        Content::Value(shape) => {
            let value = node.value().ok_or_else(|| wrong("is not one value"))?;
            shape.convert(&value, Way::In).map_err(|why| wrong(&why))
        }
    }
}

/// How a provider says no inside an answer, as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefusalDraft {
    /// Where the answer says whether it is good.
    from: String,
    /// What stands there when it is not.
    values: Vec<String>,
    /// Where it says why; `from` itself where absent.
    #[serde(default)]
    code: Option<String>,
    /// The status for a code; 502 for all others.
    #[serde(default)]
    status: BTreeMap<String, u16>,
}

/// How a provider says no inside an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    from: Vec<String>,
    values: Vec<String>,
    code: Vec<String>,
    statuses: Statuses,
}

impl RefusalDraft {
    /// Judges it.
    pub(super) fn judge(&self, wrong: &mut Vec<String>) -> Refusal {
        if self.from.is_empty() || self.values.is_empty() {
            wrong.push("refusal: write from and at least one of values".to_owned());
        }
        Refusal {
            from: steps(&self.from),
            values: self.values.clone(),
            code: steps(self.code.as_deref().unwrap_or(&self.from)),
            statuses: Statuses::judge(&self.status, "refusal", wrong),
        }
    }
}

impl Refusal {
    /// The fault that an answer tells.
    pub(super) fn fault(&self, root: Node<'_>) -> Option<AdapterFault> {
        let said = root.find(&self.from).first().and_then(|node| node.text())?;
        if !self.values.contains(&said) {
            return None;
        }
        let code = root.find(&self.code).first().and_then(|node| node.text());
        Some(self.statuses.fault(code.as_deref()))
    }
}

/// The status of an answer for the codes of a provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Statuses(BTreeMap<String, u16>);

impl Statuses {
    /// Judges them: only what says that the request is at fault, or that nothing was found.
    pub(super) fn judge(written: &BTreeMap<String, u16>, of: &str, wrong: &mut Vec<String>) -> Self {
        for (code, status) in written {
            if ![400, 403, 404, 409, 410, 422, 502, 503].contains(status) {
                wrong
                    .push(format!("{of}: status {status} of {code:?}: write 400, 403, 404, 409, 410, 422, 502 or 503"));
            }
        }
        Self(written.clone())
    }

    /// The fault of a code.
    pub(super) fn fault(&self, code: Option<&str>) -> AdapterFault {
        let code = code.map(str::trim).filter(|code| !code.is_empty());
        let status = code.and_then(|code| self.0.get(code)).copied();
        // A sentence could hold a person; a code cannot, and one that the configuration names is known.
        let plain = |code: &&str| {
            code.len() <= 40 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        };
        // Twelve digits could be the number of a person.
        let short = |code: &&str| code.bytes().filter(u8::is_ascii_digit).count() < 9;
        let told = code.filter(|code| status.is_some() || (plain(code) && short(code)));
        AdapterFault::refused(status.unwrap_or(502), told.map(str::to_owned))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Deserialize)]
    struct Written {
        field: Vec<FieldDraft>,
    }

    fn fields(text: &str) -> Result<Vec<Field>, Vec<String>> {
        let written: Written = toml::from_str(text).unwrap();
        let mut wrong = Vec::new();
        let fields = judge(&written.field, &CodeLists::new(), &mut wrong);
        if wrong.is_empty() { Ok(fields) } else { Err(wrong) }
    }

    const FIELDS: &str = r#"
        [[field]]
        to = "name"
        from = "a/name"
        required = true
        [[field]]
        to = "born"
        from = "a/born"
        date = "yyyyMMdd"
        [[field]]
        to = "rows"
        from = "a/row"
        list = true
        [[field.field]]
        to = "n"
        type = "integer"
        [[field]]
        to = "words"
        from = "a/word"
        list = true
        [[field]]
        to = "other"
        from = "a/other"
        [[field.field]]
        to = "x"
    "#;

    #[test]
    fn json_and_xml_are_delivered_alike() {
        let fields = fields(FIELDS).unwrap();
        let told = json!({
            "name": "An", "born": "1990-02-01", "rows": [{"n": 1}, {"n": 2}], "words": ["p", "q"]
        });
        let xml = xml::read(
            b"<r><a><name>An</name><born>19900201</born><row><n>1</n></row><row><n>2</n></row><word>p</word>\
              <word>q</word><word/><other><x/></other><more>secret</more></a></r>",
        );
        assert_eq!(Value::Object(deliver(&fields, Node::Xml(&xml.unwrap())).unwrap()), told);
        let json = json!({"a": {
            "name": "An", "born": "19900201", "row": [{"n": 1}, {"n": "2"}], "word": ["p", "q", ""], "other": null,
            "more": "secret",
        }});
        assert_eq!(Value::Object(deliver(&fields, Node::Json(&json)).unwrap()), told);
    }

    #[test]
    fn an_answer_that_is_not_as_agreed_is_refused_without_its_values() {
        let fields = fields(FIELDS).unwrap();
        for (answer, field) in [
            (json!({"a": {}}), "name"),
            (json!({"a": {"name": ["secret", "secret"]}}), "name"),
            (json!({"a": {"name": {"secret": 1}}}), "name"),
            (json!({"a": {"name": "An", "born": "secret"}}), "born"),
            (json!({"a": {"name": "An", "row": [{"n": "secret"}]}}), "n"),
            (json!("secret"), "name"),
        ] {
            let fault = deliver(&fields, Node::Json(&answer)).unwrap_err();
            assert_eq!((fault.status, fault.field.as_deref()), (502, Some(field)), "{answer}");
            assert!(!fault.to_json().to_string().contains("secret"), "{fault}");
        }
    }

    #[test]
    fn a_field_that_means_nothing_is_refused() {
        for (text, expected) in [
            ("field = [{ to = \"\" }]", "write a name"),
            ("field = [{ to = \"a\" }, { to = \"a\" }]", "write a name"),
            ("field = [{ to = \"a\", type = \"text\", date = \"yyyy\" }]", "one of type"),
            ("field = [{ to = \"a\", type = \"text\", field = [{ to = \"b\" }] }]", "a group of fields"),
            ("field = [{ to = \"a\", unknown = \"keep\" }]", "unknown is for"),
        ] {
            let wrong = fields(text).unwrap_err().join("; ");
            assert!(wrong.contains(expected), "{text}: {wrong}");
        }
    }

    #[test]
    fn refusals_tell_codes_and_no_sentences() {
        let draft: RefusalDraft = toml::from_str(
            "from = \"status\"\nvalues = [\"0\"]\ncode = \"code\"\nstatus = { \"201\" = 404, \"Không có\" = 404 }",
        )
        .unwrap();
        let mut wrong = Vec::new();
        let refusal = draft.judge(&mut wrong);
        assert!(wrong.is_empty(), "{wrong:?}");
        for (answer, expected) in [
            (json!({"status": 1, "code": "201"}), None),
            (json!({"status": 0, "code": "201"}), Some((404, Some("201")))),
            (json!({"status": "0", "code": "500"}), Some((502, Some("500")))),
            (json!({"status": 0, "code": "Không có"}), Some((404, Some("Không có")))),
            (json!({"status": 0, "code": "Nguyễn Văn An"}), Some((502, None))),
            (json!({"status": 0, "code": "031090000001"}), Some((502, None))),
            (json!({"status": 0}), Some((502, None))),
        ] {
            let fault = refusal.fault(Node::Json(&answer));
            let found = fault.as_ref().map(|fault| (fault.status, fault.provider_code.as_deref()));
            assert_eq!(found, expected, "{answer}");
        }
    }
}
