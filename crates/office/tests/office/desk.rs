//! Papers and signatures as the tests see them: text in place of PDF, a line in place of a signature. What a signature
//! is worth is tested where signatures are made; here it counts who asked for which.

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::archive::Archive;
use haidang_contracts::calendar::WorkingDays;
use haidang_contracts::documents::{ResultPaper, ResultPapers};
use haidang_contracts::messages::{Message, Notifier};
use haidang_contracts::papers::{
    JudgedAs, JudgedFile, JudgedSignature, LayoutFinding, OfficeSigning, PaperPlace, PaperRequest, PartyCertificate,
    SignatureRole, SigningOrder, SigningParty, StampChain, StampFacts, TypesetPaper, Typesetting,
};
use haidang_kernel::calendar::WorkingCalendar;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Everything around the room, with what it was asked.
#[derive(Default)]
pub struct Desk {
    /// Messages as (receiver, template).
    pub messages: Mutex<Vec<(haidang_contracts::actor::PersonId, String)>>,
    /// Papers typeset, as they were asked for.
    pub papers: Mutex<Vec<PaperRequest>>,
    /// Whoever signs from now on is refused with this code.
    pub refuse_signing: Mutex<Option<&'static str>>,
    /// When the certificate of the stamping authority ends; far away unless the test says.
    pub stamp_until: Mutex<Option<jiff::Timestamp>>,
    /// Files kept provable.
    pub kept: Mutex<Vec<String>>,
    /// Results of procedures by their code.
    pub results: Mutex<BTreeMap<String, ResultPaper>>,
}

/// Where the pictures of the tests lie.
const PLACE: PaperPlace = PaperPlace { page: 0, x: 300.0, y: 100.0, width: 120.0, height: 60.0 };

#[async_trait]
impl Typesetting for Desk {
    fn has_template(&self, _: &str) -> bool {
        true
    }

    async fn typeset(&self, request: &PaperRequest) -> Result<TypesetPaper, ContractError> {
        self.papers.lock().unwrap().push(request.clone());
        let names = ["number", "date", "officer", "organ", "initials"];
        let places: BTreeMap<String, PaperPlace> = names.map(|name| (name.to_owned(), PLACE)).into();
        let bytes = format!("%PDF-1.7 sample\n{} {}\n", request.template, request.data).into_bytes();
        Ok(TypesetPaper { bytes, pages: 1, places })
    }

    async fn lint(&self, file: &[u8]) -> Result<Vec<LayoutFinding>, ContractError> {
        if file.starts_with(b"%PDF") {
            return Ok(Vec::new());
        }
        Err(ContractError::Refused { code: "file_unreadable", detail: "no PDF".into() })
    }
}

fn subject(party: &SigningParty) -> String {
    match party {
        SigningParty::Officer { name, .. } | SigningParty::Organ { name, .. } => name.clone(),
    }
}

#[async_trait]
impl OfficeSigning for Desk {
    async fn sign(&self, order: SigningOrder) -> Result<Vec<Vec<u8>>, ContractError> {
        if let Some(code) = *self.refuse_signing.lock().unwrap() {
            return Err(ContractError::Refused { code, detail: "as the test wants".into() });
        }
        let role = match order.role {
            SignatureRole::Initials => "initials",
            SignatureRole::Officer => "officer",
            SignatureRole::Organ => "organ",
        };
        let signed = |file: haidang_contracts::papers::FileToSign| {
            let mut bytes = file.bytes;
            for (field, value) in &file.fill {
                bytes.extend(format!("filled {field}={value}\n").bytes());
            }
            bytes.extend(format!("signed {role} {} {}\n", file.field, subject(&order.party)).bytes());
            bytes
        };
        Ok(order.files.into_iter().map(signed).collect())
    }

    async fn judge(&self, file: &[u8]) -> Result<JudgedFile, ContractError> {
        let text = String::from_utf8_lossy(file);
        let whole = if text.contains("changed afterwards") { JudgedAs::Invalid } else { JudgedAs::Valid };
        let signatures = text.lines().filter_map(|line| line.strip_prefix("signed ")).map(|line| {
            let mut words = line.splitn(3, ' ').skip(1);
            JudgedSignature {
                field: words.next().unwrap_or_default().to_owned(),
                integrity: whole,
                identity: JudgedAs::Valid,
                signer: words.next().unwrap_or_default().to_owned(),
                stamped_at: None,
                level: "B-T".into(),
                remarks: Vec::new(),
            }
        });
        Ok(JudgedFile {
            sha256: String::new(),
            signatures: signatures.collect(),
            report: serde_json::json!({ "of": "the tests" }),
            judged_at: jiff::Timestamp::UNIX_EPOCH,
        })
    }

    async fn certificate(&self, party: &SigningParty) -> Result<Option<PartyCertificate>, ContractError> {
        if *self.refuse_signing.lock().unwrap() == Some("certificate_missing") {
            return Ok(None);
        }
        Ok(Some(PartyCertificate {
            subject: subject(party),
            issuer: "CA mẫu".into(),
            serial: "01".into(),
            not_before: 0,
            // 31 December 2030.
            not_after: 1_924_905_600_000_000,
            source: "file".into(),
        }))
    }

    /// What is stamped, and when the certificate of the authority ends.
    async fn stamp(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, ContractError> {
        let until = self.stamp_until.lock().unwrap().unwrap_or(jiff::Timestamp::MAX);
        Ok([sha256.as_slice(), &until.as_second().to_be_bytes()].concat())
    }

    async fn judge_stamps(&self, sha256: &[u8; 32], tokens: &[Vec<u8>]) -> Result<StampChain, ContractError> {
        let (mut expected, mut stamps, mut answer) = (sha256.to_vec(), Vec::new(), JudgedAs::Valid);
        for token in tokens {
            let (digest, until) = token.split_at(32);
            if digest != expected {
                answer = JudgedAs::Invalid;
            }
            let until = i64::from_be_bytes(until.try_into().unwrap());
            let until = jiff::Timestamp::from_second(until).unwrap();
            stamps.push(StampFacts { at: jiff::Timestamp::UNIX_EPOCH, until, authority: "CA mẫu".into() });
            expected = haidang_kernel::chain::Hash::of(token).0.to_vec();
        }
        Ok(StampChain { stamps, answer, remarks: Vec::new() })
    }
}

#[async_trait]
impl Archive for Desk {
    async fn keep(&self, sha256: &str, _: &str) -> Result<(), ContractError> {
        self.kept.lock().unwrap().push(sha256.to_owned());
        Ok(())
    }

    async fn original(&self, sha256: &str) -> Result<String, ContractError> {
        Ok(sha256.to_owned())
    }

    async fn newest(&self, sha256: &str) -> Result<String, ContractError> {
        Ok(sha256.to_owned())
    }
}

#[async_trait]
impl ResultPapers for Desk {
    async fn result_paper(&self, token: &str) -> Result<Option<ResultPaper>, ContractError> {
        Ok(self.results.lock().unwrap().get(token).cloned())
    }
}

#[async_trait]
impl Notifier for Desk {
    async fn send(&self, message: &Message) -> Result<(), ContractError> {
        self.messages.lock().unwrap().push((message.to.clone(), message.template.clone()));
        Ok(())
    }
}

impl WorkingDays for Desk {
    /// The real calendar of the city.
    fn calendar(&self) -> Arc<WorkingCalendar> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/haiphong/calendars");
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let texts: Vec<String> = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
        Arc::new(WorkingCalendar::from_toml(&texts).unwrap())
    }
}
