//! Trees over batches, and chains that lead back to a message.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use haidang_signing::hash_chain::{
    Files, HASH_CHAIN_NAMESPACE, HashChainError, Leaf, Sha512Value, Tree, evaluate, fold, sha512, write_chain,
    write_result,
};
use proptest::prelude::*;

struct Folder(BTreeMap<String, Vec<u8>>);

impl Files for Folder {
    fn file(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

fn folder(files: &[(&str, &str)]) -> Folder {
    Folder(files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect())
}

/// Letters as leaves: SHA-512 of each.
fn leaves(letters: &str) -> Vec<Sha512Value> {
    letters.bytes().map(|letter| sha512(&[letter])).collect()
}

#[test]
fn trees_have_the_tops_that_others_calculate() {
    for (letters, top) in [
        ("ab", "OyyBYywhB3bCvdBlHsm8vsAtysTtEdgtb5wQ4rP4GDe+4exUySZKAzVZJLmhELY7oOgm69E8KetLY3IRtDCHOw=="),
        ("abc", "uLz4DlRFBv+6S+UDpQ3Orrn+VELZFu/eWtKFx/oxD1PwXxjf1gpZriJHAgzG81MA2ARZOTdwhHIVfcPA/8nbCg=="),
        ("abcab", "qxwTQ40fkiFza/PgWEVXkyOf4OkUVnkkbY3x6w9jfvdtJFwmTEojwSh03ffwSvTseuUnRREE5PvoG7zOIVHj6g=="),
    ] {
        let tree = Tree::over(leaves(letters)).unwrap();
        assert_eq!(BASE64.encode(&tree.top()), top, "{letters}");
    }
    assert_eq!(Tree::over(leaves("a")).unwrap().top(), sha512(b"a"), "one leaf is its own top");
    assert_eq!(Tree::over(Vec::new()), None);
}

#[test]
fn nodes_may_have_any_number_of_parts() {
    // DER lengths of one, two and three bytes.
    for parts in [1, 2, 3, 700] {
        assert_ne!(fold(&vec![sha512(b"a"); parts]), fold(&vec![sha512(b"a"); parts + 1]), "{parts}");
    }
    assert_eq!(fold(&leaves("ab")), Tree::over(leaves("ab")).unwrap().top());
}

const LEAF: &str = "the signature";

/// A chain of three steps over `file.xml`, as it is written.
fn written() -> Vec<(&'static str, String)> {
    let mut all = leaves("abcdefg");
    all.insert(4, sha512(LEAF.as_bytes()));
    let tree = Tree::over(all).unwrap();
    let leaf = Leaf { address: "/file.xml", digest: sha512(LEAF.as_bytes()) };
    let chain = write_chain(&tree.proof(4).unwrap(), &leaf).unwrap();
    let result = write_result("/chain.xml", &tree.top());
    vec![("chain.xml", chain), ("result.xml", result), ("file.xml", LEAF.to_owned())]
}

fn evaluated(files: &[(&'static str, String)], required: &[&str]) -> Result<Vec<String>, HashChainError> {
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    Ok(evaluate(&folder(&files), "result.xml", required)?.into_iter().collect())
}

#[test]
fn what_is_written_is_followed_back() {
    assert_eq!(evaluated(&written(), &["file.xml"]).unwrap(), ["file.xml"]);
    let proof = Tree::over(leaves("a")).unwrap().proof(0).unwrap();
    let leaf = Leaf { address: "file.xml", digest: sha512(b"a") };
    assert!(matches!(write_chain(&proof, &leaf), Err(HashChainError::Form { .. })), "no step, no chain");
}

/// What is done to one file of a good chain.
enum Change {
    Remove,
    Replace(&'static str, &'static str),
    Write(String),
}

#[test]
fn chains_that_lead_elsewhere_are_refused() {
    use Change::{Remove, Replace, Write};
    let circle = written()[0].1.replace("URI=\"#STEP2\"", "URI=\"#STEP0\"");
    let itself = written()[0].1.replace("URI=\"#STEP1\"", "URI=\"#STEP0\"");
    let mut deep = String::new();
    for number in 0..100 {
        deep.push_str(&format!(
            "<h:HashStep id=\"STEP{number}\"><h:StepRef URI=\"#STEP{0}\"/><h:StepRef URI=\"#STEP{0}\"/></h:HashStep>",
            number + 1
        ));
    }
    let deep = format!(
        "<h:HashChain xmlns:h=\"{HASH_CHAIN_NAMESPACE}\"><h:DefaultDigestMethod \
         Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha512\"/>{deep}</h:HashChain>"
    );
    for (name, file, change, wanted) in [
        ("another top", "result.xml", Write(write_result("/chain.xml", &sha512(b"x"))), "Top"),
        ("another sibling", "chain.xml", Write(other_value(&written()[0].1)), "Top"),
        ("sides exchanged", "chain.xml", Write(exchanged(&written()[0].1)), "Top"),
        ("another file", "file.xml", Write("another".to_owned()), "Input"),
        ("no file", "file.xml", Remove, "Input"),
        ("no chain", "chain.xml", Remove, "Absent"),
        ("no result", "result.xml", Remove, "Absent"),
        ("a chain elsewhere", "result.xml", Replace("/chain.xml", "/other.xml"), "Absent"),
        ("a step nobody has", "result.xml", Replace("#STEP0", "#STEP9"), "NoStep"),
        ("a step that is left out", "result.xml", Replace("#STEP0", "#STEP1"), "Top"),
        ("a circle", "chain.xml", Write(circle), "Circular"),
        ("a step that is its own", "chain.xml", Write(itself), "Circular"),
        ("too deep, and twice as wide at every step", "chain.xml", Write(deep), "Circular"),
        ("the leaf as a value", "chain.xml", Replace("hc:DataRef URI=\"/file.xml\"", "hc:HashValue"), "Xml"),
        ("no XML", "chain.xml", Write("<".to_owned()), "Xml"),
        ("entities", "result.xml", Write(format!("<!DOCTYPE a []>{}", written()[1].1)), "Xml"),
        ("a weak hash", "chain.xml", Replace("xmlenc#sha512", "xmldsig#sha1"), "Form"),
        ("a name twice", "chain.xml", Replace("id=\"STEP1\"", "id=\"STEP0\""), "Form"),
        ("a way around", "chain.xml", Replace("/file.xml", "/x/../file.xml"), "Form"),
        ("a short digest", "chain.xml", Replace("</ds:DigestValue>", "=</ds:DigestValue>"), "Form"),
        ("another root", "chain.xml", Replace("hc:HashChain", "hc:HashChains"), "Form"),
        ("another namespace", "result.xml", Replace("cyber.ee", "cyber.example"), "Form"),
    ] {
        let mut files = written();
        let place = files.iter().position(|(name, _)| *name == file).unwrap();
        match change {
            Remove => drop(files.remove(place)),
            Replace(from, to) => {
                let changed = files[place].1.replace(from, to);
                assert_ne!(changed, files[place].1, "{name}: nothing was changed");
                files[place].1 = changed;
            }
            Write(text) => files[place].1 = text,
        }
        let answer = evaluated(&files, &["file.xml"]);
        let kind = answer.as_ref().map_err(|error| format!("{error:?}"));
        assert!(kind.is_err_and(|error| error.starts_with(wanted)), "{name}: {answer:?}, wanted {wanted}");
    }
}

fn other_value(chain: &str) -> String {
    let start = chain.find("<hc:HashValue>").unwrap() + "<hc:HashValue><ds:DigestValue>".len();
    format!("{}{}{}", &chain[..start], BASE64.encode(&sha512(b"x")), &chain[start + 88..])
}

fn exchanged(chain: &str) -> String {
    let end = "</hc:HashStep>";
    let last = chain.rfind("<hc:DataRef").unwrap();
    let step = chain.rfind("<hc:HashStep").unwrap();
    let inner = step + chain[step..].find('>').unwrap() + 1;
    let stop = chain.rfind(end).unwrap();
    let second = if last == inner { chain[inner..].find("<hc:HashValue>").unwrap() + inner } else { last };
    format!("{}{}{}{}", &chain[..inner], &chain[second..stop], &chain[inner..second], &chain[stop..])
}

#[test]
fn every_required_input_must_be_used() {
    let answer = evaluated(&written(), &["file.xml", "message.xml"]);
    assert_eq!(answer, Err(HashChainError::Unused("message.xml".to_owned())));
}

#[test]
fn an_attachment_may_be_gone_and_nothing_else() {
    for (name, wanted) in
        [("attachment1", true), ("attachment", false), ("attachment1x", false), ("message.xml", false)]
    {
        let proof = Tree::over(leaves("ab")).unwrap().proof(0).unwrap();
        let leaf = Leaf { address: name, digest: sha512(b"a") };
        let result = write_result("chain.xml", &Tree::over(leaves("ab")).unwrap().top());
        let files = vec![("chain.xml", write_chain(&proof, &leaf).unwrap()), ("result.xml", result)];
        assert_eq!(evaluated(&files, &[name]).is_ok(), wanted, "{name}");
    }
}

proptest! {
    #[test]
    fn every_leaf_of_every_tree_leads_to_its_top(count in 2usize..40, leaf in any::<prop::sample::Index>()) {
        let all: Vec<Sha512Value> = (0..count).map(|number| sha512(&number.to_be_bytes())).collect();
        let leaf = leaf.index(count);
        let digest = all[leaf];
        let tree = Tree::over(all).unwrap();
        let proof = tree.proof(leaf).unwrap();
        prop_assert_eq!(proof.top(&digest), tree.top());
        prop_assert_ne!(proof.top(&sha512(b"another")), tree.top());
        prop_assert!(tree.proof(count).is_none());
        let chain = write_chain(&proof, &Leaf { address: "attachment1", digest }).unwrap();
        let result = write_result("chain.xml", &tree.top());
        let files = vec![("chain.xml", chain), ("result.xml", result)];
        prop_assert_eq!(evaluated(&files, &["attachment1"]).unwrap(), ["attachment1"]);
    }

    #[test]
    fn a_changed_chain_is_refused_or_says_the_same(
        file in 0usize..2, position in any::<prop::sample::Index>(), value in any::<u8>()
    ) {
        let files = written();
        let mut folder = Folder(files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect());
        let bytes = folder.0.get_mut(files[file].0).unwrap();
        let position = position.index(bytes.len());
        bytes[position] = value;
        if let Ok(used) = evaluate(&folder, "result.xml", &["file.xml"]) {
            prop_assert!(used.contains("file.xml"));
        }
    }

    #[test]
    fn arbitrary_text_does_no_harm(text in "[<>/a-zA-Z =\"#:]{0,200}") {
        let _ = evaluated(&[("chain.xml", text.clone()), ("result.xml", written()[1].1.clone())], &[]);
        let _ = evaluated(&[("result.xml", text)], &[]);
    }
}
