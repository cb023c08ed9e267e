//! The simulated national systems: registers, portal and payment that a city exchanges data with, over real HTTP on a
//! loopback port, in the shapes that public documents and public clients show. Nothing here comes from a ministry, and
//! every answer says so. `catalogue.toml` lists all systems; those with a shape have a file of their own here.
//!
//! It refuses to start outside demonstration and test, and on any address that other machines reach. It speaks through
//! hyper and not through `web`: it must be able to fail as no page of a city ever may (reset, cut off, never answer), and
//! it has no rights, sessions or store that a permission row could speak of. What it is told it keeps in memory.

mod birth_death;
pub mod catalogue;
mod civil_status;
mod code_lists;
mod control;
mod enterprises;
pub mod faults;
mod insurance;
mod judicial;
mod messages;
mod pages;
mod payment;
mod population;
mod portal;
mod portal_cases;
mod requests;
mod serving;
mod tokens;
mod world;
mod xml;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Result, bail};
use axum::http::StatusCode;
use haidang_kernel::ambient::Ambient;
use haidang_services::procedure::pack::Pack;
use tokio::net::TcpListener;

use crate::config::Environment;
use crate::demo::Scale;
use catalogue::{ErrorRow, Row};
use messages::{Answer, Asked};

/// Our name at every system.
pub const CLIENT: &str = "haidang";
/// Our secret at every system. It opens nothing but the simulator.
pub const SECRET: &str = "mo-phong";
/// Header that every answer carries.
pub const MARKER: &str = "x-haidang-simulator";
/// Header that says where the shapes come from.
pub const SOURCE: &str = "x-haidang-source";
/// What it says.
pub const SOURCE_TEXT: &str = "from public documents, not from the ministry";

/// A system that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Population,
    CodeLists,
    CivilStatus,
    BirthDeath,
    JudicialRecords,
    SocialInsurance,
    Enterprises,
    ServicePortal,
    Payment,
}

impl System {
    const ALL: &'static [System] = &[
        System::Population,
        System::CodeLists,
        System::CivilStatus,
        System::BirthDeath,
        System::JudicialRecords,
        System::SocialInsurance,
        System::Enterprises,
        System::ServicePortal,
        System::Payment,
    ];

    /// Its word in the catalogue.
    fn id(self) -> &'static str {
        match self {
            System::Population => "population",
            System::CodeLists => "code_lists",
            System::CivilStatus => "civil_status",
            System::BirthDeath => "birth_death",
            System::JudicialRecords => "judicial_records",
            System::SocialInsurance => "social_insurance",
            System::Enterprises => "enterprises",
            System::ServicePortal => "service_portal",
            System::Payment => "payment",
        }
    }

    /// The word of what is asked, by which faults and records name it.
    fn operation(self, asked: &Asked) -> String {
        match self {
            System::Population => population::operation(asked),
            System::ServicePortal => portal::operation(asked),
            _ => asked.last().to_owned(),
        }
    }

    fn answer(self, simulator: &NationalSimulator, asked: &Asked) -> Answer {
        match self {
            System::Population => population::answer(simulator, asked),
            System::CodeLists => code_lists::answer(simulator, asked),
            System::CivilStatus => civil_status::answer(simulator, asked),
            System::BirthDeath => birth_death::answer(simulator, asked),
            System::JudicialRecords => judicial::answer(simulator, asked),
            System::SocialInsurance => insurance::answer(simulator, asked),
            System::Enterprises => enterprises::answer(simulator, asked),
            System::ServicePortal => portal::answer(simulator, asked),
            System::Payment => payment::answer(simulator, asked),
        }
    }

    /// The system's own way to say one of its errors.
    fn refuse(self, simulator: &NationalSimulator, asked: &Asked, error: &ErrorRow) -> Answer {
        match self {
            System::Population => population::fault(StatusCode::INTERNAL_SERVER_ERROR, error, ""),
            System::CivilStatus | System::BirthDeath => civil_status::refused(error),
            System::JudicialRecords => judicial::refused(error),
            System::SocialInsurance => insurance::refused(simulator, asked, error),
            System::Enterprises => enterprises::refused(&error.text),
            System::ServicePortal => portal::refused(error),
            System::Payment => payment::refused(error),
            System::CodeLists => Answer::gateway(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

/// What callers left behind, and what a tester set.
#[derive(Default)]
struct State {
    faults: faults::Faults,
    requests: requests::Requests,
    kept: Kept,
}

/// What the systems themselves remember; emptied as one.
#[derive(Default)]
struct Kept {
    tokens: tokens::Tokens,
    code_lists: code_lists::Added,
    civil_status: civil_status::Register,
    judicial: judicial::Register,
    portal: portal_cases::Portal,
    payment: payment::Payments,
}

/// The simulator.
pub struct NationalSimulator {
    origin: String,
    ambient: Ambient,
    world: world::World,
    rows: &'static [Row],
    state: Mutex<State>,
    /// Wakes what hangs when rules go.
    changed: tokio::sync::Notify,
}

impl NationalSimulator {
    /// Whether it may run here.
    ///
    /// # Errors
    /// Outside demonstration and test, and on an address that other machines reach.
    pub fn may_run(environment: Environment, listen: SocketAddr) -> Result<()> {
        if environment == Environment::Production {
            bail!("the simulator of the national systems runs in demonstration and test environments only");
        }
        if !listen.ip().is_loopback() {
            bail!("the simulator of the national systems listens on loopback only, not on {listen}");
        }
        Ok(())
    }

    /// Prepares the simulator for this address, with the people of the demonstration city of this pack and scale.
    ///
    /// # Errors
    /// What [`NationalSimulator::may_run`] says.
    pub fn new(
        environment: Environment,
        listen: SocketAddr,
        ambient: Ambient,
        pack: Pack,
        scale: &Scale,
    ) -> Result<Arc<NationalSimulator>> {
        NationalSimulator::may_run(environment, listen)?;
        haidang_ui::texts::register(crate::TEXTS)?;
        Ok(Arc::new(NationalSimulator {
            origin: format!("http://{listen}"),
            ambient,
            world: world::World::new(pack, scale),
            rows: catalogue::rows()?,
            state: Mutex::default(),
            changed: tokio::sync::Notify::new(),
        }))
    }

    /// A token of the gateway, as `POST /token` gives one, for an hour; none when too many hold.
    pub fn token(&self) -> Option<String> {
        tokens::grant(self)
    }

    /// Where it is reached.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Serves until `shutdown` ends; what is under way then is cut off.
    ///
    /// # Errors
    /// When the listener is not the one it was made for.
    pub fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<impl Future<Output = ()> + Send + 'static> {
        if format!("http://{}", listener.local_addr()?) != self.origin {
            bail!("the simulator was made for {}", self.origin);
        }
        Ok(serving::run(self, listener, shutdown))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn row(&self, system: System) -> Option<&'static Row> {
        self.rows.iter().find(|row| row.id == system.id())
    }

    /// The error of a system by its code; every code named in this room is in the catalogue, which a test holds.
    fn error(&self, system: System, code: &str) -> ErrorRow {
        let found = self.row(system).and_then(|row| faults::error_of(row, code)).cloned();
        found.unwrap_or_else(|| ErrorRow {
            code: code.to_owned(),
            name: "UNKNOWN".to_owned(),
            text: code.to_owned(),
            documented: false,
        })
    }

    /// The system at an address.
    fn system_at(&self, path: &str) -> Option<System> {
        System::ALL.iter().copied().find(|system| {
            let bases = self.row(*system).map_or(&[][..], |row| row.base.as_slice());
            bases.iter().any(|base| {
                path.strip_prefix(base.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        })
    }
}
