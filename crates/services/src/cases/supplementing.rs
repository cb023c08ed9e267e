//! What the applicant does while a case waits for a supplement: files are added to the case, wrong answers are
//! corrected, and only then the supplement is answered, which lets the clock run again.

use super::deciding::{case_not_found, load};
use super::drafts::NewDocument;
use super::mandate::owns;
use super::reading::CaseView;
use super::row::Document;
use super::trail::SupplementRow;
use super::writing;
use crate::form;
use crate::model::CaseState;
use crate::service::Services;
use crate::sql;
use haidang_contracts::actor::{Actor, ActorKind, CaseId};
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry, args};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// Most files one supplement may bring for one thing that is missing.
pub const MOST_FILES: usize = 10;

fn nothing_asked() -> Problem {
    Problem::conflict("supplement_closed", "nothing is asked of this case now")
}

/// The supplement that waits for its answer.
pub fn open_supplement(view: &CaseView) -> Option<&SupplementRow> {
    let waits = view.case.state == CaseState::AwaitingSupplement;
    view.supplements.iter().rev().find(|supplement| supplement.answered_at.is_none()).filter(|_| waits)
}

impl Services {
    /// The case of its owner and the supplement asked of it.
    async fn asked(&self, actor: &Actor, id: &CaseId) -> Result<(CaseView, SupplementRow), Problem> {
        let case = self.case(id).await?;
        if actor.kind == ActorKind::Official || !owns(actor, &case) {
            return Err(case_not_found());
        }
        let view = self.whole(case).await?;
        let supplement = open_supplement(&view).cloned().ok_or_else(nothing_asked)?;
        Ok((view, supplement))
    }

    fn supplement_entry(&self, actor: &Actor, view: &CaseView, action: &'static str, request_id: &str) -> AuditEntry {
        AuditEntry::mutation(action, ActorRef::of(actor, "online"))
            .object("case", view.case.id.as_str())
            .request(request_id)
            .because(writing::LEGAL_BASIS, "bổ sung hồ sơ theo yêu cầu")
            .subjects(view.case.owner_number.clone())
            .own()
    }

    /// Adds a file to a case that waits for a supplement. `title` names what it answers.
    ///
    /// # Errors
    /// `case_not_found`, `supplement_closed`, `too_many_files`.
    pub async fn attach_to_case(
        &self,
        actor: &Actor,
        id: &CaseId,
        title: &str,
        new: NewDocument,
        request_id: &str,
    ) -> Result<Id<Document>, Problem> {
        let (view, supplement) = self.asked(actor, id).await?;
        let there = view
            .documents
            .iter()
            .filter(|row| row.supplement_seq == Some(supplement.seq) && row.component == new.component)
            .count();
        if there >= MOST_FILES {
            return Err(Problem::invalid("too_many_files", format!("at most {MOST_FILES} files for one item"))
                .field("file", "too_many"));
        }
        let version = self.version(&view.case.version_id)?;
        let component = version.procedure.components.iter().find(|component| component.id == new.component);
        let document: Id<Document> = self.ambient.new_id();
        let values = args![
            document.as_str(),
            None::<String>,
            Some(id.as_str().to_owned()),
            new.component.as_str(),
            component.and_then(|component| component.code.clone()),
            component.and_then(|component| component.name.clone()).unwrap_or_else(|| title.to_owned()),
            new.file_name.as_str(),
            new.media_type.as_str(),
            new.size,
            new.sha256.as_str(),
            new.origin,
            new.reused_from.clone(),
            Some(supplement.seq),
            actor.person.as_str(),
            self.ambient.now()
        ];
        let entry = self.supplement_entry(actor, &view, "case.file_attached", request_id).detail(
            json!({ "component": new.component, "sha256": new.sha256, "size": new.size, "supplement": supplement.seq }),
        );
        self.write_keeping(sql::draft::INSERT_DOCUMENT, values, entry, Some(new.stored())).await?;
        Ok(document)
    }

    /// Takes a file out of a supplement that has not been sent yet.
    ///
    /// # Errors
    /// `case_not_found`, `supplement_closed`, `document_not_found`.
    pub async fn detach_from_case(
        &self,
        actor: &Actor,
        id: &CaseId,
        document: &str,
        request_id: &str,
    ) -> Result<(), Problem> {
        let (view, supplement) = self.asked(actor, id).await?;
        let known =
            view.documents.iter().any(|row| row.id.as_str() == document && row.supplement_seq == Some(supplement.seq));
        if !known {
            return Err(Problem::not_found("document_not_found", "no such file"));
        }
        let entry = self
            .supplement_entry(actor, &view, "case.file_removed", request_id)
            .detail(json!({ "document": document, "supplement": supplement.seq }));
        let values = args![document, id.as_str(), supplement.seq, self.ambient.now()];
        self.write(sql::supplement::REMOVE_DOCUMENT, values, entry).await
    }

    /// Corrects answers of a case that waits for a supplement. The trail keeps which fields changed, not their values.
    ///
    /// # Errors
    /// `case_not_found`, `supplement_closed`, `changed_meanwhile`.
    pub async fn correct_answers(
        &self,
        actor: &Actor,
        id: &CaseId,
        page: &str,
        patch: Map<String, Json>,
        request_id: &str,
    ) -> Result<(), Problem> {
        let (view, supplement) = self.asked(actor, id).await?;
        let changed: Vec<&String> = patch
            .iter()
            .filter(|(key, value)| view.case.answers.get(key.as_str()).unwrap_or(&Json::Null) != *value)
            .map(|(key, _)| key)
            .collect();
        let entry = self
            .supplement_entry(actor, &view, "case.answers_corrected", request_id)
            .detail(json!({ "page": page, "fields": changed, "supplement": supplement.seq }));
        let shared = Arc::new((id.clone(), patch.clone(), entry, self.ambient.now()));
        self.db
            .transaction(move |tx| {
                let shared = shared.clone();
                Box::pin(async move {
                    let (id, patch, entry, now) = &*shared;
                    let loaded = load(tx, id).await?;
                    if loaded.case.state != CaseState::AwaitingSupplement {
                        return Err(nothing_asked());
                    }
                    let mut after = loaded.case.clone();
                    form::apply(&mut after.answers, patch);
                    after.updated_at = *now;
                    writing::save_case(tx, &loaded.case, &after).await?;
                    tx.audit(entry.clone()).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Whether the owner has rated the case.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_rated(&self, id: &CaseId) -> Result<bool, Problem> {
        Ok(self.db.fetch_optional(sql::supplement::RATED, args![id.as_str()]).await?.is_some())
    }
}
