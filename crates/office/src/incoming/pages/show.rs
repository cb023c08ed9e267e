//! One document: who must act now, what may be done, what the paper says, how it was judged, whom it was given to.

use super::{
    ARRIVED, code_html, due_tag, link, office_page, open, part, path_of, reader, state_tag, subject, waits_html,
};
use crate::frame;
use crate::incoming::model::{Arrival, ArrivedFile, Routing};
use crate::incoming::reading::{Choice as Next, View, choices};
use crate::incoming::rules::{Answer as Judged, Part, RoutingState, State};
use crate::room::OfficeRoom;
use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::State as Use;
use haidang_kernel::problem::Problem;
use haidang_store::StoreError;
use haidang_ui::component::{Button, Cell, Column, Notification, SummaryList, SummaryRow, Table, Tag};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, Disposition, Path, Query, Visitor, file, html};
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    bao: Option<String>,
}

/// The words after an act, by the word of the address.
const SAID: &[(&str, bool)] = &[
    ("da-tiep-nhan", true),
    ("da-co", false),
    ("da-vao-so", true),
    ("da-tra-lai", true),
    ("da-trinh", true),
    ("da-chi-dao", true),
    ("da-bat-dau", true),
    ("da-tra-loi", true),
    ("da-ket-thuc", true),
    ("da-luu", true),
    ("da-doi", false),
    ("phai-tra-lai", false),
];

#[derive(Template)]
#[template(path = "incoming_show.html")]
struct ShowPage {
    page: Page,
    /// Id of the document.
    id: String,
    tabs: Html,
    said: Option<Notification>,
    code: Html,
    subject: Html,
    state: Tag,
    waits: Html,
    notice: Option<Notification>,
    same: Vec<Html>,
    /// Buttons that open a form.
    next: Vec<Button>,
    /// Address of the one-press act, when there is one.
    begin: Option<String>,
    stamp: Option<SummaryList>,
    answers: SummaryList,
    must_return: bool,
    copy: Option<String>,
    signatures: Option<Table>,
    layout: Option<Table>,
    details: SummaryList,
    files: Vec<Html>,
    routings: Option<Table>,
    history: Table,
}

fn row(page: &Page, key: &str, value: Html) -> SummaryRow {
    SummaryRow::new(page.t(&format!("incoming-row-{key}")), value)
}

fn judged_tag(page: &Page, question: &str, answer: Judged) -> Html {
    let tag = page.tag(page.t(&format!("incoming-{question}-{}", answer.as_str())));
    part(match answer {
        Judged::Valid => tag.done(),
        Judged::Invalid => tag.late(),
        Judged::Unknown => tag.wait(),
        Judged::Absent => tag,
    })
}

/// Integrity, identity, time; and the envelope of a message beside them.
fn answers(page: &Page, arrival: &Arrival) -> SummaryList {
    let mut rows = vec![
        row(page, "integrity", judged_tag(page, "integrity", arrival.integrity)),
        row(page, "identity", judged_tag(page, "identity", arrival.identity)),
        row(page, "stamped", judged_tag(page, "stamped", arrival.stamped)),
    ];
    if let Some(envelope) = &arrival.envelope {
        let tag = page.tag(page.t(&format!("incoming-envelope-{envelope}")));
        let mut shown = part(match envelope.as_str() {
            "trusted" => tag.done(),
            "invalid" | "untrusted" => tag.late(),
            "weak" | "foreign" => tag.wait(),
            _ => tag,
        });
        if let Some(signer) = &arrival.envelope_signer {
            shown = shown.then(Html::trusted("<br>")).then(page.vietnamese(signer));
        }
        rows.push(row(page, "envelope", shown));
    }
    SummaryList::new(rows)
}

fn signatures(page: &Page, files: &[ArrivedFile]) -> Option<Table> {
    let columns = ["signer", "integrity", "identity", "stamped", "level"];
    let columns = columns.map(|key| Column::new(page.t(&format!("incoming-row-{key}")))).to_vec();
    let mut table = Table::new(page.t("incoming-signatures"), columns);
    let mut any = false;
    for one in files.iter().flat_map(|file| &file.judgement.signatures) {
        any = true;
        let stamped = match one.stamped_at {
            Some(at) => page.time(haidang_kernel::time::from_micros(at)),
            None => Html::text(page.t("incoming-stamped-unknown")),
        };
        table = table.row(vec![
            Cell::from(page.vietnamese(&one.signer)),
            Cell::from(judged_tag(page, "integrity", one.integrity)),
            Cell::from(judged_tag(page, "identity", one.identity)),
            Cell::from(stamped),
            Cell::from(page.code(&one.level)),
        ]);
    }
    any.then_some(table)
}

fn layout(page: &Page, files: &[ArrivedFile]) -> Option<Table> {
    let found = files.first().map(|file| file.layout.as_slice()).unwrap_or_default();
    let columns = ["wanted", "found", "article"];
    let columns = columns.map(|key| Column::new(page.t(&format!("incoming-layout-{key}")))).to_vec();
    let mut table = Table::new(page.t("incoming-layout-title"), columns).caption_hidden();
    for one in found {
        let cells = [&one.wanted, &one.found, &one.article].map(|text| Cell::from(page.vietnamese(text)));
        table = table.row(cells.to_vec());
    }
    (!found.is_empty()).then_some(table)
}

fn part_of_files(page: &Page, id: &str, name: &str) -> Html {
    link(page, &format!("{}/{id}", crate::documents::work_files::LIST), name)
}

fn details(page: &Page, arrival: &Arrival, files: &[(String, String)]) -> SummaryList {
    let details = &arrival.details;
    let text = |key: &str, text: &str| (!text.is_empty()).then(|| row(page, key, page.vietnamese(text)));
    let day =
        |key: &str, day: Option<jiff::civil::Date>| day.map(|day| row(page, key, Html::text(page.date_table(day))));
    let mut rows =
        vec![row(page, "channel", Html::text(page.t(&format!("incoming-channel-{}", arrival.channel.as_str()))))];
    rows.extend(text("from", &details.from_name));
    rows.extend(text("code", &details.code()));
    rows.extend(day("issued-on", details.issued_on));
    rows.extend(text("kind", &details.kind));
    rows.extend(text("signer", &details.signer));
    rows.push(row(page, "urgency", Html::text(page.t(&format!("incoming-urgency-{}", details.urgency)))));
    rows.extend(details.pages.map(|pages| row(page, "pages", Html::text(page.number(pages)))));
    rows.extend(day("answer-by", details.answer_by));
    rows.push(row(page, "arrived", page.time(arrival.arrived_at)));
    rows.extend(text("result-document", arrival.result_document.as_deref().unwrap_or_default()));
    rows.extend(text("result-words", arrival.result_words.as_deref().unwrap_or_default()));
    let links = files.iter().map(|(id, name)| part_of_files(page, id, name));
    let links = links.reduce(|all, one| all.then(Html::trusted("<br>")).then(one));
    rows.extend(links.map(|links| row(page, "work-file", links)));
    SummaryList::new(rows)
}

/// What the "ĐẾN" stamp says (Appendix IV): organ, number, day, to whom.
async fn stamp(room: &OfficeRoom, page: &Page, arrival: &Arrival) -> Result<Option<SummaryList>, Problem> {
    let (Some(number), Some(day)) = (arrival.arrival_number, arrival.arrived_on) else { return Ok(None) };
    let agency = room.directory.agency(&arrival.agency).await?;
    let name = agency.map_or_else(|| arrival.agency.clone(), |agency| agency.name_vi);
    let mut rows = vec![
        row(page, "stamp-organ", page.vietnamese(name)),
        row(page, "stamp-number", page.code(number.to_string())),
        row(page, "stamp-day", Html::text(page.date_table(day))),
    ];
    let to = arrival.lead_name.as_deref().or(arrival.leader_name.as_deref());
    rows.extend(to.map(|name| row(page, "stamp-to", page.vietnamese(name))));
    Ok(Some(SummaryList::new(rows)))
}

fn routing_state(page: &Page, one: &Routing) -> Html {
    let tag = page.tag(page.t(&format!("incoming-routing-{}", super::dashed(one.state.as_str()))));
    part(match one.state {
        RoutingState::Open => tag.wait(),
        RoutingState::Answered | RoutingState::Ended => tag.done(),
        RoutingState::HandedBack => tag.late(),
        RoutingState::Begun | RoutingState::Replaced => tag,
    })
}

fn routings(room: &OfficeRoom, page: &Page, view: &View) -> Option<Table> {
    let columns = ["receiver", "words", "due", "read", "state"];
    let columns = columns.map(|key| Column::new(page.t(&format!("incoming-routing-{key}")))).to_vec();
    let mut table = Table::new(page.t("incoming-routings"), columns).caption_hidden();
    for one in &view.routings {
        let receiver = page
            .vietnamese(&one.receiver_name)
            .then(Html::trusted("<br><span class=\"hd-second\">"))
            .then(Html::text(page.t(&format!("incoming-part-{}", super::dashed(one.part.as_str())))))
            .then(Html::trusted("</span>"));
        let given = page
            .vietnamese(&one.words)
            .then(Html::trusted("<br><span class=\"hd-second\">"))
            .then(page.vietnamese(&one.given_name))
            .then(Html::text(", "))
            .then(page.time(one.given_at))
            .then(Html::trusted("</span>"));
        let due = match one.due_on {
            Some(day) if one.state.is_open() => part(due_tag(room, page, day)),
            Some(day) => Html::text(page.date_table(day)),
            None => Html::text(page.t("incoming-routing-no-due")),
        };
        let read = match (one.read_at, &one.read_name) {
            (Some(at), Some(name)) => page.vietnamese(name).then(Html::text(", ")).then(page.time(at)),
            _ => Html::text(page.t("incoming-routing-unread")),
        };
        let mut state = routing_state(page, one);
        if let Some(answer) = &one.answer {
            state = state.then(Html::trusted("<br>")).then(page.vietnamese(answer));
        }
        table = table.row([receiver, given, due, read, state].map(Cell::from).to_vec());
    }
    (!view.routings.is_empty()).then_some(table)
}

fn history(page: &Page, view: &View) -> Table {
    let columns = ["at", "act", "by", "words"];
    let columns = columns.map(|key| Column::new(page.t(&format!("incoming-history-{key}")))).to_vec();
    let mut table = Table::new(page.t("incoming-history"), columns).caption_hidden();
    for step in &view.steps {
        let by = match step.person_name.as_str() {
            "" => Html::text(page.t("incoming-by-system")),
            name => page.vietnamese(name),
        };
        table = table.row(vec![
            Cell::from(page.time(step.at)),
            Cell::from(page.t(&format!("incoming-act-{}", super::dashed(&step.act)))),
            Cell::from(by),
            Cell::from(page.vietnamese(&step.words)),
        ]);
    }
    table
}

/// What may be done next: forms as buttons, the first the main one; beginning is one press.
fn next(page: &Page, arrival: &Arrival, choices: &[Next]) -> (Vec<Button>, Option<String>) {
    let base = path_of(&arrival.id);
    let mut begin = None;
    let mut buttons = Vec::new();
    for choice in choices {
        let (key, address) = match choice {
            Next::Register => ("register", "vao-so".to_owned()),
            Next::Return => ("return", "tra-lai".to_owned()),
            Next::Submit => ("submit", "trinh".to_owned()),
            Next::Instruct => ("instruct", "chi-dao".to_owned()),
            Next::Finish => ("finish", "ket-qua".to_owned()),
            Next::File => ("file", "luu".to_owned()),
            Next::Answer(id, Part::Lead) => ("hand-back", format!("tra-loi/{id}")),
            Next::Answer(id, _) => ("answer", format!("tra-loi/{id}")),
            Next::Begin => {
                begin = Some(page.href(format!("{base}/bat-dau")));
                continue;
            }
        };
        let button = page.link_button(page.t(&format!("incoming-next-{key}")), format!("{base}/{address}"));
        let first = buttons.is_empty() && begin.is_none();
        buttons.push(if first { button } else { button.secondary() });
    }
    (buttons, begin)
}

/// What the sender said later, with the document that came in its place, when it has come here.
async fn notice(room: &OfficeRoom, page: &Page, arrival: &Arrival) -> Result<Option<Notification>, Problem> {
    let Some(notice) = &arrival.notice else { return Ok(None) };
    let mut words = page.vietnamese(&notice.reason);
    if let Some(document) = &notice.document
        && let Some(other) = room.arrival_of_document(&arrival.agency, document).await?
    {
        words = words.then(Html::trusted("<br>")).then(link(page, &path_of(&other.id), &other.details.code()));
    }
    Ok(Some(Notification::new("bao-thu-hoi", page.t(&format!("incoming-notice-{}", notice.kind)), words)))
}

/// The page of one document.
pub(super) async fn show_arrival(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Query(said): Query<Said>,
) -> Answer {
    open(&visitor, &room, &id).await?;
    let reader = reader(&visitor)?;
    let view = room.open_arrival(&reader, &id).await?;
    let mut page = office_page(&visitor, "incoming-show-title");
    let arrival = &view.arrival;
    page.title = subject(&page, arrival);
    let said = SAID.iter().find(|(word, _)| Some(*word) == said.bao.as_deref()).map(|(word, good)| {
        let note = Notification::new("bao", page.t("ui-notice-title"), page.t(&format!("incoming-said-{word}")));
        if *good { note.success() } else { note }
    });
    let same = view.same.iter().map(|one| {
        let text = match one.number {
            Some(number) => page.t1("incoming-number", "number", number),
            None => page.moment(one.arrived_at),
        };
        link(&page, &path_of(&one.id), &text)
    });
    let files = view.files.iter().map(|file| {
        link(&page, &format!("{}/tep/{}", path_of(&arrival.id), file.place), &file.name)
            .then(Html::text(format!(" ({})", page.size(u64::try_from(file.size).unwrap_or(0)))))
    });
    let verdict = crate::incoming::rules::verdict(arrival.integrity, arrival.identity);
    let (mut next, begin) = next(&page, arrival, &choices(&reader, &view));
    // What a directive asks for may be given as tasks by whoever gives tasks.
    if arrival.arrival_number.is_some() && visitor.can("task.assign") {
        let address = format!("/can-bo/nhiem-vu/de-xuat?van-ban-den={}", arrival.id);
        next.push(page.link_button(page.t("incoming-next-propose"), address).secondary());
    }
    html(ShowPage {
        tabs: frame::tabs(&visitor, ARRIVED),
        said,
        code: code_html(&page, arrival),
        subject: page.vietnamese(subject(&page, arrival)),
        state: state_tag(&page, arrival.state),
        waits: waits_html(&room, &page, arrival),
        notice: notice(&room, &page, arrival).await?,
        same: same.collect(),
        next,
        begin,
        stamp: stamp(&room, &page, arrival).await?,
        answers: answers(&page, arrival),
        must_return: arrival.state == State::Arrived && verdict == crate::incoming::rules::Verdict::Return,
        id: arrival.id.clone(),
        copy: crate::documents::copies::offer(
            &visitor,
            &page,
            crate::documents::copies::SourceKind::Arrival,
            &arrival.id,
            !view.files.is_empty() && !matches!(arrival.state, State::Arrived | State::Rejected | State::Withdrawn),
        ),
        signatures: signatures(&page, &view.files),
        layout: layout(&page, &view.files),
        details: details(&page, arrival, &room.case_files_of(&arrival.id).await?),
        files: files.collect(),
        routings: routings(&room, &page, &view),
        history: history(&page, &view),
        page,
    })
}

/// A file of the document, to be saved, never shown inside our pages.
pub(super) async fn take_arrival_file(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path((id, place)): Path<(String, i64)>,
) -> Answer {
    let found = room.arrival_file(&reader(&visitor)?, &id, place).await?;
    send_file(&room, &found).await
}

/// Streams a file in pieces.
pub(crate) async fn send_file(room: &OfficeRoom, found: &ArrivedFile) -> Answer {
    // What was renewed to stay provable is handed out in its newest form.
    let newest = room.archive.newest(&found.sha256).await?;
    let opened = room.blobs.get(&newest).await;
    let (content, size) = opened.map_err(|error| match error {
        StoreError::NotFound => Problem::gone("file_gone", "the file is no longer in the store"),
        other => Problem::from(other),
    })?;
    let pieces = futures_util::stream::try_unfold(content, |mut content| async move {
        let mut piece = vec![0_u8; 64 * 1024];
        let length = content.read(&mut piece).await?;
        piece.truncate(length);
        Ok::<_, std::io::Error>((length > 0).then(|| (Bytes::from(piece), content)))
    });
    file(Body::from_stream(pieces), &found.name, &found.media_type, Some(size), Disposition::Attachment)
}
