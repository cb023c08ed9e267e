use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn run(paths: &[&str], chunks: &[&[u8]], limits: FilterLimits) -> Result<String, FilterError> {
    let mut filter = JsonFilter::new(Arc::new(AllowList::parse(paths.iter().copied()).unwrap()), limits);
    let mut out = Vec::new();
    for chunk in chunks {
        filter.push(chunk, &mut out)?;
    }
    filter.finish(&mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn check(paths: &[&str], body: &str, expected: &str) {
    assert_eq!(run(paths, &[body.as_bytes()], FilterLimits::default()).as_deref(), Ok(expected), "{paths:?} {body}");
}

#[test]
fn only_named_fields_are_delivered_and_their_bytes_unchanged() {
    let person = r#" { "hoTen" : "Phạm Thị \u0110ào",  "soDinhDanh":"031090000001", "cha": {"hoTen":"A", "nghe":"B"},
        "conCai":[ {"hoTen":"C","tuoi": 1.0e2 }, {"tuoi":3}, 5 ] }"#;
    check(&["$.hoTen"], person, r#"{"hoTen":"Phạm Thị \u0110ào"}"#);
    check(&["$.cha.hoTen", "$.soDinhDanh"], person, r#"{"soDinhDanh":"031090000001","cha":{"hoTen":"A"}}"#);
    check(&["$.cha"], person, r#"{"cha":{"hoTen":"A", "nghe":"B"}}"#);
    check(&["$.conCai[*].tuoi"], person, r#"{"conCai":[{"tuoi":1.0e2},{"tuoi":3}]}"#);
    check(&["$..hoTen"], person, r#"{"hoTen":"Phạm Thị \u0110ào","cha":{"hoTen":"A"},"conCai":[{"hoTen":"C"}]}"#);
    check(&["$"], person, person.trim());
    check(&[], person, "{}");
    check(&["$.khong"], person, "{}");
    // An array is no object and the other way round: the list says what it means.
    check(&["$.cha[*]"], person, "{}");
    check(&["$.conCai.hoTen"], person, "{}");
}

#[test]
fn containers_named_step_by_step_stay_and_others_do_not_tell_their_names() {
    check(&["$.items[*].a"], r#"{"items":[],"x":[]}"#, r#"{"items":[]}"#);
    check(&["$.items[*].a"], r#"{"items":[{"b":1},2]}"#, r#"{"items":[{}]}"#);
    check(&["$..a"], r#"{"benhAn":{"hiv":{}},"y":[[{}]]}"#, "{}");
    check(&["$..a"], r#"{"benhAn":{"hiv":{"a":[1, 2]}},"y":[[{}]]}"#, r#"{"benhAn":{"hiv":{"a":[1, 2]}}}"#);
    check(&["$..a.b"], r#"[{"a":{"c":1}},{"a":{"a":{"b":2}}}]"#, r#"[{"a":{}},{"a":{"a":{"b":2}}}]"#);
    check(&["$[*][*]"], "[[1,[2]],3]", "[[1,[2]]]");
    check(&["$..[*]"], r#"{"a":1,"b":[1,{"c":2}]}"#, r#"{"b":[1,{"c":2}]}"#);
    check(&["$.a"], "7", "null");
    check(&["$"], " 7 ", "7");
    check(&["$.a"], r#"{"a":1,"a":2,"b":3,"a":4}"#, r#"{"a":1,"a":2,"a":4}"#);
    check(&["$.hoTen"], r#"{"h\u006fTen":1}"#, r#"{"h\u006fTen":1}"#);
    check(&["$['a\"b']"], r#"{"a\"b":1,"ab":2}"#, r#"{"a\"b":1}"#);
}

#[test]
fn what_is_not_json_is_refused_wherever_it_stands() {
    for bad in [
        "",
        " ",
        "{",
        "[",
        "{]",
        "[}",
        "{\"a\":1,}",
        "[1,]",
        "[,1]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "01",
        "-",
        "1.",
        "1e",
        "+1",
        ".5",
        "tru",
        "nul",
        "True",
        "\"a",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\u{1}\"",
        "1 2",
        "{} {}",
        "[1 2]",
        "{\"a\" 1}",
        "]",
        "}",
        ",",
        ":",
        "\u{feff}{}",
        "{\"b\":tru}",
        "{\"b\":[1}}",
        "'a'",
        "[1]]",
        "nulll",
        "{\"a\":1 \"b\":2}",
    ] {
        for paths in [&["$"][..], &["$.a"], &["$..a"], &[]] {
            assert!(run(paths, &[bad.as_bytes()], FilterLimits::default()).is_err(), "{paths:?} {bad:?}");
        }
    }
    for bytes in
        [&b"\"\xff\""[..], b"\"\xc0\xae\"", b"\"\xed\xa0\x80\"", b"\"\xc3\"", b"\"\xf4\x90\x80\x80\"", b"\"\xe2\x82\""]
    {
        assert!(run(&["$"], &[bytes], FilterLimits::default()).is_err(), "{bytes:?}");
    }
}

#[test]
fn limits_hold() {
    let limits = FilterLimits { depth: 3, bytes: 40 };
    assert!(run(&["$"], &[b"[[[]]]"], limits).is_ok());
    assert_eq!(run(&[], &[b"[[[[]]]]"], limits), Err(FilterError::TooDeep(3)));
    assert_eq!(run(&["$"], &[&[b' '; 30], &[b' '; 11]], limits), Err(FilterError::TooLarge(40)));
    let long = format!("{{\"{}\":1}}", "a".repeat(LONGEST_NAME));
    assert_eq!(run(&["$.a"], &[long.as_bytes()], FilterLimits::default()), Err(FilterError::NameTooLong));
    assert!(run(&["$"], &[long.as_bytes()], FilterLimits::default()).is_ok(), "copied names are not kept");
    // A body of many values leaves nothing behind.
    let mut filter = JsonFilter::new(Arc::new(AllowList::parse(["$[*].a"]).unwrap()), FilterLimits::default());
    let mut out = Vec::new();
    filter.push(b"[", &mut out).unwrap();
    for _ in 0..50_000 {
        filter.push(br#"{"a":"kept","b":{"c":["dropped"]}},"#, &mut out).unwrap();
        out.clear();
        assert!(filter.stack.capacity() <= 8 && filter.name.capacity() <= LONGEST_NAME);
    }
}

// ---- the reference: paths are evaluated over the whole tree, as a reader would by hand ------------------------------

type Pointer = Vec<String>;

fn children(value: &Value) -> Vec<(String, bool, &Value)> {
    match value {
        Value::Object(map) => map.iter().map(|(name, value)| (format!("m{name}"), false, value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(i, value)| (format!("e{i}"), true, value)).collect(),
        _ => vec![],
    }
}

fn select(value: &Value, at: &Pointer, path: &FieldPathSteps, found: &mut Vec<Pointer>) {
    let Some(((descend, member), rest)) = path.split_first() else {
        found.push(at.clone());
        return;
    };
    for (name, element, child) in children(value) {
        let below: Pointer = at.iter().cloned().chain([name.clone()]).collect();
        let fits = match member {
            Some(member) => !element && name[1..] == *member,
            None => element,
        };
        if fits {
            select(child, &below, &rest.to_vec(), found);
        }
        if *descend {
            select(child, &below, path, found);
        }
    }
}

type FieldPathSteps = Vec<(bool, Option<String>)>;

fn prune(value: &Value, at: &Pointer, paths: &[FieldPathSteps], root: &Value) -> Option<Value> {
    let chosen = |steps: &FieldPathSteps| {
        let mut found = vec![];
        select(root, &vec![], steps, &mut found);
        found.contains(at)
    };
    if paths.iter().any(chosen) {
        return Some(value.clone());
    }
    let named = |array: bool| {
        at.is_empty()
            || paths.iter().any(|path| {
                (0..path.len())
                    .any(|taken| !path[taken].0 && path[taken].1.is_none() == array && chosen(&path[..taken].to_vec()))
            })
    };
    let below = |name: String| at.iter().cloned().chain([name]).collect::<Pointer>();
    match value {
        Value::Object(map) => {
            let kept: serde_json::Map<_, _> = map
                .iter()
                .filter_map(|(name, child)| {
                    Some((name.clone(), prune(child, &below(format!("m{name}")), paths, root)?))
                })
                .collect();
            (named(false) || !kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(list) => {
            let kept: Vec<_> = list
                .iter()
                .enumerate()
                .filter_map(|(i, child)| prune(child, &below(format!("e{i}")), paths, root))
                .collect();
            (named(true) || !kept.is_empty()).then_some(Value::Array(kept))
        }
        _ => at.is_empty().then_some(Value::Null),
    }
}

fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        // Such as every reader of JSON reads to the last bit, whatever its features.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        "[a\\\\\"đ\u{1F600}\n]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[abđ\"]{1,2}", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn path() -> impl Strategy<Value = FieldPathSteps> {
    let step = (prop::bool::weighted(0.3), prop::option::weighted(0.6, "[abđ\"]{1,2}"));
    prop::collection::vec(step, 0..4)
}

fn written(path: &FieldPathSteps) -> String {
    let mut text = "$".to_owned();
    for (descend, member) in path {
        text.push_str(if *descend { ".." } else { "" });
        match member {
            Some(name) => text.push_str(&format!("['{name}']")),
            None => text.push_str("[*]"),
        }
    }
    text
}

fn split(body: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (body.len() + 1)).collect();
    cuts.push(0);
    cuts.push(body.len());
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| body[pair[0]..pair[1]].to_vec()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn agrees_with_the_reference_and_with_itself_however_it_is_split(
        value in tree(), paths in prop::collection::vec(path(), 0..4), pretty: bool,
        cuts in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let body = if pretty { serde_json::to_vec_pretty(&value).unwrap() } else { serde_json::to_vec(&value).unwrap() };
        let texts: Vec<String> = paths.iter().map(written).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let whole = run(&texts, &[&body], FilterLimits::default()).unwrap();
        let expected = prune(&value, &vec![], &paths, &value).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&whole).unwrap(), expected, "{:?} {}", texts, value);
        let pieces = split(&body, &cuts);
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(run(&texts, &pieces, FilterLimits::default()), Ok(whole.clone()));
        let bytes: Vec<&[u8]> = body.chunks(1).collect();
        prop_assert_eq!(run(&texts, &bytes, FilterLimits::default()), Ok(whole));
    }

    #[test]
    fn accepts_what_serde_json_accepts_and_nothing_else(body in "[\\[\\]{},:\" 0-1ae.\\\\u+\\-ntrlsfđ\u{1}]{0,12}") {
        let theirs = serde_json::from_str::<Value>(&body);
        // Numbers beyond a double and lone halves of a character are their limits, not the grammar's.
        prop_assume!(!theirs.as_ref().is_err_and(|error| error.to_string().contains("out of range")));
        prop_assume!(!body.contains("\\u"));
        prop_assert_eq!(run(&["$"], &[body.as_bytes()], FilterLimits::default()).is_ok(), theirs.is_ok(), "{:?}", body);
        prop_assert_eq!(run(&[], &[body.as_bytes()], FilterLimits::default()).is_ok(), theirs.is_ok(), "{:?}", body);
    }
}

#[test]
fn the_reference_itself_is_right() {
    let value = json!({"a": [{"b": 1, "a": 2}], "b": {}});
    let path = |steps: &[(bool, Option<&str>)]| {
        steps.iter().map(|(d, m)| (*d, m.map(str::to_owned))).collect::<FieldPathSteps>()
    };
    let pruned = |steps: &[(bool, Option<&str>)]| prune(&value, &vec![], &[path(steps)], &value).unwrap();
    assert_eq!(pruned(&[(false, Some("a")), (false, None), (false, Some("b"))]), json!({"a": [{"b": 1}]}));
    assert_eq!(pruned(&[(true, Some("b"))]), json!({"a": [{"b": 1}], "b": {}}));
    assert_eq!(pruned(&[(false, Some("c"))]), json!({}));
}
