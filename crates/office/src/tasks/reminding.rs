//! Reminders: who is told when, by the rules of the city. Each is sent once, also when a round is run again.

use super::model::{State, TaskRow};
use super::settings::{self, Clock, Reminder, To, When};
use super::{rules, sql};
use crate::room::OfficeRoom;
use haidang_contracts::actor::PersonId;
use haidang_contracts::messages::Message;
use haidang_kernel::problem::Problem;
use haidang_kernel::{format, time};
use haidang_store::args;
use jiff::{Timestamp, ToSpan};
use serde_json::json;
use std::collections::BTreeSet;

/// Tasks read at a time.
const PIECE: i64 = 100;

impl OfficeRoom {
    /// One round of reminders; run it every hour or so. Nothing is sent on days on which nobody works. Answers how many
    /// messages were handed to the notifier.
    ///
    /// # Errors
    /// What the database or the notifier says; whatever was not sent is sent by the next round.
    pub async fn tasks_round(&self, now: Timestamp) -> Result<usize, Problem> {
        let calendar = self.days.calendar();
        let today = time::civil(now).date();
        if !calendar.is_working(today) {
            return Ok(0);
        }
        // Twice the working days and a fortnight reach over any week-end and the long holidays.
        let reach = self.tasks.furthest() * 2 + 14;
        let until = today.checked_add(reach.days()).unwrap_or(today);
        let (mut sent, mut after) = (0, String::new());
        loop {
            let rows = self.db.fetch_all(sql::TO_REMIND, args![&after, until, now, PIECE]).await?;
            for row in &rows {
                let task = TaskRow::read(row)?;
                sent += self.remind_of_task(&task, now).await?;
                after = task.id;
            }
            if rows.len() < usize::try_from(PIECE).unwrap_or(usize::MAX) {
                return Ok(sent);
            }
        }
    }

    async fn remind_of_task(&self, task: &TaskRow, now: Timestamp) -> Result<usize, Problem> {
        let clock = Clock {
            days_left: rules::days_left(&self.days.calendar(), now, task.due_on),
            not_accepted: task.state == State::Assigned && now > task.accept_by,
            handed_in: task.state == State::AwaitingApproval,
        };
        let mut sent = 0;
        for rule in settings::due(&self.tasks.reminders, &clock) {
            sent += self.send_task_reminder(task, rule, &clock, now).await?;
        }
        Ok(sent)
    }

    async fn send_task_reminder(
        &self,
        task: &TaskRow,
        rule: &Reminder,
        clock: &Clock,
        now: Timestamp,
    ) -> Result<usize, Problem> {
        let day = match rule.when {
            When::LateDaily => time::civil(now).date().to_string(),
            // Another owner gets another 24 hours, and their giver another message.
            When::NotAccepted => time::micros(task.accept_by).to_string(),
            When::Before | When::Late => String::new(),
        };
        let due = task.due_on.to_string();
        let marker = args![&task.id, &rule.id, &due, &day];
        if self.db.fetch_optional(sql::REMINDED, marker).await?.is_some() {
            return Ok(0);
        }
        let people = self.task_reminder_people(task, rule).await?;
        for person in &people {
            let message = Message {
                key: format!("task/{}/{}/{due}/{day}/{}", task.id, rule.id, person.as_str()),
                to: person.clone(),
                template: rule.message.clone(),
                data: json!({
                    "task": task.code,
                    "due": format::date_table(haidang_ui::Lang::Vi, task.due_on),
                    "days": clock.days_left.abs(),
                }),
                case_id: None,
            };
            self.notifier.send(&message).await?;
        }
        // After the sending: a round that stops in between sends again under the same keys, which count once.
        self.db.execute(sql::REMEMBER, args![&task.id, &rule.id, &due, &day, now]).await?;
        Ok(people.len())
    }

    async fn task_reminder_people(&self, task: &TaskRow, rule: &Reminder) -> Result<BTreeSet<PersonId>, Problem> {
        let mut ids: Vec<String> = Vec::new();
        for to in &rule.to {
            match to {
                To::Owner => ids.push(task.owner.clone()),
                To::Giver => ids.push(task.given_by.clone()),
                To::Superior => ids.push(task.leader.clone().unwrap_or_else(|| task.given_by.clone())),
                To::CoOwners => {
                    for row in self.db.fetch_all(sql::SUPPORT, args![&task.id]).await? {
                        ids.push(row.text("person_id")?);
                    }
                }
            }
        }
        Ok(ids.iter().filter_map(|id| PersonId::parse(id).ok()).collect())
    }
}
