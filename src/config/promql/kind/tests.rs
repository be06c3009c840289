use super::*;

fn rate(per: f64, window: f64) -> Kind {
    Kind::Rate { per, window }
}

#[test]
fn a_bare_name_is_a_counter() {
    for counter in [
        "http_requests_total",
        "http_requests_total{code=~\"5..\"}",
        "{__name__=~\"x|y\"}",
        "{\"my.metric\"}",
        "sum by (code) (http_requests_total{job='rate(x)'})",
        "SUM(http_requests_total) BY (code)",
        "# rate(x[5m])\nhttp_requests_total",
        "http_requests_total offset 5m",
        "http_requests_total @ end() offset -1h",
        "rated_total",
        "requests:rated",
        "my:increase_total",
        "job:http_requests:sum",
        "errors_total or vector(0)",
        "vector(0) or errors_total",
        "errors_total + timeouts_total",
        "requests_total - ok_total",
        "sum(x_total) > 0",
        "max_over_time(x_total[5m])",
        "x_total * on (instance) group_left (version) build_info",
        "label_replace(x_total, \"a\", \"$1\", \"b\", \"(.*),\")",
        // What cannot be read is for Prometheus to refuse.
        "sum(x",
    ] {
        assert_eq!(kind_of(counter), Kind::Counter, "{counter}");
    }
}

#[test]
fn a_rate_is_known_with_its_window() {
    for (query, kind) in [
        ("sum(rate(http_requests_total[5m]))", rate(1.0, 300.0)),
        ("sum(irate (x{a=\"[1h]\"}[1m30s]))", rate(1.0, 90.0)),
        ("rate(x[$__interval])", rate(1.0, WINDOW)),
        ("rate(x[$__rate_interval:])", rate(1.0, WINDOW)),
        ("sum(increase(x[1h]))", rate(3600.0, 3600.0)),
        ("delta(x[500ms])", rate(0.5, 0.5)),
        ("increase(x[30m:1m])", rate(1800.0, 1800.0)),
        ("rate(x[5m] offset 1h)", rate(1.0, 300.0)),
        ("job:http_requests:rate5m", rate(1.0, 300.0)),
        ("job:http_requests:rate", rate(1.0, WINDOW)),
        ("job:http_requests:rate5m_sum", rate(1.0, 300.0)),
        ("job:http_requests:increase1h{job=\"a\"}", rate(3600.0, 3600.0)),
        ("sum(rate(x[5m])) * 60", rate(60.0, 300.0)),
        ("60 * sum by (a) (rate(x[5m]))", rate(60.0, 300.0)),
        ("60 * 60 * rate(x[5m])", rate(3600.0, 300.0)),
        ("increase(x[5m]) / 5", rate(60.0, 300.0)),
        ("rate(x[5m]) + rate(y[10m])", rate(1.0, 600.0)),
        ("rate(x[5m]) - rate(y[5m]) # the rest", rate(1.0, 300.0)),
        ("rate(x[5m]) or on() vector(0)", rate(1.0, 300.0)),
        ("sum(rate(x[5m])) > 1e-9", rate(1.0, 300.0)),
        ("sum(rate(x[5m])) unless on() up == 0", rate(1.0, 300.0)),
        ("topk(3, rate(x[5m]))", rate(1.0, 300.0)),
        ("round(sum(rate(x[5m])), 0.1)", rate(1.0, 300.0)),
        ("avg_over_time(rate(x[5m])[1h:1m])", rate(1.0, 300.0)),
        ("sum without (pod) (rate(x[5m]) * on (pod) group_left (version) kube_pod_labels)", rate(1.0, 300.0)),
        ("rate(sold[5m]) * price", rate(1.0, 300.0)),
        ("+rate(x[5m])", rate(1.0, 300.0)),
    ] {
        assert_eq!(kind_of(query), kind, "{query}");
    }
}

/// Whatever rates are in it: the whole is no count.
#[test]
fn what_is_made_of_rates_is_not_always_one() {
    for number in [
        "sum(rate(e_total[5m])) / sum(rate(r_total[5m]))",
        "100 * sum(rate(e_total[5m])) / sum(rate(r_total[5m]))",
        "1 - sum(rate(e_total[5m])) / sum(rate(r_total[5m]))",
        "sum(rate(d_sum[5m])) / sum(rate(d_count[5m]))",
        "avg(rate(a[5m]) / rate(b[5m]))",
        "histogram_quantile(0.9, sum by (le) (rate(d_bucket[5m])))",
        "1 - rate(d_bucket{le=\"0.5\"}[5m]) / ignoring (le) rate(d_count[5m])",
        "clamp_max(rate(a[5m]) / rate(b[5m]), 1)",
        "sum(rate(a[5m])) > bool 3",
        "rate(a[5m]) ^ 2",
        "-rate(a[5m])",
        "rate(a[5m]) * rate(b[5m])",
        "rate(a[5m]) * -1",
        "count(rate(a[5m]))",
        "stddev(rate(a[5m]))",
        "absent(rate(a[5m]))",
        "sum_over_time(rate(a[5m])[1h:1m])",
        "predict_linear(a[1h], 3600)",
        "rate(a[5m]) + increase(b[5m])",
        "rate(a[5m]) or b",
        "job:errors:ratio_rate5m",
        "job:latency:mean5m",
        "job:latency:p99",
        "time() - last_success",
        "avg_over_time(a[5m])",
        "scalar(a)",
        "my_rate(x)",
        "42",
        "",
    ] {
        assert_eq!(kind_of(number), Kind::Number, "{number}");
    }
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
fn deep_expressions_end() {
    assert_eq!(kind_of(&format!("{}x{}", "abs(".repeat(1000), ")".repeat(1000))), Kind::Number);
    assert_eq!(kind_of(&"-".repeat(2_000)), Kind::Number);
    assert_eq!(kind_of(&"x+".repeat(1_000)), Kind::Number);
}

#[test]
fn the_type_of_an_expression_is_known() {
    for scalar in [
        "scalar(orders)",
        " ( scalar(orders) ) # of today",
        "Scalar (sum(x_total))",
        "scalar(a) / scalar(b)",
        "-scalar(a) + 1e-3",
        "time() - scalar(max(timestamp(x)))",
        "scalar(a) > bool 5",
        "12.5",
        "2 * (pi() + 1)",
    ] {
        assert_eq!(shape_of(scalar), Shape::Scalar, "{scalar}");
    }
    for vector in [
        "orders",
        "orders - scalar(a)",
        "scalar(a) * orders",
        "vector(1)",
        "vector(scalar(a))",
        "scalar",
        "scalar:orders:sum",
        "time_total",
        "sum(scalar(a) * x)",
        "scalar(a) or orders",
        "x @ 1e9",
        "rate(x[5m])",
        "{\"my.metric\"}",
        "scalar(",
        "",
    ] {
        assert_eq!(shape_of(vector), Shape::Vector, "{vector}");
    }
    for other in ["x[5m]", "x{a=\"b\"}[5m] offset 1h", "rate(x[5m])[1h:5m]", "('word')"] {
        assert_eq!(shape_of(other), Shape::Other, "{other}");
    }
}
