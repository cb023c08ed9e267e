//! Acting on a task: accepting, reporting, handing in, approving, asking and answering.

use super::giving::TaskStep;
use super::model::{Act, Action, Part, State, Task, TaskRow, TaskView};
use super::{rules, sql};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::actor::PersonId;
use haidang_contracts::messages::Message;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{Value, args};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// A task after an act, and what the history says of it.
struct Changed {
    after: TaskRow,
    accepted_at: Option<Timestamp>,
    done_at: Option<Timestamp>,
    note: String,
}

/// In which parts somebody meets a task. The owner does not judge their own result, unless nobody else is there to.
pub(super) fn parts(reader: &Reader<'_>, task: &TaskRow, co_owners: &[String]) -> Vec<Part> {
    let me = reader.person();
    let mut parts = Vec::new();
    if task.owner == me {
        parts.push(Part::Owner);
    }
    if co_owners.iter().any(|person| person == me) {
        parts.push(Part::CoOwner);
    }
    let gave = task.given_by == me || task.leader.as_deref() == Some(me);
    let supervises = reader.actor.can_in("task.supervise", &task.agency);
    let alone = task.given_by == me && task.leader.as_deref().is_none_or(|leader| leader == me);
    if (gave || supervises) && (task.owner != me || alone) {
        parts.push(Part::Giver);
    }
    parts
}

fn invalid(field: &'static str, code: &'static str) -> Problem {
    Problem::invalid("task_invalid", "the act is not complete").field(field, code)
}

/// What must be said with an action, as (field, text).
fn check_words(action: Action, act: &Act, late: bool) -> Result<(), Problem> {
    let blank = |text: &str| text.trim().is_empty();
    if act.note.chars().count() > 4000 {
        return Err(invalid("note", "too_long"));
    }
    if act.cause.chars().count() > 2000 {
        return Err(invalid("cause", "too_long"));
    }
    let reason = matches!(
        action,
        Action::HandBack
            | Action::SendBack
            | Action::AskExplanation
            | Action::RefuseExtension
            | Action::Report
            | Action::Explain
    );
    if reason && blank(&act.note) {
        return Err(invalid("note", "required"));
    }
    // Rõ nguyên nhân: whoever is late or needs more time says why.
    let cause = action == Action::AskExtension || (late && action == Action::Submit);
    if cause && blank(&act.cause) {
        return Err(invalid("cause", "required"));
    }
    Ok(())
}

impl OfficeRoom {
    /// One task with its history, for whoever has to do with it; the look is recorded.
    ///
    /// # Errors
    /// `task_not_found`, also for a task that is not the reader's business.
    pub async fn open_task(&self, reader: &Reader<'_>, id: &str) -> Result<TaskView, Problem> {
        let view = self.task_for(reader, id).await?;
        self.db.record_read(reader.look("task.read", "task", id, &view.task.agency)).await?;
        Ok(view)
    }

    pub(super) async fn task_for(&self, reader: &Reader<'_>, id: &str) -> Result<TaskView, Problem> {
        let missing = || Problem::not_found("task_not_found", "no such task");
        let row = self.db.fetch_optional(sql::ONE, args![id]).await?.ok_or_else(missing)?;
        let task = TaskRow::read(&row)?;
        let rows = self.db.fetch_all(sql::SUPPORT, args![id]).await?;
        let co_owners: Vec<String> = rows.iter().map(|row| row.text("person_id")).collect::<Result<_, _>>()?;
        let watches = reader.actor.can_in("task.supervise", &task.unit);
        if !watches && parts(reader, &task, &co_owners).is_empty() && task.given_by != reader.person() {
            return Err(missing());
        }
        let events = self.db.fetch_all(sql::EVENTS, args![id]).await?;
        let events = events.iter().map(super::looking::event).collect::<Result<_, _>>()?;
        let files = self.db.fetch_all(sql::FILES, args![id]).await?;
        let files = files.iter().map(super::looking::task_file).collect::<Result<_, _>>()?;
        Ok(TaskView { task, co_owners, events, files })
    }

    /// What the reader may do with a task now.
    pub fn task_actions(&self, reader: &Reader<'_>, view: &TaskView) -> Vec<Action> {
        rules::allowed(view.task.state, &parts(reader, &view.task, &view.co_owners))
    }

    /// Acts on a task; whoever must act next is told.
    ///
    /// # Errors
    /// `task_not_found`; `task_not_yours` for the wrong part; `task_state` or `task_moved` when it stands elsewhere;
    /// `task_invalid` with the fields that are wrong.
    pub async fn act_on_task(
        &self,
        reader: &Reader<'_>,
        id: &str,
        action: Action,
        act: &Act,
    ) -> Result<State, Problem> {
        let view = self.task_for(reader, id).await?;
        let moved = || Problem::conflict("task_moved", "the task moved on meanwhile");
        if act.revision.is_some_and(|revision| revision != view.task.revision) {
            return Err(moved());
        }
        let mine = parts(reader, &view.task, &view.co_owners);
        let next = rules::next(view.task.state, view.task.state_before, action, &mine).map_err(|code| match code {
            "task_not_yours" => Problem::forbidden(code, "another part in this task acts"),
            _ => Problem::conflict("task_state", "the state of the task does not allow it"),
        })?;
        let changed = self.task_change(reader, &view, action, act, next).await?;
        if !self.write_task_change(reader, &view.task, action, act, &changed).await? {
            return Err(moved());
        }
        self.tell_next_of_task(&changed.after, action).await;
        Ok(next)
    }

    async fn task_change(
        &self,
        reader: &Reader<'_>,
        view: &TaskView,
        action: Action,
        act: &Act,
        next: State,
    ) -> Result<Changed, Problem> {
        let (now, today) = (self.ambient.now(), self.ambient.today());
        let task = &view.task;
        check_words(action, act, today > task.due_on)?;
        let mut after = TaskRow { state: next, state_before: None, asked_due_on: None, ..task.clone() };
        let cause = Some(text::tidy(&act.cause)).filter(|cause| !cause.is_empty());
        let (mut accepted_at, mut done_at) = (None, None);
        match action {
            Action::Accept => accepted_at = Some(now),
            Action::Report => after.percent = act.percent.unwrap_or(task.percent),
            Action::Submit => {
                after.percent = 100;
                after.cause = cause.or(after.cause);
                let document = text::tidy(&act.evidence_document);
                after.evidence_document = Some(document).filter(|text| !text.is_empty()).or(after.evidence_document);
            }
            Action::Approve => {
                self.check_task_proof(view, act).await?;
                after.confirmed_by = act.confirmed.then(|| reader.person().to_owned());
                done_at = Some(now);
                after.done_on = Some(self.task_handed_in_on(view).unwrap_or(today));
            }
            Action::AskExtension => {
                let due = act.due.ok_or_else(|| invalid("due", "required"))?;
                if due <= task.due_on || due < today {
                    return Err(invalid("due", "not_later"));
                }
                after.asked_due_on = Some(due);
                after.cause = cause;
                after.state_before = Some(task.state);
            }
            Action::GrantExtension => {
                let due = act.due.or(task.asked_due_on).ok_or_else(|| invalid("due", "required"))?;
                if due <= task.due_on || due < today {
                    return Err(invalid("due", "not_later"));
                }
                after.due_on = due;
            }
            Action::AskExplanation => after.state_before = Some(task.state),
            Action::Explain => after.cause = Some(text::tidy(&act.note)),
            Action::Reassign => self.hand_task_over(view, act, &mut after).await?,
            Action::HandBack | Action::SendBack | Action::RefuseExtension => {}
        }
        if !(0..=100).contains(&after.percent) {
            return Err(invalid("percent", "out_of_range"));
        }
        after.score = rules::Six::of(&after, today).score();
        let said = if action == Action::AskExtension { &act.cause } else { &act.note };
        Ok(Changed { after, accepted_at, done_at, note: said.trim().to_owned() })
    }

    /// The day on which the result was handed in: what waits for approval afterwards is not the owner's delay.
    fn task_handed_in_on(&self, view: &TaskView) -> Option<Date> {
        let last = view.events.iter().rev().find(|event| event.action == Action::Submit.as_str())?;
        Some(haidang_kernel::time::civil(last.at).date())
    }

    /// `done` needs a document or file that proves the result, or the word of whoever approves.
    async fn check_task_proof(&self, view: &TaskView, act: &Act) -> Result<(), Problem> {
        let files = self.db.fetch_one(sql::FILE_COUNT, args![&view.task.id]).await?.integer("found")?;
        if files > 0 || view.task.evidence_document.is_some() || act.confirmed {
            return Ok(());
        }
        Err(invalid("confirmed", "proof_missing"))
    }

    async fn hand_task_over(&self, view: &TaskView, act: &Act, after: &mut TaskRow) -> Result<(), Problem> {
        let owner = act.owner.as_ref().ok_or_else(|| invalid("owner", "required"))?;
        if let Some(unit) = &act.unit {
            after.unit.clone_from(unit);
        }
        if !self.office_staff(&after.unit).await?.iter().any(|member| member.person == *owner) {
            return Err(invalid("owner", "not_in_unit"));
        }
        if view.co_owners.iter().any(|person| person == owner.as_str()) {
            return Err(invalid("owner", "is_co_owner"));
        }
        if act.due.is_some_and(|due| due < self.ambient.today()) {
            return Err(invalid("due", "past"));
        }
        after.owner = owner.to_string();
        after.due_on = act.due.unwrap_or(after.due_on);
        let (now, hours) = (self.ambient.now(), SignedDuration::from_hours(self.tasks.accept_within_hours));
        after.accept_by = now.saturating_add(hours).unwrap_or(now);
        Ok(())
    }

    async fn write_task_change(
        &self,
        reader: &Reader<'_>,
        before: &TaskRow,
        action: Action,
        act: &Act,
        changed: &Changed,
    ) -> Result<bool, Problem> {
        let after = &changed.after;
        let values: Vec<Value> = args![
            &before.id,
            before.revision,
            after.state.as_str(),
            after.state_before.map(State::as_str),
            &after.owner,
            &after.unit,
            after.due_on,
            after.asked_due_on,
            after.cause.clone(),
            after.evidence_document.clone(),
            after.confirmed_by.clone(),
            after.percent,
            after.score,
            changed.done_at,
            after.done_on,
            after.accept_by,
            changed.accepted_at
        ];
        let step: Id<TaskStep> = self.ambient.new_id();
        let due = (after.due_on != before.due_on).then_some((before.due_on, after.due_on));
        let event: Vec<Value> = args![
            step.as_str(),
            &before.id,
            self.ambient.now(),
            reader.person(),
            action.as_str(),
            before.state.as_str(),
            after.state.as_str(),
            &changed.note,
            due.map(|(from, _)| from),
            due.map(|(_, to)| to).or(after.asked_due_on),
            act.percent
        ];
        let entry = reader.change("task.acted", "task", &before.id, &before.agency).detail(json!({
            "action": action.as_str(), "from": before.state.as_str(), "to": after.state.as_str(),
        }));
        let (values, event, entry) = (&values, &event, &entry);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    if tx.execute(sql::MOVE, values.clone()).await? == 0 {
                        return Ok(false);
                    }
                    tx.execute(sql::INSERT_EVENT, event.clone()).await?;
                    tx.audit(entry.clone()).await?;
                    Ok::<_, Problem>(true)
                })
            })
            .await
    }

    /// Whoever must act now learns it; a change stands also when the message cannot be sent.
    async fn tell_next_of_task(&self, task: &TaskRow, action: Action) {
        let Some(part) = rules::waits_for(task.state) else { return };
        if matches!(action, Action::Accept | Action::Report) {
            return; // the same person goes on
        }
        let to = if part == Part::Owner { &task.owner } else { &task.given_by };
        let Ok(to) = PersonId::parse(to) else { return };
        if action == Action::Reassign {
            self.tell_task_owner(&task.id, task.revision + 1, &to).await;
            return;
        }
        let message = Message {
            key: format!("task/{}/moved/{}", task.id, task.revision + 1),
            to,
            template: "task_waits_for_you".to_owned(),
            data: json!({
                "task": task.code, "due": haidang_kernel::format::date_table(haidang_ui::Lang::Vi, task.due_on),
            }),
            case_id: None,
        };
        if let Err(error) = self.notifier.send(&message).await {
            tracing::warn!(task = task.id, %error, "whoever must act on a task could not be told");
        }
    }

    /// Adds a file that proves the result; the owner, those who support and whoever gave it may.
    ///
    /// # Errors
    /// `task_not_found`, `task_state` when it is done.
    pub async fn add_task_file(
        &self,
        reader: &Reader<'_>,
        id: &str,
        role: &str,
        file: &haidang_web::UploadedFile,
    ) -> Result<(), Problem> {
        let view = self.task_for(reader, id).await?;
        if parts(reader, &view.task, &view.co_owners).is_empty() {
            return Err(Problem::forbidden("task_not_yours", "whoever only watches adds nothing"));
        }
        if view.task.state == State::Done {
            return Err(Problem::conflict("task_state", "the task is done"));
        }
        let content = tokio::fs::File::open(file.path()).await;
        let content =
            content.map_err(|_| Problem::unavailable("upload_storage", "the uploaded file cannot be read"))?;
        let stored = self.blobs.put(content, file.size).await?;
        let file_id: Id<Task> = self.ambient.new_id();
        let role = if role == "product" { "product" } else { "evidence" };
        let size = i64::try_from(stored.size).unwrap_or(i64::MAX);
        let values: Vec<Value> = args![
            file_id.as_str(),
            id,
            role,
            &file.name,
            file.media_type(),
            size,
            &stored.sha256,
            reader.person(),
            self.ambient.now()
        ];
        let entry = reader
            .change("task.file_added", "task", id, &view.task.agency)
            .detail(json!({ "sha256": stored.sha256, "role": role }));
        let (values, entry, stored) = (&values, &entry, &stored);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    tx.execute(sql::INSERT_FILE, values.clone()).await?;
                    tx.keep_blob(stored).await?;
                    tx.audit(entry.clone()).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }
}
