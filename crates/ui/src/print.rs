//! Official papers on A4: forms 01 to 07 of NĐ 118/2025 as the city prints them, and results.
//!
//! A domain template says `{% extends "print.html" %}`, has fields `page: Page` and `paper: PrintFrame`, and fills the
//! block `paper`. On the screen it is shown as a sheet with a print button; on paper only the sheet remains.

use crate::barcode::barcode_picture;
use crate::html::Html;
use crate::qr::qr_picture;

/// What stands around the text of an official paper.
#[derive(Debug, Clone, Default)]
pub struct PrintFrame {
    /// Superior agency over the issuing one ("Ủy ban nhân dân thành phố …"); may be empty.
    pub superior: String,
    /// Issuing agency.
    pub agency: String,
    /// Number of the paper ("Số: …"); may be empty.
    pub number: String,
    /// Place and date ("Hải Phòng, ngày 05 tháng 11 năm 2026").
    pub place_date: String,
    /// Title in capital letters is the law's form; it is stored as written.
    pub title: String,
    /// Line under the title; may be empty.
    pub subtitle: String,
    /// Which form it is ("Mẫu số 01"); may be empty.
    pub form: String,
    /// Code printed in words (case number, result code).
    pub code: String,
    /// Whether the code also stands as bars, as forms 01 to 06 carry it.
    pub bars: bool,
    /// Address behind the QR code; empty = none.
    pub qr: String,
    /// Address of the digital copy in words; may be empty.
    pub address: String,
    /// Who signs: left column (recipients), right column (position, name).
    pub recipients: Vec<String>,
    /// Position of the signer.
    pub signer_position: String,
    /// Name of the signer.
    pub signer_name: String,
    /// How it was signed ("Đã ký số ngày …"); may be empty.
    pub signed: String,
}

impl PrintFrame {
    /// The QR code with a spoken name, or nothing.
    #[must_use]
    pub fn picture(&self) -> Html {
        if self.qr.is_empty() { Html::default() } else { qr_picture(&self.qr, &self.qr) }
    }

    /// The code as bars, or nothing.
    #[must_use]
    pub fn barcode(&self) -> Html {
        if self.bars { barcode_picture(&self.code, &self.code) } else { Html::default() }
    }
}
