#![allow(clippy::unwrap_used)]
use super::*;

fn request() -> Request {
    Request {
        client: "c".into(),
        redirect_uri: "https://rp.example/cb".into(),
        scopes: vec!["openid".into()],
        state: None,
        nonce: None,
        challenge: s256("v"),
        dpop_jkt: None,
        resource: None,
        form_post: false,
        prompt: vec![],
        max_age: None,
        least_acr: None,
        login_hint: None,
        ui_locale: None,
        hinted_sub: None,
        claims: vec![],
        details: vec![],
        representee: None,
    }
}

fn present() -> Present {
    Present {
        level: 1,
        authenticated_at: 1_000,
        authenticated_micros: 1_000_000_000,
        sub: "me".into(),
        agreed: true,
        reachable: 2,
        same_person: true,
    }
}

#[test]
fn t01_redirect_addresses_are_compared_byte_for_byte() {
    let known = ["https://rp.example/cb".to_owned(), "http://127.0.0.1/cb".to_owned()];
    let check = |given: &str, loopback: bool, expected: bool| {
        assert_eq!(redirect_fits(&known, given, loopback), expected, "{given} {loopback}");
    };
    check("https://rp.example/cb", false, true);
    for wrong in [
        "https://rp.example/cb/",
        "https://rp.example/cb?x=1",
        "https://rp.example/cb#x",
        "https://rp.example/CB",
        "https://rp.example/cb/../cb2",
        "https://rp.example:443/cb",
        "https://rp.example.evil/cb",
        "https://rp.example@evil/cb",
        "http://rp.example/cb",
        "",
    ] {
        check(wrong, true, false);
    }
    check("http://127.0.0.1:49152/cb", true, true);
    check("http://127.0.0.1:49152/cb", false, false);
    check("http://127.0.0.1:49152/other", true, false);
    check("http://127.0.0.1:49152@evil/cb", true, false);
    check("http://127.0.0.1.evil/cb", true, false);
    check("http://localhost:49152/cb", true, false);
}

#[test]
fn t01_wildcards_and_fragments_are_not_registered() {
    for good in
        ["https://rp.example/cb", "https://rp.example/cb?tenant=1", "http://127.0.0.1/cb", "http://localhost:3000/cb"]
    {
        assert_eq!(redirect_fault(good, false), None, "{good}");
    }
    assert_eq!(redirect_fault("vn.gov.haiphong.app:/cb", true), None);
    assert_eq!(redirect_fault("vn.gov.haiphong.app://cb", true), None);
    for bad in [
        "https://*.example/cb",
        "https://rp.example/*",
        "https://rp.example/cb#x",
        "http://rp.example/cb",
        "http://127.0.0.1.evil/cb",
        "https://user@rp.example/cb",
        "/cb",
        "javascript:alert(1)",
        "vn.gov.haiphong.app:/cb",
        "https://rp.example/a b",
    ] {
        assert!(redirect_fault(bad, false).is_some(), "{bad}");
    }
    assert!(redirect_fault("myapp:/cb", true).is_some(), "a scheme that anybody may take");
}

#[test]
fn only_a_clean_origin_enters_a_policy() {
    assert_eq!(form_target("https://rp.example:8443/cb?x=1"), Some("https://rp.example:8443"));
    assert_eq!(form_target("http://[::1]:8080/cb"), Some("http://[::1]:8080"));
    for (uri, source) in [
        ("https://rp.example:8443/cb", "https://rp.example:8443"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:*"),
        ("http://localhost:4000/cb", "http://localhost:*"),
        ("http://localhost.example/cb", "http://localhost.example"),
    ] {
        assert_eq!(form_source(uri).as_deref(), Some(source), "an application picks its port when it runs");
    }
    for bad in ["https://rp.example;script-src/cb", "https://rp.example,x/cb", "https://rp.example x/cb", "app:/cb"] {
        assert_eq!(form_target(bad), None, "{bad}");
    }
}

#[test]
fn whom_to_act_for_is_picked_anew_each_time() {
    let picking = Request { scopes: vec!["openid".into(), "representee.*".into()], ..request() };
    assert_eq!(next_step(&picking, Some(&present()), None, 1_000), Step::Ask);
    let named = Request { scopes: vec!["openid".into(), "representee.x".into()], ..request() };
    assert_eq!(next_step(&named, Some(&present()), None, 1_000), Step::Answer, "agreed to by name before");
}

#[test]
fn t02_t03_pkce_is_s256_or_nothing() {
    // The example of RFC 7636, Appendix B.
    let (verifier, challenge) =
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    assert!(verifies(challenge, verifier) && is_challenge(challenge));
    assert!(!verifies(verifier, verifier), "plain does not exist");
    for wrong in ["", "short", &"a".repeat(129), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX!"] {
        assert!(!verifies(&s256(wrong), wrong), "{wrong}");
    }
    assert!(!verifies("", verifier), "a code without a challenge takes no verifier");
    assert!(!is_challenge("") && !is_challenge("abc") && !is_challenge(&"=".repeat(43)));
}

#[test]
fn t18_prompt_and_max_age_are_honoured() {
    let now = 1_600;
    let check = |name: &str, request: &Request, present: Option<&Present>, begun: Option<i64>, expected: Step| {
        assert_eq!(next_step(request, present, begun, now), expected, "{name}");
    };
    let (plain, me) = (request(), present());
    let prompt = |word: &str| Request { prompt: vec![word.into()], ..request() };
    let (before, after) = (Some(999_000_000), Some(1_000_000_001));
    check("nobody", &plain, None, None, Step::SignIn);
    check("nobody, silent", &prompt("none"), None, None, Step::Error("login_required"));
    check("somebody", &plain, Some(&me), None, Step::Answer);
    check("somebody, silent", &prompt("none"), Some(&me), None, Step::Answer);
    check("login again", &prompt("login"), Some(&me), None, Step::SignIn);
    check("login again, signed in before it was asked", &prompt("login"), Some(&me), after, Step::SignIn);
    check("login again, done", &prompt("login"), Some(&me), before, Step::Answer);
    let aged = |age| Request { max_age: Some(age), ..request() };
    check("young enough", &aged(600), Some(&me), None, Step::Answer);
    check("too old", &aged(599), Some(&me), None, Step::SignIn);
    check(
        "too old, silent",
        &Request { max_age: Some(1), ..prompt("none") },
        Some(&me),
        None,
        Step::Error("login_required"),
    );
    check("too old, but signed in for this", &aged(0), Some(&me), before, Step::Answer);
    let stranger = Present { agreed: false, ..present() };
    check("not agreed", &plain, Some(&stranger), None, Step::Ask);
    check("not agreed, silent", &prompt("none"), Some(&stranger), None, Step::Error("consent_required"));
    check("asked to ask", &prompt("consent"), Some(&me), None, Step::Ask);
    let hinted = Request { hinted_sub: Some("other".into()), ..request() };
    check("another person hinted", &hinted, Some(&me), None, Step::SignIn);
    check("another person came", &hinted, Some(&me), before, Step::Error("login_required"));
    let hinted = Request { hinted_sub: Some("other".into()), ..prompt("none") };
    check("another person hinted, silent", &hinted, Some(&me), None, Step::Error("login_required"));
}

#[test]
fn t19_a_level_is_reached_or_refused_never_forgotten() {
    let least = |level| Request { least_acr: Some(level), ..request() };
    let check = |least: &Request, present: &Present, expected| {
        assert_eq!(next_step(least, Some(present), None, 1_000), expected);
    };
    check(&least(1), &present(), Step::Answer);
    check(&least(2), &present(), Step::Raise);
    check(&least(2), &Present { level: 2, ..present() }, Step::Answer);
    check(&least(3), &present(), Step::Error("unmet_authentication_requirements"));
    check(&least(2), &Present { reachable: 1, ..present() }, Step::Error("unmet_authentication_requirements"));
    check(&Request { prompt: vec!["none".into()], ..least(2) }, &present(), Step::Error("login_required"));
    check(&least(2), &Present { same_person: false, level: 2, ..present() }, Step::SignIn);
}

#[test]
fn levels_are_four() {
    assert_eq!(ACRS.map(level), [Some(1), Some(2), Some(3), Some(4)]);
    for wrong in ["urn:haidang:nd69:xt0", "urn:haidang:nd69:xt5", "urn:haidang:nd69:xt", "xt1", ""] {
        assert_eq!(level(wrong), None, "{wrong}");
    }
    assert_eq!((acr(0), acr(2), acr(9)), (ACRS[0].into(), ACRS[1].into(), ACRS[3].into()));
}

#[test]
fn answers_join_what_was_registered() {
    let answer = [("code", "a b"), ("state", "x&y")];
    assert_eq!(with_answer("https://rp.example/cb", &answer), "https://rp.example/cb?code=a%20b&state=x%26y");
    assert_eq!(with_answer("https://rp.example/cb?t=1", &answer), "https://rp.example/cb?t=1&code=a%20b&state=x%26y");
}
