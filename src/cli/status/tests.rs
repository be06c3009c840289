use serde_json::{Value, json};

use super::*;

fn status(service: &Value, incidents: &Value) -> Status {
    let daemon = json!({
        "version": "1.2.3", "since": "2027-01-15T08:00:00Z", "config": "/etc/golive/rules.toml",
        "docker_error": null, "store_error": null, "config_error": null,
    });
    serde_json::from_value(json!({"daemon": daemon, "services": [service], "incidents": incidents})).unwrap()
}

fn shop() -> Value {
    json!({
        "name": "shop", "autonomy": "auto", "phase": "watching", "why": null, "hold": null,
        "release": {
            "id": "shop-20270115", "version": "2", "image": "sha256:2",
            "started_at": "2027-01-15T08:00:02Z", "ends_at": "2027-01-15T08:10:00Z",
        },
        "announced": null,
        "accepted": {"id": "shop-1", "version": "1", "image": "sha256:1", "started_at": "2027-01-15T08:00:02Z"},
        "running": {
            "container_ids": ["c2"], "version": "2", "image": "sha256:2", "running": true, "started_at": null, "restarts": 0,
        },
        "drift": null,
        "readiness": {"ready": true, "problems": []},
        "triggers": [{
            "name": "health", "verdict": "wait", "value": 1.0, "limit": 3.0, "bound": "at-least", "unit": "failures",
            "samples": 4,
            "why": "web failed once",
        }],
        "checks": [],
        "decided": null,
    })
}

fn with(mut service: Value, changes: &Value) -> Value {
    let changes = changes.as_object().unwrap().clone();
    service.as_object_mut().unwrap().extend(changes);
    service
}

fn draw(status: &Status, color: bool) -> String {
    let now = "2027-01-15T08:01:00Z".parse().unwrap();
    Page { text: String::new(), now, color, texts: Texts::new(crate::config::Language::English, None) }
        .draw(status)
}

#[test]
fn a_watch_is_shown_with_its_time_and_values() {
    let status = status(&shop(), &json!([]));
    assert!(well(&status));
    insta::assert_snapshot!(draw(&status, false), @r"
    shop  watching  2 (shop-20270115), 9m left
      runs       2
      accepted   1
      health     wait, 1, bad when ≥ 3: web failed once
      rollback   ready
    ");
}

#[test]
fn whatever_needs_a_person_is_shown_with_what_to_do() {
    let bad = json!({
        "phase": "needs-person", "why": "the step \"create\" failed: no such image",
        "readiness": {"ready": false, "problems": ["the image is gone"]},
        "drift": {"since": "2027-01-15T08:00:30Z", "why": "Ada asked for it"},
        "hold": {"by": "Ada", "reason": "migration", "since": "2027-01-15T08:00:00Z", "until": "2027-01-15T09:00:00Z"},
        "accepted": null, "running": null, "autonomy": "ask",
    });
    let incident = json!({
        "id": "shop-i1", "service": "shop", "tier": "urgent", "state": "open", "event": "rollback-failed",
        "title": "rollback failed: no such image", "release": null, "acknowledged_by": null,
        "started_at": "2027-01-15T07:00:00Z",
    });
    let taken =
        with(incident.clone(), &json!({"id": "shop-i0", "state": "acknowledged", "acknowledged_by": "Ada"}));
    let mut status = status(&with(shop(), &bad), &json!([incident, taken]));
    status.daemon.docker_error = Some("no such file".to_owned());
    insta::assert_snapshot!(draw(&status, false), @r#"
    Docker does not answer: no such file
    shop  needs-person  2 (shop-20270115), 9m left  [ask]
      why        the step "create" failed: no such image
      runs       nothing seen
      accepted   none yet
      health     wait, 1, bad when ≥ 3: web failed once
      rollback   NOT ready: the image is gone
      drift      for 30s, what runs is not what was released last: Ada asked for it
      on hold    by Ada, 59m left: migration
    urgent shop: rollback failed: no such image, 1h 1m ago; golive ack shop-i1
    urgent shop: rollback failed: no such image, 1h 1m ago; Ada has it
    "#);
}

/// A limit is shown with the side of it that is bad, and what was not measured as nothing.
#[test]
fn numbers_are_shown_as_they_are_meant() {
    let trigger = |name: &str, value: Value, limit: Value, bound: &str, unit: &str| {
        json!({"name": name, "verdict": "pass", "value": value, "limit": limit, "bound": bound, "unit": unit,
               "samples": 4, "why": "WHY"})
    };
    let triggers = json!([
        trigger("orders", json!(140.0), json!(10.0), "below", "plain"),
        trigger("errors", json!(0.012), json!(0.05), "above", "ratio"),
        trigger("p95", json!(null), json!(2.0), "above", "seconds"),
        trigger("health", json!(0.0), json!(3.0), "at-least", "failures"),
        trigger("accuracy", json!(0.95), json!(0.94), "expected", "plain"),
        trigger("new", json!(null), json!(null), "expected", "plain"),
    ]);
    let drawn = draw(&status(&with(shop(), &json!({"triggers": triggers})), &json!([])), false);
    insta::assert_snapshot!(drawn, @r"
    shop  watching  2 (shop-20270115), 9m left
      runs       2
      accepted   1
      orders     pass, 140, bad when < 10: WHY
      errors     pass, 1.2 %, bad when > 5 %: WHY
      p95        pass, –, bad when > 2 s: WHY
      health     pass, 0, bad when ≥ 3: WHY
      accuracy   pass, 0.95, expected ≈ 0.94: WHY
      new        pass, –: WHY
      rollback   ready
    ");
}

/// What has come and gone a few times, and is gone now, needs nobody.
#[test]
fn what_has_calmed_down_needs_nobody() {
    let calm = json!([{
        "id": "golive-1", "service": null, "tier": "urgent", "state": "resolved", "event": "threshold-recovered",
        "title": "threshold recovered: lag", "release": null, "acknowledged_by": null, "started_at": "2027-01-15T07:00:00Z",
        "resolve_at": "2027-01-15T08:08:00Z",
    }]);
    let status = status(&shop(), &calm);
    assert!(well(&status));
    let drawn = draw(&status, false);
    let line =
        "urgent golive: threshold recovered: lag, 1h 1m ago; within its limits; over in 7m if it stays so\n";
    assert!(drawn.ends_with(line), "{drawn}");
}

#[test]
fn anything_that_needs_a_person_is_told_by_the_exit_code() {
    let reasons = [
        json!({"phase": "held"}),
        json!({"phase": "needs-person"}),
        json!({"readiness": {"ready": false, "problems": ["the image is gone"]}}),
        json!({"drift": {"since": "2027-01-15T08:00:30Z", "why": "Ada asked for it"}}),
    ];
    for reason in reasons {
        assert!(!well(&status(&with(shop(), &reason), &json!([]))), "{reason}");
    }
    assert!(well(&status(&with(shop(), &json!({"readiness": {"ready": null, "problems": []}})), &json!([]))));
    let incident = |tier: &str, state: &str| {
        json!([{
            "id": "i", "service": "shop", "tier": tier, "state": state, "event": "decision-required", "title": "decision required",
            "release": null, "acknowledged_by": null, "started_at": "2027-01-15T08:00:30Z",
        }])
    };
    assert!(!well(&status(&shop(), &incident("urgent", "open"))));
    assert!(!well(&status(&shop(), &incident("important", "open"))));
    assert!(well(&status(&shop(), &incident("general", "open"))));
    assert!(well(&status(&shop(), &incident("urgent", "acknowledged"))));
    for trouble in ["docker_error", "store_error", "config_error"] {
        let mut whole = serde_json::to_value(status(&shop(), &json!([]))).unwrap();
        whole["daemon"][trouble] = json!("it is so");
        assert!(!well(&serde_json::from_value(whole).unwrap()), "{trouble}");
    }
}

#[test]
fn colour_is_never_the_only_sign() {
    let status = status(&with(shop(), &json!({"phase": "held"})), &json!([]));
    let colored = draw(&status, true);
    assert!(colored.contains("\x1b[31mheld\x1b[0m"), "{colored}");
    let plain = draw(&status, false);
    assert!(plain.contains("held") && !plain.contains('\x1b'));
}

#[test]
fn of_a_set_that_does_not_run_it_is_said_what_does_not() {
    let running = |about: Value, down: &[&str]| {
        json!({ "running": {
            "container_ids": ["c2"], "version": "2", "image": "sha256:2", "running": false, "started_at": null, "restarts": 0,
            "description": about, "down": down,
        } })
    };
    for (about, down, said) in [
        (json!(null), &["shop"][..], "runs       2, not running\n"),
        (json!("app 2, worker 2"), &["shop-worker-1"], "runs       2, not running: shop-worker-1\n"),
        (json!("app 2, worker 2"), &["shop-worker-1", "mail"], "2, not running: shop-worker-1, mail\n"),
        (json!("app 2, worker 2"), &[], "runs       2, not running\n"),
    ] {
        let drawn = draw(&status(&with(shop(), &running(about, down)), &json!([])), false);
        assert!(drawn.contains(said), "{drawn}");
    }
}

#[test]
fn how_going_back_was_tried_is_shown() {
    let newest = |passed: Value, problems: Value| {
        json!({
            "id": "d1", "level": "steps", "release": "shop-1", "version": "1", "by": null,
            "started_at": "2027-01-15T08:00:30Z", "ended_at": null, "passed": passed, "problems": problems,
            "impossible": false, "swap": null, "page": null,
        })
    };
    let swaps = |ways: &[&str]| {
        let way = |way: &&str| {
            json!({
                "way": way, "started_at": "2027-01-15T08:00:30Z", "without_service_seconds": null, "steps": [],
                "failed": null,
            })
        };
        let ways: Vec<Value> = ways.iter().map(way).collect();
        let swap = json!({ "level": "swap", "swap": { "to": "shop-0", "to_version": "0.9", "ways": ways } });
        json!({"passed_at": null, "due_at": null, "newest": with(newest(Value::Null, Value::Null), &swap)})
    };
    let row = |drills: Value| {
        let drawn = draw(&status(&with(shop(), &json!({ "drills": drills })), &json!([])), false);
        drawn.lines().find_map(|line| line.strip_prefix("  drill      ")).unwrap().to_owned()
    };
    let none = json!(null);
    let passed = json!("2027-01-14T08:01:00Z");
    let due = json!("2027-01-16T08:01:00Z");
    let all = [
        (
            json!({"passed_at": passed, "due_at": due, "newest": newest(true.into(), json!([]))}),
            "last passed 24h ago, due in 24h",
        ),
        (json!({"passed_at": none, "due_at": passed, "newest": none}), "due now"),
        (
            json!({"passed_at": none, "due_at": none, "newest": newest(none.clone(), none.clone())}),
            "steps under way",
        ),
        (
            json!({"passed_at": passed, "due_at": none, "newest": newest(false.into(), json!(["the image is gone"]))}),
            "NOT passed: the image is gone, last passed 24h ago",
        ),
        (
            json!({"passed_at": none, "due_at": none, "newest": newest(false.into(), json!([]))}),
            "NOT passed: nobody answered the call",
        ),
        (swaps(&[]), "swap under way"),
        (swaps(&["back"]), "swap under way, going back to 0.9"),
        (swaps(&["back", "forth"]), "swap under way, going forth to 1 again"),
    ];
    for (drills, shown) in all {
        assert_eq!(row(drills), shown);
    }
}

#[test]
fn a_line_tells_of_a_service_what_matters() {
    let version = json!({"version": "一.二", "container_ids": ["c"], "image": "sha256:1", "running": false, "started_at": null, "restarts": 0});
    let trigger = |name: &str, verdict: &str| {
        json!({
            "name": name, "verdict": verdict, "value": null, "limit": null, "bound": "above", "unit": "ratio", "samples": 0, "why": "",
        })
    };
    let ill = json!({
        "name": "long-name", "phase": "needs-person", "running": version, "readiness": {"ready": false, "problems": ["gone"]},
        "triggers": [trigger("health", "pass"), trigger("error-rate", "fail"), trigger("latency-p95", "fail")],
    });
    let fine = with(shop(), &json!({"triggers": [trigger("health", "pass")]}));
    let mut status = status(&shop(), &json!([]));
    let more = [with(shop(), &ill), fine].map(|one| serde_json::from_value(one).unwrap());
    status.services.extend(more);
    let now = "2027-01-15T08:01:00Z".parse().unwrap();
    let page = |color| Page {
        text: String::new(),
        now,
        color,
        texts: Texts::new(crate::config::Language::English, None),
    };
    assert_eq!(
        page(false).draw_short(&status),
        "shop       watching      2      wait: health\n\
         long-name  needs-person  一.二  down; rollback NOT ready; fail: error-rate, latency-p95\n\
         shop       watching      2      pass\n"
    );
    assert!(page(true).draw_short(&status).ends_with("\u{1b}[32mpass\u{1b}[0m\n"));
}
