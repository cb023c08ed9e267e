//! What the frame of a page needs to know.

use crate::component::{Banner, Breadcrumbs, Button, ErrorSummary, Icon, Link, Tag};
use crate::field::ErrorItem;
use crate::html::{Html, Plain};
use crate::texts::{Arg, t};
use crate::{Lang, assets, paths};
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::format;
use haidang_kernel::money::Money;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Name of the platform, last part of every title.
pub const PLATFORM: &str = "Hải Đăng";

/// Which of the two doors a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Service {
    /// Portal of residents and businesses: always light, one stylesheet.
    #[default]
    Resident,
    /// Workbench of officials: second stylesheet, full width, dark theme by choice.
    Office,
}

/// The reader's choice of theme; only pages of the office have a dark one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the device says.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// Who is signed in, as the header shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Name as stored.
    pub name: String,
    /// Position and unit of an official.
    pub position: Option<String>,
    /// Name of the person for whom this session acts.
    pub on_behalf: Option<String>,
}

/// Facts of the city that the frame shows; they come from the pack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct City {
    /// Full name of the city.
    pub name: Bilingual,
    /// Name of the residents' portal.
    pub portal: Bilingual,
    /// Name of the officials' workbench.
    pub office: Bilingual,
    /// Telephone for help, as it is dialled.
    pub phone: String,
    /// A remark beside the telephone number ("số mẫu").
    #[serde(default)]
    pub phone_note: Option<Bilingual>,
    /// E-mail for help.
    #[serde(default)]
    pub email: Option<String>,
    /// Agency that answers for the pages.
    pub responsible: Bilingual,
    /// Address of the list of counters, without language prefix.
    #[serde(default)]
    pub counters: Option<String>,
}

/// One entry of the main navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavItem {
    /// Compared with [`Page::nav`].
    pub id: &'static str,
    /// Text id.
    pub text: &'static str,
    /// Address without language prefix.
    pub path: &'static str,
    /// Capabilities of which one is enough to open it; empty for everybody this door is for.
    pub any_of: &'static [&'static str],
}

const fn nav(id: &'static str, text: &'static str, path: &'static str) -> NavItem {
    NavItem { id, text, path, any_of: &[] }
}

const fn nav_for(any_of: &'static [&'static str], id: &'static str, text: &'static str, path: &'static str) -> NavItem {
    NavItem { id, text, path, any_of }
}

/// Navigation of residents.
pub const RESIDENT_NAV: &[NavItem] = &[
    nav("services", "ui-nav-services", paths::HOME),
    nav("cases", "ui-nav-cases", paths::CASES),
    nav("vault", "ui-nav-vault", paths::VAULT),
    nav("verify", "ui-nav-verify", paths::VERIFY),
];

/// Navigation of officials; the frame of a page keeps the entries its reader may open ([`Page::navigation`]).
pub const OFFICE_NAV: &[NavItem] = &[
    nav("inbox", "ui-nav-inbox", paths::WORKBENCH),
    nav_for(&["case.receive"], "counter", "ui-nav-counter", paths::COUNTER),
    nav("documents", "ui-nav-documents", paths::DOCUMENTS),
    nav("tasks", "ui-nav-tasks", paths::TASKS),
    nav("meetings", "ui-nav-meetings", paths::MEETINGS),
    nav("notices", "ui-nav-notices", paths::NOTICES),
    nav_for(&["case.coordinate"], "coordination", "ui-nav-coordination", paths::COORDINATION),
    nav_for(&["case.read_all", "case.assign"], "supervision", "ui-nav-supervision", paths::SUPERVISION),
    nav_for(&["portal.reconcile"], "portal", "ui-nav-portal", paths::PORTAL_QUEUE),
    nav_for(&["audit.read"], "audit", "ui-nav-audit", paths::AUDIT),
    nav_for(&["pack.manage"], "procedures", "ui-nav-procedures", paths::PROCEDURE_VERSIONS),
    nav_for(&["calendar.manage"], "calendar", "ui-nav-calendar", paths::CALENDAR),
    nav_for(&["exchange.manage", "exchange.own"], "exchange", "ui-nav-exchange", paths::EXCHANGE),
];

/// Everything the frame of a page shows. Build it with [`Page::new`], then set what differs.
#[derive(Debug, Clone)]
pub struct Page {
    /// Language of the page.
    pub lang: Lang,
    /// The `h1`, also first in the title.
    pub title: String,
    /// Middle part of the title instead of the name of the service: the procedure, "Hồ sơ của tôi" …
    pub part: Option<String>,
    /// One sentence for search engines.
    pub description: Option<String>,
    /// Which door.
    pub service: Service,
    /// Address without language prefix, with its query; the language switch keeps it.
    pub path: String,
    /// Id of the current entry of the navigation; `""` = none.
    pub nav: &'static str,
    /// Entries of the navigation; empty hides it (question pages).
    pub navigation: Vec<NavItem>,
    /// Who is signed in.
    pub account: Option<Account>,
    /// Value of the hidden field `csrf`.
    pub csrf: String,
    /// Marks every page of a demonstration city.
    pub demo: bool,
    /// Facts of the city.
    pub city: Arc<City>,
    /// The form was refused: the title begins with "Lỗi: " and the error summary takes focus.
    pub errors: bool,
    /// The reader's theme.
    pub theme: Theme,
    /// The page brings its own hero under the header (home): no stripe, navigation on blue.
    pub hero: bool,
    /// Names of further own scripts, such as `htmx.min.js` or `workbench.js`.
    pub scripts: Vec<&'static str>,
    /// A message about what has just happened, shown above the content.
    pub notice: Option<String>,
    /// A banner on all pages in an emergency.
    pub emergency: Option<Banner>,
    /// Seconds until the session ends if nothing more is asked; two minutes before, a dialog offers to go on.
    pub session_seconds: Option<i64>,
    /// Personal or secret: search engines stay out.
    pub private: bool,
}

impl Page {
    /// A page with the defaults of its service.
    #[must_use]
    pub fn new(
        lang: Lang,
        service: Service,
        title: impl Into<String>,
        path: impl Into<String>,
        city: Arc<City>,
    ) -> Self {
        let (navigation, scripts) = match service {
            Service::Resident => (RESIDENT_NAV.to_vec(), Vec::new()),
            Service::Office => (OFFICE_NAV.to_vec(), vec!["workbench.js"]),
        };
        Self {
            lang,
            title: title.into(),
            part: None,
            description: None,
            service,
            path: path.into(),
            nav: "",
            navigation,
            account: None,
            csrf: String::new(),
            demo: false,
            city,
            errors: false,
            theme: Theme::System,
            hero: false,
            scripts,
            notice: None,
            emergency: None,
            session_seconds: None,
            private: false,
        }
    }

    /// Text of an id.
    #[must_use]
    pub fn t(&self, key: &str) -> String {
        t(self.lang, key, &[])
    }

    /// Text of an id with one value.
    #[must_use]
    pub fn t1(&self, key: &str, name: &str, value: impl Into<Arg>) -> String {
        t(self.lang, key, &[(name, value.into())])
    }

    /// Text of an id with two values.
    #[must_use]
    pub fn t2(
        &self,
        key: &str,
        name: &str,
        value: impl Into<Arg>,
        second: &str,
        second_value: impl Into<Arg>,
    ) -> String {
        t(self.lang, key, &[(name, value.into()), (second, second_value.into())])
    }

    /// Text of an id with any number of values.
    #[must_use]
    pub fn tn(&self, key: &str, values: &[(&str, Arg)]) -> String {
        t(self.lang, key, values)
    }

    /// Address of a page in the language of this page: `/thu-tuc` → `/vi/thu-tuc`.
    #[must_use]
    pub fn href(&self, path: impl AsRef<str>) -> String {
        localised(self.lang, path.as_ref())
    }

    /// The same page in the other language.
    #[must_use]
    pub fn other_language_href(&self) -> String {
        localised(self.other_language(), &self.path)
    }

    /// The language that the switch offers.
    #[must_use]
    pub fn other_language(&self) -> Lang {
        self.lang.other()
    }

    /// This page in a given language, for `hreflang`.
    #[must_use]
    pub fn alternate(&self, code: &str) -> String {
        localised(if code == "en" { Lang::En } else { Lang::Vi }, &self.path)
    }

    /// Address of an asset with the hash of its content.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        assets::href(name)
    }

    /// True for pages of the workbench.
    #[must_use]
    pub fn is_office(&self) -> bool {
        self.service == Service::Office
    }

    /// Name of the service in the header.
    #[must_use]
    pub fn service_name(&self) -> &str {
        match self.service {
            Service::Resident => self.city.portal.text(self.lang),
            Service::Office => self.city.office.text(self.lang),
        }
    }

    /// Address behind the name of the service.
    #[must_use]
    pub fn home_href(&self) -> String {
        self.href(match self.service {
            Service::Resident => paths::HOME,
            Service::Office => paths::WORKBENCH,
        })
    }

    /// Title of the document: `h1 – service – Hải Đăng`, with "Lỗi: " in front when something must be corrected.
    #[must_use]
    pub fn full_title(&self) -> String {
        let middle = self.part.as_deref().unwrap_or_else(|| self.service_name());
        let prefix = if self.errors { self.t("ui-title-error") } else { String::new() };
        format!("{prefix}{} – {middle} – {PLATFORM}", self.title)
    }

    /// Classes of the root element.
    #[must_use]
    pub fn root_class(&self) -> &'static str {
        if self.is_office() { "govuk-template hd-ops" } else { "govuk-template" }
    }

    /// Value of `data-theme`, empty when the device decides.
    #[must_use]
    pub fn theme_name(&self) -> &'static str {
        match (self.service, self.theme) {
            (Service::Resident, _) | (_, Theme::System) => "",
            (_, Theme::Light) => "light",
            (_, Theme::Dark) => "dark",
        }
    }

    /// Telephone number as a `tel:` address.
    #[must_use]
    pub fn phone_href(&self) -> String {
        let digits: String = self.city.phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        format!("tel:{digits}")
    }

    /// Hidden field that every form needs.
    #[must_use]
    pub fn csrf_field(&self) -> Html {
        Html::trusted("<input type=\"hidden\" name=\"csrf\" value=\"")
            .then(Html::text(&self.csrf))
            .then(Html::trusted("\">"))
    }

    /// An icon of the sprite, always beside a word.
    #[must_use]
    pub fn icon(&self, name: &str) -> Icon {
        Icon::new(name)
    }

    /// The main button of a form; chain `.secondary()`, `.warning()`, `.named("name", "value")`.
    #[must_use]
    pub fn button(&self, text: impl AsRef<str>) -> Button {
        Button::submit(self.lang, text.as_ref())
    }

    /// A link that looks like a button; `path` has no language prefix.
    #[must_use]
    pub fn link_button(&self, text: impl AsRef<str>, path: impl AsRef<str>) -> Button {
        Button::link(text.as_ref(), self.href(path))
    }

    /// Back link in its landmark, for the block `before_main`; `path` has no language prefix.
    #[must_use]
    pub fn back_link(&self, path: impl AsRef<str>) -> Html {
        Link::back(self.lang, self.href(path))
    }

    /// Breadcrumbs in their landmark, for the block `before_main`.
    #[must_use]
    pub fn breadcrumbs(&self, items: &[(&str, &str)]) -> Breadcrumbs {
        Breadcrumbs::new(self.lang, items.iter().map(|(text, path)| Link::new(*text, self.href(path))).collect())
    }

    /// The error summary, nothing when the list is empty. First thing in `main`.
    #[must_use]
    pub fn error_summary(&self, errors: &[ErrorItem]) -> ErrorSummary {
        ErrorSummary::new(self.lang, errors.to_vec())
    }

    /// A status: word in a coloured shape with an icon.
    #[must_use]
    pub fn tag(&self, text: impl AsRef<str>) -> Tag {
        Tag::new(text.as_ref())
    }

    /// A date in a sentence.
    #[must_use]
    pub fn date(&self, date: impl Plain<jiff::civil::Date>) -> String {
        let date = date.plain();
        format::date_text(self.lang, date)
    }

    /// A date with its weekday, in a sentence.
    #[must_use]
    pub fn date_weekday(&self, date: impl Plain<jiff::civil::Date>) -> String {
        let date = date.plain();
        format::date_weekday(self.lang, date)
    }

    /// A date in a table.
    #[must_use]
    pub fn date_table(&self, date: impl Plain<jiff::civil::Date>) -> String {
        let date = date.plain();
        format::date_table(self.lang, date)
    }

    /// A moment in a sentence, in the time of the city.
    #[must_use]
    pub fn moment(&self, at: impl Plain<jiff::Timestamp>) -> String {
        let at = at.plain();
        format::date_time_text(self.lang, at)
    }

    /// A moment in a table, as `<time datetime>`.
    #[must_use]
    pub fn time(&self, at: impl Plain<jiff::Timestamp>) -> Html {
        let at = at.plain();
        Html::trusted(format!("<time datetime=\"{at}\" class=\"hd-figures\">"))
            .then(Html::text(format::date_time_table(self.lang, at)))
            .then(Html::trusted("</time>"))
    }

    /// An amount in a sentence.
    #[must_use]
    pub fn money(&self, amount: impl Plain<Money>) -> String {
        let amount = amount.plain();
        format::money(self.lang, amount)
    }

    /// An amount in a table.
    #[must_use]
    pub fn money_table(&self, amount: impl Plain<Money>) -> String {
        let amount = amount.plain();
        format::money_table(self.lang, amount)
    }

    /// A whole number.
    #[must_use]
    pub fn number(&self, value: impl Plain<i64>) -> String {
        let value = value.plain();
        format::number(self.lang, value)
    }

    /// The size of a file.
    #[must_use]
    pub fn size(&self, bytes: impl Plain<u64>) -> String {
        let bytes = bytes.plain();
        format::size(self.lang, bytes)
    }

    /// A case number or another code: level digits, never broken across lines, selected with one click.
    #[must_use]
    pub fn code(&self, code: impl AsRef<str>) -> Html {
        Html::trusted("<span class=\"hd-code\">").then(Html::text(code)).then(Html::trusted("</span>"))
    }

    /// A text of the pack; marked `lang="vi"` where its English is missing.
    #[must_use]
    pub fn b(&self, text: &Bilingual) -> Html {
        match text.get(self.lang) {
            (found, lang) if lang == self.lang => Html::text(found),
            (found, _) => self.vietnamese(found),
        }
    }

    /// Content that exists in Vietnamese only (names, legal titles), marked `lang="vi"` on English pages.
    #[must_use]
    pub fn vietnamese(&self, text: impl AsRef<str>) -> Html {
        if self.lang == Lang::Vi {
            Html::text(text)
        } else {
            Html::trusted("<span lang=\"vi\">").then(Html::text(text)).then(Html::trusted("</span>"))
        }
    }
}

/// Puts the language in front of an address.
#[must_use]
pub fn localised(lang: Lang, path: &str) -> String {
    let code = lang.code();
    match path {
        "" | "/" => format!("/{code}"),
        path if path.starts_with('/') => format!("/{code}{path}"),
        path if path.starts_with('?') => format!("/{code}{path}"),
        path => path.to_owned(),
    }
}
