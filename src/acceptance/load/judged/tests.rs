use super::*;
use crate::config::Language;
use crate::model::policy::Ppm;
use crate::text::Texts;

fn load() -> Load {
    Load {
        rate: 50,
        lasts: Duration::from_secs(30),
        warm_up: Duration::ZERO,
        p95: Some(Duration::from_millis(500)),
        error_rate: Ppm(10_000),
        connections: 200,
        timeout: Duration::from_secs(10),
        allow: None,
    }
}

fn report() -> Report {
    Report {
        due: 1500,
        sent: 1500,
        answered: 1500,
        p50: 0.02,
        p95: 0.021,
        p99: 0.03,
        max: 0.04,
        throughput: 50.0,
        connections: 3,
        lateness_p99: 0.004,
        cpu: 0.05,
        ..Report::default()
    }
}

fn failed(failure: Failure, count: u64) -> Report {
    Report { failed: count, errors: [(failure, count)].into(), ..report() }
}

fn verdict_of(report: Report) -> Verdict {
    judged(&load(), report, None).verdict
}

#[test]
fn a_limit_is_kept_up_to_itself_and_no_further() {
    assert_eq!(verdict_of(report()), Verdict::Pass);
    assert_eq!(verdict_of(Report { p95: 0.5, ..report() }), Verdict::Pass);
    assert_eq!(verdict_of(Report { p95: 0.501, ..report() }), Verdict::Fail);
    assert_eq!(verdict_of(failed(Failure::Server, 15)), Verdict::Pass, "one in a hundred");
    assert_eq!(verdict_of(failed(Failure::NeverSent, 16)), Verdict::Fail);
    let unasked = Load { p95: None, ..load() };
    let slow = judged(&unasked, Report { p95: 9.0, ..report() }, None);
    assert_eq!((slow.verdict, slow.figure), (Verdict::Pass, Some(Figure::seconds(9.0, None))));
}

#[test]
fn who_measures_himself_cannot_tell() {
    assert_eq!(verdict_of(Report { lateness_p99: 0.010, ..report() }), Verdict::Pass);
    let late = Report { lateness_p99: 0.0101, p95: 9.0, ..report() };
    let found = judged(&load(), late, None);
    assert_eq!(found.verdict, Verdict::NoData, "not even that it is slow");
    assert!(found.message.starts_with("the generator itself was late"), "{}", found.message);
    // A tenth of what is asked, where that is less.
    let quick = Load { p95: Some(Duration::from_millis(50)), ..load() };
    let late = |lateness_p99| judged(&quick, Report { lateness_p99, ..report() }, None).verdict;
    assert_eq!((late(0.005), late(0.0051)), (Verdict::Pass, Verdict::NoData));
    assert_eq!(verdict_of(Report { cpu: 0.91, ..report() }), Verdict::NoData);
    assert_eq!(verdict_of(failed(Failure::Own, 1)), Verdict::NoData);
}

#[test]
fn who_fails_under_a_load_has_not_borne_it_and_a_rollback_says_nothing() {
    let asked = || Report { stopped: Some(Stopped::Asked), ..report() };
    let unhealthy = Halt::Unhealthy { check: "web".to_owned(), seen: "status 500".to_owned() };
    let found = judged(&load(), asked(), Some(&unhealthy));
    assert_eq!(found.verdict, Verdict::Fail);
    let begins = "ended early, for the health check web failed meanwhile: status 500; P95 of 1500 requests";
    assert!(found.message.starts_with(begins), "{}", found.message);
    assert_eq!(judged(&load(), asked(), Some(&Halt::RollsBack)).verdict, Verdict::NoData);
    assert_eq!(judged(&load(), asked(), None).verdict, Verdict::NoData);
    let failing = Report { stopped: Some(Stopped::Failing), ..failed(Failure::Refused, 1400) };
    assert_eq!(verdict_of(failing), Verdict::Fail);
    let nothing = judged(&load(), Report::default(), None);
    assert_eq!((nothing.verdict, nothing.figure), (Verdict::NoData, None));
}

#[test]
fn what_was_seen_is_said_in_both_languages() {
    let errors = [(Failure::NeverSent, 90), (Failure::Unanswered, 20), (Failure::TooMany, 1)];
    let report = Report { never_sent: 90, failed: 111, errors: errors.into(), answered: 1390, ..report() };
    let phrase = judged(&load(), report, None).phrase.unwrap();
    let said =
        [Language::English, Language::Chinese].map(|language| Texts::new(language, None).sentence(&phrase));
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn every_way_to_fail_has_words_of_its_own() {
    use Failure::{
        Cut, NeverSent, Own, Redirect, Refused, Server, Status, TimedOut, Tls, TooMany, Unanswered,
        Unreadable,
    };
    let all = [
        TooMany, Server, Redirect, Status, TimedOut, Refused, Cut, Tls, Unreadable, Own, Unanswered,
        NeverSent,
    ];
    for language in [Language::English, Language::Chinese] {
        let texts = Texts::new(language, None);
        let said = |failure| texts.sentence(&errors(&failed(failure, 7)));
        let each: std::collections::BTreeSet<String> = all.map(said).into();
        assert_eq!(each.len(), all.len(), "{each:?}");
    }
}
