//! The second half: a container out of what was kept.

use std::io::{Cursor, Read, Seek, Write};

use data_encoding::BASE64;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::statement::MEDIA_TYPE;
use super::{
    EvidenceSigner, Layout, MAX_ENTRY, MIME_TYPE, SIGNATURE_VALUE_ID, SIGNATURES_NAMESPACE, SignedStatement,
    XADES_NAMESPACE, entry,
};
use crate::hash_chain::{HashChainError, Leaf, Proof, Sha512Value, sha512, write_chain, write_result};
use crate::xml::algorithm::digest_uri;
use crate::xml::{Canonicalization, SIGNATURE_NAMESPACE};
use crate::{Certificate, DigestAlgorithm, Hasher};

/// What is read of a body at once.
const PIECE: usize = 64 * 1024;

/// Why there is no container.
#[derive(Debug, thiserror::Error)]
pub enum AsiceError {
    /// The bytes at hand are not those that were signed.
    #[error("{0} is not what was signed")]
    OtherContent(&'static str),
    /// The statement and the parts differ in whether there is a body.
    #[error("the statement and the parts differ in whether there is a body")]
    Body,
    /// A part is longer than any verifier would read.
    #[error("{0} is longer than 64 MB")]
    TooLong(&'static str),
    /// In X-Road's layout the batch is over the whole signature file, which a stamp of its own would change.
    #[error("X-Road's layout has room for one time stamp: of the batch, or of the signature alone")]
    TwoStamps,
    /// The batch proof cannot be written.
    #[error(transparent)]
    HashChain(#[from] HashChainError),
    /// The container cannot be written.
    #[error("the container cannot be written: {0}")]
    Io(#[from] std::io::Error),
    /// The container cannot be written.
    #[error("the container cannot be written: {0}")]
    Zip(#[from] zip::result::ZipError),
}

/// A signature with what shows that its certificate was good. All of it is known when a batch is stamped, and must stay
/// the same until the container is written.
#[derive(Debug, Clone, Copy)]
pub struct SignatureParts<'s> {
    /// Whose signature it is.
    pub signer: &'s EvidenceSigner,
    /// What was signed.
    pub signed: &'s SignedStatement,
    /// What an OCSP responder said about the certificate (DER).
    pub ocsp: Option<&'s [u8]>,
    /// Certificates between the signer's, or the responder's, and the root.
    pub certificates: &'s [Certificate],
}

/// The proof that a signature was in a stamped batch.
#[derive(Debug, Clone, Copy)]
pub struct BatchProof<'p> {
    /// The way from [`SignatureParts::leaf`] to the top of the batch.
    pub proof: &'p Proof,
    /// The time stamp over [`batch_stamped_bytes`].
    pub token: &'p [u8],
}

/// All that a container holds, but its body.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'c> {
    /// The signature.
    pub signature: SignatureParts<'c>,
    /// The message, as it was signed.
    pub message: &'c [u8],
    /// A time stamp over [`SignedStatement::stamped_bytes`].
    pub time_stamp: Option<&'c [u8]>,
    /// The batch it was in.
    pub batch: Option<BatchProof<'c>>,
}

/// The bytes a batch stamp is over: the result file of every container of the batch.
pub fn batch_stamped_bytes(layout: Layout, top: &Sha512Value) -> String {
    match layout {
        Layout::Standard => write_result(entry::BATCH_CHAIN, top),
        Layout::XRoad => write_result(&format!("/{}", entry::XROAD_CHAIN), top),
    }
}

impl SignatureParts<'_> {
    /// What goes into the batch for this signature: the digest of the canonical `SignatureValue` element in the standard
    /// layout, as a stamp of its own would cover; of the whole signature file in X-Road's.
    pub fn leaf(&self) -> Sha512Value {
        match self.signed.layout {
            Layout::Standard => sha512(self.signed.value_element().as_bytes()),
            Layout::XRoad => sha512(self.signatures(None).as_bytes()),
        }
    }

    /// `META-INF/signatures.xml`. What is signed or stamped stands in it in canonical form, declarations included.
    fn signatures(&self, time_stamp: Option<&[u8]>) -> String {
        let SignatureParts { signer, signed, .. } = self;
        format!(
            "<asic:XAdESSignatures xmlns:asic=\"{SIGNATURES_NAMESPACE}\" xmlns:ds=\"{SIGNATURE_NAMESPACE}\" \
             xmlns:xades=\"{XADES_NAMESPACE}\"><ds:Signature Id=\"signature\">{}{}<ds:KeyInfo><ds:X509Data>\
             <ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo><ds:Object>\
             <xades:QualifyingProperties Target=\"#signature\">{}{}</xades:QualifyingProperties></ds:Object>\
             </ds:Signature></asic:XAdESSignatures>",
            signer.signed_info(signed.layout, &signed.statement),
            signed.value_element(),
            BASE64.encode(signer.certificate().der()),
            signer.signed_properties(&signed.statement),
            self.unsigned_properties(time_stamp),
        )
    }

    fn unsigned_properties(&self, time_stamp: Option<&[u8]>) -> String {
        let mut inner = String::new();
        if let Some(token) = time_stamp {
            inner.push_str(&format!(
                "<xades:SignatureTimeStamp><ds:CanonicalizationMethod Algorithm=\"{}\"></ds:CanonicalizationMethod>\
                 <xades:EncapsulatedTimeStamp>{}</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>",
                Canonicalization::Exclusive.uri(),
                BASE64.encode(token)
            ));
        }
        if !self.certificates.is_empty() {
            let each = |one: &Certificate| {
                let der = BASE64.encode(one.der());
                format!("<xades:EncapsulatedX509Certificate>{der}</xades:EncapsulatedX509Certificate>")
            };
            let all: String = self.certificates.iter().map(each).collect();
            inner.push_str(&format!("<xades:CertificateValues>{all}</xades:CertificateValues>"));
        }
        if let Some(answer) = self.ocsp {
            inner.push_str(&format!(
                "<xades:RevocationValues><xades:OCSPValues><xades:EncapsulatedOCSPValue>{}\
                 </xades:EncapsulatedOCSPValue></xades:OCSPValues></xades:RevocationValues>",
                BASE64.encode(answer)
            ));
        }
        if inner.is_empty() {
            return inner;
        }
        format!(
            "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>{inner}\
             </xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
        )
    }
}

impl Contents<'_> {
    /// Writes the container in memory.
    ///
    /// # Errors
    /// As [`Contents::write`].
    pub fn to_bytes(&self, body: Option<&[u8]>) -> Result<Vec<u8>, AsiceError> {
        let mut reader = body;
        let body = reader.as_mut().map(|body| body as &mut dyn Read);
        Ok(self.write(body, Cursor::new(Vec::new()))?.into_inner())
    }

    /// Writes the container; the body passes through in constant memory. After an error what was written is no
    /// container.
    ///
    /// # Errors
    /// [`AsiceError`]: the bytes are not those that were signed, or nothing can be written.
    pub fn write<W: Write + Seek>(&self, body: Option<&mut dyn Read>, out: W) -> Result<W, AsiceError> {
        let SignedStatement { layout, statement, .. } = self.signature.signed;
        if sha512(self.message) != statement.message {
            return Err(AsiceError::OtherContent("the message"));
        }
        if self.message.len() as u64 > MAX_ENTRY {
            return Err(AsiceError::TooLong("the message"));
        }
        if *layout == Layout::XRoad && self.time_stamp.is_some() && self.batch.is_some() {
            return Err(AsiceError::TwoStamps);
        }
        let batch = self.batch.map(|batch| self.batch_entries(*layout, &batch)).transpose()?.unwrap_or_default();
        let signatures = self.signature.signatures(self.time_stamp);

        let mut zip = ZipWriter::new(out);
        // Always the same container for the same parts: no clock of this machine in it.
        let packed = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default());
        // ETSI EN 319 162-1, A.1: the first entry, neither packed nor with an extra field.
        zip.start_file(entry::MIMETYPE, packed.compression_method(CompressionMethod::Stored))?;
        zip.write_all(MIME_TYPE.as_bytes())?;
        zip.start_file(entry::MESSAGE, packed)?;
        zip.write_all(self.message)?;
        match (body, &statement.body) {
            (None, None) => {}
            (Some(body), Some(digest)) => {
                zip.start_file(entry::BODY, packed)?;
                copy(body, &mut zip, digest)?;
            }
            _ => return Err(AsiceError::Body),
        }
        let manifest = manifest(statement.body.is_some(), &batch);
        let fixed = [(entry::MANIFEST, manifest.into_bytes()), (entry::SIGNATURES, signatures.into_bytes())];
        for (name, bytes) in fixed.into_iter().chain(batch) {
            zip.start_file(name, packed)?;
            zip.write_all(&bytes)?;
        }
        Ok(zip.finish()?)
    }

    fn batch_entries(
        &self,
        layout: Layout,
        batch: &BatchProof<'_>,
    ) -> Result<Vec<(&'static str, Vec<u8>)>, AsiceError> {
        let digest = self.signature.leaf();
        let result = batch_stamped_bytes(layout, &batch.proof.top(&digest)).into_bytes();
        let token = batch.token.to_vec();
        let piece = format!("{}#{SIGNATURE_VALUE_ID}", entry::SIGNATURES);
        let file = format!("/{}", entry::SIGNATURES);
        let address = if layout == Layout::Standard { piece } else { file };
        let chain = write_chain(batch.proof, &Leaf { address: &address, digest })?.into_bytes();
        Ok(match layout {
            Layout::Standard => {
                vec![(entry::BATCH_CHAIN, chain), (entry::BATCH_RESULT, result), (entry::BATCH_TOKEN, token)]
            }
            Layout::XRoad => {
                let covered = token_manifest(&result).into_bytes();
                vec![
                    (entry::XROAD_CHAIN, chain),
                    (entry::XROAD_RESULT, result),
                    (entry::XROAD_MANIFEST, covered),
                    (entry::XROAD_TOKEN, token),
                ]
            }
        })
    }
}

/// Copies a body that must have this digest.
fn copy(body: &mut dyn Read, out: &mut impl Write, digest: &Sha512Value) -> Result<(), AsiceError> {
    let mut hasher = Hasher::new(DigestAlgorithm::Sha512);
    let mut length = 0;
    let mut piece = vec![0; PIECE];
    loop {
        let read = body.read(&mut piece)?;
        let Some(part) = piece.get(..read).filter(|part| !part.is_empty()) else { break };
        length += read as u64;
        if length > MAX_ENTRY {
            return Err(AsiceError::TooLong("the body"));
        }
        hasher.update(part);
        out.write_all(part)?;
    }
    if hasher.finish() == digest { Ok(()) } else { Err(AsiceError::OtherContent("the body")) }
}

/// `META-INF/manifest.xml` (OpenDocument 1.2, part 3): the files outside `META-INF` and their types.
fn manifest(body: bool, batch: &[(&'static str, Vec<u8>)]) -> String {
    let mut lines = format!("<manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{MIME_TYPE}\"/>");
    let own = [Some(entry::MESSAGE), body.then_some(entry::BODY)].into_iter().flatten().map(|name| (name, MEDIA_TYPE));
    let outside = batch.iter().map(|(name, _)| *name).filter(|name| !name.starts_with("META-INF/"));
    for (name, kind) in own.chain(outside.map(|name| (name, "text/xml"))) {
        lines.push_str(&format!("<manifest:file-entry manifest:full-path=\"{name}\" manifest:media-type=\"{kind}\"/>"));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<manifest:manifest \
         xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" manifest:version=\"1.2\">{lines}\
         </manifest:manifest>"
    )
}

/// `META-INF/ASiCManifest.xml`: which token is over which file. The namespace is X-Road's, without the leading zero of
/// ETSI's.
fn token_manifest(result: &[u8]) -> String {
    format!(
        "<asic:ASiCManifest xmlns:asic=\"{}\" xmlns:ds=\"{SIGNATURE_NAMESPACE}\"><asic:SigReference URI=\"{}\" \
         MimeType=\"vnd.etsi.timestamp-token\"></asic:SigReference><asic:DataObjectReference URI=\"{}\" \
         MimeType=\"text/xml\"><ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod><ds:DigestValue>{}</ds:DigestValue>\
         </asic:DataObjectReference></asic:ASiCManifest>",
        super::proofs::MANIFEST_NAMESPACE,
        entry::XROAD_TOKEN,
        entry::XROAD_RESULT,
        digest_uri(DigestAlgorithm::Sha512),
        BASE64.encode(&sha512(result)),
    )
}
