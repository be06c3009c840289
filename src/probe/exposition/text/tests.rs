use proptest::prelude::*;

use super::*;

fn sample(text: &str) -> (String, Vec<(String, String)>, f64) {
    match line(text) {
        Some(Line::Sample(sample)) => {
            let labels = sample.labels.iter().map(|(name, value)| (name.to_string(), value.to_string()));
            (sample.name.to_string(), labels.collect(), sample.value)
        }
        other => panic!("{text}: {other:?}"),
    }
}

fn labels(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn lines_of_both_formats_are_read() {
    assert_eq!(sample("up 1"), ("up".to_owned(), vec![], 1.0));
    assert_eq!(sample("up{} 1 1395066363000"), ("up".to_owned(), vec![], 1.0));
    let (name, found, value) =
        sample("http_requests_total{method=\"post\",code=\"400\",}  3   1395066363000");
    assert_eq!((name.as_str(), value), ("http_requests_total", 3.0));
    assert_eq!(found, labels(&[("method", "post"), ("code", "400")]));
    let (_, found, value) = sample("a { b = \"c\" , d=\"}, e=\\\"f\\\" \\\\ \\n \\x\" } -Inf");
    assert_eq!(found, labels(&[("b", "c"), ("d", "}, e=\"f\" \\ \n \\x")]));
    assert_eq!(value.to_string(), "-inf");
    assert!(sample("a NaN").2.is_nan());
    assert_eq!(sample("a\t+Inf").2.to_string(), "inf");
    assert_eq!(sample("a{b=\"ä\"} 1.458255915e9").2.to_string(), "1458255915");
    let (_, found, value) =
        sample("a_bucket{le=\"0.1\"} 8 # {trace_id=\"KOO5S4vxi0o\"} 0.067 1520879607.789");
    assert_eq!((found, value), (labels(&[("le", "0.1")]), 8.0));
    assert_eq!(sample("a_total 17.0 1520879607.789").2.to_string(), "17");
    let (name, found, _) = sample("{\"my.metric\", \"my.label\"=\"x\", code=\"200\"} 4");
    assert_eq!((name.as_str(), found), ("my.metric", labels(&[("my.label", "x"), ("code", "200")])));
}

#[test]
fn comments_and_the_end_are_no_samples() {
    for nothing in ["", "  ", "# HELP up Whether it is up.", "# TYPE up gauge", "#", "# anything"] {
        assert_eq!(line(nothing), Some(Line::Nothing), "{nothing}");
    }
    assert_eq!(line("# EOF"), Some(Line::End));
    assert_eq!(line("# EOF\r"), Some(Line::End));
}

#[test]
fn other_lines_are_refused() {
    for wrong in [
        "<!DOCTYPE html>",
        "{\"status\": \"ok\"}",
        "up",
        "up one",
        "up 1 now",
        "up{a=\"b\" 1",
        "up{a=b} 1",
        "up{a=\"b} 1",
        "up{=\"b\"} 1",
        "up{a=\"b\"c=\"d\"} 1",
        "{} 1",
        "{a=\"b\"} 1",
        "up{\"a\"} 1",
        "1up 1 2 3x",
        "-1",
    ] {
        assert_eq!(line(wrong), None, "{wrong}");
    }
}

proptest! {
    #[test]
    fn nothing_panics(text in "\\PC*") {
        let _ = line(&text);
    }

    #[test]
    fn nothing_like_a_sample_panics(text in "[a-z_:{}=\",# \\\\nIN0-9.+äé-]{0,60}") {
        let _ = line(&text);
    }

    #[test]
    fn what_is_written_is_read(
        name in "[a-zA-Z_:][a-zA-Z0-9_:]{0,20}",
        pairs in proptest::collection::vec(("[a-z_][a-z0-9_]{0,8}", "\\PC{0,20}"), 0..5),
        value in proptest::num::f64::NORMAL,
        time in proptest::option::of(0_u64..2_000_000_000_000),
    ) {
        let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let written: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let time = time.map(|time| format!(" {time}")).unwrap_or_default();
        let text = format!("{name}{{{}}} {value}{time}", written.join(","));
        prop_assert_eq!(sample(&text), (name, pairs, value));
    }
}
