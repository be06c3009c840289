//! The watch over one engine: what it says happened, and what is seen to run.
//!
//! One task, [`watch`], with two halves that run side by side. The listener waits for the event stream, passes deaths
//! on at once and notes which services to look at; the looker waits for such notes and for its tick, inspects, and
//! says what runs. So a slow inspect never delays a death. The task may be dropped at any time: it holds nothing but
//! what it has sent, and a new one begins by looking at everything.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;

use crate::docker::events::{Broken, Heard, LONGEST, Stream, Told, just_after};
use crate::docker::labels::{PIN_OF, RELEASE};
use crate::docker::{Engine, EngineError};
use crate::model::event::{Event, ServiceEvent};
use crate::model::running::Running;

mod asked;
mod notes;
#[cfg(test)]
mod tests;
mod watched;

use asked::Asked;
use notes::{Notes, Ready, When};
pub use watched::Watched;

/// A stream that has gone silent or has lost events is made good after this long.
const RESYNC: Duration = Duration::from_mins(1);
/// Between attempts to reach an engine that does not answer, doubling from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(2);
/// An engine that takes longer to take a subscription does not answer: a socket that systemd holds open waits for one.
const PROMPT: Duration = Duration::from_secs(2);
/// So many containers are remembered as out of memory until they die; then all are forgotten.
const REMEMBERED_OOMS: usize = 64;

/// Watches the containers of those services, by their names, and sends what happens to them, until nobody receives it.
pub async fn watch(engine: Engine, services: BTreeMap<String, Watched>, events: mpsc::Sender<Event>) {
    Watch { engine, services, events, resync: RESYNC }.run().await;
}

struct Watch {
    engine: Engine,
    services: BTreeMap<String, Watched>,
    events: mpsc::Sender<Event>,
    resync: Duration,
}

/// What outlives a broken stream.
#[derive(Default)]
struct Memory {
    /// What was said to run last.
    seen: BTreeMap<String, Option<Running>>,
    asked: Asked,
    /// Just after the last event, as the engine wants it: it replays what it still has from there.
    since: Option<String>,
    /// Whether the engine was said to answer, once anything was said of it.
    answers: Option<bool>,
}

enum Ended {
    /// Nobody receives events any more.
    Closed,
    /// The stream ended; why.
    Broken(String),
}

impl Watch {
    /// Session after session, until nobody receives events any more.
    async fn run(&self) {
        let mut memory = Memory::default();
        let mut pause = FIRST_PAUSE;
        while !self.events.is_closed() {
            match self.session(&mut memory).await {
                Ok(Ended::Closed) => return,
                // A broken stream of an engine that answers is no news: subscribe again and look at everything.
                Ok(Ended::Broken(why)) => {
                    tracing::debug!("the event stream broke off: {why}");
                    pause = FIRST_PAUSE;
                }
                Err(error) if memory.answers != Some(false) => {
                    if self.lost(error.to_string(), &mut memory).await.is_err() {
                        return;
                    }
                }
                Err(_) => pause = (pause * 2).min(LAST_PAUSE),
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Subscribes first and looks second, so that nothing falls between.
    async fn session(&self, memory: &mut Memory) -> Result<Ended, EngineError> {
        let filters = json!({
            "type": ["container", "network"],
            "event": [
                "create", "start", "kill", "die", "oom", "destroy", "rename", "update", "pause", "unpause",
                "connect", "disconnect",
            ],
        });
        let since = memory.since.clone();
        let mut subscribing = pin!(self.engine.events(&filters, since.as_deref()));
        let stream = match tokio::time::timeout(PROMPT, &mut subscribing).await {
            Ok(stream) => stream?,
            Err(_) => {
                let why = format!("the Docker Engine has not answered for {} s", PROMPT.as_secs());
                if memory.answers != Some(false) && self.lost(why, memory).await.is_err() {
                    return Ok(Ended::Closed);
                }
                subscribing.await?
            }
        };
        let notes = Notes::default();
        tokio::select! {
            ended = self.listen(stream, &notes, &mut memory.asked, &mut memory.since) => Ok(ended),
            ended = self.look(&notes, &mut memory.seen, &mut memory.answers) => ended,
        }
    }

    async fn lost(&self, why: String, memory: &mut Memory) -> Result<(), Closed> {
        memory.answers = Some(false);
        self.events.send(Event::EngineLost { why }).await.map_err(|_| Closed)
    }

    async fn listen(
        &self,
        mut stream: Stream,
        notes: &Notes,
        asked: &mut Asked,
        since: &mut Option<String>,
    ) -> Ended {
        let (mut oomed, mut said) = (BTreeSet::new(), false);
        loop {
            let heard = match stream.next().await {
                Ok(Told::Heard(heard)) => heard,
                Ok(Told::TooLong { time }) => {
                    self.unheard(notes, !std::mem::replace(&mut said, true));
                    *since = time.map(just_after).or(since.take());
                    continue;
                }
                Ok(Told::Nonsense(why)) | Err(Broken(why)) => return Ended::Broken(why),
            };
            if self.pass_on(&heard, notes, (&mut oomed, asked)).await.is_err() {
                return Ended::Closed;
            }
            // Only now: what was not passed on before an interruption is asked for again.
            *since = Some(just_after(heard.time));
        }
    }

    /// Whose event it was is not known, so that all are looked at.
    fn unheard(&self, notes: &Notes, say: bool) {
        if say {
            tracing::warn!(
                "events of the Docker Engine of more than {} bytes are not read; some container has labels as long",
                LONGEST,
            );
        }
        self.services.keys().for_each(|service| notes.take(service, When::Soon));
    }

    async fn pass_on(
        &self,
        heard: &Heard,
        notes: &Notes,
        (oomed, asked): (&mut BTreeSet<String>, &mut Asked),
    ) -> Result<(), Closed> {
        if matches!(&*heard.action, "connect" | "disconnect") {
            // It is the network's event, and has the container's id alone.
            notes.changed(heard.attribute("container"));
            return Ok(());
        }
        let instance = &heard.actor.id;
        if heard.action == "oom" {
            if oomed.len() >= REMEMBERED_OOMS {
                oomed.clear();
            }
            oomed.insert(instance.clone());
        }
        let oom = heard.action == "die" && oomed.remove(instance);
        let stops = heard.action == "kill" && asked.told(heard);
        let asked = heard.action == "die" && asked.ended(heard);
        for (service, watched) in &self.services {
            if stops && watched.owns(heard) {
                let signal = heard.attribute("signal").to_owned();
                self.send(service, ServiceEvent::Stopping { instance: instance.clone(), signal }).await?;
            }
            let died = heard.action == "die" && watched.owns(heard);
            if died && (asked || watched.lost(heard, &self.engine).await) {
                let what = ServiceEvent::Died { instance: instance.clone(), asked, exit: heard.exit(), oom };
                self.send(service, what).await?;
            }
            // Also when it ends: it may be one that has to run.
            let pin = heard.attribute(PIN_OF) == service && self.engine.pins.contains(instance);
            if pin && matches!(&*heard.action, "die" | "destroy") {
                self.send(service, ServiceEvent::Unpinned { release: heard.attribute(RELEASE).to_owned() })
                    .await?;
            }
            if let Some(when) = watched.when(heard) {
                notes.take(service, when);
            }
        }
        Ok(())
    }

    async fn look(
        &self,
        notes: &Notes,
        seen: &mut BTreeMap<String, Option<Running>>,
        answers: &mut Option<bool>,
    ) -> Result<Ended, EngineError> {
        let mut resync = tokio::time::interval(self.resync); // the first tick comes at once
        loop {
            let services: Vec<&String> = tokio::select! {
                _ = resync.tick() => self.services.keys().filter(|name| !notes.settling(name)).collect(),
                ready = notes.ready() => match ready {
                    Ready::Look(due) => self.services.keys().filter(|name| due.contains(*name)).collect(),
                    Ready::Settling(begun) => {
                        for service in begun {
                            if self.replaced(&service, seen).await.is_err() {
                                return Ok(Ended::Closed);
                            }
                        }
                        continue;
                    }
                },
            };
            for service in services {
                if self.look_at(service, notes, seen).await?.is_err() {
                    return Ok(Ended::Closed);
                }
            }
            // An earlier watch, or an earlier golive, may have said that it does not answer.
            if answers.replace(true) != Some(true) && self.events.send(Event::EngineBack).await.is_err() {
                return Ok(Ended::Closed);
            }
        }
    }

    /// It is being replaced: until it has settled it is not whole, and what fails meanwhile says nothing of what was.
    async fn replaced(
        &self,
        service: &str,
        seen: &mut BTreeMap<String, Option<Running>>,
    ) -> Result<(), Closed> {
        let whole = |last: &&mut Option<Running>| last.as_ref().is_some_and(|it| !it.settling);
        let Some(Some(last)) = seen.get_mut(service).filter(whole) else { return Ok(()) };
        last.settling = true;
        let running = last.clone();
        self.send(service, ServiceEvent::Seen(Some(running))).await
    }

    async fn look_at(
        &self,
        service: &str,
        notes: &Notes,
        seen: &mut BTreeMap<String, Option<Running>>,
    ) -> Result<Result<(), Closed>, EngineError> {
        let (running, left) = match self.services[service].running(&self.engine).await {
            Ok(looked) => looked,
            Err(error) if error.message().is_some() => {
                // The engine lives and has something against this one container: the next look may tell.
                tracing::warn!(service, "failed to {error}");
                return Ok(Ok(()));
            }
            Err(error) => return Err(error),
        };
        notes.runs(service, running.as_ref().map_or("", |running| &running.instance));
        if seen.get(service) != Some(&running) {
            if self.send(service, ServiceEvent::Seen(running.clone())).await.is_err() {
                return Ok(Err(Closed));
            }
            let empty = running.is_none() && !left.is_empty();
            if empty && self.send(service, ServiceEvent::Empty { left }).await.is_err() {
                return Ok(Err(Closed));
            }
            seen.insert(service.to_owned(), running);
        }
        Ok(Ok(()))
    }

    async fn send(&self, service: &str, what: ServiceEvent) -> Result<(), Closed> {
        let event = Event::Service { service: service.to_owned(), what };
        self.events.send(event).await.map_err(|_| Closed)
    }
}

struct Closed;
