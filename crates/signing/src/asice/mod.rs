//! Evidence containers: what a message of the data exchange was, who signed it and when, in one file (ASiC-E, ETSI EN
//! 319 162-1, with XAdES, ETSI EN 319 132-1).
//!
//! Making one comes in two halves, because a message must be signed before it is sent and hardly any container is ever
//! asked for. While it passes: [`EvidenceSigner::sign`] over a [`Statement`] (the digests and the time); what is kept is
//! the [`SignedStatement`]. Later, from the same bytes: [`Contents::write`], with the statuses and time stamps that prove
//! it. The same parts give the same container, byte by byte.
//!
//! [`verify`] judges a container of this house or of X-Road, without a network. It parses every file once, and says only
//! what it checked itself: [`Verdict`], or a [`Fault`] with a [`Reason`].

mod archive;
mod proofs;
mod statement;
mod trust;
mod verdict;
mod verify;
mod write;
mod xades;

pub use archive::{MAX_CONTAINER, MAX_ENTRY};
pub use statement::{EvidenceSigner, Layout, SignedStatement, Statement};
pub use verdict::{Fault, ProvenTime, Question, Reason, StampKind, Verdict};
pub use verify::verify;
pub use write::{AsiceError, BatchProof, Contents, SignatureParts, batch_stamped_bytes};

/// The content of `mimetype`.
pub const MIME_TYPE: &str = "application/vnd.etsi.asic-e+zip";
/// Namespace of XAdES properties.
pub(crate) const XADES_NAMESPACE: &str = "http://uri.etsi.org/01903/v1.3.2#";

/// Namespace of the file of signatures.
pub(crate) const SIGNATURES_NAMESPACE: &str = "http://uri.etsi.org/02918/v1.2.1#";

/// Names of the entries.
pub(crate) mod entry {
    pub(crate) const MIMETYPE: &str = "mimetype";
    pub(crate) const MESSAGE: &str = "message.xml";
    pub(crate) const BODY: &str = "attachment1";
    pub(crate) const SIGNATURES: &str = "META-INF/signatures.xml";
    pub(crate) const MANIFEST: &str = "META-INF/manifest.xml";
    /// A batch proof where X-Road keeps it.
    pub(crate) const XROAD_CHAIN: &str = "ts-hashchain.xml";
    pub(crate) const XROAD_RESULT: &str = "ts-hashchainresult.xml";
    pub(crate) const XROAD_TOKEN: &str = "META-INF/timestamp.tst";
    pub(crate) const XROAD_MANIFEST: &str = "META-INF/ASiCManifest.xml";
    /// A chain the signature itself covers, in place of the message.
    pub(crate) const SIGNED_RESULT: &str = "sig-hashchainresult.xml";
    /// A batch proof in the standard layout: tools read `META-INF/*signatures*.xml` and the manifest there, and files
    /// outside of it must be signed.
    pub(crate) const BATCH_CHAIN: &str = "META-INF/batch-hashchain.xml";
    pub(crate) const BATCH_RESULT: &str = "META-INF/batch-hashchainresult.xml";
    pub(crate) const BATCH_TOKEN: &str = "META-INF/batch-timestamp.tst";
}

/// Identifiers inside `signatures.xml`.
pub(crate) const SIGNED_PROPERTIES_ID: &str = "signed-properties";
pub(crate) const SIGNATURE_VALUE_ID: &str = "signature-value";
