//! The words of a case: channels, states, tracks, actions, and the rows other files of this room read and write.

use serde::{Deserialize, Serialize};

/// Declares an enumeration that is stored as text: one list for the code, the database check and the wire.
macro_rules! text_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum $name {
            $($(#[$vmeta])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every value, in the order of the law.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The stored text.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// Reads the stored text.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some($name::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
    };
}

text_enum! {
    /// Intake channel (TT 03/2025/TT-VPCP).
    Channel {
        /// Nộp trực tuyến.
        Online = "online",
        /// Nộp trực tiếp at a counter.
        Direct = "direct",
        /// Nộp qua bưu chính.
        Postal = "postal",
    }
}

text_enum! {
    /// Our states of a case; many of them map to one national status.
    CaseState {
        /// Sent by the applicant, not yet accepted.
        Submitted = "submitted",
        /// Sent, and nobody knows yet which agency is competent.
        Coordinating = "coordinating",
        /// Valid intake; the clock runs.
        Accepted = "accepted",
        /// Not accepted, with form 03.
        Refused = "refused",
        /// An official works on it.
        InProgress = "in_progress",
        /// Another agency is asked; work waits for its answer.
        Consulting = "consulting",
        /// On the leader's desk.
        AwaitingSignature = "awaiting_signature",
        /// Signed; the clerk numbers and issues.
        AwaitingIssue = "awaiting_issue",
        /// The applicant must add or correct something (form 02).
        AwaitingSupplement = "awaiting_supplement",
        /// The applicant must pay before work goes on.
        AwaitingPayment = "awaiting_payment",
        /// The applicant asked to withdraw.
        WithdrawalRequested = "withdrawal_requested",
        /// Stopped by the agency, with form 05.
        Stopped = "stopped",
        /// Withdrawn on the applicant's wish.
        Withdrawn = "withdrawn",
        /// The result waits to be collected.
        ResultReady = "result_ready",
        /// The result was handed over.
        Returned = "returned",
    }
}

impl CaseState {
    /// National status `TrangThaiHoSo`, 1 to 10.
    pub fn national(self) -> i64 {
        match self {
            Self::Submitted | Self::Coordinating => 1,
            Self::Accepted => 2,
            Self::Refused => 3,
            Self::InProgress | Self::Consulting | Self::AwaitingSignature | Self::AwaitingIssue => 4,
            Self::AwaitingSupplement => 5,
            Self::AwaitingPayment => 6,
            Self::WithdrawalRequested => 7,
            Self::Stopped | Self::Withdrawn => 8,
            Self::ResultReady => 9,
            Self::Returned => 10,
        }
    }

    /// Whether nothing can follow.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Refused | Self::Stopped | Self::Withdrawn | Self::Returned)
    }
}

text_enum! {
    /// Finance track, separate from the business track.
    FinanceState {
        /// Nothing to pay.
        None = "none",
        /// A fee is due.
        Due = "due",
        /// Part of it is paid.
        Partly = "partly",
        /// All is paid.
        Paid = "paid",
        /// Paid back.
        Refunded = "refunded",
    }
}

text_enum! {
    /// Delivery track.
    DeliveryState {
        /// Nothing to deliver yet.
        None = "none",
        /// Ready at the counter or in the vault.
        Ready = "ready",
        /// Given to the post.
        Posted = "posted",
        /// In the applicant's hands.
        HandedOver = "handed_over",
    }
}

text_enum! {
    /// Synchronisation track towards the national portal; the room that tells the portal moves it.
    SyncState {
        /// Nothing to send.
        Clean = "clean",
        /// Changes wait to be sent.
        Queued = "queued",
        /// The last try failed.
        Failed = "failed",
        /// The other side holds something else.
        Conflict = "conflict",
    }
}

text_enum! {
    /// What can be done to a case. The vocabulary is fixed; which step offers which action is procedure data.
    ActionKind {
        /// Tiếp nhận, form 01.
        Accept = "accept",
        /// Yêu cầu bổ sung, form 02.
        Supplement = "supplement",
        /// Từ chối tiếp nhận, form 03.
        Refuse = "refuse",
        /// Chuyển cơ quan có thẩm quyền (from the coordination queue or a unit that is not competent).
        Forward = "forward",
        /// Lấy ý kiến cơ quan khác.
        Consult = "consult",
        /// Yêu cầu thực hiện nghĩa vụ tài chính.
        RequestPayment = "request_payment",
        /// Đề xuất, trình ký.
        Propose = "propose",
        /// Duyệt (a step between proposal and signature).
        Approve = "approve",
        /// Ký.
        Sign = "sign",
        /// Trả lại bước trước.
        Return = "return",
        /// Cấp số, phát hành.
        Issue = "issue",
        /// Trả kết quả.
        HandOver = "hand_over",
        /// Dừng xử lý, form 05.
        Stop = "stop",
        /// Xin lỗi và hẹn lại ngày trả, form 04.
        Apologise = "apologise",
        /// Người nộp xin rút.
        Withdraw = "withdraw",
        /// Đồng ý cho rút.
        AcceptWithdrawal = "accept_withdrawal",
        /// Không đồng ý cho rút.
        DeclineWithdrawal = "decline_withdrawal",
        /// Người nộp bổ sung.
        AnswerSupplement = "answer_supplement",
        /// Sửa kết quả đã có: supervisor only.
        Correct = "correct",
    }
}

impl ActionKind {
    /// Capabilities of which an official needs one; empty for the applicant's own actions.
    pub fn capabilities(self) -> &'static [&'static str] {
        match self {
            Self::Accept => &["case.receive"],
            Self::Supplement => &["case.supplement"],
            Self::Refuse => &["case.refuse"],
            Self::Forward => &["case.receive", "case.coordinate"],
            Self::Consult => &["case.consult"],
            Self::RequestPayment => &["case.process"],
            Self::Propose => &["case.propose"],
            Self::Approve => &["case.approve"],
            Self::Sign => &["case.sign"],
            Self::Return => &["case.approve", "case.sign", "case.issue", "case.process"],
            Self::Issue => &["case.issue"],
            Self::HandOver => &["case.hand_over"],
            Self::Stop => &["case.stop"],
            Self::Apologise => &["case.extend"],
            Self::AcceptWithdrawal | Self::DeclineWithdrawal => &["case.process", "case.receive"],
            Self::Correct => &["case.correct"],
            Self::Withdraw | Self::AnswerSupplement => &[],
        }
    }

    /// Whether a reason in words is required by law or by fairness to whoever reads it next.
    pub fn needs_reason(self) -> bool {
        matches!(
            self,
            Self::Supplement
                | Self::Refuse
                | Self::Stop
                | Self::Return
                | Self::Apologise
                | Self::Correct
                | Self::DeclineWithdrawal
                | Self::RequestPayment
                | Self::Withdraw
        )
    }

    /// Whether the action binds the agency so that a fresh second factor is asked for.
    pub fn needs_fresh_factor(self) -> bool {
        matches!(self, Self::Sign | Self::Approve)
    }

    /// Form of TT 03/2025/TT-VPCP, Phụ lục I, that the action issues.
    pub fn form(self) -> Option<&'static str> {
        Some(match self {
            Self::Accept => "01",
            Self::Supplement => "02",
            Self::Refuse => "03",
            Self::Apologise => "04",
            Self::Stop => "05",
            _ => return None,
        })
    }
}
