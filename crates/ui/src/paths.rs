//! Addresses that the frame of every page links to (without the language prefix).

/// Home of residents.
pub const HOME: &str = "/";
/// All procedures and their search.
pub const PROCEDURES: &str = "/thu-tuc";
/// A resident's own cases.
pub const CASES: &str = "/ho-so";
/// A resident's own documents.
pub const VAULT: &str = "/giay-to";
/// Who looked at my data.
pub const WHO_LOOKED: &str = "/ai-da-xem";
/// Public calculator of due dates.
pub const DUE_DATES: &str = "/tinh-han";
/// Home of officials: the inbox.
pub const WORKBENCH: &str = "/can-bo/viec";
/// Receiving at the counter.
pub const COUNTER: &str = "/can-bo/tiep-nhan";
/// Official documents: outgoing, incoming, internal, their books.
pub const DOCUMENTS: &str = "/can-bo/van-ban";
/// What an official should know of their work.
pub const NOTICES: &str = "/can-bo/thong-bao";
/// Tasks given and taken.
pub const TASKS: &str = "/can-bo/nhiem-vu";
/// Meetings without paper.
pub const MEETINGS: &str = "/can-bo/cuoc-hop";
/// Procedures as administrators publish them.
pub const PROCEDURE_VERSIONS: &str = "/can-bo/thu-tuc";
/// The working calendar.
pub const CALENDAR: &str = "/can-bo/lich";
/// The data exchange: its state, its registry.
pub const EXCHANGE: &str = "/can-bo/truc-tich-hop";
/// Cases of unclear competence.
pub const COORDINATION: &str = "/can-bo/dieu-phoi";
/// Cases told to the national portal: what waits, what was refused, what differs.
pub const PORTAL_QUEUE: &str = "/can-bo/dong-bo";
/// Results that registers of other agencies are told of.
pub const SHARED_RESULTS: &str = "/can-bo/dong-bo/ket-qua";
/// What is late and why, for supervisors.
pub const SUPERVISION: &str = "/can-bo/giam-sat";
/// Proof that nothing was changed, for auditors.
pub const AUDIT: &str = "/can-bo/nhat-ky";
/// What an official may do and why, and why not.
pub const MY_RIGHTS: &str = "/can-bo/quyen";
/// Search of cases for officials (POST: a person's name or number never stands in an address).
pub const CASE_SEARCH: &str = "/can-bo/tim";
/// Sign in.
pub const SIGN_IN: &str = "/dang-nhap";
/// Sign out (POST).
pub const SIGN_OUT: &str = "/dang-xuat";
/// Account and preferences of the signed-in person.
pub const ACCOUNT: &str = "/tai-khoan";
/// Leaves acting for someone else (POST).
pub const END_ON_BEHALF: &str = "/lam-thay/ket-thuc";
/// Keeps the session alive (POST).
pub const EXTEND_SESSION: &str = "/phien/gia-han";
/// Stores the choice of theme (POST, field `theme` = `system`, `light` or `dark`).
pub const THEME: &str = "/giao-dien";
/// Help and contacts.
pub const HELP: &str = "/tro-giup";
/// Accessibility statement.
pub const ACCESSIBILITY: &str = "/kha-nang-tiep-can";
/// Privacy statement.
pub const PRIVACY: &str = "/quyen-rieng-tu";
/// Shown by the service worker when there is no network.
pub const OFFLINE: &str = "/ngoai-tuyen";
/// Public check of a result.
pub const VERIFY: &str = "/kq";
