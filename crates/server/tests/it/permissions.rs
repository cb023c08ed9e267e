//! The permission table, row by row and persona by persona, asked through the real router.

use crate::city::{Got, MORNING, Persona, Place, Town};
use axum::body::Body;
use axum::http::{Request, header};
use haidang_contracts::identity::PersonKind;
use haidang_identity::bulk;
use haidang_identity::model::{PersonSeed, TokenSeed};
use haidang_services::model::Channel;
use haidang_services::procedure::Competence;
use haidang_store::{StoreError, args};
use haidang_web::{Allow, Row, Surface};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Rows that this walk leaves out, each with its reason: `id: reason`.
const UNCOVERED: &str = include_str!("../uncovered.txt");

/// Tables whose rows count; sessions, the access log and the chain grow with every look.
const TABLES: &[&str] = &[
    "services_draft",
    "services_case",
    "services_case_event",
    "services_case_pause",
    "services_task",
    "services_escalation",
    "services_consultation",
    "services_supplement",
    "services_document",
    "services_fee_item",
    "services_payment",
    "services_form",
    "services_result",
    "services_rating",
    "services_number",
    "services_date_difference",
    "vault_item",
    "vault_emergency",
    "vault_access_question",
    "identity_person",
    "identity_position",
    "identity_token",
    "identity_relation",
    "identity_client",
    "identity_client_grant",
    "identity_code",
    "identity_issued_token",
    "identity_refresh_token",
    "identity_device_grant",
    "identity_token_family",
    "identity_registration_token",
    "identity_signing_key",
    "identity_credential",
    "identity_passkey",
    "identity_enrolment",
    "identity_recovery_code",
    "identity_recovery",
    "identity_notice",
    "identity_delegation",
    "identity_directory_group",
    "identity_upstream_account",
    "identity_upstream_link",
    "identity_mandate",
    "identity_consent",
    "trust_authority",
    "trust_certificate",
    "trust_stamp",
    "server_payment",
    "portal_line",
    "portal_message",
    "portal_comparison",
    "portal_difference",
    "server_shared_result",
];

/// Somebody who tries every door.
pub struct Caller {
    name: &'static str,
    persona: Option<Persona>,
    cookie: Option<String>,
    pub csrf: String,
    /// What the posts allow, in words of the pack.
    capabilities: BTreeSet<String>,
    resident: bool,
    official: bool,
    system: bool,
    locked: bool,
}

impl Caller {
    /// Whether the row is meant for this caller, read from the row alone.
    fn may(&self, row: &Row) -> bool {
        let someone = self.persona.is_some() && !self.locked;
        match row.allow.expect("every row says who may ask") {
            Allow::Anyone => true,
            // A system has no browser, so a page never sees one.
            _ if self.system && row.surface != Surface::Api => false,
            Allow::SignedIn => someone,
            Allow::Resident => someone && self.resident,
            Allow::Official => someone && self.official,
            Allow::Capability(one) => someone && self.capabilities.contains(one),
            Allow::AnyCapability(any) => someone && any.iter().any(|one| self.capabilities.contains(*one)),
            Allow::System => someone && self.system,
        }
    }

    /// Whether anybody stands behind the request at this door.
    fn is_known(&self, row: &Row) -> bool {
        self.persona.is_some() && !self.locked && !(self.system && row.surface != Surface::Api)
    }
}

async fn number(town: &Town, statement: &'static str) -> i64 {
    town.rows(statement, args![]).await[0].integer("n").unwrap()
}

/// How many rows every table holds, and how many changes the audit knows.
async fn counts(town: &Town, statements: &[&'static str]) -> Vec<i64> {
    let mut counts = Vec::new();
    for statement in statements {
        counts.push(number(town, statement).await);
    }
    counts
}

async fn session(town: &Town, persona: &Persona, official: bool) -> String {
    let token = format!("s{}{}", town.ambient.secret(), town.ambient.token());
    let now = town.ambient.now();
    let end = now.checked_add(jiff::SignedDuration::from_hours(12)).unwrap();
    let insert = "INSERT INTO web_session (id, person, assurance, second_factor_at, created_at, last_seen_at, idle_seconds, expires_at) VALUES ($1, $2, 2, $3, $4, $4, 43200, $5)";
    let values = args![haidang_web::tokens::digest(&token), &persona.person.id, official.then_some(now), now, end];
    town.city.db.execute(insert, values).await.unwrap();
    token
}

pub async fn caller(town: &Town, name: &'static str, persona: Persona, role: Option<&str>) -> Caller {
    let capabilities = role.map(|role| town.city.pack.roles.capabilities(role)).unwrap_or_default();
    let cookie = session(town, &persona, role.is_some()).await;
    let mut caller = Caller {
        name,
        persona: Some(persona),
        cookie: Some(cookie),
        csrf: String::new(),
        capabilities,
        resident: role.is_none(),
        official: role.is_some(),
        system: false,
        locked: false,
    };
    caller.csrf = csrf(town, &caller).await;
    caller
}

/// The hidden field of any page that this browser is shown.
async fn csrf(town: &Town, caller: &Caller) -> String {
    let page = browse(town, caller, "GET", "/vi/tai-khoan", "").await.text();
    let after = page.split("name=\"csrf\" value=\"").nth(1).unwrap_or_default();
    after.split('"').next().unwrap_or_default().to_owned()
}

pub async fn browse(town: &Town, caller: &Caller, method: &str, path: &str, body: &str) -> Got {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost")
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT_LANGUAGE, "vi");
    if let Some(cookie) = &caller.cookie {
        request = request.header(header::COOKIE, format!("hd_sid={cookie}"));
    }
    if method != "GET" {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    town.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

async fn knock(town: &Town, caller: &Caller, row: &Row, path: &str) -> Got {
    match row.surface {
        Surface::Api => {
            let body = row.is_unsafe().then(|| json!({}));
            town.ask(caller.persona.as_ref(), row.method.as_str(), path, body).await
        }
        Surface::Page | Surface::Plain | Surface::Protocol => {
            let prefix = if row.surface == Surface::Page { "/vi" } else { "" };
            let path = format!("{prefix}{}", if path == "/" && row.surface == Surface::Page { "" } else { path });
            let body = if row.is_unsafe() { format!("csrf={}", caller.csrf) } else { String::new() };
            browse(town, caller, row.method.as_str(), &path, &body).await
        }
    }
}

/// Fills `{keys}`; the missing key when one is unknown.
fn fill(address: &str, examples: &BTreeMap<&str, String>) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = address;
    while let Some((before, after)) = rest.split_once('{') {
        let (key, after) = after.split_once('}').unwrap();
        filled.push_str(before);
        filled.push_str(examples.get(key).ok_or(key)?);
        rest = after;
    }
    Ok(filled + rest)
}

/// Everybody who knocks: the commune of the case first, then the city's own posts, then those who may nothing.
async fn callers(town: &Town, home: &str, elsewhere: &str) -> Vec<Caller> {
    let mut callers = vec![Caller {
        name: "anonymous",
        persona: None,
        cookie: None,
        csrf: String::new(),
        capabilities: BTreeSet::new(),
        resident: false,
        official: false,
        system: false,
        locked: false,
    }];
    callers.push(caller(town, "owner", town.person("owner"), None).await);
    callers.push(caller(town, "other resident", town.person("other"), None).await);
    for (name, role, agency) in [
        ("clerk at the counter", "one_stop_officer", home),
        ("clerk of another unit", "one_stop_officer", elsewhere),
        ("specialist", "civil_status_officer", home),
        ("leader", "leader_commune", home),
        ("clerk who issues", "clerk", home),
        ("head of the counter", "one_stop_head", home),
    ] {
        callers.push(caller(town, name, town.post(role, agency).await, Some(role)).await);
    }
    for role in ["coordinator", "supervisor", "auditor", "administrator"] {
        callers.push(caller(town, role, town.city_post(role).await, Some(role)).await);
    }
    let mut locked =
        caller(town, "locked account", town.post("social_officer", home).await, Some("social_officer")).await;
    let lock = "UPDATE identity_person SET locked = $2 WHERE id = $1";
    town.city.db.execute(lock, args![&locked.persona.as_ref().unwrap().person.id, true]).await.unwrap();
    locked.locked = true;
    callers.push(locked);
    callers.push(system(town, home).await);
    callers
}

async fn system(town: &Town, home: &str) -> Caller {
    let mut person = town.resident("Hệ thống thử", "00000");
    (person.kind, person.citizen_no, person.birth_date) = (PersonKind::System, None, None);
    let persona = Persona { token: format!("hd_{}", town.ambient.secret()), agency: Some(home.to_owned()), person };
    let token = TokenSeed {
        person: persona.person.id.clone(),
        name: "Hệ thống thử".to_owned(),
        token: persona.token.clone(),
        agency: Some(home.to_owned()),
        capabilities: vec!["case.read_unit".to_owned()],
    };
    let seed = PersonSeed { person: persona.person.clone(), account_level: 2 };
    town.city
        .db
        .transaction(move |tx| {
            let (seed, token) = (seed.clone(), token.clone());
            Box::pin(async move {
                bulk::insert_persons(tx, &[seed]).await?;
                bulk::insert_tokens(tx, &[token]).await?;
                Ok::<_, StoreError>(())
            })
        })
        .await
        .unwrap();
    Caller {
        name: "system",
        persona: Some(persona),
        cookie: None,
        csrf: String::new(),
        capabilities: BTreeSet::from(["case.read_unit".to_owned()]),
        resident: false,
        official: false,
        system: true,
        locked: false,
    }
}

/// Things of the owner in several states, by the keys that examples and paths name them with.
async fn examples(town: &Town) -> BTreeMap<&'static str, String> {
    let owner = town.person("owner");
    let version = town.version("1.001193");
    let home = owner.person.commune_code.clone().unwrap();
    let facts = town.answers(&version, Channel::Online, &owner.person, |facts| {
        facts.form["contact_delivery"] == "counter"
            && version.competence(facts) == Competence::Commune(home.clone())
            && version.fees(facts).iter().all(|fee| fee.amount.is_none_or(|amount| amount.dong() == 0))
            && version
                .components(facts)
                .iter()
                .any(|need| need.id == "birth_notice" && need.required && !need.presented)
    });
    let draft = town.draft(&owner, &version, &facts).await;
    let done = town.submit(&owner, &town.draft(&owner, &version, &facts).await).await;
    town.walk(&done.id, &["accept", "propose", "sign", "issue", "hand_over"]).await;
    let asked = town.submit(&owner, &town.draft(&owner, &version, &facts).await).await;
    town.walk(&asked.id, &["accept", "supplement"]).await;
    let work = town.submit(&owner, &town.draft(&owner, &version, &facts).await).await;
    town.walk(&work.id, &["accept"]).await;
    town.city.run_due().await.unwrap();

    let id = async |statement: &'static str, case: &str| {
        town.rows(statement, args![case]).await.first().map(|row| row.text("id").unwrap()).unwrap_or_default()
    };
    let result = town.services().results(&crate::city::case_id(&done.id)).await.unwrap().remove(0);
    let items = town.ask(Some(&owner), "GET", "/api/v1/vault/items", None).await.expect(200, "vault");
    let item = items["items"][0]["id"].as_str().unwrap().to_owned();
    let number = owner.person.citizen_no.clone().unwrap();
    let audit = town.city.db.accesses_of(&number, None, 1).await.unwrap().remove(0).audit_id;
    let form = id("SELECT id FROM services_form WHERE case_id = $1", &work.id).await;
    let task = id("SELECT id FROM services_task WHERE case_id = $1 AND closed_at IS NULL", &work.id).await;
    let document = id("SELECT id FROM services_document WHERE case_id = $1", &work.id).await;
    let nothing = town.ambient.new_id::<Town>().to_string();
    BTreeMap::from([
        ("procedure", "1.001193".to_owned()),
        ("idp", "vneid".to_owned()),
        ("code", "1.001193".to_owned()),
        ("draft", draft.clone()),
        ("draft_claims", draft),
        ("page", version.pages(&facts)[0].id.clone()),
        ("question", version.pages(&facts)[0].id.clone()),
        ("correction_page", version.pages(&facts)[0].id.clone()),
        ("component", "birth_notice".to_owned()),
        ("case", work.id.clone()),
        ("office_case", work.id.clone()),
        ("form_case", work.id.clone()),
        ("case_done", done.id.clone()),
        ("case_paid", work.id.clone()),
        ("case_supplement", asked.id.clone()),
        ("receipt_token", work.lookup_token.clone()),
        ("result_token", result.token.clone().unwrap()),
        ("result", result.id.to_string()),
        ("vault_item", item.clone()),
        ("item", item),
        ("audit", audit),
        ("form", form),
        ("task", task),
        ("document", document),
        ("person", owner.person.id.to_string()),
        ("agency", town.communes()[0].1.clone()),
        ("consultation", nothing.clone()),
        ("action", "apologise".to_owned()),
        ("number", "1".to_owned()),
        ("token", nothing.clone()),
        ("session", nothing.clone()),
        ("passkey", nothing.clone()),
        ("account", nothing.clone()),
        ("reference", nothing.clone()),
        ("arrival", nothing.clone()),
        ("copy", nothing.clone()),
        ("entry", nothing.clone()),
        ("file", nothing.clone()),
        ("id", nothing.clone()),
        ("meeting", nothing.clone()),
        ("office_delegation", nothing.clone()),
        ("office_document", nothing.clone()),
        ("arrival_new", nothing.clone()),
        ("arrival_registered", nothing.clone()),
        ("arrival_submitted", nothing.clone()),
        ("arrival_given", nothing.clone()),
        ("arrival_done", nothing.clone()),
        ("office_document_to_sign", nothing.clone()),
        ("office_file", nothing.clone()),
        ("office_meeting_held", nothing.clone()),
        ("office_vote", nothing.clone()),
        ("office_mandate", nothing.clone()),
        ("office_register_entry", nothing.clone()),
        ("office_register", nothing.clone()),
        ("paper", nothing.clone()),
        ("place", nothing.clone()),
        ("register", nothing.clone()),
        ("routing", nothing.clone()),
        ("scan", nothing.clone()),
        ("vote", nothing.clone()),
        ("office_task", nothing.clone()),
        ("validation", nothing.clone()),
        ("act", "kich-hoat".to_owned()),
        ("office_meeting", nothing.clone()),
        ("sha256", "0".repeat(64)),
        ("webhook", nothing.clone()),
        ("portal_message", nothing.clone()),
        ("shared_result", nothing.clone()),
        ("comparison", nothing.clone()),
        ("authorization", nothing.clone()),
        ("client", nothing.clone()),
        ("key", nothing.clone()),
        ("device", nothing.clone()),
        ("post", nothing.clone()),
        ("delegation", nothing.clone()),
        ("scim", nothing.clone()),
        ("*scim", nothing.clone()),
        ("mandate", nothing.clone()),
        ("purpose", "vault_reuse".to_owned()),
        ("complaint", nothing.clone()),
        ("emergency", nothing.clone()),
        ("payment_reference", nothing),
    ])
}

/// The same keys, but ids of nothing: what an allowed caller may send without changing the city under the others.
fn of_nothing(town: &Town, examples: &BTreeMap<&'static str, String>) -> BTreeMap<&'static str, String> {
    let opaque = |value: &str| value.len() == 36 && value.matches('-').count() == 4;
    let nothing = town.ambient.new_id::<Town>().to_string();
    examples.iter().map(|(key, value)| (*key, if opaque(value) { nothing.clone() } else { value.clone() })).collect()
}

/// One caller at one door: the status class must be the one the row promises.
async fn check(town: &Town, caller: &Caller, row: &Row, path: &str) -> Vec<String> {
    let refused_before = number(town, REFUSALS).await;
    let got = knock(town, caller, row, path).await;
    let noted = number(town, REFUSALS).await - refused_before;
    let mut faults = Vec::new();
    let mut fault = |what: &str| {
        let text: String = got.text().chars().take(160).collect();
        faults.push(format!(
            "{} {} as {}: {what}, got {} {} {text}",
            row.method, path, caller.name, got.status, got.location
        ));
    };
    if got.status >= 500 {
        fault("a failure of the house");
    }
    let to_sign_in = got.status == 303 && got.location.contains("/dang-nhap");
    if caller.locked && row.surface == Surface::Api {
        if got.status != 401 {
            fault("the token of a locked account is no token");
        }
    } else if caller.may(row) {
        if row.allow != Some(Allow::Anyone) && (got.status == 401 || to_sign_in) {
            fault("sent to sign in although signed in");
        }
        if noted != 0 {
            fault("refused at the door although the row allows it");
        }
    } else if !caller.is_known(row) {
        let asked =
            if matches!(row.surface, Surface::Api | Surface::Protocol) { got.status == 401 } else { to_sign_in };
        if !asked {
            fault("not asked to sign in");
        }
    } else if got.status != 403 || noted != 1 {
        fault("not refused with 403 and one line in the log");
    }
    faults
}

const REFUSALS: &str = "SELECT CAST(count(*) AS BIGINT) AS n FROM store_audit WHERE action = 'access.refused'";
const CHANGES: &str = "SELECT CAST(count(*) AS BIGINT) AS n FROM store_audit WHERE kind = 'mutation'";

on_both! {
    async fn every_door_opens_to_whom_its_row_says_and_to_nobody_else(place: Place) {
        let mut config = place.config("haiphong", "city");
        // Nobody answers there: the walk asks the city alone, and the doors to the upstreams are among its rows.
        config.federation.simulator = "http://127.0.0.1:1".to_owned();
        let town = Town::open_as(config, MORNING).await;
        assert!(town.city.served.rows().iter().any(|row| row.id == "begin_federated_sign_in"));
        let (home, elsewhere) = (town.communes()[0].1.clone(), town.communes()[1].1.clone());
        let examples = examples(&town).await;
        let callers = callers(&town, &home, &elsewhere).await;
        let mut statements: Vec<&'static str> = vec![CHANGES];
        for table in TABLES {
            statements.push(Box::leak(format!("SELECT CAST(count(*) AS BIGINT) AS n FROM {table}").into_boxed_str()));
        }
        let left_out: BTreeMap<&str, &str> =
            UNCOVERED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| line.split_once(": ").unwrap()).collect();
        let rows = town.city.served.rows().to_vec();
        let mut faults = Vec::new();
        for row in &rows {
            assert!(row.allow.is_some(), "{} says nobody", row.id);
            if row.is_unsafe() {
                assert!(row.audit.is_some() || row.no_mutation.is_some(), "{} leaves no trace and no reason", row.id);
            }
            let path = match fill(row.example.unwrap_or(row.path), &examples) {
                Ok(path) => path,
                Err(key) => {
                    faults.push(format!("{}: no example for {{{key}}}", row.id));
                    continue;
                }
            };
            let before = counts(&town, &statements).await;
            for caller in callers.iter().filter(|caller| !caller.may(row)) {
                faults.extend(check(&town, caller, row, &path).await);
            }
            if counts(&town, &statements).await != before {
                faults.push(format!("{} {}: a refusal changed something", row.method, row.path));
            }
            if left_out.contains_key(row.id) {
                continue;
            }
            let harmless = if row.is_unsafe() { fill(row.path, &of_nothing(&town, &examples)).unwrap() } else { path.clone() };
            for caller in callers.iter().filter(|caller| caller.may(row)) {
                faults.extend(check(&town, caller, row, &harmless).await);
            }
        }
        for id in left_out.keys() {
            if !rows.iter().any(|row| row.id == *id) {
                faults.push(format!("uncovered.txt names {id}, which is no row"));
            }
        }
        assert!(faults.is_empty(), "{} faults of {} rows:\n{}", faults.len(), rows.len(), faults.join("\n"));
    }

    /// What is the owner's own does not exist for another resident or for an official of a unit that has nothing to
    /// do with it, read or written.
    async fn what_belongs_to_another_does_not_exist(place: Place) {
        let town = Town::open(&place, "haiphong", MORNING).await;
        let (home, elsewhere) = (town.communes()[0].1.clone(), town.communes()[1].1.clone());
        let examples = examples(&town).await;
        let callers = callers(&town, &home, &elsewhere).await;
        let strangers: Vec<&Caller> =
            callers.iter().filter(|caller| ["other resident", "clerk of another unit"].contains(&caller.name)).collect();
        let own = ["{case}", "{draft}", "{item}", "{form}", "{result}", "{document}"];
        let mut faults = Vec::new();
        let mut asked = 0;
        let mut statements: Vec<&'static str> = vec![CHANGES];
        for table in TABLES {
            statements.push(Box::leak(format!("SELECT CAST(count(*) AS BIGINT) AS n FROM {table}").into_boxed_str()));
        }
        let before = counts(&town, &statements).await;
        for row in town.city.served.rows().iter().filter(|row| own.iter().any(|key| row.path.contains(key))) {
            let Ok(path) = fill(row.example.unwrap_or(row.path), &examples) else { continue };
            for caller in strangers.iter().filter(|caller| caller.may(row)) {
                let got = knock(&town, caller, row, &path).await;
                asked += 1;
                let hidden = if row.is_unsafe() { matches!(got.status, 403 | 404 | 415 | 422 | 400) } else { got.status == 404 };
                if !hidden {
                    faults.push(format!("{} {} as {}: {} {}", row.method, path, caller.name, got.status, got.location));
                }
            }
        }
        assert!(asked > 40, "{asked} doors tried");
        assert_eq!(counts(&town, &statements).await, before, "a stranger changed something");
        assert!(faults.is_empty(), "{} faults of {asked}:\n{}", faults.len(), faults.join("\n"));
    }
}
