//! "Why may this person sign?" and why not.

use super::{AUTHORITY, AgencyQuery, Names, block, form_text, people, term_text};
use crate::authority::looking::Why;
use crate::authority::model::{Refusal, Signing};
use crate::authority::rules::Fit;
use crate::authority::settings::PLAIN_LETTER;
use crate::frame::{agency_name, link, reader, tabs, typed_day};
use crate::room::OfficeRoom;
use askama::Template;
use axum::extract::State;
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_ui::component::{Reasons, Select, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Lang, Page, t};
use haidang_web::{Answer, Query, Visitor, encode, html};
use jiff::Timestamp;
use serde::Deserialize;

/// What is asked. The person is an opaque id.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct WhyQuery {
    #[serde(default)]
    co_quan: String,
    #[serde(default)]
    nguoi: String,
    #[serde(default)]
    loai: String,
    #[serde(default)]
    linh_vuc: String,
    #[serde(default)]
    ngay: String,
}

#[derive(Template)]
#[template(path = "authority_why.html")]
struct WhyPage {
    page: Page,
    tabs: Html,
    errors: Vec<ErrorItem>,
    back: String,
    agency_code: String,
    agency: Html,
    action: String,
    questions: Vec<Html>,
    answer: Option<WhyAnswer>,
}

struct WhyAnswer {
    yes: bool,
    sentence: String,
    block: Option<Html>,
    reasons: Reasons,
}

fn refusal_text(page: &Page, refusal: Refusal) -> String {
    page.t(&format!("authority-refusal-{}", refusal.problem_code().replace('_', "-")))
}

async fn reasons(room: &OfficeRoom, page: &Page, why: &Why, names: &mut Names) -> Result<Reasons, Problem> {
    let icon = |good: bool| if good { "check" } else { "x" };
    let mut reasons = Reasons::new();
    reasons = match &why.head {
        Some(head) => {
            let name = names.of(room, &head.person).await?;
            let text = page.t2("authority-why-head", "name", name, "basis", head.basis.clone());
            let path = format!("{AUTHORITY}/nguoi-dung-dau/{}", head.id);
            reasons.item(
                icon(true),
                Html::text(text).then(Html::text(" ")).then(link(page, &path, page.t("authority-see"))),
            )
        }
        None => reasons.item(icon(false), page.t("authority-why-no-head")),
    };
    for (one, fit) in &why.delegations {
        let values = [("form", form_text(page, one.form).into()), ("term", term_text(page, &one.term).into())];
        let text = page.tn(&format!("authority-why-{}", fit.as_str()), &values);
        let path = format!("{AUTHORITY}/uy-quyen/{}", one.id);
        let line = Html::text(text).then(Html::text(" ")).then(link(page, &path, page.t("authority-see")));
        reasons = reasons.item(icon(*fit == Fit::Covers), line);
    }
    Ok(match &why.certificate {
        Ok(certificate) => {
            let until = time::from_micros(certificate.not_after);
            let text =
                page.t2("authority-why-certificate", "issuer", certificate.issuer.clone(), "until", page.moment(until));
            reasons.item(icon(true), text)
        }
        Err(refusal) => reasons.item(icon(false), refusal_text(page, *refusal)),
    })
}

/// The moment a day is asked about: now for today, else its noon.
fn moment(room: &OfficeRoom, typed: &str) -> Option<Timestamp> {
    if typed.trim().is_empty() {
        return Some(room.ambient.now());
    }
    let day = typed_day(typed)?;
    Some(if day == room.ambient.today() { room.ambient.now() } else { time::at(day.at(12, 0, 0, 0)) })
}

/// The page with its question, and the answer when a person was chosen.
pub(crate) async fn show_why(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(query): Query<WhyQuery>,
) -> Answer {
    let reader = reader(&visitor)?;
    let agency = AgencyQuery { co_quan: query.co_quan.clone() }.agency(&reader)?;
    crate::authority::signing::may_look(&reader, &agency)?;
    let mut page = visitor.page(t(visitor.lang, "authority-why-title", &[]), "documents");
    let staff = room.directory.staff(&agency).await?;
    let mut names = Names::of_staff(&staff);
    let at = moment(&room, &query.ngay);
    let mut errors = Vec::new();
    if at.is_none() {
        errors.push(ErrorItem::of("ngay", page.t("authority-error-from-no-date")));
    }
    page.errors = !errors.is_empty();
    let mut answer = None;
    if let (Some(at), Ok(person)) = (at, PersonId::parse(&query.nguoi)) {
        let kind = if query.loai == PLAIN_LETTER { "" } else { query.loai.as_str() };
        let what = Signing { kind, field: &query.linh_vuc, secrecy: 0 };
        let why = room.why_sign(&reader, &agency, &person, &what, at).await?;
        let name = names.of(&room, &person).await?;
        answer = Some(WhyAnswer {
            yes: why.answer.is_ok(),
            sentence: match &why.answer {
                Ok(allowed) => page.t2("authority-why-yes", "name", name, "form", form_text(&page, allowed.form)),
                Err(refusal) => page.t2("authority-why-no", "name", name, "reason", refusal_text(&page, *refusal)),
            },
            block: why.answer.as_ref().ok().map(|allowed| {
                block(&page, &allowed.block_lines).then(Html::trusted("<br>")).then(page.vietnamese(&allowed.name))
            }),
            reasons: reasons(&room, &page, &why, &mut names).await?,
        });
    }
    let named = |known: &[crate::authority::settings::Named], chosen: &str| -> Vec<Choice> {
        let text = |named: &crate::authority::settings::Named| {
            if page.lang == Lang::Vi { named.vi.clone() } else { named.en.clone() }
        };
        known.iter().map(|named| Choice::new(&named.code, text(named)).chosen(chosen)).collect()
    };
    let field = |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).errors(&errors);
    let mut questions = vec![
        Html::trusted(Select::new(field("nguoi", "authority-field-person"), people(&staff, &query.nguoi)).to_string()),
        Html::trusted(
            Select::new(field("loai", "authority-field-kind"), named(&room.authority.kinds, &query.loai)).to_string(),
        ),
    ];
    if !room.authority.fields.is_empty() {
        let fields = named(&room.authority.fields, &query.linh_vuc);
        questions.push(Html::trusted(Select::new(field("linh_vuc", "authority-field-field"), fields).to_string()));
    }
    let day = TextInput::new(field("ngay", "authority-field-day").hint(page.t("authority-hint-day")));
    questions.push(Html::trusted(day.value(&query.ngay).width(10).to_string()));
    html(WhyPage {
        tabs: tabs(&visitor, AUTHORITY),
        back: format!("{AUTHORITY}?{}", encode([("co_quan", agency.as_str())])),
        agency: agency_name(&room, &page, &agency).await?,
        agency_code: agency,
        action: page.href(format!("{AUTHORITY}/vi-sao")),
        questions,
        answer,
        errors,
        page,
    })
}
