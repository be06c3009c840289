use serde_json::json;

use super::*;

fn task(id: &str, wanted: &str, state: &str, error: &str) -> Task {
    let json = json!({
        "ID": id,
        "ServiceID": "shop",
        "DesiredState": wanted,
        "Status": { "State": state, "Err": error },
    });
    Task { json }
}

fn failed(text: &str) -> Outcome {
    Outcome::Failed(text.to_owned())
}

#[test]
fn a_set_runs_when_every_service_does() {
    let runs = task("a", "running", "running", "");
    let starts = task("b", "running", "preparing", "");
    assert_eq!(told(&[runs.clone(), starts.clone()], None), Outcome::Ok);
    assert_eq!(
        told(std::slice::from_ref(&starts), None),
        Outcome::Blind("its tasks are still starting".to_owned())
    );
    let mut other = starts;
    other.json["ServiceID"] = json!("other");
    assert_eq!(told(&[runs, other], None), Outcome::Blind("its tasks are still starting".to_owned()));
    assert_eq!(told(&[], None), failed("no task is there, nor is one wanted"));
}

#[test]
fn a_task_that_cannot_be_placed_is_a_failure() {
    let runs = task("a", "running", "running", "");
    let waits = task("b", "running", "pending", "no suitable node (insufficient resources on 1 node)");
    assert_eq!(
        told(&[runs, waits], None),
        failed("1 of 2 tasks run: no suitable node (insufficient resources on 1 node)")
    );
}

#[test]
fn a_task_that_failed_is_told_once() {
    let all = [
        task("a", "running", "running", ""),
        task("b", "shutdown", "failed", "task: non-zero exit (1)"),
        task("c", "shutdown", "rejected", "No such image: app:2"),
        task("d", "shutdown", "shutdown", ""),
    ];
    assert_eq!(told(&all, None), Outcome::Ok, "what was before the first look is the past");
    let before = BTreeSet::from(["b".to_owned()]);
    assert_eq!(told(&all, Some(&before)), failed("a task failed since the last look: No such image: app:2"));
    let both = told(&all, Some(&BTreeSet::new()));
    assert_eq!(both, failed("2 tasks failed since the last look: No such image: app:2"));
    let before = BTreeSet::from(["b".to_owned(), "c".to_owned()]);
    assert_eq!(told(&all, Some(&before)), Outcome::Ok);
}
