//! Networks, configs and secrets by their names. A specification has their ids, and what is made anew under the same
//! name, as by `docker stack rm` and `deploy`, has another one.
//!
//! A record, and what makes a specification this one and no other, has names instead: of a config with a digest of
//! what is in it, which cannot be changed; of a secret alone, as nobody can read it.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use serde_json::{Value, json};

use crate::docker::id::short;
use crate::docker::swarm::{Kind, text};
use crate::docker::{EngineError, digest};
use crate::model::step::Fault;
use crate::runtime::refused;

use super::{Swarm, fault};

/// So many ids are remembered; then all are asked for anew.
const REMEMBERED: usize = 1024;

/// Where a specification uses something, of which kind, and how its id and its name are called there.
const CONFIGS: Used = Used {
    kind: Kind::Configs,
    at: "/TaskTemplate/ContainerSpec/Configs",
    id: "ConfigID",
    name: "ConfigName",
};
const SECRETS: Used = Used {
    kind: Kind::Secrets,
    at: "/TaskTemplate/ContainerSpec/Secrets",
    id: "SecretID",
    name: "SecretName",
};
const NETWORKS: [&str; 2] = ["/TaskTemplate/Networks", "/Networks"];

struct Used {
    kind: Kind,
    at: &'static str,
    id: &'static str,
    name: &'static str,
}

/// The specification with names where it has ids.
pub(super) async fn named(on: &Swarm, spec: &Value) -> Result<Value, EngineError> {
    let mut named = spec.clone();
    for at in NETWORKS {
        for network in items_mut(&mut named, at) {
            network["Target"] = known(on, Kind::Networks, text(network, "/Target")).await?.into();
        }
    }
    for config in items_mut(&mut named, CONFIGS.at) {
        config[CONFIGS.id] = known(on, CONFIGS.kind, text(config, "/ConfigID")).await?.into();
    }
    for secret in items_mut(&mut named, SECRETS.at) {
        secret[SECRETS.id] = Value::Null;
    }
    Ok(named)
}

/// The specification with the ids of what goes by those names now.
pub(super) async fn resolved(on: &Swarm, named: &Value) -> Result<Value, Fault> {
    let mut spec = named.clone();
    for used in [CONFIGS, SECRETS] {
        for it in items_mut(&mut spec, used.at) {
            let name = it[used.name].as_str().unwrap_or_default();
            let found = by_name(on, used.kind, name).await.map_err(fault)?;
            let found = found
                .ok_or_else(|| refused(format!("find {name} among the {}: it is gone", used.kind.name())))?;
            it[used.id] = found["ID"].clone();
        }
    }
    // The engine finds networks by their names itself.
    Ok(spec)
}

/// The configs and the secrets of specifications as they go by their names now, each once and at a place of its own.
pub(super) async fn references(
    on: &Swarm,
    specs: impl Iterator<Item = &Value>,
) -> Result<(Vec<Value>, Vec<Value>), Fault> {
    let (mut configs, mut secrets) = (BTreeMap::new(), BTreeMap::new());
    for named in specs {
        let spec = resolved(on, named).await?;
        for (used, found) in [(CONFIGS, &mut configs), (SECRETS, &mut secrets)] {
            let names = items(&spec, used.at).map(|it| (it[used.id].clone(), it[used.name].clone()));
            found.extend(names.map(|(id, name)| (name.to_string(), (id, name))));
        }
    }
    let listed = |used: Used, found: BTreeMap<String, (Value, Value)>| {
        let placed = found.into_values().enumerate().map(|(n, (id, name))| {
            let file = json!({ "Name": format!("/golive-pin-{n}"), "UID": "0", "GID": "0", "Mode": 0 });
            json!({ used.id: id, used.name: name, "File": file })
        });
        placed.collect()
    };
    Ok((listed(CONFIGS, configs), listed(SECRETS, secrets)))
}

/// What a specification uses that is not there as it was, in sentences.
pub(super) async fn missing(on: &Swarm, service: &str, named: &Value) -> Result<Vec<String>, EngineError> {
    let mut missing = Vec::new();
    for network in NETWORKS.iter().flat_map(|at| items(named, at)) {
        let name = text(network, "/Target");
        if on.engine.object("look for a network", Kind::Networks, name).await?.is_none() {
            missing.push(format!("the network {}, which {service} uses, is gone", short(name)));
        }
    }
    for used in [CONFIGS, SECRETS] {
        let kind = used.kind.name().trim_end_matches('s');
        for it in items(named, used.at) {
            let name = text(it, &format!("/{}", used.name));
            let was = text(it, "/ConfigID");
            match by_name(on, used.kind, name).await? {
                None => missing.push(format!("the {kind} {name}, which {service} uses, is gone")),
                Some(now) if !was.is_empty() && content(&now) != was => {
                    missing.push(format!(
                        "the {kind} {name}, which {service} uses, has something else in it than it had"
                    ));
                }
                Some(_) => {}
            }
        }
    }
    Ok(missing)
}

/// What an id stands for: the name of a network, the content of a config. It never stands for anything else.
async fn known(on: &Swarm, kind: Kind, id: &str) -> Result<String, EngineError> {
    let names = || on.names.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names().get(id) {
        return Ok(known.clone());
    }
    let found = on.engine.object("look at what a service uses", kind, id).await?;
    let Some(found) = found else { return Ok(id.to_owned()) };
    let known = if kind == Kind::Configs { content(&found) } else { text(&found, "/Name").to_owned() };
    let mut names = names();
    if names.len() >= REMEMBERED {
        names.clear();
    }
    names.insert(id.to_owned(), known.clone());
    Ok(known)
}

/// What is in a config.
fn content(config: &Value) -> String {
    format!("sha256:{}", digest::of(config["Spec"]["Data"].clone()))
}

/// The config or secret of exactly that name: the engine itself would also give those whose names begin so.
async fn by_name(on: &Swarm, kind: Kind, name: &str) -> Result<Option<Value>, EngineError> {
    let doing = format!("look for {name} among the {}", kind.name());
    let found = on.engine.objects(&doing, kind, &json!({ "name": [name] })).await?;
    Ok(found.into_iter().find(|found| text(found, "/Spec/Name") == name))
}

fn items<'a>(spec: &'a Value, at: &str) -> impl Iterator<Item = &'a Value> {
    spec.pointer(at).and_then(Value::as_array).into_iter().flatten()
}

fn items_mut<'a>(spec: &'a mut Value, at: &str) -> impl Iterator<Item = &'a mut Value> {
    spec.pointer_mut(at).and_then(Value::as_array_mut).into_iter().flatten()
}

/// Names that were looked up, by id.
pub(super) type Known = BTreeMap<String, String>;
