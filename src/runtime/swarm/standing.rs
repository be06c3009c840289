//! Which manager's golive acts: the one whose manager leads the Swarm. The Swarm elects, golive only asks.

use serde_json::json;

use crate::runtime::engine::{Engine, EngineError};

use super::text;

/// Where this node stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stand {
    /// It leads.
    Leads {
        /// Its id.
        node: String,
    },
    /// Another manager does.
    Follows {
        /// This node's id.
        node: String,
        /// Who leads.
        why: String,
    },
    /// It has nothing to say in a Swarm.
    Outside {
        /// Why.
        why: String,
    },
}

/// Asks where this node stands. Without a majority of managers nobody can tell, which is an error.
pub(super) async fn stand(engine: &Engine) -> Result<Stand, EngineError> {
    let info = engine.get("ask about the Swarm", "/info", &[]).await?.unwrap_or_default();
    let state = text(&info, "/Swarm/LocalNodeState");
    if state != "active" {
        let error = text(&info, "/Swarm/Error");
        let why = match (state, error) {
            (_, error) if !error.is_empty() => format!("this node is not active in its Swarm: {error}"),
            ("inactive" | "", _) => "this engine is not part of a Swarm".to_owned(),
            (state, _) => format!("this node is {state} in its Swarm"),
        };
        return Ok(Stand::Outside { why });
    }
    if info.pointer("/Swarm/ControlAvailable") != Some(&json!(true)) {
        let why = "this node is a worker of its Swarm; golive has to run on the managers".to_owned();
        return Ok(Stand::Outside { why });
    }
    let node = text(&info, "/Swarm/NodeID").to_owned();
    let managers = engine.all("ask who leads the Swarm", "/nodes", &json!({ "role": ["manager"] })).await?;
    let leads = |manager: &&serde_json::Value| manager.pointer("/ManagerStatus/Leader") == Some(&json!(true));
    match managers.iter().find(leads) {
        Some(leader) if text(leader, "/ID") == node => Ok(Stand::Leads { node }),
        Some(leader) => {
            let host = text(leader, "/Description/Hostname");
            Ok(Stand::Follows { node, why: format!("the manager {host} leads the Swarm") })
        }
        None => Ok(Stand::Follows { node, why: "no manager leads the Swarm at the moment".to_owned() }),
    }
}
