//! What goes wrong at an upstream: nobody is signed in, the page says so plainly and offers another way.

use super::Stage;
use crate::city::Place;

/// Fault of the simulator, manner it is tried in, word of the page, word of the audit.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    ("wrong_iss", "vneid", "untrusted", "iss"),
    ("wrong_aud", "vneid", "untrusted", "aud"),
    ("wrong_azp", "vneid", "untrusted", "azp"),
    ("wrong_nonce", "oidc", "untrusted", "nonce"),
    ("wrong_at_hash", "dvcqg", "untrusted", "at_hash"),
    ("expired", "oidc", "untrusted", "exp"),
    ("alg_none", "vneid", "untrusted", "algorithm"),
    ("foreign_key", "dvcqg", "untrusted", "signature"),
    ("other_sub", "dvcqg", "untrusted", "userinfo_sub"),
    ("missing_claim", "oidc", "claims", "personal_id"),
    ("error_500", "vneid", "unavailable", "status"),
    ("delay_10s", "oidc", "timeout", "timeout"),
    ("cancelled", "dvcqg", "cancelled", "access_denied"),
];

on_both! {
    async fn t24_what_does_not_hold_signs_nobody_in(place: Place) {
        let stage = Stage::open(&place).await;
        let number = stage.number("owner");
        for (fault, upstream, reason, _) in FAULTS {
            let mut browser = stage.browser();
            let shown = browser.sign_in(upstream, &number, &[("fault", fault)]).await;
            assert_eq!((shown.status, shown.reason().as_str()), (200, *reason), "{fault}");
            assert!(shown.text.contains("<h1 class=\"govuk-heading-l\">Chưa đăng nhập được</h1>"), "{fault}: {}", shown.text);
            assert!(shown.text.contains("/vi/dang-nhap?next=%2Ftai-khoan"), "{fault} offers no other way");
            assert_eq!(browser.session(), None, "{fault}");
            assert!(!shown.url.as_str().contains(&number) && !shown.text.contains(&number), "{fault} tells the number");
        }
        let causes: Vec<&str> = FAULTS.iter().map(|(.., cause)| *cause).collect();
        assert_eq!(stage.causes().await, causes);
        assert_eq!(stage.sessions().await, 0);
        assert_eq!(stage.acts("identity.linked").await, 0, "nothing was noted of anybody");
        // The same upstream without fault: the refusals left nothing behind that stands in the way.
        assert_eq!(stage.browser().sign_in("vneid", &number, &[]).await.path(), "/tai-khoan");
    }

    async fn an_upstream_that_is_down_is_said_so_before_and_after_the_way_there(place: Place) {
        let mut stage = Stage::open(&place).await;
        let mut browser = stage.browser();
        browser.begin("vneid", "/tai-khoan").await;
        let back = browser.submit_standing(&[("person", "other"), ("citizen_no", &stage.number("owner"))]).await;
        assert_eq!(back.status, 303);
        stage.stop_simulator().await;
        let after = browser.open(&back.location).await;
        assert_eq!(after.reason(), "unavailable");
        // This one asks for the addresses of the upstream first.
        let before = stage.browser().open("/vi/dang-nhap/oidc?next=%2Ftai-khoan").await;
        assert_eq!((before.status, before.reason().as_str()), (200, "unavailable"));
        for shown in [after, before] {
            assert!(shown.text.contains("đang gặp sự cố") && shown.text.contains("/vi/dang-nhap?next=%2Ftai-khoan"), "{}", shown.text);
        }
        assert_eq!(stage.sessions().await, 0);
    }

    async fn a_new_key_of_the_upstream_is_asked_for_once_it_is_met(place: Place) {
        let stage = Stage::open(&place).await;
        let number = stage.number("owner");
        assert_eq!(stage.browser().sign_in("vneid", &number, &[]).await.path(), "/tai-khoan");
        stage.simulator.rotate_key().unwrap();
        // Keys are not asked for at every unknown name: a stranger could make us hammer the upstream.
        assert_eq!(stage.browser().sign_in("vneid", &number, &[]).await.reason(), "untrusted");
        stage.town.later("PT11S");
        assert_eq!(stage.browser().sign_in("vneid", &number, &[]).await.path(), "/tai-khoan");
        assert_eq!(stage.causes().await, ["key"]);
    }
}
