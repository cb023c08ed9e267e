//! Pages that the frame itself owes: no network, accessibility, privacy, help.

use crate::page::Page;
use askama::Template;

/// Shown by the service worker when there is no network.
#[derive(Debug, Template)]
#[template(path = "offline.html")]
pub struct OfflinePage {
    page: Page,
}

impl OfflinePage {
    /// Without account: it is kept by the browser for everyone who uses this device.
    #[must_use]
    pub fn new(mut page: Page) -> Self {
        page.title = page.t("ui-offline-title");
        page.account = None;
        page.csrf = String::new();
        page.notice = None;
        page.private = true;
        Self { page }
    }
}

/// A statement made of headings and paragraphs.
#[derive(Debug, Template)]
#[template(path = "statement.html")]
pub struct StatementPage {
    page: Page,
    lead: String,
    sections: Vec<(String, Vec<String>)>,
}

impl StatementPage {
    fn build(mut page: Page, name: &str, sections: &[(&str, usize)]) -> Self {
        page.title = page.t(&format!("ui-statement-{name}-title"));
        let lead = page.t(&format!("ui-statement-{name}-lead"));
        let phone = page.city.phone.clone();
        let agency = page.city.responsible.text(page.lang).to_owned();
        let values = [("phone", phone.into()), ("agency", agency.into())];
        let sections = sections
            .iter()
            .map(|(section, count)| {
                let paragraphs = (1..=*count)
                    .map(|number| page.tn(&format!("ui-statement-{name}-{section}-{number}"), &values))
                    .collect();
                (page.t(&format!("ui-statement-{name}-{section}")), paragraphs)
            })
            .collect();
        Self { page, lead, sections }
    }

    /// Accessibility statement: level, known faults, contact.
    #[must_use]
    pub fn accessibility(page: Page) -> Self {
        Self::build(page, "accessibility", &[("works", 3), ("known", 2), ("tested", 1), ("contact", 2)])
    }

    /// Privacy: what is kept, why, how long, who looks, rights.
    #[must_use]
    pub fn privacy(page: Page) -> Self {
        Self::build(
            page,
            "privacy",
            &[("kept", 2), ("why", 2), ("seen", 2), ("long", 2), ("cookies", 1), ("rights", 3)],
        )
    }

    /// Help: how to file, follow, reach us.
    #[must_use]
    pub fn help(page: Page) -> Self {
        Self::build(page, "help", &[("file", 3), ("follow", 2), ("other", 2), ("contact", 2)])
    }
}
