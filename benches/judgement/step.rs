//! What one step of the core costs with a hundred triggers.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ::golive::decide::State;
use ::golive::model::event::{Event, ServiceEvent};
use ::golive::model::facts::Facts;
use ::golive::model::policy::{Autonomy, Business, Policy, ServicePolicy};
use ::golive::model::reading::{Measure, Reading, Source, Stream};
use jiff::Timestamp;

const TRIGGERS: u32 = 100;
const ROUNDS: u32 = 720;

/// Every trigger is measured every five seconds for an hour, in the middle of a watch.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
pub(crate) fn measure(service: ServicePolicy, released: [Event; 2]) {
    let business = |number: u32| {
        let limits = Business {
            below: Some(1.0),
            above: None,
            lasts: Duration::from_secs(30),
            source: Source::Prometheus,
            autonomy: Autonomy::Auto,
            anomaly: None,
        };
        (format!("metric-{number}"), limits)
    };
    let mut service = ServicePolicy { window: Duration::from_hours(24), ..service };
    service.triggers.business = (0..TRIGGERS - 2).map(business).collect();
    let names: Vec<String> = service.triggers.business.keys().cloned().collect();
    let services = BTreeMap::from([("shop".to_owned(), service)]);
    let facts = BTreeMap::from([("shop".to_owned(), Facts::default())]);
    let mut now = Timestamp::UNIX_EPOCH;
    let mut state = State::new(Policy { services, ..Policy::default() }, facts, now);
    for event in released {
        state.step(now, &event);
    }
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        now = now.checked_add(Duration::from_secs(5)).expect("an hour after 1970");
        for name in &names {
            let stream = Stream::Business(name.clone());
            let reading =
                Reading { stream, source: Source::Prometheus, at: now, measure: Measure::Value(2.0) };
            let event = Event::Service { service: "shop".to_owned(), what: ServiceEvent::Measured(reading) };
            let began = Instant::now();
            state.step(now, &event);
            took.push(began.elapsed());
        }
    }
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1e6;
    println!("one step with {TRIGGERS} triggers: median {:.1} µs, 99 % {:.1} µs", at(50), at(99));
}
