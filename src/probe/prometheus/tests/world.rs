//! Answers as real servers give them, one after the other: `tests/world/prometheus/`.

use std::fmt::Write as _;

use super::super::answer;
use super::*;
use crate::model::reading::Counts;
use crate::tests::world::{Case, cases};

/// What stands between two answers.
const BETWEEN: &str = "=== answer ===\n";

#[tokio::test]
async fn answers_of_the_real_world_are_read_as_they_are() {
    let mut wrong = Vec::new();
    for case in cases("prometheus") {
        wrong.extend(differs(&case).await);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What is not as the case says.
async fn differs(case: &Case) -> Option<String> {
    let text = |key: &str| case.right.get(key).map(|value| value.as_str().unwrap().to_owned());
    let all = |key: &str| case.right.get(key).and_then(toml::Value::as_array).cloned().unwrap_or_default();
    let query = match (text("value"), text("errors"), text("requests"), text("buckets")) {
        (Some(query), None, None, None) => Query::Value(query),
        (None, Some(errors), Some(requests), None) => {
            Query::Requests { errors, requests, version_label: None }
        }
        (None, None, None, Some(query)) => Query::Buckets(query),
        _ => panic!("{}: one of value, errors with requests, and buckets", case.name),
    };
    let mut reduction = Reduction::of(&query).unwrap();
    let (mut said, mut notes) = (Vec::new(), Vec::new());
    let statuses: Vec<u16> =
        all("statuses").iter().map(|status| u16::try_from(status.as_integer().unwrap()).unwrap()).collect();
    let answers = std::str::from_utf8(&case.input).unwrap().split(BETWEEN);
    for (number, body) in answers.enumerate() {
        let status = statuses.get(number).copied().unwrap_or(200);
        let decoded = answer::decode(status, body.as_bytes().to_vec(), answer::vector).await;
        let taken = match decoded {
            Ok((answer, remarks)) => {
                notes.extend(remarks);
                reduction.take(&answer)
            }
            Err(fault) => Err(fault.text),
        };
        said.push(match taken {
            Ok(Some(measure)) => words(&measure),
            Ok(None) => "first".to_owned(),
            Err(why) => format!("blind: {why}"),
        });
    }
    let right: Vec<String> = all("gives").iter().map(|gives| gives.as_str().unwrap().to_owned()).collect();
    let as_said = |(right, said): (&String, &String)| {
        said == right || right.starts_with("blind: ") && said.starts_with(right.as_str())
    };
    let remarked: Vec<String> = all("notes").iter().map(|note| note.as_str().unwrap().to_owned()).collect();
    let agrees = said.len() == right.len() && right.iter().zip(&said).all(as_said) && notes == remarked;
    (!agrees).then(|| format!("{}: {said:#?} {notes:?}\nis not {right:#?} {remarked:?}", case.name))
}

/// A measure as a case writes it.
fn words(measure: &Measure) -> String {
    let of = |counts: Counts| format!("{} of {}", counts.bad, counts.total);
    match measure {
        Measure::Value(value) => value.to_string(),
        Measure::Again(value) => format!("again {value}"),
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
        Measure::Use(_) | Measure::Alerts(_) | Measure::Blind(_) | Measure::Absent(_) => {
            panic!("{measure:?}")
        }
    }
}
