//! The list of work: the same on the inbox and beside an open case.

use super::frame::{left, state_text};
use crate::cases::inbox::{InboxCounts, InboxFilter, InboxItem};
use crate::service::Services;
use haidang_contracts::actor::Actor;
use haidang_kernel::format;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_ui::component::{EmptyState, Icon};
use haidang_ui::{Html, IntoHtml, Page};
use jiff::{SignedDuration, Timestamp};

/// Address of the inbox.
pub(super) const INBOX: &str = "/can-bo/viec";

/// One saved filter with its count.
pub(super) struct FilterLink {
    pub text: String,
    pub count: Option<String>,
    pub href: String,
    pub current: bool,
}

/// One line.
pub(super) struct RowLine {
    pub task: String,
    pub choose: String,
    pub href: String,
    pub name: String,
    pub open: bool,
    pub left: String,
    pub left_class: &'static str,
    pub what: Html,
    pub number: String,
    pub state: String,
}

/// Lines that are due at about the same time.
pub(super) struct Group {
    pub icon: Icon,
    pub title: String,
    pub count: String,
    pub rows: Vec<RowLine>,
}

/// The list with its filters.
pub(super) struct WorkList {
    pub filters: Vec<FilterLink>,
    pub groups: Vec<Group>,
    pub empty: Option<EmptyState>,
    pub more: Option<String>,
}

/// When a piece of work is due: a question of another agency by its own budget, work before intake by its budget, all
/// else by the date the applicant was promised.
fn due_of(item: &InboxItem) -> Option<Timestamp> {
    match item.task_kind.as_str() {
        "consultation" => item.budget_due_at.or(item.due_at),
        _ => item.due_at.or(item.budget_due_at),
    }
}

/// Which heading a line stands under.
fn group_of(item: &InboxItem, now: Timestamp) -> usize {
    let today = time::civil(now).date();
    match due_of(item) {
        _ if item.paused => 5,
        None => 4,
        Some(due) if due < now => 0,
        Some(due) if time::civil(due).date() == today => 1,
        Some(due) if due < now + SignedDuration::from_hours(7 * 24) => 2,
        Some(_) => 3,
    }
}

const GROUPS: [(&str, &str); 6] = [
    ("office-group-late", "circle-alert"),
    ("office-group-today", "clock"),
    ("office-group-week", "calendar-days"),
    ("office-group-later", "calendar-days"),
    ("office-group-undated", "circle-dashed"),
    ("office-group-waiting", "circle-pause"),
];

fn line(
    services: &Services,
    page: &Page,
    item: &InboxItem,
    now: Timestamp,
    query: &str,
    open: Option<&str>,
) -> RowLine {
    let (left, left_class) = match due_of(item) {
        Some(due) if !item.paused => left(page.lang, &services.clock(), now, due),
        _ => (String::new(), ""),
    };
    let what = services.catalogue().by_id(&item.version_id);
    let what = what.map_or_else(|| Html::text(&item.procedure_code), |version| page.b(&version.name()));
    let ending = item.case_no.rsplit('-').next().unwrap_or(&item.case_no);
    RowLine {
        task: item.task_id.clone(),
        choose: page.t1("office-choose", "name", &item.owner_name),
        href: page.href(format!("/can-bo/ho-so/{}{query}", item.case_id)),
        name: item.owner_name.clone(),
        open: open == Some(item.case_id.as_str()),
        left,
        left_class,
        what,
        number: format!("…{ending}"),
        state: match item.task_kind.as_str() {
            "consultation" => page.t("office-task-consultation"),
            _ => state_text(page.lang, item.state),
        },
    }
}

/// The address of a list, from what narrows it.
pub(super) fn query_of(filter: &InboxFilter) -> String {
    let named = [
        ("view", &filter.view),
        ("due", &filter.due),
        ("procedure", &filter.procedure),
        ("state", &filter.state),
        ("sort", &filter.sort),
    ];
    let pairs = named.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?)));
    let query = haidang_web::encode(pairs);
    if query.is_empty() { String::new() } else { format!("?{query}") }
}

fn filters(page: &Page, filter: &InboxFilter, counts: &InboxCounts) -> Vec<FilterLink> {
    let all = [
        ("office-filter-all", None, None, Some(counts.total)),
        ("office-filter-mine", Some("mine"), None, Some(counts.mine)),
        ("office-filter-unassigned", Some("unassigned"), None, Some(counts.unassigned)),
        ("office-filter-overdue", None, Some("overdue"), Some(counts.overdue)),
        ("office-filter-today", None, Some("today"), Some(counts.today)),
        ("office-filter-week", None, Some("week"), Some(counts.week)),
        ("office-filter-supplemented", Some("supplemented"), None, Some(counts.supplemented)),
        ("office-filter-consultation", Some("consultation"), None, Some(counts.consultations)),
    ];
    let given = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
    all.into_iter()
        // An empty filter that is not the current one only takes room; all, mine and late always stand.
        .filter(|(key, view, due, count)| {
            let current = given(&filter.view).as_deref() == *view && given(&filter.due).as_deref() == *due;
            current || *count != Some(0) || key.ends_with("all") || key.ends_with("mine") || key.ends_with("overdue")
        })
        .map(|(key, view, due, count)| {
            let own = InboxFilter { view: view.map(str::to_owned), due: due.map(str::to_owned), ..Default::default() };
            FilterLink {
                text: page.t(key),
                count: count.map(|count| page.number(count)),
                href: page.href(format!("{INBOX}{}", query_of(&own))),
                current: given(&filter.view).as_deref() == view && given(&filter.due).as_deref() == due,
            }
        })
        .collect()
}

/// Reads the list; `open` is the case shown beside it.
///
/// # Errors
/// `cursor_malformed`, what the database says.
pub(super) async fn work_list(
    services: &Services,
    page: &Page,
    actor: &Actor,
    filter: &InboxFilter,
    open: Option<&str>,
    request_id: &str,
) -> Result<WorkList, Problem> {
    let counts = services.inbox_counts(actor).await?;
    let found = services.inbox(actor, filter, request_id).await?;
    let (now, query) = (services.ambient.now(), query_of(filter));
    let mut sorted: [Vec<RowLine>; 6] = Default::default();
    for item in &found.items {
        sorted[group_of(item, now)].push(line(services, page, item, now, &query, open));
    }
    let groups = GROUPS
        .into_iter()
        .zip(sorted)
        .filter(|(_, rows)| !rows.is_empty())
        .map(|((key, icon), rows)| Group {
            icon: Icon::new(icon),
            title: page.t(key),
            count: page.t1("office-group-count", "count", rows.len()),
            rows,
        })
        .collect();
    let more = found.next.map(|cursor| {
        let separator = if query.is_empty() { '?' } else { '&' };
        page.href(format!("{INBOX}{query}{separator}{}", haidang_web::encode([("cursor", cursor)])))
    });
    let empty = found.items.is_empty().then(|| empty(page, &counts));
    Ok(WorkList { filters: filters(page, filter, &counts), groups, empty, more })
}

fn empty(page: &Page, counts: &InboxCounts) -> EmptyState {
    if counts.total == 0 {
        return EmptyState::new(page.t("office-inbox-empty")).text(page.t("office-inbox-empty-text"));
    }
    EmptyState::new(page.t("office-inbox-none"))
        .text(page.t("office-inbox-none-text").into_html())
        .next(page.t("office-inbox-show-all"), page.href(INBOX))
}

/// A short day and time for lists: `03/09 08:40`.
pub(super) fn short_moment(at: Timestamp) -> String {
    let wall = time::civil(at);
    format!("{:02}/{:02}/{} {}", wall.day(), wall.month(), wall.year(), format::time_table(wall.time()))
}
