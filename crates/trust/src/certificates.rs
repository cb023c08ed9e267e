//! What stands in the certificates of the city's own authorities (RFC 5280); no keys, no clock.

use crate::error::TrustError;
use crate::model::{Purpose, Role};
use der::asn1::{Any, Ia5String, ObjectIdentifier, OctetString, SetOfVec};
use der::oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ID_AD_CA_ISSUERS, ID_AD_OCSP, ID_KP_OCSP_SIGNING, ID_KP_TIME_STAMPING,
};
use der::oid::db::{rfc4519, rfc6960};
use der::{Encode as _, Tag};
use haidang_signing::DigestAlgorithm;
use jiff::Timestamp;
use x509_cert::TbsCertificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::Version;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints,
    ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::ext::{AsExtension, Extension};
use x509_cert::name::{Name, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

/// Whom a certificate names. Lengths are those of RFC 5280, appendix A.1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// Name of the person, organisation or service; at most 64 characters.
    pub common_name: String,
    /// Name of the organisation; at most 64 characters.
    pub organization: Option<String>,
    /// Unit or post inside it; at most 64 characters.
    pub unit: Option<String>,
    /// Province or city; at most 128 characters.
    pub locality: Option<String>,
    /// What tells two of one name apart, such as an official's number; at most 64 characters.
    pub identifier: Option<String>,
}

impl Subject {
    /// The name as it stands in a certificate, country `VN` first.
    ///
    /// # Errors
    /// [`TrustError::Subject`] for a part that is empty, too long or holds control characters.
    pub fn name(&self) -> Result<Name, TrustError> {
        let text = |given: &Option<String>| given.clone().map(|text| haidang_kernel::text::nfc(&text));
        let parts = [
            (rfc4519::LOCALITY_NAME, "locality", 128, text(&self.locality)),
            (rfc4519::ORGANIZATION_NAME, "organization", 64, text(&self.organization)),
            (rfc4519::ORGANIZATIONAL_UNIT_NAME, "unit", 64, text(&self.unit)),
            (rfc4519::SERIAL_NUMBER, "identifier", 64, text(&self.identifier)),
            (rfc4519::COMMON_NAME, "common name", 64, text(&Some(self.common_name.clone()))),
        ];
        let mut name = vec![relative(rfc4519::COUNTRY_NAME, Tag::PrintableString, "VN")?];
        for (kind, part, most, given) in parts {
            let Some(given) = given else { continue };
            let fits =
                !given.trim().is_empty() && given.chars().count() <= most && !given.chars().any(char::is_control);
            if !fits {
                return Err(TrustError::Subject { part, most });
            }
            // X.520 allows printable characters alone in a serial number.
            let printable = kind == rfc4519::SERIAL_NUMBER;
            if printable && !given.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte)) {
                return Err(TrustError::Subject { part, most });
            }
            let tag = if printable { Tag::PrintableString } else { Tag::Utf8String };
            name.push(relative(kind, tag, &given)?);
        }
        Ok(x509_cert::name::RdnSequence(name))
    }
}

fn relative(kind: ObjectIdentifier, tag: Tag, text: &str) -> Result<RelativeDistinguishedName, TrustError> {
    let value = Any::new(tag, text.as_bytes())?;
    Ok(RelativeDistinguishedName(SetOfVec::try_from([AttributeTypeAndValue { oid: kind, value }])?))
}

/// The authority that issues, as far as its certificates speak of it.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// Id, which stands in addresses.
    pub id: String,
    /// Its place in the tree.
    pub role: Role,
    /// Its name.
    pub name: Name,
    /// Key id of its key.
    pub key_id: Vec<u8>,
    /// Public origin of the city, where lists, answers and certificates are fetched.
    pub origin: String,
}

impl Issuer {
    /// Where its revocation list is.
    pub fn list_address(&self) -> String {
        format!("{}/trust/crl/{}.crl", self.origin, self.id)
    }

    /// Where its certificate is.
    pub fn certificate_address(&self) -> String {
        format!("{}/trust/{}.cer", self.origin, self.id)
    }

    /// Where it answers about single certificates; the root has one certificate and a list.
    pub fn status_address(&self) -> Option<String> {
        (self.role == Role::Issuing).then(|| format!("{}/ocsp", self.origin))
    }
}

/// Key id of a public key: RFC 7093, 2, method 1, the leftmost 160 bits of SHA-256.
pub fn key_id(public_key: &SubjectPublicKeyInfoOwned) -> Vec<u8> {
    let mut digest = DigestAlgorithm::Sha256.digest(public_key.subject_public_key.raw_bytes());
    digest.truncate(20);
    digest
}

/// What a certificate is about, whoever signs it.
pub struct Draft<'a> {
    /// Whom it names.
    pub subject: &'a Name,
    /// The key it certifies.
    pub public_key: &'a SubjectPublicKeyInfoOwned,
    /// Random number, positive, at most 20 bytes.
    pub serial: &'a [u8],
    /// First and last moment of its validity.
    pub validity: (Timestamp, Timestamp),
}

impl Draft<'_> {
    /// The root, which issues itself.
    ///
    /// # Errors
    /// When a value does not fit its form.
    pub fn root(&self) -> Result<TbsCertificate, TrustError> {
        let mut extensions = Vec::new();
        add(&mut extensions, BasicConstraints { ca: true, path_len_constraint: Some(1) })?;
        add(&mut extensions, KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?;
        add(&mut extensions, SubjectKeyIdentifier(OctetString::new(key_id(self.public_key))?))?;
        self.content(self.subject, extensions)
    }

    /// A certificate for a purpose, issued by an authority of the city.
    ///
    /// # Errors
    /// When a value does not fit its form.
    pub fn issued(&self, purpose: Purpose, issuer: &Issuer) -> Result<TbsCertificate, TrustError> {
        let mut extensions = Vec::new();
        let signs = KeyUsages::DigitalSignature | KeyUsages::NonRepudiation;
        let usage = match purpose {
            Purpose::Issuing => {
                add(&mut extensions, BasicConstraints { ca: true, path_len_constraint: Some(0) })?;
                KeyUsages::KeyCertSign | KeyUsages::CRLSign
            }
            Purpose::Status => KeyUsages::DigitalSignature.into(),
            Purpose::TimeStamping | Purpose::Seal | Purpose::Personal => signs,
        };
        add(&mut extensions, KeyUsage(usage))?;
        match purpose {
            // RFC 3161, 2.3: this purpose alone, and critical.
            Purpose::TimeStamping => add(&mut extensions, ExtendedKeyUsage(vec![ID_KP_TIME_STAMPING]))?,
            Purpose::Status => add(&mut extensions, ExtendedKeyUsage(vec![ID_KP_OCSP_SIGNING]))?,
            Purpose::Issuing | Purpose::Seal | Purpose::Personal => {}
        }
        add(&mut extensions, SubjectKeyIdentifier(OctetString::new(key_id(self.public_key))?))?;
        let key_identifier = Some(OctetString::new(issuer.key_id.clone())?);
        add(&mut extensions, AuthorityKeyIdentifier { key_identifier, ..AuthorityKeyIdentifier::default() })?;
        // RFC 6960, 4.2.2.2.1: nobody can ask the responder about itself; its certificate lives shortly instead.
        if purpose == Purpose::Status {
            let extn_value = OctetString::new(der::asn1::Null.to_der()?)?;
            extensions.push(Extension { extn_id: rfc6960::ID_PKIX_OCSP_NOCHECK, critical: false, extn_value });
        } else {
            add(&mut extensions, CrlDistributionPoints(vec![distribution_point(&issuer.list_address())?]))?;
        }
        let asked = issuer.status_address().filter(|_| purpose != Purpose::Status);
        let asked = asked.map(|address| access(ID_AD_OCSP, &address)).transpose()?;
        let fetched = access(ID_AD_CA_ISSUERS, &issuer.certificate_address())?;
        add(&mut extensions, AuthorityInfoAccessSyntax(asked.into_iter().chain([fetched]).collect()))?;
        self.content(&issuer.name, extensions)
    }

    fn content(&self, issuer: &Name, extensions: Vec<Extension>) -> Result<TbsCertificate, TrustError> {
        Ok(TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(self.serial)?,
            // Whoever signs writes the algorithm of the key here.
            signature: unsigned(),
            issuer: issuer.clone(),
            validity: Validity { not_before: time(self.validity.0)?, not_after: time(self.validity.1)? },
            subject: self.subject.clone(),
            subject_public_key_info: self.public_key.clone(),
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(extensions),
        })
    }
}

fn add(list: &mut Vec<Extension>, extension: impl AsExtension) -> Result<(), TrustError> {
    // No extension used here depends on the subject or on the others.
    list.push(extension.to_extension(&Name::default(), &[])?);
    Ok(())
}

fn address(text: &str) -> Result<GeneralName, TrustError> {
    Ok(GeneralName::UniformResourceIdentifier(Ia5String::new(text)?))
}

fn access(access_method: ObjectIdentifier, text: &str) -> Result<AccessDescription, TrustError> {
    Ok(AccessDescription { access_method, access_location: address(text)? })
}

fn distribution_point(text: &str) -> Result<DistributionPoint, TrustError> {
    let full = DistributionPointName::FullName(vec![address(text)?]);
    Ok(DistributionPoint { distribution_point: Some(full), reasons: None, crl_issuer: None })
}

/// A moment of a certificate or list: whole seconds, UTCTime until 2049 (RFC 5280, 4.1.2.5).
pub(crate) fn time(at: Timestamp) -> Result<Time, TrustError> {
    let date = date_time(at)?;
    Ok(match der::asn1::UtcTime::from_date_time(date) {
        Ok(short) => Time::UtcTime(short),
        Err(_) => Time::GeneralTime(der::asn1::GeneralizedTime::from_date_time(date)),
    })
}

/// Whole seconds of a moment; before 1970 there are no certificates.
pub(crate) fn date_time(at: Timestamp) -> Result<der::DateTime, TrustError> {
    let seconds = u64::try_from(at.as_second()).unwrap_or(0);
    Ok(der::DateTime::from_unix_duration(std::time::Duration::from_secs(seconds))?)
}

/// The public key of a certification request (PKCS#10), after its own signature was checked: who asks holds the key.
///
/// # Errors
/// [`TrustError::Request`] when it is none or its signature does not fit.
pub fn key_of_request(der: &[u8]) -> Result<SubjectPublicKeyInfoOwned, TrustError> {
    use der::Decode as _;
    let request = x509_cert::request::CertReq::from_der(der)
        .map_err(|_| TrustError::Request("not a certification request (PKCS#10)"))?;
    let signed = request.info.to_der()?;
    let signature = request.signature.as_bytes().ok_or(TrustError::Request("the request is not signed"))?;
    haidang_signing::verify(&request.info.public_key, &request.algorithm, None, &signed, signature)
        .map_err(|_| TrustError::Request("the signature of the request is not by its own key"))?;
    Ok(request.info.public_key)
}

/// In the place of an algorithm until somebody signs.
pub(crate) fn unsigned() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA_256, parameters: None }
}
