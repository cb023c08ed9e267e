//! The simulator's pages: who signs in, how strongly, and what goes wrong.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse as _;
use haidang_contracts::identity::Identity as _;
use haidang_kernel::number::CitizenNo;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Choices, Component as _, Select, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Lang, Page, t};
use haidang_web::{Answer, FormFields, Response, StatusCode, Visitor, decode_form, encode, html};

use super::manner::{CLIENT, Manner};
use super::personas::{self, Persona};
use super::tokens::Grant;
use super::{Door, EidSimulator, Fault};

/// People of the city shown for picking.
const SHOWN: i64 = 6;
/// Value of the choice "another number".
const OTHER: &str = "other";

/// What the city asks for.
struct Asked {
    redirect_uri: String,
    state: String,
    nonce: Option<String>,
    challenge: Option<String>,
    /// Level that the city wants, 1 to 4.
    level: Option<u8>,
}

/// A return address on this machine, at the place where cities take sign-ins back.
fn own_return(uri: &str) -> bool {
    let Some(rest) = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://")) else { return false };
    let Some((authority, path)) = rest.split_once('/') else { return false };
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let path: Vec<&str> = path.split('/').collect();
    matches!(host, "localhost" | "127.0.0.1" | "[::1]") && matches!(path.as_slice(), ["federation", _, "callback"])
}

fn asked(door: &Door, query: &FormFields) -> Result<Asked, Problem> {
    let refuse = |what: &'static str| Err(Problem::bad_request("invalid_request", what));
    if query.text("client_id") != CLIENT {
        return refuse("unknown client_id");
    }
    if !own_return(query.text("redirect_uri")) {
        return refuse("redirect_uri is not the callback of a city on this machine");
    }
    if query.text("response_type") != "code" {
        return refuse("response_type is not code");
    }
    let challenge = query.filled("code_challenge").map(str::to_owned);
    if door.manner == Manner::Oidc && (challenge.is_none() || query.text("code_challenge_method") != "S256") {
        return refuse("code_challenge with S256 is required");
    }
    let level = query.filled("acr_values").and_then(|text| text.bytes().last());
    let level = level.filter(|digit| (b'1'..=b'4').contains(digit)).map(|digit| digit - b'0');
    Ok(Asked {
        redirect_uri: query.text("redirect_uri").to_owned(),
        state: query.text("state").to_owned(),
        nonce: query.filled("nonce").filter(|_| door.manner.nonce()).map(str::to_owned),
        challenge,
        level,
    })
}

#[derive(Template)]
#[template(path = "eid_sign_in.html")]
struct SignInPage {
    page: Page,
    manner: &'static str,
    errors: Vec<ErrorItem>,
    people: Choices,
    level: Select,
    fault: Select,
}

async fn sign_in_page(
    visitor: &Visitor,
    door: &Door,
    asked: &Asked,
    form: &FormFields,
    error: Option<(&'static str, &'static str)>,
) -> Result<Response, haidang_web::Fault> {
    let lang = visitor.lang;
    let text = |key: &str| t(lang, key, &[]);
    let errors: Vec<ErrorItem> = error.map(|(field, key)| ErrorItem::of(field, text(key))).into_iter().collect();
    let mut page = visitor.page(text("server-eid-title"), "");
    stand_alone(&mut page);
    page.errors = !errors.is_empty();
    let chosen = form.text("person");
    let simulator = &door.simulator;
    let mut choices: Vec<Choice> = Vec::new();
    let sample = match simulator.city.get() {
        Some(city) => city.sample_citizens(SHOWN).await?,
        None => Vec::new(),
    };
    for person in sample {
        let grouped = grouped(&person.citizen_no);
        choices.push(Choice::new(person.citizen_no, person.full_name).lang(Lang::Vi).hint(grouped).chosen(chosen));
    }
    for persona in personas::personas(simulator.ambient.today()) {
        let what = persona.what.as_ref().map(|what| what.text(lang).to_owned()).unwrap_or_default();
        let hint = format!("{what} · {}", grouped(&persona.citizen_no));
        choices.push(Choice::new(persona.key, persona.full_name).lang(Lang::Vi).hint(hint).chosen(chosen));
    }
    let number = TextInput::new(
        Field::new(lang, "citizen_no", text("server-eid-number")).hint(text("server-eid-number-hint")).errors(&errors),
    )
    .value(form.text("citizen_no"))
    .numeric()
    .width(20);
    let other = Choice::new(OTHER, text("server-eid-other")).chosen(chosen).conditional(number.html());
    choices.push(other.after_divider());
    let wanted = asked.level.map(|level| t(lang, "server-eid-level-asked", &[("level", i64::from(level).into())]));
    let level_field = Field::new(lang, "level", text("server-eid-level"));
    let level_field = match wanted {
        Some(wanted) => level_field.hint(wanted),
        None => level_field,
    };
    let mut levels = vec![Choice::new("", text("server-eid-level-own"))];
    levels.extend((1..=4).map(|level| {
        Choice::new(level.to_string(), text(&format!("server-eid-level-{level}"))).chosen(form.text("level"))
    }));
    let mut faults = vec![Choice::new("", text("server-eid-fault-none"))];
    let possible = Fault::ALL.iter().filter(|fault| **fault != Fault::WrongNonce || door.manner.nonce());
    faults.extend(possible.map(|fault| {
        let key = format!("server-eid-fault-{}", fault.word().replace('_', "-"));
        Choice::new(fault.word(), text(&key)).chosen(form.text("fault"))
    }));
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let template = SignInPage {
        manner: match door.manner {
            Manner::Vneid => "VNeID",
            Manner::Dvcqg => "Cổng Dịch vụ công quốc gia",
            Manner::Oidc => "OpenID Connect",
        },
        people: Choices::radios(Field::new(lang, "person", text("server-eid-question")).errors(&errors), choices),
        level: Select::new(level_field, levels).always(),
        fault: Select::new(Field::new(lang, "fault", text("server-eid-fault")), faults).always(),
        errors,
        page,
    };
    let mut response = haidang_web::html_status(status, template)?;
    // The form ends at the city, and there perhaps at the system that sent the person to the city: browsers hold every
    // one of these redirects against the page on which the form stood.
    let policy = HeaderValue::from_static(
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self' http: https:; frame-ancestors 'none'",
    );
    response.headers_mut().insert("content-security-policy", policy);
    Ok(response)
}

/// The frame of a page of the simulator: no menu of a city, and a switch of languages that leads to its first page, for
/// the addresses by which a city sends people know no language.
fn stand_alone(page: &mut Page) {
    page.navigation = Vec::new();
    page.path = "/".to_owned();
}

fn grouped(number: &str) -> String {
    CitizenNo::parse(number).map_or_else(|_| number.to_owned(), |number| number.grouped())
}

/// Shows who may sign in.
pub(super) async fn show_sign_in(visitor: Visitor, State(door): State<Door>, RawQuery(query): RawQuery) -> Answer {
    let asked = asked(&door, &decode_form(query.unwrap_or_default().as_bytes())?)?;
    sign_in_page(&visitor, &door, &asked, &FormFields::default(), None).await
}

/// The chosen person, or which field is wrong and why.
async fn chosen(simulator: &EidSimulator, form: &FormFields) -> Result<Persona, (&'static str, &'static str)> {
    let list = personas::personas(simulator.ambient.today());
    let typed = match form.text("person") {
        "" => return Err(("person", "server-eid-choose")),
        OTHER => form.text("citizen_no"),
        key => {
            if let Some(persona) = list.iter().find(|persona| persona.key == key) {
                return Ok(persona.clone());
            }
            key
        }
    };
    if typed.trim().is_empty() {
        return Err(("citizen_no", "server-eid-type"));
    }
    // Numbers are shown in groups, so they are also taken in groups.
    let digits: String = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '.').collect();
    let number = CitizenNo::parse(&digits).map_err(|_| ("citizen_no", "server-eid-malformed"))?;
    if let Some(persona) = list.iter().find(|persona| persona.citizen_no == number.as_str()) {
        return Ok(persona.clone());
    }
    let unknown = ("citizen_no", "server-eid-unknown");
    let city = simulator.city.get().ok_or(unknown)?;
    let found = city.person_by_number(number.as_str()).await.ok().flatten();
    found.as_ref().and_then(personas::of_city).ok_or(unknown)
}

/// Signs the chosen person in, or does what else was asked, and sends the browser back to the city.
pub(super) async fn decide(
    visitor: Visitor,
    State(door): State<Door>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Answer {
    let asked = asked(&door, &decode_form(query.unwrap_or_default().as_bytes())?)?;
    let form = decode_form(&body)?;
    let fault = Fault::parse(form.text("fault"));
    if form.text("decision") == "cancel" || fault == Some(Fault::Cancelled) {
        return back(&door, &asked, &[("error", "access_denied")], fault);
    }
    let persona = match chosen(&door.simulator, &form).await {
        Ok(persona) => persona,
        Err(error) => return sign_in_page(&visitor, &door, &asked, &form, Some(error)).await,
    };
    if persona.locked {
        return sign_in_page(&visitor, &door, &asked, &form, Some(("person", "server-eid-locked"))).await;
    }
    // Without another wish the person is as strong as asked; an account of level 1 knows one factor only.
    let own = if persona.level >= 2 { asked.level.unwrap_or(2).max(2) } else { 1 };
    let level = form.filled("level").and_then(|text| text.parse().ok()).filter(|level| (1..=4).contains(level));
    let level = if fault == Some(Fault::LowerLevel) { 1 } else { level.unwrap_or(own) };
    let simulator = &door.simulator;
    let code = simulator.ambient.secret();
    let grant = Grant {
        manner: door.manner,
        persona,
        client_id: CLIENT.to_owned(),
        redirect_uri: asked.redirect_uri.clone(),
        challenge: asked.challenge.clone(),
        nonce: asked.nonce.clone(),
        level,
        fault,
        at: simulator.ambient.now().as_second(),
    };
    simulator.keep(&simulator.codes, code.clone(), grant);
    back(&door, &asked, &[("code", &code)], fault)
}

fn back(door: &Door, asked: &Asked, more: &[(&str, &str)], fault: Option<Fault>) -> Answer {
    let mut query: Vec<(&str, String)> = more.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    if fault != Some(Fault::StateLost) {
        query.push(("state", asked.state.clone()));
    }
    if door.manner == Manner::Oidc {
        query.push(("iss", door.manner.issuer(&door.simulator.origin)));
    }
    let location = HeaderValue::from_str(&format!("{}?{}", asked.redirect_uri, encode(query)))
        .map_err(|_| Problem::bad_request("invalid_request", "redirect_uri is no header"))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

#[derive(Template)]
#[template(path = "eid_people.html")]
struct PeoplePage {
    page: Page,
    people: Vec<(String, String, String)>,
}

/// The list of fictional people, for whoever opens the simulator itself.
pub(super) async fn show_simulated_people(visitor: Visitor, State(simulator): State<Arc<EidSimulator>>) -> Answer {
    let mut page = visitor.page(t(visitor.lang, "server-eid-title", &[]), "");
    stand_alone(&mut page);
    let people = personas::personas(simulator.ambient.today()).into_iter().map(|persona| {
        let what = persona.what.map(|what| what.text(visitor.lang).to_owned()).unwrap_or_default();
        (persona.full_name, grouped(&persona.citizen_no), what)
    });
    html(PeoplePage { people: people.collect(), page })
}

#[derive(Template)]
#[template(path = "eid_signed_out.html")]
struct SignedOutPage {
    page: Page,
    back: Option<String>,
}

/// The simulator has no sessions to end; it shows what the real one would.
pub(super) async fn show_signed_out(visitor: Visitor, RawQuery(query): RawQuery) -> Answer {
    let query = decode_form(query.unwrap_or_default().as_bytes())?;
    let uri = query.text("post_logout_redirect_uri");
    let local = ["http://localhost:", "http://127.0.0.1:"].iter().any(|start| uri.starts_with(start));
    let mut page = visitor.page(t(visitor.lang, "server-eid-out", &[]), "");
    stand_alone(&mut page);
    html(SignedOutPage { back: local.then(|| uri.to_owned()), page })
}
