//! Pages as real programs show them, poll by poll: `tests/world/expositions/`.

use std::fmt::Write as _;

use super::super::choose::Want;
use super::super::reduce::State;
use crate::model::reading::{Counts, Measure, Stream};
use crate::tests::world::{Case, cases};
use jiff::{SignedDuration, Timestamp};

/// When the first poll is made, in seconds since 1970; the others follow each 5 seconds.
const BEGAN: i64 = 1_748_736_000;

/// What stands between two polls.
const BETWEEN: &[u8] = b"=== poll ===\n";

#[test]
fn pages_of_the_real_world_are_read_as_they_are() {
    let wrong: Vec<String> = cases("expositions").iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What is not as the case says.
fn wrong(case: &Case) -> Option<String> {
    let text = |key: &str| case.right.get(key).map(|value| value.as_str().unwrap().to_owned());
    let openmetrics = case.right.get("openmetrics").is_some();
    let (mut state, mut right) = (State::default(), Vec::new());
    for (key, stream, want) in [
        ("errors", Stream::Errors, Want::Requests { metric: text("metric"), label: text("label") }),
        ("latency", Stream::Latency, Want::Durations { metric: text("metric") }),
    ] {
        if let Some(polls) = case.right.get(key) {
            let polls = polls.as_array().unwrap().iter().map(|poll| poll.as_str().unwrap().to_owned());
            right.push((key, polls.collect::<Vec<_>>()));
            state.add(stream, want);
        }
    }
    let polls = split(&case.input);
    let mut said: Vec<Vec<String>> = vec![Vec::new(); right.len()];
    for (poll, body) in (0..).zip(&polls) {
        let at = Timestamp::from_second(BEGAN).unwrap() + SignedDuration::from_secs(5 * poll);
        let measures = state.take(body, openmetrics, at).unwrap_or_else(|why| panic!("{}: {why}", case.name));
        for (said, measure) in said.iter_mut().zip(measures) {
            said.push(measure.as_ref().map_or_else(|| "first".to_owned(), words));
        }
    }
    let as_said =
        |(one, said): (&String, &String)| said == one || one.contains(": ") && said.starts_with(one);
    let agrees = |((_, right), said): (&(&str, Vec<String>), &Vec<String>)| {
        right.len() == said.len() && right.iter().zip(said).all(as_said)
    };
    let agree = right.iter().zip(&said).all(agrees);
    (!agree).then(|| format!("{}: {said:#?}\nis not {right:#?}", case.name))
}

fn split(input: &[u8]) -> Vec<&[u8]> {
    let (mut polls, mut rest) = (Vec::new(), input);
    while let Some(at) = rest.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        polls.push(&rest[..at]);
        rest = &rest[at + BETWEEN.len()..];
    }
    polls.push(rest);
    polls
}

/// A measure as a case writes it.
fn words(measure: &Measure) -> String {
    let of = |counts: Counts| format!("{} of {}", counts.bad, counts.total);
    match measure {
        Measure::Requests(requests) => {
            let mut said = of(requests.seen);
            if requests.newborn != Counts::default() {
                write!(said, ", newborn {}", of(requests.newborn)).unwrap();
            }
            said
        }
        Measure::Durations(durations) => {
            let edge = |le: f64| if le.is_finite() { le.to_string() } else { "+Inf".to_owned() };
            let buckets = durations.seen.iter().map(|bucket| format!("{}={}", edge(bucket.le), bucket.count));
            buckets.collect::<Vec<_>>().join(" ")
        }
        Measure::Blind(why) => format!("blind: {why}"),
        Measure::Absent(why) => format!("absent: {why}"),
        Measure::Value(_) | Measure::Again(_) | Measure::Use(_) | Measure::Alerts(_) => panic!("{measure:?}"),
    }
}
