//! Whether a signature on an issued document was competent. No input or output.

use crate::authority::Refusal;
use crate::authority::rules::names;
use haidang_contracts::papers::{JudgedAs, JudgedSignature};

/// Longest name in a certificate (RFC 5280, appendix A.1), in characters: longer names of organs are cut there.
const CERTIFIED: usize = 64;

/// What the books say of the signatures of one document.
#[derive(Debug, Clone, Default)]
pub(super) struct Books {
    /// The signer's name then and now.
    pub(super) signer: Vec<String>,
    /// The organ's name when it issued, and now.
    pub(super) organ: Vec<String>,
    /// Whether the organ's key closed this very file.
    pub(super) sealed: bool,
    /// Who put initials on the paper.
    pub(super) initials: Vec<String>,
}

/// In which part a signature stands, by the name of its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The competent person.
    Officer,
    /// The organ.
    Organ,
    /// Ký nháy.
    Initials,
    /// Whatever came later, by whomever.
    Other,
}

/// The part of a field.
pub(super) fn part(field: &str) -> Part {
    match field {
        "officer" => Part::Officer,
        "organ" => Part::Organ,
        field if field.starts_with("initials") => Part::Initials,
        _ => Part::Other,
    }
}

/// Why a signature was competent or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// The person might sign: the block as printed and what it rests on.
    Granted(String, String),
    /// The person might not.
    Refused(Refusal),
    /// The certificate names somebody else than the books.
    OtherSigner,
    /// The seal is the organ's.
    Seal,
    /// The seal names another organ.
    OtherOrgan,
    /// The books do not say that the organ closed this file.
    NotSealedHere,
    /// Initials of a reviewer.
    Initials,
    /// Initials of somebody the books do not name, or a signature they do not know.
    NotInBooks,
    /// The signature itself does not hold.
    Broken,
    /// Nobody can say who signed.
    Unproven,
    /// The competent person has not signed.
    OfficerMissing,
    /// The organ has not signed.
    OrganMissing,
}

impl Why {
    /// The answer that follows.
    pub(super) fn answer(&self) -> JudgedAs {
        match self {
            Self::Granted(..) | Self::Seal | Self::Initials => JudgedAs::Valid,
            Self::Refused(_) | Self::OtherSigner | Self::OtherOrgan | Self::OfficerMissing | Self::OrganMissing => {
                JudgedAs::Invalid
            }
            Self::NotSealedHere | Self::NotInBooks | Self::Broken | Self::Unproven => JudgedAs::Unknown,
        }
    }

    /// Its stable code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Granted(..) => "granted",
            Self::Refused(refusal) => refusal.problem_code(),
            Self::OtherSigner => "other_signer",
            Self::Seal => "seal",
            Self::OtherOrgan => "other_organ",
            Self::NotSealedHere => "not_sealed_here",
            Self::Initials => "initials",
            Self::NotInBooks => "not_in_books",
            Self::Broken => "signature_broken",
            Self::Unproven => "signer_unproven",
            Self::OfficerMissing => "officer_missing",
            Self::OrganMissing => "organ_missing",
        }
    }
}

fn named(subject: &str, known: &[String]) -> bool {
    known.iter().any(|name| {
        let certified: String = name.chars().take(CERTIFIED).collect();
        names(subject, name) || names(subject, &certified)
    })
}

/// Weighs one signature; `granted` is what authority said at its time, with the block and the basis.
pub(super) fn weigh(one: &JudgedSignature, books: &Books, granted: Result<(String, String), Refusal>) -> Why {
    if one.integrity == JudgedAs::Invalid || one.identity == JudgedAs::Invalid {
        return Why::Broken;
    }
    if one.identity == JudgedAs::Unknown {
        return Why::Unproven;
    }
    match part(&one.field) {
        Part::Officer if !named(&one.signer, &books.signer) => Why::OtherSigner,
        Part::Officer => match granted {
            Ok((block, basis)) => Why::Granted(block, basis),
            Err(refusal) => Why::Refused(refusal),
        },
        Part::Organ if !named(&one.signer, &books.organ) => Why::OtherOrgan,
        Part::Organ if !books.sealed => Why::NotSealedHere,
        Part::Organ => Why::Seal,
        Part::Initials if named(&one.signer, &books.initials) => Why::Initials,
        Part::Initials | Part::Other => Why::NotInBooks,
    }
}

/// The answer about the document: the competent person and the organ must both have signed; of what they did the worst
/// counts. Initials are a check of the draft and decide nothing.
pub(super) fn whole(weighed: &[(Part, Why)]) -> Why {
    let of = |wanted: Part| weighed.iter().filter(move |(part, _)| *part == wanted).map(|(_, why)| why);
    if of(Part::Officer).next().is_none() {
        return Why::OfficerMissing;
    }
    if of(Part::Organ).next().is_none() {
        return Why::OrganMissing;
    }
    let deciding: Vec<&Why> = of(Part::Officer).chain(of(Part::Organ)).collect();
    let first = |answer: JudgedAs| deciding.iter().find(|why| why.answer() == answer);
    let worst = first(JudgedAs::Invalid).or_else(|| first(JudgedAs::Unknown)).or_else(|| deciding.first());
    worst.map_or(Why::OfficerMissing, |why| (*why).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books() -> Books {
        Books {
            signer: vec!["Nguyễn Văn Mẫu".to_owned()],
            organ: vec!["Ủy ban nhân dân xã Mẫu".to_owned()],
            sealed: true,
            initials: vec!["Trần Thị Nháy".to_owned()],
        }
    }

    fn signature(field: &str, signer: &str) -> JudgedSignature {
        JudgedSignature {
            field: field.to_owned(),
            integrity: JudgedAs::Valid,
            identity: JudgedAs::Valid,
            signer: signer.to_owned(),
            stamped_at: None,
            level: "B-T".to_owned(),
            remarks: Vec::new(),
        }
    }

    fn granted() -> Result<(String, String), Refusal> {
        Ok(("CHỦ TỊCH".to_owned(), "Quyết định số 1".to_owned()))
    }

    #[test]
    fn each_signature_is_weighed_by_its_part() {
        let long = "Ủy ban nhân dân ".repeat(6);
        let check =
            |one: JudgedSignature, granted: Result<(String, String), Refusal>, books: &Books, expected: &str| {
                let why = weigh(&one, books, granted);
                assert_eq!(why.code(), expected, "{one:?}");
            };
        let officer = signature("officer", "nguyễn  văn mẫu");
        check(officer.clone(), granted(), &books(), "granted");
        check(officer.clone(), Err(Refusal::KindNotCovered), &books(), "kind_not_covered");
        check(signature("officer", "Lê Khác"), granted(), &books(), "other_signer");
        check(signature("organ", "Ủy ban nhân dân xã Mẫu"), granted(), &books(), "seal");
        check(signature("organ", "Sở Khác"), granted(), &books(), "other_organ");
        let elsewhere = Books { sealed: false, ..books() };
        check(signature("organ", "Ủy ban nhân dân xã Mẫu"), granted(), &elsewhere, "not_sealed_here");
        let cut: String = long.chars().take(64).collect();
        let named = Books { organ: vec![long.clone()], ..books() };
        check(signature("organ", cut.trim()), granted(), &named, "seal");
        check(signature("initials1", "Trần Thị Nháy"), granted(), &books(), "initials");
        check(signature("initials1", "Ai Đó"), granted(), &books(), "not_in_books");
        check(signature("second", "Nguyễn Văn Mẫu"), granted(), &books(), "not_in_books");
        check(
            JudgedSignature { integrity: JudgedAs::Invalid, ..officer.clone() },
            granted(),
            &books(),
            "signature_broken",
        );
        check(JudgedSignature { identity: JudgedAs::Unknown, ..officer }, granted(), &books(), "signer_unproven");
    }

    #[test]
    fn both_must_sign_and_the_worst_decides() {
        let granted = || Why::Granted("B".to_owned(), "C".to_owned());
        let check =
            |weighed: &[(Part, Why)], expected: &str| assert_eq!(whole(weighed).code(), expected, "{weighed:?}");
        check(&[], "officer_missing");
        check(&[(Part::Officer, granted())], "organ_missing");
        check(&[(Part::Organ, Why::Seal)], "officer_missing");
        check(&[(Part::Officer, granted()), (Part::Organ, Why::Seal)], "granted");
        check(&[(Part::Initials, Why::NotInBooks), (Part::Officer, granted()), (Part::Organ, Why::Seal)], "granted");
        check(&[(Part::Officer, Why::Unproven), (Part::Organ, Why::OtherOrgan)], "other_organ");
        check(&[(Part::Officer, Why::Unproven), (Part::Organ, Why::Seal)], "signer_unproven");
    }
}
