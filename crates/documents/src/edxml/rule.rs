//! The rules of messages, as codes for programs and sentences for people.

use serde::Serialize;

macro_rules! rules {
    ($($name:ident $vietnamese:literal $english:literal;)+) => {
        /// A rule that a message breaks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Rule {
            $(#[doc = $english] $name,)+
        }

        impl Rule {
            /// All of them.
            pub const ALL: &'static [Rule] = &[$(Rule::$name,)+];

            /// The sentence in Vietnamese.
            pub fn vietnamese(self) -> &'static str {
                match self { $(Rule::$name => $vietnamese,)+ }
            }

            /// The sentence in English.
            pub fn english(self) -> &'static str {
                match self { $(Rule::$name => $english,)+ }
            }
        }
    };
}

rules! {
    WrongRoot "Tệp không phải là gói tin edXML theo QCVN 102:2016." "The root element is not edXML of QCVN 102:2016.";
    Missing "Thiếu thông tin bắt buộc." "A mandatory value is missing.";
    Repeated "Thông tin này chỉ được có một lần." "The value stands more than once.";
    Malformed "Giá trị không đúng quy cách." "The value is not in its form.";
    TooLong "Giá trị dài quá quy định." "The value is too long.";
    TooMany "Danh sách quá dài." "The list is too long.";
    UnknownField "Trường thông tin không có trong quy chuẩn." "The standard knows no such field.";
    UnknownCode "Mã không có trong danh mục." "The code is not in its list.";
    Spelling "Tên trường phải viết đúng như quy chuẩn: Bussiness." "The spelling of the standard is Bussiness.";
    NotComposed "Văn bản tiếng Việt phải ở dạng Unicode dựng sẵn (NFC)." "The text is not in Unicode form NFC.";
    BlanksAround "Giá trị có khoảng trắng thừa ở đầu hoặc cuối." "There are blanks around the value.";
    ReasonMissing "Phải nêu lý do." "A reason must be given.";
    TraceOrder "Thời gian luân chuyển không theo thứ tự." "The hops are not in the order of time.";
    NoAttachment "Gói tin văn bản phải có ít nhất một tệp đính kèm." "A document carries at least one attachment.";
    IdentifierRepeated "Mã tệp đính kèm bị trùng." "The identifier of an attachment stands twice.";
    IdentifierDangling "Danh mục và tệp đính kèm không khớp mã." "Manifest and attachments name different identifiers.";
    NameDiffers "Tên tệp khác với danh mục." "The file name differs from the manifest.";
    NameIsPath "Tên tệp chứa đường dẫn." "The file name is a path.";
    NotBase64 "Nội dung tệp không phải base64." "The attachment is not base64.";
    EmptyAttachment "Tệp đính kèm rỗng." "The attachment is empty.";
    DamagedZip "Tệp nén bị hỏng hoặc không phải tệp zip." "The packed attachment is damaged or no zip.";
    ZipEntries "Tệp nén phải chứa đúng một tệp." "A packed attachment holds exactly one file.";
    ZipTooLarge "Tệp nén bung ra quá lớn." "The packed attachment unfolds to too much.";
    NotPdf "Tệp có đuôi .pdf nhưng không phải PDF." "The attachment is named a PDF and is none.";
    Packed "Tệp đính kèm được gửi ở dạng nén." "The attachment was sent packed.";
    Prefixes "Tiền tố không gian tên không theo quy chuẩn." "The namespace prefixes are not those of the standard.";
    BytesBefore "Có ký tự thừa trước khai báo XML." "There are stray bytes before the XML declaration.";
    SignatureNamespace "Chữ ký không nằm trong không gian tên XML-DSig." "The signature is not in the namespace of XML signatures.";
    NotAnswered "Gói tin trạng thái không cho biết trả lời văn bản nào." "The status does not say which document it answers.";
}

/// A broken rule, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// For programs.
    pub rule: Rule,
    /// The element concerned, as a path of names; of a list with its number, counted from 1.
    pub place: String,
    /// For people, in Vietnamese.
    pub text: &'static str,
    /// For people, in English.
    pub text_en: &'static str,
}

impl Fault {
    pub(super) fn new(rule: Rule, place: impl Into<String>) -> Fault {
        Fault { rule, place: place.into(), text: rule.vietnamese(), text_en: rule.english() }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.text_en)
    }
}

/// The first of them in one line.
pub(super) fn list(faults: &[Fault]) -> String {
    let shown: Vec<String> = faults.iter().take(5).map(Fault::to_string).collect();
    let more = faults.len().saturating_sub(shown.len());
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{tail}", shown.join(" "))
}
