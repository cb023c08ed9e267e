//! What we sign, we accept, at the level asked for, in every form of file.

use haidang_documents::pades::{Change, Code, Judge, Level, SignatureKind, Verdict, renew, verify};
use jiff::SignedDuration;

use super::pki::Pki;
use super::samples::{FORMS, Form, plain, tagged};
use super::{joined, judged, open, options, signed, source};

#[tokio::test]
async fn every_level_holds_in_every_form_of_file() {
    let pki = Pki::new();
    let signer = pki.signer("A", 10);
    for form in FORMS {
        for file in [plain(form), tagged(form)] {
            for level in [Level::Basic, Level::Time, Level::LongTerm, Level::Archive] {
                let signed = signed(&pki, &file, &signer, &options("ChuKy"), level).await;
                let report = judged(&pki, &signed).await;
                assert_eq!(report.integrity.verdict, Verdict::Passed, "{form:?} {level:?} {report:#?}");
                assert_eq!(report.level, Some(level), "{form:?} {report:#?}");
                assert!(signed.starts_with(&file), "earlier bytes are never touched");
                let known = if level >= Level::LongTerm { Verdict::Passed } else { Verdict::Undetermined };
                assert_eq!(report.identity.verdict, known, "{form:?} {level:?} {report:#?}");
            }
        }
    }
}

#[tokio::test]
async fn an_outside_reader_opens_what_we_append() {
    let pki = Pki::new();
    let signer = pki.signer("A", 10);
    for form in FORMS {
        let signed = signed(&pki, &plain(form), &signer, &options("ChuKy"), Level::Archive).await;
        let outside = lopdf::Document::load_mem_with_options(
            &signed,
            lopdf::LoadOptions { strict: true, ..lopdf::LoadOptions::default() },
        )
        .unwrap();
        assert_eq!(outside.get_pages().len(), 1, "{form:?}");
        let catalog = outside.catalog().unwrap();
        assert!(catalog.has(b"DSS") && catalog.has(b"AcroForm") && catalog.has(b"Extensions"));
    }
}

#[tokio::test]
async fn the_report_says_who_when_and_what_came_later() {
    let pki = Pki::new();
    let signed = signed(&pki, &plain(Form::Table), &pki.signer("A", 10), &options("ChuKy"), Level::Archive).await;
    let report = judged(&pki, &signed).await;
    let first = &report.signatures[0];
    assert_eq!((first.kind, first.revision), (SignatureKind::Signature, 2));
    assert_eq!((first.signer.as_deref(), first.issuer.as_deref()), (Some("A"), Some("City")));
    assert_eq!(first.claimed_at.as_deref(), Some("D:20261124090000+07'00'"));
    assert_eq!(first.stamped_at, Some(super::pki::now()));
    assert_eq!(first.changes, [Change::ValidationData, Change::TimeStamp("DauThoiGian1".to_owned())]);
    assert_eq!(report.signatures[1].kind, SignatureKind::TimeStamp);
    assert_eq!(report.revisions, 4);
    assert_eq!(report.authority.findings[0].code, Code::AuthorityNotJudged);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["signatures"][0]["level"], "B-LTA");
    assert_eq!(json["signatures"][0]["changes"][1]["change"], "time_stamp");
}

#[tokio::test]
async fn ended_and_revoked_certificates_count_at_the_time_that_is_proven() {
    let pki = Pki::new();
    let file = plain(Form::Stream);
    // Ends tomorrow: B-B is worth nothing after that, a time stamp keeps it.
    let ending = pki.signer_until("B", 11, "2026-11-25T00:00:00Z");
    let basic = signed(&pki, &file, &ending, &options("S"), Level::Basic).await;
    let archived = signed(&pki, &file, &ending, &options("S"), Level::Archive).await;
    let gone = pki.signer("C", 12);
    pki.revoke(&gone);
    let revoked = signed(&pki, &file, &gone, &options("S"), Level::Time).await;
    let online = Judge { transport: Some(pki.clone()), ..pki.judge() };
    let report = verify(source(&revoked), &online).await;
    assert_eq!(report.identity.findings[0].code, Code::CertificateRevoked, "{report:#?}");
    pki.ambient.advance(SignedDuration::from_hours(24 * 40));
    let late = judged(&pki, &basic).await;
    assert_eq!(late.identity.findings[0].code, Code::CertificateExpired, "{late:#?}");
    let kept = judged(&pki, &archived).await;
    // Proven by the document time stamp, whose own authority would have to be asked again by now.
    assert_eq!(kept.signatures[0].identity.verdict, Verdict::Passed, "{kept:#?}");
    assert_eq!((kept.level, kept.identity.verdict), (Some(Level::Archive), Verdict::Undetermined), "{kept:#?}");
    assert!(kept.is_good());
}

#[tokio::test]
async fn a_signed_file_is_renewed_and_reaches_the_archive() {
    let pki = Pki::new();
    let file = signed(&pki, &plain(Form::Table), &pki.signer("A", 10), &options("S"), Level::Time).await;
    let after = renew(source(&file), &pki.authorities()).await.unwrap();
    let once = joined(&file, &after);
    let after = renew(source(&once), &pki.authorities()).await.unwrap();
    let twice = joined(&once, &after);
    for file in [once, twice] {
        let report = judged(&pki, &file).await;
        assert_eq!((report.integrity.verdict, report.level), (Verdict::Passed, Some(Level::Archive)), "{report:#?}");
    }
}

#[tokio::test]
async fn strangers_are_not_believed() {
    let pki = Pki::new();
    let file = signed(&pki, &plain(Form::Table), &pki.signer("A", 10), &options("S"), Level::Archive).await;
    let report = judged(&Pki::new(), &file).await;
    assert_eq!(report.integrity.verdict, Verdict::Passed);
    assert_eq!(report.identity.findings[0].code, Code::UntrustedAuthority);
    assert!(!report.is_good());
}

#[test]
fn the_digest_is_over_everything_but_the_room() {
    let file = plain(Form::Table);
    let prepared = haidang_documents::pades::prepare(&open(&file), &options("S"), 100).unwrap();
    let [(start, before), (after, rest)] = prepared.ranges();
    assert_eq!((start, after - before), (0, 202));
    let appended = prepared.embed(&[0x30, 0x00]).unwrap();
    let whole = appended.join(source(&file));
    assert_eq!(whole.length(), after + rest);
    let mut gap = vec![0; 202];
    whole.read_at(before, &mut gap).unwrap();
    assert!(gap.starts_with(b"<3000") && gap.ends_with(b"0>"));
}
