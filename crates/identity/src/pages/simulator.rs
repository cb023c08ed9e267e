//! The simulated national e-identity: demonstration and test cities only, and it says so.

use super::{Next, audit, signed_in};
use crate::room::{IdentityRoom, StoredPerson};
use askama::Template;
use axum::extract::State;
use haidang_kernel::number::CitizenNo;
use haidang_store::{AuditEntry, StoreError};
use haidang_ui::component::{Choices, Component as _, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Page, t};
use haidang_web::session::{self, SignIn};
use haidang_web::{Answer, FormFields, Query, Visitor, html, html_invalid, redirect, return_path};

#[derive(Template)]
#[template(path = "simulator.html")]
struct SimulatorPage {
    page: Page,
    errors: Vec<ErrorItem>,
    people: Choices,
    next: String,
}

/// People shown for picking.
const SHOWN: i64 = 6;
/// Value of the choice "another number".
const OTHER: &str = "other";

async fn build(
    visitor: &Visitor,
    room: &IdentityRoom,
    next: String,
    form: &FormFields,
    error: Option<String>,
) -> Result<SimulatorPage, StoreError> {
    let lang = visitor.lang;
    let mut page = visitor.page(t(lang, "identity-simulator-title", &[]), "");
    let chosen = form.text("person");
    let errors: Vec<ErrorItem> = error
        .map(|message| ErrorItem::of(if chosen == OTHER { "citizen_no" } else { "person" }, message))
        .into_iter()
        .collect();
    page.errors = !errors.is_empty();
    let mut choices: Vec<Choice> = room
        .sample_citizens(SHOWN)
        .await?
        .into_iter()
        .map(|person| {
            let grouped =
                CitizenNo::parse(&person.citizen_no).map_or(person.citizen_no.clone(), |number| number.grouped());
            Choice::new(&person.citizen_no, person.full_name).lang(haidang_ui::Lang::Vi).hint(grouped).chosen(chosen)
        })
        .collect();
    let number = TextInput::new(
        Field::new(lang, "citizen_no", t(lang, "identity-simulator-number", &[]))
            .hint(t(lang, "identity-simulator-number-hint", &[]))
            .errors(&errors),
    )
    .value(form.text("citizen_no"))
    .numeric()
    .width(20);
    let other = Choice::new(OTHER, t(lang, "identity-simulator-other", &[])).chosen(chosen).conditional(number.html());
    choices.push(if choices.is_empty() { other.checked(true) } else { other.after_divider() });
    let people = Choices::radios(
        Field::new(lang, "person", t(lang, "identity-simulator-question", &[])).errors(&errors),
        choices,
    );
    Ok(SimulatorPage { page, errors, people, next })
}

/// Shows the simulator.
pub(crate) async fn show_simulator(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Query(wanted): Query<Next>,
) -> Answer {
    let next = return_path(&visitor.site, wanted.next.as_deref());
    html(build(&visitor, &room, next, &FormFields::default(), None).await?)
}

/// Why the simulator does not vouch for a number: the key of the text beside the field.
async fn find(room: &IdentityRoom, form: &FormFields) -> Result<Result<StoredPerson, &'static str>, StoreError> {
    let typed = match form.text("person") {
        "" => return Ok(Err("identity-simulator-choose")),
        OTHER => form.text("citizen_no"),
        number => number,
    };
    if typed.trim().is_empty() {
        return Ok(Err("identity-simulator-type"));
    }
    // Numbers are shown in groups, so they are also taken in groups.
    let digits: String = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '.').collect();
    let Ok(number) = CitizenNo::parse(&digits) else { return Ok(Err("identity-simulator-malformed")) };
    let Some(person) = room.by_number(number.as_str()).await?.filter(|person| !person.locked) else {
        return Ok(Err("identity-simulator-unknown"));
    };
    // Decree 69/2024/NĐ-CP: from 14 years on both levels, below only with a parent; so a parent acts for the child.
    let birth: Option<jiff::civil::Date> = person.record.birth_date.as_deref().and_then(|text| text.parse().ok());
    let fourteen = birth.and_then(|birth| birth.checked_add(jiff::Span::new().years(14)).ok());
    if fourteen.is_some_and(|day| room.today() < day) {
        return Ok(Err("identity-simulator-child"));
    }
    Ok(Ok(person))
}

/// Signs the chosen person in.
pub(crate) async fn sign_in_simulated(visitor: Visitor, State(room): State<IdentityRoom>, form: FormFields) -> Answer {
    let next = return_path(&visitor.site, form.filled("next"));
    let person = match find(&room, &form).await? {
        Ok(person) => person,
        Err(key) => {
            let message = t(visitor.lang, key, &[]);
            return html_invalid(build(&visitor, &room, next, &form, Some(message)).await?);
        }
    };
    let id = &person.record.id;
    let entry = AuditEntry::mutation("session.started", signed_in("resident", id))
        .object("person", id.as_str())
        .request(&visitor.request_id)
        .subject(person.record.personal_number())
        .own()
        .detail(serde_json::json!({ "upstream": "simulator", "account_level": person.account_level }));
    audit(&visitor.site.db, entry).await?;
    session::sign_in(&visitor, id, SignIn::resident(person.account_level)).await?;
    room.note_sign_in(&visitor, id).await?;
    redirect(visitor.lang, &next)
}
