//! What a caller showed besides its name, and whether that is what its subsystem must show.

use haidang_signing::Certificate;
use jiff::Timestamp;

use crate::directory::{Connection, Subsystem};
use crate::rules::identifier::SubsystemId;

/// SHA-256 over a whole certificate: by this it is registered and found again.
pub type Fingerprint = [u8; 32];

/// What a connection says about who is at its other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Nothing: plain HTTP from this machine.
    Plain,
    /// The other exchange of this id, which has judged its own callers.
    Peer(String),
    /// TLS, with the certificate whose key the caller proved to hold, if it showed one.
    Tls(Option<ClientCertificate>),
    /// Nothing, for it is a part of this program: the one information system of this name.
    Inside(SubsystemId),
    /// Nothing: an official tries a call of this information system in the browser. Whoever let them in has judged that
    /// they speak for its organisation; they could as well register a certificate of their own for it.
    Trial(SubsystemId),
}

/// A certificate whose key the handshake has proved. Nothing has been concluded from it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// Which one it is.
    pub fingerprint: Fingerprint,
    /// Its first moment.
    pub not_before: Timestamp,
    /// Its last second.
    pub not_after: Timestamp,
}

impl From<&Certificate> for ClientCertificate {
    fn from(certificate: &Certificate) -> Self {
        Self {
            fingerprint: fingerprint(certificate),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
        }
    }
}

/// The fingerprint of a certificate.
pub fn fingerprint(certificate: &Certificate) -> Fingerprint {
    let mut fingerprint = Fingerprint::default();
    fingerprint.iter_mut().zip(certificate.fingerprint()).for_each(|(to, from)| *to = from);
    fingerprint
}

/// Whether a caller that shows this may speak for a subsystem.
///
/// As in X-Road a certificate is registered itself and may be self-signed: only its fingerprint and its time count. It is
/// judged anew at every call, because a connection may outlive the certificate, and the registration.
///
/// # Errors
/// A sentence for the caller's developer: what is wrong and what to do.
pub fn admit(subsystem: &Subsystem, shown: &Shown, now: Timestamp) -> Result<(), String> {
    if let (Some(hosted), Shown::Plain | Shown::Tls(_) | Shown::Inside(_) | Shown::Trial(_)) =
        (&subsystem.hosted, shown)
    {
        return Err(format!("This subsystem calls through its own exchange, {}", hosted.peer));
    }
    match (subsystem.connection, shown) {
        (_, Shown::Peer(peer)) if subsystem.hosted.as_ref().is_some_and(|hosted| hosted.peer == *peer) => Ok(()),
        (_, Shown::Peer(_)) => Err("The exchange that sent this request may not speak for its subsystem; have the \
             subsystem registered with that exchange"
            .to_owned()),
        (Connection::Http, Shown::Plain) | (Connection::Https, Shown::Tls(_)) => Ok(()),
        (_, Shown::Trial(id)) if *id == subsystem.id => Ok(()),
        (_, Shown::Trial(_)) => Err("A call is tried only for the subsystem that was chosen".to_owned()),
        (Connection::Inside, Shown::Inside(id)) if *id == subsystem.id => Ok(()),
        (Connection::Inside, _) => {
            Err("This subsystem is a part of the program of the exchange; nobody else speaks for it".to_owned())
        }
        (_, Shown::Inside(_)) => {
            Err("A part of the program of the exchange speaks only for the subsystem it is registered as".to_owned())
        }
        (Connection::Http, Shown::Tls(_)) => Err("This subsystem is registered for plain calls on the machine of the \
             exchange; call the plain port there, or have it registered with a client certificate"
            .to_owned()),
        (Connection::Https, Shown::Plain) => {
            Err("This subsystem is registered for calls over TLS; call the TLS port".to_owned())
        }
        (Connection::HttpsClientCert, Shown::Plain) => {
            Err("This subsystem must show its client certificate; call the TLS port with it".to_owned())
        }
        (Connection::HttpsClientCert, Shown::Tls(None)) => {
            Err("No client certificate was shown; show one that is registered for this subsystem".to_owned())
        }
        (Connection::HttpsClientCert, Shown::Tls(Some(certificate))) => registered(subsystem, certificate, now),
    }
}

fn registered(subsystem: &Subsystem, certificate: &ClientCertificate, now: Timestamp) -> Result<(), String> {
    if !subsystem.certificates.contains(&certificate.fingerprint) {
        return Err(
            "The client certificate shown is not one of those registered for this subsystem; show a registered \
             one, or have this one registered"
                .to_owned(),
        );
    }
    in_time(certificate, now)
}

/// Whether a certificate that was shown is valid now.
///
/// # Errors
/// A sentence that says when it is.
pub fn in_time(certificate: &ClientCertificate, now: Timestamp) -> Result<(), String> {
    if now < certificate.not_before {
        return Err(format!("The client certificate is valid only from {}", certificate.not_before));
    }
    // The last second counts as a whole one.
    if now.as_second() > certificate.not_after.as_second() {
        return Err(format!(
            "The client certificate ended on {}; have a new one registered and show that",
            certificate.not_after
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Hosted;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn certificate(fingerprint: u8) -> Shown {
        Shown::Tls(Some(ClientCertificate {
            fingerprint: [fingerprint; 32],
            not_before: at("2026-01-01T00:00:00Z"),
            not_after: at("2026-12-31T23:59:59Z"),
        }))
    }

    fn check(connection: Connection, shown: &Shown, now: &str, expected: &str) {
        check_hosted(connection, None, shown, now, expected);
    }

    /// `expected` is a part of the sentence; nothing for a caller that is admitted.
    fn check_hosted(connection: Connection, peer: Option<&str>, shown: &Shown, now: &str, expected: &str) {
        let subsystem = Subsystem {
            id: SubsystemId::parse("VN-HP/GOV/0001/A").unwrap(),
            name: None,
            connection,
            certificates: vec![[1; 32], [2; 32]],
            error_style: Default::default(),
            services: Vec::new(),
            hosted: peer.map(|peer| Hosted { peer: peer.to_owned(), services: Vec::new() }),
        };
        let said = admit(&subsystem, shown, at(now)).err().unwrap_or_default();
        assert_eq!(said.is_empty(), expected.is_empty(), "{connection:?} {shown:?} {now}: {said}");
        assert!(said.contains(expected), "{connection:?} {shown:?} {now}: {said}");
    }

    #[test]
    fn only_its_own_exchange_speaks_for_a_subsystem_elsewhere() {
        let noon = "2026-11-23T05:00:00Z";
        let peer = |id: &str| Shown::Peer(id.to_owned());
        for connection in [Connection::Http, Connection::Https, Connection::HttpsClientCert] {
            for (hosted, shown, expected) in [
                (Some("X/1"), peer("X/1"), ""),
                (Some("X/1"), peer("X/2"), "may not speak"),
                (None, peer("X/1"), "may not speak"),
                (Some("X/1"), Shown::Plain, "its own exchange, X/1"),
                (Some("X/1"), Shown::Tls(None), "its own exchange"),
                (Some("X/1"), Shown::Trial(SubsystemId::parse("VN-HP/GOV/0001/A").unwrap()), "its own exchange"),
                (Some("X/1"), certificate(1), "its own exchange"),
            ] {
                check_hosted(connection, hosted, &shown, noon, expected);
            }
        }
    }

    #[test]
    fn each_subsystem_shows_what_it_was_registered_with() {
        use Connection::{Http, Https, HttpsClientCert, Inside};
        let inside = |id| Shown::Inside(SubsystemId::parse(id).unwrap());
        let trial = |id| Shown::Trial(SubsystemId::parse(id).unwrap());
        let noon = "2026-11-23T05:00:00Z";
        for (connection, shown, now, expected) in [
            (Http, Shown::Plain, noon, ""),
            (Http, Shown::Tls(None), noon, "plain port"),
            (Http, certificate(1), noon, "plain port"),
            (Https, Shown::Plain, noon, "TLS port"),
            (Https, Shown::Tls(None), noon, ""),
            (Https, certificate(9), noon, ""),
            (Inside, inside("VN-HP/GOV/0001/A"), noon, ""),
            (Inside, inside("VN-HP/GOV/0001/B"), noon, "nobody else speaks for it"),
            (Inside, Shown::Plain, noon, "nobody else speaks for it"),
            (Inside, certificate(1), noon, "nobody else speaks for it"),
            (Inside, trial("VN-HP/GOV/0001/A"), noon, ""),
            (HttpsClientCert, trial("VN-HP/GOV/0001/A"), noon, ""),
            (HttpsClientCert, trial("VN-HP/GOV/0001/B"), noon, "only for the subsystem that was chosen"),
            (Inside, trial("VN-HP/GOV/0001/B"), noon, "only for the subsystem that was chosen"),
            (Http, inside("VN-HP/GOV/0001/A"), noon, "only for the subsystem it is registered as"),
            (HttpsClientCert, inside("VN-HP/GOV/0001/A"), noon, "only for the subsystem it is registered as"),
            (HttpsClientCert, Shown::Plain, noon, "TLS port"),
            (HttpsClientCert, Shown::Tls(None), noon, "No client certificate"),
            (HttpsClientCert, certificate(1), noon, ""),
            (HttpsClientCert, certificate(2), noon, ""),
            (HttpsClientCert, certificate(3), noon, "not one of those registered"),
            (HttpsClientCert, certificate(1), "2025-12-31T23:59:59Z", "only from 2026-01-01T00:00:00Z"),
            (HttpsClientCert, certificate(1), "2026-12-31T23:59:59.9Z", ""),
            (HttpsClientCert, certificate(1), "2027-01-01T00:00:00Z", "ended on 2026-12-31T23:59:59Z"),
        ] {
            check(connection, &shown, now, expected);
        }
    }
}
