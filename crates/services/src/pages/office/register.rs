//! The register of a unit over a month (form 07), on the screen and on paper.

use super::frame::{Names, office_page};
use super::papers::{PaperPage, not_your_unit, surroundings};
use super::sheets::{self, Sheet, register_table};
use crate::api::State;
use crate::cases::papers::NewPaper;
use crate::cases::row::CaseRow;
use crate::service::Services;
use askama::Template;
use haidang_kernel::format;
use haidang_kernel::time;
use haidang_store::AuditEntry;
use haidang_ui::component::{EmptyState, Select, Table};
use haidang_ui::field::{Choice, Field, LabelStyle};
use haidang_ui::{City, Lang, Page, t};
use haidang_web::{Answer, Fault, Query, Routes, Row, State as Use, Visitor, html};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "office/register.html")]
struct RegisterPage {
    page: Page,
    unit: Select,
    month: Select,
    table: Option<Table>,
    summary: String,
    empty: Option<EmptyState>,
    print: String,
}

/// Which unit and which month.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RegisterQuery {
    unit: Option<String>,
    month: Option<String>,
}

const MONTHS: i32 = 24;
const SHOWN: usize = 200;

struct Chosen {
    unit: String,
    first: Date,
    last: Date,
    units: Vec<String>,
    names: Names,
    cases: Vec<CaseRow>,
}

/// Reads the register; the look is on the log of everybody in it.
async fn read(services: &Services, visitor: &Visitor, query: &RegisterQuery) -> Result<Chosen, Fault> {
    let actor = visitor.require_actor()?;
    let names = Names::load(services, &[]).await?;
    let mut units = actor.agencies_with("case.read_unit");
    if actor.can("case.read_all") {
        units = names.all().map(|agency| agency.code.clone()).collect();
    }
    let unit = match query.unit.as_deref().filter(|unit| !unit.is_empty()) {
        Some(unit) if units.iter().any(|known| known == unit) => unit.to_owned(),
        Some(_) => return Err(not_your_unit().into()),
        None => units.first().cloned().ok_or_else(not_your_unit)?,
    };
    let this = time::civil(services.ambient.now()).date().first_of_month();
    let wanted = query.month.as_deref().and_then(|text| format!("{text}-01").parse::<Date>().ok());
    let first = wanted.unwrap_or(this);
    let next = first.checked_add(1.month()).unwrap_or(first);
    let midnight = |day: Date| time::at(day.to_datetime(jiff::civil::Time::midnight()));
    let cases = services.register(&unit, midnight(first), midnight(next)).await?;
    if !cases.is_empty() {
        let entry = AuditEntry::read("register.read", visitor.actor_ref())
            .object("agency", &unit)
            .request(&visitor.request_id)
            .because("118/2025/NĐ-CP", "xem sổ theo dõi hồ sơ (mẫu 07)")
            .subjects(cases.iter().filter_map(|case| case.owner_number.clone()));
        services.db.record_read(entry).await?;
    }
    Ok(Chosen { unit, first, last: first.last_of_month(), units, names, cases })
}

fn month_text(day: Date) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

/// The register on the screen.
pub async fn show_register(visitor: Visitor, Use(services): Use<State>, Query(query): Query<RegisterQuery>) -> Answer {
    let chosen = read(&services, &visitor, &query).await?;
    let page = office_page(&visitor, t(visitor.lang, "office-paper-07", &[]), "");
    let mut units: Vec<(String, String)> =
        chosen.units.iter().map(|code| (code.clone(), chosen.names.of(page.lang, code))).collect();
    units.sort_by_cached_key(|(_, name)| haidang_kernel::text::sort_key(name));
    let units = units.into_iter().map(|(code, name)| Choice::new(code, name).chosen(&chosen.unit)).collect();
    let this = services.ambient.today().first_of_month();
    let months = (0..MONTHS).filter_map(|back| this.checked_sub(back.months()).ok());
    let wanted = month_text(chosen.first);
    let months =
        months.map(|day| Choice::new(month_text(day), format::date_month(page.lang, day)).chosen(&wanted)).collect();
    let field = |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).style(LabelStyle::Strong);
    let shown = chosen.cases.get(..SHOWN).unwrap_or(&chosen.cases);
    let query = haidang_web::encode([("unit", chosen.unit.as_str()), ("month", wanted.as_str())]);
    html(RegisterPage {
        unit: Select::new(field("unit", "office-column-unit"), units).always(),
        month: Select::new(field("month", "office-register-month"), months).always(),
        table: (!shown.is_empty()).then(|| register_table(&services, shown, page.lang)),
        summary: page.t2("office-register-count", "count", chosen.cases.len(), "shown", shown.len()),
        empty: shown
            .is_empty()
            .then(|| EmptyState::new(page.t("office-register-empty")).text(page.t("office-register-empty-text"))),
        print: page.href(format!("/can-bo/so-theo-doi/in?{query}")),
        page,
    })
}

/// The register on paper.
pub async fn print_register(visitor: Visitor, Use(services): Use<State>, Query(query): Query<RegisterQuery>) -> Answer {
    let chosen = read(&services, &visitor, &query).await?;
    let page = office_page(&visitor, t(visitor.lang, "office-paper-07", &[]), "");
    let sheet = sheet_of(&services, &page.city, &chosen);
    let wanted = haidang_web::encode([("unit", chosen.unit.as_str()), ("month", &month_text(chosen.first))]);
    let shown = PaperPage::new(page, "/can-bo/so-theo-doi", sheet);
    html(shown.make(&services, &format!("/can-bo/so-theo-doi/tep?{wanted}")))
}

fn sheet_of(services: &Services, city: &City, chosen: &Chosen) -> Sheet {
    let day = |day| format::date_table(Lang::Vi, day);
    let period = (day(chosen.first), day(chosen.last));
    sheets::register(city, &chosen.names, &chosen.unit, &chosen.cases, services, (&period.0, &period.1))
}

/// Makes a signed form 07 of the month as it stands now and hands it out.
pub async fn sign_register(visitor: Visitor, Use(services): Use<State>, Query(query): Query<RegisterQuery>) -> Answer {
    let chosen = read(&services, &visitor, &query).await?;
    let (city, demo) = surroundings(&visitor);
    let sheet = sheet_of(&services, &city, &chosen);
    let period = month_text(chosen.first);
    let new = NewPaper {
        form_no: "07",
        case_id: None,
        form_id: None,
        agency: &chosen.unit,
        period: Some(&period),
        request: sheet.request("07", demo),
        qr: &sheet.frame.qr,
        bars: sheet.bars(),
    };
    let paper = services.seal_paper(visitor.actor_ref(), &visitor.request_id, new).await?;
    super::super::files::paper(&services, &paper).await
}

/// Adds the routes of this file.
pub(super) fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("show_register", "/can-bo/so-theo-doi")
                .any_capability(&["case.read_unit", "case.read_all"])
                .example("/can-bo/so-theo-doi")
                .role("one_stop_officer")
                .kilobytes(400),
            show_register,
        )
        .page(
            Row::get("print_register", "/can-bo/so-theo-doi/in")
                .any_capability(&["case.read_unit", "case.read_all"])
                .example("/can-bo/so-theo-doi/in")
                .role("one_stop_officer")
                .kilobytes(900)
                .light_only(),
            print_register,
        )
        .page(
            Row::post("sign_register", "/can-bo/so-theo-doi/tep")
                .any_capability(&["case.read_unit", "case.read_all"])
                .audit("paper.sealed"),
            sign_register,
        )
}
