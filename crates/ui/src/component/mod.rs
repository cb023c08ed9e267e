//! Components: values with builder methods that print themselves as HTML.
//!
//! `{{ component }}` in a template prints the markup; the markup of govuk-frontend is reproduced, with the
//! differences listed in `crates/ui/README.md`.

mod dates;
mod display;
mod form;
mod lists;
mod reasons;
mod table;

pub use dates::{DayMark, ExplainedDate, ExplainedDay};
pub use display::{
    Banner, Breadcrumbs, Button, Details, EmptyState, ErrorSummary, Facts, Icon, Inset, Link, Notification, Panel,
    Progress, Tag, Tone, WarningText,
};
pub use form::{Choices, DateField, FileUpload, Select, TextArea, TextInput};
pub use lists::{
    DocRow, Pagination, Reasons, StepItem, StepState, Steps, SummaryList, SummaryRow, TaskItem, TaskList, TaskState,
};
pub use table::{Cell, Column, Table};

use crate::html::{Html, IntoHtml};
use askama::Template;

/// Something that prints itself as finished HTML.
pub trait Component: std::fmt::Display {
    /// The finished markup, for a slot of another component or a list of mixed components.
    fn html(&self) -> Html {
        Html::trusted(self.to_string())
    }
}

macro_rules! components {
    ($($kind:ty),* $(,)?) => {$(
        impl askama::filters::HtmlSafe for $kind {}
        impl Component for $kind {}
        impl IntoHtml for $kind {
            fn into_html(self) -> Html {
                Html::trusted(self.render().unwrap_or_default())
            }
        }
    )*};
}

components!(
    Banner,
    Breadcrumbs,
    Button,
    Details,
    EmptyState,
    ErrorSummary,
    Facts,
    Icon,
    Inset,
    Notification,
    Panel,
    Progress,
    Tag,
    WarningText,
    Choices,
    DateField,
    FileUpload,
    Select,
    TextArea,
    TextInput,
    DocRow,
    Pagination,
    Reasons,
    Steps,
    SummaryList,
    TaskList,
    Table,
    ExplainedDate,
);
