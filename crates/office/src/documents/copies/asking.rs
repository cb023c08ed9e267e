//! Asking for a copy: what, in which form, who signs it, who receives it; and typesetting it for that person.

use super::model::{Copy, CopyRecord, Original};
use super::rules::{self, CopyForm, CopyState, Held, SourceKind};
use super::source::Source;
use super::sql;
use crate::authority::{Allowed, Signing};
use crate::documents::access::{CLERK, DRAFT};
use crate::notices::tell;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::actor::PersonId;
use haidang_contracts::papers::{PaperAttachment, PaperRequest, TypesetPaper};
use haidang_kernel::id::Id;
use haidang_kernel::problem::{FieldError, Problem};
use haidang_kernel::text;
use haidang_store::args;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The clause under which documents are copied.
pub(super) const LEGAL_BASIS: &str = "30/2020/NĐ-CP Điều 25, Điều 26, Điều 27";
/// Template of the pack.
const TEMPLATE: &str = "copies/certified";
/// Most receivers, and the longest name of one.
const RECIPIENTS: usize = 100;
const NAME: usize = 200;

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AskCopy {
    /// `document`, `arrival`, `scan` or `copy`.
    pub source_kind: String,
    /// Its id.
    pub source: String,
    /// `full`, `onward` or `extract`.
    pub form: String,
    /// What the organ holds of an incoming or scanned document: `original` or `copy`.
    pub held: String,
    /// Pages of an extract, such as `1, 3-5`.
    pub pages: String,
    /// Who receives it, one a line.
    pub recipients: String,
    /// Opaque id of whoever is to sign.
    pub signer: String,
}

/// What was understood.
struct Understood {
    form: CopyForm,
    original: Original,
    pages: Vec<usize>,
    recipients: Vec<String>,
    signer: PersonId,
    allowed: Allowed,
}

/// What a copy prints, whoever asks for it.
struct Printed<'p> {
    kind: SourceKind,
    source: &'p Source,
    asked: &'p Understood,
    token: &'p str,
}

impl OfficeRoom {
    /// Asks for a copy and answers its id. The copy is typeset now, so that whoever signs sees exactly what is issued.
    ///
    /// # Errors
    /// `copy_invalid` with every wrong field, `not_allowed`, what keeps the source from being copied, why the signer may
    /// not sign (`no_delegation`, `kind_not_covered`, …), `copy_source_signature_invalid`, `template_failed`,
    /// `paper_too_long`.
    pub async fn ask_copy(&self, reader: &Reader<'_>, ask: &AskCopy) -> Result<String, Problem> {
        let unknown = || invalid(vec![FieldError::new("source", "unknown")]);
        let kind = SourceKind::parse(&ask.source_kind).ok_or_else(unknown)?;
        let source = self.copy_source(reader, kind, ask.source.trim()).await?;
        if ![CLERK, DRAFT].iter().any(|word| reader.actor.can_in(word, &source.agency)) {
            return Err(Problem::forbidden("not_allowed", "copies are asked for by staff of the organ"));
        }
        let asked = self.understood_copy(&source, ask).await?;
        let bytes = self.copy_bytes(&asked.original).await?;
        let token = self.ambient.token();
        let printed = Printed { kind, source: &source, asked: &asked, token: &token };
        let request = self.copy_request(&printed, bytes).await?;
        let typeset = self.typesetting.typeset(&request).await?;
        self.keep_asked(reader, &printed, ask.source.trim(), &typeset).await
    }

    async fn understood_copy(&self, source: &Source, ask: &AskCopy) -> Result<Understood, Problem> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, code: &'static str| errors.push(FieldError::new(field, code));
        let held = match (source.held_known, ask.held.as_str()) {
            (true, _) => Some(source.original.held),
            (false, "original") => Some(Held::Original),
            (false, "copy") => Some(Held::Copy),
            _ => None,
        };
        if held.is_none() {
            wrong("held", "required");
        }
        let form = CopyForm::parse(&ask.form);
        match (form, held) {
            (None, _) => wrong("form", "required"),
            (Some(form), Some(held)) => {
                if let Err(code) = rules::fits(form, held) {
                    wrong("form", code);
                }
            }
            _ => {}
        }
        let mut pages = Vec::new();
        if form == Some(CopyForm::Extract) {
            if source.original.media_type == "application/pdf" {
                match rules::pages(&ask.pages, source.pages) {
                    Ok(found) => pages = found,
                    Err(code) => wrong("pages", code),
                }
            } else {
                wrong("form", "copy_form_one_page");
            }
        }
        let recipients: Vec<String> = ask.recipients.lines().map(text::tidy).filter(|one| !one.is_empty()).collect();
        if recipients.len() > RECIPIENTS || recipients.iter().any(|one| one.chars().count() > NAME) {
            wrong("recipients", "too_long");
        }
        let signer = PersonId::parse(ask.signer.trim()).ok();
        if signer.is_none() {
            wrong("signer", "required");
        }
        let (Some(form), Some(held), Some(signer), true) = (form, held, signer, errors.is_empty()) else {
            return Err(invalid(errors));
        };
        let what = Signing { kind: form.code(), field: "", secrecy: 0 };
        let allowed = self.may_sign(&signer, &source.agency, &what, self.ambient.now()).await??;
        let original = Original { held, ..source.original.clone() };
        Ok(Understood { form, original, pages, recipients, signer, allowed })
    }

    /// What to typeset.
    async fn copy_request(&self, printed: &Printed<'_>, bytes: Vec<u8>) -> Result<PaperRequest, Problem> {
        let Printed { kind, source, asked, token } = printed;
        let organ = self.organ(&source.agency).await?;
        let parent = match &organ.parent {
            Some(code) => self.directory.agency(code).await?.map(|agency| agency.name_vi),
            None => None,
        };
        let original = &asked.original;
        let notation = format!("{}-{}", asked.form.code(), self.documents.abbreviation(&organ));
        let mut shown = json!({
            "code": original.code, "organ": original.organ, "subject": original.subject, "sha256": original.sha256,
        });
        if let (Some(map), Some(day)) = (shown.as_object_mut(), original.date) {
            map.insert("date".to_owned(), day.to_string().into());
        }
        let mut data = json!({
            "form": asked.form.as_str(),
            "held": if *kind == SourceKind::Scan { "scan" } else { "file" },
            "media_type": original.media_type,
            "organ": organ.name_vi,
            "place": self.documents.place(&source.agency),
            "notation": notation,
            "original": shown,
            "texts": source.texts,
            "recipients": asked.recipients,
            "signature": { "lines": asked.allowed.block_lines, "name": asked.allowed.name },
            "verify_url": format!("{}/kq/{token}", self.origin),
        });
        if let Some(map) = data.as_object_mut() {
            if let Some(parent) = parent {
                map.insert("parent".to_owned(), parent.into());
            }
            if !asked.pages.is_empty() {
                map.insert("pages".to_owned(), json!(asked.pages));
            }
        }
        let ending = match original.media_type.as_str() {
            "image/jpeg" => "jpg",
            "image/png" => "png",
            _ => "pdf",
        };
        let record = json!({
            "CopyForm": asked.form.name(), "OrganName": organ.name_vi, "Original": original, "Pages": asked.pages,
            "Description": "Số, ngày của bản sao nằm ở khối bản sao và sổ đăng ký bản sao.",
        });
        let record = serde_json::to_vec_pretty(&record).map_err(|_| Problem::internal("a record does not print"))?;
        let attached = |name: String, media_type: &str, description: &str, bytes: Vec<u8>| PaperAttachment {
            name,
            media_type: media_type.to_owned(),
            description: description.to_owned(),
            bytes,
        };
        Ok(PaperRequest {
            template: TEMPLATE.to_owned(),
            data,
            title: format!("{}: {}", asked.form.name(), original.subject),
            language: "vi".to_owned(),
            dated: self.ambient.now().as_microsecond(),
            // The template shows the pages of the first one.
            attachments: vec![
                attached(format!("van-ban-duoc-sao.{ending}"), &original.media_type, "Tệp được sao, nguyên vẹn", bytes),
                attached("ban-sao.json".to_owned(), "application/json", "Thông tin của bản sao", record),
            ],
        })
    }

    async fn keep_asked(
        &self,
        reader: &Reader<'_>,
        printed: &Printed<'_>,
        source_id: &str,
        typeset: &TypesetPaper,
    ) -> Result<String, Problem> {
        let Printed { kind, source, asked, token } = printed;
        let blob = self.blobs.put_bytes(&typeset.bytes).await?;
        let id: Id<CopyRecord> = self.ambient.new_id();
        let event: Id<CopyRecord> = self.ambient.new_id();
        let unprinted = |_| Problem::internal("a copy does not serialise");
        let actor = reader.actor;
        let now = self.ambient.now();
        let values = args![
            &id,
            source.agency.as_str(),
            asked.form.as_str(),
            kind.as_str(),
            source_id,
            asked.original.sha256.as_str(),
            serde_json::to_value(&asked.original).map_err(unprinted)?,
            json!(asked.pages),
            json!(asked.recipients),
            asked.signer.as_str(),
            asked.allowed.name.as_str(),
            blob.sha256.as_str(),
            i64::try_from(typeset.pages).unwrap_or(i64::MAX),
            serde_json::to_value(&typeset.places).map_err(unprinted)?,
            json!(asked.allowed.block_lines),
            *token,
            actor.person.as_str(),
            actor.display_name.as_str(),
            now
        ];
        let post = actor.positions.iter().find(|post| post.agency == source.agency);
        let step = args![
            &event,
            &id,
            0_i64,
            "ask",
            "",
            blob.sha256.as_str(),
            actor.person.as_str(),
            actor.display_name.as_str(),
            post.map(|post| post.title.as_str()).unwrap_or_default(),
            now
        ];
        let entry = reader
            .change("copy.asked", "office_copy", id.as_str(), &source.agency)
            .because(LEGAL_BASIS, "sao văn bản")
            .detail(json!({ "form": asked.form.as_str(), "source": kind.as_str(), "original": asked.original.sha256 }));
        let told = super::signing::told(id.to_string(), CopyState::Asked, 1, reader);
        let (blob, values, step, entry, told) = (&blob, &values, &step, &entry, &told);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    tx.execute(sql::INSERT, values.clone()).await?;
                    tx.execute(sql::INSERT_EVENT, step.clone()).await?;
                    tx.keep_blob(blob).await?;
                    tx.audit(entry.clone()).await?;
                    tell(tx, told).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await?;
        Ok(id.to_string())
    }

    /// What the signer of a copy may do now, and how the block reads.
    pub(super) async fn copy_authority(&self, copy: &Copy) -> Result<Allowed, Problem> {
        let signer = PersonId::parse(&copy.signer).map_err(|_| Problem::internal("the signer is no id"))?;
        let what = Signing { kind: copy.form.code(), field: "", secrecy: 0 };
        Ok(self.may_sign(&signer, &copy.agency, &what, self.ambient.now()).await??)
    }
}

fn invalid(errors: Vec<FieldError>) -> Problem {
    let mut problem = Problem::invalid("copy_invalid", "something is missing or wrong in what was asked");
    problem.errors = errors;
    problem
}
