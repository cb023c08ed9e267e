//! Filters, changes in parts and what is shown, over plain documents.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use super::document::{Document, Shown, patched, regular};
use super::fault::ScimFault;
use super::filter::Filter;
use super::schema::{ENTERPRISE, Kind};

fn object(value: Value) -> Document {
    value.as_object().unwrap().clone()
}

fn sample() -> Value {
    json!({
        "id": "1", "userName": "Lan.NTH", "externalId": "AD-7", "active": true, "title": "Văn thư",
        "name": { "familyName": "Nguyễn", "givenName": "Lan" },
        "emails": [
            { "value": "lan@hp.vn", "type": "work", "primary": true },
            { "value": "lan@nha.vn", "type": "home" },
        ],
        ENTERPRISE: { "department": "Sở Mẫu" },
        "meta": { "created": "2026-03-01T00:00:00Z", "lastModified": "2026-03-04T08:00:00Z" },
    })
}

#[test]
fn filters_find_what_they_say() {
    for (filter, expected) in [
        ("userName eq \"lan.nth\"", true),
        ("username EQ \"LAN.NTH\"", true),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"lan.nth\"", true),
        ("externalId eq \"ad-7\"", false),
        ("externalId eq \"AD-7\"", true),
        ("userName ne \"lan.nth\"", false),
        ("userName sw \"lan\" and active eq true", true),
        ("userName sw \"lan\" and active eq false", false),
        ("userName ew \".nth\" or title pr", true),
        ("not (userName co \"nth\")", false),
        ("displayName pr", false),
        ("name.familyName eq \"nguyễn\"", true),
        ("emails eq \"lan@nha.vn\"", true),
        ("emails.type eq \"home\"", true),
        ("emails[type eq \"work\" and value co \"@hp\"]", true),
        ("emails[type eq \"home\" and value co \"@hp\"]", false),
        ("emails[type eq \"work\"].value eq \"lan@nha.vn\"", false),
        (&format!("{ENTERPRISE}:department eq \"sở mẫu\""), true),
        ("meta.lastModified gt \"2026-03-04T07:59:59Z\"", true),
        ("meta.lastModified gt \"2026-03-04T15:30:00+07:00\"", false),
        ("title eq null", false),
        ("(active eq true) and ((title eq \"văn thư\"))", true),
    ] {
        let parsed = Filter::parse(Kind::User, filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
        assert_eq!(parsed.fits(&sample()), expected, "{filter}");
    }
}

#[test]
fn filters_that_do_not_read_are_refused() {
    let deep = format!("{}active eq true{}", "(".repeat(40), ")".repeat(40));
    let long = format!("userName eq \"{}\"", "x".repeat(3_000));
    for filter in [
        "",
        "userName",
        "userName eq",
        "userName like \"x\"",
        "salary eq 1",
        "userName eq \"x",
        "(active eq true",
        "active eq true)",
        "userName eq \"x\" and",
        "name.shoe eq \"x\"",
        "active[value eq true]",
        &deep,
        &long,
    ] {
        let refused = Filter::parse(Kind::User, filter);
        assert!(matches!(refused, Err(ScimFault::Wrong("invalidFilter" | "invalidPath", _))), "{filter}");
    }
}

#[test]
fn what_a_client_sends_is_made_regular() {
    let sent = json!({
        "schemas": ["x"], "ID": "forged", "USERNAME": "lan", "active": "False", "salary": 9, "groups": [{ "value": "g" }],
        "emails": [{ "Value": "a@b.vn", "colour": "red" }, { "value": "a@b.vn" }], "title": null,
        ENTERPRISE: { "department": "Phòng Mẫu", "manager": "x" },
    });
    let kept = regular(Kind::User, &object(sent)).unwrap();
    let expected = json!({
        "userName": "lan", "active": false, "emails": [{ "value": "a@b.vn" }], ENTERPRISE: { "department": "Phòng Mẫu" },
    });
    assert_eq!(Value::Object(kept), expected);
    for wrong in
        [json!({}), json!({ "userName": " " }), json!({ "userName": 7 }), json!({ "userName": "x", "name": "y" })]
    {
        assert!(matches!(regular(Kind::User, &object(wrong)), Err(ScimFault::Wrong("invalidValue", _))));
    }
}

fn patch(operations: Value) -> Result<Value, ScimFault> {
    let before = regular(Kind::User, &object(sample())).unwrap();
    let body = json!({ "schemas": [super::schema::PATCH], "Operations": operations });
    patched(Kind::User, &before, &object(body)).map(Value::Object)
}

#[test]
fn changes_in_parts_do_what_the_standard_says() {
    let done =
        |op: &str, path: Value, value: Value| patch(json!([{ "op": op, "path": path, "value": value }])).unwrap();
    assert_eq!(done("Replace", json!("active"), json!("False"))["active"], false);
    assert_eq!(done("replace", Value::Null, json!({ "active": false, "title": "Chủ tịch" }))["title"], "Chủ tịch");
    assert_eq!(
        done("replace", json!("name.givenName"), json!("Hoa"))["name"],
        json!({ "familyName": "Nguyễn", "givenName": "Hoa" })
    );
    assert_eq!(done("add", json!("name"), json!({ "middleName": "Thị" }))["name"]["familyName"], "Nguyễn");
    assert_eq!(done("remove", json!("title"), Value::Null).get("title"), None);
    assert_eq!(done("remove", json!("emails[type eq \"home\"]"), Value::Null)["emails"].as_array().unwrap().len(), 1);
    assert_eq!(done("remove", json!("emails"), Value::Null).get("emails"), None);
    let added = done("add", json!("emails"), json!([{ "value": "x@y.vn", "primary": true }]));
    assert_eq!(added["emails"].as_array().unwrap().len(), 3);
    assert_eq!(added["emails"][0]["primary"], false, "one value is the primary one");
    let set = done("replace", json!("emails[type eq \"work\"].value"), json!("moi@hp.vn"));
    assert_eq!(set["emails"][0]["value"], "moi@hp.vn");
    let path = format!("{ENTERPRISE}:employeeNumber");
    assert_eq!(
        done("add", json!(path), json!("7"))[ENTERPRISE],
        json!({ "department": "Sở Mẫu", "employeeNumber": "7" })
    );
    assert_eq!(done("remove", json!(ENTERPRISE), Value::Null).get(ENTERPRISE), None);
    assert_eq!(done("replace", Value::Null, json!({ "name.familyName": "Trần" }))["name"]["familyName"], "Trần");
}

#[test]
fn changes_that_may_not_be_are_refused_whole() {
    for (operations, expected) in [
        (json!([{ "op": "remove" }]), "noTarget"),
        (json!([{ "op": "replace", "path": "emails[type eq \"fax\"].value", "value": "x" }]), "noTarget"),
        (json!([{ "op": "add", "path": "id", "value": "2" }]), "mutability"),
        (json!([{ "op": "add", "path": "groups", "value": [{ "value": "g" }] }]), "mutability"),
        (json!([{ "op": "add", "path": "salary", "value": 1 }]), "invalidPath"),
        (json!([{ "op": "remove", "path": "userName" }]), "invalidValue"),
        (json!([{ "op": "jump", "path": "title" }]), "invalidSyntax"),
        (json!([{ "op": "add", "value": "x" }]), "invalidSyntax"),
        (json!("x"), "invalidSyntax"),
    ] {
        match patch(operations.clone()) {
            Err(ScimFault::Wrong(kind, _)) => assert_eq!(kind, expected, "{operations}"),
            other => panic!("{operations}: {other:?}"),
        }
    }
}

#[test]
fn only_what_is_wanted_is_shown() {
    let show = |only: &str, without: &str| {
        Value::Object(Shown::new(Kind::User, only.split(','), without.split(',')).of(object(sample())))
    };
    assert_eq!(show("userName", ""), json!({ "id": "1", "userName": "Lan.NTH" }));
    assert_eq!(show("name.givenName", ""), json!({ "id": "1", "name": { "givenName": "Lan" } }));
    assert_eq!(show("emails.type", "")["emails"], json!([{ "type": "work" }, { "type": "home" }]));
    let without = show("", "emails,id,name.givenName");
    assert_eq!(
        (without.get("emails"), &without["id"], &without["name"]),
        (None, &json!("1"), &json!({ "familyName": "Nguyễn" }))
    );
}
