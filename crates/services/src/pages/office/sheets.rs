//! What the forms of TT 03/2025/TT-VPCP say: 01 to 05 as issued, 06 as the route stands now, 07 over a period. One
//! sheet is shown on the screen and typeset as a signed file, so that the two cannot differ.
//!
//! Papers are Vietnamese whatever language the official reads.

use super::case::Opened;
use super::frame::{Names, dashed, item_text};
use crate::cases::row::{CaseRow, DocumentRow, TaskRow};
use crate::cases::trail::{FormRow, SupplementItem};
use crate::procedure::Version;
use crate::service::Services;
use haidang_contracts::papers::PaperRequest;
use haidang_kernel::format;
use haidang_kernel::money::Money;
use haidang_kernel::time;
use haidang_ui::component::{Cell, Column, Table as ScreenTable};
use haidang_ui::print::PrintFrame;
use haidang_ui::{City, Html, Lang, t};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// One sheet.
pub(crate) struct Sheet {
    pub(super) frame: PrintFrame,
    pub(super) opening: String,
    pub(super) lines: Vec<(String, String)>,
    pub(super) list_title: String,
    pub(super) list: Vec<String>,
    pub(super) table: Option<Grid>,
    pub(super) closing: Vec<String>,
    /// When it was issued: the date of the file.
    pub(super) at: Timestamp,
}

/// A plain table, styled by the sheet.
pub(crate) struct Grid {
    pub(super) caption: String,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Sheet {
    /// The code that also stands as bars; empty for none.
    pub(super) fn bars(&self) -> &str {
        if self.frame.bars { &self.frame.code } else { "" }
    }

    /// The sheet as the template of the pack takes it.
    pub(super) fn request(&self, form_no: &str, demo: bool) -> PaperRequest {
        let frame = &self.frame;
        let table = self
            .table
            .as_ref()
            .map(|table| json!({ "caption": table.caption, "columns": table.columns, "rows": table.rows }));
        let lines: Vec<Json> = self.lines.iter().map(|(term, value)| json!([term, value])).collect();
        let title = match frame.form.is_empty() {
            true => frame.title.clone(),
            false => format!("{} ({})", frame.title, frame.form),
        };
        PaperRequest {
            template: format!("forms/{form_no}"),
            data: json!({
                "superior": frame.superior, "agency": frame.agency, "number": frame.number,
                "place_date": frame.place_date, "title": frame.title, "subtitle": frame.subtitle, "form": frame.form,
                "code": frame.code, "address": frame.address,
                "recipients": frame.recipients, "signer_position": frame.signer_position,
                "signer_name": frame.signer_name, "opening": self.opening, "lines": lines,
                "list_title": self.list_title, "list": self.list, "table": table, "closing": self.closing,
                "demo": demo,
            }),
            title,
            language: "vi".to_owned(),
            dated: time::micros(self.at),
            attachments: Vec::new(),
        }
    }
}

/// A text of a paper: always Vietnamese.
fn say(key: &str, values: &[(&str, haidang_ui::Arg)]) -> String {
    t(Lang::Vi, key, values)
}

fn text<'a>(body: &'a Json, path: &str) -> &'a str {
    body.pointer(path).and_then(Json::as_str).unwrap_or_default()
}

fn moment(body: &Json, path: &str) -> Option<Timestamp> {
    body.pointer(path).and_then(Json::as_i64).map(time::from_micros)
}

/// `17 giờ, ngày 05 tháng 11 năm 2026`, as NĐ 30/2020/NĐ-CP writes dates.
fn official_moment(at: Timestamp) -> String {
    let wall = time::civil(at);
    format!("{}, {}", format::time_text(Lang::Vi, wall.time()), format::date_official(Lang::Vi, wall.date()))
}

/// The place before the date: the city without the word for city.
fn place(city: &City) -> String {
    let city = city.name.text(Lang::Vi);
    let short = city.strip_prefix("Thành phố ").or_else(|| city.strip_prefix("thành phố ")).unwrap_or(city);
    short.to_owned()
}

fn frame(city: &City, agency: &str, form_no: &str, case_no: &str, at: Timestamp) -> PrintFrame {
    PrintFrame {
        superior: city.responsible.text(Lang::Vi).to_owned(),
        agency: agency.to_owned(),
        number: say("office-print-number", &[("number", case_no.into())]),
        place_date: format!("{}, {}", place(city), format::date_official(Lang::Vi, time::civil(at).date())),
        title: say(&format!("office-print-title-{form_no}"), &[]),
        form: say("office-print-form", &[("number", form_no.into())]),
        code: case_no.to_owned(),
        bars: true,
        ..PrintFrame::default()
    }
}

/// Builds the sheet of an issued form from the facts kept with it. Residents and officials read the same sheet.
pub(crate) fn of_form(services: &Services, city: &City, form: &FormRow, documents: &[DocumentRow]) -> Sheet {
    let body = &form.body;
    let case_no = text(body, "/case_no");
    let mut paper = frame(city, text(body, "/receiving_agency/name_vi"), &form.form_no, case_no, form.issued_at);
    let token = text(body, "/lookup_token");
    if !token.is_empty() {
        paper.qr = format!("{}/tra-cuu/{token}", services.settings.origin);
        paper.address = say("office-print-look-up", &[("code", text(body, "/lookup_code").into())]);
    }
    paper.signer_position = text(body, "/official/title").to_owned();
    paper.signer_name = text(body, "/official/name").to_owned();
    paper.recipients = vec![say("office-print-to-owner", &[]), say("office-print-to-file", &[])];
    let mut lines = vec![
        (say("office-print-owner", &[]), text(body, "/owner").to_owned()),
        (
            say("office-print-procedure", &[]),
            format!("{} ({})", text(body, "/procedure/name"), text(body, "/procedure/code")),
        ),
    ];
    let mut add = |key: &str, value: String| {
        if !value.is_empty() {
            lines.push((say(key, &[]), value));
        }
    };
    add("office-print-deciding", text(body, "/competent_agency/name_vi").to_owned());
    if let Some(at) = moment(body, "/submitted_at") {
        add("office-print-submitted", official_moment(at));
    }
    if let Some(at) = moment(body, "/accepted_at") {
        add("office-print-accepted", official_moment(at));
    }
    if form.form_no == "04"
        && let Some(at) = moment(body, "/promised_before")
    {
        add("office-print-promised-before", official_moment(at));
    }
    if matches!(form.form_no.as_str(), "01" | "04") {
        let due = moment(body, "/promised_at").map_or_else(|| say("office-print-no-date", &[]), official_moment);
        add("office-print-promised", due);
        add("office-print-limit", text(body, "/limit/basis").to_owned());
    }
    if form.form_no != "01" {
        add("office-print-reason", text(body, "/reason").to_owned());
    }
    if form.form_no == "01" {
        let way = text(body, "/delivery_way");
        if !way.is_empty() {
            add("office-print-delivery", say(&format!("office-delivery-{way}"), &[]));
        }
    }
    // Names of papers do not change between versions; the newest one is at hand.
    let version = services.catalogue().versions(text(body, "/procedure/code")).last().cloned();
    let (list_title, list) = list(form, version.as_deref(), documents);
    let closing = say(&format!("office-print-closing-{}", form.form_no), &[]);
    Sheet {
        opening: say(&format!("office-print-opening-{}", form.form_no), &[]),
        table: (form.form_no == "01").then(|| fees(body)).flatten(),
        closing: vec![closing],
        lines,
        list_title,
        list,
        frame: paper,
        at: form.issued_at,
    }
}

/// The papers handed in (01) or those still missing (02).
fn list(form: &FormRow, version: Option<&Version>, documents: &[DocumentRow]) -> (String, Vec<String>) {
    match form.form_no.as_str() {
        "01" => {
            let there = documents.iter().filter(|row| row.uploaded_at <= form.issued_at);
            let mut names: Vec<String> = there.map(|row| row.title.clone()).collect();
            names.dedup();
            names.insert(0, say("office-print-answers", &[]));
            (say("office-print-papers", &[]), names)
        }
        "02" => {
            let items = form.body.get("items").cloned().unwrap_or_default();
            let items: Vec<SupplementItem> = serde_json::from_value(items).unwrap_or_default();
            (say("office-print-missing", &[]), items.iter().map(|item| item_text(version, item)).collect())
        }
        _ => (String::new(), Vec::new()),
    }
}

fn fees(body: &Json) -> Option<Grid> {
    let rows = body.get("fees")?.as_array().filter(|rows| !rows.is_empty())?;
    let line = |row: &Json| {
        let amount = Money(row.get("amount").and_then(Json::as_i64).unwrap_or_default());
        let basis = row.get("exemption").and_then(Json::as_str).unwrap_or_else(|| text(row, "/basis"));
        vec![text(row, "/name").to_owned(), basis.to_owned(), format::money_table(Lang::Vi, amount)]
    };
    Some(Grid {
        caption: say("office-fees", &[]),
        columns: ["fee", "basis", "amount"].map(|key| say(&format!("office-column-{key}"), &[])).to_vec(),
        rows: rows.iter().map(line).collect(),
    })
}

/// Form 06: every hop with its budget and result, as the route stands now.
pub(super) fn control_slip(
    services: &Services,
    city: &City,
    opened: &Opened,
    hops: &[(TaskRow, Option<&'static str>)],
) -> Sheet {
    let case = &opened.view.case;
    let at = services.ambient.now();
    let mut paper = frame(city, &opened.names.of(Lang::Vi, case.deciding_agency()), "06", &case.case_no, at);
    paper.qr = format!("{}/tra-cuu/{}", services.settings.origin, case.lookup_token);
    let lines = vec![
        (say("office-print-owner", &[]), case.owner_name.clone()),
        (
            say("office-print-procedure", &[]),
            format!("{} ({})", opened.version.procedure.name, opened.version.procedure.code),
        ),
        (say("office-print-receiving", &[]), opened.names.of(Lang::Vi, &case.receiving_agency)),
    ];
    Sheet {
        opening: String::new(),
        table: Some(hop_table(opened, hops)),
        lines,
        list_title: String::new(),
        list: Vec::new(),
        closing: Vec::new(),
        frame: paper,
        at,
    }
}

fn hop_table(opened: &Opened, hops: &[(TaskRow, Option<&'static str>)]) -> Grid {
    let columns = ["hop", "received", "budget", "handed-on", "person", "hop-result"];
    let table_time = |at: Option<Timestamp>| at.map_or_else(String::new, |at| format::date_time_table(Lang::Vi, at));
    let line = |(task, result): &(TaskRow, Option<&'static str>)| {
        let step = opened.version.step(&task.step).and_then(|step| step.name.clone()).unwrap_or(task.step.clone());
        let who = task.closed_by.as_ref().and_then(|person| {
            let done = opened.view.events.iter().find(|event| event.actor_id == *person)?;
            Some(done.actor_name.clone())
        });
        vec![
            format!("{step}. {}", opened.names.of(Lang::Vi, &task.agency)),
            table_time(Some(task.opened_at)),
            table_time(task.budget_due_at),
            table_time(task.closed_at),
            who.unwrap_or_default(),
            result.map_or_else(String::new, |word| say(&format!("office-hop-{}", dashed(word)), &[])),
        ]
    };
    Grid {
        caption: say("office-print-hops", &[]),
        columns: columns.map(|key| say(&format!("office-column-{key}"), &[])).to_vec(),
        rows: hops.iter().map(line).collect(),
    }
}

/// Form 07 as a sheet.
pub(super) fn register(
    city: &City,
    names: &Names,
    unit: &str,
    cases: &[CaseRow],
    services: &Services,
    period: (&str, &str),
) -> Sheet {
    let at = services.ambient.now();
    let mut paper = frame(city, &names.of(Lang::Vi, unit), "07", "", at);
    paper.number = String::new();
    paper.subtitle = say("office-print-period", &[("from", period.0.into()), ("to", period.1.into())]);
    Sheet {
        opening: say("office-print-count", &[("count", cases.len().into())]),
        table: Some(Grid {
            caption: say("office-paper-07", &[]),
            columns: register_columns(Lang::Vi),
            rows: cases.iter().map(|case| register_line(services, case, Lang::Vi)).collect(),
        }),
        lines: Vec::new(),
        list_title: String::new(),
        list: Vec::new(),
        closing: Vec::new(),
        frame: paper,
        at,
    }
}

fn register_columns(lang: Lang) -> Vec<String> {
    let columns = ["case", "procedure", "owner", "received", "promised", "returned", "hop-result"];
    columns.map(|key| t(lang, &format!("office-column-{key}"), &[])).to_vec()
}

fn register_line(services: &Services, case: &CaseRow, lang: Lang) -> Vec<String> {
    let moment = |at: Option<Timestamp>| at.map_or_else(String::new, |at| format::date_time_table(lang, at));
    let name = services
        .catalogue()
        .by_id(&case.version_id)
        .map_or_else(|| case.procedure_code.clone(), |version| version.name().text(lang).to_owned());
    let result = match (case.ended_at, case.promised_at) {
        (Some(ended), Some(promised)) if ended > promised || case.supplements > 1 => "late",
        (Some(ended), Some(promised)) if time::civil(ended).date() < time::civil(promised).date() => "early",
        (Some(_), Some(_)) => "on-time",
        (Some(_), None) => "ended",
        (None, _) => "open",
    };
    vec![
        case.case_no.clone(),
        name,
        case.owner_name.clone(),
        moment(Some(case.accepted_at.unwrap_or(case.submitted_at))),
        moment(case.promised_at),
        moment(case.returned_at.or(case.ended_at)),
        t(lang, &format!("office-hop-{result}"), &[]),
    ]
}

/// Form 07 on the screen.
pub(super) fn register_table(services: &Services, cases: &[CaseRow], lang: Lang) -> ScreenTable {
    let columns = register_columns(lang).into_iter().map(Column::new).collect();
    let table = ScreenTable::new(t(lang, "office-paper-07", &[]), columns).caption_hidden().small().scroll();
    cases.iter().fold(table, |table, case| {
        let cells = register_line(services, case, lang).into_iter().enumerate();
        let nowrap = |text: String| {
            Html::trusted("<span class=\"hd-nowrap hd-figures\">").then(Html::text(text)).then(Html::trusted("</span>"))
        };
        table.row(
            cells
                .map(|(at, text)| if at == 0 || at > 2 { Cell::from(nowrap(text)) } else { Cell::from(text) })
                .collect(),
        )
    })
}
