//! Nothing is under way: what runs is told instead.

use jiff::Timestamp;

use super::{ACCEPTED, About, Ending, NEEDS_PERSON, summary};
use crate::cli::CliError;
use crate::control::client::Client;
use crate::control::wire::Outcome;
use crate::text::english;
use crate::untrusted::harmless;

/// What runs and since when it is good, or that it is not what was released.
pub(super) async fn told(
    client: &Client,
    service: &str,
    about: &About,
    now: Timestamp,
) -> Result<Ending, CliError> {
    let status = client.status(Some(service)).await?;
    let Some(shown) = status.services.into_iter().next() else {
        return Ok(Ending {
            code: NEEDS_PERSON,
            sentence: format!("{service}: it is not configured any more"),
        });
    };
    let running = shown.running.as_ref().map_or("nothing", |running| running.version.as_str());
    let running = harmless(running);
    let (code, state, release, why) = match (&shown.drift, &shown.accepted) {
        (Some(drift), _) => (NEEDS_PERSON, "not what was released", None, drift.why.clone()),
        (None, Some(accepted)) => {
            let decision = shown.decided.as_ref().filter(|decision| decision.release == accepted.id);
            let at = decision.map_or(accepted.started_at, |decision| decision.decided_at);
            let ago = english().lasting(now.duration_since(at));
            (ACCEPTED, "accepted", Some(accepted.id.clone()), format!("{ago} ago"))
        }
        (None, None) => {
            (NEEDS_PERSON, "not accepted yet", None, "no version has passed its checks so far".to_owned())
        }
    };
    let sentence = format!("{service}: nothing is under way; {running} runs, {state}: {}", harmless(&why));
    let outcome = Outcome { release, why: Some(why), phase: shown.phase, ..Outcome::default() };
    summary::add(about, service, &running, state, &outcome);
    Ok(Ending { code, sentence })
}
