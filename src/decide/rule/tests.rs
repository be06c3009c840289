use super::*;
use crate::decide::State;
use crate::decide::action::Persist;
use crate::model::figure::Figure;
use crate::model::policy::Policy;
use crate::model::reading::{Measure, Reading, Source, Stream, Use};
use crate::model::reason::Unit;
use crate::model::sample::{Outcome, Sample};
use crate::model::verdict::Bound;
use crate::text::english;

const EVERY: i64 = 10;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn limit(of: RuleOf, tier: Tier) -> Limit {
    let unit = if of == RuleOf::Metric { Unit::Plain } else { Unit::Ratio };
    Limit { of, every: secs(10), above: Some(0.8), below: None, lasts: secs(30), tier, unit }
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
    assert_eq!(told.lag(0.9), ["threshold-exceeded"], "30 s from the first to this one");
    assert_eq!(told.call("lag"), Call::Fail);
    for _ in 0..20 {
        assert!(told.lag(0.9).is_empty(), "told once");
    }
    for value in [0.5, 0.5, 0.5] {
        assert!(told.lag(value).is_empty());
    }
    assert_eq!(told.lag(0.5), ["threshold-recovered"]);
    assert_eq!(told.call("lag"), Call::Pass);
    assert!(told.state.view().incidents.is_empty());
}

#[test]
fn what_swings_around_its_limit_is_told_once() {
    let mut told = Told::new();
    let mut all = Vec::new();
    for ctx in 0..200 {
        all.extend(told.lag(if ctx % 5 == 4 { 0.7 } else { 0.9 }));
    }
    assert_eq!(all, ["threshold-exceeded"]);
    let mut told = Told::new();
    for ctx in 0..200 {
        assert!(told.lag(if ctx % 3 == 0 { 0.7 } else { 0.9 }).is_empty(), "never long enough");
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
    assert_eq!(all, ["threshold-unknown"], "after a quarter of an hour");
    for value in [0.5, 0.5, 0.5] {
        assert!(told.lag(value).is_empty());
    }
    assert_eq!(told.lag(0.5), ["threshold-recovered"]);
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
    assert_eq!((word, tier, all.len()), ("threshold-exceeded", Tier::Important, 0));
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

/// A check beside the limits, and looks at it.
fn checked(told: &mut Told, outcome: Outcome, figure: Option<Figure>) -> Vec<&'static str> {
    told.at += 60;
    let (took, check) = (Duration::ZERO, "backup".to_owned());
    let sample = Sample { check, began: at(told.at), took, outcome };
    let actions = told.state.step(at(told.at), &Event::Checked { sample, figure });
    let told = actions.into_iter().filter_map(|action| {
        let Action::Tell { notice, .. } = action else { return None };
        Some(notice.news.into_str())
    });
    told.collect()
}

fn with_a_check() -> Told {
    let mut told = Told::new();
    let mut rules = state().policy.rules;
    rules.insert(
        "backup".to_owned(),
        Limit { every: secs(60), above: None, lasts: secs(0), ..limit(RuleOf::Check, Tier::General) },
    );
    told.state.follow(Policy { rules, ..Policy::default() }, at(0));
    told
}

#[test]
fn a_check_shows_what_it_says_and_what_it_measures() {
    let mut told = with_a_check();
    let shown = |told: &Told| {
        let view = told.state.view();
        let verdict = view.rules.iter().find(|rule| rule.name == "backup").unwrap().verdict.clone();
        (
            verdict.call,
            verdict.value,
            verdict.limit,
            verdict.bound,
            verdict.unit,
            english().sentence(&verdict.why),
        )
    };
    let said = |why: &str| why.to_owned();
    assert_eq!(shown(&told), (Call::Wait, None, None, Bound::Above, Unit::Plain, said("not looked at yet")));
    let days = |left| Some(Figure::days(left, 14));
    assert!(checked(&mut told, Outcome::Ok, days(20)).is_empty());
    let day = 86_400.0;
    let good = (Call::Pass, Some(20.0 * day), Some(14.0 * day), Bound::Below, Unit::Seconds, said("passes"));
    assert_eq!(shown(&told), good);
    let failed = || Outcome::Failed("ends in 3 days".to_owned());
    assert!(checked(&mut told, failed(), days(3)).is_empty());
    assert_eq!(shown(&told).5, "fails, not yet for long enough: ends in 3 days");
    assert!(checked(&mut told, failed(), days(3)).is_empty());
    assert_eq!(checked(&mut told, failed(), None), ["threshold-exceeded"]);
    let bad = (Call::Fail, None, None, Bound::Above, Unit::Plain, said("fails: ends in 3 days"));
    assert_eq!(shown(&told), bad);
    assert!(checked(&mut told, Outcome::Ok, None).is_empty());
    assert_eq!((shown(&told).0, shown(&told).5), (Call::Fail, said("passes, not yet for long enough")));
    assert!(checked(&mut told, Outcome::Blind("no answer".to_owned()), None).is_empty());
    assert_eq!((shown(&told).0, shown(&told).5), (Call::Blind, said("no answer")));
}

#[test]
fn on_which_side_a_number_is_bad_is_told_by_whether_it_passes() {
    let mut told = with_a_check();
    for (value, limit, well, bound) in [
        (7.0, 6.0, false, Bound::Above),
        (5.0, 6.0, true, Bound::Above),
        (5.0, 6.0, false, Bound::Below),
        (7.0, 6.0, true, Bound::Below),
    ] {
        let outcome = if well { Outcome::Ok } else { Outcome::Failed("no".to_owned()) };
        checked(&mut told, outcome, Some(Figure::plain(value, Some(limit))));
        let view = told.state.view();
        let shown = &view.rules.iter().find(|rule| rule.name == "backup").unwrap().verdict;
        assert_eq!(
            (shown.value, shown.limit, shown.bound),
            (Some(value), Some(limit), bound),
            "{value} {well}"
        );
    }
}

#[test]
fn what_nobody_asked_for_changes_nothing() {
    let mut told = Told::new();
    let failed = || Outcome::Failed("no".to_owned());
    // A check that is configured no more, or under the name of a limit: one was under way when the rules changed.
    for _ in 0..5 {
        assert!(checked(&mut told, failed(), None).is_empty());
    }
    assert_eq!(told.state.view().rules.len(), 2);
    let mut rules = state().policy.rules;
    rules.insert("backup".to_owned(), limit(RuleOf::Metric, Tier::General));
    told.state.follow(Policy { rules, ..Policy::default() }, at(told.at));
    for _ in 0..5 {
        assert!(checked(&mut told, failed(), None).is_empty());
    }
    assert_eq!(told.call("backup"), Call::Wait);
}

#[test]
fn a_limit_that_becomes_a_check_of_its_name_begins_anew() {
    let mut told = Told::new();
    for _ in 0..4 {
        told.lag(0.9);
    }
    assert_eq!((told.call("lag"), told.state.view().incidents.len()), (Call::Fail, 1));
    let mut rules = state().policy.rules;
    rules.insert("lag".to_owned(), limit(RuleOf::Check, Tier::General));
    told.state.follow(Policy { rules, ..Policy::default() }, at(told.at));
    told.state.step(at(told.at), &Event::ConfigReloaded);
    assert_eq!((told.call("lag"), told.state.view().incidents.len()), (Call::Wait, 0));
}
