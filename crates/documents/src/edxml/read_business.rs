//! Reading the way of a message and what it does (`TraceHeaderList`).

use super::code::BusinessKind;
use super::fields::{At, Log, Need};
use super::model::{Business, Receiver, Replacement, TraceHeader, UpdateInfo};
use super::read::staff;
use super::rule::Rule;

pub(super) fn trace(log: &mut Log, list: &At<'_>) -> Vec<TraceHeader> {
    let hops = log.all(list, "TraceHeader");
    if hops.is_empty() {
        log.refuse(Rule::Missing, list.below("TraceHeader"));
    }
    let hop = |at: &At<'_>, log: &mut Log| TraceHeader {
        organ_id: log.text(at, "OrganId", Need::Must),
        at: log.moment(at, "Timestamp"),
    };
    hops.iter().map(|at| hop(at, log)).collect()
}

/// `None` when there is none, which means a new document.
pub(super) fn business(log: &mut Log, list: &At<'_>) -> Option<Business> {
    let at = log.one(list, "Bussiness", Need::May)?;
    let kind = log.text(&at, "BussinessDocType", Need::Must);
    let known: Option<BusinessKind> = kind.parse().ok();
    if known.is_none() && !kind.is_empty() {
        log.refuse(Rule::UnknownCode, at.below("BussinessDocType"));
    }
    let binary = |text: &str| match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    };
    Some(Business {
        kind: known?,
        document_id: log.text(&at, "DocumentId", Need::May),
        reason: log.text(&at, "BussinessDocReason", Need::May),
        paper: log.parsed(&at, "Paper", Need::May, binary),
        update: log.one(&at, "BussinessDocumentInfo", Need::May).map(|at| update(log, &at)),
        replacements: replacements(log, &at),
        staff: log.one(&at, "StaffInfo", Need::May).map(|at| staff(log, &at)),
    })
}

fn update(log: &mut Log, at: &At<'_>) -> UpdateInfo {
    let list = log.one(at, "ReceiverList", Need::May);
    let receivers = list.map(|list| log.all(&list, "Receiver")).unwrap_or_default();
    let receiver = |at: &At<'_>, log: &mut Log| Receiver {
        organ_id: log.text(at, "OrganId", Need::Must),
        receiver_type: log.number(at, "ReceiverType", Need::Must).unwrap_or_default(),
    };
    UpdateInfo {
        document_info: log.number(at, "DocumentInfo", Need::May),
        document_receiver: log.number(at, "DocumentReceiver", Need::May),
        receivers: receivers.iter().map(|at| receiver(at, log)).collect(),
    }
}

fn replacements(log: &mut Log, at: &At<'_>) -> Vec<Replacement> {
    let list = log.one(at, "ReplacementInfoList", Need::May);
    let entries = list.map(|list| log.all(&list, "ReplacementInfo")).unwrap_or_default();
    let mut replacements = Vec::new();
    for entry in &entries {
        let document_id = log.text(entry, "DocumentId", Need::Must);
        let organs = log.one(entry, "OrganIdList", Need::Must);
        let organs = organs.map(|organs| log.all(&organs, "OrganId")).unwrap_or_default();
        if organs.is_empty() {
            log.refuse(Rule::Missing, entry.below("OrganIdList/OrganId"));
        }
        let organ_ids = organs.iter().map(|organ| log.own_text(organ)).collect();
        replacements.push(Replacement { document_id, organ_ids });
    }
    replacements
}
