use super::*;
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

fn run(paths: &[&str], pieces: &[&[u8]], limits: FilterLimits) -> Result<String, FilterError> {
    let mut filter = XmlFilter::new(Arc::new(XmlAllowList::parse(paths.iter().copied()).unwrap()), limits);
    let mut out = Vec::new();
    for piece in pieces {
        filter.push(piece, &mut out)?;
    }
    filter.finish()?;
    Ok(String::from_utf8(out).unwrap())
}

/// The body as a whole, and cut in two at every byte, gives this.
fn check(paths: &[&str], body: &str, expected: Result<&str, FilterError>) {
    let expected = expected.map(str::to_owned);
    for cut in 0..=body.len() {
        let (one, other) = body.as_bytes().split_at(cut);
        assert_eq!(run(paths, &[one, other], FilterLimits::default()), expected, "{paths:?} {body} cut at {cut}");
    }
    let bytes: Vec<&[u8]> = body.as_bytes().chunks(1).collect();
    assert_eq!(run(paths, &bytes, FilterLimits::default()), expected, "{paths:?} {body}");
}

const PERSON: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- c --><nguoi ma=\"7\" nhom='x'>\n \
    <hoTen  lang = \"vi\">Phạm Thị &#272;ào &amp; <b>B</b><!-- in --><?p i?><![CDATA[<x>]]]></hoTen >secret\
    <soDinhDanh>031090000001</soDinhDanh><cha><hoTen>A</hoTen><nghe/></cha><con><hoTen>C</hoTen></con></nguoi>\n<!-- e -->";
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

#[test]
fn only_named_elements_are_delivered_and_their_bytes_unchanged() {
    let name = "<hoTen  lang = \"vi\">Phạm Thị &#272;ào &amp; <b>B</b><!-- in --><?p i?><![CDATA[<x>]]]></hoTen >";
    let id = "<soDinhDanh>031090000001</soDinhDanh>";
    for (paths, expected) in [
        (&["/nguoi/hoTen"][..], format!("<nguoi>{name}</nguoi>")),
        (&["/nguoi/hoTen/b"], "<nguoi><hoTen><b>B</b></hoTen ></nguoi>".to_owned()),
        (&["/nguoi/@ma", "/nguoi/soDinhDanh"], format!("<nguoi ma=\"7\">{id}</nguoi>")),
        (&["/nguoi/hoTen/@lang"], "<nguoi><hoTen lang = \"vi\"></hoTen ></nguoi>".to_owned()),
        (&["/nguoi/cha"], "<nguoi><cha><hoTen>A</hoTen><nghe/></cha></nguoi>".to_owned()),
        (&["/nguoi/cha/nghe/@x"], "<nguoi><cha><nghe/></cha></nguoi>".to_owned()),
        (&["/nguoi/*/hoTen"], "<nguoi><cha><hoTen>A</hoTen></cha><con><hoTen>C</hoTen></con></nguoi>".to_owned()),
        (&["/*/*/nghe"], "<nguoi><cha><nghe/></cha></nguoi>".to_owned()),
        (&["/nguoi/khong"], "<nguoi></nguoi>".to_owned()),
        (&["/nguoi/nguoi"], "<nguoi></nguoi>".to_owned()),
    ] {
        check(paths, PERSON, Ok(&format!("{HEAD}{expected}")));
    }
    let whole = PERSON.trim_end_matches("\n<!-- e -->").replace("\n<!-- c -->", "");
    check(&["/nguoi"], PERSON, Ok(&whole));
    for paths in [&[][..], &["/khong"], &["/*/khong"], &["/*/@khong"], &["/NGUOI/hoTen"]] {
        check(paths, PERSON, Err(FilterError::NothingAllowed));
    }
    // Elements that no path says the name of do not tell it.
    check(&["/a/*/b"], "<a><hiv/><hiv x='1'>t</hiv><c><b/></c><hiv></hiv></a>", Ok("<a><c><b/></c></a>"));
    check(&["/a/*/@b"], "<a><hiv c=''/><d b='1' c=''/></a>", Ok("<a><d b='1'/></a>"));
    check(&["/a/b"], "\u{feff}<a><b>đ\r\n]] ></b></a>", Ok("<a><b>đ\r\n]] ></b></a>"));
    check(&["/a/b/c", "/a/b"], "<a><b>t<c/></b></a>", Ok("<a><b>t<c/></b></a>"));
}

#[test]
fn envelopes_and_namespaces_stay_sound() {
    let soap = "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" soap:encodingStyle='e'>\
        <soap:Header><t:token xmlns:t='t'>secret</t:token></soap:Header>\
        <soap:Body Id='b'><n:KetQua xmlns:n='http://dancuquocgia.bca' xmlns='d'><n:hoTen n:x='1'>A</n:hoTen>\
        <ngaySinh>19900101</ngaySinh><n:tonGiao>secret</n:tonGiao></n:KetQua></soap:Body></soap:Envelope>";
    check(
        &["/Envelope/Body/KetQua/hoTen", "/Envelope/Body/*/ngaySinh"],
        soap,
        Ok("<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">\
            <soap:Body><n:KetQua xmlns:n='http://dancuquocgia.bca' xmlns='d'><n:hoTen n:x='1'>A</n:hoTen>\
            <ngaySinh>19900101</ngaySinh></n:KetQua></soap:Body></soap:Envelope>"),
    );
    check(
        &["/Envelope/Body/KetQua/hoTen/@x"],
        soap,
        Ok("<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">\
            <soap:Body><n:KetQua xmlns:n='http://dancuquocgia.bca' xmlns='d'><n:hoTen n:x='1'></n:hoTen>\
            </n:KetQua></soap:Body></soap:Envelope>"),
    );
}

#[test]
fn what_is_not_well_formed_is_refused_wherever_it_stands() {
    for bad in [
        "",
        " ",
        "text",
        "<a>",
        "</a>",
        "<a></b>",
        "<a/><a/>",
        "<a/>t",
        "t<a/>",
        "<a></a></a>",
        "<a",
        "<a/",
        "<a b='1>",
        "<a><b></a></b>",
        "<a>]]></a>",
        "<a>&x;</a>",
        "<a>&amp</a>",
        "<a>&</a>",
        "<a>& b</a>",
        "<a>&#0;</a>",
        "<a>&#x1;</a>",
        "<a>\u{1}</a>",
        "<a>\u{fffe}</a>",
        "<a>\u{ffff}</a>",
        "<a b=1/>",
        "<a b/>",
        "<a b='1' b='2'/>",
        "<a b='<'/>",
        "<a b='1'c='2'/>",
        "< a/>",
        "<a:b:c/>",
        "<1/>",
        "<a><!-- -- --></a>",
        "<a><!-- --",
        "<a><!- x -></a>",
        "<a><!></a>",
        "<a><![CDATA[x]]</a>",
        "<![CDATA[x]]><a/>",
        "<a/><![CDATA[x]]>",
        "<a><![cdata[x]]></a>",
        "<a><?xml version='1.0'?></a>",
        " <?xml version='1.0'?><a/>",
        "<!-- --><?xml version='1.0'?><a/>",
        "<?xml version='1.1'?><a/>",
        "<?xml?><a/>",
        "<?xml version='1.0'><a/>",
        "<a><?XML x?></a>",
        "<a><? x?></a>",
        "<a><?p?x?></a>",
        "<a><?p x></a>",
        "<a>&#65</a>",
        "<a/>&amp;",
        "&amp;<a/>",
        "<a><<b/></a>",
        "<a><b<c/></a>",
        "<a></ a>",
        "<a></a b='1'>",
        "<a></A>",
        "\u{feff}",
        "\u{feff}\u{feff}<a/>",
        "<a><!ELEMENT b></a>",
        "<a/><b",
        "<a/ >",
        "<a>&#000000000000000065;</a>",
        "<a>\u{b}</a>",
    ] {
        for paths in [&["/a"][..], &["/a/b"], &["/x"], &["/*/b"], &[]] {
            for pieces in [vec![bad.as_bytes()], bad.as_bytes().chunks(1).collect()] {
                let error = run(paths, &pieces, FilterLimits::default()).unwrap_err();
                assert!(
                    matches!(error, FilterError::NotXml(_) | FilterError::Incomplete),
                    "{paths:?} {bad:?} {error:?}"
                );
            }
        }
    }
    for (bad, expected) in [
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", FilterError::DocumentType),
        ("<?xml version='1.0'?>\n<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", FilterError::DocumentType),
        ("<a><!DOCTYPE a></a>", FilterError::DocumentType),
        ("<?xml version='1.0' encoding='UTF-16'?><a/>", FilterError::OtherEncoding),
        ("<?xml version='1.0' encoding='windows-1258'?><a/>", FilterError::OtherEncoding),
    ] {
        check(&["/a"], bad, Err(expected));
    }
    for bytes in [
        &b"<a>\xff</a>"[..],
        b"<a>\xc0\xae</a>",
        b"<a b='\xed\xa0\x80'/>",
        b"\xff\xfe<\0a\0",
        b"\xfe\xff\0<",
        b"<\xe9/>",
    ] {
        assert!(matches!(run(&["/a"], &[bytes], FilterLimits::default()), Err(FilterError::NotUtf8(_))), "{bytes:?}");
    }
    assert_eq!(run(&["/a"], &[b"<a/>\xc3"], FilterLimits::default()), Err(FilterError::NotXml(4)));
}

#[test]
fn what_is_well_formed_passes() {
    for good in [
        "<a/>",
        "<a></a>",
        "<a b='\"' c=\"'\" d='>'/>",
        "<a\tb\n=\r'1'\n/>",
        "<a>]]</a>",
        "<a>]] &gt;</a>",
        "<a>]]&gt;></a>",
        "<a><!----></a>",
        "<a><!--->--></a>",
        "<a><!-- <b> & ]]> --></a>",
        "<a><![CDATA[]]></a>",
        "<a><![CDATA[]]]]></a>",
        "<a><![CDATA[<&]]]]><![CDATA[>]]></a>",
        "<a><?p?></a>",
        "<a><?p ? ??></a>",
        "<a>&#x1F600;&#9;</a>",
        "<a>\u{1F600}\t\r\n</a>",
        "<họ.tên-1 _='đ'/>",
        "<x:a xmlns:x='u' x:b='1' b='2'/>",
        "<a>\u{7f}\u{85}\u{fffd}\u{1fffe}</a>",
        "<a>--&lt;?></a>",
    ] {
        let name = if good.contains("họ") { "/họ.tên-1" } else { "/a" };
        check(&[name], good, Ok(good));
        assert!(check_quietly(&["/a/none/@x"], good), "{good}");
    }
}

fn check_quietly(paths: &[&str], body: &str) -> bool {
    matches!(run(paths, &[body.as_bytes()], FilterLimits::default()), Ok(_) | Err(FilterError::NothingAllowed))
}

#[test]
fn limits_hold() {
    let limits = FilterLimits { depth: 3, bytes: 1000 };
    assert!(run(&["/a"], &[b"<a><a><a></a></a></a>"], limits).is_ok());
    for paths in [&["/a"][..], &["/x"]] {
        assert_eq!(run(paths, &[b"<a><a><a><a/>"], limits), Err(FilterError::TooDeep(3)));
        assert_eq!(run(paths, &[b"<a>", &[b' '; 990], &[b' '; 8]], limits), Err(FilterError::TooLarge(1000)));
    }
    let endless = |head: &str, more: &str| {
        let mut filter = XmlFilter::new(Arc::new(XmlAllowList::parse(["/a/b"]).unwrap()), FilterLimits::default());
        let mut out = Vec::new();
        let mut result = filter.push(head.as_bytes(), &mut out);
        for _ in 0..200_000 {
            if result.is_err() {
                break;
            }
            result = filter.push(more.as_bytes(), &mut out);
            assert!(filter.token.capacity() <= 2 * LONGEST_TAG && filter.names.capacity() <= 64 * 1024);
            out.clear();
        }
        result
    };
    for (head, more, expected) in [
        ("<", "a", Err(FilterError::TagTooLong)),
        ("<a b='", "x", Err(FilterError::TagTooLong)),
        ("<a", " b='1'", Err(FilterError::TagTooLong)),
        ("<a", "    ", Err(FilterError::TagTooLong)),
        ("<a></", "a", Err(FilterError::TagTooLong)),
        ("<?", "p", Err(FilterError::TagTooLong)),
        ("<a>", "<a>", Err(FilterError::TooDeep(100))),
        ("<a><b>", "<a>", Err(FilterError::TooDeep(100))),
        // These go on as long as the body may, and leave nothing behind.
        ("<a>", "<b c='d'>kept<e/></b><f>dropped</f>", Ok(())),
        ("<a><b><!--", "x", Ok(())),
        ("<a><b><![CDATA[", "]", Ok(())),
        ("<a><b><?p ", "x", Ok(())),
        ("<a>", " text", Ok(())),
    ] {
        assert_eq!(endless(head, more), expected, "{head} {more}");
    }
    assert!(matches!(endless("<?xml version='1.0'", "  "), Err(FilterError::NotXml(_))));
    assert!(matches!(endless("<a>&#", "0"), Err(FilterError::NotXml(_))));
    let long = format!("<{}/>", "a".repeat(LONGEST_NAME + 1));
    assert_eq!(run(&["/a"], &[long.as_bytes()], FilterLimits::default()), Err(FilterError::NameTooLong));
}

// ---- the reference: paths are evaluated over the whole tree, as a reader would by hand ------------------------------

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Element { name: String, attributes: Vec<(String, String)>, children: Vec<Node> },
    Text(String),
}

fn write(node: &Node, out: &mut String) {
    match node {
        Node::Text(text) => out.push_str(&text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&#62;")),
        Node::Element { name, attributes, children } => {
            out.push_str(&format!("<{name}"));
            for (name, value) in attributes {
                out.push_str(&format!("  {name} = '{value}'"));
            }
            if children.is_empty() {
                return out.push_str(" />");
            }
            out.push('>');
            children.iter().for_each(|child| write(child, out));
            out.push_str(&format!("</{name}>"));
        }
    }
}

/// Steps and attribute of a path.
type Path = (Vec<Option<String>>, Option<String>);

fn fits(steps: &[Option<String>], names: &[String]) -> bool {
    steps.len() == names.len()
        && steps.iter().zip(names).all(|(step, name)| step.as_ref().is_none_or(|step| step == name))
}

fn prune(node: &Node, above: &[String], paths: &[Path]) -> Option<Node> {
    let Node::Element { name, attributes, children } = node else { return None };
    let names: Vec<String> = above.iter().cloned().chain([name.clone()]).collect();
    if paths.iter().any(|(steps, attribute)| attribute.is_none() && fits(steps, &names)) {
        return Some(node.clone());
    }
    let on_the_way: Vec<_> =
        paths.iter().filter(|(steps, _)| steps.len() >= names.len() && fits(&steps[..names.len()], &names)).collect();
    if on_the_way.is_empty() {
        return None;
    }
    let kept = |wanted: &str| {
        on_the_way.iter().any(|(steps, attribute)| steps.len() == names.len() && attribute.as_deref() == Some(wanted))
    };
    let attributes: Vec<_> = attributes.iter().filter(|(name, _)| kept(name)).cloned().collect();
    let children: Vec<_> = children.iter().filter_map(|child| prune(child, &names, paths)).collect();
    let named = on_the_way.iter().any(|(steps, _)| steps[names.len() - 1].is_some());
    (named || !attributes.is_empty() || !children.is_empty()).then(|| Node::Element {
        name: name.clone(),
        attributes,
        children,
    })
}

/// What another reader finds in a text.
fn read(text: &str) -> Node {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Node::Element { name: String::new(), attributes: vec![], children: vec![] }];
    let add = |open: &mut Vec<Node>, node: Node| {
        let Some(Node::Element { children, .. }) = open.last_mut() else { panic!("an element is open") };
        match (children.last_mut(), node) {
            (Some(Node::Text(before)), Node::Text(text)) => before.push_str(&text),
            (_, node) => children.push(node),
        }
    };
    loop {
        let event = reader.read_event().unwrap();
        let begins = |start: &quick_xml::events::BytesStart<'_>| Node::Element {
            name: start.name().as_ref().to_owned(),
            attributes: start
                .attributes()
                .map(|attribute| {
                    attribute.map(|found| (found.key.as_ref().to_owned(), found.value.to_string())).unwrap()
                })
                .collect(),
            children: vec![],
        };
        match event {
            Event::Start(start) => open.push(begins(&start)),
            Event::Empty(start) => add(&mut open, begins(&start)),
            Event::End(_) => {
                let done = open.pop().unwrap();
                add(&mut open, done);
            }
            Event::Text(text) => add(&mut open, Node::Text(text.to_string())),
            Event::GeneralRef(name) => {
                let letter = match &*name {
                    "lt" => "<",
                    "#62" => ">",
                    _ => "&",
                };
                add(&mut open, Node::Text(letter.to_owned()));
            }
            Event::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(open.len(), 1, "{text}");
    let Some(Node::Element { children, .. }) = open.pop() else { panic!("a document") };
    assert_eq!(children.len(), 1, "{text}");
    children.into_iter().next().unwrap()
}

fn tree() -> impl Strategy<Value = Node> {
    let attributes = || prop::collection::btree_map("[abđ]", "[a>/\"đ ]{0,3}", 0..3);
    let text = "[a&<>đ\u{1F600} ]{1,4}".prop_map(Node::Text);
    let element = move |children: BoxedStrategy<Vec<Node>>| {
        ("[abđ]", attributes(), children).prop_map(|(name, attributes, children)| Node::Element {
            name,
            attributes: attributes.into_iter().collect(),
            children,
        })
    };
    let leaf = element(prop::collection::vec(text.clone(), 0..2).boxed());
    leaf.prop_recursive(4, 40, 4, move |inner| {
        element(prop::collection::vec(prop_oneof![2 => inner, 1 => text.clone()], 0..5).boxed())
    })
}

fn path() -> impl Strategy<Value = Path> {
    let step = || prop::option::weighted(0.7, "[abđ]");
    (prop::collection::vec(step(), 0..3), "[abđ]", prop::option::weighted(0.3, "[abđ]")).prop_map(
        |(mut steps, last, attribute)| {
            steps.push(Some(last));
            (steps, attribute)
        },
    )
}

fn written((steps, attribute): &Path) -> String {
    let step = |step: &Option<String>| format!("/{}", step.as_deref().unwrap_or("*"));
    let attribute = attribute.as_ref().map_or(String::new(), |name| format!("/@{name}"));
    steps.iter().map(step).collect::<String>() + &attribute
}

/// Adjacent texts are one for every reader.
fn joined(node: &Node) -> Node {
    let Node::Element { name, attributes, children } = node else { return node.clone() };
    let mut joint: Vec<Node> = Vec::new();
    for child in children {
        match (joint.last_mut(), joined(child)) {
            (Some(Node::Text(before)), Node::Text(text)) => before.push_str(&text),
            (_, child) => joint.push(child),
        }
    }
    Node::Element { name: name.clone(), attributes: attributes.clone(), children: joint }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn agrees_with_the_reference_and_with_itself_however_it_is_split(
        tree in tree(), paths in prop::collection::vec(path(), 0..4), cuts in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let mut body = String::new();
        write(&tree, &mut body);
        prop_assert_eq!(&read(&body), &joined(&tree), "the reader itself");
        let texts: Vec<String> = paths.iter().map(written).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let whole = run(&texts, &[body.as_bytes()], FilterLimits::default());
        match prune(&tree, &[], &paths) {
            None => prop_assert_eq!(&whole, &Err(FilterError::NothingAllowed)),
            Some(expected) => {
                let whole = whole.clone().unwrap();
                prop_assert_eq!(read(&whole), joined(&expected), "{:?} {}", texts, body);
                prop_assert!(whole.len() <= body.len());
            }
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (body.len() + 1)).chain([0, body.len()]).collect();
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &body.as_bytes()[pair[0]..pair[1]]).collect();
        prop_assert_eq!(run(&texts, &pieces, FilterLimits::default()), whole);
    }

    #[test]
    fn never_gives_out_what_another_reader_refuses(body in "<a>[<>/ab=' !\\-?&;\\[\\]#đ]{0,14}</a>") {
        let Ok(out) = run(&["/a"], &[body.as_bytes()], FilterLimits::default()) else { return Ok(()) };
        prop_assert_eq!(&out, &body);
        let mut reader = Reader::from_str(&out);
        reader.config_mut().check_comments = true;
        loop {
            match reader.read_event() {
                Ok(Event::Eof) => break,
                read => prop_assert!(read.is_ok(), "{:?} {:?}", body, read),
            }
        }
    }
}
