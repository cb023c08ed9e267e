//! The clerk takes a document in: its files first, what it says is confirmed when it gets its number.

use super::{ARRIVED, FormPage, messages, office_page, path_of, reader};
use crate::incoming::arriving::{CLERK, NewArrival, NewFile};
use crate::incoming::model::Details;
use crate::incoming::refuse_secret;
use crate::incoming::rules::Channel;
use crate::room::OfficeRoom;
use axum::extract::State as Use;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::Html;
use haidang_ui::component::{Choices, FileUpload, Select};
use haidang_ui::field::{Choice, ErrorItem};
use haidang_web::{Answer, Fault, FileKind, FormFields, Upload, UploadLimits, UploadedFile, Visitor, redirect};
use std::time::Duration;

/// A document and its appendixes: signed PDF, or a scan as PDF or picture.
pub(crate) const LIMITS: UploadLimits = UploadLimits {
    files: crate::incoming::MOST_FILES,
    file_bytes: 50_000_000,
    total_bytes: 200_000_000,
    kinds: &[FileKind::Pdf, FileKind::Jpeg, FileKind::Png, FileKind::Docx, FileKind::Xlsx],
    timeout: Duration::from_secs(600),
};

impl OfficeRoom {
    /// Moves an uploaded file into the store.
    pub(crate) async fn keep_arrived(&self, file: &UploadedFile) -> Result<NewFile, Problem> {
        let open = tokio::fs::File::open(file.path()).await.map_err(|error| Problem::internal(error.to_string()))?;
        let stored = self.blobs.put(open, file.size + 1).await?;
        Ok(NewFile {
            sha256: stored.sha256,
            name: file.name.clone(),
            media_type: file.media_type().to_owned(),
            size: i64::try_from(stored.size).unwrap_or(i64::MAX),
        })
    }

    /// Takes an upload in; a secret one leaves nothing behind, not even its bytes.
    ///
    /// # Errors
    /// As [`OfficeRoom::receive`].
    pub(crate) async fn receive_upload(
        &self,
        visitor: &Visitor,
        agency: &str,
        secrecy: i64,
        files: &[UploadedFile],
    ) -> Result<crate::incoming::Received, Fault> {
        refuse_secret(secrecy)?;
        let reader = reader(visitor)?;
        if !reader.actor.can_in(CLERK, agency) {
            return Err(super::missing().into());
        }
        let mut kept = Vec::with_capacity(files.len());
        for file in files {
            kept.push(self.keep_arrived(file).await?);
        }
        let new = NewArrival {
            agency: agency.to_owned(),
            channel: Channel::Upload,
            source_key: None,
            dispatch: None,
            document: None,
            from_organ: None,
            envelope: None,
            envelope_signer: None,
            details: Details::default(),
            secrecy,
            files: kept,
        };
        Ok(self.receive(&reader, &new).await?)
    }
}

/// The organ for which the clerk receives: the one named, or the only one.
fn agency_of(agencies: &[String], named: &str) -> Option<String> {
    match agencies {
        [only] => Some(only.clone()),
        several => several.iter().find(|code| *code == named).cloned(),
    }
}

async fn form(
    visitor: &Visitor,
    room: &OfficeRoom,
    fields: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<FormPage, Fault> {
    let mut page = office_page(visitor, "incoming-receive-title");
    page.errors = !errors.is_empty();
    let mut form = FormPage {
        back: ARRIVED.to_owned(),
        caption: Html::default(),
        lead: Html::text(page.t("incoming-receive-lead")),
        action: page.href("/can-bo/van-ban-den/tiep-nhan"),
        multipart: true,
        fields: Vec::new(),
        button: page.t("incoming-receive-button"),
        proposed: Vec::new(),
        errors,
        page,
    };
    let agencies = reader(visitor)?.actor.agencies_with(CLERK);
    if agencies.len() > 1 {
        let mut choices = Vec::new();
        for code in &agencies {
            let agency = room.directory.agency(code).await?;
            let name = agency.map_or_else(|| code.clone(), |agency| agency.name_vi);
            choices.push(Choice::new(code, name).chosen(fields.text("agency")));
        }
        form.add(Select::new(form.field("agency", "agency"), choices));
    }
    let size = form.page.size(LIMITS.file_bytes);
    let hint = form.page.t2("incoming-field-file-limits", "size", size, "count", LIMITS.files);
    form.add(FileUpload::new(form.field("file", "file").hint(hint)).accept(LIMITS.accept()).multiple());
    let secrecy = ["0", "1", "2", "3"].map(|level| {
        Choice::new(level, form.page.t(&format!("incoming-secrecy-{level}"))).chosen(fields.text("secrecy"))
    });
    form.add(Choices::radios(form.field("secrecy", "secrecy"), secrecy.to_vec()).small());
    Ok(form)
}

/// The form.
pub(super) async fn show_arrival_upload(visitor: Visitor, Use(room): Use<OfficeRoom>) -> Answer {
    form(&visitor, &room, &FormFields::default(), Vec::new()).await?.answer()
}

/// Takes the document in and goes on to its page.
pub(super) async fn receive_arrival(visitor: Visitor, Use(room): Use<OfficeRoom>, upload: Upload) -> Answer {
    let agencies = reader(&visitor)?.actor.agencies_with(CLERK);
    let mut errors: Vec<ErrorItem> =
        upload.refused.iter().map(|file| ErrorItem::of("file", file.message(visitor.lang, &LIMITS))).collect();
    let mut ask = |field: &str, code: &str| {
        let problem = Problem::invalid("arrival_invalid", "").field(field, code.to_owned());
        errors.extend(messages(&visitor, &problem));
    };
    let agency = agency_of(&agencies, upload.fields.text("agency"));
    if agency.is_none() {
        ask("agency", "required");
    }
    let secrecy = upload.fields.text("secrecy").parse::<i64>().ok().filter(|level| (0..=3).contains(level));
    match secrecy {
        None => ask("secrecy", "required"),
        Some(0) => {}
        Some(_) => ask("secrecy", "secret_refused"),
    }
    if upload.files.is_empty() && upload.refused.is_empty() {
        ask("file", "required");
    }
    let (Some(agency), Some(secrecy), true) = (agency, secrecy, errors.is_empty()) else {
        return form(&visitor, &room, &upload.fields, errors).await?.answer();
    };
    match room.receive_upload(&visitor, &agency, secrecy, &upload.files).await {
        Ok(received) => {
            let said = if received.new { "da-tiep-nhan" } else { "da-co" };
            redirect(visitor.lang, &format!("{}?bao={said}", path_of(&received.id)))
        }
        Err(Fault(problem)) if problem.kind == ProblemKind::Invalid => {
            let errors = messages(&visitor, &problem);
            form(&visitor, &room, &upload.fields, errors).await?.answer()
        }
        Err(fault) => Err(fault),
    }
}
