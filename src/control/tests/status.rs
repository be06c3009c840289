//! `GET /v1/status`

use serde_json::{Value, json};

use super::*;
use crate::control::client::ClientError;
use crate::control::wire::{RollbackInfo, Status, StepInfo};
use crate::decide::view::RollbackView;
use crate::model::facts::{Diverged, Hold};
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::{News, Tier};
use crate::model::reason::Reason;
use crate::model::step::{PastStep, Step};

fn incident() -> Incident {
    Incident {
        release: Some("shop-2".to_owned()),
        reason: Some(Reason::Said("the disk is full".to_owned())),
        from: Some("2".to_owned()),
        to: Some("1".to_owned()),
        state: IncidentState::Acknowledged { by: "Ada".to_owned() },
        notices: 1,
        ..Incident::new(
            "shop-i1".to_owned(),
            Some("shop".to_owned()),
            Tier::Urgent,
            News::RollbackFailed,
            at(30),
        )
    }
}

async fn json_of(control: &Control) -> Value {
    let status = control.client().status(None).await.unwrap();
    assert_eq!(status.revision.len(), 16, "{}", status.revision);
    serde_json::to_value(Status { revision: "R".to_owned(), ..status }).unwrap()
}

#[tokio::test]
async fn the_document_is_the_contracts() {
    let control = Control::start(View { incidents: vec![incident()], ..view(shop("watching")) }, done());
    let expected = json!({
        "revision": "R",
        "daemon": {
            "version": "1.2.3", "since": "2027-01-15T08:00:00Z", "config": "/etc/golive/rules.toml",
            "docker_error": null, "store_error": null, "config_error": null,
        },
        "services": [{
            "name": "shop", "autonomy": "auto", "phase": "watching", "why": null, "hold": null,
            "release": {
                "id": "shop-2", "version": "2", "image": "sha256:2",
                "started_at": "2027-01-15T08:00:02Z", "phase_since": "2027-01-15T08:00:02Z",
                "ends_at": "2027-01-15T08:10:00Z",
            },
            "deployment": null, "grace_until": null, "acceptance_since": null, "announced": null,
            "accepted": {"id": "shop-1", "version": "1", "image": "sha256:1", "started_at": "2027-01-15T08:00:02Z"},
            "running": {
                "container_ids": ["container-2"], "version": "2", "image": "sha256:2", "running": true,
                "started_at": "2027-01-15T08:00:01Z", "restarts": 0, "description": null, "down": [],
            },
            "drift": null, "scheduled_rollback": null, "maintenance": null, "freeze": null, "quarantine": [],
            "drills": null, "warnings": [],
            "readiness": {"ready": true, "problems": []},
            "triggers": [{
                "name": "health", "verdict": "wait", "value": 1.0, "limit": 3.0, "bound": "at-least",
                "unit": "failures", "recent": [], "samples": 4, "why": "web failed once",
            }],
            "checks": [{
                "name": "web", "at": "2027-01-15T08:00:05Z", "duration_seconds": 0.25, "outcome": "failed", "message": "status 500",
            }],
            "decided": null,
        }],
        "rules": [],
        "incidents": [{
            "id": "shop-i1", "service": "shop", "tier": "urgent", "state": "acknowledged",
            "event": "rollback-failed", "title": "ROLLBACK FAILED 2 -> 1: the disk is full", "release": "shop-2",
            "acknowledged_by": "Ada", "started_at": "2027-01-15T08:00:30Z",
        }],
    });
    assert_eq!(json_of(&control).await, expected);
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let why = Reason::Said("the successor does not start".to_owned());
    let service = ServiceView {
        why: Some(why.clone()),
        hold: Some(Hold::new("Ada".to_owned(), Some("migration".to_owned()), at(0), Some(PATIENCE))),
        diverged: Some(Diverged { since: at(9), why, released: Some("2".to_owned()), release: None }),
        problems: Some(vec!["the image is gone".to_owned()]),
        ..shop("needs-person")
    };
    let lost = Some("no such file".to_owned());
    let control = Control::start(View { docker_error: lost, ..view(service) }, done());
    let status = json_of(&control).await;
    assert_eq!(status["daemon"]["docker_error"], "no such file");
    let shop = &status["services"][0];
    assert_eq!(shop["why"], "the successor does not start");
    assert_eq!(shop["readiness"], json!({"ready": false, "problems": ["the image is gone"]}));
    assert_eq!(shop["drift"]["why"], "the successor does not start");
    let hold = json!({
        "by": "Ada", "reason": "migration", "since": "2027-01-15T08:00:00Z", "until": "2027-01-15T08:00:20Z",
    });
    assert_eq!(shop["hold"], hold);
}

#[tokio::test]
async fn one_service_alone_can_be_asked_for() {
    let mut both = view(shop("idle"));
    both.services.push(Arc::new(ServiceView { name: "blog".to_owned(), ..shop("idle") }));
    let control = Control::start(View { incidents: vec![incident()], ..both }, done());
    let status = control.client().status(Some("blog")).await.unwrap();
    assert_eq!((status.services.len(), status.incidents.len()), (1, 0));

    let unknown = control.client().status(Some("blo")).await.unwrap_err();
    assert!(matches!(&unknown, ClientError::Unknown(why) if why.contains("shop, blog")), "{unknown:?}");
}

/// Whoever has seen something hears of the next change, and of none that is not about what was asked for.
#[tokio::test]
async fn it_is_waited_for_until_something_has_changed() {
    let both = |shop: ServiceView, blog: ServiceView| {
        let blog = ServiceView { name: "blog".to_owned(), ..blog };
        View { services: vec![Arc::new(shop), Arc::new(blog)], ..View::default() }
    };
    let control = Control::start(both(shop("idle"), shop("idle")), done());
    let client = control.client();
    let seen = client.status(Some("shop")).await.unwrap().revision;
    let (clock, began) = (Clock::start(), Clock::start().now());
    let same = client.status_after(Some("shop"), &seen, 1).await.unwrap();
    assert!(same.revision == seen && seconds(clock, began) >= 1.0, "it was waited for in vain");

    let waiting = client.status_after(Some("shop"), &seen, 20);
    let changing = async {
        control.show(both(shop("idle"), shop("held")));
        tokio::time::sleep(Duration::from_millis(300)).await;
        control.show(both(shop("watching"), shop("held")));
        Clock::start().now()
    };
    let (news, changed) = tokio::join!(waiting, changing);
    let news = news.unwrap();
    assert_eq!(news.services[0].phase, "watching", "the blog's news are none of the shop's");
    assert_ne!(news.revision, seen);
    assert!(seconds(clock, changed) < 5.0, "it is told at once");

    let unknown = client.status_after(Some("shpo"), &seen, 20).await.unwrap_err();
    assert!(
        matches!(&unknown, ClientError::Unknown(why) if why.contains("did you mean shop?")),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn a_rollback_is_told_step_by_step() {
    let past = PastStep { step: Step::Prepare, took: Duration::from_millis(1500), failed: false };
    let step = Some((Step::Create, at(7)));
    let rollback = RollbackView { to: "1".to_owned(), undoing: false, past: vec![past], step };
    let service = ServiceView { rollback: Some(rollback), ..shop("rolling-back") };
    let control = Control::start(view(service), done());
    let status = control.client().status(None).await.unwrap();
    let step = |name: &str, since, duration_seconds| StepInfo {
        name: name.to_owned(),
        since,
        duration_seconds,
        failed: false,
    };
    let steps = vec![step("prepare", None, Some(1.5)), step("create", Some(at(7)), None)];
    let expected = RollbackInfo { to: "1".to_owned(), undoing: false, steps };
    assert_eq!(status.services[0].rollback, Some(expected));
}
