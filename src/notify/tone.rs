//! How a notice is to be taken: by where its incident stands, and as a colour.

use crate::model::notice::{News, Notice, Tier};

/// Where the incident stands with this notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AlertState {
    /// It is going on.
    Open,
    /// It is over.
    Over,
    /// There is none: this is only good to know.
    Aside,
}

/// How the notice is to be taken, as a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Red: urgent.
    Bad,
    /// Orange: important.
    Warning,
    /// Blue: good to know.
    Calm,
    /// Green: over.
    Good,
}

impl AlertState {
    pub(super) fn of(notice: &Notice) -> Self {
        match (notice.acknowledgeable, notice.tier == Tier::General) {
            (true, _) => Self::Open,
            (false, true) => Self::Aside,
            // Several matters at once are no incident to open or to close.
            (false, false) if matches!(notice.news, News::Digest { .. }) => Self::Aside,
            // Whoever tries a loud channel wants to hear it.
            (false, false) if notice.news == News::Test => Self::Open,
            (false, false) => Self::Over,
        }
    }
}

impl Tone {
    pub(super) fn of(notice: &Notice) -> Self {
        match (AlertState::of(notice), notice.tier) {
            (AlertState::Over, _) => Self::Good,
            (AlertState::Open | AlertState::Aside, Tier::Urgent) => Self::Bad,
            (AlertState::Open | AlertState::Aside, Tier::Important) => Self::Warning,
            (AlertState::Open | AlertState::Aside, Tier::General) => Self::Calm,
        }
    }

    pub(super) fn red_green_blue(self) -> u32 {
        match self {
            Self::Bad => 0x00c6_2828,
            Self::Warning => 0x00e6_8a00,
            Self::Calm => 0x002e_6da4,
            Self::Good => 0x002e_7d32,
        }
    }

    /// `#rrggbb`
    pub(super) fn hex(self) -> String {
        format!("#{:06x}", self.red_green_blue())
    }

    /// For platforms without colours.
    pub(super) fn dot(self) -> &'static str {
        match self {
            Self::Bad => "🔴",
            Self::Warning => "🟠",
            Self::Calm => "🔵",
            Self::Good => "🟢",
        }
    }
}
