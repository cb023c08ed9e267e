//! Sections of the page of a meeting.

use super::{list, meeting_path, one_button, paragraph, slug};
use crate::meetings::model::{Action, Delegate, MeetingView, Paper, State};
use crate::meetings::rules;
use crate::room::OfficeRoom;
use crate::tasks::looking::Names;
use crate::tasks::pages::{link, task_path};
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Cell, Column, Component as _, SummaryList, SummaryRow, Table};
use haidang_ui::{Html, Page};

/// A section: id, heading, content.
pub(crate) type Section = (&'static str, String, Html);

/// When, where, who leads, the quorum.
pub(crate) async fn facts(page: &Page, names: &mut Names<'_>, view: &MeetingView) -> Result<Section, Problem> {
    let meeting = &view.meeting;
    let row = |key: &str, value: Html| SummaryRow::new(page.t(key), value);
    let (invited, present) = rules::voters(&view.delegates);
    let quorum = page.tn(
        "meetings-quorum-text",
        &[
            ("present", present.into()),
            ("invited", invited.into()),
            ("needed", rules::needed(invited, meeting.quorum_percent).into()),
        ],
    );
    let mut rows = vec![
        row("meetings-when", page.time(meeting.starts_at).then(Html::trusted(" – ")).then(page.time(meeting.ends_at))),
        row("meetings-field-place", page.vietnamese(&meeting.place)),
        row("meetings-agency", page.vietnamese(names.agency(&meeting.agency).await?)),
        row("meetings-chair", page.vietnamese(names.person(&meeting.chair).await?)),
        row("meetings-field-secretary", page.vietnamese(names.person(&meeting.secretary).await?)),
        row("meetings-quorum", Html::text(quorum)),
    ];
    rows.extend(meeting.opened_at.map(|at| row("meetings-opened-at", page.time(at))));
    rows.extend(meeting.closed_at.map(|at| row("meetings-closed-at", page.time(at))));
    Ok(("thong-tin", page.t("meetings-facts"), SummaryList::new(rows).html()))
}

fn paper_links(page: &Page, path: &str, papers: Vec<&Paper>) -> Html {
    let items = papers.into_iter().map(|paper| {
        let size = page.size(u64::try_from(paper.size).unwrap_or_default());
        link(page, &format!("{path}/tai-lieu/{}", paper.id), &paper.name).then(Html::text(format!(" ({size})")))
    });
    let items: Vec<Html> = items.collect();
    if items.is_empty() { Html::default() } else { list(items, false) }
}

/// The agenda with its papers, and the way to take them along.
pub(crate) fn agenda(page: &Page, view: &MeetingView) -> Section {
    let path = meeting_path(&view.meeting.id);
    let of = |item: Option<&str>| view.papers.iter().filter(|paper| paper.item.as_deref() == item).collect();
    let items: Vec<Html> = view
        .items
        .iter()
        .map(|item| page.vietnamese(&item.title).then(paper_links(page, &path, of(Some(&item.id)))))
        .collect();
    let mut body = if items.is_empty() { paragraph(page.t("meetings-agenda-none")) } else { list(items, true) };
    body = body.then(paper_links(page, &path, of(None)));
    if !view.papers.is_empty() {
        body = body.then(paragraph(link(page, &format!("{path}/goi"), &page.t("meetings-bundle"))));
    }
    ("chuong-trinh", page.t("meetings-agenda"), body)
}

async fn delegate_name(page: &Page, names: &mut Names<'_>, one: &Delegate) -> Result<Html, Problem> {
    Ok(match &one.person {
        Some(person) => page.vietnamese(names.person(person).await?),
        None => page.vietnamese(one.guest.as_deref().unwrap_or_default()),
    })
}

/// Who is invited and who is there.
pub(crate) async fn delegates(page: &Page, names: &mut Names<'_>, view: &MeetingView) -> Result<Section, Problem> {
    let columns =
        ["name", "agency", "votes", "present"].map(|key| Column::new(page.t(&format!("meetings-column-{key}"))));
    let mut table = Table::new(page.t("meetings-delegates"), columns.to_vec()).caption_hidden();
    for one in &view.delegates {
        let agency = match &one.agency {
            Some(agency) => page.vietnamese(names.agency(agency).await?),
            None => Html::text(page.t("meetings-guest")),
        };
        let present = match (one.present_at, &one.present_by) {
            (Some(at), Some(by)) => {
                page.time(at).then(Html::text(format!(" ({})", page.t(&format!("meetings-present-{by}")))))
            }
            _ => Html::text(page.t("meetings-present-not")),
        };
        let votes = page.t(if one.votes { "meetings-votes-yes" } else { "meetings-votes-no" });
        let name = delegate_name(page, names, one).await?;
        table = table.row(vec![Cell::from(name), Cell::from(agency), Cell::from(votes), Cell::from(present)]);
    }
    Ok(("dai-bieu", page.t("meetings-delegates"), table.html()))
}

/// Comments before the session, and who wishes to speak.
pub(crate) async fn words(page: &Page, names: &mut Names<'_>, view: &MeetingView) -> Result<Vec<Section>, Problem> {
    let mut sections = Vec::new();
    let mut items = Vec::new();
    for one in &view.comments {
        let name = page.vietnamese(names.person(&one.person).await?);
        items.push(
            name.then(Html::trusted(" · "))
                .then(page.time(one.at))
                .then(Html::trusted("<br>"))
                .then(page.vietnamese(&one.text)),
        );
    }
    if !items.is_empty() {
        sections.push(("gop-y", page.t("meetings-comments"), list(items, false)));
    }
    let mut items = Vec::new();
    for one in &view.speakers {
        let called = page.t(if one.called_at.is_some() { "meetings-called" } else { "meetings-waits" });
        let name = page.vietnamese(names.person(&one.person).await?);
        let about =
            if one.text.is_empty() { Html::default() } else { Html::text(": ").then(page.vietnamese(&one.text)) };
        items.push(name.then(about).then(Html::text(format!(" ({called})"))));
    }
    if !items.is_empty() {
        sections.push(("phat-bieu", page.t("meetings-speakers"), list(items, true)));
    }
    Ok(sections)
}

/// The votes, each with its page.
pub(crate) fn votes(page: &Page, view: &MeetingView) -> Option<Section> {
    let columns =
        ["question", "kind", "ballots", "result"].map(|key| Column::new(page.t(&format!("meetings-column-{key}"))));
    let mut table = Table::new(page.t("meetings-votes"), columns.to_vec()).caption_hidden();
    for vote in &view.votes {
        let path = format!("{}/bieu-quyet/{}", meeting_path(&view.meeting.id), vote.id);
        let kind = page.t(if vote.secret { "meetings-vote-secret" } else { "meetings-vote-open" });
        let result = if vote.open {
            page.t("meetings-vote-running")
        } else if vote.withheld {
            page.t("meetings-vote-withheld")
        } else {
            let all = vote.choices.iter().map(|(words, chosen)| format!("{words}: {}", chosen.unwrap_or_default()));
            all.collect::<Vec<_>>().join("; ")
        };
        table = table.row(vec![
            Cell::from(link(page, &path, &vote.question)),
            Cell::from(kind),
            Cell::from(page.t2("meetings-ballots", "used", vote.used, "eligible", vote.eligible)),
            Cell::from(result),
        ]);
    }
    (!view.votes.is_empty()).then(|| ("bieu-quyet", page.t("meetings-votes"), table.html()))
}

/// The conclusions, each with its task or the click that makes one.
pub(crate) async fn conclusions(
    page: &Page,
    room: &OfficeRoom,
    names: &mut Names<'_>,
    view: &MeetingView,
) -> Result<Option<Section>, Problem> {
    let gives = room.meeting_actions(view).contains(&Action::GiveTask);
    let path = format!("{}/lam/{}", meeting_path(&view.meeting.id), slug(Action::GiveTask));
    let mut items = Vec::new();
    for one in &view.conclusions {
        let mut item = page.vietnamese(&one.text);
        if let (Some(owner), Some(due)) = (&one.owner, one.due) {
            let name = names.person(owner).await?;
            let line = page.t2("meetings-conclusion-who", "name", name, "day", page.date(due));
            item = item.then(Html::trusted("<br>")).then(Html::text(line));
        }
        item = match (&one.task, &one.owner) {
            (Some(task), _) => {
                item.then(Html::trusted("<br>")).then(link(page, &task_path(task), &page.t("meetings-conclusion-task")))
            }
            (None, Some(_)) if gives => {
                let button = page.button(page.t("meetings-do-give-task")).secondary().small();
                item.then(one_button(page, &path, &[("target", &one.id)], button))
            }
            _ => item,
        };
        items.push(item);
    }
    Ok((!items.is_empty()).then(|| ("ket-luan", page.t("meetings-conclusions"), list(items, true))))
}

/// The minutes: what has been written, and the file once it is approved.
pub(crate) fn minutes(page: &Page, view: &MeetingView) -> Option<Section> {
    let meeting = &view.meeting;
    if matches!(meeting.state, State::Planned) {
        return None;
    }
    let mut body = if meeting.notes.trim().is_empty() {
        paragraph(page.t("meetings-minutes-none"))
    } else {
        meeting
            .notes
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| paragraph(page.vietnamese(line)))
            .fold(Html::default(), |all, line| all.then(line))
    };
    if meeting.minutes_sha256.is_some() {
        let path = format!("{}/bien-ban", meeting_path(&meeting.id));
        body = body.then(paragraph(link(page, &path, &page.t("meetings-minutes-file"))));
    }
    if let Some(notice) = &meeting.notice {
        let path = format!("{}/{notice}", haidang_ui::paths::DOCUMENTS);
        body = body.then(paragraph(link(page, &path, &page.t("meetings-notice"))));
    }
    Some(("bien-ban", page.t("meetings-minutes"), body))
}
