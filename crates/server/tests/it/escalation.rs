//! Every rule of escalation that any version of the first city declares fires when its moment has come, and somebody
//! hears of it.

use crate::city::{Persona, Place, Town};
use haidang_contracts::identity::Directory as _;
use haidang_kernel::time;
use haidang_services::model::Channel;
use haidang_services::procedure::rows::EscalationRow;
use haidang_services::procedure::{Competence, Facts, Version};
use haidang_store::args;
use jiff::civil::Date;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A rule: where it is declared, when, to whom.
type Rule = (String, String, String);

fn rules(place: &str, rows: &[EscalationRow]) -> Vec<Rule> {
    rows.iter().map(|row| (place.to_owned(), row.after.clone(), row.to.clone())).collect()
}

/// The first working morning on which a version is in force.
fn first_morning(town: &Town, version: &Version) -> Date {
    let from = version.procedure.effective.from.max(jiff::civil::date(2024, 1, 2));
    let clock = town.services().clock();
    if clock.calendar.is_working(from) { from } else { clock.calendar.next_working(from).unwrap() }
}

/// A resident of a commune of the day.
async fn resident(town: &Town, version: &str) -> Persona {
    let home = town.communes().first().unwrap().0.clone();
    let person = town.resident("Phạm Thị Thời Hạn", &home);
    town.settle(&format!("owner of {version}"), person, None).await
}

/// Puts everybody into office to whom a waiting rule would be told.
async fn seat(town: &Town, case: &str) {
    for (entry, _) in town.services().escalations(case).await.unwrap() {
        let agency = town.city.identity.agency(&entry.agency).await.unwrap().unwrap();
        if town.city.pack.roles.held_by(&entry.to_role, &agency.kind, &agency.code) {
            town.post(&entry.to_role, &entry.agency).await;
        } else {
            town.city_post(&entry.to_role).await;
        }
    }
}

/// Lets the clock pass everything that waits on a case, fires it, and names what has fired by the step of its task.
async fn pass(town: &Town, case: &str, fired: &mut BTreeSet<Rule>) {
    seat(town, case).await;
    let waiting = "SELECT fire_at FROM services_escalation WHERE case_id = $1 AND fired_at IS NULL AND cancelled_at IS NULL ORDER BY fire_at";
    let moments = town.rows(waiting, args![case]).await;
    let first = moments.first().map(|row| row.timestamp("fire_at").unwrap());
    if let Some(first) = first.filter(|first| *first > town.ambient.now()) {
        town.at(first - jiff::SignedDuration::from_secs(1));
        let (early, failed) = town.services().fire_escalations().await.unwrap();
        assert_eq!((early, failed.len()), (0, 0), "nothing fires a second too early");
    }
    if let Some(last) = moments.last().map(|row| row.timestamp("fire_at").unwrap()) {
        town.at(last.max(town.ambient.now()));
    }
    let (_, failed) = town.services().fire_escalations().await.unwrap();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(town.services().fire_escalations().await.unwrap().0, 0, "a rule fires once");
    let done = "SELECT e.rule AS rule, e.to_role AS to_role, t.step AS step FROM services_escalation AS e LEFT JOIN services_task AS t ON t.id = e.task_id WHERE e.case_id = $1 AND e.fired_at IS NOT NULL";
    for row in town.rows(done, args![case]).await {
        let place = row.opt_text("step").unwrap().unwrap_or_else(|| "limit".to_owned());
        fired.insert((place, row.text("rule").unwrap(), row.text("to_role").unwrap()));
    }
}

/// The action of a step that leads on.
fn onwards(version: &Version, step: &str, facts: &Facts) -> &'static str {
    let offered: Vec<&str> = version.actions(step, facts).iter().map(|row| row.id.as_str()).collect();
    ["accept", "propose", "approve", "sign", "issue", "hand_over"]
        .into_iter()
        .find(|action| offered.contains(action))
        .unwrap_or_else(|| panic!("{} {step} leads nowhere: {offered:?}", version.id))
}

/// Walks a case to its end, letting every rule on the way fire.
async fn walk(town: &Town, version: &Version, owner: &Persona, facts: &Facts) -> BTreeSet<Rule> {
    let home = town.communes()[0].1.clone();
    let filed = if facts.channel == Channel::Online {
        town.submit(owner, &town.draft(owner, version, facts).await).await
    } else {
        let clerk = town.post(&version.first_step().unwrap().role, &home).await;
        town.submit(&clerk, &town.counter_draft(&clerk, owner, version, facts).await).await
    };
    let mut fired = BTreeSet::new();
    for _ in 0..20 {
        let case = town.case(&filed.id).await;
        if case.state.is_end() {
            break;
        }
        pass(town, &filed.id, &mut fired).await;
        let action = onwards(version, &case.step, facts);
        if matches!(action, "accept" | "hand_over") {
            town.collect(&filed.id).await;
        }
        town.walk(&filed.id, &[action]).await;
    }
    assert!(town.case(&filed.id).await.state.is_end(), "{} was not walked to its end", version.id);
    heard(town, &filed.id, version).await;
    fired
}

/// Somebody was told of everything that fired.
async fn heard(town: &Town, case: &str, version: &Version) {
    let records =
        "SELECT detail FROM store_audit WHERE action = 'case.escalated' AND object_kind = 'case' AND object_id = $1";
    for row in town.rows(records, args![case]).await {
        let detail: Json = row.json("detail").unwrap();
        assert!(detail["told"].as_i64().unwrap() > 0, "{}: nobody heard {detail}", version.id);
    }
}

on_both! {
    async fn every_declared_rule_fires(place: Place) {
        // The clock goes back for each version, and a certificate may not be younger than what it signs.
        let town = Town::open_without_authorities(&place, "haiphong", "2024-01-02T08:00:00+07:00").await;
        let versions: Vec<Arc<Version>> = town.services().catalogue().all().cloned().collect();
        let mut declared_in_all = 0;
        for version in versions {
            let of_steps: Vec<Rule> = version.steps().iter().flat_map(|step| rules(&step.id, &step.escalation)).collect();
            let of_limits: Vec<Vec<Rule>> = version.procedure.sla.iter().map(|row| rules("limit", &row.escalation)).collect();
            // What is only listed promises no date, so nothing can be measured by one.
            let of_limits = if version.promises() { of_limits } else { Vec::new() };
            let mut missing: BTreeSet<Rule> = of_steps.into_iter().chain(of_limits.into_iter().flatten()).collect();
            if missing.is_empty() {
                continue;
            }
            declared_in_all += missing.len();
            town.at(time::at(first_morning(&town, &version).at(8, 0, 0, 0)));
            let owner = resident(&town, &version.id).await;
            let channels = &version.procedure.channels;
            let channel = if channels.contains(&Channel::Online) { Channel::Online } else { Channel::Direct };
            // One case for each row of limits, so that the rules of every row have their turn.
            for index in 0..version.procedure.sla.len() {
                town.at(time::at(first_morning(&town, &version).at(8, 0, 0, 0)));
                let facts = town.answers(&version, channel, &owner.person, |facts| {
                    let row = version.time_limit(facts);
                    let mut received = facts.clone();
                    received.agency = json!({ "code": town.communes()[0].1, "commune_code": town.communes()[0].0 });
                    let known = !matches!(version.competence(&received), Competence::Unknown { .. });
                    row.is_none_or(|row| row.row == index) && known
                });
                missing = missing.difference(&walk(&town, &version, &owner, &facts).await).cloned().collect();
                if missing.is_empty() {
                    break;
                }
            }
            assert!(missing.is_empty(), "{}: never fired: {missing:?}", version.id);
        }
        assert!(declared_in_all > 150, "only {declared_in_all} rules were found");
        town.prove().await;
    }

    /// A message goes to each holder once, however often the scheduler looks.
    async fn a_message_is_sent_once(place: Place) {
        let town = Town::open(&place, "mau", crate::city::MORNING).await;
        let owner = town.person("owner");
        let version = town.version("9.000101");
        let case = town
            .file(&owner, "9.000101", |facts| !matches!(version.competence(facts), Competence::Unknown { .. }))
            .await
            .id;
        let mut fired = BTreeSet::new();
        pass(&town, &case, &mut fired).await;
        assert_eq!(fired.into_iter().collect::<Vec<_>>(), rules("receive", &version.first_step().unwrap().escalation));
        town.later("PT1H");
        town.services().fire_escalations().await.unwrap();
        let messages = town.rows("SELECT message_key FROM server_message WHERE case_id = $1", args![case.as_str()]).await;
        let escalated = messages.iter().filter(|row| row.text("message_key").unwrap().starts_with("escalation/")).count();
        assert_eq!(escalated, 1);
        // Taken up by the clerk, nothing of that step fires any more.
        town.act(&town.holder(&case).await, &case, "accept", json!({})).await.expect(200, "accept");
        let open = town.services().escalations(&case).await.unwrap();
        assert!(open.iter().any(|(entry, fired)| fired.is_none() && entry.task_id.is_none()), "the limit's own rules wait");
    }
}
