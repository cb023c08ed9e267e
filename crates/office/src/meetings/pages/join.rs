//! The roll-call: the link and code that those who lead show, and the page the link opens.

use super::{MEETINGS, MeetingPage, meeting_page, meeting_path, one_button, paragraph, slug, state_tag};
use crate::meetings::model::{Action, State};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::looking::Names;
use haidang_ui::Html;
use haidang_ui::page::localised;
use haidang_web::{Answer, FormFields, Path, State as Held, Visitor, html, redirect};

/// The link as a picture and in words, and the code: for the screen of the room.
pub(crate) async fn show_meeting_link(
    visitor: Visitor,
    Held(room): Held<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    let reader = Reader::of(&visitor)?;
    let (token, code) = room.meeting_link(&reader, &id, &visitor.site.settings.secret).await?;
    let view = room.open_meeting(&reader, &id).await?;
    let page = meeting_page(&visitor, "meetings-link");
    let address =
        format!("{}{}", room.origin.trim_end_matches('/'), localised(visitor.lang, &format!("{MEETINGS}/vao/{token}")));
    let minutes = room.meetings.link_minutes;
    let body = paragraph(page.t1("meetings-link-text", "minutes", minutes))
        .then(haidang_ui::qr_picture(&address, &page.t("meetings-link-picture")))
        .then(Html::trusted("<p class=\"govuk-body hd-anywhere\">"))
        .then(Html::text(&address))
        .then(Html::trusted("</p>"));
    let digits = paragraph(page.code(&code)).then(paragraph(page.t("meetings-code-text")));
    let renew = page.button(page.t("meetings-do-renew-link")).secondary();
    let path = format!("{}/lam/{}", meeting_path(&id), slug(Action::RenewLink));
    html(MeetingPage {
        back: meeting_path(&id),
        heading: view.meeting.title.clone(),
        state: Some(state_tag(&page, view.meeting.state)),
        now: Html::text(page.t("meetings-link-lead")),
        actions: Vec::new(),
        sections: vec![
            ("ma-qr", page.t("meetings-link"), body),
            ("ma-so", page.t("meetings-code"), digits),
            (
                "doi-ma",
                page.t("meetings-do-renew-link"),
                paragraph(page.t("meetings-lead-renew-link")).then(one_button(&page, &path, &[], renew)),
            ),
        ],
        errors: Vec::new(),
        page,
    })
}

/// What the link opens on somebody's own phone.
pub(crate) async fn show_meeting_join(
    visitor: Visitor,
    Held(room): Held<OfficeRoom>,
    Path(token): Path<String>,
) -> Answer {
    let reader = Reader::of(&visitor)?;
    let view = room.meeting_by_link(&reader, &token, &visitor.site.settings.secret).await?;
    let page = meeting_page(&visitor, "meetings-join");
    let me = reader.person();
    let present = view.delegates.iter().find(|one| one.person.as_deref() == Some(me)).and_then(|one| one.present_at);
    let open = view.meeting.state == State::Open;
    let (key, button) = match (present, open) {
        (Some(_), _) => ("meetings-join-done", false),
        (None, true) => ("meetings-join-lead", true),
        (None, false) => ("meetings-join-closed", false),
    };
    let mut names = Names::new(&room);
    let mut sections = vec![super::sections::facts(&page, &mut names, &view).await?];
    if button {
        let join = page.button(page.t("meetings-do-join"));
        let form = one_button(&page, &format!("{MEETINGS}/vao/{token}"), &[], join);
        sections.insert(0, ("co-mat", page.t("meetings-join"), form));
    }
    html(MeetingPage {
        back: meeting_path(&view.meeting.id),
        heading: view.meeting.title.clone(),
        state: Some(state_tag(&page, view.meeting.state)),
        now: Html::text(page.t(key)),
        actions: Vec::new(),
        sections,
        errors: Vec::new(),
        page,
    })
}

/// Joins.
pub(crate) async fn join_meeting_page(
    visitor: Visitor,
    Held(room): Held<OfficeRoom>,
    Path(token): Path<String>,
    _: FormFields,
) -> Answer {
    let id = room.join_meeting(&Reader::of(&visitor)?, &token, &visitor.site.settings.secret).await?;
    redirect(visitor.lang, &meeting_path(&id))
}
