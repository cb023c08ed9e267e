//! Documents in their simple form: an accessible printable page, rendered from a template of the pack and signed.
//!
//! What those who decide see before they sign, and what a city without certificates issues; papers are beside it, in
//! `sealed`. Templates are data and see data only: no file, no network, no other template, and a limit on their work.
//! The page is complete in itself: no script, no other host.

use std::sync::Arc;

use askama::Template as _;
use haidang_contracts::ContractError;
use haidang_contracts::documents::{DocumentRequest, SignedDocument, Signer};
use haidang_kernel::bilingual::Bilingual;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use sha2::{Digest as _, Sha256};

/// Steps a template may take; a long register entry needs about two thousand.
const FUEL: u64 = 200_000;

/// Renders with minijinja and signs with the agency's key.
pub struct PageDocuments {
    signer: Arc<dyn Signer>,
    city: Bilingual,
    demo: bool,
}

/// The page around what the pack's template prints.
#[derive(askama::Template)]
#[template(path = "result.html")]
struct ResultPage<'request> {
    lang: &'request str,
    title: &'request str,
    number: Option<&'request str>,
    agency_name: &'request str,
    demo: bool,
    body: String,
}

impl PageDocuments {
    /// Signs with this signer; `demo` marks every paper of a demonstration city.
    pub fn new(signer: Arc<dyn Signer>, city: Bilingual, demo: bool) -> PageDocuments {
        PageDocuments { signer, city, demo }
    }

    /// Name of the city.
    pub fn city(&self) -> &Bilingual {
        &self.city
    }

    /// Renders the template with the data and signs the bytes with the agency's key.
    ///
    /// # Errors
    /// `Internal` for a template that fails; what the key says.
    pub async fn produce(&self, request: &DocumentRequest) -> Result<SignedDocument, ContractError> {
        let bytes = self.page(request)?.into_bytes();
        let (signature, key_id) = self.signer.sign(&request.agency, &bytes).await?;
        let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
        Ok(SignedDocument {
            bytes,
            media_type: "text/html; charset=utf-8".to_owned(),
            sha256,
            signature,
            algorithm: "EdDSA".to_owned(),
            key_id,
        })
    }

    /// The body as it would be printed, as safe HTML without number, code or signature.
    ///
    /// # Errors
    /// `Internal` for a template that fails.
    pub fn preview(&self, request: &DocumentRequest) -> Result<String, ContractError> {
        // The page around it has a first heading of its own.
        Ok(self.body(request, String::new())?.replace("<h1", "<h2").replace("</h1>", "</h2>"))
    }

    /// Whether signature, key and bytes agree.
    ///
    /// # Errors
    /// What the key says.
    pub async fn verify(&self, bytes: &[u8], signature: &str, key_id: &str) -> Result<bool, ContractError> {
        self.signer.verify(bytes, signature, key_id).await
    }

    fn body(&self, request: &DocumentRequest, qr: String) -> Result<String, ContractError> {
        let own = context! {
            verify_url => request.verify_url.as_str(),
            demo => self.demo,
            city => context! { name => self.city.vi.as_str(), name_en => self.city.en.as_deref() },
            // Drawn by us from an address of ours: the one value that is markup.
            qr => Value::from_safe_string(qr),
        };
        let given = Value::from(Serde(&request.data));
        render(&request.template, context! { ..own, ..given })
    }

    fn page(&self, request: &DocumentRequest) -> Result<String, ContractError> {
        let body = self.body(request, haidang_ui::qr_svg(&request.verify_url))?;
        let page = ResultPage {
            lang: if request.language == "en" { "en" } else { "vi" },
            title: &request.title,
            number: request.number.as_deref(),
            agency_name: &request.agency_name,
            demo: self.demo,
            body,
        };
        page.render().map_err(|error| ContractError::Internal(format!("template: {error}")))
    }
}

/// Renders a template of the pack. Every value is escaped as HTML.
///
/// A variable that the data lack may be asked for ("if the father is known") but not printed: an empty line on a
/// certificate would be a fault nobody sees.
fn render(template: &str, data: Value) -> Result<String, ContractError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(FUEL));
    environment.render_str(template, data).map_err(|error| {
        // Kind and line only: a message may quote the value of a person.
        ContractError::Internal(format!("template: {:?} at line {}", error.kind(), error.line().unwrap_or(0)))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use haidang_kernel::ambient::Ambient;
    use haidang_signing::{FolderSigner, KeyFolder};
    use serde_json::json;

    fn request(template: &str, data: serde_json::Value) -> DocumentRequest {
        DocumentRequest {
            title: "Giấy khai sinh".into(),
            language: "vi".into(),
            template: template.into(),
            paper: None,
            data,
            agency: "H24.11824".into(),
            agency_name: "Ủy ban nhân dân xã Mẫu".into(),
            number: Some("12/2026".into()),
            token: "t".into(),
            verify_url: "http://localhost/kq/t".into(),
            issued_on: "2026-11-24".into(),
            signer: None,
        }
    }

    fn documents(folder: &std::path::Path) -> PageDocuments {
        let ambient = Ambient::fixed("2026-11-24T02:00:00Z".parse().unwrap(), 1);
        let signer = FolderSigner::new(
            KeyFolder::new(folder, haidang_signing::Sealer::open([7; 32]).unwrap(), ambient.clone()),
            ambient,
        );
        PageDocuments::new(Arc::new(signer), Bilingual::new("Thành phố Mẫu", "Sample City"), true)
    }

    #[tokio::test]
    async fn a_document_is_rendered_escaped_signed_and_verified() {
        let place = tempfile::tempdir().unwrap();
        let documents = documents(place.path());
        let template =
            "<h1>{{ form.name }}</h1>{% if form.father %}{{ form.father }}{% endif %}{{ qr|safe }}{{ city.name }}";
        let made = documents.produce(&request(template, json!({ "form": { "name": "<b>Lê & An" } }))).await.unwrap();
        let text = String::from_utf8(made.bytes.clone()).unwrap();
        assert!(text.contains("<h1>&lt;b&gt;Lê &amp; An</h1>"), "{text}");
        assert!(text.contains("<svg xmlns=") && text.contains("Thành phố Mẫu") && text.contains("MINH HỌA"));
        assert!(documents.verify(&made.bytes, &made.signature, &made.key_id).await.unwrap());
        let mut changed = made.bytes;
        changed[100] ^= 1;
        assert!(!documents.verify(&changed, &made.signature, &made.key_id).await.unwrap());
    }

    #[tokio::test]
    async fn templates_reach_nothing_and_end() {
        let place = tempfile::tempdir().unwrap();
        let documents = documents(place.path());
        for template in [
            "{{ form.missing }}",
            "{% include '/etc/passwd' %}",
            "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}",
            "{{",
        ] {
            let answer = documents.produce(&request(template, json!({ "form": {} }))).await;
            assert!(matches!(answer, Err(ContractError::Internal(_))), "{template}");
        }
    }
}
