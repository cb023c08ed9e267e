//! Archives that were made to be read in two ways, or to cost more than they are worth.

use std::io::Write as _;

use haidang_signing::SignatureAlgorithm;
use haidang_signing::asice::{Layout, Reason};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::containers::{city, judge};
use super::support::{BODY, MESSAGE, OWN, archive, entries, sample};

fn good() -> Vec<u8> {
    let city = city(SignatureAlgorithm::EcdsaP256);
    archive(&entries(&sample(city, Layout::Standard, MESSAGE, Some(BODY), OWN).container))
}

fn place(bytes: &[u8], wanted: &[u8], last: bool) -> usize {
    let mut windows = bytes.windows(wanted.len());
    if last { windows.rposition(|window| window == wanted) } else { windows.position(|window| window == wanted) }
        .unwrap()
}

#[test]
fn archives_with_two_meanings_are_refused() {
    let change = |edit: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good();
        edit(&mut bytes);
        bytes
    };
    let end = |bytes: &[u8]| place(bytes, b"PK\x05\x06", true);
    let central = |bytes: &[u8]| place(bytes, b"PK\x01\x02", false);
    for (name, bytes) in [
        ("nothing", Vec::new()),
        ("no archive", b"%PDF-1.7".to_vec()),
        ("something in front", [b"#!/bin/sh\n".as_slice(), &good()].concat()),
        ("something behind", [&good(), b"more".as_slice()].concat()),
        (
            "an entry the directory does not name",
            change(&|bytes| {
                let hidden = archive(&[("message.xml".to_owned(), b"hidden".to_vec())]);
                let hidden = &hidden[..place(&hidden, b"PK\x01\x02", false)];
                let at = central(bytes);
                bytes.splice(at..at, hidden.iter().copied());
            }),
        ),
        (
            "one entry less in the end record",
            change(&|bytes| {
                let at = end(bytes);
                bytes[at + 8] -= 1;
                bytes[at + 10] -= 1;
            }),
        ),
        (
            "several disks",
            change(&|bytes| {
                let at = end(bytes);
                bytes[at + 4] = 1;
            }),
        ),
        (
            "another name before the data",
            change(&|bytes| {
                let at = place(bytes, b"message.xml", false);
                bytes[at] = b'M';
            }),
        ),
        ("another length before the data", change(&|bytes| bytes[22] += 1)),
        (
            "another checksum in the directory",
            change(&|bytes| {
                let at = central(bytes);
                bytes[at + 16] ^= 1;
            }),
        ),
        (
            "encrypted",
            change(&|bytes| {
                let at = central(bytes);
                bytes[at + 8] |= 1;
                bytes[6] |= 1;
            }),
        ),
        (
            "packed in another way",
            change(&|bytes| {
                let at = central(bytes);
                bytes[at + 10] = 12;
                bytes[8] = 12;
            }),
        ),
        (
            "two entries over the same data",
            change(&|bytes| {
                let (first, second) = (central(bytes), central(bytes) + 46 + "mimetype".len());
                let offset: Vec<u8> = bytes[first + 42..first + 46].to_vec();
                bytes.splice(second + 42..second + 46, offset);
            }),
        ),
    ] {
        let fault = judge(&bytes, city(SignatureAlgorithm::EcdsaP256), None).unwrap_err();
        assert_eq!(fault.reason, Reason::Malformed, "{name}: {fault}");
    }
}

/// An archive whose entry has this content, packed.
fn packed(name: &str, content: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    content.for_each(|piece| zip.write_all(&piece).unwrap());
    zip.finish().unwrap().into_inner()
}

#[test]
fn bombs_are_refused_before_they_grow() {
    let city = city(SignatureAlgorithm::EcdsaP256);
    let zeros = packed("message.xml", (0..65).map(|_| vec![0; 1 << 20]));
    assert!(zeros.len() < 1 << 20, "it is packed");
    let mut understated = packed("message.xml", (0..65).map(|_| vec![0; 1 << 20]));
    // The length is stated as 1 in both places.
    for start in [22, place(&understated, b"PK\x01\x02", false) + 24] {
        understated.splice(start..start + 4, [1, 0, 0, 0]);
    }
    let many: Vec<(String, Vec<u8>)> = (0..300).map(|number| (format!("attachment{number}"), Vec::new())).collect();
    for (name, bytes) in
        [("65 MB of nothing", zeros), ("said to be one byte", understated), ("300 entries", archive(&many))]
    {
        let fault = judge(&bytes, city, None).unwrap_err();
        assert_eq!(fault.reason, Reason::Malformed, "{name}: {fault}");
    }
}

#[test]
fn bombs_of_xml_are_refused() {
    let city = city(SignatureAlgorithm::EcdsaP256);
    let entities =
        "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><a>&b;</a>".to_owned();
    let deep = format!("{}{}", "<a>".repeat(5000), "</a>".repeat(5000));
    let wide = format!("<a>{}</a>", "<a/>".repeat(30_000));
    let attributes: String = (0..200).map(|number| format!(" a{number}=\"\"")).collect();
    let long = format!("<a>{}</a>", "a".repeat(5 << 20));
    for text in [entities, deep, wide, format!("<a{attributes}/>"), long] {
        let mut changed = entries(&good());
        for (_, bytes) in changed.iter_mut().filter(|(name, _)| name.ends_with("signatures.xml")) {
            *bytes = text.clone().into_bytes();
        }
        let fault = judge(&archive(&changed), city, None).unwrap_err();
        assert_eq!(fault.reason, Reason::Malformed, "{fault}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_changed_byte_of_the_archive_changes_no_content(position in any::<prop::sample::Index>(), change in 1u8..) {
        thread_local! { static GOOD: Vec<u8> = good(); }
        let city = city(SignatureAlgorithm::EcdsaP256);
        let mut bytes = GOOD.with(Clone::clone);
        let at = position.index(bytes.len());
        bytes[at] ^= change;
        if let Ok(verdict) = judge(&bytes, city, None) {
            // Dates, versions of writers and what nobody signs: the rest is the same.
            prop_assert_eq!(verdict.covered, ["message.xml", "attachment1"]);
        }
    }
}
