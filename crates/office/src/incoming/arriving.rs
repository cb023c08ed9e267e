//! A document comes: its files are kept as they are, judged, and it waits for the clerk.

use super::changing::{By, Change, missing};
use super::model::{Arrival, Details, Finding, Judgement, Signed};
use super::record;
use super::rules::{self, Answer, Channel, State};
use super::sql;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::validations::{About, NewValidation, Target};
use haidang_contracts::ContractError;
use haidang_contracts::papers::JudgedFile;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{Stored, args};
use serde_json::json;

/// Marker of a document that came.
pub(crate) enum ArrivalRow {}

/// What allows receiving.
pub const CLERK: &str = "document.clerk";
/// What allows handing in scans.
pub const SCAN: &str = "scan.upload";

const PDF: &str = "application/pdf";
/// Most files of one document.
pub const MOST_FILES: usize = 20;

/// A file that is in the store already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// SHA-256, hex.
    pub sha256: String,
    /// Name its sender gave.
    pub name: String,
    /// Media type of its bytes.
    pub media_type: String,
    /// Size in bytes.
    pub size: i64,
}

/// A document that comes.
#[derive(Debug, Clone)]
pub struct NewArrival {
    /// Code of the organ it comes to.
    pub agency: String,
    /// By which way.
    pub channel: Channel,
    /// What makes the delivery one, so that it is taken once; `None` for what a person hands in.
    pub source_key: Option<String>,
    /// Id of the dispatch at an organ of this city.
    pub dispatch: Option<String>,
    /// Id of the document at its sender.
    pub document: Option<String>,
    /// Code or OrganId of the sender.
    pub from_organ: Option<String>,
    /// What the signature of the message that brought it proves.
    pub envelope: Option<String>,
    /// Name in the certificate of that signature.
    pub envelope_signer: Option<String>,
    /// What is known of the paper; the clerk confirms it.
    pub details: Details,
    /// 0 none, 1 mật, 2 tối mật, 3 tuyệt mật: anything but 0 is refused.
    pub secrecy: i64,
    /// Its files, the document itself first.
    pub files: Vec<NewFile>,
}

/// What came of receiving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Id of the document that came.
    pub id: String,
    /// Whether it is new here; the same delivery or the same file again is not.
    pub new: bool,
}

/// State secrets never enter this system: Decree 30/2020/NĐ-CP, Article 1, clause 3.
///
/// # Errors
/// `secret_refused`.
pub fn refuse_secret(secrecy: i64) -> Result<(), Problem> {
    if secrecy == 0 {
        return Ok(());
    }
    let problem = Problem::invalid("secret_refused", "documents with state secrets are not received by this system");
    Err(problem.field("secrecy", "secret_refused"))
}

/// What was found about one file.
pub(crate) struct Examined {
    answers: (Answer, Answer, Answer),
    judgement: Judgement,
    layout: Vec<Finding>,
    /// The judgement itself, where there are signatures: it becomes a report when an official receives the file.
    judged: Option<JudgedFile>,
}

fn summary(judged: JudgedFile) -> Judgement {
    let signed = judged.signatures.into_iter().map(|one| Signed {
        signer: one.signer,
        integrity: one.integrity.into(),
        identity: one.identity.into(),
        stamped_at: one.stamped_at,
        level: one.level,
    });
    Judgement { signatures: signed.collect(), report: judged.report }
}

impl OfficeRoom {
    /// Takes a document in that an official hands in: an upload, or a scan of the digitisation.
    ///
    /// # Errors
    /// `secret_refused`, `arrival_not_found` in another organ, `arrival_invalid` with field `file`.
    pub async fn receive(&self, reader: &Reader<'_>, new: &NewArrival) -> Result<Received, Problem> {
        refuse_secret(new.secrecy)?;
        let may = [CLERK, SCAN].iter().any(|capability| reader.actor.can_in(capability, &new.agency));
        if !may {
            return Err(missing());
        }
        let wrong = |code: &'static str| {
            Problem::invalid("arrival_invalid", "the file is missing, or there are too many").field("file", code)
        };
        let Some(main) = new.files.first() else { return Err(wrong("required")) };
        if new.files.len() > MOST_FILES {
            return Err(wrong("too_many"));
        }
        if let Some(row) =
            self.db.fetch_optional(sql::SAME_FILE, args![new.agency.as_str(), main.sha256.as_str()]).await?
        {
            return Ok(Received { id: row.text("id")?, new: false });
        }
        self.take_in(&By::official(reader, &new.agency), new, true).await
    }

    /// Takes a document in. `strict` refuses a file that cannot be read; a delivery is taken all the same, so that the
    /// clerk can return it with the reason.
    pub(crate) async fn take_in(&self, by: &By, new: &NewArrival, strict: bool) -> Result<Received, Problem> {
        refuse_secret(new.secrecy)?;
        let mut examined = Vec::with_capacity(new.files.len());
        for file in &new.files {
            examined.push(self.examine_arrived(file, strict).await?);
        }
        let mut details = tidied(&new.details);
        let proposed = match new.files.first() {
            Some(main) => self.details_inside(main).await?,
            None => None,
        };
        if details.subject.is_empty()
            && let Some(found) = &proposed
        {
            details = found.clone();
        }
        let proposed = proposed.map(|found| serde_json::to_string(&found)).transpose();
        let proposed = proposed.map_err(|error| Problem::internal(error.to_string()))?;
        let id: Id<ArrivalRow> = self.ambient.new_id();
        let today = self.ambient.today();
        let act_by = rules::register_by(&self.days.calendar(), today);
        let (integrity, identity, stamped) =
            examined.first().map_or((Answer::Absent, Answer::Absent, Answer::Absent), |one| one.answers);
        let source = new.source_key.clone().unwrap_or_else(|| format!("{}/{id}", new.channel.as_str()));
        let same = rules::same_key(&details.from_name, &details.code_number, &details.code_notation, details.issued_on);
        let now = self.ambient.now();
        let values = args![
            &id,
            new.agency.as_str(),
            new.channel.as_str(),
            source.as_str(),
            new.dispatch.clone(),
            new.document.clone(),
            new.from_organ.clone(),
            details.from_name.as_str(),
            details.code_number.as_str(),
            details.code_notation.as_str(),
            details.issued_on.map(|day| day.to_string()),
            details.kind.as_str(),
            details.subject.as_str(),
            details.signer.as_str(),
            details.urgency,
            details.pages,
            details.answer_by.map(|day| day.to_string()),
            same,
            integrity.as_str(),
            identity.as_str(),
            stamped.as_str(),
            new.envelope.clone(),
            new.envelope_signer.clone(),
            proposed,
            now,
            act_by.to_string()
        ];
        let files = (0_i64..).zip(new.files.iter().zip(&examined));
        let files = files.map(|(place, (file, found))| file_row(id.as_str(), place, file, found));
        let files = files.collect::<Result<Vec<_>, _>>()?;
        let reports = self.reports_of(by, new, id.as_str(), &details, &examined).await?;
        let (source, files, reports, id) = (&source, &files, &reports, id.as_str());
        self.db
            .transaction(|tx| {
                let values = values.clone();
                Box::pin(async move {
                    if tx.execute(sql::INSERT, values).await? == 0 {
                        let row = tx.fetch_one(sql::BY_SOURCE, args![new.agency.as_str(), source.as_str()]).await?;
                        return Ok(Received { id: row.text("id")?, new: false });
                    }
                    for (stored, row) in files {
                        tx.keep_blob(stored).await?;
                        tx.execute(sql::INSERT_FILE, row.clone()).await?;
                    }
                    for report in reports {
                        report.write(tx, by.actor.clone(), &by.request_id).await?;
                    }
                    let row = tx.fetch_one(sql::ONE, args![id]).await?;
                    let arrival = Arrival::read(&row)?;
                    let detail = json!({ "channel": new.channel.as_str(), "files": files.len() });
                    let change = Change { by, act: "arrive", audit: "office.arrival_received", words: "", detail };
                    self.record_change(tx, &arrival, State::Arrived, change).await?;
                    self.say_status(tx, &arrival, rules::status_code(State::Arrived), None).await?;
                    Ok::<_, Problem>(Received { id: arrival.id, new: true })
                })
            })
            .await
    }

    /// A report about each signed file that an official takes in; what a delivery brings is judged by the platform.
    async fn reports_of(
        &self,
        by: &By,
        new: &NewArrival,
        id: &str,
        details: &Details,
        examined: &[Examined],
    ) -> Result<Vec<NewValidation>, Problem> {
        let Some(person) = &by.person else { return Ok(Vec::new()) };
        let mut reports = Vec::new();
        for (file, found) in new.files.iter().zip(examined) {
            let Some(judged) = &found.judged else { continue };
            let target = Target {
                about: About::Arrival,
                object: id.to_owned(),
                title: format!("{} {}", details.code(), details.from_name).trim().to_owned(),
                agency: new.agency.clone(),
                sha256: file.sha256.clone(),
            };
            reports.push(self.new_validation((person, &by.name), target, judged).await?);
        }
        Ok(reports)
    }

    /// Judges one file; only PDF carries signatures.
    pub(crate) async fn examine_arrived(&self, file: &NewFile, strict: bool) -> Result<Examined, Problem> {
        let absent = (Answer::Absent, Answer::Absent, Answer::Absent);
        if file.media_type != PDF {
            return Ok(Examined { answers: absent, judgement: Judgement::default(), layout: Vec::new(), judged: None });
        }
        let bytes = self.blobs.bytes(&file.sha256).await?;
        let judged = match self.signing.judge(&bytes).await {
            Ok(judged) => judged,
            Err(ContractError::Refused { .. }) if strict => {
                let problem = Problem::invalid("arrival_invalid", "the file cannot be read as a PDF");
                return Err(problem.field("file", "unreadable"));
            }
            Err(ContractError::Refused { code, .. }) => {
                let unknown = (Answer::Unknown, Answer::Unknown, Answer::Unknown);
                let judgement = Judgement { signatures: Vec::new(), report: json!({ "refused": code }) };
                return Ok(Examined { answers: unknown, judgement, layout: Vec::new(), judged: None });
            }
            Err(error) => return Err(error.into()),
        };
        // The layout is information: without it the document is received all the same.
        let layout = match self.typesetting.lint(&bytes).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(error = %error, sha256 = file.sha256, "layout of a document that came was not judged");
                Vec::new()
            }
        };
        let layout =
            layout.into_iter().map(|one| Finding { article: one.article, found: one.found, wanted: one.wanted });
        let answers = rules::answers(&judged);
        let kept = Some(judged.clone()).filter(|file| !file.signatures.is_empty());
        Ok(Examined { answers, judgement: summary(judged), layout: layout.collect(), judged: kept })
    }

    /// What the Appendix VI record inside a document says of it, when it carries one.
    async fn details_inside(&self, file: &NewFile) -> Result<Option<Details>, Problem> {
        let Some(reader) = self.incoming.attachments.as_ref().filter(|_| file.media_type == PDF) else {
            return Ok(None);
        };
        let bytes = self.blobs.bytes(&file.sha256).await?;
        match reader.inside(bytes).await {
            Ok(found) => Ok(record::proposed(&found)),
            Err(ContractError::Refused { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// What is kept of a file, and its row at a place among the files of a document.
pub(crate) fn file_row(
    id: &str,
    place: i64,
    file: &NewFile,
    found: &Examined,
) -> Result<(Stored, Vec<haidang_store::Value>), Problem> {
    let json = |value: serde_json::Result<String>| value.map_err(|error| Problem::internal(error.to_string()));
    let row = args![
        id,
        place,
        file.sha256.as_str(),
        file.name.as_str(),
        file.media_type.as_str(),
        file.size,
        json(serde_json::to_string(&found.judgement))?,
        json(serde_json::to_string(&found.layout))?
    ];
    Ok((Stored { sha256: file.sha256.clone(), size: u64::try_from(file.size).unwrap_or(0) }, row))
}

/// Texts as people mean them: NFC, single spaces.
pub(crate) fn tidied(details: &Details) -> Details {
    Details {
        from_name: text::tidy(&details.from_name),
        code_number: text::tidy(&details.code_number),
        code_notation: text::tidy(&details.code_notation),
        kind: text::tidy(&details.kind),
        subject: text::tidy(&details.subject),
        signer: text::tidy(&details.signer),
        urgency: details.urgency.clamp(0, 3),
        ..details.clone()
    }
}
