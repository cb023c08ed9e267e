//! How an adapter proves itself to its provider. What is secret lies in files of the operator and is read for each call,
//! so that a new secret holds at once; none of it is ever shown or logged.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::fault::AdapterFault;

/// How an adapter proves itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Authentication {
    /// Not at all.
    #[default]
    None,
    /// `Authorization: Bearer`, the secret as it is.
    Bearer,
    /// `Authorization: Basic`, user and secret.
    Basic,
    /// User and password in the header of the envelope (WS-Security, UsernameToken with PasswordText).
    UsernameToken,
    /// As the population database asks it: a hash over address, user, time and secret.
    C06,
}

impl Authentication {
    /// What a connection must name for it: user, secret, client.
    pub(super) fn needs(self) -> (bool, bool, bool) {
        match self {
            Self::None => (false, false, false),
            Self::Bearer => (false, true, false),
            Self::Basic | Self::UsernameToken => (true, true, false),
            Self::C06 => (true, true, true),
        }
    }
}

/// What an adapter knows of itself when it calls.
#[derive(Clone, Default)]
pub(super) struct Credentials {
    pub(super) user: String,
    /// `X-Road-Client` of this city at the provider.
    pub(super) client: String,
    /// The address that is signed; the provider compares it with its own.
    pub(super) sign_url: String,
    pub(super) secret: String,
    pub(super) api_key: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

const TIMESTAMP: HeaderName = HeaderName::from_static("timestamp");
const CLIENT: HeaderName = HeaderName::from_static("x-road-client");
const API_KEY: HeaderName = HeaderName::from_static("apikey");

/// The headers that prove a call made now.
///
/// # Errors
/// The adapter is not ready, where a secret cannot stand in a header.
pub(super) fn headers(
    authentication: Authentication,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<Vec<(HeaderName, HeaderValue)>, AdapterFault> {
    let mut lines = Vec::new();
    match authentication {
        Authentication::None | Authentication::UsernameToken => {}
        Authentication::Bearer => lines.push((AUTHORIZATION, format!("Bearer {}", credentials.secret))),
        Authentication::Basic => lines.push((AUTHORIZATION, basic(&credentials.user, &credentials.secret))),
        Authentication::C06 => {
            let stamp = now.as_millisecond().to_string();
            let Credentials { user, sign_url, secret, client, .. } = credentials;
            let hash = HEXLOWER.encode(&Sha256::digest(format!("{sign_url}{user}{stamp}{secret}").as_bytes()));
            lines.push((TIMESTAMP, stamp));
            lines.push((AUTHORIZATION, basic(user, &hash)));
            lines.push((CLIENT, client.clone()));
        }
    }
    if let Some(key) = &credentials.api_key {
        lines.push((API_KEY, key.clone()));
    }
    let value = |(name, text): (HeaderName, String)| {
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            tracing::error!(header = %name, "a secret or name of an adapter cannot stand in a header");
            AdapterFault::unready()
        })?;
        value.set_sensitive(true);
        Ok((name, value))
    };
    lines.into_iter().map(value).collect()
}

fn basic(user: &str, secret: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{user}:{secret}").as_bytes()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The hash was computed with `sha256sum` over `https://c06.example/xacthuchaidang1772503200000bi-mat`.
    #[test]
    fn calls_are_proved_as_each_provider_asks() {
        let credentials = Credentials {
            user: "haidang".to_owned(),
            client: "VN/GOV/H24/haidang".to_owned(),
            sign_url: "https://c06.example/xacthuc".to_owned(),
            secret: "bi-mat".to_owned(),
            api_key: Some("khoa".to_owned()),
        };
        let now = Timestamp::from_millisecond(1_772_503_200_000).unwrap();
        let hash = "9499a3c29e0eaf619f56c2be22de10537a805e76e94bc53a433805600f654ab4";
        let c06 = format!("Basic {}", BASE64.encode(format!("haidang:{hash}").as_bytes()));
        for (authentication, expected) in [
            (Authentication::None, vec![("apikey", "khoa")]),
            (Authentication::UsernameToken, vec![("apikey", "khoa")]),
            (Authentication::Bearer, vec![("authorization", "Bearer bi-mat"), ("apikey", "khoa")]),
            (Authentication::Basic, vec![("authorization", "Basic aGFpZGFuZzpiaS1tYXQ="), ("apikey", "khoa")]),
            (
                Authentication::C06,
                vec![
                    ("timestamp", "1772503200000"),
                    ("authorization", c06.as_str()),
                    ("x-road-client", "VN/GOV/H24/haidang"),
                    ("apikey", "khoa"),
                ],
            ),
        ] {
            let lines = headers(authentication, &credentials, now).unwrap();
            let shown: Vec<(&str, &str)> =
                lines.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
            assert_eq!(shown, expected, "{authentication:?}");
            assert!(lines.iter().all(|(_, value)| value.is_sensitive()));
        }
        assert!(!format!("{credentials:?}").contains("bi-mat"));
        let broken = Credentials { secret: "a\nb".to_owned(), ..credentials };
        assert_eq!(headers(Authentication::Bearer, &broken, now).unwrap_err().status, 503);
    }
}
