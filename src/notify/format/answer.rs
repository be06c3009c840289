//! What a platform answered, and what that means.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

/// A platform's answer.
#[derive(Debug, Clone)]
pub(in crate::notify) struct Answer {
    pub(in crate::notify) status: StatusCode,
    /// What `Retry-After` or a header like it asks for.
    pub(in crate::notify) after: Option<Duration>,
    pub(in crate::notify) body: String,
}

/// What it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::notify) enum Verdict {
    /// The platform has the message.
    Taken,
    /// It may take it another time, and not before the pause it asks for.
    Later(Option<Duration>),
    /// It will not take it, however often it is sent.
    Refused,
    /// It takes nothing any more: the webhook, the bot or the key is gone.
    Gone,
    /// A chat has another id now.
    Moved(String),
}

impl Verdict {
    /// A refusal is for good.
    pub(super) fn gone_if(self, gone: bool) -> Self {
        if gone && self == Self::Refused { Self::Gone } else { self }
    }

    /// The pause, where none was asked for by a header.
    pub(super) fn pausing(self, pause: Option<Duration>) -> Self {
        if self == Self::Later(None) { Self::Later(pause) } else { self }
    }
}

impl Answer {
    /// What the status says by itself.
    pub(super) fn by_status(&self) -> Verdict {
        let again = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
        if self.status.is_success() {
            Verdict::Taken
        } else if self.status.is_server_error() || again.contains(&self.status) {
            Verdict::Later(self.after)
        } else if matches!(self.status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            Verdict::Gone
        } else {
            Verdict::Refused
        }
    }

    /// By the status where that is bad; where it is good, something else has to confirm: an answer that nobody
    /// expected is no confirmation.
    pub(super) fn confirmed_if(&self, confirmed: bool) -> Verdict {
        let verdict = self.by_status();
        if verdict == Verdict::Taken && !confirmed { Verdict::Later(self.after) } else { verdict }
    }

    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }

    /// A whole number somewhere in the JSON.
    pub(super) fn number(&self, pointer: &str) -> Option<i64> {
        self.json()?.pointer(pointer)?.as_i64()
    }

    /// A number of seconds somewhere in the JSON, rounded up.
    pub(super) fn seconds(&self, pointer: &str) -> Option<Duration> {
        let seconds = self.json()?.pointer(pointer)?.as_f64()?;
        Duration::try_from_secs_f64(seconds.ceil()).ok()
    }
}
