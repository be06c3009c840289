//! Whose fault it is.

/// Whose fault a failure is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blame {
    /// The release's: it was well before, and what else golive watches still is.
    Release {
        /// How many other services were looked at.
        neighbours: usize,
    },
    /// It was so before the release already.
    PreExisting,
    /// Others that were not released have the same trouble.
    Neighbours(Vec<String>),
    /// Something that the service depends on fails.
    Dependency(String),
    /// Something else on this host uses up this resource.
    Host(String),
    /// Nothing is known of before, and nothing else is watched.
    Unknown,
}

impl Blame {
    /// Whether the release is let off.
    pub fn excuses(&self) -> bool {
        match self {
            Self::Release { .. } | Self::Unknown => false,
            Self::PreExisting | Self::Neighbours(_) | Self::Dependency(_) | Self::Host(_) => true,
        }
    }
}
