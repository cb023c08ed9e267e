//! Meetings of the leading agency: one that is called, one that is held with a vote.

use super::inbox::Desk;
use super::{Official, reader};
use crate::demo::personas::{Stage, problem};
use anyhow::{Context as _, Result};
use haidang_kernel::time;
use haidang_office::meetings::model::{Act, Action, NewMeeting};

impl Stage<'_> {
    /// Calls the weekly meeting and holds an extraordinary one.
    pub(super) async fn hall(&mut self, desk: &Desk<'_>, third: Option<&Official>) -> Result<()> {
        let calendar = self.city.rooms.office.days.calendar();
        let today = self.city.ambient.today();
        let later = calendar.next_working(today).and_then(|day| calendar.next_working(day)).context("a working day")?;
        let called = self.call(desk, third, "Họp giao ban tuần (dữ liệu minh họa)", later.at(8, 30, 0, 0)).await?;
        self.examples.insert("office_meeting".to_owned(), called);
        let now = time::civil(self.city.ambient.now());
        let held = self.call(desk, third, "Họp bàn kế hoạch số hóa (dữ liệu minh họa)", now).await?;
        self.hold(desk, &held).await?;
        self.examples.insert("office_meeting_held".to_owned(), held);
        Ok(())
    }

    async fn call(
        &self,
        desk: &Desk<'_>,
        third: Option<&Official>,
        title: &str,
        begins: jiff::civil::DateTime,
    ) -> Result<String> {
        let actor = self.actor(&desk.head.person).await?;
        let starts_at = time::at(begins);
        let invited = [Some(desk.head), Some(desk.drafter), Some(desk.clerk), third];
        let meeting = NewMeeting {
            agency: desk.head.agency.clone(),
            title: title.to_owned(),
            place: "Phòng họp số 1".to_owned(),
            starts_at,
            ends_at: starts_at.checked_add(jiff::SignedDuration::from_hours(2))?,
            secretary: desk.clerk.person.id.clone(),
            quorum_percent: None,
            items: vec!["Kết quả giải quyết thủ tục tuần qua".to_owned(), "Việc trọng tâm tuần tới".to_owned()],
            delegates: invited.into_iter().flatten().map(|one| one.person.id.clone()).collect(),
            guests: Vec::new(),
        };
        self.city.rooms.office.call_meeting(&reader(&actor), &meeting).await.map_err(|p| problem(&p))
    }

    /// Opens it, counts who is there, asks a question that is still open.
    async fn hold(&mut self, desk: &Desk<'_>, id: &str) -> Result<()> {
        let actor = self.actor(&desk.head.person).await?;
        let room = self.city.rooms.office.clone();
        let said = reader(&actor);
        room.act_in_meeting(&said, id, Action::Open, &Act::default()).await.map_err(|p| problem(&p))?;
        let view = room.open_meeting(&said, id).await.map_err(|p| problem(&p))?;
        let everybody = Act { people: view.delegates.iter().map(|one| one.id.clone()).collect(), ..Act::default() };
        room.act_in_meeting(&said, id, Action::RollCall, &everybody).await.map_err(|p| problem(&p))?;
        let question = Act { text: "Thông qua kế hoạch số hóa quý tới?".to_owned(), ..Act::default() };
        let vote = room.act_in_meeting(&said, id, Action::AskVote, &question).await.map_err(|p| problem(&p))?;
        if let Some(vote) = vote {
            self.examples.insert("office_vote".to_owned(), vote);
        }
        Ok(())
    }
}
