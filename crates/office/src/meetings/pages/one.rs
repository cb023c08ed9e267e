//! One meeting: before, during and after the session.

use super::{MEETINGS, MeetingPage, key, meeting_page, meeting_path, sections, slug, state_tag};
use crate::meetings::model::{Action, MeetingView, Role, State};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::looking::Names;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Button, Component as _, FileUpload, Select};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, Fault, Path, State as Held, Upload, UploadLimits, Visitor, html, html_invalid, redirect};

/// Who must act now and until when.
async fn waits(page: &Page, names: &mut Names<'_>, view: &MeetingView) -> Result<Html, Problem> {
    let meeting = &view.meeting;
    let (who, until) = match meeting.state {
        State::Planned => (&meeting.secretary, page.moment(meeting.starts_at)),
        State::Open => (&meeting.chair, page.moment(meeting.ends_at)),
        State::Closed => (&meeting.chair, String::new()),
        State::Approved => (&meeting.secretary, String::new()),
    };
    let name = names.person(who).await?;
    Ok(Html::text(
        page.tn(&format!("meetings-now-{}", meeting.state.as_str()), &[("name", name.into()), ("until", until.into())]),
    ))
}

fn buttons(page: &Page, room: &OfficeRoom, view: &MeetingView, me: &str) -> Vec<Button> {
    let path = meeting_path(&view.meeting.id);
    let present = view.delegates.iter().any(|one| one.person.as_deref() == Some(me) && one.present_at.is_some());
    let waiting = view.speakers.iter().any(|one| one.called_at.is_none());
    let shown = room.meeting_actions(view).into_iter().filter(|action| match action {
        Action::Join => !present && view.roles.contains(&Role::Delegate),
        Action::Call => waiting,
        Action::DraftNotice => view.meeting.notice.is_none() && !view.conclusions.is_empty(),
        // These stand beside what they are about.
        Action::CloseVote | Action::GiveTask | Action::RenewLink => false,
        _ => true,
    });
    let mut buttons: Vec<Button> = shown
        .enumerate()
        .map(|(index, action)| {
            let text = page.t(&format!("meetings-do-{}", key(action)));
            let button = page.link_button(text, format!("{path}/lam/{}", slug(action)));
            if index == 0 { button } else { button.secondary() }
        })
        .collect();
    let leads = room.meeting_actions(view).contains(&Action::RollCall);
    if leads {
        buttons.push(page.link_button(page.t("meetings-link"), format!("{path}/ma-tham-du")).secondary());
    }
    buttons
}

/// The form that adds a paper.
fn upload(page: &Page, view: &MeetingView, errors: &[ErrorItem]) -> Html {
    let items = view.items.iter().map(|item| Choice::new(&item.id, &item.title)).collect();
    let item = Select::new(Field::new(page.lang, "item", page.t("meetings-paper-item")).optional(true), items);
    let file =
        Field::new(page.lang, "file", page.t("meetings-paper-file")).hint(page.t("meetings-paper-hint")).errors(errors);
    let file = FileUpload::new(file).accept(UploadLimits::DOCUMENTS.accept()).multiple();
    Html::trusted("<form method=\"post\" enctype=\"multipart/form-data\" novalidate action=\"")
        .then(Html::text(page.href(format!("{}/tai-lieu", meeting_path(&view.meeting.id)))))
        .then(Html::trusted("\">"))
        .then(page.csrf_field())
        .then(item.html())
        .then(file.html())
        .then(page.button(page.t("meetings-paper-add")).secondary().html())
        .then(Html::trusted("</form>"))
}

async fn build(
    visitor: &Visitor,
    room: &OfficeRoom,
    view: &MeetingView,
    errors: Vec<ErrorItem>,
) -> Result<MeetingPage, Fault> {
    let mut page = meeting_page(visitor, "meetings-one");
    page.errors = !errors.is_empty();
    let me = Reader::of(visitor)?;
    let mut names = Names::new(room);
    let mut all = vec![sections::facts(&page, &mut names, view).await?];
    let mut agenda = sections::agenda(&page, view);
    if room.meeting_actions(view).contains(&Action::AddItem) {
        agenda.2 = agenda.2.then(upload(&page, view, &errors));
    }
    all.push(agenda);
    all.extend(sections::votes(&page, view));
    all.extend(sections::conclusions(&page, room, &mut names, view).await?);
    all.extend(sections::minutes(&page, view));
    all.extend(sections::words(&page, &mut names, view).await?);
    all.push(sections::delegates(&page, &mut names, view).await?);
    Ok(MeetingPage {
        back: MEETINGS.to_owned(),
        heading: view.meeting.title.clone(),
        state: Some(state_tag(&page, view.meeting.state)),
        now: waits(&page, &mut names, view).await?,
        actions: buttons(&page, room, view, me.person()),
        sections: all,
        errors,
        page,
    })
}

/// One meeting.
pub(crate) async fn show_meeting(visitor: Visitor, Held(room): Held<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let view = room.open_meeting(&Reader::of(&visitor)?, &id).await?;
    html(build(&visitor, &room, &view, Vec::new()).await?)
}

/// Adds papers.
pub(crate) async fn add_meeting_paper_page(
    visitor: Visitor,
    Held(room): Held<OfficeRoom>,
    Path(id): Path<String>,
    upload: Upload,
) -> Answer {
    let reader = Reader::of(&visitor)?;
    for file in &upload.files {
        room.add_meeting_paper(&reader, &id, upload.fields.text("item"), file).await?;
    }
    let mut errors: Vec<ErrorItem> = upload
        .refused
        .iter()
        .map(|refused| ErrorItem::of("file", refused.message(visitor.lang, &UploadLimits::DOCUMENTS)))
        .collect();
    if upload.files.is_empty() && errors.is_empty() {
        errors.push(ErrorItem::of("file", haidang_ui::t(visitor.lang, "meetings-error-file-required", &[])));
    }
    if errors.is_empty() {
        return redirect(visitor.lang, &format!("{}#chuong-trinh", meeting_path(&id)));
    }
    let view = room.open_meeting(&reader, &id).await?;
    html_invalid(build(&visitor, &room, &view, errors).await?)
}
