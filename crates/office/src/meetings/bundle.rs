//! The papers of a meeting in one archive, to be read without a network.

use super::model::MeetingView;
use super::rules::entry_name;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::problem::Problem;
use haidang_kernel::{format, time};
use haidang_ui::{Html, Lang, t};
use std::fs::File;
use std::io::{Seek as _, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// An archive in a file that nobody else can name; it goes when it is dropped.
pub(crate) struct Bundle {
    pub(crate) file: File,
    pub(crate) size: u64,
    pub(crate) name: String,
}

fn failed(_: impl std::error::Error) -> Problem {
    Problem::unavailable("bundle_failed", "the archive could not be written")
}

/// The page that opens first: the agenda with links to its papers. Plain HTML without scripts or anything from outside.
fn index(lang: Lang, view: &MeetingView, entries: &[String]) -> String {
    let meeting = &view.meeting;
    let mut page = Html::trusted("<!doctype html>\n<html lang=\"")
        .then(Html::text(lang.code()))
        .then(Html::trusted(
            "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>",
        ))
        .then(Html::text(&meeting.title))
        .then(Html::trusted("</title></head><body><h1>"))
        .then(Html::text(&meeting.title))
        .then(Html::trusted("</h1><p>"))
        .then(Html::text(format::date_time_text(lang, meeting.starts_at)))
        .then(Html::trusted(" · "))
        .then(Html::text(&meeting.place))
        .then(Html::trusted("</p>"));
    let list = |item: Option<&str>| {
        let mut list = Html::trusted("<ul>");
        for (paper, entry) in view.papers.iter().zip(entries).filter(|(paper, _)| paper.item.as_deref() == item) {
            list = list
                .then(Html::trusted("<li><a href=\""))
                .then(Html::text(entry))
                .then(Html::trusted("\">"))
                .then(Html::text(&paper.name))
                .then(Html::trusted("</a></li>"));
        }
        list.then(Html::trusted("</ul>"))
    };
    page = page
        .then(Html::trusted("<h2>"))
        .then(Html::text(t(lang, "meetings-agenda", &[])))
        .then(Html::trusted("</h2><ol>"));
    for item in &view.items {
        page = page
            .then(Html::trusted("<li>"))
            .then(Html::text(&item.title))
            .then(list(Some(&item.id)))
            .then(Html::trusted("</li>"));
    }
    page = page.then(Html::trusted("</ol><h2>")).then(Html::text(t(lang, "meetings-papers-general", &[])));
    page.then(Html::trusted("</h2>")).then(list(None)).then(Html::trusted("</body></html>\n")).as_str().to_owned()
}

fn write(index: &str, papers: Vec<(String, File)>) -> Result<(File, u64), Problem> {
    let mut archive = ZipWriter::new(tempfile::tempfile().map_err(failed)?);
    // Papers are packed already; the page is small.
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    archive.start_file("index.html", options).map_err(failed)?;
    archive.write_all(index.as_bytes()).map_err(failed)?;
    for (name, mut content) in papers {
        archive.start_file(name, options).map_err(failed)?;
        std::io::copy(&mut content, &mut archive).map_err(failed)?;
    }
    let mut file = archive.finish().map_err(failed)?;
    let size = file.stream_position().map_err(failed)?;
    file.rewind().map_err(failed)?;
    Ok((file, size))
}

impl OfficeRoom {
    /// All papers of a meeting in one archive; the look is recorded.
    ///
    /// # Errors
    /// `meeting_not_found`, `file_gone`, `bundle_failed`.
    pub(crate) async fn meeting_bundle(&self, reader: &Reader<'_>, id: &str, lang: Lang) -> Result<Bundle, Problem> {
        let view = self.meeting_for(reader, id).await?;
        self.db.record_read(reader.look("meeting.papers_taken", "meeting", id, &view.meeting.agency)).await?;
        let entries: Vec<String> =
            view.papers.iter().enumerate().map(|(place, paper)| entry_name(place + 1, &paper.name)).collect();
        let mut papers = Vec::new();
        for (paper, entry) in view.papers.iter().zip(&entries) {
            let (file, _) = self.blobs.get(&paper.sha256).await?;
            papers.push((entry.clone(), file.into_std().await));
        }
        let index = index(lang, &view, &entries);
        let written = tokio::task::spawn_blocking(move || write(&index, papers)).await;
        let (file, size) = written.map_err(|_| Problem::internal("the writer of archives stopped"))??;
        let day = time::civil(view.meeting.starts_at).date();
        Ok(Bundle { file, size, name: format!("{} {day}.zip", view.meeting.title) })
    }
}
