//! A plain one of each thing that many tests need, so that a test says only what matters to it.

use std::time::Duration;

use jiff::Timestamp;

use super::acceptance::{Group, Item, Verdict};
use super::checklist::Wanted;
use super::notice::{News, Notice, Place, Tier};
use super::policy::{Autonomy, Otherwise, Quarantine, ServicePolicy, Triggers, Windows};
use super::reading::Source;
use super::reason::{Breach, Rule, Unit};
use super::running::{Identity, Running};

/// The moment at which everything in tests begins.
pub(crate) fn start() -> Timestamp {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

/// A container of that version, which nothing is wrong with.
pub(crate) fn running(version: &str) -> Running {
    Running {
        instance: format!("container-{version}"),
        identity: Identity { image: format!("sha256:{version}"), spec: "spec".to_owned() },
        version: version.to_owned(),
        alive: true,
        started: None,
        restarts: 0,
        irreversible: None,
        given_up: None,
        rolling_out: false,
        stuck: None,
        halted: None,
        about: None,
        members: Vec::new(),
        settling: false,
        absent: Vec::new(),
        left: Vec::new(),
    }
}

/// The first notice of an incident of a service called web.
pub(crate) fn notice(news: News, tier: Tier) -> Notice {
    Notice {
        id: "web-1.1".to_owned(),
        incident: "web-1".to_owned(),
        tier,
        news,
        service: Some("web".to_owned()),
        at: start(),
        release: None,
        from: None,
        to: None,
        reason: None,
        blame: None,
        evidence: Vec::new(),
        acknowledgeable: false,
        place: Place::default(),
    }
}

/// A limit of five percent that is passed.
pub(crate) fn breach() -> Breach {
    Breach {
        trigger: "error-rate".to_owned(),
        rule: Rule::Limit,
        value: 0.1,
        limit: 0.05,
        unit: Unit::Ratio,
        samples: 100,
        bad: 10,
        over: Duration::from_mins(1),
        source: Source::Exposition,
        before: None,
        tolerated: None,
        log_odds: None,
        of: None,
        unusual: None,
    }
}

/// An acceptance item that has shown this.
pub(crate) fn item(name: &str, verdict: Verdict, message: &str) -> Item {
    Item {
        name: name.to_owned(),
        kind: "url".to_owned(),
        group: Group::Function,
        verdict,
        figure: None,
        spread: None,
        load: None,
        message: message.to_owned(),
        phrase: None,
        took: Duration::from_millis(1500),
    }
}

/// What golive does without a word in its configuration, for a service without checks and steps; with no trigger but health.
pub(crate) fn service_policy() -> ServicePolicy {
    ServicePolicy {
        autonomy: Autonomy::Auto,
        window: Duration::from_mins(10),
        grace: Duration::from_secs(20),
        deploy_within: Duration::from_mins(10),
        interval: Duration::from_secs(5),
        blind_after: Duration::from_mins(1),
        on_blind: Otherwise::Hold,
        acceptance: None,
        drill: None,
        checks: Vec::new(),
        failures: 3,
        health_autonomy: Autonomy::Auto,
        requests: Vec::new(),
        dependencies: Vec::new(),
        needs: Vec::new(),
        triggers: Triggers::none(),
        ask_within: None,
        ask_otherwise: Otherwise::Hold,
        verify: Duration::from_secs(30),
        keep: 3,
        per_day: 3,
        veto: Duration::ZERO,
        quarantine: Quarantine::Watch,
        maintenance: Windows::default(),
        freeze: Windows::default(),
        checklist: Wanted::default(),
        shared: false,
        steps: Vec::new(),
        finish: Vec::new(),
        step_within: Duration::from_mins(5),
    }
}
