//! Two years of cases as they would have gone: when they came, how long they took, which were late, supplemented or
//! refused. Pure: nothing is written here.

use super::answers::Answerer;
use super::dice::Dice;
use super::people::{Official, People};
use haidang_contracts::identity::PersonRecord;
use haidang_kernel::calendar::Pause;
use haidang_kernel::time;
use haidang_services::cases::clock::CityClock;
use haidang_services::cases::filing;
use haidang_services::cases::row::PinnedLimit;
use haidang_services::model::{CaseState, Channel};
use haidang_services::procedure::pack::Pack;
use haidang_services::procedure::{Facts, FeeLine, Version};
use haidang_services::rules::StepNature;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One thing that happened to a case.
#[derive(Debug, Clone)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// Action in the words of the room.
    pub action: &'static str,
    /// State afterwards.
    pub state: CaseState,
    /// Step it was done on.
    pub step: String,
    /// Official who did it; `None` for the owner.
    pub official: Option<usize>,
    /// Reason in words.
    pub reason: Option<&'static str>,
}

/// A case of the history.
pub struct PastCase {
    /// Whose.
    pub owner: PersonRecord,
    /// Version in force on the day of filing.
    pub version: Arc<Version>,
    /// What its rules were judged on.
    pub facts: Facts,
    /// Receiving agency of that day.
    pub receiving: String,
    /// Competent agency of that day.
    pub competent: String,
    /// Limit promised.
    pub limit: PinnedLimit,
    /// Fees.
    pub fees: Vec<FeeLine>,
    /// What happened, in order; the first is the filing.
    pub happenings: Vec<Happening>,
    /// Pauses.
    pub pauses: Vec<Pause>,
    /// When accepted.
    pub accepted_at: Option<Timestamp>,
    /// The date promised.
    pub due_at: Option<Timestamp>,
    /// Step the case stands on at the end.
    pub step: String,
    /// State at the end.
    pub state: CaseState,
}

/// What the history is made from.
pub struct Historian<'a> {
    /// Chance.
    pub dice: Dice,
    /// The city's data.
    pub pack: &'a Pack,
    /// The city's clock.
    pub clock: &'a CityClock,
    /// Everybody.
    pub people: &'a People,
    /// End of the history.
    pub until: Timestamp,
    /// Officials by (agency, role).
    pub posts: BTreeMap<(String, String), Vec<usize>>,
}

/// Shares of the procedures among cases, by code; what the pack does not hold is left out.
const DEMAND: &[(u64, &str)] = &[
    (40, "2.000815"),
    (16, "1.001193"),
    (9, "1.004873"),
    (7, "1.000656"),
    (6, "1.000894"),
    (6, "1.001612"),
    (3, "1.001266"),
    (4, "1.001776"),
    (2, "1.001731"),
    (4, "1.013978"),
    (3, "1.012783"),
];

const SUPPLEMENT_REASONS: &[&str] =
    &["Ảnh chụp giấy tờ bị mờ, chưa đọc được số", "Thiếu trang có chữ ký", "Thông tin khai chưa khớp giấy tờ kèm theo"];
const REFUSAL_REASONS: &[&str] =
    &["Không thuộc thẩm quyền giải quyết của thành phố", "Hồ sơ không đủ điều kiện theo quy định"];

impl<'a> Historian<'a> {
    /// A historian over a city.
    pub fn new(dice: Dice, pack: &'a Pack, clock: &'a CityClock, people: &'a People, until: Timestamp) -> Self {
        let mut posts: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
        for (index, official) in people.officials.iter().enumerate() {
            posts.entry((official.agency.clone(), official.role.clone())).or_default().push(index);
        }
        Self { dice, pack, clock, people, until, posts }
    }

    /// Cases filed between a day and the end, in the order of filing.
    pub fn cases(&self, from: Date, how_many: usize, mut progress: impl FnMut(usize)) -> Vec<PastCase> {
        let demand: Vec<(u64, &str)> =
            DEMAND.iter().copied().filter(|(_, code)| !self.pack.catalogue.versions(code).is_empty()).collect();
        let demand: Vec<(u64, String)> = if demand.is_empty() {
            self.pack
                .catalogue
                .all_current(time::civil(self.until).date())
                .iter()
                .filter(|v| v.promises())
                .map(|v| (1, v.procedure.code.clone()))
                .collect()
        } else {
            demand.into_iter().map(|(weight, code)| (weight, code.to_owned())).collect()
        };
        let mut moments: Vec<Timestamp> = (0..how_many).map(|_| self.moment(from)).collect();
        moments.sort();
        let mut cases = Vec::with_capacity(how_many);
        for at in moments {
            let code = self.dice.weighted(&demand).clone();
            cases.extend(self.case(&code, at));
            progress(cases.len());
        }
        cases
    }

    /// A moment of filing: people file by day, more on working days, more towards today.
    fn moment(&self, from: Date) -> Timestamp {
        let last = time::civil(self.until).date();
        let days = i64::from((last - from).get_days()).max(1);
        loop {
            let day = from.saturating_add(jiff::Span::new().days(self.dice.between(0, days - 1)));
            let working = self.clock.calendar.is_working(day);
            if !working && !self.dice.chance(120) {
                continue;
            }
            let minute = if self.dice.chance(650) {
                self.dice.between(7 * 60 + 30, 16 * 60 + 30)
            } else {
                self.dice.between(6 * 60, 22 * 60)
            };
            let wall = day.at((minute / 60) as i8, (minute % 60) as i8, self.dice.between(0, 59) as i8, 0);
            let at = time::at(wall);
            if at < self.until {
                return at;
            }
        }
    }

    fn case(&self, code: &str, at: Timestamp) -> Option<PastCase> {
        let day = time::civil(at).date();
        let version = self.pack.catalogue.in_force(code, day)?;
        let organisation = version.procedure.subjects.iter().all(|s| s.contains("DN") || s.contains("ĐT9"))
            && !version.procedure.subjects.is_empty();
        let owner = if organisation { self.dice.pick(&self.people.businesses) } else { self.adult() }.clone();
        let channel = self.channel(&version, day, at)?;
        let mut facts = Facts::new(channel, day);
        facts.applicant = serde_json::json!({ "kind": owner.kind, "full_name": owner.full_name, "citizen_no": owner.citizen_no, "birth_date": owner.birth_date, "sex": owner.sex });
        Answerer {
            dice: &self.dice,
            codes: &self.pack.codes,
            province: &self.pack.city.province_code,
            on: day,
            owner: &owner,
        }
        .fill(&version, &mut facts);
        let competent = self.pack.competent_agency(&version.competence(&facts), day).map(|agency| agency.code.clone());
        let competent = competent.or_else(|| self.home_agency(&owner, day))?;
        let receiving = competent.clone();
        let limit = filing::pinned(&version, &facts);
        let fees = version.fees(&facts);
        let mut case = PastCase {
            owner,
            facts,
            receiving,
            competent,
            limit,
            fees,
            happenings: Vec::new(),
            pauses: Vec::new(),
            accepted_at: None,
            due_at: None,
            step: version.first_step()?.id.clone(),
            state: CaseState::Submitted,
            version,
        };
        self.live(&mut case, at);
        Some(case)
    }

    fn adult(&self) -> &PersonRecord {
        let limit = time::civil(self.until).date().saturating_sub(jiff::Span::new().years(20)).to_string();
        loop {
            let person = self.dice.pick(&self.people.residents);
            if person.birth_date.as_deref().is_some_and(|birth| birth < limit.as_str()) {
                return person;
            }
        }
    }

    fn channel(&self, version: &Version, day: Date, at: Timestamp) -> Option<Channel> {
        let open = self.clock.calendar.is_working(day) && self.clock.hours.is_open(time::civil(at).time());
        let wanted = *self.dice.weighted(&[(62, Channel::Online), (33, Channel::Direct), (5, Channel::Postal)]);
        let has = |channel: &Channel| version.procedure.channels.contains(channel);
        if wanted == Channel::Direct && !open && has(&Channel::Online) {
            return Some(Channel::Online);
        }
        if has(&wanted) { Some(wanted) } else { version.procedure.channels.first().copied() }
    }

    /// The commune's agency of that day: before a merger one of the units it came from.
    fn home_agency(&self, owner: &PersonRecord, day: Date) -> Option<String> {
        let commune = owner.commune_code.as_deref()?;
        if let Some(agency) = self.pack.commune_agency(commune, day) {
            return Some(agency.code.clone());
        }
        let today = self.pack.commune_agency(commune, time::civil(self.until).date())?;
        let before: Vec<&str> = self
            .pack
            .agencies
            .iter()
            .filter(|a| a.successor.as_deref() == Some(&today.code) && a.works_on(day))
            .map(|a| a.code.as_str())
            .collect();
        before.first().map(|code| (*code).to_owned()).or_else(|| Some(today.code.clone()))
    }

    /// Who holds a role at an agency; officials of a merged unit now serve its successor.
    pub fn official(&self, agency: &str, role: &str) -> Option<usize> {
        let mut code = agency.to_owned();
        for _ in 0..4 {
            if let Some(holders) = self.posts.get(&(code.clone(), role.to_owned())) {
                return Some(*self.dice.pick(holders));
            }
            code = self.pack.agency(&code)?.successor.clone()?;
        }
        None
    }

    fn live(&self, case: &mut PastCase, filed: Timestamp) {
        let first = case.step.clone();
        push(case, filed, "submit", CaseState::Submitted, &first, None, None);
        let clerk = self.official(&case.receiving, "one_stop_officer");
        // Intake: at the counter at once, otherwise within a few working hours.
        let received = if case.facts.channel == Channel::Direct {
            filed + SignedDuration::from_mins(6)
        } else {
            self.office_time(filed, self.dice.between(10, 200))
        };
        if received >= self.until {
            return;
        }
        if self.dice.chance(18) {
            let head = self.official(&case.receiving, "one_stop_head").or(clerk);
            push(
                case,
                received,
                "refuse",
                CaseState::Refused,
                &first,
                head,
                Some(*self.dice.pick::<&str>(REFUSAL_REASONS)),
            );
            return;
        }
        case.accepted_at = Some(received);
        case.due_at = self.clock.due_at(received, &case.limit.limit, &[]).ok().flatten();
        push(case, received, "accept", CaseState::Accepted, &first, clerk, None);
        let path: Vec<(String, String, StepNature)> = case
            .version
            .steps()
            .iter()
            .map(|step| (step.id.clone(), step.role.clone(), case.version.nature(step)))
            .filter(|(_, _, nature)| *nature != StepNature::Receive)
            .collect();
        if let Some((id, _, _)) = path.first() {
            case.step.clone_from(id);
        }
        let mut now = received;
        if self.dice.chance(80) {
            match self.supplement(case, now, &path) {
                Some(after) => now = after,
                None => return,
            }
        }
        if self.dice.chance(8) {
            let at = self.office_time(now, 180);
            if at < self.until {
                push(
                    case,
                    at,
                    "withdraw",
                    CaseState::WithdrawalRequested,
                    &case.step.clone(),
                    None,
                    Some("Không còn nhu cầu"),
                );
                let done = self.office_time(at, 60);
                if done < self.until {
                    push(case, done, "accept_withdrawal", CaseState::Withdrawn, &case.step.clone(), clerk, None);
                }
            }
            return;
        }
        self.decide(case, now, &path);
    }

    fn supplement(
        &self,
        case: &mut PastCase,
        now: Timestamp,
        path: &[(String, String, StepNature)],
    ) -> Option<Timestamp> {
        let (step, role, _) = path.first()?;
        let asker = self.official(&case.competent, role);
        let asked = self.office_time(now, self.dice.between(30, 300));
        if asked >= self.until {
            return None;
        }
        push(
            case,
            asked,
            "supplement",
            CaseState::AwaitingSupplement,
            step,
            asker,
            Some(*self.dice.pick::<&str>(SUPPLEMENT_REASONS)),
        );
        let answered = asked + SignedDuration::from_mins(self.dice.between(300, 9 * 24 * 60));
        let counts = case.limit.pauses.iter().any(|reason| reason == "supplement");
        let open = answered >= self.until || self.dice.chance(60);
        if counts {
            case.pauses.push(Pause { asked, received: (!open).then_some(answered), reason: "supplement".to_owned() });
        }
        if open {
            if counts {
                case.due_at = None;
            }
            return None;
        }
        if let (Some(accepted), true) = (case.accepted_at, counts) {
            case.due_at = self.clock.due_at(accepted, &case.limit.limit, &case.pauses).ok().flatten();
        }
        push(case, answered, "answer_supplement", CaseState::InProgress, step, None, None);
        Some(answered)
    }

    /// The rest of the way, spread over the time there is; some are late.
    fn decide(&self, case: &mut PastCase, now: Timestamp, path: &[(String, String, StepNature)]) {
        let due = case.due_at.unwrap_or_else(|| now + SignedDuration::from_hours(24 * 9));
        let left = (due.duration_since(now).as_mins()).max(45);
        let share = *self.dice.weighted(&[
            (60, self.dice.between(20, 70)),
            (34, self.dice.between(70, 97)),
            (6, self.dice.between(110, 240)),
        ]);
        let hops = i64::try_from(path.len().max(1)).unwrap_or(1);
        let mut at = now;
        for (index, (step, role, nature)) in path.iter().enumerate() {
            let seat = if role == "one_stop_officer" { &case.receiving } else { &case.competent };
            let official = self.official(seat, role);
            let jitter = if *nature == StepNature::HandOver {
                self.dice.between(30, 3 * 24 * 60)
            } else {
                (left * share / 100 / hops).max(2)
            };
            at = self.office_time(at, 0).max(at) + SignedDuration::from_mins(jitter);
            if at >= self.until {
                return;
            }
            let next = path.get(index + 1).map(|(_, _, nature)| *nature);
            let (action, state) = match (nature, next) {
                (StepNature::Sign, _) => ("sign", CaseState::AwaitingIssue),
                (StepNature::Issue, _) => ("result_issued", CaseState::ResultReady),
                (StepNature::HandOver, _) => ("hand_over", CaseState::Returned),
                (_, Some(StepNature::Sign)) => ("propose", CaseState::AwaitingSignature),
                (_, Some(StepNature::Issue)) => ("propose", CaseState::AwaitingIssue),
                _ => ("propose", CaseState::InProgress),
            };
            let state =
                if index + 1 == path.len() && state != CaseState::Returned { CaseState::Returned } else { state };
            push(case, at, action, state, step, official, None);
            if let Some((id, _, _)) = path.get(index + 1) {
                case.step.clone_from(id);
            }
        }
    }

    /// The same moment moved into office hours, plus working minutes.
    fn office_time(&self, at: Timestamp, minutes: i64) -> Timestamp {
        let mut wall = time::civil(at);
        for _ in 0..40 {
            let open = self.clock.calendar.is_working(wall.date());
            if open && wall.time() < self.clock.hours.close() {
                break;
            }
            wall = match wall.date().tomorrow() {
                Ok(day) => day.to_datetime(self.clock.hours.open()),
                Err(_) => break,
            };
        }
        if wall.time() < self.clock.hours.open() {
            wall = wall.date().to_datetime(self.clock.hours.open());
        }
        let moved = time::at(wall) + SignedDuration::from_mins(minutes);
        let late = time::civil(moved);
        if late.time() > self.clock.hours.close() || late.date() != wall.date() {
            let end = time::at(wall.date().to_datetime(self.clock.hours.close()));
            return end.max(time::at(wall)) - SignedDuration::from_mins(self.dice.between(0, 9));
        }
        moved
    }
}

fn push(
    case: &mut PastCase,
    at: Timestamp,
    action: &'static str,
    state: CaseState,
    step: &str,
    official: Option<usize>,
    reason: Option<&'static str>,
) {
    let at = case.happenings.last().map_or(at, |last| at.max(last.at + SignedDuration::from_secs(1)));
    case.happenings.push(Happening { at, action, state, step: step.to_owned(), official, reason });
    case.state = state;
}

/// An official by index.
pub fn official(people: &People, index: Option<usize>) -> Option<&Official> {
    index.and_then(|index| people.officials.get(index))
}
