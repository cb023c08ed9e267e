//! Where a case is received, and which exemptions from fees are claimed.

use super::common::agency_name;
use super::filing::{behalf, case_path, chooses_unit, draft_page, draft_path, open_draft};
use crate::api::State;
use crate::cases::drafts::DraftView;
use crate::procedure::{Competence, Exemption};
use crate::service::Services;
use askama::Template;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Choices, Inset, Select};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, IntoHtml, Lang, Page, t};
use haidang_web::{Answer, Fault, FormFields, Path, Routes, Row, State as Use, Visitor, html, html_invalid, redirect};

#[derive(Template)]
#[template(path = "one_question.html")]
struct OneQuestion {
    page: Page,
    errors: Vec<ErrorItem>,
    behalf: Option<Inset>,
    back: String,
    lead: Html,
    question: Html,
    action: String,
}

async fn unit_page(
    services: &Services,
    visitor: &Visitor,
    view: &DraftView,
    errors: Vec<ErrorItem>,
) -> Result<OneQuestion, Fault> {
    let lang = visitor.lang;
    let mut page = draft_page(visitor, view, t(lang, "services-unit-title", &[]));
    page.errors = !errors.is_empty();
    let likely = match &view.receiving {
        Some(agency) => Some(agency.code.clone()),
        None => match view.version.competence(&view.facts) {
            Competence::Commune(code) => {
                services.directory.agency_of_commune(&code).await.map_err(Problem::from)?.map(|agency| agency.code)
            }
            Competence::Agency(code) => Some(code),
            Competence::Unknown { .. } => None,
        },
    };
    let agencies = services.directory.agencies().await.map_err(Problem::from)?;
    let mut choices: Vec<Choice> = agencies
        .iter()
        .filter(|agency| agency.kind == "commune")
        .map(|agency| {
            let name = agency_name(lang, agency);
            let choice = Choice::new(&agency.code, &name).checked(Some(&agency.code) == likely.as_ref());
            if lang == Lang::En && agency.name_en.is_empty() { choice.lang(Lang::Vi) } else { choice }
        })
        .collect();
    choices.sort_by_cached_key(|choice| haidang_kernel::text::sort_key(&choice.text));
    let field = Field::new(lang, "agency", page.t("services-unit-label")).errors(&errors);
    let base = draft_path(view);
    Ok(OneQuestion {
        errors,
        behalf: behalf(&page, view),
        back: base.clone(),
        lead: Html::text(page.t("services-unit-lead")),
        question: Select::new(field, choices).into_html(),
        action: page.href(format!("{base}/noi-nop")),
        page,
    })
}

/// Asks which one-stop unit should receive.
pub async fn show_unit(visitor: Visitor, Use(services): Use<State>, Path(draft): Path<String>) -> Answer {
    let view = open_draft(&services, &visitor, &draft).await?;
    match case_path(&view) {
        Some(path) => redirect(visitor.lang, &path),
        None if !chooses_unit(&view) => redirect(visitor.lang, &draft_path(&view)),
        None => html(unit_page(&services, &visitor, &view, Vec::new()).await?),
    }
}

/// Keeps the chosen unit.
pub async fn save_unit(
    visitor: Visitor,
    Use(services): Use<State>,
    Path(draft): Path<String>,
    form: FormFields,
) -> Answer {
    let view = open_draft(&services, &visitor, &draft).await?;
    let agencies = services.directory.agencies().await.map_err(Problem::from)?;
    let chosen = form.text("agency");
    if !agencies.iter().any(|agency| agency.code == chosen && agency.kind == "commune") {
        let errors = vec![ErrorItem::of("agency", t(visitor.lang, "services-unit-choose", &[]))];
        return html_invalid(unit_page(&services, &visitor, &view, errors).await?);
    }
    services.choose_receiving(visitor.require_actor()?, &view.row.id, chosen, &visitor.request_id).await?;
    redirect(visitor.lang, &draft_path(&view))
}

fn exemptions(view: &DraftView) -> Vec<Exemption> {
    let mut found: Vec<Exemption> = Vec::new();
    for exemption in view.version.fees(&view.facts).into_iter().flat_map(|line| line.may_exempt) {
        if !found.iter().any(|known| known.id == exemption.id) {
            found.push(exemption);
        }
    }
    found
}

/// Asks whether somebody need not pay.
pub async fn show_claims(visitor: Visitor, Use(services): Use<State>, Path(draft): Path<String>) -> Answer {
    let view = open_draft(&services, &visitor, &draft).await?;
    if let Some(path) = case_path(&view) {
        return redirect(visitor.lang, &path);
    }
    let lang = visitor.lang;
    let page = draft_page(&visitor, &view, t(lang, "services-claims-title", &[]));
    let choices: Vec<Choice> = exemptions(&view)
        .iter()
        .map(|exemption| {
            let (name, spoken) = exemption.name.get(lang);
            let choice = Choice::new(&exemption.id, name)
                .checked(view.row.claimed.contains(&exemption.id))
                .hint(&exemption.basis);
            if spoken == lang { choice } else { choice.lang(spoken) }
        })
        .collect();
    let none = choices.is_empty();
    let field = Field::new(lang, "claimed", page.t("services-claims-label")).hint(page.t("services-claims-hint"));
    let base = draft_path(&view);
    html(OneQuestion {
        errors: Vec::new(),
        behalf: behalf(&page, &view),
        back: base.clone(),
        lead: Html::text(page.t(if none { "services-claims-none" } else { "services-claims-lead" })),
        question: if none { Html::default() } else { Choices::checkboxes(field, choices).into_html() },
        action: page.href(format!("{base}/mien-giam")),
        page,
    })
}

/// Keeps the claimed exemptions.
pub async fn save_claims(
    visitor: Visitor,
    Use(services): Use<State>,
    Path(draft): Path<String>,
    form: FormFields,
) -> Answer {
    let view = open_draft(&services, &visitor, &draft).await?;
    let claimed: Vec<String> = form.all("claimed").into_iter().map(str::to_owned).collect();
    services.claim_exemptions(visitor.require_actor()?, &view.row.id, &claimed, &visitor.request_id).await?;
    redirect(visitor.lang, &draft_path(&view))
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("show_unit", "/nop-ho-so/{draft}/noi-nop")
                .signed_in()
                .example("/nop-ho-so/{draft}/noi-nop")
                .role("resident"),
            show_unit,
        )
        .page(Row::post("save_unit", "/nop-ho-so/{draft}/noi-nop").signed_in().audit("draft.unit_chosen"), save_unit)
        .page(
            Row::get("show_claims", "/nop-ho-so/{draft}/mien-giam")
                .signed_in()
                .example("/nop-ho-so/{draft}/mien-giam")
                .role("resident"),
            show_claims,
        )
        .page(
            Row::post("save_claims", "/nop-ho-so/{draft}/mien-giam").signed_in().audit("draft.exemption_claimed"),
            save_claims,
        )
}
