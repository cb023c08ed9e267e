//! Certificates in a directory: PEM text inside the TOML, so that one file is the whole truth and changes at once.

use haidang_signing::Certificate;

/// Certificates that one list may hold: several for a rotation, not a store.
const MOST: usize = 20;

/// Reads a list of certificates, each entry exactly one in PEM. `name` is what complaints call the list.
pub(super) fn read(name: &str, texts: &[String], wrong: &mut Vec<String>) -> Vec<Certificate> {
    if texts.len() > MOST {
        wrong.push(format!("{name}: more than {MOST}; remove those that are no longer used"));
        return Vec::new();
    }
    let mut found: Vec<Certificate> = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        let number = place + 1;
        match one(text) {
            Ok(certificate) if found.contains(&certificate) => wrong.push(format!("{name}: number {number} is twice")),
            Ok(certificate) => found.push(certificate),
            Err(why) => wrong.push(format!("{name}: number {number} {why}")),
        }
    }
    found
}

fn one(text: &str) -> Result<Certificate, String> {
    if text.contains("PRIVATE KEY-----") {
        return Err("holds a private key; take it out, and make a new one, since it was seen".to_owned());
    }
    let mut certificates =
        Certificate::read_bundle(text.as_bytes()).map_err(|error| format!("cannot be read: {error}"))?;
    match (certificates.pop(), certificates.is_empty()) {
        (Some(certificate), true) => Ok(certificate),
        (Some(_), false) => Err("holds several certificates; write one an entry".to_owned()),
        (None, _) => Err("is no certificate in PEM (-----BEGIN CERTIFICATE-----)".to_owned()),
    }
}
