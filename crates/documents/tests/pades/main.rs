//! Signing and judging, with authorities that answer in the same process.
#![allow(clippy::unwrap_used)]

mod attacks;
mod batch;
mod hostile;
mod levels;
mod pki;
mod samples;
mod signers;

use std::sync::Arc;

use haidang_documents::pades::{Appearance, Level, Report, SignatureOptions, Signer, sign, verify};
use haidang_documents::pdf::{PdfFile, Source};
use pki::Pki;

fn options(field: &str) -> SignatureOptions {
    SignatureOptions {
        field: field.to_owned(),
        tooltip: "Chữ ký".to_owned(),
        placement: None,
        appearance: Appearance::default(),
        at: pki::now(),
        signer: Some("Nguyễn Văn A".to_owned()),
        reason: Some("Phê duyệt".to_owned()),
        location: Some("Hải Phòng".to_owned()),
        certification: None,
    }
}

fn source(bytes: &[u8]) -> Arc<dyn Source> {
    Arc::new(bytes.to_vec())
}

fn open(bytes: &[u8]) -> PdfFile {
    PdfFile::open(source(bytes)).unwrap()
}

/// The file with what was appended.
fn joined(before: &[u8], after: &[u8]) -> Vec<u8> {
    [before, after].concat()
}

async fn signed(pki: &Arc<Pki>, file: &[u8], signer: &Signer, options: &SignatureOptions, level: Level) -> Vec<u8> {
    let after = sign(source(file), signer, options, level, &pki.authorities()).await.unwrap();
    joined(file, &after)
}

/// Keeps a file for a judge from outside, with the root it should trust.
fn keep(pki: &Pki, name: &str, file: &[u8]) {
    let Ok(folder) = std::env::var("HAIDANG_TEST_KEEP") else { return };
    let folder = std::path::PathBuf::from(folder);
    std::fs::write(folder.join(format!("{name}.pdf")), file).unwrap();
    let root = data_encoding::BASE64.encode(pki.root.certificate.der());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{root}\n-----END CERTIFICATE-----\n");
    std::fs::write(folder.join(format!("{name}.pem")), pem).unwrap();
}

async fn judged(pki: &Pki, file: &[u8]) -> Report {
    verify(source(file), &pki.judge()).await
}
