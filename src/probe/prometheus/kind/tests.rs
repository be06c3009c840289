use super::*;

fn rate(per: f64, window: f64) -> Kind {
    Kind::Rate { per, window }
}

#[test]
fn the_text_says_what_the_numbers_are() {
    for counter in [
        "http_requests_total",
        "http_requests_total{code=~\"5..\"}",
        "sum by (code) (http_requests_total{job='rate(x)'})",
        "# rate(x[5m])\nhttp_requests_total",
        "my_rate(x)",
        "rated_total",
        "requests:rated",
        "my:increase_total",
    ] {
        assert_eq!(of(counter), Kind::Counter, "{counter}");
    }
    assert_eq!(of("sum(rate(http_requests_total[5m]))"), rate(1.0, 300.0));
    assert_eq!(of("sum(irate (x{a=\"[1h]\"}[1m30s]))"), rate(1.0, 90.0));
    assert_eq!(of("rate(x[$__interval])"), rate(1.0, WINDOW));
    assert_eq!(of("sum(increase(x[1h]))"), rate(3600.0, 3600.0));
    assert_eq!(of("delta(x[500ms])"), rate(0.5, 0.5));
    assert_eq!(of("increase(x[30m:1m])"), rate(1800.0, 1800.0));
    assert_eq!(of("job:http_requests:rate5m"), rate(1.0, 300.0));
    assert_eq!(of("job:http_requests:rate"), rate(1.0, WINDOW));
    assert_eq!(of("job:http_requests:increase1h{job=\"a\"}"), rate(3600.0, 3600.0));
}

#[test]
fn sums_are_known() {
    for sums in ["sum(x)", "sum by (code) (x)", "sum without (instance) (x)", "a or sum (x)"] {
        assert!(adds_up(sums), "{sums}");
    }
    for plain in ["x", "sum_total", "checksum(x)", "x{a=\"sum(x)\"}", "rate(x[5m])"] {
        assert!(!adds_up(plain), "{plain}");
    }
}

#[test]
fn durations_are_read_as_promql_writes_them() {
    assert_eq!(duration("1h30m]"), Some(5400.0));
    assert_eq!(duration("1d"), Some(86_400.0));
    for none in ["", "5", "m", "0s", "]"] {
        assert_eq!(duration(none), None, "{none}");
    }
}
