//! What the simulated portal holds of cases: one state a case, every message in the order it came, and how often it came.
//!
//! A message that came before is taken as the first time and changes nothing; one that cannot follow what is there is
//! refused. So a caller that repeats, loses answers or sends out of order is found out by reading this back.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use haidang_services::rules::national_allows;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::messages::{code, text};

/// Cases kept.
const CASES: usize = 20_000;
/// Messages kept of a case.
const MESSAGES: usize = 500;
/// Cases of one page of a list.
const LISTED: usize = 100;
/// Sessions at a time.
const SESSIONS: usize = 200;

/// Members of a case that are times, `yyyyMMddHHmmss`.
const CASE_TIMES: &[&str] = &["NgayTiepNhan", "NgayHenTra", "NgayTra", "NgayKetThucXuLy"];
/// Members of a progress that are times.
const PROGRESS_TIMES: &[&str] = &["ThoiDiemXuLy", "NgayBatDau", "NgayKetThucTheoQuyDinh"];
/// Members of a case that must be there.
const CASE_NEEDED: &[&str] = &["MaHoSo", "MaTTHC", "TenTTHC", "LoaiDoiTuong", "TrangThaiHoSo", "DonViXuLy"];
/// Members of a case that are lists.
const CASE_LISTS: &[&str] =
    &["TaiLieuNop", "DanhSachLePhi", "DanhSachTepDinhKemKhac", "DanhSachHoSoBoSung", "DanhSachGiayToKetQua"];
/// Members of a progress that must be there.
const PROGRESS_NEEDED: &[&str] = &["MaHoSo", "NguoiXuLy", "ThoiDiemXuLy", "NoiDungXuLy", "TrangThai"];

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Code of the catalogue.
    pub(super) code: &'static str,
    pub(super) detail: String,
}

fn refusal(code: &'static str, detail: impl Into<String>) -> Refusal {
    Refusal { code, detail: detail.into() }
}

/// One message of a case.
#[derive(Debug, Clone, Serialize)]
struct Message {
    /// Number among all messages of the portal.
    sequence: u64,
    /// Number among those of the case.
    case_sequence: u64,
    /// `case` or `progress`.
    kind: &'static str,
    status: i64,
    /// The caller's own number of it.
    key: Option<String>,
    sha256: String,
    at: Timestamp,
    /// How often it came; 1 when the caller never repeated it.
    arrivals: u64,
}

/// A case.
#[derive(Debug, Clone, Default, Serialize)]
struct Case {
    content: Value,
    status: i64,
    /// Time of the last progress, as sent.
    last: String,
    messages: Vec<Message>,
    /// What was refused because it could not follow.
    out_of_order: u64,
    /// Numbers of the caller that never came.
    gaps: u64,
}

/// Cases and sessions.
#[derive(Default)]
pub(super) struct Portal {
    sequence: u64,
    cases: BTreeMap<String, Case>,
    sessions: BTreeMap<String, Timestamp>,
}

/// What one row of a message will do, once all rows are judged.
struct Step {
    number: String,
    kind: &'static str,
    status: i64,
    last: String,
    key: Option<(String, u64)>,
    sha256: String,
    /// The new content of the case.
    content: Option<Value>,
    /// The message it repeats.
    repeats: Option<usize>,
}

impl Portal {
    /// Opens a session; not when there are too many.
    pub(super) fn open_session(&mut self, session: String, now: Timestamp, ends: Timestamp) -> bool {
        self.sessions.retain(|_, ends| *ends > now);
        let room = self.sessions.len() < SESSIONS;
        if room {
            self.sessions.insert(session, ends);
        }
        room
    }

    /// Whether a session holds.
    pub(super) fn session_holds(&self, session: &str, now: Timestamp) -> bool {
        self.sessions.get(session).is_some_and(|ends| *ends > now)
    }

    /// A case as it stands.
    pub(super) fn case(&self, number: &str) -> Option<Value> {
        self.cases.get(number).map(|case| case.content.clone())
    }

    /// Cases whose numbers are of these days, `yyyyMMdd`, a page of them from 1.
    pub(super) fn of_days(&self, (first, last): (&str, &str), page: usize) -> Vec<Value> {
        let day = |number: &str| number.split('-').nth(1).unwrap_or_default().to_owned();
        let within = |number: &str| first <= day(number).as_str() && day(number).as_str() <= last;
        let found = self.cases.iter().filter(|(number, _)| within(number.as_str()));
        found
            .skip(page.saturating_sub(1).saturating_mul(LISTED))
            .take(LISTED)
            .map(|(_, case)| case.content.clone())
            .collect()
    }

    /// Everything of a case.
    pub(super) fn told(&self, number: &str) -> Option<Value> {
        self.cases.get(number).map(|case| json!({ "MaHoSo": number, "case": case }))
    }

    /// Everything of several cases.
    pub(super) fn list(&self, offset: usize, limit: usize) -> Vec<Value> {
        self.cases
            .iter()
            .skip(offset)
            .take(limit)
            .map(|(number, case)| json!({ "MaHoSo": number, "case": case }))
            .collect()
    }

    /// Takes cases, new or changed.
    ///
    /// # Errors
    /// [`Refusal`] of the first row that cannot be taken; then none is.
    pub(super) fn synchronise(
        &mut self,
        data: &[Value],
        updating: bool,
        key: Option<&str>,
        now: Timestamp,
        known: impl Fn(&str) -> bool,
    ) -> Result<Vec<Value>, Refusal> {
        let key = caller_key(key, data)?;
        let mut steps: Vec<Step> = Vec::new();
        for row in data {
            let number = judge_case(row, &known)?;
            if steps.iter().any(|step| step.number == number) {
                return Err(refusal("4", "MaHoSo"));
            }
            let status = status_of(row, "TrangThaiHoSo")?;
            let sha256 = digest("case", row);
            let repeats = self.repeated(&number, &sha256, key.as_ref())?;
            if repeats.is_none() {
                match (self.cases.get(&number), updating) {
                    (Some(_), false) => return Err(refusal("6", number)),
                    (None, true) => return Err(refusal("7", number)),
                    (None, false) if self.cases.len() + steps.len() >= CASES => return Err(refusal("9", "MaHoSo")),
                    _ => self.judge_order(&number, status, "", key.as_ref())?,
                }
            }
            let content = Some(row.clone());
            steps.push(Step {
                number,
                kind: "case",
                status,
                last: String::new(),
                key: key.clone(),
                sha256,
                content,
                repeats,
            });
        }
        Ok(self.apply(steps, now))
    }

    /// Takes progress of cases that are there.
    ///
    /// # Errors
    /// [`Refusal`] of the first row that cannot be taken; then none is.
    pub(super) fn progress(
        &mut self,
        data: &[Value],
        key: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<Value>, Refusal> {
        let key = caller_key(key, data)?;
        let mut steps: Vec<Step> = Vec::new();
        for row in data {
            needed(row, PROGRESS_NEEDED)?;
            times(row, PROGRESS_TIMES)?;
            let number = text(row, "MaHoSo").to_owned();
            if steps.iter().any(|step| step.number == number) {
                return Err(refusal("4", "MaHoSo"));
            }
            let (status, last) = (status_of(row, "TrangThai")?, text(row, "ThoiDiemXuLy").to_owned());
            if !self.cases.contains_key(&number) {
                return Err(refusal("7", number));
            }
            let sha256 = digest("progress", row);
            let repeats = self.repeated(&number, &sha256, key.as_ref())?;
            if repeats.is_none() {
                self.judge_order(&number, status, &last, key.as_ref())?;
            }
            steps.push(Step {
                number,
                kind: "progress",
                status,
                last,
                key: key.clone(),
                sha256,
                content: None,
                repeats,
            });
        }
        Ok(self.apply(steps, now))
    }

    /// The message that this one repeats: the same key, or without a key the same bytes as the last of its case.
    fn repeated(&self, number: &str, sha256: &str, key: Option<&(String, u64)>) -> Result<Option<usize>, Refusal> {
        let Some(case) = self.cases.get(number) else { return Ok(None) };
        let Some((key, _)) = key else {
            let last = case.messages.iter().rposition(|message| message.sha256 == sha256);
            return Ok(last.filter(|index| index + 1 == case.messages.len()));
        };
        match case.messages.iter().position(|message| message.key.as_ref() == Some(key)) {
            Some(index) if case.messages.get(index).is_some_and(|message| message.sha256 == sha256) => Ok(Some(index)),
            Some(_) => Err(refusal("8", number)),
            None => Ok(None),
        }
    }

    /// A status must be one that may follow, progress must not go back in time, and numbers of the caller only grow.
    fn judge_order(
        &mut self,
        number: &str,
        status: i64,
        last: &str,
        key: Option<&(String, u64)>,
    ) -> Result<(), Refusal> {
        let Some(case) = self.cases.get_mut(number) else { return Ok(()) };
        if case.messages.len() >= MESSAGES {
            return Err(refusal("9", number));
        }
        let follows = status == case.status || national_allows(case.status, status);
        let timely = last.is_empty() || last >= case.last.as_str();
        let before = case.messages.iter().rev().find_map(|message| number_of(message.key.as_deref()?));
        let grows = key.zip(before).is_none_or(|((_, given), before)| *given > before);
        if follows && timely && grows {
            return Ok(());
        }
        case.out_of_order += 1;
        Err(refusal("5", number))
    }

    fn apply(&mut self, steps: Vec<Step>, now: Timestamp) -> Vec<Value> {
        steps.into_iter().map(|step| self.apply_one(step, now)).collect()
    }

    fn apply_one(&mut self, step: Step, now: Timestamp) -> Value {
        let case = self.cases.entry(step.number.clone()).or_default();
        if let Some(message) = step.repeats.and_then(|index| case.messages.get_mut(index)) {
            message.arrivals += 1;
            return json!({ "MaHoSo": step.number });
        }
        self.sequence += 1;
        if let Some((_, given)) = &step.key {
            let before = case.messages.iter().rev().find_map(|message| number_of(message.key.as_deref()?));
            case.gaps += before.map_or(0, |before| given.saturating_sub(before + 1));
        }
        case.messages.push(Message {
            sequence: self.sequence,
            case_sequence: u64::try_from(case.messages.len()).unwrap_or(0) + 1,
            kind: step.kind,
            status: step.status,
            key: step.key.map(|(key, _)| key),
            sha256: step.sha256,
            at: now,
            arrivals: 1,
        });
        if let Some(content) = step.content {
            case.content = content;
        }
        case.status = step.status;
        case.content["TrangThaiHoSo"] = json!(step.status.to_string());
        if !step.last.is_empty() {
            case.last = step.last;
        }
        json!({ "MaHoSo": step.number })
    }
}

/// The number at the end of a key `<case>:<number>`.
fn number_of(key: &str) -> Option<u64> {
    key.rsplit_once(':').and_then(|(_, number)| number.parse().ok())
}

/// The key of a message about one case.
fn caller_key(key: Option<&str>, data: &[Value]) -> Result<Option<(String, u64)>, Refusal> {
    let Some(key) = key else { return Ok(None) };
    let plain = key.len() <= 100 && key.bytes().all(|byte| byte.is_ascii_graphic());
    match number_of(key).filter(|_| plain && data.len() == 1) {
        Some(number) => Ok(Some((key.to_owned(), number))),
        None => Err(refusal("4", "Idempotency-Key")),
    }
}

fn digest(kind: &str, row: &Value) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("{kind}\n{row}").as_bytes()))
}

fn needed(row: &Value, names: &[&str]) -> Result<(), Refusal> {
    let missing = names.iter().find(|name| code(row, name).is_empty());
    missing.map_or(Ok(()), |name| Err(refusal("4", *name)))
}

/// Times are fourteen digits that are a time, or empty.
fn times(row: &Value, names: &[&str]) -> Result<(), Refusal> {
    let good = |text: &str| {
        text.is_empty()
            || (text.len() == 14
                && text.bytes().all(|byte| byte.is_ascii_digit())
                && DateTime::strptime("%Y%m%d%H%M%S", text).is_ok())
    };
    let wrong = names.iter().find(|name| !good(&code(row, name)));
    wrong.map_or(Ok(()), |name| Err(refusal("4", *name)))
}

fn status_of(row: &Value, name: &str) -> Result<i64, Refusal> {
    let status = code(row, name).parse().ok().filter(|status| (1..=10).contains(status));
    status.ok_or_else(|| refusal("4", name))
}

/// `<agency>-<yyMMdd>-<4 or more digits>` of old, `<agency>-<yyyyMMdd>-<7 digits>` of today.
fn is_case_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.split('-').collect();
    let [agency, day, number] = parts.as_slice() else { return false };
    let code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'.';
    let sized = (day.len() == 6 && (4..=12).contains(&number.len())) || (day.len() == 8 && number.len() == 7);
    !agency.is_empty() && agency.len() <= 30 && agency.bytes().all(code) && digits(day) && digits(number) && sized
}

/// Judges a case by its members; its number.
fn judge_case(row: &Value, known: &impl Fn(&str) -> bool) -> Result<String, Refusal> {
    needed(row, CASE_NEEDED)?;
    times(row, CASE_TIMES)?;
    let number = text(row, "MaHoSo");
    if !is_case_number(number) {
        return Err(refusal("4", "MaHoSo"));
    }
    if !known(text(row, "MaTTHC")) {
        return Err(refusal("4", "MaTTHC"));
    }
    let list = |name: &&&str| row.get(**name).is_some_and(|value| !value.is_array() && !value.is_null());
    if let Some(name) = CASE_LISTS.iter().find(list) {
        return Err(refusal("4", *name));
    }
    if !["0", "1", "2"].contains(&code(row, "LoaiDoiTuong").as_str()) {
        return Err(refusal("4", "LoaiDoiTuong"));
    }
    Ok(number.to_owned())
}
