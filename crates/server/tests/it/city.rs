//! A small city for each test: a pack, a fixed clock, a few residents, and officials who come into office when asked
//! for. Everybody has an API token.

use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use haidang_contracts::actor::{Actor, CaseId};
use haidang_contracts::identity::{Identity as _, PersonKind, PersonRecord};
use haidang_identity::bulk;
use haidang_identity::model::{PersonSeed, PositionSeed, TokenSeed};
use haidang_kernel::ambient::Ambient;
use haidang_kernel::id::Id;
use haidang_server::city::{City, Surroundings};
use haidang_server::config::{Config, Environment, Secret};
use haidang_server::demo::answers::Answerer;
use haidang_server::demo::dice::Dice;
use haidang_services::Services;
use haidang_services::cases::row::CaseRow;
use haidang_services::form;
use haidang_services::model::Channel;
use haidang_services::procedure::{Facts, Version};
use haidang_store::{Db, Options, Row, StoreError, Value, args};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Tuesday morning, a working day of both packs.
pub const MORNING: &str = "2026-03-03T09:00:00+07:00";

/// Where one test keeps its cities: a folder, and schemas of the PostgreSQL cluster.
#[derive(Clone)]
pub struct Place {
    folder: Arc<tempfile::TempDir>,
    cluster: Option<String>,
    made: Arc<Mutex<Vec<String>>>,
}

impl Place {
    fn new(cluster: Option<String>) -> Self {
        Self { folder: Arc::new(tempfile::tempdir().unwrap()), cluster, made: Arc::default() }
    }

    /// A folder of this test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Address of a new, empty database of the kind under test.
    pub fn database(&self, name: &str) -> String {
        match &self.cluster {
            None => format!("sqlite:{}", self.folder().join(format!("{name}.db")).display()),
            Some(cluster) => {
                let schema = format!("it_{}", Ambient::system().token());
                self.made.lock().unwrap().push(schema.clone());
                format!("{cluster}?schema={schema}")
            }
        }
    }

    /// Configuration of a city of this pack with a store of this name.
    pub fn config(&self, pack: &str, name: &str) -> Config {
        let mut config = Config::default();
        config.city.pack = pack_folder(pack);
        config.city.environment = Environment::Test;
        config.store.folder = self.folder().join(name);
        std::fs::create_dir_all(&config.store.folder).unwrap();
        config.store.database = Secret::new(self.database(name));
        config
    }

    async fn remove(&self) {
        let made = self.made.lock().unwrap().clone();
        if let Some(cluster) = &self.cluster {
            let db = Db::open(cluster, Options::default()).await.unwrap();
            for schema in made {
                db.drop_schema(&schema).await.unwrap();
            }
            db.close().await;
        }
    }
}

/// The folder of a pack of this repository.
pub fn pack_folder(pack: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(pack)
}

/// Runs a body with a stack and a runtime of its own: futures of a whole city are deep in an unoptimised build.
fn run<F: Future<Output = ()> + Send + 'static>(body: impl FnOnce() -> F + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(move || {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).thread_stack_size(32 << 20).enable_all().build().unwrap();
        runtime.block_on(body());
    });
    if let Err(panic) = thread.unwrap().join() {
        std::panic::resume_unwind(panic);
    }
}

/// Runs a body on SQLite.
pub fn on_sqlite<F: Future<Output = ()> + Send + 'static>(body: fn(Place) -> F) {
    run(move || body(Place::new(None)));
}

/// Runs a body on PostgreSQL, or says that there is none.
pub fn on_postgres<F: Future<Output = ()> + Send + 'static>(body: fn(Place) -> F) {
    let Ok(cluster) = std::env::var(haidang_testkit::POSTGRES_VARIABLE) else {
        println!("postgres: absent");
        return;
    };
    run(move || async move {
        let place = Place::new(Some(cluster));
        body(place.clone()).await;
        place.remove().await;
    });
}

/// One body as two counted tests, `name::sqlite` and `name::postgres`.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($place:ident: $kind:ty) $body:block)+) => {
        $(
            $(#[$meta])*
            mod $name {
                #[allow(unused_imports)]
                use super::*;

                async fn body($place: $kind) $body

                #[test]
                fn sqlite() {
                    $crate::city::on_sqlite(body);
                }

                #[test]
                fn postgres() {
                    $crate::city::on_postgres(body);
                }
            }
        )+
    };
}

/// Somebody who acts, with the token they act with.
#[derive(Debug, Clone)]
pub struct Persona {
    /// The record.
    pub person: PersonRecord,
    /// API token.
    pub token: String,
    /// Agency of the post; `None` for residents.
    pub agency: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Got {
    /// Status.
    pub status: u16,
    /// `Location`.
    pub location: String,
    /// Body.
    pub bytes: Vec<u8>,
}

impl Got {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.bytes).unwrap_or(Json::Null)
    }

    /// The stable code of a problem.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The JSON of an answer that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16, what: &str) -> Json {
        assert_eq!(self.status, status, "{what}: {}", self.text());
        self.json()
    }

    /// A refusal with this status and this code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str, what: &str) {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{what}: {}", self.text());
    }
}

/// A case as the API named it.
#[derive(Debug, Clone)]
pub struct Filed {
    /// Opaque id.
    pub id: String,
    /// Official number.
    pub case_no: String,
    /// Secret of the receipt.
    pub lookup_token: String,
    /// Đồng due at intake.
    pub fee_due: i64,
}

/// A city under test.
pub struct Town {
    /// The city.
    pub city: City,
    /// Its clock.
    pub ambient: Ambient,
    people: Mutex<BTreeMap<String, Persona>>,
    serial: Mutex<u64>,
}

impl Town {
    /// Opens a city of the pack with its clock at this moment and two residents of its first commune.
    pub async fn open(place: &Place, pack: &str, at: &str) -> Town {
        Self::open_as(place.config(pack, "city"), at).await
    }

    /// Opens a configured city.
    pub async fn open_as(config: Config, at: &str) -> Town {
        Self::open_with(config, Ambient::fixed(at.parse().unwrap(), 7)).await
    }

    /// Opens a city of the pack that has no authorities of its own, and so no certificates.
    pub async fn open_without_authorities(place: &Place, pack: &str, at: &str) -> Town {
        let ambient = Ambient::fixed(at.parse().unwrap(), 7);
        let surroundings = Surroundings { authorities: false, ..Surroundings::fixed(ambient.clone()) };
        let city = City::open(place.config(pack, "city"), surroundings).await.unwrap();
        let town = Town { city, ambient, people: Mutex::default(), serial: Mutex::default() };
        town.settle_residents().await;
        town
    }

    /// Opens a configured city with this clock.
    pub async fn open_with(config: Config, ambient: Ambient) -> Town {
        let town = Self::reopen_with(config, ambient).await;
        town.settle_residents().await;
        town
    }

    async fn settle_residents(&self) {
        let home = self.communes().first().unwrap().0.clone();
        for (name, full_name) in [("owner", "Nguyễn Thị Ví Dụ"), ("other", "Trần Thị Minh Họa")] {
            self.settle(name, self.resident(full_name, &home), None).await;
        }
    }

    /// Opens a city that is there, without settling anybody.
    pub async fn reopen(config: Config, at: &str) -> Town {
        Self::reopen_with(config, Ambient::fixed(at.parse().unwrap(), 7)).await
    }

    async fn reopen_with(config: Config, ambient: Ambient) -> Town {
        let city = City::open(config, Surroundings::fixed(ambient.clone())).await.unwrap();
        Town { city, ambient, people: Mutex::default(), serial: Mutex::default() }
    }

    /// The room of cases.
    pub fn services(&self) -> &Arc<Services> {
        &self.city.rooms.services
    }

    /// Communes of the day on the clock: (commune code, agency code).
    pub fn communes(&self) -> Vec<(String, String)> {
        let today = self.ambient.today().to_string();
        let works = |from: &Option<String>, to: &Option<String>| {
            from.as_ref().is_none_or(|day| *day <= today) && to.as_ref().is_none_or(|day| *day >= today)
        };
        let agencies = self.city.pack.agencies().unwrap().into_iter().map(|seed| seed.agency);
        let mut communes: Vec<(String, String)> = agencies
            .filter(|agency| agency.kind == "commune" && works(&agency.valid_from, &agency.valid_to))
            .filter_map(|agency| Some((agency.commune_code?, agency.code)))
            .collect();
        communes.sort();
        communes
    }

    /// A resident born in 1995 whose number is that of the province and of no one else.
    pub fn resident(&self, full_name: &str, commune: &str) -> PersonRecord {
        let serial = {
            let mut serial = self.serial.lock().unwrap();
            *serial += 1;
            *serial
        };
        PersonRecord {
            id: self.ambient.new_id(),
            kind: PersonKind::Person,
            full_name: full_name.to_owned(),
            citizen_no: Some(format!("0{}195{serial:06}", self.city.pack.city.province_code)),
            tax_no: None,
            birth_date: Some("1995-05-01".to_owned()),
            sex: Some("female".to_owned()),
            ethnicity: self.services().codes.all("ethnic_groups").first().map(|code| code.code.clone()),
            nationality: Some("VN".to_owned()),
            commune_code: Some(commune.to_owned()),
            address: Some("Số 1 đường Ví Dụ".to_owned()),
            phone: Some(format!("0912{serial:06}")),
            email: None,
        }
    }

    /// Puts somebody into the records, with a post when one is given as (role, agency).
    pub async fn settle(&self, name: &str, person: PersonRecord, post: Option<(&str, &str)>) -> Persona {
        let token = format!("hd_{}", self.ambient.secret());
        let persona = Persona { token, agency: post.map(|(_, agency)| agency.to_owned()), person };
        let positions: Vec<PositionSeed> = post
            .iter()
            .map(|(role, agency)| PositionSeed {
                person: persona.person.id.clone(),
                agency: (*agency).to_owned(),
                role: (*role).to_owned(),
                title: self.city.pack.roles.get(role).map_or_else(|| (*role).to_owned(), |role| role.title.vi.clone()),
                valid_from: "2020-01-01".to_owned(),
                valid_to: None,
            })
            .collect();
        let token = TokenSeed {
            person: persona.person.id.clone(),
            name: name.to_owned(),
            token: persona.token.clone(),
            agency: None,
            capabilities: Vec::new(),
        };
        let person = PersonSeed { person: persona.person.clone(), account_level: 2 };
        let seeds = Arc::new((person, positions, token));
        self.city
            .db
            .transaction(move |tx| {
                let seeds = seeds.clone();
                Box::pin(async move {
                    bulk::insert_persons(tx, std::slice::from_ref(&seeds.0)).await?;
                    bulk::insert_positions(tx, &seeds.1).await?;
                    bulk::insert_tokens(tx, std::slice::from_ref(&seeds.2)).await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .unwrap();
        self.people.lock().unwrap().insert(name.to_owned(), persona.clone());
        persona
    }

    /// Somebody who was settled under this name.
    pub fn person(&self, name: &str) -> Persona {
        self.people.lock().unwrap().get(name).cloned().unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    /// The holder of a role at an agency, who comes into office when first asked for.
    pub async fn post(&self, role: &str, agency: &str) -> Persona {
        assert!(self.city.pack.roles.get(role).is_some(), "the pack has no role {role}");
        let name = format!("{role}@{agency}");
        let known = self.people.lock().unwrap().get(&name).cloned();
        match known {
            Some(persona) => persona,
            None => {
                let person = self.resident("Lê Thị Cán Bộ", "00000");
                self.settle(&name, person, Some((role, agency))).await
            }
        }
    }

    /// The holder of a role that one agency of the city alone has.
    pub async fn city_post(&self, role: &str) -> Persona {
        let agencies = self.city.pack.roles.get(role).unwrap().agencies.clone();
        let agency = agencies.iter().find(|name| name.contains('.')).expect("a role held at an agency by code");
        self.post(role, agency).await
    }

    /// The actor behind a persona, with a second factor just shown.
    pub async fn actor(&self, persona: &Persona) -> Actor {
        let mut actor = self.city.identity.actor(&persona.person.id, None).await.unwrap().unwrap();
        actor.second_factor_at = Some(self.ambient.now());
        actor
    }

    /// One request to the router.
    pub async fn send(&self, request: Request<Body>) -> Got {
        let response = self.city.served.call(request).await;
        let status = response.status().as_u16();
        let location = response.headers().get(header::LOCATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let location = location.to_owned();
        let bytes = to_bytes(response.into_body(), 16 << 20).await.unwrap().to_vec();
        Got { status, location, bytes }
    }

    /// Asks the API as somebody; a body makes the request one of JSON.
    pub async fn ask(&self, who: Option<&Persona>, method: &str, path: &str, body: Option<Json>) -> Got {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
        if let Some(persona) = who {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", persona.token));
        }
        let body = match body {
            Some(json) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(json.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    /// Attaches a small picture to a draft.
    pub async fn attach(&self, who: &Persona, draft: &str, component: &str) -> Got {
        let path = format!("/api/v1/drafts/{draft}/documents");
        self.upload(Some(who), &path, (component, "giay-to.png", "image/png"), crate::paper::PICTURE).await
    }

    /// Sends one file: (field, name, media type).
    pub async fn upload(&self, who: Option<&Persona>, path: &str, named: (&str, &str, &str), bytes: &[u8]) -> Got {
        const EDGE: &str = "edge-of-a-part";
        let (field, name, media) = named;
        let head = format!(
            "--{EDGE}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: {media}\r\n\r\n"
        );
        let body = [head.as_bytes(), bytes, format!("\r\n--{EDGE}--\r\n").as_bytes()].concat();
        let mut request = Request::builder()
            .method("POST")
            .uri(path)
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={EDGE}"));
        if let Some(persona) = who {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", persona.token));
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// The version in force today.
    pub fn version(&self, procedure: &str) -> Arc<Version> {
        self.services().catalogue().in_force(procedure, self.ambient.today()).expect("a procedure in force")
    }

    /// Right answers for a version, the first of a seeded series that also pleases the caller.
    pub fn answers(
        &self,
        version: &Version,
        channel: Channel,
        owner: &PersonRecord,
        pleases: impl Fn(&Facts) -> bool,
    ) -> Facts {
        let codes = self.services().codes.clone();
        let mut why = Vec::new();
        for seed in 0..400 {
            let dice = Dice::new(Ambient::fixed(self.ambient.now(), seed));
            let mut facts = Facts::new(channel, self.ambient.today());
            let province = &self.city.pack.city.province_code;
            Answerer { dice: &dice, codes: &codes, province, on: self.ambient.today(), owner }
                .fill(version, &mut facts);
            let wrong = |facts: &Facts| -> Vec<String> {
                let errors = form::validate_all(version, facts, &codes);
                errors.into_iter().filter(|error| !error.warning).map(|error| error.field).collect()
            };
            // What is left are days that must lie ahead, such as the first day of a permit.
            for field in wrong(&facts) {
                let field = field.split('.').next().unwrap_or_default().to_owned();
                if version.form.field(&field).is_some_and(|field| field.widget == form::Widget::Date) {
                    let ahead = self.ambient.today().saturating_add(jiff::Span::new().days(20));
                    facts.form[&field] = json!(ahead.to_string());
                }
            }
            why = wrong(&facts);
            if why.is_empty() && pleases(&facts) {
                return facts;
            }
        }
        panic!("no answers please for {}; at last these were wrong: {why:?}", version.id);
    }

    /// A draft of the owner with every answer and every required paper, ready to be submitted.
    pub async fn draft(&self, who: &Persona, version: &Version, facts: &Facts) -> String {
        self.draft_from(who, version, facts, json!({})).await
    }

    /// The same at the counter: the clerk types for the person in front of them.
    pub async fn counter_draft(&self, clerk: &Persona, owner: &Persona, version: &Version, facts: &Facts) -> String {
        let counter = json!({ "owner": owner.person.id, "agency": clerk.agency });
        self.draft_from(clerk, version, facts, counter).await
    }

    async fn draft_from(&self, who: &Persona, version: &Version, facts: &Facts, mut start: Json) -> String {
        start["procedure"] = json!(version.procedure.code);
        start["channel"] = json!(facts.channel);
        let draft = self.ask(Some(who), "POST", "/api/v1/drafts", Some(start)).await.expect(201, "start");
        let draft = draft["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/drafts/{draft}");
        let answers = json!({ "answers": facts.form });
        let kept = self.ask(Some(who), "PATCH", &path, Some(answers)).await.expect(200, "answers");
        assert_eq!(kept["errors"], json!([]), "answers of {}", version.id);
        for component in kept["missing"].as_array().unwrap() {
            self.attach(who, &draft, component.as_str().unwrap()).await.expect(201, "paper");
        }
        draft
    }

    /// Submits a draft.
    pub async fn submit(&self, who: &Persona, draft: &str) -> Filed {
        let path = format!("/api/v1/drafts/{draft}/submit");
        let receipt = self.ask(Some(who), "POST", &path, None).await.expect(201, "submission");
        let text = |key: &str| receipt[key].as_str().unwrap_or_default().to_owned();
        Filed {
            id: text("case_id"),
            case_no: text("case_no"),
            lookup_token: text("lookup_token"),
            fee_due: receipt["fee_due"].as_i64().unwrap(),
        }
    }

    /// Files a case whose answers please, from draft to receipt.
    pub async fn file(&self, who: &Persona, procedure: &str, pleases: impl Fn(&Facts) -> bool) -> Filed {
        let version = self.version(procedure);
        let facts = self.answers(&version, Channel::Online, &who.person, pleases);
        let draft = self.draft(who, &version, &facts).await;
        self.submit(who, &draft).await
    }

    /// A case as stored.
    pub async fn case(&self, id: &str) -> CaseRow {
        self.services().case(&case_id(id)).await.unwrap()
    }

    /// Whoever holds the post of the step on which a case stands.
    pub async fn holder(&self, id: &str) -> Persona {
        let case = self.case(id).await;
        let version = self.services().version(&case.version_id).unwrap();
        let step = version.step(&case.step).unwrap();
        let agency = haidang_services::cases::route::agency_of(&version, step, &case).to_owned();
        self.post(&step.role, &agency).await
    }

    /// One action through the API.
    pub async fn act(&self, who: &Persona, case: &str, action: &str, body: Json) -> Got {
        self.ask(Some(who), "POST", &format!("/api/v1/cases/{case}/actions/{action}"), Some(body)).await
    }

    /// Actions one after another, each by the holder of the open step.
    pub async fn walk(&self, case: &str, actions: &[&str]) {
        for action in actions {
            let holder = self.holder(case).await;
            let body =
                json!({ "reason": "Lý do minh họa", "items": [{ "component": null, "what": "Chụp lại bản rõ hơn" }] });
            self.act(&holder, case, action, body).await.expect(200, action);
            self.later("PT4M");
        }
    }

    /// Takes what is due at the counter.
    pub async fn collect(&self, case: &str) -> Got {
        let row = self.case(case).await;
        let version = self.services().version(&row.version_id).unwrap();
        let role = version.first_step().unwrap().role.clone();
        let clerk = self.post(&role, &row.receiving_agency).await;
        self.ask(Some(&clerk), "POST", &format!("/api/v1/cases/{case}/counter-payments"), None).await
    }

    /// The clock goes on by an ISO 8601 span of time.
    pub fn later(&self, span: &str) {
        self.ambient.advance(span.parse().unwrap());
    }

    /// The clock is put to a moment.
    pub fn at(&self, moment: Timestamp) {
        self.ambient.set(moment);
    }

    /// Rows of a query.
    pub async fn rows(&self, statement: &'static str, values: Vec<Value>) -> Vec<Row> {
        self.city.db.fetch_all(statement, values).await.unwrap()
    }

    /// Numbers of the forms issued with a case, in order.
    pub async fn forms(&self, case: &str) -> Vec<String> {
        let statement = "SELECT form_no FROM services_form WHERE case_id = $1 ORDER BY seq";
        self.rows(statement, args![case]).await.iter().map(|row| row.text("form_no").unwrap()).collect()
    }

    /// What was done to a case, in order.
    pub async fn events(&self, case: &str) -> Vec<String> {
        let statement = "SELECT action FROM services_case_event WHERE case_id = $1 ORDER BY seq";
        self.rows(statement, args![case]).await.iter().map(|row| row.text("action").unwrap()).collect()
    }

    /// The whole trail proves itself.
    pub async fn prove(&self) {
        self.city.run_due().await.unwrap();
        let report = haidang_store::verify(&self.city.db, None).await.unwrap();
        assert!(report.is_good(), "{:?}", report.findings);
        assert!(report.sealed > 0 && report.unsealed == 0, "{report:?}");
    }
}

/// The id of a case from its text.
pub fn case_id(text: &str) -> CaseId {
    Id::parse(text).unwrap()
}
