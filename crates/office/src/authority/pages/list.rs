//! Who may sign what today in an agency, and what was before.

use super::{AUTHORITY, AgencyQuery, Names, block, codes_text, form_text, manages, term_tag, term_text};
use crate::authority::model::{Delegation, HeadMandate, Term};
use crate::authority::rules::Ground;
use crate::frame::{agency_name, link, reader, tabs};
use crate::room::OfficeRoom;
use askama::Template;
use axum::extract::State;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Cell, Column, EmptyState, Table};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, Query, Visitor, encode, html};

#[derive(Template)]
#[template(path = "authority_list.html")]
struct ListPage {
    page: Page,
    tabs: Html,
    agency: Html,
    now: Option<Table>,
    vacant: Option<EmptyState>,
    other: Option<Table>,
    links: Vec<Html>,
    manages: bool,
    give: String,
    name_head: String,
}

struct Rows<'r> {
    room: &'r OfficeRoom,
    page: &'r Page,
    names: Names,
}

impl Rows<'_> {
    async fn head(&mut self, head: &HeadMandate) -> Result<Vec<Cell>, Problem> {
        let path = format!("{AUTHORITY}/nguoi-dung-dau/{}", head.id);
        let ground = Ground::Head(head);
        Ok(vec![
            Cell::from(link(self.page, &path, self.page.vietnamese(self.names.of(self.room, &head.person).await?))),
            Cell::from(form_text(self.page, ground.form())),
            Cell::from(block(self.page, &ground.block_lines())),
            Cell::from(self.page.t("authority-everything")),
            Cell::from(self.term(&head.term)),
        ])
    }

    async fn delegation(&mut self, one: &Delegation, head: Option<&HeadMandate>) -> Result<Vec<Cell>, Problem> {
        let path = format!("{AUTHORITY}/uy-quyen/{}", one.id);
        let settings = &self.room.authority;
        let lines = match head {
            Some(head) => Ground::Delegated(head, one).block_lines(),
            None => vec![format!("{}. {}", one.form.as_str(), one.from_post), one.post.clone()],
        };
        let content = codes_text(self.page, &one.kinds, &settings.kinds, "authority-all-kinds")
            .then(Html::trusted("<br>"))
            .then(codes_text(self.page, &one.fields, &settings.fields, "authority-all-fields"));
        Ok(vec![
            Cell::from(link(self.page, &path, self.page.vietnamese(self.names.of(self.room, &one.person).await?))),
            Cell::from(form_text(self.page, one.form)),
            Cell::from(block(self.page, &lines)),
            Cell::from(content),
            Cell::from(self.term(&one.term)),
        ])
    }

    fn term(&self, term: &Term) -> Html {
        Html::text(term_text(self.page, term)).then(Html::trusted("<br>")).then(term_tag(
            self.page,
            term,
            self.room.ambient.now(),
        ))
    }
}

fn table(page: &Page, caption: &str) -> Table {
    let columns = ["person", "form", "block", "content", "term"];
    let columns = columns.map(|key| Column::new(page.t(&format!("authority-column-{key}"))));
    Table::new(page.t(caption), columns.to_vec()).small()
}

/// Who may sign what today.
pub(crate) async fn list_authority(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(query): Query<AgencyQuery>,
) -> Answer {
    let reader = reader(&visitor)?;
    let agency = query.agency(&reader)?;
    let page = visitor.page(haidang_ui::t(visitor.lang, "authority-title", &[]), "documents");
    let heads = room.heads(&reader, &agency).await?;
    let delegations = room.delegations(&reader, &agency).await?;
    let now = room.ambient.now();
    let head = heads.iter().find(|head| head.term.holds(now));
    let names = Names::of_staff(&room.directory.staff(&agency).await?);
    let mut rows = Rows { room: &room, page: &page, names };
    let (mut today, mut other) = (table(&page, "authority-today"), table(&page, "authority-other"));
    let (mut any_today, mut any_other) = (false, false);
    for one in &heads {
        let cells = rows.head(one).await?;
        if one.term.holds(now) {
            (today, any_today) = (today.row(cells), true);
        } else {
            (other, any_other) = (other.row(cells), true);
        }
    }
    for one in &delegations {
        let in_force = head.is_some() && one.term.holds(now);
        let cells = rows.delegation(one, head.filter(|_| in_force)).await?;
        if in_force {
            (today, any_today) = (today.row(cells), true);
        } else {
            (other, any_other) = (other.row(cells), true);
        }
    }
    let search = encode([("co_quan", agency.as_str())]);
    html(ListPage {
        tabs: tabs(&visitor, AUTHORITY),
        agency: agency_name(&room, &page, &agency).await?,
        now: any_today.then_some(today),
        vacant: head
            .is_none()
            .then(|| EmptyState::new(page.t("authority-vacant")).text(page.t("authority-vacant-text"))),
        other: any_other.then_some(other),
        links: vec![
            link(&page, &format!("{AUTHORITY}/vi-sao?{search}"), page.t("authority-why-link")),
            link(&page, &format!("{AUTHORITY}/chung-thu?{search}"), page.t("authority-certificates-link")),
        ],
        manages: manages(&reader, &agency),
        give: format!("{AUTHORITY}/giao-quyen?{search}"),
        name_head: format!("{AUTHORITY}/nguoi-dung-dau?{search}"),
        page,
    })
}
