#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at the first surprise")]
use super::*;
use std::collections::BTreeMap;

fn variables() -> Variables {
    let entry =
        Shape::Record(BTreeMap::from([("pages".to_owned(), Shape::Number), ("copies".to_owned(), Shape::Number)]));
    let form = BTreeMap::from([
        ("born".to_owned(), Shape::Date),
        ("year".to_owned(), Shape::PartialDate),
        ("sex".to_owned(), Shape::Choice(vec!["male".to_owned(), "female".to_owned()])),
        ("wanted".to_owned(), Shape::Truth),
        ("number".to_owned(), Shape::Number),
        ("kinds".to_owned(), Shape::List(Box::new(Shape::Choice(vec!["land".to_owned()])))),
        ("home".to_owned(), Shape::Record(BTreeMap::from([("commune_code".to_owned(), Shape::Text)]))),
        ("documents".to_owned(), Shape::List(Box::new(entry))),
    ]);
    BTreeMap::from([("form".to_owned(), Shape::Record(form)), ("day".to_owned(), Shape::Date)])
}

fn value(source: &str, form: Json) -> Option<Value> {
    let variables = variables();
    let expression = Expression::compile(source, &variables, &Shape::Any).unwrap();
    let surroundings = Surroundings::new(&variables, &[("form", &form), ("day", &Json::from("2026-11-21"))]);
    expression.program.execute(&surroundings.context).ok()
}

#[test]
fn functions_of_the_law() {
    let cases = [
        ("days_between('2026-08-01', day)", Some(Value::Int(112))),
        ("days_between(day, '2026-08-01')", Some(Value::Int(-112))),
        ("age_on('2008-02-29', '2026-02-28')", Some(Value::Int(17))),
        ("age_on('2008-02-29', '2026-03-01')", Some(Value::Int(18))),
        ("date('2026-08-08') <= day", Some(Value::Bool(true))),
        ("first_day('2026-02') == '2026-02-01'", Some(Value::Bool(true))),
        ("last_day('2024-02') == '2024-02-29'", Some(Value::Bool(true))),
        ("last_day('2024') == '2024-12-31'", Some(Value::Bool(true))),
        ("min(3, 1, 2) + max(3, 1, 2)", Some(Value::Int(4))),
        ("sum([1, 2, 3])", Some(Value::Int(6))),
        ("sum([])", Some(Value::Int(0))),
        ("days_between(form.born, day)", None),
        ("form.number > 3", None),
        ("form.home == null", Some(Value::Bool(true))),
        ("form.sex == 'male'", Some(Value::Bool(false))),
        ("form.home != null && form.home.commune_code == '1'", Some(Value::Bool(false))),
    ];
    for (source, expected) in cases {
        assert_eq!(value(source, serde_json::json!({})), expected, "{source}");
    }
}

#[test]
fn lists_are_summed() {
    let form = serde_json::json!({ "documents": [{ "pages": 3, "copies": 2 }, { "pages": 1, "copies": 1 }] });
    let source = "sum(form.documents.map(d, d.copies * (2000 * min(d.pages, 2) + 1000 * max(d.pages - 2, 0))))";
    assert_eq!(value(source, form), Some(Value::Int(12_000)));
}

#[test]
fn faults_are_found_before_anyone_files() {
    let truth = Shape::Truth;
    let cases = [
        ("form.bron == day", "the answer `form.bron` is unknown; nearest: `form.born`"),
        ("form.sex == 'man'", "the option `man` is unknown; nearest: `male`"),
        ("form.sex in ['male', 'woman']", "the option `woman` is unknown"),
        ("'lan' in form.kinds", "the option `lan` is unknown; nearest: `land`"),
        ("form.home.commune == '1'", "the answer `form.home.commune` is unknown"),
        ("form.born.year == '1'", "`form.born.year`: a full date has no parts"),
        ("form.documents.exists(d, d.page > 1)", "the answer `d.page` is unknown; nearest: `d.pages`"),
        ("form.number == 'one'", "a number is never equal to text"),
        ("form.born > 5", "a full date cannot be compared with a number"),
        ("form.number", "the expression gives a number, but true or false is needed here"),
        ("form.number && form.wanted", "a number stands where true or false is needed"),
        ("days_betwen(form.born, day) > 1", "the function `days_betwen` is unknown; nearest: `days_between`"),
        ("days_between(form.born) > 1", "`days_between` takes 2 values, 1 are given"),
        ("days_between(form.year, day) > 1", "`days_between` needs a full date, not a partial date"),
        ("nobody.name == 'x'", "the name `nobody` is unknown"),
        ("form.wanted &&", "cannot be read"),
        (
            "form.documents.all(a, form.documents.all(b, form.documents.all(c, a.pages == b.pages && c.pages > 1)))",
            "the expression costs too much",
        ),
    ];
    for (source, expected) in cases {
        let found = Expression::compile(source, &variables(), &truth).unwrap_err();
        assert!(found.starts_with(expected), "{source}: {found}");
    }
    let long = format!("{} form.wanted", "form.wanted ||".repeat(200));
    assert!(Expression::compile(&long, &variables(), &truth).is_err());
    let deep = "!".repeat(1_900) + "form.wanted";
    let _ = Expression::compile(&deep, &variables(), &truth);
}
