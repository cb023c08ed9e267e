//! The seven parts of 766-1.3 and the deadlines of 766-1.1 and 1.2.

use super::Around;
use super::codes::Code;
use super::report::Reporter;
use crate::procedure::rows::ComponentKind;
use crate::procedure::version::Version;
use haidang_kernel::bilingual::Bilingual;

/// Working days that the law gives a province on either side of the decision.
const DEADLINE_DAYS: i64 = 5;

pub(super) fn check(version: &Version, report: &mut Reporter<'_>) {
    let procedure = &version.procedure;
    let papers = procedure.components.iter().filter(|row| row.kind != ComponentKind::Note).count();
    let parts = [
        (procedure.name.trim().is_empty(), "name", "tên thủ tục", "the name"),
        (procedure.steps.is_empty() && procedure.sequence.is_empty(), "step", "trình tự thực hiện", "the sequence"),
        (procedure.channels.is_empty(), "channels", "cách thức thực hiện", "the manner of submission"),
        (papers == 0, "component", "thành phần hồ sơ có số lượng", "components with quantities"),
        (procedure.sla.is_empty(), "sla", "thời hạn giải quyết", "the time limit"),
        (procedure.subjects.is_empty(), "subjects", "đối tượng thực hiện", "the subjects"),
        (procedure.scope.is_none() || procedure.competence.is_none(), "scope", "cơ quan thực hiện", "the agency"),
    ];
    for (missing, path, vi, en) in parts {
        if missing {
            report.say(Code::PartMissing, path, Bilingual::new(format!("Thiếu {vi}"), format!("Missing: {en}")));
        }
    }
}

pub(super) fn deadlines(version: &Version, around: &Around, report: &mut Reporter<'_>) {
    let procedure = &version.procedure;
    let Some(decision) = &procedure.decision else {
        let message = Bilingual::new(
            "Chưa có quyết định công bố để tính hạn công khai",
            "No decision is given from which the deadline is counted",
        );
        report.warn(Code::PublishDeadline, "effective", message);
        return;
    };
    let Some(calendar) = &around.calendar else { return };
    let from = procedure.effective.from;
    if !calendar.covers(decision.signed) || !calendar.covers(from) {
        let message = Bilingual::new(
            "Lịch làm việc chưa phủ các ngày này nên chưa tính được hạn",
            "The calendar does not cover these days, so the deadline cannot be counted",
        );
        report.warn(Code::PublishDeadline, "decision/signed", message);
        return;
    }
    // Signed on D, in force on E: E minus five working days is the last day on which D may lie.
    let left = calendar.working_days_between(
        decision.signed.saturating_sub(jiff::Span::new().days(1)),
        from.saturating_sub(jiff::Span::new().days(1)),
    );
    if decision.signed >= from || left < DEADLINE_DAYS {
        let message = Bilingual::new(
            format!("Quyết định ký ngày {} chỉ trước ngày có hiệu lực {from} {left} ngày làm việc", decision.signed),
            format!("The decision of {} lies only {left} working days before {from}", decision.signed),
        );
        report.say(Code::PublishDeadline, "decision/signed", message);
    }
    if let Some(published) = decision.published {
        let took = calendar.working_days_between(decision.signed, published);
        if took > DEADLINE_DAYS {
            let message = Bilingual::new(
                format!("Công khai sau khi ký {took} ngày làm việc"),
                format!("Published {took} working days after signing"),
            );
            report.say(Code::PublishDeadline, "decision/published", message);
        }
    }
}
