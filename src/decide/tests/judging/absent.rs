//! What a service's own metrics turn out not to tell.

use super::*;

/// Errors and latency from the service's own metrics; golive's checks of these names are made by `url`.
fn exposing(checks: &[&str]) -> Case {
    Case::new(|service| {
        service.requests = checks.iter().map(|check| (*check).to_owned()).collect();
        service.triggers.resources = None;
        for source in [
            service.triggers.error_rate.as_mut().map(|trigger| &mut trigger.source),
            service.triggers.latency.as_mut().map(|trigger| &mut trigger.source),
        ] {
            *source.expect("both are judged") = Source::Exposition;
        }
    })
}

/// Five seconds in which the exposition tells this.
fn tick(case: &mut Case, measures: Vec<(Stream, Measure)>) -> Vec<Action> {
    case.world.now = later(case.world.now, secs(5));
    let at = case.world.now;
    let mut actions = Vec::new();
    for (stream, measure) in measures {
        let reading = Reading { stream, source: Source::Exposition, at, measure };
        actions.extend(case.happens(ServiceEvent::Measured(reading)));
    }
    actions.extend(case.happens(ServiceEvent::Sampled(sample("web", at, Outcome::Ok))));
    actions.extend(case.steps(&Event::Due));
    actions
}

fn absent(stream: Stream) -> (Stream, Measure) {
    (stream, Measure::Absent("no histogram of durations is exposed under a usual name".to_owned()))
}

fn summaries_only() -> Vec<(Stream, Measure)> {
    vec![errors(0, 50), absent(Stream::Latency)]
}

/// What is said of the release that came last.
fn seen(case: &mut Case, version: &str) -> String {
    let actions = case.happens(ServiceEvent::Seen(Some(running(version, &format!("c-{version}")))));
    actions.iter().filter_map(super::super::told::line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_nothing_measures_is_no_trigger_and_is_said_once() {
    let mut case = exposing(&[]);
    tick(&mut case, summaries_only());
    let said = seen(&mut case, "v2");
    assert!(said.contains("latency-p95: it is left out, as no histogram of durations is exposed"), "{said}");
    let mut filed = Vec::new();
    for _ in 0..=12 * 10 {
        filed.extend(tick(&mut case, summaries_only()));
    }
    assert_eq!((case.phase(), case.told.last()), ("idle", Some(&News::ReleaseAccepted)));
    assert!(!case.told.contains(&News::NoData));
    let filed: Vec<String> = filed.iter().filter_map(super::super::told::line).collect();
    let accepted: Vec<&String> = filed.iter().filter(|line| line.contains("accepted")).collect();
    assert!(!accepted.is_empty() && accepted.iter().all(|line| !line.contains("latency-p95")), "{filed:?}");
    let verdict = case.verdict("latency-p95");
    assert_eq!(verdict.call, Call::Wait);
    assert!(sentence(&verdict).starts_with("left out: no histogram"), "{}", sentence(&verdict));
    let said = seen(&mut case, "v3");
    assert!(!said.contains("latency-p95"), "{said}");
}

#[test]
fn own_checks_stand_in_where_there_are_any() {
    let mut case = exposing(&["web"]);
    for _ in 0..60 {
        tick(&mut case, summaries_only());
    }
    let said = seen(&mut case, "v2");
    assert!(said.contains("latency-p95: golive's own checks are taken, as no histogram"), "{said}");
    for _ in 0..=12 * 10 {
        tick(&mut case, summaries_only());
    }
    let verdict = case.verdict("latency-p95");
    assert!(
        sentence(&verdict).contains("golive's own health checks") && verdict.samples > 0,
        "{}",
        sentence(&verdict)
    );
    assert_eq!((case.phase(), case.told.last()), ("idle", Some(&News::ReleaseAccepted)));
}

#[test]
fn metrics_that_come_later_take_over_and_are_compared_with_nothing_else() {
    let mut case = exposing(&["web"]);
    for _ in 0..60 {
        tick(&mut case, summaries_only());
    }
    seen(&mut case, "v2");
    for _ in 0..12 {
        tick(&mut case, vec![errors(0, 50), fast(50)]);
    }
    let verdict = case.verdict("latency-p95");
    assert!(!sentence(&verdict).contains("own health checks"), "{}", sentence(&verdict));
    assert_eq!((verdict.call, verdict.samples), (Call::Pass, 50 * 11));
    // And from then on they are missed when they are gone.
    for _ in 0..12 * 20 {
        tick(&mut case, summaries_only());
    }
    assert_eq!(case.phase(), "held");
}

#[test]
fn metrics_that_a_release_has_lost_are_missed() {
    let mut case = exposing(&["web"]);
    for _ in 0..60 {
        tick(&mut case, vec![errors(0, 50), fast(50)]);
    }
    seen(&mut case, "v2");
    for _ in 0..=12 * 20 {
        tick(&mut case, summaries_only());
    }
    assert_eq!(case.phase(), "held");
    assert!(case.why().contains("no histogram of durations"), "{}", case.why());
}

#[test]
fn what_cannot_be_read_is_blind_and_not_absent() {
    let mut case = exposing(&["web"]);
    seen(&mut case, "v2");
    for _ in 0..14 {
        tick(&mut case, vec![errors(0, 50), blind(Stream::Latency)]);
    }
    assert_eq!(case.verdict("latency-p95").call, Call::Blind);
    assert!(case.told.contains(&News::NoData));
}

#[test]
fn a_killed_golive_knows_again_what_stands_in() {
    let mut case = exposing(&["web"]);
    tick(&mut case, summaries_only());
    seen(&mut case, "v2");
    for _ in 0..20 {
        tick(&mut case, summaries_only());
    }
    let before = case.verdict("latency-p95");
    case.world.kill();
    case.world.step(&Event::Started);
    case.happens(ServiceEvent::Seen(Some(running("v2", "c-v2"))));
    let after = case.verdict("latency-p95");
    assert!(after.samples + 1 >= before.samples && after.samples > 0, "{after:?} {before:?}");
}
