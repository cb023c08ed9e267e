//! What is done to a good container, as data. Every one of these must be refused.

use std::ops::Range;

use data_encoding::BASE64;

use super::support::{archive, entries};

/// A changed container.
pub struct Mutation {
    /// What was done.
    pub name: String,
    pub container: Vec<u8>,
    /// Whether the outside judge can see it: it knows nothing of a batch proof in the standard layout.
    pub outside: bool,
}

type Entries = Vec<(String, Vec<u8>)>;

const MANIFEST: &str = "META-INF/manifest.xml";
/// Bits changed in every entry.
const BITS: usize = 24;

/// All mutations of a container. `other` is another good one of the same kind, by the same signer.
pub fn mutations(container: &[u8], other: &[u8]) -> Vec<Mutation> {
    let (good, other) = (entries(container), entries(other));
    let mut made = Vec::new();
    let mut add = |name: String, touched: &str, changed: Entries| {
        // Nothing is signed of the manifest, and nobody says anything about it.
        if touched != MANIFEST {
            let outside = !touched.starts_with("META-INF/batch-");
            made.push(Mutation { name, container: archive(&changed), outside });
        }
    };
    for (place, (name, bytes)) in good.iter().enumerate() {
        let with = |bytes: Vec<u8>| {
            let mut changed = good.clone();
            changed[place].1 = bytes;
            changed
        };
        let places = places(name, bytes);
        for number in 0..BITS.min(places.len()) {
            let at = places[number * places.len() / BITS.min(places.len())];
            let bit = (number * 5 + place) % 7;
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            add(format!("bit {bit} of byte {at} of {name}"), name, with(changed));
        }
        add(format!("{name} cut"), name, with(bytes[..bytes.len() - bytes.len() / 3 - 1].to_vec()));
        add(format!("{name} emptied"), name, with(Vec::new()));
        // Which token is over which file is known without being said.
        if name != "META-INF/ASiCManifest.xml" {
            let mut gone = good.clone();
            gone.remove(place);
            add(format!("{name} removed"), name, gone);
            let mut renamed = good.clone();
            renamed[place].0 = format!("{name}.bak");
            add(format!("{name} renamed"), name, renamed);
        }
        for (way, at) in [("before", 0), ("behind", good.len())] {
            let mut twice = good.clone();
            twice.insert(at, (name.clone(), b"another".to_vec()));
            // A name that stands twice is seen by everybody, whatever it names.
            add(format!("{name} twice, another {way}"), "", twice);
        }
        let exchanged = other.iter().find(|(other, _)| other == name).map(|(_, bytes)| bytes);
        if let Some(exchanged) = exchanged.filter(|exchanged| *exchanged != bytes) {
            add(format!("{name} of another container"), name, with(exchanged.clone()));
        }
    }
    for added in ["attachment2", "attachment99", "../message.xml", "/message.xml", "META-INF/../attachment1", "a\\b"] {
        let mut more = good.clone();
        more.push((added.to_owned(), b"another".to_vec()));
        add(format!("{added} added"), "", more);
    }
    if good.iter().all(|(name, _)| name != "attachment1") {
        let mut more = good.clone();
        more.push(("attachment1".to_owned(), b"another".to_vec()));
        add("attachment1 added".to_owned(), "", more);
    }
    for (name, from, to) in REWRITTEN {
        let mut changed = good.clone();
        for (_, bytes) in changed.iter_mut().filter(|(entry, _)| entry == name) {
            let Ok(text) = String::from_utf8(bytes.clone()) else { continue };
            *bytes = text.replacen(from, to, 1).into_bytes();
        }
        if changed != good {
            add(format!("{from} became {to} in {name}"), name, changed);
        }
    }
    made
}

/// What is written anew, always as well-formed XML.
const REWRITTEN: [(&str, &str, &str); 12] = [
    ("META-INF/signatures.xml", "xmlenc#sha512", "xmlenc#sha256"),
    ("META-INF/signatures.xml", "xmlenc#sha512", "xmldsig#sha1"),
    ("META-INF/signatures.xml", "message.xml", "mimetype"),
    ("META-INF/signatures.xml", "#signed-properties", "#signature-value"),
    ("META-INF/signatures.xml", "xml-exc-c14n#", "xml-exc-c14n#WithComments"),
    ("META-INF/signatures.xml", "-sha256\"></ds:SignatureMethod>", "-sha512\"></ds:SignatureMethod>"),
    ("META-INF/signatures.xml", "<xades:SigningTime>2", "<xades:SigningTime>1"),
    ("META-INF/signatures.xml", "</xades:CertificateValues>", "<ds:Signature/></xades:CertificateValues>"),
    ("META-INF/signatures.xml", "<asic:XAdES", "<!DOCTYPE a [<!ENTITY b \"c\">]><asic:XAdES"),
    ("META-INF/signatures.xml", "<ds:KeyInfo>", "<ds:KeyInfo Id=\"signed-properties\">"),
    ("ts-hashchain.xml", "URI=\"#STEP1\"", "URI=\"#STEP0\""),
    ("ts-hashchainresult.xml", "#STEP0", "#STEP1"),
];

/// Where a bit counts. In XML these are the values: names of identifiers, media types and blanks between elements mean
/// nothing to anybody and are under no signature.
fn places(name: &str, bytes: &[u8]) -> Vec<usize> {
    if name.ends_with(".tst") {
        let idle = idle_in_token(bytes);
        return (0..bytes.len()).filter(|at| !idle.iter().any(|range| range.contains(at))).collect();
    }
    if !name.starts_with("META-INF/") && !name.ends_with("chain.xml") && !name.ends_with("result.xml") {
        return (0..bytes.len()).collect();
    }
    let mut found = Vec::new();
    let mut start = 0;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'>' => start = at + 1,
            // The last four digits of a value may hold bits that nobody reads.
            b'<' if at > start + 4 => {
                let token = BASE64.decode(&bytes[start..at]).ok().filter(|_| bytes[..start].ends_with(b"TimeStamp>"));
                let idle = token.map(|token| idle_in_token(&token)).unwrap_or_default();
                // Four digits are three bytes.
                let counts = |at: &usize| {
                    let (first, last) = ((at - start) / 4 * 3, (at - start) / 4 * 3 + 2);
                    !idle.iter().any(|range| range.contains(&first) || range.contains(&last))
                };
                found.extend((start..at - 4).filter(counts));
            }
            _ => {}
        }
    }
    found
}

/// What is under no signature in a time stamp and means nothing: version numbers and the list of hashes in front, and the
/// name of the signer's issuer, which others do not look at beside the number.
fn idle_in_token(token: &[u8]) -> Vec<Range<usize>> {
    const COUNTRY: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x06];
    let name = token.windows(COUNTRY.len()).rposition(|window| window == COUNTRY);
    let front = 0..60;
    name.map_or_else(|| vec![front.clone()], |at| vec![front.clone(), at - 20..at + 90])
}
