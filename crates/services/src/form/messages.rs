//! House wording of every message: what is wrong and what to do, in both languages.

use super::field::{Field, Widget};
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::format::{self, Lang};

/// Where a field stands, for the words of a message.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// Label of the composite field it is a part of.
    pub of: Option<Bilingual>,
    /// Entry of a list: its name and number from 1.
    pub entry: Option<(Bilingual, usize)>,
}

/// Further values that a message names.
#[derive(Debug, Clone, Default)]
pub(super) struct Detail {
    /// A limit, as Vietnamese writes it.
    pub limit: String,
    /// The same as English writes it.
    pub limit_en: String,
    /// Name of a successor, or of whatever else the message mentions.
    pub name: Option<Bilingual>,
}

impl Detail {
    pub fn limit(limit: impl std::fmt::Display) -> Self {
        Self { limit: limit.to_string(), limit_en: limit.to_string(), name: None }
    }

    /// A limit that may be large.
    pub fn number(limit: f64) -> Self {
        let shown = |lang| format::decimal(lang, limit, 0);
        Self { limit: shown(Lang::Vi), limit_en: shown(Lang::En), name: None }
    }
}

/// First letter small, unless the word is an abbreviation.
fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

fn english(text: &Bilingual) -> &str {
    text.en.as_deref().unwrap_or(&text.vi)
}

struct Words {
    /// Beginning of a sentence.
    vi: String,
    en: String,
    /// Inside a sentence.
    vi_low: String,
    en_low: String,
}

fn words(field: &Field, place: &Place) -> Words {
    let (mut vi, mut en) = (field.label.vi.clone(), english(&field.label).to_owned());
    if let Some(of) = &place.of {
        vi = format!("{vi} của {}", lower_first(&of.vi));
        en = format!("{en} of {}", lower_first(english(of)));
    }
    if let Some((item, number)) = &place.entry {
        vi = format!("{vi} ({} thứ {number})", lower_first(&item.vi));
        en = format!("{en} ({} {number})", lower_first(english(item)));
    }
    let (vi_low, en_low) = (lower_first(&vi), lower_first(&en));
    Words { vi, en, vi_low, en_low }
}

/// JSON Schema keywords under which a form may override a message.
fn keyword(code: &str) -> &'static str {
    match code {
        "min_length" => "minLength",
        "max_length" | "name_too_long" => "maxLength",
        "minimum" => "minimum",
        "maximum" => "maximum",
        "min_items" | "min_1" => "minItems",
        "max_items" => "maxItems",
        "not_in_list" => "enum",
        "must_be" => "const",
        "email" | "date_not_real" | "date_incomplete" | "date_year" => "format",
        "unique" => "uniqueItems",
        "required" => "required",
        _ => "pattern",
    }
}

/// The message of a code at a field.
pub(super) fn message(field: &Field, code: &str, place: &Place, detail: &Detail) -> Bilingual {
    if let Some(own) = field.errors.get(code).or_else(|| field.errors.get(keyword(code))) {
        return own.clone();
    }
    let words = words(field, place);
    if code == "required" {
        return required(field, &words);
    }
    let (vi, en) = number(code, &words)
        .or_else(|| date(code, &words, field.widget))
        .or_else(|| quantity(code, &words, detail))
        .or_else(|| person(code, &words, detail))
        .unwrap_or_else(|| (format!("Hãy kiểm tra lại {}", words.vi_low), format!("Check {}", words.en_low)));
    Bilingual::new(vi, en)
}

fn required(field: &Field, w: &Words) -> Bilingual {
    match field.widget {
        Widget::Boolean if field.must_be => {
            Bilingual::new(format!("Hãy đánh dấu vào ô: {}", w.vi), format!("Tick the box: {}", w.en))
        }
        Widget::Boolean => {
            Bilingual::new(format!("Hãy chọn “Có” hoặc “Không”: {}", w.vi), format!("Select “Yes” or “No”: {}", w.en))
        }
        Widget::Enum => Bilingual::new(format!("Hãy chọn {}", w.vi_low), format!("Select {}", w.en_low)),
        Widget::Set => Bilingual::new(
            format!("Hãy chọn ít nhất một mục: {}", w.vi_low),
            format!("Select at least one: {}", w.en_low),
        ),
        Widget::List => list(field, w),
        _ => Bilingual::new(format!("Hãy nhập {}", w.vi_low), format!("Enter {}", w.en_low)),
    }
}

fn list(field: &Field, w: &Words) -> Bilingual {
    match &field.item {
        Some(item) => Bilingual::new(
            format!("Hãy thêm ít nhất một {}", lower_first(&item.vi)),
            format!("Add at least one {}", lower_first(english(item))),
        ),
        None => Bilingual::new(
            format!("Hãy thêm ít nhất một mục: {}", w.vi_low),
            format!("Add at least one entry: {}", w.en_low),
        ),
    }
}

type Pair = Option<(String, String)>;

fn pair(vi: String, en: String) -> Pair {
    Some((vi, en))
}

/// Citizen, tax and telephone numbers, email.
fn number(code: &str, w: &Words) -> Pair {
    match code {
        "not_digits" => pair(format!("{} chỉ gồm chữ số", w.vi), format!("{} must contain digits only", w.en)),
        "citizen_length" => {
            pair(format!("{} phải có đúng 12 chữ số", w.vi), format!("{} must have exactly 12 digits", w.en))
        }
        "province_unassigned" => pair(
            format!(
                "Ba chữ số đầu của {} không phải mã của tỉnh, thành phố nào. Hãy kiểm tra lại từng chữ số",
                w.vi_low
            ),
            format!("The first three digits of {} belong to no province. Check every digit", w.en_low),
        ),
        "tax_length" => pair(
            format!("{} phải có 10 chữ số, hoặc 13 chữ số nếu là chi nhánh", w.vi),
            format!("{} must have 10 digits, or 13 for a branch", w.en),
        ),
        "checksum" => pair(
            format!("{} có chữ số không khớp. Hãy kiểm tra lại từng chữ số", w.vi),
            format!("A digit of {} does not fit. Check every digit", w.en_low),
        ),
        "no_check_digit_exists" => pair(
            format!("Không có mã nào bắt đầu bằng chín chữ số này. Hãy kiểm tra lại {}", w.vi_low),
            format!("No number begins with these nine digits. Check {}", w.en_low),
        ),
        "branch_out_of_range" => pair(
            "Ba chữ số cuối (chi nhánh) phải từ 001 đến 999".to_owned(),
            "The last three digits (branch) must lie between 001 and 999".to_owned(),
        ),
        "phone_length" => pair(
            format!("{} phải có 10 chữ số, ví dụ 0912 345 678", w.vi),
            format!("{} must have 10 digits, such as 0912 345 678", w.en),
        ),
        "prefix" => {
            pair(format!("{} phải bắt đầu bằng 0 hoặc +84", w.vi), format!("{} must begin with 0 or +84", w.en))
        }
        "email" => pair(
            format!("Hãy nhập {} theo dạng ten@vidu.vn", w.vi_low),
            format!("Enter {} in the form name@example.com", w.en_low),
        ),
        _ => None,
    }
}

fn date(code: &str, w: &Words, widget: Widget) -> Pair {
    match code {
        "date_incomplete" if widget == Widget::PartialDate => pair(
            format!("{} phải có ít nhất là năm; có ngày thì phải có tháng", w.vi),
            format!("{} needs at least the year, and a day needs a month", w.en),
        ),
        "date_incomplete" => {
            pair(format!("{} phải có đủ ngày, tháng và năm", w.vi), format!("{} needs a day, a month and a year", w.en))
        }
        "date_year" => pair(
            format!("Năm của {} phải có 4 chữ số", w.vi_low),
            format!("The year of {} must have 4 digits", w.en_low),
        ),
        "date_digits" => pair(format!("{} chỉ gồm chữ số", w.vi), format!("{} must be given in digits", w.en)),
        "date_not_real" => pair(
            format!("{} không có trong lịch. Hãy kiểm tra lại ngày, tháng và năm", w.vi),
            format!("{} is not in the calendar. Check the day, month and year", w.en),
        ),
        "time" => pair(
            format!("Hãy nhập {} gồm giờ và phút, ví dụ 14:30", w.vi_low),
            format!("Enter {} as hour and minute, such as 14:30", w.en_low),
        ),
        "not_future" => {
            pair(format!("{} không được sau ngày hôm nay", w.vi), format!("{} must not lie in the future", w.en))
        }
        "not_past" => {
            pair(format!("{} không được trước ngày hôm nay", w.vi), format!("{} must not lie in the past", w.en))
        }
        "not_before_birth" => {
            pair(format!("{} không được trước ngày sinh", w.vi), format!("{} must not lie before the birth", w.en))
        }
        _ => None,
    }
}

fn quantity(code: &str, w: &Words, detail: &Detail) -> Pair {
    let (limit, limit_en) = (&detail.limit, &detail.limit_en);
    match code {
        "not_a_number" => pair(
            format!("{} phải là số, ví dụ 1.250.000", w.vi),
            format!("{} must be a number, such as 1,250,000", w.en),
        ),
        "ambiguous_number" => pair(
            format!(
                "{} đọc được theo hai cách: hãy dùng dấu phẩy cho phần lẻ (1,5) và dấu chấm cho hàng nghìn (1.500)",
                w.vi
            ),
            format!("{} can be read in two ways: write 1,5 for one and a half and 1.500 for fifteen hundred", w.en),
        ),
        "not_whole" => pair(format!("{} phải là số nguyên", w.vi), format!("{} must be a whole number", w.en)),
        "one_decimal" => {
            pair(format!("{} chỉ có một chữ số sau dấu phẩy", w.vi), format!("{} has one digit after the comma", w.en))
        }
        "minimum" => pair(format!("{} phải từ {limit} trở lên", w.vi), format!("{} must be at least {limit_en}", w.en)),
        "maximum" | "too_large" => {
            pair(format!("{} không được quá {limit}", w.vi), format!("{} must not exceed {limit_en}", w.en))
        }
        "positive" => pair(format!("{} phải lớn hơn 0", w.vi), format!("{} must be above 0", w.en)),
        "min_length" => pair(
            format!("{} phải có ít nhất {limit} ký tự", w.vi),
            format!("{} must have at least {limit_en} characters", w.en),
        ),
        "max_length" | "name_too_long" => pair(
            format!("{} dài nhất là {limit} ký tự", w.vi),
            format!("{} must not be longer than {limit_en} characters", w.en),
        ),
        "not_in_list" => {
            pair(format!("Hãy chọn {} trong danh sách", w.vi_low), format!("Choose {} from the list", w.en_low))
        }
        "not_yes_or_no" => {
            pair(format!("Hãy chọn “Có” hoặc “Không”: {}", w.vi), format!("Select “Yes” or “No”: {}", w.en))
        }
        "must_be" => pair(format!("Hãy đánh dấu vào ô: {}", w.vi), format!("Tick the box: {}", w.en)),
        "min_items" | "min_1" => {
            pair(format!("Hãy thêm ít nhất một mục: {}", w.vi_low), format!("Add at least one entry: {}", w.en_low))
        }
        "max_items" => {
            pair(format!("{}: nhiều nhất là {limit} mục", w.vi), format!("{}: at most {limit_en} entries", w.en))
        }
        "unique" => pair(format!("{}: mỗi mục chỉ chọn một lần", w.vi), format!("{}: select each entry once", w.en)),
        _ => None,
    }
}

fn person(code: &str, w: &Words, detail: &Detail) -> Pair {
    match code {
        "adult_18" => pair(
            "Người này phải đủ 18 tuổi vào ngày nộp hồ sơ".to_owned(),
            "This person must be 18 on the day of submission".to_owned(),
        ),
        "male_20" => pair(
            "Bên nam phải đủ 20 tuổi vào ngày đăng ký kết hôn".to_owned(),
            "The groom must be 20 on the day of registration".to_owned(),
        ),
        "female_18" => pair(
            "Bên nữ phải đủ 18 tuổi vào ngày đăng ký kết hôn".to_owned(),
            "The bride must be 18 on the day of registration".to_owned(),
        ),
        "birth_year_mismatch" => pair(
            format!("Năm sinh ghi trong {} khác với năm sinh đã khai. Hãy kiểm tra cả hai", w.vi_low),
            format!("The birth year in {} differs from the one declared. Check both", w.en_low),
        ),
        "sex_mismatch" => pair(
            format!("Giới tính ghi trong {} khác với giới tính đã khai. Hãy kiểm tra cả hai", w.vi_low),
            format!("The sex in {} differs from the one declared. Check both", w.en_low),
        ),
        "commune_known" => pair(
            format!("Không có mã xã, phường hoặc đặc khu này: hãy chọn lại {}", w.vi_low),
            format!("There is no such commune: select {} again", w.en_low),
        ),
        "commune_replaced" => match &detail.name {
            Some(name) => pair(
                format!("Đơn vị này nay thuộc {}: hãy chọn lại {}", name.vi, w.vi_low),
                format!("This unit is now part of {}: select {} again", english(name), w.en_low),
            ),
            None => pair(
                format!("Đơn vị này không còn: hãy chọn lại {}", w.vi_low),
                format!("This unit no longer exists: select {} again", w.en_low),
            ),
        },
        "name_letters" => pair(
            format!("{} chỉ gồm chữ cái, dấu cách, dấu nháy và gạch nối", w.vi),
            format!("{} may contain letters, blanks, apostrophes and hyphens only", w.en),
        ),
        "household_name_start" => pair(
            format!("{} phải bắt đầu bằng “Hộ kinh doanh”, sau đó là tên riêng", w.vi),
            format!("{} must begin with “Hộ kinh doanh”, followed by a name of its own", w.en),
        ),
        "household_name_reserved" => pair(
            format!("{} không được có từ “công ty”, “doanh nghiệp” hoặc “hợp tác xã”", w.vi),
            format!("{} must not contain words reserved for companies and co-operatives", w.en),
        ),
        "household_name" => pair(
            format!("{} chỉ gồm chữ cái tiếng Việt, các chữ F, J, W, Z, chữ số và ký hiệu", w.vi),
            format!("{} may contain Vietnamese letters, F, J, W, Z, digits and signs only", w.en),
        ),
        "answer_too_large" => {
            pair("Câu trả lời quá dài. Hãy rút ngắn".to_owned(), "The answers are too long. Shorten them".to_owned())
        }
        _ => None,
    }
}
