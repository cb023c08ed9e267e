//! Names of demonstration persons: drawn part by part, so that nobody real is meant.

use super::dice::Dice;

const FAMILY: &[(u64, &str)] = &[
    (30, "Nguyễn"),
    (11, "Trần"),
    (9, "Lê"),
    (8, "Phạm"),
    (6, "Hoàng"),
    (6, "Vũ"),
    (4, "Đặng"),
    (4, "Bùi"),
    (4, "Đỗ"),
    (3, "Đào"),
    (3, "Ngô"),
    (2, "Đoàn"),
    (2, "Lương"),
    (2, "Mai"),
    (2, "Trịnh"),
    (1, "Đinh"),
    (1, "Tô"),
    (1, "Khúc"),
    (1, "Cao"),
    (1, "Lưu"),
];
const MIDDLE_MALE: &[&str] =
    &["Văn", "Đức", "Minh", "Quang", "Hữu", "Công", "Xuân", "Anh", "Tiến", "Quốc", "Thành", "Duy", "Trọng", "Gia"];
const MIDDLE_FEMALE: &[&str] =
    &["Thị", "Thu", "Ngọc", "Thanh", "Minh", "Phương", "Hồng", "Thị Thu", "Thị Ngọc", "Khánh", "Bảo", "Diệu"];
const GIVEN_MALE: &[&str] = &[
    "An", "Bình", "Cường", "Dũng", "Đạt", "Đức", "Giang", "Hải", "Hiếu", "Hoàng", "Hùng", "Huy", "Khang", "Khánh",
    "Kiên", "Lâm", "Long", "Minh", "Nam", "Nghĩa", "Phong", "Phúc", "Quân", "Sơn", "Tài", "Thắng", "Thịnh", "Tiến",
    "Toàn", "Trung", "Tuấn", "Tùng", "Việt", "Vinh",
];
const GIVEN_FEMALE: &[&str] = &[
    "An",
    "Anh",
    "Ánh",
    "Chi",
    "Dung",
    "Duyên",
    "Giang",
    "Hà",
    "Hằng",
    "Hạnh",
    "Hiền",
    "Hoa",
    "Hòa",
    "Hương",
    "Huyền",
    "Lan",
    "Liên",
    "Linh",
    "Loan",
    "Ly",
    "Mai",
    "My",
    "Nga",
    "Ngân",
    "Nhung",
    "Oanh",
    "Phượng",
    "Quỳnh",
    "Tâm",
    "Thảo",
    "Thúy",
    "Thủy",
    "Trang",
    "Tuyết",
    "Vân",
    "Yến",
];
const TRADES: &[&str] = &[
    "tạp hóa",
    "ăn uống",
    "sửa xe",
    "may đo",
    "vật liệu xây dựng",
    "hải sản",
    "cắt tóc",
    "văn phòng phẩm",
    "điện nước",
    "trà sữa",
];
const BUSINESS: &[&str] = &[
    "Thương mại",
    "Vận tải biển",
    "Kho vận",
    "Cơ khí",
    "Xây dựng",
    "Thủy sản",
    "Dệt may",
    "Điện tử",
    "Xăng dầu",
    "Môi trường",
];

/// A family name.
pub fn family(dice: &Dice) -> &'static str {
    dice.weighted::<&str>(FAMILY)
}

/// A full name with this family name.
pub fn full(dice: &Dice, family: &str, male: bool) -> String {
    let (middle, given) = if male {
        (dice.pick(MIDDLE_MALE), dice.pick(GIVEN_MALE))
    } else {
        (dice.pick(MIDDLE_FEMALE), dice.pick(GIVEN_FEMALE))
    };
    format!("{family} {middle} {given}")
}

/// Name of a business household.
pub fn household(dice: &Dice, owner: &str) -> String {
    let given = owner.rsplit(' ').next().unwrap_or(owner);
    format!("Hộ kinh doanh {} {given}", dice.pick(TRADES))
}

/// Name of a company.
pub fn company(dice: &Dice) -> String {
    format!("Công ty TNHH {} {} {}", dice.pick(BUSINESS), dice.pick(MIDDLE_MALE), dice.pick(GIVEN_MALE))
}
