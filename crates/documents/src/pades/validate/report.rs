//! What is told about a file: three answers, each with its reasons.

use jiff::Timestamp;
use serde::Serialize;

use super::difference::Change;
use crate::pades::Level;

/// An answer to one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Passed,
    /// No.
    Failed,
    /// What is at hand does not say.
    Undetermined,
}

macro_rules! codes {
    ($($name:ident $vietnamese:literal $english:literal;)+) => {
        /// Why an answer is what it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $(#[doc = $english] $name,)+
        }

        impl Code {
            /// The sentence for people, in Vietnamese.
            pub fn vietnamese(self) -> &'static str {
                match self { $(Code::$name => $vietnamese,)+ }
            }

            /// The sentence for people, in English.
            pub fn english(self) -> &'static str {
                match self { $(Code::$name => $english,)+ }
            }
        }
    };
}

codes! {
    Unreadable "Tệp không phải là PDF đúng cấu trúc." "The file is no well-formed PDF.";
    NotSigned "Tệp chưa có chữ ký số." "The file bears no signature.";
    SignatureRemoved "Một chữ ký đã bị gỡ khỏi văn bản." "A signature was removed from the document.";
    SignatureMalformed "Chữ ký không đúng định dạng." "The signature is malformed.";
    SignatureForm "Chữ ký không theo chuẩn PAdES." "The signature is not of the PAdES form.";
    RangeMalformed "Phạm vi ký không hợp quy cách." "The signed range is malformed.";
    RangeNotRevision "Phạm vi ký không trùng với một phiên bản trọn vẹn của tệp." "The signed range is not a whole revision of the file.";
    RangesOverlap "Hai chữ ký cùng nhận một phiên bản của tệp." "Two signatures claim one revision of the file.";
    GapNotContents "Phần không được ký chứa nội dung khác ngoài chữ ký." "What is not signed holds more than the signature.";
    ContentChanged "Nội dung đã bị sửa sau khi ký." "The content was changed after signing.";
    SignatureValueWrong "Giá trị chữ ký không khớp với chứng thư." "The signature does not fit the certificate.";
    CertificateSwapped "Chứng thư kèm theo không phải chứng thư đã dùng để ký." "The certificate is not the one that was signed for.";
    WeakAlgorithm "Thuật toán ký không còn được chấp nhận." "The algorithm is no longer accepted.";
    ObjectChanged "Một thành phần đã ký bị thay đổi ở phiên bản sau." "A signed object was changed in a later revision.";
    CatalogChanged "Cấu trúc gốc của văn bản bị thay đổi ở phiên bản sau." "The catalog was changed in a later revision.";
    PageChanged "Trang đã ký bị thay đổi ở phiên bản sau." "A signed page was changed in a later revision.";
    AnnotationChanged "Chú thích trên trang đã ký bị thay đổi." "Annotations of a signed page were changed.";
    FormChanged "Biểu mẫu đã ký bị thay đổi ngoài phạm vi cho phép." "The form was changed beyond what is allowed.";
    FieldChanged "Ô đã khóa hoặc đã ký bị thay đổi." "A closed or signed field was changed.";
    ValidationDataChanged "Dữ liệu xác minh kèm theo không đúng quy cách." "The embedded validation data is not in its form.";
    ObjectStreamReplaced "Một gói đối tượng đã ký bị thay thế." "A signed object stream was replaced.";
    HybridRevision "Phiên bản sau khi ký có hai bảng tham chiếu." "A revision after the signature has two cross-reference tables.";
    HiddenBytes "Phiên bản sau khi ký chứa dữ liệu không được liệt kê." "A revision after the signature holds unlisted bytes.";
    UntrustedAuthority "Chứng thư không thuộc tổ chức chứng thực được tin cậy." "No trusted authority vouches for the certificate.";
    CertificateExpired "Chứng thư hết hạn tại thời điểm cần xét." "The certificate had ended at the time that counts.";
    CertificateNotYetValid "Chứng thư chưa có hiệu lực tại thời điểm cần xét." "The certificate was not yet valid at the time that counts.";
    CertificateRevoked "Chứng thư đã bị thu hồi tại thời điểm cần xét." "The certificate was revoked at the time that counts.";
    CertificateUnfit "Chứng thư không được dùng cho mục đích này." "The certificate may not be used for this.";
    RevocationUnknown "Chưa xác định được chứng thư có bị thu hồi hay không." "Whether the certificate was revoked is unknown.";
    TimeStampWrong "Dấu thời gian không khớp với chữ ký." "The time stamp does not fit the signature.";
    TimeStampUntrusted "Dấu thời gian không do tổ chức được tin cậy cấp." "No trusted authority vouches for the time stamp.";
    AuthorityNotJudged "Thẩm quyền ký được xét theo hồ sơ của cơ quan." "Whether the signer may sign is judged elsewhere.";
}

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// For programs.
    pub code: Code,
    /// For people, in Vietnamese.
    pub text: &'static str,
    /// For people, in English.
    pub text_en: &'static str,
    /// What exactly, for those who look into it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Finding {
    pub(super) fn new(code: Code, detail: Option<String>) -> Finding {
        Finding { code, text: code.vietnamese(), text_en: code.english(), detail }
    }
}

/// A verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The verdict.
    pub verdict: Verdict,
    /// Its reasons; empty when it passed without remark.
    pub findings: Vec<Finding>,
}

impl Answer {
    pub(super) fn passed() -> Answer {
        Answer { verdict: Verdict::Passed, findings: Vec::new() }
    }

    pub(super) fn of(verdict: Verdict, code: Code, detail: Option<String>) -> Answer {
        Answer { verdict, findings: vec![Finding::new(code, detail)] }
    }

    pub(super) fn failed(code: Code) -> Answer {
        Answer::of(Verdict::Failed, code, None)
    }

    /// All of them together: failed when one failed, passed when all passed.
    pub(super) fn all<'a>(answers: impl Iterator<Item = &'a Answer>) -> Answer {
        let mut whole = Answer::passed();
        for answer in answers {
            whole.verdict = match (whole.verdict, answer.verdict) {
                (Verdict::Failed, _) | (_, Verdict::Failed) => Verdict::Failed,
                (Verdict::Undetermined, _) | (_, Verdict::Undetermined) => Verdict::Undetermined,
                _ => Verdict::Passed,
            };
            for finding in &answer.findings {
                if !whole.findings.contains(finding) {
                    whole.findings.push(finding.clone());
                }
            }
        }
        whole
    }
}

/// What kind of signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureKind {
    /// Of a person or an organisation.
    Signature,
    /// A document time stamp.
    TimeStamp,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignatureReport {
    /// Name of its field.
    pub field: String,
    /// What kind.
    pub kind: SignatureKind,
    /// Common name in the certificate.
    pub signer: Option<String>,
    /// Common name of the authority that issued it.
    pub issuer: Option<String>,
    /// Serial number of the certificate, hexadecimal.
    pub serial: Option<String>,
    /// The time the signer claims (`/M`), as written.
    pub claimed_at: Option<String>,
    /// The time that a time stamp proves.
    pub stamped_at: Option<Timestamp>,
    /// The revision it covers, counted from 1; 0 when that cannot be said.
    pub revision: usize,
    /// What was done after it, all of it allowed.
    pub changes: Vec<Change>,
    /// The level it reaches.
    pub level: Option<Level>,
    /// Whether what it covers is what is seen.
    pub integrity: Answer,
    /// Whether the certificate was good when it signed.
    pub identity: Answer,
}

/// What is told about a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether every signature covers what is seen.
    pub integrity: Answer,
    /// Whether every certificate was good.
    pub identity: Answer,
    /// Whether the signers might sign: left to the caller.
    pub authority: Answer,
    /// The lowest level of the signatures; document time stamps have none of their own.
    pub level: Option<Level>,
    /// Revisions of the file.
    pub revisions: usize,
    /// Signatures and document time stamps.
    pub signatures: Vec<SignatureReport>,
}

impl Report {
    pub(super) fn unsigned(code: Code, verdict: Verdict, detail: Option<String>, revisions: usize) -> Report {
        Report {
            integrity: Answer::of(verdict, code, detail),
            identity: Answer::of(Verdict::Undetermined, code, None),
            authority: Answer::of(Verdict::Undetermined, Code::AuthorityNotJudged, None),
            level: None,
            revisions,
            signatures: Vec::new(),
        }
    }

    /// Whether the file may be relied on: whole, and no certificate refused.
    pub fn is_good(&self) -> bool {
        self.integrity.verdict == Verdict::Passed && self.identity.verdict != Verdict::Failed
    }
}
