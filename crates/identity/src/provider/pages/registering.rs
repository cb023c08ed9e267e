//! Registering a system on a page: the same facts as RFC 7591 names, in fields.

use super::clients::{PATH, once, profile_text};
use crate::provider::model::Profile;
use crate::provider::{NewClient, Provider, RegisterError, device, exchange};
use askama::Template;
use axum::extract::State;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Choices, TextArea, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Page, t};
use haidang_web::{Answer, FormFields, Visitor, html, html_invalid};
use serde_json::{Value, json};

const PROFILES: [Profile; 4] = [Profile::Fapi2, Profile::Public, Profile::Service, Profile::LegacyRp];

/// Grants one may tick; signing people in follows from the redirect addresses.
const GRANTS: [(&str, &str); 4] = [
    ("refresh", "refresh_token"),
    ("machine", "client_credentials"),
    ("device", device::GRANT),
    ("exchange", exchange::GRANT),
];

#[derive(Template)]
#[template(path = "clients/new.html")]
struct NewPage {
    page: Page,
    errors: Vec<ErrorItem>,
    name: TextInput,
    name_en: TextInput,
    profile: Choices,
    redirect_uris: TextArea,
    logout_uris: TextArea,
    backchannel: TextInput,
    grants: Choices,
    scope: TextInput,
    jwks: TextArea,
    jwks_uri: TextInput,
    sector: TextInput,
    officials: Choices,
}

#[derive(Template)]
#[template(path = "clients/registered.html")]
struct RegisteredPage {
    page: Page,
    id: String,
    secret: Option<String>,
}

fn build(visitor: &Visitor, form: &FormFields, errors: Vec<ErrorItem>) -> NewPage {
    let lang = visitor.lang;
    let mut page = visitor.page(t(lang, "identity-clients-new", &[]), "");
    page.errors = !errors.is_empty();
    let label = |name: &str| t(lang, &format!("identity-clients-{}", name.replace('_', "-")), &[]);
    let field = |name: &str| Field::new(lang, name, label(&format!("{name}_field"))).errors(&errors);
    let hinted = |name: &str| field(name).hint(label(&format!("{name}_hint")));
    let optional = |name: &str| hinted(name).optional(true);
    let ticked = form.all("grants");
    let profiles = PROFILES.iter().map(|profile| {
        let hint = label(&format!("profile_{}_hint", profile.as_str()));
        Choice::new(profile.as_str(), profile_text(lang, *profile)).hint(hint).chosen(form.text("profile"))
    });
    let grants = GRANTS.iter().map(|(key, grant)| {
        Choice::new(*key, label(&format!("grant_{key}"))).hint(*grant).checked(ticked.contains(key))
    });
    let officials = Choice::new("1", label("officials_choice")).checked(form.has("officials"));
    NewPage {
        name: TextInput::new(field("client_name")).value(form.text("client_name")).maxlength(120),
        name_en: TextInput::new(field("client_name_en").optional(true))
            .value(form.text("client_name_en"))
            .maxlength(120),
        profile: Choices::radios(field("profile"), profiles.collect()),
        redirect_uris: TextArea::new(optional("redirect_uris")).value(form.text("redirect_uris")).rows(3),
        logout_uris: TextArea::new(optional("logout_uris")).value(form.text("logout_uris")).rows(2),
        backchannel: TextInput::new(optional("backchannel")).value(form.text("backchannel")),
        grants: Choices::checkboxes(field("grants"), grants.collect()).small(),
        scope: TextInput::new(hinted("scope")).value(form.first("scope").unwrap_or("openid")),
        jwks: TextArea::new(optional("jwks")).value(form.text("jwks")).rows(5),
        jwks_uri: TextInput::new(optional("jwks_uri")).value(form.text("jwks_uri")),
        sector: TextInput::new(optional("sector")).value(form.text("sector")).width(20),
        officials: Choices::checkboxes(field("officials"), vec![officials]).small(),
        page,
        errors,
    }
}

/// Shows the form.
pub(crate) async fn show_client_form(visitor: Visitor) -> Answer {
    html(build(&visitor, &FormFields::default(), Vec::new()))
}

fn lines(form: &FormFields, name: &str) -> Vec<String> {
    form.text(name).split_whitespace().map(str::to_owned).collect()
}

/// The registration that a form stands for; the field that is wrong when it cannot be read.
fn registration(form: &FormFields, profile: Profile) -> Result<Value, &'static str> {
    let method = match profile {
        Profile::Fapi2 => "private_key_jwt",
        Profile::Public => "none",
        // A machine with a key proves itself by it.
        Profile::Service if form.filled("jwks").or(form.filled("jwks_uri")).is_some() => "private_key_jwt",
        Profile::Service | Profile::LegacyRp => "client_secret_basic",
    };
    let redirect_uris = lines(form, "redirect_uris");
    let ticked = form.all("grants");
    let mut grants: Vec<&str> =
        GRANTS.iter().filter(|(key, _)| ticked.contains(key)).map(|(_, grant)| *grant).collect();
    if !redirect_uris.is_empty() {
        grants.insert(0, "authorization_code");
    }
    let mut value = json!({
        "client_name": form.text("client_name"),
        "token_endpoint_auth_method": method,
        "redirect_uris": redirect_uris,
        "post_logout_redirect_uris": lines(form, "logout_uris"),
        "grant_types": grants,
        "scope": lines(form, "scope").join(" "),
        "sign_in": if form.has("officials") { "official" } else { "any" },
    });
    if profile == Profile::LegacyRp {
        // Why it is an old system: it knows no other algorithm.
        value["id_token_signed_response_alg"] = "RS256".into();
    }
    if let Some(text) = form.filled("jwks") {
        value["jwks"] = serde_json::from_str(text).map_err(|_| "jwks")?;
    }
    let others = [
        ("client_name_en", "client_name#en"),
        ("jwks_uri", "jwks_uri"),
        ("backchannel", "backchannel_logout_uri"),
        ("sector", "sector"),
    ];
    for (field, member) in others {
        if let Some(text) = form.filled(field) {
            value[member] = text.into();
        }
    }
    Ok(value)
}

/// The field that a refusal is about.
fn field_of(error: &RegisterError) -> Option<&'static str> {
    let RegisterError::Facts { code, what } = error else { return None };
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| what.starts_with(beginning));
    Some(match *code {
        "invalid_redirect_uri" => "redirect_uris",
        _ if begins(&["client_name"]) => "client_name",
        _ if begins(&["redirect_uris"]) => "redirect_uris",
        _ if begins(&["jwks_uri and backchannel"]) => "backchannel",
        _ if begins(&["jwks", "private_key_jwt"]) => "jwks",
        _ if begins(&["scope", "an old system", "offline_access"]) => "scope",
        _ if begins(&["grant_types", "the grant", "only a confidential", "a public client"]) => "grants",
        _ => "profile",
    })
}

/// Registers a system and shows its secret once; it waits for an approval.
pub(crate) async fn register_client_page(
    visitor: Visitor,
    State(provider): State<Provider>,
    form: FormFields,
) -> Answer {
    let lang = visitor.lang;
    let wrong = |field: &str| {
        let text = t(lang, &format!("identity-clients-{}-wrong", field.replace('_', "-")), &[]);
        html_invalid(build(&visitor, &form, vec![ErrorItem::of(field, text)]))
    };
    let Some(profile) = form.filled("profile").and_then(Profile::parse) else { return wrong("profile") };
    let value = match registration(&form, profile) {
        Ok(value) => value,
        Err(field) => return wrong(field),
    };
    let made = match NewClient::from_json(&value) {
        Ok(mut new) => {
            new.profile = Some(profile);
            provider.register(new, &visitor).await
        }
        Err(error) => Err(error),
    };
    match made {
        Ok(made) => {
            let page = visitor.page(t(lang, "identity-clients-made", &[]), "");
            once(html(RegisteredPage { page, id: made.id, secret: made.secret }))
        }
        Err(error) => match field_of(&error) {
            Some(field) => wrong(field),
            None => Err(Problem::from(error).into()),
        },
    }
}

impl RegisteredPage {
    fn address(&self) -> String {
        self.page.href(format!("{PATH}/{}", self.id))
    }
}
