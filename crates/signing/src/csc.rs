//! Keys at a remote signing service (Cloud Signature Consortium API, version 1.0.4): the client.

use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::BASE64;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::document_signer::{Authorisation, DocumentSigner, DocumentSignerError, hashes_of};
use crate::{Certificate, DigestAlgorithm, ServiceTransport, SignatureAlgorithm};

/// Longest answer that is read: 200 signatures of RSA with 4096 bits have 140 kB.
const LONGEST_ANSWER: usize = 1 << 20;
/// Most certificates of one credential.
const MOST_CERTIFICATES: usize = 16;

/// Where a key is asked for.
#[derive(Clone)]
pub struct CscConfig {
    /// Address of the service, up to what comes before `/csc/v1`.
    pub service: String,
    /// Id of the key there.
    pub credential: String,
    /// Access token.
    pub token: String,
}

impl std::fmt::Debug for CscConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CscConfig").field("service", &self.service).finish_non_exhaustive()
    }
}

/// A key at a remote service. It signs hashes that its holder authorised with a PIN, and nothing else.
pub struct CscSigner {
    config: CscConfig,
    transport: Arc<dyn ServiceTransport>,
    certificate: Certificate,
    chain: Vec<Certificate>,
    algorithm: SignatureAlgorithm,
}

impl std::fmt::Debug for CscSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CscSigner").field("config", &self.config).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Info {
    cert: InfoCertificates,
    key: InfoKey,
}

#[derive(Deserialize)]
struct InfoCertificates {
    certificates: Vec<String>,
}

#[derive(Deserialize)]
struct InfoKey {
    status: String,
    algo: Vec<String>,
}

#[derive(Deserialize)]
struct Activation {
    #[serde(rename = "SAD")]
    secret: String,
}

#[derive(Deserialize)]
struct Signatures {
    signatures: Vec<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl CscSigner {
    /// Asks the service for the certificates of a key.
    ///
    /// # Errors
    /// [`DocumentSignerError`]: the service refuses, does not answer, or names a key this house does not sign with.
    pub async fn open(
        config: CscConfig,
        transport: Arc<dyn ServiceTransport>,
    ) -> Result<CscSigner, DocumentSignerError> {
        let question = json!({ "credentialID": config.credential, "certificates": "chain", "certInfo": false });
        let info: Info = ask(&config, transport.as_ref(), "credentials/info", &question).await?;
        if info.key.status != "enabled" {
            return Err(DocumentSignerError::Refused("the key is disabled".to_owned()));
        }
        if info.cert.certificates.len() > MOST_CERTIFICATES {
            return Err(DocumentSignerError::Answer("too many certificates"));
        }
        let mut certificates = Vec::new();
        for text in &info.cert.certificates {
            let der = BASE64.decode(text.as_bytes()).map_err(|_| DocumentSignerError::Answer("certificates"))?;
            certificates.push(Certificate::from_der(&der)?);
        }
        let mut certificates = certificates.into_iter();
        let certificate = certificates.next().ok_or(DocumentSignerError::Answer("no certificate"))?;
        let algorithm = SignatureAlgorithm::of_public_key(certificate.public_key())?;
        // A root comes along sometimes; whoever reads the signature has its own.
        let chain = certificates.filter(|one| one.issuer_der() != one.subject_der()).collect();
        if !info.key.algo.contains(&algorithm.identifier().oid.to_string()) && !info.key.algo.contains(&bare(algorithm))
        {
            return Err(DocumentSignerError::Answer("the key does not sign as its certificate says"));
        }
        Ok(CscSigner { config, transport, certificate, chain, algorithm })
    }
}

/// The object identifier of the key alone, as some services name it.
fn bare(algorithm: SignatureAlgorithm) -> String {
    match algorithm {
        SignatureAlgorithm::EcdsaP256 => "1.2.840.10045.2.1".to_owned(),
        _ => "1.2.840.113549.1.1.1".to_owned(),
    }
}

async fn ask<T: DeserializeOwned>(
    config: &CscConfig,
    transport: &dyn ServiceTransport,
    method: &str,
    question: &Value,
) -> Result<T, DocumentSignerError> {
    let address = format!("{}/csc/v1/{method}", config.service.trim_end_matches('/'));
    let (status, body) = transport.post_json(&address, &config.token, question.to_string().into_bytes()).await?;
    if body.len() > LONGEST_ANSWER {
        return Err(DocumentSignerError::Answer("longer than any answer"));
    }
    if status != 200 {
        let code = serde_json::from_slice::<Refusal>(&body).ok().map(|refusal| refusal.error);
        // The code is one of the standard's words; a text of the service may say anything and stays there.
        let code = code.filter(|code| code.len() <= 64 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        return Err(DocumentSignerError::Refused(code.unwrap_or_else(|| format!("status {status}"))));
    }
    serde_json::from_slice(&body).map_err(|_| DocumentSignerError::Answer("not of its form"))
}

fn encoded(hashes: &[Vec<u8>]) -> Vec<String> {
    hashes.iter().map(|hash| BASE64.encode(hash)).collect()
}

#[async_trait]
impl DocumentSigner for CscSigner {
    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    async fn authorize(
        &self,
        hashes: &[Vec<u8>],
        activation: Option<&str>,
    ) -> Result<Authorisation, DocumentSignerError> {
        // The bounds of a batch are looked at before anybody is asked.
        Authorisation::over(hashes, None)?;
        let mut question = json!({
            "credentialID": self.config.credential, "numSignatures": hashes.len(), "hash": encoded(hashes),
        });
        if let Some(pin) = activation {
            question["PIN"] = json!(pin);
        }
        let answer: Activation = ask(&self.config, self.transport.as_ref(), "credentials/authorize", &question).await?;
        Authorisation::over(hashes, Some(answer.secret))
    }

    async fn sign(
        &self,
        authorisation: &mut Authorisation,
        messages: &[Vec<u8>],
    ) -> Result<Vec<Vec<u8>>, DocumentSignerError> {
        let hashes = hashes_of(messages);
        authorisation.spend(&hashes)?;
        let question = json!({
            "credentialID": self.config.credential,
            "SAD": authorisation.secret().ok_or(DocumentSignerError::NotAuthorised)?,
            "hash": encoded(&hashes),
            "hashAlgo": DigestAlgorithm::Sha256.oid().to_string(),
            "signAlgo": self.algorithm.identifier().oid.to_string(),
        });
        let answer: Signatures = ask(&self.config, self.transport.as_ref(), "signatures/signHash", &question).await?;
        if answer.signatures.len() != hashes.len() {
            return Err(DocumentSignerError::Answer("another number of signatures"));
        }
        let wrong = |_| DocumentSignerError::Answer("signatures");
        answer.signatures.iter().map(|text| BASE64.decode(text.as_bytes()).map_err(wrong)).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Mutex;

    use super::*;
    use crate::TransportError;
    use crate::fixture::Order;

    /// A service that answers one thing after the other and remembers the questions.
    struct Told(Mutex<Vec<(u16, Value)>>, Mutex<Vec<(String, Value)>>);

    #[async_trait]
    impl ServiceTransport for Told {
        async fn post_json(&self, url: &str, token: &str, body: Vec<u8>) -> Result<(u16, Vec<u8>), TransportError> {
            assert_eq!(token, "secret");
            self.1.lock().unwrap().push((url.to_owned(), serde_json::from_slice(&body).unwrap()));
            let (status, answer) = self.0.lock().unwrap().remove(0);
            Ok((status, answer.to_string().into_bytes()))
        }
    }

    fn config() -> CscConfig {
        CscConfig {
            service: "https://sign.example.vn/".to_owned(),
            credential: "c1".to_owned(),
            token: "secret".to_owned(),
        }
    }

    fn info(certificate: &Certificate) -> Value {
        json!({ "key": { "status": "enabled", "algo": ["1.2.840.10045.4.3.2"] },
                "cert": { "certificates": [BASE64.encode(certificate.der())] } })
    }

    #[tokio::test]
    async fn one_activation_signs_a_batch_and_nothing_outside_is_sent() {
        let issued = Order::signer("Nguyen Van A", 3).issue(None);
        let messages = vec![b"one".to_vec(), b"two".to_vec()];
        let hashes = hashes_of(&messages);
        let signatures: Vec<String> =
            hashes.iter().map(|hash| BASE64.encode(&issued.key.sign_digest(hash).unwrap())).collect();
        let answers = vec![
            (200, info(&issued.certificate)),
            (200, json!({ "SAD": "sad", "expiresIn": 300 })),
            (200, json!({ "signatures": signatures })),
        ];
        let told = Arc::new(Told(Mutex::new(answers), Mutex::default()));
        let signer = CscSigner::open(config(), told.clone()).await.unwrap();
        let mut right = signer.authorize(&hashes, Some("271828")).await.unwrap();
        let outside = signer.sign(&mut right, &[b"three".to_vec()]).await;
        assert!(matches!(outside, Err(DocumentSignerError::NotAuthorised)));
        let signed = signer.sign(&mut right, &messages).await.unwrap();
        let way = signer.algorithm.identifier();
        for (message, signature) in messages.iter().zip(&signed) {
            crate::verify(signer.certificate().public_key(), &way, None, message, signature).unwrap();
        }
        let asked = told.1.lock().unwrap();
        assert_eq!(asked.len(), 3, "nothing was asked for the hash outside");
        assert_eq!(asked[1].0, "https://sign.example.vn/csc/v1/credentials/authorize");
        assert_eq!((&asked[1].1["PIN"], &asked[1].1["numSignatures"]), (&json!("271828"), &json!(2)));
        assert_eq!((&asked[2].1["SAD"], &asked[2].1["hash"]), (&json!("sad"), &asked[1].1["hash"]));
    }

    #[tokio::test]
    async fn refusals_and_strange_answers_are_errors() {
        let issued = Order::signer("Nguyen Van A", 3).issue(None);
        let open = async |answer: (u16, Value)| {
            CscSigner::open(config(), Arc::new(Told(Mutex::new(vec![answer]), Mutex::default()))).await
        };
        let refused = open((401, json!({ "error": "invalid_token" }))).await;
        assert!(matches!(refused, Err(DocumentSignerError::Refused(code)) if code == "invalid_token"));
        let talks = open((400, json!({ "error": "Nguyễn Văn A: 031190000015" }))).await;
        assert!(matches!(talks, Err(DocumentSignerError::Refused(code)) if code == "status 400"));
        let mut disabled = info(&issued.certificate);
        disabled["key"]["status"] = json!("disabled");
        let mut other = info(&issued.certificate);
        other["key"]["algo"] = json!(["1.2.840.113549.1.1.11"]);
        for (name, answer) in [
            ("disabled", disabled),
            ("another algorithm", other),
            ("no certificate", json!({ "key": { "status": "enabled", "algo": [] }, "cert": { "certificates": [] } })),
            ("not its form", json!([])),
        ] {
            assert!(open((200, answer)).await.is_err(), "{name}");
        }
    }
}
