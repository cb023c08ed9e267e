//! In whose manner the simulator speaks: VNeID and the national service portal as public client code of third parties
//! shows them (unverified), and OpenID Connect as it is written.

use haidang_identity::federation::{ClientSecret, Upstream};

/// A manner of speaking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// VNeID: no PKCE, no nonce, profile by `token_id`.
    Vneid,
    /// National service portal: no PKCE, no nonce, person only in the profile.
    Dvcqg,
    /// OpenID Connect with discovery, PKCE, nonce and `private_key_jwt`.
    Oidc,
}

/// Our name at the simulator.
pub const CLIENT: &str = "haidang";
/// Its secret in the two manners that know one. It opens nothing but the simulator.
pub const SECRET: &str = "mo-phong";

impl Manner {
    /// All of them.
    pub const ALL: &'static [Manner] = &[Manner::Vneid, Manner::Dvcqg, Manner::Oidc];

    /// The word of configurations and addresses.
    pub fn word(self) -> &'static str {
        match self {
            Manner::Vneid => "vneid",
            Manner::Dvcqg => "dvcqg",
            Manner::Oidc => "oidc",
        }
    }

    /// Path of a door.
    pub(super) fn path(self, door: &str) -> &'static str {
        match (self, door) {
            (Manner::Vneid, "authorize") => "/vneid/auth",
            (Manner::Vneid, "token") => "/vneid/token",
            (Manner::Vneid, "jwks") => "/vneid/jwks",
            (Manner::Vneid, "profile") => "/vneid/api/idp/third-party/view-info",
            (Manner::Vneid, _) => "/vneid/logout",
            (Manner::Dvcqg, "authorize") => "/dvcqg/oauth2/authorize",
            (Manner::Dvcqg, "token") => "/dvcqg/oauth2/token",
            (Manner::Dvcqg, "jwks") => "/dvcqg/oauth2/jwks",
            (Manner::Dvcqg, "profile") => "/dvcqg/oauth2/userinfo",
            (Manner::Dvcqg, _) => "/dvcqg/oidc/logout",
            (Manner::Oidc, "authorize") => "/oidc/authorize",
            (Manner::Oidc, "token") => "/oidc/token",
            (Manner::Oidc, "jwks") => "/oidc/jwks",
            (Manner::Oidc, "profile") => "/oidc/userinfo",
            (Manner::Oidc, _) => "/oidc/logout",
        }
    }

    /// Its `iss` at this origin.
    pub fn issuer(self, origin: &str) -> String {
        format!("{origin}/{}", self.word())
    }

    /// A date of birth as this manner writes it; a year alone stays one.
    pub(super) fn birth_date(self, iso: &str) -> String {
        match (self, iso.split('-').collect::<Vec<_>>().as_slice()) {
            (Manner::Vneid, [year, month, day]) => format!("{year}{month}{day}"),
            (Manner::Dvcqg, [year, month, day]) => format!("{day}/{month}/{year}"),
            _ => iso.to_owned(),
        }
    }

    /// Whether the id_token repeats a nonce.
    pub(super) fn nonce(self) -> bool {
        self == Manner::Oidc
    }
}

/// Lets the simulator at this origin stand for the upstreams of a pack that name one; the others are left as they are.
///
/// What a pack says of claims and levels stays, so a demonstration proves the pack's own words.
pub fn stand_in(upstreams: Vec<Upstream>, origin: &str) -> Vec<Upstream> {
    upstreams
        .into_iter()
        .map(|mut upstream| {
            let Some(manner) = Manner::ALL.iter().find(|manner| manner.word() == upstream.simulated_by) else {
                return upstream;
            };
            upstream.issuer = manner.issuer(origin);
            upstream.client_id = CLIENT.to_owned();
            if *manner == Manner::Oidc {
                // Its addresses come from its discovery document, and its key is no shared secret.
                return upstream;
            }
            let at = |door: &str| format!("{origin}{}", manner.path(door));
            upstream.authorize = at("authorize");
            upstream.token = at("token");
            upstream.jwks = at("jwks");
            upstream.profile_uri = at("profile");
            upstream.logout_uri = at("logout");
            upstream.secret = ClientSecret::new(SECRET);
            upstream
        })
        .collect()
}
