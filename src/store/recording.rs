//! A recorded release as a file that can be replayed without a store: JSON lines.
//!
//! The first line says what it is (format, release, service, rules, releases accepted before); then one line for
//! every event, with its time; then one for everything that was decided.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Deed, Story};
use crate::model::event::{Event, ServiceEvent};
use crate::model::policy::ServicePolicy;
use crate::model::release::Release;

/// The format's version.
const FORMAT: u64 = 1;

/// Everything that is needed to judge a release again.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The release.
    pub release: String,
    /// Its service.
    pub service: String,
    /// The rules to judge it by.
    pub policy: ServicePolicy,
    /// What was accepted before it, newest last.
    pub accepted: Vec<Release>,
    /// What happened, oldest first.
    pub events: Vec<(Timestamp, ServiceEvent)>,
    /// What was decided then.
    pub decided: Vec<(Timestamp, String)>,
}

impl Recording {
    /// From the store, to be judged by these rules.
    pub fn of(story: &Story, policy: ServicePolicy, accepted: Vec<Release>) -> Self {
        let (mut events, mut decided) = (Vec::new(), Vec::new());
        for moment in &story.moments {
            for deed in &moment.deeds {
                if let Deed::Remembered { readings, samples } = deed {
                    let samples = samples.iter().cloned();
                    events.extend(samples.map(|sample| (sample.began, ServiceEvent::Sampled(sample))));
                    events.push((moment.at, ServiceEvent::Recalled(readings.clone())));
                } else if let Deed::Filed { state, .. } = deed {
                    decided.push((moment.at, state.into_str().to_owned()));
                }
            }
            if let Event::Service { what, .. } = &moment.event {
                events.push((moment.at, what.clone()));
            }
        }
        let (release, service) = (story.release.id.clone(), story.release.service.clone());
        Self { release, service, policy, accepted, events, decided }
    }

    /// As text.
    pub fn write(&self) -> Result<String, serde_json::Error> {
        let value = |text: String| serde_json::from_str::<Value>(&text);
        let accepted: Result<Vec<Value>, _> =
            self.accepted.iter().map(|release| value(serde_json::to_string(release)?)).collect();
        let policy = value(serde_json::to_string(&self.policy)?)?;
        let mut lines = vec![json!({
            "golive": "recorded release", "format": FORMAT, "release": self.release, "service": self.service,
            "policy": policy, "accepted": accepted?,
        })];
        for (at, what) in &self.events {
            let event = Event::Service { service: self.service.clone(), what: what.clone() };
            lines.push(json!({"at": at.to_string(), "event": value(serde_json::to_string(&event)?)?}));
        }
        lines.extend(self.decided.iter().map(|(at, what)| json!({"at": at.to_string(), "decided": what})));
        let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
        Ok(lines.join("\n") + "\n")
    }

    /// From text.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let (_, first) = lines.next().ok_or("is empty")?;
        let head: Value = serde_json::from_str(first).map_err(|error| format!("line 1: {error}"))?;
        if head["format"].as_u64() != Some(FORMAT) {
            return Err("is no recorded release of a format that this golive knows".to_owned());
        }
        let word = |name: &str| {
            head[name].as_str().map(str::to_owned).ok_or_else(|| format!("line 1: has no {name}"))
        };
        let policy = serde_json::from_str::<ServicePolicy>(&head["policy"].to_string());
        let policy = policy.map_err(|error| format!("line 1: the policy: {error}"))?;
        let accepted = head["accepted"].as_array().cloned().unwrap_or_default();
        let accepted: Result<Vec<Release>, _> =
            accepted.iter().map(|one| serde_json::from_str::<Release>(&one.to_string())).collect();
        let accepted = accepted.map_err(|error| format!("line 1: a release: {error}"))?;
        let (release, service) = (word("release")?, word("service")?);
        let mut recording =
            Self { release, service, policy, accepted, events: Vec::new(), decided: Vec::new() };
        for (number, line) in lines {
            recording.line(line).map_err(|why| format!("line {}: {why}", number + 1))?;
        }
        Ok(recording)
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        let line: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let at = line["at"].as_str().and_then(|at| at.parse().ok()).ok_or("has no time")?;
        if let Some(what) = line["decided"].as_str() {
            self.decided.push((at, what.to_owned()));
            return Ok(());
        }
        let event = serde_json::from_str::<Event>(&line["event"].to_string());
        let Event::Service { what, .. } = event.map_err(|error| error.to_string())? else {
            return Err("is not about a service".to_owned());
        };
        self.events.push((at, what));
        Ok(())
    }
}
