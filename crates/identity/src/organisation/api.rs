//! Rights and posts for programs.

use axum::extract::State;
use haidang_contracts::authorizer::Ground;
use haidang_ui::Lang;
use haidang_web::{Answer, Json, Path, Query, Visitor, created, json, no_content};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

use super::pages::rights::verdict;
use super::posts::{NewPost, PostRow};
use crate::roles::CAPABILITIES;
use crate::room::IdentityRoom;

/// A policy with its words.
#[derive(Serialize, ToSchema)]
pub(crate) struct PolicyView {
    /// Id.
    id: String,
    /// What it says, in the language of the request.
    description: String,
}

/// One right.
#[derive(Serialize, ToSchema)]
pub(crate) struct RightView {
    /// Capability, such as `case.receive`.
    action: String,
    /// Whether the caller has it now.
    allowed: bool,
    /// The policies that decided.
    policies: Vec<PolicyView>,
    /// Policies that would have permitted and did not fit.
    missed_policies: Vec<PolicyView>,
}

/// The caller's rights.
#[derive(Serialize, ToSchema)]
pub(crate) struct RightList {
    /// SHA-256 of the set of policies.
    policy_set: String,
    /// Every capability.
    items: Vec<RightView>,
}

fn policies(lang: Lang, grounds: &[Arc<Ground>]) -> Vec<PolicyView> {
    let view =
        |ground: &Arc<Ground>| PolicyView { id: ground.policy.clone(), description: ground.text.text(lang).to_owned() };
    grounds.iter().map(view).collect()
}

/// What the caller may do, and by which policies.
pub(crate) async fn list_own_rights(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    let mut items = Vec::new();
    for action in CAPABILITIES {
        let verdict = verdict(&visitor, &room, action).await?;
        items.push(RightView {
            action: (*action).to_owned(),
            allowed: verdict.allowed,
            policies: policies(visitor.lang, &verdict.grounds),
            missed_policies: policies(visitor.lang, &verdict.missed),
        });
    }
    json(200, &RightList { policy_set: room.policies().hash().to_string(), items })
}

/// Which posts.
#[derive(Deserialize, IntoParams)]
pub(crate) struct ListPosts {
    /// Code of the agency.
    agency: String,
}

/// A post.
#[derive(Serialize, ToSchema)]
pub(crate) struct PostView {
    /// Id.
    id: String,
    /// Opaque id of the holder.
    person: String,
    /// Name of the holder.
    name: String,
    /// Code of the agency.
    agency: String,
    /// Role of the pack.
    role: String,
    /// First day, `YYYY-MM-DD`.
    valid_from: String,
    /// Last day; absent for no end.
    valid_to: Option<String>,
}

/// Posts of an agency.
#[derive(Serialize, ToSchema)]
pub(crate) struct PostList {
    /// Posts that have not ended, by name of the holder; at most 500.
    items: Vec<PostView>,
    /// Always absent: one agency is one page.
    next: Option<String>,
}

fn view(post: PostRow) -> PostView {
    PostView {
        id: post.id,
        person: post.person.to_string(),
        name: post.full_name,
        agency: post.agency,
        role: post.role,
        valid_from: post.valid_from.to_string(),
        valid_to: post.valid_to.map(|day| day.to_string()),
    }
}

/// Posts of an agency that have not ended.
pub(crate) async fn list_posts(State(room): State<IdentityRoom>, Query(asked): Query<ListPosts>) -> Answer {
    let posts = room.posts_in(&asked.agency, 500).await?;
    json(200, &PostList { items: posts.into_iter().map(view).collect(), next: None })
}

/// A post to be given.
#[derive(Deserialize, ToSchema)]
pub(crate) struct GivePost {
    /// Account name of whoever receives it.
    username: String,
    /// Code of the agency.
    agency: String,
    /// Role of the pack.
    role: String,
    /// First day, `YYYY-MM-DD`; absent for today.
    #[schema(value_type = Option<String>)]
    valid_from: Option<Date>,
    /// Last day; absent for no end.
    #[schema(value_type = Option<String>)]
    valid_to: Option<Date>,
}

/// A post that was given.
#[derive(Serialize, ToSchema)]
pub(crate) struct PostGiven {
    /// Id for ending it.
    id: String,
}

/// Gives a post.
pub(crate) async fn give_post(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Json(body): Json<GivePost>,
) -> Answer {
    let new = NewPost {
        username: body.username,
        agency: body.agency,
        role: body.role,
        valid_from: body.valid_from,
        valid_to: body.valid_to,
    };
    let id = room.give_post(&new, visitor.actor_ref(), &visitor.request_id).await?;
    created(&format!("/api/v1/posts/{id}"), &PostGiven { id })
}

/// Ends a post at once.
pub(crate) async fn end_post(visitor: Visitor, State(room): State<IdentityRoom>, Path(id): Path<String>) -> Answer {
    room.end_post(&visitor.site, &id, None, visitor.actor_ref(), &visitor.request_id).await?;
    Ok(no_content())
}
