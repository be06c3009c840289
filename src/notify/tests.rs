//! Channels against real servers, and what each of their answers is taken for.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Envelope, Notifier, PATIENCE, Refusal, Retry, backoff, expires, outlets, texts};
use crate::config::{Channel, Language, Person, Templates, Way};
use crate::model::notice::{News, Notice, Tier};
use crate::model::reason::Reason;
use crate::model::sample::{Outcome, Sample};
use crate::model::tests as plain;

mod hooks;
mod languages;
mod mails;
mod templates;

/// What an attacker may write into a version, an answer or a name.
const HOSTILE: &str = "<script>alert(1)</script>\r\nBcc: eve@example.com\u{202e}&\"'";

fn now() -> Timestamp {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

fn notice() -> Notice {
    Notice {
        id: "web-1.2".to_owned(),
        release: Some("web-20260301-100000".to_owned()),
        from: Some("1.4.2".to_owned()),
        to: Some("1.4.1".to_owned()),
        reason: Some(Reason::Health {
            check: "http".to_owned(),
            failures: 3,
            limit: 3,
            seen: HOSTILE.to_owned(),
        }),
        evidence: vec![Sample {
            check: "http".to_owned(),
            began: now(),
            took: Duration::from_millis(350),
            outcome: Outcome::Failed(HOSTILE.to_owned()),
        }],
        acknowledgeable: true,
        ..plain::notice(News::RollbackStarted, Tier::Urgent)
    }
}

fn notifier(way: Way) -> Notifier {
    // Another test of this process may have been first.
    drop(rustls::crypto::ring::default_provider().install_default());
    let channels =
        [("it".to_owned(), Channel { language: None, templates: Templates::default(), way })].into();
    let (outlets, beat) = outlets(&channels, None);
    Notifier {
        channels,
        runbooks: [("web".to_owned(), "https://wiki.example.com/web".to_owned())].into(),
        people: vec![Person {
            role: "on-call".to_owned(),
            name: "Ann".to_owned(),
            email: None,
            phone: Some("+44 1".to_owned()),
        }],
        host: "host-1".to_owned(),
        own_name: None,
        heartbeat: None,
        language: Language::English,
        texts: texts(Some(&TimeZone::UTC)),
        links: None,
        outlets,
        beat,
        patience: PATIENCE,
    }
}

fn later(refusal: &Refusal) -> Option<Duration> {
    match refusal.retry {
        Retry::Later(pause) => pause,
        Retry::Never => panic!("given up: {}", refusal.text),
    }
}

#[test]
fn pauses_double_up_to_five_minutes() {
    for attempts in 0..40 {
        let whole = Duration::from_secs(1).saturating_mul(1 << attempts.min(10)).min(Duration::from_mins(5));
        for id in ["a", "b", "web-1.2"] {
            let pause = backoff(attempts, id);
            assert!(pause >= whole.mul_f64(0.75) && pause <= whole, "{attempts} {id}: {pause:?}");
            assert_eq!(pause, backoff(attempts, id));
        }
    }
    assert_ne!(backoff(3, "a"), backoff(3, "b"), "many messages do not come back at once");
    assert!(expires(Tier::Urgent) > expires(Tier::Important));
}

#[tokio::test]
async fn a_channel_that_is_gone_is_given_up() {
    let channel = Way::Webhook(hooks::open("http://127.0.0.1:9/"));
    let refusal =
        notifier(channel).deliver("other", "", &Envelope::first(&notice(), now())).await.unwrap_err();
    assert_eq!(refusal.retry, Retry::Never);
    assert_eq!(refusal.text, "tell channel other: it is no longer configured");
}
