//! That something has happened in the Swarm or to a container here. What, a look tells better than the event.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use crate::clock::Clock;
use crate::docker::events::{Broken, Stream, Told};
use crate::docker::labels::OURS;
use crate::docker::{Engine, EngineError};

use super::lease;

/// Events come in swarms, too: one look serves all that come within this.
const TOGETHER: Duration = Duration::from_millis(100);

/// The stream of such news.
pub(super) struct News {
    stream: Stream,
    /// When it was heard last that the lease was renewed.
    renewed: Option<Timestamp>,
    /// What was heard and nobody has looked at yet: there may be no time left to wait for more.
    heard: What,
}

/// What a look has to look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct What {
    /// Services or tasks.
    pub(super) swarm: bool,
    /// Nodes.
    pub(super) nodes: bool,
    /// What is known of sets was written down.
    pub(super) written: bool,
}

impl News {
    pub(super) async fn subscribe(engine: &Engine) -> Result<Self, EngineError> {
        let filters = json!({
            "type": ["service", "node", "config", "container"],
            "event": ["create", "update", "remove", "start", "die"],
        });
        Ok(Self { stream: engine.events(&filters, None).await?, renewed: None, heard: What::default() })
    }

    /// Waits until there is something to look at, and no longer than that; whether what golive writes down is such.
    pub(super) async fn wait(&mut self, at_most: Duration, written: bool) -> Result<What, Broken> {
        let something = async {
            while self.heard == What::default() {
                self.next().await?;
                // That it is broken is found out by the next one.
                let more = async { while self.next().await.is_ok() {} };
                drop(tokio::time::timeout(TOGETHER, more).await);
                self.heard.written &= written;
            }
            Ok(())
        };
        tokio::time::timeout(at_most, something).await.unwrap_or(Ok(()))?;
        Ok(std::mem::take(&mut self.heard))
    }

    /// When it was heard that the lease was renewed, if it was since this was asked last.
    pub(super) fn renewed(&mut self) -> Option<Timestamp> {
        self.renewed.take()
    }

    /// Takes in what the next event tells. May be dropped.
    async fn next(&mut self) -> Result<(), Broken> {
        let told = self.stream.next().await?;
        if let Told::Heard(heard) = &told
            && heard.kind == "config"
            && heard.name() == lease::NAME
        {
            self.renewed = Some(Clock::wall());
        }
        self.heard.add(What::of(&told));
        Ok(())
    }
}

impl What {
    pub(super) fn all() -> Self {
        Self { swarm: true, nodes: true, written: true }
    }

    fn add(&mut self, more: Self) {
        self.swarm |= more.swarm;
        self.nodes |= more.nodes;
        self.written |= more.written;
    }

    /// What one event is about. What golive makes for itself is not the Swarm's; nobody runs with other config objects.
    fn of(told: &Told) -> Self {
        // What cannot be read may be anything.
        let Told::Heard(event) = told else { return Self::all() };
        let name = event.name();
        match event.kind.as_str() {
            "config" => Self { written: name.starts_with(OURS) && name != lease::NAME, ..Self::default() },
            "service" if name.starts_with(super::hold::BEGINS) => Self::default(),
            // Where its tasks go tells whether they are missing.
            "node" => Self { swarm: true, nodes: true, ..Self::default() },
            _ => Self { swarm: true, ..Self::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::events::Heard;

    #[test]
    fn what_golive_writes_down_is_no_news_of_the_swarm() {
        let of = |kind: &str, name: &str| {
            let actor = json!({ "ID": "x1", "Attributes": { "name": name } });
            let event = json!({ "Type": kind, "Action": "update", "Actor": actor, "timeNano": 1 });
            let heard = Heard::parse(event.to_string().as_bytes()).unwrap();
            let What { swarm, written, .. } = What::of(&Told::Heard(heard));
            (swarm, written)
        };
        assert_eq!(of("config", "golive.shop.0123456789abcdef"), (false, true));
        assert_eq!(of("config", "shop_conf"), (false, false));
        assert_eq!(of("service", "golive.shop"), (true, false));
        assert_eq!(of("service", "golive-pin-shop-0123456789abcdef"), (false, false));
        assert_eq!(of("container", "shop_api.1"), (true, false));
        assert_eq!(of("config", "golive.lease"), (false, false));
        assert_eq!(What::of(&Told::Nonsense(String::new())), What::all());
    }
}
