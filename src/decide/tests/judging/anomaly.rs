//! A business metric against its own past, through the whole core: minutes as they come, a past that comes late or not
//! at all, restarts, and what people are told.

#![expect(clippy::cast_precision_loss, reason = "minutes are far below 2^53")]

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::config::Language;
use crate::decide::action::Effect;
use crate::model::past::Unjudged;
use crate::model::policy::{Anomaly, Direction};
use crate::model::reason::Reason;
use crate::stats::season::Learning;
use crate::text::Texts;

const DAY: u64 = 24 * 60;

/// By minute before or after the release: a day's course with a little noise.
type Metric = fn(u64) -> f64;

fn wobble(minute: u64) -> f64 {
    let (day, noise) = ((minute % DAY) as f64 / DAY as f64, (minute * 7919 % 101) as f64 / 101.0);
    (1.0 + 0.3 * (std::f64::consts::TAU * day).sin()) * (0.95 + 0.1 * noise)
}

const ORDERS: Metric = |minute| (200.0 * wobble(minute)).floor();
/// What `rate()` gives: per second.
const PER_SECOND: Metric = |minute| 0.05 * wobble(minute);
const ACCURACY: Metric = |minute| 0.945 + 0.01 * ((minute * 7919 % 101) as f64 / 101.0);
const BALANCE: Metric = |minute| 2.0 * (wobble(minute) - 1.0);

/// A release of a service with such a metric, which is 28 days old.
struct Watched {
    case: Case,
    metric: Metric,
    /// Its past was asked for up to then.
    until: Timestamp,
    /// Seconds since the release.
    second: u64,
}

const AGE: u64 = 28 * DAY;

impl Watched {
    fn new(metric: Metric, direction: Direction) -> Self {
        Self::seen_after(Duration::ZERO, metric, direction)
    }

    /// Seen so long after its container was started.
    fn seen_after(ago: Duration, metric: Metric, direction: Direction) -> Self {
        let anomaly = Anomaly { direction, least: 0.15, autonomy: Autonomy::Auto };
        let business = Business {
            below: None,
            above: None,
            lasts: secs(30),
            source: Source::Prometheus,
            autonomy: Autonomy::Auto,
            anomaly: Some(anomaly),
        };
        let mut case = Case::new(|service| {
            service.grace = secs(20);
            service.triggers =
                Triggers { business: BTreeMap::from([("orders".to_owned(), business)]), ..Triggers::none() };
        });
        let seen = started(case.world.now.checked_sub(ago).unwrap());
        let until = asked(&case.happens(seen)).unwrap();
        assert_eq!(case.phase(), "watching");
        Self { case, metric, until, second: 0 }
    }

    fn learnt(&self) -> crate::model::past::Learnt {
        let past: Vec<f64> = (0..AGE).map(self.metric).collect();
        let policy = &self.case.world.policy.services[API];
        let anomaly = policy.triggers.business["orders"].anomaly.as_ref().unwrap();
        anomaly.learn(&past, policy.window).map_err(Unjudged::Past)
    }

    fn expects(&mut self, learnt: crate::model::past::Learnt) {
        let (metric, until) = ("orders".to_owned(), self.until);
        self.case.happens(ServiceEvent::Expected { metric, until, learnt });
    }

    /// Five seconds, with this part of the metric left, or so much less of one that has a sign.
    fn tick(&mut self, left: f64) {
        self.second += 5;
        let value = (self.metric)(AGE + self.second.div_ceil(60) - 1);
        let bad = if value < 0.0 || self.metric as usize == BALANCE as usize {
            value - (1.0 - left)
        } else {
            value * left
        };
        self.case.tick(vec![orders(bad)]);
    }

    fn ticks(&mut self, seconds: u64, left: f64) {
        for _ in 0..seconds / 5 {
            if self.case.phase() == "watching" {
                self.tick(left);
            }
        }
    }

    fn reason(&self) -> Reason {
        match &self.case.world.facts().phase {
            Phase::RollingBack(rollback) => rollback.reason.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn says(&self) -> String {
        super::sentence(&self.case.verdict("orders"))
    }
}

/// v2 is seen, started then.
fn started(at: Timestamp) -> ServiceEvent {
    let mut running = running("v2", "c-v2");
    running.started = Some(at);
    running.members.iter_mut().for_each(|member| member.started = Some(at));
    ServiceEvent::Seen(Some(running))
}

/// Up to when the past is asked for.
fn asked(actions: &[Action]) -> Option<Timestamp> {
    actions.iter().find_map(|action| match action {
        Action::Effect(Effect::Recall { until, .. }) => Some(*until),
        _ => None,
    })
}

/// Released, its past known at once, with so much left of the metric; and after how long it was decided.
fn released(metric: Metric, direction: Direction, left: f64) -> (Watched, u64) {
    let mut watched = Watched::new(metric, direction);
    watched.expects(watched.learnt());
    watched.ticks(700, left);
    let second = watched.second;
    (watched, second)
}

#[test]
fn a_drop_is_found_whatever_the_unit_and_what_is_usual_is_accepted() {
    let metrics: [(Metric, Direction, f64); 4] = [
        (ORDERS, Direction::Drop, 0.7),
        (PER_SECOND, Direction::Drop, 0.7),
        (ACCURACY, Direction::Drop, 0.1),
        (BALANCE, Direction::Both, -0.5),
    ];
    for (at, (metric, direction, left)) in metrics.into_iter().enumerate() {
        let (watched, second) = released(metric, direction, left);
        assert_eq!(watched.case.phase(), "rolling-back", "{at}: {}", watched.says());
        assert!(second <= 5 * 60, "{at}: after {second} s");
        let (watched, second) = released(metric, direction, 1.0);
        assert_eq!((watched.case.phase(), second), ("idle", 600), "{at}: {}", watched.says());
    }
}

#[test]
fn an_alert_says_the_mean_and_what_was_expected() {
    let (watched, _) = released(ACCURACY, Direction::Drop, 0.1);
    let reason = watched.reason();
    let Reason::Breach(breach) = &reason else { panic!("{reason:?}") };
    assert!((0.094..0.096).contains(&breach.value) && (0.94..0.96).contains(&breach.limit), "{breach:?}");
    let said = |language| Texts::new(language, Some(TimeZone::UTC)).reason(&reason);
    assert_eq!(
        said(Language::English),
        "orders: 0.09517 on average over 3 min, expected 0.9481 by the same minutes of the last 6 days and 3 weeks \
         (−90 %). At most 6 of 300 imagined releases on its past were as unusual two minutes in a row"
    );
    assert_eq!(
        said(Language::Chinese),
        "关键业务指标 orders：3 分钟内平均 0.09517，按最近 6 天及 3 周的同一时段应为 0.9481（−90%）。\
         在其历史上模拟的 300 次上线中，连续两分钟如此异常的至多 6 次"
    );
    let hook = super::super::told::why(&reason);
    assert_eq!(hook, format!("breach by anomaly, {}", said(Language::English)));
    let (watched, _) = released(BALANCE, Direction::Both, -0.5);
    let said = Texts::new(Language::English, None).reason(&watched.reason());
    assert!(
        said.contains("a change by 1") && said.contains("% of its usual range. At most 6 of 300"),
        "{said}"
    );
    let (watched, _) = released(|minute| 1e-4 * ACCURACY(minute), Direction::Drop, 0.1);
    let said = Texts::new(Language::English, None).reason(&watched.reason());
    assert!(said.starts_with("orders: 0.000009517 on average over 3 min, expected 0.00009481"), "{said}");
}

#[test]
fn a_past_that_comes_late_judges_the_same_minutes() {
    for (left, phase) in [(1.0, "watching"), (0.7, "rolling-back")] {
        let mut early = Watched::new(ORDERS, Direction::Drop);
        early.expects(early.learnt());
        let mut late = Watched::new(ORDERS, Direction::Drop);
        late.ticks(200, 1.0);
        assert!(late.says().ends_with("its past is being asked for"), "{}", late.says());
        late.expects(late.learnt());
        early.ticks(200, 1.0);
        assert_eq!(early.says(), late.says());
        early.ticks(200, left);
        late.ticks(200, left);
        assert_eq!((early.case.phase(), early.second), (phase, late.second), "{}", early.says());
        assert_eq!(early.case.world.facts().phase, late.case.world.facts().phase);
    }
}

/// As a set of Compose is, whose containers are started one after the other.
#[test]
fn a_release_that_is_seen_late_is_judged_by_its_past_too() {
    for ago in [3, 20] {
        let mut watched = Watched::seen_after(secs(ago), ORDERS, Direction::Drop);
        watched.expects(watched.learnt());
        watched.ticks(60, 1.0);
        assert!(watched.says().contains("; judged by "), "{ago} s: {}", watched.says());
        // It is started anew, and so is golive.
        let now = watched.case.world.now;
        watched.case.happens(started(now));
        watched.ticks(60, 1.0);
        assert!(watched.says().contains("; judged by "), "{ago} s: {}", watched.says());
        watched.case.world.kill();
        if let Some(until) = asked(&watched.case.steps(&Event::Started)) {
            watched.until = until;
            watched.expects(watched.learnt());
        }
        watched.ticks(120, 1.0);
        assert!(watched.says().contains("by the same minutes"), "{ago} s: {}", watched.says());
        watched.ticks(420, 0.1);
        assert_eq!(watched.case.phase(), "rolling-back", "{ago} s: {}", watched.says());
    }
}

#[test]
fn a_restart_in_mid_watch_changes_nothing() {
    for at in [30, 65, 200, 355] {
        for (left, phase) in [(1.0, "watching"), (0.7, "rolling-back")] {
            let mut whole = Watched::new(ORDERS, Direction::Drop);
            whole.expects(whole.learnt());
            whole.ticks(at, 1.0);
            let mut killed = Watched { case: whole.case.clone(), ..whole };
            killed.case.world.kill();
            let again = killed.case.steps(&Event::Started);
            assert!(
                !again.iter().any(|action| matches!(action, Action::Effect(Effect::Recall { .. }))),
                "it is on record"
            );
            assert_eq!(killed.says(), whole.says(), "after {at} s");
            // A Prometheus that is away now takes nothing from it.
            killed.expects(Err(Unjudged::Unknown("connection refused".to_owned())));
            whole.ticks(240, left);
            killed.ticks(240, left);
            assert_eq!((killed.case.phase(), killed.second), (phase, whole.second), "after {at} s");
            assert_eq!(killed.says(), whole.says());
        }
    }
}

#[test]
fn the_past_of_another_watch_is_not_taken_for_this_ones() {
    let mut watched = Watched::new(ORDERS, Direction::Drop);
    let learnt = watched.learnt();
    watched.until = later(watched.until, secs(1));
    watched.expects(learnt);
    watched.ticks(100, 1.0);
    assert!(watched.says().ends_with("its past is being asked for"), "{}", watched.says());
}

#[test]
fn what_is_not_judged_is_said_and_keeps_nothing() {
    for (why, said) in [
        (
            Unjudged::Past(Learning::Short { minutes: 1300, needed: 1677 }),
            "not judged: 21 h of its past are known, 28 h are needed",
        ),
        (
            Unjudged::Past(Learning::AlwaysZero),
            "not judged: it has always been 0, so there is nothing to judge by",
        ),
        (Unjudged::Unknown("connection refused".to_owned()), "not judged: connection refused"),
    ] {
        let mut watched = Watched::new(ORDERS, Direction::Drop);
        watched.expects(Err(why));
        watched.ticks(300, 0.1);
        let verdict = watched.case.verdict("orders");
        assert_eq!(verdict.call, Call::Wait);
        assert!(sentence(&verdict).ends_with(said), "{}", sentence(&verdict));
        watched.ticks(400, 0.1);
        assert_eq!(watched.case.phase(), "idle", "accepted, and said to be unproved");
    }
    let mut watched = Watched::new(ORDERS, Direction::Drop);
    watched.expects(watched.learnt());
    watched.ticks(60, 1.0);
    assert!(
        watched.says().ends_with("; judged by 300 imagined releases on 28 days of its past"),
        "{}",
        watched.says()
    );
}

#[test]
fn the_last_minute_is_judged_and_nothing_after_the_window() {
    // It falls so late that only the end of the last minute shows it twice.
    let mut watched = Watched::new(ORDERS, Direction::Drop);
    watched.expects(watched.learnt());
    watched.ticks(360, 1.0);
    watched.ticks(240, 0.1);
    assert_eq!(watched.case.phase(), "rolling-back", "{}", watched.says());
    // What is put off because health is undecided is judged by what the window has shown.
    let mut watched = Watched::new(ORDERS, Direction::Drop);
    watched.expects(watched.learnt());
    watched.ticks(585, 1.0);
    watched.second += 15;
    watched.case.world.now = later(watched.case.world.now, secs(10));
    let (at, blind) = (watched.case.world.now, Outcome::Blind("timed out".to_owned()));
    watched.case.happens(ServiceEvent::Sampled(sample("web", at, blind)));
    watched.case.world.now = later(watched.case.world.now, secs(5));
    watched.case.steps(&Event::Due);
    assert_eq!(watched.case.phase(), "watching", "put off");
    let before = watched.says();
    for _ in 0..24 {
        watched.second += 5;
        watched.case.world.now = later(watched.case.world.now, secs(5));
        let at = watched.case.world.now;
        let reading = Reading {
            stream: Stream::Business("orders".to_owned()),
            source: Source::Prometheus,
            at,
            measure: Measure::Value(1.0),
        };
        watched.case.happens(ServiceEvent::Measured(reading));
    }
    assert_eq!((watched.case.phase(), watched.says()), ("watching", before));
}

#[test]
fn a_changed_rule_asks_for_the_past_again() {
    let mut watched = Watched::seen_after(secs(3), ORDERS, Direction::Drop);
    watched.expects(watched.learnt());
    watched.ticks(60, 1.0);
    let now = watched.case.world.now;
    watched.case.happens(started(now));
    let recalled = |watched: &mut Watched| {
        watched.case.world.reload();
        asked(&watched.case.steps(&Event::ConfigReloaded))
    };
    assert_eq!(recalled(&mut watched), None);
    let limits = watched.case.world.service_policy().triggers.business.get_mut("orders").unwrap();
    limits.anomaly.as_mut().unwrap().direction = Direction::Both;
    assert_eq!(recalled(&mut watched), Some(watched.until), "up to the same moment");
}
