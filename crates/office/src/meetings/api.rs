//! Meetings for programs.

use super::model::{Act, Action, Meeting, MeetingView, NewMeeting, Role};
use super::pages::new::calling_agency;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_web::{Answer, Json, Path, Query, State, Upload, Visitor, created, json, no_content};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which meetings.
#[derive(Deserialize, IntoParams)]
pub(crate) struct ListMeetings {
    /// First day, `YYYY-MM-DD`.
    #[param(value_type = String)]
    from: Date,
    /// Last day, `YYYY-MM-DD`.
    #[param(value_type = String)]
    to: Date,
}

/// A meeting.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeetingSummary {
    /// Id.
    id: String,
    /// Title.
    title: String,
    /// Where.
    place: String,
    /// Planned begin, RFC 3339.
    starts_at: String,
    /// Planned end, RFC 3339.
    ends_at: String,
    /// `planned`, `open`, `closed` or `approved`.
    state: &'static str,
    /// Code of the agency that holds it.
    agency: String,
}

/// Meetings by begin.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeetingList {
    /// At most 200.
    items: Vec<MeetingSummary>,
}

/// A title with its id.
#[derive(Serialize, ToSchema)]
pub(crate) struct Named {
    /// Id.
    id: String,
    /// Title or name.
    name: String,
}

/// Somebody who is invited.
#[derive(Serialize, ToSchema)]
pub(crate) struct DelegateView {
    /// Id of the row, for the roll-call.
    id: String,
    /// Opaque id of an official.
    person: Option<String>,
    /// Name of a guest.
    guest: Option<String>,
    /// Whether they vote.
    votes: bool,
    /// Since when they are present, RFC 3339.
    present_at: Option<String>,
}

/// A choice of a vote.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChoiceView {
    /// Its words.
    words: String,
    /// How often it was chosen; absent while the vote is open or its result is kept back.
    count: Option<i64>,
}

/// A vote.
#[derive(Serialize, ToSchema)]
pub(crate) struct VoteView {
    /// Id.
    id: String,
    /// The question.
    question: String,
    /// Whether nobody may know who chose what.
    secret: bool,
    /// Whether ballots are taken.
    open: bool,
    /// Who could vote when it was opened.
    eligible: i64,
    /// Ballots used.
    used: i64,
    /// Whether the reader has voted.
    voted: bool,
    /// Whether the result is kept back because a secret vote had too few ballots to stay secret.
    withheld: bool,
    /// Choices in their order; a ballot names the place, from 0.
    choices: Vec<ChoiceView>,
}

/// A conclusion.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConclusionView {
    /// Id.
    id: String,
    /// What was concluded.
    text: String,
    /// Opaque id of the owner.
    owner: Option<String>,
    /// Until when, `YYYY-MM-DD`.
    due: Option<String>,
    /// The task made of it.
    task: Option<String>,
}

/// A meeting with everything around it.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeetingDetail {
    /// The meeting.
    meeting: MeetingSummary,
    /// `chair`, `secretary`, `delegate`: parts of the reader.
    roles: Vec<&'static str>,
    /// What the reader may do now.
    actions: Vec<&'static str>,
    /// Agenda.
    items: Vec<Named>,
    /// Papers.
    papers: Vec<Named>,
    /// Who is invited.
    delegates: Vec<DelegateView>,
    /// Votes.
    votes: Vec<VoteView>,
    /// Conclusions.
    conclusions: Vec<ConclusionView>,
    /// The course of the session.
    notes: String,
    /// SHA-256 of the approved minutes, hex.
    minutes_sha256: Option<String>,
    /// Id of the drafted notice of conclusions.
    notice: Option<String>,
}

/// A meeting to be called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallMeeting {
    /// Title.
    title: String,
    /// Where.
    place: String,
    /// Begin, RFC 3339.
    #[schema(value_type = String)]
    starts_at: Timestamp,
    /// End, RFC 3339.
    #[schema(value_type = String)]
    ends_at: Timestamp,
    /// Opaque id of the secretary.
    secretary: String,
    /// Share of those who vote that must be present, per cent.
    quorum_percent: Option<i64>,
    /// Titles of the agenda.
    #[serde(default)]
    items: Vec<String>,
    /// Opaque ids of officials who vote.
    delegates: Vec<String>,
    /// Guests by name.
    #[serde(default)]
    guests: Vec<String>,
}

/// An act in a meeting; which fields count depends on the action.
#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ActInMeeting {
    /// Title, comment, question, conclusion or course of the session.
    text: String,
    /// Id of an item, a speaker, a vote or a conclusion.
    target: String,
    /// Opaque ids of officials, or ids of delegates for the roll-call.
    people: Vec<String>,
    /// Guests, or choices of a vote.
    lines: Vec<String>,
    /// Invited without a vote; a secret vote.
    flag: bool,
    /// Code of the roll-call.
    code: String,
    /// Until when, `YYYY-MM-DD`.
    #[schema(value_type = Option<String>)]
    due: Option<Date>,
}

/// What an act made.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActedInMeeting {
    /// Id of the vote, task or document; SHA-256 of the minutes; absent when nothing was made.
    made: Option<String>,
}

/// Id of what was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeetingCalled {
    /// Id.
    id: String,
}

/// A ballot.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ballot {
    /// Place of the choice, from 0.
    choice: i64,
}

fn instant(at: Timestamp) -> String {
    at.to_zoned(time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn summary(meeting: &Meeting) -> MeetingSummary {
    MeetingSummary {
        id: meeting.id.clone(),
        title: meeting.title.clone(),
        place: meeting.place.clone(),
        starts_at: instant(meeting.starts_at),
        ends_at: instant(meeting.ends_at),
        state: meeting.state.as_str(),
        agency: meeting.agency.clone(),
    }
}

fn detail(room: &OfficeRoom, view: MeetingView) -> MeetingDetail {
    let actions = room.meeting_actions(&view).into_iter().map(Action::as_str).collect();
    let delegates = view.delegates.into_iter().map(|one| DelegateView {
        id: one.id,
        person: one.person,
        guest: one.guest,
        votes: one.votes,
        present_at: one.present_at.map(instant),
    });
    let votes = view.votes.into_iter().map(|vote| VoteView {
        id: vote.id,
        question: vote.question,
        secret: vote.secret,
        open: vote.open,
        eligible: vote.eligible,
        used: vote.used,
        voted: vote.voted,
        withheld: vote.withheld,
        choices: vote.choices.into_iter().map(|(words, count)| ChoiceView { words, count }).collect(),
    });
    let conclusions = view.conclusions.into_iter().map(|one| ConclusionView {
        id: one.id,
        text: one.text,
        owner: one.owner,
        due: one.due.map(|day| day.to_string()),
        task: one.task,
    });
    MeetingDetail {
        meeting: summary(&view.meeting),
        roles: view.roles.iter().copied().map(Role::as_str).collect(),
        actions,
        items: view.items.into_iter().map(|item| Named { id: item.id, name: item.title }).collect(),
        papers: view.papers.into_iter().map(|paper| Named { id: paper.id, name: paper.name }).collect(),
        delegates: delegates.collect(),
        votes: votes.collect(),
        conclusions: conclusions.collect(),
        notes: view.meeting.notes,
        minutes_sha256: view.meeting.minutes_sha256,
        notice: view.meeting.notice,
    }
}

/// Meetings of the reader.
pub(crate) async fn list_meetings_api(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(asked): Query<ListMeetings>,
) -> Answer {
    let begin = |day: Date| time::at(day.at(0, 0, 0, 0));
    let until = asked.to.checked_add(1.day()).unwrap_or(asked.to);
    let meetings = room.meetings_of(&Reader::of(&visitor)?, begin(asked.from), begin(until)).await?;
    json(200, &MeetingList { items: meetings.iter().map(summary).collect() })
}

/// Calls a meeting.
pub(crate) async fn call_meeting_api(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Json(asked): Json<CallMeeting>,
) -> Answer {
    let reader = Reader::of(&visitor)?;
    let person = |field: &'static str, id: &str| {
        let unknown = |_| Problem::invalid("meeting_invalid", "no such person").field(field, "no_official");
        PersonId::parse(id).map_err(unknown)
    };
    let new = NewMeeting {
        agency: calling_agency(&reader)?,
        title: asked.title,
        place: asked.place,
        starts_at: asked.starts_at,
        ends_at: asked.ends_at,
        secretary: person("secretary", &asked.secretary)?,
        quorum_percent: asked.quorum_percent,
        items: asked.items,
        delegates: asked.delegates.iter().map(|id| person("delegates", id)).collect::<Result<_, _>>()?,
        guests: asked.guests,
    };
    let id = room.call_meeting(&reader, &new).await?;
    created(&format!("/api/v1/office/meetings/{id}"), &MeetingCalled { id: id.clone() })
}

/// One meeting.
pub(crate) async fn get_meeting(visitor: Visitor, State(room): State<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let view = room.open_meeting(&Reader::of(&visitor)?, &id).await?;
    json(200, &detail(&room, view))
}

/// Acts in a meeting.
pub(crate) async fn act_in_meeting_api(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path((id, action)): Path<(String, String)>,
    Json(asked): Json<ActInMeeting>,
) -> Answer {
    let action = Action::parse(&action).ok_or_else(|| Problem::not_found("not_found", "no such act"))?;
    let act = Act {
        text: asked.text,
        target: asked.target,
        people: asked.people,
        lines: asked.lines,
        flag: asked.flag,
        code: asked.code,
        due: asked.due,
    };
    let made = room.act_in_meeting(&Reader::of(&visitor)?, &id, action, &act).await?;
    json(200, &ActedInMeeting { made })
}

/// Takes a ballot.
pub(crate) async fn cast_ballot_api(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path((id, vote)): Path<(String, String)>,
    Json(asked): Json<Ballot>,
) -> Answer {
    room.cast_ballot(&Reader::of(&visitor)?, &id, &vote, asked.choice).await?;
    Ok(no_content())
}

/// Adds papers.
pub(crate) async fn add_meeting_paper_api(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(id): Path<String>,
    upload: Upload,
) -> Answer {
    upload.complete()?;
    let reader = Reader::of(&visitor)?;
    for file in &upload.files {
        room.add_meeting_paper(&reader, &id, upload.fields.text("item"), file).await?;
    }
    let view = room.open_meeting(&reader, &id).await?;
    json(201, &detail(&room, view))
}
