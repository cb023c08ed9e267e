//! Giving a task.

use super::model::{NewTask, Task};
use super::{rules, sql};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::StaffMember;
use haidang_contracts::messages::Message;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::args;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// Capabilities of which one is enough to give tasks: assigning them, or instructing on documents.
pub const MAY_GIVE: &[&str] = &["document.route", "task.assign"];
/// Marker of a step of the history.
pub(super) enum TaskStep {}

/// Everything of a task to be written, made before the transaction.
struct Prepared {
    id: String,
    at: Timestamp,
    today: jiff::civil::Date,
    accept_by: Timestamp,
    step: String,
    score: i64,
    work: String,
    product: String,
}

impl OfficeRoom {
    /// Gives a task: the owner is told. The same key gives one task.
    ///
    /// # Errors
    /// `not_allowed` without a post that gives tasks in the agency, `task_invalid` with the fields that are wrong.
    pub async fn give_task(&self, reader: &Reader<'_>, new: &NewTask) -> Result<String, Problem> {
        if !MAY_GIVE.iter().any(|capability| reader.actor.can_in(capability, &new.agency)) {
            return Err(Problem::forbidden("not_allowed", "no post gives tasks in this agency"));
        }
        self.give_task_as(reader, new).await
    }

    /// The same for whoever another part of the office has already allowed: the chair and the secretary of a meeting.
    pub(crate) async fn give_task_as(&self, reader: &Reader<'_>, new: &NewTask) -> Result<String, Problem> {
        let known = self.office_staff(&new.unit).await?;
        self.judge_new_task(new, &known).await?;
        if let Some(key) = &new.key
            && let Some(row) = self.db.fetch_optional(sql::BY_KEY, args![key]).await?
        {
            return Ok(row.text("id")?);
        }
        let prepared = self.prepare_task(new);
        let id = self.write_task(reader, new, &prepared).await?;
        if id == prepared.id {
            self.tell_task_owner(&id, 1, &new.owner).await;
        }
        Ok(id)
    }

    /// Officials in the posts of an agency.
    ///
    /// # Errors
    /// What the directory says.
    pub(crate) async fn office_staff(&self, agency: &str) -> Result<Vec<StaffMember>, Problem> {
        Ok(self.directory.staff(agency).await?)
    }

    async fn judge_new_task(&self, new: &NewTask, known: &[StaffMember]) -> Result<(), Problem> {
        let today = self.ambient.today();
        let mut problem = Problem::invalid("task_invalid", "the task is not clear yet");
        for (field, code) in rules::check_new(&new.work, &new.expected_product, new.start, new.due, today) {
            problem = problem.field(field, code);
        }
        let there = |person: &PersonId| known.iter().any(|member| member.person == *person);
        if !there(&new.owner) {
            problem = problem.field("owner", "not_in_unit");
        }
        if new.co_owners.contains(&new.owner) {
            problem = problem.field("co_owners", "is_owner");
        }
        // Whoever supports may sit elsewhere, but must be an official.
        for person in new.co_owners.iter().chain(&new.leader).filter(|person| !there(person)) {
            let official = self.identity.actor(person, None).await?.is_some_and(|actor| !actor.positions.is_empty());
            if !official {
                problem = problem.field("co_owners", "no_official");
                break;
            }
        }
        if problem.errors.is_empty() { Ok(()) } else { Err(problem) }
    }

    fn prepare_task(&self, new: &NewTask) -> Prepared {
        let (id, step): (Id<Task>, Id<TaskStep>) = (self.ambient.new_id(), self.ambient.new_id());
        let at = self.ambient.now();
        let hours = SignedDuration::from_hours(self.tasks.accept_within_hours);
        let six = rules::Six {
            person: true,
            work: true,
            time: new.start.is_some(),
            responsibility: new.leader.is_some(),
            result: !new.expected_product.trim().is_empty(),
            cause: true,
        };
        Prepared {
            id: id.to_string(),
            at,
            today: self.ambient.today(),
            accept_by: at.saturating_add(hours).unwrap_or(at),
            step: step.to_string(),
            score: six.score(),
            work: text::tidy(&new.work),
            product: text::tidy(&new.expected_product),
        }
    }

    async fn write_task(&self, reader: &Reader<'_>, new: &NewTask, made: &Prepared) -> Result<String, Problem> {
        let entry = reader.change("task.given", "task", &made.id, &new.agency).detail(json!({
            "source": new.source.as_str(), "unit": new.unit, "due": new.due.to_string(),
        }));
        let giver = reader.person().to_owned();
        let (entry, giver) = (&entry, &giver);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    if let Some(key) = &new.key
                        && let Some(row) = tx.fetch_optional(sql::BY_KEY, args![key]).await?
                    {
                        return Ok(row.text("id")?);
                    }
                    let year = i64::from(made.today.year());
                    let number = tx.fetch_one(sql::TAKE_NUMBER, args![&new.agency, year]).await?.integer("number")?;
                    let values = args![
                        &made.id,
                        format!("{}.NV{year}-{number:04}", new.agency),
                        new.key.clone(),
                        &new.agency,
                        new.source.as_str(),
                        new.source_id.clone(),
                        new.source_title.trim(),
                        new.quote.clone(),
                        giver,
                        made.at,
                        made.today,
                        new.owner.as_str(),
                        &made.work,
                        new.start,
                        new.due,
                        &new.unit,
                        new.leader.as_ref().map(|leader| leader.as_str().to_owned()),
                        &made.product,
                        made.accept_by,
                        made.score
                    ];
                    tx.execute(sql::INSERT, values).await?;
                    for person in &new.co_owners {
                        tx.execute(sql::INSERT_SUPPORT, args![&made.id, person.as_str()]).await?;
                    }
                    let step = args![
                        &made.step,
                        &made.id,
                        made.at,
                        giver,
                        "given",
                        None::<String>,
                        "assigned",
                        "",
                        None::<String>,
                        new.due,
                        None::<i64>
                    ];
                    tx.execute(sql::INSERT_EVENT, step).await?;
                    tx.audit(entry.clone()).await?;
                    Ok::<_, Problem>(made.id.clone())
                })
            })
            .await
    }

    /// Tells the owner of a task that it is theirs now. The task stands either way: what cannot be sent is in the log
    /// and the reminder to accept follows.
    pub(super) async fn tell_task_owner(&self, task: &str, revision: i64, owner: &PersonId) {
        let told = async {
            let row = self.db.fetch_one(sql::ONE, args![task]).await?;
            let (code, due) = (row.text("code")?, row.date("due_on")?);
            let message = Message {
                key: format!("task/{task}/given/{revision}"),
                to: owner.clone(),
                template: "task_given".to_owned(),
                data: json!({ "task": code, "due": haidang_kernel::format::date_table(haidang_ui::Lang::Vi, due) }),
                case_id: None,
            };
            self.notifier.send(&message).await.map_err(Problem::from)
        };
        if let Err(problem) = told.await {
            tracing::warn!(task, code = problem.code, "the owner of a task could not be told");
        }
    }
}
