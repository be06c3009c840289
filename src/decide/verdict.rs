//! What a trigger says, with its evidence.

/// What a trigger says at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Pass, fail, wait or blind. Only pass counts as passing.
    pub call: Call,
    /// The value measured.
    pub value: f64,
    /// The limit it is held against.
    pub limit: f64,
    /// Of what: `failures`, `ratio`, `seconds`.
    pub unit: &'static str,
    /// How many samples it rests on.
    pub samples: u64,
    /// One sentence that a person understands.
    pub why: String,
}

/// A verdict's one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// Enough data, under the limit.
    Pass,
    /// Data, but not enough to say.
    Wait,
    /// No usable data.
    Blind,
    /// The rule fired.
    Fail,
}

impl Call {
    /// The word in JSON and on the terminal.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Wait => "wait",
            Self::Blind => "blind",
            Self::Fail => "fail",
        }
    }
}
