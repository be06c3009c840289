//! What is saved of a bad release before anything is done to it.

use serde_json::{Value, json};

use crate::docker::swarm::{Task, text};
use crate::model::plan::Plan;
use crate::model::step::Fault;
use crate::runtime::{Done, Forensics, Record};

use super::record::Specs;
use super::set::Set;
use super::{Swarm, fault, set, shelf, task};

const LINES: u32 = 1000;
/// Of longer logs the end is kept.
const BYTES: usize = 256 << 10;
/// So many of the tasks that ended are kept, the newest.
const TASKS: usize = 20;

/// Saves the specifications, in the Swarm too, for whoever has to go on; the tasks that ended; the logs.
pub(super) async fn save(on: &Swarm, plan: &Plan) -> Result<Done, Fault> {
    let set = set::read(on).await.map_err(fault)?;
    if set.members.is_empty() {
        return Ok(Done::default());
    }
    let tasks = task::of(on, &set).await.map_err(fault)?;
    let mut ended: Vec<&Task> = tasks.all().filter(|task| task.ended()).collect();
    ended.sort_by_key(|task| std::cmp::Reverse(task.at()));
    ended.truncate(TASKS);
    let specs = Specs::of(on, &set).await.map_err(fault)?;
    let (release, image) = (plan.rollback.clone(), set.identity().image);
    shelf::put(on, &Record { release, image, inspect: specs.text() }).await?;
    let mut inspect = json!(specs);
    inspect["tasks"] = ended.iter().map(|task| task.json.clone()).collect::<Vec<Value>>().into();
    let forensics = Forensics {
        inspect: inspect.to_string(),
        logs: logs(on, &set).await,
        events: ended.iter().rev().map(|task| line(task)).collect(),
        exit: ended.iter().find_map(|task| task.exit()),
        oom: out_of_memory(on, &ended).await,
    };
    Ok(Done { instance: Some(set.instance()), forensics: Some(forensics), ..Done::default() })
}

/// How a task ended.
fn line(task: &Task) -> String {
    let state = text(&task.json, "/Status/State");
    let why = task.error().unwrap_or_default();
    format!("{} task {} {state} {why}\n", task.at(), task.id())
}

/// The logs of every service; those that cannot be read say why, and hold nothing up.
async fn logs(on: &Swarm, set: &Set) -> String {
    let each = BYTES / set.members.len().max(1);
    let mut all = String::new();
    for (name, member) in &set.members {
        let logs = on.engine.service_logs(member.id(), LINES, each).await;
        let logs = logs.unwrap_or_else(|error| format!("(failed to {error})\n"));
        if set.members.len() > 1 {
            all.push_str(&format!("== {name}\n"));
        }
        all.push_str(&logs);
    }
    all
}

/// Whether one of them was killed for lack of memory, as far as it ran on this node.
async fn out_of_memory(on: &Swarm, ended: &[&Task]) -> bool {
    for task in ended.iter().filter(|task| !task.container().is_empty()) {
        if let Ok(Some(found)) = on.engine.inspect(task.container()).await
            && found.flag("/State/OOMKilled")
        {
            return true;
        }
    }
    false
}
