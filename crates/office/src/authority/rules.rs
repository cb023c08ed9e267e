//! Who may sign what, in which form. No input or output.

use crate::authority::giving::NewDelegation;
use crate::authority::model::{Delegation, Form, HeadMandate, Refusal, Signing, Term};
use crate::authority::settings::{AuthoritySettings, PLAIN_LETTER};
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::FieldError;
use haidang_kernel::{text, time};
use jiff::Timestamp;
use jiff::civil::Date;

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
    let in_force: Vec<&Delegation> = known.into_iter().filter(|one| one.term.holds(at)).collect();
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
