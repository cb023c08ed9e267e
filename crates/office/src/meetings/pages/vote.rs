//! A vote: the ballot of a delegate, the panel of those who lead, the result.

use super::{MeetingPage, list, meeting_page, meeting_path, messages, one_button, paragraph, slug};
use crate::meetings::model::{Action, MeetingView, Vote};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::looking::Names;
use crate::tasks::pages::on_form;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{Cell, Choices, Column, Component as _, Table};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, Fault, FormFields, Path, State, StatusCode, Visitor, html, html_status, redirect};

fn ballot(page: &Page, path: &str, vote: &Vote, errors: &[ErrorItem]) -> Html {
    let choices = (0_i64..).zip(&vote.choices).map(|(place, (words, _))| Choice::new(place.to_string(), words));
    let field = Field::new(page.lang, "choice", page.t("meetings-ballot-choice")).errors(errors);
    let remark = page.t(if vote.secret { "meetings-ballot-secret" } else { "meetings-ballot-open" });
    Html::trusted("<form method=\"post\" novalidate action=\"")
        .then(Html::text(page.href(path)))
        .then(Html::trusted("\">"))
        .then(page.csrf_field())
        .then(paragraph(remark))
        .then(Choices::radios(field, choices.collect()).html())
        .then(page.button(page.t("meetings-ballot-cast")).html())
        .then(Html::trusted("</form>"))
}

fn result(page: &Page, vote: &Vote, least: i64) -> Html {
    if vote.withheld {
        return paragraph(page.t1("meetings-result-withheld", "least", least));
    }
    let columns = vec![Column::new(page.t("meetings-column-choice")), Column::numeric(page.t("meetings-column-count"))];
    let mut table = Table::new(page.t("meetings-result"), columns).caption_hidden();
    for (words, chosen) in &vote.choices {
        table =
            table.row(vec![Cell::from(page.vietnamese(words)), Cell::from(page.number(chosen.unwrap_or_default()))]);
    }
    table.html()
}

async fn who_chose(page: &Page, names: &mut Names<'_>, vote: &Vote) -> Result<Html, Problem> {
    let mut items = Vec::new();
    for (person, place) in &vote.ballots {
        let chosen = usize::try_from(*place).ok().and_then(|place| vote.choices.get(place));
        let words = chosen.map(|(words, _)| words.as_str()).unwrap_or_default();
        items.push(page.vietnamese(format!("{}: {words}", names.person(person).await?)));
    }
    Ok(list(items, false))
}

async fn build(
    visitor: &Visitor,
    room: &OfficeRoom,
    view: &MeetingView,
    vote: &Vote,
    errors: Vec<ErrorItem>,
) -> Result<MeetingPage, Fault> {
    let mut page = meeting_page(visitor, "meetings-vote");
    page.errors = !errors.is_empty();
    let reader = Reader::of(visitor)?;
    let meeting = meeting_path(&view.meeting.id);
    let path = format!("{meeting}/bieu-quyet/{}", vote.id);
    let mine = view.delegates.iter().find(|one| one.person.as_deref() == Some(reader.person()));
    let may = mine.is_some_and(|one| one.votes && one.present_at.is_some());
    let now = match (vote.open, vote.voted, may) {
        (false, ..) => "meetings-vote-closed",
        (true, true, _) => "meetings-vote-voted",
        (true, false, true) => "meetings-vote-yours",
        (true, false, false) => "meetings-vote-not-yours",
    };
    let mut sections = Vec::new();
    if vote.open && may && !vote.voted {
        sections.push(("la-phieu", page.t("meetings-ballot"), ballot(&page, &path, vote, &errors)));
    }
    let mut count = paragraph(page.t2("meetings-ballots", "used", vote.used, "eligible", vote.eligible));
    if vote.open && room.meeting_actions(view).contains(&Action::CloseVote) {
        let close = page.button(page.t("meetings-do-close-vote")).secondary();
        let address = format!("{meeting}/lam/{}", slug(Action::CloseVote));
        count = count.then(one_button(&page, &address, &[("target", &vote.id)], close));
    }
    sections.push(("dieu-hanh", page.t("meetings-vote-panel"), count));
    if !vote.open {
        sections.push(("ket-qua", page.t("meetings-result"), result(&page, vote, room.meetings.secret_ballots)));
        if !vote.secret {
            let people = who_chose(&page, &mut Names::new(room), vote).await?;
            sections.push(("ai-chon", page.t("meetings-who-chose"), people));
        }
    }
    Ok(MeetingPage {
        back: meeting,
        heading: vote.question.clone(),
        state: Some(page.tag(page.t(if vote.secret { "meetings-vote-secret" } else { "meetings-vote-open" }))),
        now: Html::text(page.t(now)),
        actions: Vec::new(),
        sections,
        errors,
        page,
    })
}

fn find<'v>(view: &'v MeetingView, id: &str) -> Result<&'v Vote, Problem> {
    let found = view.votes.iter().find(|vote| vote.id == id);
    found.ok_or_else(|| Problem::not_found("vote_not_found", "no such vote of this meeting"))
}

/// A vote.
pub(crate) async fn show_meeting_vote(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path((id, vote)): Path<(String, String)>,
) -> Answer {
    let view = room.open_meeting(&Reader::of(&visitor)?, &id).await?;
    html(build(&visitor, &room, &view, find(&view, &vote)?, Vec::new()).await?)
}

/// Takes a ballot.
pub(crate) async fn cast_ballot_page(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path((id, vote)): Path<(String, String)>,
    form: FormFields,
) -> Answer {
    let reader = Reader::of(&visitor)?;
    let choice = form.text("choice").parse().unwrap_or(-1);
    match room.cast_ballot(&reader, &id, &vote, choice).await {
        Ok(()) => redirect(visitor.lang, &format!("{}/bieu-quyet/{vote}", meeting_path(&id))),
        Err(problem) if on_form(&problem) => {
            let view = room.open_meeting(&reader, &id).await?;
            let conflict = problem.kind == ProblemKind::Conflict;
            let status = if conflict { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
            let errors = messages(visitor.lang, &problem);
            html_status(status, build(&visitor, &room, &view, find(&view, &vote)?, errors).await?)
        }
        Err(problem) => Err(problem.into()),
    }
}
