//! What a signature shows (Decree 30/2020, Appendix I, II.7 and II.8): the competent person's in blue, the organ's seal in
//! red over a third of it on the left, number and time in black on the first page of an annex that is a file of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use haidang_contracts::ContractError;
use haidang_contracts::papers::{FileToSign, PaperPlace, RECORD_FIELD, SignatureRole, SigningParty};
use haidang_documents::pades::{
    Appearance, AppearanceText, OFFICIAL_FONT, OFFICIAL_ITALIC, PadesError, PageChoice, Placement, handwriting,
    initials, seal,
};
use jiff::Timestamp;

/// Pictures that are kept, at most; a city has fewer signers on one day.
const KEPT: usize = 256;
/// Letters of the block on an annex: 10 pt, black (Appendix I, II.8).
const ANNEX: f64 = 10.0;

/// A PNG.
type Picture = Arc<[u8]>;
/// What draws a name.
type Draw = fn(&str) -> Result<Vec<u8>, PadesError>;

/// Pictures of names, drawn once; by what they show and of whom.
#[derive(Default)]
pub(super) struct Pictures {
    drawn: Mutex<BTreeMap<(u8, String), Picture>>,
    upright: std::sync::OnceLock<Arc<[u8]>>,
    italic: std::sync::OnceLock<Arc<[u8]>>,
}

impl Pictures {
    /// The font of annexes and fields.
    fn font(&self) -> Arc<[u8]> {
        self.upright.get_or_init(|| OFFICIAL_FONT.into()).clone()
    }

    /// The font of a field: place and date stand in italic (Appendix I, II.4).
    pub(super) fn font_of(&self, field: &str) -> Arc<[u8]> {
        match field {
            "date" => self.italic.get_or_init(|| OFFICIAL_ITALIC.into()).clone(),
            _ => self.font(),
        }
    }

    /// What the signature on this file shows.
    pub(super) fn of(
        &self,
        role: SignatureRole,
        party: &SigningParty,
        file: &FileToSign,
        at: Timestamp,
    ) -> Result<Appearance, ContractError> {
        if file.field.starts_with("annex") {
            let lines = file.fill.values().map(|line| haidang_kernel::text::nfc(line)).chain([iso_time(at)]).collect();
            let text = AppearanceText { lines, font: self.font(), size: ANNEX, colour: [0; 3] };
            return Ok(Appearance { picture: None, text: Some(text) });
        }
        let (SigningParty::Officer { name, .. } | SigningParty::Organ { name, .. }) = party;
        let (kind, draw): (u8, Draw) = match role {
            SignatureRole::Initials => (0, initials),
            SignatureRole::Officer => (1, handwriting),
            SignatureRole::Organ => (2, seal),
        };
        Ok(Appearance { picture: Some(self.drawn(kind, name, draw)?), text: None })
    }

    fn drawn(&self, kind: u8, name: &str, draw: Draw) -> Result<Picture, ContractError> {
        let key = (kind, name.to_owned());
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = drawn.get(&key) {
            return Ok(found.clone());
        }
        let failed = |error: PadesError| ContractError::Refused { code: "text_unprintable", detail: error.to_string() };
        let made: Picture = draw(name).map_err(failed)?.into();
        if drawn.len() >= KEPT {
            drawn.clear();
        }
        drawn.insert(key, made.clone());
        Ok(made)
    }
}

/// `2026-01-05T08:30:00+07:00`: ISO 8601 with the zone of Vietnam (Appendix I, II.8).
fn iso_time(at: Timestamp) -> String {
    let local = at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(7)));
    format!("{}+07:00", local.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// A rectangle of the contract as `pades` takes it.
pub(super) fn placement(place: &PaperPlace) -> Placement {
    let rectangle = [place.x, place.y, place.x + place.width, place.y + place.height];
    Placement { page: PageChoice::At(place.page), rectangle }
}

/// Where the seal lies: as high as the signature is wide at most, over a third of it on the left (Appendix I, II.8).
pub fn seal_place(officer: &PaperPlace, side: f64) -> PaperPlace {
    PaperPlace {
        page: officer.page,
        x: officer.x + officer.width / 3.0 - side,
        y: officer.y + (officer.height - side) / 2.0,
        width: side,
        height: side,
    }
}

/// What screen readers say of a prepared field, in the language of the papers.
pub(super) fn field_words(name: &str) -> &'static str {
    match name {
        "number" => "Số của văn bản",
        RECORD_FIELD => "Thông tin văn bản theo Phụ lục VI Nghị định 30/2020/NĐ-CP, dành cho máy đọc",
        "copied_at" => "Thời gian sao văn bản",
        "date" => "Ngày, tháng, năm ban hành",
        name if name.starts_with("officer") => "Chữ ký số của người có thẩm quyền",
        name if name.starts_with("organ") => "Chữ ký số của cơ quan, tổ chức",
        name if name.starts_with("initials") => "Chữ ký nháy",
        name if name.starts_with("annex") => "Thông tin ký số của phụ lục",
        _ => "Nội dung điền khi ban hành",
    }
}

/// The same with who signs, for a field that is made by its signature.
pub(super) fn tooltip(field: &str, party: &SigningParty) -> String {
    let (SigningParty::Officer { name, .. } | SigningParty::Organ { name, .. }) = party;
    format!("{}: {name}", field_words(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seal_covers_a_third_of_the_signature_on_the_left() {
        let officer = PaperPlace { page: 2, x: 300.0, y: 100.0, width: 150.0, height: 60.0 };
        let place = seal_place(&officer, 100.0);
        assert_eq!((place.page, place.x + place.width), (2, 350.0), "the right edge lies at a third");
        assert_eq!(place.y + place.height / 2.0, officer.y + officer.height / 2.0);
    }

    #[test]
    fn an_annex_shows_the_time_of_vietnam() {
        let at = "2026-01-05T01:30:00Z".parse().unwrap_or_default();
        assert_eq!(iso_time(at), "2026-01-05T08:30:00+07:00");
    }
}
