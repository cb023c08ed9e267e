//! Pages of the registry: for officials who run the exchange or own a service, and one for everybody that says which
//! services work. Changes go through [`Registry::change`], like those of the command line.

mod agreements;
mod alerting;
mod history;
mod onboarding;
mod overview;
mod parts;
mod proposing;
mod services;
mod status;
mod systems;
mod trial;
mod trial_answer;
mod view;

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use haidang_contracts::calendar::WorkingDays;
use haidang_contracts::identity::Identity;
use haidang_kernel::ambient::Ambient;
use haidang_store::Db;
use haidang_ui::Lang;
use haidang_web::{Fault, Routes, Row, Visitor};

use super::Registry;
use super::model::Author;
use super::rules::process::Party;
use crate::message_log::MessageLog;
use crate::proxy::Exchange;
use crate::rules::identifier::{MemberId, ServiceId, SubsystemId};

/// Capability of the operator: sees and changes all.
pub const MANAGE: &str = "exchange.manage";
/// Capability of officials of a member: see and change what is their agency's, and decide on agreements about it.
pub const OWN: &str = "exchange.own";
/// Who may look.
const READ: &[&str] = &[MANAGE, OWN];

/// Address of the overview; the others lie below.
const OVERVIEW: &str = "/can-bo/truc-tich-hop";
/// Information systems and their certificates.
const SYSTEMS: &str = "/can-bo/truc-tich-hop/he-thong";
/// Services.
const SERVICES: &str = "/can-bo/truc-tich-hop/dich-vu";
/// Agreements.
const AGREEMENTS: &str = "/can-bo/truc-tich-hop/thoa-thuan";
/// The form for a new system and service.
const ONBOARDING: &str = "/can-bo/truc-tich-hop/dang-ky";
/// The form for a new agreement.
const PROPOSING: &str = "/can-bo/truc-tich-hop/thoa-thuan/moi";
/// Where calls are tried.
const TRIAL: &str = "/can-bo/truc-tich-hop/goi-thu";
/// Which services work, for everybody.
const STATUS: &str = "/trang-thai-dich-vu";

/// Texts of this room, for `haidang_ui::texts::register`.
pub const TEXTS: &[(&str, Lang, &str)] = &[
    ("exchange", Lang::Vi, include_str!("../../../locales/vi/exchange.ftl")),
    ("exchange", Lang::En, include_str!("../../../locales/en/exchange.ftl")),
];

/// What the pages are made from.
pub struct RoomParts {
    /// The registry.
    pub registry: Registry,
    /// Records, for the figures of calls.
    pub db: Db,
    /// Clock.
    pub ambient: Ambient,
    /// Working days of the city.
    pub days: Arc<dyn WorkingDays>,
    /// Names of those who changed something.
    pub identity: Arc<dyn Identity>,
}

/// The exchange that runs in this process.
#[derive(Clone)]
struct Live {
    exchange: Arc<Exchange>,
    log: Option<MessageLog>,
}

/// The pages of a registry. Cheap to clone.
#[derive(Clone)]
pub struct RegistryRoom {
    parts: Arc<RoomParts>,
    live: Arc<RwLock<Option<Live>>>,
}

impl RegistryRoom {
    /// Pages over these parts.
    pub fn new(parts: RoomParts) -> Self {
        Self { parts: Arc::new(parts), live: Arc::default() }
    }

    /// Says which exchange runs in this process; without one the pages do not know of breakers and time stamps.
    pub fn attach(&self, exchange: Arc<Exchange>, log: Option<MessageLog>) {
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = Some(Live { exchange, log });
    }

    fn live(&self) -> Option<Live> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whose entries somebody may see and change.
struct Reader {
    operator: bool,
    agencies: BTreeSet<String>,
}

impl Reader {
    fn of(visitor: &Visitor) -> Result<Self, Fault> {
        let actor = visitor.require_actor()?;
        let own = actor.positions.iter().filter(|post| post.capabilities.contains(OWN));
        Ok(Self { operator: actor.can(MANAGE), agencies: own.map(|post| post.agency.clone()).collect() })
    }

    /// Whether what is this member's is theirs. The code of a state agency is its member code; other classes have tax
    /// codes, which name no agency.
    fn owns(&self, member: &MemberId) -> bool {
        self.operator || self.belongs(member)
    }

    fn belongs(&self, member: &MemberId) -> bool {
        member.class == "GOV" && self.agencies.contains(&member.code)
    }

    /// On which sides of an agreement they stand.
    fn party(&self, consumer: &SubsystemId, service: &ServiceId) -> Party {
        Party {
            provider: self.belongs(&service.subsystem.member),
            consumer: self.belongs(&consumer.member),
            operator: self.operator,
        }
    }
}

fn author(visitor: &Visitor, action: &'static str, reason: impl Into<String>) -> Author {
    Author { actor: visitor.actor_ref(), request: visitor.request_id.clone(), reason: reason.into(), action }
}

/// The rows of the pages.
pub fn routes(room: RegistryRoom) -> Routes<RegistryRoom> {
    let look = |id, path| Row::get(id, path).any_capability(READ).role("administrator").example(path);
    let act = |id, path, event| Row::post(id, path).any_capability(READ).fresh_factor().audit(event);
    Routes::new("exchange", room)
        .page(Row::get("show_exchange_status", STATUS).public().example(STATUS), status::show_exchange_status)
        .page(look("show_exchange", OVERVIEW), overview::show_exchange)
        .page(look("show_exchange_systems", SYSTEMS), systems::show_exchange_systems)
        .page(
            act("add_exchange_certificate", "/can-bo/truc-tich-hop/he-thong/chung-thu", "exchange.certificate_added"),
            systems::add_exchange_certificate,
        )
        .page(
            act(
                "remove_exchange_certificate",
                "/can-bo/truc-tich-hop/he-thong/go-chung-thu",
                "exchange.certificate_removed",
            ),
            systems::remove_exchange_certificate,
        )
        .page(look("show_exchange_services", SERVICES), services::show_exchange_services)
        .page(
            act("switch_exchange_service", "/can-bo/truc-tich-hop/dich-vu/trang-thai", "exchange.service_switched"),
            services::switch_exchange_service,
        )
        .page(
            act("describe_exchange_service", "/can-bo/truc-tich-hop/dich-vu/mo-ta", "exchange.service_described"),
            services::describe_exchange_service,
        )
        .page(look("show_exchange_agreements", AGREEMENTS), agreements::show_exchange_agreements)
        .page(
            act("step_exchange_agreement", "/can-bo/truc-tich-hop/thoa-thuan/buoc", "exchange.agreement_stepped"),
            agreements::step_exchange_agreement,
        )
        .page(look("show_exchange_onboarding", ONBOARDING), onboarding::show_exchange_onboarding)
        .page(
            act("onboard_exchange_service", ONBOARDING, "exchange.service_registered"),
            onboarding::onboard_exchange_service,
        )
        .page(look("show_exchange_proposal", PROPOSING), proposing::show_exchange_proposal)
        .page(
            act("propose_exchange_agreement", PROPOSING, "exchange.agreement_proposed"),
            proposing::propose_exchange_agreement,
        )
        .page(
            act(
                "promote_exchange_agreement",
                "/can-bo/truc-tich-hop/thoa-thuan/du-lieu-that",
                "exchange.agreement_proposed",
            ),
            proposing::promote_exchange_agreement,
        )
        .page(look("show_exchange_trial", TRIAL), trial::show_exchange_trial)
        .page(act("try_exchange_call", TRIAL, "exchange.call_tried"), trial::try_exchange_call)
}
