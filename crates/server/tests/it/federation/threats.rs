//! Threats T21 to T25 at the callback, and T50.

use super::Stage;
use super::browser::Browser;
use crate::city::Place;
use haidang_kernel::ambient::Ambient;
use haidang_server::city::{City, Surroundings};
use haidang_server::config::Environment;
use haidang_server::simulators::eid::EidSimulator;

/// Signs in at the upstream, but does not follow its way back: the address of the callback.
async fn way_back(browser: &mut Browser, upstream: &str, number: &str) -> String {
    browser.begin(upstream, "/tai-khoan").await;
    let back = browser.submit_standing(&[("person", "other"), ("citizen_no", number)]).await;
    assert_eq!(back.status, 303, "{}", back.text);
    back.location
}

on_both! {
    async fn t21_a_way_back_is_worth_something_in_the_browser_that_began_and_once(place: Place) {
        let stage = Stage::open(&place).await;
        let number = stage.number("owner");
        let mut browser = stage.browser();
        // Login CSRF: somebody makes another browser follow their own way back.
        let back = way_back(&mut browser, "vneid", &number).await;
        let mut victim = stage.browser();
        assert_eq!(victim.open(&back).await.reason(), "state");
        victim.begin("vneid", "/tai-khoan").await;
        assert_eq!(victim.open(&back).await.reason(), "state", "also when it is under way itself");
        assert_eq!(victim.session(), None);
        // The browser that began is let in, once.
        assert_eq!(browser.open(&back).await.path(), "/tai-khoan");
        assert_eq!(browser.open(&back).await.reason(), "state", "replayed");
        assert_eq!(stage.sessions().await, 1);
        // Without state, with a made one, with it twice, and too late.
        let mut browser = stage.browser();
        assert_eq!(browser.sign_in("vneid", &number, &[("fault", "state_lost")]).await.reason(), "state");
        assert_eq!(browser.open("/federation/vneid/callback?code=x&state=made").await.reason(), "state");
        let back = way_back(&mut browser, "vneid", &number).await;
        assert_eq!(browser.open(&format!("{back}&state=made")).await.reason(), "state");
        let back = way_back(&mut browser, "vneid", &number).await;
        stage.town.later("PT10M1S");
        assert_eq!(browser.open(&back).await.reason(), "state", "after ten minutes");
        assert_eq!((browser.session(), stage.sessions().await), (None, 1));
    }

    async fn t22_an_answer_of_another_upstream_than_was_asked_is_refused(place: Place) {
        let stage = Stage::open(&place).await;
        let number = stage.number("owner");
        let mut browser = stage.browser();
        let back = way_back(&mut browser, "vneid", &number).await;
        assert_eq!(browser.open(&back.replace("/vneid/", "/dvcqg/")).await.reason(), "state");
        assert_eq!(browser.open(&back).await.reason(), "state", "and the state is spent");
        // RFC 9207: the upstream says who it is, and is not the one that was asked.
        let back = way_back(&mut browser, "oidc", &number).await;
        assert!(back.contains("iss="), "{back}");
        let other = back.replace("%2Foidc&", "%2Fdvcqg&").replace("%2Foidc", "%2Fdvcqg");
        assert_ne!(other, back);
        assert_eq!(browser.open(&other).await.reason(), "state");
        assert_eq!((browser.session(), stage.sessions().await), (None, 0));
        let back = way_back(&mut browser, "oidc", &number).await;
        assert_eq!(browser.open(&back).await.path(), "/tai-khoan");
    }

    async fn t23_what_the_browser_says_of_a_person_has_no_effect(place: Place) {
        let stage = Stage::open(&place).await;
        let (number, victim) = (stage.number("owner"), stage.town.person("other").person);
        let mut browser = stage.browser();
        let back = way_back(&mut browser, "vneid", &number).await;
        let claims = [
            ("SoDinhDanh", victim.citizen_no.clone().unwrap()),
            ("HoVaTen", victim.full_name.clone()),
            ("TechID", "x".to_owned()),
            ("id_token", "eyJhbGciOiJub25lIn0.e30.".to_owned()),
            ("userinfo", format!("{{\"SoDinhDanh\":\"{}\"}}", victim.citizen_no.clone().unwrap())),
            ("loAs", "LoA4".to_owned()),
        ];
        let shown = browser.open(&format!("{back}&{}", haidang_web::encode(claims.clone()))).await;
        assert!(shown.path() == "/tai-khoan" && shown.text.contains("Nguyễn Thị Ví Dụ"), "{}", shown.text);
        assert!(!shown.text.contains(&victim.full_name));
        assert_eq!(stage.count("SELECT CAST(max(assurance) AS BIGINT) AS n FROM web_session").await, 2);
        // There is no door that takes claims from a form either.
        let mut browser = stage.browser();
        browser.begin("vneid", "/tai-khoan").await;
        let fields: Vec<(&str, &str)> = claims.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let shown = browser.send("/federation/vneid/callback", &fields).await;
        assert!(matches!(shown.status, 403..=405), "{}", shown.status);
        assert_eq!((browser.session(), stage.sessions().await), (None, 1));
    }

    async fn t25_two_upstreams_become_one_account_only_when_both_were_just_shown(place: Place) {
        let stage = Stage::open(&place).await;
        let number = stage.number("owner");
        let mut browser = stage.browser();
        browser.sign_in("vneid", &number, &[]).await;
        browser.sign_out().await;
        // The other upstream vouches for the same number: that alone opens nothing.
        let shown = browser.sign_in("dvcqg", &number, &[]).await;
        assert_eq!((shown.status, shown.path().as_str()), (200, "/lien-ket-dang-nhap"));
        assert!(shown.text.contains("/vi/dang-nhap/vneid?next=%2Flien-ket-dang-nhap"), "{}", shown.text);
        assert_eq!(browser.session(), None);
        // Another person who shows the first upstream joins nothing.
        browser.begin("vneid", "/lien-ket-dang-nhap").await;
        let shown = browser.submit(&[("person", "other"), ("citizen_no", &stage.number("other"))]).await;
        assert!(!shown.text.contains("Liên kết hai cách đăng nhập"), "{}", shown.text);
        browser.sign_out().await;
        // The right one, too late.
        stage.town.later("PT5M1S");
        browser.begin("vneid", "/lien-ket-dang-nhap").await;
        let shown = browser.submit(&[("person", "other"), ("citizen_no", &number)]).await;
        assert!(shown.text.contains("không có cách đăng nhập nào chờ liên kết"), "{}", shown.text);
        let sent = browser.send("/vi/lien-ket-dang-nhap", &[]).await;
        assert_eq!(sent.path(), "/lien-ket-dang-nhap");
        assert_eq!(stage.acts("identity.linked").await, 2, "owner and other, each at one upstream");
        browser.sign_out().await;
        // Both, fresh.
        browser.sign_in("dvcqg", &number, &[]).await;
        browser.begin("vneid", "/lien-ket-dang-nhap").await;
        let shown = browser.submit(&[("person", "other"), ("citizen_no", &number)]).await;
        assert!(shown.text.contains("Liên kết hai cách đăng nhập"), "{}", shown.text);
        let shown = browser.send("/vi/lien-ket-dang-nhap", &[]).await;
        assert_eq!(shown.path(), "/tai-khoan");
        assert_eq!(stage.acts("identity.linked").await, 3);
        browser.sign_out().await;
        let shown = stage.browser().sign_in("dvcqg", &number, &[]).await;
        assert!(shown.path() == "/tai-khoan" && shown.text.contains("Nguyễn Thị Ví Dụ"), "{}", shown.text);
    }

    async fn t50_no_simulator_stands_where_real_people_live(place: Place) {
        let here = "127.0.0.1:8081".parse().unwrap();
        let ambient = Ambient::system();
        assert!(EidSimulator::new(Environment::Production, here, ambient.clone()).is_err());
        for reachable in ["0.0.0.0:8081", "192.168.1.4:8081", "[::]:8081"] {
            let refused = EidSimulator::new(Environment::Test, reachable.parse().unwrap(), ambient.clone()).map(drop);
            assert!(refused.unwrap_err().to_string().contains("loopback only"), "{reachable}");
        }
        let opened = async |config| City::open(config, Surroundings::fixed(ambient.clone())).await.map(drop);
        let mut config = place.config("haiphong", "real");
        config.city.environment = Environment::Production;
        config.federation.simulator = "http://127.0.0.1:8081".to_owned();
        let why = opened(config.clone()).await.unwrap_err().to_string();
        assert!(why.contains("a simulator never serves a production city"), "{why}");
        // Nor as an upstream that merely claims to be a real one.
        config.federation.simulator.clear();
        let text = std::fs::read_to_string(crate::city::pack_folder("haiphong").join("upstreams.toml")).unwrap();
        let text = text.replace("client_id = \"\"", "client_id = \"city\"");
        config.federation.upstreams = place.folder().join("upstreams.toml");
        let house = config.keys().join("house");
        std::fs::create_dir_all(&house).unwrap();
        for name in ["vneid", "dvcqg"] {
            let file = house.join(format!("{name}.secret"));
            std::fs::write(&file, "x").unwrap();
            #[cfg(unix)]
            std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        }
        for (token, expected) in [
            ("https://127.0.0.1:8081/vneid/token", "lies on this machine"),
            ("https://localhost/vneid/token", "lies on this machine"),
            ("http://sso.dancuquocgia.gov.vn/token", "https://"),
            ("https://10.1.2.3/token", "federation.private_hosts"),
        ] {
            let broken = text.replace("https://sso.dancuquocgia.gov.vn/token", token);
            std::fs::write(&config.federation.upstreams, broken).unwrap();
            let why = format!("{:#}", opened(config.clone()).await.unwrap_err());
            assert!(why.contains(expected), "{token}: {why}");
        }
        // As it stands in the pack it is accepted; a secret that everybody may read is not.
        std::fs::write(&config.federation.upstreams, &text).unwrap();
        opened(config.clone()).await.unwrap();
        #[cfg(unix)]
        {
            let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
            std::fs::set_permissions(house.join("vneid.secret"), open).unwrap();
            let why = format!("{:#}", opened(config.clone()).await.unwrap_err());
            assert!(why.contains("may be read by everybody"), "{why}");
        }
        std::fs::write(&config.federation.upstreams, text.replace("issuer = ", "isuer = ")).unwrap();
        let why = format!("{:#}", opened(config).await.unwrap_err());
        assert!(why.contains("federation.upstreams") && why.contains("isuer"), "{why}");
    }
}
