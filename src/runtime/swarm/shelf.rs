//! What golive keeps in the Swarm itself, as config objects: the records of releases, which never change, and what is
//! known of the set, in a label, because the data of a config object cannot be changed.
//!
//! Every change of the label names the version that it was made from, so two managers' golives never write over each
//! other. Nothing here is mounted into any container.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::config::SwarmSet;
use crate::docker::labels::{FACTS, IMAGE, RELEASE, SET, WRITER};
use crate::docker::swarm::{Kind, text, version};
use crate::docker::{Class, Engine, EngineError, SLOW, digest};
use crate::model::step::Fault;
use crate::runtime::container::token;
use crate::runtime::{Record, refused};

use super::{Swarm, fault};

const NOTE: &str = "golive keeps what it knows of these services in the label golive.facts.\n";

/// A Swarm takes no more than this into one config object.
const LARGEST: usize = 500 << 10;
/// Writing is begun anew so often when somebody else writes at the same time.
const TRIES: u32 = 5;

/// What is known of a set, as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) facts: String,
    /// The node whose golive wrote it.
    pub(super) writer: String,
    pub(super) version: u64,
}

/// Keeps a record; a newer one of the same release takes the older one's place.
pub(super) async fn put(on: &Swarm, record: &Record) -> Result<(), Fault> {
    if record.inspect.len() > LARGEST {
        let size = record.inspect.len() >> 10;
        return Err(refused(format!(
            "keep the record of {} in the Swarm: it has {size} KiB, and a config object holds 500",
            on.name()
        )));
    }
    let wanted = config_name(on, &[&record.release, &record.inspect]);
    let body = json!({
        "Name": wanted,
        "Labels": { SET: label(on), RELEASE: record.release, IMAGE: record.image },
        "Data": STANDARD.encode(&record.inspect),
    });
    match on.engine.create_object("keep a record in the Swarm", Kind::Configs, &body, SLOW).await {
        // By that name it has the same content.
        Err(error) if error.class() == Class::Conflict => {}
        result => result.map_err(fault)?,
    }
    for older in
        records(on, &record.release).await?.iter().filter(|other| text(other, "/Spec/Name") != wanted)
    {
        remove(on, older).await?;
    }
    Ok(())
}

/// The record of a release.
pub(super) async fn take(on: &Swarm, release: &str) -> Result<Option<Record>, Fault> {
    let found = records(on, release).await?;
    let Some(newest) = found.iter().max_by_key(|found| text(found, "/CreatedAt")) else { return Ok(None) };
    let garbled =
        || refused(format!("read the record of release {release} in the Swarm: it is not golive's"));
    let inspect =
        STANDARD.decode(text(newest, "/Spec/Data")).ok().and_then(|data| String::from_utf8(data).ok());
    let inspect = inspect.filter(|text| !text.is_empty()).ok_or_else(garbled)?;
    let image = newest["Spec"]["Labels"][IMAGE].as_str().unwrap_or_default().to_owned();
    Ok(Some(Record { release: release.to_owned(), image, inspect }))
}

/// Removes a release's record.
pub(super) async fn drop(on: &Swarm, release: &str) -> Result<(), Fault> {
    for found in records(on, release).await? {
        remove(on, &found).await?;
    }
    Ok(())
}

/// What is known of all sets that golive watches in this Swarm, by the names of the config objects.
pub(super) async fn all_facts(engine: &Engine) -> Result<BTreeMap<String, Written>, EngineError> {
    let filters = json!({ "label": [WRITER] });
    let found = engine.objects("read what is known in the Swarm", Kind::Configs, &filters).await?;
    Ok(found.iter().map(|object| (text(object, "/Spec/Name").to_owned(), written(object))).collect())
}

/// Writes down what is known of the set.
pub(super) async fn write_facts(on: &Swarm, node: &str, facts: &str) -> Result<(), Fault> {
    let doing = "write down what is known in the Swarm";
    if facts.len() > LARGEST {
        return Err(refused(format!("{doing}: it has {} KiB", facts.len() >> 10)));
    }
    let labels = json!({ SET: label(on), FACTS: facts, WRITER: node });
    let mut last = None;
    for _ in 0..TRIES {
        let result = match facts_object(on).await.map_err(fault)? {
            Some((_, written)) if written.facts == facts && written.writer == node => return Ok(()),
            Some((object, written)) => {
                let mut spec = object["Spec"].clone();
                spec["Labels"] = labels.clone();
                let of = (text(&object, "/ID"), written.version);
                on.engine.update_object(doing, Kind::Configs, of, &spec, SLOW).await
            }
            None => {
                let body = json!({ "Name": facts_name(on), "Labels": labels, "Data": STANDARD.encode(NOTE) });
                on.engine.create_object(doing, Kind::Configs, &body, SLOW).await
            }
        };
        match result {
            Err(error) if error.is_out_of_sequence() || error.class() == Class::Conflict => {
                last = Some(error)
            }
            result => return result.map_err(fault),
        }
    }
    last.map_or(Ok(()), |error| Err(fault(error)))
}

async fn facts_object(on: &Swarm) -> Result<Option<(Value, Written)>, EngineError> {
    let name = facts_name(on);
    let filters = json!({ "name": [&name] });
    let found = on.engine.objects("read what is known in the Swarm", Kind::Configs, &filters).await?;
    let Some(object) = found.into_iter().find(|object| text(object, "/Spec/Name") == name) else {
        return Ok(None);
    };
    let written = written(&object);
    Ok(Some((object, written)))
}

fn written(object: &Value) -> Written {
    let label = |name: &str| object["Spec"]["Labels"][name].as_str().unwrap_or_default().to_owned();
    Written { facts: label(FACTS), writer: label(WRITER), version: version(object) }
}

async fn records(on: &Swarm, release: &str) -> Result<Vec<Value>, Fault> {
    let filters = json!({ "label": [format!("{SET}={}", label(on)), format!("{RELEASE}={release}")] });
    on.engine.objects("look for a record in the Swarm", Kind::Configs, &filters).await.map_err(fault)
}

async fn remove(on: &Swarm, object: &Value) -> Result<(), Fault> {
    let (doing, id) = ("remove a record from the Swarm", text(object, "/ID"));
    on.engine.remove_object(doing, Kind::Configs, id, SLOW).await.map_err(fault)
}

/// The set, as it stands in labels.
pub(super) fn label(on: &Swarm) -> String {
    match &on.set {
        SwarmSet::Service(name) => format!("service:{name}"),
        SwarmSet::Stack(name) => format!("stack:{name}"),
    }
}

pub(super) fn facts_name(on: &Swarm) -> String {
    config_name(on, &["facts"])
}

/// A name that says whose it is, and is the same for the same content. The engine takes 64 characters.
fn config_name(on: &Swarm, content: &[&str]) -> String {
    let name: String = token(on.set.name()).chars().take(30).collect();
    let digest = digest::of(json!([label(on), content]));
    format!("golive.{name}.{}", &digest[..16])
}
