//! Why a sign-in at an upstream ended without a session, as the person is told.

/// A reason; its word stands in the address of the page that explains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Not begun in this browser, too old, or come back twice.
    State,
    /// The person said no.
    Cancelled,
    /// No answer in time.
    Timeout,
    /// No usable answer.
    Unavailable,
    /// An answer that does not hold.
    Untrusted,
    /// The upstream did not say who it is.
    Claims,
    /// Weaker than was asked.
    Level,
    /// Under fourteen.
    Child,
    /// Locked here.
    Locked,
    /// Number and identifier of two people.
    Conflict,
    /// Somebody else than who asked for more.
    OtherPerson,
}

impl Reason {
    pub(crate) const ALL: &'static [Reason] = &[
        Reason::State,
        Reason::Cancelled,
        Reason::Timeout,
        Reason::Unavailable,
        Reason::Untrusted,
        Reason::Claims,
        Reason::Level,
        Reason::Child,
        Reason::Locked,
        Reason::Conflict,
        Reason::OtherPerson,
    ];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Reason::State => "state",
            Reason::Cancelled => "cancelled",
            Reason::Timeout => "timeout",
            Reason::Unavailable => "unavailable",
            Reason::Untrusted => "untrusted",
            Reason::Claims => "claims",
            Reason::Level => "level",
            Reason::Child => "child",
            Reason::Locked => "locked",
            Reason::Conflict => "conflict",
            Reason::OtherPerson => "other-person",
        }
    }

    /// The reason of an address; a word we do not know is told as the plainest one.
    pub(crate) fn parse(word: &str) -> Reason {
        Self::ALL.iter().copied().find(|reason| reason.word() == word).unwrap_or(Reason::State)
    }

    /// Whether trying again can help.
    pub(crate) fn again(self) -> bool {
        !matches!(self, Reason::Child | Reason::Locked | Reason::Conflict)
    }
}
