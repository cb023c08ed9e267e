//! The examples of the two recommendations, without what is refused here: document type declarations with what they
//! would have added, and line breaks in attributes.

use crate::xml::canonical::{Method, Part, bytes};
use crate::xml::*;

fn canonical(text: &str, form: Canonicalization, local: Option<&str>, prefixes: &[&str]) -> String {
    let document = super::parse(text);
    let named = |local: &str| document.elements().find(|one| one.local() == local).unwrap();
    let element = local.map_or(document.root(), named);
    let part = Part { element, whole: local.is_none(), without: None };
    let method = Method { form, prefixes: prefixes.iter().map(|one| (*one).to_owned()).collect() };
    String::from_utf8(bytes(&document, part, &method).unwrap()).unwrap()
}

/// Canonical XML 1.0 (REC-xml-c14n-20010315), 3.1 to 3.4 and 3.6.
#[test]
fn the_examples_of_canonical_xml() {
    let cases = [
        (
            "3.1",
            "<?xml version=\"1.0\"?>\n\n<?xml-stylesheet   href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n\n\
             <doc>Hello, world!<!-- Comment 1 --></doc>\n\n<?pi-without-data     ?>\n\n<!-- Comment 2 -->\n\n\
             <!-- Comment 3 -->\n",
            "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n<doc>Hello, world!</doc>\n<?pi-without-data?>",
        ),
        (
            "3.2",
            "<doc>\n   <clean>   </clean>\n   <dirty>   A   B   </dirty>\n   <mixed>\n      A\n      <clean>   </clean>\n      B\n   </mixed>\n</doc>",
            "<doc>\n   <clean>   </clean>\n   <dirty>   A   B   </dirty>\n   <mixed>\n      A\n      <clean>   </clean>\n      B\n   </mixed>\n</doc>",
        ),
        (
            "3.3",
            "<doc>\n   <e1   />\n   <e2   ></e2>\n   <e3   name = \"elem3\"   id=\"elem3\"   />\n   \
             <e5 a:attr=\"out\" b:attr=\"sorted\" attr2=\"all\" attr=\"I'm\"\n      xmlns:b=\"http://www.ietf.org\"\n      \
             xmlns:a=\"http://www.w3.org\"\n      xmlns=\"http://example.org\"/>\n   \
             <e6 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n      <e7 xmlns=\"http://www.ietf.org\">\n         \
             <e8 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n            <e9 xmlns=\"\" xmlns:a=\"http://www.ietf.org\"/>\n         \
             </e8>\n      </e7>\n   </e6>\n</doc>",
            "<doc>\n   <e1></e1>\n   <e2></e2>\n   <e3 id=\"elem3\" name=\"elem3\"></e3>\n   \
             <e5 xmlns=\"http://example.org\" xmlns:a=\"http://www.w3.org\" xmlns:b=\"http://www.ietf.org\" attr=\"I'm\" \
             attr2=\"all\" b:attr=\"sorted\" a:attr=\"out\"></e5>\n   <e6 xmlns:a=\"http://www.w3.org\">\n      \
             <e7 xmlns=\"http://www.ietf.org\">\n         <e8 xmlns=\"\">\n            \
             <e9 xmlns:a=\"http://www.ietf.org\"></e9>\n         </e8>\n      </e7>\n   </e6>\n</doc>",
        ),
        (
            "3.4",
            "<doc>\n   <text>First line&#x0d;&#10;Second line</text>\n   <value>&#x32;</value>\n   \
             <compute><![CDATA[value>\"0\" && value<\"10\" ?\"valid\":\"error\"]]></compute>\n   \
             <compute expr='value>\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"'>valid</compute>\n   \
             <norm attr=' &apos;   &#x20;   &apos; '/>\n</doc>",
            "<doc>\n   <text>First line&#xD;\nSecond line</text>\n   <value>2</value>\n   \
             <compute>value&gt;\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"</compute>\n   \
             <compute expr=\"value>&quot;0&quot; &amp;&amp; value&lt;&quot;10&quot; ?&quot;valid&quot;:&quot;error&quot;\">valid</compute>\n   \
             <norm attr=\" '       ' \"></norm>\n</doc>",
        ),
        ("3.6", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<doc>&#169;</doc>", "<doc>©</doc>"),
        ("line ends", "<a>x\r\ny\rz</a>", "<a>x\ny\nz</a>"),
    ];
    for (name, text, wanted) in cases {
        assert_eq!(canonical(text, Canonicalization::Inclusive, None, &[]), wanted, "{name}");
    }
}

/// Exclusive XML Canonicalization 1.0 (REC-xml-exc-c14n-20020718), 2.2: the same element in two surroundings.
#[test]
fn the_examples_of_exclusive_canonicalization() {
    let first = "<n0:local xmlns:n0=\"foo:bar\" xmlns:n3=\"ftp://example.org\">\n  <n1:elem2 xmlns:n1=\"http://example.net\" \
                 xml:lang=\"en\">\n    <n3:stuff xmlns:n3=\"ftp://example.org\"/>\n  </n1:elem2>\n</n0:local>";
    let second = "<n2:pdu xmlns:n1=\"http://example.com\" xmlns:n2=\"http://foo.example\" xml:lang=\"fr\" \
                  xml:space=\"retain\">\n  <n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\">\n    \
                  <n3:stuff xmlns:n3=\"ftp://example.org\"/>\n  </n1:elem2>\n</n2:pdu>";
    let exclusive = "<n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\">\n    \
                     <n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff>\n  </n1:elem2>";
    let listed = "<n1:elem2 xmlns:n0=\"foo:bar\" xmlns:n1=\"http://example.net\" xml:lang=\"en\">\n    \
                  <n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff>\n  </n1:elem2>";
    let in_first = "<n1:elem2 xmlns:n0=\"foo:bar\" xmlns:n1=\"http://example.net\" xmlns:n3=\"ftp://example.org\" \
                    xml:lang=\"en\">\n    <n3:stuff></n3:stuff>\n  </n1:elem2>";
    let in_second = "<n1:elem2 xmlns:n1=\"http://example.net\" xmlns:n2=\"http://foo.example\" xml:lang=\"en\" \
                     xml:space=\"retain\">\n    <n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff>\n  </n1:elem2>";
    for (text, form, prefixes, wanted) in [
        (first, Canonicalization::Exclusive, &[][..], exclusive),
        (second, Canonicalization::Exclusive, &[], exclusive),
        (first, Canonicalization::Exclusive, &["n0"], listed),
        (first, Canonicalization::Inclusive, &[], in_first),
        (second, Canonicalization::Inclusive, &[], in_second),
    ] {
        assert_eq!(canonical(text, form, Some("elem2"), prefixes), wanted);
    }
}

#[test]
fn a_digest_in_pieces_is_the_digest_of_the_whole() {
    use crate::DigestAlgorithm::Sha256;
    for length in [0, 1, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 100_000] {
        let text = format!("<a><b/>{}<c/></a>", "x".repeat(length));
        let document = super::parse(&text);
        let part = Part { element: document.root(), whole: true, without: None };
        let method = Method { form: Canonicalization::Inclusive, prefixes: Vec::new() };
        let whole = bytes(&document, part, &method).unwrap();
        let digest = crate::xml::canonical::digest(&document, part, &method, Sha256).unwrap();
        assert_eq!(digest, Sha256.digest(&whole), "{length}");
    }
}
