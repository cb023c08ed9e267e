//! The report of a judgement as it is stored and handed out: three questions in the words of the law, the level, and what
//! was found about every signature. Its form is described in docs/guide/signing.md.

use haidang_contracts::ContractError;
use haidang_contracts::issued::{Competence, Competent, IssuedPaper};
use haidang_contracts::papers::{JudgedAs, JudgedFile, JudgedSignature};
use haidang_documents::pades::{Answer, Code, Finding, Level, Report, SignatureKind, SignatureReport, Verdict};
use haidang_signing::{Certificate, DigestAlgorithm};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Version of the form.
const VERSION: u32 = 1;
/// Name of the rules: certificates are judged at the time of the stamp that protects them, back to a root of the city's
/// list, and asked about where the file does not carry the answer.
const POLICY: &str = "haidang-pades-1";

fn judged(verdict: Verdict) -> JudgedAs {
    match verdict {
        Verdict::Passed => JudgedAs::Valid,
        Verdict::Failed => JudgedAs::Invalid,
        Verdict::Undetermined => JudgedAs::Unknown,
    }
}

fn remark(finding: &Finding) -> String {
    match serde_json::to_value(finding.code) {
        Ok(Value::String(code)) => code,
        _ => format!("{:?}", finding.code),
    }
}

/// What is said to a question: one sentence for each answer there can be.
struct Question {
    code: &'static str,
    title: &'static str,
    passed: &'static str,
    failed: &'static str,
    undetermined: &'static str,
}

const INTEGRITY: Question = Question {
    code: "integrity",
    title: "Tính toàn vẹn",
    passed: "Nội dung văn bản không bị thay đổi sau khi ký.",
    failed: "Nội dung văn bản đã bị thay đổi hoặc chữ ký không bảo vệ toàn bộ văn bản.",
    undetermined: "Chưa đủ căn cứ để kết luận về tính toàn vẹn.",
};
const IDENTITY: Question = Question {
    code: "identity",
    title: "Danh tính người ký",
    passed: "Chứng thư số của người ký do tổ chức được tin cậy cấp và có hiệu lực tại thời điểm ký.",
    failed: "Chứng thư số của người ký không được chấp nhận tại thời điểm ký.",
    undetermined: "Chưa đủ căn cứ để kết luận về danh tính người ký.",
};
const AUTHORITY: Question = Question {
    code: "authority",
    title: "Thẩm quyền ký",
    passed: "Người ký có thẩm quyền ký văn bản này.",
    failed: "Người ký không có thẩm quyền ký văn bản này.",
    undetermined: "Thẩm quyền ký được đối chiếu theo hồ sơ của cơ quan ban hành.",
};

/// A finding in the form of those of `pades`, so that one reader serves all three answers.
fn finding(by: &Competent) -> Value {
    json!({ "code": by.code, "text": by.reason.vi, "text_en": by.reason.en })
}

impl Question {
    /// The answer of the office in its place.
    fn decided(&self, by: &Competent) -> Value {
        let text = match by.answer {
            JudgedAs::Valid => self.passed,
            JudgedAs::Invalid => self.failed,
            JudgedAs::Unknown => self.undetermined,
        };
        json!({ "question": self.code, "title": self.title, "answer": by.answer, "text": text,
                "reason": by.reason.vi, "findings": [finding(by)] })
    }

    fn answered(&self, answer: &Answer) -> Value {
        let text = match answer.verdict {
            Verdict::Passed => self.passed,
            Verdict::Failed => self.failed,
            Verdict::Undetermined => self.undetermined,
        };
        json!({ "question": self.code, "title": self.title, "answer": judged(answer.verdict), "text": text,
                "findings": answer.findings })
    }
}

fn level(level: Option<Level>) -> &'static str {
    level.map_or("", Level::code)
}

fn signature(one: &SignatureReport) -> JudgedSignature {
    let findings = one.integrity.findings.iter().chain(&one.identity.findings);
    let mut remarks: Vec<String> = findings.map(remark).collect();
    remarks.dedup();
    JudgedSignature {
        field: one.field.clone(),
        integrity: judged(one.integrity.verdict),
        identity: judged(one.identity.verdict),
        signer: one.signer.clone().unwrap_or_default(),
        stamped_at: one.stamped_at.map(Timestamp::as_microsecond),
        level: level(one.level).to_owned(),
        remarks,
    }
}

/// Puts the answer of the office into a report: of the document and of each of its signatures, and what became of it.
pub(super) fn decide(file: &mut JudgedFile, paper: &IssuedPaper, competence: &Competence) {
    let answer = file.report.get_mut("answers").and_then(|answers| answers.get_mut(2));
    if let Some(answer) = answer {
        *answer = AUTHORITY.decided(&competence.whole);
    }
    let signatures = file
        .signatures
        .iter()
        .zip(&competence.signatures)
        .map(|(signature, by)| json!({ "field": signature.field, "answer": by.answer, "findings": [finding(by)] }));
    let authority: Vec<Value> = signatures.collect();
    if let Some(report) = file.report.as_object_mut() {
        report.insert("authority".to_owned(), authority.into());
        let by = paper.by.as_ref().map(|(code, day)| json!({ "code": code, "issued_on": day }));
        let document = json!({
            "organ": paper.organ, "kind": paper.kind.vi, "code": paper.code, "issued_on": paper.issued_on,
            "standing": paper.standing, "by": by,
        });
        report.insert("document".to_owned(), document);
    }
}

/// By which rules was judged: version of the rules, the roots that were believed, and when revocation was asked about.
pub(super) fn policy(anchors: &[Certificate]) -> Value {
    let anchor = |one: &Certificate| {
        let digest = data_encoding::HEXLOWER.encode(&DigestAlgorithm::Sha256.digest(one.der()));
        json!({ "subject": one.subject(), "sha256": digest })
    };
    json!({
        "name": POLICY,
        "revocation": "where_known",
        "anchors": anchors.iter().map(anchor).collect::<Vec<_>>(),
    })
}

/// The judgement of a file with this digest.
///
/// # Errors
/// `Refused` with `file_unreadable`.
pub(super) fn of(report: &Report, sha256: String, at: Timestamp, policy: Value) -> Result<JudgedFile, ContractError> {
    let unreadable = |finding: &&Finding| finding.code == Code::Unreadable;
    if let Some(finding) = report.integrity.findings.iter().find(unreadable).filter(|_| report.signatures.is_empty()) {
        let detail = finding.detail.clone().unwrap_or_else(|| finding.text_en.to_owned());
        return Err(ContractError::Refused { code: "file_unreadable", detail });
    }
    let whole = serde_json::to_value(&report.signatures).map_err(|error| ContractError::Internal(error.to_string()))?;
    let stored = json!({
        "version": VERSION,
        "sha256": sha256,
        "judged_at": at,
        "policy": policy,
        "answers": [
            INTEGRITY.answered(&report.integrity),
            IDENTITY.answered(&report.identity),
            AUTHORITY.answered(&report.authority),
        ],
        "level": report.level.map(Level::code),
        "revisions": report.revisions,
        "signatures": whole,
    });
    let signatures = report.signatures.iter().filter(|one| one.kind == SignatureKind::Signature);
    Ok(JudgedFile { sha256, signatures: signatures.map(signature).collect(), report: stored, judged_at: at })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use haidang_contracts::issued::Standing;
    use haidang_kernel::bilingual::Bilingual;

    #[test]
    fn the_office_answers_the_third_question_alone() {
        let answers = json!([{ "answer": "valid" }, { "answer": "unknown" }, { "answer": "unknown" }]);
        let mut file = JudgedFile {
            sha256: String::new(),
            signatures: Vec::new(),
            report: json!({ "answers": answers }),
            judged_at: Timestamp::UNIX_EPOCH,
        };
        let by = Competent {
            answer: JudgedAs::Valid,
            code: "granted".to_owned(),
            reason: Bilingual::new("Quy chế làm việc, Điều 5", "Work rules, Article 5"),
        };
        let paper = IssuedPaper {
            id: String::new(),
            token: String::new(),
            agency: "H24.11824".to_owned(),
            organ: "Ủy ban nhân dân xã Mẫu".to_owned(),
            kind: Bilingual::vietnamese("Quyết định"),
            code: "05/QĐ-UBND".to_owned(),
            issued_on: None,
            sha256: String::new(),
            standing: Standing::Replaced,
            by: Some(("06/QĐ-UBND".to_owned(), None)),
        };
        decide(&mut file, &paper, &Competence { whole: by, signatures: Vec::new() });
        assert_eq!(file.report["document"]["by"]["code"], "06/QĐ-UBND");
        assert_eq!(file.report["document"]["standing"], "replaced");
        assert_eq!(file.report["answers"][1]["answer"], "unknown");
        assert_eq!(file.report["answers"][2]["answer"], "valid");
        assert_eq!(file.report["answers"][2]["title"], "Thẩm quyền ký");
        assert_eq!(file.report["answers"][2]["reason"], "Quy chế làm việc, Điều 5");
    }
}
