//! What an error says of the service, or of ourselves.

use std::error::Error;
use std::io::ErrorKind;

use crate::model::sample::Outcome;
use crate::outbound::tls;
use crate::probe::resolve::ResolveError;
use crate::probe::seen::{io, quote};

/// Why a request gave no whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The check could not be made; why.
    Own(String),
    /// The other side ended the connection.
    Cut(&'static str),
    /// What was seen instead of an answer.
    Seen(String),
}

impl Fault {
    pub(super) fn of(error: &reqwest::Error) -> Self {
        if error.is_builder() {
            return Self::Own(quote(&root(error)));
        }
        for cause in chain(error) {
            if let Some(error) = of_tls(cause) {
                return Self::Seen(quote(&tls::words(error)));
            }
            if let Some(resolve) = cause.downcast_ref::<ResolveError>() {
                return Self::Own(quote(&resolve.to_string()));
            }
            if let Some(error) = cause.downcast_ref::<std::io::Error>() {
                if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) {
                    return Self::Cut("connection reset");
                }
                if error.kind() == ErrorKind::UnexpectedEof {
                    return Self::Cut("connection closed");
                }
                if error.raw_os_error().is_some() {
                    return match io(error) {
                        Outcome::Blind(why) => Self::Own(why),
                        Outcome::Failed(seen) => Self::Seen(seen),
                        Outcome::Ok => Self::Seen(quote(&error.to_string())),
                    };
                }
            }
            // The client's own type of this error cannot be named from here.
            if cause.to_string().starts_with("connection closed before message completed") {
                return Self::Cut("connection closed");
            }
        }
        Self::Seen(quote(&root(error)))
    }

    /// In words, before there was a status.
    pub(super) fn text(self) -> String {
        match self {
            Self::Own(text) | Self::Seen(text) => text,
            Self::Cut(how) => format!("{how} without an answer"),
        }
    }

    /// Before there was a status.
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Own(why) => Outcome::Blind(why),
            Self::Cut(_) | Self::Seen(_) => Outcome::Failed(self.text()),
        }
    }

    /// After the status.
    pub(super) fn outcome_after(self, status: u16) -> Outcome {
        let seen = match self {
            Self::Own(why) => return Outcome::Blind(why),
            Self::Cut(how) => how.to_owned(),
            Self::Seen(seen) => seen,
        };
        Outcome::Failed(format!("status {status}, but the body broke off: {seen}"))
    }
}

/// What TLS says, which errors of the system carry within them and do not name as their source.
pub(super) fn of_tls<'a>(mut cause: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    while let Some(within) = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        cause = within;
    }
    cause.downcast_ref()
}

/// The innermost cause, in its own words.
pub(super) fn root(error: &reqwest::Error) -> String {
    chain(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |error| (*error).source())
}
