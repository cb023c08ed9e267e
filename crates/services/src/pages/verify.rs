//! Public verification of a result: what was checked, and the verdict. No personal data.

use super::verify_file::{Authority, signature_rows};
use super::verify_paper;
use crate::api::State;
use crate::cases::trail::ResultRow;
use crate::service::Services;
use askama::Template;
use haidang_contracts::ContractError;
use haidang_contracts::papers::{JudgedAs, JudgedSignature};
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_kernel::{format, time};
use haidang_ui::component::{Details, FileUpload, Icon, Reasons, SummaryList, SummaryRow, TextInput};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, IntoHtml, Page, t};
use haidang_web::{
    Answer, Path, Query, Routes, Row, State as Use, StatusCode, Visitor, html, html_invalid, html_status,
    redirect_plain,
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// What the checks say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Genuine,
    Expired,
    Revoked,
    Broken,
    Unknown,
}

impl Verdict {
    fn key(self) -> &'static str {
        match self {
            Self::Genuine => "services-verify-genuine",
            Self::Expired => "services-verify-expired",
            Self::Revoked => "services-verify-revoked",
            Self::Broken => "services-verify-broken",
            Self::Unknown => "services-verify-unknown",
        }
    }

    /// What to do about it; nothing where all is well.
    fn text(self) -> Option<&'static str> {
        match self {
            Self::Genuine => None,
            Self::Expired => Some("services-verify-expired-text"),
            Self::Revoked => Some("services-verify-revoked-text"),
            Self::Broken => Some("services-verify-broken-text"),
            Self::Unknown => Some("services-verify-unknown-text"),
        }
    }
}

/// What was found out about the stored file.
#[derive(Debug, Clone, Copy)]
struct Checked {
    unchanged: bool,
    signed: bool,
    revoked: bool,
    expired: bool,
}

/// The signatures inside the stored paper; none for the simple form. One that does not hold breaks the result.
async fn signatures_of(services: &Services, row: &ResultRow) -> Result<Vec<JudgedSignature>, Problem> {
    let Some(sha256) = row.sha256.as_deref().filter(|_| row.media_type.as_deref() == Some("application/pdf")) else {
        return Ok(Vec::new());
    };
    let bytes = services.blobs.bytes(sha256).await.unwrap_or_default();
    match services.documents.judge(&bytes).await {
        Ok(judged) => Ok(judged.map(|file| file.signatures).unwrap_or_default()),
        // A file that cannot be read has failed the check of its digest already.
        Err(ContractError::Refused { .. }) => Ok(Vec::new()),
        Err(other) => Err(other.into()),
    }
}

fn verdict(checked: Checked) -> Verdict {
    if !checked.unchanged || !checked.signed {
        Verdict::Broken
    } else if checked.revoked {
        Verdict::Revoked
    } else if checked.expired {
        Verdict::Expired
    } else {
        Verdict::Genuine
    }
}

#[derive(Template)]
#[template(path = "verify.html")]
pub(super) struct VerifyPage {
    pub(super) page: Page,
    pub(super) good: bool,
    pub(super) icon: Icon,
    pub(super) when: String,
    pub(super) text: Option<String>,
    pub(super) rows: Option<SummaryList>,
    pub(super) checks: Option<Reasons>,
    pub(super) digest: Option<Details>,
    pub(super) signatures: Vec<SummaryList>,
    /// Code whose file an official may have judged for a report that is kept; none for everybody else.
    pub(super) keep: Option<String>,
}

/// Reads the stored bytes again and judges them; nothing of an earlier verdict is believed.
async fn check(services: &Services, row: &ResultRow) -> Result<Checked, Problem> {
    let sha256 = row.sha256.as_deref().unwrap_or_default();
    let bytes = services.blobs.bytes(sha256).await.unwrap_or_default();
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
    let unchanged = !sha256.is_empty() && digest == sha256;
    let signed = match (&row.signature, &row.key_id) {
        (Some(signature), Some(key)) if unchanged => services.documents.verify(&bytes, signature, key).await?,
        _ => false,
    };
    let today = services.ambient.today();
    let expired =
        row.valid_until.as_deref().and_then(|day| day.parse().ok()).is_some_and(|day: jiff::civil::Date| day < today);
    Ok(Checked { unchanged, signed, revoked: row.revoked_at.is_some(), expired })
}

/// The frame of a verdict with this title.
pub(super) fn page_of(visitor: &Visitor, title: &str, token: &str) -> Page {
    let mut page = visitor.page(t(visitor.lang, title, &[]), "verify");
    page.navigation.clear();
    page.private = true;
    // The address has no language; this one remembers the choice and comes back here.
    page.path = format!("/kq/{token}/ngon-ngu");
    page
}

pub(super) fn when(services: &Services, page: &Page) -> String {
    let now = time::civil(services.ambient.now());
    page.t2(
        "services-verify-when",
        "time",
        format::time_text(page.lang, now.time()),
        "day",
        page.date_weekday(now.date()),
    )
}

/// The verdict over a result, for anyone who holds its code.
pub async fn verify_result(visitor: Visitor, Use(services): Use<State>, Path(token): Path<String>) -> Answer {
    let row = match services.result_by_token(&token).await {
        Ok(row) if row.issued_at.is_some() => row,
        Err(problem) if problem.kind != ProblemKind::NotFound => return Err(problem.into()),
        // No result of a procedure: perhaps a document of an organ, whose paper leads here too.
        Ok(_) | Err(_) => {
            return match services.issued.by_token(&token).await? {
                Some(paper) => verify_paper::show(&services, &visitor, paper).await,
                None => unknown(&services, &visitor, &token),
            };
        }
    };
    let mut checked = check(&services, &row).await?;
    let signatures = signatures_of(&services, &row).await?;
    let broken = |one: &JudgedSignature| one.integrity == JudgedAs::Invalid || one.identity == JudgedAs::Invalid;
    checked.signed = checked.signed && !signatures.iter().any(broken);
    let verdict = verdict(checked);
    let page = page_of(&visitor, verdict.key(), &token);
    let issuer = super::common::agency_of(&services, page.lang, &row.agency).await?;
    let line = |key: &str, value: Html| SummaryRow::new(page.t(key), value);
    let mut rows = vec![
        line("services-verify-kind", page.vietnamese(&row.title)),
        line("services-verify-code", page.code(&row.code)),
        line("services-verify-issuer", Html::text(issuer)),
    ];
    rows.extend(row.number.as_ref().map(|number| line("services-verify-number", page.code(number))));
    rows.extend(row.numbered_at.map(|at| line("services-verify-day", Html::text(page.date(time::civil(at).date())))));
    let validity = match (&row.revoked_at, &row.valid_until) {
        (Some(at), _) => page.t1("services-verify-revoked-on", "day", page.date(time::civil(*at).date())),
        (None, Some(until)) => {
            let day = until.parse().map_or_else(|_| until.clone(), |day: jiff::civil::Date| page.date(day));
            page.t1("services-verify-until", "day", day)
        }
        (None, None) => page.t("services-verify-unlimited"),
    };
    rows.push(line("services-verify-validity", Html::text(validity)));
    let checks = [
        mark(
            checked.unchanged,
            if checked.unchanged { "services-verify-unchanged" } else { "services-verify-changed" },
        ),
        mark(checked.signed, if checked.signed { "services-verify-signed" } else { "services-verify-unsigned" }),
        mark(
            !checked.revoked,
            if checked.revoked { "services-verify-is-revoked" } else { "services-verify-not-revoked" },
        ),
        mark(!checked.expired, if checked.expired { "services-verify-is-expired" } else { "services-verify-in-force" }),
    ];
    let key = row.key_id.clone().map(|key| page.t1("services-verify-key", "key", key)).unwrap_or_default();
    let digest = row.sha256.as_ref().map(|sha256| digest_details(&page, sha256, key));
    html(VerifyPage {
        good: verdict == Verdict::Genuine,
        icon: Icon::new(if verdict == Verdict::Genuine { "shield-check" } else { "triangle-alert" }),
        when: when(&services, &page),
        text: verdict.text().map(|key| page.t(key)),
        rows: Some(SummaryList::new(rows)),
        checks: Some(reasons(&page, &checks)),
        digest,
        // The result is in the city's own books: whoever sealed it was competent for it.
        keep: keep(&visitor, &token).filter(|_| !signatures.is_empty()),
        signatures: signatures.iter().map(|one| signature_rows(&page, one, &Authority::BOOKS)).collect(),
        page,
    })
}

/// What was checked: the mark that says how it went, and its words.
pub(super) fn mark(good: bool, key: &'static str) -> (&'static str, &'static str) {
    (if good { "check" } else { "circle-x" }, key)
}

/// The list of what was checked.
pub(super) fn reasons(page: &Page, checks: &[(&'static str, &'static str)]) -> Reasons {
    checks.iter().fold(Reasons::new(), |list, (icon, key)| list.item(icon, page.t(key)))
}

/// The digest of the stored file in groups of four, and by which key it was signed.
pub(super) fn digest_details(page: &Page, sha256: &str, key: String) -> Details {
    let groups: Vec<String> =
        sha256.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    let digest = super::common::element("p", "hd-flush hd-anywhere hd-figures", groups.join(" "));
    Details::new(
        page.t("services-verify-digest"),
        digest.then(super::common::element("p", "hd-anywhere hd-flush", key)),
    )
}

/// The code, for officials: their checks may be kept as reports. Whoever has no post leaves nothing.
pub(super) fn keep(visitor: &Visitor, token: &str) -> Option<String> {
    visitor.is_official().then(|| token.to_owned())
}

/// The same page for a wrong code and for one that never was.
fn unknown(services: &Services, visitor: &Visitor, token: &str) -> Answer {
    let shown: String = token.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    let page = page_of(visitor, Verdict::Unknown.key(), &shown);
    html_status(
        StatusCode::NOT_FOUND,
        VerifyPage {
            good: false,
            icon: Icon::new("circle-x"),
            when: when(services, &page),
            text: Verdict::Unknown.text().map(|key| page.t(key)),
            rows: None,
            checks: None,
            digest: None,
            signatures: Vec::new(),
            keep: None,
            page,
        },
    )
}

/// Remembers the language of the address and goes back to the verdict.
pub async fn verify_in_language(Path(token): Path<String>) -> Answer {
    redirect_plain(&format!("/kq/{token}"))
}

/// The code to verify.
#[derive(Debug, Default, Deserialize)]
pub struct Code {
    /// Code, or the whole address behind a QR code.
    #[serde(rename = "ma")]
    code: Option<String>,
}

#[derive(Template)]
#[template(path = "verify_form.html")]
pub(super) struct VerifyForm {
    page: Page,
    errors: Vec<ErrorItem>,
    code: Html,
    /// Choice of a file, where the city knows certificates.
    file: Option<FileUpload>,
}

/// The page that asks for a code or a file, with what was typed and what was wrong.
pub(super) fn form_page(visitor: &Visitor, services: &Services, typed: &str, errors: Vec<ErrorItem>) -> VerifyForm {
    let mut page = visitor.page(t(visitor.lang, "services-verify-title", &[]), "verify");
    page.errors = !errors.is_empty();
    let field = Field::new(page.lang, "ma", page.t("services-verify-code-label"))
        .hint(page.t("services-verify-code-hint"))
        .errors(&errors);
    let code = TextInput::new(field).value(typed).width(30).figures().into_html();
    let file = services.documents.seals_papers().then(|| {
        let field = Field::new(page.lang, "tep", page.t("services-file-label"))
            .hint(page.t1("services-file-hint", "size", page.size(super::verify_file::LIMITS.file_bytes)))
            .errors(&errors);
        FileUpload::new(field).accept(".pdf".to_owned())
    });
    VerifyForm { page, errors, code, file }
}

/// Asks for the code of a result.
pub async fn show_verification(visitor: Visitor, Use(services): Use<State>, Query(query): Query<Code>) -> Answer {
    let typed = query.code.unwrap_or_default();
    // Behind the mark stands the digest of the record inside the paper; it is for programs.
    let address = typed.split('#').next().unwrap_or_default();
    let last = address.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let token: String = last.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    let fits = token.len() >= 8 && token.len() <= 64 && token.chars().all(|c| c.is_ascii_alphanumeric());
    if fits {
        return redirect_plain(&format!("/kq/{token}"));
    }
    if typed.is_empty() {
        return html(form_page(&visitor, &services, "", Vec::new()));
    }
    let wrong = ErrorItem::of("ma", t(visitor.lang, "services-verify-code-wrong", &[]));
    html_invalid(form_page(&visitor, &services, &typed, vec![wrong]))
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .plain(Row::get("verify_result", "/kq/{token}").public().example("/kq/{result_token}"), verify_result)
        .page(Row::get("show_verification", "/kq").public().example("/kq"), show_verification)
        .page(Row::get("verify_in_language", "/kq/{token}/ngon-ngu").public().not_html(), verify_in_language)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_outweighs_every_other_fault() {
        let check = |unchanged, signed, revoked, expired, expected| {
            assert_eq!(verdict(Checked { unchanged, signed, revoked, expired }), expected);
        };
        check(true, true, false, false, Verdict::Genuine);
        check(true, true, false, true, Verdict::Expired);
        check(true, true, true, true, Verdict::Revoked);
        check(true, false, true, true, Verdict::Broken);
        check(false, true, false, false, Verdict::Broken);
    }
}
