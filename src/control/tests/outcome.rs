//! `GET /v1/services/{service}/outcome`

use super::*;
use crate::control::client::ClientError;
use crate::control::wire::Outcome;
use crate::model::reason::Reason;

async fn outcome(control: &Control, release: Option<&str>) -> Outcome {
    control.client().outcome("shop", release, None, 0).await.unwrap()
}

#[tokio::test]
async fn every_state_has_its_word() {
    let control = Control::start(view(shop("watching")), done());
    for phase in ["watching", "rolling-back", "verifying"] {
        control.show(view(shop(phase)));
        let seen = outcome(&control, None).await;
        assert_eq!((seen.state.as_str(), seen.release.as_deref()), ("undecided", Some("shop-2")), "{phase}");
        assert_eq!((seen.version.as_deref(), seen.ends_at), (Some("2"), Some(at(600))));
    }
    for (phase, state) in [("held", "held"), ("needs-person", "rollback-failed")] {
        let why = Some(Reason::Said("a person is needed".to_owned()));
        control.show(view(ServiceView { why, ..shop(phase) }));
        let seen = outcome(&control, None).await;
        assert_eq!((seen.state.as_str(), seen.why.as_deref()), (state, Some("a person is needed")));
    }
    for state in [
        ReleaseState::Accepted,
        ReleaseState::RolledBack,
        ReleaseState::RollbackFailed,
        ReleaseState::Superseded,
        ReleaseState::Aborted,
    ] {
        control.show(view(decided(state)));
        assert_eq!(outcome(&control, None).await.state, state.into_str());
        assert_eq!(outcome(&control, Some("shop-2")).await.state, state.into_str());
    }
}

#[tokio::test]
async fn a_release_is_found_wherever_it_stands() {
    let announced = Some(release("3"));
    let control = Control::start(view(ServiceView { announced, ..shop("watching") }), done());
    assert_eq!(outcome(&control, Some("shop-3")).await.state, "undecided");
    assert_eq!(outcome(&control, Some("shop-1")).await.state, "accepted");
    assert_eq!(outcome(&control, Some("shop-0")).await.state, "superseded");
    let unknown = control.client().outcome("shop", Some("typo"), None, 0).await.unwrap_err();
    assert!(matches!(&unknown, ClientError::Unknown(why) if why.contains("typo")), "{unknown:?}");

    // Nothing at hand, nothing decided since the start: what was accepted once is still good.
    control.show(view(ServiceView { release: None, ..shop("idle") }));
    assert_eq!(outcome(&control, None).await.state, "accepted");
    control.show(view(ServiceView { release: None, accepted: None, ..shop("idle") }));
    assert_eq!(outcome(&control, None).await.state, "undecided");
}

#[tokio::test]
async fn whoever_waits_hears_at_once() {
    let control = Control::start(view(shop("watching")), done());
    let client = control.client();
    let clock = Clock::start();
    let began = clock.now();
    let waiting = client.outcome("shop", Some("shop-2"), Some("watching"), 30);
    let changing = async {
        // A change that decides nothing is no news.
        let mut same = shop("watching");
        same.running = None;
        tokio::time::sleep(Duration::from_millis(50)).await;
        control.show(view(same));
        tokio::time::sleep(Duration::from_millis(50)).await;
        control.show(view(shop("rolling-back")));
    };
    let (seen, ()) = tokio::join!(waiting, changing);
    let seen = seen.unwrap();
    assert_eq!((seen.state.as_str(), seen.phase.as_str()), ("undecided", "rolling-back"));

    let waiting = client.outcome("shop", Some("shop-2"), Some("rolling-back"), 30);
    let deciding = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        control.show(view(decided(ReleaseState::RolledBack)));
    };
    let (seen, ()) = tokio::join!(waiting, deciding);
    assert_eq!(seen.unwrap().state, "rolled-back");
    assert!(seconds(clock, began) < 10.0);
}

#[tokio::test]
async fn nobody_waits_longer_than_they_like() {
    let control = Control::start(view(shop("watching")), done());
    let clock = Clock::start();
    let began = clock.now();
    let seen = control.client().outcome("shop", None, Some("watching"), 1).await.unwrap();
    assert_eq!(seen.state, "undecided");
    let waited = seconds(clock, began);
    assert!((1.0..10.0).contains(&waited), "{waited}");
}

#[tokio::test]
async fn a_service_that_is_no_longer_configured_ends_the_wait() {
    let control = Control::start(view(shop("watching")), done());
    let client = control.client();
    let waiting = client.outcome("shop", None, Some("watching"), 30);
    let removing = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        control.show(View::default());
    };
    let (seen, ()) = tokio::join!(waiting, removing);
    assert!(matches!(seen, Err(ClientError::Unknown(_))));
}
