//! Public check of a PDF that somebody holds: is it a file the city issued, and what do the signatures in it prove.
//!
//! The file is read and forgotten: nothing of it is stored, and the page shows no personal data.

use super::verify::{VerifyForm, form_page};
use crate::api::State;
use crate::cases::trail::ResultRow;
use crate::service::Services;
use crate::sql;
use askama::Template;
use haidang_contracts::ContractError;
use haidang_contracts::papers::{JudgedAs, JudgedFile, JudgedSignature};
use haidang_kernel::problem::Problem;
use haidang_kernel::{format, time};
use haidang_store::args;
use haidang_ui::component::{Icon, SummaryList, SummaryRow, Tag};
use haidang_ui::field::ErrorItem;
use haidang_ui::{Html, IntoHtml, Page};
use haidang_web::upload::FileKind;
use haidang_web::{
    Answer, Fault, Routes, Row, State as Use, Upload, UploadLimits, Visitor, html, html_invalid, redirect_plain,
};
use std::time::Duration;

/// One PDF of 20 MB.
pub(super) const LIMITS: UploadLimits = UploadLimits {
    files: 1,
    file_bytes: 20_000_000,
    total_bytes: 21_000_000,
    kinds: &[FileKind::Pdf],
    timeout: Duration::from_secs(120),
};

/// What all of it says together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Byte for byte a paper the city issued.
    Ours,
    /// Every signature holds, by certificates this city trusts.
    Signed,
    /// Something was changed, or a certificate did not hold.
    Broken,
    /// Signed, but nobody here can say by whom.
    Unknown,
    /// No signature in it.
    Unsigned,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Signed => "signed",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
            Self::Unsigned => "unsigned",
        }
    }
}

/// The worst of what was found decides; a file the city knows byte for byte needs no more than that.
fn verdict(ours: bool, signatures: &[JudgedSignature]) -> Verdict {
    let any = |judged: JudgedAs| signatures.iter().any(|one| one.integrity == judged || one.identity == judged);
    if signatures.is_empty() {
        if ours { Verdict::Ours } else { Verdict::Unsigned }
    } else if any(JudgedAs::Invalid) {
        Verdict::Broken
    } else if ours {
        Verdict::Ours
    } else if any(JudgedAs::Unknown) {
        Verdict::Unknown
    } else {
        Verdict::Signed
    }
}

/// One signature with its three answers.
struct SignatureCard {
    heading: String,
    rows: SummaryList,
}

#[derive(Template)]
#[template(path = "verify_file.html")]
struct FilePage {
    page: Page,
    good: bool,
    icon: Icon,
    text: String,
    when: String,
    cards: Vec<SignatureCard>,
}

fn answer(page: &Page, question: &str, judged: JudgedAs) -> SummaryRow {
    let word = match judged {
        JudgedAs::Valid => "valid",
        JudgedAs::Invalid => "invalid",
        JudgedAs::Unknown => "unknown",
    };
    let tag = Tag::new(&page.t(&format!("services-file-{question}-{word}")));
    let tag = match judged {
        JudgedAs::Valid => tag.done(),
        JudgedAs::Invalid => tag.late(),
        JudgedAs::Unknown => tag.wait(),
    };
    SummaryRow::new(page.t(&format!("services-file-{question}")), tag.into_html())
}

/// The three answers, who, when and how much it proves. Authority is known for what this city issued itself.
pub(super) fn signature_rows(page: &Page, signature: &JudgedSignature, authority: JudgedAs) -> SummaryList {
    let when = match signature.stamped_at {
        Some(at) => page.t1("services-file-stamped", "time", format::date_time_table(page.lang, time::from_micros(at))),
        None => page.t("services-file-unstamped"),
    };
    SummaryList::new(vec![
        SummaryRow::new(page.t("services-file-signer"), page.vietnamese(&signature.signer)),
        answer(page, "integrity", signature.integrity),
        answer(page, "identity", signature.identity),
        answer(page, "authority", authority),
        SummaryRow::new(page.t("services-file-time"), Html::text(when)),
        SummaryRow::new(page.t("services-file-level"), page.code(&signature.level)),
    ])
}

/// What the city knows of a file by its digest.
enum Known {
    Result(Box<ResultRow>),
    Paper,
    Nothing,
}

impl Services {
    async fn known_file(&self, sha256: &str) -> Result<Known, Problem> {
        if let Some(row) = self.db.fetch_optional(sql::record::RESULT_BY_HASH, args![sha256]).await? {
            return Ok(Known::Result(Box::new(ResultRow::read(&row)?)));
        }
        Ok(match self.paper_by_hash(sha256).await? {
            Some(_) => Known::Paper,
            None => Known::Nothing,
        })
    }
}

async fn judged(services: &Services, upload: &Upload) -> Result<Result<(JudgedFile, bool), &'static str>, Fault> {
    let Some(file) = upload.files.first() else { return Ok(Err("services-file-none")) };
    let bytes = tokio::fs::read(file.path()).await.map_err(|error| Problem::internal(error.to_string()))?;
    let known = matches!(services.known_file(&file.sha256).await?, Known::Paper);
    match services.documents.judge(&bytes).await {
        Ok(Some(judged)) => Ok(Ok((judged, known))),
        Ok(None) => Ok(Err("services-file-no-anchors")),
        Err(ContractError::Refused { .. }) => Ok(Err("services-file-unreadable")),
        Err(other) => Err(Problem::from(other).into()),
    }
}

/// Judges the file somebody chose.
pub async fn verify_file(visitor: Visitor, Use(services): Use<State>, upload: Upload) -> Answer {
    let refused = upload.refused.iter().find(|file| !file.name.is_empty());
    if let Some(file) = refused {
        return wrong(&visitor, &services, file.message(visitor.lang, &LIMITS));
    }
    if let Some(file) = upload.files.first()
        && let Known::Result(result) = services.known_file(&file.sha256).await?
        && let Some(token) = &result.token
    {
        return redirect_plain(&format!("/kq/{token}"));
    }
    let (judged, ours) = match judged(&services, &upload).await? {
        Ok(found) => found,
        Err(key) => return wrong(&visitor, &services, haidang_ui::t(visitor.lang, key, &[])),
    };
    let verdict = verdict(ours, &judged.signatures);
    let mut page = visitor.page("", "verify");
    page.title = page.t(&format!("services-file-verdict-{}", verdict.word()));
    page.private = true;
    let authority = if ours { JudgedAs::Valid } else { JudgedAs::Unknown };
    let cards = judged.signatures.iter().enumerate().map(|(at, signature)| SignatureCard {
        heading: page.t1("services-file-signature", "number", at + 1),
        rows: signature_rows(&page, signature, authority),
    });
    let good = matches!(verdict, Verdict::Ours | Verdict::Signed);
    html(FilePage {
        good,
        icon: Icon::new(if good { "shield-check" } else { "triangle-alert" }),
        text: page.t(&format!("services-file-text-{}", verdict.word())),
        when: super::verify::when(&services, &page),
        cards: cards.collect(),
        page,
    })
}

fn wrong(visitor: &Visitor, services: &Services, message: String) -> Answer {
    let shown: VerifyForm = form_page(visitor, services, "", vec![ErrorItem::of("tep", message)]);
    html_invalid(shown)
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes.page(
        Row::post("verify_file", "/kq/tep").public().no_mutation("judges a file and forgets it").upload(LIMITS),
        verify_file,
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use haidang_contracts::papers::JudgedAs::{Invalid, Unknown, Valid};

    #[test]
    fn the_worst_signature_decides() {
        let check = |ours, signatures: &[(JudgedAs, JudgedAs)], expected| {
            let signatures: Vec<JudgedSignature> = signatures
                .iter()
                .map(|(integrity, identity)| JudgedSignature {
                    field: "organ".into(),
                    integrity: *integrity,
                    identity: *identity,
                    signer: "UBND xã Mẫu".into(),
                    stamped_at: None,
                    level: "B-T".into(),
                    remarks: Vec::new(),
                })
                .collect();
            assert_eq!(verdict(ours, &signatures), expected, "{ours} {signatures:?}");
        };
        check(false, &[], Verdict::Unsigned);
        check(true, &[(Valid, Valid)], Verdict::Ours);
        check(true, &[(Valid, Unknown)], Verdict::Ours);
        check(false, &[(Valid, Valid), (Valid, Valid)], Verdict::Signed);
        check(false, &[(Valid, Valid), (Valid, Unknown)], Verdict::Unknown);
        check(false, &[(Valid, Unknown), (Invalid, Valid)], Verdict::Broken);
        check(true, &[(Valid, Invalid)], Verdict::Broken);
    }
}
