//! The ordinary ways: in, out, again, and a second upstream for one account.

use super::Stage;
use crate::city::Place;
use haidang_store::args;

on_both! {
    async fn a_resident_signs_in_at_each_upstream_and_lands_in_the_account_that_is_there(place: Place) {
        let stage = Stage::open(&place).await;
        let before = stage.people().await;
        for (upstream, name) in [("vneid", "owner"), ("dvcqg", "other")] {
            let mut browser = stage.browser();
            let choose = browser.open("/vi/tai-khoan").await;
            assert!(choose.path().starts_with("/dang-nhap?"), "{}", choose.url);
            assert!(choose.text.contains(&format!("/vi/dang-nhap/{upstream}?next=%2Ftai-khoan")), "{}", choose.text);
            let shown = browser.sign_in(upstream, &stage.number(name), &[]).await;
            assert_eq!((shown.status, shown.path().as_str()), (200, "/tai-khoan"), "{upstream}: {}", shown.text);
            assert!(shown.text.contains(&stage.town.person(name).person.full_name), "{upstream}");
        }
        assert_eq!(stage.people().await, before, "both were known by number");
        // Somebody whom only the upstream knows becomes known here.
        let mut browser = stage.browser();
        let shown = browser.sign_in("oidc", &stage.listed("adult_2"), &[]).await;
        assert!(shown.path() == "/tai-khoan" && shown.text.contains("Phạm Minh Hoạ"), "{}", shown.text);
        assert_eq!(stage.people().await, before + 1);
        assert_eq!((stage.acts("session.started").await, stage.acts("person.registered").await), (3, 1));
        let rows = stage.town.rows("SELECT methods, upstream, assurance FROM web_session ORDER BY created_at, upstream", args![]).await;
        let mut sessions: Vec<_> = rows
            .iter()
            .map(|row| (row.text("upstream").unwrap(), row.text("methods").unwrap(), row.integer("assurance").unwrap()))
            .collect();
        sessions.sort();
        let expected = [("dvcqg", "dvcqg pwd otp"), ("oidc", "vneid pwd otp"), ("vneid", "vneid pwd otp")];
        let expected: Vec<_> = expected.iter().map(|(upstream, methods)| ((*upstream).to_owned(), (*methods).to_owned(), 2)).collect();
        assert_eq!(sessions, expected);
        // Where people sign in from is kept for their page of devices.
        assert_eq!(stage.count("SELECT CAST(count(*) AS BIGINT) AS n FROM identity_device").await, 3);
        // A second sign-in finds the same account and writes no second link.
        let mut browser = stage.browser();
        browser.sign_in("vneid", &stage.number("owner"), &[]).await;
        assert_eq!(stage.acts("identity.linked").await, 3);
        assert_eq!(stage.people().await, before + 1);
    }

    async fn leaving_ends_the_session_here_and_offers_to_end_the_one_there(place: Place) {
        let stage = Stage::open(&place).await;
        let mut browser = stage.browser();
        browser.sign_in("vneid", &stage.number("owner"), &[]).await;
        let session = browser.session().unwrap();
        let shown = browser.sign_out().await;
        assert_eq!((shown.status, shown.path().as_str()), (200, "/da-dang-xuat/vneid"));
        assert_ne!(browser.session(), Some(session));
        assert_eq!(stage.sessions().await, 0);
        let link = shown.text.split("href=\"").find_map(|part| part.starts_with("http://127").then(|| part.split('"').next().unwrap()));
        let link = link.unwrap().replace("&#38;", "&").replace("&amp;", "&");
        let there = browser.open(&link).await;
        assert!(there.status == 200 && there.is_simulator() && there.text.contains(&format!("{}/", stage.origin)), "{}", there.text);
        let again = browser.open("/vi/tai-khoan").await;
        assert!(again.path().starts_with("/dang-nhap?"), "{}", again.url);
    }

    async fn a_new_name_and_a_new_identifier_lead_to_the_same_account(place: Place) {
        let stage = Stage::open(&place).await;
        let mut browser = stage.browser();
        browser.begin("vneid", "/tai-khoan").await;
        let shown = browser.submit(&[("person", "before_rename")]).await;
        assert!(shown.text.contains("Lý Thị Tên Cũ"), "{}", shown.text);
        let people = stage.people().await;
        let mut browser = stage.browser();
        browser.begin("vneid", "/tai-khoan").await;
        let shown = browser.submit(&[("person", "renamed")]).await;
        assert!(shown.text.contains("Lý Thị Tên Mới"), "{}", shown.text);
        assert_eq!(stage.people().await, people);
        assert_eq!((stage.acts("identity.renamed").await, stage.acts("person.refreshed").await), (1, 1));
    }

    async fn a_child_and_a_locked_person_are_told_what_to_do(place: Place) {
        let stage = Stage::open(&place).await;
        let mut browser = stage.browser();
        browser.begin("vneid", "/tai-khoan").await;
        let shown = browser.submit(&[("person", "age_10")]).await;
        assert_eq!(shown.reason(), "child");
        assert!(shown.text.contains("Cha, mẹ hoặc người giám hộ"), "{}", shown.text);
        browser.begin("vneid", "/tai-khoan").await;
        let shown = browser.submit(&[("person", "locked")]).await;
        assert!(shown.status == 422 && shown.is_simulator() && shown.text.contains("đang bị khóa"), "{}", shown.text);
        let lock = "UPDATE identity_person SET locked = $2 WHERE id = $1";
        stage.town.city.db.execute(lock, args![&stage.town.person("owner").person.id, true]).await.unwrap();
        let shown = browser.sign_in("vneid", &stage.number("owner"), &[]).await;
        assert_eq!(shown.reason(), "locked");
        assert_eq!((stage.sessions().await, stage.causes().await), (0, vec!["child".to_owned(), "locked".to_owned()]));
    }

    async fn the_simulator_says_what_is_wrong_beside_the_field(place: Place) {
        let stage = Stage::open(&place).await;
        for (fields, expected) in [
            (vec![], "Hãy chọn một người hoặc nhập số định danh"),
            (vec![("person", "other")], "Hãy nhập số định danh cá nhân"),
            (vec![("person", "other"), ("citizen_no", "123")], "phải có đúng 12 chữ số"),
            (vec![("person", "other"), ("citizen_no", "031090000014")], "Không đăng nhập được bằng số này"),
        ] {
            let mut browser = stage.browser();
            browser.begin("vneid", "/tai-khoan").await;
            let shown = browser.submit(&fields).await;
            assert_eq!(shown.status, 422, "{expected}");
            assert!(shown.text.contains("<title>Lỗi: ") && shown.text.matches(expected).count() >= 2, "{expected}");
        }
        // Numbers are shown in groups, so they are taken in groups.
        let number = stage.number("owner");
        let grouped = format!("{} {} {} {}", &number[..3], &number[3..6], &number[6..9], &number[9..]);
        let shown = stage.browser().sign_in("vneid", &grouped, &[]).await;
        assert_eq!(shown.path(), "/tai-khoan");
    }
}
