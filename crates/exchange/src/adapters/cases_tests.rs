use super::*;

fn pack(city: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(city).join("exchange/adapters")
}

#[test]
fn the_adapters_of_the_pack_do_as_their_examples_say() {
    let checked = check_adapter_tests(&pack("haiphong"));
    let count = checked.unwrap_or_else(|complaints| panic!("{complaints}"));
    assert!(count > 40, "{count}");
}

const ADAPTER: &str = r#"
kind = "rest"
title = "Ví dụ"
source = "made up"

[[operation]]
method = "GET"
path = "/nguoi/{so}"
call = "GET /people"

[[operation.element]]
name = "no"
path = "so"

[[operation.field]]
to = "ten"
from = "name"
"#;

const EXAMPLES: &str = r#"
now = "2026-03-03T02:00:00Z"

[[case]]
name = "one"
request = { method = "GET", path = "/nguoi/1" }
outgoing = { method = "GET", target = "/people?no=1" }
answer = { body = '{"name":"An"}' }
told = { body = '{"ten":"An"}' }
"#;

/// What the check says of this adapter with these examples.
fn said(adapter: &str, examples: Option<&str>) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("vi-du.toml"), adapter).expect("written");
    if let Some(examples) = examples {
        std::fs::write(folder.path().join("vi-du.test.toml"), examples).expect("written");
    }
    check_adapter_tests(folder.path()).map_or_else(|complaints| complaints.to_string(), |count| format!("{count} good"))
}

#[test]
fn an_example_that_comes_out_otherwise_is_told() {
    for (from, to, expected) in [
        ("/nguoi/1", "/nguoi/1", "1 good"),
        ("people?no=1", "people?no=2", "case \"one\": the provider is called by GET /people?no=1"),
        ("\"name\":\"An\"", "\"name\":[\"An\",\"Bình\"]", "the consumer is told 502"),
        ("{\"ten\":\"An\"}", "{\"ten\":\"Bình\"}", "the consumer is told 200 {\"ten\":\"An\"}"),
        ("{\"ten\":\"An\"}", "{}", "the consumer is told 200"),
        ("/nguoi/1\"", "/khac/1\"", "no call was made"),
        ("outgoing", "# outgoing", "outgoing is not written"),
        ("answer = ", "# ", "answer is not written"),
        ("now = \"2026-03-03T02:00:00Z\"", "", "now"),
        ("told =", "more = 1\ntold =", "more"),
    ] {
        assert!(EXAMPLES.contains(from), "{from}");
        let said = said(ADAPTER, Some(&EXAMPLES.replace(from, to)));
        assert!(said.contains(expected), "{to}: {said}");
    }
    assert!(said(ADAPTER, None).contains("has no examples"));
    let uncalled = format!(
        "{ADAPTER}\n[[operation]]\nmethod = \"GET\"\npath = \"/x\"\ncall = \"GET /x\"\nfield = [{{ to = \"a\" }}]\n"
    );
    assert!(said(&uncalled, Some(EXAMPLES)).contains("no example calls operation GET number 2"));
}

#[test]
fn each_mistake_of_an_adapter_is_told_by_its_name() {
    for (from, to, expected) in [
        ("kind = \"rest\"", "kind = \"graph\"", "graph"),
        ("kind = \"rest\"", "kind = \"rest\"\nsecret = \"x\"", "secret"),
        ("kind = \"rest\"", "kind = \"rest\"\nnamespace = \"urn:x\"", "for kind = \"soap\""),
        ("kind = \"rest\"", "kind = \"soap\"", "namespace: write"),
        ("title = \"Ví dụ\"", "title = \" \"", "title and source"),
        ("title = \"Ví dụ\"", "title = \"x\"\nheaders = { authorization = \"x\" }", "secrets lie in files"),
        ("method = \"GET\"", "method = \"TRACE\"", "operation TRACE /nguoi/{so}: method"),
        ("/nguoi/{so}", "/nguoi/../{so}", "path: write"),
        ("/nguoi/{so}", "/nguoi", "has no {so}"),
        ("GET /people", "/people", "call: write METHOD"),
        ("GET /people", "GET /people/{no}", "no element with place = \"path\""),
        ("name = \"no\"", "name = \"no\"\nplace = \"body\"", "a GET has no body"),
        ("to = \"ten\"", "to = \"\"", "write a name"),
        ("to = \"ten\"\nfrom = \"name\"", "to = \"ten\"\nlist = 1", "list"),
    ] {
        assert!(ADAPTER.contains(from), "{from}");
        let said = said(&ADAPTER.replace(from, to), Some(EXAMPLES));
        assert!(said.contains(expected), "{to}: {said}");
    }
}

/// The kinds that the pack does not use, each with an example that holds and one change that does not.
#[test]
fn every_kind_of_provider_has_examples() {
    let soap = r#"
kind = "soap"
title = "x"
source = "x"
authentication = "username_token"
namespace = "urn:a"

[[operation]]
method = "POST"
path = "/"
name = "Ask"
action = "urn:a/Ask"
answer = "Told"
element = [
    { name = "g/one", body = "a", type = "integer" },
    { name = "g/h/two", body = "b", type = "boolean" },
    { name = "three", body = "c", namespace = "urn:b" },
    { name = "four", constant = "4", namespace = "" },
]
field = [{ to = "x" }]
"#;
    let security = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
    let asked = format!(
        r#"
now = "2026-03-03T02:00:00Z"
user = "u&"
secret = "<s>"

[[case]]
name = "one"
request = {{ method = "POST", path = "/", body = '{{"a":1,"b":true,"c":"x"}}' }}
answer = {{ body = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><Told><x>1</x></Told></e:Body></e:Envelope>' }}
told = {{ body = '{{"x":"1"}}' }}

[case.outgoing]
method = "POST"
headers = {{ soapaction = '"urn:a/Ask"' }}
body = '''<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><Security xmlns="{security}"><UsernameToken>
<Username>u&amp;</Username><Password>&lt;s></Password></UsernameToken></Security></e:Header><e:Body><Ask xmlns="urn:a"><g><one>1</one>
<h><two>true</two></h></g><three xmlns="urn:b">x</three><four xmlns="">4</four></Ask></e:Body></e:Envelope>'''
"#
    );
    let sql = r#"
kind = "sql"
title = "x"
source = "x"

[[operation]]
method = "GET"
path = "/{a}"
query = "SELECT n FROM t WHERE a = $1 AND b = $2"
element = [{ name = "a", path = "a", required = true }, { name = "b", query = "b", type = "integer" }]
field = [{ to = "n", from = "rows/n" }]
"#;
    let rows = r#"
now = "2026-03-03T02:00:00Z"

[[case]]
name = "one"
request = { method = "GET", path = "/x?b=2" }
outgoing = { method = "SELECT", body = '["x",2]' }
answer = { body = '[{"n":1,"m":"secret"}]' }
told = { body = '{"n":"1"}' }
"#;
    let file = r#"
kind = "file"
title = "x"
source = "x"
table = { columns = ["k", "n"], key = "k" }

[[operation]]
method = "GET"
path = "/{k}"
element = [{ name = "k", path = "k", required = true }]
field = [{ to = "n", from = "rows/n" }]
"#;
    let table = r#"
now = "2026-03-03T02:00:00Z"

[[case]]
name = "one"
request = { method = "GET", path = "/x" }
answer = { body = "k,n\nx,1\ny,2" }
told = { body = '{"n":"1"}' }
"#;
    for (adapter, examples) in [(soap, asked.as_str()), (sql, rows), (file, table)] {
        assert_eq!(said(adapter, Some(examples)), "1 good");
    }
    for (adapter, from, to, expected) in [
        (soap, "answer = \"Told\"", "answer = \"a:Told\"", "answer: write the name of the element"),
        (soap, "g/one", "g/o ne", "cannot be the name of an element"),
        (soap, "type = \"integer\"", "type = \"json\"", "providers that speak JSON"),
        (soap, "name = \"Ask\"", "name = \"Ask\"\ncall = \"GET /\"", "are for other kinds"),
        (sql, "SELECT n", "DELETE n", "one SELECT"),
        (sql, "= $2", "= $2; SELECT 1", "one SELECT"),
        (sql, " AND b = $2", "", "has no $2"),
        (sql, "$2", "$2 OR b = $3", "there is no such element"),
        (sql, "kind = \"sql\"", "kind = \"sql\"\nauthentication = \"bearer\"", "over HTTP"),
        (file, "key = \"k\"", "key = \"z\"", "none of columns"),
        (file, ", required = true", "", "required = true is needed"),
        (file, "name = \"k\"", "name = \"z\"", "none of the columns"),
    ] {
        assert!(adapter.contains(from), "{from}");
        let said = said(&adapter.replace(from, to), Some(rows));
        assert!(said.contains(expected), "{to}: {said}");
    }
}
