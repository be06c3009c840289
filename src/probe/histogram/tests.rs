use super::*;

const INF: f64 = f64::INFINITY;

fn histograms(all: &[(&str, &[(f64, f64)])]) -> Histograms {
    let mut histograms = Histograms::default();
    for (histogram, (_, edges)) in (0..).zip(all) {
        for (edge, by) in *edges {
            histograms.add(histogram, Edge(*edge), *by);
        }
    }
    histograms
}

fn take(waiting: &mut Waiting, all: &[(&str, &[(f64, f64)])]) -> Vec<(f64, u64)> {
    let buckets = waiting.take(&histograms(all)).unwrap();
    buckets.iter().map(|bucket| (bucket.le, bucket.count)).collect()
}

#[test]
fn edges_are_read_as_they_are_written() {
    assert_eq!(edge("+Inf"), Some(Edge(INF)));
    assert_eq!(edge("2"), edge("2.0"));
    assert_eq!(edge("-1"), Some(Edge(-1.0)));
    for wrong in ["", "NaN", "two", "-Inf"] {
        assert_eq!(edge(wrong), None, "{wrong}");
    }
}

#[test]
fn replicas_are_added_up() {
    let all: [(&str, &[(f64, f64)]); 2] =
        [("a", &[(1.0, 5.0), (2.0, 7.0), (INF, 8.0)]), ("b", &[(1.0, 1.0), (2.0, 1.0), (INF, 4.0)])];
    assert_eq!(take(&mut Waiting::default(), &all), [(1.0, 6), (2.0, 8), (INF, 12)]);
    assert_eq!(take(&mut Waiting::default(), &[]), []);
}

#[test]
fn only_common_edges_are_added_up() {
    let all: [(&str, &[(f64, f64)]); 2] =
        [("old", &[(1.0, 5.0), (2.5, 7.0), (INF, 8.0)]), ("new", &[(1.0, 1.0), (2.0, 3.0), (INF, 4.0)])];
    assert_eq!(take(&mut Waiting::default(), &all), [(1.0, 6), (INF, 12)]);
    // One that has had no requests has no say in it.
    let idle: [(&str, &[(f64, f64)]); 2] =
        [("old", &[(1.0, 0.0), (2.5, 0.0), (INF, 0.0)]), ("new", &[(1.0, 1.0), (2.0, 3.0), (INF, 4.0)])];
    assert_eq!(take(&mut Waiting::default(), &idle), [(1.0, 1), (2.0, 3), (INF, 4)]);
}

#[test]
fn parts_of_requests_wait_to_be_whole() {
    let mut waiting = Waiting::default();
    let all: [(&str, &[(f64, f64)]); 1] = [("a", &[(1.0, 0.5), (INF, 0.75)])];
    assert_eq!(take(&mut waiting, &all), [(1.0, 0), (INF, 0)]);
    assert_eq!(take(&mut waiting, &all), [(1.0, 1), (INF, 1)]);
    assert_eq!(take(&mut waiting, &all), [(1.0, 0), (INF, 0)]);
    assert_eq!(take(&mut waiting, &all), [(1.0, 1), (INF, 2)]);
}

#[test]
fn buckets_that_contradict_each_other_stay_in_order() {
    let all: [(&str, &[(f64, f64)]); 1] = [("a", &[(1.0, 5.0), (2.0, 4.0), (INF, 6.0)])];
    assert_eq!(take(&mut Waiting::default(), &all), [(1.0, 5), (2.0, 5), (INF, 6)]);
}

#[test]
fn what_cannot_be_used_is_named() {
    let without = histograms(&[("a", &[(1.0, 5.0)])]);
    assert_eq!(Waiting::default().take(&without).unwrap_err(), "a histogram without the bucket le=\"+Inf\"");
    let mut many = histograms(&[("a", &[(INF, 1.0)])]);
    for edge in 0..EDGES_MAX {
        many.add(0, Edge(as_float(edge as u64)), 1.0);
    }
    let refused = Waiting::default().take(&many).unwrap_err();
    assert_eq!(refused, "a histogram of 501 buckets; at most 500 are followed");
}
