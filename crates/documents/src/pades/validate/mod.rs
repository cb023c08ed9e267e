//! Judging a signed file: is it whole, who signed, and how much does that prove.

mod coverage;
mod difference;
mod identity;
mod report;

use std::collections::BTreeSet;
use std::sync::Arc;

use haidang_signing::cms::{SignedData, SignedDataError, VerifiedSigner};
use haidang_signing::path::{RevocationRule, TrustAnchors};
use haidang_signing::time_stamp::{TimeStamp, TimeStampError};
use haidang_signing::{Certificate, DigestAlgorithm, SigningError, Transport};
use jiff::Timestamp;

pub use difference::Change;
pub use report::{Answer, Code, Finding, Report, SignatureKind, SignatureReport, Verdict};

use super::PadesError;
use super::store::read_store;
use crate::pdf::{Object, PdfError, PdfFile, Source, digest_ranges};
use coverage::{Covered, Uncovered};
use difference::Refusal;

/// By whom and when a file is judged.
pub struct Judge {
    /// Whom to believe.
    pub anchors: TrustAnchors,
    /// The clock.
    pub now: Timestamp,
    /// What must be known about revocation: with [`RevocationRule::WhereKnown`] a gap leaves the identity
    /// undetermined, with [`RevocationRule::Required`] it fails.
    pub revocation: RevocationRule,
    /// The way out to authorities, for what the file does not carry; `None` judges by the file alone.
    pub transport: Option<Arc<dyn Transport>>,
}

/// A signature whose bytes fit, with what it says.
pub(super) struct Held {
    pub(super) covered: Covered,
    pub(super) signer: VerifiedSigner,
    pub(super) certificates: Vec<Certificate>,
    /// Time stamps over the signature value; for a document time stamp the stamp itself.
    pub(super) tokens: Vec<TimeStamp>,
    /// A time stamp is there that does not fit.
    pub(super) wrong_token: bool,
}

/// Judges a file. Whatever the file is, there is a report.
pub async fn verify(source: Arc<dyn Source>, judge: &Judge) -> Report {
    let file = match PdfFile::open(source) {
        Ok(file) => file,
        Err(error) => return unreadable(&error, 0),
    };
    let revisions = file.revisions().len();
    match judge_file(&file, judge).await {
        Ok(report) => report,
        Err(error) => unreadable(&error, revisions),
    }
}

fn unreadable(error: &PdfError, revisions: usize) -> Report {
    Report::unsigned(Code::Unreadable, Verdict::Failed, Some(error.to_string()), revisions)
}

async fn judge_file(file: &PdfFile, judge: &Judge) -> Result<Report, PdfError> {
    let (found, _) = coverage::read(file)?;
    let revisions = file.revisions().len();
    if found.is_empty() {
        return Ok(Report::unsigned(Code::NotSigned, Verdict::Undetermined, None, revisions));
    }
    let steps = judge_steps(file, &found);
    let store = read_store(&file.newest())?;
    let mut held = Vec::new();
    let mut broken = Vec::new();
    let mut ends = BTreeSet::new();
    for one in found {
        match one {
            Ok(covered) if !ends.insert(covered.revision) => broken.push(fault(covered, Code::RangesOverlap)),
            Ok(covered) => match hold(file, covered, &store.certificates)? {
                Ok(one) => held.push(one),
                Err(report) => broken.push(*report),
            },
            Err(Uncovered { field, code }) => broken.push(empty_report(field, Answer::failed(code))),
        }
    }
    let identities = identity::judge_all(&held, &store, judge).await;
    let mut signatures = broken;
    for (one, identity) in held.into_iter().zip(identities) {
        signatures.push(report_of(one, identity, &steps));
    }
    signatures.sort_by_key(|one| one.revision);
    let level = signatures.iter().filter(|one| one.kind == SignatureKind::Signature).map(|one| one.level).min();
    Ok(Report {
        integrity: Answer::all(signatures.iter().map(|one| &one.integrity)),
        identity: Answer::all(signatures.iter().map(|one| &one.identity)),
        authority: Answer::of(Verdict::Undetermined, Code::AuthorityNotJudged, None),
        level: level.flatten(),
        revisions,
        signatures,
    })
}

/// The signatures of a file whose bytes fit; whom to trust is not asked.
pub(super) fn held_signatures(file: &PdfFile, more: &[Certificate]) -> Result<Vec<Held>, PdfError> {
    let mut held = Vec::new();
    for covered in coverage::read(file)?.0.into_iter().flatten() {
        held.extend(hold(file, covered, more)?.ok());
    }
    Ok(held)
}

type Steps = Vec<(usize, Result<BTreeSet<Change>, Answer>)>;

/// Every step between revisions behind the first signature.
fn judge_steps(file: &PdfFile, found: &[Result<Covered, Uncovered>]) -> Steps {
    let first = found.iter().filter_map(|one| one.as_ref().ok()).map(|covered| covered.revision).min();
    let Some(first) = first else { return Vec::new() };
    let judged = |index| match difference::judge(file, index) {
        Ok(changes) => Ok(changes),
        Err(Refusal::Rule(code, number)) => {
            let detail = number.map(|number| format!("revision {}, object {number}", index + 1));
            Err(Answer::of(Verdict::Failed, code, detail.or_else(|| Some(format!("revision {}", index + 1)))))
        }
        Err(Refusal::Unreadable(error)) => Err(Answer::of(Verdict::Failed, Code::Unreadable, Some(error.to_string()))),
    };
    (first + 1..file.revisions().len()).map(|index| (index, judged(index))).collect()
}

fn empty_report(field: String, integrity: Answer) -> SignatureReport {
    SignatureReport {
        field,
        kind: SignatureKind::Signature,
        signer: None,
        issuer: None,
        serial: None,
        claimed_at: None,
        stamped_at: None,
        revision: 0,
        changes: Vec::new(),
        level: None,
        identity: Answer { verdict: Verdict::Undetermined, findings: Vec::new() },
        integrity,
    }
}

fn fault(covered: Covered, code: Code) -> SignatureReport {
    SignatureReport { revision: covered.revision + 1, ..empty_report(covered.field, Answer::failed(code)) }
}

/// Checks the signed data against the bytes it covers.
fn hold(
    file: &PdfFile,
    covered: Covered,
    more: &[Certificate],
) -> Result<Result<Held, Box<SignatureReport>>, PdfError> {
    let form = covered.dictionary.name("SubFilter");
    let expected: &[u8] = if covered.is_time_stamp { b"ETSI.RFC3161" } else { b"ETSI.CAdES.detached" };
    if form != Some(expected) {
        return Ok(Err(Box::new(fault(covered, Code::SignatureForm))));
    }
    let digest = |algorithm: DigestAlgorithm| -> Result<Vec<u8>, PdfError> {
        let way = match algorithm {
            DigestAlgorithm::Sha256 => &aws_lc_rs::digest::SHA256,
            DigestAlgorithm::Sha384 => &aws_lc_rs::digest::SHA384,
            DigestAlgorithm::Sha512 => &aws_lc_rs::digest::SHA512,
        };
        Ok(digest_ranges(file.source().as_ref(), &covered.ranges, &[], way)?.as_ref().to_vec())
    };
    let judged = if covered.is_time_stamp {
        document_stamp(&covered.contents, more, digest)
    } else {
        detached(&covered.contents, more, digest)
    };
    match judged {
        Ok((signer, certificates, tokens, wrong_token)) => {
            Ok(Ok(Held { covered, signer, certificates, tokens, wrong_token }))
        }
        Err(PadesError::Pdf(error)) => Err(error),
        Err(error) => {
            let code = code_of(&error);
            Ok(Err(Box::new(fault(covered, code))))
        }
    }
}

type Parts = (VerifiedSigner, Vec<Certificate>, Vec<TimeStamp>, bool);

fn document_stamp(
    contents: &[u8],
    more: &[Certificate],
    digest: impl FnOnce(DigestAlgorithm) -> Result<Vec<u8>, PdfError>,
) -> Result<Parts, PadesError> {
    let stamp = TimeStamp::read(contents, more)?;
    stamp.covers_digest(&digest(stamp.info.imprint.algorithm)?)?;
    let signed = SignedData::parse(contents)?.with_certificates(more);
    Ok((signed.verify_encapsulated()?, signed.certificates().to_vec(), vec![stamp], false))
}

fn detached(
    contents: &[u8],
    more: &[Certificate],
    digest: impl FnOnce(DigestAlgorithm) -> Result<Vec<u8>, PdfError>,
) -> Result<Parts, PadesError> {
    let signed = SignedData::parse(contents)?;
    if signed.content().is_some() {
        return Err(SignedDataError::ContentType.into());
    }
    let signer = signed.verify(&digest(signed.digest_algorithm())?)?;
    let value = signed.signature();
    let checked = signed.time_stamps().into_iter().map(|one| {
        let stamp = TimeStamp::read(one, more)?;
        stamp.covers(value)?;
        Ok::<_, TimeStampError>(stamp)
    });
    let (good, bad): (Vec<_>, Vec<_>) = checked.partition(Result::is_ok);
    let certificates = signed.certificates().to_vec();
    Ok((signer, certificates, good.into_iter().filter_map(Result::ok).collect(), !bad.is_empty()))
}

fn code_of(error: &PadesError) -> Code {
    match error {
        PadesError::TimeStamp(TimeStampError::SignedData(error)) => of_signed_data(error),
        PadesError::TimeStamp(TimeStampError::OtherContent) => Code::ContentChanged,
        PadesError::Signed(error) => of_signed_data(error),
        _ => Code::SignatureMalformed,
    }
}

fn of_signed_data(error: &SignedDataError) -> Code {
    match error {
        SignedDataError::Content => Code::ContentChanged,
        SignedDataError::SigningCertificate | SignedDataError::SignerCertificate => Code::CertificateSwapped,
        SignedDataError::Attribute(_) => Code::SignatureForm,
        SignedDataError::Signing(SigningError::Mismatch) => Code::SignatureValueWrong,
        SignedDataError::Signing(SigningError::WeakAlgorithm(_)) => Code::WeakAlgorithm,
        _ => Code::SignatureMalformed,
    }
}

fn report_of(held: Held, identity: identity::Identity, steps: &Steps) -> SignatureReport {
    let covered = held.covered;
    let later = steps.iter().filter(|(index, _)| *index > covered.revision);
    let mut changes = BTreeSet::new();
    let mut refused = Vec::new();
    for (_, step) in later {
        match step {
            Ok(found) => changes.extend(found.iter().cloned()),
            Err(answer) => refused.push(answer.clone()),
        }
    }
    let certificate = &held.signer.certificate;
    SignatureReport {
        kind: if covered.is_time_stamp { SignatureKind::TimeStamp } else { SignatureKind::Signature },
        signer: certificate.common_name(),
        issuer: certificate.issuer_common_name(),
        serial: Some(certificate.serial_hex()),
        claimed_at: covered.dictionary.get("M").and_then(Object::as_text),
        stamped_at: identity.stamped_at,
        revision: covered.revision + 1,
        changes: changes.into_iter().collect(),
        level: identity.level.filter(|_| !covered.is_time_stamp),
        integrity: Answer::all(refused.iter()),
        identity: identity.answer,
        field: covered.field,
    }
}
