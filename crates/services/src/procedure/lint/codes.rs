//! The stable codes, with the clause behind each and the sentence that repairs it.

use haidang_kernel::bilingual::Bilingual;

macro_rules! codes {
    ($($(#[$meta:meta])* $variant:ident = $text:literal, $clause:literal, $vi:literal, $en:literal;)+) => {
        /// A kind of finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[$meta])* $variant,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)+];

            /// The stable text.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)+ }
            }

            /// The clause of law or of the format that asks for it.
            pub fn clause(self) -> &'static str {
                match self { $(Code::$variant => $clause,)+ }
            }

            /// The sentence that repairs it.
            pub fn repair(self) -> Bilingual {
                match self { $(Code::$variant => Bilingual::new($vi, $en),)+ }
            }
        }
    };
}

codes! {
    /// The file is not of the format.
    FormatError = "format_error", "docs/guide/procedure-format.md",
        "Sửa khóa hoặc giá trị theo bảng trong docs/guide/procedure-format.md.",
        "Correct the key or value as described in docs/guide/procedure-format.md.";
    /// One of the seven parts of 766-1.3 is absent.
    PartMissing = "part_missing", "QĐ 766/QĐ-TTg, chỉ số 1.3",
        "Bổ sung đủ bảy phần: tên, trình tự, cách thức, thành phần hồ sơ có số lượng, thời hạn, đối tượng, cơ quan.",
        "Give all seven parts: name, sequence, manner, components with quantities, time limit, subjects, agency.";
    /// The unit is no unit of the clock.
    SlaUnitUnknown = "sla_unit_unknown", "91/2015/QH13 Điều 147, 148",
        "Ghi `unit` là một trong: working_day, day, month, same_day, hour, working_hour, instant, none, event.",
        "Write `unit` as one of: working_day, day, month, same_day, hour, working_hour, instant, none, event.";
    /// The unit contradicts what the national record declares.
    SlaUnitMismatch = "sla_unit_mismatch", "91/2015/QH13 Điều 147, 148",
        "Sửa `unit` và `quantity` cho khớp, hoặc nêu ở `settled` vì sao đơn vị của thành phố đúng.",
        "Make `unit` and `quantity` agree, or say in `settled` why the city's unit stands.";
    /// A limit of nothing or less.
    NegativeOrEmptyTime = "negative_or_empty_time", "91/2015/QH13 Điều 147",
        "Ghi `quantity` là số lớn hơn 0; chỉ đơn vị giờ được có nửa.",
        "Write `quantity` as a number above 0; only hours may have halves.";
    /// A row that can never be reached.
    UnreachableRow = "unreachable_row", "docs/guide/procedure-format.md, sla",
        "Chuyển dòng luôn đúng xuống cuối, hoặc thêm điều kiện cho nó.",
        "Move the row that always holds to the end, or give it a condition.";
    /// A step nothing leads to.
    StateUnreachable = "state_unreachable", "docs/guide/procedure-format.md, step",
        "Thêm hành động dẫn tới bước này, hoặc bỏ bước.",
        "Add an action that leads to this step, or remove the step.";
    /// A step from which the end cannot be reached.
    StateNoEnd = "state_no_end", "docs/guide/procedure-format.md, step",
        "Thêm hành động có đường tới `end`.",
        "Add an action from which `end` can be reached.";
    /// A role nobody can hold where the step is worked.
    RoleWithoutHolder = "role_without_holder", "118/2025/NĐ-CP",
        "Giao vai trò này cho cơ quan trong positions.toml, hoặc đổi `role` của bước.",
        "Give the role to an agency in positions.toml, or change the `role` of the step.";
    /// A fee without legal line.
    FeeWithoutBasis = "fee_without_basis", "97/2015/QH13 Điều 4",
        "Nêu nghị quyết hoặc thông tư quy định mức thu ở `basis`.",
        "Name the resolution or circular that sets the amount in `basis`.";
    /// A fee without amount.
    FeeAmountMissing = "fee_amount_missing", "97/2015/QH13 Điều 4",
        "Ghi mức thu ở `amount`; nếu nguồn chưa có, nêu lý do ở `unknown`.",
        "Write the amount in `amount`; where no source gives it, say so in `unknown`.";
    /// A fee that names nobody exempt.
    ExemptionMissing = "exemption_missing", "97/2015/QH13 Điều 10",
        "Liệt kê đối tượng được miễn ở `exempt`, hoặc nêu ở `exempt_none` vì sao không có.",
        "List who is exempt in `exempt`, or say in `exempt_none` why nobody is.";
    /// An expression that cannot work.
    CelError = "cel_error", "docs/guide/procedure-format.md, Expressions",
        "Sửa biểu thức: tên trường phải có trong form.json, giá trị phải có trong các lựa chọn.",
        "Correct the expression: fields must exist in form.json, values among the options.";
    /// Prefill into or from nothing.
    PrefillTargetMissing = "prefill_target_missing", "docs/guide/procedure-format.md, [form]",
        "Trỏ `to` tới một trường của form.json và `from` tới một sổ đã biết.",
        "Point `to` at a field of form.json and `from` at a known register.";
    /// A template that names nothing known.
    TemplateVariableMissing = "template_variable_missing", "docs/guide/procedure-format.md, result",
        "Dùng biến có trong danh sách, hoặc thêm trường vào form.json.",
        "Use a variable of the list, or add the field to form.json.";
    /// A remark listed as a paper.
    NoteAsDocument = "note_as_document", "QĐ 766/QĐ-TTg, chỉ số 1.3",
        "Đổi `kind` thành `note`, hoặc ghi số bản chính, bản sao.",
        "Change `kind` to `note`, or give the number of originals and copies.";
    /// Published too late.
    PublishDeadline = "publish_deadline", "QĐ 766/QĐ-TTg, chỉ số 1.1, 1.2",
        "Ký quyết định công bố trước ngày có hiệu lực ít nhất 5 ngày làm việc và công khai trong 5 ngày làm việc sau khi ký.",
        "Sign the decision at least 5 working days before it takes effect and publish within 5 working days of signing.";
    /// Two versions on one day.
    EffectiveOverlap = "effective_overlap", "docs/guide/procedure-format.md, effective",
        "Đặt `effective.to` của phiên bản trước là ngày liền trước `effective.from` của phiên bản sau.",
        "Set `effective.to` of the earlier version to the day before `effective.from` of the later one.";
    /// A test of the procedure does not hold.
    TestFailed = "test_failed", "docs/guide/procedure-format.md, test",
        "Sửa quy tắc hoặc kết quả mong đợi cho khớp với văn bản.",
        "Correct the rule or the expected outcome so that both agree with the law.";
    /// Tests are absent.
    NoTest = "no_test", "docs/guide/procedure-format.md, test",
        "Thêm ít nhất một trường hợp có `due` và một trường hợp có `fee`.",
        "Add at least one test with `due` and one with `fee`.";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
