//! The form of one act in a meeting.

use super::new::lines;
use super::{key, meeting_page, meeting_path, messages, slug};
use crate::meetings::model::{Act, Action, MeetingView};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::looking::Names;
use crate::tasks::pages::{FormPage, day_field, on_form, typed_day};
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{Choices, Component as _, Select, TextArea, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, Fault, FormFields, Path, State, StatusCode, Visitor, html, html_status, redirect};

fn action_of(word: &str) -> Result<Action, Problem> {
    let found = Action::ALL.iter().copied().find(|action| slug(*action) == word);
    found.ok_or_else(|| Problem::not_found("not_found", "no such act"))
}

/// Delegates as choices: those not yet on the roll, or the officials among them.
async fn people(
    names: &mut Names<'_>,
    view: &MeetingView,
    roll: bool,
    chosen: &[&str],
) -> Result<Vec<Choice>, Problem> {
    let mut choices = Vec::new();
    for one in &view.delegates {
        let (name, value) = match (&one.person, roll) {
            (Some(person), true) => (names.person(person).await?, &one.id),
            (Some(person), false) => (names.person(person).await?, person),
            (None, true) => (one.guest.clone().unwrap_or_default(), &one.id),
            (None, false) => continue,
        };
        if !roll || one.present_at.is_none() {
            choices.push(Choice::new(value, name).checked(chosen.contains(&value.as_str())));
        }
    }
    Ok(choices)
}

/// Officials of an agency who are not invited yet, with the agency to choose.
async fn invite_fields(
    page: &Page,
    room: &OfficeRoom,
    view: &MeetingView,
    form: &FormFields,
    errors: &[ErrorItem],
) -> Result<Vec<Html>, Problem> {
    let field = |name: &str, label: &str| Field::new(page.lang, name, page.t(label)).errors(errors);
    let agency = form.filled("agency").unwrap_or(&view.meeting.agency);
    let agencies = room.directory.agencies().await?;
    let units = agencies.iter().map(|one| {
        let name = if page.lang == haidang_ui::Lang::Vi { &one.name_vi } else { &one.name_en };
        Choice::new(&one.code, name).chosen(agency)
    });
    let invited = |person: &str| view.delegates.iter().any(|one| one.person.as_deref() == Some(person));
    let staff = room.office_staff(agency).await?;
    let staff = staff.iter().filter(|member| !invited(member.person.as_str()));
    let chosen = form.all("people");
    let staff: Vec<Choice> = staff
        .map(|member| {
            Choice::new(member.person.as_str(), format!("{}, {}", member.name, member.title))
                .checked(chosen.contains(&member.person.as_str()))
        })
        .collect();
    let mut fields = vec![
        Select::new(field("agency", "meetings-agency"), units.collect()).always().html(),
        page.button(page.t("meetings-agency-change")).secondary().named("step", "agency").html(),
    ];
    if staff.is_empty() {
        fields.push(super::paragraph(page.t("meetings-invite-nobody")));
    } else {
        fields.push(Choices::checkboxes(field("people", "meetings-field-delegates"), staff).small().html());
    }
    let silent = Choice::new("yes", page.t("meetings-without-vote")).checked(form.has("flag"));
    fields.push(Choices::checkboxes(field("flag", "meetings-vote-right"), vec![silent]).small().html());
    Ok(fields)
}

async fn fields(
    page: &Page,
    room: &OfficeRoom,
    view: &MeetingView,
    action: Action,
    form: &FormFields,
    errors: &[ErrorItem],
) -> Result<Vec<Html>, Problem> {
    let field = |name: &str, label: &str| Field::new(page.lang, name, page.t(label)).errors(errors);
    let text = |label: &str| TextInput::new(field("text", label)).value(form.text("text")).maxlength(300).html();
    let area = |label: &str, rows: u8| TextArea::new(field("text", label)).value(form.text("text")).rows(rows).html();
    let many = |label: &str, optional: bool| {
        let lines = field("lines", label).hint(page.t("meetings-lines-hint")).optional(optional);
        TextArea::new(lines).value(form.text("lines")).rows(4).html()
    };
    let mut names = Names::new(room);
    Ok(match action {
        Action::AddItem => vec![text("meetings-item-title")],
        Action::Invite => invite_fields(page, room, view, form, errors).await?,
        Action::InviteGuests => vec![many("meetings-field-guests", false)],
        Action::Comment => {
            let items = view.items.iter().map(|item| Choice::new(&item.id, &item.title).chosen(form.text("target")));
            let items: Vec<Choice> = items.collect();
            let about = Select::new(field("target", "meetings-comment-item").optional(true), items);
            vec![about.html(), area("meetings-comment-text", 5)]
        }
        Action::Speak => {
            let about = field("text", "meetings-speak-about").optional(true);
            vec![TextInput::new(about).value(form.text("text")).maxlength(300).html()]
        }
        Action::Call => {
            let mut waiting = Vec::new();
            for one in view.speakers.iter().filter(|one| one.called_at.is_none()) {
                let name = names.person(&one.person).await?;
                waiting.push(Choice::new(&one.id, name).hint(&one.text).chosen(form.text("target")));
            }
            vec![Choices::radios(field("target", "meetings-call-whom"), waiting).html()]
        }
        Action::Join => {
            let code = field("code", "meetings-code").hint(page.t("meetings-code-hint"));
            vec![TextInput::new(code).value(form.text("code")).width(10).numeric().html()]
        }
        Action::RollCall => {
            let absent = people(&mut names, view, true, &form.all("people")).await?;
            vec![Choices::checkboxes(field("people", "meetings-roll"), absent).small().html()]
        }
        Action::AskVote => {
            let hint = page.t1("meetings-choices-hint", "choices", room.meetings.choices.join(" · "));
            let choices = TextArea::new(field("lines", "meetings-choices").hint(hint).optional(true));
            let secret = Choice::new("yes", page.t("meetings-secret")).hint(page.t("meetings-secret-hint"));
            vec![
                area("meetings-question", 3),
                choices.value(form.text("lines")).rows(4).html(),
                Choices::checkboxes(field("flag", "meetings-vote-kind"), vec![secret.checked(form.has("flag"))]).html(),
            ]
        }
        Action::Conclude => {
            let owners = people(&mut names, view, false, &form.all("people")).await?;
            let owner = Field::new(page.lang, "people", page.t("meetings-conclusion-owner")).optional(true);
            let owner = owner.error(haidang_ui::field::error_of(errors, "owner"));
            let due = field("due", "meetings-conclusion-due").optional(true);
            vec![area("meetings-conclusion-text", 4), Select::new(owner, owners).html(), day_field(due, form).html()]
        }
        Action::Note => vec![area("meetings-notes", 16)],
        Action::Open
        | Action::Close
        | Action::Approve
        | Action::DraftNotice
        | Action::RenewLink
        | Action::CloseVote
        | Action::GiveTask => vec![],
    })
}

async fn build(
    visitor: &Visitor,
    room: &OfficeRoom,
    view: &MeetingView,
    action: Action,
    form: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<FormPage, Fault> {
    let mut page = meeting_page(visitor, &format!("meetings-do-{}", key(action)));
    page.errors = !errors.is_empty();
    let back = meeting_path(&view.meeting.id);
    let fields = fields(&page, room, view, action, form, &errors).await?;
    // Conclusions, votes and closing are about something that was pressed on the page of the meeting.
    let targeted = matches!(action, Action::CloseVote | Action::GiveTask);
    let hidden = targeted.then(|| ("target".to_owned(), form.text("target").to_owned()));
    Ok(FormPage {
        lead: page.t(&format!("meetings-lead-{}", key(action))),
        inset: Some(haidang_ui::component::Inset::new(page.vietnamese(&view.meeting.title)).html()),
        hidden: hidden.into_iter().collect(),
        buttons: vec![page.button(page.t(&format!("meetings-do-{}", key(action))))],
        action: format!("{back}/lam/{}", slug(action)),
        fields,
        back,
        errors,
        page,
    })
}

/// The form of an act.
pub(crate) async fn show_meeting_action(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path((id, word)): Path<(String, String)>,
) -> Answer {
    let action = action_of(&word)?;
    let view = room.open_meeting(&Reader::of(&visitor)?, &id).await?;
    if !room.meeting_actions(&view).contains(&action) {
        return redirect(visitor.lang, &meeting_path(&id));
    }
    let notes = if action == Action::Note { view.meeting.notes.clone() } else { String::new() };
    let form = FormFields(vec![("text".to_owned(), notes)]);
    html(build(&visitor, &room, &view, action, &form, Vec::new()).await?)
}

fn typed(form: &FormFields) -> Result<Act, Problem> {
    let due = typed_day(form, "due")
        .map_err(|()| Problem::invalid("meeting_invalid", "the day is none").field("due", "no_day"))?;
    Ok(Act {
        text: form.text("text").to_owned(),
        target: form.text("target").to_owned(),
        people: form.all("people").into_iter().filter(|id| !id.is_empty()).map(str::to_owned).collect(),
        lines: lines(form.text("lines")),
        flag: form.has("flag"),
        code: form.text("code").to_owned(),
        due,
    })
}

/// Where an act leads.
fn after(id: &str, action: Action, made: Option<&str>) -> String {
    let path = meeting_path(id);
    match (action, made) {
        (Action::AskVote, Some(vote)) => format!("{path}/bieu-quyet/{vote}"),
        (Action::DraftNotice, Some(document)) => format!("{}/{document}", haidang_ui::paths::DOCUMENTS),
        (Action::GiveTask, Some(task)) => crate::tasks::pages::task_path(task),
        (Action::RenewLink, _) => format!("{path}/ma-tham-du"),
        _ => path,
    }
}

/// Acts.
pub(crate) async fn act_in_meeting_page(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path((id, word)): Path<(String, String)>,
    form: FormFields,
) -> Answer {
    let action = action_of(&word)?;
    let reader = Reader::of(&visitor)?;
    if form.text("step") == "agency" {
        let view = room.open_meeting(&reader, &id).await?;
        return html(build(&visitor, &room, &view, action, &form, Vec::new()).await?);
    }
    let acted = match typed(&form) {
        Ok(act) => room.act_in_meeting(&reader, &id, action, &act).await,
        Err(problem) => Err(problem),
    };
    match acted {
        Ok(made) => redirect(visitor.lang, &after(&id, action, made.as_deref())),
        Err(problem) if on_form(&problem) => {
            let view = room.open_meeting(&reader, &id).await?;
            let errors = messages(visitor.lang, &problem);
            let conflict = problem.kind == ProblemKind::Conflict;
            let status = if conflict { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
            html_status(status, build(&visitor, &room, &view, action, &form, errors).await?)
        }
        Err(problem) => Err(problem.into()),
    }
}
