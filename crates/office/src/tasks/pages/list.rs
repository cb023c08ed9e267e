//! Lists of tasks: mine, what I gave, my agency's.

use super::{TASKS, colour_tag, link, state_tag, task_page, task_path};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::giving::MAY_GIVE;
use crate::tasks::looking::{Folder, Names, Wanted};
use crate::tasks::model::State;
use crate::tasks::rules::Colour;
use askama::Template;
use haidang_ui::Page;
use haidang_ui::component::{Button, Cell, Column, Component as _, EmptyState, Table};
use haidang_web::{Answer, Query, State as Held, Visitor, html};
use serde::Deserialize;

/// What a list shows.
#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    /// `cua-toi`, `toi-giao` or `don-vi`.
    muc: Option<String>,
    /// A state or a colour.
    loc: Option<String>,
}

#[derive(Template)]
#[template(path = "tasks_list.html")]
struct ListPage {
    page: Page,
    folders: Vec<(String, String, bool)>,
    buttons: Vec<Button>,
    filters: Vec<(String, String, bool)>,
    table: Option<Table>,
    empty: Option<EmptyState>,
}

fn folder_slug(folder: Folder) -> &'static str {
    match folder {
        Folder::Mine => "cua-toi",
        Folder::Given => "toi-giao",
        Folder::Unit => "don-vi",
    }
}

fn wanted(word: &str) -> Wanted {
    let colour = [Colour::Green, Colour::Amber, Colour::Red].into_iter().find(|colour| colour.as_str() == word);
    Wanted { state: State::parse(word), colour }
}

fn filters(page: &Page, folder: Folder, current: &str) -> Vec<(String, String, bool)> {
    ["", "red", "amber", "assigned", "awaiting_approval", "extension_requested", "done"]
        .into_iter()
        .map(|word| {
            let key = if word.is_empty() { "open".to_owned() } else { word.replace('_', "-") };
            let base = format!("{TASKS}?muc={}", folder_slug(folder));
            let path = if word.is_empty() { base } else { format!("{base}&loc={word}") };
            (page.t(&format!("tasks-filter-{key}")), page.href(path), word == current)
        })
        .collect()
}

/// Tasks of a folder, due first.
pub(crate) async fn list_office_tasks(
    visitor: Visitor,
    Held(room): Held<OfficeRoom>,
    Query(asked): Query<Asked>,
) -> Answer {
    let page = task_page(&visitor, "tasks-title");
    let reader = Reader::of(&visitor)?;
    let supervises = visitor.can("task.supervise");
    let gives = MAY_GIVE.iter().any(|name| visitor.can(name));
    let slug = asked.muc.as_deref().unwrap_or_default();
    let folder = Folder::ALL.iter().copied().find(|folder| folder_slug(*folder) == slug).unwrap_or(Folder::Mine);
    let word = asked.loc.as_deref().unwrap_or_default();
    let tasks = room.tasks_in(&reader, folder, wanted(word)).await?;
    let folders = Folder::ALL.iter().copied().filter(|one| *one != Folder::Unit || supervises);
    let folders = folders.map(|one| {
        let text = page.t(&format!("tasks-folder-{}", one.as_str()));
        (text, page.href(format!("{TASKS}?muc={}", folder_slug(one))), one == folder)
    });
    let folders = folders.collect();
    let columns =
        ["code", "work", "owner", "due", "state"].map(|key| Column::new(page.t(&format!("tasks-column-{key}"))));
    let mut table = Table::new(page.t("tasks-title"), columns.to_vec()).caption_hidden();
    let mut names = Names::new(&room);
    for task in &tasks {
        let owner = names.person(&task.owner).await?;
        let due = page.date_table(task.due_on);
        let left = colour_tag(&page, &room, task).map(|tag| tag.html()).unwrap_or_default();
        table = table.row(vec![
            Cell::from(link(&page, &task_path(&task.id), &task.code)),
            Cell::from(page.vietnamese(&task.work)),
            Cell::from(page.vietnamese(owner)),
            Cell::from(haidang_ui::Html::text(due).then(haidang_ui::Html::trusted(" ")).then(left)),
            Cell::from(state_tag(&page, task.state)),
        ]);
    }
    let mut buttons = Vec::new();
    if gives {
        buttons.push(page.link_button(page.t("tasks-new"), format!("{TASKS}/moi")));
        buttons.push(page.link_button(page.t("tasks-proposals-title"), format!("{TASKS}/de-xuat")).secondary());
    }
    if supervises {
        buttons.push(page.link_button(page.t("tasks-statistics-title"), format!("{TASKS}/thong-ke")).secondary());
    }
    html(ListPage {
        folders,
        buttons,
        filters: filters(&page, folder, word),
        empty: tasks.is_empty().then(|| EmptyState::new(page.t("tasks-empty")).text(page.t("tasks-empty-text"))),
        table: (!tasks.is_empty()).then_some(table),
        page,
    })
}
