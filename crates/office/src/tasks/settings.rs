//! What a city decides about tasks: labels of the six, thresholds of colours, who is reminded when.

use haidang_kernel::bilingual::Bilingual;
use serde::Deserialize;
use std::collections::BTreeMap;

/// When a reminder is due, in working days around the last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Once, so many working days before the last day (0: on it).
    Before,
    /// On every working day after the last day.
    LateDaily,
    /// Once, so many working days after the last day.
    Late,
    /// Once, when nobody accepted it in time.
    NotAccepted,
}

/// Who is reminded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// The owner.
    Owner,
    /// Those who support.
    CoOwners,
    /// Whoever gave it.
    Giver,
    /// The leader who answers for it, or else whoever gave it.
    Superior,
}

/// One declared reminder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reminder {
    /// Stable name.
    pub id: String,
    /// When.
    pub when: When,
    /// Working days.
    #[serde(default)]
    pub days: i64,
    /// To whom.
    pub to: Vec<To>,
    /// Message template of the pack.
    pub message: String,
}

/// Settings of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TaskSettings {
    /// Whether a person compared the values with the city's decision.
    pub evidence: String,
    /// Hours in which a task is to be accepted.
    pub accept_within_hours: i64,
    /// Amber from so many working days before the last day.
    pub amber_within: i64,
    /// The city's own labels of the six, by their fixed keys.
    pub labels: BTreeMap<String, Bilingual>,
    /// Who is reminded when.
    #[serde(rename = "reminder")]
    pub reminders: Vec<Reminder>,
}

impl Default for TaskSettings {
    fn default() -> Self {
        let rule = |id: &str, when, days, to: &[To], message: &str| Reminder {
            id: id.to_owned(),
            when,
            days,
            to: to.to_vec(),
            message: message.to_owned(),
        };
        let workers = [To::Owner, To::CoOwners];
        Self {
            evidence: "unverified".to_owned(),
            accept_within_hours: 24,
            amber_within: 3,
            labels: BTreeMap::new(),
            reminders: vec![
                rule("before_3", When::Before, 3, &workers, "task_due_soon"),
                rule("before_1", When::Before, 1, &workers, "task_due_soon"),
                rule("on_day", When::Before, 0, &workers, "task_due_today"),
                rule("late", When::LateDaily, 0, &workers, "task_late"),
                rule("superior", When::Late, 3, &[To::Superior], "task_late_superior"),
                rule("not_accepted", When::NotAccepted, 0, &[To::Giver], "task_not_accepted"),
            ],
        }
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TaskSettingsError {
    /// The file is no TOML of this form.
    #[error("office/tasks.toml: {0}")]
    Form(#[from] toml::de::Error),
    /// A value makes no sense.
    #[error("office/tasks.toml: {0}")]
    Value(String),
}

impl TaskSettings {
    /// Reads `office/tasks.toml` of a pack; what is absent keeps its default.
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn from_toml(text: &str) -> Result<Self, TaskSettingsError> {
        let settings: Self = toml::from_str(text)?;
        let wrong = |what: String| Err(TaskSettingsError::Value(what));
        if !(1..=720).contains(&settings.accept_within_hours) {
            return wrong("accept_within_hours must be 1 to 720".to_owned());
        }
        if !(0..=60).contains(&settings.amber_within) {
            return wrong("amber_within must be 0 to 60 working days".to_owned());
        }
        if let Some(key) = settings.labels.keys().find(|key| !super::rules::SIX.contains(&key.as_str())) {
            return wrong(format!("labels.{key} is none of {}", super::rules::SIX.join(", ")));
        }
        for (index, rule) in settings.reminders.iter().enumerate() {
            if settings.reminders.iter().take(index).any(|other| other.id == rule.id) {
                return wrong(format!("two reminders are called {}", rule.id));
            }
            if !(0..=60).contains(&rule.days) || rule.to.is_empty() || rule.message.is_empty() {
                return wrong(format!("reminder {}: days 0 to 60, somebody in `to`, a message", rule.id));
            }
        }
        Ok(settings)
    }

    /// The longest look ahead of a reminder, in working days.
    pub fn furthest(&self) -> i64 {
        self.reminders.iter().filter(|rule| rule.when == When::Before).map(|rule| rule.days).max().unwrap_or(0)
    }
}

/// What a task looks like to the rules of reminders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Working days until the last day, negative when late.
    pub days_left: i64,
    /// Not accepted although the time for it has passed.
    pub not_accepted: bool,
    /// The result has been handed in: the owner is not pressed any more.
    pub handed_in: bool,
}

/// The reminders that are due. Of those before the last day only the nearest: whoever gets a task two days before its
/// end is not told that three days are left.
pub fn due<'s>(reminders: &'s [Reminder], clock: &Clock) -> Vec<&'s Reminder> {
    let before = |rule: &&Reminder| rule.when == When::Before && clock.days_left >= 0 && clock.days_left <= rule.days;
    let nearest = reminders.iter().filter(before).map(|rule| rule.days).min();
    reminders
        .iter()
        .filter(|rule| match rule.when {
            When::Before => !clock.handed_in && before(rule) && Some(rule.days) == nearest,
            When::LateDaily => !clock.handed_in && clock.days_left < 0,
            When::Late => clock.days_left < 0 && -clock.days_left >= rule.days,
            When::NotAccepted => clock.not_accepted,
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn which_reminder_is_due() {
        let rules = TaskSettings::default().reminders;
        let check = |days_left, handed_in, expected: &[&str]| {
            let clock = Clock { days_left, not_accepted: false, handed_in };
            let ids: Vec<&str> = due(&rules, &clock).into_iter().map(|rule| rule.id.as_str()).collect();
            assert_eq!(ids, expected, "{days_left} {handed_in}");
        };
        check(10, false, &[]);
        check(4, false, &[]);
        check(3, false, &["before_3"]);
        check(2, false, &["before_3"]);
        check(1, false, &["before_1"]);
        check(0, false, &["on_day"]);
        check(-1, false, &["late"]);
        check(-2, false, &["late"]);
        check(-3, false, &["late", "superior"]);
        check(-3, true, &["superior"]);
        check(0, true, &[]);
        let clock = Clock { days_left: 9, not_accepted: true, handed_in: false };
        assert_eq!(due(&rules, &clock).iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), ["not_accepted"]);
    }

    #[test]
    fn settings_say_what_is_wrong() {
        for (text, expected) in [
            ("", None),
            ("amber_within = 5", None),
            ("accept_within_hours = 0", Some("accept_within_hours")),
            ("amber_within = 99", Some("amber_within")),
            ("colour = 1", Some("unknown field")),
            ("[labels.product]\nvi = \"Rõ sản phẩm\"", Some("labels.product")),
            ("[[reminder]]\nid = \"a\"\nwhen = \"late\"\nto = []\nmessage = \"m\"", Some("reminder a")),
        ] {
            match (TaskSettings::from_toml(text), expected) {
                (Ok(_), None) => {}
                (Err(error), Some(word)) => assert!(error.to_string().contains(word), "{text}: {error}"),
                (other, expected) => panic!("{text}: {other:?}, expected {expected:?}"),
            }
        }
    }
}
