use std::collections::BTreeMap;

use super::*;
use crate::config::Config;
use crate::model::sample::{Outcome, Sample};

/// Two services and what is shown of them.
fn state(now: Timestamp) -> State {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rules.toml");
    let service = |name: &str| {
        format!(
            "[service.{name}]\ncontainer = \"{name}\"\n[service.{name}.health.web]\nurl = \"http://127.0.0.1:1/\"\n"
        )
    };
    std::fs::write(&path, service("shop") + &service("blog")).unwrap();
    State::new(Config::load(&path).unwrap().policy(), BTreeMap::new(), now)
}

fn sampled(service: &str, began: Timestamp, outcome: Outcome) -> Event {
    let sample = Sample { check: "web".to_owned(), began, took: Duration::ZERO, outcome };
    Event::Service { service: service.to_owned(), what: ServiceEvent::Sampled(sample) }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap()
}

/// Drawn and shown at once, as where nothing has to be stored.
fn draw(showing: &mut Showing, now: Timestamp, state: &State) {
    if let Some(view) = showing.draw(now, state, None) {
        showing.show(now, view);
    }
}

#[test]
fn samples_are_shown_within_a_second_and_only_of_their_service() {
    let mut state = state(at(0));
    let mut showing = Showing::new(state.view());
    let first = Arc::clone(&showing.views().borrow());
    draw(&mut showing, at(0), &state);
    assert_eq!(showing.due(), None);
    showing.everything = false;
    for millis in [100, 400, 900] {
        let event = sampled("shop", at(millis), Outcome::Ok);
        state.step(at(millis), &event);
        showing.note(at(millis), &event);
        draw(&mut showing, at(millis), &state);
        assert_eq!(showing.due(), Some(at(1100)));
        assert!(Arc::ptr_eq(&first, &showing.views().borrow()), "nothing was drawn yet");
    }
    draw(&mut showing, at(1100), &state);
    let second = Arc::clone(&showing.views().borrow());
    assert_eq!(recent(&second, "shop"), [Some(0.0)], "within a second there is one");
    assert_eq!(without_recent(&second), without_recent(&state.view()));
    // By name: the blog comes first.
    assert!(Arc::ptr_eq(&first.services[0], &second.services[0]));
    assert!(!Arc::ptr_eq(&first.services[1], &second.services[1]));
    assert_eq!(showing.due(), None);
}

#[test]
fn what_happens_is_shown_at_once() {
    let state = state(at(0));
    let mut showing = Showing::new(state.view());
    draw(&mut showing, at(0), &state);
    let died = ServiceEvent::Died { instance: "c1".to_owned(), exit: Some(1), oom: false, asked: false };
    let event = Event::Service { service: "shop".to_owned(), what: died };
    for event in [event, Event::EngineLost { why: "no answer".to_owned() }, Event::Due] {
        showing.note(at(500), &event);
        assert_eq!(showing.due(), Some(at(500)), "{event:?}");
        draw(&mut showing, at(500), &state);
        assert_eq!(showing.due(), None);
    }
    // As is a sample that has changed what is known.
    showing.note(at(600), &sampled("shop", at(600), Outcome::Ok));
    showing.at_once(at(600));
    assert_eq!(showing.due(), Some(at(600)));
}

fn recent(view: &View, service: &str) -> Vec<Option<f64>> {
    let service = view.services.iter().find(|view| view.name == service).unwrap();
    service.triggers[0].recent.clone()
}

fn without_recent(view: &View) -> View {
    let mut view = view.clone();
    for service in &mut view.services {
        let service = Arc::make_mut(service);
        service.noted = Timestamp::UNIX_EPOCH;
        service.triggers.iter_mut().for_each(|trigger| trigger.recent.clear());
    }
    view
}

/// However often and for however long is drawn: the newest minute, a value a second.
#[test]
fn recent_values_are_a_second_apart_and_sixty_at_most() {
    let mut state = state(at(0));
    let mut showing = Showing::new(state.view());
    for tenth in 1..=1000 {
        let now = at(tenth * 100);
        let outcome = if tenth > 995 { Outcome::Failed("status 500".to_owned()) } else { Outcome::Ok };
        let event = sampled("shop", now, outcome);
        state.step(now, &event);
        showing.note(now, &event);
        showing.at_once(now);
        draw(&mut showing, now, &state);
    }
    let shown = Arc::clone(&showing.views().borrow());
    let values = recent(&shown, "shop");
    assert_eq!(values.len(), 60);
    // The newest stands for the moment until the second is over.
    let failed: Vec<f64> = values.iter().flatten().copied().filter(|value| *value > 0.0).collect();
    assert_eq!(failed, [4.0, 5.0], "{values:?}");
}
