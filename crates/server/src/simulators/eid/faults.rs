//! What a tester may let go wrong in one sign-in.

/// A fault, chosen on the simulator's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The id_token names another issuer.
    WrongIssuer,
    /// … another client.
    WrongAudience,
    /// … another nonce.
    WrongNonce,
    /// … another authorised party.
    WrongParty,
    /// … belongs to another access token.
    WrongTokenHash,
    /// … is past its end.
    Expired,
    /// … is signed by nobody.
    AlgorithmNone,
    /// … is signed by a stranger who uses the name of our key.
    ForeignKey,
    /// The profile speaks of somebody else.
    OtherSubject,
    /// The browser comes back without the state.
    StateLost,
    /// The personal number is missing.
    MissingClaim,
    /// Weaker than was asked.
    LowerLevel,
    /// The token endpoint answers 500.
    Broken,
    /// The token endpoint takes ten seconds.
    Slow,
    /// The person says no.
    Cancelled,
}

impl Fault {
    /// Every fault, in the order of the page.
    pub const ALL: &'static [Fault] = &[
        Fault::WrongIssuer,
        Fault::WrongAudience,
        Fault::WrongNonce,
        Fault::WrongParty,
        Fault::WrongTokenHash,
        Fault::Expired,
        Fault::AlgorithmNone,
        Fault::ForeignKey,
        Fault::OtherSubject,
        Fault::StateLost,
        Fault::MissingClaim,
        Fault::LowerLevel,
        Fault::Broken,
        Fault::Slow,
        Fault::Cancelled,
    ];

    /// The word of the form.
    pub fn word(self) -> &'static str {
        match self {
            Fault::WrongIssuer => "wrong_iss",
            Fault::WrongAudience => "wrong_aud",
            Fault::WrongNonce => "wrong_nonce",
            Fault::WrongParty => "wrong_azp",
            Fault::WrongTokenHash => "wrong_at_hash",
            Fault::Expired => "expired",
            Fault::AlgorithmNone => "alg_none",
            Fault::ForeignKey => "foreign_key",
            Fault::OtherSubject => "other_sub",
            Fault::StateLost => "state_lost",
            Fault::MissingClaim => "missing_claim",
            Fault::LowerLevel => "lower_level",
            Fault::Broken => "error_500",
            Fault::Slow => "delay_10s",
            Fault::Cancelled => "cancelled",
        }
    }

    /// The fault of a word.
    pub fn parse(word: &str) -> Option<Fault> {
        Self::ALL.iter().copied().find(|fault| fault.word() == word)
    }
}
