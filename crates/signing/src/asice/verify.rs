//! The order in which a container is judged: the first thing that does not hold is the answer.

use super::archive::Archive;
use super::verdict::{Fault, Question, Reason, Verdict};
use super::xades::{self, Signature};
use super::{Layout, MIME_TYPE, entry, proofs, trust};
use crate::hash_chain::is_attachment;

/// Judges a container.
///
/// # Errors
/// [`Fault`]: why it proves nothing.
pub fn verify(container: &[u8], question: &Question<'_>) -> Result<Verdict, Fault> {
    let archive = Archive::read(container)?;
    match archive.get(entry::MIMETYPE) {
        None => return Err(Fault::new(Reason::MimeType, "absent")),
        Some(content) if content != MIME_TYPE.as_bytes() => return Err(Fault::new(Reason::MimeType, "content")),
        Some(_) => {}
    }
    archive.need(entry::MESSAGE)?;
    let document = xades::parse(&archive)?;
    let signature = Signature::read(&document, &archive)?;
    let covered = covered(&archive, &signature)?;
    let stamps = proofs::time_stamps(&archive, &signature, question.layout)?;
    let answers = trust::answers(&signature.ocsp_answers()?, &signature.signer)?;
    let certificates = signature.certificates()?;
    if let Some(anchors) = question.anchors {
        trust::ask(&signature.signer, &stamps, (certificates, answers), anchors, question.now)?;
    }
    has_layout(&archive, &signature, question.layout)?;
    Ok(Verdict {
        signing_time: signature.signing_time,
        algorithm: signature.algorithm.clone(),
        layout: if signature.absolute { Layout::XRoad } else { Layout::Standard },
        signer: signature.signer.clone(),
        covered,
        times: stamps.into_iter().map(|stamped| stamped.time).collect(),
        trusted: question.anchors.is_some(),
    })
}

/// The entries under the signature, directly or by a chain it covers; the message and every attachment must be among them.
fn covered(archive: &Archive, signature: &Signature<'_>) -> Result<Vec<String>, Fault> {
    let mut required = vec![entry::MESSAGE];
    required.extend(archive.names().filter(|name| is_attachment(name)));
    let mut covered = signature.covered.clone();
    if covered.iter().any(|name| name == entry::SIGNED_RESULT) {
        covered.extend(proofs::signed_chain(archive, &required)?);
    }
    match required.iter().find(|name| !covered.iter().any(|one| one == **name)) {
        Some(open) => Err(Fault::new(Reason::Signature, format!("{open} is not covered"))),
        None => Ok(covered),
    }
}

fn has_layout(archive: &Archive, signature: &Signature<'_>, asked: Option<Layout>) -> Result<(), Fault> {
    let fault = |text| Err(Fault::new(Reason::Layout, text));
    match asked {
        Some(Layout::Standard) if !archive.begins_with_mimetype => {
            fault("mimetype must be the first entry, stored, without extra field")
        }
        Some(Layout::Standard) if signature.absolute => fault("absolute addresses"),
        Some(Layout::Standard) if !archive.has(entry::MANIFEST) => fault("no META-INF/manifest.xml"),
        Some(Layout::XRoad) if signature.relative => fault("relative addresses"),
        _ => Ok(()),
    }
}
