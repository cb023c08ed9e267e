//! `make bench-documents`: the figures of signing and judging papers, each beside its limit. Ratios to pyHanko are
//! measured by the outside judge's `bench.py`, which runs `haidang documents sign --count`.
//!
//! Words choose parts: `sign`, `stamps`, `judge`, `numbering`, `token`; none is all of them.

mod numbering;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use haidang_documents::pades::{Appearance, Authorities, Judge, Level, SignatureOptions, Signer, sign, verify};
use haidang_documents::pdf::Source;
use haidang_kernel::ambient::Ambient;
use haidang_server::city::{City, Surroundings};
use haidang_server::config::{Config, Environment};
use haidang_server::outbound::GuardedTransport;
use haidang_signing::path::{RevocationRule, TrustAnchors};
use haidang_signing::time_stamp::{Imprint, TimeStampRequest, token_of};
use haidang_signing::{
    FileKey, Pkcs11Config, Pkcs11Key, PrivateKey, SignatureAlgorithm, Transport, TransportError, private_file,
};
use haidang_store::ActorRef;
use haidang_trust::model::Purpose;
use haidang_trust::{NewCertificate, Subject, TrustRoom, read_public_key};
use haidang_web::client::{Guarded, OutboundLimits};
use jiff::SignedDuration;
use tokio::net::TcpListener;

const MODULES: [&str; 2] = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];
const PIN: &str = "123456";
/// Callers that ask for stamps at once.
const CALLERS: usize = 16;

fn say(line: impl std::fmt::Display) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// Prints a figure; answers 1 when it misses its limit.
fn figure(name: &str, value: f64, least: f64, unit: &str) -> Result<usize> {
    let good = value >= least;
    let verdict = if good { "ok  " } else { "MISS" };
    say(format_args!("  {verdict} {name:<58} {value:>9.2} {unit} (≥ {least} {unit})"))?;
    Ok(usize::from(!good))
}

fn rate(count: usize, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

/// A tagged paper of one page, as large as one that was typeset.
fn paper() -> Vec<u8> {
    let content = format!("/P <</MCID 0>> BDC\n{}EMC", "0 0 m 100 100 l S\n".repeat(2_000));
    let objects = [
        "<</Type /Catalog /Pages 2 0 R /StructTreeRoot 5 0 R /MarkInfo <</Marked true>> /Lang (vi)>>".to_owned(),
        "<</Type /Pages /Kids [3 0 R] /Count 1>>".to_owned(),
        "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595.28 841.89] /Resources <<>> /Contents 4 0 R /StructParents 0>>"
            .to_owned(),
        format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()),
        "<</Type /StructTreeRoot /K [6 0 R] /ParentTree 7 0 R /ParentTreeNextKey 1>>".to_owned(),
        "<</Type /StructElem /S /Document /P 5 0 R /K [8 0 R]>>".to_owned(),
        "<</Nums [0 [8 0 R]]>>".to_owned(),
        "<</Type /StructElem /S /P /P 6 0 R /Pg 3 0 R /K 0>>".to_owned(),
    ];
    let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut rows = String::from("xref\n0 9\n0000000000 65535 f \n");
    for (number, body) in (1..).zip(&objects) {
        rows.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
    }
    let start = file.len();
    file.extend_from_slice(rows.as_bytes());
    file.extend_from_slice(format!("trailer\n<</Root 1 0 R /Size 9>>\nstartxref\n{start}\n%%EOF\n").as_bytes());
    file
}

fn options(ambient: &Ambient) -> SignatureOptions {
    SignatureOptions {
        field: "officer".to_owned(),
        tooltip: "Chữ ký".to_owned(),
        placement: None,
        appearance: Appearance::default(),
        at: ambient.now(),
        signer: None,
        reason: None,
        location: None,
        certification: None,
    }
}

/// Nobody is asked.
struct Nobody;

#[async_trait::async_trait]
impl Transport for Nobody {
    async fn post(&self, url: &str, _: &str, _: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        Err(TransportError(url.to_owned()))
    }
    async fn get(&self, url: &str) -> Result<Vec<u8>, TransportError> {
        Err(TransportError(url.to_owned()))
    }
}

/// A city that serves on a port of its own, with its authorities.
struct Served {
    trust: TrustRoom,
    origin: String,
    ambient: Ambient,
}

impl Served {
    async fn open(folder: &Path) -> Result<Served> {
        let mut config = Config::default();
        config.city.environment = Environment::Test;
        config.store.folder = folder.join("city");
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        config.server.listen = listener.local_addr()?;
        let origin = config.origin(config.server.listen.port());
        let surroundings = Surroundings { unlimited: true, program: None, ..Surroundings::system() };
        let city = City::open(config, surroundings).await?;
        let trust = city.rooms.trust.clone().context("the city has no authorities")?;
        let (served, ambient) = (city.served.clone(), city.ambient.clone());
        tokio::spawn(async move { served.serve(listener, std::future::pending()).await });
        Ok(Served { trust, origin, ambient })
    }

    async fn signer(&self, key: Arc<dyn PrivateKey>) -> Result<Signer> {
        let new = NewCertificate {
            purpose: Purpose::Personal,
            subject: Subject { common_name: "Người Ký Thử".to_owned(), ..Subject::default() },
            public_key: read_public_key(key.public_key_info())?,
            days: None,
        };
        let certificate = self.trust.issue(&new, ActorRef::system()).await?;
        Ok(Signer { key, certificate, chain: vec![self.trust.issuing().clone()] })
    }

    fn authorities(&self, transport: Arc<dyn Transport>) -> Authorities {
        Authorities {
            transport,
            time_stamps: Some(format!("{}/tsa", self.origin)),
            anchors: vec![self.trust.root().clone()],
            ambient: self.ambient.clone(),
        }
    }

    fn http(&self) -> Result<Arc<GuardedTransport>> {
        let guarded = Guarded::new(["localhost".to_owned()], OutboundLimits::default())?;
        Ok(Arc::new(GuardedTransport::new(guarded)))
    }
}

fn source(bytes: &[u8]) -> Arc<dyn Source> {
    Arc::new(bytes.to_vec())
}

async fn signed(count: usize, signer: &Signer, level: Level, authorities: &Authorities) -> Result<f64> {
    let (paper, options) = (paper(), options(&authorities.ambient));
    sign(source(&paper), signer, &options, level, authorities).await?;
    let since = Instant::now();
    for _ in 0..count {
        sign(source(&paper), signer, &options, level, authorities).await?;
    }
    Ok(rate(count, since))
}

async fn sign_part(city: &Served) -> Result<usize> {
    say("signing, one thread")?;
    let nobody = city.authorities(Arc::new(Nobody));
    let mut missed = 0;
    for (name, algorithm, count, least) in [
        ("B-B, P-256", SignatureAlgorithm::EcdsaP256, 2_000, 300.0),
        ("B-B, RSA-3072", SignatureAlgorithm::Rsa3072, 300, 150.0),
    ] {
        let signer = city.signer(Arc::new(FileKey::generate(algorithm)?)).await?;
        missed += figure(name, signed(count, &signer, Level::Basic, &nobody).await?, least, "/s")?;
    }
    let signer = city.signer(Arc::new(FileKey::generate(SignatureAlgorithm::EcdsaP256)?)).await?;
    let over_http = city.authorities(city.http()?);
    let stamped = signed(200, &signer, Level::Time, &over_http).await?;
    missed += figure("B-T, P-256, own authority over HTTP", stamped, 50.0, "/s")?;
    Ok(missed)
}

async fn stamps_part(city: &Served) -> Result<usize> {
    say(format_args!("time stamps over HTTP, {CALLERS} callers, each stamp durable in the log"))?;
    let each = 150;
    let (http, address) = (city.http()?, format!("{}/tsa", city.origin));
    let since = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        let (http, address) = (http.clone(), address.clone());
        running.spawn(async move {
            for turn in 0..each {
                let imprint = Imprint::of(format!("{caller} {turn}").as_bytes());
                let question = TimeStampRequest::new(imprint, [7; 16], None).to_der()?;
                token_of(&http.post(&address, "application/timestamp-query", question).await?)?;
            }
            Ok::<_, anyhow::Error>(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    figure("time stamps", rate(each * CALLERS, since), 500.0, "/s")
}

async fn judge_part(city: &Served) -> Result<usize> {
    say("judging by the file alone, one thread")?;
    let signer = city.signer(Arc::new(FileKey::generate(SignatureAlgorithm::EcdsaP256)?)).await?;
    let authorities = city.authorities(city.http()?);
    let mut missed = 0;
    for (level, least) in [(Level::Time, 200.0), (Level::Archive, 100.0)] {
        let paper = paper();
        let after = sign(source(&paper), &signer, &options(&city.ambient), level, &authorities).await?;
        let whole = source(&[paper, after].concat());
        let judge = Judge {
            anchors: TrustAnchors::new(authorities.anchors.clone()),
            now: city.ambient.now().saturating_add(SignedDuration::from_secs(1))?,
            revocation: RevocationRule::WhereKnown,
            transport: None,
        };
        let count = 400;
        let since = Instant::now();
        for _ in 0..count {
            let report = verify(whole.clone(), &judge).await;
            ensure!(report.is_good() && report.level == Some(level), "{report:?}");
        }
        missed += figure(&format!("{}, P-256", level.code()), rate(count, since), least, "/s")?;
    }
    Ok(missed)
}

/// Runs the part on tokens in a process of its own: SoftHSM reads where its tokens lie when it starts.
fn token_part(folder: &Path) -> Result<usize> {
    let Some(module) = MODULES.iter().find(|path| Path::new(path).exists()) else {
        say("keys on tokens: SoftHSM is not on this machine (package softhsm2), not measured")?;
        return Ok(1);
    };
    std::fs::create_dir_all(folder.join("tokens"))?;
    let conf = folder.join("softhsm2.conf");
    std::fs::write(&conf, format!("directories.tokendir = {}\nlog.level = ERROR\n", folder.join("tokens").display()))?;
    let status = Command::new(std::env::current_exe()?)
        .args(["on-token", module])
        .arg(folder)
        .env("SOFTHSM2_CONF", conf)
        .status()?;
    Ok(usize::from(!status.success()))
}

fn util(arguments: &[&str]) -> Result<()> {
    let output = Command::new("softhsm2-util").args(arguments).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// The raw loop over the token beside whole signatures of files, in one run.
async fn on_token(module: &str, folder: &Path) -> Result<usize> {
    say("keys on a token, one thread: whole signatures of files beside the bare loop")?;
    util(&["--init-token", "--free", "--label", "bench", "--so-pin", "12345678", "--pin", PIN])?;
    let pin_file = folder.join("pin");
    private_file::write_new(&pin_file, PIN.as_bytes())?;
    let city = Served::open(folder).await?;
    let nobody = city.authorities(Arc::new(Nobody));
    let mut missed = 0;
    for (id, name, algorithm, count) in
        [("01", "P-256", SignatureAlgorithm::EcdsaP256, 2_000), ("02", "RSA-3072", SignatureAlgorithm::Rsa3072, 300)]
    {
        let file = folder.join(name);
        FileKey::generate(algorithm)?.write_new(&file)?;
        let path = file.to_str().context("the folder is no text")?;
        util(&["--import", path, "--token", "bench", "--label", name, "--id", id, "--pin", PIN])?;
        let config = Pkcs11Config {
            module: module.into(),
            token: "bench".to_owned(),
            key: name.to_owned(),
            pin_file: pin_file.clone(),
        };
        let signer = city.signer(Arc::new(Pkcs11Key::open(config)?)).await?;
        let since = Instant::now();
        for _ in 0..count {
            signer.key.sign(b"a message of some length, hashed before it is signed")?;
        }
        let bare = rate(count, since);
        let whole = signed(count, &signer, Level::Basic, &nobody).await?;
        say(format_args!("       {name}: bare {bare:.0}/s, whole {whole:.0}/s"))?;
        missed += figure(&format!("{name}, share of the bare loop"), whole / bare * 100.0, 60.0, "%")?;
    }
    Ok(missed)
}

/// A folder of this run; gone at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Folder> {
        let path = std::env::temp_dir().join(format!("haidang-bench-documents-{}", Ambient::system().token()));
        private_file::create_folder(&path)?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn main() -> Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let [first, module, folder] = words.as_slice()
        && first == "on-token"
    {
        let missed = runtime.block_on(on_token(module, Path::new(folder)))?;
        return Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| word == name);
    let folder = Folder::new()?;
    let mut missed = runtime.block_on(async {
        let city = Served::open(&folder.0).await?;
        let mut missed = 0;
        if wanted("sign") {
            missed += sign_part(&city).await?;
        }
        if wanted("stamps") {
            missed += stamps_part(&city).await?;
        }
        if wanted("judge") {
            missed += judge_part(&city).await?;
        }
        if wanted("numbering") {
            missed += numbering::part(&folder.0).await?;
        }
        Ok::<_, anyhow::Error>(missed)
    })?;
    if wanted("token") {
        missed += token_part(&folder.0.join("token"))?;
    }
    say(format_args!("{missed} figures missed"))?;
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
