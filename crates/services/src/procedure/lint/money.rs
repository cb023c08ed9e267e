//! Fees: legal line, amount, exemptions.

use super::codes::Code;
use super::report::Reporter;
use crate::procedure::version::Version;
use haidang_kernel::bilingual::Bilingual;
use std::collections::BTreeSet;

pub(super) fn check(version: &Version, report: &mut Reporter<'_>) {
    let fees = &version.procedure.fees;
    for (index, row) in fees.iter().enumerate() {
        let path = format!("fee/{index}");
        if row.basis.trim().is_empty() {
            let message = Bilingual::new(
                format!("Khoản {} không có căn cứ pháp lý", row.code),
                format!("{} has no legal basis", row.code),
            );
            report.say(Code::FeeWithoutBasis, &format!("{path}/basis"), message);
        }
        match (&row.amount, &row.unknown) {
            (Some(amount), _) if !amount.trim().is_empty() => {}
            (_, Some(_)) => report.warn(
                Code::FeeAmountMissing,
                &format!("{path}/unknown"),
                Bilingual::new(
                    format!("Chưa biết mức thu của khoản {}", row.code),
                    format!("The amount of {} is not known", row.code),
                ),
            ),
            _ => report.say(
                Code::FeeAmountMissing,
                &path,
                Bilingual::new(format!("Khoản {} không có mức thu", row.code), format!("{} has no amount", row.code)),
            ),
        }
        if ![1, 2, 4].contains(&row.collect_at) {
            report.add(Code::FormatError, &format!("{path}/collect_at"), "collect_at is 1, 2 or 4");
        }
        for (at, exempt) in row.exempt.iter().enumerate() {
            if exempt.basis.trim().is_empty() {
                let message = Bilingual::new(
                    format!("Đối tượng miễn \"{}\" không có căn cứ pháp lý", exempt.id),
                    format!("The exemption \"{}\" has no legal basis", exempt.id),
                );
                report.say(Code::FeeWithoutBasis, &format!("{path}/exempt/{at}/basis"), message);
            }
        }
    }
    let mut named = BTreeSet::new();
    for (index, row) in fees.iter().enumerate() {
        let free = row.amount.as_deref().is_some_and(|amount| amount.trim() == "0");
        if free || row.unknown.is_some() || !named.insert(row.code.as_str()) {
            continue;
        }
        let group = fees.iter().filter(|other| other.code == row.code);
        let said = |other: &crate::procedure::rows::FeeRow| {
            !other.exempt.is_empty() || other.exempt_none.as_ref().is_some_and(|why| !why.trim().is_empty())
        };
        if !group.into_iter().any(said) {
            let message = Bilingual::new(
                format!("Khoản {} không nói ai được miễn", row.code),
                format!("{} does not say who is exempt", row.code),
            );
            report.say(Code::ExemptionMissing, &format!("fee/{index}"), message);
        }
    }
}
