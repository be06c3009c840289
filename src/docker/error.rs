//! What can become of a call to the engine, told apart in one place for every call.
//!
//! Only what the engine says in a whole answer is its word. An answer that is cut, half or no engine's is lost: what was
//! asked for may have been done, so that it is looked at again before anything is said of it.

use std::time::Duration;

use serde_json::Value;

use crate::untrusted::short;

/// The engine repeats in its messages what containers and images brought along; this much of one is kept, in bytes.
const LONGEST_MESSAGE: usize = 2000;

/// The client for the engine could not be made.
#[derive(Debug, thiserror::Error)]
#[error("make a client for the Docker Engine at {socket}")]
pub struct ClientError {
    pub(super) socket: String,
    #[source]
    pub(super) source: reqwest::Error,
}

/// A call to the engine did not do what it should.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// It could not be connected to.
    #[error("{doing}: the Docker Engine at {socket} does not answer: {why}")]
    Unreachable { doing: String, socket: String, why: String },
    /// No whole answer came within the call's time.
    #[error("{doing}: no answer from the Docker Engine within {} s", .limit.as_secs())]
    TimedOut { doing: String, limit: Duration },
    /// The answer broke off, or its beginning was none of HTTP.
    #[error("{doing}: the Docker Engine's answer was lost: {why}")]
    Cut { doing: String, why: String },
    /// A whole answer came, and no engine answers so.
    #[error("{doing}: the Docker Engine's answer makes no sense: {why}")]
    Nonsense { doing: String, why: String },
    /// Something between golive and the engine does not hand such a call on, and says so in words of its own.
    #[error("{doing}: what stands before the Docker Engine does not let this call through (status {status})")]
    Barred { doing: String, status: u16 },
    /// The engine said no, in its own words.
    #[error("{doing}: the Docker Engine answered {status}: {message}")]
    Answer { doing: String, status: u16, message: String },
}

/// What a failed call means for whoever made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The engine says no, or something before it does not hand the call on.
    Refused,
    /// The engine says that there is no such thing.
    NotThere,
    /// The engine says that something is in the way, such as another container of that name.
    Conflict,
    /// Nobody knows what the engine has said: it may have done it.
    Lost,
    /// What answered spoke in no engine's words: it may have been done, too.
    Nonsense,
    /// The engine never heard of it.
    Unreachable,
}

impl EngineError {
    /// An answer by which the engine refuses, if it is one: with its message, and whole.
    pub(super) fn answered(doing: &str, status: u16, body: &str) -> Self {
        let doing = doing.to_owned();
        let message = serde_json::from_str::<Value>(body)
            .ok()
            .filter(|_| status >= 400)
            .and_then(|body| Some(short(body.get("message")?.as_str()?, LONGEST_MESSAGE)));
        match message {
            Some(message) => Self::Answer { doing, status, message },
            None if Self::is_barred(status) => Self::Barred { doing, status },
            None => {
                let begins: String = body.chars().take(80).collect();
                let why = format!("status {status} with {begins:?}");
                Self::Nonsense { doing, why }
            }
        }
    }

    /// Forbidden, or a method that is not allowed: without a message it is no engine's word, and the engine has not heard of it.
    pub(super) fn is_barred(status: u16) -> bool {
        matches!(status, 403 | 405)
    }

    pub(super) fn nonsense(doing: &str, why: String) -> Self {
        Self::Nonsense { doing: doing.to_owned(), why }
    }

    pub fn class(&self) -> Class {
        match self {
            Self::Unreachable { .. } => Class::Unreachable,
            Self::TimedOut { .. } | Self::Cut { .. } => Class::Lost,
            Self::Nonsense { .. } => Class::Nonsense,
            Self::Barred { .. } => Class::Refused,
            Self::Answer { status, message, .. } => said(*status, message),
        }
    }

    /// Whether nobody knows what became of the call.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self.class(), Class::Lost | Class::Nonsense)
    }

    /// What the engine said, where it said something.
    pub(crate) fn message(&self) -> Option<&str> {
        match self {
            Self::Answer { message, .. } => Some(message),
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Cut { .. }
            | Self::Nonsense { .. }
            | Self::Barred { .. } => None,
        }
    }

    /// Whether a refusal may be another answer in a moment.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Answer { status, message, .. } => passes(*status, message),
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Cut { .. }
            | Self::Nonsense { .. }
            | Self::Barred { .. } => false,
        }
    }

    /// Whether a container's logging driver keeps nothing that could be read.
    pub(crate) fn is_unreadable_log(&self) -> bool {
        self.message().is_some_and(|message| message.to_lowercase().contains("does not support reading"))
    }

    /// Whether somebody else has changed an object of the Swarm since it was read. The engine says so with a 500.
    pub(crate) fn is_out_of_sequence(&self) -> bool {
        self.message().is_some_and(|message| message.contains("out of sequence"))
    }

    /// Whether the managers of the Swarm do not agree on anything: too few of them, or none that leads.
    pub(crate) fn is_leaderless(&self) -> bool {
        const LEADERLESS: [&str; 6] = [
            "does not have a leader",
            "too few managers",
            "deadline exceeded",
            "not a swarm manager",
            "no answer from the docker engine",
            "code = unavailable",
        ];
        let text = self.to_string().to_lowercase();
        LEADERLESS.iter().any(|says| text.contains(says))
    }

    /// Whether this node is a manager of a Swarm no longer.
    pub(crate) fn is_no_manager(&self) -> bool {
        self.message().is_some_and(|message| message.to_lowercase().contains("not a swarm manager"))
    }
}

/// What a refusal says. Podman answers some of them with an error of its own; and a path that the engine does not know
/// says nothing of what was asked for.
fn said(status: u16, message: &str) -> Class {
    let message = message.to_lowercase();
    let says = |text: &str| message.contains(text);
    match status {
        404 if message == "page not found" => Class::Refused,
        404 => Class::NotThere,
        409 => Class::Conflict,
        500 if says("no such container") => Class::NotThere,
        500 if says("name") && says("already in use") || says("unique constraint failed") => Class::Conflict,
        _ => Class::Refused,
    }
}

/// What the text says counts for more than the status: the engine
/// answers 500 to a network that is gone, and 403 to an address that a stopping container still has.
fn passes(status: u16, message: &str) -> bool {
    const PASSING: [&str; 7] = [
        "already allocated",
        "already in use by container sandbox",
        "address already in use",
        "removal of container",
        "marked for removal",
        "resource busy",
        "deadline exceeded",
    ];
    const LASTING: [&str; 5] =
        ["not found", "no such", "cannot join network", "non running container", "oci runtime"];
    let message = message.to_lowercase();
    let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    says(&PASSING) || status >= 500 && !says(&LASTING)
}
