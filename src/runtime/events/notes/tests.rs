use super::*;

/// Seconds until something is due after those notes, one of them each second.
fn due_after(notes: &[When]) -> i64 {
    let began: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut due = None;
    for (at, when) in notes.iter().enumerate() {
        due = Some(Due::noted(due, when.clone(), began + Duration::from_secs(at as u64)));
    }
    due.unwrap().when().duration_since(began).as_secs()
}

fn stopping(id: &str) -> When {
    When::Stopping(id.to_owned())
}

fn stopped(id: &str) -> When {
    When::Stopped(id.to_owned())
}

#[test]
fn what_settles_is_looked_at_once_it_has() {
    use When::{AtOnce, Settled, Soon};
    assert_eq!(due_after(&[Soon]), 0);
    assert_eq!(due_after(&[Settled]), 3);
    assert_eq!(due_after(&[Settled, Soon, Settled]), 5, "from the last one on");
    assert_eq!(due_after(&[Settled, AtOnce]), 1);
}

#[test]
fn what_stops_slowly_is_waited_for() {
    assert_eq!(due_after(&[stopped("a")]), 0, "it ended by itself");
    assert_eq!(due_after(&[stopping("a"), stopped("a")]), 4);
    assert_eq!(due_after(&[stopping("a"), stopping("b"), stopped("a"), When::Settled]), 14);
    assert_eq!(due_after(&[stopping("a"), When::AtOnce]), 1);
}

#[tokio::test]
async fn what_is_due_is_given_once() {
    let all = Notes::default();
    let set = |service: &str| BTreeSet::from([service.to_owned()]);
    all.take("shop", When::Settled);
    all.take("web", When::Soon);
    assert_eq!(all.ready().await, Ready::Settling(set("shop")), "that it is being replaced is told first");
    assert_eq!(all.ready().await, Ready::Look(set("web")));
    assert!(all.settling("shop") && !all.settling("web"));
    all.take("shop", When::Settled);
    assert!(tokio::time::timeout(Duration::from_millis(20), all.ready()).await.is_err(), "told once");
    all.take("shop", When::AtOnce);
    assert_eq!(all.ready().await, Ready::Look(set("shop")));
}
