use super::Expression;

fn expression(text: &str) -> Expression {
    Expression::of(text.to_owned()).unwrap_or_else(|why| panic!("{text}: {why}"))
}

#[test]
fn a_plain_division_has_two_sides() {
    let cases = [
        ("a / b", ("a", "b")),
        ("a/b", ("a", "b")),
        ("\n  sum(rate(e[5m]))\n/\n  sum(rate(r[5m]))\n", ("sum(rate(e[5m]))", "sum(rate(r[5m]))")),
        ("((a) / ( (b) ))", ("a", "b")),
        ("(a + b) / c{x=\"1\"}", ("a + b", "c{x=\"1\"}")),
        ("(a or vector(0)) / b", ("a or vector(0)", "b")),
        ("sum by (le, on) (a) / sum without(x) (b)", ("sum by (le, on) (a)", "sum without(x) (b)")),
        ("e{path=~\"/a/.*\"} / r{path=~'/a/[/]\\'/'}", ("e{path=~\"/a/.*\"}", "r{path=~'/a/[/]\\'/'}")),
        ("e{a=`\\`} / r{b=`/`}", ("e{a=`\\`}", "r{b=`/`}")),
        ("{__name__=\"e/x\"} / {__name__=\"r\"}", ("{__name__=\"e/x\"}", "{__name__=\"r\"}")),
        ("e offset 5m / r offset 5m", ("e offset 5m", "r offset 5m")),
        ("e @ 1609746000 / r @ start()", ("e @ 1609746000", "r @ start()")),
        ("rate(e[5m:1m/2]) / rate(r[5m])", ("rate(e[5m:1m/2])", "rate(r[5m])")),
        ("e # the bad / of all (\n/ r # ' \"", ("e", "r")),
        ("job:errors:rate5m / job:requests:rate5m", ("job:errors:rate5m", "job:requests:rate5m")),
        ("android_requests / orders_total", ("android_requests", "orders_total")),
        ("e{v=\"é/ü\"} / r{v=\"语\"}", ("e{v=\"é/ü\"}", "r{v=\"语\"}")),
    ];
    for (text, (left, right)) in cases {
        let sides = expression(text).division();
        assert_eq!(sides, Some((left.to_owned(), right.to_owned())), "{text}");
    }
}

#[test]
fn what_is_more_than_one_division_of_two_counts_stays_whole() {
    let cases = [
        "a",
        "rate(a[5m])",
        "avg(a / b)",
        "a / b / c",
        "a / b * 100",
        "100 * a / b",
        "1 - a / b",
        "a / b > 0.05",
        "a / b == bool 1",
        "-a / b",
        "a / -b",
        "a ^ 2 / b",
        "a / b or vector(0)",
        "a / b OR c",
        "a / b unless c",
        "a and b / c",
        "a atan2 b / c",
        "a / on(job) b",
        "a / ignoring (code) group_left b",
        "a / ON (job) GROUP_RIGHT (x) b",
        "a / fill(0) b",
        "a offset -5m / b",
        "a / 100",
        "a / (100)",
        "a / 1e3",
        "a / .5",
        "a / 5m",
        "a / Inf",
        "60 / a",
        "a / scalar(b)",
        "a / vector(100)",
        "time() / a",
        "a / (2 * 3)",
        "a /",
        "/ a",
        "a / # b",
        "a // b",
        "a / \"b\"",
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
    let deep = format!("{}a / b{}", "(".repeat(8_000), ")".repeat(8_000));
    assert_eq!(expression(&deep).division(), Some(("a".to_owned(), "b".to_owned())));
}

mod properties {
    use proptest::prelude::*;

    use super::Expression;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// What comes out of a query can be cut again, whatever it was.
        #[test]
        fn parts_are_queries(text in "[ab/()\\[\\]{}\"'`\\\\# \n,.0-9é]{0,40}|(a|/|\\(|\\)| |\"/\"|#\n){0,20}") {
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
