//! All versions of a city.

use super::version::Version;
use haidang_kernel::bilingual::Bilingual;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Versions by code and by id; never changed once built. A new pack gives a new catalogue.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    by_code: BTreeMap<String, Vec<Arc<Version>>>,
    by_id: BTreeMap<String, Arc<Version>>,
}

impl Catalogue {
    /// Builds a catalogue. Of two versions with one id the first stays.
    pub fn new(versions: impl IntoIterator<Item = Version>) -> Self {
        let mut catalogue = Self::default();
        for version in versions {
            if catalogue.by_id.contains_key(&version.id) {
                continue;
            }
            let version = Arc::new(version);
            catalogue.by_id.insert(version.id.clone(), Arc::clone(&version));
            catalogue.by_code.entry(version.procedure.code.clone()).or_default().push(version);
        }
        for versions in catalogue.by_code.values_mut() {
            versions.sort_by_key(|version| version.procedure.version);
        }
        catalogue
    }

    /// The version of a procedure in force on a day; the highest number when several are.
    pub fn in_force(&self, code: &str, day: Date) -> Option<Arc<Version>> {
        let versions = self.by_code.get(code)?;
        versions.iter().rev().find(|version| version.procedure.effective.contains(day)).cloned()
    }

    /// The version a case pinned.
    pub fn by_id(&self, id: &str) -> Option<Arc<Version>> {
        self.by_id.get(id).cloned()
    }

    /// One version of every procedure in force on a day, by code.
    pub fn all_current(&self, day: Date) -> Vec<Arc<Version>> {
        self.by_code.keys().filter_map(|code| self.in_force(code, day)).collect()
    }

    /// Every version, by code and number.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Version>> {
        self.by_code.values().flatten()
    }

    /// All versions of one procedure, oldest first.
    pub fn versions(&self, code: &str) -> &[Arc<Version>] {
        self.by_code.get(code).map_or(&[], Vec::as_slice)
    }

    /// Name of a procedure on a day, or of its last version.
    pub fn name(&self, code: &str, day: Date) -> Option<Bilingual> {
        self.in_force(code, day).or_else(|| self.versions(code).last().cloned()).map(|version| version.name())
    }

    /// Number of versions.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is no version.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}
