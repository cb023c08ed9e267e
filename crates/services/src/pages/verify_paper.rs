//! Public verification of a document that an organ issued: its file, its signatures, the authority of those who signed,
//! and what became of it. Its subject stays inside: it may name people.

use super::verify::{VerifyPage, digest_details, keep, mark, page_of, reasons, when};
use super::verify_file::{Authority, Verdict, answers_of, document_verdict, signature_rows};
use crate::service::Services;
use haidang_contracts::ContractError;
use haidang_contracts::issued::{IssuedPaper, Standing};
use haidang_contracts::papers::{JudgedAs, JudgedFile};
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Icon, SummaryList, SummaryRow};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, Visitor, html};
use jiff::civil::Date;
use sha2::{Digest, Sha256};

/// What was found out about a stored document.
pub(crate) struct PaperFacts {
    pub(crate) verdict: Verdict,
    /// Whether the stored file is the one that was issued, or its renewed form.
    pub(crate) unchanged: bool,
    /// None when the file cannot be read.
    pub(crate) judged: Option<JudgedFile>,
    pub(crate) authority: Vec<Authority>,
    /// The third answer about the whole.
    pub(crate) competent: JudgedAs,
}

/// Reads the stored file again and judges it; nothing of an earlier verdict is believed.
///
/// # Errors
/// What the archive, the authorities and the books say.
pub(crate) async fn facts_of_paper(services: &Services, paper: &IssuedPaper) -> Result<PaperFacts, Problem> {
    let newest = services.archive.newest(&paper.sha256).await?;
    let bytes = services.blobs.bytes(&newest).await.unwrap_or_default();
    let unchanged = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)) == newest;
    let judged = match services.documents.judge(&bytes).await {
        Ok(judged) => judged,
        Err(ContractError::Refused { .. }) => None,
        Err(other) => return Err(other.into()),
    };
    let signatures = judged.as_ref().map(|file| file.signatures.as_slice()).unwrap_or_default();
    let competence = services.issued.competence(paper, signatures).await?;
    let verdict = if unchanged { document_verdict(paper, &competence, signatures) } else { Verdict::Broken };
    let competent = competence.whole.answer;
    Ok(PaperFacts { verdict, unchanged, judged, authority: answers_of(competence), competent })
}

fn day(page: &Page, day: Option<Date>) -> String {
    day.map(|day| page.date(day)).unwrap_or_default()
}

/// What became of the document, in words.
fn standing(page: &Page, paper: &IssuedPaper) -> String {
    let key = format!("services-verify-standing-{}", paper.standing.as_str());
    match &paper.by {
        Some((code, date)) => page.t2(&key, "code", code.as_str(), "day", day(page, *date)),
        None => page.t2(&key, "code", "", "day", ""),
    }
}

fn rows(page: &Page, paper: &IssuedPaper) -> SummaryList {
    let line = |key: &str, value: Html| SummaryRow::new(page.t(key), value);
    let kind = match paper.kind.get(page.lang) {
        (words, haidang_ui::Lang::Vi) => page.vietnamese(words),
        (words, haidang_ui::Lang::En) => Html::text(words),
    };
    SummaryList::new(vec![
        line("services-verify-paper-kind", kind),
        line("services-verify-paper-code", page.code(&paper.code)),
        line("services-verify-paper-organ", page.vietnamese(&paper.organ)),
        line("services-verify-paper-day", Html::text(day(page, paper.issued_on))),
        line("services-verify-standing", Html::text(standing(page, paper))),
    ])
}

fn checks(paper: &IssuedPaper, facts: &PaperFacts) -> [(&'static str, &'static str); 4] {
    let signatures = facts.judged.as_ref().map(|file| file.signatures.as_slice()).unwrap_or_default();
    let signed = !signatures.is_empty()
        && signatures.iter().all(|one| one.integrity == JudgedAs::Valid && one.identity == JudgedAs::Valid);
    let one = |good: bool, yes: &'static str, no: &'static str| mark(good, if good { yes } else { no });
    [
        one(facts.unchanged, "services-verify-unchanged", "services-verify-changed"),
        one(signed, "services-verify-signatures-good", "services-verify-signatures-bad"),
        match facts.competent {
            JudgedAs::Valid => mark(true, "services-verify-competent"),
            JudgedAs::Invalid => mark(false, "services-verify-not-competent"),
            JudgedAs::Unknown => mark(false, "services-verify-competence-unknown"),
        },
        match paper.standing {
            Standing::Stands => mark(true, "services-verify-stands"),
            Standing::Corrected => mark(true, "services-verify-corrected"),
            Standing::Recalled | Standing::Replaced => mark(false, "services-verify-withdrawn"),
        },
    ]
}

/// The verdict over a document of an organ, for anyone who holds its code.
///
/// # Errors
/// As [`facts_of_paper`].
pub(super) async fn show(services: &Services, visitor: &Visitor, paper: IssuedPaper) -> Answer {
    let facts = facts_of_paper(services, &paper).await?;
    let good = facts.verdict == Verdict::Ours;
    let title = format!("services-verify-paper-{}", facts.verdict.word());
    let page = page_of(visitor, &title, &paper.token);
    let signatures = facts.judged.iter().flat_map(|file| &file.signatures).zip(&facts.authority);
    let signatures = signatures.map(|(one, authority)| signature_rows(&page, one, authority)).collect();
    html(VerifyPage {
        good,
        icon: Icon::new(if good { "shield-check" } else { "triangle-alert" }),
        when: when(services, &page),
        text: (!good).then(|| page.t(&format!("{title}-text"))),
        rows: Some(rows(&page, &paper)),
        checks: Some(reasons(&page, &checks(&paper, &facts))),
        digest: Some(digest_details(&page, &paper.sha256, String::new())),
        signatures,
        keep: keep(visitor, &paper.token),
        page,
    })
}
