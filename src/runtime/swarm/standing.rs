//! Where this node stands in its Swarm, and why nobody can be asked.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::docker::swarm::{Kind, text};
use crate::docker::{Engine, EngineError};
use crate::untrusted::clean;

use super::lease::{Node, QUICK};

/// For a manager to take a connection.
const CONNECTS: Duration = Duration::from_secs(1);

/// Where this node's golive stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NodeRole {
    /// It acts.
    Acts {
        /// This node's id.
        node: String,
    },
    /// Another manager's does.
    Follows {
        /// This node's id.
        node: String,
        /// Who acts.
        why: String,
    },
    /// It is not known who acts.
    Nobody {
        /// Why.
        why: String,
    },
    /// It has nothing to say in a Swarm.
    Outside {
        /// Why.
        why: String,
    },
}

/// This node, if it is a manager; else why it has nothing to say.
pub(super) async fn manager(engine: &Engine) -> Result<Result<Node, String>, EngineError> {
    let info = engine.info().await?;
    let state = text(&info, "/Swarm/LocalNodeState");
    if state != "active" {
        let error = text(&info, "/Swarm/Error");
        return Ok(Err(match (state, error) {
            (_, error) if !error.is_empty() => format!("this node is not active in its Swarm: {error}"),
            ("inactive" | "", _) => "this engine is not part of a Swarm".to_owned(),
            (state, _) => format!("this node is {state} in its Swarm"),
        }));
    }
    if info.pointer("/Swarm/ControlAvailable") != Some(&json!(true)) {
        return Ok(Err("this node is a worker of its Swarm; golive has to run on the managers".to_owned()));
    }
    let (id, host) = (text(&info, "/Swarm/NodeID").to_owned(), clean(text(&info, "/Name")));
    Ok(Ok(Node { id, host }))
}

/// Its nodes, as the managers know them.
pub(super) async fn nodes(engine: &Engine) -> Result<Vec<Value>, EngineError> {
    engine.objects_within("list the nodes", Kind::Nodes, &json!({}), QUICK).await
}

/// Whether that node leads.
pub(super) fn leads(nodes: &[Value], id: &str) -> bool {
    let leader = |node: &&Value| node.pointer("/ManagerStatus/Leader") == Some(&json!(true));
    nodes.iter().find(leader).is_some_and(|leader| text(leader, "/ID") == id)
}

/// That there is no leader, and how many of the managers that were known last can be connected to.
pub(super) async fn leaderless(nodes: &[Value], me: &str) -> String {
    let managers = nodes.iter().filter(|node| node.get("ManagerStatus").is_some());
    let others =
        managers.filter(|node| text(node, "/ID") != me).map(|node| text(node, "/ManagerStatus/Addr"));
    let tried = others.map(|address| tokio::time::timeout(CONNECTS, TcpStream::connect(address.to_owned())));
    let tried = futures_util::future::join_all(tried).await;
    let all = tried.len() + 1;
    let answer = tried.into_iter().filter(|tried| matches!(tried, Ok(Ok(_)))).count() + 1;
    match all {
        1 => "the Swarm has no leader".to_owned(),
        all => format!("the Swarm has no leader ({answer} of {all} managers)"),
    }
}
