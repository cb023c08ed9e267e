//! A browser without scripts, and where it ends.

use super::support::{Got, ISSUER, PASSWORD, World};
use axum::body::Body;
use axum::http::{Request, header};
use haidang_web::encode;
use std::collections::BTreeMap;

/// The parameters that reached the redirect address.
pub type Callback = BTreeMap<String, String>;

/// Where a browser ended.
#[derive(Debug)]
pub enum End {
    Callback(Callback),
    Page(Got),
}

impl End {
    pub fn callback(self) -> Callback {
        match self {
            Self::Callback(callback) => callback,
            Self::Page(got) => panic!("no answer reached the client: {} {}", got.status, got.text),
        }
    }

    pub fn page(self) -> Got {
        match self {
            Self::Page(got) => got,
            Self::Callback(callback) => panic!("no page was shown: {callback:?}"),
        }
    }

    pub fn code(self) -> String {
        let callback = self.callback();
        callback.get("code").unwrap_or_else(|| panic!("no code: {callback:?}")).clone()
    }

    pub fn error(self) -> String {
        let callback = self.callback();
        assert_eq!(callback.get("iss").map(String::as_str), Some(ISSUER), "T6");
        callback.get("error").cloned().unwrap_or_default()
    }
}

/// A browser without scripts: keeps cookies, fills the forms it meets.
pub struct Browser {
    pub world: World,
    pub cookies: BTreeMap<String, String>,
    pub user: &'static str,
    /// What the last page lets a form say of its origin.
    pub origin: &'static str,
}

impl Browser {
    pub async fn open(&mut self, method: &str, path: &str, body: Option<String>) -> Got {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if body.is_some() {
            request = request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header("sec-fetch-site", "same-origin")
                .header(header::ORIGIN, self.origin);
        }
        let got = self.world.send(request.body(Body::from(body.unwrap_or_default())).unwrap()).await;
        for cookie in got.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        got
    }

    /// Follows redirects and answers no form.
    pub async fn look(&mut self, address: &str) -> End {
        let mut got = self.open("GET", address, None).await;
        for _ in 0..10 {
            let location = got.header("location").to_owned();
            if location.is_empty() {
                return End::Page(got);
            }
            assert_eq!(got.status, 303, "T8");
            if leaves(&location) {
                return End::Callback(callback(&location));
            }
            got = self.open("GET", &location, None).await;
        }
        panic!("too many redirects");
    }

    /// The form of a page, sent with these fields beside its hidden ones.
    pub async fn submit(&mut self, page: &Got, fields: &[(&str, &str)]) -> End {
        let main = page.text.split("<main").nth(1).unwrap();
        let form =
            main.split("<form").nth(1).unwrap_or_else(|| panic!("no form: {main}")).split("</form>").next().unwrap();
        let attribute = |text: &str, name: &str| {
            let after =
                text.split(&format!(" {name}=\"")).nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
            after.map(|value| value.replace("&#38;", "&").replace("&amp;", "&"))
        };
        let action = attribute(form, "action").unwrap();
        let mut pairs: Vec<(String, String)> = form
            .split("<input")
            .skip(1)
            .filter(|input| input.split('>').next().unwrap().contains("type=\"hidden\""))
            .filter_map(|input| {
                let tag = input.split('>').next().unwrap();
                attribute(tag, "name").map(|name| (name, attribute(tag, "value").unwrap_or_default()))
            })
            .collect();
        pairs.extend(fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        self.origin = if page.header("referrer-policy") == "no-referrer" { "null" } else { ISSUER };
        let got = self.open("POST", &action, Some(encode(pairs))).await;
        let location = got.header("location").to_owned();
        if location.is_empty() {
            return End::Page(got);
        }
        assert_eq!(got.status, 303, "T8: a form is never sent on");
        if leaves(&location) { End::Callback(callback(&location)) } else { self.look(&location).await }
    }

    /// Signs in and agrees until the answer reaches the client.
    pub async fn walk(&mut self, address: &str) -> End {
        let mut end = self.look(address).await;
        for _ in 0..6 {
            let page = match end {
                End::Callback(_) => return end,
                End::Page(page) => page,
            };
            let code =
                page.text.split("class=\"hd-figures\">").nth(1).map(|rest| rest.split('<').next().unwrap().to_owned());
            let user = self.user;
            end = if page.text.contains("type=\"password\"") {
                self.submit(&page, &[("username", user), ("password", PASSWORD)]).await
            } else if let Some(code) = code {
                self.submit(&page, &[("code", &code)]).await
            } else if page.text.contains("dong_y") {
                self.submit(&page, &[("dong_y", "1")]).await
            } else {
                return End::Page(page);
            };
        }
        end
    }
}

/// Whether a browser would leave this city: `//host` and `/\host` are addresses of another one.
fn leaves(location: &str) -> bool {
    !location.starts_with('/') || location.starts_with("//") || location.starts_with("/\\")
}

fn callback(location: &str) -> Callback {
    let query = location.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let uri: axum::http::Uri = format!("/?{query}").parse().unwrap();
    let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).unwrap().0;
    let mut callback: Callback = pairs.into_iter().collect();
    callback.insert(String::new(), location.split('?').next().unwrap().to_owned());
    callback
}
