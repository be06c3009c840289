//! What is committed is loaded as it was.

use super::stored::{events, facts, phases, some};
use super::*;
use crate::decide::action::{Action, Answer, Effect, Persist};
use crate::model::facts::{Facts, Phase};
use crate::model::refusal::Refusal;
use crate::model::release::ReleaseState;
use crate::model::step::Step;
use crate::store::{Deed, Evidence, Filing, Reader};

const STATES: [ReleaseState; 10] = [
    ReleaseState::Announced,
    ReleaseState::Watching,
    ReleaseState::Accepted,
    ReleaseState::RollingBack,
    ReleaseState::Verifying,
    ReleaseState::RolledBack,
    ReleaseState::RollbackFailed,
    ReleaseState::Held,
    ReleaseState::Superseded,
    ReleaseState::Aborted,
];

#[tokio::test]
async fn facts_come_back_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut all = vec![("empty".to_owned(), Facts::default())];
    for (index, state) in STATES.into_iter().enumerate() {
        let phases = phases();
        let phase = phases[index % phases.len()].clone();
        all.push((format!("service-{index}"), facts(phase, state)));
    }
    // A later value of the same service takes the place of the earlier one.
    let stale = vec![("empty".to_owned(), facts(Phase::Idle, ReleaseState::Held))];
    store.commit(Batch { facts: stale, ..batch(at(0)) }).await.unwrap();
    store.commit(Batch { facts: all.clone(), ..batch(at(1)) }).await.unwrap();
    drop(store);
    let loaded = open(dir.path()).load().await.unwrap();
    assert_eq!(loaded.into_iter().collect::<Vec<_>>(), all);
}

#[tokio::test]
async fn a_story_tells_every_event_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let filed = Action::Persist(Persist::File {
        release: release("r1", Origin::Noticed),
        state: ReleaseState::RolledBack,
        reason: Some(Reason::Said(some())),
        asked: true,
    });
    let mut entries: Vec<Entry> =
        (0..).zip(events()).map(|(second, event)| entry(at(second), Some("r1"), event)).collect();
    entries[0].actions = vec![
        filed,
        Action::Tell {
            notice: notice("n1", Tier::Urgent),
            channels: vec!["mail".to_owned()],
            when: When::Now,
        },
        Action::Effect(Effect::Step { service: "web".to_owned(), plan: plan(), step: Step::Stop }),
        Action::Answer(Answer::Refused { why: Refusal::Failed(some()) }),
        Action::Effect(Effect::ProbeNow { service: "web".to_owned() }),
    ];
    store.commit(Batch { entries: entries.clone(), ..batch(at(0)) }).await.unwrap();
    let found =
        Evidence { inspect: "{}".to_owned(), logs: some(), events: some(), exit: Some(137), oom: true };
    store.save_forensics("r1", found.clone()).await.unwrap();
    store.save_forensics("r1", Evidence::default()).await.unwrap();

    // The reader works beside the daemon.
    let story = Reader::open(dir.path()).unwrap().story("r1").unwrap().unwrap();
    assert_eq!(story.release, release("r1", Origin::Noticed));
    let filing = Filing {
        at: at(0),
        state: ReleaseState::RolledBack,
        reason: Some(Reason::Said(some())),
        asked: true,
    };
    // Microseconds are enough.
    let filings: Vec<Filing> = story.filings.into_iter().map(|one| Filing { at: at(0), ..one }).collect();
    assert_eq!((story.state, filings), (ReleaseState::RolledBack, vec![filing]));
    assert_eq!(story.forensics, Some(found), "what was found first stays");
    let told: Vec<Event> = story.moments.iter().map(|moment| moment.event.clone()).collect();
    assert_eq!(told, events());
    let deeds = &story.moments[0].deeds;
    let channels = vec!["mail".to_owned()];
    let wanted = [
        Deed::Filed { release: "r1".to_owned(), state: ReleaseState::RolledBack },
        Deed::Told { notice: notice("n1", Tier::Urgent), channels },
        Deed::Step { step: Step::Stop, plan: plan() },
        Deed::Refused { why: Refusal::Failed(some()) },
    ];
    assert_eq!(*deeds, wanted, "what is filed elsewhere is not repeated");
}

#[tokio::test]
async fn samples_are_of_one_release_and_oldest_first() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let sampled = |second| happening(ServiceEvent::Sampled(sample(second, Outcome::Ok)));
    let entries = vec![
        entry(at(1), Some("r1"), sampled(1)),
        entry(at(2), Some("r1"), Event::Due),
        entry(at(3), Some("r0"), sampled(3)),
        entry(at(4), Some("r1"), sampled(4)),
        Entry { service: Some("other".to_owned()), ..entry(at(5), Some("r1"), sampled(5)) },
    ];
    store.commit(Batch { entries, ..batch(at(5)) }).await.unwrap();
    let happenings = store.happenings("web", "r1").await.unwrap();
    assert_eq!(happenings, [1, 4].map(|second| ServiceEvent::Sampled(sample(second, Outcome::Ok))));
}

#[tokio::test]
async fn a_spec_is_kept_and_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.spec("r1").await.unwrap(), None);
    store.save_spec("r1", "sha256:aa", "{}").await.unwrap();
    store.save_spec("r1", "sha256:bb", "{\"a\":1}").await.unwrap();
    let wanted = ("sha256:bb".to_owned(), "{\"a\":1}".to_owned());
    assert_eq!(store.spec("r1").await.unwrap(), Some(wanted));
}
