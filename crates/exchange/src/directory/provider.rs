//! Where a provider is reached and whom the exchange believes to be it.

use haidang_signing::Certificate;
use hyper::Uri;
use rustls::pki_types::{CertificateDer, ServerName};
use serde::Deserialize;

use super::certificates;
use crate::adapters::is_adapter_name;

/// Where a provider is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderAddress {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// As the `Host` header says it.
    pub authority: String,
    /// Path before that of the call; never ends with `/`.
    pub base_path: String,
    /// How the provider proves itself; `None` for plain HTTP.
    pub tls: Option<ProviderTls>,
    /// The adapter that is asked in its place; the rest then only names it.
    pub adapter: Option<String>,
}

impl ProviderAddress {
    /// Of an adapter inside the process.
    pub(super) fn of_adapter(name: &str, wrong: &mut Vec<String>) -> Option<Self> {
        if !is_adapter_name(name) {
            wrong.push(format!("adapter {name:?}: use small letters, digits and -, as its file is called"));
            return None;
        }
        Some(Self {
            host: name.to_owned(),
            port: 0,
            authority: name.to_owned(),
            base_path: String::new(),
            tls: None,
            adapter: Some(name.to_owned()),
        })
    }
}

/// Whom the exchange believes to be a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderTls {
    /// Whoever holds the key of one of these certificates, or of one for the host of the address that leads to one of
    /// these authorities.
    Verified {
        /// Certificates of the provider itself.
        certificates: Vec<Certificate>,
        /// Authorities.
        authorities: Vec<Certificate>,
    },
    /// Whoever answers.
    Unverified,
}

/// Whom to believe, as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProviderTlsDraft {
    /// Certificates of the provider itself, each in PEM.
    pub certificates: Vec<String>,
    /// Authorities above its certificate, each in PEM.
    pub authorities: Vec<String>,
}

/// Judges where a service is: an address or an adapter, exactly one of them.
pub(super) fn judge_either(
    written: (Option<&str>, Option<&str>),
    tls: Option<ProviderTlsDraft>,
    verify: bool,
    wrong: &mut Vec<String>,
) -> Option<ProviderAddress> {
    match written {
        (Some(url), None) => judge(url, tls, verify, wrong),
        (None, Some(_)) if tls.is_some() || !verify => {
            wrong.push("tls and tls_verify of an adapter stand in its connection".to_owned());
            None
        }
        (None, Some(name)) => ProviderAddress::of_adapter(name, wrong),
        (Some(_), Some(_)) | (None, None) => {
            wrong.push("write base_url or adapter, exactly one of them".to_owned());
            None
        }
    }
}

/// Judges `base_url`, `tls` and `tls_verify` of a service together.
pub(crate) fn judge(
    url: &str,
    tls: Option<ProviderTlsDraft>,
    verify: bool,
    wrong: &mut Vec<String>,
) -> Option<ProviderAddress> {
    let before = wrong.len();
    let Some((uri, over_tls)) = address(url) else {
        wrong.push(format!("base_url {url:?}: write http://host[:port][/path] or https://…, without user or query"));
        return None;
    };
    let authority = uri.authority()?;
    let host = authority.host().trim_matches(['[', ']']).to_owned();
    if over_tls && ServerName::try_from(host.as_str()).is_err() {
        wrong.push(format!("base_url {url:?}: its host is no name that a certificate can be for"));
    }
    let tls = match (over_tls, tls) {
        (true, tls) => judge_tls(tls.unwrap_or_default(), verify, wrong),
        (false, None) if verify => None,
        (false, _) => {
            wrong.push("tls and tls_verify are for providers with an https:// address".to_owned());
            None
        }
    };
    (wrong.len() == before).then(|| ProviderAddress {
        host,
        port: authority.port_u16().unwrap_or(if over_tls { 443 } else { 80 }),
        authority: authority.as_str().to_owned(),
        base_path: uri.path().trim_end_matches('/').to_owned(),
        tls,
        adapter: None,
    })
}

/// The address and whether it is over TLS.
fn address(url: &str) -> Option<(Uri, bool)> {
    let uri: Uri = url.parse().ok()?;
    let over_tls = match uri.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        _ => return None,
    };
    (uri.query().is_none() && !uri.authority()?.as_str().contains('@')).then_some((uri, over_tls))
}

fn judge_tls(draft: ProviderTlsDraft, verify: bool, wrong: &mut Vec<String>) -> Option<ProviderTls> {
    let listed = !draft.certificates.is_empty() || !draft.authorities.is_empty();
    match (verify, listed) {
        (true, true) => {
            let certificates = certificates::read("tls.certificates", &draft.certificates, wrong);
            let authorities = certificates::read("tls.authorities", &draft.authorities, wrong);
            for (place, authority) in authorities.iter().enumerate() {
                let anchor = rustls::RootCertStore::empty().add(CertificateDer::from(authority.der()));
                if anchor.is_err() {
                    wrong.push(format!("tls.authorities: number {} cannot be an authority", place + 1));
                }
            }
            Some(ProviderTls::Verified { certificates, authorities })
        }
        (false, false) => Some(ProviderTls::Unverified),
        (true, false) => {
            wrong.push(
                "write tls = { certificates = [\"…\"] } with the provider's certificate, or authorities above it; \
                 tls_verify = false believes whoever answers"
                    .to_owned(),
            );
            None
        }
        (false, true) => {
            wrong.push("tls_verify = false contradicts the certificates in tls; remove one of them".to_owned());
            None
        }
    }
}
