//! Mode A of numbering: the leader signs while number and date are still empty fields, the clerk fills them, the
//! organ's signature closes the paper (Decree 30/2020/NĐ-CP, Điều 15 and 18).

use std::collections::BTreeMap;

use super::Place;
use crate::pades::{NewField, NewFieldKind, PadesError, PageChoice, Placement, add_fields};
use crate::pdf::{Appended, PdfFile};

/// Where a field or signature is seen when it stands at this place.
pub fn placement(place: &Place) -> Placement {
    let Place { page, x, y, width, height } = *place;
    Placement { page: PageChoice::At(page), rectangle: [x, y, x + width, y + height] }
}

/// Adds an empty text field at each of these places, each with what screen readers say of it; before the first
/// signature. [`crate::pades::fill_fields`] fills them.
///
/// # Errors
/// As [`add_fields`].
pub fn empty_fields(file: &PdfFile, places: &BTreeMap<String, (Place, String)>) -> Result<Appended, PadesError> {
    let fields: Vec<NewField> = places
        .iter()
        .map(|(name, (place, tooltip))| NewField {
            name: name.clone(),
            tooltip: tooltip.clone(),
            placement: Some(placement(place)),
            kind: NewFieldKind::Text,
        })
        .collect();
    add_fields(file, &fields)
}
