//! What the clerk does with a document that came: a number, or back to its sender; then to a leader.

use super::arriving::{CLERK, Examined, NewFile, file_row, tidied};
use super::changing::{By, Change, Deed, locked, next};
use super::model::{Arrival, ArrivedFile, Details};
use super::rules::{self, Act, State, Verdict};
use super::{ROUTE, sql, words_problem};
use crate::reader::Reader;
use crate::registers::{self, Claim, Columns, Direction, Entry};
use crate::room::OfficeRoom;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{StoreError, Tx, args};
use serde_json::json;

/// What the clerk confirms when registering.
#[derive(Debug, Clone)]
pub struct Registering {
    /// Revision the clerk saw.
    pub revision: Option<i64>,
    /// What the paper says.
    pub details: Details,
    /// The paper was checked by other means: it carries no signature, or none that can be told.
    pub checked: bool,
    /// It is another document than those that say the same of themselves.
    pub different: bool,
}

/// The number a document was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Số đến.
    pub number: i64,
    /// Id of the book.
    pub register: String,
}

impl OfficeRoom {
    /// A document that the reader handles as clerk of its organ.
    pub(crate) async fn for_clerk(&self, reader: &Reader<'_>, id: &str) -> Result<Arrival, Problem> {
        let arrival = self.arrival_of(reader, id).await?;
        if reader.actor.can_in(CLERK, &arrival.agency) {
            return Ok(arrival);
        }
        Err(Problem::forbidden("not_allowed", "only the clerk of the organ does this"))
    }

    /// Gives the document its number (Article 22): one series an organ and year.
    ///
    /// # Errors
    /// `arrival_must_be_returned` when a signature is disproven, `arrival_invalid` with the fields, `arrival_state`,
    /// `arrival_changed`, what the register says.
    pub async fn register_arrival(
        &self,
        reader: &Reader<'_>,
        id: &str,
        order: &Registering,
    ) -> Result<Registered, Problem> {
        let arrival = self.for_clerk(reader, id).await?;
        next(&arrival, Act::Register)?;
        let today = self.ambient.today();
        let details = tidied(&order.details);
        let mut problem = Problem::invalid("arrival_invalid", "what the paper says is not complete");
        for (field, code) in rules::faults(&Details { urgency: order.details.urgency, ..details.clone() }, today) {
            problem = problem.field(field, code);
        }
        match rules::verdict(arrival.integrity, arrival.identity) {
            Verdict::Return => {
                let detail = "a signature is disproven: the document goes back to its sender (Article 21)";
                return Err(Problem::conflict("arrival_must_be_returned", detail));
            }
            Verdict::Confirm if !order.checked => problem = problem.field("checked", "required"),
            Verdict::Confirm | Verdict::Good => {}
        }
        if !problem.errors.is_empty() {
            return Err(problem);
        }
        let by = &By::official(reader, &arrival.agency);
        let act_by = rules::submit_by(&self.days.calendar(), today, details.urgency);
        let columns = &Columns::of(&Entry {
            kind: details.kind.clone(),
            subject: details.subject.clone(),
            signer: details.signer.clone(),
            author: details.from_name.clone(),
            original_number: details.code(),
            original_date: details.issued_on,
            ..Entry::default()
        })?;
        let details = &details;
        self.db
            .transaction_in_line(|tx| {
                Box::pin(async move {
                    let arrival = locked(tx, id, order.revision).await?;
                    let state = next(&arrival, Act::Register)?;
                    let same = same_key(details);
                    if !order.different {
                        refuse_same(tx, &arrival, same.as_deref()).await?;
                    }
                    let taken = registers::take(tx, &self.ambient, &self.arrival_claim(&arrival, columns)).await?;
                    let values = args![
                        id,
                        details.from_name.as_str(),
                        details.code_number.as_str(),
                        details.code_notation.as_str(),
                        details.issued_on.map(|day| day.to_string()),
                        details.kind.as_str(),
                        details.subject.as_str(),
                        details.signer.as_str(),
                        details.urgency,
                        details.pages,
                        details.answer_by.map(|day| day.to_string()),
                        same,
                        taken.register.as_str(),
                        taken.number,
                        today.to_string(),
                        act_by.to_string()
                    ];
                    tx.execute(sql::REGISTER, values).await?;
                    let detail = json!({ "register": taken.register, "number": taken.number, "entry": taken.entry });
                    let change = Change {
                        by,
                        act: Act::Register.as_str(),
                        audit: "office.arrival_registered",
                        words: "",
                        detail,
                    };
                    self.record_change(tx, &arrival, state, change).await?;
                    self.index_arrival(tx, id).await?;
                    Ok::<_, Problem>(Registered { number: taken.number, register: taken.register })
                })
            })
            .await
    }

    /// The line of the book of incoming documents (Appendix IV).
    fn arrival_claim<'c>(&'c self, arrival: &'c Arrival, columns: &Columns) -> Claim<'c> {
        Claim {
            agency: &arrival.agency,
            direction: Direction::In,
            group: &self.incoming.settings.register_group,
            document: &arrival.id,
            on: self.ambient.today(),
            summary: columns.clone(),
        }
    }

    /// Returns the document to its sender, with the reason (Article 21).
    ///
    /// # Errors
    /// `arrival_invalid` with field `reason`, `arrival_state`.
    pub async fn return_arrival(&self, reader: &Reader<'_>, id: &str, reason: &str) -> Result<(), Problem> {
        let arrival = self.for_clerk(reader, id).await?;
        next(&arrival, Act::Reject)?;
        let reason = text::tidy(reason);
        words_problem("reason", &reason)?;
        let deed = Deed {
            act: Act::Reject,
            writes: vec![(sql::REJECT, args![id])],
            by: &By::official(reader, &arrival.agency),
            audit: "office.arrival_returned",
            words: &reason,
            detail: json!({}),
        };
        self.do_to_arrival(id, deed).await
    }

    /// Lays the document before a leader (Article 23): the same day, at the latest the next working day.
    ///
    /// # Errors
    /// `arrival_invalid` with field `leader` when nobody of that id may instruct in the organ, `arrival_state`.
    pub async fn submit_arrival(&self, reader: &Reader<'_>, id: &str, leader: &str) -> Result<(), Problem> {
        let arrival = self.for_clerk(reader, id).await?;
        next(&arrival, Act::Submit)?;
        let staff = self.directory.staff(&arrival.agency).await?;
        let found = staff.iter().find(|member| member.person.as_str() == leader && member.capabilities.contains(ROUTE));
        let Some(found) = found else {
            let problem = Problem::invalid("arrival_invalid", "nobody of this id may instruct in the organ");
            return Err(problem.field("leader", "required"));
        };
        let act_by = rules::submit_by(&self.days.calendar(), self.ambient.today(), arrival.details.urgency).to_string();
        let deed = Deed {
            act: Act::Submit,
            writes: vec![(sql::SUBMIT, args![id, found.person.as_str(), found.name.as_str(), act_by])],
            by: &By::official(reader, &arrival.agency),
            audit: "office.arrival_submitted",
            words: &found.name,
            detail: json!({ "leader": found.person.as_str() }),
        };
        self.do_to_arrival(id, deed).await
    }

    /// What the sender says later: a recall or a replacement takes the document out of hand and keeps its trace and its
    /// number; a correction is noted, and what it brings is laid beside the files that came first. Told again, it
    /// changes nothing.
    pub(crate) async fn note_withdrawal(
        &self,
        id: &str,
        notice: &super::model::Notice,
        brought: &[NewFile],
    ) -> Result<(), Problem> {
        let by = &By::system();
        let mut examined = Vec::with_capacity(brought.len());
        for file in brought {
            examined.push((file, self.examine_arrived(file, false).await?));
        }
        let examined = &examined;
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let arrival = locked(tx, id, None).await?;
                    if arrival.notice.as_ref() == Some(notice) {
                        return Ok(());
                    }
                    let gone = notice.kind != "corrigendum";
                    let state = if gone { rules::after(arrival.state, Act::Withdraw) } else { Some(arrival.state) };
                    // What was returned or taken back before stays as it is.
                    let Some(state) = state else { return Ok(()) };
                    let act_by =
                        if state == State::Withdrawn { None } else { arrival.act_by.map(|day| day.to_string()) };
                    let values = args![
                        id,
                        state.as_str(),
                        notice.kind.as_str(),
                        notice.reason.as_str(),
                        notice.document.clone(),
                        act_by
                    ];
                    tx.execute(sql::NOTICE, values).await?;
                    if !examined.is_empty() {
                        lay_beside(tx, id, examined).await?;
                    }
                    if gone {
                        tx.execute(sql::END_ROUTINGS, args![id, self.ambient.now()]).await?;
                    }
                    let detail = json!({ "kind": notice.kind, "by": notice.document });
                    let change =
                        Change { by, act: "notice", audit: "office.arrival_withdrawn", words: &notice.reason, detail };
                    self.record_change(tx, &arrival, state, change).await?;
                    if !gone && arrival.channel == rules::Channel::Exchange {
                        self.say_status(tx, &arrival, "15", None).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// Lays files behind those of a document, unless they are there already; its row is locked.
async fn lay_beside(tx: &mut Tx<'_>, id: &str, brought: &[(&NewFile, Examined)]) -> Result<(), Problem> {
    let rows = tx.fetch_all(sql::FILES, args![id]).await?;
    let known: Vec<ArrivedFile> = rows.iter().map(ArrivedFile::read).collect::<Result<_, StoreError>>()?;
    let first = known.last().map_or(0, |last| last.place + 1);
    let new = brought.iter().filter(|(file, _)| known.iter().all(|one| one.sha256 != file.sha256));
    for (place, (file, found)) in (first..).zip(new) {
        let (stored, row) = file_row(id, place, file, found)?;
        tx.keep_blob(&stored).await?;
        tx.execute(sql::INSERT_FILE, row).await?;
    }
    Ok(())
}

fn same_key(details: &Details) -> Option<String> {
    rules::same_key(&details.from_name, &details.code_number, &details.code_notation, details.issued_on)
}

/// Refuses a second document that says the same of itself, while nobody said that it is another one.
async fn refuse_same(tx: &mut Tx<'_>, arrival: &Arrival, same: Option<&str>) -> Result<(), Problem> {
    let Some(same) = same else { return Ok(()) };
    let found: Result<_, StoreError> =
        tx.fetch_optional(sql::SAME, args![arrival.agency.as_str(), same, arrival.id.as_str()]).await;
    if found?.is_none() {
        return Ok(());
    }
    let problem = Problem::invalid("arrival_invalid", "a document with the same organ, number and day is here already");
    Err(problem.field("different", "duplicate"))
}
