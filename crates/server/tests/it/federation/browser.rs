//! A browser without scripts that really calls: it keeps cookies by host and follows redirects.

use reqwest::cookie::{CookieStore as _, Jar};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use std::sync::Arc;

/// What is on the screen.
#[derive(Debug, Clone)]
pub struct Shown {
    pub status: u16,
    pub url: Url,
    pub text: String,
    /// Where an answer that was not followed would have led.
    pub location: String,
}

impl Shown {
    /// Path and query, without the language.
    pub fn path(&self) -> String {
        let path = self.url.path().trim_start_matches("/vi").to_owned();
        self.url.query().map_or(path.clone(), |query| format!("{path}?{query}"))
    }

    /// Whether it is a page of the simulator.
    pub fn is_simulator(&self) -> bool {
        self.url.host_str() == Some("127.0.0.1")
    }

    /// The word that the page of a failed sign-in was opened with.
    pub fn reason(&self) -> String {
        assert!(self.url.path().ends_with("/khong-thanh"), "{}: {}", self.url, self.text);
        let reason = self.url.query_pairs().find(|(name, _)| name == "ly-do");
        reason.map(|(_, word)| word.into_owned()).unwrap_or_default()
    }
}

pub struct Browser {
    origin: String,
    jar: Arc<Jar>,
    following: Client,
    standing: Client,
    pub shown: Option<Shown>,
}

fn client(jar: &Arc<Jar>, policy: Policy) -> Client {
    // No other test may have installed it yet.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().cookie_provider(jar.clone()).redirect(policy).no_proxy().build().unwrap()
}

impl Browser {
    pub fn new(origin: &str) -> Browser {
        let jar = Arc::new(Jar::default());
        let (following, standing) = (client(&jar, Policy::limited(10)), client(&jar, Policy::none()));
        Browser { origin: origin.to_owned(), jar, following, standing, shown: None }
    }

    async fn show(&mut self, request: reqwest::RequestBuilder) -> Shown {
        let response = request.header("accept-language", "vi").send().await.unwrap();
        let (status, url) = (response.status().as_u16(), response.url().clone());
        let location = response.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let location = location.to_owned();
        let shown = Shown { status, url, location, text: response.text().await.unwrap() };
        assert!(!shown.text.contains('⟦'), "a text is missing: {}", shown.text);
        self.shown = Some(shown.clone());
        shown
    }

    fn address(&self, path: &str) -> String {
        if path.starts_with('/') { format!("{}{path}", self.origin) } else { path.to_owned() }
    }

    /// Opens an address; a path is one of the city.
    pub async fn open(&mut self, address: &str) -> Shown {
        let request = self.following.get(self.address(address));
        self.show(request).await
    }

    fn form(&self, client: &Client, address: &str, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let page = self.shown.as_ref().map(|shown| shown.text.as_str()).unwrap_or_default();
        let token = page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let mut pairs = vec![("csrf", token.unwrap_or_default())];
        pairs.extend_from_slice(fields);
        let kind = "application/x-www-form-urlencoded";
        client.post(self.address(address)).header("content-type", kind).body(haidang_web::encode(pairs))
    }

    /// Sends a form of the page that is open, to another address.
    pub async fn send(&mut self, address: &str, fields: &[(&str, &str)]) -> Shown {
        let request = self.form(&self.following, address, fields);
        self.show(request).await
    }

    /// Sends the form of the page that is open.
    pub async fn submit(&mut self, fields: &[(&str, &str)]) -> Shown {
        let here = self.shown.as_ref().unwrap().url.to_string();
        self.send(&here, fields).await
    }

    /// Sends the form of the page that is open and follows nothing: where would it lead?
    pub async fn submit_standing(&mut self, fields: &[(&str, &str)]) -> Shown {
        let here = self.shown.as_ref().unwrap().url.to_string();
        let request = self.form(&self.standing, &here, fields);
        self.show(request).await
    }

    /// Goes to an upstream to come back to a path.
    pub async fn begin(&mut self, upstream: &str, next: &str) -> Shown {
        let query = haidang_web::encode([("next", next)]);
        let shown = self.open(&format!("/vi/dang-nhap/{upstream}?{query}")).await;
        assert!(shown.is_simulator() && shown.status == 200, "{} {}", shown.status, shown.url);
        assert!(shown.text.contains("MÔ PHỎNG"), "{}", shown.text);
        shown
    }

    /// The whole of a sign-in at an upstream.
    pub async fn sign_in(&mut self, upstream: &str, number: &str, more: &[(&str, &str)]) -> Shown {
        self.begin(upstream, "/tai-khoan").await;
        let mut fields = vec![("person", "other"), ("citizen_no", number)];
        fields.extend_from_slice(more);
        self.submit(&fields).await
    }

    /// Signs out of the city, from the account page.
    pub async fn sign_out(&mut self) -> Shown {
        self.open("/vi/tai-khoan").await;
        self.send("/vi/dang-xuat", &[]).await
    }

    /// The session's cookie at the city, when there is a session.
    pub fn session(&self) -> Option<String> {
        let cookies = self.jar.cookies(&self.origin.parse().unwrap())?;
        let text = cookies.to_str().unwrap().to_owned();
        let value = text.split("; ").find_map(|pair| pair.strip_prefix("hd_sid="))?;
        value.starts_with('s').then(|| value.to_owned())
    }
}
