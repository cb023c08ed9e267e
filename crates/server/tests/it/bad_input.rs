//! Bad input on the pages of filing: each wrong answer is named beside its field and in the summary, nothing typed is
//! lost, and what is refused changes nothing.

use crate::city::{Got, MORNING, Persona, Place, Town};
use crate::paper::PICTURE as PAPER;
use axum::body::Body;
use axum::http::{Request, header};
use haidang_services::form;
use haidang_services::model::Channel;
use haidang_services::procedure::{Facts, Version};
use haidang_store::args;
use haidang_web::session::{self, SignIn};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

/// A browser with a session.
struct Browser<'a> {
    town: &'a Town,
    cookie: String,
}

impl<'a> Browser<'a> {
    async fn of(town: &'a Town, who: &Persona) -> Browser<'a> {
        Self::at_level(town, who, 2).await
    }

    async fn at_level(town: &'a Town, who: &Persona, level: u8) -> Browser<'a> {
        let cookie = session::open(&town.city.site, &who.person.id, SignIn::resident(level)).await.unwrap();
        Browser { town, cookie }
    }

    async fn get(&self, path: &str) -> Got {
        let request = Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, &self.cookie);
        self.town.send(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, csrf: &str, fields: &[(String, String)]) -> Got {
        let mut body = format!("csrf={}", encoded(csrf));
        for (name, value) in fields {
            let _ = write!(body, "&{}={}", encoded(name), encoded(value));
        }
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.town.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn upload(&self, path: &str, csrf: &str, name: &str, kind: &str, bytes: &[u8]) -> Got {
        const EDGE: &str = "edge-of-a-part";
        let head = format!(
            "--{EDGE}\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--{EDGE}\r\nContent-Disposition: form-data; name=\"tep\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
        );
        let body = [head.as_bytes(), bytes, format!("\r\n--{EDGE}--\r\n").as_bytes()].concat();
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={EDGE}"));
        self.town.send(request.body(Body::from(body)).unwrap()).await
    }
}

fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    text.bytes().fold(String::new(), |mut out, b| {
        if plain(b) {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

/// Texts between two marks.
fn between<'t>(text: &'t str, before: &str, after: &str) -> Vec<&'t str> {
    text.split(before).skip(1).filter_map(|rest| rest.split_once(after)).map(|(inside, _)| inside).collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    between(tag, &format!("{name}=\""), "\"").first().map(|value| (*value).to_owned())
}

fn csrf_of(page: &str) -> String {
    between(page, "name=\"csrf\" value=\"", "\"").first().expect("a form with its token").to_string()
}

/// Links of the error summary.
fn said(page: &str) -> String {
    between(page, "class=\"govuk-error-summary\"", "</ul>")
        .first()
        .map_or_else(String::new, |summary| between(summary, "href=\"#", "</a>").join("; "))
}

/// What is wrong with how a page shows its errors; nothing when all is well.
fn faults_of_errors(page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !between(page, "<title>", "</title>").iter().any(|title| title.trim().starts_with("Lỗi: ")) {
        faults.push("the title does not say that there are errors".to_owned());
    }
    let Some(summary) = between(page, "class=\"govuk-error-summary\"", "</ul>").first().copied() else {
        return vec!["no summary".to_owned()];
    };
    let links = between(summary, "href=\"#", "</a>");
    if links.is_empty() {
        faults.push("the summary is empty".to_owned());
    }
    for link in links {
        let Some((id, message)) = link.split_once("\">") else { continue };
        if !page.contains(&format!("id=\"{id}\"")) {
            faults.push(format!("the summary points to #{id}, which is not there"));
        }
        if page.matches(message).count() < 2 {
            faults.push(format!("'{message}' stands in the summary alone"));
        }
    }
    faults
}

/// Texts that nobody should be able to harm with, one of them longer than any field takes.
fn wild() -> Vec<(&'static str, String)> {
    vec![
        ("script", "<script>alert(1)</script> \"'&".to_owned()),
        ("long", "dài ".repeat(4000)),
        ("quotes", "' OR 1=1; DROP TABLE services_case --".to_owned()),
        ("marks", "\u{202e}đảo\u{0000}\u{fffd} \u{1f600}".to_owned()),
        ("number", "-999999999999999999999999".to_owned()),
    ]
}

struct Filled<'a> {
    browser: &'a Browser<'a>,
    draft: String,
    version: Arc<Version>,
    faults: Vec<String>,
}

impl Filled<'_> {
    /// A page of questions answered with nothing, with wild texts and then rightly.
    async fn page(&mut self, facts: &Facts, id: &str) {
        let part = self.version.page(id).unwrap().clone();
        let path = format!("/vi/nop-ho-so/{}/cau-hoi/{id}?sua=1", self.draft);
        let shown = self.browser.get(&path).await;
        assert_eq!(shown.status, 200, "{path}: {}", shown.text());
        let csrf = csrf_of(&shown.text());
        let right = form::encode(&self.version.form, &part, &facts.form);
        let asked = !right.is_empty();
        let hidden: Vec<(String, String)> = between(&shown.text(), "<input type=\"hidden\" ", ">")
            .into_iter()
            .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
            .filter(|(name, _)| name == "known")
            .collect();
        let with = |fields: Vec<(String, String)>| [hidden.clone(), fields].concat();

        let empty = self.browser.post(&path, &csrf, &hidden).await;
        self.judge(id, "empty", &empty);
        let must = part.keys().filter_map(|key| self.version.form.field(key)).any(|field| {
            matches!(field.required, form::Requirement::Always) && field.show_when.is_none() && !field.must_be
        });
        if must && asked && empty.status != 422 {
            self.faults.push(format!("{id}: an empty page was taken ({})", empty.status));
        }
        for (what, text) in wild() {
            let fields: Vec<(String, String)> = right.iter().map(|(name, _)| (name.clone(), text.clone())).collect();
            let got = self.browser.post(&path, &csrf, &with(fields)).await;
            self.judge(id, what, &got);
            let typed = "&lt;script&gt;alert(1)&lt;/script&gt;";
            let kept = between(&got.text(), "<main", "</main>").concat().contains(typed)
                || between(&got.text(), "<main", "</main>")
                    .concat()
                    .contains("&#60;script&#62;alert(1)&#60;/script&#62;");
            let free = part.keys().filter_map(|key| self.version.form.field(key)).any(|field| {
                matches!(field.widget, form::Widget::Text | form::Widget::LongText)
                    && field.show_when.is_none()
                    && facts.form.get(&field.key).is_some_and(Json::is_string)
            });
            if what == "script" && free && got.status == 422 && !kept {
                self.faults.push(format!("{id}: what was typed is lost"));
            }
        }
        let good = self.browser.post(&path, &csrf, &with(right)).await;
        if good.status != 303 {
            let said = said(&good.text());
            self.faults.push(format!("{id}: right answers were refused with {}: {said}", good.status));
        }
    }

    fn judge(&mut self, id: &str, what: &str, got: &Got) {
        let text = got.text();
        match got.status {
            303 => {}
            422 => {
                let faults = faults_of_errors(&text);
                self.faults.extend(faults.into_iter().map(|fault| format!("{id}, {what}: {fault}")));
            }
            // A field that is far too long is refused before the form is read.
            400 | 413 if what == "long" || what == "marks" => {}
            other => self
                .faults
                .push(format!("{id}, {what}: answered {other}: {}", text.chars().take(200).collect::<String>())),
        }
        if text.contains("<script>alert(1)") {
            self.faults.push(format!("{id}, {what}: a script of the visitor is part of the page"));
        }
    }
}

on_both! {
    /// Every question page of every procedure that can be filed online.
    async fn wrong_answers_are_named_and_kept(place: Place) {
        let town = Town::open(&place, "haiphong", MORNING).await;
        let owner = town.person("owner");
        let browser = Browser::of(&town, &owner).await;
        let (mut pages, mut faults) = (0, Vec::new());
        let mut versions = town.services().catalogue().all_current(town.ambient.today());
        versions.retain(|v| v.promises() && v.procedure.channels.contains(&Channel::Online));
        assert!(versions.len() >= 9, "{} flagships", versions.len());
        for version in versions {
            let facts = town.answers(&version, Channel::Online, &owner.person, |_| true);
            let start = serde_json::json!({ "procedure": version.procedure.code, "channel": "online" });
            let draft = town.ask(Some(&owner), "POST", "/api/v1/drafts", Some(start)).await.expect(201, "start");
            let draft = draft["id"].as_str().unwrap().to_owned();
            let ids: Vec<String> = version.pages(&facts).iter().map(|page| page.id.clone()).collect();
            let mut filled = Filled { browser: &browser, draft, version: version.clone(), faults: Vec::new() };
            for id in &ids {
                filled.page(&facts, id).await;
                pages += 1;
            }
            faults.extend(filled.faults.into_iter().map(|fault| format!("{} {fault}", version.procedure.code)));
        }
        assert!(pages > 40, "{pages} pages");
        assert!(faults.is_empty(), "{} faults on {pages} pages:\n{}", faults.len(), faults.join("\n"));
    }

    /// A procedure that asks for level 2: whoever signed in more weakly is led to a stronger sign-in, on the page and in
    /// the API, at the beginning and at the end; other procedures stay open.
    async fn a_sign_in_too_weak_for_a_procedure_files_nothing(place: Place) {
        const LAND: &str = "1.012783";
        let town = Town::open(&place, "haiphong", "2026-08-10T09:00:00+07:00").await;
        let owner = town.person("owner");
        assert_eq!(town.version(LAND).procedure.min_acr, Some(2));
        let begin = async |code: &str| {
            let start = serde_json::json!({ "procedure": code, "channel": "online" });
            town.ask(Some(&owner), "POST", "/api/v1/drafts", Some(start)).await
        };
        let draft = begin(LAND).await.expect(201, "level 2")["id"].as_str().unwrap().to_owned();

        let weaken = "UPDATE identity_person SET account_level = 1 WHERE id = $1";
        town.city.db.execute(weaken, args![&owner.person.id]).await.unwrap();
        let weak = "insufficient_user_authentication";
        begin(LAND).await.refused(401, weak, "beginning in the API");
        let submit = format!("/api/v1/drafts/{draft}/submit");
        town.ask(Some(&owner), "POST", &submit, None).await.refused(401, weak, "the end of what was begun");
        let whole = serde_json::json!({ "procedure": LAND, "channel": "online", "answers": {} });
        town.ask(Some(&owner), "POST", "/api/v1/cases", Some(whole)).await.refused(401, weak, "all at once");
        begin("1.001193").await.expect(201, "a procedure that asks for no level");

        let browser = Browser::at_level(&town, &owner, 1).await;
        let page = browser.get(&format!("/vi/thu-tuc/{LAND}")).await.text();
        assert!(page.contains("mức xác thực 2"), "the page says which level");
        let led = browser.post(&format!("/vi/nop-ho-so/{LAND}/bat-dau"), &csrf_of(&page), &[]).await;
        let back = format!("next=%2Fthu-tuc%2F{LAND}");
        assert!(led.status == 303 && led.location.contains("nang-muc") && led.location.contains(&back), "{}", led.location);
        let cases = town.rows("SELECT id FROM services_case", args![]).await;
        assert!(cases.is_empty(), "nothing was filed");
        let strong = Browser::of(&town, &owner).await;
        let begun = strong.post(&format!("/vi/nop-ho-so/{LAND}/bat-dau"), &csrf_of(&strong.get("/vi/thu-tuc/1.012783").await.text()), &[]).await;
        assert!(begun.status == 303 && begun.location.starts_with("/vi/nop-ho-so/"), "{}", begun.location);
    }

    /// Wrong files, other people's drafts, missing tokens, ended sessions, second presses.
    async fn what_is_refused_changes_nothing(place: Place) {
        let town = Town::open(&place, "haiphong", MORNING).await;
        let (owner, other) = (town.person("owner"), town.person("other"));
        let version = town.version("1.001193");
        let facts = town.answers(&version, Channel::Online, &owner.person, |facts| {
            version.components(facts).iter().any(|need| need.id == "birth_notice" && need.required && !need.presented)
        });
        let draft = town.draft(&owner, &version, &facts).await;
        let (mine, theirs) = (Browser::of(&town, &owner).await, Browser::of(&town, &other).await);
        let base = format!("/vi/nop-ho-so/{draft}");
        let paper = format!("{base}/giay-to/birth_notice");
        let csrf = csrf_of(&mine.get(&paper).await.text());
        let foreign = csrf_of(&theirs.get("/vi/ho-so").await.text());
        let before = standing(&town).await;

        for (name, kind, bytes) in [
            ("virus.exe", "application/octet-stream", b"MZ\x90\x00\x03".as_slice()),
            ("giay.pdf", "application/pdf", b"MZ\x90\x00 not a PDF".as_slice()),
            ("giay.png", "image/png", b"%PDF-1.4 not a picture".as_slice()),
            ("giay.pdf", "application/pdf", b"PK\x03\x04 an archive by its first bytes".as_slice()),
            ("trang.html", "text/html", b"<html><script>alert(1)</script>".as_slice()),
            ("anh.svg", "image/svg+xml", b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"x()\"/>".as_slice()),
            ("trong.pdf", "application/pdf", b"".as_slice()),
            ("../../etc/passwd", "application/pdf", b"root".as_slice()),
        ] {
            let got = mine.upload(&paper, &csrf, name, kind, bytes).await;
            assert_eq!(got.status, 422, "{name} as {kind}: {}", got.text());
            assert_eq!(faults_of_errors(&got.text()), Vec::<String>::new(), "{name} as {kind}");
        }
        let heavy = vec![0x25_u8; 60 << 20];
        let got = mine.upload(&paper, &csrf, "nang.pdf", "application/pdf", &heavy).await;
        assert!(matches!(got.status, 413 | 422), "60 MB answered {}", got.status);

        assert_eq!(mine.post(&format!("{base}/nop"), "forged", &[]).await.status, 403, "without token");
        assert_eq!(theirs.post(&format!("{base}/nop"), &foreign, &[]).await.status, 404, "somebody else's draft");
        assert_eq!(theirs.get(&base).await.status, 404, "reading somebody else's draft");
        assert_eq!(theirs.upload(&paper, &foreign, "giay.png", "image/png", PAPER).await.status, 404, "their file");
        assert_eq!(standing(&town).await, before, "a refusal left something behind");

        // Two presses of the same button are one case.
        let consent = [("declare_truth".to_owned(), "true".to_owned())];
        let first = mine.post(&format!("{base}/nop"), &csrf, &consent).await;
        assert_eq!(first.status, 303, "{}", first.text());
        let second = mine.post(&format!("{base}/nop"), &csrf, &consent).await;
        assert_eq!((second.status, &second.location), (303, &first.location));
        assert_eq!(standing(&town).await.1, before.1 + 1, "one case");

        // After the session has ended the page asks to sign in and does nothing.
        town.later("PT20H");
        let before = standing(&town).await;
        let late = mine.post(&format!("{base}/nop"), &csrf, &consent).await;
        assert!(late.status == 303 && late.location.contains("dang-nhap") || late.status == 401, "{} {}", late.status, late.location);
        assert_eq!(standing(&town).await, before);
    }
}

/// Rows that a refusal must not change: drafts, cases, documents, and the names of the files kept.
async fn standing(town: &Town) -> (usize, usize, BTreeSet<String>) {
    let drafts = town.rows("SELECT id FROM services_draft", args![]).await.len();
    let cases = town.rows("SELECT id FROM services_case", args![]).await.len();
    let documents = town.rows("SELECT file_name FROM services_document WHERE removed_at IS NULL", args![]).await;
    (drafts, cases, documents.iter().map(|row| row.text("file_name").unwrap()).collect())
}
