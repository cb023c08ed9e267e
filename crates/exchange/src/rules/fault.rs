//! Errors that the exchange itself makes, in the two spellings of X-Road, and how they are written.

use hyper::StatusCode;
use serde::{Deserialize, Serialize};

/// How codes are spelled for a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// `server.serverproxy.access_denied`: X-Road from 7.8.0.
    #[default]
    V78,
    /// `Server.ServerProxy.AccessDenied`: X-Road up to 7.7.1.
    V77,
}

/// Where a fault arose; the first half of its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The request itself is at fault: `client.`, status 400.
    Client,
    /// On the consumer's side of the exchange: `server.clientproxy.`, status 500.
    ConsumerSide,
    /// On the provider's side: `server.serverproxy.`, status 500.
    ProviderSide,
}

macro_rules! leaves {
    ($($variant:ident $word:literal $meaning:literal;)*) => {
        /// The last part of a code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Leaf {
            $(#[doc = $meaning] $variant,)*
        }

        impl Leaf {
            /// Every leaf this exchange answers with.
            pub const ALL: &[Leaf] = &[$(Leaf::$variant),*];

            /// The leaf of a word.
            pub fn of(word: &str) -> Option<Leaf> {
                Leaf::ALL.iter().copied().find(|leaf| leaf.word() == word)
            }

            /// In snake case, as the newer style writes it.
            pub fn word(self) -> &'static str {
                match self { $(Leaf::$variant => $word,)* }
            }
        }
    };
}

leaves! {
    BadRequest "bad_request" "The request cannot be read in one way only.";
    IoError "io_error" "The provider broke off, or a file here failed.";
    NetworkError "network_error" "The provider could not be reached or did not answer in time.";
    InternalError "internal_error" "A fault of this exchange.";
    UnknownHost "unknown_host" "The provider's name has no address.";
    InvalidRequest "invalid_request" "Parts of the address or of the parameters are missing.";
    SslAuthenticationFailed "ssl_authentication_failed" "The credential is not the one the caller, or the provider, must show.";
    LoggingFailed "logging_failed" "The message could not be recorded, so it was not passed on.";
    TimestampingFailed "timestamping_failed" "Stamping has failed for too long.";
    InvalidHttpMethod "invalid_http_method" "Not one of the eight methods.";
    InvalidSecurityServer "invalid_security_server" "The request names another exchange server.";
    InvalidMessage "invalid_message" "What another exchange sent is no message that counts: its form, its age, or it came before.";
    InconsistentResponse "inconsistent_response" "The answer of another exchange is not the one to this request.";
    MissingSignature "missing_signature" "A message of another exchange bears no signature that counts.";
    MissingHeader "missing_header" "A header that the endpoint needs is missing.";
    DuplicateHeaderField "duplicate_header_field" "A header came twice with different values.";
    AccessDenied "access_denied" "No agreement gives this right.";
    ServiceDisabled "service_disabled" "The provider has switched the service off.";
    ServiceFailed "service_failed" "The provider's answer cannot be passed on.";
    UnknownService "unknown_service" "The provider has no such service.";
    UnknownMember "unknown_member" "No such member or subsystem is registered.";
    InvalidClientIdentifier "invalid_client_identifier" "`X-Road-Client` is missing or has not 3 or 4 parts.";
    ServiceType "service_type" "The service is not called this way.";
    QuotaExceeded "quota_exceeded" "The agreement's quota is used up.";
    PurposeMissing "purpose_missing" "The endpoint needs a purpose.";
    UserMissing "user_missing" "The endpoint needs the acting user.";
    AgreementExpired "agreement_expired" "The agreement that gave this right has ended.";
    BreakerOpen "breaker_open" "The provider failed too often; it is left alone for a while.";
    FilterFailed "filter_failed" "The answer could not be cut down to the allowed fields.";
}

impl Leaf {
    fn spelled(self, style: Style) -> String {
        match (style, self) {
            (Style::V78, _) => self.word().to_owned(),
            (Style::V77, Leaf::IoError) => "IOError".to_owned(),
            (Style::V77, _) => self
                .word()
                .split('_')
                .map(|part| {
                    let mut letters = part.chars();
                    letters
                        .next()
                        .map(|first| first.to_ascii_uppercase())
                        .into_iter()
                        .chain(letters)
                        .collect::<String>()
                })
                .collect(),
        }
    }
}

/// One refusal or failure. The message tells a developer what to do and holds nothing of what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub side: Side,
    /// What.
    pub leaf: Leaf,
    /// Why, where X-Road writes a second word behind the first.
    pub cause: Option<Leaf>,
    /// For people.
    pub message: String,
    /// Seconds after which another attempt makes sense.
    pub retry_after: Option<u64>,
}

impl Fault {
    /// The request is at fault (400).
    pub fn client(leaf: Leaf, message: impl Into<String>) -> Self {
        Self { side: Side::Client, leaf, cause: None, message: message.into(), retry_after: None }
    }

    /// Found on the consumer's side (500).
    pub fn consumer_side(leaf: Leaf, message: impl Into<String>) -> Self {
        Self { side: Side::ConsumerSide, leaf, cause: None, message: message.into(), retry_after: None }
    }

    /// Found on the provider's side (500).
    pub fn provider_side(leaf: Leaf, message: impl Into<String>) -> Self {
        Self { side: Side::ProviderSide, leaf, cause: None, message: message.into(), retry_after: None }
    }

    /// The same with the time of another attempt.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds.max(1));
        self
    }

    /// The same with its cause, as in `service_failed.ssl_authentication_failed`.
    pub fn because(mut self, cause: Leaf) -> Self {
        self.cause = Some(cause);
        self
    }

    /// The whole code in a style.
    pub fn code(&self, style: Style) -> String {
        let prefix = match (style, self.side) {
            (Style::V78, Side::Client) => "client.",
            (Style::V78, Side::ConsumerSide) => "server.clientproxy.",
            (Style::V78, Side::ProviderSide) => "server.serverproxy.",
            (Style::V77, Side::Client) => "Client.",
            (Style::V77, Side::ConsumerSide) => "Server.ClientProxy.",
            (Style::V77, Side::ProviderSide) => "Server.ServerProxy.",
        };
        let mut code = format!("{prefix}{}", self.leaf.spelled(style));
        if let Some(cause) = self.cause {
            code.push('.');
            code.push_str(&cause.spelled(style));
        }
        code
    }

    /// 500 when the code begins with `server.`, else 400: r1 knows no other.
    pub fn status(&self) -> StatusCode {
        match self.side {
            Side::Client => StatusCode::BAD_REQUEST,
            Side::ConsumerSide | Side::ProviderSide => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// How an error is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/json`
    Json,
    /// `text/xml`
    TextXml,
    /// `application/xml`
    ApplicationXml,
}

impl Media {
    /// XML when an `Accept` header holds it as a whole media type, the first one listed; everything else gets JSON.
    pub fn accepted<'a>(accept: impl IntoIterator<Item = &'a str>) -> Self {
        accept
            .into_iter()
            .flat_map(|value| value.split(','))
            .find_map(|entry| match entry.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
                "text/xml" | "text/*" => Some(Media::TextXml),
                "application/xml" => Some(Media::ApplicationXml),
                _ => None,
            })
            .unwrap_or(Media::Json)
    }

    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Media::Json => "application/json;charset=utf-8",
            Media::TextXml => "text/xml;charset=utf-8",
            Media::ApplicationXml => "application/xml;charset=utf-8",
        }
    }

    /// The body of an error.
    pub fn body(self, code: &str, message: &str, detail: &str) -> String {
        match self {
            Media::Json => serde_json::json!({ "type": code, "message": message, "detail": detail }).to_string(),
            Media::TextXml | Media::ApplicationXml => format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><error><type>{}</type><message>{}</message><detail>{}</detail></error>",
                escaped(code),
                escaped(message),
                escaped(detail),
            ),
        }
    }
}

/// Text as content of an XML element or attribute.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_in_both_spellings_and_the_status_that_follows() {
        for (fault, new, old, status) in [
            (Fault::client(Leaf::BadRequest, ""), "client.bad_request", "Client.BadRequest", 400),
            (Fault::client(Leaf::QuotaExceeded, ""), "client.quota_exceeded", "Client.QuotaExceeded", 400),
            (
                Fault::provider_side(Leaf::AccessDenied, ""),
                "server.serverproxy.access_denied",
                "Server.ServerProxy.AccessDenied",
                500,
            ),
            (Fault::provider_side(Leaf::IoError, ""), "server.serverproxy.io_error", "Server.ServerProxy.IOError", 500),
            (
                Fault::consumer_side(Leaf::UnknownMember, ""),
                "server.clientproxy.unknown_member",
                "Server.ClientProxy.UnknownMember",
                500,
            ),
            (
                Fault::consumer_side(Leaf::SslAuthenticationFailed, ""),
                "server.clientproxy.ssl_authentication_failed",
                "Server.ClientProxy.SslAuthenticationFailed",
                500,
            ),
            (
                Fault::provider_side(Leaf::ServiceFailed, "").because(Leaf::SslAuthenticationFailed),
                "server.serverproxy.service_failed.ssl_authentication_failed",
                "Server.ServerProxy.ServiceFailed.SslAuthenticationFailed",
                500,
            ),
        ] {
            assert_eq!((fault.code(Style::V78).as_str(), fault.code(Style::V77).as_str()), (new, old));
            assert_eq!(fault.status().as_u16(), status);
        }
        let words: std::collections::BTreeSet<_> = Leaf::ALL.iter().map(|leaf| leaf.spelled(Style::V77)).collect();
        assert_eq!(words.len(), Leaf::ALL.len());
    }

    #[test]
    fn xml_only_for_whole_media_types() {
        for (accept, expected) in [
            (&["application/xml"][..], Media::ApplicationXml),
            (&["text/xml"], Media::TextXml),
            (&["text/*"], Media::TextXml),
            (&["application/xml; q=0.2"], Media::ApplicationXml),
            (&["text/xml, application/json"], Media::TextXml),
            (&["application/json", "Text/XML"], Media::TextXml),
            (&["application/xml,text/xml"], Media::ApplicationXml),
            (&["foobarbaz"], Media::Json),
            (&["text/xml-patch+xml"], Media::Json),
            (&["application/json;charset=utf-8"], Media::Json),
            (&["*/*"], Media::Json),
            (&[], Media::Json),
        ] {
            assert_eq!(Media::accepted(accept.iter().copied()), expected, "{accept:?}");
        }
    }

    #[test]
    fn bodies_hold_three_fields_and_escape_them() {
        let json = Media::Json.body("client.bad_request", "a \"b\" <c>", "d");
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read, serde_json::json!({ "type": "client.bad_request", "message": "a \"b\" <c>", "detail": "d" }));
        assert!(
            Media::TextXml
                .body("x", "a & <b>", "d")
                .ends_with("<error><type>x</type><message>a &amp; &lt;b&gt;</message><detail>d</detail></error>")
        );
    }
}
