//! Checklist: remarks that pass for papers, ids, sources of reuse.

use super::codes::Code;
use super::report::Reporter;
use crate::procedure::facts::Reuse;
use crate::procedure::rows::{Component, ComponentKind};
use crate::procedure::version::Version;
use haidang_kernel::bilingual::Bilingual;
use std::collections::BTreeSet;

/// How remarks of the national record begin.
const REMARKS: [&str; 9] =
    ["lưu ý", "ghi chú", "chú ý", "trường hợp", "trong trường hợp", "đối với", "người yêu cầu", "nếu ", "- "];

pub(super) fn check(version: &Version, report: &mut Reporter<'_>) {
    let mut ids = BTreeSet::new();
    for (index, row) in version.procedure.components.iter().enumerate() {
        let path = format!("component/{index}");
        if !ids.insert(row.id.as_str()) {
            report.add(Code::FormatError, &format!("{path}/id"), &format!("the id `{}` is given twice", row.id));
        }
        if let Some(why) = remark(row) {
            report.say(Code::NoteAsDocument, &path, why);
        }
        if row.kind != ComponentKind::Note && row.name.as_ref().is_none_or(|name| name.trim().is_empty()) {
            let message = Bilingual::new(
                format!("Thành phần {} không có tên", row.id),
                format!("The component {} has no name", row.id),
            );
            report.say(Code::PartMissing, &path, message);
        }
        for (at, source) in row.reuse.iter().enumerate() {
            if Reuse::parse(source).is_none() {
                let message = format!("`{source}` is not vault:<code>, once_only:<register> or case:result");
                report.add(Code::FormatError, &format!("{path}/reuse/{at}"), &message);
            }
        }
        if row.max_mb == 0 || row.max_mb > 100 || row.max_files == 0 || row.max_files > 20 {
            report.add(Code::FormatError, &path, "max_mb lies between 1 and 100, max_files between 1 and 20");
        }
    }
}

fn remark(row: &Component) -> Option<Bilingual> {
    let quantity = row.original + row.copy;
    let name = row.name.as_deref().unwrap_or_default().trim().to_lowercase();
    match row.kind {
        ComponentKind::Note if quantity != 0 => Some(Bilingual::new(
            format!("Ghi chú {} lại có số lượng", row.id),
            format!("The note {} has a quantity", row.id),
        )),
        ComponentKind::Note => None,
        _ if row.original < 0 || row.copy < 0 => Some(Bilingual::new(
            format!("Thành phần {} có số lượng âm", row.id),
            format!("The component {} has a negative quantity", row.id),
        )),
        _ if quantity == 0 && !row.by_form => Some(Bilingual::new(
            format!("Thành phần {} không có bản chính hay bản sao nào: có lẽ là ghi chú", row.id),
            format!("The component {} has neither original nor copy: probably a note", row.id),
        )),
        _ if name.ends_with(':') || REMARKS.iter().any(|start| name.starts_with(start)) => Some(Bilingual::new(
            format!("Tên thành phần {} đọc như một ghi chú", row.id),
            format!("The name of the component {} reads like a note", row.id),
        )),
        _ => None,
    }
}
