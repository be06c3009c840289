//! Whether a service refuses whoever asks too often. A burst is bounded, and goes only where the rules allow it.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::{Found, Verdict};
use crate::clock::Clock;
use crate::probe::Probe;
use crate::untrusted::escaped;

/// So many requests are under way at once.
const AT_ONCE: usize = 10;

/// RFC 6585.
const TOO_MANY: u16 = 429;

/// What is quoted of a header.
const QUOTED: usize = 40;

/// Asks a tenth more often than is allowed, and five times at least, as fast as answers come, and stops at the first refusal.
pub(super) async fn limited(probe: &Probe, after: u32, within: Duration, clock: &Clock) -> Found {
    let began = clock.now();
    let most = after + (after / 10).max(5);
    let mut answers = stream::iter(0..most).map(|_| probe.head()).buffer_unordered(AT_ONCE);
    let mut answered = 0;
    let asked = async {
        while let Some(answer) = answers.next().await {
            let head = answer?;
            answered += 1;
            if head.status == TOO_MANY {
                return Ok(Some(head));
            }
        }
        Ok(None)
    };
    let asked = tokio::time::timeout(within, asked).await;
    let took = clock.now().duration_since(began).unsigned_abs();
    match asked {
        Ok(Ok(Some(head))) => {
            let wait = head.headers.iter().find(|(name, _)| name == "retry-after");
            let wait = wait.map_or("no retry-after with it".to_owned(), |(_, value)| {
                format!("retry-after {}", escaped(value, QUOTED))
            });
            Found::new(Verdict::Pass, format!("refused ({TOO_MANY}) after {answered} requests, {wait}"))
        }
        Ok(Ok(None)) => Found::new(
            Verdict::Fail,
            format!("{answered} requests in {:.1} s, and none refused ({TOO_MANY})", took.as_secs_f64()),
        ),
        Ok(Err(outcome)) => {
            let found = Found::of(outcome);
            Found::new(Verdict::NoData, format!("after {answered} requests: {}", found.message))
        }
        Err(_) => Found::new(
            Verdict::NoData,
            format!("only {answered} of {most} requests were answered within {} s", within.as_secs_f64()),
        ),
    }
}
