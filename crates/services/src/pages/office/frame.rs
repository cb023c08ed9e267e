//! What every page of the workbench shares: navigation by rights, names of agencies, words of states.

use crate::cases::clock::CityClock;
use crate::cases::trail::SupplementItem;
use crate::model::{CaseState, Channel};
use crate::procedure::{Budget, Moment, Version};
use crate::service::Services;
use haidang_contracts::identity::Agency;
use haidang_kernel::format;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_ui::component::Tag;
use haidang_ui::{Html, Lang, Page, t};
use haidang_web::Visitor;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The frame of a page of the workbench; its navigation holds what the reader may open.
pub(super) fn office_page(visitor: &Visitor, title: impl Into<String>, nav: &'static str) -> Page {
    visitor.page(title, nav)
}

/// A stored word as part of a text id: `awaiting_issue` → `awaiting-issue`.
pub(super) fn dashed(word: &str) -> String {
    word.replace(['_', '.'], "-")
}

/// The word of a state.
pub(super) fn state_text(lang: Lang, state: CaseState) -> String {
    t(lang, &format!("office-state-{}", dashed(state.as_str())), &[])
}

/// The word of a channel.
pub(super) fn channel_text(lang: Lang, channel: Channel) -> String {
    t(lang, &format!("office-channel-{}", channel.as_str()), &[])
}

/// The state as a tag; its word carries the meaning.
pub(super) fn state_tag(lang: Lang, state: CaseState) -> Tag {
    let tag = Tag::new(&state_text(lang, state));
    match state {
        CaseState::Refused | CaseState::Stopped => tag.late(),
        CaseState::Withdrawn => tag,
        CaseState::AwaitingSupplement | CaseState::AwaitingPayment | CaseState::WithdrawalRequested => tag.wait(),
        CaseState::ResultReady | CaseState::Returned => tag.done(),
        _ => tag,
    }
}

/// Names of all agencies, read once a page.
pub(super) struct Names(BTreeMap<String, Agency>);

impl Names {
    /// The agencies of today and those named besides, which may be gone.
    pub(super) async fn load(services: &Services, also: &[&str]) -> Result<Self, Problem> {
        let today = services.directory.agencies().await?;
        let mut names: BTreeMap<String, Agency> = today.into_iter().map(|a| (a.code.clone(), a)).collect();
        for code in also {
            if !names.contains_key(*code)
                && let Some(gone) = services.directory.agency(code).await?
            {
                names.insert(gone.code.clone(), gone);
            }
        }
        Ok(Self(names))
    }

    /// The name in the language of the page; the code when nobody knows it.
    pub(super) fn of(&self, lang: Lang, code: &str) -> String {
        self.0.get(code).map_or_else(
            || code.to_owned(),
            |agency| match lang {
                Lang::Vi => agency.name_vi.clone(),
                Lang::En if agency.name_en.is_empty() => agency.name_vi.clone(),
                Lang::En => agency.name_en.clone(),
            },
        )
    }

    /// Commune codes with the code of the agency that serves them.
    pub(super) fn communes(&self) -> BTreeMap<String, String> {
        let communes = self.0.values().filter(|agency| agency.kind == "commune");
        communes.filter_map(|agency| Some((agency.commune_code.clone()?, agency.code.clone()))).collect()
    }

    /// All agencies of today.
    pub(super) fn all(&self) -> impl Iterator<Item = &Agency> {
        self.0.values()
    }
}

/// How much time is left, in words, and the class that colours them.
pub(super) fn left(lang: Lang, clock: &CityClock, now: Timestamp, due: Timestamp) -> (String, &'static str) {
    if due < now {
        let days = clock.calendar.working_days_left(now, due).min(-1);
        return (t(lang, "office-left-late", &[("days", days.unsigned_abs().into())]), " hd-left--late");
    }
    let wall = time::civil(due);
    if wall.date() == time::civil(now).date() {
        let at = format::time_table(wall.time());
        return (t(lang, "office-left-today", &[("time", at.into())]), " hd-left--today");
    }
    let days = clock.calendar.working_days_left(now, due);
    (t(lang, "office-left-days", &[("days", days.into())]), "")
}

/// The due date as a heading line: `Hạn 17:00, thứ Sáu, 04/09/2026`.
pub(super) fn due_text(page: &Page, due: Timestamp) -> String {
    let wall = time::civil(due);
    page.t2("office-due", "time", format::time_table(wall.time()), "date", format::date_short(page.lang, wall.date()))
}

/// A moment of a history, never broken across lines.
pub(super) fn when(page: &Page, at: Timestamp) -> Html {
    Html::trusted("<span class=\"hd-nowrap\">").then(page.time(at)).then(Html::trusted("</span>"))
}

/// A length of time of the procedure data in words: `2 giờ làm việc`.
pub(super) fn budget_text(page: &Page, budget: Budget) -> String {
    #[allow(clippy::cast_precision_loss)] // lengths of steps are small
    let amount = format::decimal(page.lang, budget.halves as f64 / 2.0, usize::from(budget.halves % 2 != 0));
    page.t1(&format!("office-unit-{}", dashed(budget.unit.code())), "amount", amount)
}

/// A rule of reminding in words; what cannot be read is shown as written.
pub(super) fn rule_text(page: &Page, rule: &str) -> String {
    match Moment::parse(rule) {
        Ok(Moment::ShareOfBudget(share)) => page.t1("office-rule-share-budget", "share", i64::from(share)),
        Ok(Moment::ShareOfLimit(share)) => page.t1("office-rule-share-limit", "share", i64::from(share)),
        Ok(Moment::AfterStart(length)) => page.t1("office-rule-after-start", "length", budget_text(page, length)),
        Ok(Moment::BeforeDue(length)) => page.t1("office-rule-before-due", "length", budget_text(page, length)),
        Ok(Moment::AfterDue(length)) => page.t1("office-rule-after-due", "length", budget_text(page, length)),
        Ok(Moment::Due) => page.t("office-rule-due"),
        Err(_) => rule.to_owned(),
    }
}

/// The name of a role, from the pack; its id where the pack has none.
pub(super) fn role_text(services: &Services, page: &Page, role: &str) -> Html {
    services.settings.role_names.get(role).map_or_else(|| Html::text(role), |name| page.b(name))
}

/// The text of a word of the data, or the word itself where data knows more words than these texts.
pub(super) fn word(page: &Page, key: &str, raw: &str) -> String {
    let text = page.t(key);
    if text == key { raw.to_owned() } else { text }
}

/// What an applicant must add, with the name of the paper or part it concerns.
pub(super) fn item_text(version: Option<&Version>, item: &SupplementItem) -> String {
    let named = version.zip(item.component.as_deref()).and_then(|(version, id)| {
        let procedure = &version.procedure;
        let paper = procedure.components.iter().find(|row| row.id == id).and_then(|row| row.name.clone());
        paper.or_else(|| version.page(id).map(|part| part.title.clone()))
    });
    named.map_or_else(|| item.what.clone(), |name| format!("{name}: {}", item.what))
}

/// The same words at the beginning of a line.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
