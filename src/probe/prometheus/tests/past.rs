//! Answers for the past.

use super::*;

/// A parameter of a query's body.
fn parameter(request: &str, name: &str) -> f64 {
    let body = request.split("\r\n\r\n").nth(1).unwrap();
    let pair = body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    pair.unwrap().parse().unwrap()
}

/// Each point of the range that was asked for, where the test has one.
fn matrix(request: &str, value: impl Fn(i64) -> Option<String>) -> String {
    let (start, end) = (parameter(request, "start"), parameter(request, "end"));
    let step = parameter(request, "step");
    let mut points = Vec::new();
    let mut at = start;
    while at <= end {
        #[expect(clippy::cast_possible_truncation, reason = "whole seconds")]
        let second = at as i64;
        points.extend(value(second).map(|value| format!("[{second},\"{value}\"]")));
        at += step;
    }
    let series = format!(r#"{{"metric":{{"instance":"a"}},"values":[{}]}}"#, points.join(","));
    format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{series}]}}}}"#)
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[tokio::test]
async fn the_hour_before_is_one_reading_a_minute() {
    let (prometheus, asked) =
        answers(|request| (200, matrix(request, |at| Some((at / 60 * 3).to_string())))).await;
    let server = server(&prometheus.address);
    let measured = Measured::new(
        Stream::Latency,
        Query::Requests { errors: "e".to_owned(), requests: "r".to_owned(), version_label: None },
    );
    // The played Prometheus names no part, so all of it counts as requests.
    let mut recall = Meter::recall(&measured, second(3600), second(7200), MINUTE).unwrap();
    let readings = recall.next(&server).await.unwrap().unwrap();
    assert!(recall.next(&server).await.is_none());
    assert!(recall.done() >= 1.0);
    assert_eq!(readings.len(), 60);
    assert_eq!((readings[0].at, readings[59].at), (second(3660), second(7200)));
    for reading in readings {
        let Measure::Requests(requests) = reading.measure else { panic!("{reading:?}") };
        assert_eq!((requests.seen.bad, requests.seen.total), (0, 3));
    }
    assert!(asked.lock().unwrap()[0].starts_with("POST /prometheus/api/v1/query_range "));
}

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_long_past_comes_in_pieces() {
    let (prometheus, asked) =
        answers(|request| (200, matrix(request, |at| (at % 120 == 0).then(|| at.to_string())))).await;
    let mut patient = config(&prometheus.address);
    patient.timeout = Duration::from_secs(30);
    let server = Server::new(&patient, &tools());
    // Three weeks of minutes, every other one missing.
    let values = server.history("orders", second(0), second(60 * 30_239)).await.unwrap();
    assert_eq!(values.len(), 30_240);
    for (minute, value) in values.iter().enumerate() {
        if minute % 2 == 0 {
            assert!(
                (value - crate::probe::counters::as_float(minute as u64 * 60)).abs() < 0.1,
                "{minute}: {value}"
            );
        } else {
            assert!(value.is_nan(), "{minute}: {value}");
        }
    }
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 3);
    for request in &*asked {
        let points = (parameter(request, "end") - parameter(request, "start")) / 60.0 + 1.0;
        assert!(points <= 11_000.0, "{points}");
    }
}

#[tokio::test]
async fn a_piece_that_is_too_long_is_halved() {
    let (prometheus, asked) = answers(|request| {
        let points = (parameter(request, "end") - parameter(request, "start")) / 60.0;
        let body = matrix(request, |_| Some("1".to_owned()));
        (200, if points > 3000.0 { body + &" ".repeat(RANGE_MAX) } else { body })
    })
    .await;
    let mut patient = config(&prometheus.address);
    patient.timeout = Duration::from_secs(30);
    let values = Server::new(&patient, &tools()).history("x", second(0), second(60 * 5499)).await.unwrap();
    assert_eq!(values.len(), 5500);
    assert!(values.iter().all(|value| (value - 1.0).abs() < 1e-9));
    // 11000, 5500, and then twice 2750.
    assert_eq!(asked.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn a_past_that_says_nothing_is_an_error() {
    let empty = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
    let (prometheus, _) = says(200, empty).await;
    let server = server(&prometheus.address);
    let fault = server.history("orders", second(0), second(600)).await.unwrap_err();
    assert_eq!(fault.to_string(), "Prometheus: no series: the query finds nothing");
    assert!(!fault.away);
    let mut recall = Meter::recall(&value("orders"), second(0), second(120), MINUTE).unwrap();
    let readings = recall.next(&server).await.unwrap().unwrap();
    let blind = Measure::Blind("Prometheus: no series: the query finds nothing".to_owned());
    assert!(readings.len() == 3 && readings.iter().all(|reading| reading.measure == blind), "{readings:?}");
    let (wrong, _) = says(200, &vector("")).await;
    let fault = super::server(&wrong.address).history("x", second(0), second(60)).await.unwrap_err();
    assert_eq!(fault.to_string(), "Prometheus: single values where a range was asked for");
}
