//! Which services work, for everybody: names, states and times. No address, no notice, no caller and no person.

use haidang_ui::component::{Cell, Column, EmptyState, SummaryList, SummaryRow, Table, Tag};
use haidang_ui::{Html, IntoHtml as _, Lang, Page, t};
use haidang_web::{Answer, State, Visitor};

use super::RegistryRoom;
use super::overview::{Counted, is_resting};
use super::parts::{SectionPage, paragraph};
use super::view::{Service, View};
use crate::operations::rules::Health;
use crate::rules::agreement::Environment;

/// What a state means to those who use a service, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Disturbed,
    Slow,
    On,
    Quiet,
    Off,
}

impl Standing {
    const ALL: [Standing; 5] = [Standing::Disturbed, Standing::Slow, Standing::On, Standing::Quiet, Standing::Off];

    fn of(health: Health) -> Self {
        match health {
            Health::Resting | Health::Failing => Self::Disturbed,
            Health::Slow => Self::Slow,
            Health::Working => Self::On,
            Health::Quiet => Self::Quiet,
            Health::Disabled => Self::Off,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Disturbed => "disturbed",
            Self::Slow => "slow",
            Self::On => "on",
            Self::Quiet => "quiet",
            Self::Off => "off",
        }
    }

    fn tag(self, page: &Page) -> Tag {
        let tag = page.tag(page.t(&format!("exchange-status-{}", self.word())));
        match self {
            Self::Disturbed => tag.late(),
            Self::Slow | Self::Off => tag.wait(),
            Self::On => tag.done(),
            Self::Quiet => tag,
        }
    }
}

/// Shows which services work.
pub(crate) async fn show_exchange_status(visitor: Visitor, State(room): State<RegistryRoom>) -> Answer {
    let mut answer = SectionPage::public(&visitor, t(visitor.lang, "exchange-status-title", &[]));
    let page = answer.page().clone();
    let view = View::read(&room).await?;
    let services = view.services(None)?;
    answer.lead(page.t1("exchange-status-lead", "time", page.moment(room.parts.ambient.now())));
    if services.is_empty() {
        answer.section("exchange-services", EmptyState::new(page.t("exchange-services-none")));
        return answer.answer();
    }
    let (counted, live) = (Counted::read(&room).await?, room.live());
    let mut stand: Vec<(Standing, &Service)> = services
        .iter()
        .map(|service| (Standing::of(counted.health(service, is_resting(live.as_ref(), service))), service))
        .collect();
    stand.sort_by_key(|(standing, _)| *standing);
    if view.environment() == Environment::Sandbox {
        answer.section("exchange-status-trial", paragraph(page.t("exchange-environment-sandbox")));
    }
    answer.section("exchange-status-summary", summary(&page, &stand, &counted));
    answer.section("exchange-services", table(&page, &stand, &counted));
    answer.answer()
}

/// How many services are in each state that there is, and what the state means.
fn summary(page: &Page, stand: &[(Standing, &Service)], counted: &Counted) -> Html {
    let since = page.moment(counted.from);
    let row = |standing: Standing| {
        let count = stand.iter().filter(|(one, _)| *one == standing).count();
        let text = page.t1("exchange-status-count", "count", i64::try_from(count).unwrap_or(i64::MAX));
        let meaning = page.t1(&format!("exchange-status-meaning-{}", standing.word()), "time", since.as_str());
        let state = page.t(&format!("exchange-status-{}", standing.word()));
        (count > 0).then(|| SummaryRow::new(state, format!("{text} {meaning}")))
    };
    SummaryList::new(Standing::ALL.into_iter().filter_map(row).collect()).no_border().into_html()
}

fn table(page: &Page, stand: &[(Standing, &Service)], counted: &Counted) -> Html {
    let columns = vec![
        Column::new(page.t("exchange-column-service")),
        Column::new(page.t("exchange-column-owner")),
        Column::new(page.t("exchange-column-state")),
        Column::numeric(page.t("exchange-status-mean")),
    ];
    let mut table = Table::new(page.t("exchange-services"), columns).caption_hidden();
    for (standing, service) in stand {
        let figures = counted.lately(service).figures;
        let mean = if figures.calls > 0 { seconds(page, figures.mean()) } else { page.t("exchange-status-unmeasured") };
        table = table.row(vec![
            Cell::from(page.vietnamese(service.name())),
            Cell::from(page.vietnamese(&service.owner)),
            Cell::from(standing.tag(page)),
            Cell::from(mean),
        ]);
    }
    table.into_html()
}

/// Seconds with one place, never below a tenth: `0,1 giây`.
fn seconds(page: &Page, millis: i64) -> String {
    let tenths = (millis.max(0) / 100).max(1);
    let sign = if page.lang == Lang::Vi { ',' } else { '.' };
    page.t1("exchange-seconds", "seconds", format!("{}{sign}{}", tenths / 10, tenths % 10))
}
