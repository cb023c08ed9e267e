//! The connections of a demonstration city: its adapters ask the simulator that stands in for the national systems, and
//! its cases are told to the portal among them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::config::Config;
use crate::pack::Pack;
use crate::simulators::national::{CLIENT, SECRET};

/// Adapters of the pack that need nothing but an address and the simulator's own secret: adapter, path.
const SIGNED: &[(&str, &str)] = &[("dan-cu", "/dancu")];
/// Adapters that show a token which the simulator's gateway gives.
const WITH_TOKEN: &[&str] = &["ho-tich", "doanh-nghiep", "danh-muc-dung-chung", "bao-hiem-xa-hoi"];

/// File with the token of the gateway, below the folder.
const TOKEN: &str = "gateway.token";
/// File with the simulator's secret, below the folder.
const SECRET_FILE: &str = "simulator.secret";
/// Where the simulated portal stands.
const PORTAL: &str = "/dvcqg";

/// Writes where the adapters find the simulator, and with what; the simulator's secret opens nothing else.
///
/// # Errors
/// A folder or file that cannot be written, naming it.
pub fn connections(folder: &Path, simulator: &str) -> Result<PathBuf> {
    let folder = folder.join("simulated");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    private(&folder.join(SECRET_FILE), SECRET)?;
    let mut text = String::new();
    for (adapter, path) in SIGNED {
        // Writing to a text does not fail.
        let _ = writeln!(
            text,
            "[{adapter}]\nbase_url = \"{simulator}{path}\"\nuser = \"{CLIENT}\"\nclient = \"VN/GOV/H24/{CLIENT}\"\n\
             secret_file = \"{SECRET_FILE}\"\napi_key_file = \"{SECRET_FILE}\""
        );
    }
    for adapter in WITH_TOKEN {
        let _ = writeln!(text, "[{adapter}]\nbase_url = \"{simulator}\"\nsecret_file = \"{TOKEN}\"");
    }
    let file = folder.join("connections.toml");
    std::fs::write(&file, text).with_context(|| file.display().to_string())?;
    Ok(file)
}

/// Has cases told to the simulated portal, where the pack says how a portal writes things and no other one is configured.
///
/// # Errors
/// A pack or file that cannot be read or written, naming it.
pub fn tell_portal(config: &mut Config, pack: &Path) -> Result<()> {
    let pack = Pack::load(pack)?;
    let unit = pack.city.city_agency.filter(|_| pack.portal.is_some() && config.national_portal.address.is_empty());
    let Some(unit) = unit else { return Ok(()) };
    let folder = config.exchange_spool().join("simulated");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let secret_file = folder.join(SECRET_FILE);
    private(&secret_file, SECRET)?;
    let given = &mut config.national_portal;
    given.address = format!("{}{PORTAL}", config.exchange.simulator);
    given.unit = unit;
    given.user = CLIENT.to_owned();
    given.secret_file = secret_file;
    given.lists = true;
    Ok(())
}

/// Keeps a token of the simulator's gateway for the adapters that show one, where [`connections`] says they find it.
///
/// # Errors
/// A file that cannot be written, naming it.
pub fn keep_token(folder: &Path, token: &str) -> Result<()> {
    let folder = folder.join("simulated");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    private(&folder.join(TOKEN), token)
}

/// A file that nobody else on this machine may read; whole or not there.
fn private(file: &Path, content: &str) -> Result<()> {
    let shown = || file.display().to_string();
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut whole = tempfile::NamedTempFile::new_in(folder).with_context(shown)?;
    whole.write_all(content.as_bytes()).with_context(shown)?;
    whole.persist(file).with_context(shown)?;
    Ok(())
}
