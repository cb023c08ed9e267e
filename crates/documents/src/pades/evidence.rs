//! Collecting what a reader will need: paths, and that nobody on them was revoked.

use haidang_signing::cms::SignedData;
use haidang_signing::path::{
    Evidence, PathRules, Purpose, RevocationRule, StatusSource, TrustAnchors, ValidPath, revocation_status, validate,
};
use haidang_signing::revocation::{Moment, OcspAnswer, RevocationList, ocsp_request};
use haidang_signing::time_stamp::TimeStamp;
use haidang_signing::{Certificate, Transport};

use super::PadesError;
use super::sign::Authorities;
use super::store::{ValidationData, read_store};
use super::validate::held_signatures;
use crate::pdf::PdfFile;

/// Most addresses asked for one certificate.
const ADDRESSES: usize = 3;

/// Everything for one signature, given its signed data and who signed.
pub(super) async fn of_signature(
    signed_data: &[u8],
    signer: &Certificate,
    chain: &[Certificate],
    authorities: &Authorities,
) -> Result<ValidationData, PadesError> {
    let signed = SignedData::parse(signed_data)?;
    let mut known = Evidence { certificates: signed.certificates().to_vec(), ..Evidence::default() };
    known.certificates.extend_from_slice(chain);
    let mut leaves = vec![(signer.clone(), Purpose::DocumentSigning)];
    for token in signed.time_stamps() {
        let stamp = TimeStamp::read(token, chain)?;
        known.certificates.extend_from_slice(&stamp.certificates);
        leaves.push((stamp.authority, Purpose::TimeStamping));
    }
    of_leaves(leaves, known, authorities).await
}

/// Everything for all signatures of a file that hold, with their `/Contents`.
pub(super) async fn of_file(
    file: &PdfFile,
    authorities: &Authorities,
) -> Result<(ValidationData, Vec<Vec<u8>>), PadesError> {
    let store = read_store(&file.newest())?;
    let mut known = from_store(&store);
    let (mut leaves, mut all) = (Vec::new(), Vec::new());
    for held in held_signatures(file, &store.certificates)? {
        known.certificates.extend_from_slice(&held.certificates);
        for token in &held.tokens {
            known.certificates.extend_from_slice(&token.certificates);
            leaves.push((token.authority.clone(), Purpose::TimeStamping));
        }
        if !held.covered.is_time_stamp {
            leaves.push((held.signer.certificate, Purpose::DocumentSigning));
        }
        all.push(held.covered.contents);
    }
    Ok((of_leaves(leaves, known, authorities).await?, all))
}

async fn of_leaves(
    leaves: Vec<(Certificate, Purpose)>,
    mut known: Evidence,
    authorities: &Authorities,
) -> Result<ValidationData, PadesError> {
    let mut data = ValidationData::default();
    for (certificate, purpose) in leaves {
        data.merge(of_certificate(&certificate, purpose, &mut known, authorities).await?);
    }
    Ok(data)
}

async fn of_certificate(
    certificate: &Certificate,
    purpose: Purpose,
    known: &mut Evidence,
    authorities: &Authorities,
) -> Result<ValidationData, PadesError> {
    let anchors = TrustAnchors::new(authorities.anchors.clone());
    let moment = Moment::now(authorities.ambient.now());
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
