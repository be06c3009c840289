use serde_json::{Value, json};

use super::*;

fn of(services: &[&str]) -> Compose {
    let services = services.iter().map(|name| (*name).to_owned()).collect();
    Compose { project: "shop".to_owned(), services, retag: true }
}

fn container(service: &str, restarts: i64, state: &Value) -> Inspect {
    Inspect::of(json!({
        "Id": service,
        "Name": format!("/shop_{service}_1"),
        "RestartCount": restarts,
        "State": state,
        "Config": { "Labels": { SERVICE: service } },
        "HostConfig": { "RestartPolicy": { "Name": "" } },
    }))
}

fn says(of: &Compose, found: &[Inspect]) -> Outcome {
    together(of, found, &BTreeMap::new())
}

#[test]
fn one_that_is_not_well_fails_all() {
    let up = json!({ "Status": "running", "Running": true });
    let crashed = json!({ "Status": "exited", "ExitCode": 3 });
    let (api, worker) = (container("api", 0, &up), container("worker", 0, &crashed));
    assert_eq!(says(&of(&[]), std::slice::from_ref(&api)), Outcome::Ok);
    assert_eq!(says(&of(&[]), &[api.clone(), worker]), Outcome::Failed("shop_worker_1: exited 3".to_owned()));
    let missing = "there is no container of worker in project shop".to_owned();
    assert_eq!(says(&of(&["api", "worker"]), &[api]), Outcome::Failed(missing));
    assert_eq!(says(&of(&[]), &[]), Outcome::Failed("there is no container of project shop".to_owned()));
}

#[test]
fn one_that_has_done_its_work_is_well() {
    let up = json!({ "Status": "running", "Running": true });
    let done = json!({ "Status": "exited", "ExitCode": 0 });
    assert_eq!(says(&of(&[]), &[container("api", 0, &up), container("migrate", 0, &done)]), Outcome::Ok);
}

#[test]
fn one_that_is_still_starting_makes_blind_unless_another_fails() {
    let starting = json!({ "Status": "running", "Running": true, "Health": { "Status": "starting" } });
    let (api, down) = (container("api", 0, &starting), json!({ "Status": "exited", "ExitCode": 1 }));
    let blind = Outcome::Blind("shop_api_1: HEALTHCHECK is still starting".to_owned());
    assert_eq!(says(&of(&[]), std::slice::from_ref(&api)), blind);
    let failed = Outcome::Failed("shop_worker_1: exited 1".to_owned());
    assert_eq!(says(&of(&[]), &[api, container("worker", 0, &down)]), failed);
}

#[test]
fn each_is_compared_with_itself() {
    let up = json!({ "Status": "running", "Running": true });
    let past = [container("api", 2, &up), container("worker", 5, &up)];
    let past = past.iter().map(|one| (one.name().to_owned(), Past::of(one))).collect();
    let now = [container("api", 2, &up), container("worker", 6, &up)];
    let failed = Outcome::Failed("shop_worker_1: restarted once since the last look".to_owned());
    assert_eq!(together(&of(&[]), &now, &past), failed);
}
