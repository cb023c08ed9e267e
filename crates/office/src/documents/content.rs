//! What is typed in the form of a draft, checked and understood.

use super::model::{Content, Course, Recipient};
use super::settings::Settings;
use haidang_contracts::identity::{Agency, StaffMember};
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_web::FormFields;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

/// Longest subject (Appendix VI: Subject S500).
const SUBJECT: usize = 500;
/// Longest name of a receiver (Appendix VI: OrganName S200).
const NAME: usize = 200;
/// Most receivers of one document.
const RECEIVERS: usize = 500;
/// Most legal bases.
const BASES: usize = 50;
/// Longest text of a document, in characters.
const BODY: usize = 200_000;
/// Letters of an `OrganId`.
const ORGAN_ID: usize = 13;

/// A draft as it is typed; lists are one item a line.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DraftForm {
    /// Code of the agency in whose name it is drafted; may be left out by whoever has one post.
    pub agency: String,
    /// `out` or `internal`.
    pub course: String,
    /// Id of the kind, such as `quyet_dinh`.
    pub kind: String,
    /// Field of work.
    pub field: String,
    /// Trích yếu.
    pub subject: String,
    /// 0 thường, 1 khẩn, 2 thượng khẩn, 3 hỏa tốc.
    pub urgency: i64,
    /// 0; anything else is a state secret and refused.
    pub secrecy: i64,
    /// When an answer is due, `YYYY-MM-DD`.
    pub due_on: String,
    /// Receivers: the name or code of an organ of this city, `OrganId` and name of another, or any name for paper.
    pub recipients: String,
    /// Legal bases.
    pub bases: String,
    /// The text.
    pub body: String,
    /// Opaque id of whoever is to sign.
    pub signer: String,
    /// What changed in this version.
    pub note: String,
}

impl DraftForm {
    /// From the fields of the page.
    pub(crate) fn of_fields(form: &FormFields) -> Self {
        let text = |name: &str| form.text(name).to_owned();
        // A number that is none is a wrong choice, never a silent nought.
        let number = |name: &str| form.filled(name).map_or(0, |word| word.trim().parse().unwrap_or(-1));
        Self {
            agency: text("agency"),
            course: text("course"),
            kind: text("kind"),
            field: text("field"),
            subject: text("subject"),
            urgency: number("urgency"),
            secrecy: number("secrecy"),
            due_on: text("due_on"),
            recipients: text("recipients"),
            bases: text("bases"),
            body: text("body"),
            signer: text("signer"),
            note: text("note"),
        }
    }

    /// The form with what a version says.
    pub(crate) fn of_content(agency: &str, content: &Content) -> Self {
        Self {
            agency: agency.to_owned(),
            course: content.course.as_str().to_owned(),
            kind: content.kind.clone(),
            field: content.field.clone().unwrap_or_default(),
            subject: content.subject.clone(),
            urgency: content.urgency,
            secrecy: 0,
            due_on: content.due_on.map(|day| day.to_string()).unwrap_or_default(),
            recipients: content.recipients.iter().map(Recipient::line).collect::<Vec<_>>().join("\n"),
            bases: content.bases.join("\n"),
            body: content.body.clone(),
            signer: content.signer.clone(),
            note: String::new(),
        }
    }
}

fn lines(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines().map(text::tidy).filter(|line| !line.is_empty())
}

fn is_organ_id(word: &str) -> bool {
    word.chars().count() == ORGAN_ID
        && word.split('.').count() == 4
        && word.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase() || c == '.')
}

/// Whom a line means: an organ of the city by its code or name, another by its `OrganId`, else somebody on paper.
pub(crate) fn recipient(line: &str, agencies: &[Agency]) -> Recipient {
    let wanted = text::nfc(line).to_lowercase();
    let same = |agency: &&Agency| agency.code == line || text::nfc(&agency.name_vi).to_lowercase() == wanted;
    if let Some(agency) = agencies.iter().find(same) {
        return Recipient::City { agency: agency.code.clone(), name: agency.name_vi.clone() };
    }
    match line.split_once(' ') {
        Some((word, name)) if is_organ_id(word) && !name.trim().is_empty() => {
            Recipient::Organ { organ_id: word.to_owned(), name: name.trim().to_owned() }
        }
        _ => Recipient::Paper { name: line.to_owned() },
    }
}

/// A legal basis without the mark at its end: the paper puts its own.
fn basis(line: &str) -> String {
    line.trim_end_matches([';', '.', ',', ' ']).to_owned()
}

struct Checked<'p>(&'p mut Problem);

impl Checked<'_> {
    fn fault(&mut self, field: &str, code: &'static str) {
        self.0.errors.push(haidang_kernel::problem::FieldError::new(field, code));
    }

    fn demand(&mut self, met: bool, field: &str, code: &'static str) {
        if !met {
            self.fault(field, code);
        }
    }
}

fn recipients(form: &DraftForm, course: Course, agencies: &[Agency], checked: &mut Checked<'_>) -> Vec<Recipient> {
    let mut list: Vec<Recipient> = Vec::new();
    for line in lines(&form.recipients) {
        let one = recipient(&line, agencies);
        // The same organ twice would receive the document twice.
        if !list.contains(&one) {
            list.push(one);
        }
    }
    checked.demand(course == Course::Internal || !list.is_empty(), "recipients", "required");
    checked.demand(list.len() <= RECEIVERS, "recipients", "too_many");
    checked.demand(list.iter().all(|one| one.name().chars().count() <= NAME), "recipients", "too_long");
    list
}

/// The content that a form means.
///
/// # Errors
/// `secret_refused` for anything secret; `draft_invalid` with every wrong field.
pub(crate) fn content(
    form: &DraftForm,
    settings: &Settings,
    agencies: &[Agency],
    staff: &[StaffMember],
) -> Result<Content, Problem> {
    if form.secrecy != 0 {
        let problem = Problem::invalid("secret_refused", "state secrets are not handled by this system");
        return Err(problem.field("secrecy", "secret_refused"));
    }
    let mut problem = Problem::invalid("draft_invalid", "something in the draft is missing or wrong");
    let mut checked = Checked(&mut problem);
    let course = match form.course.as_str() {
        "internal" => Course::Internal,
        "out" => Course::Out,
        _ => {
            checked.fault("course", "required");
            Course::Out
        }
    };
    checked.demand(settings.kind(&form.kind).is_some(), "kind", "required");
    let subject = text::tidy(&form.subject);
    checked.demand(!subject.is_empty(), "subject", "required");
    checked.demand(subject.chars().count() <= SUBJECT, "subject", "too_long");
    checked.demand((0..=3).contains(&form.urgency), "urgency", "unknown");
    let due_on = text::tidy(&form.due_on);
    let due_on = (!due_on.is_empty()).then(|| due_on.parse::<Date>());
    checked.demand(!matches!(due_on, Some(Err(_))), "due_on", "no_date");
    let list = recipients(form, course, agencies, &mut checked);
    let bases: Vec<String> = lines(&form.bases).map(|line| basis(&line)).filter(|line| !line.is_empty()).collect();
    checked.demand(bases.len() <= BASES && bases.iter().all(|one| one.chars().count() <= SUBJECT), "bases", "too_long");
    let body = text::nfc(form.body.trim());
    checked.demand(!body.is_empty(), "body", "required");
    checked.demand(body.chars().count() <= BODY, "body", "too_long");
    let leader = staff
        .iter()
        .find(|member| member.person.as_str() == form.signer && member.capabilities.contains(super::access::SIGN));
    checked.demand(leader.is_some(), "signer", "required");
    if !problem.errors.is_empty() {
        return Err(problem);
    }
    let field = text::tidy(&form.field);
    Ok(Content {
        course,
        kind: form.kind.clone(),
        field: (!field.is_empty()).then_some(field),
        subject,
        urgency: form.urgency,
        due_on: due_on.and_then(Result::ok),
        recipients: list,
        bases,
        body,
        signer: form.signer.clone(),
        signer_name: leader.map(|member| member.name.clone()).unwrap_or_default(),
        annexes: Vec::new(),
        source: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agency(code: &str, name: &str) -> Agency {
        Agency {
            code: code.into(),
            kind: "department".into(),
            name_vi: name.into(),
            name_en: String::new(),
            parent: None,
            commune_code: None,
            valid_from: None,
            valid_to: None,
            successor: None,
        }
    }

    #[test]
    fn a_line_means_an_organ_here_elsewhere_or_paper() {
        let agencies = [agency("H24.S01", "Sở Nội vụ")];
        let here = Recipient::City { agency: "H24.S01".into(), name: "Sở Nội vụ".into() };
        let check = |line: &str, expected: Recipient| assert_eq!(recipient(line, &agencies), expected, "{line}");
        check("H24.S01", here.clone());
        check("sở nội vụ", here);
        let elsewhere = Recipient::Organ { organ_id: "000.00.00.H41".into(), name: "UBND tỉnh khác".into() };
        check("000.00.00.H41 UBND tỉnh khác", elsewhere.clone());
        assert_eq!(recipient(&elsewhere.line(), &agencies), elsewhere);
        check("Ông Nguyễn Văn Mẫu", Recipient::Paper { name: "Ông Nguyễn Văn Mẫu".into() });
        check("000.00.00 UBND", Recipient::Paper { name: "000.00.00 UBND".into() });
    }

    #[test]
    fn every_wrong_field_is_named_and_secrets_are_refused_first() {
        let settings = Settings::default();
        let problem = content(&DraftForm::default(), &settings, &[], &[]).map(drop);
        let fields: Vec<String> =
            problem.err().map(|p| p.errors.into_iter().map(|e| e.field).collect()).unwrap_or_default();
        assert_eq!(fields, ["course", "kind", "subject", "recipients", "body", "signer"]);
        let secret = DraftForm { secrecy: 1, ..DraftForm::default() };
        assert_eq!(
            content(&secret, &settings, &[], &[]).map(drop).err().map(|p| p.code),
            Some("secret_refused")
        );
    }
}
