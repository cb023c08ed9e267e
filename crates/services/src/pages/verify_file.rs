//! Public check of a PDF that somebody holds: is it a file the city issued, and what do the signatures in it prove.
//!
//! The file is read and forgotten: nothing of it is stored, and the page shows no personal data.

use super::verify::{VerifyForm, form_page};
use crate::api::State;
use crate::cases::trail::ResultRow;
use crate::service::Services;
use crate::sql;
use askama::Template;
use haidang_contracts::issued::{Competence, IssuedPaper, Standing};
use haidang_contracts::papers::{JudgedAs, JudgedFile, JudgedSignature};
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::problem::Problem;
use haidang_kernel::{format, time};
use haidang_store::args;
use haidang_ui::component::{Icon, SummaryList, SummaryRow, Tag};
use haidang_ui::field::ErrorItem;
use haidang_ui::{Html, IntoHtml, Page};
use haidang_web::upload::{FileKind, UploadedFile};
use haidang_web::{
    Answer, Routes, Row, State as Use, Upload, UploadLimits, Visitor, html, html_invalid, redirect_plain,
};
use std::time::Duration;

/// One PDF of 20 MB.
pub(crate) const LIMITS: UploadLimits = UploadLimits {
    files: 1,
    file_bytes: 20_000_000,
    total_bytes: 21_000_000,
    kinds: &[FileKind::Pdf],
    timeout: Duration::from_secs(120),
};

/// What all of it says together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
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
    /// Issued by an organ of the city, and recalled or replaced since.
    Withdrawn,
    /// Issued by an organ of the city, and signed by somebody who might not.
    Incompetent,
}

impl Verdict {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Signed => "signed",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
            Self::Unsigned => "unsigned",
            Self::Withdrawn => "withdrawn",
            Self::Incompetent => "incompetent",
        }
    }
}

/// The worst of what was found decides; a file the city knows byte for byte needs no more than that.
pub(super) fn verdict(ours: bool, signatures: &[JudgedSignature]) -> Verdict {
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

/// The verdict over a document of an organ: what was changed weighs most, then that it no longer counts, then that its
/// signer was not competent.
pub(super) fn document_verdict(
    paper: &IssuedPaper,
    competence: &Competence,
    signatures: &[JudgedSignature],
) -> Verdict {
    match verdict(true, signatures) {
        Verdict::Ours if signatures.is_empty() => Verdict::Unsigned,
        Verdict::Ours => match (paper.standing, competence.whole.answer) {
            (Standing::Recalled | Standing::Replaced, _) => Verdict::Withdrawn,
            (_, JudgedAs::Invalid) => Verdict::Incompetent,
            (_, JudgedAs::Unknown) => Verdict::Unknown,
            (_, JudgedAs::Valid) => Verdict::Ours,
        },
        other => other,
    }
}

/// The third answer about a signature, and why, where somebody says so.
pub(crate) struct Authority {
    pub(crate) answer: JudgedAs,
    pub(crate) reason: Option<Bilingual>,
}

impl Authority {
    /// The paper is in the books of the city: whoever sealed it was competent for it.
    pub(super) const BOOKS: Authority = Authority { answer: JudgedAs::Valid, reason: None };
    /// Nobody here knows.
    const NOBODY: Authority = Authority { answer: JudgedAs::Unknown, reason: None };
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

/// The stored word of an answer.
pub(crate) fn judged_word(judged: JudgedAs) -> &'static str {
    match judged {
        JudgedAs::Valid => "valid",
        JudgedAs::Invalid => "invalid",
        JudgedAs::Unknown => "unknown",
    }
}

fn tag(page: &Page, words: &str, judged: JudgedAs) -> Html {
    let tag = Tag::new(&page.t(&format!("{words}-{}", judged_word(judged))));
    match judged {
        JudgedAs::Valid => tag.done().into_html(),
        JudgedAs::Invalid => tag.late().into_html(),
        JudgedAs::Unknown => tag.wait().into_html(),
    }
}

fn answer(page: &Page, question: &str, judged: JudgedAs) -> SummaryRow {
    let words = format!("services-file-{question}");
    SummaryRow::new(page.t(&words), tag(page, &words, judged))
}

/// The third answer: with its reason where the office gave one, else by whether the paper is in the city's books.
fn authority_row(page: &Page, authority: &Authority) -> SummaryRow {
    let Some(reason) = &authority.reason else { return answer(page, "authority", authority.answer) };
    let why = super::common::element("p", "hd-flush", reason.text(page.lang));
    let words = tag(page, "services-file-competence", authority.answer);
    SummaryRow::new(page.t("services-file-authority"), words.then(why))
}

/// The three answers, who, when and how much it proves. Authority is known for what this city issued itself.
pub(super) fn signature_rows(page: &Page, signature: &JudgedSignature, authority: &Authority) -> SummaryList {
    let when = match signature.stamped_at {
        Some(at) => page.t1("services-file-stamped", "time", format::date_time_table(page.lang, time::from_micros(at))),
        None => page.t("services-file-unstamped"),
    };
    SummaryList::new(vec![
        SummaryRow::new(page.t("services-file-signer"), page.vietnamese(&signature.signer)),
        answer(page, "integrity", signature.integrity),
        answer(page, "identity", signature.identity),
        authority_row(page, authority),
        SummaryRow::new(page.t("services-file-time"), Html::text(when)),
        SummaryRow::new(page.t("services-file-level"), page.code(&signature.level)),
    ])
}

/// What the city knows of a file by its digest.
enum Known {
    Result(Box<ResultRow>),
    Paper,
    Document(Box<IssuedPaper>),
    Nothing,
}

impl Services {
    async fn known_file(&self, sha256: &str) -> Result<Known, Problem> {
        let original = self.archive.original(sha256).await?;
        let sha256 = original.as_str();
        if let Some(row) = self.db.fetch_optional(sql::record::RESULT_BY_HASH, args![sha256]).await? {
            return Ok(Known::Result(Box::new(ResultRow::read(&row)?)));
        }
        if self.paper_by_hash(sha256).await?.is_some() {
            return Ok(Known::Paper);
        }
        let document = self.issued.by_digest(sha256).await?;
        Ok(document.map_or(Known::Nothing, |paper| Known::Document(Box::new(paper))))
    }
}

/// What was found about a file that somebody holds.
pub(crate) struct FileFacts {
    pub(crate) verdict: Verdict,
    /// Public token of the result or document it is.
    pub(crate) token: Option<String>,
    /// The document of an organ it is.
    pub(crate) document: Option<IssuedPaper>,
    /// The third answer, signature by signature.
    pub(crate) authority: Vec<Authority>,
    pub(crate) judged: JudgedFile,
}

/// The third answers of the office.
pub(super) fn answers_of(competence: Competence) -> Vec<Authority> {
    let one = |by: haidang_contracts::issued::Competent| Authority { answer: by.answer, reason: Some(by.reason) };
    competence.signatures.into_iter().map(one).collect()
}

/// Judges a file by what the city knows and by the signatures in it.
///
/// # Errors
/// `file_unreadable`, `file_too_large`; `certificate_missing` where the city has no anchors.
pub(crate) async fn facts_of(services: &Services, file: &UploadedFile) -> Result<FileFacts, Problem> {
    let bytes = tokio::fs::read(file.path()).await.map_err(|error| Problem::internal(error.to_string()))?;
    let known = services.known_file(&file.sha256).await?;
    let judged = services.documents.judge(&bytes).await?;
    let judged = judged.ok_or_else(|| Problem::conflict("certificate_missing", "this city has no trusted anchors"))?;
    if let Known::Document(paper) = known {
        let competence = services.issued.competence(&paper, &judged.signatures).await?;
        let verdict = document_verdict(&paper, &competence, &judged.signatures);
        let (token, document) = (Some(paper.token.clone()), Some(*paper));
        return Ok(FileFacts { verdict, token, document, authority: answers_of(competence), judged });
    }
    let token = match &known {
        Known::Result(row) => row.token.clone(),
        _ => None,
    };
    let ours = !matches!(known, Known::Nothing);
    let known = || if ours { Authority::BOOKS } else { Authority::NOBODY };
    let authority = judged.signatures.iter().map(|_| known()).collect();
    Ok(FileFacts { verdict: verdict(ours, &judged.signatures), token, document: None, authority, judged })
}

/// Judges the file somebody chose.
pub async fn verify_file(visitor: Visitor, Use(services): Use<State>, upload: Upload) -> Answer {
    if let Some(file) = upload.refused.iter().find(|file| !file.name.is_empty()) {
        return wrong(&visitor, &services, file.message(visitor.lang, &LIMITS));
    }
    let say = |key: &str| haidang_ui::t(visitor.lang, key, &[]);
    let Some(file) = upload.files.first() else { return wrong(&visitor, &services, say("services-file-none")) };
    let facts = match facts_of(&services, file).await {
        Ok(facts) => facts,
        Err(problem) if problem.code == "certificate_missing" => {
            return wrong(&visitor, &services, say("services-file-no-anchors"));
        }
        Err(problem) if matches!(problem.code, "file_unreadable" | "file_too_large") => {
            return wrong(&visitor, &services, say("services-file-unreadable"));
        }
        Err(problem) => return Err(problem.into()),
    };
    if let Some(token) = &facts.token {
        return redirect_plain(&format!("/kq/{token}"));
    }
    let mut page = visitor.page("", "verify");
    page.title = page.t(&format!("services-file-verdict-{}", facts.verdict.word()));
    page.private = true;
    let each = facts.judged.signatures.iter().zip(&facts.authority).enumerate();
    let cards = each.map(|(at, (signature, authority))| SignatureCard {
        heading: page.t1("services-file-signature", "number", at + 1),
        rows: signature_rows(&page, signature, authority),
    });
    let good = matches!(facts.verdict, Verdict::Ours | Verdict::Signed);
    html(FilePage {
        good,
        icon: Icon::new(if good { "shield-check" } else { "triangle-alert" }),
        text: page.t(&format!("services-file-text-{}", facts.verdict.word())),
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

    #[test]
    fn a_document_is_weighed_by_what_was_changed_then_its_standing_then_its_signer() {
        let check = |standing, whole, integrity, expected| {
            let paper = IssuedPaper {
                id: "d".into(),
                token: "t".into(),
                agency: "A".into(),
                organ: "UBND xã Mẫu".into(),
                kind: Bilingual::vietnamese("Quyết định"),
                code: "01/QĐ-UBND".into(),
                issued_on: None,
                sha256: String::new(),
                standing,
                by: None,
            };
            let reason = Bilingual::vietnamese("vì vậy");
            let whole = haidang_contracts::issued::Competent { answer: whole, code: "x".into(), reason };
            let competence = Competence { whole, signatures: Vec::new() };
            let signature = JudgedSignature {
                field: "organ".into(),
                integrity,
                identity: Valid,
                signer: "UBND xã Mẫu".into(),
                stamped_at: None,
                level: "B-T".into(),
                remarks: Vec::new(),
            };
            assert_eq!(document_verdict(&paper, &competence, &[signature]), expected, "{standing:?}");
            assert_eq!(document_verdict(&paper, &competence, &[]), Verdict::Unsigned);
        };
        check(Standing::Stands, Valid, Valid, Verdict::Ours);
        check(Standing::Corrected, Valid, Valid, Verdict::Ours);
        check(Standing::Stands, Unknown, Valid, Verdict::Unknown);
        check(Standing::Stands, Invalid, Valid, Verdict::Incompetent);
        check(Standing::Recalled, Invalid, Valid, Verdict::Withdrawn);
        check(Standing::Replaced, Valid, Valid, Verdict::Withdrawn);
        check(Standing::Recalled, Valid, Invalid, Verdict::Broken);
    }
}
