//! The forms by which a head is named and a delegation is given.

use super::{AUTHORITY, AgencyQuery, general, manages, message, people, typed_date};
use crate::authority::giving::{NewDelegation, NewMandate};
use crate::authority::model::Form;
use crate::frame::{agency_name, reader, tabs};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use askama::Template;
use axum::extract::State;
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::{FieldError, Problem, ProblemKind};
use haidang_ui::component::{Choices, DateField, Select, TextArea, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Fault, FormFields, Query, Visitor, encode, html, html_invalid, redirect};

/// Both forms: what is asked differs.
#[derive(Template)]
#[template(path = "authority_give.html")]
struct GivePage {
    page: Page,
    tabs: Html,
    errors: Vec<ErrorItem>,
    back: String,
    action: String,
    lead: String,
    agency: Html,
    questions: Vec<Html>,
    button: String,
}

/// What a form is made of.
struct Asking<'a> {
    room: &'a OfficeRoom,
    visitor: &'a Visitor,
    agency: &'a str,
    form: &'a FormFields,
    errors: Vec<ErrorItem>,
}

fn back(agency: &str) -> String {
    format!("{AUTHORITY}?{}", encode([("co_quan", agency)]))
}

impl Asking<'_> {
    async fn page(self, delegation: bool) -> Result<GivePage, Fault> {
        let reader = reader(self.visitor)?;
        if !manages(&reader, self.agency) {
            return Err(Problem::forbidden("not_allowed", "authority.manage is missing at this agency").into());
        }
        let (title, lead, button, address) = match delegation {
            true => ("authority-give-title", "authority-give-lead", "authority-give-button", "giao-quyen"),
            false => ("authority-head-title", "authority-head-lead", "authority-head-button", "nguoi-dung-dau"),
        };
        let mut page = self.visitor.page(t(self.visitor.lang, title, &[]), "documents");
        page.errors = !self.errors.is_empty();
        let questions = match delegation {
            true => self.delegation_questions(&page, &reader).await?,
            false => self.mandate_questions(&page).await?,
        };
        Ok(GivePage {
            tabs: tabs(self.visitor, AUTHORITY),
            back: back(self.agency),
            action: page.href(format!("{AUTHORITY}/{address}?{}", encode([("co_quan", self.agency)]))),
            lead: page.t(lead),
            agency: agency_name(self.room, &page, self.agency).await?,
            questions,
            button: page.t(button),
            errors: self.errors,
            page,
        })
    }

    fn field(&self, page: &Page, name: &str) -> Field {
        Field::new(page.lang, name, page.t(&format!("authority-field-{}", name.replace('_', "-")))).errors(&self.errors)
    }

    fn hinted(&self, page: &Page, name: &str) -> Field {
        self.field(page, name).hint(page.t(&format!("authority-hint-{}", name.replace('_', "-"))))
    }

    fn date(&self, page: &Page, name: &str, optional: bool) -> Html {
        let part = |part: &str| self.form.text(&format!("{name}.{part}")).to_owned();
        let mut field = self.hinted(page, name);
        field.optional = optional;
        let date = DateField::new(field);
        let today = self.room.ambient.today().to_string();
        let untouched = !self.form.has(&format!("{name}.day"));
        let date = if untouched && !optional {
            date.iso(&today)
        } else {
            date.values(part("day"), part("month"), part("year"))
        };
        Html::trusted(date.to_string())
    }

    fn basis(&self, page: &Page) -> Html {
        Html::trusted(
            TextInput::new(self.hinted(page, "basis")).value(self.form.text("basis")).maxlength(500).to_string(),
        )
    }

    async fn mandate_questions(&self, page: &Page) -> Result<Vec<Html>, Problem> {
        let staff = self.room.directory.staff(self.agency).await?;
        let person = Select::new(self.field(page, "person"), people(&staff, self.form.text("person")));
        let acting = vec![
            Choice::new("no", page.t("authority-acting-no")).checked(self.form.text("acting") != "yes"),
            Choice::new("yes", page.t("authority-acting-yes")).chosen(self.form.text("acting")),
        ];
        let acting = Choices::radios(self.field(page, "acting"), acting).small();
        Ok(vec![
            Html::trusted(person.to_string()),
            Html::trusted(acting.to_string()),
            self.basis(page),
            self.date(page, "from", false),
            self.date(page, "to", true),
        ])
    }

    async fn delegation_questions(&self, page: &Page, reader: &Reader<'_>) -> Result<Vec<Html>, Problem> {
        let staff = self.room.directory.staff(self.agency).await?;
        let today = self.room.ambient.now();
        let heads = self.room.heads(reader, self.agency).await?;
        // Heads of today and those to come: nobody else lets others sign.
        let heads: Vec<PersonId> = heads
            .into_iter()
            .filter(|head| head.term.holds(today) || head.term.from > self.room.ambient.today())
            .map(|head| head.person)
            .collect();
        let may_give: Vec<_> = staff.iter().filter(|member| heads.contains(&member.person)).cloned().collect();
        let from = Select::new(self.hinted(page, "from_person"), people(&may_give, self.form.text("from_person")));
        let person = Select::new(self.field(page, "person"), people(&staff, self.form.text("person")));
        let forms = [Form::InPlace, Form::ByOrder, Form::Authorised].map(|form| {
            let word = form.as_str();
            Choice::new(word, page.t(&format!("authority-form-{}", word.to_lowercase())))
                .hint(page.t(&format!("authority-form-hint-{}", word.to_lowercase())))
                .chosen(self.form.text("form"))
        });
        let forms = Choices::radios(self.field(page, "form"), forms.to_vec());
        let boxes = |name: &str, known: &[crate::authority::settings::Named]| {
            let chosen = self.form.all(name);
            let choices = known.iter().map(|named| {
                let text = match page.lang {
                    haidang_ui::Lang::Vi => &named.vi,
                    haidang_ui::Lang::En => &named.en,
                };
                Choice::new(&named.code, text).checked(chosen.contains(&named.code.as_str()))
            });
            Html::trusted(Choices::checkboxes(self.hinted(page, name), choices.collect()).small().to_string())
        };
        let mut document = self.hinted(page, "basis_document");
        document.optional = true;
        let document = TextInput::new(document).value(self.form.text("basis_document")).figures();
        let reason = TextArea::new(self.field(page, "reason")).value(self.form.text("reason")).rows(3).limit(500);
        let mut questions = vec![
            Html::trusted(from.to_string()),
            Html::trusted(person.to_string()),
            Html::trusted(forms.to_string()),
            boxes("kinds", &self.room.authority.kinds),
        ];
        if !self.room.authority.fields.is_empty() {
            questions.push(boxes("fields", &self.room.authority.fields));
        }
        questions.extend([
            self.basis(page),
            Html::trusted(document.to_string()),
            Html::trusted(reason.to_string()),
            self.date(page, "from", false),
            self.date(page, "to", true),
        ]);
        Ok(questions)
    }
}

/// The form of a delegation.
pub(crate) async fn show_delegation_form(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(query): Query<AgencyQuery>,
) -> Answer {
    show(&visitor, &room, &query, true).await
}

/// The form of a mandate.
pub(crate) async fn show_mandate_form(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(query): Query<AgencyQuery>,
) -> Answer {
    show(&visitor, &room, &query, false).await
}

async fn show(visitor: &Visitor, room: &OfficeRoom, query: &AgencyQuery, delegation: bool) -> Answer {
    let agency = query.agency(&reader(visitor)?)?;
    let form = FormFields::default();
    let asking = Asking { room, visitor, agency: &agency, form: &form, errors: Vec::new() };
    html(asking.page(delegation).await?)
}

/// A chosen person, or the fault of the field.
fn chosen(form: &FormFields, name: &str, errors: &mut Vec<FieldError>) -> Option<PersonId> {
    let person = PersonId::parse(form.text(name)).ok();
    if person.is_none() {
        errors.push(FieldError::new(name, "missing"));
    }
    person
}

/// A typed day; what is no day, and what is missing, is a fault of the field.
fn day(form: &FormFields, name: &str, needed: bool, errors: &mut Vec<FieldError>) -> Option<jiff::civil::Date> {
    match typed_date(form, name) {
        Ok(None) if needed => {
            errors.push(FieldError::new(name, "missing"));
            None
        }
        Ok(day) => day,
        Err(()) => {
            errors.push(FieldError::new(name, "no_date"));
            None
        }
    }
}

fn read_mandate(form: &FormFields) -> Result<NewMandate, Vec<FieldError>> {
    let mut errors = Vec::new();
    let person = chosen(form, "person", &mut errors);
    let (from, to) = (day(form, "from", true, &mut errors), day(form, "to", false, &mut errors));
    match (person, from) {
        (Some(person), Some(from)) if errors.is_empty() => {
            let (acting, basis) = (form.text("acting") == "yes", form.text("basis").to_owned());
            Ok(NewMandate { person, acting, basis, from, to })
        }
        _ => Err(errors),
    }
}

fn read_delegation(form: &FormFields) -> Result<NewDelegation, Vec<FieldError>> {
    let mut errors = Vec::new();
    let from_person = chosen(form, "from_person", &mut errors);
    let person = chosen(form, "person", &mut errors);
    let kind = Form::parse(form.text("form"));
    if kind.is_none() {
        errors.push(FieldError::new("form", "missing"));
    }
    let (from, to) = (day(form, "from", true, &mut errors), day(form, "to", false, &mut errors));
    let all = |name: &str| form.all(name).into_iter().map(str::to_owned).collect();
    match (from_person, person, kind, from) {
        (Some(from_person), Some(person), Some(kind), Some(from)) if errors.is_empty() => Ok(NewDelegation {
            from_person,
            person,
            form: kind,
            kinds: all("kinds"),
            fields: all("fields"),
            basis: form.text("basis").to_owned(),
            basis_document: form.filled("basis_document").map(str::to_owned),
            reason: form.text("reason").to_owned(),
            from,
            to,
        }),
        _ => Err(errors),
    }
}

/// Gives a delegation.
pub(crate) async fn give_delegation(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(query): Query<AgencyQuery>,
    form: FormFields,
) -> Answer {
    let reader = reader(&visitor)?;
    let agency = query.agency(&reader)?;
    let given = match read_delegation(&form) {
        Ok(new) => room.give_delegation(&reader, &agency, &new).await,
        Err(errors) => Err(Problem::invalid("authority_invalid", "fields are missing").with_errors(errors)),
    };
    match given {
        Ok(id) => redirect(visitor.lang, &format!("{AUTHORITY}/uy-quyen/{id}")),
        Err(problem) => again(&visitor, &room, &agency, &form, problem, true).await,
    }
}

/// Names a head.
pub(crate) async fn give_mandate(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(query): Query<AgencyQuery>,
    form: FormFields,
) -> Answer {
    let reader = reader(&visitor)?;
    let agency = query.agency(&reader)?;
    let given = match read_mandate(&form) {
        Ok(new) => room.give_mandate(&reader, &agency, &new).await,
        Err(errors) => Err(Problem::invalid("authority_invalid", "fields are missing").with_errors(errors)),
    };
    match given {
        Ok(id) => redirect(visitor.lang, &format!("{AUTHORITY}/nguoi-dung-dau/{id}")),
        Err(problem) => again(&visitor, &room, &agency, &form, problem, false).await,
    }
}

/// The form once more, with what was typed and what is wrong.
async fn again(
    visitor: &Visitor,
    room: &OfficeRoom,
    agency: &str,
    form: &FormFields,
    problem: Problem,
    delegation: bool,
) -> Answer {
    let page = visitor.page("", "documents");
    let errors = match problem.kind {
        ProblemKind::Invalid => problem.errors.iter().map(|one| message(&page, &one.field, &one.code)).collect(),
        ProblemKind::Conflict => vec![general(&page, problem.code)],
        _ => return Err(problem.into()),
    };
    let asking = Asking { room, visitor, agency, form, errors };
    html_invalid(asking.page(delegation).await?)
}
