use std::sync::Arc;

use super::*;
use crate::model::reading::{Bucket, Counts};

fn labels(text: &str) -> Arc<Labels> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    Arc::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn answer(at: f64, points: &[(&str, f64)]) -> Answer {
    let points = points.iter().map(|(text, value)| Point { labels: labels(text), value: *value });
    Answer { at: Some(at), points: points.collect(), notes: Vec::new() }
}

fn requests(errors: &str, requests: &str) -> Reduction {
    let version_label = Some("version".to_owned());
    let (errors, requests) = (errors.to_owned(), requests.to_owned());
    Reduction::of(&Query::Requests { errors, requests, version_label }).unwrap()
}

fn taken(reduction: &mut Reduction, at: f64, points: &[(&str, f64)]) -> Requests {
    match reduction.take(&answer(at, points)) {
        Ok(Some(Measure::Requests(requests))) => requests,
        other => panic!("{other:?}"),
    }
}

fn counts(bad: u64, total: u64) -> Counts {
    Counts { bad, total }
}

fn refused(query: &Query, points: &[(&str, f64)]) -> String {
    Reduction::of(query).unwrap().take(&answer(0.0, points)).unwrap_err()
}

#[test]
fn one_number_is_expected() {
    let query = Query::Value("x".to_owned());
    let mut reduction = Reduction::of(&query).unwrap();
    assert_eq!(reduction.take(&answer(0.0, &[("", 0.25)])), Ok(Some(Measure::Value(0.25))));
    assert_eq!(refused(&query, &[]), "no series: the query finds nothing");
    assert_eq!(
        refused(&query, &[("", f64::NAN)]),
        "NaN: nothing to compute with, such as no requests at all"
    );
    assert_eq!(refused(&query, &[("", f64::INFINITY)]), "+Inf, which is no measurement");
    assert_eq!(refused(&query, &[("", f64::NEG_INFINITY)]), "-Inf, which is no measurement");
    assert_eq!(
        refused(&query, &[("a=1", 1.0), ("a=2", 2.0)]),
        "2 series where one is expected, among them {a=\"1\"}, {a=\"2\"}; add them up in the query"
    );
}

#[test]
fn counters_are_differenced() {
    let mut reduction = requests("errors_total", "requests_total");
    let (ok, err) = ("golive_part=requests,instance=a", "golive_part=errors,instance=a");
    assert_eq!(reduction.take(&answer(0.0, &[(ok, 1000.0)])), Ok(None));
    let grown = taken(&mut reduction, 5.0, &[(ok, 1010.0)]);
    assert_eq!(grown, Requests { seen: counts(0, 10), ..Requests::default() });
    // The first error ever: its target is known, so it is one of these requests.
    assert_eq!(taken(&mut reduction, 10.0, &[(ok, 1020.0), (err, 3.0)]).seen, counts(3, 10));
    // A missed answer changes nothing.
    assert!(reduction.take(&answer(15.0, &[])).is_err());
    assert!(reduction.take(&answer(15.0, &[(ok, f64::NAN)])).is_err());
    assert_eq!(taken(&mut reduction, 20.0, &[(ok, 1040.0), (err, 4.0)]).seen, counts(1, 20));
    // The swap: what fell begins anew, and what did not has grown, as Prometheus has it.
    assert_eq!(taken(&mut reduction, 25.0, &[(ok, 8.0), (err, 6.0)]).seen, counts(2, 8));
}

#[test]
fn a_new_target_is_newborn() {
    let mut reduction = requests("errors_total", "requests_total");
    let (old, new) =
        ("golive_part=requests,instance=a,version=1", "golive_part=requests,instance=b,version=2");
    let failed = "golive_part=errors,instance=b,version=2";
    assert_eq!(reduction.take(&answer(0.0, &[(old, 100.0)])), Ok(None));
    let grown = taken(&mut reduction, 5.0, &[(old, 110.0), (new, 20.0), (failed, 5.0)]);
    assert_eq!((grown.seen, grown.newborn), (counts(0, 10), counts(5, 20)));
    let versions = [("1".to_owned(), counts(0, 10)), ("2".to_owned(), counts(5, 20))];
    assert_eq!(grown.versions, versions.into());
    let grown = taken(&mut reduction, 10.0, &[(old, 111.0), (new, 22.0), (failed, 6.0)]);
    assert_eq!((grown.seen, grown.newborn), (counts(1, 3), counts(0, 0)));
}

#[test]
fn rates_become_requests() {
    let mut reduction = requests("sum(rate(e[5m]))", "sum(increase(r[1m]))");
    let answer_at = |at, errors: f64, requests: f64| {
        answer(at, &[("golive_part=errors", errors), ("golive_part=requests", requests)])
    };
    assert_eq!(reduction.take(&answer_at(0.0, 0.1, 60.0)), Ok(None));
    let mut sum = Counts::default();
    for step in 1..=100 {
        // 0.1 errors a second, 60 requests a minute: one each 10 s, one each second.
        match reduction.take(&answer_at(f64::from(step) * 5.0, 0.1, 60.0)) {
            Ok(Some(Measure::Requests(requests))) => sum += requests.seen,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(sum, counts(50, 500));
    // After an hour without an answer, a rate says nothing about more than its window.
    match reduction.take(&answer_at(4100.0, 0.1, 60.0)) {
        Ok(Some(Measure::Requests(requests))) => assert_eq!(requests.seen, counts(30, 60)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn errors_alone_are_no_share() {
    let query = Query::Requests { errors: "e".to_owned(), requests: "r".to_owned(), version_label: None };
    let refusal = refused(&query, &[("golive_part=errors", 1.0)]);
    assert_eq!(refusal, "no series of requests, so a share of errors cannot be told");
    let text = promql(&query).unwrap();
    assert!(text.starts_with("label_replace(\ne\n, \"golive_part\", \"errors\", \"\", \"\") or "), "{text}");
}

#[test]
fn versions_are_bounded() {
    let mut reduction = requests("e", "r");
    let names: Vec<String> =
        (0..40).map(|one| format!("golive_part=requests,instance=i,version={one}")).collect();
    let at = |value: f64| names.iter().map(|name| (name.as_str(), value)).collect::<Vec<_>>();
    assert_eq!(reduction.take(&answer(0.0, &at(1.0))), Ok(None));
    let grown = taken(&mut reduction, 5.0, &at(2.0));
    assert_eq!((grown.seen, grown.versions.len()), (counts(0, 40), VERSIONS_MAX));
}

#[test]
fn buckets_are_differenced_and_added_up() {
    let query = Query::Buckets("request_seconds_bucket".to_owned());
    let mut reduction = Reduction::of(&query).unwrap();
    let point = |instance: &str, le: &str, value: f64| (format!("instance={instance},le={le}"), value);
    let answer_of = |at: f64, points: &[(String, f64)]| {
        let points: Vec<_> = points.iter().map(|(text, value)| (text.as_str(), *value)).collect();
        answer(at, &points)
    };
    let first = [point("a", "2", 10.0), point("a", "+Inf", 11.0)];
    assert_eq!(reduction.take(&answer_of(0.0, &first)), Ok(None));
    let next =
        [point("a", "2", 15.0), point("a", "+Inf", 18.0), point("b", "2", 1.0), point("b", "+Inf", 4.0)];
    let Ok(Some(Measure::Durations(grown))) = reduction.take(&answer_of(5.0, &next)) else { panic!() };
    let inf = f64::INFINITY;
    assert_eq!(grown.seen, [Bucket { le: 2.0, count: 5 }, Bucket { le: inf, count: 7 }]);
    assert_eq!(grown.newborn, [Bucket { le: 2.0, count: 1 }, Bucket { le: inf, count: 4 }]);
    // Nothing that begins anew has so many already.
    let part = [point("a", "2", 15.0), point("a", "+Inf", 16.0)];
    let refusal = reduction.take(&answer_of(10.0, &part)).unwrap_err();
    assert_eq!(
        refusal,
        "a sum of counters fell from 18 to 16 and did not begin anew: a part of what was counted has gone"
    );
    // A restart, of which one bucket has more than before.
    let again = [point("b", "2", 2.0), point("b", "+Inf", 1.0)];
    let Ok(Some(Measure::Durations(grown))) = reduction.take(&answer_of(15.0, &again)) else { panic!() };
    assert_eq!(grown.seen, [Bucket { le: 2.0, count: 2 }, Bucket { le: inf, count: 2 }]);
    let refusal = refused(&query, &[("instance=a", 1.0)]);
    assert_eq!(refusal, "series without the label le; keep it, as in sum by (le) (...)");
}

#[test]
fn counters_that_are_added_up_are_remarked() {
    let query = |errors: &str| Query::Requests {
        errors: errors.to_owned(),
        requests: "requests_total".to_owned(),
        version_label: None,
    };
    assert!(mixed(&query("sum(errors_total)")).is_some());
    assert_eq!(mixed(&query("errors_total")), None);
    assert_eq!(mixed(&query("sum(rate(errors_total[5m]))")), None);
    assert_eq!(mixed(&Query::Value("sum(x)".to_owned())), None);
    assert_eq!(uncounted(&query("errors_total")), None);
    let said = uncounted(&query("errors_total / requests_total")).unwrap();
    assert!(said.starts_with("the query of errors gives no counts"), "{said}");
}
