//! Pure decisions: what may be offered for what.

use haidang_contracts::vault::VaultItem;

/// Whether an item may stand for one of the wanted codes; `*` wants any document.
pub fn fits(item: &VaultItem, wanted: &[String]) -> bool {
    wanted.iter().any(|code| code == "*" || *code == item.code)
}

/// Whether an item is still valid on a day (`YYYY-MM-DD`); without an end it always is.
pub fn valid_on(item: &VaultItem, day: &str) -> bool {
    item.valid_until.as_deref().is_none_or(|until| until >= day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(code: &str, until: Option<&str>) -> VaultItem {
        VaultItem {
            id: "1".into(),
            code: code.into(),
            title: "Giấy khai sinh".into(),
            number: None,
            issuer: "Ủy ban nhân dân xã Mẫu".into(),
            issued_on: "2026-01-05".into(),
            valid_until: until.map(Into::into),
            origin: "result".into(),
            sha256: String::new(),
            media_type: "text/html".into(),
            size: 1,
            token: None,
        }
    }

    #[test]
    fn an_item_is_offered_for_its_own_code_or_for_any() {
        let cases = [("KQ.G15.000031", vec!["KQ.G15.000031"], true), ("KQ.G15.000031", vec!["*"], true), ("KQ.G15.000031", vec!["KQ.G15.000021"], false), ("KQ.G15.000031", vec![], false)];
        for (code, wanted, expected) in cases {
            let wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
            assert_eq!(fits(&item(code, None), &wanted), expected, "{code} for {wanted:?}");
        }
    }

    #[test]
    fn the_last_day_of_validity_still_counts() {
        for (until, day, expected) in [(None, "2030-01-01", true), (Some("2026-07-05"), "2026-07-05", true), (Some("2026-07-05"), "2026-07-06", false)] {
            assert_eq!(valid_on(&item("x", until), day), expected, "{until:?} on {day}");
        }
    }
}
