//! What anyone who holds an issued document may know: that it was issued, what became of it, and whether those who signed
//! were competent when they did.

use crate::ROOMS;
use crate::city::actor;
use crate::documents::{Bench, reader};
use haidang_contracts::issued::{IssuedPaper, IssuedPapers as _, Standing};
use haidang_contracts::papers::{JudgedAs, JudgedSignature, OfficeSigning as _};
use haidang_office::documents::{Action, State};
use haidang_store::args;
use haidang_testkit::db_test;

async fn signatures(bench: &Bench, paper: &IssuedPaper) -> Vec<JudgedSignature> {
    let bytes = bench.room.blobs.bytes(&paper.sha256).await.unwrap();
    bench.desk.judge(&bytes).await.unwrap().signatures
}

/// The third answer: about the document, then about each signature.
async fn answers(bench: &Bench, paper: &IssuedPaper, signatures: &[JudgedSignature]) -> (JudgedAs, Vec<String>) {
    let competence = bench.room.competence(paper, signatures).await.unwrap();
    for one in competence.signatures.iter().chain([&competence.whole]) {
        let english = one.reason.en.as_deref().unwrap_or_default();
        assert!(!one.reason.vi.contains("-why-") && !english.contains("-why-"), "{one:?} has its words");
        assert_ne!(one.reason.vi, english);
    }
    (competence.whole.answer, competence.signatures.into_iter().map(|one| one.code).collect())
}

db_test! {
    rooms = ROOMS;

    async fn an_issued_document_is_known_by_its_code_and_by_its_file(db: TestDb) {
        haidang_ui::texts::register(haidang_office::TEXTS).unwrap();
        let bench = Bench::new(&db).await;
        let id = bench.at(State::Issued).await;
        let document = bench.get(&id).await;
        let paper = bench.room.by_token(&document.token).await.unwrap().unwrap();
        let sha256 = document.file_sha256.clone().unwrap();
        assert_eq!(bench.room.by_digest(&sha256).await.unwrap().as_ref(), Some(&paper));
        assert_eq!((paper.code.as_str(), paper.standing, paper.kind.vi.as_str()), ("01/QĐ-UBND", Standing::Stands, "Quyết định"));
        let found = signatures(&bench, &paper).await;
        assert_eq!(answers(&bench, &paper, &found).await, (JudgedAs::Valid, vec!["granted".into(), "seal".into()]));
        // An earlier form of the paper, and a draft, are nothing that was issued.
        let draft = bench.at(State::Sealed).await;
        let draft = bench.get(&draft).await;
        assert!(bench.room.by_token(&draft.token).await.unwrap().is_none());
        assert!(bench.room.by_digest(&draft.file_sha256.unwrap()).await.unwrap().is_none());
        let opened = bench.room.handle();
        assert!(opened.room().is_some());
        let room = bench.room;
        drop((room, bench.desk));
        assert!(opened.room().is_none(), "a handle keeps no room alive");
    }

    async fn competence_is_that_of_the_moment_of_signing(db: TestDb) {
        haidang_ui::texts::register(haidang_office::TEXTS).unwrap();
        let bench = Bench::new(&db).await;
        let id = bench.at(State::Issued).await;
        let document = bench.get(&id).await;
        let paper = bench.room.by_token(&document.token).await.unwrap().unwrap();
        let found = signatures(&bench, &paper).await;
        // Whoever signs as somebody else, or seals for somebody else.
        let mut forged = found.clone();
        forged[0].signer = "Lê Thị Khác".to_owned();
        assert_eq!(answers(&bench, &paper, &forged).await, (JudgedAs::Invalid, vec!["other_signer".into(), "seal".into()]));
        let mut forged = found.clone();
        forged[1].signer = "Sở Khác".to_owned();
        assert_eq!(answers(&bench, &paper, &forged).await, (JudgedAs::Invalid, vec!["granted".into(), "other_organ".into()]));
        let mut unproven = found.clone();
        unproven[0].identity = JudgedAs::Unknown;
        assert_eq!(answers(&bench, &paper, &unproven).await.0, JudgedAs::Unknown);
        assert_eq!(answers(&bench, &paper, &found[..1]).await.0, JudgedAs::Invalid, "without the seal");
        // A stamp from before the head was named: nobody could sign then.
        let mut early = found.clone();
        early[0].stamped_at = Some(1_000_000);
        assert_eq!(answers(&bench, &paper, &early).await, (JudgedAs::Invalid, vec!["no_mandate".into(), "seal".into()]));
        // A mandate that ended later takes nothing back; one that was over before does.
        let end = "UPDATE office_mandate SET ended_at = $2 WHERE id = $1";
        let later = document.signed_at.unwrap() + jiff::SignedDuration::from_hours(1);
        db.execute(end, args!["m1", later]).await.unwrap();
        assert_eq!(answers(&bench, &paper, &found).await.0, JudgedAs::Valid);
        let before = document.signed_at.unwrap() - jiff::SignedDuration::from_hours(1);
        db.execute(end, args!["m1", before]).await.unwrap();
        assert_eq!(answers(&bench, &paper, &found).await, (JudgedAs::Invalid, vec!["no_mandate".into(), "seal".into()]));
    }

    async fn what_became_of_a_document_is_said(db: TestDb) {
        let bench = Bench::new(&db).await;
        for (action, standing, by) in [
            (Action::Recall, Standing::Recalled, false),
            (Action::Replace, Standing::Replaced, true),
            (Action::Correct, Standing::Corrected, true),
        ] {
            let id = bench.at(State::Issued).await;
            let other = bench.at(State::Issued).await;
            let code = bench.get(&other).await.code().unwrap();
            let who = actor("chair").await;
            let clerk = actor("clerk").await;
            let document = bench.get(&id).await;
            let given = by.then_some(other.as_str());
            let mut done = bench.room.withdraw_document(&reader(&who), &id, document.revision, action, "Sai sót", given).await;
            if done.as_ref().is_err_and(|problem| problem.code == "not_your_part") {
                done = bench.room.withdraw_document(&reader(&clerk), &id, document.revision, action, "Sai sót", given).await;
            }
            done.unwrap();
            let paper = bench.room.by_token(&document.token).await.unwrap().unwrap();
            assert_eq!((paper.standing, paper.by.map(|(code, _)| code)), (standing, by.then_some(code)), "{action:?}");
        }
    }
}
