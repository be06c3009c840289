//! Everything that is asked becomes one event, and its answer comes back.

use serde_json::{Value, json};

use super::*;
use crate::control::client::ClientError;
use crate::control::wire::{AckBody, HoldBody, ReleaseBody, RollbackBody};
use crate::model::checklist::Person;
use crate::model::plan::Plan;
use crate::model::refusal::Refusal;
use crate::model::release::Announcement;
use crate::model::step::Step;

/// Who the tests run as, as the daemon sees them.
fn me() -> String {
    let own = rustix::process::geteuid().as_raw().to_string();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let row = passwd.lines().find(|row| row.split(':').nth(2) == Some(&own));
    row.and_then(|row| row.split(':').next()).map_or(format!("uid {own}"), str::to_owned)
}

/// What the core was asked, and by whom.
fn asked(control: &Control) -> (String, Ask) {
    let mut heard = control.heard();
    assert_eq!(heard.len(), 1, "{heard:?}");
    match heard.remove(0) {
        Request::Event {
            event: Event::Service { service, what: ServiceEvent::Asked { by, ask } }, ..
        } => {
            assert_eq!(service, "shop");
            (by, ask)
        }
        other @ (Request::Event { .. }
        | Request::Tried { .. }
        | Request::RetryLetter { .. }
        | Request::Remark { .. }) => {
            panic!("{other:?}")
        }
    }
}

#[tokio::test]
async fn a_release_is_announced_with_all_that_is_said_of_it() {
    let control = Control::start(view(shop("idle")), done());
    let body = ReleaseBody {
        version: "2".to_owned(),
        by: Some("Ada".to_owned()),
        with: vec!["Bob".to_owned()],
        features: vec!["carts".to_owned()],
        irreversible: Some("migration".to_owned()),
        ..ReleaseBody::default()
    };
    let answer = control.client().ask("shop", "release", &body).await.unwrap();
    assert_eq!(answer.release.as_deref(), Some("shop-2"));
    let expected = Announcement {
        version: "2".to_owned(),
        by: Some("Ada".to_owned()),
        with: vec!["Bob".to_owned()],
        features: vec!["carts".to_owned()],
        irreversible: Some("migration".to_owned()),
        said_by: Some(Person { name: "Ada".to_owned(), uid: Some(rustix::process::geteuid().as_raw()) }),
        ..Announcement::default()
    };
    assert_eq!(asked(&control), ("Ada".to_owned(), Ask::Release(expected)));
}

#[tokio::test]
async fn each_verb_asks_for_its_own_by_the_name_of_the_caller() {
    let control = Control::start(view(shop("watching")), done());
    let client = control.client();
    let (to, reason) = (Some("1".to_owned()), Some("slow".to_owned()));
    let back = serde_json::to_value(RollbackBody { to: to.clone(), reason: reason.clone(), known_bad: true })
        .unwrap();
    let hold = serde_json::to_value(HoldBody { seconds: Some(90.0), reason: reason.clone() }).unwrap();
    let verbs: [(&str, Value, Ask); 6] = [
        ("accept", json!({}), Ask::Accept { reason: None, force: false }),
        ("abort", json!({}), Ask::Abort),
        ("resume", json!({}), Ask::Resume),
        ("rollback", back.clone(), Ask::Rollback { to: to.clone(), reason: reason.clone(), known_bad: true }),
        ("plan", back, Ask::Plan { to }),
        ("hold", hold, Ask::Hold { lasts: Some(Duration::from_secs(90)), reason }),
    ];
    for (verb, body, ask) in verbs {
        client.ask("shop", verb, &body).await.unwrap();
        assert_eq!(asked(&control), (me(), ask));
    }
}

#[tokio::test]
async fn an_incident_is_acknowledged_and_a_delivery_sent_again() {
    let control = Control::start(View::default(), Answer::Done { release: None });
    control.client().acknowledge("shop-i1", &AckBody { by: None }).await.unwrap();
    control.client().retry(7).await.unwrap();
    let heard = control.heard();
    assert!(
        matches!(
            heard.as_slice(),
            [
                Request::Event { event: Event::Acknowledged { incident, by }, .. },
                Request::RetryLetter { id: 7, .. },
            ] if incident == "shop-i1" && *by == me()
        ),
        "{heard:?}"
    );
}

#[tokio::test]
async fn a_plan_comes_back_whole() {
    let plan = Plan {
        rollback: "r1".to_owned(),
        from: "shop-2".to_owned(),
        from_version: "2".to_owned(),
        bad: None,
        to: "shop-1".to_owned(),
        to_version: "1".to_owned(),
        reason: "slow".to_owned(),
        drill: None,
    };
    let problems = vec!["the image is gone".to_owned()];
    let answer = Answer::Plan {
        plan,
        steps: vec![Step::Prepare, Step::RenameOld],
        problems: problems.clone(),
        removes: vec!["cron".to_owned()],
        leaves: Vec::new(),
    };
    let control = Control::start(view(shop("watching")), answer);
    let plan = control.client().ask("shop", "plan", &json!({})).await.unwrap().plan.unwrap();
    assert_eq!((plan.from.as_str(), plan.to.as_str(), plan.problems), ("2", "1", problems));
    assert_eq!(plan.steps, ["prepare", "rename-old"]);
    assert_eq!(plan.not_put_back.len(), 1);
    assert!(plan.not_put_back[0].contains("has no cron"), "{:?}", plan.not_put_back);
}

#[tokio::test]
async fn a_refusal_says_why() {
    let control = Control::start(view(shop("idle")), Answer::Refused { why: Refusal::NothingToAccept });
    let refused = control.client().ask("shop", "accept", &json!({})).await.unwrap_err();
    let why = "no release is being watched, so there is nothing to accept";
    assert!(matches!(refused, ClientError::Refused(said) if said == why));
}

#[tokio::test]
async fn what_makes_no_sense_never_reaches_the_core() {
    let control = Control::start(view(shop("idle")), done());
    let nonsense = [
        ("nowhere", "accept", json!({})),
        ("shop", "destroy", json!({})),
        ("shop", "release", json!({})),
        ("shop", "release", json!({"version": " "})),
        ("shop", "release", json!({"version": "2", "colour": "red"})),
        ("shop", "hold", json!({"seconds": -1})),
        ("shop", "hold", json!({"for": "1h"})),
        ("shop", "rollback", json!("1")),
        ("shop", "rollback", json!({"reason": "x".repeat(70_000)})),
    ];
    for (service, verb, body) in nonsense {
        let error = control.client().ask(service, verb, &body).await.unwrap_err();
        assert!(matches!(&error, ClientError::Unknown(why) if !why.is_empty()), "{verb} {error:?}");
    }
    assert!(control.heard().is_empty());
}

#[tokio::test]
async fn a_daemon_that_is_ending_says_so() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("golive.sock");
    let (_views, shown) = watch::channel(Arc::new(view(shop("idle"))));
    let (requests, gone) = mpsc::channel(1);
    drop(gone);
    let about = About { version: String::new(), since: at(0), config: PathBuf::new() };
    let stop = CancellationToken::new();
    tokio::spawn(serve(bind(&path).unwrap(), shown, requests, about, stop.clone()));
    let client = client(&path);
    let error = client.ask("shop", "accept", &json!({})).await.unwrap_err();
    assert!(matches!(&error, ClientError::Busy(why) if why.contains("ending")), "{error:?}");
    stop.cancel();
}
