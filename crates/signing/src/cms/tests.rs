#![allow(clippy::unwrap_used)]

use der::asn1::ObjectIdentifier;
use der::oid::db::rfc5911;
use der::{Decode as _, Encode as _, Tag};
use proptest::prelude::*;

use super::*;
use crate::fixture::{self, Issued, Order};
use crate::{Certificate, DigestAlgorithm, PrivateKey as _, SignatureAlgorithm, encoding};

const CONTENT: &[u8] = "Quyết định số 05/QĐ-UBND".as_bytes();
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

fn digest(content: &[u8]) -> Vec<u8> {
    DigestAlgorithm::Sha256.digest(content)
}

fn signed(signer: &Issued, chain: &[Certificate]) -> Vec<u8> {
    sign_detached(&digest(CONTENT), &signer.key, &signer.certificate, chain).unwrap()
}

#[test]
fn what_each_kind_of_key_signs_is_accepted_and_has_the_form_of_cades_b() {
    for algorithm in [SignatureAlgorithm::EcdsaP256, SignatureAlgorithm::Rsa2048, SignatureAlgorithm::Rsa3072] {
        let (root, middle, signer) = fixture::chain(algorithm);
        let chain = [middle.certificate.clone(), root.certificate.clone()];
        let read = SignedData::parse(&signed(&signer, &chain)).unwrap();
        let verified = read.verify(&digest(CONTENT)).unwrap();
        assert_eq!(verified.certificate, signer.certificate, "{algorithm:?}");
        assert_eq!(verified.signing_certificate, SigningCertificateVersion::V2);
        assert_eq!((verified.signing_time, read.certificates().len(), read.content()), (None, 3, None));
        let kinds = [rfc5911::ID_CONTENT_TYPE, rfc5911::ID_MESSAGE_DIGEST, rfc5911::ID_AA_SIGNING_CERTIFICATE_V_2];
        let mut found = verified.attributes;
        found.sort_unstable();
        let mut wanted = kinds.to_vec();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "handbook §3.10: exactly these");
        assert!(matches!(read.verify(&digest(b"other")), Err(SignedDataError::Content)));
    }
}

#[test]
fn der_of_signed_data_has_version_1_and_the_signer_by_issuer_and_number() {
    let (_, _, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let der = signed(&signer, &[]);
    let read = ::cms::content_info::ContentInfo::from_der(&der).unwrap();
    let inner: ::cms::signed_data::SignedData = read.content.decode_as().unwrap();
    assert_eq!(inner.version, ::cms::content_info::CmsVersion::V1);
    assert_eq!(inner.to_der().unwrap(), read.content.to_der().unwrap(), "DER through and through");
    let info = inner.signer_infos.0.get(0).unwrap();
    assert_eq!(info.version, ::cms::content_info::CmsVersion::V1);
    assert!(matches!(info.sid, ::cms::signed_data::SignerIdentifier::IssuerAndSerialNumber(_)));
}

#[test]
fn a_key_elsewhere_signs_the_attributes_and_a_wrong_answer_is_noticed() {
    let (_, _, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let (_, _, other) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let prepared = prepare(&digest(CONTENT), &signer.certificate).unwrap();
    assert_eq!(prepared.digest(), digest(prepared.der()));
    let signature = signer.key.sign(prepared.der()).unwrap();
    let done = finish(&prepared, &signature, &signer.certificate, &[], &[]).unwrap();
    SignedData::parse(&done).unwrap().verify(&digest(CONTENT)).unwrap();
    let wrong = other.key.sign(prepared.der()).unwrap();
    let answer = finish(&prepared, &wrong, &signer.certificate, &[], &[]);
    assert!(matches!(answer, Err(SignedDataError::Signing(SigningError::Mismatch))));
    let answer = sign_detached(&digest(CONTENT), &other.key, &signer.certificate, &[]);
    assert!(matches!(answer, Err(SignedDataError::OtherKey)));
    assert!(matches!(prepare(b"short", &signer.certificate), Err(SignedDataError::Content)));
}

#[test]
fn content_is_carried_along_with_version_3() {
    let (_, _, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let at = fixture::at("2026-11-24T02:00:00Z");
    let embedded = [signer.certificate.clone()];
    let der = sign_encapsulated(TST_INFO, CONTENT, &signer.key, &signer.certificate, &embedded, Some(at)).unwrap();
    let read = SignedData::parse(&der).unwrap();
    assert_eq!((read.content_type(), read.content()), (TST_INFO, Some(CONTENT)));
    assert_eq!(read.verify_encapsulated().unwrap().signing_time, Some(at));
    let bare = sign_encapsulated(TST_INFO, CONTENT, &signer.key, &signer.certificate, &[], None).unwrap();
    let read = SignedData::parse(&bare).unwrap();
    assert!(matches!(read.verify_encapsulated(), Err(SignedDataError::SignerCertificate)));
    read.with_certificates(&embedded).verify_encapsulated().unwrap();
}

#[test]
fn a_detached_signature_brings_no_other_content_along() {
    let (_, _, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let der = signed(&signer, &[]);
    let fields = read::signed_data_fields(&der).unwrap();
    for (content, accepted) in [(CONTENT, true), (&b"what nobody signed"[..], false)] {
        let octets = der::asn1::OctetString::new(content).unwrap().to_der().unwrap();
        let octets = encoding::constructed(encoding::context(der::TagNumber::N0), &[&octets]).unwrap();
        let kind = rfc5911::ID_DATA.to_der().unwrap();
        let smuggled = encoding::constructed(Tag::Sequence, &[&kind, &octets]).unwrap();
        let mut parts: Vec<&[u8]> = fields.iter().map(|field| field.whole).collect();
        parts[2] = &smuggled;
        let inner = encoding::constructed(Tag::Sequence, &parts).unwrap();
        let inner = encoding::constructed(encoding::context(der::TagNumber::N0), &[&inner]).unwrap();
        let kind = rfc5911::ID_SIGNED_DATA.to_der().unwrap();
        let der = encoding::constructed(Tag::Sequence, &[&kind, &inner]).unwrap();
        let answer = SignedData::parse(&der).unwrap().verify(&digest(CONTENT));
        assert_eq!(answer.is_ok(), accepted, "{answer:?}");
    }
}

#[test]
fn a_time_stamp_is_added_outside_the_signature() {
    let (_, middle, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let der = signed(&signer, std::slice::from_ref(&middle.certificate));
    let token = signed(&middle, &[]);
    let mut padded = der.clone();
    padded.extend([0; 40]);
    let stamped = add_time_stamp(&padded, &token).unwrap();
    let read = SignedData::parse(&stamped).unwrap();
    assert_eq!(read.time_stamps(), [token.as_slice()]);
    assert_eq!(read.signature(), SignedData::parse(&der).unwrap().signature());
    read.verify(&digest(CONTENT)).unwrap();
    let twice = SignedData::parse(&add_time_stamp(&stamped, &der).unwrap()).unwrap();
    assert_eq!(twice.time_stamps().len(), 2);
    assert!(add_time_stamp(&der, b"no token").is_err());
}

#[test]
fn padding_is_zeros_and_nothing_else() {
    let (_, _, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let der = signed(&signer, &[]);
    for (tail, accepted) in [(&[][..], true), (&[0; 100], true), (&[0, 1], false), (b"x", false)] {
        let answer = SignedData::parse(&[&der, tail].concat());
        assert_eq!(answer.is_ok(), accepted, "{tail:?}");
    }
    assert!(matches!(SignedData::parse(&vec![0; MAX_SIGNED_DATA + 1]), Err(SignedDataError::TooLong)));
    assert!(SignedData::parse(&[]).is_err());
}

#[test]
fn a_certificate_of_the_same_name_and_number_is_not_taken_for_the_signers() {
    let (_, middle, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let forged = Order::signer("Nguyen Van A", 3).issue(Some(&middle)).certificate;
    let prepared = prepare(&digest(CONTENT), &signer.certificate).unwrap();
    let signature = signer.key.sign(prepared.der()).unwrap();
    let honest = finish(&prepared, &signature, &signer.certificate, std::slice::from_ref(&forged), &[]).unwrap();
    let verified = SignedData::parse(&honest).unwrap().verify(&digest(CONTENT)).unwrap();
    assert_eq!(verified.certificate, signer.certificate);
    // The same key under another certificate: everything fits but what was signed for.
    let (_, authority, _) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let key = crate::FileKey::from_bytes(&signer.key.to_pkcs8().unwrap()).unwrap();
    let other = Order::signer("Nguyen Van A", 3).issue_for(key, Some(&authority)).certificate;
    let swapped = finish(&prepared, &signature, &other, &[], &[]).unwrap();
    let answer = SignedData::parse(&swapped).unwrap().verify(&digest(CONTENT));
    assert!(matches!(answer, Err(SignedDataError::SigningCertificate)), "{answer:?}");
}

/// Signed data with these signed attributes, signed by a key that does not mind.
fn with_attributes(signer: &Issued, attributes: &[AttributeBytes], digest: ObjectIdentifier) -> Vec<u8> {
    let parts = attributes.iter().map(|one| one.to_der().unwrap()).collect();
    let der = encoding::set_of(Tag::Set, parts).unwrap();
    let signature = signer.key.sign(&der).unwrap();
    let algorithm = x509_cert::spki::AlgorithmIdentifierOwned { oid: digest, parameters: None }.to_der().unwrap();
    let part = |tag, parts: &[&[u8]]| encoding::constructed(tag, parts).unwrap();
    let id = part(
        Tag::Sequence,
        &[signer.certificate.issuer_der(), &signer.certificate.content().serial_number.to_der().unwrap()],
    );
    let info = part(
        Tag::Sequence,
        &[
            &[2, 1, 1],
            &id,
            &algorithm,
            &part(encoding::context(der::TagNumber::N0), &[encoding::only(&der).unwrap().value]),
            &signer.key.algorithm().identifier().to_der().unwrap(),
            &der::asn1::OctetString::new(signature).unwrap().to_der().unwrap(),
        ],
    );
    let content = part(Tag::Sequence, &[&rfc5911::ID_DATA.to_der().unwrap()]);
    let signed_data = part(
        Tag::Sequence,
        &[
            &[2, 1, 1],
            &part(Tag::Set, &[&algorithm]),
            &content,
            &part(encoding::context(der::TagNumber::N0), &[signer.certificate.der()]),
            &part(Tag::Set, &[&info]),
        ],
    );
    let wrapped = part(encoding::context(der::TagNumber::N0), &[&signed_data]);
    part(Tag::Sequence, &[&rfc5911::ID_SIGNED_DATA.to_der().unwrap(), &wrapped])
}

#[test]
fn every_signed_attribute_is_needed_once_and_must_fit() {
    let (_, _, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let octets = |bytes: Vec<u8>| der::asn1::OctetString::new(bytes).unwrap().to_der().unwrap();
    let kind = AttributeBytes::new(rfc5911::ID_CONTENT_TYPE, rfc5911::ID_DATA.to_der().unwrap());
    let imprint = AttributeBytes::new(rfc5911::ID_MESSAGE_DIGEST, octets(digest(CONTENT)));
    let binding = attributes::signing_certificate(&signer.certificate).unwrap();
    let other_kind = AttributeBytes::new(rfc5911::ID_CONTENT_TYPE, TST_INFO.to_der().unwrap());
    let other_imprint = AttributeBytes::new(rfc5911::ID_MESSAGE_DIGEST, octets(digest(b"other")));
    let mut double = imprint.clone();
    double.values.push(octets(digest(b"other")));
    let sha256 = DigestAlgorithm::Sha256.oid();
    let sha1 = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
    let sha512 = DigestAlgorithm::Sha512.oid();
    for (attributes, algorithm, wanted) in [
        (vec![&kind, &imprint, &binding], sha256, "Ok"),
        (vec![&imprint, &binding], sha256, "Attribute(\"content type\")"),
        (vec![&kind, &binding], sha256, "Attribute(\"message digest\")"),
        (vec![&kind, &imprint], sha256, "Attribute(\"signing certificate\")"),
        (vec![&other_kind, &imprint, &binding], sha256, "ContentType"),
        (vec![&kind, &other_imprint, &binding], sha256, "Content"),
        (vec![&kind, &imprint, &other_imprint, &binding], sha256, "Attribute(\"one of them\")"),
        (vec![&kind, &double, &binding], sha256, "Attribute(\"message digest\")"),
        (vec![&kind, &imprint, &binding], sha1, "Signing(WeakAlgorithm(\"1.3.14.3.2.26\"))"),
        (vec![&kind, &imprint, &binding], sha512, "Content"),
    ] {
        let attributes: Vec<AttributeBytes> = attributes.into_iter().cloned().collect();
        let der = with_attributes(&signer, &attributes, algorithm);
        let answer = SignedData::parse(&der).and_then(|read| read.verify(&digest(CONTENT)));
        let shown = answer.map_or_else(|error| format!("{error:?}"), |_| "Ok".to_owned());
        assert_eq!(shown, wanted);
    }
}

#[test]
fn the_older_binding_by_sha_1_is_read_and_checked() {
    let (_, _, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let octets = |bytes: &[u8]| der::asn1::OctetString::new(bytes).unwrap().to_der().unwrap();
    let hash = |der: &[u8]| aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, der);
    for (named, wanted) in [(signer.certificate.der(), true), (CONTENT, false)] {
        let id = encoding::constructed(Tag::Sequence, &[&octets(hash(named).as_ref())]).unwrap();
        let ids = encoding::constructed(Tag::Sequence, &[&id]).unwrap();
        let value = encoding::constructed(Tag::Sequence, &[&ids]).unwrap();
        let attributes = [
            AttributeBytes::new(rfc5911::ID_CONTENT_TYPE, rfc5911::ID_DATA.to_der().unwrap()),
            AttributeBytes::new(rfc5911::ID_MESSAGE_DIGEST, octets(&digest(CONTENT))),
            AttributeBytes::new(rfc5911::ID_AA_SIGNING_CERTIFICATE, value),
        ];
        let der = with_attributes(&signer, &attributes, DigestAlgorithm::Sha256.oid());
        let answer = SignedData::parse(&der).unwrap().verify(&digest(CONTENT));
        assert_eq!(answer.is_ok(), wanted);
        assert!(answer.is_ok_and(|signer| signer.signing_certificate == SigningCertificateVersion::V1) || !wanted);
    }
}

#[test]
fn several_signers_are_refused() {
    let (_, _, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let der = signed(&signer, &[]);
    let fields = read::signed_data_fields(&der).unwrap();
    let (signers, before) = fields.split_last().unwrap();
    for count in [0, 2] {
        let signers = encoding::constructed(Tag::Set, &vec![signers.value; count]).unwrap();
        let mut parts: Vec<&[u8]> = before.iter().map(|field| field.whole).collect();
        parts.push(&signers);
        let inner = encoding::constructed(Tag::Sequence, &parts).unwrap();
        let inner = encoding::constructed(encoding::context(der::TagNumber::N0), &[&inner]).unwrap();
        let kind = rfc5911::ID_SIGNED_DATA.to_der().unwrap();
        let der = encoding::constructed(Tag::Sequence, &[&kind, &inner]).unwrap();
        assert!(matches!(SignedData::parse(&der), Err(SignedDataError::Signers(found)) if found == count));
    }
}

thread_local! {
    static HONEST: (Issued, Vec<u8>) = {
        let (_, middle, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
        let der = signed(&signer, &[middle.certificate]);
        (signer, der)
    };
}

proptest! {
    #[test]
    fn no_changed_byte_makes_another_signer_or_another_content(
        position in any::<prop::sample::Index>(), value in any::<u8>(), cut in any::<bool>()
    ) {
        HONEST.with(|(signer, honest)| {
            let mut der = honest.clone();
            let position = position.index(der.len());
            if cut { der.remove(position); } else { der[position] = value; }
            if let Ok(read) = SignedData::parse(&der) {
                prop_assert!(read.verify(&digest(b"another content")).is_err());
                if let Ok(verified) = read.verify(&digest(CONTENT)) {
                    prop_assert_eq!(&verified.certificate, &signer.certificate);
                }
            }
            let _ = add_time_stamp(&der, honest);
            Ok(())
        })?;
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = SignedData::parse(&bytes);
        let _ = Certificate::from_bytes(&bytes);
        let _ = crate::FileKey::from_bytes(&bytes);
    }
}
