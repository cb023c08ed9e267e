//! Time stamp tokens: asking for one, and whether one fits.

use haidang_kernel::ambient::Ambient;
use haidang_signing::cms::SignedData;
use haidang_signing::time_stamp::{ID_TST_INFO, Imprint, TimeStampError, TimeStampInfo, TimeStampRequest, token_of};
use haidang_signing::{Certificate, DigestAlgorithm};

use super::transport::Transport;
use super::PadesError;

/// A token whose signature holds, over the expected imprint. Whether its authority deserves trust is the path's matter.
#[derive(Debug, Clone)]
pub(super) struct CheckedToken {
    pub(super) info: TimeStampInfo,
    pub(super) authority: Certificate,
    pub(super) certificates: Vec<Certificate>,
}

/// Checks a token; `digest_of` gives the digest of what was stamped under the hash of the token.
pub(super) fn check(
    token: &[u8],
    more: &[Certificate],
    digest_of: impl FnOnce(DigestAlgorithm) -> Result<Vec<u8>, PadesError>,
) -> Result<CheckedToken, PadesError> {
    let signed = SignedData::parse(token)?.with_certificates(more);
    if signed.content_type() != ID_TST_INFO {
        return Err(TimeStampError::Malformed("another kind of content").into());
    }
    let signer = signed.verify_encapsulated()?;
    let info = TimeStampInfo::from_der(signed.content().unwrap_or_default())?;
    if info.imprint.digest != digest_of(info.imprint.algorithm)? {
        return Err(PadesError::OtherImprint);
    }
    let certificates = signed.certificates().to_vec();
    Ok(CheckedToken { info, authority: signer.certificate, certificates })
}

/// Asks an authority to stamp a SHA-256 digest; the token answers this request and no other.
pub(super) async fn ask(
    transport: &dyn Transport,
    address: &str,
    digest: &[u8],
    ambient: &Ambient,
) -> Result<Vec<u8>, PadesError> {
    let imprint = Imprint { algorithm: DigestAlgorithm::Sha256, digest: digest.to_vec() };
    let request = TimeStampRequest::new(imprint, ambient.bytes(), None);
    let answer = transport.post(address, "application/timestamp-query", request.to_der()?).await?;
    let token = token_of(&answer)?;
    let checked = check(&token, &[], |algorithm| {
        if algorithm == DigestAlgorithm::Sha256 { Ok(digest.to_vec()) } else { Err(PadesError::OtherImprint) }
    })?;
    if checked.info.nonce != request.nonce {
        return Err(PadesError::OtherImprint);
    }
    Ok(token)
}
