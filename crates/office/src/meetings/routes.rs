//! Rows of meetings.

use super::calling::CONVENE;
use super::{api, pages};
use crate::room::OfficeRoom;
use haidang_web::{Routes, Row, UploadLimits};

/// The rows of meetings, added to those of the room.
pub(crate) fn routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    endpoints(one_meeting(
        routes
            .page(
                Row::get("list_meetings", "/can-bo/cuoc-hop")
                    .official()
                    .office()
                    .role("leader")
                    .example("/can-bo/cuoc-hop"),
                pages::list::list_meetings,
            )
            .page(
                Row::get("show_new_meeting", "/can-bo/cuoc-hop/moi")
                    .capability(CONVENE)
                    .office()
                    .role("leader")
                    .example("/can-bo/cuoc-hop/moi"),
                pages::new::show_new_meeting,
            )
            .page(
                Row::post("call_meeting", "/can-bo/cuoc-hop/moi").capability(CONVENE).office().audit("meeting.called"),
                pages::new::call_meeting_page,
            ),
    ))
}

fn one_meeting(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    routes
        .page(
            Row::get("show_meeting_join", "/can-bo/cuoc-hop/vao/{token}")
                .official()
                .office()
                .role("official")
                .example("/can-bo/cuoc-hop/vao/ma-khong-dung")
                .status(404),
            pages::join::show_meeting_join,
        )
        .page(
            Row::post("join_meeting", "/can-bo/cuoc-hop/vao/{token}").official().office().audit("meeting.acted"),
            pages::join::join_meeting_page,
        )
        .page(
            Row::get("show_meeting", "/can-bo/cuoc-hop/{meeting}")
                .official()
                .office()
                .role("leader")
                .example("/can-bo/cuoc-hop/{office_meeting}"),
            pages::one::show_meeting,
        )
        .page(
            Row::get("show_meeting_link", "/can-bo/cuoc-hop/{meeting}/ma-tham-du")
                .official()
                .office()
                .role("leader")
                .example("/can-bo/cuoc-hop/{office_meeting_held}/ma-tham-du"),
            pages::join::show_meeting_link,
        )
        .page(
            Row::get("show_meeting_action", "/can-bo/cuoc-hop/{meeting}/lam/{action}")
                .official()
                .office()
                .role("leader")
                .example("/can-bo/cuoc-hop/{office_meeting_held}/lam/ket-luan"),
            pages::act::show_meeting_action,
        )
        .page(
            Row::post("act_in_meeting", "/can-bo/cuoc-hop/{meeting}/lam/{action}")
                .official()
                .office()
                .body_limit(512 * 1024)
                .audit("meeting.acted"),
            pages::act::act_in_meeting_page,
        )
        .page(
            Row::get("show_meeting_vote", "/can-bo/cuoc-hop/{meeting}/bieu-quyet/{vote}")
                .official()
                .office()
                .role("official")
                .example("/can-bo/cuoc-hop/{office_meeting_held}/bieu-quyet/{office_vote}"),
            pages::vote::show_meeting_vote,
        )
        .page(
            Row::post("cast_ballot", "/can-bo/cuoc-hop/{meeting}/bieu-quyet/{vote}")
                .official()
                .office()
                .audit("meeting.voted"),
            pages::vote::cast_ballot_page,
        )
        .page(
            Row::post("add_meeting_paper", "/can-bo/cuoc-hop/{meeting}/tai-lieu")
                .official()
                .office()
                .upload(UploadLimits::DOCUMENTS)
                .audit("meeting.paper_added"),
            pages::one::add_meeting_paper_page,
        )
        .page(
            Row::get("download_meeting_paper", "/can-bo/cuoc-hop/{meeting}/tai-lieu/{paper}")
                .official()
                .office()
                .not_html(),
            pages::files::download_meeting_paper,
        )
        .page(
            Row::get("download_meeting_bundle", "/can-bo/cuoc-hop/{meeting}/goi").official().office().not_html(),
            pages::files::download_meeting_bundle,
        )
        .page(
            Row::get("download_meeting_minutes", "/can-bo/cuoc-hop/{meeting}/bien-ban").official().office().not_html(),
            pages::files::download_meeting_minutes,
        )
}

fn endpoints(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    routes
        .api(
            Row::get("list_meetings_api", "/api/v1/office/meetings")
                .official()
                .summary("Meetings of the reader between two days")
                .query::<api::ListMeetings>()
                .returns::<api::MeetingList>(200),
            api::list_meetings_api,
        )
        .api(
            Row::post("call_meeting_api", "/api/v1/office/meetings")
                .capability(CONVENE)
                .audit("meeting.called")
                .summary("Calls a meeting and invites its people")
                .body::<api::CallMeeting>()
                .returns::<api::MeetingCalled>(201),
            api::call_meeting_api,
        )
        .api(
            Row::get("get_meeting", "/api/v1/office/meetings/{meeting}")
                .official()
                .summary("One meeting, for its people")
                .returns::<api::MeetingDetail>(200),
            api::get_meeting,
        )
        .api(
            Row::post("act_in_meeting_api", "/api/v1/office/meetings/{meeting}/actions/{action}")
                .official()
                .audit("meeting.acted")
                .summary("Opens, invites, comments, calls the roll, asks for a vote, concludes, closes, approves")
                .body::<api::ActInMeeting>()
                .returns::<api::ActedInMeeting>(200),
            api::act_in_meeting_api,
        )
        .api(
            Row::post("cast_ballot_api", "/api/v1/office/meetings/{meeting}/votes/{vote}/ballots")
                .official()
                .audit("meeting.voted")
                .summary("Casts the ballot of a delegate who is present, once")
                .body::<api::Ballot>()
                .returns_nothing(204),
            api::cast_ballot_api,
        )
        .api(
            Row::post("add_meeting_paper_api", "/api/v1/office/meetings/{meeting}/papers")
                .official()
                .upload(UploadLimits::DOCUMENTS)
                .audit("meeting.paper_added")
                .summary("Adds papers to a meeting")
                .returns::<api::MeetingDetail>(201),
            api::add_meeting_paper_api,
        )
        .api(
            Row::get("get_meeting_paper", "/api/v1/office/meetings/{meeting}/papers/{paper}")
                .official()
                .summary("A paper of a meeting")
                .returns_file(200, "application/octet-stream"),
            pages::files::download_meeting_paper,
        )
        .api(
            Row::get("get_meeting_bundle", "/api/v1/office/meetings/{meeting}/papers.zip")
                .official()
                .summary("All papers of a meeting in one archive that opens without a network")
                .returns_file(200, "application/zip"),
            pages::files::download_meeting_bundle,
        )
        .api(
            Row::get("get_meeting_minutes", "/api/v1/office/meetings/{meeting}/minutes")
                .official()
                .summary("The approved minutes")
                .returns_file(200, "application/pdf"),
            pages::files::download_meeting_minutes,
        )
}
