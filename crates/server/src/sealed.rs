//! Documents as signed papers: typeset as PDF/A from the pack's templates and sealed with the agency's certificate.
//!
//! Where the pack has no template of that name or the city no certificates, a result keeps its simple form. The
//! detached signature of the simple form is made over the paper too, so that one check serves both.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::documents::{AgencyPaper, DocumentRequest, Documents, SignedDocument, Signer};
use haidang_contracts::papers::{
    FileToSign, JudgedFile, OfficeSigning, PaperRequest, SignatureRole, SigningOrder, SigningParty, Typesetting,
};
use haidang_documents::typeset::{PackTypesetting, Templates, Typesetter, code_128, qr_rows};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::documents::PageDocuments;
use crate::pack::Pack;

/// The templates of a pack, typeset in processes of this program or, without one, beside the requests.
///
/// # Errors
/// A template that cannot be read.
pub fn typesetting(pack: &Pack, program: Option<&Path>) -> anyhow::Result<Arc<dyn Typesetting>> {
    let folder = pack.folder.join("documents");
    let templates = Templates::read(&folder).with_context(|| folder.display().to_string())?;
    let typesetter = match program {
        Some(program) => Typesetter::isolated(program.to_owned(), WORKER.map(str::to_owned).to_vec()),
        None => Typesetter::new(None),
    };
    Ok(Arc::new(PackTypesetting::new(typesetter, templates)))
}

/// The command of this program that typesets for another process of it.
const WORKER: [&str; 2] = ["documents", "typeset-worker"];

/// Media type of a paper.
const PDF: &str = "application/pdf";

/// Papers where they can be made, the simple form elsewhere.
pub struct SealedDocuments {
    simple: PageDocuments,
    signer: Arc<dyn Signer>,
    typesetting: Arc<dyn Typesetting>,
    signing: Option<Arc<dyn OfficeSigning>>,
    demo: bool,
}

impl SealedDocuments {
    /// Papers typeset and signed by these; without `signing` every document keeps its simple form.
    pub fn new(
        simple: PageDocuments,
        signer: Arc<dyn Signer>,
        typesetting: Arc<dyn Typesetting>,
        signing: Option<Arc<dyn OfficeSigning>>,
        demo: bool,
    ) -> SealedDocuments {
        SealedDocuments { simple, signer, typesetting, signing, demo }
    }

    /// The result as its template of the pack takes it.
    fn result(&self, request: &DocumentRequest, template: &str) -> PaperRequest {
        let mut data = request.data.clone();
        if let Json::Object(map) = &mut data {
            let city = self.simple.city();
            map.insert("city".to_owned(), json!({ "name": city.vi, "name_en": city.en }));
            map.insert("verify_url".to_owned(), json!(request.verify_url));
            map.insert("qr".to_owned(), json!(qr_rows(&request.verify_url)));
            map.insert("demo".to_owned(), json!(self.demo));
        }
        PaperRequest {
            template: template.to_owned(),
            data,
            title: match &request.number {
                Some(number) => format!("{} số {number}", request.title),
                None => request.title.clone(),
            },
            language: request.language.clone(),
            dated: dated(&request.issued_on),
            attachments: Vec::new(),
        }
    }

    async fn seal(
        &self,
        signing: &Arc<dyn OfficeSigning>,
        request: &PaperRequest,
        agency: (&str, &str),
        reason: &str,
    ) -> Result<SignedDocument, ContractError> {
        let paper = self.typesetting.typeset(request).await?;
        let file = FileToSign {
            place: paper.places.get("organ").copied(),
            bytes: paper.bytes,
            fill: Default::default(),
            prepare: Default::default(),
            field: "organ".to_owned(),
            reason: reason.to_owned(),
        };
        let order = SigningOrder {
            role: SignatureRole::Organ,
            party: SigningParty::Organ { agency: agency.0.to_owned(), name: agency.1.to_owned() },
            files: vec![file],
            activation: None,
        };
        let sealed = signing.sign(order).await?.pop();
        let bytes = sealed.ok_or_else(|| ContractError::Internal("a sealed file is missing".to_owned()))?;
        let (signature, key_id) = self.signer.sign(agency.0, &bytes).await?;
        let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
        let algorithm = "EdDSA".to_owned();
        Ok(SignedDocument { bytes, media_type: PDF.to_owned(), sha256, signature, algorithm, key_id })
    }
}

/// Midnight of the day of issue in the city, in microseconds: the date of the file.
fn dated(day: &str) -> i64 {
    let midnight = day.parse::<jiff::civil::Date>().map(|day| day.to_datetime(jiff::civil::Time::midnight()));
    midnight.map_or(0, |moment| haidang_kernel::time::micros(haidang_kernel::time::at(moment)))
}

#[async_trait]
impl Documents for SealedDocuments {
    async fn produce(&self, request: &DocumentRequest) -> Result<SignedDocument, ContractError> {
        let template = request.paper.as_deref().filter(|name| self.typesetting.has_template(name));
        let (Some(signing), Some(template)) = (&self.signing, template) else {
            return self.simple.produce(request).await;
        };
        let paper = self.result(request, template);
        let agency = (request.agency.as_str(), request.agency_name.as_str());
        self.seal(signing, &paper, agency, "Phát hành kết quả").await
    }

    fn seals_papers(&self) -> bool {
        self.signing.is_some()
    }

    async fn seal_paper(&self, paper: &AgencyPaper) -> Result<SignedDocument, ContractError> {
        let Some(signing) = &self.signing else {
            let detail = "this city has no certificates to sign with".to_owned();
            return Err(ContractError::Refused { code: "certificate_missing", detail });
        };
        let mut request = paper.request.clone();
        if let Json::Object(map) = &mut request.data {
            map.insert("qr".to_owned(), json!(paper.qr.as_deref().map(qr_rows)));
            map.insert("bars".to_owned(), json!(paper.bars.as_deref().map(code_128)));
        }
        let agency = (paper.agency.as_str(), paper.agency_name.as_str());
        self.seal(signing, &request, agency, "Xác nhận của cơ quan").await
    }

    async fn judge(&self, bytes: &[u8]) -> Result<Option<JudgedFile>, ContractError> {
        match &self.signing {
            Some(signing) => signing.judge(bytes).await.map(Some),
            None => Ok(None),
        }
    }

    fn preview(&self, request: &DocumentRequest) -> Result<String, ContractError> {
        self.simple.preview(request)
    }

    async fn verify(&self, bytes: &[u8], signature: &str, key_id: &str) -> Result<bool, ContractError> {
        self.simple.verify(bytes, signature, key_id).await
    }
}
