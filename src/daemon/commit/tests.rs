use std::time::Duration;

use super::*;
use crate::config::Config;
use crate::model::event::ServiceEvent;
use crate::model::sample::{Outcome, Sample};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap()
}

fn sampled(millis: i64) -> Event {
    let (began, took) = (at(millis), Duration::ZERO);
    let sample = Sample { check: "web".to_owned(), began, took, outcome: Outcome::Ok };
    Event::Service { service: "shop".to_owned(), what: ServiceEvent::Sampled(sample) }
}

fn notifier() -> Notifier {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rules.toml");
    std::fs::write(
        &path,
        "[service.shop]\ncontainer = \"shop\"\n[service.shop.health.web]\ntcp = \"127.0.0.1:1\"\n",
    )
    .unwrap();
    Notifier::new(&Config::load(&path).unwrap())
}

/// Samples of a watch wait for each other, but nothing that was decided waits for anything.
#[tokio::test]
async fn samples_are_gathered_and_what_is_decided_takes_them_along() {
    let dir = tempfile::tempdir().unwrap();
    let (store, notifier) = (Store::open(dir.path()).unwrap(), notifier());
    let mut backlog = Backlog::default();
    let release = || Some("shop-1".to_owned());
    assert_eq!(backlog.only_samples_since(), None);
    for millis in [10, 20, 30] {
        backlog.add(at(millis), sampled(millis), release(), Vec::new(), &notifier);
        assert_eq!(backlog.only_samples_since(), Some(at(10)));
    }
    let prove = Action::Effect(Effect::Prove { service: "shop".to_owned(), release: "shop-1".to_owned() });
    let urgent: [fn(&mut Backlog, Action, &Notifier); 3] = [
        |backlog, prove, notifier| {
            backlog.add(at(40), sampled(40), Some("shop-1".to_owned()), vec![prove], notifier);
        },
        |backlog, _, _| backlog.facts(vec![("shop".to_owned(), Facts::default())]),
        |backlog, _, _| backlog.reply(drop, Answer::Done { release: None }),
    ];
    for make in urgent {
        make(&mut backlog, prove.clone(), &notifier);
        assert_eq!(backlog.only_samples_since(), None);
        let batch = backlog.seal(&store, at(50)).unwrap();
        assert!(!batch.batch.entries.is_empty());
        assert_eq!(backlog.only_samples_since(), None, "one batch is under way");
        backlog.stored();
        backlog.add(at(60), sampled(60), release(), Vec::new(), &notifier);
        assert_eq!(backlog.only_samples_since(), Some(at(60)));
    }
}
