//! What supervisors see: numbers by agency, and ratings by the people served.

use super::deciding::{case_not_found, read_all};
use super::mandate::owns;
use super::row::CaseRow;
use crate::api::supervision::AgencyNumbers;
use crate::service::Services;
use crate::sql;
use haidang_contracts::actor::{Actor, CaseId};
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_store::{ActorRef, AuditEntry, args};
use serde_json::json;

impl Services {
    /// Open, overdue and ended cases of each agency since the first day of the month; an official without
    /// `case.read_all` sees the own units only.
    ///
    /// # Errors
    /// What the database says.
    pub async fn agency_numbers(&self, actor: &Actor) -> Result<Vec<AgencyNumbers>, Problem> {
        let now = self.ambient.now();
        let first = time::civil(now).date().first_of_month();
        let since = time::at(first.to_datetime(jiff::civil::Time::midnight()));
        let rows = self.db.fetch_all(sql::case::COUNT_BY_AGENCY, args![now, since]).await?;
        let mut numbers = Vec::new();
        for row in &rows {
            let agency = row.text("agency")?;
            if actor.can("case.read_all") || actor.can_in("case.read_unit", &agency) {
                numbers.push(AgencyNumbers {
                    agency,
                    open: row.integer("open_cases")?,
                    overdue: row.integer("overdue")?,
                    ended: row.integer("ended")?,
                    ended_late: row.integer("ended_late")?,
                });
            }
        }
        Ok(numbers)
    }

    /// Open cases past their date, most overdue first, within what the actor may see.
    ///
    /// # Errors
    /// What the database says.
    pub async fn overdue_cases(&self, actor: &Actor, limit: i64) -> Result<Vec<CaseRow>, Problem> {
        let mut rows =
            read_all(self.db.fetch_all(sql::case::OVERDUE, args![self.ambient.now(), limit]).await?, CaseRow::read)?;
        rows.retain(|case| super::deciding::may_see(actor, case));
        Ok(rows)
    }

    /// The latest recomputation.
    ///
    /// # Errors
    /// What the database says.
    pub async fn last_run(&self) -> Result<Option<String>, Problem> {
        let row = self.db.fetch_optional(sql::case::LAST_RUN, args![]).await?;
        Ok(row.map(|row| row.text("run_id")).transpose()?)
    }

    /// The owner rates a finished case, once.
    ///
    /// # Errors
    /// `case_not_found`, `not_finished`, `already_rated`, `rating_range`.
    #[allow(clippy::too_many_arguments)]
    pub async fn rate(
        &self,
        actor: &Actor,
        id: &CaseId,
        level: i64,
        attitude: Option<i64>,
        time: Option<i64>,
        words: Option<&str>,
        request_id: &str,
    ) -> Result<(), Problem> {
        let case = self.case(id).await?;
        if !owns(actor, &case) {
            return Err(case_not_found());
        }
        if case.ended_at.is_none() {
            return Err(Problem::conflict("not_finished", "a case is rated when it has ended"));
        }
        if [Some(level), attitude, time].into_iter().flatten().any(|value| !(1..=5).contains(&value)) {
            return Err(
                Problem::invalid("rating_range", "a rating lies between 1 and 5").field("level", "out_of_range")
            );
        }
        let words: Option<String> = words.map(|text| text.chars().take(2000).collect());
        let values = args![id.as_str(), level, attitude, time, words, actor.person.as_str(), self.ambient.now()];
        let entry = AuditEntry::mutation("case.rated", ActorRef::of(actor, "online"))
            .object("case", id.as_str())
            .request(request_id)
            .subjects(case.owner_number.clone())
            .own()
            .detail(json!({ "level": level }));
        self.db
            .transaction(move |tx| {
                let (values, entry) = (values.clone(), entry.clone());
                Box::pin(async move {
                    if tx.execute(sql::record::INSERT_RATING, values).await? == 0 {
                        return Err(Problem::conflict("already_rated", "this case has been rated"));
                    }
                    tx.audit(entry).await?;
                    Ok(())
                })
            })
            .await
    }
}
