//! Batches, and files that several people sign one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use haidang_documents::pades::{
    BatchFile, Code, Judge, Level, PadesError, Signer, Verdict, renew, sign, sign_batch, verify,
};
use haidang_signing::path::RevocationRule;
use haidang_signing::{
    Authorisation, Certificate, DigestAlgorithm, DocumentSigner, DocumentSignerError, LocalSigner, Transport,
    TransportError,
};
use jiff::SignedDuration;

use super::pki::Pki;
use super::samples::{FORMS, Form, plain, tagged};
use super::{joined, judged, options, signed, source};

pub fn local(signer: &Signer) -> LocalSigner {
    LocalSigner::new(signer.key.clone(), signer.certificate.clone(), signer.chain.clone()).unwrap()
}

fn files(all: &[&[u8]]) -> Vec<BatchFile> {
    all.iter().map(|file| BatchFile { source: source(file), options: options("ChuKy") }).collect()
}

#[tokio::test]
async fn a_batch_comes_out_in_order_judged_at_its_level() {
    let pki = Pki::new();
    let signer = local(&pki.signer("A", 10));
    let (one, other) = (plain(Form::Table), tagged(Form::Stream));
    for level in [Level::Basic, Level::Time, Level::LongTerm, Level::Archive] {
        // The first and the last are the same bytes: two signatures of one hash.
        let batch = [one.as_slice(), &other, &one];
        let made = sign_batch(files(&batch), &signer, None, level, &pki.authorities(), &pki.judge()).await.unwrap();
        for (before, after) in batch.iter().zip(&made) {
            let report = judged(&pki, &joined(before, &after.bytes)).await;
            assert_eq!(report, after.report, "what was judged is what is handed out");
            assert_eq!((report.integrity.verdict, report.level), (Verdict::Passed, Some(level)), "{report:#?}");
        }
    }
}

#[tokio::test]
async fn a_file_that_our_validator_refuses_is_not_handed_out() {
    let pki = Pki::new();
    let gone = pki.signer("B", 11);
    let file = signed(&pki, &plain(Form::Table), &pki.signer("A", 10), &options("Truoc"), Level::Basic).await;
    let mut changed = file.clone();
    let at = changed.windows(9).position(|part| part == b"100 100 l").unwrap();
    changed[at] = b'9';
    let refused = |made: Result<Vec<_>, PadesError>| match made {
        Err(PadesError::Judged { field, code }) => (field, code),
        other => panic!("{other:?}"),
    };
    let authorities = pki.authorities();
    let third = local(&pki.signer("C", 12));
    let made = sign_batch(files(&[&file, &changed]), &third, None, Level::Basic, &authorities, &pki.judge()).await;
    assert_eq!(refused(made), ("Truoc".to_owned(), Code::ContentChanged));
    pki.revoke(&gone);
    let judge = Judge { transport: Some(pki.clone()), ..pki.judge() };
    let made = sign_batch(files(&[&file]), &local(&gone), None, Level::Time, &authorities, &judge).await;
    assert_eq!(refused(made), ("ChuKy".to_owned(), Code::CertificateRevoked));
}

/// A service that signs something else than it was asked to, or too little.
struct Erring(LocalSigner, bool);

#[async_trait]
impl DocumentSigner for Erring {
    fn certificate(&self) -> &Certificate {
        self.0.certificate()
    }
    fn chain(&self) -> &[Certificate] {
        self.0.chain()
    }
    async fn authorize(&self, hashes: &[Vec<u8>], _: Option<&str>) -> Result<Authorisation, DocumentSignerError> {
        self.0.authorize(hashes, None).await
    }
    async fn sign(&self, _: &mut Authorisation, all: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, DocumentSignerError> {
        let other = vec![b"something else".to_vec(); if self.1 { all.len() } else { 0 }];
        let hashes: Vec<_> = other.iter().map(|one| DigestAlgorithm::Sha256.digest(one)).collect();
        match hashes.is_empty() {
            true => Ok(Vec::new()),
            false => self.0.sign(&mut Authorisation::over(&hashes, None)?, &other).await,
        }
    }
}

#[tokio::test]
async fn a_key_that_signs_something_else_is_noticed_before_anybody_sees_the_file() {
    let pki = Pki::new();
    for signs in [true, false] {
        let erring = Erring(local(&pki.signer("A", 10)), signs);
        let file = plain(Form::Table);
        let made = sign_batch(files(&[&file]), &erring, None, Level::Basic, &pki.authorities(), &pki.judge()).await;
        assert!(matches!(made, Err(PadesError::Signed(_) | PadesError::Signer(_))), "{signs}");
    }
}

/// Authorities that stop answering about certificates and lists; time stamps go on.
struct Silent {
    pki: Arc<Pki>,
    answers: AtomicUsize,
}

#[async_trait]
impl Transport for Silent {
    async fn post(&self, url: &str, kind: &str, body: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        self.pki.post(url, kind, body).await
    }
    async fn get(&self, url: &str) -> Result<Vec<u8>, TransportError> {
        let left = self.answers.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match left {
            Ok(_) => self.pki.get(url).await,
            Err(_) => Err(TransportError("silent".to_owned())),
        }
    }
}

#[tokio::test]
async fn the_last_signature_brings_evidence_for_earlier_ones() {
    let pki = Pki::new();
    let (officer, organ) = (pki.signer("Officer", 10), pki.signer("Organ", 11));
    let strict = Judge { revocation: RevocationRule::Required, ..pki.judge() };
    for form in FORMS {
        for level in [Level::LongTerm, Level::Archive] {
            let file = signed(&pki, &plain(form), &officer, &options("CanBo"), Level::Time).await;
            let before = verify(source(&file), &strict).await;
            assert_eq!(before.identity.verdict, Verdict::Failed, "nothing in the file speaks for the officer yet");
            let file = signed(&pki, &file, &organ, &options("CoQuan"), level).await;
            let report = verify(source(&file), &strict).await;
            assert_eq!(report.identity.verdict, Verdict::Passed, "{form:?} {level:?} {report:#?}");
            assert_eq!(report.level, Some(level), "the lowest of both");
        }
    }
}

#[tokio::test]
async fn an_officer_whose_certificate_ended_meanwhile_counts_at_the_time_of_the_stamp() {
    let pki = Pki::new();
    let officer = pki.signer_until("Officer", 10, "2026-11-25T00:00:00Z");
    let file = signed(&pki, &plain(Form::Table), &officer, &options("CanBo"), Level::Time).await;
    pki.ambient.advance(SignedDuration::from_hours(48));
    let file = signed(&pki, &file, &pki.signer("Organ", 11), &options("CoQuan"), Level::Archive).await;
    let report = judged(&pki, &file).await;
    assert_eq!((report.identity.verdict, report.level), (Verdict::Passed, Some(Level::Archive)), "{report:#?}");
}

#[tokio::test]
async fn a_renewal_does_not_need_what_an_earlier_stamp_covers() {
    let pki = Pki::new();
    let officer = pki.signer_until("Officer", 10, "2026-12-01T00:00:00Z");
    let file = signed(&pki, &plain(Form::Table), &officer, &options("CanBo"), Level::Archive).await;
    pki.ambient.advance(SignedDuration::from_hours(24 * 20));
    // One answer is enough: about the authority of the newest stamp. The officer's has ended and is not asked about.
    let asked = |answers| {
        let mut authorities = pki.authorities();
        authorities.transport = Arc::new(Silent { pki: pki.clone(), answers: AtomicUsize::new(answers) });
        authorities
    };
    let after = renew(source(&file), &asked(1)).await.unwrap();
    let report = judged(&pki, &joined(&file, &after)).await;
    assert_eq!((report.identity.verdict, report.level), (Verdict::Passed, Some(Level::Archive)), "{report:#?}");
    // What no stamp covers yet must be had.
    let fresh = signed(&pki, &plain(Form::Table), &pki.signer("B", 12), &options("S"), Level::Time).await;
    assert!(matches!(renew(source(&fresh), &asked(0)).await, Err(PadesError::Path(_))));
    let sealed = sign(source(&fresh), &pki.signer("C", 13), &options("T"), Level::LongTerm, &asked(0)).await;
    assert!(matches!(sealed, Err(PadesError::Path(_))));
}
