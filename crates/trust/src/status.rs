//! Questions and answers about certificates as data: OCSP (RFC 6960, RFC 5019, RFC 8954) and revocation lists (RFC 5280).

use crate::certificates::{Issuer, date_time, time, unsigned};
use crate::error::TrustError;
use crate::model::{CertificateRow, Reason};
use crate::rules;
use der::Decode as _;
use der::asn1::{GeneralizedTime, OctetString, Uint};
use der::oid::AssociatedOid as _;
use jiff::Timestamp;
use x509_cert::crl::{RevokedCert, TbsCertList};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber, CrlReason};
use x509_cert::ext::{AsExtension as _, Extension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_ocsp::ext::Nonce;
use x509_ocsp::{
    CertId, CertStatus, OcspGeneralizedTime, OcspRequest, ResponderId, ResponseData, RevokedInfo, SingleResponse,
};

/// Certificates asked about at once; clients ask about one, or about a path.
const MOST_ASKED: usize = 16;
/// RFC 8954, 2.1: 1 to 32 bytes.
const LONGEST_NONCE: usize = 32;

/// A question about certificates.
#[derive(Debug, Clone)]
pub struct Question {
    /// Which certificates.
    pub asked: Vec<CertId>,
    /// Ties the answer to this question.
    pub nonce: Option<Vec<u8>>,
}

/// What was sent is no question this responder answers (malformedRequest).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl Question {
    /// Reads a request. A signature of the asker is neither needed nor looked at.
    ///
    /// # Errors
    /// [`Malformed`] when it is none, asks about nothing or too much, or has a nonce of a forbidden length.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let request = OcspRequest::from_der(bytes).map_err(|_| Malformed)?.tbs_request;
        if request.request_list.is_empty() || request.request_list.len() > MOST_ASKED {
            return Err(Malformed);
        }
        let mut nonce = None;
        for extension in request.request_extensions.iter().flatten() {
            if extension.extn_id == Nonce::OID {
                let given = Nonce::from_der(extension.extn_value.as_bytes()).map_err(|_| Malformed)?;
                let given = given.0.as_bytes().to_vec();
                if given.is_empty() || given.len() > LONGEST_NONCE || nonce.replace(given).is_some() {
                    return Err(Malformed);
                }
            } else if extension.critical {
                return Err(Malformed);
            }
        }
        let singles = request.request_list.iter().flat_map(|one| one.single_request_extensions.iter().flatten());
        if singles.into_iter().any(|extension| extension.critical) {
            return Err(Malformed);
        }
        Ok(Self { asked: request.request_list.into_iter().map(|one| one.req_cert).collect(), nonce })
    }
}

/// Serial number of the certificate asked about, as stored.
pub fn serial_of(id: &CertId) -> String {
    rules::serial_text(id.serial_number.as_bytes())
}

/// What is known of one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Issued here and not revoked.
    Good,
    /// Revoked at a moment, for a reason.
    Revoked(Timestamp, Reason),
    /// Not issued here.
    Unknown,
}

impl Standing {
    /// What the record says; no record, no knowledge.
    pub fn of(row: Option<&CertificateRow>) -> Self {
        match row.map(|row| row.revoked) {
            None => Self::Unknown,
            Some(None) => Self::Good,
            Some(Some((at, reason))) => Self::Revoked(at, reason),
        }
    }

    fn to_status(self) -> Result<CertStatus, TrustError> {
        Ok(match self {
            Self::Good => CertStatus::good(),
            Self::Unknown => CertStatus::unknown(),
            Self::Revoked(at, reason) => CertStatus::revoked(RevokedInfo {
                revocation_time: moment(at)?,
                revocation_reason: reason_code(reason),
            }),
        })
    }
}

/// RFC 5280, 5.3.1: what is not said is left out.
fn reason_code(reason: Reason) -> Option<CrlReason> {
    match reason {
        Reason::Unspecified => None,
        Reason::KeyCompromise => Some(CrlReason::KeyCompromise),
        Reason::AffiliationChanged => Some(CrlReason::AffiliationChanged),
        Reason::Superseded => Some(CrlReason::Superseded),
        Reason::CessationOfOperation => Some(CrlReason::CessationOfOperation),
        Reason::PrivilegeWithdrawn => Some(CrlReason::PrivilegeWithdrawn),
    }
}

fn moment(at: Timestamp) -> Result<OcspGeneralizedTime, TrustError> {
    Ok(OcspGeneralizedTime(GeneralizedTime::from_date_time(date_time(at)?)))
}

/// What the responder is to sign: one standing for each certificate asked about, in their order.
///
/// # Errors
/// When a value does not fit its form.
pub fn answer(
    responder: &Name,
    standings: &[(CertId, Standing)],
    nonce: Option<&[u8]>,
    now: Timestamp,
    until: Timestamp,
) -> Result<ResponseData, TrustError> {
    let single = |(id, standing): &(CertId, Standing)| -> Result<SingleResponse, TrustError> {
        Ok(SingleResponse {
            cert_id: id.clone(),
            cert_status: standing.to_status()?,
            this_update: moment(now)?,
            next_update: Some(moment(until)?),
            single_extensions: None,
        })
    };
    let nonce = nonce
        .map(|given| -> Result<Extension, TrustError> { Ok(Nonce::new(given)?.to_extension(&Name::default(), &[])?) });
    Ok(ResponseData {
        version: x509_ocsp::Version::default(),
        responder_id: ResponderId::ByName(responder.clone()),
        produced_at: moment(now)?,
        responses: standings.iter().map(single).collect::<Result<_, _>>()?,
        response_extensions: nonce.transpose()?.map(|nonce| vec![nonce]),
    })
}

/// What an authority is to sign as its list of revoked certificates.
///
/// # Errors
/// When a value does not fit its form.
pub fn list(
    issuer: &Issuer,
    number: i64,
    revoked: &[CertificateRow],
    now: Timestamp,
    until: Timestamp,
) -> Result<TbsCertList, TrustError> {
    let entries = revoked.iter().filter_map(|row| row.revoked.map(|(at, reason)| entry(row, at, reason)));
    let entries: Vec<RevokedCert> = entries.collect::<Result<_, _>>()?;
    let key_identifier = Some(OctetString::new(issuer.key_id.clone())?);
    let key = AuthorityKeyIdentifier { key_identifier, ..AuthorityKeyIdentifier::default() };
    let number = CrlNumber(Uint::new(&number.to_be_bytes())?);
    let extensions = vec![key.to_extension(&Name::default(), &[])?, number.to_extension(&Name::default(), &[])?];
    Ok(TbsCertList {
        version: x509_cert::Version::V2,
        signature: unsigned(),
        issuer: issuer.name.clone(),
        this_update: time(now)?,
        next_update: Some(time(until)?),
        // RFC 5280, 5.1.2.6: an empty list is left out.
        revoked_certificates: (!entries.is_empty()).then_some(entries),
        crl_extensions: Some(extensions),
    })
}

fn entry(row: &CertificateRow, at: Timestamp, reason: Reason) -> Result<RevokedCert, TrustError> {
    let serial = data_encoding::HEXUPPER
        .decode(row.serial.as_bytes())
        .map_err(|_| TrustError::Request("a stored serial number is not hexadecimal"))?;
    let reason = reason_code(reason).map(|code| code.to_extension(&Name::default(), &[])).transpose()?;
    Ok(RevokedCert {
        serial_number: SerialNumber::new(&serial)?,
        revocation_date: time(at)?,
        crl_entry_extensions: reason.map(|reason| vec![reason]),
    })
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
