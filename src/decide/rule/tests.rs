use super::*;
use crate::decide::State;
use crate::decide::action::Persist;
use crate::model::event::Event;
use crate::model::policy::Policy;
use crate::model::reading::Source;
use crate::model::reason::Unit;

const EVERY: i64 = 10;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn limit(of: RuleOf, tier: Tier) -> Limit {
    let unit = if of == RuleOf::Metric { Unit::Plain } else { Unit::Ratio };
    Limit { of, above: Some(0.8), below: None, lasts: Duration::from_secs(30), tier, unit }
}

fn state() -> State {
    let rules = BTreeMap::from([
        ("host-disk".to_owned(), limit(RuleOf::Host("disk".to_owned()), Tier::Important)),
        ("lag".to_owned(), limit(RuleOf::Metric, Tier::General)),
    ]);
    State::new(Policy { rules, ..Policy::default() }, BTreeMap::new(), at(0))
}

/// What is told of each value, one every ten seconds.
struct Told {
    state: State,
    at: i64,
}

impl Told {
    fn new() -> Self {
        Self { state: state(), at: 0 }
    }

    fn of(&mut self, stream: Stream, measure: Measure) -> Vec<(&'static str, Tier, Option<Reason>)> {
        self.at += EVERY;
        let reading = Reading { stream, source: Source::Host, at: at(self.at), measure };
        let actions = self.state.step(at(self.at), &Event::Watched(reading));
        let told = actions.into_iter().filter_map(|action| {
            let Action::Tell { notice, .. } = action else { return None };
            Some((notice.news.into_str(), notice.tier, notice.reason))
        });
        told.collect()
    }

    fn lag(&mut self, value: f64) -> Vec<&'static str> {
        let told = self.of(Stream::Business("lag".to_owned()), Measure::Value(value));
        told.into_iter().map(|(word, ..)| word).collect()
    }

    fn blind(&mut self) -> Vec<&'static str> {
        let blind = Measure::Blind("no answer".to_owned());
        let told = self.of(Stream::Business("lag".to_owned()), blind);
        told.into_iter().map(|(word, ..)| word).collect()
    }

    fn call(&self, name: &str) -> Call {
        let view = self.state.view();
        view.rules.iter().find(|rule| rule.name == name).unwrap().verdict.call
    }
}

#[test]
fn a_limit_counts_once_it_was_passed_for_so_long() {
    let mut told = Told::new();
    assert_eq!(told.call("lag"), Call::Wait, "nothing measured yet");
    // Exactly at the limit is not past it.
    for value in [0.8, 0.9, 0.9, 0.9] {
        assert!(told.lag(value).is_empty());
    }
    assert_eq!(told.call("lag"), Call::Wait);
    assert_eq!(told.lag(0.9), ["rule-broken"], "30 s from the first to this one");
    assert_eq!(told.call("lag"), Call::Fail);
    for _ in 0..20 {
        assert!(told.lag(0.9).is_empty(), "told once");
    }
    for value in [0.5, 0.5, 0.5] {
        assert!(told.lag(value).is_empty());
    }
    assert_eq!(told.lag(0.5), ["rule-mended"]);
    assert_eq!(told.call("lag"), Call::Pass);
    assert!(told.state.view().incidents.is_empty());
}

#[test]
fn what_swings_around_its_limit_is_told_once() {
    let mut told = Told::new();
    let mut all = Vec::new();
    for turn in 0..200 {
        all.extend(told.lag(if turn % 5 == 4 { 0.7 } else { 0.9 }));
    }
    assert_eq!(all, ["rule-broken"]);
    let mut told = Told::new();
    for turn in 0..200 {
        assert!(told.lag(if turn % 3 == 0 { 0.7 } else { 0.9 }).is_empty(), "never long enough");
    }
}

#[test]
fn blind_is_neither_and_is_told_when_it_lasts() {
    let mut told = Told::new();
    for _ in 0..3 {
        assert!(told.lag(0.9).is_empty());
    }
    for _ in 0..30 {
        assert!(told.blind().is_empty(), "a reading that failed makes no run longer");
    }
    assert_eq!(told.call("lag"), Call::Blind);
    assert!(told.lag(0.9).is_empty(), "and none goes on across it");
    let mut all = Vec::new();
    for _ in 0..100 {
        all.extend(told.blind());
    }
    assert_eq!(all, ["rule-blind"], "after a quarter of an hour");
    for value in [0.5, 0.5, 0.5] {
        assert!(told.lag(value).is_empty());
    }
    assert_eq!(told.lag(0.5), ["rule-mended"]);
}

#[test]
fn the_fullest_disk_is_named_with_value_and_limit() {
    let mut told = Told::new();
    let host = |var: f64| {
        let host = [("disk /", 0.5), ("disk /var", var), ("diskette", 1.0), ("cpu", 1.0)];
        let host = host.map(|(name, part)| (name.to_owned(), part)).into();
        Measure::Use(Use { host, ..Use::default() })
    };
    let mut all = Vec::new();
    for _ in 0..4 {
        all.extend(told.of(Stream::Resources, host(0.93)));
    }
    let (word, tier, reason) = all.pop().unwrap();
    assert_eq!((word, tier, all.len()), ("rule-broken", Tier::Important, 0));
    let Some(Reason::Breach(breach)) = reason else { panic!("a breach") };
    assert_eq!((breach.value, breach.limit, breach.of.as_deref()), (0.93, 0.8, Some("disk /var")));
    assert_eq!(breach.trigger, "host-disk");
}

#[test]
fn a_rule_that_is_gone_takes_its_incident_along() {
    let mut told = Told::new();
    for _ in 0..4 {
        told.lag(0.9);
    }
    assert_eq!(told.state.view().incidents.len(), 1);
    told.state.follow(Policy::default(), at(told.at));
    let actions = told.state.step(at(told.at), &Event::ConfigReloaded);
    let ended = |action: &Action| matches!(action, Action::Persist(Persist::Log(incident)) if incident.ended.is_some());
    assert!(actions.iter().any(ended), "{actions:?}");
    assert!(told.state.view().incidents.is_empty());
    assert!(told.lag(0.9).is_empty());
}
