//! A changed calendar and a newer version of a procedure leave what was promised as it was.

use crate::city::{MORNING, Place, Town, pack_folder};
use haidang_kernel::calendar::WorkingCalendar;
use haidang_services::cases::clock::CityClock;
use haidang_services::model::Channel;
use haidang_services::procedure::Competence;
use serde_json::json;
use std::sync::Arc;

/// The calendar of the made-up city with one more day off.
fn one_more_day_off(date: &str) -> WorkingCalendar {
    let day = format!(
        "\n[[off]]\ndate = {date}\nname = \"Ngày nghỉ thêm\"\nkind = \"statutory\"\nbasis = \"Quyết định tưởng tượng số 9/QĐ-TPM\"\n"
    );
    let years: Vec<String> = (2024..=2027)
        .map(|year| {
            let text = std::fs::read_to_string(pack_folder("mau").join(format!("calendars/{year}.toml"))).unwrap();
            if date.starts_with(&year.to_string()) { text + &day } else { text }
        })
        .collect();
    WorkingCalendar::from_toml(&years).unwrap()
}

on_both! {
    async fn a_changed_calendar_lists_differences_and_moves_nothing(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let owner = town.person("owner");
        let known = |procedure: &'static str| {
            let version = town.version(procedure);
            move |facts: &haidang_services::procedure::Facts| matches!(version.competence(facts), Competence::Commune(_))
        };
        let permit = town.file(&owner, "9.000102", known("9.000102")).await.id;
        town.collect(&permit).await.expect(204, "paid");
        let record = town.file(&owner, "9.000101", known("9.000101")).await.id;
        town.walk(&permit, &["accept"]).await;
        town.walk(&record, &["accept"]).await;
        let before = (town.case(&permit).await, town.case(&record).await);

        let old = town.services().clock();
        let new = CityClock { calendar: Arc::new(one_more_day_off("2026-03-05")), hours: old.hours.clone() };
        town.services().replace_clock(new.clone());
        let administrator = town.city_post("administrator").await;
        let asked = town.ask(Some(&administrator), "POST", "/api/v1/calendars/recomputation", None).await;
        let found = asked.expect(200, "computed again");
        assert_eq!((&found["checked"], &found["different"], &found["failed"]), (&json!(2), &json!(1), &json!(0)));
        let run = found["run_id"].as_str().unwrap();
        let rows = town.services().date_differences(run, "", 100).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].case_id, permit);
        assert_eq!(rows[0].printed_at, before.0.due_at.unwrap());
        let again = old.calendar.next_working(haidang_kernel::time::civil(rows[0].printed_at).date()).unwrap();
        assert_eq!(haidang_kernel::time::civil(rows[0].recomputed_at).date(), again, "one working day later");

        for (case, before) in [(&permit, &before.0), (&record, &before.1)] {
            let after = town.case(case).await;
            assert_eq!((after.due_at, after.promised_at, after.revision), (before.due_at, before.promised_at, before.revision));
        }
        // The difference is settled by a signed act, and by nothing else.
        let examiner = town.holder(&permit).await;
        let act = json!({ "reason": "Lịch làm việc thay đổi", "new_date": again.to_string() });
        town.act(&examiner, &permit, "apologise", act).await.expect(200, "form 04");
        assert_eq!(town.case(&permit).await.promised_at, Some(rows[0].recomputed_at));
        assert_eq!(town.forms(&permit).await, ["01", "04"]);
        town.prove().await;
    }

    async fn a_case_keeps_its_version_for_life(place: Place) {
        let town = Town::open(&place, "haiphong", "2025-06-30T14:00:00+07:00").await;
        let owner = town.person("owner");
        let file = async || {
            let version = town.version("1.001193");
            let facts = town.answers(&version, Channel::Online, &owner.person, |facts| {
                facts.form["contact_delivery"] == "counter"
                    && matches!(version.competence(facts), Competence::Commune(_))
                    && version.fees(facts).iter().all(|fee| fee.amount.is_none_or(|amount| amount.dong() == 0))
            });
            town.submit(&owner, &town.draft(&owner, &version, &facts).await).await
        };
        let old = file().await;
        assert_eq!(town.case(&old.id).await.version_id, "1.001193/v1");
        let pinned = town.case(&old.id).await.limit;
        town.at("2025-07-02T09:00:00+07:00".parse().unwrap());
        assert_eq!(town.version("1.001193").id, "1.001193/v2");
        let new = file().await;
        assert_eq!(town.case(&new.id).await.version_id, "1.001193/v2");

        town.walk(&old.id, &["accept", "propose", "sign", "issue", "hand_over"]).await;
        let done = town.case(&old.id).await;
        assert_eq!((done.version_id.as_str(), done.limit), ("1.001193/v1", pinned));
        assert!(done.state.is_end());
    }
}
