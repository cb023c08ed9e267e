//! The demonstration city: deterministic from seed, scale and date. The same three give the same bytes.
//!
//! Order: people (`people`), two years of cases as they would have gone (`history`, pure; `write` puts them into the
//! database in the order of time), then those with a part to play, walked through the real rooms (`personas`).

pub mod answers;
pub mod dice;
mod history;
mod names;
mod office;
pub(crate) mod people;
mod personas;
mod systems;
mod trust;
mod write;

use crate::city::{City, Surroundings};
use crate::config::Config;
use crate::simulators::eid;
use anyhow::{Context as _, Result};
use dice::Dice;
use haidang_identity::bulk;
use haidang_identity::model::{CredentialSeed, TokenSeed};
use haidang_identity::password::PasswordHasher;
use haidang_kernel::ambient::Ambient;
use haidang_kernel::time;
use haidang_services::procedure::pack::Pack;
use haidang_store::{ActorRef, AuditEntry, Sealer, StoreError};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use people::{Maker, Official, People};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Scale, date and seed of a demonstration city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scale {
    /// Number of residents.
    pub residents: usize,
    /// Months of history.
    pub months: i32,
    /// The day the city is shown.
    pub as_of: Date,
    /// Seed of all chance.
    pub seed: u64,
}

/// What scripts and judges need to act as anyone; written to `demo.json` in the store's folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// The three that made it, and the scale.
    pub scale: Scale,
    /// Address the city is served at, once it is.
    pub address: String,
    /// Address of the simulated national e-identity at which residents sign in, once it is served.
    #[serde(default)]
    pub simulator: String,
    /// Address of the simulated national systems that the city's data exchange asks, once they are served.
    #[serde(default)]
    pub national: String,
    /// One account per role.
    pub accounts: Vec<Account>,
    /// Ids of a few things in each state, by key.
    pub examples: BTreeMap<String, String>,
    /// How many rows the city began with.
    pub counts: BTreeMap<String, usize>,
}

/// An account of the demonstration.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// Role a script asks for, such as `resident`, `clerk`, `leader`.
    pub role: String,
    /// Name of the person.
    pub name: String,
    /// Account name of an official.
    pub username: Option<String>,
    /// Password of an official.
    pub password: Option<String>,
    /// Number a resident signs in with at the simulated e-identity.
    pub citizen_no: Option<String>,
    /// Agency of an official.
    pub agency: Option<String>,
    /// Role of the pack.
    pub post: Option<String>,
    /// API token.
    pub token: String,
}

/// Password of every demonstration account.
pub const PASSWORD: &str = "hai-dang-minh-hoa";

/// Accounts that are made, as (name a script asks for, role of the pack, whether at another commune than the case's).
/// What a pack does not know is left out.
const ACCOUNTS: &[(&str, &str, bool)] = &[
    ("one_stop_officer", "one_stop_officer", false),
    ("official", "civil_status_officer", false),
    ("specialist", "civil_status_officer", false),
    ("leader", "leader_commune", false),
    ("clerk", "clerk", false),
    ("head", "one_stop_head", false),
    ("other_one_stop_officer", "one_stop_officer", true),
    ("other_official", "civil_status_officer", true),
    ("coordinator", "coordinator", false),
    ("supervisor", "supervisor", false),
    ("auditor", "auditor", false),
    ("administrator", "administrator", false),
];

/// Builds the city of this scale in an empty store and writes `demo.json`.
///
/// # Errors
/// When the store is not empty, or what any part says.
pub async fn build(config: &Config, scale: &Scale) -> Result<Manifest> {
    let zone_morning = |day: Date| time::at(day.at(8, 0, 0, 0));
    let start_day = scale.as_of.checked_sub(jiff::Span::new().months(scale.months)).context("months")?;
    let ambient = Ambient::fixed(zone_morning(start_day), scale.seed);
    let surroundings = Surroundings { authorities: false, ..Surroundings::fixed(ambient.clone()) };
    let city = City::open(config.clone(), surroundings).await.context("opening the new city")?;
    let pack_folder = config.pack().context("no pack")?;
    let pack = tokio::task::spawn_blocking(move || Pack::load(&pack_folder)).await??;
    let dice = dice(scale);

    let mut maker = Maker::new(dice.clone(), ambient.clone(), &pack, scale.as_of);
    let people = maker.people(scale.residents);
    let accounts = accounts(&people, &ambient);
    settle(&city, &people, &accounts, start_day, scale.as_of).await.context("settling people")?;

    // History and leading parts end the afternoon before the day shown, so that nothing lies in its future; after
    // 15:00, so that what is promised for the same day is due on the next working day and not late at once.
    let until = time::at(scale.as_of.yesterday().context("as_of")?.at(15, 10, 0, 0));
    let clock = city.rooms.services.clock();
    let historian = history::Historian::new(dice.clone(), &pack, &clock, &people, until);
    let wanted = scale.residents * usize::try_from(scale.months).unwrap_or(0) * 125 / (100 * 24);
    let bar = bar("hồ sơ trong quá khứ / past cases", wanted);
    let cases = historian.cases(start_day, wanted, |done| bar.set_position(done as u64));
    bar.finish_and_clear();
    let prepared = write::prepare(&cases, &people, &clock, &ambient);
    let (count, writing) = (cases.len(), bar_of_rows());
    drop(cases);
    write::write(&city.db, &ambient, prepared, until, |done, total| {
        writing.set_length(total as u64);
        writing.set_position(done as u64);
    })
    .await
    .context("writing the history")?;
    writing.finish_and_clear();

    ambient.set(until);
    let procedure = leading_procedure(&city).context("no procedure of the pack can be walked")?;
    let mut stage =
        personas::Stage { city: &city, people: &people, dice, procedure: procedure.clone(), examples: BTreeMap::new() };
    stage.play().await.context("playing the leading parts")?;
    stage.trust().await.context("mandates, consents, complaints")?;
    stage.office().await.context("the office")?;
    stage.systems().await.context("systems that sign people in")?;
    let mut examples = stage.examples;
    examples.insert("procedure".to_owned(), procedure);
    city.run_due().await?;
    while Sealer::new(city.db.clone(), None).seal().await? > 0 {}
    if let Some(item) = first_vault_item(&city, &people).await? {
        examples.insert("vault_item".to_owned(), item);
    }
    let counts = BTreeMap::from([
        ("residents".to_owned(), people.residents.len()),
        ("businesses".to_owned(), people.businesses.len()),
        ("officials".to_owned(), people.officials.len()),
        ("cases".to_owned(), count + 7),
    ]);
    let (address, simulator, national) = (String::new(), String::new(), String::new());
    let manifest = Manifest { scale: scale.clone(), address, simulator, national, accounts, examples, counts };
    city.db.close().await;
    save(config, &manifest)?;
    Ok(manifest)
}

/// The chance by which people are made and what happens to them is drawn; only the seed counts.
fn dice(scale: &Scale) -> Dice {
    Dice::new(Ambient::fixed(time::at(scale.as_of.at(8, 0, 0, 0)), scale.seed.wrapping_add(1)))
}

/// The people of a demonstration city of this scale, with the numbers and names that [`build`] settles, but without a
/// store: national registers know them, too. Ids are of this call only.
pub(crate) fn inhabitants(scale: &Scale, pack: &Pack) -> People {
    let ambient = Ambient::fixed(time::at(scale.as_of.at(8, 0, 0, 0)), scale.seed);
    Maker::new(dice(scale), ambient, pack, scale.as_of).people(scale.residents)
}

async fn first_vault_item(city: &City, people: &People) -> Result<Option<String>> {
    let Some(resident) = people.residents.first() else { return Ok(None) };
    let items = city.rooms.vault.items(&resident.id, None, 1).await?;
    Ok(items.first().map(|row| row.item.id.clone()))
}

/// The first procedure of the pack's own order of life events that promises a date, may be filed online and lies
/// with a commune; birth registration in the first city.
fn leading_procedure(city: &City) -> Option<String> {
    let services = &city.rooms.services;
    let mut all = services.catalogue().all_current(services.ambient.today());
    all.sort_by(|a, b| a.procedure.code.cmp(&b.procedure.code));
    let fits = |v: &&Arc<haidang_services::procedure::Version>| {
        v.promises()
            && v.procedure.channels.contains(&haidang_services::model::Channel::Online)
            && v.procedure.result.is_some()
    };
    let birth = all.iter().filter(fits).find(|v| v.form.fields.iter().any(|f| f.key == "child_full_name"));
    birth.or_else(|| all.iter().find(fits)).map(|v| v.procedure.code.clone())
}

fn accounts(people: &People, ambient: &Ambient) -> Vec<Account> {
    let mut accounts = Vec::new();
    let token = || format!("hd_{}", ambient.secret());
    for (index, resident) in people.residents.iter().take(2).enumerate() {
        accounts.push(Account {
            role: if index == 0 { "resident" } else { "other_resident" }.to_owned(),
            name: resident.full_name.clone(),
            username: None,
            password: None,
            citizen_no: resident.citizen_no.clone(),
            agency: None,
            post: None,
            token: token(),
        });
    }
    let home = people.residents.first().and_then(|r| r.commune_code.clone()).unwrap_or_default();
    for (name, role, elsewhere) in ACCOUNTS {
        let at_home = |o: &&Official| o.agency.ends_with(&format!(".{home}"));
        let mut holders = people.officials.iter().filter(|o| o.role == *role);
        let found = if *elsewhere {
            holders.find(|o| !at_home(o))
        } else {
            holders.clone().find(at_home).or_else(|| holders.next())
        };
        let Some(official) = found else { continue };
        accounts.push(Account {
            role: (*name).to_owned(),
            name: official.person.full_name.clone(),
            username: Some(name.replace('_', "-")),
            password: Some(PASSWORD.to_owned()),
            citizen_no: None,
            agency: Some(official.agency.clone()),
            post: Some(official.role.clone()),
            token: token(),
        });
    }
    accounts
}

async fn settle(city: &City, people: &People, accounts: &[Account], from: Date, as_of: Date) -> Result<()> {
    let hash = PasswordHasher::cheap(city.ambient.clone())?.hash_now(PASSWORD)?;
    let person_of = |account: &Account| {
        let official = people.officials.iter().find(|o| {
            Some(&o.agency) == account.agency.as_ref()
                && Some(&o.role) == account.post.as_ref()
                && o.person.full_name == account.name
        });
        let resident = people.residents.iter().find(|r| r.citizen_no.is_some() && r.citizen_no == account.citizen_no);
        official.map(|o| o.person.id.clone()).or(resident.map(|r| r.id.clone()))
    };
    let mut taken: Vec<haidang_contracts::actor::PersonId> = Vec::new();
    let mut credentials = Vec::new();
    let mut tokens = Vec::new();
    for account in accounts {
        let Some(person) = person_of(account) else { continue };
        tokens.push(TokenSeed {
            person: person.clone(),
            name: format!("demo {}", account.role),
            token: account.token.clone(),
            agency: None,
            capabilities: Vec::new(),
        });
        if let Some(username) = account.username.clone().filter(|_| !taken.contains(&person)) {
            taken.push(person.clone());
            let secret: [u8; haidang_identity::one_time::SECRET_BYTES] = city.ambient.bytes();
            credentials.push(CredentialSeed {
                person,
                username,
                password_hash: hash.clone(),
                totp_secret: Some(secret),
            });
        }
    }
    let (fictional, bonds) = eid::personas::settled(as_of, &city.ambient);
    let everybody: Vec<_> =
        people.residents.iter().chain(&people.businesses).chain(people.officials.iter().map(|o| &o.person)).collect();
    let shared = Arc::new((
        people::person_seeds(everybody).into_iter().chain(fictional).collect::<Vec<_>>(),
        people::position_seeds(&people.officials, from),
        people.relations.iter().cloned().chain(bonds).collect::<Vec<_>>(),
        people.facts.clone(),
        credentials,
        tokens,
    ));
    city.db
        .transaction(move |tx| {
            let (shared, identity) = (shared.clone(), city.identity.clone());
            Box::pin(async move {
                let (persons, positions, relations, facts, credentials, tokens) = &*shared;
                bulk::insert_persons(tx, persons).await?;
                bulk::insert_positions(tx, positions).await?;
                bulk::insert_relations(tx, relations).await?;
                bulk::put_facts(tx, facts).await?;
                bulk::insert_credentials(tx, identity.sealer()?, credentials).await?;
                bulk::insert_tokens(tx, tokens).await?;
                let entry = AuditEntry::mutation("demo.settled", ActorRef::system())
                    .object("city", "demo")
                    .detail(json!({ "persons": persons.len(), "positions": positions.len() }));
                tx.audit(entry).await?;
                Ok::<_, StoreError>(())
            })
        })
        .await?;
    Ok(())
}

/// Reads `demo.json` of a store.
pub fn load(config: &Config) -> Option<Manifest> {
    let text = std::fs::read_to_string(config.store.folder.join("demo.json")).ok()?;
    serde_json::from_str(&text).ok()
}

/// Writes `demo.json` of a store.
///
/// # Errors
/// What the file system says.
pub fn save(config: &Config, manifest: &Manifest) -> Result<()> {
    let file = config.store.folder.join("demo.json");
    std::fs::write(&file, serde_json::to_string_pretty(manifest)?).with_context(|| file.display().to_string())
}

fn bar(what: &'static str, total: usize) -> ProgressBar {
    let bar = ProgressBar::new(total as u64).with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {human_pos} / {human_len} ({eta})") {
        bar.set_style(style);
    }
    bar
}

fn bar_of_rows() -> ProgressBar {
    bar("sự kiện và hồ sơ / events and cases", 0)
}

/// A filing that the API accepts in one call, for measuring: the leading procedure or, where papers must be attached,
/// the first of the pack that needs none.
///
/// # Errors
/// When the pack has no such procedure.
pub async fn sample_filing(city: &City, manifest: &Manifest) -> Result<(String, serde_json::Value)> {
    let number = manifest.accounts.iter().find_map(|account| account.citizen_no.clone()).context("no resident")?;
    let person = haidang_contracts::identity::Identity::person_by_number(&city.identity, &number)
        .await?
        .context("no such person")?;
    let services = &city.rooms.services;
    let day = services.ambient.today();
    let dice = Dice::new(Ambient::fixed(services.ambient.now(), 7));
    let mut all = services.catalogue().all_current(day);
    all.sort_by(|a, b| a.procedure.code.cmp(&b.procedure.code));
    for version in
        all.iter().filter(|v| v.promises() && v.procedure.channels.contains(&haidang_services::model::Channel::Online))
    {
        for _ in 0..8 {
            let mut facts = haidang_services::procedure::Facts::new(haidang_services::model::Channel::Online, day);
            answers::Answerer {
                dice: &dice,
                codes: &services.codes,
                province: &city.pack.city.province_code,
                on: day,
                owner: &person,
            }
            .fill(version, &mut facts);
            let review = services.review(version, &facts, &[]).map_err(|problem| anyhow::anyhow!("{problem}"))?;
            if review.errors.is_empty() && review.missing.is_empty() {
                return Ok((version.procedure.code.clone(), facts.form));
            }
        }
    }
    anyhow::bail!("no procedure of the pack can be filed without papers")
}
