//! What the server itself needs of a city's data pack: names for the frame, agencies, roles, registers.
//!
//! Procedures, calendars and search words belong to `services`, which reads them from the same folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use haidang_contracts::identity::Agency;
use haidang_identity::Policies;
use haidang_identity::consent::purposes::Purposes;
use haidang_identity::model::AgencySeed;
use haidang_identity::registers::Registers;
use haidang_identity::roles::Roles;
use haidang_kernel::bilingual::Bilingual;
use haidang_portal::manner::{self, Manner};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// `city.toml`; keys of other rooms are ignored here.
#[derive(Debug, Clone, Deserialize)]
pub struct CityFile {
    /// Short code of the city, such as the pack's folder.
    pub code: String,
    /// Name in Vietnamese.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Name of the residents' portal.
    pub portal: String,
    /// Its English name, when it differs.
    #[serde(default)]
    pub portal_en: Option<String>,
    /// Name of the officials' workbench.
    pub office: String,
    /// Its English name, when it differs.
    #[serde(default)]
    pub office_en: Option<String>,
    /// Telephone for help.
    pub phone: String,
    /// Whether the number is only a sample.
    #[serde(default)]
    pub phone_is_sample: bool,
    /// E-mail for help.
    #[serde(default)]
    pub email: Option<String>,
    /// Agency that answers for the pages.
    #[serde(default)]
    pub responsible: Option<String>,
    /// Its English name.
    #[serde(default)]
    pub responsible_en: Option<String>,
    /// Code of the agency that stands for the whole city, by which others know it.
    #[serde(default)]
    pub city_agency: Option<String>,
    /// Two digits of the province.
    pub province_code: String,
    /// Drafts of residents.
    #[serde(default)]
    pub drafts: Drafts,
    /// Whether residents file on this portal.
    #[serde(default)]
    pub portal_switch: PortalSwitch,
    /// Who works the queue of unclear competence.
    #[serde(default)]
    pub coordination: Option<Coordination>,
    /// For how long people may authorise each other.
    #[serde(default)]
    pub mandates: MandateLimits,
}

/// For how long people may authorise each other.
#[derive(Debug, Clone, Deserialize)]
pub struct MandateLimits {
    /// Years at most.
    pub most_years: i16,
}

impl Default for MandateLimits {
    fn default() -> Self {
        Self { most_years: haidang_identity::mandates::rules::MOST_YEARS }
    }
}

/// How long drafts are kept.
#[derive(Debug, Clone, Deserialize)]
pub struct Drafts {
    /// Days after the last save.
    pub keep_days: i64,
}

impl Default for Drafts {
    fn default() -> Self {
        Self { keep_days: 30 }
    }
}

/// The portal is a module that a city can switch off.
#[derive(Debug, Clone, Deserialize)]
pub struct PortalSwitch {
    /// Whether residents may file here; the counter always may.
    pub enabled: bool,
}

impl Default for PortalSwitch {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// Agency and role of the coordination queue.
#[derive(Debug, Clone, Deserialize)]
pub struct Coordination {
    /// Code of the agency.
    pub agency: String,
    /// Role of `positions.toml`.
    pub role: String,
}

/// A row of `agencies.csv`.
#[derive(Debug, Deserialize)]
struct AgencyRow {
    code: String,
    kind: String,
    name_vi: String,
    name_en: String,
    commune_code: Option<String>,
    parent: Option<String>,
    valid_from: Option<String>,
    valid_to: Option<String>,
    successor: Option<String>,
    evidence: Option<String>,
}

/// A pack as read from its folder.
#[derive(Debug, Clone)]
pub struct Pack {
    /// Its folder.
    pub folder: PathBuf,
    /// `city.toml`.
    pub city: CityFile,
    /// `positions.toml`.
    pub roles: Roles,
    /// `registers.toml`, else the national ones.
    pub registers: Registers,
    /// `policies/`: who may what.
    pub policies: Arc<Policies>,
    /// `purposes.toml`; none where the file is absent.
    pub purposes: Purposes,
    /// `national-portal.toml`: how the national portal writes things; none where the file is absent.
    pub portal: Option<Arc<Manner>>,
    /// SHA-256 of `agencies.csv`, hex; tells whether the table is up to date.
    pub agencies_sha256: String,
}

fn read(folder: &Path, name: &str) -> Result<String> {
    let path = folder.join(name);
    std::fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// How the national portal writes things, where the pack says so.
fn portal(folder: &Path) -> Result<Option<Arc<Manner>>> {
    if !folder.join(manner::FILE).exists() {
        return Ok(None);
    }
    let read = Manner::from_toml(&read(folder, manner::FILE)?);
    let file = || folder.join(manner::FILE).display().to_string();
    read.map(|manner| Some(Arc::new(manner))).map_err(anyhow::Error::msg).with_context(file)
}

impl Pack {
    /// Reads what the server needs.
    pub fn load(folder: &Path) -> Result<Pack> {
        let city: CityFile = toml::from_str(&read(folder, "city.toml")?)
            .with_context(|| folder.join("city.toml").display().to_string())?;
        let roles = Roles::from_toml(&read(folder, "positions.toml")?).with_context(|| folder.display().to_string())?;
        let registers = match folder.join("registers.toml").exists() {
            true => Registers::from_toml(&read(folder, "registers.toml")?),
            false => Registers::built_in(),
        };
        let registers = registers.with_context(|| format!("{}/registers.toml", folder.display()))?;
        let policies = Policies::load(&folder.join("policies")).with_context(|| folder.display().to_string())?;
        let purposes = match folder.join("purposes.toml").exists() {
            true => {
                Purposes::from_toml(&read(folder, "purposes.toml")?).with_context(|| folder.display().to_string())?
            }
            false => Purposes::default(),
        };
        let portal = portal(folder)?;
        let digest = Sha256::digest(read(folder, "agencies.csv")?.as_bytes());
        let agencies_sha256 = data_encoding::HEXLOWER.encode(&digest);
        let policies = Arc::new(policies);
        Ok(Pack { folder: folder.to_owned(), city, roles, registers, policies, purposes, portal, agencies_sha256 })
    }

    /// All agencies of the pack, also those that are no more.
    pub fn agencies(&self) -> Result<Vec<AgencySeed>> {
        let text = read(&self.folder, "agencies.csv")?;
        let mut seeds = Vec::new();
        for (index, row) in csv::Reader::from_reader(text.as_bytes()).deserialize::<AgencyRow>().enumerate() {
            let line = index + 2;
            let row = row.with_context(|| format!("{}/agencies.csv:{line}", self.folder.display()))?;
            let filled = |value: Option<String>| value.filter(|text| !text.is_empty());
            if row.code.is_empty() || row.name_vi.is_empty() {
                bail!("{}/agencies.csv:{line}: code and name_vi are required", self.folder.display());
            }
            seeds.push(AgencySeed {
                agency: Agency {
                    code: row.code,
                    kind: row.kind,
                    name_vi: haidang_kernel::text::nfc(&row.name_vi),
                    name_en: row.name_en,
                    parent: filled(row.parent),
                    commune_code: filled(row.commune_code),
                    valid_from: filled(row.valid_from),
                    valid_to: filled(row.valid_to),
                    successor: filled(row.successor),
                },
                evidence: filled(row.evidence),
            });
        }
        Ok(seeds)
    }

    /// What the frame of every page shows.
    pub fn frame(&self) -> haidang_ui::City {
        let city = &self.city;
        let both = |vi: &str, en: Option<&str>| Bilingual { vi: vi.to_owned(), en: Some(en.unwrap_or(vi).to_owned()) };
        let responsible = city.responsible.as_deref().unwrap_or(&city.name);
        let responsible_en = city.responsible_en.as_deref().unwrap_or(&city.name_en);
        haidang_ui::City {
            name: both(&city.name, Some(&city.name_en)),
            portal: both(&city.portal, city.portal_en.as_deref()),
            office: both(&city.office, city.office_en.as_deref()),
            phone: city.phone.clone(),
            phone_note: city.phone_is_sample.then(|| Bilingual::new("số mẫu", "sample number")),
            email: city.email.clone(),
            responsible: both(responsible, Some(responsible_en)),
            counters: None,
        }
    }

    /// Agency and role of the coordination queue: named by the city, else whoever holds `case.coordinate` by code.
    pub fn coordination(&self) -> Option<(String, String)> {
        if let Some(named) = &self.city.coordination {
            return Some((named.agency.clone(), named.role.clone()));
        }
        let coordinating = self.roles.iter().filter(|role| role.capabilities.contains("case.coordinate"));
        // The role with the fewest other rights is the one made for the queue.
        let mut found: Vec<_> = coordinating
            .filter_map(|role| {
                let agency = role.agencies.iter().find(|name| name.contains('.'))?;
                Some((role.capabilities.len(), agency.clone(), role.id.clone()))
            })
            .collect();
        found.sort();
        found.into_iter().next().map(|(_, agency, role)| (agency, role))
    }
}
