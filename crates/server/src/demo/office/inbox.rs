//! What came to the leading agency: one document in each state of its way, a scan that waits to be read, a work file.

use super::{Official, reader};
use crate::demo::personas::{Stage, problem};
use anyhow::{Context as _, Result};
use haidang_office::documents::DraftForm;
use haidang_office::documents::work_files::CaseFileForm;
use haidang_office::incoming::model::Details;
use haidang_office::incoming::rules::Channel;
use haidang_office::incoming::{Instruction, NewArrival, NewFile, Receiver, Registering, Until};
use haidang_office::scans::NewScan;
use haidang_office::validations::Asked;
use jiff::ToSpan as _;

/// Who works in the office of the leading agency.
pub struct Desk<'o> {
    /// Heads it.
    pub head: &'o Official,
    /// Handles what is given.
    pub drafter: &'o Official,
    /// Keeps the registers.
    pub clerk: &'o Official,
}

/// The key of each document, in the order of how far it got, and what it is about.
const CAME: &[(&str, &str)] = &[
    ("arrival_new", "Về việc rà soát thủ tục hành chính quý tới (dữ liệu minh họa)"),
    ("arrival_registered", "Về việc tập huấn kỹ năng số cho cán bộ xã, phường (dữ liệu minh họa)"),
    ("arrival_submitted", "Về việc phối hợp tổ chức ngày hội chuyển đổi số (dữ liệu minh họa)"),
    ("arrival_given", "Về việc cung cấp số liệu hộ kinh doanh trên địa bàn (dữ liệu minh họa)"),
    ("arrival", "Về việc báo cáo kết quả số hóa hồ sơ (dữ liệu minh họa)"),
    ("arrival_done", "Về việc lấy ý kiến dự thảo quy chế (dữ liệu minh họa)"),
];

impl Stage<'_> {
    /// Documents, the scan and the work file.
    pub(super) async fn inbox(&mut self, desk: &Desk<'_>) -> Result<()> {
        let Some(sender) = self.sender(desk) else { return Ok(()) };
        for (step, (key, subject)) in CAME.iter().enumerate() {
            let paper = self.paper_of(&sender, subject).await?;
            let id = self.arrived(desk, &sender, subject, paper).await?;
            if step > 0 {
                self.numbered(desk, &id, step).await?;
            }
            if step > 1 {
                self.lead(desk, &id, step).await?;
            }
            self.examples.insert((*key).to_owned(), id);
        }
        self.kept(desk).await?;
        self.proven(desk).await?;
        self.shelf(desk, &sender).await
    }

    /// Who writes to the agency: an official of another that also has somebody who signs.
    fn sender(&self, desk: &Desk<'_>) -> Option<(Official, Official)> {
        let leaders = self.holders("document.sign");
        let drafters = self.holders("document.draft");
        let elsewhere = |one: &&Official| one.agency != desk.head.agency;
        drafters.iter().filter(elsewhere).find_map(|drafter| {
            let same = |one: &&Official| one.agency == drafter.agency && one.person.id != drafter.person.id;
            Some((drafter.clone(), leaders.iter().find(same)?.clone()))
        })
    }

    /// A paper as the sender would print it.
    async fn paper_of(&self, (drafter, leader): &(Official, Official), subject: &str) -> Result<NewFile> {
        let actor = self.actor(&drafter.person).await?;
        let room = &self.city.rooms.office;
        let form: DraftForm = serde_json::from_value(serde_json::json!({
            "agency": drafter.agency, "course": "out", "kind": "cong_van", "subject": subject,
            "recipients": "Ủy ban nhân dân các xã, phường, đặc khu", "body": super::LETTER,
            "signer": leader.person.id.as_str(),
        }))?;
        let id = room.draft_document(&reader(&actor), &form).await.map_err(|p| problem(&p))?;
        let (_, bytes) = room.read_paper(&reader(&actor), &id).await.map_err(|p| problem(&p))?;
        let stored = self.city.blobs.put_bytes(&bytes).await?;
        Ok(NewFile {
            sha256: stored.sha256,
            name: "cong-van.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            size: i64::try_from(bytes.len())?,
        })
    }

    async fn arrived(
        &self,
        desk: &Desk<'_>,
        (_, leader): &(Official, Official),
        subject: &str,
        paper: NewFile,
    ) -> Result<String> {
        let actor = self.actor(&desk.clerk.person).await?;
        let today = self.city.ambient.today();
        let details = Details {
            from_name: self.agency_name(&leader.agency).await?,
            code_number: format!("{}", 100 + self.examples.len()),
            code_notation: "CV".to_owned(),
            issued_on: Some(today.yesterday()?),
            subject: subject.to_owned(),
            signer: leader.person.full_name.clone(),
            pages: Some(1),
            answer_by: Some(today.checked_add(10.days())?),
            ..Details::default()
        };
        let new = NewArrival {
            agency: desk.clerk.agency.clone(),
            channel: Channel::Upload,
            source_key: None,
            dispatch: None,
            document: None,
            from_organ: None,
            envelope: None,
            envelope_signer: None,
            details,
            secrecy: 0,
            files: vec![paper],
        };
        let received = self.city.rooms.office.receive(&reader(&actor), &new).await.map_err(|p| problem(&p))?;
        Ok(received.id)
    }

    async fn agency_name(&self, code: &str) -> Result<String> {
        let found = self.city.rooms.office.directory.agency(code).await?;
        Ok(found.map_or_else(|| code.to_owned(), |agency| agency.name_vi))
    }

    /// The clerk numbers it and, when it went further, lays it before the head.
    async fn numbered(&self, desk: &Desk<'_>, id: &str, step: usize) -> Result<()> {
        let actor = self.actor(&desk.clerk.person).await?;
        let room = &self.city.rooms.office;
        let view = room.open_arrival(&reader(&actor), id).await.map_err(|p| problem(&p))?;
        let order = Registering { revision: None, details: view.arrival.details, checked: true, different: false };
        room.register_arrival(&reader(&actor), id, &order).await.map_err(|p| problem(&p))?;
        if step > 1 {
            let leader = desk.head.person.id.as_str();
            room.submit_arrival(&reader(&actor), id, leader).await.map_err(|p| problem(&p))?;
        }
        Ok(())
    }

    /// The head gives it to the official, who begins it and closes it.
    async fn lead(&mut self, desk: &Desk<'_>, id: &str, step: usize) -> Result<()> {
        if step < 3 {
            return Ok(());
        }
        let room = self.city.rooms.office.clone();
        let head = self.actor(&desk.head.person).await?;
        let person = |one: &Official| Receiver::Person(one.person.id.as_str().to_owned());
        let order = Instruction {
            revision: None,
            lead: Some(person(desk.drafter)),
            support: vec![person(desk.clerk)],
            for_info: Vec::new(),
            words: "Chủ trì tham mưu, báo cáo kết quả đúng hạn.".to_owned(),
            until: Some(Until::Days(5)),
        };
        room.instruct_arrival(&reader(&head), id, &order).await.map_err(|p| problem(&p))?;
        let official = self.actor(&desk.drafter.person).await?;
        if step > 3 {
            room.begin_arrival(&reader(&official), id).await.map_err(|p| problem(&p))?;
        }
        if step > 4 {
            let words = "Đã có văn bản góp ý gửi cơ quan chủ trì.";
            room.finish_arrival(&reader(&official), id, "", words).await.map_err(|p| problem(&p))?;
        }
        let view = room.open_arrival(&reader(&official), id).await.map_err(|p| problem(&p))?;
        let own = view.routings.into_iter().find(|one| one.person.as_deref() == Some(desk.drafter.person.id.as_str()));
        if let Some(own) = own.filter(|_| step == 3) {
            self.examples.insert("routing".to_owned(), own.id);
        }
        Ok(())
    }

    /// A work file of the official.
    async fn kept(&mut self, desk: &Desk<'_>) -> Result<()> {
        let actor = self.actor(&desk.drafter.person).await?;
        let room = self.city.rooms.office.clone();
        let Some(retention) = room.documents.retentions.first().map(|class| class.id.clone()) else { return Ok(()) };
        let form: CaseFileForm = serde_json::from_value(serde_json::json!({
            "agency": desk.drafter.agency, "notation": "01.CDS", "title": "Chuyển đổi số của địa phương (dữ liệu minh họa)",
            "retention": retention, "rights": "unit", "description": "",
        }))?;
        let id = room.open_case_file(&reader(&actor), &form).await.map_err(|p| problem(&p))?;
        self.examples.insert("office_file".to_owned(), id);
        let clerk = self.actor(&desk.clerk.person).await?;
        let year = self.city.ambient.today().year();
        let books = room.register_list(&reader(&clerk), None, year, None).await.map_err(|p| problem(&p))?;
        if let Some(book) = books.first() {
            self.examples.insert("office_register".to_owned(), book.id.clone());
        }
        Ok(())
    }

    /// A report about the signatures of a document that came. A certified copy it has none: whoever signs one needs a
    /// certificate, and a city that was only seeded has no authority that gives one.
    async fn proven(&mut self, desk: &Desk<'_>) -> Result<()> {
        let Some(source) = self.examples.get("arrival_done").cloned() else { return Ok(()) };
        let actor = self.actor(&desk.drafter.person).await?;
        let asked = Asked::Arrival(source);
        let reports = self.city.rooms.office.validate(&reader(&actor), &asked).await.map_err(|p| problem(&p))?;
        self.examples.extend(reports.into_iter().next().map(|report| ("validation".to_owned(), report)));
        Ok(())
    }

    /// An old paper that was handed in; the served city reads it.
    async fn shelf(&mut self, desk: &Desk<'_>, sender: &(Official, Official)) -> Result<()> {
        let old = self.paper_of(sender, "Về việc quản lý hồ sơ lưu trữ (dữ liệu minh họa)").await?;
        let actor = self.actor(&desk.clerk.person).await?;
        let path = self.city.blobs.path(&old.sha256)?;
        let new =
            NewScan { path: &path, name: "ban-quet.pdf", media_type: &old.media_type, size: u64::try_from(old.size)? };
        let taken = self.city.rooms.office.upload_scan(&reader(&actor), &new, false).await.map_err(|p| problem(&p));
        self.examples.insert("scan".to_owned(), taken.context("the scan")?.id);
        Ok(())
    }
}
