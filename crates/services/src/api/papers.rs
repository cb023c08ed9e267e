//! Papers of a case as files, and judging a paper somebody holds.

use super::{State, moment};
use crate::pages::office::papers::{make_signed_form, signed_form};
use crate::pages::verify_file::{Authority, FileFacts, LIMITS, facts_of, judged_word};
use crate::pages::verify_paper::facts_of_paper;
use crate::service::Services;
use haidang_contracts::issued::IssuedPaper;
use haidang_contracts::papers::JudgedFile;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Path, Routes, Row, State as Use, Upload, Visitor, created, json};
use serde::Serialize;
use utoipa::ToSchema;

/// One issued form.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormLine {
    /// Opaque id.
    pub id: String,
    /// `01` to `05`.
    pub form: String,
    /// RFC 3339.
    pub issued_at: String,
}

/// The signed file of a form.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedFile {
    /// SHA-256, hex.
    pub sha256: String,
    /// Bytes.
    pub size: i64,
    /// When it was sealed, RFC 3339.
    pub made_at: String,
}

/// The forms issued with a case, oldest first.
pub async fn list_case_forms(visitor: Visitor, Use(services): Use<State>, Path(id): Path<String>) -> Answer {
    let view = services.visible_case(&visitor, &id).await?;
    let line = |form: &crate::cases::trail::FormRow| FormLine {
        id: form.id.clone(),
        form: form.form_no.clone(),
        issued_at: moment(form.issued_at),
    };
    json(200, &view.forms.iter().map(line).collect::<Vec<_>>())
}

/// The signed file of a form.
pub async fn get_case_form_file(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((id, form)): Path<(String, String)>,
) -> Answer {
    let view = services.visible_case(&visitor, &id).await?;
    signed_form(&services, &view.case.id, &form).await
}

/// Makes the signed file of a form; again it is the same.
pub async fn make_case_form_file(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((id, form)): Path<(String, String)>,
) -> Answer {
    let view = services.visible_case(&visitor, &id).await?;
    let paper = make_signed_form(&services, &visitor, &view.case.id, &form, &view.documents).await?;
    let made = SignedFile { sha256: paper.sha256, size: paper.size, made_at: moment(paper.made_at) };
    created(&format!("/api/v1/cases/{}/forms/{form}/file", view.case.id), &made)
}

/// One signature and what it proves.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignatureFacts {
    /// Name of its field.
    pub field: String,
    /// Name in the certificate.
    pub signer: String,
    /// Toàn vẹn: `valid`, `invalid` or `unknown`.
    pub integrity: String,
    /// Danh tính: `valid`, `invalid` or `unknown`.
    pub identity: String,
    /// Thẩm quyền: `valid`, `invalid` or `unknown`; known for what the city or one of its organs issued.
    pub authority: String,
    /// Why, in Vietnamese, for documents of organs: the assignment it rests on, or what is missing.
    pub authority_reason: Option<String>,
    /// `B-B`, `B-T`, `B-LT` or `B-LTA`.
    pub level: String,
    /// By its time stamp, RFC 3339; absent without one.
    pub stamped_at: Option<String>,
}

/// A document that an organ of the city issued.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentFacts {
    /// Name of the organ when it issued.
    pub organ: String,
    /// Name of its kind.
    pub kind: String,
    /// Number and notation.
    pub code: String,
    /// Day of the number.
    pub issued_on: Option<String>,
    /// `stands`, `recalled`, `replaced` or `corrected`.
    pub standing: String,
    /// Number and notation of the document that replaced or corrected it.
    pub by: Option<String>,
}

/// What was found about a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileVerdict {
    /// `ours`, `signed`, `broken`, `unknown`, `unsigned`; of a document of an organ also `withdrawn` (recalled or
    /// replaced) and `incompetent` (signed by somebody who might not).
    pub verdict: String,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Address of the public page of the result or document, when it is one of this city.
    pub result: Option<String>,
    /// The document of an organ of this city it is.
    pub document: Option<DocumentFacts>,
    /// Signatures, oldest first.
    pub signatures: Vec<SignatureFacts>,
}

/// Judges a PDF and forgets it.
pub async fn verify_uploaded_file(Use(services): Use<State>, upload: Upload) -> Answer {
    upload.complete()?;
    let file = upload.files.first().ok_or_else(|| Problem::invalid("file_required", "no file in the request"))?;
    let FileFacts { verdict, token, document, authority, judged } = facts_of(&services, file).await?;
    json(
        200,
        &FileVerdict {
            verdict: verdict.word().to_owned(),
            sha256: file.sha256.clone(),
            result: token.map(|token| public_page(&services, &token)),
            document: document.as_ref().map(document_facts),
            signatures: signatures(&judged, &authority),
        },
    )
}

/// Judges the stored file of a document that an organ issued, by the code of its paper.
pub async fn get_verification(Use(services): Use<State>, Path(token): Path<String>) -> Answer {
    let paper = services.issued.by_token(&token).await?;
    let paper = paper.ok_or_else(|| Problem::not_found("document_not_found", "no document with this code"))?;
    let facts = facts_of_paper(&services, &paper).await?;
    json(
        200,
        &FileVerdict {
            verdict: facts.verdict.word().to_owned(),
            sha256: facts.judged.as_ref().map_or_else(|| paper.sha256.clone(), |file| file.sha256.clone()),
            result: Some(public_page(&services, &paper.token)),
            document: Some(document_facts(&paper)),
            signatures: facts.judged.map(|file| signatures(&file, &facts.authority)).unwrap_or_default(),
        },
    )
}

fn public_page(services: &Services, token: &str) -> String {
    format!("{}/kq/{token}", services.settings.origin)
}

fn document_facts(paper: &IssuedPaper) -> DocumentFacts {
    DocumentFacts {
        organ: paper.organ.clone(),
        kind: paper.kind.vi.clone(),
        code: paper.code.clone(),
        issued_on: paper.issued_on.map(|day| day.to_string()),
        standing: paper.standing.as_str().to_owned(),
        by: paper.by.as_ref().map(|(code, _)| code.clone()),
    }
}

fn signatures(judged: &JudgedFile, authority: &[Authority]) -> Vec<SignatureFacts> {
    let each = judged.signatures.iter().zip(authority);
    each.map(|(one, authority)| SignatureFacts {
        field: one.field.clone(),
        signer: one.signer.clone(),
        integrity: judged_word(one.integrity).to_owned(),
        identity: judged_word(one.identity).to_owned(),
        authority: judged_word(authority.answer).to_owned(),
        authority_reason: authority.reason.as_ref().map(|reason| reason.vi.clone()),
        level: one.level.clone(),
        stamped_at: one.stamped_at.map(|at| moment(haidang_kernel::time::from_micros(at))),
    })
    .collect()
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .api(
            Row::get("list_case_forms", "/api/v1/cases/{case}/forms")
                .signed_in()
                .summary("Forms 01 to 05 issued with a case")
                .example("/api/v1/cases/{case}/forms")
                .returns::<Vec<FormLine>>(200),
            list_case_forms,
        )
        .api(
            Row::get("get_case_form_file", "/api/v1/cases/{case}/forms/{form}/file")
                .signed_in()
                .summary("The signed PDF of a form, once it was made")
                .returns_file(200, "application/pdf"),
            get_case_form_file,
        )
        .api(
            Row::post("make_case_form_file", "/api/v1/cases/{case}/forms/{form}/file")
                .signed_in()
                .audit("paper.sealed")
                .summary("Have the signed PDF of a form made; a form has one for good")
                .returns::<SignedFile>(201),
            make_case_form_file,
        )
        .api(
            Row::post("verify_uploaded_file", "/api/v1/verifications")
                .public()
                .no_mutation("judges a file and forgets it")
                .summary("Judge the signatures of a PDF; the file is not kept")
                .upload(LIMITS)
                .returns::<FileVerdict>(200),
            verify_uploaded_file,
        )
        .api(
            Row::get("get_verification", "/api/v1/verifications/{token}")
                .public()
                .summary("Judge the stored file of a document of an organ by the code of its paper")
                .returns::<FileVerdict>(200),
            get_verification,
        )
}
