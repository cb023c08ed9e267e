//! The package that goes to the archive: a folder with the papers, the record of the file and the list of what lies in
//! it, with the names of Appendix VI (Decree 30/2020/NĐ-CP).

use super::model::{CaseFile, Laid};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::problem::Problem;
use haidang_store::AuditEntry;
use serde_json::{Value, json};
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Most bytes of the papers of one package; a larger file is handed over in parts.
const MOST: i64 = 500 * 1024 * 1024;

/// The 11 fields of a file.
fn record(file: &CaseFile, organ_id: &str, retention: &str, laid: &[Laid]) -> Value {
    let pages: i64 = laid.iter().filter_map(|one| one.entry.page_amount).sum();
    json!({
        "FileCode": { "OrganId": organ_id, "FileCatalog": file.year, "FileNotation": file.notation },
        "Title": file.title,
        "Maintenance": retention,
        "Rights": file.rights,
        "Creator": file.keeper_name.chars().take(30).collect::<String>(),
        "Language": "Tiếng Việt",
        "StartDate": file.opened_on.strftime("%d/%m/%Y").to_string(),
        "EndDate": file.closed_on.map(|day| day.strftime("%d/%m/%Y").to_string()).unwrap_or_default(),
        "DocTotal": laid.len(),
        "PageTotal": pages,
        "Description": file.description,
    })
}

/// A value of a CSV file: quoted, and never a formula for whoever opens it in a table.
fn cell(text: &str) -> String {
    let safe = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    format!("\"{}\"", safe.replace('"', "\"\""))
}

/// The list of documents as a table, with a mark at its head so that office programs read it as UTF-8.
fn csv(laid: &[Laid]) -> String {
    let mut out = String::from(
        "\u{FEFF}DocOrdinal,TypeName,CodeNumber,CodeNotation,IssuedDate,OrganName,Subject,PageAmount,FileName,SHA256\r\n",
    );
    for one in laid {
        let entry = &one.entry;
        let pages = entry.page_amount.map(|count| count.to_string()).unwrap_or_default();
        let row = [
            &one.ordinal.to_string(),
            &entry.type_name,
            &entry.code_number,
            &entry.code_notation,
            &entry.issued_date,
            &entry.organ_name,
            &entry.subject,
            &pages,
            &name(one),
            &entry.sha256,
        ];
        out.push_str(&row.map(|value| cell(value)).join(","));
        out.push_str("\r\n");
    }
    out
}

/// Letters, digits and a few marks: a name every system can write.
fn plain(text: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' };
    text.chars().map(kept).take(60).collect()
}

/// `001-05-QĐ-UBND.pdf`
fn name(one: &Laid) -> String {
    let ending = match one.entry.media_type.as_str() {
        "application/pdf" => "pdf",
        "application/json" => "json",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/tiff" => "tif",
        _ => "bin",
    };
    format!("{:03}-{}-{}.{ending}", one.ordinal, plain(&one.entry.code_number), plain(&one.entry.code_notation))
}

fn broken(error: &dyn std::fmt::Display) -> Problem {
    Problem::internal(format!("the package could not be written: {error}"))
}

impl OfficeRoom {
    /// The package, the same bytes for the same file.
    pub(super) async fn package(&self, file: &CaseFile) -> Result<Vec<u8>, Problem> {
        let laid = self.laid(&file.id).await?;
        let organ_id = self.documents.organ_id(&file.agency).unwrap_or_default();
        let retention = self.documents.retention(&file.retention).map(|class| class.name.vi.as_str());
        let record = record(file, organ_id, retention.unwrap_or_default(), &laid);
        let entries: Vec<_> = laid.iter().map(|one| &one.entry).collect();
        let print = |value: &Value| serde_json::to_vec_pretty(value).map_err(|error| broken(&error));
        let folder = plain(&file.notation);
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let texts = [
            ("ho-so.json", print(&record)?),
            ("muc-luc.json", print(&json!(entries))?),
            ("muc-luc.csv", csv(&laid).into_bytes()),
        ];
        for (name, bytes) in texts {
            archive.start_file(format!("{folder}/{name}"), options).map_err(|error| broken(&error))?;
            archive.write_all(&bytes).map_err(|error| broken(&error))?;
        }
        let mut left = MOST;
        for one in &laid {
            // What the archive holds as the newest form proves the same paper for longer.
            let sha256 = self.archive.newest(&one.entry.sha256).await?;
            let bytes = self.paper_bytes(&sha256).await?;
            left -= i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            if left < 0 {
                return Err(Problem::conflict("package_too_large", "the papers of this file exceed 500 MB"));
            }
            archive.start_file(format!("{folder}/van-ban/{}", name(one)), options).map_err(|error| broken(&error))?;
            archive.write_all(&bytes).map_err(|error| broken(&error))?;
        }
        Ok(archive.finish().map_err(|error| broken(&error))?.into_inner())
    }

    /// The package for somebody who reads the file: as it was handed over, else as it would be today. Recorded.
    ///
    /// # Errors
    /// `case_file_not_found`, `package_too_large`, `file_changed`.
    pub async fn read_package(&self, reader: &Reader<'_>, id: &str) -> Result<(CaseFile, Vec<u8>), Problem> {
        let file = self.case_file(reader, id).await?;
        let entry = AuditEntry::read("case_file.package_read", reader.actor_ref(&file.agency))
            .object("case_file", id)
            .request(reader.request_id)
            .because("30/2020/NĐ-CP Điều 30", "lấy gói nộp lưu hồ sơ");
        self.db.record_read(entry).await?;
        let bytes = match &file.package_sha256 {
            Some(sha256) => self.paper_bytes(sha256).await?,
            None => self.package(&file).await?,
        };
        Ok((file, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let check = |text: &str, expected: &str| assert_eq!(cell(text), expected);
        check("Về việc \"mẫu\"", "\"Về việc \"\"mẫu\"\"\"");
        check("=1+1", "\"'=1+1\"");
        check("-5", "\"'-5\"");
        assert_eq!(plain("05/QĐ UBND"), "05-QĐ-UBND");
    }
}
