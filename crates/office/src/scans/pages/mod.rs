//! `/can-bo/van-ban-quet`: handing in, the list, one paper with its picture, its text and what it is.

pub(super) mod list;
pub(super) mod one;

use super::model::{Scan, State};
use crate::reader::Reader;
use haidang_ui::Page;
use haidang_ui::component::Tag;
use haidang_web::{Fault, Visitor};

/// Address of the list.
pub(super) const SCANS: &str = "/can-bo/van-ban-quet";

fn reader(visitor: &Visitor) -> Result<Reader<'_>, Fault> {
    let actor = visitor.require_actor()?;
    Ok(Reader { actor, channel: visitor.channel.as_str(), request_id: &visitor.request_id })
}

fn path(scan: &str) -> String {
    format!("{SCANS}/{scan}")
}

/// The state as a word with an icon.
fn status(page: &Page, state: State) -> Tag {
    let tag = page.tag(page.t(&format!("scans-state-{}", state.as_str())));
    match state {
        State::Uploaded | State::Waiting => tag.icon("hourglass"),
        State::Reading => tag.icon("refresh-cw"),
        State::Read => tag.wait(),
        State::Confirmed => tag.done(),
        State::Failed => tag.late(),
    }
}

/// What must happen now, and who does it.
fn next_step(page: &Page, scan: &Scan) -> String {
    match scan.state {
        State::Uploaded => page.t("scans-next-uploaded"),
        State::Waiting => match &scan.engine {
            Some(what) => page.t1("scans-next-missing", "what", what.as_str()),
            None => page.t("scans-next-uploaded"),
        },
        State::Reading => {
            let pages = scan.pages.unwrap_or(0);
            page.t2("scans-next-reading", "read", scan.pages_read, "pages", pages)
        }
        State::Read => page.t("scans-next-read"),
        State::Confirmed => page.t("scans-next-confirmed"),
        State::Failed => page.t("scans-next-failed"),
    }
}
