//! Signing several files by one act of will: laid out, authorised together, signed, stamped, completed, judged by our own
//! validator, and only then handed out.

use std::sync::Arc;

use haidang_signing::DocumentSigner;

use super::PadesError;
use super::prepare::SignatureOptions;
use super::sign::{Authorities, LaidOut, Level, finish};
use super::validate::{Answer, Code, Judge, Report, Verdict, verify};
use crate::pdf::{PdfFile, Source, extended};

/// A file of a batch.
pub struct BatchFile {
    /// The file as it stands.
    pub source: Arc<dyn Source>,
    /// What its signature says and shows.
    pub options: SignatureOptions,
}

/// A file that was signed and judged.
#[derive(Debug)]
pub struct SignedFile {
    /// What is to be written behind the file.
    pub bytes: Vec<u8>,
    /// What our own validator says of the whole.
    pub report: Report,
}

/// Signs every file of a batch up to a level, in the order given.
///
/// The digests are those of the signed attributes, and the authorisation is good for exactly them. Two files of the same
/// bytes are two signatures of the same hash.
///
/// # Errors
/// [`PadesError`], for the whole batch: [`PadesError::Signer`] when the key refuses, [`PadesError::Judged`] when our own
/// validator finds fault with a file, an earlier signature included.
pub async fn sign_batch(
    files: Vec<BatchFile>,
    signer: &dyn DocumentSigner,
    activation: Option<&str>,
    level: Level,
    authorities: &Authorities,
    judge: &Judge,
) -> Result<Vec<SignedFile>, PadesError> {
    let certificates = (signer.certificate(), signer.chain());
    let mut waiting = Vec::with_capacity(files.len());
    for file in files {
        let laid = LaidOut::new(&PdfFile::open(file.source.clone())?, &file.options, certificates, level)?;
        waiting.push((file, laid));
    }
    let hashes: Vec<Vec<u8>> = waiting.iter().map(|(_, laid)| laid.attributes.digest().to_vec()).collect();
    let messages: Vec<Vec<u8>> = waiting.iter().map(|(_, laid)| laid.attributes.der().to_vec()).collect();
    let mut authorisation = signer.authorize(&hashes, activation).await?;
    let values = signer.sign(&mut authorisation, &messages).await?;
    if values.len() != waiting.len() {
        return Err(haidang_signing::DocumentSignerError::Answer("another number of signatures").into());
    }
    let mut signed = Vec::with_capacity(values.len());
    for ((file, laid), value) in waiting.into_iter().zip(values) {
        let bytes = finish(file.source.clone(), laid, &value, certificates, level, authorities).await?;
        let bytes = Arc::new(bytes);
        let report = verify(extended(file.source, Arc::clone(&bytes)), judge).await;
        accept(&report, &file.options.field, level)?;
        signed.push(SignedFile { bytes: Arc::unwrap_or_clone(bytes), report });
    }
    Ok(signed)
}

/// Whether a file may be handed out: whole, every certificate accepted, and the new signature at its level.
fn accept(report: &Report, field: &str, level: Level) -> Result<(), PadesError> {
    let judged = |field: &str, answer: &Answer| {
        let code = answer.findings.first().map_or(Code::Unreadable, |finding| finding.code);
        PadesError::Judged { field: field.to_owned(), code }
    };
    for one in &report.signatures {
        if one.integrity.verdict != Verdict::Passed {
            return Err(judged(&one.field, &one.integrity));
        }
        if one.identity.verdict == Verdict::Failed {
            return Err(judged(&one.field, &one.identity));
        }
    }
    let own = report.signatures.iter().find(|one| one.field == field);
    match own {
        Some(own) if own.level >= Some(level) => Ok(()),
        Some(own) => Err(judged(field, &own.identity)),
        None => Err(judged(field, &report.integrity)),
    }
}
