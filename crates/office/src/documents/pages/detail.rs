//! One document: who must act now and until when, what may be done next, what it says, what happened.

use super::{dashed, kind_name, link, office_page, path, preview, reader, state_tag, tabs, urgency_tag};
use crate::documents::access;
use crate::documents::body;
use crate::documents::copies;
use crate::documents::model::{Content, Course, Dispatch, Document, Told};
use crate::documents::table::{Action, Part, State};
use crate::room::OfficeRoom;
use askama::Template;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_ui::component::{
    Cell, Column, FileUpload, Select, SummaryList, SummaryRow, Table, Tag, TextArea, TextInput,
};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Page};
use haidang_web::upload::UploadLimits;
use haidang_web::{Answer, Fault, FormFields, Path, State as Use, Visitor, html};

/// What may be done next, as a form.
pub(super) struct Deed {
    action: &'static str,
    href: String,
    text: String,
    button: String,
    dangerous: bool,
    words: Option<TextArea>,
    reviewer: Option<Select>,
    by: Option<TextInput>,
    activation: Option<TextInput>,
}

/// A file that travels with the document.
pub(super) struct FileLine {
    name: String,
    href: String,
    size: String,
    sha256: String,
}

/// A remark or a step of the history.
pub(super) struct Line {
    who: Html,
    when: Html,
    what: String,
    words: Html,
}

#[derive(Template)]
#[template(path = "documents_detail.html")]
pub(super) struct DetailPage {
    page: Page,
    tabs: Html,
    errors: Vec<ErrorItem>,
    id: String,
    revision: i64,
    state: Tag,
    urgency: Option<Tag>,
    now: String,
    until: Option<String>,
    deeds: Vec<Deed>,
    edits: bool,
    signs: bool,
    /// Whether its signatures can be checked: it was issued.
    checks: bool,
    copy: Option<String>,
    facts: SummaryList,
    shown: Html,
    bases: Vec<String>,
    paper: String,
    files: Vec<FileLine>,
    upload: Option<FileUpload>,
    word: Option<FileUpload>,
    receivers: Option<Table>,
    exchanged: Option<Table>,
    sends: Vec<(String, String)>,
    comments: Vec<Line>,
    remark: Option<TextArea>,
    version: i64,
    versions: Vec<Line>,
    compare: Option<String>,
    history: Vec<Line>,
}

/// Names of whoever holds a capability in an organ, the first few.
async fn holders(room: &OfficeRoom, agency: &str, capability: &str, besides: &str) -> Result<String, Problem> {
    let staff = room.directory.staff(agency).await?;
    let fits = staff.iter().filter(|one| one.capabilities.contains(capability) && one.person.as_str() != besides);
    Ok(fits.take(5).map(|one| one.name.clone()).collect::<Vec<_>>().join(", "))
}

/// Who must act now, in words.
async fn waiting(room: &OfficeRoom, page: &Page, document: &Document) -> Result<String, Problem> {
    let Some(part) = access::waits_for(document.state) else {
        return Ok(page.t(&format!("documents-rest-{}", dashed(document.state.as_str()))));
    };
    let agency = &document.agency;
    let names = match part {
        Part::Drafter => document.drafter_name.clone(),
        Part::Signer => document.signer_name.clone(),
        Part::Reviewer => match &document.reviewer {
            Some(asked) => {
                let staff = room.directory.staff(agency).await?;
                staff.into_iter().find(|one| one.person.as_str() == asked).map(|one| one.name).unwrap_or_default()
            }
            None => holders(room, agency, access::REVIEW, &document.drafter).await?,
        },
        Part::Checker | Part::Clerk | Part::Keeper => holders(room, agency, access::CLERK, "").await?,
        Part::Leader => holders(room, agency, access::SIGN, "").await?,
    };
    let key = format!("documents-now-{}", dashed(document.state.as_str()));
    Ok(page.t1(&key, "names", if names.is_empty() { page.t("documents-nobody") } else { names }))
}

/// Until when: what is signed is issued on that day, at latest the next working day (Article 18); else the day on which
/// its drafter needs it.
fn until(room: &OfficeRoom, page: &Page, document: &Document) -> Option<String> {
    let signed = matches!(document.state, State::Signed | State::Numbered | State::Sealed);
    if let Some(at) = document.signed_at.filter(|_| signed) {
        let last = room.days.calendar().next_working(time::civil(at).date())?;
        return Some(page.t1("documents-until-issue", "date", page.date_weekday(last)));
    }
    let open = access::waits_for(document.state).is_some();
    document.due_on.filter(|_| open).map(|day| page.t1("documents-until-due", "date", page.date_weekday(day)))
}

fn address(id: &str, action: Action) -> Option<String> {
    let end = match action {
        Action::Revise | Action::Sign | Action::File => return None,
        Action::Initial => "ky-nhay",
        Action::Number | Action::Seal => "cap-so",
        Action::Issue => "phat-hanh",
        Action::Recall | Action::Replace | Action::Correct => "sau-phat-hanh",
        _ => "buoc",
    };
    Some(format!("{}/{end}", path(id)))
}

async fn deeds(
    visitor: &Visitor,
    room: &OfficeRoom,
    page: &Page,
    document: &Document,
    form: &FormFields,
    errors: &[ErrorItem],
) -> Result<Vec<Deed>, Fault> {
    let actor = visitor.require_actor()?;
    let mut list = Vec::new();
    for step in access::open_to(document, actor) {
        let word = step.action.as_str();
        let Some(href) = address(&document.id, step.action) else { continue };
        let mine = form.text("action") == word;
        let field = |name: &str, key: &str| {
            let shown = Field::new(page.lang, format!("{word}_{name}"), page.t(key));
            // Two forms of the page may have a field of the same meaning: the fault is beside the one that was sent.
            if !mine {
                return shown;
            }
            let own = errors.iter().find(|error| error.id == name || error.id == format!("{word}_{name}"));
            shown.error(own.map(|error| error.message.clone()))
        };
        let asks = step.needs.contains(&crate::documents::table::Need::Reason);
        let other = step.needs.contains(&crate::documents::table::Need::ByDocument);
        let signs = matches!(step.action, Action::Initial | Action::Number | Action::Seal);
        let text = |name: &str| form.text(&format!("{word}_{name}")).to_owned();
        let reviewer = match step.action {
            Action::Submit => Some(
                reviewers(room, page, document, &text("reviewer"), field("reviewer", "documents-field-reviewer"))
                    .await?,
            ),
            _ => None,
        };
        list.push(Deed {
            action: word,
            href: page.href(href),
            text: page.t(&format!("documents-do-{}-text", dashed(word))),
            button: page.t(&format!("documents-do-{}", dashed(word))),
            dangerous: matches!(step.action, Action::Discard | Action::Recall | Action::Replace),
            words: asks.then(|| {
                TextArea::new(field("words", "documents-field-words")).value(text("words")).rows(3).limit(2000)
            }),
            by: other.then(|| {
                let hint = page.t("documents-field-by-hint");
                TextInput::new(field("by_document", "documents-field-by").hint(hint))
                    .value(text("by_document"))
                    .width(20)
            }),
            // What was typed here is a secret: it is never sent back.
            activation: signs.then(|| {
                TextInput::new(field("activation", "documents-field-activation").optional(true))
                    .kind("password")
                    .width(20)
            }),
            reviewer,
        });
    }
    Ok(list)
}

async fn reviewers(
    room: &OfficeRoom,
    page: &Page,
    document: &Document,
    chosen: &str,
    field: Field,
) -> Result<Select, Problem> {
    let staff = room.directory.staff(&document.agency).await?;
    let fits =
        staff.iter().filter(|one| one.capabilities.contains(access::REVIEW) && one.person.as_str() != document.drafter);
    let mut choices = vec![Choice::new("", page.t("documents-reviewer-any"))];
    choices.extend(
        fits.map(|one| Choice::new(one.person.as_str(), format!("{}, {}", one.name, one.title)).chosen(chosen)),
    );
    Ok(Select::new(field, choices).always())
}

fn facts(room: &OfficeRoom, page: &Page, document: &Document, content: &Content) -> SummaryList {
    let row = |key: &str, value: Html| SummaryRow::new(page.t(&format!("documents-fact-{key}")), value);
    let number = document.code().unwrap_or_else(|| page.t("documents-number-none"));
    let mut rows = vec![
        row("number", Html::text(number)),
        row("kind", kind_name(room, page, &document.kind)),
        row("course", Html::text(page.t(&format!("documents-course-{}", document.course.as_str())))),
        row("drafter", page.vietnamese(&document.drafter_name)),
        row("signer", page.vietnamese(&document.signer_name)),
    ];
    rows.extend(document.issued_on.map(|day| row("date", Html::text(page.date(day)))));
    rows.extend(document.due_on.map(|day| row("due", Html::text(page.date(day)))));
    rows.extend(document.signed_at.map(|at| row("signed", page.time(at))));
    if !content.recipients.is_empty() {
        let names: Vec<&str> = content.recipients.iter().map(|one| one.name()).collect();
        rows.push(row("recipients", page.vietnamese(names.join("; "))));
    }
    if let Some(other) = &document.by_document {
        rows.push(row("by", link(page, &path(other), &page.t("documents-fact-by-open"))));
    }
    SummaryList::new(rows)
}

/// What was sent to organs outside and what they said of it.
fn exchanged(page: &Page, dispatches: &[Dispatch], told: &[Told]) -> Option<Table> {
    let columns =
        ["receiver", "message", "reason", "changed"].map(|key| Column::new(page.t(&format!("documents-column-{key}"))));
    let table = Table::new(page.t("documents-exchanged"), columns.to_vec());
    let filled = told.iter().fold(table, |table, one| {
        let to = dispatches.iter().find(|dispatch| dispatch.id == one.dispatch);
        let words = match &one.code {
            Some(code) => page.t(&format!("documents-status-{code}")),
            None => page.t(&format!("documents-message-{}", one.kind)),
        };
        table.row(vec![
            Cell::from(page.vietnamese(to.map(|to| to.to_name.as_str()).unwrap_or_default())),
            Cell::from(words),
            Cell::from(page.vietnamese(one.reason.as_deref().unwrap_or_default())),
            Cell::from(page.time(one.at)),
        ])
    });
    (!told.is_empty()).then_some(filled)
}

fn receivers(page: &Page, list: &[Dispatch]) -> Option<Table> {
    let columns =
        ["receiver", "channel", "state", "changed"].map(|key| Column::new(page.t(&format!("documents-column-{key}"))));
    let table = Table::new(page.t("documents-receivers"), columns.to_vec());
    let filled = list.iter().fold(table, |table, one| {
        table.row(vec![
            Cell::from(page.vietnamese(&one.to_name)),
            Cell::from(page.t(&format!("documents-channel-{}", one.channel))),
            Cell::from(page.t(&format!("documents-dispatch-{}", one.state))),
            Cell::from(page.time(one.changed_at)),
        ])
    });
    (!list.is_empty()).then_some(filled)
}

fn file_lines(page: &Page, id: &str, content: &Content) -> Vec<FileLine> {
    let files = content.annexes.iter().chain(content.source.as_ref());
    let line = |file: &crate::documents::model::Annex| FileLine {
        name: file.name.clone(),
        href: page.href(format!("{}/tep/{}", path(id), file.sha256)),
        size: page.size(u64::try_from(file.size).unwrap_or_default()),
        sha256: file.sha256.clone(),
    };
    files.map(line).collect()
}

/// The page; `form` and `errors` are those of a step that was refused.
pub(super) async fn build(
    visitor: &Visitor,
    room: &OfficeRoom,
    document: Document,
    form: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<DetailPage, Fault> {
    let mut page = office_page(visitor, document.subject.clone());
    page.errors = !errors.is_empty();
    let actor = visitor.require_actor()?;
    let content = room.content(&document, document.version).await?;
    let open = access::open_to(&document, actor);
    let may = |action: Action| open.iter().any(|step| step.action == action);
    let dispatches = room.dispatches(&document).await?;
    let clerk = access::holds(Part::Clerk, &document, actor);
    let waits = dispatches.iter().filter(|one| clerk && one.channel == "paper" && one.state == "waiting");
    let sends = waits.map(|one| (one.id.clone(), one.to_name.clone())).collect();
    let versions = room.versions(&document).await?;
    let history = room.history(&document).await?;
    let comments = room.comments(&document).await?;
    let unsigned = matches!(
        document.state,
        State::Draft | State::Returned | State::UnitReview | State::OfficeCheck | State::AwaitingSignature
    );
    let line = |who: &str, at, what: String, words: &str| Line {
        who: page.vietnamese(who),
        when: page.time(at),
        what,
        words: page.vietnamese(words),
    };
    let field = |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).errors(&errors);
    let upload =
        |name: &str, key: &str| FileUpload::new(field(name, key).hint(page.t(&format!("documents-field-{name}-hint"))));
    Ok(DetailPage {
        tabs: tabs(visitor),
        id: document.id.clone(),
        revision: document.revision,
        state: state_tag(&page, document.state),
        urgency: urgency_tag(&page, document.urgency),
        now: waiting(room, &page, &document).await?,
        until: until(room, &page, &document),
        deeds: deeds(visitor, room, &page, &document, form, &errors).await?,
        edits: may(Action::Revise),
        signs: may(Action::Sign),
        checks: document.state.after_issue(),
        copy: copies::offer(
            visitor,
            &page,
            copies::SourceKind::Document,
            &document.id,
            document.state.after_issue() && document.state != State::Recalled,
        ),
        facts: facts(room, &page, &document, &content),
        shown: preview(&body::blocks(&content.body)),
        bases: content.bases.clone(),
        paper: page.href(format!("{}/ban-in", path(&document.id))),
        files: file_lines(&page, &document.id, &content),
        upload: may(Action::Revise)
            .then(|| upload("files", "documents-field-files").accept(UploadLimits::DOCUMENTS.accept()).multiple()),
        word: may(Action::Revise).then(|| upload("word", "documents-field-word").accept(".docx")),
        receivers: receivers(&page, &dispatches).filter(|_| document.course == Course::Out),
        exchanged: exchanged(&page, &dispatches, &room.told(&document).await?),
        sends,
        comments: comments
            .iter()
            .map(|one| {
                line(&one.said_name, one.said_at, page.t1("documents-version", "number", one.version), &one.words)
            })
            .collect(),
        remark: unsigned
            .then(|| TextArea::new(field("remark", "documents-field-remark")).value(form.text("remark")).rows(3)),
        version: document.version,
        compare: (document.version > 1).then(|| {
            let query = format!("tu={}&den={}", document.version - 1, document.version);
            page.href(format!("{}/so-sanh?{query}", path(&document.id)))
        }),
        versions: versions
            .iter()
            .map(|one| {
                line(&one.saved_name, one.saved_at, page.t1("documents-version", "number", one.number), &one.note)
            })
            .collect(),
        history: history
            .iter()
            .map(|one| {
                line(&one.acted_name, one.at, page.t(&format!("documents-did-{}", dashed(&one.action))), &one.words)
            })
            .collect(),
        errors,
        page,
    })
}

/// One document.
pub(crate) async fn show_document(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let document = room.open_document(&reader(&visitor)?, &id).await?;
    html(build(&visitor, &room, document, &FormFields::default(), Vec::new()).await?)
}
