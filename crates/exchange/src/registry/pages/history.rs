//! The versions of one entry: who changed it, when and why.

use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Cell, Column, Table};
use haidang_ui::{Html, IntoHtml as _, Page};

use super::RegistryRoom;
use crate::registry::rules::entries::Key;

/// Versions shown.
const SHOWN: i64 = 50;

pub(super) async fn history(room: &RegistryRoom, page: &Page, key: &Key) -> Result<Html, Problem> {
    let columns = vec![
        Column::numeric(page.t("exchange-column-version")),
        Column::new(page.t("exchange-column-when")),
        Column::new(page.t("exchange-column-who")),
        Column::new(page.t("exchange-column-why")),
    ];
    let mut table = Table::new(page.t("exchange-history"), columns).caption_hidden().small();
    for version in room.parts.registry.history(key, SHOWN).await? {
        let who = match version.person.as_deref() {
            Some(person) => name(room, page, person).await?,
            None => Html::text(page.t("exchange-who-program")),
        };
        table = table.row(vec![
            Cell::from(page.number(version.version)),
            Cell::from(page.time(version.at)),
            Cell::from(who),
            Cell::from(page.vietnamese(&version.reason)),
        ]);
    }
    Ok(table.into_html())
}

/// The name of an official; somebody whose account is gone keeps the words for that.
pub(super) async fn name(room: &RegistryRoom, page: &Page, person: &str) -> Result<Html, Problem> {
    let record = match PersonId::parse(person) {
        Ok(id) => room.parts.identity.person(&id).await?,
        Err(_) => None,
    };
    Ok(record.map_or_else(|| Html::text(page.t("exchange-who-unknown")), |record| page.vietnamese(record.full_name)))
}
