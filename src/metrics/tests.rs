use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::decide::action::{Persist, When};
use crate::decide::view::{DrillView, ServiceView, TriggerView};
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::Tier;
use crate::model::phrase::Phrase;
use crate::model::policy::Autonomy;
use crate::model::reason::Unit;
use crate::model::release::{Origin, Release};
use crate::model::sample::Sample;
use crate::model::tests as plain;
use crate::model::verdict::{Bound, Call, Verdict};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn sample(began: i64, outcome: Outcome) -> Sample {
    Sample { check: "web".to_owned(), began: at(began), took: Duration::from_millis(20), outcome }
}

fn failed(began: i64) -> Sample {
    sample(began, Outcome::Failed("status 500".to_owned()))
}

fn notice(news: News, evidence: Vec<Sample>) -> Action {
    let reason = Reason::Health { check: "web".to_owned(), failures: 3, limit: 3, seen: String::new() };
    let notice = Notice {
        id: "shop-1.1".to_owned(),
        incident: "shop-1".to_owned(),
        service: Some("shop".to_owned()),
        at: at(20),
        reason: Some(reason),
        evidence,
        acknowledgeable: true,
        ..plain::notice(news, Tier::Urgent)
    };
    Action::Tell { notice, channels: Vec::new(), when: When::Now }
}

fn file(state: ReleaseState) -> Action {
    let release = Release {
        id: "shop-2".to_owned(),
        service: "shop".to_owned(),
        version: "2".to_owned(),
        running: None,
        began: at(0),
        origin: Origin::Noticed,
        announcement: None,
        checklist: None,
        roster: BTreeMap::new(),
    };
    Action::Persist(Persist::File { release, state, reason: None, asked: false })
}

pub(crate) fn shop() -> ServiceView {
    let verdict = |call, value, unit| Verdict {
        call,
        value: Some(value),
        limit: Some(3.0),
        bound: Bound::AtLeast,
        unit,
        samples: 4,
        why: Phrase::words(""),
    };
    let trigger = |name: &str, verdict| TriggerView::new(name.to_owned(), verdict);
    ServiceView {
        name: "shop".to_owned(),
        autonomy: Autonomy::Auto,
        standby_reason: None,
        phase: "rolling-back",
        why: None,
        hold: None,
        release: None,
        rollback: None,
        deployment: None,
        grace_until: None,
        acceptance_since: None,
        announced: None,
        accepted: None,
        running: None,
        diverged: None,
        diverged_known_to: None,
        veto: None,
        maintenance: None,
        freeze: None,
        quarantine: Vec::new(),
        problems: Some(Vec::new()),
        drill: DrillView::default(),
        triggers: vec![
            trigger("health", verdict(Call::Fail, 3.0, Unit::Failures)),
            trigger("latency-p95", verdict(Call::Blind, 0.0, Unit::Seconds)),
        ],
        noted: Timestamp::UNIX_EPOCH,
        warnings: Vec::new(),
        decided: None,
        samples: Vec::new(),
    }
}

fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|found| found == *line), "no {line:?} in\n{text}");
    }
}

#[test]
fn what_happens_is_counted() {
    let metrics = Metrics::default();
    let event = |what| Event::Service { service: "shop".to_owned(), what };
    let due = Event::Due;
    metrics.count(at(0), &event(ServiceEvent::Sampled(sample(0, Outcome::Ok))), &[]);
    let evidence = vec![sample(5, Outcome::Ok), failed(10), failed(15), failed(20)];
    let begun = [file(ReleaseState::RollingBack), notice(News::RollbackStarted, evidence.clone())];
    metrics.count(at(20), &event(ServiceEvent::Sampled(failed(20))), &begun);
    metrics.count(at(900), &due, &[notice(News::RollbackStarted, evidence)]);
    let done = News::RollbackSucceeded { took: Duration::from_millis(4200) };
    metrics.count(at(25), &due, &[file(ReleaseState::RolledBack), notice(done, Vec::new())]);
    metrics.count(at(26), &due, &[file(ReleaseState::RollbackFailed)]);
    let Action::Persist(Persist::File { release, state, reason, .. }) = file(ReleaseState::RolledBack) else {
        unreachable!()
    };
    metrics.count(at(26), &due, &[Action::Persist(Persist::File { release, state, reason, asked: true })]);
    for told in [Told::Sent, Told::Sent, Told::Refused, Told::GivenUp] {
        metrics.told("oncall", told);
    }
    let text = metrics.draw(&View::default(), &[("oncall".to_owned(), 7)].into(), None);
    has(
        &text,
        &[
            "golive_rollbacks_total{service=\"shop\",outcome=\"rolled-back\",by=\"golive\"} 1",
            "golive_rollbacks_total{service=\"shop\",outcome=\"rollback-failed\",by=\"golive\"} 1",
            "golive_rollbacks_total{service=\"shop\",outcome=\"rolled-back\",by=\"person\"} 1",
            "golive_rollback_duration_seconds_sum{service=\"shop\"} 4.2",
            "golive_rollback_duration_seconds_bucket{le=\"2.0\",service=\"shop\"} 0",
            "golive_rollback_duration_seconds_bucket{le=\"5.0\",service=\"shop\"} 1",
            // From the first of the three failures, and a reminder is no second decision.
            "golive_detection_seconds_sum{service=\"shop\"} 10.0",
            "golive_detection_seconds_count{service=\"shop\"} 1",
            "golive_probe_duration_seconds_count{service=\"shop\",check=\"web\"} 2",
            "golive_notifications_total{channel=\"oncall\",outcome=\"sent\"} 2",
            "golive_notifications_total{channel=\"oncall\",outcome=\"refused\"} 1",
            "golive_notifications_total{channel=\"oncall\",outcome=\"given-up\"} 1",
            "golive_outbox_pending{channel=\"oncall\"} 7.0",
            "golive_last_decision_timestamp_seconds 1800000026.0",
            "golive_up 1.0",
            "# TYPE golive_detection_seconds histogram",
        ],
    );
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn the_view_is_drawn_as_it_stands() {
    let incident = |tier, state| Incident {
        state,
        ..Incident::new("shop-1".to_owned(), Some("shop".to_owned()), tier, News::DecisionRequired, at(0))
    };
    let taken = IncidentState::Acknowledged { by: "Ada".to_owned() };
    let verdict = |call, value, limit| {
        let (bound, unit, why) = (Bound::Above, Unit::Seconds, Phrase::words(""));
        Verdict { call, value, limit, bound, unit, samples: 1, why }
    };
    let rule = |name: &str, verdict| TriggerView::new(name.to_owned(), verdict);
    let view = View {
        services: vec![Arc::new(shop())],
        rules: vec![
            rule("backup", verdict(Call::Fail, Some(97_200.0), Some(93_600.0))),
            rule("lag", verdict(Call::Blind, Some(3.0), Some(900.0))),
            rule("site", verdict(Call::Pass, None, None)),
        ],
        incidents: vec![incident(Tier::Urgent, IncidentState::Open), incident(Tier::Important, taken)],
        store_error: Some("disk full".to_owned()),
        ..View::default()
    };
    let text = Metrics::default().draw(&view, &BTreeMap::new(), None);
    has(
        &text,
        &[
            "golive_release_phase{service=\"shop\",phase=\"rolling-back\"} 1.0",
            "golive_release_phase{service=\"shop\",phase=\"idle\"} 0.0",
            "golive_rollback_ready{service=\"shop\"} 1.0",
            "golive_drift{service=\"shop\"} 0.0",
            "golive_leader{service=\"shop\"} 1.0",
            "golive_trigger_value{service=\"shop\",trigger=\"health\"} 3.0",
            "golive_trigger_limit{service=\"shop\",trigger=\"latency-p95\"} 3.0",
            "golive_trigger_verdict{service=\"shop\",trigger=\"health\",verdict=\"fail\"} 1.0",
            "golive_trigger_verdict{service=\"shop\",trigger=\"latency-p95\",verdict=\"blind\"} 1.0",
            "golive_trigger_verdict{service=\"shop\",trigger=\"latency-p95\",verdict=\"pass\"} 0.0",
            "golive_rule_value{rule=\"backup\"} 97200.0",
            "golive_rule_limit{rule=\"backup\"} 93600.0",
            "golive_rule_limit{rule=\"lag\"} 900.0",
            "golive_rule_verdict{rule=\"backup\",verdict=\"fail\"} 1.0",
            "golive_rule_verdict{rule=\"backup\",verdict=\"pass\"} 0.0",
            "golive_rule_verdict{rule=\"site\",verdict=\"pass\"} 1.0",
            "golive_incidents_open{tier=\"urgent\"} 1.0",
            "golive_incidents_open{tier=\"important\"} 0.0",
            "golive_dependency_up{dependency=\"store\"} 0.0",
            "golive_dependency_up{dependency=\"docker\"} 1.0",
        ],
    );
    assert!(
        !text.contains("golive_trigger_value{service=\"shop\",trigger=\"latency-p95\"}"),
        "blind is no value"
    );
    let unlooked =
        View { services: vec![Arc::new(ServiceView { problems: None, ..shop() })], ..View::default() };
    assert!(!Metrics::default().draw(&unlooked, &BTreeMap::new(), None).contains("golive_rollback_ready{"));
}

#[test]
fn a_name_cannot_break_out_of_its_label() {
    let name = "a\"} 1\ngolive_up 0\\".to_owned();
    let view = View { services: vec![Arc::new(ServiceView { name, ..shop() })], ..View::default() };
    let text = Metrics::default().draw(&view, &BTreeMap::new(), None);
    has(&text, &["golive_drift{service=\"a\\\"} 1\\ngolive_up 0\\\\\"} 0.0", "golive_up 1.0"]);
}

#[test]
fn the_record_is_counted_and_its_head_told() {
    let head = Witness { seq: 17, hash: "8c1e6f0a2b3c4d5e".repeat(4) };
    let text = Metrics::default().draw(&View::default(), &BTreeMap::new(), Some(&head));
    assert!(text.contains("golive_record_chain{head=\"8c1e6f0a2b3c4d5e\"} 17.0\n"), "{text}");
    assert!(
        !Metrics::default().draw(&View::default(), &BTreeMap::new(), None).contains("golive_record_chain{")
    );
}

#[test]
fn how_well_releases_went_is_there_as_far_as_it_is_known() {
    let metrics = Metrics::default();
    let draw = || metrics.draw(&View::default(), &BTreeMap::new(), None);
    assert!(!draw().contains("golive_dora_"));
    let known = Dora {
        live: 9,
        interval: Some(86_400.0),
        lead_time: Some(600.0),
        failed: Some(0.25),
        failed_automatic: Some(0.0),
        recovery: Some(31.5),
        recovery_worst: Some(60.0),
        rework: Some(0.5),
    };
    let new = Dora { live: 1, ..Dora::default() };
    metrics.deliver([("shop".to_owned(), known), ("new\"".to_owned(), new)].into_iter());
    let text = draw();
    has(
        &text,
        &[
            "golive_dora_releases{service=\"shop\"} 9.0",
            "golive_dora_releases{service=\"new\\\"\"} 1.0",
            "golive_dora_interval_seconds{service=\"shop\"} 86400.0",
            "golive_dora_lead_time_seconds{service=\"shop\"} 600.0",
            "golive_dora_change_failure_ratio{service=\"shop\",decided=\"any\"} 0.25",
            "golive_dora_change_failure_ratio{service=\"shop\",decided=\"automatic\"} 0.0",
            "golive_dora_recovery_seconds{service=\"shop\"} 31.5",
            "golive_dora_recovery_worst_seconds{service=\"shop\"} 60.0",
            "golive_dora_rework_ratio{service=\"shop\"} 0.5",
        ],
    );
    assert_eq!(text.matches("{service=\"new").count(), 1, "what is not known is not there: {text}");
    // What is gone, is gone.
    metrics.deliver(std::iter::empty());
    assert!(!draw().contains("golive_dora_"));
}
