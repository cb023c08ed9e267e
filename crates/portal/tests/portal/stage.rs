//! A portal, cases and a room over a database of the test.

use async_trait::async_trait;
use haidang_contracts::actor::{Actor, ActorKind, PersonId, Position};
use haidang_contracts::events::{CASE_MOVED, CaseMoved};
use haidang_contracts::identity::{Agency, Directory, StaffMember};
use haidang_contracts::synchronisation::{
    CaseOfDay, CaseStories, CaseStory, ReportedCase, StoryActor, StoryEvent, SyncTrack,
};
use haidang_contracts::{ContractError, actor};
use haidang_kernel::ambient::Ambient;
use haidang_kernel::{national, time};
use haidang_portal::manner::Manner;
use haidang_portal::model::Kind;
use haidang_portal::portal::{NationalPortal, Outgoing, PortalCase, RefusalKind, Sent, Unanswered};
use haidang_portal::{Connection, Inner, PortalRoom, RECONCILE, Settings};
use haidang_store::{Db, Dispatcher};
use haidang_testkit::Rooms;
use jiff::SignedDuration;
use jiff::civil::Date;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;

pub const ROOMS: Rooms = &[("portal", haidang_portal::MIGRATIONS)];

/// One message as the portal took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    pub key: String,
    pub kind: Kind,
    pub status: i64,
    pub arrivals: u64,
}

#[derive(Default)]
pub struct Memory {
    pub cases: BTreeMap<String, Vec<Came>>,
    /// Whether nobody answers.
    pub down: bool,
    /// Every so many taken messages the answer is lost; 0 never.
    pub loses: u64,
    taken: u64,
    /// Cases of which this status is refused for its content.
    pub dislikes: BTreeSet<(String, i64)>,
    /// After taking a message of this case, never answer.
    pub hangs: Option<String>,
    in_flight: BTreeSet<String>,
    pub most_in_flight: usize,
    /// What must never happen.
    pub wrong: Vec<String>,
    pub lists: bool,
}

/// The portal: it judges order by the national table, knows repetitions by their keys, and counts everything.
#[derive(Default)]
pub struct FakePortal {
    memory: Mutex<Memory>,
    pub hung: Notify,
}

impl FakePortal {
    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }

    /// Statuses of a case in the order they were taken.
    pub fn statuses(&self, case_no: &str) -> Vec<i64> {
        self.memory().cases.get(case_no).map_or_else(Vec::new, |came| came.iter().map(|one| one.status).collect())
    }
}

fn judge(memory: &mut Memory, case_no: &str, message: &Outgoing, status: i64) -> Sent {
    let refused = |kind, text: &str| Sent::Refused { kind, text: text.to_owned() };
    if memory.dislikes.contains(&(case_no.to_owned(), status)) {
        return refused(RefusalKind::Content, "Dữ liệu không hợp lệ");
    }
    let came = memory.cases.get_mut(case_no);
    if let Some(known) = came.as_ref().and_then(|came| came.iter().position(|one| one.key == message.key)) {
        came.unwrap()[known].arrivals += 1;
        return Sent::Taken;
    }
    let last = came.as_ref().and_then(|came| came.last()).map(|one| one.status);
    match (message.kind, last) {
        (Kind::Create, Some(_)) => return Sent::Exists,
        (Kind::Update | Kind::Progress, None) => return refused(RefusalKind::Missing, "Hồ sơ không tồn tại"),
        (_, Some(last)) if last != status && !national::allows(last, status) => {
            return refused(RefusalKind::Order, "Trạng thái không thể đến sau");
        }
        _ => {}
    }
    let new = Came { key: message.key.clone(), kind: message.kind, status, arrivals: 1 };
    memory.cases.entry(case_no.to_owned()).or_default().push(new);
    memory.taken += 1;
    if memory.loses > 0 && memory.taken.is_multiple_of(memory.loses) {
        return Sent::Unknown("the answer was lost");
    }
    Sent::Taken
}

#[async_trait]
impl NationalPortal for FakePortal {
    async fn send(&self, message: &Outgoing) -> Sent {
        let row: Value = serde_json::from_str(&message.row).unwrap();
        let case_no = row["MaHoSo"].as_str().unwrap().to_owned();
        let status = row.get("TrangThaiHoSo").or(row.get("TrangThai")).unwrap().as_str().unwrap().parse().unwrap();
        {
            let mut memory = self.memory();
            if !memory.in_flight.insert(case_no.clone()) {
                memory.wrong.push(format!("two messages of {case_no} at once"));
            }
            memory.most_in_flight = memory.most_in_flight.max(memory.in_flight.len());
        }
        // Others get their turn while this one is on its way.
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        let (answer, hangs) = {
            let mut memory = self.memory();
            memory.in_flight.remove(&case_no);
            if memory.down {
                return Sent::Unknown("nobody answers");
            }
            let answer = judge(&mut memory, &case_no, message, status);
            let hangs = memory.hangs.take_if(|hung| *hung == case_no).is_some();
            (answer, hangs)
        };
        if hangs {
            self.hung.notify_one();
            std::future::pending::<()>().await;
        }
        answer
    }

    async fn look_up(&self, case_no: &str) -> Result<Option<PortalCase>, Unanswered> {
        let memory = self.memory();
        if memory.down {
            return Err(Unanswered("nobody answers"));
        }
        let last = memory.cases.get(case_no).and_then(|came| came.last());
        Ok(last.map(|last| PortalCase { case_no: case_no.to_owned(), status: last.status }))
    }

    async fn cases_of_day(&self, day: Date, page: i64) -> Result<Option<Vec<PortalCase>>, Unanswered> {
        let memory = self.memory();
        if !memory.lists {
            return Ok(None);
        }
        let day = format!("-{}-", day.strftime("%Y%m%d"));
        let ours = memory.cases.iter().filter(|(case_no, _)| page == 1 && case_no.contains(&day));
        let case = |(case_no, came): (&String, &Vec<Came>)| {
            came.last().map(|last| PortalCase { case_no: case_no.clone(), status: last.status })
        };
        Ok(Some(ours.filter_map(case).collect()))
    }
}

/// The room of cases: their stories, and what it was told of the portal.
pub struct Stories {
    db: Db,
    cases: Mutex<BTreeMap<String, CaseStory>>,
    pub notes: Mutex<BTreeMap<String, SyncTrack>>,
}

impl Stories {
    /// Something happens to a case; the first thing files it.
    pub async fn step(&self, id: &str, action: &str, status: i64) {
        let now = self.db.ambient().now();
        let by = StoryActor::Official { name: "Cán bộ".into(), title: String::new(), agency: "H24.11824".into() };
        let event = {
            let mut cases = self.cases.lock().unwrap();
            let count = cases.len();
            let case = cases.entry(id.to_owned()).or_insert_with(|| new_case(id, count + 1, time::civil(now).date()));
            let seq = i64::try_from(case.events.len()).unwrap() + 1;
            case.events.push(StoryEvent { seq, action: action.to_owned(), status, by, at: now });
            CaseMoved {
                case_id: id.to_owned(),
                case_no: case.case_no.clone(),
                owner: String::new(),
                seq,
                action: action.to_owned(),
                state: String::new(),
                national_status: Some(status),
                at: now.as_microsecond(),
            }
        };
        let event = &event;
        self.db
            .transaction(|tx| Box::pin(async move { tx.emit(CASE_MOVED, &event.case_id, event).await.map(drop) }))
            .await
            .unwrap();
    }

    /// As [`Stories::step`], but nobody hears of it.
    pub fn step_unheard(&self, id: &str, action: &str, status: i64) {
        let now = self.db.ambient().now();
        let mut cases = self.cases.lock().unwrap();
        let count = cases.len();
        let case = cases.entry(id.to_owned()).or_insert_with(|| new_case(id, count + 1, time::civil(now).date()));
        let seq = i64::try_from(case.events.len()).unwrap() + 1;
        case.events.push(StoryEvent { seq, action: action.to_owned(), status, by: StoryActor::System, at: now });
    }

    pub fn case_no(&self, id: &str) -> String {
        self.cases.lock().unwrap()[id].case_no.clone()
    }

    /// Statuses a portal must know in the end: those of the events, without steps that the table puts between.
    pub fn statuses(&self, id: &str) -> Vec<i64> {
        self.cases.lock().unwrap()[id].events.iter().map(|event| event.status).collect()
    }
}

fn new_case(id: &str, number: usize, day: Date) -> CaseStory {
    CaseStory {
        id: id.to_owned(),
        case_no: format!("H24.11824-{}-{number:07}", day.strftime("%Y%m%d")),
        procedure: "1.001193".into(),
        procedure_name: "Đăng ký khai sinh".into(),
        field: "G15-TP07".into(),
        field_name: "Hộ tịch".into(),
        owner_name: "Người Minh Họa".into(),
        owner_is_organisation: false,
        channel: "online".into(),
        agency: "H24.11824".into(),
        agency_name: "Ủy ban nhân dân phường".into(),
        accepted_at: None,
        promised_at: None,
        ended_at: None,
        returned_at: None,
        events: Vec::new(),
        papers: Vec::new(),
        fees: Vec::new(),
        supplements: Vec::new(),
        results: Vec::new(),
    }
}

#[async_trait]
impl CaseStories for Stories {
    async fn reported_case(&self, id: &str) -> Result<Option<ReportedCase>, ContractError> {
        let cases = self.cases.lock().unwrap();
        Ok(cases.get(id).map(|case| ReportedCase {
            case_no: case.case_no.clone(),
            procedure: case.procedure.clone(),
            agency: case.agency.clone(),
            status: case.events.last().unwrap().status,
            last_seq: case.events.last().unwrap().seq,
        }))
    }

    async fn case_story(&self, id: &str, _: bool) -> Result<Option<CaseStory>, ContractError> {
        Ok(self.cases.lock().unwrap().get(id).cloned())
    }

    async fn cases_of_day(&self, day: Date, after: &str, limit: i64) -> Result<Vec<CaseOfDay>, ContractError> {
        let cases = self.cases.lock().unwrap();
        let of_day =
            cases.values().filter(|case| case.id.as_str() > after && time::civil(case.events[0].at).date() == day);
        let row = |case: &CaseStory| CaseOfDay {
            id: case.id.clone(),
            case_no: case.case_no.clone(),
            status: case.events.last().unwrap().status,
            reported: true,
        };
        Ok(of_day.take(usize::try_from(limit).unwrap()).map(row).collect())
    }

    async fn note_synchronised(&self, id: &str, _: i64, track: SyncTrack) -> Result<(), ContractError> {
        self.notes.lock().unwrap().insert(id.to_owned(), track);
        Ok(())
    }
}

/// Nobody knows an agency; pages then show codes.
struct NoDirectory;

#[async_trait]
impl Directory for NoDirectory {
    async fn agency(&self, _: &str) -> Result<Option<Agency>, ContractError> {
        Ok(None)
    }
    async fn agencies(&self) -> Result<Vec<Agency>, ContractError> {
        Ok(Vec::new())
    }
    async fn agency_of_commune(&self, _: &str) -> Result<Option<Agency>, ContractError> {
        Ok(None)
    }
    async fn holders(&self, _: &str, _: &str) -> Result<Vec<(actor::PersonId, String)>, ContractError> {
        Ok(Vec::new())
    }
    async fn staff(&self, _: &str) -> Result<Vec<StaffMember>, ContractError> {
        Ok(Vec::new())
    }
    async fn is_held(&self, _: &str, _: &str, _: Option<&actor::PersonId>) -> Result<bool, ContractError> {
        Ok(false)
    }
}

pub struct Stage {
    pub db: Db,
    pub ambient: Ambient,
    pub portal: Arc<FakePortal>,
    pub stories: Arc<Stories>,
    pub room: PortalRoom,
}

/// Cases sent side by side.
pub const PARALLEL: usize = 8;

impl Stage {
    pub fn open(db: &haidang_testkit::TestDb) -> Stage {
        let portal = Arc::new(FakePortal::default());
        let cases = Mutex::default();
        let stories = Arc::new(Stories { db: db.db(), cases, notes: Mutex::default() });
        let room = room(&db.db(), &portal, &stories);
        db.register(Arc::new(room.clone()));
        Stage { db: db.db(), ambient: db.ambient().clone(), portal, stories, room }
    }

    /// Another process on the same records.
    pub fn second_room(&self) -> PortalRoom {
        room(&self.db, &self.portal, &self.stories)
    }

    /// Lets the outbox deliver.
    pub async fn hear(&self) {
        Dispatcher::new(self.db.clone()).run_due().await.unwrap();
    }

    /// Sends until nothing waits and answers how long that took: calls take a second each, as many side by side as the
    /// room sends.
    pub async fn drain(&self) -> SignedDuration {
        let began = self.ambient.now();
        for _ in 0..20_000 {
            let standing = self.room.standing().await.unwrap();
            if standing.waiting + standing.sending == 0 {
                return self.ambient.now().duration_since(began);
            }
            self.tick().await;
        }
        panic!("the queue never drains: {:?}", self.room.standing().await);
    }

    /// One round, and the time it took.
    pub async fn tick(&self) {
        let round = self.room.round(PARALLEL).await.unwrap();
        let seconds = i64::try_from(round.calls.div_ceil(PARALLEL)).unwrap().max(1);
        self.ambient.advance(SignedDuration::from_secs(seconds));
    }

    /// No message came twice or out of its place, and none is missing.
    pub fn check_all(&self, ids: &[String]) {
        assert_eq!(self.portal.memory().wrong, Vec::<String>::new());
        for id in ids {
            let case_no = self.stories.case_no(id);
            let came = self.portal.memory().cases.get(&case_no).cloned().unwrap_or_default();
            let numbers: Vec<i64> =
                came.iter().map(|one| one.key.rsplit_once(':').unwrap().1.parse().unwrap()).collect();
            let expected: Vec<i64> = (1..=i64::try_from(came.len()).unwrap()).collect();
            assert_eq!(numbers, expected, "{id}: every message once, in order");
            let mut left = came.iter().map(|one| one.status);
            for status in self.stories.statuses(id) {
                assert!(left.any(|told| told == status), "{id}: {status} is missing in {came:?}");
            }
            assert_eq!(came.last().map(|one| one.status), self.stories.statuses(id).last().copied(), "{id}: the end");
        }
    }
}

fn room(db: &Db, portal: &Arc<FakePortal>, stories: &Arc<Stories>) -> PortalRoom {
    const MANNER: &str = include_str!("../../../../packs/haiphong/national-portal.toml");
    PortalRoom::new(Inner {
        db: db.clone(),
        ambient: db.ambient().clone(),
        stories: stories.clone(),
        directory: Arc::new(NoDirectory),
        connection: Some(Connection { portal: portal.clone(), manner: Arc::new(Manner::from_toml(MANNER).unwrap()) }),
        settings: Settings { parallel: PARALLEL, ..Settings::default() },
    })
}

/// The life of a case from filing to the result in the owner's hands, with a supplement right after intake.
pub const LIFE: &[(&str, i64)] = &[
    ("submit", 1),
    ("accept", 2),
    ("supplement", 5),
    ("answer_supplement", 4),
    ("propose", 4),
    ("sign", 4),
    ("result_issued", 9),
    ("hand_over", 10),
];

/// Whoever keeps city and portal in step.
pub fn supervisor() -> Actor {
    Actor {
        person: PersonId::parse("01900000-0000-7000-8000-000000000001").unwrap(),
        display_name: "Cán bộ".into(),
        kind: ActorKind::Official,
        on_behalf_of: None,
        on_behalf_name: None,
        mandates: Vec::new(),
        positions: vec![Position {
            agency: "H24.S01".into(),
            role: "supervisor".into(),
            title: "Cán bộ".into(),
            capabilities: BTreeSet::from([RECONCILE.to_owned()]),
        }],
        assurance: 2,
        second_factor_at: None,
    }
}
