//! Workers: the same papers as in this process, and an end for templates that would never have one.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use haidang_documents::typeset::{Attachment, Paper, Relationship, TypesetError, Typesetter};
use serde_json::json;

fn workers() -> Typesetter {
    Typesetter::isolated(PathBuf::from(env!("CARGO_BIN_EXE_haidang-typeset-worker")), Vec::new())
}

fn paper(source: &str) -> Paper {
    Paper {
        source: source.to_owned(),
        library: vec![("lib.typ".to_owned(), "#let kept = [Thư viện]".into())],
        data: json!({ "name": "Đặng Thị Hồng" }),
        title: "Giấy thử".to_owned(),
        language: "vi".to_owned(),
        dated: "2026-01-05T02:00:00Z".parse().unwrap(),
        attachments: Vec::new(),
    }
}

#[test]
fn a_worker_makes_the_same_paper() {
    let mut paper = paper("#import \"/lib.typ\": *\n= Thử\n#kept #json(\"/data.json\").name");
    paper.attachments.push(Attachment {
        name: "a.json".to_owned(),
        media_type: "application/json".to_owned(),
        description: "Dữ liệu".to_owned(),
        relationship: Relationship::Data,
        bytes: b"{\"a\":1}".to_vec(),
    });
    let workers = workers();
    let here = Typesetter::new(None).set(&paper).unwrap();
    for _ in 0..3 {
        let there = workers.set(&paper).unwrap();
        assert_eq!((&there.bytes, there.pages), (&here.bytes, here.pages));
    }
    paper.source = "#panic(json(\"/data.json\").name)".to_owned();
    assert!(matches!(workers.set(&paper), Err(TypesetError::Template(_))));
}

#[test]
fn hostile_templates_end_in_time_and_memory_and_the_next_paper_comes_out() {
    let workers = workers().with_limit(Duration::from_millis(1500));
    let begun = Instant::now();
    for hostile in [
        // Loops that touch nothing, memory without end, recursion that branches.
        "#for a in range(9999) { for b in range(9999) { for c in range(9999) { let d = a + b + c } } }",
        "#let all = range(2000000000)",
        "#let text = \"aaaaaaaaaaaaaaaa\"\n#for i in range(40) { text = text + text }",
        "#let f(n, m) = if n > 0 { f(n - 1, 2 * m) + f(n - 1, 2 * m + 1) } else { 0 }\n#f(50, 1)",
    ] {
        let refused = workers.set(&paper(hostile)).map(|printed| printed.pages).unwrap_err();
        let known = matches!(refused, TypesetError::TimedOut | TypesetError::Engine(_) | TypesetError::Template(_));
        assert!(known, "{hostile}: {refused:?}");
    }
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    assert_eq!(workers.with_limit(Duration::from_secs(20)).set(&paper("= Thử")).unwrap().pages, 1);
}

#[test]
fn a_program_that_is_no_worker_is_an_error() {
    let missing = Typesetter::isolated(PathBuf::from("/nonexistent/worker"), Vec::new());
    assert!(matches!(missing.set(&paper("= Thử")), Err(TypesetError::Engine(_))));
    let silent = Typesetter::isolated(PathBuf::from("/bin/true"), Vec::new());
    assert!(matches!(silent.set(&paper("= Thử")), Err(TypesetError::Engine(_))));
}
