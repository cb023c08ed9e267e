//! The forms of TT 03/2025/TT-VPCP to print, and as signed files, which are made when they are asked for: 01 to 05 as issued, 06 as the route stands now; 07 is
//! beside the register.

use super::case::Opened;
use super::frame::office_page;
use super::sheets::{self, Sheet};
use crate::api::{State, case_id};
use crate::cases::papers::{NewPaper, PaperRow};
use crate::cases::row::DocumentRow;
use crate::service::Services;
use askama::Template;
use haidang_contracts::actor::CaseId;
use haidang_kernel::problem::Problem;
use haidang_ui::print::PrintFrame;
use haidang_ui::{City, Page};
use haidang_web::{Answer, Path, Routes, Row, State as Use, Visitor, html, redirect};
use std::sync::Arc;

/// One sheet on the screen, ready to print.
#[derive(Template)]
#[template(path = "office/paper.html")]
pub(crate) struct PaperPage {
    page: Page,
    paper: PrintFrame,
    sheet: Sheet,
    back: String,
    /// Where the signed file is; empty while there is none.
    file: String,
    /// Where one is made; empty where the city signs none, or it is made once and is there.
    make: String,
}

impl PaperPage {
    /// The sheet with its way back.
    pub(crate) fn new(page: Page, back: &str, sheet: Sheet) -> Self {
        let paper = sheet.frame.clone();
        Self { page, paper, sheet, back: back.to_owned(), file: String::new(), make: String::new() }
    }

    /// With the address of the signed file of an issued form: to be taken when it is there, to be made where the city
    /// signs papers.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) async fn form_file(mut self, services: &Services, form: &str, path: &str) -> Result<Self, Problem> {
        if services.paper_of_form(form).await?.is_some() {
            path.clone_into(&mut self.file);
            return Ok(self);
        }
        Ok(self.make(services, path))
    }

    /// With the address that makes a signed file, where the city signs papers.
    #[must_use]
    pub(super) fn make(mut self, services: &Services, path: &str) -> Self {
        if services.documents.seals_papers() {
            path.clone_into(&mut self.make);
        }
        self
    }
}

/// An issued form, as it was on the day of issue.
pub async fn print_form(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((id, form)): Path<(String, String)>,
) -> Answer {
    let (actor, id) = (visitor.require_actor()?, case_id(&id)?);
    let view = services.office_case(actor, &id, &visitor.request_id).await?;
    let form = services.form(&id, &form).await?;
    let mut page = office_page(&visitor, "", "");
    page.title = page.t(&format!("office-paper-{}", form.form_no));
    page.part = Some(page.t1("office-case-part", "number", &view.case.case_no));
    let sheet = sheets::of_form(&services, &page.city, &form, &view.documents);
    let shown = PaperPage::new(page, &format!("/can-bo/ho-so/{id}"), sheet);
    let file = format!("/can-bo/ho-so/{id}/giay/{}/tep", form.id);
    html(shown.form_file(&services, &form.id, &file).await?)
}

/// Makes the signed file of an issued form, for whoever may see the case, and goes to it.
pub async fn sign_form(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((id, form)): Path<(String, String)>,
) -> Answer {
    let (actor, id) = (visitor.require_actor()?, case_id(&id)?);
    let view = services.office_case(actor, &id, &visitor.request_id).await?;
    make_signed_form(&services, &visitor, &id, &form, &view.documents).await?;
    redirect(visitor.lang, &format!("/can-bo/ho-so/{id}/giay/{form}/tep"))
}

/// The signed file of an issued form, for whoever may see the case.
pub async fn download_form(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((id, form)): Path<(String, String)>,
) -> Answer {
    let (actor, id) = (visitor.require_actor()?, case_id(&id)?);
    services.office_case(actor, &id, &visitor.request_id).await?;
    signed_form(&services, &id, &form).await
}

/// The signed file of a form of a case that the reader may see.
pub(crate) async fn signed_form(services: &Services, case: &CaseId, form: &str) -> Answer {
    let form = services.form(case, form).await?;
    let paper = services.paper_of_form(&form.id).await?;
    let none =
        || Problem::not_found("paper_not_made", "nobody has had the signed file of this form made yet: ask for it");
    super::super::files::paper(services, &paper.ok_or_else(none)?).await
}

/// Makes the signed file of a form, or answers the one it has; what it says was fixed when the form was issued.
pub(crate) async fn make_signed_form(
    services: &Services,
    visitor: &Visitor,
    case: &CaseId,
    form: &str,
    documents: &[DocumentRow],
) -> Result<PaperRow, Problem> {
    let form = services.form(case, form).await?;
    let (city, demo) = surroundings(visitor);
    let sheet = sheets::of_form(services, &city, &form, documents);
    let agency = form.body.pointer("/receiving_agency/code").and_then(serde_json::Value::as_str).unwrap_or_default();
    let new = NewPaper {
        form_no: &form.form_no,
        case_id: Some(case),
        form_id: Some(&form.id),
        agency,
        period: None,
        request: sheet.request(&form.form_no, demo),
        qr: &sheet.frame.qr,
        bars: sheet.bars(),
    };
    services.seal_paper(visitor.actor_ref(), &visitor.request_id, new).await
}

/// The city whose paper it is, and whether it is one of a demonstration.
pub(super) fn surroundings(visitor: &Visitor) -> (Arc<City>, bool) {
    let page = visitor.page("", "");
    (page.city, page.demo)
}

/// Form 06: every hop with its budget and result.
pub async fn print_control_slip(visitor: Visitor, Use(services): Use<State>, Path(id): Path<String>) -> Answer {
    let opened = Opened::read(&services, &visitor, &id).await?;
    let case = &opened.view.case;
    let hops = services.control_slip(&case.id).await?;
    let mut page = office_page(&visitor, "", "");
    page.title = page.t("office-paper-06");
    page.part = Some(page.t1("office-case-part", "number", &case.case_no));
    let sheet = sheets::control_slip(&services, &page.city, &opened, &hops);
    let shown = PaperPage::new(page, &format!("/can-bo/ho-so/{}", case.id), sheet);
    html(shown.make(&services, &format!("/can-bo/ho-so/{}/phieu-kiem-soat/tep", case.id)))
}

/// Makes a signed form 06 as the route stands now and hands it out.
pub async fn sign_control_slip(visitor: Visitor, Use(services): Use<State>, Path(id): Path<String>) -> Answer {
    let opened = Opened::read(&services, &visitor, &id).await?;
    let case = &opened.view.case;
    let hops = services.control_slip(&case.id).await?;
    let (city, demo) = surroundings(&visitor);
    let sheet = sheets::control_slip(&services, &city, &opened, &hops);
    let new = NewPaper {
        form_no: "06",
        case_id: Some(&case.id),
        form_id: None,
        agency: case.deciding_agency(),
        period: None,
        request: sheet.request("06", demo),
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
            Row::get("print_form", "/can-bo/ho-so/{case}/giay/{form}")
                .official()
                .example("/can-bo/ho-so/{office_case}/giay/{form}")
                .role("official")
                .light_only(),
            print_form,
        )
        .page(Row::get("download_form", "/can-bo/ho-so/{case}/giay/{form}/tep").official().not_html(), download_form)
        .page(
            Row::post("sign_form", "/can-bo/ho-so/{case}/giay/{form}/tep").official().audit("paper.sealed"),
            sign_form,
        )
        .page(
            Row::get("print_control_slip", "/can-bo/ho-so/{case}/phieu-kiem-soat")
                .official()
                .example("/can-bo/ho-so/{office_case}/phieu-kiem-soat")
                .role("official")
                .light_only(),
            print_control_slip,
        )
        .page(
            Row::post("sign_control_slip", "/can-bo/ho-so/{case}/phieu-kiem-soat/tep").official().audit("paper.sealed"),
            sign_control_slip,
        )
}

/// The problem of an agency the reader does not work for.
pub(super) fn not_your_unit() -> Problem {
    Problem::forbidden("not_your_unit", "the register of another unit")
}
