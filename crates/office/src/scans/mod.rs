//! Digitisation: scanned papers are kept as they came, read, looked at by a person, and found by their words.

mod api;
mod confirming;
pub mod extract;
mod model;
mod pages;
mod reading;
mod registering;
pub mod rules;
mod settings;
pub mod sql;
mod uploading;
mod withdrawing;

pub use confirming::{Typed, faults};
pub use model::{Facts, PageRow, PageText, Scan, State, Withdrawn};
pub use reading::ReadScans;
pub use settings::{Kind, ScanSettings, SettingsError};
pub use uploading::{ListScans, NewScan, Taken};

use crate::room::OfficeRoom;
use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::recognition::{ReadPage, Readiness, Recogniser, Survey};
use haidang_web::{Routes, Row, UploadLimits};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Kind of the job that reads a scan.
pub(crate) const READ_JOB: &str = "office.read_scan";
/// Pages of all scans read beside each other: reading fills a processor.
const BESIDE: usize = 2;

/// What scans work with.
#[derive(Clone)]
pub struct ScanParts {
    /// What the pack says.
    pub settings: ScanSettings,
    /// What reads.
    pub recogniser: Arc<dyn Recogniser>,
    pub(crate) permits: Arc<Semaphore>,
}

impl ScanParts {
    /// With something that reads.
    pub fn new(settings: ScanSettings, recogniser: Arc<dyn Recogniser>) -> Self {
        Self { settings, recogniser, permits: Arc::new(Semaphore::new(BESIDE)) }
    }
}

impl Default for ScanParts {
    fn default() -> Self {
        Self::new(ScanSettings::default(), Arc::new(NothingReads))
    }
}

/// A city without anything that reads: papers are kept and wait.
struct NothingReads;

const READER: &str = "tesseract-ocr-vie";

fn nothing() -> ContractError {
    ContractError::Unavailable(format!("{READER} is not installed"))
}

#[async_trait]
impl Recogniser for NothingReads {
    async fn readiness(&self) -> Readiness {
        Readiness::Missing(READER.to_owned())
    }

    async fn survey(&self, _: &Path, _: &str) -> Result<Survey, ContractError> {
        Err(nothing())
    }

    async fn read_page(&self, _: &Path, _: &str, _: u32) -> Result<ReadPage, ContractError> {
        Err(nothing())
    }
}

const READ: &[&str] = &["scan.upload", "document.read_unit"];

fn page_routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    use pages::{list, one};
    routes
        .page(
            Row::get("list_scans", pages::SCANS).capability("scan.upload").role("clerk").example(pages::SCANS),
            list::list_scans,
        )
        .page(
            Row::post("upload_scans", pages::SCANS)
                .capability("scan.upload")
                .audit("scan.uploaded")
                .upload(UploadLimits::SCANS),
            list::upload_scans,
        )
        .page(
            Row::get("show_scan", "/can-bo/van-ban-quet/{scan}")
                .any_capability(READ)
                .role("clerk")
                // The picture of the paper is what the clerk compares with.
                .kilobytes(600)
                .example("/can-bo/van-ban-quet/{scan}"),
            one::show_scan,
        )
        .page(
            Row::post("confirm_scan", "/can-bo/van-ban-quet/{scan}").capability("scan.upload").audit("scan.confirmed"),
            one::confirm_scan,
        )
        .page(
            Row::post("retry_scan", "/can-bo/van-ban-quet/{scan}/doc-lai")
                .capability("scan.upload")
                .audit("scan.retried"),
            one::retry_scan,
        )
        .page(
            Row::post("register_scan", "/can-bo/van-ban-quet/{scan}/van-ban-den")
                .capability("scan.upload")
                .audit("scan.handed_over"),
            one::register_scan,
        )
        .page(
            Row::post("file_scan", "/can-bo/van-ban-quet/{scan}/ho-so")
                .capability("scan.upload")
                .audit("case_file.document_added"),
            one::file_scan,
        )
        .page(
            Row::post("withdraw_scan", "/can-bo/van-ban-quet/{scan}/rut")
                .capability("scan.upload")
                .audit("scan.withdrawn"),
            one::withdraw_scan,
        )
        .page(
            Row::get("download_scan", "/can-bo/van-ban-quet/{scan}/tep")
                .any_capability(READ)
                .not_html()
                .example("/can-bo/van-ban-quet/{scan}/tep"),
            one::download_scan,
        )
        .page(
            Row::get("show_scan_picture", "/can-bo/van-ban-quet/{scan}/trang/{page}")
                .any_capability(READ)
                .not_html()
                .example("/can-bo/van-ban-quet/{scan}/trang/1"),
            one::show_scan_picture,
        )
}

/// Rows of this part.
pub(crate) fn routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    page_routes(routes)
        .api(
            Row::get("list_scans_api", "/api/v1/office/scans")
                .capability("scan.upload")
                .summary("Scanned papers of one's own agency, newest first")
                .query::<api::AskedScans>()
                .returns::<api::ScanList>(200),
            api::list_scans_api,
        )
        .api(
            Row::post("upload_scan_api", "/api/v1/office/scans")
                .capability("scan.upload")
                .audit("scan.uploaded")
                .summary("Hand in scanned papers; the same file again answers the scan it already is")
                .upload(UploadLimits::SCANS)
                .returns::<api::TakenList>(201),
            api::upload_scan_api,
        )
        .api(
            Row::get("get_scan", "/api/v1/office/scans/{scan}")
                .any_capability(READ)
                .summary("One scanned paper with what was proposed and confirmed")
                .example("/api/v1/office/scans/{scan}")
                .returns::<api::ScanView>(200),
            api::get_scan,
        )
        .api(
            Row::get("get_scan_page", "/api/v1/office/scans/{scan}/pages/{page}")
                .any_capability(READ)
                .summary("The words of one page with their places")
                .example("/api/v1/office/scans/{scan}/pages/1")
                .returns::<api::PageView>(200),
            api::get_scan_page,
        )
        .api(
            Row::put("confirm_scan_api", "/api/v1/office/scans/{scan}/facts")
                .capability("scan.upload")
                .audit("scan.confirmed")
                .summary("Confirm what a scanned paper is")
                .body::<api::ConfirmScan>()
                .returns::<api::ScanView>(200),
            api::confirm_scan_api,
        )
        .api(
            Row::post("retry_scan_api", "/api/v1/office/scans/{scan}/retries")
                .capability("scan.upload")
                .audit("scan.retried")
                .summary("Let a scan that could not be read be tried again")
                .returns::<api::ScanView>(200),
            api::retry_scan_api,
        )
        .api(
            Row::post("withdraw_scan_api", "/api/v1/office/scans/{scan}/withdrawal")
                .capability("scan.upload")
                .audit("scan.withdrawn")
                .summary("Withdraw a scan that was handed in by mistake and is used nowhere yet")
                .body::<api::WithdrawScan>()
                .returns::<api::ScanView>(200),
            api::withdraw_scan_api,
        )
        .api(
            Row::post("register_scan_api", "/api/v1/office/scans/{scan}/arrivals")
                .capability("scan.upload")
                .audit("scan.handed_over")
                .summary("Hand a confirmed scan to the incoming documents; again answers the same document")
                .returns::<api::ScanView>(200),
            api::register_scan_api,
        )
}
