//! Containers: what is there, and the calls that make, change and remove one.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::client::{QUICK, SLOW, id, there, url};
use super::id::short;
use super::{Class, Engine, EngineError, Inspect};

/// The description of one container is held several times over, and may be this long once its long texts are cut.
const LONGEST_INSPECT: usize = 4 << 20;

impl Engine {
    /// A container by id or name; `None` when there is none.
    pub(crate) async fn inspect(&self, id: &str) -> Result<Option<Inspect>, EngineError> {
        let doing = format!("inspect container {}", short(id));
        let read = |body: &str| match Inspect::told(body) {
            Ok(found) if !found.id().is_empty() => Ok(found),
            Ok(_) => Err("it names no id".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let found = self.look(&doing, QUICK, &format!("/containers/{id}/json"), &[], read).await;
        match there(found)? {
            Some(found) if found.raw().len() > LONGEST_INSPECT => {
                let message = format!("its description is longer than {LONGEST_INSPECT} bytes");
                Err(EngineError::Answer { doing, status: 200, message })
            }
            Some(found) => self.believed(found).await.map(Some),
            None => Ok(None),
        }
    }

    /// The container of exactly that name. The engine itself would also take the name for the beginning of an id:
    /// `db` is one.
    pub(crate) async fn named(&self, name: &str) -> Result<Option<Inspect>, EngineError> {
        Ok(self.inspect(name).await?.filter(|found| found.name() == name))
    }

    /// Every container, running or not, that carries the label.
    pub(crate) async fn labelled(&self, label: &str) -> Result<Vec<Value>, EngineError> {
        let filters = json!({ "label": [label] }).to_string();
        self.list(&[("all", "true"), ("filters", &filters)]).await
    }

    /// Every container, running or not.
    pub(crate) async fn every(&self) -> Result<Vec<Value>, EngineError> {
        self.list(&[("all", "true")]).await
    }

    /// Every container that runs and carries the label.
    pub(crate) async fn running(&self, label: &str) -> Result<Vec<Value>, EngineError> {
        let filters = json!({ "label": [label] }).to_string();
        self.list(&[("filters", &filters)]).await
    }

    /// Every container, running or not, whose name begins so.
    pub(crate) async fn name_begins(&self, prefix: &str) -> Result<Vec<Value>, EngineError> {
        let filters = json!({ "name": [format!("^/{}", prefix.replace('.', "\\."))] }).to_string();
        self.list(&[("all", "true"), ("filters", &filters)]).await
    }

    async fn list(&self, query: &[(&str, &str)]) -> Result<Vec<Value>, EngineError> {
        let listed = |body: &str| match serde_json::from_str::<Vec<Value>>(body) {
            Ok(found) if found.iter().all(|one| one["Id"].is_string()) => Ok(found),
            Ok(_) => Err("it names no ids".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        self.look("list containers", QUICK, "/containers/json", query, listed).await
    }

    /// Creates a container and gives its id.
    pub(crate) async fn create(&self, name: &str, body: &Value) -> Result<String, EngineError> {
        let doing = format!("create container {name}");
        let request = self.raw.post(url("/containers/create", &[("name", name)])).json(body);
        let answer = self.ask(&doing, request, SLOW).await?.expect(&doing, 201)?;
        id(&answer).map_err(|why| EngineError::nonsense(&doing, why))
    }

    /// Connects a container that is not running to a network; again is fine.
    pub(crate) async fn connect(&self, network: &str, id: &str, endpoint: &Value) -> Result<(), EngineError> {
        let doing = format!("connect container {} to the network {network}", short(id));
        let body = json!({ "Container": id, "EndpointConfig": endpoint });
        self.act(&doing, SLOW, self.raw.post(url(&format!("/networks/{network}/connect"), &[])).json(&body))
            .await
    }

    /// Puts the files of a tar archive into a directory of a container.
    pub(crate) async fn put(&self, id: &str, dir: &str, archive: Vec<u8>) -> Result<(), EngineError> {
        let doing = format!("put a file into container {}", short(id));
        let request = self.raw.put(url(&format!("/containers/{id}/archive"), &[("path", dir)]));
        self.act(&doing, SLOW, request.header(CONTENT_TYPE, "application/x-tar").body(archive)).await
    }

    /// Starts a container; a running one stays as it is.
    pub(crate) async fn start(&self, id: &str) -> Result<(), EngineError> {
        let doing = format!("start container {}", short(id));
        self.tell(&doing, SLOW, &format!("/containers/{id}/start"), &[]).await
    }

    /// Stops a container, and kills it after `grace`; a stopped one stays as it is.
    pub(crate) async fn stop(&self, id: &str, grace: Duration) -> Result<(), EngineError> {
        let doing = format!("stop container {}", short(id));
        let limit = grace.saturating_add(Duration::from_secs(30));
        let seconds = grace.as_secs().to_string();
        self.tell(&doing, limit, &format!("/containers/{id}/stop"), &[("t", &seconds)]).await
    }

    /// Gives a container another name.
    pub(crate) async fn rename(&self, id: &str, name: &str) -> Result<(), EngineError> {
        let doing = format!("rename container {} to {name}", short(id));
        self.tell(&doing, QUICK, &format!("/containers/{id}/rename"), &[("name", name)]).await
    }

    /// Gives a container another restart policy.
    pub(crate) async fn set_restart(&self, id: &str, policy: &Value) -> Result<(), EngineError> {
        let doing = format!("change the restart policy of container {}", short(id));
        let body = json!({ "RestartPolicy": policy });
        self.act(&doing, QUICK, self.raw.post(url(&format!("/containers/{id}/update"), &[])).json(&body))
            .await
    }

    /// Removes a container that does not run, and none of its volumes; one that is gone is fine.
    pub(crate) async fn remove(&self, id: &str) -> Result<(), EngineError> {
        self.removed(id, false).await
    }

    /// The same with its anonymous volumes.
    pub(crate) async fn remove_with_volumes(&self, id: &str) -> Result<(), EngineError> {
        self.removed(id, true).await
    }

    async fn removed(&self, id: &str, with_volumes: bool) -> Result<(), EngineError> {
        let doing = format!("remove container {}", short(id));
        let volumes = with_volumes.to_string();
        let request = self.raw.delete(url(&format!("/containers/{id}"), &[("v", &volumes)]));
        let under_way = |error: &EngineError| {
            error.message().is_some_and(|message| message.contains("already in progress"))
        };
        match self.act(&doing, SLOW, request).await {
            Err(error) if error.class() == Class::NotThere || under_way(&error) => Ok(()),
            result => result,
        }
    }

    /// Waits until a container does not run any more, for as long as that takes, and gives its exit code.
    pub(crate) async fn ended(&self, id: &str) -> Result<i64, EngineError> {
        let doing = format!("wait for container {} to end", short(id));
        let path = url(&format!("/containers/{id}/wait"), &[("condition", "not-running")]);
        let answer =
            self.ask(&doing, self.raw.post(path).body(""), Duration::MAX).await?.expect(&doing, 200)?;
        let exit = serde_json::from_str::<Value>(&answer).ok().and_then(|told| told["StatusCode"].as_i64());
        exit.ok_or_else(|| EngineError::nonsense(&doing, "it tells no exit code".to_owned()))
    }

    /// Waits until a container is gone.
    pub(crate) async fn gone(&self, id: &str) -> Result<(), EngineError> {
        let doing = format!("wait for container {} to be gone", short(id));
        let query = [("condition", "removed")];
        match self.tell(&doing, SLOW, &format!("/containers/{id}/wait"), &query).await {
            // It may be gone before we ask.
            Err(error) if error.class() == Class::NotThere => Ok(()),
            result => result,
        }
    }
}
