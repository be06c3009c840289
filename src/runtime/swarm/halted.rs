//! Updates that the Swarm has stopped in the middle because a task ended that the release did not end: its node was
//! drained, or is down.

use serde_json::Value;

use crate::docker::swarm::service::Service;
use crate::docker::swarm::{Kind, Task, text};
use crate::docker::{EngineError, Remembered, SLOW};
use crate::model::running::Halted;
use crate::model::step::Fault;

use super::set::Set;
use super::task::Tasks;
use super::{Swarm, fault, set, standing, task};

/// How the Swarm names the task that it has stopped for.
const NAMES: &str = "termination of task ";

/// What the Swarm holds against the newest release of a service, where that is the release's own doing.
pub(super) fn given_up(
    member: &Service,
    tasks: &Tasks,
    nodes: &[Value],
    excused: &Remembered,
) -> Option<String> {
    member.given_up().filter(|_| excuse(member, tasks, nodes, excused).is_none())
}

/// That the Swarm has stopped its update of a service, for nothing that the release has done.
pub(super) fn halted(
    member: &Service,
    tasks: &Tasks,
    nodes: &[Value],
    excused: &Remembered,
) -> Option<Halted> {
    let (task, why) = excuse(member, tasks, nodes, excused).filter(|_| member.is_paused())?;
    let (by, name) = (task.id().to_owned(), member.name());
    Some(Halted { by, why: format!("the Swarm had halted the update of {name}: {why}") })
}

/// The nodes as they are now, where it has to be known what became of them.
pub(super) async fn nodes(on: &Swarm, set: &Set) -> Result<Vec<Value>, EngineError> {
    if set.members.values().all(|member| member.given_up().is_none()) {
        return Ok(Vec::new());
    }
    standing::nodes(&on.engine).await
}

/// The task that the Swarm names, and what ended it, where that was not the release. That stays so when the node is back.
fn excuse<'a>(
    member: &Service,
    tasks: &'a Tasks,
    nodes: &[Value],
    excused: &Remembered,
) -> Option<(&'a Task, String)> {
    member.given_up()?;
    let (_, named) = member.message().split_once(NAMES)?;
    let task = tasks.all().find(|task| task.id() == named.trim())?;
    let node = nodes.iter().find(|node| text(node, "/ID") == text(&task.json, "/NodeID"))?;
    let (host, state) = (text(node, "/Description/Hostname"), text(&task.json, "/Status/State"));
    let down = text(node, "/Status/State") == "down";
    let drained = text(node, "/Spec/Availability") == "drain" && state == "shutdown";
    let why = if down { "is down" } else { "was drained" };
    if down || drained {
        excused.insert(task.id());
    }
    let ended = || (task, format!("a task of it ended with its node {host}, which {why}"));
    excused.contains(task.id()).then(ended)
}

/// The Swarm goes on with every update that it has halted so: the same specification again tells it to.
pub(super) async fn go_on(on: &Swarm) -> Result<(), Fault> {
    let set: Set = set::read(on).await.map_err(fault)?;
    let tasks = task::of(on, &set).await.map_err(fault)?;
    let nodes = nodes(on, &set).await.map_err(fault)?;
    for member in set.members.values().filter(|member| halted(member, &tasks, &nodes, &on.excused).is_some())
    {
        let of = (member.id(), member.version());
        let doing = format!("go on with the update of {}", member.name());
        on.engine.update_object(&doing, Kind::Services, of, member.spec(), SLOW).await.map_err(fault)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn member(state: &str, message: &str) -> Service {
        let json = json!({
            "ID": "s1", "Spec": { "Name": "shop_api" }, "UpdateStatus": { "State": state, "Message": message },
        });
        Service::new(json.clone(), json)
    }

    fn told(member: &Service, state: &str, node: Value) -> (Option<String>, Option<String>) {
        let task = json!({ "ID": "t1", "ServiceID": "s1", "NodeID": "n2", "Status": { "State": state } });
        let set = Set::of_one(member.clone());
        let tasks = Tasks::among(&[task], &set);
        let mut node = node;
        node["ID"] = json!("n2");
        node["Description"] = json!({ "Hostname": "node-2" });
        let (nodes, excused) = ([node], Remembered::default());
        let halted = halted(member, &tasks, &nodes, &excused).map(|it| it.why);
        // What was excused stays so.
        let back =
            [json!({ "ID": "n2", "Spec": { "Availability": "active" }, "Status": { "State": "ready" } })];
        assert_eq!(
            given_up(member, &tasks, &back, &excused).is_none(),
            given_up(member, &tasks, &nodes, &excused).is_none()
        );
        (given_up(member, &tasks, &nodes, &excused), halted)
    }

    #[test]
    fn what_ended_with_its_node_is_not_held_against_the_release() {
        let paused = member("paused", "update paused due to failure or early termination of task t1");
        let (drained, down) = (
            json!({ "Spec": { "Availability": "drain" }, "Status": { "State": "ready" } }),
            json!({ "Spec": { "Availability": "active" }, "Status": { "State": "down" } }),
        );
        let well = json!({ "Spec": { "Availability": "active" }, "Status": { "State": "ready" } });
        for (state, node) in [("shutdown", &drained), ("running", &down), ("failed", &down)] {
            let (given_up, halted) = told(&paused, state, node.clone());
            assert_eq!(given_up, None, "{state}");
            assert!(halted.unwrap().contains("ended with its node node-2"), "{state}");
        }
        // Its own doing, on whatever node; and a task that nobody knows any more.
        for (state, node) in
            [("failed", &drained), ("failed", &well), ("shutdown", &well), ("rejected", &drained)]
        {
            let (given_up, halted) = told(&paused, state, node.clone());
            assert!(given_up.is_some() && halted.is_none(), "{state}");
        }
        let unknown = member("paused", "update paused due to failure or early termination of task t9");
        assert!(told(&unknown, "shutdown", drained.clone()).0.is_some());
        // What the Swarm has taken back is nothing to go on with.
        let back = member("rollback_completed", "rollback completed");
        assert!(told(&back, "shutdown", drained.clone()).0.is_some());
        let back =
            member("rollback_started", "update rolled back due to failure or early termination of task t1");
        assert_eq!(told(&back, "shutdown", drained), (None, None));
    }
}
