//! Who may sign what, in which form. No input or output.

use crate::authority::giving::NewDelegation;
use crate::authority::model::{Delegation, Form, HeadMandate, Refusal, Signing, Term};
use crate::authority::settings::{AuthoritySettings, PLAIN_LETTER};
use haidang_contracts::actor::PersonId;
use haidang_contracts::papers::PartyCertificate;
use haidang_kernel::problem::FieldError;
use haidang_kernel::{text, time};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

impl Term {
    /// Whether it holds at a moment: its days include the day, it was written down before, and not ended yet. So the
    /// answer about an earlier moment is the one that was given then.
    pub fn holds(&self, at: Timestamp) -> bool {
        let day = time::civil(at).date();
        self.given_at <= at
            && self.ended_at.is_none_or(|ended| at < ended)
            && self.from <= day
            && self.to.is_none_or(|last| day <= last)
    }

    /// Whether it was known at a moment, in force or not.
    fn known(&self, at: Timestamp) -> bool {
        self.given_at <= at
    }

    /// Whether two terms have a moment in common. Somebody may follow on the day on which the one before was ended.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.begins() < other.ends() && other.begins() < self.ends()
    }

    fn begins(&self) -> Timestamp {
        time::at(self.from.at(0, 0, 0, 0)).max(self.given_at)
    }

    fn ends(&self) -> Timestamp {
        let after = self.to.map_or(Timestamp::MAX, |last| {
            last.tomorrow().map_or(Timestamp::MAX, |next| time::at(next.at(0, 0, 0, 0)))
        });
        self.ended_at.map_or(after, |ended| ended.min(after))
    }
}

/// On what a permission rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground<'g> {
    /// The person is the head.
    Head(&'g HeadMandate),
    /// The head let the person sign.
    Delegated(&'g HeadMandate, &'g Delegation),
}

impl Ground<'_> {
    /// The decision, rule or authorisation it rests on, in words.
    pub fn basis(&self) -> &str {
        match self {
            Self::Head(head) => &head.basis,
            Self::Delegated(_, delegation) => &delegation.basis,
        }
    }

    /// In which form.
    pub fn form(&self) -> Form {
        match self {
            Self::Head(head) if head.acting => Form::Acting,
            Self::Head(head) if head.collective.is_some() => Form::Collective,
            Self::Head(_) => Form::Head,
            Self::Delegated(_, delegation) => delegation.form,
        }
    }

    /// The block of the paper above the signature, made from what is on record and never typed.
    pub fn block_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match self {
            Self::Head(head) => {
                lines.extend(head.collective.as_ref().map(|body| format!("TM. {body}")));
                lines.push(if head.acting { format!("Q. {}", head.post) } else { head.post.clone() });
            }
            Self::Delegated(head, delegation) => {
                // A deputy signs what the collective body issues; an order or an authorisation is the head's own.
                if delegation.form == Form::InPlace {
                    lines.extend(head.collective.as_ref().map(|body| format!("TM. {body}")));
                }
                lines.push(format!("{}. {}", delegation.form.as_str(), delegation.from_post));
                lines.push(delegation.post.clone());
            }
        }
        lines
    }
}

impl Delegation {
    /// Whether it covers what is to be signed.
    pub fn covers(&self, what: &Signing<'_>) -> bool {
        let asked = if what.kind.is_empty() { PLAIN_LETTER } else { what.kind };
        let kind = self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == asked);
        let field = self.fields.is_empty() || self.fields.iter().any(|field| field == what.field);
        kind && field
    }

    /// Whether it counts under a head at a moment. Assignments of work and work rules are the organ's and outlive a
    /// change of its head; an authorisation is given by a person and ends with that head's mandate.
    pub fn in_force(&self, head: &HeadMandate, at: Timestamp) -> bool {
        self.term.holds(at) && (self.form != Form::Authorised || self.from_person == head.person)
    }

    /// A written authorisation rests on a document (Decree 30/2020/NĐ-CP, Article 13, clause 4).
    fn basis_missing(&self) -> bool {
        self.form == Form::Authorised && self.basis_document.as_deref().is_none_or(str::is_empty)
    }
}

/// Whether a person may sign by mandates and delegations of one agency; certificates are judged apart.
///
/// # Errors
/// The first refusal in the order: secret, head, delegation, its time, its content, its basis.
pub fn judge<'g>(
    person: &PersonId,
    heads: &'g [HeadMandate],
    delegations: &'g [Delegation],
    what: &Signing<'_>,
    at: Timestamp,
) -> Result<Ground<'g>, Refusal> {
    if what.secrecy > 0 {
        return Err(Refusal::SecretRefused);
    }
    let head = heads.iter().find(|head| head.term.holds(at)).ok_or(Refusal::NoMandate)?;
    if head.person == *person {
        return Ok(Ground::Head(head));
    }
    let known: Vec<&Delegation> =
        delegations.iter().filter(|one| one.person == *person && one.term.known(at)).collect();
    if known.is_empty() {
        return Err(Refusal::NoDelegation);
    }
    let in_force: Vec<&Delegation> = known.into_iter().filter(|one| one.in_force(head, at)).collect();
    if in_force.is_empty() {
        return Err(Refusal::DelegationExpired);
    }
    let covering: Vec<&Delegation> = in_force.into_iter().filter(|one| one.covers(what)).collect();
    if covering.is_empty() {
        return Err(Refusal::KindNotCovered);
    }
    // The most general form counts where several would do: a deputy signs as deputy.
    let mut sound: Vec<&Delegation> = covering.into_iter().filter(|one| !one.basis_missing()).collect();
    sound.sort_by_key(|one| one.form);
    sound.first().map(|one| Ground::Delegated(head, one)).ok_or(Refusal::BasisMissing)
}

/// Whether a certificate names a person: the same name, however its letters are composed or capitalised.
pub fn names(subject: &str, name: &str) -> bool {
    let plain = |value: &str| text::tidy(value).to_lowercase();
    plain(subject) == plain(name)
}

/// The certificate that held at a moment, among those somebody has or had.
///
/// # Errors
/// `CERT_MISSING` without any, `CERT_SUBJECT_MISMATCH` when all name somebody else, `CERT_EXPIRED` when none of the
/// rest was in force.
pub fn judge_certificates(
    candidates: Vec<PartyCertificate>,
    name: &str,
    at: Timestamp,
) -> Result<PartyCertificate, Refusal> {
    if candidates.is_empty() {
        return Err(Refusal::CertMissing);
    }
    let own: Vec<PartyCertificate> = candidates.into_iter().filter(|one| names(&one.subject, name)).collect();
    if own.is_empty() {
        return Err(Refusal::CertSubjectMismatch);
    }
    let moment = time::micros(at);
    own.into_iter().find(|one| one.not_before <= moment && moment <= one.not_after).ok_or(Refusal::CertExpired)
}

/// How the board of certificates sees one official.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CertificateState {
    /// There is none.
    Missing,
    /// It names somebody else.
    Mismatch,
    /// It is over.
    Expired,
    /// It begins later.
    Coming,
    /// It ends within the days of the pack.
    Expiring,
    /// Nothing to do.
    Fine,
}

impl CertificateState {
    /// The word in data and texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Mismatch => "mismatch",
            Self::Expired => "expired",
            Self::Coming => "coming",
            Self::Expiring => "expiring",
            Self::Fine => "fine",
        }
    }
}

/// The state of a certificate now, and the days that are left when it is in force.
pub fn certificate_state(
    certificate: Option<&PartyCertificate>,
    name: &str,
    now: Timestamp,
    warn_days: i64,
) -> (CertificateState, Option<i64>) {
    const DAY: i64 = 86_400_000_000;
    let Some(certificate) = certificate else { return (CertificateState::Missing, None) };
    let now = time::micros(now);
    if !names(&certificate.subject, name) {
        return (CertificateState::Mismatch, None);
    }
    if now > certificate.not_after {
        return (CertificateState::Expired, None);
    }
    if now < certificate.not_before {
        return (CertificateState::Coming, None);
    }
    let left = (certificate.not_after - now) / DAY;
    let state = if left < warn_days { CertificateState::Expiring } else { CertificateState::Fine };
    (state, Some(left))
}

/// Why one delegation does, or does not, let its holder sign something at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// It covers it.
    Covers,
    /// It was written down later.
    Unknown,
    /// Not in force on that day.
    NotInForce,
    /// For other kinds or fields.
    OtherContent,
    /// Without the document it must rest on.
    BasisMissing,
}

impl Fit {
    /// The word in texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Covers => "covers",
            Self::Unknown => "unknown",
            Self::NotInForce => "not-in-force",
            Self::OtherContent => "other-content",
            Self::BasisMissing => "basis-missing",
        }
    }
}

/// How one delegation was weighed.
pub fn fit(delegation: &Delegation, head: Option<&HeadMandate>, what: &Signing<'_>, at: Timestamp) -> Fit {
    if !delegation.term.known(at) {
        Fit::Unknown
    } else if !head.is_some_and(|head| delegation.in_force(head, at)) {
        Fit::NotInForce
    } else if !delegation.covers(what) {
        Fit::OtherContent
    } else if delegation.basis_missing() {
        Fit::BasisMissing
    } else {
        Fit::Covers
    }
}

/// Longest text of a basis or a reason.
pub const LONGEST: usize = 500;

/// What is wrong with the days of a mandate or delegation.
pub fn term_errors(from: Date, to: Option<Date>, today: Date) -> Vec<FieldError> {
    match to {
        Some(to) if to < from => vec![FieldError::new("to", "before_from")],
        Some(to) if to < today => vec![FieldError::new("to", "past")],
        _ => Vec::new(),
    }
}

/// What is wrong with a text that must be there.
pub fn text_errors(field: &str, typed: &str) -> Vec<FieldError> {
    let length = text::tidy(typed).chars().count();
    match length {
        0 => vec![FieldError::new(field, "missing")],
        length if length > LONGEST => vec![FieldError::new(field, "too_long")],
        _ => Vec::new(),
    }
}

/// What is wrong with a delegation by itself: a form that is given, a basis, and for a written authorisation its
/// document, its last day and its content.
pub fn delegation_errors(new: &NewDelegation, settings: &AuthoritySettings, today: Date) -> Vec<FieldError> {
    let mut errors = term_errors(new.from, new.to, today);
    errors.extend(text_errors("basis", &new.basis));
    errors.extend(text_errors("reason", &new.reason));
    let mut wrong = |field: &str, code: &'static str| errors.push(FieldError::new(field, code));
    match new.form {
        Form::InPlace => {}
        Form::ByOrder => {
            if new.kinds.is_empty() {
                wrong("kinds", "missing");
            }
        }
        Form::Authorised => {
            if new.basis_document.as_deref().is_none_or(|id| id.trim().is_empty()) {
                wrong("basis_document", "missing");
            }
            if new.to.is_none() {
                wrong("to", "missing");
            }
            if new.kinds.is_empty() && new.fields.is_empty() {
                wrong("kinds", "missing");
            }
        }
        Form::Head | Form::Collective | Form::Acting => wrong("form", "not_delegated"),
    }
    if !new.kinds.iter().all(|code| settings.knows_kind(code)) {
        wrong("kinds", "unknown");
    }
    if !new.fields.iter().all(|code| settings.knows_field(code)) {
        wrong("fields", "unknown");
    }
    errors
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn person(number: u8) -> PersonId {
        PersonId::parse(&format!("01900000-0000-7000-8000-0000000000{number:02}")).unwrap()
    }

    fn moment(day: u8) -> Timestamp {
        time::at(date(2026, 3, i8::try_from(day).unwrap()).at(12, 0, 0, 0))
    }

    fn term(from: u8, to: Option<u8>, ended: Option<u8>) -> Term {
        let day = |day: u8| date(2026, 3, i8::try_from(day).unwrap());
        Term { from: day(from), to: to.map(day), given_at: moment(1), ended_at: ended.map(moment) }
    }

    fn head(number: u8, collective: Option<&str>) -> HeadMandate {
        HeadMandate {
            id: "m".into(),
            agency: "a".into(),
            person: person(number),
            acting: false,
            post: "GIÁM ĐỐC".into(),
            collective: collective.map(str::to_owned),
            basis: "x".into(),
            term: term(1, None, None),
            end_reason: None,
        }
    }

    fn delegation(form: Form, kinds: &[&str], document: Option<&str>) -> Delegation {
        Delegation {
            id: form.as_str().into(),
            agency: "a".into(),
            person: person(2),
            form,
            from_person: person(1),
            from_post: "GIÁM ĐỐC".into(),
            post: "PHÓ GIÁM ĐỐC".into(),
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            fields: Vec::new(),
            basis: "x".into(),
            basis_document: document.map(str::to_owned),
            reason: "x".into(),
            term: term(5, Some(20), None),
            end_reason: None,
        }
    }

    const DECISION: Signing<'static> = Signing { kind: "QĐ", field: "land", secrecy: 0 };

    #[test]
    fn every_refusal_has_its_case() {
        let heads = [head(1, None)];
        let check = |delegations: &[Delegation], what: Signing<'_>, day: u8, expected: Result<&[&str], Refusal>| {
            let answer = judge(&person(2), &heads, delegations, &what, moment(day));
            let lines = answer.map(|ground| ground.block_lines());
            let expected = expected.map(|lines| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
            assert_eq!(lines, expected, "{what:?} on {day}");
        };
        let deputy = [delegation(Form::InPlace, &[], None)];
        check(&deputy, DECISION, 10, Ok(&["KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"]));
        check(&deputy, Signing { secrecy: 1, ..DECISION }, 10, Err(Refusal::SecretRefused));
        check(&[], DECISION, 10, Err(Refusal::NoDelegation));
        check(&deputy, DECISION, 4, Err(Refusal::DelegationExpired));
        check(&deputy, DECISION, 21, Err(Refusal::DelegationExpired));
        check(&[delegation(Form::ByOrder, &["TB"], None)], DECISION, 10, Err(Refusal::KindNotCovered));
        let elsewhere = Delegation { fields: vec!["health".into()], ..deputy[0].clone() };
        check(&[elsewhere], DECISION, 10, Err(Refusal::KindNotCovered));
        let bare = delegation(Form::Authorised, &[], None);
        check(std::slice::from_ref(&bare), DECISION, 10, Err(Refusal::BasisMissing));
        check(&[bare, deputy[0].clone()], DECISION, 10, Ok(&["KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"]));
        // An authorisation ends with the mandate of the head who gave it, an assignment of work does not.
        let authorised = delegation(Form::Authorised, &["QĐ"], Some("d1"));
        check(std::slice::from_ref(&authorised), DECISION, 10, Ok(&["TUQ. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"]));
        let successor = [head(3, None)];
        for (one, expected) in [(authorised, Err(Refusal::DelegationExpired)), (deputy[0].clone(), Ok(Form::InPlace))] {
            let answer = judge(&person(2), &successor, std::slice::from_ref(&one), &DECISION, moment(10));
            assert_eq!(answer.map(|ground| ground.form()), expected);
        }
        let nobody = judge(&person(2), &[], &deputy, &DECISION, moment(10));
        assert_eq!(nobody, Err(Refusal::NoMandate));
        // The same form under a collective body, and the head's own signature.
        let collective = [head(1, Some("ỦY BAN NHÂN DÂN"))];
        for (who, expected) in [
            (1, &["TM. ỦY BAN NHÂN DÂN", "GIÁM ĐỐC"][..]),
            (2, &["TM. ỦY BAN NHÂN DÂN", "KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"]),
        ] {
            let ground = judge(&person(who), &collective, &deputy, &DECISION, moment(10)).unwrap();
            assert_eq!(ground.block_lines(), expected);
        }
    }

    #[test]
    fn terms_hold_and_overlap_to_the_moment() {
        for (one, other, expected) in [
            (term(1, Some(5), None), term(5, None, None), true),
            (term(1, Some(4), None), term(5, None, None), false),
            (term(1, None, None), term(9, Some(9), None), true),
            (term(1, None, Some(9)), term(10, None, None), false),
            (term(1, None, Some(9)), Term { given_at: moment(9), ..term(9, None, None) }, false),
            (term(1, None, Some(10)), Term { given_at: moment(9), ..term(9, None, None) }, true),
        ] {
            assert_eq!(one.overlaps(&other), expected, "{one:?} {other:?}");
            assert_eq!(other.overlaps(&one), expected, "{other:?} {one:?}");
        }
        let given = Term { given_at: moment(7), ..term(1, Some(20), Some(15)) };
        for (day, expected) in [(6, false), (7, true), (14, true), (15, false), (21, false)] {
            assert_eq!(given.holds(moment(day)), expected, "{day}");
        }
    }

    #[test]
    fn certificates_are_weighed() {
        let certificate = |subject: &str, from: u8, to: u8| PartyCertificate {
            subject: subject.into(),
            issuer: "CA".into(),
            serial: "1".into(),
            not_before: time::micros(moment(from)),
            not_after: time::micros(moment(to)),
            source: "file".into(),
        };
        let name = "Nguyễn Văn Mẫu";
        for (candidates, expected) in [
            (vec![], Err(Refusal::CertMissing)),
            (vec![certificate("Trần Văn Khác", 1, 20)], Err(Refusal::CertSubjectMismatch)),
            (vec![certificate(name, 1, 5)], Err(Refusal::CertExpired)),
            (vec![certificate(name, 11, 20)], Err(Refusal::CertExpired)),
            (vec![certificate(name, 11, 20), certificate("NGUYỄN  VĂN MẪU", 1, 12)], Ok(())),
        ] {
            let answer = judge_certificates(candidates.clone(), name, moment(10)).map(|_| ());
            assert_eq!(answer, expected, "{candidates:?}");
        }
        for (certificate, expected) in [
            (None, (CertificateState::Missing, None)),
            (Some(certificate("Khác", 1, 20)), (CertificateState::Mismatch, None)),
            (Some(certificate(name, 1, 9)), (CertificateState::Expired, None)),
            (Some(certificate(name, 12, 20)), (CertificateState::Coming, None)),
            (Some(certificate(name, 1, 20)), (CertificateState::Expiring, Some(10))),
        ] {
            assert_eq!(certificate_state(certificate.as_ref(), name, moment(10), 30), expected);
        }
        let long = certificate(name, 1, 20);
        assert_eq!(certificate_state(Some(&long), name, moment(10), 10).0, CertificateState::Fine);
    }
}
