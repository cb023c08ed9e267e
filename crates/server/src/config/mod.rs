//! Configuration: one TOML file, then `HAIDANG_*`; every key has a default, a description and one struct it belongs to.
//!
//! An unknown key stops the start and names the nearest known one. All faults are collected and told at once.

mod checks;
mod document;
mod load;
mod setting;

pub use document::reference;
pub use load::{Fault, FaultList, LoadError, load};
pub use setting::{Environment, LogFormat, Secret, Setting};

use std::net::SocketAddr;
use std::path::PathBuf;

/// What is known of one key, for loading and for the reference page.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Section and name: `server.listen`.
    pub name: &'static str,
    /// Kind of value, in words.
    pub kind: &'static str,
    /// Sentences of the doc comment.
    pub doc: &'static [&'static str],
}

/// A struct of settings whose doc comments are also its reference: the table of keys is made from the same lines.
macro_rules! concern {
    ($(#[doc = $about:literal])* $section:literal $name:ident { $($(#[doc = $doc:literal])+ $field:ident: $kind:ty = $default:expr,)+ }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: $kind,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl $name {
            /// Every key of this section.
            pub const KEYS: &'static [Key] = &[
                $(Key { name: concat!($section, ".", stringify!($field)), kind: <$kind as Setting>::KIND, doc: &[$($doc),+] },)+
            ];

            /// Name of the section and what it is about.
            pub const SECTION: (&'static str, &'static [&'static str]) = ($section, &[$($about),*]);

            fn set(&mut self, name: &str, value: load::Given<'_>) -> Option<Result<(), String>> {
                match name {
                    $(concat!($section, ".", stringify!($field)) => {
                        Some(value.read::<$kind>().map(|value| self.$field = value))
                    })+
                    _ => None,
                }
            }

            fn shown(&self) -> Vec<(&'static str, String)> {
                vec![$((concat!($section, ".", stringify!($field)), self.$field.show()),)+]
            }
        }
    };
}

concern! {
    /// Which city, and whether its data are real.
    "city" City {
        /// Folder of the city's data pack. Empty: the first folder under `packs/` that holds a `city.toml`.
        pack: PathBuf = PathBuf::new(),
        /// `production`, `demo` or `test`. Simulators of national systems run in `demo` and `test` only, on loopback.
        environment: Environment = Environment::Production,
    }
}

concern! {
    /// How the city is reached.
    "server" Server {
        /// Address and port to listen on. Port 0 takes a free one. Other addresses than loopback belong behind a machine that ends TLS.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)),
        /// Address by which browsers reach the city, such as `https://dichvu.example.vn`. Empty: `http://localhost` with the port of `server.listen`.
        public_origin: String = String::new(),
        /// Whether `X-Forwarded-For` of the machine in front is believed. Switch on only behind such a machine.
        trusted_proxy: bool = false,
        /// Seconds that running requests get to finish after the signal to stop.
        shutdown_seconds: u64 = 15,
    }
}

concern! {
    /// Where the records are kept.
    "store" Store {
        /// Folder of everything this city writes: database, files, keys, checkpoints.
        folder: PathBuf = PathBuf::from("var"),
        /// Database: `sqlite:path` or `postgres://user@host/name`; in `demo` and `test` also `sqlite::memory:`, which is gone when the server stops. Empty: `haidang.db` in `store.folder`. May hold a password, so prefer `store.database_file` or the environment.
        database: Secret = Secret::default(),
        /// File that holds the database address, for addresses with a password.
        database_file: PathBuf = PathBuf::new(),
        /// Connections for reading.
        readers: u64 = 4,
        /// Folder of uploaded and issued files. Empty: `blobs` in `store.folder`.
        blobs: PathBuf = PathBuf::new(),
        /// Folder of the agencies' signing keys. Empty: `keys` in `store.folder`. Back it up apart from the database.
        keys: PathBuf = PathBuf::new(),
        /// File with the secret (64 hex digits) that opens sealed keys and secrets of the store. Empty: `house/unlock.secret` in the folder of keys. Best on another medium, or handed over by the service manager; without it the keys are lost.
        unlock_file: PathBuf = PathBuf::new(),
        /// Folder of the signed checkpoints of the audit chain. Empty: `checkpoints` in `store.folder`. Best on another machine's disk.
        checkpoints: PathBuf = PathBuf::new(),
    }
}

concern! {
    /// The OpenID provider by which other systems sign people in.
    "identity" Identity {
        /// Issuer, an origin such as `https://id.example.vn`. Empty: the public origin. It stands in every token, so choose it once.
        issuer: String = String::new(),
        /// Days that a key signs before its successor does. The successor is public a day earlier.
        key_days: u64 = 90,
        /// Hosts of client keys and logout notices that may be called although their addresses are private.
        private_hosts: Vec<String> = Vec::new(),
    }
}

concern! {
    /// The national systems at which residents sign in.
    "federation" Federation {
        /// File of upstreams: addresses, `client_id`, claims and levels. Empty: `upstreams.toml` of the pack. Secrets stand in files of the folder of keys, which nobody else may read.
        upstreams: PathBuf = PathBuf::new(),
        /// Address of a running simulator, such as `http://127.0.0.1:8081`, that stands for the upstreams it can; `demo` and `test` only. `haidang demo` starts one by itself.
        simulator: String = String::new(),
        /// Seconds to wait for one answer of an upstream, 1 to 9.
        timeout_seconds: u64 = 8,
        /// Hosts of upstreams that may be called although their addresses are private, as inside the network of the administration.
        private_hosts: Vec<String> = Vec::new(),
    }
}

concern! {
    /// The directory of the administration (LDAP) that knows the officials. Without `url` there is none.
    "directory" Directory {
        /// `ldaps://host`, or `ldap://host` with `start_tls` or on the loopback address. Empty: no directory.
        url: String = String::new(),
        /// Whether a connection to `ldap://` turns to TLS before anything is said.
        start_tls: bool = false,
        /// Certificates (PEM) by which the directory is known. Empty: those of the system.
        ca_file: PathBuf = PathBuf::new(),
        /// Entry of the account that reads people and groups. Empty: read without one.
        bind_dn: String = String::new(),
        /// Its password. Prefer `directory.bind_password_file` or the environment.
        bind_password: Secret = Secret::default(),
        /// File that holds its password.
        bind_password_file: PathBuf = PathBuf::new(),
        /// Entry under which people stand, such as `ou=people,dc=example,dc=vn`.
        people: String = String::new(),
        /// Which entries are people in service. Whoever falls out of it loses posts and sessions at the next run.
        people_filter: String = "(objectClass=inetOrgPerson)".to_owned(),
        /// Attribute with the account name (`sAMAccountName` in Active Directory).
        name_attribute: String = "uid".to_owned(),
        /// Attribute that never changes (`objectGUID` in Active Directory).
        id_attribute: String = "entryUUID".to_owned(),
        /// Attribute with the name of the person.
        full_name_attribute: String = "cn".to_owned(),
        /// Attribute with the mail address. Empty: none is read.
        mail_attribute: String = "mail".to_owned(),
        /// Entry under which groups stand. Empty: posts are given in the city's own pages alone.
        groups: String = String::new(),
        /// Which entries are groups.
        groups_filter: String = "(objectClass=groupOfNames)".to_owned(),
        /// Attribute with the name of a group. `role@agency`, such as `clerk@H24.11824`, is the post of that role there.
        group_name_attribute: String = "cn".to_owned(),
        /// Attribute with the members of a group, by their entries or account names.
        member_attribute: String = "member".to_owned(),
        /// Posts of groups of other names, each as `group=role@agency`.
        posts: Vec<String> = Vec::new(),
        /// Seconds between two runs. A lost right must be gone within a minute.
        sync_seconds: u64 = 45,
        /// Per cent of the accounts that one run may take away or take a post from; more stops it. One account may always go.
        largest_loss_percent: u64 = 20,
    }
}

concern! {
    /// By what others trust this city: authorities of its own for development, anchors of licensed ones for production.
    "trust" Trust {
        /// Whether a production city, too, runs the authorities of its own that are meant for development: certificates, time stamps, OCSP. `demo` and `test` always do.
        own_authority_in_production: bool = false,
        /// Folder of the own authorities' keys. Empty: `trust` in the folder of keys.
        keys: PathBuf = PathBuf::new(),
        /// Certificates (PEM) of other authorities whose signatures count, such as the root of public-service signatures. Empty: none.
        anchors: PathBuf = PathBuf::new(),
        /// Policy that the own time stamps name, an object identifier. The one given here belongs to no one (RFC 5612); a city that shows its stamps to others takes one of its own.
        time_stamp_policy: String = "1.3.6.1.4.1.32473.1".to_owned(),
        /// Milliseconds by which the clock may differ from UTC: stated in every time stamp, so keep the clock that well.
        time_stamp_accuracy_milliseconds: u64 = 1000,
    }
}

concern! {
    /// With what the office signs. A city with authorities of its own issues certificates by itself; every other one names the keys of its agencies and officials.
    "signing" Signing {
        /// File of keys: for each agency or official a key in a file, on a token (PKCS#11) or at a remote signing service (CSC). Empty: none. See the guide about signing.
        providers: PathBuf = PathBuf::new(),
        /// Address of the authority that stamps signatures (RFC 3161). Empty: the city's own, where it has one.
        time_stamps: String = String::new(),
        /// Hosts of time stamps, certificate status and signing services that may be called although their addresses are private, or without encryption.
        private_hosts: Vec<String> = Vec::new(),
    }
}

concern! {
    /// The service by which the national tracker asks, through the data exchange, what was delivered about a person (`findUsage`).
    "tracker" Tracker {
        /// Loopback address and port of the service, such as `127.0.0.1:8092`; the exchange of this machine has it as a provider. Empty: it does not run.
        listen: String = String::new(),
    }
}

concern! {
    /// Documents to and from organs outside the city, as edXML messages in two folders; another program carries them to and from the exchange.
    "interconnection" Interconnection {
        /// Folder into which messages for others are laid. Empty: none is sent.
        outgoing: PathBuf = PathBuf::new(),
        /// Folder in which messages of others lie; what was taken moves into its folder `taken` or `refused`. Empty: none is taken.
        incoming: PathBuf = PathBuf::new(),
    }
}

concern! {
    /// The data exchange: where it runs, what it proves, and how often.
    "exchange" Exchange {
        /// Whether the city's server runs the exchange itself, over its own records, by the registry of the exchange, which begins with the directory of the pack (`exchange/directory.toml`). `false`: none, or one of its own (`haidang exchange serve`).
        hosted: bool = false,
        /// Loopback address and port at which information systems of this machine reach the exchange inside the server. Empty: none does, only the city itself calls.
        listen: String = String::new(),
        /// File of connections: where the adapters of the pack find their providers, and with which secrets. Empty: none is connected. See the guide about adapters.
        connections: PathBuf = PathBuf::new(),
        /// Address of the simulator that stands in for the national systems of the pack. Never in production.
        simulator: String = String::new(),
        /// Folder for bodies above 1 MiB while they pass; on a disk, not in memory. Empty: `passing` in the folder of the store.
        spool: PathBuf = PathBuf::new(),
        /// Seconds between two time stamps over what passed meanwhile, 1 to 86400. The state of the certificates is asked each time.
        stamping_seconds: u64 = 60,
        /// For how many seconds stamping may fail before messages are refused.
        longest_stamping_failure_seconds: u64 = 14_400,
        /// Most messages under one stamp, 1 to 100000.
        most_in_a_batch: u64 = 10_000,
    }
}

concern! {
    /// The national public-service portal, which is told of the city's cases. Without `address` it is told of none. Its codes and words are data of the pack, `national-portal.toml`.
    "national_portal" NationalPortal {
        /// Address of the adapter, such as `https://lgsp.example.vn/dvcqg`; `http` to a loopback address in `demo` and `test` only. Empty: no portal.
        address: String = String::new(),
        /// Path under the address that gives a session.
        auth: String = "auth".to_owned(),
        /// Path under the address for questions.
        share: String = "share".to_owned(),
        /// Path under the address for messages.
        integration: String = "integration".to_owned(),
        /// Code of the city's unit at the portal (`madonvi`).
        unit: String = String::new(),
        /// Name of the city's account at the portal.
        user: String = String::new(),
        /// File that holds the secret of the account.
        secret_file: PathBuf = PathBuf::new(),
        /// Hosts of the adapter that may be called although their addresses are private, as inside the network of the administration.
        private_hosts: Vec<String> = Vec::new(),
        /// Seconds to wait for one answer, 1 to 60.
        timeout_seconds: u64 = 20,
        /// Cases whose messages are sent side by side, 1 to 64.
        parallel: u64 = 8,
        /// Seconds between two looks at the queue, 1 to 3600.
        look_seconds: u64 = 5,
        /// Seconds that a message waits at most before it is tried again, 1 to 3600.
        longest_pause_seconds: u64 = 120,
        /// Whether the portal's `TraCuuHoSo` also lists the cases of a day; public documents do not say.
        lists: bool = false,
        /// Whether the cases of yesterday are compared each night.
        nightly: bool = true,
    }
}

concern! {
    /// How long sessions live (minutes). Laws and city rules may ask for shorter ones.
    "session" Session {
        /// Idle time of a resident; the page warns two minutes before.
        resident_idle_minutes: u64 = 15,
        /// Whole life of a resident's session.
        resident_life_minutes: u64 = 480,
        /// Idle time of an official.
        official_idle_minutes: u64 = 30,
        /// Whole life of an official's session.
        official_life_minutes: u64 = 720,
        /// How old a second factor may be for signing, approving and keys.
        fresh_factor_minutes: u64 = 5,
    }
}

concern! {
    /// How many requests one caller may send in a minute. 0 switches a limit off.
    "rate" Rate {
        /// Of one network address; a whole village may share one.
        per_address: u64 = 6000,
        /// Of one signed-in person.
        per_person: u64 = 600,
        /// Of one system with a token.
        per_system: u64 = 6000,
        /// Unsafe requests of one address without a session.
        anonymous_writes: u64 = 120,
    }
}

concern! {
    /// Work that runs beside the requests.
    "work" Work {
        /// Seconds between two looks of the escalation scheduler.
        escalation_seconds: u64 = 30,
        /// Hosts that webhooks may call although their addresses are private, such as `hooks.internal`.
        webhook_private_hosts: Vec<String> = Vec::new(),
    }
}

concern! {
    /// What the server writes about itself. Never personal data, only ids.
    "log" Log {
        /// What is written, in the form of `tracing`'s filters: `info`, `warn,haidang_store=debug`.
        filter: String = "info,sqlx=warn,tantivy=warn".to_owned(),
        /// `json`, `text`, or `auto`: JSON in production, text elsewhere.
        format: LogFormat = LogFormat::Auto,
    }
}

/// All settings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// `[city]`
    pub city: City,
    /// `[server]`
    pub server: Server,
    /// `[store]`
    pub store: Store,
    /// `[identity]`
    pub identity: Identity,
    /// `[federation]`
    pub federation: Federation,
    /// `[directory]`
    pub directory: Directory,
    /// `[trust]`
    pub trust: Trust,
    /// `[signing]`
    pub signing: Signing,
    /// `[interconnection]`
    pub interconnection: Interconnection,
    /// `[exchange]`
    pub exchange: Exchange,
    /// `[tracker]`
    pub tracker: Tracker,
    /// `[national_portal]`
    pub national_portal: NationalPortal,
    /// `[session]`
    pub session: Session,
    /// `[rate]`
    pub rate: Rate,
    /// `[work]`
    pub work: Work,
    /// `[log]`
    pub log: Log,
}

impl Config {
    /// Sections in the order of the reference page: name, sentences, keys.
    pub const SECTIONS: &'static [(&'static str, &'static [&'static str], &'static [Key])] = &[
        (City::SECTION.0, City::SECTION.1, City::KEYS),
        (Server::SECTION.0, Server::SECTION.1, Server::KEYS),
        (Store::SECTION.0, Store::SECTION.1, Store::KEYS),
        (Identity::SECTION.0, Identity::SECTION.1, Identity::KEYS),
        (Federation::SECTION.0, Federation::SECTION.1, Federation::KEYS),
        (Directory::SECTION.0, Directory::SECTION.1, Directory::KEYS),
        (Trust::SECTION.0, Trust::SECTION.1, Trust::KEYS),
        (Signing::SECTION.0, Signing::SECTION.1, Signing::KEYS),
        (Interconnection::SECTION.0, Interconnection::SECTION.1, Interconnection::KEYS),
        (Exchange::SECTION.0, Exchange::SECTION.1, Exchange::KEYS),
        (Tracker::SECTION.0, Tracker::SECTION.1, Tracker::KEYS),
        (NationalPortal::SECTION.0, NationalPortal::SECTION.1, NationalPortal::KEYS),
        (Session::SECTION.0, Session::SECTION.1, Session::KEYS),
        (Rate::SECTION.0, Rate::SECTION.1, Rate::KEYS),
        (Work::SECTION.0, Work::SECTION.1, Work::KEYS),
        (Log::SECTION.0, Log::SECTION.1, Log::KEYS),
    ];

    fn set(&mut self, name: &str, value: load::Given<'_>) -> Option<Result<(), String>> {
        self.city
            .set(name, value)
            .or_else(|| self.server.set(name, value))
            .or_else(|| self.store.set(name, value))
            .or_else(|| self.identity.set(name, value))
            .or_else(|| self.federation.set(name, value))
            .or_else(|| self.directory.set(name, value))
            .or_else(|| self.trust.set(name, value))
            .or_else(|| self.signing.set(name, value))
            .or_else(|| self.interconnection.set(name, value))
            .or_else(|| self.exchange.set(name, value))
            .or_else(|| self.tracker.set(name, value))
            .or_else(|| self.national_portal.set(name, value))
            .or_else(|| self.session.set(name, value))
            .or_else(|| self.rate.set(name, value))
            .or_else(|| self.work.set(name, value))
            .or_else(|| self.log.set(name, value))
    }

    /// Every key with its present value; secrets as `***`.
    pub fn shown(&self) -> Vec<(&'static str, String)> {
        [
            self.city.shown(),
            self.server.shown(),
            self.store.shown(),
            self.identity.shown(),
            self.federation.shown(),
            self.directory.shown(),
            self.trust.shown(),
            self.signing.shown(),
            self.interconnection.shown(),
            self.exchange.shown(),
            self.tracker.shown(),
            self.national_portal.shown(),
            self.session.shown(),
            self.rate.shown(),
            self.work.shown(),
            self.log.shown(),
        ]
        .concat()
    }

    /// Whether simulators may run.
    pub fn simulated(&self) -> bool {
        self.city.environment != Environment::Production
    }

    fn in_folder(&self, own: &std::path::Path, name: &str) -> PathBuf {
        if own.as_os_str().is_empty() { self.store.folder.join(name) } else { own.to_owned() }
    }

    /// Folder of uploaded and issued files.
    pub fn blobs(&self) -> PathBuf {
        self.in_folder(&self.store.blobs, "blobs")
    }

    /// File of the secret that opens sealed keys.
    pub fn unlock_file(&self) -> PathBuf {
        if self.store.unlock_file.as_os_str().is_empty() {
            self.keys().join("house/unlock.secret")
        } else {
            self.store.unlock_file.clone()
        }
    }

    /// Folder of signing keys.
    pub fn keys(&self) -> PathBuf {
        self.in_folder(&self.store.keys, "keys")
    }

    /// Folder of the own authorities' keys.
    pub fn trust_keys(&self) -> PathBuf {
        if self.trust.keys.as_os_str().is_empty() { self.keys().join("trust") } else { self.trust.keys.clone() }
    }

    /// Folder of large bodies while they pass the exchange.
    pub fn exchange_spool(&self) -> PathBuf {
        self.in_folder(&self.exchange.spool, "passing")
    }

    /// Folder of audit checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.in_folder(&self.store.checkpoints, "checkpoints")
    }

    /// Address of the database, read from its file when one is named.
    pub fn database(&self) -> std::io::Result<String> {
        if !self.store.database_file.as_os_str().is_empty() {
            return Ok(std::fs::read_to_string(&self.store.database_file)?.trim().to_owned());
        }
        if !self.store.database.reveal().is_empty() {
            return Ok(self.store.database.reveal().to_owned());
        }
        Ok(format!("sqlite:{}", self.store.folder.join("haidang.db").display()))
    }

    /// Folder of the pack: the configured one, else the first under `packs/` that holds a `city.toml`.
    pub fn pack(&self) -> Option<PathBuf> {
        if !self.city.pack.as_os_str().is_empty() {
            return Some(self.city.pack.clone());
        }
        let mut found: Vec<PathBuf> = std::fs::read_dir("packs")
            .ok()?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.join("city.toml").is_file())
            .collect();
        found.sort();
        found.into_iter().next()
    }

    /// File of the upstreams: the configured one, else the pack's when it has one.
    pub fn upstreams_file(&self) -> Option<PathBuf> {
        if !self.federation.upstreams.as_os_str().is_empty() {
            return Some(self.federation.upstreams.clone());
        }
        self.pack().map(|pack| pack.join("upstreams.toml")).filter(|file| file.is_file())
    }

    /// Public origin, given the port that is really listened on.
    pub fn origin(&self, port: u16) -> String {
        match self.server.public_origin.trim_end_matches('/') {
            "" => format!("http://localhost:{port}"),
            given => given.to_owned(),
        }
    }

    /// Issuer of the OpenID provider, given the port that is really listened on.
    pub fn issuer(&self, port: u16) -> String {
        match self.identity.issuer.as_str() {
            "" => self.origin(port),
            given => given.to_owned(),
        }
    }

    /// The directory of the administration, when one is configured; its password read from its file when one is named.
    ///
    /// # Errors
    /// When that file cannot be read.
    pub fn directory(&self) -> std::io::Result<Option<haidang_identity::DirectorySettings>> {
        let given = &self.directory;
        if given.url.is_empty() {
            return Ok(None);
        }
        let bind_password = match given.bind_password_file.as_os_str().is_empty() {
            true => given.bind_password.reveal().to_owned(),
            false => std::fs::read_to_string(&given.bind_password_file)?.trim_end_matches(['\r', '\n']).to_owned(),
        };
        Ok(Some(haidang_identity::DirectorySettings {
            url: given.url.clone(),
            start_tls: given.start_tls,
            ca_file: (!given.ca_file.as_os_str().is_empty()).then(|| given.ca_file.clone()),
            bind_dn: given.bind_dn.clone(),
            bind_password,
            people: given.people.clone(),
            people_filter: given.people_filter.clone(),
            name_attribute: given.name_attribute.clone(),
            id_attribute: given.id_attribute.clone(),
            full_name_attribute: given.full_name_attribute.clone(),
            mail_attribute: given.mail_attribute.clone(),
            groups: given.groups.clone(),
            groups_filter: given.groups_filter.clone(),
            group_name_attribute: given.group_name_attribute.clone(),
            member_attribute: given.member_attribute.clone(),
            posts: given.posts.clone(),
            largest_loss_percent: given.largest_loss_percent,
        }))
    }
}

fn is_local(origin: &str) -> bool {
    let host = origin.trim_start_matches("http://").split([':', '/']).next().unwrap_or_default();
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}
