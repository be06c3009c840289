//! The daemon's status as it changes.

use std::time::Duration;

use futures_util::{Stream, stream};

use crate::cli::CliError;
use crate::cli::absence::Absence;
use crate::clock::Clock;
use crate::control::client::Client;
use crate::control::wire::Status;

/// One question to the daemon waits so long, in seconds.
const TURN: u64 = 20;

/// Between an answer and the next question: what changes more often is seen together.
const BREATH: Duration = Duration::from_millis(250);

/// What there is to know.
pub(super) enum News {
    /// How everything stands now.
    Status(Box<Status>),
    /// The daemon does not answer.
    Gone,
}

/// Waits for one piece of news after the other. The daemon answers when something has changed, or when a question's turn is over.
pub(super) fn news<'a>(
    client: &'a Client,
    service: Option<&'a str>,
    seen: String,
) -> impl Stream<Item = Result<News, CliError>> + 'a {
    let clock = Clock::start();
    let begin = (Absence::default(), seen, BREATH);
    stream::unfold(begin, move |(mut absence, seen, mut pause)| async move {
        loop {
            tokio::time::sleep(pause).await;
            let error = match client.status_after(service, &seen, TURN).await {
                Ok(status) => {
                    absence.is_over();
                    let seen = status.revision.clone();
                    return Some((Ok(News::Status(Box::new(status))), (absence, seen, BREATH)));
                }
                Err(error) => error,
            };
            match absence.goes_on(error, clock.now()) {
                Ok(silence) if silence.new => return Some((Ok(News::Gone), (absence, seen, silence.pause))),
                Ok(silence) => pause = silence.pause,
                Err(error) => return Some((Err(error), (absence, seen, pause))),
            }
        }
    })
}
