//! A city to be measured, in a process of its own: registered clients, one official with a session, everything running
//! that runs in a served city.

use anyhow::{Context as _, Result};
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::{PersonKind, PersonRecord};
use haidang_identity::model::PersonSeed;
use haidang_identity::provider::{NewClient, ResourceServer, TokenFormat};
use haidang_identity::{NewAccount, bulk};
use haidang_kernel::ambient::Ambient;
use haidang_server::city::{City, Surroundings};
use haidang_server::config::{self, Config};
use haidang_store::ActorRef;
use haidang_web::session::{self, SignIn};
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;

use crate::figures::say;

/// Resource with signed tokens.
pub(crate) const API: &str = "urn:haidang:api:test";
/// Resource with opaque tokens.
pub(crate) const API_OPAQUE: &str = "urn:haidang:api:test-opaque";
pub(crate) const API_SCOPE: &str = "api:read";
/// The client that stands for itself.
pub(crate) const SERVICE: &str = "svc";
/// Account of the official who is signed in.
pub(crate) const OFFICIAL: &str = "can.bo.do";
pub(crate) const PASSWORD: &str = "bốn con voi đi qua cầu";

/// Production's costs, without limits for a single caller.
pub(crate) fn surroundings() -> Surroundings {
    Surroundings {
        ambient: Ambient::system(),
        unlimited: true,
        cheap_passwords: false,
        authorities: false,
        program: None,
    }
}

/// A test city in this folder, or in memory with its keys in this folder.
pub(crate) fn configure(folder: &Path, database: &str) -> Result<Config> {
    std::fs::create_dir_all(folder)?;
    let mut variables = vec![
        ("HAIDANG_STORE_FOLDER".to_owned(), folder.display().to_string()),
        ("HAIDANG_CITY_ENVIRONMENT".to_owned(), "test".to_owned()),
        ("HAIDANG_CITY_PACK".to_owned(), "packs/haiphong".to_owned()),
    ];
    if database == "memory" {
        variables.push(("HAIDANG_STORE_DATABASE".to_owned(), "sqlite::memory:".to_owned()));
    }
    Ok(config::load(None, variables)?)
}

/// An official who signs in with the password alone.
pub(crate) async fn add_official(city: &City, username: &str) -> Result<()> {
    let account = NewAccount {
        username: username.to_owned(),
        password: PASSWORD.to_owned(),
        full_name: "Trần Thị Đo".to_owned(),
        agency: "H24.S08".to_owned(),
        role: "administrator".to_owned(),
    };
    city.identity.add_account(&account, ActorRef::system()).await?;
    city.identity.remove_second_factor(username, ActorRef::system()).await?;
    Ok(())
}

async fn register(city: &City, clients: &Path) -> Result<Option<String>> {
    let provider = &city.provider;
    for (audience, format) in [(API, TokenFormat::Jwt), (API_OPAQUE, TokenFormat::Opaque)] {
        let (audience, scopes) = (audience.to_owned(), vec![API_SCOPE.to_owned()]);
        let server = ResourceServer { audience, scopes, format, access_seconds: 600, client: None };
        provider.put_resource(&server, ActorRef::system()).await?;
    }
    let mut secret = None;
    let list: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(clients)?)?;
    for client in &list {
        let made = provider.register(NewClient::from_json(client)?.for_officials(), ActorRef::system()).await?;
        provider.approve(&made.id, None, ActorRef::system()).await?;
        secret = made.secret.or(secret);
    }
    Ok(secret)
}

/// `serve FOLDER memory|file [CLIENTS]`: serves until standard input ends. Without clients it is as it was left.
pub(crate) fn serve(words: &[String]) -> Result<()> {
    let [folder, database, clients @ ..] = words else { anyhow::bail!("serve FOLDER memory|file [CLIENTS]") };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut config = configure(Path::new(folder), database)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        config.server.listen = listener.local_addr()?;
        let issuer = config.issuer(config.server.listen.port());
        let city = City::open(config, surroundings()).await?;
        haidang_web::metrics::install();
        let work = city.start_work();
        let mut told = json!({ "issuer": issuer });
        if let Some(clients) = clients.first() {
            told["secret"] = register(&city, Path::new(clients)).await?.into();
            add_official(&city, OFFICIAL).await?;
            let official = city.identity.check_password(OFFICIAL, PASSWORD).await?;
            told["cookie"] = open(&city, &official, SignIn::official(true)).await?.into();
        }
        say(&told)?;
        let until = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        city.served
            .clone()
            .serve(listener, async {
                let _ = until.await;
            })
            .await?;
        work.finish().await;
        city.db.close().await;
        Ok(())
    })
}

async fn open(city: &City, person: &PersonId, sign_in: SignIn) -> Result<String> {
    let cookie = session::open(&city.site, person, sign_in).await;
    cookie.map_err(|fault| anyhow::anyhow!("a session was refused: {fault:?}"))
}

/// `open FOLDER COUNT FILE`: so many residents, each with a live session; their cookies go into the file, one a line.
pub(crate) fn open_sessions(words: &[String]) -> Result<()> {
    let [folder, count, file] = words else { anyhow::bail!("open FOLDER COUNT FILE") };
    let count: usize = count.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let cookies = runtime.block_on(async {
        let city = Arc::new(City::open(configure(Path::new(folder), "file")?, surroundings()).await?);
        let mut cookies = Vec::with_capacity(count);
        for some in 0..count.div_ceil(1000) {
            let residents: Vec<PersonSeed> = (0..1000).map(|index| resident(&city, some * 1000 + index)).collect();
            let inserted = &residents;
            city.db
                .transaction(move |tx| Box::pin(async move { bulk::insert_persons(tx, inserted).await.map(drop) }))
                .await?;
            // Side by side, so that they share their commits.
            let mut opening = tokio::task::JoinSet::new();
            for seed in residents {
                let city = city.clone();
                opening.spawn(async move { open(&city, &seed.person.id, SignIn::resident(2)).await });
            }
            while let Some(cookie) = opening.join_next().await {
                cookies.push(cookie??);
            }
        }
        city.db.close().await;
        Ok::<_, anyhow::Error>(cookies)
    })?;
    std::fs::write(file, cookies.join("\n")).context("cookies")?;
    Ok(())
}

fn resident(city: &City, number: usize) -> PersonSeed {
    let person = PersonRecord {
        id: city.ambient.new_id(),
        kind: PersonKind::Person,
        full_name: format!("Người Thứ {number}"),
        citizen_no: None,
        tax_no: None,
        birth_date: None,
        sex: None,
        ethnicity: None,
        nationality: None,
        commune_code: None,
        address: None,
        phone: None,
        email: None,
    };
    PersonSeed { person, account_level: 2 }
}
