//! The officials' office: registers without a gap, who may sign what, documents on their way out and in, tasks by the
//! six, meetings, and what was scanned.
//!
//! Each folder is one part with its own model, rules, statements and pages:
//!
//! | part | what it is for | addresses |
//! |---|---|---|
//! | `registers` | gapless numbers, their hash chain, printed books, the inspector's page | `/can-bo/so-van-ban` |
//! | `authority` | mandates and delegations, "why may this person sign", board of certificates | `/can-bo/tham-quyen` |
//! | `documents` | outgoing and internal documents from draft to issue, work files | `/can-bo/van-ban` |
//! | `documents::copies` | certified copies: sao y, sao lục, trích sao | `/can-bo/ban-sao` |
//! | `incoming` | arrival, routing, instructions, exchange between organs | `/can-bo/van-ban-den` |
//! | `tasks` | tasks by the six, colours, reminders, statistics | `/can-bo/nhiem-vu` |
//! | `meetings` | agenda, roll-call, votes, minutes, conclusions | `/can-bo/cuoc-hop` |
//! | `issued` | what anyone who holds an issued document may know of it: standing and competence | port, pages are `/kq` |
//! | `validations` | reports of what officials found about signatures | `/can-bo/bao-cao-kiem-tra` |
//! | `notices` | what waits for an official, came back, was issued or routed to them | `/can-bo/thong-bao` |
//! | `scans` | scanned papers, their text, search over every document | `/can-bo/van-ban-quet`, `/can-bo/tim-van-ban` |

mod asking;
pub mod authority;
pub mod documents;
mod frame;
pub mod incoming;
mod issued;
pub mod meetings;
pub mod notices;
mod reader;
pub mod registers;
mod room;
mod routes;
pub mod scans;
pub mod search;
pub mod tasks;
pub mod validations;

pub use frame::tabs;
pub use issued::OfficeHandle;
pub use reader::Reader;
pub use room::{Inner, OfficeRoom};
pub use routes::{TEXTS, routes};

use haidang_store::Migration;

/// Migrations of this room, oldest first. Each part numbers within its own block of ten.
pub const MIGRATIONS: &[Migration] = haidang_store::migrations![
    "0001_create_register",
    "0002_create_register_event",
    "0003_create_register_root",
    "0004_create_authority",
    "0005_create_certificate",
    "0010_create_document",
    "0011_create_document_version",
    "0012_create_document_paper",
    "0013_create_document_event",
    "0014_create_document_signing",
    "0015_create_dispatch",
    "0017_create_case_file",
    "0018_extend_case_file",
    "0020_create_arrival",
    "0021_create_arrival_file",
    "0022_create_routing",
    "0023_create_arrival_event",
    "0024_create_exchange_message",
    "0025_extend_exchange",
    "0026_extend_arrival",
    "0030_create_task",
    "0031_create_task_event",
    "0032_create_task_reminder",
    "0040_create_meeting",
    "0041_create_meeting_words",
    "0042_create_meeting_vote",
    "0050_create_text",
    "0051_create_scan",
    "0052_create_scan_page",
    "0053_extend_scan",
    "0060_find_document_by_file",
    "0061_create_validation",
    "0062_create_register_root_stamp",
    "0065_create_copy",
    "0066_create_copy_event",
    "0070_create_notice",
    "0071_find_free_number",
];
