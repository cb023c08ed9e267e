//! The paper of a document: what its template prints, and each form of it as a file that stays.
//!
//! What the template named in `office/kinds.toml` receives is the data of `official/document` (docs/guide/typesetting.md):
//! `kind`, `parent`, `organ`, `place`, `notation`, `subject`, `urgency`, `addressees`, `bases`, `body`, `recipients`,
//! `drafter`, `signature` from the answer of authority and never typed, and `qr`. There is never a `number` or `date`: their
//! places stay open for the organ's signature (mode A).

use super::body;
use super::model::{Content, Document, DocumentRecord};
use super::record;
use super::settings::Kind;
use super::sql;
use crate::authority::{Allowed, Refusal, Signing};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::Agency;
use haidang_contracts::papers::{PaperAttachment, PaperPlace, PaperRequest};
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{Row, StoreError, Stored, Tx, Value, args};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A form of the paper.
#[derive(Debug, Clone)]
pub struct Paper {
    /// Version it was typeset from.
    pub version: i64,
    /// `typeset`, `initials`, `officer`, `organ`.
    pub step: String,
    /// SHA-256, hex.
    pub sha256: String,
    /// Bytes.
    pub size: i64,
    /// Pages.
    pub pages: i64,
    /// Named places on its pages.
    pub places: BTreeMap<String, PaperPlace>,
    /// Lines of the block above the signature.
    pub block: Vec<String>,
    /// Whether the empty fields of number and date are in it.
    pub prepared: bool,
}

impl Paper {
    pub(super) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            version: row.integer("version")?,
            step: row.text("step")?,
            sha256: row.text("sha256")?,
            size: row.integer("size")?,
            pages: row.integer("pages")?,
            places: row.json("places")?,
            block: row.json("block")?,
            prepared: row.boolean("prepared")?,
        })
    }
}

/// A form of the paper about to be kept.
pub(super) struct NewPaper {
    pub(super) sha256: String,
    blob: Stored,
    values: Vec<Value>,
}

impl NewPaper {
    pub(super) async fn write(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.execute(sql::INSERT_PAPER, self.values.clone()).await?;
        tx.keep_blob(&self.blob).await
    }
}

/// What the QR code says: the page that checks the document, and the digest of the record inside it; never of the file
/// that contains the code.
pub(super) fn qr(origin: &str, token: &str, record: &[u8]) -> String {
    let digest = Sha256::digest(record);
    let short: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{origin}/kq/{token}#{short}")
}

/// What the paper prints.
struct PaperWords<'w> {
    document: &'w Document,
    content: &'w Content,
    kind: &'w Kind,
    organ: &'w str,
    parent: Option<&'w str>,
    place: &'w str,
    notation: String,
    lines: &'w [String],
    name: &'w str,
    qr: &'w str,
}

/// The data of the template; keys that have nothing to say are left out.
fn paper_data(words: &PaperWords<'_>) -> serde_json::Value {
    let content = words.content;
    let receivers: Vec<&str> = content.recipients.iter().map(|one| one.name()).collect();
    let code = words.kind.paper_code();
    let mut data = json!({
        "kind": code,
        "kind_name": words.kind.name.vi,
        "organ": words.organ,
        "place": words.place,
        "notation": words.notation,
        "subject": content.subject,
        "body": body::printed(&body::blocks(&content.body)),
        "recipients": receivers,
        "drafter": text::initials(&words.document.drafter_name),
        "signature": { "lines": words.lines, "name": words.name },
        "qr": words.qr,
    });
    let mut add = |key: &str, value: serde_json::Value| {
        if let Some(map) = data.as_object_mut() {
            map.insert(key.to_owned(), value);
        }
    };
    if let Some(parent) = words.parent {
        add("parent", parent.into());
    }
    if !content.bases.is_empty() {
        add("bases", content.bases.clone().into());
    }
    // Whom a letter, an invitation, a telegram or a submission speaks to stands above its text too.
    if ["CV", "ThC", "GM", "CĐ", "TTr"].contains(&code) && !receivers.is_empty() {
        add("addressees", receivers.clone().into());
    }
    match content.urgency {
        1 => add("urgency", "khan".into()),
        2 => add("urgency", "thuong_khan".into()),
        3 => add("urgency", "hoa_toc".into()),
        _ => {}
    }
    data
}

impl OfficeRoom {
    pub(super) async fn organ(&self, code: &str) -> Result<Agency, Problem> {
        let found = self.directory.agency(code).await?;
        found.ok_or_else(|| Problem::conflict("agency_unknown", format!("the directory knows no agency {code}")))
    }

    /// Whether the signer of a document may sign it now, and how the block of the paper reads.
    ///
    /// # Errors
    /// What authority needs and cannot have; that the signer may not sign is an answer.
    pub async fn signer_may_sign(&self, document: &Document) -> Result<Result<Allowed, Refusal>, Problem> {
        let person = PersonId::parse(&document.signer).map_err(|_| Problem::internal("the signer is no id"))?;
        let kind = self.documents.kind(&document.kind).map(|kind| kind.code.as_str()).unwrap_or_default();
        let field = document.field.as_deref().unwrap_or_default();
        let what = Signing { kind, field, secrecy: 0 };
        self.may_sign(&person, &document.agency, &what, self.ambient.now()).await
    }

    /// What to typeset for a document as its newest version stands.
    ///
    /// # Errors
    /// `kind_unknown`; what the neighbours say.
    pub async fn paper_request(&self, document: &Document, content: &Content) -> Result<PaperRequest, Problem> {
        let organ = self.organ(&document.agency).await?;
        let kind = self.documents.kind(&content.kind);
        let kind = kind.ok_or_else(|| Problem::conflict("kind_unknown", "the pack no longer knows this kind"))?;
        let parent = match &organ.parent {
            Some(code) => self.directory.agency(code).await?.map(|agency| agency.name_vi),
            None => None,
        };
        // A paper nobody may sign is still read by its reviewers; its block stays empty and it cannot be signed.
        let (lines, name) = match self.signer_may_sign(document).await? {
            Ok(allowed) => (allowed.block_lines, allowed.name),
            Err(_) => (Vec::new(), content.signer_name.clone()),
        };
        let record = record::outgoing(&record::Given {
            document,
            content,
            kind,
            organ: &organ,
            settings: &self.documents,
            post: lines.last().map(String::as_str).unwrap_or_default(),
            pages: None,
        });
        let record = serde_json::to_vec_pretty(&record).map_err(|_| Problem::internal("a record does not print"))?;
        let qr = qr(&self.origin, &document.token, &record);
        let data = paper_data(&PaperWords {
            document,
            content,
            kind,
            organ: &organ.name_vi,
            parent: parent.as_deref(),
            place: self.documents.place(&document.agency),
            notation: self.documents.notation(kind, &organ),
            lines: &lines,
            name: &name,
            qr: &qr,
        });
        Ok(PaperRequest {
            template: kind.template.clone(),
            data,
            title: content.subject.clone(),
            language: "vi".to_owned(),
            dated: document.created_at.as_microsecond(),
            attachments: vec![PaperAttachment {
                name: "phu-luc-vi.json".to_owned(),
                media_type: "application/json".to_owned(),
                description:
                    "Thông tin đầu vào theo Phụ lục VI Nghị định 30/2020/NĐ-CP; bản có số và ngày ở trường appendix_vi"
                        .to_owned(),
                bytes: record,
            }],
        })
    }

    /// Typesets the newest version. The file is in the store; the row is for the caller's transaction.
    pub(super) async fn typeset_document(&self, reader: &Reader<'_>, document: &Document) -> Result<NewPaper, Problem> {
        let content = self.content(document, document.version).await?;
        let request = self.paper_request(document, &content).await?;
        let block: Vec<String> = request
            .data
            .pointer("/signature/lines")
            .and_then(|lines| serde_json::from_value(lines.clone()).ok())
            .unwrap_or_default();
        let typeset = self.typesetting.typeset(&request).await?;
        let paper = Paper {
            version: document.version,
            step: "typeset".to_owned(),
            sha256: String::new(),
            size: 0,
            pages: i64::try_from(typeset.pages).unwrap_or(i64::MAX),
            places: typeset.places,
            block,
            prepared: false,
        };
        self.new_paper(reader, document, &paper, &typeset.bytes).await
    }

    /// Another form of the paper: the bytes go to the store, the row to the caller's transaction.
    pub(super) async fn new_paper(
        &self,
        reader: &Reader<'_>,
        document: &Document,
        paper: &Paper,
        bytes: &[u8],
    ) -> Result<NewPaper, Problem> {
        let blob = self.blobs.put_bytes(bytes).await?;
        let id: Id<DocumentRecord> = self.ambient.new_id();
        let places = serde_json::to_value(&paper.places).map_err(|_| Problem::internal("places do not print"))?;
        let values = args![
            &id,
            document.id.as_str(),
            paper.version,
            paper.step.as_str(),
            blob.sha256.as_str(),
            i64::try_from(blob.size).unwrap_or(i64::MAX),
            paper.pages,
            places,
            json!(paper.block),
            paper.prepared,
            reader.actor.person.as_str(),
            self.ambient.now()
        ];
        Ok(NewPaper { sha256: blob.sha256.clone(), blob, values })
    }

    /// The newest form of the paper.
    ///
    /// # Errors
    /// `paper_missing` before it was sent to review.
    pub async fn paper(&self, document: &Document) -> Result<Paper, Problem> {
        let none = || Problem::conflict("paper_missing", "the document has no paper yet: send it to review first");
        let sha256 = document.file_sha256.as_deref().ok_or_else(none)?;
        let row = self.db.fetch_optional(sql::PAPER, args![document.id.as_str(), sha256]).await?.ok_or_else(none)?;
        Ok(Paper::read(&row)?)
    }

    /// The paper as a file for somebody who reads the document: what is stored, or a draft's newest version typeset
    /// for this look. The look is recorded.
    ///
    /// # Errors
    /// `document_not_found`, and what typesetting says.
    pub async fn read_paper(&self, reader: &Reader<'_>, id: &str) -> Result<(Document, Vec<u8>), Problem> {
        let document = self.document(reader, id).await?;
        self.record_document_read(reader, &document, "document.paper_read", document.file_sha256.as_deref()).await?;
        let bytes = match &document.file_sha256 {
            Some(sha256) => self.paper_bytes(&self.archive.newest(sha256).await?).await?,
            None => {
                let content = self.content(&document, document.version).await?;
                self.typesetting.typeset(&self.paper_request(&document, &content).await?).await?.bytes
            }
        };
        Ok((document, bytes))
    }
}
