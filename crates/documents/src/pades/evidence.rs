//! Collecting what a reader will need: paths, and that nobody on them was revoked.

use haidang_signing::path::{
    Evidence, PathRules, Purpose, RevocationRule, StatusSource, TrustAnchors, ValidPath, revocation_status, validate,
};
use haidang_signing::revocation::{Moment, OcspAnswer, RevocationList, ocsp_request};
use haidang_signing::{Certificate, Transport};
use jiff::Timestamp;

use super::PadesError;
use super::sign::Authorities;
use super::store::{ValidationData, read_store};
use super::validate::{Held, held_signatures};
use crate::pdf::PdfFile;

/// Most addresses asked for one certificate.
const ADDRESSES: usize = 3;

/// Everything for all signatures of a file that hold, with their `/Contents`.
///
/// Time runs backwards, as it will for the reader: what a document time stamp covers is asked about at the moment that
/// stamp proves, and what stands in the store already is not asked for again. Behind such a stamp an authority may be
/// gone for good, so what it no longer answers stops nothing; what no stamp covers yet must be had now.
pub(super) async fn of_file(
    file: &PdfFile,
    authorities: &Authorities,
) -> Result<(ValidationData, Vec<Vec<u8>>), PadesError> {
    let store = read_store(&file.newest())?;
    let mut held = held_signatures(file, &store.certificates)?;
    let mut known = from_store(&store);
    for one in &held {
        known.certificates.extend_from_slice(&one.certificates);
        known.certificates.extend(one.tokens.iter().flat_map(|token| token.certificates.clone()));
    }
    held.sort_by_key(|one| std::cmp::Reverse(one.covered.revision));
    let now = authorities.ambient.now();
    let (mut proven, mut covered) = (now, false);
    let (mut data, mut all) = (ValidationData::default(), Vec::new());
    for one in held {
        let mut before = proven;
        for leaf in leaves(&one, proven) {
            let moment = Moment { at: leaf.at, now };
            match of_certificate(&leaf.certificate, leaf.purpose, moment, &mut known, authorities).await {
                Ok(found) => {
                    data.merge(found);
                    before = before.min(leaf.says);
                }
                Err(error) if !covered => return Err(error),
                Err(_) => {}
            }
        }
        if one.covered.is_time_stamp {
            (proven, covered) = (before, true);
        }
        all.push(one.covered.contents);
    }
    all.reverse();
    Ok((data, all))
}

/// A certificate that a signature rests on.
struct Leaf {
    certificate: Certificate,
    purpose: Purpose,
    /// When it had to be good.
    at: Timestamp,
    /// The moment that its signature names, for a time stamp.
    says: Timestamp,
}

/// The certificates of a signature and its time stamps; `proven` is when all of it existed at the latest.
fn leaves(held: &Held, proven: Timestamp) -> Vec<Leaf> {
    let stamps = held.tokens.iter().map(|token| Leaf {
        certificate: token.authority.clone(),
        purpose: Purpose::TimeStamping,
        at: proven,
        says: token.info.time,
    });
    let mut all: Vec<Leaf> = stamps.collect();
    if !held.covered.is_time_stamp {
        let at = held.tokens.iter().map(|token| token.info.time).min().unwrap_or(proven).min(proven);
        let certificate = held.signer.certificate.clone();
        all.push(Leaf { certificate, purpose: Purpose::DocumentSigning, at, says: proven });
    }
    all
}

async fn of_certificate(
    certificate: &Certificate,
    purpose: Purpose,
    moment: Moment,
    known: &mut Evidence,
    authorities: &Authorities,
) -> Result<ValidationData, PadesError> {
    let anchors = TrustAnchors::new(authorities.anchors.clone());
    let rules = PathRules { purpose, moment, revocation: RevocationRule::Ignored };
    let path = validate(certificate, &anchors, known, &rules)?;
    ask_about(&path, known, moment, authorities.transport.as_ref()).await;
    let rules = PathRules { revocation: RevocationRule::Required, ..rules };
    let path = validate(certificate, &anchors, known, &rules)?;
    let mut data = ValidationData { certificates: path.certificates.clone(), ..ValidationData::default() };
    for (source, issuer) in path.statuses.into_iter().zip(path.certificates.into_iter().skip(1)) {
        match source {
            Some(StatusSource::List(list)) => data.lists.push(list.der().to_vec()),
            Some(StatusSource::Ocsp(answer, responder)) => {
                data.ocsp.push(answer.der().to_vec());
                if let Some(responder) = responder {
                    // A responder that is not exempt needs its own proof.
                    let status = revocation_status(&responder, &issuer, known, moment, false).ok().flatten();
                    if let Some(StatusSource::List(list)) = status.filter(|_| !responder.has_ocsp_no_check()) {
                        data.lists.push(list.der().to_vec());
                    }
                    data.certificates.push(responder);
                }
            }
            Some(StatusSource::NoCheck) | None => {}
        }
    }
    Ok(data)
}

/// Asks for the status of every certificate below the anchor that is not known yet. Who does not answer leaves a gap
/// that the path will name.
pub(super) async fn ask_about(path: &ValidPath, known: &mut Evidence, moment: Moment, transport: &dyn Transport) {
    for (certificate, issuer) in path.certificates.iter().zip(path.certificates.iter().skip(1)) {
        if matches!(revocation_status(certificate, issuer, known, moment, true), Ok(Some(_)) | Err(_)) {
            continue;
        }
        if let Some(answer) = ask_responder(certificate, issuer, transport).await {
            let responder = answer.status(certificate, issuer, moment).ok().and_then(|told| told.responder);
            known.ocsp_answers.push(answer);
            match responder.filter(|responder| !responder.has_ocsp_no_check()) {
                None => continue,
                Some(responder) => known.revocation_lists.extend(read_list(&responder, transport).await),
            }
            if matches!(revocation_status(certificate, issuer, known, moment, true), Ok(Some(_)) | Err(_)) {
                continue;
            }
        }
        known.revocation_lists.extend(read_list(certificate, transport).await);
    }
}

async fn ask_responder(
    certificate: &Certificate,
    issuer: &Certificate,
    transport: &dyn Transport,
) -> Option<OcspAnswer> {
    let request = ocsp_request(certificate, issuer, None).ok()?;
    for address in certificate.ocsp_urls().iter().take(ADDRESSES) {
        let answer = transport.post(address, "application/ocsp-request", request.clone()).await;
        if let Some(answer) = answer.ok().and_then(|answer| OcspAnswer::from_der(&answer).ok()) {
            return Some(answer);
        }
    }
    None
}

async fn read_list(certificate: &Certificate, transport: &dyn Transport) -> Option<RevocationList> {
    for address in certificate.crl_urls().iter().take(ADDRESSES) {
        if let Some(list) = transport.get(address).await.ok().and_then(|list| RevocationList::from_bytes(&list).ok()) {
            return Some(list);
        }
    }
    None
}

/// The store of a file as evidence; what cannot be read is passed over.
pub(super) fn from_store(data: &ValidationData) -> Evidence {
    Evidence {
        certificates: data.certificates.clone(),
        revocation_lists: data.lists.iter().filter_map(|der| RevocationList::from_bytes(der).ok()).collect(),
        ocsp_answers: data.ocsp.iter().filter_map(|der| OcspAnswer::from_der(der).ok()).collect(),
    }
}
