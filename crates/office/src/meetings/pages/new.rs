//! The form of a new meeting.

use super::{MEETINGS, meeting_page, meeting_path, messages};
use crate::meetings::calling::CONVENE;
use crate::meetings::model::NewMeeting;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::pages::{FormPage, day_field, day_values, on_form, typed_day};
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_ui::component::{Choices, Component as _, Select, TextArea, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field, LabelStyle};
use haidang_web::{Answer, Fault, FormFields, State, Visitor, html, html_invalid, redirect};
use jiff::civil::Time;

/// The agency in whose name the reader calls meetings.
pub(crate) fn calling_agency(reader: &Reader<'_>) -> Result<String, Problem> {
    let held = reader.actor.agencies_with(CONVENE).into_iter().next();
    held.ok_or_else(|| Problem::forbidden("not_allowed", "no post calls meetings"))
}

/// Lines that are not empty.
pub(crate) fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

async fn build(
    visitor: &Visitor,
    room: &OfficeRoom,
    form: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<FormPage, Fault> {
    let mut page = meeting_page(visitor, "meetings-new");
    page.errors = !errors.is_empty();
    let field = |name: &str| {
        Field::new(page.lang, name, page.t(&format!("meetings-field-{name}"))).errors(&errors).style(LabelStyle::Strong)
    };
    let staff = room.office_staff(&calling_agency(&Reader::of(visitor)?)?).await?;
    let chosen = form.all("delegates");
    let person = |member: &haidang_contracts::identity::StaffMember| {
        Choice::new(member.person.as_str(), format!("{}, {}", member.name, member.title))
    };
    let secretaries = staff.iter().map(|member| person(member).chosen(form.text("secretary"))).collect();
    let delegates = staff.iter().map(|one| person(one).checked(chosen.contains(&one.person.as_str()))).collect();
    let clock = |name: &str| {
        TextInput::new(field(name).hint(page.t("meetings-time-hint"))).value(form.text(name)).width(5).figures().html()
    };
    let area = |name: &str| {
        let field = field(name).optional(true).hint(page.t("meetings-lines-hint"));
        TextArea::new(field).value(form.text(name)).rows(4).html()
    };
    let fields = vec![
        TextInput::new(field("title")).value(form.text("title")).maxlength(300).html(),
        TextInput::new(field("place")).value(form.text("place")).maxlength(300).html(),
        day_field(field("day"), form).html(),
        clock("starts"),
        clock("ends"),
        Select::new(field("secretary"), secretaries).html(),
        TextInput::new(field("quorum").hint(page.t("meetings-quorum-hint")))
            .value(form.text("quorum"))
            .width(3)
            .numeric()
            .suffix("%")
            .html(),
        area("items"),
        Choices::checkboxes(field("delegates").hint(page.t("meetings-delegates-hint")), delegates).small().html(),
        area("guests"),
    ];
    Ok(FormPage {
        lead: page.t("meetings-new-lead"),
        inset: None,
        hidden: Vec::new(),
        buttons: vec![page.button(page.t("meetings-call"))],
        action: format!("{MEETINGS}/moi"),
        back: MEETINGS.to_owned(),
        fields,
        errors,
        page,
    })
}

/// An empty form.
pub(crate) async fn show_new_meeting(visitor: Visitor, State(room): State<OfficeRoom>) -> Answer {
    let mut form = FormFields(vec![("quorum".to_owned(), room.meetings.quorum_percent.to_string())]);
    form.0.extend(day_values("day", room.ambient.today()));
    html(build(&visitor, &room, &form, Vec::new()).await?)
}

/// `8:30`, `08h30`, `8 giờ 30`: the hour and the minute.
fn clock(text: &str) -> Option<Time> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let hour = numbers.next()?.parse().ok()?;
    let minute = numbers.next().map_or(Ok(0), str::parse).ok()?;
    Time::new(hour, minute, 0, 0).ok().filter(|_| numbers.next().is_none())
}

fn typed(reader: &Reader<'_>, form: &FormFields) -> Result<NewMeeting, Problem> {
    let mut problem = Problem::invalid("meeting_invalid", "the meeting is not complete");
    let day = typed_day(form, "day").ok().flatten();
    if day.is_none() {
        problem = problem.field("day", "no_day");
    }
    let (starts, ends) = (clock(form.text("starts")), clock(form.text("ends")));
    for (name, time) in [("starts", starts), ("ends", ends)] {
        if time.is_none() {
            problem = problem.field(name, "no_time");
        }
    }
    let secretary = form.filled("secretary").and_then(|id| PersonId::parse(id).ok());
    if secretary.is_none() {
        problem = problem.field("secretary", "required");
    }
    let quorum = form.filled("quorum").map(str::parse).transpose();
    if quorum.is_err() {
        problem = problem.field("quorum", "out_of_range");
    }
    let (Some(day), Some(starts), Some(ends), Some(secretary), Ok(quorum)) = (day, starts, ends, secretary, quorum)
    else {
        return Err(problem);
    };
    Ok(NewMeeting {
        agency: calling_agency(reader)?,
        title: form.text("title").to_owned(),
        place: form.text("place").to_owned(),
        starts_at: time::at(day.to_datetime(starts)),
        ends_at: time::at(day.to_datetime(ends)),
        secretary,
        quorum_percent: quorum,
        items: lines(form.text("items")),
        delegates: form.all("delegates").into_iter().filter_map(|id| PersonId::parse(id).ok()).collect(),
        guests: lines(form.text("guests")),
    })
}

/// Calls the meeting.
pub(crate) async fn call_meeting_page(visitor: Visitor, State(room): State<OfficeRoom>, form: FormFields) -> Answer {
    let reader = Reader::of(&visitor)?;
    let called = match typed(&reader, &form) {
        Ok(new) => room.call_meeting(&reader, &new).await,
        Err(problem) => Err(problem),
    };
    match called {
        Ok(id) => redirect(visitor.lang, &meeting_path(&id)),
        Err(problem) if on_form(&problem) => {
            html_invalid(build(&visitor, &room, &form, messages(visitor.lang, &problem)).await?)
        }
        Err(problem) => Err(problem.into()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::clock;

    #[test]
    fn times_as_people_write_them() {
        for (text, expected) in [
            ("8:30", Some("08:30:00")),
            ("08h30", Some("08:30:00")),
            ("14 giờ", Some("14:00:00")),
            ("24:00", None),
            ("", None),
            ("8:30:15", None),
            ("tám giờ", None),
        ] {
            assert_eq!(clock(text).map(|time| time.to_string()).as_deref(), expected, "{text}");
        }
    }
}
