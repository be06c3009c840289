use super::Expression;

fn expression(text: &str) -> Expression {
    Expression::of(text.to_owned()).unwrap_or_else(|why| panic!("{text}: {why}"))
}

#[test]
fn a_plain_division_has_two_sides() {
    let cases = [
        ("a_total / b_total", ("a_total", "b_total")),
        ("a_total/b_total", ("a_total", "b_total")),
        (
            "\n  sum(rate(e_total[5m]))\n/\n  sum(rate(r_total[5m]))\n",
            ("sum(rate(e_total[5m]))", "sum(rate(r_total[5m]))"),
        ),
        ("((a_total) / ( (b_total) ))", ("a_total", "b_total")),
        ("(a_total + b_total) / c_total{x=\"1\"}", ("a_total + b_total", "c_total{x=\"1\"}")),
        ("(a_total or vector(0)) / b_total", ("a_total or vector(0)", "b_total")),
        (
            "sum by (le, on) (a_total) / sum without(x) (b_total)",
            ("sum by (le, on) (a_total)", "sum without(x) (b_total)"),
        ),
        (
            "e_total{path=~\"/a_total/.*\"} / r_total{path=~'/a_total/[/]\\'/'}",
            ("e_total{path=~\"/a_total/.*\"}", "r_total{path=~'/a_total/[/]\\'/'}"),
        ),
        ("e_total{a_total=`\\`} / r_total{b_total=`/`}", ("e_total{a_total=`\\`}", "r_total{b_total=`/`}")),
        (
            "rate({__name__=\"e/x\"}[5m]) / rate({\"r\"}[5m])",
            ("rate({__name__=\"e/x\"}[5m])", "rate({\"r\"}[5m])"),
        ),
        ("e_total offset 5m / r_total offset 5m", ("e_total offset 5m", "r_total offset 5m")),
        ("e_total @ 1609746000 / r_total @ start()", ("e_total @ 1609746000", "r_total @ start()")),
        ("rate(e_total[5m:1m/2]) / rate(r_total[5m])", ("rate(e_total[5m:1m/2])", "rate(r_total[5m])")),
        ("e_total # the bad / of all (\n/ r_total # ' \"", ("e_total", "r_total")),
        ("rate(failed[5m]) / increase(all[5m])", ("rate(failed[5m])", "increase(all[5m])")),
        ("job:errors:rate5m / job:requests:rate5m", ("job:errors:rate5m", "job:requests:rate5m")),
        ("android_total / orders_count", ("android_total", "orders_count")),
        ("e_total{v=\"é/ü\"} / r_total{v=\"语\"}", ("e_total{v=\"é/ü\"}", "r_total{v=\"语\"}")),
    ];
    for (text, (left, right)) in cases {
        let sides = expression(text).division();
        assert_eq!(sides, Some((left.to_owned(), right.to_owned())), "{text}");
    }
}

#[test]
fn what_is_more_than_one_division_of_two_counts_stays_whole() {
    let cases = [
        "a_total",
        "rate(a_total[5m])",
        "avg(a_total / b_total)",
        "a_total / b_total / c_total",
        "a_total / b_total * 100",
        "100 * a_total / b_total",
        "failed / requests",
        "job:failed:5m / job:requests:5m",
        "e_total / inflight",
        "avg_over_time(failed[5m]) / avg_over_time(requests[5m])",
        "1 - a_total / b_total",
        "a_total / b_total > 0.05",
        "a_total / b_total == bool 1",
        "-a_total / b_total",
        "a_total / -b_total",
        "a_total ^ 2 / b_total",
        "a_total / b_total or vector(0)",
        "a_total / b_total OR c_total",
        "a_total / b_total unless c_total",
        "a_total and b_total / c_total",
        "a_total atan2 b_total / c_total",
        "a_total / on(job) b_total",
        "a_total / ignoring (code) group_left b_total",
        "a_total / ON (job) GROUP_RIGHT (x) b_total",
        "a_total / fill(0) b_total",
        "a_total offset -5m / b_total",
        "a_total / 100",
        "a_total / (100)",
        "a_total / 1e3",
        "a_total / .5",
        "a_total / 5m",
        "a_total / Inf",
        "60 / a_total",
        "a_total / scalar(b_total)",
        "a_total / vector(100)",
        "time() / a_total",
        "a_total / (2 * 3)",
        "a_total /",
        "/ a_total",
        "a_total / # b_total",
        "a_total // b_total",
        "a_total / \"b_total\"",
        "/",
        "()",
        "",
    ];
    for text in cases {
        assert_eq!(expression(text).division(), None, "{text}");
    }
}

#[test]
fn the_buckets_of_a_p95_are_found() {
    let cases = [
        ("histogram_quantile(0.95, sum by (le) (rate(d[5m])))", "sum by (le) (rate(d[5m]))"),
        ("(histogram_quantile ( .950 , (rate(d_bucket[5m])) ) )", "rate(d_bucket[5m])"),
        ("histogram_quantile(95e-2, d_bucket{x=\")\",y='('})", "d_bucket{x=\")\",y='('}"),
        ("histogram_quantile(0.95, # p99, once\n sum by (\nle) (d)) # end", "sum by (\nle) (d)"),
        ("histogram_quantile(0.95, {\"d_bucket\"})", "{\"d_bucket\"}"),
    ];
    for (text, buckets) in cases {
        assert_eq!(expression(text).buckets().as_deref(), Some(buckets), "{text}");
    }
}

#[test]
fn what_is_no_p95_of_a_classic_histogram_stays_whole() {
    let cases = [
        "histogram_quantile(0.99, d_bucket)",
        "histogram_quantile(q, d_bucket)",
        "histogram_quantile(0.95, sum(rate(d[5m])))",
        "histogram_quantile(0.95)",
        "histogram_quantile(0.95, a_bucket, b_bucket)",
        "histogram_quantile(0.95, d_bucket) / 1000",
        "histogram_quantile(0.95, d_bucket) > 2",
        "max(histogram_quantile(0.95, d_bucket))",
        "Histogram_quantile(0.95, d_bucket)",
        "histogram_quantile{x=\"0.95, d_bucket\"}",
        "histogram_quantile",
        "quantile(0.95, d_bucket)",
        "d_bucket",
    ];
    for text in cases {
        assert_eq!(expression(text).buckets(), None, "{text}");
    }
}

#[test]
fn what_cannot_be_a_query_is_told() {
    let cases = [
        ("sum(a", "has a `(` that is not closed"),
        ("sum(a))", "has a `)` too many"),
        ("a{b=\"c\")", "has a `{` that a `)` closes"),
        ("a[5m", "has a `[` that is not closed"),
        ("a{b=\"c}", "has a \" that is not closed"),
        ("a{b='c\\'}", "has a ' that is not closed"),
        ("a{b=`c}", "has a ` that is not closed"),
        ("\"", "has a \" that is not closed"),
        ("(a # )", "has a `(` that is not closed"),
    ];
    for (text, why) in cases {
        assert_eq!(Expression::of(text.to_owned()).err().as_deref(), Some(why), "{text}");
    }
}

#[test]
fn comments_are_left_out_and_all_else_stays() {
    assert_eq!(expression("# what\n a{b=\"#\"} # why\n + 1 #").plain(), "a{b=\"#\"} \n + 1");
    assert_eq!(expression("# nothing").plain(), "");
}

#[test]
fn deep_brackets_are_no_trouble() {
    let deep = format!("{}a_total / b_total{}", "(".repeat(8_000), ")".repeat(8_000));
    assert_eq!(expression(&deep).division(), Some(("a_total".to_owned(), "b_total".to_owned())));
}

mod properties {
    use proptest::prelude::*;

    use super::Expression;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// What comes out of a query can be cut again, whatever it was.
        #[test]
        fn parts_are_queries(text in "[ab/()\\[\\]{}\"'`\\\\# \n,.0-9é]{0,40}|(a_total|/|\\(|\\)| |\"/\"|#\n){0,20}") {
            let Ok(query) = Expression::of(text) else { return Ok(()) };
            let again = Expression::of(query.plain()).expect("a query without its comments is one");
            prop_assert_eq!(again.plain(), query.plain());
            prop_assert_eq!(again.division(), query.division());
            for part in query.division().map(|(left, right)| [left, right]).into_iter().flatten() {
                prop_assert!(Expression::of(part).is_ok_and(|part| !part.plain().is_empty()));
            }
        }
    }
}
