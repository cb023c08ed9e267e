//! X.509 certificates (RFC 5280): read once, kept with the exact bytes their issuer signed.

use std::sync::Arc;

use der::asn1::{BitString, ObjectIdentifier};
use der::oid::AssociatedOid;
use der::oid::db::{rfc4519, rfc5280, rfc6960};
use der::{Decode, Tag, Tagged as _};
use jiff::Timestamp;
use x509_cert::TbsCertificate;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::crl::CrlDistributionPoints;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage,
    SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::{DigestAlgorithm, SigningError, algorithm, encoding, pem};

/// Upper bound of one certificate; those of trust services have 1 to 3 KiB.
pub const MAX_CERTIFICATE: usize = 64 * 1024;
/// Upper bound of certificates in one bundle.
pub const MAX_BUNDLE: usize = 1000;

/// A certificate. Cheap to clone; equal when its bytes are.
#[derive(Clone)]
pub struct Certificate(Arc<Parts>);

struct Parts {
    der: Vec<u8>,
    tbs: Vec<u8>,
    subject_der: Vec<u8>,
    issuer_der: Vec<u8>,
    content: TbsCertificate,
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: Vec<u8>,
    key_usage: Option<KeyUsage>,
    extended_key_usage: Option<ExtendedKeyUsage>,
    basic_constraints: Option<BasicConstraints>,
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Certificate) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The name of a person stays out of logs.
        f.debug_struct("Certificate").field("serial", &self.serial_hex()).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads one certificate, DER or PEM; of a PEM bundle the first.
    ///
    /// # Errors
    /// [`SigningError::Certificate`] when it is none, is too long, or contradicts RFC 5280 in what this house relies on.
    pub fn from_bytes(bytes: &[u8]) -> Result<Certificate, SigningError> {
        if bytes.first() == Some(&0x30) {
            return Certificate::from_der(bytes);
        }
        let first = Certificate::read_bundle(bytes)?.into_iter().next();
        first.ok_or(SigningError::Certificate("neither DER nor PEM"))
    }

    /// Reads one certificate out of its DER.
    ///
    /// # Errors
    /// As [`Certificate::from_bytes`].
    pub fn from_der(der: &[u8]) -> Result<Certificate, SigningError> {
        if der.len() > MAX_CERTIFICATE {
            return Err(SigningError::Certificate("longer than 64 KiB"));
        }
        Parts::read(der).map(|parts| Certificate(Arc::new(parts)))
    }

    /// Reads all certificates of a PEM bundle in their order, at most [`MAX_BUNDLE`]; other blocks are passed over.
    ///
    /// # Errors
    /// [`SigningError::Certificate`] when a block is damaged or there are too many.
    pub fn read_bundle(text: &[u8]) -> Result<Vec<Certificate>, SigningError> {
        let damaged = |_| SigningError::Certificate("PEM is damaged, or has too many certificates");
        let blocks = pem::blocks(text, "CERTIFICATE", MAX_BUNDLE).map_err(damaged)?;
        blocks.iter().map(|der| Certificate::from_der(der)).collect()
    }

    /// The certificate as its issuer signed it.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The certificate as PEM.
    pub fn to_pem(&self) -> String {
        pem::text("CERTIFICATE", self.der())
    }

    /// SHA-256 over the whole certificate: by this it is pinned and found again.
    pub fn fingerprint(&self) -> Vec<u8> {
        DigestAlgorithm::Sha256.digest(self.der())
    }

    /// All fields its issuer signed, as decoded.
    pub fn content(&self) -> &TbsCertificate {
        &self.0.content
    }

    /// Who it is for, as DER `Name`.
    pub fn subject_der(&self) -> &[u8] {
        &self.0.subject_der
    }

    /// Who issued it, as DER `Name`. Names are compared byte by byte: an authority writes its own name one way.
    pub fn issuer_der(&self) -> &[u8] {
        &self.0.issuer_der
    }

    /// Who it is for, as text (RFC 4514). It may name a person.
    pub fn subject(&self) -> String {
        self.0.content.subject.to_string()
    }

    /// Who issued it, as text (RFC 4514).
    pub fn issuer(&self) -> String {
        self.0.content.issuer.to_string()
    }

    /// An attribute of the subject's name as text, such as `2.5.4.5` (serial number); the last one when repeated.
    pub fn subject_attribute(&self, kind: ObjectIdentifier) -> Option<String> {
        attribute(&self.0.content.subject, kind)
    }

    /// Common name of the subject.
    pub fn common_name(&self) -> Option<String> {
        self.subject_attribute(rfc4519::COMMON_NAME)
    }

    /// Common name of the issuer.
    pub fn issuer_common_name(&self) -> Option<String> {
        attribute(&self.0.content.issuer, rfc4519::COMMON_NAME)
    }

    /// Serial number, the bytes of its DER INTEGER.
    pub fn serial(&self) -> &[u8] {
        self.0.content.serial_number.as_bytes()
    }

    /// Serial number in upper-case hexadecimal, as tools print it.
    pub fn serial_hex(&self) -> String {
        let bytes = self.serial();
        // The sign byte of a DER INTEGER is no part of the number.
        let shown = if bytes.len() > 1 { bytes.strip_prefix(&[0]).unwrap_or(bytes) } else { bytes };
        data_encoding::HEXUPPER.encode(shown)
    }

    /// First moment at which it is valid.
    pub fn not_before(&self) -> Timestamp {
        encoding::timestamp(self.0.content.validity.not_before.to_unix_duration()).unwrap_or(Timestamp::MAX)
    }

    /// Last second in which it is valid.
    pub fn not_after(&self) -> Timestamp {
        encoding::timestamp(self.0.content.validity.not_after.to_unix_duration()).unwrap_or(Timestamp::MIN)
    }

    /// Whether `at` lies within its validity, both ends included.
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        // The last second counts as a whole one.
        self.not_before() <= at && at.as_second() <= self.not_after().as_second()
    }

    /// What its key may be used for; none when the certificate does not say.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.key_usage
    }

    /// Purposes of its key (EKU); none when the certificate does not say.
    pub fn extended_key_usage(&self) -> Option<&[ObjectIdentifier]> {
        self.0.extended_key_usage.as_ref().map(|usage| usage.0.as_slice())
    }

    /// Whether it may issue certificates (basicConstraints).
    pub fn is_authority(&self) -> bool {
        self.0.basic_constraints.as_ref().is_some_and(|constraints| constraints.ca)
    }

    /// How many authorities may follow below it; none when unlimited.
    pub fn path_length(&self) -> Option<u8> {
        self.0.basic_constraints.as_ref().and_then(|constraints| constraints.path_len_constraint)
    }

    /// Whether subject and issuer are the same name, as at a root.
    pub fn is_self_issued(&self) -> bool {
        self.0.subject_der == self.0.issuer_der
    }

    /// The extension of this kind, and whether it is critical.
    pub fn extension(&self, kind: ObjectIdentifier) -> Option<&Extension> {
        self.extensions().iter().find(|extension| extension.extn_id == kind)
    }

    /// All extensions.
    pub fn extensions(&self) -> &[Extension] {
        self.0.content.extensions.as_deref().unwrap_or_default()
    }

    /// Key id of its own key.
    pub fn subject_key_id(&self) -> Option<Vec<u8>> {
        let id: SubjectKeyIdentifier = self.lenient()?;
        Some(id.0.as_bytes().to_vec())
    }

    /// Key id of the key that signed it.
    pub fn authority_key_id(&self) -> Option<Vec<u8>> {
        let id: AuthorityKeyIdentifier = self.lenient()?;
        Some(id.key_identifier?.as_bytes().to_vec())
    }

    /// Where its status can be asked (OCSP), `http` and `https` only.
    pub fn ocsp_urls(&self) -> Vec<String> {
        self.access_urls(rfc5280::ID_AD_OCSP)
    }

    /// Where the certificate of its issuer can be fetched, `http` and `https` only.
    pub fn issuer_urls(&self) -> Vec<String> {
        self.access_urls(rfc5280::ID_AD_CA_ISSUERS)
    }

    /// Where the list of revoked certificates can be fetched, `http` and `https` only.
    pub fn crl_urls(&self) -> Vec<String> {
        let points = self.lenient::<CrlDistributionPoints>().map(|points| points.0).unwrap_or_default();
        let names = points.into_iter().filter_map(|point| match point.distribution_point? {
            DistributionPointName::FullName(names) => Some(names),
            DistributionPointName::NameRelativeToCRLIssuer(_) => None,
        });
        names.flatten().filter_map(|name| web_address(&name)).collect()
    }

    /// Whether its status need not be asked: RFC 6960, 4.2.2.2.1, for responders with a short life.
    pub fn has_ocsp_no_check(&self) -> bool {
        self.extension(rfc6960::ID_PKIX_OCSP_NOCHECK).is_some()
    }

    /// Its public key.
    pub fn public_key(&self) -> &SubjectPublicKeyInfoOwned {
        &self.0.content.subject_public_key_info
    }

    /// Checks that the key of `issuer` signed this certificate. Names, dates and rights are the path's matter.
    ///
    /// # Errors
    /// [`SigningError::Mismatch`] or [`SigningError::WeakAlgorithm`].
    pub fn verify_signed_by(&self, issuer: &Certificate) -> Result<(), SigningError> {
        let parts = &self.0;
        algorithm::verify(issuer.public_key(), &parts.signature_algorithm, None, &parts.tbs, &parts.signature)
    }

    fn access_urls(&self, method: ObjectIdentifier) -> Vec<String> {
        let entries = self.lenient::<AuthorityInfoAccessSyntax>().map(|entries| entries.0).unwrap_or_default();
        let wanted = entries.iter().filter(|entry| entry.access_method == method);
        wanted.filter_map(|entry| web_address(&entry.access_location)).collect()
    }

    /// An extension that only hints at something: a malformed one is as good as none.
    fn lenient<'a, T: Decode<'a> + AssociatedOid>(&'a self) -> Option<T> {
        T::from_der(self.extension(T::OID)?.extn_value.as_bytes()).ok()
    }
}

impl Parts {
    fn read(der: &[u8]) -> Result<Parts, SigningError> {
        let malformed = |_| SigningError::Certificate("not a DER certificate");
        let (tbs, signature_algorithm, signature) = signed_parts(der).map_err(malformed)?;
        let content = TbsCertificate::from_der(tbs).map_err(malformed)?;
        if content.signature != signature_algorithm {
            // RFC 5280, 4.1.1.2: the algorithm outside the signature is the one inside it.
            return Err(SigningError::Certificate("names two signature algorithms"));
        }
        let extensions = content.extensions.as_deref().unwrap_or_default();
        let mut kinds: Vec<_> = extensions.iter().map(|extension| extension.extn_id).collect();
        kinds.sort_unstable();
        if kinds.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(SigningError::Certificate("has an extension twice"));
        }
        let (issuer_der, subject_der) = names(tbs).map_err(malformed)?;
        Ok(Parts {
            key_usage: strict(extensions)?,
            extended_key_usage: strict(extensions)?,
            basic_constraints: strict(extensions)?,
            der: der.to_vec(),
            tbs: tbs.to_vec(),
            subject_der,
            issuer_der,
            signature_algorithm,
            signature,
            content,
        })
    }
}

/// The three parts of everything an authority signs: certificates, CRLs and basic OCSP responses begin alike.
pub(crate) fn signed_parts(der: &[u8]) -> der::Result<(&[u8], AlgorithmIdentifierOwned, Vec<u8>)> {
    let whole = encoding::only(der)?;
    whole.tag.assert_eq(Tag::Sequence)?;
    let (tbs, rest) = encoding::split(whole.value)?;
    let (algorithm, rest) = encoding::split(rest)?;
    let (signature, _) = encoding::split(rest)?;
    let signature = BitString::from_der(signature.whole)?;
    let signature = signature.as_bytes().ok_or(der::ErrorKind::Failed)?.to_vec();
    Ok((tbs.whole, AlgorithmIdentifierOwned::from_der(algorithm.whole)?, signature))
}

/// Issuer and subject of a TBSCertificate as they stand in it: `[0] version?, serial, algorithm, issuer, validity, subject`.
fn names(tbs: &[u8]) -> der::Result<(Vec<u8>, Vec<u8>)> {
    let fields = encoding::fields(encoding::only(tbs)?.value, 10)?;
    let start = usize::from(fields.first().is_some_and(|field| field.tag == encoding::context(der::TagNumber::N0)));
    let name = |position: usize| fields.get(start + position).map(|field| field.whole.to_vec());
    name(2).zip(name(4)).ok_or_else(|| der::ErrorKind::Failed.into())
}

/// An extension that limits the certificate: a malformed one makes the certificate unreadable.
fn strict<'a, T: Decode<'a> + AssociatedOid>(extensions: &'a [Extension]) -> Result<Option<T>, SigningError> {
    let Some(extension) = extensions.iter().find(|extension| extension.extn_id == T::OID) else { return Ok(None) };
    let read = T::from_der(extension.extn_value.as_bytes());
    read.map(Some).map_err(|_| SigningError::Certificate("an extension that limits it is malformed"))
}

fn attribute(name: &Name, kind: ObjectIdentifier) -> Option<String> {
    let mut pairs = name.0.iter().flat_map(|set| set.0.iter());
    let found = pairs.rfind(|pair| pair.oid == kind)?;
    match found.value.tag() {
        // BMPString: UTF-16 in big-endian order; old smart cards still write it.
        Tag::BmpString => {
            let units: Vec<u16> =
                found.value.value().chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16(&units).ok()
        }
        _ => std::str::from_utf8(found.value.value()).ok().map(str::to_owned),
    }
}

fn web_address(name: &GeneralName) -> Option<String> {
    let GeneralName::UniformResourceIdentifier(uri) = name else { return None };
    let text = uri.as_str();
    (text.starts_with("http://") || text.starts_with("https://")).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use x509_cert::ext::pkix::AccessDescription;

    use super::*;
    use crate::fixture::{self, Order};
    use crate::{PrivateKey as _, SignatureAlgorithm};

    fn access(method: ObjectIdentifier, uri: &str) -> AccessDescription {
        let uri = der::asn1::Ia5String::new(uri).unwrap();
        AccessDescription { access_method: method, access_location: GeneralName::UniformResourceIdentifier(uri) }
    }

    #[test]
    fn a_certificate_says_what_was_ordered() {
        let root = Order::authority("Root", 1, Some(1)).issue(None);
        let addresses = AuthorityInfoAccessSyntax(vec![
            access(rfc5280::ID_AD_OCSP, "http://ocsp.test/a"),
            access(rfc5280::ID_AD_OCSP, "ldap://ocsp.test/b"),
            access(rfc5280::ID_AD_CA_ISSUERS, "https://ca.test/root.cer"),
        ]);
        let order = Order::signer("Nguyễn Văn A", 0x9a)
            .with(fixture::extension(&addresses, false))
            .with(fixture::purposes(&[rfc5280::ID_KP_EMAIL_PROTECTION], false));
        let certificate = order.issue(Some(&root)).certificate;
        assert_eq!(certificate.common_name().as_deref(), Some("Nguyễn Văn A"));
        assert_eq!(certificate.issuer_common_name().as_deref(), Some("Root"));
        assert_eq!(
            (certificate.serial_hex(), certificate.issuer_der()),
            ("9A".to_owned(), root.certificate.subject_der())
        );
        assert_eq!(certificate.ocsp_urls(), ["http://ocsp.test/a"]);
        assert_eq!(certificate.issuer_urls(), ["https://ca.test/root.cer"]);
        assert_eq!(certificate.extended_key_usage(), Some(&[rfc5280::ID_KP_EMAIL_PROTECTION][..]));
        assert!(certificate.key_usage().is_some_and(|usage| usage.non_repudiation() && !usage.key_cert_sign()));
        assert!(!certificate.is_authority() && root.certificate.is_authority() && root.certificate.is_self_issued());
        assert_eq!(root.certificate.path_length(), Some(1));
        assert_eq!(Certificate::from_bytes(certificate.to_pem().as_bytes()).unwrap(), certificate);
        assert!(!format!("{certificate:?}").contains("Nguy"), "no names in logs");
    }

    #[test]
    fn validity_includes_both_ends() {
        let certificate = Order::signer("A", 1).issue(None).certificate;
        for (at, wanted) in [
            ("2025-12-31T23:59:59.999Z", false),
            ("2026-01-01T00:00:00Z", true),
            ("2030-01-01T00:00:00.5Z", true),
            ("2030-01-01T00:00:01Z", false),
        ] {
            assert_eq!(certificate.is_valid_at(fixture::at(at)), wanted, "{at}");
        }
    }

    #[test]
    fn every_kind_of_key_can_issue_and_no_other_key_is_taken_for_it() {
        for algorithm in [SignatureAlgorithm::EcdsaP256, SignatureAlgorithm::Rsa2048, SignatureAlgorithm::Rsa3072] {
            let root = Order::authority("Root", 1, None).using(algorithm).issue(None);
            let other = Order::authority("Root", 1, None).using(algorithm).issue(None);
            let below = Order::signer("A", 2).issue(Some(&root)).certificate;
            below.verify_signed_by(&root.certificate).unwrap();
            assert!(matches!(below.verify_signed_by(&other.certificate), Err(SigningError::Mismatch)));
            let strange = Order::signer("B", 3).issue(None);
            assert!(below.verify_signed_by(&strange.certificate).is_err());
        }
    }

    #[test]
    fn contradictions_and_damage_are_refused() {
        let constraints = BasicConstraints { ca: true, path_len_constraint: None };
        let twice = vec![fixture::extension(&constraints, true), fixture::extension(&constraints, false)];
        let broken = vec![fixture::raw_extension("2.5.29.19", true, b"\x30\x03\x02")];
        for extensions in [twice, broken] {
            let order = Order::new("A", 1, Vec::new()).valid("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
            let honest = order.issue(None);
            let mut content = honest.certificate.content().clone();
            content.extensions = Some(extensions);
            let answer = crate::issue::sign_certificate(content, &honest.key);
            assert!(matches!(answer, Err(SigningError::Certificate(_))), "{answer:?}");
        }
        assert!(matches!(Certificate::from_bytes(&[0x30; MAX_CERTIFICATE + 1]), Err(SigningError::Certificate(_))));
        assert!(Certificate::from_bytes(b"neither").is_err());
    }

    #[test]
    fn a_bundle_is_read_in_its_order() {
        let (root, middle, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
        let all = [signer.certificate, middle.certificate, root.certificate];
        let bundle: String = all.iter().map(Certificate::to_pem).collect();
        assert_eq!(Certificate::read_bundle(bundle.as_bytes()).unwrap(), all);
    }

    #[test]
    fn keys_come_back_from_files_that_only_their_owner_may_read() {
        let place = tempfile::tempdir().unwrap();
        for algorithm in SignatureAlgorithm::ALL {
            let path = place.path().join(format!("{algorithm:?}.pem"));
            let key = crate::FileKey::generate(algorithm).unwrap();
            key.write_new(&path).unwrap();
            assert!(key.write_new(&path).is_err(), "an existing key is not written over");
            let read = crate::FileKey::read(&path).unwrap();
            assert_eq!((read.algorithm(), read.public_key_info()), (algorithm, key.public_key_info()));
            let info = SubjectPublicKeyInfoOwned::from_der(key.public_key_info()).unwrap();
            assert_eq!(SignatureAlgorithm::of_public_key(&info).unwrap(), algorithm);
            let signature = read.sign(b"x").unwrap();
            algorithm::verify(&info, &algorithm.identifier(), None, b"x", &signature).unwrap();
            assert!(algorithm::verify(&info, &algorithm.identifier(), None, b"y", &signature).is_err());
            assert_eq!(format!("{key:?}"), format!("FileKey {{ algorithm: {algorithm:?}, .. }}"), "no key material");
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
                assert!(matches!(crate::FileKey::read(&path), Err(SigningError::OpenToOthers { .. })));
            }
        }
        assert!(matches!(crate::FileKey::read(&place.path().join("none")), Err(SigningError::Io { .. })));
    }

    proptest! {
        #[test]
        fn a_changed_certificate_is_unreadable_or_not_its_issuers(
            position in any::<prop::sample::Index>(), value in any::<u8>()
        ) {
            thread_local! {
                static MADE: (Certificate, Certificate) = {
                    let (_, middle, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
                    (middle.certificate, signer.certificate)
                };
            }
            MADE.with(|(issuer, honest)| {
                let mut der = honest.der().to_vec();
                der[position.index(honest.der().len())] = value;
                if let Ok(read) = Certificate::from_der(&der) {
                    let _ = (read.subject(), read.ocsp_urls(), read.crl_urls(), read.not_after());
                    let kept = read.0.tbs == honest.0.tbs;
                    prop_assert!(kept || read.verify_signed_by(issuer).is_err());
                }
                Ok(())
            })?;
        }
    }
}
