//! Layout, components, texts, styles, fonts and icons.
//!
//! # How a page is written
//! There is **one** way: components are Rust values (module [`component`]) built with methods and printed by
//! `{{ … }}`; a page's template holds only headings, paragraphs and the order of things. Everything printed is escaped
//! unless its type is a component or [`Html`].
//!
//! A domain crate has `askama.toml` with `[general]` `dirs = ["templates", "../ui/templates"]`, its texts at
//! `locales/{vi,en}/<room>.ftl`, and for each page a struct with a field `page`:
//!
//! ```text
//! #[derive(askama::Template)]
//! #[template(path = "case_tracking.html")]
//! struct CaseTracking {
//!     page: haidang_ui::Page,
//!     errors: Vec<ErrorItem>,
//!     name: TextInput,          // components built in the handler …
//! }
//!
//! // handler
//! let mut page = visitor.page(t(lang, "case-tracking-title", &[]), "cases");
//! page.errors = !errors.is_empty();   // "Lỗi: " in the title
//! let name = TextInput::new(
//!     Field::new(page.lang, "full_name", page.t("case-full-name")).hint(page.t("case-full-name-hint"))
//!         .autocomplete("name").errors(&errors),
//! ).value(typed);
//! ```
//!
//! ```html
//! {% extends "layout.html" %}
//! {% block before_main %}{{ page.back_link("/ho-so") }}{% endblock %}
//! {% block main %}
//! {{ page.error_summary(errors) }}
//! <h1 class="govuk-heading-xl">{{ page.title }}</h1>
//! <form method="post" novalidate>{{ page.csrf_field() }}
//! {{ name }}
//! <div class="hd-actions">{{ page.button(page.t("case-continue")) }}</div>   {# … or in the template #}
//! </form>
//! {% endblock %}
//! ```
//!
//! Blocks of `layout.html`: `head` (further links), `before_main` (back link or breadcrumbs), `main`; a page with its
//! own frame (home with its hero) fills `frame` and writes `<main id="main">` itself. Office pages are the same with
//! [`Service::Office`]: they get the second stylesheet, the search field and the theme of the reader.
//!
//! Names of fields, their parts and ids: see [`field`]. No inline styles or scripts: the content security policy is
//! `default-src 'self'`.

pub mod assets;
pub mod barcode;
pub mod component;
pub mod error_page;
pub mod field;
mod frame;
pub mod html;
pub mod page;
pub mod paths;
pub mod print;
pub mod qr;
pub mod statements;
pub mod texts;

pub use haidang_kernel::bilingual::Bilingual;
pub use haidang_kernel::format::Lang;
pub use html::{Html, IntoHtml};
pub use page::{Account, City, NavItem, Page, Service, Theme};
pub use qr::{qr_picture, qr_svg};
pub use texts::{Arg, t};
