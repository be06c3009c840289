//! `GET /v1/status`

use serde_json::{Value, json};

use super::*;
use crate::control::client::ClientError;
use crate::model::facts::{Diverged, Hold};
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::{News, Tier};
use crate::model::reason::Reason;

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
    serde_json::to_value(control.client().status(None).await.unwrap()).unwrap()
}

#[tokio::test]
async fn the_document_is_the_contracts() {
    let control = Control::start(View { incidents: vec![incident()], ..view(shop("watching")) }, done());
    let expected = json!({
        "daemon": {
            "version": "1.2.3", "since": "2027-01-15T08:00:00Z", "config": "/etc/golive/rules.toml",
            "docker_error": null, "store_error": null, "config_error": null,
        },
        "services": [{
            "name": "shop", "autonomy": "auto", "phase": "watching", "why": null, "hold": null,
            "release": {
                "id": "shop-2", "version": "2", "image": "sha256:2",
                "started_at": "2027-01-15T08:00:02Z", "ends_at": "2027-01-15T08:10:00Z",
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
                "unit": "failures", "samples": 4, "why": "web failed once",
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
