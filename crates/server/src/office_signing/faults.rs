//! What went wrong, in the words of the contract: who has to do something about it decides the word.

use haidang_contracts::ContractError;
use haidang_documents::pades::{Code, PadesError};
use haidang_signing::path::{PathError, PathFault};
use haidang_signing::{Certificate, DocumentSignerError};
use haidang_trust::TrustError;

fn refused(code: &'static str, detail: impl ToString) -> ContractError {
    ContractError::Refused { code, detail: detail.to_string() }
}

/// Faults of a batch; `fields` are those that were being signed.
pub(super) fn of_batch(error: &PadesError, fields: &[String], own: &str, certificate: &Certificate) -> ContractError {
    match error {
        PadesError::Judged { field, .. } if fields.contains(field) => of_signing(error, field, certificate),
        _ => of_signing(error, own, certificate),
    }
}

/// Faults of one file, in which `field` is signed under `certificate`.
pub(super) fn of_signing(error: &PadesError, field: &str, certificate: &Certificate) -> ContractError {
    match error {
        PadesError::Pdf(error) => refused("file_unreadable", error),
        PadesError::FieldTaken(_)
        | PadesError::FieldMissing(_)
        | PadesError::FieldTooLate(_)
        | PadesError::Forbidden(_) => refused("field_not_free", error),
        PadesError::Font(_) | PadesError::Picture(_) => refused("text_unprintable", error),
        PadesError::NoTimeStamps => {
            ContractError::Unavailable("no time stamping authority: see signing.time_stamps".to_owned())
        }
        PadesError::TimeStamp(error) => ContractError::Unavailable(error.to_string()),
        PadesError::Path(error) => of_path(error, certificate),
        PadesError::Judged { field: judged, code } if judged == field => match code {
            Code::CertificateRevoked => refused("certificate_revoked", error),
            Code::CertificateExpired | Code::CertificateNotYetValid => refused("certificate_expired", error),
            Code::UntrustedAuthority | Code::CertificateUnfit => refused("certificate_untrusted", error),
            Code::RevocationUnknown | Code::TimeStampUntrusted => ContractError::Unavailable(error.to_string()),
            _ => ContractError::Internal(error.to_string()),
        },
        PadesError::Judged { .. } => refused("earlier_signature_invalid", error),
        PadesError::Signer(error) => of_signer(error),
        PadesError::Room { .. } | PadesError::Signed(_) | PadesError::Signing(_) => {
            ContractError::Internal(error.to_string())
        }
    }
}

fn of_path(error: &PathError, certificate: &Certificate) -> ContractError {
    if error.certificate != *certificate {
        return match error.fault {
            PathFault::RevocationUnknown => ContractError::Unavailable(error.to_string()),
            _ => refused("earlier_signature_invalid", error),
        };
    }
    match error.fault {
        PathFault::Revoked { .. } => refused("certificate_revoked", error),
        PathFault::Expired(_) | PathFault::NotYetValid(_) => refused("certificate_expired", error),
        PathFault::RevocationUnknown => ContractError::Unavailable(error.to_string()),
        _ => refused("certificate_untrusted", error),
    }
}

/// What the provider of a key says.
pub(super) fn of_signer(error: &DocumentSignerError) -> ContractError {
    match error {
        DocumentSignerError::NotAuthorised | DocumentSignerError::Refused(_) | DocumentSignerError::Batch(_) => {
            refused("signature_not_authorised", error)
        }
        DocumentSignerError::Transport(_) | DocumentSignerError::Answer(_) | DocumentSignerError::Signing(_) => {
            ContractError::Unavailable(error.to_string())
        }
    }
}

/// What the city's own authority says.
pub(super) fn of_trust(error: TrustError) -> ContractError {
    match error {
        // The name stands in no log: only which part of it does not fit.
        TrustError::Subject { .. } => refused("certificate_missing", error),
        other => ContractError::Internal(other.to_string()),
    }
}
