//! The body that creates a container anew from the inspect saved while it was good.
//!
//! It is built from the raw JSON, so that what golive does not know survives. What must not be copied is changed
//! here and nowhere else.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::docker::labels::compose::REPLACE;
use crate::docker::labels::{DEPENDENT, IMAGE, PUT, REPLACES, RESTART, ROLLBACK};
use crate::docker::{Engine, EngineError, Inspect, digest, spec};

use super::{copied, paths};

mod apart;
mod networks;
#[cfg(test)]
mod tests;

/// From here on the engine takes every network when it creates a container, and no hardware address later.
const TOGETHER: (u32, u32) = (1, 44);

/// What creates a container.
#[derive(Debug)]
pub(super) struct Blueprint {
    /// For `POST /containers/create`.
    body: Value,
    /// Networks that have to be connected before it starts, with the endpoint's settings.
    further: Vec<(String, Value)>,
    /// The files that were in it before its start, as an archive.
    files: Option<Vec<u8>>,
}

/// What of the engine and of the image decides how a container is asked for.
#[derive(Debug)]
struct Ground {
    /// How the image is named: as people know it, or by its id.
    image: String,
    /// Whether the image has an entrypoint, which the container may have cleared.
    entrypoint: bool,
    /// The engine's newest API.
    api: (u32, u32),
}

impl Blueprint {
    /// Of `good` anew, with these labels besides its own.
    pub(super) async fn of(
        engine: &Engine,
        good: &Inspect,
        labels: &BTreeMap<&str, String>,
    ) -> Result<Self, EngineError> {
        let image = match spec::known_as(good) {
            Some(name) if engine.image(name).await?.as_deref() == Some(good.image()) => name,
            Some(_) | None => good.image(),
        };
        let (config, api) = tokio::try_join!(engine.image_config(good.image()), engine.api())?;
        let entrypoint = config["Entrypoint"].as_array().is_some_and(|words| !words.is_empty());
        let ground = Ground { image: image.to_owned(), entrypoint, api };
        Ok(blueprint(good, labels, &ground))
    }

    /// The same, with the image by its id, whatever its name means by now.
    pub(super) fn by_id(mut self, good: &Inspect) -> Self {
        self.body["Image"] = good.image().into();
        self
    }

    /// The same with no other labels but these, and what the image brings along.
    pub(super) fn labelled(mut self, labels: Value) -> Self {
        self.body["Labels"] = labels;
        self
    }

    /// The same with nothing that the running one has: without ports, in no network, on fresh volumes, and what is bound in
    /// from the host cannot be written.
    pub(super) fn apart(mut self, good: &Inspect) -> Self {
        apart::from_everything(&mut self.body, good);
        self.further.clear();
        self
    }

    /// Tells apart what is asked of the engine.
    pub(super) fn hash(&self) -> String {
        digest::of(json!([self.body, self.further]))
    }

    /// Creates it under that name, and gives its id.
    pub(super) async fn create(&self, engine: &Engine, name: &str) -> Result<String, EngineError> {
        engine.create(name, &self.body).await
    }

    /// Gives a container that was created from it, and never started, what cannot be given at creation. Again is fine.
    pub(super) async fn complete(&self, engine: &Engine, id: &str) -> Result<(), EngineError> {
        self.join(engine, id).await?;
        match &self.files {
            Some(files) => engine.put(id, "/", files.clone()).await,
            None => Ok(()),
        }
    }

    /// Connects it to the networks that it could not be created in.
    pub(super) async fn join(&self, engine: &Engine, id: &str) -> Result<(), EngineError> {
        for (network, endpoint) in &self.further {
            engine.connect(network, id, endpoint).await?;
        }
        Ok(())
    }
}

fn blueprint(good: &Inspect, labels: &BTreeMap<&str, String>, ground: &Ground) -> Blueprint {
    let first = networks::first(good);
    let mut host = host(good);
    if let Some(mode) = first.as_deref().or_else(|| networks::none(good)) {
        host.insert("NetworkMode".to_owned(), Value::from(mode));
    }
    let mut body = config(good, labels, ground);
    body.insert("HostConfig".to_owned(), Value::Object(host));
    let all = networks::endpoints(good, ground.api).into_iter();
    let (at_once, further): (Vec<_>, Vec<_>) =
        all.partition(|(name, _)| ground.api >= TOGETHER || first.as_ref() == Some(name));
    if !at_once.is_empty() {
        let at_once: Map<_, _> = at_once.into_iter().collect();
        body.insert("NetworkingConfig".to_owned(), json!({ "EndpointsConfig": at_once }));
    }
    Blueprint { body: Value::Object(body), further, files: copied::archive(good) }
}

fn config(good: &Inspect, labels: &BTreeMap<&str, String>, ground: &Ground) -> Map<String, Value> {
    let mut config = good.at("/Config").as_object().cloned().unwrap_or_default();
    config.insert("Image".to_owned(), Value::from(ground.image.as_str()));
    if ground.entrypoint && good.items("/Config/Entrypoint").next().is_none() {
        // One that was cleared. Nothing at all would be taken for the image's.
        config.insert("Entrypoint".to_owned(), json!([""]));
    }
    if spec::has_generated_hostname(good) {
        config.insert("Hostname".to_owned(), Value::from(""));
    }
    if spec::borrows_network(good) {
        // The engine refuses host name and ports beside another container's network.
        config.insert("ExposedPorts".to_owned(), json!({}));
    }
    if ground.api >= TOGETHER || !networks::is_in_its_first(good) {
        // It belongs to an endpoint.
        config.remove("MacAddress");
    }
    let mut kept = good.at("/Config/Labels").as_object().cloned().unwrap_or_default();
    for stale in [ROLLBACK, DEPENDENT, REPLACES, RESTART, IMAGE, PUT, REPLACE] {
        kept.remove(stale);
    }
    kept.extend(spec::known_as(good).map(|name| (IMAGE.to_owned(), Value::from(name))));
    kept.extend(good.at("")[PUT].as_str().map(|mark| (PUT.to_owned(), Value::from(mark))));
    kept.extend(labels.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))));
    config.insert("Labels".to_owned(), Value::Object(kept));
    config
}

fn host(good: &Inspect) -> Map<String, Value> {
    let mut host = good.at("/HostConfig").as_object().cloned().unwrap_or_default();
    // A restored container that ends must stay there to be looked at.
    host.insert("AutoRemove".to_owned(), Value::from(false));
    let (mut binds, mut mounts) = (list(&host, "Binds"), list(&host, "Mounts"));
    for volume in good.items("/Mounts").filter(|mount| mount["Type"] == "volume") {
        let (Some(name), Some(path)) = (volume["Name"].as_str(), volume["Destination"].as_str()) else {
            continue;
        };
        if let Some(mount) = mounts.iter_mut().find(|mount| is(&mount["Target"], path)) {
            mount["Source"] = Value::from(name);
        } else if !is_bound(&binds, path) && is_its_own(good, path) {
            // Without `nocopy` the engine would fill a volume that the release has emptied.
            let mode = if volume["RW"] == false { "ro,nocopy" } else { "nocopy" };
            binds.push(Value::from(format!("{name}:{path}:{mode}")));
        }
    }
    host.insert("Binds".to_owned(), Value::Array(binds));
    host.insert("Mounts".to_owned(), Value::Array(mounts));
    host
}

fn list(host: &Map<String, Value>, field: &str) -> Vec<Value> {
    host.get(field).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Whether a path, as somebody has written it, is the one that the engine made of it.
fn is(written: &Value, path: &str) -> bool {
    written.as_str().is_some_and(|written| paths::clean(written) == path)
}

fn is_bound(binds: &[Value], path: &str) -> bool {
    let target = |bind: &Value| Some(paths::clean(bind.as_str()?.split(':').nth(1)?));
    binds.iter().filter_map(target).any(|target| target == path)
}

/// Whether a volume that nothing names is the container's own, and not one that `--volumes-from` brings again.
fn is_its_own(good: &Inspect, path: &str) -> bool {
    let mut own = good.entries("/Config/Volumes").map(|(written, _)| paths::clean(written));
    good.items("/HostConfig/VolumesFrom").next().is_none() || own.any(|own| own == path)
}
