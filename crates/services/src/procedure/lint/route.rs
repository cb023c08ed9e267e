//! The route: reachable steps, an end for each, roles that someone holds.

use super::Around;
use super::codes::Code;
use super::report::Reporter;
use crate::model::ActionKind;
use crate::procedure::model::Level;
use crate::procedure::rows::{EscalationRow, Seat, Step};
use crate::procedure::shape::nearest;
use crate::procedure::version::Version;
use crate::procedure::words::{Budget, Moment};
use haidang_kernel::bilingual::Bilingual;
use std::collections::BTreeSet;

const END: &str = "end";

pub(super) fn check(version: &Version, around: &Around, report: &mut Reporter<'_>) {
    let steps = &version.procedure.steps;
    let mut ids = BTreeSet::new();
    for (index, step) in steps.iter().enumerate() {
        let path = format!("step/{index}");
        if step.id == END || !ids.insert(step.id.as_str()) {
            report.add(Code::FormatError, &format!("{path}/id"), &format!("the step id `{}` is taken", step.id));
        }
        actions(step, &path, steps, report);
        lengths(step, &path, report);
        escalations(&step.escalation, &path, around, report);
        holder(version, step, &path, around, report);
    }
    for (index, row) in version.procedure.sla.iter().enumerate() {
        escalations(&row.escalation, &format!("sla/{index}"), around, report);
    }
    if let Some(first) = steps.first() {
        if !first.actions.iter().any(|action| action.id == ActionKind::Accept.as_str()) {
            let message =
                Bilingual::new("Bước đầu không có hành động tiếp nhận", "The first step cannot accept a case");
            report.say(Code::StateUnreachable, "step/0", message);
        }
        reach(steps, report);
    }
}

fn targets(step: &Step) -> impl Iterator<Item = &str> {
    step.actions.iter().map(|action| action.to.as_str())
}

fn reach(steps: &[Step], report: &mut Reporter<'_>) {
    let mut reached: BTreeSet<&str> = steps.first().map(|step| step.id.as_str()).into_iter().collect();
    let mut ending = BTreeSet::from([END]);
    // A route has few steps: going round once per step reaches everything that can be reached.
    for _ in 0..=steps.len() {
        for step in steps {
            if reached.contains(step.id.as_str()) {
                reached.extend(targets(step));
            }
            if targets(step).any(|to| ending.contains(to)) {
                ending.insert(step.id.as_str());
            }
        }
    }
    for (index, step) in steps.iter().enumerate() {
        let path = format!("step/{index}");
        if !reached.contains(step.id.as_str()) {
            let message = Bilingual::new(
                format!("Không hành động nào dẫn tới bước \"{}\"", step.id),
                format!("Nothing leads to the step \"{}\"", step.id),
            );
            report.say(Code::StateUnreachable, &path, message);
        }
        if !ending.contains(step.id.as_str()) {
            let message = Bilingual::new(
                format!("Từ bước \"{}\" không đi được tới kết thúc", step.id),
                format!("No way leads from \"{}\" to the end", step.id),
            );
            report.say(Code::StateNoEnd, &path, message);
        }
    }
}

fn actions(step: &Step, path: &str, steps: &[Step], report: &mut Reporter<'_>) {
    for (index, action) in step.actions.iter().enumerate() {
        let path = format!("{path}/actions/{index}");
        match ActionKind::parse(&action.id) {
            None => {
                let near = nearest(&action.id, ActionKind::ALL.iter().map(|kind| kind.as_str()));
                let near = near.map(|word| format!("; nearest: `{word}`")).unwrap_or_default();
                report.add(Code::FormatError, &path, &format!("there is no action `{}`{near}", action.id));
            }
            Some(kind) => {
                let wanted = kind.form();
                if let (Some(form), Some(wanted)) = (&action.form, wanted)
                    && form != wanted
                {
                    report.add(Code::FormatError, &path, &format!("`{}` issues form {wanted}, not {form}", action.id));
                }
            }
        }
        if action.to != END && !steps.iter().any(|known| known.id == action.to) {
            let message = Bilingual::new(
                format!("Bước \"{}\" không có trong tệp", action.to),
                format!("There is no step \"{}\"", action.to),
            );
            report.say(Code::StateUnreachable, &path, message);
        }
        if !(1..=10).contains(&action.status) {
            report.add(Code::FormatError, &path, "a national status is a number from 1 to 10");
        }
    }
}

fn lengths(step: &Step, path: &str, report: &mut Reporter<'_>) {
    if let Some(Err(message)) = step.budget.as_deref().map(Budget::parse) {
        report.add(Code::FormatError, &format!("{path}/budget"), &message);
    }
    if step.sign.as_deref().is_some_and(|sign| sign != "required") {
        report.add(Code::FormatError, &format!("{path}/sign"), "`sign` is \"required\" or absent");
    }
    for (index, consult) in step.consult.iter().enumerate() {
        let path = format!("{path}/consult/{index}");
        if let Some(Err(message)) = consult.budget.as_deref().map(Budget::parse) {
            report.add(Code::FormatError, &path, &message);
        }
        if consult.silence.as_deref().is_some_and(|silence| !matches!(silence, "wait" | "agree")) {
            report.add(Code::FormatError, &path, "`silence` is \"wait\" or \"agree\"");
        }
    }
}

fn escalations(rows: &[EscalationRow], path: &str, around: &Around, report: &mut Reporter<'_>) {
    for (index, row) in rows.iter().enumerate() {
        let path = format!("{path}/escalation/{index}");
        if let Err(message) = Moment::parse(&row.after) {
            report.add(Code::FormatError, &path, &message);
        }
        if !around.roles.is_empty() && !around.roles.contains_key(&row.to) {
            unknown_role(&row.to, &path, around, report);
        }
        if let Some(notice) =
            row.notify.as_ref().filter(|notice| !around.notices.is_empty() && !around.notices.contains(*notice))
        {
            report.add(Code::FormatError, &path, &format!("there is no notice `{notice}`"));
        }
    }
}

fn unknown_role(role: &str, path: &str, around: &Around, report: &mut Reporter<'_>) {
    let near = nearest(role, around.roles.keys().map(String::as_str));
    let (vi, en) = near
        .map_or((String::new(), String::new()), |near| (format!("; gần nhất: {near}"), format!("; nearest: {near}")));
    let message =
        Bilingual::new(format!("Không có vai trò \"{role}\"{vi}"), format!("There is no role \"{role}\"{en}"));
    report.say(Code::RoleWithoutHolder, path, message);
}

/// Someone must hold the role in the agencies where the step is worked: communes for what communes decide, any other
/// agency for what the city decides; intake may be at either.
fn holder(version: &Version, step: &Step, path: &str, around: &Around, report: &mut Reporter<'_>) {
    if around.roles.is_empty() {
        return;
    }
    let path = format!("{path}/role");
    let Some(kinds) = around.roles.get(&step.role) else {
        unknown_role(&step.role, &path, around, report);
        return;
    };
    let level = version.procedure.scope.as_ref().map(|scope| scope.level);
    let held = kinds.is_empty()
        || match (version.seat(step), level) {
            (Seat::Competent, Some(Level::Commune)) => kinds.iter().any(|kind| kind == "commune"),
            (Seat::Competent, Some(Level::City)) => kinds.iter().any(|kind| kind != "commune"),
            (Seat::Receiving, _) | (Seat::Competent, None) => true,
        };
    if !held {
        let message = Bilingual::new(
            format!("Không cơ quan có thẩm quyền nào giữ vai trò \"{}\" của bước \"{}\"", step.role, step.id),
            format!("No competent agency holds the role \"{}\" of the step \"{}\"", step.role, step.id),
        );
        report.say(Code::RoleWithoutHolder, &path, message);
    }
}
