//! Dates and times.

use jiff::civil::{Date, Time, Weekday};
use jiff::{Timestamp, ToSpan};

use super::Lang;
use crate::time::civil;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn month_name(date: Date) -> &'static str {
    MONTHS.get(usize::from(date.month().unsigned_abs()).wrapping_sub(1)).copied().unwrap_or_default()
}

/// In running text: `ngày 5 tháng 11 năm 2026`, `5 November 2026`.
pub fn date_text(lang: Lang, date: Date) -> String {
    let (day, month, year) = (date.day(), date.month(), date.year());
    match lang {
        Lang::Vi => format!("ngày {day} tháng {month} năm {year}"),
        Lang::En => format!("{day} {} {year}", month_name(date)),
    }
}

/// In tables: `05/11/2026`, `5 Nov 2026` (digits alone would be read in two ways abroad).
pub fn date_table(lang: Lang, date: Date) -> String {
    let (day, month, year) = (date.day(), date.month(), date.year());
    match lang {
        Lang::Vi => format!("{day:02}/{month:02}/{year:04}"),
        Lang::En => format!("{day} {} {year}", month_name(date).get(..3).unwrap_or_default()),
    }
}

/// In official documents (NĐ 30/2020): day below 10 and months 1 and 2 take a zero, `ngày 05 tháng 01 năm 2026`.
pub fn date_official(lang: Lang, date: Date) -> String {
    let (day, month, year) = (date.day(), date.month(), date.year());
    match (lang, month) {
        (Lang::En, _) => date_text(lang, date),
        (Lang::Vi, 1 | 2) => format!("ngày {day:02} tháng {month:02} năm {year}"),
        (Lang::Vi, _) => format!("ngày {day:02} tháng {month} năm {year}"),
    }
}

/// The day of the week within a sentence: `thứ Bảy`, `Chủ nhật`, `Saturday`.
pub fn weekday(lang: Lang, day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => lang.pick("thứ Hai", "Monday"),
        Weekday::Tuesday => lang.pick("thứ Ba", "Tuesday"),
        Weekday::Wednesday => lang.pick("thứ Tư", "Wednesday"),
        Weekday::Thursday => lang.pick("thứ Năm", "Thursday"),
        Weekday::Friday => lang.pick("thứ Sáu", "Friday"),
        Weekday::Saturday => lang.pick("thứ Bảy", "Saturday"),
        Weekday::Sunday => lang.pick("Chủ nhật", "Sunday"),
    }
}

/// With the day of the week: `thứ Bảy, ngày 21 tháng 11 năm 2026`, `Saturday 21 November 2026`.
pub fn date_weekday(lang: Lang, date: Date) -> String {
    let separator = lang.pick(", ", " ");
    format!("{}{separator}{}", weekday(lang, date.weekday()), date_text(lang, date))
}

/// Short with the day of the week, for cards and lists: `thứ Ba, 08/09/2026`, `Tuesday 8 Sep 2026`.
pub fn date_short(lang: Lang, date: Date) -> String {
    let separator = lang.pick(", ", " ");
    format!("{}{separator}{}", weekday(lang, date.weekday()), date_table(lang, date))
}

/// The heading of a month: `tháng 11 năm 2026`, `November 2026`.
pub fn date_month(lang: Lang, date: Date) -> String {
    match lang {
        Lang::Vi => format!("tháng {} năm {}", date.month(), date.year()),
        Lang::En => format!("{} {}", month_name(date), date.year()),
    }
}

/// In running text: `14 giờ 30`, `17 giờ`; `2:30pm`, `5pm`, `midday`, `midnight`.
pub fn time_text(lang: Lang, time: Time) -> String {
    let (hour, minute) = (time.hour(), time.minute());
    match (lang, hour, minute) {
        (Lang::Vi, _, 0) => format!("{hour} giờ"),
        (Lang::Vi, ..) => format!("{hour} giờ {minute:02}"),
        (Lang::En, 0, 0) => "midnight".to_owned(),
        (Lang::En, 12, 0) => "midday".to_owned(),
        (Lang::En, ..) => {
            let half = if hour < 12 { "am" } else { "pm" };
            let shown = if hour % 12 == 0 { 12 } else { hour % 12 };
            if minute == 0 { format!("{shown}{half}") } else { format!("{shown}:{minute:02}{half}") }
        }
    }
}

/// In tables, either language: `14:30`.
pub fn time_table(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// An instant in running text, city time: `14 giờ 30 ngày 5 tháng 11 năm 2026`, `2:30pm on 5 November 2026`.
pub fn date_time_text(lang: Lang, instant: Timestamp) -> String {
    let wall = civil(instant);
    format!("{}{}{}", time_text(lang, wall.time()), lang.pick(" ", " on "), date_text(lang, wall.date()))
}

/// An instant in tables, city time: `05/11/2026 14:30`, `5 Nov 2026 14:30`.
pub fn date_time_table(lang: Lang, instant: Timestamp) -> String {
    let wall = civil(instant);
    format!("{} {}", date_table(lang, wall.date()), time_table(wall.time()))
}

/// An instant near now: `hôm nay, 9 giờ 05`, `hôm qua, 14 giờ 30`; farther away its date and time.
pub fn moment(lang: Lang, instant: Timestamp, now: Timestamp) -> String {
    let (wall, today) = (civil(instant), civil(now).date());
    let near = [
        (0, lang.pick("hôm nay", "today")),
        (-1, lang.pick("hôm qua", "yesterday")),
        (1, lang.pick("ngày mai", "tomorrow")),
    ];
    for (days, word) in near {
        if today.checked_add(days.days()).is_ok_and(|date| date == wall.date()) {
            return format!("{word}, {}", time_text(lang, wall.time()));
        }
    }
    date_time_text(lang, instant)
}

/// Working days to a due date: `còn 2 ngày làm việc`, `hạn hôm nay` (0), `quá hạn 1 ngày làm việc` (−1).
pub fn days_left(lang: Lang, days: i64) -> String {
    let count = days.unsigned_abs();
    let noun = if count == 1 { "working day" } else { "working days" };
    match (lang, days) {
        (Lang::Vi, 0) => "hạn hôm nay".to_owned(),
        (Lang::Vi, 1..) => format!("còn {count} ngày làm việc"),
        (Lang::Vi, _) => format!("quá hạn {count} ngày làm việc"),
        (Lang::En, 0) => "due today".to_owned(),
        (Lang::En, 1..) => format!("{count} {noun} left"),
        (Lang::En, _) => format!("{count} {noun} overdue"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::at;
    use jiff::civil::{date, datetime, time};

    fn check(shown: &str, expected: &str) {
        assert_eq!(shown, expected);
    }

    #[test]
    fn dates_read_as_offices_write_them() {
        let (fifth, january, sunday) = (date(2026, 11, 5), date(2026, 1, 5), date(2026, 11, 22));
        check(&date_text(Lang::Vi, fifth), "ngày 5 tháng 11 năm 2026");
        check(&date_text(Lang::En, fifth), "5 November 2026");
        check(&date_table(Lang::Vi, fifth), "05/11/2026");
        check(&date_table(Lang::En, fifth), "5 Nov 2026");
        check(&date_official(Lang::Vi, fifth), "ngày 05 tháng 11 năm 2026");
        check(&date_official(Lang::Vi, january), "ngày 05 tháng 01 năm 2026");
        check(&date_official(Lang::Vi, date(2026, 3, 10)), "ngày 10 tháng 3 năm 2026");
        check(&date_weekday(Lang::Vi, date(2026, 11, 21)), "thứ Bảy, ngày 21 tháng 11 năm 2026");
        check(&date_weekday(Lang::Vi, sunday), "Chủ nhật, ngày 22 tháng 11 năm 2026");
        check(&date_weekday(Lang::En, date(2026, 11, 21)), "Saturday 21 November 2026");
        check(&date_short(Lang::Vi, date(2026, 9, 8)), "thứ Ba, 08/09/2026");
        check(&date_short(Lang::En, date(2026, 9, 8)), "Tuesday 8 Sep 2026");
        check(&date_month(Lang::Vi, fifth), "tháng 11 năm 2026");
    }

    #[test]
    fn times_are_of_twenty_four_hours_in_vietnamese() {
        check(&time_text(Lang::Vi, time(14, 30, 0, 0)), "14 giờ 30");
        check(&time_text(Lang::Vi, time(9, 5, 0, 0)), "9 giờ 05");
        check(&time_text(Lang::Vi, time(17, 0, 0, 0)), "17 giờ");
        check(&time_table(time(14, 30, 0, 0)), "14:30");
        check(&time_text(Lang::En, time(14, 30, 0, 0)), "2:30pm");
        check(&time_text(Lang::En, time(9, 0, 0, 0)), "9am");
        check(&time_text(Lang::En, time(12, 5, 0, 0)), "12:05pm");
        check(&time_text(Lang::En, time(0, 5, 0, 0)), "12:05am");
        check(&time_text(Lang::En, time(12, 0, 0, 0)), "midday");
    }

    #[test]
    fn moments_are_told_from_today_in_city_time() {
        let now = at(datetime(2026, 11, 21, 0, 30, 0, 0));
        check(&moment(Lang::Vi, at(datetime(2026, 11, 21, 9, 5, 0, 0)), now), "hôm nay, 9 giờ 05");
        check(&moment(Lang::Vi, at(datetime(2026, 11, 20, 23, 59, 0, 0)), now), "hôm qua, 23 giờ 59");
        check(&moment(Lang::En, at(datetime(2026, 11, 22, 14, 30, 0, 0)), now), "tomorrow, 2:30pm");
        check(&moment(Lang::Vi, at(datetime(2026, 11, 5, 14, 30, 0, 0)), now), "14 giờ 30 ngày 5 tháng 11 năm 2026");
        check(&date_time_table(Lang::Vi, at(datetime(2026, 11, 5, 14, 30, 0, 0))), "05/11/2026 14:30");
        check(&date_time_text(Lang::En, at(datetime(2026, 11, 5, 14, 30, 0, 0))), "2:30pm on 5 November 2026");
    }

    #[test]
    fn what_is_left_is_told_in_working_days() {
        check(&days_left(Lang::Vi, 2), "còn 2 ngày làm việc");
        check(&days_left(Lang::Vi, -1), "quá hạn 1 ngày làm việc");
        check(&days_left(Lang::Vi, 0), "hạn hôm nay");
        check(&days_left(Lang::En, 1), "1 working day left");
        check(&days_left(Lang::En, -2), "2 working days overdue");
    }
}
