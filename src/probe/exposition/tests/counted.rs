//! Counters and histograms from scrape to scrape.

use super::*;

fn requests(measures: &[Measure]) -> Counts {
    match measures {
        [Measure::Requests(requests)] => {
            assert_eq!(requests.newborn, Counts::default());
            requests.seen
        }
        other => panic!("{other:?}"),
    }
}

fn counts(bad: u64, total: u64) -> Counts {
    Counts { bad, total }
}

/// Requests answered with 200 and 500, of a process that began then.
fn exposed(began: f64, good: u64, bad: Option<u64>) -> String {
    let bad = bad.map(|bad| format!("http_requests_total{{code=\"500\"}} {bad}\n")).unwrap_or_default();
    format!(
        "process_start_time_seconds {began}\nhttp_requests_total{{code=\"200\",path=\"/a,b\"}} {good}\n{bad}"
    )
}

#[tokio::test]
async fn usual_names_are_found() {
    let cases = [
        ("http_requests_total{code=\"200\"} 1", "http_requests_total by code, 1 series"),
        ("http_requests_total{status=\"2xx\"} 1", "http_requests_total by status, 1 series"),
        (
            "http_server_requests_seconds_count{status=\"200\",uri=\"/\"} 1",
            "http_server_requests_seconds_count by status, 1 series",
        ),
        (
            "http_server_request_duration_seconds_count{http_response_status_code=\"200\"} 1",
            "http_server_request_duration_seconds_count by http_response_status_code, 1 series",
        ),
        // The one without a status is passed over.
        (
            "http_requests_total 9\nhttp_request_duration_seconds_count{status_code=\"200\"} 1",
            "http_request_duration_seconds_count by status_code, 1 series",
        ),
    ];
    for (body, found) in cases {
        let service = Service::start().await;
        service.says(TEXT, body);
        let mut page = page(&[service.errors()]);
        let trial = page.try_out(&Clock::start()).await.remove(0);
        assert_eq!(trial.result.as_deref(), Ok(found));
    }
}

#[tokio::test]
async fn what_is_not_exposed_is_no_trigger_and_what_is_there_instead_is_named() {
    let service = Service::start().await;
    service.says(
        TEXT,
        "shop_calls_total{status=\"200\"} 1\nshop_seconds_bucket{le=\"1\"} 1\nshop_up{status=\"ok\"} 1\n",
    );
    let mut page = page(&[service.errors(), service.latency()]);
    let trials = page.try_out(&Clock::start()).await;
    assert!(trials.iter().all(|trial| trial.result.as_deref() == Ok("its own metrics do not tell it")));
    assert_eq!(
        trials[0].remarks,
        ["no counter of requests is exposed under a usual name (http_requests_total, \
          http_server_requests_total, …); if it is one of shop_calls_total, write error-rate = { metric = \"NAME\" }"]
    );
    assert_eq!(
        trials[1].remarks,
        ["no histogram of durations is exposed under a usual name (http_request_duration_seconds, \
          http_server_request_duration_seconds, …); if it is one of shop_seconds, write latency-p95 = { metric = \
          \"NAME\" }"]
    );
    service.says(TEXT, "http_requests_total 4\nhttp_server_requests_seconds_count 4\n");
    let measures = read(&mut page).await;
    assert!(matches!(&measures[0], Measure::Absent(why)
        if why.starts_with("http_requests_total has no label of the status (looked for code, status, ")));
    assert!(matches!(&measures[1], Measure::Absent(why)
        if why.contains("has no buckets") && why.contains("percentiles-histogram")));
    service.says(TEXT, "http_requests_total{code=\"200\"} NaN\n");
    assert_eq!(read(&mut page).await[0], Measure::Blind("http_requests_total is NaN".to_owned()));
}

/// A name that is set is meant: what is not there is blind.
#[tokio::test]
async fn what_is_asked_for_by_name_is_missed() {
    let service = Service::start().await;
    service.says(TEXT, "shop_calls_total 1\nshop_seconds_count 1\n");
    let metric = |name: &str| Some(name.to_owned());
    let errors = |metric: Option<String>| {
        Measured::new(Stream::Errors, Query::ExposedRequests { from: service.from(), metric, label: None })
    };
    let durations = |metric: Option<String>| {
        Measured::new(Stream::Latency, Query::ExposedDurations { from: service.from(), metric })
    };
    for (measured, why) in [
        (errors(metric("gone")), "gone is not exposed"),
        (
            errors(metric("shop_calls_total")),
            "shop_calls_total has no label of the status (looked for code, ",
        ),
        (durations(metric("gone")), "gone is not exposed"),
        (durations(metric("shop_seconds")), "shop_seconds has no buckets"),
    ] {
        let said = blind(&mut page(&[measured])).await;
        assert!(said.starts_with(why), "{said}");
    }
}

#[tokio::test]
async fn counters_are_differenced() {
    let service = Service::start().await;
    let mut page = page(&[service.errors()]);
    service.says(TEXT, &exposed(1000.0, 500, None));
    assert!(read(&mut page).await.is_empty(), "the first scrape only says where they begin");
    service.says(TEXT, &exposed(1000.0, 510, Some(3)));
    assert_eq!(requests(&read(&mut page).await), counts(3, 13));
    // A scrape that fails: what was counted meanwhile lands on the next one.
    service.says(TEXT, "oops");
    blind(&mut page).await;
    service.says(TEXT, &exposed(1000.0, 530, Some(4)));
    assert_eq!(requests(&read(&mut page).await), counts(1, 21));
}

#[tokio::test]
async fn a_new_process_counts_in_full() {
    let service = Service::start().await;
    let mut page = page(&[service.errors()]);
    let now = Clock::start().now().as_duration().as_secs_f64();
    service.says(TEXT, &exposed(now - 9000.0, 500, Some(2)));
    read(&mut page).await;
    // It has had more errors already than the one before.
    service.says(TEXT, &exposed(now, 40, Some(9)));
    assert_eq!(requests(&read(&mut page).await), counts(9, 49));
    // Without the process' own word, what fell began anew, and what did not has grown by the difference.
    let plain = |good, bad| exposed(now, good, Some(bad)).lines().skip(1).collect::<Vec<_>>().join("\n");
    let mut page = super::page(&[service.errors()]);
    service.says(TEXT, &plain(500, 2));
    read(&mut page).await;
    service.says(TEXT, &plain(40, 9));
    assert_eq!(requests(&read(&mut page).await), counts(7, 47));
}

#[tokio::test]
async fn the_first_request_of_a_process_counts() {
    let service = Service::start().await;
    let mut page = page(&[service.errors()]);
    let now = Clock::start().now().as_duration().as_secs_f64();
    service.says(TEXT, &format!("process_start_time_seconds {now}\n"));
    assert!(matches!(&read(&mut page).await[..], [Measure::Absent(_)]));
    service.says(TEXT, &exposed(now, 0, Some(1)));
    assert_eq!(requests(&read(&mut page).await), counts(1, 1));
}

#[tokio::test]
async fn replicas_that_answer_in_turn_are_told_apart() {
    let service = Service::start().await;
    let mut page = page(&[service.errors()]);
    service.says(TEXT, &exposed(1000.0, 500, None));
    assert!(read(&mut page).await.is_empty());
    // Another one, which began long ago: what it has counted is of an unknown time.
    service.says(TEXT, &exposed(2000.0, 90_000, Some(7)));
    assert!(read(&mut page).await.is_empty());
    service.says(TEXT, &exposed(1000.0, 520, None));
    assert_eq!(requests(&read(&mut page).await), counts(0, 20));
    service.says(TEXT, &exposed(2000.0, 90_010, Some(8)));
    assert_eq!(requests(&read(&mut page).await), counts(1, 11));
}

#[tokio::test]
async fn histograms_are_added_up_over_their_labels() {
    let body = |fast: u64, all: u64| {
        format!(
            "# TYPE http_request_duration_seconds histogram\n\
             http_request_duration_seconds_bucket{{path=\"/\",le=\"2.0\"}} {fast}\n\
             http_request_duration_seconds_bucket{{path=\"/\",le=\"+Inf\"}} {all} # {{id=\"x\"}} 3.0\n\
             http_request_duration_seconds_bucket{{path=\"/x\",le=\"2.0\"}} 1\n\
             http_request_duration_seconds_bucket{{path=\"/x\",le=\"+Inf\"}} 1\n\
             http_request_duration_seconds_sum{{path=\"/\"}} 99\n# EOF\n"
        )
    };
    let service = Service::start().await;
    let mut page = page(&[service.latency()]);
    service.says(OPENMETRICS, &body(10, 12));
    assert!(read(&mut page).await.is_empty());
    let trial = page.try_out(&Clock::start()).await.remove(0);
    assert_eq!(trial.edges, [2.0, f64::INFINITY]);
    let found = "0 requests, from http_request_duration_seconds with 2 buckets, 4 series";
    assert_eq!(trial.result.as_deref(), Ok(found));
    service.says(OPENMETRICS, &body(14, 19));
    let measures = read(&mut page).await;
    let [Measure::Durations(durations)] = &measures[..] else { panic!("{measures:?}") };
    let buckets = [Bucket { le: 2.0, count: 4 }, Bucket { le: f64::INFINITY, count: 7 }];
    assert_eq!(durations.seen, buckets);
}

#[tokio::test]
async fn a_rate_is_per_second() {
    let service = Service::start().await;
    let mut page = page(&[service.value("orders", true)]);
    service.says(TEXT, "orders_total{kind=\"a\"} 5\norders_total{kind=\"b\"} 7\n");
    assert!(read(&mut page).await.is_empty());
    tokio::time::sleep(Duration::from_millis(500)).await;
    service.says(TEXT, "orders_total{kind=\"a\"} 15\norders_total{kind=\"b\"} 17\n");
    let measures = read(&mut page).await;
    let [Measure::Value(rate)] = &measures[..] else { panic!("{measures:?}") };
    assert!(*rate > 10.0 && *rate <= 40.5, "{rate}");
}
