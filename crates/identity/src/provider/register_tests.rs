//! What may be registered, by kind.
#![allow(clippy::unwrap_used)]

use super::*;

fn judged(changes: Value) -> Result<Profile, &'static str> {
    let mut value = json!({
        "client_name": "Một hệ thống",
        "token_endpoint_auth_method": "none",
        "redirect_uris": ["https://rp.example/cb"],
        "scope": "openid profile",
    });
    for (name, change) in changes.as_object().unwrap() {
        value[name] = change.clone();
    }
    let new = match read(&value) {
        Ok(new) => new,
        Err(RegisterError::Facts { what, .. }) => return Err(what),
        Err(other) => panic!("{other}"),
    };
    let profile = profile_of(&new.metadata);
    match check(profile, &new.metadata) {
        Ok(()) => Ok(profile),
        Err(RegisterError::Facts { what, .. }) => Err(what),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_registration_is_judged_by_its_kind() {
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let set = |key: Value| json!({ "keys": [key] });
    assert_eq!(judged(json!({})), Ok(Profile::Public));
    let basic = json!({ "token_endpoint_auth_method": "client_secret_basic" });
    assert_eq!(judged(basic.clone()), Ok(Profile::LegacyRp));
    let machine = json!({ "token_endpoint_auth_method": "client_secret_basic", "redirect_uris": [], "grant_types": ["client_credentials"], "scope": "api:read" });
    assert_eq!(judged(machine), Ok(Profile::Service));
    assert_eq!(
        judged(json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": set(key.clone()) })),
        Ok(Profile::Fapi2)
    );
    let mut private = key;
    private["d"] = "AAAA".into();
    let refused = [
        json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": set(private) }),
        json!({ "token_endpoint_auth_method": "private_key_jwt" }),
        json!({ "token_endpoint_auth_method": "client_secret_post" }),
        json!({ "token_endpoint_auth_method": "client_secret_jwt" }),
        json!({ "response_types": ["token"] }),
        json!({ "response_types": ["code id_token"] }),
        json!({ "grant_types": ["password"] }),
        json!({ "grant_types": ["implicit"] }),
        json!({ "grant_types": ["client_credentials"] }),
        json!({ "grant_types": [] }),
        json!({ "redirect_uris": [] }),
        json!({ "redirect_uris": ["https://*.example/cb"] }),
        json!({ "redirect_uris": ["https://rp.example/cb#x"] }),
        json!({ "redirect_uris": ["http://rp.example/cb"] }),
        json!({ "post_logout_redirect_uris": ["javascript:x"] }),
        json!({ "id_token_signed_response_alg": "none" }),
        json!({ "id_token_signed_response_alg": "HS256" }),
        json!({ "subject_type": "shared" }),
        json!({ "client_name": " " }),
        json!({ "jwks_uri": "file:///etc/passwd" }),
        json!({ "grant_types": ["authorization_code", super::exchange::GRANT] }),
        json!({ "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["authorization_code", super::device::GRANT] }),
        json!({ "token_endpoint_auth_method": "client_secret_basic", "redirect_uris": [], "grant_types": [super::device::GRANT] }),
        json!({ "token_endpoint_auth_method": "client_secret_basic", "scope": "openid email" }),
        json!({ "token_endpoint_auth_method": "client_secret_basic", "scope": "openid offline_access" }),
    ];
    for changes in refused {
        assert!(judged(changes.clone()).is_err(), "{changes}");
    }
}
