//! Pages of the books: the list, one book, the inspector's page.

use crate::authority::INSPECT;
use crate::frame::{agency_name, link, reader, tabs, typed_day};
use crate::registers::model::{Direction, Line, NumberState, Register};
use crate::registers::printing::Form;
use crate::registers::reading::{BookFilter, PAGE};
use crate::registers::rules::{Counts, printed_code, printed_number};
use crate::registers::verify::Finding;
use crate::registers::verifying::Verdict;
use crate::room::OfficeRoom;
use askama::Template;
use axum::body::Body;
use axum::extract::State;
use haidang_ui::component::{
    Cell, Column, EmptyState, Pagination, Select, SummaryList, SummaryRow, Table, Tag, TextInput,
};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, IntoHtml as _, Page};
use haidang_web::{Answer, Disposition, Fault, Path, Query, Visitor, encode, file, html};
use serde::Deserialize;

/// Address of the list.
pub(crate) const REGISTERS: &str = "/can-bo/so-van-ban";

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ListQuery {
    #[serde(default)]
    nam: Option<i16>,
    #[serde(default)]
    sau: String,
}

/// What a book is asked for; the same words print it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct BookQuery {
    #[serde(default)]
    tu_khoa: String,
    #[serde(default)]
    trang_thai: String,
    #[serde(default)]
    tu_ngay: String,
    #[serde(default)]
    den_ngay: String,
    #[serde(default)]
    duoi: Option<i64>,
    #[serde(default)]
    so: String,
}

impl BookQuery {
    /// The filter, and which of its days are none.
    fn filter(&self) -> (BookFilter, Vec<&'static str>) {
        let mut wrong = Vec::new();
        let mut day = |typed: &str, name: &'static str| {
            let day = typed_day(typed);
            if day.is_none() && !typed.trim().is_empty() {
                wrong.push(name);
            }
            day
        };
        let filter = BookFilter {
            state: NumberState::parse(&self.trang_thai),
            words: self.tu_khoa.clone(),
            from: day(&self.tu_ngay, "tu_ngay"),
            to: day(&self.den_ngay, "den_ngay"),
            below: self.duoi,
        };
        (filter, wrong)
    }

    /// The same search as part of an address.
    fn address(&self, below: Option<i64>) -> String {
        let below = below.map(|number| number.to_string()).unwrap_or_default();
        let pairs = [
            ("tu_khoa", self.tu_khoa.as_str()),
            ("trang_thai", self.trang_thai.as_str()),
            ("tu_ngay", self.tu_ngay.as_str()),
            ("den_ngay", self.den_ngay.as_str()),
            ("duoi", below.as_str()),
        ];
        encode(pairs.into_iter().filter(|(_, value)| !value.is_empty()))
    }

    fn is_empty(&self) -> bool {
        self.address(None).is_empty()
    }
}

#[derive(Template)]
#[template(path = "registers_list.html")]
struct ListPage {
    page: Page,
    tabs: Html,
    years: Vec<(String, String, bool)>,
    table: Option<Table>,
    empty: Option<EmptyState>,
    more: Option<Pagination>,
}

#[derive(Template)]
#[template(path = "registers_book.html")]
struct BookPage {
    page: Page,
    tabs: Html,
    errors: Vec<ErrorItem>,
    agency: Html,
    state: Tag,
    facts: SummaryList,
    action: String,
    words: TextInput,
    status: Select,
    from: TextInput,
    to: TextInput,
    clear: Option<Html>,
    table: Option<Table>,
    empty: Option<EmptyState>,
    more: Option<Pagination>,
    prints: Vec<Html>,
    inspect: Html,
}

#[derive(Template)]
#[template(path = "registers_inspect.html")]
struct InspectPage {
    page: Page,
    tabs: Html,
    back: String,
    sound: bool,
    sentence: String,
    invariant: String,
    facts: SummaryList,
    findings: Option<Table>,
    roots: Option<Table>,
    roots_words: String,
}

/// Which way, in words.
pub(crate) fn direction_text(page: &Page, direction: Direction) -> String {
    page.t(&format!("registers-direction-{}", direction.as_str()))
}

fn state_tag(page: &Page, state: NumberState) -> Tag {
    let tag = page.tag(page.t(&format!("registers-state-{}", state.as_str())));
    match state {
        NumberState::Issued => tag.done(),
        NumberState::Held => tag.wait(),
        NumberState::Free | NumberState::Voided => tag,
    }
}

fn open_tag(page: &Page, register: &Register) -> Tag {
    match register.frozen_at {
        Some(_) => page.tag(page.t("registers-frozen")).icon("lock"),
        None => page.tag(page.t("registers-open")).done(),
    }
}

fn book_path(register: &Register) -> String {
    format!("{REGISTERS}/{}", register.id)
}

/// The books of a year that the reader may open.
pub(crate) async fn list_registers(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(query): Query<ListQuery>,
) -> Answer {
    let page = visitor.page(haidang_ui::t(visitor.lang, "registers-title", &[]), "documents");
    let reader = reader(&visitor)?;
    let year = query.nam.unwrap_or_else(|| room.ambient.today().year());
    let mut after = query.sau.splitn(3, '/').map(str::to_owned);
    let after = match (after.next(), after.next(), after.next()) {
        (Some(agency), Some(direction), Some(group)) => Some((agency, direction, group)),
        _ => None,
    };
    let mut registers = room.register_list(&reader, None, year, after.as_ref()).await?;
    let inspector = reader.actor.can(INSPECT);
    let full = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = inspector && registers.len() > full;
    if more {
        registers.truncate(full);
    }
    let mut table = Table::new(
        page.t("registers-title"),
        vec![
            Column::new(page.t("registers-column-book")),
            Column::new(page.t("registers-column-agency")),
            Column::new(page.t("registers-column-direction")),
            Column::numeric(page.t("registers-column-last")),
            Column::new(page.t("registers-column-on")),
            Column::new(page.t("registers-column-state")),
        ],
    )
    .caption_hidden();
    for register in &registers {
        table = table.row(vec![
            Cell::from(link(&page, &book_path(register), page.b(&register.title))),
            Cell::from(agency_name(&room, &page, &register.agency).await?),
            Cell::from(direction_text(&page, register.direction)),
            Cell::from(if register.next > 1 { printed_number(register.next - 1) } else { String::new() }),
            Cell::from(register.last_on.map(|day| page.date_table(day)).unwrap_or_default()),
            Cell::from(open_tag(&page, register)),
        ]);
    }
    let mut years = room.register_years(&reader).await?;
    if !years.contains(&year) {
        years.insert(0, year);
    }
    let next = registers.last().filter(|_| more).map(|last| {
        let key = format!("{}/{}/{}", last.agency, last.direction.as_str(), last.group);
        page.href(format!("{REGISTERS}?{}", encode([("nam", year.to_string().as_str()), ("sau", key.as_str())])))
    });
    html(ListPage {
        tabs: tabs(&visitor, REGISTERS),
        years: years
            .into_iter()
            .map(|one| (page.href(format!("{REGISTERS}?nam={one}")), one.to_string(), one == year))
            .collect(),
        empty: registers
            .is_empty()
            .then(|| EmptyState::new(page.t("registers-empty")).text(page.t("registers-empty-text"))),
        table: (!registers.is_empty()).then_some(table),
        more: (next.is_some() || after.is_some()).then(|| Pagination::simple(page.lang, None, next)),
        page,
    })
}

fn lines_table(page: &Page, register: &Register, lines: &[Line]) -> Table {
    let arrivals = register.direction == Direction::In;
    let mut columns = vec![Column::new(page.t("registers-column-number")), Column::new(page.t("registers-column-on"))];
    if arrivals {
        columns.push(Column::new(page.t("registers-column-author")));
    }
    columns.extend([
        Column::new(page.t("registers-column-subject")),
        Column::new(page.t(if arrivals { "registers-column-unit" } else { "registers-column-signer" })),
        Column::new(page.t("registers-column-state")),
    ]);
    let mut table = Table::new(page.t("registers-lines"), columns).caption_hidden().small();
    for line in lines {
        let entry = &line.summary;
        let code = if arrivals { printed_number(line.number) } else { printed_code(line.number, &entry.notation) };
        let mut cells = vec![Cell::from(page.code(code)), Cell::from(page.date_table(line.on))];
        if arrivals {
            let of = [entry.original_number.as_str(), entry.author.as_str()];
            cells.push(Cell::from(
                page.vietnamese(of.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ")),
            ));
        }
        let what = [entry.kind.as_str(), entry.subject.as_str()];
        let what = what.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
        let void = line.state == NumberState::Voided;
        cells.push(Cell::from(page.vietnamese(if void { "" } else { what.as_str() })));
        cells.push(Cell::from(page.vietnamese(if arrivals { &entry.receivers } else { &entry.signer })));
        let mut state = state_tag(page, line.state).into_html();
        if let Some(reason) = &line.void_reason {
            state = state.then(Html::trusted("<br>")).then(page.vietnamese(reason));
        }
        if line.state == NumberState::Issued {
            let proof = format!("{}/dong/{}/chung-minh", book_path(register), line.id);
            state = state.then(Html::trusted("<br>")).then(link(
                page,
                &proof,
                page.t1("registers-proof-of", "number", line.number),
            ));
        }
        cells.push(Cell::from(state));
        table = table.row(cells);
    }
    table
}

fn counts_rows(page: &Page, counts: &Counts) -> Vec<SummaryRow> {
    let row = |key: &str, value: i64| SummaryRow::new(page.t(key), page.number(value));
    let mut rows = vec![row("registers-count-issued", counts.issued), row("registers-count-voided", counts.voided)];
    for (key, value) in [("registers-count-held", counts.held), ("registers-count-free", counts.free)] {
        if value > 0 {
            rows.push(row(key, value));
        }
    }
    rows
}

/// One book with its search.
pub(crate) async fn show_register_book(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(id): Path<String>,
    Query(query): Query<BookQuery>,
) -> Answer {
    let reader = reader(&visitor)?;
    let register = room.register(&reader, &id).await?;
    let (filter, wrong) = query.filter();
    let lines = room.register_lines(&reader, &register, &filter).await?;
    let counts = room.counts(&id).await?;
    let title = format!("{} {}", register.title.text(visitor.lang), register.year);
    let mut page = visitor.page(title, "documents");
    page.errors = !wrong.is_empty();
    let errors: Vec<ErrorItem> = wrong.iter().map(|name| ErrorItem::of(name, page.t("registers-error-day"))).collect();
    let mut facts = vec![
        SummaryRow::new(page.t("registers-column-direction"), direction_text(&page, register.direction)),
        SummaryRow::new(
            page.t("registers-next"),
            match register.frozen_at {
                None => printed_number(register.next),
                Some(at) => page.t1("registers-frozen-at", "moment", page.moment(at)),
            },
        ),
    ];
    facts.extend(counts_rows(&page, &counts));
    let path = book_path(&register);
    let field = |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).errors(&errors);
    let states = [NumberState::Issued, NumberState::Held, NumberState::Free, NumberState::Voided];
    let mut choices = vec![Choice::new("", page.t("registers-state-all")).chosen(&query.trang_thai)];
    choices.extend(states.map(|state| {
        Choice::new(state.as_str(), page.t(&format!("registers-state-{}", state.as_str()))).chosen(&query.trang_thai)
    }));
    let print = |form: &str, key: &str| {
        let search = query.address(None);
        let join = if search.is_empty() { "" } else { "&" };
        link(&page, &format!("{path}/in?so={form}{join}{search}"), page.t(key))
    };
    let mut prints = vec![print("dang-ky", "registers-print")];
    if register.direction == Direction::In {
        prints.push(print("theo-doi", "registers-print-tracking"));
    }
    let next = lines.next.map(|below| page.href(format!("{path}?{}", query.address(Some(below)))));
    let empty = lines.lines.is_empty().then(|| {
        let empty =
            EmptyState::new(page.t(if query.is_empty() { "registers-book-empty" } else { "registers-none-found" }));
        if query.is_empty() { empty } else { empty.next(page.t("registers-clear"), page.href(&path)) }
    });
    html(BookPage {
        tabs: tabs(&visitor, REGISTERS),
        agency: agency_name(&room, &page, &register.agency).await?,
        state: open_tag(&page, &register),
        facts: SummaryList::new(facts).no_border(),
        action: page.href(&path),
        words: TextInput::new(field("tu_khoa", "registers-search").hint(page.t("registers-search-hint")))
            .value(&query.tu_khoa)
            .width(30),
        status: Select::new(field("trang_thai", "registers-column-state"), choices).always(),
        from: TextInput::new(field("tu_ngay", "registers-from").hint(page.t("registers-day-hint")))
            .value(&query.tu_ngay)
            .width(10),
        to: TextInput::new(field("den_ngay", "registers-to").hint(page.t("registers-day-hint")))
            .value(&query.den_ngay)
            .width(10),
        clear: (!query.is_empty()).then(|| link(&page, &path, page.t("registers-clear"))),
        table: (!lines.lines.is_empty()).then(|| lines_table(&page, &register, &lines.lines)),
        empty,
        more: (next.is_some() || filter.below.is_some()).then(|| Pagination::simple(page.lang, None, next)),
        inspect: link(&page, &format!("{path}/kiem-tra"), page.t("registers-inspect-link")),
        prints,
        errors,
        page,
    })
}

/// The book as PDF, in the form of Appendix IV.
pub(crate) async fn print_register_book(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(id): Path<String>,
    Query(query): Query<BookQuery>,
) -> Answer {
    let form = if query.so == "theo-doi" { Form::Tracking } else { Form::Register };
    let paper = room.print_register(&reader(&visitor)?, &id, form, &query.filter().0).await?;
    send_pdf(if form == Form::Tracking { "so-theo-doi.pdf" } else { "so-dang-ky.pdf" }, paper.bytes)
}

/// A PDF of our own to be saved.
pub(crate) fn send_pdf(name: &str, bytes: Vec<u8>) -> Answer {
    let length = u64::try_from(bytes.len()).ok();
    file(Body::from(bytes), name, "application/pdf", length, Disposition::Attachment)
}

/// The proof of one line as a file.
pub(crate) async fn download_register_proof(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path((_, entry)): Path<(String, String)>,
) -> Answer {
    let proof = room.prove_entry(&reader(&visitor)?, &entry).await?;
    let bytes = serde_json::to_vec_pretty(&proof).map_err(|_| internal())?;
    let length = u64::try_from(bytes.len()).ok();
    file(Body::from(bytes), "chung-minh.json", "application/json", length, Disposition::Attachment)
}

fn internal() -> Fault {
    haidang_kernel::problem::Problem::internal("a proof does not serialise").into()
}

fn finding_row(page: &Page, finding: &Finding) -> Vec<Cell> {
    let place = match (finding.position, finding.number, finding.day) {
        (Some(position), ..) => page.t1("registers-place-event", "position", position),
        (_, Some(number), _) => page.t1("registers-place-number", "number", number),
        (.., Some(day)) => page.t1("registers-place-day", "day", page.date(day)),
        _ => String::new(),
    };
    let fault = finding.fault.as_str().replace('_', "-");
    vec![Cell::from(place), Cell::from(page.t(&format!("registers-fault-{fault}")))]
}

fn invariant(page: &Page, counts: &Counts) -> String {
    let values = [
        ("issued", counts.issued.into()),
        ("highest", counts.highest.into()),
        ("lowest", counts.lowest.into()),
        ("voided", counts.voided.into()),
        ("waiting", (counts.held + counts.free).into()),
        ("expected", counts.expected().into()),
    ];
    page.tn(if counts.whole() { "registers-invariant-holds" } else { "registers-invariant-broken" }, &values)
}

fn verdict_facts(page: &Page, verdict: &Verdict) -> SummaryList {
    let mut rows = counts_rows(page, &verdict.counts);
    rows.extend([
        SummaryRow::new(page.t("registers-chain-events"), page.number(verdict.events)),
        SummaryRow::new(page.t("registers-chain-head"), page.code(&verdict.head)),
        SummaryRow::new(page.t("registers-roots-agreed"), page.number(verdict.roots_agreed)),
        SummaryRow::new(page.t("registers-roots-stamped"), page.number(verdict.roots_stamped)),
        SummaryRow::new(page.t("registers-roots-open"), page.number(verdict.days_open)),
    ]);
    SummaryList::new(rows)
}

/// The inspector's page: whether the book is whole, and what proves it, in words.
pub(crate) async fn inspect_register(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    let reader = reader(&visitor)?;
    let register = room.register(&reader, &id).await?;
    room.record_look(&reader, &register, "register.verified").await?;
    let verdict = room.verify_register(&reader, &id).await?;
    let title = format!(
        "{}: {}",
        haidang_ui::t(visitor.lang, "registers-inspect-title", &[]),
        register.title.text(visitor.lang)
    );
    let page = visitor.page(title, "documents");
    let mut findings = Table::new(
        page.t("registers-findings"),
        vec![Column::new(page.t("registers-column-place")), Column::new(page.t("registers-column-fault"))],
    );
    for finding in &verdict.findings {
        findings = findings.row(finding_row(&page, finding));
    }
    let roots = room.roots(30).await?;
    let mut table = Table::new(
        page.t("registers-roots"),
        vec![
            Column::new(page.t("registers-column-day")),
            Column::numeric(page.t("registers-column-leaves")),
            Column::new(page.t("registers-column-root")),
            Column::new(page.t("registers-column-stamp")),
        ],
    )
    .small();
    for root in &roots {
        table = table.row(vec![
            Cell::from(page.date_table(root.day)),
            Cell::from(page.number(root.leaves)),
            Cell::from(
                Html::trusted("<span class=\"hd-anywhere\">")
                    .then(page.code(&root.root))
                    .then(Html::trusted("</span>")),
            ),
            Cell::from(match root.stamped_at {
                Some(at) => page.time(at),
                None => Html::text(page.t("registers-stamp-missing")),
            }),
        ]);
    }
    html(InspectPage {
        tabs: tabs(&visitor, REGISTERS),
        back: book_path(&register),
        sound: verdict.sound,
        sentence: match verdict.sound {
            true => page.t1("registers-verdict-sound", "events", verdict.events),
            false => page.t1("registers-verdict-broken", "count", i64::try_from(verdict.findings.len()).unwrap_or(0)),
        },
        invariant: invariant(&page, &verdict.counts),
        facts: verdict_facts(&page, &verdict),
        findings: (!verdict.findings.is_empty()).then_some(findings),
        roots: (!roots.is_empty()).then_some(table),
        roots_words: page.t(if roots.is_empty() { "registers-roots-none" } else { "registers-roots-text" }),
        page,
    })
}
